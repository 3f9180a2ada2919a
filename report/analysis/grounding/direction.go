package grounding

import (
	"math/big"
	"slices"

	"github.com/closeofbusiness/cob/report/fact"
)

// bindWays holds every word that says which way something went against the
// fact that it stands with.
func (k *check) bindWays(c *clause, e *entry) {
	tokens := c.own()
	earlier, _ := times(c)
	for i, t := range tokens {
		if !t.does(directions|reached) || t.does(beyond|below) && !(i == len(c.before) && len(tokens) > i+1 && priorNext(tokens[i+1:])) || c.than && t.does(relative) && (i > len(c.before) || !has(c.after, relative)) {
			continue
		}
		if t.does(reached) {
			k.notBelow(e)
			continue
		}
		if earlier && !has(c.before, out|against|than) && !(i > len(c.before) && k.leadsOn(c)) {
			k.refuse(ruleDirection, "a change is the one to this business day")
		}
		if !k.stayed(e, tokens, i) {
			k.way(e, t, negated(tokens, i), has(tokens, alike))
		}
	}
	if has(tokens, alike) {
		k.bindAlike(c, e)
	}
}

// leadsOn holds for the first of "Thursday's P hits rose to R".
func (k *check) leadsOn(c *clause) bool {
	i := slices.Index(k.parts, c)
	if i < 0 || i+1 >= len(k.parts) {
		return false
	}
	next := k.parts[i+1]
	return next.ref != nil && next.sameFact(c) && next.ref.verb == verbFact && len(next.before) > 0 && next.before[0].does(into)
}

// bindElided holds a reference whose verb is left out against the verb before
// it: "rose to R on kb-search and to R on voice-ivr".
func (k *check) bindElided(c, last *clause) {
	tokens := c.own()
	if last == nil || c.aside || c.sameFact(last) || has(tokens, directions|reached|verb|state|than|against|share) || len(c.before) == 0 {
		return
	}
	first := c.before[0]
	if !isMark(first, ",;") && !first.does(joint) || first.text == "with" {
		return
	}
	if !c.lead().does(into|by|out) && c.lead().text != "at" && has(tokens, noun) {
		return
	}
	for _, t := range k.verbs(last) {
		k.way(c.ref.fact, t, false, false)
	}
}

// verbs are the words of direction that a later reference takes over from a
// clause or the one before it.
func (k *check) verbs(c *clause) []token {
	var out []token
	for _, o := range k.parts {
		if o.ref == nil || !o.sameFact(c) {
			continue
		}
		for i, t := range o.own() {
			if t.does(directions) && !t.does(relative) && t.text != "up" && t.text != "down" && !negated(o.own(), i) {
				out = append(out, t)
			}
		}
	}
	return out
}

func (k *check) notBelow(e *entry) {
	if d := e.change(); d != nil && d.Sign() < 0 {
		k.refuse(ruleDirection, quoted("reached")+" says that it rose")
	}
}

// way checks one word of direction.
func (k *check) way(e *entry, t token, negative, alikeToo bool) {
	k.applied[ruleDirection] = true
	d := e.change()
	if !e.Measured() || d == nil {
		k.refuse(ruleDirection, "which way it went is not known")
		return
	}
	want, ok := e.wanted(t)
	if !ok {
		k.refuse(ruleDirection, quoted(t.text)+": neither way is good")
		return
	}
	if t.does(moved) && !t.does(upward|downward|flat) {
		if d.Sign() == 0 != negative {
			k.refuse(ruleDirection, quoted(t.text)+" is not so")
		}
		return
	}
	if d.Sign() == want == negative {
		k.refuse(ruleDirection, quoted(t.text)+" is not the way that it went")
		return
	}
	if !negative {
		k.ways = append(k.ways, want)
	}
	k.wayAlike(e, d, want, negative, alikeToo)
}

// wanted is the sign that a word of direction states.
func (e *entry) wanted(t token) (int, bool) {
	switch {
	case t.does(upward):
		return 1, true
	case t.does(downward):
		return -1, true
	case t.does(better | worse):
		if e.metric.Good == fact.NoPolarity {
			return 0, false
		}
		if (e.metric.Good == fact.UpIsGood) == t.does(better) {
			return 1, true
		}
		return -1, true
	}
	return 0, true
}

// wayAlike refuses a direction that did not hold over what was measured on both
// days: a changed mix of tests is no change of what was tested.
func (k *check) wayAlike(e *entry, d *big.Rat, want int, negative, alikeToo bool) {
	c := e.comparableChange()
	switch {
	case c == nil:
		if alikeToo {
			k.refuse(ruleAlike, "there is no like for like")
		}
	case alikeToo && (c.Sign() == want) == negative:
		k.refuse(ruleAlike, "like for like it did not go that way")
	case !negative && c.Sign()*d.Sign() < 0, !negative && e.Unit == fact.Ratio && c.Sign() != d.Sign():
		k.refuse(ruleAlike, "like for like it did not go that way, so say only what it is and was")
	}
	k.applied[ruleAlike] = k.applied[ruleAlike] || c != nil
}

// bindAlike lets "like for like" stand only with figures that are the same like
// for like.
func (k *check) bindAlike(c *clause, e *entry) {
	same := false
	switch v, w := e.Exact(), e.ExactComparableValue(); c.ref.verb {
	case verbFact:
		same = v != nil && w != nil && v.Cmp(w) == 0
	case verbPrevious:
		v, w = e.ExactPrevious(), e.ExactComparable()
		same = v != nil && w != nil && v.Cmp(w) == 0
	case verbChange:
		v, w = e.change(), e.comparableChange()
		same = v != nil && w != nil && v.Cmp(w) == 0
	}
	if !same {
		k.refuse(ruleAlike, "the figure is not the one like for like")
	}
}

// negated tells whether "not" stands before the word at i.
func negated(tokens []token, i int) bool {
	for j := i - 1; j >= 0 && j >= i-2; j-- {
		if tokens[j].does(not) {
			return true
		}
	}
	return false
}

// negatesWay tells whether the "not" at i stands before a word of direction.
func negatesWay(tokens []token, i int) bool {
	return slices.ContainsFunc(tokens[i+1:min(len(tokens), i+3)], func(t token) bool { return t.does(directions) })
}
