package workflows_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/closeofbusiness/cob/activities"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/analysis"
)

var made = activities.Revision{Series: asked.Series, BusinessDate: date, Revision: 1}

// newsroom is a revision whose one narrative models are asked to write.
type newsroom struct {
	*testing.T
	env   *testsuite.TestWorkflowEnvironment
	mutex sync.Mutex
	asked []string // provider and round, in order
	began time.Time
}

// draft answers as one provider does.
type draft func(in activities.ToDraft) (activities.Drafted, error)

func newNewsroom(t *testing.T, within time.Duration, writers []activities.Writer, answer draft) *newsroom {
	t.Helper()
	n := &newsroom{T: t, env: environment(t, report.RevisionID(asked.Series, date, 1))}
	n.env.OnActivity(a.Fetch, mock.Anything, mock.Anything).Return(activities.Fetched{Figures: 9,
		Narratives: []activities.Narration{{Block: "summary", Within: within, Providers: writers}}}, nil)
	n.env.OnActivity("Draft", mock.Anything, mock.Anything).Return(func(_ context.Context, in activities.ToDraft) (activities.Drafted, error) {
		n.mutex.Lock()
		defer n.mutex.Unlock()
		n.asked = append(n.asked, in.Provider+"/"+string(rune('0'+in.Round)))
		return answer(in)
	}).Maybe()
	return n
}

// run runs the revision and returns what the narrative's gathering was told.
func (n *newsroom) run() []analysis.Outcome {
	n.Helper()
	var withheld []analysis.Outcome
	n.env.OnActivity(a.Analyse, mock.Anything, mock.Anything).Return(func(_ context.Context, in activities.ToAnalyse) (activities.Analysed, error) {
		withheld = in.Withheld["summary"]
		return activities.Analysed{Asked: []report.Narrative{{Block: "summary", State: report.Written}}}, nil
	}).Once()
	n.env.OnActivity(a.Compose, mock.Anything, mock.Anything).Return(activities.Composed{}, nil)
	n.env.OnActivity(a.Issue, mock.Anything, mock.Anything).Return(activities.Issued{State: report.Issued}, nil)
	n.began = n.env.Now()
	n.env.ExecuteWorkflow(report.ReportRevision, made)
	r := result(n.T, n.env)
	require.Equal(n, []report.Narrative{{Block: "summary", State: report.Written}}, r.Narratives)
	return withheld
}

func writer(name string) activities.Writer {
	return activities.Writer{Name: name, Timeout: 30 * time.Second, Repairs: 2}
}

var accepted = activities.Drafted{Verdict: activities.VerdictAccepted}

func TestTheFirstNarrativeThatPassesIsTaken(t *testing.T) {
	t.Parallel()
	n := newNewsroom(t, 2*time.Minute, []activities.Writer{writer("one"), writer("two")}, func(activities.ToDraft) (activities.Drafted, error) { return accepted, nil })
	require.Empty(t, n.run())
	require.Equal(t, []string{"one/1"}, n.asked)
}

func TestARefusedDraftGoesBackTwiceAtMost(t *testing.T) {
	t.Parallel()
	n := newNewsroom(t, 2*time.Minute, []activities.Writer{writer("one"), writer("two")}, func(in activities.ToDraft) (activities.Drafted, error) {
		if in.Provider == "two" && in.Round == 2 {
			return accepted, nil
		}
		return activities.Drafted{Verdict: activities.VerdictRefused, Reason: "digit"}, nil
	})
	require.Empty(t, n.run())
	require.Equal(t, []string{"one/1", "one/2", "one/3", "two/1", "two/2"}, n.asked)
}

