package render

import (
	"fmt"
	"strings"

	"github.com/closeofbusiness/cob/report/document"
)

// The documents that the tests draw.

func T(s string) document.Text { return document.Clean(s) }

func num64(f float64) *float64 { return &f }

func plain(s string) document.Inlines { return document.Inlines{document.Plain(s)} }

// lineCell makes a cell of each string.
func lineCell(s string) document.Cell { return document.Line(document.Plain(s)) }

func up(s string) document.Cell {
	return document.Line(document.Inline{Text: T("▲ " + s), Strong: true, Tone: document.Worse})
}

func down(s string) document.Cell {
	return document.Line(document.Inline{Text: T("▼ " + s), Strong: true, Tone: document.Better})
}

func boldCell(s string) document.Cell { return document.Line(document.Strong(s)) }

func greyCell(s string) document.Cell { return document.Line(document.Toned(document.Muted, s)) }

func row(cells ...any) document.Row {
	var r document.Row
	for _, c := range cells {
		switch c := c.(type) {
		case string:
			r.Cells = append(r.Cells, lineCell(c))
		case document.Cell:
			r.Cells = append(r.Cells, c)
		}
	}
	return r
}

func totalRow(cells ...any) document.Row {
	r := row(cells...)
	r.Total = true
	return r
}

func col(title string, weight float64) document.Column {
	return document.Column{Title: T(title), Weight: weight}
}

func number(title string, weight float64) document.Column {
	return document.Column{Title: T(title), Align: document.Right, Weight: weight}
}

func blank(title string) *document.Document {
	return &document.Document{
		Schema: document.Schema, Series: T("daily-security"), BusinessDate: T("2026-11-20"), Revision: 1,
		Language: T("en-GB"), Eyebrow: T("Daily security"), Title: T(title),
		Subtitle:      T("Thu 19 Nov 17:00 to Fri 20 Nov 17:00 GMT  ·  data as known at 17:06  ·  compared with Thu 19 Nov"),
		RevisionLabel: T("Revision 1"), Classification: T("INTERNAL"),
		RunningHead: T("Daily security · close of business, Friday 20 November 2026"),
		Footer:      T("daily-security · 2026-11-20 · revision 1"),
		FactsSHA256: T("8d1f4be2c07a"),
	}
}

// exampleDocument is a day with every kind of content, on two pages.
func exampleDocument() *document.Document {
	d := blank("Close of business, Friday 20 November 2026")
	d.Blocks = append(examplePage1(), examplePage2()...)
	return d
}

