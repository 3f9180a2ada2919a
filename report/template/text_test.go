package template_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/template"
)

// parseText parses a template with a text block that holds exactly s.
func parseText(t testing.TB, s string) (template.Text, error) {
	quoted, err := yaml.MarshalWithOptions(s, yaml.JSON())
	require.NoError(t, err)
	got, err := parse([]byte(head + "  - text: " + string(quoted)))
	if err != nil {
		return template.Text{}, err
	}
	return got.Blocks[1].(template.Text), nil
}

// outline writes passages so that a test can be read: each on a line, sentences
// parted by a bar, references in their braces, styles as tags.
func outline(text template.Text) string {
	var out []string
	for _, p := range text.Passages {
		switch p := p.(type) {
		case template.Paragraph:
			out = append(out, "p "+sentences(p.Sentences))
		case template.Quote:
			out = append(out, "q "+sentences(p.Sentences))
		case template.Heading:
			out = append(out, fmt.Sprintf("h%d %s", p.Level, sentences([]template.Sentence{p.Text})))
		case template.List:
			kind := "ul"
			if p.Ordered {
				kind = "ol"
			}
			for _, i := range p.Items {
				out = append(out, fmt.Sprintf("%s%d %s", kind, i.Level, sentences(i.Sentences)))
			}
		}
	}
	return strings.Join(out, "\n")
}

func sentences(list []template.Sentence) string {
	var out []string
	for _, s := range list {
		var b strings.Builder
		for _, p := range s {
			text := p.Text
			if p.Verb != "" {
				text = "{" + p.Verb + ":" + fact.Key(p.Ref.ID, p.Ref.Dims) + p.Text + "}"
			}
			for _, style := range []struct {
				on   bool
				name string
			}{{p.Code, "c"}, {p.Emphasis, "e"}, {p.Strong, "s"}} {
				if style.on {
					text = "<" + style.name + ">" + text + "</" + style.name + ">"
				}
			}
			b.WriteString(text)
		}
		out = append(out, b.String())
	}
	return strings.Join(out, "|")
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"a paragraph", "One. Two.", "p One. |Two."},
		{"paragraphs", "One\nline.\n\nTwo", "p One line.\np Two"},
		{"headings", "# A\n## B\n### C *d*\nText", "h2 A\nh2 B\nh3 C <e>d</e>\np Text"},
		{"underlined headings", "A\n===\nB\n---", "h2 A\nh2 B"},
		{"styles", "*a* **b** ***c*** _d_ __e__ `f *g*`", "p <e>a</e> <s>b</s> <s><e>c</e></s> <e>d</e> <s>e</s> <c>f *g*</c>"},
		{"a bold lead", "**Lead.** More. Rest", "p <s>Lead.</s>| More. |Rest"},
		{"brackets", "a (b) c", "p a (b) c"},
		{"a hard break", "a\\\nb  \nc", "p a\np b\np c"},
		{"a quotation", "> a. b\n> c\n>\n> *d*", "q a. |b c\nq <e>d</e>"},
		{"bullets", "- a\n- b\n  - c\n    - d\n- e", "ul0 a\nul0 b\nul1 c\nul2 d\nul0 e"},
		{"numbers", "1. a\n2. b\n   1. c", "ol0 a\nol0 b\nol1 c"},
		{"a loose list", "* a\n\n* b", "ul0 a\nul0 b"},
		{"escapes", `\*a\* \_ \{{fact:x}} \\ \q`, `p *a* _ {{fact:x}} \ \q`},
		{"entities", `&amp;amp; &#42;a&#x2A; &lt;b&gt; \&amp; &nosuch; & &#0; &#x110000; &copy`, "p &amp; *a* <b> &amp; &nosuch; & \uFFFD \uFFFD &copy"},
		{"entities in code", "`&amp; \\*`", `p <c>&amp; \*</c>`},
		{"an address is text", "see https://example.com/a_b_c", "p see https://example.com/a_b_c"},
		{"square brackets", "a [b] c] [d", "p a [b] c] [d"},
		{"a bang", "ready! [x]", "p ready! [x]"},
		{"a pipe", "a | b", "p a | b"},
		{"references", "{{fact:runs.planned}} of {{ change:runs.completed }}.", "p {fact:runs.planned} of {change:runs.completed}."},
		{"references with dimensions", "{{fact:findings.open{severity=critical} }}", "p {fact:findings.open{severity=critical}}"},
		{"a reference is a word", "**{{date}}**x*{{window}}*", "p <s>{date:}</s>x<e>{window:}</e>"},
		{"a reference in code", "`{{fact:runs.planned}} ran`", "p <c>{fact:runs.planned}</c><c> ran</c>"},
		{"references everywhere", "# {{date}}\n> {{date}}\n\n- {{date}}\n  1\\. **{{date}}**", "h2 {date:}\nq {date:}\nul0 {date:} 1. |<s>{date:}</s>"},
		{"what stands in a reference is no markdown", "*a {{fact:attack.hits{target=*b*[c](d)`e} }} f*", "p <e>a </e><e>{fact:attack.hits{target=*b*[c](d)`e}}</e><e> f</e>"},
		{"underscores in references", "{{fact:runs.not_started}} and {{fact:findings.ack_count}}", "p {fact:runs.not_started} and {fact:findings.ack_count}"},
		{"days", "{{day:previous}} {{day:date}}", "p {day:previous} {day:date}"},
		{"single braces", "{a} {", "p {a} {"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := parseText(t, tt.text)
			require.NoError(t, err)
			require.Equal(t, tt.want, outline(got))
		})
	}
}

