package activities

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/closeofbusiness/cob/calls"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/fact"
)

// ToDraft asks one provider for one draft of a block's narrative.
type ToDraft struct {
	Revision
	Facts    report.Ref `json:"facts"`
	Block    string     `json:"block"`
	Provider string     `json:"provider"`
	Round    int        `json:"round"` // 1: the first draft; then its repairs
	// Before is when the block's narrative is needed at the latest.
	Before time.Time `json:"before"`
}

// Drafted is what became of a draft.
type Drafted struct {
	Verdict string `json:"verdict"` // accepted, refused, failed
	// Reason says what is wrong with it, or why there is none.
	Reason string `json:"reason,omitempty"`
}

// The verdicts. Refused: the draft failed the checks, and may be repaired.
// Failed: the provider wrote none and will not.
const (
	VerdictAccepted = "accepted"
	VerdictRefused  = "refused"
	VerdictFailed   = "failed"
)

// task is what a provider is asked, and what becomes of its answer.
type task struct {
	call  calls.Call
	judge func(context.Context, calls.Made) (Drafted, error)
}

// ask asks the provider, unless it has answered this very question before. It
// fails only where trying again may help, and says when; a provider that will
// not answer is a result.
func (a *Activities) ask(ctx context.Context, in ToDraft, prepare func(context.Context, ToDraft) (*task, error)) (Drafted, error) {
	out, err := heartbeating(ctx, func(ctx context.Context) (Drafted, error) {
		t, err := prepare(ctx, in)
		if err != nil {
			return Drafted{}, err
		}
		if t == nil { // nothing to ask
			return Drafted{Verdict: VerdictAccepted}, nil
		}
		made, answered, err := a.Calls.Answered(ctx, t.call)
		if err != nil {
			return Drafted{}, err
		}
		if !answered {
			if made, err = a.Calls.Make(ctx, t.call); err != nil {
				return in.unanswered(err)
			}
		}
		return t.judge(ctx, made)
	})
	if err != nil {
		return Drafted{}, a.askAgain(ctx, in, err)
	}
	log(ctx, in.Revision).Info("answered", "block", in.Block, "provider", in.Provider, "round", in.Round, "verdict", out.Verdict)
	return out, nil
}

func (in ToDraft) call(purpose, block string) calls.Call {
	return calls.Call{Provider: in.Provider, Purpose: purpose, Series: in.Series, BusinessDate: in.BusinessDate, Revision: in.Revision.Revision,
		Block: block, Round: in.Round, Before: in.Before}
}

func (a *Activities) refuse(ctx context.Context, made calls.Made, reason, complaint string) (Drafted, error) {
	return Drafted{VerdictRefused, reason}, a.Calls.Judge(ctx, made.ID, false, complaint)
}

// traceParent is the W3C trace context of a call: the run is the trace.
func traceParent(ctx context.Context) string {
	trace := strings.ReplaceAll(activity.GetInfo(ctx).WorkflowExecution.RunID, "-", "")
	if len(trace) != 32 {
		trace = fmt.Sprintf("%016x%016x", rand.Uint64(), rand.Uint64()) // #nosec G404 -- an identifier, no secret
	}
	return fmt.Sprintf("00-%s-%016x-01", trace, rand.Uint64()|1) // #nosec G404 -- an identifier, no secret
}

// unanswered turns a call that gave nothing into a result, or into an error
// where it should be made again.
func (in ToDraft) unanswered(err error) (Drafted, error) {
	var refused *calls.Refused
	if errors.As(err, &refused) {
		return Drafted{VerdictFailed, refused.Why}, nil
	}
	var wait *calls.Wait
	if errors.As(err, &wait) && !in.inTime(wait.For) {
		return Drafted{VerdictFailed, "the rate limit leaves no call before the deadline"}, nil
	}
	var failed *calls.Failed
	if !errors.As(err, &failed) {
		return Drafted{}, err
	}
	switch {
	case !failed.Retry:
		return Drafted{VerdictFailed, failed.Error()}, nil
	case failed.Waits:
		if !in.inTime(failed.RetryAfter) {
			return Drafted{VerdictFailed, failed.Error() + ", beyond the deadline"}, nil
		}
	case failed.Last:
		return Drafted{VerdictFailed, repeated(failed)}, nil
	}
	return Drafted{}, err
}

// repeated is the failure that came at the last attempt.
func repeated(f *calls.Failed) string {
	if f.Attempt < 2 {
		return f.Error()
	}
	return fmt.Sprintf("%s, %s times", f.Error(), fact.Word(int64(f.Attempt)))
}

func (in ToDraft) inTime(wait time.Duration) bool { return time.Now().Add(wait).Before(in.Before) }

// askAgain says when to try again. Waiting for the rate limit and waiting
// because the provider asked for it are no failures.
func (a *Activities) askAgain(ctx context.Context, in ToDraft, err error) error {
	var wait *calls.Wait
	if errors.As(err, &wait) {
		return later(rateLimit, wait.Error(), wait.For+rand.N(200*time.Millisecond), temporal.ApplicationErrorCategoryBenign) // #nosec G404 -- jitter
	}
	var failed *calls.Failed
	if !errors.As(err, &failed) {
		return failure(err)
	}
	log(ctx, in.Revision).Warn("no answer", "block", in.Block, "provider", in.Provider, "round", in.Round, "try", failed.Attempt, "code", failed.Code)
	if failed.Waits {
		return later(providerWaits, failed.Error(), failed.RetryAfter, temporal.ApplicationErrorCategoryBenign)
	}
	return later(noAnswer, fmt.Sprintf("%s (attempt %d)", failed.Error(), failed.Attempt), backoff(failed.Attempt), temporal.ApplicationErrorCategoryUnspecified)
}

// The types of the errors after which a draft is asked for again.
const (
	rateLimit     = "RateLimit"
	providerWaits = "ProviderWaits"
	noAnswer      = "NoAnswer"
)

// Readable tells whether the message of an error of that type may stand on the
// page: it is of our own words.
func Readable(kind string) bool {
	return kind == rateLimit || kind == providerWaits || kind == noAnswer
}

func later(kind, message string, after time.Duration, category temporal.ApplicationErrorCategory) error {
	return temporal.NewApplicationErrorWithOptions(message, kind, temporal.ApplicationErrorOptions{NextRetryDelay: max(after, 10*time.Millisecond), Category: category})
}

// The waits between attempts: 4 s, then 8 s, give or take a fifth, 10 s at most.
const (
	firstBackoff = 4 * time.Second
	mostBackoff  = 10 * time.Second
)

func backoff(attempt int) time.Duration {
	wait := firstBackoff << min(max(attempt-1, 0), 4)
	return min(time.Duration(float64(wait)*(0.8+0.4*rand.Float64())), mostBackoff) // #nosec G404 -- jitter
}
