package fact_test

import (
	"fmt"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/fact"
)

// declare makes a metric of the desk's observations of x, by queue and channel.
func declare(a fact.Aggregate, change ...func(*fact.Metric)) fact.Metric {
	m := fact.Metric{ID: "desk.x", Version: 2, Label: "X", Kind: fact.Flow, Unit: "min", Decimals: 1, Good: fact.DownIsGood, Query: "Observations",
		Dimensions: [][]string{{"queue"}, {"channel"}, {"queue", "channel"}}, Feed: fact.Observations,
		Declared: &fact.Declaration{Source: "desk", Aggregate: a, Of: "x", MinimumCoverage: 0.9}}
	switch a {
	case fact.Number:
		m.Unit = fact.Count
	case fact.Quotient:
		m.Unit, m.Declared.Per = fact.Ratio, "y"
	case fact.Last:
		m.Kind, m.Query, m.Declared.MinimumCoverage = fact.Stock, "Levels", 0
	}
	for _, c := range change {
		c(&m)
	}
	return m
}

// seen are n observations of x with v values that add up to sum.
func seen(queue, channel string, n, v int64, sum string) fact.ObservationCount {
	r, _ := new(big.Rat).SetString(sum)
	return fact.ObservationCount{Metric: "desk.x", Of: "x", Labels: map[string]string{"queue": queue, "channel": channel},
		Observed: n, Valued: v, Sum: r, Units: []string{"min"}, Last: at(20, 16, 50), Oldest: at(20, 16, 50)}
}

func per(c fact.ObservationCount) fact.ObservationCount {
	c.Of = "y"
	return c
}

// desk is the input with a declared metric whose source is complete.
func desk(t require.TestingT, m fact.Metric, now, before []fact.ObservationCount) *fact.Input {
	in := input(t)
	in.Metrics, in.Feeds = []fact.Metric{m}, []string{fact.Observations}
	in.Now.Observations, in.Before.Observations = now, before
	in.Watermarks = append(in.Watermarks, fact.Watermark{Source: "desk", Feed: fact.Observations,
		CompleteThrough: in.Window.To, Reached: true, RecordedAt: in.Window.To.Add(time.Minute)})
	return in
}

func noPromise(in *fact.Input) {
	in.Watermarks = slices.DeleteFunc(in.Watermarks, func(w fact.Watermark) bool { return w.Feed == fact.Observations })
}

func TestAggregates(t *testing.T) {
	t.Parallel()
	now := []fact.ObservationCount{seen("a", "mail", 4, 4, "10"), seen("b", "mail", 2, 2, "0.5"), seen("b", "chat", 1, 1, "3")}
	for a, want := range map[fact.Aggregate][3]float64{ // in total, queue b, channel mail
		fact.Sum: {13.5, 3.5, 10.5}, fact.Number: {7, 3, 6}, fact.Mean: {13.5 / 7, 3.5 / 3, 10.5 / 6}, fact.Last: {13.5, 3.5, 10.5},
	} {
		s := compute(t, *desk(t, declare(a), now, nil))
		require.Equal(t, want[0], value(t, s, "desk.x", nil), a)
		require.Equal(t, want[1], value(t, s, "desk.x", fact.Dims{"queue": "b"}), a)
		require.Equal(t, want[2], value(t, s, "desk.x", fact.Dims{"channel": "mail"}), a)
		f := s.Find("desk.x", fact.Dims{"queue": "b", "channel": "chat"})
		require.True(t, f.Measured())
		require.Equal(t, int64(1), f.Rows)
		require.Equal(t, 2, f.Metric)
		require.Equal(t, 1, f.Decimals)
		require.Equal(t, fact.DownIsGood, f.Good)
		require.NotEmpty(t, f.Query)
		require.Len(t, s.By("desk.x", "queue", "channel"), 3)
		require.Nil(t, s.Total("attack.success_rate"), "the report is about nothing else")
		require.Equal(t, []fact.Feed{{Source: "desk", Name: fact.Observations, CompleteThrough: &s.Window.To, ReachedAt: s.Feeds[0].ReachedAt}}, s.Feeds)
		require.False(t, s.Qualified())
	}
}

