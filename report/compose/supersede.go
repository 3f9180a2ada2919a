package compose

import (
	"fmt"
	"strings"

	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
)

// superseding says which revision this one takes the place of, why, and what is
// another figure now.
func (c *composer) superseding(s *Supersession) string {
	text := fmt.Sprintf("Supersedes revision %d (%s).", s.Revision, c.clock.Day(c.set.BusinessDate))
	if reason := clip(strings.TrimRight(s.Reason, ". "), longTitle); reason != "" {
		text += " Reason: " + reason + "."
	}
	changed := c.corrected(s)
	switch n := len(changed); n {
	case 0:
		return text + " No figure changed."
	case 1:
		return text + " Changed: " + changed[0] + "."
	default:
		return text + " Changed: " + changed[0] + "; " + plural(int64(n-1), "more figure", "more figures") + " (data notes)."
	}
}

// maxChanged is how many changed figures the data notes name.
const maxChanged = 12

// changes lists what differs from the revision that this one supersedes.
func (c *composer) changes() []document.Inlines {
	s := c.meta.Supersedes
	if s == nil {
		return nil
	}
	changed := c.corrected(s)
	if len(changed) < 2 { // the box tells of one
		return nil
	}
	for i := range changed {
		changed[i] += "."
	}
	return lines(changed, maxChanged)
}

// corrected lists the figures that differ, totals first.
func (c *composer) corrected(s *Supersession) []string {
	if s.Facts == nil {
		return nil
	}
	before := make(map[string]*fact.Fact, len(s.Facts.Facts))
	for i := range s.Facts.Facts {
		before[s.Facts.Facts[i].Key()] = &s.Facts.Facts[i]
	}
	var totals, parts []string
	for _, pair := range c.pairs(s.Facts, before) {
		text := c.differs(pair[0], pair[1])
		switch {
		case text == "":
		case len(pair.either().Dims) == 0:
			totals = append(totals, text)
		default:
			parts = append(parts, text)
		}
	}
	return append(totals, parts...)
}

// pair is a figure as it was issued and as it is now; one of them may be nil.
type pair [2]*fact.Fact

func (p pair) either() *fact.Fact {
	if p[1] != nil {
		return p[1]
	}
	return p[0]
}

// pairs matches the figures of two sets, in the order of the newer.
func (c *composer) pairs(old *fact.Set, before map[string]*fact.Fact) (out []pair) {
	for i := range c.set.Facts {
		f := &c.set.Facts[i]
		out = append(out, pair{before[f.Key()], f})
	}
	for i := range old.Facts {
		if f := &old.Facts[i]; c.index[f.Key()] == nil {
			out = append(out, pair{f, nil})
		}
	}
	return out
}

// differs writes "Attack success rate 6.70 % → 6.52 % (430 of 6,600)"; empty: it
// is the same, or no figure of its own.
func (c *composer) differs(before, now *fact.Fact) string {
	f := pair{before, now}.either()
	m, ok := c.registry.Lookup(f.ID)
	if !ok || m.PartOf != "" || m.Feed == "" || same(before, now) {
		return ""
	}
	s := c.figureName(f) + " " + shownOrNone(before) + " → " + shownOrNone(now)
	if now.Measured() && now.Numerator != nil && now.Denominator != nil {
		s += " (" + moved(before, now) + fact.Integer(*now.Numerator) + " of " + fact.Integer(*now.Denominator) + ")"
	}
	return s
}

func same(a, b *fact.Fact) bool {
	x, y := a.Exact(), b.Exact()
	if x == nil || y == nil {
		return x == nil && y == nil && (a == nil) == (b == nil)
	}
	return x.Cmp(y) == 0
}

func shownOrNone(f *fact.Fact) string {
	if f == nil {
		return fact.NoFigure
	}
	return f.Shown()
}

// moved says of attacks what was added or taken away: "+360 evaluations, +12
// hits: ".
func moved(before, now *fact.Fact) string {
	if now.ID != "attack.success_rate" || !before.Measured() || before.Numerator == nil || before.Denominator == nil {
		return ""
	}
	return fact.Signed(*now.Denominator-*before.Denominator) + " evaluations, " + fact.Signed(*now.Numerator-*before.Numerator) + " hits: "
}
