package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/closeofbusiness/cob/config"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/ledger"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/document"
)

// How times are shown to people.
const (
	longTime  = "Mon 2 Jan 2006 15:04 MST"
	shortTime = "Mon 2 Jan 15:04 MST"
	clockTime = "15:04 MST"
)

// What cycles can be filtered by beside their state.
const (
	late           = "late"
	unacknowledged = "unacknowledged"
)

// shownDates is how many due dates cycles shows, unless a range is given.
const shownDates = 14

type cyclesFlags struct{ series, from, to, state string }

func (a *app) cyclesCommand() *cobra.Command {
	var f cyclesFlags
	c := &cobra.Command{
		Use:   "cycles",
		Short: "what is owed, and what became of it",
		Long: `cycles prints the ledger: every date on which a report was due, and what became of
it. It asks the database alone, so it works while Temporal is away.

Without --from it shows the last 14 due dates of each series, and older ones
that are neither issued nor waived; with --state all that are in one of these
states:

  owed           due, and nobody has begun
  open           being made
  awaiting_data  waiting for sources until the deadline
  held           past the deadline, waiting until the data is complete
  issued, issued_qualified, waived, failed
  missed         not begun within the series' catch_up
  late           past the deadline without a report, or issued late
  unacknowledged issued, and not acknowledged within the series' limit`,
		Example: `  starter cycles
  starter cycles --state owed,held,failed,missed
  starter cycles --series daily-security --from 2026-11-01 --to 2026-11-30 --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.cycles(c.Context(), f) },
	}
	c.Flags().StringVarP(&f.series, "series", "s", "", "one series; default COB_SERIES, else all")
	c.Flags().StringVar(&f.from, "from", "", "first date, YYYY-MM-DD")
	c.Flags().StringVar(&f.to, "to", "", "last date, YYYY-MM-DD")
	c.Flags().StringVar(&f.state, "state", "", "only these states, separated by commas")
	return c
}

// wanted is what cycles was asked for.
type wanted struct {
	from, to report.Date // empty: not given
	states   []string
}

func (f cyclesFlags) parse() (w wanted, err error) {
	for _, d := range []struct {
		flag string
		into *report.Date
	}{{f.from, &w.from}, {f.to, &w.to}} {
		if d.flag == "" {
			continue
		}
		if *d.into, err = report.ParseDate(d.flag); err != nil {
			return w, err
		}
	}
	if f.state == "" {
		return w, nil
	}
	known := knownStates()
	for name := range strings.SplitSeq(f.state, ",") {
		name = strings.TrimSpace(name)
		if !slices.Contains(known, name) {
			return w, fmt.Errorf("%w: --state %q: one or more of %s expected, separated by commas", errUsage, name, strings.Join(known, ", "))
		}
		w.states = append(w.states, name)
	}
	return w, nil
}

func knownStates() []string {
	var out []string
	for _, s := range report.States() {
		out = append(out, string(s))
	}
	return append(out, late, unacknowledged)
}

func (a *app) cycles(ctx context.Context, f cyclesFlags) error {
	w, err := f.parse()
	if err != nil {
		return err
	}
	return a.withDatabase(ctx, func(cfg *config.Config, store *db.Store) error {
		plans, err := plansOf(ctx, store, cmp.Or(f.series, cfg.Series))
		if err != nil {
			return err
		}
		if len(plans) == 0 {
			a.say("no series is applied, so nothing is owed. Apply one: starter series apply FILE")
		}
		now, err := store.Now(ctx)
		if err != nil {
			return fmt.Errorf("read the database's clock: %w", err)
		}
		entries, rows := []ledger.Entry{}, [][]string{}
		for _, p := range plans {
			found, err := w.entries(ctx, store, p, now)
			if err != nil {
				return err
			}
			for _, e := range found {
				entries, rows = append(entries, e), append(rows, a.cycleRow(p, e))
			}
		}
		return a.printCycles(entries, rows)
	})
}

// plansOf reads one series, or every one.
func plansOf(ctx context.Context, store *db.Store, name string) ([]*ledger.Plan, error) {
	if name == "" {
		return ledger.All(ctx, store.Queries)
	}
	p, err := ledger.Load(ctx, store.Queries, name)
	return []*ledger.Plan{p}, err
}

// entries are those of one series that were asked for.
func (w wanted) entries(ctx context.Context, store *db.Store, p *ledger.Plan, now time.Time) ([]ledger.Entry, error) {
	recent := p.Calendar.Before(p.Latest(now), shownDates)[0]
	from, to := w.from, cmp.Or(w.to, "9999-12-31") // what is waived may lie ahead
	switch {
	case from != "":
	case len(w.states) > 0:
		from = "0001-01-01"
	default:
		from = min(recent, p.FirstDay)
	}
	all, err := p.Entries(ctx, store.Queries, from, to, now)
	return slices.DeleteFunc(all, func(e ledger.Entry) bool {
		old := w.from == "" && len(w.states) == 0 && e.Date < recent
		return old && e.Settled() || !w.matches(e)
	}), err
}

func (w wanted) matches(e ledger.Entry) bool {
	return len(w.states) == 0 || slices.ContainsFunc(w.states, func(s string) bool {
		return s == string(e.State) || s == late && e.Late || s == unacknowledged && e.Unacknowledged
	})
}

func (a *app) printCycles(entries []ledger.Entry, rows [][]string) error {
	if a.json {
		return a.printJSON(entries)
	}
	err := a.table([]string{"SERIES", "DATE", "STATE", "LATE", "CUTOFF", "AS-OF", "REVISION", "ISSUED", "ACKNOWLEDGED", "DETAIL"}, rows)
	if isTerminal(a.err) {
		a.say("%s", summary(entries))
	}
	return err
}

func (a *app) cycleRow(p *ledger.Plan, e ledger.Entry) []string {
	at := a.clock(p, e)
	revision := ""
	if e.Revision > 0 {
		revision = fmt.Sprint(e.Revision)
	}
	return []string{e.Series, string(e.Date), string(e.State), lateWord(e.Late), at(&e.Cutoff), at(e.AsOf), revision, at(e.IssuedAt),
		acknowledged(e, at), detail(e, at)}
}

// clock shows times: to people in the series' zone, without the day where that is
// the business date; to programs as RFC 3339 in UTC.
func (a *app) clock(p *ledger.Plan, e ledger.Entry) func(*time.Time) string {
	terminal, zone := isTerminal(a.out), p.Calendar.Zone()
	return func(t *time.Time) string {
		switch {
		case t == nil:
			return ""
		case !terminal:
			return t.UTC().Format(time.RFC3339)
		}
		local := t.In(zone)
		switch {
		case report.DateOf(local) == e.Date:
			return local.Format(clockTime)
		case local.Year() == e.Date.Time().Year():
			return local.Format(shortTime)
		}
		return local.Format(longTime)
	}
}

func lateWord(is bool) string {
	if is {
		return late
	}
	return ""
}

func acknowledged(e ledger.Entry, at func(*time.Time) string) string {
	switch {
	case e.AcknowledgedAt != nil:
		return e.AcknowledgedBy + " " + at(e.AcknowledgedAt)
	case e.Unacknowledged:
		return "not by " + at(e.AcknowledgeBy)
	}
	return ""
}

// detail adds to the ledger's until when something is waited for.
func detail(e ledger.Entry, at func(*time.Time) string) string {
	switch e.State {
	case report.AwaitingData:
		return "until " + at(&e.Deadline) + ": " + e.Detail
	case report.Held:
		return "since " + at(&e.Deadline) + ": " + e.Detail
	case report.Missed:
		return "not begun by " + at(&e.CatchUp)
	case report.Failed:
		return message(errors.New(e.Detail))
	}
	return e.Detail
}

// summary counts what somebody may have to look after.
func summary(entries []ledger.Entry) string {
	count := map[string]int{}
	for _, e := range entries {
		count[string(e.State)]++
		if e.Late && !e.Settled() {
			count[late]++
		}
		if e.Unacknowledged {
			count[unacknowledged]++
		}
	}
	var out []string
	for _, name := range []string{late, string(report.Owed), string(report.Open), string(report.AwaitingData), string(report.Held),
		string(report.Failed), string(report.Missed), unacknowledged} {
		if n := count[name]; n > 0 {
			out = append(out, fmt.Sprintf("%d %s", n, strings.ReplaceAll(name, "_", " ")))
		}
	}
	switch {
	case len(entries) == 0:
		return "nothing: no date of the range was due, or none is in that state"
	case len(out) == 0:
		return "all of them are issued or waived"
	}
	return strings.Join(out, ", ")
}

// clean is a text from elsewhere as a terminal may show it.
func clean(s string) string { return document.Clean(s).String() }
