package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/ledger"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/calendar"
)

func TestStatesAreChecked(t *testing.T) {
	t.Parallel()
	w, err := cyclesFlags{state: "owed, late,unacknowledged"}.parse()
	require.NoError(t, err)
	require.Equal(t, []string{"owed", "late", "unacknowledged"}, w.states)
	_, err = cyclesFlags{state: "owed,lost"}.parse()
	require.ErrorIs(t, err, errUsage)
	for _, s := range report.States() {
		require.ErrorContains(t, err, string(s))
	}
	_, err = cyclesFlags{from: "yesterday"}.parse()
	require.ErrorIs(t, err, report.ErrInvalid)
}

func TestALateReportIsStillIssued(t *testing.T) {
	t.Parallel()
	w := wanted{states: []string{late}}
	require.True(t, w.matches(ledger.Entry{State: report.Issued, Late: true}))
	require.False(t, w.matches(ledger.Entry{State: report.Owed}))
	require.True(t, wanted{}.matches(ledger.Entry{State: report.Owed}))
}

func TestTheSummaryCountsWhatIsToBeLookedAfter(t *testing.T) {
	t.Parallel()
	require.Equal(t, "2 late, 1 awaiting data, 1 held, 1 failed, 1 unacknowledged", summary([]ledger.Entry{
		{State: report.Issued, Late: true}, {State: report.Held, Late: true}, {State: report.AwaitingData},
		{State: report.Failed, Late: true}, {State: report.IssuedQualified, Unacknowledged: true}, {State: report.Waived},
	}))
	require.Equal(t, "all of them are issued or waived", summary([]ledger.Entry{{State: report.Issued}}))
	require.Contains(t, summary(nil), "nothing")
}

// Programs get instants, whatever the zone of the series is.
func TestTimesOffATerminal(t *testing.T) {
	t.Parallel()
	london, err := time.LoadLocation("Europe/London")
	require.NoError(t, err)
	cal, err := calendar.New(calendar.Rule{Cutoff: "17:00", Zone: london})
	require.NoError(t, err)
	a := &app{out: &bytes.Buffer{}}
	cutoff := cal.Cutoff("2026-07-20")
	e := ledger.Entry{Series: "daily", Date: "2026-07-20", State: report.AwaitingData, Cutoff: cutoff, Deadline: cutoff.Add(time.Hour), Detail: "desk has promised nothing"}
	row := a.cycleRow(&ledger.Plan{Calendar: cal}, e)
	require.Equal(t, []string{"daily", "2026-07-20", "awaiting_data", "", "2026-07-20T16:00:00Z", "", "", "", "",
		"until 2026-07-20T17:00:00Z: desk has promised nothing"}, row)
}

func TestARangeNeedsBothEnds(t *testing.T) {
	t.Parallel()
	for line, says := range map[string]string{
		"run --series daily --from 2026-11-02":                                       "--to",
		"run --series daily --to 2026-11-02":                                         "--from",
		"run --series daily --date 2026-11-02 --from 2026-11-02 --to 2026-11-03":     "--date, or",
		"run --series daily --as-of yesterday":                                       "as_of",
		"run --series daily --wait --timeout 0s":                                     "--timeout",
		"proceed --series daily --date 2026-11-02":                                   "reason",
		"waive --series daily --date 2026-11-02 --reason x --by \x1b":                "by",
		"ack --series daily --date 2026-11-02 --note " + strings.Repeat("long", 200): "--note",
	} {
		var out, errOut bytes.Buffer
		require.Equal(t, exitUsage, run(t.Context(), strings.Fields(line), &out, &errOut), "%s: %s", line, errOut.String())
		require.Contains(t, errOut.String(), says, line)
		require.Empty(t, out.String(), line)
	}
}
