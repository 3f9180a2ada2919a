package calendar

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/closeofbusiness/cob/report"
)

// all is set by make test-all: every zone, and thirty years of each.
var all = os.Getenv("COB_TEST_ALL") == "1"

// Of each zone some calendars are enough: zones differ more than runs do.
func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		if err := flag.Set("rapid.checks", "25"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// peculiar are the zones of ordinary test runs: those that did what no other
// did, and some that everybody knows.
var peculiar = strings.Fields(`
	UTC Europe/London Europe/Dublin Europe/Lisbon Europe/Moscow Europe/Istanbul Europe/Berlin Europe/Chisinau
	America/New_York America/Chicago America/Los_Angeles America/St_Johns America/Havana America/Caracas
	America/Sao_Paulo America/Santiago America/Asuncion America/Nuuk America/Scoresbysund America/Metlakatla
	Africa/Cairo Africa/Casablanca Africa/El_Aaiun Africa/Juba Africa/Monrovia
	Asia/Kathmandu Asia/Kolkata Asia/Tokyo Asia/Tehran Asia/Gaza Asia/Amman Asia/Pyongyang Asia/Manila
	Australia/Lord_Howe Australia/Sydney Antarctica/Troll
	Pacific/Apia Pacific/Kiritimati Pacific/Kwajalein Pacific/Chatham`)

// eachZone runs a test in forty zones, or in all that there are: testdata/zones.txt
// is what lib/time/zoneinfo.zip of Go 1.26 lists.
func eachZone(t *testing.T, test func(t *testing.T, zone *time.Location)) {
	t.Helper()
	t.Parallel()
	names := peculiar
	if all {
		b, err := os.ReadFile("testdata/zones.txt")
		require.NoError(t, err)
		names = strings.Fields(string(b))
	}
	require.GreaterOrEqual(t, len(names), 40)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, location(t, name))
		})
	}
}

// someDay is near a time at which some zones leap, or anywhere.
func someDay(rt *rapid.T) day {
	near := rapid.SampledFrom([]report.Date{"2011-12-30", "1994-12-31", "1993-08-21", "1969-09-30", "2018-05-05", "2026-03-29", "2026-10-25",
		"2040-12-31", "2027-01-01"}).Draw(rt, "near")
	reach := rapid.SampledFrom([]int{3, 40, 20_000}).Draw(rt, "reach")
	return dayOf(near) + day(rapid.IntRange(-reach, reach).Draw(rt, "away"))
}

func someClock(rt *rapid.T, label string) clock {
	common := rapid.SampledFrom([]string{"00:00", "00:15", "00:30", "01:30", "02:15", "02:30", "12:00", "17:00", "23:30", "23:59"})
	if rapid.Bool().Draw(rt, label+" common") {
		at, _ := parseClock(common.Draw(rt, label))
		return at
	}
	return clock(rapid.IntRange(0, 24*60-1).Draw(rt, label))
}

func (c clock) String() string { return fmt.Sprintf("%02d:%02d", c.hour(), c.minute()) }

// someDays is a calendar with exceptions around a day.
func someDays(rt *rapid.T, around day) *Days {
	d := &Days{Name: "some", Holidays: map[report.Date]string{}, HalfDays: map[report.Date]string{}}
	d.Week = rapid.SampledFrom([][]string{weekdayNames[:5], weekdayNames, {"mon", "tue", "wed", "thu", "sun"}, {"sat"}, {"wed", "fri"}}).Draw(rt, "week")
	near := rapid.IntRange(-70, 70)
	for _, n := range rapid.SliceOfN(near, 0, 40).Draw(rt, "holidays") {
		d.Holidays[(around + day(n)).date()] = "holiday"
	}
	for _, n := range rapid.SliceOfN(near, 0, 20).Draw(rt, "half days") {
		half := around + day(n)
		if _, holiday := d.Holidays[half.date()]; !holiday && slices.Contains(d.Week, weekdayNames[half-half.monday()]) {
			d.HalfDays[half.date()] = someClock(rt, "half").String()
		}
	}
	from := around + day(rapid.IntRange(-80, 0).Draw(rt, "blackout"))
	for range rapid.IntRange(0, 4).Draw(rt, "blackouts") {
		to := from + day(rapid.IntRange(0, 12).Draw(rt, "length"))
		d.Blackouts = append(d.Blackouts, Blackout{From: from.date(), To: to.date(), Do: rapid.SampledFrom([]string{Skip, NoDelivery}).Draw(rt, "do")})
		from = to + day(rapid.IntRange(1, 30).Draw(rt, "pause"))
	}
	return d
}

