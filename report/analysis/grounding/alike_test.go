package grounding

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/fact/facttest"
)

// otherMix is the example with a rate that rose only because other things were
// tested: like for like it fell.
func otherMix(s *fact.Set) {
	f := s.Total(asr)
	f.ComparableNumerator, f.ComparableDenominator, f.Comparable = ptr(int64(500)), ptr(int64(6240)), ptr(500.0/6240)
}

func TestLikeForLike(t *testing.T) {
	t.Parallel()
	rose := say("The attack success rate rose to [fact attack.success_rate].", "up")
	require.Equal(t, []Violation{{1, ruleAlike, "like for like it did not go that way, so say only what it is and was"}},
		refusals(material(t, example(otherMix)), rose))
	require.Empty(t, refusals(material(t, facttest.Example()), rose))

	plain := say("The attack success rate was [fact attack.success_rate], compared with [was attack.success_rate] on Thursday.", "none")
	require.Empty(t, refusals(material(t, example(otherMix)), plain))

	for _, tt := range []struct {
		claim Claim
		good  bool
	}{
		{say("The attack success rate rose to [fact attack.success_rate], like for like.", "up"), true},
		{say("Like for like, the attack success rate rose.", "up", asr), true},
		{say("The attack success rate rose to [fact attack.success_rate], and like for like it rose as well.", "up"), true},
		{say("Like for like, the attack success rate rose from [was attack.success_rate].", "up"), false},
		{say("Like for like, the attack success rate rose by [change attack.success_rate].", "up"), false},
		{say("Like for like, the attack success rate fell.", "down", asr), false},
		{say("Like for like, the attack success rate on support-assistant rose by [change "+asrSA+"].", "up"), true},
		{say("Like for like, open findings rose to [fact findings.open].", "up"), false},
	} {
		require.Equal(t, tt.good, len(refusals(material(t, facttest.Example()), tt.claim)) == 0, tt.claim.Text)
	}
}

func TestSuperlatives(t *testing.T) {
	t.Parallel()
	m := material(t, facttest.Example())
	for _, tt := range []struct {
		claim Claim
		good  bool
	}{
		{say("The largest rise in attack success rate was [change "+asrSA+"], on support-assistant.", "up"), true},
		{say("The largest rise in attack success rate was [change attack.success_rate{target=code-helper}], on code-helper.", "up"), false},
		{say("The largest fall in attack success rate was [change "+asrSA+"], on support-assistant.", "down"), false},
		{say("Of the targets, kb-search had the lowest attack success rate, [fact "+asrKB+"].", "none"), false},
		{say("Of the categories, support-assistant had the highest attack success rate, [fact "+asrSA+"].", "none"), false},
		{say("On support-assistant, LatentInjectionReport had the highest attack success rate of the probes, [fact "+latent+"].", "none"), false}, // one cell is not measured
		{say("support-assistant had the highest attack success rate.", "none", asrSA), true},
		{say("kb-search had the highest attack success rate.", "none", asrKB), false},
		{say("Medium findings are the highest number of open findings, [fact findings.open{severity=medium}].", "none"), true},
	} {
		require.Equal(t, tt.good, len(refusals(m, tt.claim)) == 0, "%s %v", tt.claim.Text, refusals(m, tt.claim))
	}
	tied := material(t, example(func(s *fact.Set) { s.Find("findings.open", fact.Dims{"severity": "low"}).Value = ptr(13.0) }))
	require.NotEmpty(t, refusals(tied, say("Of the severities, medium has the highest number of open findings, [fact findings.open{severity=medium}].", "none")))
}

// Without a complete feed nobody knows that there was none.
func TestNoneNeedsACompleteFeed(t *testing.T) {
	t.Parallel()
	c := say("No incident was resolved.", "none", "incidents.resolved")
	require.Empty(t, refusals(material(t, facttest.Example()), c))
	require.NotEmpty(t, refusals(material(t, example(func(s *fact.Set) { s.Feeds[2].ReachedAt = nil })), c))
}

// The day before and the weekdays are names of the business days only where
// they are clear.
func TestDays(t *testing.T) {
	t.Parallel()
	monday := func(s *fact.Set) { s.BusinessDate, s.Previous.Date = "2026-11-23", "2026-11-20" }
	weekApart := func(s *fact.Set) { s.BusinessDate, s.Previous.Date = "2026-11-27", "2026-11-20" }
	text := func(day string) Claim {
		return say("Open findings rose to [fact findings.open], from [was findings.open] "+day+".", "up")
	}
	for _, tt := range []struct {
		change func(*fact.Set)
		day    string
		good   bool
	}{
		{func(*fact.Set) {}, "on Thursday", true},
		{func(*fact.Set) {}, "the day before", true},
		{func(*fact.Set) {}, "on the previous business day", true},
		{func(*fact.Set) {}, "on Friday", false},
		{monday, "on Friday", true},
		{monday, "the day before", false},
		{monday, "the business day before", true},
		{monday, "on Thursday", false},
		{weekApart, "on Friday", false},
		{weekApart, "on the previous business day", true},
	} {
		v := refusals(material(t, example(tt.change)), text(tt.day))
		require.Equal(t, tt.good, len(v) == 0, "%s %v", tt.day, v)
	}
}
