package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"time"

	"go.temporal.io/sdk/client"
	temporallog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"

	"github.com/closeofbusiness/cob/activities"
	"github.com/closeofbusiness/cob/config"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/launch"
	"github.com/closeofbusiness/cob/report/render"
	"github.com/closeofbusiness/cob/workflows"
)

// patience is how long start-up waits for a server that does not answer.
const patience = 20 * time.Second

// run starts the worker and keeps it until ctx ends.
func run(ctx context.Context, checkOnly bool) error {
	cfg, err := config.Load()
	if err != nil {
		return err
	}
	log := cfg.Logger(os.Stderr)
	slog.SetDefault(log)
	log.Info("connecting", "to", cfg.Origin, "namespace", cfg.Temporal.Namespace, "task_queue", cfg.TaskQueue)
	for _, name := range cfg.Insecure {
		log.Warn("running with a security exception", "COB_ALLOW_INSECURE", name)
	}
	store, temporal, err := connect(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer store.Close()
	defer temporal.Close()
	if checkOnly {
		log.Info("all start-up checks passed")
		return nil
	}
	return serve(ctx, cfg, log, store, temporal)
}

// connect opens database and Temporal and does the start-up checks.
func connect(ctx context.Context, cfg *config.Config, log *slog.Logger) (*db.Store, client.Client, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cfg.Database.ApplicationName = "cob-worker"
	store, err := db.Open(ctx, cfg.Database)
	if err != nil {
		return nil, nil, err
	}
	if err := errors.Join(store.CheckSchema(ctx), store.CheckLogin(ctx)); err != nil {
		store.Close()
		return nil, nil, err
	}
	cfg.Temporal.Logger = temporallog.NewStructuredLogger(log)
	cfg.Temporal.Identity = identity()
	c, err := client.DialContext(ctx, cfg.Temporal)
	if err != nil {
		store.Close()
		return nil, nil, fmt.Errorf("connect to Temporal at %s: %w", cfg.Temporal.HostPort, err)
	}
	l := &launch.Launcher{Client: c, Namespace: cfg.Temporal.Namespace, TaskQueue: cfg.TaskQueue}
	if err := l.CheckAttributes(ctx); err != nil {
		store.Close()
		c.Close()
		return nil, nil, err
	}
	return store, c, nil
}

func serve(ctx context.Context, cfg *config.Config, log *slog.Logger, store *db.Store, c client.Client) error {
	a := &activities.Activities{
		Store:     store,
		OutputDir: cfg.OutputDir,
		Starter:   &launch.Launcher{Client: c, Namespace: cfg.Temporal.Namespace, TaskQueue: cfg.TaskQueue},
	}
	w := worker.New(c, cfg.TaskQueue, options(cfg))
	workflows.Register(w, a)
	joins := worker.New(c, workflows.JoinQueue(cfg.TaskQueue), joinOptions(cfg))
	workflows.RegisterJoins(joins, a)
	for _, w := range []worker.Worker{joins, w} {
		if err := w.Start(); err != nil {
			return fmt.Errorf("start worker: %w", err)
		}
		defer w.Stop()
	}
	log.Info("running", "output", cfg.OutputDir, "build", describeBuild())
	stopped, err := health(ctx, cfg.MetricsAddr, store)
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		log.Info("stopping")
		return nil
	case err := <-stopped:
		return err
	}
}

func options(cfg *config.Config) worker.Options {
	o := worker.Options{
		// A rendering report takes a processor; more at once help nobody.
		MaxConcurrentActivityExecutionSize: 16,
		WorkerStopTimeout:                  20 * time.Second,
	}
	if cfg.Deployment != "" {
		o.DeploymentOptions = worker.DeploymentOptions{
			UseVersioning: true,
			Version:       worker.WorkerDeploymentVersion{DeploymentName: cfg.Deployment, BuildID: cfg.BuildID},
		}
	}
	return o
}

// joinOptions are for activities that do nothing but wait: as many as come.
func joinOptions(cfg *config.Config) worker.Options {
	o := options(cfg)
	o.MaxConcurrentActivityExecutionSize = 0 // the SDK's default, 1,000
	o.DisableWorkflowWorker = true
	return o
}

// health answers /healthz while the process lives and /readyz while the
// database answers. Its error channel tells that the listener broke.
func health(ctx context.Context, addr string, store *db.Store) (<-chan error, error) {
	stopped := make(chan error, 1)
	if addr == "off" {
		return stopped, nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("COB_METRICS_ADDR: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if err := store.Pool.Ping(ctx); err != nil {
			http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second}
	go func() { stopped <- server.Serve(listener) }()
	context.AfterFunc(ctx, func() { _ = server.Close() }) // the process ends anyway
	return stopped, nil
}

// identity tells workers apart in histories, where it stands in some fifty events
// of each report: so it is short, and keeps the end of a host name, which is
// where those of containers differ.
func identity() string {
	const most = 12
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%d@%s", os.Getpid(), host[max(0, len(host)-most):])
}

func describeBuild() string {
	version := "devel"
	info, ok := debug.ReadBuildInfo()
	if ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				version = s.Value
			}
		}
		return fmt.Sprintf("cob %s, %s, schema %d, renderer %s", version, info.GoVersion, db.SchemaVersion(), render.Version)
	}
	return "cob " + version
}
