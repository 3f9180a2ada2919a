package activities_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/activities"
	"github.com/closeofbusiness/cob/dev/testserver"
	"github.com/closeofbusiness/cob/ingest/sample"
	"github.com/closeofbusiness/cob/report"
)

// feeds are the sample's sources with a figure that nobody may read without.
var feeds = map[string]string{
	sample.Attacks: "attack.success_rate", sample.Findings: "findings.open", sample.Incidents: "incidents.open",
	sample.Health: "health.availability", sample.Actions: "actions.open",
}

// With one source withheld no unqualified report is possible, whichever it is:
// the report says so, and asserts nothing about what that source tells.
func TestNoSourceCanBeWithheldUnseen(t *testing.T) {
	t.Parallel()
	for source, metric := range feeds {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			b, d := sampled(t, source)
			opened := run[activities.Opened](b, b.a.Open, report.Request{Series: name, BusinessDate: d, AsOf: report.AsOfDue})
			require.NotNil(t, opened.Known, "its deadline has passed")
			row, err := b.a.Store.Cycle(t.Context(), name, d.Time())
			require.NoError(t, err)
			require.Equal(t, row.Deadline.UTC(), opened.Known.AsOf, "it was waited for until the deadline")

			r := activities.Revision{Series: name, BusinessDate: d, Revision: 1}
			fetched := run[activities.Fetched](b, b.a.Fetch, r)
			require.True(t, fetched.Qualified)
			analysed := run[activities.Analysed](b, b.a.Analyse, activities.ToAnalyse{Revision: r, Facts: fetched.Facts})
			composed := run[activities.Composed](b, b.a.Compose, activities.ToCompose{Revision: r, Facts: fetched.Facts, Narratives: analysed.Narratives})
			require.NotEmpty(t, composed.Formats)
			for _, f := range composed.Formats {
				run[report.Artifact](b, b.a.Render, activities.ToRender{Revision: r, Document: composed.Document, Format: f})
			}
			require.Equal(t, report.IssuedQualified, run[activities.Issued](b, b.a.Issue, r).State)
			b.requireUnmeasured(d, metric)
		})
	}
}

// sampled is a bench with the sample of three days, but for what one source
// brought on the last.
func sampled(t *testing.T, withheld string) (*bench, report.Date) {
	t.Helper()
	database := testserver.New(t)
	b := benchOn(t, database)
	loaded, err := sample.Load(t.Context(), b.a.Store.Pool, sample.Options{BusinessDays: 3})
	require.NoError(t, err)
	owner, err := pgx.Connect(t.Context(), database.OwnerURL)
	require.NoError(t, err)
	defer owner.Close(t.Context())
	tag, err := owner.Exec(t.Context(), `SELECT ops.erase(id, 'withheld', 'test') FROM ops.batch
		WHERE source = $1 AND recorded_at >= $2 ORDER BY recorded_at DESC`, withheld, loaded.Until.Time())
	require.NoError(t, err)
	require.NotZero(t, tag.RowsAffected())
	return b, loaded.Until
}

// requireUnmeasured reads the delivered text: it says what falls short, and
// gives no figure of that metric.
func (b *bench) requireUnmeasured(d report.Date, metric string) {
	b.t.Helper()
	receipt, err := activities.Receipt(b.t.Context(), b.a.Store, name, d)
	require.NoError(b.t, err)
	for _, f := range receipt.Artifacts {
		digest, err := f.Ref.Digest()
		require.NoError(b.t, err)
		body, err := b.a.Store.Content(b.t.Context(), digest)
		require.NoError(b.t, err)
		if f.Format != "pdf" { // its text is compressed
			require.Contains(b.t, strings.ToUpper(string(body)), "QUALIFIED", f.FileName)
		}
	}
	facts, err := receipt.Facts.Digest()
	require.NoError(b.t, err)
	body, err := b.a.Store.Content(b.t.Context(), facts)
	require.NoError(b.t, err)
	for _, f := range factsIn(b.t, body) {
		if f.ID == metric {
			require.False(b.t, f.Measured(), "%s is measured", f.Key())
			require.NotEmpty(b.t, f.Reason)
		}
	}
}

// What arrives before the deadline lets the report go; what arrives later
// changes nothing that was issued.
func TestAwaitLooksUntilTheDataIsThere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.series("deadline: 168h", "sources: [late-feed]")
	opened := run[activities.Opened](b, b.a.Open, b.soon())
	require.Nil(t, opened.Known)
	require.Equal(t, "late-feed has promised nothing", opened.Missing)
	require.Equal(t, "awaiting_data", b.state())
	require.ErrorContains(t, refused(b, b.a.Await, b.cycle()), "late-feed has promised nothing")

	b.promise("late-feed", b.cutoff())
	known := twice[activities.Known](b, b.a.Await, b.cycle())
	require.False(t, known.Late)
	require.Equal(t, "open", b.state())
	require.WithinDuration(t, time.Now(), known.AsOf, time.Minute)
	b.promise("late-feed", b.cutoff().Add(time.Hour))
	require.Equal(t, known, run[activities.Known](b, b.a.Await, b.cycle()))
}

