package template

import (
	"fmt"
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
		r.problems = []Problem{{Path: "file", Found: printable(err.Error()), Expected: "one YAML document"}}
		return nil, fmt.Errorf("template: %w", r.err())
	}
	t := r.template(root)
	if err := r.err(); err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	return t, nil
}

func (r *reader) template(root ast.Node) *Template {
	f := r.fields(root, "", "name", "version", "title", "note", "parameters", "figures", "blocks", "output")
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
	if n, ok := f["figures"]; ok {
		t.Figures = r.figures(n)
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
	s, ok := written(n)
	switch {
	case !ok:
		r.wrong(n, path, found(n), expected)
	case !want.MatchString(s):
		r.wrong(n, path, strconv.Quote(s), expected)
	}
	return s
}

// maxTitle bounds titles and captions in bytes.
const maxTitle = 120

func (r *reader) title(n ast.Node, path string) string {
	return r.short(n, path, maxTitle)
}

// short reads a text of at most so many bytes.
func (r *reader) short(n ast.Node, path string, most int) string {
	s := r.text(n, path, "text")
	if len(s) > most {
		r.wrong(n, path, fmt.Sprintf("%d bytes", len(s)), fmt.Sprintf("at most %d", most))
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

func (r *reader) output(n ast.Node) Output {
	out := Output{Formats: []string{"pdf", "html", "md", "json"}, Paper: "A4"}
	if n == nil {
		return out
	}
	f := r.fields(n, "output", "formats", "paper", "classification", "typeface", "accent", "banner", "watermark", "logo")
	if n, ok := f["formats"]; ok {
		out.Formats = nil
		for i, item_ := range r.list(n, "output.formats", "formats") {
			s := r.choice(item_, item("output.formats", i), "pdf", "html", "md", "json", "csv")
			if s != "" && slices.Contains(out.Formats, s) {
				r.wrong(item_, item("output.formats", i), s+" a second time", "each format once")
			}
			out.Formats = append(out.Formats, s)
		}
	}
	if n, ok := f["paper"]; ok {
		out.Paper = r.choice(n, "output.paper", "A4", "Letter")
	}
	if n, ok := f["classification"]; ok {
		out.Classification = r.text(n, "output.classification", "text")
		if len(out.Classification) > maxClassification {
			r.wrong(n, "output.classification", fmt.Sprintf("%d bytes", len(out.Classification)), "at most 40")
		}
	}
	r.look(f, &out)
	return out
}

var kinds = []string{"kpis", "section", "columns", "narrative", "decisions", "actions", "table", "findings", "chart", "text", "references", "data_notes"}

// The bounds of a template's blocks: how deep sections and columns stand within
// one another, how deep sections alone, and how many blocks there are.
const (
	maxDepth    = 4
	maxSections = 3
	maxBlocks   = 100
)
