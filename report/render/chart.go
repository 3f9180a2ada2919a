package render

import (
	"math"
	"strconv"
	"strings"

	"github.com/closeofbusiness/cob/report/document"
)

// drawing is a chart as shapes, laid out once and painted to PDF or SVG. Its
// origin is the top left, its unit the point.
type drawing struct {
	width, height float64
	head          float64 // of the height: what stands above the first bar
	shapes        []shape
}

// shape is a stroke, a polyline, a polygon, a box, a dot or a label.
type shape interface{}

type point struct{ x, y float64 }

type stroke struct {
	from, to point
	width    float64
	colour   colour
}

type polyline struct {
	points []point
	width  float64
	colour colour
	dash   dash
}

// polygon is filled.
type polygon struct {
	points []point
	colour colour
}

type box struct {
	at            point
	width, height float64
	colour        colour
}

type dot struct {
	at     point
	radius float64
	colour colour
}

type label struct {
	at   point // left end of the baseline
	text line
}

func (d *drawing) add(s ...shape) { d.shapes = append(d.shapes, s...) }

// chartText is the size of a chart's labels.
const chartText = 7.0

var chartLabel = labelStyle.at(chartText)

// drawChart lays a chart out in the given width.
func (t *typesetter) drawChart(c document.Chart, width float64) drawing {
	switch c.Kind {
	case document.Bars:
		return t.bars(c, width)
	case document.Stacked:
		return t.stacked(c, width)
	}
	return t.lineChart(c, width)
}

const (
	plotHeight = 53.0
	plotTop    = 7.0
)

// plot is where a line chart's values lie within its drawing.
type plot struct {
	top, left, right float64
	scale            scale
	xs               []float64 // of the points
}

func (p plot) bottom() float64 { return p.top + plotHeight }

func (p plot) y(v float64) float64 {
	return p.top + plotHeight*(p.scale.high-v)/(p.scale.high-p.scale.low)
}

// lineChart draws days from left to right, one line or a line for each series.
// Days without a value are left open on a grey ground: no line is ever joined
// across them.
func (t *typesetter) lineChart(c document.Chart, width float64) drawing {
	d := drawing{width: width}
	all := seriesValues(c)
	pl := plot{top: plotTop + t.legend(&d, c, lineKey), scale: scaleOf(all...)}
	d.height = pl.top + plotHeight + 15
	t.axis(&d, &pl, c, measured(all))
	pl.xs = spread(len(c.Points), pl.left+3, pl.right-3)
	gaps(&d, pl, c)
	for i, values := range all {
		t.stretches(&d, pl, values, i, len(c.Series) > 1)
	}
	if len(c.Series) == 0 {
		t.emphasised(&d, pl, c.Points)
	}
	t.dayLabels(&d, pl, c)
	return d
}

// seriesValues are a chart's values line by line.
func seriesValues(c document.Chart) [][]*float64 {
	out := make([][]*float64, max(1, len(c.Series)))
	for i := range out {
		out[i] = make([]*float64, len(c.Points))
		for k, p := range c.Points {
			if len(c.Series) == 0 {
				out[i][k] = p.Value
			} else if i < len(p.Parts) {
				out[i][k] = p.Parts[i].Value
			}
		}
	}
	return out
}

func measured(all [][]*float64) bool {
	for _, values := range all {
		for _, v := range values {
			if v != nil {
				return true
			}
		}
	}
	return false
}

