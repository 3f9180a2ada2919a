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
	poison(s, strings.Repeat("wide words ", 1000))
	put("long", s)
}
