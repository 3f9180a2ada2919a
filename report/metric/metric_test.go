package metric_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/metrics"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/metric"
)

const full = `id: tickets.first_response
version: 3
label: Time to first response
note: by queue as well
kind: flow
source: helpdesk
aggregate: {mean: first_response_minutes}
unit: min
decimals: 1
good: down
dimensions: [queue, channel]
interval: 60s
minimum_coverage: 0.75
`

func TestParse(t *testing.T) {
	t.Parallel()
	f, err := metric.Parse([]byte(full))
	require.NoError(t, err)
	require.Equal(t, "by queue as well", f.Note)
	require.Equal(t, fact.Metric{
		ID: "tickets.first_response", Version: 3, Label: "Time to first response", Kind: fact.Flow, Unit: fact.Minutes, Decimals: 1, Good: fact.DownIsGood,
		Dimensions: [][]string{{"queue"}, {"channel"}, {"queue", "channel"}}, Query: "Observations", Feed: fact.Observations,
		Declared: &fact.Declaration{Source: "helpdesk", Aggregate: fact.Mean, Of: "first_response_minutes", Interval: 60, MinimumCoverage: 0.75},
	}, f.Metric)

	f, err = metric.Parse([]byte(`{"id": "desk.closed_in_time", "version": 1, "kind": "flow", "source": "helpdesk", "unit": "ratio",
	"aggregate": {"ratio": {"of": "in_time", "per": "closed"}}}`))
	require.NoError(t, err)
	require.Equal(t, fact.Metric{ID: "desk.closed_in_time", Version: 1, Label: "Desk closed in time", Kind: fact.Flow, Unit: fact.Ratio, Decimals: 2,
		Good: fact.NoPolarity, Query: "Observations", Feed: fact.Observations,
		Declared: &fact.Declaration{Source: "helpdesk", Aggregate: fact.Quotient, Of: "in_time", Per: "closed", MinimumCoverage: 0.9}}, f.Metric)

	f, err = metric.Parse([]byte("id: desk.waiting\nversion: 1\nkind: stock\nsource: helpdesk\naggregate: {last: backlog}\nunit: count\n"))
	require.NoError(t, err)
	require.Equal(t, "Levels", f.Metric.Query)
	require.Zero(t, f.Metric.Declared.MinimumCoverage)
}

// wrong are changes to the full file, and what is said of each. Those of which
// no schema knows are marked.
var wrong = []struct{ old, new, want string }{
	{"id: tickets.first_response", "", "id: nothing found"},
	{"tickets.first_response", "tickets", `id: "tickets" found`},
	{"tickets.first_response", "Tickets.first", `id: "Tickets.first" found`},
	{"tickets.first_response", "a.b.c.d", `id: "a.b.c.d" found`},
	{"tickets.first_response", "attack.rate", `id: "attack.rate" found, a group of its own: attack, attempts, runs, findings, incidents, actions, health, facts are built in expected`},
	{"tickets.first_response", "facts.mine", `id: "facts.mine" found, a group of its own`},
	{"version: 3", "version: 0", `version: 0 found`},
	{"version: 3", "version: one", `version: "one" in line 2 found`},
	{"label: Time to first response", "label: \"\"", `label: "" found`},
	{"label: Time to first response", "label: " + strings.Repeat("x", 61), `label: "xxx`},
	{"label: Time to first response", `label: "a\u202eb"`, `label: "a\u202eb" found`},
	{"kind: flow", "kind: level", `kind: "level" found, flow or stock expected`},
	{"kind: flow", "kind: stock", `kind: "stock" found, flow: mean is the aggregate of a flow expected`},
	{"mean:", "last:", `kind: "flow" found, stock: last is the aggregate of a stock expected`},
	{"source: helpdesk", "source: Help Desk", `source: "Help Desk" found`},
	{"{mean: first_response_minutes}", "{median: x}", `aggregate: the key "median" found`},
	{"{mean: first_response_minutes}", "{mean: a, sum: b}", `aggregate: 2 keys found`},
	{"{mean: first_response_minutes}", "{mean: First}", `aggregate.mean: "First" found`},
	{"{mean: first_response_minutes}", "mean", `aggregate: "mean" in line 7 found`},
	{"{mean: first_response_minutes}", "{ratio: {of: a}}", `aggregate.ratio: "map[of:a]" found`},
	{"{mean: first_response_minutes}", "{ratio: {of: a, per: a}}", `aggregate.ratio.per: "a" found, another name`},
	{"{mean: first_response_minutes}", "{count: a}", `unit: "min" found, count: what is counted has no other expected`},
	{"{mean: first_response_minutes}\nunit: min", "{sum: a}\nunit: ratio", `unit: "ratio" found, another unit: shares do not add up expected`},
	{"unit: min", "", "unit: nothing found"},
	{"unit: min", "unit: thirteen chars", `unit: "thirteen chars" found`},
	{"decimals: 1", "decimals: 7", "decimals: 7 found"},
	{"decimals: 1", "decimals: -1", "decimals: -1 found"},
	{"good: down", "good: bad", `good: "bad" found, up, down or neither expected`},
	{"[queue, channel]", "[]", "dimensions: 0 labels found"},
	{"[queue, channel]", "[a, b, c, d]", "dimensions: 4 labels found"},
	{"[queue, channel]", "[queue, queue]", `dimensions[1]: "queue" a second time found`},
	{"[queue, channel]", "[Queue]", `dimensions[0]: "Queue" found`},
	{"[queue, channel]", "[value]", `dimensions[0]: "value" found, another name: tables have a column of this one expected`},
	{"interval: 60s", "interval: often", `interval: "often" found`},
	{"interval: 60s", "interval: 200h", `interval: "200h" found`},
	{"interval: 60s", "interval: 1500ms", `interval: "1500ms" found`},
	{"minimum_coverage: 0.75", "minimum_coverage: 90", "minimum_coverage: 90 found"},
	{"minimum_coverage: 0.75", "minimum_coverage: .nan", "minimum_coverage: NaN found"},
	{"kind: flow\nsource: helpdesk\naggregate: {mean: first_response_minutes}", "kind: stock\nsource: helpdesk\naggregate: {last: a}",
		"minimum_coverage: 0.75 found, none: a stock of which a part is missing is not measured expected"},
	{"good: down", "colour: red", `"colour": an unknown key in line 10 found`},
	{"good: down", "good: &a down", "anchors"},
}

