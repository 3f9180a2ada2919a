package config

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/closeofbusiness/cob/egress"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/analysis/provider"
	"github.com/closeofbusiness/cob/report/calendar/yamlfile"
	"github.com/closeofbusiness/cob/secrets"
)

// AI is who may write narratives beside the rules.
type AI struct{ Providers []AIProvider }

// AIProvider is one provider of cob.yaml.
type AIProvider struct {
	Name    string
	Kind    string // openai, anthropic
	BaseURL string
	Model   string
	// APIKey and SigningKey say where the keys are; empty: none.
	APIKey, SigningKey secrets.Ref
	Price              Price
	HasPrice           bool
	Limits             Limits
}

// Price is what tokens cost, in US dollars a million.
type Price struct{ Input, Output float64 }

// file reads cob.yaml: the one that COB_CONFIG names, or the one in the working
// folder where there is one.
func (l *loader) file(c *Config) {
	const byDefault = "cob.yaml"
	path := l.text("COB_CONFIG", "")
	b, err := readBounded(cmp.Or(path, byDefault))
	switch {
	case path == "" && errors.Is(err, os.ErrNotExist):
		return
	case err != nil:
		l.errs = append(l.errs, fmt.Errorf("%w: COB_CONFIG: %w", report.ErrInvalid, err))
		return
	}
	if c.AI, c.Egress, err = parseFile(b); err != nil {
		l.errs = append(l.errs, err)
	}
}

// maxFile bounds cob.yaml, in bytes.
const maxFile = 64 << 10

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path) // #nosec G304 G703 -- the operator names it
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, maxFile+1)) // one more than is read tells that there is more
}

// parseFile reads cob.yaml strictly, and reports every mistake at once, with its
// line. Nothing of what may be a key is quoted.
func parseFile(b []byte) (AI, []egress.Endpoint, error) {
	f, err := yamlfile.Read("cob.yaml", b)
	if err != nil {
		return AI{}, nil, err
	}
	ai, hosts := place{file: f, path: "ai"}, place{file: f, path: "egress"}
	f.Field("ai", &ai, "providers and limits")
	f.Field("egress", &hosts, "a list of hosts")
	endpoints := readHosts(hosts)
	out := AI{Providers: readProviders(ai, endpoints)}
	return out, endpoints, f.Err()
}

// readProviders reads all but the rules, which are always there.
func readProviders(p place, endpoints []egress.Endpoint) []AIProvider {
	ai := p.fields("providers", "limits")
	shared := readLimits(ai["limits"], defaults)
	var out []AIProvider
	seen := map[string]bool{}
	for _, item := range ai["providers"].items("a list of providers") {
		if !item.composed() {
			item.wrong("something else", "a mapping with name, kind and model")
			continue
		}
		f := item.fields("name", "kind", "base_url", "model", "api_key", "signing_key", "price", "limits")
		made := AIProvider{Name: f["name"].text(), Kind: f["kind"].text()}
		if made.Name == report.ByRules && made.Kind == report.ByRules {
			continue
		}
		f["name"].wrongIf(seen[made.Name], fmt.Sprintf("%.40q a second time", made.Name), "each name once")
		seen[made.Name] = true
		readProvider(f, shared, endpoints, &made)
		out = append(out, made)
	}
	return out
}

func readProvider(f map[string]place, shared Limits, endpoints []egress.Endpoint, out *AIProvider) {
	f["name"].wrongIf(report.CheckProvider(out.Name) != nil, fmt.Sprintf("%.40q", out.Name), "1 to 31 characters a-z, 0-9 and -")
	f["name"].wrongIf(out.Name == report.ByRules, out.Name, "another name: rules are always there")
	f["kind"].wrongIf(out.Kind != provider.OpenAI && out.Kind != provider.Anthropic, fmt.Sprintf("%.20q", out.Kind), "openai or anthropic")
	out.Model = f["model"].text()
	f["model"].wrongIf(strings.TrimSpace(out.Model) == "", "nothing", "the model's name")
	out.APIKey, out.SigningKey = readReference(f["api_key"]), readReference(f["signing_key"])
	f["signing_key"].wrongIf(out.SigningKey != "" && out.SigningKey == out.APIKey, "the API key's reference", "a key of its own")
	out.Limits = readLimits(f["limits"], shared)
	out.Price, out.HasPrice = readPrice(f["price"])
	f["price"].wrongIf(!out.HasPrice && out.Limits.USDPerReport+out.Limits.USDPerDay > 0,
		"nothing, while a limit is in US dollars", "the price of a million tokens, {input: 0.25, output: 2.00}")
	out.BaseURL = readBase(f["base_url"], provider.DefaultURL(out.Kind), endpoints)
}

func readPrice(p place) (out Price, there bool) {
	if !p.there() {
		return Price{}, false
	}
	f := p.fields("input", "output")
	number(f["input"], &out.Input, 0, 1e6)
	number(f["output"], &out.Output, 0, 1e6)
	p.wrongIf(!(out.Input+out.Output > 0), "a price that is none", "US dollars a million tokens, {input: 0.25, output: 2.00}")
	return out, true
}

// readReference reads where a key is. A key itself is refused and not quoted.
func readReference(p place) secrets.Ref {
	const form = "a reference env:NAME or file:PATH"
	var s string
	if !read(p, &s, form) {
		return ""
	}
	ref, err := secrets.Parse(s)
	if err != nil {
		p.fail(err)
	}
	return ref
}

// readBase is where the provider is, by default the maker's own address, which
// has to be among the hosts that may be reached.
func readBase(p place, byDefault string, endpoints []egress.Endpoint) string {
	const form = "an address such as https://llm.internal.example/v1, without credentials in it"
	base := byDefault
	if read(p, &base, form) && base == "" {
		base = byDefault
	}
	u, err := url.Parse(base)
	switch {
	case base == "": // of no kind: that is said there
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "https" && u.Scheme != "http":
		p.wrong("something else", form)
	case u.Scheme == "http" && !egress.Local(u.Hostname()):
		p.wrong("http", "https for every host but this machine itself")
	case !egress.Covers(endpoints, u.Scheme, u.Host):
		p.wrong(u.Host+", which egress does not list,", "a line under egress: - "+asYAML(u.Host))
	}
	return base
}

// asYAML quotes a host that YAML would take for a list.
func asYAML(host string) string {
	if strings.HasPrefix(host, "[") {
		return `"` + host + `"`
	}
	return host
}
