package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/closeofbusiness/cob/config"
)

var (
	own   = worker.WorkerDeploymentVersion{DeploymentName: "cob", BuildID: "1.2"}
	other = worker.WorkerDeploymentVersion{DeploymentName: "cob", BuildID: "1.1"}
)

const makeCurrent = "temporal worker deployment set-current-version --namespace ops --deployment-name cob --build-id 1.2"

// temporal answers as it is told to.
type temporal struct {
	mutex sync.Mutex
	info  client.WorkerDeploymentInfo
	err   error
}

func (f *temporal) Describe(context.Context, client.WorkerDeploymentDescribeOptions) (client.WorkerDeploymentDescribeResponse, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return client.WorkerDeploymentDescribeResponse{Info: f.info}, f.err
}

func (f *temporal) answer(info client.WorkerDeploymentInfo, err error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.info, f.err = info, err
}

// polled is a deployment that has seen the worker's version.
func polled(drained client.WorkerDeploymentVersionDrainageStatus, routing client.WorkerDeploymentRoutingConfig) client.WorkerDeploymentInfo {
	return client.WorkerDeploymentInfo{Name: "cob", RoutingConfig: routing, VersionSummaries: []client.WorkerDeploymentVersionSummary{
		{Version: other}, {Version: own, DrainageStatus: drained},
	}}
}

func newTestDeployment(f *temporal) (*deployment, *bytes.Buffer) {
	var log bytes.Buffer
	return &deployment{handle: f, version: own, namespace: "ops", log: slog.New(slog.NewTextHandler(&log, nil))}, &log
}

func TestWhereAVersionStands(t *testing.T) {
	t.Parallel()
	const (
		undecided = client.WorkerDeploymentVersionDrainageStatusUnspecified
		draining  = client.WorkerDeploymentVersionDrainageStatusDraining
		drained   = client.WorkerDeploymentVersionDrainageStatusDrained
	)
	for name, c := range map[string]struct {
		info client.WorkerDeploymentInfo
		err  error
		want standing
	}{
		"current": {info: polled(undecided, client.WorkerDeploymentRoutingConfig{CurrentVersion: &own}),
			want: standing{"version cob:1.2 is current", true, true}},
		"ramping": {info: polled(undecided, client.WorkerDeploymentRoutingConfig{CurrentVersion: &other, RampingVersion: &own, RampingVersionPercentage: 12.5}),
			want: standing{"version cob:1.2 is ramping: 12.5 % of new work comes to it", true, true}},
		"ramping at nothing": {info: polled(undecided, client.WorkerDeploymentRoutingConfig{CurrentVersion: &other, RampingVersion: &own}),
			want: standing{"version cob:1.2 is neither current nor ramping: no new work comes to it. Make it current: " + makeCurrent, false, true}},
		"new": {info: polled(undecided, client.WorkerDeploymentRoutingConfig{CurrentVersion: &other}),
			want: standing{"version cob:1.2 is neither current nor ramping: no new work comes to it. Make it current: " + makeCurrent, false, true}},
		"replaced": {info: polled(draining, client.WorkerDeploymentRoutingConfig{CurrentVersion: &other}),
			want: standing{"version cob:1.2 is neither current nor ramping: no new work comes to it, it ends what it began. To make it current again: " + makeCurrent, false, true}},
		"drained": {info: polled(drained, client.WorkerDeploymentRoutingConfig{CurrentVersion: &other}),
			want: standing{"version cob:1.2 is neither current nor ramping: what it began has ended, and this worker may be stopped. To make it current again: " + makeCurrent, false, true}},
		"not seen yet": {info: client.WorkerDeploymentInfo{Name: "cob", RoutingConfig: client.WorkerDeploymentRoutingConfig{CurrentVersion: &other}},
			want: standing{"version cob:1.2 has just begun to poll, and Temporal doesn't know it yet", false, false}},
		"no deployment yet": {err: serviceerror.NewNotFound("no deployment"),
			want: standing{"version cob:1.2 has just begun to poll, and Temporal doesn't know it yet", false, false}},
		"no answer": {err: errors.New("permission denied"),
			want: standing{"where version cob:1.2 stands is not known: permission denied", false, true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, _ := newTestDeployment(&temporal{info: c.info, err: c.err})
			require.Equal(t, c.want, d.look(t.Context()))
		})
	}
}

