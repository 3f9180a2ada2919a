//go:build !linux

package process

import "syscall"

// attributes leave a killed parent's children to the watchdog and the records: only Linux
// knows a parent-death signal.
func attributes(c Command) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Credential: c.User.credential()}
}
