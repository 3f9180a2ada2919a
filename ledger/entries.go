package ledger

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/report"
)

// Entry is one line of the ledger: a series on a business date.
type Entry struct {
	Series string       `json:"series"`
	Date   report.Date  `json:"business_date"`
	State  report.State `json:"state"`
	// Late: the deadline has passed without a report, or the report was issued
	// late.
	Late     bool      `json:"late"`
	Cutoff   time.Time `json:"cutoff"`
	Deadline time.Time `json:"deadline"`
	// CatchUp is until when an owed report is made up for by itself.
	CatchUp  time.Time  `json:"catch_up"`
	AsOf     *time.Time `json:"as_of,omitempty"`
	Revision int        `json:"revision,omitempty"`
	IssuedAt *time.Time `json:"issued_at,omitempty"`
	// Detail says what is missing, who waived it and why, or why it failed.
	Detail         string     `json:"detail,omitempty"`
	AcknowledgedBy string     `json:"acknowledged_by,omitempty"`
	AcknowledgedAt *time.Time `json:"acknowledged_at,omitempty"`
	// AcknowledgeBy is until when the report is to be acknowledged; nil where
	// the series does not ask or nothing is issued.
	AcknowledgeBy *time.Time `json:"acknowledge_by,omitempty"`
	// Unacknowledged: that has passed without an acknowledgement.
	Unacknowledged bool `json:"unacknowledged,omitempty"`
}

// Settled tells whether nothing more is to come: issued or waived.
func (e Entry) Settled() bool {
	return e.State == report.Issued || e.State == report.IssuedQualified || e.State == report.Waived
}

// Entries lists what the series owed on the dates from and to, both included,
// and what became of it, oldest first: what is recorded, and what the calendar
// says beside it. Of cutoffs after now only what is waived is listed.
func (p *Plan) Entries(ctx context.Context, q *db.Queries, from, to report.Date, now time.Time) ([]Entry, error) {
	rows, err := q.Cycles(ctx, p.Series.Name, from.Time(), to.Time())
	if err != nil {
		return nil, fmt.Errorf("read the ledger of series %s: %w", p.Series.Name, err)
	}
	out := make([]Entry, 0, len(rows))
	recorded := map[report.Date]bool{}
	for _, row := range rows {
		e := p.entry(row, now)
		recorded[e.Date] = true
		if !p.nothingOwed(e, now) {
			out = append(out, e)
		}
	}
	last := min(to, p.Latest(now))
	for d := last; d >= max(from, p.FirstDay) && len(out) <= maxRecorded; d = p.Calendar.Previous(d) {
		if p.Calendar.Due(d) && !recorded[d] {
			_, cutoff := p.Calendar.Window(d)
			out = append(out, p.judge(Entry{Series: p.Series.Name, Date: d, State: report.Owed,
				Cutoff: cutoff.UTC(), Deadline: p.Series.DeadlineAfter(cutoff).UTC()}, now))
		}
	}
	slices.SortFunc(out, func(a, b Entry) int { return a.Cutoff.Compare(b.Cutoff) })
	return out, nil
}

// nothingOwed tells of a date that nobody has begun whether its window is merely
// fixed: because later ones were, or because one before or after it was waived
// or issued by hand.
func (p *Plan) nothingOwed(e Entry, now time.Time) bool {
	unbegun := e.State == report.Owed || e.State == report.Missed
	return unbegun && (e.Date < p.FirstDay || e.Cutoff.After(now))
}

func (p *Plan) entry(row db.CyclesRow, now time.Time) Entry {
	e := Entry{
		Series: row.Series, Date: report.DateOf(row.BusinessDate), State: report.State(row.State), Late: row.Late,
		Cutoff: row.WindowEnd.UTC(), Deadline: row.Deadline.UTC(), AsOf: utc(row.AsOf), Revision: int(row.Revision),
		AcknowledgedBy: row.AcknowledgedBy,
	}
	if row.Revision > 0 {
		e.IssuedAt = utc(&row.IssuedAt)
	}
	if row.AcknowledgedBy != "" {
		e.AcknowledgedAt = utc(&row.AcknowledgedAt)
	}
	switch e.State {
	case report.Failed:
		e.Detail = row.Failure
	case report.AwaitingData, report.Held:
		e.Detail = row.Missing
	case report.Waived:
		e.Detail = row.DecidedBy + ": " + row.DecidedReason
	case report.IssuedQualified:
		if row.DecidedBy != "" {
			e.Detail = "issued by decision of " + row.DecidedBy + ": " + row.DecidedReason
		}
	case report.Issued:
		e.Detail = row.Withhold
	}
	return p.judge(e, now)
}

// judge adds what follows from the clock.
func (p *Plan) judge(e Entry, now time.Time) Entry {
	e.CatchUp = p.Series.CatchUpAfter(e.Cutoff).UTC()
	if e.State == report.Owed && now.After(e.CatchUp) {
		e.State = report.Missed
	}
	if !e.Settled() && now.After(e.Deadline) {
		e.Late = true
	}
	if e.IssuedAt == nil {
		return e
	}
	if by, asked := p.Series.AcknowledgeBy(*e.IssuedAt); asked {
		by = by.UTC()
		e.AcknowledgeBy = &by
		e.Unacknowledged = e.AcknowledgedAt == nil && now.After(by)
	}
	return e
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}
