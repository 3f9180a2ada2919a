package launch

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/series"
)

// catchUp is how far back a server that was down makes up for what it missed.
const catchUp = 30 * 24 * time.Hour

// Schedule says what ApplySchedule did or would do.
type Schedule struct {
	ID     string      `json:"id"`
	Change string      `json:"change"` // created, updated, unchanged
	Drift  []string    `json:"drift,omitempty"`
	Paused bool        `json:"paused"`
	Next   []time.Time `json:"next,omitempty"`
}

// ApplySchedule makes the series' schedule as its file says: at its cutoff in
// its zone, Monday to Friday.
func (l *Launcher) ApplySchedule(ctx context.Context, s *series.Series) (Schedule, error) {
	out, err := l.CompareSchedule(ctx, s)
	if err != nil || out.Change == "unchanged" {
		return out, err
	}
	spec, err := scheduleSpec(s)
	if err != nil {
		return out, err
	}
	if out.Change == "created" {
		_, err = l.Client.ScheduleClient().Create(ctx, l.scheduleOptions(s, spec))
		return out, wrapSchedule(out.ID, err)
	}
	want := l.scheduleOptions(s, spec)
	err = l.Client.ScheduleClient().GetHandle(ctx, out.ID).Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			sched := in.Description.Schedule
			sched.Spec, sched.Action = &want.Spec, want.Action
			sched.Policy = &client.SchedulePolicies{Overlap: want.Overlap, CatchupWindow: want.CatchupWindow, PauseOnFailure: want.PauseOnFailure}
			return &client.ScheduleUpdate{Schedule: &sched}, nil
		},
	})
	return out, wrapSchedule(out.ID, err)
}

func wrapSchedule(id string, err error) error {
	if err != nil {
		return fmt.Errorf("schedule %s: %w", id, unavailable(err))
	}
	return nil
}

func (l *Launcher) scheduleOptions(s *series.Series, spec client.ScheduleSpec) client.ScheduleOptions {
	id := report.ScheduleID(s.Name)
	return client.ScheduleOptions{
		ID:   id,
		Spec: spec,
		Action: &client.ScheduleWorkflowAction{
			ID:                    id + "/scheduled",
			Workflow:              report.ScheduledClose,
			Args:                  []any{report.Schedule{Series: s.Name}},
			TaskQueue:             l.TaskQueue,
			TypedSearchAttributes: temporal.NewSearchAttributes(seriesKey.ValueSet(s.Name)),
			StaticSummary:         "Start the close of business of " + s.Name,
		},
		// The scheduled run only starts the cycle, so runs never pile up.
		Overlap:       enumspb.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL,
		CatchupWindow: catchUp,
	}
}

func scheduleSpec(s *series.Series) (client.ScheduleSpec, error) {
	at, err := time.Parse("15:04", s.Cutoff)
	if err != nil {
		return client.ScheduleSpec{}, fmt.Errorf("%w: cutoff %q", report.ErrInvalid, s.Cutoff)
	}
	return client.ScheduleSpec{
		Calendars: []client.ScheduleCalendarSpec{{
			Second: one(0), Minute: one(at.Minute()), Hour: one(at.Hour()),
			DayOfWeek: []client.ScheduleRange{{Start: int(time.Monday), End: int(time.Friday)}},
			Comment:   "cutoff " + s.Cutoff + " " + s.TimeZone,
		}},
		TimeZoneName: s.TimeZone,
	}, nil
}

func one(n int) []client.ScheduleRange { return []client.ScheduleRange{{Start: n}} }

// CompareSchedule tells how the schedule differs from the series' file.
func (l *Launcher) CompareSchedule(ctx context.Context, s *series.Series) (Schedule, error) {
	out := Schedule{ID: report.ScheduleID(s.Name), Change: "unchanged"}
	spec, err := scheduleSpec(s)
	if err != nil {
		return out, err
	}
	d, err := l.Client.ScheduleClient().GetHandle(ctx, out.ID).Describe(ctx)
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) {
		out.Change = "created"
		return out, nil
	}
	if err != nil {
		return out, wrapSchedule(out.ID, err)
	}
	if d.Schedule.State != nil {
		out.Paused = d.Schedule.State.Paused
	}
	out.Next = d.Info.NextActionTimes
	out.Drift = l.drift(d.Schedule, l.scheduleOptions(s, spec))
	if len(out.Drift) > 0 {
		out.Change = "updated"
	}
	return out, nil
}

// drift lists in words what differs.
func (l *Launcher) drift(have client.Schedule, want client.ScheduleOptions) []string {
	var out []string
	differ := func(what string, is, should any) {
		out = append(out, fmt.Sprintf("%s: %v; the file says %v", what, is, should))
	}
	if is, should := have.Spec.TimeZoneName, want.Spec.TimeZoneName; is != should {
		differ("time zone", is, should)
	}
	if is, should := strings.Join(times(have.Spec.Calendars), " and "), strings.Join(times(want.Spec.Calendars), " and "); is != should {
		differ("times", is, should)
	}
	if len(have.Spec.Intervals) > 0 || len(have.Spec.Skip) > 0 || have.Spec.Jitter != 0 {
		out = append(out, "intervals, exclusions or jitter were added")
	}
	if have.Policy == nil || have.Policy.Overlap != want.Overlap {
		out = append(out, "the overlap policy is not AllowAll")
	}
	if have.Policy != nil && have.Policy.CatchupWindow != want.CatchupWindow {
		differ("catch-up window", have.Policy.CatchupWindow, want.CatchupWindow)
	}
	if have.Policy != nil && have.Policy.PauseOnFailure {
		out = append(out, "it pauses on failure")
	}
	action, ok := have.Action.(*client.ScheduleWorkflowAction)
	if !ok || action.Workflow != report.ScheduledClose {
		out = append(out, "it starts another workflow than "+report.ScheduledClose)
	} else if action.TaskQueue != l.TaskQueue {
		differ("task queue", action.TaskQueue, l.TaskQueue)
	}
	return out
}

// times writes calendars in a form that can be compared: the server fills in
// what was left out.
func times(specs []client.ScheduleCalendarSpec) []string {
	var out []string
	for _, c := range specs {
		out = append(out, fmt.Sprintf("%s:%s on weekdays %s", ranges(c.Hour, "*"), ranges(c.Minute, "00"), ranges(c.DayOfWeek, "*")))
	}
	return out
}

func ranges(rs []client.ScheduleRange, byDefault string) string {
	if len(rs) == 0 {
		return byDefault
	}
	var out []string
	for _, r := range rs {
		switch {
		case r.End > r.Start:
			out = append(out, fmt.Sprintf("%d-%d", r.Start, r.End))
		default:
			out = append(out, fmt.Sprintf("%0*d", len(byDefault), r.Start))
		}
	}
	return strings.Join(out, ",")
}
