package render

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/document"
)

// finished is an object as a reader of the finished file finds it.
type finished struct {
	dict string
	data []byte // of a stream, unpacked
}

// readPDF reads a finished file by its cross-reference stream, as a viewer
// does, without the code that wrote it.
func readPDF(t *testing.T, pdf []byte) map[int]finished {
	t.Helper()
	m := regexp.MustCompile(`startxref\n(\d+)\n%%EOF\n$`).FindSubmatch(pdf)
	require.NotNil(t, m)
	table := readAt(t, pdf, atoi(t, m[1]))
	require.Contains(t, table.dict, "/Type /XRef")
	require.Equal(t, "/Size "+strconv.Itoa(len(table.data)/7), regexp.MustCompile(`/Size \d+`).FindString(table.dict))
	out := map[int]finished{}
	for n := 0; n*7 < len(table.data); n++ {
		e := table.data[n*7:][:7]
		if e[0] == 1 {
			at := int(binary.BigEndian.Uint32(e[1:]))
			require.True(t, bytes.HasPrefix(pdf[at:], []byte(strconv.Itoa(n)+" 0 obj\n")), "object %d", n)
			out[n] = readAt(t, pdf, at)
		}
	}
	for n := 1; n*7 < len(table.data); n++ {
		if e := table.data[n*7:][:7]; e[0] == 2 {
			out[n] = unpacked(t, out[int(binary.BigEndian.Uint32(e[1:]))], n, int(binary.BigEndian.Uint16(e[5:])))
		}
	}
	return out
}

func atoi(t *testing.T, b []byte) int {
	t.Helper()
	n, err := strconv.Atoi(string(b))
	require.NoError(t, err)
	return n
}

func readAt(t *testing.T, pdf []byte, at int) finished {
	t.Helper()
	_, b, _ := bytes.Cut(pdf[at:], []byte(" 0 obj\n"))
	dict, rest, ok := bytes.Cut(b, []byte("\nstream\n"))
	if end := bytes.Index(b, []byte("\nendobj\n")); !ok || end < len(dict) {
		return finished{dict: string(b[:end])}
	}
	length := atoi(t, regexp.MustCompile(`/Length (\d+)`).FindSubmatch(dict)[1])
	require.True(t, bytes.HasPrefix(rest[length:], []byte("\nendstream\nendobj\n")), "%s", dict)
	data := rest[:length]
	if bytes.Contains(dict, []byte("/FlateDecode")) {
		data = inflated(t, data)
	}
	return finished{string(dict), data}
}

// unpacked is the index-th object of an object stream.
func unpacked(t *testing.T, pack finished, number, index int) finished {
	t.Helper()
	first := atoi(t, regexp.MustCompile(`/First (\d+)`).FindSubmatch([]byte(pack.dict))[1])
	pairs := strings.Fields(string(pack.data[:first]))
	require.Equal(t, strconv.Itoa(number), pairs[2*index])
	body := pack.data[first+atoi(t, []byte(pairs[2*index+1])):]
	if 2*index+3 < len(pairs) {
		body = body[:atoi(t, []byte(pairs[2*index+3]))-atoi(t, []byte(pairs[2*index+1]))]
	}
	return finished{dict: strings.TrimSuffix(string(body), "\n")}
}

func pdfOf(t *testing.T, d *document.Document) []byte {
	t.Helper()
	out, err := Render(t.Context(), d, PDF)
	require.NoError(t, err)
	return out
}

// object is the one object whose dictionary holds words.
func object(t *testing.T, objects map[int]finished, words string) finished {
	t.Helper()
	var found []finished
	for _, o := range objects {
		if strings.Contains(o.dict, words) {
			found = append(found, o)
		}
	}
	require.Len(t, found, 1, words)
	return found[0]
}

func TestEveryObjectHasItsPlace(t *testing.T) {
	t.Parallel()
	for name, fixture := range everyFixture() {
		objects := readPDF(t, pdfOf(t, fixture()))
		for n, o := range objects {
			for _, m := range regexp.MustCompile(`(\d+) 0 R`).FindAllStringSubmatch(o.dict, -1) {
				to := atoi(t, []byte(m[1]))
				_, ok := objects[to]
				require.True(t, ok, "%s: object %d refers to %d", name, n, to)
			}
		}
	}
}

