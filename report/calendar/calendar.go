// Package calendar knows business dates, their cutoffs and their windows. It
// is pure: it never reads a clock, nor a file by itself.
package calendar

import (
	"fmt"
	"slices"
	"time"

	"github.com/closeofbusiness/cob/report"
)

// Calendar tells which dates are due and when each closes.
type Calendar struct {
	rule *rule
	// recorded are windows that are fixed, if any: see With.
	recorded []window
	// left and right are the rule's due days beside what is recorded.
	left, right day
}

// New makes a calendar from a rule. It refuses one that is never due, or not for
// more than 400 days.
func New(r Rule) (*Calendar, error) {
	made, err := newRule(r)
	if err != nil {
		return nil, err
	}
	return &Calendar{rule: made}, nil
}

// Zone is the zone that the cutoff is local to.
func (c *Calendar) Zone() *time.Location { return c.rule.zone }

// Due tells whether a report is owed on the date.
func (c *Calendar) Due(d report.Date) bool { return c.due(dayOf(d)) }

// Cutoff is the instant at which the date closes. A wall time that daylight
// saving leaves out is the next valid instant; one that it repeats is the
// first.
func (c *Calendar) Cutoff(d report.Date) time.Time { return c.cutoff(dayOf(d)) }

// Previous is the last due date before d.
func (c *Calendar) Previous(d report.Date) report.Date { return c.previous(dayOf(d)).date() }

// Next is the first due date after d.
func (c *Calendar) Next(d report.Date) report.Date { return c.next(dayOf(d)).date() }

// Window is the span of a due date: from the previous due date's cutoff to its
// own, half-open. Windows tile time.
func (c *Calendar) Window(d report.Date) (from, to time.Time) {
	n := dayOf(d)
	return c.cutoff(c.previous(n)), c.cutoff(n)
}

// Latest is the newest due date whose cutoff is at or before t.
func (c *Calendar) Latest(t time.Time) report.Date { return c.previous(c.holding(t)).date() }

// Holding is the due date whose window holds t.
func (c *Calendar) Holding(t time.Time) report.Date { return c.holding(t).date() }

// Check refuses a date that is no due date, naming the one whose window holds
// it.
func (c *Calendar) Check(date report.Date) error {
	d := dayOf(date)
	if c.due(d) {
		return nil
	}
	why := c.rule.whyNot(d)
	if why != "" {
		why = " (" + why + ")"
	}
	return fmt.Errorf("%w: no report is owed on %s %s%s: its data belongs to %s",
		report.ErrNotDue, d.weekday(), date, why, c.Holding(instant(d, noon, c.rule.zone)))
}

// whyNot says in a few words why a day is not due; empty where its weekday says
// it already.
func (r *rule) whyNot(d day) string {
	b, _ := r.blackout(d)
	name, holiday := r.holidays[d]
	switch {
	case slices.Contains(r.missing, d):
		return "a date that " + r.zone.String() + " does not have"
	case holiday:
		return name
	case b.do == Skip && b.reason != "":
		return "blackout: " + b.reason
	case b.do == Skip:
		return "blackout"
	case r.business(d) && !r.cadence.chooses(r, d):
		return "due " + r.cadence.String()
	}
	return ""
}

// Deliver tells whether the date's report is delivered once it is issued. Where
// a blackout says that it is not, reason is the blackout's own.
func (c *Calendar) Deliver(d report.Date) (ok bool, reason string) {
	if b, found := c.rule.blackout(dayOf(d)); found && b.do == NoDelivery {
		return false, b.reason
	}
	return true, ""
}

// Between counts the due dates after a up to and including b: the age in due
// dates of what happened in a's window, seen on b.
func (c *Calendar) Between(a, b report.Date) int {
	n := 0
	for d, end := dayOf(a), dayOf(b); d < end; n++ {
		next := c.next(d)
		if next > end || next == d {
			return n
		}
		d = next
	}
	return n
}

// Before lists the n due dates up to and including d, oldest first.
func (c *Calendar) Before(d report.Date, n int) []report.Date {
	out := make([]report.Date, 0, n)
	for at := dayOf(d); len(out) < n; at = c.previous(at) {
		out = append(out, at.date())
	}
	slices.Reverse(out)
	return out
}

// BusinessDays is the calendar on which every business day is due, whatever
// this one's cadence and what is recorded: ages are counted in its dates.
func (c *Calendar) BusinessDays() *Calendar {
	every := *c.rule
	every.cadence, _ = parseCadence("")
	return &Calendar{rule: &every}
}

// The rest is the rule where nothing is recorded, and what is recorded where it
// is.

func (c *Calendar) due(d day) bool {
	if len(c.recorded) == 0 {
		return c.rule.due(d)
	}
	if _, found := c.find(d); found {
		return true
	}
	return (d <= c.left || d >= c.right) && c.rule.due(d)
}

func (c *Calendar) cutoff(d day) time.Time {
	if len(c.recorded) > 0 {
		if i, found := c.find(d); found {
			return c.recorded[i].to.In(c.rule.zone)
		}
		if d == c.left {
			return c.recorded[0].from.In(c.rule.zone)
		}
	}
	return c.rule.cutoff(d)
}

func (c *Calendar) next(d day) day {
	if len(c.recorded) == 0 || d < c.left {
		return c.rule.next(d)
	}
	i, found := c.find(d)
	if found {
		i++
	}
	switch {
	case i < len(c.recorded):
		return c.recorded[i].day
	case d < c.right:
		return c.right
	}
	return c.rule.next(d)
}

func (c *Calendar) previous(d day) day {
	if len(c.recorded) == 0 || d > c.right {
		return c.rule.previous(d)
	}
	i, _ := c.find(d)
	switch {
	case i > 0:
		return c.recorded[i-1].day
	case d > c.left:
		return c.left
	}
	return c.rule.previous(d)
}

func (c *Calendar) holding(t time.Time) day {
	n := len(c.recorded)
	switch {
	case n == 0:
		return c.rule.holding(t)
	case t.Before(c.recorded[0].from):
		return min(c.rule.holding(t), c.left)
	case !t.Before(c.recorded[n-1].to):
		return max(c.rule.holding(t), c.right)
	}
	i, _ := slices.BinarySearchFunc(c.recorded, t, func(w window, t time.Time) int {
		if w.to.After(t) {
			return 1
		}
		return -1
	})
	return c.recorded[i].day
}

// find is where a day is among what is recorded, or would be.
func (c *Calendar) find(d day) (int, bool) {
	return slices.BinarySearchFunc(c.recorded, d, func(w window, d day) int { return int(w.day - d) })
}