// What a text needs of the facts, wherever in it the reference stands.
func TestTextNeeds(t *testing.T) {
	t.Parallel()
	tmpl, err := parse([]byte(head + "  - text: |\n      # {{fact:runs.planned}}\n      > {{previous:runs.failed}}\n\n      - a\n        - `{{change:attack.hits}}`\n"))
	require.NoError(t, err)
	var got []string
	for _, m := range tmpl.Needs(fact.Builtin(), nil).Metrics {
		got = append(got, m.ID)
	}
	require.Equal(t, []string{"attack.hits", "runs.planned", "runs.failed"}, got)
}

const addresses = "no addresses and no HTML: addresses belong into reference notes"

// refusedTexts are Markdown that no text may hold, with the problem they give.
var refusedTexts = []struct{ name, text, want string }{
	{"a link", "a [b](https://example.com)", "found a link, expected " + addresses},
	{"a script for a link", "[b](javascript:alert(1))", "found a link"},
	{"data for a link", "[b](data:text/html;base64,PHNjcmlwdD4=)", "found a link"},
	{"a reference in a link", "[{{fact:runs.planned}}](https://example.com)", "found a link"},
	{"a reference as a link's address", "[a]({{fact:runs.planned}})", "found a link"},
	{"a link by name", "[a]\n\n[a]: https://example.com", "found a link"},
	{"a link's definition alone", "a\n\n[a]: javascript:alert(1)", "found a link, expected paragraphs, headings, lists and quotations"},
	{"an automatic link", "<https://example.com>", "found a link"},
	{"a mail address", "<a@example.com>", "found a link"},
	{"an image", "![a](https://example.com/a.png)", "found an image"},
	{"a file for an image", "![a](file:///etc/passwd)", "found an image"},
	{"a tag", "a <b>c</b>", "found HTML, expected " + addresses},
	{"a script", "<script>alert(1)</script>", "found HTML"},
	{"a comment", "a <!-- b -->", "found HTML"},
	{"a tag with a handler", "a <img src=x onerror=alert(1)>", "found HTML"},
	{"a block of code", "a\n\n    code", "found a block of code"},
	{"a fence", "```\ncode\n```", "found a block of code"},
	{"a rule", "a\n\n***", "found a rule"},
	{"a small heading", "#### a", "found a heading of level 4, expected one of level 1 to 3"},
	{"a long heading", "# " + strings.Repeat("h", 121), "found a heading of 121 bytes, expected at most 120"},
	{"lists too deep", "- a\n  - b\n    - c\n      - d", "found lists within one another, expected at most 3 deep"},
	{"two kinds of list", "- a\n  1. b", "found bullets and numbers within one another, expected one kind of list"},
	{"a list from three", "3. a", "found a list that begins with 3, expected one that begins with 1"},
	{"an empty item", "-\n- a", "found an item without text"},
	{"an item that is a list", "- - a", "found an item without text"},
	{"two paragraphs in an item", "- a\n\n  b", "found a paragraph in a list's item"},
	{"a quotation in an item", "- a\n  > b", "found a quotation in a list's item"},
	{"a line break in an item", "- a\\\n  b", "found an item of several lines"},
	{"a list in a quotation", "> - a", "found a list in a quotation, expected paragraphs"},
	{"a quotation in a quotation", "> > a", "found a quotation in a quotation"},
	{"bold that does not end", "a **b", `found ** without its second, expected **bold text**, or \*\*`},
	{"an open reference", "a {{fact:runs.planned", `found {{ without }}, expected a reference such as {{fact:runs.completed}}, or \{{`},
	{"an open reference in code", "`{{`", "found {{ without }}"},
	{"a reference in a reference", "{{fact:{{date}}}}", "found {{fact:{{date}}, expected a known metric"},
	{"a NUL", "a\x00b", `found the character '\x00', expected characters that can be printed`},
	{"an escape", "a\x1b[31m", `found the character '\x1b'`},
	{"an override", "a\u202egnp.exe", `found the character '\u202e'`},
	{"a zero-width space", "a\u200bb", `found the character '\u200b'`},
	{"a mark of our own", "a\U000F0000", `found the character '\U000f0000'`},
	{"a carriage return", "a\rb", `found the character '\r'`},
	{"only a comment's end", "&nbsp;&#32;\n\n[a]: b", "found a link"},
	{"styles too deep", strings.Repeat("*a **b ", 6) + strings.Repeat("c** d* ", 6), "found emphasis within emphasis, expected at most 8 deep"},
	{"too many pieces", strings.Repeat("`a` ", 100), "pieces, expected at most 180"},
	{"too many brackets", strings.Repeat("()", 100), "pieces, expected at most 180"},
	{"too many references", strings.Repeat("{{date}}", 181), "found a paragraph of 181 pieces"},
	{"too many paragraphs", strings.Repeat("a\n\n", 201), "found more text, expected at most 200"},
	{"too many items", strings.Repeat("- a\n", 401), "found another item, expected at most 400"},
}

