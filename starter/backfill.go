package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/closeofbusiness/cob/launch"
	"github.com/closeofbusiness/cob/report"
)

const (
	// reportsAtOnce is how many reports of a range are made at once: today's report,
	// which the same workers make, must not wait behind last year's.
	reportsAtOnce = 4
	// maxRange bounds a range, in due dates. A mistyped year asks for more.
	maxRange = 5_000
)

// backfill runs the cycle of every due date in the range.
func (r *runner) backfill(ctx context.Context) error {
	dates, err := r.dates(ctx)
	if err != nil {
		return err
	}
	if err := r.checkAsOf(ctx, dates[len(dates)-1]); err != nil {
		return err
	}
	r.f.asOf = cmp.Or(r.f.asOf, report.AsOfDue)
	if !r.f.wait {
		return r.startAll(ctx, dates)
	}
	b := &backfilling{runner: r, dates: dates, ended: map[report.Date]ending{}}
	return b.run(ctx)
}

// dates lists the due dates of the range whose cutoff has passed: at least one.
func (r *runner) dates(ctx context.Context) ([]report.Date, error) {
	now, err := r.store.Now(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the database's clock: %w", err)
	}
	from, to, err := r.ends(now)
	if err != nil {
		return nil, err
	}
	cal := r.plan.Calendar
	d := from
	if !cal.Due(d) {
		d = cal.Next(d)
	}
	var out, ahead []report.Date
	for ; d <= to && len(out)+len(ahead) <= maxRange; d = cal.Next(d) {
		if cal.Cutoff(d).After(now) {
			ahead = append(ahead, d)
		} else {
			out = append(out, d)
		}
	}
	switch {
	case len(out)+len(ahead) > maxRange:
		return nil, fmt.Errorf("%w: the range from %s to %s holds more than %d due dates. Run it in parts", errUsage, from, to, maxRange)
	case len(out)+len(ahead) == 0:
		return nil, fmt.Errorf("%w: series %s: no report is due from %s to %s: the due dates around it are %s and %s",
			report.ErrNotDue, r.plan.Series.Name, from, to, cal.Previous(from), cal.Next(to))
	case len(out) == 0:
		return nil, fmt.Errorf("%w: series %s: every cutoff from %s to %s lies ahead: the latest that has passed is that of %s",
			report.ErrNotDue, r.plan.Series.Name, from, to, r.plan.Latest(now))
	case len(ahead) > 0:
		r.say("left out, because their cutoffs lie ahead: %s", spanOf(ahead))
	}
	return out, nil
}

// ends reads --from and --to.
func (r *runner) ends(now time.Time) (from, to report.Date, err error) {
	if from, err = report.ParseDate(r.f.from); err != nil {
		return "", "", err
	}
	if to = r.plan.Latest(now); r.f.to != "last" {
		if to, err = report.ParseDate(r.f.to); err != nil {
			return "", "", err
		}
	}
	if to < from {
		return "", "", fmt.Errorf("%w: the range from %s to %s is empty: it ends before it begins", errUsage, from, to)
	}
	return from, to, nil
}

// spanOf writes dates that follow one another.
func spanOf(dates []report.Date) string {
	if len(dates) == 1 {
		return string(dates[0])
	}
	return fmt.Sprintf("%s to %s, %d dates", dates[0], dates[len(dates)-1], len(dates))
}

