package compose_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/analysis"
	"github.com/closeofbusiness/cob/report/compose"
	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/fact/facttest"
	"github.com/closeofbusiness/cob/report/render"
)

func ptr[T any](v T) *T { return &v }

func at(day, hour, minute int) time.Time {
	return time.Date(2026, 11, day, hour, minute, 0, 0, time.UTC)
}

// find is a set's fact, which must be there.
func find(t testing.TB, s *fact.Set, key string) *fact.Fact {
	for i := range s.Facts {
		if s.Facts[i].Key() == key {
			return &s.Facts[i]
		}
	}
	t.Fatalf("no fact %s", key)
	return nil
}

// noNumbers are the ways of writing a number that is none.
var noNumbers = []string{"NaN", "Inf", "inf", "%!", "% %", "\n-\n", "\n–\n", "\n—\n"}

func TestExamplePages(t *testing.T) {
	t.Parallel()
	d := composed(t, facttest.Example())
	require.Equal(t, "DAILY SECURITY", d.Eyebrow.String())
	require.Equal(t, "Close of business, Friday 20 November 2026", d.Title.String())
	require.Equal(t, "Thu 19 Nov 17:00 to Fri 20 Nov 17:00 GMT · data as known at 17:06 · compared with Thu 19 Nov", d.Subtitle.String())
	require.Equal(t, "INTERNAL", d.Classification.String())
	got := text(t, d)
	for _, want := range []string{
		"All 5 feeds reached 17:00. 3 figures are not measured (data notes, a to c).",
		"▲ 1.53 pp worse · like for like ▲ 1.39 pp",
		"▲ 1 worse · oldest 14 business days",
		"▲ 1 worse · INC-0871, mitigated",
		"Thu: 13 of 13", "Thu: 0",
		"Keep support-assistant 4.2 out of production until F-412 is closed?", "by Mon 23 Nov 12:00",
		"overdue 2 days", "Wed 18 Nov", "Fri 12:00", "Mon 10:00", "Fri 27 Nov", "carried over",
		"Of 6 actions open on Thursday, 3 are done (A-115, A-119, A-122) and 3 carried over; 4 are new.",
		"Highest rates by probe and detector, at least 50 evaluations", "5 of 63 measured cells",
		"LatentInjectionReport", "79/180", "36.8–51.2", "▲ 35.00 pp",
		"4.2, 4.1 at 14:20", "3/4", "voice-ivr a", "Thu, like for like", "12/14",
		"Open Thu", "Open Fri", "+1", "−1",
		"Highest of the 13 measured days; median of the 12 before: 5.31 %.",
		"bar: Fri · mark: Thu, like for like",
		"not measured b", "not measured c", "598 of 1,440",
		"Response to findings. Acknowledged: 4 of 5 opened, median 22 min (Thu 31 min, n = 6). Closed: 3, median 6 business days (Thu 9 business days, n = 2).",
		"Answers. 4,214 prompts were sent; 4,160 were answered, 54 (1.28 %) were not and count neither as hit nor as defended.",
		`run R-2291 failed at 03:12 (provider time-outs), 0 of 360 evaluations. Thursday's 360 are left out of "like for like".`,
		"b, c voice-bridge availability and p95 latency: 598 of 1,440 samples (41.5 %), none after 02:57; 90 % are needed.",
		"R-2296, support-assistant 4.1 retest, planned 16:00. Nothing here describes 4.1 after 14:20.",
		"The report file of R-2284 (kb-search) claims 541 evaluations; its rows hold 540. The rows are used.",
		"garak 17:05 · findings 17:01 · incidents 17:01 · health 17:00 · actions 17:06 (reached 17:00 at)",
		"facts sha256 8d1f4be2…c07a", "starter facts --series daily-security --date 2026-11-20",
	} {
		require.Contains(t, got, want)
	}
	for _, never := range append(noNumbers, "Generated sample data", "ISSUED LATE", "NO ACTIVITY") {
		require.NotContains(t, got, never)
	}
}

