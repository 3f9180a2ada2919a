// Package fakeai is an AI provider for tests, which answers or misbehaves as it is told.
//
// It speaks POST /v1/chat/completions as OpenAI does, POST /v1/messages as
// Anthropic does, and GET /v1/models as either. Like them it refuses what is no
// proper request, with their status and their error.
package fakeai

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"time"
)

// Script chooses what becomes of a question. n counts them from 0, over both
// interfaces; refused requests do not count. It is called for one at a time.
type Script func(n int, r Request) Behaviour

// Options are what a fake starts with.
type Options struct {
	// Script is what becomes of questions. Nil: Writer answers all of them.
	Script Script
	// Key is the only key that is let in. Empty: anybody is, with any key or none.
	Key string
	// Models are those offered. Empty: whatever is asked for.
	Models []string
}

// Server is the fake. It is an http.Handler, or is started to listen on loopback.
type Server struct {
	options Options
	closed  context.Context
	close   context.CancelFunc
	server  *httptest.Server

	// turn lets one question be scripted at a time; mu guards what is below it,
	// and is free meanwhile: a script may look at the requests.
	turn     sync.Mutex
	mu       sync.Mutex
	script   Script
	asked    int
	requests []Request
}

// New makes a fake. t, a testing.TB, closes it when the test ends; nil: the caller does.
func New(t interface{ Cleanup(func()) }, o Options) *Server {
	s := &Server{options: o, script: o.Script}
	if s.script == nil {
		s.script = Always(Write(Writer))
	}
	s.closed, s.close = context.WithCancel(context.Background())
	if t != nil {
		t.Cleanup(s.Close)
	}
	return s
}

// Always does the same with every question.
func Always(b Behaviour) Script { return func(int, Request) Behaviour { return b } }

// Sequence does one thing after the other and repeats the last. It takes at least one.
func Sequence(b ...Behaviour) Script {
	return func(n int, _ Request) Behaviour { return b[min(n, len(b)-1)] }
}

// SetScript changes what becomes of further questions.
func (s *Server) SetScript(script Script) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = script
}

// Requests are all that came so far, refused ones too, in order of arrival.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Start listens on a free loopback port without TLS and returns URL().
func (s *Server) Start() string {
	s.server = s.unstarted()
	s.server.Start()
	return s.server.URL
}

// StartTLS listens with the certificates, the versions and the rest of config.
func (s *Server) StartTLS(config *tls.Config) string {
	s.server = s.unstarted()
	s.server.TLS = config
	s.server.StartTLS()
	return s.server.URL
}

// StartSelfSigned listens with a certificate that nobody vouches for.
func (s *Server) StartSelfSigned() string { return s.StartTLS(nil) }

func (s *Server) unstarted() *httptest.Server {
	server := httptest.NewUnstartedServer(s)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are what tests are after
	return server
}

// URL is where it listens, without a path: https://127.0.0.1:40001.
func (s *Server) URL() string { return s.server.URL }

// BaseURL is what a client of the kind, openai or anthropic, is configured with.
func (s *Server) BaseURL(kind string) string {
	if kind == OpenAI {
		return s.URL() + "/v1"
	}
	return s.URL()
}

// Close ends it, and everything that is still waiting in it. Closing twice is closing once.
func (s *Server) Close() {
	s.close()
	if s.server != nil {
		s.server.CloseClientConnections()
		s.server.Close()
	}
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, in *http.Request) {
	arrived := time.Now()
	body, err := io.ReadAll(in.Body)
	if err != nil {
		return
	}
	ctx, cancel := context.WithCancel(in.Context())
	defer cancel()
	defer context.AfterFunc(s.closed, cancel)()
	r := parse(Request{ctx: ctx, Arrived: arrived, Method: in.Method, Path: in.URL.Path, Header: in.Header.Clone(), Body: body})
	s.answer(&r)(w, r)
}

// answer records the request and says what becomes of it.
func (s *Server) answer(r *Request) Behaviour {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.record(r)
	if refusal := s.refuse(*r); refusal != nil {
		return refusal
	}
	if r.Path == "/v1/models" {
		return models(s.options.Models)
	}
	n, script := s.next()
	return script(n, *r)
}

func (s *Server) record(r *Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.Number = len(s.requests)
	s.requests = append(s.requests, *r)
}

func (s *Server) next() (int, Script) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	return s.asked - 1, s.script
}

// refuse is what the real ones do to a request that is none, or nil.
func (s *Server) refuse(r Request) Behaviour {
	switch {
	case s.options.Key != "" && r.Key() != s.options.Key:
		return Status(http.StatusUnauthorized)
	case r.Path == "/v1/models" && r.Method == http.MethodGet:
		return nil
	case r.Path != "/v1/chat/completions" && r.Path != "/v1/messages":
		return Status(http.StatusNotFound)
	case r.Method != http.MethodPost:
		return Status(http.StatusMethodNotAllowed)
	case r.wrong != "":
		return Fail(http.StatusBadRequest, "", "", r.wrong)
	case len(s.options.Models) > 0 && !slices.Contains(s.options.Models, r.Model):
		return Fail(http.StatusNotFound, "", "model_not_found", "model: "+r.Model)
	}
	return nil
}
