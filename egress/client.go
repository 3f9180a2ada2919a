package egress

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
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
		return nil, err
	}
	return t.guarded(response, host)
}

// closing closes a request's body, as a RoundTripper has to in any case.
func closing(r *http.Request, err error) error {
	if r.Body != nil {
		err = errors.Join(err, r.Body.Close())
	}
	return err
}

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

// dial connects to an address that was checked, and to no other: the name is
// not looked up again.
func (t *transport) dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: dialPatience}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	endpoint, ok := find(t.Endpoints, host, port)
	if !ok {
		if t.proxied(host, port) {
			return dialer.DialContext(ctx, network, address)
		}
		return nil, &Error{NotAllowed, host, "the host is not listed under egress"}
	}
	addresses, err := endpoint.addresses(ctx, t.Resolver, host)
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, a := range addresses {
		conn, err := dialer.DialContext(ctx, network, netip.AddrPortFrom(a.Unmap(), portNumber(port)).String())
		if err == nil {
			return conn, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

func portNumber(s string) uint16 {
	a, err := netip.ParseAddrPort("127.0.0.1:" + s)
	if err != nil {
		return 0 // refused by the dialler
	}
	return a.Port()
}

// proxied tells whether an address is the proxy's.
func (t *transport) proxied(host, port string) bool {
	for _, s := range []string{t.Proxy.HTTPSProxy, t.Proxy.HTTPProxy} {
		if s != "" && !strings.Contains(s, "://") {
			s = "http://" + s
		}
		u, err := url.Parse(s)
		if err != nil || u.Host == "" {
			continue
		}
		if h, p := hostAndPort(u.Scheme, u.Host); h == strings.ToLower(host) && p == port {
			return true
		}
	}
	return false
}
