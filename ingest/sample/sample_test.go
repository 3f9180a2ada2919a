package sample_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/dev/testserver"
	"github.com/closeofbusiness/cob/ingest/sample"
)

func open(t testing.TB) *pgxpool.Pool {
	t.Helper()
	store, err := db.Open(t.Context(), db.Config{URL: testserver.New(t).AppURL, ApplicationName: "sample test", Conns: 4})
	require.NoError(t, err)
	t.Cleanup(store.Close)
	return store.Pool
}

func TestLoad(t *testing.T) {
	t.Parallel()
	conn := open(t)
	o := sample.Options{Until: "2026-11-20"}
	began := time.Now()
	res, err := sample.Load(t.Context(), conn, o)
	require.NoError(t, err)
	t.Logf("%+v in %s", res, time.Since(began))

	began = time.Now()
	again, err := sample.Load(t.Context(), conn, o)
	require.NoError(t, err)
	require.True(t, again.Already)
	t.Logf("again in %s", time.Since(began))
}
