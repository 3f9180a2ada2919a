package calendar

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"
	"github.com/teambition/rrule-go"

	"github.com/closeofbusiness/cob/report"
)

// The limits of an iCalendar file. The parser has none of its own.
const (
	maxICS       = 1 << 20 // bytes
	maxDepth     = 8       // components within one another
	maxEvents    = 10_000
	maxSpan      = 366 // days of one event
	maxRepeating = 200 // events that repeat
	maxRule      = 200 // bytes of a recurrence rule
	maxInterval  = 1000
	// maxEffort bounds the parser's time, which grows with a line's length times
	// its parameters: a tenth of a second.
	maxEffort = 1 << 28
)

// What is imported lies in these years.
var firstImported, lastImported = dayOf("1970-01-01"), dayOf("2070-12-31")

// parseICS reads the all-day events of an iCalendar file (RFC 5545) as dates
// with their names. Events that repeat are followed from 1970 to 2070; cancelled
// ones are left out; one with a time of day is refused.
func parseICS(body []byte) (map[report.Date]string, error) {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	if err := checkICS(body); err != nil {
		return nil, err
	}
	lines := &lineReader{rest: body}
	cal, err := ics.ParseCalendar(lines)
	if err != nil {
		return nil, fmt.Errorf("near line %d: %w", lines.last(), err)
	}
	found := cal.Events()
	if len(found) > maxEvents {
		return nil, fmt.Errorf("%d events, at most %d are read", len(found), maxEvents)
	}
	events := make([]event, 0, len(found))
	for i, e := range found {
		read, err := readEvent(e)
		if err != nil {
			return nil, fmt.Errorf("event %d, %s: %w", i+1, brief(eventName(e)), err)
		}
		if !read.cancelled || read.instance != nil {
			events = append(events, read)
		}
	}
	return expand(events)
}

// checkICS refuses what the parser would take too long over, or would take for
// whole although its end is missing.
func checkICS(body []byte) error {
	switch {
	case len(body) > maxICS:
		return fmt.Errorf("%d bytes, at most %d are read", len(body), maxICS)
	case !utf8.Valid(body):
		return errors.New("not UTF-8")
	case !bytes.HasSuffix(bytes.TrimSpace(body), []byte("END:VCALENDAR")):
		return errors.New("not a whole iCalendar file: its last line is not END:VCALENDAR")
	}
	depth, effort, length, separators, number := 0, 0, 0, 0, 0
	for line := range bytes.Lines(body) {
		number++
		if line[0] != ' ' && line[0] != '\t' { // no continuation of the line before
			effort += length * separators
			length, separators = 0, 0
		}
		length += len(line)
		separators += bytes.Count(line, []byte(";")) + bytes.Count(line, []byte(","))
		if bytes.HasPrefix(line, []byte("BEGIN:")) {
			depth++
		} else if bytes.HasPrefix(line, []byte("END:")) {
			depth--
		}
		if depth > maxDepth || effort+length*separators > maxEffort {
			return fmt.Errorf("line %d: more intricate than a calendar of holidays is", number)
		}
	}
	return nil
}

// lineReader gives one line at a time, so that it knows how far the parser came.
type lineReader struct {
	rest  []byte
	lines int
}

// Read implements io.Reader.
func (r *lineReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	n := bytes.IndexByte(r.rest, '\n') + 1
	if n == 0 {
		n = len(r.rest)
	}
	n = copy(p, r.rest[:n])
	if p[n-1] == '\n' {
		r.lines++
	}
	r.rest = r.rest[n:]
	return n, nil
}

// last is the line that the parser read last: it looks one ahead, for a
// continuation.
func (r *lineReader) last() int { return max(r.lines-1, 1) }

// event is one all-day event.
type event struct {
	name      string
	uid       string
	start     day
	days      day // how many it lasts
	repeats   *rrule.ROption
	also      []day        // RDATE
	except    map[day]bool // EXDATE
	instance  *day         // RECURRENCE-ID: it stands for this start of the event of the same UID
	cancelled bool
}

