package ingest_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/dev/testserver"
	"github.com/closeofbusiness/cob/ingest"
)

// open gives a fresh database as the application sees it.
func open(t testing.TB) *pgxpool.Pool {
	t.Helper()
	store, err := db.Open(t.Context(), db.Config{URL: testserver.New(t).AppURL, ApplicationName: "ingest test", Conns: 4})
	require.NoError(t, err)
	t.Cleanup(store.Close)
	return store.Pool
}

// published is the folder of published results; ok is false where it isn't
// there. COB_TEST_DATA names another place.
func published(t testing.TB) (dir string, ok bool) {
	t.Helper()
	dir = os.Getenv("COB_TEST_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "data")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Logf("the published results are not at %s (COB_TEST_DATA names another place): running over ingest/testdata alone", dir)
		return "", false
	}
	return dir, true
}

var berlin = zone("Europe/Berlin")

func zone(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return loc
}

func garakFile(ctx context.Context, conn ingest.DB, path string, o ingest.Options) (ingest.Result, error) {
	f, err := os.Open(path)
	if err != nil {
		return ingest.Result{}, err
	}
	defer f.Close()
	return ingest.Garak(ctx, conn, f, filepath.Base(path), o)
}

func jailbreakBenchFile(ctx context.Context, conn ingest.DB, path string, o ingest.Options) (ingest.Result, error) {
	f, err := os.Open(path)
	if err != nil {
		return ingest.Result{}, err
	}
	defer f.Close()
	return ingest.JailbreakBench(ctx, conn, f, filepath.Base(path), o)
}

func ndjson(t testing.TB, conn ingest.DB, text string) (ingest.Result, error) {
	t.Helper()
	return ingest.NDJSON(t.Context(), conn, strings.NewReader(text), "test.ndjson", ingest.Options{})
}

// cell is what a database holds of one probe and detector of a run, and what
// the source says of it.
type cell struct {
	run, probe, detector       string
	evaluated, hits            int64
	claimedEvaluated, claimHit int64
}

// cells reads the rows beside the claims about them.
func cells(t testing.TB, conn *pgxpool.Pool) []cell {
	t.Helper()
	rows, err := conn.Query(t.Context(), `
		WITH newest AS (SELECT DISTINCT ON (s.attempt, s.at, s.detector, s.output) s.* FROM ops.score s JOIN ops.batch b ON b.id = s.batch
		                ORDER BY s.attempt, s.at, s.detector, s.output, b.recorded_at DESC)
		SELECT r.name, a.probe, s.detector, count(*), count(*) FILTER (WHERE s.hit),
		       coalesce((SELECT max(value) FROM ops.claim c WHERE (c.run, c.probe, c.detector, c.what) = (r.id, a.probe, s.detector, 'evaluated')), -1),
		       coalesce((SELECT max(value) FROM ops.claim c WHERE (c.run, c.probe, c.detector, c.what) = (r.id, a.probe, s.detector, 'hits')), -1)
		FROM newest s JOIN ops.attempt a ON (a.id, a.at) = (s.attempt, s.at) JOIN ops.run r ON r.id = a.run
		GROUP BY r.id, r.name, a.probe, s.detector ORDER BY 1, 2, 3`)
	require.NoError(t, err)
	defer rows.Close()
	var all []cell
	for rows.Next() {
		var c cell
		require.NoError(t, rows.Scan(&c.run, &c.probe, &c.detector, &c.evaluated, &c.hits, &c.claimedEvaluated, &c.claimHit))
		all = append(all, c)
	}
	require.NoError(t, rows.Err())
	return all
}

// number reads one number.
func number(t testing.TB, conn *pgxpool.Pool, query string, args ...any) (n int64) {
	t.Helper()
	require.NoError(t, conn.QueryRow(t.Context(), query, args...).Scan(&n))
	return n
}
