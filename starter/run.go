package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"github.com/closeofbusiness/cob/config"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/launch"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/delivery"
)

type runFlags struct {
	series, date, output string
	wait                 bool
	timeout              time.Duration
	failIfQualified      bool
}

func (a *app) runCommand() *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "run",
		Short: "start or join a cycle",
		Long: `run starts the report of a series on a business date, or joins it where it
is being made. A report that was issued already is not made again: its receipt
is printed.

Without --wait or --output it ends as soon as the cycle runs. Ctrl-C while it
waits leaves the cycle running.`,
		Example: `  starter run --series daily-security --wait
  starter run --series daily-security --date 2026-11-20 --output ./reports`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.runReport(c.Context(), f) },
	}
	a.seriesFlags(c, &f.series, &f.date)
	c.Flags().StringVarP(&f.output, "output", "o", "", "write the files below this folder as well, as SERIES/DATE/rN/ (implies --wait)")
	c.Flags().BoolVarP(&f.wait, "wait", "w", false, "wait for the receipt")
	c.Flags().DurationVar(&f.timeout, "timeout", 30*time.Minute, "how long to wait; the cycle goes on")
	c.Flags().BoolVar(&f.failIfQualified, "fail-if-qualified", false, "exit 1 where the report was issued qualified")
	return c
}

// seriesFlags adds --series and --date.
func (a *app) seriesFlags(c *cobra.Command, series, date *string) {
	c.Flags().StringVarP(series, "series", "s", "", "the series; default COB_SERIES")
	c.Flags().StringVarP(date, "date", "d", "last", `business date YYYY-MM-DD, or "last": the latest whose cutoff has passed`)
}

// seriesOr is --series, or COB_SERIES.
func seriesOr(flag string, cfg *config.Config) (string, error) {
	if flag == "" {
		flag = cfg.Series
	}
	if flag == "" {
		return "", fmt.Errorf("%w: --series is needed (or COB_SERIES)", errUsage)
	}
	return flag, nil
}

func (a *app) runReport(ctx context.Context, f runFlags) error {
	return a.withBoth(ctx, func(cfg *config.Config, store *db.Store, l *launch.Launcher) error {
		name, err := seriesOr(f.series, cfg)
		if err != nil {
			return err
		}
		_, cal, err := seriesNamed(ctx, store, name)
		if err != nil {
			return err
		}
		date, err := dateOr(ctx, store, cal, f.date)
		if err != nil {
			return err
		}
		if err := cal.Check(date); err != nil {
			return fmt.Errorf("series %s: %w", name, err)
		}
		run, err := l.Start(ctx, report.Request{Series: name, BusinessDate: date, RequestedBy: "os-user:" + osUser()})
		if err != nil {
			return err
		}
		link := launch.Link(cfg.UIURL, l.Namespace, run.GetID())
		if !f.wait && f.output == "" {
			return a.printStarted(run, link)
		}
		r, err := a.await(ctx, l, run, f.timeout)
		if err != nil {
			return err
		}
		return a.finish(ctx, store, r, f, link)
	})
}

func (a *app) printStarted(run client.WorkflowRun, link string) error {
	if a.json {
		return a.printJSON(map[string]string{"workflow_id": run.GetID(), "run_id": run.GetRunID(), "url": link})
	}
	fmt.Fprintf(a.out, "started\t%s\n", run.GetID())
	if link != "" {
		fmt.Fprintf(a.out, "run\t%s\n", link)
	}
	return nil
}

