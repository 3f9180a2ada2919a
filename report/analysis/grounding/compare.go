package grounding

import (
	"math/big"
	"slices"
	"strings"

	"github.com/closeofbusiness/cob/report/fact"
)

// value is the number that a reference stands for; nil for a share.
func (r *reference) value() *big.Rat {
	switch r.verb {
	case verbFact:
		return r.fact.Exact()
	case verbPrevious:
		return r.fact.ExactPrevious()
	}
	return nil
}

// bindComparison computes what is said of two references: "higher than",
// "exceeded", "below".
func (k *check) bindComparison(c *clause, last *clause) {
	sign := 0
	for i, t := range c.before {
		if t.does(than) && i > 0 && c.before[i-1].does(relative) && figureNext(c.before[i+1:]) {
			k.refuse(ruleApproximation, quoted(c.before[i-1].text+" than"))
		}
		switch {
		case t.does(beyond):
			sign = 1
		case t.does(below):
			sign = -1
		case t.does(than) && !priorBase(c.before, i):
			sign = k.thanSign(c, last)
		}
	}
	if sign == 0 {
		return
	}
	k.applied[ruleComparison] = true
	if last == nil || !comparable(last.ref, c.ref) {
		k.refuse(ruleComparison, "compare two references of one metric")
		return
	}
	if has(last.after, not) || has(c.before, not) {
		k.refuse(ruleNegation, "a comparison is not denied")
	}
	if last.ref.value().Cmp(c.ref.value()) != sign {
		k.refuse(ruleComparison, "the comparison is not so")
	}
	if last.sameFact(c) && last.ref.verb == verbFact && c.ref.verb == verbPrevious {
		k.ways = append(k.ways, sign)
	}
}

// priorBase holds where "than" at i leads to the day alone.
func priorBase(before []token, i int) bool {
	return priorNext(before[i+1:]) && !figureNext(before[i+1:])
}

// thanSign is the sign of the "higher" that a "than" belongs to; a change has
// been checked as a direction.
func (k *check) thanSign(c, last *clause) int {
	if last == nil {
		k.refuse(ruleComparison, "what is compared comes first, with its reference")
		return 0
	}
	n := len(last.after)
	if n > 1 && last.after[n-1].does(relative) && figureNext(c.before[1:]) && approximates(last.after[:n-1], c, last) {
		k.refuse(ruleApproximation, quoted(last.after[n-1].text+" than"))
	}
	if last.ref.verb == verbChange && last.sameFact(c) {
		return 0
	}
	for _, t := range slices.Backward(last.after) {
		if sign := last.ref.fact.compares(t); sign != 0 {
			return sign
		}
	}
	for _, t := range slices.Backward(last.before) {
		switch {
		case !t.does(relative):
			continue
		case last.sameFact(c) && !last.than:
			return 0
		case t.does(upward):
			return 1
		}
		return -1
	}
	k.refuse(ruleComparison, "than has nothing before it")
	return 0
}

// compares is the sign of a word that compares; 0: it is none. "better" is the
// sign that is good for the metric.
func (e *entry) compares(t token) int {
	if !t.does(relative | better | worse) {
		return 0
	}
	sign, _ := e.wanted(t)
	return sign
}

// approximates tells "and more than R were closed" from "R, more than the R
// closed" and "was R, which is higher than the R on kb-search".
func approximates(before []token, c, last *clause) bool {
	t := before[len(before)-1]
	if c.sameFact(last) {
		if c.ref.verb != verbPrevious && (len(c.before) < 2 || !c.before[1].does(article|prior)) {
			return true
		}
		return !isMark(t, ",") && !(t.does(helper) && len(c.before) > 1 && c.before[1].does(article|prior))
	}
	between := func(t token) bool { return isMark(t, ",") || t.does(helper|article) || t.text == "which" }
	beside := isMark(t, ",") || !slices.ContainsFunc(before, func(t token) bool { return !between(t) })
	return len(c.before) < 2 || !c.before[1].does(article) || !beside
}

func comparable(a, b *reference) bool {
	if a.value() == nil || b.value() == nil || a.fact.Unit != b.fact.Unit {
		return false
	}
	return area(a.fact.ID) == area(b.fact.ID)
}

// area is what a metric's ID begins with.
func area(id string) string {
	head, _, _ := strings.Cut(id, ".")
	return head
}

// bindSuperlative holds "highest" and "lowest" against all facts of the metric
// and of the same dimensions.
func (k *check) bindSuperlative(c *clause) {
	tokens := c.own()
	for i, t := range tokens {
		if !t.does(most | least) {
			continue
		}
		sign := 1
		if t.does(least) {
			sign = -1
		}
		change := slices.ContainsFunc(tokens[i+1:min(len(tokens), i+3)], func(t token) bool { return t.does(directions) })
		switch {
		case change && c.ref.verb == verbChange:
			k.extreme(c.ref.fact, sign, true)
		case !change && c.ref.verb == verbFact:
			k.extreme(c.ref.fact, sign, false)
		default:
			k.refuse(ruleSuperlative, "a superlative stands with a fact, or with a change of that kind")
		}
	}
}

// extreme checks that no other fact of the metric and of the same dimensions is
// as high, or as low. Changes are compared by their size.
func (k *check) extreme(e *entry, sign int, ofChange bool) {
	if ofChange {
		k.extremeBy(e, sign, func(f *fact.Fact) *big.Rat { return magnitude(f.Exact(), f.ExactPrevious()) })
		return
	}
	k.extremeBy(e, sign, (*fact.Fact).Exact)
}

func (k *check) extremeBy(e *entry, sign int, value func(*fact.Fact) *big.Rat) {
	k.applied[ruleSuperlative] = true
	names := make([]string, 0, len(e.Dims))
	for name := range e.Dims {
		names = append(names, name)
	}
	others := k.m.set.By(e.ID, names...)
	if len(names) == 0 || len(others) < 2 {
		k.refuse(ruleSuperlative, "there is nothing that it could be compared with")
		return
	}
	for _, o := range others {
		k.compared = append(k.compared, fact.Key(o.ID, k.m.names.dims(o.Dims)))
		if o.Key() == e.Key() {
			continue
		}
		mine, theirs := value(e.Fact), value(o)
		if mine == nil || theirs == nil {
			k.refuse(ruleSuperlative, "not all that it is compared with is measured")
			return
		}
		if mine.Cmp(theirs) != sign {
			k.refuse(ruleSuperlative, "another is as high or as low")
			return
		}
	}
}

// stayed checks "remained the category with the highest rate": the word at i
// says that it was the highest on the previous business day too, not that the
// rate is unchanged.
func (k *check) stayed(e *entry, tokens []token, i int) bool {
	if t := tokens[i]; !t.does(flat) || t.does(helper) || !slices.Contains([]string{"remained", "remains", "stayed", "stays"}, t.text) {
		return false
	}
	for _, t := range tokens[i+1:] {
		switch {
		case t.is(figure), t.does(directions &^ (most | least)):
			return false
		case t.does(most):
			k.extremeBy(e, 1, (*fact.Fact).ExactPrevious)
			return true
		case t.does(least):
			k.extremeBy(e, -1, (*fact.Fact).ExactPrevious)
			return true
		}
	}
	return false
}

func magnitude(now, before *big.Rat) *big.Rat {
	d := difference(now, before)
	if d == nil {
		return nil
	}
	return d.Abs(d)
}
