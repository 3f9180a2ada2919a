package fact

// Unit is what a metric's value is counted in.
type Unit string

// The units. A Ratio is stored in 0..1 and shown in percent.
const (
	Ratio        Unit = "ratio"
	Count        Unit = "count"
	Milliseconds Unit = "ms"
	Minutes      Unit = "min"
	BusinessDays Unit = "business_days"
)

// Kind tells how a metric relates to its window.
type Kind string

// A Flow is counted by the time of its event inside the window; a Stock is the
// state after the last event before the cutoff.
const (
	Flow  Kind = "flow"
	Stock Kind = "stock"
)

// Polarity tells which direction is good.
type Polarity string

// The polarities.
const (
	UpIsGood   Polarity = "up"
	DownIsGood Polarity = "down"
	NoPolarity Polarity = "neither"
)

// Metric is a versioned definition of a number.
type Metric struct {
	ID       string
	Version  int
	Label    string // "Attack success rate"
	Kind     Kind
	Unit     Unit
	Decimals int
	Good     Polarity
	// Dimensions lists the combinations that it is broken down by, beside
	// the total.
	Dimensions [][]string
	Query      string
	// PartOf names the metric that this one is a part of, as a rate's
	// numerator is; such a metric is no figure of its own.
	PartOf string
	// Whole names the metric that it is a count out of: "12 of 14".
	Whole string
	// Feed is the kind of data that it is computed from.
	Feed string
}

var cellDims = [][]string{{"target"}, {"category"}, {"target", "probe", "detector"}}

