// Package series reads series files: what is owed, when, and from what.
package series

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/calendar"
	"github.com/closeofbusiness/cob/report/calendar/yamlfile"
	"github.com/closeofbusiness/cob/report/template"
)

// Series is a series file.
type Series struct {
	Name     string `json:"name"`
	Title    string `json:"title"`    // default: the name in words
	Template string `json:"template"` // NAME, NAME@1, NAME@1.2 …: the highest version in that range is followed
	// FirstDay is owed, and every due date after it. Default: the first cutoff
	// after the series is applied.
	FirstDay report.Date `json:"first_day,omitempty"`
	Cutoff   string      `json:"cutoff"` // local wall time, "17:00"
	TimeZone string      `json:"time_zone"`
	// Calendar names the calendar that tells business days. Default: Monday to
	// Friday.
	Calendar string `json:"calendar,omitempty"`
	// Due is the cadence, as in calendar.Rule.
	Due string `json:"due"`
	// Deadline is how long after the cutoff a report is on time. Default 1h.
	Deadline string `json:"deadline"`
	// MissingData says what happens at the deadline where sources are missing:
	// "qualify", the default, or "hold" until they are there.
	MissingData string `json:"missing_data"`
	// Missed says what happens to due dates that nobody began: "every", the
	// default, is issued late, or "latest_only" of them.
	Missed string `json:"missed"`
	// CatchUp is how long after the cutoff a report is still begun. Default
	// 720h, thirty days.
	CatchUp string `json:"catch_up"`
	// Sources are read. Default: all.
	Sources []Source `json:"sources"`
	// Parameters set the template's.
	Parameters map[string]any `json:"parameters"`
	// Narrative names who writes the prose, in order: providers of cob.yaml, the
	// first whose text passes the checks. Default: rules.
	Narrative []string `json:"narrative,omitempty"`
	// AcknowledgeWithin is how long after it is issued a report should have been
	// acknowledged. Default: it need not be.
	AcknowledgeWithin string `json:"acknowledge_within,omitempty"`
}

// Source is one of a series' sources: in the file its name, or a mapping.
type Source struct {
	Name string `json:"name" yaml:"name"`
	// Optional sources are not waited for.
	Optional bool `json:"optional,omitempty" yaml:"optional"`
}

// UnmarshalYAML reads either form.
func (s *Source) UnmarshalYAML(decode func(any) error) error {
	if err := decode(&s.Name); err == nil {
		return nil
	}
	type full Source
	return decode((*full)(s))
}

// The policies, as files name them.
const (
	qualify    = "qualify"
	hold       = "hold"
	every      = "every"
	latestOnly = "latest_only"
)

// The bounds of durations.
const (
	mostDeadline    = 7 * 24 * time.Hour
	leastCatchUp    = time.Minute
	mostCatchUp     = 365 * 24 * time.Hour
	leastToRead     = time.Minute
	mostToRead      = 30 * 24 * time.Hour
	maxTitle        = 100 // bytes
	maxSources      = 200
	defaultDeadline = "1h"
	defaultCatchUp  = "720h"
)

var (
	titleWords = strings.NewReplacer("-", " ", "_", " ")
	sourceName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)
)

// Parse reads a series file strictly: an unknown key is an error, and every
// problem is reported at once.
func Parse(b []byte) (*Series, error) {
	f, err := yamlfile.Read("series file", b)
	if err != nil {
		return nil, err
	}
	var s Series
	s.read(f)
	s.setDefaults()
	s.check(f)
	if err := f.Err(); err != nil {
		return nil, err
	}
	return &s, nil
}

