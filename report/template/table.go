package template

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/formula"
)

// maxColumns is how many columns a page has room for.
const maxColumns = 12

func (r *reader) table(n ast.Node, path string) Block {
	f := r.fields(n, path, "caption", "of", "columns", "where", "sort", "limit", "total")
	if f == nil {
		return nil
	}
	of, ok := r.of(f["of"], join(path, "of"))
	if !ok {
		return nil
	}
	t := Table{Caption: r.optionalTitle(f, path, "caption"), Of: of}
	for _, name := range r.defaultColumns(of) {
		t.Columns = append(t.Columns, Column{Name: name})
	}
	if n, ok := f["columns"]; ok {
		t.Columns = withNames(r.tableColumns(n, join(path, "columns"), of), of.Dims)
	}
	if n, ok := f["where"]; ok {
		r.where(n, join(path, "where"), &t)
	}
	if n, ok := f["sort"]; ok {
		t.Sort = r.choice(n, join(path, "sort"), r.sorts(of)...)
	}
	if n, ok := f["limit"]; ok {
		limit := r.paramOr(n, join(path, "limit"), 1, 1000)
		t.Limit = &limit
	}
	if n, ok := f["total"]; ok {
		t.Total = r.boolean(n, join(path, "total"))
	}
	return t
}

func (r *reader) tableColumns(n ast.Node, path string, of Of) (out []Column) {
	list := r.list(n, path, "columns")
	if len(list) > maxColumns {
		r.wrong(n, path, fmt.Sprintf("%d columns", len(list)), fmt.Sprintf("at most %d", maxColumns))
		return nil
	}
	for i, c := range list {
		out = append(out, r.tableColumn(c, item(path, i), of))
	}
	return out
}

// tableColumn reads a column's name, or a mapping with its title and what sets
// some of its cells apart.
func (r *reader) tableColumn(n ast.Node, path string, of Of) (out Column) {
	name, at := n, path
	if _, mapping := pairs(n); mapping {
		f := r.fields(n, path, "column", "title", "emphasise")
		if n, ok := f["title"]; ok {
			out.Title = r.short(n, join(path, "title"), maxColumnTitle)
		}
		if n, ok := f["emphasise"]; ok {
			out.Emphasise = r.emphasis(n, join(path, "emphasise"), of)
		}
		name, at = f["column"], join(path, "column")
	}
	out.Name = r.choice(name, at, r.knownColumns(of)...)
	if out.Name == "rerated" && of.ID == "findings" {
		out.Name = "rerated_net"
	}
	return out
}

// The bounds of a column's title and of what stands after an emphasised value,
// in bytes.
const (
	maxColumnTitle = 40
	maxWord        = 20
)

func (r *reader) emphasis(n ast.Node, path string, of Of) *Emphasis {
	f := r.fields(n, path, "when", "as", "word")
	if f == nil {
		return nil
	}
	out := &Emphasis{When: r.expression(f["when"], join(path, "when"), formula.Truth, r.row(of), true),
		As: r.choice(f["as"], join(path, "as"), "worse", "better", "strong")}
	if n, ok := f["word"]; ok {
		out.Word = r.short(n, join(path, "word"), maxWord)
	}
	return out
}

// withNames puts the dimensions first where a list of columns names none of
// them: rows need names.
func withNames(columns []Column, dims []string) []Column {
	if slices.ContainsFunc(columns, func(c Column) bool { return slices.Contains(dims, c.Name) }) {
		return columns
	}
	var out []Column
	for _, d := range dims {
		out = append(out, Column{Name: d})
	}
	return append(out, columns...)
}

var condition = regexp.MustCompile(`^evaluated >= ([a-z0-9_.]{1,80})$`)

// where reads the condition on a table's rows. One that the caption can say in
// words is kept as a number.
func (r *reader) where(n ast.Node, path string, t *Table) {
	src, _ := written(n)
	m := condition.FindStringSubmatch(src)
	if m == nil || t.Of.ID != "attack.success_rate" {
		t.Where = r.expression(n, path, formula.Truth, r.row(t.Of), true)
		return
	}
	if v, err := strconv.Atoi(m[1]); err == nil && v <= math.MaxInt32 {
		t.AtLeast = &Int{Value: v}
		return
	}
	v := r.param(n, path, m[1], 0, math.MaxInt32)
	t.AtLeast = &v
}

// row is what an expression about one row of a table may speak of.
func (r *reader) row(of Of) map[string]formula.Kind {
	out := map[string]formula.Kind{}
	for _, name := range r.numbers(of) {
		out[name] = formula.Number
	}
	for _, d := range of.Dims {
		out[d] = formula.Text
	}
	return out
}

// numbers are the names of a row's numbers. Those of a group are its metrics,
// each also as NAME_previous.
func (r *reader) numbers(of Of) (out []string) {
	if of.Group {
		for _, m := range r.members(of) {
			if name := strings.TrimPrefix(m.ID, of.ID+"."); !strings.Contains(name, ".") {
				out = append(out, name, name+"_previous")
			}
		}
		return out
	}
	out = slices.Clone(valueColumns)
	if m, ok := r.metrics.Lookup(of.ID); ok && m.Unit == fact.Ratio {
		out = append(out, "rate", "numerator", "denominator")
	}
	if of.ID == "attack.success_rate" {
		out = append(out, "hits", "evaluated")
	}
	return out
}
