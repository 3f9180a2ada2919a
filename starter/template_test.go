package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/catalog"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/dev/testserver"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/template"
)

// layout is a template of that version.
func layout(version, title string) string {
	return "# a comment\nname: daily\nversion: " + version + "\ntitle: " + title + "\nnote: of the file\nblocks:\n  - data_notes: {}\n"
}

// folder is one with these files.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return dir
}

// starter runs a command that needs no server.
func starter(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), args, &o, &e)
	return code, o.String(), e.String()
}

func TestValidateTemplates(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"a.yaml": layout("1.0.0", "A"), "b.yml": layout("1.10.0", "B"),
		"c.json": "{\n\t\"name\": \"weekly\", \"version\": \"2.0.0\", \"title\": \"W\", \"blocks\": [{\"data_notes\": {}}]\n}\n"})
	code, out, errOut := starter(t, "template", "validate", dir, filepath.Join(dir, "c.json"))
	require.Equal(t, exitDone, code, errOut)
	require.Equal(t, "TEMPLATE\tVERSION\tSTATE\ndaily\t1.0.0\tvalid\ndaily\t1.10.0\tvalid\nweekly\t2.0.0\tvalid\n", out)
	require.Empty(t, errOut)

	code, out, _ = starter(t, "template", "validate", "--json", filepath.Join(dir, "c.json"))
	require.Equal(t, exitDone, code)
	require.JSONEq(t, `[{"template":"weekly","version":"2.0.0","state":"valid"}]`, out)

	code, _, errOut = starter(t, "template", "validate", "--metrics", filepath.Join("..", "metrics"), filepath.Join("..", "templates"))
	require.Equal(t, exitDone, code, errOut)
}

func TestValidateTellsEveryProblemOfEveryFile(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"a.yaml": "name: daily\nversion: one\ntitle: A\nblocks:\n  - data_notes: {}\n  - kpis: [nothing]\n",
		"b.json": "{\n  \"name\": \"daily\",\n  \"version\": \"1.0.0\",\n  \"title\": \"B\",\n  \"blocks\": [\n    {\"data_notes\": {}},\n    {\"graph\": {}}\n  ]\n}\n",
		"c.yaml": layout("1.0.0", "C"), "d.yaml": layout("1.0.0", "D"), "e.yaml": "name: [",
	})
	a, b, d, e := filepath.Join(dir, "a.yaml"), filepath.Join(dir, "b.json"), filepath.Join(dir, "d.yaml"), filepath.Join(dir, "e.yaml")
	code, out, errOut := starter(t, "template", "validate", dir, b)
	require.Equal(t, exitUsage, code)
	require.Empty(t, out)
	for _, line := range []string{
		a + `: line 2: version: found "one", expected a version such as 1.0.0`,
		a + `: line 6: blocks[1].kpis[0]: found "nothing", expected a known metric`,
		b + `: line 7: blocks[1].graph: found an unknown block, expected one of kpis`,
		d + ": template daily 1.0.0 is in " + filepath.Join(dir, "c.yaml") + " already, with other content",
		e + ": file: found",
	} {
		require.Contains(t, "\n"+errOut, "\n"+line)
	}
	require.NotContains(t, errOut, report.ErrInvalid.Error())

	for _, path := range []string{filepath.Join(dir, "none.yaml"), t.TempDir()} {
		code, _, errOut = starter(t, "template", "validate", path)
		require.Equal(t, exitUsage, code)
		require.Contains(t, errOut, path)
	}
}

func TestCopiesAreOneVersion(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"a.yaml": layout("1.0.0", "A"), "b.yaml": layout("1.0.0", "A")})
	code, _, errOut := starter(t, "template", "validate", dir)
	require.Equal(t, exitDone, code, errOut)
}

func TestTemplateSchemaIsPrinted(t *testing.T) {
	t.Parallel()
	code, out, errOut := starter(t, "template", "schema")
	require.Equal(t, exitDone, code, errOut)
	require.Equal(t, template.Schema(), out)
}

