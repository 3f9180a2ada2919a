package template

import (
	"fmt"
	"maps"
	"math"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"

	"github.com/closeofbusiness/cob/report/formula"
)

// ParameterType is what a parameter's value is.
type ParameterType string

// The types of parameters.
const (
	Integer   ParameterType = "integer" // from 0
	Decimal   ParameterType = "number"
	Words     ParameterType = "text"
	TrueFalse ParameterType = "boolean"
)

// kind is what such a parameter is in an expression.
func (t ParameterType) kind() formula.Kind {
	switch t {
	case Words:
		return formula.Text
	case TrueFalse:
		return formula.Truth
	}
	return formula.Number
}

// Parameter is a value that a series may set.
type Parameter struct {
	Name     string
	Type     ParameterType
	Default  formula.Value
	Min, Max int      // of an integer
	Low      *big.Rat // of a number; nil: no bound
	High     *big.Rat
	OneOf    []string       // of a text; nil: any
	Pattern  *regexp.Regexp // that all of a text has to match; nil: any
	Longest  int            // of a text, in characters
}

// The bounds of parameters.
const (
	maxParameters = 50
	maxLongest    = 200
	maxPattern    = 200
)

// Params are a template's parameters with their values.
type Params map[string]formula.Value

// Int is the number's value.
func (p Params) Int(n Int) int {
	if n.Param == "" {
		return n.Value
	}
	v := p[n.Param].Number
	if v == nil {
		return 0
	}
	return int(v.Num().Int64())
}

// Resolve checks a series' parameters and fills in the defaults.
func (t *Template) Resolve(given map[string]any) (Params, error) {
	var r reader
	out := Params{}
	for _, p := range t.Parameters {
		out[p.Name] = p.Default
		v, ok := given[p.Name]
		if !ok {
			continue
		}
		value, ok := p.accepts(v)
		if !ok {
			r.wrong(nil, "parameters."+p.Name, fmt.Sprintf("%v", v), p.expected())
			continue
		}
		out[p.Name] = value
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if _, ok := out[name]; !ok {
			r.wrong(nil, "parameters."+name, "a parameter that the template does not have", oneOf(parameterNames(t.Parameters)))
		}
	}
	if err := r.err(); err != nil {
		return nil, fmt.Errorf("template %s %s: %w", t.Name, t.Version, err)
	}
	return out, nil
}

func parameterNames(ps []Parameter) []string {
	names := make([]string, len(ps))
	for i, p := range ps {
		names[i] = p.Name
	}
	return names
}

// accepts reads a value as YAML and JSON decoders give it.
func (p Parameter) accepts(v any) (formula.Value, bool) {
	switch p.Type {
	case Integer:
		n, ok := whole(v)
		return formula.Int(n), ok && n >= p.Min && n <= p.Max
	case Decimal:
		n := decimal(v)
		return formula.Of(n), n != nil && (p.Low == nil || n.Cmp(p.Low) >= 0) && (p.High == nil || n.Cmp(p.High) <= 0)
	case TrueFalse:
		b, ok := v.(bool)
		return formula.Bool(b), ok
	}
	s, ok := v.(string)
	return formula.String(s), ok && p.allows(s)
}

func (p Parameter) allows(s string) bool {
	if p.OneOf != nil {
		return slices.Contains(p.OneOf, s)
	}
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= p.Longest && (p.Pattern == nil || p.Pattern.MatchString(s))
}

// expected says what the parameter accepts.
func (p Parameter) expected() string {
	switch {
	case p.Type == Integer:
		return bounds(p.Min, p.Max)
	case p.Type == TrueFalse:
		return "true or false"
	case p.Type == Decimal:
		return between(p.Low, p.High)
	case p.OneOf != nil:
		return oneOf(p.OneOf)
	}
	s := fmt.Sprintf("a text of at most %d characters", p.Longest)
	if p.Pattern != nil {
		s += ", all of it matching " + p.Pattern.String()
	}
	return s
}

func between(low, high *big.Rat) string {
	s := "a number"
	if low != nil {
		s += " from " + plainNumber(low)
	}
	if high != nil {
		s += " to " + plainNumber(high)
	}
	return s
}

