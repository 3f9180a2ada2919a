package compose

import (
	"slices"
	"strings"

	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/template"
)

// text fills in a paragraph's references. A sentence that rests on figures
// which are not measured is replaced by one that says so.
func (c *composer) text(b template.Text) document.Block {
	var in document.Inlines
	for _, sentence := range b.Sentences {
		if gone := c.unmeasuredIn(sentence); len(gone) > 0 {
			in = append(in, spaced(sentence, c.notMeasuredSentence(gone))...)
			continue
		}
		in = append(in, c.sentence(sentence)...)
	}
	return document.Paragraph{Text: in, Small: c.aside}
}

// unmeasuredIn lists what a sentence states and nobody measured.
func (c *composer) unmeasuredIn(sentence []template.Part) []template.Ref {
	var out []template.Ref
	for _, p := range sentence {
		if p.Verb != "fact" && p.Verb != "share" {
			continue
		}
		if f := c.stands(p.Ref.ID, p.Ref.Dims); f != nil && !f.Measured() {
			out = append(out, p.Ref)
		}
	}
	return out
}

// spaced sets a sentence's replacement apart as the sentence was.
func spaced(sentence []template.Part, in document.Inlines) document.Inlines {
	if strings.HasPrefix(sentence[0].Text, " ") {
		in = append(plain(" "), in...)
	}
	if strings.HasSuffix(sentence[len(sentence)-1].Text, " ") {
		in = append(in, document.Plain(" "))
	}
	return in
}

func (c *composer) notMeasuredSentence(refs []template.Ref) document.Inlines {
	var names []string
	var places []int
	for _, r := range refs {
		m, _ := c.registry.Lookup(r.ID)
		if name := lower(label(m, r.Dims)); !slices.Contains(names, name) {
			names = append(names, name)
		}
		if i, ok := c.note(c.stands(r.ID, r.Dims)); ok {
			places = append(places, i)
		}
	}
	in := plain(capital(fact.NotMeasured) + ": " + strings.Join(names, ", "))
	return append(append(in, mark(places)...), document.Plain("."))
}

// sentence fills in one sentence. A bracket on the day compared with, of which
// there is no figure, says just that.
func (c *composer) sentence(parts []template.Part) document.Inlines {
	var in document.Inlines
	for i := 0; i < len(parts); i++ {
		p := parts[i]
		if p.Verb == "" && p.Text == "(" {
			if end := bracket(parts, i); end > 0 && c.noPrevious(parts[i:end]) {
				in = append(in, document.Plain("("+c.noFigure()+")"))
				i = end
				continue
			}
		}
		in = append(in, document.Inline{Text: document.Clean(c.part(p)), Strong: p.Strong})
	}
	return in
}

// bracket finds where the bracket that opens at i closes; 0: it does not.
func bracket(parts []template.Part, i int) int {
	for j := i + 1; j < len(parts); j++ {
		if parts[j].Verb == "" && parts[j].Text == ")" {
			return j
		}
	}
	return 0
}

func (c *composer) noPrevious(parts []template.Part) bool {
	for _, p := range parts {
		if p.Verb == "previous" && c.find(p.Ref.ID, p.Ref.Dims).ExactPrevious() == nil {
			return true
		}
	}
	return false
}

func (c *composer) part(p template.Part) string {
	f := c.find(p.Ref.ID, p.Ref.Dims)
	switch p.Verb {
	case "fact":
		if f == nil { // a median over nothing
			return "none"
		}
		return f.Shown()
	case "previous":
		if f == nil {
			return fact.NoFigure
		}
		return f.ShownPrevious()
	case "share":
		m, _ := c.registry.Lookup(p.Ref.ID)
		if s := fact.Share(f, c.whole(m, p.Ref.Dims)); s != "" {
			return s
		}
		return "no share"
	case "day":
		return c.dayOf(p.Text)
	}
	return p.Text
}
