// Package launch is the way to Temporal from outside a workflow: it starts
// cycles and joins them, keeps the schedules as the series files say, and
// registers the search attributes.
package launch

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/closeofbusiness/cob/report"
)

// Launcher starts work on one server, namespace and task queue.
type Launcher struct {
	Client    client.Client
	Namespace string
	TaskQueue string
	// Forgotten is after how long without a poll a worker counts as gone. Zero
	// means two minutes: a poll lasts one.
	Forgotten time.Duration
}

var (
	seriesKey = temporal.NewSearchAttributeKeyKeyword(report.AttributeSeries)
	dateKey   = temporal.NewSearchAttributeKeyKeyword(report.AttributeDate)
	stateKey  = temporal.NewSearchAttributeKeyKeyword(report.AttributeState)
)

// Start starts a cycle, or finds it where it runs: there is one run at a time
// of one cycle, whoever asks.
func (l *Launcher) Start(ctx context.Context, req report.Request) (client.WorkflowRun, error) {
	if err := req.Validate(); err != nil {
		return nil, err
	}
	run, err := l.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       report.CycleID(req.Series, req.BusinessDate),
		TaskQueue:                l.TaskQueue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		StaticSummary:            fmt.Sprintf("Close of business of %s for %s", req.Series, req.BusinessDate),
		TypedSearchAttributes: temporal.NewSearchAttributes(seriesKey.ValueSet(req.Series),
			dateKey.ValueSet(string(req.BusinessDate)), stateKey.ValueSet(string(report.Open))),
	}, report.CloseOfBusiness, req)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", report.CycleID(req.Series, req.BusinessDate), unavailable(err))
	}
	return run, nil
}

// StartOrJoin starts or joins a cycle and waits for its receipt.
func (l *Launcher) StartOrJoin(ctx context.Context, req report.Request) (report.Receipt, error) {
	run, err := l.Start(ctx, req)
	if err != nil {
		return report.Receipt{}, err
	}
	var r report.Receipt
	if err := run.Get(ctx, &r); err != nil {
		if kind := Kind(err); kind != nil {
			return r, fmt.Errorf("%w: %w", kind, err)
		}
		return r, err
	}
	return r, nil
}

// Link is the page of a workflow in the Temporal UI at ui.
func Link(ui, namespace, workflowID string) string {
	if ui == "" {
		return ""
	}
	return ui + "/namespaces/" + namespace + "/workflows/" + url.PathEscape(workflowID)
}

// unavailable marks errors of a server that does not answer.
func unavailable(err error) error {
	var down *serviceerror.Unavailable
	var slow *serviceerror.DeadlineExceeded
	if errors.As(err, &down) || errors.As(err, &slow) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: Temporal does not answer: %w", report.ErrUnavailable, err)
	}
	return err
}

// Kind returns the kind of error that a workflow failed with, as
// report.ErrInvalid, or nil where it is none of them.
func Kind(err error) error {
	var app *temporal.ApplicationError
	for errors.As(err, &app) {
		if kind := report.KindNamed(app.Type()); kind != nil {
			return kind
		}
		err = app.Unwrap()
	}
	return nil
}
