package main

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/closeofbusiness/cob/dev/connection"
)

const demoSeries = "daily-security"

// demo issues the sample's latest report and stops everything. It uses a stack that runs
// already, and leaves that one running.
func demo(ctx context.Context, _ []string) (err error) {
	s, err := newStack()
	if err != nil {
		return err
	}
	running, err := s.join(ctx)
	defer func() {
		if !running {
			err = errors.Join(err, s.Close())
		}
	}()
	if err != nil {
		return err
	}
	s.say("loading the sample: 90 business days, about half a minute the first time")
	date, err := s.sample(ctx)
	if err != nil {
		return err
	}
	if err := s.starter(ctx, "run", "--series", demoSeries, "--date", date, "--wait"); err != nil {
		return err
	}
	s.explainReport(running, date)
	return nil
}

// join uses the stack that runs in our folder, or starts one.
func (s *Stack) join(ctx context.Context) (running bool, err error) {
	if c, err := connection.Read(s.Dir); err == nil {
		s.say("using the development stack that is running: %s", c.UIURL)
		s.Connection = c
		return true, s.apply(ctx)
	}
	began := time.Now()
	s.say("starting Postgres, Temporal and the worker (their logs: %s)", short(filepath.Join(s.Dir, "log")))
	if err := s.Start(ctx); err != nil {
		return false, explain(err, s.Dir)
	}
	s.say("ready in %.1f s", time.Since(began).Seconds())
	return false, nil
}

func (s *Stack) explainReport(running bool, date string) {
	before := "make dev     in one terminal, then\n  "
	if running {
		before = ""
	}
	link := s.Connection.UIURL + "/namespaces/" + s.Connection.Namespace + "/workflows/cob%2F" + demoSeries + "%2F" + date
	s.say("\nThe files:\n  %s", short(filepath.Join(s.Connection.OutputDir, demoSeries, date)))
	s.say("\nIts numbers, each with the query that made it:\n  %sbin/starter facts --series %s --date %s", before, demoSeries, date)
	s.say("\nThis very run, in the Temporal UI:\n  %s%s\n", before, link)
}