// axis draws the ticks with their numbers, the topmost with the unit. Where
// nothing was measured there is no scale to show, only the ground line.
func (t *typesetter) axis(d *drawing, pl *plot, c document.Chart, measured bool) {
	ticks := pl.scale.ticks()
	if !measured {
		ticks = nil
	}
	labels := make([]line, len(ticks))
	for i, v := range ticks {
		text := pl.scale.text(v)
		if i == len(ticks)-1 && !c.Unit.Empty() {
			text += " " + c.Unit.String()
		}
		labels[i] = t.fit(chartLabel, text, d.width*0.25)
		pl.left = max(pl.left, labels[i].width)
	}
	pl.left += 7
	pl.right = d.width - t.valueRoom(c.Points)
	for i, v := range ticks {
		colour := rowline
		if v == 0 && pl.scale.low < 0 {
			colour = hairline // what is above and what below
		}
		d.add(stroke{point{pl.left, pl.y(v)}, point{pl.right, pl.y(v)}, 0.5, colour})
		d.add(label{point{pl.left - 7 - labels[i].width, pl.y(v) + chartText*0.36}, labels[i]})
	}
	if !measured {
		d.add(stroke{point{pl.left, pl.bottom()}, point{pl.right, pl.bottom()}, 0.5, hairline})
	}
}

// gaps lays a grey ground under the days on which something was not measured.
func gaps(d *drawing, pl plot, c document.Chart) {
	for i := 0; i < len(c.Points); i++ {
		if !gapAt(c, i) {
			continue
		}
		j := i
		for j+1 < len(c.Points) && gapAt(c, j+1) {
			j++
		}
		half := 4.0
		if len(pl.xs) > 1 {
			half = min(half, (pl.xs[1]-pl.xs[0])/2)
		}
		from, to := max(pl.left, pl.xs[i]-half), min(pl.right, pl.xs[j]+half)
		d.add(box{point{from, pl.top}, max(0, to-from), plotHeight, neutralTint})
		i = j
	}
}

// gapAt tells whether anything was not measured at a point.
func gapAt(c document.Chart, i int) bool {
	p := c.Points[i]
	if len(c.Series) == 0 {
		return p.Value == nil
	}
	for _, part := range p.Parts {
		if part.Value == nil {
			return true
		}
	}
	return len(p.Parts) == 0
}

// valueRoom is the width right of the plot for the value of an emphasised
// point.
func (t *typesetter) valueRoom(ps []document.ChartPoint) float64 {
	w := 4.0
	for _, p := range ps {
		if p.Emphasis {
			w = max(w, t.fit(chartLabel.bold(), p.Shown.String(), 70).width+9)
		}
	}
	return w
}

// spread places n points evenly between two edges.
func spread(n int, from, to float64) []float64 {
	xs := make([]float64, n)
	for i := range xs {
		xs[i] = (from + to) / 2
		if n > 1 {
			xs[i] = from + (to-from)*float64(i)/float64(n-1)
		}
	}
	return xs
}

// stretches draws a line in its unbroken parts. A day between two gaps is a
// mark, as no line could show it.
func (t *typesetter) stretches(d *drawing, pl plot, values []*float64, series int, several bool) {
	k := t.key(series)
	for i := 0; i < len(values); {
		if values[i] == nil {
			i++
			continue
		}
		var at []point
		for ; i < len(values) && values[i] != nil; i++ {
			at = append(at, point{pl.xs[i], pl.y(*values[i])})
		}
		switch {
		case len(at) > 1:
			d.add(polyline{at, 1.3, k.colour, k.dash})
		case !several:
			d.add(dot{at[0], 1.8, k.colour})
		}
		if several {
			d.marks(at, k)
		}
	}
}

// marks draws a series' mark at its points, as far apart that they can be told
// from each other, and always at both ends.
func (d *drawing) marks(at []point, k key) {
	last := math.Inf(-1)
	for i, q := range at {
		if i == len(at)-1 || q.x-last >= 9 {
			d.add(k.mark(q, 1.9)...)
			last = q.x
		}
	}
}

// emphasised draws the points that stand out, with their values.
func (t *typesetter) emphasised(d *drawing, pl plot, ps []document.ChartPoint) {
	for i, p := range ps {
		if !p.Emphasis || p.Value == nil {
			continue
		}
		c := toneColour(p.Tone, t.look.data())
		at := point{pl.xs[i], pl.y(*p.Value)}
		d.add(dot{at, 2.3, c})
		value := t.fit(chartLabel.bold().in(c), p.Shown.String(), 70)
		d.add(label{point{min(at.x+5, d.width-value.width), at.y + chartText*0.2}, value})
	}
}

