package calendar

import (
	"slices"
	"time"

	"github.com/closeofbusiness/cob/report"
)

// Spec is when a schedule fires, in wall time of the calendar's zone: on the
// weekdays at Hour:Minute, but not on the dates in Skip, and besides at the
// times in Extra. It follows from the rule alone, so that the same rule always
// makes the same schedule.
//
// It fires at the cutoff of every due date from 2020 on. It may fire where
// nothing is due: for the first or last business day of a month, on every
// business day. Fired tells.
type Spec struct {
	Weekdays     []time.Weekday // from Monday
	Hour, Minute int
	Skip         []report.Date // in order, as Extra is
	Extra        []Extra
}

// Extra is one time at which a schedule fires besides.
type Extra struct {
	Date         report.Date // as clocks show it; seldom another than the one that closes
	Hour, Minute int
}

// What a schedule says of single days, it says of these. Beyond, daylight saving
// is unknown, and a cutoff that it leaves out fires when the schedule thinks.
var firstScheduled, lastGap = dayOf("2020-01-01"), dayOf("2050-12-31")

// Schedule is when a schedule fires that follows the calendar.
func (c *Calendar) Schedule() Spec {
	r := c.rule
	spec := Spec{Hour: r.cutoffAt.hour(), Minute: r.cutoffAt.minute()}
	fires := r.fires()
	for _, name := range weekdayNames {
		if w, _ := weekdayNamed(name); fires[w] {
			spec.Weekdays = append(spec.Weekdays, w)
		}
	}
	for _, d := range r.special() {
		due, byItself := r.due(d), fires[d.weekday()]
		shown := r.cutoff(d)
		at := Extra{Date: report.DateOf(shown), Hour: shown.Hour(), Minute: shown.Minute()}
		usual := at == Extra{Date: d.date(), Hour: spec.Hour, Minute: spec.Minute}
		if byItself && (!due || !usual) {
			spec.Skip = append(spec.Skip, d.date())
		}
		if due && (!byItself || !usual) {
			spec.Extra = append(spec.Extra, at)
		}
	}
	return spec
}

// fires is on which weekdays a schedule fires by itself.
func (r *rule) fires() [7]bool {
	out := r.week
	switch r.cadence.kind {
	case onWeekdays:
		for w := range out {
			out[w] = out[w] && r.cadence.weekdays[w]
		}
	case weekly:
		out = [7]bool{}
		w := r.cadence.weekday
		for !r.week[w] { // newRule made sure of one before, in the week
			w = (w + 6) % 7
		}
		out[w] = true
	}
	return out
}

// special lists the days on which a schedule may have to do something else than
// fire at the usual time.
func (r *rule) special() []day {
	var days []day
	for j := range jumps(r.zone, firstScheduled, lastGap) {
		days = append(days, j.over(r.cutoffAt)...)
	}
	for d := range r.holidays {
		days = append(days, d)
	}
	for d := range r.halfDays {
		days = append(days, d)
	}
	for _, b := range r.blackouts {
		for d := b.from; d <= b.to && b.do == Skip; d++ {
			days = append(days, d)
		}
	}
	if r.cadence.kind == weekly { // its report moves within the week
		for _, d := range slices.Clone(days) {
			for i := range day(7) {
				days = append(days, d.monday()+i)
			}
		}
	}
	slices.Sort(days)
	days = slices.Compact(days)
	first, _ := slices.BinarySearch(days, firstScheduled)
	return days[first:]
}

// Fired tells what the nominal time of a run that a schedule started means. At a
// due date's cutoff it is that date. At another time at which the schedule fires
// by itself, which is regular, it is the local date, if that is due and its
// cutoff has passed; otherwise nothing is owed. Any other time somebody chose:
// it is the latest due date at or before it, never one whose cutoff lies ahead,
// and nobody owes that it be started.
func (c *Calendar) Fired(nominal time.Time) (d report.Date, due, regular bool) {
	latest := c.previous(c.holding(nominal))
	if c.cutoff(latest).Equal(nominal) {
		return latest.date(), true, true
	}
	if !c.rule.firesAt(nominal) {
		return latest.date(), false, false
	}
	today := localDay(nominal, c.rule.zone)
	if c.due(today) && !c.cutoff(today).After(nominal) {
		return today.date(), true, true
	}
	return "", false, true
}

func (r *rule) firesAt(t time.Time) bool {
	local := t.In(r.zone)
	return local.Hour() == r.cutoffAt.hour() && local.Minute() == r.cutoffAt.minute() &&
		local.Second() == 0 && local.Nanosecond() == 0 && r.fires()[local.Weekday()]
}