// TestNothingActs holds that a report can do nothing by itself.
func TestNothingActs(t *testing.T) {
	t.Parallel()
	for name, fixture := range everyFixture() {
		for n, o := range readPDF(t, pdfOf(t, fixture())) {
			require.NotRegexp(t, `/(JavaScript|JS|AA|OpenAction|URI|Launch|SubmitForm|Annots|AcroForm|GoToR)\b`, o.dict, "%s: object %d", name, n)
		}
	}
}

func TestReportIsAttached(t *testing.T) {
	t.Parallel()
	for name, fixture := range everyFixture() {
		objects := readPDF(t, pdfOf(t, fixture()))
		want, err := Render(t.Context(), fixture(), JSON)
		require.NoError(t, err)
		require.Equal(t, string(want), string(object(t, objects, "/Type /EmbeddedFile").data), name)
		require.Contains(t, object(t, objects, "/Type /Filespec").dict, "/AFRelationship /Source")
		require.Contains(t, string(want), `"renderer":"`+Version+`"`)
	}
}

func TestMetadata(t *testing.T) {
	t.Parallel()
	d := blank("A < B & “C” 😀")
	pdf := pdfOf(t, d)
	objects := readPDF(t, pdf)
	xmp := string(object(t, objects, "/Subtype /XML").data)
	for _, want := range []string{`<rdf:li xml:lang="x-default">A &lt; B &amp; “C” 😀</rdf:li>`, "<rdf:li>en-GB</rdf:li>",
		"<pdf:Producer>COB renderer " + Version + "</pdf:Producer>", "<xmp:CreateDate>2026-11-20T12:00:00Z</xmp:CreateDate>"} {
		require.Contains(t, xmp, want)
	}
	catalogue := object(t, objects, "/Type /Catalog").dict
	for _, want := range []string{"/Lang (en-GB)", "/MarkInfo <</Marked true>>", "/ViewerPreferences <</DisplayDocTitle true>>", "/AF ["} {
		require.Contains(t, catalogue, want)
	}
	require.Contains(t, object(t, objects, "/CreationDate").dict, hexText("A < B & “C” 😀"))
	require.NotContains(t, xmp, "pdfaid", "conformance that nobody has checked is not claimed")
	require.NotContains(t, xmp, "pdfuaid")
}

// TestIDComesFromTheReport holds that files of one report have one identifier,
// and those of two reports two.
func TestIDComesFromTheReport(t *testing.T) {
	t.Parallel()
	id := func(d *document.Document) string {
		return string(regexp.MustCompile(`/ID \[<[0-9a-f]{32}> <[0-9a-f]{32}>\]`).Find(pdfOf(t, d)))
	}
	require.NotEmpty(t, id(blank("a")))
	require.Equal(t, id(blank("a")), id(blank("a")))
	require.NotEqual(t, id(blank("a")), id(blank("b")))
}

// TestTitlesThatLookLikePDF writes the words of the format wherever a title
// goes, also two bytes to a character.
func TestTitlesThatLookLikePDF(t *testing.T) {
	t.Parallel()
	for _, words := range []string{
		">>\nendobj\n", "\nendstream\nendobj\n", ">>\nstream\n ", "1 0 obj\n", "\nxref\n0 1\n", "trailer\n<<\n/Size 9", "startxref\n9\n%%EOF\n",
		") /S /JavaScript /JS (app.alert(1)) (", "> /AA <<", "\\) Tj ET (",
	} {
		units := make([]uint16, 0, len(words)/2)
		for i := 0; i+1 < len(words); i += 2 {
			units = append(units, uint16(words[i])<<8|uint16(words[i+1]))
		}
		for _, title := range []string{words, string(utf16.Decode(units))} {
			d := blank(title)
			d.Blocks = document.Blocks{document.Heading{Level: 1, Text: T(title)}, document.Paragraph{Text: plain(title)}}
			objects := readPDF(t, pdfOf(t, d))
			require.Contains(t, object(t, objects, "/CreationDate").dict, hexText(T(title).String()))
		}
	}
}
