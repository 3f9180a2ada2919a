package config

import (
	"crypto/tls"
	"encoding/json"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/egress"
	"github.com/closeofbusiness/cob/hostile"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/secrets"
)

const whole = `
ai:
  providers:
    - name: openai
      kind: openai
      model: gpt-5-mini
      api_key: env:OPENAI_API_KEY
      price: {input: 0.25, output: 2.00}
    - {name: rules, kind: rules}
    - name: claude
      kind: anthropic
      model: claude-haiku-4-5
      api_key: file:/run/secrets/anthropic
      price: {input: 1, output: 5}
      limits: {calls: 3, per: 30s, repairs: 0, tokens_per_day: 0}
    - name: house
      kind: openai
      base_url: http://127.0.0.1:11434/v1
      model: qwen3-32b
      signing_key: env:HMAC
      price: {input: 0, output: 0.1}
  limits: {calls: 20, timeout: 10s, usd_per_day: 5, tokens_per_day: 100000}
egress:
  - api.openai.com
  - api.anthropic.com
  - "127.0.0.1:11434"
  - host: llm.internal.example
    networks: [10.20.0.0/16]
    tls_min: "1.2"
`

func TestCobYAML(t *testing.T) {
	t.Parallel()
	ai, hosts, err := parseFile([]byte(whole))
	require.NoError(t, err)
	require.Len(t, ai.Providers, 3)
	openai, claude, house := ai.Providers[0], ai.Providers[1], ai.Providers[2]
	require.Equal(t, AIProvider{Name: "openai", Kind: "openai", BaseURL: "https://api.openai.com/v1", Model: "gpt-5-mini", APIKey: "env:OPENAI_API_KEY",
		Price: Price{0.25, 2}, HasPrice: true, Limits: Limits{Calls: 20, Per: time.Minute, Timeout: 10 * time.Second, Block: 2 * time.Minute,
			Attempts: 3, Repairs: 2, AnswerTokens: 8000, TokensPerReport: 150_000, TokensPerDay: 100_000, USDPerDay: 5}}, openai)
	require.Equal(t, Limits{Calls: 3, Per: 30 * time.Second, Timeout: 10 * time.Second, Block: 2 * time.Minute,
		Attempts: 3, Repairs: 0, AnswerTokens: 8000, TokensPerReport: 150_000, TokensPerDay: 0, USDPerDay: 5}, claude.Limits)
	require.Equal(t, "https://api.anthropic.com", claude.BaseURL)
	require.Equal(t, secrets.Ref("env:HMAC"), house.SigningKey)
	require.Equal(t, egress.Endpoint{Host: "llm.internal.example", Networks: []netip.Prefix{netip.MustParsePrefix("10.20.0.0/16")}, TLSMin: tls.VersionTLS12}, hosts[3])
}

