package grounding

import (
	"slices"
	"strings"

	"github.com/closeofbusiness/cob/report/fact"
)

// profile is how a metric is recognised in words: all that it needs, each as a
// choice, and what else may stand with it.
type profile struct {
	metric string
	needs  [][]string
	may    []string
}

// profiles are those of the registry's metrics. A state of the whole may stand
// beside a part's: "planned runs that failed".
var profiles = []profile{
	{"attack.success_rate", needs(featRate), []string{featSucceeded}},
	{"attack.success_rate", needs(featHit+"|"+featSucceeded, featEvaluation), nil}, // "succeeded in R of evaluations"
	{"attack.hits", needs(featHit + "|" + featSucceeded), nil},
	{"attack.evaluated", needs(featEvaluation), []string{featRan}},
	{"attempts.sent", needs(featPrompt, featSent), nil},
	{"attempts.answered", needs(featPrompt, featAnswered), []string{featSent}},
	{"attempts.unanswered", needs(featPrompt, featUnanswered), []string{featSent}},
	{"runs.planned", needs(featRun, featPlanned), nil},
	{"runs.completed", needs(featRun, featCompleted), []string{featPlanned}},
	{"runs.failed", needs(featRun, featFailed), []string{featPlanned}},
	{"runs.not_started", needs(featRun, featNotStarted), []string{featPlanned}},
	{"findings.open_before", needs(featFinding, featBefore), []string{featOpen, featRan}},
	{"findings.opened", needs(featFinding, featOpened), nil},
	{"findings.closed", needs(featFinding, featClosed+"|"+featResolved), nil},
	{"findings.rerated_net", needs(featFinding, featRerated), nil},
	{"findings.open", needs(featFinding, featOpen), nil},
	{"findings.oldest_open", needs(featOldest), []string{featFinding, featOpen, featAge}},
	{"findings.ack_median", needs(featAck), []string{featFinding, featMedian}},
	{"findings.ack_median", needs(featMedian, featAcknowledged), []string{featFinding}},
	{"findings.ack_count", needs(featFinding, featAcknowledged), []string{featOpened}},
	{"findings.close_median", needs(featClose), []string{featFinding, featMedian}},
	{"findings.close_median", needs(featMedian, featClosed), []string{featFinding}},
	{"incidents.open", needs(featIncident, featOpen), nil},
	{"incidents.opened", needs(featIncident, featOpened), nil},
	{"incidents.resolved", needs(featIncident, featResolved+"|"+featClosed), nil},
	{"actions.open_before", needs(featAction, featBefore), []string{featOpen, featRan}},
	{"actions.new", needs(featAction, featOpened), nil},
	{"actions.done", needs(featAction, featDone+"|"+featCompleted+"|"+featClosed), nil},
	{"actions.open", needs(featAction, featOpen), nil},
	{"actions.overdue", needs(featAction, featOverdue), []string{featOpen}},
	{"health.availability", needs(featAvailability), nil},
	{"health.latency_p95", needs(featLatency), nil},
	{"health.samples", needs(featSample), nil},
	{"health.expected", needs(featSample, featExpected), nil},
	{"facts.unmeasured", needs(featFigure, featUnmeasured), nil},
	{"facts.total", needs(featFigure), nil},
}

func needs(features ...string) [][]string {
	out := make([][]string, len(features))
	for i, f := range features {
		out[i] = strings.Split(f, "|")
	}
	return out
}

// features are what the words beside a reference say that it counts.
type features map[string]bool

func featuresOf(tokens []token, k kind) features {
	out := features{}
	for _, t := range tokens {
		if !t.does(k) {
			continue
		}
		for _, f := range strings.Fields(t.feature) {
			if (isNoun[f+" "] || isDeclared(f+" ")) == (k == noun) {
				out[f+" "] = true
			}
		}
	}
	return out
}

// isNoun tells the features of nouns from those of states.
var isNoun = func() map[string]bool {
	out := map[string]bool{}
	for _, g := range subjectWords {
		if g.kind&noun != 0 {
			out[g.feature] = true
		}
	}
	return out
}()

func (f features) with(g features) features {
	out := features{}
	for x := range f {
		out[x] = true
	}
	for x := range g {
		out[x] = true
	}
	return out
}

func (f features) within(g features) bool {
	for x := range f {
		if !g[x] {
			return false
		}
	}
	return true
}

