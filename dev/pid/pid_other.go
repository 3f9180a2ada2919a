//go:build !linux && !darwin

package pid

import (
	"errors"
	"fmt"
)

// The development stack runs on Linux and macOS only; elsewhere none is ever found.
func startTime(pid int) (string, error) {
	return "", fmt.Errorf("process %d: %w", pid, errors.ErrUnsupported)
}
