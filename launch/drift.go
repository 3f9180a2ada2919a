package launch

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/closeofbusiness/cob/report"
)

// Difference is one thing that a schedule says otherwise than the file.
type Difference struct {
	What string `json:"what"`
	Is   string `json:"is"`
	// Applied is what was written last; empty where that is not known or where
	// it is what the schedule says.
	Applied string `json:"applied,omitempty"`
	File    string `json:"file"`
}

func (d Difference) String() string {
	applied := ""
	if d.Applied != "" {
		applied = fmt.Sprintf(", applied %q", d.Applied)
	}
	return fmt.Sprintf("%s: now %q%s, the file says %q", d.What, d.Is, applied, d.File)
}

// format is the first line of every text. A text in another format is one that
// nothing can be compared with.
const format = "schedule 1"

// Comparable tells whether a text that was kept is in the format of this
// release.
func Comparable(text string) bool {
	_, ok := parse(text)
	return ok
}

// text writes a schedule in lines that can be compared: "what: value", in a
// fixed order, the same however the schedule was made. The server fills in what
// was left out, and people write calendars in many ways. Comments, the pause
// and its note are no part of it.
func text(s client.Schedule) string {
	out := []string{format}
	for _, l := range lines(s) {
		if strings.ContainsFunc(l.value, unicode.IsControl) { // somebody's name for a workflow
			l.value = strconv.Quote(l.value)
		}
		out = append(out, l.what+": "+l.value)
	}
	return strings.Join(out, "\n") + "\n"
}

type line struct{ what, value string }

func lines(s client.Schedule) []line {
	out, dates := specLines(*s.Spec)
	out = append(out,
		line{"overlap", s.Policy.Overlap.String()},
		line{"catch-up", short(s.Policy.CatchupWindow)},
		line{"pause on failure", yes(s.Policy.PauseOnFailure)},
	)
	if s.State != nil && s.State.LimitedActions {
		out = append(out, line{"actions left", fmt.Sprint(s.State.RemainingActions)})
	}
	if action, ok := s.Action.(*client.ScheduleWorkflowAction); ok {
		out = append(out, actionLines(action)...)
	} else {
		out = append(out, line{"starts", "something else than a workflow"})
	}
	return append(out, dates...) // there may be many
}

// specLines says when a schedule fires, and what is different on single dates.
func specLines(s client.ScheduleSpec) (out, single []line) {
	out = []line{{"time zone", cmp.Or(s.TimeZoneName, "UTC")}}
	week, dates := entries(s.Calendars, "at ")
	notWeek, notDates := entries(s.Skip, "not at ")
	out = append(out, line{"fires", cmp.Or(week, "never by the week")})
	if notWeek != "" {
		out = append(out, line{"but", notWeek})
	}
	for _, i := range s.Intervals {
		out = append(out, line{"every", short(i.Every) + " from " + short(i.Offset)})
	}
	if len(s.CronExpressions) > 0 {
		out = append(out, line{"cron", strings.Join(s.CronExpressions, "; ")})
	}
	if !s.StartAt.IsZero() {
		out = append(out, line{"from", s.StartAt.UTC().Format(time.RFC3339)})
	}
	if !s.EndAt.IsZero() {
		out = append(out, line{"until", s.EndAt.UTC().Format(time.RFC3339)})
	}
	out = append(out, line{"jitter", short(s.Jitter)})
	for d, not := range notDates {
		dates[d] = append(not, dates[d]...)
	}
	for _, d := range slices.Sorted(maps.Keys(dates)) {
		single = append(single, line{onDate + string(d), strings.Join(dates[d], ", ")})
	}
	return out, single
}

// onDate begins what is said about a single date.
const onDate = "on "

// entries says calendar entries: those of the week in one text, those that name
// dates by date.
func entries(all []client.ScheduleCalendarSpec, at string) (week string, dates map[report.Date][]string) {
	var general []string
	dates = map[report.Date][]string{}
	for _, e := range all {
		days, ok := named(e)
		if !ok {
			general = append(general, strings.TrimPrefix(at, "at ")+timeOf(e)+" on "+daysOf(e))
			continue
		}
		for _, d := range days {
			dates[d] = append(dates[d], at+timeOf(e))
		}
	}
	slices.Sort(general)
	for d := range dates {
		slices.Sort(dates[d])
		dates[d] = slices.Compact(dates[d])
	}
	return strings.Join(slices.Compact(general), "; "), dates
}

// maxNamed bounds how many dates one entry is spelled out to.
const maxNamed = 400

// named lists the dates of an entry that names them by year, month and day.
func named(e client.ScheduleCalendarSpec) ([]report.Date, bool) {
	months, days := numbers(e.Month, 1, 12), numbers(e.DayOfMonth, 1, 31)
	years, weekdays := numbers(e.Year, firstYear, lastYear), numbers(e.DayOfWeek, 0, 6)
	if len(e.Year) == 0 || len(years)*len(months)*len(days) > maxNamed {
		return nil, false
	}
	var out []report.Date
	for _, y := range years {
		for _, m := range months {
			for _, d := range days {
				t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
				if t.Day() == d && slices.Contains(weekdays, int(t.Weekday())) {
					out = append(out, report.DateOf(t))
				}
			}
		}
	}
	return out, true
}

