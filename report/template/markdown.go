package template

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// maxLists is how deep lists may stand within one another, maxStyles how deep
// emphasis.
const (
	maxLists  = 3
	maxStyles = 8
)

// markdown reads CommonMark into passages. Whatever else the parser knows is
// refused, so that nothing of it but our own types is kept.
func (t *textReader) markdown(s string) {
	t.src = s
	src := []byte(s)
	for n := range children(goldmark.DefaultParser().Parse(text.NewReader(src))) {
		if len(t.out.Passages) >= maxPassages {
			t.refuse(n, "more text", fmt.Sprintf("at most %d paragraphs, headings and lists", maxPassages))
			return
		}
		t.passage(n)
	}
}

func children(n ast.Node) func(yield func(ast.Node) bool) {
	return func(yield func(ast.Node) bool) {
		for c := n.FirstChild(); c != nil && yield(c); c = c.NextSibling() {
		}
	}
}

func (t *textReader) passage(n ast.Node) {
	switch n := n.(type) {
	case *ast.Paragraph, *ast.TextBlock:
		for _, sentences := range t.lines(n) {
			t.out.Passages = append(t.out.Passages, Paragraph{sentences})
		}
	case *ast.Heading:
		t.heading(n)
	case *ast.Blockquote:
		t.quote(n)
	case *ast.List:
		l := List{Ordered: n.IsOrdered()}
		if n.IsOrdered() && n.Start != 1 {
			t.refuse(n, "a list that begins with "+strconv.Itoa(n.Start), "one that begins with 1, as it will be printed")
		}
		t.list(n, &l, 0)
		t.out.Passages = append(t.out.Passages, l)
	default:
		t.refuse(n, named(n), "paragraphs, headings, lists and quotations")
	}
}

// named is what a problem calls a piece of Markdown that no text may have.
func named(n ast.Node) string {
	switch n.(type) {
	case *ast.HTMLBlock, *ast.RawHTML:
		return "HTML"
	case *ast.Link, *ast.AutoLink, *ast.LinkReferenceDefinition:
		return "a link"
	case *ast.Image:
		return "an image"
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		return "a block of code"
	case *ast.ThematicBreak:
		return "a rule"
	case *ast.Blockquote:
		return "a quotation"
	case *ast.List:
		return "a list"
	case *ast.Heading:
		return "a heading"
	case *ast.Paragraph, *ast.TextBlock:
		return "a paragraph"
	}
	return strings.ToLower(n.Kind().String())
}

func (t *textReader) refuse(n ast.Node, found, expected string) {
	t.wrongAt(t.src, position(n), found, expected)
}

// position is where a node begins, or where what holds it does.
func position(n ast.Node) int {
	for ; n != nil; n = n.Parent() {
		if p := n.Pos(); p >= 0 {
			return p
		}
	}
	return 0
}

// heading takes the first two levels as one: above them are sections.
func (t *textReader) heading(n *ast.Heading) {
	if n.Level > 3 {
		t.refuse(n, fmt.Sprintf("a heading of level %d", n.Level), "one of level 1 to 3")
		return
	}
	var all Sentence
	lines := t.lines(n)
	for _, line := range lines {
		for _, sentence := range line {
			all = append(all, sentence...)
		}
	}
	size := 0
	for _, p := range all {
		size += len(p.Text)
	}
	if size > maxTitle {
		t.refuse(n, fmt.Sprintf("a heading of %d bytes", size), fmt.Sprintf("at most %d", maxTitle))
	}
	if len(all) > 0 {
		t.out.Passages = append(t.out.Passages, Heading{Level: max(n.Level, 2), Text: all})
	}
}

func (t *textReader) quote(n *ast.Blockquote) {
	for c := range children(n) {
		if _, ok := c.(*ast.Paragraph); !ok {
			t.refuse(c, named(c)+" in a quotation", "paragraphs")
			return
		}
		for _, sentences := range t.lines(c) {
			t.out.Passages = append(t.out.Passages, Quote{sentences})
		}
	}
}

// list adds a list's items, and those of the lists in them.
func (t *textReader) list(n *ast.List, to *List, level int) {
	switch {
	case level >= maxLists:
		t.refuse(n, "lists within one another", fmt.Sprintf("at most %d deep", maxLists))
		return
	case n.IsOrdered() != to.Ordered:
		t.refuse(n, "bullets and numbers within one another", "one kind of list")
		return
	}
	for item := range children(n) {
		if len(to.Items) >= maxItems {
			t.refuse(item, "another item", fmt.Sprintf("at most %d", maxItems))
			return
		}
		t.item(item, to, level)
	}
}

