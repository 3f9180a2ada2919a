package render

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/closeofbusiness/cob/report/document"
)

// permitted is what a page's body may hold: for each element its attributes, with
// a value of each that is let through. It is written down once more, by hand, so
// that a change of the policy is seen here.
var permitted = map[string]map[string]string{
	"p": {"class": "small"}, "br": {"class": "a"}, "strong": {"class": "label"}, "em": {"class": "bold"}, "u": {"class": "a"},
	"h1": {"class": "a"}, "h2": {"class": "a", "id": "s1"}, "h3": {"class": "a", "id": "s2"}, "h4": {"class": "a", "id": "s3"}, "h5": {"class": "a"}, "h6": {"class": "a"},
	"ul": {"class": "list"}, "ol": {"class": "list"}, "li": {"class": "a"}, "blockquote": {"class": "a"},
	"table": {"class": "a"}, "thead": {"class": "a"}, "tbody": {"class": "a"}, "tr": {"class": "total"},
	"th": {"class": "right", "colspan": "2", "rowspan": "2", "scope": "row"}, "td": {"class": "right", "colspan": "999", "rowspan": "1"},

	"header": {}, "main": {}, "footer": {}, "section": {"aria-labelledby": "s1"},
	"div":  {"class": "scroll", "role": "region", "tabindex": "0", "aria-label": "Cells < 5"},
	"span": {"class": "note"}, "code": {"class": "bold"}, "sup": {"class": "worse"},
	"a":       {"href": "https://example.com/a?b=c&d=e#f", "rel": "noreferrer noopener"},
	"img":     {"src": "data:image/png;base64,iVBORw0KGgo=", "alt": "Example Ltd", "class": "logo"},
	"caption": {"class": "caption"}, "dl": {}, "dt": {}, "dd": {}, "figure": {}, "figcaption": {"class": "caption"},
	"details": {"class": "basis"}, "summary": {},
	"svg": {"viewbox": "0 0 300 75", "role": "img", "aria-labelledby": "c1t c1d", "class": "a"}, "title": {"id": "c1t"}, "desc": {"id": "c1d"},
	"line": shapes, "polyline": shapes, "rect": shapes, "circle": shapes, "text": shapes,
}

var shapes = map[string]string{"x": "1", "y": "-1.5", "x1": "0", "y1": "0", "x2": "1", "y2": "1", "cx": "1", "cy": "1", "r": "2.3", "width": "10", "height": "10",
	"stroke-width": "0.5", "font-size": "7", "points": "1,2 3,4.5", "fill": "none", "stroke": "#2b4a7a", "stroke-dasharray": "2 1", "class": "bold"}

// html5 are the elements of HTML, SVG and MathML that browsers know, and some
// that they did.
var html5 = strings.Fields(`a abbr acronym address applet area article aside audio b base basefont bdi bdo bgsound big blink blockquote body br button canvas
caption center cite code col colgroup data datalist dd del details dfn dialog dir div dl dt em embed fieldset figcaption figure font footer form frame frameset
h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe image img input ins isindex kbd keygen label legend li link listing main map mark marquee math menu
menuitem meta meter nav nobr noembed noframes noscript object ol optgroup option output p param picture plaintext portal pre progress q rb rp rt rtc ruby s samp
script search section select selectedcontent slot small source spacer span strike strong style sub summary sup svg table tbody td template textarea tfoot th
thead time title tr track tt u ul var video wbr xmp annotation-xml maction mglyph mi mn mo ms mtext semantics animate animatemotion animatetransform circle
clippath defs desc ellipse filter feimage foreignobject g handler image line lineargradient listener marker mask metadata mpath path pattern polygon polyline
radialgradient rect set stop switch symbol text textpath tspan use view x-custom`)

