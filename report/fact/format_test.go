package fact_test

import (
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/closeofbusiness/cob/report/fact"
)

func ptr[T any](v T) *T { return &v }

func TestDecimalRoundsHalfAwayFromZero(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"0": "0.00", "0.005": "0.01", "-0.005": "−0.01", "0.0049999": "0.00", "-0.004": "0.00",
		"2.675": "2.68", "1234567.891": "1,234,567.89", "999.995": "1,000.00", "-1234.5": "−1,234.50",
	} {
		v, ok := new(big.Rat).SetString(in)
		require.True(t, ok)
		require.Equal(t, want, fact.Decimal(v, 2), in)
	}
	require.Equal(t, "6,240", fact.Integer(6240))
	require.Equal(t, "−1", fact.Integer(-1))
	require.Equal(t, "+1", fact.Signed(1))
	require.Equal(t, "−1", fact.Signed(-1))
	require.Equal(t, "0", fact.Signed(0))
}

func TestWord(t *testing.T) {
	t.Parallel()
	require.Equal(t, "no", fact.Word(0))
	require.Equal(t, "nine", fact.Word(9))
	require.Equal(t, "10", fact.Word(10))
	require.Equal(t, "1,000", fact.Word(1000))
}

func rate(num, den, prevNum, prevDen int64) *fact.Fact {
	return &fact.Fact{ID: "attack.success_rate", Unit: fact.Ratio, Status: fact.Measured,
		Value: ptr(float64(num) / float64(den)), Numerator: &num, Denominator: &den,
		Previous: ptr(float64(prevNum) / float64(prevDen)), PreviousNumerator: &prevNum, PreviousDenominator: &prevDen}
}

func number(id string, u fact.Unit, v float64, previous *float64) *fact.Fact {
	return &fact.Fact{ID: id, Unit: u, Status: fact.Measured, Value: &v, Previous: previous}
}

func TestShownChange(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		fact *fact.Fact
		want string
	}{
		{"a rate in percentage points, worse", rate(418, 6240, 341, 6600), "▲ 1.53 pp worse"},
		{"a rate, better", rate(27, 1080, 30, 1080), "▼ 0.28 pp better"},
		{"a rate that stayed", rate(1, 2, 2, 4), "unchanged"},
		{"a rate that moved by less than is shown", rate(100001, 1000000, 1, 10), "▲ < 0.01 pp worse"},
		{"from zero there is no percentage", rate(1, 100, 0, 100), "▲ 1.00 pp worse"},
		{"a count", number("incidents.open", fact.Count, 1, ptr(0.0)), "▲ 1 worse"},
		{"a count of what is good", number("findings.closed", fact.Count, 1, ptr(3.0)), "▼ 2 worse"},
		{"a count of neither", number("runs.planned", fact.Count, 14, ptr(13.0)), "▲ 1"},
		{"latency in ms and percent", number("health.latency_p95", fact.Milliseconds, 1340, ptr(1190.0)), "▲ 150 ms (12.6 %) worse"},
		{"latency from zero", number("health.latency_p95", fact.Milliseconds, 10, ptr(0.0)), "▲ 10 ms worse"},
		{"minutes", number("findings.ack_median", fact.Minutes, 22, ptr(31.0)), "▼ 9 min better"},
		{"one business day", number("findings.close_median", fact.BusinessDays, 7, ptr(6.0)), "▲ 1 business day worse"},
		{"from what was unmeasured", number("incidents.open", fact.Count, 1, nil), ""},
		{"to what is unmeasured", &fact.Fact{ID: "incidents.open", Unit: fact.Count, Status: fact.Unmeasured, Previous: ptr(1.0)}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, tt.fact.ShownChange().String())
		})
	}
}

