package calendar

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report"
)

// rec is a recorded window, its ends written as RFC 3339.
func rec(t testing.TB, date report.Date, from, to string) Recorded {
	return Recorded{Date: date, From: instantOf(t, from), To: instantOf(t, to)}
}

// The cutoff moved from 17:00 to 18:00 after Tuesday was recorded.
func TestALaterCutoffBeginsWhereTheLastWindowEnded(t *testing.T) {
	t.Parallel()
	c, err := london(t, "18:00").With([]Recorded{rec(t, "2026-11-17", "2026-11-16T17:00:00Z", "2026-11-17T17:00:00Z")})
	require.NoError(t, err)
	for _, want := range []struct {
		date     report.Date
		from, to string
	}{
		{"2026-11-13", "2026-11-12T18:00:00Z", "2026-11-13T18:00:00Z"},
		{"2026-11-16", "2026-11-13T18:00:00Z", "2026-11-16T17:00:00Z"}, // ends where the recorded one begins
		{"2026-11-17", "2026-11-16T17:00:00Z", "2026-11-17T17:00:00Z"}, // as recorded
		{"2026-11-18", "2026-11-17T17:00:00Z", "2026-11-18T18:00:00Z"}, // begins where it ends
		{"2026-11-19", "2026-11-18T18:00:00Z", "2026-11-19T18:00:00Z"},
	} {
		from, to := c.Window(want.date)
		require.Equal(t, []string{want.from, want.to}, []string{from.UTC().Format(time.RFC3339), to.UTC().Format(time.RFC3339)}, want.date)
	}
	require.Equal(t, report.Date("2026-11-17"), c.Latest(instantOf(t, "2026-11-17T17:30:00Z")))
	require.Equal(t, report.Date("2026-11-18"), c.Holding(instantOf(t, "2026-11-17T17:30:00Z")))
}

func TestARecordedDateStaysDue(t *testing.T) {
	t.Parallel()
	// Recorded before the calendar had the holiday, and before it was weekly.
	chain := []Recorded{
		rec(t, "2026-12-24", "2026-12-23T17:00:00Z", "2026-12-24T17:00:00Z"),
		rec(t, "2026-12-25", "2026-12-24T17:00:00Z", "2026-12-25T17:00:00Z"),
		rec(t, "2026-12-29", "2026-12-25T17:00:00Z", "2026-12-29T17:00:00Z"),
	}
	c, err := made(t, Rule{Days: england(), Due: "weekly fri"}).With(chain)
	require.NoError(t, err)
	require.Equal(t, []report.Date{"2026-12-18", "2026-12-24", "2026-12-25", "2026-12-29", "2027-01-08"}, dueIn(c, "2026-12-14", "2027-01-10"))
	require.ErrorContains(t, c.Check("2026-12-28"), "its data belongs to 2026-12-29")
	require.Equal(t, 3, c.Between("2026-12-18", "2026-12-29"))
	from, to := c.Window("2026-12-18")
	require.Equal(t, "2026-12-11T17:00:00Z", from.UTC().Format(time.RFC3339))
	require.Equal(t, "2026-12-23T17:00:00Z", to.UTC().Format(time.RFC3339), "time stays tiled: it ends where the recorded begin")
}

// Moved from New York to Tokyo: by Tokyo's clock Tuesday closed before New York's
// Monday did, so its time is in Monday's window.
func TestADateWithoutTimeOfItsOwnIsNotDue(t *testing.T) {
	t.Parallel()
	monday := rec(t, "2026-11-16", "2026-11-13T22:00:00Z", "2026-11-16T22:00:00Z") // 17:00 in New York
	c, err := made(t, Rule{Cutoff: "06:00", Zone: location(t, "Asia/Tokyo")}).With([]Recorded{monday})
	require.NoError(t, err)
	require.Equal(t, []report.Date{"2026-11-13", "2026-11-16", "2026-11-18"}, dueIn(c, "2026-11-13", "2026-11-18"))
	from, to := c.Window("2026-11-18")
	require.Equal(t, monday.To, from.UTC())
	require.Equal(t, "2026-11-17T21:00:00Z", to.UTC().Format(time.RFC3339))
	require.ErrorContains(t, c.Check("2026-11-17"), "2026-11-18")
}

func TestNothingRecordedIsTheCalendarItself(t *testing.T) {
	t.Parallel()
	c, err := london(t, "17:00").With([]Recorded{rec(t, "2026-11-17", "2026-11-16T12:00:00Z", "2026-11-17T12:00:00Z")})
	require.NoError(t, err)
	c, err = c.With(nil)
	require.NoError(t, err)
	require.Equal(t, london(t, "17:00"), c)
}

func TestWhatIsRecordedMustTile(t *testing.T) {
	t.Parallel()
	first := rec(t, "2026-11-17", "2026-11-16T17:00:00Z", "2026-11-17T17:00:00Z")
	for name, tc := range map[string]struct {
		chain []Recorded
		want  string
	}{
		"empty window": {[]Recorded{rec(t, "2026-11-17", "2026-11-16T17:00:00Z", "2026-11-16T17:00:00Z")}, "2026-11-17 ends at 2026-11-16T17:00:00Z, not after"},
		"backwards":    {[]Recorded{rec(t, "2026-11-17", "2026-11-17T17:00:00Z", "2026-11-16T17:00:00Z")}, "not after"},
		"gap":          {[]Recorded{first, rec(t, "2026-11-18", "2026-11-17T18:00:00Z", "2026-11-18T17:00:00Z")}, "2026-11-18 begins at 2026-11-17T18:00:00Z and does not follow that of 2026-11-17"},
		"overlap":      {[]Recorded{first, rec(t, "2026-11-18", "2026-11-17T16:00:00Z", "2026-11-18T17:00:00Z")}, "does not follow"},
		"twice":        {[]Recorded{first, rec(t, "2026-11-17", "2026-11-17T17:00:00Z", "2026-11-18T17:00:00Z")}, "does not follow"},
		"no date":      {[]Recorded{rec(t, "", "2026-11-16T17:00:00Z", "2026-11-17T17:00:00Z")}, "YYYY-MM-DD"},
	} {
		_, err := london(t, "17:00").With(tc.chain)
		require.ErrorIs(t, err, report.ErrInvalid, name)
		require.ErrorContains(t, err, tc.want, name)
	}
}

func BenchmarkRecorded(b *testing.B) {
	c := london(b, "17:00")
	chain := recorded(c, dayOf("1996-01-01"), 8000)
	b.Run("with 8000", func(b *testing.B) {
		for b.Loop() {
			_, err := c.With(chain)
			require.NoError(b, err)
		}
	})
	with, err := c.With(chain)
	require.NoError(b, err)
	at := with.Cutoff("2010-06-15")
	b.Run("latest", func(b *testing.B) {
		for b.Loop() {
			with.Latest(at)
		}
	})
	b.Run("year", func(b *testing.B) {
		for b.Loop() {
			with.Before("2010-06-15", 260)
		}
	})
}
