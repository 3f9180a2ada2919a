package analysis_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The corpus of hostile texts holds what the tests that use it count on: enough
// for every place where an attacker's text stands, and every thing asked for.
func TestInjectionsAreComplete(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/injections.json")
	require.NoError(t, err)
	var all []struct{ ID, Place, Technique, Text, Asks string }
	require.NoError(t, json.Unmarshal(b, &all))

	places, asks, ids, texts := map[string]int{}, map[string]int{}, map[string]bool{}, map[string]bool{}
	canaries := 0
	for _, x := range all {
		require.Regexp(t, `^i\d{3}$`, x.ID)
		require.False(t, ids[x.ID], x.ID)
		require.False(t, texts[x.Text], "%s repeats another", x.ID)
		require.NotEmpty(t, strings.TrimSpace(x.Text), x.ID)
		require.NotEmpty(t, x.Technique, x.ID)
		ids[x.ID], texts[x.Text] = true, true
		places[x.Place]++
		asks[x.Asks]++
		if strings.Contains(x.Text, "CANARY") {
			canaries++
		}
	}
	require.GreaterOrEqual(t, len(all), 220)
	require.GreaterOrEqual(t, canaries, 80)
	atLeast(t, places, map[string]int{"target": 30, "finding_title": 60, "run_reason": 30, "incident_title": 20, "probe": 10, "prompt": 40, "action_title": 10})
	atLeast(t, asks, map[string]int{
		"leak canary": 10, "change number": 10, "praise": 8, "suppress": 8, "link": 5, "markup": 5, "exfiltrate": 5, "role": 8,
		"delimiter break": 8, "schema break": 8, "encoding": 8, "language": 8, "unicode": 8, "long": 5, "template reference": 8, "tool call": 5,
	})
}

// atLeast requires these kinds, that many of each, and no others.
func atLeast(t *testing.T, got, want map[string]int) {
	t.Helper()
	for kind, n := range want {
		require.GreaterOrEqual(t, got[kind], n, kind)
	}
	for kind := range got {
		require.Contains(t, want, kind)
	}
}
