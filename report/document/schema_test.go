package document

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the published schema anew")

const schemaID = "https://github.com/closeofbusiness/cob/docs/schemas/document.schema.json"

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := jsonschema.UnmarshalJSON(strings.NewReader(JSONSchema()))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	compiler.UseLoader(nil) // nothing is fetched
	require.NoError(t, compiler.AddResource(schemaID, text))
	schema, err := compiler.Compile(schemaID)
	require.NoError(t, err)
	return schema
}

// canonical is a document as a validator takes it.
func canonical(t *testing.T, d *Document) map[string]any {
	t.Helper()
	b, err := Canonical(d)
	require.NoError(t, err)
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(b)))
	require.NoError(t, err)
	return v.(map[string]any)
}

func TestPublishedSchema(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "docs", "schemas", "document.schema.json")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(JSONSchema()), 0o644)) // #nosec G306 -- published
	}
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, JSONSchema(), string(text), "go test ./report/document -run PublishedSchema -update")
	require.Contains(t, JSONSchema(), `"$schema": "https://json-schema.org/draft/2020-12/schema"`)
	require.Contains(t, JSONSchema(), `"$id": "`+schemaID+`"`)
}

func TestSchemaAcceptsDocuments(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	empty := Blocks{Status{}, Callout{}, KPIs{}, KPIs{Tiles: make([]Tile, 1)}, Heading{Level: 1}, Paragraph{}, Paragraph{Basis: make([]Basis, 1)}, Quote{}, List{},
		List{Items: make([]Inlines, 1)}, Decision{}, Table{Columns: make([]Column, 1)}, Table{Columns: make([]Column, 1), Rows: []Row{{Cells: make([]Cell, 1)}}},
		Chart{Kind: Lines}, Columns{}, Definitions{}, Definitions{Items: make([]Definition, 1)}, PageBreak{}}
	for _, d := range []*Document{everyBlock(), {Schema: Schema, BusinessDate: Clean("2026-11-20")}, {Schema: Schema, BusinessDate: Clean("2026-11-20"), Style: &Style{}, Blocks: empty}} {
		require.NoError(t, Validate(d))
		require.NoError(t, schema.Validate(canonical(t, d)))
	}
}

// TestSchemaRefusesMutations changes every value of a document that holds all
// there is: a key more, a key less where it is always written, and another type
// are refused.
func TestSchemaRefusesMutations(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	doc := canonical(t, everyBlock())
	mutated := 0
	refuse := func(what string) {
		mutated++
		require.Error(t, schema.Validate(doc), what)
	}
	var walk func(v any, path string)
	walk = func(v any, path string) {
		switch v := v.(type) {
		case map[string]any:
			v["unheard_of"] = true
			refuse(path + ".unheard_of")
			delete(v, "unheard_of")
			for key, was := range v {
				v[key] = map[string]any{"no": "such"}
				refuse(path + "." + key + " as an object")
				v[key] = was
				walk(was, path+"."+key)
			}
		case []any:
			for i, was := range v {
				v[i] = 7.5
				if _, number := was.(json.Number); !number {
					refuse(fmt.Sprintf("%s[%d] as a number", path, i))
				}
				v[i] = was
				walk(was, fmt.Sprintf("%s[%d]", path, i))
			}
		}
	}
	walk(doc, "")
	require.NoError(t, schema.Validate(doc), "the walk leaves the document as it was")
	require.Greater(t, mutated, 500)
}

func TestSchemaRefuses(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	block := func(name string) func(map[string]any) map[string]any {
		return func(d map[string]any) map[string]any {
			for _, b := range d["blocks"].([]any) {
				if b := b.(map[string]any); b["type"] == name {
					return b
				}
			}
			return nil
		}
	}
	head := func(d map[string]any) map[string]any { return d }
	style := func(d map[string]any) map[string]any { return d["style"].(map[string]any) }
	for _, tt := range []struct {
		name  string
		at    func(map[string]any) map[string]any
		key   string
		value any
	}{
		{"another schema", head, "schema", 2},
		{"a date that is none", head, "business_date", "2026-02-30"},
		{"a language with markup", head, "language", `en" onload="x`},
		{"a revision below zero", head, "revision", -1},
		{"a long text", head, "title", strings.Repeat("a", MaxText+2)},
		{"no blocks", head, "blocks", nil},
		{"too many blocks", head, "blocks", make([]any, MaxBlocks+1)},
		{"paper", style, "paper", "A3"},
		{"typeface", style, "typeface", "comic"},
		{"accent", style, "accent", "#2B4A7A"},
		{"type of a block", block("heading"), "type", "script"},
		{"another block's type", block("heading"), "type", "quote"},
		{"heading level", block("heading"), "level", 4},
		{"tone", block("status"), "tone", "red"},
		{"chart kind", block("chart"), "kind", "pie"},
		{"ratio", block("columns"), "ratio", 0.05},
		{"no columns", block("table"), "columns", []any{}},
		{"a number as text", block("paragraph"), "text", "6.70 %"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := canonical(t, everyBlock())
			tt.at(d)[tt.key] = tt.value
			require.Error(t, schema.Validate(d))
		})
	}
}

// TestSchemaKnowsEveryField compares each object of the schema with the type
// that it describes.
func TestSchemaKnowsEveryField(t *testing.T) {
	t.Parallel()
	var root map[string]any
	require.NoError(t, json.Unmarshal([]byte(JSONSchema()), &root))
	defs := root["$defs"].(map[string]any)
	items := func(def, field string) any {
		return defs[def].(map[string]any)["properties"].(map[string]any)[field].(map[string]any)["items"]
	}
	agree := func(name string, schema any, v any, more ...string) {
		required, all := more, slices.Clone(more)
		for f := range reflect.TypeOf(v).Fields() {
			tag := strings.Split(f.Tag.Get("json"), ",")
			all = append(all, tag[0])
			if !slices.ContainsFunc(tag[1:], func(s string) bool { return strings.HasPrefix(s, "omit") }) {
				required = append(required, tag[0])
			}
		}
		s := schema.(map[string]any)
		var keys []string
		for key := range s["properties"].(map[string]any) {
			keys = append(keys, key)
		}
		require.ElementsMatch(t, all, keys, name)
		require.ElementsMatch(t, required, s["required"], name)
		require.Equal(t, false, s["additionalProperties"], name)
	}
	agree("document", root, Document{})
	for _, b := range []Block{Status{}, Callout{}, KPIs{}, Heading{}, Paragraph{}, Quote{}, List{}, Decision{}, Table{}, Chart{}, Columns{}, Definitions{}, PageBreak{}} {
		agree(b.blockType(), defs[b.blockType()], b, "type")
		require.Contains(t, defs["block"].(map[string]any)["oneOf"], map[string]any{"$ref": "#/$defs/" + b.blockType()})
	}
	agree("style", defs["style"], Style{})
	agree("image", defs["image"], Image{})
	agree("inline", defs["inline"], Inline{})
	agree("basis", defs["basis"], Basis{})
	agree("fact", items("basis", "facts"), BasisFact{})
	agree("tile", items("kpis", "tiles"), Tile{})
	agree("column", items("table", "columns"), Column{})
	agree("row", items("table", "rows"), Row{})
	agree("point", items("chart", "points"), ChartPoint{})
	agree("part", items("chart", "points").(map[string]any)["properties"].(map[string]any)["parts"].(map[string]any)["items"], ChartPart{})
	agree("definition", items("definitions", "items"), Definition{})
}
