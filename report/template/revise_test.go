package template_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/template"
)

// What Revise makes of files is told line by line: VERSION and NOTE stand for
// what is put in.
func TestRevise(t *testing.T) {
	t.Parallel()
	const blocks = "blocks:\n  - data_notes: {}\n"
	for name, tt := range map[string]struct{ src, want string }{
		"plain": {"# head\nname: x\nversion: 1.0.0 # the first\ntitle: X\nnote: as agreed # on Monday\n" + blocks + "# foot\n",
			"# head\nname: x\nversion: VERSION # the first\ntitle: X\nnote: NOTE # on Monday\n" + blocks + "# foot\n"},
		"note first":                 {"note: a\nname: x\nversion: 1.0.0\ntitle: X\n" + blocks, "note: NOTE\nname: x\nversion: VERSION\ntitle: X\n" + blocks},
		"no note":                    {"name: x\nversion:   1.0.0   # c\ntitle: X\n" + blocks, "name: x\nversion:   VERSION\nnote: NOTE   # c\ntitle: X\n" + blocks},
		"no note, carriage returns":  {"name: x\r\nversion: 1.0.0\r\ntitle: X\r\nblocks:\r\n  - data_notes: {}\r\n", "name: x\r\nversion: VERSION\r\nnote: NOTE\r\ntitle: X\r\nblocks:\r\n  - data_notes: {}\r\n"},
		"quotes":                     {"name: x\nversion: '1.0.0'\ntitle: X\nnote: \"a \\\" b: #\" # c\n" + blocks, "name: x\nversion: VERSION\ntitle: X\nnote: NOTE # c\n" + blocks},
		"single quotes":              {"name: x\nversion: \"1.0.0\"\ntitle: X\nnote: 'it''s so' # c\n" + blocks, "name: x\nversion: VERSION\ntitle: X\nnote: NOTE # c\n" + blocks},
		"a note of several lines":    {"name: x\nnote: |\n  one\n\n  two: version: 1.0.0\n# c\nversion: 1.0.0\ntitle: X\n" + blocks, "name: x\nnote: NOTE\n# c\nversion: VERSION\ntitle: X\n" + blocks},
		"a folded note at the end":   {"name: x\nversion: 1.0.0\ntitle: X\n" + blocks + "note: >-\n  one\n  two\n", "name: x\nversion: VERSION\ntitle: X\n" + blocks + "note: NOTE\n"},
		"letters beyond ASCII":       {"name: x\ntitle: Zürich ☃ 🎈\nversion: 1.0.0\nnote: größer\n" + blocks, "name: x\ntitle: Zürich ☃ 🎈\nversion: VERSION\nnote: NOTE\n" + blocks},
		"version elsewhere too":      {"name: x\ntitle: \"version: 1.0.0\"\nversion: 1.0.0\nnote: a\nblocks:\n  - text: \"note: a, version: 1.0.0\"\n  - data_notes: {}\n", "name: x\ntitle: \"version: 1.0.0\"\nversion: VERSION\nnote: NOTE\nblocks:\n  - text: \"note: a, version: 1.0.0\"\n  - data_notes: {}\n"},
		"JSON":                       {"{\n\t\"name\": \"x\", \"version\": \"1.0.0\",\n\t\"title\": \"X\", \"note\": \"a\", \"blocks\": [{\"data_notes\": {}}]\n}\n", "{\n\t\"name\": \"x\", \"version\": VERSION,\n\t\"title\": \"X\", \"note\": NOTE, \"blocks\": [{\"data_notes\": {}}]\n}\n"},
		"JSON without a note":        {"{\"name\":\"x\",\"version\":\"1.0.0\",\"title\":\"X\",\"blocks\":[{\"data_notes\":{}}]}", "{\"name\":\"x\",\"version\":VERSION, \"note\": NOTE,\"title\":\"X\",\"blocks\":[{\"data_notes\":{}}]}"},
		"braces":                     {"{name: x, title: X, blocks: [{data_notes: {}}], note: a b, version: 1.0.0}", "{name: x, title: X, blocks: [{data_notes: {}}], note: NOTE, version: VERSION}"},
		"a document's beginning":     {"---\nname: x\nversion: 1.0.0\ntitle: X\nnote: a\n" + blocks, "---\nname: x\nversion: VERSION\ntitle: X\nnote: NOTE\n" + blocks},
		"a logo below":               {"name: x\nversion: 1.0.0\ntitle: X\n" + blocks + "output: {logo: {file: a.png, alt: A}}\n", "name: x\nversion: VERSION\nnote: NOTE\ntitle: X\n" + blocks + "output: {logo: {file: a.png, alt: A}}\n"},
		"the end of the line is all": {"name: x\ntitle: X\n" + blocks + "version: 1.0.0", "name: x\ntitle: X\n" + blocks + "version: VERSION\nnote: NOTE"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := template.Revise([]byte(tt.src), "2.1.0", `restores "1.0.0": it's so \ größer`, fact.Builtin())
			require.NoError(t, err)
			want := strings.NewReplacer("VERSION", `"2.1.0"`, "NOTE", `"restores \"1.0.0\": it's so \\ größer"`).Replace(tt.want)
			require.Equal(t, want, string(got))
			parsed, err := parse(got)
			require.NoError(t, err)
			require.Equal(t, "2.1.0", parsed.Version)
			require.Equal(t, `restores "1.0.0": it's so \ größer`, parsed.Note)
		})
	}
}

func TestReviseTheShippedTemplate(t *testing.T) {
	t.Parallel()
	src := string(daily(t))
	got, err := template.Revise([]byte(src), "1.1.0", "again", fact.Builtin())
	require.NoError(t, err)
	want := strings.Replace(strings.Replace(src, "version: 1.0.0", `version: "1.1.0"`, 1), "note: first version", `note: "again"`, 1)
	require.Equal(t, want, string(got))
}

func TestReviseRefuses(t *testing.T) {
	t.Parallel()
	for name, src := range map[string]string{
		"what is no template": "name: x\n",
	} {
		_, err := template.Revise([]byte(src), "1.1.0", "n", fact.Builtin())
		require.ErrorIs(t, err, report.ErrInvalid, name)
	}
	for _, version := range []string{"", "1.1", "x"} {
		_, err := template.Revise([]byte(smallest), version, "n", fact.Builtin())
		require.ErrorIs(t, err, report.ErrInvalid, version)
	}
}

// Whatever the file, what comes out is the same template or an error.
func FuzzRevise(f *testing.F) {
	f.Add([]byte(smallest), "note")
	f.Add([]byte("{\"name\":\"x\",\"version\":\"1.0.0\",\"title\":\"X\",\"note\":\"ü\",\"blocks\":[{\"data_notes\":{}}]}"), "n\"\\\n")
	f.Add([]byte("name: x\nnote: |\n  a\n b\nversion: 1.0.0\ntitle: X\nblocks: [{data_notes: {}}]\n"), "")
	f.Fuzz(func(t *testing.T, src []byte, note string) {
		got, err := template.Revise(src, "1.1.0", note, fact.Builtin())
		if err != nil {
			return
		}
		parsed, err := parse(got)
		require.NoError(t, err)
		require.Equal(t, "1.1.0", parsed.Version)
	})
}
