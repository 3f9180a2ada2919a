package calendar

import (
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/closeofbusiness/cob/report"
)

func london(t testing.TB, cutoff string) *Calendar { return in(t, "Europe/London", cutoff) }

func in(t testing.TB, zone, cutoff string) *Calendar {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	require.NoError(t, err)
	c, err := New(Weekdays(), cutoff, loc)
	require.NoError(t, err)
	return c
}

func TestCutoffFollowsTheZone(t *testing.T) {
	t.Parallel()
	c := london(t, "17:00")
	require.Equal(t, "2026-11-20T17:00:00Z", c.Cutoff("2026-11-20").UTC().Format(time.RFC3339))
	require.Equal(t, "2026-07-01T16:00:00Z", c.Cutoff("2026-07-01").UTC().Format(time.RFC3339))
}

func TestCutoffInAGapIsTheNextValidInstant(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ zone, cutoff, date, want string }{
		{"Europe/London", "01:30", "2026-03-29", "2026-03-29T01:00:00Z"},
		{"America/New_York", "02:30", "2026-03-08", "2026-03-08T07:00:00Z"},
		{"Australia/Lord_Howe", "02:15", "2026-10-04", "2026-10-03T15:30:00Z"},
		{"Africa/Cairo", "00:30", "2026-04-24", "2026-04-23T22:00:00Z"}, // midnight does not exist
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
	} {
		require.Equal(t, tc.want, in(t, tc.zone, tc.cutoff).Cutoff(report.Date(tc.date)).UTC().Format(time.RFC3339), tc.zone)
	}
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

func TestLatestIsNeverAhead(t *testing.T) {
	t.Parallel()
	c := london(t, "17:00")
	for at, want := range map[string]report.Date{
		"2026-11-20T16:59:59Z": "2026-11-19",
		"2026-11-20T17:00:00Z": "2026-11-20",
		"2026-11-22T02:00:00Z": "2026-11-20",
		"2026-11-23T09:00:00Z": "2026-11-20",
	} {
		ts, err := time.Parse(time.RFC3339, at)
		require.NoError(t, err)
		require.Equal(t, want, c.Latest(ts), at)
	}
}

func TestBetweenCountsBusinessDays(t *testing.T) {
	t.Parallel()
	c := london(t, "17:00")
	require.Equal(t, 0, c.Between("2026-11-20", "2026-11-20"))
	require.Equal(t, 1, c.Between("2026-11-20", "2026-11-23"))
	require.Equal(t, 14, c.Between("2026-11-02", "2026-11-20"))
}

func TestWindowsTileTime(t *testing.T) {
	t.Parallel()
	zones := []string{"Europe/London", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kathmandu", "Pacific/Apia", "America/St_Johns", "UTC"}
	rapid.Check(t, func(rt *rapid.T) {
		c := in(t, rapid.SampledFrom(zones).Draw(rt, "zone"), rapid.SampledFrom([]string{"00:00", "00:30", "01:30", "02:15", "02:30", "17:00", "23:59"}).Draw(rt, "cutoff"))
		day := time.Date(2005, 1, 3, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 12000).Draw(rt, "day"))
		d := report.DateOf(day)
		if !c.Due(d) {
			d = c.Next(d)
		}
		from, to := c.Window(d)
		if !from.Before(to) {
			rt.Fatalf("window of %s is empty: %s to %s", d, from, to)
		}
		if next, _ := c.Window(c.Next(d)); !next.Equal(to) {
			rt.Fatalf("window after %s begins %s, not %s", d, next, to)
		}
		if got := c.Holding(from); got != d {
			rt.Fatalf("start of %s belongs to %s", d, got)
		}
		if got := c.Holding(to.Add(-time.Nanosecond)); got != d {
			rt.Fatalf("end of %s belongs to %s", d, got)
		}
		if got := c.Latest(to); got != d {
			rt.Fatalf("latest at the cutoff of %s is %s", d, got)
		}
	})
}