func TestDecisionsAreRecorded(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.series("deadline: 168h", "sources: [late-feed]")
	run[activities.Opened](b, b.a.Open, b.soon())
	jo := report.Decision{By: "jo", Reason: "feed down", Identity: "os-user:jo"}
	in := activities.ToDecide{Series: name, BusinessDate: b.soon().BusinessDate, What: report.UpdateProceed, Decision: jo}
	decided := twice[activities.Decided](b, b.a.Decide, in)
	require.NotNil(t, decided.Known)
	row, err := b.a.Store.Cycle(t.Context(), name, in.BusinessDate.Time())
	require.NoError(t, err)
	require.Equal(t, []string{"proceed", "jo", "feed down", "os-user:jo", "open"},
		[]string{row.AsOfRule, row.DecidedBy, row.DecidedReason, row.DecidedIdentity, row.State})
	require.ErrorContains(t, refused(b, b.a.Decide, activities.ToDecide{Series: name, BusinessDate: in.BusinessDate, What: "waive"}), "by is needed")
}

func TestAWaivedCycleIsNotMade(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.series("deadline: 168h", "sources: [late-feed]")
	run[activities.Opened](b, b.a.Open, b.soon())
	in := activities.ToDecide{Series: name, BusinessDate: b.soon().BusinessDate, What: report.UpdateWaive, Decision: report.Decision{By: "jo", Reason: "closed"}}
	decided := twice[activities.Decided](b, b.a.Decide, in)
	require.Equal(t, report.Waived, decided.Receipt.State)
	again := run[activities.Opened](b, b.a.Open, b.soon())
	require.Equal(t, report.Waived, again.Receipt.State)
	require.Equal(t, "jo", again.Receipt.Decision.By)
}

func TestHeldUntilComplete(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.series("deadline: 1h", "sources: [late-feed]", "missing_data: hold")
	opened := run[activities.Opened](b, b.a.Open, report.Request{Series: name, BusinessDate: "2026-11-19"})
	require.Nil(t, opened.Known, "also by hand, long after its deadline")
	in := activities.Cycle{Series: name, BusinessDate: "2026-11-19"}
	require.True(t, run[activities.Known](b, b.a.Await, in).Held)
	in.Held = true
	require.ErrorContains(t, refused(b, b.a.Await, in), "late-feed has promised nothing")
	b.promise("late-feed", time.Date(2026, 11, 19, 17, 0, 0, 0, time.UTC))
	known := run[activities.Known](b, b.a.Await, in)
	require.True(t, known.Late)
	require.WithinDuration(t, time.Now(), known.AsOf, time.Minute)
}

// The rule "due" finds the instant that the evening had, whenever it is asked.
func TestTheAsOfOfABackfill(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.series("deadline: 1h", "sources: [findings]")
	known := run[activities.Opened](b, b.a.Open, b.due("2026-11-18")).Known
	require.Equal(t, "2026-11-18T18:00:00Z", known.AsOf.Format(time.RFC3339), "the promise came after the deadline")
	require.True(t, known.Late)
	now := run[activities.Opened](b, b.a.Open, report.Request{Series: name, BusinessDate: "2026-11-17"}).Known
	require.WithinDuration(t, time.Now(), now.AsOf, time.Minute, "by hand, a date that nobody began uses what is known now")
	at := report.Request{Series: name, BusinessDate: "2026-11-16", AsOf: "2026-11-16T17:30:00Z"}
	require.Equal(t, "2026-11-16T17:30:00Z", run[activities.Opened](b, b.a.Open, at).Known.AsOf.Format(time.RFC3339))
	at.BusinessDate, at.AsOf = "2026-11-13", "2026-11-13T16:59:59Z"
	require.ErrorContains(t, refused(b, b.a.Open, at), "between the cutoff")
}

// Of a series that owes the latest only, what a schedule catches up on is
// waived but for the latest; what somebody asks for is made.
func TestLatestOnlyCollapsesWhatWasMissed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.series("missed: latest_only")
	scheduled := b.due("2026-11-16")
	scheduled.RequestedBy = report.BySchedule
	r := run[activities.Opened](b, b.a.Open, scheduled).Receipt
	require.Equal(t, report.Waived, r.State)
	require.Contains(t, r.Decision.Reason, "latest_only")
	require.Nil(t, run[activities.Opened](b, b.a.Open, b.due("2026-11-17")).Receipt)
	scheduled.BusinessDate = b.latest()
	require.Nil(t, run[activities.Opened](b, b.a.Open, scheduled).Receipt)
}

func TestABlackoutWithholdsTheDelivery(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.calendar(`{"name":"uk","week":["mon","tue","wed","thu","fri"],"blackouts":[{"from":"2026-11-19","to":"2026-11-19","do":"no_delivery","reason":"mail migration"}]}`)
	b.series("calendar: uk")
	_, receipt := issue(b)
	require.Equal(t, report.Withheld, receipt.Deliveries[0].State)
	require.Equal(t, "blackout: mail migration", receipt.Deliveries[0].Detail)
}
