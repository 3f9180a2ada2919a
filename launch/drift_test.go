package launch

import (
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/calendar"
	"github.com/closeofbusiness/cob/report/series"
)

const daily = "name: daily\ntemplate: daily\ncutoff: \"17:00\"\ntime_zone: Europe/London\n"

// wanted is the schedule of a series file.
func wanted(t *testing.T, file string, days *calendar.Days) Wanted {
	t.Helper()
	s, err := series.Parse([]byte(file))
	require.NoError(t, err)
	w, err := (&Launcher{TaskQueue: "cob"}).Want(s, days)
	require.NoError(t, err)
	return w
}

func TestTextSaysEverything(t *testing.T) {
	t.Parallel()
	require.Equal(t, `schedule 1
time zone: Europe/London
fires: 17:00 on Mon-Fri
jitter: none
overlap: AllowAll
catch-up: 720h
pause on failure: no
starts: ScheduledClose
input: {"series":"daily"}
workflow ID: cob/daily/scheduled
task queue: cob
search attributes: CobSeries=daily
summary: Start the close of business of daily
`, wanted(t, daily, nil).Text)
}

func TestTextSpeaksOfSingleDates(t *testing.T) {
	t.Parallel()
	days := calendar.Standard()
	days.Name = "england"
	days.Holidays = map[report.Date]string{"2026-12-25": "Christmas Day", "2026-12-28": "Boxing Day", "2026-12-26": "a Saturday"}
	days.HalfDays = map[report.Date]string{"2026-12-24": "12:30"}
	w := wanted(t, daily+"calendar: england\ncatch_up: 90m\n", days)
	require.Contains(t, w.Text, "catch-up: 1h30m\n")
	require.Contains(t, w.Text, `daily
on 2026-12-24: not at 17:00, at 12:30
on 2026-12-25: not at 17:00
on 2026-12-28: not at 17:00
`)
}

// However a schedule came to say it, the same is the same.
func TestTextDoesNotDependOnTheForm(t *testing.T) {
	t.Parallel()
	date := func(year, month int, days ...client.ScheduleRange) client.ScheduleCalendarSpec {
		return client.ScheduleCalendarSpec{Hour: one(17), Minute: one(0), Second: one(0), Year: one(year), Month: one(month), DayOfMonth: days}
	}
	for name, specs := range map[string][2]client.ScheduleSpec{
		"ranges": {
			{Skip: []client.ScheduleCalendarSpec{date(2026, 12, client.ScheduleRange{Start: 25, End: 26, Step: 1})}},
			{Skip: []client.ScheduleCalendarSpec{date(2026, 12, client.ScheduleRange{Start: 26}, client.ScheduleRange{Start: 25})}},
		},
		"entries": {
			{Skip: []client.ScheduleCalendarSpec{date(2026, 12, one(25)[0]), date(2027, 1, one(1)[0])}},
			{Skip: []client.ScheduleCalendarSpec{date(2027, 1, one(1)[0]), date(2026, 12, one(25)[0])}},
		},
		"what is left out": {
			{Calendars: []client.ScheduleCalendarSpec{{Hour: one(17), Comment: "mine"}}, TimeZoneName: "UTC"},
			{Calendars: []client.ScheduleCalendarSpec{{Hour: one(17), Minute: one(0), Second: one(0),
				DayOfMonth: []client.ScheduleRange{{Start: 1, End: 31}}, Month: []client.ScheduleRange{{Start: 1, End: 12, Step: 1}},
				DayOfWeek: []client.ScheduleRange{{Start: 0, End: 6}}}}},
		},
	} {
		var texts [2]string
		for i := range specs {
			w := wanted(t, daily, nil).schedule
			for j := range specs[i].Calendars {
				c := &specs[i].Calendars[j]
				if c.Minute == nil {
					c.Minute, c.Second = one(0), one(0) // as the SDK does before it sends them
				}
			}
			w.Spec = &specs[i]
			texts[i] = text(w)
		}
		require.Equal(t, texts[0], texts[1], name)
	}
}

