package analysis

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
)

// Options bound a narrative.
type Options struct {
	// About limits it to metrics that match one of these patterns:
	// "attack.*", "runs.failed". Empty: no limit.
	About []string
	// Sentences is how many there may be. Zero means 6.
	Sentences int
	// Words is how many there may be. Zero means 120.
	Words int
}

// ByRules writes the narrative by rules alone: one sentence for each condition
// that holds, sequence and never cause, nothing about what is not measured but
// that it is not.
func ByRules(set *fact.Set, o Options) (Narrative, error) {
	clock, err := set.Clock()
	if err != nil {
		return Narrative{}, err
	}
	if o.Sentences <= 0 {
		o.Sentences = 6
	}
	if o.Words <= 0 {
		o.Words = 120
	}
	w := &writer{set: set, clock: clock, about: o.About}
	w.rate()
	w.mover()
	w.findings()
	w.incidents()
	w.runs()
	w.declared()
	return Narrative{Sentences: w.within(o.Sentences, o.Words), Label: RulesLabel}, nil
}

// The order in which sentences give way where there is too little room: the
// highest first.
const (
	keepAlways = iota
	keepMover
	keepRuns
	keepDeclared
	keepVersion
	keepSecondIncident
)

type writer struct {
	set   *fact.Set
	clock fact.Clock
	about []string
	out   []ranked
}

type ranked struct {
	Sentence
	rank int
}

// within drops the least needed sentences until the rest fit.
func (w *writer) within(sentences, words int) []Sentence {
	for len(w.out) > 1 && (len(w.out) > sentences || w.words() > words) {
		least := 0
		for i, s := range w.out {
			if s.rank >= w.out[least].rank {
				least = i
			}
		}
		w.out = slices.Delete(w.out, least, least+1)
	}
	out := make([]Sentence, len(w.out))
	for i, s := range w.out {
		out[i] = s.Sentence
	}
	return out
}

func (w *writer) words() int {
	n := 0
	for _, s := range w.out {
		n += len(strings.Fields(s.Text.String()))
	}
	return n
}

// say adds a sentence, unless it rests on something that was not asked about.
func (w *writer) say(rank int, text document.Inlines, facts ...*fact.Fact) {
	keys := make([]string, len(facts))
	for i, f := range facts {
		if !w.wanted(f.ID) {
			return
		}
		keys[i] = f.Key()
	}
	w.out = append(w.out, ranked{Sentence{Text: text, Facts: keys}, rank})
}

func (w *writer) wanted(id string) bool {
	return len(w.about) == 0 || slices.ContainsFunc(w.about, func(p string) bool { return Matches(p, id) })
}

// Matches tells whether a metric's ID matches a pattern: itself, or a prefix
// that ends in "*".
func Matches(pattern, id string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(id, prefix)
	}
	return pattern == id
}

func plain(s string) document.Inlines { return document.Inlines{document.Plain(s)} }

// maxName bounds a name in a sentence, in characters.
const maxName = 60

func name(s string) string { return Clip(document.Clean(s).String(), maxName) }

// Clip shortens text to at most n characters, the last of them an ellipsis.
func Clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:n-1])) + "…"
}

func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// unmeasured says that something is not measured, and why.
func (w *writer) unmeasured(subject, verb string, f *fact.Fact) {
	s := subject + " " + verb + " not measured"
	if r := reason(f.Reason); r != "" {
		s += ": " + r
	}
	w.say(keepAlways, plain(s+"."), f)
}

// reason fits a reason into a sentence.
func reason(s string) string {
	return Clip(strings.TrimRight(strings.TrimSpace(document.Clean(s).String()), ". "), 160)
}
