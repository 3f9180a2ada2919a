package template_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/template"
)

func reference(t *testing.T) string {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "templates.md")) // #nosec G304 -- our own
	require.NoError(t, err)
	return string(text)
}

// around is what an example of some blocks takes for granted.
const around = `name: x
version: 1.0.0
title: X
parameters:
  rows: {type: integer, default: 5, minimum: 1, maximum: 20}
  target_share: {type: number, default: 0.5}
figures:
  closed_share: {label: Closed, value: 'fact("findings.closed") / fact("findings.opened")', unit: ratio}
blocks:
  - data_notes: {}
`

var fence = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// Every example of the reference is a template, or some of one, that the program
// and the schema accept.
func TestExamplesOfTheReference(t *testing.T) {
	t.Parallel()
	schema, seen := compiled(t), 0
	for _, m := range fence.FindAllStringSubmatch(reference(t), -1) {
		src := m[1]
		switch {
		case strings.HasPrefix(src, "- "):
			src = around + "  " + strings.ReplaceAll(strings.TrimSuffix(src, "\n"), "\n", "\n  ") + "\n"
		case !strings.HasPrefix(src, "name:"):
			src += smallest
		}
		_, err := parse([]byte(src))
		require.NoError(t, err, src)
		require.NoError(t, validate(schema, src), src)
		seen++
	}
	require.Greater(t, seen, 10)
}

// Every key that a template may have is in the reference.
func TestTheReferenceNamesEveryKey(t *testing.T) {
	t.Parallel()
	text := reference(t)
	var schema struct {
		Properties map[string]any
		Defs       map[string]struct{ Properties map[string]any } `json:"$defs"`
	}
	require.NoError(t, json.Unmarshal([]byte(template.Schema()), &schema))
	require.Contains(t, schema.Defs, "table")
	for name, def := range schema.Defs {
		for key := range def.Properties {
			require.True(t, strings.Contains(text, "`"+key+"`") || strings.Contains(text, key+":"), "%s of %s", key, name)
		}
	}
	for key := range schema.Properties {
		require.Contains(t, text, "`"+key+"`")
	}
}
