package render

import (
	"bytes"
	"compress/zlib"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/document"
)

// fontFileOf is what the library writes for a document.
func fontFileOf(t *testing.T, d *document.Document) []byte {
	t.Helper()
	p := newPDF(t.Context(), d)
	require.NoError(t, p.draw())
	out, err := p.fontFile()
	require.NoError(t, err)
	return out
}

func inflated(t *testing.T, data []byte) []byte {
	t.Helper()
	r, err := zlib.NewReader(bytes.NewReader(data))
	require.NoError(t, err)
	plain, err := io.ReadAll(r)
	require.NoError(t, err)
	return plain
}

// TestFontsGetThereWhole holds every object of the library's fonts against the
// finished file's.
func TestFontsGetThereWhole(t *testing.T) {
	t.Parallel()
	for name, fixture := range everyFixture() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPDF(t.Context(), fixture())
			require.NoError(t, p.draw())
			was, err := p.embedded()
			require.NoError(t, err)
			out, err := p.finish()
			require.NoError(t, err)
			is := readPDF(t, out)
			require.Greater(t, was.info, firstFont)
			for n := firstFont; n < was.info; n++ {
				want := was.objects[n-1]
				if bytes.Contains(want.dict, []byte("/Filter")) {
					want.data = inflated(t, want.data)
				}
				require.Equal(t, string(want.data), string(is[n].data), "object %d", n)
				if !want.isStream {
					require.Equal(t, string(want.dict), is[n].dict)
				}
			}
		})
	}
}

// TestFontFileRefusesDamage cuts the file short, and changes what it is read by.
func TestFontFileRefusesDamage(t *testing.T) {
	t.Parallel()
	good := fontFileOf(t, blank("Damage"))
	table := bytes.LastIndex(good, []byte("\nxref\n")) + 1
	for n := 0; n < len(good); n += 1 + n/50 {
		_, err := takeApart(good[:n])
		require.Error(t, err, "cut at %d", n)
	}
	for at := table; at < len(good); at++ {
		bad := bytes.Clone(good)
		bad[at] ^= 1 // another digit or letter
		_, err := takeApart(bad)
		if err == nil {
			// The trailer may well name another object as its root.
			require.Regexp(t, `/(Root|Info) \d*$`, string(good[table:at+1]))
		}
	}
}

func TestFontFileNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	good := fontFileOf(t, blank("Damage"))
	tests := []struct{ name, old, new, want string }{
		{"no head", "%PDF-", "%FDP-", "the file's head is missing"},
		{"no end", "%%EOF\n", "%%EOF", "the file's end is not as expected"},
		{"root outside", "/Root ", "/Root 99", "the trailer points outside the file"},
		{"table elsewhere", "startxref\n", "startxref\n9", "the trailer points outside the file"},
		{"other size", "/Size ", "/Size 1", "the cross-reference table is not as expected"},
		{"a longer table", "trailer\n", "0000000009 00000 n \ntrailer\n", "the cross-reference table is not as expected"},
		{"a free object", " 00000 n \n", " 00000 f \n", "object 1 has no place in the cross-reference table"},
		{"a shifted object", "3 0 obj", "3 1 obj", "object 3 is not where the cross-reference table says"},
		{"an unended object", "endobj\n1 0 obj", "endobi\n1 0 obj", "is not where the cross-reference table says"},
		{"a shorter stream", "<</Length 3", "<</Length 2", "has not the length it gives"},
		{"a stream without its data", "\nstream\n", "\nstrEam\n", "has not the length it gives"},
		{"no dictionary", "<</Type /Page\n", "[[/Type /Page\n", "object 3 is no dictionary"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			bad := bytes.Replace(good, []byte(tt.old), []byte(tt.new), 1)
			require.NotEqual(t, good, bad)
			_, err := takeApart(bad)
			require.ErrorContains(t, err, tt.want)
		})
	}
}

// TestDeflatersForget holds that a compressor's earlier documents do not show
// in its next.
func TestDeflatersForget(t *testing.T) {
	t.Parallel()
	fresh := func() *deflater { return deflaters.New().(*deflater) }
	page := []byte(strings.Repeat("BT 42.52 799.37 Td (page) Tj ET\n", 3_000))
	want, err := fresh().deflate(t.Context(), page)
	require.NoError(t, err)
	used := fresh()
	for range 3 {
		_, err = used.deflate(t.Context(), fontFileOf(t, exampleDocument()))
		require.NoError(t, err)
		got, err := used.deflate(t.Context(), page)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	require.Equal(t, page, inflated(t, want))
}

// FuzzTakeApart never panics, whatever it is given to read.
func FuzzTakeApart(f *testing.F) {
	p := newPDF(f.Context(), &document.Document{BusinessDate: T("2026-11-20"), Title: T("a")})
	if err := p.draw(); err != nil {
		f.Fatal(err)
	}
	small, err := p.fontFile()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(small[len(small)-600:])
	f.Add([]byte("%PDF-1.3\n1 0 obj\n<<>>\nendobj\nxref\n0 2\n0000000000 65535 f \n0000000009 00000 n \ntrailer\n<<\n/Size 2\n/Root 1 0 R\n/Info 1 0 R\n>>\nstartxref\n29\n%%EOF\n"))
	f.Fuzz(func(t *testing.T, pdf []byte) {
		file, err := takeApart(pdf)
		if err == nil {
			file.fonts()
		}
	})
}