func TestWhatEachProviderDidIsSaid(t *testing.T) {
	t.Parallel()
	n := newNewsroom(t, 2*time.Minute, []activities.Writer{writer("one"), {Name: "absent", Missing: true}, writer("two"), writer("three")},
		func(in activities.ToDraft) (activities.Drafted, error) {
			switch {
			case in.Provider == "one":
				return activities.Drafted{Verdict: activities.VerdictRefused, Reason: "digit"}, nil
			case in.Provider == "two":
				return activities.Drafted{Verdict: activities.VerdictFailed, Reason: "no credit"}, nil
			case in.Round == 1:
				return activities.Drafted{Verdict: activities.VerdictRefused, Reason: "cause"}, nil
			}
			return activities.Drafted{Verdict: activities.VerdictFailed, Reason: "overloaded"}, nil
		})
	require.Equal(t, []analysis.Outcome{
		{Provider: "one", Refused: true, Reason: "digit"},
		{Provider: "absent", Reason: "not set up on the worker"},
		{Provider: "two", Reason: "no credit"},
		{Provider: "three", Refused: true, Reason: "cause; then overloaded"},
	}, n.run())
	require.Equal(t, []string{"one/1", "one/2", "one/3", "two/1", "three/1", "three/2"}, n.asked)
}

// However a provider behaves, the report is made when the block's time is up.
func TestTheReportNeverWaitsPastTheDeadline(t *testing.T) {
	t.Parallel()
	n := newNewsroom(t, 2*time.Minute, []activities.Writer{writer("slow"), writer("next")}, func(in activities.ToDraft) (activities.Drafted, error) {
		return activities.Drafted{}, temporal.NewApplicationErrorWithOptions("overloaded (attempt 1)", "NoAnswer", temporal.ApplicationErrorOptions{NextRetryDelay: 7 * time.Second})
	})
	withheld := n.run()
	require.Len(t, withheld, 2)
	require.Equal(t, analysis.Outcome{Provider: "slow", Reason: "overloaded (attempt 1)"}, withheld[0])
	require.Greater(t, len(n.asked), 10)
	require.LessOrEqual(t, n.env.Now().Sub(n.began), 2*time.Minute+time.Second)
}

func TestBlocksAreWrittenSideBySide(t *testing.T) {
	t.Parallel()
	env := environment(t, report.RevisionID(asked.Series, date, 1))
	env.OnActivity(a.Fetch, mock.Anything, mock.Anything).Return(activities.Fetched{Narratives: []activities.Narration{
		{Block: "first", Within: time.Minute, Providers: []activities.Writer{writer("one")}},
		{Block: "second", Within: time.Minute, Providers: []activities.Writer{writer("one")}},
	}}, nil)
	env.OnActivity("Draft", mock.Anything, mock.Anything).After(40*time.Second).Return(activities.Drafted{Verdict: activities.VerdictFailed, Reason: "x"}, nil).Twice()
	env.OnActivity(a.Analyse, mock.Anything, mock.MatchedBy(func(in activities.ToAnalyse) bool {
		return len(in.Withheld) == 2 && in.Withheld["second"][0].Reason == "x"
	})).Return(activities.Analysed{}, nil).Once()
	env.OnActivity(a.Compose, mock.Anything, mock.Anything).Return(activities.Composed{}, nil)
	env.OnActivity(a.Issue, mock.Anything, mock.Anything).Return(activities.Issued{State: report.Issued}, nil)
	began := env.Now()
	env.ExecuteWorkflow(report.ReportRevision, made)
	result(t, env)
	require.Less(t, env.Now().Sub(began), time.Minute)
}

// An error that is nobody's reason says nothing of itself on the page.
func TestAnUnknownErrorIsNotQuoted(t *testing.T) {
	t.Parallel()
	n := newNewsroom(t, 5*time.Second, []activities.Writer{writer("one")}, func(activities.ToDraft) (activities.Drafted, error) {
		return activities.Drafted{}, errors.New("pq: password authentication failed for user cob")
	})
	withheld := n.run()
	require.Len(t, withheld, 1)
	require.NotContains(t, withheld[0].Reason, "password")
}
