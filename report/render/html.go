package render

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/closeofbusiness/cob/report/document"
)

// renderHTML writes one self-contained page without script that requests
// nothing. Text is escaped where it is written, so "a < b" stays text, and the
// finished body passes a policy that knows only the elements and attributes
// written here: were an escape ever forgotten, no markup would come of it.
func renderHTML(ctx context.Context, d *document.Document) ([]byte, error) {
	h := newHTMLWriter(ctx, d)
	if err := h.body(d); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.Grow(h.b.Len() + len(styleSheet) + 2048)
	out.WriteString(htmlHead(d))
	if err := bodyPolicy().SanitizeReaderToWriter(endsWith{ctx, strings.NewReader(h.b.String())}, &out); err != nil {
		return nil, err
	}
	out.WriteString("</body>\n</html>\n")
	return out.Bytes(), nil
}

// endsWith is a reader that ends with its context.
type endsWith struct {
	ctx context.Context
	r   io.Reader
}

func (e endsWith) Read(b []byte) (int, error) {
	if err := e.ctx.Err(); err != nil {
		return 0, err
	}
	return e.r.Read(b)
}

func (h *htmlWriter) body(d *document.Document) error {
	h.header(d)
	h.raw("<main>\n")
	if err := h.blocks(d.Blocks); err != nil {
		return err
	}
	h.endSections(1)
	h.raw("</main>\n<footer>\n")
	h.element("p", "", d.Footer.String())
	if d.Style != nil {
		h.element("p", "banner foot", d.Style.Banner.String())
	}
	h.raw("</footer>\n")
	return nil
}

// contentPolicy allows this style sheet by its hash, a logo's own bytes where
// there is one, and nothing else: no request of any kind, no script, no form.
func contentPolicy(style string, logo bool) string {
	sum := sha256.Sum256([]byte(style))
	images := ""
	if logo {
		images = " img-src data:;"
	}
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "';" + images + " base-uri 'none'; form-action 'none'"
}

func htmlHead(d *document.Document) string {
	lang := d.Language.String()
	if lang == "" {
		lang = "en"
	}
	style := pageStyle(d.Style)
	return `<!DOCTYPE html>
<html lang="` + html.EscapeString(lang) + `">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="` + contentPolicy(style, hasLogo(d)) + `">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="` + html.EscapeString("COB renderer "+d.Renderer.String()) + `">
<meta name="robots" content="noindex">
<meta name="referrer" content="no-referrer">
<title>` + html.EscapeString(joinNonEmpty(" · ", d.Eyebrow.String(), d.Title.String())) + `</title>
<style>` + style + `</style>
</head>
<body>
`
}

func hasLogo(d *document.Document) bool { return d.Style != nil && d.Style.Logo != nil }

type htmlWriter struct {
	ctx      context.Context
	b        strings.Builder
	set      typesetter // measures charts
	levels   []int      // of the headings whose sections are open
	tag      int        // of the heading before: 2 for h2
	section  string     // its text
	sections int
	charts   int
	columns  int // depth of Columns: headings there open no section
}

func newHTMLWriter(ctx context.Context, d *document.Document) *htmlWriter {
	return &htmlWriter{ctx: ctx, set: typesetter{look: lookOf(d)}}
}

// raw writes markup.
func (h *htmlWriter) raw(s string) { h.b.WriteString(s) }

// text writes text.
func (h *htmlWriter) text(s string) { h.b.WriteString(html.EscapeString(s)) }

// element writes text in an element, or nothing when there is no text.
func (h *htmlWriter) element(name, class, text string) {
	if strings.TrimSpace(text) == "" {
		return
	}
	h.start(name, class)
	h.text(text)
	h.raw("</" + name + ">\n")
}

func (h *htmlWriter) start(name, class string) {
	h.raw("<" + name)
	if class != "" {
		h.raw(` class="` + class + `"`)
	}
	h.raw(">")
}

func (h *htmlWriter) header(d *document.Document) {
	h.raw("<header>\n")
	if d.Style != nil {
		h.element("p", "watermark", d.Style.Watermark.String())
		h.element("p", "banner", d.Style.Banner.String())
	}
	h.start("div", "top")
	h.element("p", "eyebrow", d.Eyebrow.String())
	h.start("div", "marks")
	h.logo(d)
	h.element("p", "classification", d.Classification.String())
	h.raw("</div></div>\n")
	h.element("h1", "", d.Title.String())
	h.start("div", "top")
	h.element("p", "subtitle", d.Subtitle.String())
	h.element("p", "subtitle", d.RevisionLabel.String())
	h.raw("</div>\n</header>\n")
	h.tag = 1
}