func readEvent(e *ics.VEvent) (event, error) {
	out := event{name: eventName(e), uid: value(e, "UID"), except: map[day]bool{},
		cancelled: strings.EqualFold(value(e, "STATUS"), "CANCELLED")}
	if out.cancelled && len(properties(e, "RECURRENCE-ID")) == 0 {
		return out, nil
	}
	for _, step := range []func(*ics.VEvent) error{out.readStart, out.readEnd, out.readRule, out.readDates} {
		if err := step(e); err != nil {
			return event{}, err
		}
	}
	return out, nil
}

func (v *event) readStart(e *ics.VEvent) error {
	start := properties(e, "DTSTART")
	if len(start) != 1 {
		return fmt.Errorf("%d DTSTART found, one expected", len(start))
	}
	var err error
	v.start, err = date(start[0])
	return err
}

var wholeDays = regexp.MustCompile(`^\+?P(\d{1,4})([DW])$`)

// readEnd finds how long the event lasts: until DTEND, which is not of it, for a
// DURATION, or one day. A DTEND on the day of DTSTART, which some programs write,
// means one day too.
func (v *event) readEnd(e *ics.VEvent) error {
	v.days = 1
	if end := properties(e, "DTEND"); len(end) > 0 {
		last, err := date(end[0])
		if err != nil {
			return err
		}
		if v.days = max(last-v.start, 1); last < v.start {
			return fmt.Errorf("DTEND %s is before DTSTART", brief(end[0].Value))
		}
	} else if duration := value(e, "DURATION"); duration != "" {
		m := wholeDays.FindStringSubmatch(duration)
		if m == nil {
			return fmt.Errorf("DURATION %s found, whole days such as P1D expected", brief(duration))
		}
		n, _ := strconv.Atoi(m[1])
		if m[2] == "W" {
			n *= 7
		}
		v.days = max(day(n), 1)
	}
	if v.days > maxSpan {
		return fmt.Errorf("lasts %d days, at most %d are read", v.days, maxSpan)
	}
	return nil
}

func (v *event) readRule(e *ics.VEvent) error {
	rules := properties(e, "RRULE")
	if len(properties(e, "EXRULE")) > 0 || len(rules) > 1 {
		return errors.New("more than one RRULE, or an EXRULE: one RRULE is read")
	}
	if len(rules) == 0 {
		return nil
	}
	text := rules[0].Value
	if len(text) > maxRule {
		return fmt.Errorf("RRULE of %d bytes, at most %d are read", len(text), maxRule)
	}
	o, err := rrule.StrToROption(text)
	if err != nil {
		return fmt.Errorf("RRULE %s: %w", brief(text), err)
	}
	if o.Freq > rrule.DAILY || len(o.Byhour)+len(o.Byminute)+len(o.Bysecond) > 0 || o.Interval > maxInterval {
		return fmt.Errorf("RRULE %s: whole days, at an interval of at most %d, are read", brief(text), maxInterval)
	}
	v.repeats = o
	return nil
}

func (v *event) readDates(e *ics.VEvent) error {
	for _, p := range properties(e, "RDATE") {
		days, err := dates(p)
		if err != nil {
			return err
		}
		v.also = append(v.also, days...)
	}
	for _, p := range properties(e, "EXDATE") {
		days, err := dates(p)
		if err != nil {
			return err
		}
		for _, d := range days {
			v.except[d] = true
		}
	}
	instance := properties(e, "RECURRENCE-ID")
	if len(instance) == 0 {
		return nil
	}
	if parameter(instance[0], "RANGE") != "" {
		return errors.New("RECURRENCE-ID with a RANGE is not read")
	}
	d, err := date(instance[0])
	v.instance = &d
	return err
}

