package activities_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/closeofbusiness/cob/activities"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/dev/testserver"
	"github.com/closeofbusiness/cob/ingest"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/delivery"
	"github.com/closeofbusiness/cob/templates"
)

const (
	name = "daily-security"
	date = report.Date("2026-11-19")
)

var (
	cycle = activities.Cycle{Series: name, BusinessDate: date}
	first = activities.Revision{Series: name, BusinessDate: date, Revision: 1, RequestID: "test"}
	asked = report.Request{Series: name, BusinessDate: date, RequestedBy: "test", RequestID: "test"}
)

// newBench is a bench with a little data: one finding, and the promise of its
// source.
func newBench(t *testing.T) *bench {
	t.Helper()
	b := benchOn(t, testserver.New(t))
	_, err := ingest.NDJSON(t.Context(), b.a.Store.Pool, strings.NewReader(
		`{"kind":"watermark","source":"findings","feed":"findings","complete_through":"2026-11-19T17:00:00+00:00"}
{"kind":"finding","source":"findings","finding":"F-1","target":"kb-search","title":"answers with another customer's data"}
{"kind":"finding_event","source":"findings","finding":"F-1","event":"opened","at":"2026-11-19T10:00:00+00:00","severity":"critical"}
`), "test.ndjson", ingest.Options{})
	require.NoError(t, err)
	return b
}

func configure(t *testing.T, store *db.Store) {
	t.Helper()
	spec, err := templates.FS.ReadFile("daily-security.yaml")
	require.NoError(t, err)
	sum := sha256.Sum256(spec)
	require.NoError(t, store.InsertTemplate(t.Context(), db.InsertTemplateParams{Name: name, Version: "1.0.0", Spec: spec, Sha256: sum[:], AppliedBy: "test"}))
	series := []byte("name: daily-security\ntemplate: daily-security\ncutoff: \"17:00\"\ntime_zone: Europe/London\n")
	sum = sha256.Sum256(series)
	require.NoError(t, store.InsertSeries(t.Context(), db.InsertSeriesParams{Name: name, Version: 1, Spec: series, Sha256: sum[:], AppliedBy: "test"}))
}

// twice runs an activity two times and requires one and the same result.
func twice[R any](b *bench, activity, input any) R {
	b.t.Helper()
	once := run[R](b, activity, input)
	again := run[R](b, activity, input)
	require.Equal(b.t, once, again, "a repeated activity returns what it returned before")
	return once
}

func run[R any](b *bench, activity, input any) R {
	b.t.Helper()
	v, err := b.env.ExecuteActivity(activity, input)
	require.NoError(b.t, err)
	var r R
	if v.HasValue() {
		require.NoError(b.t, v.Get(&r))
	}
	return r
}

func refused(b *bench, activity, input any) error {
	b.t.Helper()
	_, err := b.env.ExecuteActivity(activity, input)
	require.Error(b.t, err)
	return err
}

// issue runs every stage, each twice.
func issue(b *bench) (report.Ref, report.Receipt) {
	opened := twice[activities.Opened](b, b.a.Open, asked)
	require.Nil(b.t, opened.Receipt)
	require.Equal(b.t, "Wed 18 Nov 17:00 to Thu 19 Nov 17:00 GMT", opened.Window)
	twice[activities.Known](b, b.a.Await, cycle)
	fetched := twice[activities.Fetched](b, b.a.Fetch, first)
	analysed := twice[activities.Analysed](b, b.a.Analyse, activities.ToAnalyse{Revision: first, Facts: fetched.Facts})
	composed := twice[activities.Composed](b, b.a.Compose, activities.ToCompose{Revision: first, Facts: fetched.Facts, Narratives: analysed.Narratives})
	require.Equal(b.t, []string{"pdf", "html", "md", "json"}, composed.Formats)
	var rendered []report.Artifact
	for _, f := range composed.Formats {
		rendered = append(rendered, twice[report.Artifact](b, b.a.Render, activities.ToRender{Revision: first, Document: composed.Document, Format: f}))
	}
	issued := twice[activities.Issued](b, b.a.Issue, first)
	receipt, err := activities.Receipt(b.t.Context(), b.a.Store, name, date)
	require.NoError(b.t, err)
	require.Equal(b.t, issued, activities.Issued{State: receipt.State, Late: receipt.Late, AsOf: receipt.AsOf, IssuedAt: receipt.IssuedAt, Deliveries: receipt.Deliveries, Decision: receipt.Decision})
	require.Equal(b.t, composed.Document, receipt.Document)
	require.ElementsMatch(b.t, rendered, receipt.Artifacts)
	return fetched.Facts, receipt
}

