//go:build hostile

package hostile_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/document"
)

// The bounds of one input in one place: of reading it, and of each file made
// of it.
const (
	mostCPU    = time.Second
	mostMemory = 100 << 20
)

// known are the defects that are not mended yet, by place/input. A case that is listed and holds is a failure too: it is taken out of the list.
var known = map[string]string{}

// TestOutputs makes reports of every hostile input in every place, in processes
// that the kernel ends when they reach for a file, a network or a program, and
// has every file that comes of it looked at by other people's programs. An
// input is refused with a permanent error that can be shown, or every file is
// sound, holds nothing that can run or load, and is made within the bounds.
func TestOutputs(t *testing.T) {
	t.Parallel()
	needTools(t)
	turn := make(chan struct{}, 2) // as many as there are processors in CI
	for _, p := range places() {
		for i, inputs := range slices.Collect(slices.Chunk(p.inputs, 250)) {
			t.Run(fmt.Sprintf("%s %d", p.name, i+1), func(t *testing.T) {
				t.Parallel()
				turn <- struct{}{}
				defer func() { <-turn }()
				c := &collector{dir: t.TempDir(), place: p, problems: map[string][]string{}}
				jobs := make([]string, len(inputs))
				for i, in := range inputs {
					jobs[i] = p.name + "/" + in
				}
				c.run(t, jobs)
				c.inspect(t)
				c.judge(t, jobs)
			})
		}
	}
}

// collector gathers what children made and what is wrong with it.
type collector struct {
	dir      string
	place    place
	problems map[string][]string // by job
	manifest []entry
	done     int
	refused  int
}

// entry is a file to be looked at.
type entry struct {
	Path  string   `json:"path"`
	Links []string `json:"links"`
	Text  string   `json:"text"`
	job   string
}

func (c *collector) problem(job, format string, args ...any) {
	c.problems[job] = append(c.problems[job], fmt.Sprintf(format, args...))
}

// run has one child do some jobs. Where it ends before its time, the job that
// it was at is to blame, and another child does the rest.
func (c *collector) run(t *testing.T, jobs []string) {
	for len(jobs) > 0 {
		at, err := c.child(t, jobs)
		if err == nil {
			require.Equal(t, len(jobs), at+1, "every input was tried")
			return
		}
		if at < 0 {
			t.Errorf("a child did not begin: %v. It needs a network namespace of its own and seccomp: run as root, or allow user namespaces (sysctl kernel.unprivileged_userns_clone=1)", err)
			return
		}
		c.problem(jobs[at], "the process ended: %v", err)
		jobs = jobs[at+1:]
	}
}

// child returns the place of the job that it was at when it ended, -1 before
// the first.
func (c *collector) child(t *testing.T, jobs []string) (at int, err error) {
	self, err := os.Executable()
	if err != nil {
		return -1, err
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Dir = t.TempDir()
	cmd.Env = []string{asChild + "=1", "TZ=UTC", "GOMAXPROCS=2"}
	cmd.Stdin = strings.NewReader(strings.Join(jobs, "\n") + "\n")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	jailed(cmd)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return -1, err
	}
	if err := cmd.Start(); err != nil {
		return -1, err
	}
	at = c.read(out, jobs)
	if err := cmd.Wait(); err != nil {
		return at, fmt.Errorf("%w: %.2000s", err, stderr.String())
	}
	return at, nil
}

func (c *collector) read(out io.Reader, jobs []string) (at int) {
	at = -1
	for in := gob.NewDecoder(out); ; {
		var f frame
		if err := in.Decode(&f); err != nil {
			return at
		}
		if f.Begins {
			at++
			continue
		}
		c.take(jobs[at], f)
	}
}

func (c *collector) take(job string, f frame) {
	c.fault(job, "reading it", f.Refused)
	c.cost(job, "reading it", f.Cost)
	for i, made := range f.Files {
		what := fmt.Sprintf("%s as %s", made.Document, made.Format)
		c.fault(job, what, made.Refused)
		c.cost(job, what, made.Cost)
		if made.Refused.Text == "" {
			c.keep(job, i, made)
		}
	}
	if c.done++; f.Refused.Text != "" {
		c.refused++
	}
}

