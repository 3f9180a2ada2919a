package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/dev/fakeai"
)

// The demo with a model reads the one key that it was asked to use; its worker
// gets it, and nobody anything else.
func TestDemoWithAModel(t *testing.T) {
	t.Parallel()
	fake := fakeai.New(t, fakeai.Options{Models: []string{"house-model"}})
	fake.Start()
	c := newCheckout(t)
	write(t, filepath.Join(c.root, "series", "daily-security.yaml"), "name: daily-security\ntemplate: daily-security\n")
	c.env = append(c.env, "AI_API_KEY=sk-house-0123")
	s := c.dev("demo", "--ai", fake.BaseURL("openai"))
	require.Equal(t, 0, s.exit())
	out := s.out.String()
	require.Contains(t, out, "house-model is to write the narrative")
	require.Contains(t, out, "starter was asked: run --series daily-security-ai --date 2026-11-20 --wait")
	require.Contains(t, out, "bin/starter narrative explain --series daily-security-ai --date 2026-11-20")
	require.NotContains(t, out, "sk-house")
	worker, starter := c.told("worker"), c.told("starter")
	require.Contains(t, worker, "AI_API_KEY=sk-house-0123")
	require.Contains(t, worker, "COB_CONFIG="+filepath.Join(c.dir(), "cob-ai.yaml"))
	require.NotContains(t, starter, "sk-house")
	for _, told := range []string{worker, starter} {
		require.NotContains(t, told, "poison")
	}
	config, err := os.ReadFile(filepath.Join(c.dir(), "cob-ai.yaml"))
	require.NoError(t, err)
	require.Contains(t, string(config), "api_key: env:AI_API_KEY")
	require.Contains(t, string(config), `model: "house-model"`)
	require.NotContains(t, string(config), "sk-house")
	series, err := os.ReadFile(filepath.Join(c.dir(), "daily-security-ai.yaml"))
	require.NoError(t, err)
	require.Equal(t, "name: daily-security-ai\ntemplate: daily-security\nnarrative: [house, rules]\n", string(series))
}

func TestDemoRefusesWhatItCannotUse(t *testing.T) {
	t.Parallel()
	c := newCheckout(t)
	c.env = slicesWithout(c.env, "OPENAI_API_KEY")
	for model, want := range map[string]string{
		"gemini":                     "AI=openai, AI=anthropic, or the address",
		"https://user:secret@host/v": "AI=openai, AI=anthropic, or the address",
		"openai":                     "OPENAI_API_KEY is not set",
		"http://127.0.0.1:1/v1":      "does not answer",
	} {
		s := c.dev("demo", "--ai", model)
		require.Equal(t, 1, s.exit(), model)
		require.Contains(t, s.out.String(), want, model)
		require.NotContains(t, s.out.String(), "secret")
		require.NoDirExists(t, filepath.Join(c.dir(), "postgres"), "nothing is started")
	}
}

func slicesWithout(env []string, name string) []string {
	var out []string
	for _, entry := range env {
		if !strings.HasPrefix(entry, name+"=") {
			out = append(out, entry)
		}
	}
	return out
}

func TestWhatAModelMeans(t *testing.T) {
	t.Parallel()
	for arg, want := range map[string]model{
		"openai":                     {called: "openai", kind: "openai", host: "api.openai.com", name: "gpt-5-mini", keyName: "OPENAI_API_KEY"},
		"anthropic":                  {called: "anthropic", kind: "anthropic", host: "api.anthropic.com", name: "claude-haiku-4-5", keyName: "ANTHROPIC_API_KEY"},
		"http://127.0.0.1:11434/v1/": {called: "house", kind: "openai", base: "http://127.0.0.1:11434/v1", host: "127.0.0.1:11434", keyName: "AI_API_KEY"},
	} {
		got, err := parseModel(arg)
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, []string{want.keyName, "AI_MODEL"}, modelKeys([]string{"demo", "--ai", arg}))
	}
	require.Empty(t, modelKeys([]string{"demo"}))
	require.Empty(t, modelKeys([]string{"up", "--ai", "openai"}))
	m := model{called: "house", kind: "openai", base: "https://llm.internal/v1", host: "llm.internal", name: "qwen", keyName: "NO_SUCH_KEY"}
	require.Contains(t, string(m.yaml()), "networks: [10.0.0.0/8")
	require.NotContains(t, string(m.yaml()), "api_key")
}
