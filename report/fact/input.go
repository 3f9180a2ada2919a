package fact

import (
	"slices"
	"time"

	"github.com/closeofbusiness/cob/report"
)

// Input is everything that Compute needs: rows as one snapshot of the
// operational data holds them, of the cycle's window and of the one before.
type Input struct {
	Series   string
	Title    string
	Date     report.Date
	Zone     *time.Location
	Window   Window
	Previous Day
	NextDate report.Date
	AsOf     time.Time
	Deadline time.Time
	Late     bool
	// Days counts business days.
	Days Days
	// Sources are those that the series names. Empty: it names none, and every
	// feed is needed. Optional are those of them that it can do without.
	Sources, Optional []string
	// Metrics are the declared ones that the report is about.
	Metrics []Metric
	// Feeds are the kinds of data that the report is about: of no other is there
	// a fact or a record. Nil: all that metrics are built in for.
	Feeds []string

	Now, Before Measurements // of the window, and of the previous one

	// Events of everything that has a lifecycle, up to the window's end.
	Findings  []FindingEvent
	Incidents []IncidentEvent
	Actions   []ActionEvent
	Targets   []TargetEvent

	// Trends are those that the report needs. Nil: that of attack.success_rate,
	// over the days of Trend.
	Trends []TrendRequest
	// History are the days that the trends reach back to, oldest first, up to the
	// one before the previous. Rows are needed only of PastFeeds.
	History []Past

	Watermarks []Watermark
	Trend      []Point // of attack.success_rate in total, without values
	// Since counts a target's evaluations after its last version change.
	Since       map[string]int64
	Claims      []Claim
	RunCells    []RunCell
	LateBatches []LateBatch

	registry *Registry // built-in and declared
	// elsewhere are sources that have promised something that the report is not
	// about.
	elsewhere []string
}

// declared are the declared metrics in the registry's order.
func (in *Input) declared() []Metric {
	if len(in.Metrics) == 0 {
		return nil
	}
	return in.registry.metrics[len(builtin.metrics):]
}

// narrow leaves out the rows of what the report is not about.
func (in *Input) narrow() {
	observers := in.observers()
	in.Watermarks = slices.DeleteFunc(slices.Clone(in.Watermarks), func(w Watermark) bool {
		foreign := !in.about(w.Feed) || w.Feed == Observations && !slices.Contains(observers, w.Source)
		if foreign {
			in.elsewhere = append(in.elsewhere, w.Source)
		}
		return foreign
	})
	for _, m := range []*Measurements{&in.Now, &in.Before} {
		if !in.about("attacks") {
			m.Cells, m.Attempts, m.Runs, m.Planned = nil, nil, nil, nil
		}
		if !in.about("health") {
			m.Components, m.Health = nil, nil
		}
	}
	if !in.about("attacks") {
		in.Targets, in.Claims, in.RunCells = nil, nil, nil
	}
	if !in.about("findings") {
		in.Findings = nil
	}
	if !in.about("incidents") {
		in.Incidents = nil
	}
	if !in.about("actions") {
		in.Actions = nil
	}
}

// about tells whether the report is about a kind of data.
func (in *Input) about(feed string) bool {
	if in.Feeds == nil {
		return feed != Observations || len(in.Metrics) > 0
	}
	return slices.Contains(in.Feeds, feed)
}

// observers are the sources whose observations the report is about, of those
// that the series names.
func (in *Input) observers() (out []string) {
	for _, m := range in.Metrics {
		named := len(in.Sources) == 0 || slices.Contains(in.Sources, m.Declared.Source)
		if named && !slices.Contains(out, m.Declared.Source) {
			out = append(out, m.Declared.Source)
		}
	}
	return out
}

// Days counts business days; report/calendar does.
type Days interface {
	// Holding is the business date whose window holds t.
	Holding(t time.Time) report.Date
	// Between counts the business dates after a up to and including b.
	Between(a, b report.Date) int
}

// Measurements are the rows of one window.
type Measurements struct {
	Window     Window
	Cells      []Cell
	Attempts   []AttemptCount
	Runs       []RunHistory
	Planned    []PlannedCell
	Components []Component
	Health     []HealthCount
	// Observations are those of the declared metrics.
	Observations []ObservationCount
}

// Cell counts the evaluations of one run, probe and detector.
type Cell struct {
	Run       int64
	Source    string
	Target    string
	Category  string
	Probe     string
	Detector  string
	Evaluated int64
	Hits      int64
	Last      time.Time
}

// AttemptCount counts the prompts sent to a target.
type AttemptCount struct {
	Source   string
	Target   string
	Sent     int64
	Answered int64
}

// RunHistory is a run with what happened to it before the window's end; a nil
// time has not happened.
type RunHistory struct {
	ID         int64
	Source     string
	Name       string
	Suite      string
	Target     string
	PlannedFor time.Time
	Started    *time.Time
	Ended      *time.Time
	Completed  bool // how it ended
	Reason     string
}

// PlannedCell is what a run was meant to measure. Zero evaluations: how many is
// not known.
type PlannedCell struct {
	Run         int64
	Category    string
	Probe       string
	Detector    string
	Evaluations int64
}

// Component is the newest event of something watched.
type Component struct {
	Source   string
	Name     string
	Since    time.Time
	Retired  bool
	Interval time.Duration // between samples
}

// HealthCount counts a component's samples.
type HealthCount struct {
	Source    string
	Component string
	Samples   int64
	Up        int64
	Timed     int64   // samples with a latency
	P95       float64 // milliseconds, the 95th percentile of those
	Last      time.Time
}

// FindingEvent is one event of a finding. A nil or empty field left that as it
// was.
type FindingEvent struct {
	Source, Name, Target, Title string
	At                          time.Time
	Kind                        string // opened, acknowledged, severity, assigned, state, closed, reopened
	Severity, State, Owner      string
	Due                         *time.Time
}

// IncidentEvent is one event of an incident.
type IncidentEvent struct {
	Source, Name, Title string
	At                  time.Time
	Kind                string // opened, severity, mitigated, resolved, reopened
	Severity            int    // 0: unchanged
}

// ActionEvent is one event of an action or a decision.
type ActionEvent struct {
	Source, Name, ActionKind, Title, About string
	At                                     time.Time
	Kind                                   string // opened, assigned, due, done, cancelled, reopened
	Owner                                  string
	Due                                    *time.Time
	AllDay                                 bool
}

// TargetEvent is the start of a version or a target's retirement.
type TargetEvent struct {
	Target  string
	At      time.Time
	Kind    string // version, retired
	Version string
}

// Watermark is the newest promise of one source for one feed.
type Watermark struct {
	Source          string
	Feed            string
	CompleteThrough time.Time
	// Reached tells whether it reaches the window's end, RecordedAt when the
	// first one that does was recorded.
	Reached    bool
	RecordedAt time.Time
}

// Claim is a total that a source says its run has.
type Claim struct {
	Run                     int64
	Source, RunName, Target string
	What, Probe, Detector   string
	Value                   int64
}

// RunCell counts the evaluations of a whole run by probe and detector.
type RunCell struct {
	Run             int64
	Probe, Detector string
	Evaluated, Hits int64
}
