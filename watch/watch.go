// Package watch finds what is late, missed, held or gone, and raises each thing
// once.
package watch

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/launch"
	"github.com/closeofbusiness/cob/ledger"
	"github.com/closeofbusiness/cob/report"
)

// The kinds of alarm.
const (
	Late           = "late"                      // past the deadline without a report
	Missed         = "missed"                    // past the catch-up without a report
	Held           = "held"                      // past the deadline, waiting for data
	Unacknowledged = "unacknowledged"            // nobody has said to have read it in time
	ScheduleGone   = "schedule_gone"             // a series has no schedule in Temporal
	SchedulePaused = "schedule_paused"           // somebody paused it
	MissedCatchUp  = "missed_catch_up"           // the schedule gave up cutoffs that it missed
	OverlapSkipped = "overlap_skipped"           // the schedule dropped starts: a backfill sent Skip
	NoPoller       = "pinned_run_without_poller" // a revision's worker version is not running
	Unreachable    = "temporal_unreachable"
	DatabaseBehind = "database_behind" // Temporal has receipts that the database doesn't know
)

// Kinds lists every kind of alarm.
func Kinds() []string {
	return []string{Late, Missed, Held, Unacknowledged, ScheduleGone, SchedulePaused, MissedCatchUp, OverlapSkipped, NoPoller, Unreachable, DatabaseBehind}
}

const (
	// DefaultGrace is how long after a limit a thing is raised: what happens at
	// the deadline itself takes a moment.
	DefaultGrace = 30 * time.Second
	// horizon is how far back the ledger is looked through. What was raised
	// before stands until it is settled.
	horizon = 60 * 24 * time.Hour
	// receipts is how many of the newest receipts are compared with the
	// database: a restore loses the newest ones.
	receipts = 50
	// strandedAfter is how long a revision may run before its worker is looked
	// for.
	strandedAfter = 2 * time.Minute
)

// Alarm is one thing that somebody should look at.
type Alarm struct {
	Kind    string `json:"kind"`
	Series  string `json:"series,omitempty"`
	Subject string `json:"subject,omitempty"` // a business date, a workflow
	Detail  string `json:"detail"`
}

// Temporal is what the watchdog asks the server; launch.Launcher answers it.
type Temporal interface {
	Reach(ctx context.Context) error
	ScheduleHealth(ctx context.Context, series string) (launch.ScheduleHealth, error)
	LatestReceipts(ctx context.Context, n int) ([]report.Receipt, error)
	Stranded(ctx context.Context, before time.Time) ([]launch.Stuck, error)
}

// Watcher looks at the ledger and at Temporal. Postgres and the calendar are
// all it needs to see what is late.
type Watcher struct {
	Store    *db.Store
	Temporal Temporal
	Log      *slog.Logger
	// Grace is how long after a limit a thing is raised. Zero means
	// DefaultGrace.
	Grace time.Duration
}

// Found is what one look found.
type Found struct {
	Raised   []Alarm `json:"raised"`   // new with this look
	Standing []Alarm `json:"standing"` // with those raised before
	Cleared  []Alarm `json:"cleared"`  // settled since
	// States counts the unsettled cycles of the last 60 days by state.
	States map[report.State]int `json:"states"`
	// Blind tells what could not be looked at; nil: all was.
	Blind error `json:"-"`
}

// look is one look in the making.
type look struct {
	*Watcher
	now    time.Time
	plans  []*ledger.Plan
	alarms []Alarm
	missed []missed
	states map[report.State]int
	// sighted lists the kinds that were looked at in full: only these can be
	// cleared.
	sighted map[string]bool
	blind   []error
}

type missed struct {
	plan *ledger.Plan
	date report.Date
}

// Look looks once, raises what is new and clears what is settled. It fails
// where the database cannot be read; what Temporal could not tell is in Blind.
func (w *Watcher) Look(ctx context.Context) (*Found, error) {
	l := &look{Watcher: w, states: map[report.State]int{}, sighted: map[string]bool{}}
	if err := l.ledger(ctx); err != nil {
		return nil, fmt.Errorf("look at the ledger: %w", err)
	}
	l.temporal(ctx)
	found, err := l.record(ctx)
	if err != nil {
		return nil, fmt.Errorf("record what was found: %w", err)
	}
	return found, nil
}

func (l *look) raise(kind, series, subject, format string, args ...any) {
	l.alarms = append(l.alarms, Alarm{kind, series, subject, fmt.Sprintf(format, args...)})
}

