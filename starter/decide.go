package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"github.com/closeofbusiness/cob/config"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/ledger"
	"github.com/closeofbusiness/cob/report"
)

// decideFlags are those of the verbs that record what somebody says.
type decideFlags struct {
	series, date, by, text string
	timeout                time.Duration
}

// recordFlags adds what every such verb needs.
func (f *decideFlags) recordFlags(c *cobra.Command, text, about string) {
	c.Args = cobra.NoArgs
	c.Flags().StringVarP(&f.series, "series", "s", "", "the series; default COB_SERIES")
	c.Flags().StringVarP(&f.date, "date", "d", "", "business date, YYYY-MM-DD")
	c.Flags().StringVar(&f.by, "by", "", "who says so; default the OS user")
	c.Flags().StringVar(&f.text, text, "", about)
}

func (f *decideFlags) timeoutFlag(c *cobra.Command) {
	c.Flags().DurationVar(&f.timeout, "timeout", time.Minute, "how long to wait for the cycle's answer")
}

// about reads --series and --date. What is recorded is recorded about a date
// that was written out.
func (f *decideFlags) about(cfg *config.Config) (name string, d report.Date, err error) {
	if name, err = seriesOr(f.series, cfg); err != nil {
		return "", "", err
	}
	if f.date == "" || f.date == "last" {
		return "", "", fmt.Errorf(`%w: --date is needed in full, YYYY-MM-DD, where something is recorded; "last" could be another day a moment later`, errUsage)
	}
	d, err = report.ParseDate(f.date)
	return name, d, err
}

func (f *decideFlags) decision() (report.Decision, error) {
	d := report.Decision{By: cmp.Or(f.by, osUser()), Reason: f.text, Identity: "os-user:" + osUser()}
	return d, d.Validate()
}

func (a *app) ackCommand() *cobra.Command {
	var f decideFlags
	c := &cobra.Command{
		Use:   "ack",
		Short: "record that the report was read",
		Long: `ack records that the next shift has read an issued report. The next report says who
acknowledged this one and when; one that nobody acknowledged within the series'
acknowledge_within shows in "starter cycles". Another acknowledgement of the same
report is recorded too.`,
		Example: "  starter ack --series daily-security --date 2026-11-20 --by m.ferrari",
		RunE:    func(c *cobra.Command, _ []string) error { return a.acknowledge(c.Context(), f) },
	}
	f.recordFlags(c, "note", "a remark, for the record")
	return c
}

// acknowledgement is what ack prints.
type acknowledgement struct {
	Series   string      `json:"series"`
	Date     report.Date `json:"business_date"`
	Revision int32       `json:"revision"`
	By       string      `json:"by"`
	Identity string      `json:"identity"`
	Note     string      `json:"note,omitempty"`
	At       time.Time   `json:"acknowledged_at"`
}

// The longest that a name and a note may be, in bytes.
const (
	longestName = 100
	longestNote = 500
)

func (a *app) acknowledge(ctx context.Context, f decideFlags) error {
	by := cmp.Or(f.by, osUser())
	if err := report.CheckText("--by", by, longestName); err != nil {
		return err
	}
	if f.text != "" {
		if err := report.CheckText("--note", f.text, longestNote); err != nil {
			return err
		}
	}
	return a.withDatabase(ctx, func(cfg *config.Config, store *db.Store) error {
		name, d, err := f.about(cfg)
		if err != nil {
			return err
		}
		plan, err := ledger.Load(ctx, store.Queries, name)
		if err != nil {
			return err
		}
		rev, err := store.LatestRevision(ctx, name, d.Time())
		if errors.Is(err, pgx.ErrNoRows) {
			return a.nothingIssued(ctx, store, plan, d)
		}
		if err != nil {
			return fmt.Errorf("read revision: %w", err)
		}
		a.sayAcknowledged(ctx, store, plan, d)
		row, err := store.Acknowledge(ctx, db.AcknowledgeParams{Series: name, BusinessDate: d.Time(), Revision: rev.Revision,
			By: by, Identity: "os-user:" + osUser(), Note: f.text})
		if err != nil {
			return fmt.Errorf("record the acknowledgement: %w", err)
		}
		k := acknowledgement{name, d, row.Revision, row.By, row.Identity, row.Note, row.AcknowledgedAt.UTC()}
		if a.json {
			return a.printJSON(k)
		}
		_, err = fmt.Fprintf(a.out, "acknowledged  %s  %s  revision %d   by %s   %s\n", k.Series, k.Date, k.Revision, clean(k.By),
			k.At.In(plan.Calendar.Zone()).Format(longTime))
		return err
	})
}

