package grounding

import "strings"

// The rules, by the names that reports and complaints show.
const (
	ruleDraft         = "length"
	ruleRepetition    = "repetition"
	ruleSentence      = "one sentence"
	rulePlain         = "plain text"
	ruleUnknown       = "known words"
	ruleNumber        = "number word"
	ruleCause         = "cause"
	ruleJudgement     = "judgement"
	ruleApproximation = "approximation"
	rulePrediction    = "prediction"
	ruleInstruction   = "instruction"
	ruleUnit          = "unit"
	rulePeriod        = "period"
	ruleReference     = "reference"
	ruleMetric        = "metric"
	ruleSubject       = "subject"
	ruleDirection     = "direction"
	ruleAlike         = "like for like"
	ruleStance        = "stance"
	ruleComparison    = "comparison"
	ruleSuperlative   = "superlative"
	ruleNegation      = "negation"
	ruleUnmeasured    = "not measured"
	ruleListed        = "listed facts"
	ruleEvidence      = "evidence"
	ruleCitation      = "citation"
)

// Rules names every rule, in the order in which they are applied.
func Rules() []string {
	return []string{ruleDraft, ruleRepetition, ruleSentence, rulePlain, ruleUnknown, ruleNumber, ruleCause, ruleJudgement,
		ruleApproximation, rulePrediction, ruleInstruction, ruleUnit, rulePeriod, ruleReference, ruleMetric, ruleSubject,
		ruleDirection, ruleAlike, ruleStance, ruleComparison, ruleSuperlative, ruleNegation, ruleUnmeasured, ruleListed, ruleEvidence, ruleCitation}
}

// Violation is one thing that keeps a draft from being printed.
type Violation struct {
	Claim  int // from 1; 0: the whole draft
	Rule   string
	Detail string // ours; it quotes one short word at the most
}

// String is "claim 2: number word: \"doubled\"".
func (v Violation) String() string {
	s := v.Rule + ": " + v.Detail
	if v.Claim == 0 {
		return "the draft: " + s
	}
	return "claim " + itoa(v.Claim) + ": " + s
}

// maxComplaint bounds what goes back to a model, in violations.
const maxComplaint = 20

// Complaint is what goes back to the model: what was wrong, claim by claim.
func Complaint(violations []Violation) string {
	if len(violations) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("The answer was refused. Write all claims again, and leave out what cannot be said in other words.\n")
	for i, v := range violations {
		if i == maxComplaint {
			b.WriteString("- and " + itoa(len(violations)-i) + " more\n")
			break
		}
		b.WriteString("- " + v.String() + "\n")
	}
	return b.String()
}
