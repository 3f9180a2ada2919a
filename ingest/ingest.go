// Package ingest turns scan results and feeds into operational data: one file
// is one batch, recorded whole or not at all.
package ingest

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/report"
)

// The formats, as a batch records them.
const (
	FormatGarak          = "garak"
	FormatJailbreakBench = "jailbreakbench"
	FormatNDJSON         = "ndjson"
)

// DB is where batches are recorded. *pgxpool.Pool satisfies it.
type DB interface {
	db.DBTX
	Begin(ctx context.Context) (pgx.Tx, error)
}

// Options say what a file doesn't say by itself.
type Options struct {
	// Source is the feed that the rows belong to. Empty: "garak" and
	// "jailbreakbench"; an NDJSON file then names it on every line.
	Source string
	// TimeZone is where the times of a garak or JailbreakBench file were
	// written down. Required for both: their times carry no zone.
	TimeZone *time.Location
	// Target names what was tested. Empty: as the file says.
	Target string
	// Labels name a variant; they become part of the target's name.
	Labels map[string]string
	// CompleteThrough is the source's promise that its attacks are complete
	// until then. Zero: no promise is recorded.
	CompleteThrough time.Time
	// RecordedAt loads history: the batch counts as known from then on. Zero:
	// the batch is recorded at the moment when it is.
	RecordedAt time.Time
	// DryRun checks everything and keeps nothing.
	DryRun bool
	// Progress is told how many bytes were read, every mebibyte and at the end.
	Progress func(bytesRead int64)
}

// Result is what became of one file.
type Result struct {
	Batch      int64     `json:"batch"` // 0 after a dry run
	Source     string    `json:"source"`
	Format     string    `json:"format"`
	Name       string    `json:"name"`
	SHA256     string    `json:"sha256"` // over the content and the options that change its meaning
	RecordedAt time.Time `json:"recorded_at"`
	// Already tells that the same content had been recorded before, as Batch
	// at RecordedAt; nothing was added.
	Already bool `json:"already,omitempty"`
	// Backdated tells that RecordedAt was given by hand: what was known in the
	// past has changed.
	Backdated bool `json:"backdated,omitempty"`
	// Rows counts what was added, by table of ops. What was known is no row.
	Rows map[string]int64 `json:"rows"`
	// Attempts, Evaluations and Hits count what was added.
	Attempts    int64 `json:"attempts"`
	Evaluations int64 `json:"evaluations"`
	Hits        int64 `json:"hits"`
	// Verdicts counts scores without an output (a harness's own verdict):
	// no evaluations, left out.
	Verdicts int64 `json:"verdicts,omitempty"`
	// Ignored counts lines of entry types that nothing is taken from.
	Ignored map[string]int64 `json:"ignored,omitempty"`
	// Kept counts, by table, things that were known and that the file now
	// describes differently. They stay as first recorded.
	Kept map[string]int64 `json:"kept,omitempty"`
}

// Garak records a garak report (*.report.jsonl). name is the file's name, for
// messages and for the list of batches. An error of the file is a *LineError
// and wraps report.ErrInvalid.
func Garak(ctx context.Context, conn DB, r io.Reader, name string, o Options) (Result, error) {
	o.Source = cmp.Or(o.Source, "garak")
	return file(ctx, conn, r, name, FormatGarak, o, parseGarak)
}

// JailbreakBench records a JailbreakBench artifact (*.json). See Garak.
func JailbreakBench(ctx context.Context, conn DB, r io.Reader, name string, o Options) (Result, error) {
	o.Source = cmp.Or(o.Source, "jailbreakbench")
	return file(ctx, conn, r, name, FormatJailbreakBench, o, parseJailbreakBench)
}

// NDJSON records a file of the neutral format. See Garak.
func NDJSON(ctx context.Context, conn DB, r io.Reader, name string, o Options) (Result, error) {
	return file(ctx, conn, r, name, FormatNDJSON, o, parseNDJSON)
}

// Batch is one batch as recorded.
type Batch struct {
	ID         int64     `json:"id"`
	Source     string    `json:"source"`
	Format     string    `json:"format"`
	Name       string    `json:"name"`
	SHA256     string    `json:"sha256"`
	Rows       int64     `json:"rows"`
	Backdated  bool      `json:"backdated"`
	RecordedAt time.Time `json:"recorded_at"`
}

