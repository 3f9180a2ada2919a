package provider

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// canned answers every request with one response.
type canned struct {
	status int
	body   string
}

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	header := http.Header{"Content-Type": {"application/json"}, "Request-Id": {c.body}, "X-Request-Id": {c.body}}
	return &http.Response{StatusCode: c.status, Header: header, Body: io.NopCloser(strings.NewReader(c.body)), Request: r}, nil
}

// Whatever a provider sends, there is an answer with text or a failure with a code.
func FuzzBodies(f *testing.F) {
	for _, body := range []string{
		`{"object":"chat.completion","model":"m","choices":[{"message":{"content":"{}"},"finish_reason":"stop"}],"usage":{"prompt_tokens":-1}}`,
		`{"type":"message","model":"m","content":[{"type":"text","text":"{}"},{"type":"novelty"}],"stop_reason":"end_turn","usage":{"input_tokens":1e30}}`,
		`{"choices":[null]}`, `{"choices":{"a":1}}`, `{"content":"text"}`, `{"type":"message","content":[{"type":17}]}`,
		`{"error":{"code":"insufficient_quota"}}`, `{"error":"text"}`, `[]`, `null`, ``, `{`, "\x00\xff",
	} {
		f.Add(200, body)
		f.Add(400, body)
		f.Add(529, body)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 {
			return
		}
		for _, kind := range []string{OpenAI, Anthropic} {
			p, err := New(Config{Kind: kind, BaseURL: "https://provider.example", Model: "m", HTTP: &http.Client{Transport: canned{status, body}}})
			require.NoError(t, err)
			a, err := p.Ask(t.Context(), Question{Schema: json.RawMessage(`{"type":"object"}`)})
			require.Equal(t, status, a.Status)
			require.GreaterOrEqual(t, a.InputTokens, int64(0))
			require.GreaterOrEqual(t, a.OutputTokens, int64(0))
			require.LessOrEqual(t, len(a.RequestID), 128)
			if err == nil {
				require.Equal(t, 2, status/100)
				require.NotEmpty(t, strings.TrimSpace(a.Text))
				require.True(t, utf8.ValidString(a.Text))
				continue
			}
			var failed *Failure
			require.ErrorAs(t, err, &failed)
			require.Contains(t, kinds, failed.Code)
		}
	})
}

// Local servers leave much out; caches are counted apart.
func TestBodies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind, body    string
		input, output int64
	}{
		{OpenAI, `{"model":"m","choices":[{"message":{"role":"assistant","content":"{}"},"finish_reason":"stop"}]}`, 0, 0},
		{OpenAI, `{"model":"m","choices":[{"message":{"content":"{}"},"finish_reason":"stop"}],"usage":{"prompt_tokens":-1,"completion_tokens":2}}`, 0, 2},
		{Anthropic, `{"type":"message","model":"m","content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"{"},{"type":"text","text":"}"}],"stop_reason":"end_turn",` +
			`"usage":{"input_tokens":1,"cache_creation_input_tokens":10,"cache_read_input_tokens":100,"output_tokens":7}}`, 111, 7},
	} {
		p, err := New(Config{Kind: c.kind, BaseURL: "https://provider.example", Model: "m", HTTP: &http.Client{Transport: canned{200, c.body}}})
		require.NoError(t, err)
		a, err := p.Ask(t.Context(), Question{Schema: json.RawMessage(`{"type":"object"}`)})
		require.NoError(t, err, c.body)
		require.Equal(t, "{}", a.Text)
		require.Equal(t, []int64{c.input, c.output}, []int64{a.InputTokens, a.OutputTokens}, c.body)
	}
}

// Every code has a text, none of which is another's.
func TestCodes(t *testing.T) {
	t.Parallel()
	texts := map[string]string{}
	for code, kind := range kinds {
		require.NotEmpty(t, kind.text, code)
		require.NotContains(t, texts, kind.text, code)
		texts[kind.text] = code
		require.Equal(t, kind.retry, failure(code).Retry)
	}
}
