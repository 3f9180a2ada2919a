package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/dev/port"
	"github.com/closeofbusiness/cob/dev/testserver"
	"github.com/closeofbusiness/cob/report"
)

// everyDay is a calendar on which also weekends are business days: what the
// tests do happens today, whatever day that is.
const everyDay = "name: every-day\nweek: [mon, tue, wed, thu, fri, sat, sun]\n"

// owedSoon applies a series that closes at the next full minute that is at
// least a few seconds away, today included, with lines of its own.
func (s *site) owedSoon(name string, lines ...string) (cutoff time.Time) {
	s.Helper()
	cutoff = time.Now().UTC().Add(5 * time.Second).Truncate(time.Minute).Add(time.Minute)
	s.owedAt(name, cutoff, lines...)
	return cutoff
}

// owedAt applies a series that closes at that time of each day, UTC.
func (s *site) owedAt(name string, cutoff time.Time, lines ...string) {
	s.Helper()
	days := filepath.Join(s.dir, "every-day.yaml")
	require.NoError(s, os.WriteFile(days, []byte(everyDay), 0o600))
	s.must("calendar", "apply", days)
	path := filepath.Join(s.dir, name+".yaml")
	text := fmt.Sprintf("name: %s\ntemplate: daily-security\ncutoff: %q\ntime_zone: UTC\ncalendar: every-day\n%s\n",
		name, cutoff.UTC().Format("15:04"), strings.Join(lines, "\n"))
	require.NoError(s, os.WriteFile(path, []byte(text), 0o600))
	s.must("series", "apply", path)
}

// raised is a line of starter watch --json.
type raised struct {
	What, Kind, Series, Subject, Detail string
}

// watching starts the watchdog; what it raises is read with alarms.
func (s *site) watching(env []string, more ...string) *process {
	s.Helper()
	args := append([]string{"watch", "--json", "--every", "500ms", "--grace", "1s"}, more...)
	return begin(s, s.dir, env, "starter", args...)
}

func alarms(t testing.TB, p *process) (out []raised) {
	t.Helper()
	for line := range strings.Lines(p.out.String()) {
		var r raised
		if strings.HasSuffix(line, "\n") {
			require.NoError(t, json.Unmarshal([]byte(line), &r), line)
			out = append(out, r)
		}
	}
	return out
}

// count says how often a thing was raised.
func times(all []raised, what, kind, series string) (n int) {
	for _, r := range all {
		if r.What == what && r.Kind == kind && r.Series == series {
			n++
		}
	}
	return n
}

// A schedule cannot report its own death: the watchdog sees that it is gone,
// and that its report is late, within the series' limit and a minute.
func TestADeletedScheduleIsNoticed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cutoff := s.owedSoon("dead", "deadline: 2s")
	s.temporal("schedule", "delete", "--schedule-id", report.ScheduleID("dead"))
	w := s.watching(s.environment())
	eventually(t, "the schedule is missed", func() bool { return times(alarms(t, w), "raised", "schedule_gone", "dead") == 1 })
	require.Zero(t, times(alarms(t, w), "raised", "late", "dead"))
	eventually(t, "the report is missed", func() bool { return times(alarms(t, w), "raised", "late", "dead") == 1 })
	require.Less(t, time.Since(cutoff), 2*time.Second+time.Minute, "within the limit and a minute")

	s.worker()
	s.issue("dead", report.DateOf(cutoff))
	eventually(t, "it is settled", func() bool { return times(alarms(t, w), "cleared", "late", "dead") == 1 })
	s.must("series", "apply", filepath.Join(s.dir, "dead.yaml"))
	eventually(t, "it is back", func() bool { return times(alarms(t, w), "cleared", "schedule_gone", "dead") == 1 })
	require.Equal(t, 1, times(alarms(t, w), "raised", "late", "dead"), "each thing is raised once")
	require.Contains(t, w.err.String(), "raised")
}

