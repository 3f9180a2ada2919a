package render

import (
	"bytes"
	"math"
	"strconv"
	"unicode/utf16"
)

// canvas writes the content stream of one page (ISO 32000-1, 8 and 9). Its
// origin is the page's top left, its unit the point. Every page has the same
// one, emptied, in turn.
type canvas struct {
	out    bytes.Buffer
	height float64
	pen    pen
	used   [faces]*characters // what has been drawn, on all pages
	buf    []byte
}

// pen is what the graphics state has selected, so that it is written only when
// it changes. The zero pen with a width of 1 is what a page begins with.
type pen struct {
	face    face
	size    float64
	fill    colour
	stroke  colour
	width   float64
	spacing float64
	round   bool
	dash    dash
}

// dash is how long a line is drawn and left out. The zero one is solid.
type dash struct{ on, off float64 }

// characters is a set of the Basic Multilingual Plane's characters.
type characters [0x10000 / 64]uint64

func (s *characters) add(r rune)      { s[r/64] |= 1 << (r % 64) }
func (s *characters) has(r rune) bool { return s[r/64]&(1<<(r%64)) != 0 }

// clear begins a page.
func (c *canvas) clear() {
	c.out.Reset()
	c.pen = pen{width: 1}
}

// op writes numbers and the operator that they are for.
func (c *canvas) op(operator string, numbers ...float64) {
	b := c.buf[:0]
	for _, n := range numbers {
		b = append(appendNumber(b, n), ' ')
	}
	b = append(append(b, operator...), '\n')
	c.out.Write(b)
	c.buf = b
}

// appendNumber writes a number with at most two decimals.
func appendNumber(b []byte, n float64) []byte {
	hundredths := int64(math.Round(n * 100))
	if hundredths < 0 {
		b = append(b, '-')
		hundredths = -hundredths
	}
	b = strconv.AppendInt(b, hundredths/100, 10)
	if rest := hundredths % 100; rest > 0 {
		b = append(b, '.', byte('0'+rest/10))
		if rest%10 > 0 {
			b = append(b, byte('0'+rest%10))
		}
	}
	return b
}

// text draws a span with its baseline at y.
func (c *canvas) text(x, y float64, s span, more bool) {
	c.selectText(s.style)
	b := append(c.buf[:0], "BT "...)
	b = append(appendNumber(b, x), ' ')
	b = append(appendNumber(b, c.height-y+s.style.rise), " Td ("...)
	b = c.appendText(b, s.style.face, s.text)
	if more {
		b = c.appendText(b, s.style.face, " ")
	}
	b = append(b, ") Tj ET\n"...)
	c.out.Write(b)
	c.buf = b
}

// appendText writes text in the fonts' encoding, which is UTF-16, and notes
// which characters the fonts must hold.
func (c *canvas) appendText(b []byte, f face, text string) []byte {
	if c.used[f] == nil {
		c.used[f] = new(characters)
	}
	for _, r := range text {
		c.used[f].add(r)
		b = appendByte(appendByte(b, byte(r>>8)), byte(r))
	}
	return b
}

// appendByte writes a byte of a literal string (ISO 32000-1, 7.3.4.2).
func appendByte(b []byte, c byte) []byte {
	switch c {
	case '(', ')', '\\':
		return append(b, '\\', c)
	case '\r': // else read as a line feed
		return append(b, '\\', 'r')
	}
	return append(b, c)
}

// hexText is a text string outside content streams: UTF-16 with its mark.
func hexText(s string) string {
	b := []byte("<FEFF")
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, "0123456789ABCDEF"[u>>12], "0123456789ABCDEF"[u>>8&15], "0123456789ABCDEF"[u>>4&15], "0123456789ABCDEF"[u&15])
	}
	return string(append(b, '>'))
}

func (c *canvas) selectText(s style) {
	if c.pen.size != s.size || c.pen.face != s.face {
		c.out.WriteString("/" + fontName(s.face) + " ")
		c.op("Tf", s.size)
		c.pen.face, c.pen.size = s.face, s.size
	}
	if c.pen.spacing != s.spacing {
		c.op("Tc", s.spacing)
		c.pen.spacing = s.spacing
	}
	c.setFill(s.colour)
}

// fontName is a face's name among the pages' resources.
func fontName(f face) string { return "F" + strconv.Itoa(int(f)) }

func (c *canvas) setFill(to colour) {
	if c.pen.fill != to {
		c.setColour("rg", to)
		c.pen.fill = to
	}
}

// setColour writes three decimals, enough for each of 256 steps.
func (c *canvas) setColour(operator string, to colour) {
	for _, part := range to {
		c.out.WriteString(strconv.FormatFloat(math.Round(float64(part)/255*1000)/1000, 'f', -1, 64) + " ")
	}
	c.op(operator)
}

func (c *canvas) setStroke(to colour, width float64, d dash) {
	if c.pen.stroke != to {
		c.setColour("RG", to)
		c.pen.stroke = to
	}
	if c.pen.width != width {
		c.op("w", width)
		c.pen.width = width
	}
	if c.pen.dash != d {
		if d.on > 0 {
			c.out.WriteString("[" + num(d.on) + " " + num(d.off) + "] 0 d\n")
		} else {
			c.out.WriteString("[] 0 d\n")
		}
		c.pen.dash = d
	}
}

func (c *canvas) line(x1, y1, x2, y2 float64) {
	c.op("m", x1, c.height-y1)
	c.op("l S", x2, c.height-y2)
}

func (c *canvas) rect(x, y, w, h float64, paint string) {
	c.op("re "+paint, x, c.height-y, w, -h)
}

// path draws through points and paints what they enclose, or only the line.
func (c *canvas) path(x, y float64, points []point, paint string) {
	if !c.pen.round {
		c.op("1 j") // joints of a line are round
		c.pen.round = true
	}
	for i, q := range points {
		operator := "l"
		if i == 0 {
			operator = "m"
		}
		c.op(operator, x+q.x, c.height-y-q.y)
	}
	c.op(paint)
}

// circle is four curves (the usual approximation of a quarter).
func (c *canvas) circle(x, y, r float64) {
	const k = 0.5523
	y = c.height - y
	c.op("m", x+r, y)
	c.op("c", x+r, y+k*r, x+k*r, y+r, x, y+r)
	c.op("c", x-k*r, y+r, x-r, y+k*r, x-r, y)
	c.op("c", x-r, y-k*r, x-k*r, y-r, x, y-r)
	c.op("c f", x+k*r, y-r, x+r, y-k*r, x+r, y)
}
