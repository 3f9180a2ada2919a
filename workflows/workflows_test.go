package workflows_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/closeofbusiness/cob/activities"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/workflows"
)

// complete is a cycle that has nothing to wait for.
var complete = activities.Opened{Known: &activities.Known{AsOf: time.Date(2026, 11, 20, 17, 6, 0, 0, time.UTC)}}

const date = report.Date("2026-11-20")

var (
	asked   = report.Request{Series: "daily-security", BusinessDate: date, RequestedBy: "test"}
	receipt = report.Receipt{Series: "daily-security", BusinessDate: date, Revision: 1, State: report.Issued,
		Deliveries: []report.Delivery{{ID: 1, Channel: "folder", Recipient: "/srv/a", State: "owed"}, {ID: 2, Channel: "folder", Recipient: "/srv/b", State: "owed"}}}
	a *activities.Activities
)

func environment(t *testing.T, id string) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: id})
	workflows.Register(env, &activities.Activities{})
	workflows.RegisterJoins(env, &activities.Activities{})
	workflows.RegisterModel(env, &activities.Activities{})
	t.Cleanup(func() { env.AssertExpectations(t) })
	return env
}

func cycle(t *testing.T) *testsuite.TestWorkflowEnvironment {
	return environment(t, report.CycleID(asked.Series, date))
}

func result(t *testing.T, env *testsuite.TestWorkflowEnvironment) report.Receipt {
	t.Helper()
	require.True(t, env.IsWorkflowCompleted())
	require.NoError(t, env.GetWorkflowError())
	var r report.Receipt
	require.NoError(t, env.GetWorkflowResult(&r))
	return r
}

// expectStates requires the values that the state attribute takes, in order.
func expectStates(env *testsuite.TestWorkflowEnvironment, states ...report.State) {
	for _, s := range states {
		env.OnUpsertTypedSearchAttributes(mock.MatchedBy(func(sa temporal.SearchAttributes) bool {
			got, ok := sa.GetKeyword(temporal.NewSearchAttributeKeyKeyword(report.AttributeState))
			return ok && got == string(s)
		})).Return(nil).Once()
	}
}

func TestACycleIssuesItsReport(t *testing.T) {
	t.Parallel()
	env := cycle(t)
	expectStates(env, report.Open, report.Issued)
	env.OnActivity(a.Open, mock.Anything, mock.Anything).Return(complete, nil).Once()
	env.OnWorkflow(report.ReportRevision, mock.Anything, mock.MatchedBy(func(r activities.Revision) bool { return r.Revision == 1 })).Return(receipt, nil).Once()
	env.ExecuteWorkflow(report.CloseOfBusiness, asked)
	require.Equal(t, receipt, result(t, env))
	v, err := env.QueryWorkflow(report.QueryState)
	require.NoError(t, err)
	var s workflows.CycleState
	require.NoError(t, v.Get(&s))
	require.Equal(t, workflows.CycleState{State: report.Issued, Stage: "done"}, s)
}

func TestAnIssuedCycleAnswersWithItsReceipt(t *testing.T) {
	t.Parallel()
	env := cycle(t)
	qualified := receipt
	qualified.State, qualified.Already = report.IssuedQualified, true
	qualified.Deliveries = []report.Delivery{{ID: 1, State: "delivered"}}
	expectStates(env, report.Open, report.IssuedQualified)
	env.OnActivity(a.Open, mock.Anything, mock.Anything).Return(activities.Opened{Receipt: &qualified}, nil).Once()
	env.ExecuteWorkflow(report.CloseOfBusiness, asked)
	require.Equal(t, qualified, result(t, env))
}

func TestWhatWasNotDeliveredIsTriedAgain(t *testing.T) {
	t.Parallel()
	env := cycle(t)
	before := receipt
	before.Already = true
	before.Deliveries = []report.Delivery{{ID: 1, State: "delivered"}, {ID: 2, State: "failed", Detail: "no space left"}}
	env.OnActivity(a.Open, mock.Anything, mock.Anything).Return(activities.Opened{Receipt: &before}, nil).Once()
	env.OnActivity(a.Deliver, mock.Anything, mock.MatchedBy(func(in activities.ToDeliver) bool { return in.Delivery.ID == 2 && in.Revision.Revision == 1 })).
		Return(report.Delivery{ID: 2, State: "delivered"}, nil).Once()
	env.ExecuteWorkflow(report.CloseOfBusiness, asked)
	require.Equal(t, "delivered", result(t, env).Deliveries[1].State)
}

