package grounding

import "slices"

// clause is a reference with the words that are its own, or a statement
// without a figure.
type clause struct {
	ref           *reference // nil: a statement
	before, after []token
	aside         bool    // "of them", brackets: what follows is not about it
	partOf        *clause // of a whole in "R of R": its part
	among         *clause // of a part in "R hits in R evaluations": its whole
	wholeOf       *clause // of a part in "R of R": its whole
	within        *clause // "Of the R …, R …": the first
	of            *clause // of a whole in "R hits in R evaluations": its part
	pair          *clause // the earlier clause to whose fact "after P in P" returns
	denies        bool    // "R were not": of what was said before
	than          bool    // the "higher" behind it leads to the next reference
	nouns, states features
}

// own are the words that belong to a reference.
func (c *clause) own() []token { return append(slices.Clone(c.before), c.after...) }

func has(tokens []token, k kind) bool {
	return slices.ContainsFunc(tokens, func(t token) bool { return t.does(k) })
}

func count(tokens []token, k kind) int {
	n := 0
	for _, t := range tokens {
		if t.does(k) {
			n++
		}
	}
	return n
}

func hasFigure(tokens []token) bool {
	return slices.ContainsFunc(tokens, func(t token) bool { return t.is(figure) })
}

func isMark(t token, marks string) bool {
	return t.is(mark) && slices.Contains([]byte(marks), t.text[0])
}

const directions = upward | downward | flat | moved | better | worse

// clauses divides a sentence so that every word belongs to exactly one
// reference or statement.
func (k *check) clauses(tokens []token) []*clause {
	tokens, brackets := k.brackets(tokens)
	var out []*clause
	for _, r := range runs(tokens) {
		if r.dangling {
			k.refuse(ruleEvidence, "a part of the sentence says something that no figure stands for")
		}
		if r.statement {
			out = append(out, &clause{after: r.tokens})
			continue
		}
		out = append(out, k.divide(r.tokens)...)
	}
	return k.insert(out, brackets)
}

// bracket is what stands in brackets, and after which reference.
type bracket struct {
	host   int // where the reference before it begins; -1: none
	tokens []token
}

// brackets takes out what stands in brackets behind a reference. Brackets
// elsewhere are read as commas.
func (k *check) brackets(tokens []token) ([]token, []bracket) {
	var out []token
	var found []bracket
	host, open := -1, -1
	for i, t := range tokens {
		switch {
		case t.is(figure) && open < 0:
			host = t.start
		case isMark(t, "(") && open >= 0, isMark(t, ")") && open < 0:
			k.refuse(rulePlain, "brackets don't match")
			return nil, nil
		case isMark(t, "("):
			open = i
			continue
		case isMark(t, ")"):
			inside := tokens[open+1 : i]
			if host < 0 || !hasFigure(inside) || hasSince(out, host, than) {
				comma := t
				comma.text = ","
				out = append(append(append(out, comma), inside...), comma)
			} else {
				found = append(found, bracket{host, inside})
			}
			open = -1
			continue
		}
		if open < 0 {
			out = append(out, t)
		}
	}
	if open >= 0 {
		k.refuse(rulePlain, "brackets don't match")
	}
	return out, found
}

// hasSince tells whether a kind of word stands behind the reference at host.
func hasSince(tokens []token, host int, k kind) bool {
	at := slices.IndexFunc(tokens, func(t token) bool { return t.is(figure) && t.start == host })
	return has(tokens[max(0, at):], k)
}

// insert puts what stood in brackets behind the reference that it stood
// behind.
func (k *check) insert(out []*clause, found []bracket) []*clause {
	for _, b := range slices.Backward(found) {
		at := slices.IndexFunc(out, func(c *clause) bool { return c.ref != nil && c.at() == b.host })
		if at < 0 {
			k.refuse(rulePlain, "brackets stand where they cannot be read")
			return out
		}
		inside := k.divide(b.tokens)
		for _, c := range inside {
			c.aside = true
		}
		out = slices.Insert(out, at+1, inside...)
	}
	return out
}

// run is a stretch of a sentence: a statement without a figure, or references
// with their words.
type run struct {
	statement bool
	dangling  bool // it takes in words that say something and have no figure
	tokens    []token
}

