package ingest

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
)

// parseNDJSON reads the neutral format: one record a line, told by its kind.
// Unknown kinds and fields are refused.
func parseNDJSON(in *input, o Options, emit func(int64, any) error) (findings, error) {
	f := fields{in: in, source: o.Source, given: o.Source != ""}
	for {
		line, err := in.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return findings{}, err
		}
		if err := f.read(line, emit); err != nil {
			return findings{}, err
		}
	}
	if f.source == "" {
		return findings{}, in.fault(0, "", "no line", "at least one record was expected")
	}
	return findings{source: f.source}, nil
}

// kinds holds a reader for each kind. They read every field, noting the first
// that is wrong, and emit only where none is.
var kinds = map[string]func(*fields) []any{
	"target": func(f *fields) []any {
		return []any{Target{Name: f.name("target")}}
	},
	"target_event": func(f *fields) []any {
		e := TargetEvent{Source: f.source, Target: f.name("target"), At: f.time("at"), Kind: f.oneOf("event", "version", "retired")}
		if e.Kind == "version" {
			e.Version = f.name("version")
		}
		return []any{e}
	},
	"run": func(f *fields) []any {
		return []any{Run{Source: f.source, Name: f.name("run"), Target: f.name("target"), PlannedFor: f.time("planned_for"),
			Tool: f.optionalName("tool"), Suite: f.optionalName("suite")}}
	},
	"run_event": func(f *fields) []any {
		return []any{RunEvent{Source: f.source, Run: f.name("run"), At: f.time("at"),
			Kind: f.oneOf("event", "started", "completed", "failed"), Reason: f.optionalText("reason")}}
	},
	"planned_cell": func(f *fields) []any {
		c := PlannedCell{Source: f.source, Run: f.name("run"), Probe: f.name("probe"), Detector: f.name("detector"), Category: f.name("category")}
		if f.has("evaluations") {
			c.Evaluations = ptr(f.integer("evaluations", 1, math.MaxInt64))
		}
		return []any{c}
	},
	"attempt": func(f *fields) []any {
		a := Attempt{Source: f.source, Run: f.name("run"), Name: f.name("attempt"), At: f.time("at"), Probe: f.name("probe"),
			Category: f.name("category"), TargetVersion: f.optionalName("target_version"), Answered: f.boolean("answered")}
		if f.has("unsent") {
			if a.Unsent = f.boolean("unsent"); a.Unsent && a.Answered {
				f.fault("unsent", "true beside answered true", "an attempt that was not sent has no answer")
			}
		}
		return append([]any{a}, f.scores(a)...)
	},
	"score": func(f *fields) []any {
		return []any{f.score(Attempt{Source: f.source, Run: f.name("run"), Name: f.name("attempt"), At: f.time("attempt_at")})}
	},
	"finding": func(f *fields) []any {
		return []any{Finding{Source: f.source, Name: f.name("finding"), Target: f.name("target"), Title: f.text("title")}}
	},
	"finding_event": func(f *fields) []any {
		e := FindingEvent{Source: f.source, Name: f.name("finding"), At: f.time("at"),
			Kind:  f.oneOf("event", "opened", "acknowledged", "severity", "assigned", "state", "closed", "reopened"),
			State: f.optional("state"), Owner: f.optional("owner"), Due: f.optionalTime("due")}
		if e.Kind == "opened" || e.Kind == "severity" || f.has("severity") {
			e.Severity = ptr(f.oneOf("severity", "critical", "high", "medium", "low"))
		}
		return []any{e}
	},
	"incident": func(f *fields) []any {
		return []any{Incident{Source: f.source, Name: f.name("incident"), Title: f.text("title")}}
	},
	"incident_event": func(f *fields) []any {
		e := IncidentEvent{Source: f.source, Name: f.name("incident"), At: f.time("at"),
			Kind: f.oneOf("event", "opened", "severity", "mitigated", "resolved", "reopened")}
		if e.Kind == "opened" || e.Kind == "severity" || f.has("severity") {
			e.Severity = ptr(int16(f.integer("severity", 1, 5)))
		}
		return []any{e}
	},
	"component_event": func(f *fields) []any {
		e := ComponentEvent{Source: f.source, Component: f.name("component"), At: f.time("at"), Kind: f.oneOf("event", "watched", "retired")}
		if e.Kind == "watched" {
			e.IntervalS = ptr(int32(f.integer("interval_s", 1, math.MaxInt32)))
		}
		return []any{e}
	},
	"health_sample": func(f *fields) []any {
		s := HealthSample{Source: f.source, Component: f.name("component"), At: f.time("at"), Up: f.boolean("up")}
		if f.has("latency_ms") {
			s.LatencyMs = ptr(f.number("latency_ms", 0, math.MaxFloat64))
		}
		return []any{s}
	},
	"action": func(f *fields) []any {
		return []any{Action{Source: f.source, Name: f.name("action"), Kind: f.oneOf("type", "action", "decision"),
			Title: f.text("title"), About: f.optionalName("about")}}
	},
	"action_event": func(f *fields) []any {
		e := ActionEvent{Source: f.source, Name: f.name("action"), At: f.time("at"),
			Kind:  f.oneOf("event", "opened", "assigned", "due", "done", "cancelled", "reopened"),
			Owner: f.optional("owner"), Due: f.optionalTime("due")}
		if f.has("all_day") {
			e.AllDay = f.boolean("all_day")
		}
		return []any{e}
	},
	"watermark": func(f *fields) []any {
		return []any{Watermark{Source: f.source, Feed: f.oneOf("feed", "attacks", "findings", "incidents", "health", "actions", "observations"),
			CompleteThrough: f.time("complete_through")}}
	},
	"claim": func(f *fields) []any {
		return []any{Claim{Source: f.source, Run: f.name("run"), At: f.time("at"), What: f.oneOf("what", "evaluated", "hits"),
			Probe: f.optionalName("probe"), Detector: f.optionalName("detector"), Value: f.integer("value", 0, math.MaxInt64)}}
	},
	"observation": func(f *fields) []any {
		return []any{Observation{Source: f.source, Metric: f.metric("metric"), Value: f.decimal("value"), Unit: f.unit("unit"),
			Labels: f.labels("labels"), ObservedAt: f.time("observed_at")}}
	},
	"note": func(f *fields) []any { return []any{f.note()} },
}

