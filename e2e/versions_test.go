package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/closeofbusiness/cob/dev/port"
	"github.com/closeofbusiness/cob/dev/testserver"
	"github.com/closeofbusiness/cob/dev/tool"
	"github.com/closeofbusiness/cob/launch"
	"github.com/closeofbusiness/cob/report"
)

// The two builds, as docs/operations.md calls them.
const (
	oldBuild = "1.0.0"
	newBuild = "1.1.0"
)

// look-again is the change that the second build makes to a cycle: it waits for
// a moment before its report is made. Running cycles survive it, because they
// go on without.
const (
	toReport  = "\tc.Stage, c.State = \"report\", report.Open\n"
	lookAgain = `	if workflow.GetVersion(ctx, "look-again", workflow.DefaultVersion, 1) == 1 {
		if err := workflow.Sleep(ctx, 1e6); err != nil {
			return report.Receipt{}, err
		}
	}
`
)

// second builds the worker once more, from the same sources with the change. It
// knows its own build.
var second = sync.OnceValues(func() (string, error) {
	root, err := tool.Root()
	if err != nil {
		return "", err
	}
	source := filepath.Join(root, "workflows", "closeofbusiness.go")
	text, err := os.ReadFile(source) // #nosec G304 -- our own source
	if err != nil {
		return "", err
	}
	if n := strings.Count(string(text), toReport); n != 1 {
		return "", fmt.Errorf("the second build changes %s where it says\n%sIt says that %d times: make this test follow", source, toReport, n)
	}
	dir := filepath.Join(programs, "second")
	edited, overlay := filepath.Join(dir, "closeofbusiness.go"), filepath.Join(dir, "overlay.json")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{source: edited}})
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return "", err
	}
	if err := os.WriteFile(edited, []byte(strings.Replace(string(text), toReport, toReport+lookAgain, 1)), 0o600); err != nil {
		return "", err
	}
	if err := os.WriteFile(overlay, replace, 0o600); err != nil {
		return "", err
	}
	cmd := exec.Command("go", "build", "-trimpath", "-overlay", overlay,
		"-ldflags", "-X github.com/closeofbusiness/cob/config.build="+newBuild, "-o", filepath.Join(dir, "worker"), "./worker") // #nosec G204 -- our own sources
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build -overlay: %w\n%s", err, out)
	}
	return filepath.Join(dir, "worker"), nil
})

// rollout is a site whose workers are versions of the deployment cob.
type rollout struct {
	*site
	old, new versioned
}

// versioned is a worker with its health page.
type versioned struct {
	*process
	health string
}

// newRollout starts workers of both builds and makes the old one current.
func newRollout(t *testing.T) rollout {
	t.Helper()
	program, err := second()
	require.NoError(t, err)
	r := rollout{site: newSite(t)}
	r.old = r.versioned("worker", oldBuild, "COB_BUILD_ID="+oldBuild)
	r.polls(oldBuild)
	r.documented(makeCurrent(oldBuild))
	r.new = r.versioned(program, newBuild)
	r.polls(newBuild)
	return r
}

// versioned starts a worker of the deployment, and says which build it is.
func (s *site) versioned(program, build string, settings ...string) versioned {
	s.Helper()
	free, err := port.Free()
	require.NoError(s, err)
	address := "127.0.0.1:" + strconv.Itoa(free)
	settings = append(settings, "COB_LOG_FORMAT=text", "COB_POLL_INTERVAL=100ms", "COB_METRICS_ADDR="+address, "COB_DEPLOYMENT=cob")
	w := begin(s, s.dir, s.environment(settings...), program)
	s.Cleanup(func() {
		if s.Failed() {
			s.Logf("build %s\n%s", build, w.err.String())
		}
	})
	return versioned{w, "http://" + address}
}

// held is a cycle that is held until its source has promised its data, and the
// run that waits for it.
func (s *site) held() (closed, *process) {
	s.Helper()
	c := s.closes("held", 0, "missing_data: hold")
	run := begin(s, s.dir, s.environment(), "starter", "run", "--series", c.name, "--date", string(c.date), "--as-of", report.AsOfDue, "--wait", "--json")
	c.waits(run, report.Held)
	return c, run
}