func TestRefusedTexts(t *testing.T) {
	t.Parallel()
	for _, tt := range refusedTexts {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := parseText(t, tt.text)
			require.ErrorIs(t, err, report.ErrInvalid)
			require.ErrorContains(t, err, "blocks[1].text: found ")
			require.ErrorContains(t, err, tt.want)
		})
	}
}

// A block of lines tells on which of them the problem stands.
func TestProblemsOfATextHaveTheirLine(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want string }{
		{"  - text: |\n      fine\n\n      > a\n\n      ![x](y)\n", "line 13: blocks[1].text: found an image"},
		{"  - text: |\n      - a\n      - b\n        1. c\n", "line 11: blocks[1].text: found bullets and numbers"},
		{"  - text: |-\n      a\n      b {{c\n", "line 10: blocks[1].text: found {{ without }}"},
		{"  - text: |\n      a\n      <b>\n", "line 10: blocks[1].text: found HTML"},
		{"  - text: >\n      a\n      <b>\n", "line 8: blocks[1].text: found HTML"},
		{"  - text: 'a <b>'\n", "line 8: blocks[1].text: found HTML"},
	} {
		_, err := parse([]byte(head + tt.text))
		require.ErrorContains(t, err, tt.want)
	}
}

// Files of other systems end their lines otherwise.
func TestLinesThatEndInTwoCharacters(t *testing.T) {
	t.Parallel()
	src := head + "  - text: |\n      a\n      b\n\n      - c\n  - text: 'd'\n"
	want, err := parse([]byte(src))
	require.NoError(t, err)
	got, err := parse([]byte(strings.ReplaceAll(src, "\n", "\r\n")))
	require.NoError(t, err)
	require.Equal(t, want, got)
	text, err := parseText(t, "a\r\nb\r\n\r\n- c")
	require.NoError(t, err)
	require.Equal(t, "p a b\nul0 c", outline(text))
}

// Every problem of a text is told, not only its first.
func TestEveryProblemOfATextAtOnce(t *testing.T) {
	t.Parallel()
	_, err := parseText(t, "[a](b) and ![c](d)\n\n<p>\n\n#### e\n\n{{fact:no}} {{sum:x}}")
	for _, want := range []string{"a link", "an image", "HTML", "level 4", "{{fact:no}}", "{{sum:x}}"} {
		require.ErrorContains(t, err, want)
	}
}

