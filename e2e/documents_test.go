package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/dev/testserver"
)

// documents are those with lines that people type.
var documents = []string{"operations.md", "contract.md"}

// ran holds the lines that tests have run.
var ran sync.Map

// joined puts lines together that a backslash divides.
func joined(text string) string { return strings.ReplaceAll(text, " \\\n    ", " ") }

// documented runs a command that the documents have word for word, and returns
// what it prints.
func (s *site) documented(line string) string {
	s.Helper()
	s.isDocumented(line)
	env := append(s.environment(), "PATH="+filepath.Dir(testserver.CLI(s))+string(os.PathListSeparator)+os.Getenv("PATH"))
	o := command(s, s.dir, env, "/bin/sh", "-ec", line)
	require.Zero(s, o.code, "%s\n%s%s", line, o.out, o.err)
	ran.Store(line, true)
	return o.out
}

func (s *site) isDocumented(line string) {
	s.Helper()
	for _, name := range documents {
		text, err := os.ReadFile(fromRoot(s.T, "docs", name))
		require.NoError(s, err)
		if slices.Contains(strings.Split(joined(string(text)), "\n"), line) {
			return
		}
	}
	require.Fail(s, "not in the documents", line)
}
