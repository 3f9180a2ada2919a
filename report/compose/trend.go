package compose

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/template"
)

// course is a metric over the days of a chart, oldest first.
type course struct {
	name   string // of the part; empty in total
	dims   fact.Dims
	points []fact.Point
	values []*big.Rat // nil where it was not measured
}

// course takes the last days of a trend. What the report calls not measured is
// not drawn either.
func (c *composer) course(t *fact.Trend, days int, m fact.Metric) course {
	out := course{dims: t.Dims, points: slices.Clone(t.Points[max(0, len(t.Points)-days):])}
	for _, name := range t.Dims {
		out.name = clip(name, shortName)
	}
	if n := len(out.points); n > 0 && out.points[n-1].Date == c.set.BusinessDate {
		if f := c.stands(t.ID, t.Dims); f != nil && !f.Measured() {
			out.points[n-1] = fact.Point{Date: c.set.BusinessDate, Reason: cmp.Or(f.Reason, out.points[n-1].Reason)}
		}
	}
	for _, p := range out.points {
		out.values = append(out.values, exactPoint(p, m.Unit))
	}
	return out
}

func exactPoint(p fact.Point, u fact.Unit) *big.Rat {
	f := fact.Fact{Status: fact.Measured, Value: p.Value, Unit: u}
	if u == fact.Ratio && p.Denominator > 0 {
		f.Numerator, f.Denominator = &p.Numerator, &p.Denominator
	}
	return f.Exact()
}

func (t course) measured() bool {
	return slices.ContainsFunc(t.values, func(v *big.Rat) bool { return v != nil })
}

// last is the newest value that there is.
func (t course) last() *big.Rat {
	for _, v := range slices.Backward(t.values) {
		if v != nil {
			return v
		}
	}
	return nil
}

// dayLabel is a day under a chart.
func dayLabel(p fact.Point) string { return p.Date.Time().Format("2 Jan") }

// line draws a metric in total, its gaps left open.
func (c *composer) line(b template.Chart) document.Blocks {
	m, _ := c.registry.Lookup(b.Of.ID)
	var t course
	if trend := c.set.Trend(b.Of.ID); trend != nil {
		t = c.course(trend, c.params.Int(b.Days), m)
	}
	if !t.measured() {
		return noneMeasured(captionOr(b.Caption, m.Label))
	}
	chart := document.Chart{Kind: document.Lines}
	for i, p := range t.points {
		chart.Points = append(chart.Points, point(p, t.values[i], m))
	}
	note := gaps(t.points, t.values)
	sentence := trendSentence(t.values, m)
	switch n := len(t.values) - count(t.values); {
	case n > 1:
		chart.Note = document.Clean(note)
		sentence += " " + whyOpen([]course{t})
	case len(note) <= shortName:
		chart.Note = document.Clean(note)
	default:
		sentence += " " + note + "."
	}
	return c.overDays(chart, captionOr(b.Caption, m.Label), m, sentence)
}

// overDays completes a chart: caption, unit, what the last day means, and
// the sentence below it.
func (c *composer) overDays(chart document.Chart, caption string, m fact.Metric, sentence string) document.Blocks {
	caption += ", last " + plural(int64(len(chart.Points)), "business day", "business days")
	sentence = strings.TrimSpace(sentence)
	chart.Unit, chart.Caption = document.Clean(unitName(m.Unit)), document.Clean(caption+unitSuffix(m.Unit))
	chart.Description = document.Clean(strings.TrimSpace(caption + ". " + sentence))
	last := &chart.Points[len(chart.Points)-1]
	last.Emphasis = true
	if chart.Kind == document.Stacked || len(chart.Series) == 0 {
		last.Tone = tone(c.total(m.ID).ShownChange().Judgement)
	}
	if sentence == "" {
		return document.Blocks{chart}
	}
	return document.Blocks{chart, document.Paragraph{Small: true, Text: plain(sentence)}}
}

func noneMeasured(name string) document.Blocks {
	return document.Blocks{document.Paragraph{Text: document.Inlines{document.Strong(name + ": "), document.Plain("measured on none of the days before.")}}}
}

func count(values []*big.Rat) (n int) {
	for _, v := range values {
		if v != nil {
			n++
		}
	}
	return n
}

func point(p fact.Point, v *big.Rat, m fact.Metric) document.ChartPoint {
	part := part(v, m)
	return document.ChartPoint{Label: document.Clean(dayLabel(p)), Value: part.Value, Shown: part.Shown}
}

func part(v *big.Rat, m fact.Metric) document.ChartPart {
	if v == nil {
		return document.ChartPart{Shown: document.Clean(fact.NotMeasured)}
	}
	return document.ChartPart{Value: drawn(v, m.Unit), Shown: document.Clean(fact.Show(m.Unit, m.Decimals, v))}
}

// trendSentence sets the last point among the others.
func trendSentence(values []*big.Rat, m fact.Metric) string {
	before := others(values)
	n := len(before)
	if n == 0 {
		return ""
	}
	middle := fact.Show(m.Unit, m.Decimals, median(before))
	switch place := placed(values, before); {
	case n == 1:
		return "One day before was measured: " + middle + "."
	case place != "":
		return fmt.Sprintf("%s of the %d measured days; median of the %d before: %s.", capital(place), n+1, n, middle)
	}
	return fmt.Sprintf("Median of the %d measured days before: %s.", n, middle)
}

// others are the measured values before the last point, in order of size.
func others(values []*big.Rat) (out []*big.Rat) {
	for _, v := range values[:len(values)-1] {
		if v != nil {
			out = append(out, v)
		}
	}
	slices.SortFunc(out, (*big.Rat).Cmp)
	return out
}

// placed says highest or lowest only where that is true of the last point, and
// of it alone.
func placed(values, before []*big.Rat) string {
	last := values[len(values)-1]
	switch {
	case last == nil || len(before) < 2:
		return ""
	case last.Cmp(before[len(before)-1]) > 0:
		return "highest"
	case last.Cmp(before[0]) < 0:
		return "lowest"
	}
	return ""
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
		if r := reason(p, longName); r != "" {
			why = dayLabel(p) + ": " + r
		}
	}
	if n > 1 {
		return fmt.Sprintf("%d of %d days not measured", n, len(points))
	}
	return why
}

// reason is why a day has no value, in at most n characters, where that says
// more than that it has none.
func reason(p fact.Point, n int) string {
	r := clip(strings.TrimRight(p.Reason, ". "), n)
	if r == fact.NoEvaluation {
		return ""
	}
	return r
}