// dayLabels names the first and the last day, and between them the gaps, each
// as far as there is room.
func (t *typesetter) dayLabels(d *drawing, pl plot, c document.Chart) {
	ps, xs := c.Points, pl.xs
	if len(ps) == 0 {
		return
	}
	left, right := pl.left, d.width
	row := labelRow{y: pl.bottom() + 11, left: left, right: right}
	if wholly(c) {
		t.gapLabel(d, &row, c, 0, len(ps)-1, (xs[0]+xs[len(xs)-1])/2)
		return
	}
	third := (right - left) / 3
	first := t.fit(chartLabel, ps[0].Label.String(), third)
	row.put(d, max(left, xs[0]-first.width/2), first)
	if n := len(ps); n > 1 {
		last := t.fit(chartLabel, ps[n-1].Label.String(), third)
		row.put(d, min(xs[n-1]-last.width/2, right-last.width), last)
	}
	for i := 0; i < len(ps); i++ {
		if !gapAt(c, i) {
			continue
		}
		j := i
		for j+1 < len(ps) && gapAt(c, j+1) {
			j++
		}
		t.gapLabel(d, &row, c, i, j, (xs[i]+xs[j])/2)
		i = j
	}
}

// wholly tells whether a chart is one gap.
func wholly(c document.Chart) bool {
	for i := range c.Points {
		if !gapAt(c, i) {
			return false
		}
	}
	return true
}

// gapLabel names the days from i to j and says what they lack, or only names
// them where there is less room.
func (t *typesetter) gapLabel(d *drawing, row *labelRow, c document.Chart, i, j int, middle float64) {
	name := c.Points[i].Label.String()
	if j > i {
		name += "–" + c.Points[j].Label.String()
	}
	full := t.one(chartLabel, name+": "+gapText(c, i))
	short := t.one(chartLabel, name)
	if !row.put(d, middle-full.width/2, full) {
		row.put(d, middle-short.width/2, short)
	}
}

// gapText is how a point says that it was not measured, or which of its series
// was not.
func gapText(c document.Chart, i int) string {
	p := c.Points[i]
	var without []string
	for k, part := range p.Parts {
		if part.Value == nil && k < len(c.Series) {
			without = append(without, c.Series[k].String()+" "+part.Shown.String())
		}
	}
	if len(without) == 0 || len(without) == len(p.Parts) && !p.Shown.Empty() {
		return p.Shown.String()
	}
	return strings.Join(without, ", ")
}

// labelRow keeps labels on one line from touching.
type labelRow struct {
	y, left, right float64
	taken          [][2]float64
}

func (r *labelRow) put(d *drawing, x float64, text line) bool {
	x = max(r.left, min(x, r.right-text.width))
	if x < r.left-tolerance || text.width == 0 {
		return false
	}
	for _, t := range r.taken {
		if x < t[1]+6 && x+text.width > t[0]-6 {
			return false
		}
	}
	r.taken = append(r.taken, [2]float64{x, x + text.width})
	d.add(label{point{x, r.y}, text})
	return true
}

const (
	barPitch  = 14.6
	barHeight = 7.4
)

// bars draws one bar under the other, each with its label left and its value
// right, and a mark where the compared value lies.
func (t *typesetter) bars(c document.Chart, width float64) drawing {
	d := drawing{width: width, height: 2 + barPitch*float64(len(c.Points)), head: 2}
	names, shown, marks := t.barTexts(c, width)
	nameWidth, shownWidth, markWidth := widest(names), widest(shown), widest(marks)
	from := nameWidth + 9
	to := width - shownWidth - 8
	if to-markWidth-10-from >= width*0.3 && markWidth > 0 {
		to -= markWidth + 10
	} else {
		marks, markWidth = nil, 0
	}
	low, high := barRange(c.Points)
	x := func(v float64) float64 { return from + (to-from)*(v-low)/(high-low) }
	for i, p := range c.Points {
		top := 2 + barPitch*float64(i) + (barPitch-barHeight)/2
		base := top + barHeight/2 + chartText*0.36
		d.add(label{point{0, base}, names[i]})
		valueRight := width
		if markWidth > 0 {
			d.add(label{point{width - marks[i].width, base}, marks[i]})
			valueRight -= markWidth + 10
		}
		d.add(label{point{valueRight - shown[i].width, base}, shown[i]})
		drawBar(&d, p, x, top, t.look.data())
	}
	return d
}

