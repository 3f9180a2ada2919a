package render

import (
	"unicode"

	"github.com/closeofbusiness/cob/report/document"
)

// style is how a run of text looks.
type style struct {
	face    face
	size    float64
	colour  colour
	rise    float64 // above the baseline: superscripts
	spacing float64 // added after each character: small capitals' labels
}

func (s style) bold() style                { s.face |= boldFace; return s }
func (s style) italic() style              { s.face |= italicFace; return s }
func (s style) in(c colour) style          { s.colour = c; return s }
func (s style) at(size float64) style      { s.size = size; return s }
func (s style) spaced(extra float64) style { s.spacing = extra; return s }

var (
	textStyle  = style{size: textSize, colour: ink}
	smallStyle = style{size: smallSize, colour: grey}
	labelStyle = style{size: labelSize, colour: grey}
)

// run is text in one style, before it is set.
type run struct {
	style style
	text  string
}

// span is text in one face at one place of a line, ready to draw.
type span struct {
	style style
	text  string
	width float64
}

// line is one line of set text.
type line struct {
	spans []span
	width float64
	// more: what is read after it is apart from it by a space, which a broken
	// line or a label has nowhere else.
	more bool
}

// glyph is one character with its face and width.
type glyph struct {
	r     rune
	face  face
	style int32 // index of its run
	width float64
}

// typesetter measures text and breaks it into lines. One belongs to one
// rendering.
type typesetter struct {
	metrics
	look   look
	ended  func() bool // whether to set nothing more; nil: never
	glyphs []glyph     // reused from call to call
	since  int         // glyphs set since ended was asked
}

// askEvery is how many glyphs are set between two looks at whether to go on:
// about a millisecond's.
const askEvery = 8_192

// stopped tells whether setting is to end.
func (t *typesetter) stopped(n int) bool {
	if t.since += n; t.ended == nil || t.since < askEvery {
		return false
	}
	if t.ended() {
		return true // and every time from now on
	}
	t.since = 0
	return false
}

// runs turns inlines into runs in the surrounding style.
func runs(in document.Inlines, base style) []run {
	return appendRuns(make([]run, 0, len(in)), in, base)
}

func appendRuns(out []run, in document.Inlines, base style) []run {
	for _, i := range in {
		s := base
		if i.Strong {
			s = s.bold()
		}
		if i.Emphasis {
			s = s.italic()
		}
		if i.Code {
			s.face = s.face.with(mono)
			s.size *= 0.94
		}
		s.colour = toneColour(i.Tone, base.colour)
		if i.Superscript {
			s.rise = base.size * 0.32
			s.size = base.size * 0.8
		}
		out = append(out, run{s, i.Text.String()})
	}
	return out
}

// one is the line of a text that is never broken.
func (t *typesetter) one(s style, text string) line {
	t.shape([]run{{s, text}})
	return t.line([]run{{s, text}}, 0, len(t.glyphs))
}

// fit is one line, cut with an ellipsis where it would be wider than width.
func (t *typesetter) fit(s style, text string, width float64) line {
	rs := []run{{s, text}}
	t.shape(rs)
	w := 0.0
	for i, g := range t.glyphs {
		w += g.width
		if w > width+tolerance {
			return t.cut(rs, i, width)
		}
	}
	return t.line(rs, 0, len(t.glyphs))
}

// tolerance absorbs rounding where text just fits the width measured for it.
const tolerance = 0.01

// cut ends the line before glyph n, and earlier if the ellipsis needs room.
func (t *typesetter) cut(rs []run, n int, width float64) line {
	f, r, a := t.choose(t.look.face(rs[0].style.face), '…')
	dots := float64(a) / 1000 * rs[0].style.size
	w := 0.0
	for i := range n {
		if w+t.glyphs[i].width+dots > width {
			n = i
			break
		}
		w += t.glyphs[i].width
	}
	l := t.line(rs, 0, n)
	tail := span{rs[0].style, string(r), dots}
	tail.style.face = f
	l.spans = append(l.spans, tail)
	l.width += dots
	return l
}

// wrap breaks runs into lines no wider than width. It always returns at least
// one line.
func (t *typesetter) wrap(rs []run, width float64) []line {
	t.shape(rs)
	var lines []line
	g := t.glyphs
	for start := 0; start < len(g); {
		end, next := lineEnd(g, start, width)
		l := t.line(rs, start, end)
		l.more = next > end && next < len(g)
		lines = append(lines, l)
		if t.stopped(next - start) {
			break
		}
		start = next
	}
	if len(lines) == 0 {
		lines = []line{{}}
	}
	return lines
}

// noteGap keeps a footnote letter off the word before it.
const noteGap = 1.2

