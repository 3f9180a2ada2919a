package template

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/closeofbusiness/cob/report"
)

// Version is a semantic version: 1.10.0 comes after 1.9.9. There are no
// pre-releases.
type Version [3]int

// ParseVersion reads a version as files have it.
func ParseVersion(s string) (Version, error) {
	m := versions.FindStringSubmatch(s)
	if m == nil {
		return Version{}, fmt.Errorf("%w: version %.42q: one such as 1.0.0 is needed", report.ErrInvalid, s)
	}
	var v Version
	for i := range v {
		v[i], _ = strconv.Atoi(m[i+1]) // five digits at most
	}
	return v, nil
}

// String writes the version as files have it.
func (v Version) String() string { return fmt.Sprintf("%d.%d.%d", v[0], v[1], v[2]) }

// NextMinor is the version after which only the first number is the same.
func (v Version) NextMinor() Version { return Version{v[0], v[1] + 1, 0} }

// Compare is negative where v comes before w.
func (v Version) Compare(w Version) int { return slices.Compare(v[:], w[:]) }

// CompareVersions orders versions as files have them. What is no version comes
// first.
func CompareVersions(a, b string) int {
	v, errV := ParseVersion(a)
	w, errW := ParseVersion(b)
	switch {
	case errV != nil && errW != nil:
		return strings.Compare(a, b)
	case errV != nil:
		return -1
	case errW != nil:
		return 1
	}
	return v.Compare(w)
}

// Range is which versions of a template are meant: NAME is all of them, NAME@1
// those that begin with 1, NAME@1.2 with 1.2, and NAME@1.2.0 is that one.
type Range struct {
	Name    string
	Numbers []int // the first of a version's; none: every version
}

var ranges = regexp.MustCompile(`^([a-z0-9-]{1,63})(?:@((?:0|[1-9]\d{0,4})(?:\.(?:0|[1-9]\d{0,4})){0,2}))?$`)

// ParseRange reads NAME, NAME@1, NAME@1.2 or NAME@1.2.0.
func ParseRange(s string) (Range, error) {
	m := ranges.FindStringSubmatch(s)
	if m == nil {
		return Range{}, fmt.Errorf("%w: template %.80q: NAME or NAME@VERSION is needed, such as daily-security@1.0", report.ErrInvalid, s)
	}
	r := Range{Name: m[1]}
	if m[2] == "" {
		return r, nil
	}
	for number := range strings.SplitSeq(m[2], ".") {
		n, _ := strconv.Atoi(number) // five digits at most
		r.Numbers = append(r.Numbers, n)
	}
	return r, nil
}

// String writes the range as series have it.
func (r Range) String() string {
	if len(r.Numbers) == 0 {
		return r.Name
	}
	return r.Name + "@" + r.Versions()
}

// Versions is the range without the name: "1.2"; empty: every version.
func (r Range) Versions() string {
	numbers := make([]string, len(r.Numbers))
	for i, n := range r.Numbers {
		numbers[i] = strconv.Itoa(n)
	}
	return strings.Join(numbers, ".")
}

// Has tells whether a version of the template is in the range.
func (r Range) Has(version string) bool {
	v, err := ParseVersion(version)
	return err == nil && slices.Equal(v[:len(r.Numbers)], r.Numbers)
}

// Highest is the place of the highest of those versions that are in the range;
// -1: none is.
func (r Range) Highest(versions []string) int {
	best := -1
	for i, v := range versions {
		if r.Has(v) && (best < 0 || CompareVersions(v, versions[best]) > 0) {
			best = i
		}
	}
	return best
}