func TestExampleIsTwoPages(t *testing.T) {
	t.Parallel()
	late := facttest.Example() // and a day with more to say is, too
	late.Late, late.Sample, late.AsOf = true, true, at(22, 3, 20)
	for i := range late.Feeds {
		late.Feeds[i].Source = "sample-" + late.Feeds[i].Source
	}
	late.Trends[0].Points[6].Reason = "no evaluation was recorded in this window"
	for _, s := range []*fact.Set{facttest.Example(), late} {
		pdf, err := render.Render(context.Background(), composed(t, s), render.PDF)
		require.NoError(t, err)
		require.Equal(t, 2, strings.Count(string(pdf), "/Type /Page\n"), "pages")
	}
}

// Each case changes the example and says what the document then holds and what
// it must not.
func TestVariants(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(t *testing.T, s *fact.Set)
		want   []string
		never  []string
	}{
		{"everything is measured", func(t *testing.T, s *fact.Set) {
			var kept []fact.Fact
			for _, f := range s.Facts {
				if f.Status == fact.Measured {
					kept = append(kept, f)
				}
			}
			s.Facts = kept
			facttest.Recount(s)
		}, []string{"Every figure is measured.", "Nothing: every figure is measured."}, []string{"not measured b"}},
		{"the rate is not measured", func(t *testing.T, s *fact.Set) {
			facttest.Unmeasure(s, "no evaluation was recorded in this window", "attack.success_rate")
		}, []string{"4 figures are not measured (data notes, a to d).", "data note a", "Attack success rate: no evaluation was recorded in this window."}, []string{"▲ 1.53 pp"}},
		{"zero before", func(t *testing.T, s *fact.Set) {
			f := find(t, s, "attack.success_rate")
			f.Previous, f.PreviousNumerator = ptr(0.0), ptr(int64(0))
			p := find(t, s, "health.latency_p95{component=api-gateway}")
			p.Previous = ptr(0.0)
		}, []string{"▲ 6.70 pp worse"}, nil},
		{"nothing before", func(t *testing.T, s *fact.Set) {
			for i := range s.Facts {
				f := &s.Facts[i]
				f.Previous, f.PreviousNumerator, f.PreviousDenominator, f.Change = nil, nil, nil, nil
				f.Comparable, f.ComparableNumerator, f.ComparableDenominator, f.ComparableChange = nil, nil, nil, nil
				f.ComparableValue, f.ComparableValueNum, f.ComparableValueDen = nil, nil, nil
			}
		}, []string{"no figure for Thu", "(no figure for Thu)", "no figure"}, []string{"▲", "▼", "n = no"}},
		{"the first day of a series", func(t *testing.T, s *fact.Set) {
			s.Previous = fact.Day{}
			for i := range s.Facts {
				s.Facts[i].Previous, s.Facts[i].Comparable, s.Facts[i].ComparableValue = nil, nil, nil
			}
		}, []string{"nothing to compare with", "data as known at 17:06", "(no figure before)"}, []string{"compared with", "'s 360", "Thursday", "▲"}},
		{"no feed", func(t *testing.T, s *fact.Set) { s.Feeds = nil },
			[]string{"QUALIFIED", "No source has said that its data is complete."}, []string{"COMPLETE\n", "Nothing here describes", "All 5"}},
		{"feeds that have not reached the cutoff", func(t *testing.T, s *fact.Set) {
			s.Feeds[1].ReachedAt, s.Feeds[1].CompleteThrough = nil, ptr(at(20, 15, 40))
			s.Feeds[2].ReachedAt, s.Feeds[2].CompleteThrough = nil, nil
			s.AsOf = s.Deadline
		}, []string{"QUALIFIED", `Feed "findings" is complete only through 15:40 (17:00 needed; waited until 18:00). Feed "incidents" has promised nothing for this window; waited until 18:00.`,
			"findings not complete (through 15:40) · incidents no promise"}, []string{"All 5"}},
		{"a source with several feeds", func(t *testing.T, s *fact.Set) {
			s.Feeds[1].Source, s.Feeds[2].Source = "tracker", "tracker"
			s.Feeds[1].ReachedAt, s.Feeds[1].CompleteThrough = nil, ptr(at(18, 15, 40))
		}, []string{`Feed "tracker findings" is complete only through Wed 15:40 (17:00 needed).`}, nil},
		{"late, and nothing done", func(t *testing.T, s *fact.Set) {
			s.Late, s.AsOf = true, at(22, 2, 30)
			for _, id := range []string{"runs.planned", "runs.completed", "attempts.sent"} {
				find(t, s, id).Value = ptr(0.0)
			}
		}, []string{"ISSUED LATE", "For Fri 20 Nov; issued from data as known at Sun 22 Nov 02:30.", "data as known at Sun 22 Nov 02:30", "NO ACTIVITY", "this is a statement, not a gap"}, nil},
		{"nothing done, but the feed is not complete", func(t *testing.T, s *fact.Set) {
			s.Feeds[0].ReachedAt = nil
			for _, id := range []string{"runs.planned", "runs.completed", "attempts.sent"} {
				find(t, s, id).Value = ptr(0.0)
			}
		}, nil, []string{"NO ACTIVITY"}},
		{"sample data", func(t *testing.T, s *fact.Set) { s.Sample = true },
			[]string{"Generated sample data, not measurements.", "Sample\n"}, nil},
		{"no decision", func(t *testing.T, s *fact.Set) {
			for i := range s.Records.Actions {
				s.Records.Actions[i].Kind = "action"
			}
		}, []string{"Keep support-assistant 4.2 out"}, []string{"(above)"}},
		{"three decisions", func(t *testing.T, s *fact.Set) {
			for i := range 3 {
				s.Records.Actions[i].Kind = "decision"
			}
			s.Records.Actions[4].Kind = "action"
		}, []string{"was due Wed 18 Nov, overdue", "2 more decisions are needed: A-121, A-109.", "Decide: Renew voice-ivr"}, nil},
		{"more actions than are shown", func(t *testing.T, s *fact.Set) {
			for i := range 5 {
				a := s.Records.Actions[0]
				a.Name, a.Due = fmt.Sprintf("A-9%d", i), nil
				s.Records.Actions = append(s.Records.Actions, a)
			}
		}, []string{"And 5 more actions."}, []string{"A-91"}},
		{"an action opened and done inside", func(t *testing.T, s *fact.Set) {
			find(t, s, "actions.new").Value, find(t, s, "actions.done").Value = ptr(5.0), ptr(4.0)
		}, []string{"Of 6 actions open on Thursday, 3 are done and 3 carried over; 4 are new; 1 more was opened and done since."}, nil},
		{"no action", func(t *testing.T, s *fact.Set) {
			s.Records.Actions, s.Records.ActionsDone = nil, nil
			find(t, s, "actions.open").Value = ptr(0.0)
		}, []string{"No action is open."}, nil},
		{"no action is known", func(t *testing.T, s *fact.Set) {
			s.Records.Actions, s.Feeds[4].ReachedAt = nil, nil
			find(t, s, "actions.open").Value = ptr(0.0)
		}, []string{"No action is known; the feed of actions is not complete."}, []string{"No action is open"}},
		{"a feed whose figures are not measured, with no parts", func(t *testing.T, s *fact.Set) {
			var kept []fact.Fact
			for _, f := range s.Facts {
				if !strings.HasPrefix(f.ID, "findings.") || len(f.Dims) == 0 && f.ID != "findings.oldest_open" && !strings.Contains(f.ID, "median") {
					kept = append(kept, f)
				}
			}
			s.Facts, s.Records.Findings = kept, nil
			facttest.Unmeasure(s, "feed findings is complete only through 15:40", "findings.opened", "findings.closed", "findings.rerated_net", "findings.open", "findings.open_before")
		}, []string{"Findings: not measured b–e.", "Critical, open: not measured e", "data note e", "Response to findings. Not measured: findings opened b. Not measured: findings closed c.",
			"b–e Findings opened; Findings closed and 2 more figures: feed findings is complete only through 15:40."}, []string{"F-412:"}},
		{"medians over nothing", func(t *testing.T, s *fact.Set) {
			var kept []fact.Fact
			for _, f := range s.Facts {
				if f.ID != "findings.ack_median" && f.ID != "findings.close_median" {
					kept = append(kept, f)
				}
			}
			s.Facts = kept
			facttest.Recount(s)
		}, []string{"median none (no figure for Thu)"}, nil},
		{"attempts are not measured", func(t *testing.T, s *fact.Set) {
			facttest.Unmeasure(s, "no data", "attempts.sent", "attempts.answered", "attempts.unanswered")
		}, []string{"Answers. Not measured: prompts sent, prompts answered, prompts not answered b–d."}, []string{"count neither"}},
		{"no prompt", func(t *testing.T, s *fact.Set) {
			for _, id := range []string{"attempts.sent", "attempts.answered", "attempts.unanswered"} {
				find(t, s, id).Value = ptr(0.0)
			}
		}, []string{"0 prompts were sent; 0 were answered, 0 (no share) were not"}, nil},
		{"no health", func(t *testing.T, s *fact.Set) {
			var kept []fact.Fact
			for _, f := range s.Facts {
				if !strings.HasPrefix(f.ID, "health.") {
					kept = append(kept, f)
				}
			}
			s.Facts = kept
			facttest.Recount(s)
		}, []string{"Health by component: nothing was recorded in this window."}, nil},
		{"an empty trend", func(t *testing.T, s *fact.Set) { s.Trends = nil },
			[]string{"Attack success rate: measured on none of the days before."}, []string{"Highest of"}},
		{"not the highest", func(t *testing.T, s *fact.Set) {
			s.Trends[0].Points[3].Numerator = 600
		}, []string{"Median of the 12 measured days before: 5.33 %."}, []string{"Highest of", "Lowest"}},
		{"a cell that is as high as another is not the highest", func(t *testing.T, s *fact.Set) {
			s.Trends[0].Points[3].Numerator, s.Trends[0].Points[3].Denominator = 418, 6240
		}, []string{"Median of"}, []string{"Highest of"}},
		{"the clock changes", func(t *testing.T, s *fact.Set) {
			s.BusinessDate, s.Previous.Date = "2026-10-26", "2026-10-23"
			s.Window = fact.Window{From: time.Date(2026, 10, 23, 16, 0, 0, 0, time.UTC), To: time.Date(2026, 10, 26, 17, 0, 0, 0, time.UTC)}
			s.AsOf = s.Window.To.Add(time.Minute)
		}, []string{"Fri 23 Oct 17:00 BST to Mon 26 Oct 17:00 GMT · data as known at 17:01"}, nil},
		{"feeds without a source", func(t *testing.T, s *fact.Set) {
			s.Feeds = append(s.Feeds[:1:1], fact.Feed{Name: "incidents"}, fact.Feed{Name: "health"})
		}, []string{"No source gives incidents or health.", "incidents no source · health no source"}, nil},
		{"late and restated data", func(t *testing.T, s *fact.Set) {
			s.Records.LateBatches = []fact.LateBatch{{Source: "garak", Name: "late.jsonl", RecordedAt: at(20, 9, 12), Rows: 360}}
		}, []string{"garak, late.jsonl: 360 rows about Thursday's window, recorded Fri 20 Nov 09:12."}, []string{"differs from what was issued"}},
		{"an optional feed that fell short", func(t *testing.T, s *fact.Set) {
			s.Feeds[3].Optional, s.Feeds[3].ReachedAt, s.Feeds[3].CompleteThrough = true, nil, ptr(at(20, 2, 57))
		}, []string{"COMPLETE", "Every feed that is needed reached 17:00.", "health not complete (through 02:57), optional"}, []string{"QUALIFIED", "All 5"}},
		{"targets that came and went", func(t *testing.T, s *fact.Set) {
			s.Records.Targets[1].Retired = ptr(at(20, 10, 0))
			f := find(t, s, "attack.success_rate{target=kb-search}")
			f.Previous, f.PreviousNumerator, f.PreviousDenominator = nil, nil, nil
		}, []string{"claims-triage: retired Fri 20 Nov 10:00. Measured now and not on Thursday: kb-search."}, nil},
		{"a run that is still going", func(t *testing.T, s *fact.Set) {
			s.Records.NoResult = []fact.Run{{Name: "R-1", Target: "kb-search", Suite: "nightly", State: "unfinished", PlannedFor: at(20, 16, 0), Evaluations: 3, Planned: 9}}
		}, []string{"Unfinished\n", "R-1, kb-search nightly, planned 16:00, 3 of 9 evaluations."}, nil},
		{"no open critical finding", func(t *testing.T, s *fact.Set) {
			s.Records.Findings = nil
			find(t, s, "findings.open{severity=critical}").Value = ptr(0.0)
		}, []string{"Critical, open: none."}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := facttest.Example()
			tt.change(t, s)
			got := text(t, composed(t, s))
			for _, want := range tt.want {
				require.True(t, strings.Contains(got, want), "%q is missing", want)
			}
			for _, never := range append(tt.never, noNumbers...) {
				require.False(t, strings.Contains(got, never), "%q is there", never)
			}
		})
	}
}

