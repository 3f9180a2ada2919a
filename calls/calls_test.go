package calls_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/calls"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/dev/testserver"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/analysis/provider"
)

const day = report.Date("2026-11-19")

// asker answers as it is told to, and remembers when it was asked.
type asker struct {
	mutex  sync.Mutex
	asked  []time.Time
	answer func(n int, q provider.Question) (provider.Answer, error)
}

func (a *asker) Request(q provider.Question) ([]byte, error) {
	return []byte(`{"ask":"` + q.Data + `"}`), nil
}

func (a *asker) Ask(_ context.Context, q provider.Question) (provider.Answer, error) {
	a.mutex.Lock()
	a.asked = append(a.asked, time.Now())
	n := len(a.asked)
	a.mutex.Unlock()
	if a.answer == nil {
		return provider.Answer{Text: "fine", Model: "m-1", Status: 200, InputTokens: 100, OutputTokens: 10, Response: []byte(`{"n":1}`)}, nil
	}
	return a.answer(n, q)
}

// office is a database with one cycle that is being made, and a desk on it.
type office struct {
	*testing.T
	database testserver.Database
	store    *db.Store
	asker    *asker
	limits   calls.Limits
	price    calls.Price
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{T: t, database: testserver.New(t), asker: &asker{}, limits: calls.Limits{Calls: 100, Per: time.Minute, Timeout: 5 * time.Second, Attempts: 3}}
	o.store = o.open()
	spec := []byte("spec")
	sum := sha256.Sum256(spec)
	require.NoError(t, o.store.InsertTemplate(t.Context(), db.InsertTemplateParams{Name: "t", Version: "1.0.0", Spec: spec, Sha256: sum[:], AppliedBy: "test"}))
	require.NoError(t, o.store.InsertSeries(t.Context(), db.InsertSeriesParams{Name: "s", Version: 1, Spec: spec, Sha256: sum[:], AppliedBy: "test"}))
	end := day.Time().Add(17 * time.Hour)
	_, err := o.store.Pool.Exec(t.Context(), `INSERT INTO cob.cycle (series, business_date, series_version, window_start, window_end, deadline, state)
		VALUES ('s', $1, 1, $2, $3, $3, 'owed')`, day.Time(), end.AddDate(0, 0, -1), end)
	require.NoError(t, err)
	return o
}

// open is another worker's connection.
func (o *office) open() *db.Store {
	o.Helper()
	store, err := db.Open(o.Context(), db.Config{URL: o.database.AppURL, Conns: 8})
	require.NoError(o, err)
	o.Cleanup(store.Close)
	return store
}

func (o *office) desk(store *db.Store) *calls.Desk {
	return calls.New(store, calls.Provider{Name: "house", Kind: "openai", Model: "m", Asker: o.asker, AnswerTokens: 1000, Price: o.price, Limits: o.limits})
}

func (o *office) make(round int) (calls.Made, error) {
	return o.desk(o.store).Make(o.Context(), draft(round))
}

func draft(round int) calls.Call {
	return calls.Call{Provider: "house", Purpose: calls.Draft, Series: "s", BusinessDate: day, Revision: 1, Block: "summary", Round: round,
		Question: provider.Question{Data: "facts", SchemaName: "narrative"}}
}

func (o *office) rows() []db.CobAiCall {
	o.Helper()
	series, date, revision := "s", day.Time(), int32(1)
	rows, err := o.store.CallsOfRevision(o.Context(), &series, &date, &revision)
	require.NoError(o, err)
	return rows
}

func TestACallLeavesARow(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.price = calls.Price{Input: 2, Output: 10}
	o.asker.answer = func(_ int, q provider.Question) (provider.Answer, error) {
		rows := o.rows()
		require.Len(t, rows, 1, "it is there before the call")
		require.Equal(t, "calling", rows[0].Outcome)
		require.Equal(t, q.RequestID, rows[0].ID)
		require.EqualValues(t, len(`{"ask":"facts"}`)/3+1000, rows[0].ChargedTokens, "reserved")
		return provider.Answer{Text: "said", Model: "m-2026\x1b", RequestID: "req_1", FinishReason: "stop", Status: 200, InputTokens: 100, OutputTokens: 10, Response: []byte("body")}, nil
	}
	made, err := o.make(1)
	require.NoError(t, err)
	require.NoError(t, o.desk(o.store).Judge(t.Context(), made.ID, false, "claim 1: digit"))
	row := o.rows()[0]
	require.Equal(t, "answered", row.Outcome)
	require.Equal(t, []string{"house", "openai", "m", "m-2026", "req_1", "stop", "draft", "refused", "claim 1: digit"},
		[]string{row.Provider, row.Kind, row.Model, row.AnsweredBy, row.ProviderRequestID, row.FinishReason, row.Purpose, row.Verdict, row.Complaint})
	require.EqualValues(t, 110, row.ChargedTokens)
	require.EqualValues(t, 300, row.ChargedMicrousd, "100 tokens at 2 and 10 at 10 millionths")
	require.JSONEq(t, `{"answer_tokens":1000,"schema":"narrative","timeout":"5s"}`, row.Parameters)
	for digest, want := range map[string]string{string(row.RequestSha256): `{"ask":"facts"}`, string(row.ResponseSha256): "body", string(row.AnswerSha256): "said"} {
		body, err := o.store.Content(t.Context(), []byte(digest))
		require.NoError(t, err)
		require.Equal(t, want, string(body))
	}
	turns, err := o.desk(o.store).Turns(t.Context(), draft(2))
	require.NoError(t, err)
	require.Equal(t, []provider.Turn{{Answer: "said", Complaint: "claim 1: digit"}}, turns)
	again, answered, err := o.desk(o.store).Answered(t.Context(), draft(1))
	require.NoError(t, err)
	require.True(t, answered, "what was paid for is not asked again")
	require.Equal(t, made.ID, again.ID)
	_, answered, err = o.desk(o.store).Answered(t.Context(), draft(2))
	require.NoError(t, err)
	require.False(t, answered)
}

