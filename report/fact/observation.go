package fact

import (
	"cmp"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"time"
)

// ObservationCount counts one source's observations of one thing, in a window,
// by the labels that a declared metric has for dimensions. For the aggregate
// last it is of the newest observation of each combination of labels.
type ObservationCount struct {
	Metric string // the declared metric that it is for
	Of     string // what was observed
	// Labels are those of the metric's dimensions that the observations have.
	Labels   map[string]string
	Observed int64
	Valued   int64    // of these, how many have a value
	Sum      *big.Rat // of the values
	Units    []string // each once
	Last     time.Time
	Oldest   time.Time // of the newest ones, where these were asked for
}

// unlabelled stands for a dimension that an observation has no label for.
const unlabelled = "(none)"

// maxCombinations bounds what a metric is broken down by: a label that is another
// on each observation, such as a ticket's number, is no dimension.
const maxCombinations = 2000

// staleAfter is after how many intervals a level is out of date.
const staleAfter = 2

// observed is what a metric is made of, over some of its cells.
type observed struct {
	count     int64
	valued    int64
	sum       *big.Rat
	last      time.Time
	oldest    time.Time
	otherUnit string
	cells     int64 // how many are expected to be observed
	// The same of what a ratio divides by.
	perCount, perValued int64
	perSum              *big.Rat
}

func newObserved() *observed { return &observed{sum: new(big.Rat), perSum: new(big.Rat)} }

func (o *observed) add(p *observed) {
	o.count, o.valued, o.cells = o.count+p.count, o.valued+p.valued, o.cells+p.cells
	o.perCount, o.perValued = o.perCount+p.perCount, o.perValued+p.perValued
	o.sum.Add(o.sum, p.sum)
	o.perSum.Add(o.perSum, p.perSum)
	o.otherUnit = cmp.Or(o.otherUnit, p.otherUnit)
	if p.last.After(o.last) {
		o.last = p.last
	}
	if o.oldest.IsZero() || !p.oldest.IsZero() && p.oldest.Before(o.oldest) {
		o.oldest = p.oldest
	}
}

// observe adds what was counted of one thing, per: of what a ratio divides by.
func (o *observed) observe(c ObservationCount, d *Declaration, unit Unit, per bool) {
	if per {
		o.perCount, o.perValued = o.perCount+c.Observed, o.perValued+c.Valued
		o.perSum.Add(o.perSum, c.Sum)
	} else {
		o.add(&observed{count: c.Observed, valued: c.Valued, sum: c.Sum, perSum: new(big.Rat), last: c.Last, oldest: c.Oldest})
	}
	for _, u := range c.Units {
		switch d.Aggregate {
		case Number: // whatever they are in, they are counted
		case Quotient:
			if u != c.Units[0] {
				o.otherUnit = fmt.Sprintf("observations of %s are in %s and in %s", c.Of, c.Units[0], u)
			}
		default:
			if u != string(unit) {
				o.otherUnit = fmt.Sprintf("observations of %s are in %s; the metric is declared in %s", c.Of, u, unit)
			}
		}
	}
}

// declaredMetrics adds the facts of every declared metric: in total, by each of
// its dimensions and by all of them.
func (l *ledger) declaredMetrics() {
	for _, m := range l.in.declared() {
		cells := l.cellsOf(m)
		if len(cells) > maxCombinations {
			l.missing(m.ID, nil, fmt.Sprintf("observations of %s have %s combinations of %s; at most %s are told apart", m.Declared.Of,
				thousands(int64(len(cells))), strings.Join(m.DimensionNames(), ", "), thousands(maxCombinations)))
			continue
		}
		sums := sumsOf(m, cells, nil)
		l.declaredFact(m, nil, sums.of(nil))
		for _, dims := range m.Dimensions {
			for _, d := range l.in.combinations(m, dims) {
				l.declaredFact(m, d, sums.of(d))
			}
		}
	}
}

// observedCell is the finest that a declared metric is broken down by.
type observedCell struct {
	dims Dims
	observed
}

// cellsOf are the cells of a window, by their dimensions. Where it is known how
// often a source observes, a cell of the window before is expected in this one.
func (l *ledger) cellsOf(m Metric) map[string]*observedCell {
	out := map[string]*observedCell{}
	at := func(labels map[string]string) *observedCell {
		d := finest(m, labels)
		if out[d.String()] == nil {
			out[d.String()] = &observedCell{d, *newObserved()}
			out[d.String()].cells = 1
		}
		return out[d.String()]
	}
	for _, c := range l.m.Observations {
		if c.Metric == m.ID {
			at(c.Labels).observe(c, m.Declared, m.Unit, c.Of != m.Declared.Of)
		}
	}
	if l.m.Window == l.in.Now.Window {
		for _, c := range l.in.Before.Observations {
			if c.Metric == m.ID {
				at(c.Labels)
			}
		}
	}
	return out
}

// finest are the dimensions of a cell, each with a value.
func finest(m Metric, labels map[string]string) Dims {
	d := Dims{}
	for _, name := range m.DimensionNames() {
		d[name] = cmp.Or(labels[name], unlabelled)
	}
	return d
}

