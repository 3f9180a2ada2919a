package db_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/dev/testserver"
)

func TestMigrationsGoUpDownAndUpAgain(t *testing.T) {
	t.Parallel()
	c := db.Config{URL: testserver.Empty(t).OwnerURL}
	ran, err := db.Migrate(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, db.SchemaVersion(), ran[len(ran)-1].Version)
	again, err := db.Migrate(t.Context(), c)
	require.NoError(t, err)
	require.Empty(t, again)

	require.NoError(t, db.MigrateDown(t.Context(), c))
	all, err := db.Migrations(t.Context(), c)
	require.NoError(t, err)
	for _, m := range all {
		require.False(t, m.Applied, m.Name)
	}
	ran, err = db.Migrate(t.Context(), c)
	require.NoError(t, err)
	require.Len(t, ran, len(all))
}

func TestTwoMigrationsAtOnceWaitForEachOther(t *testing.T) {
	t.Parallel()
	c := db.Config{URL: testserver.Empty(t).OwnerURL}
	errs := make(chan error)
	for range 2 {
		go func() { _, err := db.Migrate(t.Context(), c); errs <- err }()
	}
	require.NoError(t, <-errs)
	require.NoError(t, <-errs)
}

func TestAnUnknownSchemaIsRefused(t *testing.T) {
	t.Parallel()
	empty := testserver.Empty(t)
	store, err := db.Open(t.Context(), db.Config{URL: empty.AppURL})
	require.NoError(t, err)
	defer store.Close()
	err = store.CheckSchema(t.Context())
	require.ErrorIs(t, err, db.ErrSchema)
	require.ErrorContains(t, err, "starter migrate up")

	_, err = db.Migrate(t.Context(), db.Config{URL: empty.OwnerURL})
	require.NoError(t, err)
	require.NoError(t, store.CheckSchema(t.Context()))
	require.NoError(t, store.CheckLogin(t.Context()))

	owner := connect(t, empty.OwnerURL)
	_, err = owner.Exec(t.Context(), `INSERT INTO public.cob_schema (version_id, is_applied) VALUES ($1, true)`, db.SchemaVersion()+1)
	require.NoError(t, err)
	require.ErrorContains(t, store.CheckSchema(t.Context()), "newer program")
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

const batch = `INSERT INTO ops.batch (id, source, format, content_sha256, rows, recorded_at) VALUES (1, 's', 'f', sha256('x'), 1, now())`

func TestOperationalDataIsAppendOnly(t *testing.T) {
	t.Parallel()
	d := testserver.New(t)
	owner := connect(t, d.OwnerURL)
	_, err := owner.Exec(t.Context(), batch)
	require.NoError(t, err)
	for _, sql := range []string{"UPDATE ops.batch SET rows = 2", "DELETE FROM ops.batch", "TRUNCATE ops.batch CASCADE", "DELETE FROM ops.score", "UPDATE ops.attempt SET answered = true"} {
		_, err := owner.Exec(t.Context(), sql)
		require.ErrorContains(t, err, "append-only", "even the owner: %s", sql)
	}
	_, err = owner.Exec(t.Context(), `SELECT set_config('ops.erasing', 'on', false)`)
	require.NoError(t, err)
	app := connect(t, d.AppURL)
	_, err = app.Exec(t.Context(), `SELECT set_config('ops.erasing', 'on', false)`)
	require.NoError(t, err)
	_, err = app.Exec(t.Context(), "DELETE FROM ops.batch")
	require.ErrorContains(t, err, "permission denied")
	_, err = app.Exec(t.Context(), "SELECT ops.erase(1, 'why', 'me')")
	require.ErrorContains(t, err, "permission denied")
}

func TestErasureIsTheOwnersAndIsRecorded(t *testing.T) {
	t.Parallel()
	owner := connect(t, testserver.New(t).OwnerURL)
	tx, err := owner.Begin(t.Context())
	require.NoError(t, err)
	for _, sql := range []string{
		`INSERT INTO ops.target (name, batch) VALUES ('J. Doe', 1)`,
		`INSERT INTO ops.target_event (target, at, kind, version, source, batch) VALUES ('J. Doe', now(), 'version', '1', 's', 1)`,
		batch,
	} {
		_, err := tx.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	require.NoError(t, tx.Commit(t.Context()))
	var erased int
	require.NoError(t, owner.QueryRow(t.Context(), `SELECT ops.erase(1, 'the person asked', 'dpo')`).Scan(&erased))
	require.Equal(t, 2, erased)
	var reason string
	require.NoError(t, owner.QueryRow(t.Context(), `SELECT reason FROM ops.erasure WHERE batch = 1 AND rows = 2 AND by = 'dpo'`).Scan(&reason))
	require.Equal(t, "the person asked", reason)
	_, err = owner.Exec(t.Context(), "DELETE FROM ops.erasure")
	require.ErrorContains(t, err, "append-only")
}

func TestWhatWasIssuedIsNeverChanged(t *testing.T) {
	t.Parallel()
	owner := connect(t, testserver.New(t).OwnerURL)
	for _, table := range []string{"content", "template", "series", "stage", "revision", "artifact"} {
		for _, sql := range []string{"DELETE FROM cob." + table, "TRUNCATE cob." + table + " CASCADE"} {
			_, err := owner.Exec(t.Context(), sql)
			require.ErrorContains(t, err, "never changed", sql)
		}
	}
}

func TestURLsSayEverything(t *testing.T) {
	d := testserver.New(t)
	for _, k := range []string{"PGPASSWORD", "PGSERVICE", "PGSSLMODE", "PGOPTIONS", "PGAPPNAME", "PGHOST", "PGSSLROOTCERT"} {
		t.Setenv(k, "/poison")
	}
	store, err := db.Open(t.Context(), db.Config{URL: d.AppURL, ApplicationName: "cob-test"})
	require.NoError(t, err)
	defer store.Close()
	for setting, want := range map[string]string{"application_name": "cob-test", "jit": "off", "statement_timeout": "1min", "TimeZone": "UTC"} {
		var got string
		require.NoError(t, store.Pool.QueryRow(t.Context(), "SELECT current_setting($1)", setting).Scan(&got))
		require.Equal(t, want, got, setting)
	}
	require.EqualValues(t, 20, store.Pool.Config().MaxConns)
}

func TestAConnectionURLIsRefusedWithoutShowingIt(t *testing.T) {
	t.Parallel()
	for url, why := range map[string]string{
		"":                                      "postgres://user:password@host",
		"mysql://a:s3cret@h/d":                  "postgres://user:password@host",
		"postgres://a:s3cret@/d":                "no host",
		"postgres://h/d":                        "no user",
		"postgres://a:s3cret@h":                 "no database",
		"postgres://a:s3cret@h:99999999/d":      "cannot be used",
		"postgres://a:s3cret@h/d?sslmode=never": "sslmode",
		"postgres://a:s3cret@localhost/d?host=db.example":  "once more",
		"postgres://a:s3cret@localhost/d?service=prod":     "once more",
		"postgres://a:s3cret@db.example/d?sslmode=require": "COB_ALLOW_INSECURE=database",
		"postgres://a:s3cret@db.example/d?sslmode=disable": "verify-full",
	} {
		_, err := db.Open(t.Context(), db.Config{URL: url})
		require.ErrorContains(t, err, why, url)
		require.NotContains(t, err.Error(), "s3cret")
	}
	_, err := db.Open(t.Context(), db.Config{URL: "postgres://a@127.0.0.1/d", Conns: 61})
	require.ErrorContains(t, err, "1 to 60")
}

func TestTheLoginMustBeTheApplications(t *testing.T) {
	t.Parallel()
	d := testserver.New(t)
	admin := connect(t, d.AdminURL)
	name := "stranger_" + strings.ToLower(t.Name()[:4])
	_, err := admin.Exec(t.Context(), "DROP ROLE IF EXISTS "+name+"; CREATE ROLE "+name+" LOGIN PASSWORD 'x'")
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = admin.Exec(context.WithoutCancel(t.Context()), "DROP ROLE "+name) })
	cfg, err := pgx.ParseConfig(d.AppURL)
	require.NoError(t, err)
	url := strings.Replace(d.AppURL, cfg.User+":"+cfg.Password+"@", name+":x@", 1)
	store, err := db.Open(t.Context(), db.Config{URL: url})
	require.NoError(t, err)
	defer store.Close()
	err = store.CheckLogin(t.Context())
	require.ErrorIs(t, err, db.ErrRoles)
	require.ErrorContains(t, err, "GRANT cob_app TO "+name)
}
