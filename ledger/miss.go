package ledger

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/report"
)

// Miss records that nobody began a date within its catch-up. One that is
// begun, or recorded as missed, stays as it is.
func (p *Plan) Miss(ctx context.Context, store *db.Store, d report.Date) error {
	return store.InTx(ctx, pgx.TxOptions{}, func(q *db.Queries) error {
		if err := p.Record(ctx, q, d); err != nil {
			return err
		}
		if _, err := q.MissCycle(ctx, p.Series.Name, d.Time()); err != nil {
			return fmt.Errorf("record that %s was missed: %w", report.CycleID(p.Series.Name, d), err)
		}
		return nil
	})
}
