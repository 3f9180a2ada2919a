package render

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"

	"github.com/closeofbusiness/cob/report/document"
)

// attachmentName is the file attached to every report: the document that it
// was drawn from, in its canonical form.
const attachmentName = "report.json"

// finish makes a file of the pages that were drawn: with the fonts and the
// picture that they name, bookmarks, the structure by which the report is read
// aloud, metadata, and the report as data.
func (p *pdf) finish() ([]byte, error) {
	source, err := document.CanonicalIn(p.ctx, p.doc)
	if err != nil {
		return nil, err
	}
	fonts, err := p.embedded()
	if err != nil {
		return nil, err
	}
	w := newPDFWriter(p.ctx, p.deflate, len(fonts.objects))
	out, err := p.assemble(w, fonts, source)
	if err != nil {
		return nil, fmt.Errorf("finish PDF: %w", err)
	}
	return out, nil
}

// The library's own objects that are written anew. The fonts between them keep
// their numbers, by which they refer to each other.
const (
	pagesObject     = 1
	resourcesObject = 2
	firstFont       = 5
)

func (p *pdf) assemble(w *pdfWriter, fonts *pdfFile, source []byte) ([]byte, error) {
	if err := fonts.copyTo(w); err != nil {
		return nil, err
	}
	if err := p.writeResources(w, fonts); err != nil {
		return nil, err
	}
	pages := p.writePages(w)
	structure, err := p.tree.write(w, pages)
	if err != nil {
		return nil, err
	}
	attachment, err := p.writeAttachment(w, source)
	if err != nil {
		return nil, err
	}
	metadata := w.reserve()
	w.rawStream(metadata, "/Type /Metadata /Subtype /XML ", p.xmp())
	info := w.reserve()
	w.object(info, p.info())
	root := w.reserve()
	w.object(root, p.catalogue(structure, attachment, metadata, p.writeOutline(w, pages)))
	id := fileID(source)
	return w.end(fmt.Sprintf("/Root %s\n/Info %s\n/ID [<%x> <%x>]", ref(root), ref(info), id, id))
}

// fileID tells files apart (ISO 32000-1, 14.4). What a file looks like is
// settled by the report and by the version that drew it, which the report names.
func fileID(source []byte) []byte {
	sum := sha256.Sum256(source)
	return sum[:16]
}

