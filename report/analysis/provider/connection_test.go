package provider_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/dev/fakeai"
	"github.com/closeofbusiness/cob/report/analysis/provider"
)

// secured are settings with which a server and a client may meet.
type secured struct {
	hosts          []string // that the certificate is for; none: self-signed
	server, client uint16   // the newest version of the one, the oldest of the other
	code           string   // empty: they get on
}

func TestTLS(t *testing.T) {
	t.Parallel()
	authority, err := fakeai.NewAuthority()
	require.NoError(t, err)
	for name, s := range map[string]secured{
		"trusted":     {hosts: []string{"127.0.0.1"}},
		"self-signed": {code: provider.CodeTLS},
		"other host":  {hosts: []string{"elsewhere.example"}, code: provider.CodeTLS},
		"old version": {hosts: []string{"127.0.0.1"}, server: tls.VersionTLS12, client: tls.VersionTLS13, code: provider.CodeTLS},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, kind := range kinds {
				fake := fakeai.New(t, fakeai.Options{Script: fakeai.Always(fakeai.Answer("{}"))})
				if s.hosts == nil {
					fake.StartSelfSigned()
				} else {
					certificate, err := authority.Certificate(s.hosts...)
					require.NoError(t, err)
					fake.StartTLS(&tls.Config{Certificates: []tls.Certificate{certificate}, MaxVersion: s.server})
				}
				_, err := started(t, trusting(config(kind, fake.BaseURL(kind)), authority.Pool(), s.client)).Ask(t.Context(), question())
				if s.code == "" {
					require.NoError(t, err)
					continue
				}
				require.Equal(t, &provider.Failure{Code: s.code}, failed(t, err))
				require.Empty(t, fake.Requests())
			}
		})
	}
}

func trusting(c provider.Config, pool *x509.CertPool, oldest uint16) provider.Config {
	c.HTTP = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: oldest}}}
	return c
}

func TestPlainServerBehindHTTPS(t *testing.T) {
	t.Parallel()
	each(t, fakeai.Answer("{}"), func(t *testing.T, _ *fakeai.Server, c provider.Config) {
		c.BaseURL = strings.Replace(c.BaseURL, "http://", "https://", 1)
		_, err := started(t, c).Ask(t.Context(), question())
		require.Equal(t, provider.CodeTLS, failed(t, err).Code)
	})
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	for base, detail := range map[string]string{"http://127.0.0.1:1": "connection refused", "http://nowhere.invalid": "host not found"} {
		for _, kind := range kinds {
			c := config(kind, base)
			_, err := started(t, c).Ask(t.Context(), question())
			require.Equal(t, &provider.Failure{Code: provider.CodeReset, Detail: detail, Retry: true}, failed(t, err))
			require.ErrorContains(t, err, detail)
		}
	}
}

// refusing is an HTTP client's own refusal, as package egress has them.
type refusing string

func (r refusing) Error() string                                   { return "refused " + key }
func (r refusing) Permanent() string                               { return string(r) }
func (r refusing) RoundTrip(*http.Request) (*http.Response, error) { return nil, r }

func TestRefusalsOfTheClient(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"not_allowed": provider.CodeNotAllowed, "address_not_allowed": provider.CodeNotAllowed, "plain_http": provider.CodeNotAllowed,
		"redirect": provider.CodeRedirect, "too_large": provider.CodeResponseTooLarge, "tls_version": provider.CodeTLS, "of tomorrow": provider.CodeNotAllowed,
	} {
		for _, kind := range kinds {
			c := config(kind, "https://provider.example")
			c.HTTP = &http.Client{Transport: refusing(code)}
			_, err := started(t, c).Ask(t.Context(), question())
			require.Equal(t, &provider.Failure{Code: want}, failed(t, err), code)
			require.NotContains(t, err.Error(), key)
		}
	}
}

// The key never follows a redirect, whatever the client that was given would do.
func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	elsewhere := fakeai.New(t, fakeai.Options{})
	url := elsewhere.Start()
	each(t, fakeai.Redirect(url+"/v1/chat/completions"), func(t *testing.T, _ *fakeai.Server, c provider.Config) {
		_, err := started(t, c).Ask(t.Context(), question())
		require.Equal(t, provider.CodeRedirect, failed(t, err).Code)
		require.Empty(t, elsewhere.Requests())
	})
}

// late answers after the deadline as if there were none.
type late struct{ until time.Duration }

func (l late) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(l.until)
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

func TestAnswerAfterTheDeadline(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		c := config(kind, "https://provider.example")
		c.Timeout, c.HTTP = 50*time.Millisecond, &http.Client{Transport: late{200 * time.Millisecond}}
		_, err := started(t, c).Ask(t.Context(), question())
		require.Equal(t, provider.CodeTimeout, failed(t, err).Code)
	}
}

// Gateways have paths of their own.
func TestPathOfTheBaseURL(t *testing.T) {
	t.Parallel()
	for base, paths := range map[string][]string{
		"/gateway/v1": {"/gateway/v1/chat/completions"}, "/v1/": {"/v1/chat/completions"}, "": {"/chat/completions", "/v1/messages"},
		"/gateway": {"/gateway/chat/completions", "/gateway/v1/messages"}, "/gateway/": {"/gateway/chat/completions", "/gateway/v1/messages"},
	} {
		for i, path := range paths {
			s := fakeai.New(t, fakeai.Options{})
			_, _ = started(t, config(kinds[i], s.Start()+base)).Ask(t.Context(), question())
			require.Equal(t, path, s.Requests()[0].Path)
		}
	}
}
