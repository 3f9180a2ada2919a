// Package sample loads an invented, deterministic history to try COB with: the
// same seed and last day give the same rows, recorded at the same instants.
package sample

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/ingest"
	"github.com/closeofbusiness/cob/report"
)

// Format is what the sample's batches are recorded as.
const Format = "sample"

// The sources, beside Helpdesk. Each delivers one feed; notes are nobody's.
const (
	Attacks   = "sample-garak"
	Findings  = "sample-findings"
	Incidents = "sample-incidents"
	Health    = "sample-health"
	Actions   = "sample-actions"
	Notes     = "sample-notes"
)

// settled is how long after a cutoff the day's last batch has been recorded.
const settled = 10 * time.Minute

// Options choose the history.
type Options struct {
	// BusinessDays is how many days it has, Mondays to Fridays. Zero means 90,
	// 1000 is the most.
	BusinessDays int
	// Seed tells histories apart. Zero means 1.
	Seed uint64
	// Until is the last day, which tells the story. Empty: Latest.
	Until report.Date
	// Location is where the cutoff is. Nil means Europe/London.
	Location *time.Location
	// Cutoff is the time of day of the cutoff. Zero means 17:00.
	Cutoff time.Duration
	// Progress is told after each business day how many of all are done.
	Progress func(done, all int)
}

// Result is what was loaded.
type Result struct {
	First   report.Date `json:"first"`
	Until   report.Date `json:"until"`
	Batches int         `json:"batches"` // added; the others had been recorded before
	Rows    int64       `json:"rows"`    // added
	// Already tells that all of it had been loaded before.
	Already bool `json:"already,omitempty"`
}

// Latest is the latest weekday whose evening is over: its cutoff has passed and
// so has the time that the feeds take to deliver.
func Latest(now time.Time, o Options) (report.Date, error) {
	o, err := o.withDefaults()
	if err != nil {
		return "", err
	}
	day := civil(now.In(o.Location))
	for isWeekend(day) || now.Before(at(day, o.Cutoff, o.Location).Add(settled)) {
		day = day.AddDate(0, 0, -1)
	}
	return report.DateOf(day), nil
}

// Load records the history. Where it, or an earlier part of it, is recorded
// already, only what is missing is added: a history that was loaded until
// Friday goes on to Monday, and both days tell the story.
func Load(ctx context.Context, conn ingest.DB, o Options) (Result, error) {
	o, err := o.withDefaults()
	if err != nil {
		return Result{}, err
	}
	if err := o.chooseUntil(); err != nil {
		return Result{}, err
	}
	plan, err := planFor(ctx, conn, o)
	if err != nil {
		return Result{}, err
	}
	res := Result{First: report.DateOf(plan.first), Until: report.DateOf(plan.until)}
	if err := plan.load(ctx, conn, &res); err != nil {
		return res, fmt.Errorf("load the sample: %w", err)
	}
	res.Already = res.Batches == 0
	return res, nil
}

// load writes the attacks, which are most of it, beside the other feeds. Each
// feed's batches are written in their order.
func (p *plan) load(ctx context.Context, conn ingest.DB, res *Result) error {
	work, ctx := errgroup.WithContext(ctx)
	attacks, others := make(chan batch, 2), make(chan batch, 8)
	var mutex sync.Mutex
	count := func(r ingest.Result) {
		mutex.Lock()
		defer mutex.Unlock()
		res.count(r)
	}
	work.Go(func() (err error) {
		defer close(attacks)
		defer close(others)
		p.batches(func(b batch) bool {
			lane := others
			if b.source == Attacks {
				lane = attacks
			}
			if b.sha256, err = digest(b.records); err != nil {
				return false
			}
			if b.eve { // what both lanes speak of later is known before either begins
				var added ingest.Result
				added, err = b.write(ctx, conn)
				count(added)
				return err == nil
			}
			select {
			case lane <- b:
				return true
			case <-ctx.Done():
				err = ctx.Err()
				return false
			}
		})
		return err
	})
	days, all := 0, weekdaysBetween(p.first, p.until)+1
	for _, lane := range []chan batch{attacks, others} {
		work.Go(func() error {
			for b := range lane {
				added, err := b.write(ctx, conn)
				if err != nil {
					return err
				}
				count(added)
				if strings.HasPrefix(b.name, attacksOfADay) { // one lane has them all
					if days++; p.Progress != nil {
						p.Progress(days, all)
					}
				}
			}
			return nil
		})
	}
	return work.Wait()
}

func (r *Result) count(added ingest.Result) {
	if added.Already {
		return
	}
	r.Batches++
	for _, n := range added.Rows {
		r.Rows += n
	}
}

