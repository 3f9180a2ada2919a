//go:build outage

package e2e

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/closeofbusiness/cob/dev/testserver"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/calendar"
)

// outage is a site whose Temporal server is the test's own, to stop and start.
type outage struct {
	*site
	series string
	cal    *calendar.Calendar
	file   string // the server's data
	server *testserver.Server
}

// The server and the workers are down for three cutoffs and a weekend at least:
// on return each owed date gets a report of its own, and no other date.
func TestOutage(t *testing.T) {
	t.Parallel()
	require.NoError(t, build())
	now := time.Now()
	zone := quietZone(now)
	began := thursdayMorning(now, zone)
	offset := began.Sub(now)
	o := &outage{series: "nightly", site: &site{T: t, database: testserver.New(t), namespace: "default", queue: "outage", dir: t.TempDir()}}
	o.file = filepath.Join(o.dir, "temporal.db")

	o.up(offset)
	o.must("init")
	o.must("template", "apply", fromRoot(t, "templates", "daily-security.yaml"))
	o.sample(12) // the feeds went on
	o.cal = o.owed(o.series, zone.String())
	owed := o.owedBetween(began, now)
	t.Logf("down from %s to %s: owed are %v", began.Format(time.RFC1123), now.In(zone).Format(time.RFC1123), owed)
	require.GreaterOrEqual(t, len(owed), 3)
	for n, day := range []time.Weekday{time.Thursday, time.Friday, time.Monday} {
		require.Equal(t, day, owed[n].Time().Weekday())
	}
	schedule := o.schedule()
	require.WithinDuration(t, time.Now().Add(offset), schedule.Info.CreatedAt, patience, "the server believes that it is Thursday")
	require.True(t, o.cal.Cutoff(owed[0]).Equal(schedule.Info.NextActionTimes[0]))
	require.Zero(t, schedule.Info.NumActions)

	o.server.Kill()
	o.up(0)
	// By itself, and while no worker is there.
	eventually(t, "the schedule has started what it missed", func() bool { return len(o.listed(report.ScheduledClose)) >= len(owed) })
	require.Empty(t, o.listed(report.CloseOfBusiness))
	o.worker()
	conn := o.admin()
	eventually(t, "the reports are issued", func() bool { return count(t, conn, `SELECT count(*) FROM cob.revision`) >= len(owed) })
	eventually(t, "all runs are listed as completed", func() bool {
		return len(o.listed(report.CloseOfBusiness, "Completed")) >= len(owed) && len(o.listed(report.ScheduledClose, "Completed")) >= len(owed)
	})

	o.checkRuns(owed)
	o.checkReports(owed)
	schedule = o.schedule()
	require.Equal(t, len(owed), schedule.Info.NumActions)
	require.Zero(t, schedule.Info.NumActionsMissedCatchupWindow)
	require.Zero(t, schedule.Info.NumActionsSkippedOverlap)
	require.True(t, o.cal.Cutoff(o.cal.Next(owed[len(owed)-1])).Equal(schedule.Info.NextActionTimes[0]))
}

// quietZone is a zone whose 17:00 is not near, so that no date comes to be owed
// in the midst of the test. It knows no daylight saving.
func quietZone(now time.Time) *time.Location {
	if h := now.UTC().Hour(); h == 16 || h == 17 {
		return time.FixedZone("Asia/Tokyo", 9*60*60)
	}
	return time.UTC
}

// thursdayMorning is at nine on the last Thursday whose Monday has closed, at
// 17:00: the two cutoffs before the weekend and one after it have passed.
func thursdayMorning(now time.Time, zone *time.Location) time.Time {
	day := now.In(zone).Add(-17 * time.Hour)
	for day.Weekday() != time.Monday {
		day = day.AddDate(0, 0, -1)
	}
	return time.Date(day.Year(), day.Month(), day.Day()-4, 9, 0, 0, 0, zone)
}

// Whenever the test runs, what it is about lies behind it.
func TestOutageIsAcrossAWeekend(t *testing.T) {
	t.Parallel()
	for now := time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC); now.Day() < 25; now = now.Add(30 * time.Minute) {
		zone := quietZone(now)
		began := thursdayMorning(now, zone)
		closes := func(days int) time.Time { return began.AddDate(0, 0, days).Add(8 * time.Hour) }
		require.Equal(t, time.Thursday, began.Weekday(), now)
		require.Equal(t, 9, began.Hour(), now)
		require.False(t, closes(4).After(now), "%s: Monday is over", now)
		require.True(t, closes(11).After(now), "%s: it is the last weekend", now)
		for days := range 12 {
			ahead := closes(days).Sub(now)
			require.False(t, ahead > 0 && ahead < time.Hour, "%s: %s is near", now, closes(days))
		}
	}
}

