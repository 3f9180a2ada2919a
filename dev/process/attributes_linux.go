package process

import "syscall"

// attributes have the kernel stop the child when we die, however we die.
func attributes(c Command) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: c.StopSignal, Credential: c.User.credential()}
}
