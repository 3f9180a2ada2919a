//go:build soak

package e2e

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/closeofbusiness/cob/dev/environ"
	"github.com/closeofbusiness/cob/dev/port"
	"github.com/closeofbusiness/cob/dev/postgres"
	devprocess "github.com/closeofbusiness/cob/dev/process"
	"github.com/closeofbusiness/cob/dev/temporal"
	"github.com/closeofbusiness/cob/dev/testserver"
	"github.com/closeofbusiness/cob/dev/tool"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/calendar"
)

const (
	// stopPatience is how long a program may take to end at the soak's end.
	stopPatience = 30 * time.Second
	// soakPassword is that of both logins on the private cluster.
	soakPassword = "soak"
)

// soak is a site whose servers keep their data on disk and are killed.
type soak struct {
	*site
	postgres, temporal *kept
	workers            []*kept
	calendar           *calendar.Calendar
	date               report.Date // that all series report
	interrupted        context.Context
}

// newSoak starts the servers and two workers, with the sample loaded.
func newSoak(t *testing.T) *soak {
	t.Helper()
	environ.Adopt()
	require.NoError(t, build())
	s := &soak{site: &site{T: t, namespace: temporal.Namespace, queue: report.DefaultTaskQueue, dir: folder(t)}}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	t.Cleanup(stop)
	s.interrupted = ctx
	s.startServers()
	s.deploy()
	for n := range 2 {
		w := &kept{name: "worker", start: s.startWorker(n + 1)}
		s.workers = append(s.workers, w)
		s.run(w)
	}
	s.settled()
	return s
}

// folder is for data and logs. It stays where the test failed.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "cob-soak-*")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o711)) // #nosec G302 -- root's Postgres runs as another user, who passes through
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("data and logs are kept in %s", dir)
			return
		}
		require.NoError(t, os.RemoveAll(dir))
		require.NoError(t, postgres.Remove(filepath.Join(dir, "postgres")))
	})
	return dir
}

func (s *soak) logs() string { return filepath.Join(s.dir, "log") }

// log is a file of its own for each start.
func (s *soak) log(name string, n int) string {
	return filepath.Join(s.logs(), fmt.Sprintf("%s-%03d.log", name, n))
}

// run keeps a program until the test ends.
func (s *soak) run(k *kept) {
	s.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var ended sync.WaitGroup
	ended.Go(func() { k.keep(ctx) })
	s.Cleanup(func() { stop(); ended.Wait() })
}

func (s *soak) startServers() {
	s.Helper()
	env, err := environ.Private(s.dir)
	require.NoError(s, err)
	s.postgres = &kept{name: "postgres", start: s.startPostgres(env)}
	s.temporal = &kept{name: "temporal", start: s.startTemporal(env)}
	for _, k := range []*kept{s.postgres, s.temporal} {
		s.run(k)
		eventually(s, k.name+" serves", func() bool { return k.pid() != 0 })
	}
	s.client, err = client.Dial(client.Options{HostPort: s.address, Namespace: s.namespace, Logger: silent{}})
	require.NoError(s, err)
	s.Cleanup(s.client.Close)
}

// startPostgres starts the cluster on the same data and the same port each time,
// with everything on that keeps what was committed. The processes of a killed
// server go by themselves; until the last is gone, a start fails.
func (s *soak) startPostgres(env []string) func(context.Context, int) (*devprocess.Child, error) {
	listen, err := port.Free()
	require.NoError(s, err)
	return func(ctx context.Context, n int) (*devprocess.Child, error) {
		cluster, err := postgres.Start(ctx, postgres.Config{Dir: filepath.Join(s.dir, "postgres"), Env: env, Log: s.log("postgres", n), Port: listen})
		if err != nil {
			return nil, err
		}
		if n == 1 {
			s.database = databaseOf(cluster)
		}
		return cluster.Child(), nil
	}
}

