package compose

import (
	"math/big"
	"slices"
	"strings"

	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/template"
)

// stack is a chart's days, each made of parts that add up to it.
type stack struct {
	layers []course
	sum    course // of all layers; nil where the day is left open
	m      fact.Metric
}

// stacked draws a metric's parts on one another, day by day. A day of which a
// part is not known is left open as a whole: without it the bar would be less
// than there was.
func (c *composer) stacked(b template.Chart) document.Blocks {
	m, _ := c.registry.Lookup(b.Of.ID)
	caption := captionOr(b.Caption, m.Label+" by "+b.Of.Dims[0])
	s := stack{layers: c.courses(b, m), m: m}
	if len(s.layers) == 0 {
		return noneMeasured(caption)
	}
	var total *course
	if t := c.set.Trend(b.Of.ID); t != nil {
		t := c.course(t, c.params.Int(b.Days), m)
		total = &t
	}
	s.addUp(total)
	if !s.sum.measured() {
		return c.noStack(caption, s)
	}
	s.fold()
	chart := document.Chart{Kind: document.Stacked, Series: names(s.layers)}
	for i, p := range s.sum.points {
		chart.Points = append(chart.Points, s.point(i, p))
	}
	if n := len(s.sum.values) - count(s.sum.values); n > 0 {
		chart.Note = document.Clean(plural(int64(n), "day", "days") + " left open")
	}
	sentence := strings.TrimSpace(trendSentence(s.sum.values, m) + " " + s.lastDay(c.clock.Day(c.set.BusinessDate)))
	return c.overDays(chart, caption, m, sentence+" "+whyOpen([]course{s.sum}))
}

func (c *composer) noStack(caption string, s stack) document.Blocks {
	in := document.Inlines{document.Strong(caption + ": "), document.Plain("no day can be drawn.")}
	if why := whyOpen([]course{s.sum}); why != "" {
		in = append(in, document.Plain(" "+why))
	}
	return document.Blocks{document.Paragraph{Text: in}}
}

// addUp adds the layers of each day. A part that is not there while the others
// make the day's total is none: that is a sum, and no guess.
func (s *stack) addUp(total *course) {
	days := len(s.layers[0].points)
	s.sum.points = slices.Clone(s.layers[0].points)
	s.sum.values = make([]*big.Rat, days)
	for i := range days {
		s.sum.points[i] = fact.Point{Date: s.layers[0].points[i].Date}
		var whole *big.Rat
		if total != nil && i < len(total.values) {
			whole = total.values[i]
		}
		sum, why := s.day(i, whole)
		if why != "" {
			s.sum.points[i].Reason = why
			continue
		}
		s.sum.values[i] = sum
	}
}

// day adds one day's layers, or says why they make no bar. whole is the day's
// total, where there is one.
func (s *stack) day(i int, whole *big.Rat) (sum *big.Rat, why string) {
	sum = new(big.Rat)
	var absent []course
	for _, t := range s.layers {
		switch v := t.values[i]; {
		case v == nil:
			absent = append(absent, t)
		case v.Sign() < 0:
			return nil, t.name + " is below zero, which no stack can show"
		default:
			sum.Add(sum, v)
		}
	}
	same := whole != nil && equal(sum, whole)
	switch {
	case len(absent) > 0 && !same:
		return nil, absent[0].name + " " + fact.NotMeasured + ": " + strings.TrimRight(absent[0].points[i].Reason, ". ")
	case whole != nil && !same:
		return nil, "its parts make " + fact.Show(s.m.Unit, s.m.Decimals, sum) + " of " + fact.Show(s.m.Unit, s.m.Decimals, whole)
	}
	for _, t := range absent {
		t.values[i] = new(big.Rat)
	}
	return sum, ""
}

// equal allows for what adding floating-point numbers leaves behind.
func equal(a, b *big.Rat) bool {
	d := new(big.Rat).Sub(a, b)
	d.Abs(d).Mul(d, big.NewRat(1_000_000_000, 1))
	return d.Cmp(new(big.Rat).Abs(b)) <= 0
}

// fold keeps the largest layers and adds up what is left in one.
func (s *stack) fold() {
	drawn, left := largest(s.layers, func(t course) *big.Rat {
		sum := new(big.Rat)
		for _, v := range t.values {
			if v != nil {
				sum.Add(sum, v)
			}
		}
		return sum
	})
	s.layers = drawn
	if len(left) == 0 {
		return
	}
	rest := course{name: plural(int64(len(left)), "other", "others"), points: s.sum.points, values: make([]*big.Rat, len(s.sum.points))}
	for i, day := range s.sum.values {
		if day == nil {
			continue
		}
		rest.values[i] = new(big.Rat)
		for _, t := range left {
			rest.values[i].Add(rest.values[i], t.values[i])
		}
	}
	s.layers = append(s.layers, rest)
}

func (s *stack) point(i int, p fact.Point) document.ChartPoint {
	out := point(p, s.sum.values[i], s.m)
	for _, t := range s.layers {
		layer := part(t.values[i], s.m)
		if s.sum.values[i] == nil {
			layer.Value = nil
		}
		out.Parts = append(out.Parts, layer)
	}
	if s.sum.values[i] == nil {
		out.Shown = document.Clean("left open")
	}
	return out
}

// lastDay lists the layers of the business date: "On Fri 20 Nov: critical 3,
// high 11."
func (s *stack) lastDay(day string) string {
	i := len(s.sum.values) - 1
	if s.sum.values[i] == nil {
		return ""
	}
	var out []string
	for _, t := range s.layers {
		out = append(out, t.name+" "+part(t.values[i], s.m).Shown.String())
	}
	return "On " + day + ": " + strings.Join(out, ", ") + "."
}
