package activities

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/closeofbusiness/cob/calls"
	"github.com/closeofbusiness/cob/report/analysis"
	"github.com/closeofbusiness/cob/report/analysis/grounding"
	"github.com/closeofbusiness/cob/report/analysis/provider"
)

// Draft has a provider write a block's narrative and checks it. What passes is
// recorded as the block's narrative.
func (a *Activities) Draft(ctx context.Context, in ToDraft) (Drafted, error) {
	return a.ask(ctx, in, a.narrative)
}

// narrative is the task of writing: the facts, and what was wrong with earlier
// drafts.
func (a *Activities) narrative(ctx context.Context, in ToDraft) (*task, error) {
	set, err := a.factSet(ctx, in.Facts)
	if err != nil {
		return nil, err
	}
	b, err := a.block(ctx, in.Revision, in.Block)
	if err != nil {
		return nil, err
	}
	m, err := grounding.New(set, b.options())
	if err != nil {
		return nil, err
	}
	purpose := calls.Draft
	if in.Round > 1 {
		purpose = calls.Repair
	}
	c := in.call(purpose, in.Block)
	turns, err := a.Calls.Turns(ctx, c)
	if err != nil {
		return nil, err
	}
	c.Question = provider.Question{Instructions: m.Instructions(), Data: m.Data(), Turns: turns,
		SchemaName: "narrative", Schema: grounding.Schema(), TraceParent: traceParent(ctx)}
	return &task{c, func(ctx context.Context, made calls.Made) (Drafted, error) { return a.judge(ctx, in, m, made) }}, nil
}

// judge checks what the provider wrote. What passes is recorded as the block's
// narrative.
func (a *Activities) judge(ctx context.Context, in ToDraft, m *grounding.Material, made calls.Made) (Drafted, error) {
	draft, err := grounding.Parse(made.Answer.Text)
	if err != nil {
		return a.refuse(ctx, made, "the answer is no list of claims", err.Error())
	}
	if v := m.Check(draft); len(v) > 0 {
		return a.refuse(ctx, made, rules(v), grounding.Complaint(v))
	}
	if err := a.keepNarrative(ctx, in, m, draft, made); err != nil {
		return Drafted{}, err
	}
	return Drafted{Verdict: VerdictAccepted}, a.Calls.Judge(ctx, made.ID, true, "")
}

// rules names the rules that were broken, each once.
func rules(violations []grounding.Violation) string {
	const most = 3
	var out []string
	seen := map[string]bool{}
	for _, v := range violations {
		if !seen[v.Rule] && len(out) < most {
			out = append(out, v.Rule)
		}
		seen[v.Rule] = true
	}
	said := strings.Join(out, ", ")
	if more := len(seen) - len(out); more > 0 {
		said += fmt.Sprintf(" and %d more", more)
	}
	return said
}

// narrativeStage is the stage that holds a block's narrative by a model.
func narrativeStage(block string) string { return "narrative " + block }

func (a *Activities) keepNarrative(ctx context.Context, in ToDraft, m *grounding.Material, d grounding.Draft, made calls.Made) error {
	n := m.Narrative(d)
	n.Provider, n.Model = in.Provider, cmp.Or(made.Answer.Model, in.Provider)
	n.Label = analysis.LabelOf(n.Model, n.Provider)
	b, err := canonical(n)
	if err != nil {
		return err
	}
	_, err = stage(ctx, a, in.Revision, narrativeStage(in.Block), jsonType, func(context.Context) ([]byte, string, error) { return b, made.ID, nil })
	return err
}
