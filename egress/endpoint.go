package egress

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/closeofbusiness/cob/report"
)

// Endpoint is a host that may be reached.
type Endpoint struct {
	// Host is a name or an address, with a port where it is not 443. An entry
	// without a port for this machine itself is for every port.
	Host string
	// Networks are those beside the public ones that its addresses may lie in.
	Networks []netip.Prefix
	// TLSMin is the oldest version of TLS that is accepted. Zero means TLS 1.3;
	// tls.VersionTLS12 is the one exception.
	TLSMin uint16
}

// Check refuses an endpoint that names no host.
func (e Endpoint) Check() error {
	host, port := e.split()
	switch {
	case host == "" || len(host) > 253 || strings.ContainsFunc(host, notInHost) || net.ParseIP(host) == nil && strings.Contains(host, ":"):
		return fmt.Errorf("%w: a host such as api.example.com or llm.internal:8443 is needed", report.ErrInvalid)
	case port != "" && !validPort(port):
		return fmt.Errorf("%w: the port of %s is no port", report.ErrInvalid, host)
	case e.TLSMin != 0 && e.TLSMin != tls.VersionTLS12 && e.TLSMin != tls.VersionTLS13:
		return fmt.Errorf("%w: tls_min is 1.3, or 1.2 as an exception", report.ErrInvalid)
	}
	return nil
}

func notInHost(r rune) bool {
	return !(r == '.' || r == '-' || r == '_' || r == ':' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z')
}

func validPort(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n > 0 && n < 1<<16
}

// split is host and port, in lower case; the port is empty where none is named.
func (e Endpoint) split() (host, port string) {
	s := strings.ToLower(e.Host)
	if h, p, err := net.SplitHostPort(s); err == nil {
		return h, p
	}
	return strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"), ""
}

// minimum is the oldest version of TLS that is accepted.
func (e Endpoint) minimum() uint16 {
	if e.TLSMin == tls.VersionTLS12 {
		return tls.VersionTLS12
	}
	return tls.VersionTLS13
}

// matches tells whether the endpoint is this host and port.
func (e Endpoint) matches(host, port string) bool {
	h, p := e.split()
	if h != strings.ToLower(host) {
		return false
	}
	if p == "" {
		return port == "443" || Local(h)
	}
	return p == port
}

// Local holds for names and addresses of this machine itself.
func Local(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// Covers tells whether one of the endpoints is the host of a URL with this host
// and scheme.
func Covers(all []Endpoint, scheme, hostPort string) bool {
	host, port := hostAndPort(scheme, hostPort)
	_, ok := find(all, host, port)
	return ok
}

func hostAndPort(scheme, hostPort string) (host, port string) {
	host, port = Endpoint{Host: hostPort}.split()
	if port == "" {
		port = portOf(scheme)
	}
	return host, port
}

// portOf is a scheme's own port; those of proxies are among them.
func portOf(scheme string) string {
	switch scheme {
	case "http":
		return "80"
	case "socks5", "socks5h":
		return "1080"
	}
	return "443"
}

func find(all []Endpoint, host, port string) (Endpoint, bool) {
	for _, e := range all {
		if e.matches(host, port) {
			return e, true
		}
	}
	return Endpoint{}, false
}

// Exceptions lists what weakens the way out, for people.
func Exceptions(all []Endpoint) []string {
	var out []string
	for _, e := range all {
		if e.minimum() < tls.VersionTLS13 {
			out = append(out, e.Host+": TLS 1.2 is accepted")
		}
	}
	return out
}
