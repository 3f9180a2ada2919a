package postgres

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/dev/environ"
)

func config(t *testing.T) Config {
	t.Helper()
	dir, err := os.MkdirTemp("", "cob-postgres-*")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o711))
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	env, err := environ.Private(dir)
	require.NoError(t, err)
	return Config{Dir: filepath.Join(dir, "cluster"), Env: env, Log: filepath.Join(dir, "postgres.log"), Record: filepath.Join(dir, "postgres.json"), Throwaway: true}
}

func start(t *testing.T, c Config) *Cluster {
	t.Helper()
	cluster, err := Start(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, cluster.Stop()) })
	return cluster
}

func TestClusterKeepsItsDataAndAsksForAPassword(t *testing.T) {
	t.Parallel()
	c := config(t)
	began := time.Now()
	first := start(t, c)
	t.Logf("first start %s", time.Since(began))
	require.NoError(t, CreateRoles(t.Context(), first.AdminURL(), "o", "a"))
	require.NoError(t, CreateRoles(t.Context(), first.AdminURL(), "owner's \" pass", "a"))
	admin, err := Connect(t.Context(), first.AdminURL())
	require.NoError(t, err)
	require.NoError(t, admin.CreateDatabase(t.Context(), "cob", "template0"))
	require.NoError(t, admin.Close(t.Context()))
	_, err = pgx.Connect(t.Context(), first.URL(Superuser, "wrong", "postgres"))
	require.ErrorContains(t, err, "password authentication failed")
	require.NoError(t, first.Stop())
	require.NoFileExists(t, c.Record)

	began = time.Now()
	second := start(t, c)
	t.Logf("second start %s", time.Since(began))
	owner, err := pgx.Connect(t.Context(), second.URL(Owner, "owner's \" pass", "cob"))
	require.NoError(t, err)
	defer func() { _ = owner.Close(context.Background()) }()
	var collation, encoding string
	require.NoError(t, owner.QueryRow(t.Context(), `SELECT datcollate, pg_encoding_to_char(encoding) FROM pg_database WHERE datname = 'cob'`).Scan(&collation, &encoding))
	require.Equal(t, "UTF8", encoding)
	require.Contains(t, []string{"C.UTF-8", "C"}, collation)
	_, err = owner.Exec(t.Context(), `GRANT cob_reader TO cob_app`)
	require.NoError(t, err, "the migrations may grant the group roles")
}

func TestAKilledParentsServerIsStopped(t *testing.T) {
	t.Parallel()
	c := config(t)
	first := start(t, c)
	second := start(t, c) // nobody stopped the first
	select {
	case <-first.Child().Done():
	default:
		t.Fatal("two servers over one folder")
	}
	require.NoError(t, second.Stop())

	// The record may be lost as well: the server's own claim is then all there is.
	unrecorded := c
	unrecorded.Record = ""
	third := start(t, unrecorded)
	fourth := start(t, unrecorded)
	<-third.Child().Done()
	require.NoError(t, fourth.Stop())
}

// Whoever is connected finds a killed server again, with all that was committed.
func TestAKilledServerComesBackAtItsPort(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.Throwaway = false
	first := start(t, c)
	require.NoError(t, CreateRoles(t.Context(), first.AdminURL(), "o", "a"))
	require.NoError(t, syscall.Kill(first.Child().PID(), syscall.SIGKILL))
	<-first.Child().Done()
	c.Port = first.Port
	var second *Cluster
	require.Eventually(t, func() (up bool) {
		var err error
		second, err = Start(t.Context(), c) // not before the last of its processes has gone by itself
		return err == nil
	}, startPatience, 20*time.Millisecond)
	t.Cleanup(func() { require.NoError(t, second.Stop()) })
	conn, err := pgx.Connect(t.Context(), first.URL(App, "a", "postgres"))
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))
}

func TestAStaleClaimThatNamesAStrangerHarmsNobody(t *testing.T) {
	t.Parallel()
	c := config(t)
	first := start(t, c)
	require.NoError(t, first.Stop())
	stranger := exec.Command("sleep", "600")
	require.NoError(t, stranger.Start())
	t.Cleanup(func() { _ = stranger.Process.Kill(); _ = stranger.Wait() })
	data := filepath.Join(first.Home(), "data")
	claim := fmt.Sprintf("%d\n%s\n1700000000\n5432\n\n127.0.0.1\n", stranger.Process.Pid, data)
	require.NoError(t, os.WriteFile(filepath.Join(data, "postmaster.pid"), []byte(claim), 0o600))
	second := start(t, c)
	require.NoError(t, stranger.Process.Signal(syscall.Signal(0)), "it still runs")
	require.NoError(t, second.Stop())
}

func TestAnInterruptedFirstStartIsRepeated(t *testing.T) {
	t.Parallel()
	c := config(t)
	first := start(t, c)
	require.NoError(t, first.Stop())
	require.NoError(t, os.Remove(filepath.Join(first.Home(), "password")), "initdb was not seen to its end")
	second := start(t, c)
	require.NoError(t, second.Stop())
}

func TestOnlyLoopbackIsServed(t *testing.T) {
	t.Parallel()
	cluster := start(t, config(t))
	conn, err := pgx.Connect(t.Context(), cluster.AdminURL())
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	for setting, want := range map[string]string{"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "password_encryption": "scram-sha-256"} {
		var got string
		require.NoError(t, conn.QueryRow(t.Context(), `SELECT current_setting($1)`, setting).Scan(&got))
		require.Equal(t, want, got, setting)
	}
	info, err := os.Stat(filepath.Join(cluster.Home(), "password"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

// Root's server runs as somebody who cannot enter root's folders.
func TestAFolderThatTheServersUserCannotEnter(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Log("not root: the server runs as we do, and every folder of ours will do")
	}
	t.Parallel()
	c := config(t)
	closed := filepath.Join(filepath.Dir(c.Dir), "closed")
	require.NoError(t, os.Mkdir(closed, 0o700))
	c.Dir = filepath.Join(closed, "cluster")
	cluster := start(t, c)
	require.NoError(t, cluster.Stop())
	require.NoError(t, Remove(c.Dir))
	require.NoDirExists(t, cluster.Home())
}
