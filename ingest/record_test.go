package ingest_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/ingest"
	"github.com/closeofbusiness/cob/report"
)

func fixture(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return string(b)
}

func garak(t testing.TB, conn ingest.DB, text string, o ingest.Options) (ingest.Result, error) {
	t.Helper()
	if o.TimeZone == nil {
		o.TimeZone = berlin
	}
	return ingest.Garak(t.Context(), conn, strings.NewReader(text), "scan.report.jsonl", o)
}

func TestGarak(t *testing.T) {
	t.Parallel()
	conn := open(t)
	text := fixture(t, "scan.report.jsonl")
	res, err := garak(t, conn, text, ingest.Options{})
	require.NoError(t, err)
	require.Equal(t, int64(4), res.Attempts)
	require.Equal(t, int64(5), res.Evaluations) // a null score is none
	require.Equal(t, int64(3), res.Hits)        // 1.0, 0.5 and 0.7
	require.Equal(t, int64(1), res.Verdicts)
	require.Equal(t, map[string]int64{"novelty": 1}, res.Ignored)
	require.Equal(t, "garak", res.Source)
	require.Equal(t, []cell{
		{"11111111-2222-3333-4444-555555555555", "dan.DanInTheWild", "mitigation.MitigationBypass", 3, 2, 3, 2},
		{"11111111-2222-3333-4444-555555555555", "encoding.InjectBase64", "encoding.DecodeMatch", 2, 1, 2, 1},
	}, cells(t, conn))
	require.Equal(t, int64(3), number(t, conn, `SELECT count(*) FROM ops.attempt WHERE answered`))
	require.Equal(t, int64(2), number(t, conn, `SELECT count(DISTINCT category) FROM ops.attempt WHERE category IN ('dan', 'encoding')`))
	require.Equal(t, int64(1), number(t, conn, `SELECT max(output) FROM ops.score WHERE detector = 'encoding.DecodeMatch'`))
	require.Equal(t, int64(1), number(t, conn, `SELECT count(*) FROM ops.run WHERE target = 'helpdesk' AND tool = 'garak 0.15.1' AND planned_for = '2026-03-02 08:00:00.5+00'`))
	require.Equal(t, int64(1), number(t, conn, `SELECT count(*) FROM ops.run_event WHERE kind = 'completed' AND at = '2026-03-02 08:20:00+00'`))
	require.Equal(t, int64(4), number(t, conn, `SELECT evaluations FROM ops.planned_cell WHERE probe = 'dan.DanInTheWild'`))

	// Nothing of a file is kept in the stage.
	require.Zero(t, number(t, conn, `SELECT (SELECT count(*) FROM staging.attempt) + (SELECT count(*) FROM staging.score) + (SELECT count(*) FROM staging.claim)`))

	again, err := garak(t, conn, text, ingest.Options{})
	require.NoError(t, err)
	require.True(t, again.Already)
	require.Equal(t, res.Batch, again.Batch)
	require.Equal(t, res.SHA256, again.SHA256)
	require.True(t, res.RecordedAt.Equal(again.RecordedAt))

	// The same rows with one word more: only the word is new.
	through := time.Date(2026, 3, 2, 17, 0, 0, 0, berlin)
	promised, err := garak(t, conn, text, ingest.Options{CompleteThrough: through})
	require.NoError(t, err)
	require.False(t, promised.Already)
	require.Equal(t, map[string]int64{"watermark": 1}, promised.Rows)
	require.True(t, promised.RecordedAt.After(res.RecordedAt))

	// The same run cannot belong to another target.
	_, err = garak(t, conn, text, ingest.Options{Labels: map[string]string{"stage": "3", "defence": "on"}})
	require.ErrorIs(t, err, report.ErrConflict)
	require.ErrorContains(t, err, `"helpdesk (defence=on, stage=3)"`)
	variant, err := garak(t, conn, text, ingest.Options{Labels: map[string]string{"stage": "3", "defence": "on"}, Source: "garak-variants", Target: "ladder"})
	require.NoError(t, err)
	require.Equal(t, int64(5), variant.Evaluations)
	require.Equal(t, int64(1), number(t, conn, `SELECT count(*) FROM ops.target WHERE name = 'ladder (defence=on, stage=3)'`))
}

