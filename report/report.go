// Package report holds the words that everybody who starts or reads reports
// needs: requests, receipts, references and identities. Other services import
// this package and nothing else.
package report

import (
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// DefaultTaskQueue is the queue that workers poll unless COB_TASK_QUEUE says
// otherwise.
const DefaultTaskQueue = "cob"

// The workflow types, as registered. Clients start them by these names.
const (
	CloseOfBusiness = "CloseOfBusiness"
	ReportRevision  = "ReportRevision"
	ScheduledClose  = "ScheduledClose"
)

// The queries and updates of a cycle, and the search attributes.
const (
	QueryState      = "state"
	QueryProgress   = "progress"
	UpdateProceed   = "proceed"
	UpdateWaive     = "waive"
	AttributeSeries = "CobSeries"
	AttributeDate   = "CobBusinessDate"
	AttributeState  = "CobState"
)

// Date is a business date, written YYYY-MM-DD. It is data, never the clock.
type Date string

// ParseDate reads YYYY-MM-DD.
func ParseDate(s string) (Date, error) {
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return "", fmt.Errorf("%w: date %q is not a day written YYYY-MM-DD", ErrInvalid, s)
	}
	return Date(s), nil
}

// DateOf is the calendar day of t in t's own zone.
func DateOf(t time.Time) Date { return Date(t.Format(time.DateOnly)) }

// Time is midnight UTC of the date: the form that a database date column takes.
// It is the zero time for a Date that was not parsed.
func (d Date) Time() time.Time {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return time.Time{}
	}
	return t
}

// Request asks for the report of one series on one business date. It is the
// input of CloseOfBusiness.
type Request struct {
	Series       string `json:"series"`
	BusinessDate Date   `json:"business_date"`
	// RequestedBy is who asked, for the record: "schedule", an OS user, a
	// service. It is a claim, not an authenticated identity.
	RequestedBy string `json:"requested_by,omitempty"`
	// RequestID follows the request through logs. Empty: the run's own ID.
	RequestID string `json:"request_id,omitempty"`
	// AsOf says whose knowledge the report uses: "due", what was known when the
	// report was due; "now", what is known when the cycle is taken; or an instant
	// in RFC 3339 from the cutoff on. Empty: "due" while the deadline lies ahead
	// and of a series that holds, else "now". It counts only where the as-of is not fixed yet.
	AsOf string `json:"as_of,omitempty"`
}

// The rules by which an as-of is fixed.
const (
	AsOfDue = "due"
	AsOfNow = "now"
)

// ParseAsOf reads a request's as-of: a rule, or an instant for an RFC 3339 time.
func ParseAsOf(s string) (rule string, at time.Time, err error) {
	switch s {
	case "", AsOfDue, AsOfNow:
		return s, time.Time{}, nil
	}
	at, err = time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return "", at, fmt.Errorf("%w: as_of %q is none of due, now, and a time such as 2026-11-20T18:00:00Z", ErrInvalid, s)
	}
	return "", at.UTC(), nil
}

// Decision is what somebody decided about a cycle, and why: the argument of the
// updates "proceed" and "waive".
type Decision struct {
	// By is who decided. It is a claim, unless Identity says how it is known.
	By     string `json:"by"`
	Reason string `json:"reason"`
	// Identity says how By is known: "os-user:jo" where starter ran, "" where
	// the update came from elsewhere.
	Identity string `json:"identity,omitempty"`
}

// The longest that a name and a reason may be, in bytes.
const (
	maxNameLength   = 100
	maxReasonLength = 500
)

// Validate reports everything that is wrong with the decision at once.
func (d Decision) Validate() error {
	return errors.Join(CheckText("by", d.By, maxNameLength), CheckText("reason", d.Reason, maxReasonLength),
		checkOptional("identity", d.Identity))
}

// maxOptionalLength bounds what says who asked and how that is known, in bytes.
const maxOptionalLength = 200

// checkOptional is CheckText for a text that may be empty.
func checkOptional(field, s string) error {
	if s == "" {
		return nil
	}
	return checkCharacters(field, s, maxOptionalLength)
}

// CheckText refuses a text that is empty, too long for its field, or holds
// control characters.
func CheckText(field, s string, most int) error {
	if strings.TrimSpace(s) == "" {
		return fmt.Errorf("%w: %s is needed", ErrInvalid, field)
	}
	return checkCharacters(field, s, most)
}

func checkCharacters(field, s string, most int) error {
	switch {
	case len(s) > most:
		return fmt.Errorf("%w: %s is longer than %d bytes", ErrInvalid, field, most)
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl):
		return fmt.Errorf("%w: %s holds control characters or is not UTF-8", ErrInvalid, field)
	}
	return nil
}

