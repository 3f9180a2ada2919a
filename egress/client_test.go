package egress_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http/httpproxy"

	"github.com/closeofbusiness/cob/dev/fakeai"
	"github.com/closeofbusiness/cob/egress"
)

// names resolves as it is told, one answer after the other.
type names struct {
	asked   atomic.Int32
	answers [][]netip.Addr
}

func (n *names) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	i := int(n.asked.Add(1)) - 1
	return n.answers[min(i, len(n.answers)-1)], nil
}

var here = []netip.Addr{netip.MustParseAddr("127.0.0.1")}

// remote is a server by the name llm.internal, which is this machine.
type remote struct {
	*testing.T
	url     string
	options egress.Options
}

func newRemote(t *testing.T, handler http.HandlerFunc, change func(*tls.Config)) *remote {
	t.Helper()
	authority, err := fakeai.NewAuthority()
	require.NoError(t, err)
	certificate, err := authority.Certificate("llm.internal")
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(handler)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}} // #nosec G402 -- a test's server
	if change != nil {
		change(server.TLS)
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	require.NoError(t, err)
	host := "llm.internal:" + port
	return &remote{T: t, url: "https://" + host + "/v1/x?y=z", options: egress.Options{
		Endpoints: []egress.Endpoint{{Host: host, Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}},
		Resolver:  &names{answers: [][]netip.Addr{here}}, RootCAs: authority.Pool(), Proxy: &httpproxy.Config{},
	}}
}

func (r *remote) get() (string, error) { return r.post("") }

func (r *remote) post(body string) (string, error) {
	r.Helper()
	request, err := http.NewRequestWithContext(r.Context(), http.MethodPost, r.url, strings.NewReader(body))
	require.NoError(r, err)
	response, err := egress.New(r.options).Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	b, err := io.ReadAll(response.Body)
	return string(b), err
}

func code(t *testing.T, err error) string {
	t.Helper()
	var e *egress.Error
	require.ErrorAs(t, err, &e)
	return e.Permanent()
}

func well(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "well") }

func TestAListedHostIsReached(t *testing.T) {
	t.Parallel()
	body, err := newRemote(t, well, nil).get()
	require.NoError(t, err)
	require.Equal(t, "well", body)
}

func TestNothingElseIsReached(t *testing.T) {
	t.Parallel()
	met := atomic.Bool{}
	handler := func(w http.ResponseWriter, _ *http.Request) { met.Store(true); well(w, nil) }
	for name, c := range map[string]struct {
		change func(*remote)
		want   string
	}{
		"a host that is not listed":               {func(r *remote) { r.options.Endpoints = nil }, egress.NotAllowed},
		"another port":                            {func(r *remote) { r.options.Endpoints[0].Host = "llm.internal:1" }, egress.NotAllowed},
		"an address in no network that is listed": {func(r *remote) { r.options.Endpoints[0].Networks = nil }, egress.AddressNotAllowed},
		"one bad address among good ones": {func(r *remote) {
			r.options.Resolver = &names{answers: [][]netip.Addr{{here[0], netip.MustParseAddr("169.254.169.254")}}}
		}, egress.AddressNotAllowed},
		"http": {func(r *remote) { r.url = strings.Replace(r.url, "https", "http", 1) }, egress.PlainHTTP},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRemote(t, handler, nil)
			c.change(r)
			_, err := r.get()
			require.Equal(t, c.want, code(t, err))
		})
	}
	t.Cleanup(func() { require.False(t, met.Load()) })
}

// A name that leads elsewhere the second time: the address that was checked is
// the one that is dialled.
func TestANameIsLookedUpOnce(t *testing.T) {
	t.Parallel()
	r := newRemote(t, well, nil)
	rebinding := &names{answers: [][]netip.Addr{here, {netip.MustParseAddr("169.254.169.254")}}}
	r.options.Resolver = rebinding
	_, err := r.get()
	require.NoError(t, err)
	require.EqualValues(t, 1, rebinding.asked.Load())
}

