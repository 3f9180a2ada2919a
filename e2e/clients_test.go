//go:build clients

package e2e

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/closeofbusiness/cob/dev/port"
	"github.com/closeofbusiness/cob/dev/tool"
	"github.com/closeofbusiness/cob/report"
)

// Services that ask for one cycle at the same time, in two languages and with
// the stock command line, get one report and its receipt; so does one that
// comes later.
func TestClientsGetOneReport(t *testing.T) {
	t.Parallel()
	s := newTypescript(t)
	s.owed("portal", "Europe/London")
	date := s.sample(2)
	conn := s.admin()
	held := hold(t, conn, gates["fetch"])
	s.worker()

	first := s.begin("--json", "portal", string(date))
	held.await()
	running, err := s.client.DescribeWorkflow(t.Context(), report.CycleID("portal", date), "")
	require.NoError(t, err)
	joined := s.ask("portal", date)
	require.Equal(t, running.WorkflowExecution.RunID, joined.GetRunID(), "it joined what TypeScript started")
	nameless := s.start("portal", date) // under an ID that the command line invents
	second := s.begin("--json", "portal", string(date))
	eventually(t, "it has joined", func() bool { return second.err.String() == "waiting for "+report.CycleID("portal", date)+"\n" })
	held.release()

	one := s.receipt(first.wait())
	require.False(t, one.Already)
	require.Equal(t, 1, one.Revision)
	require.Equal(t, one, s.receiptOf(started{joined.GetID(), joined.GetRunID()}))
	require.Equal(t, one, s.receipt(second.wait()))
	three := s.receiptOf(nameless)
	three.Already = false // where it came late it found the cycle issued
	require.Equal(t, one, three)
	require.Equal(t, 1, count(t, conn, `SELECT count(*) FROM cob.revision`))

	again := s.run("portal", string(date))
	require.Zero(t, again.code, again.err)
	require.Equal(t, string(one.State)+"  portal  "+string(date)+"  revision 1  facts sha256:"+one.Facts.SHA256+"\n", again.out)
}

func TestClientsTellRefusedFromFailed(t *testing.T) {
	t.Parallel()
	s := newTypescript(t)
	s.owed("portal", "Europe/London")

	free, err := port.Free()
	require.NoError(t, err)
	away := s.beginAt(fmt.Sprintf("127.0.0.1:%d", free), "portal", "2026-01-05")
	ended := s.begin("portal", "2026-01-06") // no worker runs yet
	id := report.CycleID("portal", "2026-01-06")
	eventually(t, "the cycle is started", func() bool { _, err := s.client.DescribeWorkflow(t.Context(), id, ""); return err == nil })
	s.temporal("workflow", "terminate", "--workflow-id", id, "--reason", "a test")
	require.Equal(t, 1, ended.wait().code)

	s.worker()
	for _, refused := range []struct {
		args []string
		says string
	}{
		{[]string{"nobody", "2026-01-05"}, "nobody"},
		{[]string{"portal", "2026-01-04"}, "2026-01-05"}, // a Sunday belongs to Monday
		{[]string{"Portal", "2026-01-05"}, "63 characters"},
		{[]string{"portal", "yesterday"}, "YYYY-MM-DD"},
		{[]string{"portal"}, "usage"},
		{[]string{"portal", "2026-01-05", "2026-01-06"}, "usage"},
		{[]string{"--wait", "portal", "2026-01-05"}, "usage"},
	} {
		o := s.run(refused.args...)
		require.Equal(t, 2, o.code, "%s: %s%s", refused.args, o.out, o.err)
		require.Contains(t, o.err, refused.says)
		require.Empty(t, o.out)
	}
	o := away.wait()
	require.Equal(t, 3, o.code, o.err)
	require.Contains(t, o.err, "Temporal could not be asked")
}

