package compose

import (
	"fmt"
	"strings"

	"github.com/closeofbusiness/cob/report/analysis"
	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/template"
)

// references lists reference notes.
func (c *composer) references(b template.References) document.Blocks {
	title := b.Title
	if title == "" {
		title = "Reference notes"
	}
	known := c.set.Records.References
	list := known.List(b.Selection(c.params))
	if list == nil || len(list.Notes) == 0 {
		in := document.Inlines{document.Strong(title + ". "), document.Plain(noReferences(b, known, list))}
		return document.Blocks{document.Paragraph{Text: in}}
	}
	t := document.Table{Caption: document.Clean(title), Headed: true, Columns: []document.Column{
		{Title: document.Clean("Type")},
		{Title: document.Clean("Note"), Weight: 1},
	}}
	for _, n := range list.Notes {
		t.Rows = append(t.Rows, c.referenceRow(n))
	}
	if shown := int64(len(list.Notes)); shown < list.Found {
		t.Note = document.Clean(fmt.Sprintf("%s of %s", fact.Integer(shown), fact.Integer(list.Found)))
	}
	return document.Blocks{t}
}

// noReferences says why there is nothing to list. It is said of notes that
// nobody has loaded that there are none, and of nothing else.
func noReferences(b template.References, known *fact.References, list *fact.ReferenceList) string {
	kind := "reference note"
	if len(b.Types) > 0 {
		kind = "reference note of type " + alternatives(b.Types)
	}
	switch {
	case list == nil:
		return "Not looked up."
	case known.Known == 0:
		return "No reference notes have been loaded."
	case len(b.Domains) == 0:
		return "No " + kind + " matches this day's facts."
	}
	names := make([]string, len(b.Domains))
	for i, d := range b.Domains {
		names[i] = clip(d, longName)
	}
	return "No " + kind + " is known for " + alternatives(names) + "."
}

// alternatives are "a", "a or b", "a, b or c".
func alternatives(s []string) string {
	if len(s) < 2 {
		return strings.Join(s, "")
	}
	return strings.Join(s[:len(s)-1], ", ") + " or " + s[len(s)-1]
}

func (c *composer) referenceRow(n fact.Reference) document.Row {
	cell := document.Cell{
		{referenceLink(n), document.Toned(document.Muted, " · "+clip(n.Domain, shortName))},
		small(clip(n.Author, shortName) + ", " + shortDate(n) + " · " + clip(n.URL, longTitle)),
	}
	if why := whyMatched(n.Matched); why != "" {
		cell = append(cell, small(why))
	}
	return document.Row{Cells: []document.Cell{
		document.Line(document.Plain(n.Type)),
		cell,
	}}
}

// referenceLink is a note's title, which is its address where that may stand in
// a report.
func referenceLink(n fact.Reference) document.Inline {
	in := document.Inline{Text: document.Clean(clip(n.Title, longTitle)), Strong: true}
	if document.CheckLink(n.URL) == nil {
		in.Link = n.URL
	}
	return in
}

// whyMatched names what of the day a note speaks of.
func whyMatched(terms []string) string {
	if len(terms) == 0 {
		return ""
	}
	names := make([]string, len(terms))
	for i, t := range terms {
		names[i] = clip(t, 2*shortName)
	}
	return "Matches " + analysis.Listed(names, 3)
}

// shortDate is a note's own date, with its year: notes are older than days.
func shortDate(n fact.Reference) string {
	t := n.Date.Time()
	if t.IsZero() {
		return ""
	}
	return t.Format("2 Jan 2006")
}

// referenceText is what stands for {{ref:…}} in a text: the note's title and
// date, or that it is not available. Nothing is said of a note nobody can find.
func (c *composer) referenceText(name string) string {
	n := c.set.Records.References.Called(name)
	if n == nil {
		return "reference note " + clip(name, longName) + " (not available)"
	}
	return fmt.Sprintf("%s (%s)", clip(n.Title, longTitle), shortDate(*n))
}

// citedNote is a note of the lists as a basis names it; nil where there is none.
func (c *composer) citedNote(key string) document.Inlines {
	for _, n := range c.set.Records.References.Listed() {
		if n.Key() == key {
			return document.Inlines{referenceLink(n), document.Toned(document.Muted, fmt.Sprintf(" · %s · %s · %s", clip(key, longName), n.Type, shortDate(n)))}
		}
	}
	return nil
}
