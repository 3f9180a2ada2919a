package series

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report"
)

const smallest = "name: daily-security\ntemplate: daily-security\ncutoff: \"17:00\"\ntime_zone: Europe/London\n"

func TestTheSmallestFileIsEnough(t *testing.T) {
	t.Parallel()
	s, err := Parse([]byte(smallest))
	require.NoError(t, err)
	require.Equal(t, "Daily security", s.Title)
	cal, err := s.Calendar()
	require.NoError(t, err)
	cutoff := cal.Cutoff("2026-11-20")
	require.Equal(t, cutoff.Add(time.Hour), s.DeadlineAfter(cutoff))
}

func TestEveryProblemIsReportedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := Parse([]byte("name: Bad Name\ntemplate: \"\"\ncutoff: \"25:00\"\ntime_zone: Mars/Olympus\ndeadline: soon\nsources: [ok, \"not ok\"]\n"))
	require.ErrorIs(t, err, report.ErrInvalid)
	for _, field := range []string{"name", "template", "cutoff", "time_zone", "deadline", "sources[1]"} {
		require.ErrorContains(t, err, "series file: "+field+":")
	}
}

func TestAnUnknownKeyIsRefused(t *testing.T) {
	t.Parallel()
	_, err := Parse([]byte(smallest + "cut_off: \"18:00\"\n"))
	require.ErrorIs(t, err, report.ErrInvalid)
	require.ErrorContains(t, err, "cut_off")
	for _, zone := range []string{"", "Local"} {
		_, err := Parse([]byte(strings.Replace(smallest, "Europe/London", zone, 1)))
		require.ErrorContains(t, err, "time_zone", "the machine's own zone is none")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(smallest))
	f.Add([]byte("name: a\nparameters: {x: [1, {y: 2}]}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Parse(b)
		if err != nil {
			require.ErrorIs(t, err, report.ErrInvalid)
			return
		}
		cal, err := s.Calendar()
		require.NoError(t, err)
		from, to := cal.Window("2026-11-20")
		require.True(t, from.Before(to))
	})
}
