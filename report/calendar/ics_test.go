package calendar

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report"
)

// vcalendar wraps events, each a list of its lines, as files have them.
func vcalendar(events ...string) []byte {
	var b strings.Builder
	b.WriteString("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\n")
	for _, e := range events {
		b.WriteString("BEGIN:VEVENT\n" + strings.TrimSpace(e) + "\nEND:VEVENT\n")
	}
	b.WriteString("END:VCALENDAR\n")
	return []byte(strings.ReplaceAll(b.String(), "\n", "\r\n"))
}

func TestEventsAreRead(t *testing.T) {
	t.Parallel()
	type dates = map[report.Date]string
	for name, tc := range map[string]struct {
		events []string
		want   dates
	}{
		"one day":                 {[]string{"UID:1\nDTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261226\nSUMMARY:Christmas Day"}, dates{"2026-12-25": "Christmas Day"}},
		"without an end":          {[]string{"DTSTART;VALUE=DATE:20261225\nSUMMARY:Christmas Day"}, dates{"2026-12-25": "Christmas Day"}},
		"without a type":          {[]string{"DTSTART:20261225\nSUMMARY:Christmas Day"}, dates{"2026-12-25": "Christmas Day"}},
		"in small letters":        {[]string{"dtstart;value=date:20261225\nsummary:Christmas Day"}, dates{"2026-12-25": "Christmas Day"}},
		"ends where it begins":    {[]string{"DTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261225\nSUMMARY:Christmas Day"}, dates{"2026-12-25": "Christmas Day"}},
		"a zone says nothing":     {[]string{"DTSTART;TZID=Europe/Paris;VALUE=DATE:20261225\nSUMMARY:Noël"}, dates{"2026-12-25": "Noël"}},
		"without a name":          {[]string{"DTSTART;VALUE=DATE:20261225"}, dates{"2026-12-25": "holiday"}},
		"several days":            {[]string{"DTSTART;VALUE=DATE:20261230\nDTEND;VALUE=DATE:20270102\nSUMMARY:Closed"}, dates{"2026-12-30": "Closed", "2026-12-31": "Closed", "2027-01-01": "Closed"}},
		"for a duration":          {[]string{"DTSTART;VALUE=DATE:20261230\nDURATION:P2D\nSUMMARY:Closed"}, dates{"2026-12-30": "Closed", "2026-12-31": "Closed"}},
		"for a week":              {[]string{"DTSTART;VALUE=DATE:20270201\nDURATION:P1W\nRRULE:FREQ=YEARLY;COUNT=1\nEXDATE;VALUE=DATE:20270201\nRDATE;VALUE=DATE:20270208"}, dates{"2027-02-08": "holiday", "2027-02-09": "holiday", "2027-02-10": "holiday", "2027-02-11": "holiday", "2027-02-12": "holiday", "2027-02-13": "holiday", "2027-02-14": "holiday"}},
		"folded and escaped":      {[]string{"DTSTART;VALUE=DATE:2026\n 1225\nSUMMARY:Christmas\\, an\n d \\\"more\\\"\\; \\\\o/\\nsee"}, dates{"2026-12-25": `Christmas, and \"more\"; \o/ see`}},
		"cancelled":               {[]string{"DTSTART;VALUE=DATE:20261225\nSTATUS:CANCELLED", "DTSTART;VALUE=DATE:20261226\nSUMMARY:Boxing Day\nSTATUS:CONFIRMED"}, dates{"2026-12-26": "Boxing Day"}},
		"cancelled with a time":   {[]string{"DTSTART:20261225T090000Z\nSTATUS:CANCELLED", "DTSTART;VALUE=DATE:20261226\nSUMMARY:Boxing Day"}, dates{"2026-12-26": "Boxing Day"}},
		"two on one day":          {[]string{"DTSTART;VALUE=DATE:20261225\nSUMMARY:First", "DTSTART;VALUE=DATE:20261225\nSUMMARY:Second"}, dates{"2026-12-25": "First"}},
		"a rule with a count":     {[]string{"DTSTART;VALUE=DATE:20261225\nRRULE:FREQ=YEARLY;COUNT=2\nSUMMARY:Christmas Day"}, dates{"2026-12-25": "Christmas Day", "2027-12-25": "Christmas Day"}},
		"a rule until a day":      {[]string{"DTSTART;VALUE=DATE:20261225\nRRULE:FREQ=YEARLY;UNTIL=20281225\nSUMMARY:Christmas Day"}, dates{"2026-12-25": "Christmas Day", "2027-12-25": "Christmas Day", "2028-12-25": "Christmas Day"}},
		"a rule until a time":     {[]string{"DTSTART;VALUE=DATE:20261225\nRRULE:FREQ=YEARLY;UNTIL=20271231T235959Z\nSUMMARY:Christmas Day"}, dates{"2026-12-25": "Christmas Day", "2027-12-25": "Christmas Day"}},
		"the fourth Thursday":     {[]string{"DTSTART;VALUE=DATE:20261126\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;UNTIL=20281231\nSUMMARY:Thanksgiving"}, dates{"2026-11-26": "Thanksgiving", "2027-11-25": "Thanksgiving", "2028-11-23": "Thanksgiving"}},
		"the last Monday":         {[]string{"DTSTART;VALUE=DATE:20260525\nRRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO;UNTIL=20271231\nSUMMARY:Memorial Day"}, dates{"2026-05-25": "Memorial Day", "2027-05-31": "Memorial Day"}},
		"the day after an Easter": {[]string{"DTSTART;VALUE=DATE:20260406\nRDATE;VALUE=DATE:20270329,20280417\nSUMMARY:Easter Monday"}, dates{"2026-04-06": "Easter Monday", "2027-03-29": "Easter Monday", "2028-04-17": "Easter Monday"}},
		"a leap day":              {[]string{"DTSTART;VALUE=DATE:20240229\nRRULE:FREQ=YEARLY;UNTIL=20331231"}, dates{"2024-02-29": "holiday", "2028-02-29": "holiday", "2032-02-29": "holiday"}},
		"with exceptions":         {[]string{"DTSTART;VALUE=DATE:20261225\nRRULE:FREQ=YEARLY;COUNT=4\nEXDATE;VALUE=DATE:20271225,20281225\nSUMMARY:Christmas Day"}, dates{"2026-12-25": "Christmas Day", "2029-12-25": "Christmas Day"}},
		"moved once":              {[]string{"UID:xmas\nDTSTART;VALUE=DATE:20261225\nRRULE:FREQ=YEARLY;COUNT=2\nSUMMARY:Christmas Day", "UID:xmas\nRECURRENCE-ID;VALUE=DATE:20271225\nDTSTART;VALUE=DATE:20271227\nSUMMARY:Christmas Day (substitute)"}, dates{"2026-12-25": "Christmas Day", "2027-12-27": "Christmas Day (substitute)"}},
		"renamed once":            {[]string{"UID:xmas\nDTSTART;VALUE=DATE:20261225\nRRULE:FREQ=YEARLY;COUNT=2\nSUMMARY:Christmas Day", "UID:xmas\nRECURRENCE-ID;VALUE=DATE:20271225\nDTSTART;VALUE=DATE:20271225\nSUMMARY:The last Christmas Day"}, dates{"2026-12-25": "Christmas Day", "2027-12-25": "The last Christmas Day"}},
		"cancelled once":          {[]string{"UID:xmas\nRECURRENCE-ID;VALUE=DATE:20271225\nDTSTART;VALUE=DATE:20271225\nSTATUS:CANCELLED", "UID:xmas\nDTSTART;VALUE=DATE:20261225\nRRULE:FREQ=YEARLY;COUNT=2\nSUMMARY:Christmas Day"}, dates{"2026-12-25": "Christmas Day"}},
		"outside the years":       {[]string{"DTSTART;VALUE=DATE:16010101\nRRULE:FREQ=YEARLY;UNTIL=19720101\nSUMMARY:Old", "DTSTART;VALUE=DATE:20800101\nRRULE:FREQ=YEARLY", "DTSTART;VALUE=DATE:20710101"}, dates{"1970-01-01": "Old", "1971-01-01": "Old", "1972-01-01": "Old"}},
	} {
		got, err := parseICS(vcalendar(tc.events...))
		require.NoError(t, err, name)
		require.Equal(t, tc.want, got, name)
	}
}

