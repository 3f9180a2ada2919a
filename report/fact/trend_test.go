package fact_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/fact"
)

// week is input with three days before the previous one: 16, 17 and 18 November.
func week(t require.TestingT, requests ...fact.TrendRequest) *fact.Input {
	in := input(t)
	in.Trends = requests
	for d := 16; d <= 18; d++ {
		w := fact.Window{From: at(d-1, 17, 0), To: at(d, 17, 0)}
		in.History = append(in.History, fact.Past{Date: report.DateOf(at(d, 0, 0)), Measurements: fact.Measurements{Window: w}})
	}
	in.History[0].Window.From = at(13, 17, 0)
	return in
}

func opened(name string, day, hour int) fact.FindingEvent {
	return fact.FindingEvent{Source: "findings-source", Name: name, At: at(day, hour, 0), Kind: "opened", Severity: "high"}
}

func closed(name string, day, hour int) fact.FindingEvent {
	return fact.FindingEvent{Source: "findings-source", Name: name, At: at(day, hour, 0), Kind: "closed"}
}

// values are a trend's points; −1 stands for a gap.
func values(t *fact.Trend) (out []float64) {
	for _, p := range t.Points {
		if p.Value == nil {
			out = append(out, -1)
			continue
		}
		out = append(out, *p.Value)
	}
	return out
}

func by(t *testing.T, s *fact.Set, id string, d fact.Dims) *fact.Trend {
	t.Helper()
	for i := range s.Trends {
		if s.Trends[i].ID == id && s.Trends[i].Dims.String() == d.String() {
			return &s.Trends[i]
		}
	}
	t.Fatalf("no trend %s", fact.Key(id, d))
	return nil
}

func TestATrendsDayKnowsNothingOfLaterEvents(t *testing.T) {
	t.Parallel()
	in := week(t, fact.TrendRequest{ID: "findings.open", Dims: []string{"severity"}, Days: 5}, fact.TrendRequest{ID: "findings.closed", Days: 4})
	in.Findings = []fact.FindingEvent{opened("a", 16, 9), opened("b", 17, 18), closed("a", 19, 9), opened("c", 20, 9)}
	s := compute(t, *in)
	require.Equal(t, []float64{1, 1, 2, 1, 2}, values(s.Trend("findings.open")))
	require.Equal(t, []float64{1, 1, 2, 1, 2}, values(by(t, s, "findings.open", fact.Dims{"severity": "high"})))
	require.Equal(t, []float64{0, 0, 0, 0, 0}, values(by(t, s, "findings.open", fact.Dims{"severity": "low"})))
	require.Equal(t, []float64{0, 0, 1, 0}, values(s.Trend("findings.closed")), "its own number of days")
	require.Len(t, s.TrendsBy("findings.open", "severity"), 4)
	require.Equal(t, report.Date("2026-11-16"), s.Trend("findings.open").Points[0].Date)
	require.Equal(t, date, s.Trend("findings.open").Points[4].Date)
	require.Nil(t, s.Trend("attack.success_rate"), "nobody asked for it")
}

// The last two points are the facts and what they are compared with.
func TestATrendEndsInTheFacts(t *testing.T) {
	t.Parallel()
	ids := []string{"findings.open", "findings.oldest_open", "incidents.open", "actions.open", "actions.overdue", "attempts.sent", "runs.planned", "facts.unmeasured", "facts.total"}
	in := week(t)
	for _, id := range ids {
		in.Trends = append(in.Trends, fact.TrendRequest{ID: id, Days: 5})
	}
	in.Findings = []fact.FindingEvent{opened("a", 12, 9), opened("b", 20, 9)}
	in.Incidents = []fact.IncidentEvent{{Source: "i", Name: "I", At: at(19, 9, 0), Kind: "opened", Severity: 2}}
	due := at(18, 9, 0)
	in.Actions = []fact.ActionEvent{{Source: "a", Name: "A", At: at(16, 9, 0), Kind: "opened", Due: &due}}
	in.Now.Attempts = []fact.AttemptCount{{Source: "garak", Target: "x", Sent: 7, Answered: 6}}
	in.History[1].Attempts = []fact.AttemptCount{{Source: "garak", Target: "x", Sent: 5, Answered: 5}}
	s := compute(t, *in)
	for _, id := range ids {
		points := s.Trend(id).Points
		require.Len(t, points, 5, id)
		require.Equal(t, s.Total(id).Value, points[4].Value, id)
		require.Equal(t, s.Total(id).Previous, points[3].Value, id)
	}
	require.Equal(t, []float64{0, 5, 0, 0, 7}, values(s.Trend("attempts.sent")))
	require.Equal(t, []float64{0, 0, 1, 1, 1}, values(s.Trend("actions.overdue")), "overdue from when it was due")
	require.Equal(t, []float64{2, 3, 4, 5, 6}, values(s.Trend("findings.oldest_open")), "ages are of that day")
}

