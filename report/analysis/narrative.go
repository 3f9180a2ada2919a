// Package analysis writes prose about a fact set.
package analysis

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/gowebpki/jcs"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/document"
)

// Narrative is prose about the facts, with its origin.
type Narrative struct {
	Sentences []Sentence `json:"sentences"`
	// Label tells readers who wrote it.
	Label string `json:"label"`
}

// Sentence is one sentence and the keys of the facts it rests on.
type Sentence struct {
	Text  document.Inlines `json:"text"`
	Facts []string         `json:"facts"`
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

// Canonical returns the narrative as canonical JSON (RFC 8785), the form in
// which it is stored.
func Canonical(n Narrative) ([]byte, error) {
	b, err := json.Marshal(n)
	if err != nil {
		return nil, fmt.Errorf("encode narrative: %w", err)
	}
	b, err = jcs.Transform(b)
	if err != nil {
		return nil, fmt.Errorf("canonicalise narrative: %w", err)
	}
	return b, nil
}

// Parse reads what Canonical wrote. Unknown fields are errors.
func Parse(b []byte) (Narrative, error) {
	var n Narrative
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&n); err != nil {
		return Narrative{}, fmt.Errorf("%w: read narrative: %w", report.ErrInvalid, err)
	}
	return n, nil
}
