package grounding

import (
	"maps"
	"slices"

	"github.com/closeofbusiness/cob/report/fact"
)

// peers are the facts that share a reference's figure with its own: "a and b
// had R". They are nil where its words name no list, or where one of them has
// another value or none.
func (k *check) peers(c *clause) []*entry {
	if c.ref.verb != verbFact && c.ref.verb != verbPrevious {
		return nil
	}
	tokens := c.own()
	at := lastList(tokens)
	if len(at) < 2 || c.ref.fact.Unit == fact.Count && !has(tokens, each|flat) { // else it may be the sum
		return nil
	}
	name := tokens[at[0]].dims[0].name
	var out []*entry
	var seen []string
	for _, i := range at {
		d := tokens[i].dims
		if len(d) != 1 || d[0].name != name || slices.Contains(seen, d[0].value) {
			return nil
		}
		seen = append(seen, d[0].value)
		dims := maps.Clone(c.ref.fact.dims)
		if _, has := dims[name]; !has {
			return nil
		}
		dims[name] = d[0].value
		e := k.m.find(c.ref.fact.ID, dims)
		if e == nil || !e.Measured() || (&reference{verb: c.ref.verb, fact: e}).shown() != c.ref.shown() {
			return nil
		}
		if e != c.ref.fact {
			out = append(out, e)
		}
	}
	if len(out) != len(at)-1 {
		return nil
	}
	return out
}

// shares binds a figure that is said of several names at once. It tells whether
// that is so: then what the words say of it holds for each of them.
func (k *check) shares(c *clause, named [][]dim, s subject) bool {
	peers := k.peers(c)
	if len(peers) == 0 {
		return false
	}
	at := lastList(c.own())
	name := c.own()[at[0]].dims[0].name
	rest := slices.DeleteFunc(slices.Clone(named), func(d []dim) bool {
		return d[0].name == name && d[0].value != c.ref.fact.dims[name]
	})
	if len(rest) != len(named)-len(peers) || !k.m.means(rest, has(c.own(), cell), c.ref.fact, s.dims) {
		return false
	}
	for _, e := range peers {
		k.compared = append(k.compared, e.key)
		for i, t := range c.own() {
			if t.does(directions) {
				k.way(e, t, negated(c.own(), i), has(c.own(), alike))
			}
		}
	}
	return true
}

// bindEach lets "each" stand with two names or more.
func (k *check) bindEach(tokens []token) {
	if has(tokens, each) && (len(entities(tokens)) < 2 || has(tokens, scope)) {
		k.refuse(ruleNumber, quoted("each"))
	}
}
