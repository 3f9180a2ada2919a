package grounding

import (
	"maps"
	"slices"
	"strings"
)

// bindPeriod holds a reference's verb against the words that lead to it and
// against the day that is named. It tells whether the words are about the
// previous business day.
func (k *check) bindPeriod(c *clause, s subject, last *clause) bool {
	verbs := k.slot(c, s, last)
	earlier, later := times(c)
	earlier = earlier || k.borrowsDay(c) || k.whenDay(c)
	slotted := len(verbs) < 4
	switch {
	case earlier && later:
		k.refuse(rulePeriod, "a reference has two days beside it")
	case earlier:
		verbs = only(verbs, verbPrevious)
	case later && slotted:
		verbs = only(verbs, verbFact, verbChange, verbShare)
	case later:
		verbs = only(verbs, verbFact, verbShare)
	case s.earlier && !slotted:
		k.refuse(rulePeriod, "say again which day it is about")
	case !slotted:
		verbs = only(verbs, verbFact, verbShare)
	}
	if !verbs[c.ref.verb] {
		k.refuse(rulePeriod, "the words beside a reference lead to "+listed(verbs)+", and it is a "+c.ref.verb)
	}
	k.bindBases(c)
	k.bindEnds(c)
	if c.lead().does(against|than) && !k.hasCounterpart(c, s, last) {
		k.refuse(ruleComparison, "there is nothing that is compared")
	}
	if c.lead().does(out) && !has(c.own(), directions) && !k.hasCounterpart(c, s, last) {
		k.refuse(rulePeriod, "from leads to nothing")
	}
	return earlier && !has(c.before, out|against|than)
}

// hasCounterpart tells whether a claim says what a figure is compared with:
// in a reference before it, in one to the same fact, or in a statement.
func (k *check) hasCounterpart(c *clause, s subject, last *clause) bool {
	if last != nil || s.entry != nil {
		return true
	}
	seen := false
	for _, o := range k.parts {
		if o != c && (o.ref == nil && !seen || o.ref != nil && o.sameFact(c)) {
			return true
		}
		seen = seen || o == c
	}
	return false
}

// whenDay holds for "than on Thursday, when it was": the day stands before.
func (k *check) whenDay(c *clause) bool {
	at := slices.IndexFunc(c.before, func(t token) bool { return t.text == "when" })
	i := slices.Index(k.parts, c)
	if at < 0 || at > 1 || i <= 0 {
		return false
	}
	p := k.parts[i-1].own()
	for j := len(p) - 1; j >= 0; j-- {
		if !isMark(p[j], ",") {
			return p[j].does(prior)
		}
	}
	return false
}

// borrowsDay holds for the first of "against P critical and P low on Thursday":
// the day at the end is that of all that is joined.
func (k *check) borrowsDay(c *clause) bool {
	i := slices.Index(k.parts, c)
	if c.ref.verb != verbPrevious || i < 0 || i+1 >= len(k.parts) {
		return false
	}
	n := k.parts[i+1]
	if n.ref == nil || n.ref.verb != verbPrevious || n.aside || c.ref.fact == n.ref.fact || n.lead().does(against|out|than) || len(n.before) == 0 || n.before[0].text != "and" && !isMark(n.before[0], ",") && c.among != n {
		return false
	}
	earlier, later := times(n)
	return !later && (earlier || k.borrowsDay(n))
}

func listed(verbs map[string]bool) string {
	names := slices.Sorted(maps.Keys(verbs))
	if len(names) == 0 {
		return "nothing"
	}
	s := "a " + names[0]
	for _, n := range names[1:] {
		s += " or " + n
	}
	return s
}

func only(verbs map[string]bool, keep ...string) map[string]bool {
	out := map[string]bool{}
	for _, v := range keep {
		if verbs[v] {
			out[v] = true
		}
	}
	return out
}

func set(verbs ...string) map[string]bool {
	out := map[string]bool{}
	for _, v := range verbs {
		out[v] = true
	}
	return out
}

// slot is what the words around a reference lead to: after "to" a fact, after
// "from" a previous, after "by" or "rose" or before "more" a change. All four:
// they don't say.
func (k *check) slot(c *clause, s subject, last *clause) map[string]bool {
	lead := c.lead()
	if namesChange(c.before) {
		return set(verbChange)
	}
	change := len(c.after) > 0 && (isUpOn(c.after) || c.after[0].does(relative|better|worse) || c.after[0].does(beyond|below) && priorNext(c.after[1:]))
	switch {
	case change && lead.does(into|out|against):
		return nil
	case change, lead.does(by), lead.does(upward|downward|moved|better|worse) && !lead.does(relative|beyond|below), c.noun(upward | downward | moved | better | worse):
		return set(verbChange)
	case lead.text == "at" && k.largest(c, s):
		return set(verbChange)
	case lead.does(into), lead.does(reached):
		return set(verbFact, verbShare)
	case c.pair != nil:
		return set(verbPrevious)
	case lead.does(out) && c.of != nil:
	case lead.does(out):
		return set(verbPrevious)
	case lead.does(against|than) && last == nil && s.entry == c.ref.fact:
		return set(verbPrevious) // what it is was said without a figure
	case lead.does(against|than|beyond|below) && last != nil && c.sameFact(last):
		if last.ref.verb == verbPrevious {
			return set(verbFact)
		}
		return set(verbPrevious)
	}
	return set(verbFact, verbPrevious, verbChange, verbShare)
}

