package render

import (
	"math"

	"github.com/closeofbusiness/cob/report/document"
)

// key is how a series is told from the others: by its mark and its dashes in a
// chart of lines, by its hatching in one of stacks, and by its colour besides.
type key struct {
	series int
	colour colour
	dash   dash
	ground colour // of a stack's parts
	hatch  hatching
}

// hatching is how a part of a stack is hatched.
type hatching uint8

const (
	noHatch hatching = iota
	rising
	falling
	upright
)

// shades are how much of the data's colour the series have, neighbours far
// apart.
var shades = [...]float64{1, 0.5, 0.75, 0.35}

// key is a series' own. No two of MaxSeries are alike in black and white.
func (t *typesetter) key(series int) key {
	data := t.look.data()
	k := key{series: series, colour: data.mixed(0.4 + 0.6*shades[series%len(shades)])}
	k.dash = [...]dash{{}, {4, 2}, {1.2, 1.6}}[series/len(shades)%3]
	k.hatch = [...]hatching{noHatch, rising, noHatch, falling, upright, rising, falling, upright, noHatch, rising, falling, upright}[series%12]
	k.ground = data.mixed([...]float64{1, 0.18, 0.55, 0.06, 0.3, 0.7, 0.4, 0.1, 0.25, 0.02, 0.6, 0.5}[series%12])
	return k
}

// mark is a series' mark around a point: a circle, a square, a triangle or a
// diamond.
func (k key) mark(at point, r float64) []shape {
	x, y := at.x, at.y
	switch k.series % len(shades) {
	case 1:
		return []shape{box{point{x - r, y - r}, 2 * r, 2 * r, k.colour}}
	case 2:
		return []shape{polygon{[]point{{x, y - 1.3*r}, {x + 1.2*r, y + r}, {x - 1.2*r, y + r}}, k.colour}}
	case 3:
		return []shape{polygon{[]point{{x, y - 1.4*r}, {x + 1.4*r, y}, {x, y + 1.4*r}, {x - 1.4*r, y}}, k.colour}}
	}
	return []shape{dot{at, r, k.colour}}
}

// lineKey draws a series' sample in a legend.
func lineKey(d *drawing, k key, x, y float64) {
	d.add(polyline{[]point{{x, y}, {x + keyWidth, y}}, 1.3, k.colour, k.dash})
	d.add(k.mark(point{x + keyWidth/2, y}, 1.9)...)
}

func stackKey(d *drawing, k key, x, y float64) {
	d.add(k.part(box{at: point{x + 4, y - 3.2}, width: keyWidth - 4, height: 6.4}, hatchStep)...)
}

const (
	keyWidth   = 17.0
	legendLead = 10.5
)

// legend names the series in as many lines as they need and returns the height
// that it takes. A chart without series has none.
func (t *typesetter) legend(d *drawing, c document.Chart, sample func(*drawing, key, float64, float64)) float64 {
	if len(c.Series) == 0 {
		return 0
	}
	x, y := 0.0, legendLead/2
	for i, name := range c.Series {
		l := t.fit(chartLabel.in(ink), name.String(), d.width-keyWidth-4)
		if x > 0 && x+keyWidth+4+l.width > d.width {
			x, y = 0, y+legendLead
		}
		sample(d, t.key(i), x, y)
		d.add(label{point{x + keyWidth + 4, y + chartText*0.36}, l})
		x += keyWidth + 4 + l.width + 12
	}
	return y + legendLead/2 + 3
}

// stacked draws one bar under the other, each made of its parts, over a scale.
func (t *typesetter) stacked(c document.Chart, width float64) drawing {
	d := drawing{width: width}
	d.head = 2 + t.legend(&d, c, stackKey)
	rows := barPitch * float64(len(c.Points))
	d.height = d.head + rows + 11
	names, shown, _ := t.barTexts(c, width)
	from, to := widest(names)+9, width-widest(shown)-8
	high := largestStack(c)
	s := scaleOf([]*float64{new(float64), &high})
	x := func(v float64) float64 { return from + (to-from)*(v-s.low)/(s.high-s.low) }
	if high > 0 {
		t.scaleBelow(&d, s, c.Unit.String(), x, d.head+rows)
	}
	step := hatchStep * float64(1+len(c.Points)/60) // many bars are hatched less: each line costs
	for i := range c.Points {
		if t.stopped(shapesPerRow) {
			break
		}
		top := d.head + barPitch*float64(i) + (barPitch-barHeight)/2
		base := top + barHeight/2 + chartText*0.36
		d.add(label{point{0, base}, names[i]}, label{point{width - shown[i].width, base}, shown[i]})
		t.stack(&d, c, i, x, top, step)
	}
	return d
}

