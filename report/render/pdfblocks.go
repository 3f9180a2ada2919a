package render

import (
	"fmt"
	"strings"

	"github.com/closeofbusiness/cob/report/document"
)

// The most lines of texts that are headlines. What is longer ends in an
// ellipsis: it is a mistake, and must not push the report off its first page.
const (
	maxTitleLines   = 4
	maxHeadingLines = 8
	maxTileLines    = 12
	maxHeaderLines  = 6
)

// baseline is where text of a size stands in a line of height lead.
func baseline(lead, size float64) float64 { return lead/2 + 0.36*size }

// head is the top of the first page.
func (p *pdf) head() []piece {
	d := p.doc
	eyebrow := p.fit(labelStyle.bold().spaced(0.7), strings.ToUpper(d.Eyebrow.String()), bodyWidth*0.6)
	class := p.fit(labelStyle.bold().in(soft).spaced(0.7), d.Classification.String(), bodyWidth*0.35)
	title := p.clip(p.wrap([]run{{textStyle.bold().at(titleSize).spaced(-0.19), d.Title.String()}}, bodyWidth), maxTitleLines, bodyWidth)
	revision := p.fit(labelStyle.at(8), d.RevisionLabel.String(), bodyWidth*0.4)
	subtitle := p.clip(p.wrap([]run{{labelStyle.at(8), d.Subtitle.String()}}, bodyWidth-revision.width-16), maxTitleLines, bodyWidth-revision.width-16)

	const titleLead, subLead = 22.0, 11.0
	titleTop := 17.0
	subTop := titleTop + titleLead*float64(len(title)) + 1
	height := subTop + subLead*float64(len(subtitle)) + 4
	return []piece{{height: height, draw: func(x, y float64) {
		p.text(x, y+10.5, eyebrow)
		p.classification(x+bodyWidth, y, class)
		p.lines(x, y+titleTop, titleLead, titleSize, title)
		p.lines(x, y+subTop, subLead, 8, subtitle)
		p.textRight(x+bodyWidth, y+subTop+baseline(subLead, 8), revision)
		p.rule(x, y+height, x+bodyWidth, y+height, ink, 0.8)
	}}}
}

func (p *pdf) classification(right, y float64, class line) {
	if class.width == 0 {
		return
	}
	w := class.width + 12
	p.frame(right-w, y, w, 14.5, grey, 0.6)
	p.text(right-w+6.3, y+9.9, class)
}

// lines draws lines under each other from y down.
func (p *pdf) lines(x, y, lead, size float64, ls []line) {
	for _, l := range ls {
		p.text(x, y+baseline(lead, size), l)
		y += lead
	}
}

// blocks turns blocks into pieces of the given width.
func (p *pdf) blocks(bs document.Blocks, width float64) []piece {
	var out []piece
	height := 0.0
	for i, b := range bs {
		if p.ctx.Err() != nil || height > tooTall {
			return out // place reports it
		}
		ps := p.block(b, width)
		if i > 0 && len(out) > 0 && len(ps) > 0 {
			ps[0].space = gap(bs[i-1], b)
		}
		out = append(out, ps...)
		height += stack(ps)
	}
	return out
}

// tooTall is a height that cannot be had on MaxPages pages. Setting more text
// than that would only cost time and memory.
const tooTall = (MaxPages + 2) * pageHeight

func (p *pdf) block(b document.Block, width float64) []piece {
	switch b := b.(type) {
	case document.Status:
		return p.band(b.Tone, b.Label, b.Text, width)
	case document.Callout:
		return p.band(b.Tone, b.Label, b.Text, width)
	case document.KPIs:
		return p.kpis(b, width)
	case document.Heading:
		return p.heading(b, width)
	case document.Paragraph:
		return p.paragraph(b, width)
	case document.List:
		return p.list(b, width)
	case document.Decision:
		return p.decision(b, width)
	case document.Table:
		return p.table(b, width)
	case document.Chart:
		return p.chart(b, width)
	case document.Columns:
		return p.columns(b, width)
	case document.Definitions:
		return p.definitions(b, width)
	case document.PageBreak:
		return []piece{{newPage: true}}
	}
	panic(fmt.Sprintf("no drawing for %T", b))
}

