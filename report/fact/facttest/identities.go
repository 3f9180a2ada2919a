package facttest

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/closeofbusiness/cob/report/fact"
)

// TestingT is what Identities tells its findings: a test, also one of rapid.
type TestingT interface {
	Helper()
	Errorf(format string, args ...any)
}

// Identities checks what must hold of every fact set, whatever the data: parts
// make their wholes, stocks follow from flows, changes are differences of
// unrounded values, and what is not measured is counted. What is only partly
// measured has no sum to check.
func Identities(t TestingT, s *fact.Set) {
	t.Helper()
	for _, problem := range Broken(s) {
		t.Errorf("%s on %s: %s", s.Series, s.BusinessDate, problem)
	}
}

// IdentitiesOf checks facts without the records that a set has beside them.
func IdentitiesOf(t TestingT, facts []fact.Fact) {
	t.Helper()
	for _, problem := range check(&fact.Set{Facts: facts}).problems {
		t.Errorf("%s", problem)
	}
}

// Broken lists the identities that do not hold.
func Broken(s *fact.Set) []string {
	c := check(s)
	c.records()
	return c.problems
}

// check looks at a set's facts.
func check(s *fact.Set) *checker {
	c := &checker{set: s, index: map[string]*fact.Fact{}}
	for i := range s.Facts {
		f := &s.Facts[i]
		if c.index[f.Key()] != nil {
			c.wrongf("%s is there twice", f.Key())
		}
		c.index[f.Key()] = f
	}
	c.attacks()
	c.stocks()
	c.parts()
	c.values()
	c.notes()
	return c
}

type checker struct {
	set      *fact.Set
	index    map[string]*fact.Fact
	problems []string
}

func (c *checker) wrongf(format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, args...))
}

// attacks: the hits of the targets are those of the categories, of the cells,
// and all of them; so are the evaluations. A rate is its hits of its evaluations.
func (c *checker) attacks() {
	for _, id := range []string{"attack.evaluated", "attack.hits"} {
		c.sums(id, "target")
		c.sums(id, "category")
		c.sums(id, "target", "probe", "detector")
	}
	for _, rate := range c.all("attack.success_rate") {
		if !rate.Measured() {
			continue
		}
		hits, evaluated := c.index[fact.Key("attack.hits", rate.Dims)], c.index[fact.Key("attack.evaluated", rate.Dims)]
		if !hits.Measured() || !evaluated.Measured() || *hits.Value != float64(*rate.Numerator) || *evaluated.Value != float64(*rate.Denominator) {
			c.wrongf("%s is not its hits of its evaluations", rate.Key())
		}
		if *rate.Value != float64(*rate.Numerator)/float64(*rate.Denominator) || rate.Interval[0] > *rate.Value || rate.Interval[1] < *rate.Value {
			c.wrongf("%s is %v, not %d/%d within its interval", rate.Key(), *rate.Value, *rate.Numerator, *rate.Denominator)
		}
	}
}

// sums compares a total with the sum over its facts by these dimensions. A part
// that is not measured adds nothing: what it would add is missing in the total
// too.
func (c *checker) sums(id string, dims ...string) {
	total, sum := c.index[id], 0.0
	for _, f := range c.set.By(id, dims...) {
		if f.Measured() {
			sum += *f.Value
		}
	}
	switch {
	case total.Measured() && *total.Value != sum:
		c.wrongf("%s is %v, by %s it is %v", id, *total.Value, strings.Join(dims, ","), sum)
	case !total.Measured() && sum != 0:
		c.wrongf("%s is not measured, by %s it is %v", id, strings.Join(dims, ","), sum)
	}
}

