package launch

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/closeofbusiness/cob/report"
)

// ErrNotRunning is the error of a decision about a cycle that no workflow is
// making: nobody is there to decide for.
var ErrNotRunning = fmt.Errorf("%w: no workflow runs", report.ErrConflict)

// Decide sends a decision, report.UpdateProceed or report.UpdateWaive, to a
// cycle that waits, and returns the cycle's state once it is recorded. A cycle
// that does not wait refuses it with report.ErrConflict. Where ctx ends before
// there is an answer the error is report.ErrUnavailable, and what came of the
// decision is not known: the server may hand it to a worker that comes later.
func (l *Launcher) Decide(ctx context.Context, what, series string, d report.Date, by report.Decision) (report.State, error) {
	id := report.CycleID(series, d)
	handle, err := l.Client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: id, UpdateName: what, Args: []any{by}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	var after answer
	if err == nil {
		err = handle.Get(ctx, &after)
	}
	return after.State, l.refused(ctx, what+" "+id, err)
}

// refused says why there is no decision.
func (l *Launcher) refused(ctx context.Context, doing string, err error) error {
	var none *serviceerror.NotFound
	var late *client.WorkflowUpdateServiceTimeoutOrCanceledError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &none):
		return fmt.Errorf("%s: %w", doing, ErrNotRunning)
	case errors.As(err, &late), ctx.Err() != nil:
		why := "the cycle does not answer"
		if l.noWorker(context.WithoutCancel(ctx)) {
			why = "no worker polls task queue " + l.TaskQueue + ". Start one: bin/worker"
		}
		return fmt.Errorf("%w: %s: %s; it may be decided yet", report.ErrUnavailable, doing, why)
	}
	if kind := Kind(err); kind != nil {
		return fmt.Errorf("%w: %s", kind, report.Cause(err))
	}
	return fmt.Errorf("%s: %w", doing, unavailable(err))
}
