// Package series reads series files: what is owed, when, and from what.
package series

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/calendar"
)

// maxFile bounds a series file in bytes.
const maxFile = 64 << 10

// Series is a series file.
type Series struct {
	Name     string `yaml:"name" json:"name"`
	Title    string `yaml:"title" json:"title"`       // default: the name in words
	Template string `yaml:"template" json:"template"` // the newest version applied is followed
	Cutoff   string `yaml:"cutoff" json:"cutoff"`     // local wall time, "17:00"
	TimeZone string `yaml:"time_zone" json:"time_zone"`
	// Deadline is how long after the cutoff a report is on time. Default 1h.
	Deadline string `yaml:"deadline" json:"deadline"`
	// Sources names the sources that are read. Default: all.
	Sources []string `yaml:"sources" json:"sources"`
	// Parameters set the template's.
	Parameters map[string]any `yaml:"parameters" json:"parameters"`
}

var (
	titleWords = strings.NewReplacer("-", " ", "_", " ")
	sourceName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)
)

// Parse reads a series file strictly: an unknown key is an error, and every
// problem is reported at once.
func Parse(b []byte) (*Series, error) {
	if len(b) > maxFile {
		return nil, fmt.Errorf("%w: series file: %d bytes, at most %d are read", report.ErrInvalid, len(b), maxFile)
	}
	var s Series
	if err := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict()).Decode(&s); err != nil {
		return nil, fmt.Errorf("%w: series file: %s", report.ErrInvalid, yaml.FormatError(err, false, false))
	}
	s.setDefaults()
	if err := s.check(); err != nil {
		return nil, err
	}
	return &s, nil
}

func (s *Series) setDefaults() {
	if s.Title == "" && s.Name != "" {
		words := titleWords.Replace(s.Name)
		s.Title = strings.ToUpper(words[:1]) + words[1:]
	}
	if s.Deadline == "" {
		s.Deadline = "1h"
	}
}

func (s *Series) check() error {
	var errs []error
	bad := func(field, found, expected string) {
		errs = append(errs, fmt.Errorf("%w: series file: %s: %q found, %s expected", report.ErrInvalid, field, found, expected))
	}
	if report.CheckSeries(s.Name) != nil {
		bad("name", s.Name, "1 to 63 characters a-z, 0-9 and -")
	}
	if report.CheckSeries(s.Template) != nil {
		bad("template", s.Template, "the name of an applied template")
	}
	if len(s.Title) > 100 {
		bad("title", s.Title[:20]+"…", "at most 100 bytes")
	}
	if _, err := time.Parse("15:04", s.Cutoff); err != nil {
		bad("cutoff", s.Cutoff, `a time of day such as "17:00"`)
	}
	if _, err := s.zone(); err != nil {
		bad("time_zone", s.TimeZone, "an IANA zone such as Europe/London")
	}
	if d, err := time.ParseDuration(s.Deadline); err != nil || d < 0 || d > 7*24*time.Hour {
		bad("deadline", s.Deadline, "a duration from 0s to 168h, such as 1h")
	}
	for i, name := range s.Sources {
		if !sourceName.MatchString(name) {
			bad(fmt.Sprintf("sources[%d]", i), name, "the name of a source")
		}
	}
	return errors.Join(errs...)
}

func (s *Series) zone() (*time.Location, error) {
	if s.TimeZone == "" || s.TimeZone == "Local" {
		return nil, errors.New("no zone")
	}
	return time.LoadLocation(s.TimeZone)
}

// Calendar is the series' calendar: Monday to Friday at its cutoff.
func (s *Series) Calendar() (*calendar.Calendar, error) {
	zone, err := s.zone()
	if err != nil {
		return nil, fmt.Errorf("%w: time_zone %q of series %s", report.ErrInvalid, s.TimeZone, s.Name)
	}
	return calendar.New(calendar.Weekdays(), s.Cutoff, zone)
}

// DeadlineAfter is the deadline that belongs to a cutoff.
func (s *Series) DeadlineAfter(cutoff time.Time) time.Time {
	d, err := time.ParseDuration(s.Deadline)
	if err != nil {
		return cutoff // unreachable: Parse refuses it
	}
	return cutoff.Add(d)
}
