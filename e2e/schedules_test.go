package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report"
)

// write puts a configuration file into the site's folder.
func (s *site) write(name string, lines ...string) string {
	s.Helper()
	path := filepath.Join(s.dir, name)
	require.NoError(s, os.MkdirAll(filepath.Dir(path), 0o750))
	require.NoError(s, os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600))
	return path
}

// seriesFile writes a series file that closes at a time in London.
func (s *site) seriesFile(name, cutoff string, more ...string) string {
	s.Helper()
	return s.write("series/"+name+".yaml", append([]string{"name: " + name, "template: daily-security", `cutoff: "` + cutoff + `"`,
		"time_zone: Europe/London"}, more...)...)
}

// applied is what "apply --json" prints of one series.
type applied struct {
	Series, Version, File, Schedule, Change, Diff string
	Differences                                   []struct{ What, Is, Applied, File string }
	Paused                                        bool
	Note, Error                                   string
}

// apply applies series files and expects an exit code.
func (s *site) apply(code int, args ...string) []applied {
	s.Helper()
	o := s.starter(append([]string{"series", "apply", "--json"}, args...)...)
	require.Equal(s, code, o.code, "%s\n%s", o.out, o.err)
	var out []applied
	require.NoError(s, json.Unmarshal([]byte(o.out), &out), o.out)
	return out
}

// byHand makes the schedule fire at another time, as somebody does with the
// stock command line.
func (s *site) byHand(series, hour string) {
	s.Helper()
	s.temporal("schedule", "update", "--schedule-id", report.ScheduleID(series), "--calendar", `{"hour":"`+hour+`","dayOfWeek":"Mon-Fri"}`,
		"--time-zone", "Europe/London", "--overlap-policy", "AllowAll", "--catchup-window", "720h", "--workflow-id", "cob/"+series+"/scheduled",
		"--type", report.ScheduledClose, "--task-queue", s.queue, "--input", `{"series":"`+series+`"}`)
}

// versions counts what was stored of a series.
func (s *site) versions(series string) int {
	s.Helper()
	return count(s, s.admin(), `SELECT count(*) FROM cob.series WHERE name = $1`, series)
}

// A series file and its schedule, from the first to the last: created, left
// alone, updated, and never overwritten silently.
func TestSeriesFilesMakeSchedules(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	file := s.seriesFile("daily", "17:00")

	o := s.starter("series", "diff", file)
	require.Equal(t, 1, o.code, o.err)
	require.Contains(t, o.out, "series daily: would be new\n")
	require.Contains(t, o.out, "+cutoff: \"17:00\"\n")
	require.Contains(t, o.out, "schedule cob/daily: would be created\n")
	require.Zero(t, s.versions("daily"), "a dry run writes nothing")
	require.NotContains(t, s.temporal("schedule", "list"), "cob/daily")

	first := applied{Series: "daily", Version: "1", File: "created", Schedule: "cob/daily", Change: "created"}
	got := s.apply(0, file)
	require.NotEmpty(t, got[0].Diff)
	got[0].Diff = ""
	require.Equal(t, []applied{first}, got)
	first.File, first.Change = "unchanged", "unchanged"
	require.Equal(t, []applied{first}, s.apply(0, file))
	o = s.starter("series", "apply", file, "--dry-run")
	require.Zero(t, o.code, o.err)
	require.Empty(t, o.out)
	require.Contains(t, o.err, "series daily: no difference")

	file = s.seriesFile("daily", "18:30")
	o = s.starter("series", "diff", file)
	require.Equal(t, 1, o.code, o.err)
	require.Contains(t, o.out, "series daily: would become version 2\n--- daily version 1\n+++ "+file+"\n")
	require.Contains(t, o.out, "-cutoff: \"17:00\"\n+cutoff: \"18:30\"\n")
	require.Contains(t, o.out, "schedule cob/daily: would be updated\n  fires: now \"17:00 on Mon-Fri\", the file says \"18:30 on Mon-Fri\"\n")
	require.Equal(t, 1, s.versions("daily"))
	got = s.apply(0, file, "--note", "later")
	require.Equal(t, "2", got[0].Version)
	require.Equal(t, "updated", got[0].Change)
	require.Equal(t, 1, count(t, s.admin(), `SELECT count(*) FROM cob.series WHERE name = 'daily' AND version = 2 AND note = 'later'`))
	require.Contains(t, s.must("series", "list"), "as the file says")
}