// A report that is still being written adds its new rows, and no others.
func TestGarakGrows(t *testing.T) {
	t.Parallel()
	conn := open(t)
	lines := strings.SplitAfter(fixture(t, "scan.report.jsonl"), "\n")
	first, err := garak(t, conn, strings.Join(lines[:5], ""), ingest.Options{})
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"target": 1, "run": 1, "run_event": 1, "attempt": 2, "score": 2}, first.Rows)
	require.Zero(t, number(t, conn, `SELECT count(*) FROM ops.run_event WHERE kind = 'completed'`), "nobody has said that it did")
	second, err := garak(t, conn, strings.Join(lines, ""), ingest.Options{})
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"run_event": 1, "attempt": 2, "score": 3, "claim": 4, "planned_cell": 2}, second.Rows)
	require.Empty(t, second.Kept)
}

// A changed score is a row of the new batch beside the old one.
func TestRescore(t *testing.T) {
	t.Parallel()
	conn := open(t)
	text := fixture(t, "scan.report.jsonl")
	_, err := garak(t, conn, text, ingest.Options{})
	require.NoError(t, err)
	res, err := garak(t, conn, strings.Replace(text, `[0.5,null]`, `[0.4,null]`, 1), ingest.Options{})
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"score": 1}, res.Rows)
	require.Zero(t, res.Hits)
	require.Equal(t, int64(6), number(t, conn, `SELECT count(*) FROM ops.score`))
	require.Equal(t, int64(1), cells(t, conn)[0].hits)
	// And back again.
	back, err := garak(t, conn, text+"\n", ingest.Options{})
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"score": 1}, back.Rows)
	require.Equal(t, int64(2), cells(t, conn)[0].hits)
}

// Nested results, older names, a threshold of its own, no target name, no
// completion: as the versions of garak write them.
func TestGarakVersions(t *testing.T) {
	t.Parallel()
	conn := open(t)
	res, err := garak(t, conn, `{"entry_type":"start_run setup","plugins.model_type":"test","plugins.model_name":null,"run.eval_threshold":0.9}
{"entry_type":"init","garak_version":"0.9","start_time":"2026-10-25 02:30:00","run":"r-1"}
{"entry_type":"attempt","uuid":"u","seq":0,"status":2,"probe_classname":"probes.test.Blank","outputs":["text",""],"detector_results":{"always.Pass":[[0.8],[0.95,null]]}}
{"entry_type":"eval","probe":"test.Blank","detector":"detector.always.Pass","passed":1,"total":2}
`, ingest.Options{})
	require.NoError(t, err)
	require.Equal(t, int64(2), res.Evaluations)
	require.Equal(t, int64(1), res.Hits)
	require.Equal(t, []cell{{"r-1", "test.Blank", "always.Pass", 2, 1, 2, 1}}, cells(t, conn))
	// 02:30 came twice that night; the first is taken. Results without a
	// completion line: completed, at the only time that is known.
	require.Equal(t, int64(2), number(t, conn, `SELECT count(*) FROM ops.run_event WHERE at = '2026-10-25 00:30+00'`))
	require.Equal(t, int64(1), number(t, conn, `SELECT count(*) FROM ops.target WHERE name = 'test'`))
}

func TestJailbreakBench(t *testing.T) {
	t.Parallel()
	conn := open(t)
	take := func(o ingest.Options) ingest.Result {
		o.TimeZone = berlin
		res, err := jailbreakBenchFile(t.Context(), conn, filepath.Join("testdata", "artifact.json"), o)
		require.NoError(t, err)
		return res
	}
	res := take(ingest.Options{})
	require.Equal(t, []int64{4, 4, 2}, []int64{res.Attempts, res.Evaluations, res.Hits})
	require.Equal(t, int64(1), number(t, conn, `SELECT count(*) FROM ops.run WHERE name = 'PAIR/toy-7b/2026-03-02' AND planned_for = '2026-03-02 11:00+00'`))
	require.Equal(t, int64(1), number(t, conn, `SELECT count(*) FROM ops.attempt WHERE NOT answered`))
	require.Equal(t, int64(3), number(t, conn, `SELECT value FROM ops.claim WHERE probe = ''`))
	require.Equal(t, int64(2), number(t, conn, `SELECT value FROM ops.claim WHERE probe = 'PAIR' AND detector = 'jailbroken'`))
	require.True(t, take(ingest.Options{}).Already)
	require.Equal(t, int64(2), take(ingest.Options{Labels: map[string]string{"defence": "smooth"}}).Hits)
}

