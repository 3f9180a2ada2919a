// Package template reads report templates: versioned configuration that says
// which blocks a report consists of, in which order.
package template

import (
	"fmt"
	"math"
	"slices"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/fact"
)

// Template is one version of a report's layout.
type Template struct {
	Name       string
	Version    string // 1.0.0
	Title      string
	Note       string // what this version changed
	Parameters []Parameter
	Blocks     []Block
	Output     Output
}

// Parameter is a whole number that a series may set.
type Parameter struct {
	Name     string
	Default  int
	Min, Max int
}

// Output says which files are made of a report.
type Output struct {
	Formats        []string // pdf, html, md, json
	Paper          string   // A4
	Classification string   // boxed on the first page; empty draws none
}

// Block is one of KPIs, Section, Columns, Narrative, Decisions, Actions, Table,
// Findings, Chart, Text and DataNotes.
type Block interface{ block() }

// KPIs is a row of tiles.
type KPIs struct{ Figures []Ref }

// Section is a titled group of blocks.
type Section struct {
	Title     string
	PageBreak bool // begins on a new page
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
	Columns []string
	// AtLeast keeps rows with at least so many evaluations.
	AtLeast *Int
	Sort    string // "rate", "-rate", a dimension; empty: by dimension
	Limit   *Int
	Total   bool
}

// Findings lists the open findings of one severity by name.
type Findings struct {
	Severity string
	Limit    Int
}

// Chart draws a trend as a line or a metric's parts as bars.
type Chart struct {
	Caption string
	Kind    string // line, bar
	Of      Of
	Days    Int    // line: how many business days
	With    string // bar: comparable_previous, or empty
}

// Text is a paragraph with references to facts.
type Text struct{ Sentences [][]Part }

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
type Ref struct {
	ID   string
	Dims fact.Dims
}

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

// Part is a piece of a Text: literal text, or what a reference stands for.
type Part struct {
	Text   string
	Strong bool
	Verb   string // fact, previous, share, day; empty: Text
	Ref    Ref
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

// Params are a template's parameters with their values.
type Params map[string]int

// Int is the number's value.
func (p Params) Int(n Int) int {
	if n.Param != "" {
		return p[n.Param]
	}
	return n.Value
}

// Resolve checks a series' parameters and fills in the defaults.
func (t *Template) Resolve(given map[string]any) (Params, error) {
	var r reader
	out := Params{}
	for _, p := range t.Parameters {
		out[p.Name] = p.Default
		v, ok := given[p.Name]
		if !ok {
			continue
		}
		n, ok := whole(v)
		if !ok || n < p.Min || n > p.Max {
			r.wrong(nil, "parameters."+p.Name, fmt.Sprintf("%v", v), bounds(p.Min, p.Max))
			continue
		}
		out[p.Name] = n
	}
	names := make([]string, 0, len(given))
	for name := range given {
		if _, ok := out[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		r.wrong(nil, "parameters."+name, "a parameter that the template does not have", oneOf(parameterNames(t.Parameters)))
	}
	if err := r.err(); err != nil {
		return nil, fmt.Errorf("template %s %s: %w", t.Name, t.Version, err)
	}
	return out, nil
}

func parameterNames(ps []Parameter) []string {
	names := make([]string, len(ps))
	for i, p := range ps {
		names[i] = p.Name
	}
	return names
}

// whole reads a whole number as YAML and JSON decoders give it.
func whole(v any) (int, bool) {
	switch v := v.(type) {
	case int:
		return v, true
	case int64:
		return int(v), v >= math.MinInt32 && v <= math.MaxInt32
	case uint64:
		return int(v & math.MaxInt32), v <= math.MaxInt32
	case float64:
		return int(v), v == math.Trunc(v) && math.Abs(v) <= math.MaxInt32
	}
	return 0, false
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
