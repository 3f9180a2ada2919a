package workflows_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/closeofbusiness/cob/activities"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/workflows"
)

var (
	incomplete = activities.Opened{Missing: "findings is complete only through 15:40"}
	decided    = report.Decision{By: "m.ferrari", Reason: "feed down"}
	known      = activities.Known{AsOf: time.Date(2026, 11, 20, 17, 40, 0, 0, time.UTC)}
)

// notYet is what Await says while something is missing.
func notYet() error { return temporal.NewApplicationError(incomplete.Missing, "NotYet") }

// waiting is a cycle whose data is not complete when it is opened.
func waiting(t *testing.T, states ...report.State) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	env := cycle(t)
	expectStates(env, append([]report.State{report.Open, report.AwaitingData}, states...)...)
	env.OnActivity(a.Open, mock.Anything, mock.Anything).Return(incomplete, nil).Once()
	return env
}

func held(in bool) any {
	return mock.MatchedBy(func(c activities.Cycle) bool { return c.Held == in })
}

func issues(env *testsuite.TestWorkflowEnvironment, r report.Receipt) {
	env.OnWorkflow(report.ReportRevision, mock.Anything, mock.Anything).Return(r, nil).Once()
}

func TestACycleWaitsForItsData(t *testing.T) {
	t.Parallel()
	env := waiting(t, report.Issued)
	env.OnActivity(a.Await, mock.Anything, held(false)).Return(activities.Known{}, notYet()).Times(5)
	env.OnActivity(a.Await, mock.Anything, held(false)).Return(known, nil).Once()
	issues(env, receipt)
	env.RegisterDelayedCallback(func() { require.Equal(t, incomplete.Missing, progress(t, env).Missing) }, time.Minute)
	env.ExecuteWorkflow(report.CloseOfBusiness, asked)
	require.Equal(t, receipt, result(t, env))
	require.Equal(t, known.AsOf, progress(t, env).Known.AsOf)
}

func TestAHeldCycleGoesOnWaiting(t *testing.T) {
	t.Parallel()
	env := waiting(t, report.Held, report.Issued)
	env.OnActivity(a.Await, mock.Anything, held(false)).Return(activities.Known{Held: true, Missing: "findings again"}, nil).Once()
	env.OnActivity(a.Await, mock.Anything, held(true)).Return(activities.Known{}, notYet()).Times(5)
	env.OnActivity(a.Await, mock.Anything, held(true)).Return(known, nil).Once()
	issues(env, receipt)
	env.ExecuteWorkflow(report.CloseOfBusiness, asked)
	require.Equal(t, receipt, result(t, env))
}

func TestProceedIssuesNow(t *testing.T) {
	t.Parallel()
	env := waiting(t, report.IssuedQualified)
	qualified := receipt
	qualified.State, qualified.Decision = report.IssuedQualified, &decided
	env.OnActivity(a.Await, mock.Anything, mock.Anything).After(24*time.Hour).Return(known, nil)
	env.OnActivity(a.Decide, mock.Anything, activities.ToDecide{Series: asked.Series, BusinessDate: date, What: "proceed", Decision: decided}).
		Return(activities.Decided{Known: &known}, nil).Once()
	issues(env, qualified)
	var answer updated
	env.RegisterDelayedCallback(func() { env.UpdateWorkflow(report.UpdateProceed, "1", &answer, decided) }, time.Minute)
	env.ExecuteWorkflow(report.CloseOfBusiness, asked)
	require.Equal(t, qualified, result(t, env))
	require.NoError(t, answer.err)
	require.Equal(t, workflows.CycleState{State: report.Open, Stage: "report"}, answer.state)
}

