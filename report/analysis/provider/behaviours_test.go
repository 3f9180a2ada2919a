package provider_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/dev/fakeai"
	"github.com/closeofbusiness/cob/report/analysis/provider"
)

// anyStatus: the makers have different ones.
const anyStatus = -1

// want is what a misbehaviour is to be called.
type want struct {
	do     fakeai.Behaviour
	code   string
	retry  bool
	after  time.Duration
	waits  bool
	status int
}

func permanent(do fakeai.Behaviour, status int, code string) want {
	return want{do: do, code: code, status: status}
}

func passing(do fakeai.Behaviour, status int, code string) want {
	return want{do: do, code: code, retry: true, status: status}
}

func waiting(do fakeai.Behaviour, status int, code string, after time.Duration) want {
	return want{do: do, code: code, retry: true, after: after, waits: true, status: status}
}

var behaviours = map[string]want{
	"429":              passing(fakeai.RateLimit(""), 429, provider.CodeRateLimited),
	"429 seconds":      waiting(fakeai.RateLimit("7"), 429, provider.CodeRateLimited, 7*time.Second),
	"429 no wait":      waiting(fakeai.RateLimit("0"), 429, provider.CodeRateLimited, 0),
	"429 hours":        waiting(fakeai.RateLimit("86400"), 429, provider.CodeRateLimited, 10*time.Minute),
	"429 past date":    waiting(fakeai.RateLimit("Fri, 20 Nov 2015 18:00:00 GMT"), 429, provider.CodeRateLimited, 0),
	"429 future date":  waiting(fakeai.RateLimit("Fri, 20 Nov 2126 18:00:00 GMT"), 429, provider.CodeRateLimited, 10*time.Minute),
	"429 soon":         passing(fakeai.RateLimit("soon"), 429, provider.CodeRateLimited),
	"429 milliseconds": waiting(fakeai.RateLimitMS("1500"), 429, provider.CodeRateLimited, 1500*time.Millisecond),
	"503":              passing(fakeai.Unavailable(""), 503, provider.CodeOverloaded),
	"503 seconds":      waiting(fakeai.Unavailable("3"), 503, provider.CodeOverloaded, 3*time.Second),
	"529":              passing(fakeai.Overloaded529(""), 529, provider.CodeOverloaded),
	"529 seconds":      waiting(fakeai.Overloaded529("3"), 529, provider.CodeOverloaded, 3*time.Second),
	"500":              passing(fakeai.Status(500), 500, provider.CodeServer),
	"502":              passing(fakeai.Raw(502, "text/html", "<h1>Bad Gateway</h1>"), 502, provider.CodeServer),
	"504":              passing(fakeai.Status(504), 504, provider.CodeServer),
	"408":              passing(fakeai.Status(408), 408, provider.CodeTimeout),
	"409":              passing(fakeai.Status(409), 409, provider.CodeConflict),
	"400":              permanent(fakeai.Status(400), 400, provider.CodeBadRequest),
	"401":              permanent(fakeai.Status(401), 401, provider.CodeUnauthorized),
	"402":              permanent(fakeai.Status(402), 402, provider.CodeQuota),
	"403":              permanent(fakeai.Status(403), 403, provider.CodeUnauthorized),
	"404":              permanent(fakeai.Status(404), 404, provider.CodeNotFound),
	"413":              permanent(fakeai.Status(413), 413, provider.CodeTooLarge),
	"422":              permanent(fakeai.Status(422), 422, provider.CodeBadRequest),
	"418 with a page":  permanent(fakeai.Raw(418, "text/html", "<h1>teapot</h1>"), 418, provider.CodeBadRequest),
	"redirect":         permanent(fakeai.Redirect("http://127.0.0.1:1/"), 307, provider.CodeRedirect),
	"redirect nowhere": permanent(fakeai.Raw(302, "application/json", `{"object":"chat.completion"}`), 302, provider.CodeRedirect),
	"refusal":          permanent(fakeai.Refusal("I would rather not."), 200, provider.CodeRefused),
	"filtered":         permanent(fakeai.Filtered(), 200, provider.CodeRefused),
	"length":           permanent(fakeai.Truncated(`{"text":"It r`), 200, provider.CodeTruncated),
	"wrong model":      permanent(fakeai.WrongModel("another-model", "{}"), 200, provider.CodeWrongModel),
	"no text":          passing(fakeai.Empty(), 200, provider.CodeEmpty),
	"blank text":       passing(fakeai.Answer(" \n"), 200, provider.CodeEmpty),
	"no body":          passing(fakeai.EmptyBody(), 200, provider.CodeEmpty),
	"204":              passing(fakeai.Raw(204, "application/json", ""), 204, provider.CodeEmpty),
	"half of JSON":     passing(fakeai.TruncatedJSON("{}"), 200, provider.CodeMalformed),
	"a page":           passing(fakeai.NotJSON(), 200, provider.CodeMalformed),
	"two answers":      passing(fakeai.Raw(200, "application/json", "{} {}"), 200, provider.CodeMalformed),
	"another shape":    permanent(fakeai.WrongShape(), 200, provider.CodeMalformed),
	"null":             permanent(fakeai.Raw(200, "application/json", "null"), 200, provider.CodeMalformed),
	"a number":         permanent(fakeai.Raw(200, "application/json", "17"), 200, provider.CodeMalformed),
	"JSON as text":     permanent(fakeai.Raw(200, "text/plain", `{"choices":[]}`), 200, provider.CodeMalformed),
	"reset":            passing(fakeai.Reset(), 0, provider.CodeReset),
	"reset midway":     passing(fakeai.ResetMidway(`{"text":"It rose."}`), 200, provider.CodeReset),
	"two megabytes":    permanent(fakeai.Big(2<<20), 200, provider.CodeResponseTooLarge),
	"slow headers":     passing(fakeai.SlowHeaders(time.Minute, fakeai.Answer("{}")), 0, provider.CodeTimeout),
	"slow body":        passing(fakeai.SlowBody(time.Minute, fakeai.Answer("{}")), 200, provider.CodeTimeout),
	"slow body of 500": passing(fakeai.SlowBody(time.Minute, fakeai.Status(500)), 500, provider.CodeServer),
	"quota":            permanent(fakeai.Quota(), anyStatus, provider.CodeQuota),
}

