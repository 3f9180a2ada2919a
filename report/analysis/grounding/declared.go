package grounding

import (
	"strings"

	"github.com/closeofbusiness/cob/report/fact"
)

// declaredMark begins the feature of a declared metric's label.
const declaredMark = "metric:"

func isDeclared(feature string) bool { return strings.HasPrefix(feature, declaredMark) }

// declaredBy is the metric of such a feature.
func declaredBy(feature string) string {
	return strings.TrimSpace(strings.TrimPrefix(feature, declaredMark))
}

// speaking are what words do that say something of their own: a label with one
// of them could not be told from a statement.
const speaking = upward | downward | flat | moved | reached | better | worse | relative | beyond | below | than |
	most | least | none | neither | not | unmeasured | noFigure | share | wholeSet | alike | today | prior | weekday

// labelsOf are the phrases that name declared metrics. A label that cannot be
// read as one phrase, that says something by itself, or that two metrics have,
// names none: models are told nothing of such a metric.
func labelsOf(metrics []fact.Metric) map[string]meaning {
	out, twice := map[string]meaning{}, map[string]bool{}
	for _, m := range metrics {
		phrase, ok := labelPhrase(m.Label)
		if !ok {
			continue
		}
		if _, known := out[phrase]; known {
			twice[phrase] = true
		}
		out[phrase] = meaning{noun, declaredMark + m.ID + " "}
	}
	for phrase := range twice {
		delete(out, phrase)
	}
	return out
}

func labelPhrase(label string) (string, bool) {
	words := strings.Fields(label)
	if len(words) == 0 || len(words) > longest {
		return "", false
	}
	for _, w := range words {
		if wordForm.FindString(w) != w || capitals(w) > 1 || vocabulary[strings.ToLower(w)].kind&speaking != 0 || weekdays[strings.ToLower(w)] {
			return "", false
		}
	}
	phrase := strings.ToLower(strings.Join(words, " "))
	_, known := vocabulary[phrase]
	return phrase, !known && forbiddens[phrase] == ""
}

// speaksOf tells whether a declared metric can be named.
func (m *Material) speaksOf(metric fact.Metric) bool {
	phrase, ok := labelPhrase(metric.Label)
	return ok && declaredBy(m.labels[phrase].feature) == metric.ID
}

// labelled asks for the declared metrics' own names; nothing where there are none.
func (m *Material) labelled() string {
	for _, e := range m.entries {
		if e.metric.Declared != nil {
			return "- A fact of another metric is named by its \"metric\", word for word, and by nothing else.\n"
		}
	}
	return ""
}
