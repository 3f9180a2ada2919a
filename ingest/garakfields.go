package ingest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// outputs is what the target gave back: how many outputs, and whether any of
// them is one. Their text isn't kept.
type outputs struct {
	n        int
	answered bool
}

func (o *outputs) UnmarshalJSON(b []byte) error {
	*o = outputs{}
	if bytes.Equal(b, []byte("null")) {
		return nil
	}
	var list []present
	if err := json.Unmarshal(b, &list); err != nil {
		return err
	}
	o.n = len(list)
	for _, p := range list {
		o.answered = o.answered || bool(p)
	}
	return nil
}

// present tells whether a value is there: null, and an object whose text and
// data are null, are not.
type present bool

func (p *present) UnmarshalJSON(b []byte) error {
	switch {
	case bytes.Equal(b, []byte("null")):
		*p = false
		return nil
	case b[0] != '{':
		*p = true
		return nil
	}
	var message struct {
		Text notNull `json:"text"`
		Data notNull `json:"data_path"`
	}
	err := json.Unmarshal(b, &message)
	*p = present(message.Text || message.Data)
	return err
}

// notNull is true for every JSON value but null, whatever it is.
type notNull bool

func (n *notNull) UnmarshalJSON(b []byte) error {
	*n = notNull(!bytes.Equal(b, []byte("null")))
	return nil
}

// family is the module of a probe, garak's own grouping: "dan" of
// "dan.DanInTheWild".
func family(probe string) string {
	if i := strings.LastIndexByte(probe, '.'); i > 0 {
		return probe[:i]
	}
	return probe
}

func strip(s string, prefixes ...string) string {
	for _, p := range prefixes {
		if rest, ok := strings.CutPrefix(s, p); ok && rest != "" {
			return rest
		}
	}
	return s
}

// shorten makes a free text fit a name's length.
func shorten(s string) string { return shortenTo(s, maxName) }

func shortenTo(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, s)
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

func found(v *int64) string {
	if v == nil {
		return "missing"
	}
	return fmt.Sprint(*v)
}

func ptr[T any](v T) *T { return &v }
