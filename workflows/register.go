package workflows

import (
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/closeofbusiness/cob/activities"
	"github.com/closeofbusiness/cob/report"
)

// Register puts every workflow and activity on a worker, under explicit names,
// so that renaming Go code strands no running workflow.
func Register(w worker.Registry, a *activities.Activities) {
	// A cycle may be held for days: it goes on with the newest version.
	upgrading := workflow.VersioningBehaviorAutoUpgrade
	w.RegisterWorkflowWithOptions(CloseOfBusiness, workflow.RegisterOptions{Name: report.CloseOfBusiness, VersioningBehavior: upgrading})
	w.RegisterWorkflowWithOptions(ScheduledClose, workflow.RegisterOptions{Name: report.ScheduledClose, VersioningBehavior: upgrading})
	// A revision runs for minutes: it ends on the version that it began on.
	w.RegisterWorkflowWithOptions(ReportRevision, workflow.RegisterOptions{Name: report.ReportRevision, VersioningBehavior: workflow.VersioningBehaviorPinned})

	for name, f := range map[string]any{
		"Open": a.Open, "Await": a.Await, "Decide": a.Decide, "Fetch": a.Fetch, "Analyse": a.Analyse, "Compose": a.Compose, "Render": a.Render,
		"Issue": a.Issue, "Deliver": a.Deliver, "Undelivered": a.Undelivered, "Fail": a.Fail, "Resolve": a.Resolve,
	} {
		w.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: name})
	}
}

// JoinQueue is the task queue of those who wait for a cycle, beside the queue
// of everything else.
func JoinQueue(queue string) string { return queue + "-joins" }

// ModelQueue is the task queue of one provider's calls.
func ModelQueue(queue, provider string) string { return queue + "-ai-" + provider }

// RegisterModel puts the activities that ask a model on the worker of its
// provider's ModelQueue.
func RegisterModel(w worker.ActivityRegistry, a *activities.Activities) {
	w.RegisterActivityWithOptions(a.Draft, activity.RegisterOptions{Name: "Draft"})
	w.RegisterActivityWithOptions(a.Sort, activity.RegisterOptions{Name: "Sort"})
}

// RegisterJoins puts the activity that waits for a cycle on the worker of
// JoinQueue.
func RegisterJoins(w worker.ActivityRegistry, a *activities.Activities) {
	w.RegisterActivityWithOptions(a.Join, activity.RegisterOptions{Name: "Join"})
}
