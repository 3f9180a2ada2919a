package grounding

import (
	"maps"
	"slices"

	"github.com/closeofbusiness/cob/report/fact"
)

// bindStatement checks words without a figure: that something is not measured,
// that there was none of something, that it did or did not change, or that it
// is the highest. It returns what is being talked about after it.
func (k *check) bindStatement(c *clause, s subject) subject {
	tokens := c.own()
	nouns, states := featuresOf(tokens, noun), featuresOf(tokens, state)
	if len(nouns) == 0 {
		nouns = s.nouns
		if len(states) == 0 {
			states = s.states
		}
	}
	facts, ok := k.about(tokens, nouns, states, s)
	if !ok {
		return s
	}
	for _, e := range facts {
		k.use(e.key)
		k.bindScope(c, e)
	}
	if earlier, _ := times(c); earlier && !has(tokens, noFigure|none|neither) {
		k.refuse(rulePeriod, "a part without a figure is about this business day")
	}
	k.bindBases(c)
	k.bindEnds(c)
	earlier, _ := times(c)
	k.state(tokens, facts, earlier)
	next := subject{nouns: nouns, states: states, dims: facts[0].dims}
	if len(facts) == 1 {
		next.entry = facts[0]
	}
	return next
}

// state checks what a statement says of its facts.
func (k *check) state(tokens []token, facts []*entry, earlier bool) {
	k.oneThing(tokens)
	k.noneOfOne(tokens)
	for i, t := range tokens {
		if t.does(not) && !negatesWay(tokens, i) {
			k.refuse(ruleNegation, "this not cannot be checked")
		}
	}
	for _, e := range facts {
		if d := e.change(); has(tokens, asOn) && (d == nil || d.Sign() != 0) {
			k.refuse(ruleDirection, quoted("as on")+" says that nothing changed")
		}
		k.bindRange(tokens, e)
		k.stateOf(e, tokens, earlier)
	}
}

// noneOfOne refuses "critical and no low findings": the first has no no.
func (k *check) noneOfOne(tokens []token) {
	for i, t := range tokens {
		if i < 2 || !t.does(none) || !tokens[i-1].does(joint) && !isMark(tokens[i-1], ",") || !tokens[i-2].is(entityWord) {
			continue
		}
		if sameKind(entities(tokens[i:]), tokens[i-2].dims) {
			k.refuse(ruleNegation, "a no stands before the first of what there was none of")
		}
	}
}

// oneThing holds where a statement says one thing and nothing beside it.
func (k *check) oneThing(tokens []token) {
	said := 0
	for _, kind := range []kind{unmeasured, noFigure, none | neither, most | least} {
		if has(tokens, kind) {
			said++
		}
	}
	if hasWay(tokens) {
		said++
	}
	k.bindEach(tokens)
	denies := has(tokens, none|neither)
	if said != 1 || has(tokens, or) && !denies && !has(tokens, unmeasured) || has(tokens, part) && !denies || has(tokens, share|leaving|beyond|below) {
		k.refuse(ruleEvidence, "a part without a figure says that something is not measured, that there was none, which way it went, or that it is the highest")
	}
	if count(tokens, none|neither) > 1 || count(tokens, prior) > 1 {
		k.refuse(ruleNegation, "one no and one day in a part without a figure")
	}
}

// stateOf checks what a statement says of one of its facts.
func (k *check) stateOf(e *entry, tokens []token, earlier bool) {
	switch {
	case has(tokens, unmeasured), has(tokens, neither) && says(tokens, "measured"):
		k.isUnmeasured(e)
	case has(tokens, noFigure):
		k.hasNoFigure(tokens, e)
	case has(tokens, none|neither):
		k.isNone(e, earlier)
	case has(tokens, most):
		k.extreme(e, 1, ofChange(tokens))
	case has(tokens, least):
		k.extreme(e, -1, ofChange(tokens))
	}
	for i, t := range tokens {
		if t.does(directions) && !k.stayed(e, tokens, i) {
			k.way(e, t, negated(tokens, i), has(tokens, alike))
		}
	}
}

// ofChange holds for "the largest rise".
func ofChange(tokens []token) bool {
	for i, t := range tokens {
		if t.does(most|least) && has(tokens[i+1:min(len(tokens), i+3)], directions) {
			return true
		}
	}
	return false
}

