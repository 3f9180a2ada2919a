// Package formula computes the expressions of templates: conditions and figures
// made of others. The language is expr-lang/expr's, and of it only what a report
// needs; the values are exact, or not measured.
package formula

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"

	"github.com/closeofbusiness/cob/report/fact"
)

// The bounds of one expression, and of the size of what it computes. Nothing in
// the language repeats, so an expression takes no more steps than it has nodes.
const (
	MaxBytes = 500
	maxNodes = 150
	maxBits  = 4096
)

// Kind is what a value is.
type Kind string

// The kinds.
const (
	Number Kind = "a number"
	Text   Kind = "a text"
	Truth  Kind = "true or false"
)

// Value is what an expression, or a name in it, stands for. Where Gap is set
// there is no value: it is not measured.
type Value struct {
	Kind   Kind
	Number *big.Rat
	Text   string
	Truth  bool
	Gap    *Gap
}

// Gap is why there is no value.
type Gap struct {
	Fact   *fact.Fact // the one that is not measured; nil: none, as for a division by zero
	Reason string
}

// Of is a number's value; nil is a gap.
func Of(r *big.Rat) Value {
	if r == nil {
		return missing(Number, nil, "not measured")
	}
	return Value{Kind: Number, Number: r}
}

// Int is a whole number's value.
func Int(n int) Value { return Of(big.NewRat(int64(n), 1)) }

// String is a text's value.
func String(s string) Value { return Value{Kind: Text, Text: s} }

// Bool is a truth's value.
func Bool(b bool) Value { return Value{Kind: Truth, Truth: b} }

func missing(k Kind, f *fact.Fact, reason string) Value {
	return Value{Kind: k, Gap: &Gap{Fact: f, Reason: reason}}
}

// Names is what an expression may speak of.
type Names struct {
	Metrics *fact.Registry
	Params  map[string]Kind
	Figures []string // of the template; nil: none may be used here
	// Row holds a table's columns in expressions about one row.
	Row map[string]Kind
}

// Expr is an expression that was checked.
type Expr struct {
	Source string
	// Refs are the figures that it is made of, Figures the names of derived ones.
	Refs    []Ref
	Figures []string
	root    ast.Node
	calls   map[int]Ref // by where the call stands
}

// Mistake is why an expression is refused.
type Mistake struct{ Found, Expected string }

// Error says both.
func (m *Mistake) Error() string { return "found " + m.Found + ", expected " + m.Expected }

// Compile checks an expression of a kind over the names that there are. Its
// mistakes are all that are wrong with it; nil: none.
func Compile(src string, want Kind, names Names) (*Expr, []*Mistake) {
	if len(src) > MaxBytes {
		return nil, []*Mistake{{fmt.Sprintf("an expression of %d bytes", len(src)), fmt.Sprintf("at most %d", MaxBytes)}}
	}
	root, err := parse(src)
	if err != nil {
		return nil, []*Mistake{{strconv.Quote(src) + " (" + said(err) + ")", "an expression such as fact(\"incidents.open\") > 0"}}
	}
	c := &checker{names: names, out: &Expr{Source: src, root: root, calls: map[int]Ref{}}}
	if k := c.check(root); k != "" && k != want {
		c.wrong(strconv.Quote(src)+", which is "+string(k), string(want))
	}
	if len(c.mistakes) > 0 {
		return nil, c.mistakes
	}
	if err := typed(src, want, names); err != nil {
		return nil, []*Mistake{{strconv.Quote(src) + " (" + said(err) + ")", string(want)}}
	}
	return c.out, nil
}

// parse reads the source with every function of the language's own switched
// off: ours are the only ones.
func parse(src string) (root ast.Node, err error) {
	defer func() {
		if p := recover(); p != nil {
			root, err = nil, fmt.Errorf("not readable: %v", p)
		}
	}()
	c := conf.CreateNew()
	c.MaxNodes = maxNodes
	c.DisableIfOperator = true
	for name := range c.Builtins {
		c.Disabled[name] = true
	}
	tree, err := parser.ParseWithConfig(src, c)
	if err != nil {
		return nil, err
	}
	return tree.Node, nil
}

// said is an error of the language's without the picture of where it is.
func said(err error) string {
	if e, ok := err.(*file.Error); ok {
		return fmt.Sprintf("%s at %d", strings.ToLower(e.Message), e.Column+1)
	}
	s, _, _ := strings.Cut(err.Error(), "\n")
	return s
}

// Ref names one fact: a metric and its dimensions.
type Ref struct {
	ID   string
	Dims fact.Dims
}

// Key names the fact as the set does.
func (r Ref) Key() string { return fact.Key(r.ID, r.Dims) }

// ParseRef reads "findings.open{severity=critical}". The second result says what
// was expected where that is no reference to a known figure.
func ParseRef(s string, metrics *fact.Registry) (Ref, string) {
	id, inside, braces := strings.Cut(s, "{")
	m, ok := metrics.Lookup(id)
	if !ok {
		return Ref{}, "a known metric"
	}
	ref := Ref{ID: id, Dims: fact.Dims{}}
	if !braces {
		return ref, ""
	}
	list, ok := strings.CutSuffix(inside, "}")
	if !ok {
		return Ref{}, "a closing brace after the dimensions"
	}
	var dims []string
	for _, pair := range strings.Split(list, ",") {
		k, v, ok := strings.Cut(pair, "=")
		k, v = strings.TrimSpace(k), strings.TrimSpace(v)
		if !ok || k == "" || v == "" {
			return Ref{}, "dimensions written name=value"
		}
		if _, twice := ref.Dims[k]; twice {
			return Ref{}, "each dimension once"
		}
		ref.Dims[k] = v
		dims = append(dims, k)
	}
	if !BrokenDown(m, dims) {
		return Ref{}, "one of " + id + "'s breakdowns: " + Breakdowns(m)
	}
	return ref, ""
}

// BrokenDown tells whether a metric has facts of those dimensions.
func BrokenDown(m fact.Metric, dims []string) bool {
	if len(dims) == 0 {
		return true
	}
	return slices.ContainsFunc(m.Dimensions, func(d []string) bool { return sameSet(d, dims) })
}

func sameSet(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}

// Breakdowns lists how a metric can be asked for.
func Breakdowns(m fact.Metric) string {
	out := []string{m.ID}
	for _, d := range m.Dimensions {
		out = append(out, m.ID+"{"+strings.Join(d, ",")+"}")
	}
	return strings.Join(out, ", ")
}
