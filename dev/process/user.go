package process

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// User is somebody whom root lends a child to.
type User struct {
	Name     string
	UID, GID uint32
}

// FindUser returns the first of the accounts that exists.
func FindUser(names ...string) (*User, error) {
	for _, name := range names {
		account, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.ParseUint(account.Uid, 10, 32)
		gid, errGID := strconv.ParseUint(account.Gid, 10, 32)
		if errUID == nil && errGID == nil && uid != 0 {
			return &User{Name: name, UID: uint32(uid), GID: uint32(gid)}, nil
		}
	}
	return nil, fmt.Errorf("no unprivileged account found (looked for %v)", names)
}

func (u *User) credential() *syscall.Credential {
	if u == nil {
		return nil
	}
	return &syscall.Credential{Uid: u.UID, Gid: u.GID}
}

// Run runs a command to its end as this user (nil: as we are) and returns its output.
func (u *User) Run(env []string, dir, path string, args ...string) ([]byte, error) {
	cmd := exec.Command(path, args...) // #nosec G204 -- development only; the programs are found, not given
	cmd.Env, cmd.Dir = env, dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: u.credential()}
	return cmd.CombinedOutput()
}

// CanEnter reports whether this user reaches the folder, past all the folders above it.
func (u *User) CanEnter(dir string) bool {
	if u == nil {
		return true
	}
	_, err := u.Run([]string{"PATH=" + os.Getenv("PATH")}, "/", "/bin/sh", "-c", `cd "$1"`, "sh", dir)
	return err == nil
}

// Own gives the folder or file to this user.
func (u *User) Own(path string) error {
	if u == nil {
		return nil
	}
	return os.Lchown(path, int(u.UID), int(u.GID))
}
