package compose

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/closeofbusiness/cob/report/analysis"
	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/template"
)

// table composes a table of facts; one line where there is nothing to show.
func (c *composer) table(b template.Table) document.Blocks {
	m, _ := fact.Lookup(b.Of.ID)
	if b.Of.Group {
		return c.groupTable(b)
	}
	all := c.set.By(b.Of.ID, b.Of.Dims...)
	rows := slices.DeleteFunc(slices.Clone(all), func(f *fact.Fact) bool { return c.tooFew(f, b) })
	sortFacts(rows, b.Sort, b.Of.Dims)
	shown := rows
	if b.Limit != nil {
		shown = rows[:min(len(rows), c.params.Int(*b.Limit))]
	}
	caption := captionOr(b.Caption, m.Label+" by "+strings.Join(b.Of.Dims, ", ")) + c.atLeast(b)
	if len(shown) == 0 {
		return c.emptyTable(caption, m, all)
	}
	t := document.Table{Caption: document.Clean(caption), Note: document.Clean(c.shownOf(b, shown, all)), Headed: true}
	for _, name := range b.Columns {
		t.Columns = append(t.Columns, c.column(name, b))
	}
	c.qualified = ambiguous(shown)
	for _, f := range shown {
		t.Rows = append(t.Rows, c.factRow(f, b))
	}
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
func (c *composer) shownOf(b template.Table, shown, all []*fact.Fact) string {
	if b.Limit == nil && b.AtLeast == nil {
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
	return fmt.Sprintf("%s of %s measured %s", fact.Integer(int64(len(shown))), fact.Integer(measured), what)
}

// emptyTable is the one line that an empty table collapses into.
func (c *composer) emptyTable(caption string, m fact.Metric, all []*fact.Fact) document.Blocks {
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
	switch name {
	case "version":
		return document.Column{Title: document.Clean("Version"), Weight: 1.5}
	case "target", "category", "probe", "detector", "severity", "component":
		return document.Column{Title: document.Clean(capital(name)), Weight: 2}
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
	for i, name := range b.Columns {
		cell := c.factCell(f, name)
		if i == 0 && len(f.Dims) == 0 {
			cell = document.Line(document.Strong("All"))
		} else if i == 0 && f.Measured() {
			cell[0] = append(cell[0], mark(c.covered(f.ID, f.Dims))...)
		}
		row.Cells = append(row.Cells, cell)
	}
	return row
}

func (c *composer) factCell(f *fact.Fact, name string) document.Cell {
	switch name {
	case "target", "category", "component", "severity":
		return line(clip(f.Dims[name], shortName))
	case "probe", "detector":
		if c.qualified {
			return line(clip(f.Dims[name], longName))
		}
		return line(clip(unqualified(f.Dims[name]), shortName))
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
	return line("")
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

// groupTable sets several metrics of one group beside one another, by their
// one dimension.
func (c *composer) groupTable(b template.Table) document.Blocks {
	dim := b.Of.Dims[0]
	rows := c.groupRows(b)
	if len(rows) == 0 || c.allMissing(rows, b) {
		return c.emptyGroup(b, rows)
	}
	t := document.Table{Caption: document.Clean(b.Caption), Headed: true}
	for _, name := range b.Columns {
		t.Columns = append(t.Columns, c.groupColumn(name, b))
	}
	for _, v := range rows {
		t.Rows = append(t.Rows, c.groupRow(fact.Dims{dim: v}, b))
	}
	if b.Total {
		row := c.groupRow(nil, b)
		row.Total = true
		t.Rows = append(t.Rows, row)
	}
	return document.Blocks{t}
}

// groupRows lists the dimension's values, severities by weight, others by name.
func (c *composer) groupRows(b template.Table) []string {
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
	out := make([]string, len(facts))
	for i, f := range facts {
		out[i] = f.Dims[dim]
	}
	if b.Limit != nil {
		out = out[:min(len(out), c.params.Int(*b.Limit))]
	}
	return out
}

// groupFacts are a row's facts under the table's metrics.
func (c *composer) groupFacts(d fact.Dims, b template.Table) []*fact.Fact {
	var out []*fact.Fact
	for _, name := range b.Columns {
		if _, ok := fact.Lookup(b.Of.ID + "." + name); ok {
			out = append(out, c.find(b.Of.ID+"."+name, d))
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
	for _, m := range fact.Metrics() {
		if strings.HasPrefix(m.ID, b.Of.ID+".") {
			feed = m.Feed
		}
	}
	return c.emptyTable(captionOr(b.Caption, capital(b.Of.ID)+" by "+b.Of.Dims[0]), fact.Metric{Feed: feed}, facts)
}

func (c *composer) groupColumn(name string, b template.Table) document.Column {
	if name == b.Of.Dims[0] {
		return document.Column{Title: document.Clean(capital(name)), Weight: 1}
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
		if slices.Contains(b.Columns, "open_before") {
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
	m, _ := fact.Lookup(id)
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
	for _, name := range b.Columns {
		if name == b.Of.Dims[0] {
			row.Cells = append(row.Cells, groupHead(d, name))
			continue
		}
		row.Cells = append(row.Cells, c.groupCell(d, name, b))
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

// findings lists the open findings of a severity by name.
func (c *composer) findings(b template.Findings) document.Blocks {
	caption := capital(b.Severity) + ", open"
	var list []fact.Finding
	for _, f := range c.set.Records.Findings {
		if f.Open && f.Severity == b.Severity {
			list = append(list, f)
		}
	}
	if len(list) == 0 {
		return c.noFindings(caption, b.Severity)
	}
	slices.SortStableFunc(list, func(x, y fact.Finding) int {
		return cmp.Or(cmp.Compare(x.BusinessDays, y.BusinessDays), y.OpenedAt.Compare(x.OpenedAt), cmp.Compare(x.Name, y.Name))
	})
	limit := c.params.Int(b.Limit)
	t := document.Table{Caption: document.Clean(caption), Columns: []document.Column{{}, {Weight: 1}}}
	for _, f := range list[:min(limit, len(list))] {
		t.Rows = append(t.Rows, document.Row{Cells: []document.Cell{
			document.Line(document.Strong(clip(f.Name, shortName))),
			{plain(findingTitle(f)), c.findingState(f)},
		}})
	}
	out := document.Blocks{t}
	if rest := list[min(limit, len(list)):]; len(rest) > 0 {
		names := make([]string, len(rest))
		for i, f := range rest {
			names[i] = clip(f.Name, shortName)
		}
		out = append(out, document.Paragraph{Small: true, Text: plain("And " + analysis.Listed(names, 6) + ".")})
	}
	return out
}

func (c *composer) noFindings(caption, severity string) document.Blocks {
	f := c.stands("findings.open", fact.Dims{"severity": severity})
	in := document.Inlines{document.Strong(caption + ": ")}
	switch {
	case f != nil && !f.Measured():
		in = append(in, c.missing(f)...)
	case f.Measured() && whole(f) == 0 && c.set.FeedComplete("findings"):
		in = append(in, document.Plain("none."))
	default:
		in = append(in, document.Plain("none known; the feed of findings is not complete."))
	}
	return document.Blocks{document.Paragraph{Text: in}}
}

func findingTitle(f fact.Finding) string {
	title, target := clip(f.Title, longTitle), clip(f.Target, shortName)
	if target != "" && !strings.HasPrefix(strings.ToLower(title), strings.ToLower(target)) {
		title = target + ": " + title
	}
	if f.State != "" && f.State != "open" {
		title += "; " + clip(words(f.State), shortName)
	}
	return title
}

func (c *composer) findingState(f fact.Finding) document.Inlines {
	owner := "no owner"
	if o := clip(f.Owner, shortName); o != "" {
		owner = o
	}
	s := owner + ", no due date"
	if f.Due != nil {
		s = owner + ", due " + c.clock.Due(*f.Due, c.wholeDay(*f.Due))
	}
	in := small(s)
	if f.Due != nil && f.Due.Before(c.set.Window.To) {
		in = append(in, document.Toned(document.Muted, " · "), document.Inline{Text: document.Clean("overdue"), Strong: true, Tone: document.Worse})
	}
	age := plural(int64(f.BusinessDays), "business day", "business days")
	if f.InWindow {
		age = "opened " + c.clock.At(f.OpenedAt)
	}
	return append(in, document.Toned(document.Muted, " · "+age))
}

// wholeDay tells whether a due time means its day: a source without times says
// so with the day's first or last minute.
func (c *composer) wholeDay(t time.Time) bool {
	at := c.clock.Of(t)
	return at == "00:00" || at == "23:59"
}
