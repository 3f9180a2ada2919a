package provider

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"
	"github.com/anthropics/anthropic-sdk-go/packages/param"
)

// messages speaks Anthropic's Messages.
type messages struct {
	service anthropic.MessageService
	model   string
	tokens  int64
}

// newAnthropic takes nothing from the environment, which could name another
// address, another key, more headers, or send the texts to a tracing backend.
func newAnthropic(c Config) messages {
	client := anthropic.NewClient(option.WithoutEnvironmentDefaults(), option.WithoutOpenTelemetry(),
		option.WithBaseURL(c.BaseURL), option.WithMaxRetries(0),
		// Instead of the library's own 10 min.
		option.WithRequestTimeout(c.Timeout))
	return messages{service: client.Messages, model: c.Model, tokens: c.AnswerTokens}
}

func (m messages) body(q Question) ([]byte, error) {
	said := []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock(q.Data))}
	for _, t := range q.Turns {
		answer := t.Answer
		if strings.TrimSpace(answer) == "" {
			answer = "{}" // a blank text is refused
		}
		said = append(said, anthropic.NewAssistantMessage(anthropic.NewTextBlock(answer)), anthropic.NewUserMessage(anthropic.NewTextBlock(t.Complaint)))
	}
	// As raw JSON the schema keeps the order of its properties, in which the model writes them.
	format, err := json.Marshal(struct {
		Type   string          `json:"type"`
		Schema json.RawMessage `json:"schema"`
	}{"json_schema", q.Schema})
	if err != nil {
		return nil, err
	}
	return anthropic.MessageNewParams{
		Model:        anthropic.Model(m.model),
		MaxTokens:    m.tokens,
		System:       []anthropic.TextBlockParam{{Text: q.Instructions}},
		Messages:     said,
		OutputConfig: anthropic.OutputConfigParam{Format: param.Override[anthropic.JSONOutputFormatParam](json.RawMessage(format))},
	}.MarshalJSON()
}

func (m messages) send(ctx context.Context, c call) (reply, error) {
	options := []option.RequestOption{option.WithHTTPClient(c.client), option.WithRequestBody("application/json", c.body)}
	if c.key != "" {
		options = append(options, option.WithAPIKey(c.key))
	}
	for name, value := range c.header {
		options = append(options, option.WithHeader(name, value))
	}
	said, err := m.service.New(ctx, anthropic.MessageNewParams{}, options...)
	if err != nil {
		return reply{}, err
	}
	return readAnthropic(said), nil
}

func readAnthropic(said *anthropic.Message) reply {
	if said == nil || said.Type != "message" {
		return reply{code: CodeMalformed}
	}
	r := reply{
		model: string(said.Model), finish: string(said.StopReason), output: said.Usage.OutputTokens,
		input: said.Usage.InputTokens + said.Usage.CacheCreationInputTokens + said.Usage.CacheReadInputTokens,
	}
	for _, block := range said.Content {
		if block.Type == "text" {
			r.text += block.Text
		}
	}
	switch r.finish {
	case "end_turn", "stop_sequence":
	case "refusal":
		r.code = CodeRefused
	case "max_tokens", "model_context_window_exceeded":
		r.code = CodeTruncated
	default:
		r.code = CodeMalformed
	}
	return r
}

// fault reads {"type":"error","error":{"type":…}}.
func (messages) fault(body []byte) string {
	var e struct {
		Error struct {
			Type string `json:"type"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &e) == nil && e.Error.Type == "billing_error" {
		return CodeQuota
	}
	return ""
}

func (messages) requestID() string { return "Request-Id" }
