package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/closeofbusiness/cob/report"
)

// MaxBytes bounds the JSON that Parse reads.
const MaxBytes = 64 << 20

// Parse reads a document written by Canonical. Unknown fields and another
// schema version are errors, which wrap report.ErrInvalid. It does not Validate.
func Parse(b []byte) (*Document, error) {
	if len(b) > MaxBytes {
		return nil, fmt.Errorf("%w: read document: %w", report.ErrInvalid, &LimitError{Limit: "bytes", Max: MaxBytes, Got: len(b)})
	}
	if err := checkNesting(b); err != nil {
		return nil, fmt.Errorf("%w: read document: %w", report.ErrInvalid, err)
	}
	var d Document
	if err := strict(b, &d); err != nil {
		return nil, fmt.Errorf("%w: read document: %w", report.ErrInvalid, err)
	}
	if d.Schema != Schema {
		return nil, fmt.Errorf("%w: read document: schema %d, this version knows %d", report.ErrInvalid, d.Schema, Schema)
	}
	return &d, nil
}

// MarshalJSON writes each block with its type.
func (bs Blocks) MarshalJSON() ([]byte, error) {
	out := make([]json.RawMessage, len(bs))
	for i, b := range bs {
		body, err := json.Marshal(b)
		if err != nil {
			return nil, err
		}
		head, err := json.Marshal(b.blockType())
		if err != nil {
			return nil, err
		}
		sep := ","
		if bytes.Equal(body, []byte("{}")) {
			sep = ""
		}
		out[i] = json.RawMessage(`{"type":` + string(head) + sep + string(body[1:]))
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (bs *Blocks) UnmarshalJSON(b []byte) error {
	var raw []map[string]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	out := make(Blocks, 0, len(raw))
	for i, m := range raw {
		block, err := decodeBlock(m)
		if err != nil {
			return fmt.Errorf("block %d: %w", i+1, err)
		}
		out = append(out, block)
	}
	*bs = out
	return nil
}

func decodeBlock(m map[string]json.RawMessage) (Block, error) {
	var name string
	if err := json.Unmarshal(m["type"], &name); err != nil {
		return nil, fmt.Errorf("type: %w", err)
	}
	delete(m, "type")
	body, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	switch name {
	case "status":
		return decodeAs[Status](body)
	case "callout":
		return decodeAs[Callout](body)
	case "kpis":
		return decodeAs[KPIs](body)
	case "heading":
		return decodeAs[Heading](body)
	case "paragraph":
		return decodeAs[Paragraph](body)
	case "quote":
		return decodeAs[Quote](body)
	case "list":
		return decodeAs[List](body)
	case "decision":
		return decodeAs[Decision](body)
	case "table":
		return decodeAs[Table](body)
	case "chart":
		return decodeAs[Chart](body)
	case "columns":
		return decodeAs[Columns](body)
	case "definitions":
		return decodeAs[Definitions](body)
	case "page_break":
		return decodeAs[PageBreak](body)
	}
	return nil, fmt.Errorf("type %.40q is not known", name)
}

func decodeAs[T Block](b []byte) (Block, error) {
	var v T
	if err := strict(b, &v); err != nil {
		return nil, err
	}
	return v, nil
}

func strict(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("something follows the end")
	}
	return nil
}

// maxNesting bounds the brackets within brackets of a document's JSON. Each
// level of Columns decodes its inside once more, so depth costs time.
const maxNesting = 32

func checkNesting(b []byte) error {
	depth, quoted := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
			if depth > maxNesting {
				return &LimitError{Limit: "nesting", Max: maxNesting, Got: depth}
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}
