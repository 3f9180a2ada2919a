package render

import (
	"context"

	"github.com/closeofbusiness/cob/report/document"
)

// MaxPages bounds a PDF. The most rows that a document may have fit on them, one
// line each.
const MaxPages = 2_000

// renderPDF lays the document out into pieces, counts the pages that they need,
// draws them, and makes a file of what was drawn.
func renderPDF(ctx context.Context, d *document.Document) ([]byte, error) {
	p := newPDF(ctx, d)
	defer deflaters.Put(p.deflate)
	if err := p.draw(); err != nil {
		return nil, err
	}
	return p.finish()
}

func (p *pdf) draw() error {
	if err := p.readLogo(); err != nil {
		return err
	}
	head := p.head()
	body := p.blocks(p.doc.Blocks, p.width)
	if len(body) > 0 {
		body[0].space = 8
	}
	if err := p.ctx.Err(); err != nil {
		return err // the pieces may not be all
	}
	return p.place(p.withContents(head, body))
}

// pdf draws one document.
type pdf struct {
	typesetter
	ctx       context.Context
	doc       *document.Document
	sheet     sheet
	width     float64 // of the body
	total     int     // pages
	canvas    canvas
	tree      structure
	now       int32    // the element that is drawn into, or what it is instead
	next      *tag     // the element that text will be drawn into; nil: now
	pages     [][]byte // their content, compressed
	bookmarks []bookmark
	logo      *logo // nil: none
	deflate   *deflater
	runs      []run // a cell's, reused
}

func newPDF(ctx context.Context, d *document.Document) *pdf {
	s := sheetOf(d)
	p := &pdf{ctx: ctx, doc: d, sheet: s, width: s.bodyWidth(), canvas: canvas{height: s.height},
		tree: newStructure(), now: decoration, deflate: deflaters.Get().(*deflater)}
	p.look = lookOf(d)
	p.ended = func() bool { return ctx.Err() != nil }
	return p
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
	if p.total = p.pagesOf(ps); p.total > MaxPages {
		return &document.LimitError{Limit: "PDF pages", Max: MaxPages, Got: p.total}
	}
	l := layout{sheet: p.sheet}
	err := l.run(ps, func(top []*piece, i int, newPage bool) error {
		if newPage {
			if err := p.turn(); err != nil {
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
		return nil
	})
	if err != nil {
		return err
	}
	return p.endPage()
}

// turn ends a page and begins the next with what stands on every one.
func (p *pdf) turn() error {
	if err := p.endPage(); err != nil {
		return err
	}
	p.canvas.clear()
	p.tree.pages = append(p.tree.pages, nil)
	p.furniture(len(p.tree.pages))
	return nil
}

// endPage compresses the page that has been drawn: kept plain, a long report's
// pages would take more than all else.
func (p *pdf) endPage() error {
	if len(p.tree.pages) == 0 {
		return nil
	}
	p.leave()
	content, err := p.deflate.deflate(p.ctx, p.canvas.out.Bytes())
	if err != nil {
		return err
	}
	p.pages = append(p.pages, content)
	return nil
}

// layout is where the flow has arrived.
type layout struct {
	sheet sheet
	page  int
	y     float64
}

// run decides for every piece where it stands and calls put with l at that
// place, after the pieces to be repeated above it.
func (l *layout) run(ps []piece, put func(top []*piece, i int, newPage bool) error) error {
	started := false
	bodyBottom := l.sheet.bodyBottom()
	for i := range ps {
		q := &ps[i]
		turned := !started || q.newPage && l.y > l.top()+tolerance
		if !turned && (i == 0 || !ps[i-1].keep) {
			turned = l.y+q.space+l.group(ps[i:]) > bodyBottom+tolerance && l.y > l.top()+tolerance
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

// repeat makes room for the pieces that are repeated at the top of a page.
func (l *layout) repeat(top []*piece) {
	for _, t := range top {
		l.y += t.height
	}
}

// group is the height of the pieces that have to stay together with the first.
// A group taller than a page is let go: it would fit nowhere.
func (l *layout) group(ps []piece) float64 {
	h := 0.0
	for i := range ps {
		if i > 0 {
			h += ps[i].space
		}
		h += ps[i].height
		if !ps[i].keep {
			return h
		}
		if h > l.sheet.bodyHeight() {
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
	for i, s := range l.spans {
		if s.text != "" {
			p.enter(p.inside())
			p.canvas.text(x, y, s, l.more && i == len(l.spans)-1)
		}
		x += s.width
	}
}

// textRight draws a line that ends at x.
func (p *pdf) textRight(x, y float64, l line) { p.text(x-l.width, y, l) }

// apart is a line that is read apart from what follows it.
func apart(l line) line {
	l.more = true
	return l
}

func (p *pdf) rule(x1, y1, x2, y2 float64, c colour, width float64) {
	p.dashed(x1, y1, x2, y2, c, width, dash{})
}

func (p *pdf) dashed(x1, y1, x2, y2 float64, c colour, width float64, d dash) {
	p.enterShape()
	p.canvas.setStroke(c, width, d)
	p.canvas.line(x1, y1, x2, y2)
}

func (p *pdf) fillRect(x, y, w, h float64, c colour) {
	p.enterShape()
	p.canvas.setFill(c)
	p.canvas.rect(x, y, w, h, "f")
}

func (p *pdf) frame(x, y, w, h float64, c colour, width float64) {
	p.enterShape()
	p.canvas.setStroke(c, width, dash{})
	p.canvas.rect(x, y, w, h, "S")
}

// bookmark adds an entry to the outline.
func (p *pdf) bookmark(title string, y float64) {
	p.bookmarks = append(p.bookmarks, bookmark{title, len(p.tree.pages), y})
}
