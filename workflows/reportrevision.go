package workflows

import (
	"fmt"
	"slices"
	"strings"

	"go.temporal.io/sdk/workflow"

	"github.com/closeofbusiness/cob/activities"
	"github.com/closeofbusiness/cob/report"
)

// ReportRevision makes one revision, from the facts to the last delivery. It
// runs for minutes and stays on the worker version that it began on.
func ReportRevision(ctx workflow.Context, in activities.Revision) (report.Receipt, error) {
	r := &revision{in: in, Progress: Progress{Stage: "fetch"}}
	if err := workflow.SetQueryHandler(ctx, report.QueryState, r.progress); err != nil {
		return report.Receipt{}, err
	}
	return r.run(ctx)
}

// Progress is the answer to the query "state".
type Progress struct {
	Stage string `json:"stage"` // fetch, analyse, compose, render, issue, deliver, done
	Note  string `json:"note,omitempty"`
}

type revision struct {
	in        activities.Revision
	fetched   activities.Fetched
	composed  activities.Composed
	asked     []report.Narrative
	artifacts []report.Artifact
	receipt   report.Receipt
	Progress  Progress
}

func (r *revision) progress() (Progress, error) { return r.Progress, nil }

func (r *revision) run(ctx workflow.Context) (report.Receipt, error) {
	for _, stage := range []struct {
		name string
		note string
		do   func(workflow.Context) error
	}{
		{"fetch", "Computing the facts.", r.fetch},
		{"compose", "Writing the narrative and composing the document.", r.compose},
		{"render", "Drawing the files.", r.render},
		{"issue", "Sealing the revision.", r.issue},
		{"deliver", "Delivering.", r.deliver},
	} {
		r.Progress = Progress{Stage: stage.name, Note: stage.note}
		workflow.SetCurrentDetails(ctx, stage.note)
		if err := stage.do(ctx); err != nil {
			return report.Receipt{}, err
		}
	}
	r.Progress = Progress{Stage: "done"}
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("The revision is **%s**. The cycle shows its receipt.", inWords(r.receipt.State)))
	return r.receipt, nil
}

func (r *revision) fetch(ctx workflow.Context) error {
	return workflow.ExecuteActivity(computing(ctx, "Compute the facts"), do.Fetch, r.in).Get(ctx, &r.fetched)
}

// compose has the narratives written, then the document made of them.
func (r *revision) compose(ctx workflow.Context) error {
	r.Progress.Stage = "analyse"
	told, err := r.narrate(ctx)
	if err != nil {
		return err
	}
	var analysed activities.Analysed
	summary := fmt.Sprintf("Write the narrative about %d figures", r.fetched.Figures)
	err = workflow.ExecuteActivity(reading(ctx, summary), do.Analyse, told).Get(ctx, &analysed)
	if err != nil {
		return err
	}
	r.asked = analysed.Asked
	r.Progress.Stage = "compose"
	return workflow.ExecuteActivity(reading(ctx, "Compose the document"), do.Compose,
		activities.ToCompose{Revision: r.in, Facts: r.fetched.Facts, Narratives: analysed.Narratives}).Get(ctx, &r.composed)
}

// render draws every format at once.
func (r *revision) render(ctx workflow.Context) error {
	futures := make([]workflow.Future, len(r.composed.Formats))
	for i, f := range r.composed.Formats {
		futures[i] = workflow.ExecuteActivity(computing(ctx, "Draw report."+f), do.Render,
			activities.ToRender{Revision: r.in, Document: r.composed.Document, Format: f})
	}
	r.artifacts = make([]report.Artifact, len(futures))
	for i, f := range futures {
		if err := f.Get(ctx, &r.artifacts[i]); err != nil {
			return err
		}
	}
	return nil
}

// issue seals the revision and puts its receipt together of what the stages
// returned: large results are not sent through the history twice.
func (r *revision) issue(ctx workflow.Context) error {
	var sealed activities.Issued
	err := workflow.ExecuteActivity(reading(ctx, fmt.Sprintf("Seal revision %d", r.in.Revision)), do.Issue, r.in).Get(ctx, &sealed)
	if err != nil {
		return err
	}
	slices.SortFunc(r.artifacts, func(a, b report.Artifact) int { return strings.Compare(a.Format, b.Format) })
	r.receipt = report.Receipt{
		Series: r.in.Series, BusinessDate: r.in.BusinessDate, Revision: r.in.Revision,
		State: sealed.State, Decision: sealed.Decision, Late: sealed.Late, AsOf: sealed.AsOf, IssuedAt: sealed.IssuedAt,
		Figures: r.fetched.Figures, Unmeasured: r.fetched.Unmeasured,
		Facts: r.fetched.Facts, Document: r.composed.Document, Artifacts: r.artifacts, Deliveries: sealed.Deliveries,
		Narratives: r.asked,
	}
	return nil
}

func (r *revision) deliver(ctx workflow.Context) error {
	return deliver(ctx, r.in, r.receipt.Deliveries)
}

// deliver brings each copy on its way by itself, and writes into all what became
// of it. One that fails is recorded so and fails nothing else: the revision is
// issued. What is delivered already is left alone.
func deliver(ctx workflow.Context, r activities.Revision, all []report.Delivery) error {
	futures := make([]workflow.Future, len(all))
	for i, d := range all {
		if d.State != report.Delivered && d.State != report.Withheld {
			futures[i] = workflow.ExecuteActivity(sending(ctx, "Deliver to "+d.Channel+" "+d.Recipient), do.Deliver,
				activities.ToDeliver{Revision: r, Delivery: d})
		}
	}
	for i, f := range futures {
		if f == nil {
			continue
		}
		d := &all[i]
		err := f.Get(ctx, d)
		if err == nil {
			continue
		}
		d.State, d.Detail = report.Undelivered, report.Cause(err)
		if err := workflow.ExecuteActivity(reading(ctx, "Record the failed delivery"), do.Undelivered, *d).Get(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}
