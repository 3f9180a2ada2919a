package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"github.com/closeofbusiness/cob/config"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/launch"
	"github.com/closeofbusiness/cob/ledger"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/delivery"
)

type runFlags struct {
	series, date, from, to string
	asOf, output           string
	wait                   bool
	timeout                time.Duration
	failIfQualified        bool
}

func (a *app) runCommand() *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "run",
		Short: "start or join a cycle, or all of a range",
		Long: `run starts the report of a series on a business date, or joins it where it
is being made. A report that was issued already is not made again: its receipt
is printed, as is who waived a date that was waived.

With --from and --to it does so for every due date of the range, both ends
included, a few at a time: each has its own window, and is made from the data
that were known when it was due. Cutoffs that lie ahead are left out.

Without --wait or --output it ends as soon as the cycles run. Ctrl-C while it
waits leaves them running.

--as-of says whose knowledge a report uses that nobody has begun yet: "due", what
was known when it was due; "now"; or a time from the cutoff on. The default is
due for a range; for one date it is due until its deadline, then now.`,
		Example: `  starter run --series daily-security --wait
  starter run --series daily-security --date 2026-11-20 --output ./reports
  starter run --series daily-security --from 2026-11-02 --to 2026-11-20 --wait`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := f.check(c.Flags().Changed("date")); err != nil {
				return err
			}
			return a.withBoth(c.Context(), func(cfg *config.Config, store *db.Store, l *launch.Launcher) error {
				return a.runSeries(c.Context(), &runner{app: a, cfg: cfg, store: store, launcher: l, f: f})
			})
		},
	}
	a.seriesFlags(c, &f.series, &f.date)
	flags := c.Flags()
	flags.StringVar(&f.from, "from", "", "first date of a range, YYYY-MM-DD")
	flags.StringVar(&f.to, "to", "", `last date of a range, YYYY-MM-DD or "last"`)
	flags.StringVar(&f.asOf, "as-of", "", `whose knowledge: "due", "now", or a time such as 2026-11-20T18:00:00Z`)
	flags.StringVarP(&f.output, "output", "o", "", "write the files below this folder as well, as SERIES/DATE/rN/ (implies --wait)")
	flags.BoolVarP(&f.wait, "wait", "w", false, "wait for the receipts")
	flags.DurationVar(&f.timeout, "timeout", 30*time.Minute, "how long to wait in all; the cycles go on")
	flags.BoolVar(&f.failIfQualified, "fail-if-qualified", false, "exit 1 where a report was issued qualified")
	return c
}

func (f *runFlags) check(dated bool) error {
	f.wait = f.wait || f.output != ""
	switch {
	case (f.from == "") != (f.to == ""):
		return fmt.Errorf("%w: --from and --to are needed together", errUsage)
	case f.from != "" && dated:
		return fmt.Errorf("%w: give --date, or --from and --to", errUsage)
	case f.timeout <= 0:
		return fmt.Errorf("%w: --timeout %s: more than nothing is needed", errUsage, f.timeout)
	}
	_, _, err := report.ParseAsOf(f.asOf)
	return err
}

// seriesFlags adds --series and --date.
func (a *app) seriesFlags(c *cobra.Command, series, date *string) {
	c.Flags().StringVarP(series, "series", "s", "", "the series; default COB_SERIES")
	c.Flags().StringVarP(date, "date", "d", "last", `business date YYYY-MM-DD, or "last": the latest whose cutoff has passed`)
}

// seriesOr is --series, or COB_SERIES.
func seriesOr(flag string, cfg *config.Config) (string, error) {
	if flag == "" {
		flag = cfg.Series
	}
	if flag == "" {
		return "", fmt.Errorf("%w: --series is needed (or COB_SERIES)", errUsage)
	}
	return flag, nil
}

// runner runs the cycles of one series.
type runner struct {
	*app
	cfg      *config.Config
	store    *db.Store
	launcher *launch.Launcher
	plan     *ledger.Plan
	f        runFlags
}