// otherAttributes are some that no element may have, and all that some may.
var otherAttributes = strings.Fields(`accept action align allow alt aria-describedby aria-hidden aria-label aria-labelledby aria-live as async autofocus autoplay
background bgcolor border charset cite class code codebase color colspan content contenteditable crossorigin cx cy data data-x datetime dir download draggable
enctype face fill font-size for form formaction headers height hidden href hreflang http-equiv id imagesizes imagesrcset inert integrity is ismap itemprop
kind label lang language list longdesc loop lowsrc manifest media method name nonce onblur onclick onerror onfocus onload onmouseover ontoggle part ping
placeholder points popover poster profile r referrerpolicy rel required rev role rowspan rx sandbox scope shape size sizes slot span src srcdoc srclang srcset
start stroke stroke-dasharray stroke-width style summary tabindex target textlength title translate transform type usemap value viewbox width x x1 x2 xlink:href
xml:base xmlns y y1 y2`)

// tags are the start tags in what the policy lets through.
func tags(src string) []html.Token {
	z := html.NewTokenizer(strings.NewReader(bodyPolicy().Sanitize(src)))
	var out []html.Token
	for z.Next() != html.ErrorToken {
		if t := z.Token(); t.Type == html.StartTagToken || t.Type == html.SelfClosingTagToken {
			out = append(out, t)
		}
	}
	return out
}

func TestPolicyElementByElement(t *testing.T) {
	t.Parallel()
	for _, e := range html5 {
		_, ok := permitted[e]
		bare := tags("<" + e + ">kept</" + e + ">")
		if e == "a" || e == "img" {
			require.Empty(t, bare, "<%s> without an address is nothing", e)
			continue
		}
		require.Equal(t, ok, len(bare) == 1 && bare[0].Data == e, e)
		if !ok {
			require.Empty(t, bare, e)
			require.Empty(t, tags("<"+e+` class="a" id="s1" href="https://example.com/">kept</`+e+">"), e)
			require.Empty(t, tags("<"+e+` class="a"/>`), e)
		}
	}
	for e := range permitted {
		require.Contains(t, html5, e)
	}
}

// TestPolicyAttributeByAttribute tries each attribute on each element.
func TestPolicyAttributeByAttribute(t *testing.T) {
	t.Parallel()
	good := map[string]string{} // a value that some element takes
	for _, attributes := range permitted {
		for name, value := range attributes {
			good[name] = value
		}
	}
	for e, attributes := range permitted {
		for _, name := range append(slices.Clone(otherAttributes), "points", "font-size") {
			value, ok := attributes[name]
			if !ok {
				value = good[name]
			}
			var has []string
			for _, tag := range tags("<" + e + " " + name + `="` + html.EscapeString(value) + `">x</` + e + ">") {
				for _, a := range tag.Attr {
					has = append(has, a.Key+"="+a.Val)
				}
			}
			if ok {
				require.Equal(t, []string{name + "=" + value}, has, e)
			} else {
				require.Empty(t, has, "<%s %s=%q>", e, name, value)
			}
		}
	}
	for name := range good {
		require.Contains(t, otherAttributes, name)
	}
}

