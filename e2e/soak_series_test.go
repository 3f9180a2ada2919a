//go:build soak

package e2e

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/delivery"
)

const (
	// longest is how long any one step of the soak may take.
	longest = 20 * time.Minute
	// atOnce is how many requests of the test are under way at once.
	atOnce = 32
	// mostEvents and mostBytes bound what one report leaves in Temporal. Each kill
	// that hits it may leave a few events more, of tasks that timed out.
	mostEvents, mostBytes     = 100, 20 << 10
	killedEvents, killedBytes = 120, 25 << 10
)

// group are series with the same cutoff.
type group struct {
	prefix string
	size   int
}

func (g group) name(i int) string { return fmt.Sprintf("%s-%04d", g.prefix, i) }

// limits bound the history of each report of a group.
func (g group) limits() (events int, bytes int64) {
	if g.prefix == disturbedPrefix {
		return killedEvents, killedBytes
	}
	return mostEvents, mostBytes
}

// disturbedPrefix names the group that is closed while programs are killed.
const disturbedPrefix = "disturbed"

func (g group) rate(took time.Duration) float64 { return float64(g.size) / took.Seconds() }

// owe applies a folder of series files.
func (s *soak) owe(prefix string, size int) group {
	s.Helper()
	g := group{prefix, size}
	dir := filepath.Join(s.dir, prefix)
	require.NoError(s, os.Mkdir(dir, 0o700))
	for i := range size {
		text := fmt.Sprintf("name: %s\ntemplate: daily-security\ncutoff: \"17:00\"\ntime_zone: %s\n", g.name(i), s.calendar.Zone())
		require.NoError(s, os.WriteFile(filepath.Join(dir, g.name(i)+".yaml"), []byte(text), 0o600))
	}
	began := time.Now()
	for s.apply(dir) == unreached {
		s.say("Temporal was too busy to answer in time: applied again")
		require.Less(s, time.Since(began), longest)
	}
	s.say("%d series applied in %.1f s", size, time.Since(began).Seconds())
	return g
}

// unreached is starter's exit code where a server did not answer.
const unreached = 3

// apply applies a folder of series files and returns starter's exit code, 0 or
// unreached.
func (s *soak) apply(dir string) int {
	s.Helper()
	p := begin(s, s.dir, s.environment(), "starter", "series", "apply", dir)
	select {
	case err := <-p.ended:
		p.ended <- err
	case <-time.After(longest):
		require.Fail(s, "series apply does not end")
	}
	code := p.cmd.ProcessState.ExitCode()
	require.Contains(s, []int{0, unreached}, code, p.err.String())
	return code
}

// each does something for every series of a group, many at once.
func (s *soak) each(g group, do func(ctx context.Context, name string) error) {
	s.Helper()
	var all sync.WaitGroup
	free := make(chan struct{}, atOnce)
	errs := make([]error, g.size)
	for i := range g.size {
		free <- struct{}{}
		all.Go(func() {
			defer func() { <-free }()
			errs[i] = do(s.interrupted, g.name(i))
		})
	}
	all.Wait()
	require.NoError(s, errors.Join(errs...))
}

// trigger has each schedule of a group fire now, asking again where the server
// was just killed.
func (s *soak) trigger(g group) {
	s.Helper()
	s.each(g, func(ctx context.Context, name string) error {
		handle := s.client.ScheduleClient().GetHandle(ctx, report.ScheduleID(name))
		return s.insist(ctx, func(ctx context.Context) error {
			return handle.Trigger(ctx, client.ScheduleTriggerOptions{Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL})
		})
	})
}

// insist repeats a request until it succeeds: the server may just be down.
func (s *soak) insist(ctx context.Context, request func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	for {
		err := request(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(time.Second):
		}
	}
}

// asked connects to the database for one question.
func (s *soak) asked(question func(context.Context, *pgx.Conn) error) error {
	ctx, cancel := context.WithTimeout(s.interrupted, 10*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.database.AdminURL)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	return question(ctx, conn)
}

func (s *soak) countDelivered(g group) (n int, err error) {
	err = s.asked(func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, `SELECT count(*) FROM cob.delivery WHERE state = 'delivered' AND starts_with(series, $1)`, g.prefix).Scan(&n)
	})
	return n, err
}

