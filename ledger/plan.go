// Package ledger knows what every series owes on which date, and what became
// of it.
package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/calendar"
	"github.com/closeofbusiness/cob/report/series"
)

// Plan is what a series owes: its file, its calendar, and the windows that are
// fixed already.
type Plan struct {
	Series  *series.Series
	Version int32
	// Days is the calendar that the series names; nil: Monday to Friday.
	Days        *calendar.Days
	DaysVersion int32
	// Calendar goes on from the recorded cycles.
	Calendar *calendar.Calendar
	// FirstDay is the first date that is owed.
	FirstDay report.Date

	rule *calendar.Calendar // by the files alone
}

// Load reads a series as it was last applied. A name that was never applied is
// report.ErrNotFound.
func Load(ctx context.Context, q *db.Queries, name string) (*Plan, error) {
	if err := report.CheckSeries(name); err != nil {
		return nil, err
	}
	row, err := q.LatestSeries(ctx, name)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("%w: there is no series %q. Apply its file: starter series apply FILE", report.ErrNotFound, name)
	}
	if err != nil {
		return nil, fmt.Errorf("read series %s: %w", name, err)
	}
	return load(ctx, q, row)
}

// All reads every series.
func All(ctx context.Context, q *db.Queries) ([]*Plan, error) {
	rows, err := q.ListSeries(ctx)
	if err != nil {
		return nil, fmt.Errorf("list series: %w", err)
	}
	out := make([]*Plan, len(rows))
	for i, row := range rows {
		if out[i], err = load(ctx, q, row); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func load(ctx context.Context, q *db.Queries, row db.CobSeries) (*Plan, error) {
	s, err := series.Parse(row.Spec)
	if err != nil {
		return nil, fmt.Errorf("series %s version %d as applied: %w", row.Name, row.Version, err)
	}
	p := &Plan{Series: s, Version: row.Version}
	if s.Calendar != "" {
		latest, err := q.LatestCalendar(ctx, s.Calendar)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil, fmt.Errorf("%w: series %s follows calendar %q, which there is not. Apply its file: starter calendar apply FILE",
				report.ErrNotFound, s.Name, s.Calendar)
		}
		if err != nil {
			return nil, fmt.Errorf("read calendar %s: %w", s.Calendar, err)
		}
		if err := p.follow(latest); err != nil {
			return nil, err
		}
	}
	return p, p.resolve(ctx, q, nil)
}

// OfCycle reads a series as a cycle was opened with it: the versions of its
// row, and the windows that were fixed up to its own. It is the same whenever
// it is asked.
func OfCycle(ctx context.Context, q *db.Queries, c db.CobCycle) (*Plan, error) {
	row, err := q.SeriesVersion(ctx, c.Series, c.SeriesVersion)
	if err != nil {
		return nil, fmt.Errorf("read series %s version %d: %w", c.Series, c.SeriesVersion, err)
	}
	s, err := series.Parse(row.Spec)
	if err != nil {
		return nil, fmt.Errorf("series %s version %d as applied: %w", row.Name, row.Version, err)
	}
	p := &Plan{Series: s, Version: row.Version}
	if c.Calendar != nil && c.CalendarVersion != nil {
		days, err := q.CalendarVersion(ctx, *c.Calendar, *c.CalendarVersion)
		if err != nil {
			return nil, fmt.Errorf("read calendar %s version %d: %w", *c.Calendar, *c.CalendarVersion, err)
		}
		if err := p.follow(days); err != nil {
			return nil, err
		}
	}
	until := report.DateOf(c.BusinessDate)
	return p, p.resolve(ctx, q, &until)
}

func (p *Plan) follow(row db.CobCalendar) error {
	days, err := calendar.ParseDays(row.Spec)
	if err != nil {
		return fmt.Errorf("calendar %s version %d as applied: %w", row.Name, row.Version, err)
	}
	p.Days, p.DaysVersion = days, row.Version
	return nil
}

// resolve makes the calendar go on from what is recorded, up to a date or all
// of it, and finds the first day that is owed.
func (p *Plan) resolve(ctx context.Context, q *db.Queries, until *report.Date) (err error) {
	if p.rule, err = p.Series.BusinessDays(p.Days); err != nil {
		return err
	}
	recorded, err := windows(ctx, q, p.Series.Name, until)
	if err != nil {
		return err
	}
	if p.Calendar, err = p.rule.With(recorded); err != nil {
		return fmt.Errorf("series %s: %w", p.Series.Name, err)
	}
	if p.FirstDay = p.Series.FirstDay; p.FirstDay != "" {
		return nil
	}
	since, err := q.SeriesSince(ctx, p.Series.Name)
	if err != nil {
		return fmt.Errorf("read when series %s was first applied: %w", p.Series.Name, err)
	}
	// Owed from the first cutoff after it was applied.
	p.FirstDay = p.Calendar.Holding(since)
	return nil
}

// windows reads the recorded windows, which follow one another without a gap.
// Of databases that recorded before that was asked, only what does is taken.
func windows(ctx context.Context, q *db.Queries, name string, until *report.Date) ([]calendar.Recorded, error) {
	rows, err := q.RecordedWindows(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("read the cycles of series %s: %w", name, err)
	}
	var out []calendar.Recorded
	for _, r := range rows {
		d := report.DateOf(r.BusinessDate)
		if until != nil && d > *until {
			break
		}
		if n := len(out); n > 0 && !out[n-1].To.Equal(r.WindowStart) {
			out = out[:0]
		}
		out = append(out, calendar.Recorded{Date: d, From: r.WindowStart.UTC(), To: r.WindowEnd.UTC()})
	}
	return out, nil
}

// CheckPast refuses a date that is not due, or whose cutoff lies ahead.
func (p *Plan) CheckPast(d report.Date, now time.Time) error {
	if err := p.Calendar.Check(d); err != nil {
		return fmt.Errorf("series %s: %w", p.Series.Name, err)
	}
	if _, to := p.Calendar.Window(d); to.After(now) {
		return fmt.Errorf("%w: the cutoff of %s lies ahead, at %s", report.ErrNotDue, d, to.In(p.Calendar.Zone()).Format("Mon 2 Jan 15:04 MST"))
	}
	return nil
}

// maxRecorded bounds how many windows one request may fix, in due dates.
const maxRecorded = 20_000

// Record fixes the window of a due date, and of every due date between it and
// what is recorded: what is recorded always tiles time, whatever becomes of the
// calendar. It belongs into a transaction, which has the series to itself until
// it ends. A date that is not due is report.ErrNotDue.
func (p *Plan) Record(ctx context.Context, q *db.Queries, d report.Date) error {
	if err := q.LockSeries(ctx, p.Series.Name); err != nil {
		return fmt.Errorf("lock series %s: %w", p.Series.Name, err)
	}
	// Somebody may have recorded while we waited for the lock.
	if err := p.resolve(ctx, q, nil); err != nil {
		return err
	}
	if err := p.Calendar.Check(d); err != nil {
		return fmt.Errorf("series %s: %w", p.Series.Name, err)
	}
	recorded, err := windows(ctx, q, p.Series.Name, nil)
	if err != nil {
		return err
	}
	dates, err := p.unrecorded(d, recorded)
	if err != nil {
		return err
	}
	for _, due := range dates {
		if err := p.record(ctx, q, due); err != nil {
			return err
		}
	}
	return nil
}

// unrecorded lists d and the due dates between it and what is recorded.
func (p *Plan) unrecorded(d report.Date, recorded []calendar.Recorded) ([]report.Date, error) {
	if len(recorded) == 0 {
		return []report.Date{d}, nil
	}
	var out []report.Date
	first, last := recorded[0].Date, recorded[len(recorded)-1].Date
	for at := d; at > last; at = p.Calendar.Previous(at) {
		if out = append(out, at); len(out) > maxRecorded {
			return nil, fmt.Errorf("%w: %s lies more than %d due dates after %s", report.ErrInvalid, d, maxRecorded, last)
		}
	}
	for at := d; at < first; at = p.Calendar.Next(at) {
		if out = append(out, at); len(out) > maxRecorded {
			return nil, fmt.Errorf("%w: %s lies more than %d due dates before %s", report.ErrInvalid, d, maxRecorded, first)
		}
	}
	return out, nil
}

func (p *Plan) record(ctx context.Context, q *db.Queries, d report.Date) error {
	from, to := p.Calendar.Window(d)
	days, version := p.CalendarVersion()
	_, err := q.RecordCycle(ctx, db.RecordCycleParams{
		Series: p.Series.Name, BusinessDate: d.Time(), SeriesVersion: p.Version, Calendar: days, CalendarVersion: version,
		Withhold: p.Withhold(d), WindowStart: from, WindowEnd: to, Deadline: p.Series.DeadlineAfter(to),
	})
	if err != nil {
		return fmt.Errorf("record cycle %s: %w", report.CycleID(p.Series.Name, d), err)
	}
	return nil
}

// CalendarVersion names the calendar as rows do: nil and nil where the series
// names none.
func (p *Plan) CalendarVersion() (*string, *int32) {
	if p.Days == nil {
		return nil, nil
	}
	return &p.Days.Name, &p.DaysVersion
}

// Withhold says why a date's report is not to be delivered; empty: it is.
func (p *Plan) Withhold(d report.Date) string {
	deliver, reason := p.Calendar.Deliver(d)
	switch {
	case deliver:
		return ""
	case reason == "":
		return "blackout"
	}
	return "blackout: " + reason
}

// Latest is the newest due date whose cutoff has passed.
func (p *Plan) Latest(now time.Time) report.Date { return p.Calendar.Latest(now) }
