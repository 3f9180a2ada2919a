package fact

import (
	"cmp"
	"math/big"
	"strconv"
	"strings"
)

// NotMeasured stands where a value would, when there is none.
const NotMeasured = "not measured"

// NoFigure stands where a previous value would, when there is none.
const NoFigure = "no figure"

// ratio is numerator/denominator exactly where both are known, else the value
// as the decimal that its JSON shows. It is nil where there is neither.
func ratio(value *float64, num, den *int64) *big.Rat {
	if num != nil && den != nil && *den > 0 {
		return big.NewRat(*num, *den)
	}
	if value == nil {
		return nil
	}
	// The shortest decimal that reads back as the same float: what 0.285
	// means to whoever wrote it, not the binary fraction just below it.
	r, ok := new(big.Rat).SetString(strconv.FormatFloat(*value, 'g', -1, 64))
	if !ok { // NaN or an infinity: no number at all
		return nil
	}
	return r
}

// Exact is the fact's value without any rounding; nil where it is unmeasured.
func (f *Fact) Exact() *big.Rat {
	if !f.Measured() {
		return nil
	}
	if f.Unit != Ratio {
		return ratio(f.Value, nil, nil)
	}
	return ratio(f.Value, f.Numerator, f.Denominator)
}

// ExactPrevious is the previous business date's value; nil where there is none.
func (f *Fact) ExactPrevious() *big.Rat {
	if f == nil || f.Previous == nil {
		return nil
	}
	if f.Unit != Ratio {
		return ratio(f.Previous, nil, nil)
	}
	return ratio(f.Previous, f.PreviousNumerator, f.PreviousDenominator)
}

// ExactComparable is the previous value over the cells measured on both dates;
// nil where there are none.
func (f *Fact) ExactComparable() *big.Rat {
	if f == nil || f.Comparable == nil {
		return nil
	}
	if f.Unit != Ratio {
		return ratio(f.Comparable, nil, nil)
	}
	return ratio(f.Comparable, f.ComparableNumerator, f.ComparableDenominator)
}

// ExactComparableValue is this date's value over the cells measured on both
// dates; nil where there are none.
func (f *Fact) ExactComparableValue() *big.Rat {
	if !f.Measured() || f.ComparableValue == nil {
		return nil
	}
	if f.Unit != Ratio {
		return ratio(f.ComparableValue, nil, nil)
	}
	return ratio(f.ComparableValue, f.ComparableValueNum, f.ComparableValueDen)
}

// Shown is the value as every page shows it: "6.70 %", "1,340 ms",
// "6 business days", "39", or "not measured".
func (f *Fact) Shown() string {
	v := f.Exact()
	if v == nil {
		return NotMeasured
	}
	return Show(f.Unit, f.decimals(), v)
}

// ShownPrevious is the previous value, or "no figure".
func (f *Fact) ShownPrevious() string { return f.showOr(f.ExactPrevious()) }

// ShownComparable is the like-for-like previous value, or "no figure".
func (f *Fact) ShownComparable() string { return f.showOr(f.ExactComparable()) }

// ShownComparableValue is this date's like-for-like value, or "no figure".
func (f *Fact) ShownComparableValue() string { return f.showOr(f.ExactComparableValue()) }

func (f *Fact) showOr(v *big.Rat) string {
	if v == nil {
		return NoFigure
	}
	return Show(f.Unit, f.decimals(), v)
}

// ShownInterval is a rate's 95 % interval in percent at one decimal,
// "6.1–7.3"; empty where there is none.
func (f *Fact) ShownInterval() string {
	if !f.Measured() || f.Interval == nil {
		return ""
	}
	lo, hi := ratio(&f.Interval[0], nil, nil), ratio(&f.Interval[1], nil, nil)
	if lo == nil || hi == nil {
		return ""
	}
	return Decimal(hundredfold(lo), 1) + "–" + Decimal(hundredfold(hi), 1)
}

func (f *Fact) decimals() int {
	if f == nil {
		return 0
	}
	if m, ok := builtin.Lookup(f.ID); ok {
		return m.Decimals
	}
	return f.Decimals
}

func (f *Fact) polarity() Polarity {
	if m, ok := builtin.Lookup(f.ID); ok {
		return m.Good
	}
	return cmp.Or(f.Good, NoPolarity)
}

// Show writes a value of a unit, rounded half away from zero at decimals. For
// a Ratio they are the decimals of the percentage.
func Show(u Unit, decimals int, v *big.Rat) string {
	switch u {
	case Ratio:
		return Decimal(hundredfold(v), decimals) + " %"
	case Milliseconds:
		return Decimal(v, decimals) + " ms"
	case Minutes:
		return Decimal(v, decimals) + " min"
	case BusinessDays:
		n := Decimal(v, decimals)
		if n == "1" {
			return "1 business day"
		}
		return n + " business days"
	}
	return u.after(Decimal(v, decimals))
}

// after sets a declared unit after a number: "14.50 EUR". A Count has none.
func (u Unit) after(n string) string {
	if u == Count || u == "" {
		return n
	}
	return n + " " + string(u)
}

