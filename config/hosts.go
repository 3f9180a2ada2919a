package config

import (
	"crypto/tls"
	"fmt"
	"net/netip"
	"strings"

	"github.com/closeofbusiness/cob/egress"
)

const hostForm = "a host, or a mapping with host, networks and tls_min"

// readHosts reads the hosts that may be reached. One is there once: of two, the
// second would say nothing.
func readHosts(p place) []egress.Endpoint {
	var out []egress.Endpoint
	seen := map[string]bool{}
	for _, item := range p.items("a list of hosts") {
		e := readHost(item)
		name := strings.ToLower(e.Host)
		item.wrongIf(name != "" && seen[name], fmt.Sprintf("%.60q a second time", e.Host), "each host once")
		seen[name] = true
		out = append(out, e)
	}
	return out
}

func readHost(p place) egress.Endpoint {
	var out egress.Endpoint
	if !p.composed() {
		read(p, &out.Host, hostForm)
	} else {
		f := p.fields("host", "networks", "tls_min")
		out.Host = f["host"].text()
		out.Networks = readNetworks(f["networks"])
		switch oldest := f["tls_min"].text(); oldest {
		case "", "1.3":
		case "1.2":
			out.TLSMin = tls.VersionTLS12
		default:
			f["tls_min"].wrong(fmt.Sprintf("%.20q", oldest), `"1.2" as an exception, or nothing`)
		}
	}
	if err := out.Check(); err != nil {
		p.fail(fmt.Errorf("%.60q: %w", out.Host, err))
	}
	return out
}

func readNetworks(p place) []netip.Prefix {
	const form = "networks such as 10.20.0.0/16"
	var out []netip.Prefix
	for _, item := range p.items("a list of " + form) {
		s := item.text()
		network, err := netip.ParsePrefix(s)
		item.wrongIf(err != nil, fmt.Sprintf("%.40q", s), form)
		out = append(out, network)
	}
	return out
}