func TestDriftIsShownAndKept(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	file := s.seriesFile("daily", "17:00")
	s.apply(0, file)
	s.byHand("daily", "9")
	const fires = `fires: now "09:00 on Mon-Fri", applied "17:00 on Mon-Fri", the file says "17:00 on Mon-Fri"`

	o := s.starter("series", "apply", file)
	require.Equal(t, 1, o.code, o.err)
	require.Equal(t, "SERIES\tVERSION\tSCHEDULE\tCHANGE\ndaily\t1\tcob/daily\tkept\n", o.out)
	for _, words := range []string{"schedule cob/daily: changed by hand; left as it is", fires, "--overwrite"} {
		require.Contains(t, o.err, words)
	}
	require.Contains(t, s.must("series", "list"), "changed by hand: starter series show daily")
	require.Contains(t, s.must("series", "show", "daily"), "# schedule cob/daily: changed by hand: starter series show daily\n#   "+fires+"\n")
	o = s.starter("check")
	require.Equal(t, 1, o.code)
	require.Contains(t, o.out, fires)

	// The file is stored all the same, and says now what differs from it.
	file = s.seriesFile("daily", "18:30")
	got := s.apply(1, file)
	require.Equal(t, "2", got[0].Version)
	require.Equal(t, "kept", got[0].Change)
	require.Equal(t, "18:30 on Mon-Fri", got[0].Differences[0].File)
	require.Equal(t, "17:00 on Mon-Fri", got[0].Differences[0].Applied)
	require.Zero(t, s.starter("series", "apply", file, "--allow-drift").code)

	o = s.starter("series", "diff", file)
	require.Equal(t, 1, o.code)
	require.Contains(t, o.out, "schedule cob/daily: changed by hand; would be left as it is\n")
	o = s.starter("series", "apply", file, "--dry-run", "--overwrite")
	require.Equal(t, 1, o.code)
	require.Contains(t, o.out, "schedule cob/daily: changed by hand; would be put back\n")
	require.Equal(t, "overwritten", s.apply(0, file, "--overwrite")[0].Change)
	require.Equal(t, "unchanged", s.apply(0, file)[0].Change)
}

func TestPausedAndDeletedSchedules(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.apply(0, s.seriesFile("daily", "17:00"))
	s.temporal("schedule", "toggle", "--schedule-id", "cob/daily", "--pause", "--reason", "data centre move")
	o := s.starter("series", "apply", s.seriesFile("daily", "18:00"))
	require.Zero(t, o.code, o.err)
	require.Contains(t, o.err, "schedule cob/daily: paused (data centre move); it stays so")
	require.Contains(t, s.must("series", "list"), "\tpaused (data centre move)\t")
	o = s.starter("check")
	require.Equal(t, 1, o.code)
	require.Contains(t, o.out, "schedule cob/daily\tFAILED\tpaused (data centre move)\n")

	s.temporal("schedule", "delete", "--schedule-id", "cob/daily")
	require.Contains(t, s.must("series", "list"), "missing: starter series apply FILE")
	o = s.starter("series", "apply", s.seriesFile("daily", "18:00"))
	require.Zero(t, o.code, o.err)
	require.Contains(t, o.err, "schedule cob/daily: had been written before and is gone; made again")
	require.Contains(t, o.out, "cob/daily\tcreated\n")
}

// A database of version 1.0 does not know how its schedules were written: what
// its files made counts as that.
func TestSchedulesOfAnOlderRelease(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.apply(0, s.seriesFile("daily", "17:00"))
	_, err := s.admin().Exec(t.Context(), `DELETE FROM cob.schedule`)
	require.NoError(t, err)
	require.Equal(t, "updated", s.apply(0, s.seriesFile("daily", "18:00"))[0].Change)

	_, err = s.admin().Exec(t.Context(), `UPDATE cob.schedule SET spec = 'fires: in another format'`)
	require.NoError(t, err)
	s.byHand("daily", "9")
	got := s.apply(1, s.seriesFile("daily", "19:00"))
	require.Equal(t, "kept", got[0].Change)
	require.Equal(t, "18:00 on Mon-Fri", got[0].Differences[0].Applied)
}

