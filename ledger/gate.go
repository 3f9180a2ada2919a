package ledger

import (
	"slices"
	"strings"
	"time"

	"github.com/closeofbusiness/cob/report/fact"
)

// Gate is what a report waits for before it speaks: promises that the data is
// complete through the cutoff.
type Gate struct {
	Cutoff   time.Time
	Deadline time.Time
	// Needed names the sources that must have promised. Empty: every feed that
	// any source ever made a promise about.
	Needed []string
	// Optional names sources that nobody waits for.
	Optional []string
	// Hold goes on waiting after the deadline.
	Hold bool
	// Zone is for texts.
	Zone *time.Location
}

// Look is what a look at the promises found.
type Look struct {
	// Missing says, for people, what falls short. Empty: nothing does.
	Missing []string
	// Reached is when the last promise that was needed had been recorded; the
	// cutoff where none is later.
	Reached time.Time
}

// Complete tells whether every promise is there.
func (l Look) Complete() bool { return len(l.Missing) == 0 }

// String is what falls short, in one line.
func (l Look) String() string { return strings.Join(l.Missing, "; ") }

// Look compares the newest promises with the cutoff. A source that is needed
// and never promised anything is missing.
func (g Gate) Look(marks []fact.Watermark) Look {
	out := Look{Reached: g.Cutoff}
	promised := map[string]bool{}
	for _, m := range marks {
		if slices.Contains(g.Optional, m.Source) {
			continue
		}
		promised[m.Source] = true
		if !m.Reached {
			out.Missing = append(out.Missing, m.Source+" "+m.Feed+" is complete only through "+g.clock(m.CompleteThrough))
		} else if m.RecordedAt.After(out.Reached) {
			out.Reached = m.RecordedAt
		}
	}
	for _, name := range g.Needed {
		if !promised[name] {
			out.Missing = append(out.Missing, name+" has promised nothing")
		}
	}
	return out
}

func (g Gate) clock(t time.Time) string {
	if t.In(g.Zone).Format(time.DateOnly) == g.Cutoff.In(g.Zone).Format(time.DateOnly) {
		return t.In(g.Zone).Format("15:04")
	}
	return t.In(g.Zone).Format("Mon 2 Jan 15:04")
}

// AsOf is the instant whose knowledge the report uses, by the rule "due": when
// the last promise that was needed had been recorded, else the deadline. It is
// false while that cannot be said yet. The same promises give the same instant,
// whenever it is asked.
func (g Gate) AsOf(l Look, now time.Time) (time.Time, bool) {
	switch {
	case l.Complete() && (g.Hold || !l.Reached.After(g.Deadline)):
		return l.Reached, true
	case !g.Hold && !now.Before(g.Deadline):
		return g.Deadline, true
	}
	return time.Time{}, false
}
