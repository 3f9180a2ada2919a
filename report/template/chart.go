package template

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/closeofbusiness/cob/report/fact"
)

// The limits of charts: how many business days a line or a stack may reach back,
// and how many bars there may be.
const (
	maxDays = 31
	maxBars = 24
)

func (r *reader) chart(n ast.Node, path string) Block {
	f := r.fields(n, path, "caption", "kind", "of", "days", "with", "limit")
	if f == nil {
		return nil
	}
	c := Chart{Caption: r.optionalTitle(f, path, "caption"), Kind: r.choice(f["kind"], join(path, "kind"), "line", "bar", "stacked"), Days: Int{Value: 14}, Limit: Int{Value: 12}}
	of, ok := r.of(f["of"], join(path, "of"))
	if !ok {
		return nil
	}
	c.Of = of
	if found, expected := r.undrawable(c); expected != "" {
		r.wrong(f["of"], join(path, "of"), found, expected)
	}
	for _, only := range []struct {
		key   string
		kinds []string
	}{{"days", []string{"line", "stacked"}}, {"with", []string{"bar"}}, {"limit", []string{"bar"}}} {
		if n, ok := f[only.key]; ok && c.Kind != "" && !slices.Contains(only.kinds, c.Kind) {
			r.wrong(n, join(path, only.key), "it in a chart of kind "+c.Kind, "it only where the kind is "+strings.Join(only.kinds, " or "))
			delete(f, only.key)
		}
	}
	if n, ok := f["days"]; ok {
		c.Days = r.paramOr(n, join(path, "days"), 2, maxDays)
	}
	if n, ok := f["with"]; ok {
		c.With = r.choice(n, join(path, "with"), "comparable_previous")
	}
	if n, ok := f["limit"]; ok {
		c.Limit = r.paramOr(n, join(path, "limit"), 1, maxBars)
	}
	return c
}

// undrawable says what was found and expected where a kind of chart cannot show
// a metric, or not so broken down.
func (r *reader) undrawable(c Chart) (found, expected string) {
	m, _ := r.metrics.Lookup(c.Of.ID)
	dims := fmt.Sprintf("%d dimensions", len(c.Of.Dims))
	switch {
	case c.Of.Group:
		return c.Of.ID, "a metric"
	case c.Kind == "line" && len(c.Of.Dims) > 1:
		return dims, "a metric in total, or by one dimension"
	case c.Kind == "line" && len(c.Of.Dims) == 0 && m.Feed == "health":
		return c.Of.ID, "it by one dimension, " + c.Of.ID + "{component}: it has no total"
	case (c.Kind == "bar" || c.Kind == "stacked") && len(c.Of.Dims) != 1:
		return dims, "a metric by one dimension, such as attack.success_rate{category}"
	case c.Kind == "stacked" && !addsUp(m):
		return c.Of.ID, "a metric whose parts add up: a count or a sum"
	}
	return "", ""
}

// addsUp tells whether a metric's parts can be set on one another: rates, means
// and medians cannot.
func addsUp(m fact.Metric) bool {
	if m.Declared == nil {
		return m.Unit == fact.Count
	}
	return m.Unit != fact.Ratio && slices.Contains([]fact.Aggregate{fact.Sum, fact.Number, fact.Last}, m.Declared.Aggregate)
}
