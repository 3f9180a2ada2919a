// Package calendar knows business dates, their cutoffs and their windows. It
// is pure: it never reads a clock.
package calendar

import (
	"fmt"
	"slices"
	"time"

	"github.com/closeofbusiness/cob/report"
)

// maxSearch bounds every walk from one date to the next due one, in days.
const maxSearch = 366

// Calendar tells which dates are due and when each closes.
type Calendar struct {
	week   []time.Weekday
	hour   int
	minute int
	zone   *time.Location
}

// Weekdays is Monday to Friday.
func Weekdays() []time.Weekday {
	return []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}
}

// New makes a calendar: due on the given weekdays, closing at cutoff ("17:00",
// local wall time) in zone.
func New(week []time.Weekday, cutoff string, zone *time.Location) (*Calendar, error) {
	t, err := time.Parse("15:04", cutoff)
	if err != nil {
		return nil, fmt.Errorf("%w: cutoff %q is not a time written HH:MM", report.ErrInvalid, cutoff)
	}
	if len(week) == 0 {
		return nil, fmt.Errorf("%w: a calendar needs at least one day of the week", report.ErrInvalid)
	}
	return &Calendar{week: week, hour: t.Hour(), minute: t.Minute(), zone: zone}, nil
}

// Zone is the zone that the cutoff is local to.
func (c *Calendar) Zone() *time.Location { return c.zone }

// Due tells whether a report is owed on the date.
func (c *Calendar) Due(d report.Date) bool { return slices.Contains(c.week, d.Time().Weekday()) }

// Cutoff is the instant at which the date closes. A wall time that daylight
// saving leaves out is the next valid instant; one that it repeats is the
// first.
func (c *Calendar) Cutoff(d report.Date) time.Time {
	day := d.Time()
	t := time.Date(day.Year(), day.Month(), day.Day(), c.hour, c.minute, 0, 0, c.zone)
	start, end := t.ZoneBounds()
	if t.Hour() != c.hour || t.Minute() != c.minute {
		return c.afterGap(t, day, start, end)
	}
	if !start.IsZero() {
		if first := t.Add(-c.fallback(start)); first.Before(start) && first.Hour() == c.hour && first.Minute() == c.minute {
			return first
		}
	}
	return t
}

// afterGap is the end of the gap that swallowed the wall time. time.Date gives
// an instant on one side of it or the other.
func (c *Calendar) afterGap(t, day time.Time, start, end time.Time) time.Time {
	wanted := day.Add(time.Duration(c.hour)*time.Hour + time.Duration(c.minute)*time.Minute)
	shown := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), 0, 0, time.UTC)
	if shown.After(wanted) {
		return start
	}
	return end
}

// fallback is by how much the clock was set back at an instant.
func (c *Calendar) fallback(at time.Time) time.Duration {
	_, before := at.Add(-time.Nanosecond).Zone()
	_, after := at.Zone()
	return time.Duration(before-after) * time.Second
}

// Previous is the last due date before d.
func (c *Calendar) Previous(d report.Date) report.Date { return c.walk(d, -1) }

// Next is the first due date after d.
func (c *Calendar) Next(d report.Date) report.Date { return c.walk(d, 1) }

func (c *Calendar) walk(d report.Date, step int) report.Date {
	day := d.Time()
	for range maxSearch {
		day = day.AddDate(0, 0, step)
		if next := report.DateOf(day); c.Due(next) {
			return next
		}
	}
	return d // unreachable: a week has a due day
}

// Window is the span of a due date: from the previous due date's cutoff to its
// own, half-open. Windows tile time.
func (c *Calendar) Window(d report.Date) (from, to time.Time) {
	return c.Cutoff(c.Previous(d)), c.Cutoff(d)
}

// Latest is the newest due date whose cutoff is at or before t.
func (c *Calendar) Latest(t time.Time) report.Date {
	d := c.Holding(t)
	if !c.Cutoff(d).After(t) {
		return d
	}
	return c.Previous(d)
}

// Holding is the due date whose window holds t.
func (c *Calendar) Holding(t time.Time) report.Date {
	day := report.DateOf(t.In(c.zone).AddDate(0, 0, -2))
	for range maxSearch {
		day = c.Next(day)
		if c.Cutoff(day).After(t) {
			return day
		}
	}
	return day
}

// Check refuses a date that is no due date, naming the one whose window holds
// it.
func (c *Calendar) Check(d report.Date) error {
	if c.Due(d) {
		return nil
	}
	day := d.Time()
	noon := time.Date(day.Year(), day.Month(), day.Day(), 12, 0, 0, 0, c.zone)
	return fmt.Errorf("%w: no report is owed on %s %s: its data belongs to %s",
		report.ErrNotDue, day.Weekday(), d, c.Holding(noon))
}

// Between counts the due dates after a up to and including b: the age in
// business days of what happened in a's window, seen on b.
func (c *Calendar) Between(a, b report.Date) int {
	n := 0
	for d := a; d < b; n++ {
		d = c.Next(d)
	}
	return n
}

// Before lists the n due dates up to and including d, oldest first.
func (c *Calendar) Before(d report.Date, n int) []report.Date {
	out := make([]report.Date, n)
	for i := n - 1; i >= 0; i-- {
		out[i] = d
		d = c.Previous(d)
	}
	return out
}
