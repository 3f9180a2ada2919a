package formula

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/types"
)

// checker walks an expression once, before anything is computed.
type checker struct {
	names    Names
	out      *Expr
	mistakes []*Mistake
}

func (c *checker) wrong(found, expected string) Kind {
	c.mistakes = append(c.mistakes, &Mistake{found, expected})
	return ""
}

// check tells what a node is; empty where that has been refused. Only what
// stands here is part of the language.
func (c *checker) check(n ast.Node) Kind {
	switch n := n.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		return Number
	case *ast.StringNode:
		return Text
	case *ast.BoolNode:
		return Truth
	case *ast.IdentifierNode:
		return c.name(n.Value)
	case *ast.MemberNode:
		return c.parameter(n)
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.ConditionalNode:
		return c.either(n)
	case *ast.CallNode:
		return c.call(n)
	}
	return c.wrong(n.String(), "numbers, texts, + - * /, comparisons, and, or, not, ? :, and "+functions())
}

func (c *checker) name(name string) Kind {
	if k, ok := c.names.Row[name]; ok {
		return k
	}
	switch name {
	case "weekday":
		return Text
	case "qualified":
		return Truth
	}
	known := append([]string{"weekday", "qualified", "params.NAME"}, slices.Sorted(maps.Keys(c.names.Row))...)
	return c.wrong("the name "+name, "one of "+strings.Join(known, ", ")+", or a function: "+functions())
}

func (c *checker) parameter(n *ast.MemberNode) Kind {
	of, ok := n.Node.(*ast.IdentifierNode)
	property, named := n.Property.(*ast.StringNode)
	if !ok || of.Value != "params" || !named || n.Optional {
		return c.wrong(n.String(), "params.NAME")
	}
	k, ok := c.names.Params[property.Value]
	if !ok {
		known := slices.Sorted(maps.Keys(c.names.Params))
		if len(known) == 0 {
			return c.wrong("params."+property.Value, "a parameter, and the template has none")
		}
		return c.wrong("params."+property.Value, "one of params."+strings.Join(known, ", params."))
	}
	return k
}

func (c *checker) unary(n *ast.UnaryNode) Kind {
	switch n.Operator {
	case "not", "!":
		return c.want(n.Node, Truth, Truth)
	case "-", "+":
		return c.want(n.Node, Number, Number)
	}
	return c.wrong("the operator "+n.Operator, "not or -")
}

// want checks that a node is of a kind, for a whole that is of another.
func (c *checker) want(n ast.Node, kind, whole Kind) Kind {
	if k := c.check(n); k != "" && k != kind {
		return c.wrong(n.String()+", which is "+string(k), string(kind))
	}
	return whole
}

func (c *checker) binary(n *ast.BinaryNode) Kind {
	switch n.Operator {
	case "+", "-", "*", "/":
		c.want(n.Left, Number, "")
		return c.want(n.Right, Number, Number)
	case "<", "<=", ">", ">=":
		c.want(n.Left, Number, "")
		return c.want(n.Right, Number, Truth)
	case "and", "&&", "or", "||":
		c.want(n.Left, Truth, "")
		return c.want(n.Right, Truth, Truth)
	case "==", "!=":
		if left := c.check(n.Left); left != "" {
			return c.want(n.Right, left, Truth)
		}
		return ""
	case "in":
		return c.among(n)
	}
	return c.wrong("the operator "+n.Operator, "one of + - * / == != < <= > >= and or in")
}

func (c *checker) among(n *ast.BinaryNode) Kind {
	list, ok := n.Right.(*ast.ArrayNode)
	if !ok || len(list.Nodes) == 0 {
		return c.wrong(n.Right.String()+" after in", `a list such as ["Monday", "Friday"]`)
	}
	k := c.check(n.Left)
	for _, item := range list.Nodes {
		if k != "" {
			c.want(item, k, "")
		}
	}
	return Truth
}