func TestShown(t *testing.T) {
	t.Parallel()
	require.Equal(t, "6.70 %", rate(418, 6240, 1, 2).Shown())
	require.Equal(t, "50.00 %", rate(418, 6240, 1, 2).ShownPrevious())
	require.Equal(t, "1,340 ms", number("health.latency_p95", fact.Milliseconds, 1340, nil).Shown())
	require.Equal(t, "22 min", number("findings.ack_median", fact.Minutes, 22, nil).Shown())
	require.Equal(t, "1 business day", number("findings.close_median", fact.BusinessDays, 1, nil).Shown())
	require.Equal(t, "−1", number("findings.rerated_net", fact.Count, -1, nil).Shown())
	require.Equal(t, "no figure", number("incidents.open", fact.Count, 1, nil).ShownPrevious())
	var none *fact.Fact
	require.Equal(t, "not measured", none.Shown())
	require.Equal(t, "no figure", none.ShownPrevious())
	f := rate(418, 6240, 1, 2)
	f.Interval = ptr(fact.Wilson(418, 6240))
	require.Equal(t, "6.1–7.3", f.ShownInterval())
}

func TestShare(t *testing.T) {
	t.Parallel()
	part, whole := number("attempts.unanswered", fact.Count, 54, nil), number("attempts.sent", fact.Count, 4214, nil)
	require.Equal(t, "1.28 %", fact.Share(part, whole))
	require.Empty(t, fact.Share(part, number("attempts.sent", fact.Count, 0, nil)))
	require.Empty(t, fact.Share(part, nil))
}

// A change that is shown has the sign of what changed, and is the rounded
// difference of the exact values, not the difference of rounded ones.
func TestChangeAgreesWithValues(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		den, prevDen := rapid.Int64Range(1, 1e6).Draw(t, "den"), rapid.Int64Range(1, 1e6).Draw(t, "prevDen")
		num, prevNum := rapid.Int64Range(0, den).Draw(t, "num"), rapid.Int64Range(0, prevDen).Draw(t, "prevNum")
		f := rate(num, den, prevNum, prevDen)
		ch := f.ShownChange()
		d := new(big.Rat).Sub(big.NewRat(num, den), big.NewRat(prevNum, prevDen))
		require.True(t, ch.Known)
		require.Equal(t, d.Sign(), int(ch.Direction))
		switch d.Sign() {
		case 0:
			require.Equal(t, "unchanged", ch.Text)
			return
		case 1:
			require.True(t, strings.HasPrefix(ch.Text, "▲ "))
			require.Equal(t, "worse", ch.Judgement)
		default:
			require.True(t, strings.HasPrefix(ch.Text, "▼ "))
			require.Equal(t, "better", ch.Judgement)
		}
		shown, ok := new(big.Rat).SetString(strings.TrimSuffix(strings.TrimPrefix(strings.TrimLeft(ch.Text, "▲▼ "), "< "), " pp"))
		require.True(t, ok, ch.Text)
		off := new(big.Rat).Sub(shown, d.Abs(d.Mul(d, big.NewRat(100, 1))))
		require.LessOrEqual(t, off.Abs(off).Cmp(big.NewRat(1, 100)), 0)
		if !strings.Contains(ch.Text, "<") {
			require.LessOrEqual(t, off.Cmp(big.NewRat(1, 200)), 0)
		}
	})
}

func TestDecimalIsNearestAndReadsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := big.NewRat(rapid.Int64().Draw(t, "num"), rapid.Int64Range(1, 1e9).Draw(t, "den"))
		decimals := rapid.IntRange(0, 4).Draw(t, "decimals")
		s := fact.Decimal(v, decimals)
		back, ok := new(big.Rat).SetString(strings.NewReplacer(",", "", "−", "-").Replace(s))
		require.True(t, ok, s)
		half := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Mul(big.NewInt(2), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil)))
		off := new(big.Rat).Sub(back, v)
		require.LessOrEqual(t, off.Abs(off).Cmp(half), 0)
		require.NotContains(t, s, "-")
	})
}

// What JSON shows as 0.285 is 0.285, whatever binary fraction holds it.
func TestValuesWithoutPartsRoundAsTheirDecimals(t *testing.T) {
	t.Parallel()
	f := number("attack.success_rate", fact.Ratio, 0.01285, ptr(0.0))
	require.Equal(t, "1.29 %", f.Shown())
	require.Equal(t, "▲ 1.29 pp worse", f.ShownChange().String())
}
