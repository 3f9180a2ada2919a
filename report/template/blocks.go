package template

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/fact"
)

func (r *reader) blocks(n ast.Node, path string, depth int) []Block {
	if depth > maxDepth {
		r.wrong(n, path, "blocks within blocks", fmt.Sprintf("at most %d deep", maxDepth))
		return nil
	}
	var out []Block
	for i, b := range r.list(n, path, "blocks") {
		if block := r.block(b, item(path, i), depth); block != nil {
			out = append(out, block)
		}
	}
	return out
}

// block reads one item of a list of blocks: a mapping whose one key, or the
// first for a section, names its kind.
func (r *reader) block(n ast.Node, path string, depth int) Block {
	list, ok := pairs(n)
	if !ok || len(list) == 0 {
		r.wrong(n, path, found(n), "a block: "+oneOf(kinds))
		return nil
	}
	for _, p := range list {
		if key, ok := p.Key.(*ast.StringNode); ok && key.Value == "section" {
			return r.section(n, path, depth)
		}
	}
	if len(list) > 1 {
		r.wrong(list[1].Key, path, "a second key, "+keyOf(list[1]), "one block for each item")
		return nil
	}
	kind, body := keyOf(list[0]), list[0].Value
	at := join(path, brief(kind))
	switch kind {
	case "kpis":
		return r.kpis(body, at)
	case "columns":
		return r.columns(body, at, depth)
	case "narrative":
		return r.narrative(body, at)
	case "decisions":
		r.fields(body, at)
		return Decisions{}
	case "actions":
		return r.actions(body, at)
	case "table":
		return r.table(body, at)
	case "findings":
		return r.findings(body, at)
	case "chart":
		return r.chart(body, at)
	case "text":
		return r.paragraph(body, at)
	case "data_notes":
		r.fields(body, at)
		return DataNotes{}
	}
	r.wrong(list[0].Key, at, "an unknown block", oneOf(kinds))
	return nil
}

func (r *reader) section(n ast.Node, path string, depth int) Block {
	f := r.fields(n, path, "section", "page_break", "blocks")
	s := Section{Title: r.title(f["section"], join(path, "section"))}
	if n, ok := f["page_break"]; ok {
		s.PageBreak = r.choice(n, join(path, "page_break"), "before") == "before"
	}
	s.Blocks = r.blocks(f["blocks"], join(path, "blocks"), depth+1)
	return s
}

func (r *reader) columns(n ast.Node, path string, depth int) Block {
	f := r.fields(n, path, "left", "right", "ratio")
	if f == nil {
		return nil
	}
	c := Columns{
		Left:  r.blocks(f["left"], join(path, "left"), depth+1),
		Right: r.blocks(f["right"], join(path, "right"), depth+1),
	}
	if n, ok := f["ratio"]; ok {
		v, ok := n.(*ast.FloatNode)
		if !ok || !(v.Value >= 0.2 && v.Value <= 0.8) {
			r.wrong(n, join(path, "ratio"), found(n), "the left's share of the width, 0.2 to 0.8")
			return c
		}
		c.Ratio = v.Value
	}
	each(append(slices.Clone(c.Left), c.Right...), func(b Block) {
		switch b.(type) {
		case Section, Columns, DataNotes, KPIs:
			r.wrong(n, path, "a block that needs the whole width", "narrative, actions, table, findings, chart or text")
		}
	})
	return c
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
		at := item(path, i)
		s := r.text(f, at, "a figure such as incidents.open")
		if s == "" {
			continue
		}
		ref, problem := r.parseRef(s)
		if problem != "" {
			r.wrong(f, at, strconv.Quote(s), problem)
			continue
		}
		out.Figures = append(out.Figures, ref)
	}
	return out
}

func (r *reader) narrative(n ast.Node, path string) Block {
	out := Narrative{Name: "summary", Sentences: Int{Value: 6}}
	f := r.fields(n, path, "name", "about", "sentences", "providers", "excerpts")
	if n, ok := f["name"]; ok {
		out.Name = r.pattern(n, join(path, "name"), names, "a name of a-z, 0-9 and -")
	}
	if n, ok := f["sentences"]; ok {
		out.Sentences = r.paramOr(n, join(path, "sentences"), 1, 6)
	}
	if n, ok := f["providers"]; ok {
		out.Providers = r.providers(n, join(path, "providers"))
	}
	if n, ok := f["excerpts"]; ok {
		out.Excerpts = r.excerpts(n, join(path, "excerpts"))
	}
	n, ok := f["about"]
	if !ok {
		return out
	}
	for i, a := range r.list(n, join(path, "about"), "metrics such as attack.*") {
		at := item(join(path, "about"), i)
		s := r.text(a, at, "a metric or a pattern such as attack.*")
		if s != "" && !r.matchesAny(s) {
			r.wrong(a, at, strconv.Quote(s), "a metric, or a pattern that matches some: "+oneOf(r.groups()))
		}
		out.About = append(out.About, s)
	}
	return out
}

