package main

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/catalog"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/metric"
)

// waiting is a metric of that version, by these dimensions.
func waiting(version, dimensions string) string {
	return "# a comment\nid: desk.waiting\nversion: " + version + "\nnote: of the file\nkind: stock\nsource: desk\naggregate: {last: waiting}\nunit: count\ndimensions: " + dimensions + "\n"
}

func TestValidateMetrics(t *testing.T) {
	t.Parallel()
	code, out, errOut := starter(t, "metric", "validate", filepath.Join("..", "metrics"))
	require.Equal(t, exitDone, code, errOut)
	require.Contains(t, out, "tickets.first_response\t1\tvalid\n")

	dir := folder(t, map[string]string{"a.yaml": "id: x\nversion: 1\n", "b.yaml": waiting("1", "[queue]"), "c.yaml": waiting("1", "[desk]")})
	code, out, errOut = starter(t, "metric", "validate", dir)
	require.Equal(t, exitUsage, code)
	require.Empty(t, out)
	for _, want := range []string{filepath.Join(dir, "a.yaml") + ": metric file: id: ", filepath.Join(dir, "a.yaml") + ": metric file: unit: nothing found",
		filepath.Join(dir, "c.yaml") + ": metric desk.waiting is in " + filepath.Join(dir, "b.yaml") + " already"} {
		require.Contains(t, errOut, want)
	}
	code, out, _ = starter(t, "metric", "schema")
	require.Equal(t, exitDone, code)
	require.Equal(t, metric.Schema(), out)
	code, _, _ = starter(t, "metric", "show", "Desk!")
	require.Equal(t, exitUsage, code)
}

// A template over metrics of one's own needs no server to be checked.
func TestValidateTemplatesWithMetrics(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"m.yaml": waiting("1", "[queue]"), "t.yml": "name: desk\nversion: 1.0.0\ntitle: Desk\nblocks:\n  - kpis: [desk.waiting]\n  - table: {of: \"desk.waiting{queue}\"}\n  - data_notes: {}\n"})
	m, tmpl := filepath.Join(dir, "m.yaml"), filepath.Join(dir, "t.yml")
	code, _, errOut := starter(t, "template", "validate", tmpl)
	require.Equal(t, exitUsage, code)
	require.Contains(t, errOut, `found "desk.waiting", expected a known metric`)
	code, _, errOut = starter(t, "template", "validate", "--metrics", m, tmpl)
	require.Equal(t, exitDone, code, errOut)
	code, _, errOut = starter(t, "template", "validate", "--metrics", tmpl, tmpl)
	require.Equal(t, exitUsage, code)
	require.Contains(t, errOut, "metric file")
	code, _, errOut = starter(t, "template", "diff", "--metrics", m, tmpl, tmpl)
	require.Equal(t, exitDone, code, errOut)
}

// applyMetric applies files as the command does.
func applyMetric(ctx context.Context, store *db.Store, note string, paths ...string) ([]fileChange, error) {
	files, err := parseMetrics(paths)
	if err != nil {
		return nil, err
	}
	return storeMetrics(ctx, store, files, note)
}

