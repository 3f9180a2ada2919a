package calendar

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report"
)

func TestCadences(t *testing.T) {
	t.Parallel()
	sundayToThursday := &Days{Name: "gulf", Week: []string{"sun", "mon", "tue", "wed", "thu"}}
	closedWeek := &Days{Name: "closed", Week: Standard().Week, Holidays: map[report.Date]string{}}
	for _, d := range []report.Date{"2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20"} {
		closedWeek.Holidays[d] = "closed"
	}
	for name, tc := range map[string]struct {
		days *Days
		due  string
		from report.Date
		to   report.Date
		want []report.Date
	}{
		"every business day":                  {nil, "", "2026-11-19", "2026-11-24", []report.Date{"2026-11-19", "2026-11-20", "2026-11-23", "2026-11-24"}},
		"said":                                {nil, "every business day", "2026-11-20", "2026-11-23", []report.Date{"2026-11-20", "2026-11-23"}},
		"on a Sunday":                         {sundayToThursday, "", "2026-11-19", "2026-11-23", []report.Date{"2026-11-19", "2026-11-22", "2026-11-23"}},
		"chosen weekdays":                     {nil, "mon,thu", "2026-11-16", "2026-11-29", []report.Date{"2026-11-16", "2026-11-19", "2026-11-23", "2026-11-26"}},
		"chosen weekdays, spaced":             {nil, "thu, mon", "2026-11-16", "2026-11-22", []report.Date{"2026-11-16", "2026-11-19"}},
		"a chosen weekday is a holiday":       {england(), "mon,fri", "2026-12-21", "2027-01-08", []report.Date{"2026-12-21", "2027-01-04", "2027-01-08"}},
		"weekly":                              {nil, "weekly fri", "2026-11-09", "2026-11-22", []report.Date{"2026-11-13", "2026-11-20"}},
		"weekly, before a holiday":            {england(), "weekly fri", "2026-12-14", "2026-12-27", []report.Date{"2026-12-18", "2026-12-24"}},
		"weekly, in a blackout":               {england(), "weekly fri", "2026-12-28", "2027-01-10", []report.Date{"2027-01-08"}},
		"weekly on a day that is none":        {nil, "weekly sun", "2026-11-09", "2026-11-22", []report.Date{"2026-11-13", "2026-11-20"}},
		"weekly, not before Monday":           {england(), "weekly mon", "2026-12-21", "2027-01-10", []report.Date{"2026-12-21", "2027-01-04"}},
		"weekly, a week without business":     {closedWeek, "weekly fri", "2026-11-09", "2026-11-29", []report.Date{"2026-11-13", "2026-11-27"}},
		"first of month":                      {nil, "first business day of month", "2026-11-01", "2027-01-31", []report.Date{"2026-11-02", "2026-12-01", "2027-01-01"}},
		"first of month, after a holiday":     {england(), "first business day of month", "2026-12-02", "2027-01-31", []report.Date{"2027-01-04"}},
		"last of month":                       {nil, "last business day of month", "2026-10-01", "2026-12-31", []report.Date{"2026-10-30", "2026-11-30", "2026-12-31"}},
		"last of month, in a blackout":        {england(), "last business day of month", "2026-12-01", "2027-01-31", []report.Date{"2027-01-29"}},
		"last of February in a leap year":     {nil, "last business day of month", "2028-02-01", "2028-02-29", []report.Date{"2028-02-29"}},
		"first of month that begins weekends": {nil, "first business day of month", "2026-08-01", "2026-08-31", []report.Date{"2026-08-03"}},
	} {
		c := made(t, Rule{Days: tc.days, Due: tc.due})
		require.Equal(t, tc.want, dueIn(c, tc.from, tc.to), name)
	}
}

func TestCadencesAreParsedStrictly(t *testing.T) {
	t.Parallel()
	for _, due := range []string{"daily", "Every business day", "mon,mon", "monday", "mon,", ",", " ", "weekly", "weekly ", "weekly mon,tue",
		"weekly  fri", "second business day of month", "last business day of month ", "mon;tue"} {
		require.ErrorContains(t, CheckCadence(due), "every business day", due)
	}
	for _, due := range []string{"", "every business day", "mon", "sat, sun", "weekly sat", "first business day of month", "last business day of month"} {
		require.NoError(t, CheckCadence(due), due)
	}
}

func TestAMonthlyWindowIsLong(t *testing.T) {
	t.Parallel()
	c := made(t, Rule{Days: england(), Due: "last business day of month"})
	from, to := c.Window("2027-01-29")
	require.Equal(t, c.Cutoff("2026-11-30"), from, "December's is in a blackout")
	require.Equal(t, c.Cutoff("2027-01-29"), to)
	require.Equal(t, report.Date("2027-01-29"), c.Holding(instantOf(t, "2026-12-31T20:00:00Z")))
	require.Equal(t, report.Date("2026-11-30"), c.Latest(instantOf(t, "2026-12-31T20:00:00Z")))
}
