package ledger_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/dev/testserver"
	"github.com/closeofbusiness/cob/ledger"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/calendar"
)

const name = "daily"

// book is a database with one series.
type book struct {
	*testing.T
	store    *db.Store
	versions int32
	days     int32
}

func newBook(t *testing.T, lines ...string) *book {
	t.Helper()
	store, err := db.Open(t.Context(), db.Config{URL: testserver.New(t).AppURL})
	require.NoError(t, err)
	t.Cleanup(store.Close)
	spec := []byte("name: daily-security")
	sum := sha256.Sum256(spec)
	require.NoError(t, store.InsertTemplate(t.Context(), db.InsertTemplateParams{Name: "daily-security", Version: "1.0.0", Spec: spec, Sha256: sum[:], AppliedBy: "test"}))
	b := &book{T: t, store: store}
	b.apply(lines...)
	return b
}

// apply applies a series file with some lines of its own.
func (b *book) apply(lines ...string) {
	b.Helper()
	text := "name: " + name + "\ntemplate: daily-security\ncutoff: \"17:00\"\ntime_zone: Europe/London\n" + strings.Join(lines, "\n")
	sum := sha256.Sum256([]byte(text))
	b.versions++
	require.NoError(b, b.store.InsertSeries(b.Context(), db.InsertSeriesParams{Name: name, Version: b.versions, Spec: []byte(text), Sha256: sum[:], AppliedBy: "test"}))
}

// close applies a calendar "uk" with these holidays.
func (b *book) close(holidays ...report.Date) {
	b.Helper()
	days := calendar.Standard()
	days.Name, days.Holidays = "uk", map[report.Date]string{}
	for _, d := range holidays {
		days.Holidays[d] = "closed"
	}
	text, err := days.Canonical()
	require.NoError(b, err)
	sum := sha256.Sum256(text)
	b.days++
	require.NoError(b, b.store.InsertCalendar(b.Context(), db.InsertCalendarParams{Name: "uk", Version: b.days, Spec: text, Sha256: sum[:], AppliedBy: "test"}))
}

func (b *book) plan() *ledger.Plan {
	b.Helper()
	p, err := ledger.Load(b.Context(), b.store.Queries, name)
	require.NoError(b, err)
	return p
}

// record fixes a date's window.
func (b *book) record(d report.Date) error {
	return b.store.InTx(b.Context(), pgx.TxOptions{}, func(q *db.Queries) error { return b.plan().Record(b.Context(), q, d) })
}

// windows lists what is recorded, and requires that it tiles time.
func (b *book) windows() (dates []report.Date) {
	b.Helper()
	rows, err := b.store.RecordedWindows(b.Context(), name)
	require.NoError(b, err)
	for i, r := range rows {
		dates = append(dates, report.DateOf(r.BusinessDate))
		require.True(b, r.WindowStart.Before(r.WindowEnd))
		if i > 0 {
			require.Equal(b, rows[i-1].WindowEnd, r.WindowStart, "%s begins where the one before it ends", r.BusinessDate)
		}
	}
	return dates
}

// move changes a cycle's state.
func (b *book) move(d report.Date, state report.State) error {
	_, err := b.store.Pool.Exec(b.Context(), `UPDATE cob.cycle SET state = $1, template = 'daily-security', template_version = '1.0.0',
		opened_at = coalesce(opened_at, now()), decided_by = 'jo', decided_reason = 'because' WHERE series = $2 AND business_date = $3`, string(state), name, d.Time())
	return err
}

func TestRecordingFillsWhatLiesBetween(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	require.NoError(t, b.record("2026-11-10"))
	require.NoError(t, b.record("2026-11-16"))
	require.NoError(t, b.record("2026-11-06"))
	require.NoError(t, b.record("2026-11-12"), "it is recorded")
	require.Equal(t, []report.Date{"2026-11-06", "2026-11-09", "2026-11-10", "2026-11-11", "2026-11-12", "2026-11-13", "2026-11-16"}, b.windows())
	require.ErrorIs(t, b.record("2026-11-14"), report.ErrNotDue)
	require.ErrorContains(t, b.record("2026-11-14"), "2026-11-16")
}

// A calendar that changes never rewrites what is recorded, and leaves no gap
// and no overlap beside it.
func TestACalendarChangeGoesOnFromWhatIsRecorded(t *testing.T) {
	t.Parallel()
	b := newBook(t, "calendar: uk")
	b.close()
	require.NoError(t, b.record("2026-11-12"))
	b.close("2026-11-12", "2026-11-13", "2026-11-11")
	require.ErrorIs(t, b.record("2026-11-13"), report.ErrNotDue)
	require.NoError(t, b.record("2026-11-12"), "it stays due")
	require.NoError(t, b.record("2026-11-17"))
	require.Equal(t, []report.Date{"2026-11-12", "2026-11-16", "2026-11-17"}, b.windows())
	b.apply("calendar: uk", `due: weekly fri`)
	require.NoError(t, b.record("2026-11-27"))
	require.NoError(t, b.record("2026-11-06"))
	// The 10th is that week's last business day before its Friday.
	require.Equal(t, []report.Date{"2026-11-06", "2026-11-10", "2026-11-12", "2026-11-16", "2026-11-17", "2026-11-20", "2026-11-27"}, b.windows())
	require.True(t, b.plan().Calendar.Due("2026-11-12"))
}

