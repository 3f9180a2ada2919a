package fact

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// NoEvaluation is the reason of a rate over nothing: it says no more than that.
const NoEvaluation = "no evaluation was recorded in this window"

// tally adds up evaluations.
type tally struct {
	evaluated, hits int64
}

func (t *tally) add(c Cell) { t.evaluated += c.Evaluated; t.hits += c.Hits }

// cellKey is what like for like compares: a probe judged by a detector at a
// target.
type cellKey struct{ target, probe, detector string }

func keyOf(c Cell) cellKey { return cellKey{c.Target, c.Probe, c.Detector} }

func (k cellKey) dims() Dims {
	return Dims{"target": k.target, "probe": k.probe, "detector": k.detector}
}

// attacks adds attack.evaluated, attack.hits and attack.success_rate in total,
// by target, by category and by cell.
func (l *ledger) attacks() {
	var total tally
	targets, categories, cells := map[string]*tally{}, map[string]*tally{}, map[cellKey]*tally{}
	category := map[cellKey]string{}
	for _, c := range l.m.Cells {
		total.add(c)
		into(targets, c.Target).add(c)
		into(categories, c.Category).add(c)
		into(cells, keyOf(c)).add(c)
		category[keyOf(c)] = c.Category
	}
	gaps := l.plannedGaps()
	for _, g := range gaps { // what was planned and has no evaluation is a gap, not nothing
		into(targets, g.key.target)
		into(categories, g.category)
		into(cells, g.key)
		category[g.key] = g.category
	}
	broken, _ := l.brokenPromise("attacks")
	reason := func(match func(gap) bool) string {
		if broken != "" {
			return broken
		}
		return gapReason(gaps, match)
	}
	l.attack(nil, total, reason(func(gap) bool { return true }), broken)
	for _, name := range slices.Sorted(maps.Keys(targets)) {
		l.attack(Dims{"target": name}, *targets[name], reason(func(g gap) bool { return g.key.target == name }), broken)
	}
	for _, name := range slices.Sorted(maps.Keys(categories)) {
		l.attack(Dims{"category": name}, *categories[name], reason(func(g gap) bool { return g.category == name }), broken)
	}
	for key, t := range cells {
		first := len(l.facts)
		l.attack(key.dims(), *t, reason(func(g gap) bool { return g.key == key }), broken)
		for i := range l.facts[first:] {
			l.facts[first+i].Category = category[key]
		}
	}
}

func into[K comparable](m map[K]*tally, k K) *tally {
	if m[k] == nil {
		m[k] = &tally{}
	}
	return m[k]
}

func (l *ledger) attack(d Dims, t tally, reason, broken string) {
	if t.evaluated == 0 || broken != "" {
		for _, id := range []string{"attack.evaluated", "attack.hits", "attack.success_rate"} {
			l.missing(id, d, reason)
		}
		return
	}
	l.set("attack.evaluated", d, float64(t.evaluated), t.evaluated)
	l.set("attack.hits", d, float64(t.hits), t.evaluated)
	l.ratio("attack.success_rate", d, t.hits, t.evaluated, t.evaluated)
}

// gap is a planned cell without an evaluation, and why.
type gap struct {
	key      cellKey
	category string
	reason   string
}

// plannedGaps lists what the window's runs were meant to measure and did not.
func (l *ledger) plannedGaps() []gap {
	measured := map[cellKey]bool{}
	for _, c := range l.m.Cells {
		measured[keyOf(c)] = true
	}
	runs := map[int64]RunHistory{}
	for _, r := range l.m.Runs {
		if l.outcome(r) != elsewhere {
			runs[r.ID] = r
		}
	}
	var out []gap
	seen := map[cellKey]bool{}
	for _, p := range l.m.Planned {
		r, ok := runs[p.Run]
		key := cellKey{r.Target, p.Probe, p.Detector}
		if !ok || measured[key] || seen[key] {
			continue
		}
		seen[key] = true
		out = append(out, gap{key, p.Category, l.whyNoResult(r, p.Evaluations)})
	}
	return out
}

func (l *ledger) whyNoResult(r RunHistory, planned int64) string {
	var why string
	switch l.outcome(r) {
	case failed:
		why = "run " + r.Name + " failed at " + l.clock(*r.Ended)
		if r.Reason != "" {
			why += " (" + r.Reason + ")"
		}
	case notStarted:
		return "run " + r.Name + " did not start (planned " + l.clock(r.PlannedFor) + ")"
	case unfinished:
		why = "run " + r.Name + " had not ended"
	default:
		why = "run " + r.Name + " completed without it"
	}
	if planned > 0 {
		why += fmt.Sprintf(", 0 of %d evaluations", planned)
	}
	return why
}

// gapReason says why a total over cells has no evaluation.
func gapReason(gaps []gap, match func(gap) bool) string {
	var reasons []string
	for _, g := range gaps {
		if match(g) && !slices.Contains(reasons, g.reason) {
			reasons = append(reasons, g.reason)
		}
	}
	const shown = 3
	switch {
	case len(reasons) == 0:
		return NoEvaluation
	case len(reasons) > shown:
		return strings.Join(reasons[:shown], "; ") + fmt.Sprintf("; and %d more", len(reasons)-shown)
	}
	return strings.Join(reasons, "; ")
}