func (a *app) nothingIssued(ctx context.Context, store *db.Store, plan *ledger.Plan, d report.Date) error {
	if err := plan.Calendar.Check(d); err != nil {
		return fmt.Errorf("series %s: %w", plan.Series.Name, err)
	}
	return fmt.Errorf("%w: there is nothing to acknowledge: %s", report.ErrNotFound, standing(ctx, store, plan, d))
}

// sayAcknowledged says on stderr who was first.
func (a *app) sayAcknowledged(ctx context.Context, store *db.Store, plan *ledger.Plan, d report.Date) {
	rows, err := store.Cycles(ctx, plan.Series.Name, d.Time(), d.Time())
	if err == nil && len(rows) == 1 && rows[0].AcknowledgedBy != "" {
		a.say("%s acknowledged it before, %s; that stands, and this is recorded beside it", clean(rows[0].AcknowledgedBy),
			rows[0].AcknowledgedAt.In(plan.Calendar.Zone()).Format(longTime))
	}
}

func (a *app) proceedCommand() *cobra.Command {
	var f decideFlags
	c := &cobra.Command{
		Use:   "proceed",
		Short: "issue a waiting report now, qualified",
		Long: `proceed ends the waiting of a cycle that waits for data, or is held: the report is
issued now, from what is known now, and says what is missing, who decided that
it is issued all the same, and why.`,
		Example: `  starter proceed --series daily-security --date 2026-11-20 --reason "the health feed is down until tomorrow"`,
		RunE:    func(c *cobra.Command, _ []string) error { return a.proceed(c.Context(), f) },
	}
	f.recordFlags(c, "reason", "why; needed")
	f.timeoutFlag(c)
	return c
}

// decided is what proceed and waive print.
type decided struct {
	Series string       `json:"series"`
	Date   report.Date  `json:"business_date"`
	State  report.State `json:"state"`
	report.Decision
}

func (a *app) proceed(ctx context.Context, f decideFlags) error {
	by, err := f.decision()
	if err != nil {
		return err
	}
	return a.withDatabase(ctx, func(cfg *config.Config, store *db.Store) error {
		name, d, err := f.about(cfg)
		if err != nil {
			return err
		}
		plan, err := ledger.Load(ctx, store.Queries, name)
		if err != nil {
			return err
		}
		if err := plan.Calendar.Check(d); err != nil {
			return fmt.Errorf("series %s: %w", name, err)
		}
		state, err := a.decide(ctx, cfg, report.UpdateProceed, f.timeout, name, d, by)
		if errors.Is(err, report.ErrConflict) {
			return fmt.Errorf("%w: proceed: %s", report.ErrConflict, standing(ctx, store, plan, d))
		}
		if err != nil {
			return err
		}
		a.say("the report is being made. To wait for it: starter run --series %s --date %s --wait", name, d)
		return a.printDecided("proceeds", decided{name, d, state, by})
	})
}

// decide asks the cycle's workflow.
func (a *app) decide(ctx context.Context, cfg *config.Config, what string, timeout time.Duration, name string, d report.Date, by report.Decision) (report.State, error) {
	l, err := a.temporal(ctx, cfg)
	if err != nil {
		return "", err
	}
	defer l.Client.Close()
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return l.Decide(ctx, what, name, d, by)
}