// timeOf says an entry's times of day: "17:00".
func timeOf(e client.ScheduleCalendarSpec) string {
	hours, minutes, seconds := numbers(e.Hour, 0, 23), numbers(e.Minute, 0, 59), numbers(e.Second, 0, 59)
	switch {
	case len(hours)+len(minutes)+len(seconds) == 24+60+60:
		return "any time"
	case len(hours) > 1 || len(minutes) > 1 || len(seconds) > 1:
		return "hour " + spelled(hours) + " minute " + spelled(minutes) + " second " + spelled(seconds)
	case seconds[0] != 0:
		return fmt.Sprintf("%02d:%02d:%02d", hours[0], minutes[0], seconds[0])
	}
	return clock{hours[0], minutes[0]}.String()
}

// daysOf says an entry's days: "Mon-Fri".
func daysOf(e client.ScheduleCalendarSpec) string {
	out := weekdays(numbers(e.DayOfWeek, 0, 6))
	if days := numbers(e.DayOfMonth, 1, 31); len(days) < 31 {
		out += " of days " + spelled(days)
	}
	if months := numbers(e.Month, 1, 12); len(months) < 12 {
		out += " of months " + spelled(months)
	}
	if len(e.Year) > 0 {
		out += " of " + spelled(numbers(e.Year, firstYear, lastYear))
	}
	return out
}

// weekdays writes days of the week, Sunday last: "Mon-Fri", "Mon, Thu".
func weekdays(days []int) string {
	if len(days) == 7 {
		return "every day"
	}
	for i, d := range days {
		days[i] = (d + 6) % 7
	}
	name := func(n int) string { return time.Weekday((n + 1) % 7).String()[:3] }
	var out []string
	for _, r := range ranged(days) {
		switch r.End - r.Start {
		case 0:
			out = append(out, name(r.Start))
		case 1:
			out = append(out, name(r.Start), name(r.End))
		default:
			out = append(out, name(r.Start)+"-"+name(r.End))
		}
	}
	return strings.Join(out, ", ")
}

func actionLines(a *client.ScheduleWorkflowAction) []line {
	out := []line{
		{"starts", fmt.Sprint(a.Workflow)},
		{"input", inputOf(a.Args)},
		{"workflow ID", a.ID},
		{"task queue", a.TaskQueue},
		{"search attributes", attributesOf(a)},
		{"summary", a.StaticSummary},
	}
	more := func(set bool, what string, value any) {
		if set {
			out = append(out, line{what, fmt.Sprint(value)})
		}
	}
	more(a.StaticDetails != "", "details", a.StaticDetails)
	more(a.WorkflowExecutionTimeout != 0, "execution timeout", short(a.WorkflowExecutionTimeout))
	more(a.WorkflowRunTimeout != 0, "run timeout", short(a.WorkflowRunTimeout))
	more(a.WorkflowTaskTimeout != 0, "task timeout", short(a.WorkflowTaskTimeout))
	more(a.RetryPolicy != nil, "retry policy", "set")
	more(len(a.Memo) > 0, "memo", strings.Join(slices.Sorted(maps.Keys(a.Memo)), ", "))
	more(a.VersioningOverride != nil, "versioning override", "set")
	more(a.Priority != temporal.Priority{}, "priority", fmt.Sprintf("%+v", a.Priority))
	return out
}

// inputOf writes a workflow's input as JSON. The server returns payloads.
func inputOf(args []any) string {
	var out []string
	for _, arg := range args {
		s := ""
		if p, ok := arg.(*commonpb.Payload); ok {
			s = converter.GetDefaultDataConverter().ToString(p)
		} else if b, err := json.Marshal(arg); err == nil {
			s = string(b)
		}
		var compact bytes.Buffer
		if json.Compact(&compact, []byte(s)) == nil {
			s = compact.String()
		}
		out = append(out, s)
	}
	return cmp.Or(strings.Join(out, " "), "none")
}

func attributesOf(a *client.ScheduleWorkflowAction) string {
	var out []string
	for key, value := range a.TypedSearchAttributes.GetUntypedValues() {
		out = append(out, fmt.Sprintf("%s=%v", key.GetName(), value))
	}
	for name := range a.UntypedSearchAttributes {
		out = append(out, name)
	}
	slices.Sort(out)
	return cmp.Or(strings.Join(out, ", "), "none")
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// short writes a duration without the zeros at its end.
func short(d time.Duration) string {
	if d == 0 {
		return "none"
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// parse reads a text; false where it is none, or in another format.
func parse(text string) ([]line, bool) {
	body, ok := strings.CutPrefix(text, format+"\n")
	if !ok {
		return nil, false
	}
	var out []line
	for s := range strings.Lines(body) {
		what, value, _ := strings.Cut(strings.TrimSuffix(s, "\n"), ": ")
		out = append(out, line{what, value})
	}
	return out, true
}

// differences lists where what a schedule is differs from what the file wants,
// in the file's order.
func differences(is, applied, file string) []Difference {
	a, _ := parse(is)
	b, known := parse(applied)
	c, _ := parse(file)
	var out []Difference
	seen := map[string]bool{}
	for _, l := range slices.Concat(c, a) {
		d := Difference{What: l.what, Is: value(a, l.what), File: value(c, l.what)}
		if seen[l.what] || d.Is == d.File {
			continue
		}
		seen[l.what] = true
		if was := value(b, l.what); known && was != d.Is {
			d.Applied = was
		}
		out = append(out, d)
	}
	return out
}

// value is what lines say of something, and of what they do not name what holds
// then.
func value(all []line, what string) string {
	var out []string
	for _, l := range all {
		if l.what == what {
			out = append(out, l.value)
		}
	}
	switch {
	case len(out) > 0:
		return strings.Join(out, "; ")
	case strings.HasPrefix(what, onDate):
		return "as every week"
	case what == "actions left":
		return "no limit"
	}
	return "none"
}