// DimensionNames lists the dimensions that a metric is broken down by, each once.
func (m Metric) DimensionNames() []string {
	var out []string
	for _, dims := range m.Dimensions {
		for _, name := range dims {
			if !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// combinations are the values that dimensions have in the window or in the one
// before: what was seen on one of the two days has a figure, or a reason, on both.
func (in *Input) combinations(m Metric, dims []string) []Dims {
	seen := map[string]Dims{}
	for _, w := range []Measurements{in.Now, in.Before} {
		for _, c := range w.Observations {
			if c.Metric != m.ID {
				continue
			}
			d := finest(m, c.Labels).only(dims)
			seen[d.String()] = d
		}
	}
	out := make([]Dims, 0, len(seen))
	for _, key := range slices.Sorted(maps.Keys(seen)) {
		out = append(out, seen[key])
	}
	return out
}

// sums are what a metric is made of, by the dimensions that it is broken down by.
type sums map[string]*observed

// sumsOf adds up the cells; only nil: all of them.
func sumsOf(m Metric, cells map[string]*observedCell, only map[string]bool) sums {
	out := sums{}
	for _, key := range slices.Sorted(maps.Keys(cells)) {
		if only != nil && !only[key] {
			continue
		}
		c := cells[key]
		for _, dims := range append([][]string{nil}, m.Dimensions...) {
			within := c.dims.only(dims).String()
			if out[within] == nil {
				out[within] = newObserved()
			}
			out[within].add(&c.observed)
		}
	}
	return out
}

// of is what was observed within dimensions; nothing where no cell lies there.
func (s sums) of(d Dims) *observed {
	if o := s[d.String()]; o != nil {
		return o
	}
	return newObserved()
}

// only are those dimensions that are named.
func (d Dims) only(names []string) Dims {
	out := Dims{}
	for _, name := range names {
		out[name] = d[name]
	}
	return out
}

// declaredFact adds one fact: its value, or why there is none.
func (l *ledger) declaredFact(m Metric, d Dims, o *observed) {
	if why := l.whyNotObserved(m, o); why != "" {
		l.missing(m.ID, d, why)
		return
	}
	value, num, den := o.value(m.Declared)
	f := l.set(m.ID, d, value, o.count+o.perCount)
	f.Numerator, f.Denominator = num, den
}

// value is the aggregate; of a ratio also what it is of, where that is whole.
func (o *observed) value(d *Declaration) (value float64, num, den *int64) {
	v := new(big.Rat)
	switch d.Aggregate {
	case Number:
		v.SetInt64(o.valued)
	case Mean:
		v.Quo(o.sum, new(big.Rat).SetInt64(o.valued))
	case Quotient:
		v.Quo(o.sum, o.perSum)
		if o.sum.IsInt() && o.perSum.IsInt() && o.sum.Num().IsInt64() && o.perSum.Num().IsInt64() {
			n, m := o.sum.Num().Int64(), o.perSum.Num().Int64()
			num, den = &n, &m
		}
	default: // Sum, Last
		v.Set(o.sum)
	}
	value, _ = v.Float64()
	return value, num, den
}

// whyNotObserved is the reason why there is no value; empty: there is one.
func (l *ledger) whyNotObserved(m Metric, o *observed) string {
	d := m.Declared
	broken, promised := l.sourcePromise(d.Source)
	switch {
	case len(l.in.Sources) > 0 && !slices.Contains(l.in.Sources, d.Source):
		return "source " + d.Source + " is none of the series' sources"
	case broken != "":
		return broken
	case o.otherUnit != "":
		return o.otherUnit
	case d.Aggregate == Last:
		return l.whyNoLevel(d, o)
	}
	if why := l.tooFew(d, o); why != "" {
		return why
	}
	// Where the source is complete and nothing happened, there is nothing to add.
	complete := promised && d.Interval == 0 && d.Aggregate != Mean
	if why := none(d.Of, o.count, o.valued, complete, d); why != "" || d.Aggregate != Quotient {
		return why
	}
	if why := none(d.Per, o.perCount, o.perValued, complete, d); why != "" {
		return why
	}
	if o.perSum.Sign() <= 0 {
		return d.Per + " adds up to nothing that could be divided by"
	}
	return ""
}

// none says that there is no value among the observations of a thing; empty:
// there is one, or none is needed.
func none(of string, count, valued int64, complete bool, d *Declaration) string {
	silence := "no observation of " + of + " was recorded in this window"
	switch {
	case valued > 0 || count == 0 && complete:
		return ""
	case count > 0:
		return fmt.Sprintf("none of %s observations of %s has a value", thousands(count), of)
	case d.Interval == 0 && d.Aggregate != Mean:
		return silence + ", and source " + d.Source + " has not said that its observations are complete"
	}
	return silence
}

// whyNoLevel is the reason why a stock has none: a part of it is not known, or
// out of date.
func (l *ledger) whyNoLevel(d *Declaration, o *observed) string {
	limit := time.Duration(staleAfter*d.Interval) * time.Second
	switch {
	case o.count == 0:
		return "no observation of " + d.Of + " has been recorded"
	case o.valued < o.count && o.count == 1:
		return "the newest observation of " + d.Of + " has no value"
	case o.valued < o.count:
		return fmt.Sprintf("%s of the %s newest observations of %s have no value", thousands(o.count-o.valued), thousands(o.count), d.Of)
	case d.Interval > 0 && l.m.Window.To.Sub(o.oldest) > limit:
		return fmt.Sprintf("the newest observation of %s is of %s; one is expected every %s", d.Of, l.clock(o.oldest), every(d.Interval))
	}
	return ""
}

// tooFew tells of a coverage below the metric's minimum. Where it is not known
// how many observations there should be, it is the share of those with a value.
func (l *ledger) tooFew(d *Declaration, o *observed) string {
	got, expected := o.valued, o.count
	if d.Interval > 0 {
		expected = o.cells * (int64(l.m.Window.To.Sub(l.m.Window.From)/time.Second) / d.Interval)
	}
	if d.Aggregate == Quotient && o.perValued < o.perCount && d.Interval == 0 { // the thinner of the two
		if o.count == 0 || float64(o.perValued)*float64(o.count) < float64(o.valued)*float64(o.perCount) {
			got, expected = o.perValued, o.perCount
		}
	}
	if expected == 0 || got == 0 && d.Interval == 0 || float64(got) >= d.MinimumCoverage*float64(expected) {
		return ""
	}
	none := ""
	if d.Interval > 0 && got > 0 && l.m.Window.To.Sub(o.last) > max(time.Hour, time.Duration(staleAfter*d.Interval)*time.Second) {
		none = ", none after " + l.clock(o.last)
	}
	return fmt.Sprintf("%s of %s observations (%.1f %%)%s; %s %% are needed", thousands(got), thousands(expected),
		100*float64(got)/float64(expected), none, percent(d.MinimumCoverage))
}

// percent writes a share without digits that say nothing: 90, 99.5.
func percent(share float64) string {
	r, ok := new(big.Rat).SetString(fmt.Sprintf("%.12f", 100*share))
	if !ok {
		return ""
	}
	s := Decimal(r, 3)
	return strings.TrimRight(strings.TrimRight(s, "0"), ".")
}

// every writes an interval: "1 h", "90 s".
func every(seconds int64) string {
	for _, u := range []struct {
		seconds int64
		name    string
	}{{86400, "d"}, {3600, "h"}, {60, "min"}} {
		if seconds%u.seconds == 0 {
			return fmt.Sprintf("%d %s", seconds/u.seconds, u.name)
		}
	}
	return fmt.Sprintf("%d s", seconds)
}

// sourcePromise is brokenPromise of one source's observations: what others
// observe is none of its affairs.
func (l *ledger) sourcePromise(source string) (broken string, promised bool) {
	for _, w := range l.in.Watermarks {
		if w.Feed != Observations || w.Source != source {
			continue
		}
		promised = true
		if w.CompleteThrough.Before(l.m.Window.To) {
			broken = "feed " + w.Source + " is complete only through " + l.clock(w.CompleteThrough) +
				"; " + l.clock(l.m.Window.To) + " is needed"
		}
	}
	return broken, promised
}

// compareObserved compares declared metrics over the cells that were measured
// on both dates.
func compareObserved(facts []Fact, now, before *ledger) {
	for _, m := range now.in.declared() {
		if len(m.Dimensions) == 0 {
			continue
		}
		a, b := now.cellsOf(m), before.cellsOf(m)
		both := map[string]bool{}
		for _, key := range slices.Sorted(maps.Keys(a)) {
			n, o := a[key], b[key]
			if o == nil { // not seen then, which may well be a figure
				o = &observedCell{n.dims, *newObserved()}
				b[key] = o
			}
			both[key] = now.whyNotObserved(m, &n.observed) == "" && before.whyNotObserved(m, &o.observed) == ""
		}
		nowBoth, beforeBoth := sumsOf(m, a, both), sumsOf(m, b, both)
		for i := range facts {
			if f := &facts[i]; f.ID == m.ID && nowBoth[f.Dims.String()] != nil {
				f.compareWithin(m, nowBoth.of(f.Dims), beforeBoth.of(f.Dims))
			}
		}
	}
}

// compareWithin sets what a fact is like for like, from what both days measured.
func (f *Fact) compareWithin(m Metric, now, before *observed) {
	if !f.Measured() || f.Previous == nil || !now.speaks(m) || !before.speaks(m) {
		return
	}
	value, num, den := now.value(m.Declared)
	was, wasNum, wasDen := before.value(m.Declared)
	f.comparable(value, was)
	f.ComparableValueNum, f.ComparableValueDen = num, den
	f.ComparableNumerator, f.ComparableDenominator = wasNum, wasDen
}

// speaks tells whether an aggregate has a value.
func (o *observed) speaks(m Metric) bool {
	switch m.Declared.Aggregate {
	case Mean:
		return o.valued > 0
	case Quotient:
		return o.perSum.Sign() > 0
	}
	return true
}
