package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/ledger"
	"github.com/closeofbusiness/cob/report"
)

// nowhere is where no server answers.
const nowhere = "127.0.0.1:1"

// closed is a series that has just closed: its cutoff is the minute that began
// last, in UTC, on any day of the week.
type closed struct {
	*site
	name     string
	date     report.Date
	cutoff   time.Time
	deadline time.Time
	file     string
}

// closes applies such a series. Its deadline lies that far ahead, or has passed.
func (s *site) closes(name string, wait time.Duration, more ...string) closed {
	s.Helper()
	now := time.Now().UTC()
	c := closed{site: s, name: name, cutoff: now.Truncate(time.Minute), file: filepath.Join(s.dir, name+".yaml")}
	c.date = report.DateOf(c.cutoff)
	after := max(now.Add(wait).Sub(c.cutoff), 0).Truncate(time.Second)
	c.deadline = c.cutoff.Add(after)
	always := filepath.Join(s.dir, "always.yaml")
	require.NoError(s, os.WriteFile(always, []byte("name: always\nweek: [mon, tue, wed, thu, fri, sat, sun]\n"), 0o600))
	lines := append([]string{"name: " + name, "template: daily-security", "calendar: always", "time_zone: UTC", "sources: [" + name + "]",
		fmt.Sprintf("cutoff: %q", c.cutoff.Format("15:04")), fmt.Sprintf("first_day: %s", c.date), fmt.Sprintf("deadline: %s", after)}, more...)
	require.NoError(s, os.WriteFile(c.file, []byte(strings.Join(lines, "\n")+"\n"), 0o600))
	s.must("calendar", "apply", always)
	s.must("series", "apply", c.file)
	return c
}

// scanned ingests a scan of four attempts in the series' window, every one of
// which hits, and returns when that was recorded.
func (c closed) scanned(run string, options ...string) time.Time {
	c.Helper()
	at := c.cutoff.Add(-time.Hour).Format(time.RFC3339)
	lines := []string{
		`{"kind":"run","run":"` + run + `","target":"helpdesk","planned_for":"` + at + `"}`,
		`{"kind":"run_event","run":"` + run + `","at":"` + at + `","event":"started"}`,
	}
	for i := range 4 {
		lines = append(lines, fmt.Sprintf(`{"kind":"attempt","run":%q,"attempt":"%d","at":%q,"probe":"dan.Dan","category":"jailbreak","answered":true,`+
			`"scores":[{"detector":"one.A","value":1,"hit":true}]}`, run, i, at))
	}
	return c.ingested(run, append(lines, `{"kind":"run_event","run":"`+run+`","at":"`+at+`","event":"completed"}`), options...)
}

// promised ingests a watermark, and returns when that was recorded.
func (c closed) promised(through time.Time, options ...string) time.Time {
	c.Helper()
	return c.ingested("watermark", []string{`{"kind":"watermark","feed":"attacks","complete_through":"` + through.Format(time.RFC3339) + `"}`}, options...)
}

func (c closed) ingested(name string, lines []string, options ...string) time.Time {
	c.Helper()
	path := filepath.Join(c.dir, c.name+"-"+name+".ndjson")
	require.NoError(c, os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600))
	var out []struct {
		RecordedAt time.Time `json:"recorded_at"`
	}
	require.NoError(c, json.Unmarshal([]byte(c.must(append([]string{"ingest", "ndjson", "--json", "--source", c.name, path}, options...)...)), &out))
	return out[0].RecordedAt.UTC()
}

// watchful starts a worker that looks at the sources all the time.
func (s *site) watchful() *process {
	s.Helper()
	w := begin(s, s.dir, s.environment("COB_LOG_FORMAT=text", "COB_POLL_INTERVAL=100ms"), "worker")
	s.Cleanup(func() {
		if s.Failed() {
			s.Logf("%s\n%s", w.what, w.err.String())
		}
	})
	return w
}

// begun starts "starter run --wait" as it would have been begun at the cutoff.
func (c closed) begun() *process {
	c.Helper()
	return begin(c, c.dir, c.environment(), "starter", "run", "--series", c.name, "--date", string(c.date), "--wait", "--json", "--as-of", "due")
}

// wait is what "starter run --wait --json" says of a cycle that waits.
type wait struct {
	State   report.State `json:"state"`
	Missing string       `json:"missing"`
	Until   time.Time    `json:"until"`
	Note    string       `json:"note"`
}

