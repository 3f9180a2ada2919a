package grounding

import (
	"regexp"
	"slices"

	"github.com/closeofbusiness/cob/report/fact"
)

// bindAll holds every reference and statement against the words that are its
// own, in the order of the text.
func (k *check) bindAll() {
	if len(k.violations) > 0 {
		return
	}
	k.pairUp()
	var part subject
	var last *clause
	s := k.pronoun()
	for i, c := range k.parts {
		if c.ref == nil {
			s = k.bindStatement(c, s)
			continue
		}
		if c.partOf != nil {
			continue // it was bound with its part
		}
		at := s
		if len(at.nouns) == 0 {
			at.nouns, at.states = ahead(k.parts[i:])
			if d := k.leadsTo(i); d != nil {
				at.dims = d
			} else if next := k.after(i); bare(c) && next != nil && len(entities(next.own())) > 0 {
				at.dims = next.ref.fact.dims // "Falling by R, the rate of kb-search came to R"
			}
		}
		if i > 0 && k.parts[i-1].of != nil && c.sameFact(k.parts[i-1].of) && !has(c.own(), noun|state) {
			at, last = part, k.parts[i-1].of // "R samples of R expected, against P"
		}
		if w := c.wholeOf; w != nil {
			if w.ref.fact.ID == c.ref.fact.ID && sameDims(c.ref.fact.dims, at.dims) && isPart(c.ref.fact, w.ref.fact) {
				at.dims = w.ref.fact.dims // "hits on kb-search made up S of all R hits"
			}
			next := k.bindReference(w, at, last)
			at.nouns, at.states, at.dims = next.nouns, next.states, next.dims
			if len(featuresOf(c.own(), state)) > 0 {
				at.states = nil
			}
		}
		next := k.bindReference(c, at, last)
		k.bindWhole(c, s)
		if c.among != nil {
			part = next
		}
		if !c.aside {
			s, last = next, c
		}
	}
}

// pairUp finds "…, after P in P" behind "R hits in R evaluations", and
// "…, against P and P" behind "R were sent and R answered": previous values in
// the order of the values.
func (k *check) pairUp() {
	for i := 1; i+1 < len(k.parts); i++ {
		c, d := k.parts[i], k.parts[i+1]
		if !c.repeats() || !d.repeats() || !c.lead().does(against|out) || c.among != d && d.before[0].text != "and" {
			continue
		}
		for j, o := range k.parts[:i-1] {
			p := k.parts[j+1]
			if o.ref == nil || p.ref == nil || !o.sameFact(c) || !p.sameFact(d) {
				continue
			}
			c.pair, d.pair = o, p
			if o.among == nil {
				c.among, d.of = nil, nil
			}
		}
	}
}

// repeats holds for a previous value that says nothing of what it is.
func (c *clause) repeats() bool {
	return c.ref != nil && c.ref.verb == verbPrevious && !has(c.own(), noun|state) && len(c.before) > 0
}

// leadsTo are the dimensions of what a sentence comes to that begins with
// figures without a name: "With R hits in R evaluations, the rate of kb-search …".
func (k *check) leadsTo(i int) fact.Dims {
	if first := k.tokens[0]; !slices.Contains([]string{"with", "at", "having", "from"}, first.text) {
		return nil
	}
	for j, c := range k.parts {
		comma := len(c.before) > 0 && isMark(c.before[0], ",")
		switch {
		case c.ref == nil, !comma && (len(entities(c.own())) > 0 || separatedBy(c.before)):
			return nil
		case comma && len(entities(c.own())) > 0:
			if j > i {
				return c.ref.fact.dims
			}
			return nil
		case comma && has(c.before, verb|noun):
			return nil
		}
	}
	return nil
}

// after is the clause behind the i-th, if it has a reference.
func (k *check) after(i int) *clause {
	if i+1 < len(k.parts) && k.parts[i+1].ref != nil {
		return k.parts[i+1]
	}
	return nil
}

// bare holds for a reference that stands before everything it is about.
func bare(c *clause) bool {
	return !slices.ContainsFunc(c.own(), func(t token) bool { return t.is(entityWord) || t.does(noun|state) })
}

// ahead is what the next words name, for a reference before which nothing was
// named: "R critical and R high findings are open".
func ahead(cs []*clause) (nouns, states features) {
	for _, c := range cs {
		if nouns = featuresOf(c.own(), noun); len(nouns) > 0 {
			return nouns, featuresOf(c.own(), state)
		}
	}
	return nil, nil
}

