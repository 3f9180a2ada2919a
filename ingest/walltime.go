package ingest

import (
	"errors"
	"time"
)

// wallTime reads what a clock on the wall of loc showed: ISO 8601 with a T or a
// blank. An offset, where there is one, is believed. Of a time that came twice
// (clocks set back) the first is taken, of one that never came (clocks set
// forward) the next that did.
func wallTime(s string, loc *time.Location) (time.Time, error) {
	for _, layout := range []string{"2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05Z07:00"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return onWall(t, loc), nil
		}
	}
	return time.Time{}, errors.New("not written YYYY-MM-DDTHH:MM:SS")
}

// onWall is the instant at which the wall of loc showed the fields of naive.
func onWall(naive time.Time, loc *time.Location) time.Time {
	at := func(offset int) time.Time { return naive.Add(-time.Duration(offset) * time.Second).In(loc) }
	offset := func(t time.Time) int { _, o := t.In(loc).Zone(); return o }
	// No zone is further than 26 hours away from what it was or will be.
	before, after := offset(naive.Add(-26*time.Hour)), offset(naive.Add(26*time.Hour))
	first, second := at(before), at(after)
	switch {
	case offset(first) == before && (offset(second) != after || !second.Before(first)):
		return first
	case offset(second) == after:
		return second
	}
	// In a gap: before's offset leads past the change, which is what was meant.
	start, _ := first.ZoneBounds()
	return start
}
