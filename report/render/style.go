package render

import (
	"fmt"

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

// The page in points: A4 with margins of 15 mm.
const (
	mm         = 72 / 25.4
	pageWidth  = 210 * mm
	pageHeight = 297 * mm
	margin     = 15 * mm
	bodyWidth  = pageWidth - 2*margin
	bodyTop    = 59.0            // under the running header
	bodyBottom = pageHeight - 44 // over the footer
	bodyHeight = bodyBottom - bodyTop
)
