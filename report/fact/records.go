package fact

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/closeofbusiness/cob/report"
)

// records collects what the page calls by name.
func records(in *Input) Records {
	l := &ledger{in: in, m: in.Now}
	r := Records{
		Targets:       l.targetRecords(),
		NoResult:      l.runRecords(),
		Findings:      l.findingRecords(),
		Incidents:     l.incidentRecords(),
		Disagreements: disagreements(in),
		LateBatches:   in.LateBatches,
	}
	r.Actions, r.ActionsDone = l.actionRecords()
	return r
}

func (l *ledger) targetRecords() []Target {
	byName := map[string]*Target{}
	get := func(name string) *Target {
		if byName[name] == nil {
			byName[name] = &Target{Name: name, Changes: []VersionChange{}}
		}
		return byName[name]
	}
	for _, c := range l.m.Cells {
		t := get(c.Target)
		if last := c.Last; t.LastEvaluation == nil || last.After(*t.LastEvaluation) {
			t.LastEvaluation = &last
		}
	}
	for _, r := range l.m.Runs {
		if o := l.outcome(r); o != elsewhere && o != unfinished {
			t := get(r.Target)
			t.Planned++
			t.Completed += one(o == completed)
		}
	}
	events := slices.SortedStableFunc(slices.Values(l.in.Targets), func(a, b TargetEvent) int { return a.At.Compare(b.At) })
	for _, e := range events {
		inside := !e.At.Before(l.m.Window.From)
		if _, here := byName[e.Target]; !here && !inside {
			continue
		}
		t := get(e.Target)
		switch at := e.At; {
		case e.Kind == "retired" && inside:
			t.Retired = &at
		case e.Kind == "version" && inside:
			t.Changes = append(t.Changes, VersionChange{e.Version, at})
		case e.Kind == "version":
			t.Version = e.Version
		}
	}
	l.versionsBefore(byName, events)
	out := make([]Target, 0, len(byName))
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		t := byName[name]
		t.SinceChange = l.in.Since[name]
		out = append(out, *t)
	}
	return out
}

// versionsBefore sets the version in force at the window's start of targets
// that only an event inside the window brought in.
func (l *ledger) versionsBefore(byName map[string]*Target, events []TargetEvent) {
	for _, e := range events {
		if t := byName[e.Target]; t != nil && e.Kind == "version" && e.At.Before(l.m.Window.From) {
			t.Version = e.Version
		}
	}
}

func (l *ledger) runRecords() []Run {
	made := map[int64]int64{}
	for _, c := range l.m.Cells {
		made[c.Run] += c.Evaluated
	}
	planned := map[int64]int64{}
	for _, p := range l.m.Planned {
		planned[p.Run] += p.Evaluations
	}
	out := []Run{}
	for _, r := range l.m.Runs {
		o := l.outcome(r)
		if o == completed || o == elsewhere {
			continue
		}
		run := Run{Source: r.Source, Name: r.Name, Suite: r.Suite, Target: r.Target, State: o.String(),
			PlannedFor: r.PlannedFor, Reason: r.Reason, Evaluations: made[r.ID], Planned: planned[r.ID]}
		if o == failed {
			run.EndedAt = r.Ended
		}
		out = append(out, run)
	}
	return out
}

