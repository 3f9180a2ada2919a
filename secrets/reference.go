package secrets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/closeofbusiness/cob/report"
)

// Ref says where a secret is: "env:NAME" or "file:PATH". It is no secret.
type Ref string

// known are the schemes that can be read; later are those that are planned.
var (
	known = []string{"env", "file"}
	later = []string{"sealed", "awssm", "vault"}

	variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,127}$`)
)

// Parse reads a reference. What is none is refused without being shown: it may
// be the key itself.
func Parse(s string) (Ref, error) {
	scheme, rest, ok := strings.Cut(s, ":")
	switch {
	case slices.Contains(later, scheme) && ok:
		return "", fmt.Errorf("%w: references with %s: are not available yet; use env:NAME or file:PATH", report.ErrInvalid, scheme)
	case !ok || !slices.Contains(known, scheme):
		return "", fmt.Errorf("%w: a reference env:NAME or file:PATH is needed (what stands there is not shown: it may be a key)", report.ErrInvalid)
	case scheme == "env" && !variable.MatchString(rest):
		return "", fmt.Errorf("%w: env: needs the name of a variable after it", report.ErrInvalid)
	case scheme == "file" && (strings.TrimSpace(rest) == "" || strings.ContainsRune(rest, 0)):
		return "", fmt.Errorf("%w: file: needs a path after it", report.ErrInvalid)
	}
	return Ref(s), nil
}

// maxSecret bounds a secret, in bytes.
const maxSecret = 64 << 10

// Resolver reads secrets. Its zero value reads the process's environment and
// the file system.
type Resolver struct {
	// Lookup finds a variable. Nil: os.LookupEnv.
	Lookup func(string) (string, bool)
	// ReadFile reads a file. Nil: one that nobody else may write to, of at most 64 KiB.
	ReadFile func(string) ([]byte, error)
}

// Resolve reads a reference's secret, each time anew. Its errors name the
// reference and never the value; they are of kind report.ErrInvalid.
func (r Resolver) Resolve(ctx context.Context, ref Ref) (Secret, error) {
	if err := ctx.Err(); err != nil {
		return Secret{}, err
	}
	ref, err := Parse(string(ref))
	if err != nil {
		return Secret{}, err
	}
	scheme, rest, _ := strings.Cut(string(ref), ":")
	if scheme == "file" {
		return r.file(ref, rest)
	}
	return r.variable(rest)
}

// variable reads NAME, or the file that NAME_FILE names.
func (r Resolver) variable(name string) (Secret, error) {
	lookup := r.Lookup
	if lookup == nil {
		lookup = os.LookupEnv
	}
	value, set := lookup(name)
	path, fileSet := lookup(name + "_FILE")
	switch {
	case set && fileSet:
		return Secret{}, fmt.Errorf("%w: %s and %s_FILE are both set: set one of them", report.ErrInvalid, name, name)
	case fileSet:
		return r.file(Ref("env:"+name+"_FILE"), path)
	case strings.TrimSpace(value) == "":
		return Secret{}, fmt.Errorf("%w: env:%s: the variable is not set or empty", report.ErrInvalid, name)
	}
	return usable(Ref("env:"+name), value)
}

func (r Resolver) file(ref Ref, path string) (Secret, error) {
	read := r.ReadFile
	if read == nil {
		read = readGuarded
	}
	b, err := read(path)
	// Without the path: where a variable names it, it may be a key by mistake.
	if wrong := (*fs.PathError)(nil); errors.As(err, &wrong) {
		err = wrong.Err
	}
	if err != nil {
		return Secret{}, fmt.Errorf("%w: %s: %w", report.ErrInvalid, ref, err)
	}
	return usable(ref, string(b))
}

// usable refuses what no key can be.
func usable(ref Ref, value string) (Secret, error) {
	value = strings.TrimSpace(value)
	switch {
	case value == "":
		return Secret{}, fmt.Errorf("%w: %s: it is empty", report.ErrInvalid, ref)
	case len(value) > maxSecret:
		return Secret{}, fmt.Errorf("%w: %s: it is larger than 64 KiB", report.ErrInvalid, ref)
	}
	return New(value), nil
}

// readGuarded reads a file that others cannot have changed.
func readGuarded(path string) ([]byte, error) {
	f, err := os.Open(path) // #nosec G304 -- the operator names it
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	const othersWrite = 0o002
	if info.Mode().IsRegular() && info.Mode().Perm()&othersWrite != 0 {
		return nil, errors.New("the file may be written by everybody: chmod o-w it")
	}
	return io.ReadAll(io.LimitReader(f, maxSecret+1))
}
