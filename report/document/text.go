package document

import (
	"encoding/json"
	"strings"
	"unicode"
)

// MaxText bounds one Text in runes; what is longer is cut and ends in an
// ellipsis. It is far above what any block shows and far below what makes a
// parser or a line breaker slow.
const MaxText = 4096

// Text is a string that is safe to draw: valid UTF-8, no control characters,
// no bidirectional overrides, no invisible formatting, bounded in length. The
// only ways to get one are Clean and decoding JSON, which cleans as well, so a
// document cannot hold text that was never fenced.
type Text struct{ s string }

// Clean makes a Text of any string. Line breaks and tabs become spaces,
// characters that could change how other text is displayed are dropped, and
// malformed UTF-8 becomes U+FFFD.
func Clean(s string) Text {
	s = strings.ToValidUTF8(s, "\uFFFD")
	var b strings.Builder
	b.Grow(min(len(s), 4*MaxText))
	n := 0
	for _, r := range s {
		if n == MaxText {
			b.WriteRune('…')
			break
		}
		switch {
		case r == '\n' || r == '\r' || r == '\t' || r == '\u2028' || r == '\u2029' || r == '\u0085':
			r = ' '
		case unicode.IsControl(r), unsafeFormat(r), unicode.Is(unicode.Co, r), noncharacter(r):
			continue
		}
		b.WriteRune(r)
		n++
	}
	return Text{b.String()}
}

// String returns the cleaned text.
func (t Text) String() string { return t.s }

// Empty tells whether there is nothing to draw.
func (t Text) Empty() bool { return strings.TrimSpace(t.s) == "" }

// MarshalJSON writes the text as a JSON string.
func (t Text) MarshalJSON() ([]byte, error) { return json.Marshal(t.s) }

// UnmarshalJSON reads a JSON string and cleans it.
func (t *Text) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	*t = Clean(s)
	return nil
}

// unsafeFormat holds for the Unicode format characters (Cf): bidirectional
// marks, embeddings and isolates (UAX #9), zero-width characters, tags and the
// byte order mark. The soft hyphen is dropped as well: it extracts differently
// from how it is drawn.
func unsafeFormat(r rune) bool { return unicode.Is(unicode.Cf, r) }

func noncharacter(r rune) bool {
	return r >= 0xFDD0 && r <= 0xFDEF || r&0xFFFE == 0xFFFE
}
