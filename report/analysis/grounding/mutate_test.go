package grounding

import (
	"regexp"
	"slices"
	"strings"
)

// mutant is a claim that was true until one thing in it was changed.
type mutant struct {
	kind, how string
	claim     Claim
}

var anyReference = regexp.MustCompile(`\{\{(fact|previous|change|share):([^{}/]+(?:\{[^{}]*\})?)(?:/([^{}/]+(?:\{[^{}]*\})?))?\}\}`)

// spot is a reference in a text.
type spot struct {
	start, end       int
	verb, key, whole string
}

func spots(text string) []spot {
	var out []spot
	for _, i := range anyReference.FindAllStringSubmatchIndex(text, -1) {
		s := spot{start: i[0], end: i[1], verb: text[i[2]:i[3]], key: text[i[4]:i[5]]}
		if i[6] >= 0 {
			s.whole = text[i[6]:i[7]]
		}
		out = append(out, s)
	}
	return out
}

// rewritten is the claim with another text. The facts follow the references, so
// that no mutant is refused for its list alone; what the list held beside them
// stays.
func (c Claim) rewritten(text string) Claim {
	old, now := keysIn(c.Text), keysIn(text)
	facts := slices.Clone(now)
	for _, f := range c.Facts {
		if !slices.Contains(old, f) && !slices.Contains(facts, f) {
			facts = append(facts, f)
		}
	}
	return Claim{Text: text, Stance: c.Stance, Facts: facts}
}

func keysIn(text string) []string {
	var out []string
	for _, s := range spots(text) {
		for _, k := range []string{s.key, s.whole} {
			if k != "" && !slices.Contains(out, k) {
				out = append(out, k)
			}
		}
	}
	return out
}

func splice(text string, start, end int, with string) string { return text[:start] + with + text[end:] }

// mutants are all mutants of a claim.
func mutants(m *Material, c Claim) []mutant {
	var out []mutant
	add := func(kind, how, text string) {
		if text != c.Text {
			out = append(out, mutant{kind, how, c.rewritten(text)})
		}
	}
	mutateNumbers(m, c, add)
	mutateSubjects(m, c, add)
	mutateWords(m, c, add)
	mutatePeriods(m, c, add)
	mutateNegation(c, add)
	for _, stance := range stances {
		if stance != c.Stance && !stanceHolds(m, c, stance) {
			x := c
			x.Stance = stance
			out = append(out, mutant{"direction", "stance " + stance, x})
		}
	}
	return out
}

// stanceHolds is the rule by which a stance is still true: all facts of the
// claim went that way, or the claim says both ways.
func stanceHolds(m *Material, c Claim, stance string) bool {
	ups, downs := countWords(m, c, upward|better|worse), countWords(m, c, downward|better|worse)
	flats := countWords(m, c, flat)
	if ups > 0 && downs > 0 && stance != "unchanged" || ups+downs > 0 && flats > 0 {
		return true
	}
	if stance == "none" {
		return ups+downs+countWords(m, c, flat) == 0
	}
	for _, key := range compared(c) {
		if e := m.byKey[key]; e == nil || way(e.change()) != stance {
			return false
		}
	}
	return true
}

func countWords(m *Material, c Claim, k kind) int {
	tokens, _ := m.tokens(c.Text)
	return count(tokens, k)
}

// compared are the facts whose previous value or change a claim gives; all of
// its facts where it gives none.
func compared(c Claim) []string {
	var out []string
	for _, s := range spots(c.Text) {
		if s.verb == verbPrevious || s.verb == verbChange {
			out = append(out, s.key)
		}
	}
	if len(out) == 0 {
		return c.Facts
	}
	return out
}

