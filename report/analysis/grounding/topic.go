package grounding

// topic is what the claim was about, for an "it" in the next: the metric of all
// its references. One that was refused, or that is about several, was about
// nothing.
func (k *check) topic() subject {
	var out subject
	if len(k.violations) > 0 {
		return out
	}
	id := ""
	for _, c := range k.parts {
		switch {
		case c.ref == nil, c.wholeOf != nil, c.partOf != nil, id != "" && c.ref.fact.ID != id:
			return subject{}
		}
		id = c.ref.fact.ID
		out.nouns, out.states = c.nouns, c.states
	}
	return out
}

// pronoun is what "it" stands for in a claim that names no metric: that of the
// claim before. Whose it is, the claim says by itself.
func (k *check) pronoun() subject {
	said := false
	for _, t := range k.tokens {
		said = said || t.text == "it"
		if t.does(noun | state) {
			return subject{}
		}
	}
	if !said || len(entities(k.tokens)) == 0 {
		return subject{}
	}
	return subject{nouns: k.it.nouns, states: k.it.states}
}
