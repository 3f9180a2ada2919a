package calls

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/closeofbusiness/cob/db"
)

// slack is for how long a call's row outlives its timeout: the answer is on its
// way to the database.
const slack = 2 * time.Second

// take writes the call's row, if rate and budgets allow it. All of it happens
// under one lock, so that two workers never see the same last place.
func (d *Desk) take(ctx context.Context, t *taken) error {
	body, err := t.provider.Asker.Request(t.Question)
	if err != nil {
		return &Refused{"the question cannot be put into a request"}
	}
	t.body = body
	t.reserve()
	var refused error
	err = d.store.InTx(ctx, pgx.TxOptions{}, func(q *db.Queries) error {
		if err := q.LockCalls(ctx); err != nil {
			return err
		}
		refused, err = t.allowed(ctx, q)
		if err != nil || refused != nil {
			return err
		}
		return t.insert(ctx, q)
	})
	if err != nil {
		return fmt.Errorf("record a call to %s: %w", t.Call.Provider, err)
	}
	return refused
}

// allowed says why the call must not be made now. Calls for the same thing that
// a dead worker left behind are marked as lost either way.
func (t *taken) allowed(ctx context.Context, q *db.Queries) (refused, err error) {
	t.attempt = 1
	if t.Series != "" {
		if refused, err = t.attempts(ctx, q); refused != nil || err != nil {
			return refused, err
		}
	}
	wait, err := q.ProviderFreeIn(ctx, t.provider.Limits.Per, t.provider.Name, int32(t.provider.Limits.Calls-1)) // bounded by the settings
	if err != nil {
		return nil, err
	}
	if len(wait) > 0 {
		return &Wait{max(wait[0], 10*time.Millisecond)}, nil
	}
	return t.affordable(ctx, q)
}

// attempts counts what was tried before.
func (t *taken) attempts(ctx context.Context, q *db.Queries) (refused, err error) {
	lost := db.LoseCallsParams{Series: &t.Series, BusinessDate: t.date(), Revision: t.revision(), Block: t.Block, Provider: t.Call.Provider, Round: int32(t.Round)}
	if _, err := q.LoseCalls(ctx, lost); err != nil {
		return nil, err
	}
	n, err := q.Attempts(ctx, db.AttemptsParams(lost))
	if err != nil {
		return nil, err
	}
	if t.attempt = int(n) + 1; t.attempt > t.provider.Limits.Attempts {
		return &Refused{fmt.Sprintf("%d attempts were made", n)}, nil
	}
	return nil, nil
}

// affordable looks at the budgets.
func (t *taken) affordable(ctx context.Context, q *db.Queries) (refused, err error) {
	l := t.provider.Limits
	today, err := q.ChargedToday(ctx)
	if err != nil {
		return nil, err
	}
	var on db.ChargedToReportRow
	if t.Series != "" {
		if on, err = q.ChargedToReport(ctx, &t.Series, t.date(), t.revision()); err != nil {
			return nil, err
		}
	}
	for _, b := range []struct {
		what              string
		used, next, limit int64
	}{
		{"this report's token", on.Tokens, t.tokens, l.TokensPerReport},
		{"this report's cost", on.Microusd, t.microUSD, l.MicroUSDPerReport},
		{"today's token", today.Tokens, t.tokens, l.TokensPerDay},
		{"today's cost", today.Microusd, t.microUSD, l.MicroUSDPerDay},
	} {
		if b.limit > 0 && b.used+b.next > b.limit {
			return &Refused{b.what + " budget does not allow another call"}, nil
		}
	}
	return nil, nil
}

func (t *taken) insert(ctx context.Context, q *db.Queries) error {
	digest := sha256.Sum256(t.body)
	if err := q.PutContent(ctx, digest[:], "application/json", t.body); err != nil {
		return err
	}
	row := db.TakeCallParams{ID: t.id, Provider: t.provider.Name, Kind: t.provider.Kind, Model: t.provider.Model, Parameters: t.parameters(),
		Purpose: t.Purpose, Block: t.Block, Round: int32(max(t.Round, 1)), Attempt: int32(t.attempt), // few
		Lasts: t.lasts + slack, RequestSha256: digest[:], ChargedTokens: t.tokens, ChargedMicrousd: t.microUSD}
	if t.Series != "" {
		row.Series, row.BusinessDate, row.Revision = &t.Series, t.date(), t.revision()
	}
	return q.TakeCall(ctx, row)
}

func (t *taken) date() *time.Time {
	d := t.BusinessDate.Time()
	return &d
}

func (t *taken) revision() *int32 {
	n := int32(t.Call.Revision) // revisions are few
	return &n
}
