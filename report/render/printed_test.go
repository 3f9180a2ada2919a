package render

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"strings"
	"testing"

	"github.com/closeofbusiness/cob/report/document"
)

// testLogo is a disc beside a bar, on nothing.
func testLogo() []byte {
	m := image.NewNRGBA(image.Rect(0, 0, 320, 96))
	for y := range 96 {
		for x := range 320 {
			dx, dy := x-48, y-48
			switch {
			case dx*dx+dy*dy < 44*44:
				m.Set(x, y, color.NRGBA{0x7a, 0x2b, 0x5f, 0xff})
			case x > 110 && y > 34 && y < 62:
				m.Set(x, y, color.NRGBA{0x1b, 0x23, 0x30, uint8(0xff - x/2)})
			}
		}
	}
	var b bytes.Buffer
	_ = png.Encode(&b, m)
	return b.Bytes()
}

func testPhoto(across, down int) []byte {
	m := image.NewGray(image.Rect(0, 0, across, down))
	for i := range m.Pix {
		m.Pix[i] = uint8(i % 251)
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, m, nil)
	return b.Bytes()
}

// printedDocument has all that is drawn in a way of its own on paper.
func printedDocument() *document.Document {
	d := blank("Close of business, Friday 20 November 2026")
	d.Style = &document.Style{Paper: document.Letter, Typeface: document.Serif, Accent: "#7a2b5f",
		Logo:   &document.Image{MediaType: "image/png", Data: testLogo(), Alt: T("Example Ltd")},
		Banner: T("INTERNAL · NOT FOR RELEASE"), Watermark: T("DRAFT")}
	d.Blocks = append(examplePage1()[:3:3],
		document.Paragraph{Text: document.Inlines{document.Plain("Plain, "), document.Strong("strong"), document.Plain(", "), {Text: T("emphasis"), Emphasis: true},
			document.Plain(", "), {Text: T("both"), Strong: true, Emphasis: true}, document.Plain(", "), document.Code("code"), document.Plain(", "),
			{Text: T("strong code"), Strong: true, Code: true}, document.Plain(", "), {Text: T("a link"), Link: "https://example.com/runbook"},
			document.Plain(". Αναφορά κλεισίματος, Отчёт на конец дня, Հայերեն, ☑ ✓ ▲ ≤ 日本語 😀 "), {Text: T("Αναφορά ☑ Հայերեն"), Emphasis: true, Strong: true}}},
		document.Quote{Text: plain("Whoever reads this at six in the evening wants to know what changed, what broke and what has to be done, and wants it from one page, with every number traced to where it came from.")},
		document.Heading{Level: 2, Text: T("What to do"), Note: T("in this order")},
		document.List{Ordered: true, Levels: []int{0, 1, 2, 1, 0}, Items: []document.Inlines{plain("Find out why the feed stopped."), plain("Ask its owner."), plain("By telephone."), plain("Look at its log."), plain("Ingest what is missing.")}},
		document.Heading{Level: 3, Text: T("What not to do")},
		document.List{Levels: []int{0, 1, 2, 0}, Items: []document.Inlines{plain("Nothing at all."), plain("Within: one that is longer than a line can hold and is therefore broken into two lines, so that the second stands under the first."), plain("Deepest."), plain("Again.")}},
		document.Table{Caption: T("Cells"), Headed: true, More: T("and 58 more"), Columns: []document.Column{col("Target", 1), number("Hits", 0), number("Rate", 0)},
			Rows: []document.Row{row("support-assistant", "79/180", "43.89 %"), row("hr-helpdesk", "18/150", "12.00 %"), totalRow("All", "418/6,240", "6.70 %")}},
		document.Heading{Level: 1, Text: T("Charts"), PageBreak: true},
		document.Columns{Left: document.Blocks{severalLines()}, Right: document.Blocks{stackedBars()}},
		document.Columns{Left: document.Blocks{negativeLine()}, Right: document.Blocks{exampleBars()}},
		document.Columns{Left: document.Blocks{allGaps()}, Right: document.Blocks{onePoint()}},
		manySeries(document.Stacked), manySeries(document.Lines),
	)
	return d
}

func parts(values ...float64) []document.ChartPart {
	out := make([]document.ChartPart, len(values))
	for i, p := range points(values...) {
		out[i] = document.ChartPart{Value: p.Value, Shown: p.Shown}
	}
	return out
}

