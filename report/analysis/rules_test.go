package analysis_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/analysis"
	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/fact/facttest"
)

func ptr[T any](v T) *T { return &v }

func written(t *testing.T, set *fact.Set) analysis.Narrative {
	t.Helper()
	n, err := analysis.ByRules(set, analysis.Options{})
	require.NoError(t, err)
	require.LessOrEqual(t, len(n.Sentences), 6)
	require.LessOrEqual(t, len(strings.Fields(n.String())), 120)
	for _, s := range n.Sentences {
		require.NotEmpty(t, s.Facts)
		for _, key := range s.Facts {
			require.True(t, has(set, key), "%q rests on %s, which the set does not hold", s.Text.String(), key)
		}
	}
	return n
}

func has(set *fact.Set, key string) bool {
	for i := range set.Facts {
		if set.Facts[i].Key() == key {
			return true
		}
	}
	return false
}

const summary = "The attack success rate rose to 6.70 % (418 hits in 6,240 evaluations) from 5.17 %; over what was " +
	"measured on both days it rose from 5.30 %. support-assistant rose from 6.60 % to 12.69 %, 95 hits " +
	"more; the other five targets together had eight fewer. support-assistant ran version " +
	"4.2 from 09:10 to 14:20, 4.1 before and since; no evaluation has been made since 14:20. Five findings " +
	"were opened, one critical (F-412), and three closed; 39 are open. Incident INC-0871 (severity 2) was " +
	"opened at 13:05 and is mitigated, not resolved. Two of 14 planned runs gave no result: one failed, " +
	"one did not start."

func TestExampleSummary(t *testing.T) {
	t.Parallel()
	n := written(t, facttest.Example())
	require.Equal(t, summary, n.String())
	require.Equal(t, "Written by rules; no AI was used.", n.Label)
	require.Len(t, n.Sentences, 6)
	require.Equal(t, []string{"attack.success_rate"}, n.Sentences[0].Facts)
	require.Equal(t, []string{"attack.success_rate{target=support-assistant}", "attack.success_rate"}, n.Sentences[1].Facts)
}

func TestNarrativeIsTheSameAfterStorage(t *testing.T) {
	t.Parallel()
	n := written(t, facttest.Example())
	b, err := json.Marshal(n)
	require.NoError(t, err)
	var back analysis.Narrative
	require.NoError(t, json.Unmarshal(b, &back))
	require.Equal(t, n, back)
}

