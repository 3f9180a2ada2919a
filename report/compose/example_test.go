package compose_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/analysis"
	"github.com/closeofbusiness/cob/report/compose"
	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/fact/facttest"
	"github.com/closeofbusiness/cob/report/template"
	"github.com/closeofbusiness/cob/templates"
)

var update = flag.Bool("update", false, "write the golden files")

const digest = "8d1f4be2000000000000000000000000000000000000000000000000000dc07a"

func daily(t testing.TB) *template.Template {
	src, err := templates.FS.ReadFile("daily-security.yaml")
	require.NoError(t, err)
	out, err := template.Parse(src, fact.Builtin())
	require.NoError(t, err)
	return out
}

// composed composes a set with the rules' narrative, and checks what must hold
// of every document.
func composed(t testing.TB, set *fact.Set) *document.Document {
	tmpl := daily(t)
	narratives := map[string]analysis.Narrative{}
	for _, n := range tmpl.Narratives() {
		written, err := analysis.ByRules(set, analysis.Options{About: n.About})
		require.NoError(t, err)
		narratives[n.Name] = written
	}
	d, err := compose.Compose(set, tmpl, nil, narratives, compose.Meta{Revision: 1, FactsSHA256: digest})
	require.NoError(t, err)
	require.NoError(t, document.Validate(d))
	return d
}

func TestExampleGolden(t *testing.T) {
	t.Parallel()
	b, err := document.Canonical(composed(t, facttest.Example()))
	require.NoError(t, err)
	var pretty bytes.Buffer
	require.NoError(t, json.Indent(&pretty, b, "", "  "))
	pretty.WriteByte('\n')
	path := filepath.Join("testdata", "example.json")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, pretty.Bytes(), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), pretty.String())
}

// text is all of a document's text, one piece on a line.
func text(t testing.TB, d *document.Document) string {
	b, err := document.Canonical(d)
	require.NoError(t, err)
	var v any
	require.NoError(t, json.Unmarshal(b, &v))
	var out strings.Builder
	collect(v, &out)
	return out.String()
}

func collect(v any, out *strings.Builder) {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range []string{"label", "title", "subtitle", "caption", "term", "id", "question", "owner", "by", "note", "value", "of", "detail", "text", "columns", "rows", "cells", "items", "tiles", "points", "shown", "mark_text", "left", "right", "blocks"} {
			collect(v[k], out)
		}
	case []any:
		inline := true
		for _, e := range v {
			m, ok := e.(map[string]any)
			if s, isText := m["text"].(string); ok && isText && m["type"] == nil {
				if m["superscript"] == true {
					s = " " + s
				}
				out.WriteString(s)
				continue
			}
			inline = false
			collect(e, out)
		}
		if inline {
			out.WriteByte('\n')
		}
	case string:
		out.WriteString(v + "\n")
	}
}
