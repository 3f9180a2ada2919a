package grounding

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/fact/facttest"
)

// "It" stands for the metric of the claim before, and for nothing else.
func TestIt(t *testing.T) {
	t.Parallel()
	const (
		assistant = "{target=support-assistant}"
		leakage   = "attack.success_rate{target=voice-ivr,probe=leakreplay.GuardianCloze,detector=leakreplay.StartsWith}"
	)
	m := material(t, facttest.Example())
	rate := say("The attack success rate rose [change attack.success_rate] to [fact attack.success_rate].", "up")
	it := say("On support-assistant it reached [fact attack.success_rate"+assistant+"], from [was attack.success_rate"+assistant+"].", "up")
	draft := Draft{Claims: []Claim{rate, it, say("The data-leakage cell of voice-ivr is not measured.", "none", leakage)}}
	require.Empty(t, m.Check(draft))
	n := m.Narrative(draft)
	require.Equal(t, "On support-assistant it reached 12.69 %, from 6.60 %.", n.Sentences[1].Text.String())
	require.NotEmpty(t, n.Sentences[1].Checks)

	for name, claims := range map[string][]Claim{
		"no claim before":               {it},
		"another metric before":         {say("[fact findings.open] findings are open.", "none"), it},
		"two metrics before":            {say("[fact attack.hits] hits were counted in [fact attack.evaluated] evaluations.", "none"), it},
		"a statement between":           {rate, say("The data-leakage cell of voice-ivr is not measured.", "none", leakage), it},
		"another metric's figure":       {rate, say("On support-assistant it reached [fact attack.hits"+assistant+"].", "none")},
		"another target's figure":       {rate, say("On kb-search it reached [fact attack.success_rate"+assistant+"].", "none")},
		"nobody's":                      {rate, say("It reached [fact attack.success_rate].", "none")},
		"the wrong way":                 {rate, say("On support-assistant it fell to [fact attack.success_rate"+assistant+"].", "down")},
		"the previous as today's":       {rate, say("On support-assistant it reached [was attack.success_rate"+assistant+"].", "up")},
		"refused before":                {say("The attack success rate fell to [fact attack.success_rate].", "down"), it},
		"a metric of its own beside it": {rate, say("On support-assistant it had hits at [fact attack.success_rate"+assistant+"].", "none")},
	} {
		require.NotEmpty(t, m.Check(Draft{Claims: claims}), name)
	}
}
