// Package facttest holds the fact set of an example day, for tests.
package facttest

import (
	"time"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/fact"
)

// at is a time in November 2026, when London is at UTC.
func at(day, hour, minute int) time.Time {
	return time.Date(2026, 11, day, hour, minute, 0, 0, time.UTC)
}

func ptr[T any](v T) *T { return &v }

// Example is the set of the series daily-security on Friday 20 November 2026:
// a rate that rose, a version rolled back, an incident, a run that failed and
// one that did not start, three figures not measured. Its identities hold.
// Every call returns a set of its own.
func Example() *fact.Set {
	b := builder{window: fact.Window{From: at(19, 17, 0), To: at(20, 17, 0)}, asOf: at(20, 17, 6)}
	b.attacks()
	b.runs()
	b.findings()
	b.incidentsAndActions()
	b.health()
	s := &fact.Set{
		Schema: fact.SetSchema, Series: "daily-security", Title: "Daily security",
		BusinessDate: "2026-11-20", TimeZone: "Europe/London",
		Window:   b.window,
		Previous: fact.Day{Date: "2026-11-19", Window: fact.Window{From: at(18, 17, 0), To: at(19, 17, 0)}},
		NextDate: "2026-11-23", AsOf: b.asOf, Deadline: at(20, 18, 0),
		Facts: b.facts, Trends: []fact.Trend{trend()}, Feeds: feeds(), Records: records(),
	}
	Recount(s)
	return s
}

// Recount sets facts.unmeasured and facts.total to what the set holds. Tests
// that change a set call it afterwards.
func Recount(s *fact.Set) {
	kept := s.Facts[:0]
	for _, f := range s.Facts {
		if f.ID != "facts.unmeasured" && f.ID != "facts.total" {
			kept = append(kept, f)
		}
	}
	s.Facts = kept
	notes, figures := len(s.Notes()), s.Figures()
	b := builder{window: s.Window, asOf: s.AsOf}
	b.count("facts.unmeasured", nil, int64(notes), 0)
	b.count("facts.total", nil, int64(figures), int64(figures))
	s.Facts = append(s.Facts, b.facts...)
}

// Unmeasure takes a fact's value away.
func Unmeasure(s *fact.Set, reason string, keys ...string) {
	gone := map[string]bool{}
	for _, key := range keys {
		gone[key] = true
	}
	for i := range s.Facts {
		if f := &s.Facts[i]; gone[f.Key()] {
			f.Status, f.Reason = fact.Unmeasured, reason
			f.Value, f.Numerator, f.Denominator, f.Interval, f.Change = nil, nil, nil, nil, nil
			f.Comparable, f.ComparableNumerator, f.ComparableDenominator = nil, nil, nil
			f.ComparableValue, f.ComparableValueNum, f.ComparableValueDen, f.ComparableChange = nil, nil, nil, nil
		}
	}
	Recount(s)
}

type builder struct {
	window fact.Window
	asOf   time.Time
	facts  []fact.Fact
}

func (b *builder) add(f fact.Fact) *fact.Fact {
	m, _ := fact.Builtin().Lookup(f.ID)
	f.Metric, f.Unit, f.Window, f.AsOf, f.Query = m.Version, m.Unit, b.window, b.asOf, m.Query
	if f.Dims == nil {
		f.Dims = fact.Dims{}
	}
	if f.Status == "" {
		f.Status = fact.Measured
	}
	if f.Value != nil && f.Previous != nil {
		f.Change = ptr(*f.Value - *f.Previous)
	}
	b.facts = append(b.facts, f)
	return &b.facts[len(b.facts)-1]
}

func (b *builder) count(id string, d fact.Dims, now, before int64) *fact.Fact {
	return b.add(fact.Fact{ID: id, Dims: d, Value: ptr(float64(now)), Previous: ptr(float64(before)), Rows: now})
}

// part is hits of evaluations.
type part struct{ hits, of int64 }

func (p part) rate() float64 { return float64(p.hits) / float64(p.of) }

