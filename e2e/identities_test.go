package e2e

import (
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/fact"
)

// identities are what must hold on every report, whatever the data.
func (f *facts) identities() {
	f.Helper()
	f.attacksAddUp()
	f.stocksFollowFlows()
	f.partsMakeTheWhole()
	f.changesAreDifferences()
	f.notesAreCounted()
}

// attacksAddUp: the hits of the targets are those of the categories, of the
// cells and all of them; so are the evaluations.
func (f *facts) attacksAddUp() {
	f.Helper()
	for _, id := range []string{"attack.evaluated", "attack.hits"} {
		total := f.find(id)
		for _, dims := range []string{"target", "category", "target,probe,detector"} {
			sum := f.sum(id, dims)
			if total.Measured() {
				require.Equal(f, int64(*total.Value), sum, "%s by %s", id, dims)
			} else {
				require.Zero(f, sum, "%s by %s", id, dims)
			}
		}
	}
	for i := range f.all {
		rate := &f.all[i]
		if rate.ID != "attack.success_rate" || !rate.Measured() {
			continue
		}
		hits, evaluated := f.value(fact.Key("attack.hits", rate.Dims)), f.value(fact.Key("attack.evaluated", rate.Dims))
		require.Equal(f, hits, *rate.Numerator, rate.Key())
		require.Equal(f, evaluated, *rate.Denominator, rate.Key())
		require.Equal(f, float64(hits)/float64(evaluated), *rate.Value, rate.Key()) // exact: values are not rounded
		require.LessOrEqual(f, rate.Interval[0], *rate.Value, rate.Key())
		require.GreaterOrEqual(f, rate.Interval[1], *rate.Value, rate.Key())
	}
}

// stocksFollowFlows: what was open before, and what came and went.
func (f *facts) stocksFollowFlows() {
	f.Helper()
	for _, dims := range f.dims("findings.open") {
		f.adds("findings.open"+dims, "findings.open_before"+dims, 1, "findings.opened"+dims, 1, "findings.closed"+dims, -1, "findings.rerated_net"+dims, 1)
	}
	if total := f.find("findings.rerated_net"); total.Measured() {
		require.Zero(f, *total.Value)
	}
	f.adds("actions.open", "actions.open_before", 1, "actions.new", 1, "actions.done", -1)
	for _, id := range []string{"findings.open", "findings.opened", "findings.closed", "findings.rerated_net"} {
		if total := f.find(id); total.Measured() {
			require.Equal(f, int64(*total.Value), f.sum(id, "severity"), id)
		}
	}
}

// partsMakeTheWhole: runs and prompts.
func (f *facts) partsMakeTheWhole() {
	f.Helper()
	for _, dims := range f.dims("runs.planned") {
		f.adds("runs.planned"+dims, "runs.completed"+dims, 1, "runs.failed"+dims, 1, "runs.not_started"+dims, 1)
	}
	for _, dims := range f.dims("attempts.sent") {
		f.adds("attempts.sent"+dims, "attempts.answered"+dims, 1, "attempts.unanswered"+dims, 1)
	}
}

// changesAreDifferences of unrounded values; there is none from or to what was
// not measured.
func (f *facts) changesAreDifferences() {
	f.Helper()
	for i := range f.all {
		v := &f.all[i]
		require.Equal(f, v.Status == fact.Measured, v.Value != nil, v.Key())
		require.Equal(f, v.Status == fact.Unmeasured, v.Reason != "", v.Key())
		if v.Value == nil || v.Previous == nil {
			require.Nil(f, v.Change, v.Key())
			continue
		}
		require.NotNil(f, v.Change, v.Key())
		require.Equal(f, *v.Value-*v.Previous, *v.Change, v.Key()) // exact: values are not rounded
	}
}

// notesAreCounted: the tile counts the figures that are not measured.
func (f *facts) notesAreCounted() {
	f.Helper()
	set := fact.Set{Facts: f.all}
	require.Equal(f, int64(len(set.Notes())), f.value("facts.unmeasured"))
}

// adds checks that a total is the sum of parts, each with its sign. What is
// only partly measured has no sum.
func (f *facts) adds(total string, parts ...any) {
	f.Helper()
	whole := f.find(total)
	sum := int64(0)
	for i := 0; i < len(parts); i += 2 {
		part := f.find(parts[i].(string))
		require.Equal(f, whole.Measured(), part.Measured(), "%s and %s", total, parts[i])
		if !part.Measured() {
			return
		}
		sum += int64(parts[i+1].(int)) * int64(*part.Value)
	}
	require.Equal(f, int64(*whole.Value), sum, total)
}

// sum adds a metric up over its facts with these dimensions. A part that is not
// measured counts for nothing: what it would add is missing in the total too.
func (f *facts) sum(id, dims string) int64 {
	total := int64(0)
	for i := range f.all {
		v := &f.all[i]
		if v.ID == id && named(v.Dims) == dims && v.Measured() {
			total += int64(*v.Value)
		}
	}
	return total
}

func named(d fact.Dims) string {
	var names []string
	for _, n := range []string{"target", "category", "probe", "detector", "severity", "component"} {
		if _, ok := d[n]; ok {
			names = append(names, n)
		}
	}
	return strings.Join(names, ",")
}

// dims lists by what a metric is given, as they stand in its facts' names.
func (f *facts) dims(id string) []string {
	var out []string
	for i := range f.all {
		if f.all[i].ID == id {
			out = append(out, strings.TrimPrefix(f.all[i].Key(), id))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