// bindReference holds one reference against its words and returns what is being
// talked about after it.
func (k *check) bindReference(c *clause, s subject, last *clause) subject {
	e := c.ref.fact
	next := subject{entry: e, dims: e.dims}
	if c.ref.shown() == "" {
		k.refuse(ruleReference, "there is no figure for "+c.ref.verb+" of a fact that is referred to")
		return next
	}
	if !e.Measured() {
		k.refuse(ruleUnmeasured, "nothing may be said of an unmeasured fact but that it is not measured")
		return next
	}
	if c.ref.verb == verbChange && e.change().Sign() == 0 {
		k.refuse(ruleReference, "a change that is none is called unchanged")
	}
	k.bindMetric(c, s)
	k.bindDims(c, s)
	k.bindScope(c, c.ref.fact)
	next.nouns, next.states = c.nouns, c.states
	next.earlier = k.bindPeriod(c, s, last)
	k.bindWays(c, e)
	k.bindElided(c, last)
	k.bindComparison(c, last)
	k.bindSuperlative(c)
	k.bindOther(c)
	for _, key := range c.ref.keys() {
		k.use(key)
	}
	return next
}

func (k *check) use(key string) {
	if !slices.Contains(k.used, key) {
		k.used = append(k.used, key)
	}
}

// bindWhole holds parts against their wholes.
func (k *check) bindWhole(c *clause, s subject) {
	if c.ref.verb == verbShare {
		k.bindShare(c)
	}
	if c.wholeOf != nil && saysTwice(c.own()) {
		k.refuse(ruleReference, "what stands behind \"of\" is the part, not the whole")
	}
	if w := c.wholeOf; w != nil && c.ref.verb == verbShare && c.ref.whole != w.ref.fact {
		k.refuse(ruleReference, "a share is of the whole that stands beside it")
	}
	if w := c.among; w != nil && c.ref.verb != verbShare {
		k.mustBePart(c.ref, w.ref)
	}
	if w := c.within; w != nil && c.ref != w.ref && c.nouns.within(w.nouns) && c.ref.verb != verbShare && !k.said(c) {
		k.mustBePart(c.ref, w.ref)
	}
	if c.wholeOf == nil && (c.aside && has(c.own(), part) || k.continues(c)) && c.ref.verb != verbShare {
		if s.entry == nil {
			k.refuse(ruleSubject, "what it is a part of must be named before")
			return
		}
		k.mustBePart(c.ref, &reference{verb: c.ref.verb, fact: s.entry})
	}
}

// continues holds for the second of "R of them overdue and R new".
func (k *check) continues(c *clause) bool {
	i := slices.Index(k.parts, c)
	if i <= 0 || c.aside || has(c.own(), noun|verb) {
		return false
	}
	p := k.parts[i-1]
	return p.ref != nil && p.aside && has(p.own(), part) && !separatedBy(p.after) && !separatedBy(c.before)
}

// said tells whether an earlier reference is to the same fact: this one says
// what it was, or how much it changed.
func (k *check) said(c *clause) bool {
	for _, o := range k.parts {
		if o == c {
			return false
		}
		if o.ref != nil && o.sameFact(c) {
			return true
		}
	}
	return false
}

func (k *check) mustBePart(r, whole *reference) {
	if r.verb == verbChange || whole.verb == verbChange || r.verb == verbPrevious != (whole.verb == verbPrevious) || !isPart(r.fact, whole.fact) {
		k.refuse(ruleReference, "what stands before \"of\" is no part of what stands behind it")
	}
}

// isPart tells whether a fact counts some of what another counts: by the
// metric's definition, or the same metric with fewer dimensions.
func isPart(e, whole *entry) bool {
	if e.metric.Whole == whole.ID || e.ID == "attack.hits" && whole.ID == "attack.evaluated" {
		return sameDims(e.dims, whole.dims)
	}
	if e.ID != whole.ID || len(whole.dims) >= len(e.dims) || e.Unit != "count" || e.ID == "findings.rerated_net" {
		return false
	}
	for name, value := range whole.dims {
		if e.dims[name] != value {
			return false
		}
	}
	return true
}

func (k *check) bindShare(c *clause) {
	if !isPart(c.ref.fact, c.ref.whole) {
		k.refuse(ruleReference, "a share is of a part and its whole")
	}
	if !c.aside && !has(c.own(), share) && (len(c.after) == 0 || !c.after[0].does(of|part)) && c.wholeOf == nil && !c.before[0].does(of) && !k.sameWhole(c) {
		k.refuse(ruleReference, "a share says of what it is one")
	}
	if k.ofItself(c) {
		k.refuse(ruleReference, "what stands behind \"of\" is the part, not the whole")
	}
	if n := c.after; len(n) > 0 && n[0].does(noun|thing) {
		k.refuse(ruleReference, "a share is \"of\" what it is a part of")
	}
	if has(c.own(), directions) {
		k.refuse(ruleDirection, "how a share moved is not known")
	}
}