// answer is a page of the worker's health.
func (v versioned) answer(path string) (int, string) {
	r, err := http.NewRequest(http.MethodGet, v.health+path, http.NoBody)
	require.NoError(v, err)
	answer, err := http.DefaultClient.Do(r.WithContext(v.Context()))
	if err != nil {
		return 0, ""
	}
	defer answer.Body.Close() // only read
	body, err := io.ReadAll(answer.Body)
	require.NoError(v, err)
	return answer.StatusCode, string(body)
}

// stands waits until log and health say where the version stands.
func (v versioned) stands(build, text string) {
	v.Helper()
	line := "version cob:" + build + " is " + text
	eventually(v, line, func() bool {
		status, body := v.answer("/readyz")
		require.Contains(v, []int{0, http.StatusOK}, status)
		return strings.HasPrefix(body, "ready\n"+line) && strings.Contains(v.err.String(), line)
	})
	_, body := v.answer("/healthz")
	require.Equal(v, "ok\n", body)
}

func makeCurrent(build string) string {
	return "temporal worker deployment set-current-version --deployment-name cob --build-id " + build + " --yes"
}

func describeVersion(build string) string {
	return "temporal worker deployment describe-version --deployment-name cob --build-id " + build
}

// polls waits until the server knows that workers of a build poll all queues.
func (s *site) polls(build string) {
	s.Helper()
	eventually(s, "build "+build+" polls", func() bool {
		o := command(s, s.dir, s.environment(), testserver.CLI(s), strings.Fields(describeVersion(build))[1:]...)
		return o.code == 0 && strings.Contains(o.out, s.queue+"-joins") && strings.Count(o.out, s.queue) == 3
	})
}

// builds are the builds that took a workflow's steps, in order.
func (s *site) builds(workflowID string) (out []string) {
	s.Helper()
	for _, e := range s.events(workflowID) {
		if a := e.GetWorkflowTaskCompletedEventAttributes(); a != nil {
			out = append(out, a.GetDeploymentVersion().GetBuildId())
		}
	}
	return slices.Compact(out)
}

// changes counts what a cycle's history holds of the second build's change.
func (s *site) changes(workflowID string) (n int) {
	s.Helper()
	for _, e := range s.events(workflowID) {
		if e.GetMarkerRecordedEventAttributes().GetMarkerName() == "Version" || e.GetEventType() == enumspb.EVENT_TYPE_TIMER_STARTED {
			n++
		}
	}
	return n
}

// A rollout: what waits goes on with the new build, what is being made ends on
// the old one, and the old one says when it is no longer needed.
func TestVersionsRollout(t *testing.T) {
	t.Parallel()
	r := newRollout(t)
	r.new.stands(newBuild, "neither current nor ramping: no new work comes to it. Make it current: "+
		"temporal worker deployment set-current-version --namespace "+r.namespace+" --deployment-name cob --build-id "+newBuild)
	require.Contains(t, r.new.err.String(), `level=WARN msg="version cob:1.1.0 is neither`)

	r.owed("begun", "UTC")
	date := r.sample(1)
	waits, held := r.held()
	gate := hold(t, r.admin(), gates["fetch"])
	begun := r.run("begun", date)
	gate.await()

	require.Contains(t, r.documented(describeVersion(newBuild)), r.queue)
	r.documented(makeCurrent(newBuild))
	require.Contains(t, r.documented("temporal worker deployment describe --name cob"), newBuild)
	gate.release()

	// The revision ends where it began; its cycle, which had only that left, on
	// the new build, without the change that it was past.
	made := receipt(t, begun.wait())
	require.Equal(t, 1, made.Revision)
	require.Equal(t, []string{oldBuild}, r.builds(report.RevisionID("begun", date, 1)))
	require.Equal(t, []string{oldBuild, newBuild}, r.builds(report.CycleID("begun", date)))
	require.Zero(t, r.changes(report.CycleID("begun", date)))

	// The cycle that was held is issued by the new build, across the change.
	waits.promised(waits.cutoff)
	require.Equal(t, report.Issued, receipt(t, held.wait()).State)
	require.Equal(t, []string{oldBuild, newBuild}, r.builds(report.CycleID("held", waits.date)))
	require.Equal(t, 2, r.changes(report.CycleID("held", waits.date)), "the change's marker and what it does")
	require.Equal(t, []string{newBuild}, r.builds(report.RevisionID("held", waits.date, 1)))

	eventually(t, "the old build is drained", func() bool { return strings.Contains(r.documented(describeVersion(oldBuild)), "drained") })
	r.old.stands(oldBuild, "neither current nor ramping: what it began has ended, and this worker may be stopped")
	r.new.stands(newBuild, "current")
}

