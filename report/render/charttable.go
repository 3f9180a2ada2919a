package render

import "github.com/closeofbusiness/cob/report/document"

// rowsBetweenLooks is how many rows of a table are written before the context is
// looked at again.
const rowsBetweenLooks = 256

// moreAt is the row that what a table leaves out stands before: its totals at
// the end, else the end. A table that leaves out nothing has -1.
func moreAt(b document.Table) int {
	if b.More.Empty() {
		return -1
	}
	at := len(b.Rows)
	for at > 0 && b.Rows[at-1].Total {
		at--
	}
	return at
}

// chartTable is a chart's data as a table: a row for each point, and a column for
// each series or for the value, the sum of a stack, and what is compared with.
func chartTable(c document.Chart) document.Table {
	number := func(title string) document.Column {
		return document.Column{Title: document.Clean(title), Align: document.Right}
	}
	t := document.Table{Headed: true, Columns: []document.Column{{Title: document.Clean("Label")}}}
	for _, s := range c.Series {
		t.Columns = append(t.Columns, document.Column{Title: s, Align: document.Right})
	}
	value, sum, marks := len(c.Series) == 0, false, false
	for _, p := range c.Points {
		sum = sum || !value && !p.Shown.Empty()
		marks = marks || !p.MarkText.Empty()
	}
	switch {
	case value:
		t.Columns = append(t.Columns, number("Value"))
	case sum:
		t.Columns = append(t.Columns, number("All"))
	}
	if marks {
		t.Columns = append(t.Columns, number("Compared with"))
	}
	for _, p := range c.Points {
		t.Rows = append(t.Rows, document.Row{Cells: pointCells(p, value || sum, marks)})
	}
	return t
}

func pointCells(p document.ChartPoint, value, mark bool) []document.Cell {
	name := document.Inlines{{Text: p.Label}}
	if !p.Footnote.Empty() {
		name = append(name, document.Plain(" "), document.Inline{Text: p.Footnote, Superscript: true, Strong: true, Tone: document.Worse})
	}
	cells := []document.Cell{{name}}
	for _, part := range p.Parts {
		cells = append(cells, shownCell(part.Shown, part.Value))
	}
	if value {
		cells = append(cells, shownCell(p.Shown, p.Value))
	}
	if mark {
		cells = append(cells, document.Line(document.Inline{Text: p.MarkText}))
	}
	return cells
}

// shownCell says of a gap that it is one, also where nobody gave it words.
func shownCell(shown document.Text, value *float64) document.Cell {
	if shown.Empty() && value == nil {
		return document.Line(document.Plain("not measured"))
	}
	return document.Line(document.Inline{Text: shown})
}
