package watch

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/dev/testserver"
	"github.com/closeofbusiness/cob/launch"
	"github.com/closeofbusiness/cob/ledger"
	"github.com/closeofbusiness/cob/report"
)

// server plays Temporal.
type server struct {
	down   error
	health launch.ScheduleHealth
	stuck  []launch.Stuck
	issued []report.Receipt
}

func (s *server) Reach(context.Context) error { return s.down }
func (s *server) ScheduleHealth(context.Context, string) (launch.ScheduleHealth, error) {
	return s.health, nil
}
func (s *server) LatestReceipts(context.Context, int) ([]report.Receipt, error) { return s.issued, nil }
func (s *server) Stranded(context.Context, time.Time) ([]launch.Stuck, error)   { return s.stuck, nil }

// post is a watchdog over a database with one series, owed for some days.
type post struct {
	*testing.T
	*Watcher
	server *server
}

func newPost(t *testing.T, lines ...string) *post {
	t.Helper()
	store, err := db.Open(t.Context(), db.Config{URL: testserver.New(t).AppURL})
	require.NoError(t, err)
	t.Cleanup(store.Close)
	text := "name: daily\ntemplate: daily\ncutoff: \"00:01\"\ntime_zone: UTC\n" + strings.Join(lines, "\n")
	sum := sha256.Sum256([]byte(text))
	require.NoError(t, store.InsertSeries(t.Context(), db.InsertSeriesParams{Name: "daily", Version: 1, Spec: []byte(text), Sha256: sum[:], AppliedBy: "test"}))
	s := &server{}
	return &post{t, &Watcher{Store: store, Temporal: s, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}, s}
}

// look looks once, and writes what it found as "kind subject".
func (p *post) look() (raised, standing, cleared []string) {
	p.Helper()
	f, err := p.Look(p.Context())
	require.NoError(p, err)
	names := func(list []Alarm) (out []string) {
		for _, a := range list {
			out = append(out, strings.TrimSpace(a.Kind+" "+a.Subject))
		}
		return out
	}
	return names(f.Raised), names(f.Standing), names(f.Cleared)
}

// ago is the due date n business days before the latest.
func (p *post) ago(n int) report.Date {
	p.Helper()
	plan, err := ledger.Load(p.Context(), p.Store.Queries, "daily")
	require.NoError(p, err)
	return plan.Calendar.Before(plan.Latest(time.Now()), n+1)[0]
}

func TestEachThingIsRaisedOnce(t *testing.T) {
	t.Parallel()
	day := report.DateOf(time.Now().UTC().AddDate(0, 0, -5))
	p := newPost(t, "first_day: "+string(day), "deadline: 0s")
	raised, standing, _ := p.look()
	require.NotEmpty(t, raised)
	require.Equal(t, raised, standing)
	require.Contains(t, raised, "late "+string(p.ago(0)))
	raised, again, cleared := p.look()
	require.Empty(t, raised)
	require.Empty(t, cleared)
	require.Equal(t, standing, again)

	plan, err := ledger.Load(t.Context(), p.Store.Queries, "daily")
	require.NoError(t, err)
	require.NoError(t, plan.Miss(t.Context(), p.Store, p.ago(0)))
	_, err = p.Store.WaiveCycle(t.Context(), db.WaiveCycleParams{Series: "daily", BusinessDate: p.ago(0).Time(), DecidedBy: "jo", DecidedReason: "closed"})
	require.NoError(t, err)
	raised, _, cleared = p.look()
	require.Empty(t, raised)
	require.Equal(t, []string{"late " + string(p.ago(0))}, cleared)
}

func TestMissedIsRecorded(t *testing.T) {
	t.Parallel()
	p := newPost(t, "first_day: "+string(report.DateOf(time.Now().UTC().AddDate(0, 0, -9))), "deadline: 0s", "catch_up: 1m")
	raised, _, _ := p.look()
	require.Contains(t, raised, "missed "+string(p.ago(1)))
	c, err := p.Store.Cycle(t.Context(), "daily", p.ago(1).Time())
	require.NoError(t, err)
	require.Equal(t, "missed", c.State)
	raised, _, _ = p.look()
	require.Empty(t, raised)
}

