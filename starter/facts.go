package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"github.com/closeofbusiness/cob/catalog"
	"github.com/closeofbusiness/cob/config"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/ledger"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/snapshot"
)

func (a *app) factsCommand() *cobra.Command {
	var name, date, id, asOf string
	c := &cobra.Command{
		Use:   "facts",
		Short: "the numbers of one day",
		Long: `facts prints every figure of a series on a business date: its value, what it
is compared with, and the query and rows that made it.

Where the report was issued these are the facts it was issued with. Where it
was not, they are computed, and stderr says from what: as known at the instant
that is fixed for the report, where it is being made; else as known now, or as
--as-of says.`,
		Example: `  starter facts --series daily-security
  starter facts --series daily-security --date 2026-11-20 --id 'attack.*' --json
  starter facts --series daily-security --date 2026-11-20 --as-of due`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.facts(c.Context(), name, date, id, asOf) },
	}
	a.seriesFlags(c, &name, &date)
	c.Flags().StringVar(&id, "id", "", "only figures whose ID matches this pattern: 'attack.*'")
	c.Flags().StringVar(&asOf, "as-of", report.AsOfNow, `of a date that nobody has begun: as known "now", when it was "due", or at a time such as 2026-11-20T18:00:00Z`)
	return c
}

func (a *app) facts(ctx context.Context, name, date, id, asOf string) error {
	if _, err := path.Match(id, ""); err != nil {
		return fmt.Errorf("%w: --id %q: %w", errUsage, id, err)
	}
	if _, _, err := report.ParseAsOf(asOf); err != nil {
		return err
	}
	return a.onDate(ctx, name, date, func(store *db.Store, plan *ledger.Plan, day report.Date) error {
		set, err := a.factSet(ctx, store, plan, day, asOf)
		if err != nil {
			return err
		}
		return a.printFacts(set, id)
	})
}

// onDate runs do with the series and the date that --series and --date mean.
func (a *app) onDate(ctx context.Context, name, date string, do func(*db.Store, *ledger.Plan, report.Date) error) error {
	return a.withDatabase(ctx, func(cfg *config.Config, store *db.Store) error {
		name, err := seriesOr(name, cfg)
		if err != nil {
			return err
		}
		plan, err := ledger.Load(ctx, store.Queries, name)
		if err != nil {
			return err
		}
		day, err := dateOr(ctx, store, plan.Calendar, date)
		if err != nil {
			return err
		}
		return do(store, plan, day)
	})
}

// factSet is the issued one, or one that is computed now.
func (a *app) factSet(ctx context.Context, store *db.Store, plan *ledger.Plan, d report.Date, asOf string) (*fact.Set, error) {
	zone := plan.Calendar.Zone()
	rev, err := store.LatestRevision(ctx, plan.Series.Name, d.Time())
	if err == nil {
		a.say("revision %d, issued %s", rev.Revision, rev.IssuedAt.In(zone).Format(longTime))
		return issuedFacts(ctx, store, rev.FactsSha256)
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("read revision: %w", err)
	}
	if err := plan.Calendar.Check(d); err != nil {
		return nil, fmt.Errorf("series %s: %w", plan.Series.Name, err)
	}
	r, how, err := asKnown(ctx, store, plan, d, asOf)
	if err != nil {
		return nil, err
	}
	a.say("not issued: computed from what %s, %s", how, r.AsOf.In(zone).Format(longTime))
	return snapshot.Facts(ctx, store, r)
}

// asKnown says whose knowledge a date's facts use that is not issued: that of
// its cycle, where it is fixed, else the one that was asked for.
func asKnown(ctx context.Context, store *db.Store, plan *ledger.Plan, d report.Date, asOf string) (snapshot.Request, string, error) {
	_, cutoff := plan.Calendar.Window(d)
	deadline := plan.Series.DeadlineAfter(cutoff)
	c, err := store.Cycle(ctx, plan.Series.Name, d.Time())
	switch {
	case err == nil && c.AsOf != nil:
		plan, err := ledger.OfCycle(ctx, store.Queries, c)
		if err != nil {
			return snapshot.Request{}, "", err
		}
		l, err := catalog.OfCycle(ctx, store.Queries, c, plan.Series)
		if err != nil {
			return snapshot.Request{}, "", err
		}
		return snapshot.Request{Series: plan.Series, Calendar: plan.Calendar, Date: d, AsOf: c.AsOf.UTC(), Deadline: c.Deadline.UTC(), Needs: l.Needs()},
			"its report uses, as known at", nil
	case err == nil:
		deadline = c.Deadline
	case !errors.Is(err, pgx.ErrNoRows):
		return snapshot.Request{}, "", fmt.Errorf("read cycle: %w", err)
	}
	l, err := catalog.OfSeries(ctx, store.Queries, plan.Series)
	if err != nil {
		return snapshot.Request{}, "", err
	}
	at, how, err := asAsked(ctx, store, plan, asOf, cutoff, deadline)
	return snapshot.Request{Series: plan.Series, Calendar: plan.Calendar, Date: d, AsOf: at.UTC(), Deadline: deadline.UTC(), Needs: l.Needs()}, how, err
}

// asAsked is the instant that --as-of names.
func asAsked(ctx context.Context, store *db.Store, plan *ledger.Plan, asOf string, cutoff, deadline time.Time) (at time.Time, how string, err error) {
	now, err := store.Now(ctx)
	if err != nil {
		return now, "", fmt.Errorf("read the database's clock: %w", err)
	}
	rule, at, err := report.ParseAsOf(asOf)
	switch {
	case err != nil:
		return at, "", err
	case rule == report.AsOfDue:
		at, err = asDue(ctx, store, plan, cutoff, deadline, now)
		return at, "was known when it was due", err
	case at.IsZero():
		return now, "is known now", nil
	case at.After(now):
		return at, "", fmt.Errorf("%w: --as-of %s lies ahead", errUsage, asOf)
	}
	return at, "was known", nil
}

// asDue is the instant that the rule "due" gives, where it can be said yet.
func asDue(ctx context.Context, store *db.Store, plan *ledger.Plan, cutoff, deadline, now time.Time) (time.Time, error) {
	marks, err := snapshot.Watermarks(ctx, store.Queries, plan.Series.SourceNames(), cutoff, now)
	if err != nil {
		return now, err
	}
	s, zone := plan.Series, plan.Calendar.Zone()
	gate := ledger.Gate{Cutoff: cutoff, Deadline: deadline, Needed: s.Needed(), Optional: s.Optional(), Hold: s.Hold(), Zone: zone}
	look := gate.Look(marks)
	at, ok := gate.AsOf(look, now)
	if !ok {
		return now, fmt.Errorf("%w: --as-of due: the report would still wait, until %s: %s", errUsage, deadline.In(zone).Format(longTime), look)
	}
	return at, nil
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
