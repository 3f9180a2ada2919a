package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/closeofbusiness/cob/config"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/ledger"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/calendar"
)

type showFlags struct {
	name, series string
	year         int
	all          bool
}

// calendarYear is a year of a calendar.
type calendarYear struct {
	Calendar string        `json:"calendar"`
	Version  int32         `json:"version"` // 0: no file was applied, it is Monday to Friday
	Year     int           `json:"year"`
	Week     []string      `json:"week"`
	Days     []calendarDay `json:"days"` // those that are not as every week
	Series   *seriesYear   `json:"series,omitempty"`

	plan     *ledger.Plan
	days     *calendar.Days
	recorded map[report.Date]report.State
	usual    time.Time // the last due date's usual cutoff
}

// calendarDay is one date of it.
type calendarDay struct {
	Date    report.Date `json:"date"`
	Weekday string      `json:"weekday"`
	What    string      `json:"what"` // holiday, half day, blackout, clock change …; several are joined
	Detail  string      `json:"detail,omitempty"`
	*dueDay
}

// dueDay is what a date is to a series.
type dueDay struct {
	Due      bool         `json:"due"`
	Cutoff   *time.Time   `json:"cutoff,omitempty"` // in the series' zone
	UTC      *time.Time   `json:"utc,omitempty"`
	Recorded report.State `json:"recorded,omitempty"` // the cycle's state; its window is fixed
}

// seriesYear is what a series owes in the year.
type seriesYear struct {
	Name     string      `json:"name"`
	Cutoff   string      `json:"cutoff"`
	TimeZone string      `json:"time_zone"`
	Due      string      `json:"due"`
	FirstDay report.Date `json:"first_day"`
	Months   []dueMonth  `json:"months"`
	Dates    []dueDate   `json:"dates"` // every due date
}

// dueMonth counts a month's due dates.
type dueMonth struct {
	Month    string `json:"month"` // 2026-03
	Due      int    `json:"due"`
	Recorded int    `json:"recorded"`
	// UTC is when the usual cutoff is: "17:00", or "17:00, from 2026-03-30 16:00".
	UTC string `json:"utc"`

	last string
}

type dueDate struct {
	Date report.Date `json:"date"`
	dueDay
}

func (a *app) showCalendar(ctx context.Context, f showFlags) error {
	if f.year != 0 && (f.year < 1900 || f.year > 2199) {
		return fmt.Errorf("%w: --year %d: a year from 1900 to 2199 is needed", errUsage, f.year)
	}
	if f.all && f.series == "" {
		return fmt.Errorf("%w: --all needs --series", errUsage)
	}
	return a.withDatabase(ctx, func(_ *config.Config, store *db.Store) error {
		y, err := readYear(ctx, store.Queries, f)
		if err != nil {
			return err
		}
		y.list(f.all)
		if a.json {
			return a.printJSON(y)
		}
		return a.printYear(y)
	})
}

func readYear(ctx context.Context, q *db.Queries, f showFlags) (*calendarYear, error) {
	now, err := q.Now(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the database's clock: %w", err)
	}
	y := &calendarYear{Year: f.year, Days: []calendarDay{}}
	if f.series != "" {
		err = y.follow(ctx, q, f, now)
	} else {
		err = y.read(ctx, q, f.name)
	}
	if y.Year == 0 {
		y.Year = now.Year()
	}
	return y, err
}

// read takes a calendar by its name.
func (y *calendarYear) read(ctx context.Context, q *db.Queries, name string) (err error) {
	row, err := namedCalendar(ctx, q, name)
	if err != nil {
		return err
	}
	if y.days, err = calendar.ParseDays(row.Spec); err != nil {
		return fmt.Errorf("calendar %s version %d as applied: %w", row.Name, row.Version, err)
	}
	y.Calendar, y.Version, y.Week = row.Name, row.Version, y.days.Week
	return nil
}

