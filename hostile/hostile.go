// Package hostile holds texts, files and pictures that somebody with bad
// intentions, or none, could put where a report is made from. For tests.
package hostile

import (
	"fmt"
	"strings"
)

// Input is one hostile text.
type Input struct {
	Class string // what it tries: "script", "formula"
	Name  string // unique: its class with a number
	text
}

// text is unit as often as times says, then closing as often.
type text struct {
	unit, closing string
	times         int
}

// Text makes the text: bytes, some of which are no UTF-8. The largest is ten
// megabytes, so none is kept.
func (t text) Text() string {
	return strings.Repeat(t.unit, t.times) + strings.Repeat(t.closing, t.times)
}

// class is what inputs of one kind have in common.
type class struct {
	name  string
	texts []text
}

// Inputs are the hostile texts, each with a name of its own, in a stable order.
func Inputs() []Input {
	var out []Input
	for _, c := range []class{
		{"script", once(scripts())}, {"link", once(links())}, {"css", once(css())}, {"svg", once(svgs())}, {"markup", once(markup())},
		{"control", once(controls())}, {"terminal", once(terminals())}, {"bidi", once(bidi())}, {"utf8", once(malformed())}, {"unicode", once(unicodes())},
		{"long", long()}, {"deep", deep()}, {"pdf", once(pdf())}, {"xml", once(xml())}, {"formula", once(formulas())}, {"markdown", once(markdown())},
		{"template", once(templateTexts())}, {"expression", once(expressions())}, {"yaml", once(YAML())}, {"json", once(JSON())},
		{"path", once(paths())}, {"format", once(formats())}, {"sql", once(sqls())}, {"number", once(numbers())},
	} {
		for i, t := range c.texts {
			out = append(out, Input{Class: c.name, Name: fmt.Sprintf("%s-%02d", c.name, i+1), text: t})
		}
	}
	return out
}

func once(texts []string) []text {
	out := make([]text, len(texts))
	for i, t := range texts {
		out[i] = text{unit: t, times: 1}
	}
	return out
}
