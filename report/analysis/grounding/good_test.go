package grounding

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/fact/facttest"
)

// day is a set with claims that are true of it.
type day struct {
	name   string
	set    *fact.Set
	claims []Claim
}

const (
	asr       = "attack.success_rate"
	asrSA     = "attack.success_rate{target=support-assistant}"
	asrKB     = "attack.success_rate{target=kb-search}"
	asrCT     = "attack.success_rate{target=claims-triage}"
	asrPI     = "attack.success_rate{category=prompt injection}"
	asrHC     = "attack.success_rate{category=harmful content}"
	hitsSA    = "attack.hits{target=support-assistant}"
	evalSA    = "attack.evaluated{target=support-assistant}"
	latent    = "attack.success_rate{target=support-assistant,probe=latentinjection.LatentInjectionReport,detector=base.TriggerListDetector}"
	cloze     = "attack.success_rate{target=voice-ivr,probe=leakreplay.GuardianCloze,detector=leakreplay.StartsWith}"
	openCrit  = "findings.open{severity=critical}"
	newCrit   = "findings.opened{severity=critical}"
	closeCrit = "findings.closed{severity=critical}"
	upGateway = "health.availability{component=api-gateway}"
	upRouter  = "health.availability{component=model-router}"
	upBridge  = "health.availability{component=voice-bridge}"
	msRouter  = "health.latency_p95{component=model-router}"
	msGateway = "health.latency_p95{component=api-gateway}"
	msVector  = "health.latency_p95{component=vector-store}"
	msBridge  = "health.latency_p95{component=voice-bridge}"
)

// goodDays are the narratives that mutants are made of.
func goodDays() []day {
	return []day{
		{"example", facttest.Example(), exampleClaims()},
		{"falling rate", example(fallingRate), fallingClaims()},
		{"target unmeasured", example(targetUnmeasured), unmeasuredClaims()},
		{"nothing on the previous day", example(noPrevious), noPreviousClaims()},
		{"stocks unchanged", example(stocksUnchanged), unchangedClaims()},
		{"no findings", example(noFindings), noFindingsClaims()},
		{"JailbreakBench", jailbreakBench(), benchClaims()},
		{"garak scans", scans(), scanClaims()},
	}
}