// TestPolicyHostileValues gives each attribute a value that it must not have.
func TestPolicyHostileValues(t *testing.T) {
	t.Parallel()
	hostile := map[string][]string{
		"class": {"", `a" onclick="x`, "a<b", "a;b", "a\x00b", "é", strings.Repeat("a", 201), "a\u202Eb"}, "id": {"", "S1", "1a", "a b", "a-b", strings.Repeat("a", 17), "a\n"},
		"aria-labelledby": {"", "a b c", "A", "a,b"}, "aria-label": {"a\x1bb", "a\nb"}, "alt": {"a\x1bb"},
		"colspan": {"0", "-1", "1e9", "1000", "1000000000", "01", "1.5", "", " 2", "２", "2 "}, "rowspan": {"0", "1e9", "1000", "65534", "-2", "0x2"},
		"role":     {"alert", "button", "img region", "application", ""},
		"tabindex": {"1", "-1", "00", ""}, "scope": {"colgroup", "rowgroup", "", "COL"},
		"href": {"javascript:alert(1)", "JAVASCRIPT:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)", "&#106;avascript:alert(1)", "data:text/html,x", "data:image/png;base64,AAAA", "file:///etc/passwd",
			"http://example.com/", "//example.com/", "/a", "a", "#a", "", "https:", "https://", "https:///a", "https://localhost/", "https://127.0.0.1/", "https://[::1]/", "https://user@example.com/",
			"https://example.com:8443/", "https://example.com/ a", "https://example.com/\"x", "https://example.com/<x>", "https://еxample.com/", "https://example.com\\@evil.example/", "vbscript:x", "blob:https://example.com/x", "https://example.com/\x00"},
		"rel": {"opener", "noreferrer", "noopener noreferrer", ""},
		"src": {"https://example.com/x.png", "//evil.example/x.png", "file:///etc/passwd", "javascript:alert(1)", "x", "", "data:image/svg+xml;base64,PHN2Zz4=", "data:text/html;base64,AAAA", "data:image/png,x",
			"data:image/png;base64,AA AA", "data:image/gif;base64,AAAA", "data:image/png;base64,", "DATA:image/png;base64,AAAA", "data:image/png;base64,AAAA\"", "data:image/png;charset=x;base64,AAAA"},
		"viewbox": {"a", "0 0 1e9 1", "", "url(#a)"}, "x": {"calc(1)", "1e9", "1;2", "", strings.Repeat("1", 13), "--1"}, "width": {"100%", "1px", "expression(1)"},
		"points": {"a", "M0,0", ""}, "fill": {"url(#a)", "red", "#FFF", "url(https://evil.example/)", "#2b4a7a;", "currentColor"}, "stroke": {"url(//evil)", "javascript:x"},
		"font-size": {"1em", "calc(1px)"}, "stroke-dasharray": {"var(--a)", ""}, "stroke-width": {"1px"},
	}
	seen := map[string]bool{}
	for e, attributes := range permitted {
		for name := range attributes {
			values := hostile[name]
			if values == nil {
				values = hostile["x"] // the other places and sizes
			}
			seen[name] = true
			for _, v := range values {
				for _, tag := range tags("<" + e + " " + name + `="` + html.EscapeString(v) + `">x</` + e + ">") {
					require.Empty(t, tag.Attr, "<%s %s=%q>", e, name, v)
				}
			}
		}
	}
	for name := range hostile {
		require.True(t, seen[name], "%s is no attribute", name)
	}
}

// TestPolicyKeepsText holds that what is taken out leaves its text, but for
// scripts and styles, and that what is left is no markup.
func TestPolicyKeepsText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`<div><b>a</b> <i>b</i></div>`:                                      `<div>a b</div>`,
		`<a href="javascript:alert(1)">a</a>`:                               `a`,
		`<a href="javascript:alert(1)" rel="noreferrer noopener">a</a>`:     `<a rel="noreferrer noopener">a</a>`,
		`<script>alert(1)</script>a`:                                        `a`,
		`<SCRIPT type=x>alert(1)</sCRIPT>a`:                                 `a`,
		`<script>a<b>b</b></script>c`:                                       `c`,
		`<script>alert(1)`:                                                  ``,
		`<style>p{background:url(//evil)}</style>a`:                         `a`,
		`<iframe src="//evil">a</iframe>b`:                                  `ab`,
		`<iframe><script>alert(1)</script></iframe>`:                        `&lt;script&gt;alert(1)&lt;/script&gt;`,
		`<noscript><p title="</noscript><img src=x onerror=alert(1)>">`:     `&lt;p title=&#34;&#34;&gt;`,
		`<noembed>a</noembed><noframes>b</noframes><object>c</object>`:      `abc`,
		`<textarea><p>a</textarea>`:                                         `&lt;p&gt;a`,
		`<xmp><script>x</script></xmp>`:                                     `&lt;script&gt;x&lt;/script&gt;`,
		`<plaintext><p>a`:                                                   `&lt;p&gt;a`,
		`<img src=x onerror=alert(1)>a`:                                     `a`,
		`<svg onload=alert(1)>a</svg>`:                                      `<svg>a</svg>`,
		`<svg><use href="//evil"></use><script>x</script>a</svg>`:           `<svg>a</svg>`,
		`<math><mtext></table><mglyph><style><img src=x onerror=x></style>`: `</table>`,
		`<!-- a --><!DOCTYPE html><?xml a?><![CDATA[<script>x</script>]]>b`: `x]]&gt;b`,
		`<p/onclick=x>a`:                                                    `<p>a`,
		`<p style="color:red" onclick='x'>a</p>`:                            `<p>a</p>`,
		`<td colspan=1e9 rowspan="2">a</td>`:                                `<td rowspan="2">a</td>`,
		`a < b && c > d &lt;b&gt; &amp;`:                                    `a &lt; b &amp;&amp; c &gt; d &lt;b&gt; &amp;`,
		`<form action=//evil><input autofocus onfocus=x>a</form>`:           `a`,
		`<div style="background:url(//evil)">a</div>`:                       `<div>a</div>`,
		`<base href="//evil"><meta http-equiv=refresh content=0>a`:          `a`,
	} {
		require.Equal(t, want, bodyPolicy().Sanitize(in), in)
	}
}

