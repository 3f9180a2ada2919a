package launch_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/closeofbusiness/cob/launch"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/calendar"
	"github.com/closeofbusiness/cob/report/series"
)

// registered is a launcher whose namespace has the search attributes.
func registered(t *testing.T) *launch.Launcher {
	t.Helper()
	l := launcher(t)
	_, err := l.RegisterAttributes(t.Context())
	require.NoError(t, err)
	return l
}

// owed reads a series file without what all have in common.
func owed(t *testing.T, name string, more ...string) *series.Series {
	t.Helper()
	file := "name: " + name + "\ntemplate: daily\n" + strings.Join(more, "\n") + "\n"
	if !strings.Contains(file, "time_zone:") {
		file += "time_zone: Europe/London\n"
	}
	s, err := series.Parse([]byte(file))
	require.NoError(t, err)
	return s
}

func want(t *testing.T, l *launch.Launcher, s *series.Series, days *calendar.Days) launch.Wanted {
	t.Helper()
	w, err := l.Want(s, days)
	require.NoError(t, err)
	return w
}

// reconciled is one schedule and what was written last, as starter notes it.
type reconciled struct {
	*testing.T
	*launch.Launcher
	written string
}

func (r *reconciled) apply(w launch.Wanted, overwrite bool) launch.Schedule {
	r.Helper()
	got, err := r.ApplySchedule(r.Context(), w, r.written, overwrite)
	require.NoError(r, err)
	if got.Change != launch.Kept {
		r.written = w.Text
	}
	return got
}

func (r *reconciled) compare(w launch.Wanted) launch.Schedule {
	r.Helper()
	got, err := r.CompareSchedule(r.Context(), w, r.written)
	require.NoError(r, err)
	return got
}

// byHand changes a schedule as somebody does in the UI.
func (r *reconciled) byHand(series string, change func(*client.Schedule)) {
	r.Helper()
	err := r.handle(series).Update(r.Context(), client.ScheduleUpdateOptions{
		DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			change(&in.Description.Schedule)
			return &client.ScheduleUpdate{Schedule: &in.Description.Schedule}, nil
		},
	})
	require.NoError(r, err)
}

func (r *reconciled) handle(series string) client.ScheduleHandle {
	return r.Client.ScheduleClient().GetHandle(r.Context(), report.ScheduleID(series))
}

func TestScheduleIsCreatedLeftAloneAndUpdated(t *testing.T) {
	t.Parallel()
	r := &reconciled{T: t, Launcher: registered(t)}
	five := want(t, r.Launcher, owed(t, "daily", `cutoff: "17:00"`), nil)
	got := r.compare(five)
	require.Equal(t, launch.Created, got.Change)
	require.Equal(t, launch.Created, r.compare(five).Change, "comparing writes nothing")

	got = r.apply(five, false)
	require.Equal(t, launch.Created, got.Change)
	require.False(t, got.Deleted)
	require.NotEmpty(t, got.Next)
	require.Equal(t, launch.Unchanged, r.apply(five, false).Change)
	r.written = "" // nobody noted it
	require.Equal(t, launch.Unchanged, r.apply(five, false).Change)

	later := want(t, r.Launcher, owed(t, "daily", `cutoff: "18:30"`, "catch_up: 72h"), nil)
	differences := []launch.Difference{
		{What: "fires", Is: "17:00 on Mon-Fri", File: "18:30 on Mon-Fri"},
		{What: "catch-up", Is: "720h", File: "72h"},
	}
	got = r.compare(later)
	require.Equal(t, launch.Updated, got.Change)
	require.Equal(t, differences, got.Differences)
	got = r.apply(later, false)
	require.Equal(t, launch.Updated, got.Change)
	require.Equal(t, differences, got.Differences, "it says what was done")
	require.Equal(t, launch.Unchanged, r.compare(later).Change)

	d, err := r.handle("daily").Describe(t.Context())
	require.NoError(t, err)
	require.Equal(t, enumspb.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL, d.Schedule.Policy.Overlap)
	require.Equal(t, 72*time.Hour, d.Schedule.Policy.CatchupWindow)
	require.False(t, d.Schedule.Policy.PauseOnFailure)
	require.Zero(t, d.Schedule.Spec.Jitter)
}

