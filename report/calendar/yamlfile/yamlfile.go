// Package yamlfile reads the YAML files that people write: within bounds,
// strictly, and with everything that is wrong with one told at once.
package yamlfile

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/closeofbusiness/cob/report"
)

// The limits of a file, far above what any needs.
const (
	maxBytes    = 64 << 10
	maxNesting  = 24 // brackets within one another
	maxProblems = 50
)

// File is a file whose top level is a mapping, while it is read field by field.
type File struct {
	kind     string // "series file", for messages
	fields   map[string]ast.Node
	known    []string
	wrong    map[string]bool // fields of which a problem is told
	problems []error
}

// Read reads YAML as far as its top-level keys. Anchors and aliases are refused:
// nobody needs them here, and a few lines of them can stand for gigabytes.
func Read(kind string, b []byte) (*File, error) {
	fields, err := topLevel(b)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", report.ErrInvalid, kind, err)
	}
	return &File{kind: kind, fields: fields, wrong: map[string]bool{}}, nil
}

func topLevel(b []byte) (fields map[string]ast.Node, err error) {
	defer func() { // the parser's own
		if p := recover(); p != nil {
			fields, err = nil, fmt.Errorf("not readable as YAML: %v", p)
		}
	}()
	switch {
	case len(b) > maxBytes:
		return nil, fmt.Errorf("%d bytes, at most %d are read", len(b), maxBytes)
	case !utf8.Valid(b):
		return nil, errors.New("not UTF-8")
	case nesting(b) > maxNesting:
		return nil, fmt.Errorf("nested more than %d deep", maxNesting)
	}
	file, err := parser.ParseBytes(b, 0)
	if err != nil {
		return nil, errors.New(strings.TrimSpace(yaml.FormatError(err, false, false)))
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return nil, errors.New("one YAML document is expected")
	}
	return mapping(file.Docs[0].Body)
}

// nesting is how deeply brackets lie within one another, estimated from above.
func nesting(b []byte) int {
	depth, deepest := 0, 0
	for _, c := range b {
		switch c {
		case '{', '[':
			depth++
			deepest = max(deepest, depth)
		case '}', ']':
			depth--
		}
	}
	return deepest
}

func mapping(n ast.Node) (map[string]ast.Node, error) {
	var v plain
	if ast.Walk(&v, n); v.alias != nil {
		return nil, fmt.Errorf("line %d: anchors, aliases and merge keys are not read", line(v.alias))
	}
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		return nil, errors.New("keys with values are expected")
	}
	out := map[string]ast.Node{}
	for _, value := range values {
		key, ok := value.Key.(*ast.StringNode)
		if !ok {
			return nil, fmt.Errorf("line %d: %s is no key", line(value.Key), brief(value.Key.String()))
		}
		out[key.Value] = value.Value
	}
	return out, nil
}

// plain finds what is not plain YAML.
type plain struct{ alias ast.Node }

// Visit implements ast.Visitor.
func (p *plain) Visit(n ast.Node) ast.Visitor {
	switch n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		p.alias = n
	}
	if p.alias != nil {
		return nil
	}
	return p
}

// Field reads one field. It is false where there is none, or where it is not as
// expected, which is told then. A key without a value is none.
func (f *File) Field(key string, into any, expected string) bool {
	f.known = append(f.known, key)
	node, ok := f.fields[key]
	if _, null := node.(*ast.NullNode); null || !ok {
		return false
	}
	if err := decode(node, into); err != nil {
		f.Wrong(key, found(node, err), expected)
		return false
	}
	return true
}

func decode(node ast.Node, into any) (err error) {
	defer func() { // the decoder's own
		if p := recover(); p != nil {
			err = fmt.Errorf("not readable as YAML: %v", p)
		}
	}()
	return yaml.NodeToValue(node, into, yaml.Strict())
}

// found tells what was found instead of what was expected, and where.
func found(node ast.Node, err error) string {
	what, at := "something else", line(node)
	if scalar, ok := node.(ast.ScalarNode); ok {
		what = brief(fmt.Sprint(scalar.GetValue()))
	}
	var where yaml.Error
	if errors.As(err, &where) && where.GetToken() != nil {
		at = where.GetToken().Position.Line
	}
	var unknown *yaml.UnknownFieldError
	if errors.As(err, &unknown) {
		what = unknown.Message
	}
	return fmt.Sprintf("%s in line %d", what, at)
}

// Wrong tells a problem. Of one field, only the first is.
func (f *File) Wrong(field, found, expected string) {
	if f.wrong[field] || len(f.problems) >= maxProblems {
		return
	}
	f.wrong[field] = true
	f.problems = append(f.problems, fmt.Errorf("%w: %s: %s: %s found, %s expected", report.ErrInvalid, f.kind, field, found, expected))
}

// Fail tells why what a field names could not be read.
func (f *File) Fail(field string, err error) {
	if len(f.problems) < maxProblems {
		f.problems = append(f.problems, fmt.Errorf("%w: %s: %s: %w", report.ErrInvalid, f.kind, field, err))
	}
}

// Err is everything that is wrong with the file, keys that nobody asked for
// among it; nil where all is well.
func (f *File) Err() error {
	for _, key := range slices.Sorted(maps.Keys(f.fields)) {
		if !slices.Contains(f.known, key) {
			f.Wrong(brief(key), fmt.Sprintf("an unknown key in line %d", line(f.fields[key])), "one of "+strings.Join(f.known, ", "))
		}
	}
	return errors.Join(f.problems...)
}

func line(n ast.Node) int {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 0
	}
	return n.GetToken().Position.Line
}

// brief quotes what was found, and not more of it than helps.
func brief(s string) string {
	const most = 40
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return fmt.Sprintf("%q", s)
}