// runs parts statements without a figure from what has figures.
func runs(tokens []token) []run {
	var out []run
	var loose []token // words that have no figure yet
	for _, p := range pieces(tokens) {
		switch {
		case hasFigure(p):
			if len(out) == 0 || out[len(out)-1].statement {
				out = append(out, run{})
			}
			last := &out[len(out)-1]
			last.dangling = last.dangling || has(loose, verb) && has(p[:min(2, len(p))], joint) || has(loose, verb) && isMark(p[0], ";:")
			last.tokens = append(append(last.tokens, loose...), p...)
			loose = nil
		case len(out) == 1 && bareFigure(out[0]) && !has(p, none|neither|unmeasured|noFigure):
			out[0].tokens = append(out[0].tokens, p...)
		case isStatement(p, loose, len(out) > 0):
			if len(out) > 0 && len(loose) > 0 && isMark(loose[0], ",") && !has(loose, joint) {
				out[len(out)-1].tokens = append(out[len(out)-1].tokens, loose...)
				loose = nil
			}
			out = append(out, run{true, has(loose, verb) && !(p[0].text == "with" && onlyHelps(loose)), append(loose, p...)})
			loose = nil
		default:
			loose = append(loose, p...)
		}
	}
	switch {
	case len(loose) == 0:
	case len(out) == 0:
		out = append(out, run{true, false, loose})
	default:
		out[len(out)-1].dangling = has(loose, verb) && !has(loose, most|least) && !onlyHelps(loose)
		out[len(out)-1].tokens = append(out[len(out)-1].tokens, loose...)
	}
	return out
}

// onlyHelps holds for ", was on kb-search".
func onlyHelps(tokens []token) bool {
	return !slices.ContainsFunc(tokens, func(t token) bool { return t.does(verb) && !t.does(helper) })
}

// bareFigure holds for "At R": what it is comes next.
func bareFigure(r run) bool {
	return !r.statement && !slices.ContainsFunc(r.tokens, func(t token) bool { return t.is(entityWord) || t.does(noun|state) })
}

// pieces cuts a sentence before every comma, semicolon, colon and joining word.
func pieces(tokens []token) [][]token {
	var out [][]token
	start := 0
	for i := 1; i < len(tokens); i++ {
		separates := isMark(tokens[i], ",;:") || tokens[i].does(joint) && !isMark(tokens[i-1], ",;:")
		if separates && i > start {
			out = append(out, tokens[start:i])
			start = i
		}
	}
	if start < len(tokens) {
		out = append(out, tokens[start:])
	}
	return out
}

// isStatement tells whether words without a figure say something by
// themselves. loose is what stands before them without a figure.
func isStatement(p, loose []token, context bool) bool {
	switch {
	case has(p, none|neither|unmeasured|noFigure):
		return true
	case has(p, directions):
		return (context || has(p, noun) || has(loose, noun)) && !comparesToOther(p)
	case has(p, most|least):
		return !context && has(p, noun) && slices.ContainsFunc(p, func(t token) bool { return t.is(entityWord) })
	}
	return false
}

// comparesToOther tells whether a comparison goes on to something else than
// the previous business day.
func comparesToOther(p []token) bool {
	for i, t := range p {
		if t.does(beyond|below) || t.does(than|against) && !priorNext(p[i+1:]) {
			return true
		}
	}
	return false
}

// priorNext tells whether the previous business day comes next.
func priorNext(tokens []token) bool {
	for _, t := range tokens {
		if t.does(prior) {
			return true
		}
		if !t.does(article | newDay) {
			return false
		}
	}
	return false
}

// divide gives every word of a run to one of its references.
func (k *check) divide(tokens []token) []*clause {
	var out []*clause
	var gap []token
	for _, t := range tokens {
		if !t.is(figure) {
			gap = append(gap, t)
			continue
		}
		c := &clause{ref: t.ref}
		if len(out) == 0 {
			c.before = gap
		} else {
			k.share(out[len(out)-1], c, gap)
		}
		c.before = append(c.before, token{sort: figure, start: t.start, ref: t.ref})
		out = append(out, c)
		gap = nil
	}
	if n := len(out); n > 0 {
		out[n-1].after = gap
	}
	k.relate(out)
	for _, c := range out {
		c.aside = c.aside || has(c.before, part) || len(c.after) > 0 && c.after[0].does(part)
	}
	return out
}

// at is where a reference begins in the claim.
func (c *clause) at() int {
	for _, t := range c.before {
		if t.is(figure) {
			return t.start
		}
	}
	return -1
}

// share gives the words between two references to one of them each.
func (k *check) share(left, right *clause, gap []token) {
	i := boundary(gap)
	if i < 0 && (left.sameFact(right) || left.ref.whole == nil && says(gap, "there")) {
		i = slices.IndexFunc(gap, func(t token) bool { return t.does(helper) }) // "a rate of R was R higher"
	}
	if i < 0 {
		k.refuse(ruleReference, "two references stand side by side and nothing parts them")
		return
	}
	left.after, right.before = gap[:i:i], slices.Clone(gap[i:])
	left.than = gap[i].does(than) && !priorNext(gap[i+1:])
	if leadsOf(gap[i:]) || leadsFrom(left, right, gap[i:]) {
		left.among, right.of = right, left
	}
	if onlyOf(gap) || countedOf(gap, i) {
		left.wholeOf, right.partOf = right, left
	}
}