func TestFilesDifferInTheirLines(t *testing.T) {
	t.Parallel()
	file := string(vcalendar("DTSTART;VALUE=DATE:20261225\nSUMMARY:Christmas\n  Day\nBEGIN:VALARM\nACTION:DISPLAY\nEND:VALARM",
		"UID:2\nX-ODD;X-P=\"a;b:c\":d\nDTSTART;VALUE=DATE:20261226"))
	for name, body := range map[string]string{
		"CRLF": file, "LF": strings.ReplaceAll(file, "\r\n", "\n"), "BOM": "\ufeff" + file, "without a last line end": strings.TrimSpace(file),
		"folded with a tab": strings.ReplaceAll(file, "\r\n  ", "\r\n\t "), "blank lines": strings.ReplaceAll(file, "\r\n", "\r\n\r\n"),
		"a zone": strings.Replace(file, "BEGIN:VEVENT", "BEGIN:VTIMEZONE\r\nTZID:Europe/Paris\r\nBEGIN:STANDARD\r\nDTSTART:16010101T030000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT", 1),
	} {
		got, err := parseICS([]byte(body))
		if name == "blank lines" { // the fold is one no longer
			require.ErrorContains(t, err, "near line", name)
			continue
		}
		require.NoError(t, err, name)
		require.Equal(t, map[report.Date]string{"2026-12-25": "Christmas Day", "2026-12-26": "holiday"}, got, name)
	}
}

