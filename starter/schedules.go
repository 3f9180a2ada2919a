package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/sync/errgroup"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/launch"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/calendar"
	"github.com/closeofbusiness/cob/report/series"
	"github.com/closeofbusiness/cob/report/template"
)

// configured is what was applied, as the database has it.
type configured struct {
	series    map[string]db.CobSeries
	calendars map[string]db.CobCalendar
	templates map[string][]string // the versions of each
	written   map[string]string   // of each series the schedule as last written
	days      map[string]*calendar.Days
}

func readConfigured(ctx context.Context, q *db.Queries) (*configured, error) {
	c := &configured{series: map[string]db.CobSeries{}, calendars: map[string]db.CobCalendar{}, templates: map[string][]string{},
		written: map[string]string{}, days: map[string]*calendar.Days{}}
	allSeries, err := q.ListSeries(ctx)
	for _, row := range allSeries {
		c.series[row.Name] = row
	}
	calendars, err2 := q.ListCalendars(ctx)
	for _, row := range calendars {
		c.calendars[row.Name] = row
	}
	templates, err3 := q.ListTemplates(ctx)
	for _, row := range templates {
		c.templates[row.Name] = append(c.templates[row.Name], row.Version)
	}
	schedules, err4 := q.ListSchedules(ctx)
	for _, row := range schedules {
		c.written[row.Series] = row.Spec
	}
	if err := errors.Join(err, err2, err3, err4); err != nil {
		return nil, fmt.Errorf("read what was applied: %w", err)
	}
	return c, nil
}

// follows refuses a template, or a range of its versions, that was not applied.
func (c *configured) follows(ref string) error {
	r, err := template.ParseRange(ref)
	versions := slices.SortedFunc(slices.Values(c.templates[r.Name]), template.CompareVersions)
	switch {
	case err != nil:
		return err
	case len(versions) == 0:
		return fmt.Errorf("%w: template: there is no template %q. Apply it first: starter template apply FILE", report.ErrInvalid, r.Name)
	case r.Highest(versions) < 0:
		return fmt.Errorf("%w: template: of %s no version %s is applied. There is %s. Apply it first: starter template apply FILE, or follow another",
			report.ErrInvalid, r.Name, r.Versions(), strings.Join(versions, ", "))
	}
	return nil
}

// calendar reads a calendar as applied; of no name it is nil, Monday to Friday.
func (c *configured) calendar(name string) (*calendar.Days, error) {
	if days, known := c.days[name]; known || name == "" {
		return days, nil
	}
	row, applied := c.calendars[name]
	if !applied {
		return nil, fmt.Errorf("%w: calendar: there is no calendar %q. Apply it first: starter calendar apply FILE", report.ErrInvalid, name)
	}
	days, err := calendar.ParseDays(row.Spec)
	if err != nil {
		return nil, fmt.Errorf("calendar %s version %d as applied: %w", row.Name, row.Version, err)
	}
	c.days[name] = days
	return days, nil
}

// want is the schedule that a series is to have.
func (c *configured) want(l *launch.Launcher, s *series.Series) (launch.Wanted, error) {
	days, err := c.calendar(s.Calendar)
	if err != nil {
		return launch.Wanted{}, err
	}
	return l.Want(s, days)
}

// parsed reads a series as applied.
func (c *configured) parsed(name string) (*series.Series, error) {
	row := c.series[name]
	s, err := series.Parse(row.Spec)
	if err != nil {
		return nil, fmt.Errorf("series %s version %d as applied: %w", name, row.Version, err)
	}
	return s, nil
}

// task is one schedule to compare or to apply, and what came of it.
type task struct {
	series *series.Series
	want   launch.Wanted
	// written is the schedule as it was last written. Where nobody noted that, it
	// is what the files as applied would have made; else empty.
	written string
	noted   bool // the database has it

	schedule launch.Schedule
	err      error
}

// task says what a series' schedule is to be, and what it was when it was last
// written. c is what was applied before.
func (c *configured) task(l *launch.Launcher, s *series.Series, want launch.Wanted) *task {
	t := &task{series: s, want: want}
	t.written, t.noted = c.written[s.Name]
	if t.noted = t.noted && launch.Comparable(t.written); t.noted {
		return t
	}
	t.written = ""
	if before, err := c.parsed(s.Name); err == nil {
		if w, err := c.want(l, before); err == nil {
			t.written = w.Text
		}
	}
	return t
}

// mode says what is done with schedules.
type mode int

const (
	compare mode = iota
	write        // leave alone what somebody changed by hand
	restore      // put that back as well
)

// atOnce is how many schedules are looked at at one time.
const atOnce = 8

