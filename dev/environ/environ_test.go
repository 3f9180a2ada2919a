package environ

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOnlyWhatIsKnownToBeHarmlessPasses(t *testing.T) {
	t.Parallel()
	got := filter([]string{
		"PATH=/bin", "LC_ALL=C", "TZ=UTC", "NO_COLOR=", "HOME=/home/me", "GOFLAGS=-v", "LC_POISON=x",
		"DATABASE_URL=x", "OTHER_DATABASE_URL=x", "PGHOST=x", "TEMPORAL_ADDRESS=x", "OPENAI_API_KEY=x", "NOBODY_KNOWS=x", "=x",
	}, kept)
	require.Equal(t, []string{"PATH=/bin", "LC_ALL=C", "TZ=UTC", "NO_COLOR="}, got)
}

func TestBuildingSeesTheGoSettings(t *testing.T) {
	t.Setenv("GOFLAGS", "-mod=readonly")
	t.Setenv("DATABASE_URL", "poison")
	t.Setenv("HTTPS_PROXY", "http://proxy.example")
	require.Contains(t, Building(), "GOFLAGS=-mod=readonly")
	require.Contains(t, Building(), "HTTPS_PROXY=http://proxy.example")
	require.NotContains(t, Building(), "DATABASE_URL=poison")
	require.Equal(t, []string{"HTTPS_PROXY=http://proxy.example"}, onlyProxy(Network()))
}

func onlyProxy(network []string) (out []string) {
	for _, entry := range network {
		if entry == "HTTPS_PROXY=http://proxy.example" {
			out = append(out, entry)
		}
	}
	return out
}

func TestPrivateHasAHomeOfItsOwnAndAnEmptyProfile(t *testing.T) {
	t.Setenv("TEMPORAL_CONFIG_FILE", "/poison")
	dir := t.TempDir()
	env, err := Private(dir, "DATABASE_URL=ours")
	require.NoError(t, err)
	require.Contains(t, env, "HOME="+filepath.Join(dir, "home"))
	require.Contains(t, env, "DATABASE_URL=ours")
	require.NotContains(t, env, "TEMPORAL_CONFIG_FILE=/poison")
	profile := filepath.Join(dir, "home", "temporal.toml")
	require.Contains(t, env, "TEMPORAL_CONFIG_FILE="+profile)
	text, err := os.ReadFile(profile)
	require.NoError(t, err)
	require.Empty(t, text)
}
