package render

import (
	"fmt"
	"math"
	"strconv"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"

	"github.com/closeofbusiness/cob/report/document"
)

// furniture draws what stands on every page beside the flow: under it the
// watermark, around it banners, the running head and the foot. None of it is
// part of what is read.
func (p *pdf) furniture(n int) {
	if s := p.doc.Style; s != nil {
		p.drawWatermark(s.Watermark)
		p.inNode(pagination)
		p.banner(s.Banner, bannerInset)
		p.banner(s.Banner, p.sheet.height-bannerInset-bannerTall)
	}
	p.inNode(pagination)
	if n > 1 {
		p.runningHead()
	}
	p.foot(n)
	p.inNode(decoration)
}

func (p *pdf) runningHead() {
	const y = margin
	right := p.sheet.width - margin
	small := labelStyle.at(7.8)
	class := p.fit(small, p.doc.Classification.String(), p.width*0.4)
	p.textRight(right, y, class)
	p.text(margin, y, p.fit(small, p.doc.RunningHead.String(), p.width-class.width-12))
	p.rule(margin, y+7.5, right, y+7.5, hairline, 0.7)
}

func (p *pdf) foot(n int) {
	y := p.sheet.foot()
	right := p.sheet.width - margin
	p.rule(margin, y-9.5, right, y-9.5, hairline, 0.7)
	number := p.one(labelStyle, fmt.Sprintf("Page %d of %d", n, p.total))
	p.textRight(right, y, number)
	left := p.doc.Footer.String()
	if s := p.doc.Style; s != nil {
		left = joinNonEmpty(" · ", s.Watermark.String(), left)
	}
	p.text(margin, y, p.fit(labelStyle, left, p.width-number.width-12))
}

// banner is a dark band over the width of the text.
func (p *pdf) banner(text document.Text, y float64) {
	if text.Empty() {
		return
	}
	l := p.fit(labelStyle.bold().in(white).at(7.8).spaced(0.6), text.String(), p.width-20)
	p.fillRect(margin, y, p.width, bannerTall, ink)
	p.text(margin+(p.width-l.width)/2, y+baseline(bannerTall, 7.8), l)
}

// pale is a watermark's colour: seen on white, and no hindrance to black.
var pale = colour{0xec, 0xee, 0xf1}

// maxWatermark is a watermark's largest size: short words would else fill the
// page.
const maxWatermark = 150.0

// drawWatermark draws a word across the page from the lower left to the upper
// right, as outlines: as text, its letters would be copied and searched among
// those of the report, whose lines they cross. The foot says the word as text.
func (p *pdf) drawWatermark(text document.Text) {
	if text.Empty() {
		return
	}
	w, h := p.sheet.width, p.sheet.height
	room := math.Hypot(w, h) * 0.72
	l := p.fit(textStyle.bold().at(10), text.String(), room)
	scale := min(maxWatermark, 10*room/l.width) / 10
	p.enter(watermark)
	c := &p.canvas
	before := c.pen
	c.out.WriteString("q\n")
	c.setFill(pale)
	sin, cos := math.Sincos(math.Atan2(h, w))
	c.out.WriteString(fine(cos) + " " + fine(sin) + " " + fine(-sin) + " " + fine(cos) + " " + num(w/2) + " " + num(h/2) + " cm\n")
	x := -l.width / 2 * scale
	for _, s := range l.spans {
		for _, r := range s.text {
			x += p.outline(s.style.face, r, x, -3.6*scale, 10*scale)
		}
	}
	c.out.WriteString("Q\n")
	c.pen = before
}

// outline fills a character's shape with its foot at a place, measured upwards,
// and returns how wide it is.
func (p *pdf) outline(f face, r rune, x, y, size float64) float64 {
	font, err := parsed[f]()
	if err != nil {
		panic("embedded font: " + err.Error())
	}
	em := fixed.Int26_6(font.UnitsPerEm())
	i, err := font.GlyphIndex(&p.buf, r)
	if err != nil {
		return 0
	}
	segments, err := font.LoadGlyph(&p.buf, i, em, nil)
	if err != nil {
		return 0
	}
	at := func(q fixed.Point26_6) (float64, float64) {
		return x + float64(q.X)/float64(em)*size, y - float64(q.Y)/float64(em)*size
	}
	var px, py float64 // where the pen is
	for _, s := range segments {
		ax, ay := at(s.Args[0])
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			p.canvas.op("m", ax, ay)
			px, py = ax, ay
		case sfnt.SegmentOpLineTo:
			p.canvas.op("l", ax, ay)
			px, py = ax, ay
		case sfnt.SegmentOpQuadTo: // a PDF has cubic curves only
			bx, by := at(s.Args[1])
			p.canvas.op("c", px+(ax-px)*2/3, py+(ay-py)*2/3, bx+(ax-bx)*2/3, by+(ay-by)*2/3, bx, by)
			px, py = bx, by
		}
	}
	p.canvas.op("f")
	return float64(p.advance(f, r)) / 1000 * size
}

// fine writes a part of a rotation, for which two decimals are too few.
func fine(f float64) string { return strconv.FormatFloat(f, 'f', 5, 64) }