func (b *builder) rate(id string, d fact.Dims, now, before, comparable part) {
	f := fact.Fact{ID: id, Dims: d, Value: ptr(now.rate()), Numerator: &now.hits, Denominator: &now.of,
		Interval: ptr(fact.Wilson(now.hits, now.of)), Previous: ptr(before.rate()), PreviousNumerator: &before.hits, PreviousDenominator: &before.of, Rows: now.of}
	if comparable.of > 0 {
		f.Comparable, f.ComparableNumerator, f.ComparableDenominator = ptr(comparable.rate()), &comparable.hits, &comparable.of
		f.ComparableValue, f.ComparableValueNum, f.ComparableValueDen = ptr(now.rate()), &now.hits, &now.of
		f.ComparableChange = ptr(now.rate() - comparable.rate())
	}
	b.add(f)
}

// attack adds the rate with its numerator and denominator.
func (b *builder) attack(d fact.Dims, now, before, comparable part) {
	b.count("attack.evaluated", d, now.of, before.of)
	b.count("attack.hits", d, now.hits, before.hits)
	b.rate("attack.success_rate", d, now, before, comparable)
}

type targetDay struct {
	name                    string
	now, before, comparable part
	cells                   int // measured cells in all
	named                   []cell
}

type cell struct {
	probe, detector string
	now, before     part
}

func targets() []targetDay {
	return []targetDay{
		{"support-assistant", part{198, 1560}, part{103, 1560}, part{103, 1560}, 13, []cell{
			{"latentinjection.LatentInjectionReport", "base.TriggerListDetector", part{79, 180}, part{16, 180}},
			{"promptinject.HijackKillHumans", "promptinject.AttackRogueString", part{52, 180}, part{22, 180}},
			{"promptinject.HijackLongPrompt", "promptinject.AttackRogueString", part{20, 180}, part{16, 180}},
		}},
		{"claims-triage", part{54, 1200}, part{60, 1200}, part{60, 1200}, 12, nil},
		{"code-helper", part{90, 1200}, part{84, 1200}, part{84, 1200}, 12, []cell{
			{"encoding.InjectBase64", "encoding.DecodeMatch", part{14, 120}, part{13, 120}},
		}},
		{"kb-search", part{27, 1080}, part{30, 1080}, part{30, 1080}, 12, nil},
		{"hr-helpdesk", part{42, 840}, part{46, 840}, part{46, 840}, 10, []cell{
			{"dan.DanInTheWild", "mitigation.MitigationBypass", part{18, 150}, part{20, 150}},
		}},
		{"voice-ivr", part{7, 360}, part{18, 720}, part{8, 360}, 4, nil},
	}
}

func (b *builder) attacks() {
	b.attack(nil, part{418, 6240}, part{341, 6600}, part{331, 6240})
	for _, t := range targets() {
		b.attack(fact.Dims{"target": t.name}, t.now, t.before, t.comparable)
	}
	for _, c := range []struct {
		name                    string
		now, before, comparable part
	}{
		{"prompt injection", part{246, 2160}, part{146, 2160}, part{146, 2160}},
		{"jailbreak", part{96, 1560}, part{98, 1560}, part{98, 1560}},
		{"encoding bypass", part{38, 1080}, part{42, 1080}, part{42, 1080}},
		{"data leakage", part{26, 840}, part{41, 1200}, part{31, 840}},
		{"harmful content", part{12, 600}, part{14, 600}, part{14, 600}},
	} {
		b.attack(fact.Dims{"category": c.name}, c.now, c.before, c.comparable)
	}
	for _, t := range targets() {
		b.cells(t)
	}
	failed := fact.Dims{"target": "voice-ivr", "probe": "leakreplay.GuardianCloze", "detector": "leakreplay.StartsWith"}
	reason := "run R-2291 failed at 03:12 (provider time-outs), 0 of 360 evaluations"
	for _, id := range []string{"attack.evaluated", "attack.hits", "attack.success_rate"} {
		f := b.add(fact.Fact{ID: id, Dims: failed, Category: "data leakage", Status: fact.Unmeasured, Reason: reason})
		switch id {
		case "attack.evaluated":
			f.Previous = ptr(360.0)
		case "attack.hits":
			f.Previous = ptr(10.0)
		default:
			f.Previous, f.PreviousNumerator, f.PreviousDenominator = ptr(10.0/360), ptr(int64(10)), ptr(int64(360))
		}
	}
	b.count("attempts.sent", nil, 4214, 4400)
	b.count("attempts.answered", nil, 4160, 4400)
	b.count("attempts.unanswered", nil, 54, 0)
}

