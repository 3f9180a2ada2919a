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
	ID       string   `json:"id"`
	Version  int      `json:"version"`
	Label    string   `json:"label"` // "Attack success rate"
	Kind     Kind     `json:"kind"`
	Unit     Unit     `json:"unit"`
	Decimals int      `json:"decimals"`
	Good     Polarity `json:"good"`
	// Dimensions lists the combinations that it is broken down by, beside
	// the total.
	Dimensions [][]string `json:"dimensions,omitempty"`
	Query      string     `json:"query"`
	// PartOf names the metric that this one is a part of, as a rate's
	// numerator is; such a metric is no figure of its own.
	PartOf string `json:"part_of,omitempty"`
	// Whole names the metric that it is a count out of: "12 of 14".
	Whole string `json:"whole,omitempty"`
	// Feed is the kind of data that it is computed from.
	Feed string `json:"feed"`
	// Declared says how a metric that somebody declared is made of
	// observations; nil for those built in.
	Declared *Declaration `json:"declared,omitempty"`
}

// Declaration makes a metric of one source's observations.
type Declaration struct {
	Source    string    `json:"source"`
	Aggregate Aggregate `json:"aggregate"`
	// Of names the observations that are aggregated, Per those that a ratio
	// divides by.
	Of  string `json:"of"`
	Per string `json:"per,omitempty"`
	// Interval is how many seconds lie between two observations of one
	// combination of labels; 0: how many there should be is not known.
	Interval int64 `json:"interval_s,omitempty"`
	// MinimumCoverage is the share, 0 to 1, of the expected observations that
	// must have a value; below it the metric is not measured.
	MinimumCoverage float64 `json:"minimum_coverage,omitempty"`
}

// Aggregate is how a declared metric is made of observations.
type Aggregate string

// The aggregates. A Quotient is the sum of one kind of observations divided by
// the sum of another.
const (
	Sum      Aggregate = "sum"
	Number   Aggregate = "count"
	Last     Aggregate = "last"
	Mean     Aggregate = "mean"
	Quotient Aggregate = "ratio"
)

// Observations is the feed of every declared metric.
const Observations = "observations"

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
