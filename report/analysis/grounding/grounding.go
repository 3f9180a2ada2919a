// Package grounding gives a model facts and checks what it writes about them.
package grounding

import (
	"cmp"
	"math/big"
	"slices"

	"github.com/closeofbusiness/cob/report/analysis"
	"github.com/closeofbusiness/cob/report/fact"
)

// maxFacts bounds what one question holds: some 60 KB, or 18,000 tokens.
const maxFacts = 200

// Material is what a model is given and what its answer is checked against.
type Material struct {
	set     *fact.Set
	options analysis.Options
	days    days
	names   *names
	entries []*entry
	byKey   map[string]*entry
	notes   []note
	leftOut int
	lexicon *lexicon
	labels  map[string]meaning // of declared metrics
}

// entry is a fact under the names that the model knows.
type entry struct {
	*fact.Fact
	metric fact.Metric
	dims   fact.Dims // as the model writes them
	key    string    // likewise
}

// days are the names of the two business days; empty where a day has no name
// that is clear without a date.
type days struct{ today, previous string }

// New selects the facts that match o.About, at most 200: totals and single
// dimensions first, then cells of target, probe and detector, those that are not
// measured and those that moved most before the others, and what cells are made
// of last. It fails where the set's zone or date is not known.
func New(set *fact.Set, o analysis.Options) (*Material, error) {
	clock, err := set.Clock()
	if err != nil {
		return nil, err
	}
	if o.Sentences <= 0 {
		o.Sentences = 6
	}
	if o.Words <= 0 {
		o.Words = 120
	}
	m := &Material{set: set, options: o, byKey: map[string]*entry{}}
	m.days.today = set.BusinessDate.Time().Format("Monday")
	if p := clock.PreviousInProse(); plainWord(p) && p != m.days.today {
		m.days.previous = p
	}
	m.names = nameFacts(set.Facts)
	m.labels = labelsOf(set.Metrics)
	m.choose()
	m.offer()
	m.names.spellings = spellings(m.entries)
	dayBefore := set.Previous.Date.Time().AddDate(0, 0, 1).Equal(set.BusinessDate.Time())
	m.lexicon = newLexicon(m.days, dayBefore, m.labels)
	return m, nil
}

// choose keeps the first facts of those asked for, the least detailed first.
func (m *Material) choose() {
	var all []*entry
	registry := m.set.Registry()
	for i := range m.set.Facts {
		f := &m.set.Facts[i]
		metric, known := registry.Lookup(f.ID)
		if !known || !m.wanted(f.ID) || metric.Declared != nil && !m.speaksOf(metric) {
			continue
		}
		dims := m.names.dims(f.Dims)
		all = append(all, &entry{Fact: f, metric: metric, dims: dims, key: fact.Key(f.ID, dims)})
	}
	slices.SortStableFunc(all, before)
	if len(all) > maxFacts {
		m.leftOut = len(all) - maxFacts
		all = all[:maxFacts]
	}
	m.entries = all
	for _, e := range all {
		m.byKey[e.key] = e
	}
}

// before orders facts by how much a reader would miss them.
func before(a, b *entry) int {
	if d := max(1, len(a.dims)) - max(1, len(b.dims)); d != 0 || len(a.dims) <= 1 {
		return d
	}
	return cmp.Or(yes(a.metric.PartOf != "")-yes(b.metric.PartOf != ""), yes(a.Measured())-yes(b.Measured()), b.moved().Cmp(a.moved()))
}

func yes(is bool) int {
	if is {
		return 1
	}
	return 0
}

// moved is how far a fact went, in its own unit; nothing where that is not known.
func (e *entry) moved() *big.Rat {
	d := e.change()
	if d == nil {
		return new(big.Rat)
	}
	return d.Abs(d)
}

func (m *Material) wanted(id string) bool {
	return len(m.options.About) == 0 ||
		slices.ContainsFunc(m.options.About, func(p string) bool { return analysis.Matches(p, id) })
}

// find is the fact of a metric and of dimensions as the model writes them, or
// nil.
func (m *Material) find(id string, d fact.Dims) *entry { return m.byKey[fact.Key(id, d)] }