func TestATrendsGapsHaveReasons(t *testing.T) {
	t.Parallel()
	in := week(t, fact.TrendRequest{ID: "attack.success_rate", Dims: []string{"category"}, Days: 5}, fact.TrendRequest{ID: "findings.close_median", Days: 3},
		fact.TrendRequest{ID: "health.availability", Dims: []string{"component"}, Days: 5})
	in.Trend = make([]fact.Point, 5)
	other := cell("a", "p", 100, 50)
	other.Category = "leak"
	in.Now.Cells = []fact.Cell{cell("a", "p", 100, 10), other}
	in.History[0].Cells = []fact.Cell{cell("a", "p", 100, 20)}
	in.History[1].Runs = []fact.RunHistory{{ID: 1, Name: "R-1", Target: "a", PlannedFor: at(17, 9, 0)}}
	in.History[1].Planned = []fact.PlannedCell{{Run: 1, Category: "jailbreak", Probe: "p", Detector: "d"}}
	in.History[2].Components = []fact.Component{{Source: "health-source", Name: "gateway", Since: at(17, 17, 0), Interval: time.Minute}}
	in.History[2].Health = []fact.HealthCount{{Source: "health-source", Component: "gateway", Samples: 100, Up: 100, Last: at(18, 9, 0)}}
	s := compute(t, *in)

	jailbreak := by(t, s, "attack.success_rate", fact.Dims{"category": "jailbreak"})
	require.Equal(t, []float64{0.2, -1, -1, -1, 0.1}, values(jailbreak))
	require.Equal(t, int64(20), jailbreak.Points[0].Numerator)
	require.Equal(t, int64(100), jailbreak.Points[0].Denominator)
	require.Equal(t, "run R-1 did not start (planned 09:00)", jailbreak.Points[1].Reason)
	require.Equal(t, fact.NoEvaluation, jailbreak.Points[2].Reason)
	leak := by(t, s, "attack.success_rate", fact.Dims{"category": "leak"})
	require.Equal(t, []float64{-1, -1, -1, -1, 0.5}, values(leak))
	require.Equal(t, fact.NoEvaluation, leak.Points[0].Reason)

	require.Empty(t, s.TrendsBy("findings.close_median"), "no day has one")
	gateway := by(t, s, "health.availability", fact.Dims{"component": "gateway"})
	require.Equal(t, []float64{-1, -1, -1, -1, -1}, values(gateway))
	require.Contains(t, gateway.Points[2].Reason, "100 of 1,440 samples")
	require.Equal(t, fact.NothingToMeasure, gateway.Points[1].Reason)
}

// A promise that falls short breaks the days that it does not reach, and no
// other. Where there is none, the absence of events on a day says nothing, even
// if there are some later.
func TestATrendsDayHasTheFeedsOfItsWindow(t *testing.T) {
	t.Parallel()
	in := week(t, fact.TrendRequest{ID: "findings.open", Dims: []string{"severity"}, Days: 5}, fact.TrendRequest{ID: "incidents.opened", Days: 5},
		fact.TrendRequest{ID: "attempts.sent", Dims: []string{"target"}, Days: 5})
	in.Findings = []fact.FindingEvent{opened("a", 16, 9)}
	in.Watermarks[1].CompleteThrough, in.Watermarks[1].Reached = at(18, 12, 0), false
	in.Watermarks = append(in.Watermarks[:2:2], in.Watermarks[3:]...) // incidents promise nothing
	in.Incidents = []fact.IncidentEvent{{Source: "i", Name: "I", At: at(18, 9, 0), Kind: "opened", Severity: 2}}
	s := compute(t, *in)
	require.Equal(t, []float64{1, 1, -1, -1, -1}, values(s.Trend("findings.open")))
	high := by(t, s, "findings.open", fact.Dims{"severity": "high"})
	require.Equal(t, []float64{1, 1, -1, -1, -1}, values(high))
	require.Equal(t, "feed findings-source is complete only through 12:00; 17:00 is needed", high.Points[2].Reason)
	incidents := s.Trend("incidents.opened")
	require.Equal(t, []float64{-1, -1, 1, 0, 0}, values(incidents))
	require.Equal(t, "no source has said that its incidents data is complete", incidents.Points[0].Reason)
	require.Empty(t, s.TrendsBy("attempts.sent", "target"))
}

