package facttest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/fact/facttest"
)

func TestIdentitiesHoldOfTheExample(t *testing.T) {
	t.Parallel()
	facttest.Identities(t, facttest.Example())
}

// TestBrokenIdentitiesAreSeen breaks each of them.
func TestBrokenIdentitiesAreSeen(t *testing.T) {
	t.Parallel()
	change := func(key string, by float64) func(*fact.Set) {
		return func(s *fact.Set) {
			for i := range s.Facts {
				if f := &s.Facts[i]; f.Key() == key {
					v := *f.Value + by
					f.Value = &v
				}
			}
		}
	}
	for name, tt := range map[string]struct {
		edit func(*fact.Set)
		want string
	}{
		"hits of a target":    {change("attack.hits{target=kb-search}", 1), "attack.hits is 418, by target it is 419"},
		"hits of a category":  {change("attack.hits{category=jailbreak}", 1), "by category it is 419"},
		"evaluations":         {change("attack.evaluated", 1), "attack.evaluated is 6241"},
		"a rate":              {change("attack.success_rate{target=kb-search}", 0.01), "attack.success_rate{target=kb-search} is 0.035"},
		"open findings":       {change("findings.open{severity=high}", 1), "findings.open{severity=high} is 12, its parts give 11"},
		"closed findings":     {change("findings.closed", 1), "findings.closed is 4, by severity it is 3"},
		"findings rated anew": {change("findings.rerated_net", 1), "findings.rerated_net is 1: "},
		"actions":             {change("actions.new", 1), "actions.open is 7, its parts give 8"},
		"listed actions":      {func(s *fact.Set) { s.Records.Actions = s.Records.Actions[1:] }, "actions.open is 7, 6 are listed"},
		"runs":                {change("runs.failed{target=voice-ivr}", 1), "runs.planned{target=voice-ivr} is 2, its parts give 3"},
		"answers":             {change("attempts.answered", 1), "attempts.sent is 4214, its parts give 4215"},
		"a change":            {change("incidents.open", 1), "incidents.open changed by 1, from 0 to 2"},
		"notes":               {change("facts.unmeasured", 1), "facts.unmeasured is not the 3 figures"},
		"a part unmeasured":   {func(s *fact.Set) { facttest.Unmeasure(s, "lost", "runs.failed") }, "of runs.planned and runs.failed only one is measured"},
		"no reason":           {func(s *fact.Set) { facttest.Unmeasure(s, "", "incidents.opened") }, "incidents.opened has a value and a reason, or neither"},
		"a fact twice":        {func(s *fact.Set) { s.Facts = append(s.Facts, s.Facts[0]) }, "is there twice"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := facttest.Example()
			tt.edit(s)
			var all string
			for _, b := range facttest.Broken(s) {
				all += b + "\n"
			}
			require.Contains(t, all, tt.want)
		})
	}
}
