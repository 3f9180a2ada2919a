package fact_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/calendar"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/fact/facttest"
)

const date = report.Date("2026-11-20")

// input is a Friday whose five feeds are complete and hold nothing.
func input(t require.TestingT) *fact.Input {
	zone, err := time.LoadLocation("Europe/London")
	require.NoError(t, err)
	cal, err := calendar.New(calendar.Rule{Cutoff: "17:00", Zone: zone})
	require.NoError(t, err)
	window := func(d report.Date) fact.Window {
		from, to := cal.Window(d)
		return fact.Window{From: from.UTC(), To: to.UTC()}
	}
	previous := cal.Previous(date)
	in := &fact.Input{
		Series: "daily-security", Title: "Daily security", Date: date, Zone: zone, Window: window(date),
		Previous: fact.Day{Date: previous, Window: window(previous)}, NextDate: cal.Next(date), Days: cal,
		AsOf: cal.Cutoff(date).Add(6 * time.Minute), Deadline: cal.Cutoff(date).Add(time.Hour),
	}
	in.Now.Window, in.Before.Window = in.Window, in.Previous.Window
	for _, feed := range []string{"attacks", "findings", "incidents", "health", "actions"} {
		in.Watermarks = append(in.Watermarks, fact.Watermark{Source: feed + "-source", Feed: feed,
			CompleteThrough: in.Window.To, Reached: true, RecordedAt: in.Window.To.Add(time.Minute)})
	}
	return in
}

func at(day, hour, minute int) time.Time {
	return time.Date(2026, 11, day, hour, minute, 0, 0, time.UTC)
}

func cell(target, probe string, evaluated, hits int64) fact.Cell {
	return fact.Cell{Run: 1, Source: "garak", Target: target, Category: "jailbreak", Probe: probe, Detector: "d", Evaluated: evaluated, Hits: hits, Last: at(20, 12, 0)}
}

func value(t *testing.T, s *fact.Set, id string, d fact.Dims) float64 {
	t.Helper()
	f := s.Find(id, d)
	require.NotNil(t, f, "%s", fact.Key(id, d))
	require.True(t, f.Measured(), "%s: %s", f.Key(), f.Reason)
	return *f.Value
}

func TestRatesArePooledAndCountsSummed(t *testing.T) {
	t.Parallel()
	in := input(t)
	in.Now.Cells = []fact.Cell{cell("a", "p", 100, 10), cell("a", "q", 300, 3), cell("b", "p", 50, 25)}
	s := compute(t, *in)
	require.InDelta(t, 38.0/450, value(t, s, "attack.success_rate", nil), 1e-15)
	require.InDelta(t, 13.0/400, value(t, s, "attack.success_rate", fact.Dims{"target": "a"}), 1e-15)
	require.InDelta(t, 450, value(t, s, "attack.evaluated", fact.Dims{"category": "jailbreak"}), 0)
	require.InDelta(t, 25, value(t, s, "attack.hits", fact.Dims{"target": "b", "probe": "p", "detector": "d"}), 0)
	total := s.Total("attack.success_rate")
	require.Equal(t, int64(450), total.Rows)
	require.Equal(t, "AttackCells", total.Query)
	require.Equal(t, in.Window, total.Window)
}

func TestLikeForLikeComparesOnlyWhatWasMeasuredOnBothDays(t *testing.T) {
	t.Parallel()
	in := input(t)
	in.Now.Cells = []fact.Cell{cell("a", "p", 100, 20), cell("a", "new", 100, 90)}
	in.Before.Cells = []fact.Cell{cell("a", "p", 200, 20), cell("a", "gone", 100, 0)}
	f := compute(t, *in).Total("attack.success_rate")
	require.InDelta(t, 0.55, *f.Value, 1e-15)
	require.InDelta(t, 20.0/300, *f.Previous, 1e-15)
	require.InDelta(t, 0.55-20.0/300, *f.Change, 1e-15)
	require.InDelta(t, 0.1, *f.Comparable, 1e-15)
	require.InDelta(t, 0.2, *f.ComparableValue, 1e-15)
	require.InDelta(t, 0.1, *f.ComparableChange, 1e-15)
}