// The database itself refuses windows that don't tile.
func TestTheDatabaseRefusesAGap(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	require.NoError(t, b.record("2026-11-10"))
	insert := func(d, from, to string) error {
		_, err := b.store.Pool.Exec(t.Context(), `INSERT INTO cob.cycle (series, business_date, series_version, window_start, window_end, deadline, state)
			VALUES ($1, $2, 1, $3, $4, $4, 'owed')`, name, d, from, to)
		return err
	}
	require.ErrorContains(t, insert("2026-11-11", "2026-11-10T18:00Z", "2026-11-11T17:00Z"), "the one before it ends")
	require.ErrorContains(t, insert("2026-11-09", "2026-11-08T17:00Z", "2026-11-09T16:00Z"), "the one after it begins")
	require.NoError(t, insert("2026-11-11", "2026-11-10T17:00Z", "2026-11-11T17:00Z"))
}

// Every pair of states: the database takes what the table of transitions holds
// and refuses all else.
func TestTransitionsAreEnforced(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	rows, err := b.store.Transitions(t.Context())
	require.NoError(t, err)
	ways := map[report.State][]report.State{}
	for _, r := range rows {
		ways[report.State(r.FromState)] = append(ways[report.State(r.FromState)], report.State(r.ToState))
	}
	d := report.Date("2000-01-03")
	for _, from := range report.States() {
		for _, to := range report.States() {
			require.NoError(t, b.record(d))
			for _, step := range path(t, ways, from) {
				require.NoError(t, b.move(d, step), "to %s", step)
			}
			err := b.move(d, to)
			if from == to || contains(ways[from], to) {
				require.NoError(t, err, "%s to %s", from, to)
			} else {
				require.ErrorContains(t, err, fmt.Sprintf("is %s: it cannot become %s", from, to))
			}
			d = b.plan().Calendar.Next(d)
		}
	}
}

// path is the shortest way from owed to a state.
func path(t *testing.T, ways map[report.State][]report.State, to report.State) []report.State {
	t.Helper()
	reached := map[report.State][]report.State{report.Owed: {}}
	for queue := []report.State{report.Owed}; len(queue) > 0; queue = queue[1:] {
		for _, next := range ways[queue[0]] {
			if _, seen := reached[next]; !seen {
				reached[next] = append(append([]report.State{}, reached[queue[0]]...), next)
				queue = append(queue, next)
			}
		}
	}
	require.Contains(t, reached, to)
	return reached[to]
}

func contains(list []report.State, s report.State) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

func TestEveryChangeIsLogged(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	require.NoError(t, b.record("2026-11-10"))
	require.NoError(t, b.move("2026-11-10", report.Waived))
	events, err := b.store.CycleEvents(t.Context(), name, report.Date("2026-11-10").Time())
	require.NoError(t, err)
	require.Len(t, events, 2)
	require.Equal(t, []string{"", "owed", "owed", "waived"}, []string{events[0].FromState, events[0].ToState, events[1].FromState, events[1].ToState})
	require.Equal(t, []string{"jo", "because"}, []string{events[1].By, events[1].Reason})
	_, err = b.store.Pool.Exec(t.Context(), `INSERT INTO cob.cycle_event (series, business_date, from_state, to_state) VALUES ('daily', '2026-11-10', 'owed', 'open')`)
	require.ErrorContains(t, err, "permission denied")
}

func TestEntriesAreCalendarTimesSeries(t *testing.T) {
	t.Parallel()
	b := newBook(t, "calendar: uk", "first_day: 2026-11-10", "catch_up: 72h", "acknowledge_within: 1h")
	b.close("2026-11-12")
	require.NoError(t, b.record("2026-11-06"), "not owed yet, and recorded by hand")
	require.NoError(t, b.record("2026-11-13"))
	require.NoError(t, b.move("2026-11-13", report.Waived))
	now := time.Date(2026, 11, 17, 17, 30, 0, 0, time.UTC)
	p := b.plan()
	entries, err := p.Entries(t.Context(), b.store.Queries, "2026-11-01", "2026-12-01", now)
	require.NoError(t, err)
	got := map[report.Date]report.State{}
	for _, e := range entries {
		got[e.Date] = e.State
	}
	require.Equal(t, map[report.Date]report.State{
		"2026-11-10": report.Missed, "2026-11-11": report.Missed, // the 12th is a holiday
		"2026-11-13": report.Waived, "2026-11-16": report.Owed, "2026-11-17": report.Owed,
	}, got)
	last := entries[len(entries)-1]
	require.False(t, last.Late, "its deadline is at 18:00")
	require.True(t, entries[len(entries)-2].Late)
	require.Equal(t, "jo: because", entries[2].Detail)

	require.NoError(t, p.Miss(t.Context(), b.store, "2026-11-10"))
	require.NoError(t, p.Miss(t.Context(), b.store, "2026-11-10"))
	c, err := b.store.Cycle(t.Context(), name, report.Date("2026-11-10").Time())
	require.NoError(t, err)
	require.Equal(t, "missed", c.State)
}

func TestTheFirstDayIsTheFirstCutoffAfterTheSeriesWasApplied(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	since, err := b.store.SeriesSince(t.Context(), name)
	require.NoError(t, err)
	p := b.plan()
	require.Equal(t, p.Calendar.Holding(since), p.FirstDay)
	entries, err := p.Entries(t.Context(), b.store.Queries, "2020-01-01", "2099-01-01", since)
	require.NoError(t, err)
	require.Empty(t, entries)
}