func exampleClaims() []Claim {
	return []Claim{
		say("The attack success rate rose [change attack.success_rate] to [fact attack.success_rate].", "up"),
		say("On support-assistant the attack success rate rose [change "+asrSA+"] to [fact "+asrSA+"], from [was "+asrSA+"].", "up"),
		say("On support-assistant it reached [fact "+asrSA+"], from an attack success rate of [was "+asrSA+"].", "up"),
		say("Attacks on kb-search had a success rate of [fact "+asrKB+"], down from [was "+asrKB+"] on Thursday.", "down"),
		say("At [fact "+asrSA+"], support-assistant had the highest attack success rate.", "none"),
		say("The attack success rate was [fact attack.success_rate]: [fact attack.hits] hits in [fact attack.evaluated] evaluations.", "none"),
		say("There were [fact attack.hits] hits in all, against [was attack.hits] on the previous business day.", "up"),
		say("Prompt injection stood at an attack success rate of [fact "+asrPI+"], [change "+asrPI+"] higher than on Thursday.", "up"),
		say("Among the attack categories, harmful content had the lowest attack success rate, [fact "+asrHC+"].", "none"),
		say("On support-assistant the probe LatentInjectionReport reached a success rate of [fact "+latent+"] (previously [was "+latent+"]).", "up"),
		say("[fact findings.opened] findings were opened, [fact "+newCrit+"] of them critical, and [fact findings.closed] closed.", "none"),
		say("Open findings rose by [change findings.open] to [fact findings.open].", "up"),
		say("The number of open findings was [fact findings.open] on Friday and [was findings.open] on Thursday.", "up"),
		say("[fact findings.open] findings are open, including [fact "+openCrit+"] critical ones.", "none"),
		say("No critical finding was closed.", "none", closeCrit),
		say("No incident was resolved, and [fact incidents.open] is open.", "none", "incidents.resolved"),
		say("[fact incidents.opened] incident was opened; none was resolved.", "none", "incidents.resolved"),
		say("Of the [fact runs.planned] planned test runs, [fact runs.completed] were completed, [fact runs.failed] failed and [fact runs.not_started] did not start.", "none"),
		say("[fact runs.completed] of [fact runs.planned] planned test runs were completed, or [share runs.completed / runs.planned] of them.", "none"),
		say("[fact runs.failed{target=voice-ivr}] of [fact runs.planned{target=voice-ivr}] planned runs on voice-ivr failed.", "none"),
		say("On support-assistant [fact runs.not_started{target=support-assistant}] test run did not start.", "none"),
		say("[fact attempts.sent] prompts were sent, of which [fact attempts.unanswered] went unanswered.", "none"),
		say("[share attempts.answered / attempts.sent] of the prompts sent were answered.", "none"),
		say("[fact actions.overdue] of [fact actions.open] open actions are overdue, up from [was actions.overdue].", "up"),
		say("Actions: [fact actions.new] new, [fact actions.done] done, [fact actions.open] still open.", "none"),
		say("Availability of model-router was [fact "+upRouter+"], down from [was "+upRouter+"].", "down"),
		say("The availability of api-gateway was unchanged at [fact "+upGateway+"].", "unchanged"),
		say("On model-router p95 latency worsened by [change "+msRouter+"] to [fact "+msRouter+"].", "up"),
		say("Latency improved on vector-store, from [was "+msVector+"] to [fact "+msVector+"].", "down"),
		say("Availability and latency of voice-bridge are not measured.", "none", upBridge, msBridge),
		say("The leakreplay.GuardianCloze probe on voice-ivr was not measured.", "none", cloze),
		say("The data-leakage cell of voice-ivr is not measured.", "none", cloze),
		say("The oldest open finding has been open for [fact findings.oldest_open], [change findings.oldest_open] longer than on Thursday.", "up"),
		say("The median time to acknowledge fell from [was findings.ack_median] to [fact findings.ack_median].", "down"),
		say("The median time to close was [fact findings.close_median], [change findings.close_median] less than on the previous business day.", "down"),
		say("[fact findings.ack_count] of the [fact findings.opened] findings opened were acknowledged.", "none"),
		say("[fact facts.unmeasured] of [fact facts.total] figures are not measured.", "none"),
		say("The attack success rate on support-assistant, at [fact "+asrSA+"], was higher than on kb-search, at [fact "+asrKB+"].", "none"),
		say("[fact findings.opened] findings were opened, more than the [fact findings.closed] closed.", "none"),
		say("The attack success rate rose to [fact attack.success_rate] while availability of model-router fell to [fact "+upRouter+"].", "up"),
		say("[fact findings.open{severity=critical}] critical and [fact findings.open{severity=high}] high findings are open.", "none"),
		say("For voice-bridge, neither availability nor p95 latency is measured.", "none", upBridge, msBridge),
		say("Findings took a median of [fact findings.ack_median] to acknowledge, [change findings.ack_median] less than on Thursday.", "down"),
		say("Attacks against kb-search succeeded at a rate of [fact "+asrKB+"], [change "+asrKB+"] below Thursday's.", "down"),
		say("Fewer evaluations were made than on Thursday: [fact attack.evaluated] against [was attack.evaluated].", "down"),
		say("p95 latency on api-gateway and model-router rose to [fact "+msGateway+"] and [fact "+msRouter+"] respectively.", "up"),
		say("For claims-triage and kb-search the attack success rate fell, by [change "+asrCT+"] and [change "+asrKB+"] respectively.", "down"),
		say("Health data of voice-bridge holds [fact health.samples{component=voice-bridge}] of [fact health.expected{component=voice-bridge}] expected samples.", "none"),
	}
}

