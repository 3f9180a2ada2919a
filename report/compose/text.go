package compose

import (
	"slices"
	"strings"

	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/template"
)

// text composes Markdown's passages and fills in their references.
func (c *composer) text(b template.Text) document.Blocks {
	var out document.Blocks
	for _, p := range b.Passages {
		switch p := p.(type) {
		case template.Paragraph:
			out = append(out, document.Paragraph{Text: c.sentences(p.Sentences), Small: c.aside})
		case template.Heading:
			out = append(out, document.Heading{Level: p.Level, Text: document.Clean(clip(c.headline(p.Text), longTitle))})
		case template.Quote:
			out = append(out, document.Quote{Text: c.sentences(p.Sentences)})
		case template.List:
			out = append(out, c.list(p))
		}
	}
	return out
}

func (c *composer) list(l template.List) document.List {
	out := document.List{Ordered: l.Ordered}
	nested := false
	for _, item := range l.Items {
		out.Items = append(out.Items, c.sentences(item.Sentences))
		out.Levels = append(out.Levels, item.Level)
		nested = nested || item.Level > 0
	}
	if !nested {
		out.Levels = nil
	}
	return out
}

// headline is a heading's text. It has no footnotes: what is below it has.
func (c *composer) headline(s template.Sentence) string {
	if gone := c.unmeasuredIn(s); len(gone) > 0 {
		return capital(fact.NotMeasured) + ": " + strings.Join(c.figureNames(gone), ", ")
	}
	return c.sentence(s).String()
}

// sentences fills in references. A sentence that rests on figures which are not
// measured is replaced by one that says so.
func (c *composer) sentences(list []template.Sentence) document.Inlines {
	var in document.Inlines
	for _, sentence := range list {
		if gone := c.underivedIn(sentence); gone != nil {
			in = append(in, spaced(sentence, gone)...)
			continue
		}
		if gone := c.unmeasuredIn(sentence); len(gone) > 0 {
			in = append(in, spaced(sentence, c.notMeasuredSentence(gone))...)
			continue
		}
		in = append(in, c.sentence(sentence)...)
	}
	return in
}

// unmeasuredIn lists what a sentence states and nobody measured.
func (c *composer) unmeasuredIn(sentence template.Sentence) []template.Ref {
	var out []template.Ref
	for _, p := range sentence {
		if p.Verb != "fact" && p.Verb != "share" && p.Verb != "change" {
			continue
		}
		if f := c.stands(p.Ref.ID, p.Ref.Dims); f != nil && !f.Measured() {
			out = append(out, p.Ref)
		}
	}
	return out
}

// spaced sets a sentence's replacement apart as the sentence was.
func spaced(sentence template.Sentence, in document.Inlines) document.Inlines {
	if strings.HasPrefix(sentence[0].Text, " ") {
		in = append(plain(" "), in...)
	}
	if strings.HasSuffix(sentence[len(sentence)-1].Text, " ") {
		in = append(in, document.Plain(" "))
	}
	return in
}

func (c *composer) notMeasuredSentence(refs []template.Ref) document.Inlines {
	var places []int
	for _, r := range refs {
		if i, ok := c.note(c.stands(r.ID, r.Dims)); ok {
			places = append(places, i)
		}
	}
	in := plain(capital(fact.NotMeasured) + ": " + strings.Join(c.figureNames(refs), ", "))
	return append(append(in, mark(places)...), document.Plain("."))
}

// figureNames names figures for a sentence, each once.
func (c *composer) figureNames(refs []template.Ref) []string {
	var names []string
	for _, r := range refs {
		m, _ := c.registry.Lookup(r.ID)
		if name := lower(label(m, r.Dims)); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// sentence fills in one sentence. A bracket on the day compared with, of which
// there is no figure, says just that.
func (c *composer) sentence(parts template.Sentence) document.Inlines {
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
		in = append(in, document.Inline{Text: document.Clean(c.part(p)), Strong: p.Strong, Emphasis: p.Emphasis, Code: p.Code, Tone: c.partTone(p)})
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
	return slices.ContainsFunc(parts, func(p template.Part) bool {
		f := c.find(p.Ref.ID, p.Ref.Dims)
		switch p.Verb {
		case "previous":
			return f.ExactPrevious() == nil
		case "change":
			return !f.ShownChange().Known
		case "comparable":
			return f.ExactComparable() == nil
		}
		return false
	})
}

// partTone is what a change means.
func (c *composer) partTone(p template.Part) document.Tone {
	if p.Verb != "change" {
		return document.Neutral
	}
	return tone(c.find(p.Ref.ID, p.Ref.Dims).ShownChange().Judgement)
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
	case "change":
		if ch := f.ShownChange(); ch.Known {
			return ch.String()
		}
		return c.noFigure()
	case "comparable":
		if f == nil {
			return fact.NoFigure
		}
		return f.ShownComparable()
	case "share":
		m, _ := c.registry.Lookup(p.Ref.ID)
		if s := fact.Share(f, c.whole(m, p.Ref.Dims)); s != "" {
			return s
		}
		return "no share"
	case "figure":
		return c.derived[p.Text].shown()
	case "day":
		return c.dayOf(p.Text)
	case "date":
		return c.clock.LongDay(c.set.BusinessDate)
	case "window":
		return c.window()
	case "ref":
		return c.referenceText(p.Text)
	}
	return p.Text
}
