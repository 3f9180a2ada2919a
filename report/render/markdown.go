package render

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/closeofbusiness/cob/report/document"
)

// renderMarkdown writes GitHub-flavoured Markdown. Whatever a reader's data
// holds comes out as text: see escapeMarkdown.
func renderMarkdown(ctx context.Context, d *document.Document) ([]byte, error) {
	m := markdown{ctx: ctx}
	m.head(d)
	if err := m.blocks(d.Blocks); err != nil {
		return nil, err
	}
	m.block("---")
	m.block(mdText(d.Footer))
	m.marks(d)
	return []byte(m.b.String()), nil
}

type markdown struct {
	ctx context.Context
	b   strings.Builder
}

// block writes a paragraph, a table or whatever else stands between empty
// lines.
func (m *markdown) block(s string) {
	if strings.TrimSpace(s) == "" {
		return
	}
	if m.b.Len() > 0 {
		m.b.WriteByte('\n')
	}
	m.b.WriteString(s)
	m.b.WriteByte('\n')
}

// marks are what every page of the PDF says: there are no pages, so the head and
// the foot say it.
func (m *markdown) marks(d *document.Document) {
	if d.Style != nil {
		m.block(joinNonEmpty(" · ", mdBold(d.Style.Banner), mdBold(d.Style.Watermark)))
	}
}

func (m *markdown) head(d *document.Document) {
	m.marks(d)
	m.block(joinNonEmpty(" · ", mdText(d.Eyebrow), mdBold(d.Classification)))
	m.block("# " + mdText(d.Title))
	m.block(joinNonEmpty(" · ", mdText(d.Subtitle), mdText(d.RevisionLabel)))
}

func (m *markdown) blocks(bs document.Blocks) error {
	for _, b := range bs {
		if err := m.ctx.Err(); err != nil {
			return err
		}
		if err := m.one(b); err != nil {
			return err
		}
	}
	return nil
}

func (m *markdown) one(b document.Block) error {
	switch b := b.(type) {
	case document.Status:
		m.quote(b.Label, b.Text)
	case document.Callout:
		m.quote(b.Label, b.Text)
	case document.KPIs:
		m.kpis(b)
	case document.Heading:
		m.heading(b)
	case document.Paragraph:
		m.block(mdInlines(b.Text))
	case document.Quote:
		if text := mdInlines(b.Text); text != "" {
			m.block("> " + text)
		}
	case document.List:
		m.list(b)
	case document.Decision:
		m.decision(b)
	case document.Table:
		m.caption(b.Caption, b.Note)
		return m.table(b)
	case document.Chart:
		m.caption(b.Caption, b.Note)
		m.block(mdText(b.Description))
		return m.table(chartTable(b))
	case document.Columns:
		if err := m.blocks(b.Left); err != nil {
			return err
		}
		return m.blocks(b.Right)
	case document.Definitions:
		m.definitions(b)
	case document.PageBreak: // there are no pages
	default:
		panic(fmt.Sprintf("no Markdown for %T", b))
	}
	return nil
}

func (m *markdown) quote(label document.Text, text document.Inlines) {
	m.block("> " + joinNonEmpty(" ", mdBold(label), mdInlines(text)))
}

func (m *markdown) kpis(b document.KPIs) {
	if len(b.Tiles) == 0 {
		return
	}
	var t strings.Builder
	t.WriteString("| Figure | Value | |\n|---|---|---|\n")
	for _, tile := range b.Tiles {
		value := joinNonEmpty(" ", mdBold(tile.Value), mdText(tile.Of))
		t.WriteString(mdRow(mdText(tile.Label), value, mdInlines(tile.Detail)))
	}
	m.block(strings.TrimSuffix(t.String(), "\n"))
}

func (m *markdown) heading(b document.Heading) {
	if !b.Text.Empty() {
		m.block(strings.Repeat("#", b.Level+1) + " " + mdText(b.Text))
	}
	m.block(mdText(b.Note))
}

// list sets an item below another at the column of that one's text, which is
// what makes it a part of it.
func (m *markdown) list(b document.List) {
	var lines []string
	var indents, numbers []int // of the levels that are open
	for i, item := range b.Items {
		level := levelOf(b, i)
		if level == len(numbers) {
			indent := 0
			if level > 0 {
				indent = indents[level-1] + len(mdMark(b, numbers[level-1]))
			}
			indents, numbers = append(indents, indent), append(numbers, 0)
		}
		indents, numbers = indents[:level+1], numbers[:level+1]
		numbers[level]++
		lines = append(lines, strings.Repeat(" ", indents[level])+mdMark(b, numbers[level])+mdInlines(item))
	}
	m.block(strings.Join(lines, "\n"))
}

