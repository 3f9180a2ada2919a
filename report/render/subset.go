package render

import (
	"bytes"
	"strings"
	"sync"

	"github.com/jung-kurt/gofpdf"
)

// subset is a font as a document embeds it: a face's usual characters, or the
// whole face once the document has been seen to need others. The PDF library
// reads every character of a font anew for each document, and a whole face has
// four times as many.
type subset struct {
	face  face
	whole bool
}

// family is the name under which the font is embedded.
func (s subset) family() string {
	name := [...]string{"sans", "serif", "mono", "other", "otherserif"}[s.face.family()/(faceStyles+1)]
	name += [...]string{"", "bold", "italic", "bolditalic"}[s.face&faceStyles]
	if s.whole {
		name += "-whole"
	}
	return name
}

// bytes is the font. It is shared between documents.
func (s subset) bytes() []byte {
	if s.whole {
		return s.face.bytes()
	}
	return usuals[s.face]()
}

// usual tells whether a character is one that most reports make do with: Latin
// letters, punctuation and symbols. Other scripts cost more, and only where
// they are used.
func usual(r rune) bool {
	return r >= ' ' && r < 0x180 || r >= 0x2010 && r < 0x27C0 || r == replacement
}

// usuals are the faces cut down to their usual characters, once for all
// documents.
var usuals = func() (out [faces]func() []byte) {
	for f := range faces {
		out[f] = sync.OnceValue(func() []byte { return cutDown(f) })
	}
	return out
}()

func cutDown(f face) []byte {
	var keep strings.Builder
	for r := range replacement + 1 {
		if usual(r) {
			keep.WriteRune(r)
		}
	}
	// The library writes into the bytes it is given, and these are the program's.
	return gofpdf.UTF8CutFont(bytes.Clone(f.bytes()), keep.String())
}