func (t *textReader) item(n ast.Node, to *List, level int) {
	first := n.FirstChild()
	switch first.(type) {
	case *ast.Paragraph, *ast.TextBlock:
	default:
		t.refuse(n, "an item without text", "text in each item of a list")
		return
	}
	lines := t.lines(first)
	if len(lines) != 1 {
		t.refuse(n, "an item of several lines", "one paragraph for each item")
		return
	}
	to.Items = append(to.Items, Item{Level: level, Sentences: lines[0]})
	for c := first.NextSibling(); c != nil; c = c.NextSibling() {
		inner, ok := c.(*ast.List)
		if !ok {
			t.refuse(c, named(c)+" in a list's item", "one paragraph for each item, and lists")
			return
		}
		t.list(inner, to, level+1)
	}
}

// lines reads what stands in a paragraph, as the lines that hard breaks make of
// it.
func (t *textReader) lines(n ast.Node) (out [][]Sentence) {
	before := len(t.problems)
	take := func() {
		if s := t.sentences(); len(s) > 0 {
			out = append(out, s)
		}
	}
	t.style = Part{}
	t.inlines(n, 0, take)
	take()
	for _, line := range out {
		parts := 0
		for _, s := range line {
			parts += len(s)
		}
		if parts > maxParts {
			t.refuse(n, fmt.Sprintf("a paragraph of %d pieces", parts), fmt.Sprintf("at most %d: each reference, bracket and change of style begins one", maxParts))
		}
	}
	if len(t.problems) > before {
		return nil
	}
	return out
}

func (t *textReader) inlines(n ast.Node, depth int, endLine func()) {
	if depth > maxStyles {
		t.refuse(n, "emphasis within emphasis", fmt.Sprintf("at most %d deep", maxStyles))
		return
	}
	for c := range children(n) {
		switch c := c.(type) {
		case *ast.Text:
			t.run(c, endLine)
		case *ast.Emphasis:
			t.styled(c, depth, endLine, func(p *Part) {
				p.Strong, p.Emphasis = p.Strong || c.Level == 2, p.Emphasis || c.Level == 1
			})
		case *ast.CodeSpan:
			t.styled(c, depth, endLine, func(p *Part) { p.Code = true })
		case *ast.Link, *ast.AutoLink, *ast.Image, *ast.RawHTML:
			t.refuse(c, named(c), "no addresses and no HTML: addresses belong into reference notes")
		default:
			t.refuse(c, named(c), "text, emphasis and code")
		}
	}
}

func (t *textReader) styled(n ast.Node, depth int, endLine func(), set func(*Part)) {
	t.flush()
	outer := t.style
	set(&t.style)
	t.inlines(n, depth+1, endLine)
	t.flush()
	t.style = outer
}

// run is text in one style, up to the end of its line.
func (t *textReader) run(n *ast.Text, endLine func()) {
	raw := string(n.Segment.Value([]byte(t.src)))
	switch {
	case t.style.Code:
		t.piece(strings.ReplaceAll(raw, "\n", " "), func(s string) string { return s })
	case strings.Contains(raw, "**") && !strings.Contains(raw, `\*`):
		t.refuse(n, "** without its second", `**bold text**, or \*\*`)
	default:
		t.piece(raw, decoded)
	}
	switch {
	case n.HardLineBreak():
		t.flush()
		endLine()
	case n.SoftLineBreak():
		t.pending += " "
	}
}

// decoded resolves backslash escapes and character references in one pass, as
// CommonMark has them: \&amp; is five characters, and &#42; no asterisk that
// means anything.
func decoded(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		switch {
		case s[i] == '\\' && i+1 < len(s) && util.IsPunct(s[i+1]):
			b.WriteByte(s[i+1])
			i += 2
		case s[i] == '&':
			chars, size := entity(s[i:])
			b.WriteString(chars)
			i += size
		default:
			b.WriteByte(s[i])
			i++
		}
	}
	return b.String()
}

// maxEntity is longer than every name that HTML has.
const maxEntity = 40

// entity reads the character reference that s begins with, and tells how long
// it is. An ampersand that begins none stands for itself.
func entity(s string) (string, int) {
	end := strings.IndexByte(s[:min(len(s), maxEntity)], ';')
	if end < 0 {
		return s[:1], 1
	}
	name, size := s[1:end], end+1
	if number, ok := strings.CutPrefix(name, "#"); ok {
		if r, ok := codePoint(number); ok {
			return string(r), size
		}
		return s[:1], 1
	}
	if e, ok := util.LookUpHTML5EntityByName(name); ok {
		return string(e.Characters), size
	}
	return s[:1], 1
}

// codePoint reads a decimal of up to seven digits or a hexadecimal of up to six.
// What is no character is U+FFFD.
func codePoint(s string) (rune, bool) {
	base, most := 10, 7
	if len(s) > 0 && (s[0] == 'x' || s[0] == 'X') {
		s, base, most = s[1:], 16, 6
	}
	if s == "" || len(s) > most || strings.ContainsAny(s, "+-_") {
		return 0, false
	}
	v, err := strconv.ParseUint(s, base, 32)
	if err != nil {
		return 0, false
	}
	if r := rune(v); r != 0 && utf8.ValidRune(r) {
		return r, true
	}
	return utf8.RuneError, true
}
