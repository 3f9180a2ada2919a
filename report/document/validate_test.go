package document

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestValidateNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	nan, huge, below := math.NaN(), 1e300, -1.0
	cells := func(n int) []Cell { return make([]Cell, n) }
	deep := Blocks{PageBreak{}}
	for range MaxDepth + 1 {
		deep = Blocks{Columns{Left: deep}}
	}
	tests := []struct {
		name string
		edit func(*Document)
		want string
	}{
		{"schema", func(d *Document) { d.Schema = 9 }, "schema 9"},
		{"date", func(d *Document) { d.BusinessDate = Clean("20 Nov") }, "want YYYY-MM-DD"},
		{"language", func(d *Document) { d.Language = Clean(`en" onload="x`) }, "BCP 47"},
		{"heading level", add(Heading{Level: 4}), "heading level 4"},
		{"tone", add(Status{Tone: "red"}), `tone "red"`},
		{"pointer", add(&Heading{Level: 1}), "*document.Heading is not a block"},
		{"nil block", add(nil), "not a block"},
		{"chart kind", add(Chart{Kind: "pie"}), `chart kind "pie"`},
		{"not a number", add(Chart{Kind: Lines, Points: []ChartPoint{{Value: &nan}}}), "point 1"},
		{"too large a number", add(Chart{Kind: Bars, Points: []ChartPoint{{Mark: &huge}}}), "point 1"},
		{"no columns", add(Table{}), "needs columns"},
		{"cells", add(Table{Columns: make([]Column, 2), Rows: []Row{{Cells: cells(1)}}}), "row 1 has 1 cells, the table has 2 columns"},
		{"alignment", add(Table{Columns: []Column{{Align: "center"}}}), `align "center"`},
		{"weight", add(Table{Columns: []Column{{Weight: -1}}}), "weight -1"},
		{"ratio", add(Columns{Ratio: 2}), "ratio 2"},
		{"rows", add(Table{Columns: make([]Column, 1), Rows: make([]Row, MaxRows+1)}), "table rows: 100003, at most 100000"},
		{"columns", add(Table{Columns: make([]Column, MaxColumns+1)}), "columns: 25, at most 24"},
		{"blocks", func(d *Document) { d.Blocks = make(Blocks, MaxBlocks+1); fill(d.Blocks) }, "blocks: 2001, at most 2000"},
		{"depth", func(d *Document) { d.Blocks = deep }, "columns within columns"},
		{"points", add(Chart{Kind: Lines, Points: make([]ChartPoint, MaxPoints+1)}), "points: 401"},
		{"tiles", add(KPIs{Tiles: make([]Tile, MaxTiles+1)}), "tiles: 25"},
		{"runs", add(Paragraph{Text: make(Inlines, MaxInlines+1)}), "runs of a paragraph: 1001"},
		{"sentences of a basis", add(Paragraph{Basis: make([]Basis, MaxSentences+1)}), "sentences: 201, at most 200"},
		{"facts of a sentence", add(Paragraph{Basis: []Basis{{Facts: make([]BasisFact, MaxFacts+1)}}}), "facts of a sentence: 201, at most 200"},
		{"checks of a sentence", add(Paragraph{Basis: []Basis{{Checks: make([]Text, MaxChecks+1)}}}), "checks of a sentence: 51, at most 50"},
		{"runs of a basis", add(Paragraph{Basis: []Basis{{Text: make(Inlines, MaxInlines+1)}}}), "runs of a paragraph: 1001"},
		{"tone of a basis", add(Paragraph{Basis: []Basis{{Text: Inlines{{Tone: "red"}}}}}), `tone "red"`},
		{"every basis", func(d *Document) { d.Blocks = bases(102) }, "sentences, facts and checks: 20502, at most 20000"},
		{"a paragraph's text", add(Paragraph{Text: long(MaxParagraph + 1)}), "bytes of a paragraph: 16385, at most 16384"},
		{"a quote's text", add(Quote{Text: long(MaxParagraph + 1)}), "bytes of a paragraph: 16385, at most 16384"},
		{"an item's text", add(List{Items: []Inlines{long(MaxParagraph + 1)}}), "bytes of a paragraph: 16385"},
		{"levels of other items", add(List{Items: make([]Inlines, 2), Levels: []int{0}}), "1 levels of 2 items"},
		{"a first item within nothing", add(List{Items: make([]Inlines, 1), Levels: []int{1}}), "item 1 at level 1"},
		{"an item two deeper", add(List{Items: make([]Inlines, 2), Levels: []int{0, 2}}), "item 2 at level 2"},
		{"an item too deep", add(List{Items: make([]Inlines, 4), Levels: []int{0, 1, 2, 3}}), "item 4 at level 3: want 0 to 2"},
		{"an item above all", add(List{Items: make([]Inlines, 1), Levels: []int{-1}}), "item 1 at level -1"},
		{"items", add(List{Items: make([]Inlines, MaxItems+1)}), "items: 2001, at most 2000"},
		{"link", add(Paragraph{Text: Inlines{{Link: "javascript:alert(1)"}}}), "link: an address"},
		{"link in a cell", add(Table{Columns: make([]Column, 1), Rows: []Row{{Cells: []Cell{Line(Inline{Link: "http://a.example"})}}}}), "link: an address"},
		{"stack without series", add(Chart{Kind: Stacked}), "needs series"},
		{"bars with series", add(Chart{Kind: Bars, Series: make([]Text, 1)}), "series belong"},
		{"series", add(Chart{Kind: Lines, Series: make([]Text, MaxSeries+1)}), "series: 13, at most 12"},
		{"parts without series", add(Chart{Kind: Lines, Points: []ChartPoint{{Parts: make([]ChartPart, 1)}}}), "point 1: 1 parts, the chart has 0 series"},
		{"a part that is no number", add(Chart{Kind: Lines, Series: make([]Text, 1), Points: []ChartPoint{{Parts: []ChartPart{{Value: &nan}}}}}), "no number that can be drawn"},
		{"a layer below zero", add(Chart{Kind: Stacked, Series: make([]Text, 1), Points: []ChartPoint{{Parts: []ChartPart{{Value: &below}}}}}), "no number that can be drawn"},
		{"paper", func(d *Document) { d.Style.Paper = "A3" }, `paper "A3"`},
		{"typeface", func(d *Document) { d.Style.Typeface = "comic" }, `typeface "comic"`},
		{"accent", func(d *Document) { d.Style.Accent = "red;}" }, "accent: "},
		{"logo", func(d *Document) { d.Style.Logo = &Image{MediaType: "image/svg+xml", Data: []byte("<svg>")} }, "logo: not a PNG or JPEG"},
		{"text of a basis", func(d *Document) { d.Blocks = wordy(MaxProse/MaxText + 1) }, "characters outside tables: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := everyBlock()
			tt.edit(d)
			require.ErrorContains(t, Validate(d), tt.want)
		})
	}
}

