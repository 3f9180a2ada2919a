package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/closeofbusiness/cob/activities"
)

// heartbeat is how long a stage may be silent: a dead worker is noticed within
// it, whatever the stage's own timeout is.
const heartbeat = 15 * time.Second

// reading is for what is cheap and safe to repeat: rows and small files. It is
// tried again for an hour, so that a database that restarts fails no report.
func reading(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		Summary:                summary,
		StartToCloseTimeout:    30 * time.Second,
		ScheduleToCloseTimeout: time.Hour,
		RetryPolicy:            patient(),
	})
}

// looking is for one row, on this worker and without a task of its own: it costs
// a history one event instead of six.
func looking(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		Summary:                summary,
		StartToCloseTimeout:    10 * time.Second,
		ScheduleToCloseTimeout: time.Hour,
		RetryPolicy:            patient(),
	})
}

// polling is for what looks again and again until something has come: each look
// is short, and however many there are, the history holds one. How long until
// the next look the activity says itself; these intervals are for servers that
// are away. It has no end of its own: the activity knows the deadline, by the
// database's clock.
func polling(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		Summary:             summary,
		StartToCloseTimeout: 30 * time.Second,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: 5 * time.Second, BackoffCoefficient: 1},
	})
}

// computing is for what works on its own for a while: the fact queries, a
// render. It heartbeats.
func computing(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		Summary:                summary,
		StartToCloseTimeout:    10 * time.Minute,
		ScheduleToCloseTimeout: time.Hour,
		HeartbeatTimeout:       heartbeat,
		RetryPolicy:            patient(),
	})
}

// thinking is for a model that writes: slow, paid for, and to be had only until a
// deadline. The activity itself counts its attempts, three in all, and says when
// the next one is due; the intervals here are for servers that are away. It runs
// on its provider's own queue, so that a slow one starves nobody.
func thinking(ctx workflow.Context, summary string, w activities.Writer, left time.Duration) workflow.Context {
	const aside = 15 * time.Second // to read the facts, and to record what was answered
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		Summary:                summary,
		TaskQueue:              ModelQueue(workflow.GetInfo(ctx).TaskQueueName, w.Name),
		StartToCloseTimeout:    w.Timeout + aside,
		ScheduleToCloseTimeout: left,
		HeartbeatTimeout:       heartbeat,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: 4 * time.Second, BackoffCoefficient: 2, MaximumInterval: 10 * time.Second},
	})
}

// sending is for what leaves the house. It is given up after a while, because
// the report is issued and its receipt says what was not delivered.
func sending(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		Summary:                summary,
		StartToCloseTimeout:    time.Minute,
		ScheduleToCloseTimeout: 15 * time.Minute,
		HeartbeatTimeout:       heartbeat,
		RetryPolicy:            patient(),
	})
}

// joining waits for another workflow, as long as that lives, on a queue of its
// own: those who wait must not take the places of the stages that they wait for.
func joining(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		Summary:             summary,
		TaskQueue:           JoinQueue(workflow.GetInfo(ctx).TaskQueueName),
		StartToCloseTimeout: 30 * 24 * time.Hour,
		HeartbeatTimeout:    heartbeat,
		RetryPolicy:         patient(),
	})
}

// patient tries again soon, then every half minute, as often as the timeout
// allows.
func patient() *temporal.RetryPolicy {
	return &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 30 * time.Second}
}
