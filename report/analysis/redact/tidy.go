package redact

import (
	"html"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/closeofbusiness/cob/report/document"
)

// maxInput bounds what is looked at, in bytes. What follows is not quoted.
const maxInput = 8 << 10

// tail is how many runes are dropped before a cut: none of the values that are
// recognised by their end only is longer (an e-mail address has at most 254), so
// half of one is never left.
const tail = 256

// bounded is the beginning of s, within maxInput bytes and what document.Clean
// leaves uncut.
func bounded(s string) string {
	n, end := 0, len(s)
	for i := range s {
		if n == document.MaxText-1 || i > maxInput-utf8.UTFMax {
			end = i
			break
		}
		n++
	}
	if end == len(s) {
		return s
	}
	s = s[:end]
	for range tail {
		_, width := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-width]
	}
	return s + "…"
}

// tidy brings a text into the one form that is searched and quoted. It reports
// false where that never comes to rest, which only text that was built so does.
func tidy(s string) (string, bool) {
	s = bounded(s)
	for range maxRounds {
		next := unmarked(plain(html.UnescapeString(s)))
		if next == s {
			return s, true
		}
		s = next
	}
	return "", false
}

// roles are the marks by which chat templates tell who speaks.
var roles = regexp.MustCompile(`(?i)\[/?(?:INST|SYS|SYSTEM|USER|ASSISTANT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\]`)

// plain is s cleaned, in compatibility form (NFKC), with ASCII digits, hyphens
// and single spaces, and without what is never seen.
func plain(s string) string {
	marks := 0
	s = strings.Map(func(r rune) rune {
		if !unicode.Is(unicode.M, r) {
			marks = 0
		} else if marks++; marks > 4 { // no script stacks more
			return -1
		}
		switch {
		case unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector), r == '\u2800':
			return -1
		case r >= '\u2010' && r <= '\u2015' || r == '\u2212':
			return '-'
		}
		return r
	}, document.Clean(s).String())
	s = strings.Map(ascii, norm.NFKC.String(s))
	s = roles.ReplaceAllString(bounded(s), " ")
	return strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "...", "…")
}

// ascii turns the digits of any script into 0 to 9: each script has its ten in
// order, and the tables begin at a zero.
func ascii(r rune) rune {
	if r < utf8.RuneSelf || !unicode.IsDigit(r) {
		return r
	}
	for _, t := range unicode.Nd.R16 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return '0' + (r-rune(t.Lo))%10
		}
	}
	for _, t := range unicode.Nd.R32 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return '0' + (r-rune(t.Lo))%10
		}
	}
	return r
}

// markup is a text while its marks are taken out.
type markup struct {
	out           []rune
	angle, parens []int // where "<" and "(" stand in out that nothing has closed yet
}

// unmarked is s without tags, targets of Markdown links, backticks, and the
// "{{" and "}}" of references. What a removal brings together is looked at
// again, in one pass: the result holds no mark.
func unmarked(s string) string {
	m := &markup{out: make([]rune, 0, len(s))}
	for _, r := range s {
		m.add(r)
	}
	return strings.Join(strings.Fields(m.unopened()), " ")
}

func (m *markup) add(r rune) {
	switch r {
	case '`':
		return
	case '<':
		m.angle = append(m.angle, len(m.out))
	case '(':
		m.parens = append(m.parens, len(m.out))
	case '>':
		if at, ok := pop(&m.angle); ok && m.opens(at) {
			m.cut(at)
			return
		}
	case ')':
		if at, ok := pop(&m.parens); ok && at > 0 && m.out[at-1] == ']' {
			m.cut(at)
			return
		}
	case '{', '}':
		if n := len(m.out); n > 0 && m.out[n-1] == r {
			m.out = m.out[:n-1]
			return
		}
	}
	m.out = append(m.out, r)
}

func pop(stack *[]int) (int, bool) {
	n := len(*stack)
	if n == 0 {
		return 0, false
	}
	at := (*stack)[n-1]
	*stack = (*stack)[:n-1]
	return at, true
}

// opens tells whether the "<" at a place begins a tag rather than a comparison.
func (m *markup) opens(at int) bool { return at+1 >= len(m.out) || begins(m.out[at+1]) }

func begins(r rune) bool { return unicode.IsLetter(r) || strings.ContainsRune("/!?|$<", r) }

// cut drops what stands from a place on.
func (m *markup) cut(at int) {
	m.out = m.out[:at]
	for _, stack := range []*[]int{&m.angle, &m.parens} {
		for n := len(*stack); n > 0 && (*stack)[n-1] >= at; n-- {
			*stack = (*stack)[:n-1]
		}
	}
}

// unopened is the text without the "<" of tags that nothing closes, and with no
// bracket right behind another: that is how a link begins.
func (m *markup) unopened() string {
	kept := make([]rune, 0, len(m.out)) // backwards
	for i := len(m.out) - 1; i >= 0; i-- {
		r := m.out[i]
		if n := len(kept); n > 0 {
			if r == '<' && begins(kept[n-1]) {
				continue
			}
			if r == ']' && kept[n-1] == '(' {
				kept = append(kept, ' ')
			}
		}
		kept = append(kept, r)
	}
	var b strings.Builder
	for i := len(kept) - 1; i >= 0; i-- {
		b.WriteRune(kept[i])
	}
	return b.String()
}