// mdMark begins an item.
func mdMark(b document.List, number int) string {
	if b.Ordered {
		return fmt.Sprintf("%d. ", number)
	}
	return "- "
}

func (m *markdown) decision(b document.Decision) {
	who := joinNonEmpty(" · ", mdText(b.ID), mdText(b.Owner), mdText(b.By))
	m.block("> **DECISION NEEDED** " + who + "\n>\n> " + mdBold(b.Question))
}

func (m *markdown) caption(text, note document.Text) {
	m.block(joinNonEmpty(" · ", mdBold(text), mdText(note)))
}

func (m *markdown) table(b document.Table) error {
	titles, rules := make([]string, len(b.Columns)), make([]string, len(b.Columns))
	for i, c := range b.Columns {
		if b.Headed {
			titles[i] = mdText(c.Title)
		}
		rules[i] = "---"
		if c.Align == document.Right {
			rules[i] = "---:"
		}
	}
	m.b.WriteByte('\n')
	m.b.WriteString(mdRow(titles...))
	m.b.WriteString("|" + strings.Join(rules, "|") + "|\n")
	more := moreAt(b)
	for i, r := range b.Rows {
		if i%rowsBetweenLooks == 0 && m.ctx.Err() != nil {
			return m.ctx.Err()
		}
		if i == more {
			m.more(b)
		}
		cells := make([]string, len(r.Cells))
		for k, c := range r.Cells {
			cells[k] = mdCell(c, r.Total)
		}
		m.b.WriteString(mdRow(cells...))
	}
	if more == len(b.Rows) {
		m.more(b)
	}
	return nil
}

// more says in the first column what a table leaves out.
func (m *markdown) more(b document.Table) {
	cells := make([]string, len(b.Columns))
	cells[0] = mdText(b.More)
	m.b.WriteString(mdRow(cells...))
}

// mdCell joins a cell's lines; a table row is one line of Markdown, and not
// every reader takes a line break in it.
func mdCell(c document.Cell, total bool) string {
	var lines []string
	for _, l := range c {
		s := mdInlines(l)
		if total && !strings.Contains(s, "*") && !strings.Contains(s, "`") {
			s = mdStrong(strings.TrimSpace(l.String()))
		}
		lines = append(lines, s)
	}
	return joinNonEmpty(" · ", lines...)
}

// mdRow writes a row of cells that are escaped already. Only a pipe inside code
// is left to escape; GitHub takes the backslash away before it reads the code.
func mdRow(cells ...string) string {
	return "| " + strings.Join(cells, " | ") + " |\n"
}

func (m *markdown) definitions(b document.Definitions) {
	var lines []string
	for _, item := range b.Items {
		for i, text := range item.Text {
			if i == 0 {
				lines = append(lines, "- "+joinNonEmpty(": ", mdBold(item.Term), mdInlines(text)))
			} else {
				lines = append(lines, "  \n  "+mdInlines(text))
			}
		}
	}
	m.block(strings.Join(lines, "\n"))
}

// mdInlines writes runs. Neighbouring runs of one style are joined first:
// "**a****b**" would not be read as bold. Where markup would not be read as such
// between the characters beside it, the text stands without it.
func mdInlines(in document.Inlines) string {
	in = slices.DeleteFunc(slices.Clone(in), func(i document.Inline) bool { return i.Text.String() == "" && i.Link == "" })
	var b strings.Builder
	for i := 0; i < len(in); {
		j := i
		var text strings.Builder
		for ; j < len(in) && sameMarkdown(in[i], in[j]); j++ {
			text.WriteString(in[j].Text.String())
		}
		next := ' '
		if j < len(in) {
			next = firstRune(in[j].Text.String())
		}
		b.WriteString(mdRun(in[i], text.String(), lastRune(b.String()), next))
		if link := in[i].Link; link != "" {
			b.WriteString(mdLink(text.String(), link))
		}
		i = j
	}
	return strings.TrimSpace(b.String())
}

func sameMarkdown(a, b document.Inline) bool {
	return a.Code == b.Code && a.Superscript == b.Superscript && a.Link == b.Link &&
		(a.Code || a.Superscript || a.Strong == b.Strong && a.Emphasis == b.Emphasis)
}

func mdRun(style document.Inline, s string, before, after rune) string {
	switch {
	case strings.TrimSpace(s) == "":
		return s
	case style.Link == s: // it follows
		return ""
	case style.Code:
		return outside(s, mdCode)
	case style.Superscript:
		return outside(s, mdNote)
	}
	mark := ""
	if style.Strong {
		mark = "**"
	}
	if style.Emphasis {
		mark += "*"
	}
	if mark == "" || !flanked(s, before, after) {
		return escapeMarkdown(s)
	}
	return outside(s, func(s string) string { return mark + escapeMarkdown(s) + mark })
}

