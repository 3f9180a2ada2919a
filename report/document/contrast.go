package document

import (
	"math"
	"strconv"
)

// contrast is the ratio of white's luminance to a colour's (WCAG 2.2, contrast
// ratio). The colour is written #rrggbb.
func contrast(colour string) float64 {
	n, _ := strconv.ParseUint(colour[1:], 16, 32) // six hexadecimal digits
	l := 0.2126*linear(n>>16&0xff) + 0.7152*linear(n>>8&0xff) + 0.0722*linear(n&0xff)
	return 1.05 / (l + 0.05)
}

func linear(channel uint64) float64 {
	c := float64(channel) / 255
	if c <= 0.04045 {
		return c / 12.92
	}
	return math.Pow((c+0.055)/1.055, 2.4)
}
