package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/closeofbusiness/cob/dev/connection"
	"github.com/closeofbusiness/cob/dev/tool"
)

// up keeps the stack until it is interrupted.
func up(ctx context.Context, _ []string) (err error) {
	began := time.Now()
	s, err := newStack()
	if err != nil {
		return err
	}
	s.say("starting Postgres, Temporal and the worker (their logs: %s)", short(filepath.Join(s.Dir, "log")))
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.Start(ctx); err != nil {
		return explain(err, s.Dir)
	}
	s.say("ready in %.1f s\n", time.Since(began).Seconds())
	s.say("  Temporal UI   %s", s.Connection.UIURL)
	s.say("  reports       %s", short(s.Connection.OutputDir))
	s.say("  connection    %s", short(filepath.Join(s.Dir, "connection.json")))
	s.say(`
bin/starter finds it by itself. Two ways to get data, in another terminal:
  bin/starter sample --business-days 90 --seed 1
  bin/starter ingest garak FILE… --time-zone Europe/London
and a report over them:
  bin/starter run --series daily-security --wait

Ctrl-C stops everything and keeps the data; make dev-reset forgets them.`)
	if err := s.Wait(ctx); err != nil {
		return err
	}
	s.say("\nstopping")
	return nil
}

// reset forgets the data of a stack that doesn't run.
func reset(context.Context, []string) error {
	s, err := newStack()
	if err != nil {
		return err
	}
	if _, err := os.Stat(s.Dir); errors.Is(err, os.ErrNotExist) {
		s.say("nothing to forget: there is no %s", short(s.Dir))
		return nil
	}
	if err := s.forget(); err != nil {
		return explain(err, s.Dir)
	}
	s.say("forgotten: %s", short(s.Dir))
	return s.putReportsAside()
}

func newStack() (*Stack, error) {
	root, err := tool.Root()
	if err != nil {
		return nil, err
	}
	dir := os.Getenv("COB_DEV_DIR")
	if dir == "" {
		dir = filepath.Join(root, ".dev")
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	return &Stack{Root: root, Dir: dir, Say: os.Stderr}, nil
}

// explain adds to "it is running already" where to see it.
func explain(err error, dir string) error {
	if !errors.Is(err, errRunning) {
		return err
	}
	if c, errRead := connection.Read(dir); errRead == nil {
		return fmt.Errorf("%w (process %d): %s. Stop it first, with Ctrl-C in its terminal", errRunning, c.PID, c.UIURL)
	}
	return fmt.Errorf("%w in %s and is just starting or stopping", errRunning, short(dir))
}

// short shows a path as people would type it.
func short(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	if relative, err := filepath.Rel(here, path); err == nil && filepath.IsLocal(relative) {
		return relative
	}
	return path
}
