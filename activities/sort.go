package activities

import (
	"context"

	"github.com/closeofbusiness/cob/calls"
	"github.com/closeofbusiness/cob/report/analysis"
	"github.com/closeofbusiness/cob/report/analysis/excerpts"
	"github.com/closeofbusiness/cob/report/analysis/provider"
	"github.com/closeofbusiness/cob/report/fact"
)

// Sort has a provider sort the excerpts that a block asks for, in a call of
// their own: what it makes of them is recorded as a sentence of the block.
func (a *Activities) Sort(ctx context.Context, in ToDraft) (Drafted, error) {
	return a.ask(ctx, in, a.sorting)
}

func (a *Activities) sorting(ctx context.Context, in ToDraft) (*task, error) {
	set, err := a.factSet(ctx, in.Facts)
	if err != nil {
		return nil, err
	}
	sheet, err := a.sheet(ctx, in.Revision, in.Block, set, in.Facts.SHA256)
	if err != nil {
		return nil, err
	}
	if sheet == nil || sheet.Empty() {
		return nil, nil
	}
	c := in.call(calls.Excerpts, in.Block+" excerpts")
	c.Question = provider.Question{Instructions: sheet.Instructions(), Data: sheet.Data(), SchemaName: "excerpts", Schema: sheet.Schema(), TraceParent: traceParent(ctx)}
	return &task{c, func(ctx context.Context, made calls.Made) (Drafted, error) { return a.keepSorted(ctx, in, sheet, made) }}, nil
}

// sheet is the excerpts of a block; nil where it asks for none.
func (a *Activities) sheet(ctx context.Context, r Revision, name string, set *fact.Set, factsSHA256 string) (*excerpts.Sheet, error) {
	b, err := a.block(ctx, r, name)
	if err != nil || b.Excerpts == nil {
		return nil, err
	}
	return excerpts.New(set, b.Excerpts.Of, b.values.Int(b.Excerpts.Limit), b.Excerpts.Names, factsSHA256+" "+name)
}

// sortedStage is the stage that holds what a model made of a block's excerpts.
func sortedStage(block string) string { return "excerpts " + block }

func (a *Activities) keepSorted(ctx context.Context, in ToDraft, sheet *excerpts.Sheet, made calls.Made) (Drafted, error) {
	counts, err := sheet.Read(made.Answer.Text)
	if err != nil {
		return a.refuse(ctx, made, err.Error(), err.Error())
	}
	body, err := canonical([]analysis.Sentence{sheet.Sentence(counts, made.Answer.Model)})
	if err != nil {
		return Drafted{}, err
	}
	_, err = stage(ctx, a, in.Revision, sortedStage(in.Block), jsonType, func(context.Context) ([]byte, string, error) { return body, made.ID, nil })
	if err != nil {
		return Drafted{}, err
	}
	return Drafted{Verdict: VerdictAccepted}, a.Calls.Judge(ctx, made.ID, true, "")
}
