package activities

import (
	"context"

	"github.com/closeofbusiness/cob/report"
)

// Starter starts a cycle by its canonical ID, or joins it where it runs, and
// waits for its receipt.
type Starter interface {
	StartOrJoin(ctx context.Context, req report.Request) (report.Receipt, error)
}

// Join serves a run under another ID than the cycle's own: it starts or joins
// the cycle and returns its receipt.
func (a *Activities) Join(ctx context.Context, req report.Request) (report.Receipt, error) {
	r, err := heartbeating(ctx, func(ctx context.Context) (report.Receipt, error) { return a.Starter.StartOrJoin(ctx, req) })
	return r, failure(err)
}