func TestTLSIsVerified(t *testing.T) {
	t.Parallel()
	t.Run("nobody vouches for it", func(t *testing.T) {
		t.Parallel()
		r := newRemote(t, well, nil)
		r.options.RootCAs = nil
		_, err := r.get()
		var untrusted *tls.CertificateVerificationError
		require.ErrorAs(t, err, &untrusted)
	})
	t.Run("another name", func(t *testing.T) {
		t.Parallel()
		r := newRemote(t, well, nil)
		r.url = strings.Replace(r.url, "llm.internal", "other.internal", 1)
		r.options.Endpoints[0].Host = strings.Replace(r.options.Endpoints[0].Host, "llm.internal", "other.internal", 1)
		_, err := r.get()
		var untrusted *tls.CertificateVerificationError
		require.ErrorAs(t, err, &untrusted)
	})
	t.Run("TLS 1.2", func(t *testing.T) {
		t.Parallel()
		r := newRemote(t, well, func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 })
		_, err := r.get()
		require.Equal(t, egress.TLSVersion, code(t, err))
		r.options.Endpoints[0].TLSMin = tls.VersionTLS12
		_, err = r.get()
		require.NoError(t, err, "by a named exception")
	})
	t.Run("TLS 1.1 by no exception", func(t *testing.T) {
		t.Parallel()
		r := newRemote(t, well, func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS11, tls.VersionTLS11 }) // #nosec G402 -- a test's server
		r.options.Endpoints[0].TLSMin = tls.VersionTLS12
		_, err := r.get()
		require.Equal(t, egress.TLSVersion, code(t, err))
	})
	t.Run("signed by itself", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewTLSServer(http.HandlerFunc(well))
		t.Cleanup(server.Close)
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		r := &remote{T: t, url: server.URL, options: egress.Options{Endpoints: []egress.Endpoint{{Host: "127.0.0.1"}}, Proxy: &httpproxy.Config{}}}
		_, err := r.get()
		var untrusted *tls.CertificateVerificationError
		require.ErrorAs(t, err, &untrusted)
	})
}

func TestARedirectIsAnError(t *testing.T) {
	t.Parallel()
	r := newRemote(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://evil.example/?key=1", http.StatusTemporaryRedirect)
	}, nil)
	_, err := r.get()
	require.Equal(t, egress.Redirected, code(t, err))
	require.NotContains(t, err.Error(), "evil")
}

func TestALargeAnswerIsAnError(t *testing.T) {
	t.Parallel()
	const large = 50 << 20
	for name, handler := range map[string]http.HandlerFunc{
		"that says so": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "52428800")
			_, _ = w.Write(make([]byte, 1<<20))
		},
		"that doesn't": func(w http.ResponseWriter, _ *http.Request) {
			for range large >> 20 {
				if _, err := w.Write(make([]byte, 1<<20)); err != nil {
					return
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, err := newRemote(t, handler, nil).get()
			require.Equal(t, egress.TooLarge, code(t, err))
			require.LessOrEqual(t, len(body), 4<<20)
		})
	}
	r := newRemote(t, well, nil)
	r.options.MaxResponse = 4
	body, err := r.get()
	require.NoError(t, err, "as large as it may be")
	require.Equal(t, "well", body)
	r.options.MaxResponse = 3
	_, err = r.get()
	require.Equal(t, egress.TooLarge, code(t, err))
}

func TestLargeHeadersAreAnError(t *testing.T) {
	t.Parallel()
	_, err := newRemote(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Large", strings.Repeat("x", 200_000)) }, nil).get()
	require.Error(t, err)
}

func TestThisMachineMayBePlain(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(well))
	t.Cleanup(server.Close)
	r := &remote{T: t, url: server.URL, options: egress.Options{Endpoints: []egress.Endpoint{{Host: "127.0.0.1"}}, Proxy: &httpproxy.Config{}}}
	body, err := r.get()
	require.NoError(t, err)
	require.Equal(t, "well", body)
}

// What is called this machine and leads elsewhere is not spoken to: it would be
// without TLS.
func TestThisMachineIsNoOther(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"http://localhost/x", "https://localhost/x"} {
		r := &remote{T: t, url: url, options: egress.Options{Proxy: &httpproxy.Config{},
			Endpoints: []egress.Endpoint{{Host: "localhost", Networks: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}}},
			Resolver:  &names{answers: [][]netip.Addr{{netip.MustParseAddr("93.184.216.34")}}}}}
		_, err := r.get()
		require.Equal(t, egress.AddressNotAllowed, code(t, err), url)
	}
}

// An error of ours names the host, and nothing else of the request.
func TestErrorsQuoteNothing(t *testing.T) {
	t.Parallel()
	r := &remote{T: t, url: "https://user:password@api.example.com/path?key=word", options: egress.Options{Proxy: &httpproxy.Config{}}}
	_, err := r.post("the body")
	var e *egress.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "api.example.com: the host is not listed under egress", e.Error())
}

