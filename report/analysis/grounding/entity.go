package grounding

import (
	"cmp"
	"slices"
	"strings"

	"github.com/closeofbusiness/cob/report/fact"
)

// spelling is one way to write a dimension's value.
type spelling struct {
	text  string
	value string
	dims  []dim
}

// spellings lists every way to write every value, the longest first: the value
// itself, words joined by hyphens, and of a probe or a detector the last part
// of its name where no other has the same.
func spellings(entries []*entry) []spelling {
	byText := map[string]*spelling{}
	add := func(text string, d dim) {
		s := byText[text]
		if s == nil {
			s = &spelling{text: text, value: d.value}
			byText[text] = s
		}
		if !slices.Contains(s.dims, d) {
			s.dims = append(s.dims, d)
		}
	}
	for _, d := range dimsOf(entries) {
		add(d.value, d)
		if strings.Contains(d.value, " ") {
			add(strings.ReplaceAll(d.value, " ", "-"), d)
		}
	}
	for _, d := range dimsOf(entries) {
		last := d.value[strings.LastIndexByte(d.value, '.')+1:]
		if (d.name == "probe" || d.name == "detector") && len(last) > 3 && !isWord(strings.ToLower(last)) {
			add(last, d)
		}
	}
	var out []spelling
	for _, s := range byText {
		if unambiguous(s.dims) {
			out = append(out, *s)
		}
	}
	slices.SortFunc(out, func(a, b spelling) int {
		return cmp.Or(cmp.Compare(len(b.text), len(a.text)), cmp.Compare(a.text, b.text))
	})
	return out
}

// unambiguous holds where a spelling is of one value alone, be it of several
// dimensions.
func unambiguous(dims []dim) bool {
	for _, d := range dims {
		if d.value != dims[0].value {
			return false
		}
	}
	return true
}

func dimsOf(entries []*entry) []dim {
	var out []dim
	seen := map[dim]bool{}
	add := func(d dim) {
		if !seen[d] {
			seen[d] = true
			out = append(out, d)
		}
	}
	for _, e := range entries {
		for _, name := range dimensionsOf(e.dims) {
			if value, has := e.dims[name]; has {
				add(dim{name, value})
			}
		}
		if e.Category != "" && mayPass(dim{"category", e.Category}) {
			add(dim{"category", e.Category})
		}
	}
	return out
}

// entity reads the longest name that text begins with. At the start of a
// sentence its first letter may be a capital; "critical-severity" is
// "critical".
func (m *Material) entity(text string, first bool) ([]dim, string, int) {
	for _, s := range m.names.spellings {
		n := len(s.text)
		if len(text) < n || text[:n] != s.text && !(first && lowerFirst(text[:n]) == s.text) {
			continue
		}
		if strings.HasPrefix(text[n:], "-severity") && !goesOn(text[n+len("-severity"):]) {
			return s.dims, s.value, n + len("-severity")
		}
		if !goesOn(text[n:]) {
			return s.dims, s.value, n
		}
	}
	return nil, "", 0
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// goesOn tells whether a name does not end before rest.
func goesOn(rest string) bool {
	if letterAt(rest, 0) || strings.HasPrefix(rest, "-") {
		return true
	}
	return len(rest) > 1 && strings.IndexByte("./:@\\", rest[0]) >= 0 && letterAt(rest, 1)
}

// sameDims tells whether two facts have the same dimensions.
func sameDims(a, b fact.Dims) bool { return a.String() == b.String() }