// What has been said once is said again only when it has changed.
func TestAVersionsStandingIsLoggedWhenItChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &temporal{err: serviceerror.NewNotFound("no deployment")}
		d, log := newTestDeployment(f)
		ctx, stop := context.WithCancel(t.Context())
		go d.watch(ctx)
		synctest.Wait()
		require.Equal(t, 1, strings.Count(log.String(), "\n"))

		f.answer(polled(client.WorkerDeploymentVersionDrainageStatusUnspecified, client.WorkerDeploymentRoutingConfig{}), nil)
		time.Sleep(2 * lookSoon)
		synctest.Wait()
		require.Equal(t, 2, strings.Count(log.String(), "\n"))
		require.Contains(t, log.String(), `level=WARN msg="version cob:1.2 is neither current nor ramping: no new work comes to it. Make it current: `+makeCurrent+`" deployment=cob build_id=1.2`)
		time.Sleep(10 * lookEvery)
		synctest.Wait()
		require.Equal(t, 2, strings.Count(log.String(), "\n"), "nothing has changed")

		f.answer(polled(client.WorkerDeploymentVersionDrainageStatusUnspecified, client.WorkerDeploymentRoutingConfig{CurrentVersion: &own}), nil)
		time.Sleep(lookEvery)
		synctest.Wait()
		require.Contains(t, log.String(), `level=INFO msg="version cob:1.2 is current"`)

		f.answer(polled(client.WorkerDeploymentVersionDrainageStatusDraining, client.WorkerDeploymentRoutingConfig{CurrentVersion: &other}), nil)
		time.Sleep(lookEvery)
		synctest.Wait()
		require.Contains(t, log.String(), `level=WARN msg="version cob:1.2 is neither current nor ramping: no new work comes to it, it ends`)
		require.Equal(t, 4, strings.Count(log.String(), "\n"))
		stop()
	})
}

func TestWithoutADeploymentNothingIsWatched(t *testing.T) {
	t.Parallel()
	d := newDeployment(&config.Config{}, nil, slog.New(slog.DiscardHandler))
	require.Nil(t, d)
	d.watch(t.Context())
	require.Empty(t, d.line())
}

// database answers pings.
type database struct{ err error }

func (d database) Ping(context.Context) error { return d.err }

func TestHealth(t *testing.T) {
	t.Parallel()
	f := &temporal{info: polled(client.WorkerDeploymentVersionDrainageStatusUnspecified, client.WorkerDeploymentRoutingConfig{})}
	idle, _ := newTestDeployment(f)
	s := idle.look(t.Context())
	idle.standing.Store(&s)
	for name, c := range map[string]struct {
		path     string
		database error
		version  *deployment
		status   int
		body     string
	}{
		"alive":                {"/healthz", errors.New("refused"), nil, http.StatusOK, "ok\n"},
		"ready":                {"/readyz", nil, nil, http.StatusOK, "ready\n"},
		"no database":          {"/readyz", errors.New("refused"), nil, http.StatusServiceUnavailable, "the database does not answer\n"},
		"alive without work":   {"/healthz", nil, idle, http.StatusOK, "ok\n"},
		"ready without work":   {"/readyz", nil, idle, http.StatusOK, "ready\nversion cob:1.2 is neither current nor ramping: no new work comes to it. Make it current: " + makeCurrent + "\n"},
		"ready, not asked yet": {"/readyz", nil, &deployment{version: own}, http.StatusOK, "ready\nversion cob:1.2 has just begun to poll\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			answers(database{c.database}, c.version).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, c.path, http.NoBody))
			require.Equal(t, c.status, w.Code)
			require.Equal(t, c.body, w.Body.String())
		})
	}
}