func plainNumber(r *big.Rat) string {
	f, _ := r.Float64()
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// whole reads a whole number as YAML and JSON decoders give it.
func whole(v any) (int, bool) {
	switch v := v.(type) {
	case int:
		return v, true
	case int64:
		return int(v), v >= math.MinInt32 && v <= math.MaxInt32
	case uint64:
		return int(v & math.MaxInt32), v <= math.MaxInt32
	case float64:
		return int(v), v == math.Trunc(v) && math.Abs(v) <= math.MaxInt32
	}
	return 0, false
}

// decimal reads a number as YAML and JSON decoders give it; nil: it is none.
func decimal(v any) *big.Rat {
	switch v := v.(type) {
	case int:
		return big.NewRat(int64(v), 1)
	case int64:
		return big.NewRat(v, 1)
	case uint64:
		return new(big.Rat).SetUint64(v)
	case float64:
		return formula.Decimal(v)
	}
	return nil
}

func (r *reader) parameters(n ast.Node) []Parameter {
	list, ok := pairs(n)
	if !ok {
		r.wrong(n, "parameters", found(n), "a mapping of names to parameters")
		return nil
	}
	if len(list) > maxParameters {
		r.wrong(n, "parameters", fmt.Sprintf("%d parameters", len(list)), fmt.Sprintf("at most %d", maxParameters))
		return nil
	}
	var out []Parameter
	for _, pair := range list {
		name := keyOf(pair)
		path := "parameters." + brief(name)
		if !params.MatchString(name) {
			r.wrong(pair.Key, path, strconv.Quote(name), "a name of a-z, 0-9 and _")
			continue
		}
		if _, twice := r.params[name]; twice {
			r.wrong(pair.Key, path, "the parameter a second time", "it once")
			continue
		}
		if p, ok := r.parameter(pair.Value, path, name); ok {
			out = append(out, p)
			r.params[name] = p
		}
	}
	return out
}

func (r *reader) parameter(n ast.Node, path, name string) (Parameter, bool) {
	f := r.fields(n, path, "type", "default", "minimum", "maximum", "one_of", "pattern", "max_length")
	if f == nil {
		return Parameter{}, false
	}
	p := Parameter{Name: name, Max: math.MaxInt32, Longest: maxLongest,
		Type: ParameterType(r.choice(f["type"], join(path, "type"), string(Integer), string(Decimal), string(Words), string(TrueFalse)))}
	if p.Type == "" {
		return p, false
	}
	r.belongs(f, path, p.Type)
	switch p.Type {
	case Integer:
		r.integerBounds(f, path, &p)
	case Decimal:
		r.decimalBounds(f, path, &p)
	case Words:
		r.wordBounds(f, path, &p)
	}
	v, ok := p.accepts(scalar(f["default"]))
	if !ok {
		r.wrong(f["default"], join(path, "default"), found(f["default"]), p.expected())
	}
	p.Default = v
	return p, true
}

// belongs refuses bounds of other types.
func (r *reader) belongs(f map[string]ast.Node, path string, t ParameterType) {
	of := map[string][]ParameterType{"minimum": {Integer, Decimal}, "maximum": {Integer, Decimal}, "one_of": {Words}, "pattern": {Words}, "max_length": {Words}}
	for _, key := range []string{"minimum", "maximum", "one_of", "pattern", "max_length"} {
		if n, ok := f[key]; ok && !slices.Contains(of[key], t) {
			r.wrong(n, join(path, key), key+" of a parameter of type "+string(t), "none: it is for "+typeNames(of[key]))
		}
	}
}

func typeNames(ts []ParameterType) string {
	out := string(ts[0])
	for _, t := range ts[1:] {
		out += " and " + string(t)
	}
	return out
}

// scalar is a node's value as decoders give it; nil where it has none.
func scalar(n ast.Node) any {
	switch n := n.(type) {
	case *ast.IntegerNode:
		return n.Value
	case *ast.FloatNode:
		return n.Value
	case *ast.BoolNode:
		return n.Value
	case *ast.StringNode:
		return n.Value
	}
	return nil
}

func (r *reader) integerBounds(f map[string]ast.Node, path string, p *Parameter) {
	if n, ok := f["minimum"]; ok {
		p.Min = r.number(n, join(path, "minimum"), 0, math.MaxInt32)
	}
	if n, ok := f["maximum"]; ok {
		p.Max = r.number(n, join(path, "maximum"), p.Min, math.MaxInt32)
	}
}

func (r *reader) decimalBounds(f map[string]ast.Node, path string, p *Parameter) {
	p.Low, p.High = r.decimalOf(f, path, "minimum"), r.decimalOf(f, path, "maximum")
	if p.Low != nil && p.High != nil && p.Low.Cmp(p.High) > 0 {
		r.wrong(f["maximum"], join(path, "maximum"), found(f["maximum"]), between(p.Low, nil))
		p.High = nil
	}
}

func (r *reader) decimalOf(f map[string]ast.Node, path, key string) *big.Rat {
	n, ok := f[key]
	if !ok {
		return nil
	}
	v := decimal(scalar(n))
	if v == nil {
		r.wrong(n, join(path, key), found(n), "a number")
	}
	return v
}

func (r *reader) wordBounds(f map[string]ast.Node, path string, p *Parameter) {
	if n, ok := f["max_length"]; ok {
		p.Longest = r.number(n, join(path, "max_length"), 1, maxLongest)
	}
	if n, ok := f["one_of"]; ok {
		for i, v := range r.list(n, join(path, "one_of"), "texts") {
			p.OneOf = append(p.OneOf, r.text(v, item(join(path, "one_of"), i), "a text"))
		}
	}
	if n, ok := f["pattern"]; ok {
		p.Pattern = r.regexp(n, join(path, "pattern"))
	}
}

// regexp reads a pattern, which all of a text has to match. It runs in linear
// time whatever it says.
func (r *reader) regexp(n ast.Node, path string) *regexp.Regexp {
	const expected = "a regular expression (RE2) of at most 200 bytes"
	s := r.text(n, path, expected)
	if s == "" {
		return nil
	}
	if len(s) > maxPattern {
		r.wrong(n, path, fmt.Sprintf("%d bytes", len(s)), expected)
		return nil
	}
	re, err := regexp.Compile(`^(?:` + s + `)$`)
	if err != nil {
		r.wrong(n, path, strconv.Quote(s), expected)
		return nil
	}
	return re
}