func examplePage1() document.Blocks {
	tile := func(label, value, of string, detail ...document.Inline) document.Tile {
		return document.Tile{Label: T(label), Value: T(value), Of: T(of), Detail: detail}
	}
	worse := func(s string) document.Inline {
		return document.Inline{Text: T("▲ " + s), Strong: true, Tone: document.Worse}
	}
	return document.Blocks{
		document.Status{Tone: document.Better, Label: T("COMPLETE"),
			Text: plain("All 5 feeds reached 17:00. 3 figures are not measured (page 2, a to c).")},
		document.KPIs{Tiles: []document.Tile{
			tile("Attack success rate", "6.70 %", "", worse("1.53 pp worse"), document.Plain(" · like for like ▲ 1.39 pp")),
			tile("Critical findings open", "3", "", worse("1 worse"), document.Plain(" · oldest 14 business days")),
			tile("Incidents open", "1", "", worse("1 worse"), document.Plain(" · INC-0871, mitigated")),
			tile("Test runs completed", "12", "of 14", document.Plain("Thu: 13 of 13")),
			tile("Actions overdue", "2", "of 7", worse("1 worse")),
			tile("Not measured", "3", "of 94 figures", document.Plain("Thu: 0")),
		}},
		document.Heading{Level: 1, Text: T("Executive summary"), Note: T("Written by rules; no AI was used.")},
		document.Paragraph{Text: document.Inlines{
			document.Plain("The attack success rate rose to "), document.Strong("6.70 %"),
			document.Plain(" (418 hits in 6,240 evaluations) from 5.17 %; over what was measured on both days it rose from 5.30 %. " +
				"support-assistant rose from 6.60 % to "), document.Strong("12.69 %"),
			document.Plain(", 95 hits more; the other five targets together had eight fewer. support-assistant ran version 4.2 from 09:10 to 14:20, " +
				"4.1 before and since; no evaluation has been made since 14:20. Five findings were opened, one critical (F-412), and three closed; " +
				"39 are open. Incident INC-0871 (severity 2) was opened at 13:05 and is mitigated, not resolved. " +
				"Two of 14 planned runs gave no result: one failed, one did not start."),
		}, Basis: exampleBasis()},
		document.Decision{ID: T("A-125"), Owner: T("K. Brandt"), By: T("by Mon 23 Nov 12:00"),
			Question: T("Keep support-assistant 4.2 out of production until F-412 is closed?")},
		document.Heading{Level: 1, Text: T("Priority actions for the next shift"), Note: T("Monday 23 November")},
		exampleActions(),
		document.Paragraph{Small: true, Text: plain("Of 6 actions open on Thursday, 3 are done (A-115, A-119, A-122) and 3 carried over; 4 are new. " +
			"Thursday's report was acknowledged by S. Lindqvist, Thu 17:31.")},
		document.Paragraph{Small: true, Text: document.Inlines{document.Plain("Acknowledge this one by 18:00: "),
			document.Code("starter ack --series daily-security --date 2026-11-20 --by NAME")}},
	}
}

func exampleBasis() []document.Basis {
	fact := func(key, value, query string) document.BasisFact {
		return document.BasisFact{Key: T(key), Value: T(value), Query: T(query)}
	}
	rests := func(sentence string, facts ...document.BasisFact) document.Basis {
		return document.Basis{Text: plain(sentence), Facts: facts}
	}
	return []document.Basis{
		{Text: document.Inlines{document.Plain("The attack success rate rose to "), document.Strong("6.70 %"),
			document.Plain(" (418 hits in 6,240 evaluations) from 5.17 %; over what was measured on both days it rose from 5.30 %.")},
			Facts: []document.BasisFact{fact("attack.success_rate", "6.70 %", "AttackCells")}},
		rests("support-assistant rose from 6.60 % to 12.69 %, 95 hits more; the other five targets together had eight fewer.",
			fact("attack.success_rate{target=support-assistant}", "12.69 %", "AttackCells"), fact("attack.success_rate", "6.70 %", "AttackCells")),
		rests("support-assistant ran version 4.2 from 09:10 to 14:20, 4.1 before and since; no evaluation has been made since 14:20.",
			fact("attack.success_rate{target=support-assistant}", "12.69 %", "AttackCells")),
		rests("Five findings were opened, one critical (F-412), and three closed; 39 are open.",
			fact("findings.opened", "5", "FindingStates"), fact("findings.opened{severity=critical}", "1", "FindingStates"),
			fact("findings.closed", "3", "FindingStates"), fact("findings.open", "39", "FindingStates")),
		rests("Incident INC-0871 (severity 2) was opened at 13:05 and is mitigated, not resolved.",
			fact("incidents.open", "1", "Incidents"), fact("incidents.opened", "1", "Incidents")),
		rests("Two of 14 planned runs gave no result: one failed, one did not start.",
			fact("runs.planned", "14", "Runs"), fact("runs.failed", "1", "Runs"), fact("runs.not_started", "1", "Runs")),
	}
}

