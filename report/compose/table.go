package compose

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/formula"
	"github.com/closeofbusiness/cob/report/template"
)

// table composes a table of facts; one line where there is nothing to show.
func (c *composer) table(b template.Table) document.Blocks {
	m, _ := c.registry.Lookup(b.Of.ID)
	if b.Of.Group {
		return c.groupTable(b)
	}
	all := c.set.By(b.Of.ID, b.Of.Dims...)
	rows := slices.DeleteFunc(slices.Clone(all), func(f *fact.Fact) bool { return c.tooFew(f, b) })
	rows, undecided := c.where(rows, b)
	c.sortRows(rows, b)
	shown := rows
	if b.Limit != nil {
		shown = rows[:min(len(rows), c.params.Int(*b.Limit))]
	}
	caption := captionOr(b.Caption, m.Label+byDims(b)+conditionOf(b)) + c.atLeast(b)
	if len(shown) == 0 && b.Where != nil && len(all) > 0 {
		return c.noneFulfils(captionOr(b.Caption, m.Label+byDims(b)), b, all)
	}
	if len(shown) == 0 {
		return c.emptyTable(caption, m, all)
	}
	t := document.Table{Caption: document.Clean(caption), Note: document.Clean(c.shownOf(b, shown, all, undecided)), Headed: true}
	for _, column := range b.Columns {
		t.Columns = append(t.Columns, titled(c.column(column.Name, b), column))
	}
	c.qualified = ambiguous(shown)
	for _, f := range shown {
		t.Rows = append(t.Rows, c.factRow(f, b))
	}
	c.rest(&t, b, rows, shown)
	if total := c.total(b.Of.ID); b.Total && total != nil {
		row := c.factRow(total, b)
		row.Total = true
		t.Rows = append(t.Rows, row)
	}
	return document.Blocks{t}
}

func captionOr(caption, other string) string {
	if caption != "" {
		return caption
	}
	return other
}

func (c *composer) atLeast(b template.Table) string {
	if b.AtLeast == nil {
		return ""
	}
	return ", at least " + plural(int64(c.params.Int(*b.AtLeast)), "evaluation", "evaluations")
}

// tooFew leaves out rows below the template's bound: those that are measured
// on too little, and those that are not measured and so have no rate to rank.
func (c *composer) tooFew(f *fact.Fact, b template.Table) bool {
	if b.AtLeast == nil {
		return false
	}
	return !f.Measured() || f.Denominator == nil || *f.Denominator < int64(c.params.Int(*b.AtLeast))
}

func sortFacts(rows []*fact.Fact, by string, dims []string) {
	key, down := strings.CutPrefix(by, "-")
	slices.SortStableFunc(rows, func(a, b *fact.Fact) int {
		n := 0
		switch key {
		case "rate", "value":
			n = compareExact(a.Exact(), b.Exact(), down)
		case "":
		default:
			n = compareDim(key, a, b)
		}
		for _, d := range dims {
			n = cmp.Or(n, compareDim(d, a, b))
		}
		return n
	})
}

// compareExact puts what is not measured last, whichever way the rest goes.
func compareExact(a, b *big.Rat, down bool) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	case down:
		return b.Cmp(a)
	}
	return a.Cmp(b)
}

var severities = []string{"critical", "high", "medium", "low"}

func compareDim(name string, a, b *fact.Fact) int {
	if name != "severity" {
		return cmp.Compare(a.Dims[name], b.Dims[name])
	}
	return cmp.Or(cmp.Compare(severity(a), severity(b)), cmp.Compare(a.Dims[name], b.Dims[name]))
}

func severity(f *fact.Fact) int {
	if i := slices.Index(severities, f.Dims["severity"]); i >= 0 {
		return i
	}
	return len(severities)
}