// Revisions of a build whose workers are gone can be moved to another.
func TestVersionsMoveARevision(t *testing.T) {
	t.Parallel()
	r := newRollout(t)
	r.owed("moved", "UTC")
	date := r.sample(1)
	gate := hold(t, r.admin(), gates["fetch"])
	run := r.run("moved", date)
	gate.await()
	r.documented(makeCurrent(newBuild))
	r.old.kill()
	gate.cut()
	gate.release()

	const begun = `--query "TemporalWorkerDeploymentVersion = 'cob:1.0.0' AND TemporalWorkflowVersioningBehavior = 'Pinned' AND ExecutionStatus = 'Running'"`
	id := report.RevisionID("moved", date, 1)
	eventually(t, "the revision is listed", func() bool { return strings.Contains(r.documented("temporal workflow list "+begun), id) })
	// The watchdog sees it too, a few minutes later than this.
	soon := &launch.Launcher{Client: r.client, Namespace: r.namespace, TaskQueue: r.queue, Forgotten: time.Nanosecond}
	stuck, err := soon.Stranded(t.Context(), time.Now().Add(time.Minute))
	require.NoError(t, err)
	require.Equal(t, []launch.Stuck{{WorkflowID: id, Version: "cob." + oldBuild}}, stuck)
	r.documented("temporal workflow update-options " + begun + ` --versioning-override-behavior auto_upgrade --reason "1.0.0 runs nowhere" --yes`)
	require.Equal(t, 1, receipt(t, run.wait()).Revision)
	require.Equal(t, []string{oldBuild, newBuild}, r.builds(id))
}

// A rollback: the old build goes on with what it knows. Cycles that are past a
// change of the new one end there, if they are pinned; one that is not stands
// still, and is started again.
func TestVersionsRollback(t *testing.T) {
	t.Parallel()
	r := newRollout(t)
	for _, name := range []string{"pinned", "stuck", "later"} {
		r.owed(name, "UTC")
	}
	date := r.sample(1)
	r.documented(makeCurrent(newBuild))
	waits, held := r.held()
	gate := hold(t, r.admin(), gates["fetch"])
	pinned := r.run("pinned", date)
	gate.await()

	const past = `--query "TemporalChangeVersion = 'look-again-1' AND ExecutionStatus = 'Running'"`
	eventually(t, "the cycle is listed", func() bool {
		return strings.Contains(r.documented("temporal workflow list "+past), report.CycleID("pinned", date))
	})
	r.documented("temporal workflow update-options " + past +
		` --versioning-override-behavior pinned --versioning-override-deployment-name cob --versioning-override-build-id 1.1.0 --reason "rolled back to 1.0.0" --yes`)
	eventually(t, "the cycle is pinned", func() bool {
		d, err := r.client.DescribeWorkflowExecution(t.Context(), report.CycleID("pinned", date), "")
		return err == nil && d.GetWorkflowExecutionInfo().GetVersioningInfo().GetVersioningOverride() != nil
	})
	stuck := r.run("stuck", date)
	eventually(t, "one more slips through", func() bool {
		return strings.Contains(r.temporal("workflow", "list"), report.RevisionID("stuck", date, 1))
	})
	r.documented(makeCurrent(oldBuild))
	gate.release()

	require.Equal(t, 1, receipt(t, pinned.wait()).Revision)
	require.Equal(t, []string{newBuild}, r.builds(report.CycleID("pinned", date)))

	waits.promised(waits.cutoff)
	require.Equal(t, report.Issued, receipt(t, held.wait()).State)
	require.Equal(t, []string{newBuild, oldBuild}, r.builds(report.CycleID("held", waits.date)))
	require.Zero(t, r.changes(report.CycleID("held", waits.date)))
	require.Equal(t, []string{oldBuild}, r.builds(report.RevisionID("held", waits.date, 1)))

	require.Equal(t, 1, r.issue("later", date).Revision)
	require.Equal(t, []string{oldBuild}, r.builds(report.CycleID("later", date)))

	eventually(t, "the old build says that it cannot go on", func() bool { return strings.Contains(r.old.err.String(), "TMPRL1100") })
	stuck.kill()
	r.temporal("workflow", "terminate", "--workflow-id", report.CycleID("stuck", date), "--reason", "rolled back to 1.0.0")
	again := r.issue("stuck", date)
	require.True(t, again.Already)
	require.Equal(t, []string{oldBuild}, r.builds(report.CycleID("stuck", date)))
}

