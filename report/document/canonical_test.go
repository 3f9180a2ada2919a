package document

import (
	"context"
	"encoding/json"
	"math"
	"reflect"
	"testing"

	"github.com/gowebpki/jcs"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// byLibraries is the canonical form as the libraries make it in two steps.
func byLibraries(t require.TestingT, d *Document) string {
	b, err := json.Marshal(d)
	require.NoError(t, err)
	b, err = jcs.Transform(b)
	require.NoError(t, err)
	return string(b)
}

// TestCanonicalIsWhatTheLibrariesMake fills every field of every type with all
// that it may hold.
func TestCanonicalIsWhatTheLibrariesMake(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var d Document
		fillAny(t, reflect.ValueOf(&d).Elem(), 0)
		got, err := Canonical(&d)
		require.NoError(t, err)
		require.Equal(t, byLibraries(t, &d), string(got))
	})
}

var blockTypes = []Block{Status{}, Callout{}, KPIs{}, Heading{}, Paragraph{}, Quote{}, List{}, Decision{}, Table{}, Chart{}, Columns{}, Definitions{}, PageBreak{}}

// fillAny draws a value of any type that a document has.
func fillAny(t *rapid.T, v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(rapid.String().Draw(t, "string"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Int:
		v.SetInt(rapid.Int64Range(-1<<53, 1<<53).Draw(t, "int"))
	case reflect.Uint8:
		v.SetUint(uint64(rapid.Byte().Draw(t, "byte")))
	case reflect.Float64:
		v.SetFloat(rapid.Float64().Draw(t, "float"))
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "set") {
			v.Set(reflect.New(v.Type().Elem()))
			fillAny(t, v.Elem(), depth)
		}
	case reflect.Interface:
		b := reflect.New(reflect.TypeOf(rapid.SampledFrom(blockTypes).Draw(t, "block"))).Elem()
		fillAny(t, b, depth+1)
		v.Set(b)
	case reflect.Slice:
		most := 2
		if depth > 2 {
			most = 0
		}
		if n := rapid.IntRange(-1, most).Draw(t, "length"); n >= 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				fillAny(t, v.Index(i), depth+1)
			}
		}
	case reflect.Struct:
		if v.Type() == textType {
			v.Set(reflect.ValueOf(Clean(rapid.String().Draw(t, "text"))))
			return
		}
		for i := range v.NumField() {
			fillAny(t, v.Field(i), depth)
		}
	}
}

func TestCanonicalText(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "plain", "\x00\b\t\n\f\r\x1f\"\\/<>&", "caf\xe9", "\xff\xfe\xff", "\u2028😀", "a\xc3"} {
		d := &Document{Style: &Style{Accent: s}}
		got, err := Canonical(d)
		require.NoError(t, err)
		require.Equal(t, byLibraries(t, d), string(got), "%q", s)
	}
}

func TestCanonicalRefusesWhatJSONLacks(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	_, err := Canonical(&Document{Blocks: Blocks{Chart{Points: []ChartPoint{{Value: &nan}}}}})
	require.ErrorContains(t, err, "encode document")
	_, err = Canonical(&Document{Blocks: Blocks{nil}})
	require.ErrorContains(t, err, "a block is missing")
	got, err := Canonical(nil)
	require.NoError(t, err)
	require.Equal(t, "null", string(got))
}

func TestCanonicalEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := CanonicalIn(ctx, &Document{Blocks: Blocks{Table{Rows: make([]Row, MaxRows)}}})
	require.ErrorIs(t, err, context.Canceled)
}