func TestACheckLeavesARowToo(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, err := o.desk(o.store).Make(t.Context(), calls.Call{Provider: "house", Purpose: calls.Check, Question: provider.Question{Data: "x"}})
	require.NoError(t, err)
	var n int
	require.NoError(t, o.store.Pool.QueryRow(t.Context(), `SELECT count(*) FROM cob.ai_call WHERE purpose = 'check' AND series IS NULL AND outcome = 'answered'`).Scan(&n))
	require.Equal(t, 1, n)
}

// Two workers, thirty calls: never more than so many in any window.
func TestTheRateLimitIsExactOverWorkers(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.limits.Calls, o.limits.Per = 10, 2*time.Second
	o.asker.answer = func(n int, _ provider.Question) (provider.Answer, error) {
		time.Sleep(time.Duration(n%5) * 20 * time.Millisecond) // some answers are slow
		if n%7 == 0 {
			return provider.Answer{}, &provider.Failure{Code: provider.CodeServer, Retry: true}
		}
		return provider.Answer{Text: "fine"}, nil
	}
	stores := []*db.Store{o.store, o.open()}
	var all sync.WaitGroup
	for i := range 30 {
		all.Go(func() {
			for {
				_, err := o.desk(stores[i%2]).Make(t.Context(), calls.Call{Provider: "house", Purpose: calls.Check})
				var wait *calls.Wait
				if !errors.As(err, &wait) {
					return
				}
				time.Sleep(wait.For)
			}
		})
	}
	all.Wait()
	require.Len(t, o.asker.asked, 30)
	slices.SortFunc(o.asker.asked, time.Time.Compare)
	for i := 10; i < 30; i++ {
		require.GreaterOrEqual(t, o.asker.asked[i].Sub(o.asker.asked[i-10]), o.limits.Per, "calls %d to %d", i-10, i)
	}
}

func TestAttempts(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.asker.answer = func(n int, _ provider.Question) (provider.Answer, error) {
		f := &provider.Failure{Code: provider.CodeServer, Retry: true, Status: 500}
		if n == 2 {
			f = &provider.Failure{Code: provider.CodeRateLimited, Retry: true, Waits: true, RetryAfter: time.Second, Status: 429}
		}
		return provider.Answer{Status: f.Status}, f
	}
	for n, want := range []struct {
		attempt int
		last    bool
	}{{1, false}, {2, false}, {2, false}, {3, true}} {
		_, err := o.make(1)
		var failed *calls.Failed
		require.ErrorAs(t, err, &failed)
		require.Equal(t, want.attempt, failed.Attempt, "call %d", n)
		require.Equal(t, want.last, failed.Last, "call %d", n)
	}
	_, err := o.make(1)
	var refused *calls.Refused
	require.ErrorAs(t, err, &refused)
	require.EqualError(t, err, "3 attempts were made")
	require.Len(t, o.asker.asked, 4)
	var counted []bool
	for _, r := range o.rows() {
		counted = append(counted, r.Counts)
	}
	require.Equal(t, []bool{true, false, true, true}, counted, "asked to wait: no attempt")
	_, err = o.make(2)
	require.ErrorAs(t, err, new(*calls.Failed), "a repair has attempts of its own")
}

// A provider that asks to wait longer than the deadline has used up an attempt.
func TestAWaitBeyondTheDeadlineCounts(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.asker.answer = func(int, provider.Question) (provider.Answer, error) {
		return provider.Answer{}, &provider.Failure{Code: provider.CodeRateLimited, Retry: true, Waits: true, RetryAfter: time.Hour}
	}
	c := draft(1)
	c.Before = time.Now().Add(time.Minute)
	_, err := o.desk(o.store).Make(t.Context(), c)
	require.ErrorAs(t, err, new(*calls.Failed))
	require.True(t, o.rows()[0].Counts)
	c.Before = time.Now().Add(100 * time.Millisecond)
	_, err = o.desk(o.store).Make(t.Context(), c)
	require.EqualError(t, err, "the deadline has passed")
	require.Len(t, o.rows(), 1, "not called, no row")
}

