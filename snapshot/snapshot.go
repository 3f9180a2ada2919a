// Package snapshot reads one consistent view of the operational data, as known
// at an instant, and has the facts computed from it.
package snapshot

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/calendar"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/series"
	"github.com/closeofbusiness/cob/report/template"
)

// TrendDays is how many business days a trend holds, the cycle's own included,
// where no template says how many it needs.
const TrendDays = 14

// Request says whose facts are wanted, and whose knowledge they use.
type Request struct {
	Series *series.Series
	// Calendar is the series', as it goes on from the cycles that are recorded.
	Calendar *calendar.Calendar
	Date     report.Date
	AsOf     time.Time
	// Deadline is the cycle's own as recorded; zero means the series'.
	Deadline time.Time
	// Needs is what the report is about; zero: all that metrics are built in for.
	Needs template.Needs
}

// Facts computes the fact set. It first waits for ingests that are committing,
// so that every batch at or before the as-of is visible, then reads everything
// in one read-only snapshot as a role that can write nothing.
func Facts(ctx context.Context, store *db.Store, r Request) (*fact.Set, error) {
	if err := store.InTx(ctx, pgx.TxOptions{}, func(q *db.Queries) error { return q.WaitForWriters(ctx) }); err != nil {
		return nil, fmt.Errorf("wait for open ingests: %w", err)
	}
	var set *fact.Set
	err := store.InTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(q *db.Queries) error {
		if err := q.BecomeReader(ctx); err != nil {
			return fmt.Errorf("become the reader role: %w", err)
		}
		now, err := q.Now(ctx)
		if err != nil {
			return err
		}
		if r.AsOf.After(now) {
			return fmt.Errorf("%w: as-of %s lies in the future", report.ErrInvalid, r.AsOf.Format(time.RFC3339))
		}
		read := &reader{Queries: q, cal: r.Calendar, req: r}
		in, err := read.input(ctx)
		if err != nil {
			return err
		}
		if set, err = fact.Compute(*in); err != nil {
			return err
		}
		return read.references(ctx, set)
	})
	if err != nil {
		return nil, fmt.Errorf("compute the facts of %s on %s: %w", r.Series.Name, r.Date, err)
	}
	return set, nil
}

// reader reads the rows of one request.
type reader struct {
	*db.Queries
	cal *calendar.Calendar
	req Request
}

func (r *reader) input(ctx context.Context) (*fact.Input, error) {
	s, date := r.req.Series, r.req.Date
	previous := r.cal.Previous(date)
	in := &fact.Input{
		Series: s.Name, Title: s.Title, Date: date, Zone: r.cal.Zone(),
		Window: r.window(date), Previous: fact.Day{Date: previous, Window: r.window(previous)},
		NextDate: r.cal.Next(date), AsOf: r.req.AsOf, Deadline: r.req.Deadline, Days: r.cal.BusinessDays(),
		Sources: s.SourceNames(), Optional: s.Optional(), Metrics: r.req.Needs.Declared(),
	}
	if r.req.Needs.Metrics != nil {
		in.Feeds, in.Trends = r.req.Needs.Feeds(), asked(r.req.Needs)
	}
	if in.Deadline.IsZero() {
		in.Deadline = s.DeadlineAfter(in.Window.To)
	}
	in.Previous.Window.To = in.Window.From
	in.Late = in.AsOf.After(in.Deadline)
	for _, step := range []func(context.Context, *fact.Input) error{
		r.measurements, r.events, r.watermarks, r.trend, r.history, r.versionChanges, r.claims, r.lateBatches,
	} {
		if err := step(ctx, in); err != nil {
			return nil, err
		}
	}
	return in, nil
}

func (r *reader) window(d report.Date) fact.Window {
	from, to := r.cal.Window(d)
	return fact.Window{From: from.UTC(), To: to.UTC()}
}

func (r *reader) measurements(ctx context.Context, in *fact.Input) (err error) {
	if in.Now, err = r.measure(ctx, in.Window, in.Feeds); err != nil {
		return err
	}
	in.Before, err = r.measure(ctx, in.Previous.Window, in.Feeds)
	return err
}
