package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// model is the language model that the demo was asked to use: make demo AI=…
type model struct {
	called  string // in cob.yaml and on the page
	kind    string // openai, anthropic
	base    string // empty: the maker's own
	host    string // that the worker may reach
	name    string // of the model; empty: the first that the server lists
	keyName string // the variable that holds the key
}

// modelKeys names what the demo reads of the user's shell where it was asked to
// use a model: the one key, and no other.
func modelKeys(args []string) []string {
	if len(args) < 3 || args[0] != "demo" || args[1] != "--ai" {
		return nil
	}
	m, err := parseModel(args[2])
	if err != nil {
		return nil // demo says so
	}
	return []string{m.keyName, "AI_MODEL"}
}

// parseModel reads openai, anthropic, or the address of an OpenAI-compatible
// server.
func parseModel(s string) (model, error) {
	switch s {
	case "openai":
		return model{called: "openai", kind: "openai", host: "api.openai.com", name: "gpt-5-mini", keyName: "OPENAI_API_KEY"}, nil
	case "anthropic":
		return model{called: "anthropic", kind: "anthropic", host: "api.anthropic.com", name: "claude-haiku-4-5", keyName: "ANTHROPIC_API_KEY"}, nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return model{}, errors.New("AI=openai, AI=anthropic, or the address of an OpenAI-compatible server such as AI=http://127.0.0.1:11434/v1")
	}
	return model{called: "house", kind: "openai", base: strings.TrimSuffix(s, "/"), host: u.Host, keyName: "AI_API_KEY"}, nil
}

// settle finds out what the address alone does not say.
func (m *model) settle(ctx context.Context) (err error) {
	if m.base == "" && os.Getenv(m.keyName) == "" {
		return fmt.Errorf("%s is not set: the key of your account, for this run alone. Or without AI=: rules write the narrative", m.keyName)
	}
	if name := os.Getenv("AI_MODEL"); name != "" {
		m.name = name
	}
	if m.name == "" {
		m.name, err = firstModel(ctx, m.base, os.Getenv(m.keyName))
	}
	return err
}

// firstModel asks the server which models it has.
func firstModel(ctx context.Context, base, key string) (string, error) {
	const most = 1 << 20
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/models", nil) // #nosec G704 -- the developer names the server
	if err != nil {
		return "", err
	}
	if key != "" {
		request.Header.Set("Authorization", "Bearer "+key)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request) // #nosec G704 -- the developer names the server
	if err != nil {
		return "", fmt.Errorf("%s does not answer: %w. Is the address right? It mostly ends in /v1", base, err)
	}
	defer func() { _ = response.Body.Close() }()
	var list struct {
		Data []struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	err = json.NewDecoder(io.LimitReader(response.Body, most)).Decode(&list)
	if err != nil || response.StatusCode != http.StatusOK || len(list.Data) == 0 || list.Data[0].ID == "" {
		return "", fmt.Errorf("%s/models lists no model (%s). Name one: make demo AI=%s AI_MODEL=…", base, response.Status, base)
	}
	return list.Data[0].ID, nil
}

// modelSeries is the series of a demo with a model: the one by rules keeps what
// it issued.
const modelSeries = demoSeries + "-ai"

// files writes the worker's cob.yaml and the series file, and returns their
// paths.
func (m *model) files(root, dir string) (config, series string, err error) {
	config, series = filepath.Join(dir, "cob-ai.yaml"), filepath.Join(dir, modelSeries+".yaml")
	given, err := os.ReadFile(filepath.Join(root, "series", demoSeries+".yaml")) // #nosec G304 -- our own file
	if err != nil {
		return "", "", err
	}
	text := strings.Replace(string(given), "name: "+demoSeries+"\n", "name: "+modelSeries+"\n", 1) + "narrative: [" + m.called + ", rules]\n"
	return config, series, errors.Join(os.WriteFile(config, m.yaml(), 0o600), os.WriteFile(series, []byte(text), 0o600)) // #nosec G703 -- our own folder
}

// yaml is the worker's cob.yaml. It names the key and does not hold it.
func (m *model) yaml() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "ai:\n  providers:\n    - name: %s\n      kind: %s\n      model: %q\n", m.called, m.kind, m.name)
	if m.base != "" {
		fmt.Fprintf(&b, "      base_url: %q\n", m.base)
	}
	if os.Getenv(m.keyName) != "" {
		fmt.Fprintf(&b, "      api_key: env:%s\n", m.keyName)
	}
	fmt.Fprintf(&b, "egress:\n  - host: %q\n", m.host)
	if m.base != "" && !loopback(m.host) { // whoever names a server of the house by its address means it
		fmt.Fprintf(&b, "    networks: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, \"fc00::/7\"]\n")
	}
	return []byte(b.String())
}

func loopback(hostPort string) bool {
	host := hostPort
	if h, _, err := net.SplitHostPort(hostPort); err == nil {
		host = h
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// settings are what the worker is told: where its cob.yaml is, and the key.
func (m *model) settings(config string) []string {
	out := []string{"COB_CONFIG=" + config}
	if key := os.Getenv(m.keyName); key != "" {
		out = append(out, m.keyName+"="+key)
	}
	return out
}
