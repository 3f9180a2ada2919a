package calendar

import (
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report"
)

func london(t testing.TB, cutoff string) *Calendar { return in(t, "Europe/London", cutoff) }

func in(t testing.TB, zone, cutoff string) *Calendar {
	t.Helper()
	return made(t, Rule{Cutoff: cutoff, Zone: location(t, zone)})
}

func location(t testing.TB, zone string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	require.NoError(t, err)
	return loc
}

// made is the rule's calendar; in London at 17:00 unless the rule says otherwise.
func made(t testing.TB, r Rule) *Calendar {
	t.Helper()
	if r.Zone == nil {
		r.Zone = location(t, "Europe/London")
	}
	if r.Cutoff == "" {
		r.Cutoff = "17:00"
	}
	c, err := New(r)
	require.NoError(t, err)
	return c
}

// england has the exceptions of a December and what follows.
func england() *Days {
	return &Days{
		Name: "england", Week: []string{"mon", "tue", "wed", "thu", "fri"},
		Holidays: map[report.Date]string{"2026-12-25": "Christmas Day", "2026-12-28": "Boxing Day (substitute day)", "2027-01-01": "New Year's Day"},
		HalfDays: map[report.Date]string{"2026-12-24": "12:30"},
		Blackouts: []Blackout{
			{From: "2026-12-29", To: "2026-12-31", Do: Skip, Reason: "office move"},
			{From: "2027-01-04", To: "2027-01-04", Do: NoDelivery, Reason: "mail migration"},
		},
	}
}

// dueIn lists the due dates of a span, both ends included.
func dueIn(c *Calendar, from, to report.Date) []report.Date {
	out := []report.Date{}
	for d := from.Time(); !d.After(to.Time()); d = d.AddDate(0, 0, 1) {
		if date := report.DateOf(d); c.Due(date) {
			out = append(out, date)
		}
	}
	return out
}

func TestCutoffFollowsTheZone(t *testing.T) {
	t.Parallel()
	c := london(t, "17:00")
	require.Equal(t, "2026-11-20T17:00:00Z", c.Cutoff("2026-11-20").UTC().Format(time.RFC3339))
	require.Equal(t, "2026-07-01T16:00:00Z", c.Cutoff("2026-07-01").UTC().Format(time.RFC3339))
	require.Equal(t, "Europe/London", c.Cutoff("2026-07-01").Location().String())
}

func TestCutoffInAGapIsTheNextValidInstant(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ zone, cutoff, date, want string }{
		{"Europe/London", "01:30", "2026-03-29", "2026-03-29T01:00:00Z"},
		{"America/New_York", "02:30", "2026-03-08", "2026-03-08T07:00:00Z"},
		{"Australia/Lord_Howe", "02:15", "2026-10-04", "2026-10-03T15:30:00Z"},
		{"Africa/Cairo", "00:30", "2026-04-24", "2026-04-23T22:00:00Z"},     // midnight does not exist
		{"Asia/Pyongyang", "23:45", "2018-05-04", "2018-05-04T15:00:00Z"},   // until midnight
		{"America/Santiago", "00:00", "2026-09-06", "2026-09-06T04:00:00Z"}, // the day begins at one
	} {
		require.Equal(t, tc.want, in(t, tc.zone, tc.cutoff).Cutoff(report.Date(tc.date)).UTC().Format(time.RFC3339), tc.zone)
	}
}

func TestCutoffInAnOverlapIsTheFirst(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ zone, cutoff, date, want string }{
		{"Europe/London", "01:30", "2026-10-25", "2026-10-25T00:30:00Z"},
		{"America/New_York", "01:30", "2026-11-01", "2026-11-01T05:30:00Z"},
		{"Australia/Lord_Howe", "01:45", "2026-04-05", "2026-04-04T14:45:00Z"},
		{"America/Havana", "00:30", "2026-11-01", "2026-11-01T04:30:00Z"}, // back to midnight
	} {
		require.Equal(t, tc.want, in(t, tc.zone, tc.cutoff).Cutoff(report.Date(tc.date)).UTC().Format(time.RFC3339), tc.zone)
	}
}

