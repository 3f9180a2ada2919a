package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/dev/testserver"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/document"
)

func addSeries(t *testing.T, store *db.Store, name, more string) {
	t.Helper()
	spec := []byte("name: " + name + "\ntemplate: daily\ncutoff: \"17:00\"\ntime_zone: UTC\n" + more)
	sum := sha256.Sum256(spec)
	require.NoError(t, store.InsertSeries(t.Context(), db.InsertSeriesParams{Name: name, Version: 1, Spec: spec, Sha256: sum[:], AppliedBy: "test"}))
}

func TestRehearsalNeedsASeries(t *testing.T) {
	t.Parallel()
	store := testStore(t)
	require.NoError(t, applyText(t, store, layout("1.0.0", "T")))
	file := filepath.Join(folder(t, map[string]string{"t.yaml": layout("1.1.0", "T")}), "t.yaml")
	plan := func(arg, series string) (string, error) {
		r, err := newRehearsal(t.Context(), store, arg, rehearseFlags{series: series})
		if err != nil {
			return "", err
		}
		return r.plan.Series.Name + " " + r.layout.Template.Version, nil
	}
	_, err := plan(file, "")
	require.ErrorIs(t, err, errUsage)
	require.ErrorContains(t, err, "no series follows template daily. Say whose reports to draft: --series NAME")

	addSeries(t, store, "one", "")
	for arg, want := range map[string]string{file: "one 1.1.0", "daily": "one 1.0.0", "daily@1.0": "one 1.0.0"} {
		got, err := plan(arg, "")
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	addSeries(t, store, "two", "")
	_, err = plan(file, "")
	require.ErrorIs(t, err, errUsage)
	require.ErrorContains(t, err, "one, two")
	got, err := plan(file, "two")
	require.NoError(t, err)
	require.Equal(t, "two 1.1.0", got)

	addSeries(t, store, "three", "parameters: {worst: 3}\n")
	_, err = plan(file, "three")
	require.ErrorContains(t, err, "series three: ", "a parameter that the template does not have is told before anything is drafted")
	for arg, kind := range map[string]error{"daily@2": report.ErrNotFound, "weekly": report.ErrNotFound, filepath.Dir(file): report.ErrInvalid, file + "x": report.ErrInvalid} {
		_, err := plan(arg, "one")
		require.ErrorIs(t, err, kind, arg)
	}
}

// What a rehearsal reads with can write nothing, and what it stops at is told.
func TestRehearsalIsReadOnlyAndCanBeStopped(t *testing.T) {
	t.Parallel()
	database := testserver.New(t)
	store, err := db.Open(t.Context(), db.Config{URL: database.AppURL})
	require.NoError(t, err)
	t.Cleanup(store.Close)
	require.NoError(t, applyText(t, store, layout("1.0.0", "T")))
	addSeries(t, store, "one", "")
	reader, err := db.Open(t.Context(), db.Config{URL: database.AppURL, ReadOnly: true})
	require.NoError(t, err)
	t.Cleanup(reader.Close)
	sum := sha256.Sum256(nil)
	require.ErrorContains(t, reader.PutContent(t.Context(), sum[:], "text/plain", nil), "read-only")

	r, err := newRehearsal(t.Context(), reader, "daily", rehearseFlags{})
	require.NoError(t, err)
	var out, errOut bytes.Buffer
	a := &app{out: &out, err: &errOut}
	require.NoError(t, a.rehearse(t.Context(), r, rehearseFlags{days: 2}))
	require.Equal(t, 3, bytes.Count(out.Bytes(), []byte("\n")), out.String())
	require.Contains(t, out.String(), "not issued, nothing to compare with")
	require.Contains(t, errOut.String(), "nothing is issued")

	ctx, stop := context.WithCancel(t.Context())
	out.Reset()
	errOut.Reset()
	a.err = &stopping{&errOut, stop}
	err = a.rehearse(ctx, r, rehearseFlags{days: 200})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, exitInterrupted, exitCode(ctx, err))
	require.Contains(t, errOut.String(), "of 200 days are drafted")
	require.Contains(t, out.String(), "DATE\tISSUED", "what was drafted is printed")
}

// stopping stops at the first day that is told.
type stopping struct {
	*bytes.Buffer
	stop func()
}

func (s *stopping) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte("not issued")) {
		s.stop()
	}
	return s.Buffer.Write(b)
}

func TestDifferencesAreSummedUp(t *testing.T) {
	t.Parallel()
	d := func(kind, what string) document.Difference { return document.Difference{Kind: kind, What: what} }
	require.Equal(t, "1 section added, 2 figures changed, 2 boxes removed", counted([]document.Difference{
		d("added", "section"), d("changed", "figure"), d("removed", "box"), d("changed", "figure"), d("removed", "box")}))
	day := rehearsed{Date: "2026-11-20", Revision: 2, Template: "daily 1.0.0", Differences: []document.Difference{{Kind: "changed", What: "figure", Where: "A › b", Before: "1", After: "2"}}}
	require.Equal(t, "2026-11-20: the draft against revision 2, made with daily 1.0.0\n1 figure changed\n\nchanged figure A › b: 1 → 2", day.differences())
	require.Equal(t, "2026-11-20: not issued, nothing to compare with\n", (&rehearsed{Date: "2026-11-20"}).differences())
}