// ledger looks for what is late by the calendar and the database alone.
func (l *look) ledger(ctx context.Context) (err error) {
	q := l.Store.Queries
	if l.now, err = q.Now(ctx); err != nil {
		return err
	}
	if l.plans, err = ledger.All(ctx, q); err != nil {
		return err
	}
	for _, p := range l.plans {
		// Also before the first day: what somebody began there is to be issued.
		entries, err := p.Entries(ctx, q, report.DateOf(l.now.Add(-horizon)), p.Latest(l.now), l.now)
		if err != nil {
			return err
		}
		for _, e := range entries {
			l.entry(p, e)
		}
	}
	for _, kind := range []string{Late, Missed, Held, Unacknowledged} {
		l.sighted[kind] = true
	}
	return nil
}

// entry judges one line of the ledger.
func (l *look) entry(p *ledger.Plan, e ledger.Entry) {
	grace := l.Grace
	if grace == 0 {
		grace = DefaultGrace
	}
	show := func(t time.Time) string { return t.In(p.Calendar.Zone()).Format("Mon 2 Jan 15:04 MST") }
	if !e.Settled() {
		l.states[e.State]++
	}
	switch {
	case e.State == report.Missed:
		l.missed = append(l.missed, missed{p, e.Date})
		l.raise(Missed, e.Series, string(e.Date), "was owed at %s and nobody began it until %s. Make it: starter run --series %s --date %s; or waive it",
			show(e.Cutoff), show(e.CatchUp), e.Series, e.Date)
	case e.State == report.Held:
		l.raise(Held, e.Series, string(e.Date), "held since %s: %s", show(e.Deadline), e.Detail)
	case !e.Settled() && l.now.After(e.Deadline.Add(grace)):
		detail := string(e.State)
		if e.Detail != "" {
			detail += ": " + e.Detail
		}
		l.raise(Late, e.Series, string(e.Date), "not issued; its deadline was %s. It is %s", show(e.Deadline), detail)
	case e.Unacknowledged && l.now.After(e.AcknowledgeBy.Add(grace)):
		l.raise(Unacknowledged, e.Series, string(e.Date), "revision %d was to be acknowledged by %s", e.Revision, show(*e.AcknowledgeBy))
	}
}

// temporal looks at what only the server knows.
func (l *look) temporal(ctx context.Context) {
	if err := l.Temporal.Reach(ctx); err != nil {
		l.raise(Unreachable, "", "", "%v", err)
		l.sighted[Unreachable] = true
		l.blind = append(l.blind, err)
		return
	}
	l.sighted[Unreachable] = true
	for _, part := range []struct {
		kinds []string
		look  func(context.Context) error
	}{
		{[]string{ScheduleGone, SchedulePaused, MissedCatchUp, OverlapSkipped}, l.schedules},
		{[]string{NoPoller}, l.stranded},
		{[]string{DatabaseBehind}, l.behind},
	} {
		if err := part.look(ctx); err != nil {
			l.blind = append(l.blind, err)
			continue
		}
		for _, kind := range part.kinds {
			l.sighted[kind] = true
		}
	}
}

func (l *look) schedules(ctx context.Context) error {
	for _, p := range l.plans {
		name := p.Series.Name
		h, err := l.Temporal.ScheduleHealth(ctx, name)
		switch {
		case err != nil:
			return err
		case h.Gone:
			l.raise(ScheduleGone, name, "", "Temporal has no schedule %s. Make it again: starter series apply FILE", report.ScheduleID(name))
			continue
		case h.Paused:
			l.raise(SchedulePaused, name, "", "%s", h.Note)
		}
		if err := l.counts(ctx, name, h); err != nil {
			return err
		}
	}
	return nil
}

// counts raises what a schedule has dropped since it was last looked at.
func (l *look) counts(ctx context.Context, name string, h launch.ScheduleHealth) error {
	row, err := l.Store.ScheduleRow(ctx, name)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil // never written by series apply: there is no count to compare with
	}
	if err != nil {
		return fmt.Errorf("read the counts of schedule %s: %w", report.ScheduleID(name), err)
	}
	if n := h.OverlapSkipped - row.OverlapSkipped; n > 0 {
		l.raise(OverlapSkipped, name, fmt.Sprint(h.OverlapSkipped),
			"%d starts were dropped: a backfill or trigger asked for overlap policy Skip. Their dates stay owed: starter cycles --series %s", n, name)
	}
	if n := h.MissedCatchUp - row.MissedCatchUp; n > 0 {
		l.raise(MissedCatchUp, name, fmt.Sprint(h.MissedCatchUp), "%d cutoffs were missed for longer than the catch-up. Their dates stay owed: starter cycles --series %s", n, name)
	}
	if h.OverlapSkipped == row.OverlapSkipped && h.MissedCatchUp == row.MissedCatchUp {
		return nil
	}
	return l.Store.CountSchedule(ctx, h.OverlapSkipped, h.MissedCatchUp, name)
}

