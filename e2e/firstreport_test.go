package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFirstReport does what docs/first-report.md says, command by command.
func TestFirstReport(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.worker()
	guide, err := os.ReadFile(fromRoot(t, "docs", "first-report.md"))
	require.NoError(t, err)
	commands := guideCommands(string(guide))
	require.Greater(t, len(commands), 10)
	require.NoError(t, os.CopyFS(filepath.Join(s.dir, "my-report"), os.DirFS(fromRoot(t, "docs", "examples", "first-report"))))
	for _, c := range commands {
		o := s.starter(strings.Fields(c)...)
		if strings.HasPrefix(c, "template diff") {
			s.changed(t, string(guide))
			require.Equal(t, 1, s.starter(strings.Fields(c)...).code, "the file is the next version now")
			continue
		}
		require.Zero(t, o.code, "%s\n%s", c, o.err)
	}
	require.FileExists(t, filepath.Join(s.dir, "my-report", "issued", "support", "2026-11-20", "r1", "report.pdf"))
	told, err := os.ReadFile(filepath.Join(s.dir, "my-report", "drafts", "2026-11-20", "differences.txt"))
	require.NoError(t, err)
	require.Contains(t, string(told), "44.8 min → 44.8 min slow")
}

// guideCommands are the guide's commands of ours, without their comments.
func guideCommands(guide string) (out []string) {
	for line := range strings.Lines(guide) {
		if c, ours := strings.CutPrefix(line, "bin/starter "); ours {
			c, _, _ = strings.Cut(c, "#")
			out = append(out, strings.TrimSpace(c))
		}
	}
	return out
}

var fenced = regexp.MustCompile("(?s)```(?:yaml|json)\n(.*?)```")

// changed writes the guide's next version of its template.
func (s *site) changed(t *testing.T, guide string) {
	t.Helper()
	blocks := fenced.FindAllStringSubmatch(guide, -1)
	next := blocks[len(blocks)-1][1]
	path := filepath.Join(s.dir, "my-report", "desk.yaml")
	text, err := os.ReadFile(path) // #nosec G304 -- a test's own
	require.NoError(t, err)
	changed := regexp.MustCompile(`(?m)^ +- table: .*\n`).ReplaceAllLiteralString(string(text), next)
	changed = strings.NewReplacer("version: 1.0.0", "version: 1.1.0", "note: first version", "note: slow answers stand out").Replace(changed)
	require.NotEqual(t, string(text), changed)
	require.NoError(t, os.WriteFile(path, []byte(changed), 0o600))
}

// What the guide shows of its files is what they are.
func TestFirstReportShowsItsFiles(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile(fromRoot(t, "docs", "first-report.md"))
	require.NoError(t, err)
	for _, name := range []string{"metrics/answered.yaml", "metrics/first-response.yaml", "desk.yaml", "support.yaml"} {
		text, err := os.ReadFile(fromRoot(t, "docs", "examples", "first-report", name))
		require.NoError(t, err)
		require.Contains(t, string(guide), "```yaml\n"+string(text)+"```", name)
	}
	lines, err := os.ReadFile(fromRoot(t, "docs", "examples", "first-report", "tickets.ndjson"))
	require.NoError(t, err)
	require.Equal(t, 19, strings.Count(string(lines), "\n"), "as the guide counts")
	for line := range strings.Lines(fenced.FindStringSubmatch(string(guide))[1]) {
		require.Contains(t, string(lines), line)
	}
}