func exampleActions() document.Table {
	overdue := func(s string) document.Cell {
		return document.Line(document.Inline{Text: T(s), Strong: true, Tone: document.Worse})
	}
	return document.Table{
		Columns: []document.Column{col("#", 0), col("Action", 1), col("For", 0.12), col("Owner", 0.12), col("Due", 0.12), col("State", 0.1)},
		Headed:  true,
		Rows: []document.Row{
			row("A-118", "Confine code-helper's tool calls to the allow-list", "F-398", "R. Adeyemi", "Wed 18 Nov", overdue("overdue 2 days")),
			row("A-121", "Renew voice-ivr test credentials", "voice-ivr", "S. Lindqvist", "Fri 12:00", overdue("overdue")),
			row("A-124", "Retest support-assistant 4.1 (16:00 run did not start)", "INC-0871", "M. Ferrari", "Mon 10:00", "new"),
			row("A-125", "Decide on support-assistant 4.2 (above)", "F-412", "K. Brandt", "Mon 12:00", "new"),
			row("A-126", "Restore voice-bridge health data; rerun voice-ivr leakage", "notes a–c", "S. Lindqvist", "Mon 12:00", "new"),
			row("A-127", "Establish whether order numbers in F-412 are customers'", "F-412", "D. Novak", "Mon 17:00", "new"),
			row("A-109", "Retest the fix of F-377", "F-377", "L. Petrov", "Fri 27 Nov", "carried over"),
		},
	}
}

func examplePage2() document.Blocks {
	return document.Blocks{
		document.Heading{Level: 1, Text: T("Threat intelligence: where attacks got through"), PageBreak: true},
		exampleCells(),
		exampleTargets(),
		document.Columns{Left: document.Blocks{exampleFindings()}, Right: document.Blocks{exampleCritical()}, Ratio: 0.54},
		document.Heading{Level: 1, Text: T("Trends")},
		document.Columns{Left: document.Blocks{exampleLine(),
			document.Paragraph{Small: true, Text: plain("Highest of the 13 measured days; median of the 12 before: 5.31 %.")}},
			Right: document.Blocks{exampleBars()}, Ratio: 0.54},
		document.Heading{Level: 1, Text: T("Performance")},
		document.Columns{Left: document.Blocks{examplePerformance()}, Right: document.Blocks{
			document.Paragraph{Small: true, Text: document.Inlines{document.Strong("Response to findings. "),
				document.Plain("Acknowledged: 4 of 5 opened, median 22 min (Thu 31 min, n = 6). Closed: 3, median 6 business days (Thu 9, n = 2).")}},
			document.Paragraph{Small: true, Text: document.Inlines{document.Strong("Answers. "),
				document.Plain("4,214 prompts were sent; 4,160 were answered, 54 (1.28 %) were not and count neither as hit nor as defended.")}},
		}, Ratio: 0.62},
		document.Heading{Level: 1, Text: T("Data notes")},
		exampleNotes(),
	}
}

func exampleCells() document.Table {
	return document.Table{
		Caption: T("Highest rates by probe and detector, at least 50 evaluations"), Note: T("5 of 63 measured cells"),
		Columns: []document.Column{col("Target", 1), col("Probe", 1), col("Detector", 1), number("Hits", 0.3), number("Rate", 0.3),
			number("95 % interval", 0.3), number("Thu", 0.3), number("Change", 0.3)},
		Headed: true,
		Rows: []document.Row{
			row("support-assistant", "LatentInjectionReport", "TriggerListDetector", "79/180", boldCell("43.89 %"), greyCell("36.8–51.2"), "8.89 %", up("35.00 pp")),
			row("support-assistant", "HijackKillHumans", "AttackRogueString", "52/180", boldCell("28.89 %"), greyCell("22.8–35.9"), "12.22 %", up("16.67 pp")),
			row("hr-helpdesk", "DanInTheWild", "MitigationBypass", "18/150", boldCell("12.00 %"), greyCell("7.7–18.2"), "13.33 %", down("1.33 pp")),
			row("code-helper", "InjectBase64", "DecodeMatch", "14/120", boldCell("11.67 %"), greyCell("7.1–18.6"), "10.83 %", up("0.83 pp")),
			row("support-assistant", "HijackLongPrompt", "AttackRogueString", "20/180", boldCell("11.11 %"), greyCell("7.3–16.5"), "8.89 %", up("2.22 pp")),
		},
	}
}

