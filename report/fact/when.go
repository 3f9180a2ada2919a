package fact

import (
	"fmt"
	"strings"
	"time"

	"github.com/closeofbusiness/cob/report"
)

// Clock shows instants and dates in a series' zone, as briefly as they stay
// clear beside the set's business date.
type Clock struct {
	zone     *time.Location
	date     time.Time // the business date
	previous time.Time // zero: there is none
}

// Clock returns the set's clock. It fails where the zone is not known.
func (s *Set) Clock() (Clock, error) {
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil || s.TimeZone == "" || s.TimeZone == "Local" {
		return Clock{}, fmt.Errorf("%w: time zone %q is not an IANA zone", report.ErrInvalid, s.TimeZone)
	}
	if s.BusinessDate.Time().IsZero() {
		return Clock{}, fmt.Errorf("%w: business date %q is not a day written YYYY-MM-DD", report.ErrInvalid, s.BusinessDate)
	}
	return Clock{zone: zone, date: s.BusinessDate.Time(), previous: s.Previous.Date.Time()}, nil
}

// Of is the time of day alone: "13:05".
func (c Clock) Of(t time.Time) string { return t.In(c.zone).Format("15:04") }

// At is the time of day, with its day unless that is the business date:
// "13:05", "Thu 18:10", "Thu 12 Nov 18:10".
func (c Clock) At(t time.Time) string {
	d := DateIn(t, c.zone)
	if d.Equal(c.date) {
		return c.Of(t)
	}
	return c.near(d) + " " + c.Of(t)
}

// Full is day and time: "Fri 20 Nov 17:00".
func (c Clock) Full(t time.Time) string { return c.dated(DateIn(t, c.zone)) + " " + c.Of(t) }

// Zone is the abbreviation in force at t: "GMT"; "UTC+03" where the zone has
// only an offset.
func (c Clock) Zone(t time.Time) string {
	name := t.In(c.zone).Format("MST")
	if strings.HasPrefix(name, "+") || strings.HasPrefix(name, "-") {
		return "UTC" + name
	}
	return name
}

// Day is a date: "Fri 20 Nov".
func (c Clock) Day(d report.Date) string { return c.dated(d.Time()) }

// LongDay is a date in full: "Friday 20 November 2026".
func (c Clock) LongDay(d report.Date) string { return d.Time().Format("Monday 2 January 2006") }

// Today is the business date's short name: "Fri".
func (c Clock) Today() string { return c.date.Format("Mon") }

// Previous is the previous due date's short name: "Thu", or "24 Dec" when it
// lies a week back or more. Empty: there is none.
func (c Clock) Previous() string {
	if c.previous.IsZero() {
		return ""
	}
	if c.near(c.previous) == c.previous.Format("Mon") {
		return c.previous.Format("Mon")
	}
	return c.previous.Format("2 Jan")
}

// PreviousInProse is the previous due date for a sentence: "Thursday", or
// "24 December".
func (c Clock) PreviousInProse() string {
	switch {
	case c.previous.IsZero():
		return ""
	case c.near(c.previous) == c.previous.Format("Mon"):
		return c.previous.Format("Monday")
	}
	return c.previous.Format("2 January")
}

// Due is when something is due, always with its day: "Wed 18 Nov" for a whole
// day, "Mon 12:00" within the week to come, else "Fri 27 Nov 12:00".
func (c Clock) Due(t time.Time, allDay bool) string {
	d := DateIn(t, c.zone)
	if allDay {
		return c.dated(d)
	}
	if days := int(d.Sub(c.date).Hours() / 24); days >= 0 && days < 7 {
		return d.Format("Mon") + " " + c.Of(t)
	}
	return c.dated(d) + " " + c.Of(t)
}

// OnDate tells whether t lies on the business date.
func (c Clock) OnDate(t time.Time) bool { return DateIn(t, c.zone).Equal(c.date) }

// DateIn is the calendar day of t in a zone, as midnight UTC.
func DateIn(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// near names a day by its weekday alone while only one such day is within
// reach: the six days before the business date.
func (c Clock) near(d time.Time) string {
	if days := int(c.date.Sub(d).Hours() / 24); days >= 0 && days < 7 {
		return d.Format("Mon")
	}
	return c.dated(d)
}

// dated is day and month, with the year where it would not be guessed.
func (c Clock) dated(d time.Time) string {
	if away := d.Sub(c.date).Hours() / 24; away > 180 || away < -180 {
		return d.Format("Mon 2 Jan 2006")
	}
	return d.Format("Mon 2 Jan")
}

// FeedComplete tells whether every feed of that name (attacks, findings …) is
// complete through the cutoff, and there is one: only then may a report say
// that something did not happen.
func (s *Set) FeedComplete(name string) bool {
	found := false
	for _, f := range s.Feeds {
		if f.Name != name {
			continue
		}
		if !f.Complete() {
			return false
		}
		found = true
	}
	return found
}

// Location is the series' zone.
func (c Clock) Location() *time.Location { return c.zone }
