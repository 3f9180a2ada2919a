package calendar

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report"
)

// beside reads files of the folder testdata.
func beside(name string) ([]byte, error) { return os.ReadFile(filepath.Join("testdata", name)) }

// nothing is beside.
func nothing(name string) ([]byte, error) {
	return nil, fmt.Errorf("open %s: %w", name, fs.ErrNotExist)
}

func TestACalendarFileIsRead(t *testing.T) {
	t.Parallel()
	body, err := beside("england.yaml")
	require.NoError(t, err)
	got, err := ParseFile(body, beside)
	require.NoError(t, err)
	require.Len(t, got.Holidays, 16)
	require.Equal(t, "Christmas Day", got.Holidays["2026-12-25"])
	require.Equal(t, "Boxing Day (substitute day)", got.Holidays["2026-12-28"], "what the file says goes before what it imports")
	got.Holidays = england().Holidays
	require.Equal(t, england(), got)
}

func TestTheSmallestCalendarFileIsEnough(t *testing.T) {
	t.Parallel()
	got, err := ParseFile([]byte("name: plain\n"), nothing)
	require.NoError(t, err)
	require.Equal(t, &Days{Name: "plain", Week: weekdayNames[:5], Holidays: map[report.Date]string{}}, got)
}

func TestSeveralFilesAreImported(t *testing.T) {
	t.Parallel()
	files := map[string]string{"a.ics": "DTSTART:20261225\nSUMMARY:Christmas Day", "b.ics": "DTSTART:20261225\nDTEND:20261227\nSUMMARY:Noël"}
	open := func(name string) ([]byte, error) { return vcalendar(files[name]), nil }
	got, err := ParseFile([]byte("name: both\nholidays: {import: [a.ics, b.ics]}\n"), open)
	require.NoError(t, err)
	require.Equal(t, map[report.Date]string{"2026-12-25": "Christmas Day", "2026-12-26": "Noël"}, got.Holidays)
}

func TestEveryProblemOfACalendarFileIsReportedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := ParseFile([]byte(`name: Bad Name
week: [mon, funday]
holidays:
  import: [gone.ics, ../secret.ics]
  days: {2026-13-01: never, 2026-12-25: ""}
half_days: {2026-11-21: "12:30", 2026-11-20: noon}
blackouts:
  - {from: 2026-12-29, to: 2026-12-01, do: hide}
time_zone: Europe/London
`), nothing)
	require.ErrorIs(t, err, report.ErrInvalid)
	for _, want := range []string{
		`calendar file: name: "Bad Name" found, 1 to 63 characters`,
		`calendar file: week[1]: "funday" found`,
		`calendar file: holidays.import: "gone.ics": open gone.ics: file does not exist`,
		`calendar file: holidays.import: "../secret.ics": not a plain file name`,
		`calendar file: holidays.2026-13-01: no such day found`,
		`calendar file: holidays.2026-12-25: "" found`,
		`calendar file: half_days.2026-11-21: a Saturday found`,
		`calendar file: half_days.2026-11-20: "noon" found`,
		`calendar file: blackouts[0].to: 2026-12-01 found`,
		`calendar file: blackouts[0].do: "hide" found`,
		`calendar file: "time_zone": an unknown key in line 9 found, one of name, week, holidays, half_days, blackouts expected`,
	} {
		require.ErrorContains(t, err, want)
	}
}

func TestACalendarFileIsReadStrictly(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"":                             "one YAML document",
		"name: a\n---\nname: b\n":      "one YAML document",
		"[name]":                       "keys with values",
		"name: [a]\n":                  "name: something else in line 1 found, 1 to 63",
		"name: a\nweek: mon-fri\n":     `week: "mon-fri" in line 2 found, a list of days`,
		"name: a\nholidays: {on: x}\n": `holidays: unknown field "on" in line 2 found, a mapping with import and days`,
		"name: a\nblackouts:\n - {from: 2026-01-01, to: 2026-01-01, do: skip}\n - {why: x}\n": `unknown field "why" in line 4`,
		"name: a\nholidays:\n  days: {2026-01-01: a, 2026-01-01: b}\n":                        "already defined",
		"name: &a x\nweek: *a\n":                                                     "anchors",
		"name: a\nholidays: {import: [.hidden]}\n":                                   "not a plain file name",
		"name: a\nholidays: {import: 'a\\b.ics'}\n":                                  "not a plain file name",
		"name: a\nholidays: {import: /etc/passwd}\n":                                 "not a plain file name",
		"name: a\nholidays: {import: ..}\n":                                          "not a plain file name",
		"name: a\nholidays: {import: 'C:x'}\n":                                       "not a plain file name",
		"name: a\nholidays: {import: " + "[" + strings.Repeat("a.ics,", 21) + "]}\n": "21 files found, at most 20",
		"name: a\nholidays: {import: {a: b}}\n":                                      "holidays: something else in line 2 found",
		"name: " + strings.Repeat("a", 70_000):                                       "at most 65536",
		"name: " + strings.Repeat("[", 30):                                           "nested more than",
	} {
		_, err := ParseFile([]byte(body), nothing)
		require.ErrorIs(t, err, report.ErrInvalid, body)
		require.ErrorContains(t, err, want, body)
	}
}

func TestAnImportThatFailsNamesTheFile(t *testing.T) {
	t.Parallel()
	body := []byte("name: a\nholidays: {import: bank.ics}\n")
	_, err := ParseFile(body, func(string) ([]byte, error) { return vcalendar("SUMMARY:Party\nDTSTART:20260704T150000Z"), nil })
	require.ErrorContains(t, err, `holidays.import: "bank.ics": event 1, "Party": DTSTART "20260704T150000Z" has a time of day`)
	broken := errors.New("disk on fire")
	_, err = ParseFile(body, func(string) ([]byte, error) { return nil, broken })
	require.ErrorIs(t, err, broken)
}

func FuzzCalendarFile(f *testing.F) {
	example, err := beside("england.yaml")
	require.NoError(f, err)
	f.Add(example)
	f.Add([]byte("name: a\nweek: [sun]\nholidays: {import: [b.ics], days: {2026-01-01: x}}\n"))
	f.Add([]byte("{name: a, half_days: {2026-12-24: '00:00'}, blackouts: [{from: 2026-01-01, to: 2026-12-31, do: no_delivery}]}"))
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := ParseFile(body, beside)
		if err != nil {
			require.ErrorIs(t, err, report.ErrInvalid)
			return
		}
		canonical, err := d.Canonical()
		require.NoError(t, err)
		again, err := ParseDays(canonical)
		require.NoError(t, err)
		b, err := again.Canonical()
		require.NoError(t, err)
		require.Equal(t, string(canonical), string(b))
		c, err := New(Rule{Days: d, Cutoff: "17:00", Zone: location(t, "Europe/London")})
		if err != nil {
			require.ErrorIs(t, err, report.ErrInvalid, "closed for more than a year")
			return
		}
		tiles(t, c, dayOf("2026-12-01"), dayOf("2027-01-31"))
	})
}
