package grounding

import (
	"strings"
	"unicode"
)

// read turns a claim's text into tokens. It fails where anything in it is not
// understood: the other rules would read past it.
func (k *check) read() bool {
	tokens, faults := k.m.tokens(k.claim.Text)
	for _, f := range faults {
		switch {
		case f.detail != "":
			k.refuse(f.rule, f.detail)
		case f.rule == ruleUnknown:
			k.refuse(f.rule, quoted(f.word)+" is not among them: say it in other words")
		default:
			k.refuse(f.rule, quoted(f.word))
		}
	}
	if len(k.claim.Text) > maxText {
		k.refuse(ruleSentence, "it is too long")
	}
	n := len(tokens)
	if n == 0 || tokens[n-1].text != "." {
		k.refuse(ruleSentence, "it ends in a full stop")
		return false
	}
	for _, t := range tokens[:n-1] {
		if t.is(mark) && t.text == "." {
			k.refuse(ruleSentence, "a claim is one sentence")
		}
	}
	if t := tokens[0]; t.is(mark) || t.is(plainWords) && !unicode.IsUpper(rune(k.claim.Text[t.start])) && !strings.HasPrefix(t.text, "p95") {
		k.refuse(ruleSentence, "it begins with a capital letter")
	}
	k.tokens = tokens[:n-1]
	return len(k.violations) == 0
}
