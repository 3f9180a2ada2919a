package template

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/formula"
)

func (r *reader) blocks(n ast.Node, path string, depth int) []Block {
	if depth > maxDepth {
		r.wrong(n, path, "blocks within blocks", fmt.Sprintf("at most %d deep", maxDepth))
		return nil
	}
	var out []Block
	for i, b := range r.list(n, path, "blocks") {
		if r.count++; r.count == maxBlocks+1 {
			r.wrong(b, item(path, i), fmt.Sprintf("block %d", r.count), fmt.Sprintf("at most %d in a template", maxBlocks))
		}
		if r.count > maxBlocks {
			return out
		}
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
		return r.paragraphs(body, at)
	case "references":
		return r.references(body, at)
	case "data_notes":
		r.fields(body, at)
		return DataNotes{}
	}
	r.wrong(list[0].Key, at, "an unknown block", oneOf(kinds))
	return nil
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
			r.wrong(n, path, "a block that needs the whole width", "narrative, actions, table, findings, chart, text or references")
		}
	})
	return c
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
		if !formula.BrokenDown(m, out.Dims) {
			r.wrong(n, path, strconv.Quote(s), "one of "+id+"'s breakdowns: "+formula.Breakdowns(m))
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
		if strings.HasPrefix(m.ID, of.ID+".") && formula.BrokenDown(m, of.Dims) {
			out = append(out, m)
		}
	}
	return out
}

// parseRef reads "findings.open{severity=critical}". The second result says
// what was expected where that is no reference to a known figure.
func (r *reader) parseRef(s string) (Ref, string) { return formula.ParseRef(s, r.metrics) }
