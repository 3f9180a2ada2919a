package document

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// everyBlock is a document with one block of each type.
func everyBlock() *Document {
	v, zero := 6.7, 0.0
	in := Inlines{Plain("plain "), Strong("strong"), Code("code"), Note("a"), Toned(Worse, "worse"),
		{Text: Clean("em"), Emphasis: true}, {Text: Clean("runbook"), Link: "https://runbooks.example.com/a?b=c&d#e"}}
	return &Document{
		Schema: Schema, Series: Clean("daily-security"), BusinessDate: Clean("2026-11-20"), Revision: 1, Language: Clean("en-GB"),
		Style: &Style{Paper: Letter, Typeface: Serif, Accent: "#1f6b47", Logo: &Image{MediaType: "image/png", Data: pixel(), Alt: Clean("Example Ltd")},
			Banner: Clean("CONFIDENTIAL"), Watermark: Clean("DRAFT")},
		Renderer: Clean("1.2.0"),
		Blocks: Blocks{
			Status{Tone: Better, Label: Clean("COMPLETE"), Text: in},
			Callout{Tone: Worse, Label: Clean("ISSUED LATE"), Text: in},
			KPIs{Tiles: []Tile{{Label: Clean("Rate"), Value: Clean("6.70 %"), Of: Clean("of 7"), Detail: in}}},
			Heading{Level: 1, Text: Clean("Section"), Note: Clean("note"), PageBreak: true},
			Paragraph{Text: in, Small: true},
			Paragraph{Text: in, Basis: []Basis{
				{Text: in, Facts: []BasisFact{{Key: Clean("findings.open{severity=critical}"), Value: Clean("3"), Query: Clean("FindingCounts")}}},
				{Text: in, Claim: Clean("{{fact:findings.open}} are open."), Checks: []Text{Clean("references"), Clean("stance")}},
			}},
			Heading{Level: 3, Text: Clean("Within it")},
			Quote{Text: in},
			List{Ordered: true, Items: []Inlines{in}},
			List{Items: []Inlines{in, in, in, in}, Levels: []int{0, 1, 2, 0}},
			Decision{ID: Clean("A-1"), Question: Clean("Why?"), Owner: Clean("K. Brandt"), By: Clean("by noon")},
			Table{Columns: []Column{{Title: Clean("n"), Align: Right, Weight: 1}}, Rows: []Row{{Cells: []Cell{Line(in...)}, Total: true}}},
			Table{Columns: []Column{{}}, Headed: true, Rows: []Row{{Cells: []Cell{Line(in...)}}}, More: Clean("and 12 more")},
			Chart{Kind: Lines, Points: []ChartPoint{{Label: Clean("Mon"), Value: &v, Emphasis: true, Tone: Worse}, {Label: Clean("Tue")}}},
			Chart{Kind: Bars, Points: []ChartPoint{{Label: Clean("Mon"), Value: &v, Mark: &v, MarkText: Clean("Thu 6.70 %"), Footnote: Clean("a")}}},
			Chart{Kind: Stacked, Series: []Text{Clean("low"), Clean("high")}, Points: []ChartPoint{
				{Label: Clean("Mon"), Value: &v, Parts: []ChartPart{{Value: &v, Shown: Clean("6.70")}, {Value: &zero, Shown: Clean("0")}}},
				{Label: Clean("Tue"), Parts: []ChartPart{{Shown: Clean("not measured")}, {Value: &v, Shown: Clean("6.70")}}}}},
			Columns{Left: Blocks{Paragraph{Text: in}}, Right: Blocks{PageBreak{}}, Ratio: 0.4},
			Definitions{Items: []Definition{{Term: Clean("term"), Text: []Inlines{in}}}},
			PageBreak{},
		},
	}
}

// pixel is a picture of one.
func pixel() []byte { return pictureOf(1, 1) }