// gap is the white space between two blocks.
func gap(above, below document.Block) float64 {
	if h, ok := below.(document.Heading); ok {
		if h.Level == 1 {
			return 11
		}
		return 8
	}
	switch a := above.(type) {
	case document.Heading:
		return 0 // a heading brings its own
	case document.Paragraph:
		if b, ok := below.(document.Paragraph); ok && a.Small == b.Small {
			return 3
		}
		return 8
	case document.Status, document.Callout:
		switch below.(type) {
		case document.Status, document.Callout:
			return 4
		}
		return 8
	}
	if b, ok := below.(document.Paragraph); ok && b.Small {
		return 4 // a note on what stands above it
	}
	return 7
}

// chunk bounds the lines of one piece: a box or a row with more is continued
// as another piece, which may stand on another page.
const chunk = 40

// band is a coloured band with a bar at its left: a label, and text beside it.
func (p *pdf) band(tone document.Tone, label document.Text, text document.Inlines, width float64) []piece {
	bar, ground := bandColours(tone)
	const pad, left = 5.5, 11.0
	head := p.fit(style{face: sansBold, size: 8.2, colour: bar, spacing: 0.35}, label.String(), width*0.5)
	indent := left
	if head.width > 0 {
		indent += head.width + 7
	}
	ls := p.wrap(runs(text, textStyle), width-indent-left)
	var out []piece
	for len(ls) > 0 {
		part := ls[:min(len(ls), chunk)]
		ls = ls[len(part):]
		first := len(out) == 0
		h := textLead*float64(len(part)) + 2*pad
		out = append(out, piece{height: h, draw: func(x, y float64) {
			p.fillRect(x, y, width, h, ground)
			p.fillRect(x, y, 3, h, bar)
			if first {
				p.text(x+left, y+pad+baseline(textLead, textSize), head)
			}
			p.lines(x+indent, y+pad, textLead, textSize, part)
		}})
	}
	return out
}

// tile is a KPI tile, set.
type tile struct {
	label, value, detail []line
	of                   line
	size                 float64 // of the value
}

func (t tile) height() float64 {
	return 13 + 9.5*float64(len(t.label)) + t.size*1.22*float64(len(t.value)) + 10*float64(len(t.detail))
}

func (p *pdf) kpis(b document.KPIs, width float64) []piece {
	const between, leastWidth = 7.0, 120.0
	perRow := max(1, min(3, int((width+between)/(leastWidth+between))))
	w := (width - between*float64(perRow-1)) / float64(perRow)
	var out []piece
	for i := 0; i < len(b.Tiles); i += perRow {
		row := make([]tile, 0, perRow)
		h := 0.0
		for _, t := range b.Tiles[i:min(i+perRow, len(b.Tiles))] {
			set := p.tile(t, w-18)
			row = append(row, set)
			h = max(h, set.height())
		}
		out = append(out, piece{space: between, height: h, draw: func(x, y float64) {
			for _, t := range row {
				p.drawTile(t, x, y, w, h)
				x += w + between
			}
		}})
	}
	return out
}

// tile sets a tile's text. Words in the place of a figure ("not measured") are
// set smaller: they are no headline.
func (p *pdf) tile(t document.Tile, width float64) tile {
	set := tile{size: valueSize}
	if !strings.ContainsAny(t.Value.String(), "0123456789") {
		set.size = 12
	}
	figure := textStyle.bold().at(set.size)
	set.of = p.fit(labelStyle.at(10), t.Of.String(), width*0.6)
	set.label = p.clip(p.wrap([]run{{labelStyle, t.Label.String()}}, width), 3, width)
	set.value = p.clip(p.wrap([]run{{figure, t.Value.String()}}, width), 3, width)
	if last := set.value[len(set.value)-1]; set.of.width > 0 && last.width+set.of.width+5 > width {
		set.value = append(set.value, line{}) // no room beside it
	}
	set.detail = p.clip(p.wrap(runs(t.Detail, labelStyle.in(soft)), width), maxTileLines, width)
	return set
}

func (p *pdf) drawTile(t tile, x, y, w, h float64) {
	p.frame(x, y, w, h, hairline, 0.7)
	x += 9
	y += 6.5
	p.lines(x, y, 9.5, labelSize, t.label)
	y += 9.5 * float64(len(t.label))
	lead := t.size * 1.22
	p.lines(x, y, lead, t.size, t.value)
	y += lead * float64(len(t.value))
	last := t.value[len(t.value)-1].width
	if last > 0 {
		last += 5
	}
	p.text(x+last, y-lead+baseline(lead, t.size), t.of)
	p.lines(x, y+0.5, 10, labelSize, t.detail)
}