func (a *app) runSeries(ctx context.Context, r *runner) error {
	name, err := seriesOr(r.f.series, r.cfg)
	if err != nil {
		return err
	}
	if r.plan, err = ledger.Load(ctx, r.store.Queries, name); err != nil {
		return err
	}
	if r.f.from != "" {
		return r.backfill(ctx)
	}
	return r.one(ctx)
}

// one runs the cycle of one date.
func (r *runner) one(ctx context.Context) error {
	date, err := dateOr(ctx, r.store, r.plan.Calendar, r.f.date)
	if err != nil {
		return err
	}
	if err := r.plan.Calendar.Check(date); err != nil {
		return fmt.Errorf("series %s: %w", r.plan.Series.Name, err)
	}
	if err := r.checkAsOf(ctx, date); err != nil {
		return err
	}
	run, err := r.launcher.Start(ctx, r.request(date))
	if err != nil {
		return err
	}
	if !r.f.wait {
		return r.printStarted(run, r.link(run.GetID()))
	}
	receipt, err := r.await(ctx, run, date)
	if err != nil {
		return err
	}
	return r.finish(ctx, receipt, r.link(run.GetID()))
}

// checkAsOf refuses an instant that no report of the date can use, before
// anything is started.
func (r *runner) checkAsOf(ctx context.Context, d report.Date) error {
	_, at, err := report.ParseAsOf(r.f.asOf)
	if err != nil || at.IsZero() {
		return err
	}
	now, err := r.store.Now(ctx)
	if err != nil {
		return fmt.Errorf("read the database's clock: %w", err)
	}
	if cutoff := r.plan.Calendar.Cutoff(d); at.Before(cutoff) || at.After(now) {
		return fmt.Errorf("%w: --as-of %s: a time from the cutoff of %s, %s, until now is expected", errUsage, r.f.asOf, d, cutoff.UTC().Format(time.RFC3339))
	}
	return nil
}

func (r *runner) request(d report.Date) report.Request {
	return report.Request{Series: r.plan.Series.Name, BusinessDate: d, RequestedBy: "os-user:" + osUser(), AsOf: r.f.asOf}
}

func (r *runner) link(workflowID string) string {
	return launch.Link(r.cfg.UIURL, r.launcher.Namespace, workflowID)
}

func (a *app) printStarted(run client.WorkflowRun, link string) error {
	if a.json {
		return a.printJSON(map[string]string{"workflow_id": run.GetID(), "run_id": run.GetRunID(), "url": link})
	}
	fmt.Fprintf(a.out, "started\t%s\n", run.GetID())
	if link != "" {
		fmt.Fprintf(a.out, "run\t%s\n", link)
	}
	return nil
}

// await shows the stages while the cycle runs, and returns its receipt.
func (r *runner) await(ctx context.Context, run client.WorkflowRun, d report.Date) (report.Receipt, error) {
	ctx, cancel := context.WithTimeout(ctx, r.f.timeout)
	defer cancel()
	receipt, untold, err := r.follow(ctx, run, func(s launch.Stage) { r.showStage(r.explain(ctx, d, s)) })
	switch {
	case err == nil && !receipt.Already && receipt.State != report.Waived: // what an earlier run went through is no progress of this one
		for _, s := range untold {
			r.showStage(s)
		}
	case err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return receipt, fmt.Errorf("%w: %s has no receipt after %s; it goes on%s. Ask again: starter run --wait", report.ErrUnavailable,
			run.GetID(), r.f.timeout, r.standing(context.WithoutCancel(ctx), d))
	case err != nil && ctx.Err() != nil:
		return receipt, fmt.Errorf("interrupted: %s goes on. Wait for it again: starter run --wait", run.GetID())
	}
	return receipt, err
}

