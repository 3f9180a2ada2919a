package compose

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/formula"
	"github.com/closeofbusiness/cob/report/template"
)

// factValues is what expressions see of a row of one metric.
func (c *composer) factValues(f *fact.Fact, b template.Table) map[string]formula.Value {
	out := map[string]formula.Value{
		"value": formula.Of(f.Exact()), "previous": formula.Of(f.ExactPrevious()), "comparable_previous": formula.Of(f.ExactComparable()),
		"change":            formula.Of(difference(f.Exact(), f.ExactPrevious())),
		"comparable_change": formula.Of(difference(f.ExactComparableValue(), f.ExactComparable())),
	}
	out["rate"], out["numerator"], out["denominator"] = out["value"], counts(f, f.Numerator), counts(f, f.Denominator)
	out["hits"], out["evaluated"] = out["numerator"], out["denominator"]
	for _, d := range b.Of.Dims {
		dimension(out, d, f.Dims)
	}
	return out
}

// dimension names a row's part, whatever a column is called.
func dimension(values map[string]formula.Value, name string, d fact.Dims) {
	delete(values, name)
	if v, ok := d[name]; ok {
		values[name] = formula.String(v)
	}
}

func difference(now, before *big.Rat) *big.Rat {
	if now == nil || before == nil {
		return nil
	}
	return new(big.Rat).Sub(now, before)
}

func counts(f *fact.Fact, n *int64) formula.Value {
	if !f.Measured() || n == nil {
		return formula.Of(nil)
	}
	return formula.Of(new(big.Rat).SetInt64(*n))
}

// groupValues is what expressions see of a row of a group: its metrics by name,
// and NAME_previous.
func (c *composer) groupValues(d fact.Dims, b template.Table) map[string]formula.Value {
	out := map[string]formula.Value{}
	for _, m := range c.registry.Metrics() {
		name, ok := strings.CutPrefix(m.ID, b.Of.ID+".")
		if !ok {
			continue
		}
		f := c.find(m.ID, d)
		out[name], out[name+"_previous"] = formula.Of(f.Exact()), formula.Of(f.ExactPrevious())
	}
	dimension(out, b.Of.Dims[0], d)
	return out
}

// fulfils tells whether a row fulfils a condition.
func (c *composer) fulfils(e *formula.Expr, row map[string]formula.Value) answer {
	env := c.env()
	env.Row = row
	switch v := e.Value(env); {
	case v.Gap != nil:
		return unknown
	case v.Truth:
		return yes
	}
	return no
}

// where keeps the rows that fulfil the table's condition, and counts those that
// are measured and of which nobody knows, as there is nothing to compare them
// with.
func (c *composer) where(rows []*fact.Fact, b template.Table) (kept []*fact.Fact, undecided int) {
	if b.Where == nil {
		return rows, 0
	}
	for _, f := range rows {
		switch c.fulfils(b.Where, c.factValues(f, b)) {
		case yes:
			kept = append(kept, f)
		case unknown:
			if f.Measured() {
				undecided++
			}
		}
	}
	return kept, undecided
}

func byDims(b template.Table) string {
	if len(b.Of.Dims) == 0 {
		return ""
	}
	return " by " + words(strings.Join(b.Of.Dims, ", "))
}

// conditionOf tells in a caption that nobody wrote which rows the table holds.
func conditionOf(b template.Table) string {
	if b.Where == nil {
		return ""
	}
	return ", where " + b.Where.Source
}

// noneFulfils is the line of a table with rows none of which fulfils its
// condition. It speaks of those that are measured, and marks the others.
func (c *composer) noneFulfils(caption string, b template.Table, all []*fact.Fact) document.Blocks {
	var places []int
	measured := 0
	for _, f := range all {
		if f.Measured() {
			measured++
		} else if i, ok := c.note(f); ok {
			places = append(places, i)
		}
	}
	if measured == 0 {
		m, _ := c.registry.Lookup(b.Of.ID)
		return c.emptyTable(caption, m, all)
	}
	c.empty++
	in := document.Inlines{document.Strong(caption + ": "), document.Plain(fmt.Sprintf("none of %s fulfils ", plural(int64(measured), "measured row", "measured rows"))), document.Code(b.Where.Source)}
	if len(places) > 0 {
		in = append(append(in, document.Plain("; not measured")), mark(places)...)
	}
	return document.Blocks{document.Paragraph{Text: append(in, document.Plain("."))}}
}

// sortRows sorts as the template says; by the dimensions where it says nothing or
// rows are equal.
func (c *composer) sortRows(rows []*fact.Fact, b template.Table) {
	sortFacts(rows, "", b.Of.Dims)
	if b.Sort != "" {
		sortBy(rows, b.Sort, func(f *fact.Fact) map[string]formula.Value { return c.factValues(f, b) })
	}
}

// sortBy sorts rows by a dimension or a number, with - before it from the largest
// down; what has no number comes last either way.
func sortBy(rows []*fact.Fact, by string, values func(*fact.Fact) map[string]formula.Value) {
	key, down := strings.CutPrefix(by, "-")
	of := make(map[*fact.Fact]*big.Rat, len(rows))
	for _, f := range rows {
		of[f] = known(values(f)[key])
	}
	slices.SortStableFunc(rows, func(x, y *fact.Fact) int {
		if _, dim := x.Dims[key]; !dim {
			return compareExact(of[x], of[y], down)
		}
		if down {
			x, y = y, x
		}
		return compareDim(key, x, y)
	})
}

// titled gives a column the title that the template has for it.
func titled(out document.Column, c template.Column) document.Column {
	if c.Title != "" {
		out.Title = document.Clean(c.Title)
	}
	return out
}