// Whatever somebody can change makes another text.
func TestTextNoticesEveryChange(t *testing.T) {
	t.Parallel()
	action := func(change func(*client.ScheduleWorkflowAction)) func(*client.Schedule) {
		return func(s *client.Schedule) {
			a := *s.Action.(*client.ScheduleWorkflowAction)
			change(&a)
			s.Action = &a
		}
	}
	seen := map[string]string{wanted(t, daily, nil).Text: "nothing"}
	for name, change := range map[string]func(*client.Schedule){
		"time zone":    func(s *client.Schedule) { s.Spec.TimeZoneName = "Europe/Paris" },
		"cutoff":       func(s *client.Schedule) { s.Spec.Calendars[0].Minute = one(30) },
		"second":       func(s *client.Schedule) { s.Spec.Calendars[0].Second = one(1) },
		"every second": func(s *client.Schedule) { s.Spec.Calendars[0].Second = []client.ScheduleRange{{Start: 0, End: 59}} },
		"hours": func(s *client.Schedule) {
			s.Spec.Calendars[0].Hour = []client.ScheduleRange{{Start: 9, End: 17, Step: 2}}
		},
		"week":          func(s *client.Schedule) { s.Spec.Calendars[0].DayOfWeek = ranged([]int{1, 2, 3, 4}) },
		"days of month": func(s *client.Schedule) { s.Spec.Calendars[0].DayOfMonth = ranged([]int{1, 15}) },
		"months":        func(s *client.Schedule) { s.Spec.Calendars[0].Month = ranged([]int{1, 2, 3}) },
		"years":         func(s *client.Schedule) { s.Spec.Calendars[0].Year = ranged([]int{2026, 2027}) },
		"one year":      func(s *client.Schedule) { s.Spec.Calendars[0].Year = one(2026) },
		"another time": func(s *client.Schedule) {
			s.Spec.Calendars = append(s.Spec.Calendars, clock{18, 0}.on(client.ScheduleCalendarSpec{}))
		},
		"never":     func(s *client.Schedule) { s.Spec.Calendars = nil },
		"exclusion": func(s *client.Schedule) { s.Spec.Skip = clock{17, 0}.onDates([]report.Date{"2026-12-25"}, "") },
		"exclusion, undated": func(s *client.Schedule) {
			s.Spec.Skip = []client.ScheduleCalendarSpec{{DayOfWeek: one(5)}}
		},
		"interval":          func(s *client.Schedule) { s.Spec.Intervals = []client.ScheduleIntervalSpec{{Every: time.Hour}} },
		"cron":              func(s *client.Schedule) { s.Spec.CronExpressions = []string{"0 17 * * *"} },
		"start":             func(s *client.Schedule) { s.Spec.StartAt = time.Unix(1, 0) },
		"end":               func(s *client.Schedule) { s.Spec.EndAt = time.Unix(1, 0) },
		"jitter":            func(s *client.Schedule) { s.Spec.Jitter = time.Minute },
		"overlap":           func(s *client.Schedule) { s.Policy.Overlap = enumspb.SCHEDULE_OVERLAP_POLICY_SKIP },
		"catch-up":          func(s *client.Schedule) { s.Policy.CatchupWindow = time.Minute },
		"pause on failure":  func(s *client.Schedule) { s.Policy.PauseOnFailure = true },
		"remaining actions": func(s *client.Schedule) { s.State.LimitedActions, s.State.RemainingActions = true, 3 },
		"workflow":          action(func(a *client.ScheduleWorkflowAction) { a.Workflow = "Other" }),
		"workflow ID":       action(func(a *client.ScheduleWorkflowAction) { a.ID = "other" }),
		"queue":             action(func(a *client.ScheduleWorkflowAction) { a.TaskQueue = "other" }),
		"input":             action(func(a *client.ScheduleWorkflowAction) { a.Args = []any{"other"} }),
		"no input":          action(func(a *client.ScheduleWorkflowAction) { a.Args = nil }),
		"attributes":        action(func(a *client.ScheduleWorkflowAction) { a.TypedSearchAttributes = temporal.SearchAttributes{} }),
		"memo":              action(func(a *client.ScheduleWorkflowAction) { a.Memo = map[string]any{"why": "test"} }),
		"execution timeout": action(func(a *client.ScheduleWorkflowAction) { a.WorkflowExecutionTimeout = time.Minute }),
		"run timeout":       action(func(a *client.ScheduleWorkflowAction) { a.WorkflowRunTimeout = time.Minute }),
		"task timeout":      action(func(a *client.ScheduleWorkflowAction) { a.WorkflowTaskTimeout = time.Minute }),
		"retry policy":      action(func(a *client.ScheduleWorkflowAction) { a.RetryPolicy = &temporal.RetryPolicy{} }),
		"summary":           action(func(a *client.ScheduleWorkflowAction) { a.StaticSummary = "other" }),
		"details":           action(func(a *client.ScheduleWorkflowAction) { a.StaticDetails = "other" }),
		"priority":          action(func(a *client.ScheduleWorkflowAction) { a.Priority.PriorityKey = 1 }),
	} {
		s := wanted(t, daily, nil).schedule
		change(&s)
		got := text(s)
		require.NotContains(t, seen, got, "%s makes the same text as %s", name, seen[got])
		seen[got] = name
		parsed, ok := parse(got)
		require.True(t, ok)
		require.NotEmpty(t, parsed)
	}
	paused := wanted(t, daily, nil).schedule
	paused.State.Paused, paused.State.Note = true, "data centre move"
	require.Equal(t, wanted(t, daily, nil).Text, text(paused), "a pause is no difference")
}

