package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/dev/testserver"
	"github.com/closeofbusiness/cob/ingest/sample"
	"github.com/closeofbusiness/cob/metrics"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/analysis"
	"github.com/closeofbusiness/cob/report/compose"
	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/metric"
	"github.com/closeofbusiness/cob/report/render"
	"github.com/closeofbusiness/cob/report/series"
	"github.com/closeofbusiness/cob/report/template"
	"github.com/closeofbusiness/cob/snapshot"
	"github.com/closeofbusiness/cob/templates"
)

// libraryMetrics are the metrics that come with the programs.
func libraryMetrics(t *testing.T) *fact.Registry {
	t.Helper()
	r, err := metric.Load(metrics.FS)
	require.NoError(t, err)
	return r
}

// TestSupportDeskReport makes the library's support desk report over the sample,
// on its story's day and on the two on which something is missing.
func TestSupportDeskReport(t *testing.T) {
	t.Parallel()
	store, err := db.Open(t.Context(), db.Config{URL: testserver.New(t).AppURL, ApplicationName: "test"})
	require.NoError(t, err)
	t.Cleanup(store.Close)
	const until = report.Date("2026-11-20")
	_, err = sample.Load(t.Context(), store.Pool, sample.Options{BusinessDays: 11, Until: until})
	require.NoError(t, err)

	registry := libraryMetrics(t)
	src, err := templates.FS.ReadFile("support-desk.yaml")
	require.NoError(t, err)
	tmpl, err := template.Parse(src, registry)
	require.NoError(t, err)
	src, err = os.ReadFile(filepath.Join("..", "docs", "examples", "support-desk", "support-desk.yaml"))
	require.NoError(t, err)
	owed, err := series.Parse(src)
	require.NoError(t, err)
	cal, err := owed.BusinessDays(nil)
	require.NoError(t, err)
	params, err := tmpl.Resolve(owed.Parameters)
	require.NoError(t, err)

	factsOn := func(d report.Date) *fact.Set {
		_, cutoff := cal.Window(d)
		set, err := snapshot.Facts(t.Context(), store, snapshot.Request{Series: owed, Calendar: cal, Date: d, AsOf: cutoff.Add(10 * time.Minute),
			Needs: tmpl.Needs(registry, params)})
		require.NoError(t, err)
		return set
	}
	set := factsOn(until)
	require.False(t, set.Qualified(), "%+v", set.Feeds)
	require.Len(t, set.Feeds, 1)
	require.True(t, set.Sample)
	declaredAddUp(t, set)
	require.Contains(t, set.Find("tickets.first_response", fact.Dims{"channel": "chat"}).Reason, "90 % are needed")
	require.True(t, set.Total("tickets.first_response").Measured(), set.Total("tickets.first_response").Reason)

	thin, silent := factsOn("2026-11-13"), factsOn("2026-11-09")
	require.Contains(t, thin.Total("tickets.first_response").Reason, "90 % are needed")
	require.Equal(t, "no observation of satisfaction was recorded in this window", silent.Total("tickets.satisfaction").Reason)

	for _, set := range []*fact.Set{set, thin, silent} {
		writeReport(t, set, tmpl, params)
	}
}

// declaredAddUp: what is added up by a dimension is the total.
func declaredAddUp(t *testing.T, set *fact.Set) {
	t.Helper()
	for _, id := range []string{"tickets.received", "tickets.resolved", "tickets.backlog"} {
		m, ok := set.Registry().Lookup(id)
		require.True(t, ok)
		for _, dims := range m.Dimensions {
			sum := 0.0
			for _, f := range set.By(id, dims...) {
				require.True(t, f.Measured(), f.Key()+": "+f.Reason)
				sum += *f.Value
			}
			require.Equal(t, *set.Total(id).Value, sum, "%s by %v", id, dims)
		}
	}
}

func writeReport(t *testing.T, set *fact.Set, tmpl *template.Template, params template.Params) {
	t.Helper()
	narratives := map[string]analysis.Narrative{}
	for _, n := range tmpl.Narratives() {
		written, err := analysis.ByRules(set, analysis.Options{About: n.About, Sentences: params.Int(n.Sentences)})
		require.NoError(t, err)
		require.NotEmpty(t, written.Sentences)
		narratives[n.Name] = written
	}
	d, err := compose.Compose(set, tmpl, nil, narratives, compose.Meta{Revision: 1, FactsSHA256: "00"})
	require.NoError(t, err)
	require.NoError(t, document.Validate(d))
	for _, f := range render.Formats() {
		body, err := render.Render(t.Context(), d, f)
		require.NoError(t, err)
		require.NotEmpty(t, body)
		for _, value := range []string{"email", "hardware", "Tickets received"} { // of both dimensions, and a label
			require.True(t, f == render.PDF || strings.Contains(string(body), value), "%s: %s", f, value)
		}
		if dir := os.Getenv("COB_LOOK"); dir != "" {
			require.NoError(t, os.WriteFile(filepath.Join(dir, string(set.BusinessDate)+f.Extension()), body, 0o600))
		}
	}
}
