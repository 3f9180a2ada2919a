package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"github.com/closeofbusiness/cob/config"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/launch"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/series"
)

func (a *app) seriesCommand() *cobra.Command {
	c := &cobra.Command{Use: "series", Short: "apply | list | show: what is owed, and its schedule"}
	var note string
	apply := &cobra.Command{
		Use:     "apply FILE|DIR...",
		Short:   "apply series files and make their Temporal schedules",
		Example: "  starter series apply series/",
		Args:    cobra.MinimumNArgs(1),
		RunE:    func(c *cobra.Command, args []string) error { return a.applySeries(c.Context(), args, note) },
	}
	apply.Flags().StringVar(&note, "note", "", "why, for the record")
	c.AddCommand(apply,
		&cobra.Command{Use: "list", Short: "every series, with its next cutoff", Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error { return a.listSeries(c.Context()) }},
		&cobra.Command{Use: "show NAME", Short: "a series' file as applied, and how its schedule differs", Args: cobra.ExactArgs(1),
			RunE: func(c *cobra.Command, args []string) error { return a.showSeries(c.Context(), args[0]) }})
	return c
}

// file is a configuration file that was read.
type file struct {
	path string
	body []byte
}

// readFiles reads files and, of folders, every .yaml and .yml file.
func readFiles(paths []string) ([]file, error) {
	var out []file
	for _, p := range paths {
		names := []string{p}
		if info, err := os.Stat(p); err == nil && info.IsDir() {
			names = nil
			for _, pattern := range []string{"*.yaml", "*.yml"} {
				found, err := filepath.Glob(filepath.Join(p, pattern))
				if err != nil {
					return nil, fmt.Errorf("%w: %w", report.ErrInvalid, err)
				}
				names = append(names, found...)
			}
			slices.Sort(names)
			if len(names) == 0 {
				return nil, fmt.Errorf("%w: %s holds no .yaml file", report.ErrInvalid, p)
			}
		}
		for _, name := range names {
			body, err := os.ReadFile(name) // #nosec G304 -- the user names it
			if err != nil {
				return nil, fmt.Errorf("%w: %w", report.ErrInvalid, err)
			}
			out = append(out, file{name, body})
		}
	}
	return out, nil
}

func (a *app) applySeries(ctx context.Context, paths []string, note string) error {
	files, err := readFiles(paths)
	if err != nil {
		return err
	}
	all := make([]*series.Series, len(files))
	var problems []error
	for i, f := range files { // nothing is applied unless everything can be
		if all[i], err = series.Parse(f.body); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", f.path, err))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return err
	}
	return a.withBoth(ctx, func(_ *config.Config, store *db.Store, l *launch.Launcher) error {
		rows := make([][]string, len(files))
		for i, s := range all {
			if versions, err := store.TemplateVersions(ctx, s.Template); err != nil || len(versions) == 0 {
				return errors.Join(err, fmt.Errorf("%w: series %s: there is no template %q. Apply it first: starter template apply FILE", report.ErrInvalid, s.Name, s.Template))
			}
			version, err := storeSeries(ctx, store, s, files[i].body, note)
			if err != nil {
				return err
			}
			schedule, err := l.ApplySchedule(ctx, s)
			if err != nil {
				return err
			}
			for _, d := range schedule.Drift {
				a.say("schedule %s: %s: mended", schedule.ID, d)
			}
			rows[i] = []string{s.Name, version, schedule.ID, schedule.Change}
		}
		return a.list([]string{"SERIES", "VERSION", "SCHEDULE", "CHANGE"}, rows)
	})
}

// storeSeries records a new version where the file differs from the newest.
func storeSeries(ctx context.Context, store *db.Store, s *series.Series, body []byte, note string) (string, error) {
	digest := sha256.Sum256(body)
	var version int32
	err := store.InTx(ctx, pgx.TxOptions{}, func(q *db.Queries) error {
		last, err := q.LatestSeries(ctx, s.Name)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		if version = last.Version; bytes.Equal(last.Sha256, digest[:]) {
			return nil
		}
		version++
		return q.InsertSeries(ctx, db.InsertSeriesParams{Name: s.Name, Version: version, Spec: body, Sha256: digest[:],
			Note: note, AppliedBy: "os-user:" + osUser()})
	})
	if err != nil {
		return "", fmt.Errorf("record series %s: %w", s.Name, err)
	}
	return fmt.Sprint(version), nil
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

func (a *app) listSeries(ctx context.Context) error {
	return a.withBoth(ctx, func(_ *config.Config, store *db.Store, l *launch.Launcher) error {
		stored, err := store.ListSeries(ctx)
		if err != nil {
			return fmt.Errorf("list series: %w", err)
		}
		rows := make([][]string, len(stored))
		for i, row := range stored {
			s, err := series.Parse(row.Spec)
			if err != nil {
				return err
			}
			schedule, err := l.CompareSchedule(ctx, s)
			if err != nil {
				return err
			}
			rows[i] = []string{s.Name, s.Title, s.Template, s.Cutoff + " " + s.TimeZone, nextTime(schedule, s), scheduleState(schedule)}
		}
		return a.list([]string{"SERIES", "TITLE", "TEMPLATE", "CUTOFF", "NEXT", "SCHEDULE"}, rows)
	})
}

func nextTime(schedule launch.Schedule, s *series.Series) string {
	cal, err := s.Calendar()
	if err != nil || len(schedule.Next) == 0 {
		return ""
	}
	return schedule.Next[0].In(cal.Zone()).Format(time.RFC3339)
}

func scheduleState(schedule launch.Schedule) string {
	switch {
	case schedule.Change == "created":
		return "missing: starter series apply"
	case schedule.Paused:
		return "paused"
	case schedule.Change == "updated":
		return "differs: starter series show"
	}
	return "as the file says"
}

func (a *app) showSeries(ctx context.Context, name string) error {
	return a.withBoth(ctx, func(_ *config.Config, store *db.Store, l *launch.Launcher) error {
		s, _, err := seriesNamed(ctx, store, name)
		if err != nil {
			return err
		}
		schedule, err := l.CompareSchedule(ctx, s)
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(map[string]any{"series": s, "schedule": schedule})
		}
		row, err := store.LatestSeries(ctx, name)
		if err != nil {
			return fmt.Errorf("read series %s: %w", name, err)
		}
		fmt.Fprintf(a.out, "# version %d, applied %s by %s\n%s\n# schedule %s: %s\n", row.Version, row.AppliedAt.UTC().Format(time.RFC3339),
			row.AppliedBy, strings.TrimSpace(string(row.Spec)), schedule.ID, scheduleState(schedule))
		for _, d := range schedule.Drift {
			fmt.Fprintf(a.out, "#   %s\n", d)
		}
		return nil
	})
}
