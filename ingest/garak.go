package ingest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// defaultThreshold is garak's own: a score at or above it is a hit.
const defaultThreshold = 0.5

// parseGarak reads a garak report, one JSON object a line: setup, init,
// attempts, evals, completion, digest. Prompts and outputs are passed over.
func parseGarak(in *input, o Options, emit func(int64, any) error) (findings, error) {
	g := garak{in: in, o: o, emit: emit, found: findings{source: o.Source, ignored: map[string]int64{}}, threshold: defaultThreshold}
	for {
		line, err := in.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return g.found, err
		}
		if err := g.read(line); err != nil {
			return g.found, err
		}
	}
	if !g.any {
		return g.found, in.fault(0, "", "no garak run", "a line of entry_type init was expected")
	}
	return g.found, g.endRun()
}

type garak struct {
	in    *input
	o     Options
	emit  func(int64, any) error
	found findings
	any   bool

	// of the setup that holds now
	target    string
	suite     string
	threshold float64

	// of the run that is being read; name is empty before the first
	run       string
	start     time.Time
	completed bool // a completion line has been read
	evaluated bool // an eval or digest line has: garak writes them when all is done
}

func (g *garak) read(line []byte) error {
	var head struct {
		EntryType *string `json:"entry_type"`
	}
	if err := g.in.decode(line, &head); err != nil {
		return err
	}
	if head.EntryType == nil {
		return g.fault("entry_type", "missing", "a line of a garak report was expected")
	}
	switch *head.EntryType {
	case "start_run setup":
		return g.readSetup(line)
	case "init":
		return g.readInit(line)
	case "attempt":
		return g.readAttempt(line)
	case "eval":
		return g.readEval(line)
	case "completion":
		return g.readCompletion(line)
	case "digest":
		g.evaluated = true
		return nil
	}
	ignore(g.found.ignored, *head.EntryType)
	return nil
}

// ignore counts an entry type that nothing is taken from; a file full of
// different ones doesn't fill the memory.
func ignore(counts map[string]int64, kind string) {
	if _, known := counts[kind]; !known && (len(counts) >= 20 || checkName(kind) != nil) {
		kind = "others"
	}
	counts[kind]++
}

func (g *garak) fault(field, found, want string) error {
	return g.in.fault(g.in.line, field, found, want)
}

func (g *garak) readSetup(line []byte) error {
	var s struct {
		TargetName *string  `json:"plugins.target_name"`
		ModelName  *string  `json:"plugins.model_name"` // before garak 0.13.1
		TargetType *string  `json:"plugins.target_type"`
		ModelType  *string  `json:"plugins.model_type"`
		ProbeSpec  *string  `json:"plugins.probe_spec"`
		Threshold  *float64 `json:"run.eval_threshold"`
	}
	if err := g.in.decode(line, &s); err != nil {
		return err
	}
	if err := g.endRun(); err != nil {
		return err
	}
	own := ""
	for _, name := range []*string{s.TargetName, s.ModelName, s.TargetType, s.ModelType} {
		if name != nil && own == "" {
			own = *name
		}
	}
	g.target, g.suite, g.threshold = own, "", defaultThreshold
	if s.ProbeSpec != nil {
		g.suite = shorten(*s.ProbeSpec)
	}
	if s.Threshold != nil {
		g.threshold = *s.Threshold
	}
	return nil
}

func (g *garak) readInit(line []byte) error {
	var i struct {
		Version string  `json:"garak_version"`
		Start   *string `json:"start_time"`
		Run     *string `json:"run"`
	}
	if err := g.in.decode(line, &i); err != nil {
		return err
	}
	if err := g.endRun(); err != nil {
		return err
	}
	name, err := g.name("run", i.Run)
	if err != nil {
		return err
	}
	start, err := g.time("start_time", i.Start)
	if err != nil {
		return err
	}
	if g.target == "" && g.o.Target == "" {
		return g.fault("plugins.target_name", "missing, and no target type either", "the name of what was scanned was expected in the setup line. Give it by hand")
	}
	target := g.o.target(g.target)
	if err := checkName(target); err != nil {
		return g.fault("plugins.target_name", quote(target)+" is "+err.Error(), "at most 200 printable characters were expected")
	}
	g.any, g.run, g.start = true, name, start
	g.completed, g.evaluated = false, false
	tool := shorten(strings.TrimSpace("garak " + i.Version))
	if err := g.emit(g.in.line, Run{Source: g.o.Source, Name: name, Tool: tool, Suite: g.suite, Target: target, PlannedFor: start}); err != nil {
		return err
	}
	return g.emit(g.in.line, RunEvent{Source: g.o.Source, Run: name, At: start, Kind: "started"})
}

