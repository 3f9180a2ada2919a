package compose_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/fact/facttest"
	"github.com/closeofbusiness/cob/report/render"
)

// What a sentence cites stands in its basis. A note that there is not is a
// mistake.
func TestBasisNamesCitedNotes(t *testing.T) {
	t.Parallel()
	s, n := facttest.Example(), byModel()
	n.Sentences[0].Cites = []string{"wiki/RB-1"}
	_, err := withNarrative(t, s, n)
	require.ErrorIs(t, err, report.ErrInvalid)
	require.ErrorContains(t, err, `sentence 1 cites the reference note "wiki/RB-1", which there is not`)

	s.Records.References = &fact.References{Known: 1, Lists: []fact.ReferenceList{{Selection: fact.Selection{Limit: 5}, Found: 1, Notes: []fact.Reference{
		{Source: "wiki", Name: "RB-1", Type: "runbook", Domain: "triage", Title: "First <i>steps</i>", Author: "x", Date: "2026-10-01", URL: "https://wiki.example.org/rb-1", Matched: []string{"jailbreak"}},
	}}}}
	d, err := withNarrative(t, s, n)
	require.NoError(t, err)
	require.NoError(t, document.Validate(d))
	notes := bases(d)[0].Basis[0].References
	require.Len(t, notes, 1)
	require.Equal(t, "First <i>steps</i> · wiki/RB-1 · runbook · 1 Oct 2026", notes[0].String())
	require.Equal(t, "https://wiki.example.org/rb-1", notes[0][0].Link)
	page, err := render.Render(t.Context(), d, render.HTML)
	require.NoError(t, err)
	require.Contains(t, string(page), "Reference note: <a href=\"https://wiki.example.org/rb-1\"")
	require.Contains(t, string(page), "First &lt;i&gt;steps&lt;/i&gt;")
	require.NotContains(t, string(page), "<i>steps")
}
