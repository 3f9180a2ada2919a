package egress

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
)

// The headers of each request. The last two are of signed ones.
const (
	HeaderRequestID   = "X-Request-ID"
	HeaderTimestamp   = "X-Timestamp" // RFC 3339, UTC, whole seconds
	HeaderTraceParent = "traceparent" // W3C Trace Context, version 00
	HeaderNonce       = "X-Nonce"     // 128 random bits, hexadecimal
	HeaderSignature   = "X-Signature" // see Verify
)

// maxBody bounds a request's body, in bytes: it is signed as a whole.
const maxBody = 16 << 20

// signed is the request with its headers, and signed where that is wanted. The
// caller's own is left as it is.
func (t *transport) signed(r *http.Request) (*http.Request, error) {
	out := r.Clone(r.Context())
	setMissing(out.Header, HeaderRequestID, uuid.NewString)
	setMissing(out.Header, HeaderTraceParent, func() string { return "00-" + randomHex(16) + "-" + randomHex(8) + "-01" })
	out.Header.Set(HeaderTimestamp, time.Now().UTC().Format(time.RFC3339))
	if t.Sign == nil {
		return out, nil
	}
	key, err := t.Sign(r.Context())
	if err != nil {
		return nil, fmt.Errorf("read the key of the signature: %w", err)
	}
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	out.Header.Set(HeaderNonce, randomHex(16))
	out.Header.Set(HeaderSignature, signature(key, out, body))
	return out, nil
}

func setMissing(h http.Header, name string, value func() string) {
	if h.Get(name) == "" {
		h.Set(name, value())
	}
}

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // it never fails
	return hex.EncodeToString(b)
}

func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxBody {
		return nil, errors.New("the request is too large to be signed")
	}
	return body, r.Body.Close()
}

// signature is over method, path with query, timestamp, nonce, request ID and
// the body's digest, each but the last followed by a line feed.
func signature(key []byte, r *http.Request, body []byte) string {
	digest := sha256.Sum256(body)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(strings.Join([]string{cmp.Or(r.Method, http.MethodGet), r.URL.RequestURI(), r.Header.Get(HeaderTimestamp), r.Header.Get(HeaderNonce),
		r.Header.Get(HeaderRequestID), hex.EncodeToString(digest[:])}, "\n")))
	return hex.EncodeToString(mac.Sum(nil))
}

// Verify checks a signed request, as a gateway does: that X-Signature is
//
//	hex(HMAC-SHA256(key, method "\n" path "\n" timestamp "\n" nonce "\n" request id "\n" hex(SHA-256(body))))
//
// where path is the path with its query as it was sent, and that X-Timestamp is
// at most maxAge from now. A gateway also remembers each X-Nonce for maxAge, and
// refuses it a second time.
func Verify(key []byte, r *http.Request, body []byte, now time.Time, maxAge time.Duration) error {
	sent, err := time.Parse(time.RFC3339, r.Header.Get(HeaderTimestamp))
	if err != nil {
		return errors.New("the timestamp is missing or malformed")
	}
	if age := now.Sub(sent); age > maxAge || age < -maxAge {
		return errors.New("the timestamp is too far from now")
	}
	if r.Header.Get(HeaderNonce) == "" || r.Header.Get(HeaderRequestID) == "" {
		return errors.New("the nonce or the request ID is missing")
	}
	if !hmac.Equal([]byte(signature(key, r, body)), []byte(r.Header.Get(HeaderSignature))) {
		return errors.New("the signature does not match")
	}
	return nil
}
