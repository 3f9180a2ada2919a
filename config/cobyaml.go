package config

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

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
type Price struct {
	Input  float64 `yaml:"input"`
	Output float64 `yaml:"output"`
}

// Limits bound the calls to a provider; zero budgets are none.
type Limits struct {
	Calls                         int // in any window of Per
	Per, Timeout, Block           time.Duration
	Attempts, Repairs             int
	AnswerTokens                  int64
	TokensPerReport, TokensPerDay int64
	USDPerReport, USDPerDay       float64
}

// defaults are the limits of a provider that names none.
var defaults = Limits{Calls: 10, Per: time.Minute, Timeout: 30 * time.Second, Block: 2 * time.Minute,
	Attempts: 3, Repairs: 2, AnswerTokens: 2000, TokensPerReport: 60_000}

// cobYAML is cob.yaml as it is written.
type cobYAML struct {
	Providers []providerYAML `yaml:"providers"`
	Limits    limitsYAML     `yaml:"limits"`
}

type providerYAML struct {
	Name       string     `yaml:"name"`
	Kind       string     `yaml:"kind"`
	BaseURL    string     `yaml:"base_url"`
	Model      string     `yaml:"model"`
	APIKey     string     `yaml:"api_key"`
	SigningKey string     `yaml:"signing_key"`
	Price      *Price     `yaml:"price"`
	Limits     limitsYAML `yaml:"limits"`
}

type limitsYAML struct {
	Calls           *int     `yaml:"calls"`
	Per             *string  `yaml:"per"`
	Timeout         *string  `yaml:"timeout"`
	Block           *string  `yaml:"block"`
	Attempts        *int     `yaml:"attempts"`
	Repairs         *int     `yaml:"repairs"`
	AnswerTokens    *int64   `yaml:"answer_tokens"`
	TokensPerReport *int64   `yaml:"tokens_per_report"`
	TokensPerDay    *int64   `yaml:"tokens_per_day"`
	USDPerReport    *float64 `yaml:"usd_per_report"`
	USDPerDay       *float64 `yaml:"usd_per_day"`
}

// endpointYAML is a host, or a mapping.
type endpointYAML struct {
	Host     string   `yaml:"host"`
	Networks []string `yaml:"networks"`
	TLSMin   string   `yaml:"tls_min"`
}

// UnmarshalYAML reads either form.
func (e *endpointYAML) UnmarshalYAML(decode func(any) error) error {
	if err := decode(&e.Host); err == nil {
		return nil
	}
	type full endpointYAML
	return decode((*full)(e))
}

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
	return io.ReadAll(io.LimitReader(f, maxFile+1))
}

// parseFile reads cob.yaml strictly, and reports every mistake at once. Nothing
// of what may be a key is quoted.
func parseFile(b []byte) (AI, []egress.Endpoint, error) {
	f, err := yamlfile.Read("cob.yaml", b)
	if err != nil {
		return AI{}, nil, err
	}
	var ai cobYAML
	var hosts []endpointYAML
	f.Field("ai", &ai, "providers and limits as docs/ai.md has them")
	f.Field("egress", &hosts, "a list of hosts, or of mappings with host, networks and tls_min")
	r := &fileReader{file: f}
	endpoints := r.endpoints(hosts)
	out := AI{}
	for i, p := range ai.Providers {
		if p.Name == report.ByRules && p.Kind == report.ByRules {
			continue // always there
		}
		out.Providers = append(out.Providers, r.provider(fmt.Sprintf("ai.providers[%d]", i), p, ai, endpoints))
	}
	r.once(out.Providers)
	return out, endpoints, f.Err()
}

type fileReader struct{ file *yamlfile.File }

func (r *fileReader) wrong(is bool, field, found, expected string) {
	if is {
		r.file.Wrong(field, found, expected)
	}
}

func (r *fileReader) endpoints(all []endpointYAML) []egress.Endpoint {
	out := make([]egress.Endpoint, len(all))
	for i, e := range all {
		field := fmt.Sprintf("egress[%d]", i)
		out[i].Host = e.Host
		switch e.TLSMin {
		case "", "1.3":
		case "1.2":
			out[i].TLSMin = tls.VersionTLS12
		default:
			r.file.Wrong(field+".tls_min", fmt.Sprintf("%.20q", e.TLSMin), `"1.2" as an exception, or nothing`)
		}
		for _, s := range e.Networks {
			network, err := netip.ParsePrefix(s)
			r.wrong(err != nil, field+".networks", fmt.Sprintf("%.40q", s), "networks such as 10.20.0.0/16")
			out[i].Networks = append(out[i].Networks, network)
		}
		if err := out[i].Check(); err != nil {
			r.file.Wrong(field, fmt.Sprintf("%.60q", e.Host), report.Message(err))
		}
	}
	return out
}