// After an older database was restored behind a newer Temporal, the receipts
// that Temporal keeps tell.
func TestARestoredOlderDatabaseIsNoticed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.owed("restored", "Europe/London")
	date := s.sample(2)
	s.worker()
	s.issue("restored", date)
	require.NotContains(t, s.starter("watch", "--once").out, "database_behind")

	older := *s
	older.database = testserver.New(t)
	older.must("template", "apply", fromRoot(t, "templates", "daily-security.yaml"))
	older.must("series", "apply", filepath.Join(s.dir, "restored.yaml"))
	eventually(t, "the watchdog sees it", func() bool {
		o := older.starter("watch", "--once")
		return o.code == 1 && strings.Contains(o.out, "database_behind\trestored\t"+string(date))
	})
}

func TestWatchOnceTellsByItsExitCode(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.owedAt("calm", time.Now().Add(-time.Hour))
	o := s.starter("watch", "--once")
	require.Zero(t, o.code, o.out+o.err)
	require.Contains(t, o.err, "all is well")

	unreachable := s.environment("TEMPORAL_ADDRESS=127.0.0.1:1")
	o = command(t, s.dir, unreachable, "starter", "watch", "--once")
	require.Equal(t, 3, o.code, o.out+o.err)
	require.Contains(t, o.out, "temporal_unreachable")

	s.owedAt("behind", time.Now().Add(-2*time.Hour), "first_day: "+string(report.DateOf(time.Now().UTC().AddDate(0, 0, -3))))
	o = command(t, s.dir, unreachable, "starter", "watch", "--once")
	require.Equal(t, 1, o.code, "what is late is seen without Temporal: %s", o.out+o.err)
	require.Contains(t, o.out, "late\tbehind\t")

	s.temporal("schedule", "toggle", "--schedule-id", report.ScheduleID("calm"), "--pause", "--reason", "data centre move")
	require.Contains(t, s.starter("watch", "--once").out, "schedule_paused\tcalm\t\tdata centre move")
	nowhere := s.environment("DATABASE_URL=postgres://cob:x@127.0.0.1:1/cob")
	require.Equal(t, 3, command(t, s.dir, nowhere, "starter", "watch", "--once").code)
}

// The stock command line's backfill sends Skip unless told otherwise: what it
// drops stays owed, and the rise is raised.
func TestABackfillThatWasSkippedIsNoticed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	now := time.Now().UTC()
	first := now.AddDate(0, 0, -6)
	s.owedAt("skipped", now.Add(-2*time.Hour), "first_day: "+string(report.DateOf(first)), "catch_up: 720h")
	require.NotContains(t, s.starter("watch", "--once").out, "overlap_skipped")
	s.temporal("schedule", "backfill", "--schedule-id", report.ScheduleID("skipped"),
		"--start-time", first.Format(time.RFC3339), "--end-time", now.Format(time.RFC3339))
	var out string
	eventually(t, "the rise is raised", func() bool {
		out = s.starter("watch", "--once").out
		return strings.Contains(out, "overlap_skipped\tskipped\t")
	})
	require.Contains(t, out, "late\tskipped\t", "their dates stay owed")
	require.NotContains(t, s.starter("watch", "--once").out, "overlap_skipped", "it rose once")
}

func TestWatchServesMetrics(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.owedAt("gauged", time.Now().Add(-2*time.Hour), "first_day: "+string(report.DateOf(time.Now().UTC().AddDate(0, 0, -3))))
	free, err := port.Free()
	require.NoError(t, err)
	addr := fmt.Sprintf("127.0.0.1:%d", free)
	s.watching(s.environment(), "--listen", addr)
	var text string
	eventually(t, "the metrics tell", func() bool {
		text = get(t, "http://"+addr+"/metrics")
		return strings.Contains(text, `cob_watch_standing{kind="late",series="gauged"}`)
	})
	require.Contains(t, text, "cob_watch_last_look_timestamp_seconds")
	require.Contains(t, text, `cob_cycles_unsettled{state="owed"}`)
	require.Contains(t, text, `cob_watch_raised_total{kind="held"} 0`)
}

// get reads a page; empty where nobody answers.
func get(t testing.TB, url string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	require.NoError(t, err)
	r, err := http.DefaultClient.Do(req)
	if err != nil {
		return ""
	}
	defer r.Body.Close() // only read
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return string(body)
}