func TestARatioKeepsWhatItIsOf(t *testing.T) {
	t.Parallel()
	s := compute(t, *desk(t, declare(fact.Quotient), []fact.ObservationCount{seen("a", "mail", 3, 3, "1"), per(seen("a", "mail", 3, 3, "3"))}, nil))
	f := s.Total("desk.x")
	require.Equal(t, int64(1), *f.Numerator)
	require.Equal(t, int64(3), *f.Denominator)
	require.Zero(t, f.Exact().Cmp(big.NewRat(1, 3)), "exact, and not as a float has it")
	require.Nil(t, f.Interval)

	s = compute(t, *desk(t, declare(fact.Quotient), []fact.ObservationCount{seen("a", "mail", 1, 1, "0.5"), per(seen("a", "mail", 1, 1, "2"))}, nil))
	require.Equal(t, 0.25, value(t, s, "desk.x", nil))
	require.Nil(t, s.Total("desk.x").Numerator)

	s = compute(t, *desk(t, declare(fact.Quotient), []fact.ObservationCount{per(seen("a", "mail", 4, 4, "4"))}, nil))
	require.Equal(t, 0.0, value(t, s, "desk.x", nil), "the source is complete, and there was none of it")
}

func TestWhyADeclaredMetricIsNotMeasured(t *testing.T) {
	t.Parallel()
	interval := func(seconds int64) func(*fact.Metric) {
		return func(m *fact.Metric) { m.Declared.Interval = seconds }
	}
	plain := func(m *fact.Metric) { m.Dimensions = nil }
	for name, c := range map[string]struct {
		m      fact.Metric
		now    []fact.ObservationCount
		change func(*fact.Input)
		want   string // empty: it is measured
	}{
		"a mean of nothing":  {m: declare(fact.Mean), want: "no observation of x was recorded in this window"},
		"a level of nothing": {m: declare(fact.Last), want: "no observation of x has been recorded"},
		"a sum of nothing":   {m: declare(fact.Sum)},
		"a sum of nothing, unpromised": {m: declare(fact.Sum), change: noPromise,
			want: "no observation of x was recorded in this window, and source desk has not said that its observations are complete"},
		"a sum, unpromised": {m: declare(fact.Sum), now: []fact.ObservationCount{seen("a", "m", 1, 1, "1")}, change: noPromise},
		"another's promise": {m: declare(fact.Sum), change: func(in *fact.Input) { in.Watermarks[len(in.Watermarks)-1].Source = "other" },
			want: "no observation of x was recorded in this window, and source desk has not said that its observations are complete"},
		"a broken promise": {m: declare(fact.Sum), now: []fact.ObservationCount{seen("a", "m", 1, 1, "1")},
			change: func(in *fact.Input) {
				in.Watermarks[len(in.Watermarks)-1].CompleteThrough, in.Watermarks[len(in.Watermarks)-1].Reached = at(20, 15, 40), false
			},
			want: "feed desk is complete only through 15:40; 17:00 is needed"},
		"another unit": {m: declare(fact.Mean, func(m *fact.Metric) { m.Unit = "h" }), now: []fact.ObservationCount{seen("a", "m", 1, 1, "1")},
			want: "observations of x are in min; the metric is declared in h"},
		"a count in any unit": {m: declare(fact.Number), now: []fact.ObservationCount{seen("a", "m", 1, 1, "1")}},
		"too many without a value": {m: declare(fact.Mean), now: []fact.ObservationCount{seen("a", "m", 10, 8, "1")},
			want: "8 of 10 observations (80.0 %); 90 % are needed"},
		"enough with a value": {m: declare(fact.Mean), now: []fact.ObservationCount{seen("a", "m", 10, 9, "1")}},
		"none with a value": {m: declare(fact.Mean), now: []fact.ObservationCount{seen("a", "m", 3, 0, "0")},
			want: "none of 3 observations of x has a value"},
		"a sum without values": {m: declare(fact.Sum), now: []fact.ObservationCount{seen("a", "m", 3, 0, "0")},
			want: "none of 3 observations of x has a value"},
		"too thin": {m: declare(fact.Mean, plain, interval(60)), now: []fact.ObservationCount{{Metric: "desk.x", Of: "x", Observed: 598, Valued: 598,
			Sum: big.NewRat(1, 1), Units: []string{"min"}, Last: at(20, 2, 57)}},
			want: "598 of 1,440 observations (41.5 %), none after 02:57; 90 % are needed"},
		"dense enough": {m: declare(fact.Mean, plain, interval(60)), now: []fact.ObservationCount{seen("a", "m", 1300, 1300, "1")}},
		"nothing to divide by": {m: declare(fact.Quotient), now: []fact.ObservationCount{seen("a", "m", 1, 1, "1"), per(seen("a", "m", 1, 1, "0"))},
			want: "y adds up to nothing that could be divided by"},
		"a level without a value": {m: declare(fact.Last), now: []fact.ObservationCount{seen("a", "m", 1, 0, "0")},
			want: "the newest observation of x has no value"},
		"a level with a part missing": {m: declare(fact.Last), now: []fact.ObservationCount{seen("a", "m", 1, 0, "0"), seen("b", "m", 1, 1, "3")},
			want: "1 of the 2 newest observations of x have no value"},
		"an old level": {m: declare(fact.Last), now: []fact.ObservationCount{old(seen("a", "m", 1, 1, "4"))}},
		"a level out of date": {m: declare(fact.Last, interval(3600)), now: []fact.ObservationCount{old(seen("a", "m", 1, 1, "4"))},
			want: "the newest observation of x is of Mon 2 Nov 09:00; one is expected every 1 h"},
		"none of the series' sources": {m: declare(fact.Sum), change: func(in *fact.Input) { in.Sources = []string{"attacks-source"} },
			want: "source desk is none of the series' sources"},
	} {
		in := desk(t, c.m, c.now, nil)
		if c.change != nil {
			c.change(in)
		}
		f := compute(t, *in).Total("desk.x")
		require.NotNil(t, f, name)
		require.Equal(t, c.want, f.Reason, name)
		require.Equal(t, c.want == "", f.Measured(), name)
		if c.want != "" {
			require.Nil(t, f.Value, name)
		}
	}
}