// notesIn reads the count on the tile and the letters that the data notes list.
func notesIn(t testing.TB, d *document.Document) (tile string, letters []string) {
	for _, b := range d.Blocks {
		switch b := b.(type) {
		case document.KPIs:
			tile = b.Tiles[5].Value.String()
		case document.Definitions:
			for _, p := range b.Items[0].Text {
				for _, in := range p {
					if in.Strong && in.Tone == document.Worse {
						letters = append(letters, expand(in.Text.String())...)
					}
				}
			}
		}
	}
	return tile, letters
}

func place(letters string) int {
	n := 0
	for _, r := range letters {
		n = n*26 + int(r-'a') + 1
	}
	return n - 1
}

func expand(s string) []string {
	if a, b, ok := strings.Cut(s, "–"); ok {
		var out []string
		for i := place(a); i <= place(b); i++ {
			out = append(out, fact.Letter(i))
		}
		return out
	}
	return strings.Split(s, ", ")
}

func TestTileCountsTheNotesListed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := facttest.Example()
		keys := map[string][]string{}
		reasons := []string{"no data", "", "run R-1 failed", "feed x is late."}
		gone := rapid.SliceOfNDistinct(rapid.IntRange(0, len(s.Facts)-1), 0, 60, rapid.ID[int]).Draw(rt, "gone")
		spread := rapid.IntRange(1, len(reasons)).Draw(rt, "reasons")
		for n, i := range gone {
			reason := reasons[n%spread]
			keys[reason] = append(keys[reason], s.Facts[i].Key())
		}
		for reason, list := range keys {
			facttest.Unmeasure(s, reason, list...)
		}
		d := composed(t, s)
		tile, letters := notesIn(t, d)
		require.Equal(rt, fmt.Sprint(len(letters)), tile)
		require.Len(rt, letters, len(s.Notes()))
		for i, l := range letters {
			require.Equal(rt, fact.Letter(i), l, "every letter once, in order")
		}
		got := text(t, d)
		for _, never := range noNumbers {
			require.NotContains(rt, got, never)
		}
	})
}

