package connection

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/dev/pid"
)

func TestConnectionIsThereWhileItsProcessLives(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := Read(dir)
	require.ErrorIs(t, err, ErrNotRunning)

	owner := exec.Command("sleep", "60")
	require.NoError(t, owner.Start())
	record, err := pid.Of(owner.Process.Pid)
	require.NoError(t, err)
	want := Connection{DatabaseURL: "postgres://a", TemporalAddress: "127.0.0.1:1", OutputDir: "out", Record: record}
	require.NoError(t, Write(dir, want))
	got, err := Read(dir)
	require.NoError(t, err)
	require.Equal(t, want, got)
	info, err := os.Stat(filepath.Join(dir, file))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "it holds passwords")

	require.NoError(t, owner.Process.Kill())
	_ = owner.Wait()
	_, err = Read(dir)
	require.ErrorIs(t, err, ErrNotRunning, "a killed stack's file is no stack")

	require.NoError(t, Remove(dir))
	require.NoError(t, Remove(dir), "twice is once")
	require.NoFileExists(t, filepath.Join(dir, file))
}

func TestHalfAFileIsNamed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte("{"), 0o600))
	_, err := Read(dir)
	require.ErrorContains(t, err, file)
	require.NotErrorIs(t, err, ErrNotRunning)
}
