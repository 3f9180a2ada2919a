package render

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"

	"github.com/closeofbusiness/cob/report/document"
)

// parseMarkdown reads Markdown as GitHub does.
func parseMarkdown(src []byte) ast.Node {
	return goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(src))
}

// injections are texts that would be markup if nothing escaped them.
var injections = []string{
	"# heading", "## heading", "- item", "+ item", "* item", "1. item", "12) item", "> quote", "    code", "---", "===", "***", "```", "~~~",
	"**bold**", "__bold__", "*em*", "_em_", "`code`", "~~struck~~", "[link](http://evil.example)", "![image](http://evil.example/x.png)", "[ref]: http://evil.example",
	"<b>html</b>", "<!-- comment -->", "<http://evil.example>", "http://evil.example/path", "https://evil.example", "www.evil.example", "someone@evil.example", "ftp://evil.example",
	"| a | b |", "a | b", "&amp;", "&#35; x", `\*`, `\`, `a\`, "- [ ] task", "[^1]", "$x$", "a_b_c", "2 * 3 * 4", "<script>alert(1)</script>", "`", "``a`", "*", "_", "**a", "a**",
}

// TestMarkdownInjection puts each text wherever a document has a place for it
// and reads the result: the text is there, and no markup came of it.
func TestMarkdownInjection(t *testing.T) {
	t.Parallel()
	harmless := emphases(t, fuzzDocument("harmless", 1, 3))
	for _, s := range injections {
		t.Run(s, func(t *testing.T) {
			t.Parallel()
			d := fuzzDocument(s, 1, 3)
			out, err := Render(t.Context(), d, Markdown)
			require.NoError(t, err)
			emphasised := map[int]int{}
			require.NoError(t, ast.Walk(parseMarkdown(out), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
				switch n := n.(type) {
				case *ast.AutoLink:
					require.Equal(t, fuzzLink, string(n.URL(out)))
				case *ast.Link, *ast.Image, *ast.RawHTML, *ast.HTMLBlock, *ast.CodeBlock, *ast.FencedCodeBlock, *extast.Strikethrough, *extast.TaskCheckBox:
					t.Errorf("%T in\n%s", n, out)
				case *ast.Emphasis:
					if entering {
						emphasised[n.Level]++
					}
				}
				return ast.WalkContinue, nil
			}))
			require.LessOrEqual(t, emphasised[1], harmless[1], "no more than is meant")
			require.LessOrEqual(t, emphasised[2], harmless[2])
		})
	}
}

// emphases counts the emphases of a document, by level.
func emphases(t *testing.T, d *document.Document) map[int]int {
	t.Helper()
	out, err := Render(t.Context(), d, Markdown)
	require.NoError(t, err)
	n := map[int]int{}
	require.NoError(t, ast.Walk(parseMarkdown(out), func(node ast.Node, entering bool) (ast.WalkStatus, error) {
		if e, ok := node.(*ast.Emphasis); ok && entering {
			n[e.Level]++
		}
		return ast.WalkContinue, nil
	}))
	return n
}

// TestMarkdownTextSurvives reads escaped text back.
func TestMarkdownTextSurvives(t *testing.T) {
	t.Parallel()
	for _, s := range append(injections, "a < b", "6.70 %", "17:05", "support-assistant", "attack.success_rate", "#1", "C#") {
		want := strings.TrimSpace(s)
		src := []byte(mdText(document.Clean(s)))
		require.Equal(t, want, inlineText(parseMarkdown(src), src), "%q was written %q", s, src)
	}
}

func inlineText(root ast.Node, src []byte) string {
	var b strings.Builder
	_ = ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := n.(*ast.Text); ok && entering {
			b.Write(unescaped(t.Segment.Value(src)))
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// unescaped takes backslashes from before punctuation, as a renderer does.
func unescaped(b []byte) []byte {
	var out []byte
	for i := 0; i < len(b); i++ {
		if b[i] == '\\' && i+1 < len(b) && strings.IndexByte("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", b[i+1]) >= 0 {
			i++
		}
		out = append(out, b[i])
	}
	return out
}

// TestMarkdownTables holds that every row has as many cells as columns,
// whatever the cells hold.
func TestMarkdownTables(t *testing.T) {
	t.Parallel()
	for name, fixture := range everyFixture() {
		out, err := Render(t.Context(), fixture(), Markdown)
		require.NoError(t, err)
		tables := 0
		require.NoError(t, ast.Walk(parseMarkdown(out), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
			if table, ok := n.(*extast.Table); ok && entering {
				tables++
				for r := table.FirstChild(); r != nil; r = r.NextSibling() {
					require.Equal(t, len(table.Alignments), r.ChildCount())
				}
			}
			return ast.WalkContinue, nil
		}))
		require.Positive(t, tables, name)
	}
}

func TestMarkdownCode(t *testing.T) {
	t.Parallel()
	require.Equal(t, "`a`", mdCode("a"))
	require.Equal(t, "``a`b``", mdCode("a`b"))
	require.Equal(t, "``` ``a ```", mdCode("``a"))
	require.Equal(t, "`a\\|b`", mdCode("a|b"))
}

func TestMarkdownJoinsRuns(t *testing.T) {
	t.Parallel()
	require.Equal(t, "**ab** c", mdInlines(document.Inlines{document.Strong("a"), document.Strong("b "), document.Plain("c")}))
	require.Equal(t, `not measured \[b\]`, mdInlines(document.Inlines{document.Plain("not measured "), document.Note("b")}))
}

// TestMarkdownEmphasis writes runs and reads back which text is bold and which is
// italic: where markup would not be read as such, the text stands without it and
// no asterisk is left over.
func TestMarkdownEmphasis(t *testing.T) {
	t.Parallel()
	strong := func(s string) document.Inline { return document.Strong(s) }
	em := func(s string) document.Inline { return document.Inline{Text: T(s), Emphasis: true} }
	both := func(s string) document.Inline { return document.Inline{Text: T(s), Emphasis: true, Strong: true} }
	for _, tt := range []struct {
		in   document.Inlines
		want string
	}{
		{document.Inlines{em("a")}, "*a*"},
		{document.Inlines{both("a")}, "***a***"},
		{document.Inlines{document.Plain("a "), em("b"), document.Plain(" c")}, "a *b* c"},
		{document.Inlines{document.Plain("a"), em("b"), document.Plain("c")}, "a*b*c"},
		{document.Inlines{em(" a "), document.Plain("b")}, "*a* b"},
		{document.Inlines{strong("a"), em("b")}, "**a**b"},
		{document.Inlines{em("a"), strong("b")}, "*a*b"},
		{document.Inlines{strong("a "), em("b")}, "**a** *b*"},
		{document.Inlines{document.Plain("a"), strong("(b)"), document.Plain("c")}, "a(b)c"},
		{document.Inlines{document.Plain("a "), strong("(b)"), document.Plain(" c")}, "a **(b)** c"},
		{document.Inlines{document.Plain("("), strong("b"), document.Plain(").")}, "(**b**)."},
		{document.Inlines{document.Plain("2*"), strong("b"), document.Plain("*3")}, `2\*b\*3`},
		{document.Inlines{strong("*"), document.Plain(" x")}, `**\*** x`},
		{document.Inlines{strong("▲ 1"), document.Note("a")}, `**▲ 1**\[a\]`},
	} {
		got := mdInlines(tt.in)
		require.Equal(t, tt.want, got)
		src := []byte(got)
		marks := strings.Count(inlineText(parseMarkdown(src), src), "*")
		require.Equal(t, strings.Count(tt.in.String(), "*"), marks, "%s: no asterisk is shown that isn't text", got)
	}
}

// FuzzMarkdownRuns holds that no style leaves its marks in the text.
func FuzzMarkdownRuns(f *testing.F) {
	for _, s := range []string{"a", "*", "(a)", " a ", "_", "`", "a*", "«", "e\u0301", "\\"} {
		f.Add("x", s, "y", uint8(0b1110))
	}
	f.Fuzz(func(t *testing.T, a, b, c string, style uint8) {
		in := document.Inlines{}
		for i, s := range []string{a, b, c} {
			s = strings.Map(func(r rune) rune {
				if strings.ContainsRune("`&", r) { // told apart by others
					return -1
				}
				return r
			}, s)
			in = append(in, document.Inline{Text: T(s), Strong: style>>(2*i)&1 == 1, Emphasis: style>>(2*i+1)&1 == 1})
		}
		// A letter stands at both ends: blocks are another matter.
		in = append(append(document.Inlines{document.Plain("s ")}, in...), document.Plain(" e"))
		src := []byte(mdInlines(in))
		text := inlineText(parseMarkdown(src), src)
		require.Equal(t, strings.Count(in.String(), "*"), strings.Count(text, "*"), "%q", src)
	})
}