func (a *app) printDecided(verb string, d decided) error {
	if a.json {
		return a.printJSON(d)
	}
	_, err := fmt.Fprintf(a.out, "%s  %s  %s   by %s\n", verb, d.Series, d.Date, byWhom(&d.Decision))
	return err
}

func (a *app) waiveCommand() *cobra.Command {
	var f decideFlags
	c := &cobra.Command{
		Use:   "waive",
		Short: "record that a report is not owed after all",
		Long: `waive records that no report is owed on a date after all, by whom and why. A cycle that
waits or is held ends with that. One that nobody has begun, or that failed, is
waived in the database alone, also while Temporal is away. What is issued
cannot be waived.

A date may be waived up to 30 days before its cutoff. That fixes the windows up
to it, so a closure that is known for longer belongs into the calendar.`,
		Example: `  starter waive --series daily-security --date 2026-12-24 --reason "the lab is closed"`,
		RunE:    func(c *cobra.Command, _ []string) error { return a.waive(c.Context(), f) },
	}
	f.recordFlags(c, "reason", "why; needed")
	f.timeoutFlag(c)
	return c
}

func (a *app) waive(ctx context.Context, f decideFlags) error {
	by, err := f.decision()
	if err != nil {
		return err
	}
	return a.withDatabase(ctx, func(cfg *config.Config, store *db.Store) error {
		name, d, err := f.about(cfg)
		if err != nil {
			return err
		}
		w, err := ledger.Waive(ctx, store, name, d, by)
		switch {
		case errors.Is(err, ledger.ErrBegun):
			return a.waiveBegun(ctx, cfg, store, f.timeout, name, d, by)
		case err != nil:
			return err
		case w.Already:
			a.say("it was waived before, and that stands")
			by = report.Decision{By: w.Cycle.DecidedBy, Reason: w.Cycle.DecidedReason, Identity: w.Cycle.DecidedIdentity}
		case w.Ahead:
			a.say("its cutoff lies ahead. The windows up to %s are fixed now: a change of the cutoff or the calendar counts after it", d)
		default:
			a.say("no run of it was under way: the database alone was asked, not Temporal")
		}
		return a.printDecided("waived", decided{name, d, report.Waived, by})
	})
}

// waiveBegun has the cycle's workflow waive it.
func (a *app) waiveBegun(ctx context.Context, cfg *config.Config, store *db.Store, timeout time.Duration, name string, d report.Date, by report.Decision) error {
	state, err := a.decide(ctx, cfg, report.UpdateWaive, timeout, name, d, by)
	if errors.Is(err, report.ErrConflict) {
		plan, loadErr := ledger.Load(ctx, store.Queries, name)
		if loadErr != nil {
			return loadErr
		}
		return fmt.Errorf("%w: waive: %s", report.ErrConflict, standing(ctx, store, plan, d))
	}
	if err != nil {
		return err
	}
	return a.printDecided("waived", decided{name, d, state, by})
}

// standing says where a cycle stands that can't be decided about, and what can be
// done.
func standing(ctx context.Context, store *db.Store, plan *ledger.Plan, d report.Date) string {
	id := report.CycleID(plan.Series.Name, d)
	again := fmt.Sprintf("starter run --series %s --date %s", plan.Series.Name, d)
	c, err := store.Cycle(ctx, plan.Series.Name, d.Time())
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return id + ": its state cannot be read: " + err.Error()
	}
	switch state := report.State(c.State); state {
	case report.Issued, report.IssuedQualified:
		return id + " is issued: nothing issued is ever changed"
	case report.Waived:
		return id + " is waived, by " + clean(c.DecidedBy) + ": " + clean(c.DecidedReason)
	case report.Failed:
		return id + " has failed: " + clean(message(errors.New(c.Failure))) + ". Start it again: " + again
	case report.AwaitingData, report.Held:
		return id + " is " + c.State + ", and no workflow runs that waits. Start it again: " + again
	case report.Open:
		return id + " is open: it is being made or, where no workflow runs, was interrupted. To wait for it, or to go on with it: " + again + " --wait"
	default:
		return "nobody has begun " + id + ". Start it: " + again
	}
}
