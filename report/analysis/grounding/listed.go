package grounding

import "slices"

// checkListed holds the facts that a claim lists against those that its text is
// about.
func (k *check) checkListed() {
	if len(k.used) == 0 {
		k.refuse(ruleEvidence, "it rests on no fact")
	}
	if len(k.claim.Facts) > maxClaimFacts {
		k.refuse(ruleListed, "it lists too many facts")
	}
	for i, key := range k.claim.Facts {
		switch {
		case k.m.byKey[key] == nil:
			k.refuse(ruleListed, "it lists a fact that was not given")
		case slices.Contains(k.claim.Facts[:i], key):
			k.refuse(ruleListed, "it lists a fact twice")
		case !slices.Contains(k.used, key) && !slices.Contains(k.compared, key) && !k.isWhole(key):
			k.refuse(ruleListed, "it lists a fact that its text is not about")
		}
	}
	for _, key := range k.used {
		if !slices.Contains(k.claim.Facts, key) {
			k.refuse(ruleListed, "its text is about a fact that it does not list")
		}
	}
}

// isWhole tells whether a fact is the whole of one that the text is about.
func (k *check) isWhole(key string) bool {
	return slices.ContainsFunc(k.used, func(part string) bool {
		return isPart(k.m.byKey[part], k.m.byKey[key])
	})
}

// checkStance holds a claim's stance against the directions that its words
// state; where they state none, against how its facts went.
func (k *check) checkStance() {
	want, known := map[string]int{"up": 1, "down": -1, "unchanged": 0}[k.claim.Stance]
	if !known {
		if k.claim.Stance != "none" {
			k.refuse(ruleStance, "it is up, down, unchanged or none")
		} else if len(k.ways) > 0 && !mixed(k.ways) {
			k.refuse(ruleStance, "the text says which way it went")
		}
		return
	}
	if len(k.ways) > 0 {
		if !slices.Contains(k.ways, want) {
			k.refuse(ruleStance, "the text says another way")
		}
		return
	}
	keys := k.comparedWithBefore()
	if len(keys) == 0 {
		keys = k.claim.Facts
	}
	for _, key := range keys {
		if d := k.m.byKey[key].change(); d == nil || d.Sign() != want {
			k.refuse(ruleStance, "that is not the way that all its facts went")
			return
		}
	}
}

// comparedWithBefore are the facts whose previous value, or whose change, the
// text gives.
func (k *check) comparedWithBefore() []string {
	var out []string
	for _, c := range k.parts {
		if c.ref != nil && c.partOf == nil && (c.ref.verb == verbPrevious || c.ref.verb == verbChange) {
			out = append(out, c.ref.fact.key)
		}
	}
	return out
}

func mixed(ways []int) bool {
	return slices.ContainsFunc(ways, func(w int) bool { return w != ways[0] })
}