// A worker that died mid-call: its row stays, says so, counts as an attempt and
// as paid for.
func TestACallWhoseWorkerDiedIsLost(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, err := o.store.Pool.Exec(t.Context(), `INSERT INTO cob.content (sha256, media_type, body) VALUES (sha256('x'), 'text/plain', 'x')`)
	require.NoError(t, err)
	_, err = o.store.Pool.Exec(t.Context(), `INSERT INTO cob.ai_call (id, provider, kind, model, purpose, series, business_date, revision, block, attempt,
		taken_at, expires_at, request_sha256, charged_tokens, charged_microusd)
		VALUES ('00000000-0000-0000-0000-000000000001', 'house', 'openai', 'm', 'draft', 's', $1, 1, 'summary', 1,
		clock_timestamp() - interval '10 s', clock_timestamp() + interval '20 s', sha256('x'), 900, 9)`, day.Time())
	require.NoError(t, err)
	made, err := o.make(1)
	require.NoError(t, err)
	rows := o.rows()
	require.Equal(t, []string{"lost", "answered"}, []string{rows[0].Outcome, rows[1].Outcome})
	require.EqualValues(t, 900, rows[0].ChargedTokens)
	require.Equal(t, []int32{1, 2}, []int32{rows[0].Attempt, rows[1].Attempt})
	require.Equal(t, made.ID, rows[1].ID)
}

// An answer is recorded also where the worker is being stopped.
func TestAnAnswerIsRecordedWhileTheWorkerStops(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx, stop := context.WithCancel(t.Context())
	o.asker.answer = func(int, provider.Question) (provider.Answer, error) {
		stop()
		return provider.Answer{Text: "late"}, nil
	}
	_, err := o.desk(o.store).Make(ctx, draft(1))
	require.NoError(t, err)
	require.Equal(t, "answered", o.rows()[0].Outcome)
}

func TestBudgets(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		limit func(*calls.Limits)
		want  string
	}{
		"tokens of the report": {func(l *calls.Limits) { l.TokensPerReport = 1200 }, "this report's token budget does not allow another call"},
		"cost of the report":   {func(l *calls.Limits) { l.MicroUSDPerReport = 10_200 }, "this report's cost budget does not allow another call"},
		"tokens of the day":    {func(l *calls.Limits) { l.TokensPerDay = 1200 }, "today's token budget does not allow another call"},
		"cost of the day":      {func(l *calls.Limits) { l.MicroUSDPerDay = 10_200 }, "today's cost budget does not allow another call"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.price = calls.Price{Input: 1, Output: 10}
			c.limit(&o.limits)
			o.asker.answer = func(int, provider.Question) (provider.Answer, error) {
				return provider.Answer{Text: "x", InputTokens: 1, OutputTokens: 30}, nil
			}
			n := 0
			for ; n < 10; n++ { // the reserve of a call is 1,005 tokens and 10,005 millionths
				_, err := o.make(n + 1)
				var refused *calls.Refused
				if errors.As(err, &refused) {
					require.EqualError(t, err, c.want)
					break
				}
				require.NoError(t, err)
			}
			require.Positive(t, n)
			require.Less(t, n, 10, "refused at some time")
			require.Len(t, o.asker.asked, n, "and before the call")
		})
	}
}

// What nobody may have done is not charged; what somebody may have done is.
func TestWhatIsCharged(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for i, c := range []struct {
		code string
		want int64
	}{{provider.CodeRateLimited, 0}, {provider.CodeUnauthorized, 0}, {provider.CodeTimeout, 1005}, {provider.CodeReset, 1005}, {provider.CodeServer, 0}, {"unheard of", 0}} {
		o.asker.answer = func(int, provider.Question) (provider.Answer, error) {
			return provider.Answer{}, &provider.Failure{Code: c.code}
		}
		_, err := o.make(i + 1)
		require.ErrorAs(t, err, new(*calls.Failed))
		require.Equal(t, c.want, o.rows()[i].ChargedTokens, c.code)
	}
}

func TestUnknownProvider(t *testing.T) {
	t.Parallel()
	var none *calls.Desk
	_, ok := none.Provider("house")
	require.False(t, ok)
	o := newOffice(t)
	_, err := o.desk(o.store).Make(t.Context(), calls.Call{Provider: "other"})
	require.EqualError(t, err, `provider "other" is not set up here`)
}

// What a call ended as is never changed.
func TestARowKeepsWhatItEndedAs(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	made, err := o.make(1)
	require.NoError(t, err)
	require.NoError(t, o.desk(o.store).Judge(t.Context(), made.ID, true, ""))
	require.NoError(t, o.desk(o.store).Judge(t.Context(), made.ID, true, ""), "again")
	require.Error(t, o.desk(o.store).Judge(t.Context(), made.ID, false, "x"))
	for _, statement := range []string{`DELETE FROM cob.ai_call`, `UPDATE cob.ai_call SET outcome = 'failed'`, `UPDATE cob.ai_call SET model = 'other'`} {
		_, err := o.store.Pool.Exec(t.Context(), statement)
		require.Error(t, err, statement)
	}
}

func ExampleWait() {
	fmt.Println((&calls.Wait{For: 2340 * time.Millisecond}).Error())
	// Output: the rate limit is reached; a call is free in 2.3s
}
