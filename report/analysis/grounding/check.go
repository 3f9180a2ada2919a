package grounding

import (
	"slices"
	"strings"

	"github.com/closeofbusiness/cob/report/document"
)

// Check holds a draft against the facts. Nothing found: it may be printed.
func (m *Material) Check(d Draft) []Violation {
	out := m.checkDraft(d)
	for i, k := range m.checkClaims(d) {
		for _, v := range k.violations {
			v.Claim = i + 1
			out = append(out, v)
		}
	}
	return out
}

// checkClaims checks claims in their order.
func (m *Material) checkClaims(d Draft) []*check {
	out := make([]*check, len(d.Claims))
	var topic subject
	for i, c := range d.Claims {
		out[i] = m.check(c, topic)
		topic = out[i].topic()
	}
	return out
}

// check is one claim's way through the rules.
type check struct {
	m          *Material
	it         subject // what "it" may stand for: what the claim before was about
	claim      Claim
	tokens     []token
	parts      []*clause
	violations []Violation
	used       []string // keys of facts that the text is about
	compared   []string // keys of facts that a superlative is about as well
	ways       []int    // the directions that it states
	applied    map[string]bool
}

func (m *Material) check(c Claim, it subject) *check {
	k := &check{m: m, it: it, claim: c, applied: map[string]bool{}}
	var cites string
	k.claim.Text, cites = uncited(c.Text)
	k.cite(cites)
	if !k.read() {
		return k
	}
	k.superlatives()
	k.figuresFirst()
	k.orShare()
	if !k.respectively() {
		return k
	}
	k.parts = k.clauses(k.tokens)
	k.bindAll()
	if len(k.violations) == 0 {
		k.checkListed()
		k.checkStance()
	}
	return k
}

// checked names the rules that a claim passed and that had something to look
// at.
func (k *check) checked() []string {
	if len(k.violations) > 0 {
		return nil
	}
	for _, always := range []string{ruleSentence, rulePlain, ruleUnknown, ruleReference, ruleMetric, ruleSubject, rulePeriod, ruleStance, ruleListed} {
		k.applied[always] = true
	}
	return slices.DeleteFunc(Rules(), func(r string) bool { return !k.applied[r] })
}

func (k *check) refuse(rule, detail string) {
	v := Violation{Rule: rule, Detail: detail}
	if !slices.Contains(k.violations, v) {
		k.violations = append(k.violations, v)
	}
}

// quoted is at most one short word of the answer.
func quoted(word string) string {
	const most = 24
	r := []rune(document.Clean(word).String())
	if len(r) > most {
		r = append(r[:most-1], '…')
	}
	return `"` + strings.ReplaceAll(string(r), `"`, "") + `"`
}