// stack draws a point's parts one after the other. A point that lacks one has no
// bar, which would look like less, but a dotted line.
func (t *typesetter) stack(d *drawing, c document.Chart, i int, x func(float64) float64, top, step float64) {
	if gapAt(c, i) {
		middle := top + barHeight/2
		from, to := x(0), d.width-t.fit(chartLabel, c.Points[i].Shown.String(), d.width*0.3).width-8
		d.add(polyline{[]point{{from, middle}, {max(from, to), middle}}, 0.7, grey, dash{1, 3}})
		return
	}
	sum := 0.0
	for k, part := range c.Points[i].Parts {
		left, right := x(sum), x(sum+*part.Value)
		sum += *part.Value
		if right > left {
			d.add(t.key(k).part(box{at: point{left, top}, width: right - left, height: barHeight}, step)...)
		}
	}
}

func largestStack(c document.Chart) float64 {
	high := 0.0
	for i, p := range c.Points {
		if gapAt(c, i) {
			continue
		}
		sum := 0.0
		for _, part := range p.Parts {
			sum += *part.Value
		}
		high = max(high, sum)
	}
	return high
}

// scaleBelow draws ticks through all bars with their numbers underneath, as far
// as there is room, the last with the unit.
func (t *typesetter) scaleBelow(d *drawing, s scale, unit string, x func(float64) float64, bottom float64) {
	row := labelRow{y: bottom + 9, left: 0, right: d.width}
	ticks := s.ticks()
	for i, v := range ticks {
		text := s.text(v)
		if i == len(ticks)-1 && unit != "" {
			text += " " + unit
		}
		l := t.fit(chartLabel, text, d.width*0.25)
		d.add(stroke{point{x(v), d.head}, point{x(v), bottom}, 0.5, rowline})
		row.put(d, x(v)-l.width/2, l)
	}
}

// shapesPerRow is how many shapes a row has at most, more or less: what it costs
// to lay out.
const shapesPerRow = 100

// hatchStep is how far apart the lines of a hatching are.
const hatchStep = 3.0

// part is a part of a stack: its ground in a thin frame, hatched.
func (k key) part(b box, step float64) []shape {
	b.colour = k.ground
	ink := k.hatchColour()
	out := append([]shape{b}, k.hatched(b, ink, step)...)
	left, right, top, bottom := b.at.x, b.at.x+b.width, b.at.y, b.at.y+b.height
	return append(out, polyline{points: []point{{left, top}, {right, top}, {right, bottom}, {left, bottom}, {left, top}}, width: 0.4, colour: k.frame()})
}

// frame is the darkest of a series' colours.
func (k key) frame() colour { return colour{0x3a, 0x44, 0x53} }

// hatchColour stands out from the ground.
func (k key) hatchColour() colour {
	if int(k.ground[0])+int(k.ground[1])+int(k.ground[2]) < 3*0x90 {
		return white
	}
	return k.frame()
}

// hatched are lines within a box.
func (k key) hatched(b box, c colour, step float64) []shape {
	var out []shape
	add := func(x1, x2 float64) { // at the bottom and at the top
		if from, to, ok := clipped(x1, x2, b); ok {
			out = append(out, stroke{from, to, 0.5, c})
		}
	}
	switch k.hatch {
	case rising:
		for x := b.at.x - b.height + step/2; x < b.at.x+b.width; x += step {
			add(x, x+b.height)
		}
	case falling:
		for x := b.at.x + step/2; x < b.at.x+b.width+b.height; x += step {
			add(x, x-b.height)
		}
	case upright:
		for x := b.at.x + step/2; x < b.at.x+b.width; x += step {
			add(x, x)
		}
	}
	return out
}

// clipped is what of a line from a box's bottom at x1 to its top at x2 lies
// within the box.
func clipped(x1, x2 float64, b box) (from, to point, ok bool) {
	at := func(part float64) point { return point{x1 + (x2-x1)*part, b.at.y + b.height*(1-part)} }
	low, high := 0.0, 1.0
	if x1 != x2 {
		p, q := (b.at.x-x1)/(x2-x1), (b.at.x+b.width-x1)/(x2-x1)
		low, high = max(low, math.Min(p, q)), min(high, math.Max(p, q))
	}
	if high-low < 0.05 {
		return point{}, point{}, false
	}
	return at(low), at(high), true
}
