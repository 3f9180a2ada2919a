package calendar

import (
	"fmt"
	"iter"
	"time"

	"github.com/closeofbusiness/cob/report"
)

// day counts days since 1970-01-01: dates that can be added to.
type day int

// The days that a report.Date can name.
var firstDay, lastDay = dayOf("0001-01-01"), dayOf("9999-12-31")

const secondsADay = 24 * 60 * 60

func dayOf(d report.Date) day { return day(d.Time().Unix() / secondsADay) }

// localDay is the date that clocks in the zone show at t.
func localDay(t time.Time, zone *time.Location) day {
	_, offset := t.In(zone).Zone()
	return min(max(floorDay(t.Unix()+int64(offset)), firstDay), lastDay)
}

// floorDay is the day that a wall time in seconds belongs to.
func floorDay(wall int64) day {
	d := day(wall / secondsADay)
	if wall%secondsADay < 0 {
		d--
	}
	return d
}

func (d day) date() report.Date { return report.DateOf(d.time()) }

// time is midnight UTC.
func (d day) time() time.Time { return time.Unix(int64(d)*secondsADay, 0).UTC() }

func (d day) weekday() time.Weekday { return time.Weekday(((d+4)%7 + 7) % 7) }

// monday is the first day of d's week.
func (d day) monday() day { return d - day((d.weekday()+6)%7) }

// month is the first and the last day of d's month.
func (d day) month() (first, last day) {
	t := d.time()
	first = d - day(t.Day()-1)
	return first, first + day(t.AddDate(0, 1, -t.Day()).Day()-1)
}

// clock is a time of day as clocks show it, in minutes after midnight.
type clock int

const noon clock = 12 * 60

func (c clock) hour() int   { return int(c) / 60 }
func (c clock) minute() int { return int(c) % 60 }

// parseClock reads HH:MM.
func parseClock(s string) (clock, error) {
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a time written HH:MM", s)
	}
	return clock(t.Hour()*60 + t.Minute()), nil
}

// wall is a wall time as seconds, as if the zone were UTC.
func (d day) wall(at clock) int64 { return int64(d)*secondsADay + int64(at)*60 }

// maxOffset is more than any zone ever was away from UTC, in seconds.
const maxOffset = 16 * 60 * 60

// instant is the first at which clocks in the zone show this time or a later
// one. So a wall time that daylight saving leaves out is the next valid instant,
// one that it repeats is the first, and a later wall time is never earlier.
func instant(d day, at clock, zone *time.Location) time.Time {
	wall := d.wall(at)
	t := time.Unix(wall-maxOffset, 0).In(zone)
	for {
		_, offset := t.Zone()
		end, changes := changeAfter(t)
		shows := max(wall-int64(offset), t.Unix())
		if !changes || shows < end.Unix() {
			return time.Unix(shows, 0).In(zone)
		}
		t = end
	}
}

// changeAfter is when the zone's offset may change next after t; false where it
// never does. On the last day of a leap year beyond the zone's table, from 2040
// on, ZoneBounds answers with an end that has passed (Go 1.26): then a quarter
// of an hour later is as far as one can see.
func changeAfter(t time.Time) (time.Time, bool) {
	_, end := t.ZoneBounds()
	if end.IsZero() || end.After(t) {
		return end, !end.IsZero()
	}
	return t.Add(15 * time.Minute), true
}

// jump is a span of wall times that clocks leave out, half-open, in the seconds
// of day.wall.
type jump struct{ from, to int64 }

// jumps lists the times at which the zone's clocks went forward between two
// days.
func jumps(zone *time.Location, from, to day) iter.Seq[jump] {
	return func(yield func(jump) bool) {
		for t := from.time().In(zone); ; {
			next, changes := changeAfter(t)
			if !changes || next.After(to.time()) {
				return
			}
			_, before := t.Zone()
			_, after := next.Zone()
			if after > before && !yield(jump{next.Unix() + int64(before), next.Unix() + int64(after)}) {
				return
			}
			t = next
		}
	}
}

// over lists the days whose wall time the clocks jump over.
func (j jump) over(at clock) []day {
	var out []day
	for d := floorDay(j.from); d <= floorDay(j.to); d++ {
		if wall := d.wall(at); j.from <= wall && wall < j.to {
			out = append(out, d)
		}
	}
	return out
}
