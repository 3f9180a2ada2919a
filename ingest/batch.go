package ingest

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/report"
)

// Envelope is what a batch says of itself.
type Envelope struct {
	Source string
	Format string
	Name   string
	SHA256 [32]byte
	// RecordedAt loads history. Zero: now.
	RecordedAt time.Time
}

// Write records a batch of records that are at hand rather than in a file. The
// same digest under the same source a second time adds nothing.
func Write(ctx context.Context, conn DB, e Envelope, records iter.Seq[any]) (Result, error) {
	known, err := db.New(conn).BatchOfContent(ctx, e.Source, e.SHA256[:])
	switch {
	case err == nil:
		return alreadyRecorded(known), nil
	case !errors.Is(err, pgx.ErrNoRows):
		return Result{}, fmt.Errorf("%s: look for an earlier batch: %w", e.Name, err)
	}
	w := writing{Envelope: e}
	return w.run(ctx, conn, func(s *stage) error {
		line := int64(0)
		for r := range records {
			line++
			if err := s.add(line, r); err != nil {
				return err
			}
		}
		return nil
	})
}

// writing is one batch on its way into the database.
type writing struct {
	Envelope
	dryRun bool
}

// run stages what fill gives, merges it and records the batch, all in one
// transaction.
func (w *writing) run(ctx context.Context, conn DB, fill func(*stage) error) (Result, error) {
	if err := checkRecordedAt(w.RecordedAt); err != nil {
		return Result{}, err
	}
	tx, err := conn.Begin(ctx)
	if err != nil {
		return Result{}, fmt.Errorf("%s: begin: %w", w.Name, err)
	}
	// After a commit there is nothing to roll back, and it says so.
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	q := db.New(tx)
	if err := q.PrepareIngest(ctx); err != nil {
		return Result{}, fmt.Errorf("%s: prepare the transaction: %w", w.Name, err)
	}
	id, err := q.NextBatch(ctx)
	if err != nil {
		return Result{}, fmt.Errorf("%s: take a batch number: %w", w.Name, err)
	}
	s := newStage(ctx, q, id)
	if err := fill(s); err != nil {
		return Result{}, err
	}
	if err := s.flush(); err != nil {
		return Result{}, fmt.Errorf("%s: stage rows: %w", w.Name, err)
	}
	return w.merge(ctx, tx, q, s)
}

func (w *writing) merge(ctx context.Context, tx pgx.Tx, q *db.Queries, s *stage) (Result, error) {
	if err := q.LockMerge(ctx, w.Source); err != nil {
		return Result{}, fmt.Errorf("%s: wait for other ingests: %w", w.Name, err)
	}
	known, err := q.BatchOfContent(ctx, w.Source, w.SHA256[:])
	switch {
	case err == nil:
		return alreadyRecorded(known), nil
	case !errors.Is(err, pgx.ErrNoRows):
		return Result{}, fmt.Errorf("%s: look for an earlier batch: %w", w.Name, err)
	}
	res := Result{Source: w.Source, Format: w.Format, Name: w.Name, SHA256: hex.EncodeToString(w.SHA256[:])}
	if err := w.addRows(ctx, q, s, &res); err != nil {
		return Result{}, err
	}
	if w.dryRun {
		return res, nil
	}
	if err := q.ClearStaging(ctx, s.batch); err != nil {
		return Result{}, fmt.Errorf("%s: clear the stage: %w", w.Name, err)
	}
	if err := w.record(ctx, q, s.batch, &res); err != nil {
		return Result{}, err
	}
	if err := tx.Commit(ctx); err != nil {
		return Result{}, fmt.Errorf("%s: commit: %w", w.Name, err)
	}
	return res, nil
}