func (p *pdf) heading(b document.Heading, width float64) []piece {
	if b.Level == 2 {
		ps := p.caption(b.Text, b.Note, width)
		ps[0].newPage = b.PageBreak
		return ps
	}
	const lead = 13.0
	note := p.fit(labelStyle, b.Note.String(), width*0.6)
	text := p.clip(p.wrap([]run{{textStyle.bold().at(sectionSize), b.Text.String()}}, width-note.width-12), maxHeadingLines, width-note.width-12)
	h := lead*float64(len(text)) + 3.5
	return []piece{{height: h + 4.5, keep: true, newPage: b.PageBreak, title: b.Text.String(), draw: func(x, y float64) {
		if !b.Text.Empty() && width == bodyWidth {
			p.bookmark(b.Text.String(), y)
		}
		p.lines(x, y, lead, sectionSize, text)
		p.textRight(x+width, y+baseline(lead, sectionSize), note)
		p.rule(x, y+h, x+width, y+h, hairline, 0.7)
	}}}
}

// caption is a small bold line above a table or a chart, with a note at its
// right or, where there is no room, under it.
func (p *pdf) caption(text, note document.Text, width float64) []piece {
	const lead = 11.5
	right := p.one(labelStyle, note.String())
	room := width - right.width - 10
	if right.width == 0 {
		room = width
	}
	below := []line(nil)
	if room < width*0.4 {
		below = p.clip(p.wrap([]run{{labelStyle, note.String()}}, width), maxHeadingLines, width)
		right, room = line{}, width
	}
	ls := p.clip(p.wrap([]run{{textStyle.bold().at(tableSize), text.String()}}, room), maxHeadingLines, room)
	h := lead * float64(len(ls)+len(below))
	return []piece{{height: h + 1.5, keep: true, draw: func(x, y float64) {
		p.lines(x, y, lead, tableSize, ls)
		p.textRight(x+width, y+baseline(lead, labelSize), right)
		p.lines(x, y+lead*float64(len(ls)), lead, labelSize, below)
	}}}
}

func (p *pdf) paragraph(b document.Paragraph, width float64) []piece {
	if b.Small {
		return p.linePieces(p.wrap(runs(b.Text, smallStyle.in(soft)), width), smallLead, smallSize, 0)
	}
	return p.linePieces(p.wrap(runs(b.Text, textStyle), width), textLead, textSize, 0)
}

// linePieces makes every line a piece and keeps two together at either end, so
// that no line stands alone at the foot or the top of a page.
func (p *pdf) linePieces(ls []line, lead, size, indent float64) []piece {
	out := make([]piece, len(ls))
	for i, l := range ls {
		out[i] = piece{
			height: lead,
			keep:   i+1 < len(ls) && (i == 0 || i == len(ls)-2),
			draw:   func(x, y float64) { p.text(x+indent, y+baseline(lead, size), l) },
		}
	}
	return out
}

func (p *pdf) list(b document.List, width float64) []piece {
	var out []piece
	indent := 12.0
	if b.Ordered {
		indent = p.one(textStyle, fmt.Sprintf("%d.", len(b.Items))).width + 6
	}
	for i, item := range b.Items {
		mark := "•"
		if b.Ordered {
			mark = fmt.Sprintf("%d.", i+1)
		}
		m := p.one(textStyle.in(grey), mark)
		ps := p.linePieces(p.wrap(runs(item, textStyle), width-indent), textLead, textSize, indent)
		text := ps[0].draw
		ps[0].space = 2
		ps[0].draw = func(x, y float64) {
			p.text(x, y+baseline(textLead, textSize), m)
			text(x, y)
		}
		out = append(out, ps...)
	}
	return out
}

