package calendar

import (
	"errors"
	"fmt"
	"maps"
	"regexp"

	"strings"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/calendar/yamlfile"
)

const (
	calendarFile = "calendar file"
	maxImports   = 20
)

// A name that cannot lead out of the folder, on any system.
var plainFileName = regexp.MustCompile(`^[\p{L}\p{N}_][\p{L}\p{N} ._-]{0,99}$`)

// holidays is the part of a calendar file that becomes Days.Holidays.
type holidays struct {
	Import names                  `yaml:"import"`
	Days   map[report.Date]string `yaml:"days"`
}

// names is one name or a list of them.
type names []string

// UnmarshalYAML reads either form.
func (n *names) UnmarshalYAML(decode func(any) error) error {
	var one string
	if err := decode(&one); err == nil {
		*n = names{one}
		return nil
	}
	return decode((*[]string)(n))
}

// ParseFile reads a calendar file strictly: an unknown key is an error, and
// every problem is reported at once. open reads an iCalendar file that it
// imports; the name is a plain one, beside the calendar file. Of what is
// imported, the years 1970 to 2070 count; days that the file names itself go
// before.
func ParseFile(body []byte, open func(name string) ([]byte, error)) (*Days, error) {
	f, err := yamlfile.Read(calendarFile, body)
	if err != nil {
		return nil, err
	}
	d := &Days{Holidays: map[report.Date]string{}}
	var h holidays
	f.Field("name", &d.Name, aName)
	if !f.Field("week", &d.Week, "a list of days such as [mon, tue]") {
		d.Week = Standard().Week
	}
	f.Field("holidays", &h, "a mapping with import and days")
	f.Field("half_days", &d.HalfDays, `a mapping of days to cutoffs such as "12:30"`)
	f.Field("blackouts", &d.Blackouts, "a list of mappings with from, to, do and reason")
	if len(h.Import) > maxImports {
		f.Wrong("holidays.import", fmt.Sprintf("%d files", len(h.Import)), fmt.Sprintf("at most %d", maxImports))
		h.Import = nil
	}
	for _, name := range h.Import {
		if err := d.imports(name, open); err != nil {
			f.Fail("holidays.import", fmt.Errorf("%s: %w", brief(name), err))
		}
	}
	maps.Copy(d.Holidays, h.Days)
	d.check(f.Wrong)
	if err := f.Err(); err != nil {
		return nil, err
	}
	d.order()
	return d, nil
}

// imports adds a file's holidays to those that are not there yet.
func (d *Days) imports(name string, open func(string) ([]byte, error)) error {
	if !plainFileName.MatchString(name) || strings.Contains(name, "..") {
		return errors.New("not a plain file name")
	}
	body, err := open(name)
	if err != nil {
		return err
	}
	imported, err := parseICS(body)
	if err != nil {
		return err
	}
	for date, called := range imported {
		if _, taken := d.Holidays[date]; !taken {
			d.Holidays[date] = called
		}
	}
	return nil
}
