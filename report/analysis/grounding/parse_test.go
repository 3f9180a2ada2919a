package grounding

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report"
)

const answer = `{"claims":[{"text":"A.","stance":"none","facts":["a.b"]}]}`

func TestParse(t *testing.T) {
	t.Parallel()
	want := Draft{Claims: []Claim{{Text: "A.", Stance: "none", Facts: []string{"a.b"}}}}
	for _, s := range []string{answer, " \n" + answer + "\n", "```json\n" + answer + "\n```", "\n```json\n" + answer + "```\n"} {
		d, err := Parse(s)
		require.NoError(t, err, s)
		require.Equal(t, want, d)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	many := func(s string, n int) string { return strings.TrimSuffix(strings.Repeat(s+",", n), ",") }
	claim := `{"text":"A.","stance":"none","facts":["a.b"]}`
	for name, s := range map[string]string{
		"nothing":            "",
		"prose":              "Here is the summary.",
		"prose before":       "Sure: " + answer,
		"prose behind":       answer + " Hope that helps.",
		"two objects":        answer + answer,
		"two fences":         "```json\n```json\n" + answer + "\n```\n```",
		"another fence":      "```\n" + answer + "\n```",
		"an array":           `[]`,
		"null":               `null`,
		"no claims":          `{}`,
		"null claims":        `{"claims":null}`,
		"unknown key":        `{"claims":[],"note":"x"}`,
		"key in capitals":    `{"Claims":[]}`,
		"key twice":          `{"claims":[],"claims":[]}`,
		"claim lacks facts":  `{"claims":[{"text":"A.","stance":"none"}]}`,
		"claim's key twice":  `{"claims":[{"text":"A.","text":"B.","stance":"none","facts":[]}]}`,
		"unknown stance":     `{"claims":[{"text":"A.","stance":"sideways","facts":[]}]}`,
		"text is a number":   `{"claims":[{"text":1,"stance":"none","facts":[]}]}`,
		"fact is a number":   `{"claims":[{"text":"A.","stance":"none","facts":[1]}]}`,
		"nested":             `{"claims":[[[[[]]]]]}`,
		"cut":                answer[:40],
		"not UTF-8":          "{\"claims\":[{\"text\":\"\xff\",\"stance\":\"none\",\"facts\":[]}]}",
		"too many claims":    `{"claims":[` + many(claim, 13) + `]}`,
		"too long a text":    `{"claims":[{"text":"` + strings.Repeat("a", maxText+1) + `","stance":"none","facts":[]}]}`,
		"too many facts":     `{"claims":[{"text":"A.","stance":"none","facts":[` + many(`"a"`, 13) + `]}]}`,
		"too long a fact":    `{"claims":[{"text":"A.","stance":"none","facts":["` + strings.Repeat("a", 301) + `"]}]}`,
		"too long an answer": strings.Repeat(" ", 64<<10) + answer,
	} {
		_, err := Parse(s)
		require.ErrorIs(t, err, report.ErrInvalid, name)
		require.Less(t, len(err.Error()), 200, name)
		require.NotContains(t, err.Error(), "sideways")
	}
}

func TestSchemaIsStrict(t *testing.T) {
	t.Parallel()
	var walk func(v any)
	objects := 0
	walk = func(v any) {
		m, ok := v.(map[string]any)
		if !ok {
			return
		}
		if m["type"] == "object" {
			objects++
			require.Equal(t, false, m["additionalProperties"])
			require.Len(t, m["required"], len(m["properties"].(map[string]any)))
		}
		for _, x := range m {
			walk(x)
		}
	}
	var v any
	require.NoError(t, json.Unmarshal(Schema(), &v))
	walk(v)
	require.Equal(t, 2, objects)
	require.NotContains(t, string(Schema()), "maxLength", "not every provider takes it")
}

func FuzzParse(f *testing.F) {
	f.Add(answer)
	f.Add("```json\n" + answer + "\n```")
	f.Add(`{"claims":[{"text":"\u0000","stance":"up","facts":[]}]}`)
	f.Add(`{"claims":[` + strings.Repeat("[", 500))
	f.Fuzz(func(t *testing.T, s string) {
		d, err := Parse(s)
		if err != nil {
			require.ErrorIs(t, err, report.ErrInvalid)
			require.Less(t, len(err.Error()), 200)
			return
		}
		require.LessOrEqual(t, len(d.Claims), maxClaims)
		for _, c := range d.Claims {
			require.LessOrEqual(t, len(c.Text), maxText)
			require.LessOrEqual(t, len(c.Facts), maxClaimFacts)
			require.Contains(t, stances, c.Stance)
		}
	})
}