func TestARefusedCycleIsListedAsFailed(t *testing.T) {
	t.Parallel()
	env := cycle(t)
	expectStates(env, report.Open, report.Failed)
	env.OnActivity(a.Open, mock.Anything, mock.Anything).Return(activities.Opened{}, temporal.NewNonRetryableApplicationError("no such series", "NotFound", nil)).Once()
	env.OnActivity(a.Fail, mock.Anything, mock.Anything).Return(nil).Once()
	env.ExecuteWorkflow(report.CloseOfBusiness, asked)
	require.ErrorContains(t, env.GetWorkflowError(), "no such series")
}

func TestAFailureIsRecorded(t *testing.T) {
	t.Parallel()
	env := cycle(t)
	expectStates(env, report.Open, report.Failed)
	env.OnActivity(a.Open, mock.Anything, mock.Anything).Return(complete, nil)
	env.OnWorkflow(report.ReportRevision, mock.Anything, mock.Anything).
		Return(report.Receipt{}, temporal.NewNonRetryableApplicationError("the template is gone", "NotFound", nil))
	env.OnActivity(a.Fail, mock.Anything, mock.MatchedBy(func(f activities.Failed) bool {
		return f.Reason == "the template is gone"
	})).Return(nil).Once()
	env.ExecuteWorkflow(report.CloseOfBusiness, asked)
	var app *temporal.ApplicationError
	require.ErrorAs(t, env.GetWorkflowError(), &app)
	require.ErrorContains(t, env.GetWorkflowError(), "the template is gone")
}

func TestACancelledCycleStaysOpen(t *testing.T) {
	t.Parallel()
	env := cycle(t)
	expectStates(env, report.Open)
	env.OnActivity(a.Open, mock.Anything, mock.Anything).Return(activities.Opened{}, nil)
	env.OnActivity(a.Await, mock.Anything, mock.Anything).After(time.Hour).Return(activities.Known{}, nil)
	env.RegisterDelayedCallback(env.CancelWorkflow, time.Minute)
	env.ExecuteWorkflow(report.CloseOfBusiness, asked)
	require.True(t, temporal.IsCanceledError(env.GetWorkflowError()))
}

func TestARunUnderAnotherIDJoinsTheCycle(t *testing.T) {
	t.Parallel()
	env := environment(t, "somebody-elses-id")
	env.OnActivity(a.Join, mock.Anything, mock.MatchedBy(func(r report.Request) bool { return r.Series == asked.Series })).Return(receipt, nil).Once()
	env.ExecuteWorkflow(report.CloseOfBusiness, asked)
	require.Equal(t, receipt, result(t, env))
}

func TestARunUnderAnotherIDRefusesNonsense(t *testing.T) {
	t.Parallel()
	env := environment(t, "somebody-elses-id")
	env.ExecuteWorkflow(report.CloseOfBusiness, report.Request{Series: "Bad Name", BusinessDate: "tomorrow"})
	require.ErrorContains(t, env.GetWorkflowError(), "YYYY-MM-DD")
	require.ErrorContains(t, env.GetWorkflowError(), "1 to 63 characters")
}

// revision expects everything up to the issue.
func revision(t *testing.T, r report.Receipt) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	env := environment(t, report.RevisionID(asked.Series, date, 1))
	env.OnActivity(a.Fetch, mock.Anything, mock.Anything).Return(activities.Fetched{Figures: 94}, nil).Once()
	env.OnActivity(a.Analyse, mock.Anything, mock.Anything).Return(activities.Analysed{}, nil).Once()
	env.OnActivity(a.Compose, mock.Anything, mock.Anything).Return(activities.Composed{Formats: []string{"pdf", "md"}}, nil).Once()
	for _, f := range []string{"pdf", "md"} {
		env.OnActivity(a.Render, mock.Anything, mock.MatchedBy(func(in activities.ToRender) bool { return in.Format == f })).Return(report.Artifact{Format: f}, nil).Once()
	}
	env.OnActivity(a.Issue, mock.Anything, one).Return(activities.Issued{State: r.State, Deliveries: r.Deliveries}, nil).Once()
	return env
}

var one = activities.Revision{Series: "daily-security", BusinessDate: date, Revision: 1}

func TestARevisionGoesThroughItsStages(t *testing.T) {
	t.Parallel()
	env := revision(t, receipt)
	env.OnActivity(a.Deliver, mock.Anything, mock.Anything).Return(report.Delivery{State: "delivered"}, nil).Twice()
	env.ExecuteWorkflow(report.ReportRevision, one)
	r := result(t, env)
	for _, d := range r.Deliveries {
		require.Equal(t, "delivered", d.State)
	}
	require.Equal(t, 94, r.Figures)
	require.Equal(t, []report.Artifact{{Format: "md"}, {Format: "pdf"}}, r.Artifacts, "as a later reading of the receipt lists them")
}

