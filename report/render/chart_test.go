package render

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/document"
)

func values(vs ...float64) []*float64 {
	return seriesValues(document.Chart{Points: points(vs...)})[0]
}

func points(values ...float64) []document.ChartPoint {
	out := make([]document.ChartPoint, len(values))
	for i, v := range values {
		out[i] = document.ChartPoint{Label: T(fmt.Sprintf("%d Nov", i+1)), Shown: T(fmt.Sprint(v)), Value: num64(v)}
		if math.IsNaN(v) {
			out[i].Value, out[i].Shown = nil, T("not measured")
		}
	}
	return out
}

var gapValue = math.NaN()

func drawn[S shape](d drawing) []S {
	var out []S
	for _, s := range d.shapes {
		if s, ok := s.(S); ok {
			out = append(out, s)
		}
	}
	return out
}

func labels(d drawing) []string {
	var out []string
	for _, l := range drawn[label](d) {
		out = append(out, lineText(l.text))
	}
	return out
}

func TestGapsAreNeverJoined(t *testing.T) {
	t.Parallel()
	var ts typesetter
	d := ts.drawChart(document.Chart{Kind: document.Lines, Points: points(1, 2, gapValue, 3, gapValue, gapValue, 4, 5, 6)}, 300)
	lines := drawn[polyline](d)
	require.Len(t, lines, 2)
	require.Len(t, lines[0].points, 2)
	require.Len(t, lines[1].points, 3)
	require.Len(t, drawn[dot](d), 1, "a day between two gaps is a dot")
	require.Contains(t, labels(d), "3 Nov: not measured")
	require.Contains(t, labels(d), "5 Nov–6 Nov: not measured")
}

func TestGapLabelGivesWay(t *testing.T) {
	t.Parallel()
	var ts typesetter
	narrow := ts.drawChart(document.Chart{Kind: document.Lines, Points: points(1, gapValue, 3)}, 120)
	require.Contains(t, labels(narrow), "2 Nov")
	require.NotContains(t, labels(narrow), "2 Nov: not measured")
}

func TestLastPointShowsItsValue(t *testing.T) {
	t.Parallel()
	var ts typesetter
	d := ts.drawChart(exampleLine(), 250)
	require.Contains(t, labels(d), "6.70 %")
	require.Equal(t, worse, drawn[dot](d)[0].colour)
}

func TestChartsStayInTheirWidth(t *testing.T) {
	t.Parallel()
	var ts typesetter
	for _, c := range []document.Chart{exampleLine(), exampleBars(), hostileDocument().Blocks[9].(document.Chart), hostileDocument().Blocks[10].(document.Chart)} {
		for _, width := range []float64{120, 230, 510} {
			d := ts.drawChart(c, width)
			for _, l := range drawn[label](d) {
				require.GreaterOrEqual(t, l.at.x, -tolerance)
				require.LessOrEqual(t, l.at.x+l.text.width, width+tolerance, lineText(l.text))
			}
			for _, b := range drawn[box](d) {
				require.GreaterOrEqual(t, b.width, 0.0)
				require.LessOrEqual(t, b.at.x+b.width, width+2)
			}
		}
	}
}

func TestTicksAreRound(t *testing.T) {
	t.Parallel()
	tests := []struct {
		values []float64
		want   []string
	}{
		{[]float64{5.02, 6.70}, []string{"5", "6", "7"}},
		{[]float64{0, 0}, []string{"0", "1"}},
		{[]float64{0.2, 11.4}, []string{"0", "5", "10", "15"}},
		{[]float64{99.2, 100}, []string{"99.0", "99.5", "100.0"}},
		{[]float64{7}, []string{"7.0", "7.5"}},
		{[]float64{-3, 4}, []string{"-5", "0", "5"}},
		{[]float64{0.0001, 0.0004}, []string{"0.0000", "0.0002", "0.0004"}},
		{[]float64{gapValue}, []string{"0", "1"}},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.values), func(t *testing.T) {
			t.Parallel()
			s := scaleOf(values(tt.values...))
			var got []string
			for _, v := range s.ticks() {
				got = append(got, s.text(v))
			}
			require.Equal(t, tt.want, got)
		})
	}
}

