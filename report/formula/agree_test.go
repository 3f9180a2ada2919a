package formula

import (
	"math"
	"testing"

	"github.com/expr-lang/expr"
	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/fact"
)

// ran is what the language's own machine makes of an expression over figures that
// are all measured, in floating point.
func ran(t testing.TB, src string) any {
	known := map[string]float64{"incidents.open": 2, "findings.opened": 3}
	figure := func(p ...any) (any, error) { return known[p[0].(string)], nil }
	program, err := expr.Compile(src,
		expr.Env(map[string]any{"value": 4.0, "target": "a", "weekday": "Friday", "qualified": true, "params": map[string]any{"limit": 3.0}}),
		expr.DisableAllBuiltins(), expr.Optimize(false),
		expr.Function("fact", figure, new(func(string) float64)),
		expr.Function("abs", func(p ...any) (any, error) { return math.Abs(asFloat(p[0])), nil }, new(func(float64) float64)),
		expr.Function("min", func(p ...any) (any, error) { return math.Min(asFloat(p[0]), asFloat(p[1])), nil }, new(func(float64, float64) float64)))
	require.NoError(t, err, src)
	out, err := expr.Run(program, map[string]any{"value": 4.0, "target": "a", "weekday": "Friday", "qualified": true, "params": map[string]any{"limit": 3.0}})
	require.NoError(t, err, src)
	return out
}

func asFloat(v any) float64 {
	if n, ok := v.(int); ok {
		return float64(n)
	}
	return v.(float64)
}

// Where everything is measured, an expression means what the language says that
// it means: operators bind and associate alike.
func TestAgreesWithTheLanguage(t *testing.T) {
	t.Parallel()
	names := Names{Metrics: fact.Builtin(), Params: map[string]Kind{"limit": Number}, Row: map[string]Kind{"value": Number, "target": Text}}
	env := Env{Weekday: "Friday", Qualified: true, Params: map[string]Value{"limit": Int(3)},
		Row: map[string]Value{"value": Int(4), "target": String("a")},
		Fact: func(r Ref) *fact.Fact {
			v := map[string]float64{"incidents.open": 2, "findings.opened": 3}[r.ID]
			return &fact.Fact{ID: r.ID, Status: fact.Measured, Unit: fact.Count, Value: &v}
		}}
	for _, src := range []string{
		`10 - 4 - 3`, `2 + 3 * 4`, `2 * 3 + 4`, `24 / 4 / 3`, `-2 * 3`, `-(2 + 3)`, `1 - -1`, `7 / 2`, `(1 + 2) * (3 + 4)`,
		`fact("incidents.open") * value - params.limit`, `abs(1 - fact("findings.opened"))`, `min(value, 2) + 0.5`, `true ? 1.5 : 2.5`,
		`value > 3 ? value < 5 ? 1 : 2 : 3`, `1 + 2 > 2 ? 3 : 4`,
	} {
		e, mistakes := Compile(src, Number, names)
		require.Empty(t, mistakes, src)
		got, _ := e.Value(env).Number.Float64()
		require.InDelta(t, asFloat(ran(t, src)), got, 1e-12, src)
	}
	for _, src := range []string{
		`true or true and false`, `(true or true) and false`, `not true or true`, `not (true or true)`, `!qualified == false`, `1 < 2 == true`,
		`value >= 4 && value <= 4`, `target == "a" and weekday != "Monday"`, `weekday in ["Friday"] and not (value in [1, 2])`, `value not in [1, 2]`, `1 + 1 == 2`,
		`not qualified and false`,
	} {
		e, mistakes := Compile(src, Truth, names)
		require.Empty(t, mistakes, src)
		require.Equal(t, ran(t, src), e.Value(env).Truth, src)
	}
}

// Whatever is read is refused, or has a value or none: no panic, no infinity, and
// nothing longer than may be shown.
func FuzzExpression(f *testing.F) {
	for _, src := range []string{`fact("incidents.open") > 0`, `1 / 0`, `value in [1, 2] ? abs(-1) : max(1, 2)`, `params.limit ** 9 ** 9`, `all(1..9, # > 0)`,
		`"a" == target or not measured("findings.open{severity=critical}")`, `((((1`, `1e308 * 1e308`, `0x7fffffffffffffff + 1`, `{"a": [1]}["a"][0]`} {
		f.Add(src)
	}
	names := Names{Metrics: fact.Builtin(), Params: map[string]Kind{"limit": Number}, Figures: []string{"share"}, Row: map[string]Kind{"value": Number, "target": Text}}
	env := Env{Fact: func(Ref) *fact.Fact { return nil }, Figure: func(string) Value { return Int(2) },
		Params: map[string]Value{"limit": Int(3)}, Row: map[string]Value{"value": Int(4), "target": String("a")}}
	f.Fuzz(func(t *testing.T, src string) {
		for _, kind := range []Kind{Number, Truth} {
			e, mistakes := Compile(src, kind, names)
			require.Equal(t, e == nil, len(mistakes) > 0)
			if e == nil {
				continue
			}
			v := e.Value(env)
			require.Equal(t, kind, v.Kind)
			if kind == Number && v.Gap == nil {
				require.LessOrEqual(t, v.Number.Num().BitLen(), maxBits+64)
			}
		}
	})
}
