package compose

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/template"
)

func (c *composer) chart(b template.Chart) document.Blocks {
	if b.Kind == "line" {
		return c.line(b)
	}
	return c.bars(b)
}

// line draws a trend, its gaps left open.
func (c *composer) line(b template.Chart) document.Blocks {
	m, _ := c.registry.Lookup(b.Of.ID)
	var points []fact.Point
	if t := c.set.Trend(b.Of.ID); t != nil {
		points = t.Points[max(0, len(t.Points)-c.params.Int(b.Days)):]
	}
	caption := captionOr(b.Caption, m.Label) + ", last " + plural(int64(len(points)), "business day", "business days")
	values := make([]*big.Rat, len(points))
	measured := 0
	for i, p := range points {
		if values[i] = exactPoint(p, m.Unit); values[i] != nil {
			measured++
		}
	}
	if measured == 0 {
		return document.Blocks{document.Paragraph{Text: document.Inlines{document.Strong(captionOr(b.Caption, m.Label) + ": "), document.Plain("measured on none of the days before.")}}}
	}
	chart := document.Chart{Kind: document.Lines, Unit: document.Clean(unitName(m.Unit)), Caption: document.Clean(caption + unitSuffix(m.Unit))}
	for i, p := range points {
		chart.Points = append(chart.Points, c.point(p, values[i], m))
	}
	chart.Points[len(chart.Points)-1].Emphasis = true
	chart.Points[len(chart.Points)-1].Tone = tone(c.total(m.ID).ShownChange().Judgement)
	gap := gaps(points, values)
	sentence := trendSentence(values, m)
	if len(gap) <= shortName {
		chart.Note = document.Clean(gap)
	} else {
		sentence = strings.TrimSpace(sentence + " " + gap + ".")
	}
	chart.Description = document.Clean(strings.TrimSpace(caption + ". " + sentence))
	if sentence == "" {
		return document.Blocks{chart}
	}
	return document.Blocks{chart, document.Paragraph{Small: true, Text: plain(sentence)}}
}

func exactPoint(p fact.Point, u fact.Unit) *big.Rat {
	f := fact.Fact{Status: fact.Measured, Value: p.Value, Unit: u}
	if u == fact.Ratio && p.Denominator > 0 {
		f.Numerator, f.Denominator = &p.Numerator, &p.Denominator
	}
	return f.Exact()
}

func (c *composer) point(p fact.Point, v *big.Rat, m fact.Metric) document.ChartPoint {
	out := document.ChartPoint{Label: document.Clean(p.Date.Time().Format("2 Jan")), Shown: document.Clean(fact.NotMeasured)}
	if v != nil {
		out.Value, out.Shown = drawn(v, m.Unit), document.Clean(fact.Show(m.Unit, m.Decimals, v))
	}
	return out
}

// drawn is a value in the chart's unit.
func drawn(v *big.Rat, u fact.Unit) *float64 {
	if u == fact.Ratio {
		v = new(big.Rat).Mul(v, big.NewRat(100, 1))
	}
	f, _ := v.Float64()
	return &f
}

func unitName(u fact.Unit) string {
	switch u {
	case fact.Ratio:
		return "%"
	case fact.Milliseconds, fact.Minutes:
		return string(u)
	}
	return ""
}

func unitSuffix(u fact.Unit) string {
	if s := unitName(u); s != "" {
		return ", " + s
	}
	return ""
}

// trendSentence sets the last point among the others. It says highest or
// lowest only where that is true, and alone.
func trendSentence(values []*big.Rat, m fact.Metric) string {
	last := values[len(values)-1]
	var before []*big.Rat
	for _, v := range values[:len(values)-1] {
		if v != nil {
			before = append(before, v)
		}
	}
	n := len(before)
	if n == 0 {
		return ""
	}
	slices.SortFunc(before, (*big.Rat).Cmp)
	middle := fact.Show(m.Unit, m.Decimals, median(before))
	switch {
	case n == 1:
		return "One day before was measured: " + middle + "."
	case last != nil && last.Cmp(before[n-1]) > 0:
		return fmt.Sprintf("Highest of the %d measured days; median of the %d before: %s.", n+1, n, middle)
	case last != nil && last.Cmp(before[0]) < 0:
		return fmt.Sprintf("Lowest of the %d measured days; median of the %d before: %s.", n+1, n, middle)
	}
	return fmt.Sprintf("Median of the %d measured days before: %s.", n, middle)
}

