package compose

import (
	"slices"
	"strings"

	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/formula"
	"github.com/closeofbusiness/cob/report/template"
)

// groupTable sets several metrics of one group beside one another, by their
// one dimension.
func (c *composer) groupTable(b template.Table) document.Blocks {
	dim := b.Of.Dims[0]
	all := c.groupRows(b)
	rows := all
	if b.Limit != nil {
		rows = all[:min(len(all), c.params.Int(*b.Limit))]
	}
	if len(rows) == 0 && b.Where != nil && len(c.groupAll(b)) > 0 {
		c.empty++
		return document.Blocks{document.Paragraph{Text: document.Inlines{document.Strong(captionOr(b.Caption, capital(b.Of.ID)+byDims(b)) + ": "),
			document.Plain("none fulfils "), document.Code(b.Where.Source), document.Plain(".")}}}
	}
	if len(rows) == 0 || c.allMissing(rows, b) {
		return c.emptyGroup(b, rows)
	}
	t := document.Table{Caption: document.Clean(b.Caption), Headed: true}
	for _, column := range b.Columns {
		t.Columns = append(t.Columns, titled(c.groupColumn(column.Name, b), column))
	}
	for _, v := range rows {
		t.Rows = append(t.Rows, c.groupRow(fact.Dims{dim: v}, b))
	}
	t.More = document.Clean(c.groupRest(b, all, len(all)-len(rows)))
	if b.Total {
		row := c.groupRow(nil, b)
		row.Total = true
		t.Rows = append(t.Rows, row)
	}
	return document.Blocks{t}
}

// groupRows lists the dimension's values, severities by weight, others by name,
// or as the template sorts them; those that fulfil its condition.
func (c *composer) groupRows(b template.Table) []string {
	dim := b.Of.Dims[0]
	facts := c.groupAll(b)
	if b.Where != nil {
		facts = slices.DeleteFunc(facts, func(f *fact.Fact) bool { return c.fulfils(b.Where, c.groupValues(f.Dims, b)) != yes })
	}
	if b.Sort != "" {
		sortBy(facts, b.Sort, func(f *fact.Fact) map[string]formula.Value { return c.groupValues(f.Dims, b) })
	}
	out := make([]string, len(facts))
	for i, f := range facts {
		out[i] = f.Dims[dim]
	}
	return out
}

// groupAll has one fact for each of the dimension's values.
func (c *composer) groupAll(b template.Table) []*fact.Fact {
	dim := b.Of.Dims[0]
	seen := map[string]*fact.Fact{}
	for i := range c.set.Facts {
		f := &c.set.Facts[i]
		if strings.HasPrefix(f.ID, b.Of.ID+".") && len(f.Dims) == 1 && f.Dims[dim] != "" {
			seen[f.Dims[dim]] = f
		}
	}
	facts := make([]*fact.Fact, 0, len(seen))
	for _, f := range seen {
		facts = append(facts, f)
	}
	slices.SortFunc(facts, func(x, y *fact.Fact) int { return compareDim(dim, x, y) })
	return facts
}

// groupFacts are a row's facts under the table's metrics.
func (c *composer) groupFacts(d fact.Dims, b template.Table) []*fact.Fact {
	var out []*fact.Fact
	for _, column := range b.Columns {
		if _, ok := c.registry.Lookup(b.Of.ID + "." + column.Name); ok {
			out = append(out, c.find(b.Of.ID+"."+column.Name, d))
		}
	}
	return out
}

func (c *composer) allMissing(rows []string, b template.Table) bool {
	for _, v := range rows {
		for _, f := range c.groupFacts(fact.Dims{b.Of.Dims[0]: v}, b) {
			if f.Measured() || f.ExactPrevious() != nil {
				return false
			}
		}
	}
	return true
}

