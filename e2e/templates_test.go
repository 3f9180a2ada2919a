package e2e

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// From a file to the next version of a template, with the exit codes.
func TestTemplates(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	text, err := os.ReadFile(fromRoot(t, "templates", "daily-security.yaml"))
	require.NoError(t, err)
	require.Equal(t, string(text), s.must("template", "show", "daily-security@1"))
	file := s.write("next.yaml", strings.Replace(string(text), "version: 1.0.0", "version: 1.1.0", 1))
	o := s.starter("template", "apply", file, "--dry-run")
	require.Equal(t, 1, o.code, o.err)
	require.Contains(t, o.out, "template daily-security 1.1.0: would be new\n--- daily-security@1.0.0\n")
	require.Contains(t, o.out, "\n-version: 1.0.0\n+version: 1.1.0\n")
	require.Equal(t, 1, s.starter("template", "diff", "daily-security", file).code)
	require.Equal(t, "TEMPLATE\tVERSION\tCHANGE\ndaily-security\t1.1.0\tcreated\n", s.must("template", "apply", file, "--note", "by us"))
	require.Contains(t, s.must("template", "list"), "daily-security\t1.1.0\tby us\t")
	require.Zero(t, s.starter("template", "apply", file, "--dry-run").code)
	require.Zero(t, s.starter("template", "diff", "daily-security", file).code)
	require.Equal(t, 1, s.starter("template", "diff", "daily-security@1.0", "daily-security@1.1").code)

	require.Contains(t, s.must("template", "restore", "daily-security@1.0.0", "--as", "1.0.1"), "daily-security\t1.0.1\tcreated\n")
	require.Contains(t, s.must("template", "list"), "daily-security\t1.0.1\trestores 1.0.0\t")
	require.Contains(t, s.must("template", "show", "daily-security"), "version: 1.1.0\n", "the highest, not the last applied")
	s.owed("pinned", "Europe/London", "parameters: {worst_cells: 3}")
	for line, says := range map[string]string{"template: daily-security@2": "of daily-security no version 2 is applied. There is 1.0.0, 1.0.1, 1.1.0",
		"template: daily-security@1\nparameters: {cells: 3}": "parameters.cells"} {
		o := s.starter("series", "apply", s.write("other.yaml", "name: other\ncutoff: \"17:00\"\ntime_zone: UTC", line))
		require.Equal(t, 2, o.code, o.out)
		require.Contains(t, o.err, says)
	}
	o = s.starter("template", "apply", s.write("less.yaml", strings.NewReplacer("version: 1.0.0", "version: 1.1.1", "  worst_cells: {", "  cells: {", "params.worst_cells", "params.cells").Replace(string(text))))
	require.Zero(t, o.code, o.err)
	require.Contains(t, o.err, "warning: series pinned follows it and cannot be issued with it: template daily-security 1.1.1: ")

	o = s.starter("template", "show", "daily-security@1.2")
	require.Equal(t, 2, o.code)
	require.Contains(t, o.err, "template daily-security has no version 1.2. It has 1.1.1, 1.1.0, 1.0.1, 1.0.0")
	s.write("next.yaml", strings.Replace(string(text), "version: 1.0.0", "version: 1.1.0 # again", 1))
	o = s.starter("template", "apply", file)
	require.Equal(t, 2, o.code)
	require.Contains(t, o.err, "was applied before with other content")
}

// Checking a file needs no settings and no server.
func TestTemplatesWithoutServers(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=nonsense"}
	o := command(t, t.TempDir(), env, "starter", "template", "validate", "--metrics", fromRoot(t, "metrics"), fromRoot(t, "templates"))
	require.Zero(t, o.code, o.err)
	require.Equal(t, "TEMPLATE\tVERSION\tSTATE\ndaily-security\t1.0.0\tvalid\nexecutive-brief\t1.0.0\tvalid\nsupport-desk\t1.0.0\tvalid\n", o.out)
	require.Zero(t, command(t, t.TempDir(), env, "starter", "template", "schema").code)
}