// emphasised sets a cell apart where its row fulfils the column's condition: bold,
// in the tone and with a word. Where that is not known it is left as it is, and so
// are totals: what is much for a part is not for the whole.
func (c *composer) emphasised(cell document.Cell, column template.Column, row func() map[string]formula.Value) document.Cell {
	e := column.Emphasise
	if e == nil || len(cell) == 0 || c.fulfils(e.When, row()) != yes {
		return cell
	}
	t := tone(e.As)
	out := make(document.Cell, len(cell))
	for i, in := range cell {
		out[i] = slices.Clone(in)
		for j := range out[i] {
			if !out[i][j].Superscript {
				out[i][j].Strong, out[i][j].Tone = true, t
			}
		}
	}
	if word := wordOf(e); word != "" {
		out[0] = append(out[0], document.Inline{Text: document.Clean(" " + word), Tone: t})
	}
	return out
}

// wordOf is what stands after an emphasised value: colour says nothing alone.
func wordOf(e *template.Emphasis) string {
	if e.Word != "" || e.As == "strong" {
		return e.Word
	}
	return e.As
}

// additive tells whether a metric's parts add up to its total, as counts and sums
// do and rates, medians and states do not.
func additive(m fact.Metric) bool {
	if m.Declared != nil {
		return m.Declared.Aggregate == fact.Sum || m.Declared.Aggregate == fact.Number
	}
	return m.Unit == fact.Count
}

// rest says what a table leaves out: how many rows the limit cut and, under an
// additive metric's total, what the rows that are not shown add up to.
func (c *composer) rest(t *document.Table, b template.Table, rows, shown []*fact.Fact) {
	m, _ := c.registry.Lookup(b.Of.ID)
	total := c.total(b.Of.ID)
	cut := len(rows) - len(shown)
	if !b.Total || len(b.Of.Dims) == 0 || !additive(m) || !total.Measured() {
		if cut > 0 && t.Note.String() == "" {
			t.More = document.Clean("and " + fact.Integer(int64(cut)) + " more")
		}
		return
	}
	others := without(c.set.By(b.Of.ID, b.Of.Dims...), shown)
	if len(others) > 0 && allMeasured(others) {
		t.Rows = append(t.Rows, c.othersRow(others, m, b))
		cut = 0
	}
	t.More = document.Clean(strings.TrimSpace(more(cut) + " " + unreconciled(append(slices.Clone(shown), others...), total, m)))
}

func more(n int) string {
	if n <= 0 {
		return ""
	}
	return "and " + fact.Integer(int64(n)) + " more"
}

func without(all, shown []*fact.Fact) (out []*fact.Fact) {
	for _, f := range all {
		if !slices.Contains(shown, f) {
			out = append(out, f)
		}
	}
	return out
}

func allMeasured(facts []*fact.Fact) bool {
	return !slices.ContainsFunc(facts, func(f *fact.Fact) bool { return !f.Measured() })
}

// othersRow adds up the rows that are not shown: the figure and the one before
// it, where each has one.
func (c *composer) othersRow(others []*fact.Fact, m fact.Metric, b template.Table) document.Row {
	now, before := sumOf(others, (*fact.Fact).Exact), sumOf(others, (*fact.Fact).ExactPrevious)
	var row document.Row
	for i, column := range b.Columns {
		cell := line("")
		switch {
		case i == 0:
			cell = line(plural(int64(len(others)), "other", "others"))
		case column.Name == "value":
			cell = document.Line(document.Strong(fact.Show(m.Unit, m.Decimals, now)))
		case column.Name == "previous" && before != nil:
			cell = line(fact.Show(m.Unit, m.Decimals, before))
		case column.Name == "change":
			cell = changeCell(fact.ChangeOf(m.Unit, m.Decimals, m.Good, now, before))
		}
		row.Cells = append(row.Cells, cell)
	}
	return row
}

// sumOf adds up figures; nil where one of them has none.
func sumOf(facts []*fact.Fact, of func(*fact.Fact) *big.Rat) *big.Rat {
	out := new(big.Rat)
	for _, f := range facts {
		v := of(f)
		if v == nil {
			return nil
		}
		out.Add(out, v)
	}
	return out
}

// unreconciled says where measured rows do not add up to the total, as where some
// of what is counted belongs to no row; empty: they do.
func unreconciled(rows []*fact.Fact, total *fact.Fact, m fact.Metric) string {
	sum, whole := sumOf(rows, (*fact.Fact).Exact), total.Exact()
	if sum == nil || whole == nil || sum.Cmp(whole) == 0 {
		return ""
	}
	return fmt.Sprintf("The rows add up to %s of %s.", fact.Show(m.Unit, m.Decimals, sum), fact.Show(m.Unit, m.Decimals, whole))
}

// groupRest says the same of a group's table, of each of its metrics.
func (c *composer) groupRest(b template.Table, all []string, cut int) string {
	out := []string{}
	if s := more(cut); s != "" {
		out = append(out, s)
	}
	for _, column := range b.Columns {
		m, ok := c.registry.Lookup(b.Of.ID + "." + column.Name)
		total := c.total(m.ID)
		if !ok || !b.Total || b.Where != nil || !additive(m) || !total.Measured() {
			continue
		}
		var rows []*fact.Fact
		for _, v := range all {
			if f := c.find(m.ID, fact.Dims{b.Of.Dims[0]: v}); f != nil {
				rows = append(rows, f)
			}
		}
		if s := unreconciled(rows, total, m); s != "" {
			out = append(out, m.Label+": "+lower(s))
		}
	}
	return strings.Join(out, " ")
}
