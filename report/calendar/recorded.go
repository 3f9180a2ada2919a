package calendar

import (
	"fmt"
	"time"

	"github.com/closeofbusiness/cob/report"
)

// Recorded is a cycle whose window is fixed, whatever the calendar says now.
type Recorded struct {
	Date     report.Date
	From, To time.Time
}

type window struct {
	day      day
	from, to time.Time
}

// With returns the calendar as it goes on from cycles that are recorded: sorted
// by date and tiling time, each from the end of the one before. What else was
// recorded before is forgotten; none is the calendar by itself.
//
// From the first recorded date to the last, the recorded dates are due and no
// others. After the last follow the calendar's own due dates whose cutoff lies
// after its end, the first of them beginning there. Before the first come the
// calendar's own whose window begins before it does, the last of them ending
// there. So windows tile time, and a date has one.
func (c *Calendar) With(recorded []Recorded) (*Calendar, error) {
	out := &Calendar{rule: c.rule}
	if len(recorded) == 0 {
		return out, nil
	}
	out.recorded = make([]window, len(recorded))
	for i, r := range recorded {
		if _, err := report.ParseDate(string(r.Date)); err != nil {
			return nil, fmt.Errorf("recorded windows: %w", err)
		}
		if !r.From.Before(r.To) {
			return nil, fmt.Errorf("%w: the recorded window of %s ends at %s, not after it begins at %s", report.ErrInvalid, r.Date, utc(r.To), utc(r.From))
		}
		if i > 0 && !r.follows(recorded[i-1]) {
			before := recorded[i-1]
			return nil, fmt.Errorf("%w: the recorded window of %s begins at %s and does not follow that of %s, which ends at %s", report.ErrInvalid,
				r.Date, utc(r.From), before.Date, utc(before.To))
		}
		out.recorded[i] = window{day: dayOf(r.Date), from: r.From, to: r.To}
	}
	out.join()
	return out, nil
}

func (r Recorded) follows(before Recorded) bool {
	return r.Date > before.Date && r.From.Equal(before.To)
}

func utc(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// join finds the rule's due days on both sides of what is recorded: those that
// have time of their own there.
func (c *Calendar) join() {
	first, last := c.recorded[0], c.recorded[len(c.recorded)-1]
	c.left = min(c.rule.previous(first.day), c.rule.holding(first.from.Add(-1)))
	c.right = max(c.rule.next(last.day), c.rule.holding(last.to))
}
