package fact

import (
	"cmp"
	"time"
)

// stockFlow counts things with a lifecycle through a window. Before + opened −
// ended = open always holds.
type stockFlow struct {
	before, opened, ended, open, overdue int64
}

// count adds one thing, known by whether it was open at each end of the window
// and how often it changed inside.
func (f *stockFlow) count(wasOpen, isOpen bool, opened, ended int64) {
	if wasOpen {
		f.before++
	}
	if isOpen {
		f.open++
	}
	f.opened += opened
	f.ended += ended
}

// incidents adds incidents.open, incidents.opened and incidents.resolved. A
// mitigated incident is still open.
func (l *ledger) incidents() {
	if gap := l.feedGap("incidents"); gap != "" {
		if broken, _ := l.brokenPromise("incidents"); broken != "" || len(l.in.Incidents) == 0 {
			for _, id := range []string{"incidents.open", "incidents.opened", "incidents.resolved"} {
				l.missing(id, nil, gap)
			}
			return
		}
	}
	var total stockFlow
	for _, events := range groupIncidents(l.in.Incidents) {
		var isOpen, wasOpen bool
		var opened, resolved int64
		for _, e := range events {
			if !e.At.Before(l.m.Window.To) {
				break
			}
			inside := !e.At.Before(l.m.Window.From)
			switch {
			case (e.Kind == "opened" || e.Kind == "reopened") && !isOpen:
				isOpen = true
				opened += one(inside)
			case e.Kind == "resolved" && isOpen:
				isOpen = false
				resolved += one(inside)
			}
			if !inside {
				wasOpen = isOpen
			}
		}
		total.count(wasOpen, isOpen, opened, resolved)
	}
	rows := total.before + total.opened
	l.set("incidents.open", nil, float64(total.open), rows)
	l.set("incidents.opened", nil, float64(total.opened), rows)
	l.set("incidents.resolved", nil, float64(total.ended), rows)
}

func one(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

func groupIncidents(events []IncidentEvent) [][]IncidentEvent {
	return group(events,
		func(e IncidentEvent) string { return e.Source + "\x00" + e.Name },
		func(a, b IncidentEvent) int {
			return cmp.Or(a.At.Compare(b.At), cmp.Compare(rank(a.Kind), rank(b.Kind)))
		})
}

// actions adds actions.open_before, actions.new, actions.done, actions.open and
// actions.overdue. Decisions count among them; a cancelled one counts as done.
func (l *ledger) actions() {
	if gap := l.feedGap("actions"); gap != "" {
		if broken, _ := l.brokenPromise("actions"); broken != "" || len(l.in.Actions) == 0 {
			for _, id := range []string{"actions.open_before", "actions.new", "actions.done", "actions.open", "actions.overdue"} {
				l.missing(id, nil, gap)
			}
			return
		}
	}
	var total stockFlow
	for _, events := range groupActions(l.in.Actions) {
		a := foldAction(events, l.m.Window)
		total.count(a.wasOpen, a.open, a.opened, a.ended)
		total.overdue += one(a.open && a.Due != nil && a.Due.Before(l.m.Window.To))
	}
	rows := total.before + total.opened
	l.set("actions.open_before", nil, float64(total.before), rows)
	l.set("actions.new", nil, float64(total.opened), rows)
	l.set("actions.done", nil, float64(total.ended), rows)
	l.set("actions.open", nil, float64(total.open), rows)
	l.set("actions.overdue", nil, float64(total.overdue), rows)
}

// actionState is an action at a window's end.
type actionState struct {
	Action
	open, wasOpen bool
	opened, ended int64 // times in the window
}

func foldAction(events []ActionEvent, w Window) actionState {
	var s actionState
	for _, e := range events {
		if !e.At.Before(w.To) {
			break
		}
		inside := !e.At.Before(w.From)
		s.apply(e, inside)
		if !inside {
			s.wasOpen = s.open
		}
	}
	return s
}

func (s *actionState) apply(e ActionEvent, inside bool) {
	s.Source, s.Name, s.Kind, s.Title, s.About = e.Source, e.Name, e.ActionKind, e.Title, e.About
	if e.Owner != "" {
		s.Owner = e.Owner
	}
	if e.Due != nil {
		due := *e.Due
		s.Due, s.AllDay = &due, e.AllDay
	}
	switch {
	case (e.Kind == "opened" || e.Kind == "reopened") && !s.open:
		s.open, s.OpenedAt = true, e.At
		s.opened += one(inside)
	case (e.Kind == "done" || e.Kind == "cancelled") && s.open:
		s.open = false
		s.ended += one(inside)
	}
}

func groupActions(events []ActionEvent) [][]ActionEvent {
	return group(events,
		func(e ActionEvent) string { return e.Source + "\x00" + e.Name },
		func(a, b ActionEvent) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(rank(a.Kind), rank(b.Kind))) })
}

// CompareDue orders by due date, as cmp.Compare does; what has none comes last.
func CompareDue(a, b *time.Time) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	return a.Compare(*b)
}
