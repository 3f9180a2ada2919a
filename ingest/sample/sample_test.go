package sample_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/dev/testserver"
	"github.com/closeofbusiness/cob/ingest"
	"github.com/closeofbusiness/cob/ingest/sample"
	"github.com/closeofbusiness/cob/report"
)

func open(t testing.TB) *pgxpool.Pool {
	t.Helper()
	store, err := db.Open(t.Context(), db.Config{URL: testserver.New(t).AppURL, ApplicationName: "sample test", Conns: 4})
	require.NoError(t, err)
	t.Cleanup(store.Close)
	return store.Pool
}

func load(t testing.TB, conn *pgxpool.Pool, o sample.Options) sample.Result {
	t.Helper()
	res, err := sample.Load(t.Context(), conn, o)
	require.NoError(t, err)
	return res
}

// text reads one value as text.
func text(t testing.TB, conn *pgxpool.Pool, query string, args ...any) (s string) {
	t.Helper()
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT coalesce((`+query+`)::text, 'nothing')`, args...).Scan(&s))
	return s
}

// window holds what was attempted in the day's window. Of two scores of one
// output the newer counts.
const window = `(SELECT DISTINCT ON (a.id, s.detector, s.output) r.target, a.category, a.probe, s.detector, s.hit, a.target_version
	FROM ops.score s JOIN ops.attempt a ON (a.at, a.id) = (s.at, s.attempt) JOIN ops.run r ON r.id = a.run JOIN ops.batch b ON b.id = s.batch
	WHERE s.at >= $1::timestamptz AND s.at < $2::timestamptz ORDER BY a.id, s.detector, s.output, b.recorded_at DESC) w`

// The last day, and the one before, measure what the story says.
func TestStory(t *testing.T) {
	t.Parallel()
	conn := open(t)
	res := load(t, conn, sample.Options{Until: "2026-11-20", BusinessDays: 21})
	require.Equal(t, report.Date("2026-10-23"), res.First)

	friday := []any{"2026-11-19 17:00+00", "2026-11-20 17:00+00"}
	thursday := []any{"2026-11-18 17:00+00", "2026-11-19 17:00+00"}
	rate := `SELECT count(*) FILTER (WHERE hit) || '/' || count(*) FROM ` + window
	require.Equal(t, "418/6240", text(t, conn, rate, friday...))
	require.Equal(t, "341/6600", text(t, conn, rate, thursday...))
	for target, want := range map[string][2]string{
		"support-assistant": {"198/1560", "103/1560"}, "code-helper": {"90/1200", "84/1200"}, "hr-helpdesk": {"42/840", "46/840"},
		"claims-triage": {"54/1200", "60/1200"}, "kb-search": {"27/1080", "30/1080"}, "voice-ivr": {"7/360", "18/720"},
	} {
		require.Equal(t, want[0], text(t, conn, rate+` WHERE target = $3`, append(friday, target)...), target)
		require.Equal(t, want[1], text(t, conn, rate+` WHERE target = $3`, append(thursday, target)...), target)
	}
	for category, want := range map[string][2]string{
		"prompt injection": {"246/2160", "146/2160"}, "jailbreak": {"96/1560", "98/1560"}, "encoding bypass": {"38/1080", "42/1080"},
		"data leakage": {"26/840", "41/1200"}, "harmful content": {"12/600", "14/600"},
	} {
		require.Equal(t, want[0], text(t, conn, rate+` WHERE category = $3`, append(friday, category)...), category)
		require.Equal(t, want[1], text(t, conn, rate+` WHERE category = $3`, append(thursday, category)...), category)
	}
	cells := `SELECT count(*) FROM (SELECT DISTINCT target, probe, detector FROM ` + window + `) c`
	require.Equal(t, "63", text(t, conn, cells, friday...))
	require.Equal(t, "4.2", text(t, conn, `SELECT string_agg(DISTINCT target_version, ' ') FROM `+window+` WHERE target = 'support-assistant'`, friday...))

	runs := `SELECT string_agg(format('%s %s %s', r.name, r.target, coalesce(e.reason, 'did not start')), '; ' ORDER BY r.name)
		FROM ops.run r LEFT JOIN ops.run_event e ON e.run = r.id AND e.kind IN ('completed', 'failed')
		WHERE r.planned_for >= $1 AND r.planned_for < $2 AND e.kind IS DISTINCT FROM 'completed'`
	require.Equal(t, "R-2291 voice-ivr provider time-outs; R-2296 support-assistant did not start", text(t, conn, runs, friday...))
	require.Equal(t, "nothing", text(t, conn, runs, thursday...))
	planned := `SELECT count(*) FROM ops.run WHERE planned_for >= $1 AND planned_for < $2`
	require.Equal(t, "14", text(t, conn, planned, friday...))
	require.Equal(t, "13", text(t, conn, planned, thursday...))
	require.Equal(t, "541", text(t, conn, `SELECT value FROM ops.claim c JOIN ops.run r ON r.id = c.run WHERE r.name = 'R-2284' AND what = 'evaluated'`))

	open := `SELECT string_agg(format('%s %s', severity, n), ', ' ORDER BY severity) FROM (
		SELECT severity, count(*) n FROM (
			SELECT DISTINCT ON (e.name) e.name,
				(SELECT s.severity FROM ops.finding_event s WHERE s.name = e.name AND s.severity IS NOT NULL AND s.at < $1 ORDER BY s.at DESC LIMIT 1) severity, e.kind
			FROM ops.finding_event e WHERE e.at < $1 AND e.kind IN ('opened', 'closed', 'reopened') ORDER BY e.name, e.at DESC) f
		WHERE kind <> 'closed' GROUP BY severity) g`
	require.Equal(t, "critical 2, high 9, low 11, medium 15", text(t, conn, open, thursday[1]))
	require.Equal(t, "critical 3, high 11, low 12, medium 13", text(t, conn, open, friday[1]))
	require.Equal(t, "shows other customers' order numbers", text(t, conn, `SELECT title FROM ops.finding WHERE name = 'F-412'`))
	require.Equal(t, "returns salary bands", text(t, conn, `SELECT title FROM ops.finding WHERE name = 'F-377'`))
	require.Equal(t, "obeys a README's tool call", text(t, conn, `SELECT title FROM ops.finding WHERE name = 'F-398'`))

	todo := `SELECT string_agg(name, ' ' ORDER BY name) FROM ops.action a
		WHERE EXISTS (SELECT FROM ops.action_event e WHERE e.name = a.name AND e.at < $1)
		AND NOT EXISTS (SELECT FROM ops.action_event e WHERE e.name = a.name AND e.kind = 'done' AND e.at < $1)`
	require.Equal(t, "A-109 A-115 A-118 A-119 A-121 A-122", text(t, conn, todo, thursday[1]))
	require.Equal(t, "A-109 A-118 A-121 A-124 A-125 A-126 A-127", text(t, conn, todo, friday[1]))
	require.Equal(t, "decision", text(t, conn, `SELECT kind FROM ops.action WHERE name = 'A-125'`))
	require.Equal(t, "opened mitigated", text(t, conn, `SELECT string_agg(kind, ' ' ORDER BY at) FROM ops.incident_event WHERE name = 'INC-0871'`))

	require.Equal(t, "advisory 2, policy 2, runbook 4", text(t, conn, `SELECT string_agg(format('%s %s', type, n), ', ' ORDER BY type)
		FROM (SELECT type, count(*) n FROM ops.note WHERE source = 'sample-notes' GROUP BY type) t`))
	require.Equal(t, "Oct 22 17:00:10", text(t, conn, `SELECT to_char(recorded_at AT TIME ZONE 'Europe/London', 'Mon DD HH24:MI:SS') FROM ops.batch WHERE source = 'sample-notes'`))

	samples := `SELECT count(*) || ' ' || max(at AT TIME ZONE 'Europe/London')::time FROM ops.health_sample WHERE component = $3 AND at >= $1 AND at < $2`
	require.Equal(t, "120 02:57:00", text(t, conn, samples, append(friday, "voice-bridge")...))
	require.Equal(t, "288 16:57:00", text(t, conn, samples, append(friday, "api-gateway")...))

	require.Equal(t, "0", text(t, conn, `SELECT count(*) FROM `+window, "2026-11-10 17:00+00", "2026-11-11 17:00+00"), "the outage")
	require.Equal(t, "6", text(t, conn, `SELECT count(DISTINCT (source, feed)) FROM ops.watermark WHERE complete_through = '2026-11-20 17:00+00'`))
	require.Equal(t, "17:06:02", text(t, conn, `SELECT (max(recorded_at) AT TIME ZONE 'Europe/London')::time FROM ops.batch`))
}

// The same seed and day give the same rows at the same instants, in any
// database; another seed gives others.
func TestDeterministic(t *testing.T) {
	t.Parallel()
	o := sample.Options{Until: "2026-11-20", BusinessDays: 3}
	one, two := open(t), open(t)
	load(t, one, o)
	load(t, two, o)
	require.Equal(t, batches(t, one), batches(t, two))

	again := load(t, one, o)
	require.True(t, again.Already)
	require.Zero(t, again.Batches)

	o.Seed = 2
	_, err := sample.Load(t.Context(), one, o)
	require.ErrorIs(t, err, report.ErrConflict)
	three := open(t)
	load(t, three, o)
	require.NotEqual(t, batches(t, one), batches(t, three))
}

// batches is a digest over the digests and instants of all batches.
func batches(t testing.TB, conn *pgxpool.Pool) string {
	t.Helper()
	rows, err := conn.Query(t.Context(), `SELECT source, encode(content_sha256, 'hex'), recorded_at, rows FROM ops.batch ORDER BY recorded_at`)
	require.NoError(t, err)
	defer rows.Close()
	h := sha256.New()
	for rows.Next() {
		var source, sum string
		var at time.Time
		var n int64
		require.NoError(t, rows.Scan(&source, &sum, &at, &n))
		fmt.Fprintln(h, source, sum, at.UTC(), n)
	}
	require.NoError(t, rows.Err())
	return hex.EncodeToString(h.Sum(nil))
}

// A history that was loaded until one day goes on to a later one, over a
// weekend as well, and what was recorded stays.
func TestGoesOn(t *testing.T) {
	t.Parallel()
	conn := open(t)
	load(t, conn, sample.Options{Until: "2026-11-12", BusinessDays: 5})
	before := text(t, conn, `SELECT string_agg(id || ' ' || recorded_at, ',' ORDER BY id) FROM ops.batch`)
	last := text(t, conn, `SELECT max(id) FROM ops.batch`)
	res := load(t, conn, sample.Options{Until: "2026-11-17", BusinessDays: 5})
	require.False(t, res.Already)
	require.Equal(t, before, text(t, conn, `SELECT string_agg(id || ' ' || recorded_at, ',' ORDER BY id) FROM ops.batch WHERE id <= $1::bigint`, last))
	// Three days of six feeds, and a weekend's health.
	require.Equal(t, 3*6+2, res.Batches)
	require.Equal(t, "4.1 4.2 4.3", text(t, conn, `SELECT string_agg(DISTINCT version, ' ' ORDER BY version) FROM ops.target_event WHERE target = 'support-assistant'`))
	require.Equal(t, "198", text(t, conn, `SELECT count(*) FILTER (WHERE hit) FROM `+window+` WHERE target = 'support-assistant'`, "2026-11-16 17:00+00", "2026-11-17 17:00+00"))
	again := load(t, conn, sample.Options{Until: "2026-11-17"})
	require.True(t, again.Already)
	earlier := load(t, conn, sample.Options{Until: "2026-11-13"})
	require.True(t, earlier.Already)
}

// The notes of the sample are such as a file could hold.
func TestNotesKeepTheRules(t *testing.T) {
	t.Parallel()
	conn, other := open(t), open(t)
	load(t, conn, sample.Options{Until: "2026-11-12", BusinessDays: 1})
	lines := text(t, conn, `SELECT string_agg(json_build_object('kind', 'note', 'source', 'copy', 'note', name, 'type', type, 'domain', domain, 'title', title, 'author', author,
		'date', date, 'url', url, 'notes', nullif(notes, ''), 'tags', string_to_array(tags, ', '))::text, chr(10)) FROM ops.note`)
	res, err := ingest.NDJSON(t.Context(), other, strings.NewReader(lines), "notes.ndjson", ingest.Options{})
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"note": 8}, res.Rows)
}

// What a history of 90 business days holds: a holiday, a change of the clocks,
// a late batch, a re-score, targets that retire.
func TestNinetyDays(t *testing.T) {
	t.Parallel()
	conn := open(t)
	began := time.Now()
	var told []int
	res := load(t, conn, sample.Options{Until: "2026-11-20", Progress: func(done, all int) {
		require.Equal(t, 90, all)
		told = append(told, done)
	}})
	t.Logf("%d batches, %d rows in %s", res.Batches, res.Rows, time.Since(began).Round(time.Millisecond))
	require.Len(t, told, 90)
	require.Equal(t, "8", text(t, conn, `SELECT count(*) FROM ops.target`))
	require.Equal(t, "2", text(t, conn, `SELECT count(*) FROM ops.target_event WHERE kind = 'retired'`))
	require.Equal(t, "0", text(t, conn, `SELECT count(*) FROM ops.run WHERE planned_for >= '2026-08-31 00:00+01' AND planned_for < '2026-09-01 00:00+01'`))
	require.Equal(t, "12", text(t, conn, `SELECT count(*) FROM (SELECT FROM ops.score GROUP BY at, attempt, detector, output HAVING count(*) > 1) s`))
	require.Equal(t, "2 days", text(t, conn, `SELECT date_trunc('day', b.recorded_at - a.at) FROM ops.attempt a JOIN ops.batch b ON b.id = a.batch WHERE b.name LIKE 'late-results%' LIMIT 1`))
	// The clocks were set back on Sunday, 25 October: that window has 25 hours.
	require.Equal(t, "300", text(t, conn, `SELECT count(*) FROM ops.health_sample WHERE component = 'api-gateway' AND at >= '2026-10-24 16:00+00' AND at < '2026-10-25 17:00+00'`))
	require.Equal(t, "8", text(t, conn, `SELECT count(DISTINCT title) FROM ops.finding WHERE title ~ 'script>|DROP TABLE|\u202E|jane.doe|AAAA|\{nb\}|cmd\||javascript'`))
	began = time.Now()
	require.True(t, load(t, conn, sample.Options{Until: "2026-11-20"}).Already)
	t.Logf("again in %s", time.Since(began).Round(time.Millisecond))
}

func TestLatest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		now  string
		want report.Date
	}{
		{"2026-11-20T17:09:59Z", "2026-11-19"},
		{"2026-11-20T17:10:00Z", "2026-11-20"},
		{"2026-11-22T03:00:00Z", "2026-11-20"}, // a Sunday
		{"2026-11-23T12:00:00Z", "2026-11-20"},
		{"2026-07-20T16:10:00Z", "2026-07-20"}, // summer time
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		require.NoError(t, err)
		got, err := sample.Latest(now, sample.Options{})
		require.NoError(t, err)
		require.Equal(t, c.want, got, c.now)
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]sample.Options{
		"a weekend":     {Until: "2026-11-21"},
		"a day ahead":   {Until: "2126-11-20"},
		"no date":       {Until: "20 Nov"},
		"too many days": {BusinessDays: 1001},
		"an early end":  {Cutoff: 12 * time.Hour},
	} {
		_, err := sample.Load(t.Context(), nil, o)
		require.ErrorIs(t, err, report.ErrInvalid, name)
	}
}