// fault checks that an error stays, and can be shown on a terminal and in a
// log: it forges no line, and is no book.
func (c *collector) fault(job, what string, f fault) {
	if f.Text == "" {
		return
	}
	if !f.Permanent {
		c.problem(job, "%s: an error that is not permanent: %.300s", what, f.Text)
	}
	unsafe := func(r rune) bool { return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) }
	if !utf8.ValidString(f.Text) || strings.ContainsFunc(f.Text, unsafe) || len(f.Text) > 16<<10 {
		c.problem(job, "%s: an error that cannot be shown: %.300q", what, f.Text)
	}
}

func (c *collector) cost(job, what string, k cost) {
	if k.CPU > mostCPU {
		c.problem(job, "%s took %s of processor time", what, k.CPU)
	}
	if k.Peak > mostMemory {
		c.problem(job, "%s took %d MB", what, k.Peak>>20)
	}
}

// keep writes a file for the inspection. What the JSON holds is not written
// out: its text is read in the other formats.
func (c *collector) keep(job string, i int, f file) {
	path := filepath.Join(c.dir, strings.Map(func(r rune) rune {
		if r < '0' || r > 'z' || r == '\\' {
			return '_'
		}
		return r
	}, job)+fmt.Sprintf("-%d", i)+f.Format.Extension())
	if err := os.WriteFile(path, f.Bytes, 0o600); err != nil {
		c.problem(job, "%v", err)
		return
	}
	e := entry{Path: path, Links: f.Links, job: job}
	if c.place.shows {
		_, input, _ := strings.Cut(job, "/")
		s, _ := c.place.source(input)
		e.Text = clipped(document.Clean(s).String(), longestName)
	}
	c.manifest = append(c.manifest, e)
}

func (c *collector) inspect(t *testing.T) {
	for _, found := range inspected(t, c.manifest) {
		i := slices.IndexFunc(c.manifest, func(e entry) bool { return e.Path == found.Path })
		c.problem(c.manifest[i].job, "%s: %s", filepath.Ext(found.Path), found.Problem)
	}
}

// judge compares what is wrong with what is known to be.
func (c *collector) judge(t *testing.T, jobs []string) {
	for _, job := range jobs {
		found := c.problems[job]
		if why := known[job]; why != "" {
			require.NotEmpty(t, found, "%s is listed as known (%s) and holds: take it out of the list", job, why)
			continue
		}
		for _, p := range found[:min(3, len(found))] {
			t.Errorf("%s: %s", job, p)
		}
	}
	t.Logf("%d inputs: %d refused, %d files looked at", len(jobs), c.refused, len(c.manifest))
}

type finding struct {
	Path      string `json:"path"`
	Problem   string `json:"problem"`
	Inspected *int   `json:"inspected"`
}

// inspected has files looked at and returns what is wrong with them.
func inspected(t *testing.T, entries []entry) (out []finding) {
	t.Helper()
	var in bytes.Buffer
	for _, e := range entries {
		line, err := json.Marshal(e)
		require.NoError(t, err)
		in.Write(append(line, '\n'))
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), python(t), "look.py")
	cmd.Stdin, cmd.Stderr = &in, &stderr
	body, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	for decoder := json.NewDecoder(bytes.NewReader(body)); ; {
		var f finding
		if err := decoder.Decode(&f); errors.Is(err, io.EOF) {
			break
		} else {
			require.NoError(t, err)
		}
		if f.Inspected != nil {
			require.Equal(t, len(entries), *f.Inspected)
			return out
		}
		out = append(out, f)
	}
	require.Fail(t, "the inspection did not end", string(body))
	return nil
}

// python is an interpreter that has html5lib.
func python(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(name, "-c", "import html5lib").Run() == nil {
			return name
		}
	}
	t.Fatal("no python3 with html5lib: apt-get install python3-html5lib")
	return ""
}

func needTools(t *testing.T) {
	t.Helper()
	for program, debian := range map[string]string{"qpdf": "qpdf", "pdftotext": "poppler-utils", "cmark-gfm": "cmark-gfm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%s is not installed: apt-get install %s", program, debian)
		}
	}
	python(t)
}
