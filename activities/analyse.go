package activities

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/gowebpki/jcs"

	"github.com/closeofbusiness/cob/ledger"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/analysis"
	"github.com/closeofbusiness/cob/report/template"
)

// ToAnalyse is a revision with its facts.
type ToAnalyse struct {
	Revision
	Facts report.Ref `json:"facts"`
}

// Analysed is every narrative of a revision, by reference.
type Analysed struct {
	Narratives report.Ref `json:"narratives"`
}

// Analyse writes the narrative of each of the template's narrative blocks, by
// rules.
func (a *Activities) Analyse(ctx context.Context, in ToAnalyse) (Analysed, error) {
	m, err := stage(ctx, a, in.Revision, "analyse", jsonType, func(ctx context.Context) ([]byte, struct{}, error) {
		body, err := a.analyse(ctx, in)
		return body, struct{}{}, err
	})
	if err != nil {
		return Analysed{}, failure(err)
	}
	log(ctx, in.Revision).Info("analysed", "sha256", m.Ref.SHA256)
	return Analysed{m.Ref}, nil
}

func (a *Activities) analyse(ctx context.Context, in ToAnalyse) ([]byte, error) {
	set, err := a.factSet(ctx, in.Facts)
	if err != nil {
		return nil, err
	}
	t, params, err := a.layout(ctx, in.Revision)
	if err != nil {
		return nil, err
	}
	values, err := t.Resolve(params)
	if err != nil {
		return nil, err
	}
	narratives := map[string]analysis.Narrative{}
	for _, block := range t.Narratives() {
		n, err := analysis.ByRules(set, analysis.Options{About: block.About, Sentences: values.Int(block.Sentences)})
		if err != nil {
			return nil, err
		}
		narratives[block.Name] = n
	}
	b, err := json.Marshal(narratives)
	if err != nil {
		return nil, fmt.Errorf("encode narratives: %w", err)
	}
	return jcs.Transform(b)
}

// layout is the template version that the cycle was opened with, and what the
// series sets its parameters to.
func (a *Activities) layout(ctx context.Context, r Revision) (*template.Template, map[string]any, error) {
	c, err := a.cycle(ctx, r.Series, r.BusinessDate)
	if err != nil {
		return nil, nil, err
	}
	if c.Template == nil || c.TemplateVersion == nil {
		return nil, nil, fmt.Errorf("%w: cycle %s was never opened", report.ErrInvalid, report.CycleID(r.Series, r.BusinessDate))
	}
	row, err := a.Store.TemplateVersion(ctx, *c.Template, *c.TemplateVersion)
	if err != nil {
		return nil, nil, fmt.Errorf("read template %s %s: %w", *c.Template, *c.TemplateVersion, err)
	}
	t, err := template.Parse(row.Spec)
	if err != nil {
		return nil, nil, err
	}
	plan, err := ledger.OfCycle(ctx, a.Store.Queries, c)
	if err != nil {
		return nil, nil, err
	}
	return t, plan.Series.Parameters, nil
}
