package grounding

import (
	"slices"
	"strings"
)

// kind is what a word does in a claim. A word may do several things.
type kind uint64

const (
	neutral    kind = 1 << iota
	noun            // names what is counted or measured
	state           // tells which of them
	upward          // says that something rose
	downward        // says that something fell
	flat            // says that nothing changed
	moved           // says that something changed
	reached         // denies that something fell
	better          // says that something moved the good way
	worse           // says that something moved the other way
	relative        // compares: "higher", "fewer"
	today           // this business day
	prior           // the previous business day
	weekday         // a day by its name
	into            // "to": the value now comes next
	out             // "from": the value before comes next
	by              // the size of a change comes next
	against         // what is compared with comes next
	than            // likewise
	beyond          // "exceeded": what comes next is smaller
	below           // what comes next is larger
	most            // superlative upwards
	least           // superlative downwards
	none            // "no", "none"
	neither         // "neither"
	not             // "not"
	unmeasured      // "not measured"
	noFigure        // "no figure"
	part            // "of them": a part of what came before
	joint           // "and", "while": joins two statements
	wholeSet        // "in all": everything together
	alike           // "like for like"
	leaving         // "leaving": what is open then
	helper          // "was", "have": a verb's help
	of              // "of"
	or              // "or"
	share           // "a share of"
	cell            // "cell": target, probe and detector
	article         // may stand between a preposition and its figure
	newDay          // "on": a day comes next
	asOn            // "as on Thursday": it was the same
	inTurn          // "respectively"
	verb            // makes a statement of its own
	thing           // a noun that says nothing of what is counted
	scope           // "targets": what a superlative ranges over
	basis           // "since Thursday": what a change is measured from
	anyOther        // "than any other target"
	each            // "each": stands with two names or more
)

// meaning is what a phrase means.
type meaning struct {
	kind    kind
	feature string // of nouns and states
}

// group is a line of the vocabulary: phrases, separated by commas, that mean
// the same.
type group struct {
	kind    kind
	feature string
	phrases string
}

// longest is the most words that a phrase has.
const longest = 8

var (
	vocabulary = gather(neutralWords, reportingWords, regularWords, subjectWords, movementWords, comparisonWords, periodWords, otherWords())
	forbiddens = gatherForbidden(append(forbiddenWords, refusal{rulePeriod, calendarDayBefore}, refusal{rulePeriod, backWords}))
)

func gather(tables ...[]group) map[string]meaning {
	out := map[string]meaning{}
	for _, table := range tables {
		for _, g := range table {
			for _, phrase := range phrases(g.phrases) {
				was := out[phrase]
				out[phrase] = meaning{was.kind | g.kind, was.feature + g.feature}
			}
		}
	}
	return out
}

func phrases(list string) []string {
	var out []string
	for _, p := range strings.Split(list, ",") {
		if p = strings.Join(strings.Fields(p), " "); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// refusal is a list of words that a claim may not hold, and why.
type refusal struct{ rule, phrases string }

func gatherForbidden(table []refusal) map[string]string {
	out := map[string]string{}
	for _, r := range table {
		for _, phrase := range phrases(r.phrases) {
			out[phrase] = r.rule
		}
	}
	return out
}

// parts are the single words of every phrase.
var parts = func() map[string]bool {
	out := map[string]bool{}
	for phrase := range vocabulary {
		for _, w := range strings.Fields(phrase) {
			out[w] = true
		}
	}
	return out
}()

// isWord tells whether a word has a meaning in claims, allowed or not.
func isWord(w string) bool { return parts[w] || forbiddens[w] != "" || weekdays[w] }

// forbidden is the rule that a word breaks; empty: none.
func forbidden(w string) string { return forbiddens[w] }

// lexicon is the vocabulary with the names of one report's days and metrics.
type lexicon struct {
	days   map[string]meaning
	labels map[string]meaning // of declared metrics
}

func newLexicon(d days, dayBefore bool, labels map[string]meaning) *lexicon {
	l := &lexicon{map[string]meaning{}, labels}
	l.day(d.today, today)
	l.day(d.previous, prior)
	if dayBefore { // else the day before is no business day
		for _, phrase := range phrases(calendarDayBefore) {
			l.days[phrase] = meaning{kind: prior}
		}
	}
	if d.today != "" && d.previous != "" {
		l.from(d)
	}
	return l
}

func (l *lexicon) day(name string, k kind) {
	if name != "" {
		l.days[strings.ToLower(name)] = meaning{kind: k | weekday}
	}
}

// from adds the ways to say that a change is the one between the two days.
func (l *lexicon) from(d days) {
	for _, s := range []string{"between PREVIOUS and TODAY", "from PREVIOUS to TODAY", "since PREVIOUS", "over PREVIOUS", "from PREVIOUS"} {
		s = strings.NewReplacer("PREVIOUS", d.previous, "TODAY", d.today).Replace(s)
		l.days[strings.ToLower(s)] = meaning{kind: basis}
	}
}

// read joins words to phrases, the longest first, and gives each its meaning.
// What has none it returns as faults.
func (l *lexicon) read(in []token) ([]token, []fault) {
	var out []token
	var faults []fault
	for i := 0; i < len(in); {
		if in[i].sort != plainWords {
			out = append(out, in[i])
			i++
			continue
		}
		t, n, f := l.phrase(in[i:])
		if f != nil {
			faults = append(faults, *f)
		}
		out = append(out, t)
		i += n
	}
	return out, faults
}

// phrase reads the longest phrase at the beginning of tokens. Of one length, a
// forbidden one counts.
func (l *lexicon) phrase(in []token) (token, int, *fault) {
	n := 1
	for n < len(in) && n < longest && in[n].sort == plainWords {
		n++
	}
	for ; n > 0; n-- {
		if slices.ContainsFunc(in[:n], func(t token) bool { return capitals(t.text) > 1 }) {
			continue
		}
		t := joined(in[:n])
		if m, ok := l.days[t.text]; ok && !(m.kind == basis && n < len(in) && in[n].text == "'s") {
			t.meaning = m
			return t, n, nil
		}
		if m, ok := l.labels[t.text]; ok {
			t.meaning = m
			return t, n, nil
		}
		if rule := forbiddens[t.text]; rule != "" {
			return t, n, &fault{rule: rule, word: t.text}
		}
		if m, ok := vocabulary[t.text]; ok {
			t.meaning = m
			return t, n, nil
		}
	}
	t := joined(in[:1])
	if capitals(in[0].text) > 1 {
		return t, 1, &fault{rule: ruleUnknown, word: t.text}
	}
	if weekdays[t.text] {
		return t, 1, &fault{rule: rulePeriod, word: t.text}
	}
	return t, 1, &fault{rule: ruleUnknown, word: t.text}
}

// joined is several words as one token.
func joined(in []token) token {
	words := make([]string, len(in))
	for i, t := range in {
		words[i] = strings.ToLower(t.text)
	}
	t := in[0]
	t.text, t.end = strings.Join(words, " "), in[len(in)-1].end
	return t
}
