package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/catalog"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/dev/testserver"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/series"
)

// picture is a PNG of that size.
func picture(t *testing.T, side int, c color.Color) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, side, side))
	m.Set(0, 0, c)
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, m))
	return b.Bytes()
}

// applyText applies a template in a folder of its own.
func applyText(t *testing.T, store *db.Store, text string) error {
	t.Helper()
	_, err := apply(t.Context(), store, "", filepath.Join(folder(t, map[string]string{"t.yaml": text}), "t.yaml"))
	return err
}

// A version's number decides, not when it was applied, nor how it is written.
func TestSeriesFollowTheHighestVersionOfARange(t *testing.T) {
	t.Parallel()
	store := testStore(t)
	for _, version := range []string{"1.10.0", "2.0.0", "1.9.0", "1.2.10", "1.2.9", "1.2.0"} {
		require.NoError(t, applyText(t, store, layout(version, "T")))
	}
	for ref, version := range map[string]string{"daily": "2.0.0", "daily@1": "1.10.0", "daily@1.2": "1.2.10", "daily@1.2.0": "1.2.0", "daily@1.9": "1.9.0"} {
		s, err := series.Parse([]byte("name: d\ntemplate: " + ref + "\ncutoff: \"17:00\"\ntime_zone: UTC\n"))
		require.NoError(t, err)
		l, err := catalog.OfSeries(t.Context(), store.Queries, s)
		require.NoError(t, err)
		require.Equal(t, version, l.Template.Version, ref)
		sum := sha256.Sum256([]byte(layout(version, "T")))
		require.Equal(t, hex.EncodeToString(sum[:]), l.SHA256)
	}
	all, err := catalog.Templates(t.Context(), store.Queries)
	require.NoError(t, err)
	var order []string
	for _, row := range all {
		order = append(order, row.Version)
	}
	require.Equal(t, []string{"1.2.0", "1.2.9", "1.2.10", "1.9.0", "1.10.0", "2.0.0"}, order)

	_, err = catalog.Newest(t.Context(), store.Queries, "daily@1.3")
	require.ErrorIs(t, err, report.ErrNotFound)
	require.ErrorContains(t, err, "template daily has no version 1.3. It has 2.0.0, 1.10.0, 1.9.0, 1.2.10, 1.2.9, 1.2.0")
}

func TestARangeThatNothingMatchesIsRefused(t *testing.T) {
	t.Parallel()
	store := testStore(t)
	c, err := readConfigured(t.Context(), store.Queries)
	require.NoError(t, err)
	require.ErrorContains(t, c.follows("daily"), `there is no template "daily". Apply it first`)
	for _, version := range []string{"1.10.0", "1.9.0"} {
		require.NoError(t, applyText(t, store, layout(version, "T")))
	}
	c, err = readConfigured(t.Context(), store.Queries)
	require.NoError(t, err)
	for _, ref := range []string{"daily", "daily@1", "daily@1.9", "daily@1.10.0"} {
		require.NoError(t, c.follows(ref), ref)
	}
	for _, ref := range []string{"daily@2", "daily@1.1", "daily@1.9.1"} {
		require.ErrorIs(t, c.follows(ref), report.ErrInvalid, ref)
		require.ErrorContains(t, c.follows(ref), "There is 1.9.0, 1.10.0. Apply it first")
	}
}

func TestAFurtherVersionSaysWhatItChanged(t *testing.T) {
	t.Parallel()
	store := testStore(t)
	silent := func(version string) string {
		return strings.Replace(layout(version, "T"), "note: of the file\n", "", 1)
	}
	require.NoError(t, applyText(t, store, silent("1.0.0")), "the first needs no note")
	err := applyText(t, store, silent("1.1.0"))
	require.ErrorIs(t, err, report.ErrInvalid)
	require.ErrorContains(t, err, "template daily@1.1.0 is new and says nothing of what it changes. Give the file a note, or: --note TEXT")
	_, err = apply(t.Context(), store, "as asked", filepath.Join(folder(t, map[string]string{"t.yaml": silent("1.1.0")}), "t.yaml"))
	require.NoError(t, err)
	require.NoError(t, applyText(t, store, silent("1.1.0")), "it is unchanged")
}

