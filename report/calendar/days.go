package calendar

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gowebpki/jcs"

	"github.com/closeofbusiness/cob/report"
)

// What a blackout does to the reports of its dates.
const (
	Skip       = "skip"        // none is owed; their data belongs to the next due date
	NoDelivery = "no_delivery" // issued, and not delivered
)

// Days tells which days are business days, with half days and blackouts. Its
// JSON says everything: what a calendar file imports is resolved to dates.
type Days struct {
	Name      string                 `json:"name"`
	Week      []string               `json:"week"`                // "mon" to "sun", in that order
	Holidays  map[report.Date]string `json:"holidays,omitempty"`  // what each is called
	HalfDays  map[report.Date]string `json:"half_days,omitempty"` // the cutoff of each, "12:30"
	Blackouts []Blackout             `json:"blackouts,omitempty"` // by date; none overlaps another
}

// Blackout is a span of days, both ends included.
type Blackout struct {
	From   report.Date `json:"from" yaml:"from"`
	To     report.Date `json:"to" yaml:"to"`
	Do     string      `json:"do" yaml:"do"` // Skip or NoDelivery
	Reason string      `json:"reason,omitempty" yaml:"reason"`
}

// The limits of a calendar, far above what any needs.
const (
	maxDaysJSON  = 4 << 20 // bytes
	maxDates     = 20_000  // holidays; half days
	maxBlackouts = 1_000
	maxName      = 100 // bytes of a holiday's name and of a reason
	firstYear    = 1900
	lastYear     = 2199
)

var weekdayNames = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// weekdayNamed is the day of the week that is written so.
func weekdayNamed(name string) (time.Weekday, bool) {
	i := slices.Index(weekdayNames, name)
	return time.Weekday((i + 1) % 7), i >= 0
}

// Standard is Monday to Friday, without holidays.
func Standard() *Days { return &Days{Name: "weekdays", Week: slices.Clone(weekdayNames[:5])} }

