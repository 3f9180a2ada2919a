// Package pid tells whether a process that was recorded earlier still runs.
//
// A number alone does not: after a crash or a reboot it may belong to another
// program. So the time at which the process started is recorded with it.
package pid

import "os"

// Record names one process for as long as the machine is up.
type Record struct {
	PID int `json:"pid"`
	// Started is the operating system's own notation for the start time; it is only
	// ever compared with itself.
	Started string `json:"started"`
}

// Self records the calling process.
func Self() (Record, error) { return Of(os.Getpid()) }

// Of records a running process. The error wraps os.ErrProcessDone where there is none.
func Of(pid int) (Record, error) {
	started, err := startTime(pid)
	if err != nil {
		return Record{}, err
	}
	return Record{PID: pid, Started: started}, nil
}

// Alive reports whether the very process that was recorded still runs.
func (r Record) Alive() bool {
	if r.PID <= 0 {
		return false
	}
	now, err := Of(r.PID)
	return err == nil && now == r
}
