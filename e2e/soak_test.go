//go:build soak

package e2e

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var (
	soakSeries = flag.Int("series", 1000, "how many series close at once")
	soakSeed   = flag.Uint64("seed", 0, "the seed of the kills; 0 takes one by chance and prints it")
)

// standstill is how long nothing may be delivered before the soak gives up: a
// stage is tried again twice a minute at the least.
const standstill = 4 * time.Minute

// Series that all close at the same instant get their report, each one and none
// twice, while worker, Postgres and Temporal are killed at random. Then others
// do so undisturbed, for the rate.
func TestSoak(t *testing.T) {
	seed := *soakSeed
	if seed == 0 {
		seed = rand.Uint64N(1_000_000) + 1 // #nosec G404 -- any will do
	}
	s := newSoak(t)
	s.say("%d series, seed %d (again: make soak SERIES=%d SEED=%d), logs in %s", *soakSeries, seed, *soakSeries, seed, s.logs())
	all := s.owe(disturbedPrefix, *soakSeries)
	took := s.disturbed(all, seed)
	s.check(all)
	s.say("with kills:     %4d reports in %4.0f s, %5.2f per second; %s", all.size, took.Seconds(), all.rate(took), s.toll())
	calm := time.Now()
	s.compare(max(10, *soakSeries/20))
	s.workersPoll(calm)
}

// rounds is how often reports and bare workflows take turns, so that both see
// the same machine.
const rounds = 4

// compare closes groups undisturbed, each beside as many bare workflows, and
// tells both rates.
func (s *soak) compare(size int) {
	s.Helper()
	quiet := make([]group, rounds)
	for i := range quiet {
		quiet[i] = s.owe(fmt.Sprintf("quiet%d", i), size)
	}
	var reports, bare time.Duration
	activities := 0
	for _, g := range quiet {
		reports += s.close(g)
		s.check(g)
		activities = s.activities(g.name(0))
		bare += s.bare(size, activities)
	}
	n := float64(rounds * size)
	s.say("without kills:  %4.0f reports in %4.0f s, %5.2f per second", n, reports.Seconds(), n/reports.Seconds())
	s.say("bare workflows: %4.0f of %d empty activities in %4.0f s, %5.2f per second", n, activities, bare.Seconds(), n/bare.Seconds())
	s.say("reports are issued at %.2f of the rate of bare workflows", bare.Seconds()/reports.Seconds())
}

// disturbed closes a group while the programs are killed, and returns how long
// that took.
func (s *soak) disturbed(g group, seed uint64) time.Duration {
	s.Helper()
	ctx, stop := context.WithCancel(s.Context())
	defer stop()
	killed := make(chan struct{})
	go func() {
		defer close(killed)
		s.killAtRandom(ctx, rand.New(rand.NewPCG(seed, 0))) // #nosec G404 -- to be repeated
	}()
	took := s.close(g)
	stop()
	<-killed
	s.settled()
	return took
}

// close has every schedule of a group fire at one instant and returns how long
// it took until all reports were delivered.
func (s *soak) close(g group) time.Duration {
	s.Helper()
	began := time.Now()
	s.trigger(g)
	s.say("%d schedules triggered in %.1f s", g.size, time.Since(began).Seconds())
	s.delivered(g, began)
	return time.Since(began)
}

// delivered waits for a group's last report and tells how far it is.
func (s *soak) delivered(g group, began time.Time) {
	s.Helper()
	last, moved, told := 0, time.Now(), time.Now()
	for last < g.size {
		if n, err := s.countDelivered(g); err == nil && n > last {
			last, moved = n, time.Now()
		}
		if time.Since(told) > 10*time.Second {
			s.say("  issued %d of %d after %.0f s; %s", last, g.size, time.Since(began).Seconds(), s.toll())
			told = time.Now()
		}
		if time.Since(moved) > standstill {
			require.Failf(s, "nothing is issued any more", "%d of %d; missing:\n%s", last, g.size, s.describeMissing(g))
		}
		s.pause(200 * time.Millisecond)
	}
}

// check is what must hold of a group once it is closed.
func (s *soak) check(g group) {
	s.Helper()
	s.awaitEnds(g)
	s.noneDied()
	s.oneReportEach(g)
	s.filesStand(g)
	s.historiesAreSmall(g)
}

// pause waits, unless the test is interrupted.
func (s *soak) pause(d time.Duration) {
	s.Helper()
	select {
	case <-time.After(d):
	case <-s.interrupted.Done():
		require.Fail(s, "interrupted")
	}
}

// say prints a line now: this test takes long.
func (s *soak) say(format string, args ...any) {
	fmt.Printf(time.Now().Format("15:04:05 ")+format+"\n", args...)
}
