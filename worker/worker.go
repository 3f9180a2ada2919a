package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	"go.temporal.io/sdk/client"
	temporallog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"

	"github.com/closeofbusiness/cob/activities"
	"github.com/closeofbusiness/cob/calls"
	"github.com/closeofbusiness/cob/config"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/egress"
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
	desk, err := cfg.Desk(store)
	if err != nil {
		return err
	}
	if checkOnly {
		log.Info("all start-up checks passed")
		return nil
	}
	return serve(ctx, cfg, log, store, temporal, desk)
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

func serve(ctx context.Context, cfg *config.Config, log *slog.Logger, store *db.Store, c client.Client, desk *calls.Desk) error {
	a := &activities.Activities{
		Store:     store,
		Calls:     desk,
		OutputDir: cfg.OutputDir,
		PollEvery: cfg.PollEvery,
		Starter:   &launch.Launcher{Client: c, Namespace: cfg.Temporal.Namespace, TaskQueue: cfg.TaskQueue},
	}
	w := worker.New(c, cfg.TaskQueue, options(cfg))
	workflows.Register(w, a)
	joins := worker.New(c, workflows.JoinQueue(cfg.TaskQueue), joinOptions(cfg))
	workflows.RegisterJoins(joins, a)
	for _, w := range append([]worker.Worker{joins, w}, models(cfg, log, c, a)...) {
		if err := w.Start(); err != nil {
			return fmt.Errorf("start worker: %w", err)
		}
		defer w.Stop()
	}
	log.Info("running", "output", cfg.OutputDir, "build", describeBuild())
	d := newDeployment(cfg, c, log)
	go d.watch(ctx)
	stopped, err := health(ctx, cfg.MetricsAddr, store.Pool, d)
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

// models are the workers that ask the providers, each on a queue of its own, so
// that a slow one takes no place from the others.
func models(cfg *config.Config, log *slog.Logger, c client.Client, a *activities.Activities) []worker.Worker {
	var out []worker.Worker
	for _, p := range a.Calls.Providers() {
		w := worker.New(c, workflows.ModelQueue(cfg.TaskQueue, p.Name), modelOptions(cfg))
		workflows.RegisterModel(w, a)
		out = append(out, w)
		log.Info("asking a model", "provider", p.Name, "kind", p.Kind, "model", p.Model)
	}
	for _, weaker := range egress.Exceptions(cfg.Egress) {
		log.Warn("running with a security exception", "egress", weaker)
	}
	return out
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

// modelOptions are for activities that mostly wait for somebody else's answer.
func modelOptions(cfg *config.Config) worker.Options {
	o := options(cfg)
	o.DisableWorkflowWorker = true
	return o
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
	build, goVersion := config.Build(), "unknown Go"
	if build == "" {
		build = "devel"
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		goVersion = info.GoVersion
	}
	return fmt.Sprintf("cob %s, %s, schema %d, renderer %s", build, goVersion, db.SchemaVersion(), render.Version)
}
