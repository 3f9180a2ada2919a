package template

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/formula"
)

// Figure is a number made of others, which a template derives for itself.
type Figure struct {
	Name     string
	Label    string
	Value    *formula.Expr
	Unit     fact.Unit
	Decimals int
	Good     fact.Polarity
}

// The bounds of derived figures and of all expressions together.
const (
	maxFigures     = 30
	maxDecimals    = 6
	maxExpressions = 100
)

// units are what a figure may be counted in: COB's own, or a word.
var units = regexp.MustCompile(`^[\p{L}\p{Sc}%°][\p{L}\p{N}\p{Sc} %°/_-]{0,19}$`)

func (r *reader) figures(n ast.Node) []Figure {
	list, ok := pairs(n)
	if !ok {
		r.wrong(n, "figures", found(n), "a mapping of names to figures")
		return nil
	}
	if len(list) > maxFigures {
		r.wrong(n, "figures", fmt.Sprintf("%d figures", len(list)), fmt.Sprintf("at most %d", maxFigures))
		return nil
	}
	var out []Figure
	for _, pair := range list {
		name := keyOf(pair)
		path := "figures." + brief(name)
		switch {
		case !params.MatchString(name):
			r.wrong(pair.Key, path, strconv.Quote(name), "a name of a-z, 0-9 and _")
		case slices.ContainsFunc(out, func(f Figure) bool { return f.Name == name }):
			r.wrong(pair.Key, path, "the figure a second time", "it once")
		default:
			out = append(out, r.figure(pair.Value, path, name))
		}
	}
	r.derived = out
	return out
}

func (r *reader) figure(n ast.Node, path, name string) Figure {
	out := Figure{Name: name, Unit: fact.Count, Good: fact.NoPolarity}
	f := r.fields(n, path, "label", "value", "unit", "decimals", "good")
	if f == nil {
		return out
	}
	if out.Label = r.short(f["label"], join(path, "label"), maxLabel); strings.TrimSpace(out.Label) == "" && f["label"] != nil {
		r.wrong(f["label"], join(path, "label"), found(f["label"]), "a label such as Share of findings closed")
	}
	out.Value = r.expression(f["value"], join(path, "value"), formula.Number, nil, false)
	if n, ok := f["unit"]; ok {
		out.Unit = fact.Unit(r.pattern(n, join(path, "unit"), units, "ratio, count, ms, min, business_days or a word such as EUR"))
	}
	if n, ok := f["decimals"]; ok {
		out.Decimals = r.number(n, join(path, "decimals"), 0, maxDecimals)
	}
	if n, ok := f["good"]; ok {
		out.Good = fact.Polarity(r.choice(n, join(path, "good"), string(fact.UpIsGood), string(fact.DownIsGood), string(fact.NoPolarity)))
	}
	return out
}

// expression reads an expression of a kind; row holds a table's columns where
// it is about one row. Derived figures may be used in it, but not to make others.
func (r *reader) expression(n ast.Node, path string, kind formula.Kind, row map[string]formula.Kind, figures bool) *formula.Expr {
	src := r.text(n, path, "an expression, "+string(kind))
	if src == "" {
		if _, ok := written(n); ok {
			r.wrong(n, path, "nothing", "an expression, "+string(kind))
		}
		return nil
	}
	if r.exprs++; r.exprs == maxExpressions+1 {
		r.wrong(n, path, fmt.Sprintf("expression %d", r.exprs), fmt.Sprintf("at most %d in a template", maxExpressions))
	}
	if r.exprs > maxExpressions {
		return nil
	}
	names := formula.Names{Metrics: r.metrics, Params: map[string]formula.Kind{}, Row: row}
	for name, p := range r.params {
		names.Params[name] = p.Type.kind()
	}
	if figures {
		names.Figures = figureNames(r.derived)
	}
	out, mistakes := formula.Compile(src, kind, names)
	for _, m := range mistakes {
		r.wrong(n, path, m.Found, m.Expected)
	}
	return out
}

func figureNames(fs []Figure) []string {
	var out []string
	for _, f := range fs {
		out = append(out, f.Name)
	}
	return out
}

// maxTiles is how many tiles a first page holds.
const maxTiles = 6

func (r *reader) kpis(n ast.Node, path string) Block {
	var out KPIs
	list := r.list(n, path, "figures such as incidents.open")
	if len(list) > maxTiles {
		r.wrong(n, path, fmt.Sprintf("%d figures", len(list)), fmt.Sprintf("at most %d", maxTiles))
	}
	for i, f := range list {
		if tile, ok := r.tile(f, item(path, i)); ok {
			out.Tiles = append(out.Tiles, tile)
		}
	}
	return out
}

// The bounds of what a tile says above its value and under it, in bytes.
const (
	maxLabel  = 60
	maxDetail = 80
)

// tile reads a figure, or a mapping that gives it words of its own.
func (r *reader) tile(n ast.Node, path string) (out Tile, ok bool) {
	if _, mapping := pairs(n); !mapping {
		return r.tileOf(n, path, out)
	}
	f := r.fields(n, path, "figure", "label", "detail")
	if n, ok := f["label"]; ok {
		out.Label = r.short(n, join(path, "label"), maxLabel)
	}
	if n, ok := f["detail"]; ok {
		out.Detail = r.short(n, join(path, "detail"), maxDetail)
	}
	return r.tileOf(f["figure"], join(path, "figure"), out)
}

// tileOf reads a derived figure's name or a metric. Metrics have a dot in their
// names, and derived figures have none.
func (r *reader) tileOf(n ast.Node, path string, out Tile) (Tile, bool) {
	s := r.text(n, path, "a figure such as incidents.open")
	if s == "" {
		return out, false
	}
	if slices.Contains(figureNames(r.derived), s) {
		out.Figure = s
		return out, true
	}
	ref, problem := r.parseRef(s)
	if problem != "" {
		if len(r.derived) > 0 {
			problem += ", or one of the figures " + strings.Join(figureNames(r.derived), ", ")
		}
		r.wrong(n, path, strconv.Quote(s), problem)
		return out, false
	}
	out.Ref = ref
	return out, true
}

func (r *reader) section(n ast.Node, path string, depth int) Block {
	f := r.fields(n, path, "section", "when", "page_break", "blocks")
	s := Section{Title: r.title(f["section"], join(path, "section"))}
	if n, ok := f["when"]; ok {
		s.When = r.expression(n, join(path, "when"), formula.Truth, nil, true)
	}
	if n, ok := f["page_break"]; ok {
		s.PageBreak = r.choice(n, join(path, "page_break"), "before") == "before"
	}
	r.sections++
	if r.sections == maxSections+1 {
		r.wrong(n, path, "sections within sections", fmt.Sprintf("at most %d deep", maxSections))
	}
	s.Blocks = r.blocks(f["blocks"], join(path, "blocks"), depth+1)
	r.sections--
	if s.When == nil {
		return s
	}
	each(s.Blocks, func(b Block) {
		if _, notes := b.(DataNotes); notes {
			r.wrong(f["when"], join(path, "when"), "a condition on a section with data_notes", "none: they cannot be left out")
		}
	})
	return s
}
