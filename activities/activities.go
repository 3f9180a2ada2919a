// Package activities holds the stages of a report as Temporal activities. Each
// may run twice: what it made the first time stands.
package activities

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/sdk/activity"

	"github.com/closeofbusiness/cob/calls"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/report"
)

// Activities carries what the stages need. Its exported methods are the
// activities, registered under their own names.
type Activities struct {
	Store *db.Store
	// OutputDir is the folder that reports are delivered to, absolute.
	OutputDir string
	// Calls is where models are asked. Nil: no provider is set up.
	Calls *calls.Desk
	// Starter starts or joins cycles; only Join needs it.
	Starter Starter
	// PollEvery is how often a waiting cycle looks at its sources. Zero means
	// 15 seconds.
	PollEvery time.Duration
}

// Revision names one revision of a cycle: the input of every stage.
type Revision struct {
	Series       string      `json:"series"`
	BusinessDate report.Date `json:"business_date"`
	Revision     int         `json:"revision"`
	// RequestID is the client's, if it gave one.
	RequestID string `json:"request_id,omitempty"`
}

// heartbeatEvery is well inside the shortest heartbeat timeout, so that a dead
// worker is noticed soon and a live one never is.
const heartbeatEvery = 4 * time.Second

// heartbeating reports progress while do runs.
func heartbeating[T any](ctx context.Context, do func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(heartbeatEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				activity.RecordHeartbeat(ctx)
			}
		}
	}()
	defer func() { cancel(); <-done }()
	return do(ctx)
}

// log is the activity's logger with what every record carries.
func log(ctx context.Context, r Revision) *slog.Logger {
	info := activity.GetInfo(ctx)
	requestID := cmp.Or(r.RequestID, info.WorkflowExecution.RunID)
	return slog.Default().With("workflow_id", info.WorkflowExecution.ID, "run_id", info.WorkflowExecution.RunID,
		"activity", info.ActivityType.Name, "attempt", info.Attempt,
		"series", r.Series, "business_date", string(r.BusinessDate), "request_id", requestID)
}

// made is what a stage made: bytes in the content store, and a small summary
// that saves later stages from reading them.
type made[S any] struct {
	Ref     report.Ref
	Summary S
}

// stage returns what the named stage of a revision made. Where nothing is
// recorded it has do make it and records that; of two makers the first wins
// and both return its result.
func stage[S any](ctx context.Context, a *Activities, r Revision, name, mediaType string, do func(context.Context) ([]byte, S, error)) (made[S], error) {
	m, err := recorded[S](ctx, a, r, name)
	if err == nil || !errors.Is(err, report.ErrNotFound) {
		return m, err
	}
	body, summary, err := do(ctx)
	if err != nil {
		return made[S]{}, err
	}
	text, err := json.Marshal(summary)
	if err != nil {
		return made[S]{}, fmt.Errorf("record stage %s: %w", name, err)
	}
	digest := sha256.Sum256(body)
	err = a.Store.InTx(ctx, pgx.TxOptions{}, func(q *db.Queries) error {
		if err := q.PutContent(ctx, digest[:], mediaType, body); err != nil {
			return err
		}
		return q.RecordStage(ctx, db.RecordStageParams{Series: r.Series, BusinessDate: r.BusinessDate.Time(),
			Revision: revisionNumber(r), Stage: name, Sha256: digest[:], Summary: string(text)})
	})
	if err != nil {
		return made[S]{}, fmt.Errorf("record stage %s: %w", name, err)
	}
	return recorded[S](ctx, a, r, name)
}

// recorded returns what a stage made before, or ErrNotFound.
func recorded[S any](ctx context.Context, a *Activities, r Revision, name string) (made[S], error) {
	row, err := a.Store.Stage(ctx, db.StageParams{Series: r.Series, BusinessDate: r.BusinessDate.Time(), Revision: revisionNumber(r), Stage: name})
	if errors.Is(err, pgx.ErrNoRows) {
		return made[S]{}, fmt.Errorf("%w: stage %s of %s", report.ErrNotFound, name, report.RevisionID(r.Series, r.BusinessDate, r.Revision))
	}
	if err != nil {
		return made[S]{}, fmt.Errorf("read stage %s: %w", name, err)
	}
	m := made[S]{Ref: refOf(row.Sha256, row.Size)}
	if err := json.Unmarshal([]byte(row.Summary), &m.Summary); err != nil {
		return made[S]{}, fmt.Errorf("read stage %s: %w", name, err)
	}
	return m, nil
}

// content reads bytes by their reference.
func (a *Activities) content(ctx context.Context, ref report.Ref) ([]byte, error) {
	digest, err := ref.Digest()
	if err != nil {
		return nil, err
	}
	body, err := a.Store.Content(ctx, digest)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("%w: content %s", report.ErrNotFound, ref.SHA256)
	}
	if err != nil {
		return nil, fmt.Errorf("read content %s: %w", ref.SHA256, err)
	}
	return body, nil
}

func refOf(sha []byte, size int64) report.Ref {
	return report.Ref{SHA256: hex.EncodeToString(sha), Size: size}
}

// revisionNumber is the revision as the database counts it.
func revisionNumber(r Revision) int32 { return int32(r.Revision) } // revisions are few

// cycle reads a cycle's row.
func (a *Activities) cycle(ctx context.Context, name string, d report.Date) (db.CobCycle, error) {
	c, err := a.Store.Cycle(ctx, name, d.Time())
	if errors.Is(err, pgx.ErrNoRows) {
		return c, fmt.Errorf("%w: cycle %s", report.ErrNotFound, report.CycleID(name, d))
	}
	if err != nil {
		return c, fmt.Errorf("read cycle %s: %w", report.CycleID(name, d), err)
	}
	return c, nil
}
