package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/closeofbusiness/cob/dev/environ"
)

// starter runs bin/starter in our terminal. It finds the running stack by itself, as it
// does for people.
func (s *Stack) starter(ctx context.Context, args ...string) error {
	env, err := environ.Private(s.Dir, "COB_DEV_DIR="+s.Dir)
	if err != nil {
		return err
	}
	return foreground(ctx, s.Root, env, filepath.Join(s.Root, "bin", "starter"), args...)
}

// sample loads the sample and returns its last business date: for some minutes after a
// cutoff, while the sample's feeds would still be delivering, that is the day before.
func (s *Stack) sample(ctx context.Context) (string, error) {
	env, err := environ.Private(s.Dir, "COB_DEV_DIR="+s.Dir)
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(s.Root, "bin", "starter"), "sample", "--business-days", "90", "--seed", "1", "--json", "--quiet") // #nosec G204 -- our own program
	cmd.Dir, cmd.Env, cmd.Stderr = s.Root, env, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = commandPatience
	out, err := cmd.Output()
	if err != nil {
		return "", err
	}
	var loaded struct {
		First, Until string
		Batches      int
		Rows         int64
		Already      bool
	}
	if err := json.Unmarshal(out, &loaded); err != nil {
		return "", fmt.Errorf("what starter sample printed cannot be read: %w", err)
	}
	if loaded.Already {
		s.say("the sample, %s to %s, is loaded already", loaded.First, loaded.Until)
	} else {
		s.say("loaded the sample, %s to %s: %d batches, %d rows", loaded.First, loaded.Until, loaded.Batches, loaded.Rows)
	}
	return loaded.Until, nil
}

// quietStarter runs bin/starter and shows what it wrote only where it fails.
func (s *Stack) quietStarter(ctx context.Context, args ...string) error {
	env, err := s.environment()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(s.Root, "bin", "starter"), args...) // #nosec G204 -- our own program
	cmd.Dir, cmd.Env = s.Root, env
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = commandPatience
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("starter %s: %v\n%s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
