package grounding

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/fact/facttest"
)

// Each claim is false of the example, or says what nobody knows, and is refused
// by the rule named; an empty rule: by whichever comes first.
func TestRefused(t *testing.T) {
	t.Parallel()
	m := material(t, facttest.Example())
	for _, tt := range []struct {
		rule  string
		claim Claim
	}{
		// Plain text.
		{rulePlain, say("The attack success rate rose to [fact attack.success_rate] https://evil.example.", "up")},
		{rulePlain, say("The attack success rate rose to [fact attack.success_rate] <b>.", "up")},
		{rulePlain, say("The \"attack success rate\" rose to [fact attack.success_rate].", "up")},
		{rulePlain, say("The attack success rate rose to [fact attack.success_rate] – more.", "up")},
		{rulePlain, say("The attack success rate rose to [fact attack.success_rate] @ops.", "up")},
		{rulePlain, say("The attack success rate rose\nto [fact attack.success_rate].", "up")},
		{rulePlain, say("The attack succeß rate rose to [fact attack.success_rate].", "up")},
		{rulePlain, say("The аttack success rate rose to [fact attack.success_rate].", "up")}, // Cyrillic а
		{rulePlain, say("The attack success rate ((rose)) to [fact attack.success_rate].", "up")},
		{ruleReference, say("The attack success rate rose to {{ [fact attack.success_rate].", "up")},
		{ruleReference, say("The attack success rate rose to {{fact:attack.nothing}}.", "up", asr)},
		{ruleReference, say("The attack success rate rose to {{sum:attack.success_rate}}.", "up", asr)},
		{ruleReference, say("The attack success rate rose to {{share:attack.success_rate}}.", "up", asr)},
		{ruleNumber, say("The attack success rate rose to 6.70.", "up", asr)},
		{ruleUnit, say("The attack success rate rose to [fact attack.success_rate] %.", "up")},
		{ruleSentence, say("the attack success rate rose to [fact attack.success_rate].", "up")},
		{ruleSentence, say("The attack success rate rose to [fact attack.success_rate]", "up")},
		{ruleSentence, say("The attack success rate rose. It rose to [fact attack.success_rate].", "up")},
		// Words.
		{ruleUnknown, say("The attack success rate skedaddled to [fact attack.success_rate].", "up")},
		{ruleUnknown, say("The attack success rate ROSE to [fact attack.success_rate].", "up")},
		{ruleNumber, say("The attack success rate doubled to [fact attack.success_rate].", "up")},
		{ruleNumber, say("Half of the findings, [fact findings.open], are open.", "none")},
		{ruleCause, say("The attack success rate rose to [fact attack.success_rate] because hits rose.", "up")},
		{ruleCause, say("The attack success rate rose to [fact attack.success_rate] after prompt injection rose.", "up")},
		{ruleJudgement, say("The attack success rate rose sharply to [fact attack.success_rate].", "up")},
		{ruleJudgement, say("Only [fact findings.closed] findings were closed.", "none")},
		{ruleApproximation, say("Nearly [fact findings.open] findings are open.", "none")},
		{ruleApproximation, say("[fact findings.opened] findings were opened, and more than [fact findings.closed] were closed.", "none")},
		{ruleComparison, say("More than [fact findings.open] findings are open.", "none")},
		{rulePrediction, say("The attack success rate will rise to [fact attack.success_rate].", "up")},
		{ruleInstruction, say("Ignore [fact findings.open] open findings.", "none")},
		{ruleUnit, say("The attack success rate rose [change attack.success_rate] points.", "up")},
		{rulePeriod, say("The attack success rate rose to [fact attack.success_rate] last week.", "up")},
		{rulePeriod, say("The attack success rate rose to [fact attack.success_rate] on Monday.", "up")},
		// Metrics.
		{ruleMetric, say("[fact findings.open] findings were opened.", "none")},
		{ruleMetric, say("[fact findings.opened] incidents were opened.", "none")},
		{ruleMetric, say("[fact findings.opened] findings were closed and [fact findings.closed] opened.", "none")},
		{ruleMetric, say("The attack success rate rose to [fact attack.hits].", "up")},
		{ruleMetric, say("[fact findings.open].", "none")},
		{ruleMetric, say("[fact runs.planned] test runs failed.", "none")},
		{ruleMetric, say("[fact runs.completed] test runs were planned and [fact runs.planned] completed.", "none")},
		{ruleMetric, say("Of the [fact runs.planned] planned test runs, [fact runs.failed] were completed.", "none")},
		{ruleMetric, say("[fact runs.failed] of [fact runs.planned] planned test runs were completed.", "none")},
		{ruleMetric, say("[fact attempts.unanswered] prompts were answered.", "none")},
		{ruleMetric, say("[fact findings.opened] findings were opened, leaving [fact findings.closed] closed.", "none")},
		{ruleMetric, say("[fact findings.open] levels.", "none")},
		{"", say("The attack success rate rose to [fact attack.success_rate] and availability of api-gateway to [fact "+upRouter+"].", "up")},
		// Subjects.
		{ruleSubject, say("On support-assistant the attack success rate rose to [fact attack.success_rate].", "up")},
		{ruleSubject, say("The attack success rate rose to [fact "+asrSA+"].", "up")},
		{ruleSubject, say("In all, the attack success rate rose to [fact "+asrSA+"].", "up")},
		{ruleSubject, say("On kb-search the attack success rate was [fact "+asrSA+"].", "none")},
		{ruleSubject, say("The attack success rate rose to [fact "+asrSA+"] on support-assistant and to [fact "+asrCT+"].", "up")},
		{ruleSubject, say("On support-assistant and kb-search the attack success rate was [fact "+asrSA+"].", "none")},
		{ruleSubject, say("The attack success rate was [fact "+asrSA+"] on kb-search and [fact "+asrKB+"] on support-assistant.", "none")},
		{ruleSubject, say("[fact "+newCrit+"] findings were opened.", "none")},
		{ruleSubject, say("[fact findings.opened] critical findings were opened.", "none")},
		{ruleSubject, say("[fact "+newCrit+"] critical findings were opened and [fact findings.closed] closed.", "none")},
		{ruleSubject, say("On support-assistant the probe HijackKillHumans had a success rate of [fact "+latent+"].", "none")},
		{ruleSubject, say("On the targets, the attack success rate was [fact attack.success_rate].", "none")},
		// Periods and verbs.
		{rulePeriod, say("The attack success rate rose to [was attack.success_rate].", "up")},
		{rulePeriod, say("The attack success rate rose from [fact attack.success_rate].", "up")},
		{rulePeriod, say("The attack success rate was [was attack.success_rate].", "none")},
		{rulePeriod, say("The attack success rate was [fact attack.success_rate] on Thursday.", "none")},
		{rulePeriod, say("The attack success rate was [was attack.success_rate] on Friday.", "none")},
		{rulePeriod, say("The attack success rate rose [fact attack.success_rate].", "up")},
		{rulePeriod, say("The attack success rate rose by [fact attack.success_rate].", "up")},
		{rulePeriod, say("The attack success rate rose to [change attack.success_rate].", "up")},
		{rulePeriod, say("The attack success rate was [change attack.success_rate].", "none")},
		{rulePeriod, say("[change findings.open] findings are open.", "none")},
		{rulePeriod, say("[fact findings.open] more findings are open than on Thursday.", "up")},
		{rulePeriod, say("On Thursday [was runs.planned] test runs were planned and [fact runs.completed] completed.", "none")},
		{rulePeriod, say("The attack success rate rose to [fact attack.success_rate], compared with Friday.", "up")},
		{ruleReference, say("Availability of api-gateway moved by [change "+upGateway+"].", "none")},
		// Directions.
		{ruleDirection, say("The attack success rate fell to [fact attack.success_rate].", "down")},
		{ruleDirection, say("The attack success rate improved to [fact attack.success_rate].", "up")},
		{ruleDirection, say("The attack success rate was unchanged at [fact attack.success_rate].", "unchanged")},
		{ruleDirection, say("The attack success rate was [fact attack.success_rate], lower than on Thursday.", "down")},
		{ruleDirection, say("The attack success rate was [fact attack.success_rate], lower than on Thursday, and [fact findings.closed] findings were closed.", "down")},
		{ruleDirection, say("The attack success rate did not rise: it was [fact attack.success_rate].", "none")},
		{ruleDirection, say("Availability of model-router was up at [fact "+upRouter+"].", "up")},
		{ruleDirection, say("Evaluations worsened to [fact attack.evaluated].", "down")},
		{ruleDirection, say("Attack success on kb-search reached a rate of [fact attack.success_rate{target=kb-search}].", "none")},
		{rulePeriod, say("On Thursday the attack success rate rose, at [was attack.success_rate].", "up")},
		{ruleDirection, say("Open findings fell while the attack success rate rose to [fact attack.success_rate].", "up", "findings.open")},
		{ruleStance, say("The attack success rate rose to [fact attack.success_rate].", "down")},
		{ruleStance, say("The attack success rate rose to [fact attack.success_rate].", "none")},
		{ruleStance, say("The attack success rate was [fact attack.success_rate].", "down")},
		{ruleStance, say("The attack success rate was [fact attack.success_rate].", "")},
		// Comparisons.
		{ruleComparison, say("The attack success rate on kb-search, at [fact "+asrKB+"], was higher than on support-assistant, at [fact "+asrSA+"].", "none")},
		{ruleComparison, say("[fact findings.closed] findings were closed, more than the [fact findings.opened] opened.", "none")},
		{ruleComparison, say("The attack success rate on kb-search ([fact "+asrKB+"]) exceeded that on support-assistant ([fact "+asrSA+"]).", "none")},
		{ruleSuperlative, say("kb-search had the highest attack success rate, [fact "+asrKB+"].", "none")},
		{ruleSuperlative, say("The highest attack success rate was [fact attack.success_rate].", "none")},
		{ruleSuperlative, say("Availability of model-router was the lowest, [fact "+upRouter+"].", "none")}, // one is unmeasured
		{ruleReference, say("[fact findings.closed] of [fact findings.opened] opened findings were closed.", "none")},
		{ruleReference, say("[fact findings.opened] findings were opened, [fact findings.closed] of them closed.", "none")},
		{ruleReference, say("[fact findings.closed] findings were closed of [fact findings.open] open.", "none")},
		{ruleReference, say("[fact attack.hits] hits in [fact attempts.sent] prompts sent.", "none")},
		{ruleReference, say("[fact attack.hits] hits of [fact attempts.sent] prompts sent were recorded.", "none")},
		{ruleReference, say("[fact actions.open] actions are open, [fact actions.overdue] of them overdue and [fact actions.new] new.", "none")},
		{ruleReference, say("[fact actions.open] actions are open, including [fact actions.done] done.", "none")},
		{"", say("[fact findings.open] of [fact "+openCrit+"] critical findings are open.", "none")},
		{ruleReference, say("[share findings.opened / findings.open] of the open findings were opened.", "none")},
		{ruleReference, say("The number of completed test runs was [share runs.completed / runs.planned].", "none")},
		{ruleComparison, say("[change runs.completed] fewer test runs were completed than planned.", "down")},
		{ruleComparison, say("[fact runs.completed] test runs were completed, fewer than planned.", "down")},
		{"", say("[fact runs.completed{target=kb-search}] test runs on kb-search were completed, the same as planned.", "unchanged")},
		{ruleComparison, say("[fact runs.completed{target=kb-search}] test runs on kb-search were completed, below planned.", "none")},
		{ruleApproximation, say("[fact findings.opened] findings were opened and closed findings were more than [fact findings.closed].", "none")},
		// Comparisons whose figures follow, or that name everything else.
		{ruleComparison, say("kb-search had a higher attack success rate than support-assistant, [fact "+asrKB+"] against [fact "+asrSA+"].", "none")},
		{ruleSubject, say("support-assistant had a higher attack success rate than kb-search, [fact "+asrKB+"] against [fact "+asrSA+"].", "none")},
		{ruleComparison, say("support-assistant's attack success rate was lower than kb-search's, at [fact "+asrSA+"] against [fact "+asrKB+"].", "none")},
		{ruleComparison, say("Fewer findings were opened ([fact findings.opened]) than closed ([fact findings.closed]).", "none")},
		{ruleMetric, say("More findings were opened ([fact findings.closed]) than closed ([fact findings.opened]).", "none")},
		{ruleComparison, say("Findings closed outnumbered findings opened, [fact findings.closed] to [fact findings.opened].", "none")},
		{"", say("More hits were recorded on kb-search ([fact attack.hits{target=kb-search}]) than on support-assistant ([fact "+hitsSA+"]).", "none")},
		{"", say("Availability was higher on model-router, at [fact "+upRouter+"], than on api-gateway, at [fact "+upGateway+"].", "none")},
		{ruleComparison, say("At [fact attack.success_rate], the attack success rate was better than Thursday's [was attack.success_rate].", "up")},
		{"", say("With an attack success rate of [fact "+asrKB+"], kb-search lay above the [fact attack.success_rate] in total.", "none")},
		{ruleSuperlative, say("kb-search had a higher attack success rate than any other target, [fact "+asrKB+"].", "none")},
		{ruleSuperlative, say("The attack success rate on kb-search ([fact "+asrKB+"]) was higher than on any other target.", "none")},
		{ruleSubject, say("support-assistant had a higher attack success rate than any other category, [fact "+asrSA+"].", "none")},
		{ruleSuperlative, say("No target had fewer hits than support-assistant, which had [fact "+hitsSA+"].", "none")},
		{"", say("No category had fewer hits than support-assistant, which had [fact "+hitsSA+"].", "none")},
		{ruleSuperlative, say("Jailbreak remained the category with the highest attack success rate, at [fact attack.success_rate{category=jailbreak}].", "none")},
		{ruleSuperlative, say("Medium remained the severity with the highest number of findings closed, [fact findings.closed{severity=medium}].", "none")}, // there was a tie
		{ruleSuperlative, say("code-helper saw the largest rise in attack success rate, up [change attack.success_rate{target=code-helper}].", "up")},
		{"", say("support-assistant saw the largest fall in attack success rate, down [change "+asrSA+"].", "down")},
		{ruleApproximation, say("Against [was findings.open] on the previous business day, less than [fact findings.open] findings are now open.", "up")},
		// One figure for several names.
		{ruleSubject, say("vector-store and model-router kept an availability of [fact health.availability{component=vector-store}].", "unchanged")},
		{ruleSubject, say("vector-store and vector-store had an availability of [fact health.availability{component=vector-store}].", "none")},
		{ruleSubject, say("vector-store and voice-bridge each had an availability of [fact health.availability{component=vector-store}].", "none")},
		{"", say("Completed test runs fell to [fact runs.completed{target=voice-ivr}] on voice-ivr and claims-triage each.", "down")},
		{ruleNumber, say("Each target had [fact attack.hits] hits.", "none")},
		{"", say("The attack success rate fell on each target.", "down", asrKB)},
		// Shares, parts and what goes with them.
		{ruleReference, say("Hits on support-assistant made up [share attack.hits{target=support-assistant} / attack.hits] of the total of [fact attack.evaluated].", "none")},
		{ruleReference, say("[fact attempts.unanswered] of [fact attempts.sent] prompts were left unanswered, a share of [fact attempts.unanswered].", "none")},
		{ruleReference, say("[share attempts.unanswered / attempts.sent] prompts were unanswered.", "none")},
		{"", say("[share attempts.answered / attempts.sent] of prompts sent went unanswered.", "none")},
		{"", say("[share attempts.unanswered / attempts.sent] of prompts sent were answered and [share attempts.answered / attempts.sent] went unanswered.", "none")},
		{"", say("voice-bridge delivered [fact health.samples{component=voice-bridge}] expected samples.", "none")},
		{"", say("[fact attempts.sent] of the [fact attempts.sent] prompts sent were answered, leaving [fact attempts.unanswered] unanswered.", "none")},
		{ruleMetric, say("[fact attempts.answered] prompts were answered, leaving [fact attempts.answered] answered.", "none")},
		{"", say("[fact attack.hits] hits from [fact attempts.sent] prompts sent were recorded.", "none")},
		{"", say("There were [fact "+hitsSA+"] hits on support-assistant from [fact attack.evaluated] evaluations.", "none")},
		{"", say("With [fact attack.hits] hits in [fact attack.evaluated] evaluations, support-assistant's attack success rate rose to [fact "+asrSA+"].", "up")},
		{"", say("[fact findings.open] findings and [fact findings.opened] actions are open.", "none")},
		{"", say("[fact findings.opened] findings and [fact actions.open] actions are open.", "none")},
		{ruleReference, say("[share actions.overdue / actions.open] of the overdue actions are overdue.", "none")},
		{ruleReference, say("[fact attempts.answered] prompts were answered, which is [share attempts.answered / attempts.sent] of those answered.", "none")},
		{ruleSubject, say("claims-triage and code-helper had [fact attack.evaluated{target=claims-triage}] evaluations.", "none")}, // each, or together?
		{ruleReference, say("[fact findings.opened] findings opened were [fact findings.closed] closed.", "none")},
		{"", say("Hits were higher on Thursday than on Friday, [was attack.hits] against [fact attack.hits].", "up")},
		{"", say("The attack success rate on support-assistant and kb-search was [fact "+asrSA+"] and [fact "+asrKB+"].", "none")},
		{"", say("[fact attempts.answered] of [fact attempts.sent] prompts sent, or [share attempts.unanswered / attempts.sent], were answered.", "none")},
		{"", say("[fact attempts.answered] of [fact attempts.sent] prompts sent, or [share attempts.answered / attempts.sent], went unanswered.", "none")},
		{"", say("At [fact attack.success_rate], the attack success rate was higher than on Thursday, when it was [fact attack.success_rate].", "up")},
		{"", say("The attack success rate of voice-ivr was below that of kb-search, at [fact "+asrKB+"] and [fact attack.success_rate{target=voice-ivr}] respectively.", "none")},
		{"", say("The attack success rate of kb-search was below that of voice-ivr, at [fact "+asrKB+"] and [fact attack.success_rate{target=voice-ivr}] respectively.", "none")},
		{"", say("Unanswered prompts rose to [fact attempts.unanswered] of [fact attempts.sent] prompts unanswered.", "up")},
		{ruleMetric, say("Of [fact attempts.sent] prompts sent, [fact attempts.unanswered] were unanswered and [fact attempts.answered] were not.", "none")},
		{ruleNegation, say("Of [fact attempts.sent] prompts sent, [fact attempts.answered] were answered and [fact attempts.answered] were not.", "none")},
		{"", say("[fact runs.completed] test runs were completed and [fact runs.failed] were not.", "none")},
		// What stands in the order of what was said before.
		{rulePeriod, say("Jailbreak attacks had a success rate of [was attack.success_rate{category=jailbreak}], down from [was attack.success_rate{category=jailbreak}] on Thursday.", "down")},
		{"", say("On voice-ivr there were [fact attack.hits{target=voice-ivr}] hits in [fact attack.evaluated{target=voice-ivr}] evaluations, after [was attack.evaluated{target=voice-ivr}] in [was attack.hits{target=voice-ivr}] on the previous business day.", "down")},
		{"", say("On voice-ivr there were [fact attack.hits{target=voice-ivr}] hits in [fact attack.evaluated{target=voice-ivr}] evaluations, after [was attack.hits] in [was attack.evaluated] on the previous business day.", "down")},
		{"", say("[fact attempts.sent] prompts were sent and [fact attempts.answered] answered, compared with [was attempts.unanswered] and [was attempts.sent] on Thursday.", "none")},
		{ruleDirection, say("Thursday's [was attack.hits] hits fell to [fact attack.hits] on Friday.", "down")},
		// Words of reporting that say what was done with what is counted.
		{ruleMetric, say("[fact runs.planned] planned test runs started.", "none")},
		{ruleMetric, say("[fact runs.planned] planned test runs were carried out.", "none")},
		{ruleMetric, say("[fact runs.planned] planned test runs were run.", "none")},
		{"", say("[fact attempts.sent] prompts sent were processed.", "none")},
		{"", say("[fact runs.planned] planned test runs finished at the close of business.", "none")},
		{ruleMetric, say("[fact runs.planned] planned test runs ended.", "none")},
		{ruleMetric, say("[fact health.expected{component=voice-bridge}] expected samples were delivered on voice-bridge.", "none")},
		{rulePeriod, say("Availability of api-gateway returned to [fact "+upGateway+"].", "unchanged")},
		{ruleDirection, say("vector-store maintained a p95 latency of [fact "+msVector+"].", "none")},
		{ruleDirection, say("Availability of model-router held constant at [fact "+upRouter+"].", "unchanged")},
		{"", say("The attack success rate is expected to rise to [fact attack.success_rate].", "up")},
		{"", say("Hits rose to [fact attack.hits], more than expected.", "up")},
		{ruleDirection, say("Findings were acknowledged more slowly than on Thursday, with a median time to acknowledge of [fact findings.ack_median].", "up")},
		{ruleNegation, say("Critical and no low findings were closed.", "none", closeCrit, "findings.closed{severity=low}")},
		{ruleNegation, say("No critical and no high findings were closed.", "none", closeCrit, "findings.closed{severity=high}")},
		{ruleUnmeasured, say("p95 latency or availability of model-router is not measured.", "none", msRouter, upRouter)},
		{ruleStance, say("The attack success rate was [fact attack.success_rate], on support-assistant [fact "+asrSA+"] and on kb-search [fact "+asrKB+"].", "up")},
		// Negation and what is not measured.
		{ruleNegation, say("No finding was opened.", "none", "findings.opened")},
		{ruleNegation, say("[fact findings.opened] findings were not opened.", "none")},
		{"", say("[fact runs.completed] test runs were not completed.", "none")},
		{ruleNegation, say("No critical findings are open, and [fact findings.open] are open in all.", "none", openCrit)},
		{ruleUnmeasured, say("The attack success rate is not measured.", "none", asr)},
		{ruleUnmeasured, say("Availability of voice-bridge was [was "+upBridge+"] on Thursday.", "none")},
		{"", say("Availability of voice-bridge was [fact "+upBridge+"].", "none")},
		{"", say("Availability of voice-bridge fell.", "down", upBridge)},
		{ruleSubject, say("Availability is not measured.", "none", upBridge)},
		{ruleUnmeasured, say("Availability of voice-bridge and of api-gateway is not measured.", "none", upBridge, upGateway)},
		{"", say("No incident was resolved on voice-bridge.", "none", "incidents.resolved")},
		{ruleUnmeasured, say("The attack success rate was [fact attack.success_rate]; there is no figure for Thursday.", "none")},
		{ruleUnmeasured, say("For api-gateway, neither availability nor p95 latency is measured.", "none", upGateway, msGateway)},
		{ruleNegation, say("Findings were neither opened nor closed.", "none", "findings.opened", "findings.closed")},
		// Lists and evidence.
		{ruleListed, say("The attack success rate rose to [fact attack.success_rate].", "up", asrSA)},
		{ruleListed, say("The attack success rate rose to [fact attack.success_rate].", "up", "made.up")},
		{ruleListed, Claim{Text: "The attack success rate rose to {{fact:attack.success_rate}}.", Stance: "up", Facts: []string{}}},
		{ruleListed, Claim{Text: "The attack success rate rose to {{fact:attack.success_rate}}.", Stance: "up", Facts: []string{asr, asr}}},
		{"", say("Testing continued.", "none", asr)},
		{"", say("The attack success rate was recorded.", "none", asr)},
		{"", say("Findings were opened.", "none", "findings.opened")},
		{"", say("There were hits on kb-search, and [fact findings.open] findings are open.", "none")},
		// What is left out is what was said before.
		{ruleDirection, say("Availability of model-router fell to [fact "+upRouter+"] and of api-gateway to [fact "+upGateway+"].", "down")},
		{ruleDirection, say("The attack success rate rose to [fact "+asrSA+"] on support-assistant and [fact "+asrKB+"] on kb-search.", "up")},
		{ruleDirection, say("Open findings rose to [fact findings.open] and availability of api-gateway to [fact "+upGateway+"].", "up")},
		// What a reader would take to be about less than it is.
		{ruleSubject, say("On support-assistant there were [fact "+hitsSA+"] hits, and [fact findings.opened] findings were opened.", "none")},
		{ruleSubject, say("On support-assistant [fact "+newCrit+"] critical findings were opened.", "none")},
		{ruleSubject, say("On support-assistant, no incident was resolved.", "none", "incidents.resolved")},
		{ruleSubject, say("There were [fact attack.hits] hits in [fact "+evalSA+"] evaluations on support-assistant.", "none")},
		{rulePeriod, say("[fact findings.opened] findings were opened and [was findings.closed] closed on Thursday.", "none")},
		{ruleEvidence, say("The system reported the attack data, and [fact findings.open] findings are open.", "none")},
		{ruleEvidence, say("[fact findings.open] findings are open, which was reported to the target system.", "none")},
		{ruleSubject, say("p95 latency was [fact "+msRouter+"] and [fact "+msGateway+"] on api-gateway and model-router respectively.", "none")},
		{ruleSubject, say("On api-gateway and model-router p95 latency was [fact "+msRouter+"] and [fact "+msGateway+"] respectively.", "none")},
		{ruleSubject, say("On api-gateway and support-assistant p95 latency was [fact "+msGateway+"] and [fact "+msRouter+"] respectively.", "none")},
		{ruleDirection, say("Availability of model-router and api-gateway fell to [fact "+upRouter+"] and [fact "+upGateway+"] respectively.", "down")},
		{ruleComparison, say("There were hits on kb-search, after [was attack.hits{target=kb-search}] on Thursday.", "down")},
	} {
		v := refusals(m, tt.claim)
		if len(v) == 0 {
			t.Errorf("accepted: %s", tt.claim.Text)
			continue
		}
		met := tt.rule == ""
		for _, x := range v {
			met = met || x.Rule == tt.rule
		}
		if !met {
			t.Errorf("%s: want %s, have %v", tt.claim.Text, tt.rule, v)
		}
	}
}

func TestDraftBounds(t *testing.T) {
	t.Parallel()
	m := material(t, facttest.Example())
	c := say("The attack success rate rose to [fact attack.success_rate].", "up")
	m.options.Sentences, m.options.Words = 2, 20
	require.Empty(t, m.Check(Draft{Claims: []Claim{c}}))
	require.Equal(t, ruleRepetition, m.Check(Draft{Claims: []Claim{c, c}})[0].Rule)
	require.Equal(t, ruleDraft, m.Check(Draft{})[0].Rule)
	other := say("Open findings rose to [fact findings.open].", "up")
	third := say("There were [fact attack.hits] hits in all.", "none")
	require.Equal(t, ruleDraft, m.Check(Draft{Claims: []Claim{c, other, third}})[0].Rule)
	m.options.Words = 9
	require.Equal(t, ruleDraft, m.Check(Draft{Claims: []Claim{c, other}})[0].Rule)
}