func TestEveryStageMayRunTwice(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	facts, receipt := issue(b)
	require.Equal(t, 1, receipt.Revision)
	require.Equal(t, report.IssuedQualified, receipt.State, "four feeds have promised nothing")
	require.True(t, receipt.Late)
	require.Equal(t, facts, receipt.Facts)
	require.Len(t, receipt.Artifacts, 4)
	require.Len(t, receipt.Deliveries, 1)

	sent := twice[report.Delivery](b, b.a.Deliver, activities.ToDeliver{Revision: first, Delivery: receipt.Deliveries[0]})
	require.Equal(t, "delivered", sent.State)
	for _, f := range receipt.Artifacts {
		body, err := os.ReadFile(filepath.Join(delivery.Folder(b.a.OutputDir, name, date, 1), f.FileName))
		require.NoError(t, err)
		require.EqualValues(t, f.Ref.Size, len(body))
	}

	again := run[activities.Opened](b, b.a.Open, asked)
	require.NotNil(t, again.Receipt, "an issued cycle answers with its receipt")
	require.True(t, again.Receipt.Already)
	require.Equal(t, "delivered", again.Receipt.Deliveries[0].State)
}

// The file of a format that is an archive of files is named so.
func TestCSVIsAnArchive(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	twice[activities.Opened](b, b.a.Open, asked)
	twice[activities.Known](b, b.a.Await, cycle)
	fetched := twice[activities.Fetched](b, b.a.Fetch, first)
	analysed := twice[activities.Analysed](b, b.a.Analyse, activities.ToAnalyse{Revision: first, Facts: fetched.Facts})
	composed := twice[activities.Composed](b, b.a.Compose, activities.ToCompose{Revision: first, Facts: fetched.Facts, Narratives: analysed.Narratives})
	got := twice[report.Artifact](b, b.a.Render, activities.ToRender{Revision: first, Document: composed.Document, Format: "csv"})
	require.Equal(t, "csv", got.Format)
	require.Equal(t, "report.csv.zip", got.FileName)
	require.ErrorContains(t, refused(b, b.a.Render, activities.ToRender{Revision: first, Document: composed.Document, Format: "csv.zip"}), `format "csv.zip"`)
}

func TestAFileOfOtherContentIsNeverReplaced(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, receipt := issue(b)
	dir := delivery.Folder(b.a.OutputDir, name, date, 1)
	require.NoError(t, os.MkdirAll(dir, 0o700))
	mine := filepath.Join(dir, "report.md")
	require.NoError(t, os.WriteFile(mine, []byte("mine"), 0o600))
	sent := twice[report.Delivery](b, b.a.Deliver, activities.ToDeliver{Revision: first, Delivery: receipt.Deliveries[0]})
	require.Equal(t, "failed", sent.State)
	require.Contains(t, sent.Detail, "left as it is")
	body, err := os.ReadFile(mine)
	require.NoError(t, err)
	require.Equal(t, "mine", string(body))
}

func TestAFailedCycleGoesOnFromItsLastStage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	run[activities.Opened](b, b.a.Open, asked)
	known := run[activities.Known](b, b.a.Await, cycle)
	fetched := run[activities.Fetched](b, b.a.Fetch, first)
	twice[struct{}](b, b.a.Fail, activities.Failed{Series: name, BusinessDate: date, Reason: strings.Repeat("x", 5000)})
	row, err := b.a.Store.Cycle(t.Context(), name, date.Time())
	require.NoError(t, err)
	require.Equal(t, "failed", row.State)
	require.Len(t, row.Failure, 2000)

	run[activities.Opened](b, b.a.Open, asked)
	require.Equal(t, known, run[activities.Known](b, b.a.Await, cycle), "the as-of stays")
	require.Equal(t, fetched, run[activities.Fetched](b, b.a.Fetch, first), "the facts stay")
}

