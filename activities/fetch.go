package activities

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/closeofbusiness/cob/catalog"
	"github.com/closeofbusiness/cob/ledger"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/snapshot"
)

const jsonType = "application/json"

// Fetched is a revision's fact set, by reference.
type Fetched struct {
	Facts      report.Ref `json:"facts"`
	Figures    int        `json:"figures"`
	Unmeasured int        `json:"unmeasured"`
	Qualified  bool       `json:"qualified"`
	// Narratives are the blocks that models are asked to write. None: rules write
	// them all.
	Narratives []Narration `json:"narratives,omitempty"`
}

type fetchSummary struct {
	Figures    int  `json:"figures"`
	Unmeasured int  `json:"unmeasured"`
	Qualified  bool `json:"qualified"`
}

// Fetch computes the fact set in one read-only snapshot as of the cycle's
// instant, and stores it as canonical JSON.
func (a *Activities) Fetch(ctx context.Context, r Revision) (Fetched, error) {
	m, err := heartbeating(ctx, func(ctx context.Context) (made[fetchSummary], error) {
		return stage(ctx, a, r, "fetch", jsonType, func(ctx context.Context) ([]byte, fetchSummary, error) { return a.fetch(ctx, r) })
	})
	if err != nil {
		return Fetched{}, failure(err)
	}
	asked, err := a.narrations(ctx, r)
	if err != nil {
		return Fetched{}, failure(err)
	}
	log(ctx, r).Info("fetched", "figures", m.Summary.Figures, "unmeasured", m.Summary.Unmeasured, "sha256", m.Ref.SHA256)
	return Fetched{m.Ref, m.Summary.Figures, m.Summary.Unmeasured, m.Summary.Qualified, asked}, nil
}

func (a *Activities) fetch(ctx context.Context, r Revision) ([]byte, fetchSummary, error) {
	c, err := a.cycle(ctx, r.Series, r.BusinessDate)
	if err != nil {
		return nil, fetchSummary{}, err
	}
	if c.AsOf == nil {
		return nil, fetchSummary{}, fmt.Errorf("%w: the as-of of %s is not fixed", report.ErrInvalid, report.CycleID(r.Series, r.BusinessDate))
	}
	plan, err := ledger.OfCycle(ctx, a.Store.Queries, c)
	if err != nil {
		return nil, fetchSummary{}, err
	}
	l, err := catalog.OfCycle(ctx, a.Store.Queries, c, plan.Series)
	if err != nil {
		return nil, fetchSummary{}, err
	}
	set, err := snapshot.Facts(ctx, a.Store, snapshot.Request{
		Series: plan.Series, Calendar: plan.Calendar, Date: r.BusinessDate, AsOf: c.AsOf.UTC(), Deadline: c.Deadline.UTC(), Needs: l.Needs(),
	})
	if err != nil {
		return nil, fetchSummary{}, err
	}
	body, err := fact.Canonical(set)
	return body, fetchSummary{set.Figures(), len(set.Notes()), set.Qualified()}, err
}

// factSet reads a stored fact set.
func (a *Activities) factSet(ctx context.Context, ref report.Ref) (*fact.Set, error) {
	body, err := a.content(ctx, ref)
	if err != nil {
		return nil, err
	}
	var set fact.Set
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, fmt.Errorf("%w: stored fact set %s: %w", report.ErrInvalid, ref.SHA256, err)
	}
	return &set, nil
}
