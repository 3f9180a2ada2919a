package grounding

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/closeofbusiness/cob/report/analysis"
	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
)

// maxName bounds a name in a sentence, in characters, as the rules do.
const maxName = 60

// names are the dimension values under which a model knows things: the real
// ones where they look like identifiers, aliases where they do not. A name is
// written by whoever runs the system under test, so it may be an instruction.
type names struct {
	alias map[dim]string // real value → what the model writes
	real  map[string]string
	// spellings are the ways to write what the model was given, longest first.
	spellings []spelling
}

// dim is one dimension with its value.
type dim struct{ name, value string }

var (
	identifier = regexp.MustCompile(`^[A-Za-z](?:[A-Za-z0-9._/:-]{0,58}[A-Za-z0-9])?$`)
	lowerWords = regexp.MustCompile(`^[a-z][a-z-]{0,18}[a-z](?: [a-z][a-z-]{0,18}[a-z]){1,3}$`)
)

var dimensions = []string{"target", "category", "probe", "detector", "severity", "component"}

// dimensionsOf lists those of a fact: the ones that are built in, then others by
// name.
func dimensionsOf(d fact.Dims) []string {
	out := slices.Clone(dimensions)
	for _, name := range slices.Sorted(maps.Keys(d)) {
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

var severities = map[string]bool{"critical": true, "high": true, "medium": true, "low": true}

// nameFacts names every dimension value, in the order of the facts.
func nameFacts(facts []fact.Fact) *names {
	n := &names{alias: map[dim]string{}, real: map[string]string{}}
	taken := map[string]bool{}
	for i := range facts {
		for name, value := range facts[i].Dims {
			d := dim{name, value}
			n.alias[d] = value
			taken[strings.ToLower(value)] = true
		}
	}
	for i := range facts {
		for _, name := range dimensionsOf(facts[i].Dims) {
			d := dim{name, facts[i].Dims[name]}
			_, has := facts[i].Dims[name]
			if has && n.alias[d] == d.value && !mayPass(d) {
				n.hide(d, taken)
			}
		}
	}
	return n
}

// hide gives a value an alias that nothing else has: "target-b".
func (n *names) hide(d dim, taken map[string]bool) {
	for i := 0; ; i++ {
		alias := d.name + "-" + fact.Letter(i)
		if taken[alias] {
			continue
		}
		taken[alias] = true
		n.alias[d] = alias
		n.real[alias] = printable(d.value)
		if n.real[alias] == "" {
			n.real[alias] = alias
		}
		return
	}
}

// printable is a name as a sentence shows it.
func printable(s string) string { return analysis.Clip(document.Clean(s).String(), maxName) }

// mayPass tells whether a value may stand in a question as it is: an
// identifier, or a few lower-case words, that means nothing in the language of
// claims.
func mayPass(d dim) bool {
	if d.name == "severity" && severities[d.value] {
		return true
	}
	if lowerWords.MatchString(d.value) {
		return harmlessWords(strings.Fields(d.value))
	}
	return identifier.MatchString(d.value) && !orders(d.value) && (capitals(d.value) > 1 || !isWord(strings.ToLower(d.value)))
}

// orders tells whether an identifier reads as a link or an instruction:
// "ignore.previous.instructions".
func orders(s string) bool {
	n := 0
	for _, part := range strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) }) {
		if forbidden(part) == ruleInstruction {
			n++
		}
	}
	return n > 1 || strings.Contains(s, "//") || linkForm.MatchString(s)
}

// capitals counts capital letters. A word of claims has one at the most.
func capitals(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsUpper(r) {
			n++
		}
	}
	return n
}

// harmlessWords holds where no word is forbidden and not every one is of the
// language of claims.
func harmlessWords(words []string) bool {
	unknown := 0
	for _, w := range words {
		if forbidden(w) != "" {
			return false
		}
		if !isWord(w) {
			unknown++
		}
	}
	return unknown > 0
}

// dims are a fact's dimensions as the model writes them.
func (n *names) dims(d fact.Dims) fact.Dims {
	out := fact.Dims{}
	for name, value := range d {
		out[name] = n.alias[dim{name, value}]
	}
	return out
}

// plainWord holds for one word of letters.
func plainWord(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) }) < 0
}