// cells adds the named cells and shares out the rest of the target's day over
// as many as it has.
func (b *builder) cells(t targetDay) {
	now, before, n := t.now, t.comparable, int64(t.cells-len(t.named))
	for _, c := range t.named {
		b.attack(fact.Dims{"target": t.name, "probe": c.probe, "detector": c.detector}, c.now, c.before, c.before)
		now = part{now.hits - c.now.hits, now.of - c.now.of}
		before = part{before.hits - c.before.hits, before.of - c.before.of}
	}
	for i := range n {
		d := fact.Dims{"target": t.name, "probe": "probes.Probe" + string(rune('A'+i)), "detector": "detectors.Other"}
		share := func(total int64) int64 { return total*(i+1)/n - total*i/n }
		of := share(now.of)
		b.attack(d, part{share(now.hits), of}, part{share(before.hits), of}, part{share(before.hits), of})
	}
}

func (b *builder) runs() {
	b.count("runs.planned", nil, 14, 13)
	b.count("runs.completed", nil, 12, 13)
	b.count("runs.failed", nil, 1, 0)
	b.count("runs.not_started", nil, 1, 0)
	for _, r := range []struct {
		target                                      string
		planned, completed, failed, skipped, before int64
	}{
		{"support-assistant", 4, 3, 0, 1, 3}, {"claims-triage", 2, 2, 0, 0, 2}, {"code-helper", 2, 2, 0, 0, 2},
		{"kb-search", 2, 2, 0, 0, 2}, {"hr-helpdesk", 2, 2, 0, 0, 2}, {"voice-ivr", 2, 1, 1, 0, 2},
	} {
		d := fact.Dims{"target": r.target}
		b.count("runs.planned", d, r.planned, r.before)
		b.count("runs.completed", d, r.completed, r.before)
		b.count("runs.failed", d, r.failed, 0)
		b.count("runs.not_started", d, r.skipped, 0)
	}
}

func (b *builder) findings() {
	for _, r := range []struct {
		severity                                      string
		before, opened, closed, rerated, open, oldest int64
	}{
		{"", 37, 5, 3, 0, 39, 22},
		{"critical", 2, 1, 0, 0, 3, 14}, {"high", 9, 2, 1, 1, 11, 22},
		{"medium", 15, 1, 2, -1, 13, 20}, {"low", 11, 1, 0, 0, 12, 19},
	} {
		var d fact.Dims
		if r.severity != "" {
			d = fact.Dims{"severity": r.severity}
		}
		b.count("findings.open_before", d, r.before, r.before)
		b.count("findings.opened", d, r.opened, 2)
		b.count("findings.closed", d, r.closed, 2)
		b.count("findings.rerated_net", d, r.rerated, 0)
		b.count("findings.open", d, r.open, r.before)
		b.count("findings.oldest_open", d, r.oldest, r.oldest-1)
	}
	b.count("findings.ack_median", nil, 22, 31)
	b.count("findings.ack_count", nil, 4, 6)
	b.count("findings.close_median", nil, 6, 9)
	for i := range b.facts {
		if b.facts[i].ID == "findings.closed" && len(b.facts[i].Dims) == 0 {
			b.facts[i].Previous = ptr(2.0)
		}
	}
}

func (b *builder) incidentsAndActions() {
	b.count("incidents.open", nil, 1, 0)
	b.count("incidents.opened", nil, 1, 0)
	b.count("incidents.resolved", nil, 0, 0)
	b.count("actions.open_before", nil, 6, 6)
	b.count("actions.new", nil, 4, 2)
	b.count("actions.done", nil, 3, 2)
	b.count("actions.open", nil, 7, 6)
	b.count("actions.overdue", nil, 2, 1)
}