func TestMarkdownLinks(t *testing.T) {
	t.Parallel()
	out, err := Render(t.Context(), deskDocument(), Markdown)
	require.NoError(t, err)
	var got []string
	require.NoError(t, ast.Walk(parseMarkdown(out), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if l, ok := n.(*ast.AutoLink); ok && entering {
			got = append(got, string(l.URL(out)))
		}
		return ast.WalkContinue, nil
	}))
	require.Equal(t, []string{"https://runbooks.example.com/queues?id=7&v=2", "https://policy.example.com/first-response"}, got)
	address := "https://a.example/x_*y*?a=[b]&c=(d)~e#f"
	require.NoError(t, document.CheckLink(address))
	in := []byte(mdInlines(document.Inlines{{Text: T(address), Link: address}, document.Plain(", then")}))
	require.Equal(t, "<"+address+">, then", string(in))
	require.Equal(t, address, string(parseMarkdown(in).FirstChild().FirstChild().(*ast.AutoLink).URL(in)))
}

// TestMarkdownLists reads nested lists back.
func TestMarkdownLists(t *testing.T) {
	t.Parallel()
	for _, ordered := range []bool{false, true} {
		l := document.List{Ordered: ordered}
		for range 12 {
			l.Items, l.Levels = append(l.Items, plain("item"), plain("part"), plain("detail")), append(l.Levels, 0, 1, 2)
		}
		d := blank("Lists")
		d.Blocks = document.Blocks{l, document.Quote{Text: plain("after")}}
		out, err := Render(t.Context(), d, Markdown)
		require.NoError(t, err)
		depths := map[int]int{}
		depth := 0
		require.NoError(t, ast.Walk(parseMarkdown(out), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
			switch n.(type) {
			case *ast.List:
				depth += map[bool]int{true: 1, false: -1}[entering]
			case *ast.ListItem:
				if entering {
					depths[depth]++
				}
			}
			return ast.WalkContinue, nil
		}))
		require.Equal(t, map[int]int{1: 12, 2: 12, 3: 12}, depths)
	}
}
