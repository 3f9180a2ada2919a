package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report"
)

func TestAPipeGetsTabsAndWholeCells(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	a := &app{out: &out}
	long := "a name of more than sixty characters, which a terminal would show cut short"
	require.NoError(t, a.table([]string{"SERIES", "NEXT"}, [][]string{{long, "2026-11-20T17:00:00Z"}}))
	require.Equal(t, "SERIES\tNEXT\n"+long+"\t2026-11-20T17:00:00Z\n", out.String())
}

// Names come from attack data, and a terminal obeys control characters.
func TestHostileCellsAreCleaned(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	a := &app{out: &out}
	require.NoError(t, a.table([]string{"TARGET"}, [][]string{{"\x1b[2Jgone\ttab\nline\u202Eevil"}}))
	require.Equal(t, "TARGET\n[2Jgone tab lineevil\n", out.String())
}

func TestListsAreJSONObjects(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	a := &app{out: &out, json: true}
	require.NoError(t, a.list([]string{"SERIES", "APPLIED AT"}, [][]string{{"daily", "now"}}))
	require.JSONEq(t, `[{"series":"daily","applied_at":"now"}]`, out.String())
	out.Reset()
	require.NoError(t, a.list([]string{"SERIES"}, nil))
	require.JSONEq(t, `[]`, out.String(), "an empty list is a list")
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tc := range []struct {
		ctx  context.Context
		err  error
		want int
	}{
		{t.Context(), nil, exitDone},
		{t.Context(), errNo, exitNo},
		{t.Context(), errors.New("the report failed"), exitNo},
		{t.Context(), fmt.Errorf("doing: %w", report.ErrConflict), exitNo},
		{t.Context(), fmt.Errorf("doing: %w", report.ErrInvalid), exitUsage},
		{t.Context(), fmt.Errorf("doing: %w", report.ErrNotDue), exitUsage},
		{t.Context(), errUsage, exitUsage},
		{t.Context(), fmt.Errorf("doing: %w", report.ErrUnavailable), exitUnknown},
		{interrupted, errors.New("interrupted"), exitInterrupted},
	} {
		require.Equal(t, tc.want, exitCode(tc.ctx, tc.err), "%v", tc.err)
	}
}

func TestMessagesCarryNoMarks(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("series daily: %w: no report is owed on Saturday", report.ErrNotDue)
	require.Equal(t, "series daily: no report is owed on Saturday", message(err))
}

// Every command says what it is for, and refuses what it does not know.
func TestEveryCommandHelps(t *testing.T) {
	t.Parallel()
	for _, line := range [][]string{{}, {"run"}, {"cycles"}, {"ack"}, {"proceed"}, {"waive"}, {"facts"}, {"ingest"}, {"ingest", "garak"}, {"ingest", "ndjson"}, {"sample"},
		{"series"}, {"series", "apply"}, {"series", "diff"}, {"calendar"}, {"calendar", "apply"}, {"calendar", "show"}, {"template"}, {"template", "validate"}, {"template", "apply"}, {"template", "show"}, {"template", "diff"}, {"template", "schema"}, {"migrate"}, {"init"}, {"check"}, {"version"}} {
		var out, errOut bytes.Buffer
		require.Equal(t, exitDone, run(t.Context(), append(line, "--help"), &out, &errOut), line)
		require.NotEmpty(t, out.String(), line)
		require.Equal(t, exitUsage, run(t.Context(), append(line, "--bogus"), &out, &errOut), line)
		require.Contains(t, errOut.String(), "--help", line)
	}
}
