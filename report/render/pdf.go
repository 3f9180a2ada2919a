package render

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jung-kurt/gofpdf"

	"github.com/closeofbusiness/cob/report/document"
)

// MaxPages bounds a PDF.
const MaxPages = 200

func renderPDF(ctx context.Context, d *document.Document) ([]byte, error) {
	drawn, err := drawPDF(ctx, d)
	if err != nil {
		return nil, err
	}
	return finish(drawn)
}

// drawPDF lays the document out into pieces, puts them on pages and, once it
// is known how many pages there are, draws what stands on each of them.
func drawPDF(ctx context.Context, d *document.Document) ([]byte, error) {
	p := newPDF(ctx, d)
	head := p.head()
	body := p.blocks(d.Blocks, bodyWidth)
	if len(body) > 0 {
		body[0].space = 8
	}
	if err := p.place(p.withContents(head, body)); err != nil {
		return nil, err
	}
	p.furniture()
	var out bytes.Buffer
	if err := p.pdf.Output(&out); err != nil {
		return nil, fmt.Errorf("write PDF: %w", err)
	}
	return out.Bytes(), nil
}

// pdf draws one document.
type pdf struct {
	typesetter
	ctx    context.Context
	doc    *document.Document
	pdf    *gofpdf.Fpdf
	loaded map[subset]bool
	pen    pen
}

// pen is what the page's graphics state has selected, so that it is written
// only when it changes.
type pen struct {
	font    subset
	size    float64
	text    colour
	fill    colour
	stroke  colour
	width   float64
	spacing float64
	known   bool // false: select everything anew
}

func newPDF(ctx context.Context, d *document.Document) *pdf {
	f := gofpdf.NewCustom(&gofpdf.InitType{UnitStr: "pt", Size: gofpdf.SizeType{Wd: pageWidth, Ht: pageHeight}})
	f.SetMargins(margin, margin, margin)
	f.SetAutoPageBreak(false, 0)
	f.SetCompression(false) // finish compresses
	// Without these two the same document gives other bytes each time.
	f.SetCatalogSort(true)
	at := metadataTime(d)
	f.SetCreationDate(at)
	f.SetModificationDate(at)

	f.SetTitle(plane0(d.Title.String()), true)
	f.SetSubject(plane0(d.Subtitle.String()), true)
	f.SetAuthor(plane0(d.Eyebrow.String()), true)
	f.SetKeywords(plane0(keywords(d)), true)
	f.SetCreator("COB renderer "+Version, true)
	f.SetProducer("COB", true)
	return &pdf{ctx: ctx, doc: d, pdf: f, loaded: map[subset]bool{}}
}

// metadataTime is noon UTC of the business date. The page carries no clock of
// its generation and neither does the file.
func metadataTime(d *document.Document) time.Time {
	t, err := time.Parse(time.DateOnly, d.BusinessDate.String())
	if err != nil {
		return time.Unix(0, 0).UTC()
	}
	return t.Add(12 * time.Hour)
}

func keywords(d *document.Document) string {
	k := fmt.Sprintf("%s, %s, revision %d", d.Series, d.BusinessDate, d.Revision)
	if !d.FactsSHA256.Empty() {
		k += ", facts sha256 " + d.FactsSHA256.String()
	}
	return k
}

// plane0 replaces what the PDF library cannot encode: it panics on characters
// above the Basic Multilingual Plane.
func plane0(s string) string {
	return strings.Map(func(r rune) rune {
		if r > 0xFFFF {
			return replacement
		}
		return r
	}, s)
}

// piece is the smallest part of the flow: it stands on one page. Its drawing
// is put off until its place is known.
type piece struct {
	space   float64 // above; dropped at the top of a page
	height  float64
	keep    bool // with the next piece on one page
	newPage bool
	again   *piece // drawn first when this piece begins a page: a table's header
	title   string // of a section that begins here
	draw    func(x, y float64)
}

// place puts pieces on pages, one below the other.
func (p *pdf) place(ps []piece) error {
	l := layout{}
	return l.run(ps, func(top []*piece, i int, newPage bool) error {
		if newPage {
			if err := p.turn(l.page); err != nil {
				return err
			}
		}
		for _, t := range top {
			t.draw(margin, l.y)
			l.y += t.height
		}
		if q := &ps[i]; q.draw != nil {
			q.draw(margin, l.y)
		}
		return p.pdf.Error()
	})
}

// turn begins a page.
func (p *pdf) turn(page int) error {
	if err := p.ctx.Err(); err != nil {
		return err
	}
	if page > MaxPages {
		return &document.LimitError{Limit: "PDF pages", Max: MaxPages, Got: page}
	}
	p.pdf.AddPage()
	p.pen.known = false
	return p.pdf.Error()
}

// layout is where the flow has arrived.
type layout struct {
	page int
	y    float64
}

// run decides for every piece where it stands and calls put with l at that
// place, after the pieces to be repeated above it.
func (l *layout) run(ps []piece, put func(top []*piece, i int, newPage bool) error) error {
	started := false
	for i := range ps {
		q := &ps[i]
		turned := !started || q.newPage && l.y > l.top()+tolerance
		if !turned && (i == 0 || !ps[i-1].keep) {
			turned = l.y+q.space+group(ps[i:]) > bodyBottom+tolerance && l.y > l.top()+tolerance
		}
		if !turned && l.y+q.space+q.height > bodyBottom+tolerance {
			turned = l.y > l.top()+tolerance
		}
		var top []*piece
		if turned {
			l.page++
			l.y = l.top()
			if q.again != nil && started {
				top = []*piece{q.again}
			}
			started = true
		} else {
			l.y += q.space
		}
		if err := put(top, i, turned); err != nil {
			return err
		}
		l.y += q.height
	}
	return nil
}

