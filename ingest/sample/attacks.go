package sample

import (
	"fmt"
	"math"
	"time"

	"github.com/closeofbusiness/cob/ingest"
)

// What goes wrong, counted in weekdays from the anchor.
const (
	outageDay     = -7  // the provider is away all day
	lateDay       = -12 // one run's results come in two days on
	rescoreDay    = -16 // some results are judged again on the next day
	failedDay     = -20 // a run fails
	notStartedDay = -27 // a run doesn't start
	thoroughDay   = -30 // from here on the tests are as many as in the story
)

// run is one planned run of one target.
type run struct {
	name    string
	target  *target
	version string
	planned time.Time
	end     time.Time
	cells   []cell
}

// attacks are the day's runs, in the order of their numbers.
func (h *history) attacks(d day) {
	h.comeLate(d)
	h.release(d)
	if isHoliday(d.date) && !d.story {
		return
	}
	for i := range targets {
		t := &targets[i]
		if !h.measured(t, d.offset) {
			continue
		}
		for k, s := range t.runs {
			r := h.planned(d, t, k, s)
			h.outcome(d, r, k)
		}
		if d.story && t.name == assistant {
			h.retest(d, t)
		}
	}
}

// measured tells whether a target is tested on a day: two retire midway.
func (h *history) measured(t *target, offset int) bool {
	return !t.retires || offset < h.midway()
}

func (h *history) midway() int { return weekdaysBetween(h.anchor, h.first) / 2 }

// version is what a target runs at the end of an ordinary day.
func (t *target) version(offset int) (v string) {
	for _, r := range t.versions {
		if r.offset <= offset {
			v = r.version
		}
	}
	return v
}

// trial is the version that a story's day tries out.
func (h *history) trial(d day) string {
	n := 2
	for s := range h.stories {
		if s.Before(d.date) {
			n++
		}
	}
	return fmt.Sprintf("4.%d", n)
}

// release records the day's version changes and retirements.
func (h *history) release(d day) {
	for i := range targets {
		t := &targets[i]
		event := ingest.TargetEvent{Source: Attacks, Target: t.name, At: d.clock(7, 30), Kind: "version"}
		for _, r := range t.versions {
			if r.offset == d.offset {
				event.Version = r.version
				h.add(Attacks, event)
			}
		}
		if t.retires && d.offset == h.midway() {
			h.add(Attacks, ingest.TargetEvent{Source: Attacks, Target: t.name, At: d.clock(10, 0), Kind: "retired"})
		}
		if t.name == assistant && d.story {
			event.At, event.Version = d.clock(9, 10), h.trial(d)
			h.add(Attacks, event)
			event.At, event.Version = d.clock(14, 20), t.version(d.offset)
			h.add(Attacks, event)
		}
	}
}

// planned records that a run was to be made, and what it was to measure.
func (h *history) planned(d day, t *target, k int, s slot) *run {
	r := &run{
		name: h.runName(d, s.number), target: t, version: t.version(d.offset),
		planned: d.clock(s.hour, s.minute), end: d.clock(s.hour, s.minute+s.minutes),
	}
	if d.story && t.name == assistant {
		r.version = h.trial(d)
	}
	for _, c := range t.cells() {
		if c.run == k {
			c.evaluations = h.rhythm(d, c.evaluations)
			r.cells = append(r.cells, c)
		}
	}
	h.announce(r)
	return r
}

// announce records a run and the cells that it is to measure.
func (h *history) announce(r *run) {
	h.add(Attacks, ingest.Run{Source: Attacks, Name: r.name, Tool: "garak 0.15.1", Suite: "nightly", Target: r.target.name, PlannedFor: r.planned})
	for _, c := range r.cells {
		h.add(Attacks, ingest.PlannedCell{Source: Attacks, Run: r.name, Probe: c.probe, Detector: c.detector, Category: c.category, Evaluations: ptr(int64(c.evaluations))})
	}
}

// runName counts twenty numbers a day.
func (h *history) runName(d day, number int) string {
	base := 2283
	if n := -20 * weekdaysBetween(h.anchor, h.first); n >= base {
		base = n + 1
	}
	return fmt.Sprintf("R-%d", base+20*d.offset+number)
}

// rhythm makes Mondays fuller and Fridays lighter, but for the days of the
// story. Six weeks before the anchor the tests were made more thorough.
func (h *history) rhythm(d day, evaluations int) int {
	if d.story || d.offset == -1 {
		return evaluations
	}
	if d.offset < thoroughDay {
		evaluations = evaluations * 4 / 10
	}
	switch d.date.Weekday() {
	case time.Monday:
		return evaluations * 11 / 10
	case time.Friday:
		return evaluations * 9 / 10
	}
	return evaluations
}

// outcome is what became of a run.
func (h *history) outcome(d day, r *run, k int) {
	switch {
	case d.offset == notStartedDay && r.target.name == triage && k == 0:
		return
	case d.offset == outageDay:
		h.fail(r, r.planned.Add(2*time.Minute), "provider outage")
	case d.story && r.target.name == voice && k == 1:
		h.fail(r, r.planned.Add(12*time.Minute), "provider time-outs")
	case d.offset == failedDay && r.target.name == search && k == 1:
		h.fail(r, r.planned.Add(7*time.Minute), "exit status 1: "+hostile[0])
	default:
		h.complete(d, r, k)
	}
}

