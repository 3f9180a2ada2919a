package render

import (
	"bytes"
	"regexp"
	"testing"

	"github.com/jung-kurt/gofpdf"
	"github.com/stretchr/testify/require"
	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"

	"github.com/closeofbusiness/cob/report/document"
)

// TestUsualCharactersSurviveTheCut holds that a face cut down has every usual
// character that the face has, as wide as there.
func TestUsualCharactersSurviveTheCut(t *testing.T) {
	t.Parallel()
	for f := range faces {
		whole, cut := parsedFont(t, subset{f, true}), parsedFont(t, subset{f, false})
		kept := 0
		for r := range replacement + 1 {
			if !usual(r) {
				continue
			}
			want, got := advanceIn(t, whole, r), advanceIn(t, cut, r)
			require.Equal(t, want, got, "%q in face %d", r, f)
			if want != missing {
				kept++
			}
		}
		require.Greater(t, kept, 300)
		require.Less(t, len(subset{f, false}.bytes()), len(subset{f, true}.bytes())*3/4)
	}
}

func parsedFont(t *testing.T, s subset) *sfnt.Font {
	t.Helper()
	f, err := sfnt.Parse(s.bytes())
	require.NoError(t, err)
	return f
}

func advanceIn(t *testing.T, f *sfnt.Font, r rune) fixed.Int26_6 {
	t.Helper()
	i, err := f.GlyphIndex(nil, r)
	require.NoError(t, err)
	if i == 0 {
		return missing
	}
	a, err := f.GlyphAdvance(nil, i, fixed.Int26_6(f.UnitsPerEm()), font.HintingNone)
	require.NoError(t, err)
	return a
}

// TestCutTwiceIsCutOnce holds that a document embeds the same font, whether its
// characters are taken from the whole face or from what has been cut of it.
func TestCutTwiceIsCutOnce(t *testing.T) {
	t.Parallel()
	const text = "Close of business, Łódź: Škoda é ½ – “▲ 1.53 pp” ≤ ☑ ✓"
	for f := range faces {
		once := gofpdf.UTF8CutFont(bytes.Clone(subset{f, true}.bytes()), text)
		twice := gofpdf.UTF8CutFont(bytes.Clone(subset{f, false}.bytes()), text)
		require.True(t, bytes.Equal(once, twice), "face %d", f)
	}
}

func TestFacesAreWholeWhereNeeded(t *testing.T) {
	t.Parallel()
	body := func(s string) func(*document.Document) {
		return func(d *document.Document) { d.Blocks = document.Blocks{document.Paragraph{Text: plain(s)}} }
	}
	tests := []struct {
		name   string
		change func(*document.Document)
		want   []string
	}{
		{"nothing unusual", body("Łódź ▲ 1 %"), []string{"sans", "sansbold"}},
		{"greek in the text", body("Αναφορά"), []string{"sans-whole", "sansbold"}},
		{"greek in the title", func(d *document.Document) { d.Title = T("Αναφορά") }, []string{"sans", "sansbold-whole"}},
		{"usual in the fallback", body("✓"), []string{"other", "sans", "sansbold"}},
		{"unusual in the fallback", body("Հայերեն"), []string{"other-whole", "sans", "sansbold"}},
		{"in no face", body("日本語"), []string{"other", "sans", "sansbold"}},
		{"greek in the foot", func(d *document.Document) { d.Footer = T("Αναφορά") }, []string{"sans-whole", "sansbold"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := blank("Faces")
			tt.change(d)
			out, err := Render(t.Context(), d, PDF)
			require.NoError(t, err)
			require.ElementsMatch(t, tt.want, families(t, out))
		})
	}
}

// families are the fonts that a file embeds.
func families(t *testing.T, pdf []byte) []string {
	t.Helper()
	var out []string
	for _, m := range regexp.MustCompile(`/FontDescriptor /FontName /utf8(\S+)`).FindAllSubmatch(pdf, -1) {
		out = append(out, string(m[1]))
	}
	return out
}
