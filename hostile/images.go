package hostile

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
)

// Picture is a file that says it is an image.
type Picture struct {
	Name, MediaType string
	Data            []byte
}

// Pictures are PNG and JPEG files with something wrong or hidden in them.
func Pictures() []Picture {
	small, photo := pngOf(8, 8), jpegOf(8, 8)
	return []Picture{
		{"sound", "image/png", small}, {"photo", "image/jpeg", photo}, {"bomb of 65535 by 65535", "image/png", resized(small, 65_535, 65_535)},
		{"bomb of 2 billion", "image/png", resized(small, 1<<31-1, 1<<31-1)}, {"bomb that is flat", "image/png", pngOf(2000, 2000)}, {"empty", "image/png", nil},
		{"no pixels", "image/png", resized(small, 0, 0)}, {"cut", "image/png", small[:len(small)/2]}, {"cut header", "image/png", small[:20]}, {"cut photo", "image/jpeg", photo[:len(photo)/2]},
		{"wrong type", "image/jpeg", small}, {"svg", "image/svg+xml", []byte(`<svg onload="alert(1)"/>`)}, {"svg as png", "image/png", []byte(`<svg onload="alert(1)"/>`)},
		{"gif", "image/gif", []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;")}, {"html behind", "image/png", append(bytes.Clone(small), "<script>alert(1)</script>"...)},
		{"pdf behind", "image/jpeg", append(bytes.Clone(photo), "%PDF-1.7 1 0 obj <</OpenAction<</S/JavaScript/JS(x)>>>>"...)}, {"zip behind", "image/png", append(bytes.Clone(small), "PK\x03\x04"...)},
		{"animated", "image/png", withChunk(small, "acTL", []byte{0, 0, 0, 9, 0, 0, 0, 0})}, {"text", "image/png", withChunk(small, "tEXt", []byte("Comment\x00<script>alert(1)</script>"))},
		{"international text", "image/png", withChunk(small, "iTXt", []byte("XML:com.adobe.xmp\x00\x00\x00\x00\x00<x:xmpmeta/>"))}, {"profile", "image/png", withChunk(small, "iCCP", []byte("p\x00\x00broken"))},
		{"exif", "image/png", withChunk(small, "eXIf", bytes.Repeat([]byte("MM\x00*"), 100))}, {"exif in a photo", "image/jpeg", withSegment(photo, 0xE1, []byte("Exif\x00\x00<script>alert(1)</script>"))},
		{"comment in a photo", "image/jpeg", withSegment(photo, 0xFE, []byte("endstream endobj /JS"))}, {"profile in a photo", "image/jpeg", withSegment(photo, 0xE2, []byte("ICC_PROFILE\x00\x01\x01broken"))},
		{"wrong checksum", "image/png", flipped(small, len(small)-14)}, {"broken data", "image/png", flipped(small, 45)}, {"large", "image/png", append(bytes.Clone(small), make([]byte, 300<<10)...)},
		{"photo too large", "image/jpeg", jpegResized(photo, 65_500, 65_500)}, {"unknown type", "text/html", small}, {"type with more", "image/png; x=" + strings.Repeat("y", 1000), small},
		{"random", "image/png", bytes.Repeat([]byte{0x89, 'P', 'N', 'G'}, 1000)}, {"grey", "image/png", encoded(image.NewGray16(image.Rect(0, 0, 4, 4)))}, {"clear", "image/png", encoded(image.NewNRGBA(image.Rect(0, 0, 4, 4)))},
	}
}

func picture(w, h int) image.Image {
	m := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.White, color.RGBA{0x2b, 0x4a, 0x7a, 0xff}})
	for i := range min(w, h) {
		m.SetColorIndex(i, i, 1)
	}
	return m
}

func encoded(m image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err) // into memory
	}
	return b.Bytes()
}

func pngOf(w, h int) []byte { return encoded(picture(w, h)) }

func jpegOf(w, h int) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, picture(w, h), nil); err != nil {
		panic(err) // into memory
	}
	return b.Bytes()
}

const headerEnd = 33 // of a PNG: signature and IHDR

// resized changes what a PNG says of its size, and nothing else.
func resized(b []byte, w, h uint32) []byte {
	b = bytes.Clone(b)
	binary.BigEndian.PutUint32(b[16:], w)
	binary.BigEndian.PutUint32(b[20:], h)
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return b
}

// withChunk puts a chunk behind a PNG's header.
func withChunk(b []byte, kind string, data []byte) []byte {
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	chunk = append(append(chunk, kind...), data...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
	return bytes.Join([][]byte{b[:headerEnd], chunk, b[headerEnd:]}, nil)
}

// withSegment puts a segment behind a JPEG's start.
func withSegment(b []byte, marker byte, data []byte) []byte {
	segment := append([]byte{0xFF, marker, byte((len(data) + 2) >> 8), byte(len(data) + 2)}, data...)
	return bytes.Join([][]byte{b[:2], segment, b[2:]}, nil)
}

// jpegResized changes what a JPEG says of its size.
func jpegResized(b []byte, w, h uint16) []byte {
	b = bytes.Clone(b)
	if i := bytes.Index(b, []byte{0xFF, 0xC0}); i > 0 {
		binary.BigEndian.PutUint16(b[i+5:], h)
		binary.BigEndian.PutUint16(b[i+7:], w)
	}
	return b
}

func flipped(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 0xFF
	return b
}