func (h *history) fail(r *run, at time.Time, reason string) {
	h.add(Attacks,
		ingest.RunEvent{Source: Attacks, Run: r.name, At: r.planned.Add(20 * time.Second), Kind: "started"},
		ingest.RunEvent{Source: Attacks, Run: r.name, At: at, Kind: "failed", Reason: reason})
}

// retest is planned for the afternoon of the story and doesn't start.
func (h *history) retest(d day, t *target) {
	r := &run{name: h.runName(d, 13), target: t, planned: d.clock(16, 0)}
	for _, c := range t.cells() {
		if c.run == 0 {
			r.cells = append(r.cells, c)
		}
	}
	h.announce(r)
}

// complete measures every cell of a run.
func (h *history) complete(d day, r *run, k int) {
	h.add(Attacks,
		ingest.RunEvent{Source: Attacks, Run: r.name, At: r.planned.Add(20 * time.Second), Kind: "started"},
		ingest.RunEvent{Source: Attacks, Run: r.name, At: r.end, Kind: "completed"})
	late := d.offset == lateDay && r.target.name == helpdesk && k == 1
	var rows []any
	evaluations, hits := 0, 0
	for i, c := range r.cells {
		n := h.hits(d, c)
		rows = append(rows, h.measure(d, r, i, c, n)...)
		evaluations += c.evaluations
		hits += n
	}
	claimed := evaluations
	if d.story && r.target.name == search && k == 0 {
		claimed++ // the file miscounts itself
	}
	rows = append(rows,
		ingest.Claim{Source: Attacks, Run: r.name, At: r.end, What: "evaluated", Value: int64(claimed)},
		ingest.Claim{Source: Attacks, Run: r.name, At: r.end, What: "hits", Value: int64(hits)})
	if late {
		h.late = rows
		return
	}
	h.add(Attacks, rows...)
	if d.offset == rescoreDay && r.target.name == triage && k == 0 {
		h.rescored = judgedAgain(rows)
	}
}

// hits is how many of a cell's evaluations got through.
func (h *history) hits(d day, c cell) int {
	switch {
	case d.story:
		return c.story
	case d.offset == -1:
		return c.ordinary
	}
	p := float64(c.ordinary) / float64(c.evaluations)
	if d.rng.IntN(3) == 0 {
		p *= 0.85 + 0.3*d.rng.Float64()
	}
	mean := p * float64(c.evaluations)
	n := int(math.Round(mean + d.rng.NormFloat64()*math.Sqrt(mean*(1-p))))
	return min(max(n, 0), c.evaluations)
}

// measure sends the prompts of a cell. Of one in two an output more is judged:
// on the story's day and its eve two and one, before that five and four. Some
// prompts are not answered.
func (h *history) measure(d day, r *run, index int, c cell, hits int) (rows []any) {
	span := r.end.Sub(r.planned) / time.Duration(len(r.cells))
	start := r.planned.Add(30*time.Second + time.Duration(index)*span)
	outputs := 4
	if d.story || d.offset == -1 {
		outputs = 1
	}
	prompts := c.evaluations*2/(2*outputs+1) + 4
	step := (span - 40*time.Second) / time.Duration(prompts)
	unanswered := 0
	switch {
	case d.story && (index > 0 || len(r.cells) < 4):
		unanswered = 1
	case !d.story && d.rng.IntN(4) > 0:
		unanswered = 1 + d.rng.IntN(2)
	}
	left := c.evaluations
	for n := 0; left > 0 || unanswered > 0; n++ {
		a := ingest.Attempt{Source: Attacks, Run: r.name, Name: fmt.Sprintf("%s/%d", c.probe, n), At: start.Add(time.Duration(n) * step).Truncate(time.Millisecond),
			Probe: c.probe, Category: c.category, TargetVersion: r.version, Answered: true}
		if unanswered > 0 && (n%17 == 5 || left == 0) {
			a.Answered = false
			unanswered--
			rows = append(rows, a)
			continue
		}
		rows = append(rows, a)
		for output := range min(outputs+(n+1)%2, left) {
			hit := d.rng.IntN(left) < hits
			s := ingest.Score{Source: Attacks, Run: r.name, Attempt: a.Name, At: a.At, Detector: c.detector, Output: int32(output), Hit: hit}
			if hit {
				s.Value = 0.5 + math.Round(d.rng.Float64()*50)/100
				hits--
			} else {
				s.Value = math.Round(d.rng.Float64()*40) / 100
			}
			rows = append(rows, s)
			left--
		}
	}
	return rows
}

// comeLate delivers what was held back, as batches of their own.
func (h *history) comeLate(d day) {
	morning := d.clock(10, 40).Sub(d.cutoff)
	if d.offset == lateDay+2 && h.late != nil {
		h.done = append(h.done, batch{source: Attacks, name: h.batchName(d, "late results"), recordedAt: d.cutoff.Add(morning), records: h.late})
		h.late = nil
	}
	if d.offset == rescoreDay+1 && h.rescored != nil {
		h.done = append(h.done, batch{source: Attacks, name: h.batchName(d, "judged again"), recordedAt: d.cutoff.Add(morning), records: h.rescored})
		h.rescored = nil
	}
}

// judgedAgain are a dozen of the results with the other verdict.
func judgedAgain(rows []any) (again []any) {
	for i, row := range rows {
		if s, ok := row.(ingest.Score); ok && i%40 == 0 && len(again) < 12 {
			s.Hit, s.Value = !s.Hit, 0.9
			if !s.Hit {
				s.Value = 0.1
			}
			again = append(again, s)
		}
	}
	return again
}
