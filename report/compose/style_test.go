package compose_test

import (
	"bytes"
	"image"
	"image/png"
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

// styled composes the example with the template's output replaced.
func styled(t *testing.T, output string, meta compose.Meta) *document.Document {
	t.Helper()
	src, err := templates.FS.ReadFile("daily-security.yaml")
	require.NoError(t, err)
	head, _, found := strings.Cut(string(src), "\noutput:")
	require.True(t, found)
	tmpl, err := template.Parse([]byte(head+"\noutput: "+output+"\n"), fact.Builtin())
	require.NoError(t, err)
	var logo bytes.Buffer
	require.NoError(t, png.Encode(&logo, image.NewGray(image.Rect(0, 0, 4, 4))))
	require.NoError(t, tmpl.Load(func(string) ([]byte, error) { return logo.Bytes(), nil }))
	d, err := compose.Compose(facttest.Example(), tmpl, nil, map[string]analysis.Narrative{"summary": {}}, meta)
	require.NoError(t, err)
	require.NoError(t, document.Validate(d))
	return d
}

func TestStyle(t *testing.T) {
	t.Parallel()
	issued := compose.Meta{Revision: 1, FactsSHA256: digest}
	for _, plain := range []string{"{formats: [pdf]}", "{paper: A4, typeface: sans, classification: X}", "{banner: false}"} {
		require.Nil(t, styled(t, plain, issued).Style, plain)
	}
	s := styled(t, `{paper: Letter, typeface: serif, accent: "#7a2b4a", classification: INTERNAL, banner: true, watermark: PILOT, logo: {file: logo.png, alt: ACME}}`, issued).Style
	require.Equal(t, []any{document.Letter, document.Serif, "#7a2b4a", "INTERNAL", "PILOT", "ACME", "image/png"},
		[]any{s.Paper, s.Typeface, s.Accent, s.Banner.String(), s.Watermark.String(), s.Logo.Alt.String(), s.Logo.MediaType})
	require.Equal(t, "EYES ONLY", styled(t, "{banner: EYES ONLY}", issued).Style.Banner.String())
}

// A draft says so, keeps the template's looks but for the watermark, and gives
// no issued report another byte.
func TestDrafts(t *testing.T) {
	t.Parallel()
	d := styled(t, "{watermark: PILOT, banner: HOUSE}", compose.Meta{Draft: true, FactsSHA256: digest})
	require.Equal(t, []string{"DRAFT", "HOUSE", "Draft", "daily-security · 2026-11-20 · draft"},
		[]string{d.Style.Watermark.String(), d.Style.Banner.String(), d.RevisionLabel.String(), d.Footer.String()})
	require.Zero(t, d.Revision)
	require.Equal(t, "DRAFT", styled(t, "{formats: [pdf]}", compose.Meta{Draft: true}).Style.Watermark.String())
}

// The page names the version that made it by its digest.
func TestProofNamesTheTemplate(t *testing.T) {
	t.Parallel()
	sum := strings.Repeat("ab", 32)
	got := text(t, styled(t, "{formats: [pdf]}", compose.Meta{Revision: 1, FactsSHA256: digest, TemplateSHA256: sum}))
	require.Contains(t, got, "template daily-security 1.0.0, sha256 abababab…abab · every figure")
}