// waits waits until a run says that its cycle is in the state.
func (c closed) waits(run *process, state report.State) (w wait) {
	c.Helper()
	eventually(c, string(state), func() bool {
		for line := range strings.Lines(run.out.String()) {
			if w = (wait{}); json.Unmarshal([]byte(line), &w) == nil && w.State == state && w.Missing != "" {
				return true
			}
		}
		return false
	})
	require.Equal(c, c.deadline, w.Until.UTC())
	require.Equal(c, 1, strings.Count(run.out.String(), fmt.Sprintf("%q:%q", "state", state)), "told once")
	return w
}

// entries are what "starter cycles --json" prints, by date.
func (s *site) entries(args ...string) []ledger.Entry {
	s.Helper()
	var out []ledger.Entry
	text := s.must(append([]string{"cycles", "--json"}, args...)...)
	require.NoError(s, json.Unmarshal([]byte(text), &out), text)
	require.True(s, strings.HasPrefix(strings.TrimSpace(text), "["), "an empty list is a list: %s", text)
	return out
}

// entry is the one of the series' date.
func (c closed) entry() ledger.Entry {
	c.Helper()
	all := c.entries("--series", c.name, "--from", string(c.date), "--to", string(c.date))
	require.Len(c, all, 1)
	return all[0]
}

// settled reads what "starter run --wait --json" said last.
func settled(t testing.TB, o outcome) (r report.Receipt) {
	t.Helper()
	require.Zero(t, o.code, "%s\n%s", o.out, o.err)
	lines := strings.Split(strings.TrimSpace(o.out), "\n")
	require.NoError(t, json.Unmarshal([]byte(lines[len(lines)-1]), &r), o.out)
	return r
}

// A report waits for its sources until its deadline, and what it does then is as
// its series says.
func TestWaitingForData(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.watchful()
	for name, test := range map[string]func(*testing.T, *site){
		"the data come in time":            comesInTime,
		"the deadline passes":              comesNot,
		"held, and the data come":          heldUntilComplete,
		"held, and somebody proceeds":      heldUntilProceed,
		"held, and somebody waives":        heldUntilWaived,
		"not waited for, but asked to now": isAskedNow,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own := *s
			own.T = t
			test(t, &own)
		})
	}
}

func comesInTime(t *testing.T, s *site) {
	c := s.closes("in-time", time.Hour)
	c.scanned("R-1")
	c.promised(c.cutoff.Add(-2 * time.Hour))
	run := c.begun()
	w := c.waits(run, report.AwaitingData)
	require.Contains(t, w.Missing, "in-time attacks is complete only through")
	require.Contains(t, w.Note, "then it is issued, qualified")
	e := c.entry()
	require.Equal(t, report.AwaitingData, e.State)
	require.Equal(t, w.Missing, e.Detail)
	require.False(t, e.Late)

	recorded := c.promised(c.cutoff)
	r := receipt(t, run.wait())
	require.Equal(t, report.Issued, r.State)
	require.Equal(t, recorded, r.AsOf.UTC(), "the as-of is when the last promise was recorded")
	require.False(t, r.Late)
	require.Equal(t, report.Issued, c.entry().State)
}

func comesNot(t *testing.T, s *site) {
	c := s.closes("too-late", 15*time.Second)
	c.scanned("R-1")
	short := c.cutoff.Add(-2 * time.Hour)
	c.promised(short)
	run := c.begun()
	c.waits(run, report.AwaitingData)
	r := receipt(t, run.wait())
	require.Equal(t, report.IssuedQualified, r.State)
	require.Equal(t, c.deadline, r.AsOf.UTC(), "the as-of is the deadline")
	require.False(t, r.Late, "it was made as soon as the deadline had passed")
	page := s.files(r)["report.md"]
	require.Contains(t, page, "QUALIFIED")
	const day = `([A-Z][a-z]{2} )?` // named where it is not the window's last
	require.Regexp(t, "is complete only through "+day+short.Format("15:04"), page)
	require.Regexp(t, "waited until "+day+c.deadline.Format("15:04"), page)
}

func heldUntilComplete(t *testing.T, s *site) {
	c := s.closes("hold-complete", 0, "missing_data: hold")
	c.scanned("R-1")
	run := c.begun()
	require.Contains(t, c.waits(run, report.Held).Missing, "hold-complete has promised nothing")
	recorded := c.promised(c.cutoff)
	r := receipt(t, run.wait())
	require.Equal(t, report.Issued, r.State)
	require.Equal(t, recorded, r.AsOf.UTC())
	require.True(t, r.Late)
}

