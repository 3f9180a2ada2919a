// Package render turns a document into bytes: PDF, HTML, Markdown, JSON or CSV.
//
// The PDF is drawn, not browsed: nothing here can fetch an address or read a
// file. The same document gives the same bytes in every format, whenever and
// however often it is rendered.
//
// Text is drawn one character after another in its logical order. There is no
// shaping (Arabic, Hebrew and Indic scripts come out unjoined, left to right)
// and there are no emoji: what no font holds is drawn as U+FFFD.
package render

import (
	"context"
	"fmt"

	"github.com/closeofbusiness/cob/report/document"
)

// Version is the version of the renderers. It changes whenever the bytes made
// from an unchanged document change.
const Version = "2.0.0"

// Format is a kind of output.
type Format string

// The formats.
const (
	PDF      Format = "pdf"
	HTML     Format = "html"
	Markdown Format = "markdown"
	JSON     Format = "json"
	CSV      Format = "csv" // a ZIP archive of one file a table
)

// Formats lists every format in the order in which they are offered.
func Formats() []Format { return []Format{PDF, HTML, Markdown, JSON, CSV} }

// Extension is the ending of a file in this format, with its dot.
func (f Format) Extension() string {
	switch f {
	case PDF:
		return ".pdf"
	case HTML:
		return ".html"
	case Markdown:
		return ".md"
	case JSON:
		return ".json"
	case CSV:
		return ".csv.zip"
	}
	return ""
}

// Name is what templates and receipts call the format: "md", "csv".
func (f Format) Name() string {
	if f == Markdown {
		return "md"
	}
	return string(f)
}

// MediaType is the format's Internet media type.
func (f Format) MediaType() string {
	switch f {
	case PDF:
		return "application/pdf"
	case HTML:
		return "text/html; charset=utf-8"
	case Markdown:
		return "text/markdown; charset=utf-8; variant=GFM"
	case JSON:
		return "application/json"
	case CSV:
		return "application/zip"
	}
	return "application/octet-stream"
}

// Render draws a document and names itself in it, in a copy: the caller's stays
// as it is. A document that does not validate, one that needs
// more than MaxPages pages and a context that ends are errors; so is a panic
// in a drawing library, which never reaches the caller.
func Render(ctx context.Context, d *document.Document, f Format) (out []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			out, err = nil, fmt.Errorf("render %s: the renderer failed: %v", f, p)
		}
	}()
	draw, err := renderer(f)
	if err != nil {
		return nil, err
	}
	if err := document.Validate(d); err != nil {
		return nil, fmt.Errorf("render %s: %w", f, err)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("render %s: %w", f, err)
	}
	named := *d
	named.Renderer = document.Clean(Version)
	out, err = draw(ctx, &named)
	if err != nil {
		return nil, fmt.Errorf("render %s: %w", f, err)
	}
	return out, nil
}

func renderer(f Format) (func(context.Context, *document.Document) ([]byte, error), error) {
	switch f {
	case PDF:
		return renderPDF, nil
	case HTML:
		return renderHTML, nil
	case Markdown:
		return renderMarkdown, nil
	case JSON:
		return renderJSON, nil
	case CSV:
		return renderCSV, nil
	}
	return nil, fmt.Errorf("render: format %q is not known; the formats are %v", string(f), Formats())
}

func renderJSON(ctx context.Context, d *document.Document) ([]byte, error) {
	return document.CanonicalIn(ctx, d)
}