// shownOf says how many there are where not all are shown.
func (c *composer) shownOf(b template.Table, shown, all []*fact.Fact, undecided int) string {
	if b.AtLeast == nil && b.Where == nil {
		return ""
	}
	var measured int64
	for _, f := range all {
		if f.Measured() {
			measured++
		}
	}
	what := "rows"
	if slices.Contains(b.Of.Dims, "probe") {
		what = "cells"
	}
	note := fmt.Sprintf("%s of %s measured %s", fact.Integer(int64(len(shown))), fact.Integer(measured), what)
	if undecided > 0 {
		note += fmt.Sprintf("; of %s it is not known whether they belong here", fact.Integer(int64(undecided)))
	}
	return note
}

// emptyTable is the one line that an empty table collapses into.
func (c *composer) emptyTable(caption string, m fact.Metric, all []*fact.Fact) document.Blocks {
	c.empty++
	var places []int
	for _, f := range all {
		if i, ok := c.note(f); ok {
			places = append(places, i)
		}
	}
	if t := c.total(m.ID); len(all) == 0 && t != nil && !t.Measured() {
		all = []*fact.Fact{t}
		if i, ok := c.note(t); ok {
			places = append(places, i)
		}
	}
	in := document.Inlines{document.Strong(caption + ": ")}
	switch {
	case len(places) > 0 && len(places) == len(all):
		in = append(append(in, document.Inline{Text: document.Clean(fact.NotMeasured), Strong: true, Tone: document.Worse}), mark(places)...)
		in = append(in, document.Plain("."))
	case len(all) > 0:
		in = append(in, document.Plain("none."))
	case c.set.FeedComplete(m.Feed):
		in = append(in, document.Plain("nothing was recorded in this window."))
	default:
		in = append(in, document.Plain("nothing is known; the feed of "+m.Feed+" is not complete."))
	}
	return document.Blocks{document.Paragraph{Text: in}}
}

// column is a table's column. Numbers stand right, names left and wide.
func (c *composer) column(name string, b template.Table) document.Column {
	day := c.previousDay()
	likeForLike := day + ", like for like"
	if slices.Contains(b.Of.Dims, "probe") {
		likeForLike = day // a cell is like itself
	}
	switch {
	case slices.Contains(b.Of.Dims, name):
		return document.Column{Title: document.Clean(capital(words(name))), Weight: 2}
	case name == "version":
		return document.Column{Title: document.Clean("Version"), Weight: 1.5}
	}
	if slices.Contains(b.Of.Dims, name) { // a declared metric's
		return document.Column{Title: document.Clean(capital(words(name))), Weight: 2}
	}
	title := map[string]string{
		"runs": "Runs", "evaluated": "Evaluations", "hits": "Hits", "hits_of_evaluated": "Hits", "rate": "Rate", "value": "Value",
		"interval": "95 % interval", "previous": day, "comparable_previous": likeForLike,
		"change": "Change", "comparable_change": "Change",
	}[name]
	return document.Column{Title: document.Clean(title), Align: document.Right, Weight: 1}
}

func (c *composer) previousDay() string {
	if d := c.clock.Previous(); d != "" {
		return d
	}
	return "Before"
}

func (c *composer) factRow(f *fact.Fact, b template.Table) document.Row {
	var row document.Row
	for i, column := range b.Columns {
		cell := c.dimOrFact(f, column.Name, b)
		if len(f.Dims) == len(b.Of.Dims) {
			cell = c.emphasised(cell, column, func() map[string]formula.Value { return c.factValues(f, b) })
		}
		if i == 0 && len(f.Dims) == 0 {
			cell = document.Line(document.Strong("All"))
		} else if i == 0 && f.Measured() {
			cell[0] = append(cell[0], mark(c.covered(f.ID, f.Dims))...)
		}
		row.Cells = append(row.Cells, cell)
	}
	return row
}

// dimOrFact is a cell of a dimension, or of a figure. A dimension may be called
// as a column is.
func (c *composer) dimOrFact(f *fact.Fact, name string, b template.Table) document.Cell {
	v := f.Dims[name]
	switch {
	case !slices.Contains(b.Of.Dims, name):
		return c.factCell(f, name)
	case name != "probe" && name != "detector":
		return line(clip(v, shortName))
	case c.qualified:
		return line(clip(v, longName))
	}
	return line(clip(unqualified(v), shortName))
}