// someCalendar has exceptions around a day. Where chance makes one that is never
// due, its week is taken without its cadence.
func someCalendar(rt *rapid.T, around day, zone *time.Location) *Calendar {
	r := Rule{Days: someDays(rt, around), Cutoff: someClock(rt, "cutoff").String(), Zone: zone}
	r.Due = rapid.SampledFrom([]string{"", "", "mon,thu", "sat,sun,wed", "weekly fri", "weekly mon", "weekly sun",
		"first business day of month", "last business day of month"}).Draw(rt, "due")
	c, err := New(r)
	if err != nil {
		r.Due = ""
		c, err = New(r)
	}
	require.NoError(rt, err)
	return c
}

func TestWindowsTileTime(t *testing.T) {
	eachZone(t, func(t *testing.T, zone *time.Location) {
		rapid.Check(t, func(rt *rapid.T) {
			around := someDay(rt)
			tiles(rt, someCalendar(rt, around, zone), around-100, around+100)
		})
	})
}

// tiles checks that windows follow one another without gap or overlap, that
// every instant belongs to one, and that all the walks agree.
func tiles(t require.TestingT, c *Calendar, first, last day) {
	dates := dueIn(c, first.date(), last.date())
	for i, d := range dates {
		require.Empty(t, tileOf(c, d), "%s", d)
		require.True(t, i == 0 || dates[i-1] == c.Previous(d), "before %s", d)
	}
	if n := len(dates); n > 0 {
		require.Equal(t, n-1, c.Between(dates[0], dates[n-1]))
		require.Equal(t, dates, c.Before(dates[n-1], n))
	}
}

// tileOf tells what is wrong with a due date's window.
func tileOf(c *Calendar, d report.Date) string {
	from, to := c.Window(d)
	next, previous := c.Next(d), c.Previous(d)
	start, _ := c.Window(next)
	switch {
	case !from.Before(to):
		return fmt.Sprintf("empty window: %s to %s", from, to)
	case !start.Equal(to) || !c.Cutoff(d).Equal(to):
		return fmt.Sprintf("ends at %s, closes at %s, the next begins at %s", to, c.Cutoff(d), start)
	case previous >= d || next <= d || c.Previous(next) != d || c.Next(previous) != d:
		return fmt.Sprintf("is after %s and before %s, which are before %s and after %s", previous, next, c.Next(previous), c.Previous(next))
	case c.Holding(from) != d || c.Holding(to.Add(-1)) != d || c.Holding(from.Add(to.Sub(from)/2)) != d:
		return fmt.Sprintf("its start, middle and end belong to %s, %s and %s", c.Holding(from), c.Holding(from.Add(to.Sub(from)/2)), c.Holding(to.Add(-1)))
	case c.Latest(to) != d || c.Latest(c.Cutoff(next).Add(-1)) != d:
		return fmt.Sprintf("is not the latest until %s", next)
	case c.Check(d) != nil || !c.Due(d):
		return "is not due"
	}
	return ""
}