func (r *reader) providers(n ast.Node, path string) (out []string) {
	for i, p := range r.list(n, path, "providers of cob.yaml, such as [openai, rules]") {
		out = append(out, r.text(p, item(path, i), "the name of a provider"))
	}
	if err := report.CheckProviders(out); err != nil {
		r.wrong(n, path, strings.Join(out, ", "), report.Message(err))
	}
	return out
}

func (r *reader) excerpts(n ast.Node, path string) *Excerpts {
	f := r.fields(n, path, "of", "limit", "names")
	if f == nil {
		return nil
	}
	out := &Excerpts{Of: r.choice(f["of"], join(path, "of"), "findings", "incidents", "runs"), Limit: Int{Value: 10}}
	if n, ok := f["limit"]; ok {
		out.Limit = r.paramOr(n, join(path, "limit"), 1, 20)
	}
	if n, ok := f["names"]; ok {
		for i, name := range r.list(n, join(path, "names"), "names that no model is to see") {
			out.Names = append(out.Names, r.text(name, item(join(path, "names"), i), "a name"))
		}
	}
	return out
}

func (r *reader) matchesAny(pattern string) bool {
	return slices.ContainsFunc(r.metrics.Metrics(), func(m fact.Metric) bool { return matches(pattern, m.ID) })
}

// groups lists the registry's groups as patterns: "attack.*".
func (r *reader) groups() []string {
	var out []string
	for _, m := range r.metrics.Metrics() {
		g, _, _ := strings.Cut(m.ID, ".")
		if g += ".*"; !slices.Contains(out, g) {
			out = append(out, g)
		}
	}
	return out
}

func (r *reader) actions(n ast.Node, path string) Block {
	out := Actions{Limit: Int{Value: 7}, Sort: []string{"overdue", "due"}}
	f := r.fields(n, path, "limit", "sort")
	if n, ok := f["limit"]; ok {
		out.Limit = r.paramOr(n, join(path, "limit"), 1, 50)
	}
	if n, ok := f["sort"]; ok {
		out.Sort = nil
		for i, s := range r.list(n, join(path, "sort"), "overdue and due") {
			out.Sort = append(out.Sort, r.choice(s, item(join(path, "sort"), i), "overdue", "due"))
		}
	}
	return out
}

func (r *reader) findings(n ast.Node, path string) Block {
	f := r.fields(n, path, "severity", "limit")
	if f == nil {
		return nil
	}
	out := Findings{Severity: r.choice(f["severity"], join(path, "severity"), "critical"), Limit: Int{Value: 5}}
	if n, ok := f["limit"]; ok {
		out.Limit = r.paramOr(n, join(path, "limit"), 1, 50)
	}
	return out
}

