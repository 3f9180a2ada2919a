package template

import (
	"bytes"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/fact"
)

// Revise gives a template file another version and note, and leaves everything
// else as it stands, comments and layout too. A file in which they cannot be
// changed in place is report.ErrInvalid.
func Revise(src []byte, version, note string, metrics *fact.Registry) ([]byte, error) {
	before, err := Parse(src, metrics)
	if err != nil {
		return nil, err
	}
	out, err := revise(src, strconv.Quote(version), quoted(note))
	if err != nil {
		return nil, err
	}
	after, err := Parse(out, metrics)
	if err == nil {
		want := *before
		want.Version, want.Note = version, note
		if before.Output.Logo != nil && after.Output.Logo != nil { // it may have moved down
			after.Output.Logo.line = before.Output.Logo.line
		}
		if reflect.DeepEqual(&want, after) {
			return out, nil
		}
	}
	return nil, fmt.Errorf("%w: version and note of template %s %s cannot be changed in place. Write the file: starter template show %s@%s > FILE, then edit and apply it",
		report.ErrInvalid, before.Name, before.Version, before.Name, before.Version)
}

// quoted is a text as both YAML and JSON have it.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 || r == 0xfeff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// revise replaces the two values where the file's tokens say that they stand. A
// note that there was not follows the version.
func revise(src []byte, version, note string) ([]byte, error) {
	root, err := syntax(src)
	if err != nil {
		return nil, err
	}
	list, _ := pairs(root)
	var versionAt, noteAt *ast.MappingValueNode
	for _, p := range list {
		switch keyOf(p) {
		case "version":
			versionAt = p
		case "note":
			noteAt = p
		}
	}
	from, to := extent(src, versionAt)
	if noteAt == nil {
		return splice(src, from, to, version+beforeNote(src, root, versionAt)+note), nil
	}
	noteFrom, noteTo := extent(src, noteAt)
	if noteFrom < from {
		src = splice(src, from, to, version)
		return splice(src, noteFrom, noteTo, note), nil
	}
	src = splice(src, noteFrom, noteTo, note)
	return splice(src, from, to, version), nil
}

func splice(src []byte, from, to int, s string) []byte {
	return append(append(bytes.Clone(src[:from]), s...), src[to:]...)
}

// beforeNote is what has to stand between the version and a note after it.
func beforeNote(src []byte, root ast.Node, version *ast.MappingValueNode) string {
	if m, ok := root.(*ast.MappingNode); ok && m.IsFlowStyle {
		return `, "note": `
	}
	key := offset(src, version.Key.GetToken())
	end := "\n"
	if i := bytes.IndexByte(src[key:], '\n'); i > 0 && src[key+i-1] == '\r' {
		end = "\r\n"
	}
	indent := src[bytes.LastIndexByte(src[:key], '\n')+1 : key]
	return end + string(indent) + "note: "
}

// offset is the byte at which a token stands: where the line that it names has
// its text, nearest to the column that it names. After a tab that is off by one.
func offset(src []byte, t *token.Token) int {
	start := 0
	for range t.Position.Line - 1 {
		next := bytes.IndexByte(src[start:], '\n')
		if next < 0 {
			return len(src)
		}
		start += next + 1
	}
	line, _, _ := bytes.Cut(src[start:], []byte("\n"))
	text, _, _ := strings.Cut(strings.TrimSpace(t.Origin), "\n")
	best, meant := 0, len(string([]rune(string(line))[:min(t.Position.Column-1, utf8.RuneCount(line))]))
	for at := range line {
		if bytes.HasPrefix(line[at:], []byte(text)) && distance(at, meant) < distance(best, meant) {
			best = at
		}
	}
	return start + best
}

func distance(a, b int) int { return max(a-b, b-a) }

// extent is where the value of a key begins and ends.
func extent(src []byte, p *ast.MappingValueNode) (from, to int) {
	t := p.Value.GetToken()
	from = offset(src, t)
	switch t.Type {
	case token.DoubleQuoteType:
		return from, from + closing(src[from:], '"', '\\')
	case token.SingleQuoteType:
		return from, from + closing(src[from:], '\'', '\'')
	case token.LiteralType, token.FoldedType:
		return from, from + deeper(src[from:], p.Key.GetToken().Position.Column)
	}
	return from, from + len(strings.TrimSpace(t.Origin))
}

// closing is the length of a quoted text. escape before a character makes it
// part of the text.
func closing(s []byte, quote, escape byte) int {
	for i := 1; i < len(s); i++ {
		if s[i] == escape && i+1 < len(s) && (escape != quote || s[i+1] == quote) {
			i++
		} else if s[i] == quote {
			return i + 1
		}
	}
	return len(s)
}

// deeper is the length of a block of text: the rest of its first line, and what
// is indented deeper than its key. The last end of a line is left.
func deeper(s []byte, column int) int {
	end, at := 0, 0
	for line := range bytes.Lines(s) {
		text := bytes.TrimRight(line, "\r\n")
		indent := len(text) - len(bytes.TrimLeft(text, " "))
		if at > 0 && indent < len(text) && indent < column {
			break
		}
		if at == 0 || indent < len(text) {
			end = at + len(text)
		}
		at += len(line)
	}
	return end
}