func (c *composer) emptyGroup(b template.Table, rows []string) document.Blocks {
	var facts []*fact.Fact
	for _, v := range rows {
		for _, f := range c.groupFacts(fact.Dims{b.Of.Dims[0]: v}, b) {
			if _, ok := c.note(f); ok {
				facts = append(facts, f)
			}
		}
	}
	if len(rows) == 0 {
		for _, f := range c.groupFacts(nil, b) {
			if _, ok := c.note(f); ok {
				facts = append(facts, f)
			}
		}
	}
	feed := ""
	for _, m := range c.registry.Metrics() {
		if strings.HasPrefix(m.ID, b.Of.ID+".") {
			feed = m.Feed
		}
	}
	return c.emptyTable(captionOr(b.Caption, capital(b.Of.ID)+" by "+b.Of.Dims[0]), fact.Metric{Feed: feed}, facts)
}

func (c *composer) groupColumn(name string, b template.Table) document.Column {
	if name == b.Of.Dims[0] {
		return document.Column{Title: document.Clean(capital(words(name))), Weight: 1}
	}
	id, previous := strings.CutSuffix(b.Of.ID+"."+name, ".previous")
	title := c.groupTitle(id, b)
	if previous {
		title = c.previousDay()
	}
	return document.Column{Title: document.Clean(title), Align: document.Right, Weight: 1}
}

// groupTitle is a metric's title beside its siblings. A stock that stands with
// its value before is dated, so that the row reads as a reconciliation.
func (c *composer) groupTitle(id string, b template.Table) string {
	switch id {
	case "findings.open_before":
		return "Open " + lowerBefore(c.previousDay())
	case "findings.open":
		if slices.ContainsFunc(b.Columns, func(c template.Column) bool { return c.Name == "open_before" }) {
			return "Open " + c.clock.Today()
		}
		return "Open"
	case "findings.opened":
		return "Opened"
	case "findings.closed":
		return "Closed"
	case "findings.rerated_net":
		return "Re-rated"
	case "health.latency_p95":
		return "p95"
	case "health.samples":
		return "Samples"
	}
	m, _ := c.registry.Lookup(id)
	return m.Label
}

func lowerBefore(day string) string {
	if day == "Before" {
		return "before"
	}
	return day
}

func (c *composer) groupRow(d fact.Dims, b template.Table) document.Row {
	var row document.Row
	for _, column := range b.Columns {
		cell := groupHead(d, column.Name)
		if column.Name != b.Of.Dims[0] {
			cell = c.groupCell(d, column.Name, b)
		}
		if len(d) > 0 {
			cell = c.emphasised(cell, column, func() map[string]formula.Value { return c.groupValues(d, b) })
		}
		row.Cells = append(row.Cells, cell)
	}
	return row
}

func groupHead(d fact.Dims, dim string) document.Cell {
	if len(d) == 0 {
		return document.Line(document.Strong("All"))
	}
	s := clip(d[dim], shortName)
	if dim == "severity" {
		s = capital(s)
	}
	return line(s)
}

func (c *composer) groupCell(d fact.Dims, name string, b template.Table) document.Cell {
	id, previous := strings.CutSuffix(b.Of.ID+"."+name, ".previous")
	f := c.find(id, d)
	switch {
	case f == nil:
		return document.Line(document.Toned(document.Muted, fact.NoFigure))
	case previous:
		return figure(f.ExactPrevious() != nil, f.ShownPrevious())
	case id == "health.samples":
		return document.Line(document.Toned(document.Muted, c.samples(d)))
	case !f.Measured():
		return document.Cell{c.missing(f)}
	case id == "findings.rerated_net":
		return line(fact.Signed(whole(f)))
	}
	return line(f.Shown())
}

// samples is what an availability rests on: the samples that were up of those
// taken, or, where they were too few, those taken of those expected.
func (c *composer) samples(d fact.Dims) string {
	if a := c.find("health.availability", d); a.Measured() && a.Numerator != nil && a.Denominator != nil {
		return fact.Integer(*a.Numerator) + " of " + fact.Integer(*a.Denominator)
	}
	taken, expected := c.find("health.samples", d), c.find("health.expected", d)
	if taken.Measured() && expected.Measured() {
		return taken.Shown() + " of " + expected.Shown()
	}
	return ""
}
