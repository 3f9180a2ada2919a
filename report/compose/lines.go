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

// maxSeries is how many lines one chart draws, or layers one stack has beside
// what is left.
const maxSeries = 6

// courses are the parts of a metric over the chart's days.
func (c *composer) courses(b template.Chart, m fact.Metric) (out []course) {
	for _, t := range c.set.TrendsBy(b.Of.ID, b.Of.Dims...) {
		if t := c.course(t, c.params.Int(b.Days), m); len(t.points) > 0 {
			out = append(out, t)
		}
	}
	return out
}

// largest splits off what is drawn: the largest by size, and these as legends
// have them, severities by weight and the others by size.
func largest(all []course, size func(course) *big.Rat) (drawn, left []course) {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b course) int { return compareExact(size(a), size(b), true) })
	n := min(maxSeries, len(all))
	drawn, left = all[:n:n], all[n:]
	slices.SortStableFunc(drawn, func(a, b course) int { return severityOf(a) - severityOf(b) })
	return drawn, left
}

func severityOf(t course) int { return severity(&fact.Fact{Dims: t.dims}) }

func names(all []course) (out []document.Text) {
	for _, t := range all {
		out = append(out, document.Clean(t.name))
	}
	return out
}

// lines draws a metric's parts over days, one line for each.
func (c *composer) lines(b template.Chart) document.Blocks {
	m, _ := c.registry.Lookup(b.Of.ID)
	caption := captionOr(b.Caption, m.Label+" by "+b.Of.Dims[0])
	all := c.courses(b, m)
	if !slices.ContainsFunc(all, course.measured) {
		return noneMeasured(caption)
	}
	all, left := largest(all, course.last)
	chart := document.Chart{Kind: document.Lines, Series: names(all)}
	for i, p := range all[0].points {
		point := document.ChartPoint{Label: document.Clean(dayLabel(p))}
		for _, t := range all {
			point.Parts = append(point.Parts, part(t.values[i], m))
		}
		chart.Points = append(chart.Points, point)
	}
	var last []string
	for _, t := range all {
		last = append(last, t.name+" "+c.standing(t, m))
	}
	sentence := "On " + c.clock.Day(c.set.BusinessDate) + ": " + strings.Join(last, "; ") + ". " + whyOpen(all)
	if n := len(left); n > 0 {
		sentence = strings.TrimSpace(sentence) + " And " + fact.Integer(int64(n)) + " more, smaller, that are not drawn."
	}
	return c.overDays(chart, caption, m, sentence)
}

// standing is a part's last value among its others: "3, highest of 14 measured
// days", "11 (median before: 9)".
func (c *composer) standing(t course, m fact.Metric) string {
	shown := part(t.values[len(t.values)-1], m).Shown.String()
	before := others(t.values)
	switch place := placed(t.values, before); {
	case place != "":
		return fmt.Sprintf("%s, %s of %d measured days", shown, place, len(before)+1)
	case len(before) == 0:
		return shown
	}
	return shown + " (median before: " + fact.Show(m.Unit, m.Decimals, median(before)) + ")"
}

// hole is one reason why something is left open, with where.
type hole struct {
	reason string
	days   []fact.Point
	names  []string
}

// maxReasons is how many reasons for gaps stand below a chart.
const maxReasons = 3

// whyOpen says why days are left open, each reason once with its days and, where
// it is not all of them, its parts.
func whyOpen(all []course) string {
	var holes []*hole
	for _, t := range all {
		for i, p := range t.points {
			if r := reason(p, longTitle); t.values[i] == nil && r != "" {
				holes = noteHole(holes, r, p, t.name)
			}
		}
	}
	var out []string
	for _, h := range holes[:min(maxReasons, len(holes))] {
		s := h.when()
		if len(h.names) < len(all) {
			s += " (" + strings.Join(h.names, ", ") + ")"
		}
		out = append(out, s+": "+stopped(h.reason))
	}
	if more := len(holes) - maxReasons; more > 0 {
		out = append(out, "And "+plural(int64(more), "more reason", "more reasons")+" for gaps.")
	}
	return strings.Join(out, " ")
}

// stopped ends a sentence, unless it was cut.
func stopped(s string) string {
	if strings.HasSuffix(s, "…") {
		return s
	}
	return s + "."
}

func noteHole(holes []*hole, reason string, p fact.Point, name string) []*hole {
	i := slices.IndexFunc(holes, func(h *hole) bool { return h.reason == reason })
	if i < 0 {
		i = len(holes)
		holes = append(holes, &hole{reason: reason})
	}
	h := holes[i]
	if !slices.ContainsFunc(h.days, func(d fact.Point) bool { return d.Date == p.Date }) {
		h.days = append(h.days, p)
	}
	if !slices.Contains(h.names, name) {
		h.names = append(h.names, name)
	}
	return holes
}

// when lists the days of a hole: up to three, else how many there are.
func (h *hole) when() string {
	slices.SortFunc(h.days, func(a, b fact.Point) int { return strings.Compare(string(a.Date), string(b.Date)) })
	if n := len(h.days); n > 3 {
		return fmt.Sprintf("%d days from %s to %s", n, dayLabel(h.days[0]), dayLabel(h.days[n-1]))
	}
	var out []string
	for _, d := range h.days {
		out = append(out, dayLabel(d))
	}
	return strings.Join(out, ", ")
}