func TestSeriesThatCannotBeApplied(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	fine := s.seriesFile("fine", "17:00")
	for _, c := range []struct {
		name, file string
		says       []string
	}{
		{"template", s.write("template.yaml", "name: bad", "template: dayly", `cutoff: "17:00"`, "time_zone: UTC"), []string{"template", `"dayly"`, "starter template apply"}},
		{"calendar", s.write("calendar.yaml", "name: bad", "template: daily-security", `cutoff: "17:00"`, "time_zone: UTC", "calendar: mars"), []string{"calendar", `"mars"`, "starter calendar apply"}},
		{"cutoff", s.write("cutoff.yaml", "name: bad", "template: daily-security", "cutoff: late", "time_zone: UTC"), []string{"cutoff", "late"}},
		{"parameters", s.write("parameters.yaml", "name: bad", "template: daily-security", `cutoff: "17:00"`, "time_zone: UTC", "parameters: {worst_cells: 99, best_cells: 1}"),
			[]string{"parameters.worst_cells: found 99, expected a whole number from 1 to 20", "parameters.best_cells: found a parameter that the template does not have"}},
		{"twice", s.write("twice.yaml", "name: fine", "template: daily-security", `cutoff: "18:00"`, "time_zone: UTC"), []string{"fine", fine}},
	} {
		o := s.starter("series", "apply", fine, c.file)
		require.Equal(t, 2, o.code, o.err)
		require.Empty(t, o.out)
		for _, words := range append(c.says, c.file) {
			require.Contains(t, o.err, words, c.name)
		}
	}
	require.Zero(t, s.versions("fine"), "all or none")
	require.Contains(t, s.must("series", "list"), "SERIES\t")
	require.NotContains(t, s.temporal("schedule", "list"), "cob/")
}

// The schedules of many series are looked at a few at a time, and stderr says
// how far it is.
func TestManySeries(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const many = 120
	for i := range many {
		s.seriesFile(fmt.Sprintf("series-%03d", i), fmt.Sprintf("%02d:%02d", 8+i/60, i%60))
	}
	folder := filepath.Join(s.dir, "series")
	for _, change := range []string{"created", "unchanged"} {
		began := time.Now()
		o := s.starter("series", "apply", folder)
		require.Zero(t, o.code, o.err)
		require.Equal(t, many, strings.Count(o.out, "\t"+change+"\n"))
		require.Contains(t, o.err, fmt.Sprintf("schedules: %d of %d", many/2, many))
		t.Logf("%d %s in %s", many, change, time.Since(began).Round(time.Millisecond))
	}
	require.Equal(t, many+1, strings.Count(s.must("series", "list"), "\n"))
	require.Equal(t, many, count(t, s.admin(), `SELECT count(*) FROM cob.schedule`))
}

// Of two that apply the same at once, both succeed.
func TestTwoApplyAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, cutoff := range []string{"17:00", "18:00"} {
		for i := range 10 {
			s.seriesFile(fmt.Sprintf("series-%d", i), cutoff)
		}
		apply := func() *process {
			return begin(t, s.dir, s.environment(), "starter", "series", "apply", filepath.Join(s.dir, "series"))
		}
		one, two := apply(), apply()
		for _, o := range []outcome{one.wait(), two.wait()} {
			require.Zero(t, o.code, o.err)
		}
	}
	require.Equal(t, 20, count(t, s.admin(), `SELECT count(*) FROM cob.series`))
	require.Equal(t, 10, strings.Count(s.must("series", "list"), "as the file says"))
}

// bankHolidays writes a calendar with an import beside it.
func (s *site) bankHolidays(more ...string) string {
	s.Helper()
	s.write("calendars/bank.ics", "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN",
		"BEGIN:VEVENT", "UID:1", "DTSTAMP:20260101T000000Z", "DTSTART;VALUE=DATE:20261225", "SUMMARY:Christmas Day", "END:VEVENT",
		"BEGIN:VEVENT", "UID:2", "DTSTAMP:20260101T000000Z", "DTSTART;VALUE=DATE:20261228", "SUMMARY:Boxing Day", "END:VEVENT", "END:VCALENDAR")
	return s.write("calendars/england.yaml", append([]string{"name: england", "half_days:", `  2026-12-24: "12:30"`}, more...)...)
}

