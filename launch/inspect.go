package launch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/closeofbusiness/cob/report"
)

// Reach asks the server whether it is there.
func (l *Launcher) Reach(ctx context.Context) error {
	if _, err := l.Client.CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
		return fmt.Errorf("%w: Temporal does not answer: %w", report.ErrUnavailable, err)
	}
	return nil
}

// ScheduleHealth is what can be wrong with a series' schedule.
type ScheduleHealth struct {
	Gone   bool
	Paused bool
	Note   string // why it is paused, as somebody said
	// OverlapSkipped and MissedCatchUp count since the schedule was made.
	OverlapSkipped int64
	MissedCatchUp  int64
}

// ScheduleHealth looks at a series' schedule.
func (l *Launcher) ScheduleHealth(ctx context.Context, series string) (ScheduleHealth, error) {
	d, err := l.Client.ScheduleClient().GetHandle(ctx, report.ScheduleID(series)).Describe(ctx)
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) {
		return ScheduleHealth{Gone: true}, nil
	}
	if err != nil {
		return ScheduleHealth{}, wrapSchedule(report.ScheduleID(series), err)
	}
	h := ScheduleHealth{OverlapSkipped: int64(d.Info.NumActionsSkippedOverlap), MissedCatchUp: int64(d.Info.NumActionsMissedCatchupWindow)}
	if s := d.Schedule.State; s != nil && s.Paused {
		h.Paused, h.Note = true, s.Note
	}
	return h, nil
}

// LatestReceipts returns what the newest cycles that ended said they had
// issued, at most n. Runs that failed, or joined another, are left out.
func (l *Launcher) LatestReceipts(ctx context.Context, n int) ([]report.Receipt, error) {
	list, err := l.Client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: l.Namespace, PageSize: int32(n), // few
		Query: fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus = 'Completed' AND %s IN ('%s', '%s')",
			report.CloseOfBusiness, report.AttributeState, report.Issued, report.IssuedQualified),
	})
	if err != nil {
		return nil, fmt.Errorf("list the cycles that ended: %w", unavailable(err))
	}
	var out []report.Receipt
	for _, e := range list.GetExecutions() {
		var r report.Receipt
		if err := l.Client.GetWorkflow(ctx, e.GetExecution().GetWorkflowId(), e.GetExecution().GetRunId()).Get(ctx, &r); err != nil {
			return nil, fmt.Errorf("read the receipt of %s: %w", e.GetExecution().GetWorkflowId(), unavailable(err))
		}
		out = append(out, r)
	}
	return out, nil
}

// Stranded lists running revisions, begun before an instant, that are pinned to
// a worker version which nobody runs any more: they would wait for ever.
func (l *Launcher) Stranded(ctx context.Context, before time.Time) ([]Stuck, error) {
	list, err := l.Client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: l.Namespace, PageSize: 100,
		Query: fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus = 'Running' AND StartTime < '%s'", report.ReportRevision, before.UTC().Format(time.RFC3339)),
	})
	if err != nil {
		return nil, fmt.Errorf("list running revisions: %w", unavailable(err))
	}
	var out []Stuck
	polled := map[string]bool{}
	for _, e := range list.GetExecutions() {
		version, queue, err := l.pinned(ctx, e.GetExecution())
		if err != nil {
			return nil, err
		}
		if version == "" {
			continue
		}
		if _, asked := polled[queue+"\x00"+version]; !asked {
			if polled[queue+"\x00"+version], err = l.polls(ctx, queue, version); err != nil {
				return nil, err
			}
		}
		if !polled[queue+"\x00"+version] {
			out = append(out, Stuck{WorkflowID: e.GetExecution().GetWorkflowId(), Version: version})
		}
	}
	return out, nil
}

// Stuck is a run that no worker goes on with.
type Stuck struct {
	WorkflowID string
	Version    string // deployment.build
}

// pinned is the deployment version that a run is pinned to, as
// deployment.build, and its queue; empty: to none.
func (l *Launcher) pinned(ctx context.Context, e *commonpb.WorkflowExecution) (version, queue string, err error) {
	d, err := l.Client.DescribeWorkflowExecution(ctx, e.GetWorkflowId(), e.GetRunId())
	if err != nil {
		return "", "", fmt.Errorf("describe %s: %w", e.GetWorkflowId(), unavailable(err))
	}
	info := d.GetWorkflowExecutionInfo()
	return pinnedVersion(info.GetVersioningInfo()), info.GetTaskQueue(), nil
}

func pinnedVersion(v *workflowpb.WorkflowExecutionVersioningInfo) string {
	to := v.GetDeploymentVersion()
	if o := v.GetVersioningOverride().GetPinned(); o != nil {
		to = o.GetVersion()
	} else if v.GetBehavior() != enumspb.VERSIONING_BEHAVIOR_PINNED {
		return ""
	}
	if to == nil {
		return ""
	}
	return to.GetDeploymentName() + "." + to.GetBuildId()
}

// polls tells whether a worker of that version polls a queue.
func (l *Launcher) polls(ctx context.Context, queue, version string) (bool, error) {
	d, err := l.Client.DescribeTaskQueue(ctx, queue, enumspb.TASK_QUEUE_TYPE_WORKFLOW)
	if err != nil {
		return false, fmt.Errorf("describe task queue %s: %w", queue, unavailable(err))
	}
	for _, p := range d.GetPollers() {
		o := p.GetDeploymentOptions()
		if o.GetDeploymentName()+"."+o.GetBuildId() == version && time.Since(p.GetLastAccessTime().AsTime()) < cmp.Or(l.Forgotten, 2*time.Minute) {
			return true, nil
		}
	}
	return false, nil
}
