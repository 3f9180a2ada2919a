//go:build soak

package e2e

import (
	"context"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/closeofbusiness/cob/report"
)

// bareQueue is served by a worker in the test's own process.
const bareQueue = "bare"

// bareWorkflow runs as many activities that do nothing, one after the other.
func bareWorkflow(ctx workflow.Context, activities int) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
	for range activities {
		if err := workflow.ExecuteActivity(ctx, "empty").Get(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

// bare runs as many bare workflows at once, on the same server, and returns how
// long they took.
func (s *soak) bare(size, activities int) time.Duration {
	s.Helper()
	w := worker.New(s.client, bareQueue, worker.Options{})
	w.RegisterWorkflowWithOptions(bareWorkflow, workflow.RegisterOptions{Name: "bare"})
	w.RegisterActivityWithOptions(func(context.Context) error { return nil }, activity.RegisterOptions{Name: "empty"})
	require.NoError(s, w.Start())
	defer w.Stop()
	began := time.Now()
	g := group{"bare", size}
	s.each(g, func(ctx context.Context, name string) error {
		return s.insist(ctx, func(ctx context.Context) error {
			_, err := s.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: name, TaskQueue: bareQueue}, "bare", activities)
			return err
		})
	})
	s.each(g, func(ctx context.Context, name string) error {
		return s.insist(ctx, func(ctx context.Context) error { return s.client.GetWorkflow(ctx, name, "").Get(ctx, nil) })
	})
	return time.Since(began)
}

// activities counts the activities of one report.
func (s *soak) activities(series string) (n int) {
	s.Helper()
	for _, id := range []string{report.CycleID(series, s.date), report.RevisionID(series, s.date, 1)} {
		for _, e := range s.events(id) {
			if e.GetActivityTaskScheduledEventAttributes() != nil {
				n++
			}
		}
	}
	require.NotZero(s, n)
	return n
}