// Each case changes the example and says what the summary then holds and what
// it must not.
func TestRules(t *testing.T) {
	t.Parallel()
	find := func(s *fact.Set, key string) *fact.Fact {
		for i := range s.Facts {
			if s.Facts[i].Key() == key {
				return &s.Facts[i]
			}
		}
		t.Fatalf("no fact %s", key)
		return nil
	}
	set := func(s *fact.Set, key string, v float64) { find(s, key).Value = &v }
	for _, tt := range []struct {
		name   string
		change func(*fact.Set)
		want   []string
		never  []string
	}{
		{"the rate is not measured", func(s *fact.Set) {
			facttest.Unmeasure(s, "no evaluation was recorded in this window.", "attack.success_rate")
		}, []string{"The attack success rate is not measured: no evaluation was recorded in this window. Five"}, []string{"rose", "support-assistant"}},
		{"nothing to compare with", func(s *fact.Set) {
			f := find(s, "attack.success_rate")
			f.Previous, f.PreviousNumerator, f.PreviousDenominator, f.Change = nil, nil, nil, nil
			f.Comparable, f.ComparableNumerator, f.ComparableDenominator = nil, nil, nil
			f.ComparableValue, f.ComparableValueNum, f.ComparableValueDen = nil, nil, nil
		}, []string{"The attack success rate is 6.70 % (418 hits in 6,240 evaluations); there is no figure for Thursday. Five"}, []string{"rose", "both days"}},
		{"zero before", func(s *fact.Set) {
			f := find(s, "attack.success_rate")
			f.Previous, f.PreviousNumerator = ptr(0.0), ptr(int64(0))
		}, []string{"rose to 6.70 % (418 hits in 6,240 evaluations) from 0.00 %;"}, []string{"Inf", "NaN"}},
		{"unchanged", func(s *fact.Set) {
			f := find(s, "attack.success_rate")
			f.Previous, f.PreviousNumerator, f.PreviousDenominator = f.Value, f.Numerator, f.Denominator
		}, []string{"The attack success rate was unchanged at 6.70 % (418 hits in 6,240 evaluations); over what was measured on both days it rose from 5.30 %."}, nil},
		{"the same cells on both days", func(s *fact.Set) {
			f := find(s, "attack.success_rate")
			f.Previous, f.PreviousNumerator, f.PreviousDenominator = f.Comparable, f.ComparableNumerator, f.ComparableDenominator
		}, []string{"from 5.30 %. support-assistant"}, []string{"both days"}},
		{"a change too small to show", func(s *fact.Set) {
			f := find(s, "attack.success_rate")
			f.PreviousNumerator, f.PreviousDenominator = ptr(int64(41799)), ptr(int64(624000))
		}, []string{"rose by less than 0.01 percentage points to 6.70 % (418"}, []string{"from 6.70 %"}},
		{"no target stands out", func(s *fact.Set) {
			f := find(s, "attack.success_rate{target=support-assistant}")
			f.ComparableNumerator, f.Comparable = ptr(int64(190)), ptr(190.0/1560)
		}, nil, []string{"support-assistant"}},
		{"one version change", func(s *fact.Set) {
			s.Records.Targets[0].Changes = s.Records.Targets[0].Changes[:1]
			s.Records.Targets[0].SinceChange = 7
		}, []string{"support-assistant has run version 4.2 since 09:10, 4.1 before; seven evaluations have been made since 09:10."}, nil},
		{"many version changes", func(s *fact.Set) {
			c := s.Records.Targets[0].Changes
			s.Records.Targets[0].Changes = append(c, fact.VersionChange{Version: "4.3", At: c[1].At.Add(time.Hour)})
		}, []string{"changed its version three times and has run 4.3 since 15:20;"}, nil},
		{"an incomplete feed of attacks cannot say that nothing was made", func(s *fact.Set) { s.Feeds[0].ReachedAt = nil },
			[]string{"4.1 before and since. Five"}, []string{"no evaluation"}},
		{"no finding", func(s *fact.Set) {
			for _, k := range []string{"findings.opened", "findings.closed", "findings.opened{severity=critical}"} {
				set(s, k, 0)
			}
		}, []string{"No finding was opened or closed; 39 are open."}, []string{"critical"}},
		{"no finding, and the feed is not complete", func(s *fact.Set) {
			set(s, "findings.opened", 0)
			set(s, "findings.closed", 0)
			s.Feeds[1].ReachedAt = nil
		}, nil, []string{"No finding"}},
		{"one finding, critical", func(s *fact.Set) {
			set(s, "findings.opened", 1)
			set(s, "findings.closed", 0)
			set(s, "findings.open", 1)
		}, []string{"One finding was opened, a critical one (F-412), and none closed; one is open."}, nil},
		{"findings are not measured", func(s *fact.Set) {
			facttest.Unmeasure(s, "feed findings is complete only through 15:40", "findings.opened", "findings.open", "findings.closed")
		}, []string{"Findings are not measured: feed findings is complete only through 15:40."}, []string{"F-412"}},
		{"no incident", func(s *fact.Set) {
			s.Records.Incidents = nil
			set(s, "incidents.open", 0)
			set(s, "incidents.opened", 0)
		}, []string{"No incident was opened or is open."}, []string{"INC"}},
		{"no incident is known, and the feed is not complete", func(s *fact.Set) {
			s.Records.Incidents = nil
			set(s, "incidents.open", 0)
			set(s, "incidents.opened", 0)
			s.Feeds[2].ReachedAt = nil
		}, nil, []string{"ncident"}},
		{"incidents, worst first, and one too many", func(s *fact.Set) {
			one := s.Records.Incidents[0]
			for _, x := range []struct {
				name     string
				severity int
				state    string
			}{{"INC-1", 1, "open"}, {"INC-4", 4, "open"}, {"INC-0", 1, "resolved"}} {
				i := one
				i.Name, i.Severity, i.State, i.OpenedAt = x.name, x.severity, x.state, i.OpenedAt.AddDate(0, 0, -4)
				s.Records.Incidents = append(s.Records.Incidents, i)
			}
		}, []string{"Incident INC-1 (severity 1) was opened on Mon 16 Nov 13:05 and is open; one more is open."}, []string{"INC-0 ", "INC-4"}},
		{"every run gave a result", func(s *fact.Set) { set(s, "runs.failed", 0); set(s, "runs.not_started", 0) }, nil, []string{"runs"}},
		{"only failed runs", func(s *fact.Set) { set(s, "runs.failed", 12); set(s, "runs.not_started", 0) },
			[]string{"12 of 14 planned runs gave no result: 12 failed."}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := facttest.Example()
			tt.change(s)
			got := written(t, s).String()
			for _, want := range tt.want {
				require.Contains(t, got, want)
			}
			for _, never := range tt.never {
				require.NotContains(t, got, never)
			}
		})
	}
}

func TestNothingMeasured(t *testing.T) {
	t.Parallel()
	s := facttest.Example()
	for i := range s.Facts {
		facttest.Unmeasure(s, "no source has said that its data is complete", s.Facts[i].Key())
	}
	s.Feeds, s.Records = nil, fact.Records{}
	got := written(t, s).String()
	require.Equal(t, 3, strings.Count(got, "not measured"))
	require.NotContains(t, got, "No ")
	require.NotRegexp(t, `\d`, got)
}

func TestAboutAndLimits(t *testing.T) {
	t.Parallel()
	n, err := analysis.ByRules(facttest.Example(), analysis.Options{About: []string{"findings.*", "incidents.open", "incidents.opened"}})
	require.NoError(t, err)
	require.Len(t, n.Sentences, 2)
	require.Contains(t, n.String(), "Five findings")
	n, err = analysis.ByRules(facttest.Example(), analysis.Options{Sentences: 2})
	require.NoError(t, err)
	require.Len(t, n.Sentences, 2)
	require.Contains(t, n.Sentences[0].Text.String(), "The attack success rate")
	_, err = analysis.ByRules(&fact.Set{TimeZone: "nowhere"}, analysis.Options{})
	require.Error(t, err)
}

func TestHostileNames(t *testing.T) {
	t.Parallel()
	s := facttest.Example()
	bad := "\u202eevil<script>alert(1)</script>{nb}" + strings.Repeat("very long ", 500)
	for i := range s.Facts {
		if s.Facts[i].Dims["target"] == "support-assistant" {
			s.Facts[i].Dims["target"] = bad
		}
	}
	s.Records.Targets[0].Name = bad
	s.Records.Targets[0].Changes[0].Version = bad
	s.Records.Incidents[0].Name, s.Records.Incidents[0].State = bad, bad
	s.Records.Findings[0].Name = bad
	n, err := analysis.ByRules(s, analysis.Options{})
	require.NoError(t, err)
	require.NotContains(t, n.String(), "\u202e")
	require.Less(t, len(n.String()), 2000)
	var _ document.Inlines = n.Inlines()
}