func heldUntilProceed(t *testing.T, s *site) {
	c := s.closes("hold-proceed", 10*time.Second, "missing_data: hold")
	c.scanned("R-1")
	c.promised(c.cutoff.Add(-time.Hour))
	run := c.begun()
	require.Contains(t, c.waits(run, report.AwaitingData).Note, "then it is held")
	require.Contains(t, c.waits(run, report.Held).Note, "starter proceed|waive --series hold-proceed")
	e := c.entry()
	require.Equal(t, report.Held, e.State)
	require.True(t, e.Late)
	require.Len(t, s.entries("--series", c.name, "--state", "held,failed"), 1)
	asked := s.temporal("workflow", "query", "--workflow-id", report.CycleID(c.name, c.date), "--type", report.QueryProgress, "--output", "json")
	require.Contains(t, asked, "held")
	require.Contains(t, asked, "hold-proceed attacks is complete only through")

	args := []string{"proceed", "--series", c.name, "--date", string(c.date), "--by", "m.ferrari", "--reason", "the feed is down"}
	require.Contains(t, s.must(args...), "by m.ferrari: the feed is down")
	r := receipt(t, run.wait())
	require.Equal(t, report.IssuedQualified, r.State)
	require.NotNil(t, r.Decision)
	require.Equal(t, "m.ferrari", r.Decision.By)
	require.Equal(t, "the feed is down", r.Decision.Reason)
	require.True(t, strings.HasPrefix(r.Decision.Identity, "os-user:"), r.Decision.Identity)
	require.Contains(t, s.files(r)["report.md"], "by decision of m.ferrari: the feed is down.")
	require.Contains(t, c.entry().Detail, "m.ferrari: the feed is down")

	// The ledger says so to whoever asks later, and there is nothing left to decide.
	require.Contains(t, s.must("run", "--series", c.name, "--date", string(c.date), "--wait"), "decided by m.ferrari: the feed is down")
	for _, verb := range []string{"proceed", "waive"} {
		o := s.starter(verb, "--series", c.name, "--date", string(c.date), "--reason", "again")
		require.Equal(t, 1, o.code, o.err)
		require.Contains(t, o.err, "is issued: nothing issued is ever changed")
	}
}

func heldUntilWaived(t *testing.T, s *site) {
	c := s.closes("hold-waive", 0, "missing_data: hold")
	run := c.begun()
	c.waits(run, report.Held)
	require.Contains(t, s.must("waive", "--series", c.name, "--date", string(c.date), "--by", "m.ferrari", "--reason", "the lab is closed"), "waived")
	r := settled(t, run.wait())
	require.Equal(t, report.Waived, r.State)
	require.Equal(t, "the lab is closed", r.Decision.Reason)
	e := c.entry()
	require.Equal(t, report.Waived, e.State)
	require.Equal(t, "m.ferrari: the lab is closed", e.Detail)
	require.False(t, e.Late)
	again := s.must("run", "--series", c.name, "--date", string(c.date), "--wait", "--output", filepath.Join(s.dir, "waived"))
	require.Equal(t, "already waived  hold-waive  "+string(c.date)+"   by m.ferrari: the lab is closed\n", again)
}

func isAskedNow(t *testing.T, s *site) {
	c := s.closes("now", time.Hour)
	c.scanned("R-1")
	o := s.starter("run", "--series", c.name, "--date", string(c.date), "--wait", "--as-of", "now", "--fail-if-qualified")
	require.Equal(t, 1, o.code, o.err)
	require.Contains(t, o.out, "qualified")
	before := c.cutoff.Add(-time.Minute).Format(time.RFC3339)
	o = s.starter("run", "--series", c.name, "--date", string(c.date), "--wait", "--as-of", before)
	require.Equal(t, 2, o.code, o.err)
	require.Contains(t, o.err, "--as-of "+before)
}

