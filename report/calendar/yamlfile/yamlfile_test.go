package yamlfile

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report"
)

func TestFieldsAreRead(t *testing.T) {
	t.Parallel()
	f, err := Read("test file", []byte("name: a\nlist: [1, 2]\nnone:\n"))
	require.NoError(t, err)
	name, list, none := "", []int{}, "as it was"
	require.True(t, f.Field("name", &name, "a name"))
	require.True(t, f.Field("list", &list, "numbers"))
	require.False(t, f.Field("none", &none, "anything"))
	require.False(t, f.Field("absent", &none, "anything"))
	require.Equal(t, "a", name)
	require.Equal(t, []int{1, 2}, list)
	require.Equal(t, "as it was", none)
	require.NoError(t, f.Err())
}

func TestEverythingWrongIsToldAtOnce(t *testing.T) {
	t.Parallel()
	f, err := Read("test file", []byte("name: [a]\nlist: {a: b}\nnumber: many\nmore: 1\n"))
	require.NoError(t, err)
	var name string
	var list []string
	var number int
	require.False(t, f.Field("name", &name, "a name"))
	require.False(t, f.Field("list", &list, "a list"))
	require.False(t, f.Field("number", &number, "a number"))
	f.Wrong("name", "nothing", "a name, which is not told again")
	cause := errors.New("no such thing")
	f.Fail("number", cause)
	err = f.Err()
	require.ErrorIs(t, err, report.ErrInvalid)
	require.ErrorIs(t, err, cause)
	require.Equal(t, `invalid: test file: name: something else in line 1 found, a name expected
invalid: test file: list: something else in line 2 found, a list expected
invalid: test file: number: "many" in line 3 found, a number expected
invalid: test file: number: no such thing
invalid: test file: "more": an unknown key in line 4 found, one of name, list, number expected`, err.Error())
}

// The YAML decoder panics at a tag that it doesn't know.
func TestAPanickingDecoderIsAnError(t *testing.T) {
	t.Parallel()
	var list []int
	f, err := Read("test file", []byte("list: !0000 00\n"))
	require.NoError(t, err)
	require.False(t, f.Field("list", &list, "a list"))
	require.ErrorContains(t, f.Err(), "list: \"00\" in line 1 found, a list expected")
}

func TestWhatNobodyWritesIsRefused(t *testing.T) {
	t.Parallel()
	var bomb strings.Builder
	bomb.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := range 9 {
		fmt.Fprintf(&bomb, "a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 10), ", "))
	}
	var keys strings.Builder
	for i := range 6000 {
		fmt.Fprintf(&keys, "k%d: x\n", i)
	}
	for name, tc := range map[string]struct{ body, want string }{
		"bomb":           {bomb.String(), "line 1: anchors, aliases and merge keys"},
		"merge":          {"a: x\n<<: {b: c}\n", "anchors"},
		"nested":         {"a: " + strings.Repeat("[", maxBytes-100), "nested"},
		"nested lists":   {"a:\n" + strings.Repeat("- ", 10_000), ""},
		"indented":       {indented(300), ""},
		"long":           {strings.Repeat("#", maxBytes+1), "at most"},
		"many keys":      {keys.String(), ""},
		"not text":       {"a: \xff", "not UTF-8"},
		"a scalar":       {"word", "keys with values"},
		"no document":    {"# nothing\n", "one YAML document"},
		"two documents":  {"a: 1\n---\nb: 2\n", "one YAML document"},
		"twice":          {"a: 1\na: 2\n", "already defined"},
		"a list for key": {"[a]: b\n", ""},
	} {
		begun := time.Now()
		_, err := Read("test file", []byte(tc.body))
		require.Less(t, time.Since(begun), 10*time.Second, name)
		if tc.want != "" {
			require.ErrorIs(t, err, report.ErrInvalid, name)
			require.ErrorContains(t, err, tc.want, name)
		}
		if err != nil {
			require.Less(t, len(err.Error()), 400, name)
		}
	}
}

// indented nests mappings by indentation.
func indented(depth int) string {
	var b strings.Builder
	for i := range depth {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}
