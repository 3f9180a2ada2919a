package template

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"

	"github.com/goccy/go-yaml/ast"

	"github.com/closeofbusiness/cob/report/fact"
)

var (
	names    = regexp.MustCompile(`^[a-z0-9-]{1,63}$`)
	versions = regexp.MustCompile(`^(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})$`)
	params   = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)
)

// Parse reads a template file over the metrics that there are. Its error is an
// *Error with everything that is wrong with the file, and wraps
// report.ErrInvalid.
func Parse(src []byte, metrics *fact.Registry) (*Template, error) {
	r := &reader{metrics: metrics}
	root, err := syntax(src)
	if err != nil {
		r.problems = []Problem{{Path: "file", Found: err.Error(), Expected: "one YAML document"}}
		return nil, fmt.Errorf("template: %w", r.err())
	}
	t := r.template(root)
	if err := r.err(); err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	return t, nil
}

func (r *reader) template(root ast.Node) *Template {
	f := r.fields(root, "", "name", "version", "title", "note", "parameters", "blocks", "output")
	if f == nil {
		return nil
	}
	t := &Template{
		Name:    r.pattern(f["name"], "name", names, "1 to 63 characters a-z, 0-9 and -"),
		Version: r.pattern(f["version"], "version", versions, "a version such as 1.0.0"),
		Title:   r.title(f["title"], "title"),
	}
	if n, ok := f["note"]; ok {
		t.Note = r.text(n, "note", "text")
	}
	r.params = map[string]Parameter{}
	if n, ok := f["parameters"]; ok {
		t.Parameters = r.parameters(n)
	}
	t.Blocks = r.blocks(f["blocks"], "blocks", 0)
	t.Output = r.output(f["output"])
	r.once(f["blocks"], t)
	return t
}

// once checks what a template must have once and only once.
func (r *reader) once(n ast.Node, t *Template) {
	notes, names := 0, map[string]int{}
	each(t.Blocks, func(b Block) {
		switch b := b.(type) {
		case DataNotes:
			notes++
		case Narrative:
			names[b.Name]++
		}
	})
	if notes != 1 {
		r.wrong(n, "blocks", fmt.Sprintf("data_notes %d times", notes), "data_notes once: they cannot be left out")
	}
	for _, b := range t.Narratives() {
		if names[b.Name] > 1 {
			r.wrong(n, "blocks", fmt.Sprintf("%d narratives named %q", names[b.Name], b.Name), "a name of its own for each narrative")
			names[b.Name] = 1
		}
	}
}

func (r *reader) pattern(n ast.Node, path string, want *regexp.Regexp, expected string) string {
	s := r.text(n, path, expected)
	if s != "" && !want.MatchString(s) {
		r.wrong(n, path, strconv.Quote(s), expected)
	}
	return s
}

// maxTitle bounds titles and captions in bytes.
const maxTitle = 120

func (r *reader) title(n ast.Node, path string) string {
	s := r.text(n, path, "text")
	if len(s) > maxTitle {
		r.wrong(n, path, fmt.Sprintf("%d bytes", len(s)), fmt.Sprintf("at most %d", maxTitle))
	}
	return s
}

func (r *reader) optionalTitle(f map[string]ast.Node, path, key string) string {
	n, ok := f[key]
	if !ok {
		return ""
	}
	return r.title(n, join(path, key))
}

func (r *reader) parameters(n ast.Node) []Parameter {
	list, ok := pairs(n)
	if !ok {
		r.wrong(n, "parameters", found(n), "a mapping of names to parameters")
		return nil
	}
	var out []Parameter
	for _, pair := range list {
		name := keyOf(pair)
		path := "parameters." + brief(name)
		if !params.MatchString(name) {
			r.wrong(pair.Key, path, strconv.Quote(name), "a name of a-z, 0-9 and _")
			continue
		}
		if p, ok := r.parameter(pair.Value, path, name); ok {
			out = append(out, p)
			r.params[name] = p
		}
	}
	return out
}

func (r *reader) parameter(n ast.Node, path, name string) (Parameter, bool) {
	f := r.fields(n, path, "type", "default", "minimum", "maximum")
	if f == nil {
		return Parameter{}, false
	}
	p := Parameter{Name: name, Min: 0, Max: math.MaxInt32}
	r.choice(f["type"], join(path, "type"), "integer")
	if n, ok := f["minimum"]; ok {
		p.Min = r.number(n, join(path, "minimum"), 0, math.MaxInt32)
	}
	if n, ok := f["maximum"]; ok {
		p.Max = r.number(n, join(path, "maximum"), p.Min, math.MaxInt32)
	}
	p.Default = r.number(f["default"], join(path, "default"), p.Min, p.Max)
	return p, true
}

func (r *reader) output(n ast.Node) Output {
	out := Output{Formats: []string{"pdf", "html", "md", "json"}, Paper: "A4"}
	if n == nil {
		return out
	}
	f := r.fields(n, "output", "formats", "paper", "classification")
	if n, ok := f["formats"]; ok {
		out.Formats = nil
		for i, item_ := range r.list(n, "output.formats", "formats") {
			s := r.choice(item_, item("output.formats", i), "pdf", "html", "md", "json")
			if s != "" && slices.Contains(out.Formats, s) {
				r.wrong(item_, item("output.formats", i), s+" a second time", "each format once")
			}
			out.Formats = append(out.Formats, s)
		}
	}
	if n, ok := f["paper"]; ok {
		out.Paper = r.choice(n, "output.paper", "A4")
	}
	if n, ok := f["classification"]; ok {
		out.Classification = r.text(n, "output.classification", "text")
		if len(out.Classification) > 40 {
			r.wrong(n, "output.classification", fmt.Sprintf("%d bytes", len(out.Classification)), "at most 40")
		}
	}
	return out
}

var kinds = []string{"kpis", "section", "columns", "narrative", "decisions", "actions", "table", "findings", "chart", "text", "data_notes"}

// maxDepth bounds sections and columns within one another.
const maxDepth = 4