func fallingRate(s *fact.Set) {
	for i := range s.Facts {
		f := &s.Facts[i]
		if f.ID != asr && f.ID != "attack.hits" || f.Previous == nil || f.Value == nil {
			continue
		}
		f.Value, f.Previous = f.Previous, f.Value
		f.Numerator, f.PreviousNumerator = f.PreviousNumerator, f.Numerator
		f.Denominator, f.PreviousDenominator = f.PreviousDenominator, f.Denominator
		f.Change = ptr(*f.Value - *f.Previous)
		f.Comparable, f.ComparableValue = f.ComparableValue, f.Comparable
		f.ComparableNumerator, f.ComparableValueNum = f.ComparableValueNum, f.ComparableNumerator
		f.ComparableDenominator, f.ComparableValueDen = f.ComparableValueDen, f.ComparableDenominator
		if f.Comparable != nil {
			f.ComparableChange = ptr(*f.ComparableValue - *f.Comparable)
		}
	}
}

func fallingClaims() []Claim {
	return []Claim{
		say("The attack success rate fell by [change attack.success_rate] to [fact attack.success_rate].", "down"),
		say("Attack success on support-assistant fell: its rate was [fact "+asrSA+"], compared with [was "+asrSA+"] on Thursday.", "down"),
		say("Like for like, the attack success rate on support-assistant fell as well, to [fact attack.success_rate{target=support-assistant}].", "down"),
		say("Hits on support-assistant dropped to [fact "+hitsSA+"], [change "+hitsSA+"] fewer than the day before.", "down"),
		say("On kb-search the rate of successful attacks went up to [fact "+asrKB+"] from [was "+asrKB+"].", "up"),
	}
}

func targetUnmeasured(s *fact.Set) {
	facttest.Unmeasure(s, "no evaluation was recorded in this window", asrSA, hitsSA, evalSA)
}

func unmeasuredClaims() []Claim {
	return []Claim{
		say("The attack success rate on support-assistant is not measured.", "none", asrSA),
		say("On support-assistant, hits and evaluations are not measured.", "none", hitsSA, evalSA),
		say("support-assistant was not measured, while the attack success rate of kb-search fell to [fact "+asrKB+"].", "down", asrSA),
		say("[fact facts.unmeasured] figures are not measured, [change facts.unmeasured] more than on Thursday.", "up"),
	}
}

func noPrevious(s *fact.Set) {
	for i := range s.Facts {
		f := &s.Facts[i]
		f.Previous, f.PreviousNumerator, f.PreviousDenominator, f.Change = nil, nil, nil, nil
		f.Comparable, f.ComparableNumerator, f.ComparableDenominator, f.ComparableChange = nil, nil, nil, nil
		f.ComparableValue, f.ComparableValueNum, f.ComparableValueDen = nil, nil, nil
	}
}

func noPreviousClaims() []Claim {
	return []Claim{
		say("The attack success rate is [fact attack.success_rate]; there is no figure for Thursday.", "none"),
		say("[fact findings.open] findings are open, [fact findings.open{severity=high}] of them high.", "none"),
		say("On Friday [fact attempts.unanswered] of [fact attempts.sent] prompts were not answered.", "none"),
		say("p95 latency was [fact "+msGateway+"] on api-gateway and [fact "+msRouter+"] on model-router.", "none"),
	}
}

func stocksUnchanged(s *fact.Set) {
	for i := range s.Facts {
		f := &s.Facts[i]
		switch f.ID {
		case "findings.open", "actions.open", "incidents.open", "findings.oldest_open", "actions.overdue":
			f.Previous, f.Change = f.Value, ptr(0.0)
		}
	}
}

