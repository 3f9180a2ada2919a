package grounding

import (
	"regexp"
	"slices"
	"strings"

	"github.com/closeofbusiness/cob/report/analysis"
	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
)

// maxNotes bounds how many reference notes a model is offered.
const maxNotes = 20

// note is a reference note that a claim may cite. A model knows its number, its
// type and which of the names that it was given the note speaks of; the title
// is what somebody wrote, and no model sees it.
type note struct {
	fact.Reference
	id    string // "1"
	about []string
}

// offer chooses the notes that speak of names which the model was given: of the
// others it could not know what they are about.
func (m *Material) offer() {
	known := map[string][]string{}
	for _, e := range m.entries {
		for name, real := range e.Dims {
			key := strings.ToLower(real)
			if alias := e.dims[name]; !slices.Contains(known[key], alias) {
				known[key] = append(known[key], alias)
			}
		}
	}
	for _, n := range m.set.Records.References.Listed() {
		var about []string
		for _, term := range append([]string{n.Domain}, n.Matched...) {
			for _, alias := range known[strings.ToLower(term)] {
				if !slices.Contains(about, alias) {
					about = append(about, alias)
				}
			}
		}
		if len(about) > 0 && len(m.notes) < maxNotes && slices.Contains(noteTypes, n.Type) {
			slices.Sort(about)
			m.notes = append(m.notes, note{n, itoa(len(m.notes) + 1), about})
		}
	}
}

var noteTypes = []string{"runbook", "policy", "advisory"}

// citationForm is the only place of a citation: in brackets, as the last thing
// of a claim. What is left without it is checked as any other claim.
var citationForm = regexp.MustCompile(`^(.*[^ ]) \((?:see )?\{\{ref:([1-9][0-9]?)\}\}\)\.$`)

// uncited is a claim's text without its citation, and the number of the note
// that it cites; empty where it cites none.
func uncited(text string) (plain, id string) {
	p := citationForm.FindStringSubmatch(text)
	if p == nil {
		return text, ""
	}
	return p[1] + ".", p[2]
}

// note is the one of that number, or nil.
func (m *Material) note(id string) *note {
	for i := range m.notes {
		if m.notes[i].id == id {
			return &m.notes[i]
		}
	}
	return nil
}

// cite checks a citation: that the note was offered, and that it speaks of
// something which the claim is about.
func (k *check) cite(id string) {
	if id == "" {
		return
	}
	k.applied[ruleCitation] = true
	n := k.m.note(id)
	if n == nil {
		k.refuse(ruleCitation, "no reference note of that number was given")
		return
	}
	for _, key := range k.claim.Facts {
		if e := k.m.byKey[key]; e != nil && e.named(n.about) {
			return
		}
	}
	k.refuse(ruleCitation, "the reference note is about nothing that the claim is about")
}

// named tells whether a fact has one of the names.
func (e *entry) named(names []string) bool {
	for _, value := range e.dims {
		if slices.Contains(names, value) {
			return true
		}
	}
	return false
}

// citedTwice are the claims that cite what an earlier one cites.
func citedTwice(d Draft) (out []Violation) {
	seen := map[string]bool{}
	for i, c := range d.Claims {
		_, id := uncited(c.Text)
		if id != "" && seen[id] {
			out = append(out, Violation{i + 1, ruleCitation, "an earlier claim cites the same reference note"})
		}
		seen[id] = true
	}
	return out
}

// printed is what stands for the citation of a claim: in brackets before the
// full stop that it is put before.
func (n *note) printed() document.Inlines {
	title := document.Inline{Text: document.Clean("“" + analysis.Clip(document.Clean(n.Title).String(), maxName) + "”"), Emphasis: true}
	if document.CheckLink(n.URL) == nil {
		title.Link = n.URL
	}
	return document.Inlines{document.Plain(" (see the " + n.Type + " "), title, document.Plain(").")}
}

// givenNote is a note as a model reads of it.
type givenNote struct {
	ID    string   `json:"id"`
	Type  string   `json:"type"`
	About []string `json:"about"`
}

func (m *Material) givenNotes() []givenNote {
	var out []givenNote
	for _, n := range m.notes {
		out = append(out, givenNote{n.id, n.Type, n.about})
	}
	return out
}

// citing is added to the instructions where there is something to cite.
const citing = `

Reference notes. "reference_notes" lists what readers can look up. A claim may cite one, as the last thing before its full stop and in no other place:
"On kb-search the attack success rate rose to {{fact:attack.success_rate{target=kb-search}}} (see {{ref:1}})."
Only where a name in the note's "about" is in the "dims" of a fact of the claim; each note once; nothing about what a note says.`

func (m *Material) citing() string {
	if len(m.notes) == 0 {
		return ""
	}
	return citing
}
