package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"

	"github.com/closeofbusiness/cob/dev/environ"
	"github.com/closeofbusiness/cob/dev/postgres"
	"github.com/closeofbusiness/cob/dev/process"
	"github.com/closeofbusiness/cob/dev/temporal"
	"github.com/closeofbusiness/cob/dev/tool"
)

// runExec runs one command beside throw-away servers that end with it.
func runExec(ctx context.Context, args []string) (err error) {
	wants, command, err := parseExec(args)
	if err != nil {
		return err
	}
	root, err := tool.Root()
	if err != nil {
		return err
	}
	e := &throwaway{root: root}
	defer func() { err = errors.Join(err, e.close()) }()
	if err := e.start(ctx, wants.temporal); err != nil {
		return err
	}
	if wants.migrate {
		if err := e.migrate(ctx); err != nil {
			return err
		}
	}
	if wants.temporal {
		e.settings = append(e.settings, "TEST_DATABASE_URL="+e.postgres.AdminURL(),
			"TEST_TEMPORAL_ADDRESS="+e.temporal.Address(), "TEST_TEMPORAL_CLI="+e.program)
	}
	env, err := e.environment(ctx)
	if err != nil {
		return err
	}
	return foreground(ctx, "", env, command[0], command[1:]...)
}

type wanted struct{ temporal, migrate bool }

func parseExec(args []string) (wanted, []string, error) {
	at := slices.Index(args, "--")
	if at < 0 || at == len(args)-1 {
		return wanted{}, nil, errors.New("exec: no command. It comes after --")
	}
	var w wanted
	for _, flag := range args[:at] {
		switch flag {
		case "--test":
			w.temporal = true
		case "--migrate":
			w.migrate = true
		default:
			return w, nil, fmt.Errorf("exec: unknown flag %s", flag)
		}
	}
	return w, args[at+1:], nil
}

// throwaway is a pair of servers in a temporary folder.
type throwaway struct {
	root, dir string
	program   string
	settings  []string
	guard     *process.Watchdog
	postgres  *postgres.Cluster
	temporal  *temporal.Server
}

func (e *throwaway) start(ctx context.Context, withTemporal bool) (err error) {
	if e.dir, err = os.MkdirTemp("", "cob-exec-*"); err != nil {
		return err
	}
	if err := os.Chmod(e.dir, 0o711); err != nil { // #nosec G302 -- root's Postgres runs as another user, who passes through
		return err
	}
	if e.guard, err = process.Guard(e.dir); err != nil {
		return err
	}
	env, err := environ.Private(e.dir)
	if err != nil {
		return err
	}
	var both sync.WaitGroup
	var errPostgres, errTemporal error
	both.Go(func() { errPostgres = e.startPostgres(ctx, env) })
	if withTemporal {
		both.Go(func() { errTemporal = e.startTemporal(ctx, env) })
	}
	both.Wait()
	return errors.Join(errPostgres, errTemporal)
}

func (e *throwaway) startPostgres(ctx context.Context, env []string) (err error) {
	e.postgres, err = postgres.Start(ctx, postgres.Config{
		Dir: filepath.Join(e.dir, "postgres"), Env: env, Log: filepath.Join(e.dir, "postgres.log"), Throwaway: true,
	})
	if err != nil {
		return err
	}
	return e.guard.Watch(e.postgres.Child())
}

func (e *throwaway) startTemporal(ctx context.Context, env []string) (err error) {
	if e.program, err = temporal.Program(ctx, e.root, os.Stderr); err != nil {
		return err
	}
	e.temporal, err = temporal.Start(ctx, temporal.Config{
		Program: e.program, Dir: e.dir, Env: env, Log: filepath.Join(e.dir, "temporal.log"), Throwaway: true,
	})
	if err != nil {
		return err
	}
	return e.guard.Watch(e.temporal.Child())
}

// migrate makes a database with our schema. sqlc reads where it is from its own setting.
func (e *throwaway) migrate(ctx context.Context) error {
	app, owner, err := logins(ctx, e.postgres)
	if err != nil {
		return err
	}
	e.settings = append(e.settings, "DATABASE_URL="+app, "COB_MIGRATE_DATABASE_URL="+owner, "SQLC_DATABASE_URL="+owner)
	env, err := environ.Private(e.dir, e.settings...)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(e.root, "bin", "starter"), "migrate", "up") // #nosec G204 -- our own program
	cmd.Env = env
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("starter migrate up: %v\n%s", err, out)
	}
	return nil
}

// environment is private, and still lets the Go command find its caches, which the user's
// home would have told it.
func (e *throwaway) environment(ctx context.Context) ([]string, error) {
	cmd := exec.CommandContext(ctx, "go", "env", "-json", "GOCACHE", "GOMODCACHE", "GOPATH", "GOPROXY", "GOSUMDB", "GONOSUMDB",
		"GOPRIVATE", "GONOPROXY", "GOFLAGS", "GOTOOLCHAIN", "CGO_ENABLED")
	cmd.Env = environ.Building()
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	settings := map[string]string{}
	if err := json.Unmarshal(out, &settings); err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	cache, err := tool.Cache()
	if err != nil {
		return nil, err
	}
	settings["GOENV"], settings["GOTELEMETRY"] = "off", "off"
	settings["COB_DEV_CACHE"], settings["COB_DEV_PG_BIN"] = cache, e.postgres.Binaries()
	all := e.settings
	for name, value := range settings {
		all = append(all, name+"="+value)
	}
	return environ.Private(e.dir, append(all, environ.Network()...)...)
}

func (e *throwaway) close() error {
	var errs []error
	if e.temporal != nil {
		errs = append(errs, e.temporal.Stop())
	}
	if e.postgres != nil {
		errs = append(errs, e.postgres.Stop())
	}
	if e.guard != nil {
		e.guard.Dismiss()
	}
	if e.dir != "" {
		errs = append(errs, os.RemoveAll(e.dir))
	}
	return errors.Join(errs...)
}
