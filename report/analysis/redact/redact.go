// Package redact takes out of quoted text what must not leave the house.
//
// It recognises what has a form: it is a net under the rule that excerpts are
// short and few, not proof that a text names nobody.
package redact

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// DefaultLimit is how many runes of a text are quoted at most.
const DefaultLimit = 300

// withheld stands for a text that was made so that it would not come to rest.
const withheld = "[withheld]"

// maxRounds bounds how often a text is gone over. What a person wrote is at rest
// after two; what is not at rest after eight was built to slip through.
const maxRounds = 8

// The kinds of values, as their pseudonyms name them: "[email 1]".
const (
	email = "email"
	key   = "key"
	card  = "card"
	iban  = "iban"
	ip    = "ip"
	phone = "phone"
	name  = "name"
)

// Redactor redacts the texts of one report. The same value has the same
// pseudonym in all of them; numbers follow the order in which values are met, so
// the same texts in the same order give the same result. It may be used by
// several goroutines at once: only then does that order vary.
type Redactor struct {
	// Limit bounds a redacted text in runes. Zero means DefaultLimit.
	Limit int

	names *names

	mu     sync.Mutex
	number map[value]int  // pseudonyms given
	counts map[string]int // by kind
}

type value struct{ kind, text string }

// New makes a Redactor that knows names of people beside what it recognises by
// its form. Names match whole words in any case, with or without accents. Of a
// name that is initials and a surname ("R. Adeyemi") the surname alone matches
// too, from four letters. Names of fewer than two letters are passed over: they
// would blank half of every text.
func New(list []string) (*Redactor, error) {
	n, err := newNames(list)
	if err != nil {
		return nil, err
	}
	return &Redactor{names: n, number: map[value]int{}, counts: map[string]int{}}, nil
}

// Text returns s as it may be quoted: on one line, without markup, template
// references, invisible characters and typographic variants, at most Limit runes
// long, and with pseudonyms for what must not be seen. Redacting the result once
// more changes nothing. A pseudonym that s itself contains stays as it is.
func (r *Redactor) Text(s string) string {
	s, ok := tidy(s)
	for round := 0; ok && round < maxRounds; round++ {
		next, calm := tidy(r.replaced(s))
		if next == s && calm {
			return s
		}
		s, ok = next, calm
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts["withheld"]++
	return withheld
}

// Counts says how many different values of each kind were replaced: email, key,
// card, iban, ip, phone, name; and how many texts were withheld altogether.
func (r *Redactor) Counts() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make(map[string]int, len(r.counts))
	for kind, n := range r.counts {
		out[kind] = n
	}
	return out
}

// pseudonym is what the values give way to.
var pseudonym = regexp.MustCompile(`\[(?:(?:email|key|card|iban|ip|phone|name) [1-9][0-9]{0,3}|withheld)\]`)

// widest is the length of the longest pseudonym.
const widest = len("[phone 9999]")

// pseudonym is the one of a value; the same value gets the same.
func (r *Redactor) pseudonym(v value) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	n, ok := r.number[v]
	if !ok {
		n = r.counts[v.kind] + 1
		r.number[v], r.counts[v.kind] = n, n
	}
	return "[" + v.kind + " " + strconv.Itoa(min(n, 9999)) + "]"
}

// span is a piece of a text, in bytes, that has to go.
type span struct {
	start, end int
	kind       string
	rank       int // the lower, the surer
}

// piece is a stretch of a text: as it was, or a value to be replaced.
type piece struct {
	text  string
	kind  string // of the value; empty: text stays
	whole bool   // may not be cut: a pseudonym that was there already
}

// replaced is s with pseudonyms for its values, within the limit.
func (r *Redactor) replaced(s string) string {
	var pieces []piece
	at := 0
	for _, m := range pseudonym.FindAllStringIndex(s, -1) {
		pieces = append(r.pieces(pieces, s[at:m[0]]), piece{text: s[m[0]:m[1]], whole: true})
		at = m[1]
	}
	return r.joined(r.pieces(pieces, s[at:]))
}