func TestScheduleChangedByHandIsKept(t *testing.T) {
	t.Parallel()
	r := &reconciled{T: t, Launcher: registered(t)}
	five := want(t, r.Launcher, owed(t, "daily", `cutoff: "17:00"`), nil)
	six := want(t, r.Launcher, owed(t, "daily", `cutoff: "18:00"`), nil)
	r.apply(five, false)
	r.byHand("daily", func(s *client.Schedule) {
		s.Spec.Calendars[0].Hour[0] = client.ScheduleRange{Start: 9, End: 9}
		s.Policy.PauseOnFailure = true
	})

	fires := launch.Difference{What: "fires", Is: "09:00 on Mon-Fri", Applied: "17:00 on Mon-Fri", File: "17:00 on Mon-Fri"}
	pauses := launch.Difference{What: "pause on failure", Is: "yes", Applied: "no", File: "no"}
	got := r.apply(five, false)
	require.Equal(t, launch.Kept, got.Change)
	require.Equal(t, []launch.Difference{fires, pauses}, got.Differences)

	// A file that changed meanwhile does not make it anybody else's.
	fires.File = "18:00 on Mon-Fri"
	got = r.apply(six, false)
	require.Equal(t, launch.Kept, got.Change)
	require.Equal(t, []launch.Difference{fires, pauses}, got.Differences)
	require.Equal(t, got, r.apply(six, false), "as often as one looks")

	got = r.apply(six, true)
	require.Equal(t, launch.Overwritten, got.Change)
	require.Equal(t, []launch.Difference{fires, pauses}, got.Differences, "what is gone is shown once more")
	require.Equal(t, launch.Unchanged, r.compare(six).Change)
}

// Whoever writes the change into the file has no difference left.
func TestScheduleChangedByHandAndThenInTheFile(t *testing.T) {
	t.Parallel()
	r := &reconciled{T: t, Launcher: registered(t)}
	r.apply(want(t, r.Launcher, owed(t, "daily", `cutoff: "17:00"`), nil), false)
	r.byHand("daily", func(s *client.Schedule) {
		s.Spec = &client.ScheduleSpec{CronExpressions: []string{"TZ=Europe/London 30 16 * * MON-FRI"}}
	})
	half := want(t, r.Launcher, owed(t, "daily", `cutoff: "16:30"`), nil)
	require.Equal(t, launch.Unchanged, r.apply(half, false).Change, "the form in which it is said is no difference")
	require.Equal(t, half.Text, r.written)
}

func TestScheduleThatNobodyApplied(t *testing.T) {
	t.Parallel()
	r := &reconciled{T: t, Launcher: registered(t)}
	five := want(t, r.Launcher, owed(t, "daily", `cutoff: "17:00"`), nil)
	_, err := r.Client.ScheduleClient().Create(t.Context(), client.ScheduleOptions{
		ID: report.ScheduleID("daily"), Spec: client.ScheduleSpec{CronExpressions: []string{"@hourly"}},
		Action: &client.ScheduleWorkflowAction{Workflow: "Mine", TaskQueue: "mine"},
	})
	require.NoError(t, err)
	got := r.apply(five, false)
	require.Equal(t, launch.Kept, got.Change)
	for _, d := range got.Differences {
		require.Empty(t, d.Applied, "nothing was applied")
	}
	require.Equal(t, launch.Overwritten, r.apply(five, true).Change)
	require.Equal(t, launch.Unchanged, r.compare(five).Change)
}

func TestScheduleThatWasDeleted(t *testing.T) {
	t.Parallel()
	r := &reconciled{T: t, Launcher: registered(t)}
	five := want(t, r.Launcher, owed(t, "daily", `cutoff: "17:00"`), nil)
	r.apply(five, false)
	require.NoError(t, r.handle("daily").Delete(t.Context()))
	got := r.apply(five, false)
	require.Equal(t, launch.Created, got.Change)
	require.True(t, got.Deleted)
	require.Equal(t, launch.Unchanged, r.compare(five).Change)
}

