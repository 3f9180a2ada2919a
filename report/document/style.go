package document

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"net/url"
	"regexp"
	"strings"
)

// The limits of a logo.
const (
	MaxImageBytes = 256 << 10
	MaxImageSide  = 2000 // pixels
)

var (
	accent   = regexp.MustCompile(`^#[0-9a-f]{6}$`)
	hostname = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$`)
)

func (v *validator) style(s *Style) {
	if s == nil {
		return
	}
	if s.Paper != "" && s.Paper != A4 && s.Paper != Letter {
		v.wrongf("paper %.40q: want %q or %q", s.Paper, A4, Letter)
	}
	if s.Typeface != "" && s.Typeface != Sans && s.Typeface != Serif {
		v.wrongf("typeface %.40q: want %q or %q", s.Typeface, Sans, Serif)
	}
	if s.Accent != "" {
		if err := CheckAccent(s.Accent); err != nil {
			v.wrongf("accent: %w", err)
		}
	}
	v.text(s.Banner, s.Watermark)
	if s.Logo != nil {
		v.text(s.Logo.Alt)
		if err := CheckImage(*s.Logo); err != nil {
			v.wrongf("logo: %w", err)
		}
	}
}

// minContrast is what WCAG 2.2 asks of large text and of graphics on white.
const minContrast = 3

// CheckAccent tells whether a colour is written as #rrggbb in lower case, and is
// dark enough to be told from white paper (WCAG 2.2, 1.4.11).
func CheckAccent(s string) error {
	if !accent.MatchString(s) {
		return fmt.Errorf("%.20q is no colour such as #2b4a7a", s)
	}
	if c := contrast(s); c < minContrast {
		return fmt.Errorf("%s has a contrast of %.1f to white, at least %d is needed to be seen", s, c, minContrast)
	}
	return nil
}

// CheckImage tells what is wrong with a picture: its type, its size, that it is
// not what it says, or not whole. Only one that is small enough is decoded.
func CheckImage(i Image) error {
	if len(i.Data) > MaxImageBytes {
		return &LimitError{Limit: "bytes of an image", Max: MaxImageBytes, Got: len(i.Data)}
	}
	c, err := decodeConfig(i)
	if err != nil {
		return err
	}
	if side := max(c.Width, c.Height); side > MaxImageSide {
		return &LimitError{Limit: "pixels of an image's side", Max: MaxImageSide, Got: side}
	}
	if min(c.Width, c.Height) < 1 {
		return errors.New("an empty image")
	}
	decode := png.Decode
	if i.MediaType == "image/jpeg" {
		decode = jpeg.Decode
	}
	if _, err := decode(bytes.NewReader(i.Data)); err != nil {
		return errors.New("not a whole PNG or JPEG image")
	}
	return nil
}

// decodeConfig knows two formats, whatever else the program has decoders of.
func decodeConfig(i Image) (image.Config, error) {
	formats := map[string]func(io.Reader) (image.Config, error){"image/png": png.DecodeConfig, "image/jpeg": jpeg.DecodeConfig}
	for name, decode := range formats {
		c, err := decode(bytes.NewReader(i.Data))
		if err == nil && i.MediaType != name {
			return c, fmt.Errorf("says %.20q and is %s", i.MediaType, name)
		}
		if err == nil {
			return c, nil
		}
	}
	return image.Config{}, errors.New("not a PNG or JPEG image")
}

// The limits of an address in bytes. A host's is the one of DNS (RFC 1035, 2.3.4).
const (
	maxLink = 2000
	maxHost = 253
)

// CheckLink tells whether an address may stand in a report: https, a host by
// name, no user, no port but 443, only printable ASCII.
func CheckLink(s string) error {
	if len(s) > maxLink {
		return &LimitError{Limit: "bytes of an address", Max: maxLink, Got: len(s)}
	}
	u, err := url.Parse(s)
	switch {
	case strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\"'<>\\^`{|}", r) }):
		return errors.New("an address has a character that must be percent-encoded")
	case !strings.HasPrefix(s, "https://"):
		return errors.New("an address must begin with https://")
	case err != nil:
		return errors.New("an address has a host, a port or a percent sign that cannot be read")
	case u.User != nil:
		return errors.New("an address must not hold a user or a password")
	case len(u.Hostname()) > maxHost || !hostname.MatchString(strings.ToLower(u.Hostname())):
		return fmt.Errorf("%.80q is no valid host name", u.Hostname())
	case u.Port() != "" && u.Port() != "443":
		return fmt.Errorf("port %s: only https's own is allowed", u.Port())
	}
	return nil
}