func unchangedClaims() []Claim {
	return []Claim{
		say("The number of open findings did not change and stands at [fact findings.open].", "unchanged"),
		say("[fact actions.open] actions are open, as many as on Thursday.", "unchanged"),
		say("Open incidents remained at [fact incidents.open].", "unchanged"),
		say("The age of the oldest open finding was unchanged at [fact findings.oldest_open].", "unchanged"),
		say("Overdue actions were unchanged.", "unchanged", "actions.overdue"),
	}
}

func noFindings(s *fact.Set) {
	for i := range s.Facts {
		f := &s.Facts[i]
		if f.ID == "findings.opened" || f.ID == "findings.closed" {
			f.Value = ptr(0.0)
		}
	}
}

func noFindingsClaims() []Claim {
	return []Claim{
		say("No finding was opened or closed.", "none", "findings.opened", "findings.closed"),
		say("No critical or high findings were opened.", "none", newCrit, "findings.opened{severity=high}"),
		say("No findings were opened, and [fact findings.open] remain open.", "none", "findings.opened"),
	}
}

func benchClaims() []Claim {
	return []Claim{
		say("The attack success rate was [fact attack.success_rate{target=vicuna}] on vicuna and [fact attack.success_rate{target=gpt-4}] on gpt-4.", "none"),
		say("Across all targets, [fact attack.hits] of [fact attack.evaluated] evaluations were hits.", "none"),
		say("vicuna had the highest attack success rate, at [fact attack.success_rate{target=vicuna}].", "none"),
		say("On llama-2 the PAIR probe made no hits.", "none", "attack.hits{target=llama-2,probe=PAIR,detector=jailbreakbench.Judge}"),
		say("With GCG, gpt-3.5 showed an attack success rate of [fact attack.success_rate{target=gpt-3.5,probe=GCG,detector=jailbreakbench.Judge}].", "none"),
		say("The success rate on gpt-3.5 ([fact attack.success_rate{target=gpt-3.5}]) exceeded that on gpt-4 ([fact attack.success_rate{target=gpt-4}]).", "none"),
	}
}

func scanClaims() []Claim {
	m, p, q := "attack.success_rate{target=mistral-7b}", "attack.success_rate{target=phi-3-mini}", "attack.hits{target=qwen2}"
	return []Claim{
		say("The attack success rate of phi-3-mini rose to [fact "+p+"] from [was "+p+"].", "up"),
		say("mistral-7b stayed at an attack success rate of [fact "+m+"].", "unchanged"),
		say("There were no hits on qwen2, after [was "+q+"] on Tuesday.", "down"),
		say("On mistral-7b, dan.Dan_11_0 rose from [was attack.hits{target=mistral-7b,probe=dan.Dan_11_0,detector=mitigation.MitigationBypass}] hits to [fact attack.hits{target=mistral-7b,probe=dan.Dan_11_0,detector=mitigation.MitigationBypass}].", "up"),
		say("Jailbreak showed the highest attack success rate of the categories, [fact attack.success_rate{category=jailbreak}], against [was attack.success_rate{category=jailbreak}] on the previous business day.", "up"),
	}
}

func TestGoodClaims(t *testing.T) {
	t.Parallel()
	for _, d := range goodDays() {
		m := material(t, d.set)
		for _, c := range d.claims {
			if v := refusals(m, c); len(v) > 0 {
				t.Errorf("%s: %s\n\t%v", d.name, c.Text, v)
			}
		}
	}
}

func TestNarrativeFillsReferences(t *testing.T) {
	t.Parallel()
	m := material(t, facttest.Example())
	n := m.Narrative(Draft{Claims: exampleClaims()[:2]})
	require.Equal(t, "The attack success rate rose 1.53 percentage points to 6.70 %. "+
		"On support-assistant the attack success rate rose 6.09 percentage points to 12.69 %, from 6.60 %.", n.String())
	require.True(t, n.Sentences[0].Text[1].Strong)
	require.Equal(t, []string{asr}, n.Sentences[0].Facts)
	require.Contains(t, n.Sentences[0].Checks, "direction")
	require.Equal(t, exampleClaims()[0].Text, n.Sentences[0].Claim)
}
