package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/proto"

	"github.com/closeofbusiness/cob/report"
)

// Whoever starts a cycle, once or at once, by whatever program and ID: there is
// one report, and everybody gets its receipt.
func TestTwoStartsOneReport(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.owed("twice", "Europe/London")
	date := s.sample(2)
	conn := s.admin()
	held := hold(t, conn, gates["open"])
	s.worker()

	one, two := s.run("twice", date), s.run("twice", date)
	eventually(t, "both wait for the cycle", func() bool {
		return strings.Contains(one.out.String(), `"open"`) && strings.Contains(two.out.String(), `"open"`)
	})
	held.await()
	held.release()
	first, second := receipt(t, one.wait()), receipt(t, two.wait())
	require.Equal(t, first, second)
	require.False(t, first.Already)
	require.Equal(t, 1, first.Revision)
	require.Equal(t, 1, count(t, conn, `SELECT count(*) FROM cob.revision`))

	again := s.issue("twice", date)
	require.True(t, again.Already)
	again.Already = false
	require.Equal(t, first, again)
	o := s.starter("run", "--series", "twice", "--date", string(date), "--wait")
	require.Zero(t, o.code, o.err)
	require.Contains(t, o.out, "already issued")
	require.Contains(t, o.out, "revision 1")
	require.Equal(t, 1, count(t, conn, `SELECT count(*) FROM cob.revision`))
}

// The stock command line starts cycles too; without an ID it invents one, and
// that run joins the cycle.
func TestStartByTheStockCommandLine(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.owed("stock", "Europe/London")
	date := s.sample(2)
	conn := s.admin()
	held := hold(t, conn, gates["open"])
	s.worker()

	canonical := s.start("stock", date, "--workflow-id", report.CycleID("stock", date))
	// More than a worker runs activities at once: those that wait must not keep
	// the cycle from going on.
	joining := make([]started, 20)
	held.await()
	for i := range joining {
		joining[i] = s.start("stock", date)
		require.NotEqual(t, canonical.WorkflowID, joining[i].WorkflowID)
	}
	held.release()
	want := s.receiptOf(canonical)
	require.False(t, want.Already)
	for _, j := range joining {
		got := s.receiptOf(j)
		got.Already = false // one that came late finds it issued
		require.Equal(t, want, got)
	}

	again := s.receiptOf(s.start("stock", date, "--workflow-id", report.CycleID("stock", date)))
	require.True(t, again.Already)
	late := s.receiptOf(s.start("stock", date))
	require.Equal(t, again, late)
	require.Equal(t, 1, count(t, conn, `SELECT count(*) FROM cob.revision`))
}

// The server's own attributes of what a schedule starts.
var (
	scheduledBy    = temporal.NewSearchAttributeKeyKeyword("TemporalScheduledById")
	scheduledStart = temporal.NewSearchAttributeKeyTime("TemporalScheduledStartTime")
)

// started is what the stock command line says it has started.
type started struct {
	WorkflowID string `json:"workflowId"`
	RunID      string `json:"runId"`
}

func (s *site) start(series string, date report.Date, more ...string) (out started) {
	s.Helper()
	text := s.temporal(append([]string{"workflow", "start", "--type", "CloseOfBusiness", "--task-queue", s.queue, "-o", "json",
		"--input", fmt.Sprintf(`{"series":%q,"business_date":%q}`, series, date)}, more...)...)
	require.NoError(s, json.Unmarshal([]byte(text), &out), text)
	return out
}

func (s *site) receiptOf(run started) (r report.Receipt) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	require.NoError(s, s.client.GetWorkflow(ctx, run.WorkflowID, run.RunID).Get(ctx, &r), run.WorkflowID)
	return r
}

