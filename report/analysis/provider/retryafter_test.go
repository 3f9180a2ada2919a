package provider

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 18, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		seconds, milliseconds string
		wait                  time.Duration
		told                  bool
	}{
		{"", "", 0, false},
		{"0", "", 0, true},
		{"1.5", "", 1500 * time.Millisecond, true},
		{" 30 ", "", 30 * time.Second, true},
		{"600", "", 10 * time.Minute, true},
		{"601", "", 10 * time.Minute, true},
		{"1e400", "", 10 * time.Minute, true},
		{"-1", "", 0, false},
		{"NaN", "", 0, false},
		{"soon", "", 0, false},
		{"Fri, 20 Nov 2026 18:02:00 GMT", "", 2 * time.Minute, true},
		{"Friday, 20-Nov-26 18:02:00 GMT", "", 2 * time.Minute, true},
		{"Fri, 20 Nov 2026 17:00:00 GMT", "", 0, true},
		{"9", "250", 250 * time.Millisecond, true},
		{"9", "later", 9 * time.Second, true},
		{"", "600001", 10 * time.Minute, true},
	} {
		wait, told := retryAfter(http.Header{"Retry-After": {c.seconds}, "Retry-After-Ms": {c.milliseconds}}, now)
		require.Equal(t, c.told, told, "%+v", c)
		require.Equal(t, c.wait, wait, "%+v", c)
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"", "7", "-0", "Inf", "-Inf", "0x1p-2", "1_0", "Fri, 20 Nov 2026 18:02:00 GMT", "1e308"} {
		f.Add(s, "")
		f.Add("", s)
	}
	f.Fuzz(func(t *testing.T, seconds, milliseconds string) {
		wait, told := retryAfter(http.Header{"Retry-After": {seconds}, "Retry-After-Ms": {milliseconds}}, time.Unix(1795197600, 0))
		require.GreaterOrEqual(t, wait, time.Duration(0))
		require.LessOrEqual(t, wait, maxRetryAfter)
		require.True(t, told || wait == 0)
	})
}
