package render

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/document"
)

func withLogo(mediaType string, data []byte) *document.Document {
	d := blank("Logo")
	d.Style = &document.Style{Logo: &document.Image{MediaType: mediaType, Data: data, Alt: T("Example Ltd")}}
	return d
}

func TestLogoKeepsItsProportions(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{400, 100}, {100, 400}, {2000, 10}, {1, 1}} {
		p := newPDF(t.Context(), withLogo("image/jpeg", testPhoto(size[0], size[1])))
		require.NoError(t, p.readLogo())
		require.LessOrEqual(t, p.logo.width, logoWidth+0.01)
		require.LessOrEqual(t, p.logo.height, logoHeight+0.01)
		require.InDelta(t, float64(size[0])/float64(size[1]), p.logo.width/p.logo.height, 0.001)
		require.Len(t, p.logo.pixels, 3*size[0]*size[1])
	}
}

// TestLogoIsLaidOntoWhite holds that what is transparent is white.
func TestLogoIsLaidOntoWhite(t *testing.T) {
	t.Parallel()
	m := image.NewNRGBA(image.Rect(0, 0, 3, 1))
	m.Set(0, 0, color.NRGBA{0xff, 0, 0, 0xff})
	m.Set(1, 0, color.NRGBA{0, 0, 0, 0})
	m.Set(2, 0, color.NRGBA{0, 0, 0, 0x80})
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, m))
	p := newPDF(t.Context(), withLogo("image/png", b.Bytes()))
	require.NoError(t, p.readLogo())
	require.Equal(t, []byte{0xff, 0, 0, 0xff, 0xff, 0xff, 0x7f, 0x7f, 0x7f}, p.logo.pixels)
}

// TestLogoBringsNothingAlong puts words behind the picture's end and into a
// chunk of it. Only the data attached holds them, in base64.
func TestLogoBringsNothingAlong(t *testing.T) {
	t.Parallel()
	data := testLogo()
	data = append(data, "/JavaScript (app.alert(1))"...)
	objects := readPDF(t, pdfOf(t, withLogo("image/png", data)))
	picture := object(t, objects, "/Subtype /Image")
	require.Contains(t, picture.dict, "/ColorSpace /DeviceRGB /BitsPerComponent 8")
	require.Len(t, picture.data, 3*320*96)
	for _, o := range objects {
		require.NotContains(t, o.dict+string(o.data), "app.alert")
	}
}

func TestLogoThatIsBrokenIsRefused(t *testing.T) {
	t.Parallel()
	whole := testLogo()
	_, err := Render(t.Context(), withLogo("image/png", whole[:len(whole)/2]), PDF)
	require.ErrorContains(t, err, "logo: not a whole PNG or JPEG image")
}

func TestLogoHasItsText(t *testing.T) {
	t.Parallel()
	for _, e := range structureOf(t, pdfOf(t, withLogo("image/png", testLogo()))).all() {
		if e.role == "Figure" {
			require.Equal(t, hexText("Example Ltd"), "<FEFF"+e.alt+">")
			return
		}
	}
	t.Fatal("no figure")
}

func TestStyles(t *testing.T) {
	t.Parallel()
	d := exampleDocument()
	plain := pdfOf(t, d)
	require.Contains(t, string(plain), "/MediaBox [0 0 595.28 841.89]")
	d.Style = &document.Style{}
	p, q := newPDF(t.Context(), exampleDocument()), newPDF(t.Context(), d)
	require.NoError(t, p.draw())
	require.NoError(t, q.draw())
	require.Equal(t, p.pages, q.pages, "an empty style is none")
	d.Style = &document.Style{Paper: document.Letter, Typeface: document.Serif, Accent: "#7a2b5f"}
	styled := pdfOf(t, d)
	require.Contains(t, string(styled), "/MediaBox [0 0 612 792]")
	require.ElementsMatch(t, []string{"serif", "serifbold", "mono"}, families(t, styled))
	require.Equal(t, colour{0x7a, 0x2b, 0x5f}, lookOf(d).data())
	require.Equal(t, dataBlue, look{}.data())
}
