package fact

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// samplePrefix begins the names of sources that hold generated data.
const samplePrefix = "sample-"

// Compute makes the fact set of one cycle. It is pure: the same input gives the
// same set. Declared metrics that cannot stand beside the others are
// report.ErrInvalid.
func Compute(in Input) (*Set, error) {
	var err error
	if in.registry, err = builtin.With(in.Metrics...); err != nil {
		return nil, err
	}
	in.narrow()
	now := measure(&in, in.Now)
	before := measure(&in, in.Before)
	set := &Set{
		Schema: SetSchema, Series: in.Series, Title: in.Title, BusinessDate: in.Date, TimeZone: in.Zone.String(),
		Window: in.Window, Previous: in.Previous, NextDate: in.NextDate,
		AsOf: in.AsOf, Deadline: in.Deadline, Late: in.Late,
		Metrics: in.declared(),
	}
	set.Facts = compare(now.facts, before.facts)
	compareLikeForLike(set.Facts, in.Now.Cells, in.Before.Cells)
	compareObserved(set.Facts, now, before)
	set.Facts = append(set.Facts, countUnmeasured(set, before.facts)...)
	for i := range set.Facts {
		set.Facts[i].Window, set.Facts[i].AsOf = in.Window, in.AsOf
	}
	set.Trends = trends(&in, now, before)
	set.Feeds = feeds(&in)
	set.Sample = slices.ContainsFunc(set.Feeds, func(f Feed) bool { return strings.HasPrefix(f.Source, samplePrefix) })
	set.Records = records(&in)
	return set, nil
}

// ledger collects the facts of one window.
type ledger struct {
	in    *Input
	m     Measurements
	facts []Fact
}

// measure computes every fact of one window, in the registry's order.
func measure(in *Input, m Measurements) *ledger {
	l := &ledger{in: in, m: m}
	for _, step := range []struct {
		feed    string
		measure func()
	}{
		{"attacks", l.attacks}, {"attacks", l.attempts}, {"attacks", l.runs}, {"findings", l.findings},
		{"incidents", l.incidents}, {"actions", l.actions}, {"health", l.health},
		{Observations, l.declaredMetrics},
	} {
		if in.about(step.feed) {
			step.measure()
		}
	}
	slices.SortStableFunc(l.facts, func(a, b Fact) int {
		return cmp.Or(cmp.Compare(in.registry.order(a.ID), in.registry.order(b.ID)), cmp.Compare(len(a.Dims), len(b.Dims)), compareDims(a.Dims, b.Dims))
	})
	return l
}

var severities = []string{"critical", "high", "medium", "low"}

func compareDims(a, b Dims) int {
	if x, ok := a["severity"]; ok {
		if y, ok := b["severity"]; ok {
			return slices.Index(severities, x) - slices.Index(severities, y)
		}
	}
	return strings.Compare(a.String(), b.String())
}

// set adds a measured fact.
func (l *ledger) set(id string, d Dims, value float64, rows int64) *Fact {
	return l.add(Fact{ID: id, Dims: d, Value: &value, Status: Measured, Rows: rows})
}

// ratio adds a measured rate. den is positive.
func (l *ledger) ratio(id string, d Dims, num, den, rows int64) *Fact {
	f := l.set(id, d, float64(num)/float64(den), rows)
	ci := Wilson(num, den)
	f.Numerator, f.Denominator, f.Interval = &num, &den, &ci
	return f
}

// missing adds an unmeasured fact.
func (l *ledger) missing(id string, d Dims, reason string) {
	l.add(Fact{ID: id, Dims: d, Status: Unmeasured, Reason: reason})
}

func (l *ledger) add(f Fact) *Fact {
	m, ok := l.in.registry.Lookup(f.ID)
	if !ok {
		panic("fact: metric " + f.ID + " is not registered")
	}
	if m.Declared != nil {
		f.Decimals, f.Good = m.Decimals, m.Good
	}
	if f.Dims == nil {
		f.Dims = Dims{}
	}
	f.Metric, f.Unit, f.Query = m.Version, m.Unit, m.Query
	l.facts = append(l.facts, f)
	return &l.facts[len(l.facts)-1]
}

// clock writes an instant for a reason: with its day where that is not the
// window's last.
func (l *ledger) clock(t time.Time) string {
	local, end := t.In(l.in.Zone), l.m.Window.To.In(l.in.Zone)
	if local.Format(time.DateOnly) == end.Format(time.DateOnly) {
		return local.Format("15:04")
	}
	return local.Format("Mon 2 Jan 15:04")
}

// feedGap tells why nothing may be concluded from the absence of rows of a
// feed; empty where the feed is complete through the window's end.
func (l *ledger) feedGap(feed string) string {
	broken, known := l.brokenPromise(feed)
	switch {
	case broken != "":
		return broken
	case !known:
		return "no source has said that its " + feed + " data is complete"
	}
	return ""
}

// brokenPromise tells of a source that gives watermarks and whose newest one
// falls short of the window's end. Rows of such a feed are a part of unknown
// size, so nothing is computed from them. known tells whether any source of
// the feed gives watermarks.
func (l *ledger) brokenPromise(feed string) (reason string, known bool) {
	for _, w := range l.in.Watermarks {
		if w.Feed != feed {
			continue
		}
		known = true
		if w.CompleteThrough.Before(l.m.Window.To) {
			return "feed " + w.Source + " is complete only through " + l.clock(w.CompleteThrough) +
				"; " + l.clock(l.m.Window.To) + " is needed", true
		}
	}
	return "", known
}

// compare sets each fact beside the same one of the previous window.
func compare(now, before []Fact) []Fact {
	old := map[string]*Fact{}
	for i := range before {
		old[before[i].Key()] = &before[i]
	}
	for i := range now {
		f := &now[i]
		p, ok := old[f.Key()]
		if !ok {
			continue
		}
		f.PreviousReason = p.Reason
		if !p.Measured() {
			continue
		}
		f.Previous, f.PreviousNumerator, f.PreviousDenominator = p.Value, p.Numerator, p.Denominator
		if f.Measured() {
			change := *f.Value - *p.Value
			f.Change = &change
		}
	}
	return now
}

// countUnmeasured makes the facts about the facts.
func countUnmeasured(s *Set, before []Fact) []Fact {
	old := Set{Metrics: s.Metrics, Facts: before}
	return compare(s.about(), old.about())
}

// about counts the set's facts, and those of them that are not measured.
func (s *Set) about() []Fact {
	l := ledger{in: &Input{registry: builtin}}
	l.set("facts.unmeasured", nil, float64(len(s.Notes())), int64(len(s.Facts)))
	l.set("facts.total", nil, float64(s.Figures()), int64(len(s.Facts)))
	return l.facts
}
