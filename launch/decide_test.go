package launch_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/closeofbusiness/cob/launch"
	"github.com/closeofbusiness/cob/report"
)

// held stands for a cycle that is held until somebody proceeds.
func held(ctx workflow.Context, req report.Request) (report.Receipt, error) {
	var by report.Decision
	progress := map[string]any{"state": report.Held, "stage": "await", "missing": "desk has promised nothing"}
	err := workflow.SetQueryHandler(ctx, report.QueryProgress, func() (map[string]any, error) { return progress, nil })
	if err != nil {
		return report.Receipt{}, err
	}
	err = workflow.SetUpdateHandlerWithOptions(ctx, report.UpdateProceed,
		func(_ workflow.Context, d report.Decision) (map[string]any, error) {
			by = d
			return map[string]any{"state": report.Open}, nil
		},
		workflow.UpdateHandlerOptions{Validator: func(d report.Decision) error {
			if d.Reason == "" {
				return temporal.NewNonRetryableApplicationError("reason is needed", "Invalid", nil)
			}
			if req.AsOf != "" {
				return temporal.NewNonRetryableApplicationError("the cycle is not waiting", "Conflict", nil)
			}
			return nil
		}})
	if err != nil {
		return report.Receipt{}, err
	}
	err = workflow.Await(ctx, func() bool { return by.By != "" && workflow.AllHandlersFinished(ctx) })
	return report.Receipt{Series: req.Series, BusinessDate: req.BusinessDate, State: report.IssuedQualified, Revision: 1, Decision: &by}, err
}

func TestDecide(t *testing.T) {
	t.Parallel()
	l := launcher(t)
	_, err := l.RegisterAttributes(t.Context())
	require.NoError(t, err)
	decide := func(d report.Date, reason string) error {
		_, err := l.Decide(t.Context(), report.UpdateProceed, "daily", d, report.Decision{By: "m.ferrari", Reason: reason})
		return err
	}
	require.ErrorIs(t, decide("2026-11-20", "feed down"), launch.ErrNotRunning, "nobody has begun")

	run, err := l.Start(t.Context(), report.Request{Series: "daily", BusinessDate: "2026-11-20"})
	require.NoError(t, err)
	_, err = l.Start(t.Context(), report.Request{Series: "daily", BusinessDate: "2026-11-18"})
	require.NoError(t, err)
	short, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err = l.Decide(short, report.UpdateProceed, "daily", "2026-11-18", report.Decision{By: "m.ferrari", Reason: "feed down"})
	require.ErrorIs(t, err, report.ErrUnavailable)
	require.ErrorContains(t, err, "bin/worker")

	w := worker.New(l.Client, l.TaskQueue, worker.Options{})
	w.RegisterWorkflowWithOptions(held, workflow.RegisterOptions{Name: report.CloseOfBusiness})
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
	require.ErrorIs(t, decide("2026-11-20", ""), report.ErrInvalid)
	requireTold(t, l, run.GetID())
	state, err := l.Decide(t.Context(), report.UpdateProceed, "daily", "2026-11-20", report.Decision{By: "m.ferrari", Reason: "feed down"})
	require.NoError(t, err)
	require.Equal(t, report.Open, state)
	var r report.Receipt
	require.NoError(t, run.Get(t.Context(), &r))
	require.Equal(t, "m.ferrari", r.Decision.By)
	require.ErrorIs(t, decide("2026-11-20", "again"), launch.ErrNotRunning, "it has ended")
	require.ErrorIs(t, decide("2026-11-20", "again"), report.ErrConflict)

	_, err = l.Start(t.Context(), report.Request{Series: "daily", BusinessDate: "2026-11-19", AsOf: "now"})
	require.NoError(t, err)
	err = decide("2026-11-19", "feed down")
	require.ErrorIs(t, err, report.ErrConflict)
	require.False(t, errors.Is(err, launch.ErrNotRunning), "it runs, and is not waiting")
}

// requireTold requires that a watcher is told once that the cycle is held.
func requireTold(t *testing.T, l *launch.Launcher, workflowID string) {
	t.Helper()
	var mutex sync.Mutex
	var told []launch.Stage
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	l.Watch(ctx, workflowID, func(s launch.Stage) {
		mutex.Lock()
		defer mutex.Unlock()
		told = append(told, s)
		if s.Waits() { // and not at the next look either
			time.AfterFunc(3*time.Second, cancel)
		}
	})
	require.Equal(t, []launch.Stage{
		{Name: "open", Note: "taking the cycle"}, {Name: "await", Note: "fixing whose knowledge the report uses"},
		{Name: "await", State: report.Held, Missing: "desk has promised nothing"},
	}, told)
}
