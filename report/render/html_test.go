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

// folded are the elements of a page's folded bases.
func folded(root *html.Node) []*html.Node {
	var out []*html.Node
	for _, n := range elements(root) {
		if n.Data == "details" && attr(n, "class") == "basis" {
			out = append(out, n)
		}
	}
	return out
}

// lines are the texts of the elements of a name, in order.
func lines(root *html.Node, name string) []string {
	var out []string
	for _, n := range elements(root) {
		if n.Data == name {
			out = append(out, strings.TrimSpace(textOf(n)))
		}
	}
	return out
}

func TestHTMLFoldsTheBasis(t *testing.T) {
	t.Parallel()
	d := blank("Basis")
	d.Blocks = document.Blocks{document.Paragraph{Text: plain("One. Two."), Basis: []document.Basis{
		{Text: document.Inlines{document.Plain("The rate rose to "), document.Strong("6.70 %"), document.Plain(".")}, Claim: T("The rate rose to {{fact:attack.success_rate}}."),
			Facts:  []document.BasisFact{{Key: T("attack.success_rate"), Value: T("6.70 %"), Query: T("AttackCells")}, {Key: T("facts.unmeasured"), Value: T("3"), Query: T("")}},
			Checks: []document.Text{T("references"), T("stance")}},
		{Text: plain("Two."), Facts: []document.BasisFact{{Key: T("runs.planned"), Value: T("14"), Query: T("Runs")}}},
	}}, document.Paragraph{Text: plain("Three.")}}
	_, root := page(t, d)
	all := folded(root)
	require.Len(t, all, 1, "a paragraph without a basis folds nothing")
	require.Empty(t, attr(all[0], "open"))
	require.Equal(t, []string{"What this rests on"}, lines(all[0], "summary"))
	require.Len(t, lines(all[0], "li"), 2)
	require.Equal(t, []string{"The rate rose to 6.70 %.", "Written as The rate rose to {{fact:attack.success_rate}}.", "Checks passed: references, stance", "Two."}, lines(all[0], "p"))
	require.Equal(t, []string{"The rate rose to {{fact:attack.success_rate}}.", "attack.success_rate", "AttackCells", "facts.unmeasured", "", "runs.planned", "Runs"}, lines(all[0], "code"))
	require.Equal(t, []string{"6.70 %", "AttackCells", "3", "", "14", "Runs"}, lines(all[0], "td"))
}

// TestHTMLHostileBasis puts markup into every text of a basis: it is there as
// text and nothing comes of it.
func TestHTMLHostileBasis(t *testing.T) {
	t.Parallel()
	basis := func(s string) []document.Basis {
		return []document.Basis{{Text: plain(s), Claim: T(s), Checks: []document.Text{T(s), T(s)}, Facts: []document.BasisFact{{Key: T(s), Value: T(s), Query: T(s)}}}}
	}
	d := blank("Basis")
	d.Blocks = document.Blocks{document.Paragraph{Text: plain("a"), Basis: basis("harmless")}}
	_, harmless := page(t, d)
	for _, s := range append(injections, `</code></p></li></ol></details><script>alert(1)</script>`, `<img src=x onerror=alert(1)>`,
		`"><svg onload=alert(1)>`, `</table><form action=//evil.example>`, `<details open ontoggle=alert(1)>`, `{{fact:"><b>}}`, `&lt;b&gt;`) {
		d.Blocks = document.Blocks{document.Paragraph{Text: plain("a"), Basis: basis(s)}}
		_, root := page(t, d)
		require.Equal(t, skeleton(harmless), skeleton(root), s)
		require.Contains(t, lines(root, "p"), strings.TrimSpace("Checks passed: "+s+", "+s))
		s = strings.TrimSpace(s)
		require.Equal(t, []string{s, s, s}, lines(root, "code"), "claim, key and query")
	}
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
	require.Equal(t, 2+1, count["details"], "every chart has its data as a table, and the summary its basis")
	require.Len(t, folded(root), 1)
	require.Equal(t, 6, count["section"])
}
