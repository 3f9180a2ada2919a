package template

import (
	"slices"
	"strings"

	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/formula"
)

// Needs is what a template asks of a fact set.
type Needs struct {
	// Metrics are those that some block shows or may speak of, in the registry's
	// order.
	Metrics []fact.Metric
	// Trends are what its charts draw over days.
	Trends []Trend
	// References are the reference notes that it lists or cites.
	References NoteNeeds
}

// Trend is a metric over the last business days, in total or by dimensions.
type Trend struct {
	ID   string
	Dims []string
	Days int
}

// Feeds are the kinds of data that the needed metrics are computed from.
func (n Needs) Feeds() []string {
	out := []string{}
	for _, m := range n.Metrics {
		if m.Feed != "" && !slices.Contains(out, m.Feed) {
			out = append(out, m.Feed)
		}
	}
	return out
}

// Declared are the needed metrics that somebody declared.
func (n Needs) Declared() []fact.Metric {
	return slices.DeleteFunc(slices.Clone(n.Metrics), func(m fact.Metric) bool { return m.Declared == nil })
}

// Needs tells what the template needs of the metrics that there are, with the
// parameters of a series.
func (t *Template) Needs(registry *fact.Registry, params Params) Needs {
	var out Needs
	patterns := []string{}
	each(t.Blocks, func(b Block) {
		patterns = append(patterns, t.asked(b)...)
		patterns = append(patterns, needed(b)...)
		out.References.add(b, params)
		if c, ok := b.(Chart); ok && c.Kind != "bar" {
			out.Trends = append(out.Trends, Trend{c.Of.ID, c.Of.Dims, params.Int(c.Days)})
		}
	})
	for _, m := range registry.Metrics() {
		if slices.ContainsFunc(patterns, func(p string) bool { return matches(p, m.ID) }) {
			out.Metrics = append(out.Metrics, m)
		}
	}
	return out
}

// asked are the metrics that a block's expressions and derived figures are made
// of.
func (t *Template) asked(b Block) (out []string) {
	for _, e := range expressions(b) {
		for _, ref := range e.Refs {
			out = append(out, ref.ID)
		}
	}
	names := derivedIn(b)
	for _, f := range t.Figures {
		if !slices.Contains(names, f.Name) {
			continue
		}
		for _, ref := range f.Value.Refs {
			out = append(out, ref.ID)
		}
	}
	return out
}

// Used are the derived figures that some block shows or asks about.
func (t *Template) Used() (out []Figure) {
	var names []string
	each(t.Blocks, func(b Block) { names = append(names, derivedIn(b)...) })
	for _, f := range t.Figures {
		if slices.Contains(names, f.Name) {
			out = append(out, f)
		}
	}
	return out
}

// derivedIn names the derived figures of a block.
func derivedIn(b Block) (out []string) {
	for _, e := range expressions(b) {
		out = append(out, e.Figures...)
	}
	switch b := b.(type) {
	case KPIs:
		for _, tile := range b.Tiles {
			out = append(out, tile.Figure)
		}
	case Text:
		for _, p := range b.Parts() {
			if p.Verb == "figure" {
				out = append(out, p.Text)
			}
		}
	}
	return out
}

func expressions(b Block) (out []*formula.Expr) {
	switch b := b.(type) {
	case Section:
		out = append(out, b.When)
	case Table:
		out = append(out, b.Where)
		for _, c := range b.Columns {
			if c.Emphasise != nil {
				out = append(out, c.Emphasise.When)
			}
		}
	}
	return slices.DeleteFunc(out, func(e *formula.Expr) bool { return e == nil })
}

// needed are the metrics that a block needs, as IDs or as patterns.
func needed(b Block) (out []string) {
	switch b := b.(type) {
	case KPIs:
		for _, tile := range b.Tiles {
			if tile.Figure == "" {
				out = append(out, tile.Ref.ID)
			}
		}
	case Narrative:
		if len(b.About) == 0 {
			return []string{"*"}
		}
		return b.About
	case Decisions, Actions:
		return []string{"actions.*"}
	case Table:
		return []string{b.Of.pattern()}
	case Findings:
		return []string{"findings.*"}
	case Chart:
		return []string{b.Of.pattern()}
	case Text:
		for _, p := range b.Parts() {
			if p.Ref.ID != "" {
				out = append(out, p.Ref.ID)
			}
		}
	}
	return out
}

// pattern matches the metric, or those of the group.
func (o Of) pattern() string {
	if o.Group {
		return o.ID + ".*"
	}
	return o.ID
}

// matches tells whether a metric's ID is the pattern, or begins as it does up to
// its star.
func matches(pattern, id string) bool {
	prefix, star := strings.CutSuffix(pattern, "*")
	return id == pattern || star && strings.HasPrefix(id, prefix)
}
