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

// head is the top of the first page. A logo takes room at the right of its
// first two lines.
func (p *pdf) head() []piece {
	d := p.doc
	room := p.width
	if p.logo != nil {
		room -= p.logo.width + 14
	}
	eyebrow := p.fit(labelStyle.bold().spaced(0.7), strings.ToUpper(d.Eyebrow.String()), room*0.6)
	class := p.fit(labelStyle.bold().in(soft).spaced(0.7), d.Classification.String(), room*0.35)
	title := p.clip(p.wrap([]run{{textStyle.bold().at(titleSize).spaced(-0.19), d.Title.String()}}, room), maxTitleLines, room)
	revision := p.fit(labelStyle.at(8), d.RevisionLabel.String(), p.width*0.4)
	subtitle := p.clip(p.wrap([]run{{labelStyle.at(8), d.Subtitle.String()}}, p.width-revision.width-16), maxTitleLines, p.width-revision.width-16)

	const titleLead, subLead = 22.0, 11.0
	titleTop := 17.0
	subTop := titleTop + titleLead*float64(len(title)) + 1
	height := subTop + subLead*float64(len(subtitle)) + 4
	eyebrowTag, classTag, titleTag, subTag, revisionTag := p.tag(para), p.tag(para), p.tag(h1), p.tag(para), p.tag(para)
	return []piece{{height: height, draw: func(x, y float64) {
		if p.logo != nil {
			p.drawLogo(x+p.width, y)
		}
		p.in(eyebrowTag)
		p.text(x, y+10.5, eyebrow)
		p.in(classTag)
		p.classification(x+room, y, class)
		p.in(titleTag)
		p.lines(x, y+titleTop, titleLead, titleSize, title)
		p.in(subTag)
		p.lines(x, y+subTop, subLead, 8, subtitle)
		p.in(revisionTag)
		p.textRight(x+p.width, y+subTop+baseline(subLead, 8), revision)
		p.rule(x, y+height, x+p.width, y+height, p.look.rule(), 0.8)
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
const tooTall = (MaxPages + 2) * 297 * mm

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
	case document.Quote:
		return p.quote(b, width)
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
	t := p.tag(para)
	var out []piece
	for len(ls) > 0 {
		part := ls[:min(len(ls), chunk)]
		ls = ls[len(part):]
		first := len(out) == 0
		h := textLead*float64(len(part)) + 2*pad
		out = append(out, piece{height: h, draw: func(x, y float64) {
			p.in(t)
			p.fillRect(x, y, width, h, ground)
			p.fillRect(x, y, 3, h, bar)
			if first {
				p.text(x+left, y+pad+baseline(textLead, textSize), apart(head))
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
	box := p.tag(div)
	p.in(&tag{role: para, parent: box})
	p.frame(x, y, w, h, hairline, 0.7)
	if p.look.accented {
		p.fillRect(x-0.35, y-0.35, w+0.7, 2, p.look.accent)
	}
	x += 9
	y += 6.5
	p.lines(x, y, 9.5, labelSize, t.label)
	y += 9.5 * float64(len(t.label))
	lead := t.size * 1.22
	p.in(&tag{role: para, parent: box})
	last := t.value[len(t.value)-1].width
	if last > 0 {
		last += 5
	}
	if t.of.width > 0 {
		t.value[len(t.value)-1].more = true
	}
	p.lines(x, y, lead, t.size, t.value)
	y += lead * float64(len(t.value))
	p.text(x+last, y-lead+baseline(lead, t.size), t.of)
	p.in(&tag{role: para, parent: box})
	p.lines(x, y+0.5, 10, labelSize, t.detail)
}

func (p *pdf) heading(b document.Heading, width float64) []piece {
	switch b.Level {
	case 2:
		return p.subheading(p.caption(b.Text, b.Note, width, p.tag(h3)), b)
	case 3:
		return p.subheading(p.titled(b.Text, b.Note, width, p.tag(h4), textStyle.bold().in(soft).at(labelSize)), b)
	}
	const lead = 13.0
	note := p.fit(labelStyle, b.Note.String(), width*0.6)
	text := p.clip(p.wrap([]run{{textStyle.bold().at(sectionSize), b.Text.String()}}, width-note.width-12), maxHeadingLines, width-note.width-12)
	h := lead*float64(len(text)) + 3.5
	t := p.tag(h2)
	return []piece{{height: h + 4.5, keep: true, newPage: b.PageBreak, title: b.Text.String(), draw: func(x, y float64) {
		if !b.Text.Empty() && width == p.width {
			p.bookmark(b.Text.String(), y)
		}
		p.in(t)
		p.lines(x, y, lead, sectionSize, text)
		p.note(x+width, y+baseline(lead, sectionSize), note)
		p.in(t)
		p.rule(x, y+h, x+width, y+h, hairline, 0.7)
	}}}
}

func (p *pdf) subheading(ps []piece, b document.Heading) []piece {
	ps[0].newPage = b.PageBreak
	return ps
}

// note is what stands right of a heading. It is read after it, as a paragraph.
func (p *pdf) note(right, y float64, l line) {
	if l.width > 0 {
		p.in(p.tag(para))
		p.textRight(right, y, l)
	}
}

// caption is a small bold line above a table or a chart, with a note at its
// right or, where there is no room, under it.
func (p *pdf) caption(text, note document.Text, width float64, t *tag) []piece {
	return p.titled(text, note, width, t, textStyle.bold().at(tableSize))
}

func (p *pdf) titled(text, note document.Text, width float64, t *tag, st style) []piece {
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
	ls := p.clip(p.wrap([]run{{st, text.String()}}, room), maxHeadingLines, room)
	if !note.Empty() {
		ls[len(ls)-1].more = true
	}
	h := lead * float64(len(ls)+len(below))
	return []piece{{height: h + 1.5, keep: true, draw: func(x, y float64) {
		p.in(t)
		p.lines(x, y, lead, st.size, ls)
		p.textRight(x+width, y+baseline(lead, labelSize), right)
		p.lines(x, y+lead*float64(len(ls)), lead, labelSize, below)
	}}}
}

func (p *pdf) paragraph(b document.Paragraph, width float64) []piece {
	if b.Small {
		return p.linePieces(p.wrap(runs(b.Text, smallStyle.in(soft)), width), smallLead, smallSize, 0, p.tag(para))
	}
	return p.linePieces(p.wrap(runs(b.Text, textStyle), width), textLead, textSize, 0, p.tag(para))
}

// quote is text of somebody else's, indented beside a line.
func (p *pdf) quote(b document.Quote, width float64) []piece {
	const indent = 12.0
	t := &tag{role: para, parent: p.tag(blockQuote)}
	out := p.linePieces(p.wrap(runs(b.Text, textStyle.in(soft)), width-2*indent), textLead, textSize, indent, t)
	for i := range out {
		text := out[i].draw
		out[i].draw = func(x, y float64) {
			text(x, y)
			p.rule(x+3, y, x+3, y+textLead, hairline, 1.6)
		}
	}
	return out
}

// linePieces makes every line a piece and keeps two together at either end, so
// that no line stands alone at the foot or the top of a page.
func (p *pdf) linePieces(ls []line, lead, size, indent float64, t *tag) []piece {
	out := make([]piece, len(ls))
	for i, l := range ls {
		out[i] = piece{
			height: lead,
			keep:   i+1 < len(ls) && (i == 0 || i == len(ls)-2),
			draw: func(x, y float64) {
				p.in(t)
				p.text(x+indent, y+baseline(lead, size), l)
			},
		}
	}
	return out
}

// openList is a list, or one within it, whose items are being set.
type openList struct {
	tag    *tag
	item   *tag // the last one: what a list within it belongs to
	n      int
	indent float64 // of its marks
	text   float64 // of its text from there
}

func (p *pdf) list(b document.List, width float64) []piece {
	var out []piece
	var open []openList
	for i, item := range b.Items {
		level := 0
		if i < len(b.Levels) {
			level = b.Levels[i]
		}
		open = p.openTo(open, level, b)
		l := &open[len(open)-1]
		l.n++
		l.item = &tag{role: listItem, parent: l.tag}
		out = append(out, p.listItem(*l, item, b.Ordered, width)...)
	}
	return out
}

// openTo closes lists deeper than a level, and opens one where it is deeper
// than before.
func (p *pdf) openTo(open []openList, level int, b document.List) []openList {
	open = open[:min(len(open), level+1)]
	if len(open) == 0 || len(open) <= level {
		l := openList{tag: p.tag(list), text: 12}
		if b.Ordered {
			l.text = p.one(textStyle, fmt.Sprintf("%d.", len(b.Items))).width + 6
		}
		if n := len(open); n > 0 {
			l.tag.parent, l.indent = open[n-1].item, open[n-1].indent+open[n-1].text
		}
		open = append(open, l)
	}
	return open
}

func (p *pdf) listItem(l openList, item document.Inlines, ordered bool, width float64) []piece {
	mark := "•"
	if ordered {
		mark = fmt.Sprintf("%d.", l.n)
	} else if l.indent > 0 {
		mark = "–"
	}
	m := apart(p.one(textStyle.in(grey), mark))
	indent := l.indent + l.text
	label := &tag{role: listLabel, parent: l.item}
	body := &tag{role: listBody, parent: l.item}
	ps := p.linePieces(p.wrap(runs(item, textStyle), width-indent), textLead, textSize, indent, body)
	text := ps[0].draw
	ps[0].space = 2
	ps[0].draw = func(x, y float64) {
		p.in(label)
		p.text(x+l.indent, y+baseline(textLead, textSize), m)
		text(x, y)
	}
	return ps
}

// decision is a question in a frame: who has to answer, and by when.
func (p *pdf) decision(b document.Decision, width float64) []piece {
	const pad, left, lead, size = 8.0, 9.0, 13.5, 10.0
	who := joinNonEmpty(" · ", b.ID.String(), b.Owner.String())
	label := p.one(style{face: sansBold, size: labelSize, colour: ink, spacing: 0.5}, "DECISION NEEDED")
	owner := p.fit(labelStyle.bold().in(ink), who, width*0.45)
	by := p.fit(labelStyle, b.By.String(), width*0.35)
	ls := p.wrap([]run{{textStyle.bold().at(size), b.Question.String()}}, width-2*left-by.width-14)
	box := p.tag(div)
	heading, question := &tag{role: para, parent: box}, &tag{role: para, parent: box}
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
			p.in(heading)
			p.frame(x, y, width, h, ink, 0.8)
			if first {
				p.text(x+left, y+pad+baseline(10, labelSize), apart(label))
				p.textRight(x+width-left, y+pad+baseline(10, labelSize), apart(owner))
				p.textRight(x+width-left, y+top+baseline(lead, size), by)
			}
			p.in(question)
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
	if h > p.sheet.bodyHeight()*0.9 {
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

const (
	definitionPad  = 2.1
	definitionLead = 9.5
)

// definitions are terms in a grey left column and what they mean, over
// hairlines.
func (p *pdf) definitions(b document.Definitions, width float64) []piece {
	term := p.termWidth(b, width)
	base := labelStyle.in(ink)
	all := p.tag(list)
	var out []piece
	for _, item := range b.Items {
		ts := p.clip(p.wrap([]run{{labelStyle, item.Term.String()}}, term), chunk, term)
		var ls []line
		for _, t := range item.Text {
			ls = append(ls, p.wrap(runs(t, base), width-term-12)...)
			ls[len(ls)-1].more = true
		}
		out = append(out, p.definition(ts, ls, term+12, width, &tag{role: listItem, parent: all})...)
	}
	return out
}

func (p *pdf) definition(term, text []line, indent, width float64, item *tag) []piece {
	const pad, lead = definitionPad, definitionLead
	label, body := &tag{role: listLabel, parent: item}, &tag{role: listBody, parent: item}
	var out []piece
	n := max(len(term), len(text))
	for from := 0; from < n; from += chunk {
		to := min(n, from+chunk)
		rows := to - from
		h := lead*float64(rows) + 2*pad
		out = append(out, piece{height: h, draw: func(x, y float64) {
			p.in(label)
			p.lines(x, y+pad, lead, labelSize, part(term, from, to))
			p.in(body)
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