func TestDiffOfTwoFiles(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"a.yaml": layout("1.0.0", "A"), "b.yaml": layout("1.0.1", "A"),
		"crlf.yaml": strings.ReplaceAll(layout("1.0.0", "A"), "\n", "\r\n"), "bad.yaml": "name: Bad\n"})
	a, b, crlf := filepath.Join(dir, "a.yaml"), filepath.Join(dir, "b.yaml"), filepath.Join(dir, "crlf.yaml")
	code, out, _ := starter(t, "template", "diff", a, b)
	require.Equal(t, exitNo, code)
	require.Equal(t, "--- "+a+"\n+++ "+b+"\n@@ -1,6 +1,6 @@\n # a comment\n name: daily\n-version: 1.0.0\n+version: 1.0.1\n title: A\n note: of the file\n blocks:\n", out)

	code, out, errOut := starter(t, "template", "diff", a, a)
	require.Equal(t, exitDone, code)
	require.Empty(t, out)
	require.Contains(t, errOut, "no difference")

	code, _, errOut = starter(t, "template", "diff", a, crlf)
	require.Equal(t, exitNo, code)
	require.Contains(t, errOut, "cannot be seen")

	code, out, _ = starter(t, "template", "diff", "--json", a, b)
	require.Equal(t, exitNo, code)
	var got difference
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	require.Equal(t, [2]string{a, b}, [2]string{got.From, got.To})
	require.True(t, got.Differ)
	require.Contains(t, got.Diff, "+version: 1.0.1\n")

	for _, bad := range []string{filepath.Join(dir, "bad.yaml"), filepath.Join(dir, "none.yaml"), dir, "daily@x", "Daily"} {
		code, _, errOut = starter(t, "template", "diff", a, bad)
		require.Equal(t, exitUsage, code, bad)
		require.Contains(t, errOut, bad)
	}
}

func TestReferencesToTemplates(t *testing.T) {
	t.Parallel()
	for ref, good := range map[string]bool{"daily": true, "daily@1": true, "daily@1.2": true, "daily@1.2.0": true,
		"": false, "daily@": false, "daily@1.": false, "daily@1.2.0.0": false, "daily@v1": false, "daily.yaml": false, "./daily": false, "Daily": false} {
		require.Equal(t, good, isTemplateRef(ref), ref)
	}
	code, _, errOut := starter(t, "template", "show", "daily@latest")
	require.Equal(t, exitUsage, code)
	require.Contains(t, errOut, `"daily@latest"`)
}

func testStore(t *testing.T) *db.Store {
	t.Helper()
	store, err := db.Open(t.Context(), db.Config{URL: testserver.New(t).AppURL})
	require.NoError(t, err)
	t.Cleanup(store.Close)
	return store
}

// apply applies files as the command does.
func apply(ctx context.Context, store *db.Store, note string, paths ...string) ([]fileChange, error) {
	files, err := parseTemplates(paths, fact.Builtin())
	if err != nil {
		return nil, err
	}
	return storeTemplates(ctx, store, files, note)
}

func changesOf(changes []fileChange) []string {
	out := make([]string, len(changes))
	for i, c := range changes {
		out[i] = c.Change
	}
	return out
}

func TestApplyTemplates(t *testing.T) {
	t.Parallel()
	store := testStore(t)
	dir := folder(t, map[string]string{"a.yaml": layout("1.0.0", "A"), "copy.yaml": layout("1.0.0", "A"), "b.yaml": layout("1.1.0", "B"), "changed.yaml": layout("1.0.0", "C")})
	a, b, changed := filepath.Join(dir, "a.yaml"), filepath.Join(dir, "b.yaml"), filepath.Join(dir, "changed.yaml")
	got, err := apply(t.Context(), store, "", a, filepath.Join(dir, "copy.yaml"))
	require.NoError(t, err)
	require.Equal(t, []string{fileCreated, fileUnchanged}, changesOf(got))
	got, err = apply(t.Context(), store, "", a)
	require.NoError(t, err)
	require.Equal(t, []string{fileUnchanged}, changesOf(got))

	_, err = apply(t.Context(), store, "", b, changed)
	require.ErrorIs(t, err, report.ErrInvalid)
	require.ErrorContains(t, err, changed+": ")
	require.ErrorContains(t, err, "Give the changed file a new version")
	stored, err := store.ListTemplates(t.Context())
	require.NoError(t, err)
	require.Len(t, stored, 1, "all or none")
	require.Equal(t, "of the file", stored[0].Note)

	_, err = apply(t.Context(), store, "board's wish", b)
	require.NoError(t, err)
	newest, err := catalog.Newest(t.Context(), store.Queries, "daily")
	require.NoError(t, err)
	require.Equal(t, "board's wish", newest.Note)
}

func TestDryRunOfTemplates(t *testing.T) {
	t.Parallel()
	store := testStore(t)
	dir := folder(t, map[string]string{"a.yaml": layout("1.0.0", "A"), "b.yaml": layout("1.1.0", "B")})
	a, b := filepath.Join(dir, "a.yaml"), filepath.Join(dir, "b.yaml")
	_, err := apply(t.Context(), store, "", a)
	require.NoError(t, err)
	dry := func(json bool, paths ...string) (out, errOut string, err error) {
		files, err := parseTemplates(paths, fact.Builtin())
		require.NoError(t, err)
		changes, err := planTemplates(t.Context(), store.Queries, files, "")
		require.NoError(t, err)
		var o, e bytes.Buffer
		err = (&app{out: &o, err: &e, json: json}).printTemplates(files, changes, true)
		return o.String(), e.String(), err
	}
	out, errOut, err := dry(false, a)
	require.NoError(t, err)
	require.Empty(t, out)
	require.Equal(t, "template daily 1.0.0: no difference\n", errOut)

	out, _, err = dry(false, a, b)
	require.ErrorIs(t, err, errNo)
	require.True(t, strings.HasPrefix(out, "template daily 1.1.0: would be new\n--- daily@1.0.0\n+++ "+b+"\n@@"), out)

	out, _, err = dry(true, a, b)
	require.ErrorIs(t, err, errNo)
	var got []appliedTemplate
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	require.Equal(t, []string{fileUnchanged, fileCreated}, []string{got[0].Change, got[1].Change})
	require.Contains(t, got[1].Diff, "+version: 1.1.0\n")

	stored, err := store.ListTemplates(t.Context())
	require.NoError(t, err)
	require.Len(t, stored, 1, "nothing is written")
}