func TestApplyingKeepsAPause(t *testing.T) {
	t.Parallel()
	r := &reconciled{T: t, Launcher: registered(t)}
	five := want(t, r.Launcher, owed(t, "daily", `cutoff: "17:00"`), nil)
	six := want(t, r.Launcher, owed(t, "daily", `cutoff: "18:00"`), nil)
	r.apply(five, false)
	require.NoError(t, r.handle("daily").Pause(t.Context(), client.SchedulePauseOptions{Note: "data centre move"}))
	for _, step := range []struct {
		want      launch.Wanted
		overwrite bool
		change    launch.Change
	}{{five, false, launch.Unchanged}, {six, false, launch.Updated}, {five, true, launch.Updated}} {
		got := r.apply(step.want, step.overwrite)
		require.Equal(t, step.change, got.Change)
		require.True(t, got.Paused)
		require.Equal(t, "data centre move", got.Note)
	}
	// Somebody counts its actions down: nothing of ours.
	r.byHand("daily", func(s *client.Schedule) { s.State.LimitedActions, s.State.RemainingActions = true, 2 })
	got := r.apply(five, false)
	require.Equal(t, []launch.Difference{{What: "actions left", Is: "2", Applied: "no limit", File: "no limit"}}, got.Differences)
	require.True(t, r.apply(five, true).Paused)
	require.Equal(t, launch.Unchanged, r.compare(five).Change)
}

// england has what calendars have: holidays, on weekends too, half days and
// blackouts.
func england() *calendar.Days {
	days := calendar.Standard()
	days.Name = "england"
	days.Holidays = map[report.Date]string{}
	for _, d := range []report.Date{"2026-01-01", "2026-04-03", "2026-04-06", "2026-05-04", "2026-05-25", "2026-08-31", "2026-12-25", "2026-12-26",
		"2026-12-28", "2027-01-01", "2027-03-26", "2027-03-29", "2027-05-03", "2027-05-31", "2027-08-30", "2027-12-25", "2027-12-27", "2027-12-28"} {
		days.Holidays[d] = "a bank holiday"
	}
	days.HalfDays = map[report.Date]string{"2026-12-24": "12:30", "2026-12-31": "12:30", "2027-12-24": "12:30", "2026-03-30": "08:00"}
	days.Blackouts = []calendar.Blackout{
		{From: "2026-07-20", To: "2026-07-24", Do: calendar.Skip},
		{From: "2026-09-07", To: "2026-09-08", Do: calendar.NoDelivery},
	}
	return days
}

func everyDay() *calendar.Days {
	days := calendar.Standard()
	days.Name = "always"
	days.Week = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
	return days
}