// TestHostileTextNeverReachesThePolicy holds what the policy's library lets
// through, and what therefore has to be gone before: a document cannot hold it.
func TestHostileTextNeverReachesThePolicy(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"caf\xe9 \xff\xfe", "a\x00b\x07\x1b[0m", "invoice\u202Egpj.exe\u2066x", "\uFEFFa\u200Bb\u00AD", "\U000E0041\uE000\uFFFE"} {
		out, err := Render(t.Context(), fuzzDocument(s, 1, 3), HTML)
		require.NoError(t, err)
		require.Equal(t, string(out), strings.ToValidUTF8(string(out), "?"))
		require.False(t, strings.ContainsFunc(string(out), func(r rune) bool { return r != '\n' && document.Clean(string(r)).String() != string(r) }), "%q", s)
	}
	deep := document.Blocks{document.PageBreak{}}
	for range 200_000 {
		deep = document.Blocks{document.Columns{Left: deep}}
	}
	d := blank("Deep")
	d.Blocks = deep
	_, err := Render(t.Context(), d, HTML)
	require.ErrorContains(t, err, "columns within columns: 4, at most 3")
}

// TestEveryElementHasAReason holds that the policy names nothing twice and gives
// the reason of each.
func TestEveryElementHasAReason(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, o := range ownElements {
		require.NotEmpty(t, o.why, o.element)
		require.False(t, seen[o.element], o.element)
		seen[o.element] = true
	}
}

// FuzzPolicy holds that whatever markup comes to the policy, a browser's parser
// finds nothing in what is left that isn't permitted.
func FuzzPolicy(f *testing.F) {
	for _, s := range []string{`<p class="a">b</p>`, `<svg><title><script>alert(1)</script></title></svg>`, `<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">`,
		`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">`, `<td colspan=1e9>`, `<a href="https://a.example" onclick=x>`,
		`<svg><desc><p></svg><script/>x`, `<noscript><p title="</noscript><img src=x onerror=alert(1)>">`, "<p\x00 class=a>", `<table><svg><td><details><summary>`, `<textarea></textarea><script>`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		root, err := html.Parse(strings.NewReader("<!DOCTYPE html><body>" + bodyPolicy().Sanitize(s)))
		require.NoError(t, err)
		for _, n := range elements(root) {
			if n.Data == "html" || n.Data == "head" || n.Data == "body" {
				require.Empty(t, n.Attr)
				continue
			}
			attributes, ok := permitted[n.Data]
			require.True(t, ok, "<%s>", n.Data)
			for _, a := range n.Attr {
				require.Contains(t, attributes, strings.ToLower(a.Key), "<%s %s>", n.Data, a.Key)
			}
		}
	})
}
