package provider_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/dev/fakeai"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/analysis/provider"
)

// Properties out of alphabetical order: they must arrive in this one.
const schema = `{"type":"object","properties":{"text":{"type":"string"},"stance":{"type":"string","enum":["up","down"]}},"required":["text","stance"],"additionalProperties":false}`

const (
	key    = "sk-canary-4711"
	secret = "instructions-canary"
	model  = "model-of-the-house"
)

var kinds = []string{provider.OpenAI, provider.Anthropic}

func question() provider.Question {
	return provider.Question{
		Instructions: secret, Data: `{"facts":[{"id":"findings.open"}]} <&>  é`,
		Turns:      []provider.Turn{{Answer: `{"text":"first"}`, Complaint: "no such fact"}, {Answer: `{"text":"second"}`, Complaint: "still not"}},
		SchemaName: "narrative", Schema: json.RawMessage(schema),
		RequestID: "11111111-2222-4333-8444-555555555555", TraceParent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	}
}

func config(kind, base string) provider.Config {
	return provider.Config{
		Kind: kind, BaseURL: base, Model: model, HTTP: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
		Key: func(context.Context) (string, error) { return key, nil }, AnswerTokens: 700, Timeout: 20 * time.Second,
	}
}

func started(t *testing.T, c provider.Config) *provider.Provider {
	t.Helper()
	p, err := provider.New(c)
	require.NoError(t, err)
	return p
}

// each runs a test against a fake of every kind.
func each(t *testing.T, b fakeai.Behaviour, test func(*testing.T, *fakeai.Server, provider.Config)) {
	t.Helper()
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := fakeai.New(t, fakeai.Options{Script: fakeai.Always(b), Key: key})
			s.Start()
			test(t, s, config(kind, s.BaseURL(kind)))
		})
	}
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	const text = `{"text":"It rose.","stance":"up"}`
	each(t, fakeai.Answer(text), func(t *testing.T, s *fakeai.Server, c provider.Config) {
		p := started(t, c)
		body, err := p.Request(question())
		require.NoError(t, err)
		a, err := p.Ask(t.Context(), question())
		require.NoError(t, err)
		require.Equal(t, text, a.Text)
		require.Equal(t, model, a.Model)
		require.Equal(t, "req_00000001", a.RequestID)
		require.Equal(t, map[string]string{provider.OpenAI: "stop", provider.Anthropic: "end_turn"}[c.Kind], a.FinishReason)
		require.Equal(t, http.StatusOK, a.Status)
		require.EqualValues(t, (len(body)+3)/4, a.InputTokens)
		require.EqualValues(t, (len(text)+3)/4, a.OutputTokens)
		require.Contains(t, string(a.Response), model)

		r := s.Requests()[0]
		require.Equal(t, string(body), string(r.Body), "what is sent is what was announced")
		require.Equal(t, string(body), string(a.Request))
		require.Equal(t, key, r.Key())
		require.Equal(t, question().RequestID, r.Header.Get("X-Request-ID"))
		require.Equal(t, question().TraceParent, r.Header.Get("traceparent"))
	})
}

func TestRequestSaysWhatIsAsked(t *testing.T) {
	t.Parallel()
	each(t, fakeai.Answer("{}"), func(t *testing.T, s *fakeai.Server, c provider.Config) {
		_, err := started(t, c).Ask(t.Context(), question())
		require.NoError(t, err)
		r, q := s.Requests()[0], question()
		require.Equal(t, c.Kind, r.Kind)
		require.Equal(t, model, r.Model)
		require.Equal(t, secret, r.System)
		require.EqualValues(t, 700, r.MaxTokens)
		require.Equal(t, schema, string(r.Schema), "in its own order of properties")
		require.Equal(t, []fakeai.Message{
			{Role: "user", Text: q.Data},
			{Role: "assistant", Text: q.Turns[0].Answer}, {Role: "user", Text: q.Turns[0].Complaint},
			{Role: "assistant", Text: q.Turns[1].Answer}, {Role: "user", Text: q.Turns[1].Complaint},
		}, r.Messages)
		var body map[string]any
		require.NoError(t, json.Unmarshal(r.Body, &body))
		require.NotContains(t, body, "temperature")
		if c.Kind == provider.OpenAI {
			require.Equal(t, false, body["store"])
			require.EqualValues(t, 700, body["max_completion_tokens"])
			format := body["response_format"].(map[string]any)["json_schema"].(map[string]any)
			require.Equal(t, "narrative", format["name"])
			require.Equal(t, true, format["strict"])
		}
	})
}

// An answer that was blank is repeated as one that the makers take.
func TestBlankTurn(t *testing.T) {
	t.Parallel()
	each(t, fakeai.Answer("{}"), func(t *testing.T, _ *fakeai.Server, c provider.Config) {
		q := question()
		q.Turns = []provider.Turn{{Answer: " ", Complaint: "say something"}}
		_, err := started(t, c).Ask(t.Context(), q)
		require.NoError(t, err)
	})
}

func TestNoKeyNoHeader(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		s := fakeai.New(t, fakeai.Options{Script: fakeai.Always(fakeai.Answer("{}"))})
		s.Start()
		c := config(kind, s.BaseURL(kind))
		c.Key = nil
		q := question()
		q.RequestID, q.TraceParent = "", ""
		_, err := started(t, c).Ask(t.Context(), q)
		require.NoError(t, err)
		for _, header := range []string{"Authorization", "X-Api-Key", "X-Request-Id", "Traceparent"} {
			require.NotContains(t, s.Requests()[0].Header, header)
		}
	}
}

