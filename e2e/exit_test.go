package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/dev/environ"
	"github.com/closeofbusiness/cob/dev/testserver"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/delivery"
)

// The exit code says what kind of no it is, and the message how to go on.
func TestExitCodes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cal := s.owed("codes", "Europe/London")
	saturday, monday := report.Date("2026-08-08"), "2026-08-10"
	ahead := string(cal.Next(cal.Holding(time.Now())))
	nowhere := "127.0.0.1:1"
	for _, c := range []struct {
		name string
		args []string
		set  []string // replaces settings; NAME alone removes one
		code int
		says []string
	}{
		{"weekend", []string{"run", "--series", "codes", "--date", string(saturday), "--wait"}, nil, 2, []string{"Saturday", string(saturday), monday}},
		{"facts of a weekend", []string{"facts", "--series", "codes", "--date", string(saturday)}, nil, 2, []string{monday}},
		{"no date", []string{"run", "--series", "codes", "--date", "yesterday"}, nil, 2, []string{"yesterday", "YYYY-MM-DD"}},
		{"unknown flag", []string{"run", "--seires", "codes"}, nil, 2, []string{"--seires", "starter run --help"}},
		{"unknown command", []string{"aply"}, nil, 2, []string{"aply", "starter --help"}},
		{"unknown command of a noun", []string{"series", "aply", "x.yaml"}, nil, 2, []string{"aply"}},
		{"unknown series", []string{"run", "--series", "cods"}, nil, 2, []string{`"cods"`, "starter series apply"}},
		{"no series", []string{"run"}, nil, 2, []string{"--series", "COB_SERIES"}},
		{"no zone", []string{"ingest", "garak", "x.jsonl"}, nil, 2, []string{"--time-zone"}},
		{"no file", []string{"ingest", "garak", "--time-zone", "UTC", "x.jsonl"}, nil, 2, []string{"x.jsonl"}},
		{"Temporal does not answer", []string{"run", "--series", "codes"}, []string{"TEMPORAL_ADDRESS=" + nowhere}, 3, []string{nowhere}},
		{"the database does not answer", []string{"facts", "--series", "codes"}, []string{"DATABASE_URL=postgres://cob:secret@" + nowhere + "/cob"}, 3, []string{nowhere}},
		{"half an environment", []string{"run", "--series", "codes"}, []string{"DATABASE_URL"}, 2, []string{"DATABASE_URL", "TEMPORAL_ADDRESS"}},
		{"wrong settings", []string{"run"}, []string{"COB_DB_MAX_CONNS=many", "COB_LOG_LEVEL=loud"}, 2, []string{"COB_DB_MAX_CONNS", "COB_LOG_LEVEL"}},
		{"nothing set", []string{"run", "--series", "codes"}, []string{"DATABASE_URL", "TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE"}, 1, []string{"make dev", "DATABASE_URL", "TEMPORAL_ADDRESS"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := command(t, s.dir, changed(s.environment(), c.set...), "starter", c.args...)
			require.Equal(t, c.code, o.code, o.err)
			require.Empty(t, o.out)
			for _, words := range c.says {
				require.Contains(t, o.err, words)
			}
			require.NotContains(t, o.err, "secret")
		})
	}
	t.Run("a cutoff that lies ahead", func(t *testing.T) {
		t.Parallel()
		s.worker()
		o := s.starter("run", "--series", "codes", "--date", ahead, "--wait")
		require.Equal(t, 2, o.code, o.err)
		require.Contains(t, o.err, "lies ahead")
	})
}

// changed replaces or removes settings.
func changed(env []string, set ...string) []string {
	for _, s := range set {
		name, _, replaces := strings.Cut(s, "=")
		env = slices.DeleteFunc(env, func(e string) bool { return strings.HasPrefix(e, name+"=") })
		if replaces {
			env = append(env, s)
		}
	}
	return env
}

// Programs that meet a database or a namespace which nobody has prepared name
// the command that does it.
func TestNotPrepared(t *testing.T) {
	t.Parallel()
	require.NoError(t, build())
	dir, address := t.TempDir(), testserver.Temporal(t)
	env := func(database testserver.Database) []string {
		env, err := environ.Private(dir, "DATABASE_URL="+database.AppURL, "TEMPORAL_ADDRESS="+address,
			"TEMPORAL_NAMESPACE="+testserver.Namespace(t, address), "COB_METRICS_ADDR=off")
		require.NoError(t, err)
		return env
	}
	empty := env(testserver.Empty(t))
	for _, args := range [][]string{{"starter", "run", "--series", "codes"}, {"starter", "facts", "--series", "codes"}, {"worker", "--check"}} {
		o := command(t, dir, empty, args[0], args[1:]...)
		require.NotZero(t, o.code, args)
		require.Contains(t, o.err, "starter migrate up", args)
	}
	o := command(t, dir, env(testserver.New(t)), "worker", "--check")
	require.NotZero(t, o.code)
	require.Contains(t, o.err, "starter init")
	for _, name := range []string{report.AttributeSeries, report.AttributeDate, report.AttributeState} {
		require.Contains(t, o.err, "temporal operator search-attribute create", name)
		require.Contains(t, o.err, name)
	}
}

// A file that somebody put where the report belongs is never replaced.
func TestForeignFileStays(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.owed("files", "Europe/London")
	date := s.sample(2)
	s.worker()
	output := filepath.Join(s.dir, "wanted")
	folder := delivery.Folder(output, "files", date, 1)
	foreign := filepath.Join(folder, "report.md")
	require.NoError(t, os.MkdirAll(folder, 0o750))
	require.NoError(t, os.WriteFile(foreign, []byte("mine"), 0o600))

	o := s.starter("run", "--series", "files", "--date", string(date), "--output", output)
	require.Equal(t, 1, o.code, o.err)
	require.Contains(t, o.err, foreign)
	body, err := os.ReadFile(foreign) // #nosec G304 -- the test's own folder
	require.NoError(t, err)
	require.Equal(t, "mine", string(body))

	require.NoError(t, os.Remove(foreign))
	r := receipt(t, s.starter("run", "--series", "files", "--date", string(date), "--output", output, "--json"))
	require.True(t, r.Already, "it was issued all the same")
	delivered := s.files(r)
	for name, want := range delivered {
		got, err := os.ReadFile(filepath.Join(folder, name)) // #nosec G304 -- the test's own folder
		require.NoError(t, err)
		require.Equal(t, want, string(got), name)
	}
	require.Len(t, delivered, 4)
}
