package snapshot_test

import (
	"context"
	"crypto/sha256"
	"io"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/dev/testserver"
	"github.com/closeofbusiness/cob/ingest"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/calendar"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/series"
	"github.com/closeofbusiness/cob/snapshot"
)

const date = report.Date("2026-11-19")

func open(t testing.TB) *db.Store {
	t.Helper()
	store, err := db.Open(t.Context(), db.Config{URL: testserver.New(t).AppURL, ApplicationName: "test"})
	require.NoError(t, err)
	t.Cleanup(store.Close)
	return store
}

func daily(t testing.TB) *series.Series {
	t.Helper()
	s, err := series.Parse([]byte("name: daily-security\ntemplate: daily-security\ncutoff: \"17:00\"\ntime_zone: Europe/London\n"))
	require.NoError(t, err)
	return s
}

// weekdays is the calendar of daily.
func weekdays(t testing.TB) *calendar.Calendar {
	t.Helper()
	cal, err := daily(t).BusinessDays(nil)
	require.NoError(t, err)
	return cal
}

// history is a run of ten evaluations with three hits, and an open finding.
const history = `{"kind":"run","source":"garak","run":"R-1","target":"kb-search","planned_for":"2026-11-19T10:00:00+00:00"}
{"kind":"run_event","source":"garak","run":"R-1","event":"completed","at":"2026-11-19T11:00:00+00:00"}
`

func take(t testing.TB, store *db.Store, text string) ingest.Result {
	t.Helper()
	r, err := ingest.NDJSON(t.Context(), store.Pool, strings.NewReader(text), "test.ndjson", ingest.Options{Source: "garak"})
	require.NoError(t, err)
	return r
}

func attempts(n, hits int) string {
	var b strings.Builder
	for i := range n {
		hit := "false"
		if i < hits {
			hit = "true"
		}
		b.WriteString(`{"kind":"attempt","source":"garak","run":"R-1","attempt":"` + string(rune('a'+i)) + `","at":"2026-11-19T10:30:00+00:00","probe":"p.P","category":"jailbreak","answered":true,` +
			`"scores":[{"detector":"d.D","output":0,"value":` + map[string]string{"true": "1", "false": "0"}[hit] + `,"hit":` + hit + `}]}` + "\n")
	}
	return b.String()
}

func facts(t testing.TB, store *db.Store, asOf time.Time) *fact.Set {
	t.Helper()
	set, err := snapshot.Facts(t.Context(), store, snapshot.Request{Series: daily(t), Calendar: weekdays(t), Date: date, AsOf: asOf})
	require.NoError(t, err)
	return set
}

func now(t testing.TB, store *db.Store) time.Time {
	t.Helper()
	at, err := store.Now(t.Context())
	require.NoError(t, err)
	return at
}

func digest(t testing.TB, set *fact.Set) [32]byte {
	t.Helper()
	b, err := fact.Canonical(set)
	require.NoError(t, err)
	return sha256.Sum256(b)
}

func TestFactsComeFromTheRows(t *testing.T) {
	t.Parallel()
	store := open(t)
	take(t, store, history+attempts(10, 3))
	set := facts(t, store, now(t, store))
	f := set.Find("attack.success_rate", fact.Dims{"target": "kb-search"})
	require.True(t, f.Measured())
	require.Equal(t, int64(3), *f.Numerator)
	require.Equal(t, int64(10), *f.Denominator)
	require.InDelta(t, 1, *set.Total("runs.completed").Value, 0)
	require.Equal(t, fact.Unmeasured, set.Total("incidents.open").Status, "nobody has said that incidents are complete")
	require.True(t, set.Qualified())
	require.Len(t, set.Trend("attack.success_rate").Points, snapshot.TrendDays)
}

