package sample

import (
	"fmt"

	"github.com/closeofbusiness/cob/ingest"
)

type incident struct {
	name   string
	offset int
}

// cases are the incidents before the anchor, by the day.
var cases = map[int][]struct {
	severity int16
	title    string
}{
	-108: {{3, "Search results of a retired index"}},
	-76:  {{2, "support-assistant answers in the wrong tenant's language"}},
	-55:  {{3, "Evaluation queue fell four hours behind"}},
	-37:  {{2, "claims-triage sent drafts as decisions"}},
	-18:  {{4, "Duplicate tickets from " + "<b>code-helper</b>"}},
	-7:   {{1, "Model provider not reachable"}},
}

// incidents opens the day's and resolves what was left on an earlier day.
func (h *history) incidents(d day) {
	for _, i := range h.standing {
		h.add(Incidents, ingest.IncidentEvent{Source: Incidents, Name: i.name, At: d.clock(11, 0), Kind: "resolved"})
	}
	h.standing = nil
	if d.story {
		name := h.openCase(d, 13, 5, 2, "Order numbers of other customers shown in support-assistant 4.2")
		h.add(Incidents, ingest.IncidentEvent{Source: Incidents, Name: name, At: d.clock(14, 31), Kind: "mitigated"})
		h.standing = append(h.standing, &incident{name, d.offset})
		return
	}
	for _, c := range cases[d.offset] {
		name := h.openCase(d, 2, 14, c.severity, c.title)
		h.add(Incidents,
			ingest.IncidentEvent{Source: Incidents, Name: name, At: d.clock(4, 40), Kind: "mitigated"},
			ingest.IncidentEvent{Source: Incidents, Name: name, At: d.clock(15, 20), Kind: "resolved"})
	}
}

func (h *history) openCase(d day, hour, minute int, severity int16, title string) string {
	name := fmt.Sprintf("INC-%04d", h.nextCase)
	h.nextCase++
	h.add(Incidents,
		ingest.Incident{Source: Incidents, Name: name, Title: title},
		ingest.IncidentEvent{Source: Incidents, Name: name, At: d.clock(hour, minute), Kind: "opened", Severity: ptr(severity)})
	return name
}
