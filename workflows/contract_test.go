package workflows_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/closeofbusiness/cob/activities"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/workflows"
)

// published are the schemas of docs/schemas: the types that they describe, with
// every field filled, and whether COB reads or writes them.
var published = map[string]struct {
	full  any
	reads bool
}{
	"request":  {report.Request{Series: "daily-security", BusinessDate: date, RequestedBy: "risk-portal", RequestID: "7f3c", AsOf: "2026-11-20T18:00:00.5+01:00"}, true},
	"decision": {report.Decision{By: "m.ferrari", Reason: "feed down", Identity: "os-user:m.ferrari"}, true},
	"receipt": {report.Receipt{
		Series: "daily-security", BusinessDate: date, Revision: 1, State: report.IssuedQualified, Late: true, AsOf: someTime, IssuedAt: someTime,
		Figures: 94, Unmeasured: 3, Facts: someRef, Document: someRef,
		Artifacts:  []report.Artifact{{Format: "pdf", FileName: "report.pdf", Ref: someRef}},
		Deliveries: []report.Delivery{{ID: 1, Channel: "folder", Recipient: "/srv/reports", State: report.Undelivered, Detail: "no space left"}},
		Decision:   &report.Decision{By: "m.ferrari", Reason: "feed down", Identity: "os-user:m.ferrari"}, Already: true,
		Narratives: []report.Narrative{{Block: "summary", State: report.WithheldFromPage, Provider: "openai", Model: "gpt-5-mini", Reason: "no time"}},
	}, false},
	"cycle-state": {workflows.CycleState{State: report.Held, Stage: "await"}, false},
	"cycle-progress": {workflows.CycleProgress{
		CycleState: workflows.CycleState{State: report.Open, Stage: "report"}, Window: "Thu to Fri", Missing: "findings", Deadline: someTime,
		Known: &activities.Known{AsOf: someTime, Late: true, Held: true, Missing: "findings"}, Revision: report.RevisionID("daily-security", date, 1),
	}, false},
	"revision-progress": {workflows.Progress{Stage: "render", Note: "Drawing the files."}, false},
}

// unpublished are fields that an activity's result has and a query never sets.
var unpublished = []string{"cycle-progress.known.held", "cycle-progress.known.missing"}

var (
	someTime = time.Date(2026, 11, 20, 17, 4, 11, 520931000, time.UTC)
	someRef  = report.Ref{SHA256: strings.Repeat("8d1f", 16), Size: 61204}
)

// schemas compiles docs/schemas. Each has a type of ours, and the reverse.
func schemas(t *testing.T) map[string]*jsonschema.Schema {
	t.Helper()
	files, err := filepath.Glob("../docs/schemas/*.schema.json")
	require.NoError(t, err)
	files = slices.DeleteFunc(files, func(f string) bool { // those of files that people write, and of the document
		return slices.Contains([]string{"template.schema.json", "metric.schema.json", "document.schema.json"}, filepath.Base(f))
	})
	require.Len(t, files, len(published))
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	compiler.UseLoader(nil) // nothing is fetched
	ids := map[string]string{}
	for _, f := range files {
		var about struct {
			Dialect string `json:"$schema"`
			ID      string `json:"$id"`
		}
		text, err := os.ReadFile(f)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, &about), f)
		require.Equal(t, "https://json-schema.org/draft/2020-12/schema", about.Dialect, f)
		require.Equal(t, "https://github.com/closeofbusiness/cob/docs/schemas/"+filepath.Base(f), about.ID)
		require.NoError(t, compiler.AddResource(about.ID, parsed(t, string(text))))
		ids[strings.TrimSuffix(filepath.Base(f), ".schema.json")] = about.ID
	}
	out := map[string]*jsonschema.Schema{}
	for name, id := range ids {
		require.Contains(t, published, name)
		out[name], err = compiler.Compile(id)
		require.NoError(t, err, name)
	}
	return out
}

// parsed is JSON as a validator takes it.
func parsed(t require.TestingT, text string) any {
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	require.NoError(t, err, text)
	return v
}

func marshalled(t require.TestingT, v any) string {
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return string(text)
}

func TestSchemasDescribeOurTypes(t *testing.T) {
	t.Parallel()
	for name, schema := range schemas(t) {
		v := reflect.ValueOf(published[name].full)
		filled(t, name, v)
		agrees(t, name, schema, v.Type())
		require.NoError(t, schema.Validate(parsed(t, marshalled(t, v.Interface()))), name)
	}
}

