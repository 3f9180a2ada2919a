package template_test

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/template"
)

var update = flag.Bool("update", false, "write the published schema anew")

// beyond are problems that no schema finds: they need the metrics, count what is
// anywhere in the file, or are the YAML's.
var beyond = []string{
	"unknown metric", "unknown dimension", "unknown breakdown", "unknown group", "unknown column", "column of other dimensions", "unknown pattern",
	"condition on another metric", "line of what has no trend", "text with an unknown figure", "share of no whole",
	"unknown parameter", "parameter out of bounds", "default out of bounds", "maximum below the minimum",
	"too deep", "narratives of one name", "a provider after rules", "data notes twice, once in a section", "anchor",
}

const schemaID = "https://github.com/closeofbusiness/cob/docs/schemas/template.schema.json"

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := jsonschema.UnmarshalJSON(strings.NewReader(template.Schema()))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(nil) // nothing is fetched
	require.NoError(t, compiler.AddResource(schemaID, text))
	schema, err := compiler.Compile(schemaID)
	require.NoError(t, err)
	return schema
}

// validate is what an editor does: it reads the YAML and asks the schema.
func validate(schema *jsonschema.Schema, src string) error {
	text, err := yaml.YAMLToJSON([]byte(src))
	if err != nil {
		return err
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		return err
	}
	return schema.Validate(v)
}

func TestPublishedSchema(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "docs", "schemas", "template.schema.json")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(template.Schema()), 0o644)) // #nosec G306 -- published
	}
	text, err := os.ReadFile(path) // #nosec G304 -- our own
	require.NoError(t, err)
	require.Equal(t, template.Schema(), string(text), "go test ./report/template -run PublishedSchema -update")
	require.Contains(t, template.Schema(), `"$schema": "https://json-schema.org/draft/2020-12/schema"`)
	require.Contains(t, template.Schema(), `"$id": "`+schemaID+`"`)
}

// goodTemplates are accepted. Together they have every block and every key.
func goodTemplates(t *testing.T) map[string]string {
	return map[string]string{
		"shipped":      string(daily(t)),
		"documented":   documented,
		"head":         head,
		"smallest":     smallest,
		"in a section": `{name: x, version: 0.10.200, title: "", blocks: [{section: A, blocks: [{section: B, blocks: [{data_notes: {}}]}]}]}`,
		"every key": head + `  - kpis: ['findings.open{ severity = critical }']
  - narrative: {name: prose, about: ['*', attack.hits], sentences: 6, providers: [openai, rules], excerpts: {of: runs, limit: params.n, names: [Jo]}}
  - columns:
      ratio: 0.2
      left: [{narrative: {}}, {decisions: {}}, {actions: {}}, {findings: {severity: critical, limit: params.n}}]
      right: [{text: "a { b } * c"}, {chart: {kind: bar, of: "health.availability{component}", with: comparable_previous, caption: c}}]
  - actions: {limit: params.n, sort: [due]}
  - table: {caption: c, of: 'attack.success_rate{target, detector,probe}', where: evaluated >= 0050, sort: -value, limit: 1000, total: false}
  - table: {of: "findings{severity}", columns: [severity, rerated, open.previous], sort: severity}
  - chart: {kind: line, of: attack.success_rate, days: 2}
  - text: "**Bold.** {{ fact:findings.open{severity=critical} }} {{share:runs.completed}} *** a ** {x} {{day:date}} {"
  - text: |
      Two
      lines.
output: {formats: [json], paper: A4, classification: X}
`,
	}
}

func TestSchemaAcceptsGoodTemplates(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	for name, src := range goodTemplates(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parse([]byte(src))
			require.NoError(t, err)
			require.NoError(t, validate(schema, src))
		})
	}
}

