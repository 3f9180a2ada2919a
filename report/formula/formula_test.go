package formula_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/formula"
)

var names = formula.Names{
	Metrics: fact.Builtin(),
	Params:  map[string]formula.Kind{"limit": formula.Number, "team": formula.Text, "full": formula.Truth},
	Figures: []string{"share"},
	Row:     map[string]formula.Kind{"value": formula.Number, "target": formula.Text},
}

func ptr[T any](v T) *T { return &v }

// measured is a count with its value before; a negative one is not there.
func measured(id string, now, before float64) *fact.Fact {
	f := &fact.Fact{ID: id, Unit: fact.Count, Status: fact.Measured, Value: &now}
	if before >= 0 {
		f.Previous = &before
	}
	return f
}

// env has a day on which incidents.open was 2 after 5, findings.closed is not
// measured, findings.opened had nothing before, and nothing else is known.
func env() formula.Env {
	facts := map[string]*fact.Fact{
		"incidents.open":                   measured("incidents.open", 2, 5),
		"findings.opened":                  measured("findings.opened", 3, -1),
		"findings.closed":                  {ID: "findings.closed", Unit: fact.Count, Status: fact.Unmeasured, Reason: "no feed", Previous: ptr(7.0)},
		"attack.success_rate":              {ID: "attack.success_rate", Unit: fact.Ratio, Status: fact.Measured, Value: ptr(1.0 / 3), Numerator: ptr(int64(1)), Denominator: ptr(int64(3)), Comparable: ptr(0.25)},
		"findings.closed{severity=medium}": {ID: "findings.closed", Unit: fact.Count, Status: fact.Unmeasured, Reason: "no feed", Previous: ptr(7.0)}, // the total stands for it
	}
	return formula.Env{
		Fact:      func(r formula.Ref) *fact.Fact { return facts[r.Key()] },
		Params:    map[string]formula.Value{"limit": formula.Int(3), "team": formula.String("red"), "full": formula.Bool(true)},
		Figure:    func(string) formula.Value { return formula.Int(9) },
		Row:       map[string]formula.Value{"value": formula.Int(4), "target": formula.String("kb-search")},
		Weekday:   "Friday",
		Qualified: true,
	}
}

// gap stands for "not measured" in the tables.
const gap = "not measured"

func value(t testing.TB, src string, kind formula.Kind, in formula.Env) string {
	e, mistakes := formula.Compile(src, kind, names)
	require.Empty(t, mistakes, src)
	switch v := e.Value(in); {
	case v.Gap != nil:
		return gap
	case kind == formula.Truth && v.Truth:
		return "true"
	case kind == formula.Truth:
		return "false"
	default:
		return v.Number.RatString()
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`1 + 2 * 3`:                                 "7",
		`0.1 + 0.2`:                                 "3/10", // a tenth is a tenth
		`-fact("incidents.open")`:                   "-2",
		`fact("incidents.open") / 3`:                "2/3",
		`previous("incidents.open")`:                "5",
		`change("incidents.open")`:                  "-3",
		`fact("attack.success_rate") * 3`:           "1", // by its counts, not by their quotient
		`comparable("attack.success_rate")`:         "1/4",
		`abs(change("incidents.open"))`:             "3",
		`max(1, value, params.limit)`:               "4",
		`min(1, value, params.limit)`:               "1",
		`figure("share") - params.limit`:            "6",
		`qualified ? 1 : fact("runs.planned")`:      "1", // what is not asked need not be measured
		`value > 3 ? 10 : 20`:                       "10",
		`1 / 0`:                                     gap,
		`1 / (fact("incidents.open") - 2)`:          gap,
		`fact("findings.closed")`:                   gap,
		`fact("findings.closed") * 0`:               gap,
		`fact("runs.planned")`:                      gap, // nobody has heard of it
		`change("findings.opened")`:                 gap,
		`previous("findings.opened")`:               gap,
		`max(1, fact("findings.closed"))`:           gap,
		`abs(fact("findings.closed"))`:              gap,
		`fact("findings.closed") > 0 ? 1 : 1`:       gap,
		strings.Repeat("1e300*", 20) + "1":          gap, // too long to be a figure
		`1e-300 * 1e-300 * 1e300 * 1e300`:           "1",
		`previous("findings.closed")`:               "7",
		`fact("findings.closed{severity=low}")`:     gap,
		`comparable("incidents.open")`:              gap,
		`params.full ? value : params.limit`:        "4",
		`(fact("incidents.open") - 5) / -3`:         "1",
		`+value`:                                    "4",
		`fact("findings.opened") - 1 / 3 - 2/3`:     "2",
		`comparable("findings.closed")`:             gap,
		`previous("incidents.open") * params.limit`: "15",
	} {
		require.Equal(t, want, value(t, src, formula.Number, env()), src)
	}
}

