package ingest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

// What is taken for plain text is plain text to an HTML tokenizer as well: one
// text and nothing else, and that the same.
func FuzzNoMarkup(f *testing.F) {
	for _, s := range []string{"&#0", "a < b", "<b>", "</b>", "</ b>", "<!-- x -->", "<!DOCTYPE html>", "<?xml?>", "&lt;", "&#60;script&#62;", "&ltx", "AT&T", "x <", "<3", "a<ſcript>", "<\x00b>", "<script", "&notin;", "<![CDATA[x]]>", "＜b＞"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if oneLine(maxNoteTitle)(s) != nil || checkNoMarkup(s) != nil {
			return
		}
		z := html.NewTokenizer(strings.NewReader(s))
		var text strings.Builder
		for z.Next() != html.ErrorToken {
			token := z.Token()
			require.Equal(t, html.TextToken, token.Type, "%q", s)
			text.WriteString(token.Data)
		}
		require.Equal(t, s, text.String())
	})
}
