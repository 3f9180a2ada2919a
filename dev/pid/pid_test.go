package pid

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestARecordOutlivesNothingButItsProcess(t *testing.T) {
	child := exec.Command("sleep", "60")
	require.NoError(t, child.Start())
	record, err := Of(child.Process.Pid)
	require.NoError(t, err)
	require.True(t, record.Alive())

	impostor := record
	impostor.Started += "0"
	require.False(t, impostor.Alive(), "the number of another process must not be taken for ours")

	require.NoError(t, child.Process.Kill())
	_ = child.Wait()
	require.False(t, record.Alive())
	_, err = Of(child.Process.Pid)
	require.ErrorIs(t, err, os.ErrProcessDone)
}

func TestAnEndedChildThatNobodyWaitedForIsNotAlive(t *testing.T) {
	child := exec.Command("true")
	require.NoError(t, child.Start())
	t.Cleanup(func() { _ = child.Wait() })
	require.Eventually(t, func() bool {
		_, err := Of(child.Process.Pid)
		return err != nil
	}, 5*time.Second, 5*time.Millisecond)
}

func TestNothingIsNotAlive(t *testing.T) {
	require.False(t, Record{}.Alive())
	self, err := Self()
	require.NoError(t, err)
	require.True(t, self.Alive())
}