func TestANameThatLeadsNowhere(t *testing.T) {
	t.Parallel()
	r := newRemote(t, well, nil)
	r.options.Resolver = &names{answers: [][]netip.Addr{nil}}
	_, err := r.get()
	var lookup *net.DNSError
	require.ErrorAs(t, err, &lookup, "it may be found tomorrow")
}

// What the caller's own trace and request are called is kept; the time is ours.
func TestTheCallersHeadersAreKept(t *testing.T) {
	t.Parallel()
	seen := make(chan http.Header, 1)
	r := newRemote(t, func(_ http.ResponseWriter, r *http.Request) { seen <- r.Header }, nil)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url, nil)
	require.NoError(t, err)
	const trace = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-00"
	request.Header.Set(egress.HeaderRequestID, "the call")
	request.Header.Set(egress.HeaderTraceParent, trace)
	request.Header.Set(egress.HeaderTimestamp, "yesterday")
	response, err := egress.New(r.options).Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	h := <-seen
	require.Equal(t, "the call", h.Get(egress.HeaderRequestID))
	require.Equal(t, trace, h.Get(egress.HeaderTraceParent))
	sent, err := time.Parse(time.RFC3339, h.Get(egress.HeaderTimestamp))
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), sent, time.Minute)
	require.Equal(t, "yesterday", request.Header.Get(egress.HeaderTimestamp), "the caller's request is left as it is")
}

// A request without a method is a GET, to the gateway too.
func TestARequestWithoutMethodIsSigned(t *testing.T) {
	t.Parallel()
	key, verified := []byte("key"), make(chan error, 1)
	r := newRemote(t, func(_ http.ResponseWriter, r *http.Request) {
		verified <- egress.Verify(key, r, nil, time.Now(), time.Minute)
	}, nil)
	r.options.Sign = func(context.Context) ([]byte, error) { return key, nil }
	u, err := url.Parse(r.url)
	require.NoError(t, err)
	response, err := egress.New(r.options).Do((&http.Request{URL: u, Header: http.Header{}}).WithContext(t.Context()))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.NoError(t, <-verified)
}

func TestATimeout(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{})
	r := newRemote(t, func(_ http.ResponseWriter, r *http.Request) { <-ended }, nil)
	t.Cleanup(func() { close(ended) }) // before the server waits for it
	r.options.Timeout = 50 * time.Millisecond
	_, err := r.get()
	var slow net.Error
	require.ErrorAs(t, err, &slow)
	require.True(t, slow.Timeout())
}