func TestTemplatesStayAsTheyWereApplied(t *testing.T) {
	t.Parallel()
	database := testserver.New(t)
	store, err := db.Open(t.Context(), db.Config{URL: database.AppURL})
	require.NoError(t, err)
	t.Cleanup(store.Close)
	dir := folder(t, map[string]string{"t.yaml": layout("1.0.0", "T") + "output: {logo: {file: logo.png, alt: ACME}}\n", "logo.png": string(picture(t, 8, color.Black))})
	_, err = apply(t.Context(), store, "", filepath.Join(dir, "t.yaml"))
	require.NoError(t, err)
	for _, url := range []string{database.OwnerURL, database.AppURL} {
		conn, err := pgx.Connect(t.Context(), url)
		require.NoError(t, err)
		for _, table := range []string{"cob.template", "cob.template_file"} {
			for _, sql := range []string{"UPDATE " + table + " SET name = 'other'", "DELETE FROM " + table, "TRUNCATE " + table + " CASCADE"} {
				_, err := conn.Exec(t.Context(), sql)
				require.Error(t, err, sql)
			}
		}
		require.NoError(t, conn.Close(context.WithoutCancel(t.Context())))
	}
}

func TestTemplateListTellsIdentity(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	a := &app{out: &out, json: true}
	require.NoError(t, a.printTemplate(db.CobTemplate{Name: "daily", Version: "1.0.0", Note: "n", AppliedBy: "os-user:m", Sha256: []byte{1, 255}},
		[]db.TemplateFilesRow{{File: "logo.png", Sha256: []byte{2}, Size: 7}}))
	var got shownTemplate
	require.NoError(t, json.Unmarshal(out.Bytes(), &got))
	require.Equal(t, []string{"n", "os-user:m", "01ff"}, []string{got.Note, got.AppliedBy, got.SHA256})
	require.Equal(t, []shownFile{{"logo.png", "02", 7}}, got.Files)
}

// A logo's bytes belong to the version, and so does its digest.
func TestLogos(t *testing.T) {
	t.Parallel()
	store := testStore(t)
	text := layout("1.0.0", "T") + "output: {logo: {file: img/logo.png, alt: ACME}}\n"
	dir := folder(t, map[string]string{"t.yaml": text})
	path, logo := filepath.Join(dir, "t.yaml"), filepath.Join(dir, "img", "logo.png")
	require.NoError(t, os.Mkdir(filepath.Dir(logo), 0o750))
	black := picture(t, 8, color.Black)
	require.NoError(t, os.WriteFile(logo, black, 0o600))
	got, err := apply(t.Context(), store, "", path)
	require.NoError(t, err)
	require.Equal(t, []string{fileCreated}, changesOf(got))
	got, err = apply(t.Context(), store, "", path)
	require.NoError(t, err)
	require.Equal(t, []string{fileUnchanged}, changesOf(got))

	row, err := catalog.Newest(t.Context(), store.Queries, "daily")
	require.NoError(t, err)
	want := sha256.Sum256(fmt.Appendf(nil, "%x  template\n%x  img/logo.png\n", sha256.Sum256([]byte(text)), sha256.Sum256(black)))
	require.Equal(t, want[:], row.Sha256)

	require.NoError(t, os.WriteFile(logo, picture(t, 8, color.White), 0o600))
	_, err = apply(t.Context(), store, "", path)
	require.ErrorIs(t, err, report.ErrInvalid)
	require.ErrorContains(t, err, "was applied before with other content", "another logo is another version")
	require.NoError(t, os.Remove(logo))

	kept, err := catalog.Template(t.Context(), store.Queries, row, fact.Builtin())
	require.NoError(t, err)
	require.Equal(t, black, kept.Output.Logo.Data, "as it was applied, although the file is gone")
	require.Equal(t, "image/png", kept.Output.Logo.MediaType)

	restored, _, err := restored(t.Context(), store.Queries, "daily@1.0.0", restoreFlags{})
	require.NoError(t, err)
	_, err = storeTemplates(t.Context(), store, []*templateFile{restored}, "")
	require.NoError(t, err)
	files, err := store.TemplateFiles(t.Context(), "daily", "1.1.0")
	require.NoError(t, err)
	require.Len(t, files, 1)
	require.Equal(t, black, files[0].Body)
}

