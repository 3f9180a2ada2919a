package provider

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxRetryAfter is the longest that a provider may ask us to wait.
const maxRetryAfter = 10 * time.Minute

// retryAfter is how long a response asks to wait, at most maxRetryAfter, and
// whether it asks at all: retry-after-ms before Retry-After, in seconds or as
// a date (RFC 9110, 10.2.3). What cannot be read counts as not asked.
func retryAfter(header http.Header, now time.Time) (time.Duration, bool) {
	if wait, told := count(header.Get("Retry-After-Ms"), time.Millisecond); told {
		return wait, true
	}
	value := header.Get("Retry-After")
	if wait, told := count(value, time.Second); told {
		return wait, true
	}
	at, err := http.ParseTime(strings.TrimSpace(value))
	if err != nil {
		return 0, false
	}
	return min(max(at.Sub(now), 0), maxRetryAfter), true
}

// count reads a number of units, with or without a fraction.
func count(value string, unit time.Duration) (time.Duration, bool) {
	n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if n > maxRetryAfter.Seconds()*float64(time.Second/unit) { // also where it overflowed
		return maxRetryAfter, true
	}
	if err != nil || !(n >= 0) { // NaN is not
		return 0, false
	}
	return time.Duration(n * float64(unit)), true
}
