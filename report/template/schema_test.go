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
	"condition on another metric", "condition that is a number", "condition that is half", "condition on no row", "condition with an unknown metric",
	"condition with an unknown dimension", "condition with an unknown parameter", "condition with a computed metric", "condition with another function", "condition that repeats",
	"condition with a figure that is not", "a figure that is not", "text with a figure that is not", "sorted by what is no number", "sections four deep",
	"data notes on a condition", "more blocks than there may be", "number out of its bounds", "number bounds the wrong way round", "text not among its own", "text that does not match",
	"pattern that is none", "figure made of a truth", "figure made of a figure", "figure of an unknown metric",
	"line of a group", "line of what has no total", "stack of rates", "stack of ages", "text with an unknown figure", "share of no whole", "change of an unknown figure", "bold left open",
	"unknown parameter", "parameter out of bounds", "default out of bounds", "maximum below the minimum",
	"too deep", "pale accent", "banner of nothing", "narratives of one name", "a provider after rules", "data notes twice, once in a section", "anchor",
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

const moreParameters = `  share: {type: number, default: 0.5, minimum: -1, maximum: 1.5}
  team: {type: text, default: red, one_of: [red, blue]}
  code: {type: text, default: A1, pattern: "[A-Z][0-9]", max_length: 2}
  full: {type: boolean, default: false}
`

