package sample

import (
	"math/rand/v2"
	"time"

	"github.com/closeofbusiness/cob/ingest"
)

// warmUp is how many weekdays before its first day the history begins: what is
// open on the first day was opened in them.
const warmUp = 25

// plan is a history: everything in it follows from these.
type plan struct {
	Options
	first, anchor, until time.Time
	// stories are the days that tell the story: the anchor, and each later day
	// that the history was once loaded until. What happens on a day depends on
	// no later one.
	stories map[time.Time]bool
}

// day is one calendar day of the history.
type day struct {
	date   time.Time
	offset int // in weekdays, from the anchor
	story  bool
	from   time.Time // the cutoff of the calendar day before
	cutoff time.Time
	rng    *rand.Rand
	clock  func(hour, minute int) time.Time
}

func (p *plan) day(date time.Time, offset int) day {
	return day{
		date: date, offset: offset, story: p.stories[date],
		from: at(date.AddDate(0, 0, -1), p.Cutoff, p.Location), cutoff: at(date, p.Cutoff, p.Location),
		rng: rand.New(rand.NewPCG(p.Seed, uint64(date.Unix()/86400))), // #nosec G404 -- a history, no secret
		clock: func(hour, minute int) time.Time {
			return at(date, time.Duration(hour)*time.Hour+time.Duration(minute)*time.Minute, p.Location)
		},
	}
}

// batches gives the whole history, in the order in which it was recorded, until
// yield wants no more.
func (p *plan) batches(yield func(batch) bool) {
	h := newHistory(p)
	given := func() bool {
		for _, b := range h.done {
			if !yield(b) {
				return false
			}
		}
		h.done = h.done[:0]
		return true
	}
	start := addWeekdays(p.first, -warmUp)
	offset := weekdaysBetween(p.anchor, start)
	for date := start; date.Before(p.first); date = date.AddDate(0, 0, 1) {
		if !isWeekend(date) {
			h.workday(p.day(date, offset))
			offset++
		}
	}
	h.begin(p.day(p.first.AddDate(0, 0, -1), offset))
	for date := p.first; !date.After(p.until) && given(); date = date.AddDate(0, 0, 1) {
		d := p.day(date, offset)
		if isWeekend(date) {
			h.samples(d)
			h.deliver(d, Health, "weekend health", 20*time.Second)
			continue
		}
		h.workday(d)
		h.samples(d)
		h.attacks(d)
		h.close(d)
		h.support(d)
		offset++
	}
	given()
}

// history is what has happened so far.
type history struct {
	*plan
	done []batch
	held map[string][]any // by source: not delivered yet

	open        []*finding
	nextFinding int
	nextHostile int
	todo        []*action
	nextAction  int
	nextCase    int
	standing    []*incident
	silentSince map[string]time.Time // by component: since when it sends no samples
	late        []any                // results that come in later than their run
	rescored    []any
	desk        supportDesk
	moment      int // how many of the desk's observations there were
}

func newHistory(p *plan) *history {
	h := &history{plan: p, held: map[string][]any{}, silentSince: map[string]time.Time{}, desk: newSupportDesk()}
	h.number()
	return h
}

func (h *history) add(source string, records ...any) {
	h.held[source] = append(h.held[source], records...)
}

// deliver records what a feed holds, so long after the day's cutoff.
func (h *history) deliver(d day, source, what string, after time.Duration) {
	if len(h.held[source]) == 0 {
		return
	}
	h.done = append(h.done, batch{source: source, name: h.batchName(d, what), recordedAt: d.cutoff.Add(after), records: h.held[source]})
	h.held[source] = nil
}

// begin delivers what was there before the first day, on its eve.
func (h *history) begin(d day) {
	for i := range targets {
		t := &targets[i]
		h.add(Attacks, ingest.Target{Name: t.name}) // whichever feed speaks of it first
		if t.retires && !h.measured(t, d.offset) {
			continue
		}
		h.add(Attacks, ingest.TargetEvent{Source: Attacks, Target: t.name, At: d.clock(9, 0).AddDate(0, 0, -60), Kind: "version", Version: t.version(d.offset - 1)})
	}
	for _, c := range components {
		h.add(Health, ingest.ComponentEvent{Source: Health, Component: c.name, At: d.clock(9, 0).AddDate(0, 0, -60), Kind: "watched", IntervalS: ptr(int32(interval / time.Second))})
	}
	h.notes(d)
	h.deliver(d, Notes, "start of notes", 10*time.Second)
	h.deliver(d, Health, "start of health", 20*time.Second)
	h.deliver(d, Findings, "start of findings", 65*time.Second)
	h.deliver(d, Incidents, "start of incidents", 91*time.Second)
	h.deliver(d, Attacks, "start of attacks", 310*time.Second)
	h.deliver(d, Actions, "start of actions", 362*time.Second)
	for i := range h.done {
		h.done[i].eve = true
	}
}

// close delivers the day: each feed with its promise that it is complete.
func (h *history) close(d day) {
	for _, feed := range []struct {
		source, name string
		after        time.Duration
	}{
		{Health, "health", 20 * time.Second},
		{Findings, "findings", 65 * time.Second},
		{Incidents, "incidents", 91 * time.Second},
		{Attacks, "attacks", 310 * time.Second},
		{Actions, "actions", 362 * time.Second},
	} {
		h.add(feed.source, ingest.Watermark{Source: feed.source, Feed: feed.name, CompleteThrough: d.cutoff})
		h.deliver(d, feed.source, feed.name, feed.after)
	}
}

// workday is what people do on a weekday.
func (h *history) workday(d day) {
	h.findings(d)
	h.incidents(d)
	h.actions(d)
}

// number starts the counters so that the anchor's day has the numbers of the
// story. A long history counts higher, from one.
func (h *history) number() {
	start := weekdaysBetween(h.anchor, h.first) - warmUp
	h.nextFinding, h.nextAction, h.nextCase = 409, 124, 871
	for o := start; o < 0; o++ {
		h.nextFinding -= opened(o)
		h.nextAction -= begun(o)
		h.nextCase -= len(cases[o])
	}
	h.nextFinding -= stockAtStart
	shift := 0
	if start < -115 {
		shift = -20 * start
	}
	h.nextFinding += shift
	h.nextAction += shift
	h.nextCase += shift
}

func ptr[T any](v T) *T { return &v }
