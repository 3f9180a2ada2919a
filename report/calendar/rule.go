package calendar

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/closeofbusiness/cob/report"
)

// Rule says when a series is due.
type Rule struct {
	// Days are the business days. nil: Standard.
	Days *Days
	// Due is the cadence: "every business day", chosen weekdays as in "mon,thu",
	// "weekly fri", "first business day of month" or "last business day of month".
	// Empty: every business day.
	Due string
	// Cutoff is local wall time, "17:00".
	Cutoff string
	// Zone is what Cutoff is local to.
	Zone *time.Location
}

// maxGap is how many days may lie between two due dates. A rule that leaves more
// is refused, so every walk from one date to the next ends.
const maxGap = 400

// rule answers what is due by the calendar alone, whatever is recorded.
type rule struct {
	name     string
	week     [7]bool // by time.Weekday
	cadence  cadence
	cutoffAt clock
	zone     *time.Location
	missing  []day // dates that the zone does not have
	holidays map[day]string
	halfDays map[day]clock
	// blackouts are in order and do not overlap.
	blackouts []blackout
}

type blackout struct {
	from, to day
	do       string
	reason   string
}

func newRule(r Rule) (*rule, error) {
	days := cmp.Or(r.Days, Standard())
	var p problems
	days.check(p.add)
	at, err := parseClock(r.Cutoff)
	if err != nil {
		p.add("cutoff", brief(r.Cutoff), `a time of day such as "17:00"`)
	}
	due, err := parseCadence(r.Due)
	if err != nil {
		p.add("due", brief(r.Due), err.Error())
	}
	if r.Zone == nil {
		p.add("time_zone", "none", "an IANA zone such as Europe/London")
	}
	if err := p.err("calendar " + days.Name); err != nil {
		return nil, err
	}
	out := &rule{name: days.Name, cadence: due, cutoffAt: at, zone: r.Zone, missing: leftOut(r.Zone)}
	out.follow(days.ordered())
	return out, out.checkGaps()
}

// follow takes over days that were checked.
func (r *rule) follow(d *Days) {
	for _, name := range d.Week {
		w, _ := weekdayNamed(name)
		r.week[w] = true
	}
	r.holidays = make(map[day]string, len(d.Holidays))
	for date, name := range d.Holidays {
		r.holidays[dayOf(date)] = name
	}
	r.halfDays = make(map[day]clock, len(d.HalfDays))
	for date, at := range d.HalfDays {
		r.halfDays[dayOf(date)], _ = parseClock(at)
	}
	for _, b := range d.Blackouts {
		r.blackouts = append(r.blackouts, blackout{from: dayOf(b.From), to: dayOf(b.To), do: b.Do, reason: b.Reason})
	}
}

// checkGaps refuses a rule that is never due, or not for longer than maxGap.
// Without exceptions it repeats with the weeks and months, so one year shows
// whether it is ever due; beyond, only an exception can make a gap.
func (r *rule) checkGaps() error {
	plain := &rule{week: r.week, cadence: r.cadence, cutoffAt: r.cutoffAt, zone: time.UTC}
	if _, ok := plain.walk(dayOf("2023-01-01"), 1); !ok {
		return fmt.Errorf("%w: due %q: never a business day of calendar %s, which has %s", report.ErrInvalid,
			r.cadence, r.name, strings.Join(r.weekNames(), ", "))
	}
	seen := firstDay
	for _, exception := range r.exceptions() {
		if exception < seen {
			continue
		}
		before, _ := r.walk(exception, -1)
		next, ok := r.walk(before, 1)
		if !ok {
			return fmt.Errorf("%w: calendar %s leaves no date due for %d days after %s", report.ErrInvalid, r.name, maxGap, before.date())
		}
		seen = next
	}
	return nil
}

// exceptions lists where the rule may differ from its week and cadence: each
// holiday, and where each blackout begins.
func (r *rule) exceptions() []day {
	var out []day
	for d := range r.holidays {
		out = append(out, d)
	}
	for _, b := range r.blackouts {
		out = append(out, b.from)
	}
	slices.Sort(out)
	return out
}

func (r *rule) weekNames() []string {
	return slices.DeleteFunc(slices.Clone(weekdayNames), func(name string) bool {
		w, _ := weekdayNamed(name)
		return !r.week[w]
	})
}

// due tells whether a report is owed on the day.
func (r *rule) due(d day) bool {
	return r.cadence.chooses(r, d) && !r.skipped(d) && !r.noTimeOnItsOwn(d)
}

// business tells whether the day is a business day. A blackout does not change
// that: it moves no report to another day.
func (r *rule) business(d day) bool {
	if !r.week[d.weekday()] {
		return false
	}
	_, holiday := r.holidays[d]
	return !holiday && !slices.Contains(r.missing, d)
}

// leftOut finds the dates that a zone does not have. Pacific/Apia went from 29 to
// 31 December 2011, and no more than a handful of zones ever did the like. From
// 2038 on zones have rules, and no rule of daylight saving leaves out a day.
func leftOut(zone *time.Location) []day {
	const halfADay = secondsADay / 2
	var out []day
	for j := range jumps(zone, dayOf("1840-01-01"), dayOf("2038-01-01")) {
		if j.to-j.from >= halfADay {
			out = append(out, j.over(noon)...)
		}
	}
	return out
}

// noTimeOnItsOwn is true in one case: a clock that jumps over midnight makes the
// cutoffs of a half day and its neighbour one and the same instant.
func (r *rule) noTimeOnItsOwn(d day) bool {
	_, half := r.halfDays[d]
	_, halfBefore := r.halfDays[d-1]
	return (half || halfBefore) && r.business(d-1) && !r.cutoff(d).After(r.cutoff(d-1))
}

func (r *rule) skipped(d day) bool {
	b, ok := r.blackout(d)
	return ok && b.do == Skip
}

func (r *rule) blackout(d day) (blackout, bool) {
	i, _ := slices.BinarySearchFunc(r.blackouts, d, func(b blackout, d day) int { return int(b.to - d) })
	if i == len(r.blackouts) || r.blackouts[i].from > d {
		return blackout{}, false
	}
	return r.blackouts[i], true
}

// cutoff is the instant at which the day closes.
func (r *rule) cutoff(d day) time.Time { return instant(d, r.closes(d), r.zone) }

// closes is the wall time at which the day closes.
func (r *rule) closes(d day) clock {
	if at, half := r.halfDays[d]; half {
		return at
	}
	return r.cutoffAt
}

func (r *rule) next(d day) day     { n, _ := r.walk(d, 1); return n }
func (r *rule) previous(d day) day { n, _ := r.walk(d, -1); return n }

// walk finds the next due day in a direction. It is d itself, and false, where
// there is none: at the end of the four-digit years.
func (r *rule) walk(d day, step day) (day, bool) {
	for n := d + step; n != d+step*(maxGap+1) && firstDay <= n && n <= lastDay; n += step {
		if r.due(n) {
			return n, true
		}
	}
	return d, false
}

// holding is the due day whose window holds t: the first whose cutoff lies after
// it. No day before t's own can have one.
func (r *rule) holding(t time.Time) day {
	d := r.next(localDay(t, r.zone) - 1)
	for !r.cutoff(d).After(t) {
		next := r.next(d)
		if next == d {
			return d
		}
		d = next
	}
	return d
}
