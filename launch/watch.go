package launch

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"github.com/closeofbusiness/cob/report"
)

// Stage is where a cycle stands, for somebody who waits.
type Stage struct {
	Name string `json:"stage"`
	Note string `json:"note,omitempty"`
}

var notes = map[string]string{
	"open":    "taking the cycle",
	"await":   "fixing whose knowledge the report uses",
	"fetch":   "computing the facts",
	"analyse": "writing the narrative",
	"compose": "composing the document",
	"render":  "drawing the files",
	"issue":   "sealing the revision",
	"deliver": "delivering",
}

const (
	// watchEvery is how often a waiting client asks.
	watchEvery = 300 * time.Millisecond
	// quietFor is how long nothing may happen before a missing worker is
	// suspected.
	quietFor = 5 * time.Second
)

// Watch asks a cycle for its stage until ctx ends, and tells each one that it
// reached, also those that went by between two questions. Where nothing happens
// and no worker polls the queue, it says that. It returns the stages that it
// had no occasion to tell.
func (l *Launcher) Watch(ctx context.Context, workflowID string, tell func(Stage)) []Stage {
	stages := report.Stages()
	next := 0 // the first stage not told yet
	began, warned := time.Now(), false
	for {
		if s, ok := l.stage(ctx, workflowID); ok {
			for reached := slices.Index(stages, s.Name); next <= reached; next++ {
				tell(Stage{stages[next], notes[stages[next]]})
			}
		}
		if next == 0 && !warned && time.Since(began) > quietFor && l.noWorker(ctx) {
			warned = true
			tell(Stage{"waiting", "no worker polls task queue " + l.TaskQueue + ": start bin/worker; the cycle waits for one"})
		}
		select {
		case <-ctx.Done():
			var rest []Stage
			for _, name := range stages[next:] {
				rest = append(rest, Stage{name, notes[name]})
			}
			return rest
		case <-time.After(watchEvery):
		}
	}
}

// stage asks the cycle and, while a revision is being made, that one.
func (l *Launcher) stage(ctx context.Context, workflowID string) (Stage, bool) {
	s, ok := l.ask(ctx, workflowID)
	if ok && s.Name == "report" {
		if r, ok := l.ask(ctx, workflowID+"/r1"); ok {
			return r, true
		}
	}
	return s, ok
}

func (l *Launcher) ask(ctx context.Context, workflowID string) (Stage, bool) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	v, err := l.Client.QueryWorkflow(ctx, workflowID, "", report.QueryState)
	if err != nil {
		return Stage{}, false // it has not begun, or no worker answers
	}
	var raw json.RawMessage
	var s Stage
	if v.Get(&raw) != nil || json.Unmarshal(raw, &s) != nil {
		return Stage{}, false
	}
	return s, true
}

func (l *Launcher) noWorker(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	d, err := l.Client.DescribeTaskQueue(ctx, l.TaskQueue, enumspb.TASK_QUEUE_TYPE_WORKFLOW)
	return err == nil && len(d.GetPollers()) == 0
}

// CheckWorker refuses a task queue that no worker polls.
func (l *Launcher) CheckWorker(ctx context.Context) error {
	if l.noWorker(ctx) {
		return errors.New("no worker polls task queue " + l.TaskQueue + ". Start one: bin/worker")
	}
	return nil
}
