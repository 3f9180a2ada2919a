package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/calendar"
	"github.com/closeofbusiness/cob/report/series"
)

// The calendars that users are shown can be applied.
func TestExampleCalendars(t *testing.T) {
	t.Parallel()
	files, err := parseCalendars([]string{filepath.Join("..", "docs", "examples")})
	require.NoError(t, err)
	require.Len(t, files, 1)
	days := files[0].days
	require.Equal(t, "england", days.Name)
	require.Len(t, days.Holidays, 24)
	require.Equal(t, "Christmas Day", days.Holidays["2026-12-25"])
	require.Equal(t, "12:30", days.HalfDays["2026-12-24"])
}

// What a calendar imports lies beside it.
func TestImportsStayInTheirFolder(t *testing.T) {
	t.Parallel()
	outer := t.TempDir()
	inner := filepath.Join(outer, "calendars")
	require.NoError(t, os.Mkdir(inner, 0o750))
	for _, path := range []string{filepath.Join(outer, "secret"), filepath.Join(inner, "fine")} {
		require.NoError(t, os.WriteFile(path, []byte("text"), 0o600))
	}
	require.NoError(t, os.Symlink(filepath.Join(outer, "secret"), filepath.Join(inner, "link")))
	open := beside(filepath.Join(inner, "england.yaml"))
	body, err := open("fine")
	require.NoError(t, err)
	require.Equal(t, "text", string(body))
	for _, name := range []string{"../secret", filepath.Join(outer, "secret"), "link", "none", ""} {
		_, err := open(name)
		require.Error(t, err, name)
	}
	require.NoError(t, os.WriteFile(filepath.Join(inner, "large"), make([]byte, maxImport+1), 0o600))
	_, err = open("large")
	require.ErrorContains(t, err, "more than")
}

// Every problem of every file is told, each with the file that it is in.
func TestProblemsNameTheirFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	one := write("one.yaml", "name: one\ntemplate: daily\ncutoff: soon\ntime_zone: Mars/Olympus\n")
	two := write("two.yaml", "name: two\ntemplate: daily\ncutoff: \"17:00\"\ntime_zone: UTC\nbogus: 1\n")
	_, err := parseSeries([]string{dir})
	require.ErrorContains(t, err, one+": ")
	require.Equal(t, exitUsage, exitCode(t.Context(), err))
	for _, words := range []string{"cutoff", "time_zone", two + ": ", "bogus"} {
		require.ErrorContains(t, err, words)
	}

	again := write("again.yaml", "name: two\ntemplate: daily\ncutoff: \"17:00\"\ntime_zone: UTC\n")
	write("two.yaml", "name: two\ntemplate: daily\ncutoff: \"17:00\"\ntime_zone: UTC\n")
	_, err = parseSeries([]string{again, two})
	require.ErrorContains(t, err, two+": ")
	require.ErrorContains(t, err, again)
}

func TestDiffsDoNotDriveTheTerminal(t *testing.T) {
	t.Parallel()
	got := diff("before", "after", []byte("a: 1\nb: \x1b[2J2\n"), []byte("a: 1\nb: 3\n"))
	require.Equal(t, "--- before\n+++ after\n@@ -1,2 +1,2 @@\n a: 1\n-b: [2J2\n+b: 3\n", got)
}

// The series and calendar files in the documentation can be applied.
func TestDocumentedFiles(t *testing.T) {
	t.Parallel()
	docs := filepath.Join("..", "docs")
	text, err := os.ReadFile(filepath.Join(docs, "operations.md")) // #nosec G304 -- our own sources
	require.NoError(t, err)
	files, calendars := 0, 0
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(text, -1) {
		if bytes.Contains(block[1], []byte("template:")) {
			_, err := series.Parse(block[1])
			require.NoError(t, err)
			files++
		} else if bytes.Contains(block[1], []byte("week:")) {
			_, err := calendar.ParseFile(block[1], beside(filepath.Join(docs, "examples", "england.yaml")))
			require.NoError(t, err)
			calendars++
		}
	}
	require.Equal(t, []int{1, 1}, []int{files, calendars})
}
