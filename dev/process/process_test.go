package process

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/dev/pid"
)

const (
	soon = 10 * time.Second
	tick = 5 * time.Millisecond
)

func shell(t *testing.T, script string) (*Child, Command) {
	t.Helper()
	dir := t.TempDir()
	c := Command{
		Name: "shell", Path: "/bin/sh", Args: []string{"-c", script}, Env: []string{"PATH=" + os.Getenv("PATH")}, Dir: dir,
		Log: filepath.Join(dir, "log", "shell.log"), Record: filepath.Join(dir, "run", "shell.json"),
	}
	child, err := Start(c)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, child.Stop(0)) })
	return child, c
}

func logged(t *testing.T, c Command, text string) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Contains(Tail(c.Log, 9), text) }, soon, tick)
}

func TestStopAsksAndForgets(t *testing.T) {
	t.Parallel()
	child, c := shell(t, `trap 'echo asked; exit 0' INT; echo up; while :; do sleep 0.01; done`)
	logged(t, c, "up")
	require.FileExists(t, c.Record)
	require.NoError(t, child.Stop(soon))
	require.Equal(t, "  up\n  asked", Tail(c.Log, 9))
	require.NoFileExists(t, c.Record)
	require.NoError(t, child.Stop(soon), "twice is once")
}

func TestStopKillsWhoDoesNotListenAndItsChildren(t *testing.T) {
	t.Parallel()
	child, c := shell(t, `trap '' INT; sleep 600 & echo "grandchild $!"; wait; sleep 600`)
	logged(t, c, "grandchild")
	grandchild, err := strconv.Atoi(strings.Fields(Tail(c.Log, 1))[1])
	require.NoError(t, err)
	record, err := pid.Of(grandchild)
	require.NoError(t, err)
	require.NoError(t, child.Stop(50*time.Millisecond))
	require.Eventually(t, func() bool { return !record.Alive() }, soon, tick)
}

func TestDeathNamesTheChildAndItsLastLines(t *testing.T) {
	t.Parallel()
	child, c := shell(t, `for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do echo "line $i"; done; exit 3`)
	<-child.Done()
	err := child.Death()
	require.ErrorContains(t, err, "shell stopped by itself (exit status 3)")
	require.ErrorContains(t, err, c.Log)
	require.ErrorContains(t, err, "  line 3\n")
	require.NotContains(t, err.Error(), "line 2\n")
}

func TestALeftoverIsStoppedAndAStrangerIsNot(t *testing.T) {
	t.Parallel()
	child, c := shell(t, `exec sleep 600`)
	left, err := StopLeftover(c.Record, soon)
	require.NoError(t, err)
	require.True(t, left)
	<-child.Done()

	stranger := exec.Command("sleep", "600")
	require.NoError(t, stranger.Start())
	t.Cleanup(func() { _ = stranger.Process.Kill(); _ = stranger.Wait() })
	number := strconv.Itoa(stranger.Process.Pid)
	for _, text := range []string{`{"pid":` + number + `,"started":"another life"}`, `{"pid":` + number, ``} {
		require.NoError(t, os.WriteFile(c.Record, []byte(text), 0o600))
		left, err = StopLeftover(c.Record, soon)
		require.NoError(t, err)
		require.False(t, left)
		require.NoFileExists(t, c.Record)
	}
	require.NoError(t, stranger.Process.Signal(syscall.Signal(0)), "it still runs")
	left, err = StopLeftover(c.Record, soon)
	require.NoError(t, err)
	require.False(t, left)
}

func TestStartSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := Start(Command{Name: "worker", Path: "/nonexistent/worker"})
	require.ErrorContains(t, err, "starting worker: ")
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestTheWatchdogEndsWhatItWatchesAndRemovesItsFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a folder")
	require.NoError(t, os.Mkdir(dir, 0o755))
	guard, err := Guard(dir)
	require.NoError(t, err)
	child, _ := shell(t, `exec sleep 600`)
	require.NoError(t, guard.Watch(child))
	require.NoError(t, guard.pipe.Close()) // what the kernel does when we are killed
	select {
	case <-child.Done():
	case <-time.After(soon):
		t.Fatal("the child outlived us")
	}
	_ = guard.cmd.Wait()
	require.NoDirExists(t, dir)
}

func TestADismissedWatchdogTouchesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	guard, err := Guard(dir)
	require.NoError(t, err)
	child, _ := shell(t, `exec sleep 600`)
	require.NoError(t, guard.Watch(child))
	guard.Dismiss()
	require.DirExists(t, dir)
	select {
	case <-child.Done():
		t.Fatal("the child was ended")
	default:
	}
}

func TestTailIsBounded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	require.Empty(t, Tail(path, 3), "no log")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	require.Empty(t, Tail(path, 3), "an empty one")
	require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("x", 1<<20)+"\nlast\n"), 0o600))
	require.LessOrEqual(t, len(Tail(path, 3)), 16<<10+8)
	require.Equal(t, "  last", Tail(path, 1))
}