// pieces takes a stretch without pseudonyms apart.
func (r *Redactor) pieces(out []piece, s string) []piece {
	var all []span
	for rank, find := range detectors {
		for _, found := range find(s) {
			found.rank = rank
			all = append(all, found)
		}
	}
	all = append(all, r.names.find(s, len(detectors))...)
	at := 0
	for _, m := range merged(all) {
		out = append(out, piece{text: s[at:m.start]}, piece{text: s[m.start:m.end], kind: m.kind})
		at = m.end
	}
	return append(out, piece{text: s[at:]})
}

// detectors find values by their form, the surest first: where two overlap, all
// that both cover is replaced, and the surer one says what it was.
var detectors = []func(string) []span{secrets, ibans, cards, emails, randoms, addresses, phones}

// merged are the spans in order, those that overlap made one.
func merged(all []span) (out []span) {
	slices.SortFunc(all, func(a, b span) int { return a.start - b.start })
	for _, m := range all {
		if last := len(out) - 1; last >= 0 && m.start < out[last].end {
			if m.rank < out[last].rank {
				out[last].kind, out[last].rank = m.kind, m.rank
			}
			out[last].end = max(out[last].end, m.end)
			continue
		}
		out = append(out, m)
	}
	return out
}

// joined writes the pieces down to the limit. A value beyond it gets no number.
func (r *Redactor) joined(pieces []piece) string {
	limit := r.Limit
	if limit <= 0 {
		limit = DefaultLimit
	}
	var b strings.Builder
	n := 0
	for _, p := range pieces {
		text := p.text
		if p.kind != "" {
			if n+widest > limit {
				return cut(b.String(), limit)
			}
			text = r.pseudonym(value{p.kind, r.canonical(p.kind, p.text)})
		}
		// A bracket after a pseudonym would make it the text of a link.
		if strings.HasPrefix(text, "(") && strings.HasSuffix(b.String(), "]") {
			text = " " + text
		}
		length := utf8.RuneCountInString(text)
		if n+length > limit {
			if !p.whole {
				b.WriteString(text)
			}
			return cut(b.String(), limit)
		}
		b.WriteString(text)
		n += length
	}
	return b.String()
}

// cut shortens s and lets it end in an ellipsis.
func cut(s string, limit int) string {
	runes := []rune(s)
	return strings.TrimRight(string(runes[:min(len(runes), limit-1)]), " …") + "…"
}

// canonical is a value without the accidents of its writing.
func (r *Redactor) canonical(kind, text string) string {
	switch kind {
	case email:
		return address(text)
	case card:
		return digits(text)
	case phone:
		return dialled(text)
	case iban:
		return strings.ToUpper(unspaced(text))
	case ip:
		return host(text)
	case name:
		return r.names.canonical(text)
	}
	return text
}

// search returns what re finds in s and accept does not refuse. A refused match
// may hide the start of a true one, so the search goes on behind its first rune:
// re must match a bounded length where accept may refuse, or time is quadratic.
// Group 1 is the value where re has groups.
func search(re *regexp.Regexp, s, kind string, accept func(start, end int) bool) (out []span) {
	for at := 0; at < len(s); {
		m := re.FindStringSubmatchIndex(s[at:])
		if m == nil {
			break
		}
		group := 0
		if len(m) > 2 && m[2] >= 0 {
			group = 2
		}
		start, end := at+m[group], at+m[group+1]
		if accept != nil && !accept(start, end) {
			_, width := utf8.DecodeRuneInString(s[at+m[0]:])
			at += m[0] + width
			continue
		}
		out = append(out, span{start: start, end: end, kind: kind})
		at += max(m[1], 1)
	}
	return out
}

// filtered returns the matches of re that accept does not refuse.
func filtered(re *regexp.Regexp, s, kind string, accept func(string) bool) (out []span) {
	for _, m := range re.FindAllStringIndex(s, -1) {
		if accept(s[m[0]:m[1]]) {
			out = append(out, span{start: m[0], end: m[1], kind: kind})
		}
	}
	return out
}

// before and after are the runes around a span; U+FFFD where there is none.
func before(s string, at int) rune { r, _ := utf8.DecodeLastRuneInString(s[:at]); return r }
func after(s string, at int) rune  { r, _ := utf8.DecodeRuneInString(s[at:]); return r }

// String keeps a Redactor from being printed with the values that it knows.
func (r *Redactor) String() string { return fmt.Sprintf("redactor of %d kinds", len(r.Counts())) }

// GoString is String: %#v prints no values either.
func (r *Redactor) GoString() string { return r.String() }