func mutateNumbers(m *Material, c Claim, add func(kind, how, text string)) {
	found := spots(c.Text)
	for i, s := range found {
		e := m.byKey[s.key]
		for _, o := range m.entries {
			sameDimNames := len(o.dims) == len(e.dims)
			switch {
			case o == e:
			case o.ID == e.ID && len(o.dims) < 3:
				add("number", "other dimensions", splice(c.Text, s.start, s.end, "{{"+s.verb+":"+o.key+"}}"))
			case sameDims(o.dims, e.dims) && sameDimNames:
				add("number", "other metric", splice(c.Text, s.start, s.end, "{{"+s.verb+":"+o.key+"}}"))
			}
		}
		for _, verb := range []string{verbFact, verbPrevious, verbChange} {
			kind := "period"
			if verb == verbChange || s.verb == verbChange || s.verb == verbShare {
				kind = "unit"
			}
			add(kind, "verb "+verb, splice(c.Text, s.start, s.end, "{{"+verb+":"+s.key+"}}"))
		}
		if e.metric.Whole != "" && s.verb == verbFact {
			if w := m.find(e.metric.Whole, e.dims); w != nil {
				add("unit", "share", splice(c.Text, s.start, s.end, "{{share:"+s.key+"/"+w.key+"}}"))
			}
		}
		for _, o := range found[i+1:] {
			text := splice(c.Text, o.start, o.end, c.Text[s.start:s.end])
			add("number", "two exchanged", splice(text, s.start, s.end, c.Text[o.start:o.end]))
		}
		for _, unit := range []string{" percent", " %", " percentage points", " ms", " days", "k", " per cent", " hours"} {
			add("unit", "unit"+unit, splice(c.Text, s.end, s.end, unit))
		}
		for _, digits := range []string{"3", "1,000 ", "2.5 ", "0x1f ", "٣ ", "½ "} {
			add("digit", "before a reference", splice(c.Text, s.start, s.start, digits))
		}
		for _, w := range []string{"about ", "nearly ", "more than ", "at least ", "up to ", "almost ", "over ", "less than "} {
			add("number word", "approximation "+w, splice(c.Text, s.start, s.start, w))
		}
	}
	end := len(c.Text) - 1
	add("digit", "version", splice(c.Text, end, end, " since version 4.2"))
	add("digit", "time", splice(c.Text, end, end, " at 14:20"))
	for _, w := range []string{", which doubled", ", half of all", ", most of them", ", twice as many", ", a third more", ", a dozen more", ", with several more", ", both of them", ", zero before", ", the second in a row", ", a majority"} {
		add("number word", w, splice(c.Text, end, end, w))
	}
}

func mutateSubjects(m *Material, c Claim, add func(kind, how, text string)) {
	for _, e := range entityPlaces(m, c.Text) {
		for _, d := range dimsOf(m.entries) {
			if d.name != e.name || d.value == e.value {
				continue
			}
			add("subject", "in the text", splice(c.Text, e.start, e.end, d.value))
		}
		for _, invented := range []string{"billing-bot", "payments", "gpt-9", "Support", "kb-search-two"} {
			add("entity", "invented "+invented, splice(c.Text, e.start, e.end, invented))
		}
		dropped := regexp.MustCompile(`(?:[Oo]n |of |to |, on )?` + regexp.QuoteMeta(c.Text[e.start:e.end]))
		if at := dropped.FindStringIndex(c.Text); at != nil && e.name != "detector" && len(keysIn(c.Text)) > 0 {
			add("subject", "dropped", capitalised(strings.TrimLeft(splice(c.Text, at[0], at[1], ""), " ,")))
		}
	}
	end := len(c.Text) - 1
	add("entity", "added", splice(c.Text, end, end, " on billing-bot"))
	add("entity", "of another", splice(c.Text, end, end, " for payments"))
	for _, s := range spots(c.Text) {
		e := m.byKey[s.key]
		for _, o := range m.entries {
			if o.ID != e.ID || o == e || len(o.dims) != len(e.dims) {
				continue
			}
			text := strings.ReplaceAll(c.Text, ":"+s.key+"}}", ":"+o.key+"}}")
			add("subject", "in the references", text)
		}
	}
}