func TestWhatTryingAgainCannotMendIsPermanent(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for want, in := range map[string]report.Request{
		"Invalid":  {Series: "Not A Name", BusinessDate: date},
		"NotFound": {Series: "unknown", BusinessDate: date},
		"NotDue":   {Series: name, BusinessDate: "2026-11-21"},
	} {
		var app *temporal.ApplicationError
		require.ErrorAs(t, refused(b, b.a.Open, in), &app)
		require.Equal(t, want, app.Type())
		require.True(t, app.NonRetryable())
	}
	require.ErrorContains(t, refused(b, b.a.Open, report.Request{Series: name, BusinessDate: "2026-11-21"}), "belongs to 2026-11-23")
	require.ErrorContains(t, refused(b, b.a.Open, report.Request{Series: name, BusinessDate: "2099-11-20"}), "lies ahead")
	require.ErrorContains(t, refused(b, b.a.Render, activities.ToRender{Revision: first, Format: "docx"}), `format "docx"`)
}

func TestADatabaseThatIsGoneIsTriedAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.a.Store.Close()
	var app *temporal.ApplicationError
	require.ErrorAs(t, refused(b, b.a.Open, asked), &app)
	require.False(t, app.NonRetryable())
}

func TestResolveNeverLooksAhead(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.calendar(`{"name":"uk","week":["mon","tue","wed","thu","fri"],"holidays":{"2026-11-18":"a holiday"},"half_days":{"2026-11-17":"12:30"}}`)
	b.series("calendar: uk")
	for at, want := range map[string]activities.Meant{
		"2026-11-19T17:00:00Z": {BusinessDate: "2026-11-19", Due: true, Why: "Thu 19 Nov 2026 17:00 GMT is the cutoff of 2026-11-19"},
		"2026-11-17T12:30:00Z": {BusinessDate: "2026-11-17", Due: true, Why: "Tue 17 Nov 2026 12:30 GMT is the cutoff of 2026-11-17"},
		"2026-11-18T17:00:00Z": {Why: "nothing is owed at Wed 18 Nov 2026 17:00 GMT"},
		"2026-11-19T16:59:00Z": {BusinessDate: "2026-11-17", Why: "triggered Thu 19 Nov 2026 16:59 GMT: the latest due date whose cutoff has passed is 2026-11-17"},
		"2026-11-22T12:00:00Z": {BusinessDate: "2026-11-20", Why: "triggered Sun 22 Nov 2026 12:00 GMT: the latest due date whose cutoff has passed is 2026-11-20"},
	} {
		nominal, err := time.Parse(time.RFC3339, at)
		require.NoError(t, err)
		require.Equal(t, want, twice[activities.Meant](b, b.a.Resolve, activities.Nominal{Series: name, At: nominal}), at)
	}
	var old activities.Meant
	require.NoError(t, json.Unmarshal([]byte(`"2026-11-19"`), &old), "as version 1.0 recorded it")
	require.Equal(t, activities.Meant{BusinessDate: "2026-11-19", Due: true}, old)
}

func TestADeliveryGivenUpIsRecorded(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, receipt := issue(b)
	given := receipt.Deliveries[0]
	given.Detail = "no space left on device"
	twice[struct{}](b, b.a.Undelivered, given)
	after, err := activities.Receipt(t.Context(), b.a.Store, name, date)
	require.NoError(t, err)
	require.Equal(t, report.Undelivered, after.Deliveries[0].State)
	require.Equal(t, given.Detail, after.Deliveries[0].Detail)
}

type starter struct{ err error }

func (s starter) StartOrJoin(_ context.Context, req report.Request) (report.Receipt, error) {
	return report.Receipt{Series: req.Series, Revision: 7}, s.err
}

func TestJoinPassesTheReceiptOn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.a.Starter = starter{}
	require.Equal(t, 7, twice[report.Receipt](b, b.a.Join, asked).Revision)
	b.a.Starter = starter{errors.Join(report.ErrNotDue)}
	var app *temporal.ApplicationError
	require.ErrorAs(t, refused(b, b.a.Join, asked), &app)
	require.Equal(t, "NotDue", app.Type())
}