// BySchedule is the RequestedBy of what a schedule starts.
const BySchedule = "schedule"

// Schedule is the input of ScheduledClose, which a series' Temporal schedule
// starts at each cutoff.
type Schedule struct {
	Series string `json:"series"`
}

var seriesName = regexp.MustCompile(`^[a-z0-9-]{1,63}$`)

// CheckSeries refuses a name that no series can have.
func CheckSeries(name string) error {
	if !seriesName.MatchString(name) {
		return fmt.Errorf("%w: series %q: 1 to 63 characters a-z, 0-9 and - are needed", ErrInvalid, name)
	}
	return nil
}

// ByRules is the provider that needs nothing: rules write the narrative.
const ByRules = "rules"

// maxProviders is how many a narrative may name.
const maxProviders = 6

var providerName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,30}$`)

// CheckProvider refuses a name that no provider can have.
func CheckProvider(name string) error {
	if !providerName.MatchString(name) {
		return fmt.Errorf("%w: provider %.40q: 1 to 31 characters a-z, 0-9 and - are needed", ErrInvalid, name)
	}
	return nil
}

// CheckProviders refuses a list of providers that cannot be worked through in
// order: each once, and nothing after rules, which never fail.
func CheckProviders(names []string) error {
	if len(names) > maxProviders {
		return fmt.Errorf("%w: at most %d providers", ErrInvalid, maxProviders)
	}
	for i, name := range names {
		switch {
		case CheckProvider(name) != nil:
			return CheckProvider(name)
		case slices.Contains(names[:i], name):
			return fmt.Errorf("%w: each provider once", ErrInvalid)
		case name == ByRules && i < len(names)-1:
			return fmt.Errorf("%w: rules last, which never fail", ErrInvalid)
		}
	}
	return nil
}

// Validate reports everything that is wrong with the request at once.
func (r Request) Validate() error {
	_, dateErr := ParseDate(string(r.BusinessDate))
	_, _, asOfErr := ParseAsOf(r.AsOf)
	return errors.Join(CheckSeries(r.Series), dateErr, asOfErr,
		checkOptional("requested_by", r.RequestedBy), checkOptional("request_id", r.RequestID))
}

// CycleID is the workflow ID of a series' cycle: one cycle, one ID, whatever
// started it.
func CycleID(series string, d Date) string { return "cob/" + series + "/" + string(d) }

// ParseCycleID reads series and business date off the workflow ID of a cycle or
// of one of its revisions; false for any other.
func ParseCycleID(id string) (series string, d Date, ok bool) {
	parts := strings.Split(id, "/")
	if len(parts) < 3 || parts[0] != "cob" || CheckSeries(parts[1]) != nil {
		return "", "", false
	}
	d, err := ParseDate(parts[2])
	return parts[1], d, err == nil
}

// RevisionID is the workflow ID of one revision of a cycle.
func RevisionID(series string, d Date, revision int) string {
	return fmt.Sprintf("%s/r%d", CycleID(series, d), revision)
}

// ScheduleID is the ID of a series' Temporal schedule.
func ScheduleID(series string) string { return "cob/" + series }

// State is where a cycle stands. The database holds the table of transitions.
type State string

// The states.
const (
	Owed            State = "owed"          // due, and nobody has begun
	Open            State = "open"          // being made
	AwaitingData    State = "awaiting_data" // waiting for sources until the deadline
	Held            State = "held"          // past the deadline, waiting until the data is complete
	Issued          State = "issued"
	IssuedQualified State = "issued_qualified"
	Waived          State = "waived" // not owed after all: by whom and why is recorded
	Failed          State = "failed"
	Missed          State = "missed" // not begun within the series' catch_up
)

// States lists every state, in the order in which a cycle may pass them.
func States() []State {
	return []State{Owed, Open, AwaitingData, Held, Issued, IssuedQualified, Waived, Failed, Missed}
}

// Stages lists what a report goes through, in order, as the query "state" names
// it.
func Stages() []string {
	return []string{"open", "await", "fetch", "analyse", "compose", "render", "issue", "deliver"}
}

// Ref points to bytes in the content store. References cross workflows; bytes
// never do.
type Ref struct {
	SHA256 string `json:"sha256"` // 64 hexadecimal digits
	Size   int64  `json:"size"`   // bytes
}

// Digest is the reference's digest as bytes.
func (r Ref) Digest() ([]byte, error) {
	b, err := hex.DecodeString(r.SHA256)
	if err != nil || len(b) != 32 {
		return nil, fmt.Errorf("%w: %q is not a SHA-256 digest", ErrInvalid, r.SHA256)
	}
	return b, nil
}

// Artifact is one rendered file of a revision.
type Artifact struct {
	Format   string `json:"format"`    // pdf, html, md, json
	FileName string `json:"file_name"` // report.pdf
	Ref      Ref    `json:"ref"`
}

// The states of a delivery that programs act on. Others are owed, sending and
// unknown.
const (
	Delivered   = "delivered"
	Undelivered = "failed"
	// Withheld: the calendar has a blackout, and the report is not to be
	// delivered.
	Withheld = "withheld"
)

// Delivery is what became of one copy.
type Delivery struct {
	ID        int64  `json:"id"`
	Channel   string `json:"channel"`   // folder
	Recipient string `json:"recipient"` // the folder's path
	State     string `json:"state"`     // owed, sending, delivered, failed, unknown, withheld
	Detail    string `json:"detail,omitempty"`
}

// Narrative says what became of a narrative that models were asked to write.
type Narrative struct {
	Block    string `json:"block"`              // the template's name for it
	State    string `json:"state"`              // written, withheld
	Provider string `json:"provider,omitempty"` // who wrote it, as cob.yaml names it
	Model    string `json:"model,omitempty"`    // as the provider names it
	Reason   string `json:"reason,omitempty"`   // why it was withheld, and written by rules
}

// The states of a narrative.
const (
	Written          = "written"
	WithheldFromPage = "withheld"
)

// Receipt is what a finished cycle returns: what was issued, with the digests
// that prove it. Of a waived cycle only Series, BusinessDate, State and Decision
// are set.
type Receipt struct {
	Series       string     `json:"series"`
	BusinessDate Date       `json:"business_date"`
	Revision     int        `json:"revision"`
	State        State      `json:"state"`
	Late         bool       `json:"late"`
	AsOf         time.Time  `json:"as_of,omitzero"`
	IssuedAt     time.Time  `json:"issued_at,omitzero"`
	Figures      int        `json:"figures"`    // how many figures the report's facts hold
	Unmeasured   int        `json:"unmeasured"` // how many of them are not measured
	Facts        Ref        `json:"facts,omitzero"`
	Document     Ref        `json:"document,omitzero"`
	Artifacts    []Artifact `json:"artifacts"`
	Deliveries   []Delivery `json:"deliveries"`
	// Narratives are those that models were asked to write.
	Narratives []Narrative `json:"narratives,omitempty"`
	// Decision is who waived the cycle or had it issued without complete data,
	// and why.
	Decision *Decision `json:"decision,omitempty"`
	// Already tells that the cycle had been issued or waived before this
	// request.
	Already bool `json:"already,omitempty"`
}

// The kinds of error. Programs map them to exit codes, activities to Temporal's
// retryable and permanent errors.
var (
	// ErrInvalid: the input is wrong and stays wrong.
	ErrInvalid = errors.New("invalid")
	// ErrNotFound: what was named does not exist.
	ErrNotFound = errors.New("not found")
	// ErrNotDue: the date is no due date of the series.
	ErrNotDue = errors.New("not due")
	// ErrConflict: what exists differs from what was to be written.
	ErrConflict = errors.New("conflict")
	// ErrUnavailable: a server could not be reached; trying again may help.
	ErrUnavailable = errors.New("unavailable")
)

// permanent lists the kinds of error that trying again cannot mend, with the
// names by which they cross process boundaries.
var permanent = []struct {
	name string
	kind error
}{
	{"Invalid", ErrInvalid},
	{"NotFound", ErrNotFound},
	{"NotDue", ErrNotDue},
	{"Conflict", ErrConflict},
}

// KindName names an error's kind where trying again cannot mend it: "Invalid",
// "NotFound", "NotDue" or "Conflict"; otherwise "".
func KindName(err error) string {
	for _, p := range permanent {
		if errors.Is(err, p.kind) {
			return p.name
		}
	}
	return ""
}

// KindNamed is the kind of that name, or nil.
func KindNamed(name string) error {
	for _, p := range permanent {
		if p.name == name {
			return p.kind
		}
	}
	return nil
}

// Message is an error's text without the names of its kinds, which programs
// act on and people can do without.
func Message(err error) string {
	s := err.Error()
	for _, kind := range []error{ErrInvalid, ErrNotFound, ErrNotDue, ErrConflict, ErrUnavailable} {
		s = strings.ReplaceAll(s, kind.Error()+": ", "")
	}
	return s
}

// Cause is what made a workflow fail, without the chain of workflows and
// activities that the failure came through: the innermost message that is a
// message of its own. Temporal's errors have one.
func Cause(err error) string {
	cause := err.Error()
	var said interface {
		error
		Message() string
	}
	for errors.As(err, &said) {
		cause = said.Message()
		err = errors.Unwrap(said)
	}
	return cause
}