// endRun closes the run before another begins or the file ends. A report with
// results but without a completion line (an aggregate) did complete; a report
// with neither is still running as far as anybody knows.
func (g *garak) endRun() error {
	if g.run == "" || g.completed || !g.evaluated {
		return nil
	}
	g.completed = true
	return g.emit(g.in.line, RunEvent{Source: g.o.Source, Run: g.run, At: g.start, Kind: "completed"})
}

func (g *garak) readCompletion(line []byte) error {
	var c struct {
		End *string `json:"end_time"`
	}
	if err := g.in.decode(line, &c); err != nil {
		return err
	}
	end, err := g.time("end_time", c.End)
	if err != nil {
		return err
	}
	if err := g.needRun(); err != nil {
		return err
	}
	g.completed = true
	return g.emit(g.in.line, RunEvent{Source: g.o.Source, Run: g.run, At: end, Kind: "completed"})
}

func (g *garak) needRun() error {
	if g.run == "" {
		return g.fault("entry_type", "before any line of entry_type init", "the run was expected first")
	}
	return nil
}

func (g *garak) readAttempt(line []byte) error {
	var a struct {
		UUID    *string                    `json:"uuid"`
		Seq     *int64                     `json:"seq"`
		Status  *int64                     `json:"status"`
		Probe   *string                    `json:"probe_classname"`
		Outputs outputs                    `json:"outputs"`
		Results map[string]json.RawMessage `json:"detector_results"`
	}
	if err := g.in.decode(line, &a); err != nil {
		return err
	}
	if err := g.needRun(); err != nil {
		return err
	}
	probe, err := g.name("probe_classname", a.Probe)
	if err != nil {
		return err
	}
	uuid, err := g.name("uuid", a.UUID)
	if err != nil {
		return err
	}
	if a.Status == nil || *a.Status < 0 || *a.Status > 2 {
		return g.fault("status", found(a.Status), "1 (sent) or 2 (judged) was expected")
	}
	var scores []Score
	if *a.Status == 2 {
		if scores, err = g.scores(a.Results); err != nil {
			return err
		}
	}
	if a.Outputs.n == 0 && len(scores) > 0 {
		g.found.verdicts += int64(len(scores))
		return nil
	}
	probe = strip(probe, "garak.probes.", "probes.")
	// Aggregated reports give every attempt the uuid of their run.
	name := probe + "/" + uuid
	if a.Seq != nil {
		name = fmt.Sprintf("%s/%d/%s", probe, *a.Seq, uuid)
	}
	at := Attempt{Source: g.o.Source, Run: g.run, Name: name, At: g.start, Probe: probe, Category: family(probe), Answered: a.Outputs.answered}
	if err := g.emit(g.in.line, at); err != nil {
		return err
	}
	for _, s := range scores {
		s.Attempt = name
		if err := g.emit(g.in.line, s); err != nil {
			return err
		}
	}
	return nil
}

// scores flattens the results of each detector: one score for each output that
// it judged, numbered as the outputs are. null is no score.
func (g *garak) scores(results map[string]json.RawMessage) ([]Score, error) {
	var all []Score
	for _, key := range slices.Sorted(maps.Keys(results)) {
		detector := strip(key, "garak.detectors.", "detectors.", "detector.")
		if err := checkName(detector); err != nil {
			return nil, g.fault("detector_results", quote(key)+" is "+err.Error(), "the name of a detector was expected")
		}
		var tree any
		if err := json.Unmarshal(results[key], &tree); err != nil {
			return nil, g.in.explain(g.in.line, err)
		}
		output := int32(0)
		bad := flatten(tree, true, func(v any) bool {
			if v != nil {
				value, isNumber := v.(float64)
				if !isNumber || value < 0 || value > 1 {
					return false
				}
				all = append(all, Score{Source: g.o.Source, Run: g.run, At: g.start, Detector: detector, Output: output, Value: value, Hit: value >= g.threshold})
			}
			output++
			return true
		})
		if bad != nil {
			return nil, g.fault("detector_results."+detector, *bad, "a score between 0 and 1 or null was expected")
		}
	}
	return all, nil
}