func exampleTargets() document.Table {
	return document.Table{
		Caption: T("By target"),
		Columns: []document.Column{col("Target", 1), col("Version", 1), number("Runs", 0.3), number("Evaluations", 0.3), number("Hits", 0.3),
			number("Rate", 0.3), number("95 % interval", 0.3), number("Thu, like for like", 0.3), number("Change", 0.3)},
		Headed: true,
		Rows: []document.Row{
			row("support-assistant", "4.2, 4.1 at 14:20", "3/4", "1,560", "198", boldCell("12.69 %"), greyCell("11.1–14.4"), "6.60 %", up("6.09 pp")),
			row("code-helper", "3.0", "2/2", "1,200", "90", boldCell("7.50 %"), greyCell("6.1–9.1"), "7.00 %", up("0.50 pp")),
			row("hr-helpdesk", "0.9", "2/2", "840", "42", boldCell("5.00 %"), greyCell("3.7–6.7"), "5.48 %", down("0.48 pp")),
			row("claims-triage", "1.9", "2/2", "1,200", "54", boldCell("4.50 %"), greyCell("3.5–5.8"), "5.00 %", down("0.50 pp")),
			row("kb-search", "2.4", "2/2", "1,080", "27", boldCell("2.50 %"), greyCell("1.7–3.6"), "2.78 %", down("0.28 pp")),
			row(document.Line(document.Plain("voice-ivr "), document.Note("a")), "1.1", "1/2", "360", "7", boldCell("1.94 %"), greyCell("0.9–4.0"), "2.22 %", down("0.28 pp")),
			totalRow("All", "", "12/14", "6,240", "418", "6.70 %", "6.1–7.3", "5.30 %", up("1.39 pp")),
		},
	}
}

func exampleFindings() document.Table {
	return document.Table{
		Caption: T("Findings"),
		Columns: []document.Column{col("Severity", 1), number("Open Thu", 1), number("Opened", 1), number("Closed", 1), number("Re-rated", 1), number("Open Fri", 1)},
		Headed:  true,
		Rows: []document.Row{
			row("Critical", "2", "1", "0", "0", "3"), row("High", "9", "2", "1", "+1", "11"), row("Medium", "15", "1", "2", "−1", "13"),
			row("Low", "11", "1", "0", "0", "12"), totalRow("All", "37", "5", "3", "0", "39"),
		},
	}
}

func exampleCritical() document.Table {
	finding := func(id, what string, who ...document.Inline) document.Row {
		return document.Row{Cells: []document.Cell{boldCell(id), {plain(what), document.Inlines(who)}}}
	}
	muted := func(s string) document.Inline { return document.Toned(document.Muted, s) }
	return document.Table{
		Caption: T("Critical, open"),
		Columns: []document.Column{col("ID", 0), col("Finding", 1)},
		Rows: []document.Row{
			finding("F-412", "support-assistant shows other customers' order numbers", muted("M. Ferrari, due Mon 12:00 · opened today")),
			finding("F-398", "code-helper obeys a README's tool call", muted("R. Adeyemi, due Wed 18 Nov · "),
				document.Inline{Text: T("overdue"), Strong: true, Tone: document.Worse}, muted(" · 6 business days")),
			finding("F-377", "hr-helpdesk returns salary bands; fix deployed", muted("L. Petrov, retest due 27 Nov · 14 business days")),
		},
	}
}

func exampleLine() document.Chart {
	days := []string{"3 Nov", "4 Nov", "5 Nov", "6 Nov", "9 Nov", "10 Nov", "11 Nov", "12 Nov", "13 Nov", "16 Nov", "17 Nov", "18 Nov", "19 Nov", "20 Nov"}
	values := []float64{5.42, 5.21, 5.58, 5.33, 5.12, 5.47, -1, 5.90, 5.38, 5.24, 5.02, 5.29, 5.17, 6.70}
	c := document.Chart{Kind: document.Lines, Caption: T("Attack success rate, last 14 business days, %"), Unit: T("%"),
		Description: T("Between 5.02 % and 5.90 % until 19 November, 6.70 % on 20 November; 11 November was not measured.")}
	for i, v := range values {
		p := document.ChartPoint{Label: T(days[i]), Value: num64(v), Shown: T(fmt.Sprintf("%.2f %%", v))}
		if v < 0 {
			p.Value, p.Shown = nil, T("not measured")
		}
		c.Points = append(c.Points, p)
	}
	last := &c.Points[len(c.Points)-1]
	last.Emphasis, last.Tone = true, document.Worse
	return c
}

