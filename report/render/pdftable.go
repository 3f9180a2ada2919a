package render

import (
	"github.com/closeofbusiness/cob/report/document"
)

// tableStyle is how large a table is set.
type tableStyle struct {
	size, lead, pad float64
}

// tableStyles are tried from the largest; a table that fits in none of them
// wraps its text in the last.
var tableStyles = []tableStyle{
	{tableSize, 9.6, 2.2},
	{wideSize, 9.6, 2.2},
	{7.25, 9.3, 2.2},
	{leastSize, 9.0, 2.2},
}

// column is a measured table column.
type column struct {
	x, width float64 // of its content
	natural  float64 // what its widest line needs
	least    float64 // what its longest word needs
	hang     float64 // room right of the numbers for footnote letters
	right    bool
	weight   float64
}

// table becomes a caption, a header and a piece for every row.
func (p *pdf) table(b document.Table, width float64) []piece {
	var out []piece
	t := p.tag(tableRole)
	if !b.Caption.Empty() || !b.Note.Empty() {
		out = p.caption(b.Caption, b.Note, width, &tag{role: caption, parent: t})
	}
	st, cols := p.measure(b, width)
	var header *piece
	if b.Headed {
		h := p.tableHeader(b, cols, width, t)
		header = &h
		out = append(out, h)
	}
	p.tree.expect(len(b.Rows) * (len(cols) + 1))
	height := 0.0
	total := len(b.Rows) > 1 && b.Rows[len(b.Rows)-1].Total
	for i, r := range b.Rows {
		if height > tooTall || p.stopped(len(cols)) {
			break // place reports it
		}
		last := i+1 == len(b.Rows)
		if last && total {
			out = append(out, p.more(b.More, st, width, header, t)...)
			out[len(out)-1].keep = true // a total never stands alone on a page
		}
		rows := p.row(r, st, cols, width, i+1 < len(b.Rows) && b.Rows[i+1].Total && b.More.Empty(), t)
		for k := range rows {
			rows[k].again = header
			height += rows[k].height
		}
		out = append(out, rows...)
	}
	if !total {
		out = append(out, p.more(b.More, st, width, header, t)...)
	}
	return out
}

// more is a row that says how many there are besides.
func (p *pdf) more(text document.Text, st tableStyle, width float64, header *piece, t *tag) []piece {
	if text.Empty() {
		return nil
	}
	l := p.fit(textStyle.in(grey).at(st.size), text.String(), width)
	return []piece{{height: st.lead + 2*st.pad, again: header, draw: func(x, y float64) {
		p.in(&tag{role: tableCell, parent: &tag{role: tableRow, parent: t}})
		p.text(x, y+st.pad+baseline(st.lead, st.size), l)
	}}}
}

// measure finds the largest style in which the table fits, and its columns.
func (p *pdf) measure(b document.Table, width float64) (tableStyle, []column) {
	between := 9.0
	if len(b.Columns) > 10 {
		between = 5
	}
	room := width - between*float64(len(b.Columns)-1)
	var cols []column
	for _, st := range tableStyles {
		switch {
		case len(b.Rows) > longTable:
			st.pad -= 0.8
		case prose(b):
			st.pad += 0.7
		}
		cols = p.naturalWidths(b, st)
		if total(cols) <= room {
			share(cols, room)
			return st, position(cols, between)
		}
	}
	squeeze(cols, room)
	return tableStyles[len(tableStyles)-1], position(cols, between)
}

// longTable is the number of rows above which a table is looked things up in,
// not read: it is set closely.
const longTable = 2_000

// prose tells whether a table holds text only. Its rows are read one by one
// and get more air than numbers, which are compared.
func prose(b document.Table) bool {
	for _, c := range b.Columns {
		if c.Align == document.Right {
			return false
		}
	}
	return len(b.Columns) > 2
}

// measuredRows bounds the rows that decide the column widths. In a longer table
// as many are taken from all of it, the last among them: numbers grow. The rest
// wrap into what these have found.
const measuredRows = 2_000