// What we read is closed, so that a misspelt field is found; what we write is
// open, because fields may come.
func TestSchemasAreStrictWhereWeReadOnly(t *testing.T) {
	t.Parallel()
	for name, schema := range schemas(t) {
		more := parsed(t, marshalled(t, published[name].full)).(map[string]any)
		more["unheard_of"] = true
		require.Equal(t, published[name].reads, schema.Validate(more) != nil, name)
	}
}

func TestSchemasKnowEveryState(t *testing.T) {
	t.Parallel()
	all := schemas(t)
	var states []any
	for _, s := range report.States() {
		states = append(states, string(s))
	}
	require.Equal(t, states, all["cycle-state"].Properties["state"].Enum.Values)
	require.Subset(t, states, all["receipt"].Properties["state"].Enum.Values)

	waived := report.Receipt{Series: "daily-security", BusinessDate: date, State: report.Waived, Decision: &report.Decision{By: "jo", Reason: "moved"}}
	require.NoError(t, all["receipt"].Validate(parsed(t, marshalled(t, waived))))
	for _, s := range []report.State{report.Issued, report.IssuedQualified, report.Open} {
		waived.State = s
		require.Error(t, all["receipt"].Validate(parsed(t, marshalled(t, waived))), "%s without digests", s)
	}
}

// filled requires that no field of an example is left out.
func filled(t *testing.T, path string, v reflect.Value) {
	t.Helper()
	require.False(t, v.IsZero(), "%s: fill it", path)
	switch v.Kind() {
	case reflect.Pointer:
		filled(t, path, v.Elem())
	case reflect.Slice:
		require.NotZero(t, v.Len(), path)
		filled(t, path+"[]", v.Index(0))
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			filled(t, path+"."+v.Type().Field(i).Name, v.Field(i))
		}
	}
}

// agrees requires that a schema has the fields of a Go type, of the same kinds,
// and that it needs those which are always written.
func agrees(t *testing.T, path string, s *jsonschema.Schema, of reflect.Type) {
	t.Helper()
	if of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	types, properties, required := shape(s)
	switch of.Kind() {
	case reflect.String:
		require.Equal(t, []string{"string"}, types, path)
	case reflect.Bool:
		require.Equal(t, []string{"boolean"}, types, path)
	case reflect.Int, reflect.Int64:
		require.Equal(t, []string{"integer"}, types, path)
	case reflect.Slice:
		require.Contains(t, types, "array", path)
		agrees(t, path+"[]", s.Items2020, of.Elem())
	case reflect.Struct:
		if of == reflect.TypeFor[time.Time]() {
			require.NotNil(t, s.Format, path)
			require.Equal(t, "date-time", s.Format.Name, path)
			return
		}
		require.Equal(t, []string{"object"}, types, path)
		var names, always []string
		for _, f := range reflect.VisibleFields(of) {
			name, options, tagged := strings.Cut(f.Tag.Get("json"), ",")
			if f.Anonymous || slices.Contains(unpublished, path+"."+name) {
				continue
			}
			require.NotEmpty(t, name, "%s.%s has no JSON name", path, f.Name)
			names = append(names, name)
			if !tagged || !strings.HasPrefix(options, "omit") {
				always = append(always, name)
			}
			require.Contains(t, properties, name, path)
			agrees(t, path+"."+name, properties[name], f.Type)
		}
		require.Len(t, properties, len(names), "%s: the schema has more fields than %v", path, names)
		require.ElementsMatch(t, always, required, "%s: needed fields", path)
	default:
		require.Fail(t, "no schema is known for this", "%s: %s", path, of)
	}
}

// shape is what a schema says of a value, with what it refers to.
func shape(s *jsonschema.Schema) (types []string, properties map[string]*jsonschema.Schema, required []string) {
	properties = map[string]*jsonschema.Schema{}
	for ; s != nil; s = s.Ref {
		if s.Types != nil {
			types = append(types, s.Types.ToStrings()...)
		}
		if s.Enum != nil && len(types) == 0 {
			types = []string{"string"} // TestSchemasKnowEveryState knows the values
		}
		for name, p := range s.Properties {
			properties[name] = p
		}
		required = append(required, s.Required...)
	}
	return types, properties, required
}