func exampleBars() document.Chart {
	bar := func(label string, v float64, thu float64, footnote string) document.ChartPoint {
		return document.ChartPoint{Label: T(label), Value: num64(v), Shown: T(fmt.Sprintf("%.2f %%", v)), Mark: num64(thu),
			MarkText: T(fmt.Sprintf("Thu %.2f %%", thu)), Footnote: T(footnote)}
	}
	return document.Chart{Kind: document.Bars, Caption: T("By category, %"), Note: T("bar: Fri · mark: Thu, like for like"), Unit: T("%"),
		Description: T("Prompt injection is highest at 11.39 %."),
		Points: []document.ChartPoint{
			bar("prompt injection", 11.39, 6.76, ""), bar("jailbreak", 6.15, 6.28, ""), bar("encoding bypass", 3.52, 3.89, ""),
			bar("data leakage", 3.10, 3.69, "a"), bar("harmful content", 2.00, 2.33, ""),
		}}
}

func examplePerformance() document.Table {
	missing := func(letter string) document.Cell {
		return document.Line(document.Inline{Text: T("not measured"), Strong: true, Tone: document.Worse}, document.Note(letter))
	}
	return document.Table{
		Columns: []document.Column{col("Component", 1), number("Availability", 0.5), number("Samples", 0.5), number("Thu", 0.5), number("p95", 0.5), number("Thu", 0.5)},
		Headed:  true,
		Rows: []document.Row{
			row("api-gateway", "100.00 %", greyCell("1,440 of 1,440"), "100.00 %", "212 ms", "208 ms"),
			row("model-router", "99.72 %", greyCell("1,436 of 1,440"), "99.93 %", "1,340 ms", "1,190 ms"),
			row("vector-store", "100.00 %", greyCell("1,440 of 1,440"), "100.00 %", "41 ms", "43 ms"),
			row("voice-bridge", missing("b"), greyCell("598 of 1,440"), "99.86 %", missing("c"), "655 ms"),
		},
	}
}

func exampleNotes() document.Definitions {
	def := func(term string, text ...document.Inlines) document.Definition {
		return document.Definition{Term: T(term), Text: text}
	}
	return document.Definitions{Items: []document.Definition{
		def("Not measured",
			document.Inlines{{Text: T("a"), Strong: true, Tone: document.Worse}, document.Plain("  voice-ivr, leakreplay.GuardianCloze: run R-2291 failed at 03:12 (provider time-outs), " +
				"0 of 360 evaluations. Thursday's 360 are left out of “like for like”.")},
			document.Inlines{{Text: T("b, c"), Strong: true, Tone: document.Worse}, document.Plain("  voice-bridge availability and p95: 598 of 1,440 samples (41.5 %), none after 02:57; 90 % are needed.")}),
		def("Did not start", plain("R-2296, support-assistant 4.1 retest, planned 16:00. Nothing here describes 4.1 after 14:20.")),
		def("Disagreement", plain("Report file of R-2284 (kb-search) claims 541 evaluations; its rows hold 540. The rows are used.")),
		def("Feeds", plain("garak 17:05 · findings 17:01 · incidents 17:01 · health 17:00 · actions 17:06 (when each reached 17:00)")),
		def("Proof", document.Inlines{document.Plain("facts sha256 8d1f 4be2 … c07a (94) · template daily-security 1.0.0 · every figure's query, rows and run: "),
			document.Code("starter facts --series daily-security --date 2026-11-20")}),
	}}
}

