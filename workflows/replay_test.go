package workflows_test

import (
	"crypto/sha256"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
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
	"github.com/closeofbusiness/cob/ingest"
	"github.com/closeofbusiness/cob/launch"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/series"
	"github.com/closeofbusiness/cob/templates"
	"github.com/closeofbusiness/cob/workflows"
)

// Histories are recorded from released code, never from the branch that
// changes the workflows: a replay of its own history proves nothing.
// testdata/replay/README.md has the procedure.
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
	r.recordCycles()
	r.recordDecisions()
	r.recordScheduled()
}

// recordCycles records cycles that wait for nothing.
func (r *recorder) recordCycles() {
	r.t.Helper()
	r.owed(asked.Series)
	cycle := report.CycleID(asked.Series, date)
	r.run(cycle, asked)
	r.save("cycle", cycle)
	r.save("revision", report.RevisionID(asked.Series, date, 1))
	r.run(cycle, asked)
	r.save("cycle-issued-before", cycle)
	r.run("another-id", asked)
	r.save("cycle-under-another-id", "another-id")
	refused := report.CycleID("no-series", date)
	require.Error(r.t, r.start(refused, report.Request{Series: "no-series", BusinessDate: date}).Get(r.t.Context(), nil))
	r.save("cycle-refused", refused)
}

// recordDecisions records cycles that wait: for data, or for somebody to decide.
func (r *recorder) recordDecisions() {
	r.t.Helper()
	decision := report.Decision{By: "m.ferrari", Reason: "the scanner is being repaired"}
	for _, c := range []struct {
		name, policy string
		waits        report.State
		end          func(id string)
	}{
		{"waits", "deadline: 168h", report.AwaitingData, func(string) { r.promise("waits") }},
		{"proceeds", "deadline: 168h", report.AwaitingData, func(id string) { r.update(id, report.UpdateProceed, decision) }},
		{"waived", "deadline: 168h", report.AwaitingData, func(id string) { r.update(id, report.UpdateWaive, decision) }},
		{"held", "deadline: 0s\nmissing_data: hold", report.Held, func(string) { r.promise("held") }},
		{"held-proceeds", "deadline: 0s\nmissing_data: hold", report.Held, func(id string) { r.update(id, report.UpdateProceed, decision) }},
		{"held-waived", "deadline: 0s\nmissing_data: hold", report.Held, func(id string) { r.update(id, report.UpdateWaive, decision) }},
	} {
		latest := r.owed(c.name, c.policy, "sources: ["+c.name+"]")
		id := report.CycleID(c.name, latest)
		run := r.start(id, report.Request{Series: c.name, BusinessDate: latest, AsOf: report.AsOfDue, RequestedBy: "test"})
		r.await(id, c.waits)
		c.end(id)
		require.NoError(r.t, run.Get(r.t.Context(), nil), c.name)
		r.save("cycle-"+c.name, id)
	}
}

// recordScheduled records what a schedule starts: at a cutoff, which a backfill
// makes up, and where somebody triggers it, who finds the cycle running.
func (r *recorder) recordScheduled() {
	r.t.Helper()
	latest := r.owed("scheduled", "deadline: 168h", "sources: [scheduled]")
	cycle := report.CycleID("scheduled", latest)
	want, err := r.launcher.Want(r.series("scheduled"), nil)
	require.NoError(r.t, err)
	_, err = r.launcher.ApplySchedule(r.t.Context(), want, "", false)
	require.NoError(r.t, err)
	schedule := r.launcher.Client.ScheduleClient().GetHandle(r.t.Context(), report.ScheduleID("scheduled"))
	cutoff := r.cutoff("scheduled", latest)
	require.NoError(r.t, schedule.Backfill(r.t.Context(), client.ScheduleBackfillOptions{Backfill: []client.ScheduleBackfill{
		{Start: cutoff.Add(-time.Minute), End: cutoff.Add(time.Minute), Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL},
	}}))
	r.save("scheduled", r.fired(schedule, 1))
	r.await(cycle, report.AwaitingData)
	require.NoError(r.t, schedule.Trigger(r.t.Context(), client.ScheduleTriggerOptions{Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL}))
	r.save("scheduled-by-hand", r.fired(schedule, 2))
	r.promise("scheduled")
	require.NoError(r.t, r.launcher.Client.GetWorkflow(r.t.Context(), cycle, "").Get(r.t.Context(), nil))
	r.save("cycle-scheduled", cycle)
}

// recorder is a worker on real servers.
type recorder struct {
	t        *testing.T
	store    *db.Store
	launcher *launch.Launcher
	files    map[string]*series.Series
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

	address := testserver.Temporal(t)
	namespace := testserver.Namespace(t, address)
	c, err := client.Dial(client.Options{HostPort: address, Namespace: namespace})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	l := &launch.Launcher{Client: c, Namespace: namespace, TaskQueue: "record"}
	_, err = l.RegisterAttributes(t.Context())
	require.NoError(t, err)
	all := &activities.Activities{Store: store, OutputDir: t.TempDir(), Starter: l, PollEvery: 100 * time.Millisecond}
	w, joins := worker.New(c, l.TaskQueue, worker.Options{}), worker.New(c, workflows.JoinQueue(l.TaskQueue), worker.Options{})
	workflows.Register(w, all)
	workflows.RegisterJoins(joins, all)
	for _, w := range []worker.Worker{w, joins} {
		require.NoError(t, w.Start())
		t.Cleanup(w.Stop)
	}
	return &recorder{t, store, l, map[string]*series.Series{}}
}