// largest holds behind "The largest rise in hits was on kb-search, at".
func (k *check) largest(c *clause, s subject) bool {
	i := slices.Index(k.parts, c)
	return i > 0 && k.parts[i-1].ref == nil && s.entry == c.ref.fact && ofChange(k.parts[i-1].own())
}

// isUpOn holds for "up on Thursday".
func isUpOn(after []token) bool {
	return (after[0].text == "up" || after[0].text == "down") && len(after) > 1 && (priorNext(after[1:]) || after[1].does(basis))
}

func (c *clause) sameFact(other *clause) bool { return c.ref.fact == other.ref.fact }

// namesChange holds for "the largest rise was R".
func namesChange(before []token) bool {
	for i, t := range before {
		if t.does(most|least) && i+1 < len(before) && before[i+1].does(directions) {
			return true
		}
	}
	return false
}

// lead is the word that leads to a reference: the nearest before it that is no
// article and no day.
func (c *clause) lead() token {
	inNoun := false // "from an attack success rate of R"
	for i, t := range slices.Backward(c.before) {
		switch {
		case t.is(figure), t.placed, t.does(article) && !t.does(share), t.does(prior | today):
			continue
		case t.does(of) && i > 0 && (c.before[i-1].does(noun|state) || c.before[i-1].is(entityWord)):
			inNoun = true
			continue
		case inNoun && (t.does(noun|state) || t.is(entityWord) || t.does(neutral) && !t.does(helper) && t.text != "at" && t.text != "in"):
			continue
		}
		return t
	}
	return token{sort: mark}
}

// noun holds for "a rise of R".
func (c *clause) noun(k kind) bool {
	for i, t := range slices.Backward(c.before) {
		if t.is(figure) || t.does(article) && !t.does(of) {
			continue
		}
		return t.does(of) && i > 0 && c.before[i-1].does(k) && !c.before[i-1].does(most|least)
	}
	return false
}

// times tells whether a reference's words name the previous business day or
// this one as the time of the figure. A day that a change is measured from is
// no such time.
func times(c *clause) (earlier, later bool) {
	tokens := c.own()
	for i, t := range tokens {
		if t.does(today) {
			later = true
		}
		if t.does(prior) && !isBase(tokens, i) {
			earlier = true
		}
	}
	return earlier, later
}

// isBase tells whether the day at i is what something is compared with:
// "than on Thursday", "up on the previous business day", "compared with Thursday".
func isBase(tokens []token, i int) bool {
	passed := false // a figure: "up R on Thursday"
	for j := i - 1; j >= 0; j-- {
		t := tokens[j]
		switch {
		case passed && t.does(of) && j > 0 && tokens[j-1].does(upward|downward):
			return !tokens[i].does(weekday) && tokens[i-1].does(newDay)
		case passed && !t.does(article) && t.text != "up" && t.text != "down":
			return false
		case t.does(against | than | out | asOn), t.does(beyond|below) && j == i-1:
			return true
		case t.text == "up", t.text == "down", t.does(relative), t.does(upward|downward) && !tokens[i].does(weekday):
			return j < i-1 && tokens[i-1].does(newDay) || j < i-2 && tokens[i-2].does(newDay)
		case t.does(flat):
			return strings.HasSuffix(t.text, " as") || !tokens[i].does(weekday)
		case t.is(figure):
			passed = true
		case t.does(newDay | article):
		default:
			return false
		}
	}
	return false
}

// bindBases refuses to compare with this business day, and "after" before
// anything but a figure.
func (k *check) bindBases(c *clause) {
	tokens := c.own()
	for i, t := range tokens {
		if !t.does(than|against|out|asOn) && !(t.does(flat) && strings.HasSuffix(t.text, " as")) {
			continue
		}
		for j := i + 1; j < len(tokens) && (tokens[j].does(newDay | article | today)); j++ {
			if tokens[j].does(today) && !figureNext(tokens[j+1:]) {
				k.refuse(rulePeriod, "compare with the previous business day")
			}
		}
		if t.text == "after" && !figureNext(tokens[i+1:]) {
			k.refuse(ruleCause, quoted("after"))
		}
	}
}

// bindEnds refuses a comparison that ends in something other than a figure or
// the previous business day: "fewer than planned".
func (k *check) bindEnds(c *clause) {
	for i, t := range c.after {
		rest := c.after[i+1:]
		same := t.does(flat) && (strings.HasSuffix(t.text, " as") || strings.HasSuffix(t.text, " to") || strings.HasSuffix(t.text, " with") || strings.HasSuffix(t.text, " from"))
		named := (t.text == "against" || t.text == "from") && nameNext(rest)
		if (same || t.does(than|against|out|beyond|below)) && !priorNext(rest) && !named {
			k.refuse(ruleComparison, quoted(t.text)+" leads to no figure and to no day")
		}
	}
}

// nameNext tells whether a name comes next: "attacks against kb-search".
func nameNext(tokens []token) bool {
	for _, t := range tokens {
		if t.is(entityWord) {
			return true
		}
		if !t.does(article | thing) {
			return false
		}
	}
	return false
}

// figureNext tells whether a reference comes next, behind articles and days.
func figureNext(tokens []token) bool {
	for _, t := range tokens {
		if t.is(figure) {
			return true
		}
		if !t.does(article | prior | today) {
			return false
		}
	}
	return false
}
