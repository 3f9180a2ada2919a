package snapshot_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/dev/testserver"
	"github.com/closeofbusiness/cob/ingest"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/metric"
	"github.com/closeofbusiness/cob/report/template"
	"github.com/closeofbusiness/cob/snapshot"
)

func declared(t testing.TB, file string) fact.Metric {
	t.Helper()
	f, err := metric.Parse([]byte("version: 1\nsource: desk\n" + file))
	require.NoError(t, err)
	return f.Metric
}

func waits(t testing.TB) fact.Metric {
	return declared(t, "id: desk.wait\nkind: flow\naggregate: {mean: wait}\nunit: min\ndimensions: [queue]\n")
}

func backlog(t testing.TB) fact.Metric {
	return declared(t, "id: desk.backlog\nkind: stock\naggregate: {last: waiting}\nunit: count\ndimensions: [queue]\n")
}

// observed is a line; at is an hour and minute of the cycle's day, or a time.
func observed(name, at, value, labels string) string {
	unit := map[string]string{"wait": "min"}[name]
	if unit == "" {
		unit = "count"
	}
	if len(at) == len("15:04") {
		at = "2026-11-19T" + at + ":00Z"
	}
	return fmt.Sprintf(`{"kind":"observation","metric":%q,"value":%s,"unit":%q,"labels":%s,"observed_at":%q}`+"\n", name, value, unit, labels, at)
}

func observe(t testing.TB, store *db.Store, lines ...string) {
	t.Helper()
	_, err := ingest.NDJSON(t.Context(), store.Pool, strings.NewReader(strings.Join(lines, "")), "desk.ndjson", ingest.Options{Source: "desk"})
	require.NoError(t, err)
}

func about(t testing.TB, store *db.Store, asOf time.Time, metrics ...fact.Metric) *fact.Set {
	t.Helper()
	set, err := snapshot.Facts(t.Context(), store, snapshot.Request{Series: daily(t), Calendar: weekdays(t), Date: date, AsOf: asOf,
		Needs: template.Needs{Metrics: metrics}})
	require.NoError(t, err)
	return set
}

const promise = `{"kind":"watermark","feed":"observations","complete_through":"2026-11-19T17:00:00Z"}` + "\n"

func TestDeclaredFlowsAreWindowed(t *testing.T) {
	t.Parallel()
	store := open(t)
	observe(t, store, observed("wait", "2026-11-18T16:59:59Z", "100", `{"queue":"a"}`), observed("wait", "2026-11-18T17:00:00Z", "1", `{"queue":"a"}`),
		observed("wait", "16:59", "2", `{"queue":"a","agent":"x"}`), observed("wait", "16:59", "6", `{"queue":"b","agent":"y"}`),
		observed("wait", "17:00", "100", `{"queue":"a"}`), promise)
	set := about(t, store, now(t, store), waits(t))
	f := set.Total("desk.wait")
	require.Equal(t, 3.0, *f.Value)
	require.EqualValues(t, 3, f.Rows)
	require.Equal(t, 100.0, *f.Previous)
	require.Equal(t, 1.5, *set.Find("desk.wait", fact.Dims{"queue": "a"}).Value, "a label that is no dimension tells nothing apart")
	require.Equal(t, 6.0, *set.Find("desk.wait", fact.Dims{"queue": "b"}).Value)
	require.False(t, set.Qualified())
	require.Len(t, set.Metrics, 1)
}

func TestDeclaredStocksAreTheNewestOfEachCombination(t *testing.T) {
	t.Parallel()
	store := open(t)
	observe(t, store, observed("waiting", "2026-11-02T12:00:00Z", "7", `{"queue":"a","desk":"1"}`), observed("waiting", "2026-11-18T12:00:00Z", "5", `{"queue":"b"}`),
		observed("waiting", "09:00", "9", `{"queue":"b"}`), observed("waiting", "12:00", "2", `{"queue":"a","desk":"2"}`),
		observed("waiting", "17:00", "50", `{"queue":"b"}`))
	set := about(t, store, now(t, store), backlog(t))
	require.Equal(t, 9.0, *set.Find("desk.backlog", fact.Dims{"queue": "a"}).Value, "both of its desks, however old")
	require.Equal(t, 18.0, *set.Total("desk.backlog").Value)
	require.Equal(t, 12.0, *set.Total("desk.backlog").Previous)
	require.True(t, set.Qualified(), "the source has promised nothing")

	observe(t, store, observed("waiting", "16:00", "null", `{"queue":"b"}`))
	set = about(t, store, now(t, store), backlog(t))
	require.Equal(t, "1 of the 3 newest observations of waiting have no value", set.Total("desk.backlog").Reason)
	require.Equal(t, 9.0, *set.Find("desk.backlog", fact.Dims{"queue": "a"}).Value)
}

// What a later batch says counts from then on; what was known before stays what
// it was, to the byte.
func TestDeclaredMetricsAsOf(t *testing.T) {
	t.Parallel()
	store := open(t)
	observe(t, store, observed("wait", "10:00", "4", `{"queue":"a"}`), observed("waiting", "10:00", "3", `{"queue":"a"}`), promise)
	first := now(t, store)
	before := about(t, store, first, waits(t), backlog(t))
	observe(t, store, observed("wait", "10:00", "40", `{"queue":"a"}`), observed("wait", "11:00", "0.1", `{"queue":"a"}`), observed("waiting", "10:00", "30", `{"queue":"a"}`))
	require.Equal(t, digest(t, before), digest(t, about(t, store, first, waits(t), backlog(t))))
	set := about(t, store, now(t, store), waits(t), backlog(t))
	require.Equal(t, 20.05, *set.Total("desk.wait").Value)
	require.Equal(t, 30.0, *set.Total("desk.backlog").Value)
	observe(t, store, observed("wait", "10:00", "null", `{"queue":"a"}`))
	set = about(t, store, now(t, store), waits(t))
	require.Equal(t, "1 of 2 observations (50.0 %); 90 % are needed", set.Total("desk.wait").Reason)
}

// An erased batch takes its observations along.
func TestErasedObservations(t *testing.T) {
	t.Parallel()
	server := testserver.New(t)
	store := openAt(t, server.AppURL)
	observe(t, store, observed("wait", "10:00", "4", `{"queue":"a"}`), promise)
	owner := openAt(t, server.OwnerURL)
	var erased int64
	require.NoError(t, owner.Pool.QueryRow(t.Context(), `SELECT ops.erase(max(id), 'a name in a label', 'test') FROM ops.batch`).Scan(&erased))
	require.EqualValues(t, 2, erased)
	require.Equal(t, "no observation of wait was recorded in this window", about(t, store, now(t, store), waits(t)).Total("desk.wait").Reason)
}

func openAt(t testing.TB, url string) *db.Store {
	t.Helper()
	store, err := db.Open(t.Context(), db.Config{URL: url, ApplicationName: "test"})
	require.NoError(t, err)
	t.Cleanup(store.Close)
	return store
}