func TestApplyMetrics(t *testing.T) {
	t.Parallel()
	store := testStore(t)
	dir := folder(t, map[string]string{"1.yaml": waiting("1", "[queue]"), "2.yaml": waiting("2", "[queue, desk]"), "changed.yaml": waiting("2", "[desk]"),
		"3.yaml": waiting("3", "[desk]"), "other.yaml": "id: desk.other\nversion: 1\nkind: flow\nsource: desk\naggregate: {sum: x}\nunit: h\n"})
	path := func(name string) string { return filepath.Join(dir, name) }

	got, err := applyMetric(t.Context(), store, "", path("1.yaml"))
	require.NoError(t, err)
	require.Equal(t, []string{fileCreated}, changesOf(got))
	got, err = applyMetric(t.Context(), store, "", path("1.yaml"))
	require.NoError(t, err)
	require.Equal(t, []string{fileUnchanged}, changesOf(got))
	got, err = applyMetric(t.Context(), store, "by desk too", path("2.yaml"))
	require.NoError(t, err)
	require.Equal(t, []string{fileUpdated}, changesOf(got))

	_, err = applyMetric(t.Context(), store, "", path("other.yaml"), path("changed.yaml"))
	require.ErrorIs(t, err, report.ErrInvalid)
	require.ErrorContains(t, err, path("changed.yaml")+": ")
	require.ErrorContains(t, err, "Give the changed file a higher version")
	older := folder(t, map[string]string{"0.yaml": waiting("1", "[desk]")})
	_, err = applyMetric(t.Context(), store, "", filepath.Join(older, "0.yaml"))
	require.ErrorContains(t, err, "was applied before with other content")
	stored, err := store.ListMetrics(t.Context())
	require.NoError(t, err)
	require.Len(t, stored, 2, "all or none")
	require.Equal(t, "of the file", stored[0].Note)
	require.Equal(t, "by desk too", stored[1].Note)

	registry, err := catalog.Metrics(t.Context(), store.Queries)
	require.NoError(t, err)
	m, ok := registry.Lookup("desk.waiting")
	require.True(t, ok)
	require.Equal(t, 2, m.Version)
	_, err = store.Pool.Exec(t.Context(), `UPDATE cob.metric SET note = ''`)
	require.Error(t, err)

	// Version 3 has no queue any more, and a template is about it.
	_, err = store.Pool.Exec(t.Context(), `INSERT INTO cob.template (name, version, spec, sha256, applied_by) VALUES ('desk', '1.0.0', $1, '', 'test')`,
		[]byte("name: desk\nversion: 1.0.0\ntitle: Desk\nblocks:\n  - table: {of: \"desk.waiting{queue}\"}\n  - data_notes: {}\n"))
	require.NoError(t, err)
	_, err = applyMetric(t.Context(), store, "", path("3.yaml"))
	require.ErrorIs(t, err, report.ErrInvalid)
	require.ErrorContains(t, err, "template desk 1.0.0 could not be laid out with these metrics")
	require.ErrorContains(t, err, "desk.waiting{queue}")

	// An older version that was left out is refused.
	_, err = store.Pool.Exec(t.Context(), `INSERT INTO cob.metric (id, version, spec, sha256, applied_by) VALUES ('desk.waiting', 9, $1, '', 'test')`, []byte(waiting("9", "[queue]")))
	require.NoError(t, err)
	_, err = applyMetric(t.Context(), store, "", path("3.yaml"))
	require.ErrorContains(t, err, "has version 9 already; 3 is older")
}

func TestDryRunOfMetrics(t *testing.T) {
	t.Parallel()
	store := testStore(t)
	dir := folder(t, map[string]string{"1.yaml": waiting("1", "[queue]"), "2.yaml": waiting("2", "[desk]")})
	_, err := applyMetric(t.Context(), store, "", filepath.Join(dir, "1.yaml"))
	require.NoError(t, err)
	dry := func(json bool, name string) (string, error) {
		files, err := parseMetrics([]string{filepath.Join(dir, name)})
		require.NoError(t, err)
		changes, err := planMetrics(t.Context(), store.Queries, files)
		require.NoError(t, err)
		var out bytes.Buffer
		err = (&app{out: &out, err: &bytes.Buffer{}, json: json}).printMetrics(files, changes, true)
		return out.String(), err
	}
	out, err := dry(false, "2.yaml")
	require.ErrorIs(t, err, errNo)
	require.Contains(t, out, "metric desk.waiting 2: would be new\n--- desk.waiting@1\n")
	require.Contains(t, out, "-dimensions: [queue]\n+dimensions: [desk]\n")
	out, err = dry(true, "1.yaml")
	require.NoError(t, err)
	require.JSONEq(t, `[{"metric":"desk.waiting","version":1,"change":"unchanged"}]`, out)
}