func add(b Block) func(*Document) {
	return func(d *Document) { d.Blocks = append(d.Blocks, b) }
}

// long is a paragraph of n bytes.
func long(n int) Inlines {
	var in Inlines
	for ; n > MaxText; n -= MaxText {
		in = append(in, Plain(strings.Repeat("a", MaxText)))
	}
	return append(in, Plain(strings.Repeat("a", n)))
}

// TestWholeNarrative holds that the limit itself is allowed, and is prose's alone.
func TestWholeNarrative(t *testing.T) {
	t.Parallel()
	d := everyBlock()
	d.Blocks = Blocks{Paragraph{Text: long(MaxParagraph)}, Quote{Text: long(MaxParagraph)},
		Definitions{Items: []Definition{{Text: []Inlines{long(MaxParagraph + 1)}}}}} // which lists what the data holds
	require.NoError(t, Validate(d))
}

// bases are n paragraphs of one sentence with 200 facts each.
func bases(n int) Blocks {
	out := make(Blocks, n)
	for i := range out {
		out[i] = Paragraph{Basis: []Basis{{Facts: make([]BasisFact, MaxFacts)}}}
	}
	return out
}

// wordy are n paragraphs whose text is a claim, a fact and a check.
func wordy(n int) Blocks {
	long := Clean(strings.Repeat("a", MaxText/3+1))
	out := make(Blocks, 0, n/MaxSentences+1)
	for ; n > 0; n -= MaxSentences {
		basis := make([]Basis, min(n, MaxSentences))
		for i := range basis {
			basis[i] = Basis{Claim: long, Facts: []BasisFact{{Query: long}}, Checks: []Text{long}}
		}
		out = append(out, Paragraph{Basis: basis})
	}
	return out
}

func fill(bs Blocks) {
	for i := range bs {
		bs[i] = PageBreak{}
	}
}

func TestValidateReportsEveryMistake(t *testing.T) {
	t.Parallel()
	d := everyBlock()
	d.Schema, d.BusinessDate = 0, Clean("")
	err := Validate(d)
	require.ErrorContains(t, err, "schema 0")
	require.ErrorContains(t, err, "business date")
	require.Error(t, Validate(nil))
}

func TestLimitErrorCanBeRecognised(t *testing.T) {
	t.Parallel()
	d := everyBlock()
	d.Blocks = Blocks{Table{Columns: make([]Column, MaxColumns+1)}}
	var limit *LimitError
	require.True(t, errors.As(Validate(d), &limit))
	require.Equal(t, MaxColumns, limit.Max)
}
