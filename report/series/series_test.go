package series

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/calendar"
)

const smallest = "name: daily-security\ntemplate: daily-security\ncutoff: \"17:00\"\ntime_zone: Europe/London\n"

const full = `name: emea-red-team
title: EMEA red team, close of business
template: daily-security
first_day: 2026-11-02
cutoff: "17:00"
time_zone: Europe/London
calendar: england
due: weekly fri
deadline: 90m
missing_data: hold
missed: latest_only
catch_up: 72h
sources:
  - garak-nightly
  - findings
  - name: health
    optional: true
parameters: {worst_cells: 5, minimum_evaluations: 50}
narrative: [openai, house, rules]
acknowledge_within: 2h
`

func parsed(t *testing.T, body string) *Series {
	t.Helper()
	s, err := Parse([]byte(body))
	require.NoError(t, err)
	return s
}

func TestTheSmallestFileIsEnough(t *testing.T) {
	t.Parallel()
	s := parsed(t, smallest)
	require.Equal(t, "Daily security", s.Title)
	require.Equal(t, "every business day", s.Due)
	require.False(t, s.Hold())
	require.False(t, s.LatestOnly())
	require.Empty(t, s.SourceNames())
	require.Empty(t, s.FirstDay)
	cal, err := s.BusinessDays(nil)
	require.NoError(t, err)
	cutoff := cal.Cutoff("2026-11-20")
	require.Equal(t, cutoff.Add(time.Hour), s.DeadlineAfter(cutoff))
	require.Equal(t, cutoff.Add(30*24*time.Hour), s.CatchUpAfter(cutoff))
	_, ok := s.AcknowledgeBy(cutoff)
	require.False(t, ok)
}

func TestAFullFileIsRead(t *testing.T) {
	t.Parallel()
	s := parsed(t, full)
	require.Equal(t, report.Date("2026-11-02"), s.FirstDay)
	require.True(t, s.Hold())
	require.True(t, s.LatestOnly())
	require.Equal(t, []Source{{Name: "garak-nightly"}, {Name: "findings"}, {Name: "health", Optional: true}}, s.Sources)
	require.Equal(t, []string{"garak-nightly", "findings", "health"}, s.SourceNames())
	require.Equal(t, []string{"garak-nightly", "findings"}, s.Needed())
	at := time.Date(2026, 11, 20, 17, 0, 0, 0, time.UTC)
	require.Equal(t, at.Add(90*time.Minute), s.DeadlineAfter(at))
	require.Equal(t, at.Add(72*time.Hour), s.CatchUpAfter(at))
	by, ok := s.AcknowledgeBy(at)
	require.True(t, ok)
	require.Equal(t, at.Add(2*time.Hour), by)
	b, err := json.Marshal(s)
	require.NoError(t, err)
	require.Contains(t, string(b), `"calendar":"england","due":"weekly fri","deadline":"90m"`)
	require.Contains(t, string(b), `{"name":"health","optional":true}`)
}

func TestASeriesFollowsTheCalendarItNames(t *testing.T) {
	t.Parallel()
	england := &calendar.Days{Name: "england", Week: calendar.Standard().Week, Holidays: map[report.Date]string{"2026-12-25": "Christmas Day"}}
	s := parsed(t, full)
	cal, err := s.BusinessDays(england)
	require.NoError(t, err)
	require.True(t, cal.Due("2026-12-24"), "the Friday is a holiday")
	require.False(t, cal.Due("2026-12-25"))
	for _, days := range []*calendar.Days{nil, calendar.Standard()} {
		_, err = s.BusinessDays(days)
		require.ErrorIs(t, err, report.ErrInvalid)
		require.ErrorContains(t, err, `series emea-red-team names calendar "england"`)
	}
	_, err = parsed(t, smallest).BusinessDays(england)
	require.ErrorContains(t, err, `names calendar "" and is given "england"`)
	tuesdays := &calendar.Days{Name: "england", Week: []string{"sat"}}
	_, err = parsed(t, strings.Replace(full, "weekly fri", "mon", 1)).BusinessDays(tuesdays)
	require.ErrorContains(t, err, `series emea-red-team: invalid: due "mon": never a business day of calendar england`)
}

func TestEveryProblemIsReportedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := Parse([]byte(`name: Bad Name
template: ""
title: "a\nb"
first_day: 2026-02-30
cutoff: "25:00"
time_zone: Mars/Olympus
calendar: Not One
due: daily
deadline: soon
missing_data: invent
missed: none
catch_up: 3d
sources: [ok, "not ok", ok, {name: b, optional: true}]
narrative: [rules, openai]
acknowledge_within: 1s
cut_off: "18:00"
`))
	require.ErrorIs(t, err, report.ErrInvalid)
	for _, want := range []string{
		`name: "Bad Name" found, 1 to 63`,
		`template: "" found, an applied template: NAME or NAME@VERSION`,
		`title: "a\nb" found`,
		`first_day: "2026-02-30" found, a day written YYYY-MM-DD`,
		`cutoff: "25:00" found, a time of day`,
		`time_zone: "Mars/Olympus" found, an IANA zone`,
		`calendar: "Not One" found`,
		`due: "daily" found, every business day, weekdays such as`,
		`deadline: "soon" found, a duration from 0s to 168h`,
		`missing_data: "invent" found, qualify or hold`,
		`missed: "none" found, every or latest_only`,
		`catch_up: "3d" found, a duration from 1m to 8760h`,
		`sources[1]: "not ok" found`,
		`sources[2]: ok a second time found`,
		`acknowledge_within: "1s" found, a duration from 1m to 720h`,
		`narrative: rules, openai found, rules last, which never fail`,
		`"cut_off": an unknown key in line 16 found`,
	} {
		require.ErrorContains(t, err, "series file: "+want)
	}
}

func TestWhatIsNotAsExpectedIsNamed(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"sources: findings":                            `sources: "findings" in line 5 found, a list of names`,
		"sources: [{nam: a}]":                          `sources: unknown field "nam" in line 5 found`,
		"sources: [[a]]":                               "sources: something else in line 5 found",
		"parameters: 5":                                "parameters: \"5\" in line 5 found",
		"deadline: -1h":                                "deadline",
		"deadline: 169h":                               "deadline",
		"catch_up: 59s":                                "catch_up",
		"catch_up: 8761h":                              "catch_up",
		"due: [mon, thu]":                              "due: something else in line 5",
		"title: " + strings.Repeat("x", 101):           "title",
		"parameters: {a: &a [x], b: *a}":               "anchors",
		"sources: [" + strings.Repeat("a,", 201) + "]": "201 of them found, at most 200",
	} {
		_, err := Parse([]byte(smallest + line + "\n"))
		require.ErrorIs(t, err, report.ErrInvalid, line)
		require.ErrorContains(t, err, want, line)
	}
	require.Empty(t, parsed(t, smallest+"sources:\nparameters:\n").Sources, "a key without a value is none")
}

func TestAZoneMustBeNamed(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"", "Local", "/etc/localtime", "../UTC"} {
		_, err := Parse([]byte(strings.Replace(smallest, "Europe/London", zone, 1)))
		require.ErrorContains(t, err, "time_zone", "the machine's own zone is none")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(smallest))
	f.Add([]byte(strings.Replace(full, "calendar: england\n", "", 1)))
	f.Add([]byte("name: a\nparameters: {x: [1, {y: 2}]}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Parse(b)
		if err != nil {
			require.ErrorIs(t, err, report.ErrInvalid)
			return
		}
		var days *calendar.Days
		if s.Calendar != "" {
			days = &calendar.Days{Name: s.Calendar, Week: []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}}
		}
		cal, err := s.BusinessDays(days)
		if err != nil {
			require.ErrorIs(t, err, report.ErrInvalid, "a cadence of days that are no business days")
			return
		}
		d := cal.Next("2026-11-20")
		from, to := cal.Window(d)
		require.True(t, from.Before(to))
	})
}

// A series follows a name, or a range of its versions.
func TestTemplateRanges(t *testing.T) {
	t.Parallel()
	for ref, good := range map[string]bool{
		"daily": true, "daily@1": true, "daily@1.2": true, "daily@1.2.0": true, "daily@0": true,
		"daily@": false, "daily@1.": false, "daily@v1": false, "daily@1.2.3.4": false, "daily@latest": false, "daily@^1": false, "Daily@1": false, "@1": false, "daily@01": false,
	} {
		s, err := Parse([]byte(strings.Replace(smallest, "template: daily-security", "template: \""+ref+"\"", 1)))
		if good {
			require.NoError(t, err, ref)
			require.Equal(t, ref, s.Template)
			continue
		}
		require.ErrorIs(t, err, report.ErrInvalid, ref)
		require.ErrorContains(t, err, "NAME or NAME@VERSION")
	}
}
