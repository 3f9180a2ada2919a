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
	// State is set where the cycle waits for data: awaiting_data, held.
	State report.State `json:"state,omitempty"`
	// Missing says what it waits for. It is what the cycle knew when it began to
	// wait; the ledger knows what is missing now.
	Missing string `json:"missing,omitempty"`
	// Until is until when it waits. Watch leaves it to whoever knows the ledger.
	Until *time.Time `json:"until,omitempty"`
}

// Waits tells whether the cycle waits for data.
func (s Stage) Waits() bool { return s.State == report.AwaitingData || s.State == report.Held }

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
	// watchEvery is how often a waiting client asks; watchWaiting, how often while
	// the cycle waits itself, which may take hours.
	watchEvery   = 300 * time.Millisecond
	watchWaiting = 2 * time.Second
	// quietFor is how long nothing may happen before a missing worker is
	// suspected.
	quietFor = 5 * time.Second
)

// watcher follows one cycle.
type watcher struct {
	*Launcher
	id     string
	tell   func(Stage)
	stages []string
	next   int // the first stage not told yet
	waited map[report.State]bool
	began  time.Time
	warned bool
}

// Watch asks a cycle for its stage until ctx ends, and tells each one that it
// reached, also those that went by between two questions; that it waits for
// data, or is held, is told once each. Where nothing happens and no worker polls
// the queue, it says that. It returns the stages that it had no occasion to
// tell.
func (l *Launcher) Watch(ctx context.Context, workflowID string, tell func(Stage)) []Stage {
	w := &watcher{Launcher: l, id: workflowID, tell: tell, stages: report.Stages(), waited: map[report.State]bool{}, began: time.Now()}
	for {
		every := w.look(ctx)
		select {
		case <-ctx.Done():
			var rest []Stage
			for _, name := range w.stages[w.next:] {
				rest = append(rest, Stage{Name: name, Note: notes[name]})
			}
			return rest
		case <-time.After(every):
		}
	}
}

// look asks once, tells what is new, and returns how long to leave it at that.
func (w *watcher) look(ctx context.Context) time.Duration {
	p, ok := w.progress(ctx)
	if !ok {
		w.warn(ctx)
		return watchEvery
	}
	for reached := slices.Index(w.stages, p.Stage); w.next <= reached; w.next++ {
		w.tell(Stage{Name: w.stages[w.next], Note: notes[w.stages[w.next]]})
	}
	waits := Stage{Name: p.Stage, State: p.State, Missing: p.Missing}
	if !waits.Waits() {
		return watchEvery
	}
	if !w.waited[p.State] {
		w.waited[p.State] = true
		w.tell(waits)
	}
	return watchWaiting
}

// warn says that no worker is there, once.
func (w *watcher) warn(ctx context.Context) {
	if w.next == 0 && !w.warned && time.Since(w.began) > quietFor && w.noWorker(ctx) {
		w.warned = true
		w.tell(Stage{Name: "waiting", Note: "no worker polls task queue " + w.TaskQueue + ": start bin/worker; the cycle waits for one"})
	}
}

// answer is what a cycle and a revision answer to their queries.
type answer struct {
	State    report.State `json:"state"`
	Stage    string       `json:"stage"`
	Missing  string       `json:"missing"`
	Revision string       `json:"revision"` // the workflow that makes the report
}

// progress asks the cycle and, while a revision is being made, that one.
func (w *watcher) progress(ctx context.Context) (answer, bool) {
	a, ok := w.ask(ctx, w.id, report.QueryProgress)
	if ok && a.Stage == "report" && a.Revision != "" {
		if r, ok := w.ask(ctx, a.Revision, report.QueryState); ok {
			a.Stage = r.Stage
		}
	}
	return a, ok
}

func (l *Launcher) ask(ctx context.Context, workflowID, query string) (a answer, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	v, err := l.Client.QueryWorkflow(ctx, workflowID, "", query)
	if err != nil {
		return a, false // it has not begun, or no worker answers
	}
	var raw json.RawMessage
	if v.Get(&raw) != nil || json.Unmarshal(raw, &a) != nil {
		return a, false
	}
	return a, true
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