func TestLogosThatAreRefused(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"svg.png": "<svg xmlns='http://www.w3.org/2000/svg'/>", "empty.png": "", "cut.png": string(picture(t, 8, color.Black)[:20]),
		"wide.png": string(picture(t, 2001, color.Black)), "large.png": string(append(picture(t, 8, color.Black), make([]byte, 256<<10)...)),
	})
	outside := filepath.Join(t.TempDir(), "logo.png")
	require.NoError(t, os.WriteFile(outside, picture(t, 8, color.Black), 0o600))
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "link.png")))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder.png"), 0o750))
	for file, says := range map[string]string{
		"none.png": "no such file", "svg.png": "not a PNG or JPEG image", "empty.png": "not a PNG or JPEG image", "cut.png": "not a PNG or JPEG image",
		"wide.png": "pixels of an image's side", "large.png": "bytes of an image", "link.png": "escapes", "folder.png": "is a directory",
	} {
		path := filepath.Join(dir, "t.yaml")
		require.NoError(t, os.WriteFile(path, []byte(layout("1.0.0", "T")+"output:\n  logo: {file: "+file+", alt: ACME}\n"), 0o600))
		code, _, errOut := starter(t, "template", "validate", path)
		require.Equal(t, exitUsage, code, file)
		require.Contains(t, errOut, path+": line 9: output.logo.file: found \""+file+"\": ", file)
		require.Contains(t, errOut, says, file)
	}
}

func TestRestoreMakesANewVersion(t *testing.T) {
	t.Parallel()
	store := testStore(t)
	old := layout("1.0.0", "A")
	for _, text := range []string{old, layout("1.9.0", "B"), layout("1.10.3", "C")} {
		require.NoError(t, applyText(t, store, text))
	}
	restore := func(ref string, f restoreFlags) (string, error) {
		var out bytes.Buffer
		a := &app{out: &out, err: &out}
		file, _, err := restored(t.Context(), store.Queries, ref, f)
		if err != nil {
			return "", err
		}
		err = a.recordTemplates(t.Context(), store, []*templateFile{file}, "", f.dryRun)
		return out.String(), err
	}
	out, err := restore("daily@1.0.0", restoreFlags{dryRun: true})
	require.ErrorIs(t, err, errNo)
	require.True(t, strings.HasPrefix(out, "template daily 1.11.0: would be new\n--- daily@1.10.3\n+++ daily@1.11.0\n"), out)

	out, err = restore("daily@1.0.0", restoreFlags{})
	require.NoError(t, err)
	require.Equal(t, "TEMPLATE\tVERSION\tCHANGE\ndaily\t1.11.0\tcreated\n", out)
	row, err := catalog.Newest(t.Context(), store.Queries, "daily")
	require.NoError(t, err)
	require.Equal(t, strings.NewReplacer("version: 1.0.0", `version: "1.11.0"`, "note: of the file", `note: "restores 1.0.0"`).Replace(old), string(row.Spec))
	require.Equal(t, []string{"1.11.0", "restores 1.0.0"}, []string{row.Version, row.Note})

	_, err = restore("daily@1.0.0", restoreFlags{as: "1.0.1", note: "for those who stayed"})
	require.NoError(t, err)
	row, err = catalog.Newest(t.Context(), store.Queries, "daily@1.0")
	require.NoError(t, err)
	require.Equal(t, []string{"1.0.1", "for those who stayed"}, []string{row.Version, row.Note})
	first, err := catalog.Newest(t.Context(), store.Queries, "daily@1.0.0")
	require.NoError(t, err)
	require.Equal(t, old, string(first.Spec), "the old one stays")

	_, err = restore("daily@1.0.0", restoreFlags{as: "1.9.0"})
	require.ErrorIs(t, err, report.ErrInvalid)
	require.ErrorContains(t, err, "template daily 1.9.0 was applied before")
	_, err = restore("daily@3", restoreFlags{})
	require.ErrorIs(t, err, report.ErrNotFound)
	for _, args := range [][]string{{"restore", "daily@x"}, {"restore", "daily@1.0.0", "--as", "2"}, {"rehearse", "daily", "--days", "0"}, {"rehearse", "daily", "--days", "261"}} {
		code, _, _ := starter(t, append([]string{"template"}, args...)...)
		require.Equal(t, exitUsage, code, args)
	}
}
