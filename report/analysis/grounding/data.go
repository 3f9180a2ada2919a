package grounding

import (
	"encoding/json"
	"math/big"
	"strings"

	"github.com/closeofbusiness/cob/report/fact"
)

// given is the JSON document that a model reads. Field order is the order in
// which it reads.
type given struct {
	BusinessDay string            `json:"business_day"`
	PreviousDay string            `json:"previous_day"`
	LeftOut     int               `json:"facts_left_out"`
	Facts       []givenFact       `json:"facts"`
	Labels      map[string]string `json:"labels"`
	Notes       []givenNote       `json:"reference_notes,omitempty"`
}

type givenFact struct {
	ID       string    `json:"id"`
	Metric   string    `json:"metric"`
	Dims     fact.Dims `json:"dims,omitempty"`
	Status   string    `json:"status"`
	Reason   string    `json:"reason_kind,omitempty"`
	Value    string    `json:"value,omitempty"`
	Unit     string    `json:"unit"`
	Previous string    `json:"previous,omitempty"`
	Change   string    `json:"change,omitempty"`
	// Direction is up, down or unchanged; unknown where there is nothing to
	// compare with.
	Direction string `json:"direction"`
	// Comparable and ComparableDirection are empty where there is no like for like.
	Comparable          string `json:"like_for_like_change,omitempty"`
	ComparableDirection string `json:"like_for_like_direction,omitempty"`
	Interval            string `json:"interval,omitempty"`
	// Good is up or down; empty where neither is.
	Good string `json:"good,omitempty"`
}

// Data is the user's part of the question: one JSON document with every fact
// that may be written about. Names that do not look like names stand in it as
// quoted labels of aliases only.
func (m *Material) Data() string {
	g := given{BusinessDay: m.days.today, PreviousDay: m.days.previous, LeftOut: m.leftOut,
		Facts: make([]givenFact, len(m.entries)), Labels: map[string]string{}, Notes: m.givenNotes()}
	if g.PreviousDay == "" {
		g.PreviousDay = "the previous business day"
	}
	for i, e := range m.entries {
		g.Facts[i] = e.given()
		for _, alias := range e.dims {
			if label, hidden := m.names.real[alias]; hidden {
				g.Labels[alias] = unfenced.Replace(label)
			}
		}
	}
	b, err := json.Marshal(g)
	if err != nil { // strings and numbers alone: it cannot happen
		return "{}"
	}
	return string(b)
}

// unfenced takes out of a label what could be taken for a reference or for the
// end of the quotation.
var unfenced = strings.NewReplacer("{{", " ", "}}", " ", "<", " ", ">", " ", "`", " ", "\"", " ")

func (e *entry) given() givenFact {
	g := givenFact{ID: e.key, Metric: e.metric.Label, Dims: e.dims, Status: string(fact.Measured), Unit: string(e.Unit)}
	if e.metric.Good != fact.NoPolarity {
		g.Good = string(e.metric.Good)
	}
	if !e.Measured() {
		g.Status, g.Reason, g.Direction = string(fact.Unmeasured), reasonKind(e.Reason), "unknown"
		return g
	}
	g.Value, g.Interval = e.Shown(), e.ShownInterval()
	if e.ExactPrevious() != nil {
		g.Previous = e.ShownPrevious()
	}
	g.Change, g.Direction = e.size(e.change()), way(e.change())
	if c := e.comparableChange(); c != nil {
		g.Comparable, g.ComparableDirection = e.size(c), way(c)
	}
	return g
}

// change is value − previous, exactly; nil where it is not known.
func (e *entry) change() *big.Rat { return difference(e.Exact(), e.ExactPrevious()) }

// comparableChange is the same over what was measured on both days.
func (e *entry) comparableChange() *big.Rat {
	return difference(e.ExactComparableValue(), e.ExactComparable())
}

func difference(now, before *big.Rat) *big.Rat {
	if now == nil || before == nil {
		return nil
	}
	return new(big.Rat).Sub(now, before)
}

func way(d *big.Rat) string {
	switch {
	case d == nil:
		return "unknown"
	case d.Sign() > 0:
		return "up"
	case d.Sign() < 0:
		return "down"
	}
	return "unchanged"
}

// size writes a difference without its sign: "1.53 percentage points", "12",
// "1 business day". One that would round to nothing is "less than 0.01 …".
func (e *entry) size(d *big.Rat) string {
	if d == nil {
		return ""
	}
	d = new(big.Rat).Abs(d)
	unit, decimals := e.Unit, e.metric.Decimals
	if unit == fact.Ratio {
		d.Mul(d, big.NewRat(100, 1))
	}
	less := ""
	if shown := fact.Decimal(d, decimals); d.Sign() > 0 && !strings.ContainsAny(shown, "123456789") {
		d = new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil))
		less = "less than "
	}
	if unit == fact.Ratio {
		return less + fact.Decimal(d, decimals) + " percentage points"
	}
	return less + fact.Show(unit, decimals, d)
}

// reasonKind is why something is unmeasured, in words of ours: the reason
// itself may quote what a source wrote.
func reasonKind(reason string) string {
	for _, k := range []struct{ mark, kind string }{
		{fact.NoEvaluation, "no evaluation was made"},
		{"is complete only through", "the feed is not complete"},
		{"no source has said", "the feed is not complete"},
		{"has not said that", "the feed is not complete"},
		{"did not start", "a run did not start"},
		{"had not ended", "a run had not ended"},
		{"completed without it", "a run completed without it"},
		{"failed at", "a run failed"},
		{"sample", "too few samples"},
		{"no observation of", "no observation was recorded"},
		{"observation", "too few observations"},
	} {
		if strings.Contains(reason, k.mark) {
			return k.kind
		}
	}
	return "other"
}
