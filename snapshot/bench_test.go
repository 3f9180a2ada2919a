package snapshot_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/dev/postgres"
	"github.com/closeofbusiness/cob/dev/testserver"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/template"
	"github.com/closeofbusiness/cob/snapshot"
)

// attemptRows is how many attempts the benchmarked window holds.
const attemptRows = 1_000_000

var (
	windowStart = time.Date(2026, 11, 18, 17, 0, 0, 0, time.UTC)
	windowEnd   = windowStart.AddDate(0, 0, 1)
)

// fill loads a window of a million attempts, one score each.
const fill = `
INSERT INTO ops.target (name, batch) SELECT 't' || i, 1 FROM generate_series(0, 7) i;
INSERT INTO ops.run (source, name, target, planned_for, batch)
SELECT 'garak', 'R-' || i, 't' || i % 8, '2026-11-19T01:00:00Z', 1 FROM generate_series(0, 15) i;
INSERT INTO ops.attempt (run, name, at, probe, category, answered, batch)
SELECT (SELECT min(id) FROM ops.run) + i % 16, i::text, '2026-11-19T02:00:00Z'::timestamptz + i * interval '10 ms',
       'p' || i % 40, 'c' || i % 5, true, 1 FROM generate_series(1, ROWS) i;
INSERT INTO ops.score (attempt, at, detector, output, value, hit, batch)
SELECT id, at, 'd' || id % 2, 0, 0, id % 19 = 0, 1 FROM ops.attempt;
INSERT INTO ops.batch (id, source, format, content_sha256, rows, recorded_at) VALUES (1, 'garak', 'bench', sha256('x'), ROWS, '2026-11-19T17:01:00Z');`

// BenchmarkFactQueries runs the queries that read a million attempts, through
// the pool and through psql with the same SQL, one after the other. The figure
// to keep is x-psql: at most 1.3.
func BenchmarkFactQueries(b *testing.B) {
	d := testserver.New(b)
	load(b, d.AdminURL)
	store, err := db.Open(b.Context(), db.Config{URL: d.AppURL})
	require.NoError(b, err)
	b.Cleanup(store.Close)
	asOf := windowEnd.Add(6 * time.Minute)
	queries := map[string]func(context.Context) error{
		"AttackCells": func(ctx context.Context) error {
			_, err := store.AttackCells(ctx, db.AttackCellsParams{AsOf: asOf, WindowStart: windowStart, WindowEnd: windowEnd, Sources: []string{}})
			return err
		},
		"AttackTrend": func(ctx context.Context) error {
			_, err := store.AttackTrend(ctx, db.AttackTrendParams{Bounds: []time.Time{windowStart, windowEnd}, AsOf: asOf, WindowStart: windowStart, WindowEnd: windowEnd, Sources: []string{}})
			return err
		},
		"AttemptCounts": func(ctx context.Context) error {
			_, err := store.AttemptCounts(ctx, db.AttemptCountsParams{AsOf: asOf, WindowStart: windowStart, WindowEnd: windowEnd, Sources: []string{}})
			return err
		},
	}
	for _, name := range []string{"AttackCells", "AttackTrend", "AttemptCounts"} {
		b.Run(name, func(b *testing.B) {
			psql := newPsql(b, d.AdminURL, name, asOf)
			ours, theirs := []time.Duration{}, []time.Duration{}
			for b.Loop() {
				for range 5 { // in turns, so that both see the same machine
					began := time.Now()
					require.NoError(b, queries[name](b.Context()))
					ours = append(ours, time.Since(began))
					theirs = append(theirs, psql.time())
				}
			}
			b.ReportMetric(float64(middle(ours).Milliseconds()), "ms/pool")
			b.ReportMetric(float64(middle(theirs).Milliseconds()), "ms/psql")
			b.ReportMetric(float64(middle(ours))/float64(middle(theirs)), "x-psql")
		})
	}
	b.Run("Facts", func(b *testing.B) {
		for b.Loop() {
			_, err := snapshot.Facts(b.Context(), store, snapshot.Request{Series: daily(b), Calendar: weekdays(b), Date: date, AsOf: asOf})
			require.NoError(b, err)
		}
	})
}