// flatten visits the leaves of nested lists in order, until one is refused,
// and returns that one. A value that is no list at all is refused too, but
// for null.
func flatten(v any, top bool, leaf func(any) bool) (refused *string) {
	list, isList := v.([]any)
	if !isList {
		if top && v == nil || !top && leaf(v) {
			return nil
		}
		text, err := json.Marshal(v)
		if err != nil {
			text = []byte("a value")
		}
		said := shortenTo(string(text), 60)
		switch v.(type) {
		case string, map[string]any, bool:
			said += " is not a number"
		case float64:
			if top {
				said += " is not a list"
			}
		}
		return &said
	}
	for _, e := range list {
		if refused := flatten(e, false, leaf); refused != nil {
			return refused
		}
	}
	return nil
}

// readEval takes garak's own totals: what it says that it evaluated and hit.
func (g *garak) readEval(line []byte) error {
	var e struct {
		Probe     *string `json:"probe"`
		Detector  *string `json:"detector"`
		Passed    *int64  `json:"passed"`
		Fails     *int64  `json:"fails"`
		Nones     int64   `json:"nones"`
		Evaluated *int64  `json:"total_evaluated"`
		Total     *int64  `json:"total"` // its older name
		Processed *int64  `json:"total_processed"`
	}
	if err := g.in.decode(line, &e); err != nil {
		return err
	}
	if err := g.needRun(); err != nil {
		return err
	}
	probe, err := g.name("probe", e.Probe)
	if err != nil {
		return err
	}
	detector, err := g.name("detector", e.Detector)
	if err != nil {
		return err
	}
	evaluated := cmp.Or(e.Evaluated, e.Total)
	if evaluated == nil || *evaluated < 0 {
		return g.fault("total_evaluated", found(evaluated), "how many outputs were evaluated was expected")
	}
	hits := e.Fails
	if hits == nil && e.Passed != nil {
		n := *evaluated - *e.Passed
		hits = &n
	}
	if hits == nil || *hits < 0 {
		return g.fault("fails", found(hits), "how many outputs failed was expected")
	}
	g.evaluated = true
	return g.emitEval(strip(probe, "garak.probes.", "probes."), strip(detector, "garak.detectors.", "detectors.", "detector."),
		*evaluated, *hits, cmp.Or(e.Processed, ptr(*evaluated+max(e.Nones, 0))))
}

func (g *garak) emitEval(probe, detector string, evaluated, hits int64, planned *int64) error {
	if *planned <= 0 {
		planned = nil
	}
	claim := Claim{Source: g.o.Source, Run: g.run, At: g.start, Probe: probe, Detector: detector}
	claim.What, claim.Value = "evaluated", evaluated
	if err := g.emit(g.in.line, claim); err != nil {
		return err
	}
	claim.What, claim.Value = "hits", hits
	if err := g.emit(g.in.line, claim); err != nil {
		return err
	}
	return g.emit(g.in.line, PlannedCell{Source: g.o.Source, Run: g.run, Probe: probe, Detector: detector, Category: family(probe), Evaluations: planned})
}

// name is a required name of at most 200 characters.
func (g *garak) name(field string, v *string) (string, error) {
	if v == nil {
		return "", g.fault(field, "missing", "a name was expected")
	}
	if err := checkName(*v); err != nil {
		return "", g.fault(field, quote(*v)+" is "+err.Error(), "a name of 1 to 200 printable characters was expected")
	}
	return *v, nil
}

// time reads a time as garak writes it, by the clock on the wall.
func (g *garak) time(field string, v *string) (time.Time, error) {
	const want = "a time such as 2026-08-05T01:37:17.530245 was expected"
	if v == nil {
		return time.Time{}, g.fault(field, "missing", want)
	}
	t, err := wallTime(*v, g.o.TimeZone)
	if err == nil {
		err = checkTime(t)
	}
	if err != nil {
		return time.Time{}, g.fault(field, quote(*v)+" is no time ("+err.Error()+")", want)
	}
	return t, nil
}
