// Package tool builds the pinned developer tools, each once, into the user's cache.
//
// Every tool has a module of its own below tools/, whose go.mod names the program with a
// tool directive and pins everything it is made of.
package tool

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/closeofbusiness/cob/dev/environ"
)

// module is our own module's path, by which a checkout is recognised.
const module = "github.com/closeofbusiness/cob"

// costs are what a first build takes on two idle cores, downloads included, so that nobody
// wonders whether it hangs.
var costs = map[string]string{
	"temporal":      "about 4 minutes, 300 MB of sources and a 250 MB program",
	"sqlc":          "about 2 minutes, 60 MB",
	"staticcheck":   "about half a minute, 15 MB",
	"gosec":         "about 2 minutes, 60 MB",
	"workflowcheck": "about half a minute, 10 MB",
	"govulncheck":   "about half a minute, 20 MB",
	"gitleaks":      "about a minute, 30 MB",
}

// versionFlags are the linker settings by which a program learns its version.
var versionFlags = map[string]string{
	"temporal": "-X github.com/temporalio/cli/temporalcli.Version=",
}

// Root finds the checkout: the folder of our go.mod, at or above the working directory.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod")) // #nosec G304 -- a go.mod above us
		if err == nil && bytes.HasPrefix(text, []byte("module "+module+"\n")) {
			return dir, nil
		}
		above := filepath.Dir(dir)
		if above == dir {
			return "", errors.New("this is not a checkout of COB: no go.mod of " + module + " here or above. Change into it first")
		}
		dir = above
	}
}

// Cache is where the tools are: COB_DEV_CACHE, or cob in the user's cache folder.
func Cache() (string, error) {
	if dir := os.Getenv("COB_DEV_CACHE"); dir != "" {
		return dir, nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("%w. Set HOME, or COB_DEV_CACHE to a folder for developer tools", err)
	}
	return filepath.Join(dir, "cob"), nil
}

// Path returns the program of a tool and builds it first where the cache lacks it, saying
// so beforehand.
func Path(ctx context.Context, root, name string, say io.Writer) (string, error) {
	pinned, err := read(ctx, filepath.Join(root, "tools", name))
	if err != nil {
		return "", fmt.Errorf("tool %s: %w", name, err)
	}
	return pinned.path(ctx, say)
}

func (p pin) path(ctx context.Context, say io.Writer) (string, error) {
	cache, err := Cache()
	if err != nil {
		return "", fmt.Errorf("tool %s: %w", p.label, err)
	}
	dir := filepath.Join(cache, fmt.Sprintf("%s-%s-%s-%s", p.label, strings.TrimPrefix(p.version, "v"), p.goVersion, p.digest))
	program := filepath.Join(dir, p.name)
	if usable(program) {
		return program, nil
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return "", fmt.Errorf("tool %s: %w", p.label, err)
	}
	unlock, err := lock(filepath.Join(dir, "lock"))
	if err != nil {
		return "", fmt.Errorf("tool %s: %w", p.label, err)
	}
	defer unlock()
	if usable(program) { // somebody else built it while we waited
		return program, nil
	}
	_, _ = fmt.Fprintf(say, "building %s %s once, into %s: %s\n", p.label, p.version, dir, costs[p.name])
	if err := p.build(ctx, program, say); err != nil {
		return "", fmt.Errorf("tool %s: %w", p.label, err)
	}
	return program, nil
}

// pin is what a tool's module says.
type pin struct {
	dir, name, program, version, goVersion, digest string
	// label is the name, or that of a variant, as people see it.
	label string
	// overlay is what a variant changes in the Go installation. Nil: nothing.
	overlay *overlay
}

func read(ctx context.Context, dir string) (pin, error) {
	p := pin{dir: dir, name: filepath.Base(dir), label: filepath.Base(dir)}
	cmd := exec.CommandContext(ctx, "go", "mod", "edit", "-json")
	cmd.Dir, cmd.Env = dir, environ.Building()
	text, err := cmd.Output()
	if err != nil {
		return p, fmt.Errorf("reading %s: %w", filepath.Join(dir, "go.mod"), err)
	}
	var mod struct {
		Tool    []struct{ Path string }
		Require []struct{ Path, Version string }
	}
	if err := json.Unmarshal(text, &mod); err != nil {
		return p, fmt.Errorf("reading %s: %w", filepath.Join(dir, "go.mod"), err)
	}
	if len(mod.Tool) != 1 {
		return p, fmt.Errorf("%s names %d tools, want one", filepath.Join(dir, "go.mod"), len(mod.Tool))
	}
	p.program = mod.Tool[0].Path
	for _, r := range mod.Require {
		if p.program == r.Path || strings.HasPrefix(p.program, r.Path+"/") {
			p.version = r.Version
		}
	}
	if p.version == "" {
		return p, fmt.Errorf("%s pins no version of %s", filepath.Join(dir, "go.mod"), p.program)
	}
	if p.digest, err = digest(dir); err != nil {
		return p, err
	}
	p.goVersion, err = goVersion(ctx, dir)
	return p, err
}

// goVersion is the toolchain that go.mod selects, which may not be the one we are made with.
func goVersion(ctx context.Context, dir string) (string, error) {
	version, err := goEnv(ctx, dir, "GOVERSION")
	return strings.ReplaceAll(version, " ", "-"), err
}

func goEnv(ctx context.Context, dir, name string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "env", name) // #nosec G204 -- a name of ours
	cmd.Dir, cmd.Env = dir, environ.Building()
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go env %s: %w", name, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// digest changes with anything that a tool is made of.
func digest(dir string) (string, error) {
	sum := sha256.New()
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(dir, name)) // #nosec G304 -- our own checkout
		if err != nil {
			return "", err
		}
		_, _ = sum.Write(text)
	}
	return hex.EncodeToString(sum.Sum(nil))[:8], nil
}

func (p pin) build(ctx context.Context, program string, say io.Writer) (err error) {
	fresh := program + ".new"
	args := []string{"build", "-trimpath", "-buildvcs=false", "-o", fresh}
	if flag := versionFlags[p.name]; flag != "" {
		args = append(args, "-ldflags", "-s -w "+flag+strings.TrimPrefix(p.version, "v"))
	}
	command, env := "go", environ.Building()
	if p.overlay != nil {
		work := program + ".overlay"
		defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
		goroot, file, err := p.overlay.write(work)
		if err != nil {
			return err
		}
		command, env = filepath.Join(goroot, "bin", "go"), append(env, "GOROOT="+goroot, "GOTOOLCHAIN=local")
		args = append(args, "-overlay", file)
	}
	cmd := exec.CommandContext(ctx, command, append(args, p.program)...) // #nosec G204 -- names from our own go.mod
	cmd.Dir, cmd.Env = p.dir, env
	cmd.Stdout, cmd.Stderr = say, say
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("building %s %s: %w", path.Base(p.program), p.version, err)
	}
	return os.Rename(fresh, program)
}

func usable(program string) bool {
	info, err := os.Stat(program)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// lock keeps a second builder waiting. The kernel releases it with the process.
func lock(path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // #nosec G304 -- our own cache
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return func() { _ = file.Close() }, nil
}
