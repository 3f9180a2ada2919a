package calendar

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report"
)

func TestSchedules(t *testing.T) {
	t.Parallel()
	workdays := []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}
	off := []report.Date{"2026-12-25", "2026-12-28", "2026-12-29", "2026-12-30", "2026-12-31", "2027-01-01"}
	half := Extra{Date: "2026-12-24", Hour: 12, Minute: 30}
	for name, tc := range map[string]struct {
		rule Rule
		want Spec
	}{
		"weekdays": {Rule{}, Spec{Weekdays: workdays, Hour: 17}},
		"exceptions": {Rule{Days: england()}, Spec{Weekdays: workdays, Hour: 17,
			Skip: append([]report.Date{"2026-12-24"}, off...), Extra: []Extra{half}}},
		"a half day that closes as ever": {Rule{Days: england(), Cutoff: "12:30"}, Spec{Weekdays: workdays, Hour: 12, Minute: 30, Skip: off}},
		"chosen weekdays": {Rule{Days: england(), Due: "mon,thu,sat"}, Spec{Weekdays: []time.Weekday{time.Monday, time.Thursday}, Hour: 17,
			Skip: []report.Date{"2026-12-24", "2026-12-28", "2026-12-31"}, Extra: []Extra{half}}},
		"weekly, before a holiday": {Rule{Days: england(), Due: "weekly fri"}, Spec{Weekdays: []time.Weekday{time.Friday}, Hour: 17,
			Skip: []report.Date{"2026-12-25", "2027-01-01"}, Extra: []Extra{half}}},
		"weekly on a day that is none": {Rule{Due: "weekly sun"}, Spec{Weekdays: []time.Weekday{time.Friday}, Hour: 17}},
		// The calendar is asked on every business day.
		"monthly": {Rule{Days: england(), Due: "first business day of month"}, Spec{Weekdays: workdays, Hour: 17,
			Skip: append([]report.Date{"2026-12-24"}, off...)}},
		"from Sunday": {Rule{Days: &Days{Name: "gulf", Week: []string{"sun", "mon"}}}, Spec{Weekdays: []time.Weekday{time.Monday, time.Sunday}, Hour: 17}},
	} {
		require.Equal(t, tc.want, made(t, tc.rule).Schedule(), name)
	}
}

// Clocks skip 01:30 on the last Sunday of each March: it fires at 02:00.
func TestAScheduleFiresAfterAGap(t *testing.T) {
	t.Parallel()
	sundays := made(t, Rule{Days: &Days{Name: "sundays", Week: []string{"sun"}}, Cutoff: "01:30"})
	spec := sundays.Schedule()
	require.Len(t, spec.Skip, 31)
	require.Len(t, spec.Extra, 31, "2020 to 2050")
	require.Equal(t, report.Date("2026-03-29"), spec.Skip[6])
	require.Equal(t, Extra{Date: "2026-03-29", Hour: 2}, spec.Extra[6])
	require.Empty(t, made(t, Rule{Cutoff: "01:30"}).Schedule().Extra, "no business day")
}

func TestWhatANominalTimeMeans(t *testing.T) {
	t.Parallel()
	plain := made(t, Rule{Days: england()})
	monthly := made(t, Rule{Days: england(), Due: "last business day of month"})
	moved, err := made(t, Rule{Days: england()}).With([]Recorded{rec(t, "2026-11-18", "2026-11-17T17:00:00Z", "2026-11-18T16:00:00Z")})
	require.NoError(t, err)
	later, err := made(t, Rule{Days: england()}).With([]Recorded{rec(t, "2026-11-18", "2026-11-17T17:00:00Z", "2026-11-18T18:00:00Z")})
	require.NoError(t, err)
	for _, tc := range []struct {
		name         string
		c            *Calendar
		at           string
		want         report.Date
		due, regular bool
	}{
		{"a cutoff", plain, "2026-11-20T17:00:00Z", "2026-11-20", true, true},
		{"a cutoff in summer", plain, "2026-07-20T16:00:00Z", "2026-07-20", true, true},
		{"a half day's cutoff", plain, "2026-12-24T12:30:00Z", "2026-12-24", true, true},
		{"a schedule that knows no half day", plain, "2026-12-24T17:00:00Z", "2026-12-24", true, true},
		{"a schedule that knows no holiday", plain, "2026-12-25T17:00:00Z", "", false, true},
		{"a schedule that knows no blackout", plain, "2026-12-30T17:00:00Z", "", false, true},
		{"the end of a month", monthly, "2026-11-30T17:00:00Z", "2026-11-30", true, true},
		{"the month goes on", monthly, "2026-11-27T17:00:00Z", "", false, true},
		{"a click", plain, "2026-11-20T17:00:01Z", "2026-11-20", false, false},
		{"a click before the cutoff", plain, "2026-11-20T16:59:59Z", "2026-11-19", false, false},
		{"a click on the hour, on a Saturday", plain, "2026-11-21T17:00:00Z", "2026-11-20", false, false},
		{"a click in the month", monthly, "2026-11-20T09:00:00Z", "2026-10-30", false, false},
		{"the time of a recorded cutoff", moved, "2026-11-18T16:00:00Z", "2026-11-18", true, true},
		{"after a recorded cutoff", moved, "2026-11-18T17:00:00Z", "2026-11-18", true, true},
		{"before a recorded cutoff", later, "2026-11-18T17:00:00Z", "", false, true},
	} {
		d, due, regular := tc.c.Fired(instantOf(t, tc.at))
		require.Equal(t, tc.want, d, tc.name)
		require.Equal(t, []bool{tc.due, tc.regular}, []bool{due, regular}, tc.name)
	}
}
