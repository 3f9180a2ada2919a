package tool

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ClockOffset is the setting that tells a program of PathWithClock by how many whole seconds
// its clock is off, negative for one that is behind. Unset or empty means 0: the right time.
const ClockOffset = "COB_TEST_CLOCK_OFFSET"

// PathWithClock is Path for a tool whose clock a test can set, so that nobody has to touch
// the machine's. The tool is what its module pins, built with a time package whose Now adds
// ClockOffset. Its timers go by the monotonic clock, which stays as it is.
func PathWithClock(ctx context.Context, root, name string, say io.Writer) (string, error) {
	pinned, err := read(ctx, filepath.Join(root, "tools", name))
	if err != nil {
		return "", fmt.Errorf("tool %s: %w", name, err)
	}
	pinned.label = name + "-with-clock"
	if err := pinned.setClock(ctx); err != nil {
		return "", fmt.Errorf("tool %s: %w", pinned.label, err)
	}
	return pinned.path(ctx, say)
}

func (p *pin) setClock(ctx context.Context) error {
	goroot, err := goEnv(ctx, p.dir, "GOROOT")
	if err != nil {
		return err
	}
	if p.overlay, err = clockOverlay(goroot); err != nil {
		return err
	}
	p.digest = p.overlay.digest(p.digest)
	return nil
}

// timeSource is where Now is, below GOROOT.
const timeSource = "src/time/time.go"

// nowReadsClock are the lines of Now that offsetNow stands in for.
const (
	nowReadsClock = "func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n"
	offsetNow     = nowReadsClock + "\tsec += clockOffset\n"
)

// clockSource is a file more in the time package.
const clockSource = `package time

import (
	"strconv"
	"syscall"
)

// clockOffset is by how many seconds the clock that Now reads is off.
var clockOffset = readClockOffset()

func readClockOffset() int64 {
	text, _ := syscall.Getenv("` + ClockOffset + `")
	if text == "" {
		return 0
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		panic("` + ClockOffset + `=" + text + ": want whole seconds")
	}
	return seconds
}
`

// clockOverlay makes the changed sources from those of the Go installation.
func clockOverlay(goroot string) (*overlay, error) {
	path := filepath.Join(goroot, filepath.FromSlash(timeSource))
	text, err := os.ReadFile(path) // #nosec G304 -- the Go installation
	if err != nil {
		return nil, err
	}
	if n := strings.Count(string(text), nowReadsClock); n != 1 {
		return nil, fmt.Errorf("%s holds these lines %d times, want once:\n%sThis Go's time.Now is not the one that dev/tool/clock.go knows: see how it reads the clock, and change the lines there", path, n, nowReadsClock)
	}
	return &overlay{goroot: goroot, files: map[string]string{
		timeSource:                 strings.Replace(string(text), nowReadsClock, offsetNow, 1),
		"src/time/clock_offset.go": clockSource,
	}}, nil
}

// overlay is what a build sees in place of some files of the Go installation, which itself
// stays as it is ("go help build", -overlay).
type overlay struct {
	goroot string
	// files are texts by their names below goroot.
	files map[string]string
}

// digest changes with what was given and with the files.
func (o *overlay) digest(given string) string {
	sum := sha256.New()
	_, _ = fmt.Fprintln(sum, given)
	for _, name := range slices.Sorted(maps.Keys(o.files)) {
		_, _ = fmt.Fprintf(sum, "%s %d\n%s", name, len(o.files[name]), o.files[name])
	}
	return hex.EncodeToString(sum.Sum(nil))[:8]
}

// write puts the files into a folder, and returns the GOROOT and the -overlay file to build
// with. The GOROOT is a link: the Go command overlays nothing in the module cache, which is
// where it keeps the toolchains that it downloads.
func (o *overlay) write(dir string) (goroot, file string, err error) {
	if err := os.RemoveAll(dir); err != nil { // of a build that was killed
		return "", "", err
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return "", "", err
	}
	goroot, file = filepath.Join(dir, "goroot"), filepath.Join(dir, "overlay.json")
	if err := os.Symlink(o.goroot, goroot); err != nil {
		return "", "", err
	}
	replace := map[string]string{}
	for name, text := range o.files {
		replacement := filepath.Join(dir, filepath.Base(name))
		if err := os.WriteFile(replacement, []byte(text), 0o600); err != nil {
			return "", "", err
		}
		replace[filepath.Join(goroot, filepath.FromSlash(name))] = replacement
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", "", err
	}
	return goroot, file, os.WriteFile(file, text, 0o600)
}
