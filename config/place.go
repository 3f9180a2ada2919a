package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/calendar/yamlfile"
)

// place is a value in cob.yaml, and where it stands: a mistake is told by its
// path and line, and reading goes on behind it.
type place struct {
	file *yamlfile.File
	path string
	line int      // its own or, where there is no value, that of what it is missing from
	node ast.Node // nil where there is no value
}

// UnmarshalYAML takes the value as it stands, to be read piece by piece.
func (p *place) UnmarshalYAML(n ast.Node) error {
	p.node = n
	p.line = lineOf(n, p.line)
	return nil
}

func lineOf(n ast.Node, otherwise int) int {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return otherwise
}

// wrong tells a mistake. What was found is in the caller's words, because what
// stands there may be a key.
func (p place) wrong(found, expected string) {
	p.file.Wrong(p.path, fmt.Sprintf("%s in line %d", found, p.line), expected)
}

// fail tells why a value cannot be used.
func (p place) fail(err error) {
	p.file.Fail(fmt.Sprintf("%s in line %d", p.path, p.line), errors.New(report.Message(err)))
}

func (p place) wrongIf(is bool, found, expected string) {
	if is {
		p.wrong(found, expected)
	}
}

// there tells whether there is a value. A key without one is none.
func (p place) there() bool {
	_, null := p.node.(*ast.NullNode)
	return p.node != nil && !null
}

// in is a place within this one.
func (p place) in(suffix string, n ast.Node) place {
	out := place{file: p.file, path: p.path + suffix, line: p.line, node: n}
	if n != nil {
		out.line = lineOf(n, p.line)
	}
	return out
}

// fields are the values of a mapping. All that are known are among them, those
// without a value too; a key that is not known is a mistake.
func (p place) fields(known ...string) map[string]place {
	out := make(map[string]place, len(known))
	for _, key := range known {
		out[key] = p.in("."+key, nil)
	}
	for _, v := range p.pairs("keys with values: " + strings.Join(known, ", ")) {
		key, ok := v.Key.(*ast.StringNode)
		if !ok || !slices.Contains(known, key.Value) {
			name := v.Key.GetToken().Value
			p.in(fmt.Sprintf(".%.40s", name), v.Key).wrong("an unknown key", "one of "+strings.Join(known, ", "))
			continue
		}
		out[key.Value] = p.in("."+key.Value, v.Value)
		if !out[key.Value].there() { // its own line is that of its key
			out[key.Value] = p.in("."+key.Value, nil)
		}
	}
	return out
}

// composed tells whether the value is more than a single one.
func (p place) composed() bool {
	_, scalar := p.node.(ast.ScalarNode)
	return p.there() && !scalar
}

func (p place) pairs(expected string) []*ast.MappingValueNode {
	switch n := p.node.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	}
	p.wrongIf(p.there(), "something else", expected)
	return nil
}

// items are the values of a list.
func (p place) items(expected string) []place {
	list, ok := p.node.(*ast.SequenceNode)
	if !ok {
		p.wrongIf(p.there(), "something else", expected)
		return nil
	}
	out := make([]place, len(list.Values))
	for i, n := range list.Values {
		out[i] = p.in(fmt.Sprintf("[%d]", i), n)
	}
	return out
}

// text is a value as text; empty where there is none.
func (p place) text() string {
	var s string
	read(p, &s, "text")
	return s
}

// read takes a single value. It is false where there is none, or where it is
// not as expected, which is told.
func read[T any](p place, into *T, expected string) bool {
	if !p.there() {
		return false
	}
	if p.composed() || decode(p.node, into) != nil {
		p.wrong("something else", expected)
		return false
	}
	return true
}

func decode(n ast.Node, into any) (err error) {
	defer func() { // the decoder's own
		if p := recover(); p != nil {
			err = errors.New("not readable as YAML")
		}
	}()
	return yaml.NodeToValue(n, into, yaml.Strict())
}