// logo is the picture's own bytes: nothing is fetched.
func (h *htmlWriter) logo(d *document.Document) {
	if !hasLogo(d) {
		return
	}
	h.raw(`<img class="logo" src="data:` + d.Style.Logo.MediaType + ";base64," + base64.StdEncoding.EncodeToString(d.Style.Logo.Data) + `" alt="`)
	h.text(d.Style.Logo.Alt.String())
	h.raw(`">` + "\n")
}

func (h *htmlWriter) blocks(bs document.Blocks) error {
	for _, b := range bs {
		if err := h.ctx.Err(); err != nil {
			return err
		}
		if c, ok := b.(document.Columns); ok {
			if err := h.sideBySide(c); err != nil {
				return err
			}
			continue
		}
		if err := h.block(b); err != nil {
			return err
		}
	}
	return nil
}

func (h *htmlWriter) sideBySide(c document.Columns) error {
	h.columns++
	defer func() { h.columns-- }()
	h.start("div", "columns "+ratioClass(c.Ratio))
	for _, half := range []document.Blocks{c.Left, c.Right} {
		h.raw("<div>\n")
		if err := h.blocks(half); err != nil {
			return err
		}
		h.raw("</div>\n")
	}
	h.raw("</div>\n")
	return nil
}

// ratioClass rounds the left column's share to a tenth: the style sheet has a
// class for each, as style attributes are not let through.
func ratioClass(r float64) string {
	if r == 0 {
		r = 0.5
	}
	return "r" + strconv.Itoa(max(1, min(9, int(r*10+0.5))))
}

func (h *htmlWriter) block(b document.Block) error {
	switch b := b.(type) {
	case document.Status:
		h.band("status", b.Tone, b.Label, b.Text)
	case document.Callout:
		h.band("callout", b.Tone, b.Label, b.Text)
	case document.KPIs:
		h.kpis(b)
	case document.Heading:
		h.heading(b)
	case document.Paragraph:
		h.paragraph(b)
	case document.Quote:
		h.raw("<blockquote><p>")
		h.inlines(b.Text)
		h.raw("</p></blockquote>\n")
	case document.List:
		h.list(b)
	case document.Decision:
		h.decision(b)
	case document.Table:
		return h.table(b)
	case document.Chart:
		return h.chart(b)
	case document.Definitions:
		h.definitions(b)
	case document.PageBreak:
		h.raw(`<div class="page-break"></div>` + "\n")
	default:
		panic(fmt.Sprintf("no HTML for %T", b))
	}
	return nil
}

// toneClass names a tone's class; neutral text has none.
func toneClass(t document.Tone) string { return string(t) }

func (h *htmlWriter) band(class string, t document.Tone, label document.Text, text document.Inlines) {
	h.start("div", strings.TrimSpace("band "+class+" "+toneClass(t)))
	h.element("strong", "label", label.String())
	h.raw("<p>")
	h.inlines(text)
	h.raw("</p></div>\n")
}

func (h *htmlWriter) kpis(b document.KPIs) {
	h.start("ul", "kpis")
	for _, t := range b.Tiles {
		h.raw("<li>")
		h.element("p", "label", t.Label.String())
		class := "value"
		if !strings.ContainsAny(t.Value.String(), "0123456789") {
			class = "value words"
		}
		h.start("p", class)
		h.text(t.Value.String())
		if !t.Of.Empty() {
			h.raw(` <span class="of">`)
			h.text(t.Of.String())
			h.raw("</span>")
		}
		h.raw("</p>\n<p class=\"detail\">")
		h.inlines(t.Detail)
		h.raw("</p></li>\n")
	}
	h.raw("</ul>\n")
}

// heading opens a section, which the next heading of its level closes.
func (h *htmlWriter) heading(b document.Heading) {
	class := "heading"
	if b.PageBreak {
		class += " new-page"
	}
	h.tag = min(b.Level+1, h.tag+1) // no rank is left out, for who walks by headings
	tag := "h" + strconv.Itoa(h.tag)
	h.section = b.Text.String()
	if h.columns == 0 {
		h.endSections(b.Level)
		h.sections++
		id := "s" + strconv.Itoa(h.sections)
		h.raw(`<section aria-labelledby="` + id + `">` + "\n")
		h.start("div", class)
		h.raw("<" + tag + ` id="` + id + `">`)
		h.levels = append(h.levels, b.Level)
	} else {
		h.start("div", class)
		h.raw("<" + tag + ">")
	}
	h.text(b.Text.String())
	h.raw("</" + tag + ">\n")
	h.element("p", "note", b.Note.String())
	h.raw("</div>\n")
}

// endSections closes what is open at a level and below.
func (h *htmlWriter) endSections(level int) {
	for ; len(h.levels) > 0 && h.levels[len(h.levels)-1] >= level; h.levels = h.levels[:len(h.levels)-1] {
		h.raw("</section>\n")
	}
}

