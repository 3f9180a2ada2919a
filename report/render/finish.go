package render

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"sync"
)

// finish is the last pass over a PDF: the file that the drawing library wrote
// is taken apart into its objects, these get what they lack, and all are
// written again under a new cross-reference table. It compresses the pages,
// for which the library would make a compressor each, of over a megabyte.
//
// Only what the library writes is understood; all else is an error. A report
// that fails is noticed at once, a broken file by its reader.
func finish(drawn []byte) ([]byte, error) {
	f, err := takeApart(drawn)
	if err != nil {
		return nil, fmt.Errorf("finish PDF: %w", err)
	}
	if err := f.deflate(); err != nil {
		return nil, fmt.Errorf("finish PDF: %w", err)
	}
	return f.bytes(), nil
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

// deflate compresses the streams that are plain. Fonts have been compressed by
// the drawing library.
func (f *pdfFile) deflate() error {
	d := deflaters.Get().(*deflater)
	defer deflaters.Put(d)
	for i := range f.objects {
		o := &f.objects[i]
		if !o.isStream || bytes.Contains(o.dict, []byte("/Filter")) {
			continue
		}
		data, err := d.deflate(o.data)
		if err != nil {
			return fmt.Errorf("compress object %d: %w", i+1, err)
		}
		o.data = data
		o.dict = streamLength.ReplaceAll(o.dict, fmt.Appendf(nil, "/Filter /FlateDecode /Length %d", len(data)))
	}
	return nil
}

// deflaters are kept from document to document: making one takes over a
// megabyte.
var deflaters = sync.Pool{New: func() any {
	w, _ := zlib.NewWriterLevel(nil, zlib.BestSpeed) // fails only for levels that there are not
	return &deflater{zlib: w}
}}

// deflater is a compressor and what it has written last.
type deflater struct {
	zlib *zlib.Writer
	out  bytes.Buffer
}

func (d *deflater) deflate(data []byte) ([]byte, error) {
	d.out.Reset()
	d.zlib.Reset(&d.out)
	if _, err := d.zlib.Write(data); err != nil {
		return nil, err
	}
	if err := d.zlib.Close(); err != nil {
		return nil, err
	}
	return bytes.Clone(d.out.Bytes()), nil
}

// bytes writes the file, its objects by their numbers.
func (f *pdfFile) bytes() []byte {
	var b bytes.Buffer
	b.Grow(f.size())
	b.Write(f.header)
	offsets := make([]int, len(f.objects))
	for i := range f.objects {
		offsets[i] = b.Len()
		f.objects[i].write(&b, i+1)
	}
	f.writeTable(&b, offsets)
	return b.Bytes()
}

// size is about what the file will need, so that its buffer grows once.
func (f *pdfFile) size() int {
	n := len(f.header) + 256
	for i := range f.objects {
		n += len(f.objects[i].dict) + len(f.objects[i].data) + tableEntry + 48
	}
	return n
}

func (o *pdfObject) write(b *bytes.Buffer, number int) {
	fmt.Fprintf(b, "%d 0 obj\n%s\n", number, o.dict)
	if o.isStream {
		b.WriteString("stream\n")
		b.Write(o.data)
		b.WriteString("\nendstream\n")
	}
	b.WriteString("endobj\n")
}

func (f *pdfFile) writeTable(b *bytes.Buffer, offsets []int) {
	table, size := b.Len(), len(f.objects)+1
	fmt.Fprintf(b, "xref\n0 %d\n%s", size, freeEntry)
	for _, at := range offsets {
		fmt.Fprintf(b, "%010d%s", at, usedEntry)
	}
	fmt.Fprintf(b, "trailer\n<<\n/Size %d\n/Root %d 0 R\n/Info %d 0 R\n>>\nstartxref\n%d\n%%%%EOF\n", size, f.root, f.info, table)
}