// headProblems are files that are wrong elsewhere than in a block.
var headProblems = []struct{ name, src, path string }{
	{"unknown key", "colour: red\n" + smallest, "colour"},
	{"no name", strings.Replace(smallest, "name: x\n", "", 1), "name"},
	{"no version", strings.Replace(smallest, "version: 1.0.0\n", "", 1), "version"},
	{"no title", strings.Replace(smallest, "title: X\n", "", 1), "title"},
	{"no blocks", "name: x\nversion: 1.0.0\ntitle: X\n", "blocks"},
	{"empty blocks", "name: x\nversion: 1.0.0\ntitle: X\nblocks: []\n", "blocks"},
	{"blocks that are a mapping", "name: x\nversion: 1.0.0\ntitle: X\nblocks: {data_notes: {}}\n", "blocks"},
	{"no data notes", "name: x\nversion: 1.0.0\ntitle: X\nblocks: [{text: a}]\n", "blocks"},
	{"data notes twice, once in a section", smallest + "  - {section: A, blocks: [{data_notes: {}}]}\n", "blocks"},
	{"bad name", strings.Replace(smallest, "name: x", "name: Not A Name", 1), "name"},
	{"long name", strings.Replace(smallest, "name: x", "name: "+strings.Repeat("x", 64), 1), "name"},
	{"name that is a number", strings.Replace(smallest, "name: x", "name: 7", 1), "name"},
	{"version of two numbers", strings.Replace(smallest, "1.0.0", "1.0", 1), "version"},
	{"version with a zero before", strings.Replace(smallest, "1.0.0", "1.01.0", 1), "version"},
	{"version with a v", strings.Replace(smallest, "1.0.0", "v1.0.0", 1), "version"},
	{"long title", strings.Replace(smallest, "title: X", "title: "+strings.Repeat("x", 121), 1), "title"},
	{"no note", smallest + "note:\n", "note"},
	{"parameters that are a list", smallest + "parameters: [n]\n", "parameters"},
	{"bad parameter name", smallest + "parameters: {N-1: {type: integer, default: 1}}\n", "parameters.N-1"},
	{"parameter of another type", smallest + "parameters: {n: {type: string, default: 1}}\n", "parameters.n.type"},
	{"parameter without a type", smallest + "parameters: {n: {default: 1}}\n", "parameters.n.type"},
	{"parameter without a default", smallest + "parameters: {n: {type: integer}}\n", "parameters.n.default"},
	{"parameter with an unknown key", smallest + "parameters: {n: {type: integer, default: 1, step: 2}}\n", "parameters.n.step"},
	{"negative parameter", smallest + "parameters: {n: {type: integer, default: -1}}\n", "parameters.n.default"},
	{"huge parameter", smallest + "parameters: {n: {type: integer, default: 1, maximum: 2147483648}}\n", "parameters.n.maximum"},
	{"default out of bounds", smallest + "parameters: {n: {type: integer, default: 3, maximum: 2}}\n", "parameters.n.default"},
	{"maximum below the minimum", smallest + "parameters: {n: {type: integer, default: 3, minimum: 3, maximum: 2}}\n", "parameters.n.maximum"},
	{"output that is nothing", smallest + "output:\n", "output"},
	{"unknown key of the output", smallest + "output: {colour: red}\n", "output.colour"},
	{"unknown format", smallest + "output: {formats: [docx]}\n", "output.formats[0]"},
	{"no format", smallest + "output: {formats: []}\n", "output.formats"},
	{"a format twice", smallest + "output: {formats: [pdf, pdf]}\n", "output.formats[1]"},
	{"other paper", smallest + "output: {paper: letter}\n", "output.paper"},
	{"long classification", smallest + "output: {classification: " + strings.Repeat("x", 41) + "}\n", "output.classification"},
}

func TestProblemsOfTheHead(t *testing.T) {
	t.Parallel()
	for _, tt := range headProblems {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.path, problems(t, tt.src)[0].Path)
		})
	}
}

func problems(t *testing.T, src string) []template.Problem {
	t.Helper()
	_, err := parse([]byte(src))
	require.ErrorIs(t, err, report.ErrInvalid)
	var e *template.Error
	require.True(t, errors.As(err, &e))
	return e.Problems
}