// The schedule starts the latest due date's cycle, which is found on the
// schedule's own page; triggering it again makes no second report.
func TestScheduleStartsTheCycle(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.owed("nightly", "Europe/London")
	date := s.sample(2)
	conn := s.admin()
	s.worker()

	cycle := started{WorkflowID: report.CycleID("nightly", date)}
	runs := map[string]bool{}
	for n := 1; n <= 2; n++ {
		s.temporal("schedule", "trigger", "--schedule-id", report.ScheduleID("nightly"))
		var scheduled []started
		eventually(t, "the schedule has started its workflow", func() bool {
			scheduled = s.scheduled("nightly")
			return len(scheduled) == n
		})
		for _, w := range scheduled {
			var out struct {
				WorkflowID   string      `json:"workflow_id"`
				BusinessDate report.Date `json:"business_date"`
			}
			require.NoError(t, s.client.GetWorkflow(t.Context(), w.WorkflowID, w.RunID).Get(t.Context(), &out))
			require.Equal(t, cycle.WorkflowID, out.WorkflowID)
			require.Equal(t, date, out.BusinessDate)
		}
		// The abandoned child has begun when its parent has ended.
		d, err := s.client.DescribeWorkflow(t.Context(), cycle.WorkflowID, "")
		require.NoError(t, err)
		runs[d.WorkflowExecution.RunID] = true
		require.Len(t, runs, n, "each trigger starts a run of the cycle")
		by, ok := d.TypedSearchAttributes.GetKeyword(scheduledBy)
		require.True(t, ok, "the cycle stands on the schedule's page")
		require.Equal(t, report.ScheduleID("nightly"), by)
		_, ok = d.TypedSearchAttributes.GetTime(scheduledStart)
		require.True(t, ok)
		r := s.receiptOf(cycle)
		require.Equal(t, n > 1, r.Already)
		require.Equal(t, date, r.BusinessDate)
	}
	require.Equal(t, 1, count(t, conn, `SELECT count(*) FROM cob.revision`))
	require.Equal(t, 1, count(t, conn, `SELECT count(*) FROM cob.cycle WHERE requested_by = 'schedule'`))

	// It only starts the cycle, and its history is as small.
	size := s.history(s.scheduled("nightly")[0].WorkflowID)
	t.Logf("%+v", size)
	require.LessOrEqual(t, size.events, 20)
	require.LessOrEqual(t, size.bytes, int64(4<<10))
}

// scheduled lists the runs that a schedule has started.
func (s *site) scheduled(series string) (out []started) {
	s.Helper()
	d, err := s.client.ScheduleClient().GetHandle(s.Context(), report.ScheduleID(series)).Describe(s.Context())
	require.NoError(s, err)
	for _, a := range d.Info.RecentActions {
		out = append(out, started{a.StartWorkflowResult.WorkflowID, a.StartWorkflowResult.FirstExecutionRunID})
	}
	return out
}

// A workflow's history holds references: it doesn't grow with the data.
func TestHistoryStaysSmall(t *testing.T) {
	t.Parallel()
	few, many := overTwelveCells(t, 3), overTwelveCells(t, 30)
	t.Logf("%+v, with ten times the attempts %+v", few, many)
	for _, size := range []historySize{few, many} {
		require.LessOrEqual(t, size.events, 100)
		require.LessOrEqual(t, size.bytes, int64(20<<10))
	}
	// How many workflow tasks there are depends on which render is done when.
	require.Equal(t, few.steps, many.steps)
	require.InDelta(t, few.stepBytes, many.stepBytes, 200, "timestamps and counts differ by a few digits")
}

// However long a report waited, was held, and what was decided about it: its
// history, cycle and revision together, stays as small. A look at the sources adds
// nothing to it.
func TestHistoryStaysSmallWhileWaiting(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.watchful()
	waited := s.closes("waited", time.Hour)
	first := waited.begun()
	held := s.closes("held", 0, "missing_data: hold")
	second := held.begun()
	waited.waits(first, report.AwaitingData)
	held.waits(second, report.Held)
	time.Sleep(3 * time.Second) // thirty looks
	waited.promised(waited.cutoff)
	s.must("proceed", "--series", "held", "--date", string(held.date), "--reason", "feed down")
	for _, c := range []struct {
		closed
		run *process
	}{{waited, first}, {held, second}} {
		settled(t, c.run.wait())
		size := s.history(report.CycleID(c.name, c.date)).plus(s.history(report.RevisionID(c.name, c.date, 1)))
		t.Logf("%s: %+v", c.name, size)
		require.LessOrEqual(t, size.events, 100, c.name)
		require.LessOrEqual(t, size.bytes, int64(20<<10), c.name)
	}
}

