package fact

import (
	"cmp"
	"slices"
	"strings"

	"github.com/closeofbusiness/cob/report"
)

// TrendRequest asks for a metric over the last business days: in total, or each
// value of its dimensions with the total beside them.
type TrendRequest struct {
	ID   string
	Dims []string
	Days int // the cycle's own included
}

// Past is a business day before the previous one.
type Past struct {
	Date report.Date
	Measurements
}

// NothingToMeasure is why a day has no point where its data is complete: a
// median over nothing, a part that there was not.
const NothingToMeasure = "there was nothing to measure in this window"

// rateTrend is the metric whose trend in total has a query of its own.
const rateTrend = "attack.success_rate"

// PastFeeds are the kinds of data whose rows have to be read for every day of
// the trends; a slice of nil stands for all of them. What has a lifecycle is
// known from its events, and the attack success rate in total from its query.
func PastFeeds(registry *Registry, requests []TrendRequest) (feeds []string, days int) {
	feeds = []string{}
	for _, r := range requests {
		m, _ := registry.Lookup(r.ID)
		if r.ID == rateTrend && len(r.Dims) == 0 {
			continue
		}
		days = max(days, r.Days)
		switch {
		case m.Feed == "": // about the facts, and so about all of them
			feeds = nil
		case feeds != nil && !slices.Contains(feeds, m.Feed):
			feeds = append(feeds, m.Feed)
		}
	}
	return feeds, days
}

// day is one business day's facts.
type day struct {
	date  report.Date
	l     *ledger
	facts map[string]*Fact
}

func newDay(date report.Date, l *ledger) day {
	d := day{date: date, l: l, facts: map[string]*Fact{}}
	own := slices.Clone(l.facts)
	counted := Set{Metrics: l.in.declared(), Facts: l.facts}
	own = append(own, counted.about()...)
	for i := range own {
		d.facts[own[i].Key()] = &own[i]
	}
	return d
}

// trends computes every trend that is asked for, in the registry's order. The
// last two points are the facts and those that they are compared with.
func trends(in *Input, now, before *ledger) []Trend {
	out := []Trend{}
	if in.Trends == nil {
		if in.about("attacks") {
			out = append(out, trend(in, len(in.Trend)))
		}
		return out
	}
	requests := merged(in.Trends)
	days := in.days(requests, now, before)
	for _, r := range requests {
		m, ok := in.registry.Lookup(r.ID)
		switch last := days[max(0, len(days)-r.Days):]; {
		case !ok:
		case r.ID == rateTrend && len(r.Dims) == 0:
			out = append(out, trend(in, r.Days))
		default:
			out = append(out, trendsOf(m, r.Dims, last)...)
		}
	}
	slices.SortStableFunc(out, func(a, b Trend) int {
		return cmp.Or(cmp.Compare(in.registry.order(a.ID), in.registry.order(b.ID)), cmp.Compare(len(a.Dims), len(b.Dims)), compareDims(a.Dims, b.Dims))
	})
	return out
}

// merged asks once for each metric and its dimensions, for the most days, and
// for the total beside every breakdown.
func merged(requests []TrendRequest) (out []TrendRequest) {
	add := func(r TrendRequest) {
		for i := range out {
			if out[i].ID == r.ID && slices.Equal(out[i].Dims, r.Dims) {
				out[i].Days = max(out[i].Days, r.Days)
				return
			}
		}
		out = append(out, r)
	}
	for _, r := range requests {
		r.Dims = slices.Sorted(slices.Values(r.Dims))
		add(r)
		if len(r.Dims) > 0 {
			add(TrendRequest{ID: r.ID, Days: r.Days})
		}
	}
	return out
}

// days are the business days that the requests reach back to, oldest first.
func (in *Input) days(requests []TrendRequest, now, before *ledger) (out []day) {
	past := *in
	past.Feeds, _ = PastFeeds(in.registry, requests)
	if past.Feeds == nil {
		past.Feeds = in.Feeds
	}
	for _, p := range in.History {
		then := past.upTo(p.Window)
		out = append(out, newDay(p.Date, measure(&then, p.Measurements)))
	}
	return append(out, newDay(in.Previous.Date, before), newDay(in.Date, now))
}

// upTo leaves out what happened after a window: on that day nothing was known
// of it, and the absence of all events says more than their presence later.
func (in Input) upTo(w Window) Input {
	in.Findings = until(in.Findings, func(e FindingEvent) bool { return e.At.Before(w.To) })
	in.Incidents = until(in.Incidents, func(e IncidentEvent) bool { return e.At.Before(w.To) })
	in.Actions = until(in.Actions, func(e ActionEvent) bool { return e.At.Before(w.To) })
	return in
}

func until[T any](events []T, within func(T) bool) []T {
	out := make([]T, 0, len(events))
	for _, e := range events {
		if within(e) {
			out = append(out, e)
		}
	}
	return out
}

// trendsOf makes one trend for each value of the dimensions that any day has.
func trendsOf(m Metric, dims []string, days []day) (out []Trend) {
	all := map[string]Dims{}
	for _, d := range days {
		for key, f := range d.facts {
			if f.ID == m.ID && hasExactly(f.Dims, dims) {
				all[key] = f.Dims
			}
		}
	}
	for key, d := range all {
		t := Trend{ID: m.ID, Unit: m.Unit}
		if len(d) > 0 {
			t.Dims = d
		}
		for _, day := range days {
			t.Points = append(t.Points, day.point(m, key))
		}
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b Trend) int { return strings.Compare(a.Dims.String(), b.Dims.String()) })
	return out
}

func (d day) point(m Metric, key string) Point {
	f := d.facts[key]
	p := Point{Date: d.date}
	if !f.Measured() {
		p.Reason = d.why(m, f)
		return p
	}
	p.Value = f.Value
	if f.Numerator != nil && f.Denominator != nil {
		p.Numerator, p.Denominator = *f.Numerator, *f.Denominator
	}
	return p
}

// why says why a day has no value.
func (d day) why(m Metric, f *Fact) string {
	if f != nil && f.Reason != "" {
		return f.Reason
	}
	if total := d.facts[m.ID]; total != nil && total.Reason != "" {
		return total.Reason
	}
	if m.Declared == nil && m.Feed != "" {
		if gap := d.l.feedGap(m.Feed); gap != "" {
			return gap
		}
	}
	if strings.HasPrefix(m.ID, "attack.") {
		return NoEvaluation
	}
	return NothingToMeasure
}

// trend is the attack success rate's, from its own query.
func trend(in *Input, days int) Trend {
	t := Trend{ID: rateTrend, Unit: Ratio, Points: slices.Clone(in.Trend[max(0, len(in.Trend)-days):])}
	for i := range t.Points {
		p := &t.Points[i]
		if p.Denominator > 0 && p.Reason == "" {
			v := float64(p.Numerator) / float64(p.Denominator)
			p.Value = &v
		} else if p.Reason == "" {
			p.Reason = NoEvaluation
		}
	}
	return t
}
