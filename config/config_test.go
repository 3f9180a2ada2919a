package config

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/dev/connection"
	"github.com/closeofbusiness/cob/dev/pid"
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