// TestScaleHoldsItsValues tries every size of number.
func TestScaleHoldsItsValues(t *testing.T) {
	t.Parallel()
	for e := -15; e <= 15; e++ {
		for _, m := range []float64{1, 1.7, 3.3, 9.99} {
			for _, low := range []float64{0, 0.2, 0.9, -1} {
				high := m * math.Pow(10, float64(e))
				s := scaleOf(values(low*high, high))
				n := len(s.ticks())
				require.LessOrEqual(t, s.low, low*high+s.step*1e-6)
				require.GreaterOrEqual(t, s.high, high-s.step*1e-6)
				require.True(t, n >= 2 && n <= 7, "%d ticks for %v to %v", n, low*high, high)
			}
		}
	}
}

func TestBarsBeginAtZero(t *testing.T) {
	t.Parallel()
	var ts typesetter
	d := ts.drawChart(document.Chart{Kind: document.Bars, Points: points(4, 2, gapValue)}, 300)
	boxes := drawn[box](d)
	require.Len(t, boxes, 2, "what is not measured has no bar")
	require.InDelta(t, boxes[0].width, 2*boxes[1].width, 0.01)
	require.Contains(t, labels(d), "not measured")
}

// seriesCharts have more than one line or layer.
func seriesCharts() []document.Chart {
	return []document.Chart{severalLines(), stackedBars(), manySeries(document.Stacked), manySeries(document.Lines), negativeLine(), allGaps(), onePoint()}
}

func TestSeriesStayInTheirWidth(t *testing.T) {
	t.Parallel()
	var ts typesetter
	for _, c := range seriesCharts() {
		for _, width := range []float64{120, 230, 510} {
			d := ts.drawChart(c, width)
			for _, l := range drawn[label](d) {
				require.GreaterOrEqual(t, l.at.x, -tolerance, lineText(l.text))
				require.LessOrEqual(t, l.at.x+l.text.width, width+tolerance, lineText(l.text))
				require.LessOrEqual(t, l.at.y, d.height)
			}
			for _, b := range drawn[box](d) {
				require.LessOrEqual(t, b.at.x+b.width, width+tolerance)
				require.GreaterOrEqual(t, b.width, 0.0)
			}
			for _, s := range drawn[stroke](d) {
				require.True(t, min(s.from.x, s.to.x) >= -tolerance && max(s.from.x, s.to.x) <= width+tolerance)
			}
		}
	}
}

// TestSeriesAreToldApartWithoutColour holds that no two series have the same
// mark and dashes, nor the same hatching on the same ground.
func TestSeriesAreToldApartWithoutColour(t *testing.T) {
	t.Parallel()
	var ts typesetter
	lines, stacks := map[string]bool{}, map[string]bool{}
	for i := range document.MaxSeries {
		k := ts.key(i)
		mark := fmt.Sprintf("%T %v", k.mark(point{}, 1)[0], k.dash)
		if _, isPolygon := k.mark(point{}, 1)[0].(polygon); isPolygon {
			mark += fmt.Sprint(len(k.mark(point{}, 1)[0].(polygon).points))
		}
		require.False(t, lines[mark], "series %d: %s", i, mark)
		stack := fmt.Sprint(k.hatch, k.ground)
		require.False(t, stacks[stack], "series %d: %s", i, stack)
		lines[mark], stacks[stack] = true, true
	}
}

func TestEverySeriesIsNamed(t *testing.T) {
	t.Parallel()
	var ts typesetter
	for _, c := range []document.Chart{severalLines(), stackedBars(), manySeries(document.Lines)} {
		got := labels(ts.drawChart(c, 300))
		for _, name := range c.Series {
			require.Contains(t, got, name.String())
		}
	}
}

func TestStacksAddUp(t *testing.T) {
	t.Parallel()
	var ts typesetter
	c := stackedBars()
	d := ts.drawChart(c, 300)
	widths := map[int]float64{} // by row
	for _, b := range drawn[box](d) {
		if b.at.y > d.head {
			widths[int((b.at.y-d.head)/barPitch)] += b.width
		}
	}
	require.InDelta(t, widths[0]/17, widths[1]/12, 0.01)
	require.InDelta(t, widths[0]/17, widths[3]/31, 0.01)
	require.NotContains(t, widths, 2, "a stack that lacks a part has no bar")
	require.NotContains(t, widths, 4, "nothing is nothing")
	require.Contains(t, labels(d), "not measured")
	dotted := 0
	for _, l := range drawn[polyline](d) {
		if l.dash == (dash{1, 3}) {
			dotted++
		}
	}
	require.Equal(t, 1, dotted, "the gap is marked")
}