func TestHeadersAndSignature(t *testing.T) {
	t.Parallel()
	key := []byte("a key of its own")
	type seen struct {
		*http.Request
		body []byte
	}
	requests := make(chan seen, 4)
	r := newRemote(t, func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			requests <- seen{r, body}
		}
	}, nil)
	_, err := r.post("facts")
	require.NoError(t, err)
	plain := <-requests
	require.Regexp(t, `^[0-9a-f-]{36}$`, plain.Header.Get(egress.HeaderRequestID))
	require.Regexp(t, `^00-[0-9a-f]{32}-[0-9a-f]{16}-01$`, plain.Header.Get(egress.HeaderTraceParent))
	require.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`, plain.Header.Get(egress.HeaderTimestamp))
	require.Empty(t, plain.Header.Get(egress.HeaderSignature))
	require.Error(t, egress.Verify(key, plain.Request, plain.body, time.Now(), time.Minute))

	r.options.Sign = func(context.Context) ([]byte, error) { return key, nil }
	_, err = r.post("facts")
	require.NoError(t, err)
	signed := <-requests
	verify := func(r *http.Request, body string, now time.Time) error {
		return egress.Verify(key, r, []byte(body), now, time.Minute)
	}
	require.NoError(t, verify(signed.Request, "facts", time.Now()))
	require.Error(t, verify(signed.Request, "other facts", time.Now()))
	require.Error(t, verify(signed.Request, "facts", time.Now().Add(time.Hour)))
	require.Error(t, egress.Verify([]byte("the API key"), signed.Request, []byte("facts"), time.Now(), time.Minute))
	for name, alter := range map[string]func(*http.Request){
		"method": func(r *http.Request) { r.Method = http.MethodPut }, "path": func(r *http.Request) { r.URL.Path = "/v2" },
		"query": func(r *http.Request) { r.URL.RawQuery = "y=a" }, "nonce": func(r *http.Request) { r.Header.Set(egress.HeaderNonce, "00") },
		"no nonce":   func(r *http.Request) { r.Header.Del(egress.HeaderNonce) },
		"request id": func(r *http.Request) { r.Header.Set(egress.HeaderRequestID, "other") },
		"timestamp": func(r *http.Request) {
			r.Header.Set(egress.HeaderTimestamp, time.Now().Add(time.Second).UTC().Format(time.RFC3339))
		},
		"signature": func(r *http.Request) { r.Header.Set(egress.HeaderSignature, strings.Repeat("0", 64)) },
	} {
		altered := signed.Clone(t.Context())
		alter(altered)
		require.Error(t, verify(altered, "facts", time.Now()), name)
	}
	_, err = r.post("facts")
	require.NoError(t, err)
	require.NotEqual(t, signed.Header.Get(egress.HeaderNonce), (<-requests).Header.Get(egress.HeaderNonce))
	r.options.Sign = func(context.Context) ([]byte, error) { return nil, errors.New("no such file") }
	_, err = r.post("facts")
	require.ErrorContains(t, err, "no such file")
	require.Empty(t, requests, "nothing is sent unsigned")
}

// Through a proxy the list of hosts still holds.
func TestAProxy(t *testing.T) {
	t.Parallel()
	r := newRemote(t, well, nil)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(strings.Split(r.url, "/v1")[0], "https://"))
	require.NoError(t, err)
	proxy, connects := connectProxy(t, "127.0.0.1:"+port)
	r.options.Proxy = &httpproxy.Config{HTTPSProxy: proxy}
	r.options.Resolver = &names{answers: [][]netip.Addr{{}}} // the names are the proxy's business
	body, err := r.get()
	require.NoError(t, err)
	require.Equal(t, "well", body)
	require.Equal(t, "llm.internal:"+port, <-connects)
	r.options.Endpoints[0].Host = "other.internal"
	_, err = r.get()
	require.Equal(t, egress.NotAllowed, code(t, err))
	require.Empty(t, connects)
}

// SSL_CERT_FILE and HTTPS_PROXY are read once in a process: this is another.
func TestTheEnvironmentIsHonoured(t *testing.T) {
	t.Parallel()
	if host := os.Getenv("COB_TEST_EGRESS_HOST"); host != "" {
		r := &remote{T: t, url: "https://" + host + "/", options: egress.Options{Endpoints: []egress.Endpoint{{Host: host}}}}
		body, err := r.get()
		require.NoError(t, err)
		require.Equal(t, "well", body)
		return
	}
	authority, err := fakeai.NewAuthority()
	require.NoError(t, err)
	certificate, err := authority.Certificate("llm.internal")
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(http.HandlerFunc(well))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}} // #nosec G402 -- a test's server
	server.StartTLS()
	t.Cleanup(server.Close)
	proxy, connects := connectProxy(t, server.Listener.Addr().String())
	trusted := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(trusted, authority.PEM(), 0o600))
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestTheEnvironmentIsHonoured$", "-test.count=1") // #nosec G204 -- this test
	cmd.Env = append(os.Environ(), "COB_TEST_EGRESS_HOST=llm.internal:8443", "SSL_CERT_FILE="+trusted, "HTTPS_PROXY="+proxy, "https_proxy=", "NO_PROXY=", "no_proxy=")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Equal(t, "llm.internal:8443", <-connects)
}

// connectProxy connects everybody to one address, and tells what was asked for.
func connectProxy(t *testing.T, to string) (url string, connects chan string) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	connects = make(chan string, 4)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go tunnel(conn, to, connects)
		}
	}()
	return "http://" + listener.Addr().String(), connects
}

func tunnel(conn net.Conn, to string, connects chan string) {
	defer func() { _ = conn.Close() }()
	reader := bufio.NewReader(conn)
	r, err := http.ReadRequest(reader)
	if err != nil {
		return
	}
	connects <- r.Host
	target, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", to)
	if err != nil {
		return
	}
	defer func() { _ = target.Close() }()
	_, _ = io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() { _, _ = io.Copy(target, reader) }()
	_, _ = io.Copy(conn, target)
}
