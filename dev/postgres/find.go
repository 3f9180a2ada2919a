package postgres

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"sort"
	"strconv"
	"strings"
)

// Oldest is the oldest major version that works.
const Oldest = 15

// Binaries is the folder of one PostgreSQL installation's programs.
type Binaries struct {
	Dir   string
	Major int
}

func (b Binaries) path(program string) string { return filepath.Join(b.Dir, program) }

// places hold PostgreSQL's programs where they are not on PATH: Debian and Ubuntu, Red Hat,
// Alpine, Homebrew on Apple and Intel processors (keg-only), MacPorts, Postgres.app.
var places = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/usr/libexec/postgresql*",
	"/opt/homebrew/opt/postgresql@*/bin",
	"/usr/local/opt/postgresql@*/bin",
	"/opt/homebrew/opt/postgresql/bin",
	"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
	"/opt/local/lib/postgresql*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

// Find looks for an installation: COB_DEV_PG_BIN where it is set and nowhere else,
// otherwise PATH, then the newest in the usual places. A major version of 0 takes any that
// is new enough; another is that of existing data, which only its own programs open.
func Find(major int) (Binaries, error) {
	if dir := os.Getenv("COB_DEV_PG_BIN"); dir != "" {
		return given(dir, major)
	}
	var seen []Binaries
	if initdb, err := exec.LookPath("initdb"); err == nil {
		if real, err := filepath.EvalSymlinks(initdb); err == nil {
			seen = append(seen, probe(filepath.Dir(real)))
		}
	}
	var installed []Binaries
	for _, pattern := range places {
		dirs, _ := filepath.Glob(pattern)
		for _, dir := range dirs {
			installed = append(installed, probe(dir))
		}
	}
	sort.SliceStable(installed, func(i, j int) bool { return installed[i].Major > installed[j].Major })
	return choose(append(seen, installed...), major)
}

func given(dir string, major int) (Binaries, error) {
	b := probe(dir)
	switch {
	case b.Major == 0:
		return b, fmt.Errorf("COB_DEV_PG_BIN=%s: no initdb and postgres that run there. Set it to the folder that holds them, or unset it", dir)
	case b.Major < Oldest:
		return b, fmt.Errorf("COB_DEV_PG_BIN=%s: PostgreSQL %d is too old. At least %d is needed", dir, b.Major, Oldest)
	case major != 0 && b.Major != major:
		return b, otherMajor(major, b.Major)
	}
	return b, nil
}

func choose(candidates []Binaries, major int) (Binaries, error) {
	newest := 0
	for _, b := range candidates {
		if b.Major >= Oldest && (major == 0 || b.Major == major) {
			return b, nil
		}
		newest = max(newest, b.Major)
	}
	switch {
	case newest == 0:
		return Binaries{}, errors.New("PostgreSQL is not installed (initdb is neither on PATH nor in the usual places). Install it: " + installCommand())
	case newest < Oldest:
		return Binaries{}, fmt.Errorf("PostgreSQL %d is too old: at least %d is needed. Install it: %s", newest, Oldest, installCommand())
	default:
		return Binaries{}, otherMajor(major, newest)
	}
}

func otherMajor(data, programs int) error {
	return fmt.Errorf("the development data were written by PostgreSQL %d, and PostgreSQL %d is installed. Install version %d again, or forget the data: make dev-reset", data, programs, data)
}

var version = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// probe asks the programs for their version. Major is 0 where one of them doesn't run.
func probe(dir string) Binaries {
	b := Binaries{Dir: dir}
	for _, program := range []string{"initdb", "postgres"} {
		out, err := exec.Command(b.path(program), "--version").Output() // #nosec G204 -- a program by a fixed name
		found := version.FindSubmatch(out)
		if err != nil || found == nil {
			return Binaries{Dir: dir}
		}
		b.Major, _ = strconv.Atoi(string(found[1]))
	}
	return b
}

func installCommand() string {
	if runtime.GOOS == "darwin" {
		return "brew install postgresql@17"
	}
	for manager, command := range map[string]string{
		"apt-get": "sudo apt-get install postgresql",
		"dnf":     "sudo dnf install postgresql-server",
		"apk":     "sudo apk add postgresql",
		"pacman":  "sudo pacman -S postgresql",
		"zypper":  "sudo zypper install postgresql-server",
	} {
		if _, err := exec.LookPath(manager); err == nil {
			return command
		}
	}
	return "see https://www.postgresql.org/download/"
}

// majorOf reads which version wrote a data folder. 0: it is none.
func majorOf(data string) int {
	text, err := os.ReadFile(filepath.Join(data, "PG_VERSION")) // #nosec G304 -- our own folder
	if err != nil {
		return 0
	}
	major, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return major
}
