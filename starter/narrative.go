package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/ledger"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/analysis"
	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
)

func (a *app) narrativeCommand() *cobra.Command {
	c := &cobra.Command{Use: "narrative", Short: "who wrote the prose, and what it rests on"}
	var name, date string
	var claim int
	explain := &cobra.Command{
		Use:   "explain",
		Short: "each claim with its facts and the checks it passed",
		Long: `explain prints each sentence of an issued report's narratives: what a model
wrote before its references were filled in, the facts that it rests on with the
values they had, and the checks that it passed. Below stand all calls to
providers that were made for the report, with what came of each.`,
		Example: `  starter narrative explain --series daily-security --date 2026-11-20
  starter narrative explain --series daily-security --claim 2 --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.explain(c.Context(), name, date, claim) },
	}
	a.seriesFlags(explain, &name, &date)
	explain.Flags().IntVar(&claim, "claim", 0, "only this sentence of each narrative, from 1")
	c.AddCommand(explain)
	return c
}

// explanation is one narrative with what is behind it.
type explanation struct {
	Block    string      `json:"block"`
	Label    string      `json:"label"`
	Provider string      `json:"provider,omitempty"`
	Model    string      `json:"model,omitempty"`
	Withheld string      `json:"withheld,omitempty"`
	Claims   []explained `json:"claims"`
}

type explained struct {
	Number int             `json:"number"`
	Text   string          `json:"text"`
	Claim  string          `json:"claim,omitempty"`
	Facts  []explainedFact `json:"facts"`
	Cites  []string        `json:"cites,omitempty"`
	Checks []string        `json:"checks,omitempty"`
}

type explainedFact struct {
	Key      string `json:"key"`
	Value    string `json:"value"`
	Previous string `json:"previous"`
	Query    string `json:"query"`
	Rows     int64  `json:"rows"`
}

// callMade is a call to a provider, as its row has it.
type callMade struct {
	ID, Provider, Model, Purpose, Block  string
	Round, Attempt                       int32
	Outcome, Code, Verdict, Complaint    string
	ProviderRequestID, FinishReason      string
	InputTokens, OutputTokens, LatencyMS int64
	USD                                  float64
	At                                   string
}

func (a *app) explain(ctx context.Context, name, date string, claim int) error {
	return a.onDate(ctx, name, date, func(store *db.Store, plan *ledger.Plan, day report.Date) error {
		rev, err := store.LatestRevision(ctx, plan.Series.Name, day.Time())
		if errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("no report of %s for %s is issued. Issue it: starter run --series %s --date %s", plan.Series.Name, day, plan.Series.Name, day)
		}
		if err != nil {
			return fmt.Errorf("read revision: %w", err)
		}
		set, err := issuedFacts(ctx, store, rev.FactsSha256)
		if err != nil {
			return err
		}
		narratives, err := issuedNarratives(ctx, store, rev)
		if err != nil {
			return err
		}
		made, err := callsOf(ctx, store, rev)
		if err != nil {
			return err
		}
		return a.printExplained(explainAll(narratives, set, claim), made)
	})
}

func issuedNarratives(ctx context.Context, store *db.Store, rev db.LatestRevisionRow) (map[string]analysis.Narrative, error) {
	stage, err := store.Stage(ctx, db.StageParams{Series: rev.Series, BusinessDate: rev.BusinessDate, Revision: rev.Revision, Stage: "analyse"})
	if err != nil {
		return nil, fmt.Errorf("read the narratives: %w", err)
	}
	body, err := store.Content(ctx, stage.Sha256)
	if err != nil {
		return nil, fmt.Errorf("read the narratives: %w", err)
	}
	var out map[string]analysis.Narrative
	if err := json.Unmarshal(body, &out); err != nil {
		return nil, fmt.Errorf("read the narratives: %w", err)
	}
	return out, nil
}

func callsOf(ctx context.Context, store *db.Store, rev db.LatestRevisionRow) ([]callMade, error) {
	rows, err := store.CallsOfRevision(ctx, &rev.Series, &rev.BusinessDate, &rev.Revision)
	if err != nil {
		return nil, fmt.Errorf("read the calls: %w", err)
	}
	out := make([]callMade, len(rows))
	for i, r := range rows {
		out[i] = callMade{ID: r.ID, Provider: r.Provider, Model: r.Model, Purpose: r.Purpose, Block: r.Block, Round: r.Round, Attempt: r.Attempt,
			Outcome: r.Outcome, Code: r.Code, Verdict: r.Verdict, Complaint: r.Complaint, ProviderRequestID: r.ProviderRequestID, FinishReason: r.FinishReason,
			InputTokens: r.InputTokens, OutputTokens: r.OutputTokens, LatencyMS: r.LatencyMs, USD: float64(r.ChargedMicrousd) / 1e6, At: r.TakenAt.UTC().Format(longTime)}
	}
	return out, nil
}

// explainAll is every narrative in the order of their names.
func explainAll(narratives map[string]analysis.Narrative, set *fact.Set, claim int) []explanation {
	byKey := map[string]*fact.Fact{}
	for i := range set.Facts {
		byKey[set.Facts[i].Key()] = &set.Facts[i]
	}
	var out []explanation
	for _, block := range slices.Sorted(maps.Keys(narratives)) {
		n := narratives[block]
		e := explanation{Block: block, Label: n.Label, Provider: n.Provider, Model: n.Model, Withheld: n.Withheld, Claims: []explained{}}
		for i, s := range n.Sentences {
			if claim == 0 || claim == i+1 {
				e.Claims = append(e.Claims, explainOne(i+1, s, byKey))
			}
		}
		out = append(out, e)
	}
	return out
}

func explainOne(number int, s analysis.Sentence, byKey map[string]*fact.Fact) explained {
	out := explained{Number: number, Text: s.Text.String(), Claim: s.Claim, Cites: s.Cites, Checks: s.Checks, Facts: []explainedFact{}}
	for _, key := range s.Facts {
		f := explainedFact{Key: key}
		if found := byKey[key]; found != nil {
			f = explainedFact{Key: key, Value: found.Shown(), Previous: found.ShownPrevious(), Query: found.Query, Rows: found.Rows}
		}
		out.Facts = append(out.Facts, f)
	}
	return out
}

func (a *app) printExplained(all []explanation, made []callMade) error {
	if a.json {
		return a.printJSON(map[string]any{"narratives": all, "calls": made})
	}
	if isTerminal(a.out) {
		return a.tellExplained(all, made)
	}
	var rows [][]string
	for _, e := range all {
		rows = append(rows, []string{e.Block, "", "by", e.Label, ""})
		if e.Withheld != "" {
			rows = append(rows, []string{e.Block, "", "withheld", e.Withheld, ""})
		}
		for _, c := range e.Claims {
			rows = append(rows, c.rows(e.Block)...)
		}
	}
	for _, c := range made {
		rows = append(rows, c.row())
	}
	return a.table([]string{"BLOCK", "CLAIM", "WHAT", "TEXT", "DETAIL"}, rows)
}

// tellExplained is for people: sentences are longer than a table's cells.
func (a *app) tellExplained(all []explanation, made []callMade) error {
	var b strings.Builder
	for _, e := range all {
		fmt.Fprintf(&b, "%s: %s\n", e.Block, e.Label)
		if e.Withheld != "" {
			fmt.Fprintf(&b, "withheld: %s\n", e.Withheld)
		}
		for _, c := range e.Claims {
			for i, row := range c.rows(e.Block) {
				if i == 0 {
					fmt.Fprintf(&b, "\n%2d  %s\n", c.Number, row[3])
					continue
				}
				fmt.Fprintf(&b, "      %-11s %s\n", row[2], strings.TrimSpace(row[3]+"  "+row[4]))
			}
		}
	}
	if len(made) > 0 {
		fmt.Fprintln(&b, "\ncalls")
	}
	for _, c := range made {
		fmt.Fprintf(&b, "  %s\n      %s\n", c.row()[3], c.row()[4])
	}
	for line := range strings.Lines(b.String()) { // cleaned: a terminal obeys control characters
		if _, err := fmt.Fprintln(a.out, strings.TrimRight(document.Clean(strings.TrimRight(line, "\n")).String(), " ")); err != nil {
			return err
		}
	}
	return nil
}

func (c explained) rows(block string) [][]string {
	number := strconv.Itoa(c.Number)
	out := [][]string{{block, number, "sentence", c.Text, ""}}
	if c.Claim != "" {
		out = append(out, []string{block, number, "as written", c.Claim, ""})
	}
	for _, f := range c.Facts {
		out = append(out, []string{block, number, "fact", f.Key + " = " + f.Value, fmt.Sprintf("before %s; query %s, %d rows", f.Previous, f.Query, f.Rows)})
	}
	for _, note := range c.Cites {
		out = append(out, []string{block, number, "cites", note, "reference note"})
	}
	if len(c.Checks) > 0 {
		out = append(out, []string{block, number, "checks", strings.Join(c.Checks, "; "), "passed"})
	}
	return out
}

func (c callMade) row() []string {
	text := fmt.Sprintf("%s %s, %s, round %d, attempt %d: %s", c.Provider, c.Model, c.Purpose, c.Round, c.Attempt, c.Outcome)
	for _, more := range []string{c.Code, c.Verdict} {
		if more != "" {
			text += ", " + more
		}
	}
	detail := fmt.Sprintf("%s; %d + %d tokens, %.4f USD, %d ms; request %s", c.At, c.InputTokens, c.OutputTokens, c.USD, c.LatencyMS, c.ID)
	if c.Complaint != "" {
		detail += "; " + strings.Join(strings.Fields(c.Complaint), " ")
	}
	return []string{c.Block, "", "call", text, detail}
}
