package render

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/document"
)

// placed is where the flow puts each piece.
type placed struct {
	page     int
	y        float64
	repeated bool
}

// a4 is the sheet of a document without a style.
var a4 = sheetOf(&document.Document{})

func laidOut(t *testing.T, ps []piece) []placed {
	t.Helper()
	l := layout{sheet: a4}
	var out []placed
	require.NoError(t, l.run(ps, func(top []*piece, _ int, _ bool) error {
		for _, q := range top {
			l.y += q.height
		}
		out = append(out, placed{l.page, l.y, len(top) > 0})
		return nil
	}))
	return out
}

func TestHeadingKeepsWithWhatFollows(t *testing.T) {
	t.Parallel()
	fill := piece{height: a4.bodyHeight()}
	got := laidOut(t, []piece{{height: 10}, {newPage: true, height: fill.height - 30}, {height: 20, keep: true}, {height: 40}})
	require.Equal(t, 2, got[1].page)
	require.Equal(t, 3, got[2].page, "the heading goes with its paragraph")
	require.Equal(t, 3, got[3].page)
}

func TestGroupTallerThanAPageIsLetGo(t *testing.T) {
	t.Parallel()
	var ps []piece
	for range 40 {
		ps = append(ps, piece{height: 50, keep: true})
	}
	got := laidOut(t, append(ps, piece{height: 50}))
	for _, g := range got {
		require.LessOrEqual(t, g.y+50, a4.bodyBottom()+1)
	}
}

func TestTableHeaderIsRepeated(t *testing.T) {
	t.Parallel()
	header := &piece{height: 13}
	ps := []piece{*header}
	for range 150 {
		ps = append(ps, piece{height: 14, again: header})
	}
	got := laidOut(t, ps)
	for i := 1; i < len(got); i++ {
		require.Equal(t, got[i].page != got[i-1].page, got[i].repeated)
		if got[i].repeated {
			require.InDelta(t, bodyTop+13, got[i].y, 0.01)
		}
		require.LessOrEqual(t, got[i].y+14, a4.bodyBottom()+tolerance)
	}
	require.Equal(t, 3, got[len(got)-1].page)
}

func TestPageBreakAtTheTopOfAPageIsNone(t *testing.T) {
	t.Parallel()
	got := laidOut(t, []piece{{height: 10}, {newPage: true}, {newPage: true, height: 10}})
	require.Equal(t, 2, got[2].page)
}

func testPDF(t *testing.T) *pdf {
	t.Helper()
	return newPDF(t.Context(), blank("Test"))
}

func TestTableFillsItsWidth(t *testing.T) {
	t.Parallel()
	p := testPDF(t)
	for _, table := range []document.Table{exampleActions(), exampleCells(), exampleTargets(), exampleFindings(), examplePerformance()} {
		for _, width := range []float64{a4.bodyWidth(), 320, 120} {
			st, cols := p.measure(table, width)
			last := cols[len(cols)-1]
			require.LessOrEqual(t, last.x+last.width, width+0.1)
			require.GreaterOrEqual(t, st.size, leastSize)
		}
	}
}

func TestWeightsShareWhatIsLeft(t *testing.T) {
	t.Parallel()
	p := testPDF(t)
	table := document.Table{Columns: []document.Column{{}, {Weight: 1}, {Weight: 3}}, Rows: []document.Row{row("a", "b", "c")}}
	_, cols := p.measure(table, 300)
	require.InDelta(t, cols[0].natural, cols[0].width, 0.01, "no weight, no growth")
	grown := func(c column) float64 { return c.width - c.natural }
	require.InDelta(t, 3*grown(cols[1]), grown(cols[2]), 0.01)
	table.Columns = make([]document.Column, 3)
	_, cols = p.measure(table, 300)
	require.InDelta(t, grown(cols[0]), grown(cols[2]), 0.01, "without any weight all grow alike")
}

func TestNumbersAreBrokenLast(t *testing.T) {
	t.Parallel()
	p := testPDF(t)
	table := document.Table{
		Columns: []document.Column{{Title: T("Text")}, {Title: T("n"), Align: document.Right}},
		Rows:    []document.Row{row("words that may be broken into lines of their own where there is no room", "1,440 of 1,440")},
	}
	_, cols := p.measure(table, 130)
	require.GreaterOrEqual(t, cols[1].width, cols[1].natural-tolerance)
}

// TestFootnoteLettersHang holds that numbers with a footnote letter stand
// under those without.
func TestFootnoteLettersHang(t *testing.T) {
	t.Parallel()
	p := testPDF(t)
	table := examplePerformance()
	st, cols := p.measure(table, 320)
	require.Positive(t, cols[1].hang)
	require.Zero(t, cols[2].hang)
	with := p.cellLines(runs(table.Rows[3].Cells[1][0], cellStyle(st, table.Rows[3])), cols[1])
	require.Len(t, with, 1, "the letter needs no line of its own")
}

func TestWideTablesAreNeverTooSmall(t *testing.T) {
	t.Parallel()
	p := testPDF(t)
	var table document.Table
	var cells []any
	for range document.MaxColumns {
		table.Columns = append(table.Columns, number("A long title", 1))
		cells = append(cells, "a value that needs room")
	}
	table.Rows = []document.Row{row(cells...)}
	st, cols := p.measure(table, a4.bodyWidth())
	require.GreaterOrEqual(t, st.size, leastSize)
	last := cols[len(cols)-1]
	require.LessOrEqual(t, last.x+last.width, a4.bodyWidth()+0.1)
}

func TestColumnsStackWhereThereIsNoRoom(t *testing.T) {
	t.Parallel()
	p := testPDF(t)
	short := document.Blocks{document.Paragraph{Text: plain("text")}}
	require.Len(t, p.columns(document.Columns{Left: short, Right: short}, a4.bodyWidth()), 1)
	require.Len(t, p.columns(document.Columns{Left: short, Right: short}, 150), 2, "too narrow")
	long := document.Blocks{longDocument(80).Blocks[len(longDocument(80).Blocks)-3]}
	require.Greater(t, len(p.columns(document.Columns{Left: long, Right: short}, a4.bodyWidth())), 80, "too tall")
}

func TestContentsFromFivePages(t *testing.T) {
	t.Parallel()
	titles := func(rows int) (int, int) {
		p := testPDF(t)
		head, body := p.head(), p.blocks(longDocument(rows).Blocks, a4.bodyWidth())
		return len(head) + len(body), len(p.withContents(head, body))
	}
	without, with := titles(20)
	require.Equal(t, without, with)
	without, with = titles(200)
	require.Equal(t, without+2, with, "a caption and the list")
}