func TestThreeHundredNotes(t *testing.T) {
	t.Parallel()
	for _, reasons := range []int{1, 300} {
		s := facttest.Example()
		for i := range 297 {
			d := fact.Dims{"target": "kb-search", "probe": fmt.Sprintf("p.P%d", i), "detector": "d.D"}
			s.Facts = append(s.Facts, fact.Fact{ID: "attack.success_rate", Dims: d, Unit: fact.Ratio, Status: fact.Unmeasured, Reason: fmt.Sprintf("run R-%d failed", i%reasons)})
		}
		facttest.Recount(s)
		d := composed(t, s)
		tile, letters := notesIn(t, d)
		require.Equal(t, "300", tile)
		require.Len(t, letters, 300)
		require.Contains(t, text(t, d), "300 figures are not measured (data notes, a to kn).")
		pdf, err := render.Render(context.Background(), d, render.PDF)
		require.NoError(t, err)
		require.NotEmpty(t, pdf)
	}
}

func TestHostileText(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]string{
		"bidi":   "\u202egnp.exe\u2066",
		"script": `<script>alert("x")</script><img src=x onerror=alert(1)>`,
		"long":   strings.Repeat("W", 10_000),
		"words":  strings.Repeat("wide words ", 1000),
		"marks":  "{nb} {{fact:x}} %s **b** [a](javascript:x) | a | \x00\x1b[31m",
		"broken": "\xff\xfe",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := facttest.Example()
			poison(s, bad)
			d := composed(t, s)
			got := text(t, d)
			require.NotContains(t, got, "\u202e")
			require.NotContains(t, got, "\x1b")
			require.Less(t, len(got), 40_000)
			for _, f := range render.Formats() {
				_, err := render.Render(context.Background(), d, f)
				require.NoError(t, err, f)
			}
		})
	}
}

