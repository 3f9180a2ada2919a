package ingest

import (
	"context"
	"fmt"
	"time"

	"github.com/closeofbusiness/cob/db"
)

// chunk is how many rows of one table are held before they are copied: what an
// ingest needs in memory doesn't grow with its file.
const chunk = 2000

// stage collects the records of a batch in the staging tables.
type stage struct {
	ctx   context.Context // of the one call that the stage lives in
	batch int64

	// The attempt staged last; loose is set by a score that isn't one of its.
	run, attempt string
	at           time.Time
	loose        bool

	targets         table[Target]
	targetEvents    table[TargetEvent]
	runs            table[Run]
	runEvents       table[RunEvent]
	plannedCells    table[PlannedCell]
	attempts        table[Attempt]
	scores          table[Score]
	findings        table[Finding]
	findingEvents   table[FindingEvent]
	incidents       table[Incident]
	incidentEvents  table[IncidentEvent]
	componentEvents table[ComponentEvent]
	healthSamples   table[HealthSample]
	actions         table[Action]
	actionEvents    table[ActionEvent]
	watermarks      table[Watermark]
	claims          table[Claim]
	observations    table[Observation]
	notes           table[Note]
}

func newStage(ctx context.Context, q *db.Queries, batch int64) *stage {
	return &stage{
		ctx: ctx, batch: batch,
		targets:         table[Target]{copy: q.StageTargets},
		targetEvents:    table[TargetEvent]{copy: q.StageTargetEvents},
		runs:            table[Run]{copy: q.StageRuns},
		runEvents:       table[RunEvent]{copy: q.StageRunEvents},
		plannedCells:    table[PlannedCell]{copy: q.StagePlannedCells},
		attempts:        table[Attempt]{copy: q.StageAttempts},
		scores:          table[Score]{copy: q.StageScores},
		findings:        table[Finding]{copy: q.StageFindings},
		findingEvents:   table[FindingEvent]{copy: q.StageFindingEvents},
		incidents:       table[Incident]{copy: q.StageIncidents},
		incidentEvents:  table[IncidentEvent]{copy: q.StageIncidentEvents},
		componentEvents: table[ComponentEvent]{copy: q.StageComponentEvents},
		healthSamples:   table[HealthSample]{copy: q.StageHealthSamples},
		actions:         table[Action]{copy: q.StageActions},
		actionEvents:    table[ActionEvent]{copy: q.StageActionEvents},
		watermarks:      table[Watermark]{copy: q.StageWatermarks},
		claims:          table[Claim]{copy: q.StageClaims},
		observations:    table[Observation]{copy: q.StageObservations},
		notes:           table[Note]{copy: q.StageNotes},
	}
}

// add stages one record that came from a line.
func (s *stage) add(line int64, record any) error {
	switch r := record.(type) {
	case Target:
		r.Batch, r.Line = s.batch, line
		return s.targets.add(s.ctx, r)
	case TargetEvent:
		r.Batch, r.Line = s.batch, line
		return s.targetEvents.add(s.ctx, r)
	case Run:
		r.Batch, r.Line = s.batch, line
		return s.runs.add(s.ctx, r)
	case RunEvent:
		r.Batch, r.Line = s.batch, line
		return s.runEvents.add(s.ctx, r)
	case PlannedCell:
		r.Batch, r.Line = s.batch, line
		return s.plannedCells.add(s.ctx, r)
	case Attempt:
		r.Batch, r.Line = s.batch, line
		s.run, s.attempt, s.at = r.Run, r.Name, r.At
		return s.attempts.add(s.ctx, r)
	case Score:
		r.Batch, r.Line = s.batch, line
		s.loose = s.loose || r.Run != s.run || r.Attempt != s.attempt || !r.At.Equal(s.at)
		return s.scores.add(s.ctx, r)
	case Finding:
		r.Batch, r.Line = s.batch, line
		return s.findings.add(s.ctx, r)
	case FindingEvent:
		r.Batch, r.Line = s.batch, line
		return s.findingEvents.add(s.ctx, r)
	case Incident:
		r.Batch, r.Line = s.batch, line
		return s.incidents.add(s.ctx, r)
	case IncidentEvent:
		r.Batch, r.Line = s.batch, line
		return s.incidentEvents.add(s.ctx, r)
	case ComponentEvent:
		r.Batch, r.Line = s.batch, line
		return s.componentEvents.add(s.ctx, r)
	case HealthSample:
		r.Batch, r.Line = s.batch, line
		return s.healthSamples.add(s.ctx, r)
	case Action:
		r.Batch, r.Line = s.batch, line
		return s.actions.add(s.ctx, r)
	case ActionEvent:
		r.Batch, r.Line = s.batch, line
		return s.actionEvents.add(s.ctx, r)
	case Watermark:
		r.Batch, r.Line = s.batch, line
		return s.watermarks.add(s.ctx, r)
	case Claim:
		r.Batch, r.Line = s.batch, line
		return s.claims.add(s.ctx, r)
	case Observation:
		r.Batch, r.Line = s.batch, line
		return s.observations.add(s.ctx, r)
	case Note:
		r.Batch, r.Line = s.batch, line
		return s.notes.add(s.ctx, r)
	}
	return fmt.Errorf("a %T is no record", record)
}

// flush copies what is still held.
func (s *stage) flush() error {
	for _, t := range []interface{ flush(context.Context) error }{
		&s.targets, &s.targetEvents, &s.runs, &s.runEvents, &s.plannedCells, &s.attempts, &s.scores, &s.findings,
		&s.findingEvents, &s.incidents, &s.incidentEvents, &s.componentEvents, &s.healthSamples, &s.actions,
		&s.actionEvents, &s.watermarks, &s.claims, &s.observations, &s.notes,
	} {
		if err := t.flush(s.ctx); err != nil {
			return err
		}
	}
	return nil
}

// table is one staging table.
type table[T any] struct {
	copy func(context.Context, []T) (int64, error)
	rows []T
	used bool
}

func (t *table[T]) add(ctx context.Context, r T) error {
	t.used = true
	t.rows = append(t.rows, r)
	if len(t.rows) < chunk {
		return nil
	}
	return t.flush(ctx)
}

func (t *table[T]) flush(ctx context.Context) error {
	if len(t.rows) == 0 {
		return nil
	}
	_, err := t.copy(ctx, t.rows)
	clear(t.rows)
	t.rows = t.rows[:0]
	if err != nil {
		return fmt.Errorf("copy rows: %w", err)
	}
	return nil
}