func TestTruths(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`fact("incidents.open") > 1`:                                     "true",
		`fact("incidents.open") >= 2.0`:                                  "true",
		`fact("incidents.open") < 2`:                                     "false",
		`1 <= 1 and not (1 != 1)`:                                        "true",
		`!qualified || params.full`:                                      "true",
		`params.team == "red"`:                                           "true",
		`target != "kb-search"`:                                          "false",
		`weekday in ["Monday", "Friday"]`:                                "true",
		`weekday in ["Monday"]`:                                          "false",
		`qualified == true`:                                              "true",
		`measured("findings.closed")`:                                    "false",
		`measured("incidents.open")`:                                     "true",
		`measured("runs.planned")`:                                       "false",
		`fact("findings.closed") > 0`:                                    gap,
		`fact("findings.closed") == fact("findings.closed")`:             gap,
		`fact("findings.closed") != 0`:                                   gap,
		`not (fact("findings.closed") > 0)`:                              gap,
		`fact("findings.closed") in [1, 2]`:                              gap,
		`1 in [fact("findings.closed"), 1]`:                              "true",
		`fact("findings.closed") > 0 and 1 > 2`:                          "false", // whatever the figure is
		`1 > 2 and fact("findings.closed") > 0`:                          "false",
		`fact("findings.closed") > 0 or 2 > 1`:                           "true",
		`2 > 1 or fact("findings.closed") > 0`:                           "true",
		`fact("findings.closed") > 0 and 2 > 1`:                          gap,
		`fact("findings.closed") > 0 or 1 > 2`:                           gap,
		`measured("findings.closed") and fact("findings.closed") > 0`:    "false",
		`not measured("findings.closed") or fact("findings.closed") > 0`: "true",
	} {
		require.Equal(t, want, value(t, src, formula.Truth, env()), src)
	}
}

// On the business date before, figures are what they were then; what no fact set
// holds of it is not measured.
func TestBefore(t *testing.T) {
	t.Parallel()
	before := env()
	before.Before, before.Weekday = true, "Thursday"
	for src, want := range map[string]string{
		`fact("incidents.open") * 2`:                           "10",
		`fact("findings.closed")`:                              "7",
		`fact("findings.opened")`:                              gap,
		`previous("incidents.open")`:                           gap,
		`change("incidents.open")`:                             gap,
		`comparable("attack.success_rate")`:                    gap,
		`measured("findings.closed") ? 1 : 0`:                  "1",
		`measured("findings.opened") ? 1 : 0`:                  "0",
		`qualified ? 1 : 0`:                                    gap,
		`weekday == "Thursday" ? 1 : 0`:                        "1",
		`fact("findings.closed{severity=medium}")`:             gap, // the total's value before is not its part's
		`measured("findings.closed{severity=medium}") ? 1 : 0`: "0",
	} {
		require.Equal(t, want, value(t, src, formula.Number, before), src)
	}
	before.Weekday = ""
	require.Equal(t, gap, value(t, `weekday == "Friday"`, formula.Truth, before), "there is no day before the first")
}

// What is not measured names its fact, so that the page can point to its note.
func TestGaps(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]struct {
		reason string
		fact   bool
	}{
		`1 + fact("findings.closed")`:              {"no feed", true},
		`change("findings.closed")`:                {"no feed", true},
		`1 / 0`:                                    {"it divides by zero", false},
		`fact("runs.planned")`:                     {"there is no figure runs.planned", false},
		`change("findings.opened")`:                {"there is no figure before of findings.opened", false},
		`fact("findings.closed{severity=medium}")`: {"no feed", true},
	} {
		e, mistakes := formula.Compile(src, formula.Number, names)
		require.Empty(t, mistakes)
		v := e.Value(env())
		require.Equal(t, want.reason, v.Gap.Reason, src)
		require.Equal(t, want.fact, v.Gap.Fact != nil, src)
		require.Nil(t, v.Number)
	}
}

func TestRefs(t *testing.T) {
	t.Parallel()
	e, mistakes := formula.Compile(`fact("incidents.open") > 0 and measured("findings.open{severity=critical}") and figure("share") > 1`, formula.Truth, names)
	require.Empty(t, mistakes)
	require.Equal(t, []formula.Ref{{ID: "incidents.open", Dims: fact.Dims{}}, {ID: "findings.open", Dims: fact.Dims{"severity": "critical"}}}, e.Refs)
	require.Equal(t, []string{"share"}, e.Figures)
}

