package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/closeofbusiness/cob/catalog"
	"github.com/closeofbusiness/cob/config"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/ledger"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/template"
)

// mostRehearsed bounds --days: a year of business days.
const mostRehearsed = 260

// rehearseFlags are those of "template rehearse".
type rehearseFlags struct {
	days   int
	date   string
	series string
	output string
}

func (a *app) templateRehearseCommand() *cobra.Command {
	var f rehearseFlags
	c := &cobra.Command{
		Use:   "rehearse NAME[@VERSION]|FILE",
		Short: "draft the reports of the last days with a template, and compare",
		Long: `rehearse drafts the report of each of the last due dates with a template, which
need not be applied, and lists what differs from what was issued. Nothing is
issued, nothing is written to the database, and no model is asked: narratives
are by rules.

Each day is drafted as known at the instant of its report; of a day that nobody
has begun, as known when it was due or, where that cannot be said yet, now. The
series is the one that follows the template; where there are several, or none,
--series says which.

With --output each day's files are in DIR/DATE, marked as drafts, and what
differs is in DIR/DATE/differences.txt. A day that cannot be drafted is named,
the others are drafted all the same, and the exit code is 1.`,
		Example: "  starter template rehearse templates/daily-security.yaml --days 5 --output out/rehearsal\n" +
			"  starter template rehearse daily-security@1.2 --series emea-red-team --json",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return a.rehearseTemplate(c.Context(), args[0], f) },
	}
	c.Flags().IntVar(&f.days, "days", 20, "how many due dates, the latest last")
	c.Flags().StringVarP(&f.date, "date", "d", "last", `the latest of them: YYYY-MM-DD, or "last", whose cutoff has passed`)
	c.Flags().StringVarP(&f.series, "series", "s", "", "whose reports (default: COB_SERIES, or the one that follows the template)")
	c.Flags().StringVar(&f.output, "output", "", "folder for the drafts (default: none are kept)")
	return c
}

func (a *app) rehearseTemplate(ctx context.Context, arg string, f rehearseFlags) error {
	if f.days < 1 || f.days > mostRehearsed {
		return fmt.Errorf("%w: --days %d: 1 to %d are possible", errUsage, f.days, mostRehearsed)
	}
	return a.reading(ctx, func(cfg *config.Config, store *db.Store) error {
		if f.series == "" {
			f.series = cfg.Series
		}
		r, err := newRehearsal(ctx, store, arg, f)
		if err != nil {
			return err
		}
		return a.rehearse(ctx, r, f)
	})
}

// dates are those to draft, the latest last.
func (r *rehearsal) dates(ctx context.Context, f rehearseFlags) ([]report.Date, error) {
	last, err := dateOr(ctx, r.store, r.plan.Calendar, f.date)
	if err != nil {
		return nil, err
	}
	now, err := r.store.Now(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the database's clock: %w", err)
	}
	if err := r.plan.CheckPast(last, now); err != nil {
		return nil, err
	}
	return r.plan.Calendar.Before(last, f.days), nil
}

// rehearse drafts the days one after another, and prints what came of them also
// where it is interrupted.
func (a *app) rehearse(ctx context.Context, r *rehearsal, f rehearseFlags) error {
	dates, err := r.dates(ctx, f)
	if err != nil {
		return err
	}
	a.say("drafting %s with template %s %s, %s to %s; nothing is issued", r.plan.Series.Name, r.layout.Template.Name, r.layout.Template.Version,
		dates[0], dates[len(dates)-1])
	out := []rehearsed{}
	for _, d := range dates {
		day := r.day(ctx, d)
		if ctx.Err() != nil {
			a.say("stopped: %d of %d days are drafted", len(out), len(dates))
			break
		}
		a.say("%s: %s", d, day.summary())
		out = append(out, day)
	}
	if err := a.printRehearsed(out); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if slices.ContainsFunc(out, func(d rehearsed) bool { return d.Error != "" }) {
		return errNo
	}
	return nil
}

// rehearsed is what came of drafting one day.
type rehearsed struct {
	Date report.Date `json:"date"`
	// Revision is the one that was issued last, and Template the version that made
	// it. 0: none was issued, and there is nothing to compare with.
	Revision int    `json:"revision"`
	Template string `json:"template,omitempty"`
	// Differences are between what was issued and the draft.
	Differences []document.Difference `json:"differences"`
	Files       []string              `json:"files,omitempty"`
	Error       string                `json:"error,omitempty"`

	lines string // of the Markdown, what differs
}