// schedules compares or applies schedules, a few at a time, and notes what was
// written. What one task met is in its err; where Temporal does not answer the
// rest is not tried.
func (a *app) schedules(ctx context.Context, store *db.Store, l *launch.Launcher, tasks []*task, m mode) error {
	advance, done := a.progress("schedules", len(tasks))
	defer done()
	var g errgroup.Group
	g.SetLimit(atOnce)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	for _, t := range tasks {
		g.Go(func() error {
			if ctx.Err() != nil {
				t.err = context.Cause(ctx)
				return nil
			}
			t.err = t.do(ctx, store, l, m)
			if errors.Is(t.err, report.ErrUnavailable) {
				stop(t.err)
			}
			advance()
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return failures(tasks)
}

func (t *task) do(ctx context.Context, store *db.Store, l *launch.Launcher, m mode) (err error) {
	if m == compare {
		t.schedule, err = l.CompareSchedule(ctx, t.want, t.written)
		return err
	}
	if t.schedule, err = l.ApplySchedule(ctx, t.want, t.written, m == restore); err != nil || t.schedule.Change == launch.Kept {
		return err
	}
	if t.noted && t.written == t.want.Text {
		return nil
	}
	if err := store.SaveSchedule(ctx, t.series.Name, t.want.Text); err != nil {
		return fmt.Errorf("note how schedule %s was written: %w", t.schedule.ID, err)
	}
	return nil
}

// failures joins what tasks met, each message once: a server that is away fails
// all of them.
func failures(tasks []*task) error {
	told := map[string]bool{}
	var errs []error
	for _, t := range tasks {
		if t.err != nil && !told[t.err.Error()] {
			told[t.err.Error()] = true
			errs = append(errs, t.err)
		}
	}
	return errors.Join(errs...)
}

// many is from how many on progress is shown.
const many = 20

// progress shows on stderr how far something is that is done n times: advance
// is called after each, by anybody; done at the end.
func (a *app) progress(what string, n int) (advance, done func()) {
	if n <= many || a.quiet {
		return func() {}, func() {}
	}
	if isTerminal(a.err) {
		bar := progressbar.NewOptions(n, progressbar.OptionSetWriter(a.err), progressbar.OptionSetDescription(what),
			progressbar.OptionShowCount(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
		return func() { _ = bar.Add(1) }, func() { _ = bar.Finish() } // drawing the bar is not worth failing for
	}
	var mutex sync.Mutex
	step, count := max(n/10, 1), 0
	return func() {
		mutex.Lock()
		defer mutex.Unlock()
		if count++; count%step == 0 || count == n {
			a.say("%s: %d of %d", what, count, n)
		}
	}, func() {}
}

// state says in a few words how a schedule is, for lists.
func (t *task) state() string {
	if t.err != nil {
		return "unknown: " + message(t.err)
	}
	out := ""
	switch t.schedule.Change {
	case launch.Created:
		return "missing: starter series apply FILE"
	case launch.Updated:
		out = "behind the file: starter series apply FILE"
	case launch.Kept:
		out = "changed by hand: starter series show " + t.series.Name
	default:
		out = asTheFileSays
	}
	if !t.schedule.Paused {
		return out
	}
	paused := "paused"
	if t.schedule.Note != "" {
		paused += " (" + t.schedule.Note + ")"
	}
	if out == asTheFileSays {
		return paused
	}
	return paused + "; " + out
}

const asTheFileSays = "as the file says"

// mostLines bounds how many differences of one schedule are printed: a calendar
// may differ on many dates. "series show" prints all.
const mostLines = 20

// someDifferences says the first of a schedule's differences.
func someDifferences(all []launch.Difference, most int) []string {
	var out []string
	for i, d := range all {
		if i == most {
			return append(out, fmt.Sprintf("and %d more", len(all)-i))
		}
		out = append(out, d.String())
	}
	return out
}

// remarks says in lines what people should know of a schedule that was applied.
// What was done as the files say is in the table.
func (t *task) remarks() []string {
	s := t.schedule
	var out []string
	if t.err == nil && (t.schedule.Drifted() || t.madeAgain()) {
		out = t.difference("")
	}
	if t.err == nil && s.Paused {
		out = append(out, fmt.Sprintf("schedule %s: paused%s; it stays so", s.ID, bracketed(s.Note)))
	}
	return out
}

func (t *task) madeAgain() bool { return t.noted && t.schedule.Deleted }

// difference says in lines how a schedule differs. would is "would be " where
// it was only compared.
func (t *task) difference(would string) []string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	s := t.schedule
	switch {
	case t.madeAgain():
		add("schedule %s: had been written before and is gone; %smade again", s.ID, would)
	case s.Change == launch.Kept:
		add("schedule %s: changed by hand; %sleft as it is", s.ID, would)
	case s.Change == launch.Overwritten:
		add("schedule %s: changed by hand; %sput back", s.ID, would)
	default:
		add("schedule %s: %s%s", s.ID, would, s.Change)
	}
	for _, d := range someDifferences(s.Differences, mostLines) {
		add("  %s", d)
	}
	if s.Change == launch.Kept {
		add("  To put it back, apply with --overwrite; to keep it, write it into the series file or its calendar")
	}
	return out
}

func bracketed(note string) string {
	if note == "" {
		return ""
	}
	return " (" + strings.Join(strings.Fields(visible([]byte(note))), " ") + ")"
}

// nextCutoff is when the series' next date closes that is owed.
func (c *configured) nextCutoff(s *series.Series, now time.Time) (time.Time, error) {
	days, err := c.calendar(s.Calendar)
	if err != nil {
		return time.Time{}, err
	}
	cal, err := s.BusinessDays(days)
	if err != nil {
		return time.Time{}, err
	}
	next := cal.Holding(now)
	if s.FirstDay > next {
		next = s.FirstDay
		if !cal.Due(next) {
			next = cal.Next(next)
		}
	}
	return cal.Cutoff(next), nil
}
