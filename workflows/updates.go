package workflows

import (
	"fmt"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/closeofbusiness/cob/activities"
	"github.com/closeofbusiness/cob/report"
)

// answer sets what a cycle answers to: two queries, and two updates by which
// people decide while it waits.
func (c *cycle) answer(ctx workflow.Context) error {
	if err := workflow.SetQueryHandler(ctx, report.QueryState, func() (CycleState, error) { return c.CycleState, nil }); err != nil {
		return err
	}
	if err := workflow.SetQueryHandler(ctx, report.QueryProgress, c.progress); err != nil {
		return err
	}
	for _, what := range []string{report.UpdateProceed, report.UpdateWaive} {
		err := workflow.SetUpdateHandlerWithOptions(ctx, what,
			func(ctx workflow.Context, d report.Decision) (CycleState, error) { return c.ask(ctx, what, d) },
			workflow.UpdateHandlerOptions{Validator: func(d report.Decision) error { return c.check(what, d) }})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *cycle) progress() (CycleProgress, error) {
	return CycleProgress{CycleState: c.CycleState, Window: c.opened.Window, Missing: c.opened.Missing, Deadline: c.opened.Deadline, Known: c.known, Revision: c.revision}, nil
}

// check refuses a decision before it enters the history: one without a name or
// a reason, and one that comes too early or too late.
func (c *cycle) check(what string, d report.Decision) error {
	if err := d.Validate(); err != nil {
		return temporal.NewNonRetryableApplicationError(err.Error(), "Invalid", nil)
	}
	if c.Stage != "await" || c.asked != nil {
		return temporal.NewNonRetryableApplicationError(
			fmt.Sprintf("%s: the cycle is not waiting: it is %s, at stage %s", what, c.State, c.Stage), "Conflict", nil)
	}
	return nil
}

// ask hands a decision to the cycle, and returns where that stands then.
func (c *cycle) ask(ctx workflow.Context, what string, d report.Decision) (CycleState, error) {
	c.asked = &activities.ToDecide{Series: c.req.Series, BusinessDate: c.req.BusinessDate, What: what, Decision: d}
	if err := workflow.Await(ctx, func() bool { return c.refused != nil || c.decided != (activities.Decided{}) }); err != nil {
		return CycleState{}, err
	}
	if r := c.decided.Receipt; r != nil {
		return CycleState{State: r.State, Stage: "done"}, nil
	}
	return CycleState{State: report.Open, Stage: "report"}, c.refused
}
