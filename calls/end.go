package calls

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/report/analysis/provider"
	"github.com/closeofbusiness/cob/report/document"
)

// endPatience is how long recording an end may take: an answer that was paid for
// is recorded also while the worker stops.
const endPatience = 10 * time.Second

// end records what became of the call, and archives what was said.
func (d *Desk) end(ctx context.Context, t *taken, a provider.Answer, failure *provider.Failure, took time.Duration) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endPatience)
	defer cancel()
	row := db.EndCallParams{ID: t.id, Outcome: "answered", Counts: true, AnsweredBy: clean(a.Model), ProviderRequestID: clean(a.RequestID),
		HttpStatus: int32(a.Status), FinishReason: clean(a.FinishReason), InputTokens: a.InputTokens, OutputTokens: a.OutputTokens, // an HTTP status
		LatencyMs: took.Milliseconds()}
	if failure != nil {
		row.Outcome, row.Code = "failed", failure.Code
		row.Counts = !(failure.Waits && t.waits(failure.RetryAfter))
	}
	row.ChargedTokens, row.ChargedMicrousd = t.charge(a, failure)
	err := d.store.InTx(ctx, pgx.TxOptions{}, func(q *db.Queries) (err error) {
		if row.ResponseSha256, err = archive(ctx, q, "application/json", a.Response); err != nil {
			return err
		}
		if row.AnswerSha256, err = archive(ctx, q, "text/plain", []byte(a.Text)); err != nil {
			return err
		}
		n, err := q.EndCall(ctx, row)
		if err == nil && n == 0 {
			err = errors.New("it has ended already")
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("record the end of call %s to %s: %w", t.id, t.Call.Provider, err)
	}
	return nil
}

// waits tells that a wait ends early enough to ask once more.
func (t *taken) waits(d time.Duration) bool {
	return t.Before.IsZero() || time.Until(t.Before) > d+soonest
}

// charge is what the call counts against budgets: what it used, where that is
// known; nothing, where the provider refused to work; else all that it might
// have used.
func (t *taken) charge(a provider.Answer, failure *provider.Failure) (tokens, microUSD int64) {
	if used := a.InputTokens + a.OutputTokens; used > 0 {
		return used, t.provider.Price.of(a.InputTokens, a.OutputTokens)
	}
	if failure != nil && !slices.Contains(perhapsCharged, failure.Code) {
		return 0, 0
	}
	return t.tokens, t.microUSD
}

// perhapsCharged are failures after which nobody knows whether the provider
// did the work. One that says itself that it failed has not.
var perhapsCharged = []string{provider.CodeTimeout, provider.CodeReset, provider.CodeMalformed, provider.CodeEmpty, provider.CodeTruncated,
	provider.CodeCancelled, provider.CodeResponseTooLarge, provider.CodeRefused, provider.CodeWrongModel}

// archive keeps bytes by their digest; nothing is kept of nothing.
func archive(ctx context.Context, q *db.Queries, mediaType string, body []byte) ([]byte, error) {
	if len(body) == 0 {
		return nil, nil
	}
	digest := sha256.Sum256(body)
	return digest[:], q.PutContent(ctx, digest[:], mediaType, body)
}

// failureOf is the provider's failure; an error that is none of its own is one
// that nobody classified, and is tried again.
func failureOf(err error) *provider.Failure {
	if err == nil {
		return nil
	}
	var f *provider.Failure
	if errors.As(err, &f) {
		return f
	}
	return &provider.Failure{Code: provider.CodeServer, Retry: true}
}

// Judge records whether an answer may be used, and if not, what was wrong.
func (d *Desk) Judge(ctx context.Context, id string, accepted bool, complaint string) error {
	verdict := "accepted"
	if !accepted {
		verdict = "refused"
	}
	if err := d.store.JudgeCall(ctx, verdict, complaint, id); err != nil {
		return fmt.Errorf("record the verdict on call %s: %w", id, err)
	}
	return nil
}

// Answered is the answer to the same question where there is one already: a
// worker that died after it was answered leaves it to the next.
func (d *Desk) Answered(ctx context.Context, c Call) (Made, bool, error) {
	t := &taken{Call: c}
	rows, err := d.store.AnsweredCall(ctx, db.AnsweredCallParams{Series: &t.Series, BusinessDate: t.date(), Revision: t.revision(),
		Block: c.Block, Provider: c.Provider, Round: int32(c.Round)})
	if err != nil {
		return Made{}, false, fmt.Errorf("look for an earlier answer: %w", err)
	}
	if len(rows) == 0 {
		return Made{}, false, nil
	}
	return Made{ID: rows[0].ID, Answer: provider.Answer{Text: string(rows[0].Answer), Model: rows[0].AnsweredBy}}, true, nil
}

// Turns are the drafts of a block that a provider has written before a round,
// with what was wrong with them.
func (d *Desk) Turns(ctx context.Context, c Call) ([]provider.Turn, error) {
	t := &taken{Call: c}
	rows, err := d.store.RefusedDrafts(ctx, db.RefusedDraftsParams{Series: &t.Series, BusinessDate: t.date(), Revision: t.revision(),
		Block: c.Block, Provider: c.Provider, Round: int32(c.Round)})
	if err != nil {
		return nil, fmt.Errorf("read earlier drafts: %w", err)
	}
	out := make([]provider.Turn, len(rows))
	for i, r := range rows {
		out[i] = provider.Turn{Answer: string(r.Answer), Complaint: r.Complaint}
	}
	return out, nil
}

// maxHeader bounds what a provider says of itself, in runes.
const maxHeader = 120

// clean bounds and cleans what a provider says of itself.
func clean(s string) string {
	in := []rune(document.Clean(s).String())
	return string(in[:min(len(in), maxHeader)])
}
