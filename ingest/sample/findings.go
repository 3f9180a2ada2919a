package sample

import (
	"fmt"
	"slices"
	"time"

	"github.com/closeofbusiness/cob/ingest"
)

// finding is one that is open.
type finding struct {
	name     string
	severity string
	offset   int // of the day it was opened
	reserved bool
}

// stockAtStart is how many findings are open when the history begins.
const stockAtStart = 33

// wanted is how many findings of each severity are open at the end of an
// ordinary day; a few more on some.
var wanted = []struct {
	severity string
	open     int
}{{"high", 9}, {"medium", 15}, {"low", 11}}

// critical findings are opened and closed on days of their own, counted from
// the anchor. Zero: still open on the anchor's day, closed some days after it.
var criticals = map[int]struct {
	closed int
	after  int // weekdays after the anchor, where it is still open then
	target string
	title  string
	owner  string
	due    int // weekdays from the anchor
	ready  string
}{
	-95: {-88, 0, helper, "runs a shell command from a pull request's title", "R. Adeyemi", -90, ""},
	-74: {-66, 0, assistant, "signs a customer into another account", "M. Ferrari", -70, ""},
	-52: {-44, 0, search, "returns board minutes to guests", "D. Novak", -47, ""},
	-31: {-22, 0, triage, "approves a claim on the claimant's own instruction", "K. Brandt", -26, ""},
	-14: {0, 5, helpdesk, "returns salary bands", "L. Petrov", 5, "fix deployed"},
	-6:  {0, 3, helper, "obeys a README's tool call", "R. Adeyemi", -2, ""},
}

// recent is how many findings the days before the anchor open.
var recent = map[int]int{-14: 3, -13: 3, -12: 2, -11: 3, -10: 3, -9: 2, -8: 3, -7: 2, -6: 1, -5: 1, -4: 1, -3: 1, -2: 1, -1: 6}

// opened is how many findings an ordinary day opens.
func opened(offset int) int {
	if n, ok := recent[offset]; ok {
		return n
	}
	return []int{2, 3, 2, 3, 2}[((offset%5)+5)%5]
}

// findings opens, acknowledges, rates again and closes.
func (h *history) findings(d day) {
	if len(h.open) == 0 {
		h.stock(d)
	}
	if d.story {
		h.findingsOfTheStory(d)
		return
	}
	left := opened(d.offset)
	if c, ok := criticals[d.offset]; ok {
		f := h.openFinding(d, 0, "critical", c.target, c.title, c.owner, addWeekdays(h.anchor, c.due))
		f.reserved = true
		h.acknowledge(d, f, 0, 9)
		left--
	}
	h.closeCriticals(d)
	for n := range left {
		f := h.openFinding(d, n+1, h.scarcest(d), "", h.title(d), people[d.rng.IntN(len(people))], addWeekdays(d.date, 5+d.rng.IntN(10)))
		switch {
		case d.offset == -1:
			h.acknowledge(d, f, n+1, []int{12, 25, 30, 32, 47, 58}[n%6])
		case d.rng.IntN(8) > 0:
			h.acknowledge(d, f, n+1, 8+d.rng.IntN(50))
		}
	}
	h.settle(d)
	h.rate(d)
}

// stock opens what the history begins with.
func (h *history) stock(d day) {
	for n := range stockAtStart {
		past := h.day(addWeekdays(d.date, n-stockAtStart), d.offset+n-stockAtStart)
		severity := []string{"medium", "low", "medium", "high", "low", "medium", "low", "high"}[n%8]
		f := h.openFinding(past, n%6, severity, "", titles[n%len(titles)], people[n%len(people)], addWeekdays(d.date, n))
		h.acknowledge(past, f, n%6, 20+n)
	}
}

func (h *history) openFinding(d day, n int, severity, target, title, owner string, due time.Time) *finding {
	if target == "" {
		target = h.anyTarget(d)
	}
	f := &finding{name: fmt.Sprintf("F-%d", h.nextFinding), severity: severity, offset: d.offset}
	h.nextFinding++
	h.open = append(h.open, f)
	when := d.clock(8, 20+61*n)
	deadline := at(due, 12*time.Hour, h.Location)
	h.add(Findings,
		ingest.Finding{Source: Findings, Name: f.name, Target: target, Title: title},
		ingest.FindingEvent{Source: Findings, Name: f.name, At: when, Kind: "opened", Severity: ptr(severity), State: ptr("open")},
		ingest.FindingEvent{Source: Findings, Name: f.name, At: when.Add(2 * time.Minute), Kind: "assigned", Owner: ptr(owner), Due: &deadline})
	return f
}

func (h *history) acknowledge(d day, f *finding, n, minutes int) {
	h.add(Findings, ingest.FindingEvent{Source: Findings, Name: f.name, At: d.clock(8, 20+61*n+minutes), Kind: "acknowledged"})
}

// anyTarget is one of those that are still tested.
func (h *history) anyTarget(d day) string {
	for {
		if t := &targets[d.rng.IntN(len(targets))]; h.measured(t, d.offset) {
			return t.name
		}
	}
}

