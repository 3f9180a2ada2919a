package document

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gowebpki/jcs"
)

// Canonical returns the document as canonical JSON (RFC 8785): what
// encoding/json makes of it, its keys in order and nothing between them. It is
// written in one go: a long report has a million values, and every PDF carries
// them.
func Canonical(d *Document) ([]byte, error) { return CanonicalIn(context.Background(), d) }

// CanonicalIn is Canonical that ends with a context, soon, with its error.
func CanonicalIn(ctx context.Context, d *Document) ([]byte, error) {
	e := encoder{ctx: ctx, fields: map[reflect.Type][]field{}}
	if err := e.value(reflect.ValueOf(d)); err != nil {
		return nil, fmt.Errorf("encode document: %w", err)
	}
	return e.out, nil
}

// askEvery is how many objects are written between two looks at the context:
// about a millisecond's.
const askEvery = 2_048

// encoder appends values to out.
type encoder struct {
	ctx    context.Context
	n      int // objects
	out    []byte
	fields map[reflect.Type][]field
}

// field is a field of a struct as its tag says.
type field struct {
	name      string // with quotes and colon
	index     int    // -1: the type of a block
	omitEmpty bool
	omitZero  bool
}

var (
	textType   = reflect.TypeFor[Text]()
	blocksType = reflect.TypeFor[Blocks]()
	blockType  = reflect.TypeFor[Block]()
)

func (e *encoder) value(v reflect.Value) error {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			e.out = append(e.out, "null"...)
			return nil
		}
		return e.value(v.Elem())
	case reflect.String:
		e.text(v.String())
	case reflect.Bool:
		e.out = append(e.out, fmt.Sprint(v.Bool())...)
	case reflect.Int:
		return e.number(float64(v.Int()))
	case reflect.Float64:
		return e.number(v.Float())
	case reflect.Slice:
		return e.slice(v)
	case reflect.Struct:
		if v.Type() == textType {
			e.text(v.Field(0).String())
			return nil
		}
		return e.object(v, "")
	default:
		return fmt.Errorf("no JSON for %s", v.Type())
	}
	return nil
}

func (e *encoder) slice(v reflect.Value) error {
	if v.IsNil() && v.Type() != blocksType {
		e.out = append(e.out, "null"...)
		return nil
	}
	if v.Type().Elem().Kind() == reflect.Uint8 {
		e.text(base64.StdEncoding.EncodeToString(v.Bytes()))
		return nil
	}
	e.out = append(e.out, '[')
	for i := range v.Len() {
		if i > 0 {
			e.out = append(e.out, ',')
		}
		if err := e.element(v.Index(i)); err != nil {
			return err
		}
	}
	e.out = append(e.out, ']')
	return nil
}

// element is a value, or a block, which carries its type.
func (e *encoder) element(v reflect.Value) error {
	if v.Type() != blockType {
		return e.value(v)
	}
	b, ok := v.Interface().(Block)
	if !ok {
		return errors.New("a block is missing")
	}
	return e.object(reflect.Indirect(v.Elem()), b.blockType())
}

// object writes a struct; kind is a block's type, or nothing.
func (e *encoder) object(v reflect.Value, kind string) error {
	if e.n++; e.n%askEvery == 0 {
		if err := e.ctx.Err(); err != nil {
			return err
		}
	}
	fields, ok := e.fields[v.Type()]
	if !ok {
		fields = fieldsOf(v.Type())
		e.fields[v.Type()] = fields
	}
	if cap(e.out)-len(e.out) < 512 {
		e.out = slices.Grow(e.out, cap(e.out)+512) // double: a long report grows often
	}
	e.out = append(e.out, '{')
	first := true
	for _, f := range fields {
		if f.index < 0 && kind == "" || f.index >= 0 && f.left(v.Field(f.index)) {
			continue
		}
		if !first {
			e.out = append(e.out, ',')
		}
		first = false
		e.out = append(e.out, f.name...)
		if f.index < 0 {
			e.text(kind)
		} else if err := e.value(v.Field(f.index)); err != nil {
			return err
		}
	}
	e.out = append(e.out, '}')
	return nil
}

// left tells whether a field's value is left out.
func (f field) left(v reflect.Value) bool {
	if f.omitEmpty {
		switch v.Kind() {
		case reflect.Slice, reflect.String:
			return v.Len() == 0
		case reflect.Struct:
			return false
		}
		return v.IsZero()
	}
	return f.omitZero && v.IsZero()
}

// fieldsOf are a struct's fields and a place for a block's type, by name. The
// names are ASCII, so that their bytes are in RFC 8785's order.
func fieldsOf(t reflect.Type) []field {
	fields := []field{{name: `"type":`, index: -1}}
	for i := range t.NumField() {
		name, options, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		fields = append(fields, field{name: `"` + name + `":`, index: i,
			omitEmpty: strings.Contains(options, "omitempty"), omitZero: strings.Contains(options, "omitzero")})
	}
	slices.SortFunc(fields, func(a, b field) int { return strings.Compare(a.name, b.name) })
	return fields
}

func (e *encoder) number(f float64) error {
	s, err := jcs.NumberToJSON(f)
	e.out = append(e.out, s...)
	return err
}

// text writes a string with what RFC 8785 (3.2.2.2) has escaped.
func (e *encoder) text(s string) {
	e.out = append(e.out, '"')
	from := 0
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if c < ' ' || c == '"' || c == '\\' {
				e.out = append(append(e.out, s[from:i]...), escaped(c)...)
				from = i + 1
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 { // as encoding/json does
			e.out = append(append(e.out, s[from:i]...), "\uFFFD"...)
			from = i + 1
		}
		i += n
	}
	e.out = append(append(e.out, s[from:]...), '"')
}

func escaped(c byte) string {
	if i := strings.IndexByte("\b\t\n\f\r\"\\", c); i >= 0 {
		return `\` + string(`btnfr"\`[i])
	}
	return fmt.Sprintf(`\u%04x`, c)
}
