package activities_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/closeofbusiness/cob/activities"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/dev/testserver"
	"github.com/closeofbusiness/cob/ingest"
	"github.com/closeofbusiness/cob/ledger"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/fact"
)

// bench is a database with a series and a template, and an environment that
// runs activities on it.
type bench struct {
	t       *testing.T
	a       *activities.Activities
	env     *testsuite.TestActivityEnvironment
	version int32
}

func benchOn(t *testing.T, database testserver.Database) *bench {
	t.Helper()
	store, err := db.Open(t.Context(), db.Config{URL: database.AppURL})
	require.NoError(t, err)
	t.Cleanup(store.Close)
	configure(t, store)
	b := &bench{t: t, a: &activities.Activities{Store: store, OutputDir: t.TempDir()}, version: 1}
	var suite testsuite.WorkflowTestSuite
	b.env = suite.NewTestActivityEnvironment()
	b.env.SetTestTimeout(time.Minute)
	b.env.RegisterActivity(b.a)
	return b
}

// series applies the series anew, with some lines of its own.
func (b *bench) series(lines ...string) {
	b.t.Helper()
	text := "name: daily-security\ntemplate: daily-security\ncutoff: \"17:00\"\ntime_zone: Europe/London\n" + strings.Join(lines, "\n")
	sum := sha256.Sum256([]byte(text))
	b.version++
	require.NoError(b.t, b.a.Store.InsertSeries(b.t.Context(), db.InsertSeriesParams{Name: name, Version: b.version, Spec: []byte(text), Sha256: sum[:], AppliedBy: "test"}))
}

func (b *bench) calendar(text string) {
	b.t.Helper()
	sum := sha256.Sum256([]byte(text))
	require.NoError(b.t, b.a.Store.InsertCalendar(b.t.Context(), db.InsertCalendarParams{Name: "uk", Version: 1, Spec: []byte(text), Sha256: sum[:], AppliedBy: "test"}))
}

func (b *bench) plan() *ledger.Plan {
	b.t.Helper()
	p, err := ledger.Load(b.t.Context(), b.a.Store.Queries, name)
	require.NoError(b.t, err)
	return p
}

// latest is the latest due date whose cutoff has passed.
func (b *bench) latest() report.Date { return b.plan().Latest(time.Now()) }

// soon asks for the latest due date, as a schedule does.
func (b *bench) soon() report.Request { return b.due(b.latest()) }

func (b *bench) due(d report.Date) report.Request {
	return report.Request{Series: name, BusinessDate: d, RequestedBy: "test", AsOf: report.AsOfDue}
}

func (b *bench) cycle() activities.Cycle {
	return activities.Cycle{Series: name, BusinessDate: b.latest()}
}

func (b *bench) cutoff() time.Time {
	_, to := b.plan().Calendar.Window(b.latest())
	return to
}

func (b *bench) state() string {
	b.t.Helper()
	row, err := b.a.Store.Cycle(b.t.Context(), name, b.latest().Time())
	require.NoError(b.t, err)
	return row.State
}

// promise records that a source's findings are complete through an instant.
func (b *bench) promise(source string, through time.Time) {
	b.t.Helper()
	line := fmt.Sprintf(`{"kind":"watermark","source":%q,"feed":"findings","complete_through":%q}`, source, through.Format(time.RFC3339))
	_, err := ingest.NDJSON(b.t.Context(), b.a.Store.Pool, strings.NewReader(line+"\n"), "promise.ndjson", ingest.Options{})
	require.NoError(b.t, err)
}

func factsIn(t *testing.T, body []byte) []fact.Fact {
	t.Helper()
	var set fact.Set
	require.NoError(t, json.Unmarshal(body, &set))
	require.NotEmpty(t, set.Facts)
	return set.Facts
}
