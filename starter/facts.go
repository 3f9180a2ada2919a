package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"github.com/closeofbusiness/cob/config"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/calendar"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/series"
	"github.com/closeofbusiness/cob/snapshot"
)

func (a *app) factsCommand() *cobra.Command {
	var name, date, id string
	c := &cobra.Command{
		Use:   "facts",
		Short: "the numbers of one day",
		Long: `facts prints every figure of a series on a business date: its value, what it
is compared with, and the query and rows that made it.

Where the report was issued these are the facts it was issued with. Where it
was not, they are computed now from what is known now, and stderr says so.`,
		Example: `  starter facts --series daily-security
  starter facts --series daily-security --date 2026-11-20 --id 'attack.*' --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.facts(c.Context(), name, date, id) },
	}
	a.seriesFlags(c, &name, &date)
	c.Flags().StringVar(&id, "id", "", "only figures whose ID matches this pattern: 'attack.*'")
	return c
}

func (a *app) facts(ctx context.Context, name, date, id string) error {
	if _, err := path.Match(id, ""); err != nil {
		return fmt.Errorf("%w: --id %q: %w", errUsage, id, err)
	}
	return a.withDatabase(ctx, func(cfg *config.Config, store *db.Store) error {
		name, err := seriesOr(name, cfg)
		if err != nil {
			return err
		}
		s, cal, err := seriesNamed(ctx, store, name)
		if err != nil {
			return err
		}
		day, err := dateOr(ctx, store, cal, date)
		if err != nil {
			return err
		}
		set, err := a.factSet(ctx, store, s, cal, day)
		if err != nil {
			return err
		}
		return a.printFacts(set, id)
	})
}

// factSet is the issued one, or one that is computed now.
func (a *app) factSet(ctx context.Context, store *db.Store, s *series.Series, cal *calendar.Calendar, d report.Date) (*fact.Set, error) {
	rev, err := store.LatestRevision(ctx, s.Name, d.Time())
	if err == nil {
		a.say("revision %d, issued %s", rev.Revision, rev.IssuedAt.In(cal.Zone()).Format("Mon 2 Jan 2006 15:04 MST"))
		return issuedFacts(ctx, store, rev.FactsSha256)
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("read revision: %w", err)
	}
	if err := cal.Check(d); err != nil {
		return nil, fmt.Errorf("series %s: %w", s.Name, err)
	}
	now, err := store.Now(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the database's clock: %w", err)
	}
	a.say("not issued: computed from what is known now, %s", now.In(cal.Zone()).Format("Mon 2 Jan 2006 15:04 MST"))
	return snapshot.Facts(ctx, store, snapshot.Request{Series: s, Date: d, AsOf: now})
}

func issuedFacts(ctx context.Context, store *db.Store, digest []byte) (*fact.Set, error) {
	body, err := store.Content(ctx, digest)
	if err != nil {
		return nil, fmt.Errorf("read the fact set: %w", err)
	}
	var set fact.Set
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, fmt.Errorf("read the fact set: %w", err)
	}
	return &set, nil
}

func (a *app) printFacts(set *fact.Set, pattern string) error {
	facts := []fact.Fact{}
	for _, f := range set.Facts {
		if match, err := path.Match(pattern, f.ID); pattern == "" || err == nil && match {
			facts = append(facts, f)
		}
	}
	if a.json {
		return a.printJSON(facts)
	}
	rows := make([][]string, len(facts))
	for i := range facts {
		f := &facts[i]
		rows[i] = []string{f.Key(), f.Shown(), shownOrEmpty(f.Previous, f.ShownPrevious), shownOrEmpty(f.Change, f.ShownChange().String),
			shownOrEmpty(f.Comparable, f.ShownComparable), of(f), strconv.FormatInt(f.Rows, 10), f.Query, f.Reason}
	}
	return a.table([]string{"FACT", "VALUE", "PREVIOUS", "CHANGE", "LIKE FOR LIKE", "OF", "ROWS", "QUERY", "WHY NOT MEASURED"}, rows)
}

func shownOrEmpty(v *float64, show func() string) string {
	if v == nil {
		return ""
	}
	return show()
}

func of(f *fact.Fact) string {
	if f.Numerator == nil || f.Denominator == nil {
		return ""
	}
	return fmt.Sprintf("%d/%d", *f.Numerator, *f.Denominator)
}
