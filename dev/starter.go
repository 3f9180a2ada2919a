package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// starter runs bin/starter against the stack, in our terminal.
func (s *Stack) starter(ctx context.Context, args ...string) error {
	env, err := s.environment()
	if err != nil {
		return err
	}
	return foreground(ctx, s.Root, env, filepath.Join(s.Root, "bin", "starter"), args...)
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
