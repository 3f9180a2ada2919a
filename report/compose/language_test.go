package compose_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/compose"
	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/fact/facttest"
	"github.com/closeofbusiness/cob/report/template"
)

// tickets are a support desk's metrics, as somebody would declare them.
func tickets() []fact.Metric {
	declared := func(a fact.Aggregate) *fact.Declaration {
		return &fact.Declaration{Source: "helpdesk", Aggregate: a, Of: "x"}
	}
	queue := [][]string{{"queue"}}
	return []fact.Metric{
		{ID: "tickets.first_response", Version: 1, Label: "First response", Kind: fact.Flow, Unit: "min", Decimals: 1, Good: fact.DownIsGood, Dimensions: queue, Query: "Observations", Feed: fact.Observations, Declared: declared(fact.Mean)},
		{ID: "tickets.opened", Version: 1, Label: "Tickets opened", Kind: fact.Flow, Unit: fact.Count, Good: fact.DownIsGood, Dimensions: queue, Query: "Observations", Feed: fact.Observations, Declared: declared(fact.Sum)},
		{ID: "tickets.refunded", Version: 1, Label: "Refunded", Kind: fact.Flow, Unit: "EUR", Decimals: 2, Good: fact.DownIsGood, Dimensions: queue, Query: "Observations", Feed: fact.Observations, Declared: declared(fact.Sum)},
	}
}

// desk is the example with a support desk's day: 30 tickets in four queues, and 2
// in none of them.
func desk(t testing.TB) *fact.Set {
	s := facttest.Example()
	s.Metrics = tickets()
	add := func(id string, dims fact.Dims, unit fact.Unit, decimals int, now, before float64) {
		f := fact.Fact{ID: id, Dims: dims, Metric: 1, Unit: unit, Decimals: decimals, Good: fact.DownIsGood, Status: fact.Measured, Value: &now,
			Window: s.Window, AsOf: s.AsOf, Query: "Observations"}
		if before >= 0 {
			f.Previous = &before
		}
		s.Facts = append(s.Facts, f)
	}
	for _, q := range []struct {
		queue                string
		opened, before, took float64
	}{{"billing", 14, 9, 41.25}, {"claims", 9, 10, 12.5}, {"login", 5, 5, 8}, {"sales", 2, -1, 3.05}} {
		d := fact.Dims{"queue": q.queue}
		add("tickets.opened", d, fact.Count, 0, q.opened, q.before)
		add("tickets.first_response", d, "min", 1, q.took, q.took)
		add("tickets.refunded", d, "EUR", 2, q.opened*1.5, q.before)
	}
	add("tickets.opened", nil, fact.Count, 0, 32, 24)
	add("tickets.first_response", nil, "min", 1, 22.5, 20)
	add("tickets.refunded", nil, "EUR", 2, 45, 30)
	facttest.Recount(s)
	return s
}

// laid parses the blocks as a template's, with everything before them.
func laid(t testing.TB, head, blocks string) *template.Template {
	t.Helper()
	r, err := fact.Builtin().With(tickets()...)
	require.NoError(t, err)
	out, err := template.Parse([]byte("name: desk\nversion: 1.0.0\ntitle: Desk\n"+head+"blocks:\n"+blocks+"  - data_notes: {}\n"), r)
	require.NoError(t, err)
	return out
}

func first[T document.Block](t testing.TB, d *document.Document) T {
	t.Helper()
	for _, b := range d.Blocks {
		if found, ok := b.(T); ok {
			return found
		}
	}
	t.Fatalf("no %T", *new(T))
	panic("not reached")
}

// rows are a table's cells as text.
func rows(table document.Table) (out [][]string) {
	for _, r := range table.Rows {
		var row []string
		for _, cell := range r.Cells {
			row = append(row, cell[0].String())
		}
		out = append(out, row)
	}
	return out
}