func (l *ledger) findingRecords() []Finding {
	out := []Finding{}
	for _, events := range groupFindings(l.in.Findings) {
		var s findingState
		for _, e := range events {
			if !e.At.Before(l.m.Window.To) {
				break
			}
			if !s.Open && (e.Kind == "opened" || e.Kind == "reopened") {
				s.InWindow = !e.At.Before(l.m.Window.From)
			}
			s.apply(e)
		}
		if s.InWindow || s.Open && s.Severity == "critical" {
			s.BusinessDays = l.age(s.openedAt)
			s.OpenedAt = s.openedAt
			out = append(out, s.Finding)
		}
	}
	slices.SortStableFunc(out, func(a, b Finding) int {
		return cmp.Or(
			slices.Index(severities, a.Severity)-slices.Index(severities, b.Severity),
			b.OpenedAt.Compare(a.OpenedAt), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// age is in business days, seen at the window's end.
func (l *ledger) age(since time.Time) int {
	return l.in.Days.Between(l.in.Days.Holding(since), l.in.Date)
}

func (l *ledger) incidentRecords() []Incident {
	out := []Incident{}
	for _, events := range groupIncidents(l.in.Incidents) {
		var i Incident
		var keep bool
		for _, e := range events {
			if !e.At.Before(l.m.Window.To) {
				break
			}
			inside := !e.At.Before(l.m.Window.From)
			i.Source, i.Name, i.Title = e.Source, e.Name, e.Title
			if e.Severity > 0 {
				i.Severity = e.Severity
			}
			switch e.Kind {
			case "opened", "reopened":
				i.State, i.OpenedAt, i.InWindow = "open", e.At, inside
			case "mitigated", "resolved":
				i.State = e.Kind
			}
			keep = i.State != "resolved" || inside
		}
		if keep {
			out = append(out, i)
		}
	}
	slices.SortStableFunc(out, func(a, b Incident) int {
		return cmp.Or(cmp.Compare(one(a.State == "resolved"), one(b.State == "resolved")),
			cmp.Compare(a.Severity, b.Severity), a.OpenedAt.Compare(b.OpenedAt), cmp.Compare(a.Name, b.Name))
	})
	return out
}

func (l *ledger) actionRecords() (open []Action, done []string) {
	open, done = []Action{}, []string{}
	for _, events := range groupActions(l.in.Actions) {
		s := foldAction(events, l.m.Window)
		if s.ended > 0 && !s.open {
			done = append(done, s.Name)
		}
		if !s.open {
			continue
		}
		a := s.Action
		a.New = s.opened > 0
		if a.Due != nil {
			a.DueDate = report.DateOf(a.Due.In(l.in.Zone))
			a.Overdue = a.Due.Before(l.m.Window.To)
			if a.Overdue {
				a.OverdueDays = l.in.Days.Between(a.DueDate, l.in.Date)
			}
		}
		open = append(open, a)
	}
	slices.SortStableFunc(open, func(a, b Action) int {
		return cmp.Or(one2(b.Overdue)-one2(a.Overdue), CompareDue(a.Due, b.Due), cmp.Compare(a.Name, b.Name))
	})
	slices.Sort(done)
	return open, done
}

func one2(yes bool) int { return int(one(yes)) }

// disagreements lists claims that the rows don't bear out.
func disagreements(in *Input) []Disagreement {
	type key struct {
		run             int64
		probe, detector string
	}
	found := map[key]RunCell{}
	for _, c := range in.RunCells {
		found[key{c.Run, c.Probe, c.Detector}] = c
		sum := found[key{run: c.Run}]
		sum.Evaluated += c.Evaluated
		sum.Hits += c.Hits
		found[key{run: c.Run}] = sum
	}
	out := []Disagreement{}
	for _, c := range in.Claims {
		f := found[key{c.Run, c.Probe, c.Detector}]
		have := f.Evaluated
		if c.What == "hits" {
			have = f.Hits
		}
		if have != c.Value {
			out = append(out, Disagreement{c.Source, c.RunName, c.Target, c.Probe, c.Detector, c.What, c.Value, have})
		}
	}
	return out
}

// feedNames are the kinds of data that a report is made of.
var feedNames = []string{"attacks", "findings", "incidents", "health", "actions", Observations}

// feeds lists every feed: those that give watermarks, sources with rows that
// give none and, last, what is needed and has no source at all. A series that
// names sources needs these; one that names none needs every kind of data.
func feeds(in *Input) []Feed {
	out := []Feed{}
	known := map[[2]string]bool{}
	for _, w := range in.Watermarks {
		through := w.CompleteThrough
		f := Feed{Source: w.Source, Name: w.Feed, CompleteThrough: &through}
		if at := w.RecordedAt; w.Reached {
			f.ReachedAt = &at
		}
		known[[2]string{w.Feed, w.Source}] = true
		out = append(out, f)
	}
	see := func(feed, source string) {
		if k := [2]string{feed, source}; !known[k] {
			known[k] = true
			out = append(out, Feed{Source: source, Name: feed})
		}
	}
	for _, c := range in.Now.Cells {
		see("attacks", c.Source)
	}
	for _, r := range in.Now.Runs {
		see("attacks", r.Source)
	}
	for _, h := range in.Now.Health {
		see("health", h.Source)
	}
	for _, e := range in.Findings {
		see("findings", e.Source)
	}
	for _, e := range in.Incidents {
		see("incidents", e.Source)
	}
	for _, e := range in.Actions {
		see("actions", e.Source)
	}
	for _, source := range in.observers() {
		see(Observations, source)
	}
	slices.SortStableFunc(out, func(a, b Feed) int {
		return cmp.Or(slices.Index(feedNames, a.Name)-slices.Index(feedNames, b.Name), cmp.Compare(a.Source, b.Source))
	})
	out = append(out, in.absent(out)...)
	for i := range out {
		out[i].Optional = slices.Contains(in.Optional, out[i].Source)
	}
	return out
}

// absent lists the feeds that are needed and that nobody gives.
func (in *Input) absent(have []Feed) []Feed {
	var out []Feed
	for _, source := range in.Sources {
		if !slices.Contains(in.elsewhere, source) && !slices.ContainsFunc(have, func(f Feed) bool { return f.Source == source }) {
			out = append(out, Feed{Source: source})
		}
	}
	if len(in.Sources) > 0 {
		return out
	}
	for _, name := range feedNames {
		if in.about(name) && !slices.ContainsFunc(have, func(f Feed) bool { return f.Name == name }) {
			out = append(out, Feed{Name: name})
		}
	}
	return out
}
