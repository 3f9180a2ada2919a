package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/dev/testserver"
	"github.com/closeofbusiness/cob/ingest"
)

func TestReferences(t *testing.T) {
	t.Parallel()
	store, err := db.Open(t.Context(), db.Config{URL: testserver.New(t).AppURL, ApplicationName: "test"})
	require.NoError(t, err)
	t.Cleanup(store.Close)
	for _, text := range []string{
		`{"kind":"note","source":"wiki","note":"RB-1","type":"runbook","domain":"data leakage","title":"Order numbers of others","author":"A","date":"2026-01-05","url":"https://wiki.example.org/1"}
{"kind":"note","source":"wiki","note":"RB-2","type":"policy","domain":"tools","title":"Tools","author":"A","date":"2026-02-05","url":"https://wiki.example.org/2","notes":"Numbers of tools."}
{"kind":"note","source":"wiki","note":"RB-3","type":"policy","domain":"tools","title":"Gone","author":"A","date":"2026-03-05","url":"https://wiki.example.org/3"}`,
		`{"kind":"note","source":"wiki","note":"RB-3","withdrawn":true}`,
	} {
		_, err := ingest.NDJSON(t.Context(), store.Pool, strings.NewReader(text), "notes.ndjson", ingest.Options{})
		require.NoError(t, err)
	}
	now, err := store.Now(t.Context())
	require.NoError(t, err)
	names := func(notes []shownReference, found int64, err error) string {
		require.NoError(t, err)
		require.Len(t, notes, int(found))
		var out []string
		for _, n := range notes {
			out = append(out, n.Name)
		}
		return strings.Join(out, " ")
	}
	for filter, want := range map[[2]string]string{{"", ""}: "RB-2 RB-1", {"tools", ""}: "RB-2", {"Tools", ""}: "", {"", "runbook"}: "RB-1", {"tools", "runbook"}: ""} {
		require.Equal(t, want, names(referencesOf(t.Context(), store.Queries, now, filter[0], filter[1])), filter)
	}
	for text, want := range map[string]string{"number": "RB-1 RB-2", "order numbers": "RB-1", "numbers of the tools": "RB-2", "gone": "", "order order orders": "RB-1", "the of": "", "'; --": ""} {
		require.Equal(t, want, names(referencesWith(t.Context(), store.Queries, now, strings.Fields(text), "")), text)
	}

	code, _, errOut := starter(t, "reference", "search")
	require.Equal(t, exitUsage, code, errOut)
	code, _, errOut = starter(t, "reference", "list", "--type", "memo")
	require.Equal(t, exitUsage, code)
	require.Contains(t, errOut, `--type "memo": one of runbook, policy, advisory expected`)
}
