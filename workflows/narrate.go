package workflows

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/closeofbusiness/cob/activities"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/analysis"
)

// narrate has models write the blocks that they are asked for, and sort their
// excerpts, all at once. For each block that none wrote it says why. It never
// fails for a model's sake: rules write what models did not.
func (r *revision) narrate(ctx workflow.Context) (activities.ToAnalyse, error) {
	out := activities.ToAnalyse{Revision: r.in, Facts: r.fetched.Facts}
	if len(r.fetched.Narratives) == 0 {
		return out, nil
	}
	out.Withheld, out.Unsorted = map[string][]analysis.Outcome{}, map[string][]analysis.Outcome{}
	var errs []error
	all := workflow.NewWaitGroup(ctx)
	start := func(b *block, ask asking, into map[string][]analysis.Outcome) {
		all.Add(1)
		workflow.Go(ctx, func(ctx workflow.Context) {
			defer all.Done()
			outcomes, err := b.inTurn(ctx, ask)
			errs = append(errs, err)
			if len(outcomes) > 0 {
				into[b.Block] = outcomes
			}
		})
	}
	for _, n := range r.fetched.Narratives {
		b := &block{revision: r, Narration: n, before: workflow.Now(ctx).Add(n.Within)}
		start(b, b.write, out.Withheld)
		if n.Excerpts {
			start(b, b.sort, out.Unsorted)
		}
	}
	all.Wait(ctx)
	return out, errors.Join(errs...)
}

// block is one narrative in the making.
type block struct {
	*revision
	activities.Narration
	before time.Time // when it is needed at the latest
}

// asking has one provider do something. Nothing is returned where it did.
type asking func(workflow.Context, activities.Writer) (*analysis.Outcome, error)

// inTurn asks one provider after the other. Nothing is returned where one of them
// did what it was asked.
func (b *block) inTurn(ctx workflow.Context, ask asking) ([]analysis.Outcome, error) {
	var out []analysis.Outcome
	for _, w := range b.Providers {
		outcome, err := ask(ctx, w)
		if err != nil || outcome == nil {
			return nil, err
		}
		out = append(out, *outcome)
	}
	return out, nil
}

// write has one provider write the narrative, and mend what failed the checks.
func (b *block) write(ctx workflow.Context, w activities.Writer) (*analysis.Outcome, error) {
	var last activities.Drafted
	for round := 1; round <= 1+w.Repairs; round++ {
		summary := fmt.Sprintf("Have %s write %s", w.Name, b.Block)
		if round > 1 {
			summary = fmt.Sprintf("Have %s mend %s (%d)", w.Name, b.Block, round-1)
		}
		drafted, err := b.ask(ctx, do.Draft, summary, w, round)
		switch {
		case err != nil:
			return nil, err
		case drafted.Verdict == activities.VerdictAccepted:
			return nil, nil
		case drafted.Verdict == activities.VerdictRefused:
			last = drafted
			continue
		case last.Verdict == activities.VerdictRefused: // a repair that never came
			drafted.Reason = last.Reason + "; then " + drafted.Reason
		}
		return &analysis.Outcome{Provider: w.Name, Refused: last.Verdict == activities.VerdictRefused, Reason: drafted.Reason}, nil
	}
	return &analysis.Outcome{Provider: w.Name, Refused: true, Reason: last.Reason}, nil
}

// sort has one provider sort the block's excerpts.
func (b *block) sort(ctx workflow.Context, w activities.Writer) (*analysis.Outcome, error) {
	drafted, err := b.ask(ctx, do.Sort, fmt.Sprintf("Have %s sort the excerpts of %s", w.Name, b.Block), w, 1)
	if err != nil || drafted.Verdict == activities.VerdictAccepted {
		return nil, err
	}
	return &analysis.Outcome{Provider: w.Name, Refused: drafted.Verdict == activities.VerdictRefused, Reason: drafted.Reason}, nil
}

// ask puts one question to one provider, if there is time. Its error is a
// cancellation; everything else that goes wrong is a verdict.
func (b *block) ask(ctx workflow.Context, what any, summary string, w activities.Writer, round int) (activities.Drafted, error) {
	const least = time.Second
	left := b.before.Sub(workflow.Now(ctx))
	switch {
	case w.Missing:
		return activities.Drafted{Verdict: activities.VerdictFailed, Reason: "not set up on the worker"}, nil
	case left < least:
		return activities.Drafted{Verdict: activities.VerdictFailed, Reason: "no time was left"}, nil
	}
	var out activities.Drafted
	err := workflow.ExecuteActivity(thinking(ctx, summary, w, left), what, activities.ToDraft{Revision: b.in, Facts: b.fetched.Facts,
		Block: b.Block, Provider: w.Name, Round: round, Before: b.before}).Get(ctx, &out)
	switch {
	case err == nil:
		return out, nil
	case temporal.IsCanceledError(err):
		return out, err
	}
	return activities.Drafted{Verdict: activities.VerdictFailed, Reason: why(err)}, nil
}

// why is the reason that the activity gave, where it is one for readers; other
// errors are in the log.
func why(err error) string {
	var application *temporal.ApplicationError
	switch {
	case !errors.As(err, &application):
		return "no answer before the deadline"
	case activities.Readable(application.Type()):
		return report.Cause(err)
	}
	return "the worker failed to ask it"
}
