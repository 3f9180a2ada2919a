// Package environ makes the environment that the development stack's children see: what
// a program needs to run, and nothing of the user's databases, servers and keys.
package environ

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// kept is what a program needs on any machine. Everything else is left out, so that a
// variable which nobody thought of cannot reach a child.
var kept = []string{
	"PATH", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_MESSAGES", "LC_COLLATE", "LC_NUMERIC", "LC_TIME", "TZ", "TMPDIR", "TERM", "COLORTERM",
	"NO_COLOR", "CI", "SSL_CERT_FILE", "SSL_CERT_DIR",
}

// building is what the Go command needs beside it, and npm.
var building = []string{
	"HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "CC", "CXX", "CGO_ENABLED", "GOAUTH", "GOCACHE", "GODEBUG",
	"GOENV", "GOEXPERIMENT", "GOFLAGS", "GOINSECURE", "GOMAXPROCS", "GOMODCACHE", "GONOPROXY", "GONOSUMDB",
	"GOPATH", "GOPRIVATE", "GOPROXY", "GOROOT", "GOSUMDB", "GOTMPDIR", "GOTOOLCHAIN", "SDKROOT",
	"DEVELOPER_DIR", "COB_DEV_CACHE", "COB_DEV_PG_BIN", "NODE_EXTRA_CA_CERTS", "NPM_CONFIG_REGISTRY", "NPM_CONFIG_USERCONFIG",
}

// own is what the development stack itself reads, and sqlc from us.
var own = []string{"COB_DEV_DIR", "COB_DEV_TEMPORAL_PORT", "COB_DEV_UI_PORT", "SQLC_DATABASE_URL"}

// network is how the module proxy is reached.
var network = []string{"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"}

// Adopt reduces our own environment in the same way. The database driver, for one, takes
// what a connection URL leaves open from PG* variables. What is named in more stays too.
func Adopt(more ...string) {
	environ := filter(os.Environ(), kept, building, network, own, more)
	os.Clearenv()
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		_ = os.Setenv(name, value)
	}
}

// Building returns the environment for the Go command and for tools that call it.
func Building() []string {
	return filter(os.Environ(), kept, building, network, []string{"SQLC_DATABASE_URL"})
}

// Network returns the proxy settings alone, for the Go command in a private environment.
func Network() []string { return filter(os.Environ(), network) }

// Private returns the environment of a child that runs. Its home is an empty folder of
// ours below dir, so that no .pgpass, no temporal.toml and no cloud credentials are found
// there, and TEMPORAL_CONFIG_FILE names an empty file, because Temporal's client would
// otherwise look for the user's.
func Private(dir string, settings ...string) ([]string, error) {
	home := filepath.Join(dir, "home")
	if err := os.MkdirAll(home, 0o700); err != nil {
		return nil, fmt.Errorf("making a private home: %w", err)
	}
	profile := filepath.Join(home, "temporal.toml")
	if err := os.WriteFile(profile, nil, 0o600); err != nil {
		return nil, fmt.Errorf("making an empty Temporal profile: %w", err)
	}
	env := filter(os.Environ(), kept)
	env = append(env, "HOME="+home, "TEMPORAL_CONFIG_FILE="+profile)
	return append(env, settings...), nil
}

func filter(environ []string, lists ...[]string) []string {
	var out []string
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if slices.ContainsFunc(lists, func(l []string) bool { return slices.Contains(l, name) }) {
			out = append(out, entry)
		}
	}
	return out
}