// sampled is the i-th of the rows that are measured.
func sampled(rows []document.Row, i int) document.Row {
	if n := len(rows); n > measuredRows {
		return rows[i*(n-1)/(measuredRows-1)]
	}
	return rows[i]
}

func (p *pdf) naturalWidths(b document.Table, st tableStyle) []column {
	cols := make([]column, len(b.Columns))
	for i, c := range b.Columns {
		cols[i] = column{right: c.Align == document.Right, weight: c.Weight}
		if b.Headed {
			p.widen(&cols[i], []run{{headerStyle, c.Title.String()}})
		}
	}
	for i := range min(len(b.Rows), measuredRows) {
		r := sampled(b.Rows, i)
		base := cellStyle(st, r)
		for i, cell := range r.Cells {
			for _, l := range cell {
				p.runs = appendRuns(p.runs[:0], l, base)
				rs := p.runs
				if hang := p.hang(&cols[i], rs); hang > 0 {
					cols[i].hang = max(cols[i].hang, hang)
					rs = rs[:len(rs)-1]
				}
				p.widen(&cols[i], rs)
			}
		}
	}
	for i := range cols {
		cols[i].natural += cols[i].hang
		cols[i].least += cols[i].hang
	}
	return cols
}

// hang is the width of a footnote letter that ends a right-aligned line. It
// hangs out at the right, so that the numbers stay under each other.
func (p *pdf) hang(c *column, rs []run) float64 {
	if n := len(rs); c.right && n > 1 && rs[n-1].style.rise > 0 {
		return p.one(rs[n-1].style, rs[n-1].text).width + 1
	}
	return 0
}

// widen makes room in a column for a line.
func (p *pdf) widen(c *column, rs []run) {
	p.shape(rs)
	w, word := 0.0, 0.0
	for i, g := range p.glyphs {
		w += g.width
		word += g.width
		if mayBreak(p.glyphs, i) {
			c.least = max(c.least, word)
			word = 0
		}
	}
	c.least = max(c.least, word)
	c.natural = max(c.natural, w)
	if c.right {
		c.least = c.natural // a number is never broken
	}
}

func total(cols []column) float64 {
	w := 0.0
	for _, c := range cols {
		w += c.natural
	}
	return w
}

// share gives what is left to the columns by their weight. In a table without
// any weight all columns grow alike.
func share(cols []column, room float64) {
	weights := 0.0
	for _, c := range cols {
		weights += c.weight
	}
	rest := room - total(cols)
	for i := range cols {
		part := 1 / float64(len(cols))
		if weights > 0 {
			part = cols[i].weight / weights
		}
		cols[i].width = cols[i].natural + rest*part
	}
}

// squeeze shares out too little room: every column gets its longest word and a
// part of the rest by what it lacks. Where even the words don't fit, the
// widest columns give way first, and their words break.
func squeeze(cols []column, room float64) {
	least, lack := 0.0, 0.0
	for _, c := range cols {
		least += c.least
		lack += c.natural - c.least
	}
	if least <= room && lack > 0 {
		for i := range cols {
			cols[i].width = cols[i].least + (room-least)*(cols[i].natural-cols[i].least)/lack
		}
		return
	}
	level := waterline(cols, room)
	for i := range cols {
		cols[i].width = min(cols[i].least, level)
	}
}

// waterline is the width at which columns are cut off so that all fit.
func waterline(cols []column, room float64) float64 {
	low, high := 0.0, room
	for range 50 {
		mid := (low + high) / 2
		sum := 0.0
		for _, c := range cols {
			sum += min(c.least, mid)
		}
		if sum > room {
			high = mid
		} else {
			low = mid
		}
	}
	return low
}

func position(cols []column, between float64) []column {
	x := 0.0
	for i := range cols {
		cols[i].x = x
		x += cols[i].width + between
	}
	return cols
}