// hasWay tells whether words say which way something went, beside "the largest
// rise".
func hasWay(tokens []token) bool {
	for i, t := range tokens {
		if t.does(directions) && !has(tokens[max(0, i-2):i], most|least) {
			return true
		}
	}
	return false
}

func says(tokens []token, word string) bool {
	return slices.ContainsFunc(tokens, func(t token) bool { return t.text == word })
}

func (k *check) isUnmeasured(e *entry) {
	k.applied[ruleUnmeasured] = true
	if e.Measured() {
		k.refuse(ruleUnmeasured, "what is called not measured is measured")
	}
}

// hasNoFigure holds for a fact that has a value and nothing before it.
func (k *check) hasNoFigure(tokens []token, e *entry) {
	k.applied[ruleUnmeasured] = true
	if !has(tokens, prior) || !e.Measured() || e.ExactPrevious() != nil {
		k.refuse(ruleUnmeasured, "there is a figure, or it is not said for which day there is none")
	}
}

// isNone holds where the value is 0 and the feed complete: else nobody knows
// that there was none.
func (k *check) isNone(e *entry, earlier bool) {
	k.applied[ruleNegation] = true
	v := e.Exact()
	if earlier && e.Measured() {
		v = e.ExactPrevious()
	}
	if v == nil || v.Sign() != 0 || e.Unit != fact.Count {
		k.refuse(ruleNegation, "there was some, or it is not known")
		return
	}
	if e.metric.Feed != "" && !k.m.set.FeedComplete(e.metric.Feed) {
		k.refuse(ruleNegation, "the feed is not complete, so it is not known that there was none")
	}
}

// about finds the facts that a statement is about: every metric that its words
// name, with exactly the dimensions that they name. Only facts that the claim
// lists count.
func (k *check) about(tokens []token, nouns, states features, s subject) ([]*entry, bool) {
	ids := named(nouns, states)
	if len(nouns) == 0 && has(tokens, unmeasured) || len(ids) == 0 && has(tokens, cell) {
		ids = k.anyUnmeasured()
	}
	if len(ids) == 0 {
		k.refuse(ruleMetric, "a part without a figure does not say what it is about")
		return nil, false
	}
	var out []*entry
	for _, id := range ids {
		for _, group := range subjects(entities(tokens)) {
			e := k.listedFact(id, group, tokens, s)
			if e == nil {
				k.refuse(ruleSubject, "a part without a figure is about nothing that the claim lists")
				return nil, false
			}
			out = append(out, e)
		}
	}
	return out, true
}

// named are the metrics that nouns and states name together, one for each
// state: "opened or closed".
func named(nouns, states features) []string {
	if len(states) == 0 {
		var out []string
		for n := range nouns {
			ids := features{n: true}.metrics()
			if len(ids) != 1 {
				return nouns.metrics()
			}
			out = append(out, ids...)
		}
		slices.Sort(out)
		return out
	}
	if ids := nouns.with(states).metrics(); len(ids) == 1 {
		return ids
	}
	var out []string
	for _, st := range slices.Sorted(maps.Keys(states)) {
		ids := nouns.with(features{st: true}).metrics()
		if len(ids) != 1 {
			return nil
		}
		out = append(out, ids...)
	}
	return out
}

// anyUnmeasured are the metrics of the unmeasured facts that a claim lists.
func (k *check) anyUnmeasured() []string {
	var out []string
	for _, key := range k.claim.Facts {
		if e := k.m.byKey[key]; e != nil && !e.Measured() && !slices.Contains(out, e.ID) {
			out = append(out, e.ID)
		}
	}
	return out
}

// subjects are the names as one subject, or as several of one kind: "critical
// or high".
func subjects(named [][]dim) [][][]dim {
	if len(named) < 2 {
		return [][][]dim{named}
	}
	for _, dims := range named {
		if len(dims) != 1 || dims[0].name != named[0][0].name {
			return [][][]dim{named}
		}
	}
	var out [][][]dim
	for _, dims := range named {
		out = append(out, [][]dim{dims})
	}
	return out
}

func (k *check) listedFact(id string, named [][]dim, tokens []token, s subject) *entry {
	var found *entry
	context := s.dims
	if has(tokens, wholeSet) {
		context = nil
	}
	for _, key := range k.claim.Facts {
		e := k.m.byKey[key]
		if e == nil || e.ID != id || !k.m.means(named, has(tokens, cell), e, context) {
			continue
		}
		if found != nil && found != e {
			return nil
		}
		found = e
	}
	return found
}
