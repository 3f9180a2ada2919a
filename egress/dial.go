package egress

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

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
