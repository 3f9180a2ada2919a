package analysis

import (
	"fmt"
	"strings"

	"github.com/closeofbusiness/cob/report/document"
)

// Outcome is why a provider's text is not in the report.
type Outcome struct {
	Provider string `json:"provider"`
	// Refused: it wrote, and every draft failed the checks. Otherwise it did not
	// answer.
	Refused bool `json:"refused,omitempty"`
	// Reason is for people and ours: "rate limited", "a number outside a
	// reference".
	Reason string `json:"reason"`
}

const (
	maxReason   = 120 // runes, of one provider
	maxWithheld = 240 // runes, of all
)

// Withheld says in a sentence or two why nothing that a model wrote is in the
// report. Empty: nobody was asked.
func Withheld(outcomes []Outcome) string {
	said := make([]string, len(outcomes))
	for i, o := range outcomes {
		how := "gave no text"
		if o.Refused {
			how = "failed the checks"
		}
		said[i] = "provider " + o.Provider + " " + how
		if r := strings.TrimRight(Clip(document.Clean(o.Reason).String(), maxReason), ". "); r != "" {
			said[i] += " (" + r + ")"
		}
	}
	if len(said) == 0 {
		return ""
	}
	return Clip(capital(strings.Join(said, "; ")), maxWithheld-1) + "."
}

// WithheldLabel is the label of a narrative by rules in the place of one that a
// model was to write.
const WithheldLabel = "AI narrative withheld. Written by rules."

// LabelOf is the label of a narrative that a model wrote.
func LabelOf(model, provider string) string {
	const maxModel = 40
	return fmt.Sprintf("Written by %s (%s), each claim checked against the facts.", Clip(document.Clean(model).String(), maxModel), provider)
}