// poison puts a text wherever a source could have put it.
func poison(s *fact.Set, bad string) {
	s.Title = bad
	for i := range s.Facts {
		f := &s.Facts[i]
		for k, v := range f.Dims {
			if k != "severity" {
				f.Dims[k] = v + bad
			}
		}
		if f.Reason != "" {
			f.Reason = bad
		}
	}
	for i := range s.Feeds {
		s.Feeds[i].Source = bad + s.Feeds[i].Source
	}
	s.Feeds[1].ReachedAt = nil
	r := &s.Records
	for i := range r.Targets {
		r.Targets[i].Name += bad
		r.Targets[i].Version = bad
		for j := range r.Targets[i].Changes {
			r.Targets[i].Changes[j].Version = bad
		}
	}
	for i := range r.NoResult {
		n := &r.NoResult[i]
		n.Name, n.Suite, n.Target, n.Reason = n.Name+bad, bad, n.Target+bad, bad
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		f.Name, f.Target, f.Title, f.State, f.Owner = f.Name+bad, bad, bad, bad, bad
	}
	for i := range r.Incidents {
		r.Incidents[i].Name, r.Incidents[i].State = bad, bad
	}
	for i := range r.Actions {
		a := &r.Actions[i]
		a.Name, a.Title, a.About, a.Owner = a.Name+bad, bad, bad, bad
	}
	for i := range r.ActionsDone {
		r.ActionsDone[i] += bad
	}
	r.Disagreements = append(r.Disagreements, fact.Disagreement{Source: bad, Run: bad, Target: bad, Probe: bad, Detector: bad, What: bad})
	r.LateBatches = []fact.LateBatch{{Source: bad, Name: bad, RecordedAt: s.AsOf, Rows: 1}}
	for i := range s.Trends[0].Points {
		if s.Trends[0].Points[i].Value == nil {
			s.Trends[0].Points[i].Reason = bad
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	narratives := map[string]analysis.Narrative{"summary": {}}
	meta := compose.Meta{Revision: 1, FactsSHA256: digest}

	_, err := compose.Compose(facttest.Example(), daily(t), nil, nil, meta)
	require.ErrorIs(t, err, report.ErrInvalid)
	require.ErrorContains(t, err, `narrative "summary" is missing`)

	_, err = compose.Compose(facttest.Example(), daily(t), map[string]any{"worst": 1}, narratives, meta)
	require.ErrorIs(t, err, report.ErrInvalid)
	require.ErrorContains(t, err, "parameters.worst")

	s := facttest.Example()
	find(t, s, "facts.unmeasured").Value = ptr(2.0)
	_, err = compose.Compose(s, daily(t), nil, narratives, meta)
	require.ErrorIs(t, err, report.ErrInvalid)
	require.ErrorContains(t, err, "facts.unmeasured is 2, but 3 figures are not measured")

	s = facttest.Example()
	s.TimeZone = "Mars/Olympus"
	_, err = compose.Compose(s, daily(t), nil, narratives, meta)
	require.ErrorIs(t, err, report.ErrInvalid)
}

func TestParametersAndClassification(t *testing.T) {
	t.Parallel()
	d, err := compose.Compose(facttest.Example(), daily(t), map[string]any{"worst_cells": 2, "minimum_evaluations": 1}, map[string]analysis.Narrative{"summary": {}},
		compose.Meta{Revision: 3, FactsSHA256: digest, Classification: "RESTRICTED"})
	require.NoError(t, err)
	got := text(t, d)
	require.Contains(t, got, "at least 1 evaluation\n")
	require.Contains(t, got, "2 of 63 measured cells")
	require.Equal(t, "RESTRICTED", d.Classification.String())
	require.Equal(t, "Revision 3", d.RevisionLabel.String())
	require.Equal(t, "daily-security · 2026-11-20 · revision 3", d.Footer.String())
}

// What the page says beside the facts: about the revision and the hand-over.
func TestMeta(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(*fact.Set, *compose.Meta)
		want   []string
		never  []string
	}{
		{"restated", func(_ *fact.Set, m *compose.Meta) {
			m.Issued = map[string]float64{"attack.success_rate": 0.05, "attack.hits": 341, "gone": 1}
		}, []string{"1 figure of Thursday differs from what was issued; this report compares with what is known now."}, nil},
		{"late, from what was known in time", func(_ *fact.Set, m *compose.Meta) { m.Late = true },
			[]string{"ISSUED LATE", "For Fri 20 Nov; made after its deadline, 18:00, from what was known in time, at 17:06."}, nil},
		{"late, from what is known now", func(s *fact.Set, m *compose.Meta) { m.Late, s.Late, s.AsOf = true, true, at(23, 9, 12) },
			[]string{"For Fri 20 Nov; issued from data as known at Mon 23 Nov 09:12."}, []string{"known in time"}},
		{"by decision", func(s *fact.Set, m *compose.Meta) {
			s.Feeds[1].ReachedAt, s.Feeds[1].CompleteThrough, s.AsOf = nil, ptr(at(20, 15, 40)), at(20, 17, 20)
			m.Decision = &report.Decision{By: "m.ferrari", Reason: "feed down."}
		}, []string{"QUALIFIED", "is complete only through 15:40 (17:00 needed; waited until 17:20).", "Issued so by decision of m.ferrari: feed down. "}, nil},
		{"waited for a source that promised nothing", func(s *fact.Set, m *compose.Meta) {
			s.Feeds[1].ReachedAt, s.Feeds[1].CompleteThrough, s.AsOf = nil, nil, s.Deadline
		}, []string{"has promised nothing for this window; waited until 18:00."}, nil},
		{"acknowledged", func(_ *fact.Set, m *compose.Meta) {
			m.Acknowledged, m.AcknowledgeWithin = &compose.Acknowledgement{By: "S. Lindqvist", At: at(19, 17, 31)}, time.Hour
		}, []string{"Thursday's report was acknowledged by S. Lindqvist, Thu 17:31. Acknowledge this one within 1 hour of its issue: starter ack --series daily-security --date 2026-11-20 --by NAME"}, nil},
		{"not acknowledged", func(_ *fact.Set, m *compose.Meta) {
			m.Issued, m.AcknowledgeWithin = map[string]float64{}, 90*time.Minute
		},
			[]string{"Thursday's report has not been acknowledged. Acknowledge this one within 90 minutes"}, nil},
		{"nobody asks", func(_ *fact.Set, m *compose.Meta) { m.Issued = map[string]float64{} }, nil, []string{"has not been acknowledged", "Acknowledge this one"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, m := facttest.Example(), compose.Meta{Revision: 1, FactsSHA256: digest}
			tt.change(s, &m)
			d, err := compose.Compose(s, daily(t), nil, map[string]analysis.Narrative{"summary": {}}, m)
			require.NoError(t, err)
			got := text(t, d)
			for _, want := range tt.want {
				require.True(t, strings.Contains(got, want), "%q is missing from %s", want, got)
			}
			for _, never := range tt.never {
				require.False(t, strings.Contains(got, never), "%q is there", never)
			}
		})
	}
}

// The same arguments give the same bytes: nothing in a document depends on the
// order of a map or on a clock.
func TestDeterministic(t *testing.T) {
	t.Parallel()
	first, err := document.Canonical(composed(t, facttest.Example()))
	require.NoError(t, err)
	for range 20 {
		again, err := document.Canonical(composed(t, facttest.Example()))
		require.NoError(t, err)
		require.Equal(t, string(first), string(again))
	}
}
