package ingest_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/dev/testserver"
	"github.com/closeofbusiness/cob/ingest"
	"github.com/closeofbusiness/cob/report"
)

// noteWith is a good note with some of its fields changed; nil leaves one out.
func noteWith(t testing.TB, changed map[string]any) string {
	t.Helper()
	note := map[string]any{
		"kind": "note", "source": "wiki", "note": "RB-12", "type": "runbook", "domain": "prompt injection", "title": "When a target obeys injected text",
		"author": "M. Ferrari", "date": "2026-10-01", "url": "https://wiki.example.org/rb-12", "notes": "Take the target off line.\nThen read the run.", "tags": []string{"promptinject", "kb-search"},
	}
	maps.Copy(note, changed)
	for k, v := range note {
		if v == nil {
			delete(note, k)
		}
	}
	b, err := json.Marshal(note)
	require.NoError(t, err)
	return string(b) + "\n"
}

func takeNotes(t testing.TB, conn *pgxpool.Pool, text string) (ingest.Result, error) {
	t.Helper()
	return ingest.NDJSON(t.Context(), conn, strings.NewReader(text), "notes.ndjson", ingest.Options{})
}

// Every refusal names the field, and keeps nothing.
func TestNoteRules(t *testing.T) {
	t.Parallel()
	conn := open(t)
	long := strings.Repeat("ä", 201)
	for name, c := range map[string]struct {
		field string
		value any
		want  string // empty: taken
	}{
		"no title":                      {"title", nil, "title: missing"},
		"an empty title":                {"title", "", `title: "" is empty; a title of 1 to 200 printable characters was expected`},
		"a blank title":                 {"title", " \u200b ", "title: "},
		"a title of 201":                {"title", long, "201 characters long"},
		"a title of 200":                {"title", long[:400], ""},
		"a title of two lines":          {"title", "a\nb", "written with a control character"},
		"a title that is a number":      {"title", 7, "title: "},
		"a tag in the title":            {"title", "<b>x</b>", `title: "<b>x</b>" is written with an HTML tag`},
		"a closing tag in the title":    {"title", "x</b", "title: "},
		"a comment in the title":        {"title", "x <!-- y", "an HTML tag"},
		"an instruction in the title":   {"title", "<?php", "an HTML tag"},
		"an entity in the title":        {"title", "a &lt;b", `an HTML character reference`},
		"an entity without its end":     {"title", "a &ltb", "an HTML character reference"},
		"a numbered entity":             {"title", "a &#60;b", "an HTML character reference"},
		"less than":                     {"title", "a < b, c > d, <3, 4<5", ""},
		"an ampersand":                  {"title", "AT&T, Q&A & co", ""},
		"no author":                     {"author", nil, "author: missing"},
		"an author of 101":              {"author", long[:202], "author: "},
		"an author of 100":              {"author", long[:200], ""},
		"a tag in the author":           {"author", "<script>", "author: \"<script>\" is written with an HTML tag"},
		"no date":                       {"date", nil, "date: missing"},
		"no day":                        {"date", "2026-02-29", "date: \"2026-02-29\" is no date"},
		"a leap day":                    {"date", "2028-02-29", ""},
		"a short day":                   {"date", "2026-2-1", "date: "},
		"a time":                        {"date", "2026-10-01T00:00:00Z", "date: "},
		"before 1970":                   {"date", "1969-12-31", "date: \"1969-12-31\" is not between 1970 and 2200"},
		"1970":                          {"date", "1970-01-01", ""},
		"2199":                          {"date", "2199-12-31", ""},
		"2200":                          {"date", "2200-01-01", "date: "},
		"a date that is a number":       {"date", 20261001, "date: "},
		"no address":                    {"url", nil, "url: missing"},
		"http":                          {"url", "http://wiki.example.org/", "url: "},
		"javascript":                    {"url", "javascript:alert(1)", "url: "},
		"no host":                       {"url", "https:///rb-12", "url: "},
		"a host of digits":              {"url", "https://10.0.0.1/", "url: "},
		"a host with an underscore":     {"url", "https://wiki_x.example.org/", "url: "},
		"a user":                        {"url", "https://me:secret@wiki.example.org/", "url: "},
		"a port":                        {"url", "https://wiki.example.org:8443/", "url: "},
		"a space in the address":        {"url", "https://wiki.example.org/a b", "url: "},
		"a tag in the notes":            {"notes", "see <a href=x>", "notes: "},
		"an entity in the notes":        {"notes", "&nbsp;", "notes: "},
		"notes of 4001":                 {"notes", strings.Repeat("x", 4001), "notes: "},
		"notes of 4000":                 {"notes", strings.Repeat("ü", 4000), ""},
		"no notes":                      {"notes", nil, ""},
		"empty notes":                   {"notes", "", "notes: "},
		"a NUL in the notes":            {"notes", "a\x00b", "notes: "},
		"an escape in the notes":        {"notes", "a\x1b[2J", "notes: "},
		"another type":                  {"type", "memo", `type: "memo"; one of runbook, policy, advisory was expected`},
		"no type":                       {"type", nil, "type: missing"},
		"no domain":                     {"domain", nil, "domain: missing"},
		"a domain of 101":               {"domain", strings.Repeat("x", 101), "domain: "},
		"no name":                       {"note", nil, "note: missing"},
		"tags that are one text":        {"tags", "a, b", "tags: "},
		"no tag":                        {"tags", []string{}, "tags: 0 tags"},
		"21 tags":                       {"tags", strings.Split(strings.Repeat("x ", 21), " "), "tags: 22 tags"},
		"a tag with a comma":            {"tags", []string{"a", "b,c"}, `tags[1]: "b,c" is written with a comma`},
		"an empty tag":                  {"tags", []string{""}, "tags[0]: "},
		"markup in a tag":               {"tags", []string{"<i>"}, "tags[0]: "},
		"an unknown field":              {"colour", "red", "colour: not a field of this kind"},
		"withdrawn that is a text":      {"withdrawn", "yes", "withdrawn: "},
		"withdrawn beside its contents": {"withdrawn", true, "author: not a field of this kind"},
		"not withdrawn":                 {"withdrawn", false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			text := noteWith(t, map[string]any{c.field: c.value, "note": "N " + name})
			if c.field == "note" {
				text = noteWith(t, map[string]any{c.field: c.value})
			}
			res, err := takeNotes(t, conn, text)
			if c.want == "" {
				require.NoError(t, err)
				require.Equal(t, map[string]int64{"note": 1}, res.Rows)
				return
			}
			require.ErrorIs(t, err, report.ErrInvalid)
			require.ErrorContains(t, err, c.want)
			var line *ingest.LineError
			require.ErrorAs(t, err, &line)
			if field, _, ok := strings.Cut(line.Field, "["); ok || c.field != "withdrawn" {
				require.Equal(t, c.field, field)
			}
			require.Zero(t, number(t, conn, `SELECT count(*) FROM ops.note WHERE name = 'N `+strings.ReplaceAll(name, "'", "''")+`'`))
		})
	}
	require.Zero(t, number(t, conn, `SELECT count(*) FROM staging.note`))
}

