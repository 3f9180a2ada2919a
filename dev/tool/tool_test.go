package tool

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryToolIsPinnedInAModuleOfItsOwn(t *testing.T) {
	t.Parallel()
	root, err := Root()
	require.NoError(t, err)
	dirs, err := filepath.Glob(filepath.Join(root, "tools", "*", "go.mod"))
	require.NoError(t, err)
	require.Len(t, dirs, len(costs), "each tool's first build is announced with its cost")
	for _, mod := range dirs {
		p, err := read(t.Context(), filepath.Dir(mod))
		require.NoError(t, err)
		require.Regexp(t, `^v\d+\.\d+\.\d+$`, p.version, p.program)
		require.NotEmpty(t, costs[p.name], p.name)
		require.Contains(t, p.goVersion, "go1.")
	}
}

func TestAChangedPinIsAnotherProgram(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"go.mod", "go.sum"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600))
	}
	before, err := digest(dir)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.sum"), []byte("other"), 0o600))
	after, err := digest(dir)
	require.NoError(t, err)
	require.NotEqual(t, before, after)
}

func TestOutsideACheckoutThereIsNoRoot(t *testing.T) {
	t.Chdir(t.TempDir())
	_, err := Root()
	require.ErrorContains(t, err, "not a checkout of COB")
}
