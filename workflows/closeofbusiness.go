// Package workflows holds the durable part of a report: what happens in which
// order, and how long each step may take.
package workflows

import (
	"errors"
	"fmt"
	"time"

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
	// The client's own is passed on to every stage; the default would only make
	// histories larger, and stands in the cycle's row.
	given := req.RequestID
	if req.RequestID == "" {
		req.RequestID = workflow.GetInfo(ctx).WorkflowExecution.RunID
	}
	c := &cycle{req: req, requestID: given, CycleState: CycleState{Stage: "open", State: report.Open}}
	if err := c.answer(ctx); err != nil {
		return report.Receipt{}, err
	}
	if workflow.GetInfo(ctx).WorkflowExecution.ID != report.CycleID(req.Series, req.BusinessDate) {
		return c.join(ctx)
	}
	receipt, err := c.run(ctx)
	if err == nil { // whoever sent an update learns what came of it
		err = workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
	}
	return receipt, err
}

// CycleState is the answer to the query "state", and what an update returns.
type CycleState struct {
	State report.State `json:"state"`
	Stage string       `json:"stage"` // open, await, report, done
}

// CycleProgress is the answer to the query "progress".
type CycleProgress struct {
	CycleState
	Window  string `json:"window,omitempty"` // for people
	Missing string `json:"missing,omitempty"`
	// Deadline is until when it waits at the longest, unless it holds.
	Deadline time.Time         `json:"deadline,omitzero"`
	Known    *activities.Known `json:"known,omitempty"`
	// Revision is the workflow that makes the report.
	Revision string `json:"revision,omitempty"`
}

type cycle struct {
	req       report.Request
	requestID string // as the client gave it
	opened    activities.Opened
	CycleState
	known    *activities.Known
	revision string

	// asked is what an update asks for; decided is closed over once that is
	// done, or could not be.
	asked   *activities.ToDecide
	decided activities.Decided
	refused error
}

func (c *cycle) run(ctx workflow.Context) (report.Receipt, error) {
	if err := c.open(ctx); err != nil {
		return report.Receipt{}, c.fail(ctx, err)
	}
	if r := c.opened.Receipt; r != nil {
		return c.again(ctx, *r)
	}
	if err := c.await(ctx); err != nil {
		return report.Receipt{}, c.fail(ctx, err)
	}
	if r := c.decided.Receipt; r != nil {
		return c.settled(ctx, *r)
	}
	receipt, err := c.report(ctx)
	if err != nil {
		return report.Receipt{}, c.fail(ctx, err)
	}
	return c.settled(ctx, receipt)
}

func (c *cycle) open(ctx workflow.Context) error {
	if err := c.list(ctx); err != nil {
		return err
	}
	workflow.SetCurrentDetails(ctx, "Taking the cycle.")
	summary := "Take the cycle of " + string(c.req.BusinessDate)
	if err := workflow.ExecuteActivity(reading(ctx, summary), do.Open, c.req).Get(ctx, &c.opened); err != nil {
		return err
	}
	c.known = c.opened.Known
	return nil
}

// await waits until the data is complete or the deadline has passed; past that,
// a series that holds goes on waiting. Meanwhile somebody may decide to proceed
// or to waive.
func (c *cycle) await(ctx workflow.Context) error {
	c.Stage = "await"
	for held := c.opened.Held; c.known == nil; held = true {
		if err := c.waiting(ctx, held); err != nil {
			return err
		}
		known, err := c.wait(ctx, activities.Cycle{Series: c.req.Series, BusinessDate: c.req.BusinessDate, Held: held})
		if err != nil || c.decided.Receipt != nil {
			return err
		}
		if known.Held {
			c.opened.Missing = known.Missing
			continue
		}
		c.known = &known
	}
	return nil
}