// fields reads the fields of one line. The first fault stays; what is read
// after it doesn't matter.
type fields struct {
	in     *input
	source string
	given  bool // the source was given by hand: lines needn't repeat it
	values map[string]json.RawMessage
	prefix string // of the field's name in messages
	err    error
}

func (f *fields) read(line []byte, emit func(int64, any) error) error {
	f.values, f.prefix, f.err = nil, "", nil
	if err := f.in.decode(line, &f.values); err != nil {
		return err
	}
	if f.values == nil {
		return f.in.fault(f.in.line, "", "a JSON null", "a JSON object was expected")
	}
	kind := f.oneOf("kind", slices.Sorted(maps.Keys(kinds))...)
	f.readSource()
	if f.err != nil {
		return f.err
	}
	records := kinds[kind](f)
	f.refuseRest()
	if f.err != nil {
		return f.err
	}
	for _, r := range records {
		if err := emit(f.in.line, r); err != nil {
			return err
		}
	}
	return nil
}

// readSource takes the source from the first line where it wasn't given. One
// file is one batch of one source.
func (f *fields) readSource() {
	if f.given && !f.has("source") {
		return
	}
	s := f.name("source")
	switch {
	case f.err != nil:
	case !sourceName.MatchString(s):
		f.fault("source", quote(s), sourceWanted)
	case f.source == "":
		f.source = s
	case s != f.source:
		f.fault("source", quote(s), fmt.Sprintf("%s was expected as before: one file holds one source", quote(f.source)))
	}
}