// follow waits for a cycle's receipt and tells its stages. It returns those that
// it had no occasion to tell.
func (r *runner) follow(ctx context.Context, run client.WorkflowRun, tell func(launch.Stage)) (receipt report.Receipt, untold []launch.Stage, err error) {
	watching, stop := context.WithCancel(ctx)
	rest := make(chan []launch.Stage)
	go func() { rest <- r.launcher.Watch(watching, run.GetID(), tell) }()
	err = run.Get(ctx, &receipt)
	stop()
	untold = <-rest
	if kind := launch.Kind(err); kind != nil {
		err = fmt.Errorf("%w: %s", kind, report.Cause(err))
	} else if err != nil {
		err = fmt.Errorf("%s failed: %s", run.GetID(), report.Cause(err))
	}
	return receipt, untold, err
}

// explain says of a cycle that waits until when it does, and what comes then.
func (r *runner) explain(ctx context.Context, d report.Date, s launch.Stage) launch.Stage {
	if !s.Waits() {
		return s
	}
	row, err := r.store.Cycle(ctx, r.plan.Series.Name, d.Time())
	if err != nil { // what it waits for is worth telling all the same
		s.Note = "for " + s.Missing
		return s
	}
	deadline := row.Deadline.UTC()
	s.Until = &deadline
	shown := deadline.In(r.plan.Calendar.Zone()).Format(shortTime)
	then := "then it is issued, qualified"
	if r.plan.Series.Hold() {
		then = "then it is held"
	}
	s.Note = fmt.Sprintf("for data until %s, %s: %s", shown, then, s.Missing)
	if s.State == report.Held {
		s.Note = fmt.Sprintf("since %s, until the data is complete: %s. To decide: starter proceed|waive --series %s --date %s --reason TEXT",
			shown, s.Missing, r.plan.Series.Name, d)
	}
	return s
}

// standing says in a few words what a cycle without a receipt waits for.
func (r *runner) standing(ctx context.Context, d report.Date) string {
	row, err := r.store.Cycle(ctx, r.plan.Series.Name, d.Time())
	if err != nil || row.Missing == "" {
		return ""
	}
	return fmt.Sprintf(" (%s: %s)", row.State, row.Missing)
}

func (a *app) showStage(s launch.Stage) {
	if a.json {
		b, err := json.Marshal(s)
		if err == nil {
			fmt.Fprintln(a.out, string(b))
		}
		return
	}
	name := s.Name
	switch s.State {
	case report.AwaitingData:
		name = "waits"
	case report.Held:
		name = "held"
	}
	a.say("  %-8s %s", name, s.Note)
}

// finish writes the files where they are wanted and prints the receipt.
func (r *runner) finish(ctx context.Context, receipt report.Receipt, link string) error {
	folder, err := r.keep(ctx, receipt)
	if err != nil {
		return err
	}
	r.comment(receipt)
	if err := r.printReceipt(receipt, folder, link); err != nil {
		return err
	}
	if !r.well(receipt) {
		return errNo
	}
	return nil
}

// keep writes the files below --output, and returns their folder.
func (r *runner) keep(ctx context.Context, receipt report.Receipt) (folder string, err error) {
	if r.f.output == "" || receipt.State == report.Waived {
		return "", nil
	}
	folder = delivery.Folder(r.f.output, receipt.Series, receipt.BusinessDate, receipt.Revision)
	return folder, writeFiles(ctx, r.store, receipt, folder)
}

// comment says on stderr what is to be known about a receipt.
func (r *runner) comment(receipt report.Receipt) {
	if receipt.State == report.Waived {
		return
	}
	if receipt.Already {
		r.say("revision %d was already issued, %s; nothing was made again", receipt.Revision, receipt.IssuedAt.Format(longTime))
	}
	if receipt.Already && r.f.asOf != "" {
		r.say("it uses the data as known at %s: --as-of changes nothing about what is issued", receipt.AsOf.Format(longTime))
	}
	if receipt.State == report.IssuedQualified {
		r.say("qualified: the report says on its first page what is missing")
	}
}