func old(c fact.ObservationCount) fact.ObservationCount {
	c.Oldest = at(2, 9, 0)
	return c
}

// A combination that fell silent is a gap in this window, and one that is new is
// none in the window before.
func TestASilentCombinationIsAGap(t *testing.T) {
	t.Parallel()
	m := declare(fact.Mean, func(m *fact.Metric) { m.Dimensions, m.Declared.Interval = [][]string{{"queue"}}, 3600 })
	s := compute(t, *desk(t, m, []fact.ObservationCount{seen("a", "", 24, 24, "24"), seen("new", "", 24, 24, "48")},
		[]fact.ObservationCount{seen("a", "", 24, 24, "48"), seen("gone", "", 24, 24, "24")}))
	require.Equal(t, "48 of 72 observations (66.7 %); 90 % are needed", s.Total("desk.x").Reason)
	require.Equal(t, 1.5, *s.Total("desk.x").Previous)
	gone := s.Find("desk.x", fact.Dims{"queue": "gone"})
	require.Equal(t, "0 of 24 observations (0.0 %); 90 % are needed", gone.Reason)
	require.Equal(t, 1.0, *gone.Previous)
	fresh := s.Find("desk.x", fact.Dims{"queue": "new"})
	require.True(t, fresh.Measured())
	require.Nil(t, fresh.Previous)
	require.Equal(t, "no observation of x was recorded in this window", fresh.PreviousReason)
}

func TestDeclaredMetricsAreComparedLikeForLike(t *testing.T) {
	t.Parallel()
	now := []fact.ObservationCount{seen("a", "m", 2, 2, "20"), seen("b", "m", 4, 4, "4"), seen("new", "m", 1, 1, "100")}
	before := []fact.ObservationCount{seen("a", "m", 2, 2, "10"), seen("b", "m", 2, 2, "8"), seen("gone", "m", 6, 6, "0")}
	s := compute(t, *desk(t, declare(fact.Mean), now, before))
	f := s.Total("desk.x")
	require.Equal(t, 124.0/7, *f.Value)
	require.Equal(t, 18.0/10, *f.Previous)
	require.Equal(t, 24.0/6, *f.ComparableValue)
	require.Equal(t, 18.0/4, *f.Comparable)
	require.Equal(t, -0.5, *f.ComparableChange)
	require.Nil(t, s.Find("desk.x", fact.Dims{"queue": "new"}).Comparable)

	s = compute(t, *desk(t, declare(fact.Sum), now, before)) // where nothing is a figure, everything was measured on both days
	f = s.Total("desk.x")
	require.Equal(t, *f.Value, *f.ComparableValue)
	require.Equal(t, *f.Previous, *f.Comparable)
	require.Equal(t, 0.0, *s.Find("desk.x", fact.Dims{"queue": "gone"}).Value)

	s = compute(t, *desk(t, declare(fact.Mean, func(m *fact.Metric) { m.Dimensions = nil }), now, before))
	require.Nil(t, s.Total("desk.x").Comparable, "there is nothing to tell apart")
}

func TestUnlabelledObservationsAreCounted(t *testing.T) {
	t.Parallel()
	c := seen("a", "m", 2, 2, "5")
	c.Labels = map[string]string{"queue": "a"}
	s := compute(t, *desk(t, declare(fact.Sum), []fact.ObservationCount{c}, nil))
	require.Equal(t, 5.0, value(t, s, "desk.x", fact.Dims{"channel": "(none)"}))
	require.Equal(t, 5.0, value(t, s, "desk.x", nil))
}

