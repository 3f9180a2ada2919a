package ingest_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/ingest"
)

// What was published agrees to the digit with what its own totals say.
func TestPublishedGarak(t *testing.T) {
	t.Parallel()
	dir, ok := published(t)
	if !ok {
		return
	}
	files, err := filepath.Glob(filepath.Join(dir, "garak", "*.report.jsonl"))
	require.NoError(t, err)
	require.Len(t, files, 12)
	conn := open(t)
	claimed := map[string]bool{}
	for _, f := range files {
		res, err := garakFile(t.Context(), conn, f, ingest.Options{TimeZone: berlin})
		require.NoError(t, err)
		t.Logf("%s: %d attempts, %d evaluations, %d hits, %d verdicts, %v %v", filepath.Base(f), res.Attempts, res.Evaluations, res.Hits, res.Verdicts, res.Rows, res.Kept)
		claimed[f] = true

		again, err := garakFile(t.Context(), conn, f, ingest.Options{TimeZone: berlin})
		require.NoError(t, err)
		require.True(t, again.Already)
		require.Equal(t, res.Batch, again.Batch)
		require.Empty(t, again.Rows)
	}
	checked := 0
	for _, c := range cells(t, conn) {
		if c.claimedEvaluated < 0 {
			continue // a file without eval rows
		}
		require.Equal(t, c.claimedEvaluated, c.evaluated, "%+v", c)
		require.Equal(t, c.claimHit, c.hits, "%+v", c)
		checked++
	}
	require.Equal(t, 42, checked) // ten scans with four detectors each, two in the aggregate
	require.Equal(t, int64(12), number(t, conn, `SELECT count(*) FROM ops.batch`))
	require.Equal(t, int64(12), number(t, conn, `SELECT count(*) FROM ops.run_event WHERE kind = 'completed'`))
}

func TestPublishedJailbreakBench(t *testing.T) {
	t.Parallel()
	dir, ok := published(t)
	if !ok {
		return
	}
	for _, want := range []struct {
		file          string
		hits, claimed int64
		answered      int64
	}{
		{"PAIR-vicuna-13b-v1.5", 69, 82, 82},
		{"PAIR-gpt-3.5-turbo-1106", 71, 76, 87},
		{"PAIR-gpt-4-0125-preview", 34, 50, 64},
		{"PAIR-llama-2-7b-chat-hf", 0, 4, 4},
		{"JBC-vicuna-13b-v1.5", 90, 79, 100},
		{"JBC-gpt-3.5-turbo-1106", 0, 0, 100},
		{"JBC-gpt-4-0125-preview", 0, 0, 100},
		{"JBC-llama-2-7b-chat-hf", 0, 0, 100},
	} {
		t.Run(want.file, func(t *testing.T) {
			t.Parallel()
			conn := open(t)
			res, err := jailbreakBenchFile(t.Context(), conn, filepath.Join(dir, "jailbreakbench", want.file+".json"), ingest.Options{TimeZone: berlin})
			require.NoError(t, err)
			require.Equal(t, int64(100), res.Attempts)
			require.Equal(t, int64(100), res.Evaluations)
			require.Equal(t, want.hits, res.Hits)
			require.Equal(t, want.answered, number(t, conn, `SELECT count(*) FROM ops.attempt WHERE answered`))
			require.Equal(t, want.claimed, number(t, conn, `SELECT value FROM ops.claim WHERE what = 'hits' AND probe = ''`))
			// The file's own rate, over its behaviours.
			require.Equal(t, want.hits, number(t, conn, `SELECT value FROM ops.claim WHERE what = 'hits' AND detector = 'jailbroken'`))
			require.Equal(t, int64(10), number(t, conn, `SELECT count(DISTINCT category) FROM ops.attempt`))
			again, err := jailbreakBenchFile(t.Context(), conn, filepath.Join(dir, "jailbreakbench", want.file+".json"), ingest.Options{TimeZone: berlin})
			require.NoError(t, err)
			require.True(t, again.Already, fmt.Sprint(again))
		})
	}
}