// The code and the schemas refuse the same. COB reads leniently what has fields
// that it doesn't know; the schemas do not.
func TestSchemasRefuseWhatTheCodeRefuses(t *testing.T) {
	t.Parallel()
	all := schemas(t)
	for _, text := range []string{
		`{"series":"a-1","business_date":"2026-02-28"}`,
		`{"series":"a","business_date":"2024-02-29","requested_by":"","request_id":"","as_of":""}`,
		`{"series":"` + strings.Repeat("a", 63) + `","business_date":"2026-02-28","requested_by":"` + strings.Repeat("x", 200) + `"}`,
		`{"series":"a","business_date":"2026-02-28","as_of":"due"}`,
		`{"series":"a","business_date":"2026-02-28","as_of":"now"}`,
		`{"series":"a","business_date":"2026-02-28","as_of":"2026-02-28T18:00:00Z"}`,
		`{"series":"a","business_date":"2026-02-28","as_of":"2026-02-28T18:00:00.123456789-23:59"}`,
	} {
		require.NoError(t, verdict[report.Request](text), text)
		require.NoError(t, all["request"].Validate(parsed(t, text)), text)
	}
	for _, text := range []string{
		`{}`, `[]`, `"a"`, `{"series":"a"}`, `{"business_date":"2026-02-28"}`,
		`{"series":"","business_date":"2026-02-28"}`, `{"series":"A","business_date":"2026-02-28"}`, `{"series":"a/b","business_date":"2026-02-28"}`,
		`{"series":"a\n","business_date":"2026-02-28"}`, `{"series":"ä","business_date":"2026-02-28"}`, `{"series":7,"business_date":"2026-02-28"}`,
		`{"series":"` + strings.Repeat("a", 64) + `","business_date":"2026-02-28"}`,
		`{"series":"a","business_date":""}`, `{"series":"a","business_date":"2026-02-29"}`, `{"series":"a","business_date":"2026-2-28"}`,
		`{"series":"a","business_date":"2026-02-28T00:00:00Z"}`, `{"series":"a","business_date":"28.2.2026"}`, `{"series":"a","business_date":20260228}`,
		`{"series":"a","business_date":"2026-02-28","requested_by":"` + strings.Repeat("x", 201) + `"}`, `{"series":"a","business_date":"2026-02-28","requested_by":1}`,
		`{"series":"a","business_date":"2026-02-28","requested_by":"a\u0000b"}`, `{"series":"a","business_date":"2026-02-28","request_id":"a\u0000b"}`,
		`{"series":"a","business_date":"2026-02-28","request_id":"` + strings.Repeat("x", 201) + `"}`,
		`{"series":"a","business_date":"2026-02-28","as_of":"then"}`, `{"series":"a","business_date":"2026-02-28","as_of":"Now"}`,
		`{"series":"a","business_date":"2026-02-28","as_of":"2026-02-28"}`, `{"series":"a","business_date":"2026-02-28","as_of":"2026-02-28 18:00:00Z"}`,
		`{"series":"a","business_date":"2026-02-28","as_of":"2026-02-28T18:00:00"}`, `{"series":"a","business_date":"2026-02-28","as_of":"2026-02-30T18:00:00Z"}`,
		`{"series":"a","business_date":"2026-02-28","as_of":"2026-02-28T24:00:00Z"}`, `{"series":"a","business_date":"2026-02-28","as_of":"2026-02-28T18:00:60Z"}`,
	} {
		require.Error(t, verdict[report.Request](text), text)
		require.Error(t, all["request"].Validate(parsed(t, text)), text)
	}
	for _, text := range []string{
		`{"by":"m.ferrari","reason":"feed down"}`, `{"by":" x ","reason":"` + strings.Repeat("x", 500) + `","identity":"os-user:x"}`, `{"by":"` + strings.Repeat("x", 100) + `","reason":"ça marche: ✓"}`,
	} {
		require.NoError(t, verdict[report.Decision](text), text)
		require.NoError(t, all["decision"].Validate(parsed(t, text)), text)
	}
	for _, text := range []string{
		`{"by":"x","reason":"x","identity":"a\u0000b"}`, `{}`, `{"by":"x"}`, `{"reason":"x"}`, `{"by":"","reason":"x"}`, `{"by":" ","reason":"x"}`, `{"by":"x","reason":"\u00a0\u2003"}`,
		`{"by":"x","reason":"a\nb"}`, `{"by":"a\u0000","reason":"x"}`, `{"by":"a\u0085","reason":"x"}`,
		`{"by":"` + strings.Repeat("x", 101) + `","reason":"x"}`, `{"by":"x","reason":"` + strings.Repeat("x", 501) + `"}`, `{"by":["x"],"reason":"x"}`,
	} {
		require.Error(t, verdict[report.Decision](text), text)
		require.Error(t, all["decision"].Validate(parsed(t, text)), text)
	}
}

