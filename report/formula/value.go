package formula

import (
	"math"
	"math/big"
	"strconv"

	"github.com/expr-lang/expr/ast"

	"github.com/closeofbusiness/cob/report/fact"
)

// Env is what the names stand for on one day.
type Env struct {
	// Fact finds a figure, or the total that says why there is none; nil: there
	// is neither.
	Fact      func(Ref) *fact.Fact
	Params    map[string]Value
	Figure    func(name string) Value
	Row       map[string]Value
	Weekday   string // "Friday"
	Qualified bool
	// Before asks for the previous business date: each figure is its previous
	// one, Weekday is that day's, and what is not known of it is not measured.
	Before bool
}

// Value computes the expression. What rests on something unmeasured is not
// measured, but where the rest settles it: false and anything is false, true or
// anything true.
func (e *Expr) Value(env Env) Value { return (&computer{e, env}).value(e.root) }

type computer struct {
	expr *Expr
	env  Env
}

func (c *computer) value(n ast.Node) Value {
	switch n := n.(type) {
	case *ast.IntegerNode:
		return Of(new(big.Rat).SetInt64(int64(n.Value)))
	case *ast.FloatNode:
		return Of(Decimal(n.Value))
	case *ast.StringNode:
		return String(n.Value)
	case *ast.BoolNode:
		return Bool(n.Value)
	case *ast.IdentifierNode:
		return c.name(n.Value)
	case *ast.MemberNode:
		return c.env.Params[n.Property.(*ast.StringNode).Value]
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.ConditionalNode:
		return c.either(n)
	case *ast.CallNode:
		return c.call(n)
	}
	return missing(Number, nil, "nothing can compute this") // the check lets nothing else through
}

// Decimal is a number as its shortest decimal: 0.1 is a tenth. Nil: NaN or an
// infinity, which are no numbers.
func Decimal(v float64) *big.Rat {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	r, _ := new(big.Rat).SetString(strconv.FormatFloat(v, 'g', -1, 64))
	return r
}

func (c *computer) name(name string) Value {
	if v, ok := c.env.Row[name]; ok {
		return v
	}
	switch {
	case name == "weekday" && c.env.Weekday != "":
		return String(c.env.Weekday)
	case name == "weekday":
		return missing(Text, nil, "there is no business date before")
	case name == "qualified" && !c.env.Before:
		return Bool(c.env.Qualified)
	}
	return missing(Truth, nil, "not known of the business date before")
}

func (c *computer) unary(n *ast.UnaryNode) Value {
	v := c.value(n.Node)
	switch {
	case v.Gap != nil || n.Operator == "+":
		return v
	case n.Operator == "-":
		return Of(new(big.Rat).Neg(v.Number))
	}
	return Bool(!v.Truth)
}

func (c *computer) binary(n *ast.BinaryNode) Value {
	switch n.Operator {
	case "and", "&&":
		return c.settled(n, false)
	case "or", "||":
		return c.settled(n, true)
	case "in":
		return c.among(n)
	}
	a, b := c.value(n.Left), c.value(n.Right)
	switch n.Operator {
	case "+", "-", "*", "/":
		return arithmetic(n.Operator, a, b)
	case "==":
		return equal(a, b)
	case "!=":
		v := equal(a, b)
		v.Truth = !v.Truth
		return v
	}
	return compared(n.Operator, a, b)
}

// settled is "and" (by false) or "or" (by true): one side that settles it does so
// whatever the other is.
func (c *computer) settled(n *ast.BinaryNode, by bool) Value {
	a, b := c.value(n.Left), c.value(n.Right)
	for _, v := range []Value{a, b} {
		if v.Gap == nil && v.Truth == by {
			return Bool(by)
		}
	}
	if gap := firstGap(a, b); gap != nil {
		return Value{Kind: Truth, Gap: gap}
	}
	return Bool(!by)
}

func (c *computer) among(n *ast.BinaryNode) Value {
	v := c.value(n.Left)
	var gap *Gap
	for _, item := range n.Right.(*ast.ArrayNode).Nodes {
		is := equal(v, c.value(item))
		if is.Gap == nil && is.Truth {
			return Bool(true)
		}
		if gap == nil {
			gap = is.Gap
		}
	}
	return Value{Kind: Truth, Gap: gap}
}

