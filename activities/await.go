package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/sdk/temporal"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/ledger"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/snapshot"
)

const (
	// lateAfter is how long after its deadline a report may be begun and still
	// count as in time: one that waited until then is made right afterwards.
	lateAfter = 5 * time.Minute
	// defaultPoll is how often a waiting cycle looks at the sources.
	defaultPoll = 15 * time.Second
)

// Cycle names a cycle.
type Cycle struct {
	Series       string      `json:"series"`
	BusinessDate report.Date `json:"business_date"`
	// Held: the deadline has passed, and the series holds until the data is
	// complete.
	Held bool `json:"held,omitempty"`
}

// Known says whose knowledge the report uses.
type Known struct {
	AsOf time.Time `json:"as_of,omitzero"`
	Late bool      `json:"late"`
	// Held: nothing is known yet, and the deadline has passed.
	Held    bool   `json:"held,omitempty"`
	Missing string `json:"missing,omitempty"`
}

// Await waits until every source that the series needs has promised that its
// data is complete through the cutoff, or until the deadline, and fixes the
// cycle's as-of. It waits by being tried again: what is missing is an error
// that asks for the next attempt, the last one at the deadline itself. Past the
// deadline a series that holds is held, and waits on.
func (a *Activities) Await(ctx context.Context, in Cycle) (Known, error) {
	c, err := a.cycle(ctx, in.Series, in.BusinessDate)
	if err != nil {
		return Known{}, failure(err)
	}
	looked, err := a.look(ctx, c, "")
	switch {
	case err != nil:
		return Known{}, failure(err)
	case looked.known != nil:
		return *looked.known, nil
	case looked.held && !in.Held:
		return Known{Held: true, Missing: looked.missing}, nil
	}
	return Known{}, temporal.NewApplicationErrorWithOptions(looked.missing, "NotYet", temporal.ApplicationErrorOptions{
		NextRetryDelay: a.nextLook(looked.left), Category: temporal.ApplicationErrorCategoryBenign,
	})
}

// nextLook is when to look again: not later than at the deadline.
func (a *Activities) nextLook(left time.Duration) time.Duration {
	every := a.PollEvery
	if every <= 0 {
		every = defaultPoll
	}
	if left > 0 {
		return max(min(every, left), 10*time.Millisecond)
	}
	return every
}

// looked is what a look at the sources found.
type looked struct {
	known   *Known        // the as-of is fixed
	held    bool          // the deadline has passed, and the series holds
	missing string        // what is waited for
	left    time.Duration // until the deadline
}

// look fixes the as-of of an open cycle where that can be said, and records
// what is missing where it cannot. asOf is the request's.
func (a *Activities) look(ctx context.Context, c db.CobCycle, asOf string) (looked, error) {
	if c.AsOf != nil {
		return looked{known: &Known{AsOf: c.AsOf.UTC(), Late: c.Late}}, nil
	}
	now, err := a.settledNow(ctx)
	if err != nil {
		return looked{}, err
	}
	switch c.AsOfRule {
	case report.AsOfNow:
		return a.fix(ctx, c, report.AsOfNow, now, now, report.Decision{})
	case asOfGiven: // and checked when the cycle was taken
		_, at, err := report.ParseAsOf(asOf)
		if err != nil {
			return looked{}, err
		}
		if at.IsZero() { // who gave it was cut off before it was fixed
			break
		}
		return a.fix(ctx, c, asOfGiven, at, now, report.Decision{})
	}
	return a.lookDue(ctx, c, now)
}

// settledNow is the database's clock at an instant whose batches are all
// visible: ingests that were committing are waited for.
func (a *Activities) settledNow(ctx context.Context) (time.Time, error) {
	now, err := a.Store.Now(ctx)
	if err == nil {
		err = a.Store.InTx(ctx, pgx.TxOptions{}, func(q *db.Queries) error { return q.WaitForWriters(ctx) })
	}
	if err != nil {
		return now, fmt.Errorf("wait for open ingests: %w", err)
	}
	return now, nil
}

func (a *Activities) lookDue(ctx context.Context, c db.CobCycle, now time.Time) (looked, error) {
	plan, err := ledger.OfCycle(ctx, a.Store.Queries, c)
	if err != nil {
		return looked{}, err
	}
	marks, err := snapshot.Watermarks(ctx, a.Store.Queries, plan.Series.SourceNames(), c.WindowEnd, now)
	if err != nil {
		return looked{}, err
	}
	gate := ledger.Gate{Cutoff: c.WindowEnd, Deadline: c.Deadline, Needed: plan.Series.Needed(), Optional: plan.Series.Optional(),
		Hold: plan.Series.Hold(), Zone: plan.Calendar.Zone()}
	look := gate.Look(marks)
	if asOf, ok := gate.AsOf(look, now); ok {
		return a.fix(ctx, c, report.AsOfDue, asOf, now, report.Decision{})
	}
	out := looked{missing: look.String(), left: c.Deadline.Sub(now), held: !now.Before(c.Deadline)}
	state := report.AwaitingData
	if out.held {
		state = report.Held
	}
	if err := a.Store.StillWaiting(ctx, db.StillWaitingParams{State: string(state), Missing: out.missing, Series: c.Series, BusinessDate: c.BusinessDate}); err != nil {
		return looked{}, fmt.Errorf("record what is missing: %w", err)
	}
	return out, nil
}

// fix fixes the as-of for good. Of two who fix it the first one decides.
func (a *Activities) fix(ctx context.Context, c db.CobCycle, rule string, asOf, now time.Time, by report.Decision) (looked, error) {
	asOf = asOf.UTC().Truncate(time.Microsecond) // as the database keeps it
	late := now.After(c.Deadline.Add(lateAfter)) || asOf.After(c.Deadline)
	row, err := a.Store.FixAsOf(ctx, db.FixAsOfParams{Rule: rule, AsOf: &asOf, Late: late, DecidedBy: by.By, DecidedIdentity: by.Identity,
		DecidedReason: by.Reason, Series: c.Series, BusinessDate: c.BusinessDate})
	if errors.Is(err, pgx.ErrNoRows) {
		return looked{}, fmt.Errorf("%w: cycle %s is %s: its as-of cannot be fixed", report.ErrConflict,
			report.CycleID(c.Series, report.DateOf(c.BusinessDate)), c.State)
	}
	if err != nil {
		return looked{}, fmt.Errorf("fix the as-of of %s: %w", report.CycleID(c.Series, report.DateOf(c.BusinessDate)), err)
	}
	return looked{known: &Known{AsOf: row.AsOf.UTC(), Late: row.Late}}, nil
}
