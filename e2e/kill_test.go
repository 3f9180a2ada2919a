package e2e

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/dev/postgres"
	"github.com/closeofbusiness/cob/dev/testserver"
	"github.com/closeofbusiness/cob/report"
)

// gate is where the test makes a stage's own statement wait, in the midst of
// its work, by a trigger on what it writes.
type gate struct{ when, table, only string }

// gates are the stages, each held at what it writes last: the work is done and
// not recorded. The issue is held in the middle of its transaction, the delivery
// when the files stand in the folder.
var gates = map[string]gate{
	"open":    {"INSERT", "cob.cycle", ""},
	"await":   {"UPDATE", "cob.cycle", "WHEN (OLD.as_of IS NULL AND NEW.as_of IS NOT NULL)"},
	"fetch":   {"INSERT", "cob.stage", "WHEN (NEW.stage = 'fetch')"},
	"analyse": {"INSERT", "cob.stage", "WHEN (NEW.stage = 'analyse')"},
	"compose": {"INSERT", "cob.stage", "WHEN (NEW.stage = 'compose')"},
	"render":  {"INSERT", "cob.stage", "WHEN (NEW.stage = 'render pdf')"},
	"issue":   {"INSERT", "cob.delivery", ""},
	"deliver": {"UPDATE", "cob.delivery", "WHEN (NEW.state = 'delivered')"},
}

// gateLock is the advisory lock that the gate's trigger takes.
const gateLock = 815

// waiting are the connections that stand at the gate.
const waiting = `FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND NOT granted
	AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`

type held struct {
	*testing.T
	conn *pgx.Conn
}

// hold shuts a gate: whoever comes to it waits until release.
func hold(t *testing.T, conn *pgx.Conn, g gate) held {
	t.Helper()
	for _, statement := range []string{
		fmt.Sprintf(`CREATE FUNCTION public.gate() RETURNS trigger LANGUAGE plpgsql AS
			'BEGIN PERFORM pg_advisory_xact_lock(%d); RETURN NEW; END'`, gateLock),
		fmt.Sprintf(`CREATE TRIGGER gate BEFORE %s ON %s FOR EACH ROW %s EXECUTE FUNCTION public.gate()`, g.when, g.table, g.only),
		fmt.Sprintf(`SELECT pg_advisory_lock(%d)`, gateLock),
	} {
		_, err := conn.Exec(t.Context(), statement)
		require.NoError(t, err)
	}
	return held{t, conn}
}

// await waits until somebody stands at the gate.
func (h held) await() {
	h.Helper()
	eventually(h, "the stage is reached", func() bool { return count(h, h.conn, `SELECT count(*) `+waiting, gateLock) > 0 })
}

// cut ends the connections at the gate, as those of a machine that is gone.
func (h held) cut() {
	h.Helper()
	_, err := h.conn.Exec(h.Context(), `SELECT pg_terminate_backend(pid) `+waiting, gateLock)
	require.NoError(h, err)
}

// release opens the gate.
func (h held) release() {
	h.Helper()
	_, err := h.conn.Exec(h.Context(), `SELECT pg_advisory_unlock($1)`, gateLock)
	require.NoError(h, err)
}

// A worker that is killed in the midst of a stage leaves nothing half done: the
// next one issues the report once, with the same bytes as if nothing had
// happened.
func TestKilledInEachStage(t *testing.T) {
	t.Parallel()
	undisturbed := newSite(t)
	undisturbed.owed("killed", "Europe/London")
	date := undisturbed.sample(3)
	undisturbed.fixAsOf()
	// Data that is complete is not waited for: see TestKilledWhileItWaits.
	stages := slices.DeleteFunc(report.Stages(), func(s string) bool { return s == "await" })
	copies := make([]testserver.Database, len(stages))
	for i := range stages {
		copies[i] = undisturbed.copy()
	}
	undisturbed.worker()
	want := undisturbed.issue("killed", date)
	files := undisturbed.files(want)
	require.Len(t, files, 4)

	// One worker after the other is killed; that they are gone is noticed at
	// the same time.
	runs := make([]interrupted, len(stages))
	for i, stage := range stages {
		runs[i] = interrupt(t, copies[i], stage, date)
	}
	for i, stage := range stages {
		t.Run(stage, func(t *testing.T) {
			runs[i].check(t, want, files)
		})
	}
}

// A worker that is killed while a cycle waits, and at the moment when the wait
// is over, leaves it waiting: the next one finds the instant that this one found.
func TestKilledWhileItWaits(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.closes("waiting", time.Hour)
	h := hold(t, s.admin(), gates["await"])
	first := s.watchful()
	run := c.begun()
	c.waits(run, report.AwaitingData)
	c.scanned("late")
	recorded := c.promised(c.cutoff)
	h.await()
	first.kill()
	h.cut()
	h.release()
	s.watchful()
	i := interrupted{s, "await", run}
	got := receipt(t, run.wait())
	require.GreaterOrEqual(t, i.attempts(got), int32(2))
	require.Equal(t, recorded, got.AsOf)
	require.False(t, got.Late)
	require.Equal(t, 1, count(t, h.conn, `SELECT count(*) FROM cob.revision`))
}

