package render

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/closeofbusiness/cob/report/document"
)

// page renders a fixture to HTML and parses it.
func page(t *testing.T, d *document.Document) (string, *html.Node) {
	t.Helper()
	out, err := Render(t.Context(), d, HTML)
	require.NoError(t, err)
	root, err := html.Parse(strings.NewReader(string(out)))
	require.NoError(t, err)
	return string(out), root
}

func elements(root *html.Node) []*html.Node {
	var out []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			out = append(out, n)
		}
	}
	return out
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func textOf(root *html.Node) string {
	var b strings.Builder
	for n := range root.Descendants() {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
	}
	return b.String()
}

// TestHTMLRunsAndRequestsNothing looks at every element and attribute.
func TestHTMLRunsAndRequestsNothing(t *testing.T) {
	t.Parallel()
	for name, fixture := range fixtures() {
		out, root := page(t, fixture())
		require.Contains(t, out, "default-src 'none'; style-src 'unsafe-inline'", name)
		require.NotContains(t, styleSheet, "url(")
		require.NotContains(t, styleSheet, "@import")
		for _, n := range elements(root) {
			switch n.Data {
			case "script", "iframe", "object", "embed", "link", "img", "form", "a", "base", "image", "use", "foreignobject", "animate":
				t.Errorf("%s: <%s>", name, n.Data)
			}
			for _, a := range n.Attr {
				require.False(t, strings.HasPrefix(a.Key, "on"), "%s: %s", name, a.Key)
				require.NotContains(t, []string{"href", "src", "style", "srcset", "action", "background"}, a.Key, name)
			}
		}
	}
}

func TestHTMLTextSurvives(t *testing.T) {
	t.Parallel()
	d := blank("a < b & c > d \"quoted\" 'single'")
	d.Blocks = document.Blocks{document.Paragraph{Text: plain("<script>alert(1)</script> &amp; &lt; 1 < 2 {{.}}")},
		document.Chart{Kind: document.Lines, Caption: T("</svg></title><b>"), Description: T("<desc> & co"), Points: points(1, 2)}}
	_, root := page(t, d)
	text := textOf(root)
	for _, want := range []string{"a < b & c > d \"quoted\" 'single'", "<script>alert(1)</script> &amp; &lt; 1 < 2 {{.}}", "</svg></title><b>", "<desc> & co"} {
		require.Contains(t, text, want)
	}
}

// TestHTMLPolicyChangesNothing holds that the policy knows all that is
// written: were an attribute missing from it, the page would silently lose it.
func TestHTMLPolicyChangesNothing(t *testing.T) {
	t.Parallel()
	for name, fixture := range fixtures() {
		h := htmlWriter{ctx: t.Context()}
		require.NoError(t, h.body(fixture()))
		before, err := html.Parse(strings.NewReader(h.b.String()))
		require.NoError(t, err)
		after, err := html.Parse(strings.NewReader(bodyPolicy().Sanitize(h.b.String())))
		require.NoError(t, err)
		require.Equal(t, skeleton(before), skeleton(after), name)
		require.Equal(t, textOf(before), textOf(after), name)
	}
}

func skeleton(root *html.Node) []string {
	var out []string
	for _, n := range elements(root) {
		s := n.Data
		for _, a := range n.Attr {
			s += " " + a.Key + "=" + a.Val
		}
		out = append(out, s)
	}
	return out
}

// TestHTMLPolicyStopsWhatEscapingMisses gives the policy raw markup.
func TestHTMLPolicyStopsWhatEscapingMisses(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{`<script>alert(1)</script>`, `<p onclick="x()">a</p>`, `<img src=x onerror=x>`, `<a href="javascript:x">a</a>`,
		`<div style="background:url(//evil)">a</div>`, `<svg><use href="//evil"></use></svg>`, `<p class="x&quot; onclick=&quot;y">a</p>`} {
		got := bodyPolicy().Sanitize(raw)
		for _, bad := range []string{"script", "onclick", "onerror", "href", "url(", "<use"} {
			require.NotContains(t, got, bad)
		}
	}
}

func TestHTMLIsAccessible(t *testing.T) {
	t.Parallel()
	_, root := page(t, exampleDocument())
	count := map[string]int{}
	ids := map[string]bool{}
	for _, n := range elements(root) {
		count[n.Data]++
		if id := attr(n, "id"); id != "" {
			require.False(t, ids[id], "id %s twice", id)
			ids[id] = true
		}
		if n.Data == "th" {
			require.Contains(t, []string{"col", "row"}, attr(n, "scope"))
		}
		if n.Data == "html" {
			require.Equal(t, "en-GB", attr(n, "lang"))
		}
		if n.Data == "svg" {
			require.Equal(t, "img", attr(n, "role"))
			require.NotEmpty(t, attr(n, "viewBox"))
		}
	}
	for _, n := range elements(root) {
		for _, id := range strings.Fields(attr(n, "aria-labelledby")) {
			require.True(t, ids[id], "%s labels nothing", id)
		}
	}
	for _, one := range []string{"header", "main", "footer", "h1"} {
		require.Equal(t, 1, count[one], one)
	}
	require.Equal(t, 2, count["svg"])
	require.Equal(t, 2, count["details"], "every chart has its data as a table")
	require.Equal(t, 6, count["section"])
}
