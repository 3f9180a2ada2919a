// Package analysis writes prose about a fact set.
package analysis

import (
	"strings"

	"github.com/closeofbusiness/cob/report/document"
)

// Narrative is prose about the facts, with its origin. It is stored as JSON.
type Narrative struct {
	Sentences []Sentence `json:"sentences"`
	// Label tells readers who wrote it.
	Label string `json:"label"`
	// Provider and Model say which model wrote it; empty: rules did.
	Provider string `json:"provider,omitempty"`
	Model    string `json:"model,omitempty"`
	// Withheld says why nothing that a model wrote is here although one was
	// asked for. Empty: nothing was withheld.
	Withheld string `json:"withheld,omitempty"`
}

// Sentence is one sentence and the keys of the facts it rests on.
type Sentence struct {
	Text  document.Inlines `json:"text"`
	Facts []string         `json:"facts"`
	// Claim is what a model wrote, before its references were filled in; empty
	// for a sentence by rules.
	Claim string `json:"claim,omitempty"`
	// Cites are the keys of reference notes that the sentence cites.
	Cites []string `json:"cites,omitempty"`
	// Checks names the checks that the claim passed.
	Checks []string `json:"checks,omitempty"`
}

// RulesLabel is the label of a narrative that no model had a part in.
const RulesLabel = "Written by rules; no AI was used."

// String is the narrative as plain text.
func (n Narrative) String() string {
	s := make([]string, len(n.Sentences))
	for i, x := range n.Sentences {
		s[i] = x.Text.String()
	}
	return strings.Join(s, " ")
}

// Inlines is the narrative as one paragraph.
func (n Narrative) Inlines() document.Inlines {
	var out document.Inlines
	for i, s := range n.Sentences {
		if i > 0 {
			out = append(out, document.Plain(" "))
		}
		out = append(out, s.Text...)
	}
	return out
}