// shape fills t.glyphs with the runs' characters.
func (t *typesetter) shape(rs []run) {
	t.glyphs = t.glyphs[:0]
	for i, r := range rs {
		em := r.style.size / 1000
		if n := len(t.glyphs); r.style.rise > 0 && n > 0 && t.glyphs[n-1].r != ' ' {
			t.glyphs[n-1].width += noteGap
		}
		if t.stopped(len(r.text)) {
			t.glyphs = t.glyphs[:0]
			return
		}
		face := t.look.face(r.style.face)
		for _, c := range drawable(r.text) {
			f, c, a := t.choose(face, c)
			t.glyphs = append(t.glyphs, glyph{c, f, int32(i), float64(a)*em + r.style.spacing})
		}
	}
}

// lineEnd finds where the line that begins at start ends, and where the next
// begins: at the last opportunity that fits, or inside a token that is wider
// than the line.
func lineEnd(g []glyph, start int, width float64) (end, next int) {
	w, opportunity := 0.0, -1
	for i := start; i < len(g); i++ {
		w += g[i].width
		if w > width+tolerance && g[i].r != ' ' && i > start {
			end = i
			if opportunity > start {
				end = opportunity
			}
			return trimmed(g, start, end), skipSpaces(g, end)
		}
		if i+1 < len(g) && mayBreak(g, i) {
			opportunity = i + 1
		}
	}
	return trimmed(g, start, len(g)), len(g)
}

func trimmed(g []glyph, start, end int) int {
	for end > start && g[end-1].r == ' ' {
		end--
	}
	return end
}

func skipSpaces(g []glyph, i int) int {
	for i < len(g) && g[i].r == ' ' {
		i++
	}
	return i
}

// mayBreak tells whether a line may end after glyph i. Spaces break, except
// between a number and its unit; hyphens break between words of letters, never
// in identifiers, dates and commands.
func mayBreak(g []glyph, i int) bool {
	switch g[i].r {
	case ' ':
		return !(i > 0 && unicode.IsDigit(g[i-1].r) && unitAt(g, i+1))
	case '-':
		return g[i].face.family() != mono && i > 2 && i+2 < len(g) &&
			lower(g[i-1].r) && lower(g[i-2].r) && lower(g[i+1].r) && lower(g[i+2].r)
	case '/', '_', '.', '=', '&', '?':
		// Long paths and addresses; a sentence's full stop is followed by a space.
		return i > 2 && letters(g[i-3:i]) && i+3 < len(g) && letters(g[i+1:i+4])
	}
	return false
}

func lower(r rune) bool { return unicode.IsLower(r) }

func letters(g []glyph) bool {
	for _, x := range g {
		if !unicode.IsLetter(x.r) {
			return false
		}
	}
	return true
}

// unitAt tells whether a unit stands alone at i.
func unitAt(g []glyph, i int) bool {
	end := i
	for end < len(g) && g[end].r != ' ' && end-i < 4 {
		end++
	}
	unit := make([]rune, 0, 4)
	for _, x := range g[i:end] {
		if unicode.IsLetter(x.r) || x.r == '%' {
			unit = append(unit, x.r)
		}
	}
	switch string(unit) {
	case "%", "pp", "ms", "s", "min", "h", "d":
		return true
	}
	return false
}

// line gathers glyphs into spans of one style and one face.
func (t *typesetter) line(rs []run, start, end int) line {
	g := t.glyphs
	var l line
	var text []byte
	for i := start; i < end; {
		j, w := i, 0.0
		text = text[:0]
		for ; j < end && g[j].style == g[i].style && g[j].face == g[i].face; j++ {
			text = appendRune(text, g[j].r)
			w += g[j].width
		}
		s := rs[g[i].style].style
		s.face = g[i].face
		l.spans = append(l.spans, span{s, string(text), w})
		l.width += w
		i = j
	}
	return l
}

func appendRune(b []byte, r rune) []byte {
	if r < 0x80 {
		return append(b, byte(r))
	}
	return append(b, string(r)...)
}

// clip keeps at most n lines and ends the last with an ellipsis.
func (t *typesetter) clip(ls []line, n int, width float64) []line {
	if len(ls) <= n {
		return ls
	}
	ls = ls[:n]
	last := &ls[n-1]
	k := len(last.spans)
	if k == 0 {
		return ls
	}
	// The last run is set again with more than there is room for.
	end := last.spans[k-1]
	again := t.fit(end.style, end.text+" ……", width-last.width+end.width)
	last.spans = append(last.spans[:k-1:k-1], again.spans...)
	last.width += again.width - end.width
	return ls
}

func widest(ls []line) float64 {
	w := 0.0
	for _, l := range ls {
		w = max(w, l.width)
	}
	return w
}
