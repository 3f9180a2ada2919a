package grounding

import "strings"

// checkDraft holds the whole draft against its bounds.
func (m *Material) checkDraft(d Draft) []Violation {
	var out []Violation
	if len(d.Claims) == 0 {
		out = append(out, Violation{0, ruleDraft, "there is no claim"})
	}
	if most := min(m.options.Sentences, maxClaims); len(d.Claims) > most {
		out = append(out, Violation{0, ruleDraft, "there are more than " + itoa(most) + " claims"})
	}
	words, seen := 0, map[string]bool{}
	for i, c := range d.Claims {
		words += m.words(c.Text)
		plain, _ := uncited(c.Text)
		text := strings.ToLower(strings.Join(strings.Fields(plain), " "))
		if seen[text] {
			out = append(out, Violation{i + 1, ruleRepetition, "an earlier claim says the same"})
		}
		seen[text] = true
	}
	out = append(out, citedTwice(d)...)
	if words > m.options.Words {
		out = append(out, Violation{0, ruleDraft, "there are more than " + itoa(m.options.Words) + " words"})
	}
	return out
}

// words counts the words of a claim as it would be printed.
func (m *Material) words(text string) int {
	var b strings.Builder
	for i := 0; i < len(text); {
		r, n := m.reference(text[i:])
		if n == 0 {
			b.WriteByte(text[i])
			i++
			continue
		}
		if r != nil {
			b.WriteString(r.shown())
		}
		i += n
	}
	return len(strings.Fields(b.String()))
}