func TestMissingIsNeverZero(t *testing.T) {
	t.Parallel()
	in := input(t)
	in.Watermarks = nil
	s := compute(t, *in)
	for _, id := range []string{"attack.success_rate", "attack.hits", "attack.evaluated", "attempts.sent", "runs.planned",
		"findings.open", "findings.opened", "incidents.open", "actions.open", "actions.overdue"} {
		f := s.Total(id)
		require.NotNil(t, f, id)
		require.Nil(t, f.Value, id)
		require.NotEmpty(t, f.Reason, id)
		require.Nil(t, f.Change, id)
	}
	require.True(t, s.Qualified())
}

func TestACompleteFeedMayStateZero(t *testing.T) {
	t.Parallel()
	s := compute(t, *input(t))
	require.Zero(t, value(t, s, "incidents.open", nil))
	require.Zero(t, value(t, s, "findings.open", fact.Dims{"severity": "critical"}))
	require.Zero(t, value(t, s, "runs.planned", nil))
	require.Equal(t, fact.Unmeasured, s.Total("attack.success_rate").Status, "a rate over nothing is no figure, complete or not")
	require.False(t, s.Qualified())
}

func TestAFeedWithoutASourceQualifies(t *testing.T) {
	t.Parallel()
	in := input(t)
	in.Watermarks = in.Watermarks[:1]
	s := compute(t, *in)
	require.True(t, s.Qualified())
	require.Contains(t, s.Feeds, fact.Feed{Name: "incidents"})

	in.Sources = []string{in.Watermarks[0].Source}
	require.False(t, compute(t, *in).Qualified(), "a series that names its sources needs no other")
	in.Sources = append(in.Sources, "tickets")
	s = compute(t, *in)
	require.True(t, s.Qualified())
	require.Contains(t, s.Feeds, fact.Feed{Source: "tickets"})
}

func TestABrokenPromiseMakesItsFeedUnmeasured(t *testing.T) {
	t.Parallel()
	in := input(t)
	in.Now.Cells = []fact.Cell{cell("a", "p", 100, 20)}
	in.Watermarks[0].CompleteThrough, in.Watermarks[0].Reached = at(20, 15, 40), false
	s := compute(t, *in)
	f := s.Total("attack.success_rate")
	require.Nil(t, f.Value)
	require.Contains(t, f.Reason, "complete only through 15:40; 17:00 is needed")
	require.True(t, s.Qualified())
	require.True(t, s.Total("incidents.open").Measured(), "other feeds are not concerned")
}

func TestAFailedRunLeavesItsCellsUnmeasured(t *testing.T) {
	t.Parallel()
	in := input(t)
	ended := at(20, 3, 12)
	in.Now.Cells = []fact.Cell{cell("voice-ivr", "p", 360, 7)}
	in.Now.Runs = []fact.RunHistory{
		{ID: 1, Name: "R-1", Target: "voice-ivr", PlannedFor: at(20, 2, 0), Started: &ended, Ended: &ended, Completed: true},
		{ID: 2, Name: "R-2291", Target: "voice-ivr", PlannedFor: at(20, 3, 0), Started: &ended, Ended: &ended, Reason: "provider time-outs"},
	}
	in.Now.Planned = []fact.PlannedCell{{Run: 2, Category: "data leakage", Probe: "leak", Detector: "s", Evaluations: 360}}
	s := compute(t, *in)
	f := s.Find("attack.success_rate", fact.Dims{"target": "voice-ivr", "probe": "leak", "detector": "s"})
	require.Equal(t, fact.Unmeasured, f.Status)
	require.Equal(t, "run R-2291 failed at 03:12 (provider time-outs), 0 of 360 evaluations", f.Reason)
	require.Equal(t, fact.Unmeasured, s.Find("attack.success_rate", fact.Dims{"category": "data leakage"}).Status)
	require.True(t, s.Find("attack.success_rate", fact.Dims{"target": "voice-ivr"}).Measured())
	require.InDelta(t, 2, value(t, s, "runs.planned", nil), 0)
	require.InDelta(t, 1, value(t, s, "runs.failed", nil), 0)
	require.Equal(t, "failed", s.Records.NoResult[0].State)
}

