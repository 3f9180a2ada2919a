package fakeai

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// The kinds of interfaces.
const (
	OpenAI    = "openai"
	Anthropic = "anthropic"
)

// Request is one request as it came, and what it says.
type Request struct {
	Number       int // from 0, over all requests
	Arrived      time.Time
	Method, Path string
	Header       http.Header
	Body         []byte

	Kind   string // OpenAI or Anthropic
	Model  string
	System string
	// Messages are all but the system's, in order: the data, then answers and complaints in turn.
	Messages  []Message
	MaxTokens int64
	// Schema is the JSON Schema that the answer is to have.
	Schema json.RawMessage

	wrong string // why it is refused; empty: it is not
	ctx   context.Context
}

// Message is what one side said.
type Message struct{ Role, Text string }

// Data is the first thing that the user said: what the question is about.
func (r Request) Data() string {
	for _, m := range r.Messages {
		if m.Role == "user" {
			return m.Text
		}
	}
	return ""
}

// Key is the key that came with the request; empty: none.
func (r Request) Key() string {
	if r.Kind == Anthropic {
		return r.Header.Get("X-Api-Key")
	}
	key, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return key
}

// wire holds the fields of both interfaces that count here.
type wire struct {
	Model    string `json:"model"`
	System   text   `json:"system"`
	Messages []struct {
		Role    string `json:"role"`
		Content text   `json:"content"`
	} `json:"messages"`
	MaxTokens           int64 `json:"max_tokens"`
	MaxCompletionTokens int64 `json:"max_completion_tokens"`
	ResponseFormat      struct {
		Type       string `json:"type"`
		JSONSchema struct {
			Name   string          `json:"name"`
			Strict bool            `json:"strict"`
			Schema json.RawMessage `json:"schema"`
		} `json:"json_schema"`
	} `json:"response_format"`
	OutputConfig struct {
		Format struct {
			Type   string          `json:"type"`
			Schema json.RawMessage `json:"schema"`
		} `json:"format"`
	} `json:"output_config"`
}

// text is a string, or an array of {"type":"text","text":…}.
type text string

func (t *text) UnmarshalJSON(data []byte) error {
	var parts []struct {
		Text string `json:"text"`
	}
	if json.Unmarshal(data, &parts) != nil {
		return json.Unmarshal(data, (*string)(t))
	}
	for _, p := range parts {
		*t += text(p.Text)
	}
	return nil
}

// parse fills in what the request says.
func parse(r Request) Request {
	r.Kind = OpenAI
	if r.Path == "/v1/messages" || r.Header.Get("Anthropic-Version") != "" {
		r.Kind = Anthropic
	}
	if r.Method != http.MethodPost {
		return r
	}
	var w wire
	if err := json.Unmarshal(r.Body, &w); err != nil {
		r.wrong = "We could not parse the JSON body of your request."
		return r
	}
	r.Model, r.System = w.Model, string(w.System)
	for _, m := range w.Messages {
		if m.Role == "system" || m.Role == "developer" {
			r.System += string(m.Content)
			continue
		}
		r.Messages = append(r.Messages, Message{m.Role, string(m.Content)})
	}
	r.MaxTokens, r.Schema = max(w.MaxTokens, w.MaxCompletionTokens), w.OutputConfig.Format.Schema
	if r.Kind == OpenAI {
		r.Schema = w.ResponseFormat.JSONSchema.Schema
	}
	r.wrong = check(r, w)
	return r
}

// check is what the real ones would object to, or empty.
func check(r Request, w wire) string {
	switch {
	case r.Model == "":
		return "model: Field required"
	case len(r.Messages) == 0:
		return "messages: Field required"
	case r.Kind == Anthropic && w.MaxTokens < 1:
		return "max_tokens: Field required"
	case r.Kind == Anthropic && r.Header.Get("Anthropic-Version") == "":
		return "anthropic-version: header is required"
	case !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json"):
		return "Content-Type must be application/json"
	case r.Kind == OpenAI && w.ResponseFormat.Type == "json_schema" && w.ResponseFormat.JSONSchema.Name == "":
		return "Missing required parameter: 'response_format.json_schema.name'."
	}
	for _, m := range r.Messages {
		if r.Kind == Anthropic && strings.TrimSpace(m.Text) == "" {
			return "messages: text content blocks must contain non-whitespace text"
		}
	}
	if len(r.Schema) > 0 && (r.Kind == Anthropic || w.ResponseFormat.JSONSchema.Strict) {
		return checkSchema(r.Schema)
	}
	return ""
}
