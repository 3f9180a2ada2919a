package render

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/document"
)

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
			s := scaleFor(points(tt.values...))
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
				s := scaleFor(points(low*high, high))
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
