package grounding

import "slices"

// otherWords are the ways to end a comparison with everything else of a kind:
// "than on any other target".
func otherWords() []group {
	kinds := []struct{ feature, names string }{
		{"target", "target,system,target system"}, {"category", "category,attack category"}, {"component", "component"},
		{"severity", "severity,severity level"}, {"probe", "probe"},
	}
	var out []group
	for _, k := range kinds {
		g := group{kind: anyOther, feature: k.feature}
		for _, name := range phrases(k.names) {
			for _, lead := range []string{"", "on ", "in ", "for ", "of ", "at ", "that of ", "that on ", "that in ", "that for ", "those of ", "with "} {
				g.phrases += "than " + lead + "any other " + name + ", "
			}
		}
		out = append(out, g)
	}
	return out
}

// superlatives reads "higher … than any other target" as "highest … of the
// targets", and "no target had a higher … than a" as "a had a highest …".
func (k *check) superlatives() {
	k.noOther()
	k.nor()
	for i, t := range k.tokens {
		if !t.does(anyOther) {
			continue
		}
		at := i - 1
		for at >= 0 && !k.tokens[at].does(relative) && !k.tokens[at].is(figure) {
			at--
		}
		if at < 0 || k.tokens[at].is(figure) || k.tokens[at].text == "additional" || k.tokens[at].text == "further" {
			k.refuse(ruleComparison, quoted("any other")+" has no comparison before it")
			return
		}
		k.tokens[at].meaning = superlative(k.tokens[at])
		k.tokens[i].meaning = meaning{kind: scope, feature: t.feature}
	}
}

func superlative(t token) meaning {
	if t.does(downward) {
		return meaning{kind: least}
	}
	return meaning{kind: most}
}

// nor reads "no critical and no low findings" as "no critical or low findings".
func (k *check) nor() {
	t := k.tokens
	for i := 1; i+2 < len(t); i++ {
		if t[i].text == "and" && t[i-1].is(entityWord) && t[i+1].does(none) && t[i+2].is(entityWord) && i > 1 && t[i-2].does(none) {
			t[i].text, t[i].meaning = "or", vocabulary["or"]
			k.tokens = slices.Delete(slices.Clone(t), i+1, i+2)
			return
		}
	}
}

// noOther reads "no target had a higher … than a" with the name at the front.
func (k *check) noOther() {
	t := k.tokens
	than := slices.IndexFunc(t, func(t token) bool { return t.does(than) })
	if than < 3 || !t[0].does(none) || !t[1].does(thing) || hasFigure(t[:than]) || count(t[:than], relative) != 1 {
		return
	}
	name := than + 1
	for name < len(t) && (t[name].does(article) || slices.Contains([]string{"on", "in", "for"}, t[name].text)) {
		name++
	}
	if name == len(t) || !t[name].is(entityWord) || t[name].dims[0].name != t[1].text {
		return
	}
	out := []token{t[name]}
	for _, x := range t[2:than] {
		if x.does(relative) {
			x.meaning = superlative(x)
		}
		out = append(out, x)
	}
	k.tokens = append(out, t[name+1:]...)
}

// misplaced is a comparison whose two figures are not at its two ends.
type misplaced struct {
	at, with      int // where it begins, and where what it is with begins
	first, second int // the figures
	begin         int // the mark before the first
}

// figuresFirst puts the figures of a comparison into their places: it reads
// "a had a higher rate than b, R against R" and "a had a higher rate, R, than b,
// R" as "a had, R, a higher rate than b, R". It leaves alone what has another
// form.
func (k *check) figuresFirst() {
	c, ok := k.comparison()
	if !ok {
		return
	}
	comma := token{sort: mark, text: ","}
	out := slices.Clone(k.tokens[:c.at])
	if c.at > 0 {
		out = append(out, comma)
	}
	out = append(out, k.tokens[c.first], comma)
	if c.first < c.with {
		out = append(append(out, k.tokens[c.at:c.begin]...), k.tokens[c.with:]...)
	} else {
		out = append(append(out, k.tokens[c.at:c.begin]...), comma)
		out = append(out, k.tokens[c.second:]...)
	}
	k.tokens = slices.DeleteFunc(out, func(t token) bool { return t.does(inTurn) })
	k.unbracket()
}

