package render

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	_ "image/jpeg" // a logo's format
	_ "image/png"  // a logo's format
)

// logo is the picture at the top right of the first page: its pixels, three
// bytes each, and the size at which it is drawn.
type logo struct {
	across, down  int
	pixels        []byte
	width, height float64
	alt           string
}

// The room for a logo in points. It keeps its proportions.
const (
	logoWidth  = 130.0
	logoHeight = 36.0
	logoName   = "Logo"
)

// readLogo decodes the picture, lays it onto white and keeps nothing but its
// pixels: whatever else was in its file does not get into the report. A
// picture that cannot be decoded is an error.
func (p *pdf) readLogo() error {
	if p.doc.Style == nil || p.doc.Style.Logo == nil {
		return nil
	}
	given := p.doc.Style.Logo
	decoded, _, err := image.Decode(bytes.NewReader(given.Data))
	if err != nil {
		return fmt.Errorf("logo: not a whole PNG or JPEG image: %w", err)
	}
	b := decoded.Bounds()
	flat := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(flat, flat.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(flat, flat.Bounds(), decoded, b.Min, draw.Over)
	scale := min(logoWidth/float64(b.Dx()), logoHeight/float64(b.Dy()))
	p.logo = &logo{across: b.Dx(), down: b.Dy(), pixels: opaque(flat), alt: given.Alt.String(),
		width: scale * float64(b.Dx()), height: scale * float64(b.Dy())}
	return nil
}

// opaque drops the alpha of pixels that have none left.
func opaque(m *image.RGBA) []byte {
	out := make([]byte, 0, len(m.Pix)/4*3)
	for i := 0; i < len(m.Pix); i += 4 {
		out = append(out, m.Pix[i:i+3]...)
	}
	return out
}

// drawLogo paints the picture with its top right corner at a place.
func (p *pdf) drawLogo(right, y float64) {
	p.in(&tag{role: figure, alt: p.logo.alt})
	p.enterShape()
	c := &p.canvas
	c.out.WriteString("q\n")
	c.op("cm", p.logo.width, 0, 0, p.logo.height, right-p.logo.width, c.height-y-p.logo.height)
	c.out.WriteString("/" + logoName + " Do\nQ\n")
}
