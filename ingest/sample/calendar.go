package sample

import "time"

// civil is midnight UTC of t's day: a date to count with.
func civil(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// at is a time of day on a date, on the clocks of loc.
func at(date time.Time, clock time.Duration, loc *time.Location) time.Time {
	return time.Date(date.Year(), date.Month(), date.Day(), 0, 0, int(clock.Seconds()), 0, loc)
}

func isWeekend(d time.Time) bool { return d.Weekday() == time.Saturday || d.Weekday() == time.Sunday }

// addWeekdays goes n Mondays to Fridays on, or back.
func addWeekdays(d time.Time, n int) time.Time {
	step := 1
	if n < 0 {
		step = -1
	}
	for n != 0 {
		if d = d.AddDate(0, 0, step); !isWeekend(d) {
			n -= step
		}
	}
	return d
}

// weekdaysBetween is how many weekdays b lies after a; negative before it.
func weekdaysBetween(a, b time.Time) (n int) {
	for ; a.Before(b); n++ {
		a = addWeekdays(a, 1)
	}
	for ; b.Before(a); n-- {
		a = addWeekdays(a, -1)
	}
	return n
}

// isHoliday holds for the bank holidays of England that fall on a fixed rule;
// one lies within any 90 business days.
func isHoliday(d time.Time) bool {
	monday := d.Weekday() == time.Monday
	switch d.Month() {
	case time.January:
		return d.Day() == 1
	case time.May:
		return monday && (d.Day() <= 7 || d.Day() > 24)
	case time.August:
		return monday && d.Day() > 24
	case time.December:
		return d.Day() == 25 || d.Day() == 26
	}
	return false
}
