//go:build hostile

package hostile_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/render"
)

// reach is a place whose inputs do what no rendering may.
func reach() place {
	acts := map[string]func() error{
		"a file":    func() error { _, err := os.ReadFile("/etc/hostname"); return err },
		"a network": func() error { _, err := net.Dial("tcp", "127.0.0.1:9"); return err },
		"a program": func() error { return exec.Command("/bin/true").Run() },
		"nothing":   func() error { return nil },
	}
	return place{name: "reach", source: func(s string) (string, bool) { _, ok := acts[s]; return s, ok }, prepare: func(s string) ([]made, error) { return nil, acts[s]() }}
}

// TestTheJailHolds: without it, that nothing was reached would mean nothing.
func TestTheJailHolds(t *testing.T) {
	t.Parallel()
	for _, what := range []string{"a file", "a network", "a program"} {
		c := &collector{dir: t.TempDir(), problems: map[string][]string{}}
		at, err := c.child(t, []string{"reach/nothing", "reach/" + what, "reach/nothing"})
		require.ErrorContains(t, err, "bad system call", what)
		require.Equal(t, 1, at, what)
		require.Equal(t, 1, c.done, what)
	}
}

// TestTheInspectionSees: a file with something wrong in it is told of.
func TestTheInspectionSees(t *testing.T) {
	t.Parallel()
	needTools(t)
	const head = `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>t</title><meta http-equiv="Content-Security-Policy" content="default-src 'none'"><style>p{}</style></head><body>`
	dir := t.TempDir()
	bad := map[string]string{
		"script.html": head + `<p>text</p><script>alert(1)</script></body></html>`, "handler.html": head + `<p onclick="x()">text</p></body></html>`,
		"link.html": head + `<p>text <a href="javascript:alert(1)">x</a></p></body></html>`, "image.html": head + `<p>text<img src="https://evil.example/x.png" alt=""></p></body></html>`,
		"style.html": head + `<p style="color:red">text</p></body></html>`, "broken.html": head + `<p>text</div></body></html>`, "bidi.html": head + "<p>text \u202e</p></body></html>",
		"policy.html": `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>t</title><style>p{}</style></head><body><p>text</p></body></html>`, "lost.html": head + `<p>other</p></body></html>`,
		"use.html": head + `<p>text</p><svg><use href="https://evil.example#x"></use></svg></body></html>`, "link.md": "text [x](https://evil.example)\n", "image.md": "text ![x](y)\n", "html.md": "text <b>x</b>\n",
		"auto.md": "text https://evil.example\n", "code.md": "text\n\n```\nx\n```\n", "lost.md": "other\n", "twice.json": `{"a":1,"a":2}`, "number.json": `{"a":NaN}`, "formula.csv": "text,=1+1\r\n", "quoted.csv": "text,\"\t=1\"\r\n",
		"a.zip": "PK", "a.exe": "x", "garbage.pdf": "%PDF-1.7\n",
	}
	pdf, err := render.Render(t.Context(), everywhere("text"), render.PDF)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "good.pdf"), pdf, 0o600))
	action := filepath.Join(dir, "action.pdf")
	edited := exec.Command("qpdf", filepath.Join(dir, "good.pdf"), "--add-attachment", "look.py", "--", action)
	require.NoError(t, edited.Run())
	entries := []entry{{Path: action, Text: "text"}, {Path: filepath.Join(dir, "good.pdf"), Text: "text"}}
	for name, body := range bad {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(body), 0o600))
		entries = append(entries, entry{Path: path, Text: "text"})
	}
	seen := map[string]bool{}
	for _, f := range inspected(t, entries) {
		seen[filepath.Base(f.Path)] = true
	}
	for name := range bad {
		require.True(t, seen[name], name)
	}
	require.True(t, seen["action.pdf"], "an attachment that is not the report's")
	require.False(t, seen["good.pdf"])
}
