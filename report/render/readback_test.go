package render

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
	"golang.org/x/net/html"

	"github.com/closeofbusiness/cob/report/document"
)

// readMarkdown is what a GitHub-flavoured reader shows of a paragraph, and the
// kinds of node that it found.
func readMarkdown(source []byte) (shown string, kinds map[string]bool) {
	kinds = map[string]bool{}
	// Addresses are left out: GFM links what looks like mail, escaped or not.
	parser := goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.TaskList)).Parser()
	tree := parser.Parse(text.NewReader(source))
	var b strings.Builder
	_ = ast.Walk(tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		kinds[n.Kind().String()] = true
		switch n := n.(type) {
		case *ast.Text:
			b.Write(literal(n, source))
			if n.SoftLineBreak() || n.HardLineBreak() {
				b.WriteByte(' ')
			}
		case *ast.String:
			b.Write(n.Value)
		}
		return ast.WalkContinue, nil
	})
	return strings.Join(strings.Fields(b.String()), " "), kinds
}

// literal resolves the escapes of a text node; code has none.
func literal(n *ast.Text, source []byte) []byte {
	value := n.Segment.Value(source)
	if n.Parent() != nil && n.Parent().Kind() == ast.KindCodeSpan {
		return value
	}
	var out []byte
	for i := 0; i < len(value); i++ {
		if value[i] == '\\' && i+1 < len(value) && bytes.IndexByte([]byte("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"), value[i+1]) >= 0 {
			i++
		}
		out = append(out, value[i])
	}
	return out
}

// FuzzMarkdownReadsBack holds that a GFM reader shows the text that was
// written, as text, whatever it is and in whichever style it stands.
func FuzzMarkdownReadsBack(f *testing.F) {
	for _, s := range []string{"a", "# a", "1. b", "- c", "> d", "    code", "`x`", "**b**", "[a](b)", "![a](b)", "<b>", "&amp;", "a\\", "---", "===", "| a |", "~~~", "http://x.y", "[^1]", "a_b_c", "+ x", "[ ] t", "1)", "***", "\\*"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want := strings.Join(strings.Fields(document.Clean(s).String()), " ")
		if want == "" {
			return
		}
		got, kinds := readMarkdown([]byte(mdInlines(document.Inlines{document.Plain(s)}) + "\n"))
		require.Equal(t, want, got)
		require.Empty(t, without(kinds, "Document", "Paragraph", "Text", "String"), "%q", s)
		got, kinds = readMarkdown([]byte(mdInlines(document.Inlines{document.Plain("x "), document.Strong(s), document.Plain(" x")}) + "\n"))
		require.Equal(t, "x "+want+" x", got)
		require.Empty(t, without(kinds, "Document", "Paragraph", "Text", "String", "Emphasis"), "%q", s)
	})
}

func without(kinds map[string]bool, allowed ...string) (rest []string) {
	for k := range kinds {
		found := false
		for _, a := range allowed {
			found = found || a == k
		}
		if !found {
			rest = append(rest, k)
		}
	}
	return rest
}

// FuzzStoredDocument renders what Parse takes and Validate lets through, in
// every format. No document is refused then but for its pages.
func FuzzStoredDocument(f *testing.F) {
	for _, b := range []string{`{"type":"list","items":[[],[]],"levels":[0,1]}`, `{"type":"chart","kind":"stacked","series":["a"],"points":[{"parts":[{"value":1,"shown":"1"}]}]}`,
		`{"type":"table","columns":[{"title":"a","weight":1e300}],"rows":[{"cells":[[[{"text":"b","link":"https://example.com/"}]]]}]}`, `{"type":"columns","left":[{"type":"page_break"}],"right":[],"ratio":0.1}`,
		`{"type":"chart","kind":"line","points":[{"value":1e-300},{"value":1e15},{"value":null}]}`} {
		f.Add([]byte(`{"schema":1,"business_date":"2026-11-20","style":{"paper":"Letter","typeface":"serif","accent":"#2b4a7a"},"blocks":[` + b + `]}`))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := document.Parse(b)
		if err != nil || document.Validate(d) != nil {
			return
		}
		for _, format := range Formats() {
			out, err := Render(t.Context(), d, format)
			if err != nil {
				var limit *document.LimitError
				require.ErrorAs(t, err, &limit)
				continue
			}
			switch format {
			case PDF:
				require.True(t, bytes.HasPrefix(out, []byte("%PDF")))
			case JSON:
				require.True(t, json.Valid(out))
			case HTML:
				nothingRuns(t, out)
			case Markdown:
				require.True(t, utf8.Valid(out))
			}
		}
	})
}

// nothingRuns walks a page for what could run or load.
func nothingRuns(t *testing.T, page []byte) {
	t.Helper()
	require.True(t, utf8.Valid(page))
	tree, err := html.Parse(bytes.NewReader(page))
	require.NoError(t, err)
	for n := range tree.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		require.NotContains(t, []string{"script", "iframe", "object", "embed", "link", "base", "form", "input", "foreignobject", "use"}, strings.ToLower(n.Data))
		for _, a := range n.Attr {
			key := strings.ToLower(a.Key)
			require.False(t, strings.HasPrefix(key, "on") || key == "style" || key == "srcdoc", "%s=%q", key, a.Val)
			if key == "href" || key == "src" {
				require.Regexp(t, `^(https://|#|data:image/(png|jpeg);base64,)`, a.Val)
			}
		}
	}
}

// FuzzSanitiser holds that what the page's policy lets through neither runs nor
// loads anything, and that it lets the same through a second time.
func FuzzSanitiser(f *testing.F) {
	for _, s := range []string{"<p>a</p>", "<script>x</script>", "<svg onload=x><use href=y>", `<a href="javascript:x">`, "<td colspan=1e9>", "<p class='\"><script>'>", "<!--><img src=x onerror=y>", "<math><mtext></p><style><img src=x onerror=y>", "\x00<b\x00>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := bodyPolicy().Sanitize(strings.ToValidUTF8(s, "\uFFFD"))
		nothingRuns(t, []byte(once))
		require.NotContains(t, strings.ToLower(once), "<script")
	})
}