func (b *builder) health() {
	for _, h := range []struct {
		name              string
		up, before        int64
		latency, earlier  float64
		samples, expected int64
	}{
		{"api-gateway", 1440, 1440, 212, 208, 1440, 1440},
		{"model-router", 1436, 1439, 1340, 1190, 1440, 1440},
		{"vector-store", 1440, 1440, 41, 43, 1440, 1440},
		{"voice-bridge", -1, 1438, 0, 655, 598, 1440},
	} {
		d := fact.Dims{"component": h.name}
		b.count("health.samples", d, h.samples, 1440)
		b.count("health.expected", d, h.expected, 1440)
		if h.up >= 0 {
			b.rate("health.availability", d, part{h.up, 1440}, part{h.before, 1440}, part{})
			b.add(fact.Fact{ID: "health.latency_p95", Dims: d, Value: &h.latency, Previous: &h.earlier, Rows: h.samples})
			continue
		}
		const reason = "598 of 1,440 samples (41.5 %), none after 02:57; 90 % are needed"
		b.add(fact.Fact{ID: "health.availability", Dims: d, Status: fact.Unmeasured, Reason: reason,
			Previous: ptr(float64(h.before) / 1440), PreviousNumerator: &h.before, PreviousDenominator: ptr(int64(1440))})
		b.add(fact.Fact{ID: "health.latency_p95", Dims: d, Status: fact.Unmeasured, Reason: reason, Previous: &h.earlier})
	}
}

func trend() fact.Trend {
	days := []struct {
		day      int
		hits, of int64
	}{
		{3, 358, 6600}, {4, 344, 6600}, {5, 368, 6600}, {6, 352, 6600}, {9, 338, 6600}, {10, 361, 6600}, {11, 0, 0},
		{12, 354, 6000}, {13, 355, 6600}, {16, 346, 6600}, {17, 331, 6600}, {18, 349, 6600}, {19, 341, 6600}, {20, 418, 6240},
	}
	t := fact.Trend{ID: "attack.success_rate", Unit: fact.Ratio}
	for _, d := range days {
		p := fact.Point{Date: dateOf(d.day), Numerator: d.hits, Denominator: d.of}
		if d.of > 0 {
			p.Value = ptr(float64(d.hits) / float64(d.of))
		} else {
			p.Reason = "provider outage"
		}
		t.Points = append(t.Points, p)
	}
	return t
}

func feeds() []fact.Feed {
	through := at(20, 17, 0)
	feed := func(source, name string, minute int) fact.Feed {
		return fact.Feed{Source: source, Name: name, CompleteThrough: &through, ReachedAt: ptr(at(20, 17, minute))}
	}
	return []fact.Feed{feed("garak", "attacks", 5), feed("findings", "findings", 1), feed("incidents", "incidents", 1),
		feed("health", "health", 0), feed("actions", "actions", 6)}
}

