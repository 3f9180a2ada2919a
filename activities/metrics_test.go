package activities_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/activities"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/ingest"
	"github.com/closeofbusiness/cob/report/fact"
)

// TestACycleKeepsTheMetricsItWasOpenedWith applies another version of a metric
// after a cycle has begun.
func TestACycleKeepsTheMetricsItWasOpenedWith(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	store := b.a.Store
	declare := func(version int32, aggregate string) {
		spec := []byte("id: desk.wait\nversion: " + string(rune('0'+version)) + "\nkind: flow\nsource: desk\naggregate: {" + aggregate + ": wait}\nunit: min\n")
		sum := sha256.Sum256(spec)
		require.NoError(t, store.InsertMetric(t.Context(), db.InsertMetricParams{ID: "desk.wait", Version: version, Spec: spec, Sha256: sum[:], AppliedBy: "test"}))
	}
	declare(1, "mean")
	layout := []byte("name: desk\nversion: 1.0.0\ntitle: Desk\nblocks:\n  - kpis: [desk.wait]\n  - narrative: {about: [desk.*]}\n  - data_notes: {}\n")
	sum := sha256.Sum256(layout)
	require.NoError(t, store.InsertTemplate(t.Context(), db.InsertTemplateParams{Name: "desk", Version: "1.0.0", Spec: layout, Sha256: sum[:], AppliedBy: "test"}))
	owed := []byte("name: " + name + "\ntemplate: desk\ncutoff: \"17:00\"\ntime_zone: Europe/London\nsources: [desk]\n")
	sum = sha256.Sum256(owed)
	require.NoError(t, store.InsertSeries(t.Context(), db.InsertSeriesParams{Name: name, Version: 2, Spec: owed, Sha256: sum[:], AppliedBy: "test"}))
	_, err := ingest.NDJSON(t.Context(), store.Pool, strings.NewReader(
		`{"kind":"observation","metric":"wait","value":4,"unit":"min","observed_at":"2026-11-19T10:00:00Z"}
{"kind":"observation","metric":"wait","value":2,"unit":"min","observed_at":"2026-11-19T11:00:00Z"}
{"kind":"watermark","feed":"observations","complete_through":"2026-11-19T17:00:00Z"}`), "desk.ndjson", ingest.Options{Source: "desk"})
	require.NoError(t, err)

	twice[activities.Opened](b, b.a.Open, asked)
	declare(2, "sum")
	twice[activities.Known](b, b.a.Await, cycle)
	fetched := twice[activities.Fetched](b, b.a.Fetch, first)
	body, err := store.Content(t.Context(), digest(t, fetched.Facts.SHA256))
	require.NoError(t, err)
	var set fact.Set
	require.NoError(t, json.Unmarshal(body, &set))
	require.False(t, set.Qualified())
	require.Equal(t, 3.0, *set.Total("desk.wait").Value, "the mean of version 1, not the sum of version 2")
	require.Equal(t, 1, set.Metrics[0].Version)

	analysed := twice[activities.Analysed](b, b.a.Analyse, activities.ToAnalyse{Revision: first, Facts: fetched.Facts})
	body, err = store.Content(t.Context(), digest(t, analysed.Narratives.SHA256))
	require.NoError(t, err)
	require.Contains(t, string(body), "Desk wait came to ")
	composed := twice[activities.Composed](b, b.a.Compose, activities.ToCompose{Revision: first, Facts: fetched.Facts, Narratives: analysed.Narratives})
	body, err = store.Content(t.Context(), digest(t, composed.Document.SHA256))
	require.NoError(t, err)
	require.Contains(t, string(body), "3 min")
}

func digest(t *testing.T, hexadecimal string) []byte {
	t.Helper()
	b, err := hex.DecodeString(hexadecimal)
	require.NoError(t, err)
	return b
}