func (t *typesetter) barTexts(c document.Chart, width float64) (names, shown, marks []line) {
	for _, p := range c.Points {
		name := t.fit(chartLabel.in(ink), p.Label.String(), width*0.34)
		if !p.Footnote.Empty() {
			note := style{face: sansBold, size: chartText * 0.8, colour: worse, rise: chartText * 0.32}
			name = joinLines(name, t.fit(note, p.Footnote.String(), 30))
		}
		names = append(names, name)
		value := chartLabel.in(ink)
		if p.Emphasis {
			value = value.bold().in(toneColour(p.Tone, ink))
		}
		shown = append(shown, t.fit(value, p.Shown.String(), width*0.3))
		marks = append(marks, t.fit(chartLabel, p.MarkText.String(), width*0.3))
	}
	return names, shown, marks
}

// joinLines sets b after a with the gap of a footnote letter.
func joinLines(a, b line) line {
	spans := append(append([]span{}, a.spans...), span{width: noteGap})
	return line{spans: append(spans, b.spans...), width: a.width + noteGap + b.width}
}

// barRange spans zero and every value and mark: bars always begin at zero.
func barRange(ps []document.ChartPoint) (low, high float64) {
	for _, p := range ps {
		for _, v := range []*float64{p.Value, p.Mark} {
			if v != nil {
				low, high = min(low, *v), max(high, *v)
			}
		}
	}
	if low == high {
		high = low + 1
	}
	return low, high
}

func drawBar(d *drawing, p document.ChartPoint, x func(float64) float64, top float64, data colour) {
	if p.Value != nil {
		from, to := min(x(0), x(*p.Value)), max(x(0), x(*p.Value))
		d.add(box{point{from, top}, to - from, barHeight, data})
	}
	if p.Mark != nil {
		at := x(*p.Mark)
		// White beside the mark keeps it apart from the bar it crosses.
		d.add(box{point{at - 1.5, top - 2}, 3, barHeight + 4, white})
		d.add(box{point{at - 0.6, top - 2}, 1.2, barHeight + 4, worse})
	}
}

// scale is a vertical axis with ticks at round numbers.
type scale struct {
	low, high, step float64
}

// leastValue is what is drawn as zero: no scale can be laid over values that
// floating-point numbers hardly tell from it.
const leastValue = 1e-15

// scaleOf fits three to six ticks around the values. It begins at zero when
// the values come near it, and never shows less than zero without need.
func scaleOf(series ...[]*float64) scale {
	low, high := math.Inf(1), math.Inf(-1)
	for _, values := range series {
		for _, v := range values {
			if v != nil {
				low, high = min(low, *v), max(high, *v)
			}
		}
	}
	if low > high || max(math.Abs(low), math.Abs(high)) < leastValue {
		return scale{0, 1, 1}
	}
	if low > 0 && low < high*0.35 {
		low = 0
	}
	span := high - low
	if span < math.Abs(high)*1e-9 {
		span = math.Abs(high) * 0.1
	}
	step := niceStep(span / 3)
	s := scale{math.Floor(low/step) * step, math.Ceil(high/step) * step, step}
	if s.low == s.high {
		s.high += step
	}
	return s
}

// niceStep is the round number (1, 2 or 5 times a power of ten) at or above
// the least step wanted.
func niceStep(least float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(least)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= least*0.999 {
			return m * power
		}
	}
	return 10 * power
}