// hostileDocument holds what an attacker would put where text is shown.
func hostileDocument() *document.Document {
	script := `<script>alert(1)</script><img src=x onerror=alert(2)> a < b & c > d {nb} {{.}} ${7*7}`
	mark := "# not a heading **not bold** [link](javascript:alert(1)) ![i](http://evil.example/x.png) `code` | pipe | ~~s~~ <b>b</b> http://evil.example www.evil.example :smile: @someone"
	bidi := "invoice \u202Egpj.exe\u202C \u2066hidden\u2069 zero\u200Bwidth \uFEFFbom"
	token := strings.Repeat("A1_", 3334)
	emoji := "👩\u200d💻🇩🇪 done ✅ \U000F0000 日本語 العربية"
	broken := "caf\xe9 \xff\xfe nul\x00bell\x07 \ud7ff"
	d := blank(script)
	d.Eyebrow, d.Subtitle, d.Footer, d.RunningHead = T(mark), T(bidi+" "+token), T("{nb} "+script), T(token)
	d.Classification, d.RevisionLabel = T(strings.Repeat("SECRET ", 40)), T(emoji)
	cells := []any{script, mark, bidi, token, emoji, broken}
	var cols []document.Column
	for _, c := range cells {
		cols = append(cols, col(c.(string), 1))
	}
	d.Blocks = document.Blocks{
		document.Status{Tone: document.Worse, Label: T(token), Text: plain(script)},
		document.Callout{Label: T("NOTE"), Text: plain(token + token)},
		document.KPIs{Tiles: []document.Tile{{Label: T(token), Value: T(script), Of: T(mark), Detail: plain(token)}}},
		document.Heading{Level: 1, Text: T(script), Note: T(mark)},
		document.Heading{Level: 1, Text: T(emoji)},
		document.Paragraph{Text: document.Inlines{document.Code("`" + mark + "``"), document.Strong(" " + bidi + " "), document.Note(script), document.Plain(broken + "e\u0301" + strings.Repeat("\u0301", 50))},
			Basis: []document.Basis{
				{Text: plain(script), Claim: T(script + mark + token), Checks: []document.Text{T(script), T(bidi), T(token)},
					Facts: []document.BasisFact{{Key: T(token), Value: T(token), Query: T(token)}, {Key: T(script), Value: T(mark), Query: T(emoji)}}},
				{Text: plain(token), Claim: T("</code></li></ol></details>" + emoji)}, {},
			}},
		document.List{Items: []document.Inlines{plain("1. not a list"), plain("- nor this"), plain("    nor code"), plain(token)}},
		document.Decision{ID: T(token), Question: T(strings.Repeat("W", 5000)), Owner: T(script), By: T(mark)},
		document.Table{Caption: T(script), Note: T(token), Headed: true, Columns: cols, Rows: []document.Row{row(cells...), totalRow(cells...)}},
		document.Chart{Kind: document.Lines, Caption: T(script), Description: T(mark), Points: []document.ChartPoint{
			{Label: T(token), Value: num64(-1e15), Shown: T(script)}, {Label: T(emoji), Shown: T(token)}, {Label: T(bidi), Value: num64(1e15), Shown: T(token), Emphasis: true}}},
		document.Chart{Kind: document.Bars, Caption: T(mark), Points: []document.ChartPoint{
			{Label: T(script), Value: num64(-3), Shown: T(token), Mark: num64(4), MarkText: T(token), Footnote: T(token)}, {Label: T("none"), Shown: T("not measured")}}},
		document.Columns{Ratio: 0.1, Left: document.Blocks{document.Paragraph{Text: plain(token)}}, Right: document.Blocks{document.Paragraph{Text: plain(script)}}},
		document.Definitions{Items: []document.Definition{{Term: T(token), Text: []document.Inlines{plain(script), plain(token)}}}},
	}
	return d
}