// While Temporal is away, what only it knows stays as it was last seen.
func TestTemporalAway(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.server.health.Gone = true
	p.server.stuck = []launch.Stuck{{WorkflowID: "cob/daily/2026-11-20/r1", Version: "cob.1"}}
	raised, _, _ := p.look()
	require.ElementsMatch(t, []string{"schedule_gone", "pinned_run_without_poller cob/daily/2026-11-20/r1"}, raised)
	p.server.down = errors.New("connection refused")
	raised, _, cleared := p.look()
	require.Equal(t, []string{"temporal_unreachable"}, raised)
	require.Empty(t, cleared)
	f, err := p.Look(t.Context())
	require.NoError(t, err)
	require.ErrorContains(t, f.Blind, "connection refused")

	p.server.down, p.server.health, p.server.stuck = nil, launch.ScheduleHealth{Paused: true, Note: "move"}, nil
	raised, _, cleared = p.look()
	require.Equal(t, []string{"schedule_paused"}, raised)
	require.ElementsMatch(t, []string{"temporal_unreachable", "schedule_gone", "pinned_run_without_poller cob/daily/2026-11-20/r1"}, cleared)
}

func TestARiseIsRaised(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	require.NoError(t, p.Store.SaveSchedule(t.Context(), "daily", "spec"))
	p.server.health = launch.ScheduleHealth{OverlapSkipped: 3, MissedCatchUp: 1}
	raised, _, _ := p.look()
	require.Equal(t, []string{"overlap_skipped 3", "missed_catch_up 1"}, raised)
	raised, _, cleared := p.look()
	require.Empty(t, raised)
	require.Len(t, cleared, 2)
	p.server.health.OverlapSkipped = 4
	raised, _, _ = p.look()
	require.Equal(t, []string{"overlap_skipped 4"}, raised)
}

func TestADatabaseBehindTemporal(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.server.issued = []report.Receipt{{Series: "daily", BusinessDate: "2026-11-20", Revision: 1, Facts: report.Ref{SHA256: strings.Repeat("ab", 32)}}}
	raised, _, _ := p.look()
	require.Equal(t, []string{"database_behind 2026-11-20"}, raised)
}

func TestHeldAndUnacknowledged(t *testing.T) {
	t.Parallel()
	p := newPost(t, "acknowledge_within: 1h")
	plan, err := ledger.Load(t.Context(), p.Store.Queries, "daily")
	require.NoError(t, err)
	limit := time.Date(2026, 11, 20, 18, 0, 0, 0, time.UTC)
	entry := func(e ledger.Entry) string {
		l := &look{Watcher: p.Watcher, now: limit.Add(time.Hour), states: map[report.State]int{}}
		e.Series, e.Date, e.Deadline = "daily", "2026-11-20", limit
		l.entry(plan, e)
		return fmt.Sprint(l.alarms)
	}
	require.Contains(t, entry(ledger.Entry{State: report.Held, Detail: "findings has promised nothing"}), "held since Fri 20 Nov 18:00 UTC: findings has promised nothing")
	require.Contains(t, entry(ledger.Entry{State: report.Failed, Detail: "no template"}), "It is failed: no template")
	require.Contains(t, entry(ledger.Entry{State: report.Issued, Revision: 1, AcknowledgeBy: &limit, Unacknowledged: true}), "unacknowledged")
	for _, settled := range []report.State{report.Issued, report.IssuedQualified, report.Waived} {
		require.Equal(t, "[]", entry(ledger.Entry{State: settled}))
	}
}

// A date before the first day is not owed; once somebody has begun it, it is
// watched like any other.
func TestWhatWasBegunBeforeTheFirstDay(t *testing.T) {
	t.Parallel()
	p := newPost(t, "deadline: 0s")
	d := p.ago(1)
	raised, _, _ := p.look()
	require.Empty(t, raised)
	_, err := p.Store.Pool.Exec(t.Context(), `INSERT INTO cob.template (name, version, spec, sha256, applied_by) VALUES ('daily', '1.0.0', '', '', 'test')`)
	require.NoError(t, err)
	plan, err := ledger.Load(t.Context(), p.Store.Queries, "daily")
	require.NoError(t, err)
	require.NoError(t, plan.Miss(t.Context(), p.Store, d))
	raised, _, _ = p.look()
	require.Empty(t, raised)
	_, err = p.Store.Pool.Exec(t.Context(), `UPDATE cob.cycle SET state = 'open', template = 'daily', template_version = '1.0.0', opened_at = now()`)
	require.NoError(t, err)
	raised, _, _ = p.look()
	require.Equal(t, []string{"late " + string(d)}, raised)
}
