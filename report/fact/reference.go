package fact

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/closeofbusiness/cob/report"
)

// References are reference notes as known at the as-of.
type References struct {
	// Known is how many notes there are, withdrawn ones left out.
	Known int64 `json:"known"`
	// Lists has one for each that the template asks for.
	Lists []ReferenceList `json:"lists"`
	// Cited are notes that a text names.
	Cited []Reference `json:"cited"`
}

// Reference is a runbook, a policy or an advisory.
type Reference struct {
	Source string      `json:"source"`
	Name   string      `json:"name"`
	Type   string      `json:"type"` // runbook, policy, advisory
	Domain string      `json:"domain"`
	Title  string      `json:"title"`
	Author string      `json:"author"`
	Date   report.Date `json:"date"`
	URL    string      `json:"url"` // https
	// Matched are the terms of the facts that the note speaks of; nil where it is
	// listed for its domain.
	Matched []string `json:"matched,omitempty"`
}

// Key names a note: "wiki/RB-12".
func (n Reference) Key() string { return n.Source + "/" + n.Name }

// Selection says which reference notes a list holds.
type Selection struct {
	// Domains are exact. Empty: notes that match the facts.
	Domains []string `json:"domains,omitempty"`
	Types   []string `json:"types,omitempty"` // empty: all
	Limit   int      `json:"limit"`
}

// ByFacts holds for a list of notes that match the facts.
func (s Selection) ByFacts() bool { return len(s.Domains) == 0 }

// Equal tells whether both select the same.
func (s Selection) Equal(o Selection) bool {
	return slices.Equal(s.Domains, o.Domains) && slices.Equal(s.Types, o.Types) && s.Limit == o.Limit
}

// ReferenceList are the notes of a selection: by domain the newest first, by
// facts the most relevant.
type ReferenceList struct {
	Selection
	// Found is how many there are; Notes holds the first of them.
	Found int64       `json:"found"`
	Notes []Reference `json:"notes"`
}

// Refer puts reference notes into the set. Notes of the sample make it a sample.
func (s *Set) Refer(r *References) {
	s.Records.References = r
	for _, n := range append(r.Listed(), r.Cited...) {
		s.Sample = s.Sample || strings.HasPrefix(n.Source, samplePrefix)
	}
}

// List is the list of a selection; nil: nobody looked for it.
func (r *References) List(s Selection) *ReferenceList {
	if r == nil {
		return nil
	}
	for i := range r.Lists {
		if r.Lists[i].Equal(s) {
			return &r.Lists[i]
		}
	}
	return nil
}

// Called is the one note that a text names, by name or by SOURCE/NAME; nil
// where there is none, or more than one.
func (r *References) Called(name string) *Reference {
	if r == nil {
		return nil
	}
	var found *Reference
	for i := range r.Cited {
		if n := &r.Cited[i]; n.Name == name || n.Key() == name {
			if found != nil {
				return nil
			}
			found = n
		}
	}
	return found
}

// Listed are the notes of all lists, each once.
func (r *References) Listed() []Reference {
	if r == nil {
		return nil
	}
	var out []Reference
	for _, l := range r.Lists {
		for _, n := range l.Notes {
			same := func(o Reference) bool { return o.Source == n.Source && o.Name == n.Name }
			if i := slices.IndexFunc(out, same); i < 0 {
				out = append(out, n)
			} else if len(out[i].Matched) == 0 {
				out[i].Matched = n.Matched
			}
		}
	}
	return out
}

// Term is something notable of the day that a reference note may speak of.
type Term struct {
	Text string // as the page shows it
	// Phrases are what is looked for; a note has to hold Needed of them.
	Phrases []string
	Needed  int
}

// The bounds of what is looked for in reference notes.
const (
	maxTerms     = 150
	maxTitles    = 30
	maxPhrase    = 200 // characters
	maxWords     = 20  // of a title
	shortestWord = 4   // characters
)

// Terms are what was notable on the day, worst first: titles of open critical
// findings and of incidents, then the names of what they concern, of categories,
// targets and probes with hits, of runs without result, of components that were
// not always up, and of declared metrics' labels that are not 0. They are texts
// of sources: hostile until fenced.
func (s *Set) Terms() []Term {
	t := terms{seen: map[string]bool{}}
	for _, f := range s.Records.Findings {
		if f.Open && f.Severity == "critical" {
			t.title(f.Title)
		}
	}
	for _, i := range s.Records.Incidents {
		if i.State != "resolved" {
			t.title(i.Title)
		}
	}
	for _, f := range s.Records.Findings {
		if f.Open && f.Severity == "critical" {
			t.name(f.Target)
		}
	}
	for i := range s.Facts {
		if f := &s.Facts[i]; s.notable(f) {
			for _, d := range f.Dims.names() {
				t.dimension(d, f.Dims[d])
			}
		}
	}
	for _, r := range s.Records.NoResult {
		t.name(r.Target)
	}
	return t.all
}

// notable tells whether a fact's dimensions are worth looking up.
func (s *Set) notable(f *Fact) bool {
	switch {
	case f.ID == "attack.hits":
		return f.Measured() && *f.Value > 0
	case f.ID == "health.availability":
		return !f.Measured() || *f.Value < 1
	}
	m, _ := s.Registry().Lookup(f.ID)
	return m.Declared != nil && f.Measured() && *f.Value != 0
}

// terms collects each term once.
type terms struct {
	all    []Term
	titles int
	seen   map[string]bool
}

func (t *terms) add(term Term) bool {
	key := strings.ToLower(term.Text)
	if key == "" || t.seen[key] || len(t.all) == maxTerms {
		return false
	}
	t.seen[key] = true
	t.all = append(t.all, term)
	return true
}

// dimension adds a dimension's value; a detector or a severity is no subject of
// a note.
func (t *terms) dimension(name, value string) {
	if name != "detector" && name != "severity" {
		t.name(value)
	}
}

// name adds a name: it is looked for as a phrase.
func (t *terms) name(s string) {
	if utf8.RuneCountInString(s) <= maxPhrase {
		t.add(Term{Text: s, Phrases: []string{s}, Needed: 1})
	}
}

// title adds a title. A note seldom repeats one: two of its words have to be in
// the note, or the one that it has.
func (t *terms) title(s string) {
	if t.titles == maxTitles {
		return
	}
	var words []string
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }) {
		w = strings.ToLower(w)
		if n := utf8.RuneCountInString(w); n >= shortestWord && n <= maxPhrase && !slices.Contains(words, w) && len(words) < maxWords {
			words = append(words, w)
		}
	}
	if len(words) > 0 && t.add(Term{Text: s, Phrases: words, Needed: min(2, len(words))}) {
		t.titles++
	}
}