func TestAFileOfHolidaysIsRead(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("testdata/england-bank-holidays.ics")
	require.NoError(t, err)
	got, err := parseICS(body)
	require.NoError(t, err)
	require.Len(t, got, 16)
	require.Equal(t, "New Year’s Day", got["2027-01-01"])
	require.Equal(t, "Boxing Day", got["2026-12-28"])
}

func TestBrokenEventsAreRefused(t *testing.T) {
	t.Parallel()
	for event, want := range map[string]string{
		"SUMMARY:Summer party\nDTSTART:20260704T150000Z":                     `event 1, "Summer party": DTSTART "20260704T150000Z" has a time of day`,
		"SUMMARY:Party\nDTSTART;TZID=Europe/London:20260704T150000":          "has a time of day",
		"SUMMARY:Party\nDTSTART;VALUE=DATE:20260704\nDTEND:20260704T150000Z": "DTEND",
		"SUMMARY:Party\nDTSTART;VALUE=DATE-TIME:20260704":                    "not a day written YYYYMMDD",
		"SUMMARY:Party\nDTSTART;VALUE=DATE:20260231":                         `"20260231" is not a day`,
		"SUMMARY:Party": "0 DTSTART found, one expected",
		"SUMMARY:Party\nDTSTART;VALUE=DATE:20260704\nDTSTART;VALUE=DATE:20260705":                           "2 DTSTART found",
		"SUMMARY:Party\nDTSTART;VALUE=DATE:20260704,20260705":                                               "DTSTART of 2 days",
		"SUMMARY:Party\nDTSTART;VALUE=DATE:20260704\nDTEND;VALUE=DATE:20260703":                             "before DTSTART",
		"SUMMARY:Party\nDTSTART;VALUE=DATE:20260704\nDTEND;VALUE=DATE:99990704":                             "at most 366",
		"SUMMARY:Party\nDTSTART;VALUE=DATE:20260704\nDURATION:PT1H":                                         "whole days such as P1D",
		"SUMMARY:Party\nDTSTART;VALUE=DATE:20260704\nRRULE:FREQ=HOURLY":                                     "whole days",
		"SUMMARY:Party\nDTSTART;VALUE=DATE:20260704\nRRULE:FREQ=YEARLY;BYHOUR=9":                            "whole days",
		"SUMMARY:Party\nDTSTART;VALUE=DATE:20260704\nRRULE:FREQ=YEARLY;INTERVAL=99999":                      "interval of at most 1000",
		"SUMMARY:Party\nDTSTART;VALUE=DATE:20260704\nRRULE:FREQ=NEVER":                                      `RRULE "FREQ=NEVER"`,
		"SUMMARY:Party\nDTSTART;VALUE=DATE:20260704\nRRULE:FREQ=YEARLY;BYMONTH=13":                          "bymonth",
		"SUMMARY:Party\nDTSTART;VALUE=DATE:20260704\nRRULE:FREQ=YEARLY\nRRULE:FREQ=DAILY":                   "more than one RRULE",
		"SUMMARY:Party\nDTSTART;VALUE=DATE:20260704\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30":              `event "Party" from 2026-07-04: its RRULE names no day`,
		"SUMMARY:Party\nDTSTART;VALUE=DATE:20260704\nRRULE:FREQ=DAILY":                                      "", // 16,000 dates
		"SUMMARY:Party\nDTSTART;VALUE=DATE:19010704\nRRULE:FREQ=DAILY":                                      "more than 20000 dates",
		"SUMMARY:Party\nDTSTART;VALUE=DATE:20260704\nDURATION:P2D\nRRULE:FREQ=DAILY":                        "more than 20000 dates",
		"SUMMARY:Party\nDTSTART;VALUE=DATE:20260704\nEXDATE:20260704T000000":                                "EXDATE",
		"SUMMARY:Party\nDTSTART;VALUE=DATE:20260704\nRDATE;VALUE=PERIOD:20260704T000000/PT1H":               "RDATE",
		"SUMMARY:Party\nRECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=DATE:20260704\nDTSTART;VALUE=DATE:20260704": "RANGE",
	} {
		_, err := parseICS(vcalendar(event))
		if want == "" {
			require.NoError(t, err, event)
			continue
		}
		require.ErrorContains(t, err, want, event)
		require.ErrorContains(t, err, `arty"`, "the event is named: %s", event)
	}
}