func TestDerivedFigures(t *testing.T) {
	t.Parallel()
	const figures = `figures:
  per_ticket: {label: Refunded per ticket, value: 'fact("tickets.refunded") / fact("tickets.opened")', unit: EUR, decimals: 2, good: down}
  critical_share: {label: Critical share, value: 'fact("findings.open{severity=critical}") / fact("findings.open")', unit: ratio, decimals: 1, good: down}
  impossible: {label: Impossible, value: 'fact("tickets.opened") / (fact("incidents.open") - 1)'}
  voice: {label: Voice minutes, value: 'fact("health.latency_p95{component=voice-bridge}") / 60000', unit: min}
  fresh: {label: Fresh, value: 'change("tickets.opened")', good: down}
`
	d := laidOut(t, laid(t, figures, `  - kpis: [per_ticket, {figure: critical_share, label: Of them critical, detail: 3 of 39}, impossible, voice, fresh, tickets.refunded]
  - text: "{{figure:per_ticket}} were refunded for each ticket. On the side {{figure:voice}} passed. So did {{figure:impossible}}."
`), desk(t), nil, compose.Meta{})
	var tiles []string
	for _, tile := range first[document.KPIs](t, d).Tiles {
		tiles = append(tiles, tile.Label.String()+": "+tile.Value.String()+" | "+tile.Detail.String())
	}
	require.Equal(t, []string{
		"Refunded per ticket: 1.41 EUR | ▲ 0.16 EUR worse", // 45/32 from 30/24
		"Of them critical: 7.7 % | 3 of 39",
		"Impossible: not measured | it divides by zero",
		"Voice minutes: not measured | data note c",
		"Fresh: 8 | no figure for Thu",
		"Refunded: 45.00 EUR | ▲ 15.00 EUR worse",
	}, tiles)
	got := text(t, d)
	require.Contains(t, got, "1.41 EUR were refunded for each ticket. Not measured: voice minutes c. Not measured: impossible (it divides by zero).")
	require.Contains(t, got, `Refunded per ticket = fact("tickets.refunded") / fact("tickets.opened")`)
	require.Contains(t, got, `fact("incidents.open") - 1): not measured (it divides by zero)`)
	for _, never := range noNumbers {
		require.NotContains(t, got, never)
	}
}

// A half is rounded away from zero, as everywhere.
func TestDerivedFiguresAreExact(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"0.285 * 1": "0.29", "1.005": "1.01", "0.1 + 0.2": "0.30", "-0.285": "−0.29", "1 / 3 * 3": "1.00", "2 / 3": "0.67", "8.5 / 100 * 100 - 8.495": "0.01",
	} {
		d := laidOut(t, laid(t, "figures: {f: {label: F, value: '"+value+"', decimals: 2}}\n", "  - kpis: [f]\n"), desk(t), nil, compose.Meta{})
		require.Equal(t, want, first[document.KPIs](t, d).Tiles[0].Value.String(), value)
	}
}

func TestConditions(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ when, note string }{
		{`fact("findings.open{severity=critical}") > 0`, ""},
		{`fact("findings.open{severity=critical}") > 3`, "left out"},
		{`weekday == "Friday" and not qualified`, ""},
		{`weekday == "Monday"`, "left out"},
		{`params.limit > 2 and params.team == "red"`, ""},
		{`figure("share") >= 1`, "left out"},
		{`fact("health.latency_p95{component=voice-bridge}") > 500`, "Shown: its condition is not measured (data note c)"},
		{`measured("health.latency_p95{component=voice-bridge}") and fact("health.latency_p95{component=voice-bridge}") > 500`, "left out"},
		{`1 / 0 > 1`, "Shown: its condition is not measured (it divides by zero)"},
		{`fact("tickets.opened{queue=parking}") > 1`, "Shown: its condition is not measured (there is no figure tickets.opened{queue=parking})"},
	} {
		d := laidOut(t, laid(t, "parameters: {limit: {type: integer, default: 3}, team: {type: text, default: red}}\nfigures: {share: {label: S, value: '0.5'}}\n",
			"  - section: Conditional\n    when: '"+tt.when+"'\n    blocks: [{text: \"{{fact:tickets.opened}} tickets.\"}]\n"), desk(t), nil, compose.Meta{})
		got := text(t, d)
		if tt.note == "left out" {
			require.NotContains(t, got, "32 tickets.", tt.when)
			require.Contains(t, got, "Conditional, shown only when "+tt.when+".")
			continue
		}
		head := first[document.Heading](t, d)
		require.Equal(t, "Conditional", head.Text.String())
		require.Equal(t, tt.note, head.Note.String(), tt.when)
		require.Contains(t, got, "32 tickets.")
		require.NotContains(t, got, "Left out")
	}
}