func TestBehaviours(t *testing.T) {
	t.Parallel()
	for name, w := range behaviours {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, w.do, func(t *testing.T, s *fakeai.Server, c provider.Config) {
				if w.code == provider.CodeTimeout || name == "slow body of 500" {
					c.Timeout = time.Second
				}
				a, err := started(t, c).Ask(t.Context(), question())
				f := failed(t, err)
				require.Equal(t, w.code, f.Code)
				require.Equal(t, w.retry, f.Retry)
				require.Equal(t, w.after, f.RetryAfter)
				require.Equal(t, w.waits, f.Waits)
				if w.status != anyStatus {
					require.Equal(t, w.status, f.Status)
				}
				require.Equal(t, f.Status, a.Status)
				require.Equal(t, f.RequestID, a.RequestID)
				require.NotEmpty(t, a.Request)
				require.LessOrEqual(t, len(a.Response), 1<<20)
				require.Len(t, s.Requests(), 1, "nothing is repeated here")
				discreet(t, f, c)
			})
		})
	}
}

// discreet: a failure quotes neither key nor question nor answer nor address.
func discreet(t *testing.T, f *provider.Failure, c provider.Config) {
	t.Helper()
	require.NotEmpty(t, f.Error())
	for _, text := range []string{f.Error(), fmt.Sprintf("%+v %#v", f, *f)} {
		for _, hidden := range []string{key, secret, "findings.open", "127.0.0.1", "quota.", "rather not", c.BaseURL} {
			require.NotContains(t, text, hidden)
		}
	}
}

// What an answer cost counts even where it is of no use.
func TestTokensOfUselessAnswers(t *testing.T) {
	t.Parallel()
	for _, do := range []fakeai.Behaviour{fakeai.Refusal("no, thank you"), fakeai.Truncated("{"), fakeai.WrongModel("another", "{}")} {
		each(t, do, func(t *testing.T, _ *fakeai.Server, c provider.Config) {
			a, err := started(t, c).Ask(t.Context(), question())
			require.Error(t, err)
			require.Positive(t, a.InputTokens)
			require.Positive(t, a.OutputTokens)
			require.NotEmpty(t, a.FinishReason)
			require.NotEmpty(t, a.Response)
			require.Equal(t, "req_00000001", a.RequestID)
		})
	}
}

// An answer of another schema is an answer: what it claims is checked elsewhere.
func TestWrongSchemaIsAnAnswer(t *testing.T) {
	t.Parallel()
	each(t, fakeai.WrongSchema(), func(t *testing.T, _ *fakeai.Server, c provider.Config) {
		a, err := started(t, c).Ask(t.Context(), question())
		require.NoError(t, err)
		require.JSONEq(t, `{"verdict":"all is well","score":10}`, a.Text)
	})
}