// well says on stderr which copies were not delivered, and tells whether
// everything about the receipt is well.
func (r *runner) well(receipt report.Receipt) bool {
	well := true
	for _, d := range receipt.Deliveries {
		switch d.State {
		case report.Delivered:
		case report.Withheld:
			r.say("%s: withheld from %s %s: %s", receipt.BusinessDate, d.Channel, d.Recipient, d.Detail)
		default:
			well = false
			fmt.Fprintf(r.err, "%s: not delivered to %s %s: %s %s\n", receipt.BusinessDate, d.Channel, d.Recipient, d.State, d.Detail)
		}
	}
	return well && (receipt.State != report.IssuedQualified || !r.f.failIfQualified)
}

func writeFiles(ctx context.Context, store *db.Store, r report.Receipt, folder string) error {
	for _, file := range r.Artifacts {
		digest, err := file.Ref.Digest()
		if err != nil {
			return err
		}
		body, err := store.Content(ctx, digest)
		if err != nil {
			return fmt.Errorf("read %s: %w", file.FileName, err)
		}
		if err := delivery.ToFolder(folder, file, body); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) printReceipt(r report.Receipt, folder, link string) error {
	if a.json {
		return a.printLine(r)
	}
	already := ""
	if r.Already {
		already = "already "
	}
	if r.State == report.Waived {
		fmt.Fprintf(a.out, "%swaived  %s  %s   by %s\n", already, r.Series, r.BusinessDate, byWhom(r.Decision))
		return nil
	}
	state := "complete"
	if r.State == report.IssuedQualified {
		state = "qualified"
	}
	if r.Late {
		state += ", late"
	}
	fmt.Fprintf(a.out, "%sissued  %s  %s  revision %d   %s   %d not measured\n", already, r.Series, r.BusinessDate, r.Revision, state, r.Unmeasured)
	if r.Decision != nil {
		fmt.Fprintf(a.out, "decided by %s\n", byWhom(r.Decision))
	}
	for _, n := range r.Narratives {
		fmt.Fprintf(a.out, "prose   %s\n", proseOf(n))
	}
	for _, where := range folders(r, folder) {
		fmt.Fprintf(a.out, "files   %s\n", filepath.Join(where, "report.{"+strings.Join(endings(r), ",")+"}"))
	}
	fmt.Fprintf(a.out, "facts   sha256:%s…%s   %d figures\n", r.Facts.SHA256[:8], r.Facts.SHA256[60:], r.Figures)
	if link != "" {
		fmt.Fprintf(a.out, "run     %s\n", link)
	}
	return nil
}

// proseOf is what became of a narrative that models were asked to write.
func proseOf(n report.Narrative) string {
	if n.State == report.Written {
		return fmt.Sprintf("%s written by %s (%s)", clean(n.Block), clean(n.Model), clean(n.Provider))
	}
	return fmt.Sprintf("%s by rules; AI narrative withheld: %s", clean(n.Block), clean(n.Reason))
}

// byWhom is who decided, and why. Both come from people's keyboards.
func byWhom(d *report.Decision) string {
	if d == nil {
		return "somebody"
	}
	return clean(d.By) + ": " + clean(d.Reason)
}

// printLine writes one JSON object on a line of its own.
func (a *app) printLine(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.out, string(b))
	return err
}

// folders lists where the files are.
func folders(r report.Receipt, extra string) []string {
	var out []string
	for _, d := range r.Deliveries {
		if d.Channel == "folder" && d.State == report.Delivered {
			out = append(out, delivery.Folder(d.Recipient, r.Series, r.BusinessDate, r.Revision))
		}
	}
	if extra != "" {
		out = append(out, extra)
	}
	return out
}

// endings are what follows "report." in the names of the files.
func endings(r report.Receipt) []string {
	out := make([]string, len(r.Artifacts))
	for i, f := range r.Artifacts {
		out[i] = strings.TrimPrefix(f.FileName, "report.")
	}
	return out
}