func TestSections(t *testing.T) {
	t.Parallel()
	d := laidOut(t, laid(t, "", `  - section: One
    page_break: before
    blocks:
      - section: Two
        blocks: [{section: Three, blocks: [{text: deep}]}]
  - section: Again
    blocks: [{text: flat}]
`), desk(t), nil, compose.Meta{})
	var got []string
	for _, b := range d.Blocks {
		if h, ok := b.(document.Heading); ok {
			got = append(got, strings.Repeat("#", h.Level)+" "+h.Text.String())
		}
	}
	require.Equal(t, []string{"# One", "## Two", "### Three", "# Again", "# Data notes"}, got)
	require.True(t, first[document.Heading](t, d).PageBreak)
}

// A section with nothing to show is one line, and denies only what its complete
// feed would have told.
func TestEmptySections(t *testing.T) {
	t.Parallel()
	blocks := `  - section: Decisions
    page_break: before
    blocks: [{decisions: {}}]
  - section: Critical
    blocks: [{findings: {severity: critical}}]
  - section: Both
    blocks: [{columns: {left: [{findings: {severity: critical}}], right: [{table: {of: "tickets{queue}"}}]}}]
  - section: Text
    blocks: [{text: a}, {findings: {severity: critical}}]
`
	set := desk(t)
	set.Records = fact.Records{}
	find(t, set, "findings.open{severity=critical}").Value = ptr(0.0)
	for i := len(set.Facts) - 1; i >= 0; i-- {
		if strings.HasPrefix(set.Facts[i].ID, "tickets.") {
			set.Facts = append(set.Facts[:i], set.Facts[i+1:]...)
		}
	}
	facttest.Recount(set)
	d := laidOut(t, laid(t, "", blocks), set, nil, compose.Meta{})
	got := text(t, d)
	require.Contains(t, got, "Decisions: nothing was recorded in this window.")
	require.Contains(t, got, "Critical, open: none.")
	require.Contains(t, got, "Tickets by queue: nothing is known; the feed of observations is not complete.")
	var heads []string
	for _, b := range d.Blocks {
		if h, ok := b.(document.Heading); ok {
			heads = append(heads, h.Text.String())
		}
	}
	require.Equal(t, []string{"Text", "Data notes"}, heads)
	require.IsType(t, document.PageBreak{}, d.Blocks[1], "what began a page still does")

	for i := range set.Feeds {
		set.Feeds[i].ReachedAt = nil
	}
	got = text(t, laidOut(t, laid(t, "", blocks), set, nil, compose.Meta{}))
	require.Contains(t, got, "Decisions: nothing is known; the feed of actions is not complete.")
	require.NotContains(t, got, "nothing was recorded")
	require.NotContains(t, got, "none.")
}