// A note is revised and withdrawn by later batches; what was known stays.
func TestNoteVersions(t *testing.T) {
	t.Parallel()
	conn := open(t)
	first, err := takeNotes(t, conn, noteWith(t, nil)+noteWith(t, map[string]any{"note": "RB-13", "tags": nil}))
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"note": 2}, first.Rows)
	require.Equal(t, int64(1), number(t, conn, `SELECT count(*) FROM ops.note WHERE tags = 'promptinject, kb-search' AND date = '2026-10-01'`))

	// The same again in another file is nothing new.
	same, err := takeNotes(t, conn, noteWith(t, nil)+"\n")
	require.NoError(t, err)
	require.False(t, same.Already)
	require.Empty(t, same.Rows)

	// Of two lines about one note the later counts.
	revised, err := takeNotes(t, conn, noteWith(t, map[string]any{"title": "Thrown away"})+noteWith(t, map[string]any{"title": "Revised"}))
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"note": 1}, revised.Rows)
	require.Equal(t, int64(1), number(t, conn, `SELECT count(*) FROM ops.note WHERE title = 'Revised'`))
	require.Zero(t, number(t, conn, `SELECT count(*) FROM ops.note WHERE title = 'Thrown away'`))

	withdrawn, err := takeNotes(t, conn, `{"kind":"note","source":"wiki","note":"RB-12","withdrawn":true}`)
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"note": 1}, withdrawn.Rows)
	again, err := takeNotes(t, conn, `{"kind":"note","source":"wiki","note":"RB-12","withdrawn":true} `)
	require.NoError(t, err)
	require.Empty(t, again.Rows)
	require.Equal(t, int64(3), number(t, conn, `SELECT count(*) FROM ops.note WHERE name = 'RB-12'`))

	_, err = takeNotes(t, conn, noteWith(t, map[string]any{"note": "RB-14"})+`{"kind":"note","source":"wiki","note":"RB-99","withdrawn":true}`)
	require.ErrorIs(t, err, report.ErrInvalid)
	require.ErrorContains(t, err, `notes.ndjson:2: note: "RB-99" is not known`)
	require.Zero(t, number(t, conn, `SELECT count(*) FROM ops.note WHERE name = 'RB-14'`))

	_, err = conn.Exec(t.Context(), `UPDATE ops.note SET title = 'x'`)
	require.ErrorContains(t, err, "permission denied")
}

// What people wrote is erased with its batch, by the owner alone.
func TestNotesAreErasedAndElseStay(t *testing.T) {
	t.Parallel()
	database := testserver.New(t)
	store, err := db.Open(t.Context(), db.Config{URL: database.AppURL, ApplicationName: "ingest test", Conns: 4})
	require.NoError(t, err)
	t.Cleanup(store.Close)
	admin, err := pgxpool.New(t.Context(), database.AdminURL)
	require.NoError(t, err)
	t.Cleanup(admin.Close)
	conn := store.Pool
	first, err := takeNotes(t, conn, noteWith(t, nil))
	require.NoError(t, err)
	_, err = takeNotes(t, conn, noteWith(t, map[string]any{"author": "K. Brandt"}))
	require.NoError(t, err)
	for _, change := range []string{`UPDATE ops.note SET title = 'x'`, `DELETE FROM ops.note`, `TRUNCATE ops.note`} {
		_, err = admin.Exec(t.Context(), change)
		require.ErrorContains(t, err, "append-only")
	}
	require.Equal(t, int64(1), number(t, admin, `SELECT ops.erase($1, 'asked for', 'test')`, first.Batch))
	require.Zero(t, number(t, conn, `SELECT count(*) FROM ops.note WHERE author = 'M. Ferrari'`))
	require.Equal(t, int64(1), number(t, conn, `SELECT count(*) FROM ops.note`))
}

func TestNotesLoadedAsHistoryKeepTheirOrder(t *testing.T) {
	t.Parallel()
	conn := open(t)
	past := time.Now().Add(-48 * time.Hour).Truncate(time.Second)
	_, err := ingest.NDJSON(t.Context(), conn, strings.NewReader(noteWith(t, nil)), "old.ndjson", ingest.Options{RecordedAt: past})
	require.NoError(t, err)
	require.Equal(t, int64(1), number(t, conn, `SELECT count(*) FROM ops.note n JOIN ops.batch b ON b.id = n.batch WHERE b.recorded_at = $1`, past))
}
