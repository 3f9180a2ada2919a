package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/closeofbusiness/cob/dev/connection"
)

const demoSeries = "daily-security"

// demo issues the sample's latest report and stops everything. It uses a stack that runs
// already, and leaves that one running.
func demo(ctx context.Context, args []string) (err error) {
	s, err := newStack()
	if err != nil {
		return err
	}
	d, err := s.prepare(ctx, args)
	if err != nil {
		return err
	}
	running, err := s.join(ctx, d)
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
	if err := s.starter(ctx, "run", "--series", d.series, "--date", date, "--wait", "--as-of", "due"); err != nil {
		return err
	}
	if err := s.showLedger(ctx, d.series); err != nil {
		return err
	}
	s.explainReport(running, d.series, date)
	return nil
}

// demonstration is what is shown: by rules, or by a model.
type demonstration struct {
	series string
	file   string // of the series, where it is none of the checkout's
}

// prepare reads which model is to write, if one is, and sets the worker up for it.
func (s *Stack) prepare(ctx context.Context, args []string) (demonstration, error) {
	if len(args) == 0 {
		return demonstration{series: demoSeries}, nil
	}
	if len(args) != 2 || args[0] != "--ai" {
		return demonstration{}, errors.New("usage: dev demo [--ai openai|anthropic|URL]")
	}
	m, err := parseModel(args[1])
	if err != nil {
		return demonstration{}, err
	}
	if c, err := connection.Read(s.Dir); err == nil {
		return demonstration{}, fmt.Errorf("make dev is running (process %d), and its worker knows no model. Stop it first, with Ctrl-C in its terminal", c.PID)
	}
	if err := m.settle(ctx); err != nil {
		return demonstration{}, err
	}
	if err := os.MkdirAll(s.Dir, 0o755); err != nil { // #nosec G301 -- root's Postgres runs as another user, who passes through
		return demonstration{}, err
	}
	config, file, err := m.files(s.Root, s.Dir)
	s.settings = m.settings(config)
	s.say("%s is to write the narrative; only facts and names leave this machine, and each claim is checked", m.name)
	return demonstration{series: modelSeries, file: file}, err
}

// showLedger shows what is owed, and the schedule that will issue the next report.
func (s *Stack) showLedger(ctx context.Context, series string) error {
	s.say("\nThe ledger: what was owed, and what became of it")
	if err := s.starter(ctx, "cycles", "--series", series, "--quiet"); err != nil {
		return err
	}
	s.say("\nThe schedule, which starts the next one at its cutoff")
	return s.starter(ctx, "series", "list", "--quiet")
}

// join uses the stack that runs in our folder, or starts one.
func (s *Stack) join(ctx context.Context, d demonstration) (running bool, err error) {
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
	if d.file != "" {
		return false, s.quietStarter(ctx, "series", "apply", "--allow-drift", d.file)
	}
	return false, nil
}

func (s *Stack) explainReport(running bool, series, date string) {
	with := ", while make dev runs in another terminal"
	if running {
		with = ""
	}
	link := s.Connection.UIURL + "/namespaces/" + s.Connection.Namespace + "/workflows/cob%2F" + series + "%2F" + date
	about := "--series " + series + " --date " + date
	s.say("\nThe files:\n  %s", short(filepath.Join(s.Connection.OutputDir, series, date)))
	s.say("\nTo go on%s:", with)
	s.say("  its numbers, each with the query that made it\n    bin/starter facts %s", about)
	s.say("  its prose, each sentence with the facts it rests on\n    bin/starter narrative explain %s", about)
	s.say("  say that the next shift has read it; the next report tells who did\n    bin/starter ack %s --by NAME", about)
	s.say("  issue the week before it as well, each day as known when it was due\n    bin/starter run --series %s --from %s --to %s --wait", series, weekBefore(date), date)
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
