package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/closeofbusiness/cob/ledger"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/analysis"
	"github.com/closeofbusiness/cob/report/compose"
	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
)

// ToCompose is a revision with its facts and narratives.
type ToCompose struct {
	Revision
	Facts      report.Ref `json:"facts"`
	Narratives report.Ref `json:"narratives"`
}

// Composed is a revision's document, by reference, and the formats that its
// template asks for.
type Composed struct {
	Document report.Ref `json:"document"`
	Formats  []string   `json:"formats"` // pdf, html, md, json, csv
}

// Compose makes the document of facts, narratives and template.
func (a *Activities) Compose(ctx context.Context, in ToCompose) (Composed, error) {
	m, err := stage(ctx, a, in.Revision, "compose", jsonType, func(ctx context.Context) ([]byte, []string, error) { return a.compose(ctx, in) })
	if err != nil {
		return Composed{}, failure(err)
	}
	log(ctx, in.Revision).Info("composed", "sha256", m.Ref.SHA256)
	return Composed{m.Ref, m.Summary}, nil
}

func (a *Activities) compose(ctx context.Context, in ToCompose) ([]byte, []string, error) {
	set, err := a.factSet(ctx, in.Facts)
	if err != nil {
		return nil, nil, err
	}
	body, err := a.content(ctx, in.Narratives)
	if err != nil {
		return nil, nil, err
	}
	var narratives map[string]analysis.Narrative
	if err := json.Unmarshal(body, &narratives); err != nil {
		return nil, nil, fmt.Errorf("%w: stored narratives %s: %w", report.ErrInvalid, in.Narratives.SHA256, err)
	}
	l, err := a.layout(ctx, in.Revision)
	if err != nil {
		return nil, nil, err
	}
	meta, err := a.meta(ctx, in, set)
	if err != nil {
		return nil, nil, err
	}
	meta.TemplateSHA256 = l.SHA256
	d, err := compose.Compose(set, l.Template, l.Given, narratives, meta)
	if err != nil {
		return nil, nil, err
	}
	out, err := document.Canonical(d)
	return out, l.Template.Output.Formats, err
}

// meta is what the page says beside the facts: about the revision itself, and
// about the previous report.
func (a *Activities) meta(ctx context.Context, in ToCompose, set *fact.Set) (compose.Meta, error) {
	c, err := a.cycle(ctx, in.Series, in.BusinessDate)
	if err != nil {
		return compose.Meta{}, err
	}
	plan, err := ledger.OfCycle(ctx, a.Store.Queries, c)
	if err != nil {
		return compose.Meta{}, err
	}
	m := compose.Meta{Revision: in.Revision.Revision, FactsSHA256: in.Facts.SHA256, Late: c.Late, Decision: decision(c),
		AcknowledgeWithin: plan.Series.AcknowledgeAfter()}
	if m.Issued, err = a.issuedFigures(ctx, in.Series, set.Previous.Date); err != nil {
		return m, err
	}
	k, err := a.Store.FirstAcknowledgement(ctx, in.Series, set.Previous.Date.Time(), set.AsOf)
	if errors.Is(err, pgx.ErrNoRows) {
		return m, nil
	}
	if err != nil {
		return m, fmt.Errorf("read the previous report's acknowledgement: %w", err)
	}
	m.Acknowledged = &compose.Acknowledgement{By: k.By, At: k.AcknowledgedAt.UTC()}
	return m, nil
}

// issuedFigures reads a date's figures as they were issued; nil: it was not.
func (a *Activities) issuedFigures(ctx context.Context, series string, d report.Date) (map[string]float64, error) {
	rev, err := a.Store.LatestRevision(ctx, series, d.Time())
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the previous revision: %w", err)
	}
	set, err := a.factSet(ctx, refOf(rev.FactsSha256, rev.FactsSize))
	if err != nil {
		return nil, fmt.Errorf("read the previous fact set: %w", err)
	}
	out := map[string]float64{}
	for i := range set.Facts {
		if f := &set.Facts[i]; f.Value != nil {
			out[f.Key()] = *f.Value
		}
	}
	return out, nil
}
