package delivery

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report"
)

func artifact(name, body string) report.Artifact {
	sum := sha256.Sum256([]byte(body))
	return report.Artifact{FileName: name, Ref: report.Ref{SHA256: hex.EncodeToString(sum[:]), Size: int64(len(body))}}
}

func TestAFileIsWrittenOnce(t *testing.T) {
	t.Parallel()
	dir := Folder(t.TempDir(), "daily-security", "2026-11-20", 1)
	a := artifact("report.md", "text")
	require.NoError(t, ToFolder(dir, a, []byte("text")))
	before, err := os.Stat(filepath.Join(dir, "report.md"))
	require.NoError(t, err)
	require.NoError(t, ToFolder(dir, a, []byte("text")), "the same again is done")
	after, err := os.Stat(filepath.Join(dir, "report.md"))
	require.NoError(t, err)
	require.True(t, os.SameFile(before, after))
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1, "no temporary file stays")
}

func TestOtherContentIsLeftAsItIs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "report.md"), []byte("mine"), 0o600))
	err := ToFolder(dir, artifact("report.md", "text"), []byte("text"))
	require.ErrorIs(t, err, report.ErrConflict)
	body, err := os.ReadFile(filepath.Join(dir, "report.md"))
	require.NoError(t, err)
	require.Equal(t, "mine", string(body))
}

func TestNothingIsWrittenOutsideTheFolder(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"../evil", "/etc/evil", "a/b", "..", ".", ""} {
		require.ErrorIs(t, ToFolder(t.TempDir(), artifact(name, "x"), []byte("x")), report.ErrInvalid, name)
	}
	require.ErrorIs(t, ToFolder(t.TempDir(), artifact("a", "x"), []byte("y")), report.ErrConflict, "bytes of another digest")
}
