//go:build hostile

package hostile_test

import "golang.org/x/sys/unix"

const architecture = unix.AUDIT_ARCH_AARCH64

// reaching are the system calls by which a program gets at files, networks and
// other programs. What is open already stays usable.
var reaching = []uint32{
	unix.SYS_OPENAT, unix.SYS_OPENAT2, unix.SYS_FSTATAT, unix.SYS_STATX, unix.SYS_FACCESSAT, unix.SYS_FACCESSAT2, unix.SYS_READLINKAT,
	unix.SYS_MKDIRAT, unix.SYS_UNLINKAT, unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2, unix.SYS_LINKAT, unix.SYS_SYMLINKAT, unix.SYS_CHDIR,
	unix.SYS_SOCKET, unix.SYS_SOCKETPAIR, unix.SYS_CONNECT, unix.SYS_BIND, unix.SYS_LISTEN, unix.SYS_IO_URING_SETUP, unix.SYS_EXECVE, unix.SYS_EXECVEAT,
}
