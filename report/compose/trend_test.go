package compose_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/fact/facttest"
	"github.com/closeofbusiness/cob/report/render"
)

// gap is a day without a value, for over.
const gap = -1000

// over is a trend over the days up to the example's, of which gaps have the
// reason.
func over(id string, d fact.Dims, unit fact.Unit, reason string, values ...float64) fact.Trend {
	t := fact.Trend{ID: id, Dims: d, Unit: unit}
	for i, v := range values {
		p := fact.Point{Date: report.DateOf(at(20-len(values)+1+i, 0, 0)), Reason: reason}
		if v != gap {
			p.Value, p.Reason = ptr(v), ""
		}
		t.Points = append(t.Points, p)
	}
	return t
}

// with is the example with other trends.
func with(trends ...fact.Trend) *fact.Set {
	s := facttest.Example()
	s.Trends = trends
	return s
}

func severities(severity string) fact.Dims { return fact.Dims{"severity": severity} }

// chartOf composes one chart, and what stands below it.
func chartOf(t testing.TB, s *fact.Set, chart string) (document.Chart, string) {
	blocks, d := blocksOf(t, s, "  - chart: "+chart+"\n")
	c, ok := blocks[0].(document.Chart)
	require.True(t, ok, "%T %v", blocks[0], text(t, d))
	require.False(t, c.Description.Empty())
	for _, never := range noNumbers {
		require.NotContains(t, text(t, d), never)
	}
	var below string
	for _, b := range blocks[1:] {
		below += paragraph(t, b).Text.String()
	}
	return c, below
}

// drawing writes a chart's points so that a test can be read.
func drawing(c document.Chart) string {
	var out []string
	for _, p := range c.Points {
		s := p.Label.String() + " " + p.Shown.String()
		if len(c.Series) > 0 {
			s = strings.TrimSpace(s)
		}
		for i, part := range p.Parts {
			mark := ""
			if part.Value == nil {
				mark = "!"
			}
			s += fmt.Sprintf(" %s=%s%s", c.Series[i], part.Shown, mark)
		}
		if p.Value == nil {
			s += " !"
		}
		out = append(out, s)
	}
	return strings.Join(out, "\n")
}

func TestLines(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, chart string
		set         *fact.Set
		caption     string
		drawn       string
		below       string
	}{
		{"a count", "{kind: line, of: findings.open}", with(over("findings.open", nil, fact.Count, "", 30, 37, 39)),
			"Findings open, last 3 business days", "18 Nov 30\n19 Nov 37\n20 Nov 39", "Highest of the 3 measured days; median of the 2 before: 34."},
		{"fewer days", "{kind: line, of: findings.open, days: 2}", with(over("findings.open", nil, fact.Count, "", 30, 37, 39)),
			"Findings open, last 2 business days", "19 Nov 37\n20 Nov 39", "One day before was measured: 37."},
		{"a unit in words", "{kind: line, of: findings.oldest_open, caption: Oldest}", with(over("findings.oldest_open", nil, fact.BusinessDays, "", 1, 5, 4)),
			"Oldest, last 3 business days, business days", "18 Nov 1 business day\n19 Nov 5 business days\n20 Nov 4 business days", "Median of the 2 measured days before: 3 business days."},
		{"minutes", "{kind: line, of: findings.ack_median}", with(over("findings.ack_median", nil, fact.Minutes, "", 31, 22)),
			"Median time to acknowledge, last 2 business days, min", "19 Nov 31 min\n20 Nov 22 min", "One day before was measured: 31 min."},
		{"a gap with a short reason", "{kind: line, of: findings.open}", with(over("findings.open", nil, fact.Count, "feed down", 30, gap, 39)),
			"Findings open, last 3 business days", "18 Nov 30\n19 Nov not measured !\n20 Nov 39", "One day before was measured: 30."},
		{"gaps with their reason", "{kind: line, of: findings.open}", with(over("findings.open", nil, fact.Count, "feed findings is complete only through 12:00; 17:00 is needed", gap, gap, 39)),
			"Findings open, last 3 business days", "18 Nov not measured !\n19 Nov not measured !\n20 Nov 39", "18 Nov, 19 Nov: feed findings is complete only through 12:00; 17:00 is needed."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, below := chartOf(t, tt.set, tt.chart)
			require.Equal(t, document.Lines, c.Kind)
			require.Equal(t, tt.caption, c.Caption.String())
			require.Equal(t, tt.drawn, drawing(c))
			require.Equal(t, tt.below, below)
			require.Contains(t, c.Description.String(), below)
			require.True(t, c.Points[len(c.Points)-1].Emphasis)
		})
	}
}

