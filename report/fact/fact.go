// Package fact holds the numbers of a report: what is measured, what each
// figure's value is, what it is compared with and where it came from.
package fact

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gowebpki/jcs"

	"github.com/closeofbusiness/cob/report"
)

// Status tells whether a fact has a value.
type Status string

// The statuses. An unmeasured fact has a reason and no value: missing is never
// zero.
const (
	Measured   Status = "measured"
	Unmeasured Status = "unmeasured"
)

// Dims are a fact's dimensions: {"target": "kb-search"}. Empty means in total.
type Dims map[string]string

// String writes the dimensions in their order, "target=a,probe=b"; those of
// declared metrics by name after those built in.
func (d Dims) String() string {
	var b strings.Builder
	for i, k := range d.names() {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(k)
		b.WriteByte('=')
		b.WriteString(d[k])
	}
	return b.String()
}

// names are the dimensions in their order.
func (d Dims) names() []string {
	keys := make([]string, 0, len(d))
	for k := range d {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, CompareDimensions)
	return keys
}

var dimensions = []string{"target", "category", "probe", "detector", "severity", "component"}

// CompareDimensions orders names of dimensions: those built in as pages show
// them, then the others by name.
func CompareDimensions(a, b string) int {
	return cmp.Or(dimOrder(a)-dimOrder(b), strings.Compare(a, b))
}

func dimOrder(name string) int {
	if i := slices.Index(dimensions, name); i >= 0 {
		return i
	}
	return len(dimensions)
}

// Fact is one metric's value for one cycle. Values are exact until shown: a
// number in the metric's unit, unrounded; ratios in 0..1.
type Fact struct {
	ID   string `json:"id"`
	Dims Dims   `json:"dims"`
	// Category is the one that a cell {target, probe, detector} belongs to.
	Category string `json:"category,omitempty"`
	Metric   int    `json:"metric_version"`
	// Decimals and Good are those of a declared metric.
	Decimals int      `json:"decimals,omitempty"`
	Good     Polarity `json:"good,omitempty"`
	// Value is nil where the fact is unmeasured.
	Value       *float64 `json:"value"`
	Unit        Unit     `json:"unit"`
	Status      Status   `json:"status"`
	Reason      string   `json:"reason"` // why it is unmeasured
	Numerator   *int64   `json:"numerator"`
	Denominator *int64   `json:"denominator"`
	// Interval is the Wilson 95 % interval of a rate.
	Interval *[2]float64 `json:"interval"`

	// Previous is the value of the previous business date, recomputed at the
	// same as-of; nil where that was unmeasured.
	Previous            *float64 `json:"previous"`
	PreviousNumerator   *int64   `json:"previous_numerator,omitempty"`
	PreviousDenominator *int64   `json:"previous_denominator,omitempty"`
	PreviousReason      string   `json:"previous_reason,omitempty"` // why Previous is nil
	// Change is Value − Previous.
	Change *float64 `json:"change"`

	// Comparable is the previous value over the cells (target, probe,
	// detector) that were measured on both dates; ComparableValue is this
	// date's over the same cells, ComparableChange their difference.
	Comparable            *float64 `json:"comparable"`
	ComparableNumerator   *int64   `json:"comparable_numerator,omitempty"`
	ComparableDenominator *int64   `json:"comparable_denominator,omitempty"`
	ComparableValue       *float64 `json:"comparable_value,omitempty"`
	ComparableValueNum    *int64   `json:"comparable_value_numerator,omitempty"`
	ComparableValueDen    *int64   `json:"comparable_value_denominator,omitempty"`
	ComparableChange      *float64 `json:"comparable_change"`

	Window Window    `json:"window"`
	AsOf   time.Time `json:"as_of"`
	Query  string    `json:"query"` // the query of query.sql that made it
	Rows   int64     `json:"rows"`  // how many source rows it was computed from
}

// Key names a fact: "attack.hits{target=kb-search}", without braces in total.
func (f *Fact) Key() string { return Key(f.ID, f.Dims) }

// Key names the fact of a metric and its dimensions.
func Key(id string, d Dims) string {
	if len(d) == 0 {
		return id
	}
	return id + "{" + d.String() + "}"
}

// Measured tells whether the fact has a value.
func (f *Fact) Measured() bool { return f != nil && f.Status == Measured && f.Value != nil }

// Window is a half-open span of time.
type Window struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Set is all facts of one revision, with the records that the page names beside
// them. Its canonical JSON has one SHA-256, and the report is made from nothing
// else.
type Set struct {
	Schema       int         `json:"schema"`
	Series       string      `json:"series"`
	Title        string      `json:"title"` // the series'
	BusinessDate report.Date `json:"business_date"`
	TimeZone     string      `json:"time_zone"` // IANA
	Window       Window      `json:"window"`
	Previous     Day         `json:"previous"` // the due cycle before
	NextDate     report.Date `json:"next_date"`
	AsOf         time.Time   `json:"as_of"`
	Deadline     time.Time   `json:"deadline"`
	Late         bool        `json:"late"`              // the as-of lies after the deadline
	Sample       bool        `json:"sample"`            // some of it is generated sample data
	Metrics      []Metric    `json:"metrics,omitempty"` // declared ones, by ID
	Facts        []Fact      `json:"facts"`
	Trends       []Trend     `json:"trends"`
	Feeds        []Feed      `json:"feeds"`
	Records      Records     `json:"records"`
}