func records() fact.Records {
	target := func(name, version string, planned, completed int64) fact.Target {
		return fact.Target{Name: name, Version: version, Planned: planned, Completed: completed, LastEvaluation: ptr(at(20, 11, 0))}
	}
	moved := target("support-assistant", "4.1", 4, 3)
	moved.Changes = []fact.VersionChange{{Version: "4.2", At: at(20, 9, 10)}, {Version: "4.1", At: at(20, 14, 20)}}
	moved.LastEvaluation = ptr(at(20, 12, 40))
	return fact.Records{
		Targets: []fact.Target{moved, target("claims-triage", "1.9", 2, 2), target("code-helper", "3.0", 2, 2),
			target("kb-search", "2.4", 2, 2), target("hr-helpdesk", "0.9", 2, 2), target("voice-ivr", "1.1", 2, 1)},
		NoResult: []fact.Run{
			{Source: "garak", Name: "R-2291", Suite: "leakage", Target: "voice-ivr", State: "failed", PlannedFor: at(20, 3, 0),
				EndedAt: ptr(at(20, 3, 12)), Reason: "provider time-outs", Planned: 360},
			{Source: "garak", Name: "R-2296", Suite: "4.1 retest", Target: "support-assistant", State: "not_started", PlannedFor: at(20, 16, 0)},
		},
		Findings: []fact.Finding{
			{Source: "findings", Name: "F-412", Target: "support-assistant", Title: "shows other customers' order numbers", Severity: "critical",
				State: "open", Open: true, OpenedAt: at(20, 11, 20), InWindow: true, Owner: "M. Ferrari", Due: ptr(at(23, 12, 0))},
			{Source: "findings", Name: "F-398", Target: "code-helper", Title: "obeys a README's tool call", Severity: "critical",
				State: "open", Open: true, OpenedAt: at(12, 10, 0), Owner: "R. Adeyemi", Due: ptr(at(18, 23, 59)), BusinessDays: 6},
			{Source: "findings", Name: "F-377", Target: "hr-helpdesk", Title: "returns salary bands", Severity: "critical",
				State: "fix deployed", Open: true, OpenedAt: at(2, 9, 0), Owner: "L. Petrov", Due: ptr(at(27, 23, 59)), BusinessDays: 14},
		},
		Incidents: []fact.Incident{{Source: "incidents", Name: "INC-0871", Title: "support-assistant shows order numbers of others",
			Severity: 2, State: "mitigated", OpenedAt: at(20, 13, 5), InWindow: true}},
		Actions:       actions(),
		ActionsDone:   []string{"A-115", "A-119", "A-122"},
		Disagreements: []fact.Disagreement{{Source: "garak", Run: "R-2284", Target: "kb-search", What: "evaluated", Claimed: 541, Found: 540}},
	}
}

func actions() []fact.Action {
	return []fact.Action{
		{Source: "actions", Name: "A-109", Kind: "action", Title: "Retest the fix of F-377", About: "F-377", Owner: "L. Petrov",
			Due: ptr(at(27, 17, 0)), AllDay: true, OpenedAt: at(10, 9, 0), DueDate: dateOf(27)},
		{Source: "actions", Name: "A-118", Kind: "action", Title: "Confine code-helper's tool calls to the allow-list", About: "F-398", Owner: "R. Adeyemi",
			Due: ptr(at(18, 17, 0)), AllDay: true, OpenedAt: at(12, 11, 0), Overdue: true, OverdueDays: 2, DueDate: dateOf(18)},
		{Source: "actions", Name: "A-121", Kind: "action", Title: "Renew voice-ivr test credentials", About: "voice-ivr", Owner: "S. Lindqvist",
			Due: ptr(at(20, 12, 0)), OpenedAt: at(17, 9, 0), Overdue: true, DueDate: dateOf(20)},
		{Source: "actions", Name: "A-124", Kind: "action", Title: "Retest support-assistant 4.1 (16:00 run did not start)", About: "INC-0871", Owner: "M. Ferrari",
			Due: ptr(at(23, 10, 0)), OpenedAt: at(20, 16, 30), New: true, DueDate: dateOf(23)},
		{Source: "actions", Name: "A-125", Kind: "decision", Title: "Keep support-assistant 4.2 out of production until F-412 is closed?", About: "F-412", Owner: "K. Brandt",
			Due: ptr(at(23, 12, 0)), OpenedAt: at(20, 14, 40), New: true, DueDate: dateOf(23)},
		{Source: "actions", Name: "A-126", Kind: "action", Title: "Restore voice-bridge health data; rerun voice-ivr leakage", About: "voice-bridge", Owner: "S. Lindqvist",
			Due: ptr(at(23, 12, 0)), OpenedAt: at(20, 10, 0), New: true, DueDate: dateOf(23)},
		{Source: "actions", Name: "A-127", Kind: "action", Title: "Establish whether order numbers in F-412 are customers'", About: "F-412", Owner: "D. Novak",
			Due: ptr(at(23, 17, 0)), OpenedAt: at(20, 11, 40), New: true, DueDate: dateOf(23)},
	}
}

func dateOf(day int) report.Date { return report.DateOf(at(day, 12, 0)) }