func (l *look) stranded(ctx context.Context) error {
	stuck, err := l.Temporal.Stranded(ctx, l.now.Add(-strandedAfter))
	for _, s := range stuck {
		series, _, _ := report.ParseCycleID(s.WorkflowID)
		l.raise(NoPoller, series, s.WorkflowID, "is pinned to worker version %s, which nobody runs. Start a worker of that version until it has ended", s.Version)
	}
	return err
}

// behind compares the newest receipts with what the database holds: after a
// restore of an older one, it knows less than Temporal.
func (l *look) behind(ctx context.Context) error {
	list, err := l.Temporal.LatestReceipts(ctx, receipts)
	if err != nil {
		return err
	}
	for _, r := range list {
		rev, err := l.Store.RevisionNumbered(ctx, r.Series, r.BusinessDate.Time(), int32(r.Revision)) // revisions are few
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			l.raise(DatabaseBehind, r.Series, string(r.BusinessDate), "Temporal has the receipt of revision %d with facts sha256:%s, and the database has no such revision: was an older one restored?",
				r.Revision, r.Facts.SHA256)
		case err != nil:
			return fmt.Errorf("read revision %d of %s: %w", r.Revision, report.CycleID(r.Series, r.BusinessDate), err)
		case hex.EncodeToString(rev.FactsSha256) != r.Facts.SHA256:
			l.raise(DatabaseBehind, r.Series, string(r.BusinessDate), "Temporal's receipt of revision %d says facts sha256:%s, the database sha256:%x", r.Revision, r.Facts.SHA256, rev.FactsSha256)
		}
	}
	return nil
}

// record writes what is new and what is settled, and says each once.
func (l *look) record(ctx context.Context) (*Found, error) {
	found := &Found{Standing: l.alarms, States: l.states, Blind: errors.Join(l.blind...)}
	for _, a := range l.alarms {
		n, err := l.Store.RaiseAlarm(ctx, db.RaiseAlarmParams{Kind: a.Kind, Series: a.Series, Subject: a.Subject, Detail: a.Detail})
		if err != nil {
			return nil, err
		}
		if n > 0 {
			found.Raised = append(found.Raised, a)
			l.Log.Warn("raised", "kind", a.Kind, "series", a.Series, "subject", a.Subject, "detail", a.Detail)
		}
	}
	if err := l.clear(ctx, found); err != nil {
		return nil, err
	}
	return found, l.recordMissed(ctx)
}

// clear ends the alarms that are settled: of kinds that were looked at in full,
// about dates that were.
func (l *look) clear(ctx context.Context, found *Found) error {
	standing := map[[3]string]bool{}
	for _, a := range l.alarms {
		standing[[3]string{a.Kind, a.Series, a.Subject}] = true
	}
	rows, err := l.Store.StandingAlarms(ctx)
	if err != nil {
		return err
	}
	oldest := report.DateOf(l.now.Add(-horizon))
	for _, r := range rows {
		d, errDate := report.ParseDate(r.Subject)
		beyond := errDate == nil && d < oldest
		if standing[[3]string{r.Kind, r.Series, r.Subject}] || !l.sighted[r.Kind] {
			continue
		}
		if beyond {
			found.Standing = append(found.Standing, Alarm{r.Kind, r.Series, r.Subject, r.Detail})
			continue
		}
		if _, err := l.Store.ClearAlarm(ctx, r.ID); err != nil {
			return err
		}
		found.Cleared = append(found.Cleared, Alarm{r.Kind, r.Series, r.Subject, r.Detail})
		l.Log.Info("cleared", "kind", r.Kind, "series", r.Series, "subject", r.Subject)
	}
	return nil
}

// recordMissed puts into the ledger that a date was missed, so that it stays
// known after the calendar changes.
func (l *look) recordMissed(ctx context.Context) error {
	for _, m := range l.missed {
		if err := m.plan.Miss(ctx, l.Store, m.date); err != nil {
			return err
		}
	}
	return nil
}
