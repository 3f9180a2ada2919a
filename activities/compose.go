package activities

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/analysis"
	"github.com/closeofbusiness/cob/report/compose"
	"github.com/closeofbusiness/cob/report/document"
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
	Formats  []string   `json:"formats"` // pdf, html, md, json
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
	t, params, err := a.layout(ctx, in.Revision)
	if err != nil {
		return nil, nil, err
	}
	d, err := compose.Compose(set, t, params, narratives, compose.Meta{Revision: in.Revision.Revision, FactsSHA256: in.Facts.SHA256})
	if err != nil {
		return nil, nil, err
	}
	out, err := document.Canonical(d)
	return out, t.Output.Formats, err
}
