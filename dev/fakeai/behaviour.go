package fakeai

import (
	"bytes"
	"crypto/tls"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Behaviour is what becomes of one question.
type Behaviour func(http.ResponseWriter, Request)

// Answerer makes up an answer to a question.
type Answerer func(Request) string

// Write answers with what a makes up.
func Write(a Answerer) Behaviour {
	return func(w http.ResponseWriter, r Request) { finish(w, r, said{text: a(r)}) }
}

// Answer answers with a text.
func Answer(text string) Behaviour { return Write(func(Request) string { return text }) }

// Empty answers with no text.
func Empty() Behaviour { return Answer("") }

// WrongSchema answers with JSON that nobody asked for.
func WrongSchema() Behaviour { return Answer(`{"verdict":"all is well","score":10}`) }

// Big answers with a text of so many bytes.
func Big(size int) Behaviour {
	return Write(func(Request) string { return strings.Repeat("a", size) })
}

// Truncated answers with as much of text as went into the limit of tokens.
func Truncated(text string) Behaviour {
	return func(w http.ResponseWriter, r Request) { finish(w, r, said{text: text, stop: stopLength}) }
}

// Refusal has the model refuse.
func Refusal(text string) Behaviour {
	return func(w http.ResponseWriter, r Request) { finish(w, r, said{text: text, stop: stopRefusal}) }
}

// Filtered has a filter of the provider's hold the answer back.
func Filtered() Behaviour {
	return func(w http.ResponseWriter, r Request) { finish(w, r, said{stop: stopFilter}) }
}

// WrongModel answers by another model than the one asked.
func WrongModel(model, text string) Behaviour {
	return func(w http.ResponseWriter, r Request) { finish(w, r, said{text: text, model: model}) }
}

// RateLimit answers 429, with a Retry-After where one is given.
func RateLimit(retryAfter string) Behaviour {
	return withHeader("Retry-After", retryAfter, Status(http.StatusTooManyRequests))
}

// RateLimitMS answers 429 with retry-after-ms, as OpenAI does beside Retry-After.
func RateLimitMS(milliseconds string) Behaviour {
	return withHeader("Retry-After-Ms", milliseconds, Status(http.StatusTooManyRequests))
}

// Unavailable answers 503, with a Retry-After where one is given.
func Unavailable(retryAfter string) Behaviour {
	return withHeader("Retry-After", retryAfter, Status(http.StatusServiceUnavailable))
}

// Overloaded529 answers 529, with a Retry-After where one is given.
func Overloaded529(retryAfter string) Behaviour {
	return withHeader("Retry-After", retryAfter, Status(529))
}

// Redirect answers 307 to another place.
func Redirect(url string) Behaviour {
	return func(w http.ResponseWriter, r Request) {
		w.Header().Set("Location", url)
		w.WriteHeader(http.StatusTemporaryRedirect)
	}
}

// Raw answers with a body as it is.
func Raw(status int, contentType, body string) Behaviour {
	return func(w http.ResponseWriter, r Request) { send(w, r, status, contentType, []byte(body)) }
}

// EmptyBody answers 200 and nothing else.
func EmptyBody() Behaviour { return Raw(http.StatusOK, "application/json", "") }

// WrongShape answers with JSON that is no answer of this interface.
func WrongShape() Behaviour {
	return Raw(http.StatusOK, "application/json", `{"object":"list","data":[]}`)
}

// NotJSON answers with a page, as a proxy on the way does.
func NotJSON() Behaviour {
	return Raw(http.StatusOK, "text/html", "<html><body>Welcome to the guest network</body></html>")
}

// TruncatedJSON sends the first half of an answer as if it were all.
func TruncatedJSON(text string) Behaviour {
	return func(w http.ResponseWriter, r Request) {
		whole := envelope(r, said{text: text})
		send(w, r, http.StatusOK, "application/json", whole[:len(whole)/2])
	}
}

// Reset cuts the connection before anything is answered.
func Reset() Behaviour {
	return func(w http.ResponseWriter, _ Request) { cut(w) }
}

// ResetMidway cuts the connection in the middle of an answer.
func ResetMidway(text string) Behaviour {
	return func(w http.ResponseWriter, r Request) {
		whole := envelope(r, said{text: text})
		w.Header().Set("Content-Length", strconv.Itoa(len(whole)))
		send(w, r, http.StatusOK, "application/json", whole[:len(whole)/2])
		_ = http.NewResponseController(w).Flush()
		cut(w)
	}
}

// cut ends the connection with a reset, where it can be had; else early.
func cut(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2
	}
	below := conn
	if secured, ok := conn.(*tls.Conn); ok {
		below = secured.NetConn()
	}
	if tcp, ok := below.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// SlowHeaders waits before it does what it is told.
func SlowHeaders(d time.Duration, then Behaviour) Behaviour {
	return func(w http.ResponseWriter, r Request) {
		if r.wait(d) {
			then(w, r)
		}
	}
}

// SlowBody sends the header and half of the body, waits, and sends the rest.
func SlowBody(d time.Duration, then Behaviour) Behaviour {
	return func(w http.ResponseWriter, r Request) {
		whole := &recorder{header: w.Header(), status: http.StatusOK}
		then(whole, r)
		w.Header().Set("Content-Length", strconv.Itoa(whole.body.Len()))
		w.WriteHeader(whole.status)
		half := whole.body.Len() / 2
		_, _ = w.Write(whole.body.Next(half))
		_ = http.NewResponseController(w).Flush()
		if r.wait(d) {
			_, _ = w.Write(whole.body.Bytes())
		}
	}
}

// recorder holds a response back.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }

// wait reports whether anybody still waits for the answer after d.
func (r Request) wait(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-r.ctx.Done():
		return false
	}
}

func withHeader(name, value string, then Behaviour) Behaviour {
	return func(w http.ResponseWriter, r Request) {
		if value != "" {
			w.Header().Set(name, value)
		}
		then(w, r)
	}
}