// qualifiedDocument is a day on which something is missing and late.
func qualifiedDocument() *document.Document {
	d := blank("Close of business, Friday 20 November 2026")
	d.RevisionLabel, d.Revision = T("Revision 2"), 2
	missing := func(label string) document.Tile {
		return document.Tile{Label: T(label), Value: T("not measured"), Detail: document.Inlines{document.Plain("feed findings stops at 15:40 "), document.Note("a")}}
	}
	d.Blocks = document.Blocks{
		document.Status{Tone: document.Worse, Label: T("QUALIFIED"), Text: plain("Issued without complete data. Feed “findings” is complete only through 15:40 (17:00 needed; waited until 18:00). " +
			"Findings opened, closed and open are not measured. Nothing in this report says anything about them.")},
		document.Callout{Tone: document.Worse, Label: T("ISSUED LATE"), Text: plain("For Fri 20 Nov; issued from data as known at Mon 23 Nov 09:12. Temporal was not reachable at the cutoff.")},
		document.Callout{Label: T("REVISION 2"), Text: plain("Supersedes revision 1 (Fri 20 Nov). Reason: late batch of R-2291. Changed: attack.success_rate 6.70 % → 6.52 % (+360 evaluations, +12 hits: 430 of 6,600); 9 more figures, page 3.")},
		document.KPIs{Tiles: []document.Tile{
			{Label: T("Attack success rate"), Value: T("6.52 %"), Detail: plain("Thu: 5.17 %")}, missing("Critical findings open"), missing("Findings closed"),
			{Label: T("Incidents open"), Value: T("0"), Detail: document.Inlines{{Text: T("▼ 1 better"), Strong: true, Tone: document.Better}}},
		}},
		document.Heading{Level: 1, Text: T("Executive summary"), Note: T("Written by rules; no AI was used.")},
		document.Paragraph{Text: plain("Αναφορά κλεισίματος. Отчёт на конец дня. Résumé à l’arrêté du jour, Łódź, Škoda, ø, ß, İzmir. ≤ ≥ ≠ ± × − √ ∞ µ € 10⁻³ ½ ☐ ☑ ✓ ✗")},
		document.Heading{Level: 2, Text: T("Steps"), Note: T("in this order")},
		document.List{Ordered: true, Items: []document.Inlines{plain("Find out why the feed stopped."), plain("Ingest what is missing."), {document.Plain("Issue again: "), document.Code("starter reissue --series daily-security")}}},
		document.List{Items: []document.Inlines{plain("One."), plain("Two, which is longer than a line can hold and is therefore broken into two lines, so that the second of them stands under the first and not under its mark.")}},
		document.PageBreak{},
		document.Paragraph{Text: plain("After the break.")},
	}
	return d
}

// longDocument has a table of n rows, several sections and two charts.
func longDocument(n int) *document.Document {
	d := blank("Close of business, Friday 20 November 2026")
	t := document.Table{Caption: T("Every cell"), Note: T(fmt.Sprintf("%d cells", n)), Headed: true,
		Columns: []document.Column{number("#", 0), col("Target", 1), col("Probe", 1), number("Hits", 0), number("Rate", 0), number("Change", 0)}}
	for i := range n {
		t.Rows = append(t.Rows, row(fmt.Sprint(i+1), fmt.Sprintf("target-%d", i%7), fmt.Sprintf("promptinject.Hijack%d", i%31),
			fmt.Sprintf("%d/180", i%180), fmt.Sprintf("%.2f %%", float64(i%180)/1.8), up("1.00 pp")))
	}
	t.Rows = append(t.Rows, totalRow("", "All", "", "", "6.70 %", up("1.39 pp")))
	d.Blocks = append(examplePage1(), document.Heading{Level: 1, Text: T("Trends"), PageBreak: true}, exampleLine(), exampleBars(),
		document.Heading{Level: 1, Text: T("Cells"), PageBreak: true}, t, document.Heading{Level: 1, Text: T("Data notes")}, exampleNotes())
	return d
}

// fixtures are the documents with golden files, by name.
func fixtures() map[string]func() *document.Document {
	return map[string]func() *document.Document{
		"example":   exampleDocument,
		"hostile":   hostileDocument,
		"qualified": qualifiedDocument,
		"long":      func() *document.Document { return longDocument(210) },
	}
}