// stocks: what was open before, and what came and went, is what is open.
func (c *checker) stocks() {
	for _, open := range c.all("findings.open") {
		d := open.Dims
		c.adds(open.Key(), term{1, fact.Key("findings.open_before", d)}, term{1, fact.Key("findings.opened", d)}, term{-1, fact.Key("findings.closed", d)}, term{1, fact.Key("findings.rerated_net", d)})
	}
	for _, id := range []string{"findings.open_before", "findings.opened", "findings.closed", "findings.rerated_net", "findings.open"} {
		c.sums(id, "severity")
	}
	if f := c.index["findings.rerated_net"]; f.Measured() && *f.Value != 0 {
		c.wrongf("findings.rerated_net is %v: what is rated anew is neither opened nor closed", *f.Value)
	}
	c.adds("actions.open", term{1, "actions.open_before"}, term{1, "actions.new"}, term{-1, "actions.done"})
}

// records: the actions that are counted are listed.
func (c *checker) records() {
	if f := c.index["actions.open"]; f.Measured() && *f.Value != float64(len(c.set.Records.Actions)) {
		c.wrongf("actions.open is %v, %d are listed", *f.Value, len(c.set.Records.Actions))
	}
}

// parts: a planned run was completed, failed or not started; a prompt that was
// sent was answered or not.
func (c *checker) parts() {
	for _, f := range c.all("runs.planned") {
		c.adds(f.Key(), term{1, fact.Key("runs.completed", f.Dims)}, term{1, fact.Key("runs.failed", f.Dims)}, term{1, fact.Key("runs.not_started", f.Dims)})
	}
	for _, f := range c.all("attempts.sent") {
		c.adds(f.Key(), term{1, fact.Key("attempts.answered", f.Dims)}, term{1, fact.Key("attempts.unanswered", f.Dims)})
	}
}

// term is a part of a sum, with its sign.
type term struct {
	sign float64
	key  string
}

func (c *checker) adds(total string, terms ...term) {
	whole, sum := c.index[total], 0.0
	for _, t := range terms {
		part := c.index[t.key]
		if part.Measured() != whole.Measured() {
			c.wrongf("of %s and %s only one is measured", total, t.key)
			return
		}
		if part.Measured() {
			sum += t.sign * *part.Value
		}
	}
	if whole.Measured() && *whole.Value != sum {
		c.wrongf("%s is %v, its parts give %v", total, *whole.Value, sum)
	}
}

// values: a fact has a value, or a reason why not; a change is the difference of
// two that were measured.
func (c *checker) values() {
	for _, key := range slices.Sorted(maps.Keys(c.index)) {
		f := c.index[key]
		if (f.Status == fact.Measured) != (f.Value != nil) || (f.Status == fact.Unmeasured) != (f.Reason != "") {
			c.wrongf("%s has a value and a reason, or neither", key)
		}
		if f.Value != nil && (math.IsNaN(*f.Value) || math.IsInf(*f.Value, 0)) {
			c.wrongf("%s is %v", key, *f.Value)
		}
		if (f.Change != nil) != (f.Value != nil && f.Previous != nil) {
			c.wrongf("%s has a change without two values, or none between two", key)
			continue
		}
		if f.Change != nil && *f.Change != *f.Value-*f.Previous {
			c.wrongf("%s changed by %v, from %v to %v", key, *f.Change, *f.Previous, *f.Value)
		}
		if f.ComparableChange != nil && *f.ComparableChange != *f.ComparableValue-*f.Comparable {
			c.wrongf("%s changed like for like by %v, from %v to %v", key, *f.ComparableChange, *f.Comparable, *f.ComparableValue)
		}
	}
}

// notes: the tile counts the figures that are not measured, and each is listed.
func (c *checker) notes() {
	f := c.index["facts.unmeasured"]
	if n := len(c.set.Notes()); !f.Measured() || *f.Value != float64(n) {
		c.wrongf("facts.unmeasured is not the %d figures that are listed", n)
	}
}

func (c *checker) all(id string) (out []*fact.Fact) {
	for _, key := range slices.Sorted(maps.Keys(c.index)) {
		if c.index[key].ID == id {
			out = append(out, c.index[key])
		}
	}
	return out
}