// Go's bounds of a zone's offset are wrong on this day.
func TestTheLastDayOfALeapYear(t *testing.T) {
	t.Parallel()
	for zone, want := range map[string]string{"Europe/London": "2040-12-31T23:59:00Z", "America/New_York": "2041-01-01T04:59:00Z",
		"Australia/Sydney": "2040-12-31T12:59:00Z", "Asia/Tokyo": "2040-12-31T14:59:00Z"} {
		c := made(t, Rule{Days: &Days{Name: "always", Week: weekdayNames}, Cutoff: "23:59", Zone: location(t, zone)})
		require.Equal(t, want, c.Cutoff("2040-12-31").UTC().Format(time.RFC3339), zone)
		require.Equal(t, report.Date("2041-01-01"), c.Holding(c.Cutoff("2040-12-31")), zone)
	}
}

func TestADateThatTheZoneDoesNotHaveIsNotDue(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ zone, cutoff, before, gone, after string }{
		{"Pacific/Apia", "17:00", "2011-12-29", "2011-12-30", "2012-01-02"},
		{"Pacific/Apia", "00:00", "2011-12-29", "2011-12-30", "2012-01-02"},
		{"Pacific/Fakaofo", "23:59", "2011-12-29", "2011-12-30", "2012-01-02"},
		{"Pacific/Kiritimati", "00:15", "1994-12-30", "1994-12-31", "1995-01-01"},
		{"Pacific/Kwajalein", "12:00", "1993-08-20", "1993-08-21", "1993-08-22"},
	} {
		week := Standard()
		if tc.zone == "Pacific/Kiritimati" || tc.zone == "Pacific/Kwajalein" {
			week.Week = weekdayNames // it was a Saturday
		}
		c := made(t, Rule{Days: week, Cutoff: tc.cutoff, Zone: location(t, tc.zone)})
		require.False(t, c.Due(report.Date(tc.gone)), tc.zone)
		require.Equal(t, report.Date(tc.after), c.Next(report.Date(tc.before)))
		from, to := c.Window(report.Date(tc.after))
		require.Equal(t, c.Cutoff(report.Date(tc.before)), from)
		require.True(t, from.Before(to))
		err := c.Check(report.Date(tc.gone))
		require.ErrorIs(t, err, report.ErrNotDue)
		require.ErrorContains(t, err, "a date that "+tc.zone+" does not have")
	}
}

// The clock jumped over the half hour before midnight, in which the half day
// would have closed: there is no time between it and the next day's cutoff.
func TestAHalfDayTakesNoTimeFromItsNeighbour(t *testing.T) {
	t.Parallel()
	days := &Days{Name: "north", Week: weekdayNames, HalfDays: map[report.Date]string{"2018-05-04": "23:45"}}
	c := made(t, Rule{Days: days, Cutoff: "00:00", Zone: location(t, "Asia/Pyongyang")})
	require.Equal(t, []report.Date{"2018-05-03", "2018-05-04", "2018-05-06"}, dueIn(c, "2018-05-03", "2018-05-06"))
	from, to := c.Window("2018-05-06")
	require.Equal(t, 24*time.Hour, to.Sub(from))
}

func TestAWeekendFoldsIntoMonday(t *testing.T) {
	t.Parallel()
	c := london(t, "17:00")
	from, to := c.Window("2026-11-23")
	require.Equal(t, c.Cutoff("2026-11-20"), from)
	require.Equal(t, c.Cutoff("2026-11-23"), to)
	err := c.Check("2026-11-21")
	require.ErrorIs(t, err, report.ErrNotDue)
	require.ErrorContains(t, err, "Saturday 2026-11-21")
	require.ErrorContains(t, err, "2026-11-23")
	require.Equal(t, report.Date("2024-03-25"), c.Holding(time.Date(2024, 3, 24, 12, 0, 0, 0, time.UTC)))
}

