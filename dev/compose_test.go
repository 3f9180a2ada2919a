package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/dev/tool"
)

type composeFile struct {
	Services map[string]composeService
	Networks map[string]struct{ Internal bool }
	Secrets  map[string]struct{ File string }
	Volumes  map[string]any
}

type composeService struct {
	Image       string
	Build       struct{ Target string }
	Restart     string
	User        string
	ReadOnly    bool     `yaml:"read_only"`
	CapDrop     []string `yaml:"cap_drop"`
	CapAdd      []string `yaml:"cap_add"`
	SecurityOpt []string `yaml:"security_opt"`
	Privileged  bool
	NetworkMode string `yaml:"network_mode"`
	Environment map[string]string
	Secrets     []string
	Networks    []string
	Ports       []string
	Volumes     []string
	Healthcheck struct{ Test []string }
	DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
}

func compose(t *testing.T) composeFile {
	t.Helper()
	root, err := tool.Root()
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(root, "docker-compose.yml"))
	require.NoError(t, err)
	var c composeFile
	// A key beside <<: overrides the merged one (yaml.org/type/merge), which the decoder calls a duplicate.
	require.NoError(t, yaml.UnmarshalWithOptions(text, &c, yaml.AllowDuplicateMapKey()))
	require.GreaterOrEqual(t, len(c.Services), 5)
	return c
}

func TestEveryContainerIsHardened(t *testing.T) {
	t.Parallel()
	for name, s := range compose(t).Services {
		require.True(t, s.ReadOnly, name)
		require.Equal(t, []string{"ALL"}, s.CapDrop, name)
		require.Empty(t, s.CapAdd, name)
		require.Equal(t, []string{"no-new-privileges:true"}, s.SecurityOpt, name)
		require.False(t, s.Privileged, name)
		require.Empty(t, s.NetworkMode, name)
		require.True(t, s.Build.Target != "" || s.User != "" && s.User != "root" && s.User != "0", "%s runs as a user of its own", name)
		if s.Restart == "unless-stopped" {
			require.NotEmpty(t, s.Healthcheck.Test, name)
		}
		for _, port := range s.Ports {
			require.True(t, strings.HasPrefix(port, "127.0.0.1:"), "%s: %s is open to the network", name, port)
		}
		for _, volume := range s.Volumes {
			require.NotContains(t, volume, "docker.sock", name)
			require.True(t, !strings.HasPrefix(volume, ".") || strings.HasSuffix(volume, ":ro"), "%s may write to the checkout: %s", name, volume)
		}
	}
}

func TestSecretsAreFilesAndNothingElse(t *testing.T) {
	t.Parallel()
	c := compose(t)
	secret := regexp.MustCompile(`(?i)password|secret|key|token|database_url`)
	for name, s := range c.Services {
		for setting, value := range s.Environment {
			if secret.MatchString(setting) {
				require.True(t, strings.HasSuffix(setting, "_FILE"), "%s: %s", name, setting)
				require.Contains(t, s.Secrets, strings.TrimPrefix(value, "/run/secrets/"), "%s: %s", name, setting)
			}
		}
		for _, used := range s.Secrets {
			require.Contains(t, c.Secrets, used, name)
		}
	}
	for name, s := range c.Secrets {
		require.True(t, strings.HasPrefix(s.File, "docker/secrets/"), name)
	}
	require.NotContains(t, c.Services["worker"].Secrets, "migrate_database_url", "the worker cannot migrate")
	require.NotContains(t, c.Services["worker"].Secrets, "postgres_password")
}

func TestDatabaseAndBackendAreApartAndClosed(t *testing.T) {
	t.Parallel()
	c := compose(t)
	require.True(t, c.Networks["database"].Internal)
	require.True(t, c.Networks["backend"].Internal)
	require.Equal(t, []string{"database"}, c.Services["postgres"].Networks)
	require.NotContains(t, c.Services["temporal"].Networks, "database")
	for name, s := range c.Services {
		for _, network := range s.Networks {
			require.Contains(t, c.Networks, network, name)
			require.True(t, c.Networks[network].Internal || name == "temporal", "%s reaches the outside by %s", name, network)
		}
	}
}

func TestContainersStartInTheOrderOfTheStack(t *testing.T) {
	t.Parallel()
	c := compose(t)
	for who, needs := range map[string]string{"migrate": "postgres", "init": "migrate", "metrics": "init", "templates": "metrics", "series": "templates", "worker": "series"} {
		need, ok := c.Services[who].DependsOn[needs]
		require.True(t, ok, "%s waits for %s", who, needs)
		want := "service_completed_successfully"
		if len(c.Services[needs].Healthcheck.Test) > 0 {
			want = "service_healthy"
		}
		require.Equal(t, want, need.Condition, who)
	}
}
