package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/aymanbagabas/go-udiff"

	"github.com/closeofbusiness/cob/report"
)

// file is a configuration file that was read.
type file struct {
	path string
	body []byte
}

// readFiles reads files and, of folders, every .yaml and .yml file.
func readFiles(paths []string) ([]file, error) {
	var out []file
	for _, p := range paths {
		names := []string{p}
		if info, err := os.Stat(p); err == nil && info.IsDir() {
			names = nil
			for _, pattern := range []string{"*.yaml", "*.yml"} {
				found, err := filepath.Glob(filepath.Join(p, pattern))
				if err != nil {
					return nil, fmt.Errorf("%w: %w", report.ErrInvalid, err)
				}
				names = append(names, found...)
			}
			slices.Sort(names)
			if len(names) == 0 {
				return nil, fmt.Errorf("%w: %s holds no .yaml file", report.ErrInvalid, p)
			}
		}
		for _, name := range names {
			body, err := os.ReadFile(name) // #nosec G304 -- the user names it
			if err != nil {
				return nil, fmt.Errorf("%w: %w", report.ErrInvalid, err)
			}
			out = append(out, file{name, body})
		}
	}
	return out, nil
}

// inFile says of a problem in which file it is; of each, where many are joined.
func inFile(path string, err error) error {
	many, ok := err.(interface{ Unwrap() []error })
	if !ok || errors.Join(many.Unwrap()...).Error() != err.Error() { // one that only wraps two
		return fmt.Errorf("%s: %w", path, err)
	}
	var out []error
	for _, e := range many.Unwrap() {
		out = append(out, inFile(path, e))
	}
	return errors.Join(out...)
}

// namedOnce refuses two files that are about the same thing.
func namedOnce(noun string, files []file, name func(int) string) error {
	first := map[string]string{}
	var errs []error
	for i, f := range files {
		if other, twice := first[name(i)]; twice {
			errs = append(errs, fmt.Errorf("%w: %s: %s %s is in %s already. Give each a name of its own", report.ErrInvalid, f.path, noun, name(i), other))
		}
		first[name(i)] = f.path
	}
	return errors.Join(errs...)
}

// The changes of a file.
const (
	fileCreated   = "created"
	fileUpdated   = "updated"
	fileUnchanged = "unchanged"
)

// fileChange is what applying a file does to what the database has.
type fileChange struct {
	// Version is the one that is current then.
	Version int32
	Change  string // created, updated, unchanged
	Diff    string
}

// changeOf compares a file, of which the digest is given, with the newest
// version; version 0: there is none.
func changeOf(name string, version int32, same bool, before []byte, path string, after []byte) fileChange {
	switch {
	case version == 0:
		return fileChange{1, fileCreated, diff(os.DevNull, path, nil, after)}
	case same:
		return fileChange{version, fileUnchanged, ""}
	}
	return fileChange{version + 1, fileUpdated, diff(fmt.Sprintf("%s version %d", name, version), path, before, after)}
}

// diff shows what changed, line by line.
func diff(before, after string, old, new []byte) string {
	return udiff.Unified(before, after, visible(old), visible(new))
}

// visible drops what a terminal would obey.
func visible(b []byte) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, string(b))
}
