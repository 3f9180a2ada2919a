// Package process runs the programs of the development stack as children that cannot
// outlive it.
package process

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/closeofbusiness/cob/dev/pid"
)

// Command describes one child.
type Command struct {
	// Name is what people call it: "postgres".
	Name string
	Path string
	Args []string
	Env  []string
	Dir  string
	// Log takes the child's output and is emptied at each start.
	Log string
	// Record is the file that remembers the child until it has been stopped, for the
	// successor of a parent that was killed. Empty: none.
	Record string
	// User runs the child as somebody else, which only root can. Nil: as we are.
	User *User
	// StopSignal asks the child to end. Zero means SIGINT.
	StopSignal syscall.Signal
}

// Child is a running command.
type Child struct {
	command Command
	pid     int
	done    chan struct{}
	err     error
}

// Start runs the command in a process group of its own, so that a Ctrl-C in the terminal
// reaches only us and the children are ended in their order.
func Start(c Command) (*Child, error) {
	if c.StopSignal == 0 {
		c.StopSignal = syscall.SIGINT
	}
	log, err := openLog(c.Log)
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", c.Name, err)
	}
	child := &Child{command: c, done: make(chan struct{})}
	started := make(chan error)
	go child.run(log, started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting %s: %w", c.Name, err)
	}
	if err := child.record(); err != nil {
		return nil, errors.Join(fmt.Errorf("starting %s: %w", c.Name, err), child.Stop(time.Second))
	}
	return child, nil
}

// run keeps one operating system thread for the child's whole life: Linux sends the
// parent-death signal when the *thread* that forked ends (prctl(2)), and Go ends threads.
func (c *Child) run(log *os.File, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer func() { _ = log.Close() }()

	cmd := exec.Command(c.command.Path, c.command.Args...) // #nosec G204 -- development only; the programs are found, not given
	cmd.Env, cmd.Dir = c.command.Env, c.command.Dir
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = attributes(c.command)
	err := cmd.Start()
	if err == nil {
		c.pid = cmd.Process.Pid
	}
	started <- err
	if err != nil {
		return
	}
	c.err = cmd.Wait()
	close(c.done)
}

func (c *Child) record() error {
	if c.command.Record == "" {
		return nil
	}
	record, err := pid.Of(c.pid)
	if errors.Is(err, os.ErrProcessDone) {
		return nil // it ended at once; whoever waits for it will say so
	}
	if err != nil {
		return err
	}
	text, err := json.Marshal(record)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(c.command.Record), 0o755); err != nil { // #nosec G301 -- the database's user passes through
		return err
	}
	return os.WriteFile(c.command.Record, text, 0o600)
}

// Name is the command's name.
func (c *Child) Name() string { return c.command.Name }

// PID is the child's process number.
func (c *Child) PID() int { return c.pid }

// Done is closed when the child has ended.
func (c *Child) Done() <-chan struct{} { return c.done }

// Death says why the child ended, with the last lines of its log. Only after Done.
func (c *Child) Death() error {
	why := "exit status 0"
	if c.err != nil {
		why = c.err.Error()
	}
	last := Tail(c.command.Log, 12)
	if last == "" {
		last = "  (it wrote nothing)"
	}
	return fmt.Errorf("%s stopped by itself (%s). Its last lines, from %s:\n%s", c.command.Name, why, c.command.Log, last)
}

// Stop asks the child to end and kills its group after the patience has run out.
// Stopping twice, or stopping what has ended already, is no error.
func (c *Child) Stop(patience time.Duration) error {
	select {
	case <-c.done:
	default:
		_ = syscall.Kill(c.pid, c.command.StopSignal)
		select {
		case <-c.done:
		case <-time.After(patience):
			_ = syscall.Kill(-c.pid, syscall.SIGKILL)
			<-c.done
		}
	}
	// What the child itself left behind in its group goes as well.
	_ = syscall.Kill(-c.pid, syscall.SIGKILL)
	if c.command.Record == "" {
		return nil
	}
	if err := os.Remove(c.command.Record); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("stopping %s: %w", c.command.Name, err)
	}
	return nil
}

// StopLeftover ends the child of a predecessor that was killed, if the process in the
// record still runs, and forgets the record. It reports whether there was one.
func StopLeftover(record string, patience time.Duration) (bool, error) {
	text, err := os.ReadFile(record) // #nosec G304 -- our own folder
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading what a predecessor left: %w", err)
	}
	var left pid.Record
	found := json.Unmarshal(text, &left) == nil && left.Alive()
	if found {
		if err := End(left, patience); err != nil {
			return true, err
		}
	}
	return found, os.Remove(record)
}

// End stops a process that is not our child: asked first, then killed with its group.
func End(r pid.Record, patience time.Duration) error {
	_ = syscall.Kill(r.PID, syscall.SIGINT)
	if gone(r, patience) {
		return nil
	}
	_ = syscall.Kill(-r.PID, syscall.SIGKILL)
	_ = syscall.Kill(r.PID, syscall.SIGKILL)
	if gone(r, 5*time.Second) {
		return nil
	}
	return fmt.Errorf("process %d of a killed predecessor cannot be stopped. End it by hand: kill -9 %d", r.PID, r.PID)
}

func gone(r pid.Record, patience time.Duration) bool {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if !r.Alive() {
			return true
		}
	}
	return !r.Alive()
}

func openLog(path string) (*os.File, error) {
	if path == "" {
		return os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { // #nosec G301 -- the database's user passes through
		return nil, err
	}
	return os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC|os.O_APPEND, 0o600) // #nosec G304 -- our own folder
}

// Tail returns the last lines of a log, each indented by two spaces, at most 16 KiB.
func Tail(path string, lines int) string {
	const most = 16 << 10
	file, err := os.Open(path) // #nosec G304 -- our own folder
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	if info, err := file.Stat(); err == nil && info.Size() > most {
		_, _ = file.Seek(-most, io.SeekEnd)
	}
	text, _ := io.ReadAll(file)
	all := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	if len(all) == 1 && all[0] == "" {
		return ""
	}
	if len(all) > lines {
		all = all[len(all)-lines:]
	}
	return "  " + strings.Join(all, "\n  ")
}