func TestKeyIsReadForEveryCall(t *testing.T) {
	t.Parallel()
	each(t, fakeai.Answer("{}"), func(t *testing.T, s *fakeai.Server, c provider.Config) {
		now := "sk-before-rotation"
		c.Key = func(context.Context) (string, error) { return now, nil }
		p := started(t, c)
		_, err := p.Ask(t.Context(), question())
		require.Equal(t, provider.CodeUnauthorized, failed(t, err).Code)
		now = key
		_, err = p.Ask(t.Context(), question())
		require.NoError(t, err)
		require.Len(t, s.Requests(), 2)
	})
}

func TestKeyThatIsNone(t *testing.T) {
	t.Parallel()
	for name, get := range map[string]func(context.Context) (string, error){
		"unreadable": func(context.Context) (string, error) { return "", errors.New("open " + key) },
		"empty":      func(context.Context) (string, error) { return "", nil },
		"two lines":  func(context.Context) (string, error) { return key + "\nX-Other: 1", nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, fakeai.Answer("{}"), func(t *testing.T, s *fakeai.Server, c provider.Config) {
				c.Key = get
				_, err := started(t, c).Ask(t.Context(), question())
				require.Equal(t, &provider.Failure{Code: provider.CodeKey}, failed(t, err))
				require.NotContains(t, err.Error(), key)
				require.Empty(t, s.Requests())
			})
		})
	}
}

// Everything that the libraries read by themselves points at a trap.
func TestEnvironmentCountsForNothing(t *testing.T) {
	trap := fakeai.New(t, fakeai.Options{})
	url := trap.Start()
	for _, name := range []string{"BASE_URL", "API_KEY", "ADMIN_KEY", "AUTH_TOKEN", "ORG_ID", "ORGANIZATION_ID", "PROJECT_ID", "WORKSPACE_ID", "WEBHOOK_SECRET",
		"WEBHOOK_SIGNING_KEY", "PROFILE", "FEDERATION_RULE_ID", "IDENTITY_TOKEN", "SERVICE_ACCOUNT_ID", "LOG", "CONFIG_DIR", "OPEN_TELEMETRY_TRACES_CONTENT_MODE"} {
		t.Setenv("OPENAI_"+name, "trapped")
		t.Setenv("ANTHROPIC_"+name, "trapped")
	}
	for _, maker := range []string{"OPENAI_", "ANTHROPIC_"} {
		t.Setenv(maker+"BASE_URL", url)
		t.Setenv(maker+"CUSTOM_HEADERS", "X-Trapped: trapped\nAuthorization: Bearer trapped\nX-Api-Key: trapped")
	}
	for _, kind := range kinds {
		for _, withKey := range []bool{true, false} {
			s := fakeai.New(t, fakeai.Options{Script: fakeai.Always(fakeai.Answer("{}"))})
			s.Start()
			c := config(kind, s.BaseURL(kind))
			if !withKey {
				c.Key = nil
			}
			_, err := started(t, c).Ask(t.Context(), question())
			require.NoError(t, err)
			require.Len(t, s.Requests(), 1)
			require.NotContains(t, fmt.Sprint(s.Requests()[0].Header), "rapped")
			require.NotContains(t, string(s.Requests()[0].Body), "trapped")
			require.Equal(t, map[bool]string{true: key, false: ""}[withKey], s.Requests()[0].Key())
		}
	}
	require.Empty(t, trap.Requests())
}

func TestNewNamesEveryMistake(t *testing.T) {
	t.Parallel()
	_, err := provider.New(provider.Config{Kind: "abacus", BaseURL: "ftp://x", AnswerTokens: -1, Timeout: -1})
	require.ErrorIs(t, err, report.ErrInvalid)
	for _, part := range []string{"abacus", "model", "HTTP client", "base URL", "tokens", "timeout"} {
		require.ErrorContains(t, err, part)
	}
	for base, kind := range map[string]string{
		"https://user:" + key + "@host": provider.OpenAI, "https://host/v1?key=" + key: provider.OpenAI, "/v1": provider.OpenAI,
		"https://host/v1": provider.Anthropic, "https://host/x/v1/": provider.Anthropic,
	} {
		_, err := provider.New(config(kind, base))
		require.ErrorIs(t, err, report.ErrInvalid, base)
		require.NotContains(t, err.Error(), key)
	}
	for _, kind := range kinds {
		_, err := provider.New(provider.Config{Kind: kind, Model: model, HTTP: http.DefaultClient})
		require.NoError(t, err, "the maker's own address is the default")
	}
}

func TestQuestionThatCannotBeAsked(t *testing.T) {
	t.Parallel()
	each(t, fakeai.Answer("{}"), func(t *testing.T, s *fakeai.Server, c provider.Config) {
		p := started(t, c)
		for name, q := range map[string]provider.Question{
			"no schema":   {},
			"not JSON":    {Schema: json.RawMessage("{")},
			"null":        {Schema: json.RawMessage("null")},
			"schema name": {Schema: json.RawMessage("{}"), SchemaName: "a b"},
			"long name":   {Schema: json.RawMessage("{}"), SchemaName: strings.Repeat("a", 65)},
		} {
			_, err := p.Request(q)
			require.ErrorIs(t, err, report.ErrInvalid, name)
			_, err = p.Ask(t.Context(), q)
			require.Equal(t, &provider.Failure{Code: provider.CodeBadRequest}, failed(t, err), name)
		}
		require.Empty(t, s.Requests())
	})
}

func failed(t *testing.T, err error) *provider.Failure {
	t.Helper()
	var f *provider.Failure
	require.ErrorAs(t, err, &f)
	return f
}
