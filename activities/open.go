package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/closeofbusiness/cob/catalog"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/ledger"
	"github.com/closeofbusiness/cob/report"
)

// Opened is a cycle that may go on, or the receipt of one that needn't.
type Opened struct {
	// Receipt is set where the cycle was issued or waived before.
	Receipt *report.Receipt `json:"receipt,omitempty"`
	Window  string          `json:"window"` // for people: "Thu 19 Nov 17:00 to Fri 20 Nov 17:00 GMT"
	// Known is set where the as-of is fixed: there is nothing to wait for.
	Known *Known `json:"known,omitempty"`
	// Missing says what is waited for, Deadline until when at the longest, and
	// Held that this has passed and the series holds.
	Missing  string    `json:"missing,omitempty"`
	Deadline time.Time `json:"deadline,omitzero"`
	Held     bool      `json:"held,omitempty"`
}

// Open takes the cycle: it fixes its window, or finds it fixed, and looks
// whether the data is complete. A cycle that failed before is opened again and
// goes on from its last recorded stage.
func (a *Activities) Open(ctx context.Context, req report.Request) (Opened, error) {
	o, err := a.open(ctx, req)
	return o, failure(err)
}

func (a *Activities) open(ctx context.Context, req report.Request) (Opened, error) {
	if err := req.Validate(); err != nil {
		return Opened{}, err
	}
	if receipt, err := Receipt(ctx, a.Store, req.Series, req.BusinessDate); !errors.Is(err, report.ErrNotFound) {
		receipt.Already = true
		return Opened{Receipt: &receipt}, err
	}
	plan, err := a.take(ctx, req)
	if err != nil {
		return Opened{}, err
	}
	c, err := a.cycle(ctx, req.Series, req.BusinessDate)
	if err != nil {
		return Opened{}, err
	}
	if c.State == string(report.Waived) {
		receipt := waived(c)
		return Opened{Receipt: &receipt}, nil
	}
	out := Opened{Window: window(c, plan.Calendar.Zone())}
	looked, err := a.look(ctx, c, req.AsOf)
	out.Known, out.Missing, out.Held = looked.known, looked.missing, looked.held
	if out.Known == nil {
		out.Deadline = c.Deadline.UTC()
	}
	return out, err
}

func window(c db.CobCycle, zone *time.Location) string {
	const day = "Mon 2 Jan 15:04"
	return c.WindowStart.In(zone).Format(day) + " to " + c.WindowEnd.In(zone).Format(day+" MST")
}

// take fixes the cycle's window where that is new, and makes it open: with
// today's versions where nobody had begun, as it was where a run failed.
func (a *Activities) take(ctx context.Context, req report.Request) (plan *ledger.Plan, err error) {
	err = a.Store.InTx(ctx, pgx.TxOptions{}, func(q *db.Queries) error {
		if plan, err = ledger.Load(ctx, q, req.Series); err != nil {
			return err
		}
		now, err := q.Now(ctx)
		if err != nil {
			return fmt.Errorf("read the database's clock: %w", err)
		}
		if err := plan.CheckPast(req.BusinessDate, now); err != nil {
			return err
		}
		if err := plan.Record(ctx, q, req.BusinessDate); err != nil {
			return err
		}
		_, cutoff := plan.Calendar.Window(req.BusinessDate)
		if err := checkGiven(req, cutoff, now); err != nil {
			return err
		}
		if done, err := collapse(ctx, q, plan, req, now); done || err != nil {
			return err
		}
		return begin(ctx, q, plan, req, now)
	})
	return plan, err
}

// collapse waives a missed date of a series that owes the latest one only. What
// somebody asked for by hand is made all the same.
func collapse(ctx context.Context, q *db.Queries, plan *ledger.Plan, req report.Request, now time.Time) (bool, error) {
	latest := plan.Latest(now)
	if !plan.Series.LatestOnly() || req.RequestedBy != report.BySchedule || latest <= req.BusinessDate {
		return false, nil
	}
	n, err := q.WaiveCycle(ctx, db.WaiveCycleParams{
		Series: req.Series, BusinessDate: req.BusinessDate.Time(), DecidedBy: "series", DecidedIdentity: "policy",
		DecidedReason: "missed: latest_only; the latest is " + string(latest),
	})
	if err != nil {
		return false, fmt.Errorf("waive what was missed: %w", err)
	}
	return n > 0, nil
}

