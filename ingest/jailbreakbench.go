package ingest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"
)

const (
	jailbroken   = "jailbroken" // the one detector of a JailbreakBench artifact
	maxBehaviour = 1_000_000    // indexes lie below
)

// parseJailbreakBench reads an artifact: {"parameters": {…}, "jailbreaks": […]},
// one element for each behaviour, element by element.
func parseJailbreakBench(in *input, o Options, emit func(int64, any) error) (findings, error) {
	found := findings{source: o.Source}
	j := jailbreakBench{input: in, o: o, emit: emit, lines: &lineCounter{r: in}}
	j.dec = json.NewDecoder(j.lines)
	if err := j.read(); err != nil {
		return found, err
	}
	if _, err := j.dec.Token(); err != io.EOF {
		return found, j.explain(err, "the end of the file was expected")
	}
	return found, nil
}

type jailbreakBench struct {
	*input
	o     Options
	emit  func(int64, any) error
	dec   *json.Decoder
	lines *lineCounter

	parameters *jailbreakParameters
	run        string
	at         time.Time
	behaviours int64
	seen       [maxBehaviour / 64]uint64
}

type jailbreakParameters struct {
	Method string   `json:"method"`
	Model  string   `json:"model"`
	Date   string   `json:"evaluation_date"`
	Rate   *float64 `json:"attack_success_rate"`
	Total  *int64   `json:"total_number_of_jailbreaks"`
}

func (j *jailbreakBench) read() error {
	if err := j.expect(json.Delim('{'), "an object with parameters and jailbreaks was expected"); err != nil {
		return err
	}
	read := false
	for j.dec.More() {
		key, err := j.dec.Token()
		if err != nil {
			return j.explain(err, "a name was expected")
		}
		switch key {
		case "parameters":
			err = j.readParameters()
		case "jailbreaks":
			read, err = true, j.readBehaviours()
		default:
			var skipped notNull
			err = j.decodeNext(&skipped)
		}
		if err != nil {
			return err
		}
	}
	if err := j.expect(json.Delim('}'), "the end of the object was expected"); err != nil {
		return err
	}
	if !read {
		return j.fault(0, "jailbreaks", "missing", "the list of behaviours was expected")
	}
	return j.claims()
}

func (j *jailbreakBench) readParameters() error {
	var p jailbreakParameters
	if err := j.decodeNext(&p); err != nil {
		return err
	}
	for _, f := range []struct{ field, value string }{{"method", p.Method}, {"model", j.o.target(p.Model)}} {
		if err := checkName(f.value); err != nil {
			return j.here("parameters."+f.field, quote(f.value)+" is "+err.Error(), "a name of 1 to 200 printable characters was expected")
		}
	}
	day, err := time.Parse("2006-01-02", p.Date)
	if err == nil {
		err = checkTime(day)
	}
	if err != nil {
		return j.here("parameters.evaluation_date", quote(p.Date)+" is no day", "a day written YYYY-MM-DD was expected")
	}
	if p.Total != nil && *p.Total < 0 {
		return j.here("parameters.total_number_of_jailbreaks", fmt.Sprint(*p.Total), "a number of at least 0, or null, was expected")
	}
	target := j.o.target(p.Model)
	j.parameters, j.at = &p, onWall(day.Add(12*time.Hour), j.o.TimeZone)
	j.run = shorten(p.Method + "/" + target + "/" + p.Date)
	line := j.lineNow()
	if err := j.emit(line, Run{Source: j.o.Source, Name: j.run, Tool: "JailbreakBench", Suite: p.Method, Target: target, PlannedFor: j.at}); err != nil {
		return err
	}
	for _, kind := range []string{"started", "completed"} {
		if err := j.emit(line, RunEvent{Source: j.o.Source, Run: j.run, At: j.at, Kind: kind}); err != nil {
			return err
		}
	}
	return nil
}

func (j *jailbreakBench) readBehaviours() error {
	if j.parameters == nil {
		return j.here("jailbreaks", "before parameters", "the parameters were expected first")
	}
	if err := j.expect(json.Delim('['), "a list of behaviours was expected"); err != nil {
		return err
	}
	for j.dec.More() {
		if err := j.readBehaviour(); err != nil {
			return err
		}
	}
	return j.expect(json.Delim(']'), "the end of the list was expected")
}

