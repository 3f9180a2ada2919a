package pid

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// startTime is the boot's identity and the 22nd field of /proc/PID/stat, the clock ticks
// between the boot and the start of the process (proc(5)).
func startTime(pid int) (string, error) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", fmt.Errorf("process %d: %w", pid, os.ErrProcessDone)
	}
	// The second field is the program's name in parentheses and may hold anything.
	_, rest, _ := bytes.Cut(stat[bytes.LastIndexByte(stat, ')'):], []byte(" "))
	fields := strings.Fields(string(rest))
	if len(fields) < 20 {
		return "", fmt.Errorf("process %d: /proc shows %d fields, want 20", pid, len(fields))
	}
	// A zombie whose other threads are still ending holds its files and ports a while longer.
	state, threads := fields[0], fields[17]
	if state == "X" || state == "Z" && (threads == "0" || threads == "1") {
		return "", fmt.Errorf("process %d: %w", pid, os.ErrProcessDone)
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", fmt.Errorf("reading the boot's identity: %w", err)
	}
	return strings.TrimSpace(string(boot)) + "/" + fields[19], nil
}
