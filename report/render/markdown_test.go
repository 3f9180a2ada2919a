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
	for _, s := range injections {
		t.Run(s, func(t *testing.T) {
			t.Parallel()
			d := fuzzDocument(s, 1, 3)
			out, err := Render(t.Context(), d, Markdown)
			require.NoError(t, err)
			require.NoError(t, ast.Walk(parseMarkdown(out), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
				switch n := n.(type) {
				case *ast.Link, *ast.Image, *ast.AutoLink, *ast.RawHTML, *ast.HTMLBlock, *ast.CodeBlock, *ast.FencedCodeBlock, *extast.Strikethrough, *extast.TaskCheckBox:
					t.Errorf("%T in\n%s", n, out)
				case *ast.Emphasis:
					require.Equal(t, 2, n.Level, "only bold is written")
				}
				return ast.WalkContinue, nil
			}))
		})
	}
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
	for name, fixture := range fixtures() {
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
