package grounding

import (
	"regexp"
	"strings"

	"github.com/closeofbusiness/cob/report/fact"
)

// The verbs of references.
const (
	verbFact     = "fact"
	verbPrevious = "previous"
	verbChange   = "change"
	verbShare    = "share"
)

// reference is {{verb:KEY}}, bound to the fact that it names.
type reference struct {
	verb  string
	fact  *entry
	whole *entry // of a share
}

var (
	keyForm       = `[a-z][a-z0-9_.]{0,60}(?:\{[^{}]{1,300}\})?`
	referenceForm = regexp.MustCompile(`^\{\{(fact|previous|change|share):(` + keyForm + `)(?:/(` + keyForm + `))?\}\}`)
)

// reference reads the reference that text begins with. Its length is 0 where
// there is none; the reference is nil where it names no fact of the material.
func (m *Material) reference(text string) (*reference, int) {
	p := referenceForm.FindStringSubmatch(text)
	if p == nil {
		return nil, 0
	}
	r := &reference{verb: p[1], fact: m.byKey[p[2]], whole: m.byKey[p[3]]}
	if r.fact == nil || (r.verb == verbShare) != (p[3] != "") || r.verb == verbShare && r.whole == nil {
		return nil, len(p[0])
	}
	return r, len(p[0])
}

// shown is what is printed in the reference's place; empty where there is
// nothing to print.
func (r *reference) shown() string {
	switch r.verb {
	case verbFact:
		if r.fact.Measured() {
			return r.fact.Shown()
		}
	case verbPrevious:
		if r.fact.ExactPrevious() != nil {
			return r.fact.ShownPrevious()
		}
	case verbChange:
		return r.fact.size(r.fact.change())
	case verbShare:
		return fact.Share(r.fact.Fact, r.whole.Fact)
	}
	return ""
}

// keys are the facts that it rests on.
func (r *reference) keys() []string {
	if r.whole != nil {
		return []string{r.fact.key, r.whole.key}
	}
	return []string{r.fact.key}
}

// withoutReferences is text without its references, for those who must not find figures
// beside them.
func withoutReferences(m *Material, text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		if _, n := m.reference(text[i:]); n > 0 {
			i += n
			continue
		}
		b.WriteByte(text[i])
		i++
	}
	return b.String()
}
