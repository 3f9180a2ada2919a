package document

import (
	"bytes"
	"image"
	"image/gif"
	"image/jpeg"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCheckLink(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"https://example.com", "https://example.com/", "https://Example.COM/a/b.html?x=1&y=%20#part", "https://a.b.example.co.uk/~x/(1)",
		"https://example.com:443/", "https://xn--bcher-kva.example/", "https://example.com/%e2%80%ae", "https://1password.example/",
		"https://example.com/a@b:c", "https://" + strings.Repeat("a", 63) + ".example/", "https://example.com/?q=javascript:alert(1)",
	} {
		require.NoError(t, CheckLink(s), s)
	}
	for _, tt := range []struct{ name, in, want string }{
		{"nothing", "", "https://"},
		{"script", "javascript:alert(1)", "https://"},
		{"script in capitals", "JaVaScRiPt:alert(1)", "https://"},
		{"data", "data:text/html,x", "https://"},
		{"a file", "file:///etc/passwd", "https://"},
		{"plain http", "http://example.com/", "https://"},
		{"capitals", "HTTPS://example.com/", "https://"},
		{"relative", "/a", "https://"},
		{"without a scheme", "//example.com/", "https://"},
		{"opaque", "https:example.com", "https://"},
		{"one slash", "https:/example.com", "https://"},
		{"no host", "https:///a", "host name"},
		{"a query for a host", "https://?a", "host name"},
		{"user", "https://user@example.com/", "user or a password"},
		{"password", "https://example.com:443@evil.example/", "user or a password"},
		{"empty user", "https://@example.com/", "user or a password"},
		{"port", "https://example.com:8443/", "port 8443"},
		{"port of letters", "https://example.com:x/", "cannot be read"},
		{"IPv4", "https://127.0.0.1/", "host name"},
		{"IPv4 in hexadecimal", "https://0x7f.0x1/", "host name"},
		{"IPv4 as a number", "https://2130706433/", "host name"},
		{"IPv6", "https://[::1]/", "percent-encoded|host name"},
		{"IPv6 with a zone", "https://[fe80::1%25eth0]/", "percent-encoded|host name"},
		{"one label", "https://localhost/", "host name"},
		{"final dot", "https://example.com./", "host name"},
		{"hyphens at the edge", "https://-a.example/", "host name"},
		{"underscore", "https://a_b.example/", "host name"},
		{"empty label", "https://a..example/", "host name"},
		{"Unicode", "https://bücher.example/", "percent-encoded"},
		{"Cyrillic letters", "https://еxample.com/", "percent-encoded"},
		{"percent in the host", "https://ex%61mple.com/", "cannot be read"},
		{"percent that is Unicode in the host", "https://ex%C3%A4mple.com/", "host name"},
		{"NUL in the host", "https://example.com%00.evil.example/", "cannot be read"},
		{"percent without digits", "https://example.com/%zz", "cannot be read"},
		{"space", "https://example.com/a b", "percent-encoded"},
		{"space before", " https://example.com/", "percent-encoded"},
		{"line break", "https://example.com/\r\nSet-Cookie: a", "percent-encoded"},
		{"tab in the scheme", "java\tscript:alert(1)", "percent-encoded"},
		{"NUL", "https://example.com/\x00", "percent-encoded"},
		{"right-to-left override", "https://example.com/\u202Egpj.exe", "percent-encoded"},
		{"invalid UTF-8", "https://example.com/\xff", "percent-encoded"},
		{"quotation mark", `https://example.com/"onclick=x`, "percent-encoded"},
		{"angle brackets", "https://example.com/<script>", "percent-encoded"},
		{"backslash", `https://example.com\@evil.example/`, "percent-encoded"},
		{"template", "https://example.com/{{x}}", "percent-encoded"},
		{"pipe", "https://example.com/a|b", "percent-encoded"},
		{"long", "https://example.com/" + strings.Repeat("a", maxLink), "bytes of an address: 2020, at most 2000"},
		{"a long label", "https://" + strings.Repeat("a", 64) + ".example/", "host name"},
		{"a long host", "https://" + strings.Repeat("a.", 130) + "example/", "host name"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := CheckLink(tt.in)
			require.Error(t, err)
			require.Regexp(t, tt.want, err.Error())
		})
	}
}

