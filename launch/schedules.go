package launch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/closeofbusiness/cob/report"
)

// Change is what applying a schedule did or would do.
type Change string

// The changes.
const (
	Created   Change = "created"
	Updated   Change = "updated"
	Unchanged Change = "unchanged"
	// Kept: somebody changed the schedule by hand, and it was left as it is.
	Kept Change = "kept"
	// Overwritten: somebody had changed it by hand.
	Overwritten Change = "overwritten"
)

// Schedule is how a series' schedule stands to what its file wants.
type Schedule struct {
	ID     string `json:"id"`
	Change Change `json:"change"`
	// Deleted: it had been written before and is gone.
	Deleted     bool         `json:"deleted,omitempty"`
	Differences []Difference `json:"differences,omitempty"`
	Paused      bool         `json:"paused"`
	// Note is what whoever paused it left, or the server.
	Note string `json:"note,omitempty"`
	// Next are the times at which it fires next, whatever the calendar says.
	Next []time.Time `json:"next,omitempty"`

	text string
}

// Drifted tells whether somebody changed the schedule by hand.
func (s Schedule) Drifted() bool { return s.Change == Kept || s.Change == Overwritten }

// CompareSchedule tells what ApplySchedule would do to a series' schedule.
// applied is the text that was written last; empty where nobody knows. What
// differs from both that and the file was changed by hand.
func (l *Launcher) CompareSchedule(ctx context.Context, want Wanted, applied string) (Schedule, error) {
	out := Schedule{ID: report.ScheduleID(want.Series), Change: Unchanged}
	d, err := l.Client.ScheduleClient().GetHandle(ctx, out.ID).Describe(ctx)
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) {
		out.Change, out.Deleted = Created, applied != ""
		return out, nil
	}
	if err != nil {
		return out, wrapSchedule(out.ID, err)
	}
	out.Paused, out.Note = d.Schedule.State.Paused, d.Schedule.State.Note
	out.Next = d.Info.NextActionTimes
	out.text = text(d.Schedule)
	switch out.text {
	case want.Text:
		return out, nil
	case applied:
		out.Change = Updated
	default:
		out.Change = Kept
	}
	out.Differences = differences(out.text, applied, want.Text)
	return out, nil
}

// ApplySchedule makes the series' schedule as its file says. What somebody
// changed by hand is left as it is, unless overwrite says otherwise. A pause
// and its note stay in any case.
func (l *Launcher) ApplySchedule(ctx context.Context, want Wanted, applied string, overwrite bool) (s Schedule, err error) {
	const attempts = 3 // of two that apply the same at once, both succeed
	for range attempts {
		if s, err = l.applyOnce(ctx, want, applied, overwrite); !errors.Is(err, errRace) {
			return s, err
		}
	}
	return s, err
}

func (l *Launcher) applyOnce(ctx context.Context, want Wanted, applied string, overwrite bool) (Schedule, error) {
	was, err := l.CompareSchedule(ctx, want, applied)
	if err != nil {
		return was, err
	}
	switch {
	case was.Change == Unchanged, was.Change == Kept && !overwrite:
		return was, nil
	case was.Change == Kept:
		was.Change = Overwritten
	}
	if was.Change == Created {
		_, err = l.Client.ScheduleClient().Create(ctx, want.options())
	} else {
		err = l.update(ctx, want, was)
	}
	if errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		err = errRace
	}
	if err != nil {
		return was, wrapSchedule(was.ID, err)
	}
	return l.confirm(ctx, want, was)
}

// errRace is the error where somebody else was at the same schedule.
var errRace = fmt.Errorf("%w: somebody else changed it at this moment. Apply again", report.ErrConflict)

func (l *Launcher) update(ctx context.Context, want Wanted, was Schedule) error {
	return l.Client.ScheduleClient().GetHandle(ctx, was.ID).Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			s := in.Description.Schedule
			if text(s) != was.text {
				return nil, errRace
			}
			s.Spec, s.Action, s.Policy = want.schedule.Spec, want.schedule.Action, want.schedule.Policy
			s.State.LimitedActions, s.State.RemainingActions = false, 0
			return &client.ScheduleUpdate{Schedule: &s}, nil
		},
	})
}

// confirm looks whether the server keeps what was written.
func (l *Launcher) confirm(ctx context.Context, want Wanted, was Schedule) (Schedule, error) {
	now, err := l.CompareSchedule(ctx, want, want.Text)
	if err != nil {
		return was, err
	}
	if now.Change != Unchanged {
		return was, wrapSchedule(was.ID, fmt.Errorf("it was written, and the server shows it otherwise: %v", now.Differences))
	}
	now.Change, now.Deleted, now.Differences = was.Change, was.Deleted, was.Differences
	return now, nil
}

func wrapSchedule(id string, err error) error {
	if err != nil {
		return fmt.Errorf("schedule %s: %w", id, unavailable(err))
	}
	return nil
}