func TestExceptionsFoldIntoTheNextDueDate(t *testing.T) {
	t.Parallel()
	c := made(t, Rule{Days: england()})
	require.Equal(t, []report.Date{"2026-12-23", "2026-12-24", "2027-01-04", "2027-01-05"}, dueIn(c, "2026-12-23", "2027-01-05"))
	require.Equal(t, "2026-12-24T12:30:00Z", c.Cutoff("2026-12-24").UTC().Format(time.RFC3339))
	from, to := c.Window("2027-01-04")
	require.Equal(t, "2026-12-24T12:30:00Z", from.UTC().Format(time.RFC3339))
	require.Equal(t, "2027-01-04T17:00:00Z", to.UTC().Format(time.RFC3339))
}

func TestADateThatIsNotDueIsRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	c := made(t, Rule{Days: england()})
	for date, want := range map[report.Date]string{
		"2026-12-26": "no report is owed on Saturday 2026-12-26: its data belongs to 2027-01-04",
		"2026-12-28": "no report is owed on Monday 2026-12-28 (Boxing Day (substitute day)): its data belongs to 2027-01-04",
		"2026-12-30": "no report is owed on Wednesday 2026-12-30 (blackout: office move): its data belongs to 2027-01-04",
	} {
		err := c.Check(date)
		require.ErrorIs(t, err, report.ErrNotDue)
		require.ErrorContains(t, err, want)
	}
	monthly := made(t, Rule{Days: england(), Due: "first business day of month"})
	require.ErrorContains(t, monthly.Check("2026-12-02"), "Wednesday 2026-12-02 (due first business day of month): its data belongs to 2027-01-04")
	require.NoError(t, c.Check("2026-12-24"))
}

func TestABlackoutWithoutDeliveryIsDue(t *testing.T) {
	t.Parallel()
	c := made(t, Rule{Days: england()})
	require.True(t, c.Due("2027-01-04"))
	ok, reason := c.Deliver("2027-01-04")
	require.False(t, ok)
	require.Equal(t, "mail migration", reason)
	for _, date := range []report.Date{"2027-01-05", "2026-12-30"} {
		ok, _ = c.Deliver(date)
		require.True(t, ok, date)
	}
}

func TestLatestIsNeverAhead(t *testing.T) {
	t.Parallel()
	c := london(t, "17:00")
	for at, want := range map[string]report.Date{
		"2026-11-20T16:59:59Z": "2026-11-19",
		"2026-11-20T17:00:00Z": "2026-11-20",
		"2026-11-22T02:00:00Z": "2026-11-20",
		"2026-11-23T09:00:00Z": "2026-11-20",
	} {
		require.Equal(t, want, c.Latest(instantOf(t, at)), at)
	}
}

func instantOf(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	require.NoError(t, err)
	return at
}

func TestBetweenCountsDueDates(t *testing.T) {
	t.Parallel()
	c := london(t, "17:00")
	require.Equal(t, 0, c.Between("2026-11-20", "2026-11-20"))
	require.Equal(t, 0, c.Between("2026-11-20", "2026-11-19"))
	require.Equal(t, 0, c.Between("2026-11-20", "2026-11-22"))
	require.Equal(t, 1, c.Between("2026-11-20", "2026-11-23"))
	require.Equal(t, 14, c.Between("2026-11-02", "2026-11-20"))
	weekly := made(t, Rule{Due: "weekly fri"})
	require.Equal(t, 2, weekly.Between("2026-11-06", "2026-11-20"))
	require.Equal(t, 10, weekly.BusinessDays().Between("2026-11-06", "2026-11-20"))
}

func TestBeforeListsDueDates(t *testing.T) {
	t.Parallel()
	require.Equal(t, []report.Date{"2026-11-19", "2026-11-20", "2026-11-23"}, london(t, "17:00").Before("2026-11-23", 3))
	require.Equal(t, []report.Date{"2026-12-01", "2027-01-04"}, made(t, Rule{Days: england(), Due: "first business day of month"}).Before("2027-01-04", 2))
}

