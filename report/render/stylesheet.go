package render

import (
	_ "embed" // the style sheet
	"fmt"
	"strings"
	"unicode"

	"github.com/closeofbusiness/cob/report/document"
)

//go:embed style.css
var styleSheet string

// pageStyle is the style sheet with what a template chose. Its values are
// checked by document.Validate: a colour, and names that we know.
func pageStyle(s *document.Style) string {
	if s == nil {
		return styleSheet
	}
	var b strings.Builder
	b.WriteString(styleSheet)
	if s.Typeface == document.Serif {
		b.WriteString(`:root { --face: "Liberation Serif", "Times New Roman", Times, serif; }` + "\n")
	}
	if s.Accent != "" {
		b.WriteString(":root { --accent: " + s.Accent + "; }\nheader { border-color: var(--accent); }\n.kpis li { border-top: 2px solid var(--accent); }\n")
	}
	if s.Paper == document.Letter {
		b.WriteString("@media print { @page { size: letter; } }\n")
	}
	if !s.Banner.Empty() {
		b.WriteString(printedBanner(s.Banner.String()))
	}
	return b.String()
}

// printedBanner repeats the banner at the foot of every printed page and at the
// head of all but the first, where the page's own stands. Browsers that know no
// margin boxes print that one.
func printedBanner(text string) string {
	box := "{ content: " + cssString(text) + `; color: #1b2330; font: bold 7.4pt "Liberation Sans", Arial, Helvetica, sans-serif; letter-spacing: 1pt; }`
	return "@media print { @page { @top-center " + box + " @bottom-center " + box + " } @page :first { @top-center { content: none; } } }\n"
}

// cssString writes text as a string of CSS, with everything but letters, digits
// and spaces of ASCII escaped: nothing can end the string or the style sheet.
func cssString(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		if r == ' ' || r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\%x `, r) // the space ends the escape and is not shown
		}
	}
	b.WriteByte('"')
	return b.String()
}