// addRows merges each staged table, what is named before what names it.
func (w *writing) addRows(ctx context.Context, q *db.Queries, s *stage, res *Result) error {
	res.Rows = map[string]int64{}
	add := func(table string, used bool, merge func(context.Context, int64) (int64, error)) error {
		if !used {
			return nil
		}
		n, err := merge(ctx, s.batch)
		if err != nil {
			return fmt.Errorf("%s: merge %s: %w", w.Name, table, err)
		}
		if n > 0 {
			res.Rows[table] = n
		}
		return nil
	}
	scores := func(ctx context.Context, batch int64) (int64, error) {
		n, err := q.AddScores(ctx, batch)
		res.Evaluations, res.Hits = n.Added, n.Hits
		return n.Added, err
	}
	namesTargets := s.targets.used || s.targetEvents.used || s.runs.used || s.findings.used
	namesThings := s.runs.used || s.findings.used || s.incidents.used || s.actions.used || s.attempts.used
	steps := []func() error{
		func() error { return add("target", namesTargets, q.AddTargets) },
		func() error { return w.refuseOtherTarget(ctx, q, s) },
		func() error { return add("run", s.runs.used, q.AddRuns) },
		func() error { return add("finding", s.findings.used, q.AddFindings) },
		func() error { return add("incident", s.incidents.used, q.AddIncidents) },
		func() error { return add("action", s.actions.used, q.AddActions) },
		func() error { return w.refuseUnknown(ctx, q, s) },
		func() error { return add("target_event", s.targetEvents.used, q.AddTargetEvents) },
		func() error { return add("run_event", s.runEvents.used, q.AddRunEvents) },
		func() error { return add("planned_cell", s.plannedCells.used, q.AddPlannedCells) },
		func() error { return add("attempt", s.attempts.used, q.AddAttempts) },
		func() error { return w.refuseUnknownAttempt(ctx, q, s) },
		func() error { return add("score", s.scores.used, scores) },
		func() error { return add("finding_event", s.findingEvents.used, q.AddFindingEvents) },
		func() error { return add("incident_event", s.incidentEvents.used, q.AddIncidentEvents) },
		func() error { return add("component_event", s.componentEvents.used, q.AddComponentEvents) },
		func() error { return add("health_sample", s.healthSamples.used, q.AddHealthSamples) },
		func() error { return add("action_event", s.actionEvents.used, q.AddActionEvents) },
		func() error { return add("watermark", s.watermarks.used, q.AddWatermarks) },
		func() error { return add("claim", s.claims.used, q.AddClaims) },
		func() error { return w.refuseOtherUnit(ctx, q, s) },
		func() error { return add("observation", s.observations.used, q.AddObservations) },
		func() error { return w.refuseUnknownNote(ctx, q, s) },
		func() error { return add("note", s.notes.used, q.AddNotes) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	res.Attempts = res.Rows["attempt"]
	if !namesThings {
		return nil
	}
	return w.countKept(ctx, q, s, res)
}

// fault is an error of the file; records that came from none are numbered like
// lines.
func (w *writing) fault(line int64, field, found, want string, kind error) error {
	return &LineError{w.Name, line, field, found, want, kind}
}

func (w *writing) refuseOtherTarget(ctx context.Context, q *db.Queries, s *stage) error {
	if !s.runs.used {
		return nil
	}
	r, err := q.RunOfAnotherTarget(ctx, s.batch)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: compare targets: %w", w.Name, err)
	}
	return w.fault(r.Line, "target", quote(r.StagedTarget),
		fmt.Sprintf("run %s of source %s is known for target %s. Give another source to keep the two apart", quote(r.Name), r.Source, quote(r.KnownTarget)), report.ErrConflict)
}

func (w *writing) refuseUnknown(ctx context.Context, q *db.Queries, s *stage) error {
	if !s.runEvents.used && !s.plannedCells.used && !s.attempts.used && !s.claims.used &&
		!s.findingEvents.used && !s.incidentEvents.used && !s.actionEvents.used {
		return nil
	}
	u, err := q.UnknownReference(ctx, s.batch)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: check references: %w", w.Name, err)
	}
	return w.fault(u.Line, u.What, quote(u.Name)+" is not known",
		fmt.Sprintf("a line of kind %s in this file, or in one recorded before under the same source, was expected", u.What), report.ErrInvalid)
}