// await shows the stages while the cycle runs, and returns its receipt.
func (a *app) await(ctx context.Context, l *launch.Launcher, run client.WorkflowRun, timeout time.Duration) (report.Receipt, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	watching, stop := context.WithCancel(ctx)
	rest := make(chan []launch.Stage)
	go func() { rest <- l.Watch(watching, run.GetID(), a.showStage) }()
	var r report.Receipt
	err := run.Get(ctx, &r)
	stop()
	untold := <-rest
	switch {
	case err == nil:
		for _, s := range untold {
			if !r.Already { // what an earlier run went through is no progress of this one
				a.showStage(s)
			}
		}
		return r, nil
	case ctx.Err() != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return r, fmt.Errorf("%w: %s has no receipt after %s; it goes on. Ask again: starter run --wait", report.ErrUnavailable, run.GetID(), timeout)
	case ctx.Err() != nil:
		return r, fmt.Errorf("interrupted: %s goes on. Wait for it again: starter run --wait", run.GetID())
	}
	if kind := launch.Kind(err); kind != nil {
		return r, fmt.Errorf("%w: %s", kind, report.Cause(err))
	}
	return r, fmt.Errorf("%s failed: %s", run.GetID(), report.Cause(err))
}

func (a *app) showStage(s launch.Stage) {
	if a.json {
		b, err := json.Marshal(s)
		if err == nil {
			fmt.Fprintln(a.out, string(b))
		}
		return
	}
	a.say("  %-8s %s", s.Name, s.Note)
}

// finish writes the files where they are wanted and prints the receipt.
func (a *app) finish(ctx context.Context, store *db.Store, r report.Receipt, f runFlags, link string) error {
	var folder string
	if f.output != "" {
		folder = delivery.Folder(f.output, r.Series, r.BusinessDate, r.Revision)
		if err := writeFiles(ctx, store, r, folder); err != nil {
			return err
		}
	}
	if err := a.printReceipt(r, folder, link); err != nil {
		return err
	}
	undelivered := false
	for _, d := range r.Deliveries {
		if d.State != report.Delivered {
			undelivered = true
			fmt.Fprintf(a.err, "not delivered to %s %s: %s %s\n", d.Channel, d.Recipient, d.State, d.Detail)
		}
	}
	qualified := r.State == report.IssuedQualified
	if qualified {
		a.say("qualified: the report says on its first page what is missing")
	}
	if undelivered || qualified && f.failIfQualified {
		return errNo
	}
	return nil
}

func writeFiles(ctx context.Context, store *db.Store, r report.Receipt, folder string) error {
	for _, file := range r.Artifacts {
		digest, err := file.Ref.Digest()
		if err != nil {
			return err
		}
		body, err := store.Content(ctx, digest)
		if err != nil {
			return fmt.Errorf("read %s: %w", file.FileName, err)
		}
		if err := delivery.ToFolder(folder, file, body); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) printReceipt(r report.Receipt, folder, link string) error {
	if a.json {
		b, err := json.Marshal(r)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(a.out, string(b))
		return err
	}
	verb, state := "issued ", "complete"
	if r.Already {
		verb = "already issued "
		a.say("revision %d was already issued, %s; nothing was made again", r.Revision, r.IssuedAt.Format("Mon 2 Jan 2006 15:04 MST"))
	}
	if r.State == report.IssuedQualified {
		state = "qualified"
	}
	if r.Late {
		state += ", late"
	}
	fmt.Fprintf(a.out, "%s %s  %s  revision %d   %s   %d not measured\n", verb, r.Series, r.BusinessDate, r.Revision, state, r.Unmeasured)
	for _, where := range folders(r, folder) {
		fmt.Fprintf(a.out, "files   %s\n", filepath.Join(where, "report.{"+strings.Join(formats(r), ",")+"}"))
	}
	fmt.Fprintf(a.out, "facts   sha256:%s…%s   %d figures\n", r.Facts.SHA256[:8], r.Facts.SHA256[60:], r.Figures)
	if link != "" {
		fmt.Fprintf(a.out, "run     %s\n", link)
	}
	return nil
}

// folders lists where the files are.
func folders(r report.Receipt, extra string) []string {
	var out []string
	for _, d := range r.Deliveries {
		if d.Channel == "folder" && d.State == report.Delivered {
			out = append(out, delivery.Folder(d.Recipient, r.Series, r.BusinessDate, r.Revision))
		}
	}
	if extra != "" {
		out = append(out, extra)
	}
	return out
}

func formats(r report.Receipt) []string {
	out := make([]string, len(r.Artifacts))
	for i, f := range r.Artifacts {
		out[i] = f.Format
	}
	return out
}
