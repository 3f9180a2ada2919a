// Package workflows holds the durable part of a report: what happens in which
// order, and how long each step may take.
package workflows

import (
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/closeofbusiness/cob/activities"
	"github.com/closeofbusiness/cob/report"
)

// do names the activities; it is never called.
var do *activities.Activities

// The search attributes of a report.
var (
	seriesKey = temporal.NewSearchAttributeKeyKeyword(report.AttributeSeries)
	dateKey   = temporal.NewSearchAttributeKeyKeyword(report.AttributeDate)
	stateKey  = temporal.NewSearchAttributeKeyKeyword(report.AttributeState)
)

// CloseOfBusiness issues the report of one series on one business date and
// returns its receipt. It is the cycle: there is one, whatever started it. A
// run under any other ID than the cycle's own starts or joins that and returns
// its receipt.
func CloseOfBusiness(ctx workflow.Context, req report.Request) (report.Receipt, error) {
	if req.RequestID == "" {
		req.RequestID = workflow.GetInfo(ctx).WorkflowExecution.RunID
	}
	c := &cycle{req: req, State: CycleState{Stage: "open", State: report.Open}}
	if err := workflow.SetQueryHandler(ctx, report.QueryState, c.state); err != nil {
		return report.Receipt{}, err
	}
	if workflow.GetInfo(ctx).WorkflowExecution.ID != report.CycleID(req.Series, req.BusinessDate) {
		return c.join(ctx)
	}
	return c.run(ctx)
}

// CycleState is the answer to the query "state".
type CycleState struct {
	State report.State `json:"state"`
	Stage string       `json:"stage"` // open, await, report, done
}

type cycle struct {
	req   report.Request
	State CycleState
}

func (c *cycle) state() (CycleState, error) { return c.State, nil }

func (c *cycle) run(ctx workflow.Context) (report.Receipt, error) {
	opened, err := c.open(ctx)
	if err != nil {
		return report.Receipt{}, c.fail(ctx, err)
	}
	if opened.Receipt != nil {
		return c.again(ctx, *opened.Receipt)
	}
	receipt, err := c.report(ctx)
	if err != nil {
		return report.Receipt{}, c.fail(ctx, err)
	}
	return c.issued(ctx, receipt)
}

func (c *cycle) open(ctx workflow.Context) (activities.Opened, error) {
	if err := c.list(ctx); err != nil {
		return activities.Opened{}, err
	}
	workflow.SetCurrentDetails(ctx, "Taking the cycle.")
	var opened activities.Opened
	err := workflow.ExecuteActivity(reading(ctx, "Take the cycle of "+string(c.req.BusinessDate)), do.Open, c.req).Get(ctx, &opened)
	return opened, err
}

// report waits for the data, then has the first revision made.
func (c *cycle) report(ctx workflow.Context) (report.Receipt, error) {
	c.State.Stage = "await"
	var known activities.Known
	in := activities.Cycle{Series: c.req.Series, BusinessDate: c.req.BusinessDate}
	if err := workflow.ExecuteActivity(reading(ctx, "Fix whose knowledge the report uses"), do.Await, in).Get(ctx, &known); err != nil {
		return report.Receipt{}, err
	}
	c.State.Stage = "report"
	const revision = 1
	id := report.RevisionID(c.req.Series, c.req.BusinessDate, revision)
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("Data as known at %s. Revision %d is being made: `%s`.",
		known.AsOf.Format("Mon 2 Jan 15:04 MST"), revision, id))
	child := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            id,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		StaticSummary:         fmt.Sprintf("Revision %d of %s for %s", revision, c.req.Series, c.req.BusinessDate),
		TypedSearchAttributes: temporal.NewSearchAttributes(
			seriesKey.ValueSet(c.req.Series), dateKey.ValueSet(string(c.req.BusinessDate))),
	})
	var receipt report.Receipt
	err := workflow.ExecuteChildWorkflow(child, report.ReportRevision, activities.Revision{
		Series: c.req.Series, BusinessDate: c.req.BusinessDate, Revision: revision, RequestID: c.req.RequestID,
	}).Get(ctx, &receipt)
	return receipt, err
}

