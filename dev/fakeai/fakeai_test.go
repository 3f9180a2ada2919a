package fakeai_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/anthropics/anthropic-sdk-go"
	anthropicoption "github.com/anthropics/anthropic-sdk-go/option"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/dev/fakeai"
)

const (
	chat     = `{"model":"m","messages":[{"role":"system","content":"be brief"},{"role":"user","content":"{\"facts\":[{\"id\":\"findings.open\"}]}"}]}`
	messages = `{"model":"m","max_tokens":9,"system":[{"type":"text","text":"be brief"}],"messages":[{"role":"user","content":"hello"}]}`
)

func TestWriterWritesAboutTheFacts(t *testing.T) {
	t.Parallel()
	request := fakeai.Request{Messages: []fakeai.Message{{Role: "user", Text: `The data: {"facts":[{"id":"a{b=c}"},{"id":"d"},{"id":"e"},{"id":"f"}]} That is all.`}}}
	require.Equal(t, `{"claims":[`+
		`{"text":"The report counts {{fact:a{b=c}}}.","stance":"none","facts":["a{b=c}"]},`+
		`{"text":"The report counts {{fact:d}}.","stance":"none","facts":["d"]},`+
		`{"text":"The report counts {{fact:e}}.","stance":"none","facts":["e"]}]}`, fakeai.Writer(request))
	for _, data := range []string{"", "nothing", "}{", `{"facts":17}`} {
		request.Messages[0].Text = data
		require.Equal(t, `{"claims":[]}`, fakeai.Writer(request))
	}
}

func TestSequenceCountsQuestionsOnly(t *testing.T) {
	t.Parallel()
	s := fakeai.New(t, fakeai.Options{Script: fakeai.Sequence(fakeai.Status(500), fakeai.Answer("yes"))})
	url := s.Start()
	for _, want := range []struct {
		path, body string
		status     int
	}{
		{"/v1/messages", "{", 400},
		{"/v1/chat/completions", chat, 500},
		{"/v1/nowhere", chat, 404},
		{"/v1/chat/completions", chat, 200},
		{"/v1/chat/completions", chat, 200},
	} {
		status, _ := post(t, url+want.path, want.body)
		require.Equal(t, want.status, status)
	}
	s.SetScript(fakeai.Always(fakeai.Status(503)))
	status, _ := post(t, url+"/v1/chat/completions", chat)
	require.Equal(t, 503, status)
	requests := s.Requests()
	require.Len(t, requests, 6)
	require.Equal(t, "be brief", requests[1].System)
	require.Equal(t, 5, requests[5].Number)
	require.WithinDuration(t, time.Now(), requests[5].Arrived, time.Minute)
}

func TestScriptSeesTheRequest(t *testing.T) {
	t.Parallel()
	var s *fakeai.Server
	s = fakeai.New(t, fakeai.Options{Script: func(n int, r fakeai.Request) fakeai.Behaviour {
		return fakeai.Answer(fmt.Sprintf("%s asked %s, %d of %d", r.Kind, r.Data(), n, len(s.Requests())))
	}})
	url := s.Start()
	_, body := post(t, url+"/v1/messages", messages)
	require.Contains(t, body, "anthropic asked hello, 0 of 1")
}

func TestRefusesWhatTheRealOnesRefuse(t *testing.T) {
	t.Parallel()
	s := fakeai.New(t, fakeai.Options{})
	url := s.Start()
	open := func(schema string) string {
		return strings.Replace(chat, `"model"`, `"response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":`+schema+`}},"model"`, 1)
	}
	for name, c := range map[string]struct {
		path, body, says string
	}{
		"no model":         {"/v1/chat/completions", `{"messages":[]}`, "model"},
		"no messages":      {"/v1/chat/completions", `{"model":"m"}`, "messages"},
		"no limit":         {"/v1/messages", strings.Replace(messages, `"max_tokens":9,`, "", 1), "max_tokens"},
		"blank text":       {"/v1/messages", strings.Replace(messages, "hello", " ", 1), "non-whitespace"},
		"open object":      {"/v1/chat/completions", open(`{"type":"object"}`), "additionalProperties"},
		"optional":         {"/v1/chat/completions", open(`{"type":"object","additionalProperties":false,"properties":{"a":{}}}`), "'a' is missing"},
		"bounds":           {"/v1/chat/completions", open(`{"type":"array","items":{"type":"string","maxLength":3}}`), "maxLength"},
		"schema is a text": {"/v1/chat/completions", open(`"object"`), "must be an object"},
		"bounds within": {"/v1/messages", strings.Replace(messages, `"model"`, `"output_config":{"format":{"type":"json_schema","schema":`+
			`{"type":"object","additionalProperties":false,"required":["a"],"properties":{"a":{"minimum":1}}}}},"model"`, 1), "schema.a: 'minimum'"},
	} {
		status, body := post(t, url+c.path, c.body)
		require.Equal(t, 400, status, name)
		require.Contains(t, body, c.says, name)
	}
}