func TestShowTemplates(t *testing.T) {
	t.Parallel()
	store := testStore(t)
	_, err := catalog.Newest(t.Context(), store.Queries, "daily")
	require.ErrorIs(t, err, report.ErrNotFound)
	require.ErrorContains(t, err, "nor any other")
	for _, version := range []string{"1.2.0", "1.10.0", "2.0.0", "1.2.1"} {
		dir := folder(t, map[string]string{"t.yaml": layout(version, "T"+version)})
		_, err := apply(t.Context(), store, "", filepath.Join(dir, "t.yaml"))
		require.NoError(t, err)
	}
	for ref, version := range map[string]string{"daily": "2.0.0", "daily@1": "1.10.0", "daily@1.2": "1.2.1", "daily@1.2.0": "1.2.0", "daily@1.10": "1.10.0", "daily@2": "2.0.0"} {
		got, err := catalog.Newest(t.Context(), store.Queries, ref)
		require.NoError(t, err, ref)
		require.Equal(t, version, got.Version, ref)
		var out bytes.Buffer
		require.NoError(t, (&app{out: &out}).printTemplate(got, nil))
		require.Equal(t, layout(version, "T"+version), out.String(), "byte for byte")
	}
	for ref, says := range map[string]string{
		"daily@3":     "template daily has no version 3. It has 2.0.0, 1.10.0, 1.2.1, 1.2.0",
		"daily@1.1":   "template daily has no version 1.1. It has",
		"daily@1.2.2": "template daily has no version 1.2.2. It has",
		"weekly":      `there is no template "weekly". There is daily. Apply its file`,
	} {
		_, err := catalog.Newest(t.Context(), store.Queries, ref)
		require.ErrorIs(t, err, report.ErrNotFound, ref)
		require.ErrorContains(t, err, says)
		require.Equal(t, exitUsage, exitCode(t.Context(), err))
	}
}

func TestShowTemplateAsJSON(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	a := &app{out: &out, json: true}
	require.NoError(t, a.printTemplate(db.CobTemplate{Name: "daily", Version: "1.0.0", Spec: []byte("name: daily\r\n"), Sha256: []byte{1, 255}}, nil))
	var got shownTemplate
	require.NoError(t, json.Unmarshal(out.Bytes(), &got))
	require.Equal(t, shownTemplate{Template: "daily", Version: "1.0.0", SHA256: "01ff", File: "name: daily\r\n"}, got)
}

func TestDiffOfVersionsAndFiles(t *testing.T) {
	t.Parallel()
	store := testStore(t)
	dir := folder(t, map[string]string{"a.yaml": layout("1.0.0", "A"), "b.yaml": layout("1.1.0", "A")})
	_, err := apply(t.Context(), store, "", dir)
	require.NoError(t, err)
	file := filepath.Join(dir, "b.yaml")
	for _, tt := range []struct {
		name     string
		refs     []string
		from, to string
		differ   bool
	}{
		{"two versions", []string{"daily@1.0", "daily@1.1.0"}, "daily@1.0.0", "daily@1.1.0", true},
		{"the newest and itself", []string{"daily", "daily@1.1"}, "daily@1.1.0", "daily@1.1.0", false},
		{"a version and a file", []string{"daily@1.0", file}, "daily@1.0.0", file, true},
		{"the newest and its file", []string{"daily", file}, "daily@1.1.0", file, false},
		{"a file and a version", []string{file, "daily@1.0"}, file, "daily@1.0.0", true},
	} {
		var out bytes.Buffer
		err := (&app{out: &out, quiet: true}).diffSides(t.Context(), store.Queries, tt.refs, fact.Builtin())
		if !tt.differ {
			require.NoError(t, err, tt.name)
			require.Empty(t, out.String(), tt.name)
			continue
		}
		require.ErrorIs(t, err, errNo, tt.name)
		require.True(t, strings.HasPrefix(out.String(), "--- "+tt.from+"\n+++ "+tt.to+"\n@@"), out.String())
	}
	require.ErrorIs(t, (&app{}).diffSides(t.Context(), store.Queries, []string{"daily", "weekly"}, fact.Builtin()), report.ErrNotFound)
}