// What the report calls not measured is not drawn as if it were.
func TestALineEndsWhereTheReportDoes(t *testing.T) {
	t.Parallel()
	s := facttest.Example()
	facttest.Unmeasure(s, "feed garak is complete only through 15:40; 17:00 is needed", "attack.success_rate")
	c, below := chartOf(t, s, "{kind: line, of: attack.success_rate}")
	last := c.Points[13]
	require.Nil(t, last.Value)
	require.Equal(t, "not measured", last.Shown.String())
	require.Equal(t, "2 of 14 days not measured", c.Note.String())
	require.Contains(t, below, "Median of the 12 measured days before: 5.31 %. 11 Nov: provider outage. 20 Nov: feed garak is complete only through 15:40")
}

func TestSeveralLines(t *testing.T) {
	t.Parallel()
	ms := fact.Milliseconds
	component := func(name string) fact.Dims { return fact.Dims{"component": name} }
	s := with(over("health.latency_p95", component("api"), ms, "", 208, 210, 212), over("health.latency_p95", component("router"), ms, "30 of 1,440 samples (2.1 %); 90 % are needed", 1190, gap, 1340),
		over("health.latency_p95", component("voice-bridge"), ms, "598 of 1,440 samples", 655, 640, gap))
	c, below := chartOf(t, s, "{kind: line, of: 'health.latency_p95{component}'}")
	require.Equal(t, "p95 latency by component, last 3 business days, ms", c.Caption.String())
	require.Equal(t, "ms", c.Unit.String())
	require.Equal(t, "18 Nov router=1,190 ms voice-bridge=655 ms api=208 ms !\n"+
		"19 Nov router=not measured! voice-bridge=640 ms api=210 ms !\n"+
		"20 Nov router=1,340 ms voice-bridge=not measured! api=212 ms !", drawing(c))
	require.Equal(t, "On Fri 20 Nov: router 1,340 ms (median before: 1,190 ms); voice-bridge not measured (median before: 648 ms); api 212 ms, highest of 3 measured days. "+
		"19 Nov (router): 30 of 1,440 samples (2.1 %); 90 % are needed. 20 Nov (voice-bridge): 598 of 1,440 samples (41.5 %), none after 02:57; 90 % are needed.", below)
	require.Contains(t, c.Description.String(), below)
	require.Equal(t, document.Neutral, c.Points[2].Tone, "the total's change is nobody's here")
}

func TestMoreLinesThanAreDrawn(t *testing.T) {
	t.Parallel()
	var trends []fact.Trend
	for i := range 9 {
		trends = append(trends, over("attempts.sent", fact.Dims{"target": fmt.Sprintf("t%d", i)}, fact.Count, "", 5, float64(i)))
	}
	trends[8].Points[0].Value, trends[8].Points[1].Value = nil, nil
	c, below := chartOf(t, with(trends...), "{kind: line, of: 'attempts.sent{target}'}")
	require.Len(t, c.Series, 6)
	require.Equal(t, "t7", c.Series[0].String())
	require.Equal(t, "t2", c.Series[5].String())
	require.True(t, strings.HasSuffix(below, " And 3 more, smaller, that are not drawn."), below)
}

