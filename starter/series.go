package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/spf13/cobra"

	"github.com/closeofbusiness/cob/catalog"
	"github.com/closeofbusiness/cob/config"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/launch"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/series"
)

// applyFlags are those of "series apply" and "calendar apply".
type applyFlags struct {
	note       string
	dryRun     bool
	overwrite  bool
	allowDrift bool
}

func (f *applyFlags) add(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.note, "note", "", "why, for the record")
	flags.BoolVar(&f.dryRun, "dry-run", false, "show what would change and write nothing; exit 1 where something would")
	flags.BoolVar(&f.overwrite, "overwrite", false, "put back schedules that somebody changed by hand")
	flags.BoolVar(&f.allowDrift, "allow-drift", false, "exit 0 although a schedule that somebody changed by hand was left as it is")
}

// mode is what is done with schedules.
func (f applyFlags) mode() mode {
	switch {
	case f.dryRun:
		return compare
	case f.overwrite:
		return restore
	}
	return write
}

const aboutDrift = `Of each series there is one Temporal schedule, cob/SERIES. It is created where
it is missing, updated where the files want something else, and else left
alone. A pause is never touched. What somebody changed by hand, in the UI or
with the temporal command, is shown and left as it is, and the exit code is 1:
--overwrite puts it back.`

func (a *app) seriesCommand() *cobra.Command {
	c := &cobra.Command{Use: "series", Short: "apply | list | show | diff: what is owed, and its schedule"}
	var f applyFlags
	apply := &cobra.Command{
		Use:   "apply FILE|DIR...",
		Short: "apply series files and make their Temporal schedules",
		Long: `apply stores a new version of each series whose file has changed, and makes
its schedule. Nothing is applied unless every file can be.

` + aboutDrift,
		Example: "  starter series apply series/\n  starter series apply series/ --dry-run",
		Args:    cobra.MinimumNArgs(1),
		RunE:    func(c *cobra.Command, args []string) error { return a.applySeries(c.Context(), args, f) },
	}
	f.add(apply)
	c.AddCommand(apply,
		&cobra.Command{Use: "list", Short: "every series, with its next cutoff and its schedule", Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error { return a.listSeries(c.Context()) }},
		&cobra.Command{Use: "show NAME", Short: "a series' file as applied, and how its schedule differs", Args: cobra.ExactArgs(1),
			RunE: func(c *cobra.Command, args []string) error { return a.showSeries(c.Context(), args[0]) }},
		&cobra.Command{Use: "diff FILE|DIR...", Short: "what applying would change: apply --dry-run", Args: cobra.MinimumNArgs(1),
			RunE: func(c *cobra.Command, args []string) error {
				return a.applySeries(c.Context(), args, applyFlags{dryRun: true})
			}})
	return c
}

// seriesFile is a series file to apply, and what came of it.
type seriesFile struct {
	file
	series *series.Series
	digest [sha256.Size]byte
	change fileChange
	task   *task
}

func (a *app) applySeries(ctx context.Context, paths []string, f applyFlags) error {
	files, err := parseSeries(paths)
	if err != nil {
		return err
	}
	return a.withBoth(ctx, func(_ *config.Config, store *db.Store, l *launch.Launcher) error {
		if err := planSeries(ctx, store.Queries, l, files); err != nil {
			return err
		}
		if !f.dryRun {
			if err := storeSeries(ctx, store, l, files, f.note); err != nil {
				return err
			}
		}
		tasks := make([]*task, len(files))
		for i, s := range files {
			tasks[i] = s.task
		}
		failed := a.schedules(ctx, store, l, tasks, f.mode())
		return cmp.Or(a.printApplied(files, f), failed, verdictOf(files, f))
	})
}

