package egress

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report"
)

func TestAddresses(t *testing.T) {
	t.Parallel()
	inside := Endpoint{Host: "llm.internal", Networks: prefixes("10.20.0.0/16", "fd12:3456::/32")}
	greedy := Endpoint{Host: "llm.internal", Networks: prefixes("0.0.0.0/0", "::/0")}
	outside, here := Endpoint{Host: "api.example.com"}, Endpoint{Host: "localhost:11434"}
	for _, c := range []struct {
		endpoint Endpoint
		address  string
		want     bool
	}{
		{outside, "93.184.216.34", true}, {outside, "2606:2800:220:1::1", true},
		{outside, "10.20.0.1", false}, {outside, "192.168.1.1", false}, {outside, "172.31.255.255", false}, {outside, "172.32.0.1", true},
		{outside, "100.64.0.1", false}, {outside, "127.0.0.1", false}, {outside, "::1", false}, {outside, "fd12:3456::1", false},
		{outside, "::ffff:10.20.0.1", false}, {outside, "::ffff:127.0.0.1", false}, {outside, "::ffff:93.184.216.34", true},
		{outside, "64:ff9b::7f00:1", false}, {outside, "64:ff9b::5db8:d822", true}, {outside, "64:ff9b::a14:1", false}, {inside, "64:ff9b::a14:1", true}, {outside, "2002:7f00:1::", false}, {outside, "2001::1", false}, {outside, "::7f00:1", false},
		{inside, "10.20.0.1", true}, {inside, "::ffff:10.20.0.1", true}, {inside, "10.21.0.1", false}, {inside, "fd12:3456::1", true}, {inside, "127.0.0.1", false},
		{here, "127.0.0.1", true}, {here, "::1", true}, {here, "10.20.0.1", false},
		{greedy, "10.0.0.1", true}, {greedy, "169.254.169.254", false}, {greedy, "fe80::1", false}, {greedy, "fe80::1%eth0", false}, {greedy, "fd00:ec2::254", false},
		{greedy, "0.0.0.0", false}, {greedy, "::", false}, {greedy, "224.0.0.1", false}, {greedy, "ff02::1", false}, {greedy, "255.255.255.255", false},
		{greedy, "100.64.0.1", true}, {greedy, "100.100.100.200", false}, {greedy, "168.63.129.16", false}, {greedy, "fd20:ce::254", false}, {greedy, "::ffff:100.100.100.200", false},
		{here, "93.184.216.34", false}, {Endpoint{Host: "127.0.0.1", Networks: prefixes("0.0.0.0/0")}, "10.0.0.1", false},
		{greedy, "::ffff:169.254.169.254", false}, {greedy, "64:ff9b::a9fe:a9fe", false}, {greedy, "2002:a9fe:a9fe::", false},
	} {
		require.Equal(t, c.want, c.endpoint.permits(netip.MustParseAddr(c.address)), "%s at %s", c.endpoint.Host, c.address)
	}
	require.False(t, greedy.permits(netip.Addr{}))
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"api.example.com", "llm.internal:8443", "localhost", "127.0.0.1:11434", "[::1]:8080", "::1", "10.0.0.7"} {
		require.NoError(t, Endpoint{Host: good}.Check(), good)
	}
	for _, bad := range []string{"", "https://api.example.com", "api.example.com/v1", "user@host", "host:0", "host:99999", "host:x", "a b", "*.example.com", "exämple.com"} {
		require.ErrorIs(t, Endpoint{Host: bad}.Check(), report.ErrInvalid, bad)
	}
	require.Error(t, Endpoint{Host: "a", TLSMin: 0x0301}.Check())
	all := []Endpoint{{Host: "API.example.com"}, {Host: "llm.internal:8443", TLSMin: 0x0303}, {Host: "localhost"}}
	for _, c := range []struct {
		scheme, host string
		want         bool
	}{
		{"https", "api.example.com", true}, {"https", "api.example.com:443", true}, {"https", "api.example.com:8443", false}, {"https", "evil-api.example.com", false},
		{"https", "example.com", false}, {"https", "llm.internal", false}, {"https", "LLM.internal:8443", true}, {"http", "localhost:11434", true}, {"http", "127.0.0.1:11434", false},
	} {
		require.Equal(t, c.want, Covers(all, c.scheme, c.host), c.host)
	}
	for scheme, port := range map[string]string{"https": "443", "http": "80", "socks5": "1080"} {
		_, got := hostAndPort(scheme, "proxy.internal")
		require.Equal(t, port, got, scheme)
	}
	require.Equal(t, []string{"llm.internal:8443: TLS 1.2 is accepted"}, Exceptions(all))
}

// Whatever is listed: nothing is sent to what has no business on the network.
func FuzzAddresses(f *testing.F) {
	f.Add([]byte{169, 254, 169, 254})
	f.Add(netip.MustParseAddr("64:ff9b::a9fe:a9fe").AsSlice())
	f.Add(netip.MustParseAddr("::ffff:127.0.0.1").AsSlice())
	greedy := Endpoint{Host: "x", Networks: prefixes("0.0.0.0/0", "::/0")}
	strict := Endpoint{Host: "x"}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, ok := netip.AddrFromSlice(b)
		if !ok {
			return
		}
		plain := a.Unmap()
		if greedy.permits(a) {
			require.False(t, plain.IsLinkLocalUnicast() || plain.IsMulticast() || plain.IsUnspecified(), a)
		}
		if strict.permits(a) {
			require.False(t, plain.IsPrivate() || plain.IsLoopback(), a)
			require.True(t, greedy.permits(a), "listing more never forbids: %s", a)
		}
		require.Equal(t, strict.permits(plain), strict.permits(netip.AddrFrom16(a.As16())), "an IPv4 address and its mapped form: %s", a)
	})
}

func FuzzEndpoints(f *testing.F) {
	f.Add("api.example.com:443")
	f.Add("[::1]:80")
	f.Fuzz(func(t *testing.T, s string) {
		e := Endpoint{Host: s}
		if e.Check() != nil {
			return
		}
		host, port := e.split()
		require.NotEmpty(t, host)
		if port != "" {
			require.True(t, e.matches(host, port))
		}
	})
}
