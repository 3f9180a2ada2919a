package compose_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/fact/facttest"
	"github.com/closeofbusiness/cob/report/render"
)

func TestLook(t *testing.T) {
	dir := os.Getenv("LOOK")
	if dir == "" {
		return
	}
	put := func(name string, s *fact.Set) {
		b, err := render.Render(context.Background(), composed(t, s), render.PDF)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(dir+"/"+name+".pdf", b, 0o644))
	}
	put("example", facttest.Example())

	s := facttest.Example()
	s.Feeds[1].ReachedAt, s.Feeds[1].CompleteThrough = nil, ptr(at(20, 15, 40))
	s.Feeds[2].ReachedAt, s.Feeds[2].CompleteThrough = nil, nil
	s.Late, s.Sample, s.AsOf = true, true, at(22, 2, 30)
	var kept []fact.Fact
	for _, f := range s.Facts {
		if !strings.HasPrefix(f.ID, "findings.") || len(f.Dims) == 0 && f.ID != "findings.oldest_open" && !strings.Contains(f.ID, "median") && f.ID != "findings.ack_count" {
			kept = append(kept, f)
		}
	}
	s.Facts, s.Records.Findings = kept, nil
	facttest.Unmeasure(s, "feed findings is complete only through 15:40; 17:00 is needed", "findings.opened", "findings.closed", "findings.rerated_net", "findings.open", "findings.open_before")
	facttest.Unmeasure(s, "no source has said that its incidents data is complete", "incidents.opened", "incidents.open", "incidents.resolved")
	s.Records.Incidents = nil
	put("qualified", s)

	s = facttest.Example()
	s.Feeds, s.Records, s.Trends = nil, fact.Records{}, nil
	kept = nil
	for _, f := range s.Facts {
		if len(f.Dims) == 0 && !strings.Contains(f.ID, "median") && f.ID != "findings.ack_count" && f.ID != "findings.oldest_open" {
			f.Previous, f.PreviousNumerator, f.Comparable = nil, nil, nil
			kept = append(kept, f)
		}
	}
	s.Facts = kept
	var keys []string
	for i := range kept {
		keys = append(keys, kept[i].Key())
	}
	facttest.Unmeasure(s, "no source has said that its data is complete", keys...)
	put("empty", s)

	s = facttest.Example()
	byTarget := map[string][]string{}
	for _, f := range s.Facts {
		if strings.HasPrefix(f.ID, "attack.") {
			byTarget[f.Dims["target"]+f.Dims["category"]] = append(byTarget[f.Dims["target"]+f.Dims["category"]], f.Key())
		}
	}
	for name, keys := range byTarget {
		facttest.Unmeasure(s, "run of "+name+" failed at 03:12 (provider outage), 0 of 360 evaluations", keys...)
	}
	s.Trends[0].Points[13].Value, s.Trends[0].Points[13].Denominator = nil, 0
	put("outage", s)

	s = facttest.Example()
	s.Previous = fact.Day{}
	for i := range s.Facts {
		f := &s.Facts[i]
		f.Previous, f.Comparable, f.ComparableValue, f.Change = nil, nil, nil, nil
	}
	for i := range 13 {
		s.Trends[0].Points[i].Value, s.Trends[0].Points[i].Denominator = nil, 0
	}
	put("first", s)

	s = facttest.Example()
	s.Late, s.Sample, s.AsOf = true, true, at(22, 3, 20)
	for i := range s.Feeds {
		s.Feeds[i].Source = "sample-" + s.Feeds[i].Source
	}
	s.Trends[0].Points[6].Reason = "no evaluation was recorded in this window"
	put("late", s)
	s = facttest.Example()
	poison(s, strings.Repeat("wide words ", 1000))
	put("long", s)
}