// compareLikeForLike compares attack facts over the cells measured on both
// dates: a changed test mix must not look like a changed model.
func compareLikeForLike(facts []Fact, now, before []Cell) {
	a, b := byCell(now), byCell(before)
	type pair struct{ now, before tally }
	sums := map[string]*pair{}
	for key, n := range a {
		o, ok := b[key]
		if !ok {
			continue
		}
		for _, d := range []Dims{nil, {"target": key.target}, {"category": n.category}, key.dims()} {
			k := d.String()
			if sums[k] == nil {
				sums[k] = &pair{}
			}
			sums[k].now.evaluated += n.evaluated
			sums[k].now.hits += n.hits
			sums[k].before.evaluated += o.evaluated
			sums[k].before.hits += o.hits
		}
	}
	for i := range facts {
		f := &facts[i]
		p := sums[f.Dims.String()]
		if p == nil || !f.Measured() || f.Previous == nil {
			continue
		}
		switch f.ID {
		case "attack.evaluated":
			f.comparable(float64(p.now.evaluated), float64(p.before.evaluated))
		case "attack.hits":
			f.comparable(float64(p.now.hits), float64(p.before.hits))
		case "attack.success_rate":
			f.comparable(float64(p.now.hits)/float64(p.now.evaluated), float64(p.before.hits)/float64(p.before.evaluated))
			n, o := p.now, p.before
			f.ComparableValueNum, f.ComparableValueDen = &n.hits, &n.evaluated
			f.ComparableNumerator, f.ComparableDenominator = &o.hits, &o.evaluated
		}
	}
}

func (f *Fact) comparable(now, before float64) {
	change := now - before
	f.ComparableValue, f.Comparable, f.ComparableChange = &now, &before, &change
}

type cellTally struct {
	tally
	category string
}

func byCell(cells []Cell) map[cellKey]*cellTally {
	m := map[cellKey]*cellTally{}
	for _, c := range cells {
		k := keyOf(c)
		if m[k] == nil {
			m[k] = &cellTally{category: c.Category}
		}
		m[k].add(c)
	}
	return m
}

// attempts adds attempts.sent, attempts.answered and attempts.unanswered.
func (l *ledger) attempts() {
	broken, _ := l.brokenPromise("attacks")
	sums := map[string]AttemptCount{}
	var total AttemptCount
	for _, a := range l.m.Attempts {
		s := sums[a.Target]
		sums[a.Target] = AttemptCount{Sent: s.Sent + a.Sent, Answered: s.Answered + a.Answered}
		total.Sent += a.Sent
		total.Answered += a.Answered
	}
	if gap := l.feedGap("attacks"); broken != "" || total.Sent == 0 && gap != "" {
		for _, id := range []string{"attempts.sent", "attempts.answered", "attempts.unanswered"} {
			l.missing(id, nil, gap)
		}
		return
	}
	l.attempt(nil, total)
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		l.attempt(Dims{"target": name}, sums[name])
	}
}

func (l *ledger) attempt(d Dims, a AttemptCount) {
	l.set("attempts.sent", d, float64(a.Sent), a.Sent)
	l.set("attempts.answered", d, float64(a.Answered), a.Sent)
	l.set("attempts.unanswered", d, float64(a.Sent-a.Answered), a.Sent)
}

// outcome tells what a run was in a window.
type outcome int

const (
	elsewhere  outcome = iota // its outcome belongs to another window
	completed                 // ended in the window, with a result
	failed                    // ended in the window, without
	notStarted                // planned in the window, no start before its end
	unfinished                // planned in the window, still running at its end
)

func (o outcome) String() string {
	return [...]string{"elsewhere", "completed", "failed", "not_started", "unfinished"}[o]
}

// outcome places a run. A run that ended counts where it ended; one that never
// started counts where it was planned.
func (l *ledger) outcome(r RunHistory) outcome {
	w := l.m.Window
	switch {
	case r.Ended != nil && r.Ended.Before(w.To):
		if r.Ended.Before(w.From) {
			return elsewhere
		}
		if r.Completed {
			return completed
		}
		return failed
	case r.PlannedFor.Before(w.From) || !r.PlannedFor.Before(w.To):
		return elsewhere
	case r.Started == nil || !r.Started.Before(w.To):
		return notStarted
	}
	return unfinished
}

type runTally struct{ planned, completed, failed, notStarted int64 }

func (t *runTally) add(o outcome) {
	switch o {
	case completed:
		t.completed++
	case failed:
		t.failed++
	case notStarted:
		t.notStarted++
	default:
		return
	}
	t.planned++
}

// runs adds runs.planned, runs.completed, runs.failed and runs.not_started. A
// run that is still going counts in the window in which it ends.
func (l *ledger) runs() {
	var total runTally
	targets := map[string]*runTally{}
	for _, r := range l.m.Runs {
		o := l.outcome(r)
		if o == elsewhere || o == unfinished {
			continue
		}
		total.add(o)
		if targets[r.Target] == nil {
			targets[r.Target] = &runTally{}
		}
		targets[r.Target].add(o)
	}
	broken, _ := l.brokenPromise("attacks")
	if gap := l.feedGap("attacks"); broken != "" || total.planned == 0 && gap != "" {
		for _, id := range []string{"runs.planned", "runs.completed", "runs.failed", "runs.not_started"} {
			l.missing(id, nil, gap)
		}
		return
	}
	l.run(nil, total)
	for _, name := range slices.Sorted(maps.Keys(targets)) {
		l.run(Dims{"target": name}, *targets[name])
	}
}

func (l *ledger) run(d Dims, t runTally) {
	l.set("runs.planned", d, float64(t.planned), t.planned)
	l.set("runs.completed", d, float64(t.completed), t.planned)
	l.set("runs.failed", d, float64(t.failed), t.planned)
	l.set("runs.not_started", d, float64(t.notStarted), t.planned)
}