// fixAsOf has every cycle that is opened use the knowledge of now, so that
// copies of the database make the same report.
func (s *site) fixAsOf() {
	s.Helper()
	conn, err := pgx.Connect(s.Context(), s.database.AdminURL)
	require.NoError(s, err)
	defer func() { require.NoError(s, conn.Close(s.Context())) }() // nobody may be connected to what is copied
	var now time.Time
	require.NoError(s, conn.QueryRow(s.Context(), `SELECT clock_timestamp()`).Scan(&now))
	for _, statement := range []string{
		fmt.Sprintf(`CREATE FUNCTION public.fix_as_of() RETURNS trigger LANGUAGE plpgsql AS
			$$BEGIN NEW.as_of := '%s'; RETURN NEW; END$$`, now.Format(time.RFC3339Nano)),
		`CREATE TRIGGER fix_as_of BEFORE INSERT ON cob.cycle FOR EACH ROW EXECUTE FUNCTION public.fix_as_of()`,
	} {
		_, err := conn.Exec(s.Context(), statement)
		require.NoError(s, err)
	}
}

// copy makes a copy of the site's database.
func (s *site) copy() testserver.Database {
	s.Helper()
	database := testserver.Empty(s)
	from, to := databaseName(s, s.database.AdminURL), databaseName(s, database.AdminURL)
	server, err := url.Parse(s.database.AdminURL)
	require.NoError(s, err)
	server.Path = "/postgres"
	admin, err := postgres.Connect(s.Context(), server.String())
	require.NoError(s, err)
	defer func() { _ = admin.Close(context.Background()) }()
	require.NoError(s, admin.DropDatabase(s.Context(), to))
	// A connection that was closed a moment ago may still be going.
	eventually(s, "the database can be copied", func() bool { err = admin.CreateDatabase(s.Context(), to, from); return err == nil })
	return database
}

func databaseName(t testing.TB, raw string) string {
	t.Helper()
	u, err := url.Parse(raw)
	require.NoError(t, err)
	return strings.TrimPrefix(u.Path, "/")
}

// interrupted is a run whose worker was killed.
type interrupted struct {
	*site
	stage string
	run   *process
}

// interrupt starts a run, kills its worker in that stage and starts another.
func interrupt(t *testing.T, database testserver.Database, stage string, date report.Date) interrupted {
	t.Helper()
	s := deploy(t, database, func(*site) {})
	h := hold(t, s.admin(), gates[stage])
	w := s.worker()
	run := s.run("killed", date)
	h.await()
	w.kill()
	h.cut()
	h.release()
	s.worker()
	return interrupted{s, stage, run}
}

func (i interrupted) check(t *testing.T, want report.Receipt, files map[string]string) {
	t.Helper()
	here := *i.site
	here.T, i.run.TB, i.site = t, t, &here
	got := receipt(t, i.run.wait())
	require.GreaterOrEqual(t, i.attempts(got), int32(2), "the killed attempt was not this stage's")
	require.Equal(t, files, i.files(got))

	conn := i.admin()
	require.Equal(t, 1, count(t, conn, `SELECT count(*) FROM cob.revision`))
	require.Equal(t, 4, count(t, conn, `SELECT count(*) FROM cob.artifact`))
	require.Equal(t, 1, count(t, conn, `SELECT count(*) FROM cob.delivery WHERE state = 'delivered'`))
	require.Equal(t, 1, count(t, conn, `SELECT count(*) FROM cob.delivery`))
	require.Equal(t, 1, count(t, conn, `SELECT count(*) FROM cob.cycle WHERE state LIKE 'issued%'`))

	require.Len(t, got.Deliveries, 1)
	require.Equal(t, "delivered", got.Deliveries[0].State)
	got.IssuedAt, got.Deliveries, want.Deliveries = want.IssuedAt, nil, nil // its own
	require.Equal(t, want, got)
}

// attempts is how often the stage's activity was tried.
func (i interrupted) attempts(r report.Receipt) (most int32) {
	i.Helper()
	activity := strings.ToUpper(i.stage[:1]) + i.stage[1:]
	for _, id := range []string{report.CycleID(r.Series, r.BusinessDate), report.RevisionID(r.Series, r.BusinessDate, r.Revision)} {
		scheduled := map[int64]string{}
		for _, e := range i.events(id) {
			if a := e.GetActivityTaskScheduledEventAttributes(); a != nil {
				scheduled[e.GetEventId()] = a.GetActivityType().GetName()
			}
			if a := e.GetActivityTaskStartedEventAttributes(); a != nil && scheduled[a.GetScheduledEventId()] == activity {
				most = max(most, a.GetAttempt())
			}
		}
	}
	return most
}