// Whatever the zone did in thirty years, a cycle a day and a cutoff that clocks
// show.
func TestWindowsTileYears(t *testing.T) {
	first, last := report.Date("2026-01-01"), report.Date("2026-12-31")
	if all {
		first, last = "2006-01-01", "2035-12-31"
	}
	eachZone(t, func(t *testing.T, zone *time.Location) {
		for _, cutoff := range []string{"00:00", "02:30", "17:00"} {
			c := made(t, Rule{Days: &Days{Name: "always", Week: weekdayNames}, Cutoff: cutoff, Zone: zone})
			from := c.cutoff(dayOf(first) - 1)
			for d := dayOf(first); d <= dayOf(last); d++ {
				if slices.Contains(c.rule.missing, d) {
					continue
				}
				to, wall := c.cutoff(d), d.wall(c.rule.cutoffAt)
				if !c.due(d) || !from.Before(to) || c.holding(from) != d || c.holding(to.Add(-1)) != d {
					t.Fatalf("%s closes at %s, after %s", d.date(), to, from)
				}
				if wallOf(to) < wall || wallOf(to.Add(-time.Second)) >= wall {
					t.Fatalf("%s closes at %s", d.date(), to)
				}
				from = to
			}
		}
	})
}

// wallOf is what clocks show, in the seconds of day.wall.
func wallOf(t time.Time) int64 {
	_, offset := t.Zone()
	return t.Unix() + int64(offset)
}

// The cutoff is the first instant of all at which clocks show it or more.
func TestAnInstantIsTheFirst(t *testing.T) {
	eachZone(t, func(t *testing.T, zone *time.Location) {
		rapid.Check(t, func(rt *rapid.T) {
			d, at := someDay(rt), someClock(rt, "at")
			got, wall := instant(d, at, zone), d.wall(at)
			require.GreaterOrEqual(rt, wallOf(got), wall)
			for back := time.Second; back < 50*time.Hour; back += 10 * time.Minute {
				if before := got.Add(-back); wallOf(before) >= wall {
					rt.Fatalf("%s %s is %s, and was %s before", d.date(), at, got, before)
				}
			}
		})
	})
}

// A cadence chooses one business day of each span, if there is one.
func TestCadencesChooseOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		around := someDay(rt)
		days := someDays(rt, around)
		days.Blackouts = nil
		for due, span := range map[string]func(day) (day, day){
			"weekly sun":                  func(d day) (day, day) { return d.monday(), d.monday() + 6 },
			"first business day of month": day.month,
			"last business day of month":  day.month,
		} {
			c, err := New(Rule{Days: days, Due: due, Cutoff: "17:00", Zone: time.UTC})
			require.NoError(rt, err)
			every := c.BusinessDays()
			first, last := span(around)
			business := dueIn(every, first.date(), last.date())
			want := business
			if len(business) > 0 && due == "first business day of month" {
				want = business[:1]
			} else if len(business) > 0 {
				want = business[len(business)-1:]
			}
			require.Equal(rt, want, dueIn(c, first.date(), last.date()), due)
		}
	})
}

// recorded is a chain of a calendar's windows, n dates from the first due one on
// or after a day.
func recorded(c *Calendar, from day, n int) []Recorded {
	var out []Recorded
	for d := c.Next((from - 1).date()); len(out) < n; d = c.Next(d) {
		start, end := c.Window(d)
		out = append(out, Recorded{Date: d, From: start.UTC(), To: end.UTC()})
	}
	return out
}

func requireRecorded(t require.TestingT, c *Calendar, chain []Recorded) {
	dates := make([]report.Date, len(chain))
	for i, r := range chain {
		dates[i] = r.Date
		from, to := c.Window(r.Date)
		require.True(t, from.Equal(r.From) && to.Equal(r.To), "the window of %s changed to %s, %s", r.Date, from, to)
	}
	require.Equal(t, dates, dueIn(c, chain[0].Date, chain[len(chain)-1].Date))
}

