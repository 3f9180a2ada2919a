package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/closeofbusiness/cob/config"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/ingest/sample"
	"github.com/closeofbusiness/cob/report"
)

func (a *app) sampleCommand() *cobra.Command {
	var days int
	var seed uint64
	var until string
	c := &cobra.Command{
		Use:   "sample",
		Short: "load a generated history to try reports on",
		Long: `sample loads a history that is generated from a seed: scans, findings, incidents,
health and actions of a fictitious team, its reference notes and its support
desk's tickets, under sources whose names begin with "sample-". Reports over it
say that it is no measurement. The same seed and end date give the same data;
loading it twice adds nothing.`,
		Example: "  starter sample --business-days 90 --seed 1",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return a.sample(c.Context(), days, seed, until) },
	}
	c.Flags().IntVar(&days, "business-days", 90, "how many business days of history")
	c.Flags().Uint64Var(&seed, "seed", 1, "the seed")
	c.Flags().StringVar(&until, "until", "last", `last business date, YYYY-MM-DD; "last": the latest whose 17:00 in London has passed`)
	return c
}

func (a *app) sample(ctx context.Context, days int, seed uint64, until string) error {
	o := sample.Options{BusinessDays: days, Seed: seed, Progress: a.sampleProgress()}
	if until != "last" {
		date, err := report.ParseDate(until)
		if err != nil {
			return err
		}
		o.Until = date
	}
	return a.withDatabase(ctx, func(_ *config.Config, store *db.Store) error {
		began := time.Now()
		r, err := sample.Load(ctx, store.Pool, o)
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(r)
		}
		if r.Already {
			_, err = fmt.Fprintf(a.out, "sample  %s to %s is loaded already\n", r.First, r.Until)
			return err
		}
		_, err = fmt.Fprintf(a.out, "sample  %s to %s: %d batches, %d rows in %.1f s\n", r.First, r.Until, r.Batches, r.Rows, time.Since(began).Seconds())
		return err
	})
}

func (a *app) sampleProgress() func(done, all int) {
	if a.quiet || !isTerminal(a.err) {
		return nil
	}
	return func(done, all int) {
		fmt.Fprintf(a.err, "\r  loading the sample: %d of %d batches ", done, all)
		if done == all {
			fmt.Fprintln(a.err)
		}
	}
}