func TestTableOfADeclaredMetric(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, table string
		want        [][]string
		more, note  string
	}{
		{"all", `of: "tickets.opened{queue}", total: true`, [][]string{
			{"billing", "14", "9", "▲ 5"}, {"claims", "9", "10", "▼ 1"}, {"login", "5", "5", "unchanged"}, {"sales", "2", "no figure", ""}, {"All", "32", "24", "▲ 8"}},
			"The rows add up to 30 of 32.", ""},
		{"limit", `of: "tickets.opened{queue}", limit: 2, sort: -value`, [][]string{{"billing", "14", "9", "▲ 5"}, {"claims", "9", "10", "▼ 1"}}, "and 2 more", ""},
		{"limit that cuts nothing", `of: "tickets.opened{queue}", limit: 9, columns: [queue, value]`, [][]string{{"billing", "14"}, {"claims", "9"}, {"login", "5"}, {"sales", "2"}}, "", ""},
		{"limit and total", `of: "tickets.opened{queue}", limit: 2, total: true`, [][]string{
			{"billing", "14", "9", "▲ 5"}, {"claims", "9", "10", "▼ 1"}, {"2 others", "7", "", ""}, {"All", "32", "24", "▲ 8"}}, "The rows add up to 30 of 32.", ""},
		{"total of a mean", `of: "tickets.first_response{queue}", limit: 1, total: true, sort: value`, [][]string{
			{"sales", "3.1 min", "3.1 min", "unchanged"}, {"All", "22.5 min", "20.0 min", "▲ 2.5 min"}}, "and 3 more", ""},
		{"condition", `of: "tickets.opened{queue}", columns: [queue, value], where: value > previous or queue == "login"`, [][]string{{"billing", "14"}, {"login", "5"}}, "",
			"2 of 4 measured rows; of 1 it is not known whether they belong here"},
		{"sorted by change", `of: "tickets.opened{queue}", columns: [queue, change], sort: change`, [][]string{{"claims", "▼ 1"}, {"login", "unchanged"}, {"billing", "▲ 5"}, {"sales", ""}}, "", ""},
		{"sorted by name down", `of: "tickets.opened{queue}", columns: [queue], sort: -queue`, [][]string{{"sales"}, {"login"}, {"claims"}, {"billing"}}, "", ""},
		{"in money", `of: "tickets.refunded{queue}", columns: [value], limit: 1`, [][]string{{"billing", "21.00 EUR"}}, "and 3 more", ""},
		{"in total", `of: tickets.refunded, columns: [value, previous]`, [][]string{{"All", "30.00 EUR"}}, "", ""},
		{"a group", `of: "tickets{queue}", columns: [queue, opened, first_response, opened.previous], where: opened > 4, sort: -first_response, total: true, limit: 2`, [][]string{
			{"billing", "14", "41.3 min", "9"}, {"claims", "9", "12.5 min", "10"}, {"All", "32", "22.5 min", "24"}}, "and 1 more", ""},
		{"a group that does not add up", `of: "tickets{queue}", columns: [queue, opened], total: true, sort: opened`, [][]string{{"sales", "2"}, {"login", "5"}, {"claims", "9"}, {"billing", "14"}, {"All", "32"}},
			"Tickets opened: the rows add up to 30 of 32.", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := laidOut(t, laid(t, "", "  - table: {"+tt.table+"}\n"), desk(t), nil, compose.Meta{})
			table := first[document.Table](t, d)
			require.Equal(t, tt.want, rows(table))
			require.Equal(t, tt.more, table.More.String())
			require.Equal(t, tt.note, table.Note.String())
		})
	}
}

// A condition that no row fulfils says over what that holds.
func TestNoRowFulfils(t *testing.T) {
	t.Parallel()
	blocks := `  - table: {of: "health.availability{component}", where: value > 2}
  - table: {of: "tickets.opened{queue}", where: value > 10}
  - table: {of: "tickets.opened{queue}", caption: Mine, where: value > 100}
  - table: {of: "tickets{queue}", where: opened > 100}
`
	d := laidOut(t, laid(t, "", blocks), desk(t), nil, compose.Meta{})
	got := text(t, d)
	require.Contains(t, got, "Availability by component: none of 3 measured rows fulfils value > 2; not measured b.")
	require.Contains(t, got, "Mine: none of 4 measured rows fulfils value > 100.")
	require.Contains(t, got, "Tickets by queue: none fulfils opened > 100.")
	require.Equal(t, "Tickets opened by queue, where value > 10", first[document.Table](t, d).Caption.String())
}

