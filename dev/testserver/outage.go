package testserver

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/closeofbusiness/cob/dev/environ"
	"github.com/closeofbusiness/cob/dev/process"
	"github.com/closeofbusiness/cob/dev/temporal"
	"github.com/closeofbusiness/cob/dev/tool"
)

// Server is a Temporal server that one test has to itself, to kill.
type Server struct {
	address string
	child   *process.Child
	guard   *process.Watchdog
	once    sync.Once
}

// TemporalAt starts a server of this test's own, which keeps its data in the file and goes on
// with what it finds there. Its clock is off by the offset, in whole seconds: negative is the
// past. It is killed at the test's end at the latest.
func TemporalAt(t testing.TB, file string, offset time.Duration) *Server {
	t.Helper()
	root, err := tool.Root()
	if err != nil {
		t.Fatal(err)
	}
	program, err := tool.PathWithClock(context.Background(), root, "temporal", os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	guard, err := process.Guard("")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	env, err := environ.Private(dir, fmt.Sprintf("%s=%d", tool.ClockOffset, offset/time.Second))
	if err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(dir, "temporal.log")
	s, err := temporal.Start(context.Background(), temporal.Config{
		Program: program, Dir: dir, Env: env, Log: log, Throwaway: true, Database: file,
	})
	if err != nil {
		t.Fatal(err)
	}
	server := &Server{address: s.Address(), child: s.Child(), guard: guard}
	t.Cleanup(func() {
		server.Kill()
		if t.Failed() {
			t.Logf("the server at %s wrote:\n%s", server.address, process.Tail(log, 40))
		}
	})
	if err := guard.Watch(server.child); err != nil {
		t.Fatal(err)
	}
	return server
}

// Address is the frontend's host and port.
func (s *Server) Address() string { return s.address }

// Kill ends the server with SIGKILL: it has no say in it. Killing it twice is no error.
func (s *Server) Kill() { s.once.Do(s.kill) }

func (s *Server) kill() {
	_ = syscall.Kill(-s.child.PID(), syscall.SIGKILL) // it may have ended
	<-s.child.Done()
	s.guard.Dismiss()
}