func TestBrokenFilesAreRefused(t *testing.T) {
	t.Parallel()
	whole := string(vcalendar("DTSTART;VALUE=DATE:20261225\nSUMMARY:Christmas Day"))
	for name, tc := range map[string]struct{ body, want string }{
		"empty":          {"", "END:VCALENDAR"},
		"a page":         {"<html><body>Please log in</body></html>", "not a whole iCalendar file"},
		"cut off":        {whole[:strings.LastIndex(whole, "END:VCALENDAR")], "not a whole iCalendar file"},
		"latin-1":        {strings.Replace(whole, "Day", "No\xebl", 1), "not UTF-8"},
		"no colon":       {strings.Replace(whole, "SUMMARY:", "SUMMARY ", 1), "near line 6"},
		"unbalanced":     {strings.Replace(whole, "END:VEVENT", "END:VTODO", 1), "near line 7: failed to parse event: unbalanced end"},
		"never opened":   {strings.Replace(whole, "BEGIN:VEVENT", "X-NOT:VEVENT", 1), "near line 7"},
		"no event":       {string(vcalendar()), "no all-day event"},
		"only cancelled": {string(vcalendar("STATUS:CANCELLED")), "no all-day event"},
		"two calendars":  {whole + whole, "near line 9"},
		"NUL":            {"\x00\x00END:VCALENDAR", "near line 1"},
	} {
		_, err := parseICS([]byte(tc.body))
		require.ErrorContains(t, err, tc.want, name)
	}
}

// What would keep a parser busy for minutes, or take all memory, is refused
// within a second.
func TestHostileFilesAreRefusedSoon(t *testing.T) {
	t.Parallel()
	filled := func(head, filling, end string) string {
		return head + strings.Repeat(filling, (maxICS-len(head)-len(end))/len(filling)) + end
	}
	const begin, end = "BEGIN:VCALENDAR\n", "\nEND:VCALENDAR\n"
	always := "DTSTART;VALUE=DATE:20000101\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=SU"
	for name, body := range map[string]string{
		"too long":               filled(begin, "X:y\n", end) + "      ",
		"nested":                 filled(begin, "BEGIN:X\n", end),
		"parameters":             filled(begin+"A", ";B=x", ":z"+end),
		"parameter values":       filled(begin+"A;B=", "x,", "y:z"+end),
		"quoted":                 filled(begin+`A;B="`, ",", `":z`+end),
		"many parametered lines": filled(begin, "A;"+strings.Repeat("B=x;", 1000)+"C=y:z\n", end),
		"folded parameters":      filled(begin+"A", ";B=x\n ", ":z"+end),
		"many events":            filled(begin, "BEGIN:VEVENT\nEND:VEVENT\n", end),
		"many rules":             string(vcalendar(strings.Split(strings.Repeat(always+"|", 201)[:201*(len(always)+1)-1], "|")...)),
		"a long rule":            string(vcalendar("DTSTART:20000101\nRRULE:FREQ=DAILY;BYMONTHDAY=" + strings.Repeat("1,", 100_000) + "1")),
		"barren rules":           string(vcalendar(strings.Split(strings.Repeat("DTSTART:20000101\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30|", 200), "|")[:200]...)),
		"many dates":             string(vcalendar("DTSTART:20000101\nDURATION:P300D\nRDATE:" + strings.Repeat("20000101,", 50_000) + "20000101")),
	} {
		require.LessOrEqual(t, len(body), maxICS+100)
		begun := time.Now()
		_, err := parseICS([]byte(body))
		require.Error(t, err, name)
		t.Logf("%-22s %8s  %.80s", name, time.Since(begun).Round(time.Millisecond), err)
		require.Less(t, time.Since(begun), 20*time.Second, "%s: a second on a machine of one's own", name)
	}
}

func FuzzICS(f *testing.F) {
	for _, e := range []string{
		"DTSTART;VALUE=DATE:20261225\nSUMMARY:Christmas\\, Day", "DTSTART:20261225\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;WKST=SU\nEXDATE:20271125",
		"DTSTART:20261225\nDURATION:P1W\nRDATE:20270101,20280101", "UID:a\nRECURRENCE-ID:20261225\nDTSTART:20261225\nSTATUS:CANCELLED",
		"DTSTART:20261225\nRRULE:FREQ=MONTHLY;BYSETPOS=-1;BYDAY=MO,TU;INTERVAL=3", "DTSTART:00010101\nRRULE:FREQ=WEEKLY;BYWEEKNO=53;BYYEARDAY=-366",
	} {
		f.Add(vcalendar(e))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		begun := time.Now()
		got, err := parseICS(body)
		require.Less(t, time.Since(begun), 10*time.Second)
		if err != nil {
			return
		}
		require.LessOrEqual(t, len(got), maxDates)
		d := &Days{Name: "fuzz", Week: weekdayNames, Holidays: got}
		var p problems
		d.check(p.add)
		require.NoError(t, p.err("what was read"))
	})
}