func hundredfold(v *big.Rat) *big.Rat { return new(big.Rat).Mul(v, big.NewRat(100, 1)) }

// Decimal writes a number with decimals digits after the point, rounded half
// away from zero, thousands separated by commas, negative numbers with U+2212.
// What rounds to zero has no sign.
func Decimal(v *big.Rat, decimals int) string {
	s := v.FloatString(decimals) // rounds half away from zero
	negative := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	whole, frac, _ := strings.Cut(s, ".")
	var b strings.Builder
	if negative && strings.ContainsAny(s, "123456789") {
		b.WriteRune('−')
	}
	for i, d := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	if frac != "" {
		b.WriteByte('.')
		b.WriteString(frac)
	}
	return b.String()
}

// Integer writes a count: "6,240", "−1".
func Integer(n int64) string { return Decimal(new(big.Rat).SetInt64(n), 0) }

// Signed writes a net movement: "+1", "−1", "0".
func Signed(n int64) string {
	if n > 0 {
		return "+" + Integer(n)
	}
	return Integer(n)
}

var words = [...]string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}

// Word writes a count for prose: in words below ten ("no", "one" … "nine"),
// else in digits.
func Word(n int64) string {
	if n >= 0 && n < int64(len(words)) {
		return words[n]
	}
	return Integer(n)
}

// Direction is which way a value went.
type Direction int

// The directions.
const (
	Down      Direction = -1
	Unchanged Direction = 0
	Up        Direction = 1
)

// Change is a difference ready to be shown. Its zero value is "there is
// nothing to compare with".
type Change struct {
	Known     bool
	Direction Direction
	// Text is "▲ 1.53 pp", "▼ 3", "▲ 150 ms (12.6 %)" or "unchanged"; empty
	// where there is nothing to compare with.
	Text string
	// Judgement is "worse", "better" or, where neither way is good or
	// nothing moved, empty.
	Judgement string
}

// String is the change with its judgement: "▲ 1.53 pp worse".
func (c Change) String() string {
	if c.Judgement == "" {
		return c.Text
	}
	return c.Text + " " + c.Judgement
}

// ShownChange is Value − Previous: rates in percentage points, latencies in ms
// and percent, everything else in its own unit. From 0 there is no percentage;
// from or to what is unmeasured there is no change at all.
func (f *Fact) ShownChange() Change { return f.change(f.Exact(), f.ExactPrevious()) }

// ShownComparableChange is the change over the cells measured on both dates.
func (f *Fact) ShownComparableChange() Change {
	return f.change(f.ExactComparableValue(), f.ExactComparable())
}

// ChangeOf is the change of a value that no fact holds, such as one made of
// several, shown as a fact's would be.
func ChangeOf(u Unit, decimals int, good Polarity, now, before *big.Rat) Change {
	return (&Fact{Unit: u, Decimals: decimals, Good: good}).change(now, before)
}

func (f *Fact) change(now, before *big.Rat) Change {
	if now == nil || before == nil {
		return Change{}
	}
	d := new(big.Rat).Sub(now, before)
	c := Change{Known: true, Direction: Direction(d.Sign())}
	if c.Direction == Unchanged {
		c.Text = "unchanged"
		return c
	}
	c.Text = arrow(c.Direction) + " " + f.size(d, before)
	switch good := f.polarity(); {
	case good == NoPolarity:
	case (good == UpIsGood) == (c.Direction == Up):
		c.Judgement = "better"
	default:
		c.Judgement = "worse"
	}
	return c
}

func arrow(d Direction) string {
	if d == Up {
		return "▲"
	}
	return "▼"
}

// size writes a change's size. One too small for the metric's decimals is
// called smaller than their last digit: it moved, and the page does not say 0.
func (f *Fact) size(d, before *big.Rat) string {
	d = new(big.Rat).Abs(d)
	decimals := f.decimals()
	if f.Unit == Ratio {
		return atLeast(hundredfold(d), decimals) + " pp"
	}
	n := atLeast(d, decimals)
	switch f.Unit {
	case Milliseconds:
		if before.Sign() <= 0 {
			return n + " ms"
		}
		return n + " ms (" + atLeast(hundredfold(new(big.Rat).Quo(d, before)), 1) + " %)"
	case Minutes:
		return n + " min"
	case BusinessDays:
		if n == "1" {
			return "1 business day"
		}
		return n + " business days"
	}
	return f.Unit.after(n)
}

func atLeast(d *big.Rat, decimals int) string {
	s := Decimal(d, decimals)
	if strings.ContainsAny(s, "123456789") {
		return s
	}
	least := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil))
	return "< " + Decimal(least, decimals)
}

// Share writes part/whole in percent at two decimals; empty where there is no
// whole to share.
func Share(part, whole *Fact) string {
	p, w := part.Exact(), whole.Exact()
	if p == nil || w == nil || w.Sign() <= 0 {
		return ""
	}
	return Show(Ratio, 2, new(big.Rat).Quo(p, w))
}
