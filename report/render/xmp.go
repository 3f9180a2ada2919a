package render

import (
	"encoding/xml"
	"fmt"
	"strings"
	"time"

	"github.com/closeofbusiness/cob/report/document"
)

// producer names what drew a file, in all of its metadata.
const producer = "COB renderer " + Version

// metadataTime is noon UTC of the business date. The page carries no clock of
// its generation and neither does the file.
func metadataTime(d *document.Document) time.Time {
	t, err := time.Parse(time.DateOnly, d.BusinessDate.String())
	if err != nil {
		return time.Unix(0, 0).UTC()
	}
	return t.Add(12 * time.Hour)
}

// pdfDate writes the zone in full: not every reader takes a bare Z.
func pdfDate(d *document.Document) string {
	return metadataTime(d).Format("D:20060102150405") + "+00'00'"
}

func keywords(d *document.Document) string {
	k := fmt.Sprintf("%s, %s, revision %d", d.Series, d.BusinessDate, d.Revision)
	if !d.FactsSHA256.Empty() {
		k += ", facts sha256 " + d.FactsSHA256.String()
	}
	return k
}

// info is the older form of a file's metadata, which more programs read.
func (p *pdf) info() string {
	var b strings.Builder
	b.WriteString("<<")
	for _, e := range []struct{ key, value string }{
		{"Title", p.doc.Title.String()}, {"Subject", p.doc.Subtitle.String()}, {"Author", p.doc.Eyebrow.String()},
		{"Keywords", keywords(p.doc)}, {"Creator", producer}, {"Producer", producer},
	} {
		if e.value != "" {
			b.WriteString("/" + e.key + " " + hexText(e.value) + "\n")
		}
	}
	at := pdfDate(p.doc)
	return b.String() + "/CreationDate (" + at + ")\n/ModDate (" + at + ")>>"
}

// xmp is the same metadata as XML (ISO 16684-1).
func (p *pdf) xmp() []byte {
	d := p.doc
	at := metadataTime(d).Format(time.RFC3339)
	var b strings.Builder
	b.WriteString("<?xpacket begin=\"\uFEFF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n" +
		`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` + "\n" +
		`<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/"` +
		` xmlns:xmp="http://ns.adobe.com/xap/1.0/">` + "\n<dc:format>application/pdf</dc:format>\n")
	xmpArray(&b, "dc:title", "Alt", d.Title)
	xmpArray(&b, "dc:description", "Alt", d.Subtitle)
	xmpArray(&b, "dc:creator", "Seq", d.Eyebrow)
	xmpArray(&b, "dc:language", "Bag", d.Language)
	for _, e := range [][2]string{{"pdf:Producer", producer}, {"pdf:Keywords", keywords(d)}, {"xmp:CreatorTool", producer},
		{"xmp:CreateDate", at}, {"xmp:ModifyDate", at}, {"xmp:MetadataDate", at}} {
		b.WriteString("<" + e[0] + ">" + xmlText(e[1]) + "</" + e[0] + ">\n")
	}
	b.WriteString("</rdf:Description>\n</rdf:RDF></x:xmpmeta>\n<?xpacket end=\"r\"?>")
	return []byte(b.String())
}

// xmpArray writes a property of one value; none where it is empty.
func xmpArray(b *strings.Builder, name, kind string, value document.Text) {
	if value.Empty() {
		return
	}
	item := "<rdf:li>"
	if kind == "Alt" {
		item = `<rdf:li xml:lang="x-default">`
	}
	b.WriteString("<" + name + "><rdf:" + kind + ">" + item + xmlText(value.String()) + "</rdf:li></rdf:" + kind + "></" + name + ">\n")
}

func xmlText(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a builder takes all
	return b.String()
}
