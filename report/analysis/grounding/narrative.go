package grounding

import (
	"strings"

	"github.com/closeofbusiness/cob/report/analysis"
	"github.com/closeofbusiness/cob/report/document"
)

// Narrative fills the references of a draft that Check had nothing against.
// Label, provider and model are the caller's to set.
func (m *Material) Narrative(d Draft) analysis.Narrative {
	n := analysis.Narrative{Sentences: make([]analysis.Sentence, len(d.Claims))}
	for i, k := range m.checkClaims(d) {
		n.Sentences[i] = m.sentence(d.Claims[i], k.checked())
	}
	return n
}

func (m *Material) sentence(c Claim, checks []string) analysis.Sentence {
	s := analysis.Sentence{Claim: c.Text, Facts: make([]string, 0, len(c.Facts)), Checks: checks}
	for _, key := range c.Facts {
		if e := m.byKey[key]; e != nil {
			s.Facts = append(s.Facts, e.Key())
		}
	}
	text, cites := uncited(c.Text)
	cited := m.note(cites)
	if cited != nil {
		s.Cites = []string{cited.Key()}
	}
	tokens, _ := m.tokens(text)
	var plain strings.Builder
	flush := func() {
		if plain.Len() > 0 {
			s.Text = append(s.Text, document.Plain(plain.String()))
			plain.Reset()
		}
	}
	at := 0
	for _, t := range tokens {
		plain.WriteString(text[at:t.start])
		at = t.end
		switch {
		case t.ref != nil:
			flush()
			s.Text = append(s.Text, document.Strong(t.ref.shown()))
		case t.is(entityWord) && m.names.real[t.text] != "":
			plain.WriteString(m.names.real[t.text])
		default:
			plain.WriteString(text[t.start:t.end])
		}
	}
	rest := text[at:]
	if cited != nil {
		// The full stop, the last token, was written: it comes after the citation.
		written := strings.TrimSuffix(plain.String(), ".")
		plain.Reset()
		plain.WriteString(written)
	}
	plain.WriteString(rest)
	flush()
	if cited != nil {
		s.Text = append(s.Text, cited.printed()...)
	}
	return s
}
