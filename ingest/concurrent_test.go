package ingest_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/ingest"
)

// Ingests at once: batches are recorded one after the other, and the same file
// twice at once is recorded once.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	conn := open(t)
	text := fixture(t, "scan.report.jsonl")
	var wg sync.WaitGroup
	results := make([]ingest.Result, 8)
	errs := make([]error, 8)
	for i := range results {
		wg.Go(func() {
			// Four pairs of the same file.
			one := strings.ReplaceAll(text, "11111111-", fmt.Sprintf("%d-", i/2))
			results[i], errs[i] = ingest.Garak(t.Context(), conn, strings.NewReader(one), "scan", ingest.Options{TimeZone: berlin})
		})
	}
	wg.Wait()
	already := 0
	for i, r := range results {
		require.NoError(t, errs[i])
		if r.Already {
			already++
		}
		require.Equal(t, results[i/2*2].Batch, r.Batch)
	}
	require.Equal(t, 4, already)
	require.Equal(t, int64(4), number(t, conn, `SELECT count(*) FROM ops.batch`))
	require.Equal(t, int64(4*5), number(t, conn, `SELECT count(*) FROM ops.score`))
}

// A writer that is held open across an instant is not known at that instant:
// whoever looked then sees no more when looking back.
func TestWriterHeldOpen(t *testing.T) {
	t.Parallel()
	conn := open(t)
	_, err := ndjson(t, conn, `{"kind":"target","source":"early","target":"a"}`)
	require.NoError(t, err)

	r, w := io.Pipe()
	done := make(chan ingest.Result)
	go func() {
		res, err := ingest.NDJSON(context.WithoutCancel(t.Context()), conn, r, "slow", ingest.Options{})
		if err != nil {
			t.Errorf("slow ingest: %v", err)
		}
		done <- res
	}()
	_, err = io.WriteString(w, `{"kind":"target","source":"slow","target":"b"}`+"\n")
	require.NoError(t, err)

	// The fetch's order: the lock, shared and in a transaction of its own; then
	// the instant; then its rows.
	known := `SELECT count(*) FROM ops.target t JOIN ops.batch b ON b.id = t.batch WHERE b.recorded_at <= $1`
	_, err = conn.Exec(t.Context(), `SELECT pg_advisory_xact_lock_shared(7202611)`)
	require.NoError(t, err)
	var asOf time.Time
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT clock_timestamp()`).Scan(&asOf))
	before := number(t, conn, known, asOf)

	// Another source's ingest doesn't wait for the slow one.
	quick, err := ndjson(t, conn, `{"kind":"target","source":"quick","target":"c"}`)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	slow := <-done
	require.True(t, slow.RecordedAt.After(asOf))
	require.True(t, slow.RecordedAt.After(quick.RecordedAt))
	require.Equal(t, int64(1), before)
	require.Equal(t, before, number(t, conn, known, asOf))
}

// While a fetch holds the lock, no batch is recorded; its rows are merged
// meanwhile.
func TestWaitsForTheFetch(t *testing.T) {
	t.Parallel()
	conn := open(t)
	tx, err := conn.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), `SELECT pg_advisory_xact_lock_shared(7202611)`)
	require.NoError(t, err)
	short, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err = ingest.NDJSON(short, conn, strings.NewReader(`{"kind":"target","source":"s","target":"a"}`), "t", ingest.Options{})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "wait for reports that read")
	require.NoError(t, tx.Rollback(t.Context()))
	res, err := ndjson(t, conn, `{"kind":"target","source":"s","target":"a"}`)
	require.NoError(t, err)
	require.False(t, res.Already)
}
