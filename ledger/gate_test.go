package ledger

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/closeofbusiness/cob/report/fact"
)

func at(hour, minute int) time.Time { return time.Date(2026, 11, 20, hour, minute, 0, 0, time.UTC) }

func promise(source string, through, recorded time.Time) fact.Watermark {
	return fact.Watermark{Source: source, Feed: "findings", CompleteThrough: through, RecordedAt: recorded, Reached: !through.Before(at(17, 0))}
}

func TestGate(t *testing.T) {
	t.Parallel()
	reached, short := promise("a", at(17, 0), at(17, 5)), promise("b", at(15, 40), at(15, 41))
	for _, tc := range []struct {
		name    string
		gate    Gate
		marks   []fact.Watermark
		now     time.Time
		missing string
		asOf    time.Time // zero: it is still waited
	}{
		{"all are there", Gate{}, []fact.Watermark{reached}, at(17, 6), "", at(17, 5)},
		{"promised before the cutoff", Gate{}, []fact.Watermark{promise("a", at(18, 0), at(16, 0))}, at(17, 0), "", at(17, 0)},
		{"nobody ever promised anything", Gate{}, nil, at(17, 0), "", at(17, 0)},
		{"one falls short", Gate{}, []fact.Watermark{reached, short}, at(17, 6), "b findings is complete only through 15:40", time.Time{}},
		{"one is needed and never promised", Gate{Needed: []string{"a", "c"}}, []fact.Watermark{reached}, at(17, 6), "c has promised nothing", time.Time{}},
		{"an optional one falls short", Gate{Optional: []string{"b"}}, []fact.Watermark{reached, short}, at(17, 6), "", at(17, 5)},
		{"at the deadline", Gate{}, []fact.Watermark{short}, at(18, 0), "b findings is complete only through 15:40", at(18, 0)},
		{"long after the deadline", Gate{}, []fact.Watermark{short}, at(23, 0), "b findings is complete only through 15:40", at(18, 0)},
		{"asked late, complete in time", Gate{}, []fact.Watermark{reached}, at(23, 0), "", at(17, 5)},
		{"asked late, complete too late", Gate{}, []fact.Watermark{promise("a", at(17, 0), at(19, 0))}, at(23, 0), "", at(18, 0)},
		{"held", Gate{Hold: true}, []fact.Watermark{short}, at(23, 0), "b findings is complete only through 15:40", time.Time{}},
		{"held until it came", Gate{Hold: true}, []fact.Watermark{promise("a", at(17, 0), at(19, 0))}, at(23, 0), "", at(19, 0)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			g := tc.gate
			g.Cutoff, g.Deadline, g.Zone = at(17, 0), at(18, 0), time.UTC
			look := g.Look(tc.marks)
			require.Equal(t, tc.missing, look.String())
			got, ok := g.AsOf(look, tc.now)
			require.Equal(t, !tc.asOf.IsZero(), ok)
			require.Equal(t, tc.asOf, got)
		})
	}
}

// However often and whenever it is asked: once an as-of can be said, the same
// promises always give the same one. So a backfill finds the instant that the
// evening had.
func TestGateGivesOneAsOf(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		g := Gate{Cutoff: at(17, 0), Deadline: at(18, 0), Zone: time.UTC, Hold: rapid.Bool().Draw(rt, "hold")}
		minutes := rapid.SliceOfN(rapid.IntRange(1000, 1200), 1, 5).Draw(rt, "recorded")
		var first time.Time
		for now := at(17, 0); now.Before(at(21, 0)); now = now.Add(time.Minute) {
			got, ok := g.AsOf(g.Look(known(minutes, now)), now)
			if first.IsZero() && ok {
				first = got
			}
			if !first.IsZero() && (!ok || !got.Equal(first)) {
				rt.Fatalf("at %s: %s, %v; it was %s", now, got, ok, first)
			}
			if ok && got.After(now) {
				rt.Fatalf("at %s the as-of %s lies ahead", now, got)
			}
		}
	})
}

// known is what each source has promised by now: one promise each, recorded at
// a minute of the day; before that a shorter one.
func known(minutes []int, now time.Time) []fact.Watermark {
	var out []fact.Watermark
	for i, m := range minutes {
		source, recorded := string(rune('a'+i)), at(0, m)
		if recorded.After(now) {
			out = append(out, promise(source, at(12, 0), at(12, 1)))
			continue
		}
		out = append(out, promise(source, at(17, 0), recorded))
	}
	return out
}
