package grounding

import "slices"

// bindScope refuses what a reader would take to be about less than it is: a
// figure behind "On kb-search …" that is not kb-search's, or before
// "… on kb-search" or "… on Thursday" at the end of what it is joined with.
func (k *check) bindScope(c *clause, e *entry) {
	own := c.own()
	for _, named := range k.opening() {
		if !hasAny(e, named) && !k.apart(c) && !has(own, wholeSet|cell) && !sameKind(entities(own), named) {
			k.refuse(ruleSubject, "the sentence begins with the name of something that a reference is not about")
		}
	}
	i := slices.Index(k.parts, c)
	if i <= 0 || c.ref == nil || c.wholeOf != nil || c.partOf != nil || c.aside {
		return
	}
	p := k.parts[i-1]
	if p.ref == nil || p.aside || separatedBy(p.after) || separatedBy(c.before) {
		return
	}
	for _, named := range trailing(c.after) {
		if !hasAny(p.ref.fact, named) && brokenDown(p.ref.fact, named) && len(entities(p.own())) == 0 && !has(p.own(), wholeSet) {
			k.refuse(ruleSubject, "a name at the end may be about the reference before as well: say for each what it is about")
		}
	}
	if k.trailingDay(p, c) {
		k.refuse(rulePeriod, "a day at the end may be that of the reference before as well: say for each which day it is")
	}
}

// trailingDay holds where the previous business day stands behind the second of
// two references and no day with the first.
func (k *check) trailingDay(p, c *clause) bool {
	earlier, later := times(p)
	if p.ref.verb == verbPrevious || earlier || later || c.lead().does(out|against|than) || !has(c.after, prior) || p.ref.verb == verbPrevious {
		return false
	}
	earlier, _ = times(c)
	return earlier
}

// opening are the names that a sentence begins with, before it says anything
// else: "On kb-search …".
func (k *check) opening() [][]dim {
	if len(k.tokens) == 0 || !k.tokens[0].does(newDay) && !slices.Contains([]string{"for", "in", "at", "within", "with"}, k.tokens[0].text) {
		return nil
	}
	var out [][]dim
	for _, t := range k.tokens[1:] {
		switch {
		case t.is(entityWord):
			out = append(out, t.dims)
		case t.does(article | thing):
		default:
			return out
		}
	}
	return out
}

// apart tells whether a semicolon stands between the beginning and a clause.
func (k *check) apart(c *clause) bool {
	own := c.own()
	if len(own) == 0 {
		return false
	}
	for _, t := range k.tokens {
		if t.start > own[0].start {
			return false
		}
		if isMark(t, ";") {
			return true
		}
	}
	return false
}

func hasAny(e *entry, named []dim) bool {
	return slices.ContainsFunc(named, func(d dim) bool { return e.dims[d.name] == d.value })
}

// sameKind tells whether one of the names is of the same dimension.
func sameKind(names [][]dim, named []dim) bool {
	for _, dims := range names {
		for _, d := range dims {
			if slices.ContainsFunc(named, func(n dim) bool { return n.name == d.name }) {
				return true
			}
		}
	}
	return false
}

// brokenDown tells whether a metric has facts by one of the dimensions.
func brokenDown(e *entry, named []dim) bool {
	for _, names := range e.metric.Dimensions {
		if slices.ContainsFunc(named, func(d dim) bool { return slices.Contains(names, d.name) }) {
			return true
		}
	}
	return false
}

// trailing are the names behind a preposition after a reference.
func trailing(after []token) [][]dim {
	var out [][]dim
	for i, t := range after {
		if t.is(entityWord) && i > 0 && (after[i-1].does(newDay|of|article|thing) || slices.Contains([]string{"for", "in", "at", "within"}, after[i-1].text)) {
			out = append(out, t.dims)
		}
	}
	return out
}

func separatedBy(tokens []token) bool {
	return slices.ContainsFunc(tokens, func(t token) bool { return isMark(t, ",;:") })
}