// For two years the server itself is asked when the schedule fires: at every
// due date's cutoff, and besides only where the calendar knows that nothing
// more is owed. Of a time that clocks show twice the server takes one, east of
// Greenwich the second: then the report begins that much after its cutoff.
func TestScheduleFiresAtEveryCutoff(t *testing.T) {
	t.Parallel()
	l := registered(t)
	for _, c := range []struct {
		name string
		days *calendar.Days
		file []string
		// besides is how often it may fire where nothing is due.
		besides int
	}{
		{"plain", nil, []string{`cutoff: "17:00"`}, 0},
		{"bank-holidays", england(), []string{"calendar: england", `cutoff: "17:00"`}, 0},
		{"weekly", england(), []string{"calendar: england", "due: weekly fri", `cutoff: "17:00"`}, 0},
		{"two-days", england(), []string{"calendar: england", "due: mon,thu", `cutoff: "09:15"`}, 0},
		{"first-of-month", england(), []string{"calendar: england", "due: first business day of month", `cutoff: "17:00"`}, 600},
		{"last-of-month", england(), []string{"calendar: england", "due: last business day of month", `cutoff: "17:00"`}, 600},
		{"new-york", nil, []string{`cutoff: "17:00"`, "time_zone: America/New_York"}, 0},
		{"in-the-gap", everyDay(), []string{"calendar: always", `cutoff: "02:30"`, "time_zone: America/New_York"}, 0},
		{"twice-a-day", everyDay(), []string{"calendar: always", `cutoff: "01:30"`, "time_zone: America/New_York"}, 2},
		{"half-an-hour", everyDay(), []string{"calendar: always", `cutoff: "02:15"`, "time_zone: Australia/Lord_Howe"}, 0},
		{"twice-in-london", everyDay(), []string{"calendar: always", `cutoff: "01:30"`}, 2},
		{"twice-in-half-an-hour", everyDay(), []string{"calendar: always", `cutoff: "01:45"`, "time_zone: Australia/Lord_Howe"}, 2},
		{"midnight-gap", everyDay(), []string{"calendar: always", `cutoff: "00:00"`, "time_zone: America/Santiago"}, 2},
		{"midnight-in-beirut", everyDay(), []string{"calendar: always", `cutoff: "00:10"`, "time_zone: Asia/Beirut"}, 2},
		{"kathmandu", nil, []string{`cutoff: "17:45"`, "time_zone: Asia/Kathmandu"}, 0},
		{"casablanca", everyDay(), []string{"calendar: always", `cutoff: "02:30"`, "time_zone: Africa/Casablanca"}, 2},
		{"utc", nil, []string{`cutoff: "00:00"`, "time_zone: UTC"}, 0},
		{"date-line", nil, []string{`cutoff: "23:59"`, "time_zone: Pacific/Kiritimati"}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := owed(t, c.name, c.file...)
			got, err := l.ApplySchedule(t.Context(), want(t, l, s, c.days), "", false)
			require.NoError(t, err)
			cal, err := s.BusinessDays(c.days)
			require.NoError(t, err)
			for _, at := range got.Next {
				fires(t, cal, at)
			}
			from, to := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC)
			fired := map[int64]bool{}
			besides := 0
			for _, at := range matching(t, l, c.name, from, to) {
				require.False(t, fired[at.Unix()])
				fired[at.Unix()] = true
				if !fires(t, cal, at) {
					besides++
				}
			}
			due, late := 0, 0
			for d := cal.Holding(from); cal.Cutoff(d).Before(to); d = cal.Next(d) {
				due++
				if cutoff := cal.Cutoff(d); !fired[cutoff.Unix()] {
					second, twice := shownAgain(cutoff)
					require.True(t, twice && fired[second.Unix()], "%s closes at %s, and the schedule does not fire", d, cutoff)
					late++
				}
			}
			require.Equal(t, due-late, len(fired)-besides)
			require.LessOrEqual(t, besides, c.besides)
			t.Logf("%d cutoffs, %d of them fired when clocks showed them again, %d times besides", due, late, besides)
		})
	}
}

// fires tells whether a time is a cutoff. Where it is none, the calendar must
// know that it starts nothing new.
func fires(t *testing.T, cal *calendar.Calendar, at time.Time) bool {
	t.Helper()
	d, due, regular := cal.Fired(at)
	require.True(t, regular, "%s is none of the schedule's own times", at)
	if due && cal.Cutoff(d).Equal(at) {
		return true
	}
	require.True(t, d == "" || cal.Cutoff(d).Before(at), "%s means %s", at, d)
	return false
}

// shownAgain is when clocks show a time once more that was set back meanwhile.
func shownAgain(at time.Time) (time.Time, bool) {
	_, end := at.ZoneBounds()
	_, before := at.Zone()
	_, after := end.Zone()
	again := at.Add(time.Duration(before-after) * time.Second)
	return again, !end.IsZero() && after < before && again.Format("15:04") == at.Format("15:04")
}

// matching asks the server when a schedule fires.
func matching(t *testing.T, l *launch.Launcher, series string, from, to time.Time) (out []time.Time) {
	t.Helper()
	r, err := l.Client.WorkflowService().ListScheduleMatchingTimes(t.Context(), &workflowservice.ListScheduleMatchingTimesRequest{
		Namespace: l.Namespace, ScheduleId: report.ScheduleID(series),
		StartTime: timestamppb.New(from), EndTime: timestamppb.New(to.Add(-time.Second)),
	})
	require.NoError(t, err)
	for _, at := range r.GetStartTime() {
		out = append(out, at.AsTime())
	}
	require.NotEmpty(t, out)
	require.Less(t, len(out), 1000, "the server lists no more")
	return out
}