func databaseOf(c *postgres.Cluster) testserver.Database {
	const name = "cob"
	return testserver.Database{
		OwnerURL: c.URL(postgres.Owner, soakPassword, name),
		AppURL:   c.URL(postgres.App, soakPassword, name),
		AdminURL: strings.Replace(c.AdminURL(), "/postgres?", "/"+name+"?", 1),
	}
}

// startTemporal starts the server on the same file and the same ports each time.
func (s *soak) startTemporal(env []string) func(context.Context, int) (*devprocess.Child, error) {
	root, err := tool.Root()
	require.NoError(s, err)
	program, err := temporal.Program(s.Context(), root, os.Stderr)
	require.NoError(s, err)
	for _, setting := range []string{"COB_DEV_TEMPORAL_PORT", "COB_DEV_UI_PORT"} {
		free, err := port.Free()
		require.NoError(s, err)
		s.Setenv(setting, strconv.Itoa(free))
	}
	s.address = "127.0.0.1:" + os.Getenv("COB_DEV_TEMPORAL_PORT")
	return func(ctx context.Context, n int) (*devprocess.Child, error) {
		server, err := temporal.Start(ctx, temporal.Config{Program: program, Dir: s.dir, Env: env, Log: s.log("temporal", n), Say: os.Stderr})
		if err != nil {
			return nil, err
		}
		return server.Child(), nil
	}
}

// startWorker starts a worker and returns when its log says that it runs.
func (s *soak) startWorker(number int) func(context.Context, int) (*devprocess.Child, error) {
	env := s.environment("COB_LOG_FORMAT=text", "COB_DB_MAX_CONNS=20")
	return func(ctx context.Context, n int) (*devprocess.Child, error) {
		log := s.log(fmt.Sprintf("worker-%d", number), n)
		child, err := devprocess.Start(devprocess.Command{Name: "worker", Path: filepath.Join(programs, "worker"), Env: env, Dir: s.dir, Log: log})
		if err != nil {
			return nil, err
		}
		for !strings.Contains(read(log), "msg=running") {
			select {
			case <-child.Done():
				return nil, child.Death()
			case <-ctx.Done():
				return nil, child.Stop(stopPatience)
			case <-time.After(often):
			}
		}
		return child, nil
	}
}

func read(path string) string {
	text, _ := os.ReadFile(path) // #nosec G304 -- our own log; what is not there yet is empty
	return string(text)
}

// deploy makes the database, initialises Temporal and loads the sample.
func (s *soak) deploy() {
	s.Helper()
	server := strings.Replace(s.database.AdminURL, "/cob?", "/postgres?", 1)
	require.NoError(s, postgres.CreateRoles(s.Context(), server, soakPassword, soakPassword))
	admin, err := postgres.Connect(s.Context(), server)
	require.NoError(s, err)
	require.NoError(s, admin.CreateDatabase(s.Context(), "cob", "template0"))
	require.NoError(s, admin.Close(s.Context()))
	migrate := command(s, s.dir, s.environment("COB_MIGRATE_DATABASE_URL="+s.database.OwnerURL), "starter", "migrate", "up")
	require.Zero(s, migrate.code, migrate.err)
	s.must("init")
	s.must("template", "apply", fromRoot(s.T, "templates", "daily-security.yaml"))
	s.sample(3)
	s.calendar = cutoffs(s.T)
	s.date = s.calendar.Latest(time.Now())
}

// cutoffs are the sample's own, or others where these would fall into the test.
func cutoffs(t *testing.T) *calendar.Calendar {
	t.Helper()
	for _, name := range []string{"Europe/London", "Asia/Tokyo"} {
		zone, err := time.LoadLocation(name)
		require.NoError(t, err)
		c, err := calendar.New(calendar.Rule{Cutoff: "17:00", Zone: zone})
		require.NoError(t, err)
		if c.Latest(time.Now()) == c.Latest(time.Now().Add(2*time.Hour)) {
			return c
		}
	}
	require.Fail(t, "cutoffs of two zones within two hours")
	return nil
}
