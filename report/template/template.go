// Package template reads report templates: versioned configuration that says
// which blocks a report consists of, in which order.
package template

import (
	"fmt"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/formula"
)

// Template is one version of a report's layout.
type Template struct {
	Name       string
	Version    string // 1.0.0
	Title      string
	Note       string // what this version changed
	Parameters []Parameter
	Figures    []Figure // derived ones
	Blocks     []Block
	Output     Output
}

// Output says which files are made of a report.
type Output struct {
	Formats        []string // pdf, html, md, json
	Paper          string   // A4, Letter
	Classification string   // boxed on the first page; empty draws none
	Typeface       string   // sans, serif; empty: sans
	Accent         string   // "#2b4a7a", of data and tiles; empty: that one
	Banner         string   // across the head and foot of every page; empty draws none
	Watermark      string   // pale and large, behind every page; empty draws none
	Logo           *Logo    // nil: none
}

// Block is one of KPIs, Section, Columns, Narrative, Decisions, Actions, Table,
// Findings, Chart, Text, References and DataNotes.
type Block interface{ block() }

// KPIs is a row of tiles.
type KPIs struct{ Tiles []Tile }

// Tile is one figure of a row of them.
type Tile struct {
	Ref    Ref
	Figure string // the name of a derived figure; empty: the Ref
	Label  string // empty: the figure's own
	Detail string // in place of what a tile says by itself
}

// Section is a titled group of blocks.
type Section struct {
	Title     string
	When      *formula.Expr // nil: always
	PageBreak bool          // begins on a new page
	Blocks    []Block
}

// Columns sets two groups of blocks side by side.
type Columns struct {
	Left, Right []Block
	Ratio       float64 // the left's share of the width; 0 means one half
}

// Narrative is prose about the facts.
type Narrative struct {
	Name      string   // unique in the template; "summary" by default
	About     []string // patterns of metric IDs
	Sentences Int
	// Providers says who writes it, in order, the first whose text passes the
	// checks. Empty: as the series says.
	Providers []string
	// Excerpts has quotations from sources read as well; nil: no model sees any.
	Excerpts *Excerpts
}

// Excerpts are titles and reasons as the sources wrote them, which a model sorts
// in a call of their own.
type Excerpts struct {
	Of    string // findings, incidents, runs
	Limit Int
	Names []string // taken out of them, beside the owners that the facts name
}

// Decisions boxes the most urgent decision that is needed.
type Decisions struct{}

// Actions lists what the next shift has to do.
type Actions struct {
	Limit Int
	Sort  []string // overdue, due
}

// Table lists facts by their dimensions.
type Table struct {
	Caption string
	Of      Of
	Columns []Column
	// AtLeast keeps rows with at least so many evaluations: a condition that the
	// caption can say in words. Where is any other.
	AtLeast *Int
	Where   *formula.Expr
	Sort    string // "rate", "-rate", a dimension; empty: by dimension
	Limit   *Int
	Total   bool
}

// Column is one column of a table.
type Column struct {
	Name      string
	Title     string // empty: its own
	Emphasise *Emphasis
}

// Emphasis sets cells apart whose row fulfils a condition.
type Emphasis struct {
	When *formula.Expr
	As   string // worse, better, strong
	Word string // stands after the value, so that colour says nothing alone
}

// Findings lists the open findings of one severity by name.
type Findings struct {
	Severity string
	Limit    Int
}

// Chart draws a metric over business days as lines or stacks, or its parts as
// bars.
type Chart struct {
	Caption string
	Kind    string // line, bar, stacked
	Of      Of
	Days    Int    // line, stacked: how many business days
	With    string // bar: comparable_previous, or empty
	Limit   Int    // bar: how many
}

// Text is Markdown with references to facts, as passages in order.
type Text struct{ Passages []Passage }

// Passage is a Paragraph, Heading, Quote or List of a Text.
type Passage interface{ sentences() []Sentence }

// Sentence is what is replaced as a whole where it rests on a figure that is not
// measured.
type Sentence []Part

// Paragraph is one line of running text, or several that run on.
type Paragraph struct{ Sentences []Sentence }

// Heading stands above the passages that follow it.
type Heading struct {
	Level int // 2 or 3: a section's own title is 1
	Text  Sentence
}

// Quote is a paragraph that somebody else wrote.
type Quote struct{ Sentences []Sentence }

// List is a list of paragraphs, with those of the lists in it.
type List struct {
	Ordered bool
	Items   []Item
}

// Item is one item of a list.
type Item struct {
	Level     int // how deep it stands, from 0
	Sentences []Sentence
}

// DataNotes lists what is not measured and where everything came from. Every
// template has it once.
type DataNotes struct{}

func (KPIs) block()      {}
func (Section) block()   {}
func (Columns) block()   {}
func (Narrative) block() {}
func (Decisions) block() {}
func (Actions) block()   {}
func (Table) block()     {}
func (Findings) block()  {}
func (Chart) block()     {}
func (Text) block()      {}
func (DataNotes) block() {}

// Ref names one fact: a metric and its dimensions.
type Ref = formula.Ref

// Of names a metric, or a group of metrics such as "findings", broken down by
// dimensions.
type Of struct {
	ID    string
	Group bool
	Dims  []string
}

// Int is a whole number, or the parameter that holds it.
type Int struct {
	Value int
	Param string
}

// Part is a piece of a Text in one style: literal text, or what a reference
// stands for.
type Part struct {
	Text     string
	Strong   bool
	Emphasis bool
	Code     bool
	Verb     string // fact, previous, change, comparable, share, figure (named by Text), day, date, window, ref (Text names the note); empty: Text
	Ref      Ref
}

func (p Paragraph) sentences() []Sentence { return p.Sentences }
func (h Heading) sentences() []Sentence   { return []Sentence{h.Text} }
func (q Quote) sentences() []Sentence     { return q.Sentences }
func (l List) sentences() (out []Sentence) {
	for _, item := range l.Items {
		out = append(out, item.Sentences...)
	}
	return out
}

// Parts lists all pieces of the text.
func (t Text) Parts() (out []Part) {
	for _, p := range t.Passages {
		for _, s := range p.sentences() {
			out = append(out, s...)
		}
	}
	return out
}

// Narratives lists the template's narrative blocks in order.
func (t *Template) Narratives() []Narrative {
	var out []Narrative
	each(t.Blocks, func(b Block) {
		if n, ok := b.(Narrative); ok {
			out = append(out, n)
		}
	})
	return out
}

func each(blocks []Block, do func(Block)) {
	for _, b := range blocks {
		do(b)
		switch b := b.(type) {
		case Section:
			each(b.Blocks, do)
		case Columns:
			each(b.Left, do)
			each(b.Right, do)
		}
	}
}

// Error is everything that is wrong with a template.
type Error struct{ Problems []Problem }

// Problem is one mistake: where it is, what stands there and what was expected.
type Problem struct {
	Line     int // 0: not known
	Path     string
	Found    string
	Expected string
}

// Error lists the problems, one on a line.
func (e *Error) Error() string {
	s := ""
	for i, p := range e.Problems {
		if i > 0 {
			s += "\n"
		}
		s += p.String()
	}
	return s
}

// Unwrap makes the error one of report.ErrInvalid.
func (e *Error) Unwrap() error { return report.ErrInvalid }

// String writes "line 12: blocks[2].table.of: found x, expected y".
func (p Problem) String() string {
	s := p.Path + ": found " + p.Found + ", expected " + p.Expected
	if p.Line > 0 {
		return fmt.Sprintf("line %d: %s", p.Line, s)
	}
	return s
}