// ParseDays reads what Canonical wrote.
func ParseDays(b []byte) (*Days, error) {
	if len(b) > maxDaysJSON {
		return nil, fmt.Errorf("%w: calendar: %d bytes, at most %d are read", report.ErrInvalid, len(b), maxDaysJSON)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	var d Days
	if err := dec.Decode(&d); err != nil {
		return nil, fmt.Errorf("%w: calendar: %w", report.ErrInvalid, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: calendar: more than one JSON value", report.ErrInvalid)
	}
	var p problems
	d.check(p.add)
	if err := p.err("calendar"); err != nil {
		return nil, err
	}
	d.order()
	return &d, nil
}

// Canonical returns the calendar as canonical JSON (RFC 8785): what the
// database keeps, and what two calendars are compared by.
func (d *Days) Canonical() ([]byte, error) {
	b, err := json.Marshal(d.ordered())
	if err != nil {
		return nil, fmt.Errorf("encode calendar %s: %w", d.Name, err)
	}
	if b, err = jcs.Transform(b); err != nil {
		return nil, fmt.Errorf("canonicalise calendar %s: %w", d.Name, err)
	}
	return b, nil
}

// ordered is the calendar with everything in its order, in slices of its own.
func (d *Days) ordered() *Days {
	out := *d
	out.Week, out.Blackouts = slices.Clone(d.Week), slices.Clone(d.Blackouts)
	out.order()
	return &out
}

// order sorts what has no order of its own.
func (d *Days) order() {
	slices.SortStableFunc(d.Week, func(a, b string) int {
		return slices.Index(weekdayNames, a) - slices.Index(weekdayNames, b)
	})
	slices.SortStableFunc(d.Blackouts, func(a, b Blackout) int { return strings.Compare(string(a.From), string(b.From)) })
}

// tell tells of a field what was found and what was expected.
type tell func(field, found, expected string)

// maxProblems bounds how many problems of one file are told.
const maxProblems = 50

// problems collects everything that is wrong with a calendar.
type problems []error

func (p *problems) add(field, found, expected string) {
	if len(*p) < maxProblems {
		*p = append(*p, fmt.Errorf("%s: %s found, %s expected", field, found, expected))
	}
}

// err is all of them, each of what was read; nil where there are none.
func (p problems) err(what string) error {
	errs := make([]error, len(p))
	for i, problem := range p {
		errs[i] = fmt.Errorf("%w: %s: %w", report.ErrInvalid, what, problem)
	}
	return errors.Join(errs...)
}

// check tells everything that is wrong with the calendar.
func (d *Days) check(wrong tell) {
	if report.CheckSeries(d.Name) != nil {
		wrong("name", brief(d.Name), aName)
	}
	d.checkWeek(wrong)
	if n := max(len(d.Holidays), len(d.HalfDays)); n > maxDates {
		wrong("holidays, half_days", fmt.Sprintf("%d days", n), fmt.Sprintf("at most %d", maxDates))
		return
	}
	for _, date := range slices.Sorted(maps.Keys(d.Holidays)) {
		field := fmt.Sprintf("holidays.%.40s", date)
		if !isDay(date) {
			wrong(field, "no such day", aDay)
		} else if name := d.Holidays[date]; name == "" || !isText(name) {
			wrong(field, brief(name), aText)
		}
	}
	for _, date := range slices.Sorted(maps.Keys(d.HalfDays)) {
		d.checkHalfDay(wrong, date)
	}
	d.checkBlackouts(wrong)
}

func (d *Days) checkWeek(wrong tell) {
	if len(d.Week) == 0 || len(d.Week) > len(weekdayNames) {
		wrong("week", fmt.Sprintf("%d days", len(d.Week)), someWeekdays)
		return
	}
	seen := map[string]bool{}
	for i, name := range d.Week {
		if _, ok := weekdayNamed(name); !ok || seen[name] {
			wrong(fmt.Sprintf("week[%d]", i), brief(name), someWeekdays)
		}
		seen[name] = true
	}
}

func (d *Days) checkHalfDay(wrong tell, date report.Date) {
	field := fmt.Sprintf("half_days.%.40s", date)
	if !isDay(date) {
		wrong(field, "no such day", aDay)
		return
	}
	if _, err := parseClock(d.HalfDays[date]); err != nil {
		wrong(field, brief(d.HalfDays[date]), `a time of day such as "12:30"`)
	}
	if name, ok := d.Holidays[date]; ok {
		wrong(field, "a holiday, "+brief(name)+",", "a business day")
	} else if day := date.Time().Weekday(); !slices.Contains(d.Week, weekdayNames[(day+6)%7]) {
		wrong(field, "a "+day.String(), "a business day of the week")
	}
}

func (d *Days) checkBlackouts(wrong tell) {
	if len(d.Blackouts) > maxBlackouts {
		wrong("blackouts", fmt.Sprintf("%d of them", len(d.Blackouts)), fmt.Sprintf("at most %d", maxBlackouts))
		return
	}
	for i, b := range d.Blackouts {
		field := fmt.Sprintf("blackouts[%d]", i)
		if !isDay(b.From) {
			wrong(field+".from", brief(string(b.From)), aDay)
		}
		if !isDay(b.To) {
			wrong(field+".to", brief(string(b.To)), aDay)
		} else if b.To < b.From {
			wrong(field+".to", string(b.To), "no day before "+string(b.From))
		}
		if b.Do != Skip && b.Do != NoDelivery {
			wrong(field+".do", brief(b.Do), Skip+" or "+NoDelivery)
		}
		if !isText(b.Reason) {
			wrong(field+".reason", brief(b.Reason), aText)
		}
	}
	ordered := d.ordered().Blackouts
	for i, b := range ordered[min(1, len(ordered)):] {
		if before := ordered[i]; b.From <= before.To {
			wrong("blackouts from "+brief(string(b.From)), "a day of the one from "+brief(string(before.From)), "each day in one blackout")
		}
	}
}

// What fields expect.
const (
	aName        = "1 to 63 characters a-z, 0-9 and -"
	someWeekdays = "each once, some of mon, tue, wed, thu, fri, sat, sun"
	aDay         = "a day from 1900 to 2199 written YYYY-MM-DD"
	aText        = "a text of 1 to 100 bytes"
)

func isDay(d report.Date) bool {
	_, err := report.ParseDate(string(d))
	return err == nil && d.Time().Year() >= firstYear && d.Time().Year() <= lastYear
}

func isText(s string) bool {
	return len(s) <= maxName && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// brief quotes what was found, and not more of it than helps.
func brief(s string) string {
	const most = 40
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return fmt.Sprintf("%q", s)
}