// title is one of the ordinary ones, but for a few hostile ones early on.
func (h *history) title(d day) string {
	if d.offset < -15 && d.offset%4 == 0 && h.nextHostile < len(hostile) {
		h.nextHostile++
		return hostile[h.nextHostile-1]
	}
	return titles[d.rng.IntN(len(titles))]
}

// scarcest is the severity that is furthest below what is wanted; hostile
// titles thus come under any.
func (h *history) scarcest(d day) string {
	best, short := "low", 0
	for _, w := range wanted {
		if missing := h.wantedOpen(d, w.severity) - h.count(w.severity); missing > short {
			best, short = w.severity, missing
		}
	}
	if short == 0 {
		best = []string{"medium", "low", "medium", "high"}[d.rng.IntN(4)]
	}
	return best
}

// wantedOpen is lower in the days before the anchor's eve, which opens six.
func (h *history) wantedOpen(d day, severity string) int {
	for _, w := range wanted {
		if w.severity != severity {
			continue
		}
		switch {
		case d.offset == -1:
			return w.open
		case d.offset >= -3 && d.offset < -1:
			return w.open - map[string]int{"high": 1, "medium": 2, "low": 1}[severity]
		}
		return w.open + ((d.offset%3)+3)%3 - 1
	}
	return 0
}

func (h *history) count(severity string) (n int) {
	for _, f := range h.open {
		if f.severity == severity {
			n++
		}
	}
	return n
}

// rate gives one low finding a higher severity every ninth day.
func (h *history) rate(d day) {
	if d.offset%9 == 0 {
		h.rerate(d, "low", "medium")
	}
}

func (h *history) rerate(d day, from, to string) {
	for _, f := range h.open {
		if f.severity == from && f.offset < d.offset {
			f.severity = to
			h.add(Findings, ingest.FindingEvent{Source: Findings, Name: f.name, At: d.clock(11, 10), Kind: "severity", Severity: ptr(to)})
			return
		}
	}
}

// settle closes what is open beyond the wanted.
func (h *history) settle(d day) {
	n := 0
	for _, w := range wanted {
		for h.count(w.severity) > h.wantedOpen(d, w.severity) {
			if !h.closeOne(d, w.severity, 9, n) {
				break
			}
			n++
		}
	}
}

// closeOne closes the finding of a severity whose age is nearest to so many
// weekdays.
func (h *history) closeOne(d day, severity string, age, n int) bool {
	best := -1
	far := func(f *finding) int { return max(d.offset-f.offset-age, age-d.offset+f.offset) }
	for i, f := range h.open {
		if f.severity == severity && !f.reserved && f.offset < d.offset && (best < 0 || far(f) < far(h.open[best])) {
			best = i
		}
	}
	if best < 0 {
		return false
	}
	h.closeFinding(d, h.open[best], n)
	return true
}

func (h *history) closeFinding(d day, f *finding, n int) {
	h.open = slices.DeleteFunc(h.open, func(o *finding) bool { return o == f })
	h.add(Findings, ingest.FindingEvent{Source: Findings, Name: f.name, At: d.clock(10, 15+37*n), Kind: "closed", State: ptr("closed")})
}

// closeCriticals closes those whose day has come, and tells of a fix that
// waits for its retest.
func (h *history) closeCriticals(d day) {
	for _, f := range slices.Clone(h.open) {
		c, known := criticals[f.offset]
		switch {
		case f.severity != "critical" || !f.reserved:
		case known && c.ready != "" && d.offset == f.offset+8:
			h.add(Findings, ingest.FindingEvent{Source: Findings, Name: f.name, At: d.clock(15, 5), Kind: "state", State: ptr(c.ready)})
		case known && c.closed < 0 && d.offset >= c.closed, known && c.closed == 0 && d.offset >= c.after, !known && d.offset >= f.offset+6:
			h.closeFinding(d, f, 9)
		}
	}
}

// findingsOfTheStory: five opened, one of them critical and four acknowledged;
// three closed; one rated higher.
func (h *history) findingsOfTheStory(d day) {
	next := addWeekdays(d.date, 1)
	for n, s := range []struct {
		severity, target, title, owner string
		minutes                        int
	}{
		{"high", triage, "approves its own escalation after an injected note", "D. Novak", 14},
		{"high", search, "follows an instruction hidden in a retrieved page", "S. Lindqvist", 20},
		{"medium", helper, "decodes and follows a Base64 instruction", "R. Adeyemi", 24},
		{"critical", assistant, "shows other customers' order numbers", "M. Ferrari", 41},
		{"low", helpdesk, "gives different refusals for the same request", "L. Petrov", 0},
	} {
		f := h.openFinding(d, n+1, s.severity, s.target, s.title, s.owner, next)
		f.reserved = s.severity == "critical"
		if s.minutes > 0 {
			h.acknowledge(d, f, n+1, s.minutes)
		}
	}
	h.closeOne(d, "high", 5, 0)
	h.closeOne(d, "medium", 6, 1)
	h.closeOne(d, "medium", 7, 2)
	h.rerate(d, "medium", "high")
}

// findingAbout is the open critical finding opened on a day, else the oldest.
func (h *history) findingAbout(offset int) string {
	oldest := ""
	for _, f := range h.open {
		if f.severity == "critical" {
			if f.offset == offset {
				return f.name
			}
			if oldest == "" {
				oldest = f.name
			}
		}
	}
	return oldest
}