func (s *Series) read(f *yamlfile.File) {
	f.Field("name", &s.Name, aName)
	f.Field("title", &s.Title, aTitle)
	f.Field("template", &s.Template, aTemplate)
	f.Field("first_day", &s.FirstDay, aDay)
	f.Field("cutoff", &s.Cutoff, aTime)
	f.Field("time_zone", &s.TimeZone, aZone)
	f.Field("calendar", &s.Calendar, aCalendar)
	f.Field("due", &s.Due, aCadence)
	f.Field("deadline", &s.Deadline, aDeadline)
	f.Field("missing_data", &s.MissingData, qualify+" or "+hold)
	f.Field("missed", &s.Missed, every+" or "+latestOnly)
	f.Field("catch_up", &s.CatchUp, aCatchUp)
	f.Field("sources", &s.Sources, "a list of names, or of mappings with name and optional")
	f.Field("parameters", &s.Parameters, "a mapping of the template's parameters to values")
	f.Field("narrative", &s.Narrative, aNarrative)
	f.Field("acknowledge_within", &s.AcknowledgeWithin, anAcknowledgement)
}

// What fields expect.
const (
	aName             = "1 to 63 characters a-z, 0-9 and -"
	aTitle            = "at most 100 bytes of text"
	aTemplate         = "an applied template: NAME or NAME@VERSION, such as daily-security@1.2"
	aDay              = "a day written YYYY-MM-DD"
	aTime             = `a time of day such as "17:00"`
	aZone             = "an IANA zone such as Europe/London"
	aCalendar         = "the name of an applied calendar"
	aCadence          = `a cadence such as "every business day" or "weekly fri"`
	aDeadline         = "a duration from 0s to 168h, such as 1h"
	aCatchUp          = "a duration from 1m to 8760h, such as 72h"
	aNarrative        = "a list of providers of cob.yaml, such as [openai, rules]"
	anAcknowledgement = "a duration from 1m to 720h, such as 1h"
)

func (s *Series) setDefaults() {
	if s.Title == "" && s.Name != "" {
		words := titleWords.Replace(s.Name)
		s.Title = strings.ToUpper(words[:1]) + words[1:]
	}
	s.Due = cmp.Or(s.Due, calendar.EveryBusinessDay)
	s.Deadline = cmp.Or(s.Deadline, defaultDeadline)
	s.CatchUp = cmp.Or(s.CatchUp, defaultCatchUp)
	s.MissingData = cmp.Or(s.MissingData, qualify)
	s.Missed = cmp.Or(s.Missed, every)
}

func (s *Series) check(f *yamlfile.File) {
	bad := func(wrong bool, field, found, expected string) {
		if wrong {
			f.Wrong(field, fmt.Sprintf("%.42q", found), expected)
		}
	}
	_, dayErr := report.ParseDate(string(s.FirstDay))
	_, timeErr := time.Parse("15:04", s.Cutoff)
	_, zoneErr := s.zone()
	_, templateErr := template.ParseRange(s.Template)
	bad(report.CheckSeries(s.Name) != nil, "name", s.Name, aName)
	bad(templateErr != nil, "template", s.Template, aTemplate)
	bad(s.Title != "" && report.CheckText("title", s.Title, maxTitle) != nil, "title", s.Title, aTitle)
	bad(s.FirstDay != "" && dayErr != nil, "first_day", string(s.FirstDay), aDay)
	bad(timeErr != nil, "cutoff", s.Cutoff, aTime)
	bad(zoneErr != nil, "time_zone", s.TimeZone, aZone)
	bad(s.Calendar != "" && report.CheckSeries(s.Calendar) != nil, "calendar", s.Calendar, aCalendar)
	if err := calendar.CheckCadence(s.Due); err != nil {
		bad(true, "due", s.Due, err.Error())
	}
	bad(s.MissingData != qualify && s.MissingData != hold, "missing_data", s.MissingData, qualify+" or "+hold)
	bad(s.Missed != every && s.Missed != latestOnly, "missed", s.Missed, every+" or "+latestOnly)
	bad(!within(s.Deadline, 0, mostDeadline), "deadline", s.Deadline, aDeadline)
	bad(!within(s.CatchUp, leastCatchUp, mostCatchUp), "catch_up", s.CatchUp, aCatchUp)
	bad(s.AcknowledgeWithin != "" && !within(s.AcknowledgeWithin, leastToRead, mostToRead), "acknowledge_within", s.AcknowledgeWithin, anAcknowledgement)
	if err := report.CheckProviders(s.Narrative); err != nil {
		f.Wrong("narrative", strings.Join(s.Narrative, ", "), report.Message(err))
	}
	s.checkSources(f)
}