// up starts the server on its data; its clock is off by the offset.
func (o *outage) up(offset time.Duration) {
	o.Helper()
	o.server = testserver.TemporalAt(o, o.file, offset)
	o.address = o.server.Address()
	var err error
	o.client, err = client.Dial(client.Options{HostPort: o.address, Namespace: o.namespace, Logger: silent{}})
	require.NoError(o, err)
	o.Cleanup(o.client.Close)
}

// owedBetween are the dates that close between two instants.
func (o *outage) owedBetween(from, to time.Time) (out []report.Date) {
	for d := o.cal.Holding(from); !o.cal.Cutoff(d).After(to); d = o.cal.Next(d) {
		out = append(out, d)
	}
	return out
}

func (o *outage) schedule() *client.ScheduleDescription {
	o.Helper()
	d, err := o.client.ScheduleClient().GetHandle(o.Context(), report.ScheduleID(o.series)).Describe(o.Context())
	require.NoError(o, err)
	return d
}

// listed are the runs of that type that stand on the schedule's page; a status
// keeps those that have it.
func (o *outage) listed(workflowType string, status ...string) []*workflowpb.WorkflowExecutionInfo {
	o.Helper()
	query := fmt.Sprintf(`TemporalScheduledById = %q AND WorkflowType = %q`, report.ScheduleID(o.series), workflowType)
	for _, s := range status {
		query += fmt.Sprintf(` AND ExecutionStatus = %q`, s)
	}
	page, err := o.client.ListWorkflow(o.Context(), &workflowservice.ListWorkflowExecutionsRequest{Query: query})
	require.NoError(o, err)
	return page.GetExecutions()
}

// checkRuns sees that each owed date was started once, for its own cutoff.
func (o *outage) checkRuns(owed []report.Date) {
	o.Helper()
	want := map[string]time.Time{}
	for _, d := range owed {
		want[report.CycleID(o.series, d)] = o.cal.Cutoff(d).UTC()
	}
	var times []time.Time
	for _, run := range o.listed(report.ScheduledClose) {
		require.Equal(o, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, run.GetStatus())
		times = append(times, o.nominal(run))
	}
	require.ElementsMatch(o, slices.Collect(maps.Values(want)), times)

	runs := o.listed(report.CloseOfBusiness)
	require.Len(o, runs, len(owed), "none twice")
	cycles := map[string]time.Time{}
	for _, run := range runs {
		id := run.GetExecution().GetWorkflowId()
		cycles[id] = o.nominal(run)
		r := o.receiptOf(started{WorkflowID: id})
		require.Equal(o, id, report.CycleID(r.Series, r.BusinessDate))
		require.False(o, r.Already)
		require.Equal(o, 1, r.Revision)
		require.Len(o, o.files(r), 4)
	}
	require.Equal(o, want, cycles)
}

// nominal is the time that the schedule meant.
func (o *outage) nominal(run *workflowpb.WorkflowExecutionInfo) time.Time {
	o.Helper()
	d, err := o.client.DescribeWorkflow(o.Context(), run.GetExecution().GetWorkflowId(), run.GetExecution().GetRunId())
	require.NoError(o, err)
	at, ok := d.TypedSearchAttributes.GetTime(scheduledStart)
	require.True(o, ok)
	return at.UTC()
}

// issued is a report in the database, with the window of its cycle.
type issued struct {
	Date     report.Date
	Revision int
	From, To time.Time
	By       string
}

// checkReports sees that each owed date has one report, over its own window,
// and no other date has any.
func (o *outage) checkReports(owed []report.Date) {
	o.Helper()
	var want []issued
	for _, d := range owed {
		from, to := o.cal.Window(d)
		want = append(want, issued{d, 1, from.UTC(), to.UTC(), "schedule"})
	}
	conn := o.admin()
	rows, err := conn.Query(o.Context(), `SELECT business_date::text, revision, window_start, window_end, requested_by
		FROM cob.revision JOIN cob.cycle USING (series, business_date) ORDER BY business_date, revision`)
	require.NoError(o, err)
	got, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (i issued, err error) {
		err = row.Scan(&i.Date, &i.Revision, &i.From, &i.To, &i.By)
		i.From, i.To = i.From.UTC(), i.To.UTC()
		return i, err
	})
	require.NoError(o, err)
	require.Equal(o, want, got)
	require.Equal(o, len(owed), count(o, conn, `SELECT count(DISTINCT facts_sha256) FROM cob.revision`), "each has its own facts")
	require.Equal(o, len(owed), count(o, conn, `SELECT count(*) FROM cob.delivery WHERE state = 'delivered'`))
	require.Zero(o, count(o, conn, `SELECT count(*) FROM cob.cycle WHERE extract(isodow FROM business_date) > 5`))
}
