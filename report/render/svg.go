package render

import (
	"html"
	"strconv"
	"strings"

	"github.com/closeofbusiness/cob/report/document"
)

// svgWidth is the width in which charts are laid out for the screen, which
// then scales them.
const svgWidth = 300.0

// svg paints a drawing as inline SVG.
func (h *htmlWriter) svg(c document.Chart, d drawing, id string) {
	h.raw(`<svg viewBox="0 0 ` + num(d.width) + " " + num(d.height) + `" role="img" aria-labelledby="` + id + `t ` + id + `d">`)
	h.raw(`<title id="` + id + `t">`)
	h.text(joinNonEmpty(", ", c.Caption.String(), c.Note.String()))
	h.raw(`</title><desc id="` + id + `d">`)
	h.text(c.Description.String())
	h.raw("</desc>\n")
	for _, s := range d.shapes {
		h.raw(svgShape(s))
	}
	h.raw("</svg>\n")
}

func svgShape(s shape) string {
	switch s := s.(type) {
	case stroke:
		return `<line x1="` + num(s.from.x) + `" y1="` + num(s.from.y) + `" x2="` + num(s.to.x) + `" y2="` + num(s.to.y) +
			`" stroke="` + s.colour.hex() + `" stroke-width="` + num(s.width) + `"></line>` + "\n"
	case polyline:
		return `<polyline points="` + svgPoints(s.points) + `" fill="none" stroke="` + s.colour.hex() +
			`" stroke-width="` + num(s.width) + `"` + svgDash(s.dash) + `></polyline>` + "\n"
	case polygon:
		return `<polyline points="` + svgPoints(s.points) + `" fill="` + s.colour.hex() + `" stroke="none"></polyline>` + "\n"
	case box:
		return `<rect x="` + num(s.at.x) + `" y="` + num(s.at.y) + `" width="` + num(s.width) + `" height="` + num(s.height) +
			`" fill="` + s.colour.hex() + `"></rect>` + "\n"
	case dot:
		return `<circle cx="` + num(s.at.x) + `" cy="` + num(s.at.y) + `" r="` + num(s.radius) + `" fill="` + s.colour.hex() +
			`"></circle>` + "\n"
	case label:
		return svgText(s)
	}
	return ""
}

func svgPoints(points []point) string {
	ps := make([]string, len(points))
	for i, p := range points {
		ps[i] = num(p.x) + "," + num(p.y)
	}
	return strings.Join(ps, " ")
}

func svgDash(d dash) string {
	if d.on == 0 {
		return ""
	}
	return ` stroke-dasharray="` + num(d.on) + " " + num(d.off) + `"`
}

// svgText places every span where the layout has measured it, so that another
// font on the reader's machine moves nothing.
func svgText(l label) string {
	var b strings.Builder
	x := l.at.x
	for _, s := range l.text.spans {
		if s.text == "" {
			x += s.width
			continue
		}
		class := ""
		if s.style.face.isBold() {
			class = ` class="bold"`
		}
		b.WriteString(`<text x="` + num(x) + `" y="` + num(l.at.y-s.style.rise) + `" font-size="` + num(s.style.size) +
			`" fill="` + s.style.colour.hex() + `"` + class + `>` + html.EscapeString(s.text) + "</text>\n")
		x += s.width
	}
	return b.String()
}

// num writes a coordinate with at most two decimals.
func num(f float64) string {
	s := strings.TrimRight(strings.TrimRight(strconv.FormatFloat(f, 'f', 2, 64), "0"), ".")
	if s == "" || s == "-0" || s == "-" {
		return "0"
	}
	return s
}
