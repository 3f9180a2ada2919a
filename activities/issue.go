package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/sdk/activity"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/render"
)

// sealed is everything that a revision consists of.
type sealed struct {
	fetched   made[fetchSummary]
	document  report.Ref
	artifacts []report.Artifact
	withhold  string // why nothing is to be delivered
}

// Issued is what sealing adds to what the stages made.
type Issued struct {
	State      report.State      `json:"state"`
	Late       bool              `json:"late"`
	AsOf       time.Time         `json:"as_of"`
	IssuedAt   time.Time         `json:"issued_at"`
	Deliveries []report.Delivery `json:"deliveries"`
	// Decision is who had it issued without complete data.
	Decision *report.Decision `json:"decision,omitempty"`
}

// Issue seals what the stages of the revision recorded, in one transaction: the
// digests, the files, and the deliveries to make. Once issued it is never
// changed, and issuing it again changes nothing.
func (a *Activities) Issue(ctx context.Context, in Revision) (Issued, error) {
	if err := a.issue(ctx, in); err != nil {
		return Issued{}, failure(err)
	}
	r, err := Receipt(ctx, a.Store, in.Series, in.BusinessDate)
	if err != nil {
		return Issued{}, failure(err)
	}
	log(ctx, in).Info("issued", "revision", r.Revision, "state", string(r.State))
	return Issued{r.State, r.Late, r.AsOf, r.IssuedAt, r.Deliveries, r.Decision}, nil
}

func (a *Activities) issue(ctx context.Context, in Revision) error {
	c, err := a.cycle(ctx, in.Series, in.BusinessDate)
	if err != nil {
		return err
	}
	all, err := a.collect(ctx, in)
	if err != nil {
		return err
	}
	all.withhold = c.Withhold
	facts, err := all.fetched.Ref.Digest()
	if err != nil {
		return err
	}
	doc, err := all.document.Digest()
	if err != nil {
		return err
	}
	if c.AsOf == nil {
		return fmt.Errorf("%w: the as-of of %s is not fixed", report.ErrInvalid, report.CycleID(in.Series, in.BusinessDate))
	}
	run := activity.GetInfo(ctx).WorkflowExecution
	params := db.InsertRevisionParams{
		Series: in.Series, BusinessDate: in.BusinessDate.Time(), Revision: revisionNumber(in),
		Qualified: all.fetched.Summary.Qualified, Late: c.Late, AsOf: *c.AsOf,
		Facts: int32(all.fetched.Summary.Figures), Unmeasured: int32(all.fetched.Summary.Unmeasured), // bounded by the store
		FactsSha256: facts, DocumentSha256: doc, Renderer: render.Version,
		WorkflowID: run.ID, RunID: run.RunID,
	}
	return a.Store.InTx(ctx, pgx.TxOptions{}, func(q *db.Queries) error { return a.seal(ctx, q, all, params) })
}

// collect reads what the stages recorded.
func (a *Activities) collect(ctx context.Context, in Revision) (out sealed, err error) {
	if out.fetched, err = recorded[fetchSummary](ctx, a, in, "fetch"); err != nil {
		return out, err
	}
	composed, err := recorded[[]string](ctx, a, in, "compose")
	if err != nil {
		return out, err
	}
	out.document = composed.Ref
	for _, format := range composed.Summary {
		rendered, err := recorded[string](ctx, a, in, "render "+format)
		if err != nil {
			return out, err
		}
		out.artifacts = append(out.artifacts, artifact(format, rendered.Ref))
	}
	return out, nil
}

