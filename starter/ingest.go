package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/closeofbusiness/cob/config"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/ingest"
)

type ingestFlags struct {
	source, zone, target string
	labels               []string
	completeThrough      string
	recordedAt           string
	dryRun               bool
}

// taker takes one file in.
type taker func(context.Context, ingest.DB, io.Reader, string, ingest.Options) (ingest.Result, error)

func (a *app) ingestCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "ingest",
		Short: "garak | jailbreakbench | ndjson | list: take operational data in",
		Long: `ingest takes files in. Each is one transaction: it is recorded whole or not at
all, and the same content twice adds nothing. docs/ingest.md describes the
formats.`,
	}
	c.AddCommand(
		a.takeCommand("garak", "garak scan reports (.report.jsonl)", true, ingest.Garak),
		a.takeCommand("jailbreakbench", "JailbreakBench artifacts (.json)", true, ingest.JailbreakBench),
		a.takeCommand("ndjson", "the neutral format, for everything; - reads standard input", false, ingest.NDJSON),
		&cobra.Command{Use: "list", Short: "what was taken in: files, rows, digests", Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error { return a.listBatches(c.Context()) }})
	return c
}

func (a *app) takeCommand(format, short string, zoned bool, take taker) *cobra.Command {
	var f ingestFlags
	c := &cobra.Command{Use: format + " FILE...", Short: short, Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o, err := f.options(zoned)
			if err != nil {
				return err
			}
			return a.withDatabase(c.Context(), func(_ *config.Config, store *db.Store) error {
				return a.takeAll(c.Context(), store, args, o, take)
			})
		}}
	flags := c.Flags()
	flags.StringVar(&f.source, "source", "", "the source that the rows belong to")
	flags.StringVar(&f.recordedAt, "recorded-at", "", "load history: count as known from this time on (RFC 3339)")
	flags.BoolVar(&f.dryRun, "dry-run", false, "check everything, keep nothing")
	if zoned {
		flags.StringVar(&f.zone, "time-zone", "", "where the file's times were written down, such as Europe/London (needed: they carry no zone)")
		flags.StringVar(&f.target, "target", "", "what was tested; default as the file says")
		flags.StringArrayVar(&f.labels, "label", nil, "k=v, names a variant of the target; may be given more than once")
		flags.StringVar(&f.completeThrough, "complete-through", "", "record that the source's attacks are complete until this time (RFC 3339)")
	}
	return c
}

func (f *ingestFlags) options(zoned bool) (ingest.Options, error) {
	o := ingest.Options{Source: f.source, Target: f.target, DryRun: f.dryRun, Labels: map[string]string{}}
	bad := func(flag, value, expected string) error {
		return fmt.Errorf("%w: %s %q: %s expected", errUsage, flag, value, expected)
	}
	if zoned {
		zone, err := time.LoadLocation(f.zone)
		if f.zone == "" || f.zone == "Local" || err != nil {
			return o, bad("--time-zone", f.zone, "an IANA zone such as Europe/London (the file's own times carry none)")
		}
		o.TimeZone = zone
	}
	for _, l := range f.labels {
		k, v, ok := strings.Cut(l, "=")
		if !ok || k == "" || v == "" {
			return o, bad("--label", l, "k=v")
		}
		o.Labels[k] = v
	}
	for _, t := range []struct {
		flag, value string
		into        *time.Time
	}{{"--complete-through", f.completeThrough, &o.CompleteThrough}, {"--recorded-at", f.recordedAt, &o.RecordedAt}} {
		if t.value == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339, t.value)
		if err != nil {
			return o, bad(t.flag, t.value, "a time with its offset such as 2026-11-20T17:00:00+00:00")
		}
		*t.into = at
	}
	return o, nil
}

func (a *app) takeAll(ctx context.Context, store *db.Store, names []string, o ingest.Options, take taker) error {
	var results []ingest.Result
	for _, name := range names {
		r, err := a.takeFile(ctx, store, name, o, take)
		if err != nil {
			if len(results) > 0 {
				a.say("%d of %d files were taken before this one and stay", len(results), len(names))
			}
			return err
		}
		results = append(results, r)
		a.remark(r)
	}
	if a.json {
		return a.printJSON(results)
	}
	rows := make([][]string, len(results))
	for i, r := range results {
		rows[i] = []string{r.Name, r.Source, what(r), fmt.Sprint(r.Attempts), fmt.Sprint(r.Evaluations), fmt.Sprint(r.Hits), tally(r.Rows), fmt.Sprint(r.Batch)}
	}
	return a.table([]string{"FILE", "SOURCE", "RESULT", "ATTEMPTS", "EVALUATIONS", "HITS", "ROWS", "BATCH"}, rows)
}

func (a *app) takeFile(ctx context.Context, store *db.Store, name string, o ingest.Options, take taker) (ingest.Result, error) {
	var in io.Reader = os.Stdin
	size := int64(-1)
	if name != "-" {
		f, err := os.Open(name) // #nosec G304 -- the user names it
		if err != nil {
			return ingest.Result{}, fmt.Errorf("%w: %w", errUsage, err)
		}
		defer f.Close() // only read
		if info, err := f.Stat(); err == nil {
			size = info.Size()
		}
		in = f
	}
	if isTerminal(a.err) && !a.quiet {
		bar := progressbar.NewOptions64(size, progressbar.OptionSetWriter(a.err), progressbar.OptionSetDescription(name),
			progressbar.OptionShowBytes(true), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
		o.Progress = func(n int64) { _ = bar.Set64(n) } // drawing the bar is not worth failing for
		defer bar.Finish()                              // as above
	}
	return take(ctx, store.Pool, in, name, o)
}

// remark says on stderr what the table has no room for.
func (a *app) remark(r ingest.Result) {
	if r.Backdated && !r.Already {
		a.say("%s: recorded as known from %s: this changes what was known then, and a report recomputed for that time may differ", r.Name, r.RecordedAt.Format(time.RFC3339))
	}
	if r.Verdicts > 0 {
		a.say("%s: %d scores belong to no output (a harness's own verdict) and are no evaluations", r.Name, r.Verdicts)
	}
	if len(r.Ignored) > 0 {
		a.say("%s: left out: %s", r.Name, tally(r.Ignored))
	}
	if len(r.Kept) > 0 {
		a.say("%s: known already and described differently, kept as first recorded: %s", r.Name, tally(r.Kept))
	}
}

func what(r ingest.Result) string {
	switch {
	case r.Already:
		return "already recorded " + r.RecordedAt.UTC().Format(time.RFC3339)
	case r.Batch == 0:
		return "checked, nothing kept"
	}
	return "recorded"
}

func tally(counts map[string]int64) string {
	var out []string
	for k, n := range counts {
		if n > 0 {
			out = append(out, fmt.Sprintf("%s %d", k, n))
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func (a *app) listBatches(ctx context.Context) error {
	return a.withDatabase(ctx, func(_ *config.Config, store *db.Store) error {
		all, err := ingest.List(ctx, store.Pool)
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(all)
		}
		rows := make([][]string, len(all))
		for i, b := range all {
			rows[i] = []string{fmt.Sprint(b.ID), b.Source, b.Format, b.Name, fmt.Sprint(b.Rows), b.RecordedAt.UTC().Format(time.RFC3339Nano), b.SHA256}
		}
		return a.table([]string{"BATCH", "SOURCE", "FORMAT", "NAME", "ROWS", "RECORDED AT", "SHA256"}, rows)
	})
}