// follow takes the calendar that a series follows, and what is recorded.
func (y *calendarYear) follow(ctx context.Context, q *db.Queries, f showFlags, now time.Time) (err error) {
	if y.plan, err = ledger.Load(ctx, q, f.series); err != nil {
		return err
	}
	if y.days = y.plan.Days; y.days == nil {
		y.days = calendar.Standard()
	}
	if f.name != "" && f.name != y.days.Name {
		return fmt.Errorf("%w: series %s follows calendar %s, not %s", errUsage, f.series, y.days.Name, f.name)
	}
	y.Calendar, y.Version, y.Week = y.days.Name, y.plan.DaysVersion, y.days.Week
	zone := y.plan.Calendar.Zone()
	if y.Year == 0 {
		y.Year = now.In(zone).Year()
	}
	s := y.plan.Series
	y.Series = &seriesYear{Name: s.Name, Cutoff: s.Cutoff, TimeZone: s.TimeZone, Due: s.Due, FirstDay: y.plan.FirstDay, Dates: []dueDate{}}
	first, last := y.ends()
	rows, err := q.Cycles(ctx, s.Name, first, last)
	if err != nil {
		return fmt.Errorf("read the cycles of series %s: %w", s.Name, err)
	}
	y.recorded = map[report.Date]report.State{}
	for _, r := range rows {
		y.recorded[report.DateOf(r.BusinessDate)] = report.State(r.State)
	}
	return nil
}

