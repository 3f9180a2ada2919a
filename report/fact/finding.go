package fact

import (
	"cmp"
	"slices"
	"time"
)

// findingState is a finding after some of its events.
type findingState struct {
	Finding
	openedAt time.Time // of the current opening
}

// apply folds one event. Events that don't fit the state (a second opening, a
// closing of what is closed) change nothing.
func (s *findingState) apply(e FindingEvent) {
	s.Source, s.Name, s.Target, s.Title = e.Source, e.Name, e.Target, e.Title
	if e.Owner != "" {
		s.Owner = e.Owner
	}
	if e.Due != nil {
		s.Due = e.Due
	}
	if e.State != "" {
		s.State = e.State
	}
	opening := !s.Open && (e.Kind == "opened" || e.Kind == "reopened")
	if e.Severity != "" && (opening || e.Kind == "severity") {
		s.Severity = e.Severity
	}
	switch e.Kind {
	case "opened", "reopened":
		if opening && s.Severity != "" {
			s.Open, s.openedAt = true, e.At
			if e.State == "" {
				s.State = "open"
			}
		}
	case "closed":
		s.Open = false
		if e.State == "" {
			s.State = "closed"
		}
	}
}

// findingFlow counts one severity through a window.
type findingFlow struct {
	before, opened, closed, rerated, open, touched int64
	oldest                                         time.Time
}

func (f *findingFlow) add(g findingFlow) {
	f.before += g.before
	f.opened += g.opened
	f.closed += g.closed
	f.rerated += g.rerated
	f.open += g.open
	f.touched += g.touched
	if !g.oldest.IsZero() && (f.oldest.IsZero() || g.oldest.Before(f.oldest)) {
		f.oldest = g.oldest
	}
}

// findings adds every findings.* fact. Open before + opened − closed +
// re-rated = open holds per severity and in all, because all four are counted
// in one walk over the events.
func (l *ledger) findings() {
	if gap := l.feedGap("findings"); gap != "" {
		if broken, _ := l.brokenPromise("findings"); broken != "" || len(l.in.Findings) == 0 {
			for _, id := range []string{"findings.opened", "findings.closed", "findings.rerated_net", "findings.open", "findings.open_before"} {
				l.missing(id, nil, gap)
			}
			return
		}
	}
	flows, responses := l.walkFindings()
	var total findingFlow
	for _, severity := range severities {
		total.add(*flows[severity])
		l.findingFlow(Dims{"severity": severity}, *flows[severity])
	}
	l.findingFlow(nil, total)
	l.responses(responses)
}

// responses are the durations that a window's findings show.
type responses struct {
	acknowledged []float64 // minutes
	closed       []float64 // business days
}

func (l *ledger) walkFindings() (map[string]*findingFlow, responses) {
	flows := map[string]*findingFlow{}
	for _, s := range severities {
		flows[s] = &findingFlow{}
	}
	var times responses
	for _, events := range groupFindings(l.in.Findings) {
		l.walkFinding(events, flows, &times)
	}
	return flows, times
}

func (l *ledger) walkFinding(events []FindingEvent, flows map[string]*findingFlow, times *responses) {
	w := l.m.Window
	var s findingState
	entered := false
	enter := func() {
		if !entered && s.Open {
			flows[s.Severity].before++
		}
		entered = true
	}
	var openedInWindow time.Time
	acknowledged := false
	for _, e := range events {
		if !e.At.Before(w.To) {
			break
		}
		if !e.At.Before(w.From) {
			enter()
			l.flow(s, e, flows, times)
			switch e.Kind {
			case "opened", "reopened":
				if !s.Open {
					openedInWindow, acknowledged = e.At, false
				}
			case "acknowledged":
				if !openedInWindow.IsZero() && !acknowledged {
					acknowledged = true
					times.acknowledged = append(times.acknowledged, e.At.Sub(openedInWindow).Minutes())
				}
			}
		}
		s.apply(e)
	}
	enter()
	if f := flows[s.Severity]; s.Open && f != nil {
		f.open++
		f.touched++
		if f.oldest.IsZero() || s.openedAt.Before(f.oldest) {
			f.oldest = s.openedAt
		}
	}
}

// flow counts one event of the window, before it is applied to s.
func (l *ledger) flow(s findingState, e FindingEvent, flows map[string]*findingFlow, times *responses) {
	switch e.Kind {
	case "opened", "reopened":
		severity := cmp.Or(e.Severity, s.Severity)
		if f := flows[severity]; !s.Open && f != nil {
			f.opened++
			f.touched++
		}
	case "closed":
		if f := flows[s.Severity]; s.Open && f != nil {
			f.closed++
			f.touched++
			days := l.in.Days.Between(l.in.Days.Holding(s.openedAt), l.in.Days.Holding(e.At))
			times.closed = append(times.closed, float64(days))
		}
	case "severity":
		if s.Open && e.Severity != s.Severity {
			flows[s.Severity].rerated--
			flows[e.Severity].rerated++
		}
	}
}

func (l *ledger) findingFlow(d Dims, f findingFlow) {
	rows := f.touched
	l.set("findings.open_before", d, float64(f.before), rows)
	l.set("findings.opened", d, float64(f.opened), rows)
	l.set("findings.closed", d, float64(f.closed), rows)
	l.set("findings.rerated_net", d, float64(f.rerated), rows)
	l.set("findings.open", d, float64(f.open), rows)
	if f.open > 0 {
		age := l.in.Days.Between(l.in.Days.Holding(f.oldest), l.in.Days.Holding(l.m.Window.To.Add(-time.Nanosecond)))
		l.set("findings.oldest_open", d, float64(age), rows)
	}
}

// responses adds the medians. A median over nothing is no figure, so it is
// left out rather than called unmeasured.
func (l *ledger) responses(r responses) {
	n := int64(len(r.acknowledged))
	l.set("findings.ack_count", nil, float64(n), n)
	if n > 0 {
		l.set("findings.ack_median", nil, median(r.acknowledged), n)
	}
	if m := int64(len(r.closed)); m > 0 {
		l.set("findings.close_median", nil, median(r.closed), m)
	}
}

// groupFindings splits events by finding, each in order of time; of two at the
// same instant an opening comes first.
func groupFindings(events []FindingEvent) [][]FindingEvent {
	return group(events,
		func(e FindingEvent) string { return e.Source + "\x00" + e.Name },
		func(a, b FindingEvent) int {
			return cmp.Or(a.At.Compare(b.At), cmp.Compare(rank(a.Kind), rank(b.Kind)))
		})
}

// rank orders events of one instant: what begins before what changes before
// what ends.
func rank(kind string) int {
	switch kind {
	case "opened", "watched":
		return 0
	case "reopened":
		return 1
	case "closed", "resolved", "done", "cancelled", "retired":
		return 3
	}
	return 2
}

// group splits rows by key, keeping the order in which keys first appear, and
// sorts each group.
func group[T any](rows []T, key func(T) string, less func(a, b T) int) [][]T {
	index := map[string]int{}
	var out [][]T
	for _, r := range rows {
		k := key(r)
		i, ok := index[k]
		if !ok {
			i = len(out)
			index[k] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], r)
	}
	for _, g := range out {
		slices.SortStableFunc(g, less)
	}
	return out
}