func TestSlowButInTime(t *testing.T) {
	t.Parallel()
	each(t, fakeai.SlowHeaders(50*time.Millisecond, fakeai.SlowBody(50*time.Millisecond, fakeai.Answer("{}"))), func(t *testing.T, _ *fakeai.Server, c provider.Config) {
		a, err := started(t, c).Ask(t.Context(), question())
		require.NoError(t, err)
		require.Equal(t, "{}", a.Text)
	})
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	for _, do := range []fakeai.Behaviour{
		fakeai.SlowHeaders(time.Minute, fakeai.Empty()), fakeai.SlowBody(time.Minute, fakeai.Answer("{}")),
	} {
		each(t, do, func(t *testing.T, s *fakeai.Server, c provider.Config) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(300*time.Millisecond, cancel)
			_, err := started(t, c).Ask(ctx, question())
			f := failed(t, err)
			require.Equal(t, provider.CodeCancelled, f.Code)
			require.False(t, f.Retry)
		})
	}
	_, err := started(t, config(provider.OpenAI, "http://127.0.0.1:1")).Ask(ended(), question())
	require.Equal(t, provider.CodeCancelled, failed(t, err).Code)
}

func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// The deadline of the caller counts like the configured one.
func TestDeadlineOfTheCaller(t *testing.T) {
	t.Parallel()
	each(t, fakeai.SlowHeaders(time.Minute, fakeai.Empty()), func(t *testing.T, _ *fakeai.Server, c provider.Config) {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		_, err := started(t, c).Ask(ctx, question())
		require.Equal(t, &provider.Failure{Code: provider.CodeTimeout, Retry: true}, failed(t, err))
	})
}

// The HTTP client's own time limit cancels, and nobody called it off.
func TestTimeLimitOfTheClient(t *testing.T) {
	t.Parallel()
	for _, do := range []fakeai.Behaviour{
		fakeai.SlowHeaders(time.Minute, fakeai.Empty()), fakeai.SlowBody(time.Minute, fakeai.Answer("{}")),
	} {
		each(t, do, func(t *testing.T, _ *fakeai.Server, c provider.Config) {
			c.HTTP.Timeout = 300 * time.Millisecond
			_, err := started(t, c).Ask(t.Context(), question())
			f := failed(t, err)
			require.Equal(t, provider.CodeTimeout, f.Code)
			require.True(t, f.Retry)
		})
	}
}

func TestVersionsOfTheModel(t *testing.T) {
	t.Parallel()
	for answered, same := range map[string]bool{
		model: true, model + "-2026-11-20": true, model + ":latest": true, model + "@20261120": true,
		model + ".1": false, model + "s": false, "vendor/" + model: false, "": true, // the fake fills in the model asked for
	} {
		each(t, fakeai.WrongModel(answered, "{}"), func(t *testing.T, _ *fakeai.Server, c provider.Config) {
			_, err := started(t, c).Ask(t.Context(), question())
			require.Equal(t, same, err == nil, answered)
		})
	}
}

// Azure and others answer 400 where a filter stopped the question.
func TestFaultsInBodies(t *testing.T) {
	t.Parallel()
	for name, w := range map[string]want{
		"filter": permanent(fakeai.Fail(400, "", "content_filter", "filtered"), 400, provider.CodeRefused),
		"length": permanent(fakeai.Fail(400, "", "context_length_exceeded", "too long"), 400, provider.CodeTooLarge),
		"number": permanent(fakeai.Raw(http.StatusBadRequest, "application/json", `{"error":{"code":400}}`), 400, provider.CodeBadRequest),
		"outage": passing(fakeai.Fail(500, "insufficient_quota", "insufficient_quota", "quota."), 500, provider.CodeServer),
		"quota":  permanent(fakeai.Fail(429, "insufficient_quota", "", "quota."), 429, provider.CodeQuota),
	} {
		s := fakeai.New(t, fakeai.Options{Script: fakeai.Always(w.do)})
		s.Start()
		_, err := started(t, config(provider.OpenAI, s.BaseURL(fakeai.OpenAI))).Ask(t.Context(), question())
		f := failed(t, err)
		require.Equal(t, w.code, f.Code, name)
		require.Equal(t, w.status, f.Status, name)
		require.Equal(t, w.retry, f.Retry, name)
	}
}

// Longer answers than the makers' libraries let through unasked.
func TestLongAnswers(t *testing.T) {
	t.Parallel()
	each(t, fakeai.Answer("{}"), func(t *testing.T, s *fakeai.Server, c provider.Config) {
		c.AnswerTokens = 60_000
		_, err := started(t, c).Ask(t.Context(), question())
		require.NoError(t, err)
		require.EqualValues(t, 60_000, s.Requests()[0].MaxTokens)
	})
}