// Every one is refused when a template is read, whatever it would do.
func TestRefused(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		``:                                    "expected an expression such as",
		`1 +`:                                 "expected an expression such as",
		`"a`:                                  "expected an expression such as",
		`1`:                                   `found "1", which is a number, expected true or false`,
		`"a"`:                                 "which is a text",
		`1 < "a"`:                             `found "a", which is a text, expected a number`,
		`"a" < "b"`:                           "expected a number",
		`"a" + "b" == "ab"`:                   "expected a number",
		`1 == "a"`:                            "expected a number",
		`1 and true`:                          "found 1, which is a number, expected true or false",
		`not 1`:                               "expected true or false",
		`-true > 0`:                           "expected a number",
		`true ? 1 : "a"`:                      "expected a number",
		`1 ? true : false`:                    "expected true or false",
		`2 ** 3 > 0`:                          "found the operator **",
		`2 ^ 3 > 0`:                           "found the operator ^",
		`7 % 2 > 0`:                           "found the operator %",
		`"a" contains "a"`:                    "found the operator contains",
		`"a" matches "(a+)+$"`:                "found the operator matches",
		`nil == nil`:                          "expected numbers, texts",
		`(value ?? 1) > 0`:                    "found the operator ??",
		`1..3 == 1..3`:                        "found the operator ..",
		`value in 1..9999999999`:              "found 1..9999999999 after in",
		`value in []`:                         `expected a list such as`,
		`value in ["a"]`:                      "expected a number",
		`[1][0] > 0`:                          "expected params.NAME",
		`{"a": 1}.a > 0`:                      "expected params.NAME",
		`params["limit"] > params.none`:       "found params.none, expected one of params.full, params.limit, params.team",
		`params?.limit > 0`:                   "expected",
		`params > 0`:                          "found the name params",
		`params.limit.x > 0`:                  "expected params.NAME",
		`$env.value > 0`:                      "expected params.NAME",
		`fact > 0`:                            "found the name fact",
		`fact() > 0`:                          `fact("METRIC") with a metric in quotes`,
		`fact(target) > 0`:                    `fact("METRIC") with a metric in quotes`,
		`fact("a", "b") > 0`:                  `fact("METRIC") with a metric in quotes`,
		`fact("runs.lost") > 0`:               `found fact("runs.lost"), expected a known metric`,
		`fact("findings.open{severity}") > 0`: "expected dimensions written name=value",
		`fact("findings.open{team=x}") > 0`:   "expected one of findings.open's breakdowns",
		`figure("none") > 0`:                  `found figure("none"), expected one of share`,
		`figure(target) > 0`:                  `figure("NAME") with a name in quotes`,
		`now() > 0`:                           "found now()",
		`now().Unix() > 0`:                    "expected fact",
		`len("a") > 0`:                        "found len",
		`repeat("a", 1e9) == ""`:              "found repeat",
		`all([1], # > 0)`:                     "expected",
		`filter(1..1000000, # > 0) == []`:     "expected",
		`let x = 1; x > 0`:                    "expected numbers, texts",
		`1 > 0; true`:                         "expected numbers, texts",
		`if true { true } else { false }`:     "expected an expression such as",
		`abs() > 0`:                           "found abs()",
		`abs(1, 2) > 0`:                       "found abs(1, 2)",
		`min(1) > 0`:                          "found min(1)",
		`max("a", 1) > 0`:                     "expected a number",
		`toJSON(params) == ""`:                "found toJSON",
		`get(params, "limit") > 0`:            "found get",
		`b"abc" == b"abc"`:                    "expected",
		"true // " + strings.Repeat("x", 500): "expected at most 500",
		strings.Repeat("1+", 200) + "1 > 0":   "expected an expression such as", // more nodes than there may be
		strings.Repeat("(", 400):              "expected an expression such as",
		strings.Repeat("!", 499) + "1":        "expected an expression such as",
		"99999999999999999999 > 0":            "expected an expression such as",
	} {
		t.Run(src, func(t *testing.T) {
			t.Parallel()
			e, mistakes := formula.Compile(src, formula.Truth, names)
			require.Nil(t, e)
			require.NotEmpty(t, mistakes)
			var all []string
			for _, m := range mistakes {
				all = append(all, m.Error())
			}
			require.Contains(t, strings.Join(all, "\n"), want)
		})
	}
}

func TestEveryMistakeAtOnce(t *testing.T) {
	t.Parallel()
	_, mistakes := formula.Compile(`fact("a.b") > params.x and now() > speed`, formula.Truth, names)
	require.Len(t, mistakes, 4)
}

// A template without figures, parameters or rows says so.
func TestNamesThatAreNotThere(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`figure("share") > 0`: "figures are not made of figures",
		`params.limit > 0`:    "a parameter, and the template has none",
		`value > 0`:           "expected one of weekday, qualified, params.NAME, or a function",
	} {
		_, mistakes := formula.Compile(src, formula.Truth, formula.Names{Metrics: fact.Builtin()})
		require.Len(t, mistakes, 1)
		require.ErrorContains(t, mistakes[0], want)
	}
}