func (r *reader) table(n ast.Node, path string) Block {
	f := r.fields(n, path, "caption", "of", "columns", "where", "sort", "limit", "total")
	if f == nil {
		return nil
	}
	of, ok := r.of(f["of"], join(path, "of"))
	if !ok {
		return nil
	}
	t := Table{Caption: r.optionalTitle(f, path, "caption"), Of: of, Columns: r.defaultColumns(of)}
	known := r.knownColumns(of)
	if n, ok := f["columns"]; ok {
		t.Columns = nil
		for i, c := range r.list(n, join(path, "columns"), "columns") {
			name := r.choice(c, item(join(path, "columns"), i), known...)
			if name == "rerated" {
				name = "rerated_net"
			}
			t.Columns = append(t.Columns, name)
		}
		t.Columns = withNames(t.Columns, of.Dims)
	}
	if n, ok := f["where"]; ok {
		t.AtLeast = r.where(n, join(path, "where"), of)
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

// withNames puts the dimensions first where a list of columns names none of
// them: rows need names.
func withNames(columns, dims []string) []string {
	if slices.ContainsFunc(columns, func(c string) bool { return slices.Contains(dims, c) }) {
		return columns
	}
	return append(slices.Clone(dims), columns...)
}

var condition = regexp.MustCompile(`^evaluated >= ([a-z0-9_.]{1,80})$`)

func (r *reader) where(n ast.Node, path string, of Of) *Int {
	const expected = `"evaluated >= 50" or "evaluated >= params.NAME", on attack.success_rate`
	m := condition.FindStringSubmatch(r.text(n, path, expected))
	if m == nil || of.ID != "attack.success_rate" {
		r.wrong(n, path, found(n), expected)
		return nil
	}
	if v, err := strconv.Atoi(m[1]); err == nil && v <= math.MaxInt32 {
		return &Int{Value: v}
	}
	v := r.param(n, path, m[1], 0, math.MaxInt32)
	return &v
}

// maxDays is how many business days a fact set's trends hold.
const maxDays = 14

func (r *reader) chart(n ast.Node, path string) Block {
	f := r.fields(n, path, "caption", "kind", "of", "days", "with")
	if f == nil {
		return nil
	}
	c := Chart{Caption: r.optionalTitle(f, path, "caption"), Kind: r.choice(f["kind"], join(path, "kind"), "line", "bar"), Days: Int{Value: maxDays}}
	of, ok := r.of(f["of"], join(path, "of"))
	if !ok {
		return nil
	}
	c.Of = of
	switch {
	case of.Group:
		r.wrong(f["of"], join(path, "of"), of.ID, "a metric")
	case c.Kind == "line" && len(of.Dims) > 0:
		r.wrong(f["of"], join(path, "of"), "dimensions", "a metric in total: lines have no parts")
	case c.Kind == "line" && of.ID != "attack.success_rate":
		r.wrong(f["of"], join(path, "of"), of.ID, "attack.success_rate, the metric that has a trend")
	case c.Kind == "bar" && len(of.Dims) != 1:
		r.wrong(f["of"], join(path, "of"), fmt.Sprintf("%d dimensions", len(of.Dims)), "a metric by one dimension, such as attack.success_rate{category}")
	}
	if n, ok := f["days"]; ok {
		c.Days = r.paramOr(n, join(path, "days"), 2, maxDays)
	}
	if n, ok := f["with"]; ok {
		c.With = r.choice(n, join(path, "with"), "comparable_previous")
	}
	return c
}

// of reads "attack.success_rate{target}" or "findings{severity}".
func (r *reader) of(n ast.Node, path string) (Of, bool) {
	s := r.text(n, path, "a metric such as attack.success_rate{target}")
	if s == "" {
		return Of{}, false
	}
	id, inside, braces := strings.Cut(s, "{")
	out := Of{ID: id}
	if braces {
		list, ok := strings.CutSuffix(inside, "}")
		if !ok || list == "" {
			r.wrong(n, path, strconv.Quote(s), "dimensions in braces, such as {target}")
			return Of{}, false
		}
		for _, d := range strings.Split(list, ",") {
			out.Dims = append(out.Dims, strings.TrimSpace(d))
		}
	}
	if m, ok := r.metrics.Lookup(id); ok {
		if !brokenDown(m, out.Dims) {
			r.wrong(n, path, strconv.Quote(s), "one of "+id+"'s breakdowns: "+breakdowns(m))
			return Of{}, false
		}
		return out, true
	}
	out.Group = true
	if len(out.Dims) != 1 || len(r.members(out)) == 0 {
		r.wrong(n, path, strconv.Quote(s), "a known metric, or a group by one of its dimensions such as findings{severity}")
		return Of{}, false
	}
	return out, true
}

// members lists a group's metrics that have its dimensions.
func (r *reader) members(of Of) []fact.Metric {
	var out []fact.Metric
	for _, m := range r.metrics.Metrics() {
		if strings.HasPrefix(m.ID, of.ID+".") && brokenDown(m, of.Dims) {
			out = append(out, m)
		}
	}
	return out
}

func brokenDown(m fact.Metric, dims []string) bool {
	if len(dims) == 0 {
		return true
	}
	return slices.ContainsFunc(m.Dimensions, func(d []string) bool { return sameSet(d, dims) })
}

func sameSet(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}

func breakdowns(m fact.Metric) string {
	out := []string{m.ID}
	for _, d := range m.Dimensions {
		out = append(out, m.ID+"{"+strings.Join(d, ",")+"}")
	}
	return strings.Join(out, ", ")
}

// parseRef reads "findings.open{severity=critical}". The second result says
// what was expected where that is no reference to a known figure.
func (r *reader) parseRef(s string) (Ref, string) {
	id, inside, braces := strings.Cut(s, "{")
	m, ok := r.metrics.Lookup(id)
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
	if !brokenDown(m, dims) {
		return Ref{}, "one of " + id + "'s breakdowns: " + breakdowns(m)
	}
	return ref, ""
}
