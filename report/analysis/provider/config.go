package provider

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/closeofbusiness/cob/report"
)

// The kinds of providers, named after the interface that they speak. Servers of
// other makers speak one of them as well.
const (
	OpenAI    = "openai"    // POST {base}/chat/completions
	Anthropic = "anthropic" // POST {base}/v1/messages
)

// Config says whom to ask.
type Config struct {
	Kind string // OpenAI or Anthropic
	// BaseURL is absolute, http or https. That of an OpenAI kind mostly ends in
	// /v1, that of Anthropic's must not. Empty: the maker's own.
	BaseURL string
	Model   string
	// Key gives the key for one call. Nil: no key is sent, as local servers want it.
	Key func(context.Context) (string, error)
	// HTTP sends the calls; needed. Its redirects are never followed.
	HTTP *http.Client
	// AnswerTokens is the most that an answer may be long. Zero means 2,000.
	AnswerTokens int64
	// Timeout bounds one call, from the first byte sent to the last one read. Zero means 30 s.
	Timeout time.Duration
}

// New checks the configuration and reports everything that is wrong with it at once.
func New(c Config) (*Provider, error) {
	if c.AnswerTokens == 0 {
		c.AnswerTokens = 2000
	}
	if c.Timeout == 0 {
		c.Timeout = 30 * time.Second
	}
	if c.BaseURL == "" {
		c.BaseURL = DefaultURL(c.Kind)
	}
	if err := c.validate(); err != nil {
		return nil, err
	}
	p := &Provider{config: c}
	if c.Kind == OpenAI {
		p.api = newOpenAI(c)
	} else {
		p.api = newAnthropic(c)
	}
	return p, nil
}

func (c Config) validate() error {
	var mistakes []error
	wrong := func(is bool, why string, args ...any) {
		if is {
			mistakes = append(mistakes, fmt.Errorf("%w: "+why, append([]any{report.ErrInvalid}, args...)...))
		}
	}
	wrong(c.Kind != OpenAI && c.Kind != Anthropic, "kind %q is neither openai nor anthropic", c.Kind)
	wrong(c.Model == "", "a model is needed")
	wrong(c.HTTP == nil, "an HTTP client is needed")
	wrong(c.AnswerTokens < 0, "answer tokens %d are fewer than one", c.AnswerTokens)
	wrong(c.Timeout < 0, "timeout %s is negative", c.Timeout)
	// A base URL may hold a password: it is never printed.
	base, err := url.Parse(c.BaseURL)
	absolute := err == nil && (base.Scheme == "https" || base.Scheme == "http") && base.Host != ""
	wrong(!absolute, "the base URL is not an absolute http or https one")
	if absolute {
		wrong(base.User != nil || base.RawQuery != "" || base.Fragment != "", "the base URL holds more than scheme, host and path")
		wrong(c.Kind == Anthropic && strings.HasSuffix(strings.TrimRight(base.Path, "/"), "/v1"), "a base URL of kind anthropic does not end in /v1: leave it off")
	}
	return errors.Join(mistakes...)
}

// DefaultURL is where the maker of a kind offers it; empty for any other kind.
func DefaultURL(kind string) string {
	return map[string]string{OpenAI: "https://api.openai.com/v1", Anthropic: "https://api.anthropic.com"}[kind]
}
