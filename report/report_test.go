package report

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIdentitiesAreStable(t *testing.T) {
	t.Parallel()
	// Running workflows and schedules are found by these.
	require.Equal(t, "cob/daily-security/2026-11-20", CycleID("daily-security", "2026-11-20"))
	require.Equal(t, "cob/daily-security/2026-11-20/r2", RevisionID("daily-security", "2026-11-20", 2))
	require.Equal(t, "cob/daily-security", ScheduleID("daily-security"))
	require.Equal(t, []string{"CloseOfBusiness", "ReportRevision", "ScheduledClose"}, []string{CloseOfBusiness, ReportRevision, ScheduledClose})
}

func TestCycleIDsReadBack(t *testing.T) {
	t.Parallel()
	for _, id := range []string{CycleID("a-1", "2026-11-20"), RevisionID("a-1", "2026-11-20", 3)} {
		series, d, ok := ParseCycleID(id)
		require.True(t, ok, id)
		require.Equal(t, "a-1", series)
		require.Equal(t, Date("2026-11-20"), d)
	}
	for _, id := range []string{"", "cob/a-1", "cob/a-1/scheduled-2026-11-20T17:00:00Z", "other/a-1/2026-11-20", "cob/A/2026-11-20"} {
		_, _, ok := ParseCycleID(id)
		require.False(t, ok, id)
	}
}

func TestARequestReportsEverythingThatIsWrong(t *testing.T) {
	t.Parallel()
	require.NoError(t, Request{Series: "a-1", BusinessDate: "2026-02-28"}.Validate())
	err := Request{Series: "A/..", BusinessDate: "2026-02-30", RequestedBy: strings.Repeat("x", 201)}.Validate()
	require.ErrorIs(t, err, ErrInvalid)
	for _, part := range []string{`series "A/.."`, `date "2026-02-30"`, "requested_by"} {
		require.ErrorContains(t, err, part)
	}
}

func TestKindsCrossProcessesByName(t *testing.T) {
	t.Parallel()
	for _, kind := range []error{ErrInvalid, ErrNotFound, ErrNotDue, ErrConflict} {
		require.Equal(t, kind, KindNamed(KindName(fmt.Errorf("doing: %w", kind))))
	}
	require.Empty(t, KindName(errors.Join(ErrUnavailable)), "what may mend itself is no permanent kind")
	require.NoError(t, KindNamed("Unheard"))
}

func TestRefsAreDigests(t *testing.T) {
	t.Parallel()
	_, err := Ref{SHA256: strings.Repeat("ab", 32)}.Digest()
	require.NoError(t, err)
	for _, bad := range []string{"", "zz", strings.Repeat("ab", 31)} {
		_, err := Ref{SHA256: bad}.Digest()
		require.ErrorIs(t, err, ErrInvalid, bad)
	}
}

func FuzzParseDate(f *testing.F) {
	f.Add("2026-11-20")
	f.Add("2026-2-1")
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDate(s)
		if err == nil && DateOf(d.Time()) != d {
			t.Fatalf("%q reads back as %s", s, DateOf(d.Time()))
		}
	})
}