// ofItself holds for a share "of the overdue actions that are overdue".
func (k *check) ofItself(c *clause) bool {
	if saysTwice(c.own()) {
		return true
	}
	i := slices.Index(k.parts, c)
	before := i > 0 && k.parts[i-1].ref != nil && k.parts[i-1].sameFact(c)
	own := featuresOf(c.own(), state)
	return before && len(own) > 0 && len(c.after) > 0 && c.after[0].does(of|part) && !slices.Contains(c.nouns.with(own).metrics(), c.ref.whole.ID)
}

// saysTwice holds where two words say the same state.
func saysTwice(tokens []token) bool {
	seen := features{}
	for _, t := range tokens {
		if t.does(state) && seen[t.feature] {
			return true
		}
		seen[t.feature] = seen[t.feature] || t.does(state)
	}
	return false
}

// sameWhole holds for the second of "S of the prompts were answered and S were
// not", and for "R of R prompts were answered, or S": what it is a share of has
// been said.
func (k *check) sameWhole(c *clause) bool {
	for _, o := range k.parts {
		switch {
		case o == c:
			return false
		case o.ref == nil:
		case o.ref.verb == verbShare && o.ref.whole == c.ref.whole,
			o.wholeOf != nil && o.sameFact(c) && o.wholeOf.ref.fact == c.ref.whole && has(c.before, or):
			return true
		}
	}
	return false
}

// bindRange holds "of the targets" against a superlative's dimensions.
func (k *check) bindRange(tokens []token, e *entry) {
	for i, t := range tokens {
		names := i+1 < len(tokens) && tokens[i+1].is(entityWord) && tokens[i+1].dims[0].name == t.feature
		if _, of := e.dims[t.feature]; t.does(scope) && !names && !(of && has(tokens, most|least)) {
			k.refuse(ruleSubject, quoted(t.text)+" stands with a superlative among them only")
		}
	}
}

// isPlan holds for what was planned or expected: of that much it is not known
// that it "ended" or "was delivered".
func isPlan(c *clause) bool {
	return c.ref.fact.ID == "runs.planned" || c.ref.fact.ID == "health.expected"
}

var shareNoun = regexp.MustCompile(`share|proportion|percentage`)

// bindOther refuses what no other rule has looked at.
func (k *check) bindOther(c *clause) {
	tokens := c.own()
	if has(tokens, none|neither|noFigure) {
		k.refuse(ruleNegation, "no and none stand in a part without a figure, and where the value is 0")
	}
	for i, t := range tokens {
		if t.does(not) && !c.denies && !negatesWay(tokens, i) {
			k.refuse(ruleNegation, "this not cannot be checked")
		}
	}
	if d := c.ref.fact.change(); has(tokens, asOn) && (d == nil || d.Sign() != 0) {
		k.refuse(ruleDirection, quoted("as on")+" says that nothing changed")
	}
	k.bindNouns(c)
	if has(tokens, unmeasured) && c.ref.fact.ID != "facts.unmeasured" {
		k.refuse(ruleUnmeasured, "a part with a figure says that something is not measured")
	}
	if n := c.after; len(n) > 0 && n[0].does(thing) && (len(n) == 1 || !n[1].does(noun)) {
		k.refuse(ruleMetric, quoted(n[0].text)+" is not what is counted")
	}
	k.bindEach(tokens)
	k.bindRange(tokens, c.ref.fact)
	if has(tokens, or) && c.ref.verb != verbShare {
		k.refuse(ruleReference, "or stands before a share only")
	}
}

// bindNouns refuses what cannot be said of what is counted.
func (k *check) bindNouns(c *clause) {
	tokens := c.own()
	if lead := c.lead(); c.ref.verb != verbShare && c.partOf == nil && shareNoun.MatchString(lead.text) {
		k.refuse(ruleReference, "a share is written as one")
	}
	if isPlan(c) && has(c.after, noun) && slices.ContainsFunc(c.after, func(t token) bool { return t.does(verb) && !t.does(helper|noun|directions) }) {
		k.refuse(ruleMetric, "what was planned is said to have been planned and nothing more")
	}
	if has(tokens, leaving) && !slices.Contains([]string{"findings.open", "incidents.open", "actions.open", "attempts.unanswered"}, c.ref.fact.ID) {
		k.refuse(ruleMetric, "only what is open then is left")
	}
}
