package snapshot

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/report/fact"
)

// read wraps a query's error with what was being read.
func read[T any](what string, rows []T, err error) ([]T, error) {
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	return rows, nil
}

// convert maps the rows of a query to what facts are computed from.
func convert[R, T any](rows []R, f func(R) T) []T {
	out := make([]T, len(rows))
	for i, r := range rows {
		out[i] = f(r)
	}
	return out
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// sources are the series' own; empty, never nil: all.
func (r *reader) sources() []string { return all(r.req.Series.SourceNames()) }

func all(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}

// measure reads one window's rows of the kinds of data given; nil: of all.
func (r *reader) measure(ctx context.Context, w fact.Window, feeds []string) (m fact.Measurements, err error) {
	m.Window = w
	for _, step := range []struct {
		feed string
		read func(context.Context, *fact.Measurements) error
	}{
		{"attacks", r.cells}, {"attacks", r.attempts}, {"attacks", r.runs}, {"health", r.health}, {fact.Observations, r.observations},
	} {
		if feeds != nil && !slices.Contains(feeds, step.feed) {
			continue
		}
		if err := step.read(ctx, &m); err != nil {
			return m, err
		}
	}
	return m, nil
}

func (r *reader) cells(ctx context.Context, m *fact.Measurements) error {
	w := m.Window
	cells, err := r.AttackCells(ctx, db.AttackCellsParams{AsOf: r.req.AsOf, WindowStart: w.From, WindowEnd: w.To, Sources: r.sources()})
	if cells, err = read("evaluations", cells, err); err != nil {
		return err
	}
	m.Cells = convert(cells, func(c db.AttackCellsRow) fact.Cell {
		return fact.Cell{Run: c.Run, Source: c.Source, Target: c.Target, Category: c.Category, Probe: c.Probe,
			Detector: c.Detector, Evaluated: c.Evaluated, Hits: c.Hits, Last: c.LastAt.UTC()}
	})
	return nil
}

func (r *reader) attempts(ctx context.Context, m *fact.Measurements) error {
	w := m.Window
	attempts, err := r.AttemptCounts(ctx, db.AttemptCountsParams{AsOf: r.req.AsOf, WindowStart: w.From, WindowEnd: w.To, Sources: r.sources()})
	if attempts, err = read("attempts", attempts, err); err != nil {
		return err
	}
	m.Attempts = convert(attempts, func(a db.AttemptCountsRow) fact.AttemptCount {
		return fact.AttemptCount{Source: a.Source, Target: a.Target, Sent: a.Sent, Answered: a.Answered}
	})
	return nil
}

func (r *reader) runs(ctx context.Context, m *fact.Measurements) error {
	w := m.Window
	rows, err := r.Runs(ctx, db.RunsParams{AsOf: r.req.AsOf, WindowStart: w.From, WindowEnd: w.To, Sources: r.sources()})
	if rows, err = read("runs", rows, err); err != nil {
		return err
	}
	ids := make([]int64, len(rows))
	index := map[int64]*fact.RunHistory{}
	m.Runs = make([]fact.RunHistory, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
		m.Runs[i] = fact.RunHistory{ID: row.ID, Source: row.Source, Name: row.Name, Suite: row.Suite,
			Target: row.Target, PlannedFor: row.PlannedFor.UTC()}
		index[row.ID] = &m.Runs[i]
	}
	events, err := r.RunEvents(ctx, r.req.AsOf, ids, w.To)
	if events, err = read("run events", events, err); err != nil {
		return err
	}
	for _, e := range events {
		at, run := e.At.UTC(), index[e.Run]
		switch e.Kind {
		case "started":
			run.Started = &at
		default: // completed, failed: the last one stands
			run.Ended, run.Completed, run.Reason = &at, e.Kind == "completed", e.Reason
		}
	}
	planned, err := r.PlannedCells(ctx, r.req.AsOf, ids)
	if planned, err = read("planned cells", planned, err); err != nil {
		return err
	}
	m.Planned = convert(planned, func(p db.PlannedCellsRow) fact.PlannedCell {
		return fact.PlannedCell{Run: p.Run, Category: p.Category, Probe: p.Probe, Detector: p.Detector, Evaluations: p.Evaluations}
	})
	return nil
}

func (r *reader) health(ctx context.Context, m *fact.Measurements) error {
	w := m.Window
	components, err := r.Components(ctx, r.req.AsOf, w.To, r.sources())
	if components, err = read("components", components, err); err != nil {
		return err
	}
	m.Components = convert(components, func(c db.ComponentsRow) fact.Component {
		return fact.Component{Source: c.Source, Name: c.Component, Since: c.At.UTC(), Retired: c.Kind == "retired",
			Interval: time.Duration(c.IntervalS) * time.Second}
	})
	samples, err := r.Health(ctx, db.HealthParams{AsOf: r.req.AsOf, WindowStart: w.From, WindowEnd: w.To, Sources: r.sources()})
	if samples, err = read("health samples", samples, err); err != nil {
		return err
	}
	m.Health = convert(samples, func(h db.HealthRow) fact.HealthCount {
		return fact.HealthCount{Source: h.Source, Component: h.Component, Samples: h.Samples, Up: h.Up, Timed: h.Timed,
			P95: h.P95Ms, Last: h.LastAt.UTC()}
	})
	return nil
}

// events reads everything with a lifecycle, up to the window's end.
func (r *reader) events(ctx context.Context, in *fact.Input) error {
	asOf, end, sources := r.req.AsOf, in.Window.To, r.sources()
	findings, err := r.FindingEvents(ctx, asOf, end, sources)
	if findings, err = read("findings", findings, err); err != nil {
		return err
	}
	in.Findings = convert(findings, func(e db.FindingEventsRow) fact.FindingEvent {
		return fact.FindingEvent{Source: e.Source, Name: e.Name, Target: e.Target, Title: e.Title, At: e.At.UTC(), Kind: e.Kind,
			Severity: text(e.Severity), State: text(e.State), Owner: text(e.Owner), Due: utc(e.Due)}
	})
	incidents, err := r.IncidentEvents(ctx, asOf, end, sources)
	if incidents, err = read("incidents", incidents, err); err != nil {
		return err
	}
	in.Incidents = convert(incidents, func(e db.IncidentEventsRow) fact.IncidentEvent {
		severity := 0
		if e.Severity != nil {
			severity = int(*e.Severity)
		}
		return fact.IncidentEvent{Source: e.Source, Name: e.Name, Title: e.Title, At: e.At.UTC(), Kind: e.Kind, Severity: severity}
	})
	actions, err := r.ActionEvents(ctx, asOf, end, sources)
	if actions, err = read("actions", actions, err); err != nil {
		return err
	}
	in.Actions = convert(actions, func(e db.ActionEventsRow) fact.ActionEvent {
		return fact.ActionEvent{Source: e.Source, Name: e.Name, ActionKind: e.ActionKind, Title: e.Title, About: e.About,
			At: e.At.UTC(), Kind: e.Kind, Owner: text(e.Owner), Due: utc(e.Due), AllDay: e.AllDay}
	})
	targets, err := r.TargetEvents(ctx, asOf, end, sources)
	if targets, err = read("target versions", targets, err); err != nil {
		return err
	}
	in.Targets = convert(targets, func(e db.TargetEventsRow) fact.TargetEvent {
		return fact.TargetEvent{Target: e.Target, At: e.At.UTC(), Kind: e.Kind, Version: e.Version}
	})
	return nil
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

func (r *reader) watermarks(ctx context.Context, in *fact.Input) (err error) {
	in.Watermarks, err = Watermarks(ctx, r.Queries, r.req.Series.SourceNames(), in.Window.To, r.req.AsOf)
	return err
}

// Watermarks reads the newest promise of each source and feed as known at an
// instant, and whether it reaches the cutoff. Sources empty: all of them.
func Watermarks(ctx context.Context, q *db.Queries, sources []string, cutoff, asOf time.Time) ([]fact.Watermark, error) {
	rows, err := q.Watermarks(ctx, cutoff, asOf, all(sources))
	if rows, err = read("watermarks", rows, err); err != nil {
		return nil, err
	}
	return convert(rows, func(w db.WatermarksRow) fact.Watermark {
		return fact.Watermark{Source: w.Source, Feed: w.Feed, CompleteThrough: w.CompleteThrough.UTC(),
			Reached: w.Reached, RecordedAt: w.RecordedAt.UTC()}
	}), nil
}

// versionChanges counts each changed target's evaluations after its last
// change in the window.
func (r *reader) versionChanges(ctx context.Context, in *fact.Input) error {
	last := map[string]time.Time{}
	for _, e := range in.Targets {
		if e.Kind == "version" && !e.At.Before(in.Window.From) && e.At.After(last[e.Target]) {
			last[e.Target] = e.At
		}
	}
	in.Since = map[string]int64{}
	for target, since := range last {
		n, err := r.EvaluationsSince(ctx, db.EvaluationsSinceParams{AsOf: r.req.AsOf, Since: since,
			WindowEnd: in.Window.To, Target: target, Sources: r.sources()})
		if err != nil {
			return fmt.Errorf("read evaluations since a version change: %w", err)
		}
		in.Since[target] = n
	}
	return nil
}

func (r *reader) claims(ctx context.Context, in *fact.Input) error {
	w := in.Window
	claims, err := r.Claims(ctx, db.ClaimsParams{AsOf: r.req.AsOf, WindowStart: w.From, WindowEnd: w.To, Sources: r.sources()})
	if claims, err = read("claimed totals", claims, err); err != nil {
		return err
	}
	seen := map[int64]bool{}
	runs := []int64{}
	in.Claims = convert(claims, func(c db.ClaimsRow) fact.Claim {
		if !seen[c.Run] {
			seen[c.Run] = true
			runs = append(runs, c.Run)
		}
		return fact.Claim{Run: c.Run, Source: c.Source, RunName: c.RunName, Target: c.Target,
			What: c.What, Probe: c.Probe, Detector: c.Detector, Value: c.Value}
	})
	cells, err := r.RunCells(ctx, r.req.AsOf, runs)
	if cells, err = read("totals of runs", cells, err); err != nil {
		return err
	}
	in.RunCells = convert(cells, func(c db.RunCellsRow) fact.RunCell {
		return fact.RunCell{Run: c.Run, Probe: c.Probe, Detector: c.Detector, Evaluated: c.Evaluated, Hits: c.Hits}
	})
	return nil
}

// lateBatches reads what came in about the previous window after its deadline.
func (r *reader) lateBatches(ctx context.Context, in *fact.Input) error {
	w := in.Previous.Window
	rows, err := r.LateScores(ctx, db.LateScoresParams{WindowStart: w.From, WindowEnd: w.To,
		Deadline: r.req.Series.DeadlineAfter(w.To), AsOf: r.req.AsOf, Sources: r.sources()})
	if rows, err = read("late batches", rows, err); err != nil {
		return err
	}
	in.LateBatches = convert(rows, func(b db.LateScoresRow) fact.LateBatch {
		return fact.LateBatch{Source: b.Source, Name: b.Name, RecordedAt: b.RecordedAt.UTC(), Rows: b.Rows}
	})
	return nil
}
