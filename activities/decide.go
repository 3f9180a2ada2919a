package activities

import (
	"context"
	"fmt"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/report"
)

// ToDecide is what somebody decided about a cycle that waits.
type ToDecide struct {
	Series       string          `json:"series"`
	BusinessDate report.Date     `json:"business_date"`
	What         string          `json:"what"` // proceed, waive
	Decision     report.Decision `json:"decision"`
}

// Decided is what came of it: the receipt of a waived cycle, or whose knowledge
// the report uses.
type Decided struct {
	Receipt *report.Receipt `json:"receipt,omitempty"`
	Known   *Known          `json:"known,omitempty"`
}

// Decide records a decision. A proceed after the as-of was fixed changes
// nothing: the report is under way already.
func (a *Activities) Decide(ctx context.Context, in ToDecide) (Decided, error) {
	d, err := a.decide(ctx, in)
	return d, failure(err)
}

func (a *Activities) decide(ctx context.Context, in ToDecide) (Decided, error) {
	if err := in.Decision.Validate(); err != nil {
		return Decided{}, err
	}
	if in.What == report.UpdateWaive {
		return a.waive(ctx, in)
	}
	c, err := a.cycle(ctx, in.Series, in.BusinessDate)
	if err != nil {
		return Decided{}, err
	}
	now, err := a.settledNow(ctx)
	if err != nil {
		return Decided{}, err
	}
	l, err := a.fix(ctx, c, "proceed", now, now, in.Decision)
	return Decided{Known: l.known}, err
}

func (a *Activities) waive(ctx context.Context, in ToDecide) (Decided, error) {
	_, err := a.Store.WaiveCycle(ctx, db.WaiveCycleParams{DecidedBy: in.Decision.By, DecidedIdentity: in.Decision.Identity,
		DecidedReason: in.Decision.Reason, Series: in.Series, BusinessDate: in.BusinessDate.Time(), Begun: true})
	if err != nil {
		return Decided{}, fmt.Errorf("waive: %w", err)
	}
	c, err := a.cycle(ctx, in.Series, in.BusinessDate)
	if err != nil {
		return Decided{}, err
	}
	if c.State != string(report.Waived) {
		return Decided{}, fmt.Errorf("%w: cycle %s is %s and cannot be waived", report.ErrConflict, report.CycleID(in.Series, in.BusinessDate), c.State)
	}
	receipt := waived(c)
	receipt.Already = false
	return Decided{Receipt: &receipt}, nil
}