func (o Options) withDefaults() (Options, error) {
	o.BusinessDays, o.Seed = cmp.Or(o.BusinessDays, 90), cmp.Or(o.Seed, 1)
	o.Cutoff = cmp.Or(o.Cutoff, 17*time.Hour)
	if o.BusinessDays < 1 || o.BusinessDays > 1000 {
		return o, fmt.Errorf("%w: %d business days: 1 to 1000 were expected", report.ErrInvalid, o.BusinessDays)
	}
	if o.Cutoff < 16*time.Hour+30*time.Minute || o.Cutoff > 22*time.Hour {
		return o, fmt.Errorf("%w: a cutoff of %s: the sample's days end between 16:30 and 22:00", report.ErrInvalid, o.Cutoff)
	}
	if o.Location == nil {
		london, err := time.LoadLocation("Europe/London")
		if err != nil {
			return o, fmt.Errorf("load the time zone of the sample: %w", err)
		}
		o.Location = london
	}
	return o, nil
}

func (o *Options) chooseUntil() error {
	newest, err := Latest(time.Now(), *o)
	if err != nil {
		return err
	}
	if o.Until == "" {
		o.Until = newest
	}
	switch day, err := report.ParseDate(string(o.Until)); {
	case err != nil:
		return err
	case isWeekend(day.Time()):
		return fmt.Errorf("%w: until %s is a %s: a day from Monday to Friday was expected", report.ErrInvalid, o.Until, day.Time().Weekday())
	case o.Until > newest:
		return fmt.Errorf("%w: until %s is not over: %s is the latest that is", report.ErrInvalid, o.Until, newest)
	}
	return nil
}

var nameOf = regexp.MustCompile(`^\S+ \S+ \(seed (\d+), from (\S+), anchor (\S+), story (\S+)\)$`)

// planFor goes on with the history that is there, or begins one.
func planFor(ctx context.Context, conn db.DBTX, o Options) (*plan, error) {
	known, err := ingest.List(ctx, conn)
	if err != nil {
		return nil, err
	}
	until := o.Until.Time()
	p := &plan{Options: o, until: until, anchor: until, first: addWeekdays(until, 1-o.BusinessDays), stories: map[time.Time]bool{}}
	last := time.Time{}
	for _, b := range known {
		m := nameOf.FindStringSubmatch(b.Name)
		if b.Format != Format || b.Source != Attacks || m == nil {
			continue
		}
		if m[1] != strconv.FormatUint(o.Seed, 10) {
			return nil, fmt.Errorf("%w: a sample of seed %s is recorded already; two don't mix. Use that seed, or another database", report.ErrConflict, m[1])
		}
		p.first, p.anchor = report.Date(m[2]).Time(), report.Date(m[3]).Time()
		story := report.Date(m[4]).Time()
		p.stories[story] = true
		if story.After(last) {
			last = story
		}
	}
	if until.Before(p.first) {
		return nil, fmt.Errorf("%w: a sample from %s is recorded already; it cannot be given a beginning before that", report.ErrConflict, report.DateOf(p.first))
	}
	if until.Before(last) {
		p.until = last // all of that is recorded
	} else {
		p.stories[until] = true
	}
	return p, nil
}

// batch is what one feed delivered at one instant.
type batch struct {
	eve        bool // there before the first day
	source     string
	name       string
	recordedAt time.Time
	records    []any
	sha256     [32]byte
}

// attacksOfADay begins the names of the batches that close a day's attacks.
const attacksOfADay = "attacks "

func (b batch) write(ctx context.Context, conn ingest.DB) (ingest.Result, error) {
	return ingest.Write(ctx, conn, ingest.Envelope{Source: b.source, Format: Format, Name: b.name, SHA256: b.sha256, RecordedAt: b.recordedAt},
		slices.Values(b.records))
}

// digest is over the records as JSON, one a line.
func digest(records []any) ([32]byte, error) {
	h := sha256.New()
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	for _, r := range records {
		if err := enc.Encode(r); err != nil {
			return [32]byte{}, fmt.Errorf("digest of the sample: %w", err)
		}
		if buf.Len() > 64<<10 {
			h.Write(buf.Bytes())
			buf.Reset()
		}
	}
	h.Write(buf.Bytes())
	return [32]byte(h.Sum(nil)), nil
}

func (p *plan) batchName(d day, what string) string {
	story := p.anchor
	for s := range p.stories {
		if !s.After(d.date) && s.After(story) {
			story = s
		}
	}
	return fmt.Sprintf("%s %s (seed %d, from %s, anchor %s, story %s)", strings.ReplaceAll(what, " ", "-"), report.DateOf(d.date), p.Seed,
		report.DateOf(p.first), report.DateOf(p.anchor), report.DateOf(story))
}
