package compose

import (
	"strings"

	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/template"
)

// section composes a section, or nothing where its condition does not hold. One
// with nothing to show is its lines alone.
func (c *composer) section(b template.Section) document.Blocks {
	holds := c.holds(b)
	if holds == no {
		return nil
	}
	c.level++
	empty := c.empty
	body := c.blocks(b.Blocks)
	level := min(c.level, 3)
	c.level--
	if len(body) == 0 {
		body = document.Blocks{c.nothing(b)}
	}
	if c.empty-empty == leaves(body) && holds == yes {
		return collapsed(b, body)
	}
	head := document.Heading{Level: level, Text: document.Clean(b.Title), Note: document.Clean(c.headNote(b, holds)), PageBreak: b.PageBreak}
	return append(document.Blocks{head}, body...)
}

// collapsed is a section without its heading: each of its lines says by itself
// of what there is nothing.
func collapsed(b template.Section, body document.Blocks) document.Blocks {
	if b.PageBreak {
		return append(document.Blocks{document.PageBreak{}}, body...)
	}
	return body
}

// leaves counts blocks, those side by side each by itself.
func leaves(blocks document.Blocks) (n int) {
	for _, b := range blocks {
		if side, ok := b.(document.Columns); ok {
			n += leaves(side.Left) + leaves(side.Right)
			continue
		}
		n++
	}
	return n
}

// nothing is the line of a section none of whose blocks had anything to show. It
// denies only what complete feeds would have told.
func (c *composer) nothing(b template.Section) document.Block {
	needs := (&template.Template{Blocks: b.Blocks, Figures: c.t.Figures}).Needs(c.registry, c.params)
	var open []string
	for _, feed := range needs.Feeds() {
		if !c.set.FeedComplete(feed) {
			open = append(open, feed)
		}
	}
	text := "nothing was recorded in this window."
	if len(open) > 0 {
		text = "nothing is known; the feed of " + joined(open) + " is not complete."
	}
	c.empty++
	return document.Paragraph{Text: document.Inlines{document.Strong(b.Title + ": "), document.Plain(text)}}
}

// chartOrLine composes a chart, and counts a line that stands in its place.
func (c *composer) chartOrLine(b template.Chart) document.Blocks {
	before := c.empty
	out := c.chart(b)
	if len(out) != 1 || c.empty > before {
		return out
	}
	if _, line := out[0].(document.Paragraph); line {
		c.empty++
	}
	return out
}

// answer is what a condition comes to.
type answer int

const (
	no answer = iota
	yes
	unknown // it rests on something that is not measured
)

func (c *composer) holds(b template.Section) answer {
	if b.When == nil {
		return yes
	}
	switch v := b.When.Value(c.env()); {
	case v.Gap != nil:
		return unknown
	case v.Truth:
		return yes
	}
	return no
}

// headNote is what stands small beside a section's title. A section is shown
// where nobody knows whether its condition holds, and says so.
func (c *composer) headNote(b template.Section, holds answer) string {
	note := c.sectionNote(b)
	if holds != unknown {
		return note
	}
	gap := b.When.Value(c.env()).Gap
	why := "Shown: its condition is not measured"
	if l := c.letter(gap.Fact); l != "" {
		why += " (data note " + l + ")"
	} else if gap.Reason != "" {
		why += " (" + clip(strings.TrimRight(gap.Reason, ". "), longName) + ")"
	}
	if note == "" {
		return why
	}
	return note + " " + why
}

// leftOutSections names the sections that this day gave no cause for.
func (c *composer) leftOutSections() []document.Inlines {
	var out document.Inlines
	for _, b := range sections(c.t.Blocks) {
		if c.holds(b) != no {
			continue
		}
		if len(out) > 0 {
			out = append(out, document.Plain("; "))
		}
		out = append(out, document.Plain(b.Title+", shown only when "), document.Code(b.When.Source))
	}
	if len(out) == 0 {
		return nil
	}
	return []document.Inlines{append(out, document.Plain("."))}
}

// sections lists the sections, each before those within it.
func sections(blocks []template.Block) (out []template.Section) {
	for _, b := range blocks {
		if s, ok := b.(template.Section); ok {
			out = append(out, s)
			out = append(out, sections(s.Blocks)...)
		}
	}
	return out
}
