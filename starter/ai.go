package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/closeofbusiness/cob/calls"
	"github.com/closeofbusiness/cob/config"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/egress"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/analysis/provider"
)

func (a *app) aiCommand() *cobra.Command {
	c := &cobra.Command{Use: "ai", Short: "check: the providers of cob.yaml"}
	c.AddCommand(&cobra.Command{
		Use:   "check [NAME]...",
		Short: "one real, tiny call to each provider, or to those named",
		Long: `check makes one real, tiny call to each provider of cob.yaml, or to those named,
and says what came of it. Each call counts against the provider's rate limit and
against the day's budgets, and leaves a row like every other.

It exits 1 where a provider did not answer as it should, and 3 where a rate
limit or a budget did not allow the call.`,
		Example: `  starter ai check
  starter ai check openai`,
		RunE: func(c *cobra.Command, args []string) error { return a.checkProviders(c.Context(), args) },
	})
	return c
}

// tiny is the question of a check: it shows that the model answers in the form
// that it is asked for, and holds nothing of anybody's.
var tiny = provider.Question{
	Instructions: `Answer the user's question with a JSON object that has one key, "answer", whose value is the one word that was asked for.`,
	Data:         `Which word is the opposite of "down"?`,
	SchemaName:   "check",
	Schema:       json.RawMessage(`{"type":"object","properties":{"answer":{"type":"string"}},"required":["answer"],"additionalProperties":false}`),
}

func (a *app) checkProviders(ctx context.Context, names []string) error {
	return a.withDatabase(ctx, func(cfg *config.Config, store *db.Store) error {
		desk, err := cfg.Desk(store)
		if err != nil {
			return err
		}
		all, err := chosen(desk, names)
		if err != nil {
			return err
		}
		if len(all) == 0 {
			a.say("no provider is set up: rules write every narrative. docs/ai.md tells how")
			return nil
		}
		var rows [][]string
		var errs []error
		for _, p := range all {
			row, err := a.checkProvider(ctx, desk, p)
			rows, errs = append(rows, row), append(errs, err)
		}
		if err := a.list([]string{"PROVIDER", "MODEL", "RESULT", "DETAIL"}, rows); err != nil {
			return err
		}
		return worst(errs)
	})
}

func chosen(desk *calls.Desk, names []string) ([]calls.Provider, error) {
	if len(names) == 0 {
		return desk.Providers(), nil
	}
	var out []calls.Provider
	for _, name := range names {
		p, ok := desk.Provider(name)
		if !ok {
			return nil, fmt.Errorf("%w: cob.yaml declares no provider %q", report.ErrNotFound, name)
		}
		out = append(out, p)
	}
	return out, nil
}

// checkProvider calls a provider once and describes what came of it.
func (a *app) checkProvider(ctx context.Context, desk *calls.Desk, p calls.Provider) ([]string, error) {
	a.say("asking %s", p.Name)
	began := time.Now()
	made, err := desk.Make(ctx, calls.Call{Provider: p.Name, Purpose: calls.Check, Question: tiny})
	if err == nil {
		err = judge(ctx, desk, made)
	}
	if err != nil {
		return []string{p.Name, p.Model, "FAILED", message(err)}, err
	}
	return []string{p.Name, made.Answer.Model, "ok", fmt.Sprintf("%d ms, %d + %d tokens, request %s", time.Since(began).Milliseconds(),
		made.Answer.InputTokens, made.Answer.OutputTokens, made.ID)}, nil
}

// judge looks at the answer, and records the verdict.
func judge(ctx context.Context, desk *calls.Desk, made calls.Made) error {
	wrong, complaint := inForm(made.Answer.Text), ""
	if wrong != nil {
		complaint = wrong.Error()
	}
	return errors.Join(wrong, desk.Judge(ctx, made.ID, wrong == nil, complaint))
}

// inForm tells whether an answer has the form that was asked for.
func inForm(text string) error {
	var answer struct {
		Answer string `json:"answer"`
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil || answer.Answer == "" {
		return errors.New("it answers, but not in the form that it is asked for: the model has to support JSON Schema (structured outputs)")
	}
	return nil
}

// worst is what the exit code says: a "no" before a "could not find out".
func worst(errs []error) error {
	var unknown error
	for _, err := range errs {
		var wait *calls.Wait
		var refused *calls.Refused
		switch {
		case err == nil:
		case errors.As(err, &wait), errors.As(err, &refused):
			unknown = fmt.Errorf("%w: not every provider could be asked", report.ErrUnavailable)
		default:
			return errNo
		}
	}
	return unknown
}

// checkModels lists the providers that are set up and what weakens the way to
// them, and finds series that name others. No provider is called.
func checkModels(cfg *config.Config, c *configured) []finding {
	var out []finding
	known := map[string]bool{report.ByRules: true}
	for _, p := range cfg.AI.Providers {
		known[p.Name] = true
		_, err := cfg.Desk(nil)
		out = append(out, finding{name: "provider " + p.Name, err: err, note: p.Kind + " " + p.Model + "; starter ai check calls it"})
	}
	for _, weaker := range egress.Exceptions(cfg.Egress) {
		out = append(out, finding{name: "egress", note: "exception: " + weaker})
	}
	if c == nil {
		return out
	}
	for _, name := range slices.Sorted(maps.Keys(c.series)) {
		s, err := c.parsed(name)
		if err != nil {
			continue // said where series are checked
		}
		for _, p := range s.Narrative {
			if !known[p] {
				out = append(out, finding{name: "narrative of " + name, err: fmt.Errorf("provider %q is not in this cob.yaml: the workers' must have it", p)})
			}
		}
	}
	return out
}