// overTwelveCells is the history of a report over twelve cells of that many attempts each.
func overTwelveCells(t *testing.T, attempts int) historySize {
	t.Helper()
	s := newSite(t)
	s.owed("small", "UTC")
	const date = report.Date("2026-08-05")
	s.must("ingest", "ndjson", s.cells(attempts))
	s.worker()
	r := s.issue("small", date)
	f := s.facts("small", date)
	f.identities()
	require.Equal(t, int64(12*attempts), f.value("attack.evaluated"))
	require.Len(t, r.Artifacts, 4)
	return s.history(report.CycleID("small", date)).plus(s.history(report.RevisionID("small", date, 1)))
}

type historySize struct {
	events int
	bytes  int64
	// steps are the events that are no workflow tasks.
	steps, stepBytes int
}

func (a historySize) plus(b historySize) historySize {
	return historySize{a.events + b.events, a.bytes + b.bytes, a.steps + b.steps, a.stepBytes + b.stepBytes}
}

// history is the size of a workflow's newest run, as the server counts it.
func (s *site) history(workflowID string) (size historySize) {
	s.Helper()
	d, err := s.client.DescribeWorkflowExecution(s.Context(), workflowID, "")
	require.NoError(s, err, workflowID)
	info := d.GetWorkflowExecutionInfo()
	size.events, size.bytes = int(info.GetHistoryLength()), info.GetHistorySizeBytes()
	for _, e := range s.events(workflowID) {
		switch e.GetEventType() {
		case enumspb.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED, enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
		default:
			size.steps++
			size.stepBytes += proto.Size(e)
		}
	}
	return size
}

// events are the history of a workflow's newest run.
func (s *site) events(workflowID string) (out []*historypb.HistoryEvent) {
	s.Helper()
	for all := s.client.GetWorkflowHistory(s.Context(), workflowID, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); all.HasNext(); {
		e, err := all.Next()
		require.NoError(s, err)
		out = append(out, e)
	}
	return out
}

// cells writes a file of scans of two targets with two probes and three
// detectors each.
func (s *site) cells(attempts int) string {
	s.Helper()
	var text strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&text, format+"\n", args...) }
	for _, target := range []string{"alpha", "beta"} {
		run := "run-" + target
		line(`{"kind":"run","source":"lab","run":%q,"target":%q,"planned_for":"2026-08-05T08:00:00Z"}`, run, target)
		line(`{"kind":"run_event","source":"lab","run":%q,"at":"2026-08-05T08:00:00Z","event":"started"}`, run)
		for _, probe := range []string{"dan.Dan", "encoding.Base64"} {
			for i := range attempts {
				var scores []string
				for n, detector := range []string{"one.A", "two.B", "three.C"} {
					hit := (i+n)%3 == 0
					scores = append(scores, fmt.Sprintf(`{"detector":%q,"value":%d,"hit":%t}`, detector, map[bool]int{true: 1}[hit], hit))
				}
				line(`{"kind":"attempt","source":"lab","run":%q,"attempt":"%s-%d","at":"2026-08-05T09:%02d:00Z","probe":%q,"category":"jailbreak","answered":true,"scores":[%s]}`,
					run, probe, i, i%60, probe, strings.Join(scores, ","))
			}
		}
		line(`{"kind":"run_event","source":"lab","run":%q,"at":"2026-08-05T10:00:00Z","event":"completed"}`, run)
	}
	path := filepath.Join(s.dir, "cells.ndjson")
	require.NoError(s, os.WriteFile(path, []byte(text.String()), 0o600))
	return path
}
