package activities

import (
	"context"
	"fmt"
	"time"

	"github.com/closeofbusiness/cob/report"
)

// Cycle names a cycle.
type Cycle struct {
	Series       string      `json:"series"`
	BusinessDate report.Date `json:"business_date"`
}

// Known says whose knowledge the report uses.
type Known struct {
	AsOf time.Time `json:"as_of"`
	Late bool      `json:"late"`
}

// Await fixes the cycle's as-of: the database's clock when it is first called,
// the recorded instant ever after.
func (a *Activities) Await(ctx context.Context, c Cycle) (Known, error) {
	row, err := a.Store.FixAsOf(ctx, c.Series, c.BusinessDate.Time())
	if err != nil {
		return Known{}, failure(fmt.Errorf("fix the as-of of %s: %w", report.CycleID(c.Series, c.BusinessDate), err))
	}
	return Known{AsOf: row.AsOf.UTC(), Late: row.Late}, nil
}
