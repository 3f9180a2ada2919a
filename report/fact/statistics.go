package fact

import (
	"math"
	"slices"
)

// z95 is the 97.5th percentile of the standard normal distribution.
const z95 = 1.959963984540054

// Wilson returns the 95 % score interval of hits out of n (E. B. Wilson, 1927).
// n must be positive. The bounds lie in 0..1.
func Wilson(hits, n int64) [2]float64 {
	p, m := float64(hits)/float64(n), float64(n)
	z2 := z95 * z95
	centre := (p + z2/(2*m)) / (1 + z2/m)
	half := z95 / (1 + z2/m) * math.Sqrt(p*(1-p)/m+z2/(4*m*m))
	lo, hi := math.Max(0, centre-half), math.Min(1, centre+half)
	// Exact at the ends, where rounding would leave a trace.
	if hits == 0 {
		lo = 0
	}
	if hits == n {
		hi = 1
	}
	return [2]float64{lo, hi}
}

// median is the middle value, or the mean of the two in the middle. It needs at
// least one.
func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	mid := len(s) / 2
	if len(s)%2 == 1 {
		return s[mid]
	}
	return (s[mid-1] + s[mid]) / 2
}