// seal writes the revision; where it is sealed already it leaves all as it is.
func (a *Activities) seal(ctx context.Context, q *db.Queries, all sealed, params db.InsertRevisionParams) error {
	n, err := q.InsertRevision(ctx, params)
	if err != nil || n == 0 {
		return wrap("insert revision", err)
	}
	for _, f := range all.artifacts {
		digest, err := f.Ref.Digest()
		if err != nil {
			return err
		}
		err = q.InsertArtifact(ctx, db.InsertArtifactParams{Series: params.Series, BusinessDate: params.BusinessDate,
			Revision: params.Revision, Format: f.Format, FileName: f.FileName, Sha256: digest})
		if err != nil {
			return wrap("insert artifact", err)
		}
	}
	to := db.InsertDeliveryParams{Series: params.Series, BusinessDate: params.BusinessDate,
		Revision: params.Revision, Channel: "folder", Recipient: a.OutputDir, State: "owed"}
	if all.withhold != "" {
		to.State, to.Detail = report.Withheld, all.withhold
	}
	err = q.InsertDelivery(ctx, to)
	if err != nil {
		return wrap("insert delivery", err)
	}
	state := report.Issued
	if params.Qualified {
		state = report.IssuedQualified
	}
	n, err = q.IssueCycle(ctx, string(state), params.Series, params.BusinessDate)
	if err == nil && n == 0 {
		err = fmt.Errorf("%w: it is not open any more", report.ErrConflict)
	}
	return wrap("mark the cycle issued", err)
}

func wrap(doing string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// Receipt reads the receipt of a cycle's latest revision. Where none was issued
// the error is report.ErrNotFound.
func Receipt(ctx context.Context, store *db.Store, name string, d report.Date) (report.Receipt, error) {
	rev, err := store.LatestRevision(ctx, name, d.Time())
	if errors.Is(err, pgx.ErrNoRows) {
		return report.Receipt{}, fmt.Errorf("%w: no revision of %s is issued", report.ErrNotFound, report.CycleID(name, d))
	}
	if err != nil {
		return report.Receipt{}, fmt.Errorf("read revision: %w", err)
	}
	r := report.Receipt{
		Series: name, BusinessDate: d, Revision: int(rev.Revision), State: report.Issued, Late: rev.Late,
		AsOf: rev.AsOf.UTC(), IssuedAt: rev.IssuedAt.UTC().Truncate(time.Millisecond),
		Figures: int(rev.Facts), Unmeasured: int(rev.Unmeasured),
		Facts: refOf(rev.FactsSha256, rev.FactsSize), Document: refOf(rev.DocumentSha256, rev.DocumentSize),
	}
	if rev.Qualified {
		r.State = report.IssuedQualified
	}
	if r.Artifacts, err = artifacts(ctx, store, Revision{Series: name, BusinessDate: d, Revision: r.Revision}); err != nil {
		return r, err
	}
	c, err := store.Cycle(ctx, name, d.Time())
	if err != nil {
		return r, fmt.Errorf("read cycle: %w", err)
	}
	r.Decision = decision(c)
	if r.Narratives, err = asked(ctx, store, r); err != nil {
		return r, err
	}
	sent, err := store.Deliveries(ctx, name, d.Time(), rev.Revision)
	if err != nil {
		return r, fmt.Errorf("read deliveries: %w", err)
	}
	for _, s := range sent {
		r.Deliveries = append(r.Deliveries, report.Delivery{ID: s.ID, Channel: s.Channel, Recipient: s.Recipient, State: s.State, Detail: s.Detail})
	}
	return r, nil
}

// asked reads what became of the narratives that models were asked to write.
func asked(ctx context.Context, store *db.Store, r report.Receipt) ([]report.Narrative, error) {
	m, err := recorded[analyseSummary](ctx, &Activities{Store: store}, Revision{Series: r.Series, BusinessDate: r.BusinessDate, Revision: r.Revision}, "analyse")
	if err != nil {
		return nil, err
	}
	return m.Summary.Asked, nil
}

// artifacts reads the files of an issued revision.
func artifacts(ctx context.Context, store *db.Store, r Revision) ([]report.Artifact, error) {
	files, err := store.Artifacts(ctx, r.Series, r.BusinessDate.Time(), revisionNumber(r))
	if err != nil {
		return nil, fmt.Errorf("read artifacts: %w", err)
	}
	out := make([]report.Artifact, len(files))
	for i, f := range files {
		out[i] = report.Artifact{Format: f.Format, FileName: f.FileName, Ref: refOf(f.Sha256, f.Size)}
	}
	return out, nil
}
