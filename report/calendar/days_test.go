package calendar

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/closeofbusiness/cob/report"
)

func TestStandardIsMondayToFriday(t *testing.T) {
	t.Parallel()
	b, err := Standard().Canonical()
	require.NoError(t, err)
	require.Equal(t, `{"name":"weekdays","week":["mon","tue","wed","thu","fri"]}`, string(b))
}

func TestCanonicalIsOneFormOfACalendar(t *testing.T) {
	t.Parallel()
	d := england()
	d.Week = []string{"fri", "mon", "wed", "thu", "tue"}
	d.Blackouts[0], d.Blackouts[1] = d.Blackouts[1], d.Blackouts[0]
	got, err := d.Canonical()
	require.NoError(t, err)
	want, err := england().Canonical()
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
	require.Equal(t, "fri", d.Week[0], "the calendar itself is left as it is")
	require.Equal(t, `{"blackouts":[{"do":"skip","from":"2026-12-29","reason":"office move","to":"2026-12-31"},`+
		`{"do":"no_delivery","from":"2027-01-04","reason":"mail migration","to":"2027-01-04"}],`+
		`"half_days":{"2026-12-24":"12:30"},`+
		`"holidays":{"2026-12-25":"Christmas Day","2026-12-28":"Boxing Day (substitute day)","2027-01-01":"New Year's Day"},`+
		`"name":"england","week":["mon","tue","wed","thu","fri"]}`, string(got))
}

func TestParseDaysReadsWhatCanonicalWrote(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		d := someDays(rt, someDay(rt))
		written, err := d.Canonical()
		require.NoError(rt, err)
		read, err := ParseDays(written)
		require.NoError(rt, err)
		again, err := read.Canonical()
		require.NoError(rt, err)
		require.Equal(rt, string(written), string(again))
	})
}

func TestParseDaysPutsInOrder(t *testing.T) {
	t.Parallel()
	d, err := ParseDays([]byte(`{"name":"a","week":["sun","mon"],"blackouts":[{"from":"2026-02-02","to":"2026-02-02","do":"skip"},{"from":"2026-01-05","to":"2026-01-05","do":"skip"}]}`))
	require.NoError(t, err)
	require.Equal(t, []string{"mon", "sun"}, d.Week)
	require.Equal(t, report.Date("2026-01-05"), d.Blackouts[0].From)
}

func TestParseDaysIsStrict(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		``:                              "EOF",
		`{}`:                            "name",
		`[]`:                            "calendar",
		`{"name":"a","week":["mon"]}{}`: "more than one",
		`{"name":"a","week":["mon"],"zone":"UTC"}`:                                                             "zone",
		`{"name":"A b","week":["mon"]}`:                                                                        `name: "A b" found, 1 to 63 characters`,
		`{"name":"a","week":[]}`:                                                                               "week: 0 days found",
		`{"name":"a","week":["mon","mon"]}`:                                                                    `week[1]: "mon" found`,
		`{"name":"a","week":["monday"]}`:                                                                       `week[0]: "monday" found`,
		`{"name":"a","week":["mon"],"holidays":{"2026-02-30":"x"}}`:                                            "holidays.2026-02-30: no such day",
		`{"name":"a","week":["mon"],"holidays":{"1899-12-31":"x"}}`:                                            "holidays.1899-12-31: no such day found, a day from 1900 to 2199",
		`{"name":"a","week":["mon"],"holidays":{"2026-02-03":""}}`:                                             `holidays.2026-02-03: "" found, a text`,
		`{"name":"a","week":["mon"],"holidays":{"2026-02-03":"a\nb"}}`:                                         "holidays.2026-02-03",
		`{"name":"a","week":["mon"],"half_days":{"2026-02-02":"noon"}}`:                                        `half_days.2026-02-02: "noon" found, a time of day`,
		`{"name":"a","week":["mon"],"half_days":{"2026-02-03":"12:00"}}`:                                       "half_days.2026-02-03: a Tuesday found, a business day",
		`{"name":"a","week":["mon"],"half_days":{"2026-02-02":"12:00"},"holidays":{"2026-02-02":"Candlemas"}}`: `half_days.2026-02-02: a holiday, "Candlemas", found`,
		`{"name":"a","week":["mon"],"blackouts":[{"from":"2026-02-02","to":"2026-02-01","do":"skip"}]}`:        "blackouts[0].to: 2026-02-01 found, no day before 2026-02-02",
		`{"name":"a","week":["mon"],"blackouts":[{"from":"2026-02-02","to":"2026-02-02","do":"hide"}]}`:        `blackouts[0].do: "hide" found, skip or no_delivery`,
		`{"name":"a","week":["mon"],"blackouts":[{"from":"2026-02-02","to":"","do":"skip"}]}`:                  `blackouts[0].to: "" found`,
		`{"name":"a","week":["mon"],"blackouts":[{"from":"2026-02-02","to":"2026-02-09","do":"skip"},{"from":"2026-02-01","to":"2026-02-02","do":"skip"}]}`: `blackouts from "2026-02-02": a day of the one from "2026-02-01" found`,
		`{"name":"a","week":["mon"],"blackouts":[{"from":"2026-02-02","to":"2026-02-02","do":"skip","reason":"` + strings.Repeat("x", 101) + `"}]}`:         "blackouts[0].reason",
	} {
		_, err := ParseDays([]byte(body))
		require.ErrorIs(t, err, report.ErrInvalid, body)
		require.ErrorContains(t, err, want, body)
	}
	_, err := ParseDays(make([]byte, maxDaysJSON+1))
	require.ErrorContains(t, err, "at most")
}
