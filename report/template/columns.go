package template

import (
	"slices"
	"strings"

	"github.com/closeofbusiness/cob/report/fact"
)

// Columns of a table of one metric, beside its dimensions.
var (
	valueColumns  = []string{"value", "previous", "change", "comparable_previous", "comparable_change"}
	rateColumns   = []string{"rate", "interval"}
	attackColumns = []string{"hits", "evaluated", "hits_of_evaluated"}
	targetColumns = []string{"version", "runs"}
)

// knownColumns lists the columns that a table may have. In a table of a group
// they are the dimension, the names of its metrics, and "NAME.previous".
func (r *reader) knownColumns(of Of) []string {
	out := slices.Clone(of.Dims)
	if of.Group {
		for _, m := range r.members(of) {
			name := strings.TrimPrefix(m.ID, of.ID+".")
			out = append(out, name, name+".previous")
			if name == "rerated_net" {
				out = append(out, "rerated")
			}
		}
		return out
	}
	out = append(out, valueColumns...)
	if m, ok := r.metrics.Lookup(of.ID); ok && m.Unit == fact.Ratio {
		out = append(out, rateColumns...)
	}
	if of.ID == "attack.success_rate" {
		out = append(out, attackColumns...)
		if slices.Equal(of.Dims, []string{"target"}) {
			out = append(out, targetColumns...)
		}
	}
	return out
}

// defaultColumns are the columns of a table that names none.
func (r *reader) defaultColumns(of Of) []string {
	out := slices.Clone(of.Dims)
	switch {
	case of.ID == "attack.success_rate" && slices.Equal(of.Dims, []string{"target"}):
		return append(out, "version", "runs", "evaluated", "hits", "rate", "interval", "comparable_previous", "comparable_change")
	case of.ID == "attack.success_rate":
		return append(out, "hits_of_evaluated", "rate", "interval", "comparable_previous", "comparable_change")
	case of.Group:
		for _, m := range r.members(of) {
			out = append(out, strings.TrimPrefix(m.ID, of.ID+"."))
		}
		return out
	}
	return append(out, "value", "previous", "change")
}

// sorts are what a table can be sorted by: a dimension or a number of its rows,
// with - before it from the largest down.
func (r *reader) sorts(of Of) (out []string) {
	for _, name := range append(slices.Clone(of.Dims), r.numbers(of)...) {
		out = append(out, name, "-"+name)
	}
	return out
}

func (r *reader) wholeOf(id string) string {
	m, _ := r.metrics.Lookup(id)
	return m.Whole
}