func TestSchemaRefusesWhatParseRefuses(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	bad := map[string]string{}
	for _, p := range blockProblems {
		bad[p.name] = head + "  - " + p.block + "\n"
	}
	for _, p := range headProblems {
		bad["head: "+p.name] = p.src
	}
	left := slices.Clone(beyond)
	for name, src := range bad {
		short := strings.TrimPrefix(name, "head: ")
		if !slices.Contains(beyond, short) {
			require.Error(t, validate(schema, src), name)
			continue
		}
		require.NoError(t, validate(schema, src), "%s: it isn't beyond the schema", name)
		left = slices.DeleteFunc(left, func(n string) bool { return n == short })
	}
	require.Empty(t, left, "no such problem is in the tables")
}

// Parse names the keys that it knows where it finds another one.
func TestSchemaKnowsEveryKey(t *testing.T) {
	t.Parallel()
	var schema map[string]any
	require.NoError(t, json.Unmarshal([]byte(template.Schema()), &schema))
	for _, tt := range []struct{ name, src, path string }{
		{"template", "bogus: 1\n" + smallest, ""},
		{"output", smallest + "output: {bogus: 1}\n", "properties.output"},
		{"parameter", smallest + "parameters: {n: {type: integer, default: 1, bogus: 1}}\n", "$defs.parameter"},
		{"columns", head + "  - columns: {left: [{text: a}], right: [{text: a}], bogus: 1}\n", "$defs.columns"},
		{"narrative", head + "  - narrative: {bogus: 1}\n", "$defs.narrative"},
		{"excerpts", head + "  - narrative: {excerpts: {of: runs, bogus: 1}}\n", "$defs.excerpts"},
		{"decisions", head + "  - decisions: {bogus: 1}\n", "$defs.decisions"},
		{"actions", head + "  - actions: {bogus: 1}\n", "$defs.actions"},
		{"table", head + "  - table: {of: 'findings{severity}', bogus: 1}\n", "$defs.table"},
		{"findings", head + "  - findings: {severity: critical, bogus: 1}\n", "$defs.findings"},
		{"chart", head + "  - chart: {kind: line, of: attack.success_rate, bogus: 1}\n", "$defs.chart"},
		{"data notes", strings.Replace(smallest, "{}", "{bogus: 1}", 1), "$defs.data_notes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.ElementsMatch(t, keysKnown(t, tt.src), keysOf(t, schema, tt.path))
		})
	}
	blocks := append(keysKnown(t, head+"  - bogus: 1\n"), "page_break", "blocks")
	require.ElementsMatch(t, blocks, keysOf(t, schema, "$defs.block"))
}

func keysKnown(t *testing.T, src string) []string {
	t.Helper()
	found := problems(t, src)
	require.Len(t, found, 1)
	if found[0].Expected == "none" {
		return nil
	}
	return strings.Split(strings.TrimPrefix(found[0].Expected, "one of "), ", ")
}

func keysOf(t *testing.T, at map[string]any, path string) []string {
	t.Helper()
	for key := range strings.FieldsFuncSeq(path, func(r rune) bool { return r == '.' }) {
		require.Contains(t, at, key, path)
		at = at[key].(map[string]any)
	}
	require.Equal(t, false, at["additionalProperties"], "%s refuses unknown keys", path)
	var keys []string
	properties, _ := at["properties"].(map[string]any)
	for key := range properties {
		keys = append(keys, key)
	}
	return keys
}

// An editor shows a description of every key.
func TestSchemaDescribesEveryKey(t *testing.T) {
	t.Parallel()
	described(t, compiled(t), "", map[*jsonschema.Schema]bool{})
}

func described(t *testing.T, s *jsonschema.Schema, path string, seen map[*jsonschema.Schema]bool) {
	t.Helper()
	if s == nil || seen[s] {
		return
	}
	seen[s] = true
	for name, p := range s.Properties {
		require.True(t, p.Description != "" || p.Ref != nil && p.Ref.Description != "", "%s.%s", path, name)
		described(t, p, path+"."+name, seen)
	}
	described(t, s.Ref, path, seen)
	described(t, s.Items2020, path+"[]", seen)
	if more, ok := s.AdditionalProperties.(*jsonschema.Schema); ok {
		described(t, more, path+".*", seen)
	}
	for _, part := range s.AllOf {
		if part.Ref == nil || part.Ref.Contains == nil { // what only looks for data notes
			described(t, part, path, seen)
		}
	}
}
