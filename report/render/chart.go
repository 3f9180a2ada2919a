package render

import (
	"math"
	"strconv"

	"github.com/closeofbusiness/cob/report/document"
)

// drawing is a chart as shapes, laid out once and painted to PDF or SVG. Its
// origin is the top left, its unit the point.
type drawing struct {
	width, height float64
	shapes        []shape
}

// shape is a stroke, a polyline, a box, a dot or a label.
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
	if c.Kind == document.Bars {
		return t.bars(c, width)
	}
	return t.lineChart(c, width)
}

const (
	plotHeight = 53.0
	plotTop    = 7.0
)

// lineChart draws days from left to right. Days without a value are left open:
// the line is never joined across them.
func (t *typesetter) lineChart(c document.Chart, width float64) drawing {
	s := scaleFor(c.Points)
	d := drawing{width: width, height: plotTop + plotHeight + 15}
	left := 0.0
	ticks := s.ticks()
	labels := make([]line, len(ticks))
	for i, v := range ticks {
		labels[i] = t.one(chartLabel, s.text(v))
		left = max(left, labels[i].width)
	}
	left += 7
	right := width - t.valueRoom(c.Points)
	y := func(v float64) float64 { return plotTop + plotHeight*(s.high-v)/(s.high-s.low) }
	for i, v := range ticks {
		d.add(stroke{point{left, y(v)}, point{right, y(v)}, 0.5, rowline})
		d.add(label{point{left - 7 - labels[i].width, y(v) + chartText*0.36}, labels[i]})
	}
	xs := spread(len(c.Points), left+3, right-3)
	plotted := make([]point, len(c.Points))
	for i, p := range c.Points {
		if p.Value != nil {
			plotted[i] = point{xs[i], y(*p.Value)}
		}
	}
	t.plot(&d, c.Points, plotted)
	t.dayLabels(&d, c.Points, xs, left, width)
	return d
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

// plot draws the line in its unbroken stretches. A day between two gaps is a
// dot, as no line could show it.
func (t *typesetter) plot(d *drawing, ps []document.ChartPoint, at []point) {
	for i := 0; i < len(ps); {
		if ps[i].Value == nil {
			i++
			continue
		}
		j := i
		for j < len(ps) && ps[j].Value != nil {
			j++
		}
		if j-i == 1 {
			d.add(dot{at[i], 1.4, dataBlue})
		} else {
			d.add(polyline{at[i:j], 1.3, dataBlue})
		}
		i = j
	}
	for i, p := range ps {
		if !p.Emphasis || p.Value == nil {
			continue
		}
		c := toneColour(p.Tone, dataBlue)
		d.add(dot{at[i], 2.3, c})
		value := t.fit(chartLabel.bold().in(c), p.Shown.String(), 70)
		d.add(label{point{min(at[i].x+5, d.width-value.width), at[i].y + chartText*0.2}, value})
	}
}

// dayLabels names the first and the last day, and between them the gaps, each
// as far as there is room.
func (t *typesetter) dayLabels(d *drawing, ps []document.ChartPoint, xs []float64, left, right float64) {
	if len(ps) == 0 {
		return
	}
	row := labelRow{y: plotTop + plotHeight + 11, left: left, right: right}
	third := (right - left) / 3
	first := t.fit(chartLabel, ps[0].Label.String(), third)
	row.put(d, max(left, xs[0]-first.width/2), first)
	if n := len(ps); n > 1 {
		last := t.fit(chartLabel, ps[n-1].Label.String(), third)
		row.put(d, min(xs[n-1]-last.width/2, right-last.width), last)
	}
	for i := 0; i < len(ps); i++ {
		if ps[i].Value != nil {
			continue
		}
		j := i
		for j+1 < len(ps) && ps[j+1].Value == nil {
			j++
		}
		middle := (xs[i] + xs[j]) / 2
		name := ps[i].Label.String()
		if j > i {
			name += "–" + ps[j].Label.String()
		}
		full := t.one(chartLabel, name+": "+ps[i].Shown.String())
		short := t.one(chartLabel, name)
		if !row.put(d, middle-full.width/2, full) {
			row.put(d, middle-short.width/2, short)
		}
		i = j
	}
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
	d := drawing{width: width, height: 2 + barPitch*float64(len(c.Points))}
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
		drawBar(&d, p, x, top)
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
	return line{append(spans, b.spans...), a.width + noteGap + b.width}
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

func drawBar(d *drawing, p document.ChartPoint, x func(float64) float64, top float64) {
	if p.Value != nil {
		from, to := min(x(0), x(*p.Value)), max(x(0), x(*p.Value))
		d.add(box{point{from, top}, to - from, barHeight, dataBlue})
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

// scaleFor fits three to six ticks around the values. It begins at zero when
// the values come near it, and never shows less than zero without need.
func scaleFor(ps []document.ChartPoint) scale {
	low, high := math.Inf(1), math.Inf(-1)
	for _, p := range ps {
		if p.Value != nil {
			low, high = min(low, *p.Value), max(high, *p.Value)
		}
	}
	if low > high || low == 0 && high == 0 {
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
// is drawn in parts, all on one scale.
func (p *pdf) chart(b document.Chart, width float64) []piece {
	var out []piece
	if !b.Caption.Empty() || !b.Note.Empty() {
		out = p.caption(b.Caption, b.Note, width)
	}
	d := p.drawChart(b, width)
	if d.height <= bodyHeight*0.6 {
		return append(out, piece{height: d.height, draw: func(x, y float64) { p.paint(d, x, y) }})
	}
	const part = barPitch * 12
	for top := 0.0; top < d.height; top += part {
		slice := d.between(top, top+part)
		out = append(out, piece{height: part, draw: func(x, y float64) { p.paint(slice, x, y-top) }})
	}
	return out
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
		case dot:
			p.setFill(s.colour)
			p.pdf.Circle(x+s.at.x, y+s.at.y, s.radius, "F")
		case label:
			p.text(x+s.at.x, y+s.at.y, s.text)
		}
	}
}

func (p *pdf) polyline(s polyline, x, y float64) {
	p.setStroke(s.colour, s.width)
	p.pdf.SetLineJoinStyle("round")
	p.pdf.MoveTo(x+s.points[0].x, y+s.points[0].y)
	for _, q := range s.points[1:] {
		p.pdf.LineTo(x+q.x, y+q.y)
	}
	p.pdf.DrawPath("D")
}