func (w *writing) refuseUnknownAttempt(ctx context.Context, q *db.Queries, s *stage) error {
	if !s.loose {
		return nil
	}
	u, err := q.UnknownAttempt(ctx, s.batch)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: check attempts: %w", w.Name, err)
	}
	return w.fault(u.Line, "attempt", fmt.Sprintf("%s at %s of run %s is not known", quote(u.Attempt), u.At.UTC().Format(time.RFC3339Nano), quote(u.Run)),
		"a line of kind attempt in this file, or in one recorded before under the same source, was expected", report.ErrInvalid)
}

func (w *writing) refuseOtherUnit(ctx context.Context, q *db.Queries, s *stage) error {
	if !s.observations.used {
		return nil
	}
	o, err := q.ObservationInAnotherUnit(ctx, s.batch)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: compare units: %w", w.Name, err)
	}
	return w.fault(o.Line, "unit", quote(o.Unit),
		fmt.Sprintf("%s was expected: an earlier line has %s in it, and one file writes a metric in one unit", quote(o.FirstUnit), o.Metric), report.ErrInvalid)
}

// refuseUnknownNote refuses to withdraw what was never there: most likely its
// name is misspelt, and the note that was meant would stay in force.
func (w *writing) refuseUnknownNote(ctx context.Context, q *db.Queries, s *stage) error {
	if !s.notes.used {
		return nil
	}
	u, err := q.WithdrawnUnknownNote(ctx, s.batch)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: check notes: %w", w.Name, err)
	}
	return w.fault(u.Line, "note", quote(u.Name)+" is not known",
		"a note of this file, or one recorded before under the same source, was expected to withdraw", report.ErrInvalid)
}

func (w *writing) countKept(ctx context.Context, q *db.Queries, s *stage, res *Result) error {
	kept, err := q.KeptAsRecorded(ctx, s.batch)
	if err != nil {
		return fmt.Errorf("%s: compare with what is known: %w", w.Name, err)
	}
	for _, k := range kept {
		if k.Rows > 0 {
			if res.Kept == nil {
				res.Kept = map[string]int64{}
			}
			res.Kept[k.What] = k.Rows
		}
	}
	return nil
}

// record inserts the batch itself, last.
func (w *writing) record(ctx context.Context, q *db.Queries, id int64, res *Result) error {
	total := int64(0)
	for _, n := range res.Rows {
		total += n
	}
	if err := q.LockBatches(ctx); err != nil {
		return fmt.Errorf("%s: wait for reports that read: %w", w.Name, err)
	}
	var err error
	if res.Backdated = !w.RecordedAt.IsZero(); res.Backdated {
		res.RecordedAt, err = q.AddBackdatedBatch(ctx, db.AddBackdatedBatchParams{
			RecordedAt: w.RecordedAt, ID: id, Source: w.Source, Format: w.Format, Name: w.Name, ContentSha256: w.SHA256[:], Rows: total})
	} else {
		res.RecordedAt, err = q.AddBatch(ctx, db.AddBatchParams{
			ID: id, Source: w.Source, Format: w.Format, Name: w.Name, ContentSha256: w.SHA256[:], Rows: total})
	}
	if err != nil {
		return fmt.Errorf("%s: record the batch: %w", w.Name, err)
	}
	res.Batch = id
	return nil
}

func alreadyRecorded(b db.OpsBatch) Result {
	return Result{
		Batch: b.ID, Source: b.Source, Format: b.Format, Name: b.Name, SHA256: hex.EncodeToString(b.ContentSha256),
		RecordedAt: b.RecordedAt, Backdated: b.Backdated, Already: true, Rows: map[string]int64{},
	}
}