func median(sorted []*big.Rat) *big.Rat {
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	sum := new(big.Rat).Add(sorted[n/2-1], sorted[n/2])
	return sum.Quo(sum, big.NewRat(2, 1))
}

// gaps says why a day is left open, or of how many days nothing was measured.
// Empty where the gap in the chart says it all.
func gaps(points []fact.Point, values []*big.Rat) string {
	n, why := 0, ""
	for i, p := range points {
		if values[i] != nil {
			continue
		}
		n++
		if r := clip(strings.TrimRight(p.Reason, ". "), longName); r != "" && r != fact.NoEvaluation {
			why = p.Date.Time().Format("2 Jan") + ": " + r
		}
	}
	if n > 1 {
		return fmt.Sprintf("%d of %d days not measured", n, len(points))
	}
	return why
}

// maxBars is how many bars are drawn.
const maxBars = 12

// bars draws a metric's parts, the largest first, with a mark where each was
// on the day compared with.
func (c *composer) bars(b template.Chart) document.Blocks {
	m, _ := c.registry.Lookup(b.Of.ID)
	dim := b.Of.Dims[0]
	facts := slices.Clone(c.set.By(b.Of.ID, dim))
	sortFacts(facts, "-value", b.Of.Dims)
	caption := captionOr(b.Caption, m.Label+" by "+dim)
	if !slices.ContainsFunc(facts, (*fact.Fact).Measured) {
		return c.emptyTable(caption, m, facts)
	}
	chart := document.Chart{Kind: document.Bars, Unit: document.Clean(unitName(m.Unit)), Caption: document.Clean(caption + unitSuffix(m.Unit))}
	marked := false
	for _, f := range facts[:min(maxBars, len(facts))] {
		p := document.ChartPoint{Label: document.Clean(clip(f.Dims[dim], shortName)), Shown: document.Clean(f.Shown() + outOf(f))}
		if v := f.Exact(); v != nil {
			p.Value = drawn(v, m.Unit)
		}
		if v := f.ExactComparable(); b.With != "" && v != nil && p.Value != nil {
			p.Mark, marked = drawn(v, m.Unit), true
			p.MarkText = document.Clean(c.previousDay() + " " + f.ShownComparable())
		}
		p.Footnote = document.Clean(c.footnote(f))
		chart.Points = append(chart.Points, p)
	}
	if marked {
		chart.Note = document.Clean("bar: " + c.clock.Today() + " · mark: " + c.previousDay() + ", like for like")
	}
	chart.Description = document.Clean(describe(caption, chart.Points))
	out := document.Blocks{chart}
	if more := len(facts) - maxBars; more > 0 {
		out = append(out, document.Paragraph{Small: true, Text: plain("And " + plural(int64(more), "more", "more") + ".")})
	}
	return out
}

// outOf is what a rate rests on: " (246/2,160)".
func outOf(f *fact.Fact) string {
	if !f.Measured() || f.Numerator == nil || f.Denominator == nil {
		return ""
	}
	return " (" + fact.Integer(*f.Numerator) + "/" + fact.Integer(*f.Denominator) + ")"
}

func describe(caption string, points []document.ChartPoint) string {
	var out []string
	for _, p := range points {
		s := p.Label.String() + " " + p.Shown.String()
		if p.Mark != nil {
			s += " (" + p.MarkText.String() + ")"
		}
		out = append(out, s)
	}
	return caption + ": " + strings.Join(out, "; ") + "."
}

// footnote is the letters beside a bar: its own, or those of unmeasured cells
// that it would have held.
func (c *composer) footnote(f *fact.Fact) string {
	if i, ok := c.note(f); ok {
		return runs([]int{i}, maxRanges)
	}
	return runs(c.covered(f.ID, f.Dims), maxRanges)
}

// dayOf is a date's short name in running text.
func (c *composer) dayOf(name string) string {
	if name == "date" {
		return c.clock.Day(c.set.BusinessDate)
	}
	return c.previousDay()
}
