package template

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"

	"github.com/closeofbusiness/cob/report/document"
)

// Logo is the picture at the top of the first page. Its file lies beside the
// template's, and its bytes belong to the version.
type Logo struct {
	File string // relative, with slashes
	Alt  string // what a reader who cannot see it is told
	// Data and MediaType are empty until Load has read them.
	Data      []byte
	MediaType string // image/png, image/jpeg

	line int
}

// The limits of what a template says about looks.
const (
	maxClassification = 40 // bytes
	maxWatermark      = 20 // characters
	maxAlt            = 100
	maxFile           = 120
)

// logoFile has no step that begins with a dot: it stays in the template's folder.
var logoFile = regexp.MustCompile(`^([A-Za-z0-9_][A-Za-z0-9._-]*/)*[A-Za-z0-9_][A-Za-z0-9._-]*\.(png|jpg|jpeg)$`)

// look reads what an output says about looks. What is as every report is by
// default stays empty.
func (r *reader) look(f map[string]ast.Node, out *Output) {
	if n, ok := f["typeface"]; ok {
		out.Typeface = r.choice(n, "output.typeface", string(document.Sans), string(document.Serif))
	}
	if n, ok := f["accent"]; ok {
		out.Accent = r.accent(n)
	}
	if n, ok := f["banner"]; ok {
		out.Banner = r.banner(n, out.Classification)
	}
	if n, ok := f["watermark"]; ok {
		out.Watermark = r.words(n, "output.watermark", maxWatermark)
	}
	if n, ok := f["logo"]; ok {
		out.Logo = r.logo(n)
	}
}

const anAccent = `a dark colour in quotes such as "#2b4a7a"`

func (r *reader) accent(n ast.Node) string {
	s := r.text(n, "output.accent", anAccent)
	if s == "" {
		return ""
	}
	if err := document.CheckAccent(s); err != nil {
		r.wrong(n, "output.accent", err.Error(), anAccent)
	}
	return s
}

// banner is its own text, or with true the classification.
func (r *reader) banner(n ast.Node, classification string) string {
	yes, ok := n.(*ast.BoolNode)
	switch {
	case !ok:
		return r.words(n, "output.banner", maxClassification)
	case !yes.Value:
		return ""
	case classification == "":
		r.wrong(n, "output.banner", "true without a classification", "a classification beside it, or the banner's own text")
	}
	return classification
}

// words reads a short text that is not empty.
func (r *reader) words(n ast.Node, path string, most int) string {
	expected := fmt.Sprintf("text of 1 to %d characters", most)
	s, ok := n.(*ast.StringNode)
	if !ok {
		r.wrong(n, path, found(n), expected)
		return ""
	}
	if count := utf8.RuneCountInString(s.Value); count > most || document.Clean(s.Value).Empty() {
		r.wrong(n, path, fmt.Sprintf("%d characters: %s", count, strconv.Quote(s.Value)), expected)
	}
	return s.Value
}

func (r *reader) logo(n ast.Node) *Logo {
	f := r.fields(n, "output.logo", "file", "alt")
	if f == nil {
		return nil
	}
	const expected = "a .png, .jpg or .jpeg file beside the template: a relative path, no step of which begins with a dot"
	l := &Logo{File: r.text(f["file"], "output.logo.file", expected), Alt: r.words(f["alt"], "output.logo.alt", maxAlt), line: line(f["file"])}
	if l.File != "" && (len(l.File) > maxFile || !logoFile.MatchString(l.File)) {
		r.wrong(f["file"], "output.logo.file", strconv.Quote(l.File), expected)
	}
	return l
}

// Files are what the template names beside its own text.
func (t *Template) Files() []string {
	if t.Output.Logo == nil {
		return nil
	}
	return []string{t.Output.Logo.File}
}

// Load reads the files that the template names, and checks them. open gives at
// most a little more than document.MaxImageBytes.
func (t *Template) Load(open func(file string) ([]byte, error)) error {
	l := t.Output.Logo
	if l == nil {
		return nil
	}
	wrong := func(found string) error {
		return fmt.Errorf("template: %w", &Error{[]Problem{{l.line, "output.logo.file", brief(strconv.Quote(l.File)) + ": " + found,
			fmt.Sprintf("a PNG or JPEG image of at most %d KB, and %d pixels a side", document.MaxImageBytes>>10, document.MaxImageSide)}}})
	}
	data, err := open(l.File)
	if err != nil {
		return wrong(reason(err))
	}
	l.Data, l.MediaType = data, http.DetectContentType(data)
	if err := document.CheckImage(l.image()); err != nil {
		return wrong(err.Error())
	}
	return nil
}

// reason is why a file could not be opened, without its path.
func reason(err error) string {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err.Error()
}

func (l *Logo) image() document.Image {
	return document.Image{MediaType: l.MediaType, Data: l.Data, Alt: document.Clean(l.Alt)}
}

// Digest is what a version is known by: the SHA-256 of its text or, where that
// names files, of the lines "DIGEST  template" and "DIGEST  FILE", as sha256sum
// writes them. The files have been loaded.
func (t *Template) Digest(text []byte) [sha256.Size]byte {
	if t.Output.Logo == nil {
		return sha256.Sum256(text)
	}
	return sha256.Sum256(fmt.Appendf(nil, "%x  template\n%x  %s\n", sha256.Sum256(text), sha256.Sum256(t.Output.Logo.Data), t.Output.Logo.File))
}

// Style is how documents are to look; nil: as every report does by default. A
// logo that was not loaded is left out.
func (o Output) Style() *document.Style {
	s := document.Style{Accent: o.Accent, Banner: document.Clean(strings.TrimSpace(o.Banner)), Watermark: document.Clean(strings.TrimSpace(o.Watermark))}
	if o.Paper != string(document.A4) {
		s.Paper = document.Paper(o.Paper)
	}
	if o.Typeface != string(document.Sans) {
		s.Typeface = document.Typeface(o.Typeface)
	}
	if o.Logo != nil && o.Logo.Data != nil {
		image := o.Logo.image()
		s.Logo = &image
	}
	if s == (document.Style{}) {
		return nil
	}
	return &s
}
