package compose_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/analysis"
	"github.com/closeofbusiness/cob/report/compose"
	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/fact/facttest"
	"github.com/closeofbusiness/cob/report/render"
	"github.com/closeofbusiness/cob/report/template"
	"github.com/closeofbusiness/cob/templates"
)

// laidOut composes a set by a template, with the rules' narratives.
func laidOut(t testing.TB, tmpl *template.Template, set *fact.Set, params map[string]any, meta compose.Meta) *document.Document {
	t.Helper()
	values, err := tmpl.Resolve(params)
	require.NoError(t, err)
	narratives := map[string]analysis.Narrative{}
	for _, n := range tmpl.Narratives() {
		written, err := analysis.ByRules(set, analysis.Options{About: n.About, Sentences: values.Int(n.Sentences)})
		require.NoError(t, err)
		narratives[n.Name] = written
	}
	meta.Revision, meta.FactsSHA256 = max(1, meta.Revision), digest
	d, err := compose.Compose(set, tmpl, params, narratives, meta)
	require.NoError(t, err)
	require.NoError(t, document.Validate(d))
	return d
}

func shipped(t testing.TB, name string) *template.Template {
	src, err := templates.FS.ReadFile(name + ".yaml")
	require.NoError(t, err)
	out, err := template.Parse(src, fact.Builtin())
	require.NoError(t, err)
	return out
}

func TestExecutiveBriefGolden(t *testing.T) {
	t.Parallel()
	b, err := document.Canonical(laidOut(t, shipped(t, "executive-brief"), facttest.Example(), nil, compose.Meta{}))
	require.NoError(t, err)
	var pretty bytes.Buffer
	require.NoError(t, json.Indent(&pretty, b, "", "  "))
	pretty.WriteByte('\n')
	path := filepath.Join("testdata", "executive-brief.json")
	if *update {
		require.NoError(t, os.WriteFile(path, pretty.Bytes(), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), pretty.String())
}

// The brief is one page on an ordinary day, on one without critical findings, on
// a late one with missing feeds and on one that nothing is measured of.
func TestExecutiveBriefIsOnePage(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*fact.Set){
		"example": func(*fact.Set) {},
		"late, and a feed missing": func(s *fact.Set) {
			s.Late, s.AsOf = true, at(22, 3, 20)
			s.Feeds[1].ReachedAt = nil
		},
		"no critical finding": func(s *fact.Set) {
			find(t, s, "findings.open{severity=critical}").Value = ptr(0.0)
			s.Records.Findings = nil
		},
		"nothing": func(s *fact.Set) {
			for i := range s.Facts {
				if f := &s.Facts[i]; f.Measured() && len(f.Dims) == 0 && f.ID != "facts.unmeasured" && f.ID != "facts.total" {
					facttest.Unmeasure(s, "no feed", f.Key())
				}
			}
			s.Feeds, s.Records = nil, fact.Records{}
		},
	} {
		s := facttest.Example()
		change(s)
		d := laidOut(t, shipped(t, "executive-brief"), s, nil, compose.Meta{})
		pdf, err := render.Render(context.Background(), d, render.PDF)
		require.NoError(t, err)
		if dir := os.Getenv("BRIEF_DIR"); dir != "" {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name+".pdf"), pdf, 0o644))
		}
		require.Equal(t, 1, bytes.Count(pdf, []byte("/Type /Page\n")), name)
		for _, never := range noNumbers {
			require.NotContains(t, text(t, d), never, name)
		}
	}
}