// Every mistake is told at once, by its place, and no key is.
func TestWhatIsWrongWithCobYAML(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"one key for both": {"ai: {providers: [{name: a, kind: openai, model: m, api_key: env:K, signing_key: env:K}]}\negress: [api.openai.com]",
			[]string{"ai.providers[0].signing_key", "a key of its own"}},
		"a key in place of a reference": {"ai: {providers: [{name: a, kind: openai, model: m, api_key: sk-live-0123456789}]}\negress: [api.openai.com]",
			[]string{"ai.providers[0].api_key", "env:NAME or file:PATH"}},
		"several": {`
ai:
  providers:
    - {name: "A b", kind: gemini, model: "", limits: {calls: 0, per: soon, attempts: 4, repairs: 3, answer_tokens: 1}}
    - {name: rules, kind: openai, model: m}
    - {name: a, kind: openai, model: m, price: {input: -1, output: 0}}
    - {name: a, kind: openai, model: m, limits: {usd_per_day: 1}}
    - {name: b, kind: openai, model: m, base_url: "http://llm.example/v1"}
    - {name: c, kind: openai, model: m, base_url: "https://user:secret@llm.example/v1"}
egress: ["https://x/", {host: y, networks: [10.0.0.0], tls_min: "1.0"}, "llm.example:80"]
`, []string{"ai.providers[0].name", "ai.providers[0].kind", "ai.providers[0].model", "ai.providers[0].limits.calls", "ai.providers[0].limits.per",
			"ai.providers[0].limits.attempts", "ai.providers[0].limits.repairs", "ai.providers[0].limits.answer_tokens", "ai.providers[1].name",
			"rules are always there", "ai.providers[2].price", "ai.providers[3].price", "while a limit is in US dollars", "a second time",
			"api.openai.com, which egress does not list", "https for every host but this machine itself", "without credentials in it",
			"egress[0]", "egress[1].networks", "egress[1].tls_min"}},
		"an unknown key":           {"ai: {providers: [], verify: false}", []string{"ai.verify: an unknown key in line 1"}},
		"an unknown key on top":    {"insecure: true", []string{"insecure", "an unknown key in line 1"}},
		"an unknown key in a host": {"egress: [{host: a, insecure: true}]", []string{"egress[0].insecure: an unknown key in line 1"}},
		"unknown keys, several": {"ai:\n  limits:\n    call: 1\n  providers:\n    - {name: rules, kind: rules}\n    - name: a\n      kind: openai\n      token: x\n      model: m\n      price: {in: 1}\n",
			[]string{"ai.limits.call: an unknown key in line 3", "ai.providers[1].token: an unknown key in line 8", "ai.providers[1].price.in: an unknown key in line 10",
				"ai.providers[1].price: a price that is none in line 10", "ai.providers[1].base_url: api.openai.com, which egress does not list, in line 6", "a line under egress: - api.openai.com"}},
		"what is not what it should be": {"ai:\n  limits: {calls: many, attempts: 1.5, tokens_per_day: .nan, per: [60s]}\n  providers:\n  - name: a\n    kind: openai\n    model: [m]\n  - null\n  - b\negress: {api.openai.com: x}\n",
			[]string{"ai.limits.calls: something else in line 2", "ai.limits.attempts: 1.5 in line 2 found, a whole number from 1 to 3", "ai.limits.tokens_per_day: NaN", "ai.limits.per: something else",
				"ai.providers[0].model: something else in line 6", "ai.providers[1]: something else in line 7", "ai.providers[2]: something else in line 8", "egress: something else in line 9"}},
		"lists in place of mappings": {"ai: [a]\negress: x", []string{"ai: something else in line 1", "egress: something else in line 2"}},
		"twice, behind rules": {"ai:\n  providers:\n  - {name: rules, kind: rules}\n  - {name: a, kind: openai, model: m}\n  - {name: a, kind: openai, model: m}\negress: [api.openai.com, API.openai.com]\n",
			[]string{`ai.providers[2].name: "a" a second time in line 5`, `egress[1]: "API.openai.com" a second time in line 6`}},
		"an address that YAML takes for a list": {"ai: {providers: [{name: a, kind: openai, model: m, base_url: 'http://[::1]:8080/v1'}]}", []string{`a line under egress: - "[::1]:8080"`}},
		"a price beyond measure":                {"ai: {providers: [{name: a, kind: openai, model: m, price: {input: .inf}}]}\negress: [api.openai.com]", []string{"ai.providers[0].price.input: +Inf in line 1"}},
		"not YAML":                              {"ai: [", []string{"cob.yaml"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := parseFile([]byte(c.text))
			require.ErrorIs(t, err, report.ErrInvalid)
			for _, want := range c.want {
				require.ErrorContains(t, err, want)
			}
			require.NotContains(t, err.Error(), "0123456789")
			require.NotContains(t, err.Error(), "secret")
		})
	}
}

// However a key is mistaken for something else.
func TestAMistakenKeyIsNotShown(t *testing.T) {
	t.Parallel()
	const head, key = "ai:\n  providers:\n  - name: a\n", "sk-live-0123456789"
	for _, s := range []string{
		"    api_key " + key + "\n    kind: openai\n", "    api_key:" + key + "\n    kind: openai\n", "    api_key: " + key + "\n", "    api_key: [" + key + "]\n", "    api_key: {" + key + "}\n",
		"    api_key: '" + key + "\n", "    api_key: @" + key + "\n", "    api_key: *" + key + "\n", "    api_key: " + key + ": x\n", "    api_key: !!int " + key + "\n",
		"    api_key: |\n      " + key + "\n", "    signing_key: env:" + key + "\n", "    base_url: https://u:" + key + "@h/v1\n", "    base_url: https://h/v1?key=" + key + "\n", "    price: " + key + "\n",
	} {
		_, _, err := parseFile([]byte(head + s))
		require.ErrorIs(t, err, report.ErrInvalid, s)
		require.NotContains(t, err.Error(), "0123456789", s)
	}
}

// tls_min is a text and looks like a number.
func TestTheOldestTLS(t *testing.T) {
	t.Parallel()
	_, hosts, err := parseFile([]byte("egress: [{host: a, tls_min: 1.2}, {host: b, tls_min: '1.3'}, c, {host: d, tls_min: }]"))
	require.NoError(t, err)
	require.Equal(t, []egress.Endpoint{{Host: "a", TLSMin: tls.VersionTLS12}, {Host: "b"}, {Host: "c"}, {Host: "d"}}, hosts)
}