// hostileTexts are as large as files may be and made to be slow. None may take
// long or be accepted with more than a document holds.
func hostileTexts() map[string]string {
	const all = 200_000
	return map[string]string{
		"150 KB of emphasis":  strings.Repeat("*a_", 50_000),
		"emphasis":            strings.Repeat("*a_", 5400),
		"most emphasis":       strings.Repeat("*a_", 999),
		"most links":          strings.Repeat("[a](", 1999),
		"quotations":          strings.Repeat(">", 16_000) + "a",
		"200,000 quotations":  strings.Repeat(">", all) + "a",
		"spaced quotations":   strings.Repeat("> ", 8000) + "a",
		"lists":               strings.Repeat("- ", 8000) + "a",
		"200,000 lists":       strings.Repeat("- ", all) + "a",
		"numbers":             strings.Repeat("1. ", 5400) + "a",
		"indented lists":      indented(170),
		"square brackets":     strings.Repeat("[", 16_000),
		"links in links":      strings.Repeat("[a](", 4000),
		"images in images":    strings.Repeat("![", 8000),
		"backticks":           ticks(),
		"entities":            strings.Repeat("&amp;", 3200),
		"ampersands":          strings.Repeat("&", 16_000),
		"tags":                strings.Repeat("<a ", 5400),
		"comments":            strings.Repeat("<!--", 4000),
		"definitions":         strings.Repeat("[a]: b\n", 2300),
		"open braces":         strings.Repeat("{{", 8000),
		"references":          strings.Repeat("{{date}}", 2000),
		"a long word":         strings.Repeat("W", 16_000),
		"backslashes":         strings.Repeat(`\`, 16_000),
		"underscores":         strings.Repeat("_", 16_000) + "a",
		"asterisks":           strings.Repeat("a**b", 4000),
		"lines":               strings.Repeat("\n", 16_000) + "a",
		"empty quotations":    strings.Repeat(">\n", 8000) + "a",
		"tabs":                strings.Repeat("\t", 16_000) + "a",
		"headings":            strings.Repeat("# a\n", 4000),
		"quotations in lists": strings.Repeat("- > ", 4000) + "a",
	}
}

func indented(depth int) string {
	var b strings.Builder
	for i := range depth {
		if b.Len() > 15_000 {
			break
		}
		b.WriteString(strings.Repeat(" ", 2*i) + "- a\n")
	}
	return b.String()
}

func ticks() string {
	var b strings.Builder
	for i := 1; b.Len() < 15_000; i++ {
		b.WriteString(strings.Repeat("`", i) + "a")
	}
	return b.String()
}

func TestHostileTexts(t *testing.T) {
	t.Parallel()
	for name, s := range hostileTexts() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			got, err := parseText(t, s)
			t.Log(time.Since(began))
			if err != nil {
				require.ErrorIs(t, err, report.ErrInvalid)
				require.Less(t, len(err.Error()), 20_000)
				return
			}
			checkText(t, got)
		})
	}
}

// checkText is what holds of every text that was accepted: it is bounded and
// holds nothing but its own types.
func checkText(t testing.TB, text template.Text) {
	require.NotEmpty(t, text.Passages)
	require.LessOrEqual(t, len(text.Passages), 2000)
	for _, p := range text.Parts() {
		require.LessOrEqual(t, len([]rune(p.Text)), document.MaxText)
		require.True(t, p.Text != "" || p.Verb != "")
	}
	for _, p := range text.Passages {
		before := -1
		switch p := p.(type) {
		case template.List:
			require.LessOrEqual(t, len(p.Items), document.MaxItems)
			for _, i := range p.Items {
				require.LessOrEqual(t, i.Level, min(before+1, document.MaxLevel))
				before = i.Level
				require.NotEmpty(t, i.Sentences)
			}
		case template.Heading:
			require.True(t, p.Level == 2 || p.Level == 3)
			require.NotEmpty(t, p.Text)
		case template.Paragraph:
			require.NotEmpty(t, p.Sentences)
		case template.Quote:
			require.NotEmpty(t, p.Sentences)
		default:
			t.Fatalf("%T", p)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, tt := range refusedTexts {
		f.Add(tt.text)
	}
	f.Add("# {{date}}\n> *a* **b** `c`\n\n- d\n  - e &amp; \\*\n")
	f.Fuzz(func(t *testing.T, s string) {
		got, err := parseText(t, s)
		if err != nil {
			require.ErrorIs(t, err, report.ErrInvalid)
			return
		}
		checkText(t, got)
	})
}
