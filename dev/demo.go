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
	// As due: the sample's feeds were complete ten minutes after the cutoff, and the page
	// shows what was known then.
	if err := s.starter(ctx, "run", "--series", demoSeries, "--date", date, "--wait", "--as-of", "due"); err != nil {
		return err
	}
	if err := s.showLedger(ctx); err != nil {
		return err
	}
	s.explainReport(running, date)
	return nil
}

// showLedger shows what is owed, and the schedule that will issue the next report.
func (s *Stack) showLedger(ctx context.Context) error {
	s.say("\nThe ledger: what was owed, and what became of it")
	if err := s.starter(ctx, "cycles", "--series", demoSeries, "--quiet"); err != nil {
		return err
	}
	s.say("\nThe schedule, which starts the next one at its cutoff")
	return s.starter(ctx, "series", "list", "--quiet")
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
	with := ", while make dev runs in another terminal"
	if running {
		with = ""
	}
	link := s.Connection.UIURL + "/namespaces/" + s.Connection.Namespace + "/workflows/cob%2F" + demoSeries + "%2F" + date
	about := "--series " + demoSeries + " --date " + date
	s.say("\nThe files:\n  %s", short(filepath.Join(s.Connection.OutputDir, demoSeries, date)))
	s.say("\nTo go on%s:", with)
	s.say("  its numbers, each with the query that made it\n    bin/starter facts %s", about)
	s.say("  say that the next shift has read it; the next report tells who did\n    bin/starter ack %s --by NAME", about)
	s.say("  issue the week before it as well, each day as known when it was due\n    bin/starter run --series %s --from %s --to %s --wait", demoSeries, weekBefore(date), date)
	s.say("  this very run, in the Temporal UI\n    %s\n", link)
}

// weekBefore is the same day of the week before.
func weekBefore(date string) string {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return day.AddDate(0, 0, -7).Format(time.DateOnly)
}
