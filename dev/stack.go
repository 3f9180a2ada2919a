package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/closeofbusiness/cob/dev/connection"
	"github.com/closeofbusiness/cob/dev/environ"
	"github.com/closeofbusiness/cob/dev/pid"
	"github.com/closeofbusiness/cob/dev/port"
	"github.com/closeofbusiness/cob/dev/postgres"
	"github.com/closeofbusiness/cob/dev/process"
	"github.com/closeofbusiness/cob/dev/temporal"
)

const (
	// workerPatience is how long the worker may take to be ready, or to finish its tasks.
	workerPatience = 30 * time.Second
	// commandPatience is how long a command may take to end once it is asked to.
	commandPatience = 10 * time.Second

	database = "cob"
)

// Stack is the development stack: two servers and the real worker.
type Stack struct {
	// Root is the checkout, with its bin/, series/, metrics/ and templates/.
	Root string
	// Dir keeps the data, the logs and the connection file.
	Dir string
	// Say takes what people should know.
	Say io.Writer

	Connection connection.Connection

	// worker's settings beyond the connection, such as where its cob.yaml is.
	settings []string

	lock     *os.File
	guard    *process.Watchdog
	postgres *postgres.Cluster
	temporal *temporal.Server
	worker   *process.Child
	died     chan *process.Child
}

// errRunning is the error where another stack holds the folder.
var errRunning = errors.New("a development stack is running already")

// Start brings everything up and publishes the connection. After an error, Close.
func (s *Stack) Start(ctx context.Context) error {
	steps := []func(context.Context) error{s.claim, s.clearWorker, s.startServers, s.apply, s.startWorker, s.publish}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Wait returns when the context ends, or with the reason when a child died.
func (s *Stack) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case child := <-s.died:
		return child.Death()
	}
}

