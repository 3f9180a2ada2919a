package activities_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/closeofbusiness/cob/activities"
	"github.com/closeofbusiness/cob/calls"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/analysis"
	"github.com/closeofbusiness/cob/report/analysis/provider"
)

const (
	goodDraft = `{"claims":[{"text":"{{fact:findings.open}} findings are open.","stance":"none","facts":["findings.open"]}]}`
	badDraft  = `{"claims":[{"text":"Findings doubled to 12.","stance":"up","facts":["findings.open"]}]}`
)

// model answers one thing after the other, and repeats the last.
type model struct {
	mutex   sync.Mutex
	asked   []provider.Question
	answers []any // a text, or a *provider.Failure
}

func (m *model) Request(q provider.Question) ([]byte, error) { return json.Marshal(q) }

func (m *model) Ask(_ context.Context, q provider.Question) (provider.Answer, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.asked = append(m.asked, q)
	answer := m.answers[min(len(m.asked), len(m.answers))-1]
	if f, failed := answer.(*provider.Failure); failed {
		return provider.Answer{Status: f.Status}, f
	}
	return provider.Answer{Text: answer.(string), Model: "m-1", Status: 200, InputTokens: 10, OutputTokens: 5}, nil
}

// desk sets a model up as the provider "house", with the day's facts fetched.
func (b *bench) desk(m *model, change func(*calls.Limits)) activities.ToDraft {
	b.t.Helper()
	limits := calls.Limits{Calls: 100, Per: time.Minute, Timeout: 10 * time.Second, Block: time.Minute, Attempts: 3, Repairs: 2}
	if change != nil {
		change(&limits)
	}
	b.a.Calls = calls.New(b.a.Store, calls.Provider{Name: "house", Kind: "openai", Model: "m", Asker: m, AnswerTokens: 100, Limits: limits})
	run[activities.Opened](b, b.a.Open, asked)
	run[activities.Known](b, b.a.Await, cycle)
	fetched := run[activities.Fetched](b, b.a.Fetch, first)
	return activities.ToDraft{Revision: first, Facts: fetched.Facts, Block: "summary", Provider: "house", Round: 1, Before: time.Now().Add(time.Minute)}
}

func TestFetchSaysWhoIsToWrite(t *testing.T) {
	t.Parallel()
	for lines, want := range map[string][]activities.Narration{
		"":                              nil,
		"narrative: [rules]":            nil,
		"narrative: [house, rules]":     {{Block: "summary", Within: time.Minute, Providers: []activities.Writer{{Name: "house", Timeout: 10 * time.Second, Repairs: 2}}}},
		"narrative: [elsewhere, house]": {{Block: "summary", Within: time.Minute, Providers: []activities.Writer{{Name: "elsewhere", Missing: true}, {Name: "house", Timeout: 10 * time.Second, Repairs: 2}}}},
	} {
		t.Run(lines, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.series(lines)
			b.desk(&model{answers: []any{goodDraft}}, nil)
			require.Equal(t, want, twice[activities.Fetched](b, b.a.Fetch, first).Narratives)
		})
	}
}

// An accepted draft is the block's narrative; asked again, it is not paid for
// again.
func TestDraft(t *testing.T) {
	t.Parallel()
	b, m := newBench(t), &model{answers: []any{goodDraft}}
	in := b.desk(m, nil)
	require.Equal(t, activities.Drafted{Verdict: activities.VerdictAccepted}, twice[activities.Drafted](b, b.a.Draft, in))
	require.Len(t, m.asked, 1)
	require.Regexp(t, `^00-[0-9a-f]{32}-[0-9a-f]{16}-01$`, m.asked[0].TraceParent)
	analysed := twice[activities.Analysed](b, b.a.Analyse, activities.ToAnalyse{Revision: first, Facts: in.Facts})
	require.Equal(t, []report.Narrative{{Block: "summary", State: report.Written, Provider: "house", Model: "m-1"}}, analysed.Asked)
	n := b.narratives(analysed.Narratives)["summary"]
	require.Equal(t, "1 findings are open.", n.String())
	require.Equal(t, "Written by m-1 (house), each claim checked against the facts.", n.Label)
	require.Equal(t, []string{"findings.open"}, n.Sentences[0].Facts)
	require.NotEmpty(t, n.Sentences[0].Checks)
}

// narratives reads stored narratives.
func (b *bench) narratives(ref report.Ref) (out map[string]analysis.Narrative) {
	b.t.Helper()
	digest, err := ref.Digest()
	require.NoError(b.t, err)
	body, err := b.a.Store.Content(b.t.Context(), digest)
	require.NoError(b.t, err)
	require.NoError(b.t, json.Unmarshal(body, &out))
	return out
}