// again serves a cycle that was issued before: what was not delivered then is
// tried once more.
func (c *cycle) again(ctx workflow.Context, r report.Receipt) (report.Receipt, error) {
	revision := activities.Revision{Series: r.Series, BusinessDate: r.BusinessDate, Revision: r.Revision, RequestID: c.req.RequestID}
	if err := deliver(ctx, revision, r.Deliveries); err != nil {
		return report.Receipt{}, err
	}
	return c.issued(ctx, r)
}

// issued ends the run with a receipt, whether this run issued it or an earlier
// one.
func (c *cycle) issued(ctx workflow.Context, r report.Receipt) (report.Receipt, error) {
	c.State.Stage = "done"
	workflow.SetCurrentDetails(ctx, describe(r))
	return r, c.show(ctx, r.State)
}

// fail records the failure and returns it. A cancelled run leaves the cycle
// open: whoever starts it again goes on from its last recorded stage.
func (c *cycle) fail(ctx workflow.Context, cause error) error {
	if temporal.IsCanceledError(cause) {
		return cause
	}
	ctx, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	failed := activities.Failed{Series: c.req.Series, BusinessDate: c.req.BusinessDate, Reason: report.Cause(cause)}
	err := workflow.ExecuteActivity(reading(ctx, "Record the failure"), do.Fail, failed).Get(ctx, nil)
	workflow.SetCurrentDetails(ctx, "**Failed:** "+failed.Reason+"\n\nStart it again to go on from the last recorded stage.")
	if err := errors.Join(err, c.show(ctx, report.Failed)); err != nil {
		// The run ends with what caused the failure, whose kind clients act on.
		workflow.GetLogger(ctx).Error("the failure could not be recorded", "error", err)
	}
	return cause
}

// list puts the cycle into lists of workflows, unless whoever started it did.
func (c *cycle) list(ctx workflow.Context) error {
	if s, ok := workflow.GetTypedSearchAttributes(ctx).GetKeyword(stateKey); ok && s == string(report.Open) {
		return nil
	}
	return workflow.UpsertTypedSearchAttributes(ctx,
		seriesKey.ValueSet(c.req.Series), dateKey.ValueSet(string(c.req.BusinessDate)), stateKey.ValueSet(string(report.Open)))
}

// show sets the state for queries and for lists of workflows.
func (c *cycle) show(ctx workflow.Context, s report.State) error {
	c.State.State = s
	return workflow.UpsertTypedSearchAttributes(ctx, stateKey.ValueSet(string(s)))
}

// join starts or joins the cycle itself on behalf of a run under another ID.
func (c *cycle) join(ctx workflow.Context) (report.Receipt, error) {
	if err := c.req.Validate(); err != nil {
		return report.Receipt{}, temporal.NewNonRetryableApplicationError(err.Error(), "Invalid", nil)
	}
	id := report.CycleID(c.req.Series, c.req.BusinessDate)
	workflow.SetCurrentDetails(ctx, "Waiting for the cycle itself: `"+id+"`.")
	var receipt report.Receipt
	err := workflow.ExecuteActivity(joining(ctx, "Start or join "+id), do.Join, c.req).Get(ctx, &receipt)
	if err == nil {
		workflow.SetCurrentDetails(ctx, describe(receipt))
	}
	return receipt, err
}

// describe is the receipt for the Temporal UI, in Markdown.
func describe(r report.Receipt) string {
	s := fmt.Sprintf("**Revision %d %s**, data as known at %s. %d of %d figures are not measured.\n\nFacts `sha256:%s`\n",
		r.Revision, inWords(r.State), r.AsOf.Format("Mon 2 Jan 15:04 MST"), r.Unmeasured, r.Figures, r.Facts.SHA256)
	for _, d := range r.Deliveries {
		s += fmt.Sprintf("\n- %s `%s`: %s", d.Channel, d.Recipient, d.State)
		if d.Detail != "" {
			s += " (" + d.Detail + ")"
		}
	}
	return s
}

func inWords(s report.State) string {
	if s == report.IssuedQualified {
		return "issued, qualified"
	}
	return string(s)
}
