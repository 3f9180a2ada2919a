package render

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/document"
)

// unfinished is a document as the library writes it, before it is finished.
func unfinished(t *testing.T, d *document.Document) []byte {
	t.Helper()
	out, err := drawPDF(t.Context(), d)
	require.NoError(t, err)
	return out
}

func apart(t *testing.T, pdf []byte) *pdfFile {
	t.Helper()
	f, err := takeApart(pdf)
	require.NoError(t, err)
	return f
}

func inflated(t *testing.T, data []byte) []byte {
	t.Helper()
	r, err := zlib.NewReader(bytes.NewReader(data))
	require.NoError(t, err)
	plain, err := io.ReadAll(r)
	require.NoError(t, err)
	return plain
}

// TestFinishingLosesNothing holds every object of the finished file against
// the one that was drawn.
func TestFinishingLosesNothing(t *testing.T) {
	t.Parallel()
	for name, fixture := range fixtures() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := unfinished(t, fixture())
			out, err := finish(before)
			require.NoError(t, err)
			require.Less(t, len(out), len(before))
			was, is := apart(t, before), apart(t, out)
			require.Len(t, is.objects, len(was.objects))
			require.Equal(t, []int{was.root, was.info}, []int{is.root, is.info})
			for i := range was.objects {
				sameObject(t, was.objects[i], is.objects[i])
			}
			again, err := finish(out)
			require.NoError(t, err)
			require.True(t, bytes.Equal(out, again), "a finished file has nothing left to do")
		})
	}
}

func sameObject(t *testing.T, was, is pdfObject) {
	t.Helper()
	require.Equal(t, was.isStream, is.isStream)
	if !was.isStream || bytes.Contains(was.dict, []byte("/Filter")) {
		require.Equal(t, string(was.dict), string(is.dict))
		require.Equal(t, was.data, is.data)
		return
	}
	require.Equal(t, fmt.Sprintf("<</Filter /FlateDecode /Length %d>>", len(is.data)), string(is.dict))
	require.Equal(t, string(was.data), string(inflated(t, is.data)))
}

// TestCrossReferences follows the finished file's table as a viewer does,
// without the code that wrote it.
func TestCrossReferences(t *testing.T) {
	t.Parallel()
	out, err := Render(t.Context(), exampleDocument(), PDF)
	require.NoError(t, err)
	m := regexp.MustCompile(`startxref\n(\d+)\n%%EOF\n$`).FindSubmatch(out)
	require.NotNil(t, m)
	table, err := strconv.Atoi(string(m[1]))
	require.NoError(t, err)
	lines := strings.SplitAfter(string(out[table:]), "\n")
	require.Equal(t, "xref\n", lines[0])
	var size int
	_, err = fmt.Sscanf(lines[1], "0 %d\n", &size)
	require.NoError(t, err)
	for n := 1; n < size; n++ {
		entry := lines[2+n]
		require.Regexp(t, `^\d{10} 00000 n \n$`, entry)
		at, err := strconv.Atoi(entry[:10])
		require.NoError(t, err)
		require.True(t, bytes.HasPrefix(out[at:table], fmt.Appendf(nil, "%d 0 obj\n", n)), "object %d", n)
	}
	require.Equal(t, "trailer\n", lines[2+size])
}

// TestTitlesThatLookLikePDF writes the words of the format into the file's
// metadata, which holds the title plainly, two bytes to a character.
func TestTitlesThatLookLikePDF(t *testing.T) {
	t.Parallel()
	for _, words := range []string{
		">>\nendobj\n", "\nendstream\nendobj\n", ">>\nstream\n ", "1 0 obj\n", "\nxref\n0 1\n", "trailer\n<<\n/Size 9", "startxref\n9\n%%EOF\n",
	} {
		units := make([]uint16, 0, len(words)/2)
		for i := 0; i+1 < len(words); i += 2 {
			units = append(units, uint16(words[i])<<8|uint16(words[i+1]))
		}
		d := blank(string(utf16.Decode(units)))
		before := unfinished(t, d)
		require.Contains(t, string(before), strings.TrimSpace(words), "the test is none if the words are not there")
		out, err := finish(before)
		require.NoError(t, err, words)
		was, is := apart(t, before), apart(t, out)
		require.Equal(t, string(was.objects[was.info-1].dict), string(is.objects[is.info-1].dict))
	}
}

// TestFinishRefusesDamage cuts the file short, and changes what it is read by.
func TestFinishRefusesDamage(t *testing.T) {
	t.Parallel()
	good := unfinished(t, blank("Damage"))
	table := bytes.LastIndex(good, []byte("\nxref\n")) + 1
	for n := 0; n < len(good); n += 1 + n/50 {
		_, err := finish(good[:n])
		require.ErrorContains(t, err, "finish PDF", "cut at %d", n)
	}
	for at := table; at < len(good); at++ {
		bad := bytes.Clone(good)
		bad[at] ^= 1 // another digit or letter
		_, err := finish(bad)
		if err == nil {
			// The trailer may well name another object as its root.
			require.Regexp(t, `/(Root|Info) \d*$`, string(good[table:at+1]))
		}
	}
}

func TestFinishNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	good := unfinished(t, blank("Damage"))
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
			_, err := finish(bad)
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
	want, err := fresh().deflate(page)
	require.NoError(t, err)
	used := fresh()
	for range 3 {
		_, err = used.deflate(unfinished(t, exampleDocument()))
		require.NoError(t, err)
		got, err := used.deflate(page)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	require.Equal(t, page, inflated(t, want))
}

// smallFile is as much of a PDF as the pass needs to see, in a few bytes.
func smallFile(streams ...string) []byte {
	f := pdfFile{header: []byte("%PDF-1.3\n"), root: 1, info: 2, objects: []pdfObject{{dict: []byte("<</Type /Catalog>>")}, {dict: []byte("<</Title (endobj)>>")}}}
	for _, s := range streams {
		f.objects = append(f.objects, pdfObject{dict: fmt.Appendf(nil, "<</Length %d>>", len(s)), data: []byte(s), isStream: true})
	}
	return f.bytes()
}

func TestStreamsMayHoldAnything(t *testing.T) {
	t.Parallel()
	streams := []string{"", "\n", "q Q", "\nendstream\nendobj\n", "\nstream\n", "3 0 obj\n<<>>", "trailer\n%%EOF\n"}
	out, err := finish(smallFile(streams...))
	require.NoError(t, err)
	for i, o := range apart(t, out).objects[2:] {
		require.Equal(t, streams[i], string(inflated(t, o.data)))
	}
}

// FuzzFinish never panics, and what it finishes can be finished again.
func FuzzFinish(f *testing.F) {
	f.Add(smallFile("", "0 0 m\nendstream\n1 l"))
	f.Add(bytes.Replace(smallFile("q Q"), []byte("trailer"), []byte("\nxref\n"), 1))
	f.Fuzz(func(t *testing.T, pdf []byte) {
		out, err := finish(pdf)
		if err != nil {
			return
		}
		again, err := finish(out)
		require.NoError(t, err)
		require.Equal(t, out, again)
	})
}
