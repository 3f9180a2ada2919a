package launch_test

import (
	"context"
	"errors"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/closeofbusiness/cob/dev/testserver"
	"github.com/closeofbusiness/cob/launch"
	"github.com/closeofbusiness/cob/report"
)

// launcher has a namespace of its own on a real server.
func launcher(t *testing.T) *launch.Launcher {
	t.Helper()
	address := testserver.Temporal(t)
	namespace := testserver.Namespace(t, address)
	c, err := client.Dial(client.Options{HostPort: address, Namespace: namespace})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return &launch.Launcher{Client: c, Namespace: namespace, TaskQueue: "cob"}
}

func TestSearchAttributes(t *testing.T) {
	t.Parallel()
	l := launcher(t)
	err := l.CheckAttributes(t.Context())
	require.ErrorIs(t, err, launch.ErrAttributes)
	require.ErrorContains(t, err, "starter init")
	require.ErrorContains(t, err, "temporal operator search-attribute create --namespace "+l.Namespace+" --name CobSeries --type Keyword")

	added, err := l.RegisterAttributes(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{report.AttributeSeries, report.AttributeDate, report.AttributeState}, added)
	require.NoError(t, l.CheckAttributes(t.Context()))
	added, err = l.RegisterAttributes(t.Context())
	require.NoError(t, err)
	require.Empty(t, added)
}

// cycle stands for CloseOfBusiness: it waits to be released.
func cycle(ctx workflow.Context, req report.Request) (report.Receipt, error) {
	workflow.GetSignalChannel(ctx, "release").Receive(ctx, nil)
	return report.Receipt{Series: req.Series, BusinessDate: req.BusinessDate, Revision: 1}, nil
}

func TestTwoStartsAreOneRun(t *testing.T) {
	t.Parallel()
	l := launcher(t)
	_, err := l.RegisterAttributes(t.Context())
	require.NoError(t, err)
	require.ErrorContains(t, l.CheckWorker(t.Context()), "bin/worker")
	w := worker.New(l.Client, l.TaskQueue, worker.Options{})
	w.RegisterWorkflowWithOptions(cycle, workflow.RegisterOptions{Name: report.CloseOfBusiness})
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)

	req := report.Request{Series: "daily", BusinessDate: "2026-11-20", RequestedBy: "test"}
	one, err := l.Start(t.Context(), req)
	require.NoError(t, err)
	two, err := l.Start(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, one.GetRunID(), two.GetRunID())
	require.Eventually(t, func() bool { return l.CheckWorker(t.Context()) == nil }, 20*time.Second, 50*time.Millisecond)

	require.NoError(t, l.Client.SignalWorkflow(t.Context(), one.GetID(), "", "release", nil))
	var r report.Receipt
	require.NoError(t, two.Get(t.Context(), &r))
	require.Equal(t, 1, r.Revision)

	_, err = l.Start(t.Context(), report.Request{Series: "Bad Name"})
	require.ErrorIs(t, err, report.ErrInvalid)
}

func TestLinksEscapeTheID(t *testing.T) {
	t.Parallel()
	require.Equal(t, "http://127.0.0.1:8233/namespaces/default/workflows/cob%2Fdaily%2F2026-11-20",
		launch.Link("http://127.0.0.1:8233", "default", "cob/daily/2026-11-20"))
	require.Empty(t, launch.Link("", "default", "cob/daily/2026-11-20"))
}

func TestCauseIsTheInnermostMessage(t *testing.T) {
	t.Parallel()
	require.Equal(t, "plain", report.Cause(errors.New("plain")))
	require.NoError(t, launch.Kind(context.Canceled))
}