func TestARunThatIsStillGoingCountsWhereItEnds(t *testing.T) {
	t.Parallel()
	in := input(t)
	started := at(20, 16, 50)
	run := fact.RunHistory{ID: 1, Name: "R", Target: "a", PlannedFor: at(20, 16, 50), Started: &started}
	in.Now.Runs = []fact.RunHistory{run}
	s := compute(t, *in)
	require.Zero(t, value(t, s, "runs.planned", nil))
	require.Equal(t, "unfinished", s.Records.NoResult[0].State)

	ended := at(20, 16, 59)
	run.Ended, run.Completed = &ended, true
	in.Now.Runs[0] = run
	require.InDelta(t, 1, value(t, compute(t, *in), "runs.completed", nil), 0)
}

func TestHealthNeedsNineTenthsOfItsSamples(t *testing.T) {
	t.Parallel()
	in := input(t)
	in.Now.Components = []fact.Component{{Source: "h", Name: "voice-bridge", Since: at(1, 0, 0), Interval: time.Minute}}
	for samples, measured := range map[int64]bool{1440: true, 1296: true, 1295: false, 598: false} {
		in.Now.Health = []fact.HealthCount{{Source: "h", Component: "voice-bridge", Samples: samples, Up: samples - 2, Timed: samples, P95: 41, Last: at(20, 2, 57)}}
		s := compute(t, *in)
		f := s.Find("health.availability", fact.Dims{"component": "voice-bridge"})
		require.Equal(t, measured, f.Measured(), samples)
		require.Equal(t, measured, s.Find("health.latency_p95", fact.Dims{"component": "voice-bridge"}).Measured())
		if samples == 598 {
			require.Equal(t, "598 of 1,440 samples (41.5 %), none after 02:57; 90 % are needed", f.Reason)
		}
	}
	in.Now.Health = nil
	f := compute(t, *in).Find("health.availability", fact.Dims{"component": "voice-bridge"})
	require.Equal(t, "0 of 1,440 samples; 90 % are needed", f.Reason)
}

func TestDisagreementsCompareClaimsWithRows(t *testing.T) {
	t.Parallel()
	in := input(t)
	in.Claims = []fact.Claim{
		{Run: 1, RunName: "R", What: "evaluated", Probe: "p", Detector: "d", Value: 541},
		{Run: 1, RunName: "R", What: "hits", Probe: "p", Detector: "d", Value: 27},
		{Run: 1, RunName: "R", What: "hits", Value: 50},
	}
	in.RunCells = []fact.RunCell{{Run: 1, Probe: "p", Detector: "d", Evaluated: 540, Hits: 27}, {Run: 1, Probe: "q", Detector: "d", Evaluated: 10, Hits: 7}}
	got := compute(t, *in).Records.Disagreements
	require.Len(t, got, 2)
	require.Equal(t, fact.Disagreement{Run: "R", Probe: "p", Detector: "d", What: "evaluated", Claimed: 541, Found: 540}, got[0])
	require.Equal(t, fact.Disagreement{Run: "R", What: "hits", Claimed: 50, Found: 34}, got[1])
}

func TestTheRegistryIsWhole(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, m := range fact.Builtin().Metrics() {
		require.False(t, seen[m.ID], m.ID)
		seen[m.ID] = true
		require.Positive(t, m.Version, m.ID)
		require.NotEmpty(t, m.Label, m.ID)
		require.NotEmpty(t, m.Unit, m.ID)
		require.NotEmpty(t, m.Good, m.ID)
		for _, other := range []string{m.PartOf, m.Whole} {
			if _, known := fact.Builtin().Lookup(other); other != "" {
				require.True(t, known, "%s names %s", m.ID, other)
			}
		}
	}
}

func TestWilson(t *testing.T) {
	t.Parallel()
	// Score method without continuity correction: R. G. Newcombe, "Two-sided
	// confidence intervals for the single proportion", 1998, table I, method 3.
	for _, tc := range []struct {
		hits, n int64
		lo, hi  float64
	}{{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}} {
		ci := fact.Wilson(tc.hits, tc.n)
		require.InDelta(t, tc.lo, ci[0], 5e-5, tc)
		require.InDelta(t, tc.hi, ci[1], 5e-5, tc)
	}
}

