package template

import (
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// maxText bounds a text block in bytes.
const maxText = 2000

// paragraph reads a text with **bold** and references:
//
//	{{fact:runs.completed}}        the figure, or "not measured" with its note
//	{{previous:runs.completed}}    the previous business date's, or "no figure"
//	{{share:attempts.unanswered}}  of its whole, in percent
//	{{day:previous}}               the previous business date's name, "Thu"
//
// It is kept as sentences, so that one which rests on something unmeasured can
// be replaced alone.
func (r *reader) paragraph(n ast.Node, path string) Block {
	s := r.text(n, path, "text")
	if s == "" {
		return nil
	}
	if len(s) > maxText {
		r.wrong(n, path, strconv.Itoa(len(s))+" bytes", "at most "+strconv.Itoa(maxText))
		return nil
	}
	p := &textReader{reader: r, node: n, path: path}
	p.read(s)
	return p.out
}

type textReader struct {
	*reader
	node     ast.Node
	path     string
	strong   bool
	sentence []Part
	out      Text
}

func (p *textReader) read(s string) {
	for s != "" {
		before, rest, ok := strings.Cut(s, "{{")
		p.literal(before)
		if !ok {
			break
		}
		inside, after, ok := strings.Cut(rest, "}}")
		if !ok {
			p.wrong(p.node, p.path, "{{ without }}", "a reference such as {{fact:runs.completed}}")
			return
		}
		p.reference(strings.TrimSpace(inside))
		s = after
	}
	if p.strong {
		p.wrong(p.node, p.path, "** without its second", "**bold text**")
	}
	p.end()
}

func (p *textReader) literal(s string) {
	for i, piece := range strings.Split(s, "**") {
		if i > 0 {
			p.strong = !p.strong
		}
		for {
			cut := strings.Index(piece, ". ")
			if cut < 0 {
				break
			}
			p.brackets(piece[:cut+2])
			p.end()
			piece = piece[cut+2:]
		}
		p.brackets(piece)
		if p.strong && strings.HasSuffix(piece, ".") {
			p.end() // a bold lead is a sentence of its own
		}
	}
}

// brackets keeps round brackets as parts of their own, so that one on a day
// without figures can be replaced.
func (p *textReader) brackets(s string) {
	for {
		i := strings.IndexAny(s, "()")
		if i < 0 {
			p.add(Part{Text: s})
			return
		}
		p.add(Part{Text: s[:i]})
		p.add(Part{Text: s[i : i+1]})
		s = s[i+1:]
	}
}

func (p *textReader) add(part Part) {
	if part.Text == "" && part.Verb == "" {
		return
	}
	part.Strong = p.strong
	p.sentence = append(p.sentence, part)
}

func (p *textReader) end() {
	if len(p.sentence) > 0 {
		p.out.Sentences = append(p.out.Sentences, p.sentence)
		p.sentence = nil
	}
}

func (p *textReader) reference(s string) {
	verb, name, _ := strings.Cut(s, ":")
	switch verb {
	case "fact", "previous", "share":
		ref, problem := p.parseRef(name)
		if problem == "" && verb == "share" && p.wholeOf(ref.ID) == "" {
			problem = "a metric that is a part of another"
		}
		if problem != "" {
			p.wrong(p.node, p.path, "{{"+s+"}}", problem)
			return
		}
		p.add(Part{Verb: verb, Ref: ref})
	case "day":
		if name != "previous" && name != "date" {
			p.wrong(p.node, p.path, "{{"+s+"}}", "{{day:previous}} or {{day:date}}")
			return
		}
		p.add(Part{Verb: "day", Text: name})
	default:
		p.wrong(p.node, p.path, "{{"+s+"}}", "{{fact:…}}, {{previous:…}}, {{share:…}} or {{day:…}}")
	}
}
