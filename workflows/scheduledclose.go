package workflows

import (
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/closeofbusiness/cob/activities"
	"github.com/closeofbusiness/cob/report"
)

// The server sets these on what a schedule starts.
var (
	scheduledByKey = temporal.NewSearchAttributeKeyKeyword("TemporalScheduledById")
	nominalKey     = temporal.NewSearchAttributeKeyTime("TemporalScheduledStartTime")
)

// Scheduled is what a schedule started, and why that.
type Scheduled struct {
	// WorkflowID is the cycle's; empty where nothing is owed.
	WorkflowID   string      `json:"workflow_id,omitempty"`
	BusinessDate report.Date `json:"business_date,omitempty"`
	Why          string      `json:"why"`
}

// ScheduledClose is what a series' schedule starts at each cutoff. It starts
// the cycle of the business date that its nominal time means, or finds it
// started, and ends; the cycle lives on by itself. Where nothing is owed it
// ends at once.
func ScheduledClose(ctx workflow.Context, in report.Schedule) (Scheduled, error) {
	nominal, ok := workflow.GetTypedSearchAttributes(ctx).GetTime(nominalKey)
	if !ok {
		return Scheduled{}, temporal.NewNonRetryableApplicationError(
			"ScheduledClose is started by a schedule only. To start a report by hand: starter run, or start CloseOfBusiness", "Invalid", nil)
	}
	var meant activities.Meant
	resolve := looking(ctx, "Find the business date of "+nominal.UTC().Format(time.RFC3339))
	if err := workflow.ExecuteLocalActivity(resolve, "Resolve", activities.Nominal{Series: in.Series, At: nominal}).Get(ctx, &meant); err != nil {
		return Scheduled{}, err
	}
	if meant.BusinessDate == "" {
		workflow.SetCurrentDetails(ctx, meant.Why)
		return Scheduled{Why: meant.Why}, nil
	}
	out := Scheduled{report.CycleID(in.Series, meant.BusinessDate), meant.BusinessDate, meant.Why}
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("%s: `%s`.", out.Why, out.WorkflowID))
	return out, startCycle(ctx, in.Series, meant, nominal)
}

// startCycle starts a cycle that outlives this run. One that runs already is
// just as good.
func startCycle(ctx workflow.Context, series string, meant activities.Meant, nominal time.Time) error {
	keys := []temporal.SearchAttributeUpdate{seriesKey.ValueSet(series), dateKey.ValueSet(string(meant.BusinessDate)),
		stateKey.ValueSet(string(report.Open)), nominalKey.ValueSet(nominal)}
	if by, ok := workflow.GetTypedSearchAttributes(ctx).GetKeyword(scheduledByKey); ok {
		keys = append(keys, scheduledByKey.ValueSet(by))
	}
	child := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            report.CycleID(series, meant.BusinessDate),
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary:         CycleSummary(series, meant.BusinessDate),
		TypedSearchAttributes: temporal.NewSearchAttributes(keys...),
	})
	req := report.Request{Series: series, BusinessDate: meant.BusinessDate, RequestedBy: report.BySchedule}
	if meant.Due { // also long afterwards: as it would have been made in time
		req.AsOf = report.AsOfDue
	}
	future := workflow.ExecuteChildWorkflow(child, report.CloseOfBusiness, req)
	err := future.GetChildWorkflowExecution().Get(ctx, nil)
	if temporal.IsWorkflowExecutionAlreadyStartedError(err) {
		return nil
	}
	return err
}

// CycleSummary is how a cycle is listed in the Temporal UI.
func CycleSummary(series string, d report.Date) string {
	return fmt.Sprintf("Close of business of %s for %s", series, d)
}
