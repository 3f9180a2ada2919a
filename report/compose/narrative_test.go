package compose_test

import (
	"context"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/analysis"
	"github.com/closeofbusiness/cob/report/compose"
	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/fact/facttest"
	"github.com/closeofbusiness/cob/report/render"
	"github.com/closeofbusiness/cob/report/template"
)

const rising = "attack.success_rate{target=support-assistant}"

// byModel is a narrative as a model writes it.
func byModel() analysis.Narrative {
	return analysis.Narrative{
		Label: analysis.LabelOf("model-1", "openai"), Provider: "openai", Model: "model-1",
		Sentences: []analysis.Sentence{
			{Text: document.Inlines{document.Plain("The rate rose to "), document.Strong("6.70 %"), document.Plain(".")}, Claim: "The rate rose to {{fact:attack.success_rate}}.",
				Facts: []string{"attack.success_rate", rising}, Checks: []string{"references", "stance"}},
			{Text: document.Inlines{document.Plain("voice-bridge is not measured.")}, Claim: "voice-bridge is not measured.", Facts: []string{"health.availability{component=voice-bridge}"}},
		},
	}
}

func withNarrative(t testing.TB, s *fact.Set, n analysis.Narrative) (*document.Document, error) {
	return compose.Compose(s, daily(t), nil, map[string]analysis.Narrative{"summary": n}, compose.Meta{Revision: 1, FactsSHA256: digest})
}

// bases are the paragraphs that have a basis.
func bases(d *document.Document) []document.Paragraph {
	var out []document.Paragraph
	for _, b := range d.Blocks {
		if p, ok := b.(document.Paragraph); ok && len(p.Basis) > 0 {
			out = append(out, p)
		}
	}
	return out
}

// cleaned are texts that a document can hold.
func cleaned(s ...string) []document.Text {
	out := make([]document.Text, len(s))
	for i, x := range s {
		out[i] = document.Clean(x)
	}
	return out
}

func TestBasisOfAModelsText(t *testing.T) {
	t.Parallel()
	s, n := facttest.Example(), byModel()
	d, err := withNarrative(t, s, n)
	require.NoError(t, err)
	require.NoError(t, document.Validate(d))
	got := bases(d)
	require.Len(t, got, 1)
	require.Equal(t, "The rate rose to 6.70 %. voice-bridge is not measured.", got[0].Text.String())
	named := func(key, value string) document.BasisFact {
		return document.BasisFact{Key: document.Clean(key), Value: document.Clean(value), Query: document.Clean(find(t, s, key).Query)}
	}
	require.NotEmpty(t, find(t, s, rising).Query)
	require.Equal(t, []document.Basis{
		{Text: n.Sentences[0].Text, Claim: document.Clean("The rate rose to {{fact:attack.success_rate}}."),
			Facts: []document.BasisFact{named("attack.success_rate", "6.70 %"), named(rising, "12.69 %")}, Checks: cleaned("references", "stance")},
		{Text: n.Sentences[1].Text, Claim: document.Clean("voice-bridge is not measured."),
			Facts: []document.BasisFact{named("health.availability{component=voice-bridge}", "not measured")}},
	}, got[0].Basis)
	require.Contains(t, text(t, d), "Written by model-1 (openai), each claim checked against the facts.")
}

// TestBasisOfRules holds that a narrative by rules has the basis of each of its
// sentences, and no claim.
func TestBasisOfRules(t *testing.T) {
	t.Parallel()
	got := bases(composed(t, facttest.Example()))
	require.Len(t, got, 1)
	require.Len(t, got[0].Basis, 6)
	var sentences []string
	for _, b := range got[0].Basis {
		sentences = append(sentences, b.Text.String())
		require.NotEmpty(t, b.Facts)
		require.True(t, b.Claim.Empty())
		require.Empty(t, b.Checks)
	}
	require.Equal(t, got[0].Text.String(), strings.Join(sentences, " "))
}

func TestFactThatThereIsNot(t *testing.T) {
	t.Parallel()
	n := byModel()
	n.Sentences[1].Facts = []string{"attack.success_rate", "attack.hits{target=no-such}"}
	_, err := withNarrative(t, facttest.Example(), n)
	require.ErrorIs(t, err, report.ErrInvalid)
	require.ErrorContains(t, err, `narrative "summary": sentence 2 rests on the fact "attack.hits{target=no-such}", which there is not`)
}

// TestHostileClaims composes and draws what nobody would write.
func TestHostileClaims(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]string{
		"markup": `</code></li></details><script>alert(1)</script>`, "bidi": "\u202egnp.exe", "broken": "\xff\x00\x1b[31m", "long": strings.Repeat("W", 10_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := byModel()
			n.Sentences[0].Claim, n.Sentences[0].Checks, n.Withheld = bad, []string{bad}, bad
			d, err := withNarrative(t, facttest.Example(), n)
			require.NoError(t, err)
			require.LessOrEqual(t, utf8.RuneCountInString(bases(d)[0].Basis[0].Claim.String()), document.MaxText+1)
			for _, f := range render.Formats() {
				out, err := render.Render(context.Background(), d, f)
				require.NoError(t, err, f)
				require.NotContains(t, string(out), "\u202e", f)
				if f == render.HTML {
					require.NotContains(t, string(out), "<script")
				}
			}
		})
	}
}

