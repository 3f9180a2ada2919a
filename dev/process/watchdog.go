package process

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
)

// Watchdog ends children and removes a folder when we die without having done so
// ourselves: killed, or a test binary, which has no way to run anything at its end.
//
// It is a shell that reads from us. The kernel closes the pipe when we are gone.
type Watchdog struct {
	pipe io.WriteCloser
	cmd  *exec.Cmd
}

const watch = `
pids=
while read -r verb pid; do
  case $verb in
    watch) pids="$pids $pid" ;;
    done) exit 0 ;;
  esac
done
for pid in $pids; do kill -INT "$pid"; done
tries=0
while [ $tries -lt 50 ]; do
  alive=
  for pid in $pids; do kill -0 "$pid" && alive=yes; done
  [ -z "$alive" ] && break
  tries=$((tries + 1))
  sleep 0.1
done
for pid in $pids; do kill -KILL "-$pid"; done
[ -n "$1" ] && rm -rf -- "$1"
`

// Guard starts a watchdog. It removes the folder; an empty one means none.
func Guard(folder string) (*Watchdog, error) {
	cmd := exec.Command("/bin/sh", "-c", watch, "cob-watchdog", folder) // #nosec G204 -- the script above
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C must not reach it
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting the watchdog: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the watchdog: %w", err)
	}
	return &Watchdog{pipe: pipe, cmd: cmd}, nil
}

// Watch adds a child.
func (w *Watchdog) Watch(child *Child) error {
	if _, err := fmt.Fprintln(w.pipe, "watch", child.PID()); err != nil {
		return fmt.Errorf("telling the watchdog about %s: %w", child.Name(), err)
	}
	return nil
}

// Dismiss ends the watchdog: everything has been stopped and removed in the ordinary way.
func (w *Watchdog) Dismiss() {
	_, _ = fmt.Fprintln(w.pipe, "done", 0)
	_ = w.pipe.Close()
	_ = w.cmd.Wait()
}
