package snapshot_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/dev/testserver"
	"github.com/closeofbusiness/cob/ingest/sample"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/template"
	"github.com/closeofbusiness/cob/snapshot"
)

// lastDay is the sample's.
const lastDay = report.Date("2026-11-20")

// sampled is a store with business days of sample data.
func sampled(t testing.TB, days int) *db.Store {
	t.Helper()
	store := open(t)
	_, err := sample.Load(t.Context(), store.Pool, sample.Options{BusinessDays: days, Until: lastDay})
	require.NoError(t, err)
	return store
}

// everything needs a trend of each metric, in total and by each dimension.
func everything(days int) template.Needs {
	n := template.Needs{Metrics: fact.Builtin().Metrics()}
	for _, m := range n.Metrics {
		n.Trends = append(n.Trends, template.Trend{ID: m.ID, Days: days})
		for _, dims := range m.Dimensions {
			if len(dims) == 1 {
				n.Trends = append(n.Trends, template.Trend{ID: m.ID, Dims: dims, Days: days})
			}
		}
	}
	return n
}

func needing(t testing.TB, store *db.Store, d report.Date, asOf time.Time, n template.Needs) *fact.Set {
	t.Helper()
	set, err := snapshot.Facts(t.Context(), store, snapshot.Request{Series: daily(t), Calendar: weekdays(t), Date: d, AsOf: asOf, Needs: n})
	require.NoError(t, err)
	return set
}

func TestTrends(t *testing.T) {
	t.Parallel()
	store := sampled(t, 10)
	asOf := now(t, store)
	t.Run("points are those days' facts", func(t *testing.T) { pointsAreFacts(t, store, asOf) })
	t.Run("the default is what the daily report needs", func(t *testing.T) { defaultTrend(t, store, asOf) })
	t.Run("only what is needed is read", func(t *testing.T) { onlyWhatIsNeeded(t, store, asOf) })
}

// Each point of every trend is the fact of its day, as known at the same
// instant, and where that day has no value neither has the trend.
func pointsAreFacts(t *testing.T, store *db.Store, asOf time.Time) {
	t.Helper()
	set := needing(t, store, lastDay, asOf, everything(7))
	require.Greater(t, len(set.Trends), 80)
	days := map[report.Date]*fact.Set{}
	for _, d := range weekdays(t).Before(lastDay, 7) {
		days[d] = needing(t, store, d, asOf, template.Needs{Metrics: fact.Builtin().Metrics()})
		require.Empty(t, days[d].Trends, "no chart, no trend")
	}
	measured, gaps := 0, 0
	seen := map[string]bool{}
	for _, trend := range set.Trends {
		require.Len(t, trend.Points, 7)
		seen[fact.Key(trend.ID, trend.Dims)] = true
		for _, p := range trend.Points {
			f := days[p.Date].Find(trend.ID, trend.Dims)
			name := fact.Key(trend.ID, trend.Dims) + " on " + string(p.Date)
			if !f.Measured() {
				gaps++
				require.Nil(t, p.Value, name)
				require.NotEmpty(t, p.Reason, name)
				continue
			}
			measured++
			require.NotNil(t, p.Value, name)
			require.InDelta(t, *f.Value, *p.Value, 0, name)
			require.Empty(t, p.Reason, name)
		}
	}
	for d, day := range days { // nothing that a day measured is left out
		for _, f := range day.Facts {
			require.True(t, len(f.Dims) > 1 || seen[f.Key()], "%s on %s", f.Key(), d)
		}
	}
	require.Greater(t, measured, 500)
	require.Positive(t, gaps)
}

// The daily report's facts are the same bytes as before there were other trends.
func defaultTrend(t *testing.T, store *db.Store, asOf time.Time) {
	t.Helper()
	n := template.Needs{Metrics: fact.Builtin().Metrics(), Trends: []template.Trend{{ID: "attack.success_rate", Days: snapshot.TrendDays}}}
	require.Equal(t, digest(t, needing(t, store, lastDay, asOf, template.Needs{})), digest(t, needing(t, store, lastDay, asOf, n)))
}

// statements counts what is sent to the database.
type statements struct{ n atomic.Int64 }

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	s.n.Add(1)
	return ctx
}

func (s *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// counted is a store of its own that counts.
func counted(t *testing.T) (*db.Store, *statements) {
	t.Helper()
	cfg, err := pgxpool.ParseConfig(testserver.New(t).AppURL)
	require.NoError(t, err)
	s := &statements{}
	cfg.ConnConfig.Tracer = s
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return &db.Store{Queries: db.New(pool), Pool: pool}, s
}

// What has a lifecycle and the rate in total cost no statement more; everything
// else a bounded number for each day, however many charts ask.
func TestStatementsOfTrends(t *testing.T) {
	t.Parallel()
	store, s := counted(t)
	asOf := now(t, store)
	cost := func(n template.Needs) int64 {
		s.n.Store(0)
		needing(t, store, lastDay, asOf, n)
		return s.n.Load()
	}
	trend := func(days int, trends ...template.Trend) template.Needs {
		for i := range trends {
			trends[i].Days = days
		}
		return template.Needs{Metrics: fact.Builtin().Metrics(), Trends: trends}
	}
	none := cost(trend(0))
	require.Less(t, none, int64(40))
	for _, tt := range []struct {
		name string
		need template.Needs
		more int64
	}{
		{"the rate in total", trend(31, template.Trend{ID: "attack.success_rate"}), 1},
		{"lifecycles", trend(31, template.Trend{ID: "findings.open", Dims: []string{"severity"}}, template.Trend{ID: "incidents.open"}, template.Trend{ID: "actions.overdue"}), 0},
		{"two days", trend(2, template.Trend{ID: "runs.planned"}), 0},
		{"health", trend(14, template.Trend{ID: "health.latency_p95", Dims: []string{"component"}}), 12 * 2},
		{"attacks", trend(14, template.Trend{ID: "attempts.sent"}, template.Trend{ID: "runs.planned", Dims: []string{"target"}}), 12 * 5},
		{"the rate by category", trend(14, template.Trend{ID: "attack.success_rate", Dims: []string{"category"}}), 1 + 12*5},
		{"everything", everything(31), 1 + 29*7},
	} {
		require.Equal(t, none+tt.more, cost(tt.need), tt.name)
	}
}

// A report that is about one kind of data reads no rows of the others.
func onlyWhatIsNeeded(t *testing.T, store *db.Store, asOf time.Time) {
	t.Helper()
	m, _ := fact.Builtin().Lookup("incidents.open")
	set := needing(t, store, lastDay, asOf, template.Needs{Metrics: []fact.Metric{m}, Trends: []template.Trend{{ID: "incidents.open", Days: 5}}})
	require.Len(t, set.Trends, 1)
	require.NotNil(t, set.Trend("incidents.open").Points[0].Value)
	require.Nil(t, set.Total("attack.success_rate"))
	whole := needing(t, store, lastDay, asOf, everything(5))
	require.Equal(t, whole.Trend("incidents.open"), set.Trend("incidents.open"))
}
