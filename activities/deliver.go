package activities

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/delivery"
)

// ToDeliver is one delivery of an issued revision.
type ToDeliver struct {
	Revision
	Delivery report.Delivery `json:"delivery"`
}

// Deliver brings one revision to one recipient. A folder can be written to
// again safely: a file that is there already is compared, never replaced. What
// cannot be delivered is recorded as failed, with the reason; the report is
// issued all the same.
func (a *Activities) Deliver(ctx context.Context, in ToDeliver) (report.Delivery, error) {
	return heartbeating(ctx, func(ctx context.Context) (report.Delivery, error) { return a.deliver(ctx, in) })
}

func (a *Activities) deliver(ctx context.Context, in ToDeliver) (report.Delivery, error) {
	row, err := a.Store.BeginDelivery(ctx, in.Delivery.ID)
	if errors.Is(err, pgx.ErrNoRows) {
		return in.Delivery, failure(fmt.Errorf("%w: delivery %d", report.ErrNotFound, in.Delivery.ID))
	}
	if err != nil {
		return in.Delivery, failure(fmt.Errorf("begin delivery: %w", err))
	}
	out := in.Delivery
	if out.State = row.State; out.State == report.Delivered {
		return out, nil
	}
	switch err := a.toFolder(ctx, in, row.Recipient); {
	case err == nil:
		out.State, out.Detail = report.Delivered, ""
	case errors.Is(err, report.ErrConflict) || errors.Is(err, report.ErrInvalid):
		out.State, out.Detail = report.Undelivered, err.Error()
	default:
		return out, failure(err) // worth another attempt
	}
	if err := a.Store.EndDelivery(ctx, out.State, out.Detail, in.Delivery.ID); err != nil {
		return out, failure(fmt.Errorf("record delivery: %w", err))
	}
	log(ctx, in.Revision).Info("delivered", "channel", out.Channel, "recipient", out.Recipient, "state", out.State, "detail", out.Detail)
	return out, nil
}

func (a *Activities) toFolder(ctx context.Context, in ToDeliver, root string) error {
	files, err := artifacts(ctx, a.Store, in.Revision)
	if err != nil {
		return err
	}
	dir := delivery.Folder(root, in.Series, in.BusinessDate, in.Revision.Revision)
	for _, f := range files {
		body, err := a.content(ctx, f.Ref)
		if err != nil {
			return err
		}
		if err := delivery.ToFolder(dir, f, body); err != nil {
			return err
		}
	}
	return nil
}

// Undelivered records that a delivery was given up.
func (a *Activities) Undelivered(ctx context.Context, d report.Delivery) error {
	return failure(a.Store.EndDelivery(ctx, report.Undelivered, d.Detail, d.ID))
}