func (d *rehearsed) summary() string {
	switch {
	case d.Error != "":
		return "failed: " + d.Error
	case d.Revision == 0:
		return "not issued, nothing to compare with"
	case len(d.Differences) == 0:
		return "no difference"
	}
	return counted(d.Differences)
}

// counted sums differences up by kind: "1 section added, 2 figures changed".
func counted(ds []document.Difference) string {
	var order []string
	counts := map[string]int{}
	for _, d := range ds {
		key := d.What + "\t" + d.Kind
		if counts[key] == 0 {
			order = append(order, key)
		}
		counts[key]++
	}
	for i, key := range order {
		what, kind, _ := strings.Cut(key, "\t")
		n := counts[key]
		if n > 1 && what != "look" {
			what = plurals(what)
		}
		order[i] = fmt.Sprintf("%d %s %s", n, what, kind)
	}
	return strings.Join(order, ", ")
}

func plurals(what string) string {
	if strings.HasSuffix(what, "x") || strings.HasSuffix(what, "s") {
		return what + "es"
	}
	return what + "s"
}

func (a *app) printRehearsed(days []rehearsed) error {
	if a.json {
		return a.printJSON(days)
	}
	rows := make([][]string, len(days))
	for i, d := range days {
		issued, differences := "not issued", ""
		if d.Revision > 0 {
			issued, differences = "revision "+strconv.Itoa(d.Revision), strconv.Itoa(len(d.Differences))
		}
		if d.Error != "" {
			differences = "failed"
		}
		rows[i] = []string{string(d.Date), issued, d.Template, differences, d.summary()}
	}
	return a.table([]string{"DATE", "ISSUED", "MADE WITH", "DIFFERENCES", "WHAT"}, rows)
}

// newRehearsal reads the template and finds the series.
func newRehearsal(ctx context.Context, store *db.Store, arg string, f rehearseFlags) (*rehearsal, error) {
	metrics, err := catalog.Metrics(ctx, store.Queries)
	if err != nil {
		return nil, err
	}
	t, digest, err := templateNamed(ctx, store.Queries, arg, metrics)
	if err != nil {
		return nil, err
	}
	plan, err := planFor(ctx, store.Queries, t, f.series)
	if err != nil {
		return nil, err
	}
	l, err := catalog.With(t, digest, metrics, plan.Series)
	if err != nil {
		return nil, fmt.Errorf("series %s: %w", plan.Series.Name, err)
	}
	return &rehearsal{store: store, plan: plan, layout: l, dir: f.output}, nil
}

// templateNamed is an applied template or that of a file, with its digest.
func templateNamed(ctx context.Context, q *db.Queries, arg string, metrics *fact.Registry) (*template.Template, string, error) {
	if isTemplateRef(arg) {
		row, err := catalog.Newest(ctx, q, arg)
		if err != nil {
			return nil, "", err
		}
		t, err := catalog.Template(ctx, q, row, metrics)
		return t, hex.EncodeToString(row.Sha256), err
	}
	if info, err := os.Stat(arg); err == nil && info.IsDir() {
		return nil, "", fmt.Errorf("%w: %s is a folder. A file or NAME[@VERSION] is needed", report.ErrInvalid, arg)
	}
	files, err := parseTemplates([]string{arg}, metrics)
	if err != nil {
		return nil, "", err
	}
	digest := files[0].digest()
	return files[0].template, hex.EncodeToString(digest[:]), nil
}

// planFor is the series of that name; of none, the one that follows the template.
func planFor(ctx context.Context, q *db.Queries, t *template.Template, name string) (*ledger.Plan, error) {
	if name != "" {
		return ledger.Load(ctx, q, name)
	}
	all, err := ledger.All(ctx, q)
	if err != nil {
		return nil, err
	}
	var followers []string
	var plan *ledger.Plan
	for _, p := range all {
		if r, err := template.ParseRange(p.Series.Template); err == nil && r.Name == t.Name {
			followers, plan = append(followers, p.Series.Name), p
		}
	}
	switch len(followers) {
	case 1:
		return plan, nil
	case 0:
		return nil, fmt.Errorf("%w: no series follows template %s. Say whose reports to draft: --series NAME", errUsage, t.Name)
	}
	return nil, fmt.Errorf("%w: several series follow template %s: %s. Say whose reports to draft: --series NAME", errUsage, t.Name, strings.Join(followers, ", "))
}