func capitalised(s string) string {
	if s == "" || s[0] == '{' {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

type place struct {
	dim
	start, end int
}

// entityPlaces are the names in a text, outside its references.
func entityPlaces(m *Material, text string) []place {
	tokens, _ := m.tokens(text)
	var out []place
	for _, t := range tokens {
		if t.is(entityWord) {
			out = append(out, place{t.dims[0], t.start, t.end})
		}
	}
	return out
}

// opposites are words and what says the contrary.
var opposites = [][2]string{
	{"rose", "fell"}, {"fell", "rose"}, {"dropped", "climbed"}, {"higher", "lower"}, {"lower", "higher"}, {"more", "fewer"}, {"fewer", "more"},
	{"longer", "shorter"}, {"less", "more"}, {"up from", "down from"}, {"down from", "up from"}, {"went up", "went down"}, {"worsened", "improved"},
	{"improved", "worsened"}, {"Latency improved", "Latency worsened"}, {"highest", "lowest"}, {"lowest", "highest"}, {"exceeded", "fell short of"},
	{"unchanged", "up"}, {"unchanged", "lower"}, {"did not change", "rose"}, {"did not change", "fell"}, {"remained at", "rose to"}, {"stayed at", "fell to"},
	{"as many as", "more than"}, {"rose", "was unchanged, by"}, {"fell", "held steady, from"}, {"reached", "dropped to"}, {"exceeded", "was below"},
	{"rose", "improved"}, {"fell", "worsened"}, {"dropped", "deteriorated"},
}

func mutateWords(m *Material, c Claim, add func(kind, how, text string)) {
	for _, o := range opposites {
		word := regexp.MustCompile(`\b` + o[0] + `\b`)
		for _, at := range word.FindAllStringIndex(c.Text, -1) {
			add("direction", o[0]+" to "+o[1], splice(c.Text, at[0], at[1], o[1]))
		}
	}
	mutateVerbs(m, c, add)
	end := len(c.Text) - 1
	for _, w := range [][2]string{{"up", ", up on the previous business day"}, {"down", ", down on the previous business day"}, {"unchanged", ", unchanged"}, {"up", ", an increase"}, {"down", ", a fall"}} {
		if w[0] != lastWay(m, c) && !strings.Contains(c.Text, " no ") { // else it is still true
			add("direction", "added"+w[1], splice(c.Text, end, end, w[1]))
		}
	}
	for _, w := range []string{" because of the new release", " due to a rollback", ", which led to more hits", " as a result of retests", " thanks to the fix",
		" after the upgrade", ", caused by prompt injection", " following the change", ", driven by jailbreaks", " owing to time-outs", " since the release"} {
		add("cause", w, splice(c.Text, end, end, w))
	}
	for _, w := range []string{", which is alarming", ", a significant rise", ", a good result", ", only", ", which is safe", ", a sharp fall", ", as expected", ", a healthy level",
		", well defended", ", slightly worse", " and needs attention", ", which is a concern"} {
		add("judgement", w, splice(c.Text, end, end, w))
	}
	add("judgement", "only", strings.Replace(c.Text, "{{", "only {{", 1))
	add("judgement", "just", strings.Replace(c.Text, "{{", "just {{", 1))
	add("judgement", "will", strings.Replace(c.Text, " rose", " will rise", 1))
	add("judgement", "should", splice(c.Text, end, end, " and should be fixed"))
}

// mutateVerbs turns every word of the vocabulary that says which way something
// went into one that says another.
func mutateVerbs(m *Material, c Claim, add func(kind, how, text string)) {
	tokens, _ := m.tokens(c.Text)
	for _, t := range tokens {
		var others []string
		switch {
		case t.does(relative | beyond | below | noun):
		case t.does(upward):
			others = []string{"fell", "was unchanged"}
		case t.does(downward):
			others = []string{"rose", "was unchanged"}
		case t.does(flat):
			others = []string{"rose", "fell"}
		}
		for _, o := range others {
			add("direction", t.text+" to "+o, splice(c.Text, t.start, t.end, o))
		}
	}
}

// lastWay is the way that the fact of the last reference went, else that of the
// first fact of the list.
func lastWay(m *Material, c Claim) string {
	key := c.Facts[0]
	if all := spots(c.Text); len(all) > 0 {
		key = all[len(all)-1].key
	}
	return way(m.byKey[key].change())
}

func mutatePeriods(m *Material, c Claim, add func(kind, how, text string)) {
	today, previous := m.days.today, m.days.previous
	for _, swap := range [][2]string{{today, previous}, {previous, today}, {previous, "Monday"}, {today, "Sunday"}, {previous, "last week"}, {"the previous business day", today},
		{"the previous business day", "the previous week"}, {"the day before", "the month before"}, {"the day before", today}, {"previously", "on " + today}} {
		if swap[0] == "" {
			continue
		}
		for _, at := range regexp.MustCompile(`\b`+swap[0]+`\b`).FindAllStringIndex(c.Text, -1) {
			add("period", swap[0]+" to "+swap[1], splice(c.Text, at[0], at[1], swap[1]))
		}
	}
	end := len(c.Text) - 1
	for _, w := range []string{" yesterday", " last week", " this month", " on Sunday", " since January", " overnight", " for a week", " in the last quarter"} {
		add("period", w, splice(c.Text, end, end, w))
	}
	if previous != "" && len(spots(c.Text)) == 1 && spots(c.Text)[0].verb == verbFact && !strings.Contains(c.Text, "no") {
		add("period", "on the previous day", splice(c.Text, end, end, " on "+previous))
	}
}

func mutateNegation(c Claim, add func(kind, how, text string)) {
	for _, drop := range [][2]string{{"not ", ""}, {"No ", "A "}, {"none ", "one "}, {"no ", "some "}, {"no ", ""}, {"none ", ""}, {"No ", ""}, {"unanswered", "answered"}, {"did not start", "started"},
		{"not measured", "measured"}, {"are not", "are"}, {"is not", "is"}, {"no ", "the "}} {
		for _, at := range regexp.MustCompile(`\b`+drop[0]).FindAllStringIndex(c.Text, -1) {
			add("negation", "dropped "+drop[0], capitalised(splice(c.Text, at[0], at[1], drop[1])))
		}
	}
	for _, put := range [][2]string{{"was", "was not"}, {"were", "were not"}, {"rose", "did not rise"}, {"fell", "did not fall"}, {"failed", "never failed"}, {"are", "are not"}, {"had", "had not"},
		{"stood", "never stood"}, {"up from", "not up from"}, {"higher", "not higher"}, {"findings", "no findings"}, {"hits", "no hits"}, {"reached", "not reached"}} {
		for _, at := range regexp.MustCompile(`\b`+put[0]+`\b`).FindAllStringIndex(c.Text, -1) {
			add("negation", "added to "+put[0], splice(c.Text, at[0], at[1], put[1]))
		}
	}
}