func TestEveryFactSaysEverything(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(compute(t, *input(t)).Facts)
	require.NoError(t, err)
	var all []map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(text, &all))
	for _, f := range all {
		for _, key := range []string{"id", "dims", "value", "unit", "status", "reason", "numerator", "denominator", "interval",
			"previous", "change", "comparable", "window", "as_of", "query", "rows"} {
			require.Contains(t, f, key, "%s: what is absent is null, never left out", f["id"])
		}
	}
}

func TestCanonicalIsTheSameForTheSameInput(t *testing.T) {
	t.Parallel()
	in := input(t)
	for i := range 40 {
		in.Now.Cells = append(in.Now.Cells, cell(fmt.Sprintf("t%d", i%7), fmt.Sprintf("p%d", i), 10, int64(i%10)))
	}
	first, err := fact.Canonical(compute(t, *in))
	require.NoError(t, err)
	for range 20 {
		again, err := fact.Canonical(compute(t, *in))
		require.NoError(t, err)
		require.Equal(t, string(first), string(again))
	}
	var set fact.Set
	require.NoError(t, json.Unmarshal(first, &set))
	back, err := fact.Canonical(&set)
	require.NoError(t, err)
	require.Equal(t, string(first), string(back), "a stored set reads back as itself")
}

// TestIdentities holds whatever the events are, orderly or not.
func TestIdentities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		in := input(rt)
		in.Findings, in.Actions, in.Incidents = drawFindings(rt), drawActions(rt), drawIncidents(rt)
		for i := range rapid.IntRange(0, 12).Draw(rt, "cells") {
			n := rapid.Int64Range(1, 50).Draw(rt, "n")
			c := cell(fmt.Sprint("t", i%3), fmt.Sprint("p", i), n, rapid.Int64Range(0, n).Draw(rt, "hits"))
			c.Category = fmt.Sprint("c", i%4)
			in.Now.Cells = append(in.Now.Cells, c)
		}
		facttest.Identities(rt, compute(t, *in))
	})
}

func drawTime(t *rapid.T) time.Time {
	return at(17, 0, 0).Add(time.Duration(rapid.IntRange(0, 4*24*60).Draw(t, "minute")) * time.Minute)
}

func drawFindings(t *rapid.T) []fact.FindingEvent {
	kinds := []string{"opened", "acknowledged", "severity", "assigned", "state", "closed", "reopened"}
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) fact.FindingEvent {
		e := fact.FindingEvent{Source: "f", Name: fmt.Sprint("F-", rapid.IntRange(1, 4).Draw(t, "name")), At: drawTime(t), Kind: rapid.SampledFrom(kinds).Draw(t, "kind")}
		if e.Kind == "opened" || e.Kind == "severity" {
			e.Severity = rapid.SampledFrom([]string{"critical", "high", "medium", "low"}).Draw(t, "severity")
		}
		return e
	}), 0, 25).Draw(t, "findings")
}

func drawActions(t *rapid.T) []fact.ActionEvent {
	kinds := []string{"opened", "assigned", "due", "done", "cancelled", "reopened"}
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) fact.ActionEvent {
		due := drawTime(t)
		return fact.ActionEvent{Source: "a", Name: fmt.Sprint("A-", rapid.IntRange(1, 4).Draw(t, "name")), ActionKind: "action",
			At: drawTime(t), Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Due: &due}
	}), 0, 25).Draw(t, "actions")
}

func drawIncidents(t *rapid.T) []fact.IncidentEvent {
	kinds := []string{"opened", "severity", "mitigated", "resolved", "reopened"}
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) fact.IncidentEvent {
		return fact.IncidentEvent{Source: "i", Name: fmt.Sprint("INC-", rapid.IntRange(1, 3).Draw(t, "name")), At: drawTime(t),
			Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Severity: rapid.IntRange(1, 5).Draw(t, "severity")}
	}), 0, 15).Draw(t, "incidents")
}

func compute(t *testing.T, in fact.Input) *fact.Set {
	t.Helper()
	s, err := fact.Compute(in)
	require.NoError(t, err)
	return s
}
