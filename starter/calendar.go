package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
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
	"github.com/closeofbusiness/cob/report/calendar"
	"github.com/closeofbusiness/cob/report/series"
)

func (a *app) calendarCommand() *cobra.Command {
	c := &cobra.Command{Use: "calendar", Short: "apply | list | show: which days are business days"}
	var f applyFlags
	apply := &cobra.Command{
		Use:   "apply FILE|DIR...",
		Short: "apply calendar files and bring the schedules of the series that follow them",
		Long: `apply stores a new version of each calendar that has changed: what a file
imports is read from its own folder and resolved to dates. Then it brings the
schedules of all series that follow the calendar. Nothing is applied unless
every file can be.

The windows of dates that are recorded stay as they are, whatever becomes of the
calendar: the next due date begins where the last recorded one ended.

` + aboutDrift,
		Example: "  starter calendar apply england.yaml --note \"bank holidays 2027\"",
		Args:    cobra.MinimumNArgs(1),
		RunE:    func(c *cobra.Command, args []string) error { return a.applyCalendars(c.Context(), args, f) },
	}
	f.add(apply)
	var s showFlags
	show := &cobra.Command{
		Use:   "show [NAME]",
		Short: "a year's holidays, half days and blackouts",
		Long: `show lists the dates of a year that are not as every week: holidays, half
days, blackouts. NAME may be left out where there is one calendar only.

With --series it is the calendar that the series follows, and says how many
dates are due in each month, when they close in the series' zone and in UTC,
where the clock is changed, and which dates are recorded: their windows are
fixed, whatever the calendar says.`,
		Example: "  starter calendar show england --year 2027\n  starter calendar show --series daily-security",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				s.name = args[0]
			}
			return a.showCalendar(c.Context(), s)
		},
	}
	show.Flags().IntVar(&s.year, "year", 0, "default: this year")
	show.Flags().StringVarP(&s.series, "series", "s", "", "show when this series is due")
	show.Flags().BoolVar(&s.all, "all", false, "with --series: list every due date")
	c.AddCommand(apply,
		&cobra.Command{Use: "list", Short: "every calendar", Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error { return a.listCalendars(c.Context()) }},
		show)
	return c
}

// calendarFile is a calendar file to apply, and what came of it.
type calendarFile struct {
	file
	days      *calendar.Days
	canonical []byte
	change    fileChange
	followers []*task // the series that follow it
	stay      []stay
}

// stay are the recorded dates of a series that a calendar would now have
// otherwise.
type stay struct {
	Series string        `json:"series"`
	Dates  []report.Date `json:"dates"`
	// Unsettled are those of them that are neither issued nor waived.
	Unsettled []report.Date `json:"unsettled,omitempty"`
}

func (a *app) applyCalendars(ctx context.Context, paths []string, f applyFlags) error {
	files, err := parseCalendars(paths)
	if err != nil {
		return err
	}
	return a.withBoth(ctx, func(_ *config.Config, store *db.Store, l *launch.Launcher) error {
		if err := planCalendars(ctx, store.Queries, l, files); err != nil {
			return err
		}
		if !f.dryRun {
			if err := storeCalendars(ctx, store, l, files, f.note); err != nil {
				return err
			}
		}
		var tasks []*task
		for _, c := range files {
			tasks = append(tasks, c.followers...)
		}
		failed := a.schedules(ctx, store, l, tasks, f.mode())
		return cmp.Or(a.printCalendars(files, f), failed, calendarVerdict(files, f))
	})
}

func parseCalendars(paths []string) ([]*calendarFile, error) {
	read, err := readFiles(paths)
	if err != nil {
		return nil, err
	}
	out := make([]*calendarFile, len(read))
	var problems []error
	for i, r := range read {
		out[i] = &calendarFile{file: r}
		if out[i].days, err = calendar.ParseFile(r.body, beside(r.path)); err != nil {
			problems = append(problems, inFile(r.path, err))
			continue
		}
		if out[i].canonical, err = out[i].days.Canonical(); err != nil {
			problems = append(problems, inFile(r.path, err))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return out, namedOnce("calendar", read, func(i int) string { return out[i].days.Name })
}

// maxImport bounds a file that a calendar imports, in bytes.
const maxImport = 2 << 20

// beside opens what a file names: files in its own folder and below.
func beside(path string) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		f, err := os.OpenInRoot(filepath.Dir(path), filepath.FromSlash(name))
		if err != nil {
			return nil, err
		}
		defer f.Close() // only read
		body, err := io.ReadAll(io.LimitReader(f, maxImport+1))
		if err == nil && len(body) > maxImport {
			err = fmt.Errorf("%s: more than %d bytes", name, maxImport)
		}
		return body, err
	}
}