func (c *checker) either(n *ast.ConditionalNode) Kind {
	c.want(n.Cond, Truth, "")
	k := c.check(n.Exp1)
	if k == "" {
		return ""
	}
	return c.want(n.Exp2, k, k)
}

// ofFact are the functions of one figure.
var ofFact = []string{"fact", "previous", "change", "comparable", "measured"}

func functions() string {
	return strings.Join(ofFact, `("…"), `) + `("…"), figure("…"), abs(…), min(…), max(…)`
}

func (c *checker) call(n *ast.CallNode) Kind {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		return c.wrong(n.String(), functions())
	}
	switch name := callee.Value; {
	case slices.Contains(ofFact, name):
		return c.figureOf(n, name)
	case name == "figure":
		return c.derived(n)
	case name == "abs" && len(n.Arguments) == 1, (name == "min" || name == "max") && len(n.Arguments) >= 2:
		for _, a := range n.Arguments {
			c.want(a, Number, "")
		}
		return Number
	default:
		return c.wrong(n.String(), functions())
	}
}

// constant is a call's one argument, which has to be written out: what a
// template needs is known before it is used.
func constant(n *ast.CallNode) (string, bool) {
	if len(n.Arguments) != 1 {
		return "", false
	}
	s, ok := n.Arguments[0].(*ast.StringNode)
	if !ok {
		return "", false
	}
	return s.Value, true
}

func (c *checker) figureOf(n *ast.CallNode, name string) Kind {
	s, ok := constant(n)
	if !ok {
		return c.wrong(n.String(), name+`("METRIC") with a metric in quotes, such as `+name+`("incidents.open")`)
	}
	ref, problem := ParseRef(s, c.names.Metrics)
	if problem != "" {
		return c.wrong(name+"("+strconv.Quote(s)+")", problem)
	}
	c.out.Refs = append(c.out.Refs, ref)
	c.out.calls[n.Location().From] = ref
	if name == "measured" {
		return Truth
	}
	return Number
}

func (c *checker) derived(n *ast.CallNode) Kind {
	s, ok := constant(n)
	switch {
	case !ok:
		return c.wrong(n.String(), `figure("NAME") with a name in quotes`)
	case c.names.Figures == nil:
		return c.wrong("figure("+strconv.Quote(s)+")", "metrics: figures are not made of figures, and need some under figures")
	case !slices.Contains(c.names.Figures, s):
		return c.wrong("figure("+strconv.Quote(s)+")", "one of "+strings.Join(c.names.Figures, ", "))
	}
	c.out.Figures = append(c.out.Figures, s)
	return Number
}

// typed has the language check the types by its own rules as well. Nothing is
// run: the functions have types and no bodies.
func typed(src string, want Kind, names Names) error {
	given := types.Map{}
	for name, k := range names.Params {
		given[name] = typeOf(k)
	}
	env := types.Map{"weekday": types.String, "qualified": types.Bool, "params": given}
	for name, k := range names.Row {
		env[name] = typeOf(k)
	}
	options := []expr.Option{expr.Env(env), expr.MaxNodes(maxNodes), expr.DisableAllBuiltins(), expr.DisableIfOperator(), expr.Optimize(false), result(want)}
	for _, name := range append(slices.Clone(ofFact[:4]), "figure") {
		options = append(options, expr.Function(name, nothing, new(func(string) float64)))
	}
	options = append(options, expr.Function("measured", nothing, new(func(string) bool)), expr.Function("abs", nothing, new(func(float64) float64)))
	for _, name := range []string{"min", "max"} {
		options = append(options, expr.Function(name, nothing, new(func(...float64) float64)))
	}
	_, err := expr.Compile(src, options...)
	return err
}

func nothing(...any) (any, error) { return nil, nil }

func result(k Kind) expr.Option {
	switch k {
	case Number:
		return expr.AsFloat64()
	case Truth:
		return expr.AsBool()
	}
	return expr.AsAny()
}

func typeOf(k Kind) types.Type {
	switch k {
	case Text:
		return types.String
	case Truth:
		return types.Bool
	}
	return types.TypeOf(0.0)
}
