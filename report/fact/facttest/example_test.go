package facttest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/fact/facttest"
)

func sum(s *fact.Set, id string, previous bool, dims ...string) float64 {
	n := 0.0
	for _, f := range s.By(id, dims...) {
		switch {
		case previous && f.Previous != nil:
			n += *f.Previous
		case !previous && f.Measured():
			n += *f.Value
		}
	}
	return n
}

func value(t *testing.T, s *fact.Set, id string, d fact.Dims) float64 {
	f := s.Find(id, d)
	require.True(t, f.Measured(), fact.Key(id, d))
	return *f.Value
}

func TestExampleAddsUp(t *testing.T) {
	t.Parallel()
	s := facttest.Example()
	for _, id := range []string{"attack.evaluated", "attack.hits"} {
		want := value(t, s, id, nil)
		require.InDelta(t, want, sum(s, id, false, "target"), 0, "%s by target", id)
		require.InDelta(t, want, sum(s, id, false, "category"), 0, "%s by category", id)
		require.InDelta(t, want, sum(s, id, false, "target", "probe", "detector"), 0, "%s by cell", id)
		before := *s.Total(id).Previous
		require.InDelta(t, before, sum(s, id, true, "target"), 0, "%s by target, before", id)
		require.InDelta(t, before, sum(s, id, true, "category"), 0, "%s by category, before", id)
		require.InDelta(t, before, sum(s, id, true, "target", "probe", "detector"), 0, "%s by cell, before", id)
	}
	dims := []fact.Dims{nil, {"severity": "critical"}, {"severity": "high"}, {"severity": "medium"}, {"severity": "low"}}
	for _, d := range dims {
		require.InDelta(t, value(t, s, "findings.open", d), value(t, s, "findings.open_before", d)+value(t, s, "findings.opened", d)-
			value(t, s, "findings.closed", d)+value(t, s, "findings.rerated_net", d), 0, "%v", d)
	}
	for _, id := range []string{"findings.open_before", "findings.opened", "findings.closed", "findings.rerated_net", "findings.open"} {
		require.InDelta(t, value(t, s, id, nil), sum(s, id, false, "severity"), 0, id)
	}
	for _, d := range []fact.Dims{nil, {"target": "support-assistant"}, {"target": "voice-ivr"}} {
		require.InDelta(t, value(t, s, "runs.planned", d), value(t, s, "runs.completed", d)+value(t, s, "runs.failed", d)+value(t, s, "runs.not_started", d), 0)
	}
	for _, id := range []string{"runs.planned", "runs.completed", "runs.failed", "runs.not_started"} {
		require.InDelta(t, value(t, s, id, nil), sum(s, id, false, "target"), 0, id)
	}
	require.InDelta(t, value(t, s, "attempts.sent", nil), value(t, s, "attempts.answered", nil)+value(t, s, "attempts.unanswered", nil), 0)
	require.InDelta(t, value(t, s, "actions.open", nil), value(t, s, "actions.open_before", nil)+value(t, s, "actions.new", nil)-value(t, s, "actions.done", nil), 0)
	require.InDelta(t, value(t, s, "actions.open", nil), float64(len(s.Records.Actions)), 0)
	require.InDelta(t, value(t, s, "facts.unmeasured", nil), float64(len(s.Notes())), 0)
	require.Len(t, s.Notes(), 3)
	require.Len(t, s.By("attack.success_rate", "target", "probe", "detector"), 64)
	seen := map[string]bool{}
	for i := range s.Facts {
		key := s.Facts[i].Key()
		require.False(t, seen[key], "%s twice", key)
		seen[key] = true
	}
}
