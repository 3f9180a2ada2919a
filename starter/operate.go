package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/closeofbusiness/cob/config"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/render"
)

func (a *app) migrateCommand() *cobra.Command {
	c := &cobra.Command{Use: "migrate", Short: "up | status: the database schema (owner's connection)"}
	c.Long = `migrate brings the database to this program's schema. It connects as the owner:
COB_MIGRATE_DATABASE_URL or, where that is not set, DATABASE_URL.`
	c.AddCommand(
		&cobra.Command{Use: "up", Short: "run the migrations that are missing", Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error { return a.migrate(c.Context(), db.Migrate, true) }},
		&cobra.Command{Use: "status", Short: "list the migrations; exit 1 where one is missing", Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error { return a.migrate(c.Context(), db.Migrations, false) }})
	return c
}

func (a *app) migrate(ctx context.Context, do func(context.Context, db.Config) ([]db.MigrationStatus, error), ran bool) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	all, err := do(ctx, cfg.Migrate)
	if err != nil {
		return err
	}
	rows := make([][]string, len(all))
	missing := false
	for i, m := range all {
		state := "applied"
		if !m.Applied {
			state, missing = "missing", true
		}
		rows[i] = []string{fmt.Sprint(m.Version), m.Name, state}
	}
	if ran && len(all) == 0 {
		a.say("nothing to do: the schema is at version %d", db.SchemaVersion())
	}
	if err := a.list([]string{"VERSION", "MIGRATION", "STATE"}, rows); err != nil {
		return err
	}
	if missing {
		return errNo
	}
	return nil
}

func (a *app) initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init",
		Short: "register the search attributes in Temporal",
		Long:  "init registers the three search attributes that the workflows set. It may be run again at any time.",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := a.load()
			if err != nil {
				return err
			}
			l, err := a.temporal(c.Context(), cfg)
			if err != nil {
				return err
			}
			defer l.Client.Close()
			added, err := l.RegisterAttributes(c.Context())
			if err != nil {
				return err
			}
			if len(added) == 0 {
				a.say("nothing to do: the search attributes are registered in namespace %s", l.Namespace)
				return nil
			}
			a.say("registered in namespace %s: %s", l.Namespace, strings.Join(added, ", "))
			return nil
		},
	}
}

func (a *app) checkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "the preflight: everything that a report needs",
		Long: `check looks at everything that a report needs: the database, its roles and
schema, Temporal, the search attributes, a worker, and the schedules against
the series files as applied. It exits 1 where one of them is not well.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.check(c.Context()) },
	}
}

// finding is one line of the preflight.
type finding struct {
	name string
	err  error
	note string
}

func (a *app) check(ctx context.Context) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	found, applied := a.checkDatabase(ctx, cfg)
	found = append(found, a.checkTemporal(ctx, cfg, applied)...)
	found = append(found, checkModels(cfg, applied)...)
	rows := make([][]string, len(found))
	well := true
	for i, f := range found {
		rows[i] = []string{f.name, "ok", f.note}
		if f.err != nil {
			rows[i] = []string{f.name, "FAILED", message(f.err)}
			well = false
		}
	}
	if err := a.list([]string{"CHECK", "RESULT", "DETAIL"}, rows); err != nil {
		return err
	}
	if !well {
		return errNo
	}
	return nil
}

// checkDatabase also returns what is applied; nil where that cannot be read.
func (a *app) checkDatabase(ctx context.Context, cfg *config.Config) ([]finding, *configured) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cfg.Database.ApplicationName = "cob-starter"
	store, err := db.Open(ctx, cfg.Database)
	if err != nil {
		return []finding{{name: "database", err: err}}, nil
	}
	defer store.Close()
	out := []finding{
		{name: "database", note: "reached"},
		{name: "roles", err: store.CheckLogin(ctx), note: "the login is the application's and may become the reader"},
		{name: "schema", err: store.CheckSchema(ctx), note: fmt.Sprintf("version %d", db.SchemaVersion())},
	}
	c, err := readConfigured(ctx, store.Queries)
	if err != nil {
		return append(out, finding{name: "series", err: err}), nil
	}
	for _, name := range slices.Sorted(maps.Keys(c.series)) {
		out = append(out, c.check(name))
	}
	if len(c.series) == 0 {
		out = append(out, finding{name: "series", err: errors.New("none is applied. Run: starter series apply FILE")})
	}
	return out, c
}

// check looks whether what a series names is applied.
func (c *configured) check(name string) finding {
	out := finding{name: "series " + name}
	s, err := c.parsed(name)
	if err != nil {
		out.err = err
		return out
	}
	if out.note = "template " + s.Template; s.Calendar != "" {
		out.note += ", calendar " + s.Calendar
	}
	if _, out.err = c.calendar(s.Calendar); out.err == nil {
		out.err = c.follows(s.Template)
	}
	return out
}

func (a *app) checkTemporal(ctx context.Context, cfg *config.Config, c *configured) []finding {
	l, err := a.temporal(ctx, cfg)
	if err != nil {
		return []finding{{name: "Temporal", err: err}}
	}
	defer l.Client.Close()
	out := []finding{
		{name: "Temporal", note: "namespace " + l.Namespace},
		{name: "search attributes", err: l.CheckAttributes(ctx), note: "registered"},
		{name: "worker", err: l.CheckWorker(ctx), note: "polls task queue " + l.TaskQueue},
	}
	if c == nil {
		return out
	}
	tasks, unread := c.tasks(l)
	if unread != nil {
		out = append(out, finding{name: "schedules", err: unread})
	}
	_ = a.schedules(ctx, nil, l, tasks, compare) // what each met is told below
	for _, t := range tasks {
		out = append(out, t.check(c))
	}
	return out
}

// check looks whether a schedule is as the files say, and runs.
func (t *task) check(c *configured) finding {
	out := finding{name: "schedule " + report.ScheduleID(t.series.Name), err: t.err}
	if out.err != nil {
		return out
	}
	if state := t.state(); state != asTheFileSays {
		const most = 3 // the rest is in "series show"
		out.err = errors.New(strings.Join(append([]string{state}, someDifferences(t.schedule.Differences, most)...), "; "))
		return out
	}
	next, err := c.nextCutoff(t.series, time.Now())
	out.err, out.note = err, "next "+next.Format(time.RFC3339)
	return out
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "build, schema and renderer",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v := map[string]string{"build": cmp.Or(config.Build(), "unknown"), "go": runtime.Version(),
				"schema": fmt.Sprint(db.SchemaVersion()), "renderer": render.Version}
			if a.json {
				return a.printJSON(v)
			}
			for _, k := range []string{"build", "go", "schema", "renderer"} {
				fmt.Fprintf(a.out, "%s\t%s\n", k, v[k])
			}
			return nil
		},
	}
}
