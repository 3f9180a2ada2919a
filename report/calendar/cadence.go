package calendar

import (
	"errors"
	"strings"
	"time"
)

// EveryBusinessDay is the cadence where none is given.
const EveryBusinessDay = "every business day"

// CheckCadence refuses what Rule.Due cannot be. Its error is what was expected.
func CheckCadence(due string) error {
	_, err := parseCadence(due)
	return err
}

// cadence chooses among the business days those that are due.
type cadence struct {
	text     string
	weekdays [7]bool      // of kind onWeekdays
	weekday  time.Weekday // of kind weekly
	kind     cadenceKind
}

type cadenceKind int

const (
	daily cadenceKind = iota
	onWeekdays
	weekly
	firstOfMonth
	lastOfMonth
)

var errCadence = errors.New(`every business day, weekdays such as "mon,thu", "weekly fri", ` +
	`"first business day of month" or "last business day of month"`)

func parseCadence(s string) (cadence, error) {
	switch s {
	case "", EveryBusinessDay:
		return cadence{text: EveryBusinessDay, kind: daily}, nil
	case "first business day of month":
		return cadence{text: s, kind: firstOfMonth}, nil
	case "last business day of month":
		return cadence{text: s, kind: lastOfMonth}, nil
	}
	if name, ok := strings.CutPrefix(s, "weekly "); ok {
		w, ok := weekdayNamed(name)
		if !ok {
			return cadence{}, errCadence
		}
		return cadence{text: s, kind: weekly, weekday: w}, nil
	}
	out := cadence{text: s, kind: onWeekdays}
	for name := range strings.SplitSeq(s, ",") {
		w, ok := weekdayNamed(strings.TrimSpace(name))
		if !ok || out.weekdays[w] {
			return cadence{}, errCadence
		}
		out.weekdays[w] = true
	}
	return out, nil
}

func (c cadence) String() string { return c.text }

// chooses tells whether the cadence falls on the day. Only business days are
// chosen.
func (c cadence) chooses(r *rule, d day) bool {
	if !r.business(d) {
		return false
	}
	switch c.kind {
	case onWeekdays:
		return c.weekdays[d.weekday()]
	case weekly:
		named := d.monday() + day((c.weekday+6)%7)
		return d <= named && r.noBusiness(d+1, named)
	case firstOfMonth:
		first, _ := d.month()
		return r.noBusiness(first, d-1)
	case lastOfMonth:
		_, last := d.month()
		return r.noBusiness(d+1, last)
	}
	return true
}

// noBusiness tells that none of the days is a business day.
func (r *rule) noBusiness(from, to day) bool {
	for d := from; d <= to; d++ {
		if r.business(d) {
			return false
		}
	}
	return true
}
