// Package catalog reads what teams have applied to lay out their reports:
// templates, and the metrics that these are about.
package catalog

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/series"
	"github.com/closeofbusiness/cob/report/template"
)

// Layout is a version of a template with what a series sets its parameters to.
type Layout struct {
	Template *template.Template
	// SHA256 is what the version is known by, as template.Digest makes it, in
	// hexadecimal digits.
	SHA256 string
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
	return Of(ctx, q, row, metrics, s)
}

// OfCycle is the layout that a cycle was opened with. It is the same whenever
// it is asked.
func OfCycle(ctx context.Context, q *db.Queries, c db.CobCycle, s *series.Series) (*Layout, error) {
	if c.Template == nil || c.TemplateVersion == nil {
		return nil, fmt.Errorf("%w: cycle %s was never opened", report.ErrInvalid, report.CycleID(c.Series, report.DateOf(c.BusinessDate)))
	}
	metrics, err := pinned(ctx, q, c.Metrics)
	if err != nil {
		return nil, err
	}
	row, err := q.TemplateVersion(ctx, *c.Template, *c.TemplateVersion)
	if err != nil {
		return nil, fmt.Errorf("read template %s %s: %w", *c.Template, *c.TemplateVersion, err)
	}
	return Of(ctx, q, row, metrics, s)
}

// Of is the layout that a version gives a series' reports.
func Of(ctx context.Context, q *db.Queries, row db.CobTemplate, metrics *fact.Registry, s *series.Series) (*Layout, error) {
	t, err := Template(ctx, q, row, metrics)
	if err != nil {
		return nil, err
	}
	return With(t, hex.EncodeToString(row.Sha256), metrics, s)
}

// Template is a version as it was applied, with the files that it names.
func Template(ctx context.Context, q *db.Queries, row db.CobTemplate, metrics *fact.Registry) (*template.Template, error) {
	t, err := template.Parse(row.Spec, metrics)
	if err == nil {
		err = load(ctx, q, t)
	}
	if err != nil {
		return nil, fmt.Errorf("template %s %s as applied: %w", row.Name, row.Version, err)
	}
	return t, nil
}

// With is the layout that a template, which need not be applied, gives a
// series' reports.
func With(t *template.Template, digest string, metrics *fact.Registry, s *series.Series) (*Layout, error) {
	params, err := t.Resolve(s.Parameters)
	if err != nil {
		return nil, err
	}
	return &Layout{Template: t, SHA256: digest, Metrics: metrics, Given: s.Parameters, Params: params}, nil
}

// load reads the files that a version names, as they were when it was applied.
func load(ctx context.Context, q *db.Queries, t *template.Template) error {
	if len(t.Files()) == 0 {
		return nil
	}
	rows, err := q.TemplateFiles(ctx, t.Name, t.Version)
	if err != nil {
		return fmt.Errorf("read its files: %w", err)
	}
	return t.Load(func(name string) ([]byte, error) {
		for _, row := range rows {
			if row.File == name {
				return row.Body, nil
			}
		}
		return nil, errors.New("it was not kept with the version")
	})
}

// Newest reads the version of a template that new reports follow: of those
// applied in a range, NAME, NAME@1, NAME@1.2 or NAME@1.2.0, the highest,
// whenever it was applied. Where there is none, the error is report.ErrNotFound
// and names what there is.
func Newest(ctx context.Context, q *db.Queries, ref string) (db.CobTemplate, error) {
	r, err := template.ParseRange(ref)
	if err != nil {
		return db.CobTemplate{}, err
	}
	rows, err := Versions(ctx, q, r.Name)
	if err != nil {
		return db.CobTemplate{}, err
	}
	for _, row := range rows {
		if r.Has(row.Version) {
			return row, nil
		}
	}
	return db.CobTemplate{}, none(ctx, q, r, rows)
}

// Versions are the versions of a template that were applied, the highest first.
func Versions(ctx context.Context, q *db.Queries, name string) ([]db.CobTemplate, error) {
	rows, err := q.TemplateVersions(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("read template %s: %w", name, err)
	}
	slices.SortFunc(rows, func(a, b db.CobTemplate) int { return template.CompareVersions(b.Version, a.Version) })
	return rows, nil
}

// Templates is every version of every template: by name, then from the lowest
// version up.
func Templates(ctx context.Context, q *db.Queries) ([]db.CobTemplate, error) {
	rows, err := q.ListTemplates(ctx)
	if err != nil {
		return nil, fmt.Errorf("list templates: %w", err)
	}
	slices.SortStableFunc(rows, func(a, b db.CobTemplate) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), template.CompareVersions(a.Version, b.Version))
	})
	return rows, nil
}

// none says what there is instead of a range.
func none(ctx context.Context, q *db.Queries, r template.Range, versions []db.CobTemplate) error {
	if len(versions) > 0 {
		return fmt.Errorf("%w: template %s has no version %s. It has %s", report.ErrNotFound, r.Name, r.Versions(),
			listed(versions, func(t db.CobTemplate) string { return t.Version }))
	}
	all, err := Templates(ctx, q)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return fmt.Errorf("%w: there is no template %q, nor any other. Apply its file: starter template apply FILE", report.ErrNotFound, r.Name)
	}
	return fmt.Errorf("%w: there is no template %q. There is %s. Apply its file: starter template apply FILE", report.ErrNotFound, r.Name,
		listed(all, func(t db.CobTemplate) string { return t.Name }))
}

// listed names each once.
func listed(templates []db.CobTemplate, name func(db.CobTemplate) string) string {
	var names []string
	for _, t := range templates {
		if n := name(t); !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return strings.Join(names, ", ")
}
