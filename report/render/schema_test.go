package render

import (
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/document"
)

// TestJSONKeepsToItsSchema gives every fixture's JSON to the published schema.
func TestJSONKeepsToItsSchema(t *testing.T) {
	t.Parallel()
	text, err := jsonschema.UnmarshalJSON(strings.NewReader(document.JSONSchema()))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(nil) // nothing is fetched
	require.NoError(t, compiler.AddResource("document", text))
	schema, err := compiler.Compile("document")
	require.NoError(t, err)
	for name, fixture := range everyFixture() {
		out, err := Render(t.Context(), fixture(), JSON)
		require.NoError(t, err)
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(out)))
		require.NoError(t, err)
		require.NoError(t, schema.Validate(v), name)
	}
}
