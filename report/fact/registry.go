package fact

import (
	"fmt"
	"slices"
	"strings"

	"github.com/closeofbusiness/cob/report"
)

// Registry is the metrics that there are, in the order in which facts are
// listed. It is never changed once made.
type Registry struct {
	metrics []Metric
	place   map[string]int // by ID
}

var builtin = newRegistry(metrics)

func newRegistry(ms []Metric) *Registry {
	r := &Registry{metrics: ms, place: make(map[string]int, len(ms))}
	for i, m := range ms {
		r.place[m.ID] = i
	}
	return r
}

// Builtin is the registry of the metrics that need no declaration.
func Builtin() *Registry { return builtin }

// With is the registry with declared metrics after its own, by their IDs. An ID
// that is there already is report.ErrInvalid.
func (r *Registry) With(declared ...Metric) (*Registry, error) {
	if len(declared) == 0 {
		return r, nil
	}
	declared = slices.Clone(declared)
	slices.SortFunc(declared, func(a, b Metric) int { return strings.Compare(a.ID, b.ID) })
	out := newRegistry(slices.Concat(r.metrics, declared))
	if len(out.place) == len(out.metrics) {
		return out, nil
	}
	for i, m := range declared {
		if _, twice := r.place[m.ID]; twice || i > 0 && declared[i-1].ID == m.ID {
			return nil, fmt.Errorf("%w: metric %s is there already", report.ErrInvalid, m.ID)
		}
	}
	return out, nil
}

// Metrics lists the metrics. The slice is the caller's.
func (r *Registry) Metrics() []Metric { return slices.Clone(r.metrics) }

// Lookup returns the metric of that ID.
func (r *Registry) Lookup(id string) (Metric, bool) {
	i, ok := r.place[id]
	if !ok {
		return Metric{}, false
	}
	return r.metrics[i], true
}

// order is a metric's place among the facts.
func (r *Registry) order(id string) int {
	if i, ok := r.place[id]; ok {
		return i
	}
	return len(r.metrics)
}

// Registry is the metrics that the set's facts are of.
func (s *Set) Registry() *Registry {
	r, err := builtin.With(s.Metrics...)
	if err != nil { // a set whose declared metrics take the names of others has none of them
		return builtin
	}
	return r
}

// isFigure holds for facts that stand for themselves. The counts about the
// facts are not among the facts they count.
func (r *Registry) isFigure(id string) bool {
	m, ok := r.Lookup(id)
	return ok && m.PartOf == "" && m.Feed != ""
}