func (h *htmlWriter) paragraph(b document.Paragraph) {
	class := ""
	if b.Small {
		class = "small"
	}
	h.start("p", class)
	h.inlines(b.Text)
	h.raw("</p>\n")
	h.basis(b.Basis)
}

// basis folds away what each sentence of a paragraph rests on. It is for the
// screen: who prints the page gets the page that the PDF is.
func (h *htmlWriter) basis(bs []document.Basis) {
	if len(bs) == 0 {
		return
	}
	h.raw(`<details class="basis"><summary>What this rests on</summary>` + "\n<ol>\n")
	for _, b := range bs {
		h.raw("<li><p>")
		h.inlines(b.Text)
		h.raw("</p>\n")
		h.claim(b.Claim)
		h.basisFacts(b.Facts)
		h.basisReferences(b.References)
		h.checks(b.Checks)
		h.raw("</li>\n")
	}
	h.raw("</ol></details>\n")
}

func (h *htmlWriter) claim(t document.Text) {
	if t.Empty() {
		return
	}
	h.raw(`<p class="claim">Written as <code>`)
	h.text(t.String())
	h.raw("</code></p>\n")
}

// basisReferences lists what readers can look up.
func (h *htmlWriter) basisReferences(notes []document.Inlines) {
	for _, n := range notes {
		h.raw("<p>Reference note: ")
		h.inlines(n)
		h.raw("</p>\n")
	}
}

func (h *htmlWriter) basisFacts(fs []document.BasisFact) {
	if len(fs) == 0 {
		return
	}
	h.raw(`<table><thead><tr><th scope="col">Fact</th><th scope="col">Value</th><th scope="col">Query</th></tr></thead>` + "\n<tbody>\n")
	for _, f := range fs {
		h.raw(`<tr><th scope="row"><code>`)
		h.text(f.Key.String())
		h.raw("</code></th><td>")
		h.text(f.Value.String())
		h.raw("</td><td><code>")
		h.text(f.Query.String())
		h.raw("</code></td></tr>\n")
	}
	h.raw("</tbody></table>\n")
}

func (h *htmlWriter) checks(ts []document.Text) {
	names := make([]string, len(ts))
	for i, t := range ts {
		names[i] = t.String()
	}
	if list := joinNonEmpty(", ", names...); list != "" {
		h.element("p", "checks", "Checks passed: "+list)
	}
}

// list nests an item's deeper ones within it.
func (h *htmlWriter) list(b document.List) {
	tag := "ul"
	if b.Ordered {
		tag = "ol"
	}
	h.start(tag, "list")
	depth := 0
	for i, item := range b.Items {
		level := levelOf(b, i)
		switch {
		case level > depth:
			h.raw("\n")
			h.start(tag, "")
		case i > 0:
			h.raw("</li>\n" + strings.Repeat("</"+tag+"></li>\n", depth-level))
		}
		depth = level
		h.raw("<li>")
		h.inlines(item)
	}
	if len(b.Items) > 0 {
		h.raw("</li>\n" + strings.Repeat("</"+tag+"></li>\n", depth))
	}
	h.raw("</" + tag + ">\n")
}

// levelOf is how deep a list's item stands.
func levelOf(b document.List, i int) int {
	if b.Levels == nil {
		return 0
	}
	return b.Levels[i]
}

func (h *htmlWriter) decision(b document.Decision) {
	h.raw(`<div class="decision" role="note"><div class="top"><p class="label">DECISION NEEDED</p>` + "\n")
	h.element("p", "who", joinNonEmpty(" · ", b.ID.String(), b.Owner.String()))
	h.raw(`</div><div class="top">`)
	h.element("p", "question", b.Question.String())
	h.element("p", "by", b.By.String())
	h.raw("</div></div>\n")
}

// table scrolls by itself where it is wider than the screen; the page never
// does. The keyboard reaches what scrolls.
func (h *htmlWriter) table(b document.Table) error {
	name := joinNonEmpty(", ", b.Caption.String(), b.Note.String())
	if name == "" {
		name = joinNonEmpty(": ", "Table", h.section)
	}
	h.scroll(name)
	h.raw("<table>\n")
	h.caption("caption", b.Caption, b.Note)
	if err := h.tableRows(b); err != nil {
		return err
	}
	h.raw("</table></div>\n")
	return nil
}

func (h *htmlWriter) scroll(name string) {
	h.raw(`<div class="scroll" role="region" tabindex="0" aria-label="`)
	h.text(name)
	h.raw(`">`)
}

