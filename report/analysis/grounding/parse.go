package grounding

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/closeofbusiness/cob/report"
)

// Draft is an answer as it was written, not yet checked.
type Draft struct {
	Claims []Claim `json:"claims"`
}

// Claim is one sentence with references in place of figures, which way what it
// mainly says went ("up", "down", "unchanged", "none"), and the facts that it
// is about.
type Claim struct {
	Text   string   `json:"text"`
	Stance string   `json:"stance"`
	Facts  []string `json:"facts"`
}

// The bounds of an answer, in bytes and in numbers.
const (
	maxAnswer     = 64 << 10
	maxClaims     = 12
	maxText       = 1200
	maxClaimFacts = 12
	maxKey        = 300
)

var stances = []string{"up", "down", "unchanged", "none"}

// Parse reads an answer strictly: the shape of Schema and nothing beside it,
// each key once. One fence of ```json around it is taken off. Its errors wrap
// report.ErrInvalid and don't quote the answer.
func Parse(answer string) (Draft, error) {
	if len(answer) > maxAnswer {
		return Draft{}, invalid("the answer is longer than %d bytes", maxAnswer)
	}
	if !utf8.ValidString(answer) {
		return Draft{}, invalid("the answer is not UTF-8")
	}
	r := reader{json.NewDecoder(strings.NewReader(unfence(answer)))}
	d, err := r.draft()
	if err != nil {
		return Draft{}, err
	}
	if _, err := r.d.Token(); !errors.Is(err, io.EOF) {
		return Draft{}, invalid("something follows the JSON object")
	}
	return d, bounded(d)
}

func invalid(format string, a ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{report.ErrInvalid}, a...)...)
}

func unfence(s string) string {
	s = strings.TrimSpace(s)
	if rest, ok := strings.CutPrefix(s, "```json\n"); ok {
		if inner, ok := strings.CutSuffix(rest, "```"); ok {
			return inner
		}
	}
	return s
}

func bounded(d Draft) error {
	if len(d.Claims) > maxClaims {
		return invalid("there are more than %d claims", maxClaims)
	}
	for i, c := range d.Claims {
		if len(c.Text) > maxText {
			return invalid("the text of claim %d is longer than %d bytes", i+1, maxText)
		}
		if len(c.Facts) > maxClaimFacts {
			return invalid("claim %d lists more than %d facts", i+1, maxClaimFacts)
		}
		for _, key := range c.Facts {
			if len(key) > maxKey {
				return invalid("a fact of claim %d is longer than %d bytes", i+1, maxKey)
			}
		}
	}
	return nil
}

// reader walks an answer token by token: encoding/json alone would take keys
// in any case, twice, or not at all.
type reader struct{ d *json.Decoder }

func (r reader) draft() (Draft, error) {
	d := Draft{}
	err := r.object("the answer", map[string]func() error{
		"claims": func() error {
			return r.array("claims", func() error {
				if len(d.Claims) > maxClaims {
					return invalid("there are more than %d claims", maxClaims)
				}
				c, err := r.claim()
				d.Claims = append(d.Claims, c)
				return err
			})
		},
	})
	return d, err
}

func (r reader) claim() (Claim, error) {
	c := Claim{Facts: []string{}}
	err := r.object("a claim", map[string]func() error{
		"text":   func() error { return r.text("text", &c.Text) },
		"stance": func() error { return r.stance(&c.Stance) },
		"facts": func() error {
			return r.array("facts", func() error {
				var key string
				err := r.text("facts", &key)
				c.Facts = append(c.Facts, key)
				return err
			})
		},
	})
	return c, err
}

func (r reader) stance(into *string) error {
	if err := r.text("stance", into); err != nil {
		return err
	}
	for _, s := range stances {
		if s == *into {
			return nil
		}
	}
	return invalid("a stance is none of %s", strings.Join(stances, ", "))
}

// object reads an object that has exactly these keys.
func (r reader) object(what string, read map[string]func() error) error {
	if err := r.delim('{', what+" is not a JSON object"); err != nil {
		return err
	}
	seen := map[string]bool{}
	for r.d.More() {
		t, err := r.d.Token()
		key, _ := t.(string)
		if err != nil {
			return invalid("%s is not JSON", what)
		}
		if read[key] == nil || seen[key] {
			return invalid("%s has a key that does not belong there, or one twice", what)
		}
		seen[key] = true
		if err := read[key](); err != nil {
			return err
		}
	}
	if len(seen) != len(read) {
		return invalid("%s lacks a key", what)
	}
	return r.delim('}', what+" does not end")
}

func (r reader) array(what string, read func() error) error {
	if err := r.delim('[', what+" is not a JSON array"); err != nil {
		return err
	}
	for r.d.More() {
		if err := read(); err != nil {
			return err
		}
	}
	return r.delim(']', what+" does not end")
}

func (r reader) delim(want json.Delim, otherwise string) error {
	if t, err := r.d.Token(); err != nil || t != want {
		return invalid("%s", otherwise)
	}
	return nil
}

func (r reader) text(what string, into *string) error {
	t, err := r.d.Token()
	s, ok := t.(string)
	if err != nil || !ok {
		return invalid("%s does not hold text", what)
	}
	*into = s
	return nil
}

// Schema is the JSON Schema of an answer. It keeps to what both OpenAI's and
// Anthropic's structured outputs take: no lengths, every property required.
func Schema() json.RawMessage {
	var b bytes.Buffer
	// A literal of ours compacts, or no test of this package passes.
	_ = json.Compact(&b, []byte(schema))
	return b.Bytes()
}

const schema = `{
	"type": "object",
	"properties": {
		"claims": {
			"type": "array",
			"items": {
				"type": "object",
				"properties": {
					"text": {"type": "string", "description": "One sentence in which every figure is a reference."},
					"stance": {"type": "string", "enum": ["up", "down", "unchanged", "none"]},
					"facts": {"type": "array", "items": {"type": "string"}, "description": "The ids of the facts that the sentence is about."}
				},
				"required": ["text", "stance", "facts"],
				"additionalProperties": false
			}
		}
	},
	"required": ["claims"],
	"additionalProperties": false
}`
