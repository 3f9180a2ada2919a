// Package delivery brings artifacts to people.
package delivery

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/closeofbusiness/cob/report"
)

// Folder is where one revision's files stand below a root folder:
// <root>/<series>/<date>/r<n>.
func Folder(root, series string, d report.Date, revision int) string {
	return filepath.Join(root, series, string(d), "r"+strconv.Itoa(revision))
}

// ToFolder writes a file by a temporary one and a rename, so that a reader
// never sees half of it. A file of that name with the same content is done; one
// with other content is report.ErrConflict and stays as it is.
func ToFolder(dir string, a report.Artifact, body []byte) error {
	if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != a.Ref.SHA256 {
		return fmt.Errorf("%w: the bytes of %s are not those of its reference", report.ErrConflict, a.FileName)
	}
	if a.FileName != filepath.Base(a.FileName) || a.FileName == "." || a.FileName == ".." {
		return fmt.Errorf("%w: file name %q", report.ErrInvalid, a.FileName)
	}
	path := filepath.Join(dir, a.FileName)
	if done, err := same(path, body); done || err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	tmp, err := os.CreateTemp(dir, "."+a.FileName+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", a.FileName, err)
	}
	defer os.Remove(tmp.Name()) // gone after the link below, or to be removed
	if err := write(tmp, body); err != nil {
		return fmt.Errorf("write %s: %w", a.FileName, err)
	}
	// Link, unlike rename, does not replace what somebody put there meanwhile.
	if err := os.Link(tmp.Name(), path); errors.Is(err, os.ErrExist) {
		_, err := same(path, body)
		return err
	} else if err != nil {
		return renameInto(tmp.Name(), path)
	}
	return nil
}

// renameInto serves file systems without hard links.
func renameInto(tmp, path string) error {
	if err := os.Rename(tmp, path); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return nil
}

func write(f *os.File, body []byte) error {
	_, err := io.Copy(f, bytes.NewReader(body))
	return errors.Join(err, f.Chmod(0o640), f.Sync(), f.Close())
}

// same tells whether the file is there with this content already.
func same(path string, body []byte) (bool, error) {
	have, err := os.ReadFile(path) // #nosec G304 -- the folder is the operator's setting
	switch {
	case errors.Is(err, os.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("read %s: %w", path, err)
	case !bytes.Equal(have, body):
		return false, fmt.Errorf("%w: %s exists with other content and was left as it is", report.ErrConflict, path)
	}
	return true, nil
}