// plainKey is what a field is called by those who mean well. Another name is
// quoted in messages.
var plainKey = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,60}$`)

func shownKey(k string) string {
	if plainKey.MatchString(k) {
		return k
	}
	return quote(k)
}

// refuseRest refuses fields that nothing has read.
func (f *fields) refuseRest() {
	for _, k := range slices.Sorted(maps.Keys(f.values)) {
		f.fault(shownKey(k), "not a field of this kind", "see docs/ingest.md for its fields")
	}
}

func (f *fields) fault(field, found, want string) {
	if f.err == nil {
		f.err = f.in.fault(f.in.line, f.prefix+field, found, want)
	}
}

// take removes a field; null is as good as missing.
func (f *fields) take(field string) (json.RawMessage, bool) {
	v, ok := f.values[field]
	delete(f.values, field)
	return v, ok && string(v) != "null"
}

// has tells whether an optional field is there.
func (f *fields) has(field string) bool {
	v, ok := f.values[field]
	if ok && string(v) == "null" {
		delete(f.values, field)
		return false
	}
	return ok
}

func (f *fields) required(field, want string, into any) bool {
	v, ok := f.take(field)
	if !ok {
		f.fault(field, "missing", want)
		return false
	}
	if err := json.Unmarshal(v, into); err != nil {
		f.fault(field, quote(string(v)), want)
		return false
	}
	return true
}

func (f *fields) name(field string) string {
	const want = "a name of 1 to 200 printable characters was expected"
	return f.checked(field, want, checkName)
}

func (f *fields) text(field string) string {
	const want = "a text of 1 to 500 characters was expected"
	return f.checked(field, want, checkText)
}

func (f *fields) checked(field, want string, check func(string) error) string {
	var s string
	if f.required(field, want, &s) {
		if err := check(s); err != nil {
			f.fault(field, quote(s)+" is "+err.Error(), want)
		}
	}
	return s
}

func (f *fields) optionalName(field string) string {
	if !f.has(field) {
		return ""
	}
	return f.name(field)
}

func (f *fields) optionalText(field string) string {
	if !f.has(field) {
		return ""
	}
	return f.text(field)
}

func (f *fields) optional(field string) *string {
	if !f.has(field) {
		return nil
	}
	return ptr(f.name(field))
}

func (f *fields) oneOf(field string, allowed ...string) string {
	want := "one of " + strings.Join(allowed, ", ") + " was expected"
	var s string
	if f.required(field, want, &s) && !slices.Contains(allowed, s) {
		f.fault(field, quote(s), want)
	}
	return s
}

func (f *fields) time(field string) time.Time {
	const want = "a time with an offset, such as 2026-11-20T09:14:00+00:00, was expected"
	var s string
	if !f.required(field, want, &s) {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, s)
	switch {
	case err != nil:
		f.fault(field, quote(s), want)
	case checkTime(t) != nil:
		f.fault(field, quote(s)+" is "+checkTime(t).Error(), want)
	}
	return t
}

func (f *fields) optionalTime(field string) *time.Time {
	if !f.has(field) {
		return nil
	}
	return ptr(f.time(field))
}

func (f *fields) boolean(field string) (b bool) {
	f.required(field, "true or false was expected", &b)
	return b
}

func (f *fields) integer(field string, least, most int64) (n int64) {
	want := fmt.Sprintf("a whole number from %d on was expected", least)
	if most < math.MaxInt32 {
		want = fmt.Sprintf("a whole number from %d to %d was expected", least, most)
	}
	if f.required(field, want, &n) && (n < least || n > most) {
		f.fault(field, fmt.Sprint(n), want)
	}
	return n
}

func (f *fields) number(field string, least, most float64) (x float64) {
	want := fmt.Sprintf("a number from %g on was expected", least)
	if most <= 1 {
		want = fmt.Sprintf("a number between %g and %g was expected", least, most)
	}
	if f.required(field, want, &x) && (x < least || x > most) {
		f.fault(field, fmt.Sprint(x), want)
	}
	return x
}

func (f *fields) score(a Attempt) Score {
	s := Score{Source: f.source, Run: a.Run, Attempt: a.Name, At: a.At, Detector: f.name("detector"),
		Value: f.number("value", 0, 1), Hit: f.boolean("hit")}
	if f.has("output") {
		s.Output = int32(f.integer("output", 0, math.MaxInt32))
	}
	return s
}

// scores are those that stand inside an attempt.
func (f *fields) scores(a Attempt) []any {
	if !f.has("scores") {
		return nil
	}
	var list []map[string]json.RawMessage
	f.required("scores", "a list of objects was expected", &list)
	outer := f.values
	defer func() { f.values, f.prefix = outer, "" }()
	var all []any
	for i, values := range list {
		f.values, f.prefix = values, fmt.Sprintf("scores[%d].", i)
		all = append(all, f.score(a))
		f.refuseRest()
	}
	return all
}
