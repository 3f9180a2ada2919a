package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/closeofbusiness/cob/config"
)

const (
	// lookEvery is how often a versioned worker asks where its version stands.
	lookEvery = 30 * time.Second
	// lookSoon is how soon it asks again while Temporal doesn't know the version
	// yet, which it gets to know by the worker's first polls.
	lookSoon = 500 * time.Millisecond
)

// deployment knows where the worker's deployment version stands. A worker whose
// version is neither current nor ramping runs, polls and gets nothing to do, and
// nothing else tells: so this does. A nil deployment is an unversioned worker's,
// and says nothing.
type deployment struct {
	handle    describer
	version   worker.WorkerDeploymentVersion
	namespace string
	log       *slog.Logger
	// every is how often it looks. Zero means lookEvery.
	every time.Duration

	standing atomic.Pointer[standing]
}

// describer is asked for the deployment.
type describer interface {
	Describe(context.Context, client.WorkerDeploymentDescribeOptions) (client.WorkerDeploymentDescribeResponse, error)
}

// standing is where a version stands.
type standing struct {
	text string
	// working: new work comes to it.
	working bool
	// known is false while Temporal hasn't seen the version poll.
	known bool
}

func newDeployment(cfg *config.Config, c client.Client, log *slog.Logger) *deployment {
	if cfg.Deployment == "" {
		return nil
	}
	if strings.HasSuffix(cfg.BuildID, config.Dirty) {
		log.Warn("this build is of changed files: another of the same commit has the same build ID. Give each its own: COB_BUILD_ID", "build_id", cfg.BuildID)
	}
	return &deployment{
		handle:    c.WorkerDeploymentClient().GetHandle(cfg.Deployment),
		version:   worker.WorkerDeploymentVersion{DeploymentName: cfg.Deployment, BuildID: cfg.BuildID},
		namespace: cfg.Temporal.Namespace,
		log:       log,
	}
}

// watch looks where the version stands until ctx ends, and logs it at the start
// and whenever it has changed.
func (d *deployment) watch(ctx context.Context) {
	if d == nil {
		return
	}
	every := d.every
	if every == 0 {
		every = lookEvery
	}
	for wait := lookSoon; ; wait *= 2 {
		s := d.look(ctx)
		if ctx.Err() != nil {
			return
		}
		if before := d.standing.Swap(&s); before == nil || *before != s {
			d.tell(ctx, s)
		}
		if s.known {
			wait = every
		}
		wait = min(wait, every)
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

func (d *deployment) tell(ctx context.Context, s standing) {
	level := slog.LevelWarn
	if s.working || !s.known {
		level = slog.LevelInfo
	}
	d.log.Log(ctx, level, s.text, "deployment", d.version.DeploymentName, "build_id", d.version.BuildID)
}

// line says for people where the version stands; empty without versioning.
func (d *deployment) line() string {
	if d == nil {
		return ""
	}
	if s := d.standing.Load(); s != nil {
		return s.text
	}
	return d.name() + " has just begun to poll"
}

func (d *deployment) look(ctx context.Context) standing {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	described, err := d.handle.Describe(ctx, client.WorkerDeploymentDescribeOptions{})
	var missing *serviceerror.NotFound
	if err != nil && !errors.As(err, &missing) {
		return standing{text: fmt.Sprintf("where %s stands is not known: %v", d.name(), err), known: true}
	}
	return d.stands(described.Info)
}

// stands reads a deployment's description.
func (d *deployment) stands(info client.WorkerDeploymentInfo) standing {
	routing := info.RoutingConfig
	if is(routing.CurrentVersion, d.version) {
		return standing{text: d.name() + " is current", working: true, known: true}
	}
	// At 0 % it is said to ramp, and gets nothing.
	if is(routing.RampingVersion, d.version) && routing.RampingVersionPercentage > 0 {
		return standing{text: fmt.Sprintf("%s is ramping: %g %% of new work comes to it", d.name(), routing.RampingVersionPercentage), working: true, known: true}
	}
	for _, v := range info.VersionSummaries {
		if v.Version == d.version {
			return standing{text: d.name() + " is neither current nor ramping: " + d.idle(v.DrainageStatus), known: true}
		}
	}
	return standing{text: d.name() + " has just begun to poll, and Temporal doesn't know it yet"}
}

func is(v *worker.WorkerDeploymentVersion, own worker.WorkerDeploymentVersion) bool {
	return v != nil && *v == own
}

// idle says what a version without new work is for, and what can be done.
func (d *deployment) idle(drained client.WorkerDeploymentVersionDrainageStatus) string {
	again := fmt.Sprintf("temporal worker deployment set-current-version --namespace %s --deployment-name %s --build-id %s",
		d.namespace, d.version.DeploymentName, d.version.BuildID)
	switch drained {
	case client.WorkerDeploymentVersionDrainageStatusDraining:
		return "no new work comes to it, it ends what it began. To make it current again: " + again
	case client.WorkerDeploymentVersionDrainageStatusDrained:
		return "what it began has ended, and this worker may be stopped. To make it current again: " + again
	}
	return "no new work comes to it. Make it current: " + again
}

// name is the version as Temporal's search attributes have it.
func (d *deployment) name() string {
	return "version " + d.version.DeploymentName + ":" + d.version.BuildID
}
