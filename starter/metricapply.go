package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/closeofbusiness/cob/catalog"
	"github.com/closeofbusiness/cob/config"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/template"
)

func (a *app) metricApplyCommand() *cobra.Command {
	var note string
	var dryRun bool
	c := &cobra.Command{
		Use:   "apply FILE|DIR...",
		Short: "apply metric files; a version is never changed once applied",
		Long: `apply stores the version that each file has. A file that has changed needs a
higher version than the newest one applied. A version that a template could not
be laid out with is refused, and the template is named. Nothing is applied
unless every file can be. Reports follow the newest version from the next cycle
on; a cycle that was begun keeps those of its beginning.`,
		Example: "  starter metric apply metrics/\n  starter metric apply metrics/ --dry-run\n" +
			"  starter metric apply metrics/first-response.yaml --note \"by queue as well\"",
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return a.applyMetrics(c.Context(), args, note, dryRun) },
	}
	c.Flags().StringVar(&note, "note", "", "why, for the record (default: each file's own note)")
	c.Flags().BoolVar(&dryRun, "dry-run", false, "show what would change and write nothing; exit 1 where something would")
	return c
}

func (a *app) applyMetrics(ctx context.Context, paths []string, note string, dryRun bool) error {
	files, err := parseMetrics(paths)
	if err != nil {
		return err
	}
	return a.withDatabase(ctx, func(_ *config.Config, store *db.Store) error {
		changes, err := planMetrics(ctx, store.Queries, files)
		if err == nil && !dryRun {
			changes, err = storeMetrics(ctx, store, files, note)
		}
		if err != nil {
			return err
		}
		return a.printMetrics(files, changes, dryRun)
	})
}

// planMetrics finds what each file changes. It refuses what is no new version,
// and what an applied template could not be laid out with.
func planMetrics(ctx context.Context, q *db.Queries, files []*metricFile) ([]fileChange, error) {
	changes := make([]fileChange, len(files))
	var errs []error
	for i, f := range files {
		versions, err := q.MetricVersions(ctx, f.id())
		if err != nil {
			return nil, fmt.Errorf("read metric %s: %w", f.id(), err)
		}
		if changes[i], err = metricChange(f, versions); err != nil {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return changes, checkTemplates(ctx, q, files)
}

// metricChange compares a file with what was applied under its ID, newest first.
func metricChange(f *metricFile, versions []db.CobMetric) (fileChange, error) {
	for _, v := range versions {
		if v.Version != f.version() {
			continue
		}
		if !bytes.Equal(v.Spec, f.body) {
			return fileChange{}, fmt.Errorf("%s: %w: metric %s %d was applied before with other content. Give the changed file a higher version",
				f.path, report.ErrInvalid, v.ID, v.Version)
		}
		return fileChange{Version: v.Version, Change: fileUnchanged}, nil
	}
	if len(versions) == 0 {
		return fileChange{f.version(), fileCreated, diff(os.DevNull, f.path, nil, f.body)}, nil
	}
	newest := versions[0]
	if f.version() < newest.Version {
		return fileChange{}, fmt.Errorf("%s: %w: metric %s has version %d already; %d is older. Give the file a higher version",
			f.path, report.ErrInvalid, newest.ID, newest.Version, f.version())
	}
	return fileChange{f.version(), fileUpdated, diff(fmt.Sprintf("%s@%d", newest.ID, newest.Version), f.path, newest.Spec, f.body)}, nil
}

// checkTemplates refuses metrics that the newest version of a template, which
// can be laid out today, could not be laid out with.
func checkTemplates(ctx context.Context, q *db.Queries, files []*metricFile) error {
	today, err := catalog.Metrics(ctx, q)
	if err != nil {
		return err
	}
	tomorrow, err := replaced(today, files)
	if err != nil {
		return err
	}
	stored, err := q.ListTemplates(ctx) // by name, the last applied last
	if err != nil {
		return fmt.Errorf("list templates: %w", err)
	}
	var errs []error
	for i, t := range stored {
		if i+1 < len(stored) && stored[i+1].Name == t.Name {
			continue
		}
		if _, err := template.Parse(t.Spec, today); err != nil {
			continue // broken already, and not by this
		}
		if _, err := template.Parse(t.Spec, tomorrow); err != nil {
			errs = append(errs, fmt.Errorf("template %s %s could not be laid out with these metrics: %w", t.Name, t.Version, err))
		}
	}
	return errors.Join(errs...)
}

// replaced are the metrics with those of files in the place of their older
// versions.
func replaced(today *fact.Registry, files []*metricFile) (*fact.Registry, error) {
	changed := map[string]bool{}
	var declared []fact.Metric
	for _, f := range files {
		changed[f.id()] = true
		declared = append(declared, f.parsed.Metric)
	}
	for _, m := range today.Metrics() {
		if m.Declared != nil && !changed[m.ID] {
			declared = append(declared, m)
		}
	}
	return fact.Builtin().With(declared...)
}

// storeMetrics records new versions, all or none. Without a note it is the
// file's own.
func storeMetrics(ctx context.Context, store *db.Store, files []*metricFile, note string) (changes []fileChange, err error) {
	err = storeFiles(ctx, store, func(q *db.Queries) error {
		changes, err = planMetrics(ctx, q, files)
		if err != nil {
			return err
		}
		for i, f := range files {
			if changes[i].Change == fileUnchanged {
				continue
			}
			digest := sha256.Sum256(f.body)
			err := q.InsertMetric(ctx, db.InsertMetricParams{ID: f.id(), Version: f.version(), Spec: f.body, Sha256: digest[:],
				Note: cmp.Or(note, f.parsed.Note), AppliedBy: "os-user:" + osUser()})
			if err != nil {
				return fmt.Errorf("record metric %s %d: %w", f.id(), f.version(), err)
			}
		}
		return nil
	})
	return changes, err
}

// appliedMetric is a line of what "metric apply --json" prints.
type appliedMetric struct {
	Metric  string `json:"metric"`
	Version int32  `json:"version"`
	Change  string `json:"change"` // created, updated, unchanged
	Diff    string `json:"diff,omitempty"`
}

// printMetrics prints what applying files has changed or, dry, would change; then
// the answer is "no" where something would.
func (a *app) printMetrics(files []*metricFile, changes []fileChange, dry bool) error {
	out := make([]appliedMetric, len(files))
	var verdict error
	for i, f := range files {
		out[i] = appliedMetric{Metric: f.id(), Version: changes[i].Version, Change: changes[i].Change}
		if dry {
			out[i].Diff = changes[i].Diff
		}
		if dry && changes[i].Change != fileUnchanged {
			verdict = errNo
		}
	}
	switch {
	case a.json:
		return cmp.Or(a.printJSON(out), verdict)
	case dry:
		a.printNewMetrics(out)
		return verdict
	}
	rows := make([][]string, len(out))
	for i, m := range out {
		rows[i] = []string{m.Metric, fmt.Sprint(m.Version), m.Change}
	}
	return a.list([]string{"METRIC", "VERSION", "CHANGE"}, rows)
}

func (a *app) printNewMetrics(metrics []appliedMetric) {
	for _, m := range metrics {
		if m.Change == fileUnchanged {
			a.say("metric %s %d: no difference", m.Metric, m.Version)
			continue
		}
		fmt.Fprintf(a.out, "metric %s %d: would be new\n%s", m.Metric, m.Version, m.Diff)
	}
}