// metrics are those that the features fit, all of them and nothing missing.
func (f features) metrics() []string {
	var out []string
	for _, p := range profiles {
		if p.fits(f) {
			out = append(out, p.metric)
		}
	}
	for x := range f { // a declared metric is named by its whole label, and by nothing else
		if isDeclared(x) && len(f) == 1 {
			out = append(out, declaredBy(x))
		}
	}
	return out
}

func (p profile) fits(f features) bool {
	allowed := features{}
	for _, choice := range p.needs {
		met := false
		for _, x := range choice {
			allowed[x] = true
			met = met || f[x]
		}
		if !met {
			return false
		}
	}
	for _, x := range p.may {
		allowed[x] = true
	}
	return f.within(allowed)
}

// subject is what is being talked about, for those parts of a sentence that
// leave it out.
type subject struct {
	nouns, states features
	dims          fact.Dims
	entry         *entry
	earlier       bool // it is about the previous business day
}

// bindMetric holds a reference's metric against the words that are its own and,
// where they leave something out, against what was being talked about.
func (k *check) bindMetric(c *clause, s subject) bool {
	tokens := c.own()
	nouns, states := featuresOf(tokens, noun), featuresOf(tokens, state)
	if has(tokens, unmeasured) {
		states[featUnmeasured] = true
	}
	if c.pair != nil {
		nouns, states = c.pair.nouns, c.pair.states
	} else if len(nouns) == 0 {
		nouns = s.nouns
		if len(states) == 0 {
			states = s.states
		}
	} else if len(states) == 0 && nouns.within(s.nouns) && len(nouns.metrics()) != 1 {
		states = s.states
	}
	if len(states) == 0 && len(nouns.metrics()) != 1 {
		states = k.laterStates(c)
	}
	if len(states) == 0 && len(nouns.metrics()) == 0 && len(nouns.with(s.states).metrics()) == 1 {
		states = s.states // "R findings were acknowledged, in a median of R"
	}
	c.nouns, c.states = nouns, states
	id := c.ref.fact.ID
	if c.denies = denied(c, s); c.denies {
		c.states = features{featUnanswered: true}
		return true
	}
	found := nouns.with(states).metrics()
	switch {
	case len(found) == 1 && found[0] == id:
		return true
	case c.wholeOf != nil && len(featuresOf(tokens, state)) == 0 && slices.Equal(nouns.metrics(), []string{id}):
		c.states = nil // "R of R expected samples"
		return true
	case c.partOf != nil && len(featuresOf(tokens, state)) == 0 && c.partOf.ref.fact.metric.Whole == id && fits(id, nouns):
		return true // "R of R runs failed"
	case c.ref.verb == verbShare && slices.Equal(found, []string{c.ref.whole.ID}) && (s.entry == c.ref.fact || c.ref.whole.ID == "health.expected"):
		return true // "R prompts were answered, S of those sent"
	case len(nouns) == 0:
		k.refuse(ruleMetric, "a reference has no noun that says what it counts or measures")
	case len(found) == 0:
		k.refuse(ruleMetric, "the words beside a reference name no metric: say what is counted, and which of them")
	default:
		k.refuse(ruleMetric, "the words beside a reference to "+id+" name another metric")
	}
	return false
}

// denied holds for "R were not" behind "R prompts were answered".
func denied(c *clause, s subject) bool {
	if n := len(c.after); n != 2 || !c.after[0].does(helper) || !c.after[1].does(not) || has(c.own(), noun|state) {
		return false
	}
	return s.entry != nil && s.entry.ID == "attempts.answered" && c.ref.fact.ID == "attempts.unanswered" && sameDims(s.entry.dims, c.ref.fact.dims)
}

// laterStates are those of the next words that have any, for a reference that
// is joined with them: "R findings and R actions are open".
func (k *check) laterStates(c *clause) features {
	if has(c.own(), verb) {
		return nil
	}
	for _, next := range k.parts[slices.Index(k.parts, c)+1:] {
		first := next.before
		if next.ref == nil || next.aside || len(first) == 0 || first[0].text != "and" && !isMark(first[0], ",") {
			return nil
		}
		if states := featuresOf(next.own(), state); len(states) > 0 {
			return states
		}
		if has(next.own(), verb) {
			return nil
		}
	}
	return nil
}

// fits tells whether a metric is counted in these nouns.
func fits(id string, nouns features) bool {
	for _, p := range profiles {
		if p.metric != id || len(nouns) == 0 {
			continue
		}
		allowed := features{}
		for _, x := range p.needs[0] {
			allowed[x] = true
		}
		return nouns.within(allowed)
	}
	return false
}
