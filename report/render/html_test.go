package render

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
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
	for name, fixture := range everyFixture() {
		d := fixture()
		_, root := page(t, d)
		for _, n := range elements(root) {
			switch n.Data {
			case "script", "iframe", "object", "embed", "link", "form", "base", "image", "use", "foreignobject", "animate":
				t.Errorf("%s: <%s>", name, n.Data)
			case "style":
				require.Equal(t, root.FirstChild.NextSibling.FirstChild, n.Parent, "the one in the head")
			}
			for _, a := range n.Attr {
				require.False(t, strings.HasPrefix(a.Key, "on"), "%s: %s", name, a.Key)
				require.NotContains(t, []string{"style", "srcset", "action", "background", "xlink:href"}, a.Key, name)
				switch a.Key {
				case "href":
					require.Equal(t, "a", n.Data)
					require.NoError(t, document.CheckLink(a.Val))
					require.Equal(t, "noreferrer noopener", attr(n, "rel"))
				case "src":
					require.Equal(t, "img", n.Data)
					require.True(t, strings.HasPrefix(a.Val, "data:image/png;base64,"))
				}
			}
		}
	}
}

// TestHTMLContentPolicy holds that the page's own policy is as narrow as it can
// be, and that its hash is that of the style sheet.
func TestHTMLContentPolicy(t *testing.T) {
	t.Parallel()
	for name, fixture := range everyFixture() {
		d := fixture()
		_, root := page(t, d)
		var policy, style string
		for _, n := range elements(root) {
			if n.Data == "meta" && attr(n, "http-equiv") == "Content-Security-Policy" {
				policy = attr(n, "content")
			}
			if n.Data == "style" {
				style = n.FirstChild.Data
			}
		}
		sum := sha256.Sum256([]byte(style))
		images := ""
		if hasLogo(d) {
			images = " img-src data:;"
		}
		require.Equal(t, "default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"';"+images+" base-uri 'none'; form-action 'none'", policy, name)
		for _, bad := range []string{"url(", "@import", "expression", "</"} {
			require.NotContains(t, style, bad)
		}
	}
}

// TestHTMLStyle holds what a template chose.
func TestHTMLStyle(t *testing.T) {
	t.Parallel()
	out, root := page(t, deskDocument())
	for _, want := range []string{"@page { size: letter; }", "--accent: #1f6b47", `--face: "Liberation Serif"`, `@top-center { content: "CONFIDENTIAL";`,
		`@page :first { @top-center { content: none; } }`, `<meta name="generator" content="COB renderer ` + Version + `">`, `stroke="#1f6b47"`} {
		require.Contains(t, out, want)
	}
	require.NotContains(t, out, `"#2b4a7a"`)
	require.Equal(t, []string{"DRAFT", "CONFIDENTIAL", "CONFIDENTIAL"}, append(withClass(root, "watermark"), append(withClass(root, "banner"), withClass(root, "banner foot")...)...))
	for _, n := range elements(root) {
		if n.Data == "img" {
			require.Equal(t, "Example Ltd", attr(n, "alt"))
			require.Equal(t, "data:image/png;base64,"+base64.StdEncoding.EncodeToString(deskLogo()), attr(n, "src"))
		}
	}
	out, _ = page(t, exampleDocument())
	require.NotContains(t, out, "<img")
	require.NotContains(t, out, "img-src")
}

// TestHTMLHostileStyle puts markup and CSS where a template may write text.
func TestHTMLHostileStyle(t *testing.T) {
	t.Parallel()
	for _, s := range []string{`</style><script>alert(1)</script>`, `"; } * { background: url(//evil) } /*`, `\"; x`, "a\nb", `<!--`, "日本語 \U0001F600", "\u202Ex"} {
		d := deskDocument()
		d.Style.Banner, d.Style.Watermark, d.Style.Logo.Alt = T(s), T(s), T(s)
		out, root := page(t, d)
		require.NotContains(t, out, "<script")
		require.NotContains(t, pageStyle(d.Style), "url(")
		require.Equal(t, 1, strings.Count(out, "</style>"))
		require.Equal(t, []string{T(s).String()}, withClass(root, "watermark"))
	}
	require.Equal(t, `"a\3c \2f b\22  \1f600 "`, cssString("a</b\" \U0001F600"))
}

func withClass(root *html.Node, class string) []string {
	var out []string
	for _, n := range elements(root) {
		if attr(n, "class") == class {
			out = append(out, textOf(n))
		}
	}
	return out
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
	for name, fixture := range everyFixture() {
		d := fixture()
		h := newHTMLWriter(t.Context(), d)
		require.NoError(t, h.body(d))
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

func TestHTMLNestsLists(t *testing.T) {
	t.Parallel()
	d := blank("Lists")
	in := []document.Inlines{plain("a"), plain("b"), plain("c"), plain("d"), plain("e")}
	d.Blocks = document.Blocks{document.List{Items: in, Levels: []int{0, 1, 2, 0, 1}}, document.Paragraph{Text: plain("after")}}
	out, root := page(t, d)
	require.Contains(t, strings.ReplaceAll(out, "\n", ""), `<ul class="list"><li>a<ul><li>b<ul><li>c</li></ul></li></ul></li><li>d<ul><li>e</li></ul></li></ul><p>after</p></main>`)
	require.Equal(t, []string{"abc", "b\nc", "c", "de", "e"}, squeezed(lines(root, "li")))
}

func squeezed(in []string) []string {
	out := slices.Clone(in)
	for i, s := range in {
		if strings.HasPrefix(s, "b") {
			out[i] = s
			continue
		}
		out[i] = strings.ReplaceAll(s, "\n", "")
	}
	return out
}

func TestHTMLInlines(t *testing.T) {
	t.Parallel()
	for want, in := range map[string]document.Inline{
		`<em>a</em>`:                                 {Text: T("a"), Emphasis: true},
		`<strong><em>a</em></strong>`:                {Text: T("a"), Emphasis: true, Strong: true},
		`<strong class="worse">a</strong>`:           {Text: T("a"), Strong: true, Tone: document.Worse},
		`<code class="muted bold"><em>a</em></code>`: {Text: T("a"), Code: true, Strong: true, Emphasis: true, Tone: document.Muted},
		`<sup class="worse bold">a</sup>`:            document.Note("a"),
		`<span class="better">a</span>`:              document.Toned(document.Better, "a"),
		`<em class="better">a</em>`:                  {Text: T("a"), Emphasis: true, Tone: document.Better},
		`a`:                                          document.Plain("a"),
		`<a href="https://a.example/?b=1&amp;c=(2)" rel="noreferrer noopener"><em>a &lt;</em></a>`: {Text: T("a <"), Emphasis: true, Link: "https://a.example/?b=1&c=(2)"},
	} {
		h := newHTMLWriter(t.Context(), blank(""))
		h.inline(in)
		require.Equal(t, want, h.b.String())
		require.Equal(t, want, bodyPolicy().Sanitize(want), "the policy leaves it alone")
	}
}

// TestHTMLSaysWhatIsLeftOut holds that it stands before the total.
func TestHTMLSaysWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	_, root := page(t, deskDocument())
	var rows []string
	for _, n := range elements(root) {
		if n.Data == "tr" {
			rows = append(rows, attr(n, "class")+":"+textOf(n))
		}
	}
	require.Equal(t, []string{":QueueOpenedChange", ":technical121−4", ":billing a60+18", "more:and 12 more", "total:All212+14"}, rows[:5])
	require.Contains(t, rows, ":19 Novnot measured2636not measured", "a chart's data by series")
	require.Contains(t, rows, ":17 Nov21.0 minnot measured", "a gap nobody gave words")
}

func TestHTMLHeadingsLeaveNoRankOut(t *testing.T) {
	t.Parallel()
	d := blank("Headings")
	for _, level := range []int{3, 3, 1, 3, 2, 3, 1} {
		d.Blocks = append(d.Blocks, document.Heading{Level: level, Text: T("x")})
	}
	_, root := page(t, d)
	var got []string
	for _, n := range elements(root) {
		if len(n.Data) == 2 && n.Data[0] == 'h' && n.Data[1] <= '6' {
			got = append(got, n.Data)
		}
	}
	require.Equal(t, []string{"h1", "h2", "h3", "h2", "h3", "h3", "h4", "h2"}, got)
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
		if n.Data == "div" && attr(n, "tabindex") != "" {
			require.Equal(t, "region", attr(n, "role"))
			require.NotEmpty(t, attr(n, "aria-label"), "what the keyboard reaches has a name")
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