// copyTo writes the fonts: what the library wrote between its page and its
// metadata.
func (f *pdfFile) copyTo(w *pdfWriter) error {
	for n := firstFont; n < f.info; n++ {
		o := f.objects[n-1]
		switch {
		case !o.isStream:
			w.object(n, string(o.dict))
		case bytes.Contains(o.dict, []byte("/Filter")):
			w.begin(n)
			fmt.Fprintf(&w.out, "%s\nstream\n%s\nendstream\nendobj\n", o.dict, o.data)
		default:
			if err := w.plainStream(n, "", o.data); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeResources lists the fonts and the picture by the names that pages use.
func (p *pdf) writeResources(w *pdfWriter, fonts *pdfFile) error {
	var b strings.Builder
	b.WriteString("<</Font <<")
	numbers := fonts.fonts()
	for i, used := range p.canvas.used {
		if used == nil {
			continue
		}
		f := face(i)
		number := numbers[subset{f, p.whole[f]}.family()]
		if number == 0 {
			return fmt.Errorf("the font %s was not embedded", subset{f, p.whole[f]}.family())
		}
		b.WriteString("/" + fontName(f) + " " + ref(number) + " ")
	}
	b.WriteString(">>")
	if p.logo != nil {
		at := w.reserve()
		if err := w.plainStream(at, fmt.Sprintf("/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceRGB /BitsPerComponent 8 ",
			p.logo.across, p.logo.down), p.logo.pixels); err != nil {
			return err
		}
		b.WriteString("\n/XObject <</" + logoName + " " + ref(at) + ">>")
	}
	w.object(resourcesObject, b.String()+">>")
	return nil
}

// writePages writes the pages and their tree, and returns their numbers.
func (p *pdf) writePages(w *pdfWriter) []int {
	numbers := make([]int, len(p.pages))
	var kids strings.Builder
	for i, content := range p.pages {
		stream := w.reserve()
		w.stream(stream, "", content)
		numbers[i] = w.reserve()
		w.object(numbers[i], fmt.Sprintf("<</Type /Page\n/Parent %s\n/Resources %s\n/Contents %s\n/StructParents %d\n/Tabs /S>>",
			ref(pagesObject), ref(resourcesObject), ref(stream), i))
		kids.WriteString(ref(numbers[i]) + " ")
	}
	w.object(pagesObject, fmt.Sprintf("<</Type /Pages\n/Kids [%s]\n/Count %d\n/MediaBox [0 0 %s %s]>>",
		kids.String(), len(p.pages), num(p.sheet.width), num(p.sheet.height)))
	return numbers
}

// bookmark is an entry of the outline.
type bookmark struct {
	title string
	page  int // from 1
	y     float64
}

// writeOutline writes the bookmarks and returns their root; 0 without any.
func (p *pdf) writeOutline(w *pdfWriter, pages []int) int {
	if len(p.bookmarks) == 0 {
		return 0
	}
	root := w.reserve()
	first := root + 1
	for range p.bookmarks {
		w.reserve()
	}
	for i, b := range p.bookmarks {
		entry := "<</Title " + hexText(b.title) + "\n/Parent " + ref(root)
		if i > 0 {
			entry += "\n/Prev " + ref(first+i-1)
		}
		if i+1 < len(p.bookmarks) {
			entry += "\n/Next " + ref(first+i+1)
		}
		w.object(first+i, entry+fmt.Sprintf("\n/Dest [%s /XYZ 0 %s null]>>", ref(pages[b.page-1]), num(p.sheet.height-b.y)))
	}
	n := len(p.bookmarks)
	w.object(root, fmt.Sprintf("<</Type /Outlines /First %s /Last %s /Count %d>>", ref(first), ref(first+n-1), n))
	return root
}

// writeAttachment embeds the report's JSON and returns its file specification.
func (p *pdf) writeAttachment(w *pdfWriter, source []byte) (int, error) {
	file := w.reserve()
	dict := fmt.Sprintf("/Type /EmbeddedFile /Subtype /application#2Fjson /Params <</Size %d /ModDate (%s)>> ", len(source), pdfDate(p.doc))
	if err := w.plainStream(file, dict, source); err != nil {
		return 0, err
	}
	spec := w.reserve()
	w.object(spec, fmt.Sprintf("<</Type /Filespec /F (%[1]s) /UF (%[1]s) /Desc %[3]s /AFRelationship /Source\n/EF <</F %[2]s /UF %[2]s>>>>",
		attachmentName, ref(file), hexText("The report as data, as it was drawn")))
	return spec, nil
}

func (p *pdf) catalogue(structure, attachment, metadata, outline int) string {
	b := "<</Type /Catalog\n/Pages " + ref(pagesObject) + "\n/MarkInfo <</Marked true>>\n/StructTreeRoot " + ref(structure) +
		"\n/ViewerPreferences <</DisplayDocTitle true>>\n/Metadata " + ref(metadata) +
		"\n/Names <</EmbeddedFiles <</Names [(" + attachmentName + ") " + ref(attachment) + "]>>>>\n/AF [" + ref(attachment) + "]"
	if l := p.doc.Language.String(); l != "" {
		b += "\n/Lang (" + l + ")" // letters, digits and hyphens only
	}
	if outline > 0 {
		b += "\n/Outlines " + ref(outline) + "\n/PageMode /UseOutlines"
	}
	return b + ">>"
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

// deflateStep is how much is compressed between two looks at the context.
const deflateStep = 256 << 10

func (d *deflater) deflate(ctx context.Context, data []byte) ([]byte, error) {
	d.out.Reset()
	d.zlib.Reset(&d.out)
	for len(data) > 0 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		step := data[:min(len(data), deflateStep)]
		data = data[len(step):]
		if _, err := d.zlib.Write(step); err != nil {
			return nil, err
		}
	}
	if err := d.zlib.Close(); err != nil {
		return nil, err
	}
	return bytes.Clone(d.out.Bytes()), nil
}