// Close stops everything, the worker first, and withdraws the connection.
func (s *Stack) Close() error {
	var errs []error
	if s.lock != nil {
		errs = append(errs, connection.Remove(s.Dir))
	}
	if s.worker != nil {
		errs = append(errs, s.worker.Stop(workerPatience))
	}
	if s.temporal != nil {
		errs = append(errs, s.temporal.Stop())
	}
	if s.postgres != nil {
		errs = append(errs, s.postgres.Stop())
	}
	if s.guard != nil {
		s.guard.Dismiss()
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}

// claim takes the folder for us alone. The kernel gives it back when we end.
func (s *Stack) claim(context.Context) error {
	lock, err := claim(s.Dir)
	if err != nil {
		return err
	}
	s.lock = lock
	s.died = make(chan *process.Child, 3)
	// A connection that a killed predecessor left names servers that we are about to stop.
	if err := connection.Remove(s.Dir); err != nil {
		return err
	}
	s.guard, err = process.Guard("")
	return err
}

func claim(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil { // #nosec G301 -- root's Postgres runs as another user, who passes through
		return nil, fmt.Errorf("making the development folder: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600) // #nosec G304 -- our own folder
	if err != nil {
		return nil, fmt.Errorf("locking the development folder: %w", err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = errRunning
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// clearWorker ends a killed predecessor's worker before the servers that it uses change.
func (s *Stack) clearWorker(context.Context) error {
	left, err := process.StopLeftover(s.record("worker"), workerPatience)
	if left {
		s.say("stopped what a killed predecessor left behind")
	}
	return err
}

// startServers starts Postgres and Temporal side by side.
func (s *Stack) startServers(ctx context.Context) error {
	program, err := temporal.Program(ctx, s.Root, s.Say)
	if err != nil {
		return err
	}
	env, err := environ.Private(s.Dir)
	if err != nil {
		return err
	}
	var both sync.WaitGroup
	var errPostgres, errTemporal error
	both.Go(func() { errPostgres = s.startPostgres(ctx, env) })
	both.Go(func() { errTemporal = s.startTemporal(ctx, env, program) })
	both.Wait()
	return errors.Join(errPostgres, errTemporal)
}

func (s *Stack) startPostgres(ctx context.Context, env []string) (err error) {
	s.postgres, err = postgres.Start(ctx, postgres.Config{
		Dir: filepath.Join(s.Dir, "postgres"), Env: env, Log: s.log("postgres"), Record: s.record("postgres"),
	})
	if err != nil {
		return err
	}
	if err := s.watch(s.postgres.Child()); err != nil {
		return err
	}
	s.Connection.DatabaseURL, s.Connection.MigrateDatabaseURL, err = logins(ctx, s.postgres)
	return err
}

// logins makes the database and the roles of production, with passwords that last until
// the next start.
func logins(ctx context.Context, cluster *postgres.Cluster) (app, owner string, err error) {
	ownerPassword, appPassword := rand.Text(), rand.Text()
	if err := postgres.CreateRoles(ctx, cluster.AdminURL(), ownerPassword, appPassword); err != nil {
		return "", "", err
	}
	admin, err := postgres.Connect(ctx, cluster.AdminURL())
	if err != nil {
		return "", "", err
	}
	defer func() { _ = admin.Close(ctx) }()
	exists, err := admin.Exists(ctx, database)
	if err == nil && !exists {
		err = admin.CreateDatabase(ctx, database, "template0")
	}
	return cluster.URL(postgres.App, appPassword, database), cluster.URL(postgres.Owner, ownerPassword, database), err
}

func (s *Stack) startTemporal(ctx context.Context, env []string, program string) (err error) {
	s.temporal, err = temporal.Start(ctx, temporal.Config{
		Program: program, Dir: s.Dir, Env: env, Log: s.log("temporal"), Record: s.record("temporal"), Say: s.Say,
	})
	if err != nil {
		return err
	}
	s.Connection.TemporalAddress, s.Connection.UIURL = s.temporal.Address(), s.temporal.UIURL()
	s.Connection.Namespace = temporal.Namespace
	s.Connection.OutputDir = filepath.Join(s.Root, "out")
	return s.watch(s.temporal.Child())
}

// apply brings the schema, the search attributes, templates and series to this checkout's.
func (s *Stack) apply(ctx context.Context) error {
	commands := [][]string{{"migrate", "up"}, {"init"}}
	for _, files := range []struct {
		folder string
		apply  []string
	}{
		{"metrics", []string{"metric", "apply"}}, // before the templates that are about them
		{"templates", []string{"template", "apply"}},
		{"series", []string{"series", "apply", "--allow-drift"}}, // a schedule changed by hand is for starter check to tell
	} {
		if _, err := os.Stat(filepath.Join(s.Root, files.folder)); err == nil {
			commands = append(commands, append(files.apply, files.folder))
		}
	}
	for _, command := range commands {
		if err := s.quietStarter(ctx, command...); err != nil {
			return err
		}
	}
	return nil
}

// startWorker runs the real worker and waits until it says that it is ready.
func (s *Stack) startWorker(ctx context.Context) error {
	free, err := port.Free()
	if err != nil {
		return err
	}
	metrics := net.JoinHostPort("127.0.0.1", strconv.Itoa(free))
	env, err := s.environment(append(s.settings, "COB_METRICS_ADDR="+metrics)...)
	if err != nil {
		return err
	}
	s.worker, err = process.Start(process.Command{
		Name: "worker", Path: filepath.Join(s.Root, "bin", "worker"), Env: env, Dir: s.Root,
		Log: s.log("worker"), Record: s.record("worker"),
	})
	if err != nil {
		return err
	}
	if err := s.watch(s.worker); err != nil {
		return err
	}
	return ready(ctx, "http://"+metrics+"/readyz", s.worker)
}

func ready(ctx context.Context, url string, child *process.Child) error {
	ctx, cancel := context.WithTimeout(ctx, workerPatience)
	defer cancel()
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}} // and no proxy
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		if response, err := client.Do(request); err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-child.Done():
			return child.Death()
		case <-ctx.Done():
			return fmt.Errorf("%s was not ready in time: %w", child.Name(), ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (s *Stack) publish(context.Context) (err error) {
	if s.Connection.Record, err = pid.Self(); err != nil {
		return err
	}
	return connection.Write(s.Dir, s.Connection)
}

// watch has the child's death end the stack, and ours the child.
func (s *Stack) watch(child *process.Child) error {
	go func() {
		<-child.Done()
		s.died <- child
	}()
	return s.guard.Watch(child)
}

func (s *Stack) environment(settings ...string) ([]string, error) {
	return environ.Private(s.Dir, append(s.Connection.Environment(), settings...)...)
}

func (s *Stack) say(format string, args ...any) { _, _ = fmt.Fprintf(s.Say, format+"\n", args...) }

func (s *Stack) log(name string) string { return filepath.Join(s.Dir, "log", name+".log") }

func (s *Stack) record(name string) string { return filepath.Join(s.Dir, "run", name+".json") }