// The rows of what is not measured are not added up, and no row is called others.
func TestTotalsOverUnmeasuredRows(t *testing.T) {
	t.Parallel()
	s := desk(t)
	facttest.Unmeasure(s, "no data", "tickets.opened{queue=login}")
	facttest.Recount(s)
	table := first[document.Table](t, laidOut(t, laid(t, "", "  - table: {of: 'tickets.opened{queue}', columns: [queue, value], limit: 1, total: true}\n"), s, nil, compose.Meta{}))
	require.Equal(t, [][]string{{"billing", "14"}, {"All", "32"}}, rows(table))
	require.Equal(t, "and 3 more", table.More.String())
}

func TestEmphasisAndTitles(t *testing.T) {
	t.Parallel()
	d := laidOut(t, laid(t, "parameters: {most: {type: number, default: 8.5}}\n", `  - table:
      of: "tickets.opened{queue}"
      total: true
      columns:
        - queue
        - {column: value, title: Opened today, emphasise: {when: value > params.most, as: worse, word: over}}
        - {column: previous, emphasise: {when: change < 0, as: better}}
        - {column: change, emphasise: {when: queue == "login", as: strong}}
`), desk(t), nil, compose.Meta{})
	table := first[document.Table](t, d)
	require.Equal(t, "Opened today", table.Columns[1].Title.String())
	require.Equal(t, "Queue", table.Columns[0].Title.String())
	require.Equal(t, [][]string{{"billing", "14 over", "9", "▲ 5"}, {"claims", "9 over", "10 better", "▼ 1"}, {"login", "5", "5", "unchanged"}, {"sales", "2", "no figure", ""}, {"All", "32", "24", "▲ 8"}}, rows(table))
	require.Equal(t, document.Inline{Text: document.Clean("14"), Strong: true, Tone: document.Worse}, table.Rows[0].Cells[1][0][0])
	require.Equal(t, document.Better, table.Rows[1].Cells[2][0][0].Tone)
	require.Equal(t, document.Inline{Text: document.Clean("unchanged"), Strong: true}, table.Rows[2].Cells[3][0][0])
	require.Equal(t, document.Neutral, table.Rows[2].Cells[1][0][0].Tone)
}

func TestTilesOfDeclaredMetrics(t *testing.T) {
	t.Parallel()
	d := laidOut(t, laid(t, "", "  - kpis: ['tickets.first_response{queue=billing}', {figure: 'tickets.opened{queue=sales}', label: Sales}]\n"), desk(t), nil, compose.Meta{})
	tiles := first[document.KPIs](t, d).Tiles
	require.Equal(t, "First response, billing", tiles[0].Label.String())
	require.Equal(t, "41.3 min", tiles[0].Value.String())
	require.Equal(t, "Sales", tiles[1].Label.String())
	require.Equal(t, "no figure for Thu", tiles[1].Detail.String())
}