func TestCalendars(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	plain := s.bankHolidays()
	o := s.starter("calendar", "apply", plain, "--dry-run")
	require.Equal(t, 1, o.code, o.err)
	require.Contains(t, o.out, "calendar england: would be new\n")
	require.Equal(t, "NAME\tVERSION\tWEEK\tHOLIDAYS\tHALF DAYS\tBLACKOUTS\tAPPLIED\n", s.must("calendar", "list"))
	require.Equal(t, "CALENDAR\tVERSION\tCHANGE\tSERIES\tSCHEDULE\nengland\t1\tcreated\t\t\n", s.must("calendar", "apply", plain))
	require.Equal(t, "CALENDAR\tVERSION\tCHANGE\tSERIES\tSCHEDULE\nengland\t1\tunchanged\t\t\n", s.must("calendar", "apply", filepath.Dir(plain)))

	s.apply(0, s.seriesFile("daily", "17:00", "calendar: england"))
	s.apply(0, s.seriesFile("weekdays", "17:00"))
	s.bankHolidays("holidays: {import: bank.ics}", "blackouts:", "  - {from: 2026-12-29, to: 2026-12-30, do: skip, reason: stocktaking}")
	o = s.starter("calendar", "apply", plain, "--dry-run")
	require.Equal(t, 1, o.code, o.err)
	for _, words := range []string{
		"calendar england: would become version 2\n--- england version 1\n+++ " + plain + "\n", `+    "2026-12-25": "Christmas Day"`,
		"schedule cob/daily: would be updated\n", "  on 2026-12-25: now \"as every week\", the file says \"not at 17:00\"\n", "  on 2026-12-29: now ",
	} {
		require.Contains(t, o.out, words)
	}
	require.NotContains(t, o.out, "weekdays", "which follows no calendar")
	require.Equal(t, "CALENDAR\tVERSION\tCHANGE\tSERIES\tSCHEDULE\nengland\t2\tupdated\tdaily\tupdated\n", s.must("calendar", "apply", plain))
	require.Zero(t, s.starter("calendar", "apply", plain, "--dry-run").code)
	require.Contains(t, s.must("calendar", "list"), "england\t2\tmon,tue,wed,thu,fri\t2\t1\t1\t")

	require.Equal(t, `DATE	DAY	WHAT	DETAIL
2026-12-24	Thu	half day	closes 12:30
2026-12-25	Fri	holiday	Christmas Day
2026-12-28	Mon	holiday	Boxing Day
2026-12-29	Tue	blackout	nothing is owed: stocktaking
2026-12-30	Wed	blackout	nothing is owed: stocktaking
`, s.must("calendar", "show", "england", "--year", "2026"))
	require.Equal(t, "DATE\tDAY\tWHAT\tDETAIL\n", s.must("calendar", "show", "--year", "2027"), "the only calendar needs no name")

	// Drift made by hand is kept here as well.
	s.byHand("daily", "9")
	s.bankHolidays("holidays: {import: bank.ics}")
	o = s.starter("calendar", "apply", plain)
	require.Equal(t, 1, o.code, o.err)
	require.Contains(t, o.out, "england\t3\tupdated\tdaily\tkept\n")
	require.Contains(t, o.err, `fires: now "09:00 on Mon-Fri", applied "17:00 on Mon-Fri"`)
	require.Contains(t, s.must("calendar", "apply", plain, "--overwrite"), "england\t3\tunchanged\tdaily\toverwritten\n")
}

func TestCalendarsThatCannotBeApplied(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.must("calendar", "apply", s.write("saturdays.yaml", "name: saturdays", "week: [fri, sat]"))
	s.apply(0, s.seriesFile("weekend", "17:00", "calendar: saturdays", "due: sat"))
	for _, c := range []struct {
		file string
		says []string
	}{
		{s.write("fridays.yaml", "name: saturdays", "week: [fri]"), []string{"weekend", "sat"}},
		{s.write("import.yaml", "name: england", "holidays: {import: ../secret.ics}"), []string{"holidays", "secret.ics"}},
		{s.write("none.yaml", "name: england", "holidays: {import: none.ics}"), []string{"none.ics"}},
		{s.write("time.yaml", "name: england", "half_days:", "  2026-12-24: noon"), []string{"half_days", "noon"}},
	} {
		o := s.starter("calendar", "apply", c.file)
		require.Equal(t, 2, o.code, o.err)
		for _, words := range append(c.says, c.file) {
			require.Contains(t, o.err, words)
		}
	}
	require.Contains(t, s.must("calendar", "list"), "saturdays\t1\tfri,sat\t")
	for _, args := range [][]string{{"show", "mars"}, {"show", "--year", "26"}, {"show", "--all"}, {"show", "--series", "mars"}, {"show", "saturdays", "england"}} {
		require.Equal(t, 2, s.starter(append([]string{"calendar"}, args...)...).code, args)
	}
}

