package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/series"
	"github.com/closeofbusiness/cob/report/template"
)

// Opened is a cycle that may go on, or the receipt of one that needn't.
type Opened struct {
	// Receipt is set where the cycle was issued before.
	Receipt *report.Receipt `json:"receipt,omitempty"`
	Window  string          `json:"window"` // for people: "Thu 19 Nov 17:00 to Fri 20 Nov 17:00 GMT"
}

// Open takes the cycle: it writes its row, or finds it there. A cycle that
// failed before is opened again and goes on from its last recorded stage.
func (a *Activities) Open(ctx context.Context, req report.Request) (Opened, error) {
	o, err := a.open(ctx, req)
	return o, failure(err)
}

func (a *Activities) open(ctx context.Context, req report.Request) (Opened, error) {
	if err := req.Validate(); err != nil {
		return Opened{}, err
	}
	receipt, err := Receipt(ctx, a.Store, req.Series, req.BusinessDate)
	if err == nil {
		receipt.Already = true
		return Opened{Receipt: &receipt}, nil
	}
	if !errors.Is(err, report.ErrNotFound) {
		return Opened{}, err
	}
	s, err := a.openRow(ctx, req)
	if err != nil {
		return Opened{}, err
	}
	c, err := a.cycle(ctx, req.Series, req.BusinessDate)
	if err != nil {
		return Opened{}, err
	}
	cal, err := s.Calendar()
	if err != nil {
		return Opened{}, err
	}
	const day = "Mon 2 Jan 15:04"
	return Opened{Window: c.WindowStart.In(cal.Zone()).Format(day) + " to " + c.WindowEnd.In(cal.Zone()).Format(day+" MST")}, nil
}

// openRow inserts the cycle where it is new, and takes back an earlier failure.
func (a *Activities) openRow(ctx context.Context, req report.Request) (*series.Series, error) {
	row, err := a.Store.LatestSeries(ctx, req.Series)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("%w: series %q. Apply it: starter series apply FILE", report.ErrNotFound, req.Series)
	}
	if err != nil {
		return nil, fmt.Errorf("read series %s: %w", req.Series, err)
	}
	s, err := series.Parse(row.Spec)
	if err != nil {
		return nil, err
	}
	params, err := a.cycleParams(ctx, s, row.Version, req)
	if err != nil {
		return nil, err
	}
	return s, a.Store.InTx(ctx, pgx.TxOptions{}, func(q *db.Queries) error {
		if _, err := q.OpenCycle(ctx, params); err != nil {
			return fmt.Errorf("open cycle: %w", err)
		}
		if err := q.ReopenCycle(ctx, req.Series, req.BusinessDate.Time()); err != nil {
			return fmt.Errorf("open cycle again: %w", err)
		}
		return nil
	})
}

func (a *Activities) cycleParams(ctx context.Context, s *series.Series, version int32, req report.Request) (db.OpenCycleParams, error) {
	cal, err := s.Calendar()
	if err != nil {
		return db.OpenCycleParams{}, err
	}
	if err := cal.Check(req.BusinessDate); err != nil {
		return db.OpenCycleParams{}, fmt.Errorf("series %s: %w", s.Name, err)
	}
	from, to := cal.Window(req.BusinessDate)
	now, err := a.Store.Now(ctx)
	if err != nil {
		return db.OpenCycleParams{}, fmt.Errorf("read the database's clock: %w", err)
	}
	if to.After(now) {
		return db.OpenCycleParams{}, fmt.Errorf("%w: the cutoff of %s lies ahead, at %s", report.ErrNotDue, req.BusinessDate, to.Format("Mon 2 Jan 15:04 MST"))
	}
	t, err := LatestTemplate(ctx, a.Store, s.Template)
	if err != nil {
		return db.OpenCycleParams{}, err
	}
	return db.OpenCycleParams{
		Series: s.Name, BusinessDate: req.BusinessDate.Time(), SeriesVersion: version,
		Template: t.Name, TemplateVersion: t.Version,
		WindowStart: from, WindowEnd: to, Deadline: s.DeadlineAfter(to),
		RequestedBy: req.RequestedBy, RequestID: req.RequestID,
	}, nil
}

// LatestTemplate reads the newest applied version of a template.
func LatestTemplate(ctx context.Context, store *db.Store, name string) (*template.Template, error) {
	rows, err := store.TemplateVersions(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("read template %s: %w", name, err)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%w: template %q. Apply it: starter template apply FILE", report.ErrNotFound, name)
	}
	return template.Parse(rows[0].Spec)
}

// Failed says why a cycle could not be issued.
type Failed struct {
	Series       string      `json:"series"`
	BusinessDate report.Date `json:"business_date"`
	Reason       string      `json:"reason"`
}

// Fail records that a cycle failed. A later start opens it again.
func (a *Activities) Fail(ctx context.Context, f Failed) error {
	const most = 2000
	if len(f.Reason) > most {
		f.Reason = f.Reason[:most]
	}
	return failure(a.Store.FailCycle(ctx, f.Reason, f.Series, f.BusinessDate.Time()))
}

// Nominal is the instant that a schedule fired for.
type Nominal struct {
	Series string    `json:"series"`
	At     time.Time `json:"at"`
}

// Resolve finds the business date that a schedule's nominal time means: the
// latest due date whose cutoff is at or before it, never one that lies ahead.
func (a *Activities) Resolve(ctx context.Context, n Nominal) (report.Date, error) {
	row, err := a.Store.LatestSeries(ctx, n.Series)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", failure(fmt.Errorf("%w: series %q", report.ErrNotFound, n.Series))
	}
	if err != nil {
		return "", failure(fmt.Errorf("read series %s: %w", n.Series, err))
	}
	s, err := series.Parse(row.Spec)
	if err != nil {
		return "", failure(err)
	}
	cal, err := s.Calendar()
	if err != nil {
		return "", failure(err)
	}
	return cal.Latest(n.At), nil
}
