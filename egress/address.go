package egress

import (
	"context"
	"net"
	"net/netip"
	"slices"
)

// never are networks that nothing is sent to, whatever is listed: what is not
// routed, what has no one receiver, and what answers with credentials of the
// machine. Where clouds do that outside of link-local networks, their addresses
// are in the last line: Alibaba, Azure, AWS and Google.
var never = prefixes(
	"0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"::/128", "fe80::/10", "fec0::/10", "ff00::/8", "100::/64", "2001:db8::/32",
	"100.100.100.200/32", "168.63.129.16/32", "fd00:ec2::/32", "fd20:ce::/32",
)

// private are networks that have to be listed.
var private = prefixes(
	"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "198.18.0.0/15",
	"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "::1/128", "fc00::/7",
)

// nat64 is the well-known prefix of NAT64 (RFC 6052): behind it stands the IPv4
// address that is meant, as networks without IPv4 have it for every host outside.
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

// carrying are other networks whose addresses carry an IPv4 address: the local
// prefix of NAT64 (RFC 8215), 6to4 (RFC 3056), Teredo (RFC 4380), and the old
// IPv4-compatible form. None of them is needed here.
var carrying = prefixes("64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96")

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

func within(networks []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(a) })
}

// permits tells whether the endpoint may be reached at an address.
func (e Endpoint) permits(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	host, _ := e.split()
	switch {
	case !a.IsValid() || within(never, a):
		return false
	case Local(host): // whatever the name leads to: it may be spoken to without TLS
		return a.IsLoopback()
	case a.IsLoopback():
		return within(e.Networks, a)
	case nat64.Contains(a):
		inner := a.As16()
		return e.permits(netip.AddrFrom4([4]byte(inner[12:])))
	case within(carrying, a):
		return false
	case within(private, a):
		return within(e.Networks, a)
	}
	return a.IsGlobalUnicast()
}

// Resolver finds a name's addresses.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// addresses are where a host is, each of them checked: one that is not allowed
// spoils them all, because whoever controls the name chooses the order.
func (e Endpoint) addresses(ctx context.Context, r Resolver, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		if !e.permits(a) {
			return nil, &Error{AddressNotAllowed, host, "the address is in no network that its egress entry lists"}
		}
		return []netip.Addr{a.Unmap()}, nil
	}
	found, err := r.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	for _, a := range found {
		if !e.permits(a) {
			return nil, &Error{AddressNotAllowed, host, "the name leads to an address in a network that its egress entry does not list"}
		}
	}
	if len(found) == 0 {
		return nil, &net.DNSError{Err: "no address", Name: host, IsNotFound: true}
	}
	return found, nil
}