// owed applies a series and returns its latest due date.
func (r *recorder) owed(name string, more ...string) report.Date {
	r.t.Helper()
	lines := append([]string{"name: " + name, "template: daily-security", `cutoff: "17:00"`, "time_zone: Europe/London"}, more...)
	text := []byte(strings.Join(lines, "\n") + "\n")
	sum := sha256.Sum256(text)
	require.NoError(r.t, r.store.InsertSeries(r.t.Context(), db.InsertSeriesParams{Name: name, Version: 1, Spec: text, Sha256: sum[:], AppliedBy: "test"}))
	s, err := series.Parse(text)
	require.NoError(r.t, err)
	r.files[name] = s
	cal, err := s.BusinessDays(nil)
	require.NoError(r.t, err)
	return cal.Latest(time.Now())
}

func (r *recorder) series(name string) *series.Series { return r.files[name] }

func (r *recorder) cutoff(name string, d report.Date) time.Time {
	r.t.Helper()
	cal, err := r.series(name).BusinessDays(nil)
	require.NoError(r.t, err)
	return cal.Cutoff(d)
}

// promise has a source promise that its data is complete.
func (r *recorder) promise(source string) {
	r.t.Helper()
	text := `{"kind":"watermark","source":"` + source + `","feed":"findings","complete_through":"` + time.Now().UTC().Format(time.RFC3339) + `"}`
	_, err := ingest.NDJSON(r.t.Context(), r.store.Pool, strings.NewReader(text+"\n"), "promise.ndjson", ingest.Options{})
	require.NoError(r.t, err)
}

func (r *recorder) start(id string, req report.Request) client.WorkflowRun {
	r.t.Helper()
	run, err := r.launcher.Client.ExecuteWorkflow(r.t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: r.launcher.TaskQueue}, report.CloseOfBusiness, req)
	require.NoError(r.t, err)
	return run
}

func (r *recorder) run(id string, req report.Request) {
	r.t.Helper()
	require.NoError(r.t, r.start(id, req).Get(r.t.Context(), nil))
}

// await waits until a cycle is in that state, and has looked in vain.
func (r *recorder) await(id string, want report.State) {
	r.t.Helper()
	require.Eventually(r.t, func() bool {
		var s workflows.CycleState
		v, err := r.launcher.Client.QueryWorkflow(r.t.Context(), id, "", report.QueryState)
		return err == nil && v.Get(&s) == nil && s.State == want
	}, time.Minute, 50*time.Millisecond, "%s is never %s", id, want)
}

func (r *recorder) update(id, what string, d report.Decision) {
	r.t.Helper()
	update, err := r.launcher.Client.UpdateWorkflow(r.t.Context(), client.UpdateWorkflowOptions{
		WorkflowID: id, UpdateName: what, Args: []any{d}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	require.NoError(r.t, err)
	require.NoError(r.t, update.Get(r.t.Context(), nil))
}

// fired waits until a schedule has started its nth workflow and that has ended,
// and returns its ID.
func (r *recorder) fired(schedule client.ScheduleHandle, nth int) (id string) {
	r.t.Helper()
	require.Eventually(r.t, func() bool {
		d, err := schedule.Describe(r.t.Context())
		if err != nil || len(d.Info.RecentActions) < nth {
			return false
		}
		id = d.Info.RecentActions[nth-1].StartWorkflowResult.WorkflowID
		return true
	}, time.Minute, 50*time.Millisecond, "the schedule starts nothing")
	require.NoError(r.t, r.launcher.Client.GetWorkflow(r.t.Context(), id, "").Get(r.t.Context(), nil))
	return id
}

// identities are who did something: of the machine that recorded it nothing is
// kept.
var identities = regexp.MustCompile(`"identity":\s*"[^"]*"`)

func (r *recorder) save(name, id string) {
	r.t.Helper()
	all := &historypb.History{}
	events := r.launcher.Client.GetWorkflowHistory(r.t.Context(), id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		require.NoError(r.t, err)
		all.Events = append(all.Events, e)
	}
	text, err := protojson.MarshalOptions{Multiline: true}.Marshal(all)
	require.NoError(r.t, err)
	text = identities.ReplaceAll(text, []byte(`"identity": "recorder"`))
	dir := filepath.Join(histories, *record)
	require.NoError(r.t, os.MkdirAll(dir, 0o750))
	require.NoError(r.t, os.WriteFile(filepath.Join(dir, name+".json"), append(text, '\n'), 0o600))
}
