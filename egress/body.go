package egress

import (
	"errors"
	"io"
	"net/http"
)

// guarded refuses redirects and bounds the body.
func (t *transport) guarded(r *http.Response, host string) (*http.Response, error) {
	var err error
	switch {
	case r.StatusCode >= 300 && r.StatusCode < 400:
		err = &Error{Redirected, host, "the answer redirects elsewhere"}
	case r.ContentLength > t.MaxResponse:
		err = &Error{TooLarge, host, "the answer is larger than it may be"}
	default:
		r.Body = &bounded{from: r.Body, left: t.MaxResponse, host: host}
		return r, nil
	}
	return nil, errors.Join(err, r.Body.Close())
}

// bounded is a body that ends in an error where it is too large.
type bounded struct {
	from io.ReadCloser
	left int64
	host string
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, &Error{TooLarge, b.host, "the answer is larger than it may be"}
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1] // one more than is allowed tells that there is more
	}
	n, err := b.from.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n - 1, &Error{TooLarge, b.host, "the answer is larger than it may be"}
	}
	return n, err
}

func (b *bounded) Close() error { return b.from.Close() }