func (s scale) ticks() []float64 {
	n := int(math.Round((s.high - s.low) / s.step))
	out := make([]float64, 0, n+1)
	for i := range min(n, 12) + 1 {
		out = append(out, s.low+float64(i)*s.step)
	}
	return out
}

func (s scale) text(v float64) string {
	decimals := 0
	if s.step < 1 {
		decimals = int(math.Ceil(-math.Log10(s.step) - 1e-9))
	}
	if math.Abs(v) < s.step/2 {
		v = 0
	}
	return strconv.FormatFloat(v, 'f', min(decimals, 9), 64)
}

// chart is a caption and its drawing. A bar chart that would not fit on a page
// is drawn in parts, all on one scale. It is laid out once for its height and
// again when it is drawn: kept until then, the shapes of many would fill the
// memory.
func (p *pdf) chart(b document.Chart, width float64) []piece {
	var out []piece
	t := &tag{role: figure, alt: described(b)}
	if !b.Caption.Empty() || !b.Note.Empty() {
		out = p.caption(b.Caption, b.Note, width, &tag{role: caption, parent: t})
	}
	d := p.drawChart(b, width)
	height, head := d.height, d.head
	if height <= p.sheet.bodyHeight()*0.6 {
		return append(out, piece{height: height, draw: func(x, y float64) {
			p.in(t)
			p.paint(p.drawChart(b, width), x, y)
		}})
	}
	var whole drawing // while its parts are being drawn
	for top := 0.0; top < height; {
		bottom := min(top+barPitch*12, height)
		if top == 0 {
			bottom += head
		}
		from := top
		out = append(out, piece{height: bottom - top, draw: func(x, y float64) {
			if from == 0 {
				whole = p.drawChart(b, width)
			}
			p.in(t)
			p.paint(whole.between(from, bottom), x, y-from)
			if bottom >= height {
				whole = drawing{}
			}
		}})
		top = bottom
	}
	return out
}

// described is what is said of a chart to who cannot see it: never nothing.
func described(c document.Chart) string {
	if !c.Description.Empty() {
		return c.Description.String()
	}
	return joinNonEmpty(", ", "Chart", c.Caption.String(), c.Note.String())
}

// between is what of a bar chart lies within two heights.
func (d drawing) between(top, bottom float64) drawing {
	var out drawing
	for _, s := range d.shapes {
		y := 0.0
		switch s := s.(type) {
		case label:
			y = s.at.y
		case box:
			y = s.at.y + s.height/2
		case stroke:
			if s.from.x == s.to.x && s.to.y-s.from.y > barPitch { // a tick's line, through all bars
				s.from.y, s.to.y = max(s.from.y, top), min(s.to.y, bottom)
				if s.from.y < s.to.y {
					out.add(s)
				}
				continue
			}
			y = (s.from.y + s.to.y) / 2
		case polyline:
			y = s.points[0].y
		}
		if y >= top && y < bottom {
			out.add(s)
		}
	}
	return out
}

func (p *pdf) paint(d drawing, x, y float64) {
	for _, s := range d.shapes {
		switch s := s.(type) {
		case stroke:
			p.rule(x+s.from.x, y+s.from.y, x+s.to.x, y+s.to.y, s.colour, s.width)
		case polyline:
			p.polyline(s, x, y)
		case box:
			p.fillRect(x+s.at.x, y+s.at.y, s.width, s.height, s.colour)
		case polygon:
			p.enterShape()
			p.canvas.setFill(s.colour)
			p.canvas.path(x, y, s.points, "h f")
		case dot:
			p.enterShape()
			p.canvas.setFill(s.colour)
			p.canvas.circle(x+s.at.x, y+s.at.y, s.radius)
		case label:
			p.text(x+s.at.x, y+s.at.y, apart(s.text))
		}
	}
}

func (p *pdf) polyline(s polyline, x, y float64) {
	p.enterShape()
	p.canvas.setStroke(s.colour, s.width, s.dash)
	p.canvas.path(x, y, s.points, "S")
}