// A year of a series: when it closes in its own zone and in UTC, and which dates
// are recorded. Those stay as they are, whatever becomes of the calendar.
func TestCalendarOfASeries(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	file := s.bankHolidays()
	s.bankHolidays("holidays: {import: bank.ics}")
	s.must("calendar", "apply", file)
	s.apply(0, s.seriesFile("daily", "17:00", "calendar: england", "first_day: 2026-01-05"))
	date := s.sample(2)
	s.worker()
	s.issue("daily", date)

	s.apply(0, s.seriesFile("fridays", "17:00", "calendar: england", "due: weekly fri"))
	require.Contains(t, s.must("calendar", "show", "--series", "fridays", "--year", "2026"),
		"2026-12-24\tThu\thalf day, moved\tcloses 12:30; in place of fri\t12:30 GMT\t")
	out := s.must("calendar", "show", "--series", "daily", "--year", "2026")
	for _, line := range []string{
		"DATE\tDAY\tWHAT\tDETAIL\tCUTOFF\tUTC\tRECORDED\n",
		"2026-01-05\tMon\tfirst day\towed from here on\t17:00 GMT\t2026-01-05T17:00:00Z\t\n",
		"2026-03-30\tMon\tclock change\tcloses 16:00 UTC from here on, 17:00 before\t17:00 BST\t2026-03-30T16:00:00Z\t\n",
		"2026-10-26\tMon\tclock change\tcloses 17:00 UTC from here on, 16:00 before\t17:00 GMT\t2026-10-26T17:00:00Z\t\n",
		"2026-12-24\tThu\thalf day\tcloses 12:30\t12:30 GMT\t2026-12-24T12:30:00Z\t\n",
		"\nMONTH\tDUE\tRECORDED\tCUTOFF UTC\n2026-01\t22\t0\t17:00\n",
		"2026-03\t22\t0\t17:00, from 2026-03-30 16:00\n",
	} {
		require.Contains(t, out, line)
	}
	var year struct {
		Calendar string
		Series   struct {
			Months []struct{ Due, Recorded int }
			Dates  []struct {
				Date        report.Date
				Cutoff, UTC time.Time
				Recorded    string
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(s.must("calendar", "show", "--series", "daily", "--year", string(date[:4]), "--json")), &year))
	due, recorded := 0, 0
	for _, m := range year.Series.Months {
		due += m.Due
		recorded += m.Recorded
	}
	require.Len(t, year.Series.Dates, due)
	require.Equal(t, 1, recorded)
	for _, d := range year.Series.Dates {
		require.True(t, d.Cutoff.Equal(d.UTC))
		require.Equal(t, d.Date == date, d.Recorded != "", d.Date)
	}
	require.Contains(t, s.must("calendar", "show", "--series", "daily", "--year", string(date[:4]), "--all"), "\n"+string(date)+"\t")

	// That date becomes a holiday: too late.
	s.bankHolidays("holidays:", "  import: bank.ics", "  days:", "    "+string(date)+": Jubilee")
	o := s.starter("calendar", "apply", file)
	require.Zero(t, o.code, o.err)
	require.Contains(t, o.err, "series daily: recorded windows stay as they are, though the calendar now says otherwise: "+string(date))
	require.NotContains(t, o.err, "still owed", "it was issued")
	require.Contains(t, s.must("calendar", "show", "--series", "daily", "--year", string(date[:4])), "\n"+string(date)+"\t"+date.Time().Weekday().String()[:3]+"\tholiday\tJubilee\t17:00")
	require.True(t, s.issue("daily", date).Already)
	require.Zero(t, s.starter("calendar", "apply", file).code)
}
