package render

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/document"
)

// broken is a text as it is broken into lines of a width in points.
func broken(s string, width float64) []string {
	var t typesetter
	var out []string
	for _, l := range t.wrap([]run{{textStyle, s}}, width) {
		out = append(out, lineText(l))
	}
	return out
}

func lineText(l line) string {
	var b strings.Builder
	for _, s := range l.spans {
		b.WriteString(s.text)
	}
	return b.String()
}

func TestLinesBreakWhereTheyMay(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		width    float64
		want     []string
	}{
		{"at spaces", "one two three", 35, []string{"one two", "three"}},
		{"not before a unit", "rose to 6.70 %", 48, []string{"rose to", "6.70 %"}},
		{"not before pp", "by 1.53 pp", 30, []string{"by", "1.53 pp"}},
		{"at a hyphen between words", "the support-assistant", 62, []string{"the support-", "assistant"}},
		{"not within an identifier", "see INC-0871 now", 48, []string{"see", "INC-0871", "now"}},
		{"not within a date", "on 2026-11-20", 50, []string{"on", "2026-11-20"}},
		{"anywhere in a token wider than the line", "xxxxxxxxxxxx", 24, []string{"xxxxx", "xxxxx", "xx"}},
		{"no space begins or ends a line", "aa   bb", 15, []string{"aa", "bb"}},
		{"nothing is one empty line", "", 50, []string{""}},
		{"one character always fits", "WW", 1, []string{"W", "W"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, broken(tt.in, tt.width))
		})
	}
}

// TestLinesFit holds for hostile text too: no line is wider than asked for,
// and no character is lost.
func TestLinesFit(t *testing.T) {
	t.Parallel()
	var ts typesetter
	for _, s := range []string{strings.Repeat("W", 500), strings.Repeat("a b ", 200), strings.Repeat("x-y/z.", 90), "日本語 ✅ Ελληνικά " + strings.Repeat("я", 99)} {
		for _, width := range []float64{11, 40, 200} {
			text := ""
			for _, l := range ts.wrap([]run{{textStyle, s}}, width) {
				require.LessOrEqual(t, l.width, width+tolerance)
				text += lineText(l)
			}
			require.Equal(t, utf8.RuneCountInString(strings.ReplaceAll(s, " ", "")), utf8.RuneCountInString(strings.ReplaceAll(text, " ", "")))
		}
	}
}

func TestFacesByCharacter(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		want face
		r    rune
		face face
		draw rune
	}{
		{"latin", sans, 'a', sans, 'a'},
		{"greek", sans, 'Ω', sans, 'Ω'},
		{"cyrillic", sansBold, 'Ж', sansBold, 'Ж'},
		{"up arrow", sansBold, '▲', sansBold, '▲'},
		{"down arrow", sans, '▼', sans, '▼'},
		{"minus", sans, '−', sans, '−'},
		{"ballot box only in the fallback", sans, '☑', other, '☑'},
		{"bold fallback", sansBold, '☑', otherBold, '☑'},
		{"no font has it", sans, '語', other, replacement},
		{"above the basic plane", sans, '👩', other, replacement},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var m metrics
			f, r, width := m.choose(tt.want, tt.r)
			require.Equal(t, tt.face, f)
			require.Equal(t, string(tt.draw), string(r))
			require.Positive(t, width)
		})
	}
}

func TestDigitsHaveOneWidth(t *testing.T) {
	t.Parallel()
	var m metrics
	for _, f := range []face{sans, sansBold, mono} {
		for r := '1'; r <= '9'; r++ {
			require.Equal(t, m.advance(f, '0'), m.advance(f, r))
		}
	}
}

func TestAccentsAreComposed(t *testing.T) {
	t.Parallel()
	require.Equal(t, "é Š ё", drawable("e\u0301 S\u030C \u0435\u0308"))
	require.Equal(t, "✅", drawable("✅\uFE0F"))
	require.Equal(t, maxMarks, strings.Count(drawable("x"+strings.Repeat("\u0301", 40)), "\u0301"))
}

func TestClipAndFitEndInAnEllipsis(t *testing.T) {
	t.Parallel()
	var ts typesetter
	long := strings.Repeat("word ", 50)
	cut := ts.fit(textStyle, long, 100)
	require.True(t, strings.HasSuffix(lineText(cut), "…"))
	require.LessOrEqual(t, cut.width, 100.0)
	require.Equal(t, "short", lineText(ts.fit(textStyle, "short", 100)))

	ls := ts.clip(ts.wrap([]run{{textStyle, long}}, 100), 2, 100)
	require.Len(t, ls, 2)
	require.True(t, strings.HasSuffix(lineText(ls[1]), "…"))
	require.LessOrEqual(t, ls[1].width, 100+tolerance)
}

func TestRunsTakeStyleFromInlines(t *testing.T) {
	t.Parallel()
	rs := runs(document.Inlines{document.Plain("a"), document.Strong("b"), document.Code("c"), document.Note("d"), document.Toned(document.Better, "e")}, textStyle)
	require.Equal(t, []face{sans, sansBold, mono, sansBold, sans}, []face{rs[0].style.face, rs[1].style.face, rs[2].style.face, rs[3].style.face, rs[4].style.face})
	require.Positive(t, rs[3].style.rise)
	require.Equal(t, better, rs[4].style.colour)
}
