package snapshot

import (
	"context"
	"time"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/template"
)

// asked are the trends that a template needs. Never nil: a template without
// any asks for none.
func asked(n template.Needs) []fact.TrendRequest {
	out := []fact.TrendRequest{}
	for _, t := range n.Trends {
		out = append(out, fact.TrendRequest{ID: t.ID, Dims: t.Dims, Days: t.Days})
	}
	return out
}

// days are the last n business days with their windows, which follow one
// another, oldest first and the cycle's own last.
func (r *reader) days(in *fact.Input, n int) ([]report.Date, []fact.Window) {
	dates := r.cal.Before(in.Date, n)
	windows := make([]fact.Window, n)
	from := r.window(dates[0]).From
	for i, d := range dates {
		windows[i] = fact.Window{From: from, To: r.window(d).To}
		from = windows[i].To
	}
	windows[n-1] = in.Window
	if n > 1 {
		windows[n-2].To = in.Window.From
	}
	return dates, windows
}

// trend reads the attack success rate's totals of the last business days, each
// in its own window.
func (r *reader) trend(ctx context.Context, in *fact.Input) error {
	n := rateDays(in)
	if n == 0 {
		return nil
	}
	dates, windows := r.days(in, n)
	bounds := []time.Time{windows[0].From}
	in.Trend = make([]fact.Point, n)
	for i, d := range dates {
		bounds = append(bounds, windows[i].To)
		in.Trend[i].Date = d
	}
	rows, err := r.AttackTrend(ctx, db.AttackTrendParams{Bounds: bounds, AsOf: r.req.AsOf,
		WindowStart: bounds[0], WindowEnd: in.Window.To, Sources: r.sources()})
	if rows, err = read("trend", rows, err); err != nil {
		return err
	}
	for _, row := range rows {
		p := &in.Trend[row.Bucket-1]
		p.Numerator, p.Denominator = row.Hits, row.Evaluated
	}
	return nil
}

// rateDays is over how many days the attack success rate is wanted: TrendDays
// where nobody has said what the report needs.
func rateDays(in *fact.Input) int {
	if in.Trends == nil {
		return TrendDays
	}
	n := 0
	for _, t := range in.Trends {
		if t.ID == "attack.success_rate" {
			n = max(n, t.Days)
		}
	}
	return n
}

// history reads the rows of the days that the trends reach back to: no more than
// a template may ask for, and of no more kinds of data than it needs.
func (r *reader) history(ctx context.Context, in *fact.Input) error {
	metrics, err := fact.Builtin().With(in.Metrics...)
	if err != nil {
		return err
	}
	feeds, n := fact.PastFeeds(metrics, in.Trends)
	if n <= 2 { // the previous day has been read
		return nil
	}
	if feeds == nil {
		feeds = in.Feeds
	}
	dates, windows := r.days(in, n)
	for i := range n - 2 {
		m, err := r.measure(ctx, windows[i], feeds)
		if err != nil {
			return err
		}
		in.History = append(in.History, fact.Past{Date: dates[i], Measurements: m})
	}
	return nil
}