func TestWalksEndWithTheCalendar(t *testing.T) {
	t.Parallel()
	c := london(t, "17:00")
	require.Equal(t, report.Date("9999-12-31"), c.Next("9999-12-31"))
	require.Equal(t, report.Date("0001-01-01"), c.Previous("0001-01-01"))
	require.Equal(t, report.Date("9999-12-30"), c.Latest(time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)), "the last that another follows")
	require.Equal(t, 0, c.Between("9999-12-31", "9999-12-31"))
	require.Equal(t, report.Date("0001-01-01"), c.Holding(time.Date(-5000, 1, 1, 0, 0, 0, 0, time.UTC)))
}

func TestARuleIsRefused(t *testing.T) {
	t.Parallel()
	utc := time.UTC
	empty := england()
	for d := empty.Blackouts[0].From.Time(); d.Year() < 2029; d = d.AddDate(0, 0, 1) {
		empty.Holidays[report.DateOf(d)] = "closed"
	}
	for name, tc := range map[string]struct {
		rule Rule
		want []string
	}{
		"everything at once": {Rule{Days: &Days{Name: "A"}, Due: "sometimes", Cutoff: "5pm"}, []string{"name", "week", "due", "cutoff", "time_zone"}},
		"never due":          {Rule{Days: &Days{Name: "odd", Week: []string{"tue", "wed"}}, Due: "weekly mon", Cutoff: "17:00", Zone: utc}, []string{`due "weekly mon"`, "tue, wed"}},
		"never due either":   {Rule{Due: "sat,sun", Cutoff: "17:00", Zone: utc}, []string{`due "sat,sun"`}},
		"all closed":         {Rule{Days: empty, Cutoff: "17:00", Zone: utc}, []string{"england", "for 400 days after 2026-12-24"}},
		"blackout too long": {Rule{Days: &Days{Name: "dark", Week: weekdayNames, Blackouts: []Blackout{{From: "2026-01-01", To: "2028-01-01", Do: Skip}}},
			Cutoff: "17:00", Zone: utc}, []string{"dark", "2025-12-31"}},
	} {
		_, err := New(tc.rule)
		require.ErrorIs(t, err, report.ErrInvalid, name)
		for _, want := range tc.want {
			require.ErrorContains(t, err, want, name)
		}
	}
	_, err := New(Rule{Days: &Days{Name: "dark", Week: weekdayNames, Blackouts: []Blackout{{From: "2026-01-01", To: "2028-01-01", Do: NoDelivery}}},
		Cutoff: "17:00", Zone: utc})
	require.NoError(t, err, "what is not delivered is due")
}

func BenchmarkAYear(b *testing.B) {
	c := made(b, Rule{Days: england()})
	for b.Loop() {
		c.Before("2026-12-24", 260)
	}
}

func BenchmarkLatest(b *testing.B) {
	for name, due := range map[string]string{"daily": "", "monthly": "last business day of month"} {
		b.Run(name, func(b *testing.B) {
			c := made(b, Rule{Days: england(), Due: due})
			at := c.Cutoff("2026-12-24")
			for b.Loop() {
				c.Latest(at)
			}
		})
	}
}

func BenchmarkNew(b *testing.B) {
	days := england()
	for year := 1970; year <= 2070; year++ {
		for month := time.January; month <= time.December; month++ {
			days.Holidays[report.DateOf(time.Date(year, month, 11, 0, 0, 0, 0, time.UTC))] = "the eleventh"
		}
	}
	for name, due := range map[string]string{"daily": "", "monthly": "last business day of month"} {
		b.Run(name, func(b *testing.B) {
			zone := location(b, "Europe/London")
			for b.Loop() {
				_, err := New(Rule{Days: days, Due: due, Cutoff: "17:00", Zone: zone})
				require.NoError(b, err)
			}
		})
	}
}
