package config

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/dev/connection"
	"github.com/closeofbusiness/cob/dev/pid"
	"github.com/closeofbusiness/cob/report"
)

// clean removes every setting that the machine may have.
func clean(t *testing.T) {
	t.Helper()
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "COB_") || strings.HasPrefix(name, "TEMPORAL_") || strings.HasPrefix(name, "DATABASE_") {
			t.Setenv(name, value) // so that it comes back
			require.NoError(t, os.Unsetenv(name))
		}
	}
	t.Setenv("COB_DEV_DIR", t.TempDir())
	t.Setenv("TEMPORAL_CONFIG_FILE", filepath.Join(t.TempDir(), "none.toml"))
}

func TestNothingToConnectToNamesBothWays(t *testing.T) {
	clean(t)
	_, err := Load()
	require.ErrorContains(t, err, "make dev")
	require.ErrorContains(t, err, "DATABASE_URL and TEMPORAL_ADDRESS")
}

func TestTheEnvironmentNamesBoth(t *testing.T) {
	clean(t)
	t.Setenv("DATABASE_URL", "postgres://cob@db.example/cob")
	t.Setenv("TEMPORAL_ADDRESS", "temporal.example:7233")
	t.Setenv("TEMPORAL_NAMESPACE", "ops")
	c, err := Load()
	require.NoError(t, err)
	require.Equal(t, "the environment", c.Origin)
	require.Equal(t, "temporal.example:7233", c.Temporal.HostPort)
	require.Equal(t, "ops", c.Temporal.Namespace)
	require.Equal(t, c.Database.URL, c.Migrate.URL)
	require.Equal(t, 20, c.Database.Conns)
	require.Equal(t, time.Minute, c.Database.StatementTimeout)
	require.Equal(t, "cob", c.TaskQueue)
	require.True(t, filepath.IsAbs(c.OutputDir))
}

func TestNeverHalfOfEach(t *testing.T) {
	clean(t)
	dir := os.Getenv("COB_DEV_DIR")
	dev := connection.Connection{DatabaseURL: "postgres://dev@127.0.0.1/cob", TemporalAddress: "127.0.0.1:7", Namespace: "default", OutputDir: "/out", Record: own(t)}
	require.NoError(t, connection.Write(dir, dev))
	c, err := Load()
	require.NoError(t, err)
	require.Equal(t, "the development stack in "+dir, c.Origin)
	require.Equal(t, dev.DatabaseURL, c.Database.URL)
	require.Equal(t, "127.0.0.1:7", c.Temporal.HostPort)

	t.Setenv("TEMPORAL_ADDRESS", "temporal.example:7233")
	_, err = Load()
	require.ErrorContains(t, err, "DATABASE_URL: not set, while TEMPORAL_ADDRESS is")
}

func own(t *testing.T) pid.Record {
	t.Helper()
	r, err := pid.Of(os.Getpid())
	require.NoError(t, err)
	return r
}

func TestEveryMistakeIsReportedAtOnce(t *testing.T) {
	clean(t)
	for name, value := range map[string]string{
		"DATABASE_URL": "x", "DATABASE_URL_FILE": "/nowhere", "COB_DB_MAX_CONNS": "61", "COB_DB_STATEMENT_TIMEOUT": "soon",
		"COB_LOG_LEVEL": "loud", "COB_LOG_FORMAT": "xml", "COB_ALLOW_INSECURE": "everything", "COB_DEPLOYMENT": "cob",
	} {
		t.Setenv(name, value)
	}
	_, err := Load()
	for _, name := range []string{"DATABASE_URL_FILE", "COB_DB_MAX_CONNS", "COB_DB_STATEMENT_TIMEOUT", "COB_LOG_LEVEL", "COB_LOG_FORMAT", "COB_ALLOW_INSECURE", "COB_BUILD_ID"} {
		require.ErrorContains(t, err, name)
	}
}

func TestVersioningIsOnWhereADeploymentIsNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		deployment, build, own           string
		wantDeployment, wantBuild, wrong string
	}{
		"neither":             {own: "547ed29b4c1a"},
		"both":                {deployment: "cob", build: "1.1.0", own: "547ed29b4c1a", wantDeployment: "cob", wantBuild: "1.1.0"},
		"the build's own":     {deployment: "cob", own: "547ed29b4c1a", wantDeployment: "cob", wantBuild: "547ed29b4c1a"},
		"an unknown build":    {deployment: "cob", wrong: "COB_BUILD_ID: not set, while COB_DEPLOYMENT is, and this program doesn't know its own build"},
		"a build of nothing":  {build: "1.1.0", own: "547ed29b4c1a", wrong: "COB_BUILD_ID: set, while COB_DEPLOYMENT is not"},
		"a name with a dot":   {deployment: "cob.eu", build: "1", wrong: `COB_DEPLOYMENT: "cob.eu"; a name without . and : is needed`},
		"a name with a colon": {deployment: "cob:eu", build: "1", wrong: "COB_DEPLOYMENT"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := map[string]string{"COB_DEPLOYMENT": c.deployment, "COB_BUILD_ID": c.build}
			l := &loader{lookup: func(name string) (string, bool) { v := set[name]; return v, v != "" }}
			deployment, build := l.version(c.own)
			if c.wrong != "" {
				require.Len(t, l.errs, 1)
				require.ErrorIs(t, l.errs[0], report.ErrInvalid)
				require.ErrorContains(t, l.errs[0], c.wrong)
				return
			}
			require.Empty(t, l.errs)
			require.Equal(t, c.wantDeployment, deployment)
			require.Equal(t, c.wantBuild, build)
		})
	}
}

func TestABuildIsNamedAfterItsCommit(t *testing.T) {
	t.Parallel()
	revision := debug.BuildSetting{Key: "vcs.revision", Value: "547ed29b4c1a0f6e8d7c6b5a49382716f5e4d3c2"}
	require.Equal(t, "547ed29b4c1a", commit([]debug.BuildSetting{revision, {Key: "vcs.modified", Value: "false"}}))
	require.Equal(t, "547ed29b4c1a+dirty", commit([]debug.BuildSetting{{Key: "vcs.modified", Value: "true"}, revision}))
	require.Empty(t, commit([]debug.BuildSetting{{Key: "vcs.modified", Value: "true"}}))
}

func TestASecretMayComeFromAFile(t *testing.T) {
	clean(t)
	path := filepath.Join(t.TempDir(), "url")
	require.NoError(t, os.WriteFile(path, []byte("postgres://cob:s3cret@db.example/cob\n"), 0o600))
	t.Setenv("DATABASE_URL_FILE", path)
	c, err := Load()
	require.NoError(t, err)
	require.Equal(t, "postgres://cob:s3cret@db.example/cob", c.Database.URL)
}

func TestLogsAreJSONOffATerminal(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	newLogger(&out, "json", slog.LevelInfo).Info("issued", "series", "daily-security")
	require.Contains(t, out.String(), `"msg":"issued","series":"daily-security"`)
	out.Reset()
	newLogger(&out, "json", slog.LevelInfo).With("RunID", "r-1").Warn("Activity error.", "WorkflowID", "cob/daily-security/2026-11-20/r1")
	require.Contains(t, out.String(), `"run_id":"r-1","request_id":"r-1","workflow_id":"cob/daily-security/2026-11-20/r1","series":"daily-security","business_date":"2026-11-20"`)
	out.Reset()
	newLogger(&out, "text", slog.LevelWarn).Info("issued")
	require.Empty(t, out.String())
}