func TestSeveritiesKeepTheirOrder(t *testing.T) {
	t.Parallel()
	s := with(over("findings.open", severities("low"), fact.Count, "", 12, 12), over("findings.open", severities("critical"), fact.Count, "", 2, 3), over("findings.open", severities("high"), fact.Count, "", 9, 11))
	for _, kind := range []string{"line", "stacked"} {
		c, _ := chartOf(t, s, "{kind: "+kind+", of: 'findings.open{severity}'}")
		require.Equal(t, []document.Text{document.Clean("critical"), document.Clean("high"), document.Clean("low")}, c.Series)
	}
}

func TestStacks(t *testing.T) {
	t.Parallel()
	const id = "attempts.sent"
	target := func(name string) fact.Dims { return fact.Dims{"target": name} }
	parts := func(reason string, total []float64, a, b []float64) *fact.Set {
		trends := []fact.Trend{over(id, target("a"), fact.Count, reason, a...), over(id, target("b"), fact.Count, reason, b...)}
		if total != nil {
			trends = append(trends, over(id, nil, fact.Count, reason, total...))
		}
		return with(trends...)
	}
	for _, tt := range []struct {
		name        string
		set         *fact.Set
		drawn, note string
		below       string
	}{
		{"all measured", parts("", []float64{5, 9}, []float64{3, 4}, []float64{2, 5}),
			"19 Nov 5 a=3 b=2\n20 Nov 9 a=4 b=5", "", "One day before was measured: 5. On Fri 20 Nov: a 4, b 5."},
		{"a part that there was not", parts("there was nothing to measure in this window", []float64{3, 9}, []float64{3, 9}, []float64{gap, 0}),
			"19 Nov 3 a=3 b=0\n20 Nov 9 a=9 b=0", "", "One day before was measured: 3. On Fri 20 Nov: a 9, b 0."},
		{"a part that is not known", parts("no promise", []float64{5, 9}, []float64{3, 9}, []float64{gap, 0}),
			"19 Nov left open a=3! b=not measured! !\n20 Nov 9 a=9 b=0", "1 day left open", "On Fri 20 Nov: a 9, b 0. 19 Nov: b not measured: no promise."},
		{"a part that is not known of no total", parts("no promise", nil, []float64{3, 9}, []float64{gap, 1}),
			"19 Nov left open a=3! b=not measured! !\n20 Nov 10 a=9 b=1", "1 day left open", "On Fri 20 Nov: a 9, b 1. 19 Nov: b not measured: no promise."},
		{"below zero", parts("", nil, []float64{3, 9}, []float64{-2, 1}),
			"19 Nov left open a=3! b=−2! !\n20 Nov 10 a=9 b=1", "1 day left open", "On Fri 20 Nov: a 9, b 1. 19 Nov: b is below zero, which no stack can show."},
		{"parts that don't make the total", parts("", []float64{7, 10}, []float64{3, 9}, []float64{2, 1}),
			"19 Nov left open a=3! b=2! !\n20 Nov 10 a=9 b=1", "1 day left open", "On Fri 20 Nov: a 9, b 1. 19 Nov: its parts make 5 of 7."},
		{"the last day is left open", parts("no promise", nil, []float64{3, 4, gap}, []float64{2, 3, 1}),
			"18 Nov 5 a=3 b=2\n19 Nov 7 a=4 b=3\n20 Nov left open a=not measured! b=1! !", "1 day left open", "Median of the 2 measured days before: 6. 20 Nov: a not measured: no promise."},
		{"rounding", parts("", []float64{0.30000000000000004, 1}, []float64{0.1, 0.5}, []float64{0.2, 0.5}),
			"19 Nov 0 b=0 a=0\n20 Nov 1 b=1 a=1", "", "One day before was measured: 0. On Fri 20 Nov: b 1, a 1."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, below := chartOf(t, tt.set, "{kind: stacked, of: 'attempts.sent{target}'}")
			require.Equal(t, document.Stacked, c.Kind)
			require.Equal(t, tt.drawn, drawing(c))
			require.Equal(t, tt.note, c.Note.String())
			require.Equal(t, tt.below, below)
		})
	}
}