func (h *htmlWriter) tableRows(b document.Table) error {
	if b.Headed {
		h.raw("<thead><tr>")
		for _, c := range b.Columns {
			h.raw(`<th scope="col"` + alignClass(c) + ">")
			h.text(c.Title.String())
			h.raw("</th>")
		}
		h.raw("</tr></thead>\n")
	}
	h.raw("<tbody>\n")
	more := moreAt(b)
	for i, r := range b.Rows {
		if i%rowsBetweenLooks == 0 && h.ctx.Err() != nil {
			return h.ctx.Err()
		}
		if i == more {
			h.more(b)
		}
		h.row(b, r)
	}
	if more == len(b.Rows) {
		h.more(b)
	}
	h.raw("</tbody>")
	return nil
}

func (h *htmlWriter) more(b document.Table) {
	h.raw(`<tr class="more"><td colspan="` + strconv.Itoa(len(b.Columns)) + `">`)
	h.text(b.More.String())
	h.raw("</td></tr>\n")
}

func (h *htmlWriter) caption(tag string, text, note document.Text) {
	if text.Empty() && note.Empty() {
		return
	}
	h.start(tag, "caption")
	h.element("strong", "", text.String())
	h.element("span", "note", note.String())
	h.raw("</" + tag + ">\n")
}

func alignClass(c document.Column) string {
	if c.Align == document.Right {
		return ` class="right"`
	}
	return ""
}

// shortCell is the length in bytes up to which a cell's lines are kept whole:
// on a narrow screen the table then scrolls instead of breaking identifiers.
const shortCell = 24

func cellClass(c document.Column, cell document.Cell) string {
	if c.Align == document.Right {
		return alignClass(c)
	}
	for _, l := range cell {
		if len(l.String()) > shortCell {
			return ""
		}
	}
	return ` class="short"`
}

// row heads each row with its first cell, so that a screen reader can say
// whose numbers these are.
func (h *htmlWriter) row(b document.Table, r document.Row) {
	if r.Total {
		h.raw(`<tr class="total">`)
	} else {
		h.raw("<tr>")
	}
	for i, c := range r.Cells {
		tag := "td"
		if i == 0 && len(r.Cells) > 1 {
			tag = "th"
			h.raw(`<th scope="row"` + cellClass(b.Columns[i], c) + ">")
		} else {
			h.raw("<td" + cellClass(b.Columns[i], c) + ">")
		}
		for k, l := range c {
			if k > 0 {
				h.raw(`</span><span class="line">`)
			} else if len(c) > 1 {
				h.raw(`<span class="line">`)
			}
			h.inlines(l)
		}
		if len(c) > 1 {
			h.raw("</span>")
		}
		h.raw("</" + tag + ">")
	}
	h.raw("</tr>\n")
}

// chart is a figure: the drawing, and its numbers for those who cannot see it.
func (h *htmlWriter) chart(b document.Chart) error {
	h.charts++
	h.raw("<figure>\n")
	h.caption("figcaption", b.Caption, b.Note)
	h.svg(b, h.set.drawChart(b, svgWidth), "c"+strconv.Itoa(h.charts))
	h.raw("<details><summary>Data as a table</summary>\n")
	data := chartTable(b)
	h.scroll("Data: " + joinNonEmpty(", ", b.Caption.String(), b.Note.String()))
	h.raw(`<table><caption class="unseen">`)
	h.text(joinNonEmpty(": ", "Data", b.Caption.String()))
	h.raw("</caption>\n")
	if err := h.tableRows(data); err != nil {
		return err
	}
	h.raw("</table></div></details></figure>\n")
	return nil
}

func (h *htmlWriter) definitions(b document.Definitions) {
	h.raw("<dl>\n")
	for _, item := range b.Items {
		h.raw("<div><dt>")
		h.text(item.Term.String())
		h.raw("</dt>")
		for _, t := range item.Text {
			h.raw("<dd>")
			h.inlines(t)
			h.raw("</dd>")
		}
		h.raw("</div>\n")
	}
	h.raw("</dl>\n")
}

func (h *htmlWriter) inlines(in document.Inlines) {
	for _, i := range in {
		h.inline(i)
	}
}

func (h *htmlWriter) inline(i document.Inline) {
	var tags []string
	switch {
	case i.Superscript:
		tags = []string{"sup"}
	case i.Code:
		tags = []string{"code"}
	case i.Strong:
		tags = []string{"strong"}
	}
	class := toneClass(i.Tone)
	if i.Strong && (i.Superscript || i.Code) {
		class = strings.TrimSpace(class + " bold")
	}
	if i.Emphasis {
		tags = append(tags, "em")
	}
	if len(tags) == 0 && class != "" {
		tags = []string{"span"}
	}
	if i.Link != "" {
		h.raw(`<a href="` + html.EscapeString(i.Link) + `" rel="noreferrer noopener">`)
	}
	for _, tag := range tags {
		h.start(tag, class)
		class = ""
	}
	h.text(i.Text.String())
	for _, tag := range slices.Backward(tags) {
		h.raw("</" + tag + ">")
	}
	if i.Link != "" {
		h.raw("</a>")
	}
}
