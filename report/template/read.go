package template

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/closeofbusiness/cob/report/fact"
)

// The limits of a template file, far above what any template needs.
const (
	maxBytes    = 64 << 10
	maxNesting  = 24
	maxProblems = 50
)

// syntax reads YAML into its tree. Files nested so deeply that reading them
// would exhaust the stack are refused first.
func syntax(src []byte) (root ast.Node, err error) {
	defer func() {
		if p := recover(); p != nil {
			root, err = nil, fmt.Errorf("not readable as YAML: %v", p)
		}
	}()
	switch {
	case len(src) > maxBytes:
		return nil, fmt.Errorf("%d bytes, at most %d are allowed", len(src), maxBytes)
	case !utf8.Valid(src):
		return nil, fmt.Errorf("not UTF-8")
	case nesting(src) > maxNesting:
		return nil, fmt.Errorf("nested more than %d deep", maxNesting)
	}
	file, err := parser.ParseBytes(src, 0)
	if err != nil {
		return nil, err
	}
	var docs []ast.Node
	for _, d := range file.Docs {
		if d.Body != nil {
			docs = append(docs, d.Body)
		}
	}
	if len(docs) != 1 {
		return nil, fmt.Errorf("%d documents, expected 1", len(docs))
	}
	return docs[0], nil
}

// nesting estimates from above how deeply a file is nested, by its brackets
// and its runs of list markers and indentation.
func nesting(src []byte) int {
	depth, deepest := 0, 0
	for line := range strings.Lines(string(src)) {
		lead := 0
		for _, c := range line {
			if c != ' ' && c != '-' && c != '?' && c != '\t' {
				break
			}
			lead++
		}
		deepest = max(deepest, lead/4) // templates indent by two: twice the allowance
		for _, c := range line {
			switch c {
			case '{', '[':
				depth++
				deepest = max(deepest, depth)
			case '}', ']':
				depth--
			}
		}
	}
	return deepest
}

// reader walks a tree and collects everything that is wrong with it.
type reader struct {
	metrics  *fact.Registry
	problems []Problem
	params   map[string]Parameter
	derived  []Figure
	count    int // of blocks
	exprs    int // of expressions
	sections int // that the block at hand stands in
}

func (r *reader) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	return &Error{Problems: r.problems}
}

func (r *reader) wrong(n ast.Node, path, found, expected string) {
	r.problem(Problem{Line: line(n), Path: path, Found: found, Expected: expected})
}

func (r *reader) problem(p Problem) {
	if len(r.problems) >= maxProblems {
		return
	}
	p.Path, p.Found = printable(p.Path), printable(brief(p.Found))
	r.problems = append(r.problems, p)
}

// printable writes what a terminal would obey or not show, such as a control
// character or a byte order mark, as its number. Line breaks stay.
func printable(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r == '\n' || unicode.IsGraphic(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "\\u%04x", r)
		}
	}
	return b.String()
}

func line(n ast.Node) int {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 0
	}
	return n.GetToken().Position.Line
}

func brief(s string) string {
	if utf8.RuneCountInString(s) > 80 {
		return string([]rune(s)[:79]) + "…"
	}
	return s
}

// found describes a node in an error.
func found(n ast.Node) string {
	switch n := n.(type) {
	case nil, *ast.NullNode:
		return "nothing"
	case *ast.StringNode:
		return strconv.Quote(n.Value)
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MergeKeyNode:
		return "an anchor, alias, tag or merge"
	}
	return "a " + strings.ToLower(n.Type().String())
}

func oneOf(names []string) string {
	switch len(names) {
	case 0:
		return "none"
	case 1:
		return names[0]
	}
	return "one of " + strings.Join(names, ", ")
}

func bounds(low, high int) string {
	if high == math.MaxInt32 {
		return fmt.Sprintf("a whole number from %d", low)
	}
	return fmt.Sprintf("a whole number from %d to %d", low, high)
}