// The makers' own libraries read what the fake says, errors and lists included.
func TestOpenAIsLibraryReadsIt(t *testing.T) {
	t.Parallel()
	s := fakeai.New(t, fakeai.Options{Key: "k", Models: []string{"m"}, Script: fakeai.Always(fakeai.Quota())})
	s.Start()
	client := openai.NewClient(option.WithBaseURL(s.BaseURL(fakeai.OpenAI)), option.WithAPIKey("k"), option.WithMaxRetries(0))
	models, err := client.Models.List(t.Context())
	require.NoError(t, err)
	require.Equal(t, "m", models.Data[0].ID)

	ask := openai.ChatCompletionNewParams{Model: "m", Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage("hello")}}
	_, err = client.Chat.Completions.New(t.Context(), ask)
	var failed *openai.Error
	require.ErrorAs(t, err, &failed)
	require.Equal(t, "insufficient_quota", failed.Code)
	require.Equal(t, "insufficient_quota", failed.Type)

	_, err = client.Chat.Completions.New(t.Context(), ask, option.WithAPIKey("other"))
	require.ErrorAs(t, err, &failed)
	require.Equal(t, "invalid_api_key", failed.Code)
	ask.Model = "another"
	_, err = client.Chat.Completions.New(t.Context(), ask)
	require.ErrorAs(t, err, &failed)
	require.Equal(t, "model_not_found", failed.Code)
}

func TestAnthropicsLibraryReadsIt(t *testing.T) {
	t.Parallel()
	s := fakeai.New(t, fakeai.Options{Models: []string{"m"}, Script: fakeai.Always(fakeai.Overloaded529("2"))})
	s.Start()
	client := anthropic.NewClient(anthropicoption.WithoutEnvironmentDefaults(), anthropicoption.WithBaseURL(s.BaseURL(fakeai.Anthropic)), anthropicoption.WithMaxRetries(0))
	models, err := client.Models.List(t.Context(), anthropic.ModelListParams{})
	require.NoError(t, err)
	require.Equal(t, "m", models.Data[0].ID)

	_, err = client.Messages.New(t.Context(), anthropic.MessageNewParams{
		Model: "m", MaxTokens: 9, Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock("hello"))},
	})
	var failed *anthropic.Error
	require.ErrorAs(t, err, &failed)
	require.Equal(t, 529, failed.StatusCode)
	require.EqualValues(t, "overloaded_error", failed.Type())
	require.Equal(t, "req_00000002", failed.RequestID)
	require.Equal(t, "2", failed.Response.Header.Get("Retry-After"))
}

func TestIsAHandler(t *testing.T) {
	t.Parallel()
	s := fakeai.New(nil, fakeai.Options{Script: fakeai.Always(fakeai.Answer("yes"))})
	defer s.Close()
	server := httptest.NewServer(s)
	defer server.Close()
	status, body := post(t, server.URL+"/v1/chat/completions", chat)
	require.Equal(t, 200, status)
	require.True(t, json.Valid([]byte(body)))
}

// A test that ends does not wait for what it had made slow.
func TestCloseEndsWhatIsSlow(t *testing.T) {
	t.Parallel()
	s := fakeai.New(t, fakeai.Options{Script: fakeai.Always(fakeai.SlowHeaders(time.Hour, fakeai.Empty()))})
	url := s.Start()
	done := make(chan struct{})
	go func() {
		defer close(done)
		response, err := http.Post(url+"/v1/chat/completions", "application/json", strings.NewReader(chat))
		if err == nil {
			_ = response.Body.Close()
		}
	}()
	require.Eventually(t, func() bool { return len(s.Requests()) == 1 }, 10*time.Second, time.Millisecond)
	s.Close()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("the caller still waits")
	}
}

func post(t *testing.T, url, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	if strings.HasSuffix(url, "/messages") {
		request.Header.Set("Anthropic-Version", "2023-06-01")
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { require.NoError(t, response.Body.Close()) }()
	said, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(said)
}