func begin(ctx context.Context, q *db.Queries, plan *ledger.Plan, req report.Request, now time.Time) error {
	t, err := catalog.Newest(ctx, q, plan.Series.Template)
	if err != nil {
		return err
	}
	metrics, err := catalog.Pin(ctx, q)
	if err != nil {
		return err
	}
	days, version := plan.CalendarVersion()
	_, err = q.OpenCycle(ctx, db.OpenCycleParams{
		Series: req.Series, BusinessDate: req.BusinessDate.Time(), SeriesVersion: plan.Version,
		Template: &t.Name, TemplateVersion: &t.Version, Metrics: metrics, Calendar: days, CalendarVersion: version,
		Withhold: plan.Withhold(req.BusinessDate), RequestedBy: req.RequestedBy, RequestID: req.RequestID,
		AsOfRule: asOfRule(plan, req, now),
	})
	if err != nil {
		return fmt.Errorf("open cycle: %w", err)
	}
	if _, err := q.ReopenCycle(ctx, explicitRule(req), req.Series, req.BusinessDate.Time()); err != nil {
		return fmt.Errorf("open cycle again: %w", err)
	}
	return nil
}

// explicitRule is the rule that a request asks for; empty: it leaves it open.
func explicitRule(req report.Request) string {
	rule, at, err := report.ParseAsOf(req.AsOf)
	if err == nil && !at.IsZero() {
		return asOfGiven
	}
	return rule
}

// asOfGiven is the rule of an as-of that was given as an instant.
const asOfGiven = "at"

// checkGiven refuses an as-of before the cutoff or after now.
func checkGiven(req report.Request, cutoff, now time.Time) error {
	_, at, err := report.ParseAsOf(req.AsOf)
	if err != nil || at.IsZero() || !at.Before(cutoff) && !at.After(now) {
		return err
	}
	return fmt.Errorf("%w: as_of %s must lie between the cutoff, %s, and now", report.ErrInvalid, req.AsOf, cutoff.UTC().Format(time.RFC3339))
}

// asOfRule is the rule by which the cycle's as-of will be fixed.
func asOfRule(plan *ledger.Plan, req report.Request, now time.Time) string {
	rule := explicitRule(req)
	_, cutoff := plan.Calendar.Window(req.BusinessDate)
	switch {
	case rule != "":
		return rule
	case plan.Series.Hold(): // it is never issued incomplete, unless somebody says so
		return report.AsOfDue
	case now.After(plan.Series.DeadlineAfter(cutoff)):
		return report.AsOfNow
	}
	return report.AsOfDue
}

// waived is the receipt of a cycle that is not owed after all.
func waived(c db.CobCycle) report.Receipt {
	return report.Receipt{Series: c.Series, BusinessDate: report.DateOf(c.BusinessDate), State: report.Waived, Already: true, Decision: decision(c)}
}

// decision is who decided about a cycle; nil: nobody did.
func decision(c db.CobCycle) *report.Decision {
	if c.DecidedBy == "" {
		return nil
	}
	return &report.Decision{By: c.DecidedBy, Reason: c.DecidedReason, Identity: c.DecidedIdentity}
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

// Meant is what a schedule's nominal time means.
type Meant struct {
	// BusinessDate is empty where nothing is owed.
	BusinessDate report.Date `json:"business_date,omitempty"`
	// Due tells that the nominal time is the date's cutoff.
	Due bool   `json:"due"`
	Why string `json:"why"`
}

// UnmarshalJSON also reads what Resolve returned in version 1.0: a date.
func (m *Meant) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		*m = Meant{Due: true}
		return json.Unmarshal(b, &m.BusinessDate)
	}
	type plain Meant
	return json.Unmarshal(b, (*plain)(m))
}

// Resolve finds the business date that a schedule's nominal time means: the due
// date whose cutoff it is; none where the schedule fired by itself on a day on
// which nothing is owed; and for somebody who triggered it by hand the latest
// due date, never one whose cutoff lies ahead.
func (a *Activities) Resolve(ctx context.Context, n Nominal) (Meant, error) {
	plan, err := ledger.Load(ctx, a.Store.Queries, n.Series)
	if err != nil {
		return Meant{}, failure(err)
	}
	local := n.At.In(plan.Calendar.Zone()).Format("Mon 2 Jan 2006 15:04 MST")
	date, due, regular := plan.Calendar.Fired(n.At)
	switch {
	case due:
		return Meant{BusinessDate: date, Due: true, Why: local + " is the cutoff of " + string(date)}, nil
	case regular:
		return Meant{Why: "nothing is owed at " + local}, nil
	}
	return Meant{BusinessDate: date, Why: "triggered " + local + ": the latest due date whose cutoff has passed is " + string(date)}, nil
}
