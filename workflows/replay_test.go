package workflows_test

import (
	"crypto/sha256"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/closeofbusiness/cob/activities"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/dev/testserver"
	"github.com/closeofbusiness/cob/launch"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/templates"
	"github.com/closeofbusiness/cob/workflows"
)

// Histories are recorded from released code, never from the branch that
// changes the workflows: a replay of its own history proves nothing.
var record = flag.String("record", "", "record histories into testdata/replay/NAME")

const histories = "testdata/replay"

// TestReplay runs every recorded history through the workflows as they are now.
// A change that a running report could not survive fails here.
func TestReplay(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(histories, "*", "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		t.Run(strings.TrimPrefix(f, histories+"/"), func(t *testing.T) {
			t.Parallel()
			r := worker.NewWorkflowReplayer()
			for name, w := range map[string]any{
				report.CloseOfBusiness: workflows.CloseOfBusiness,
				report.ReportRevision:  workflows.ReportRevision,
				report.ScheduledClose:  workflows.ScheduledClose,
			} {
				r.RegisterWorkflowWithOptions(w, workflow.RegisterOptions{Name: name})
			}
			text, err := os.Open(f)
			require.NoError(t, err)
			defer text.Close() // only read
			history, err := client.HistoryFromJSON(text, client.HistoryJSONOptions{})
			require.NoError(t, err)
			// A cycle does one thing under its own ID and another under any other.
			id := history.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetWorkflowId()
			require.NotEmpty(t, id)
			require.NoError(t, r.ReplayWorkflowHistoryWithOptions(nil, history, worker.ReplayWorkflowHistoryOptions{
				OriginalExecution: workflow.Execution{ID: id},
			}))
		})
	}
}

// TestRecordHistories writes the histories that TestReplay reads. It does so
// only when asked: go test ./workflows -run TestRecordHistories -record 1.0.0.
func TestRecordHistories(t *testing.T) {
	if *record == "" {
		t.Log("nothing is recorded without -record NAME")
		return
	}
	r := newRecorder(t)
	cycle := report.CycleID(asked.Series, date)
	r.run(cycle, asked)
	r.save("cycle", cycle)
	r.save("revision", report.RevisionID(asked.Series, date, 1))
	r.run(cycle, asked)
	r.save("cycle-issued-before", cycle)
	r.run("another-id", asked)
	r.save("cycle-under-another-id", "another-id")
	r.fail("no-series", report.Request{Series: "no-series", BusinessDate: date})
	r.save("cycle-refused", report.CycleID("no-series", date))
}

// recorder is a worker on real servers.
type recorder struct {
	t      *testing.T
	client client.Client
	queue  string
}

func newRecorder(t *testing.T) *recorder {
	t.Helper()
	store, err := db.Open(t.Context(), db.Config{URL: testserver.New(t).AppURL})
	require.NoError(t, err)
	t.Cleanup(store.Close)
	spec, err := templates.FS.ReadFile("daily-security.yaml")
	require.NoError(t, err)
	sum := sha256.Sum256(spec)
	require.NoError(t, store.InsertTemplate(t.Context(), db.InsertTemplateParams{Name: asked.Series, Version: "1.0.0", Spec: spec, Sha256: sum[:], AppliedBy: "test"}))
	series := []byte("name: daily-security\ntemplate: daily-security\ncutoff: \"17:00\"\ntime_zone: Europe/London\n")
	sum = sha256.Sum256(series)
	require.NoError(t, store.InsertSeries(t.Context(), db.InsertSeriesParams{Name: asked.Series, Version: 1, Spec: series, Sha256: sum[:], AppliedBy: "test"}))

	address := testserver.Temporal(t)
	namespace := testserver.Namespace(t, address)
	c, err := client.Dial(client.Options{HostPort: address, Namespace: namespace})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	l := &launch.Launcher{Client: c, Namespace: namespace, TaskQueue: "record"}
	_, err = l.RegisterAttributes(t.Context())
	require.NoError(t, err)
	all := &activities.Activities{Store: store, OutputDir: t.TempDir(), Starter: l}
	w, joins := worker.New(c, l.TaskQueue, worker.Options{}), worker.New(c, workflows.JoinQueue(l.TaskQueue), worker.Options{})
	workflows.Register(w, all)
	workflows.RegisterJoins(joins, all)
	for _, w := range []worker.Worker{w, joins} {
		require.NoError(t, w.Start())
		t.Cleanup(w.Stop)
	}
	return &recorder{t, c, l.TaskQueue}
}

func (r *recorder) start(id string, req report.Request) client.WorkflowRun {
	r.t.Helper()
	run, err := r.client.ExecuteWorkflow(r.t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: r.queue}, report.CloseOfBusiness, req)
	require.NoError(r.t, err)
	return run
}

func (r *recorder) run(id string, req report.Request) {
	r.t.Helper()
	require.NoError(r.t, r.start(id, req).Get(r.t.Context(), nil))
}

func (r *recorder) fail(series string, req report.Request) {
	r.t.Helper()
	require.Error(r.t, r.start(report.CycleID(series, date), req).Get(r.t.Context(), nil))
}

func (r *recorder) save(name, id string) {
	r.t.Helper()
	all := &historypb.History{}
	events := r.client.GetWorkflowHistory(r.t.Context(), id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		require.NoError(r.t, err)
		// Of the machine that recorded it nothing is kept.
		if e.GetWorkflowTaskStartedEventAttributes() != nil {
			e.GetWorkflowTaskStartedEventAttributes().Identity = "worker"
		}
		if e.GetActivityTaskStartedEventAttributes() != nil {
			e.GetActivityTaskStartedEventAttributes().Identity = "worker"
		}
		if e.GetWorkflowTaskCompletedEventAttributes() != nil {
			e.GetWorkflowTaskCompletedEventAttributes().Identity = "worker"
		}
		if e.GetActivityTaskCompletedEventAttributes() != nil {
			e.GetActivityTaskCompletedEventAttributes().Identity = "worker"
		}
		if e.GetWorkflowExecutionStartedEventAttributes() != nil {
			e.GetWorkflowExecutionStartedEventAttributes().Identity = "client"
		}
		all.Events = append(all.Events, e)
	}
	text, err := protojson.MarshalOptions{Multiline: true}.Marshal(all)
	require.NoError(r.t, err)
	dir := filepath.Join(histories, *record)
	require.NoError(r.t, os.MkdirAll(dir, 0o750))
	require.NoError(r.t, os.WriteFile(filepath.Join(dir, name+".json"), append(text, '\n'), 0o600))
}
