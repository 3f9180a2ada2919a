package secrets_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/secrets"
)

const value = "sk-live-0123456789"

type holder struct {
	Name string
	Key  secrets.Secret
	More *secrets.Secret
	Map  map[string]secrets.Secret
}

func held() holder {
	s := secrets.New(value)
	return holder{"openai", s, &s, map[string]secrets.Secret{"k": s}}
}

func TestASecretIsNeverPrinted(t *testing.T) {
	t.Parallel()
	h := held()
	var out []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p", "%T %v"} {
		for _, v := range []any{h, &h, h.Key, &h.Key, h.More, h.Map, []secrets.Secret{h.Key}, []any{h}} {
			out = append(out, fmt.Sprintf(verb, v, v))
		}
	}
	j, err := json.Marshal(h)
	require.NoError(t, err)
	y, err := yaml.Marshal(h)
	require.NoError(t, err)
	keys, err := json.Marshal(map[secrets.Secret]int{h.Key: 1})
	require.NoError(t, err)
	var log bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(handler).Info("key", "key", h.Key, "pointer", &h.Key, "holder", h, "error", fmt.Errorf("with %v", h.Key))
	}
	out = append(out, string(j), string(y), string(keys), log.String(), fmt.Sprint(h.Key), fmt.Errorf("wrapped: %w", fmt.Errorf("%v", h)).Error())
	for _, s := range out {
		require.NotContains(t, s, "0123456789")
		require.NotContains(t, s, fmt.Sprintf("%x", value))
	}
	require.Contains(t, string(j), secrets.Redacted)
	require.Equal(t, value, h.Key.Reveal())
	require.False(t, h.Key.Empty())
	require.True(t, secrets.Secret{}.Empty())
}

// A panic prints its value by means of its own.
func TestASecretIsNotPrintedByAPanic(t *testing.T) {
	t.Parallel()
	if os.Getenv("COB_TEST_PANIC") != "" {
		panic(held().Key)
	}
	cmd := exec.Command(os.Args[0], "-test.run", "^TestASecretIsNotPrintedByAPanic$") // #nosec G204 -- this test
	cmd.Env = append(os.Environ(), "COB_TEST_PANIC=1")
	out, err := cmd.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "panic")
	require.NotContains(t, string(out), "0123456789")
}

func TestReferences(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"env:OPENAI_API_KEY", "file:/run/secrets/key", "file:key", "file:C:/key"} {
		ref, err := secrets.Parse(good)
		require.NoError(t, err, good)
		require.Equal(t, good, string(ref))
	}
	for bad, want := range map[string]string{
		value:         "a reference env:NAME or file:PATH is needed",
		"":            "a reference env:NAME or file:PATH is needed",
		"sk:" + value: "a reference env:NAME or file:PATH is needed",
		"env:":        "needs the name of a variable",
		"env:A B":     "needs the name of a variable",
		"file: ":      "needs a path",
		"vault:a#b":   "vault: are not available yet",
		"awssm:x":     "awssm: are not available yet",
		"sealed:abcd": "sealed: are not available yet",
	} {
		_, err := secrets.Parse(bad)
		require.ErrorIs(t, err, report.ErrInvalid)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "0123456789")
	}
}

func TestResolving(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		require.NoError(t, os.Chmod(path, mode))
		return path
	}
	good, open := write("good", value+"\n", 0o640), write("open", value, 0o602)
	empty, large := write("empty", " \n", 0o600), write("large", strings.Repeat("x", 70_000), 0o600)
	env := map[string]string{"KEY": " " + value, "BLANK": "  ", "BOTH": value, "BOTH_FILE": good, "BY_FILE_FILE": good}
	r := secrets.Resolver{Lookup: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}
	for ref, want := range map[string]string{
		"env:KEY": "", "env:BY_FILE": "", secrets.Redacted: "is needed", "file:" + good: "",
		"env:BLANK": "not set or empty", "env:NONE": "not set or empty", "env:BOTH": "BOTH and BOTH_FILE are both set",
		"file:" + open: "may be written by everybody", "file:" + empty: "it is empty", "file:" + large: "larger than 64 KiB",
		"file:" + dir + "/none": "no such file",
	} {
		got, err := r.Resolve(t.Context(), secrets.Ref(ref))
		if want == "" {
			require.NoError(t, err, ref)
			require.Equal(t, value, got.Reveal(), ref)
			continue
		}
		require.ErrorIs(t, err, report.ErrInvalid, ref)
		require.ErrorContains(t, err, want, ref)
		require.NotContains(t, err.Error(), "0123456789")
	}
}

// Who puts the key where the name of its file belongs is not shown the key.
func TestAKeyInPlaceOfAPathIsNotShown(t *testing.T) {
	t.Parallel()
	r := secrets.Resolver{Lookup: func(name string) (string, bool) { return value, name == "KEY_FILE" }}
	_, err := r.Resolve(t.Context(), "env:KEY")
	require.ErrorIs(t, err, report.ErrInvalid)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "env:KEY_FILE")
	require.NotContains(t, err.Error(), "0123456789")
}

func TestWhatReadsIsReplaceable(t *testing.T) {
	t.Parallel()
	r := secrets.Resolver{ReadFile: func(path string) ([]byte, error) { return []byte(path + "\n"), nil }}
	got, err := r.Resolve(t.Context(), "file:relative/key")
	require.NoError(t, err)
	require.Equal(t, "relative/key", got.Reveal())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = r.Resolve(ctx, "file:relative/key")
	require.ErrorIs(t, err, context.Canceled)
}

// A key that was replaced is seen without a restart.
func TestASecretIsReadEachTime(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	for _, want := range []string{"one", "two"} {
		require.NoError(t, os.WriteFile(path, []byte(want), 0o600))
		got, err := secrets.Resolver{}.Resolve(t.Context(), secrets.Ref("file:"+path))
		require.NoError(t, err)
		require.Equal(t, want, got.Reveal())
	}
}

func FuzzParse(f *testing.F) {
	f.Add("env:KEY")
	f.Add("file:/x")
	f.Add("sk-live")
	f.Fuzz(func(t *testing.T, s string) {
		ref, err := secrets.Parse(s)
		if err == nil {
			require.Equal(t, s, string(ref))
			return
		}
		if len(s) > 12 {
			require.NotContains(t, err.Error(), s)
		}
	})
}