func (y *calendarYear) ends() (first, last time.Time) {
	return time.Date(y.Year, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(y.Year, 12, 31, 0, 0, 0, 0, time.UTC)
}

// list goes through the year's dates.
func (y *calendarYear) list(all bool) {
	first, last := y.ends()
	for t := first; !t.After(last); t = t.AddDate(0, 0, 1) {
		d := report.DateOf(t)
		day := calendarDay{Date: d, Weekday: t.Weekday().String()[:3]}
		var m marks
		y.exception(d, &m)
		if y.plan != nil {
			day.dueDay = y.due(d)
			y.ofSeries(d, *day.dueDay, &m)
		}
		if len(m.what) > 0 || all && day.Due {
			day.What, day.Detail = strings.Join(m.what, ", "), strings.Join(m.detail, "; ")
			y.Days = append(y.Days, day)
		}
	}
}

// marks are what is out of the ordinary about a date.
type marks struct{ what, detail []string }

func (m *marks) add(what, detail string) {
	if m.what = append(m.what, what); detail != "" {
		m.detail = append(m.detail, detail)
	}
}

// exception says what the calendar says of a date.
func (y *calendarYear) exception(d report.Date, m *marks) {
	if name, ok := y.days.Holidays[d]; ok {
		m.add("holiday", name)
	}
	if at, ok := y.days.HalfDays[d]; ok {
		m.add("half day", "closes "+at)
	}
	for _, b := range y.days.Blackouts {
		if b.From <= d && d <= b.To {
			does := "nothing is owed"
			if b.Do == calendar.NoDelivery {
				does = "issued, not delivered"
			}
			if b.Reason != "" {
				does += ": " + b.Reason
			}
			m.add("blackout", does)
		}
	}
}

// due says what a date is to the series.
func (y *calendarYear) due(d report.Date) *dueDay {
	out := &dueDay{Recorded: y.recorded[d]}
	if out.Due = y.plan.Calendar.Due(d); out.Due {
		local := y.plan.Calendar.Cutoff(d).In(y.plan.Calendar.Zone())
		utc := local.UTC()
		out.Cutoff, out.UTC = &local, &utc
	}
	return out
}

// ofSeries counts a due date, and says what is out of the ordinary about it.
func (y *calendarYear) ofSeries(d report.Date, day dueDay, m *marks) {
	if d == y.plan.FirstDay {
		m.add("first day", "owed from here on")
	}
	if !day.Due {
		return
	}
	y.Series.Dates = append(y.Series.Dates, dueDate{d, day})
	month := y.month(d)
	month.Due++
	if day.Recorded != "" {
		month.Recorded++
	}
	if named := y.replaces(d); named != "" {
		m.add("moved", "in place of "+named)
	}
	if day.Cutoff.Format("15:04") != y.plan.Series.Cutoff {
		y.unusual(d, day, m)
		return
	}
	if moved := y.moved(d, *day.Cutoff); moved != "" {
		m.add("clock change", moved)
	}
	y.usual = *day.Cutoff
	month.closes(d, day.UTC.Format("15:04"))
}

// replaces is the weekday that a weekly series is due on, where this date
// stands in for it.
func (y *calendarYear) replaces(d report.Date) string {
	named, weekly := strings.CutPrefix(y.plan.Series.Due, "weekly ")
	if !weekly || !slices.Contains(y.Week, named) || strings.HasPrefix(strings.ToLower(d.Time().Weekday().String()), named) {
		return ""
	}
	return named
}

// unusual says why a date closes at another time; a half day has said so.
func (y *calendarYear) unusual(d report.Date, day dueDay, m *marks) {
	_, half := y.days.HalfDays[d]
	switch {
	case half:
	case day.Recorded != "":
		m.add("recorded", "its window was fixed before the files changed")
	default:
		m.add("clock change", "there is no "+y.plan.Series.Cutoff+" on this day")
	}
}

// moved says how the usual cutoff moved in UTC since the one before it.
func (y *calendarYear) moved(d report.Date, cutoff time.Time) string {
	before := y.usual
	if before.IsZero() {
		previous := y.plan.Calendar.Previous(d)
		before = y.plan.Calendar.Cutoff(previous).In(cutoff.Location())
		if before.Format("15:04") != cutoff.Format("15:04") {
			return ""
		}
	}
	if was, is := before.UTC().Format("15:04"), cutoff.UTC().Format("15:04"); was != is {
		return "closes " + is + " UTC from here on, " + was + " before"
	}
	return ""
}

func (y *calendarYear) month(d report.Date) *dueMonth {
	name := string(d[:7])
	if n := len(y.Series.Months); n == 0 || y.Series.Months[n-1].Month != name {
		y.Series.Months = append(y.Series.Months, dueMonth{Month: name})
	}
	return &y.Series.Months[len(y.Series.Months)-1]
}

// closes notes when the usual cutoff is in UTC.
func (m *dueMonth) closes(d report.Date, utc string) {
	switch {
	case m.last == "":
		m.UTC = utc
	case m.last != utc:
		m.UTC += ", from " + string(d) + " " + utc
	}
	m.last = utc
}

func (a *app) printYear(y *calendarYear) error {
	header := []string{"DATE", "DAY", "WHAT", "DETAIL"}
	if y.Series != nil {
		header = append(header, "CUTOFF", "UTC", "RECORDED")
	}
	rows := make([][]string, len(y.Days))
	for i, d := range y.Days {
		rows[i] = []string{string(d.Date), d.Weekday, d.What, d.Detail}
		if d.dueDay != nil {
			rows[i] = append(rows[i], d.columns()...)
		}
	}
	a.say("calendar %s, %s: business days are %s", y.Calendar, versionOr(y.Version), strings.Join(y.Week, ", "))
	if err := a.table(header, rows); err != nil || y.Series == nil {
		return err
	}
	s := y.Series
	a.say("series %s is due %s at %s %s, owed from %s", s.Name, s.Due, s.Cutoff, s.TimeZone, s.FirstDay)
	fmt.Fprintln(a.out)
	months := make([][]string, len(s.Months))
	for i, m := range s.Months {
		months[i] = []string{m.Month, fmt.Sprint(m.Due), fmt.Sprint(m.Recorded), m.UTC}
	}
	return a.table([]string{"MONTH", "DUE", "RECORDED", "CUTOFF UTC"}, months)
}

func versionOr(version int32) string {
	if version == 0 {
		return "which needs no file"
	}
	return fmt.Sprintf("version %d", version)
}

// columns are what a table says of a date of a series.
func (d *dueDay) columns() []string {
	if !d.Due {
		return []string{"not due", "", string(d.Recorded)}
	}
	return []string{d.Cutoff.Format("15:04 MST"), d.UTC.Format(time.RFC3339), string(d.Recorded)}
}
