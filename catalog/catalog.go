// Package catalog reads what teams have applied to lay out their reports:
// templates, and the metrics that these are about.
package catalog

import (
	"context"
	"fmt"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/series"
	"github.com/closeofbusiness/cob/report/template"
)

// Layout is a version of a template with what a series sets its parameters to.
type Layout struct {
	Template *template.Template
	// Metrics are those that there are: built in, or declared.
	Metrics *fact.Registry
	Given   map[string]any // by the series
	Params  template.Params
}

// Needs is what the layout asks of a fact set.
func (l *Layout) Needs() template.Needs { return l.Template.Needs(l.Metrics, l.Params) }

// OfSeries is the layout that a series follows today.
func OfSeries(ctx context.Context, q *db.Queries, s *series.Series) (*Layout, error) {
	metrics, err := Metrics(ctx, q)
	if err != nil {
		return nil, err
	}
	row, err := Newest(ctx, q, s.Template)
	if err != nil {
		return nil, err
	}
	return layout(row, metrics, s)
}

// OfCycle is the layout that a cycle was opened with. It is the same whenever
// it is asked.
func OfCycle(ctx context.Context, q *db.Queries, c db.CobCycle, s *series.Series) (*Layout, error) {
	if c.Template == nil || c.TemplateVersion == nil {
		return nil, fmt.Errorf("%w: cycle %s was never opened", report.ErrInvalid, report.CycleID(c.Series, report.DateOf(c.BusinessDate)))
	}
	metrics, err := Metrics(ctx, q)
	if err != nil {
		return nil, err
	}
	row, err := q.TemplateVersion(ctx, *c.Template, *c.TemplateVersion)
	if err != nil {
		return nil, fmt.Errorf("read template %s %s: %w", *c.Template, *c.TemplateVersion, err)
	}
	return layout(row, metrics, s)
}

func layout(row db.CobTemplate, metrics *fact.Registry, s *series.Series) (*Layout, error) {
	t, err := template.Parse(row.Spec, metrics)
	if err != nil {
		return nil, fmt.Errorf("template %s %s as applied: %w", row.Name, row.Version, err)
	}
	params, err := t.Resolve(s.Parameters)
	if err != nil {
		return nil, err
	}
	return &Layout{Template: t, Metrics: metrics, Given: s.Parameters, Params: params}, nil
}

// Metrics is every metric that there is: those built in, and of those that were
// declared the newest versions.
func Metrics(context.Context, *db.Queries) (*fact.Registry, error) { return fact.Builtin(), nil }

// Newest reads the version of a template that new reports follow. A name that
// was never applied is report.ErrNotFound.
func Newest(ctx context.Context, q *db.Queries, name string) (db.CobTemplate, error) {
	rows, err := q.TemplateVersions(ctx, name)
	if err != nil {
		return db.CobTemplate{}, fmt.Errorf("read template %s: %w", name, err)
	}
	if len(rows) == 0 {
		return db.CobTemplate{}, fmt.Errorf("%w: template %q. Apply it: starter template apply FILE", report.ErrNotFound, name)
	}
	return rows[0], nil
}