// SetSchema is the version of Set's JSON.
const SetSchema = 1

// Day is a business date with its window.
type Day struct {
	Date   report.Date `json:"date"`
	Window Window      `json:"window"`
}

// Trend is one metric over the last business days, oldest first, the cycle's
// own last. All points are computed at the cycle's as-of.
type Trend struct {
	ID     string  `json:"id"`
	Dims   Dims    `json:"dims,omitempty"` // empty: in total
	Unit   Unit    `json:"unit"`
	Points []Point `json:"points"`
}

// Point is one business date of a trend.
type Point struct {
	Date        report.Date `json:"date"`
	Value       *float64    `json:"value"`
	Numerator   int64       `json:"numerator"`
	Denominator int64       `json:"denominator"`
	Reason      string      `json:"reason,omitempty"`
}

// Feed is one source's promise for one kind of data.
type Feed struct {
	Source string `json:"source"`
	Name   string `json:"feed"` // attacks, findings, incidents, health, actions, observations
	// CompleteThrough is the newest watermark known at the as-of; nil: none.
	CompleteThrough *time.Time `json:"complete_through"`
	// ReachedAt is when a watermark at or beyond the cutoff was recorded.
	ReachedAt *time.Time `json:"reached_at"`
	// Optional: the series can do without it. What it lacks is not measured, and
	// the report is not qualified by that.
	Optional bool `json:"optional,omitempty"`
}

// Complete tells whether the feed is complete through the cutoff.
func (f Feed) Complete() bool { return f.ReachedAt != nil }

// Qualified tells whether the report must say that something is missing: a
// needed feed that has not reached the cutoff, or no feed at all.
func (s *Set) Qualified() bool {
	if len(s.Feeds) == 0 {
		return true
	}
	for _, f := range s.Feeds {
		if !f.Complete() && !f.Optional {
			return true
		}
	}
	return false
}

// Records are the things behind the numbers that the page calls by name.
type Records struct {
	Targets       []Target       `json:"targets"`
	NoResult      []Run          `json:"runs_without_result"`
	Findings      []Finding      `json:"findings"` // opened in the window, or open and critical
	Incidents     []Incident     `json:"incidents"`
	Actions       []Action       `json:"actions"`      // open at the cutoff
	ActionsDone   []string       `json:"actions_done"` // done in the window, by ID
	Disagreements []Disagreement `json:"disagreements"`
	LateBatches   []LateBatch    `json:"late_batches"`
	// References are the reference notes that the report lists or cites; nil: it
	// asks for none.
	References *References `json:"references,omitempty"`
}

// Target is what was tested and which version it ran.
type Target struct {
	Name string `json:"name"`
	// Version is the one in force when the window opened; empty: not known.
	Version string          `json:"version"`
	Changes []VersionChange `json:"changes"` // inside the window, in order
	Retired *time.Time      `json:"retired,omitempty"`
	// LastEvaluation is the target's newest evaluation in the window.
	LastEvaluation *time.Time `json:"last_evaluation,omitempty"`
	// SinceChange is how many evaluations were made after the last change.
	SinceChange int64 `json:"since_change"`
	Planned     int64 `json:"runs_planned"`
	Completed   int64 `json:"runs_completed"`
}

// VersionChange is the start of a version.
type VersionChange struct {
	Version string    `json:"version"`
	At      time.Time `json:"at"`
}

// Run is a planned run that gave no result.
type Run struct {
	Source      string     `json:"source"`
	Name        string     `json:"name"`
	Suite       string     `json:"suite"`
	Target      string     `json:"target"`
	State       string     `json:"state"` // failed, not_started, unfinished
	PlannedFor  time.Time  `json:"planned_for"`
	EndedAt     *time.Time `json:"ended_at,omitempty"`
	Reason      string     `json:"reason,omitempty"`
	Evaluations int64      `json:"evaluations"` // made before it ended
	Planned     int64      `json:"planned"`     // 0: not known
}

// Finding is a weakness that was found.
type Finding struct {
	Source       string     `json:"source"`
	Name         string     `json:"name"`
	Target       string     `json:"target"`
	Title        string     `json:"title"`
	Severity     string     `json:"severity"`
	State        string     `json:"state"`
	Open         bool       `json:"open"`
	OpenedAt     time.Time  `json:"opened_at"`
	InWindow     bool       `json:"opened_in_window"`
	Owner        string     `json:"owner"`
	Due          *time.Time `json:"due,omitempty"`
	BusinessDays int        `json:"age_business_days"`
}