func TestTrendsWithoutRequestsAreAsTheyWere(t *testing.T) {
	t.Parallel()
	in := input(t)
	in.Trend = []fact.Point{{Date: "2026-11-19", Numerator: 1, Denominator: 4}, {Date: date}}
	want := compute(t, *in)
	require.Len(t, want.Trends, 1)
	require.Equal(t, []float64{0.25, -1}, values(&want.Trends[0]))
	b, err := json.Marshal(want.Trends)
	require.NoError(t, err)
	require.JSONEq(t, `[{"id":"attack.success_rate","unit":"ratio","points":[{"date":"2026-11-19","value":0.25,"numerator":1,"denominator":4},
		{"date":"2026-11-20","value":null,"numerator":0,"denominator":0,"reason":"no evaluation was recorded in this window"}]}]`, string(b))

	in.Trends = []fact.TrendRequest{{ID: "attack.success_rate", Days: 2}}
	asked, err := fact.Canonical(compute(t, *in))
	require.NoError(t, err)
	before, err := fact.Canonical(want)
	require.NoError(t, err)
	require.Equal(t, string(before), string(asked), "the same bytes, whether by default or by a template's need")

	in.Trends, in.Feeds = nil, []string{"findings"}
	require.Equal(t, []fact.Trend{}, compute(t, *in).Trends)
	in.Trends, in.Feeds = []fact.TrendRequest{}, nil
	require.Equal(t, []fact.Trend{}, compute(t, *in).Trends)
}

func TestTrendsAreAskedForOnce(t *testing.T) {
	t.Parallel()
	in := week(t, fact.TrendRequest{ID: "findings.open", Days: 2}, fact.TrendRequest{ID: "findings.open", Days: 4}, fact.TrendRequest{ID: "findings.open", Dims: []string{"severity"}, Days: 5}, fact.TrendRequest{ID: "incidents.open", Days: 2})
	s := compute(t, *in)
	require.Len(t, s.Trends, 6)
	require.Len(t, s.Trends[0].Points, 5)
	require.Equal(t, "findings.open{severity=critical}", fact.Key(s.Trends[1].ID, s.Trends[1].Dims))
	require.Equal(t, "findings.open{severity=low}", fact.Key(s.Trends[4].ID, s.Trends[4].Dims), "by weight")
	require.Len(t, s.Trend("incidents.open").Points, 2)
}

func TestPastFeeds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		requests []fact.TrendRequest
		feeds    []string
		days     int
	}{
		{"nothing", nil, []string{}, 0},
		{"the rate in total", []fact.TrendRequest{{ID: "attack.success_rate", Days: 31}}, []string{}, 0},
		{"the rate by category", []fact.TrendRequest{{ID: "attack.success_rate", Dims: []string{"category"}, Days: 7}}, []string{"attacks"}, 7},
		{"a lifecycle", []fact.TrendRequest{{ID: "findings.open", Days: 9}}, []string{"findings"}, 9},
		{"several", []fact.TrendRequest{{ID: "runs.planned", Days: 9}, {ID: "attempts.sent", Days: 3}, {ID: "health.samples", Days: 10}}, []string{"attacks", "health"}, 10},
		{"the facts themselves", []fact.TrendRequest{{ID: "findings.open", Days: 2}, {ID: "facts.unmeasured", Days: 5}, {ID: "findings.open", Days: 4}}, nil, 5},
	} {
		feeds, days := fact.PastFeeds(fact.Builtin(), tt.requests)
		require.Equal(t, tt.feeds, feeds, tt.name)
		require.Equal(t, tt.days, days, tt.name)
	}
}

// The order of rows and requests changes nothing.
func TestTrendsAreDeterministic(t *testing.T) {
	t.Parallel()
	var first string
	for range 20 {
		in := week(t, fact.TrendRequest{ID: "attempts.sent", Dims: []string{"target"}, Days: 5}, fact.TrendRequest{ID: "findings.open", Dims: []string{"severity"}, Days: 3})
		for _, target := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
			in.History[0].Attempts = append(in.History[0].Attempts, fact.AttemptCount{Target: target, Sent: 3})
		}
		b, err := fact.Canonical(compute(t, *in))
		require.NoError(t, err)
		if first == "" {
			first = string(b)
		}
		require.Equal(t, first, string(b))
	}
}
