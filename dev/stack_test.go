package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/dev/connection"
	"github.com/closeofbusiness/cob/dev/pid"
	"github.com/closeofbusiness/cob/dev/port"
	"github.com/closeofbusiness/cob/dev/tool"
)

const (
	soon = 30 * time.Second
	tick = 20 * time.Millisecond
)

// poison is what developers' shells are full of. Each value would break or betray a child.
var poison = []string{
	"DATABASE_URL=postgres://poison:poison@127.0.0.1:1/poison", "COB_MIGRATE_DATABASE_URL=postgres://poison@127.0.0.1:1/poison",
	"TEST_DATABASE_URL=postgres://poison@127.0.0.1:1/poison",
	"PGHOST=poison", "PGPORT=1", "PGUSER=poison", "PGPASSWORD=poison", "PGDATA=/poison", "PGSERVICE=poison", "PGOPTIONS=--poison",
	"TEMPORAL_ADDRESS=poison:1", "TEMPORAL_NAMESPACE=poison", "TEMPORAL_API_KEY=poison", "TEMPORAL_TLS=poison",
	"TEMPORAL_PROFILE=poison", "TEMPORAL_ENV=poison", "TEMPORAL_CONFIG_FILE=/poison",
	"OPENAI_API_KEY=poison", "ANTHROPIC_API_KEY=poison", "AWS_SECRET_ACCESS_KEY=poison", "VAULT_TOKEN=poison",
	"OTEL_EXPORTER_OTLP_ENDPOINT=http://poison:1", "COB_SEAL_KEY=poison", "COB_CONFIG=/poison",
}

// checkout is a folder that looks like ours, with programs that the test binary plays, and
// a developer's home that is full of settings.
type checkout struct {
	t    *testing.T
	root string
	env  []string
}

func newCheckout(t *testing.T) checkout {
	t.Helper()
	real, err := tool.Root()
	require.NoError(t, err)
	self, err := os.Executable()
	require.NoError(t, err)

	root, err := os.MkdirTemp("", "cob-checkout-*")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(root, 0o711))
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(root)) })
	write(t, filepath.Join(root, "go.mod"), "module github.com/closeofbusiness/cob\n")
	for _, dir := range []string{"bin", "series", "metrics", "templates"} {
		require.NoError(t, os.Mkdir(filepath.Join(root, dir), 0o755))
	}
	require.NoError(t, os.Symlink(filepath.Join(real, "tools"), filepath.Join(root, "tools")))
	for _, program := range []string{"dev", "worker", "starter"} {
		require.NoError(t, os.Symlink(self, filepath.Join(root, "bin", program)))
	}

	home := filepath.Join(root, "users-home")
	for _, file := range []string{".config/temporalio/temporal.toml", ".config/temporalio/temporal.yaml", ".pgpass", ".pg_service.conf"} {
		write(t, filepath.Join(home, file), "poison = = =\n")
	}
	cache, err := tool.Cache()
	require.NoError(t, err)
	env := append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "COB_DEV_CACHE=" + cache,
		"COB_DEV_TEMPORAL_PORT=" + freePort(t), "COB_DEV_UI_PORT=" + freePort(t)}, poison...)
	return checkout{t: t, root: root, env: env}
}

// told is what a played program has told of its arguments and its environment.
func (c checkout) told(name string) string {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join(c.root, name+".told"))
	require.NoError(c.t, err)
	return string(text)
}

func (c checkout) dir() string { return filepath.Join(c.root, ".dev") }

// dev starts the real dev command as a process of its own.
func (c checkout) dev(args ...string) *session {
	c.t.Helper()
	s := &session{t: c.t, cmd: exec.Command(filepath.Join(c.root, "bin", "dev"), args...), done: make(chan struct{})}
	s.cmd.Dir, s.cmd.Env = c.root, c.env
	s.cmd.Stdout, s.cmd.Stderr = &s.out, &s.out
	require.NoError(c.t, s.cmd.Start())
	go func() { _ = s.cmd.Wait(); close(s.done) }()
	c.t.Cleanup(func() {
		_ = s.cmd.Process.Signal(syscall.SIGTERM)
		<-s.done
		if c.t.Failed() {
			c.t.Logf("dev %s:\n%s", strings.Join(args, " "), s.out.String())
		}
	})
	return s
}