// TestGapsHaveAGround holds that a day that was not measured is marked as such,
// for one line or for several.
func TestGapsHaveAGround(t *testing.T) {
	t.Parallel()
	var ts typesetter
	grounds := func(c document.Chart) int {
		n := 0
		for _, b := range drawn[box](ts.drawChart(c, 300)) {
			if b.colour == neutralTint && b.height == plotHeight {
				n++
			}
		}
		return n
	}
	require.Equal(t, 2, grounds(document.Chart{Kind: document.Lines, Points: points(1, gapValue, 2, gapValue, gapValue)}))
	require.Equal(t, 2, grounds(severalLines()))
	require.Equal(t, 0, grounds(onePoint()))
	require.Equal(t, 1, grounds(allGaps()))
	got := labels(ts.drawChart(severalLines(), 400))
	require.Contains(t, got, "5 Nov: not measured")
	require.Contains(t, got, "9 Nov: critical not measured", "which of them is said")
}

func TestNothingMeasuredHasNoScale(t *testing.T) {
	t.Parallel()
	var ts typesetter
	require.Equal(t, []string{"1 Nov–4 Nov: not measured"}, labels(ts.drawChart(allGaps(), 300)))
}

func TestUnitIsAtTheTop(t *testing.T) {
	t.Parallel()
	var ts typesetter
	require.Contains(t, labels(ts.drawChart(negativeLine(), 300)), "2 pp")
	require.Contains(t, labels(ts.drawChart(stackedBars(), 400)), "40 findings")
}

// TestHatchingStaysInside clips lines against boxes of all shapes.
func TestHatchingStaysInside(t *testing.T) {
	t.Parallel()
	for _, width := range []float64{0.2, 3, 7.4, 20, 300} {
		for series := range document.MaxSeries {
			b := box{at: point{10, 20}, width: width, height: barHeight}
			for _, s := range (&typesetter{}).key(series).hatched(b, ink, hatchStep) {
				l := s.(stroke)
				for _, q := range []point{l.from, l.to} {
					require.True(t, q.x >= 10-tolerance && q.x <= 10+width+tolerance && q.y >= 20-tolerance && q.y <= 20+barHeight+tolerance, "%v", l)
				}
			}
		}
	}
}

// TestTallStacksAreDrawnInParts holds that no bar and no label gets lost
// between pages.
func TestTallStacksAreDrawnInParts(t *testing.T) {
	t.Parallel()
	c := document.Chart{Kind: document.Stacked, Series: []document.Text{T("a"), T("b")}}
	for i := range 150 {
		p := document.ChartPoint{Label: T(fmt.Sprintf("row %d", i)), Shown: T(fmt.Sprintf("total %d", i)), Parts: parts(1, float64(i))}
		c.Points = append(c.Points, p)
	}
	d := blank("Tall")
	d.Blocks = document.Blocks{c}
	var read string
	for _, e := range structureOf(t, pdfOf(t, d)).all() {
		read += e.text + " "
	}
	for i := range 150 {
		require.Contains(t, read, fmt.Sprintf("row %d ", i))
		require.Contains(t, read, fmt.Sprintf("total %d ", i))
	}
	p := testPDF(t)
	whole, n := p.drawChart(c, p.width), 0
	for _, piece := range p.chart(c, p.width) {
		require.LessOrEqual(t, piece.height, a4.bodyHeight())
		n++
	}
	require.Greater(t, n, 10)
	require.Greater(t, whole.height, a4.bodyHeight())
}

// TestSVGDrawsEveryShape holds that what is painted to the PDF is painted to
// the screen as well.
func TestSVGDrawsEveryShape(t *testing.T) {
	t.Parallel()
	var ts typesetter
	for _, c := range seriesCharts() {
		for _, s := range ts.drawChart(c, svgWidth).shapes {
			require.NotEmpty(t, svgShape(s), "%T", s)
		}
	}
}
