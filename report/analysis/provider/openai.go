package provider

import (
	"context"
	"encoding/json"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/shared"
)

// openAI speaks chat completions: of OpenAI, and of the many servers that speak like it.
type openAI struct {
	service openai.ChatCompletionService
	model   string
	tokens  int64
}

// newOpenAI builds the one service alone: openai.NewClient would read address,
// keys and headers from the environment.
func newOpenAI(c Config) openAI {
	return openAI{
		service: openai.NewChatCompletionService(option.WithBaseURL(c.BaseURL), option.WithMaxRetries(0)),
		model:   c.Model, tokens: c.AnswerTokens,
	}
}

func (o openAI) params(q Question) openai.ChatCompletionNewParams {
	messages := []openai.ChatCompletionMessageParamUnion{openai.SystemMessage(q.Instructions), openai.UserMessage(q.Data)}
	for _, t := range q.Turns {
		messages = append(messages, openai.AssistantMessage(t.Answer), openai.UserMessage(t.Complaint))
	}
	format := shared.ResponseFormatJSONSchemaParam{JSONSchema: shared.ResponseFormatJSONSchemaJSONSchemaParam{
		Name: q.SchemaName, Strict: openai.Bool(true), Schema: q.Schema,
	}}
	return openai.ChatCompletionNewParams{
		Model:               o.model,
		Messages:            messages,
		MaxCompletionTokens: openai.Int(o.tokens),
		ResponseFormat:      openai.ChatCompletionNewParamsResponseFormatUnion{OfJSONSchema: &format},
		// Nothing is to be kept there. Temperature stays unset: newer models refuse it.
		Store: openai.Bool(false),
	}
}

func (o openAI) body(q Question) ([]byte, error) { return o.params(q).MarshalJSON() }

func (o openAI) send(ctx context.Context, c call) (reply, error) {
	options := []option.RequestOption{option.WithHTTPClient(c.client), option.WithRequestBody("application/json", c.body)}
	if c.key != "" {
		options = append(options, option.WithAPIKey(c.key))
	}
	for name, value := range c.header {
		options = append(options, option.WithHeader(name, value))
	}
	said, err := o.service.New(ctx, openai.ChatCompletionNewParams{}, options...)
	if err != nil {
		return reply{}, err
	}
	return readOpenAI(said), nil
}

func readOpenAI(said *openai.ChatCompletion) reply {
	if said == nil || len(said.Choices) != 1 {
		return reply{code: CodeMalformed}
	}
	choice := said.Choices[0]
	r := reply{
		text: choice.Message.Content, model: said.Model, finish: choice.FinishReason,
		input: said.Usage.PromptTokens, output: said.Usage.CompletionTokens,
	}
	switch {
	case choice.Message.Refusal != "" || r.finish == "content_filter":
		r.code = CodeRefused
	case r.finish == "length":
		r.code = CodeTruncated
	case r.finish != "stop":
		r.code = CodeMalformed
	}
	return r
}

// fault reads {"error":{"code":…,"type":…}}.
func (openAI) fault(body []byte) string {
	var e struct {
		Error struct {
			Code any    `json:"code"` // a string, with some servers a number
			Type string `json:"type"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &e) != nil {
		return ""
	}
	switch {
	case e.Error.Code == "insufficient_quota" || e.Error.Type == "insufficient_quota":
		return CodeQuota
	case e.Error.Code == "context_length_exceeded":
		return CodeTooLarge
	case e.Error.Code == "content_filter":
		return CodeRefused
	}
	return ""
}

func (openAI) requestID() string { return "X-Request-Id" }