// List returns every batch, newest first.
func List(ctx context.Context, conn db.DBTX) ([]Batch, error) {
	rows, err := db.New(conn).ListBatches(ctx)
	if err != nil {
		return nil, fmt.Errorf("list batches: %w", err)
	}
	out := make([]Batch, 0, len(rows))
	for _, b := range rows {
		out = append(out, Batch{b.ID, b.Source, b.Format, b.Name, hex.EncodeToString(b.ContentSha256), b.Rows, b.Backdated, b.RecordedAt})
	}
	return out, nil
}

// A parser reads a file into records. It touches no database.
type parser func(in *input, o Options, emit func(line int64, record any) error) (findings, error)

// findings are what a parser learns of a file beside its records.
type findings struct {
	source   string // whose rows they are
	verdicts int64
	ignored  map[string]int64
}

func file(ctx context.Context, conn DB, r io.Reader, name, format string, o Options, parse parser) (Result, error) {
	if err := o.check(format); err != nil {
		return Result{}, fmt.Errorf("%s: %w", name, err)
	}
	in := newInput(ctx, r, name, o.meaning(format), o.Progress)
	var found findings
	w := writing{Envelope: Envelope{Format: format, Name: name, RecordedAt: o.RecordedAt}, dryRun: o.DryRun}
	res, err := w.run(ctx, conn, func(s *stage) (err error) {
		if found, err = parse(in, o, s.add); err != nil {
			return err
		}
		w.Source = found.source
		if !o.CompleteThrough.IsZero() {
			err = s.add(0, Watermark{Source: found.source, Feed: "attacks", CompleteThrough: o.CompleteThrough})
		}
		w.SHA256 = in.sum()
		return err
	})
	if err != nil {
		return Result{}, err
	}
	res.Verdicts, res.Ignored = found.verdicts, found.ignored
	return res, nil
}

var sourceName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)

const sourceWanted = "1 to 63 characters a-z, 0-9, dot, underscore and hyphen were expected, the first a letter or digit"

func (o Options) check(format string) error {
	switch {
	case o.Source != "" && !sourceName.MatchString(o.Source):
		return fmt.Errorf("%w: source %q: %s", report.ErrInvalid, o.Source, sourceWanted)
	case o.TimeZone == nil && format != FormatNDJSON:
		return fmt.Errorf("%w: a time zone is required: the times of a %s file carry none. Give the one that it was written in, such as Europe/London", report.ErrInvalid, format)
	case format == FormatNDJSON && (o.Target != "" || len(o.Labels) > 0 || o.TimeZone != nil):
		return fmt.Errorf("%w: an NDJSON file says its targets and offsets itself: no target, label or time zone can be given", report.ErrInvalid)
	}
	if err := checkName(o.Target); o.Target != "" && err != nil {
		return fmt.Errorf("%w: target: %w", report.ErrInvalid, err)
	}
	for _, k := range slices.Sorted(maps.Keys(o.Labels)) {
		if k == "" || checkName(k+o.Labels[k]) != nil || strings.ContainsAny(k+o.Labels[k], "(),=") {
			return fmt.Errorf("%w: label %q=%q: a key and a value of printable characters without ( ) , = were expected", report.ErrInvalid, k, o.Labels[k])
		}
	}
	return checkRecordedAt(o.RecordedAt)
}

// checkRecordedAt refuses knowledge from the future: later batches would have
// to be recorded after it.
func checkRecordedAt(t time.Time) error {
	if now := time.Now(); t.After(now) {
		return fmt.Errorf("%w: recorded at %s lies ahead of the clock (%s)", report.ErrInvalid, t.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	}
	return nil
}

// meaning is what, beside the content, tells two ingests apart.
func (o Options) meaning(format string) string {
	zone, through := "", ""
	if o.TimeZone != nil {
		zone = o.TimeZone.String()
	}
	if !o.CompleteThrough.IsZero() {
		through = o.CompleteThrough.UTC().Format(time.RFC3339Nano)
	}
	return fmt.Sprintf("format=%q zone=%q target=%q labels=%q complete_through=%q\n", format, zone, o.Target, o.labels(), through)
}

// labels are "k=v, k2=v2" in the order of their keys.
func (o Options) labels() string {
	var all []string
	for _, k := range slices.Sorted(maps.Keys(o.Labels)) {
		all = append(all, k+"="+o.Labels[k])
	}
	return strings.Join(all, ", ")
}

// target is the name of what was tested, given the file's own word for it.
func (o Options) target(own string) string {
	name := cmp.Or(o.Target, own)
	if l := o.labels(); l != "" {
		name += " (" + l + ")"
	}
	return name
}
