package fakeai

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// Why an answer ended.
const (
	stopEnd = iota
	stopLength
	stopRefusal
	stopFilter
)

// said is an answer before it has a form. Empty model: the one asked for.
type said struct {
	text, model string
	stop        int
}

// object is a JSON object. Its keys are sent in alphabetical order.
type object map[string]any

func finish(w http.ResponseWriter, r Request, s said) {
	send(w, r, http.StatusOK, "application/json", envelope(r, s))
}

// envelope is an answer in the maker's form.
func envelope(r Request, s said) []byte {
	s.model = cmp.Or(s.model, r.Model)
	if r.Kind == Anthropic {
		return encode(message(r, s))
	}
	return encode(completion(r, s))
}

func completion(r Request, s said) object {
	said := object{"role": "assistant", "content": s.text, "refusal": nil, "annotations": []any{}}
	switch s.stop {
	case stopRefusal:
		said["content"], said["refusal"] = nil, s.text
	case stopFilter:
		said["content"] = nil
	}
	in, out := tokens(string(r.Body)), tokens(s.text)
	return object{
		"id": "chatcmpl-" + number(r), "object": "chat.completion", "created": r.Arrived.Unix(), "model": s.model,
		"choices": []any{object{
			"index": 0, "message": said, "logprobs": nil,
			"finish_reason": []string{"stop", "length", "stop", "content_filter"}[s.stop],
		}},
		"usage": object{
			"prompt_tokens": in, "completion_tokens": out, "total_tokens": in + out,
			"prompt_tokens_details":     object{"cached_tokens": 0, "audio_tokens": 0},
			"completion_tokens_details": object{"reasoning_tokens": 0, "audio_tokens": 0, "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0},
		},
		"service_tier": "default", "system_fingerprint": "fp_" + number(r),
	}
}

func message(r Request, s said) object {
	content := []any{}
	if s.text != "" {
		content = append(content, object{"type": "text", "text": s.text})
	}
	return object{
		"id": "msg_" + number(r), "type": "message", "role": "assistant", "model": s.model, "content": content,
		"stop_reason": []string{"end_turn", "max_tokens", "refusal", "refusal"}[s.stop], "stop_sequence": nil,
		"usage": object{
			"input_tokens": tokens(string(r.Body)), "output_tokens": tokens(s.text),
			"cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "service_tier": "standard",
		},
	}
}

func models(names []string) Behaviour {
	return func(w http.ResponseWriter, r Request) {
		data := []any{}
		for _, name := range names {
			if r.Kind == Anthropic {
				data = append(data, object{"type": "model", "id": name, "display_name": name, "created_at": "2026-01-01T00:00:00Z"})
				continue
			}
			data = append(data, object{"id": name, "object": "model", "created": 1767225600, "owned_by": "fake"})
		}
		if r.Kind == Anthropic {
			sendJSON(w, r, http.StatusOK, object{"data": data, "has_more": false, "first_id": nil, "last_id": nil})
			return
		}
		sendJSON(w, r, http.StatusOK, object{"object": "list", "data": data})
	}
}

func sendJSON(w http.ResponseWriter, r Request, status int, o object) {
	send(w, r, status, "application/json", encode(o))
}

// send sends a response with the headers that the maker's have.
func send(w http.ResponseWriter, r Request, status int, contentType string, body []byte) {
	header := w.Header()
	header.Set("Content-Type", contentType)
	if r.Kind == Anthropic {
		header.Set("Request-Id", "req_"+number(r))
		header.Set("Anthropic-Organization-Id", "00000000-0000-4000-8000-000000000000")
	} else {
		header.Set("X-Request-Id", "req_"+number(r))
		header.Set("Openai-Version", "2020-10-01")
		header.Set("Openai-Processing-Ms", "12")
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

func encode(o object) []byte {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(o); err != nil {
		panic(err) // objects are built from strings and numbers alone
	}
	return []byte(b.String())
}

func number(r Request) string { return fmt.Sprintf("%08d", r.Number+1) }

// tokens is how many a text has, roughly: a quarter of its bytes.
func tokens(s string) int { return (len(s) + 3) / 4 }