// planCalendars finds what each file changes and which series follow it, and
// refuses a calendar on which one of them could not be due.
func planCalendars(ctx context.Context, q *db.Queries, l *launch.Launcher, files []*calendarFile) error {
	before, err := readConfigured(ctx, q)
	if err != nil {
		return err
	}
	after := *before
	after.days = map[string]*calendar.Days{}
	byName := map[string]*calendarFile{}
	for _, f := range files {
		row := before.calendars[f.days.Name]
		f.change = changeOf(f.days.Name, row.Version, bytes.Equal(row.Spec, f.canonical), indented(row.Spec), f.path, indented(f.canonical))
		f.followers, f.stay = nil, nil
		after.days[f.days.Name], byName[f.days.Name] = f.days, f
	}
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(before.series)) {
		if err := follow(ctx, q, l, before, &after, name, byName); err != nil {
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}

// follow adds a series to the calendar file that it follows, if any.
func follow(ctx context.Context, q *db.Queries, l *launch.Launcher, before, after *configured, name string, files map[string]*calendarFile) error {
	s, err := before.parsed(name)
	if err != nil {
		return err
	}
	f := files[s.Calendar]
	if f == nil {
		return nil
	}
	want, err := after.want(l, s)
	if err != nil {
		return inFile(f.path, err)
	}
	f.followers = append(f.followers, before.task(l, s, want))
	if f.change.Change != fileUpdated {
		return nil
	}
	was, err := before.calendar(s.Calendar)
	if err != nil {
		return err
	}
	stays, err := staying(ctx, q, s, was, f.days)
	if len(stays.Dates) > 0 {
		f.stay = append(f.stay, stays)
	}
	return err
}

// staying finds the recorded dates that were as the calendar said, and are not
// as it will say.
func staying(ctx context.Context, q *db.Queries, s *series.Series, was, will *calendar.Days) (stay, error) {
	out := stay{Series: s.Name}
	old, err := s.BusinessDays(was)
	if err != nil {
		return out, err
	}
	next, err := s.BusinessDays(will)
	if err != nil {
		return out, err
	}
	rows, err := q.RecordedWindows(ctx, s.Name)
	if err != nil {
		return out, fmt.Errorf("read the cycles of series %s: %w", s.Name, err)
	}
	for _, r := range rows {
		d := report.DateOf(r.BusinessDate)
		says := func(c *calendar.Calendar) bool { return c.Due(d) && c.Cutoff(d).Equal(r.WindowEnd) }
		if says(old) && !says(next) {
			out.Dates = append(out.Dates, d)
		}
	}
	return out, out.findUnsettled(ctx, q)
}

func (s *stay) findUnsettled(ctx context.Context, q *db.Queries) error {
	if len(s.Dates) == 0 {
		return nil
	}
	rows, err := q.Cycles(ctx, s.Series, s.Dates[0].Time(), s.Dates[len(s.Dates)-1].Time())
	if err != nil {
		return fmt.Errorf("read the cycles of series %s: %w", s.Series, err)
	}
	for _, r := range rows {
		d, state := report.DateOf(r.BusinessDate), report.State(r.State)
		if slices.Contains(s.Dates, d) && !slices.Contains([]report.State{report.Issued, report.IssuedQualified, report.Waived}, state) {
			s.Unsettled = append(s.Unsettled, d)
		}
	}
	return nil
}

// indented is JSON in lines that can be compared.
func indented(b []byte) []byte {
	var out bytes.Buffer
	if len(b) == 0 || json.Indent(&out, b, "", "  ") != nil {
		return b
	}
	out.WriteByte('\n')
	return out.Bytes()
}

// storeCalendars records new versions, all or none.
func storeCalendars(ctx context.Context, store *db.Store, l *launch.Launcher, files []*calendarFile, note string) error {
	return storeFiles(ctx, store, func(q *db.Queries) error {
		// Somebody may have applied while we waited for our turn.
		if err := planCalendars(ctx, q, l, files); err != nil {
			return err
		}
		for _, f := range files {
			if f.change.Change == fileUnchanged {
				continue
			}
			for _, t := range f.followers {
				if err := t.keep(ctx, q); err != nil {
					return err
				}
			}
			digest := sha256.Sum256(f.canonical)
			err := q.InsertCalendar(ctx, db.InsertCalendarParams{Name: f.days.Name, Version: f.change.Version, Spec: f.canonical,
				Sha256: digest[:], Note: note, AppliedBy: "os-user:" + osUser()})
			if err != nil {
				return fmt.Errorf("record calendar %s: %w", f.days.Name, err)
			}
		}
		return nil
	})
}

func calendarVerdict(files []*calendarFile, f applyFlags) error {
	for _, c := range files {
		if f.dryRun && c.change.Change != fileUnchanged {
			return errNo
		}
		for _, t := range c.followers {
			if err := t.verdict(f); err != nil {
				return err
			}
		}
	}
	return nil
}

// appliedCalendar is a line of what "calendar apply --json" prints.
type appliedCalendar struct {
	Calendar string       `json:"calendar"`
	Version  int32        `json:"version"`
	File     string       `json:"file"` // created, updated, unchanged
	Diff     string       `json:"diff,omitempty"`
	Series   []followedBy `json:"series"`
	Stay     []stay       `json:"recorded_dates_stay,omitempty"`
}

type followedBy struct {
	Series string `json:"series"`
	appliedSchedule
}

func (a *app) printCalendars(files []*calendarFile, f applyFlags) error {
	for _, c := range files {
		for _, t := range c.followers {
			t.settle(f)
		}
		for _, s := range c.stay {
			a.sayAll(s.remarks())
		}
	}
	if a.json {
		out := make([]appliedCalendar, len(files))
		for i, c := range files {
			out[i] = appliedCalendar{c.days.Name, c.change.Version, c.change.Change, c.change.Diff, []followedBy{}, c.stay}
			for _, t := range c.followers {
				out[i].Series = append(out[i].Series, followedBy{t.series.Name, t.applied()})
			}
		}
		return a.printJSON(out)
	}
	if f.dryRun {
		for _, c := range files {
			a.printWould("calendar "+c.days.Name, c.change, c.followers)
		}
		return nil
	}
	var rows [][]string
	for _, c := range files {
		row := []string{c.days.Name, fmt.Sprint(c.change.Version), c.change.Change, "", ""}
		if len(c.followers) == 0 {
			rows = append(rows, row)
		}
		for _, t := range c.followers {
			a.sayAll(t.remarks())
			rows = append(rows, append(slices.Clone(row[:3]), t.series.Name, cmp.Or(t.applied().Change, "failed")))
		}
	}
	return a.list([]string{"CALENDAR", "VERSION", "CHANGE", "SERIES", "SCHEDULE"}, rows)
}

func (s stay) remarks() []string {
	out := []string{fmt.Sprintf("series %s: recorded windows stay as they are, though the calendar now says otherwise: %s", s.Series, someDates(s.Dates))}
	if len(s.Unsettled) > 0 {
		out = append(out, fmt.Sprintf("  still owed: %s. To waive one: starter waive --series %s --date DATE --reason TEXT", someDates(s.Unsettled), s.Series))
	}
	return out
}

// someDates lists dates, the newest of many.
func someDates(dates []report.Date) string {
	const most = 10
	words := make([]string, 0, most)
	for _, d := range dates[max(0, len(dates)-most):] {
		words = append(words, string(d))
	}
	out := strings.Join(words, ", ")
	if more := len(dates) - len(words); more > 0 {
		out = fmt.Sprintf("%d earlier, %s", more, out)
	}
	return out
}

func (a *app) listCalendars(ctx context.Context) error {
	return a.withDatabase(ctx, func(_ *config.Config, store *db.Store) error {
		stored, err := store.ListCalendars(ctx)
		if err != nil {
			return fmt.Errorf("list calendars: %w", err)
		}
		rows := make([][]string, len(stored))
		for i, row := range stored {
			d, err := calendar.ParseDays(row.Spec)
			if err != nil {
				return fmt.Errorf("calendar %s version %d as applied: %w", row.Name, row.Version, err)
			}
			rows[i] = []string{d.Name, fmt.Sprint(row.Version), strings.Join(d.Week, ","), fmt.Sprint(len(d.Holidays)),
				fmt.Sprint(len(d.HalfDays)), fmt.Sprint(len(d.Blackouts)), row.AppliedAt.UTC().Format(time.RFC3339)}
		}
		return a.list([]string{"NAME", "VERSION", "WEEK", "HOLIDAYS", "HALF DAYS", "BLACKOUTS", "APPLIED"}, rows)
	})
}

// namedCalendar reads a calendar by name; without one, the only one there is.
func namedCalendar(ctx context.Context, q *db.Queries, name string) (db.CobCalendar, error) {
	if name == "" {
		all, err := q.ListCalendars(ctx)
		if err != nil {
			return db.CobCalendar{}, fmt.Errorf("list calendars: %w", err)
		}
		if len(all) != 1 {
			return db.CobCalendar{}, fmt.Errorf("%w: there are %d calendars: name one, or give --series. See: starter calendar list", errUsage, len(all))
		}
		return all[0], nil
	}
	row, err := q.LatestCalendar(ctx, name)
	if errors.Is(err, pgx.ErrNoRows) {
		return row, fmt.Errorf("%w: there is no calendar %q. Apply its file: starter calendar apply FILE", report.ErrNotFound, name)
	}
	if err != nil {
		return row, fmt.Errorf("read calendar %s: %w", name, err)
	}
	return row, nil
}