func (l *layout) top() float64 {
	if l.page == 1 {
		return margin - 6
	}
	return bodyTop
}

// group is the height of the pieces that have to stay together with the first.
// A group taller than a page is let go: it would fit nowhere.
func group(ps []piece) float64 {
	h := 0.0
	for i := range ps {
		if i > 0 {
			h += ps[i].space
		}
		h += ps[i].height
		if !ps[i].keep {
			return h
		}
		if h > bodyHeight {
			return ps[0].height
		}
	}
	return h
}

// stack is the height of pieces under each other.
func stack(ps []piece) float64 {
	h := 0.0
	for i := range ps {
		if i > 0 {
			h += ps[i].space
		}
		h += ps[i].height
	}
	return h
}

// text draws a line with its baseline at y.
func (p *pdf) text(x, y float64, l line) {
	for _, s := range l.spans {
		if s.text != "" {
			p.span(x, y, s)
		}
		x += s.width
	}
}

// textRight draws a line that ends at x.
func (p *pdf) textRight(x, y float64, l line) { p.text(x-l.width, y, l) }

func (p *pdf) span(x, y float64, s span) {
	p.selectText(s.style)
	p.pdf.Text(x, y-s.style.rise, s.text)
}

func (p *pdf) selectText(s style) {
	n := &p.pen
	if font := (subset{s.face, p.whole[s.face]}); !n.known || n.font != font || n.size != s.size {
		p.load(font)
		p.pdf.SetFont(font.family(), "", s.size)
		n.font, n.size = font, s.size
	}
	if !n.known || n.text != s.colour {
		p.pdf.SetTextColor(int(s.colour[0]), int(s.colour[1]), int(s.colour[2]))
		n.text = s.colour
	}
	if s.spacing != n.spacing || !n.known && s.spacing != 0 {
		p.pdf.RawWriteStr(fmt.Sprintf("%.2f Tc", s.spacing))
		n.spacing = s.spacing
	}
	p.know()
}

// know ends a selection: colours and widths not chosen yet on this page are
// chosen, so that nothing depends on what the page before left behind.
func (p *pdf) know() {
	if p.pen.known {
		return
	}
	p.pen.known = true
	p.pdf.SetFillColor(int(p.pen.fill[0]), int(p.pen.fill[1]), int(p.pen.fill[2]))
	p.pdf.SetDrawColor(int(p.pen.stroke[0]), int(p.pen.stroke[1]), int(p.pen.stroke[2]))
	if p.pen.width > 0 {
		p.pdf.SetLineWidth(p.pen.width)
	}
}

// load embeds a font when it is first used: they are half of a small report's
// cost. The library writes into the bytes it is given, so each document has its
// own.
func (p *pdf) load(font subset) {
	if !p.loaded[font] {
		p.pdf.AddUTF8FontFromBytes(font.family(), "", bytes.Clone(font.bytes()))
		p.loaded[font] = true
	}
}

func (p *pdf) setStroke(c colour, width float64) {
	p.begin()
	if p.pen.stroke != c {
		p.pdf.SetDrawColor(int(c[0]), int(c[1]), int(c[2]))
		p.pen.stroke = c
	}
	if p.pen.width != width {
		p.pdf.SetLineWidth(width)
		p.pen.width = width
	}
}

func (p *pdf) setFill(c colour) {
	p.begin()
	if p.pen.fill != c {
		p.pdf.SetFillColor(int(c[0]), int(c[1]), int(c[2]))
		p.pen.fill = c
	}
}

// begin makes the pen known without text.
func (p *pdf) begin() {
	if !p.pen.known {
		p.selectText(textStyle)
	}
}

func (p *pdf) rule(x1, y1, x2, y2 float64, c colour, width float64) {
	p.setStroke(c, width)
	p.pdf.Line(x1, y1, x2, y2)
}

func (p *pdf) fillRect(x, y, w, h float64, c colour) {
	p.setFill(c)
	p.pdf.Rect(x, y, w, h, "F")
}

func (p *pdf) frame(x, y, w, h float64, c colour, width float64) {
	p.setStroke(c, width)
	p.pdf.Rect(x, y, w, h, "D")
}

// bookmark adds an entry to the outline. The library encodes it by the font
// that happens to be selected, so one is.
func (p *pdf) bookmark(title string, y float64) {
	p.begin()
	p.pdf.Bookmark(plane0(title), 0, y)
}

// furniture draws, in a last pass, the running head and the foot of each page.
// The library's own page count alias would also replace what looks like it in
// a reader's text.
func (p *pdf) furniture() {
	pages := p.pdf.PageCount()
	for n := 1; n <= pages; n++ {
		p.pdf.SetPage(n)
		p.pen.known = false
		if n > 1 {
			p.runningHead()
		}
		p.foot(n, pages)
	}
}

func (p *pdf) runningHead() {
	const y = margin
	small := labelStyle.at(7.8)
	class := p.fit(small, p.doc.Classification.String(), bodyWidth*0.4)
	p.textRight(pageWidth-margin, y, class)
	p.text(margin, y, p.fit(small, p.doc.RunningHead.String(), bodyWidth-class.width-12))
	p.rule(margin, y+7.5, pageWidth-margin, y+7.5, hairline, 0.7)
}

func (p *pdf) foot(n, pages int) {
	const y = pageHeight - 26
	p.rule(margin, y-9.5, pageWidth-margin, y-9.5, hairline, 0.7)
	number := p.one(labelStyle, fmt.Sprintf("Page %d of %d", n, pages))
	p.textRight(pageWidth-margin, y, number)
	p.text(margin, y, p.fit(labelStyle, p.doc.Footer.String(), bodyWidth-number.width-12))
}
