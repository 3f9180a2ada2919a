package launch

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/calendar"
	"github.com/closeofbusiness/cob/report/series"
)

// Wanted is what a series' schedule is to be, by its file and its calendar.
type Wanted struct {
	Series string
	// Text says everything that is wanted, in lines: it is kept once the schedule
	// is written, to tell later what somebody changed by hand.
	Text string

	schedule client.Schedule
}

// Want makes the schedule of a series that follows days; nil: Monday to Friday.
func (l *Launcher) Want(s *series.Series, days *calendar.Days) (Wanted, error) {
	cal, err := s.BusinessDays(days)
	if err != nil {
		return Wanted{}, err
	}
	spec := scheduleSpec(cal.Schedule(), s.TimeZone)
	w := Wanted{Series: s.Name, schedule: client.Schedule{
		Spec: &spec,
		Action: &client.ScheduleWorkflowAction{
			ID:                    report.ScheduleID(s.Name) + "/scheduled",
			Workflow:              report.ScheduledClose,
			Args:                  []any{report.Schedule{Series: s.Name}},
			TaskQueue:             l.TaskQueue,
			TypedSearchAttributes: temporal.NewSearchAttributes(seriesKey.ValueSet(s.Name)),
			StaticSummary:         "Start the close of business of " + s.Name,
		},
		Policy: &client.SchedulePolicies{
			// The scheduled run only starts the cycle, so runs never pile up.
			Overlap:       enumspb.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL,
			CatchupWindow: catchUp(s),
		},
		State: &client.ScheduleState{},
	}}
	w.Text = text(w.schedule)
	return w, nil
}

// catchUp is how far back a server that was down makes up for what it missed.
func catchUp(s *series.Series) time.Duration {
	at := time.Unix(0, 0)
	return s.CatchUpAfter(at).Sub(at)
}

// options is how the schedule is created.
func (w Wanted) options() client.ScheduleOptions {
	s := w.schedule
	return client.ScheduleOptions{
		ID: report.ScheduleID(w.Series), Spec: *s.Spec, Action: s.Action,
		Overlap: s.Policy.Overlap, CatchupWindow: s.Policy.CatchupWindow, PauseOnFailure: s.Policy.PauseOnFailure,
	}
}

// The years that a Temporal server can name in a calendar.
const (
	firstYear = 2000
	lastYear  = 2100
)

// scheduleSpec says to Temporal when a calendar's dates close.
func scheduleSpec(due calendar.Spec, zone string) client.ScheduleSpec {
	out := client.ScheduleSpec{TimeZoneName: zone}
	cutoff := clock{due.Hour, due.Minute}
	if len(due.Weekdays) > 0 {
		out.Calendars = []client.ScheduleCalendarSpec{cutoff.on(client.ScheduleCalendarSpec{
			DayOfWeek: ranged(weekdayNumbers(due.Weekdays)), Comment: "cutoff " + cutoff.String() + " " + zone,
		})}
	}
	// Only the cutoff is left out: the same day may close at another time.
	out.Skip = cutoff.onDates(due.Skip, "closes at another time, or nothing is due")
	other := map[clock][]report.Date{}
	var clocks []clock
	for _, e := range due.Extra {
		at := clock{e.Hour, e.Minute}
		if other[at] == nil {
			clocks = append(clocks, at)
		}
		other[at] = append(other[at], e.Date)
	}
	slices.SortFunc(clocks, clock.compare)
	for _, at := range clocks {
		out.Calendars = append(out.Calendars, at.onDates(other[at], "cutoff of single days")...)
	}
	return out
}

// clock is a time of day.
type clock struct{ hour, minute int }

func (c clock) String() string      { return fmt.Sprintf("%02d:%02d", c.hour, c.minute) }
func (c clock) compare(d clock) int { return (c.hour-d.hour)*60 + c.minute - d.minute }

// on sets the time of day of a calendar entry.
func (c clock) on(e client.ScheduleCalendarSpec) client.ScheduleCalendarSpec {
	e.Hour, e.Minute, e.Second = one(c.hour), one(c.minute), one(0)
	return e
}

// onDates makes one entry for each month that has dates.
func (c clock) onDates(dates []report.Date, comment string) []client.ScheduleCalendarSpec {
	type month struct{ year, month int }
	days := map[month][]int{}
	var months []month
	for _, d := range dates {
		t := d.Time()
		m := month{t.Year(), int(t.Month())}
		if m.year < firstYear || m.year > lastYear {
			continue
		}
		if days[m] == nil {
			months = append(months, m)
		}
		days[m] = append(days[m], t.Day())
	}
	slices.SortFunc(months, func(a, b month) int { return (a.year-b.year)*12 + a.month - b.month })
	out := make([]client.ScheduleCalendarSpec, len(months))
	for i, m := range months {
		out[i] = c.on(client.ScheduleCalendarSpec{
			Year: one(m.year), Month: one(m.month), DayOfMonth: ranged(days[m]), Comment: comment,
		})
	}
	return out
}

func one(n int) []client.ScheduleRange { return []client.ScheduleRange{{Start: n, End: n, Step: 1}} }

// ranged writes numbers as ranges.
func ranged(numbers []int) []client.ScheduleRange {
	numbers = slices.Compact(slices.Sorted(slices.Values(numbers)))
	var out []client.ScheduleRange
	for _, n := range numbers {
		if last := len(out) - 1; last >= 0 && out[last].End == n-1 {
			out[last].End = n
			continue
		}
		out = append(out, client.ScheduleRange{Start: n, End: n, Step: 1})
	}
	return out
}

func weekdayNumbers(days []time.Weekday) []int {
	out := make([]int, len(days))
	for i, d := range days {
		out[i] = int(d)
	}
	return out
}

// numbers lists what ranges hold; nil: everything from low to high.
func numbers(ranges []client.ScheduleRange, low, high int) []int {
	if len(ranges) == 0 {
		ranges = []client.ScheduleRange{{Start: low, End: high}}
	}
	var out []int
	for _, r := range ranges {
		for n := r.Start; n <= min(max(r.End, r.Start), high); n += max(r.Step, 1) {
			out = append(out, n)
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(out)))
}

// spelled writes numbers shortly: "1-5,7".
func spelled(all []int) string {
	out := ""
	for _, r := range ranged(all) {
		if out != "" {
			out += ","
		}
		if out += strconv.Itoa(r.Start); r.End > r.Start {
			out += "-" + strconv.Itoa(r.End)
		}
	}
	return out
}