// up starts the stack and returns when it is ready, with everything that runs.
func (c checkout) up() (*session, map[string]pid.Record) {
	c.t.Helper()
	s := c.dev("up")
	require.Eventually(c.t, func() bool {
		_, err := connection.Read(c.dir())
		return err == nil || s.ended()
	}, soon, tick)
	require.False(c.t, s.ended(), "dev up ended")
	running := map[string]pid.Record{}
	for _, name := range []string{"postgres", "temporal", "worker"} {
		text, err := os.ReadFile(filepath.Join(c.dir(), "run", name+".json"))
		require.NoError(c.t, err)
		var record pid.Record
		require.NoError(c.t, json.Unmarshal(text, &record))
		require.True(c.t, record.Alive(), name)
		running[name] = record
	}
	return s, running
}

type session struct {
	t    *testing.T
	cmd  *exec.Cmd
	out  lockedBuffer
	done chan struct{}
}

func (s *session) ended() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

func (s *session) exit() int {
	s.t.Helper()
	select {
	case <-s.done:
	case <-time.After(soon):
		s.t.Fatal("dev did not end")
	}
	return s.cmd.ProcessState.ExitCode()
}

// lockedBuffer may be read while the process still writes.
type lockedBuffer struct {
	mutex  sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.String()
}

// One stack's life, from make dev to make dev-reset.
func TestUp(t *testing.T) {
	t.Parallel()
	c := newCheckout(t)
	s, running := c.up()
	conn, err := connection.Read(c.dir())
	require.NoError(t, err)
	told := c.told("starter")

	t.Run("applies the checkout", func(t *testing.T) {
		at := 0
		for _, command := range []string{"migrate up", "init", "metric apply metrics", "template apply templates", "series apply --allow-drift series"} {
			found := strings.Index(told[at:], command+"\n")
			require.GreaterOrEqual(t, found, 0, "%s, in this order", command)
			at += found
		}
		require.Contains(t, told, "COB_MIGRATE_DATABASE_URL="+conn.MigrateDatabaseURL+"\n")
		require.Contains(t, told, "DATABASE_URL="+conn.DatabaseURL+"\n")
	})
	t.Run("tells where it is and how to get data", func(t *testing.T) {
		require.Eventually(t, func() bool { return strings.Contains(s.out.String(), "Ctrl-C") }, soon, tick)
		for _, text := range []string{conn.UIURL, "starter sample", "starter ingest"} {
			require.Contains(t, s.out.String(), text)
		}
	})
	t.Run("lets nothing of the user's reach a child", func(t *testing.T) {
		for name, record := range running {
			requireClean(t, name, processEnvironment(t, record.PID))
		}
		for _, name := range []string{"starter", "worker"} {
			told := c.told(name)
			requireClean(t, name, told)
			require.Contains(t, told, "HOME="+filepath.Join(c.dir(), "home")+"\n")
			require.Contains(t, told, "TEMPORAL_CONFIG_FILE="+filepath.Join(c.dir(), "home"))
		}
	})
	t.Run("is named to a second one, and untouched by it", func(t *testing.T) {
		for _, verb := range []string{"up", "reset"} {
			second := c.dev(verb)
			require.Equal(t, 1, second.exit())
			require.Contains(t, second.out.String(), "running already")
			require.Contains(t, second.out.String(), conn.UIURL)
		}
		again, err := connection.Read(c.dir())
		require.NoError(t, err)
		require.Equal(t, conn, again)
	})
	t.Run("is used by a demo", func(t *testing.T) {
		demo := c.dev("demo")
		require.Equal(t, 0, demo.exit())
		require.Contains(t, demo.out.String(), "using the development stack that is running")
		require.False(t, s.ended())
	})
	t.Run("stops on Ctrl-C and leaves nothing running", func(t *testing.T) {
		require.NoError(t, s.cmd.Process.Signal(os.Interrupt))
		require.Equal(t, 0, s.exit())
		requireGone(t, running, 0)
		require.NoFileExists(t, filepath.Join(c.dir(), "connection.json"))
	})
	t.Run("is forgotten by a reset, and nothing else is", func(t *testing.T) {
		write(t, filepath.Join(c.dir(), "notes.txt"), "mine")
		require.Equal(t, 0, c.dev("reset").exit())
		left, err := os.ReadDir(c.dir())
		require.NoError(t, err)
		require.Len(t, left, 1)
		require.NoDirExists(t, filepath.Join(c.root, "out"), "old reports are in nobody's way")
		require.DirExists(t, filepath.Join(c.root, "out.old", demoSeries, "2026-11-20"))
		require.Equal(t, 0, c.dev("reset").exit())
		require.DirExists(t, filepath.Join(c.root, "out.old", demoSeries, "2026-11-20"), "twice loses nothing")
	})
}