// TestTheSameAsOfGivesTheSameFacts holds a writer open across the as-of: rows
// that it inserted before and commits after must not appear in the past.
func TestTheSameAsOfGivesTheSameFacts(t *testing.T) {
	t.Parallel()
	store := open(t)
	take(t, store, history+attempts(4, 1))

	written, release, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		_, err := ingest.NDJSON(context.WithoutCancel(t.Context()), store.Pool, &pausing{text: history + attempts(10, 9), paused: written, release: release}, "late.ndjson", ingest.Options{Source: "garak"})
		done <- err
	}()
	<-written // the writer's transaction is open and has read its first lines
	asOf := now(t, store)
	before := facts(t, store, asOf)
	close(release)
	require.NoError(t, <-done)

	require.Equal(t, digest(t, before), digest(t, facts(t, store, asOf)))
	require.InDelta(t, 10, *facts(t, store, now(t, store)).Total("attack.evaluated").Value, 0, "later knowledge has the late rows")
	require.InDelta(t, 4, *before.Total("attack.evaluated").Value, 0)
}

// pausing is a file whose second half comes when it is released.
type pausing struct {
	text            string
	paused, release chan struct{}
	half            bool
}

func (p *pausing) Read(b []byte) (int, error) {
	if !p.half {
		p.half = true
		n := copy(b, p.text[:len(p.text)/2])
		p.text = p.text[n:]
		return n, nil
	}
	select {
	case <-p.paused:
	default:
		close(p.paused)
	}
	<-p.release
	if p.text == "" {
		return 0, io.EOF
	}
	n := copy(b, p.text)
	p.text = p.text[n:]
	return n, nil
}

func TestAnAttemptThatWasNeverSentIsJudgedAndNotSent(t *testing.T) {
	t.Parallel()
	store := open(t)
	take(t, store, history+attempts(4, 1)+`{"kind":"attempt","source":"garak","run":"R-1","attempt":"none","at":"2026-11-19T10:30:00+00:00","probe":"p.P","category":"jailbreak","answered":false,"unsent":true,"scores":[{"detector":"d.D","value":0,"hit":false}]}`+"\n")
	set := facts(t, store, now(t, store))
	require.InDelta(t, 5, *set.Total("attack.evaluated").Value, 0)
	for id, want := range map[string]float64{"attempts.sent": 4, "attempts.answered": 4, "attempts.unanswered": 0} {
		require.InDelta(t, want, *set.Total(id).Value, 0, id)
	}
}

func TestARescoreIsKnownFromItsOwnBatchOn(t *testing.T) {
	t.Parallel()
	store := open(t)
	take(t, store, history+attempts(10, 3))
	first := now(t, store)
	take(t, store, `{"kind":"score","source":"garak","run":"R-1","attempt":"a","attempt_at":"2026-11-19T10:30:00+00:00","detector":"d.D","output":0,"value":0,"hit":false}`+"\n")
	require.InDelta(t, 3, *facts(t, store, first).Total("attack.hits").Value, 0)
	require.InDelta(t, 2, *facts(t, store, now(t, store)).Total("attack.hits").Value, 0)
	require.InDelta(t, 10, *facts(t, store, now(t, store)).Total("attack.evaluated").Value, 0)
}

func TestAnAsOfAheadIsRefused(t *testing.T) {
	t.Parallel()
	store := open(t)
	_, err := snapshot.Facts(t.Context(), store, snapshot.Request{Series: daily(t), Calendar: weekdays(t), Date: date, AsOf: time.Now().Add(time.Hour)})
	require.ErrorIs(t, err, report.ErrInvalid)
}

// TestTheReaderCanWriteNothing tries every table as the role that the fetch
// switches to.
func TestTheReaderCanWriteNothing(t *testing.T) {
	t.Parallel()
	store := open(t)
	rows, err := store.Pool.Query(t.Context(), `SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('ops', 'cob', 'staging')`)
	require.NoError(t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Greater(t, len(tables), 25)
	for _, table := range tables {
		for _, sql := range []string{"INSERT INTO " + table + " DEFAULT VALUES", "DELETE FROM " + table, "TRUNCATE " + table, "CREATE TABLE public.mine ()"} {
			err := pgx.BeginFunc(t.Context(), store.Pool, func(tx pgx.Tx) error {
				if err := store.WithTx(tx).BecomeReader(t.Context()); err != nil {
					return err
				}
				_, err := tx.Exec(t.Context(), sql)
				return err
			})
			require.ErrorContains(t, err, "permission denied", sql)
		}
	}
}
