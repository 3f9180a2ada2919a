package compose

import (
	"math/big"
	"slices"
	"strings"

	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/template"
)

func (c *composer) chart(b template.Chart) document.Blocks {
	switch {
	case b.Kind == "stacked":
		return c.stacked(b)
	case b.Kind == "line" && len(b.Of.Dims) > 0:
		return c.lines(b)
	case b.Kind == "line":
		return c.line(b)
	}
	return c.bars(b)
}

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
	limit := c.params.Int(b.Limit)
	for _, f := range facts[:min(limit, len(facts))] {
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
	if more := len(facts) - limit; more > 0 {
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

// drawn is a value in the chart's unit.
func drawn(v *big.Rat, u fact.Unit) *float64 {
	if u == fact.Ratio {
		v = new(big.Rat).Mul(v, big.NewRat(100, 1))
	}
	f, _ := v.Float64()
	return &f
}

// unitName is what a chart of a unit is counted in; nothing for counts.
func unitName(u fact.Unit) string {
	switch u {
	case fact.Ratio:
		return "%"
	case fact.Count:
		return ""
	case fact.BusinessDays:
		return "business days"
	}
	return string(u)
}

func unitSuffix(u fact.Unit) string {
	if s := unitName(u); s != "" {
		return ", " + s
	}
	return ""
}