func TestAReportAboutNothingDeclaredKnowsNoObservations(t *testing.T) {
	t.Parallel()
	in := desk(t, declare(fact.Sum), []fact.ObservationCount{seen("a", "m", 1, 1, "1")}, nil)
	in.Metrics, in.Feeds = nil, nil
	s := compute(t, *in)
	require.Nil(t, s.Total("desk.x"))
	for _, f := range s.Feeds {
		require.NotEqual(t, fact.Observations, f.Name)
	}
	require.False(t, s.Qualified())
}

// A source that is named and delivers to other reports is not missing here.
func TestANamedSourceOfSomethingElseIsNotMissing(t *testing.T) {
	t.Parallel()
	in := desk(t, declare(fact.Sum), nil, nil)
	in.Sources = []string{"desk", "attacks-source"}
	s := compute(t, *in)
	require.Len(t, s.Feeds, 1)
	require.False(t, s.Qualified())
	in.Sources = append(in.Sources, "nobody")
	require.True(t, compute(t, *in).Qualified())
}

// What is added up by any dimensions is the total, and the order in which rows
// come doesn't matter.
func TestDeclaredIdentities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		rows := func(label string) (out []fact.ObservationCount) {
			for i := range rapid.IntRange(0, 9).Draw(rt, label) {
				n := rapid.Int64Range(1, 20).Draw(rt, "n")
				out = append(out, seen(fmt.Sprint("q", i%3), fmt.Sprint("c", i/3), n, n, fmt.Sprintf("%d.%02d", rapid.IntRange(0, 900).Draw(rt, "v"), rapid.IntRange(0, 99).Draw(rt, "w"))))
			}
			return out
		}
		now, before := rows("now"), rows("before")
		a := rapid.SampledFrom([]fact.Aggregate{fact.Sum, fact.Number, fact.Last, fact.Mean}).Draw(rt, "aggregate")
		set, err := fact.Compute(*desk(rt, declare(a), now, before))
		require.NoError(rt, err)
		total := set.Total("desk.x")
		if a != fact.Mean && total.Measured() {
			for _, dims := range [][]string{{"queue"}, {"channel"}, {"queue", "channel"}} {
				sum, previous := new(big.Rat), new(big.Rat)
				for _, f := range set.By("desk.x", dims...) {
					if f.Measured() {
						sum.Add(sum, f.Exact())
					}
					if p := f.ExactPrevious(); p != nil {
						previous.Add(previous, p)
					}
				}
				require.Equal(rt, total.Exact().FloatString(6), sum.FloatString(6), dims)
				if p := total.ExactPrevious(); p != nil {
					require.Equal(rt, p.FloatString(6), previous.FloatString(6), dims)
				}
			}
		}
		require.Equal(rt, len(set.Notes()), int(*set.Total("facts.unmeasured").Value))
		mixed, err := fact.Compute(*desk(rt, declare(a), rapid.Permutation(now).Draw(rt, "order"), rapid.Permutation(before).Draw(rt, "order before")))
		require.NoError(rt, err)
		one, err := fact.Canonical(set)
		require.NoError(rt, err)
		other, err := fact.Canonical(mixed)
		require.NoError(rt, err)
		require.Equal(rt, string(one), string(other))
	})
}

func TestALabelThatIsNoDimension(t *testing.T) {
	t.Parallel()
	var now []fact.ObservationCount
	for i := range 2001 {
		now = append(now, seen(fmt.Sprint("ticket ", i), "m", 1, 1, "1"))
	}
	s := compute(t, *desk(t, declare(fact.Sum), now, nil))
	require.Equal(t, "observations of x have 2,001 combinations of queue, channel; at most 2,000 are told apart", s.Total("desk.x").Reason)
	require.Empty(t, s.By("desk.x", "queue"))
	s = compute(t, *desk(t, declare(fact.Sum), now[1:], nil))
	require.Equal(t, 2000.0, value(t, s, "desk.x", nil))
	require.Len(t, s.By("desk.x", "queue"), 2000)
}

func TestADeclaredMetricMayNotTakeABuiltInName(t *testing.T) {
	t.Parallel()
	_, err := fact.Compute(*desk(t, declare(fact.Sum, func(m *fact.Metric) { m.ID = "attack.hits" }), nil, nil))
	require.ErrorIs(t, err, report.ErrInvalid)
}