func TestWaiveEndsTheCycle(t *testing.T) {
	t.Parallel()
	env := waiting(t, report.Waived)
	gone := report.Receipt{Series: asked.Series, BusinessDate: date, State: report.Waived, Decision: &decided}
	env.OnActivity(a.Await, mock.Anything, mock.Anything).After(24*time.Hour).Return(known, nil)
	env.OnActivity(a.Decide, mock.Anything, mock.Anything).Return(activities.Decided{Receipt: &gone}, nil).Once()
	var answer updated
	env.RegisterDelayedCallback(func() { env.UpdateWorkflow(report.UpdateWaive, "1", &answer, decided) }, time.Minute)
	env.ExecuteWorkflow(report.CloseOfBusiness, asked)
	require.Equal(t, gone, result(t, env))
	require.NoError(t, answer.err)
	require.Equal(t, report.Waived, answer.state.State)
}

func TestAWaivedCycleAnswersSo(t *testing.T) {
	t.Parallel()
	env := cycle(t)
	gone := report.Receipt{Series: asked.Series, BusinessDate: date, State: report.Waived, Decision: &decided, Already: true}
	expectStates(env, report.Open, report.Waived)
	env.OnActivity(a.Open, mock.Anything, mock.Anything).Return(activities.Opened{Receipt: &gone}, nil).Once()
	env.ExecuteWorkflow(report.CloseOfBusiness, asked)
	require.Equal(t, gone, result(t, env))
}

// A decision without a name or a reason, and a second one, never enter the
// history.
func TestUpdatesAreValidated(t *testing.T) {
	t.Parallel()
	env := waiting(t, report.Issued)
	env.OnActivity(a.Await, mock.Anything, mock.Anything).After(5*time.Minute).Return(known, nil)
	env.OnWorkflow(report.ReportRevision, mock.Anything, mock.Anything).After(time.Hour).Return(receipt, nil).Once()
	answers := make([]updated, 5)
	send := func(i int, what string, d report.Decision, after time.Duration) {
		env.RegisterDelayedCallback(func() { env.UpdateWorkflow(what, string(rune('a'+i)), &answers[i], d) }, after)
	}
	send(0, report.UpdateProceed, report.Decision{Reason: "x"}, time.Second)
	send(1, report.UpdateProceed, report.Decision{By: "jo"}, time.Second)
	send(2, report.UpdateWaive, report.Decision{By: "jo\n", Reason: "x"}, time.Second)
	send(3, report.UpdateProceed, decided, 10*time.Minute) // the report is being made
	send(4, report.UpdateWaive, decided, 10*time.Minute)
	env.ExecuteWorkflow(report.CloseOfBusiness, asked)
	require.Equal(t, receipt, result(t, env))
	for i, want := range []string{"by is needed", "reason is needed", "control characters", "is not waiting", "is not waiting"} {
		require.ErrorContains(t, answers[i].rejected, want)
	}
}

func TestACancelledWaitEndsAtOnce(t *testing.T) {
	t.Parallel()
	env := waiting(t)
	env.OnActivity(a.Await, mock.Anything, mock.Anything).After(24*time.Hour).Return(known, nil)
	env.RegisterDelayedCallback(env.CancelWorkflow, time.Minute)
	env.ExecuteWorkflow(report.CloseOfBusiness, asked)
	require.True(t, temporal.IsCanceledError(env.GetWorkflowError()))
}

// updated takes what becomes of an update.
type updated struct {
	rejected, err error
	state         workflows.CycleState
}

func (u *updated) Accept()          {}
func (u *updated) Reject(err error) { u.rejected = err }
func (u *updated) Complete(v any, err error) {
	u.err = err
	state, ok := v.(workflows.CycleState)
	if err == nil && !ok {
		u.err = errors.New("an update returned no state")
	}
	u.state = state
}

func progress(t *testing.T, env *testsuite.TestWorkflowEnvironment) (p workflows.CycleProgress) {
	t.Helper()
	v, err := env.QueryWorkflow(report.QueryProgress)
	require.NoError(t, err)
	require.NoError(t, v.Get(&p))
	return p
}