// A ramp gives some of the work to the new build.
func TestVersionsRamp(t *testing.T) {
	t.Parallel()
	r := newRollout(t)
	const some = "temporal worker deployment set-ramping-version --deployment-name cob --build-id 1.1.0 --percentage 10 --yes"
	all := strings.Replace(some, " 10 ", " 100 ", 1)
	for _, name := range []string{"some", "all", "none"} {
		r.owed(name, "UTC")
	}
	date := r.sample(1)
	r.documented(some)
	require.Contains(t, r.documented("temporal worker deployment describe --name cob"), "RampingVersionPercentage")
	r.issue("some", date)
	require.Len(t, r.builds(report.CycleID("some", date)), 1, "one workflow stays with one build")

	r.temporal(strings.Fields(all)[1:]...)
	r.issue("all", date)
	require.Equal(t, []string{newBuild}, r.builds(report.CycleID("all", date)))
	require.Equal(t, []string{newBuild}, r.builds(report.RevisionID("all", date, 1)))
	r.new.stands(newBuild, "ramping: 100 % of new work comes to it")

	r.documented("temporal worker deployment set-ramping-version --deployment-name cob --delete --yes")
	r.issue("none", date)
	require.Equal(t, []string{oldBuild}, r.builds(report.CycleID("none", date)))
	eventually(t, "nothing is left of the ramp", func() bool { return strings.Contains(r.documented(describeVersion(newBuild)), "drained") })
}

// The first version takes over what unversioned workers had under way.
func TestVersionsFromUnversioned(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.owed("before", "UTC")
	date := s.sample(1)
	before := s.worker()
	gate := hold(t, s.admin(), gates["fetch"])
	run := s.run("before", date)
	gate.await()
	s.versioned("worker", oldBuild, "COB_BUILD_ID="+oldBuild)
	s.polls(oldBuild)
	s.documented(makeCurrent(oldBuild))
	before.kill()
	gate.cut()
	gate.release()
	require.Equal(t, 1, receipt(t, run.wait()).Revision)
	require.Equal(t, []string{"", oldBuild}, s.builds(report.RevisionID("before", date, 1)))
	require.Equal(t, []string{"", oldBuild}, s.builds(report.CycleID("before", date)))
}

// Of settings that make no version nothing is started.
func TestVersionsAreRefusedWithoutAName(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	o := command(s, s.dir, s.environment("COB_DEPLOYMENT=cob.eu", "COB_BUILD_ID=1.0.0"), "worker", "--check")
	require.Equal(t, 1, o.code)
	require.Contains(t, o.err, `COB_DEPLOYMENT: "cob.eu"; a name without . and : is needed`)
}