func TestAStackOfManyPartsKeepsItsTotal(t *testing.T) {
	t.Parallel()
	var trends []fact.Trend
	for i := range 20 {
		trends = append(trends, over("attempts.sent", fact.Dims{"target": fmt.Sprintf("t%02d", i)}, fact.Count, "", float64(i), 1))
	}
	c, below := chartOf(t, with(trends...), "{kind: stacked, of: 'attempts.sent{target}'}")
	require.Len(t, c.Series, 7)
	require.Equal(t, "14 others", c.Series[6].String())
	require.Equal(t, "91", c.Points[0].Parts[6].Shown.String())
	for i, want := range []float64{190, 20} {
		sum := 0.0
		for _, p := range c.Points[i].Parts {
			sum += *p.Value
		}
		require.InDelta(t, want, sum, 0)
		require.InDelta(t, want, *c.Points[i].Value, 0)
	}
	require.Contains(t, below, "14 others 14.")
}

func TestChartsOfNothing(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, chart, want string }{
		{"a line", "{kind: line, of: incidents.open}", "Incidents open: measured on none of the days before."},
		{"lines", "{kind: line, of: 'runs.planned{target}', caption: Runs}", "Runs: measured on none of the days before."},
		{"a stack", "{kind: stacked, of: 'runs.planned{target}'}", "Test runs planned by target: measured on none of the days before."},
		{"a stack whose days are all open", "{kind: stacked, of: 'findings.open{severity}'}", "Findings open by severity: no day can be drawn. 19 Nov, 20 Nov: critical not measured: no promise."},
	} {
		blocks, _ := blocksOf(t, with(over("findings.open", severities("critical"), fact.Count, "no promise", gap, gap)), "  - chart: "+tt.chart+"\n")
		require.Len(t, blocks, 1, tt.name)
		require.Equal(t, tt.want, paragraph(t, blocks[0]).Text.String(), tt.name)
	}
}

func TestBarsHaveALimit(t *testing.T) {
	t.Parallel()
	c, below := chartOf(t, facttest.Example(), "{kind: bar, of: 'attack.success_rate{target}', limit: 4}")
	require.Len(t, c.Points, 4)
	require.Equal(t, "And 2 more.", below)
	require.Equal(t, "support-assistant 12.69 % (198/1,560)", c.Points[0].Label.String()+" "+c.Points[0].Shown.String())
}

// Charts of all kinds can be rendered in every format.
func TestChartsRender(t *testing.T) {
	t.Parallel()
	s := with(over("findings.open", severities("critical"), fact.Count, "no promise", 1, gap, 3), over("findings.open", severities("high"), fact.Count, "", 1, 2, 3), over("findings.open", nil, fact.Count, "", 2, 4, 6))
	_, d := blocksOf(t, s, "  - chart: {kind: line, of: findings.open}\n  - chart: {kind: line, of: 'findings.open{severity}'}\n  - chart: {kind: stacked, of: 'findings.open{severity}'}\n  - chart: {kind: bar, of: 'findings.open{severity}'}\n")
	for _, format := range render.Formats() {
		b, err := render.Render(context.Background(), d, format)
		require.NoError(t, err, format)
		require.NotEmpty(t, b)
	}
}

// Names of dimensions come from sources: hostile ones are clipped and cleaned.
func TestHostileNamesInCharts(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{strings.Repeat("W", 10_000), "\u202egnp", "<script>", "**b** {{fact:x}}\x00", ""} {
		s := with(over("attempts.sent", fact.Dims{"target": bad}, fact.Count, bad, 1, gap, 3), over("attempts.sent", fact.Dims{"target": "b"}, fact.Count, "", 1, 2, 3))
		for _, kind := range []string{"line", "stacked"} {
			c, below := chartOf(t, s, "{kind: "+kind+", of: 'attempts.sent{target}'}")
			require.Less(t, len(below), 2000)
			require.NotContains(t, below, "\u202e")
			require.Len(t, c.Series, 2)
		}
	}
}