// boundary is where the words of the right of two references begin: at "than",
// else at the last semicolon, at the last joining word, at the first comma, at
// "including", at the preposition before it. -1: there is none.
func boundary(gap []token) int {
	if i := slices.IndexFunc(gap, func(t token) bool { return t.does(than) }); i >= 0 && (!priorNext(gap[i+1:]) || !separated(gap[i:])) {
		return i
	}
	if i := exceeds(gap); i >= 0 {
		return i
	}
	for _, is := range []func(token) bool{
		func(t token) bool { return isMark(t, ";:") },
		func(t token) bool { return t.does(joint) },
	} {
		for i, t := range slices.Backward(gap) {
			if is(t) {
				return i
			}
		}
	}
	for _, is := range []func(token) bool{
		func(t token) bool { return isMark(t, ",") },
		func(t token) bool { return t.does(part) },
	} {
		if i := slices.IndexFunc(gap, is); i >= 0 {
			return i
		}
	}
	return preposition(gap)
}

// exceeds is where "was below the" begins between two references; -1: nowhere.
func exceeds(gap []token) int {
	i := slices.IndexFunc(gap, func(t token) bool { return t.does(beyond | below) })
	if i < 0 || priorNext(gap[i+1:]) && !figureSoon(gap[i+1:]) {
		return -1
	}
	return i
}

// figureSoon holds where nothing but articles and days is left before a figure.
func figureSoon(gap []token) bool {
	return !slices.ContainsFunc(gap, func(t token) bool { return !t.does(article | prior | newDay) })
}

func separated(tokens []token) bool {
	return slices.ContainsFunc(tokens, func(t token) bool { return isMark(t, ",;:") || t.does(joint) })
}

// preposition is the last one that leads to what follows; -1: there is none.
// "to a rate of" begins with "to".
func preposition(gap []token) int {
	found := -1
	for i, t := range slices.Backward(gap) {
		switch {
		case found >= 0 && t.does(into|out|by|against):
			return i
		case found >= 0:
		case t.does(of) && i > 0 && gap[i-1].does(noun|state):
			found = i
		case t.does(into | out | by | against | of | beyond | below | or), t.is(plainWords) && (t.text == "in" || t.text == "at" || t.text == "across"):
			return i
		}
	}
	return found
}

// leadsOf holds for "of the" and "in" before a figure: what stands before it is
// a part of it.
func leadsOf(tokens []token) bool {
	return (tokens[0].does(of) || tokens[0].text == "in") && !slices.ContainsFunc(tokens[1:], func(t token) bool { return !t.does(of | article) })
}

// leadsFrom holds for "R hits from R evaluations".
func leadsFrom(left, right *clause, tokens []token) bool {
	hits := left.ref.fact.ID == "attack.hits" && right.ref.fact.ID == "attack.evaluated"
	return hits && (tokens[0].does(out) || tokens[0].text == "across" || tokens[0].text == "over") &&
		!slices.ContainsFunc(tokens[1:], func(t token) bool { return !t.does(of | article) })
}

// onlyOf holds for "of the".
func onlyOf(gap []token) bool {
	return len(gap) > 0 && gap[0].does(of) && !slices.ContainsFunc(gap, func(t token) bool { return !t.does(of | article) })
}

// countedOf holds for "prompts out of": what is counted stands behind the part.
func countedOf(gap []token, i int) bool {
	return onlyOf(gap[i:]) && i > 0 && !slices.ContainsFunc(gap[:i], func(t token) bool { return !t.does(noun) })
}

// relate finds "R of R …" and "Of the R …, R …".
func (k *check) relate(cs []*clause) {
	for i, c := range cs {
		if c.wholeOf != nil {
			c.takePredicate()
		}
		if i == 0 && len(c.before) > 1 && c.before[0].does(of) {
			for _, other := range cs[1:] {
				if slices.ContainsFunc(other.before, func(t token) bool { return isMark(t, ";") }) {
					break
				}
				other.within = c
			}
		}
	}
}

// takePredicate gives a part what is said of it behind the whole: of
// "R of R planned runs failed" the word "failed".
func (c *clause) takePredicate() {
	tail := c.wholeOf.after
	nounAt := slices.IndexFunc(tail, func(t token) bool { return t.does(noun) })
	last, said := -1, -1
	for i, t := range tail {
		if i <= nounAt {
			continue
		}
		if t.does(verb) && !t.does(state) && said < 0 {
			said = i
		}
		if t.does(state | unmeasured) {
			last = i
		}
	}
	cut := len(tail)
	switch {
	case last >= 0 && nounAt < 0 && has(c.before, state):
		// "completed runs came to R of R planned"
	case last >= 0 && nounAt < 0 && said < 0 && has(c.after, noun) && count(tail, state) == 1:
		// "R samples of R expected"
	case said > last && last >= 0 && slices.ContainsFunc(tail[said:], func(t token) bool { return t.is(entityWord) }):
		cut = said // "R of the R findings opened were of high severity"
	case last >= 0:
		cut = last
		for i := last - 1; i > nounAt && (tail[i].does(helper) || tail[i].does(neutral) && !tail[i].does(state)); i-- {
			cut = i
		}
	case said >= 0:
		cut = said
	}
	c.wholeOf.after, c.after = tail[:cut:cut], append(c.after, tail[cut:]...)
}
