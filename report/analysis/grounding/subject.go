package grounding

import (
	"slices"

	"github.com/closeofbusiness/cob/report/fact"
)

// bindDims holds a reference's dimensions against the names that stand with
// it. What its words leave out is what was being talked about.
func (k *check) bindDims(c *clause, s subject) {
	tokens := c.own()
	named := entities(tokens)
	if has(tokens, wholeSet) && (len(named) > 0 || len(c.ref.fact.dims) > 0) {
		k.refuse(ruleSubject, "in all stands with a total only")
		return
	}
	if has(tokens, wholeSet) {
		return
	}
	if namesTwice(tokens) {
		k.refuse(ruleSubject, "a list names one thing twice")
	}
	ok := k.m.means(named, has(tokens, cell), c.ref.fact, s.dims) || k.shares(c, named, s)
	if !ok && c.partOf != nil {
		named = append(named, entities(c.partOf.before)...)
		if c.partOf.ref.fact.ID != c.ref.fact.ID { // "R of R expected samples came from voice-bridge"
			named = append(named, entities(c.partOf.after)...)
		}
		ok = k.m.means(named, has(tokens, cell), c.ref.fact, s.dims)
	}
	if !ok {
		k.refuse(ruleSubject, "the words beside a reference do not name exactly what it is about: "+about(c.ref.fact.dims))
	}
}

// namesTwice holds for "a and a".
func namesTwice(tokens []token) bool {
	at := lastList(tokens)
	for n, i := range at {
		if slices.ContainsFunc(at[:n], func(j int) bool { return tokens[j].text == tokens[i].text }) {
			return true
		}
	}
	return false
}

func about(d fact.Dims) string {
	if len(d) == 0 {
		return "it is a total"
	}
	return "it has dimensions"
}

func entities(tokens []token) [][]dim {
	var out [][]dim
	for _, t := range tokens {
		if t.is(entityWord) {
			out = append(out, t.dims)
		}
	}
	return out
}

// means tells whether names, completed by the dimensions that are being talked
// about, are exactly a fact's.
func (m *Material) means(named [][]dim, isCell bool, e *entry, context fact.Dims) bool {
	if len(named) == 0 {
		return sameDims(e.dims, applicable(context, e.metric))
	}
	covered := map[string]bool{}
	for _, dims := range named {
		hit := false
		for _, d := range dims {
			switch {
			case e.dims[d.name] == d.value && d.value != "":
				covered[d.name], hit = true, true
			case d.name == "category" && isCell && e.Category == d.value && m.alone(e, func(f *fact.Fact) bool { return f.Category == e.Category }):
				covered["probe"], covered["detector"], hit = true, true, true
			}
		}
		if !hit {
			return false
		}
	}
	for name, value := range e.dims {
		switch {
		case covered[name]:
		case context[name] == value:
		case name == "detector" && m.alone(e, func(f *fact.Fact) bool { return f.Dims["probe"] == e.Dims["probe"] }):
		default:
			return false
		}
	}
	return true
}

// alone tells whether a cell is the only one of its target that matches, in
// the whole set.
func (m *Material) alone(e *entry, match func(*fact.Fact) bool) bool {
	n := 0
	for i := range m.set.Facts {
		f := &m.set.Facts[i]
		if f.ID == e.ID && len(f.Dims) == len(e.Dims) && f.Dims["target"] == e.Dims["target"] && match(f) {
			n++
		}
	}
	return n == 1
}

// applicable are the dimensions that a metric is broken down by; none where it
// isn't broken down by all of them.
func applicable(d fact.Dims, m fact.Metric) fact.Dims {
	for _, names := range m.Dimensions {
		if len(names) != len(d) {
			continue
		}
		if !slices.ContainsFunc(names, func(n string) bool { _, has := d[n]; return !has }) {
			return d
		}
	}
	return nil
}