func (r *fileReader) provider(field string, p providerYAML, ai cobYAML, endpoints []egress.Endpoint) AIProvider {
	out := AIProvider{Name: p.Name, Kind: p.Kind, BaseURL: p.BaseURL, Model: p.Model, Limits: defaults}
	r.wrong(report.CheckProvider(p.Name) != nil, field+".name", fmt.Sprintf("%.40q", p.Name), "1 to 31 characters a-z, 0-9 and -")
	r.wrong(p.Name == report.ByRules, field+".name", p.Name, "another name: rules are always there")
	r.wrong(p.Kind != provider.OpenAI && p.Kind != provider.Anthropic, field+".kind", fmt.Sprintf("%.20q", p.Kind), "openai or anthropic")
	r.wrong(strings.TrimSpace(p.Model) == "", field+".model", "nothing", "the model's name")
	out.APIKey, out.SigningKey = r.reference(field+".api_key", p.APIKey), r.reference(field+".signing_key", p.SigningKey)
	r.limits("ai.limits", ai.Limits, &out.Limits)
	r.limits(field+".limits", p.Limits, &out.Limits)
	if p.Price != nil {
		out.Price, out.HasPrice = *p.Price, true
		r.wrong(!(p.Price.Input >= 0 && p.Price.Output >= 0 && p.Price.Input+p.Price.Output > 0), field+".price", "a price that is none", "US dollars a million tokens, {input: 0.25, output: 2.00}")
	}
	r.wrong(!out.HasPrice && out.Limits.USDPerReport+out.Limits.USDPerDay > 0, field+".price", "nothing, while a limit is in US dollars", "the price of a million tokens, {input: 0.25, output: 2.00}")
	r.base(field+".base_url", &out, endpoints)
	return out
}

// reference reads where a key is. A key itself is refused and not quoted.
func (r *fileReader) reference(field, s string) secrets.Ref {
	if s == "" {
		return ""
	}
	ref, err := secrets.Parse(s)
	if err != nil {
		r.file.Wrong(field, "something else", strings.TrimSuffix(report.Message(err), " is needed"))
	}
	return ref
}

// base fills in the maker's own address, and looks whether it may be reached.
func (r *fileReader) base(field string, p *AIProvider, endpoints []egress.Endpoint) {
	if p.BaseURL == "" {
		p.BaseURL = provider.DefaultURL(p.Kind)
	}
	u, err := url.Parse(p.BaseURL)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Scheme != "https" && u.Scheme != "http" {
		r.wrong(p.BaseURL != "", field, "something else", "an address such as https://llm.internal.example/v1, without credentials in it")
		return
	}
	r.wrong(!egress.Covers(endpoints, u.Scheme, u.Host), field, u.Host+", which egress does not list", "a line under egress: - "+u.Host)
	r.wrong(u.Scheme == "http" && !egress.Local(u.Hostname()), field, "http", "https for every host but this machine itself")
}

// limits puts what is written over what was there.
func (r *fileReader) limits(field string, in limitsYAML, out *Limits) {
	number(r, field+".calls", in.Calls, &out.Calls, 1, 10_000)
	r.duration(field+".per", in.Per, &out.Per, time.Second, time.Hour)
	r.duration(field+".timeout", in.Timeout, &out.Timeout, time.Second, 10*time.Minute)
	r.duration(field+".block", in.Block, &out.Block, time.Second, time.Hour)
	number(r, field+".attempts", in.Attempts, &out.Attempts, 1, 3)
	number(r, field+".repairs", in.Repairs, &out.Repairs, 0, 2)
	number(r, field+".answer_tokens", in.AnswerTokens, &out.AnswerTokens, 100, 100_000)
	number(r, field+".tokens_per_report", in.TokensPerReport, &out.TokensPerReport, 0, 1e9)
	number(r, field+".tokens_per_day", in.TokensPerDay, &out.TokensPerDay, 0, 1e12)
	number(r, field+".usd_per_report", in.USDPerReport, &out.USDPerReport, 0, 1e6)
	number(r, field+".usd_per_day", in.USDPerDay, &out.USDPerDay, 0, 1e6)
}

func number[T int | int64 | float64](r *fileReader, field string, in, out *T, least, most T) {
	if in == nil {
		return
	}
	*out = *in
	r.wrong(!(*in >= least && *in <= most), field, fmt.Sprint(*in), fmt.Sprintf("a number from %v to %v", least, most))
}

func (r *fileReader) duration(field string, in *string, out *time.Duration, least, most time.Duration) {
	if in == nil {
		return
	}
	d, err := time.ParseDuration(*in)
	*out = d
	r.wrong(err != nil || d < least || d > most, field, fmt.Sprintf("%.20q", *in), fmt.Sprintf("a duration from %s to %s, such as 60s", least, most))
}

// once refuses a name that is given twice.
func (r *fileReader) once(all []AIProvider) {
	seen := map[string]bool{}
	for i, p := range all {
		r.wrong(seen[p.Name], fmt.Sprintf("ai.providers[%d].name", i), p.Name+" a second time", "each name once")
		seen[p.Name] = true
	}
}
