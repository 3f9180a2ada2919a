package document

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestClean(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"plain", "6.70 %", "6.70 %"},
		{"greek and cyrillic", "Αναφορά Отчёт", "Αναφορά Отчёт"},
		{"line breaks become spaces", "a\r\nb\tc\u2028d\u2029e\u0085f", "a  b c d e f"},
		{"controls are dropped", "a\x00b\x07c\x1b[31md\x7f", "abc[31md"},
		{"bidirectional overrides are dropped", "invoice\u202Egpj.exe\u202C\u2066x\u2069\u200F", "invoicegpj.exex"},
		{"invisible characters are dropped", "zero\u200Bwidth\u200D\uFEFF soft\u00ADhyphen\U000E0041", "zerowidth softhyphen"},
		{"private use and noncharacters are dropped", "a\uE000b\uFDD0c\uFFFEd\U000F0000e", "abcde"},
		{"malformed UTF-8 is replaced", "caf\xe9 \xff\xfe", "caf\uFFFD \uFFFD"},
		{"markup stays text", "<b>a < b</b> {nb} {{.}}", "<b>a < b</b> {nb} {{.}}"},
		{"emoji stay", "✅ 🇩🇪", "✅ 🇩🇪"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, Clean(tt.in).String())
		})
	}
}

func TestCleanCutsLongText(t *testing.T) {
	t.Parallel()
	got := Clean(strings.Repeat("ä", MaxText+100)).String()
	require.Equal(t, strings.Repeat("ä", MaxText)+"…", got)
	require.Equal(t, strings.Repeat("a", MaxText), Clean(strings.Repeat("a", MaxText)).String())
	// What is dropped takes no room from what is kept.
	require.Equal(t, "kept", Clean(strings.Repeat("\u200B", 10*MaxText)+"kept").String())
}

func TestTextIsCleanedWhenDecoded(t *testing.T) {
	t.Parallel()
	var got Text
	require.NoError(t, json.Unmarshal([]byte(`"a\u202eb\u0000c\ud800"`), &got))
	require.Equal(t, "abc\uFFFD", got.String())
	require.Error(t, json.Unmarshal([]byte(`7`), &got))
}

// FuzzClean holds that any string becomes text that is safe to draw, and that
// text stays as it is when it is cleaned again.
func FuzzClean(f *testing.F) {
	for _, s := range []string{"", "a < b", "\u202Egpj.exe", "caf\xe9", "\x00\x1b[0m", "👩\u200d💻", "e\u0301", strings.Repeat("é", MaxText+1), "\uFFFE\uE000\U000E0041"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Clean(s).String()
		require.True(t, utf8.ValidString(got))
		require.LessOrEqual(t, utf8.RuneCountInString(got), MaxText+1)
		for _, r := range got {
			require.False(t, unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r), "%U", r)
		}
		require.Equal(t, got, Clean(got).String())
	})
}