func TestWhereCobYAMLIs(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cob.yaml")
	load := func(path string) (Config, error) {
		l := &loader{lookup: func(name string) (string, bool) { return path, name == "COB_CONFIG" && path != "" }}
		var c Config
		l.file(&c)
		return c, errorsOf(l)
	}
	c, err := load("")
	require.NoError(t, err, "rules need none")
	require.Empty(t, c.AI.Providers)
	_, err = load(path)
	require.ErrorContains(t, err, "COB_CONFIG")
	require.NoError(t, os.WriteFile(path, []byte(whole), 0o600))
	c, err = load(path)
	require.NoError(t, err)
	require.Len(t, c.AI.Providers, 3)
	desk, err := c.Desk(nil)
	require.NoError(t, err)
	p, ok := desk.Provider("openai")
	require.True(t, ok)
	require.EqualValues(t, 5_000_000, p.Limits.MicroUSDPerDay)
}

// It changes the folder: not beside others.
func TestCobYAMLInTheWorkingFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	load := func() (Config, error) {
		l := &loader{lookup: func(string) (string, bool) { return "", false }}
		var c Config
		l.file(&c)
		return c, errorsOf(l)
	}
	require.NoError(t, os.WriteFile("cob.yaml", []byte(whole), 0o600))
	c, err := load()
	require.NoError(t, err)
	require.Len(t, c.Egress, 4)
	require.NoError(t, os.WriteFile("cob.yaml", []byte(whole+strings.Repeat("#", maxFile)), 0o600))
	_, err = load()
	require.ErrorContains(t, err, "at most 65536 are read")
	require.NoError(t, os.Remove("cob.yaml"))
	require.NoError(t, os.Mkdir("cob.yaml", 0o700))
	_, err = load()
	require.ErrorContains(t, err, "COB_CONFIG", "what is there and cannot be read is not passed over")
}

func errorsOf(l *loader) error {
	for _, err := range l.errs {
		return err
	}
	return nil
}

func FuzzCobYAML(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte("ai: {providers: [{name: a, kind: openai, model: m, api_key: sk-live}]}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		ai, hosts, err := parseFile(b)
		if err != nil {
			return
		}
		for _, h := range hosts {
			require.NoError(t, h.Check())
		}
		for _, p := range ai.Providers {
			require.Positive(t, p.Limits.Calls)
			require.NoError(t, report.CheckProvider(p.Name))
			u, err := url.Parse(p.BaseURL)
			require.NoError(t, err)
			require.True(t, egress.Covers(hosts, u.Scheme, u.Host), p.BaseURL)
			require.True(t, u.Scheme == "https" || egress.Local(u.Hostname()), p.BaseURL)
			require.True(t, p.HasPrice || p.Limits.USDPerReport+p.Limits.USDPerDay == 0)
		}
	})
}

// What the documents show can be used.
func TestDocumentedCobYAML(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/ai.md")
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)```yaml\n(ai:.*?)```").FindAllSubmatch(text, -1)
	require.Len(t, blocks, 1)
	ai, hosts, err := parseFile(blocks[0][1])
	require.NoError(t, err)
	require.Len(t, ai.Providers, 3)
	require.Equal(t, []string{"llm.internal.example: TLS 1.2 is accepted"}, egress.Exceptions(hosts))
	shown := defaults // the limits that are shown are the defaults
	require.Equal(t, shown, ai.Providers[1].Limits)
}

// TestHostileCobYAML: a hostile file, or text in a field, is refused as a fault
// of the file, and none that may be a key is quoted.
func TestHostileCobYAML(t *testing.T) {
	t.Parallel()
	for _, in := range hostile.Inputs() {
		text := in.Text()
		quoted, err := json.Marshal(text)
		require.NoError(t, err)
		for _, b := range []string{text, "ai: {providers: [{name: " + string(quoted) + ", kind: openai, model: " + string(quoted) + ", api_key: " + string(quoted) + ", base_url: " + string(quoted) + "}]}",
			"egress: [" + string(quoted) + "]", "egress: [{host: " + string(quoted) + "}]"} {
			if _, _, err := parseFile([]byte(b)); err != nil {
				require.ErrorIs(t, err, report.ErrInvalid, in.Name)
				require.Less(t, len(err.Error()), 16<<10, in.Name)
			}
		}
	}
}