func TestSuperseding(t *testing.T) {
	t.Parallel()
	old := facttest.Example()
	now := facttest.Example()
	f := find(t, now, "attack.success_rate")
	f.Value, f.Numerator, f.Denominator = ptr(430.0/6600), ptr(int64(430)), ptr(int64(6600))
	find(t, now, "findings.open{severity=low}").Value = ptr(13.0)
	meta := compose.Meta{Revision: 2, Supersedes: &compose.Supersession{Revision: 1, Reason: "late batch of R-2291.", Facts: old}}
	d := laidOut(t, daily(t), now, nil, meta)
	box := d.Blocks[1].(document.Callout)
	require.Equal(t, "REVISION 2", box.Label.String())
	require.Equal(t, "Supersedes revision 1 (Fri 20 Nov). Reason: late batch of R-2291. Changed: Attack success rate 6.70 % → 6.52 % (+360 evaluations, +12 hits: 430 of 6,600); 1 more figure (data notes).", box.Text.String())
	require.Contains(t, text(t, d), "Low findings open 12 → 13.")

	require.Contains(t, text(t, laidOut(t, daily(t), facttest.Example(), nil, compose.Meta{Revision: 2, Supersedes: &compose.Supersession{Revision: 1, Facts: old}})), "Supersedes revision 1 (Fri 20 Nov). No figure changed.")

	gone := facttest.Example()
	facttest.Unmeasure(gone, "no feed", "incidents.open")
	facttest.Recount(gone)
	meta.Supersedes.Facts = gone
	box = laidOut(t, daily(t), facttest.Example(), nil, meta).Blocks[1].(document.Callout)
	require.Contains(t, box.Text.String(), "Changed: Incidents open not measured → 1.")
}

// At most two boxes stand under the status; a third is told in the data notes.
func TestThreeBoxes(t *testing.T) {
	t.Parallel()
	s := facttest.Example()
	for i := range s.Facts {
		if f := &s.Facts[i]; strings.HasPrefix(f.ID, "runs.") || f.ID == "attempts.sent" {
			f.Value = ptr(0.0)
		}
	}
	s.Late = true
	meta := compose.Meta{Revision: 2, Supersedes: &compose.Supersession{Revision: 1, Facts: facttest.Example()}}
	d := laidOut(t, daily(t), s, nil, meta)
	var labels []string
	for _, b := range d.Blocks {
		if box, ok := b.(document.Callout); ok {
			labels = append(labels, box.Label.String())
		}
	}
	require.Equal(t, []string{"REVISION 2", "ISSUED LATE"}, labels)
	require.Contains(t, text(t, d), "No activity\nNo run was planned or made in this window.")
}

func TestParametersOfASeries(t *testing.T) {
	t.Parallel()
	tmpl := laid(t, `parameters:
  most: {type: number, default: 1.5, minimum: 0.5, maximum: 2.5}
  team: {type: text, default: red, one_of: [red, blue]}
  code: {type: text, default: A1, pattern: "[A-Z][0-9]", max_length: 2}
  full: {type: boolean, default: false}
`, "")
	_, err := tmpl.Resolve(map[string]any{"most": 2, "team": "blue", "code": "B2", "full": true})
	require.NoError(t, err)
	_, err = tmpl.Resolve(map[string]any{"most": 2.6, "team": "green", "code": "B2\n", "full": "yes", "other": 1})
	require.ErrorIs(t, err, report.ErrInvalid)
	for _, want := range []string{
		"parameters.most: found 2.6, expected a number from 0.5 to 2.5",
		"parameters.team: found green, expected one of red, blue",
		"parameters.code: found B2",
		"parameters.full: found yes, expected true or false",
		"parameters.other: found a parameter that the template does not have, expected one of most, team, code, full",
	} {
		require.ErrorContains(t, err, want)
	}
}

func TestNeedsOfExpressions(t *testing.T) {
	t.Parallel()
	r, err := fact.Builtin().With(tickets()...)
	require.NoError(t, err)
	tmpl := laid(t, "figures:\n  a: {label: A, value: 'fact(\"tickets.refunded\") / 2'}\n  unused: {label: B, value: 'fact(\"runs.failed\")'}\n", `  - section: S
    when: measured("incidents.open")
    blocks:
      - table: {of: "tickets.opened{queue}", where: value > fact("actions.open"), columns: [{column: value, emphasise: {when: 'figure("a") > 1', as: worse}}]}
`)
	var got []string
	for _, m := range tmpl.Needs(r, nil).Metrics {
		got = append(got, m.ID)
	}
	require.ElementsMatch(t, []string{"incidents.open", "actions.open", "tickets.opened", "tickets.refunded"}, got)
	require.Len(t, tmpl.Needs(r, nil).Declared(), 2)
}