var headerStyle = labelStyle.bold().at(7)

func cellStyle(st tableStyle, r document.Row) style {
	s := textStyle.at(st.size)
	if r.Total {
		s = s.bold()
	}
	return s
}

func (p *pdf) tableHeader(b document.Table, cols []column, width float64, t *tag) piece {
	const lead, pad = 8.8, 2.2
	titles := make([][]line, len(cols))
	n := 1
	for i, c := range b.Columns {
		room := cols[i].width - cols[i].hang
		titles[i] = p.clip(p.wrap([]run{{headerStyle, c.Title.String()}}, room), maxHeaderLines, room)
		n = max(n, len(titles[i]))
	}
	h := lead*float64(n) + 2*pad
	drawn := false
	return piece{height: h, keep: true, draw: func(x, y float64) {
		// Read once; on every further page it is for the eye alone.
		row := decoration
		if !drawn {
			row = p.tree.add(tableRow, p.tree.place(t))
		}
		p.inNode(decoration)
		for i, ls := range titles {
			if !drawn {
				p.inNode(p.tree.add(tableHead, row))
			}
			// Titles stand on the rule, whatever their number of lines.
			p.cell(x, y+pad+lead*float64(n-len(ls)), lead, headerStyle.size, cols[i], ls, false)
		}
		drawn = true
		p.rule(x, y+h, x+width, y+h, grey, 0.6)
	}}
}

// cell draws a cell's lines; in a right-aligned column with a footnote letter
// the letter hangs.
func (p *pdf) cell(x, y, lead, size float64, c column, ls []line, hangs bool) {
	for _, l := range ls {
		at := x + c.x
		if c.right {
			at += c.width - c.hang - l.width
			if k := len(l.spans); hangs && k > 1 && l.spans[k-1].style.rise > 0 {
				at += l.spans[k-1].width
			}
		}
		p.text(at, y+baseline(lead, size), l)
		y += lead
	}
}

// row sets a row. It is one piece, or several when it has more lines than a
// page should be asked to hold.
func (p *pdf) row(r document.Row, st tableStyle, cols []column, width float64, beforeTotal bool, t *tag) []piece {
	base := cellStyle(st, r)
	cells := make([][]line, len(cols))
	n := 1
	for i, cell := range r.Cells {
		for k, in := range cell {
			if k > 0 {
				cells[i][len(cells[i])-1].more = true
			}
			p.runs = appendRuns(p.runs[:0], in, base)
			cells[i] = append(cells[i], p.cellLines(p.runs, cols[i])...)
		}
		n = max(n, len(cells[i]))
	}
	var out []piece
	var first int32 // of its cells in the structure
	for from := 0; from < n; from += chunk {
		to := min(n, from+chunk)
		h := st.lead*float64(to-from) + 2*st.pad
		out = append(out, piece{height: h, draw: func(x, y float64) {
			if from == 0 {
				first = p.rowNodes(len(cols), t)
			}
			if r.Total && from == 0 {
				p.inNode(first)
				p.rule(x, y, x+width, y, grey, 0.6)
			}
			for i, ls := range cells {
				p.inNode(first + int32(i))
				p.cell(x, y+st.pad, st.lead, st.size, cols[i], part(ls, from, to), true)
			}
			if to == n && !r.Total && !beforeTotal {
				p.rule(x, y+h, x+width, y+h, rowline, 0.6)
			}
		}})
	}
	return out
}

// rowNodes adds a row with its cells to the structure, and returns the first
// cell; the others follow it.
func (p *pdf) rowNodes(cells int, t *tag) int32 {
	row := p.tree.add(tableRow, p.tree.place(t))
	for range cells {
		p.tree.add(tableCell, row)
	}
	return row + 1
}

func (p *pdf) cellLines(rs []run, c column) []line {
	room := c.width
	if c.right && p.hang(&c, rs) == 0 {
		room -= c.hang
	}
	return p.wrap(rs, room)
}