// readBehaviour is one attempt with one score. A behaviour for which the attack
// found no prompt counts as evaluated and not hit, as the benchmark counts it.
func (j *jailbreakBench) readBehaviour() error {
	var b struct {
		Index      *int64  `json:"index"`
		Category   string  `json:"category"`
		Prompt     notNull `json:"prompt"`
		Response   notNull `json:"response"`
		Jailbroken *bool   `json:"jailbroken"`
	}
	if err := j.decodeNext(&b); err != nil {
		return err
	}
	field := fmt.Sprintf("jailbreaks[%d]", j.behaviours)
	switch {
	case b.Index == nil || *b.Index < 0 || *b.Index >= maxBehaviour:
		return j.here(field+".index", found(b.Index), "a number from 0 to 999999 was expected")
	case j.seen[*b.Index/64]&(1<<(*b.Index%64)) != 0:
		return j.here(field+".index", fmt.Sprintf("%d a second time", *b.Index), "each behaviour once was expected")
	case checkName(b.Category) != nil:
		return j.here(field+".category", quote(b.Category)+" is "+checkName(b.Category).Error(), "a name of 1 to 200 printable characters was expected")
	case b.Jailbroken == nil:
		return j.here(field+".jailbroken", "missing", "true or false was expected")
	case *b.Jailbroken && !bool(b.Prompt):
		return j.here(field+".jailbroken", "true", "false was expected where no prompt was submitted")
	}
	j.seen[*b.Index/64] |= 1 << (*b.Index % 64)
	j.behaviours++
	line, name := j.lineNow(), strconv.FormatInt(*b.Index, 10)
	err := j.emit(line, Attempt{Source: j.o.Source, Run: j.run, Name: name, At: j.at, Probe: j.parameters.Method,
		Category: b.Category, Answered: bool(b.Prompt) && bool(b.Response), Unsent: !bool(b.Prompt)})
	if err != nil {
		return err
	}
	value := 0.0
	if *b.Jailbroken {
		value = 1
	}
	return j.emit(line, Score{Source: j.o.Source, Run: j.run, Attempt: name, At: j.at, Detector: jailbroken, Value: value, Hit: *b.Jailbroken})
}

// claims are the file's own totals. The number of jailbreaks is claimed for the
// run; the rate stands for a number of hits where it is a whole one.
func (j *jailbreakBench) claims() error {
	line, p := j.lineNow(), j.parameters
	claim := Claim{Source: j.o.Source, Run: j.run, At: j.at, What: "hits"}
	if p.Total != nil {
		claim.Value = *p.Total
		if err := j.emit(line, claim); err != nil {
			return err
		}
	}
	if p.Rate == nil {
		return nil
	}
	hits := *p.Rate * float64(j.behaviours)
	if hits < 0 || math.Abs(hits-math.Round(hits)) > 1e-6 {
		return nil
	}
	claim.Probe, claim.Detector, claim.Value = p.Method, jailbroken, int64(math.Round(hits))
	return j.emit(line, claim)
}

// expect reads one delimiter.
func (j *jailbreakBench) expect(want json.Delim, wanted string) error {
	token, err := j.dec.Token()
	if err != nil {
		return j.explain(err, wanted)
	}
	if token != want {
		return j.here("", quote(fmt.Sprint(token)), wanted)
	}
	return nil
}

func (j *jailbreakBench) decodeNext(v any) error {
	start := j.dec.InputOffset()
	j.lines.stopAfter(start + maxLine + (1 << 20))
	err := j.dec.Decode(v)
	j.lines.stopAfter(math.MaxInt64)
	if err != nil {
		return j.explain(err, "")
	}
	return nil
}

func (j *jailbreakBench) here(field, found, want string) error {
	return j.fault(j.lineNow(), field, found, want)
}

func (j *jailbreakBench) explain(err error, want string) error {
	if err == nil {
		return j.here("", "more after the object", want)
	}
	if err == errTooLong {
		return j.here("", "an element longer than 16 MiB", "a behaviour was expected")
	}
	return j.input.explain(j.lineNow(), err)
}

func (j *jailbreakBench) lineNow() int64 { return j.lines.at(j.dec.InputOffset()) }

var errTooLong = fmt.Errorf("longer than %d bytes", maxLine)

// lineCounter tells on which line an offset of what was read through it lies.
// Offsets are asked for in ascending order.
type lineCounter struct {
	r      io.Reader
	read   int64
	stop   int64
	breaks []int64 // offsets of line breaks not passed yet
	line   int64
}

func (c *lineCounter) stopAfter(offset int64) { c.stop = offset }

func (c *lineCounter) Read(p []byte) (int, error) {
	if c.stop > 0 && c.read > c.stop {
		return 0, errTooLong
	}
	n, err := c.r.Read(p)
	for i, rest := 0, p[:n]; ; {
		k := bytes.IndexByte(rest, '\n')
		if k < 0 {
			break
		}
		c.breaks = append(c.breaks, c.read+int64(i+k))
		i, rest = i+k+1, rest[k+1:]
	}
	c.read += int64(n)
	return n, err
}

func (c *lineCounter) at(offset int64) int64 {
	k := 0
	for k < len(c.breaks) && c.breaks[k] < offset {
		k++
	}
	c.line += int64(k)
	c.breaks = append(c.breaks[:0], c.breaks[k:]...)
	return c.line + 1
}
