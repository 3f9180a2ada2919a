package compose_test

import (
	"context"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/compose"
	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/fact/facttest"
	"github.com/closeofbusiness/cob/report/render"
	"github.com/closeofbusiness/cob/report/template"
)

// bare is a template of nothing but the data notes and what follows.
const bare = "name: x\nversion: 1.0.0\ntitle: X\nblocks:\n  - data_notes: {}\n"

// blocksOf composes the blocks of a template that has nothing else.
func blocksOf(t testing.TB, s *fact.Set, blocks string) (document.Blocks, *document.Document) {
	tmpl, err := template.Parse([]byte(bare+blocks), s.Registry())
	require.NoError(t, err)
	d, err := compose.Compose(s, tmpl, nil, nil, compose.Meta{Revision: 1, FactsSHA256: digest})
	require.NoError(t, err)
	require.NoError(t, document.Validate(d))
	for i, b := range d.Blocks {
		if _, ok := b.(document.Definitions); ok {
			return d.Blocks[i+1:], d
		}
	}
	t.Fatal("no data notes")
	return nil, nil
}

func textOf(t testing.TB, s *fact.Set, markdown string) document.Blocks {
	quoted, err := yaml.MarshalWithOptions(markdown, yaml.JSON())
	require.NoError(t, err)
	out, _ := blocksOf(t, s, "  - text: "+string(quoted))
	return out
}

func paragraph(t testing.TB, b document.Block) document.Paragraph {
	p, ok := b.(document.Paragraph)
	require.True(t, ok, "%T", b)
	return p
}

func TestTextBecomesBlocks(t *testing.T) {
	t.Parallel()
	got := textOf(t, facttest.Example(), strings.Join([]string{
		"# Rate {{fact:attack.success_rate}}", "### Below", "One *two* **three** `{{fact:runs.planned}} four`.", "",
		"- a {{fact:findings.open}}", "  - b", "    - c", "- d", "", "1. e", "", "> f", ">", "> g", "", "h\\", "i",
	}, "\n"))
	require.Equal(t, document.Blocks{
		document.Heading{Level: 2, Text: document.Clean("Rate 6.70 %")},
		document.Heading{Level: 3, Text: document.Clean("Below")},
		document.Paragraph{Text: document.Inlines{
			document.Plain("One "), {Text: document.Clean("two"), Emphasis: true}, document.Plain(" "), document.Strong("three"), document.Plain(" "),
			document.Code("14"), document.Code(" four"), document.Plain("."),
		}},
		document.List{Items: []document.Inlines{{document.Plain("a "), document.Plain("39")}, plain("b"), plain("c"), plain("d")}, Levels: []int{0, 1, 2, 0}},
		document.List{Ordered: true, Items: []document.Inlines{plain("e")}},
		document.Quote{Text: plain("f")},
		document.Quote{Text: plain("g")},
		document.Paragraph{Text: plain("h")},
		document.Paragraph{Text: plain("i")},
	}, got)
}

func plain(s string) document.Inlines { return document.Inlines{document.Plain(s)} }

func TestReferencesInTexts(t *testing.T) {
	t.Parallel()
	s := facttest.Example()
	for _, tt := range []struct{ text, want string }{
		{"{{fact:attack.success_rate}}", "6.70 %"},
		{"{{previous:attack.success_rate}}", "5.17 %"},
		{"{{change:attack.success_rate}}", "▲ 1.53 pp worse"},
		{"{{comparable:attack.success_rate}}", "5.30 %"},
		{"{{comparable:findings.open}}", "no figure"},
		{"{{share:attempts.unanswered}}", "1.28 %"},
		{"{{day:previous}}, {{day:date}}", "Thu, Fri 20 Nov"},
		{"{{date}}", "Friday 20 November 2026"},
		{"{{window}}", "Thu 19 Nov 17:00 to Fri 20 Nov 17:00 GMT"},
		{"{{fact:findings.open{severity=critical} }}", "3"},
		{"{{fact:findings.open{severity=none} }}", "none"},
	} {
		require.Equal(t, tt.want, paragraph(t, textOf(t, s, tt.text)[0]).Text.String(), tt.text)
	}
	change := paragraph(t, textOf(t, s, "*{{change:attack.success_rate}}*")[0]).Text
	require.Equal(t, document.Inlines{{Text: document.Clean("▲ 1.53 pp worse"), Emphasis: true, Tone: document.Worse}}, change)
}

