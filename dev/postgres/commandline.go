package postgres

import (
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
)

// commandLine is what a process was started with, its arguments separated by a space.
func commandLine(number int) (string, error) {
	if runtime.GOOS == "linux" { // where ps may be missing
		text, err := os.ReadFile("/proc/" + strconv.Itoa(number) + "/cmdline")
		return strings.ReplaceAll(string(text), "\x00", " "), err
	}
	out, err := exec.Command("ps", "-ww", "-o", "command=", "-p", strconv.Itoa(number)).Output() // #nosec G204 -- a number
	return string(out), err
}