// goodTemplates are accepted. Together they have every block and every key.
func goodTemplates(t *testing.T) map[string]string {
	return map[string]string{
		"shipped":      string(daily(t)),
		"documented":   documented,
		"head":         head,
		"smallest":     smallest,
		"in a section": `{name: x, version: 0.10.200, title: "", blocks: [{section: A, blocks: [{section: B, blocks: [{data_notes: {}}]}]}]}`,
		"every key": strings.Replace(head, "maximum: 20}\n", "maximum: 20}\n"+moreParameters, 1) + `  - kpis: ['findings.open{ severity = critical }']
  - narrative: {name: prose, about: ['*', attack.hits], sentences: 6, providers: [openai, rules], excerpts: {of: runs, limit: params.n, names: [Jo]}}
  - columns:
      ratio: 0.2
      left: [{narrative: {}}, {decisions: {}}, {actions: {}}, {findings: {severity: critical, limit: params.n}}]
      right: [{text: "a { b } * c"}, {chart: {kind: bar, of: "health.availability{component}", with: comparable_previous, caption: c}}]
  - actions: {limit: params.n, sort: [due]}
  - references: {domain: prompt injection}
  - references: {domains: [a, "b, c"], types: [runbook, policy, advisory], limit: 50, title: t}
  - columns: {left: [{references: {match: facts, limit: params.n}}], right: [{text: "See {{ref:RB-12}}, {{ ref:wiki/RB 12 (new) }}."}]}
  - table: {caption: c, of: 'attack.success_rate{target, detector,probe}', where: evaluated >= 0050, sort: -value, limit: 1000, total: false}
  - table: {of: "findings{severity}", columns: [severity, rerated, open.previous], sort: severity}
  - chart: {kind: line, of: attack.success_rate, days: 2}
  - chart: {kind: line, of: "health.latency_p95{component}", caption: c}
  - chart: {kind: stacked, of: 'findings.open{severity}', days: 31}
  - chart: {kind: bar, of: 'attack.success_rate{category}', limit: params.n}
  - text: "**Bold.** {{ fact:findings.open{severity=critical} }} {{share:runs.completed}} *a* {x} {{day:date}} {{date}} {{ window }} \\{{x {\\{{ {"
  - text: |
      # Two

      - lines {{change:runs.planned}}
      - {{comparable:attack.hits}} {\
  - kpis: [open_share, {figure: incidents.open, label: L, detail: D}, {figure: open_share}]
  - section: C
    when: measured("findings.open") and (fact("findings.open") > params.n or weekday in ["Monday", "Friday"]) or qualified
    page_break: before
    blocks: [{text: "{{figure:open_share}}"}]
  - table:
      of: "findings{severity}"
      columns: [{column: open, title: T, emphasise: {when: open > open_previous, as: worse, word: W}}, {column: closed, emphasise: {when: severity == "low", as: strong}}]
      where: open > 0 or params.team == "red"
      sort: -open
figures:
  open_share: {label: Open, value: 'fact("findings.open") / max(1, previous("findings.open"))', unit: ratio, decimals: 1, good: down}
  bare: {label: B, value: "1.5"}
output: {formats: [json, csv], paper: Letter, classification: X, typeface: serif, accent: "#7a2b4a", banner: true, watermark: "12345678901234567890", logo: {file: a/b_1.2/logo.jpeg, alt: ACME}}
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
	{"empty name", strings.Replace(smallest, "name: x", `name: ""`, 1), "name"},
	{"empty version", strings.Replace(smallest, "1.0.0", `""`, 1), "version"},
	{"number out of its bounds", smallest + "parameters: {n: {type: number, default: 2.5, minimum: -1.5, maximum: 2.25}}\n", "parameters.n.default"},
	{"number bounds the wrong way round", smallest + "parameters: {n: {type: number, default: 2, minimum: 2, maximum: 1}}\n", "parameters.n.maximum"},
	{"number that is a text", smallest + "parameters: {n: {type: number, default: '2'}}\n", "parameters.n.default"},
	{"text that is a number", smallest + "parameters: {n: {type: text, default: 2}}\n", "parameters.n.default"},
	{"text not among its own", smallest + "parameters: {n: {type: text, default: c, one_of: [a, b]}}\n", "parameters.n.default"},
	{"text that does not match", smallest + "parameters: {n: {type: text, default: ab1, pattern: '[a-z]+'}}\n", "parameters.n.default"},
	{"text with a minimum", smallest + "parameters: {n: {type: text, default: a, minimum: 1}}\n", "parameters.n.minimum"},
	{"number with a pattern", smallest + "parameters: {n: {type: number, default: 1, pattern: a}}\n", "parameters.n.pattern"},
	{"pattern that is none", smallest + "parameters: {n: {type: text, default: a, pattern: '(a'}}\n", "parameters.n.pattern"},
	{"text of no length", smallest + "parameters: {n: {type: text, default: '', max_length: 0}}\n", "parameters.n.max_length"},
	{"truth that is a text", smallest + "parameters: {n: {type: boolean, default: 'yes'}}\n", "parameters.n.default"},
	{"figures that are a list", smallest + "figures: [a]\n", "figures"},
	{"bad figure name", smallest + "figures: {A-1: {label: a, value: '1'}}\n", "figures.A-1"},
	{"figure without a label", smallest + "figures: {a: {value: '1'}}\n", "figures.a.label"},
	{"figure with an empty label", smallest + "figures: {a: {label: ' ', value: '1'}}\n", "figures.a.label"},
	{"figure without a value", smallest + "figures: {a: {label: a}}\n", "figures.a.value"},
	{"figure that is a number", smallest + "figures: {a: {label: a, value: 1}}\n", "figures.a.value"},
	{"figure made of a truth", smallest + "figures: {a: {label: a, value: 1 > 2}}\n", "figures.a.value"},
	{"figure made of a figure", smallest + "figures: {a: {label: a, value: '1'}, b: {label: b, value: 'figure(\"a\")'}}\n", "figures.b.value"},
	{"figure of an unknown metric", smallest + "figures: {a: {label: a, value: 'fact(\"runs.lost\")'}}\n", "figures.a.value"},
	{"figure of a long unit", smallest + "figures: {a: {label: a, value: '1', unit: abcdefghijklmnopqrstu}}\n", "figures.a.unit"},
	{"figure of many decimals", smallest + "figures: {a: {label: a, value: '1', decimals: 7}}\n", "figures.a.decimals"},
	{"figure that is good sideways", smallest + "figures: {a: {label: a, value: '1', good: left}}\n", "figures.a.good"},
	{"output that is nothing", smallest + "output:\n", "output"},
	{"unknown key of the output", smallest + "output: {colour: red}\n", "output.colour"},
	{"unknown format", smallest + "output: {formats: [docx]}\n", "output.formats[0]"},
	{"format by its ending", smallest + "output: {formats: [pdf, csv.zip]}\n", "output.formats[1]"},
	{"no format", smallest + "output: {formats: []}\n", "output.formats"},
	{"a format twice", smallest + "output: {formats: [pdf, pdf]}\n", "output.formats[1]"},
	{"other paper", smallest + "output: {paper: letter}\n", "output.paper"},
	{"other typeface", smallest + "output: {typeface: comic}\n", "output.typeface"},
	{"accent by name", smallest + "output: {accent: red}\n", "output.accent"},
	{"accent in capitals", smallest + "output: {accent: \"#AABBCC\"}\n", "output.accent"},
	{"pale accent", smallest + "output: {accent: \"#ffff00\"}\n", "output.accent"},
	{"accent that is a comment", smallest + "output:\n  accent: #2b4a7a\n", "output.accent"},
	{"banner of nothing", smallest + "output: {banner: true}\n", "output.banner"},
	{"empty banner", smallest + "output: {banner: \" \"}\n", "output.banner"},
	{"long banner", smallest + "output: {banner: " + strings.Repeat("x", 41) + "}\n", "output.banner"},
	{"banner that is a number", smallest + "output: {banner: 1}\n", "output.banner"},
	{"long watermark", smallest + "output: {watermark: " + strings.Repeat("x", 21) + "}\n", "output.watermark"},
	{"watermark that is true", smallest + "output: {watermark: true}\n", "output.watermark"},
	{"logo by name alone", smallest + "output: {logo: logo.png}\n", "output.logo"},
	{"logo without words", smallest + "output: {logo: {file: logo.png}}\n", "output.logo.alt"},
	{"logo without a file", smallest + "output: {logo: {alt: ACME}}\n", "output.logo.file"},
	{"logo of another kind", smallest + "output: {logo: {file: logo.svg, alt: ACME}}\n", "output.logo.file"},
	{"logo above the folder", smallest + "output: {logo: {file: ../logo.png, alt: ACME}}\n", "output.logo.file"},
	{"logo above, later", smallest + "output: {logo: {file: a/../../logo.png, alt: ACME}}\n", "output.logo.file"},
	{"logo from the root", smallest + "output: {logo: {file: /logo.png, alt: ACME}}\n", "output.logo.file"},
	{"logo from a URL", smallest + "output: {logo: {file: \"https://a.example/logo.png\", alt: ACME}}\n", "output.logo.file"},
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
		{"logo", smallest + "output: {logo: {file: a.png, alt: A, bogus: 1}}\n", "properties.output.properties.logo"},
		{"parameter", smallest + "parameters: {n: {type: integer, default: 1, bogus: 1}}\n", "$defs.parameter"},
		{"figure", smallest + "figures: {f: {label: a, value: '1', bogus: 1}}\n", "$defs.figure"},
		{"tile", head + "  - kpis: [{figure: incidents.open, bogus: 1}]\n", "$defs.tile"},
		{"column", head + "  - table: {of: 'findings{severity}', columns: [{column: open, bogus: 1}]}\n", "$defs.column"},
		{"emphasis", head + "  - table: {of: 'findings{severity}', columns: [{column: open, emphasise: {when: open > 0, as: worse, bogus: 1}}]}\n", "$defs.emphasis"},
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
	blocks := append(keysKnown(t, head+"  - bogus: 1\n"), "when", "page_break", "blocks")
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
