//go:build soak

package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"syscall"
	"time"

	devprocess "github.com/closeofbusiness/cob/dev/process"
)

// kept is a program that is started again at once whenever it ends, as a service
// manager does.
type kept struct {
	name string
	// start starts it for the nth time and returns when it serves.
	start func(ctx context.Context, n int) (*devprocess.Child, error)

	mutex   sync.Mutex
	child   *devprocess.Child // nil while it is down
	killed  int
	refused []error // starts that failed: what it needs was down
	died    []error // ends that nobody asked for
}

// keep runs the program until ctx ends.
func (k *kept) keep(ctx context.Context) {
	for n := 1; ctx.Err() == nil; n++ {
		child, err := k.start(ctx, n)
		if err != nil {
			k.refuse(err)
			time.Sleep(100 * time.Millisecond)
			continue
		}
		k.serve(child)
		select {
		case <-child.Done():
			k.end(child)
		case <-ctx.Done():
			_ = child.Stop(stopPatience)
		}
	}
}

func (k *kept) serve(child *devprocess.Child) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.child = child
}

func (k *kept) refuse(err error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.refused = append(k.refused, err)
}

// end records an end that was not by kill.
func (k *kept) end(child *devprocess.Child) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.child == child {
		k.child = nil
		k.died = append(k.died, child.Death())
	}
}

// kill ends the program with SIGKILL; it has no say in it. One that is down
// already is left alone.
func (k *kept) kill() {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.child == nil {
		return
	}
	_ = syscall.Kill(k.child.PID(), syscall.SIGKILL)
	k.child = nil
	k.killed++
}

// pid is the running process, 0 while it is down.
func (k *kept) pid() int {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.child == nil {
		return 0
	}
	return k.child.PID()
}

// killAtRandom kills a worker, Postgres or Temporal every few seconds, each kind
// as often, until ctx ends. The seed fixes the victims and the pauses.
func (s *soak) killAtRandom(ctx context.Context, chance *rand.Rand) {
	for {
		kind := [][]*kept{s.workers, {s.postgres}, {s.temporal}}[chance.IntN(3)]
		victim := kind[chance.IntN(len(kind))]
		pause := 3*time.Second + time.Duration(chance.Int64N(int64(9*time.Second)))
		select {
		case <-time.After(pause):
			victim.kill()
		case <-ctx.Done():
			return
		}
	}
}

func (s *soak) all() []*kept { return append([]*kept{s.postgres, s.temporal}, s.workers...) }

// toll says who was killed how often, and which starts failed meanwhile.
func (s *soak) toll() string {
	killed, refused := map[string]int{}, 0
	for _, k := range s.all() {
		k.mutex.Lock()
		killed[k.name] += k.killed
		refused += len(k.refused)
		k.mutex.Unlock()
	}
	return fmt.Sprintf("killed: worker %d, postgres %d, temporal %d; %d starts repeated", killed["worker"], killed["postgres"], killed["temporal"], refused)
}

// noneDied fails if a program ended that nobody killed.
func (s *soak) noneDied() {
	s.Helper()
	for _, k := range s.all() {
		k.mutex.Lock()
		for _, err := range k.died {
			s.Errorf("%s ended by itself: %v", k.name, err)
		}
		k.mutex.Unlock()
	}
}

// settled waits until every program runs.
func (s *soak) settled() {
	s.Helper()
	for _, k := range s.all() {
		eventually(s, k.name+" runs", func() bool { return k.pid() != 0 })
	}
}