// What is installed is what was looked at: exact versions with their digests,
// from the public registry or from yours.
func TestClientsArePinned(t *testing.T) {
	t.Parallel()
	var manifest struct{ Dependencies, DevDependencies map[string]string }
	load(t, &manifest, "package.json")
	for _, all := range []map[string]string{manifest.Dependencies, manifest.DevDependencies} {
		require.NotEmpty(t, all)
		for name, version := range all {
			require.Regexp(t, regexp.MustCompile(`^\d+\.\d+\.\d+$`), version, name)
		}
	}
	var lock struct {
		Packages map[string]struct{ Version, Resolved, Integrity string }
	}
	load(t, &lock, "package-lock.json")
	for name, p := range lock.Packages {
		if name == "" {
			continue // the example itself
		}
		require.Regexp(t, regexp.MustCompile(`^sha512-`), p.Integrity, name)
		from, err := url.Parse(p.Resolved)
		require.NoError(t, err)
		require.Contains(t, []string{"", "https://registry.npmjs.org"}, strings.TrimSuffix(from.Scheme+"://"+from.Host, "://"), name)
		if wanted, ok := manifest.Dependencies[strings.TrimPrefix(name, "node_modules/")]; ok {
			require.Equal(t, wanted, p.Version, name)
		}
	}
}

func load(t *testing.T, into any, name string) {
	t.Helper()
	text, err := os.ReadFile(fromRoot(t, "docs", "clients", "typescript", name)) // #nosec G304 -- our own sources
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, into), name)
}

// typescript is a site with the TypeScript example at hand.
type typescript struct {
	*site
	program string // the example's folder, built
}

func newTypescript(t *testing.T) typescript {
	t.Helper()
	program, err := example()
	require.NoError(t, err)
	return typescript{newSite(t), program}
}

func (s typescript) begin(args ...string) *process {
	s.Helper()
	return s.beginAt(s.address, args...)
}

// beginAt starts the example with a Temporal server at that address. The empty
// configuration file of other tests is one that Temporal's TypeScript cannot read.
func (s typescript) beginAt(address string, args ...string) *process {
	s.Helper()
	node, err := exec.LookPath("node")
	require.NoError(s, err)
	env := s.environment("TEMPORAL_CONFIG_FILE=", "TEMPORAL_ADDRESS="+address)
	p := begin(s, s.program, env, node, append([]string{"dist/start-report.js"}, args...)...)
	s.Cleanup(func() {
		if s.Failed() {
			s.Logf("%s\n%s%s", p.what, p.out.String(), p.err.String())
		}
	})
	return p
}

func (s typescript) run(args ...string) outcome {
	s.Helper()
	return s.begin(args...).wait()
}

// receipt is what the example printed, which the schema must know.
func (s typescript) receipt(o outcome) report.Receipt {
	s.Helper()
	r := receipt(s, o)
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile(fromRoot(s.T, "docs", "schemas", "receipt.schema.json"))
	require.NoError(s, err)
	printed, err := jsonschema.UnmarshalJSON(strings.NewReader(o.out))
	require.NoError(s, err)
	require.NoError(s, schema.Validate(printed), o.out)
	return r
}

// ask starts or joins a cycle as a service in Go does: it knows package report
// and Temporal's SDK.
func (s typescript) ask(series string, date report.Date) client.WorkflowRun {
	s.Helper()
	run, err := s.client.ExecuteWorkflow(s.Context(), client.StartWorkflowOptions{
		ID:                       report.CycleID(series, date),
		TaskQueue:                s.queue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
	}, report.CloseOfBusiness, report.Request{Series: series, BusinessDate: date, RequestedBy: "risk-portal"})
	require.NoError(s, err)
	return run
}

// example installs and builds docs/clients/typescript in a copy, once: nothing is
// left in the tree.
var example = sync.OnceValues(func() (string, error) {
	root, err := tool.Root()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(programs, "typescript")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", err
	}
	files, err := filepath.Glob(filepath.Join(root, "docs", "clients", "typescript", "*.*"))
	if err != nil {
		return "", err
	}
	for _, f := range files { // no folder's name has a dot: no node_modules, no dist
		body, err := os.ReadFile(f) // #nosec G304 -- our own sources
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(f)), body, 0o600); err != nil {
			return "", err
		}
	}
	cache, err := tool.Cache()
	if err != nil {
		return "", err
	}
	if err := npm(dir, "ci", "--prefer-offline", "--no-audit", "--no-fund", "--cache", filepath.Join(cache, "npm")); err != nil {
		return "", err
	}
	return dir, npm(dir, "run", "build")
})

// npm runs with the user's settings: they say which registry serves.
func npm(dir string, args ...string) error {
	cmd := exec.Command("npm", args...) // #nosec G204 -- our own words
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}