// A report that nobody has begun is waived in the database alone.
func TestWaivingWhileTemporalIsAway(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cal := s.owed("closed", "UTC", "first_day: 2026-08-03")
	away := func(args ...string) outcome {
		return command(t, s.dir, changed(s.environment(), "TEMPORAL_ADDRESS="+nowhere), "starter", args...)
	}
	waive := func(date report.Date, reason string) outcome {
		return away("waive", "--series", "closed", "--date", string(date), "--by", "m.ferrari", "--reason", reason)
	}
	o := waive("2026-08-05", "the lab is closed")
	require.Zero(t, o.code, o.err)
	require.Equal(t, "waived  closed  2026-08-05   by m.ferrari: the lab is closed\n", o.out)
	require.Contains(t, o.err, "not Temporal")
	o = waive("2026-08-05", "another reason")
	require.Zero(t, o.code, o.err)
	require.Contains(t, o.out, "the lab is closed", "the first decision stands")

	today := cal.Holding(time.Now())
	ahead := cal.Next(today)
	o = waive(ahead, "moving house")
	require.Zero(t, o.code, o.err)
	require.Contains(t, o.err, "lies ahead")

	for _, c := range []struct {
		name, date, reason string
		code               int
		says               string
	}{
		{"a Saturday", "2026-08-08", "closed", 2, "2026-08-10"},
		{"before the first day", "2026-07-31", "closed", 2, "2026-08-03"},
		{"far ahead", string(report.DateOf(time.Now().AddDate(0, 2, 0))), "closed", 2, ""},
		{"the last one", "last", "closed", 2, "in full"},
		{"no reason", "2026-08-06", "", 2, "reason"},
	} {
		o := waive(report.Date(c.date), c.reason)
		require.Equal(t, c.code, o.code, "%s: %s", c.name, o.err)
		require.Contains(t, o.err, c.says, c.name)
		require.Empty(t, o.out, c.name)
	}
	o = away("proceed", "--series", "closed", "--date", "2026-08-06", "--reason", "why not")
	require.Equal(t, 3, o.code, o.err)
	require.Contains(t, o.err, nowhere)

	// The ledger is there while Temporal is away.
	o = away("cycles", "--json", "--series", "closed", "--state", "waived")
	require.Zero(t, o.code, o.err)
	var waived []ledger.Entry
	require.NoError(t, json.Unmarshal([]byte(o.out), &waived))
	require.Equal(t, []report.Date{"2026-08-05", ahead}, dates(waived))
	conn := s.admin()
	tiled(t, conn, "closed")

	o = s.starter("proceed", "--series", "closed", "--date", "2026-08-06", "--reason", "why not")
	require.Equal(t, 1, o.code, o.err)
	require.Contains(t, o.err, "nobody has begun cob/closed/2026-08-06. Start it: starter run")
	s.worker()
	r := settled(t, s.run("closed", "2026-08-05").wait())
	require.Equal(t, report.Waived, r.State)
	require.True(t, r.Already)
	require.Equal(t, "m.ferrari", r.Decision.By)
}

// A cycle that was started and that no worker has taken is nobody's yet.
func TestWaivingBeforeAWorkerComes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.owed("early", "UTC", "first_day: 2026-08-03")
	about := []string{"--series", "early", "--date", "2026-08-05"}
	s.must(append([]string{"run"}, about...)...)
	o := s.starter(append([]string{"proceed", "--reason", "why not", "--timeout", "2s"}, about...)...)
	require.Equal(t, 3, o.code, o.err)
	require.Contains(t, o.err, "no worker polls task queue "+s.queue)
	s.must(append([]string{"waive", "--reason", "the lab is closed"}, about...)...)
	s.worker()
	r := settled(t, s.run("early", "2026-08-05").wait())
	require.Equal(t, report.Waived, r.State)
	require.Equal(t, "the lab is closed", r.Decision.Reason)
}

func dates(all []ledger.Entry) []report.Date {
	out := make([]report.Date, len(all))
	for i, e := range all {
		out[i] = e.Date
	}
	return out
}