// expand lists the dates of all events. Where two fall on one, it has the name
// of the first.
func expand(events []event) (map[report.Date]string, error) {
	type start struct {
		uid string
		day day
	}
	replaced := map[start]bool{}
	for _, e := range events {
		if e.instance != nil {
			replaced[start{e.uid, *e.instance}] = true
		}
	}
	out, budget, repeating := map[report.Date]string{}, maxDates, 0
	for _, e := range events {
		if e.cancelled {
			continue
		}
		if e.repeats != nil {
			repeating++
		}
		starts, err := e.starts(&budget)
		if repeating > maxRepeating {
			err = fmt.Errorf("more than %d events that repeat", maxRepeating)
		}
		if err != nil {
			return nil, fmt.Errorf("event %s from %s: %w", brief(e.name), e.start.date(), err)
		}
		for _, s := range starts {
			if e.except[s] || e.instance == nil && replaced[start{e.uid, s}] {
				continue
			}
			e.add(out, s)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("no all-day event from 1970 to 2070")
	}
	return out, nil
}

// add adds the event's days, from one of its starts.
func (v *event) add(out map[report.Date]string, start day) {
	for d := max(start, firstImported); d < start+v.days && d <= lastImported; d++ {
		if _, taken := out[d.date()]; !taken {
			out[d.date()] = v.name
		}
	}
}

// starts lists the days on which the event begins.
func (v *event) starts(budget *int) ([]day, error) {
	out := v.also
	if v.repeats == nil {
		out = append(out, v.start)
	} else if v.start <= lastImported {
		repeated, err := v.repeated(*budget)
		if err != nil {
			return nil, err
		}
		out = append(out, repeated...)
	}
	if *budget -= len(out) * int(v.days); *budget < 0 {
		return nil, fmt.Errorf("more than %d dates in the file", maxDates)
	}
	return out, nil
}

// repeated follows the event's rule. One that never happens is refused, also
// because it takes longest to follow.
func (v *event) repeated(most int) ([]day, error) {
	o := *v.repeats
	o.Dtstart = v.start.time()
	if end := lastImported.time(); o.Until.IsZero() || o.Until.After(end) {
		o.Until = end
	}
	rule, err := rrule.NewRRule(o)
	if err != nil {
		return nil, fmt.Errorf("RRULE: %w", err)
	}
	var out []day
	next := rule.Iterator()
	for t, ok := next(); ok && len(out) <= most; t, ok = next() {
		out = append(out, localDay(t, time.UTC))
	}
	if len(out) == 0 {
		return nil, errors.New("its RRULE names no day")
	}
	return out, nil
}

// properties are those of one name. Names are written in capitals mostly, and
// need not be.
func properties(e *ics.VEvent, name string) []ics.IANAProperty {
	var out []ics.IANAProperty
	for _, p := range e.Properties {
		if strings.EqualFold(p.IANAToken, name) {
			out = append(out, p)
		}
	}
	return out
}

func value(e *ics.VEvent, name string) string {
	for _, p := range properties(e, name) {
		return p.Value
	}
	return ""
}

func parameter(p ics.IANAProperty, name string) string {
	for key, values := range p.ICalParameters {
		if strings.EqualFold(key, name) && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}

// date reads a property that is one day.
func date(p ics.IANAProperty) (day, error) {
	days, err := dates(p)
	if err != nil {
		return 0, err
	}
	if len(days) != 1 {
		return 0, fmt.Errorf("%s of %d days, one expected", p.IANAToken, len(days))
	}
	return days[0], nil
}

// dates reads a property that is a list of days. Where its type is left out,
// which should say that these are days, they still can be nothing else.
func dates(p ics.IANAProperty) ([]day, error) {
	var out []day
	for text := range strings.SplitSeq(p.Value, ",") {
		t, err := time.Parse("20060102", text)
		if kind := parameter(p, "VALUE"); err != nil || kind != "" && !strings.EqualFold(kind, "DATE") {
			if strings.Contains(text, "T") {
				return nil, fmt.Errorf("%s %s has a time of day: only events of whole days are holidays", p.IANAToken, brief(text))
			}
			return nil, fmt.Errorf("%s %s is not a day written YYYYMMDD", p.IANAToken, brief(text))
		}
		out = append(out, localDay(t, time.UTC))
	}
	return out, nil
}

// eventName is what the event is called, in a form that a holiday's name may
// have.
func eventName(e *ics.VEvent) string {
	name := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, value(e, "SUMMARY"))
	if len(name) > maxName {
		name = strings.ToValidUTF8(name[:maxName], "")
	}
	if name = strings.TrimSpace(name); name == "" {
		return "holiday"
	}
	return name
}
