package render

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/jung-kurt/gofpdf"
)

// embedded takes apart the file of one page, with every character drawn, that
// the drawing library writes: the library knows how to cut fonts down and to
// describe them, and nothing else of it is used.
//
// Only what the library writes is understood; all else is an error. A report
// that fails is noticed at once, a broken file by its reader.
func (p *pdf) embedded() (*pdfFile, error) {
	written, err := p.fontFile()
	if err != nil {
		return nil, fmt.Errorf("embed fonts: %w", err)
	}
	f, err := takeApart(written)
	if err != nil {
		return nil, fmt.Errorf("embed fonts: %w", err)
	}
	return f, nil
}

func (p *pdf) fontFile() ([]byte, error) {
	f := gofpdf.NewCustom(&gofpdf.InitType{UnitStr: "pt", Size: gofpdf.SizeType{Wd: p.sheet.width, Ht: p.sheet.height}})
	f.SetCompression(false) // fonts are compressed all the same
	f.SetCatalogSort(true)  // else they come in another order each time
	f.SetCreationDate(metadataTime(p.doc))
	f.SetModificationDate(metadataTime(p.doc))
	f.AddPage()
	for i, used := range p.canvas.used {
		if used == nil {
			continue
		}
		if err := p.ctx.Err(); err != nil {
			return nil, err
		}
		font := subset{face(i), p.whole[i]}
		// The library writes into the bytes it is given, so each document has its own.
		f.AddUTF8FontFromBytes(font.family(), "", bytes.Clone(font.bytes()))
		f.SetFont(font.family(), "", 10)
		f.Text(0, 0, used.String())
	}
	var out bytes.Buffer
	err := f.Output(&out)
	return out.Bytes(), err
}

// String is all of a set's characters.
func (s *characters) String() string {
	var out []rune
	for r := range rune(len(s) * 64) {
		if s.has(r) {
			out = append(out, r)
		}
	}
	return string(out)
}

// composite is how the library begins a font that pages may name.
var composite = regexp.MustCompile(`^<</Type /Font\n/Subtype /Type0\n/BaseFont /utf8([a-z-]+)\n`)

// fonts are the numbers of the fonts by the families that they were added under.
func (f *pdfFile) fonts() map[string]int {
	out := map[string]int{}
	for i := range f.objects {
		if m := composite.FindSubmatch(f.objects[i].dict); m != nil {
			out[string(m[1])] = i + 1
		}
	}
	return out
}

// pdfFile is a PDF taken apart. Its parts point into the bytes it was read
// from.
type pdfFile struct {
	header     []byte
	objects    []pdfObject // the object with number n is at n-1
	root, info int         // numbers of the catalogue and of the document's metadata
}

// pdfObject is an indirect object: its dictionary and, when it is a stream, its
// data.
type pdfObject struct {
	dict     []byte
	data     []byte
	isStream bool
}

// pdfTail is all that follows the cross-reference table. No text of the
// document is in it, so it can be looked for from the end.
var pdfTail = regexp.MustCompile(`^trailer\n<<\n/Size (\d{1,9})\n/Root (\d{1,9}) 0 R\n/Info (\d{1,9}) 0 R\n>>\nstartxref\n(\d{1,9})\n%%EOF\n$`)

// takeApart reads a file by its cross-reference table. The words that begin and
// end objects mean nothing elsewhere: titles and compressed data may hold them.
func takeApart(pdf []byte) (*pdfFile, error) {
	tail := max(0, bytes.LastIndex(pdf, []byte("trailer\n")))
	m := pdfTail.FindSubmatch(pdf[tail:])
	if m == nil {
		return nil, errors.New("the file's end is not as expected")
	}
	size, root, info, table := value(m[1]), value(m[2]), value(m[3]), value(m[4])
	if table > tail || min(root, info) < 1 || max(root, info) >= size {
		return nil, errors.New("the trailer points outside the file")
	}
	offsets, err := readTable(pdf[table:tail], size)
	if err != nil {
		return nil, err
	}
	f := &pdfFile{objects: make([]pdfObject, size-1), root: root, info: info}
	return f, f.readObjects(pdf[:table], offsets)
}

// value is the number that digits write.
func value(digits []byte) int {
	n, _ := strconv.Atoi(string(digits)) // nine digits at most
	return n
}

const (
	tableEntry = 20 // bytes: ten digits, a space, "00000 n" and a line end of two
	freeEntry  = "0000000000 65535 f \n"
	usedEntry  = " 00000 n \n"
)

// readTable returns where the objects 1, 2, and so on begin.
func readTable(table []byte, size int) ([]int, error) {
	entries, ok := bytes.CutPrefix(table, fmt.Appendf(nil, "xref\n0 %d\n%s", size, freeEntry))
	if !ok || len(entries) != tableEntry*(size-1) {
		return nil, errors.New("the cross-reference table is not as expected")
	}
	offsets := make([]int, size-1)
	for i := range offsets {
		digits, ok := bytes.CutSuffix(entries[i*tableEntry:(i+1)*tableEntry], []byte(usedEntry))
		at, err := strconv.ParseUint(string(digits), 10, 31)
		if !ok || err != nil {
			return nil, fmt.Errorf("object %d has no place in the cross-reference table", i+1)
		}
		offsets[i] = int(at)
	}
	return offsets, nil
}

// readObjects cuts the file where objects begin. One ends where the next begins.
func (f *pdfFile) readObjects(body []byte, offsets []int) error {
	ends := append(slices.Sorted(slices.Values(offsets)), len(body))
	f.header = body[:min(ends[0], len(body))]
	if !bytes.HasPrefix(f.header, []byte("%PDF-")) {
		return errors.New("the file's head is missing")
	}
	for i, at := range offsets {
		next, _ := slices.BinarySearch(ends, at+1)
		if next == len(ends) || ends[next] > len(body) {
			return fmt.Errorf("object %d is outside the file", i+1)
		}
		o, err := readObject(i+1, body[at:ends[next]])
		if err != nil {
			return err
		}
		f.objects[i] = o
	}
	return nil
}

// readObject tells by its end what an object is. Only there: a title may hold
// any word, but nothing of the document's text ends an object.
func readObject(number int, b []byte) (pdfObject, error) {
	b, begun := bytes.CutPrefix(b, fmt.Appendf(nil, "%d 0 obj\n", number))
	b, ended := bytes.CutSuffix(b, []byte("\nendobj\n"))
	if !begun || !ended {
		return pdfObject{}, fmt.Errorf("object %d is not where the cross-reference table says", number)
	}
	o := pdfObject{dict: b}
	if b, o.isStream = bytes.CutSuffix(b, []byte("\nendstream")); o.isStream {
		o.dict, o.data, _ = bytes.Cut(b, []byte("\nstream\n"))
		// A dictionary that was cut too early or too late shows here.
		if m := streamLength.FindSubmatch(o.dict); m == nil || value(m[1]) != len(o.data) {
			return pdfObject{}, fmt.Errorf("the stream of object %d has not the length it gives", number)
		}
	}
	if !bytes.HasPrefix(o.dict, []byte("<<")) || !bytes.HasSuffix(o.dict, []byte(">>")) {
		return pdfObject{}, fmt.Errorf("object %d is no dictionary", number)
	}
	return o, nil
}

var streamLength = regexp.MustCompile(`/Length (\d{1,9})`)