func (c *composer) factCell(f *fact.Fact, name string) document.Cell {
	switch name {
	case "version":
		c.versioned[f.Dims["target"]] = true
		return line(c.versions(f.Dims["target"]))
	case "runs":
		return c.targetRuns(f)
	case "evaluated":
		return counted(f, f.Denominator)
	case "hits":
		return counted(f, f.Numerator)
	case "hits_of_evaluated":
		if !f.Measured() || f.Numerator == nil || f.Denominator == nil {
			return line("")
		}
		return line(fact.Integer(*f.Numerator) + "/" + fact.Integer(*f.Denominator))
	case "rate", "value":
		if !f.Measured() {
			return document.Cell{c.missing(f)}
		}
		return document.Line(document.Strong(f.Shown()))
	case "interval":
		return document.Line(document.Toned(document.Muted, f.ShownInterval()))
	case "previous":
		return figure(f.ExactPrevious() != nil, f.ShownPrevious())
	case "comparable_previous":
		return figure(f.ExactComparable() != nil, f.ShownComparable())
	case "change":
		return changeCell(f.ShownChange())
	case "comparable_change":
		return changeCell(f.ShownComparableChange())
	}
	return line(clip(f.Dims[name], shortName))
}

func counted(f *fact.Fact, n *int64) document.Cell {
	if !f.Measured() || n == nil {
		return line("")
	}
	return line(fact.Integer(*n))
}

func figure(known bool, s string) document.Cell {
	if !known {
		return document.Line(document.Toned(document.Muted, s))
	}
	return line(s)
}

func changeCell(ch fact.Change) document.Cell {
	if ch.Judgement == "" {
		return document.Line(document.Toned(document.Muted, ch.Text))
	}
	return document.Line(document.Inline{Text: document.Clean(ch.Text), Strong: true, Tone: tone(ch.Judgement)})
}

// unqualified cuts the package from "dan.DanInTheWild", and nothing from names
// of another form.
func unqualified(s string) string {
	pkg, class, ok := strings.Cut(s, ".")
	if !ok || pkg == "" || class == "" || strings.Contains(class, ".") || class[0] >= '0' && class[0] <= '9' {
		return s
	}
	return class
}

// ambiguous tells whether rows could not be told apart without the packages of
// their names.
func ambiguous(rows []*fact.Fact) bool {
	seen := map[[3]string]bool{}
	for _, f := range rows {
		k := [3]string{f.Dims["target"], unqualified(f.Dims["probe"]), unqualified(f.Dims["detector"])}
		if f.Dims["probe"] != "" && seen[k] {
			return true
		}
		seen[k] = true
	}
	return false
}

// versions is what a target ran in the window: "4.2, 4.1 at 14:20". The one in
// force when the window opened is left out once another has taken over.
func (c *composer) versions(target string) string {
	t, ok := c.target(target)
	if !ok {
		return ""
	}
	if len(t.Changes) == 0 {
		return clip(t.Version, shortName)
	}
	list := t.Changes
	if len(list) > 2 {
		list = list[len(list)-2:]
	}
	var out []string
	for i, v := range list {
		s := clip(v.Version, shortName)
		if i > 0 || len(t.Changes) == 1 {
			s += " at " + c.clock.At(v.At)
		}
		out = append(out, s)
	}
	if len(t.Changes) == 1 && t.Version != "" {
		out = append([]string{clip(t.Version, shortName)}, out...)
	}
	return strings.Join(out, ", ")
}

func (c *composer) target(name string) (fact.Target, bool) {
	for _, t := range c.set.Records.Targets {
		if t.Name == name {
			return t, true
		}
	}
	return fact.Target{}, false
}

// targetRuns is "3/4": completed of planned.
func (c *composer) targetRuns(f *fact.Fact) document.Cell {
	planned, completed := c.find("runs.planned", f.Dims), c.find("runs.completed", f.Dims)
	if planned.Measured() && completed.Measured() {
		return line(completed.Shown() + "/" + planned.Shown())
	}
	if t, ok := c.target(f.Dims["target"]); ok && planned == nil {
		return line(fact.Integer(t.Completed) + "/" + fact.Integer(t.Planned))
	}
	return line("")
}
