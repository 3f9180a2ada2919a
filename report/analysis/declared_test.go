package analysis_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/analysis"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/fact/facttest"
)

// declared is the example with one declared metric, in total.
func declared(f fact.Fact, unit fact.Unit, decimals int) *fact.Set {
	s := facttest.Example()
	s.Metrics = []fact.Metric{{ID: "desk.wait", Version: 1, Label: "time to answer", Unit: unit, Decimals: decimals, Feed: fact.Observations,
		Declared: &fact.Declaration{Source: "desk", Aggregate: fact.Mean, Of: "x"}}}
	f.ID, f.Dims, f.Unit, f.Decimals = "desk.wait", fact.Dims{}, unit, decimals
	s.Facts = append(s.Facts, f)
	return s
}

func measured(now float64, before *float64) fact.Fact {
	return fact.Fact{Status: fact.Measured, Value: &now, Previous: before}
}

func number(x float64) *float64 { return &x }

func TestRulesSpeakOfDeclaredMetrics(t *testing.T) {
	t.Parallel()
	both := measured(20, number(10))
	both.Comparable, both.ComparableValue = number(9), number(8)
	same := measured(20, number(10))
	same.Comparable, same.ComparableValue = number(10), number(20)
	for want, set := range map[string]*fact.Set{
		"Time to answer rose to 14.5 min from 12.0 min.":                                                              declared(measured(14.5, number(12)), fact.Minutes, 1),
		"Time to answer fell to 1.20 EUR from 3.00 EUR.":                                                              declared(measured(1.2, number(3)), "EUR", 2),
		"Time to answer rose to 6.7 % from 5.0 %.":                                                                    declared(measured(0.067, number(0.05)), fact.Ratio, 1),
		"Time to answer stayed at 12 min.":                                                                            declared(measured(12, number(12)), fact.Minutes, 0),
		"Time to answer rose by less than 0.1 min to 12.0 min.":                                                       declared(measured(12.04, number(12)), fact.Minutes, 1),
		"Time to answer fell by less than 0.1 percentage points to 5.0 %.":                                            declared(measured(0.04999, number(0.05)), fact.Ratio, 1),
		"Time to answer came to 12 min; there is no figure for Thursday.":                                             declared(measured(12, nil), fact.Minutes, 0),
		"Time to answer: not measured (3 of 9 observations (33.3 %); 90 % are needed).":                               declared(fact.Fact{Status: fact.Unmeasured, Reason: "3 of 9 observations (33.3 %); 90 % are needed"}, fact.Minutes, 0),
		"Time to answer rose to 20 min from 10 min; over what was measured on both days it fell from 9 min to 8 min.": declared(both, fact.Minutes, 0),
		"Time to answer rose to 20 min from 10 min.":                                                                  declared(same, fact.Minutes, 0),
	} {
		n, err := analysis.ByRules(set, analysis.Options{About: []string{"desk.*"}})
		require.NoError(t, err)
		require.Len(t, n.Sentences, 1)
		require.Equal(t, want, n.Sentences[0].Text.String())
		require.Equal(t, []string{"desk.wait"}, n.Sentences[0].Facts)
	}
}

// What the block does not ask for is not spoken of, and where there is too little
// room the declared ones give way first.
func TestDeclaredMetricsGiveWay(t *testing.T) {
	t.Parallel()
	set := declared(measured(1, nil), fact.Count, 0)
	n, err := analysis.ByRules(set, analysis.Options{About: []string{"attack.*"}})
	require.NoError(t, err)
	for _, s := range n.Sentences {
		require.NotContains(t, s.Text.String(), "Time to answer")
	}
	all, err := analysis.ByRules(set, analysis.Options{Sentences: 12, Words: 500})
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(all.Sentences[len(all.Sentences)-1].Text.String(), "Time to answer"))
	fewer, err := analysis.ByRules(set, analysis.Options{Sentences: 3})
	require.NoError(t, err)
	require.Len(t, fewer.Sentences, 3)
	for _, s := range fewer.Sentences {
		require.NotContains(t, s.Text.String(), "Time to answer")
	}
}