// waiting shows what is waited for, to whoever looks at the cycle. Histories of
// version 1.0 don't say what, and show nothing.
func (c *cycle) waiting(ctx workflow.Context, held bool) error {
	if c.opened.Missing == "" {
		return nil
	}
	state, text := report.AwaitingData, "**Waiting for data** until the deadline: "
	if held {
		state, text = report.Held, "**Held** past the deadline until the data is complete: "
	}
	workflow.SetCurrentDetails(ctx, text+c.opened.Missing+"\n\nThe update `proceed` issues it now, qualified; `waive` says that it is not owed.")
	return c.show(ctx, state)
}

// wait waits for the data or for a decision, whichever comes first.
func (c *cycle) wait(ctx workflow.Context, in activities.Cycle) (activities.Known, error) {
	waiting, stop := workflow.WithCancel(ctx)
	defer stop()
	future := workflow.ExecuteActivity(polling(waiting, "Wait until the data is complete"), do.Await, in)
	if err := workflow.Await(ctx, func() bool { return future.IsReady() || c.asked != nil }); err != nil {
		return activities.Known{}, err
	}
	if c.asked == nil {
		var known activities.Known
		return known, future.Get(ctx, &known)
	}
	stop()
	return c.decide(ctx)
}

// decide records what an update asked for.
func (c *cycle) decide(ctx workflow.Context) (activities.Known, error) {
	err := workflow.ExecuteLocalActivity(looking(ctx, "Record the decision to "+c.asked.What), "Decide", *c.asked).Get(ctx, &c.decided)
	if err != nil {
		c.refused = err
		return activities.Known{}, err
	}
	if c.decided.Known != nil {
		return *c.decided.Known, nil
	}
	return activities.Known{}, nil
}

// report has the first revision made.
func (c *cycle) report(ctx workflow.Context) (report.Receipt, error) {
	c.Stage, c.State = "report", report.Open
	const revision = 1
	c.revision = report.RevisionID(c.req.Series, c.req.BusinessDate, revision)
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("Data as known at %s. Revision %d is being made: `%s`.",
		c.known.AsOf.Format("Mon 2 Jan 15:04 MST"), revision, c.revision))
	child := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            c.revision,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		StaticSummary:         fmt.Sprintf("Revision %d of %s for %s", revision, c.req.Series, c.req.BusinessDate),
		TypedSearchAttributes: temporal.NewSearchAttributes(
			seriesKey.ValueSet(c.req.Series), dateKey.ValueSet(string(c.req.BusinessDate))),
	})
	var receipt report.Receipt
	err := workflow.ExecuteChildWorkflow(child, report.ReportRevision, activities.Revision{
		Series: c.req.Series, BusinessDate: c.req.BusinessDate, Revision: revision, RequestID: c.requestID,
	}).Get(ctx, &receipt)
	return receipt, err
}

// again serves a cycle that was issued before: what was not delivered then is
// tried once more.
func (c *cycle) again(ctx workflow.Context, r report.Receipt) (report.Receipt, error) {
	revision := activities.Revision{Series: r.Series, BusinessDate: r.BusinessDate, Revision: r.Revision, RequestID: c.requestID}
	if err := deliver(ctx, revision, r.Deliveries); err != nil {
		return report.Receipt{}, err
	}
	return c.settled(ctx, r)
}

// settled ends the run with a receipt, whether this run made it or an earlier
// one.
func (c *cycle) settled(ctx workflow.Context, r report.Receipt) (report.Receipt, error) {
	c.Stage = "done"
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
	c.State = s
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
	if r.State == report.Waived && r.Decision != nil {
		return fmt.Sprintf("**Waived** by %s: %s", r.Decision.By, r.Decision.Reason)
	}
	s := fmt.Sprintf("**Revision %d %s**, data as known at %s. %d of %d figures are not measured.\n\nFacts `sha256:%s`\n",
		r.Revision, inWords(r.State), r.AsOf.Format("Mon 2 Jan 15:04 MST"), r.Unmeasured, r.Figures, r.Facts.SHA256)
	for _, n := range r.Narratives {
		s += "\n- narrative `" + n.Block + "` "
		if n.State == report.Written {
			s += "written by " + n.Model + " (" + n.Provider + ")"
		} else {
			s += "withheld: " + n.Reason
		}
	}
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
