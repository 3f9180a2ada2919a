package render

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"

	"github.com/closeofbusiness/cob/report/document"
)

// deskLogo is a small logo.
func deskLogo() []byte {
	im := image.NewRGBA(image.Rect(0, 0, 120, 40))
	for y := range 40 {
		for x := range 120 {
			c := color.RGBA{0x1f, 0x6b, 0x47, 0xff}
			if x > 40 {
				c = color.RGBA{0xe9, 0xf3, 0xee, 0xff}
			}
			im.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, im); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// deskDocument is a support desk's day. It has what a template may choose, and the blocks that the other
// fixtures lack.
func deskDocument() *document.Document {
	d := blank("Support desk, Friday 20 November 2026")
	d.Style = &document.Style{Paper: document.Letter, Typeface: document.Serif, Accent: "#1f6b47",
		Logo:   &document.Image{MediaType: "image/png", Data: deskLogo(), Alt: T("Example Ltd")},
		Banner: T("CONFIDENTIAL"), Watermark: T("DRAFT")}
	link := func(s, to string) document.Inline { return document.Inline{Text: T(s), Link: to} }
	em := func(s string) document.Inline { return document.Inline{Text: T(s), Emphasis: true} }
	d.Blocks = document.Blocks{
		document.Status{Tone: document.Better, Label: T("COMPLETE"), Text: plain("All feeds reached 17:00.")},
		document.KPIs{Tiles: []document.Tile{
			{Label: T("First response, mean"), Value: T("14.5 min"), Detail: plain("Thu: 15.1 min")},
			{Label: T("Tickets opened"), Value: T("212"), Of: T("of 3 queues"), Detail: plain("Thu: 198")},
			{Label: T("Reopened"), Value: T("not measured"), Detail: plain("no observation since 12:00")},
		}},
		document.Heading{Level: 1, Text: T("Summary")},
		document.Paragraph{Text: document.Inlines{document.Plain("The mean first response was "), document.Strong("14.5 min"), document.Plain(", "),
			em("from noon on"), document.Plain(" without the queue "), {Text: T("billing"), Strong: true, Emphasis: true},
			document.Plain("; see "), link("Runbook: slow queues", "https://runbooks.example.com/queues?id=7&v=2"), document.Plain(" and "),
			{Text: T("the policy"), Strong: true, Link: "https://policy.example.com/first-response"}, document.Plain(".")}},
		document.Quote{Text: plain("First response counts from the customer's message to the first answer by a person.")},
		document.List{Items: []document.Inlines{plain("Queues"), plain("billing"), plain("refunds"), plain("invoices"), plain("technical"), plain("Staff")},
			Levels: []int{0, 1, 2, 2, 1, 0}},
		document.List{Ordered: true, Items: []document.Inlines{plain("Look"), plain("at the queue"), plain("at the shift"), plain("Decide")}, Levels: []int{0, 1, 1, 0}},
		document.Heading{Level: 2, Text: T("By queue")},
		document.Heading{Level: 3, Text: T("Within a day")},
		deskTable(), deskStack(), deskLines(),
	}
	return d
}

func deskTable() document.Table {
	return document.Table{Caption: T("Tickets by queue"), Note: T("2 of 14 queues"), Headed: true, More: T("and 12 more"),
		Columns: []document.Column{col("Queue", 1), number("Opened", 0), number("Change", 0)},
		Rows: []document.Row{
			row("technical", "121", "−4"), row(document.Line(document.Plain("billing "), document.Note("a")), "60", "+18"),
			totalRow("All", "212", "+14"),
		}}
}

func deskStack() document.Chart {
	c := document.Chart{Kind: document.Stacked, Caption: T("Tickets opened, by severity"), Unit: T("tickets"),
		Description: T("On 19 November urgent tickets were not measured."), Series: []document.Text{T("urgent"), T("normal"), T("low")}}
	for i, day := range []string{"17 Nov", "18 Nov", "19 Nov", "20 Nov"} {
		p := document.ChartPoint{Label: T(day)}
		sum := 0.0
		for k := range c.Series {
			v := float64(10*(k+1) + 3*i)
			sum += v
			p.Parts = append(p.Parts, document.ChartPart{Value: num64(v), Shown: T(fmt.Sprint(v))})
		}
		p.Value, p.Shown = num64(sum), T(fmt.Sprint(sum))
		if i == 2 {
			p.Parts[0], p.Value, p.Shown = document.ChartPart{Shown: T("not measured")}, nil, T("not measured")
		}
		c.Points = append(c.Points, p)
	}
	return c
}

func deskLines() document.Chart {
	c := document.Chart{Kind: document.Lines, Caption: T("First response by queue, min"), Unit: T("min"),
		Description: T("Billing takes longer than technical on every day."), Series: []document.Text{T("billing"), T("technical")}}
	for i, day := range []string{"16 Nov", "17 Nov", "18 Nov", "19 Nov", "20 Nov"} {
		p := document.ChartPoint{Label: T(day), Parts: []document.ChartPart{
			{Value: num64(20 + float64(i)), Shown: T(fmt.Sprintf("%d.0 min", 20+i))}, {Value: num64(9), Shown: T("9.0 min")}}}
		if i == 1 {
			p.Parts[1] = document.ChartPart{}
		}
		c.Points = append(c.Points, p)
	}
	return c
}

// everyFixture is the fixtures, and those with a style.
func everyFixture() map[string]func() *document.Document {
	all := fixtures()
	all["desk"] = deskDocument
	all["printed"] = printedDocument
	return all
}
