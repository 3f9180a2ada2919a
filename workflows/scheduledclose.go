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

// ScheduledClose is what a series' schedule starts at each cutoff. It starts
// the cycle of the business date that its nominal time means, or finds it
// started, and ends; the cycle lives on by itself. It returns the cycle's
// workflow ID.
func ScheduledClose(ctx workflow.Context, in report.Schedule) (string, error) {
	attributes := workflow.GetTypedSearchAttributes(ctx)
	nominal, ok := attributes.GetTime(nominalKey)
	if !ok {
		return "", temporal.NewNonRetryableApplicationError(
			"ScheduledClose is started by a schedule only. To start a report by hand: starter run, or start CloseOfBusiness", "Invalid", nil)
	}
	var date report.Date
	resolve := looking(ctx, "Find the business date of "+nominal.UTC().Format(time.RFC3339))
	if err := workflow.ExecuteLocalActivity(resolve, "Resolve", activities.Nominal{Series: in.Series, At: nominal}).Get(ctx, &date); err != nil {
		return "", err
	}
	id := report.CycleID(in.Series, date)
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("The business date is %s: `%s`.", date, id))
	keys := []temporal.SearchAttributeUpdate{seriesKey.ValueSet(in.Series), dateKey.ValueSet(string(date)),
		stateKey.ValueSet(string(report.Open)), nominalKey.ValueSet(nominal)}
	if by, ok := attributes.GetKeyword(scheduledByKey); ok {
		keys = append(keys, scheduledByKey.ValueSet(by))
	}
	child := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            id,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary:         CycleSummary(in.Series, date),
		TypedSearchAttributes: temporal.NewSearchAttributes(keys...),
	})
	future := workflow.ExecuteChildWorkflow(child, report.CloseOfBusiness,
		report.Request{Series: in.Series, BusinessDate: date, RequestedBy: "schedule"})
	err := future.GetChildWorkflowExecution().Get(ctx, nil)
	if temporal.IsWorkflowExecutionAlreadyStartedError(err) {
		return id, nil
	}
	return id, err
}

// CycleSummary is how a cycle is listed in the Temporal UI.
func CycleSummary(series string, d report.Date) string {
	return fmt.Sprintf("Close of business of %s for %s", series, d)
}