// Whatever becomes of calendar, cadence, cutoff and zone: what is recorded stays,
// and time stays tiled on both sides of it.
func TestWindowsTileTimeAcrossCalendarChanges(t *testing.T) {
	eachZone(t, func(t *testing.T, zone *time.Location) {
		elsewhere := location(t, "America/New_York")
		rapid.Check(t, func(rt *rapid.T) {
			around := someDay(rt)
			c := someCalendar(rt, around, zone)
			chain := recorded(c, around-day(rapid.IntRange(0, 30).Draw(rt, "since")), rapid.IntRange(1, 12).Draw(rt, "cycles"))
			for range rapid.IntRange(1, 3).Draw(rt, "changes") {
				changed := someCalendar(rt, around, rapid.SampledFrom([]*time.Location{zone, zone, elsewhere}).Draw(rt, "zone"))
				var err error
				c, err = changed.With(chain)
				require.NoError(rt, err)
				requireRecorded(rt, c, chain)
				tiles(rt, c, dayOf(chain[0].Date)-60, dayOf(chain[len(chain)-1].Date)+60)
				chain = extended(rt, c, chain)
				_, err = changed.With(chain)
				require.NoError(rt, err)
			}
		})
	})
}

// extended records more cycles on either side, as a backfill does and as time
// does.
func extended(rt *rapid.T, c *Calendar, chain []Recorded) []Recorded {
	for range rapid.IntRange(0, 3).Draw(rt, "backfilled") {
		d := c.Previous(chain[0].Date)
		from, to := c.Window(d)
		chain = slices.Insert(chain, 0, Recorded{Date: d, From: from, To: to})
	}
	for range rapid.IntRange(0, 5).Draw(rt, "issued") {
		d := c.Next(chain[len(chain)-1].Date)
		from, to := c.Window(d)
		chain = append(chain, Recorded{Date: d, From: from, To: to})
	}
	return chain
}

// A schedule fires at each cutoff, and each time that it fires means what it
// should.
func TestASchedulesTimesMeanTheirDates(t *testing.T) {
	eachZone(t, func(t *testing.T, zone *time.Location) {
		rapid.Check(t, func(rt *rapid.T) {
			around := dayOf("2020-06-01") + day(rapid.IntRange(0, 10_900).Draw(rt, "day"))
			c := someCalendar(rt, around, zone)
			spec := c.Schedule()
			require.Equal(rt, spec, c.Schedule(), "the same rule makes the same schedule")
			times := fires(spec, zone, around-100, around+100)
			for _, d := range dueIn(c, (around - 90).date(), (around + 90).date()) {
				require.True(rt, times[c.Cutoff(d).Unix()], "nothing fires at the cutoff of %s, %s: %+v", d, c.Cutoff(d), spec)
				got, due, regular := c.Fired(c.Cutoff(d))
				require.Equal(rt, d, got)
				require.True(rt, due && regular)
			}
			for at := range times {
				meaning(rt, c, time.Unix(at, 0))
			}
		})
	})
}

// meaning checks what a time at which the schedule fires means.
func meaning(rt *rapid.T, c *Calendar, at time.Time) {
	d, due, regular := c.Fired(at)
	require.True(rt, regular, at)
	if due {
		require.True(rt, c.Due(d))
		require.False(rt, c.Cutoff(d).After(at), "%s closes after %s", d, at)
	} else {
		require.Empty(rt, d, at)
	}
	manual, due, regular := c.Fired(at.Add(17 * time.Second))
	require.False(rt, due || regular)
	require.Equal(rt, c.Latest(at.Add(17*time.Second)), manual)
}

// fires lists when a schedule fires, as Unix times.
func fires(s Spec, zone *time.Location, first, last day) map[int64]bool {
	out := map[int64]bool{}
	for d := first; d <= last; d++ {
		if slices.Contains(s.Weekdays, d.weekday()) && !slices.Contains(s.Skip, d.date()) {
			out[instant(d, clock(s.Hour*60+s.Minute), zone).Unix()] = true
		}
	}
	for _, e := range s.Extra {
		if d := dayOf(e.Date); first <= d && d <= last {
			out[instant(d, clock(e.Hour*60+e.Minute), zone).Unix()] = true
		}
	}
	return out
}