// boxes are the labels and texts of a document's callouts, and the note of its
// summary.
func boxes(d *document.Document) (out []string, note string) {
	for _, b := range d.Blocks {
		switch b := b.(type) {
		case document.Callout:
			out = append(out, b.Label.String()+" "+b.Text.String())
		case document.Heading:
			if b.Text.String() == "Executive summary" {
				note = b.Note.String()
			}
		}
	}
	return out, note
}

func idle(t *testing.T, s *fact.Set) {
	for _, id := range []string{"runs.planned", "runs.completed", "attempts.sent"} {
		find(t, s, id).Value = ptr(0.0)
	}
}

func late(s *fact.Set) { s.Late, s.AsOf = true, at(22, 2, 30) }

func TestWithheld(t *testing.T) {
	t.Parallel()
	const box = "AI NARRATIVE WITHHELD openai failed the checks (a number outside a reference). The text below is by rules."
	for _, tt := range []struct {
		name     string
		withheld string
		change   func(*testing.T, *fact.Set)
		want     []string // prefixes
		note     string
	}{
		{"alone", "openai failed the checks (a number outside a reference).", func(*testing.T, *fact.Set) {}, []string{box}, analysis.WithheldLabel},
		{"without its full stop", "openai failed the checks (a number outside a reference)", func(*testing.T, *fact.Set) {}, []string{box}, analysis.WithheldLabel},
		{"after another", "openai failed the checks (a number outside a reference).", func(_ *testing.T, s *fact.Set) { late(s) }, []string{"ISSUED LATE", box}, analysis.WithheldLabel},
		{"no room", "openai failed the checks (a number outside a reference).", func(t *testing.T, s *fact.Set) { late(s); idle(t, s) }, []string{"ISSUED LATE", "NO ACTIVITY"},
			analysis.WithheldLabel + " openai failed the checks (a number outside a reference)."},
		{"nothing withheld, no room", "", func(t *testing.T, s *fact.Set) { late(s); idle(t, s) }, []string{"ISSUED LATE", "NO ACTIVITY"}, analysis.WithheldLabel},
		{"nothing withheld", "", func(*testing.T, *fact.Set) {}, nil, analysis.WithheldLabel},
		{"cleaned", "a\u202eb\nc", func(*testing.T, *fact.Set) {}, []string{"AI NARRATIVE WITHHELD ab c. The text"}, analysis.WithheldLabel},
		{"clipped", strings.Repeat("ä", 300), func(*testing.T, *fact.Set) {}, []string{"AI NARRATIVE WITHHELD " + strings.Repeat("ä", 199) + "… The text"}, analysis.WithheldLabel},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := facttest.Example()
			tt.change(t, s)
			n, err := analysis.ByRules(s, analysis.Options{})
			require.NoError(t, err)
			n.Label, n.Withheld = analysis.WithheldLabel, tt.withheld
			d, err := withNarrative(t, s, n)
			require.NoError(t, err)
			got, note := boxes(d)
			require.Len(t, got, len(tt.want))
			for i, want := range tt.want {
				require.True(t, strings.HasPrefix(got[i], want), "%q begins %q", got[i], want)
			}
			require.Equal(t, tt.note, note)
			pdf, err := render.Render(context.Background(), d, render.PDF)
			require.NoError(t, err)
			require.Equal(t, 2, strings.Count(string(pdf), "/Type /Page\n"), "pages")
		})
	}
}

// TestWithheldAmongSeveral has three narratives; the box says which it is about.
func TestWithheldAmongSeveral(t *testing.T) {
	t.Parallel()
	tmpl, err := template.Parse([]byte(`name: three
version: 1.0.0
title: Three
blocks:
  - section: First
    blocks: [{narrative: {name: first}}]
  - section: Second
    blocks: [{narrative: {name: second}}]
  - section: Third
    blocks: [{narrative: {name: third}}]
  - data_notes: {}
output: {formats: [json]}
`), fact.Builtin())
	require.NoError(t, err)
	for want, withheld := range map[string][]string{
		`Narrative "second": second failed. The text below is by rules.`:            {"second"},
		`Narrative "second" and 1 more: second failed. The text below is by rules.`: {"second", "third"},
		`Narrative "first" and 2 more: first failed. The text below is by rules.`:   {"first", "second", "third"},
	} {
		narratives := map[string]analysis.Narrative{"first": byModel(), "second": byModel(), "third": byModel()}
		for _, name := range withheld {
			n := narratives[name]
			n.Withheld = name + " failed"
			narratives[name] = n
		}
		d, err := compose.Compose(facttest.Example(), tmpl, nil, narratives, compose.Meta{Revision: 1, FactsSHA256: digest})
		require.NoError(t, err)
		got, _ := boxes(d)
		require.Equal(t, []string{"AI NARRATIVE WITHHELD " + want}, got)
		require.Len(t, bases(d), 3)
	}
}