func (c *computer) either(n *ast.ConditionalNode) Value {
	v := c.value(n.Cond)
	switch {
	case v.Gap != nil:
		out := c.value(n.Exp1)
		return Value{Kind: out.Kind, Gap: v.Gap}
	case v.Truth:
		return c.value(n.Exp1)
	}
	return c.value(n.Exp2)
}

func firstGap(vs ...Value) *Gap {
	for _, v := range vs {
		if v.Gap != nil {
			return v.Gap
		}
	}
	return nil
}

func arithmetic(op string, a, b Value) Value {
	if gap := firstGap(a, b); gap != nil {
		return Value{Kind: Number, Gap: gap}
	}
	out := new(big.Rat)
	switch op {
	case "+":
		out.Add(a.Number, b.Number)
	case "-":
		out.Sub(a.Number, b.Number)
	case "*":
		out.Mul(a.Number, b.Number)
	default:
		if b.Number.Sign() == 0 {
			return missing(Number, nil, "it divides by zero")
		}
		out.Quo(a.Number, b.Number)
	}
	if out.Num().BitLen() > maxBits || out.Denom().BitLen() > maxBits {
		return missing(Number, nil, "the number is too long")
	}
	return Of(out)
}

func equal(a, b Value) Value {
	if gap := firstGap(a, b); gap != nil {
		return Value{Kind: Truth, Gap: gap}
	}
	if a.Kind == Number {
		return Bool(a.Number.Cmp(b.Number) == 0)
	}
	return Bool(a.Text == b.Text && a.Truth == b.Truth)
}

func compared(op string, a, b Value) Value {
	if gap := firstGap(a, b); gap != nil {
		return Value{Kind: Truth, Gap: gap}
	}
	n := a.Number.Cmp(b.Number)
	switch op {
	case "<":
		return Bool(n < 0)
	case "<=":
		return Bool(n <= 0)
	case ">":
		return Bool(n > 0)
	}
	return Bool(n >= 0)
}

func (c *computer) call(n *ast.CallNode) Value {
	switch name := n.Callee.(*ast.IdentifierNode).Value; name {
	case "figure":
		s, _ := constant(n)
		return c.env.Figure(s)
	case "abs", "min", "max":
		return c.ofNumbers(n, name)
	default:
		return c.ofFact(name, c.expr.calls[n.Location().From])
	}
}

func (c *computer) ofNumbers(n *ast.CallNode, name string) Value {
	best := c.value(n.Arguments[0])
	if best.Gap == nil && name == "abs" {
		return Of(new(big.Rat).Abs(best.Number))
	}
	for _, a := range n.Arguments[1:] {
		v := c.value(a)
		if gap := firstGap(best, v); gap != nil {
			return Value{Kind: Number, Gap: gap}
		}
		if n := v.Number.Cmp(best.Number); name == "min" && n < 0 || name == "max" && n > 0 {
			best = v
		}
	}
	return best
}

func (c *computer) ofFact(name string, ref Ref) Value {
	f := c.env.Fact(ref)
	if f != nil && f.Key() != ref.Key() { // the total that says why, with figures of its own
		return c.ofNone(name, f)
	}
	if name == "measured" {
		if c.env.Before {
			return Bool(f.ExactPrevious() != nil)
		}
		return Bool(f.Measured())
	}
	var v *big.Rat
	switch {
	case c.env.Before && name == "fact":
		v = f.ExactPrevious()
	case c.env.Before: // the day before the day before is in no fact set
	case name == "fact":
		v = f.Exact()
	case name == "previous":
		v = f.ExactPrevious()
	case name == "comparable":
		v = f.ExactComparable()
	case name == "change":
		if now, before := f.Exact(), f.ExactPrevious(); now != nil && before != nil {
			v = new(big.Rat).Sub(now, before)
		}
	}
	if v == nil {
		return Value{Kind: Number, Gap: c.gap(name, ref, f)}
	}
	return Of(v)
}

func (c *computer) ofNone(name string, why *fact.Fact) Value {
	if name == "measured" {
		return Bool(false)
	}
	return missing(Number, why, why.Reason)
}

func (c *computer) gap(name string, ref Ref, f *fact.Fact) *Gap {
	switch {
	case f == nil:
		return &Gap{Reason: "there is no figure " + ref.Key()}
	case !f.Measured() && !c.env.Before && name != "previous" && name != "comparable":
		return &Gap{Fact: f, Reason: f.Reason}
	}
	return &Gap{Reason: "there is no figure before of " + ref.Key()}
}