// beyond are those of which a schema knows nothing.
var beyond = []string{"attack.rate", "facts.mine", `kind: "stock"`, `kind: "flow"`, `"a" found, another`, "what is counted", "shares do not", "another name: tables",
	`interval: `, "none: a stock", "anchors", "u202eb", "NaN"}

func TestParseSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	require.NoError(t, validate(schema, full))
	for _, w := range wrong {
		src := strings.Replace(full, w.old, w.new, 1)
		require.NotEqual(t, full, src, w.old)
		_, err := metric.Parse([]byte(src))
		require.ErrorIs(t, err, report.ErrInvalid, src)
		require.ErrorContains(t, err, w.want)
		if !slices.ContainsFunc(beyond, func(s string) bool { return strings.Contains(w.want, s) }) {
			require.Error(t, validate(schema, src), "the schema lets through: %s", w.want)
		}
	}
}

func TestParseTellsEverythingAtOnce(t *testing.T) {
	t.Parallel()
	_, err := metric.Parse([]byte("id: x\nversion: 0\nkind: gas\nsource: ''\naggregate: {}\nunit: ''\ndecimals: 9\nextra: 1\n"))
	for _, field := range []string{"id", "version", "kind", "source", "aggregate", "unit", "decimals", `"extra"`} {
		require.ErrorContains(t, err, "metric file: "+field+": ")
	}
}

func TestLibrary(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	names, err := fs.Glob(metrics.FS, "*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	var files []*metric.File
	for _, name := range names {
		body, err := metrics.FS.ReadFile(name)
		require.NoError(t, err)
		f, err := metric.Parse(body)
		require.NoError(t, err, name)
		require.NoError(t, validate(schema, string(body)), name)
		files = append(files, f)
	}
	_, err = metric.Registry(files...)
	require.NoError(t, err)
	_, err = metric.Registry(files[0], files[0])
	require.ErrorIs(t, err, report.ErrInvalid)
}

func TestPublishedSchema(t *testing.T) {
	t.Parallel()
	published, err := os.ReadFile(filepath.Join("..", "..", "docs", "schemas", "metric.schema.json"))
	require.NoError(t, err)
	require.Equal(t, metric.Schema(), string(published))
}

// TestDocumentedExamples parses the files that the guide shows.
func TestDocumentedExamples(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile(filepath.Join("..", "..", "docs", "metrics.md"))
	require.NoError(t, err)
	shown := 0
	for i, block := range strings.Split(string(guide), "```yaml\n") {
		if i == 0 || !strings.HasPrefix(block, "id:") {
			continue
		}
		src, _, _ := strings.Cut(block, "```")
		_, err := metric.Parse([]byte(src))
		require.NoError(t, err, src)
		shown++
	}
	require.NotZero(t, shown)
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(full))
	for _, w := range wrong {
		f.Add([]byte(strings.Replace(full, w.old, w.new, 1)))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := metric.Parse(b)
		if err != nil {
			require.ErrorIs(t, err, report.ErrInvalid)
			return
		}
		_, err = metric.Registry(m)
		require.NoError(t, err)
	})
}

const schemaID = "https://github.com/closeofbusiness/cob/docs/schemas/metric.schema.json"

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := jsonschema.UnmarshalJSON(strings.NewReader(metric.Schema()))
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
