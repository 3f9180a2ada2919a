package provider

import (
	"bytes"
	"io"
	"net/http"
)

// maxResponse is what is read of a response, in bytes. An answer of 2,000 tokens has about 10 KiB.
const maxResponse = 1 << 20

// exchange sends one request and keeps what came back, as the wire had it: the
// clients above it hide the status, the body or the cause.
type exchange struct {
	base   *http.Client
	status int
	header http.Header
	read   bytes.Buffer
	// err is the first error of sending or reading, before anybody wrapped it.
	err error
}

func newExchange(base *http.Client) *exchange { return &exchange{base: base} }

// client is the base client with the exchange in between. It follows no redirect:
// the key would go along.
func (x *exchange) client() *http.Client {
	client := *x.base
	client.Transport = x
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client.Jar = nil
	return &client
}

// RoundTrip implements http.RoundTripper.
func (x *exchange) RoundTrip(r *http.Request) (*http.Response, error) {
	next := x.base.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	response, err := next.RoundTrip(r)
	if err != nil {
		x.err = err
		return nil, err
	}
	x.status, x.header = response.StatusCode, response.Header
	response.Body = &kept{exchange: x, from: response.Body}
	return response, nil
}

// body is what was read, at most maxResponse bytes.
func (x *exchange) body() []byte { return x.read.Bytes() }

// tooLarge is the error of reading past maxResponse.
type tooLarge struct{}

func (tooLarge) Error() string     { return "the response is too large" }
func (tooLarge) Permanent() string { return "too_large" }

// kept is a response body whose bytes and first error are kept.
type kept struct {
	*exchange
	from io.ReadCloser
}

func (k *kept) Read(p []byte) (int, error) {
	if k.err != nil {
		return 0, k.err
	}
	n, err := k.from.Read(p)
	if room := maxResponse - k.read.Len(); n > room {
		n, err = room, tooLarge{}
	}
	k.read.Write(p[:n])
	if err != nil && err != io.EOF {
		k.err = err
	}
	return n, err
}

func (k *kept) Close() error { return k.from.Close() }