func TestNDJSON(t *testing.T) {
	t.Parallel()
	conn := open(t)
	text := fixture(t, "everything.ndjson")
	want := map[string]int64{
		"target": 2, "target_event": 2, "run": 1, "run_event": 2, "planned_cell": 1, "attempt": 2, "score": 3, "finding": 1, "finding_event": 2,
		"incident": 1, "incident_event": 1, "component_event": 1, "health_sample": 2, "action": 1, "action_event": 1, "watermark": 1, "claim": 1, "note": 2,
	}
	dry, err := ingest.NDJSON(t.Context(), conn, strings.NewReader(text), "test.ndjson", ingest.Options{DryRun: true})
	require.NoError(t, err)
	require.Equal(t, want, dry.Rows)
	require.Zero(t, dry.Batch)
	require.Zero(t, number(t, conn, `SELECT count(*) FROM ops.target`))

	res, err := ndjson(t, conn, text)
	require.NoError(t, err)
	require.Equal(t, want, res.Rows)
	require.Equal(t, "acme", res.Source)

	// Lines that are known add nothing; an event that now says something else
	// is a row beside the older one; a title stays as first recorded.
	more := strings.Replace(text, `"severity":"critical"`, `"severity":"high"`, 1)
	more = strings.Replace(more, "shows other customers'", "shows customers'", 1)
	res, err = ndjson(t, conn, more)
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"finding_event": 1}, res.Rows)
	require.Equal(t, map[string]int64{"finding": 1}, res.Kept)

	all, err := ingest.List(t.Context(), conn)
	require.NoError(t, err)
	require.Len(t, all, 2)
	require.Equal(t, int64(1), all[0].Rows)
	require.Equal(t, res.SHA256, all[0].SHA256)
}

// A batch loaded as history is known from the instant given, or the next one
// that is free.
func TestRecordedAt(t *testing.T) {
	t.Parallel()
	conn := open(t)
	past := time.Date(2026, 3, 3, 17, 1, 0, 0, time.UTC)
	take := func(target string) ingest.Result {
		res, err := ingest.NDJSON(t.Context(), conn, strings.NewReader(`{"kind":"target","source":"s","target":"`+target+`"}`), "t", ingest.Options{RecordedAt: past})
		require.NoError(t, err)
		require.True(t, res.Backdated)
		return res
	}
	require.True(t, take("a").RecordedAt.Equal(past))
	require.True(t, take("b").RecordedAt.Equal(past.Add(time.Microsecond)))
	require.True(t, take("c").RecordedAt.Equal(past.Add(2*time.Microsecond)))
	require.True(t, take("a").Already)
	now, err := ndjson(t, conn, `{"kind":"target","source":"s","target":"d"}`)
	require.NoError(t, err)
	require.False(t, now.Backdated)
	require.WithinDuration(t, time.Now(), now.RecordedAt, time.Minute)
	_, err = ingest.NDJSON(t.Context(), conn, strings.NewReader(`{"kind":"target","source":"s","target":"e"}`), "t", ingest.Options{RecordedAt: time.Now().Add(time.Hour)})
	require.ErrorIs(t, err, report.ErrInvalid)
}

// The examples of the documentation are taken as they stand.
func TestDocumentation(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile(filepath.Join("..", "docs", "ingest.md"))
	require.NoError(t, err)
	_, after, ok := strings.Cut(string(doc), "```json\n")
	require.True(t, ok)
	examples, _, ok := strings.Cut(after, "```")
	require.True(t, ok)
	lines := strings.Split(strings.TrimSpace(examples), "\n")
	slices.Reverse(lines) // in any order
	res, err := ndjson(t, open(t), strings.Join(lines, "\n"))
	require.NoError(t, err)
	require.Len(t, res.Rows, 19)
}