// decision is a question in a frame: who has to answer, and by when.
func (p *pdf) decision(b document.Decision, width float64) []piece {
	const pad, left, lead, size = 8.0, 9.0, 13.5, 10.0
	who := joinNonEmpty(" · ", b.ID.String(), b.Owner.String())
	label := p.one(style{face: sansBold, size: labelSize, colour: ink, spacing: 0.5}, "DECISION NEEDED")
	owner := p.fit(labelStyle.bold().in(ink), who, width*0.45)
	by := p.fit(labelStyle, b.By.String(), width*0.35)
	ls := p.wrap([]run{{textStyle.bold().at(size), b.Question.String()}}, width-2*left-by.width-14)
	var out []piece
	for first := true; len(ls) > 0; first = false {
		part := ls[:min(len(ls), chunk)]
		ls = ls[len(part):]
		top := pad
		if first {
			top += 11
		}
		h := top + lead*float64(len(part)) + pad - 1
		out = append(out, piece{height: h, draw: func(x, y float64) {
			p.frame(x, y, width, h, ink, 0.8)
			if first {
				p.text(x+left, y+pad+baseline(10, labelSize), label)
				p.textRight(x+width-left, y+pad+baseline(10, labelSize), owner)
				p.textRight(x+width-left, y+top+baseline(lead, size), by)
			}
			p.lines(x+left, y+top, lead, size, part)
		}})
	}
	return out
}

func joinNonEmpty(sep string, parts ...string) string {
	var kept []string
	for _, s := range parts {
		if strings.TrimSpace(s) != "" {
			kept = append(kept, s)
		}
	}
	return strings.Join(kept, sep)
}

// columns sets two flows side by side. Where they don't fit on a page so, the
// left stands first, in full width.
func (p *pdf) columns(b document.Columns, width float64) []piece {
	const between = 14.0
	ratio := b.Ratio
	if ratio == 0 {
		ratio = 0.5
	}
	lw := (width - between) * ratio
	rw := width - between - lw
	const least = 90.0
	if lw < least || rw < least {
		return p.blocks(append(append(document.Blocks{}, b.Left...), b.Right...), width)
	}
	left, right := p.blocks(b.Left, lw), p.blocks(b.Right, rw)
	h := max(stack(left), stack(right))
	if h > bodyHeight*0.9 {
		return p.blocks(append(append(document.Blocks{}, b.Left...), b.Right...), width)
	}
	return []piece{{height: h, draw: func(x, y float64) {
		drawStack(left, x, y)
		drawStack(right, x+lw+between, y)
	}}}
}

func drawStack(ps []piece, x, y float64) {
	for i := range ps {
		if i > 0 {
			y += ps[i].space
		}
		if ps[i].draw != nil {
			ps[i].draw(x, y)
		}
		y += ps[i].height
	}
}

// definitions are terms in a grey left column and what they mean, over
// hairlines.
func (p *pdf) definitions(b document.Definitions, width float64) []piece {
	const pad, lead = 2.1, 9.5
	term := p.termWidth(b, width)
	base := labelStyle.in(ink)
	var out []piece
	for _, item := range b.Items {
		ts := p.clip(p.wrap([]run{{labelStyle, item.Term.String()}}, term), chunk, term)
		var ls []line
		for _, t := range item.Text {
			ls = append(ls, p.wrap(runs(t, base), width-term-12)...)
		}
		out = append(out, p.definition(ts, ls, term+12, width, pad, lead)...)
	}
	return out
}

func (p *pdf) definition(term, text []line, indent, width, pad, lead float64) []piece {
	var out []piece
	n := max(len(term), len(text))
	for from := 0; from < n; from += chunk {
		to := min(n, from+chunk)
		rows := to - from
		h := lead*float64(rows) + 2*pad
		out = append(out, piece{height: h, draw: func(x, y float64) {
			p.lines(x, y+pad, lead, labelSize, part(term, from, to))
			p.lines(x+indent, y+pad, lead, labelSize, part(text, from, to))
			if to == n {
				p.rule(x, y+h, x+width, y+h, rowline, 0.6)
			}
		}})
	}
	return out
}

// part is ls[from:to] as far as there is any.
func part(ls []line, from, to int) []line {
	if from >= len(ls) {
		return nil
	}
	return ls[from:min(to, len(ls))]
}

func (p *pdf) termWidth(b document.Definitions, width float64) float64 {
	w := 50.0
	for _, item := range b.Items {
		w = max(w, p.one(labelStyle, item.Term.String()).width)
	}
	return min(w, width*0.28)
}