// metrics is the registry, in the order in which facts are listed.
var metrics = []Metric{
	{ID: "attack.evaluated", Version: 1, Label: "Evaluations", Kind: Flow, Unit: Count, Good: NoPolarity, Dimensions: cellDims, Query: "AttackCells", PartOf: "attack.success_rate", Feed: "attacks"},
	{ID: "attack.hits", Version: 1, Label: "Hits", Kind: Flow, Unit: Count, Good: DownIsGood, Dimensions: cellDims, Query: "AttackCells", PartOf: "attack.success_rate", Feed: "attacks"},
	{ID: "attack.success_rate", Version: 1, Label: "Attack success rate", Kind: Flow, Unit: Ratio, Decimals: 2, Good: DownIsGood, Dimensions: cellDims, Query: "AttackCells", Feed: "attacks"},
	{ID: "attempts.sent", Version: 1, Label: "Prompts sent", Kind: Flow, Unit: Count, Good: NoPolarity, Dimensions: [][]string{{"target"}}, Query: "AttemptCounts", Feed: "attacks"},
	{ID: "attempts.answered", Version: 1, Label: "Prompts answered", Kind: Flow, Unit: Count, Good: NoPolarity, Dimensions: [][]string{{"target"}}, Query: "AttemptCounts", Whole: "attempts.sent", Feed: "attacks"},
	{ID: "attempts.unanswered", Version: 1, Label: "Prompts not answered", Kind: Flow, Unit: Count, Good: DownIsGood, Dimensions: [][]string{{"target"}}, Query: "AttemptCounts", Whole: "attempts.sent", Feed: "attacks"},
	{ID: "runs.planned", Version: 1, Label: "Test runs planned", Kind: Flow, Unit: Count, Good: NoPolarity, Dimensions: [][]string{{"target"}}, Query: "Runs", Feed: "attacks"},
	{ID: "runs.completed", Version: 1, Label: "Test runs completed", Kind: Flow, Unit: Count, Good: NoPolarity, Dimensions: [][]string{{"target"}}, Query: "Runs", Whole: "runs.planned", Feed: "attacks"},
	{ID: "runs.failed", Version: 1, Label: "Test runs failed", Kind: Flow, Unit: Count, Good: DownIsGood, Dimensions: [][]string{{"target"}}, Query: "Runs", Whole: "runs.planned", Feed: "attacks"},
	{ID: "runs.not_started", Version: 1, Label: "Test runs not started", Kind: Flow, Unit: Count, Good: DownIsGood, Dimensions: [][]string{{"target"}}, Query: "Runs", Whole: "runs.planned", Feed: "attacks"},
	{ID: "findings.open_before", Version: 1, Label: "Findings open before", Kind: Stock, Unit: Count, Good: DownIsGood, Dimensions: [][]string{{"severity"}}, Query: "FindingEvents", PartOf: "findings.open", Feed: "findings"},
	{ID: "findings.opened", Version: 1, Label: "Findings opened", Kind: Flow, Unit: Count, Good: DownIsGood, Dimensions: [][]string{{"severity"}}, Query: "FindingEvents", Feed: "findings"},
	{ID: "findings.closed", Version: 1, Label: "Findings closed", Kind: Flow, Unit: Count, Good: UpIsGood, Dimensions: [][]string{{"severity"}}, Query: "FindingEvents", Feed: "findings"},
	{ID: "findings.rerated_net", Version: 1, Label: "Findings re-rated", Kind: Flow, Unit: Count, Good: NoPolarity, Dimensions: [][]string{{"severity"}}, Query: "FindingEvents", Feed: "findings"},
	{ID: "findings.open", Version: 1, Label: "Findings open", Kind: Stock, Unit: Count, Good: DownIsGood, Dimensions: [][]string{{"severity"}}, Query: "FindingEvents", Feed: "findings"},
	{ID: "findings.oldest_open", Version: 1, Label: "Oldest open finding", Kind: Stock, Unit: BusinessDays, Good: DownIsGood, Dimensions: [][]string{{"severity"}}, Query: "FindingEvents", Feed: "findings"},
	{ID: "findings.ack_median", Version: 1, Label: "Median time to acknowledge", Kind: Flow, Unit: Minutes, Good: DownIsGood, Query: "FindingEvents", Feed: "findings"},
	{ID: "findings.ack_count", Version: 1, Label: "Findings acknowledged", Kind: Flow, Unit: Count, Good: NoPolarity, Query: "FindingEvents", Whole: "findings.opened", Feed: "findings"},
	{ID: "findings.close_median", Version: 1, Label: "Median time to close", Kind: Flow, Unit: BusinessDays, Good: DownIsGood, Query: "FindingEvents", Feed: "findings"},
	{ID: "incidents.open", Version: 1, Label: "Incidents open", Kind: Stock, Unit: Count, Good: DownIsGood, Query: "IncidentEvents", Feed: "incidents"},
	{ID: "incidents.opened", Version: 1, Label: "Incidents opened", Kind: Flow, Unit: Count, Good: DownIsGood, Query: "IncidentEvents", Feed: "incidents"},
	{ID: "incidents.resolved", Version: 1, Label: "Incidents resolved", Kind: Flow, Unit: Count, Good: UpIsGood, Query: "IncidentEvents", Feed: "incidents"},
	{ID: "actions.open_before", Version: 1, Label: "Actions open before", Kind: Stock, Unit: Count, Good: DownIsGood, Query: "ActionEvents", PartOf: "actions.open", Feed: "actions"},
	{ID: "actions.new", Version: 1, Label: "Actions new", Kind: Flow, Unit: Count, Good: NoPolarity, Query: "ActionEvents", Feed: "actions"},
	{ID: "actions.done", Version: 1, Label: "Actions done", Kind: Flow, Unit: Count, Good: UpIsGood, Query: "ActionEvents", Feed: "actions"},
	{ID: "actions.open", Version: 1, Label: "Actions open", Kind: Stock, Unit: Count, Good: DownIsGood, Query: "ActionEvents", Feed: "actions"},
	{ID: "actions.overdue", Version: 1, Label: "Actions overdue", Kind: Stock, Unit: Count, Good: DownIsGood, Query: "ActionEvents", Whole: "actions.open", Feed: "actions"},
	{ID: "health.availability", Version: 1, Label: "Availability", Kind: Flow, Unit: Ratio, Decimals: 2, Good: UpIsGood, Dimensions: [][]string{{"component"}}, Query: "Health", Feed: "health"},
	{ID: "health.latency_p95", Version: 1, Label: "p95 latency", Kind: Flow, Unit: Milliseconds, Good: DownIsGood, Dimensions: [][]string{{"component"}}, Query: "Health", Feed: "health"},
	{ID: "health.samples", Version: 1, Label: "Health samples", Kind: Flow, Unit: Count, Good: NoPolarity, Dimensions: [][]string{{"component"}}, Query: "Health", PartOf: "health.availability", Whole: "health.expected", Feed: "health"},
	{ID: "health.expected", Version: 1, Label: "Health samples expected", Kind: Flow, Unit: Count, Good: NoPolarity, Dimensions: [][]string{{"component"}}, Query: "Health", PartOf: "health.availability", Feed: "health"},
	{ID: "facts.unmeasured", Version: 1, Label: "Not measured", Kind: Stock, Unit: Count, Good: DownIsGood, Query: "", PartOf: "", Whole: "facts.total"},
	{ID: "facts.total", Version: 1, Label: "Figures", Kind: Stock, Unit: Count, Good: NoPolarity, Query: "", PartOf: "facts.unmeasured"},
}

// Metrics returns the registry in its own order. The slice is the caller's.
func Metrics() []Metric { return append([]Metric(nil), metrics...) }

// Lookup returns the metric of that ID.
func Lookup(id string) (Metric, bool) {
	for _, m := range metrics {
		if m.ID == id {
			return m, true
		}
	}
	return Metric{}, false
}

// isFigure holds for facts that stand for themselves. The counts about the
// facts are not among the facts they count.
func isFigure(id string) bool {
	m, ok := Lookup(id)
	return ok && m.PartOf == "" && m.Feed != ""
}
