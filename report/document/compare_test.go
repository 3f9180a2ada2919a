package document

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func compared() *Document {
	line := func(s string) Cell { return Line(Plain(s)) }
	return &Document{
		Schema: Schema, Title: Clean("Close of business"), Classification: Clean("INTERNAL"), Revision: 1, RevisionLabel: Clean("Revision 1"),
		Blocks: Blocks{
			Status{Tone: Better, Label: Clean("COMPLETE"), Text: Inlines{Plain("All feeds.")}},
			KPIs{Tiles: []Tile{{Label: Clean("Rate"), Value: Clean("6.70 %"), Detail: Inlines{Plain("up")}}, {Label: Clean("Runs"), Value: Clean("12"), Of: Clean("of 14")}}},
			Heading{Level: 1, Text: Clean("Summary"), Note: Clean("by rules")},
			Paragraph{Text: Inlines{Plain("It rose.")}},
			List{Items: []Inlines{{Plain("one")}, {Plain("two")}}},
			Heading{Level: 1, Text: Clean("Evidence")},
			Columns{
				Left: Blocks{Table{Caption: Clean("By target"), Columns: []Column{{Title: Clean("Target")}, {Title: Clean("Rate"), Align: Right}, {Title: Clean("Hits"), Align: Right}},
					Rows: []Row{{Cells: []Cell{line("a"), line("1 %"), line("1")}}, {Cells: []Cell{line("b"), line("2 %"), line("2")}}}}},
				Right: Blocks{Chart{Caption: Clean("Trend"), Kind: Lines, Points: []ChartPoint{{Label: Clean("Mon"), Shown: Clean("1 %")}, {Label: Clean("Tue"), Shown: Clean("not measured")}}}},
			},
			Decision{ID: Clean("A-1"), Question: Clean("Keep it?"), Owner: Clean("K."), By: Clean("Mon")},
			Definitions{Items: []Definition{{Term: Clean("Feeds"), Text: []Inlines{{Plain("garak 17:05")}}}}},
		},
	}
}

func TestADocumentDoesNotDifferFromItself(t *testing.T) {
	t.Parallel()
	require.Empty(t, Compare(compared(), compared()))
}

// Each change is found, and nothing else with it.
func TestCompare(t *testing.T) {
	t.Parallel()
	evidence := func(d *Document) Columns { return d.Blocks[6].(Columns) }
	for _, tt := range []struct {
		name   string
		change func(*Document)
		want   []string
	}{
		{"who issued it", func(d *Document) {
			d.Revision, d.RevisionLabel, d.Footer, d.FactsSHA256, d.Style = 0, Clean("Draft"), Clean("draft"), Clean("ff"), &Style{Watermark: Clean("DRAFT")}
		}, nil},
		{"a tile", func(d *Document) { d.Blocks[1].(KPIs).Tiles[1].Value = Clean("13") }, []string{"changed figure Runs: 12 of 14 → 13 of 14"}},
		{"a tile's detail", func(d *Document) { d.Blocks[1].(KPIs).Tiles[0].Detail = nil }, []string{"changed text Rate: up → nothing"}},
		{"no tile", func(d *Document) { d.Blocks[1] = KPIs{Tiles: d.Blocks[1].(KPIs).Tiles[:1]} }, []string{"removed figure Runs: 12 of 14"}},
		{"a section more", func(d *Document) {
			d.Blocks = append(d.Blocks, Heading{Level: 1, Text: Clean("More")}, Paragraph{Text: Inlines{Plain("words")}})
		}, []string{"added section More"}},
		{"a section less", func(d *Document) { d.Blocks = append(d.Blocks[:2:2], d.Blocks[5:]...) }, []string{"removed section Summary"}},
		{"prose", func(d *Document) { d.Blocks[3] = Paragraph{Text: Inlines{Plain("It fell.")}} }, []string{"changed text Summary: It rose. → It fell."}},
		{"a second paragraph", func(d *Document) {
			d.Blocks = append(append(append(Blocks{}, d.Blocks[:4]...), Paragraph{Text: Inlines{Plain("More.")}}), d.Blocks[4:]...)
		}, []string{"added text Summary › (2): More."}},
		{"an item", func(d *Document) { d.Blocks[4].(List).Items[1] = Inlines{Plain("three")} }, []string{"removed item Summary › two", "added item Summary › three"}},
		{"a cell", func(d *Document) { evidence(d).Left[0].(Table).Rows[1].Cells[1] = Line(Plain("3 %")) },
			[]string{"changed figure Evidence › By target › b › Rate: 2 % → 3 %"}},
		{"a row", func(d *Document) { b := evidence(d).Left[0].(Table); b.Rows = b.Rows[:1]; evidence(d).Left[0] = b },
			[]string{"removed row Evidence › By target › b"}},
		{"a column, once", func(d *Document) {
			b := evidence(d).Left[0].(Table)
			b.Columns = b.Columns[:2]
			for i := range b.Rows {
				b.Rows[i].Cells = b.Rows[i].Cells[:2]
			}
			evidence(d).Left[0] = b
		}, []string{"removed column Evidence › By target › Hits"}},
		{"a point", func(d *Document) { evidence(d).Right[0].(Chart).Points[1].Shown = Clean("2 %") },
			[]string{"changed figure Evidence › Trend › Tue: not measured → 2 %"}},
		{"no chart", func(d *Document) { evidence(d).Right[0] = PageBreak{} }, []string{"removed chart Evidence › Trend", "added page break Evidence"}},
		{"a decision", func(d *Document) { d.Blocks[7] = Decision{ID: Clean("A-1"), Question: Clean("Drop it?")} },
			[]string{"changed decision Evidence › A-1: Keep it? · K. · Mon → Drop it? ·  · "}},
		{"a note", func(d *Document) { d.Blocks[8] = Definitions{} }, []string{"removed text Evidence › Feeds: garak 17:05"}},
		{"the status", func(d *Document) { d.Blocks[0] = Status{Label: Clean("QUALIFIED"), Text: Inlines{Plain("One late.")}} },
			[]string{"changed status Status: COMPLETE: All feeds. → QUALIFIED: One late."}},
		{"the classification", func(d *Document) { d.Classification = Clean("") }, []string{"changed text Classification: INTERNAL → nothing"}},
		{"paper", func(d *Document) { d.Style = &Style{Paper: Letter} }, []string{"added look Paper: Letter"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			after := compared()
			tt.change(after)
			var got []string
			for _, d := range Compare(compared(), after) {
				got = append(got, d.String())
			}
			require.Equal(t, tt.want, got)
		})
	}
}
