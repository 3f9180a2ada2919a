package egress

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"
)

// Options say what a client may do.
type Options struct {
	// Endpoints are the hosts that may be reached, and no other.
	Endpoints []Endpoint
	// MaxResponse bounds the body of an answer, in bytes. Zero means 4 MiB.
	MaxResponse int64
	// Timeout bounds a request as a whole. Zero: the request's context alone does.
	Timeout time.Duration
	// Sign gives the key of the signature. Nil: requests are not signed.
	Sign func(context.Context) ([]byte, error)
	// Proxy says which requests go through a proxy. Nil: as HTTPS_PROXY and
	// NO_PROXY say. The hosts are checked all the same; the addresses are the
	// proxy's business, and its own is not checked.
	Proxy *httpproxy.Config
	// RootCAs are whom to trust. Nil: the system's, or those of SSL_CERT_FILE.
	RootCAs *x509.CertPool
	// Resolver finds addresses. Nil: the system's.
	Resolver Resolver
}

const (
	defaultMaxResponse = 4 << 20
	maxHeaders         = 64 << 10
	dialPatience       = 10 * time.Second
)

// New makes a client that keeps to its options. Redirects are not followed: they
// are an error.
func New(o Options) *http.Client {
	if o.MaxResponse <= 0 {
		o.MaxResponse = defaultMaxResponse
	}
	if o.Resolver == nil {
		o.Resolver = net.DefaultResolver
	}
	if o.Proxy == nil {
		o.Proxy = httpproxy.FromEnvironment()
	}
	t := &transport{Options: o, proxyFor: o.Proxy.ProxyFunc(), ways: map[uint16]*http.Transport{}}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.ways[version] = t.way(version)
	}
	return &http.Client{Transport: t, Timeout: o.Timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// transport sends what is allowed.
type transport struct {
	Options
	proxyFor func(*url.URL) (*url.URL, error)
	ways     map[uint16]*http.Transport // by the oldest version of TLS
}

// way is the transport for endpoints with a minimum version of TLS. Connections
// are never shared between the two.
func (t *transport) way(minimum uint16) *http.Transport {
	return &http.Transport{
		Proxy:                  func(r *http.Request) (*url.URL, error) { return t.proxyFor(r.URL) },
		DialContext:            t.dial,
		TLSClientConfig:        &tls.Config{MinVersion: minimum, RootCAs: t.RootCAs},
		TLSHandshakeTimeout:    dialPatience,
		ForceAttemptHTTP2:      true,
		MaxResponseHeaderBytes: maxHeaders,
		MaxIdleConnsPerHost:    4,
		IdleConnTimeout:        time.Minute,
	}
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	host, port := hostAndPort(r.URL.Scheme, r.URL.Host)
	endpoint, ok := find(t.Endpoints, host, port)
	switch {
	case !ok:
		return nil, closing(r, &Error{NotAllowed, host, "the host is not listed under egress"})
	case r.URL.Scheme != "https" && !Local(host):
		return nil, closing(r, &Error{PlainHTTP, host, "https is needed for every host but this machine itself"})
	}
	signed, err := t.signed(r)
	if err != nil {
		return nil, closing(r, err)
	}
	response, err := t.ways[endpoint.minimum()].RoundTrip(signed)
	if err != nil {
		return nil, named(err, host)
	}
	return t.guarded(response, host)
}

// named gives an old TLS its code. The two errors, the other side's and ours,
// have no type that could be asked for.
func named(err error, host string) error {
	for _, s := range []string{"tls: protocol version not supported", "tls: server selected unsupported protocol version"} {
		if strings.Contains(err.Error(), s) {
			return &Error{TLSVersion, host, "it offers no protocol version of TLS that is accepted: TLS 1.3, or 1.2 by an exception"}
		}
	}
	return err
}

// closing closes a request's body, as a RoundTripper has to in any case.
func closing(r *http.Request, err error) error {
	if r.Body != nil {
		err = errors.Join(err, r.Body.Close())
	}
	return err
}
