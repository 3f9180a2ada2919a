package fact_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/fact/facttest"
)

func termTexts(s *fact.Set) map[string]fact.Term {
	out := map[string]fact.Term{}
	for _, t := range s.Terms() {
		out[t.Text] = t
	}
	return out
}

// What was notable is looked for, what was not isn't.
func TestTerms(t *testing.T) {
	t.Parallel()
	s := facttest.Example()
	terms := termTexts(s)
	require.Equal(t, fact.Term{Text: "prompt injection", Phrases: []string{"prompt injection"}, Needed: 1}, terms["prompt injection"])
	require.Contains(t, terms, "support-assistant")
	for _, f := range s.Facts {
		if f.ID == "attack.hits" && f.Measured() && *f.Value == 0 && len(f.Dims) == 1 {
			require.NotContains(t, terms, f.Dims["category"])
		}
		if d, has := f.Dims["detector"]; has {
			require.NotContains(t, terms, d)
		}
	}
	require.NotContains(t, terms, "critical")
	titles := 0
	for _, f := range s.Records.Findings {
		term, found := terms[f.Title]
		require.Equal(t, f.Open && f.Severity == "critical", found, f.Title)
		if found {
			titles++
			require.Equal(t, 2, term.Needed)
		}
	}
	require.Positive(t, titles)
	require.Equal(t, s.Terms(), s.Terms())
}

func TestTermsOfTitles(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]fact.Term{
		"Order numbers: order NUMBERS of others": {Phrases: []string{"order", "numbers", "others"}, Needed: 2},
		"Leak":                                   {Phrases: []string{"leak"}, Needed: 1},
		"a b c":                                  {},
		"' | & !(:*":                             {},
		"":                                       {},
	} {
		s := &fact.Set{Records: fact.Records{Incidents: []fact.Incident{{Title: title, State: "open"}, {Title: "Resolved long since", State: "resolved"}}}}
		if want.Needed == 0 {
			require.Empty(t, s.Terms(), title)
			continue
		}
		want.Text = title
		require.Equal(t, []fact.Term{want}, s.Terms())
	}
}

// However much a source names, what is looked for is bounded.
func TestTermsAreBounded(t *testing.T) {
	t.Parallel()
	s := &fact.Set{}
	one := 1.0
	for i := range 500 {
		name := "target " + fact.Letter(i)
		s.Records.Incidents = append(s.Records.Incidents, fact.Incident{Title: "words " + name, State: "open"})
		s.Facts = append(s.Facts, fact.Fact{ID: "attack.hits", Dims: fact.Dims{"target": name}, Status: fact.Measured, Value: &one})
	}
	require.Len(t, s.Terms(), 150)
	require.Equal(t, "target a", s.Terms()[30].Text)
}

func TestCalledIsOneNoteOrNone(t *testing.T) {
	t.Parallel()
	r := &fact.References{Cited: []fact.Reference{{Source: "wiki", Name: "RB-1"}, {Source: "old", Name: "RB-1"}, {Source: "wiki", Name: "RB-2"}}}
	require.Nil(t, r.Called("RB-1"), "of two sources")
	require.Equal(t, "old", r.Called("old/RB-1").Source)
	require.Equal(t, "RB-2", r.Called("RB-2").Name)
	require.Nil(t, r.Called("RB-3"))
	require.Nil(t, (*fact.References)(nil).Called("RB-1"))
	require.Nil(t, (*fact.References)(nil).Listed())
}