// Incident is an incident that is open, or was opened or resolved in the
// window.
type Incident struct {
	Source   string    `json:"source"`
	Name     string    `json:"name"`
	Title    string    `json:"title"`
	Severity int       `json:"severity"` // 1 is worst
	State    string    `json:"state"`    // open, mitigated, resolved
	OpenedAt time.Time `json:"opened_at"`
	InWindow bool      `json:"opened_in_window"`
}

// Action is an action or a decision that is open at the cutoff.
type Action struct {
	Source      string      `json:"source"`
	Name        string      `json:"name"`
	Kind        string      `json:"kind"` // action, decision
	Title       string      `json:"title"`
	About       string      `json:"about"`
	Owner       string      `json:"owner"`
	Due         *time.Time  `json:"due,omitempty"`
	AllDay      bool        `json:"all_day"`
	OpenedAt    time.Time   `json:"opened_at"`
	New         bool        `json:"new"`          // opened in the window
	Overdue     bool        `json:"overdue"`      // due before the cutoff
	OverdueDays int         `json:"overdue_days"` // whole business days past due
	DueDate     report.Date `json:"due_date,omitempty"`
}

// Disagreement is a total that a source claims and its rows don't hold.
type Disagreement struct {
	Source   string `json:"source"`
	Run      string `json:"run"`
	Target   string `json:"target"`
	Probe    string `json:"probe"`    // empty: about the whole run
	Detector string `json:"detector"` // empty: about the whole run
	What     string `json:"what"`     // evaluated, hits
	Claimed  int64  `json:"claimed"`
	Found    int64  `json:"found"`
}

// LateBatch is data about the previous window that was recorded after that
// window's deadline.
type LateBatch struct {
	Source     string    `json:"source"`
	Name       string    `json:"name"`
	RecordedAt time.Time `json:"recorded_at"`
	Rows       int64     `json:"rows"`
}

// Find returns the fact with that metric and dimensions, or nil.
func (s *Set) Find(id string, d Dims) *Fact {
	key := Key(id, d)
	for i := range s.Facts {
		if s.Facts[i].Key() == key {
			return &s.Facts[i]
		}
	}
	return nil
}

// Total returns the fact without dimensions, or nil.
func (s *Set) Total(id string) *Fact { return s.Find(id, nil) }

// By returns a metric's facts that have exactly the given dimensions, in the
// set's order.
func (s *Set) By(id string, dims ...string) []*Fact {
	var out []*Fact
	for i := range s.Facts {
		f := &s.Facts[i]
		if f.ID == id && hasExactly(f.Dims, dims) {
			out = append(out, f)
		}
	}
	return out
}

func hasExactly(d Dims, names []string) bool {
	if len(d) != len(names) {
		return false
	}
	for _, n := range names {
		if _, ok := d[n]; !ok {
			return false
		}
	}
	return true
}

// Trend returns the trend of a metric in total, or nil.
func (s *Set) Trend(id string) *Trend {
	for i := range s.Trends {
		if s.Trends[i].ID == id && len(s.Trends[i].Dims) == 0 {
			return &s.Trends[i]
		}
	}
	return nil
}

// TrendsBy returns a metric's trends that have exactly the given dimensions, in
// the set's order.
func (s *Set) TrendsBy(id string, dims ...string) []*Trend {
	var out []*Trend
	for i := range s.Trends {
		if t := &s.Trends[i]; t.ID == id && hasExactly(t.Dims, dims) {
			out = append(out, t)
		}
	}
	return out
}

// Notes returns the figures that are not measured, in the set's order. The
// first is note a. Parts of another figure (the numerator of a rate) are not
// notes of their own; facts.unmeasured counts exactly these.
func (s *Set) Notes() []*Fact {
	var out []*Fact
	r := s.Registry()
	for i := range s.Facts {
		f := &s.Facts[i]
		if f.Status == Unmeasured && r.isFigure(f.ID) {
			out = append(out, f)
		}
	}
	return out
}

// Figures counts the facts that stand for themselves.
func (s *Set) Figures() int {
	n := 0
	r := s.Registry()
	for i := range s.Facts {
		if r.isFigure(s.Facts[i].ID) {
			n++
		}
	}
	return n
}

// Letter is the footnote letter of the i-th note, from 0: a … z, aa, ab …
func Letter(i int) string {
	s := ""
	for i++; i > 0; i = (i - 1) / 26 {
		s = string(rune('a'+(i-1)%26)) + s
	}
	return s
}

// Canonical returns the set as canonical JSON (RFC 8785): the bytes that its
// SHA-256 is over.
func Canonical(s *Set) ([]byte, error) {
	b, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode fact set: %w", err)
	}
	b, err = jcs.Transform(b)
	if err != nil {
		return nil, fmt.Errorf("canonicalise fact set: %w", err)
	}
	return b, nil
}