// mdLink is an address as an autolink: the reader sees where it leads. Its
// characters are those that document.CheckLink permits, none of which ends it.
func mdLink(text, link string) string {
	if text == link {
		return "<" + link + ">"
	}
	return " <" + link + ">"
}

// flanked tells whether asterisks around the inner text of s are read as
// emphasis (CommonMark 0.31, 6.2): beside other asterisks they would be one run
// with those, and between a letter and a sign they are only asterisks.
func flanked(s string, before, after rune) bool {
	inner := strings.TrimFunc(s, unicode.IsSpace)
	if !strings.HasPrefix(s, inner) {
		before = ' '
	}
	if !strings.HasSuffix(s, inner) {
		after = ' '
	}
	sign := func(r rune) bool { return unicode.IsPunct(r) || unicode.IsSymbol(r) }
	apart := func(r rune) bool { return r != '*' && (unicode.IsSpace(r) || sign(r)) }
	if before == '*' || after == '*' {
		return false
	}
	return (!sign(firstRune(inner)) || apart(before)) && (!sign(lastRune(inner)) || apart(after))
}

// firstRune is what a text begins with; nothing counts as a space.
func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return ' '
}

func lastRune(s string) rune {
	if s == "" {
		return ' '
	}
	r, _ := utf8.DecodeLastRuneInString(s)
	return r
}

// outside applies wrap to the text without its outer spaces, which stay
// outside of the markup: "** a**" is not bold.
func outside(s string, wrap func(string) string) string {
	inner := strings.TrimFunc(s, unicode.IsSpace)
	if inner == "" {
		return s
	}
	i := strings.Index(s, inner)
	return escapeMarkdown(s[:i]) + wrap(inner) + escapeMarkdown(s[i+len(inner):])
}

func mdText(t document.Text) string { return strings.TrimSpace(escapeMarkdown(t.String())) }

// mdBold is a whole text in bold.
func mdBold(t document.Text) string { return mdStrong(strings.TrimSpace(t.String())) }

func mdStrong(s string) string {
	if strings.TrimSpace(s) == "" {
		return ""
	}
	return outside(s, func(s string) string { return "**" + escapeMarkdown(s) + "**" })
}

// mdNote is a footnote letter. Raw HTML for superscripts is dropped by many
// readers.
func mdNote(s string) string { return `\[` + escapeMarkdown(s) + `\]` }

// mdCode fences with more backticks than the text holds in a row.
func mdCode(s string) string {
	longest, n := 0, 0
	for _, r := range s {
		if r == '`' {
			n++
			longest = max(longest, n)
		} else {
			n = 0
		}
	}
	fence := strings.Repeat("`", longest+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return fence + strings.ReplaceAll(s, "|", `\|`) + fence
}

// escapeMarkdown makes text of anything: emphasis, code, links, images, HTML,
// entities, tables, strike-through, mathematics, addresses and shortcodes that
// GitHub would turn into links and pictures, and what would begin a heading, a
// list, a quote or a rule at the start of a line. Line breaks cannot occur in a
// document's text.
func escapeMarkdown(s string) string {
	rs := []rune(s)
	var b strings.Builder
	b.Grow(len(s) + 8)
	for i, r := range rs {
		if mdSpecial(rs, i, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func mdSpecial(rs []rune, i int, r rune) bool {
	switch r {
	case '\\', '`', '*', '_', '[', ']', '<', '>', '|', '~', '&', '$', '@':
		return true
	case ':': // "http://", ":smile:"; not "17:00" nor "so: that"
		return i+1 < len(rs) && rs[i+1] != ' ' && !(unicode.IsDigit(rs[i+1]) && i > 0 && unicode.IsDigit(rs[i-1]))
	case '#', '-', '+', '=':
		return leading(rs, i)
	case '.', ')':
		return digitsBefore(rs, i) && (i+1 == len(rs) || rs[i+1] == ' ') || wwwBefore(rs, i)
	}
	return false
}

// leading tells whether only spaces stand before i.
func leading(rs []rune, i int) bool {
	for _, r := range rs[:i] {
		if r != ' ' {
			return false
		}
	}
	return true
}

// digitsBefore tells whether nothing but a short number stands before i: "1."
// would begin a list.
func digitsBefore(rs []rune, i int) bool {
	if i == 0 || i > 20 {
		return false
	}
	for _, r := range rs[:i] {
		if r != ' ' && (r < '0' || r > '9') {
			return false
		}
	}
	return true
}

func wwwBefore(rs []rune, i int) bool {
	return i >= 3 && strings.EqualFold(string(rs[i-3:i]), "www")
}
