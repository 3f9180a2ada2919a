package analysis

import (
	"math/big"

	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
)

// declared tells of every declared metric what it came to, in total. Its label
// may be a plural or not: the verbs are those that go with both.
func (w *writer) declared() {
	for _, m := range w.set.Metrics {
		f := w.set.Total(m.ID)
		if f == nil {
			continue
		}
		label := capital(name(m.Label))
		if f.Measured() {
			w.say(keepDeclared, w.cameTo(label, f), f)
			continue
		}
		s := label + ": not measured"
		if r := reason(f.Reason); r != "" {
			s += " (" + r + ")"
		}
		w.say(keepDeclared, plain(s+"."), f)
	}
}

func (w *writer) cameTo(label string, f *fact.Fact) document.Inlines {
	sentence := func(before, after string) document.Inlines {
		return document.Inlines{document.Plain(label + " " + before + " "), document.Strong(f.Shown()), document.Plain(after + overBoth(f) + ".")}
	}
	ch := f.ShownChange()
	switch {
	case !ch.Known && w.clock.PreviousInProse() == "":
		return sentence("came to", "")
	case !ch.Known:
		return sentence("came to", "; there is no figure for "+w.clock.PreviousInProse())
	case ch.Direction == fact.Unchanged:
		return sentence("stayed at", "")
	case f.Shown() == f.ShownPrevious():
		return sentence(verb(ch.Direction)+" by less than "+lastDigit(f)+" to", "")
	}
	return sentence(verb(ch.Direction)+" to", " from "+f.ShownPrevious())
}

// overBoth is the clause on what was measured on both days, where that is not
// everything.
func overBoth(f *fact.Fact) string {
	before, now := f.ExactComparable(), f.ExactComparableValue()
	if before == nil || now == nil || before.Cmp(f.ExactPrevious()) == 0 && now.Cmp(f.Exact()) == 0 {
		return ""
	}
	const both = "; over what was measured on both days it "
	ch := f.ShownComparableChange()
	from, to := f.ShownComparable(), f.ShownComparableValue()
	switch {
	case ch.Direction == fact.Unchanged:
		return both + "stayed at " + to
	case from == to:
		return both + verb(ch.Direction) + " by less than " + lastDigit(f) + " to " + to
	}
	return both + verb(ch.Direction) + " from " + from + " to " + to
}

// lastDigit is one in the last place that a fact is shown with: "0.1 min".
func lastDigit(f *fact.Fact) string {
	one := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(f.Decimals)), nil))
	if f.Unit == fact.Ratio {
		return fact.Decimal(one, f.Decimals) + " percentage points"
	}
	return fact.Show(f.Unit, f.Decimals, one)
}
