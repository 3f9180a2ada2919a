package render

import (
	"strings"
	"sync"
	"unicode/utf8"

	"codeberg.org/go-fonts/dejavu/dejavusans"
	"codeberg.org/go-fonts/dejavu/dejavusansbold"
	"codeberg.org/go-fonts/liberation/liberationmonoregular"
	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/norm"
)

// face is one of the embedded fonts.
type face uint8

const (
	sans face = iota
	sansBold
	mono
	other     // has what sans and mono lack
	otherBold // has what sansBold lacks
	faces
)

func (f face) bytes() []byte {
	switch f {
	case sans:
		return liberationsansregular.TTF
	case sansBold:
		return liberationsansbold.TTF
	case mono:
		return liberationmonoregular.TTF
	case otherBold:
		return dejavusansbold.TTF
	}
	return dejavusans.TTF
}

// fallback is the face asked next when f lacks a character.
func (f face) fallback() face {
	if f == sansBold {
		return otherBold
	}
	return other
}

// parsed holds each face's character map and advances. A parsed font never
// changes, so all documents share it; what changes (the lookup buffer) is
// theirs.
var parsed = [faces]func() (*sfnt.Font, error){
	sync.OnceValues(func() (*sfnt.Font, error) { return sfnt.Parse(sans.bytes()) }),
	sync.OnceValues(func() (*sfnt.Font, error) { return sfnt.Parse(sansBold.bytes()) }),
	sync.OnceValues(func() (*sfnt.Font, error) { return sfnt.Parse(mono.bytes()) }),
	sync.OnceValues(func() (*sfnt.Font, error) { return sfnt.Parse(other.bytes()) }),
	sync.OnceValues(func() (*sfnt.Font, error) { return sfnt.Parse(otherBold.bytes()) }),
}

// replacement is drawn for characters that no face holds, and for those above
// the Basic Multilingual Plane, which the PDF library cannot draw.
const replacement = utf8.RuneError

// missing marks a character that a face does not hold.
const missing = -1

// metrics looks up advances in thousandths of an em, and so learns which faces
// a document needs whole. One belongs to one rendering.
type metrics struct {
	buf    sfnt.Buffer
	common [faces][0x500]int16 // Latin, Greek and Cyrillic: advance + 1, or missing; 0 is not looked up yet
	rare   map[rareRune]int
	whole  [faces]bool // more than its usual characters were measured
}

type rareRune struct {
	face face
	r    rune
}

// advance returns missing when the face has no such character.
func (m *metrics) advance(f face, r rune) int {
	if int(r) < len(m.common[f]) {
		a := m.common[f][r]
		if a == 0 {
			a = int16(m.lookup(f, r))
			if a >= 0 {
				a++
			}
			m.common[f][r] = a
		}
		if a > 0 {
			a--
		}
		return int(a)
	}
	key := rareRune{f, r}
	a, ok := m.rare[key]
	if !ok {
		a = m.lookup(f, r)
		if m.rare == nil {
			m.rare = map[rareRune]int{}
		}
		m.rare[key] = a
	}
	return a
}

func (m *metrics) lookup(f face, r rune) int {
	sf, err := parsed[f]()
	if err != nil {
		panic("embedded font: " + err.Error())
	}
	i, err := sf.GlyphIndex(&m.buf, r)
	if err != nil || i == 0 {
		return missing
	}
	m.whole[f] = m.whole[f] || !usual(r)
	em := fixed.Int26_6(sf.UnitsPerEm())
	a, err := sf.GlyphAdvance(&m.buf, i, em, font.HintingNone)
	if err != nil {
		return missing
	}
	return int((int(a)*1000 + int(em)/2) / int(em))
}

// choose returns the face and character to draw for r where want is wanted.
func (m *metrics) choose(want face, r rune) (face, rune, int) {
	if r <= 0xFFFF {
		if a := m.advance(want, r); a != missing {
			return want, r, a
		}
		next := want.fallback()
		if a := m.advance(next, r); a != missing {
			return next, r, a
		}
	}
	next := want.fallback()
	if a := m.advance(next, replacement); a != missing {
		return next, replacement, a
	}
	return want, '?', m.advance(want, '?')
}

// maxMarks bounds the combining marks drawn over one character: stacked
// without end they would cover the lines above and below.
const maxMarks = 2

// drawable prepares text for drawing: composed, so that accents use the fonts'
// own letters, and without variation selectors and grapheme joiners (which
// composing adds to long rows of marks): they have no shape.
func drawable(s string) string {
	if ascii(s) {
		return s
	}
	s = norm.NFC.String(s)
	marks := 0
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 0xFE00 && r <= 0xFE0F, r == 0x034F:
			return -1
		case norm.NFC.PropertiesString(string(r)).CCC() == 0:
			marks = 0
			return r
		}
		if marks++; marks > maxMarks {
			return -1
		}
		return r
	}, s)
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