// startAll starts the cycles and doesn't wait for them. They are canonical
// cycles: one that runs already is found, and starting all again harms nothing.
func (r *runner) startAll(ctx context.Context, dates []report.Date) error {
	type started struct {
		Date       report.Date `json:"business_date"`
		WorkflowID string      `json:"workflow_id"`
		RunID      string      `json:"run_id"`
		URL        string      `json:"url,omitempty"`
	}
	all := make([]started, len(dates))
	group, grouped := errgroup.WithContext(ctx)
	group.SetLimit(reportsAtOnce)
	for i, d := range dates {
		group.Go(func() error {
			run, err := r.launcher.Start(grouped, r.request(d))
			if err == nil {
				all[i] = started{d, run.GetID(), run.GetRunID(), r.link(run.GetID())}
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("%w. Some of the cycles may have been started; the same command goes on", err)
	}
	if r.json {
		return r.printJSON(all)
	}
	rows := make([][]string, len(all))
	for i, s := range all {
		rows[i] = []string{string(s.Date), s.WorkflowID, s.RunID, s.URL}
	}
	return r.table([]string{"DATE", "STARTED", "RUN-ID", "RUN"}, rows)
}

// backfilling waits for the reports of a range.
type backfilling struct {
	*runner
	dates []report.Date
	mutex sync.Mutex // over what is told, and over what has ended
	ended map[report.Date]ending
	bare  bool // that no worker is there has been told
}

// ending is what became of one date.
type ending struct {
	receipt report.Receipt
	err     error
}

func (b *backfilling) run(ctx context.Context) error {
	b.say("%s: %s", b.plan.Series.Name, spanOf(b.dates))
	waiting, cancel := context.WithTimeout(ctx, b.f.timeout)
	defer cancel()
	places := make(chan struct{}, reportsAtOnce)
	var all sync.WaitGroup
	for _, d := range b.dates {
		select {
		case <-waiting.Done():
			continue // it isn't started any more
		case places <- struct{}{}:
		}
		// A cycle that waits for data gives its place to the next one.
		free := sync.OnceFunc(func() { <-places })
		all.Go(func() {
			defer free()
			b.one(waiting, d, free)
		})
	}
	all.Wait()
	return b.conclude(ctx, waiting)
}

// one runs one date to its end.
func (b *backfilling) one(ctx context.Context, d report.Date, free func()) {
	run, err := b.launcher.Start(ctx, b.request(d))
	var receipt report.Receipt
	if err == nil {
		receipt, _, err = b.follow(ctx, run, func(s launch.Stage) { b.tell(ctx, d, s, free) })
	}
	if err != nil && ctx.Err() != nil {
		return // nobody waits any longer; it goes on
	}
	b.end(ctx, d, ending{receipt, err})
}

// tell says that a cycle waits; its other stages would only be noise here.
func (b *backfilling) tell(ctx context.Context, d report.Date, s launch.Stage, free func()) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	switch {
	case s.Waits():
		free()
		b.say("  %s  %-16s  %s", d, s.State, b.explain(ctx, d, s).Note)
	case s.Name == "waiting" && !b.bare:
		b.bare = true
		b.say("  %s", s.Note)
	}
}

// end keeps what became of a date, and says it.
func (b *backfilling) end(ctx context.Context, d report.Date, e ending) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if e.err == nil {
		_, e.err = b.keep(ctx, e.receipt)
	}
	b.ended[d] = e
	if e.err != nil {
		fmt.Fprintf(b.err, "  %s  %-16s  %s\n", d, report.Failed, message(e.err))
	} else {
		b.say("  %s  %-16s  %s", d, e.receipt.State, inBrief(e.receipt))
	}
	if b.json {
		_ = b.printLine(b.line(d, e)) // a reader that is gone will not hear about it either
	}
}

func inBrief(r report.Receipt) string {
	if r.State == report.Waived {
		return "by " + byWhom(r.Decision)
	}
	s := fmt.Sprintf("revision %d, %d not measured", r.Revision, r.Unmeasured)
	if r.Already {
		s += ", issued before"
	}
	return s
}

// line is a date's receipt, or why there is none.
func (b *backfilling) line(d report.Date, e ending) any {
	if e.err == nil {
		return e.receipt
	}
	return map[string]any{"series": b.plan.Series.Name, "business_date": d, "state": report.Failed, "error": message(e.err)}
}

// conclude prints the table, and says what the whole came to.
func (b *backfilling) conclude(ctx, waiting context.Context) error {
	var rows [][]string
	var failed, left []string
	well := true
	for _, d := range b.dates {
		e, ended := b.ended[d]
		row := []string{string(d), string(report.Failed), "", "", ""}
		switch {
		case !ended:
			left = append(left, string(d))
			row[1] = b.state(context.WithoutCancel(ctx), d)
		case e.err != nil:
			failed = append(failed, string(d))
		default:
			well = b.well(e.receipt) && well
			row = rowOf(e.receipt)
		}
		rows = append(rows, row)
	}
	if !b.json {
		if err := b.table([]string{"DATE", "STATE", "REVISION", "LATE", "NOT-MEASURED"}, rows); err != nil {
			return err
		}
	}
	return b.verdict(ctx, waiting, failed, left, well)
}

func (b *backfilling) verdict(ctx, waiting context.Context, failed, left []string, well bool) error {
	switch {
	case len(left) > 0 && errors.Is(ctx.Err(), context.Canceled):
		return fmt.Errorf("interrupted: %d of %d have no receipt. Those that were started go on; the same command waits for them and starts the others", len(left), len(b.dates))
	case len(failed) > 0:
		return fmt.Errorf("%d of %d failed: %s. Once the cause is mended, the same command starts them again", len(failed), len(b.dates), strings.Join(failed, ", "))
	case len(left) > 0 && waiting.Err() != nil:
		return fmt.Errorf("%w: %d of %d have no receipt after %s; those that were started go on, and the same command waits for them", report.ErrUnavailable,
			len(left), len(b.dates), b.f.timeout.Round(time.Second))
	case !well:
		return errNo
	}
	return nil
}

func rowOf(r report.Receipt) []string {
	if r.State == report.Waived {
		return []string{string(r.BusinessDate), string(r.State), "", "", ""}
	}
	return []string{string(r.BusinessDate), string(r.State), fmt.Sprint(r.Revision), lateWord(r.Late), fmt.Sprint(r.Unmeasured)}
}

// state is where the ledger says that a date stands which has no receipt.
func (b *backfilling) state(ctx context.Context, d report.Date) string {
	row, err := b.store.Cycle(ctx, b.plan.Series.Name, d.Time())
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return "not begun"
	case err != nil:
		return "unknown"
	}
	return row.State
}