func TestSentencesAboutNothing(t *testing.T) {
	t.Parallel()
	gone := func() *fact.Set {
		s := facttest.Example()
		facttest.Unmeasure(s, "no data", "attempts.sent", "findings.open")
		return s
	}
	none := func() *fact.Set {
		s := facttest.Example()
		for i := range s.Facts {
			f := &s.Facts[i]
			f.Previous, f.PreviousNumerator, f.PreviousDenominator, f.Change, f.Comparable = nil, nil, nil, nil, nil
		}
		return s
	}
	for _, tt := range []struct {
		name string
		set  *fact.Set
		text string
		want string
	}{
		{"a sentence", gone(), "Runs: {{fact:runs.planned}}. Sent: *{{fact:attempts.sent}}* prompts. End", "Runs: 14. Not measured: prompts sentb. End"},
		{"a change", gone(), "**Open.** It is {{change:findings.open}}.", "Open. Not measured: findings openc."},
		{"a previous figure does not rest on today's", gone(), "Before: {{previous:findings.open}}.", "Before: 37."},
		{"a code span", gone(), "`{{fact:attempts.sent}}`", "Not measured: prompts sentb."},
		{"a bracket", none(), "Open ({{day:previous}} {{previous:findings.open}}).", "Open (no figure for Thu)."},
		{"a bracket with a change", none(), "Open ({{change:findings.open}}).", "Open (no figure for Thu)."},
		{"a bracket with what is comparable", none(), "Rate ({{comparable:attack.success_rate}}).", "Rate (no figure for Thu)."},
		{"a change without a bracket", none(), "{{change:findings.open}}", "no figure for Thu"},
	} {
		require.Equal(t, tt.want, paragraph(t, textOf(t, tt.set, tt.text)[0]).Text.String(), tt.name)
	}
	got := textOf(t, gone(), "## Sent {{fact:attempts.sent}} now\n\n- {{fact:attempts.sent}}\n- {{fact:runs.planned}}\n\n> {{fact:findings.open}}")
	require.Equal(t, "Not measured: prompts sent", got[0].(document.Heading).Text.String())
	require.Equal(t, "Not measured: prompts sentb.", got[1].(document.List).Items[0].String())
	require.Equal(t, "14", got[1].(document.List).Items[1].String())
	require.Equal(t, "Not measured: findings openc.", got[2].(document.Quote).Text.String())
}

// What a reference stands for is data: no markup in it means anything, in the
// document or in any file made of it.
func TestValuesOfReferencesAreNoMarkdown(t *testing.T) {
	t.Parallel()
	const bad = "**x** [a](javascript:alert(1)) <script>y</script> {{fact:runs.planned}}\n# h\n- i `j` \u202e"
	s := facttest.Example()
	for i := range s.Facts {
		if f := &s.Facts[i]; f.ID == "attempts.sent" && len(f.Dims) == 0 {
			f.Unit = fact.Unit(bad)
		}
	}
	for _, text := range []string{"{{fact:attempts.sent}}", "`{{fact:attempts.sent}}`", "> {{fact:attempts.sent}}", "- {{fact:attempts.sent}}", "## {{fact:attempts.sent}}"} {
		blocks := textOf(t, s, text)
		require.Len(t, blocks, 1)
		var got string
		switch b := blocks[0].(type) {
		case document.Paragraph:
			got = b.Text.String()
		case document.Quote:
			got = b.Text.String()
		case document.List:
			got = b.Items[0].String()
		case document.Heading:
			got = b.Text.String()
		}
		require.Equal(t, "4,214 "+strings.TrimSpace(document.Clean(bad).String()), strings.TrimSpace(got))
	}
	_, d := blocksOf(t, s, "  - text: '*{{fact:attempts.sent}}*'\n")
	for _, format := range render.Formats() {
		b, err := render.Render(context.Background(), d, format)
		require.NoError(t, err)
		if format == render.HTML || format == render.Markdown {
			require.NotContains(t, string(b), "<script>y", format)
		}
	}
}

// The most that a template may hold is no more than a document may, on a day on
// which nothing is measured.
func TestTheLargestTexts(t *testing.T) {
	t.Parallel()
	s := facttest.Example()
	facttest.Unmeasure(s, "no data", "runs.planned")
	for _, text := range []string{
		strings.Repeat("{{fact:runs.planned}}. ", 88), strings.Repeat("*{{fact:runs.planned}}.* ", 59), strings.Repeat("- a\n", 400), strings.Repeat("a\n\n", 200),
		strings.Repeat("W", 16_000), strings.Repeat("wide word ", 1600), strings.Repeat("{{date}}", 180), strings.Repeat("\\\n", 1) + strings.Repeat("a\\\n", 180),
	} {
		require.NotEmpty(t, textOf(t, s, text))
	}
}

// Whatever Markdown a template may hold, the document made of it is valid.
func FuzzTextComposed(f *testing.F) {
	for _, s := range []string{
		"# {{date}}\n> *a* **b** `c`\n\n- d\n  - e &amp; \\*\n", "({{previous:findings.open}}) {{fact:attempts.sent}}. **x.** {{change:findings.open}}",
		"1. {{share:attempts.unanswered}}\n2. `{{window}}`", "a\\\nb", "&#8238;&#0;&#xFFFE;&#x1F600;", "***a** b*", "{{comparable:attack.success_rate{target=x} }}",
	} {
		f.Add(s)
	}
	measured, gone := facttest.Example(), facttest.Example()
	facttest.Unmeasure(gone, "no data", "attempts.sent", "findings.open")
	f.Fuzz(func(t *testing.T, s string) {
		quoted, err := yaml.MarshalWithOptions(s, yaml.JSON())
		require.NoError(t, err)
		tmpl, err := template.Parse([]byte(bare+"  - text: "+string(quoted)), fact.Builtin())
		if err != nil {
			return
		}
		for _, set := range []*fact.Set{measured, gone} {
			d, err := compose.Compose(set, tmpl, nil, nil, compose.Meta{Revision: 1, FactsSHA256: digest})
			require.NoError(t, err)
			require.NoError(t, document.Validate(d))
		}
	})
}
