package fact_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/fact"
)

func TestClock(t *testing.T) {
	t.Parallel()
	s := fact.Set{TimeZone: "Europe/London", BusinessDate: "2026-06-22", Previous: fact.Day{Date: "2026-06-19"}}
	c, err := s.Clock()
	require.NoError(t, err)
	at := func(month time.Month, day, hour int) time.Time {
		return time.Date(2026, month, day, hour, 30, 0, 0, time.UTC)
	}
	require.Equal(t, "13:30", c.At(at(6, 22, 12)), "in the series' zone")
	require.Equal(t, "Fri 18:30", c.At(at(6, 19, 17)))
	require.Equal(t, "Mon 15 Jun 18:30", c.At(at(6, 15, 17)), "a week back the weekday alone would mislead")
	require.Equal(t, "Tue 23 Jun 00:30", c.At(at(6, 22, 23)), "ahead, with its date")
	require.Equal(t, "Mon 22 Jun 13:30", c.Full(at(6, 22, 12)))
	require.Equal(t, "BST", c.Zone(at(6, 22, 12)))
	require.Equal(t, "GMT", c.Zone(at(12, 22, 12)))
	require.Equal(t, "Fri", c.Previous())
	require.Equal(t, "Friday", c.PreviousInProse())
	require.Equal(t, "Fri 12:30", c.Due(at(6, 26, 11), false))
	require.Equal(t, "Mon 29 Jun 12:30", c.Due(at(6, 29, 11), false))
	require.Equal(t, "Fri 19 Jun 12:30", c.Due(at(6, 19, 11), false), "what is past is dated")
	require.Equal(t, "Tue 23 Jun", c.Due(at(6, 23, 11), true))
	require.Equal(t, "Monday 22 June 2026", c.LongDay("2026-06-22"))
	require.Equal(t, "Mon 30 Nov", c.Day("2026-11-30"))
	require.Equal(t, "Fri 20 Jun 2025", c.Day("2025-06-20"))
}

func TestClockOverHolidaysAndOddZones(t *testing.T) {
	t.Parallel()
	s := fact.Set{TimeZone: "America/Sao_Paulo", BusinessDate: "2027-01-04", Previous: fact.Day{Date: "2026-12-24"}}
	c, err := s.Clock()
	require.NoError(t, err)
	require.Equal(t, "24 Dec", c.Previous())
	require.Equal(t, "24 December", c.PreviousInProse())
	require.Equal(t, "UTC-03", c.Zone(time.Date(2027, 1, 4, 20, 0, 0, 0, time.UTC)))
	s.Previous = fact.Day{}
	c, err = s.Clock()
	require.NoError(t, err)
	require.Empty(t, c.Previous())
	for _, zone := range []string{"", "Local", "Nowhere/Here"} {
		s.TimeZone = zone
		_, err := s.Clock()
		require.ErrorIs(t, err, report.ErrInvalid, zone)
	}
	s.TimeZone, s.BusinessDate = "UTC", "today"
	_, err = s.Clock()
	require.ErrorIs(t, err, report.ErrInvalid)
}

func TestFeedComplete(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := fact.Set{Feeds: []fact.Feed{{Source: "a", Name: "attacks", ReachedAt: &now}, {Source: "b", Name: "attacks"}, {Source: "a", Name: "health", ReachedAt: &now}}}
	require.False(t, s.FeedComplete("attacks"), "one of two has not reached the cutoff")
	require.True(t, s.FeedComplete("health"))
	require.False(t, s.FeedComplete("findings"), "there is none")
}
