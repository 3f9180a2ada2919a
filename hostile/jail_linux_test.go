//go:build hostile

package hostile_test

import (
	"fmt"
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// jailed gives a command a network namespace of its own, with nothing in it.
// Root may make one; others make a user namespace first, which some systems
// forbid: sysctl kernel.unprivileged_userns_clone=1, or run as root.
func jailed(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
}

// alone is an error where the process sees another network than its own
// loopback, or its folder holds anything.
func alone() error {
	devices, err := os.ReadFile("/proc/net/dev")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(devices)) {
		if name, _, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) != "lo" {
			return fmt.Errorf("the network namespace is not empty: it has %s", strings.TrimSpace(name))
		}
	}
	entries, err := os.ReadDir(".")
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("the folder holds %s", entries[0].Name())
	}
	return err
}

// lock has the kernel end this process, with all its threads, as soon as it
// opens a file, a socket or a program (seccomp(2)). It cannot be taken back.
func lock() error {
	program := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 4}, // seccomp_data.arch
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: 1, K: architecture},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_KILL_PROCESS},
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // seccomp_data.nr
	}
	for _, call := range reaching {
		program = append(program, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: call},
			unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_KILL_PROCESS})
	}
	program = append(program, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW})
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	filter := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&filter)))
	if errno != 0 {
		return fmt.Errorf("seccomp: %w", errno)
	}
	return nil
}

// meter measures what this process uses.
type meter struct{ status, reset *os.File }

// newMeter opens what it reads, before files can no longer be opened.
func newMeter() (m meter, err error) {
	if m.status, err = os.Open("/proc/self/status"); err != nil {
		return m, err
	}
	m.reset, err = os.OpenFile("/proc/self/clear_refs", os.O_WRONLY, 0)
	return m, err
}

// cost is what a piece of work took: time of all processors, and the most
// memory that the process ever had resident while it was at it.
type cost struct {
	CPU  time.Duration
	Peak int64 // bytes
}

// emptied is how much may be resident before work is measured: what is left of
// the work before it counts as well, and emptying takes time.
const emptied = 48 << 20

// of runs work with as little memory resident as there can be.
func (m meter) of(work func()) (cost, error) {
	if now, err := m.memory("VmRSS:"); err != nil {
		return cost{}, err
	} else if now > emptied {
		debug.FreeOSMemory()
	}
	if _, err := m.reset.WriteString("5\n"); err != nil { // proc(5): the peak counts from here
		return cost{}, err
	}
	before := cpu()
	work()
	after := cpu()
	peak, err := m.memory("VmHWM:")
	return cost{after - before, peak}, err
}

func cpu() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		panic(err) // its arguments are right
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func (m meter) memory(name string) (int64, error) {
	b := make([]byte, 8<<10)
	n, err := m.status.ReadAt(b, 0)
	if n == 0 && err != nil {
		return 0, err
	}
	_, rest, found := strings.Cut(string(b[:n]), name)
	fields := strings.Fields(rest)
	if !found || len(fields) == 0 {
		return 0, fmt.Errorf("/proc/self/status has no %s", name)
	}
	kb, err := strconv.ParseInt(fields[0], 10, 64)
	return kb << 10, err
}