// Which characters are blank or control characters is the same to both.
func TestSchemasKnowEveryBlank(t *testing.T) {
	t.Parallel()
	schema := schemas(t)["decision"]
	const last = '\u3100' // no blank or control character comes after it
	for c := rune(0); c <= last; c++ {
		for _, d := range []report.Decision{{By: "x", Reason: string(c)}, {By: string(c) + "x", Reason: "x"}} {
			require.Equal(t, d.Validate() == nil, schema.Validate(parsed(t, marshalled(t, d))) == nil, "%U", c)
		}
	}
}

// verdict is what COB says of an input.
func verdict[T interface{ Validate() error }](text string) error {
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return err
	}
	return v.Validate()
}

func TestSchemasRefuseWhatTheCodeRefusesAtRandom(t *testing.T) {
	t.Parallel()
	all := schemas(t)
	rapid.Check(t, func(t *rapid.T) {
		r := report.Request{
			Series:       rapid.StringMatching(`[a-z0-9-]{0,3}[A-Z_]?`).Draw(t, "series"),
			BusinessDate: report.Date(rapid.StringMatching(`(19|20)[0-9]{2}-[0-3][0-9]-[0-3][0-9]`).Draw(t, "date")),
			AsOf:         rapid.StringMatching(`(due|now|2026-[01][0-9]-[0-3][0-9]T[012][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{0,10})?(Z|[+-][012][0-9]:[0-6][0-9]))?`).Draw(t, "as_of"),
		}
		require.Equal(t, r.Validate() == nil, all["request"].Validate(parsed(t, marshalled(t, r))) == nil)
		d := report.Decision{By: rapid.StringN(0, 3, 100).Draw(t, "by"), Reason: rapid.StringN(0, 3, 500).Draw(t, "reason")}
		require.Equal(t, d.Validate() == nil, all["decision"].Validate(parsed(t, marshalled(t, d))) == nil)
	})
}

var (
	// example is a block of JSON that names its schema.
	example = regexp.MustCompile("(?ms)^```json ([a-z-]+)\n(.*?)^```$")
	// input is what a command of the stock CLI is given.
	input = regexp.MustCompile(`(--type CloseOfBusiness|--name (?:proceed|waive))\b[^'` + "`" + `]*--input '([^']*)'`)
)

// Every example in the contract is what it says, and every schema has one.
func TestExamplesInTheContract(t *testing.T) {
	t.Parallel()
	all := schemas(t)
	text := document(t, "../docs/contract.md")
	seen := map[string]bool{}
	for _, block := range example.FindAllStringSubmatch(text, -1) {
		name, body := block[1], block[2]
		require.Contains(t, all, name)
		require.NoError(t, all[name].Validate(parsed(t, body)), body)
		into := reflect.New(reflect.TypeOf(published[name].full)).Interface()
		decoder := json.NewDecoder(strings.NewReader(body))
		decoder.DisallowUnknownFields()
		require.NoError(t, decoder.Decode(into), body)
		seen[name] = true
	}
	require.Len(t, seen, len(all), "every schema has an example: %v", seen)

	for _, name := range []string{
		report.CloseOfBusiness, report.DefaultTaskQueue, report.QueryState, report.QueryProgress, report.UpdateProceed, report.UpdateWaive,
		report.AttributeSeries, report.AttributeDate, report.AttributeState,
		report.KindName(report.ErrInvalid), report.KindName(report.ErrNotFound), report.KindName(report.ErrNotDue), report.KindName(report.ErrConflict),
	} {
		require.Contains(t, text, "`"+name+"`")
	}
	for _, s := range report.States() {
		require.Contains(t, text, "`"+string(s)+"`")
	}
	require.Contains(t, text, "`"+report.CycleID("daily-security", "2026-11-20")+"`")
}

// The commands that the pages tell people to type send what COB takes.
func TestCommandsInThePages(t *testing.T) {
	t.Parallel()
	all := schemas(t)
	pages, err := filepath.Glob("../docs/*.md")
	require.NoError(t, err)
	schema := map[byte]string{'t': "request", 'n': "decision"}
	found := map[string]int{}
	for _, page := range append(pages, "../README.md") {
		for _, command := range input.FindAllStringSubmatch(document(t, page), -1) {
			name := schema[command[1][2]]
			require.NoError(t, all[name].Validate(parsed(t, command[2])), "%s: %s", page, command[0])
			found[name]++
		}
	}
	require.Len(t, found, len(schema), "both kinds of command are told of")
}

func document(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path) // #nosec G304 -- our own pages
	require.NoError(t, err)
	return string(text)
}
