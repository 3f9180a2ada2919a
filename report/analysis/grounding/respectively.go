package grounding

import "slices"

// respectively puts the names of a list beside the figures of another: "on a
// and b to R and R respectively" is read as "to a R and to b R". It fails where
// the lists do not pair.
func (k *check) respectively() bool {
	at := slices.IndexFunc(k.tokens, func(t token) bool { return t.does(inTurn) })
	if at < 0 {
		return true
	}
	figures := list(k.tokens, at, func(t token) bool { return t.is(figure) })
	var names []int
	for i := range figures[:min(1, len(figures))] {
		names = lastList(k.tokens[:figures[i]])
	}
	if len(names) < 2 || len(names) != len(figures) || k.mixedKinds(names) {
		k.refuse(ruleSubject, quoted(k.tokens[at].text)+" pairs no names with as many figures before it")
		return false
	}
	lead := k.leading(figures[0])
	comma := figures[0] - 1
	if lead != nil {
		comma--
	}
	var out []token
	for i, t := range k.tokens {
		n := slices.Index(figures, i)
		switch {
		case i == at, i == comma && isMark(t, ","), i >= names[0] && i <= names[len(names)-1]:
			continue
		case n >= 0:
			name := k.tokens[names[n]]
			name.placed = true
			if n > 0 && lead != nil {
				out = append(out, *lead)
			}
			out = append(out, name)
		}
		out = append(out, t)
	}
	k.tokens = out
	return true
}

// leading is the preposition before the first figure of a list, which counts
// for all of it.
func (k *check) leading(first int) *token {
	if first > 0 {
		if t := k.tokens[first-1]; t.does(into|out|by) || t.text == "at" {
			return &t
		}
	}
	return nil
}

func (k *check) mixedKinds(names []int) bool {
	return slices.ContainsFunc(names, func(i int) bool {
		return k.tokens[i].dims[0].name != k.tokens[names[0]].dims[0].name
	})
}

// list are the places of the tokens of a kind in the list that ends before end:
// "R, R and R".
func list(tokens []token, end int, is func(token) bool) []int {
	var out []int
	for i := end - 1; i >= 0; i-- {
		t := tokens[i]
		switch {
		case is(t):
			out = append(out, i)
		case isMark(t, ","), t.does(article), t.text == "and":
		default:
			slices.Reverse(out)
			return out
		}
	}
	slices.Reverse(out)
	return out
}

// lastList are the places of the names of the last list of names.
func lastList(tokens []token) []int {
	for i, t := range slices.Backward(tokens) {
		if t.is(entityWord) {
			return list(tokens, i+1, func(t token) bool { return t.is(entityWord) })
		}
	}
	return nil
}