// fields reads a mapping with known keys. Keys may be absent; unknown ones are
// problems. nil means that it is no mapping, and that this has been said.
func (r *reader) fields(n ast.Node, path string, known ...string) map[string]ast.Node {
	pairs, ok := pairs(n)
	if !ok {
		r.wrong(n, path, found(n), "a mapping with "+strings.Join(known, ", "))
		return nil
	}
	out := map[string]ast.Node{}
	for _, p := range pairs {
		key, ok := p.Key.(*ast.StringNode)
		if !ok {
			r.wrong(p.Key, path, "the key "+p.Key.String(), oneOf(known))
			continue
		}
		if !slices.Contains(known, key.Value) {
			r.wrong(key, join(path, key.Value), "an unknown key", oneOf(known))
			continue
		}
		if _, twice := out[key.Value]; twice {
			r.wrong(key, join(path, key.Value), "the key a second time", "it once")
			continue
		}
		out[key.Value] = p.Value
	}
	return out
}

func pairs(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

// keyOf is a key without its quotes: in JSON all have some.
func keyOf(p *ast.MappingValueNode) string {
	if key, ok := p.Key.(*ast.StringNode); ok {
		return key.Value
	}
	return p.Key.String()
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func item(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// list reads a list; nil after a problem.
func (r *reader) list(n ast.Node, path, of string) []ast.Node {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		r.wrong(n, path, found(n), "a list of "+of)
		return nil
	}
	if len(seq.Values) == 0 {
		r.wrong(n, path, "an empty list", "a list of "+of)
	}
	return seq.Values
}

// text reads a string; a number or a truth value must be quoted.
func (r *reader) text(n ast.Node, path, expected string) string {
	s, ok := written(n)
	if !ok {
		r.wrong(n, path, found(n), expected)
	}
	return s
}

func written(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return strings.TrimRight(n.Value.Value, "\n"), true
	}
	return "", false
}

func (r *reader) choice(n ast.Node, path string, names ...string) string {
	s, ok := n.(*ast.StringNode)
	if ok && slices.Contains(names, s.Value) {
		return s.Value
	}
	r.wrong(n, path, found(n), oneOf(names))
	return ""
}

func (r *reader) boolean(n ast.Node, path string) bool {
	b, ok := n.(*ast.BoolNode)
	if !ok {
		r.wrong(n, path, found(n), "true or false")
		return false
	}
	return b.Value
}

// number reads a whole number within bounds.
func (r *reader) number(n ast.Node, path string, low, high int) int {
	if i, ok := n.(*ast.IntegerNode); ok {
		if v, ok := whole(i.Value); ok && v >= low && v <= high {
			return v
		}
	}
	r.wrong(n, path, found(n), bounds(low, high))
	return low
}

// paramOr reads a whole number or a reference to a parameter, whose own bounds
// must lie within these.
func (r *reader) paramOr(n ast.Node, path string, low, high int) Int {
	s, ok := n.(*ast.StringNode)
	if !ok {
		return Int{Value: r.number(n, path, low, high)}
	}
	return r.param(n, path, s.Value, low, high)
}

func (r *reader) param(n ast.Node, path, s string, low, high int) Int {
	name, ok := strings.CutPrefix(s, "params.")
	p, known := r.params[name]
	if !ok || !known || p.Type != Integer {
		r.wrong(n, path, strconv.Quote(s), bounds(low, high)+", or a parameter such as params."+firstParam(r.params))
		return Int{Value: low}
	}
	if p.Min < low || p.Max > high {
		r.wrong(n, path, fmt.Sprintf("params.%s, which may be %d to %d", name, p.Min, p.Max), bounds(low, high))
	}
	return Int{Param: name}
}

func firstParam(ps map[string]Parameter) string {
	first := ""
	for name, p := range ps {
		if p.Type != Integer {
			continue
		}
		if first == "" || name < first {
			first = name
		}
	}
	if first == "" {
		return "limit"
	}
	return first
}