// BenchmarkTrends computes the facts of a report that draws everything over 14
// business days, and of one that draws what has a lifecycle, beside one that
// draws nothing.
func BenchmarkTrends(b *testing.B) {
	store := sampled(b, 20)
	asOf := now(b, store)
	lifecycles := template.Needs{Metrics: fact.Builtin().Metrics(), Trends: []template.Trend{
		{ID: "findings.open", Dims: []string{"severity"}, Days: 14}, {ID: "incidents.open", Days: 14}, {ID: "actions.overdue", Days: 14}}}
	for _, bb := range []struct {
		name  string
		needs template.Needs
	}{{"none", template.Needs{Metrics: fact.Builtin().Metrics()}}, {"lifecycles", lifecycles}, {"everything", everything(14)}} {
		b.Run(bb.name, func(b *testing.B) {
			for b.Loop() {
				needing(b, store, lastDay, asOf, bb.needs)
			}
		})
	}
}

func middle(d []time.Duration) time.Duration { return slices.Sorted(slices.Values(d))[len(d)/2] }

func load(b *testing.B, adminURL string) {
	b.Helper()
	conn, err := pgx.Connect(b.Context(), adminURL)
	require.NoError(b, err)
	defer func() { _ = conn.Close(context.WithoutCancel(b.Context())) }()
	_, err = conn.Exec(b.Context(), strings.ReplaceAll(fill, "ROWS", strconv.Itoa(attemptRows)))
	require.NoError(b, err)
	_, err = conn.Exec(b.Context(), "ANALYZE")
	require.NoError(b, err)
}

// psql runs one query of query.sql in Postgres' own client.
type psql struct {
	b       *testing.B
	program string
	url     string
	script  string
}

func newPsql(b *testing.B, url, name string, asOf time.Time) *psql {
	b.Helper()
	found, err := postgres.Find(0)
	require.NoError(b, err)
	text, err := os.ReadFile(filepath.Join("..", "query.sql"))
	require.NoError(b, err)
	_, rest, ok := strings.Cut(string(text), "-- name: "+name+" :many\n")
	require.True(b, ok)
	sql, _, _ := strings.Cut(rest, ";")
	for param, v := range map[string]string{"@as_of": quoted(asOf), "@window_start": quoted(windowStart), "@window_end": quoted(windowEnd), "@sources": "'{}'",
		"@bounds": fmt.Sprintf(`'{"%s","%s"}'`, windowStart.Format(time.RFC3339), windowEnd.Format(time.RFC3339))} {
		sql = strings.ReplaceAll(sql, param, v)
	}
	return &psql{b, filepath.Join(found.Dir, "psql"), url, "SET jit = off;\n\\timing on\n" + sql + ";\n"}
}

func quoted(t time.Time) string { return "'" + t.Format(time.RFC3339) + "'::timestamptz" }

var timing = regexp.MustCompile(`Time: ([0-9.]+) ms`)

// time is what psql itself says the query took, results read.
func (p *psql) time() time.Duration {
	p.b.Helper()
	cmd := exec.CommandContext(p.b.Context(), p.program, "--no-psqlrc", "-X", "-A", "-t", p.url)
	cmd.Stdin = strings.NewReader(p.script)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	require.NoError(p.b, cmd.Run(), out.String())
	all := timing.FindAllStringSubmatch(out.String(), -1)
	require.NotEmpty(p.b, all, out.String())
	ms, err := strconv.ParseFloat(all[len(all)-1][1], 64)
	require.NoError(p.b, err)
	return time.Duration(ms * float64(time.Millisecond))
}
