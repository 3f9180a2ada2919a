package ingest

import (
	"errors"
	"fmt"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/closeofbusiness/cob/db"
)

// The records: what a file is made of, one type for each table of ops. Batch
// and Line are filled in when a record is staged.
type (
	Target         = db.StageTargetsParams
	TargetEvent    = db.StageTargetEventsParams
	Run            = db.StageRunsParams
	RunEvent       = db.StageRunEventsParams
	PlannedCell    = db.StagePlannedCellsParams
	Attempt        = db.StageAttemptsParams
	Score          = db.StageScoresParams
	Finding        = db.StageFindingsParams
	FindingEvent   = db.StageFindingEventsParams
	Incident       = db.StageIncidentsParams
	IncidentEvent  = db.StageIncidentEventsParams
	ComponentEvent = db.StageComponentEventsParams
	HealthSample   = db.StageHealthSamplesParams
	Action         = db.StageActionsParams
	ActionEvent    = db.StageActionEventsParams
	Watermark      = db.StageWatermarksParams
	Claim          = db.StageClaimsParams
	Observation    = db.StageObservationsParams
	Note           = db.StageNotesParams
)

// How long a text may be, in characters.
const (
	maxName = 200 // of a target, run, probe, detector, person
	maxText = 500 // a title, a reason
)

// The times that operational data can have.
var (
	earliest = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

var (
	errEmpty   = errors.New("empty")
	errUTF8    = errors.New("not valid UTF-8")
	errControl = errors.New("written with a control character")
)

// checkName holds for what is shown and compared as one word or line.
func checkName(s string) error {
	for _, r := range s {
		if unicode.IsControl(r) {
			return errControl
		}
	}
	return checkLength(s, maxName)
}

// checkText holds for prose; line breaks are its own affair.
func checkText(s string) error {
	for _, r := range s {
		if r == 0 {
			return errControl
		}
	}
	return checkLength(s, maxText)
}

func checkLength(s string, most int) error {
	switch n := utf8.RuneCountInString(s); {
	case n == 0:
		return errEmpty
	case n > most:
		return fmt.Errorf("%d characters long", n)
	case !utf8.ValidString(s):
		return errUTF8
	}
	return nil
}

func checkTime(t time.Time) error {
	if t.Before(earliest) || !t.Before(latest) {
		return errors.New("not between 1970 and 2200")
	}
	return nil
}