func TestDifferencesNameWhatChanged(t *testing.T) {
	t.Parallel()
	file := wanted(t, daily, nil).Text
	hand := wanted(t, "name: daily\ntemplate: daily\ncutoff: \"18:30\"\ntime_zone: Europe/Paris\n", nil).Text
	require.Empty(t, differences(file, file, file))

	got := differences(hand, file, file)
	require.Equal(t, []Difference{
		{What: "time zone", Is: "Europe/Paris", Applied: "Europe/London", File: "Europe/London"},
		{What: "fires", Is: "18:30 on Mon-Fri", Applied: "17:00 on Mon-Fri", File: "17:00 on Mon-Fri"},
	}, got)
	require.Equal(t, `fires: now "18:30 on Mon-Fri", applied "17:00 on Mon-Fri", the file says "17:00 on Mon-Fri"`, got[1].String())

	// Not by hand: the file changed.
	require.Equal(t, `fires: now "17:00 on Mon-Fri", the file says "18:30 on Mon-Fri"`, differences(file, file, hand)[1].String())
	// Nobody knows what was written.
	require.Equal(t, `time zone: now "Europe/Paris", the file says "Europe/London"`, differences(hand, "", file)[0].String())
	require.Len(t, differences(hand, "schedule 0\nfires: always\n", file), 2)
}

func TestDifferencesOfDates(t *testing.T) {
	t.Parallel()
	days := calendar.Standard()
	days.Name = "england"
	without := wanted(t, daily+"calendar: england\n", days).Text
	days.Holidays = map[report.Date]string{"2026-12-25": "Christmas Day"}
	with := wanted(t, daily+"calendar: england\n", days).Text
	require.Equal(t, []Difference{{What: "on 2026-12-25", Is: "as every week", File: "not at 17:00"}}, differences(without, without, with))
	require.Equal(t, []Difference{{What: "on 2026-12-25", Is: "not at 17:00", Applied: "as every week", File: "as every week"}}, differences(with, without, without))
}

// What somebody writes into a schedule cannot make a line of its own.
func TestTextIsOneLineEach(t *testing.T) {
	t.Parallel()
	s := wanted(t, daily, nil).schedule
	a := *s.Action.(*client.ScheduleWorkflowAction)
	a.StaticSummary = "fine\nfires: never\x1b[2J"
	s.Action = &a
	got := text(s)
	require.Contains(t, got, `summary: "fine\nfires: never\x1b[2J"`+"\n")
	require.Len(t, differences(got, wanted(t, daily, nil).Text, wanted(t, daily, nil).Text), 1)
}

// A server knows the years 2000 to 2100.
func TestDatesOutsideTheServersYears(t *testing.T) {
	t.Parallel()
	require.Empty(t, clock{17, 0}.onDates([]report.Date{"1999-12-31", "2101-01-01"}, ""))
	require.Len(t, clock{17, 0}.onDates([]report.Date{"2000-01-01", "2100-12-31"}, ""), 2)
}
