package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/closeofbusiness/cob/dev/environ"
	"github.com/closeofbusiness/cob/dev/testserver"
	"github.com/closeofbusiness/cob/dev/tool"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/calendar"
	"github.com/closeofbusiness/cob/report/delivery"
	"github.com/closeofbusiness/cob/report/fact"
)

const (
	// patience is how long anything may take on a busy machine.
	patience = 90 * time.Second
	// often is how often a test looks whether something has happened.
	often = 50 * time.Millisecond
)

// waiters is how many tests run at once at least.
const waiters = 4

// afterAll looks back at all tests of a run that passed.
var afterAll func() error

// programs is the folder of this run's worker and starter.
var programs string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "cob-e2e-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	programs = dir
	flag.Parse()
	// Most of these tests wait most of the time: for a worker's death to be
	// noticed, for a server.
	if n, err := strconv.Atoi(flag.Lookup("test.parallel").Value.String()); err == nil && n < waiters {
		err = flag.Set("test.parallel", strconv.Itoa(waiters))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	code := m.Run()
	if afterAll != nil && code == 0 {
		if err := afterAll(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// build builds the two programs as make does, once.
var build = sync.OnceValue(func() error {
	root, err := tool.Root()
	if err != nil {
		return err
	}
	cmd := exec.Command("go", "build", "-trimpath", "-o", programs+string(filepath.Separator), "./worker", "./starter") // #nosec G204 -- our own sources
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
})

// site is a deployment of COB with a database and a namespace of its own.
type site struct {
	*testing.T
	database  testserver.Database
	address   string
	namespace string
	queue     string
	dir       string
	client    client.Client
	settings  []string // of the programs, beside the site's own
}

// newSite deploys COB: migrated, initialised and with the template applied.
func newSite(t *testing.T) *site {
	t.Helper()
	return deploy(t, testserver.New(t), func(s *site) {
		s.must("template", "apply", fromRoot(t, "templates", "daily-security.yaml"))
	})
}

// deploy deploys COB on a migrated database.
func deploy(t *testing.T, database testserver.Database, prepare func(*site)) *site {
	t.Helper()
	require.NoError(t, build())
	s := &site{T: t, database: database, address: testserver.Temporal(t), dir: t.TempDir()}
	s.namespace = testserver.Namespace(t, s.address)
	s.queue = "queue-" + s.namespace
	var err error
	s.client, err = client.Dial(client.Options{HostPort: s.address, Namespace: s.namespace, Logger: silent{}})
	require.NoError(t, err)
	t.Cleanup(s.client.Close)
	s.must("init")
	prepare(s)
	return s
}

// silent drops what the test's own client logs.
type silent struct{}

func (silent) Debug(string, ...any) {}
func (silent) Info(string, ...any)  {}
func (silent) Warn(string, ...any)  {}
func (silent) Error(string, ...any) {}

func fromRoot(t *testing.T, parts ...string) string {
	t.Helper()
	root, err := tool.Root()
	require.NoError(t, err)
	return filepath.Join(append([]string{root}, parts...)...)
}

// environment is what the programs see: nothing of the user's, and this site.
func (s *site) environment(more ...string) []string {
	s.Helper()
	env, err := environ.Private(s.dir, append([]string{
		"DATABASE_URL=" + s.database.AppURL,
		"TEMPORAL_ADDRESS=" + s.address,
		"TEMPORAL_NAMESPACE=" + s.namespace,
		"COB_TASK_QUEUE=" + s.queue,
		"COB_OUTPUT_DIR=" + filepath.Join(s.dir, "out"),
		"COB_METRICS_ADDR=off",
		"COB_DB_MAX_CONNS=8",
	}, append(s.settings, more...)...)...)
	require.NoError(s, err)
	return env
}

// outcome is what became of a command.
type outcome struct {
	code     int
	out, err string
}

// command runs a program to its end.
func command(t testing.TB, dir string, env []string, name string, args ...string) outcome {
	t.Helper()
	return begin(t, dir, env, name, args...).wait()
}

// process is a program that runs.
type process struct {
	testing.TB
	what     string
	cmd      *exec.Cmd
	out, err bytesBuffer
	ended    chan error
}

// bytesBuffer may be read while a program writes.
type bytesBuffer struct {
	mutex  sync.Mutex
	buffer bytes.Buffer
}

func (b *bytesBuffer) Write(p []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.Write(p)
}

func (b *bytesBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.String()
}

// begin starts a program; it is killed at the test's end at the latest.
func begin(t testing.TB, dir string, env []string, name string, args ...string) *process {
	t.Helper()
	require.NoError(t, build())
	if !filepath.IsAbs(name) {
		name = filepath.Join(programs, name)
	}
	p := &process{TB: t, what: strings.Join(append([]string{filepath.Base(name)}, args...), " "),
		cmd: exec.Command(name, args...), ended: make(chan error, 1)} // #nosec G204 -- our own programs
	p.cmd.Dir, p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = dir, env, &p.out, &p.err
	require.NoError(t, p.cmd.Start())
	go func() { p.ended <- p.cmd.Wait() }()
	t.Cleanup(p.kill)
	return p
}

// kill ends the program with SIGKILL: it has no say in it.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	p.ended <- <-p.ended     // for whoever asks next
}

func (p *process) wait() outcome {
	p.Helper()
	select {
	case err := <-p.ended:
		p.ended <- err
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			require.NoError(p, err, p.what)
		}
	case <-time.After(patience):
		p.kill()
		require.Fail(p, "did not end", "%s\n%s\n%s", p.what, p.out.String(), p.err.String())
	}
	return outcome{p.cmd.ProcessState.ExitCode(), p.out.String(), p.err.String()}
}

// starter runs starter to its end.
func (s *site) starter(args ...string) outcome {
	s.Helper()
	return command(s, s.dir, s.environment(), "starter", args...)
}

// must runs starter, which must succeed, and returns its standard output.
func (s *site) must(args ...string) string {
	s.Helper()
	o := s.starter(args...)
	require.Zero(s, o.code, "starter %s\n%s%s", strings.Join(args, " "), o.out, o.err)
	return o.out
}

// run starts "starter run --wait" and doesn't wait for it.
func (s *site) run(series string, date report.Date) *process {
	s.Helper()
	return begin(s, s.dir, s.environment(), "starter", "run", "--series", series, "--date", string(date), "--wait", "--json")
}

// issue has a report issued, or finds it issued, and returns the receipt.
func (s *site) issue(series string, date report.Date) report.Receipt {
	s.Helper()
	return receipt(s, s.run(series, date).wait())
}

// receipt reads the last line of "starter run --wait --json".
func receipt(t testing.TB, o outcome) report.Receipt {
	t.Helper()
	require.Zero(t, o.code, "%s\n%s", o.out, o.err)
	lines := strings.Split(strings.TrimSpace(o.out), "\n")
	var r report.Receipt
	require.NoError(t, json.Unmarshal([]byte(lines[len(lines)-1]), &r), o.out)
	require.NotZero(t, r.Revision, o.out)
	return r
}

// worker starts a worker. Its log is shown where the test fails.
func (s *site) worker() *process {
	s.Helper()
	w := begin(s, s.dir, s.environment("COB_LOG_FORMAT=text"), "worker")
	s.Cleanup(func() {
		if s.Failed() {
			s.Logf("%s\n%s", w.what, w.err.String())
		}
	})
	return w
}

// temporal runs the stock command line to its end.
func (s *site) temporal(args ...string) string {
	s.Helper()
	o := command(s, s.dir, s.environment(), testserver.CLI(s), args...)
	require.Zero(s, o.code, "temporal %s\n%s%s", strings.Join(args, " "), o.out, o.err)
	return o.out
}

// owed applies a series that closes at 17:00 in the zone, Monday to Friday, with
// more lines in its file where they are given.
func (s *site) owed(name, zone string, more ...string) *calendar.Calendar {
	s.Helper()
	path := filepath.Join(s.dir, name+".yaml")
	text := fmt.Sprintf("name: %s\ntemplate: daily-security\ncutoff: \"17:00\"\ntime_zone: %s\n%s\n", name, zone, strings.Join(more, "\n"))
	require.NoError(s, os.WriteFile(path, []byte(text), 0o600))
	s.must("series", "apply", path)
	location, err := time.LoadLocation(zone)
	require.NoError(s, err)
	cal, err := calendar.New(calendar.Rule{Cutoff: "17:00", Zone: location})
	require.NoError(s, err)
	return cal
}

// sample loads the sample's latest days and returns the last one.
func (s *site) sample(days int) report.Date {
	s.Helper()
	var loaded struct {
		Until report.Date `json:"until"`
	}
	require.NoError(s, json.Unmarshal([]byte(s.must("sample", "--business-days", fmt.Sprint(days), "--seed", "1", "--json")), &loaded))
	return loaded.Until
}

// facts prints the facts of a day, computed where it was not issued.
func (s *site) facts(series string, date report.Date) *facts {
	s.Helper()
	f := &facts{TB: s}
	require.NoError(s, json.Unmarshal([]byte(s.must("facts", "--series", series, "--date", string(date), "--json")), &f.all))
	require.NotEmpty(s, f.all)
	return f
}

// admin connects the superuser.
func (s *site) admin() *pgx.Conn {
	s.Helper()
	conn, err := pgx.Connect(s.Context(), s.database.AdminURL)
	require.NoError(s, err)
	s.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// count reads one number.
func count(t testing.TB, conn *pgx.Conn, query string, args ...any) (n int) {
	t.Helper()
	require.NoError(t, conn.QueryRow(t.Context(), query, args...).Scan(&n))
	return n
}

// files reads what was delivered, by name.
func (s *site) files(r report.Receipt) map[string]string {
	s.Helper()
	dir := delivery.Folder(filepath.Join(s.dir, "out"), r.Series, r.BusinessDate, r.Revision)
	entries, err := os.ReadDir(dir)
	require.NoError(s, err)
	out := map[string]string{}
	for _, e := range entries {
		body, err := os.ReadFile(filepath.Join(dir, e.Name())) // #nosec G304 -- the test's own folder
		require.NoError(s, err)
		out[e.Name()] = string(body)
	}
	return out
}

// eventually waits for something to happen.
func eventually(t testing.TB, what string, happened func() bool) {
	t.Helper()
	require.Eventually(t, happened, patience, often, what)
}

// facts are what "starter facts --json" prints.
type facts struct {
	testing.TB
	all []fact.Fact
}

// find returns a fact by its name: "attack.hits{target=kb-search}".
func (f *facts) find(key string) *fact.Fact {
	f.Helper()
	for i := range f.all {
		if f.all[i].Key() == key {
			return &f.all[i]
		}
	}
	require.Fail(f, "no such fact", key)
	return nil
}

// value is a count that must be measured.
func (f *facts) value(key string) int64 {
	f.Helper()
	v := f.find(key)
	require.True(f, v.Measured(), "%s: %s", key, v.Reason)
	return int64(*v.Value)
}