func within(duration string, least, most time.Duration) bool {
	d, err := time.ParseDuration(duration)
	return err == nil && d >= least && d <= most
}

func (s *Series) checkSources(f *yamlfile.File) {
	if len(s.Sources) > maxSources {
		f.Wrong("sources", fmt.Sprintf("%d of them", len(s.Sources)), fmt.Sprintf("at most %d", maxSources))
		return
	}
	named := map[string]bool{}
	for i, source := range s.Sources {
		field := fmt.Sprintf("sources[%d]", i)
		if !sourceName.MatchString(source.Name) {
			f.Wrong(field, fmt.Sprintf("%.42q", source.Name), "the name of a source")
		} else if named[source.Name] {
			f.Wrong(field, source.Name+" a second time", "each source once")
		}
		named[source.Name] = true
	}
}

func (s *Series) zone() (*time.Location, error) {
	if s.TimeZone == "" || s.TimeZone == "Local" {
		return nil, fmt.Errorf("%w: time_zone %q of series %s", report.ErrInvalid, s.TimeZone, s.Name)
	}
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("%w: time_zone of series %s: %w", report.ErrInvalid, s.Name, err)
	}
	return zone, nil
}

// BusinessDays is the series' calendar: its cadence and cutoff on the days of
// the calendar that it names. Where it names none, days is nil.
func (s *Series) BusinessDays(days *calendar.Days) (*calendar.Calendar, error) {
	given := ""
	if days != nil {
		given = days.Name
	}
	if given != s.Calendar {
		return nil, fmt.Errorf("%w: series %s names calendar %q and is given %q", report.ErrInvalid, s.Name, s.Calendar, given)
	}
	zone, err := s.zone()
	if err != nil {
		return nil, err
	}
	out, err := calendar.New(calendar.Rule{Days: days, Due: s.Due, Cutoff: s.Cutoff, Zone: zone})
	if err != nil {
		return nil, fmt.Errorf("series %s: %w", s.Name, err)
	}
	return out, nil
}

// SourceNames lists every source that is read. None: all are.
func (s *Series) SourceNames() []string { return s.names(func(Source) bool { return true }) }

// Needed lists the sources that a report waits for.
func (s *Series) Needed() []string { return s.names(func(src Source) bool { return !src.Optional }) }

// Optional names the sources that nobody waits for.
func (s *Series) Optional() []string { return s.names(func(src Source) bool { return src.Optional }) }

func (s *Series) names(wanted func(Source) bool) []string {
	out := []string{}
	for _, source := range s.Sources {
		if wanted(source) {
			out = append(out, source.Name)
		}
	}
	return out
}

// DeadlineAfter is the deadline that belongs to a cutoff.
func (s *Series) DeadlineAfter(cutoff time.Time) time.Time { return cutoff.Add(duration(s.Deadline)) }

// CatchUpAfter is until when a report is still begun that belongs to a cutoff.
func (s *Series) CatchUpAfter(cutoff time.Time) time.Time { return cutoff.Add(duration(s.CatchUp)) }

// AcknowledgeBy is until when a report that was issued should have been
// acknowledged; false where it need not be.
func (s *Series) AcknowledgeBy(issued time.Time) (time.Time, bool) {
	if s.AcknowledgeWithin == "" {
		return time.Time{}, false
	}
	return issued.Add(duration(s.AcknowledgeWithin)), true
}

// duration reads what Parse has checked.
func duration(s string) time.Duration {
	d, _ := time.ParseDuration(s)
	return d
}

// Hold tells that a report waits for missing data beyond its deadline.
func (s *Series) Hold() bool { return s.MissingData == hold }

// LatestOnly tells that of the due dates that nobody began only the newest is
// issued.
func (s *Series) LatestOnly() bool { return s.Missed == latestOnly }

// AcknowledgeAfter is within how long of its issue a report is to be
// acknowledged. Zero: the series does not ask.
func (s *Series) AcknowledgeAfter() time.Duration { return duration(s.AcknowledgeWithin) }
