package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/report"
)

// ErrBegun is the error of a waiver of a cycle that somebody has begun: its
// workflow knows when that is safe, and is to be asked.
var ErrBegun = fmt.Errorf("%w: begun", report.ErrConflict)

// waiveAhead is how long before its cutoff a date may be waived. What lies
// further ahead belongs into the calendar: a waiver fixes the windows up to its
// date, and the calendar may still change.
const waiveAhead = 30 * 24 * time.Hour

// Waived is what became of a waiver.
type Waived struct {
	Cycle db.CobCycle
	// Already: somebody had waived it before, and that stands.
	Already bool
	// Ahead: the cutoff lies ahead, and the windows up to it are fixed now.
	Ahead bool
}

// Waive records that a date is not owed after all. It takes those that nobody
// has begun, and those that failed. One that is being made is ErrBegun, one that
// is issued report.ErrConflict.
func Waive(ctx context.Context, store *db.Store, series string, d report.Date, by report.Decision) (out Waived, err error) {
	if err := by.Validate(); err != nil {
		return out, err
	}
	err = store.InTx(ctx, pgx.TxOptions{}, func(q *db.Queries) error {
		plan, err := Load(ctx, q, series)
		if err != nil {
			return err
		}
		if out.Ahead, err = plan.waivable(ctx, q, d); err != nil {
			return err
		}
		if err := plan.Record(ctx, q, d); err != nil {
			return err
		}
		return out.waive(ctx, q, db.WaiveCycleParams{Series: series, BusinessDate: d.Time(),
			DecidedBy: by.By, DecidedIdentity: by.Identity, DecidedReason: by.Reason})
	})
	return out, err
}

// waivable refuses dates that there is nothing to waive about, and tells whether
// the date's cutoff lies ahead.
func (p *Plan) waivable(ctx context.Context, q *db.Queries, d report.Date) (ahead bool, err error) {
	if err := p.Calendar.Check(d); err != nil {
		return false, fmt.Errorf("series %s: %w", p.Series.Name, err)
	}
	now, err := q.Now(ctx)
	if err != nil {
		return false, fmt.Errorf("read the database's clock: %w", err)
	}
	cutoff := p.Calendar.Cutoff(d)
	if cutoff.After(now.Add(waiveAhead)) {
		return false, fmt.Errorf("%w: the cutoff of %s lies more than 30 days ahead. A closure that is known that long belongs into the series' calendar: starter calendar apply",
			report.ErrInvalid, d)
	}
	rows, err := q.Cycles(ctx, p.Series.Name, d.Time(), d.Time())
	if err != nil {
		return false, fmt.Errorf("read cycle: %w", err)
	}
	if d < p.FirstDay && len(rows) == 0 {
		return false, fmt.Errorf("%w: series %s owes nothing before its first day, %s: there is nothing to waive on %s", report.ErrNotDue, p.Series.Name, p.FirstDay, d)
	}
	return cutoff.After(now), nil
}

func (w *Waived) waive(ctx context.Context, q *db.Queries, in db.WaiveCycleParams) error {
	n, err := q.WaiveCycle(ctx, in)
	if err != nil {
		return fmt.Errorf("waive: %w", err)
	}
	if w.Cycle, err = q.Cycle(ctx, in.Series, in.BusinessDate); err != nil {
		return fmt.Errorf("read cycle: %w", err)
	}
	id := report.CycleID(in.Series, report.DateOf(in.BusinessDate))
	switch state := report.State(w.Cycle.State); state {
	case report.Waived:
		w.Already = n == 0
		return nil
	case report.Issued, report.IssuedQualified:
		return fmt.Errorf("%w: %s is issued: nothing issued is ever changed", report.ErrConflict, id)
	default:
		return fmt.Errorf("%s is %s: %w", id, state, ErrBegun)
	}
}
