// Package provider asks an AI provider one question.
package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/closeofbusiness/cob/report"
)

// Question is what a provider is asked.
type Question struct {
	// Instructions are ours and go where the provider keeps what it obeys: the system prompt.
	Instructions string
	// Data is what it is asked about, and is nothing to obey.
	Data string
	// Turns are earlier answers and what was wrong with each.
	Turns []Turn
	// SchemaName is 1 to 64 characters a-z, A-Z, 0-9, _ and -. Empty: "answer".
	SchemaName string
	// Schema is the JSON Schema of the answer, of the subset that both makers take:
	// every property required, no other ones allowed, no bounds of lengths, counts or numbers.
	Schema json.RawMessage
	// RequestID and TraceParent become the headers X-Request-ID and traceparent
	// and are no part of the body. Empty: not sent.
	RequestID, TraceParent string
}

// Turn is an earlier answer and what was wrong with it.
type Turn struct{ Answer, Complaint string }

// Answer is what a provider said. Beside an error it holds what is known all the same.
type Answer struct {
	Text                      string
	Model                     string // which one answered, in the provider's words
	RequestID                 string // the provider's own name for the call
	FinishReason              string // in the provider's words
	InputTokens, OutputTokens int64  // zero where the provider told none
	Status                    int    // of HTTP; zero: no answer came
	Request, Response         []byte // the bodies; Response up to 1 MiB
}

// Provider asks one model of one provider. It is safe for concurrent use.
type Provider struct {
	config Config
	api    api
}

// api is how one kind of provider is talked to.
type api interface {
	// body is the request of a question, as JSON.
	body(Question) ([]byte, error)
	// send posts the body and reads the answer. Its error is not for readers:
	// it may quote what the provider sent.
	send(context.Context, call) (reply, error)
	// fault names what an error's body says beyond its status; empty: nothing.
	fault(body []byte) string
	// requestID is the header that holds the provider's own name for the call.
	requestID() string
}

// call is one request that is about to be sent.
type call struct {
	client *http.Client
	body   []byte
	key    string
	header map[string]string
}

// reply is an answer that came, in common terms. Its code is the failure that
// the answer itself amounts to; empty: none.
type reply struct {
	text, model, finish string
	input, output       int64
	code                string
}

var schemaName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)

// Request is the exact body that Ask sends for a question, byte for byte, so that
// it can be weighed and recorded before anything is sent.
func (p *Provider) Request(q Question) ([]byte, error) {
	if q.SchemaName == "" {
		q.SchemaName = "answer"
	}
	if !schemaName.MatchString(q.SchemaName) {
		return nil, fmt.Errorf("%w: schema name %q: 1 to 64 characters a-z, A-Z, 0-9, _ and - are needed", report.ErrInvalid, q.SchemaName)
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(q.Schema, &object) != nil || object == nil {
		return nil, fmt.Errorf("%w: the schema of the answer is not a JSON object", report.ErrInvalid)
	}
	return p.api.body(q)
}

// Ask asks the question once; nothing is repeated here. The error is always a *Failure.
func (p *Provider) Ask(ctx context.Context, q Question) (Answer, error) {
	body, err := p.Request(q)
	if err != nil {
		return Answer{}, failure(CodeBadRequest)
	}
	answer := Answer{Request: body}
	limited, cancel := context.WithTimeout(ctx, p.config.Timeout)
	defer cancel()
	key, err := p.key(limited)
	if err != nil {
		return answer, unanswered(ctx, limited, CodeKey)
	}
	x := newExchange(p.config.HTTP)
	said, err := p.api.send(limited, call{client: x.client(), body: body, key: key, header: q.header()})
	answer.Status, answer.Response, answer.RequestID = x.status, x.body(), named(x.header.Get(p.api.requestID()))
	answer.Text, answer.Model, answer.FinishReason = said.text, said.model, said.finish
	answer.InputTokens, answer.OutputTokens = max(said.input, 0), max(said.output, 0)
	if f := p.judge(ctx, limited, x, said, err); f != nil {
		f.Status, f.RequestID = answer.Status, answer.RequestID
		return answer, f
	}
	return answer, nil
}

func (q Question) header() map[string]string {
	header := map[string]string{}
	if q.RequestID != "" {
		header["X-Request-ID"] = q.RequestID
	}
	if q.TraceParent != "" {
		header["traceparent"] = q.TraceParent
	}
	return header
}

var errKey = errors.New("the key is no key")

// key is what the call authenticates with; empty: with nothing, by configuration.
func (p *Provider) key(ctx context.Context) (string, error) {
	if p.config.Key == nil {
		return "", nil
	}
	key, err := p.config.Key(ctx)
	// What cannot stand in a header would fail later, where it looks like an outage.
	if err != nil || key == "" || strings.ContainsFunc(key, unprintable) {
		return "", errKey
	}
	return key, nil
}

// named is a provider's name for a call as far as it may stand in logs: the
// printable ASCII of it, at most 128 characters.
func named(id string) string {
	id = strings.Map(func(r rune) rune {
		if unprintable(r) {
			return -1
		}
		return r
	}, id)
	return id[:min(len(id), 128)]
}

func unprintable(r rune) bool { return r < '!' || r > '~' }
