package grounding

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// sort is what a token is.
type sort int

const (
	figure     sort = iota // a reference
	entityWord             // a dimension's value
	plainWords             // a word or phrase of the lexicon
	mark                   // , ; : . ( )
)

// token is one piece of a claim's text. A phrase of the lexicon is one token.
type token struct {
	sort       sort
	text       string // lower-case; of an entity the value as keys have it
	start, end int    // in the claim's text
	ref        *reference
	dims       []dim // what an entity may stand for
	placed     bool  // put beside its figure by "respectively"
	meaning
}

func (t token) is(s sort) bool { return t.sort == s }

// does tells whether a token is a word of that kind.
func (t token) does(k kind) bool { return t.sort == plainWords && t.kind&k != 0 }

// fault is something in a text that cannot be understood.
type fault struct {
	rule, word string
	detail     string
}

var (
	wordForm = regexp.MustCompile(`^(?:[Pp]95|[A-Za-z]+(?:-[A-Za-z]+)*)`)
	linkForm = regexp.MustCompile(`^(?i:[a-z]+://|www\.)`)
)

// tokens reads a claim's text. What it cannot read it returns as faults.
func (m *Material) tokens(text string) ([]token, []fault) {
	var out []token
	var faults []fault
	for i := 0; i < len(text); {
		if text[i] == ' ' {
			i++
			continue
		}
		t, n, f := m.next(text, i, len(out) == 0)
		if f != nil {
			faults = append(faults, *f)
		} else {
			out = append(out, t)
		}
		i += n
	}
	merged, unknown := m.lexicon.read(out)
	return merged, append(faults, unknown...)
}

// next reads the token at i: a reference, else the longest name, else a word,
// else a mark.
func (m *Material) next(text string, i int, first bool) (token, int, *fault) {
	rest := text[i:]
	if strings.HasPrefix(rest, "{{") {
		return m.figure(rest, i)
	}
	if linkForm.MatchString(rest) {
		return token{}, len(linkForm.FindString(rest)), &fault{rule: rulePlain, detail: "no links"}
	}
	if d, value, n := m.entity(rest, first); n > 0 {
		return token{sort: entityWord, text: value, dims: d, start: i, end: i + n}, n, nil
	}
	if (strings.HasPrefix(rest, "vs. ") || strings.HasPrefix(rest, "Vs. ")) && i > 0 {
		return token{sort: plainWords, text: "vs", start: i, end: i + 3}, 3, nil
	}
	if w := wordForm.FindString(rest); w != "" && !letterAt(rest, len(w)) {
		return token{sort: plainWords, text: w, start: i, end: i + len(w)}, len(w), nil
	}
	for _, s := range []string{"'s", "’s"} {
		if strings.HasPrefix(rest, s) && !letterAt(rest, len(s)) && i > 0 && text[i-1] != ' ' {
			return token{sort: plainWords, text: "'s", start: i, end: i + len(s)}, len(s), nil
		}
	}
	if strings.IndexByte(",;:.()", rest[0]) >= 0 {
		return token{sort: mark, text: rest[:1], start: i, end: i + 1}, 1, nil
	}
	return refuse(rest)
}

func (m *Material) figure(rest string, i int) (token, int, *fault) {
	r, n := m.reference(rest)
	switch {
	case n == 0:
		return token{}, 2, &fault{rule: ruleReference, detail: "a reference is not written {{verb:ID}}"}
	case r == nil:
		return token{}, n, &fault{rule: ruleReference, detail: "a reference names no fact that was given"}
	}
	return token{sort: figure, ref: r, start: i, end: i + n}, n, nil
}

// refuse names what a claim may not hold.
func refuse(rest string) (token, int, *fault) {
	r, n := utf8.DecodeRuneInString(rest)
	switch {
	case unicode.IsNumber(r):
		for n < len(rest) && strings.IndexByte("0123456789.,", rest[n]) >= 0 {
			n++
		}
		return token{}, n, &fault{rule: ruleNumber, detail: "every figure is a reference"}
	case r == '%' || r == '‰' || r == '°' || r == '$' || r == '€' || r == '£':
		return token{}, n, &fault{rule: ruleUnit, detail: "a reference carries its unit"}
	case unicode.IsLetter(r):
		for n < len(rest) && letterAt(rest, n) {
			_, more := utf8.DecodeRuneInString(rest[n:])
			n += more
		}
		return token{}, n, &fault{rule: rulePlain, detail: "letters outside plain English"}
	}
	return token{}, n, &fault{rule: rulePlain, detail: "only words, commas, semicolons, colons, plain brackets and a full stop"}
}

// letterAt tells whether a word goes on at i.
func letterAt(s string, i int) bool {
	r, _ := utf8.DecodeRuneInString(s[min(i, len(s)):])
	return i < len(s) && (unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) || r == '_')
}