// describeMissing says what Temporal is doing about what is not delivered.
func (s *soak) describeMissing(g group) string {
	var names []string
	err := s.asked(func(ctx context.Context, conn *pgx.Conn) error {
		rows, _ := conn.Query(ctx, `SELECT series FROM cob.delivery WHERE state = 'delivered' AND starts_with(series, $1)`, g.prefix)
		var err error
		names, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	done := map[string]bool{}
	for _, name := range names {
		done[name] = true
	}
	out := []string{fmt.Sprint(err)}
	for i := 0; i < g.size && len(out) < 20; i++ {
		if name := g.name(i); !done[name] {
			out = append(out, name+": "+s.doing(report.CycleID(name, s.date))+"; "+s.doing(report.RevisionID(name, s.date, 1)))
		}
	}
	return strings.Join(out, "\n")
}

// doing is what a workflow waits for.
func (s *soak) doing(workflowID string) string {
	ctx, cancel := context.WithTimeout(s.interrupted, 10*time.Second)
	defer cancel()
	d, err := s.client.DescribeWorkflowExecution(ctx, workflowID, "")
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%s %s, activities %v, task %v", workflowID, d.GetWorkflowExecutionInfo().GetStatus(), d.GetPendingActivities(), d.GetPendingWorkflowTask())
}

// awaitEnds waits until no workflow of a group runs any more, and none may have failed.
func (s *soak) awaitEnds(g group) {
	s.Helper()
	require.Eventually(s, func() bool {
		n, err := s.client.CountWorkflow(s.interrupted, &workflowservice.CountWorkflowExecutionsRequest{Query: g.query() + " AND ExecutionStatus = 'Running'"})
		return err == nil && n.GetCount() == 0
	}, standstill, time.Second, "not all workflows end")
}

// query finds the workflows of a group: scheduled runs, cycles, revisions.
func (g group) query() string {
	return fmt.Sprintf("CobSeries STARTS_WITH '%s'", g.prefix)
}

// oneReportEach: each series has one issued cycle, one revision with one file
// of each format, and one delivery.
func (s *soak) oneReportEach(g group) {
	s.Helper()
	want := fmt.Sprintf("%d cycles, %[1]d issued, %[1]d revisions of %[1]d series, %d files, %[1]d deliveries, %[1]d delivered", g.size, 4*g.size)
	var got string
	require.NoError(s, s.asked(func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, `SELECT format('%s cycles, %s issued, %s revisions of %s series, %s files, %s deliveries, %s delivered',
			(SELECT count(*) FROM cob.cycle WHERE starts_with(series, $1)),
			(SELECT count(*) FROM cob.cycle WHERE starts_with(series, $1) AND state LIKE 'issued%'),
			(SELECT count(*) FROM cob.revision WHERE starts_with(series, $1)),
			(SELECT count(DISTINCT series) FROM cob.revision WHERE starts_with(series, $1)),
			(SELECT count(*) FROM cob.artifact WHERE starts_with(series, $1)),
			(SELECT count(*) FROM cob.delivery WHERE starts_with(series, $1)),
			(SELECT count(*) FROM cob.delivery WHERE starts_with(series, $1) AND state = 'delivered'))`, g.prefix).Scan(&got)
	}))
	require.Equal(s, want, got)
}

// filesStand: a series' folder holds the issued files, byte for byte, and no
// others.
func (s *soak) filesStand(g group) {
	s.Helper()
	issued := map[string]string{}
	require.NoError(s, s.asked(func(ctx context.Context, conn *pgx.Conn) error {
		rows, _ := conn.Query(ctx, `SELECT series, file_name, encode(sha256, 'hex') FROM cob.artifact WHERE starts_with(series, $1)`, g.prefix)
		var name, file, digest string
		_, err := pgx.ForEachRow(rows, []any{&name, &file, &digest}, func() error {
			issued[filepath.Join(delivery.Folder("", name, s.date, 1), file)] = digest
			return nil
		})
		return err
	}))
	out := filepath.Join(s.dir, "out")
	found := map[string]string{}
	for i := range g.size {
		require.NoError(s, filepath.WalkDir(filepath.Join(out, g.name(i)), func(path string, entry os.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			relative, _ := filepath.Rel(out, path)
			sum := sha256.Sum256([]byte(read(path)))
			found[relative] = hex.EncodeToString(sum[:])
			return nil
		}))
	}
	require.Len(s, issued, 4*g.size)
	require.Equal(s, issued, found)
}

// historiesAreSmall: every run ended well, and what a cycle and its revision
// left in Temporal together is bounded.
func (s *soak) historiesAreSmall(g group) {
	s.Helper()
	cycles, most := map[string]historySize{}, historySize{}
	for _, info := range s.executions(g) {
		id := info.GetExecution().GetWorkflowId()
		require.Equal(s, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, info.GetStatus(), id)
		if kind := info.GetType().GetName(); kind != report.CloseOfBusiness && kind != report.ReportRevision {
			continue
		}
		series := strings.Split(id, "/")[1]
		size := cycles[series].plus(historySize{events: int(info.GetHistoryLength()), bytes: info.GetHistorySizeBytes()})
		cycles[series] = size
		most = historySize{events: max(most.events, size.events), bytes: max(most.bytes, size.bytes)}
		if events, bytes := g.limits(); size.events > events || size.bytes > bytes {
			s.Errorf("%s: history of %d events, %d bytes; %d and %d are the most", series, size.events, size.bytes, events, bytes)
		}
	}
	require.Len(s, cycles, g.size)
	s.say("the longest history of a cycle with its revision: %d events, %d bytes", most.events, most.bytes)
}

// executions lists every run of a group's workflows.
func (s *soak) executions(g group) (out []*workflowpb.WorkflowExecutionInfo) {
	s.Helper()
	request := &workflowservice.ListWorkflowExecutionsRequest{Query: g.query()}
	for {
		page, err := s.client.ListWorkflow(s.interrupted, request)
		require.NoError(s, err)
		out = append(out, page.GetExecutions()...)
		if request.NextPageToken = page.GetNextPageToken(); len(request.NextPageToken) == 0 {
			return out
		}
	}
}

// workersPoll waits until each worker has asked for tasks of both kinds since
// then: one that runs and doesn't has not come back.
func (s *soak) workersPoll(since time.Time) {
	s.Helper()
	for _, kind := range []enumspb.TaskQueueType{enumspb.TASK_QUEUE_TYPE_WORKFLOW, enumspb.TASK_QUEUE_TYPE_ACTIVITY} {
		for _, w := range s.workers {
			what := fmt.Sprintf("worker %d polls for %s tasks", w.pid(), kind)
			require.Eventually(s, func() bool { return s.polls(w, kind, since) }, standstill, time.Second, what)
		}
	}
}

func (s *soak) polls(w *kept, kind enumspb.TaskQueueType, since time.Time) bool {
	d, err := s.client.DescribeTaskQueue(s.interrupted, s.queue, kind)
	return err == nil && slices.ContainsFunc(d.GetPollers(), func(p *taskqueuepb.PollerInfo) bool {
		return strings.HasPrefix(p.GetIdentity(), fmt.Sprintf("%d@", w.pid())) && p.GetLastAccessTime().AsTime().After(since)
	})
}
