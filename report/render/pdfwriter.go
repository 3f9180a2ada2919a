package render

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"strconv"
)

// pdfWriter writes a PDF's objects one after another: those that a reader needs
// many of packed into compressed object streams, and at the end a compressed
// cross-reference stream (ISO 32000-1, 7.5.7 and 7.5.8).
type pdfWriter struct {
	ctx     context.Context
	deflate *deflater
	out     bytes.Buffer
	places  []place // by number; the first is the free one
	pack    pack
	buf     []byte
}

// place is where an object is: at a byte of the file, or at a place within an
// object stream.
type place struct {
	kind  byte // 0: nowhere, 1: in the file, 2: in a stream
	at    uint32
	index uint16
}

// pack is the object stream that is being filled.
type pack struct {
	number  int
	numbers []byte // pairs: an object's number, and where it begins
	objects []byte
	n       int
}

// packSize is how many objects a stream holds at most: enough to compress well,
// few enough that a reader need not unpack a whole report to find one.
const packSize = 200

func newPDFWriter(ctx context.Context, d *deflater, reserved int) *pdfWriter {
	w := &pdfWriter{ctx: ctx, deflate: d, places: make([]place, reserved+1)}
	w.out.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n") // the second line says that it is no text
	return w
}

// reserve is the number of an object yet to be written.
func (w *pdfWriter) reserve() int {
	w.places = append(w.places, place{})
	return len(w.places) - 1
}

// scratch is a buffer for the next object.
func (w *pdfWriter) scratch() []byte { return w.buf[:0] }

// object writes an object plainly.
func (w *pdfWriter) object(number int, body string) {
	w.begin(number)
	w.out.WriteString(body)
	w.out.WriteString("\nendobj\n")
}

func (w *pdfWriter) begin(number int) {
	w.places[number] = place{kind: 1, at: uint32(w.out.Len())}
	w.out.WriteString(strconv.Itoa(number) + " 0 obj\n")
}

// stream writes a stream of compressed data. The dictionary is given without
// its brackets, filter and length.
func (w *pdfWriter) stream(number int, dict string, compressed []byte) {
	w.begin(number)
	fmt.Fprintf(&w.out, "<<%s/Filter /FlateDecode /Length %d>>\nstream\n", dict, len(compressed))
	w.out.Write(compressed)
	w.out.WriteString("\nendstream\nendobj\n")
}

// plainStream compresses data and writes it as a stream.
func (w *pdfWriter) plainStream(number int, dict string, data []byte) error {
	z, err := w.deflate.deflate(w.ctx, data)
	if err != nil {
		return err
	}
	w.stream(number, dict, z)
	return nil
}

// rawStream writes data as it is: metadata, which programs look for in the bytes
// of a file.
func (w *pdfWriter) rawStream(number int, dict string, data []byte) {
	w.begin(number)
	fmt.Fprintf(&w.out, "<<%s/Length %d>>\nstream\n", dict, len(data))
	w.out.Write(data)
	w.out.WriteString("\nendstream\nendobj\n")
}

// packed puts an object that is no stream into an object stream.
func (w *pdfWriter) packed(number int, body []byte) error {
	w.buf = body
	if w.pack.n == 0 {
		w.pack.number = w.reserve()
	}
	w.places[number] = place{kind: 2, at: uint32(w.pack.number), index: uint16(w.pack.n)}
	w.pack.numbers = append(strconv.AppendInt(w.pack.numbers, int64(number), 10), ' ')
	w.pack.numbers = append(strconv.AppendInt(w.pack.numbers, int64(len(w.pack.objects)), 10), ' ')
	w.pack.objects = append(append(w.pack.objects, body...), '\n')
	if w.pack.n++; w.pack.n < packSize {
		return nil
	}
	return w.flush()
}

// flush writes the object stream that is being filled.
func (w *pdfWriter) flush() error {
	if w.pack.n == 0 {
		return nil
	}
	dict := fmt.Sprintf("/Type /ObjStm /N %d /First %d ", w.pack.n, len(w.pack.numbers))
	w.buf = append(append(w.buf[:0], w.pack.numbers...), w.pack.objects...)
	err := w.plainStream(w.pack.number, dict, w.buf)
	w.pack = pack{numbers: w.pack.numbers[:0], objects: w.pack.objects[:0]}
	return err
}

// end writes the cross-reference stream and returns the file.
func (w *pdfWriter) end(trailer string) ([]byte, error) {
	if err := w.flush(); err != nil {
		return nil, err
	}
	number := w.reserve()
	at := w.out.Len()
	w.places[number] = place{kind: 1, at: uint32(at)}
	w.places[0].index = 0xFFFF
	table := make([]byte, 0, 7*len(w.places))
	for _, p := range w.places {
		table = append(table, p.kind)
		table = binary.BigEndian.AppendUint32(table, p.at)
		table = binary.BigEndian.AppendUint16(table, p.index)
	}
	dict := fmt.Sprintf("/Type /XRef /Size %d /W [1 4 2]\n%s\n", len(w.places), trailer)
	if err := w.plainStream(number, dict, table); err != nil {
		return nil, err
	}
	fmt.Fprintf(&w.out, "startxref\n%d\n%%%%EOF\n", at)
	return w.out.Bytes(), nil
}