// A backfill issues exactly the due dates of its range, each with its own window,
// as known when it was due.
func TestARangeIsIssued(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cal := s.owed("range", "Europe/London")
	last := s.sample(7)
	due := cal.Before(last, 6) // a weekend is among them
	conn := s.admin()
	s.worker()
	require.Empty(t, s.entries("--series", "range"), "what was due before the series was applied is not owed")

	from, to := due[0], due[5]
	o := s.starter("run", "--series", "range", "--from", string(from), "--to", string(to), "--wait", "--json")
	require.Zero(t, o.code, o.err)
	issued := map[report.Date]report.Receipt{}
	for line := range strings.Lines(o.out) {
		var r report.Receipt
		require.NoError(t, json.Unmarshal([]byte(line), &r), line)
		issued[r.BusinessDate] = r
	}
	require.Len(t, issued, 6)
	for _, d := range due {
		r := issued[d]
		require.Equal(t, report.Issued, r.State, d)
		cutoff := cal.Cutoff(d)
		require.True(t, !r.AsOf.Before(cutoff) && !r.AsOf.After(cutoff.Add(time.Hour)), "%s: as known when it was due: %s", d, r.AsOf)
	}
	require.Equal(t, 6, count(t, conn, `SELECT count(*) FROM cob.cycle WHERE series = 'range'`))
	require.Equal(t, 6, count(t, conn, `SELECT count(*) FROM cob.cycle WHERE series = 'range' AND as_of_rule = 'due' AND state = 'issued'`))
	tiled(t, conn, "range")
	listed := s.entries("--series", "range")
	require.Equal(t, due, dates(listed), "what was issued by hand is in the ledger, owed or not")

	t.Run("again", func(t *testing.T) {
		o := s.starter("run", "--series", "range", "--from", string(from), "--to", string(to), "--wait")
		require.Zero(t, o.code, o.err)
		rows := strings.Split(strings.TrimSpace(o.out), "\n")
		require.Len(t, rows, 7)
		require.Equal(t, "DATE\tSTATE\tREVISION\tLATE\tNOT-MEASURED", rows[0])
		for i, d := range due {
			late := ""
			if issued[d].Late {
				late = "late"
			}
			require.Equal(t, fmt.Sprintf("%s\tissued\t1\t%s\t%d", d, late, issued[d].Unmeasured), rows[i+1])
			require.Contains(t, o.err, string(d)+"  issued")
		}
		require.Equal(t, 6, count(t, conn, `SELECT count(*) FROM cob.revision`))
	})
	t.Run("not waited for", func(t *testing.T) {
		o := s.starter("run", "--series", "range", "--from", string(from), "--to", string(to))
		require.Zero(t, o.code, o.err)
		for _, d := range due {
			require.Contains(t, o.out, report.CycleID("range", d))
		}
	})
	t.Run("nothing is due", func(t *testing.T) {
		friday := slices.IndexFunc(due, func(d report.Date) bool { return d.Time().Weekday() == time.Friday })
		d := last
		if friday >= 0 {
			d = due[friday]
		} else {
			for d.Time().Weekday() != time.Friday {
				d = cal.Previous(d)
			}
		}
		saturday, sunday := report.DateOf(d.Time().AddDate(0, 0, 1)), report.DateOf(d.Time().AddDate(0, 0, 2))
		o := s.starter("run", "--series", "range", "--from", string(saturday), "--to", string(sunday), "--wait")
		require.Equal(t, 2, o.code, o.err)
		require.Contains(t, o.err, string(d))
		require.Contains(t, o.err, string(cal.Next(d)))
		ahead := cal.Next(cal.Holding(time.Now()))
		o = s.starter("run", "--series", "range", "--from", string(ahead), "--to", string(cal.Next(ahead)))
		require.Equal(t, 2, o.code, o.err)
		require.Contains(t, o.err, "lies ahead")
	})
	t.Run("acknowledged", func(t *testing.T) { acknowledged(t, s, last) })
}

// tiled requires that recorded windows follow one another.
func tiled(t testing.TB, conn *pgx.Conn, series string) {
	t.Helper()
	require.Zero(t, count(t, conn, `SELECT count(*) FROM (
		SELECT window_start, lag(window_end) OVER (ORDER BY business_date) AS before FROM cob.cycle WHERE series = $1) w
		WHERE before <> window_start`, series))
}

func acknowledged(t *testing.T, s *site, date report.Date) {
	ack := func(args ...string) outcome {
		return s.starter(append([]string{"ack", "--series", "range"}, args...)...)
	}
	o := ack("--date", string(date), "--by", "s.lindqvist", "--note", "read on the train")
	require.Zero(t, o.code, o.err)
	require.Contains(t, o.out, "acknowledged  range  "+string(date)+"  revision 1   by s.lindqvist")
	o = ack("--date", string(date), "--json")
	require.Zero(t, o.code, o.err)
	require.Contains(t, o.err, "s.lindqvist acknowledged it before")
	var second struct{ By, Identity string }
	require.NoError(t, json.Unmarshal([]byte(o.out), &second))
	require.Equal(t, "os-user:"+second.By, second.Identity)
	require.Equal(t, 2, count(t, s.admin(), `SELECT count(*) FROM cob.acknowledgement WHERE identity LIKE 'os-user:%'`))

	e := s.entries("--series", "range", "--from", string(date), "--to", string(date))[0]
	require.Equal(t, "s.lindqvist", e.AcknowledgedBy, "the first one counts")
	require.NotNil(t, e.AcknowledgedAt)
	for _, c := range []struct{ date, says string }{
		{"2026-08-05", "nobody has begun"}, {"2026-08-08", "2026-08-10"}, {"last", "in full"},
	} {
		o := ack("--date", c.date, "--by", "s.lindqvist")
		require.Equal(t, 2, o.code, o.err)
		require.Contains(t, o.err, c.says)
	}
}