// unbracket takes out brackets that have lost their other half.
func (k *check) unbracket() {
	open := -1
	for i, t := range k.tokens {
		switch {
		case isMark(t, "("):
			open = i
		case isMark(t, ")") && open < 0:
			k.tokens[i].text = ","
		case isMark(t, ")"):
			open = -1
		}
	}
}

// comparison finds a comparison that figuresFirst knows.
func (k *check) comparison() (c misplaced, ok bool) {
	c = misplaced{at: -1, with: -1, first: -1, second: -1}
	for i, t := range k.tokens {
		switch {
		case t.is(figure) && c.at < 0, t.is(figure) && c.first >= 0 && c.with < 0:
			return c, false
		case t.is(figure) && c.first < 0:
			c.first = i
		case t.is(figure) && c.second < 0:
			c.second = i
		case t.is(figure):
			return c, false
		case t.does(relative) && c.first < 0 && c.with < 0:
			c.at = i
		case c.with < 0 && !priorNext(k.tokens[i+1:]) && (t.does(than) && c.at >= 0 || t.does(beyond|below) && c.first < 0):
			c.with = i
			if !t.does(than) {
				c.at = i
			}
		}
	}
	if c.second < 0 || c.with < 0 {
		return c, false
	}
	c.at = k.backOver(c.at)
	c.begin = k.markBefore(c.first)
	if c.first < c.with {
		return c, c.begin > c.at && !slices.ContainsFunc(k.tokens[c.first+1:c.with], func(t token) bool { return !isMark(t, ",)") }) &&
			k.saysWhat(c.with, c.second)
	}
	return c, c.begin > c.with && k.saysWhat(c.with, c.begin) && k.sideBySide(c.first, c.second)
}

// saysWhat tells whether words name what something is compared with.
func (k *check) saysWhat(from, to int) bool {
	return slices.ContainsFunc(k.tokens[from:to], func(t token) bool { return t.is(entityWord) || t.does(noun|state) })
}

// markBefore is where the mark stands that parts a figure from what is before
// it: ", at R". -1: none does.
func (k *check) markBefore(i int) int {
	for i--; i > 0; i-- {
		t := k.tokens[i]
		switch {
		case isMark(t, ",:;("):
			return i
		case t.text == "'s" || !t.does(article) && t.text != "at" && t.text != "with" && t.text != "by":
			return -1
		}
	}
	return -1
}

// backOver is where the article or the helping verb before a word begins.
func (k *check) backOver(i int) int {
	for i > 0 && k.tokens[i-1].does(article|helper) && !k.tokens[i-1].does(verb&^helper) && k.tokens[i-1].text != "'s" {
		i--
	}
	return i
}

// sideBySide tells whether two figures at the end of a sentence stand for the
// two sides of a comparison: "R against R", "R and R respectively".
func (k *check) sideBySide(first, second int) bool {
	parts, inOrder := 0, has(k.tokens[second:], inTurn)
	for _, t := range k.tokens[first+1 : second] {
		switch {
		case t.does(against | into), t.text == "and" && inOrder:
			parts++
		case t.does(article), t.text == "at":
		default:
			return false
		}
	}
	after := slices.ContainsFunc(k.tokens[second+1:], func(t token) bool { return !t.does(inTurn|today) && !isMark(t, ")") })
	return parts == 1 && !after
}

// orShare puts ", or S," behind what is said: "R of R prompts, or S, were
// answered" is read as "R of R prompts were answered, or S".
func (k *check) orShare() {
	for i := 1; i+3 < len(k.tokens); i++ {
		t := k.tokens[i:]
		if t[0].text != "or" || !isMark(k.tokens[i-1], ",") || !t[1].is(figure) || t[1].ref.verb != verbShare || !isMark(t[2], ",") || hasFigure(t[3:]) {
			continue
		}
		if f := places(k.tokens[:i]); len(f) != 2 || k.tokens[f[0]].ref.fact != t[1].ref.fact || k.tokens[f[1]].ref.fact != t[1].ref.whole {
			return
		}
		out := append(slices.Clone(k.tokens[:i-1]), t[3:]...)
		k.tokens = append(out, k.tokens[i-1], t[0], t[1])
		return
	}
}

// places are those of the figures.
func places(tokens []token) []int {
	var out []int
	for i, t := range tokens {
		if t.is(figure) {
			out = append(out, i)
		}
	}
	return out
}