// parseSeries reads the files. Everything that is wrong with any of them is
// told at once.
func parseSeries(paths []string) ([]*seriesFile, error) {
	read, err := readFiles(paths)
	if err != nil {
		return nil, err
	}
	out := make([]*seriesFile, len(read))
	var problems []error
	for i, r := range read {
		out[i] = &seriesFile{file: r, digest: sha256.Sum256(r.body)}
		if out[i].series, err = series.Parse(r.body); err != nil {
			problems = append(problems, inFile(r.path, err))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return out, namedOnce("series", read, func(i int) string { return out[i].series.Name })
}

// planSeries finds what each file changes, and refuses those that cannot be
// applied to what the database has.
func planSeries(ctx context.Context, q *db.Queries, l *launch.Launcher, files []*seriesFile) error {
	c, err := readConfigured(ctx, q)
	if err != nil {
		return err
	}
	var problems []error
	for _, f := range files {
		s := f.series
		if err := c.follows(s.Template); err != nil {
			problems = append(problems, inFile(f.path, err))
		} else if _, err := catalog.OfSeries(ctx, q, s); err != nil { // its parameters, now and not at night
			problems = append(problems, inFile(f.path, err))
		}
		want, err := c.want(l, s)
		if err != nil {
			problems = append(problems, inFile(f.path, err))
			continue
		}
		row := c.series[s.Name]
		f.change = changeOf(s.Name, row.Version, bytes.Equal(row.Sha256, f.digest[:]), row.Spec, f.path, f.body)
		f.task = c.task(l, s, want)
	}
	return errors.Join(problems...)
}

// storeSeries records new versions, all or none.
func storeSeries(ctx context.Context, store *db.Store, l *launch.Launcher, files []*seriesFile, note string) error {
	return storeFiles(ctx, store, func(q *db.Queries) error {
		// Somebody may have applied while we waited for our turn.
		if err := planSeries(ctx, q, l, files); err != nil {
			return err
		}
		for _, f := range files {
			if f.change.Change == fileUnchanged {
				continue
			}
			if err := f.task.keep(ctx, q); err != nil {
				return err
			}
			err := q.InsertSeries(ctx, db.InsertSeriesParams{Name: f.series.Name, Version: f.change.Version, Spec: f.body,
				Sha256: f.digest[:], Note: note, AppliedBy: "os-user:" + osUser()})
			if err != nil {
				return fmt.Errorf("record series %s: %w", f.series.Name, err)
			}
		}
		return nil
	})
}

// keep notes how a schedule was written by a release that did not note it: the
// file that says it is about to be followed by another.
func (t *task) keep(ctx context.Context, q *db.Queries) error {
	if t.noted || t.written == "" {
		return nil
	}
	if err := q.SaveSchedule(ctx, t.series.Name, t.written); err != nil {
		return fmt.Errorf("note how the schedule of %s was written: %w", t.series.Name, err)
	}
	return nil
}

// storeFiles runs do in one transaction, in which nobody else applies files.
func storeFiles(ctx context.Context, store *db.Store, do func(*db.Queries) error) error {
	err := store.InTx(ctx, pgx.TxOptions{}, func(q *db.Queries) error {
		if err := q.LockFiles(ctx); err != nil {
			return fmt.Errorf("wait for whoever else applies files: %w", err)
		}
		return do(q)
	})
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == "23505" { // unique_violation: an older release, which takes no turns
		return fmt.Errorf("%w: somebody else applied the same at this moment. Apply again", report.ErrConflict)
	}
	return err
}

// verdictOf is a "no" where a dry run found something to do, or a schedule was
// left as somebody changed it.
func verdictOf(files []*seriesFile, f applyFlags) error {
	for _, s := range files {
		if f.dryRun && s.change.Change != fileUnchanged {
			return errNo
		}
		if err := s.task.verdict(f); err != nil {
			return err
		}
	}
	return nil
}

func (t *task) verdict(f applyFlags) error {
	change := t.schedule.Change
	if f.dryRun && change != launch.Unchanged || change == launch.Kept && !f.allowDrift {
		return errNo
	}
	return nil
}

// appliedSeries is a line of what "series apply --json" prints.
type appliedSeries struct {
	Series  string `json:"series"`
	Version string `json:"version"`
	File    string `json:"file"` // created, updated, unchanged
	Diff    string `json:"diff,omitempty"`
	appliedSchedule
}

// appliedSchedule is what became of a schedule.
type appliedSchedule struct {
	Schedule    string              `json:"schedule"`
	Change      string              `json:"change"` // created, updated, unchanged, kept, overwritten; empty where it failed
	Differences []launch.Difference `json:"differences,omitempty"`
	Paused      bool                `json:"paused"`
	Note        string              `json:"note,omitempty"`
	Error       string              `json:"error,omitempty"`
}

func (t *task) applied() appliedSchedule {
	s := t.schedule
	out := appliedSchedule{Schedule: report.ScheduleID(t.series.Name), Change: string(s.Change), Differences: s.Differences, Paused: s.Paused, Note: s.Note}
	if t.err != nil {
		out.Change, out.Error = "", message(t.err)
	}
	return out
}

func (a *app) printApplied(files []*seriesFile, f applyFlags) error {
	for _, s := range files {
		s.task.settle(f)
	}
	if a.json {
		out := make([]appliedSeries, len(files))
		for i, s := range files {
			out[i] = appliedSeries{s.series.Name, fmt.Sprint(s.change.Version), s.change.Change, s.change.Diff, s.task.applied()}
		}
		return a.printJSON(out)
	}
	if f.dryRun {
		for _, s := range files {
			a.printWould("series "+s.series.Name, s.change, []*task{s.task})
		}
		return nil
	}
	rows := make([][]string, len(files))
	for i, s := range files {
		a.sayAll(s.task.remarks())
		rows[i] = []string{s.series.Name, fmt.Sprint(s.change.Version), report.ScheduleID(s.series.Name), cmp.Or(s.task.applied().Change, "failed")}
	}
	return a.list([]string{"SERIES", "VERSION", "SCHEDULE", "CHANGE"}, rows)
}

// settle says of a comparison what applying with these flags would do.
func (t *task) settle(f applyFlags) {
	if f.dryRun && f.overwrite && t.schedule.Change == launch.Kept {
		t.schedule.Change = launch.Overwritten
	}
}

// printWould prints what applying a file would change.
func (a *app) printWould(what string, change fileChange, tasks []*task) {
	switch change.Change {
	case fileCreated:
		fmt.Fprintf(a.out, "%s: would be new\n%s", what, change.Diff)
	case fileUpdated:
		fmt.Fprintf(a.out, "%s: would become version %d\n%s", what, change.Version, change.Diff)
	}
	same := change.Change == fileUnchanged
	for _, t := range tasks {
		if t.err != nil || t.schedule.Change == launch.Unchanged {
			continue
		}
		same = false
		fmt.Fprintln(a.out, strings.Join(t.difference("would be "), "\n"))
	}
	if same {
		a.say("%s: no difference", what)
	}
}

func (a *app) sayAll(lines []string) {
	for _, line := range lines {
		a.say("%s", line)
	}
}

// list prints rows as a table, or as JSON objects keyed by the header.
func (a *app) list(header []string, rows [][]string) error {
	if !a.json {
		return a.table(header, rows)
	}
	out := make([]map[string]string, len(rows))
	for i, r := range rows {
		out[i] = map[string]string{}
		for j, h := range header {
			out[i][strings.ReplaceAll(strings.ToLower(h), " ", "_")] = r[j]
		}
	}
	return a.printJSON(out)
}

// tasks are the schedules of every series as applied, by name, to be compared.
// The error tells of those that cannot be read.
func (c *configured) tasks(l *launch.Launcher) ([]*task, error) {
	var out []*task
	var errs []error
	for name := range c.series {
		t, err := c.taskOf(l, name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b *task) int { return strings.Compare(a.series.Name, b.series.Name) })
	return out, errors.Join(errs...)
}

func (c *configured) taskOf(l *launch.Launcher, name string) (*task, error) {
	s, err := c.parsed(name)
	if err != nil {
		return nil, err
	}
	want, err := c.want(l, s)
	if err != nil {
		return nil, fmt.Errorf("series %s: %w", name, err)
	}
	return c.task(l, s, want), nil
}

func (a *app) listSeries(ctx context.Context) error {
	return a.withBoth(ctx, func(_ *config.Config, store *db.Store, l *launch.Launcher) error {
		c, err := readConfigured(ctx, store.Queries)
		if err != nil {
			return err
		}
		tasks, unread := c.tasks(l)
		now, err := store.Now(ctx)
		if err != nil {
			return fmt.Errorf("read the database's clock: %w", err)
		}
		failed := a.schedules(ctx, store, l, tasks, compare)
		rows := make([][]string, len(tasks))
		for i, t := range tasks {
			next, err := c.nextCutoff(t.series, now)
			if err != nil {
				return err
			}
			s := t.series
			rows[i] = []string{s.Name, s.Title, s.Template, s.Cutoff + " " + s.TimeZone, next.Format(time.RFC3339), t.state(), s.Calendar}
		}
		return cmp.Or(a.list([]string{"SERIES", "TITLE", "TEMPLATE", "CUTOFF", "NEXT", "SCHEDULE", "CALENDAR"}, rows), unread, failed)
	})
}

func (a *app) showSeries(ctx context.Context, name string) error {
	if err := report.CheckSeries(name); err != nil {
		return err
	}
	return a.withBoth(ctx, func(_ *config.Config, store *db.Store, l *launch.Launcher) error {
		c, err := readConfigured(ctx, store.Queries)
		if err != nil {
			return err
		}
		row, applied := c.series[name]
		if !applied {
			return fmt.Errorf("%w: there is no series %q. Apply its file: starter series apply FILE", report.ErrNotFound, name)
		}
		t, err := c.taskOf(l, name)
		if err != nil {
			return err
		}
		if err := a.schedules(ctx, store, l, []*task{t}, compare); err != nil {
			return err
		}
		if a.json {
			return a.printJSON(map[string]any{"series": t.series, "version": row.Version, "calendar_version": c.calendars[t.series.Calendar].Version, "schedule": t.schedule})
		}
		a.printSeries(c, row, t)
		return nil
	})
}

func (a *app) printSeries(c *configured, row db.CobSeries, t *task) {
	fmt.Fprintf(a.out, "# version %d, applied %s by %s\n", row.Version, row.AppliedAt.UTC().Format(time.RFC3339), row.AppliedBy)
	if days, named := c.calendars[t.series.Calendar]; named {
		fmt.Fprintf(a.out, "# calendar %s version %d\n", days.Name, days.Version)
	}
	fmt.Fprintf(a.out, "%s\n# schedule %s: %s\n", strings.TrimSpace(visible(row.Spec)), t.schedule.ID, t.state())
	for _, d := range t.schedule.Differences {
		fmt.Fprintf(a.out, "#   %s\n", d)
	}
}