// A day that is issued long afterwards, from the same rows, has the facts that
// it would have had that evening: to the digest.
func TestABackfilledDayIsTheEvenings(t *testing.T) {
	t.Parallel()
	evening := newSite(t)
	evening.watchful()
	c := evening.closes("evening", time.Hour)
	first := c.scanned("R-1")
	run := c.begun()
	c.waits(run, report.AwaitingData)
	promised := c.promised(c.cutoff)
	live := receipt(t, run.wait())
	afterwards := c.scanned("R-2") // comes after the report

	later := c
	later.site = newSite(t)
	later.must("calendar", "apply", filepath.Join(evening.dir, "always.yaml"))
	later.must("series", "apply", c.file)
	at := func(t time.Time) string { return t.Format(time.RFC3339Nano) }
	later.scanned("R-1", "--recorded-at", at(first))
	later.promised(c.cutoff, "--recorded-at", at(promised))
	later.scanned("R-2", "--recorded-at", at(afterwards))
	later.worker()
	require.Equal(t, int64(8), later.facts(c.name, c.date).value("attack.hits"), "as known now")
	due := later.must("facts", "--series", c.name, "--date", string(c.date), "--as-of", "due", "--id", "attack.hits")
	require.Contains(t, due, "attack.hits\t4\t")

	o := later.starter("run", "--series", c.name, "--from", string(c.date), "--to", string(c.date), "--wait", "--json")
	backfilled := receipt(t, o)
	require.Equal(t, live.AsOf, backfilled.AsOf)
	require.Equal(t, live.Facts, backfilled.Facts, "the same facts, to the digest")
	require.Equal(t, int64(4), later.facts(c.name, c.date).value("attack.hits"))
}

// What is owed is listed until it is issued or waived; nothing is owed on
// weekends and holidays, nor before the first day.
func TestWhatIsOwedIsListed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	path := filepath.Join(s.dir, "house.yaml")
	require.NoError(t, os.WriteFile(path, []byte("name: house\nholidays:\n  days: {2026-08-05: Founders' day}\n"), 0o600))
	s.must("calendar", "apply", path)
	s.owed("owing", "Europe/London", "first_day: 2026-08-03", "calendar: house", "catch_up: 24h")
	all := s.entries("--from", "2026-07-27", "--to", "2026-08-11")
	require.Equal(t, []report.Date{"2026-08-03", "2026-08-04", "2026-08-06", "2026-08-07", "2026-08-10", "2026-08-11"}, dates(all))
	for _, e := range all {
		require.Equal(t, report.Missed, e.State, "its catch-up has passed")
		require.True(t, e.Late)
	}
	require.Equal(t, report.Date("2026-08-03"), s.entries()[0].Date, "unsettled ones are listed however old they are")
	require.Empty(t, s.entries("--state", "issued,waived"))
	require.NotEmpty(t, s.entries("--state", "late"))
	for _, c := range []struct{ date, why, instead string }{
		{"2026-08-05", "Founders' day", "2026-08-06"}, {"2026-08-08", "Saturday", "2026-08-10"},
	} {
		o := s.starter("run", "--series", "owing", "--date", c.date, "--wait")
		require.Equal(t, 2, o.code, o.err)
		require.Contains(t, o.err, c.why)
		require.Contains(t, o.err, c.instead)
	}
	o := s.starter("cycles", "--state", "lost")
	require.Equal(t, 2, o.code, o.err)
	require.Contains(t, o.err, "awaiting_data")
	require.Contains(t, o.err, "unacknowledged")
	header, _, _ := strings.Cut(s.must("cycles"), "\n")
	require.Equal(t, "SERIES\tDATE\tSTATE\tLATE\tCUTOFF\tAS-OF\tREVISION\tISSUED\tACKNOWLEDGED\tDETAIL", header)

	// A date before the first day may be issued by hand all the same.
	s.worker()
	require.NotZero(t, s.issue("owing", "2026-07-30").Revision)
	require.Equal(t, []report.Date{"2026-07-30", "2026-08-03"}, dates(s.entries("--from", "2026-07-27", "--to", "2026-08-03")))
}