// FuzzCheckLink holds that what is accepted can stand in an attribute and
// between angle brackets.
func FuzzCheckLink(f *testing.F) {
	for _, s := range []string{"https://example.com/a?b=c#d", "javascript:alert(1)", "https://a@b.example", "https://[::1]", "https://example.com:443", "https://%61.example"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if CheckLink(s) != nil {
			return
		}
		require.True(t, strings.HasPrefix(s, "https://"))
		require.False(t, strings.ContainsAny(s, "\"'<>\\ \t\r\n"))
		require.LessOrEqual(t, len(s), maxLink)
	})
}

func TestCheckAccent(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"#2b4a7a", "#000000", "#a5341f", "#1f6b47", "#949494"} {
		require.NoError(t, CheckAccent(s), s)
	}
	for s, want := range map[string]string{"#ffffff": "contrast of 1.0", "#ffd400": "contrast", "#9a9a9a": "contrast", "": "no colour", "red": "no colour", "#FFF": "no colour",
		"#2B4A7A": "no colour", "#2b4a7a;}": "no colour", "#2b4a7a\n": "no colour", "2b4a7a": "no colour", "#2b4a7a80": "no colour", "url(//evil)": "no colour"} {
		require.ErrorContains(t, CheckAccent(s), want, s)
	}
}

func TestCheckImage(t *testing.T) {
	t.Parallel()
	var jpg, gf bytes.Buffer
	require.NoError(t, jpeg.Encode(&jpg, image.NewGray(image.Rect(0, 0, 8, 8)), nil))
	require.NoError(t, gif.Encode(&gf, image.NewGray(image.Rect(0, 0, 8, 8)), nil))
	require.NoError(t, CheckImage(Image{MediaType: "image/png", Data: pixel()}))
	require.NoError(t, CheckImage(Image{MediaType: "image/png", Data: pictureOf(MaxImageSide, 2)}))
	require.NoError(t, CheckImage(Image{MediaType: "image/jpeg", Data: jpg.Bytes()}))
	for _, tt := range []struct {
		name string
		in   Image
		want string
	}{
		{"nothing", Image{MediaType: "image/png"}, "not a PNG or JPEG"},
		{"text", Image{MediaType: "image/png", Data: []byte("<script>alert(1)</script>")}, "not a PNG or JPEG"},
		{"SVG", Image{MediaType: "image/svg+xml", Data: []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="x"/>`)}, "not a PNG or JPEG"},
		{"GIF", Image{MediaType: "image/gif", Data: gf.Bytes()}, "not a PNG or JPEG"},
		{"only a beginning", Image{MediaType: "image/png", Data: pixel()[:10]}, "not a PNG or JPEG"},
		{"another type", Image{MediaType: "image/jpeg", Data: pixel()}, `says "image/jpeg" and is image/png`},
		{"a type that is markup", Image{MediaType: `image/png" onload="x`, Data: pixel()}, "is image/png"},
		{"too many bytes", Image{MediaType: "image/png", Data: make([]byte, MaxImageBytes+1)}, "bytes of an image: 262145, at most 262144"},
		{"too wide", Image{MediaType: "image/png", Data: pictureOf(MaxImageSide+1, 1)}, "pixels of an image's side: 2001, at most 2000"},
		{"too high", Image{MediaType: "image/png", Data: pictureOf(1, MaxImageSide+1)}, "pixels of an image's side"},
		{"not all of it", Image{MediaType: "image/png", Data: pixel()[:len(pixel())-20]}, "not a whole PNG or JPEG"},
		{"a bomb", Image{MediaType: "image/png", Data: claiming(1<<31-1, 1<<31-1)}, "not a PNG or JPEG|pixels of an image's side"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := CheckImage(tt.in)
			require.Error(t, err)
			require.Regexp(t, tt.want, err.Error())
		})
	}
}

// claiming is a small picture whose head claims another size.
func claiming(width, height uint32) []byte {
	b := pixel()
	for i, n := range []uint32{width, height} {
		for k := range 4 {
			b[16+4*i+k] = byte(n >> (24 - 8*k))
		}
	}
	return b
}