func severalLines() document.Chart {
	c := document.Chart{Kind: document.Lines, Caption: T("Findings opened by severity"), Unit: T("a day"), Description: T("Three lines."),
		Series: []document.Text{T("critical"), T("high"), T("medium and low")}, Points: points(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)}
	for i := range c.Points {
		c.Points[i].Parts = parts(float64(i%3), 3+float64(i*i%5), 9-float64(i%4))
	}
	c.Points[4].Parts, c.Points[4].Value, c.Points[4].Shown = parts(gapValue, gapValue, gapValue), nil, T("not measured")
	c.Points[8].Parts = parts(gapValue, 4, 7)
	return c
}

func stackedBars() document.Chart {
	c := document.Chart{Kind: document.Stacked, Caption: T("Findings open by severity"), Note: T("Fri"), Unit: T("findings"), Description: T("Stacks."),
		Series: []document.Text{T("critical"), T("high"), T("medium"), T("low")}, Points: points(17, 12, gapValue, 31, 0)}
	for i, v := range [][]document.ChartPart{parts(2, 5, 6, 4), parts(0, 2, 7, 3), parts(1, gapValue, 2, 2), parts(3, 9, 11, 8), parts(0, 0, 0, 0)} {
		c.Points[i].Parts = v
	}
	c.Points[3].Label, c.Points[3].Footnote = T("a target with a name much longer than there is room for"), T("a")
	return c
}

func negativeLine() document.Chart {
	c := document.Chart{Kind: document.Lines, Caption: T("Net change"), Unit: T("pp"), Points: points(-2, -1.5, 0.5, 1, gapValue, -0.7, -2.6)}
	c.Points[6].Emphasis = true
	return c
}

func allGaps() document.Chart {
	return document.Chart{Kind: document.Lines, Caption: T("Never measured"), Unit: T("%"), Points: points(gapValue, gapValue, gapValue, gapValue)}
}

func onePoint() document.Chart {
	return document.Chart{Kind: document.Lines, Caption: T("The first day"), Unit: T("ms"), Points: points(412)}
}

func manySeries(kind document.ChartKind) document.Chart {
	c := document.Chart{Kind: kind, Caption: T("As many series as there may be"), Points: points(0, 0, 0, 0, 0, 0)}
	for i := range document.MaxSeries {
		c.Series = append(c.Series, T(strings.Repeat("series ", 1+i%3)+string(rune('A'+i))))
		for k := range c.Points {
			c.Points[k].Parts = append(c.Points[k].Parts, parts(float64(1+(i*7+k*3)%11))...)
		}
	}
	return c
}

// FuzzPDF puts any text into what only the PDF draws in full, and reads the
// file back.
func FuzzPDF(f *testing.F) {
	for _, s := range []string{"", "a < b", ") Tj ET (", "\\", "\r\r\r", "caf\xe9", "👩\u200d💻", "{nb}", strings.Repeat("W", 300), "日本語", "e\u0301\u0301"} {
		f.Add(s, 1.5, uint8(3))
	}
	f.Fuzz(func(t *testing.T, s string, v float64, n uint8) {
		d := fuzzDocument(s, v, int(n%12)+1)
		d.Style = &document.Style{Banner: T(s), Watermark: T(s), Accent: "#7a2b5f"}
		if n%2 == 0 {
			d.Style.Paper, d.Style.Typeface = document.Letter, document.Serif
		}
		in := document.Inlines{{Text: T(s), Emphasis: true}, {Text: T(s), Strong: true, Emphasis: true, Code: true}}
		series := []document.Text{T(s), T("b")}
		parts := []document.ChartPart{{Value: num64(math.Abs(v)), Shown: T(s)}, {}}
		if n%3 == 0 {
			parts[1].Value = num64(3)
		}
		for _, kind := range []document.ChartKind{document.Lines, document.Stacked} {
			d.Blocks = append(d.Blocks, document.Chart{Kind: kind, Unit: T(s), Series: series, Points: []document.ChartPoint{{Label: T(s), Shown: T(s), Parts: parts}, {Parts: parts}}})
		}
		d.Blocks = append(d.Blocks, document.Quote{Text: in}, document.Heading{Level: 3, Text: T(s), Note: T(s)},
			document.List{Ordered: n%2 == 0, Items: []document.Inlines{in, in, in}, Levels: []int{0, 1, 2}},
			document.Table{Columns: make([]document.Column, 1), More: T(s)})
		if document.Validate(d) != nil {
			return
		}
		structureOf(t, pdfOf(t, d))
	})
}
