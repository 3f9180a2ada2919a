package render

import (
	"strings"
	"sync"
	"unicode/utf8"

	"codeberg.org/go-fonts/dejavu/dejavusans"
	"codeberg.org/go-fonts/dejavu/dejavusansbold"
	"codeberg.org/go-fonts/dejavu/dejavusansboldoblique"
	"codeberg.org/go-fonts/dejavu/dejavusansoblique"
	"codeberg.org/go-fonts/dejavu/dejavuserif"
	"codeberg.org/go-fonts/dejavu/dejavuserifbold"
	"codeberg.org/go-fonts/dejavu/dejavuserifbolditalic"
	"codeberg.org/go-fonts/dejavu/dejavuserifitalic"
	"codeberg.org/go-fonts/liberation/liberationmonobold"
	"codeberg.org/go-fonts/liberation/liberationmonobolditalic"
	"codeberg.org/go-fonts/liberation/liberationmonoitalic"
	"codeberg.org/go-fonts/liberation/liberationmonoregular"
	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansbolditalic"
	"codeberg.org/go-fonts/liberation/liberationsansitalic"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"codeberg.org/go-fonts/liberation/liberationserifbold"
	"codeberg.org/go-fonts/liberation/liberationserifbolditalic"
	"codeberg.org/go-fonts/liberation/liberationserifitalic"
	"codeberg.org/go-fonts/liberation/liberationserifregular"
	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/norm"
)

// face is one of the embedded fonts: a family's regular, bold, italic or bold
// italic, in this order.
type face uint8

const (
	sans face = iota
	sansBold
	sansItalic
	sansBoldItalic
	serif
	serifBold
	serifItalic
	serifBoldItalic
	mono
	monoBold
	monoItalic
	monoBoldItalic
	other // has what sans and mono lack
	otherBold
	otherItalic
	otherBoldItalic
	otherSerif // has what serif lacks
	otherSerifBold
	otherSerifItalic
	otherSerifBoldItalic
	faces
)

const (
	boldFace   = 1
	italicFace = 2
	faceStyles = boldFace | italicFace
)

func (f face) family() face { return f &^ faceStyles }

// with is the face of a family in f's style.
func (f face) with(family face) face { return family | f&faceStyles }

func (f face) isBold() bool { return f&boldFace != 0 }

func (f face) bytes() []byte {
	return [faces][]byte{
		liberationsansregular.TTF, liberationsansbold.TTF, liberationsansitalic.TTF, liberationsansbolditalic.TTF,
		liberationserifregular.TTF, liberationserifbold.TTF, liberationserifitalic.TTF, liberationserifbolditalic.TTF,
		liberationmonoregular.TTF, liberationmonobold.TTF, liberationmonoitalic.TTF, liberationmonobolditalic.TTF,
		dejavusans.TTF, dejavusansbold.TTF, dejavusansoblique.TTF, dejavusansboldoblique.TTF,
		dejavuserif.TTF, dejavuserifbold.TTF, dejavuserifitalic.TTF, dejavuserifbolditalic.TTF,
	}[f]
}

// fallbacks are the faces asked in turn when f lacks a character. The last of
// all has the most, though in one weight only.
func (f face) fallbacks() []face {
	if f.family() == serif {
		return []face{f.with(otherSerif), f.with(other), other}
	}
	return []face{f.with(other), other}
}

// parsed holds each face's character map and advances, read when it is first
// asked for. A parsed font never changes, so all documents share it; what
// changes (the lookup buffer) is theirs.
var parsed = func() (out [faces]func() (*sfnt.Font, error)) {
	for f := range faces {
		out[f] = sync.OnceValues(func() (*sfnt.Font, error) { return sfnt.Parse(f.bytes()) })
	}
	return out
}()

// replacement is drawn for characters that no face holds, and for those above
// the Basic Multilingual Plane, which the PDF library cannot draw.
const replacement = utf8.RuneError

// missing marks a character that a face does not hold.
const missing = -1

// metrics looks up advances in thousandths of an em, and so learns which faces
// a document needs whole. One belongs to one rendering.
type metrics struct {
	buf    sfnt.Buffer
	common [faces]*[0x500]int16 // Latin, Greek and Cyrillic: advance + 1, or missing; 0 is not looked up yet
	rare   map[rareRune]int
	whole  [faces]bool // more than its usual characters were measured
}

type rareRune struct {
	face face
	r    rune
}

// advance returns missing when the face has no such character.
func (m *metrics) advance(f face, r rune) int {
	if r >= 0x500 {
		return m.rareAdvance(rareRune{f, r})
	}
	known := m.common[f]
	if known == nil {
		known = new([0x500]int16)
		m.common[f] = known
	}
	a := known[r]
	if a == 0 {
		a = int16(m.lookup(f, r))
		if a >= 0 {
			a++
		}
		known[r] = a
	}
	if a > 0 {
		a--
	}
	return int(a)
}

func (m *metrics) rareAdvance(key rareRune) int {
	a, ok := m.rare[key]
	if !ok {
		a = m.lookup(key.face, key.r)
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
		for _, next := range want.fallbacks() {
			if a := m.advance(next, r); a != missing {
				return next, r, a
			}
		}
	}
	return m.chooseReplacement(want)
}

func (m *metrics) chooseReplacement(want face) (face, rune, int) {
	for _, next := range want.fallbacks() {
		if a := m.advance(next, replacement); a != missing {
			return next, replacement, a
		}
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
