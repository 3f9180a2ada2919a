package tool

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// unixNow says what its clock says, and how long it has been running by it.
const unixNow = `package main

import (
	"fmt"
	"time"
)

func main() {
	began := time.Now()
	time.Sleep(10 * time.Millisecond)
	if d := time.Since(began); d < 0 || d > time.Minute {
		panic(d)
	}
	if d := time.Until(began.Round(0)); d > 0 || d < -time.Minute {
		panic(d)
	}
	fmt.Print(began.Unix())
}
`

// clockProgram builds a program with a clock that can be set, as a tool is built.
func clockProgram(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module now\n\ngo 1.26\n", "main.go": unixNow} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	p := pin{dir: dir, name: "now", program: "now", version: "v0.0.0"}
	require.NoError(t, p.setClock(t.Context()))
	program := filepath.Join(dir, "now")
	require.NoError(t, p.build(t.Context(), program, os.Stderr))
	left, err := filepath.Glob(program + ".*")
	require.NoError(t, err)
	require.Empty(t, left, "what it was built from is removed")
	return program
}

func TestAClockIsOffByWhatItsSettingSays(t *testing.T) {
	t.Parallel()
	program := clockProgram(t)
	for _, offset := range []time.Duration{0, -11 * 24 * time.Hour, time.Hour} {
		for _, setting := range settings(offset) {
			cmd := exec.Command(program)
			cmd.Env = append(os.Environ(), setting)
			out, err := cmd.Output()
			require.NoError(t, err)
			unix, err := strconv.ParseInt(string(out), 10, 64)
			require.NoError(t, err)
			require.WithinDuration(t, time.Now().Add(offset), time.Unix(unix, 0), 30*time.Second, setting)
		}
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), ClockOffset+"=yesterday")
	out, err := cmd.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), ClockOffset+"=yesterday: want whole seconds")
}

func settings(offset time.Duration) []string {
	if offset == 0 {
		return []string{ClockOffset + "=", ClockOffset + "=0", "UNRELATED=1"}
	}
	return []string{fmt.Sprintf("%s=%d", ClockOffset, offset/time.Second)}
}

// A Go that reads its clock in another way must not give a program whose clock stands right.
func TestAnUnknownNowIsRefused(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"another": "package time\n\nfunc Now() Time { return clock() }\n",
		"twice":   strings.Repeat(nowReadsClock, 2),
	} {
		goroot := t.TempDir()
		source := filepath.Join(goroot, filepath.FromSlash(timeSource))
		require.NoError(t, os.MkdirAll(filepath.Dir(source), 0o700))
		require.NoError(t, os.WriteFile(source, []byte(text), 0o600))
		_, err := clockOverlay(goroot)
		require.ErrorContains(t, err, source, name)
		require.ErrorContains(t, err, "dev/tool/clock.go", name)
	}
}

func TestAChangedOverlayIsAnotherProgram(t *testing.T) {
	t.Parallel()
	one, other := overlay{files: map[string]string{"a": "b"}}, overlay{files: map[string]string{"a": "c"}}
	require.NotEqual(t, one.digest("pins"), other.digest("pins"))
	require.NotEqual(t, one.digest("pins"), one.digest("other pins"))
}