// A refused draft goes back with what was wrong with it.
func TestARefusedDraftGoesBack(t *testing.T) {
	t.Parallel()
	b, m := newBench(t), &model{answers: []any{badDraft, "no JSON at all", goodDraft}}
	in := b.desk(m, nil)
	drafted := twice[activities.Drafted](b, b.a.Draft, in)
	require.Equal(t, activities.VerdictRefused, drafted.Verdict)
	require.NotContains(t, drafted.Reason, "12", "nothing of what was refused is quoted")
	in.Round = 2
	require.Equal(t, activities.Drafted{Verdict: activities.VerdictRefused, Reason: "the answer is no list of claims"}, twice[activities.Drafted](b, b.a.Draft, in))
	in.Round = 3
	require.Equal(t, activities.VerdictAccepted, twice[activities.Drafted](b, b.a.Draft, in).Verdict)
	require.Len(t, m.asked, 3)
	require.Len(t, m.asked[2].Turns, 2)
	require.Equal(t, badDraft, m.asked[2].Turns[0].Answer)
	require.Contains(t, m.asked[2].Turns[0].Complaint, "claim 1")
}

// What may be mended by trying again says when; what may not is a result.
func TestWhenADraftIsAskedForAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		failure provider.Failure
		limits  func(*calls.Limits)
		want    string // of a result; empty: it is tried again
		least   time.Duration
		most    time.Duration
	}{
		"a server error":               {provider.Failure{Code: provider.CodeServer, Retry: true}, nil, "", 3200 * time.Millisecond, 4800 * time.Millisecond},
		"told to wait":                 {provider.Failure{Code: provider.CodeRateLimited, Retry: true, Waits: true, RetryAfter: 7 * time.Second}, nil, "", 7 * time.Second, 7 * time.Second},
		"told to wait too long":        {provider.Failure{Code: provider.CodeOverloaded, Retry: true, Waits: true, RetryAfter: time.Hour}, nil, "beyond the deadline", 0, 0},
		"the last attempt":             {provider.Failure{Code: provider.CodeTimeout, Retry: true}, func(l *calls.Limits) { l.Attempts = 1 }, "did not answer in time", 0, 0},
		"nothing to be mended":         {provider.Failure{Code: provider.CodeQuota}, nil, "no credit left", 0, 0},
		"no budget":                    {provider.Failure{}, func(l *calls.Limits) { l.TokensPerReport = 1 }, "budget does not allow another call", 0, 0},
		"no place before the deadline": {provider.Failure{}, func(l *calls.Limits) { l.Calls, l.Per = 1, time.Hour }, "leaves no call before the deadline", 0, 0},
		"no place for now":             {provider.Failure{}, func(l *calls.Limits) { l.Calls, l.Per = 1, 20*time.Second }, "", 15 * time.Second, 21 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, m := newBench(t), &model{answers: []any{"{}", &c.failure}}
			in := b.desk(m, c.limits)
			if strings.HasPrefix(name, "no place") {
				_, err := b.a.Calls.Make(t.Context(), calls.Call{Provider: "house", Purpose: calls.Check})
				require.NoError(t, err)
			} else {
				m.answers = []any{&c.failure}
			}
			v, err := b.env.ExecuteActivity(b.a.Draft, in)
			if c.want != "" {
				require.NoError(t, err)
				var drafted activities.Drafted
				require.NoError(t, v.Get(&drafted))
				require.Equal(t, activities.VerdictFailed, drafted.Verdict)
				require.Contains(t, drafted.Reason, c.want)
				return
			}
			var application *temporal.ApplicationError
			require.True(t, errors.As(err, &application), err)
			require.False(t, application.NonRetryable())
			require.True(t, activities.Readable(application.Type()))
			require.GreaterOrEqual(t, application.NextRetryDelay(), c.least)
			require.LessOrEqual(t, application.NextRetryDelay(), c.most)
		})
	}
}

// Where no model wrote, rules do, and the page says why.
func TestRulesWriteWhatModelsDidNot(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	in := b.desk(&model{answers: []any{badDraft}}, nil)
	analysed := twice[activities.Analysed](b, b.a.Analyse, activities.ToAnalyse{Revision: first, Facts: in.Facts,
		Withheld: map[string][]analysis.Outcome{"summary": {{Provider: "house", Refused: true, Reason: "digit"}}}})
	require.Equal(t, []report.Narrative{{Block: "summary", State: report.WithheldFromPage, Reason: "Provider house failed the checks (digit)."}}, analysed.Asked)
	n := b.narratives(analysed.Narratives)["summary"]
	require.Equal(t, analysis.WithheldLabel, n.Label)
	require.NotEmpty(t, n.Sentences)
}
