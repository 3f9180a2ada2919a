package render

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/closeofbusiness/cob/report/document"
)

// colour is red, green and blue.
type colour [3]uint8

// The palette. Colour never carries a meaning alone.
var (
	ink      = colour{0x1b, 0x23, 0x30}
	grey     = colour{0x5b, 0x66, 0x75}
	soft     = colour{0x3a, 0x44, 0x53} // muted text that is to be read, not skipped
	hairline = colour{0xcc, 0xd3, 0xdc}
	rowline  = colour{0xe3, 0xe7, 0xec}
	dataBlue = colour{0x2b, 0x4a, 0x7a}
	worse    = colour{0xa5, 0x34, 0x1f}
	better   = colour{0x1f, 0x6b, 0x47}
	white    = colour{0xff, 0xff, 0xff}

	worseTint   = colour{0xf9, 0xee, 0xeb}
	betterTint  = colour{0xe9, 0xf3, 0xee}
	neutralTint = colour{0xf1, 0xf4, 0xf7}
)

func (c colour) hex() string { return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2]) }

// toneColour is the colour of text in a tone; neutral text takes its
// surroundings' colour.
func toneColour(t document.Tone, neutral colour) colour {
	switch t {
	case document.Worse:
		return worse
	case document.Better:
		return better
	case document.Muted:
		return grey
	}
	return neutral
}

// bandColours are the bar and the ground of a status band.
func bandColours(t document.Tone) (bar, ground colour) {
	switch t {
	case document.Worse:
		return worse, worseTint
	case document.Better:
		return better, betterTint
	}
	return grey, neutralTint
}

// Sizes and leads in points.
const (
	titleSize   = 19.0
	sectionSize = 10.6
	textSize    = 8.6
	textLead    = 12.0
	smallSize   = 7.4
	smallLead   = 10.2
	labelSize   = 7.4
	tableSize   = 7.7
	wideSize    = 7.5 // tables that do not fit in tableSize
	leastSize   = 7.0 // nothing is ever set smaller
	valueSize   = 16.0
)

// look is what a document's style makes of the palette and the faces. The zero
// look is the one of every report by default.
type look struct {
	serif    bool
	accent   colour // of data and tiles, as long as accented
	accented bool
}

func lookOf(d *document.Document) look {
	s := d.Style
	if s == nil {
		return look{}
	}
	l := look{serif: s.Typeface == document.Serif}
	if n, err := strconv.ParseUint(strings.TrimPrefix(s.Accent, "#"), 16, 32); err == nil && len(s.Accent) == 7 {
		l.accent, l.accented = colour{uint8(n >> 16), uint8(n >> 8), uint8(n)}, true
	}
	return l
}

// data is the colour of charts and of all that the accent marks.
func (l look) data() colour {
	if l.accented {
		return l.accent
	}
	return dataBlue
}

// rule is the colour of the line under the title.
func (l look) rule() colour {
	if l.accented {
		return l.accent
	}
	return ink
}

// face is the one of the chosen typeface. Fixed width stays what it is.
func (l look) face(f face) face {
	if l.serif && f.family() == sans {
		return f.with(serif)
	}
	return f
}

// mixed is a colour thinned with white: all of it at 1, none at 0.
func (c colour) mixed(part float64) colour {
	for i := range c {
		c[i] = uint8(255 - (255-float64(c[i]))*part + 0.5)
	}
	return c
}

// sheet is a page in points, with margins of 15 mm.
type sheet struct {
	width, height float64
	banner        bool // room is kept for it at the head and the foot
}

const (
	mm          = 72 / 25.4
	margin      = 15 * mm
	bodyTop     = 59.0 // under the running header
	footRoom    = 44.0 // of the footer
	bannerRoom  = 12.0 // what the footer moves up for a banner
	bannerTall  = 13.0
	bannerInset = 15.0 // of the banners' outer edges, within what printers reach
)

func sheetOf(d *document.Document) sheet {
	s := sheet{width: 210 * mm, height: 297 * mm}
	if d.Style == nil {
		return s
	}
	if d.Style.Paper == document.Letter {
		s.width, s.height = 612, 792
	}
	s.banner = !d.Style.Banner.Empty()
	return s
}

func (s sheet) bodyWidth() float64  { return s.width - 2*margin }
func (s sheet) bodyHeight() float64 { return s.bodyBottom() - bodyTop }

// bodyBottom is where the flow ends, over the footer.
func (s sheet) bodyBottom() float64 {
	if s.banner {
		return s.height - footRoom - bannerRoom
	}
	return s.height - footRoom
}

// foot is the baseline of the footer.
func (s sheet) foot() float64 { return s.bodyBottom() + 18 }
