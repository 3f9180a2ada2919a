package compose

import (
	"slices"
	"strings"

	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
)

// note is the place of a fact's note, and whether it has one. Parts of a
// figure share the figure's.
func (c *composer) note(f *fact.Fact) (int, bool) {
	if f == nil {
		return 0, false
	}
	if i, ok := c.letters[f.Key()]; ok {
		return i, true
	}
	m, _ := c.registry.Lookup(f.ID)
	i, ok := c.letters[fact.Key(m.PartOf, f.Dims)]
	return i, ok
}

// letter is a fact's footnote letter; empty: it has none.
func (c *composer) letter(f *fact.Fact) string {
	i, ok := c.note(f)
	if !ok {
		return ""
	}
	return fact.Letter(i)
}

// covered lists the notes inside a row: unmeasured figures of the same metric
// whose dimensions are the row's and more.
func (c *composer) covered(id string, row fact.Dims) []int {
	var out []int
	for i, n := range c.notes {
		if n.ID == id && len(n.Dims) > len(row) && within(row, n) {
			out = append(out, i)
		}
	}
	return out
}

// within tells whether a row's dimensions hold for a finer fact. A cell names
// its category beside its dimensions.
func within(row fact.Dims, f *fact.Fact) bool {
	for k, v := range row {
		if f.Dims[k] != v && (k != "category" || f.Category != v) {
			return false
		}
	}
	return true
}

// maxRanges is how many separate letters or runs of them a footnote mark holds.
const maxRanges = 4

// runs writes places as letters: "a", "b, c", "a–e, g". Past most runs it ends
// in an ellipsis; 0 means all.
func runs(places []int, most int) string {
	places = slices.Compact(slices.Sorted(slices.Values(places)))
	var out []string
	for i := 0; i < len(places); {
		j := i
		for j+1 < len(places) && places[j+1] == places[j]+1 {
			j++
		}
		if most > 0 && len(out) == most {
			out = append(out, "…")
			break
		}
		out = append(out, run(places[i], places[j]))
		i = j + 1
	}
	return strings.Join(out, ", ")
}

func run(first, last int) string {
	switch last - first {
	case 0:
		return fact.Letter(first)
	case 1:
		return fact.Letter(first) + ", " + fact.Letter(last)
	}
	return fact.Letter(first) + "–" + fact.Letter(last)
}

// mark is the footnote mark of notes, to stand directly after what it is about;
// nothing where there are none. Renderers set it apart.
func mark(places []int) document.Inlines {
	if len(places) == 0 {
		return nil
	}
	return document.Inlines{document.Note(runs(places, maxRanges))}
}

// missing is what stands for a figure that is not measured: the words and the
// letter of the note.
func (c *composer) missing(f *fact.Fact) document.Inlines {
	in := document.Inlines{{Text: document.Clean(fact.NotMeasured), Strong: true, Tone: document.Worse}}
	if i, ok := c.note(f); ok {
		in = append(in, mark([]int{i})...)
	}
	return in
}