func TestOneFailedDeliveryFailsNothingElse(t *testing.T) {
	t.Parallel()
	env := revision(t, receipt)
	to := func(id int64) any {
		return mock.MatchedBy(func(in activities.ToDeliver) bool { return in.Delivery.ID == id })
	}
	env.OnActivity(a.Deliver, mock.Anything, to(1)).Return(report.Delivery{}, errors.New("no space left on device"))
	env.OnActivity(a.Deliver, mock.Anything, to(2)).Return(report.Delivery{State: "delivered"}, nil).Once()
	env.OnActivity(a.Undelivered, mock.Anything, mock.MatchedBy(func(d report.Delivery) bool { return d.ID == 1 && d.Detail != "" })).Return(nil).Once()
	env.ExecuteWorkflow(report.ReportRevision, one)
	r := result(t, env)
	require.Equal(t, "failed", r.Deliveries[0].State)
	require.Contains(t, r.Deliveries[0].Detail, "no space left")
	require.Equal(t, "delivered", r.Deliveries[1].State)
}

func TestAStageThatFailsForGoodEndsTheRevision(t *testing.T) {
	t.Parallel()
	env := environment(t, report.RevisionID(asked.Series, date, 1))
	env.OnActivity(a.Fetch, mock.Anything, mock.Anything).Return(activities.Fetched{}, temporal.NewNonRetryableApplicationError("no such series", "NotFound", nil)).Once()
	env.ExecuteWorkflow(report.ReportRevision, one)
	require.ErrorContains(t, env.GetWorkflowError(), "no such series")
}

func TestATransientFailureIsTriedAgain(t *testing.T) {
	t.Parallel()
	env := environment(t, report.RevisionID(asked.Series, date, 1))
	env.OnActivity(a.Fetch, mock.Anything, mock.Anything).Return(activities.Fetched{}, errors.New("connection refused")).Times(3)
	env.OnActivity(a.Fetch, mock.Anything, mock.Anything).Return(activities.Fetched{}, temporal.NewNonRetryableApplicationError("enough", "Invalid", nil)).Once()
	env.ExecuteWorkflow(report.ReportRevision, one)
	require.ErrorContains(t, env.GetWorkflowError(), "enough")
}

func TestScheduledCloseStartsTheCycleAndEnds(t *testing.T) {
	t.Parallel()
	nominal := time.Date(2026, 11, 20, 17, 0, 0, 0, time.UTC)
	env := environment(t, "cob/daily-security/scheduled-2026-11-20T17:00:00Z")
	require.NoError(t, env.SetTypedSearchAttributesOnStart(temporal.NewSearchAttributes(
		temporal.NewSearchAttributeKeyTime("TemporalScheduledStartTime").ValueSet(nominal),
		temporal.NewSearchAttributeKeyKeyword("TemporalScheduledById").ValueSet("cob/daily-security"))))
	meant := activities.Meant{BusinessDate: date, Due: true, Why: "it is the cutoff"}
	env.OnActivity(a.Resolve, mock.Anything, activities.Nominal{Series: "daily-security", At: nominal}).Return(meant, nil).Once()
	env.OnWorkflow(report.CloseOfBusiness, mock.Anything, report.Request{Series: "daily-security", BusinessDate: date, RequestedBy: "schedule", AsOf: "due"}).Return(receipt, nil)
	require.Equal(t, workflows.Scheduled{WorkflowID: report.CycleID("daily-security", date), BusinessDate: date, Why: "it is the cutoff"}, scheduled(t, env))
}

func TestScheduledCloseEndsWhereNothingIsOwed(t *testing.T) {
	t.Parallel()
	env := environment(t, "cob/daily-security/scheduled-2026-12-25T17:00:00Z")
	require.NoError(t, env.SetTypedSearchAttributesOnStart(temporal.NewSearchAttributes(
		temporal.NewSearchAttributeKeyTime("TemporalScheduledStartTime").ValueSet(time.Date(2026, 12, 25, 17, 0, 0, 0, time.UTC)))))
	env.OnActivity(a.Resolve, mock.Anything, mock.Anything).Return(activities.Meant{Why: "Christmas"}, nil).Once()
	require.Equal(t, workflows.Scheduled{Why: "Christmas"}, scheduled(t, env))
}

func scheduled(t *testing.T, env *testsuite.TestWorkflowEnvironment) (out workflows.Scheduled) {
	t.Helper()
	env.ExecuteWorkflow(report.ScheduledClose, report.Schedule{Series: "daily-security"})
	require.NoError(t, env.GetWorkflowError())
	require.NoError(t, env.GetWorkflowResult(&out))
	return out
}

func TestScheduledCloseNeedsANominalTime(t *testing.T) {
	t.Parallel()
	env := environment(t, "by-hand")
	env.ExecuteWorkflow(report.ScheduledClose, report.Schedule{Series: "daily-security"})
	require.ErrorContains(t, env.GetWorkflowError(), "started by a schedule only")
}
