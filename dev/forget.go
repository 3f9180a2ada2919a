package main

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/closeofbusiness/cob/dev/postgres"
	"github.com/closeofbusiness/cob/dev/process"
)

// forget removes everything that the stack keeps, and what a killed one left running.
// COB_DEV_DIR may name any folder: only what is ours in it goes.
func (s *Stack) forget() error {
	lock, err := claim(s.Dir)
	if err != nil {
		return err
	}
	defer func() { _ = lock.Close() }()
	for _, name := range []string{"worker", "temporal", "postgres"} {
		if _, err := process.StopLeftover(s.record(name), workerPatience); err != nil {
			return err
		}
	}
	errs := []error{postgres.Remove(filepath.Join(s.Dir, "postgres"))}
	for _, name := range []string{"log", "run", "home", "temporal.db", "temporal.db-wal", "temporal.db-shm", "temporal.db-journal", "connection.json", "lock"} {
		errs = append(errs, os.RemoveAll(filepath.Join(s.Dir, name)))
	}
	_ = os.Remove(s.Dir) // unless something else is in it
	return errors.Join(errs...)
}

// putReportsAside keeps the last reports of the forgotten data. Where they are they would
// be in the way: the same revision made from new data has other bytes, and an issued file
// is never overwritten.
func (s *Stack) putReportsAside() error {
	out := filepath.Join(s.Root, "out")
	if _, err := os.Stat(out); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err := os.RemoveAll(out + ".old"); err != nil {
		return err
	}
	if err := os.Rename(out, out+".old"); err != nil {
		return err
	}
	s.say("its reports are now in %s", short(out+".old"))
	return nil
}