// processEnvironment is what the kernel says a process was started with; empty where only
// the process itself can tell.
func processEnvironment(t *testing.T, number int) string {
	t.Helper()
	text, err := os.ReadFile("/proc/" + strconv.Itoa(number) + "/environ")
	if os.IsNotExist(err) {
		return ""
	}
	require.NoError(t, err)
	return strings.ReplaceAll(string(text), "\x00", "\n")
}

func requireClean(t *testing.T, name, environment string) {
	t.Helper()
	require.NotContains(t, environment, "poison", name)
	require.NotContains(t, environment, "users-home", name)
}

func TestAnyChildsDeathStopsEverythingAndIsNamed(t *testing.T) {
	t.Parallel()
	c := newCheckout(t)
	for _, name := range []string{"worker", "postgres", "temporal"} {
		s, running := c.up()
		require.NoError(t, syscall.Kill(running[name].PID, syscall.SIGKILL))
		require.Equal(t, 1, s.exit())
		require.Contains(t, s.out.String(), name+" stopped by itself (signal: killed)")
		if name == "worker" {
			require.Contains(t, s.out.String(), "the worker's last words")
		}
		requireGone(t, running, 0)
		require.NoFileExists(t, filepath.Join(c.dir(), "connection.json"))
	}
}

func TestAKilledStackLeavesNothingAndStartsAgain(t *testing.T) {
	t.Parallel()
	c := newCheckout(t)
	first, running := c.up()
	require.NoError(t, first.cmd.Process.Kill())
	<-first.done
	_, err := connection.Read(c.dir())
	require.ErrorIs(t, err, connection.ErrNotRunning)

	second, again := c.up() // at once, while the first one's children may still be ending
	requireGone(t, running, soon)
	require.NoError(t, second.cmd.Process.Signal(syscall.SIGTERM))
	require.Equal(t, 0, second.exit())
	requireGone(t, again, 0)
}

func TestDemoEndsWithEverythingStopped(t *testing.T) {
	t.Parallel()
	c := newCheckout(t)
	s := c.dev("demo")
	require.Equal(t, 0, s.exit())
	out := s.out.String()
	require.Contains(t, out, "starter was asked: sample --business-days 90 --seed 1")
	require.Contains(t, out, "loaded the sample, 2026-07-20 to 2026-11-20: 491 batches, 606663 rows")
	require.Contains(t, out, "starter was asked: run --series daily-security --date 2026-11-20 --wait")
	require.Contains(t, out, "out/daily-security/2026-11-20")
	require.Contains(t, out, "bin/starter facts --series daily-security --date 2026-11-20")
	require.Contains(t, out, "/namespaces/default/workflows/cob%2Fdaily-security%2F2026-11-20")
	left, err := filepath.Glob(filepath.Join(c.dir(), "run", "*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestExecPassesTheExitStatusAndCleansUp(t *testing.T) {
	t.Parallel()
	c := newCheckout(t)
	s := c.dev("exec", "--", "/bin/sh", "-c", `echo "home=$HOME url=$TEST_DATABASE_URL db=$DATABASE_URL pg=$PGHOST"; exit 7`)
	require.Equal(t, 7, s.exit())
	out := s.out.String()
	require.NotContains(t, out, "poison")
	home := strings.TrimPrefix(strings.Fields(out)[0], "home=")
	require.NoDirExists(t, filepath.Dir(home))

	require.Equal(t, 1, c.dev("exec").exit())
	require.Equal(t, 2, c.dev("nonsense").exit())
}

func requireGone(t *testing.T, running map[string]pid.Record, within time.Duration) {
	t.Helper()
	for name, record := range running {
		if within > 0 {
			require.Eventually(t, func() bool { return !record.Alive() }, within, tick, name)
		}
		require.False(t, record.Alive(), name)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

func freePort(t *testing.T) string {
	t.Helper()
	free, err := port.Free()
	require.NoError(t, err)
	return strconv.Itoa(free)
}
