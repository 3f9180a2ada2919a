package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os/user"
	"time"

	"go.temporal.io/sdk/client"
	temporallog "go.temporal.io/sdk/log"

	"github.com/closeofbusiness/cob/config"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/launch"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/calendar"
)

// patience is how long a command waits for a server that does not answer.
const patience = 15 * time.Second

// database opens the application's connection and checks its schema.
func (a *app) database(ctx context.Context, cfg *config.Config) (*db.Store, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cfg.Database.ApplicationName = "cob-starter"
	cfg.Database.Conns = min(cfg.Database.Conns, 4)
	store, err := db.Open(ctx, cfg.Database)
	if errors.Is(err, report.ErrInvalid) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", report.ErrUnavailable, err)
	}
	if err := store.CheckSchema(ctx); err != nil {
		store.Close()
		return nil, err
	}
	return store, nil
}

// temporal connects to the server.
func (a *app) temporal(ctx context.Context, cfg *config.Config) (*launch.Launcher, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cfg.Temporal.Logger = temporallog.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil)))
	c, err := client.DialContext(ctx, cfg.Temporal)
	if err != nil {
		return nil, fmt.Errorf("%w: connect to Temporal at %s: %w", report.ErrUnavailable, cfg.Temporal.HostPort, err)
	}
	return &launch.Launcher{Client: c, Namespace: cfg.Temporal.Namespace, TaskQueue: cfg.TaskQueue}, nil
}

// withDatabase runs do with the settings and the application's connection.
func (a *app) withDatabase(ctx context.Context, do func(*config.Config, *db.Store) error) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	store, err := a.database(ctx, cfg)
	if err != nil {
		return err
	}
	defer store.Close()
	return do(cfg, store)
}

// reading runs do with a connection that can write nothing.
func (a *app) reading(ctx context.Context, do func(*config.Config, *db.Store) error) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	cfg.Database.ReadOnly = true
	store, err := a.database(ctx, cfg)
	if err != nil {
		return err
	}
	defer store.Close()
	return do(cfg, store)
}

// withBoth runs do with database and Temporal.
func (a *app) withBoth(ctx context.Context, do func(*config.Config, *db.Store, *launch.Launcher) error) error {
	return a.withDatabase(ctx, func(cfg *config.Config, store *db.Store) error {
		l, err := a.temporal(ctx, cfg)
		if err != nil {
			return err
		}
		defer l.Client.Close()
		// A workflow that sets an attribute which is not registered would hang.
		if err := l.CheckAttributes(ctx); err != nil {
			return err
		}
		return do(cfg, store, l)
	})
}

// dateOr reads --date: a day, or "last" for the latest business date whose
// cutoff has passed.
func dateOr(ctx context.Context, store *db.Store, cal *calendar.Calendar, flag string) (report.Date, error) {
	if flag != "" && flag != "last" {
		return report.ParseDate(flag)
	}
	now, err := store.Now(ctx)
	if err != nil {
		return "", fmt.Errorf("read the database's clock: %w", err)
	}
	return cal.Latest(now), nil
}

// osUser is who runs this command, as the operating system knows them.
func osUser() string {
	u, err := user.Current()
	if err != nil {
		return "unknown"
	}
	return u.Username
}
