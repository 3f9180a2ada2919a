package postgres

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/closeofbusiness/cob/dev/process"
)

// unprivileged is who the server runs as: we ourselves (nil), or somebody else where we
// are root, as whom it refuses to run.
func unprivileged() (*process.User, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	user, err := process.FindUser("postgres", "_postgres", "nobody")
	if err != nil {
		return nil, fmt.Errorf("the server refuses to run as root: %w. Run as an ordinary user", err)
	}
	return user, nil
}

// locate makes the folder for a cluster: the wanted one, or one that the server's user can
// reach.
func locate(dir string, user *process.User) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	if err := user.Own(dir); err != nil {
		return "", err
	}
	if user.CanEnter(dir) {
		return dir, nil
	}
	elsewhere := elsewhere(dir)
	if err := os.Mkdir(elsewhere, 0o700); err == nil {
		if err := user.Own(elsewhere); err != nil {
			return "", err
		}
	}
	if err := ours(elsewhere, user); err != nil {
		return "", err
	}
	return elsewhere, nil
}

// elsewhere is a folder that everybody can reach and that survives a restart. Its name
// depends on the wanted folder, so that two checkouts don't meet.
func elsewhere(dir string) string {
	sum := sha256.Sum256([]byte(dir))
	return "/var/tmp/cob-dev-" + hex.EncodeToString(sum[:])[:12]
}

// ours refuses what somebody else has put where everybody may write.
func ours(dir string, user *process.User) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || !ok || owner.Uid != user.UID || info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s is not a private folder of the user %s. Remove it, or set COB_DEV_DIR to a folder that %s can enter", dir, user.Name, user.Name)
	}
	return nil
}

func removeElsewhere(dir string, user *process.User) error {
	if user == nil {
		return nil
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	elsewhere := elsewhere(dir)
	if _, err := os.Lstat(elsewhere); os.IsNotExist(err) {
		return nil
	}
	if err := ours(elsewhere, user); err != nil {
		return err
	}
	return os.RemoveAll(elsewhere)
}
