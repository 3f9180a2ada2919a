package sample

import (
	"fmt"
	"slices"
	"time"

	"github.com/closeofbusiness/cob/ingest"
)

// action is one that is not done.
type action struct {
	name string
	done int // the day on which it will be; never before the anchor where 0 or later
}

// task is an action to be opened.
type task struct {
	title, about, owner string
	due                 time.Time
	allDay              bool
	decision            bool
	done                int
}

// eve are the actions of the days before the anchor, by the day: A-109 to
// done counts weekdays from the anchor; 0 is the anchor's own day.
var eve = map[int][]struct {
	title, about, owner string
	due, hour           int // weekdays from the anchor; hour 0: all day
	done                int
}{
	-8: {{"Retest the fix of F-377", "F-377", "L. Petrov", 5, 0, 5}, {"Ask the provider for its incident report", "", "K. Brandt", -6, 12, -6}},
	-7: {{"Run the outage's tests again", "", "M. Ferrari", -5, 12, -5}, {"Tell the owners about the gap", "", "D. Novak", -5, 17, -5}},
	-6: {{"Write down who may call which tool", "F-398", "R. Adeyemi", -3, 0, -3}},
	-5: {{"Add Latin to the refusal tests", "kb-search", "S. Lindqvist", -2, 0, -2}},
	-4: {{"Review the injection filter of claims-triage", "claims-triage", "D. Novak", 0, 17, 0}, {"Close " + hostile[1], "", "L. Petrov", -2, 0, -2}, {"Renew the scanner's certificate", "", "K. Brandt", -1, 0, -1}},
	-3: {{"Confine code-helper's tool calls to the allow-list", "F-398", "R. Adeyemi", -2, 0, 3}, {"Compare detectors on the last hundred hits", "", "M. Ferrari", 0, 17, 0}},
	-2: {{"Rotate the test accounts of hr-helpdesk", "hr-helpdesk", "L. Petrov", -1, 0, -1}, {"Renew voice-ivr test credentials", "voice-ivr", "S. Lindqvist", 0, 12, 1}},
	-1: {{"Check vector-store's index after the upgrade", "vector-store", "S. Lindqvist", 0, 17, 0}, {"Cancel yesterday's second scan", "", "K. Brandt", -1, 17, -1}},
}

// begun is how many actions an ordinary day opens.
func begun(offset int) int {
	if offset >= -8 && offset < 0 {
		return len(eve[offset])
	}
	return 1
}

// actions opens the day's and finishes those whose day has come.
func (h *history) actions(d day) {
	switch {
	case d.story:
		h.actionsOfTheStory(d)
	case d.offset >= -8 && d.offset < 0:
		for n, e := range eve[d.offset] {
			h.openAction(d, n, task{e.title, e.about, e.owner, at(addWeekdays(h.anchor, e.due), hourOr(e.hour, 17), h.Location), e.hour == 0, false, e.done})
		}
	default:
		title := []string{"Look into the day's worst cell", "Retest after the fix", "Ask the owner for a date", "Sort out the duplicates"}[d.rng.IntN(4)]
		if d.offset%31 == 0 {
			title = hostile[5]
		}
		h.openAction(d, 0, task{title, h.anyTarget(d), people[d.rng.IntN(len(people))], at(addWeekdays(d.date, 3), 17*time.Hour, h.Location), true, false, d.offset + 1 + d.rng.IntN(3)})
	}
	h.finish(d)
}

func hourOr(hour, other int) time.Duration {
	if hour == 0 {
		hour = other
	}
	return time.Duration(hour) * time.Hour
}

func (h *history) openAction(d day, n int, t task) {
	a := &action{name: fmt.Sprintf("A-%d", h.nextAction), done: t.done}
	h.nextAction++
	h.todo = append(h.todo, a)
	kind := "action"
	if t.decision {
		kind = "decision"
	}
	when := d.clock(9, 5+23*n)
	if d.story {
		when = d.clock(15, 10+7*n)
	}
	h.add(Actions,
		ingest.Action{Source: Actions, Name: a.name, Kind: kind, Title: t.title, About: t.about},
		ingest.ActionEvent{Source: Actions, Name: a.name, At: when, Kind: "opened", Owner: ptr(t.owner), Due: ptr(t.due), AllDay: t.allDay})
}

func (h *history) finish(d day) {
	n := 0
	h.todo = slices.DeleteFunc(h.todo, func(a *action) bool {
		if a.done > d.offset {
			return false
		}
		h.add(Actions, ingest.ActionEvent{Source: Actions, Name: a.name, At: d.clock(13, 2+11*n), Kind: "done"})
		n++
		return true
	})
}

// actionsOfTheStory: four for the next shift, one of them a decision.
func (h *history) actionsOfTheStory(d day) {
	next := addWeekdays(d.date, 1)
	hour := func(n int) time.Time { return at(next, time.Duration(n)*time.Hour, h.Location) }
	version, finding := h.trial(d), h.findingAbout(d.offset)
	for n, t := range []task{
		{"Retest support-assistant 4.1 (16:00 run did not start)", fmt.Sprintf("INC-%04d", h.nextCase-1), "M. Ferrari", hour(10), false, false, d.offset + 1},
		{fmt.Sprintf("Keep support-assistant %s out of production until %s is closed?", version, finding), finding, "K. Brandt", hour(12), false, true, d.offset + 1},
		{"Restore voice-bridge health data; rerun voice-ivr leakage", h.runName(d, 8), "S. Lindqvist", hour(12), false, false, d.offset + 1},
		{fmt.Sprintf("Establish whether order numbers in %s are customers'", finding), finding, "D. Novak", hour(17), false, false, d.offset + 2},
	} {
		h.openAction(d, n, t)
	}
}