// pictureOf is a PNG of a size.
func pictureOf(width, height int) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func TestCanonicalRoundTrip(t *testing.T) {
	t.Parallel()
	want := everyBlock()
	b, err := Canonical(want)
	require.NoError(t, err)
	got, err := Parse(b)
	require.NoError(t, err)
	require.Equal(t, want, got)
	again, err := Canonical(got)
	require.NoError(t, err)
	require.Equal(t, string(b), string(again))
	require.NoError(t, Validate(got))
}

// TestWithoutBasis holds that a document without a basis has the bytes that it
// had before there was any, and that a basis by rules holds no claim.
func TestWithoutBasis(t *testing.T) {
	t.Parallel()
	d := &Document{Schema: Schema, Blocks: Blocks{Paragraph{Text: Inlines{Plain("a")}}}}
	const head = `{"blocks":[{`
	const tail = `"text":[{"text":"a"}],"type":"paragraph"}],"business_date":"","classification":"","eyebrow":"","facts_sha256":"","footer":"",` +
		`"language":"","revision":0,"revision_label":"","running_head":"","schema":1,"series":"","subtitle":"","title":""}`
	b, err := Canonical(d)
	require.NoError(t, err)
	require.Equal(t, head+tail, string(b))

	d.Blocks = Blocks{Paragraph{Text: Inlines{Plain("a")}, Basis: []Basis{{Text: Inlines{Plain("a")}, Facts: []BasisFact{{Key: Clean("k"), Value: Clean("1"), Query: Clean("Q")}}}}}}
	b, err = Canonical(d)
	require.NoError(t, err)
	require.Equal(t, head+`"basis":[{"facts":[{"key":"k","query":"Q","value":"1"}],"text":[{"text":"a"}]}],`+tail, string(b))
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"another schema", `{"schema":2}`, "schema 2"},
		{"an unknown field", `{"schema":1,"color":"red"}`, `unknown field "color"`},
		{"an unknown block", `{"schema":1,"blocks":[{"type":"script"}]}`, `type "script" is not known`},
		{"a block without a type", `{"schema":1,"blocks":[{}]}`, "block 1"},
		{"an unknown field in a block", `{"schema":1,"blocks":[{"type":"heading","html":"x"}]}`, `unknown field "html"`},
		{"an unknown field in a basis", `{"schema":1,"blocks":[{"type":"paragraph","text":[],"basis":[{"html":"x"}]}]}`, `unknown field "html"`},
		{"more after the end", `{"schema":1}{}`, "something follows"},
		{"deep nesting", strings.Repeat("[", 1000), "nesting"},
		{"nothing", ``, "EOF"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse([]byte(tt.in))
			require.ErrorContains(t, err, tt.want)
		})
	}
}

// FuzzParseDocument holds that what parses has one canonical form, which
// parses to the same again.
func FuzzParseDocument(f *testing.F) {
	b, err := Canonical(everyBlock())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"schema":1}`))
	f.Add([]byte(`{"schema":1,"blocks":[{"type":"columns","left":[{"type":"page_break"}],"right":null,"ratio":0}]}`))
	f.Add([]byte(`{"schema":1,"title":"\ud800\u202e"}`))
	f.Add([]byte(`{"schema":1,"style":{"accent":"#FFF","logo":{"media_type":"image/svg+xml","data":"PHN2Zz4=","alt":""}}}`))
	f.Add([]byte(`{"schema":1,"blocks":[{"type":"paragraph","text":[{"text":"a","link":"javascript:alert(1)"}]}]}`))
	f.Add([]byte(`{"schema":1,"blocks":[{"type":"list","items":[[],[]],"levels":[0,9]}]}`))
	f.Add([]byte(`{"schema":1,"blocks":[{"type":"chart","kind":"stacked","series":["a"],"points":[{"parts":[{"value":-1}]}]}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := Parse(b)
		if err != nil {
			return
		}
		_ = Validate(d)
		first, err := Canonical(d)
		if err != nil {
			return
		}
		again, err := Parse(first)
		require.NoError(t, err)
		second, err := Canonical(again)
		require.NoError(t, err)
		require.Equal(t, string(first), string(second))
	})
}
