// Package calls makes calls to AI providers, each within its limits and with a
// row of its own, written before the call is made.
package calls

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/analysis/provider"
)

// Asker asks one question of one provider. Both methods see the same question.
type Asker interface {
	// Request is the body that Ask will send.
	Request(provider.Question) ([]byte, error)
	// Ask returns what is known of the answer also where it fails, which is
	// always with a *provider.Failure.
	Ask(context.Context, provider.Question) (provider.Answer, error)
}

// Provider is one provider with what it may be asked.
type Provider struct {
	Name  string // as cob.yaml has it
	Kind  string // openai, anthropic
	Model string
	Asker Asker
	// AnswerTokens is how long an answer may be.
	AnswerTokens int64
	Price        Price
	Limits       Limits
}

// Price is what tokens cost, in US dollars a million: the same number is
// millionths of a dollar for one. Zero: not known, and not counted.
type Price struct{ Input, Output float64 }

// Limits bound the calls to one provider. Budgets count the calls to all
// providers.
type Limits struct {
	// At most Calls in any window of Per, over all workers.
	Calls int
	Per   time.Duration
	// Timeout bounds one call.
	Timeout time.Duration
	// Block is how long a block's narrative may take in all.
	Block time.Duration
	// Attempts is how often one thing is asked in all.
	Attempts int
	// Repairs is how often a refused draft goes back.
	Repairs int
	// The budgets; zero: none. A day is UTC's.
	TokensPerReport, TokensPerDay     int64
	MicroUSDPerReport, MicroUSDPerDay int64
}

// Desk is where calls are made.
type Desk struct {
	store     *db.Store
	providers []Provider
}

// New makes a desk for these providers.
func New(store *db.Store, providers ...Provider) *Desk {
	return &Desk{store: store, providers: providers}
}

// Providers lists the providers in the order in which they were declared.
func (d *Desk) Providers() []Provider { return slices.Clone(d.providers) }

// Provider is the one of that name. A nil desk has none.
func (d *Desk) Provider(name string) (Provider, bool) {
	if d == nil {
		return Provider{}, false
	}
	i := slices.IndexFunc(d.providers, func(p Provider) bool { return p.Name == name })
	if i < 0 {
		return Provider{}, false
	}
	return d.providers[i], true
}

// What calls are for.
const (
	Draft    = "draft"
	Repair   = "repair"
	Excerpts = "excerpts"
	Check    = "check" // belongs to no report
)

// Call is one call to make.
type Call struct {
	Provider string
	Purpose  string
	// The revision and block that it is for; empty for a check.
	Series       string
	BusinessDate report.Date
	Revision     int
	Block        string
	Round        int // 1: the first draft; then its repairs
	Question     provider.Question
	// Before is when it has to have ended. Zero: the provider's own timeout
	// after it began.
	Before time.Time
}

// Made is a call that was answered.
type Made struct {
	ID     string // its X-Request-ID
	Answer provider.Answer
}

// Wait says that the call was not made: no more are allowed just now.
type Wait struct{ For time.Duration }

func (w *Wait) Error() string {
	return fmt.Sprintf("the rate limit is reached; a call is free in %s", w.For.Round(100*time.Millisecond))
}

// Refused says that the call was not made and would not be made later either.
type Refused struct{ Why string }

func (r *Refused) Error() string { return r.Why }

// Failed says that the call was made and not answered.
type Failed struct {
	*provider.Failure
	Attempt int // from 1; one that the provider asked to repeat has its number again
	Last    bool
}

// Unwrap is what the provider said.
func (f *Failed) Unwrap() error { return f.Failure }

// soonest is how much time a call needs at the least.
const soonest = time.Second

// Make makes a call. It fails with a *Wait or a *Refused where it was not made,
// with a *Failed where it was, and with any other error where the database did
// not answer.
func (d *Desk) Make(ctx context.Context, c Call) (Made, error) {
	p, ok := d.Provider(c.Provider)
	if !ok {
		return Made{}, &Refused{fmt.Sprintf("provider %q is not set up here", c.Provider)}
	}
	timeout := p.Limits.Timeout
	if !c.Before.IsZero() {
		timeout = min(timeout, time.Until(c.Before))
	}
	if timeout < soonest {
		return Made{}, &Refused{"the deadline has passed"}
	}
	// The time begins before the row does: once the row has expired, nobody
	// sends anything any more.
	asking, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	t := &taken{Call: c, provider: p, id: uuid.NewString(), lasts: timeout}
	t.Question.RequestID = t.id
	if err := d.take(ctx, t); err != nil {
		return Made{}, err
	}
	began := time.Now()
	answer, asked := p.Asker.Ask(asking, t.Question)
	failure := failureOf(asked)
	if err := d.end(ctx, t, answer, failure, time.Since(began)); err != nil {
		return Made{}, err
	}
	if failure != nil {
		return Made{}, &Failed{Failure: failure, Attempt: t.attempt, Last: t.attempt >= p.Limits.Attempts}
	}
	return Made{ID: t.id, Answer: answer}, nil
}

// taken is a call that has its row.
type taken struct {
	Call
	provider Provider
	id       string
	lasts    time.Duration
	body     []byte
	attempt  int
	tokens   int64 // reserved
	microUSD int64
}

// reserve sets what the call may cost. In JSON of English words and numbers a
// token has three bytes or more; should a call use more all the same, that is
// counted once it is known.
func (t *taken) reserve() {
	in := int64(len(t.body)) / 3
	t.tokens = in + t.provider.AnswerTokens
	t.microUSD = t.provider.Price.of(in, t.provider.AnswerTokens)
}

func (p Price) of(input, output int64) int64 {
	return int64(float64(input)*p.Input + float64(output)*p.Output + 0.5)
}

// parameters is what was asked for beside the model.
func (t *taken) parameters() string {
	b, err := json.Marshal(map[string]any{"answer_tokens": t.provider.AnswerTokens, "schema": t.Question.SchemaName, "timeout": t.lasts.Round(time.Millisecond).String()})
	if err != nil {
		return "" // cannot be: numbers and strings
	}
	return string(b)
}
