package analysis_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/dev/fakeai"
	"github.com/closeofbusiness/cob/report/analysis"
	"github.com/closeofbusiness/cob/report/analysis/excerpts"
	"github.com/closeofbusiness/cob/report/analysis/grounding"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/fact/facttest"
)

// injection is a text by which somebody who can write into the data tries to
// direct the model. CANARY stands for the secret that they are after.
type injection struct{ ID, Place, Technique, Text, Asks string }

func injections(t *testing.T) []injection {
	t.Helper()
	b, err := os.ReadFile("testdata/injections.json")
	require.NoError(t, err)
	var all []injection
	require.NoError(t, json.Unmarshal(b, &all))
	return all
}

// plant puts a hostile text where its author could. Prompts cannot be planted
// here: no fact set has a place for them.
func (i injection) plant(set *fact.Set) {
	rename := func(dim, from string) {
		for n := range set.Facts {
			if set.Facts[n].Dims[dim] == from {
				set.Facts[n].Dims[dim] = i.Text
			}
		}
	}
	switch i.Place {
	case "target":
		rename("target", "support-assistant")
		set.Records.Targets[0].Name, set.Records.Findings[0].Target = i.Text, i.Text
	case "probe":
		rename("probe", "latentinjection.LatentInjectionReport")
	case "finding_title":
		set.Records.Findings[0].Title = i.Text
	case "incident_title":
		set.Records.Incidents[0].Title = i.Text
	case "run_reason":
		set.Records.NoResult[0].Reason = i.Text
		for n := range set.Facts {
			if set.Facts[n].Status == fact.Unmeasured {
				set.Facts[n].Reason = "run failed: " + i.Text
			}
		}
	case "action_title":
		set.Records.Actions[0].Title = i.Text
	}
}

// Against a model that obeys everything it is shown: nothing of it is accepted,
// the secret stays, and the facts are the same to the byte.
func TestInjectionCorpus(t *testing.T) {
	t.Parallel()
	all := injections(t)
	require.GreaterOrEqual(t, len(all), 200)
	shown, orders := 0, 0
	for _, i := range all {
		set := facttest.Example()
		i.plant(set)
		before, err := json.Marshal(set)
		require.NoError(t, err)
		n, asLabel := i.obey(t, set)
		orders += n
		if asLabel {
			shown++
		}
		orders += i.sort(t, set)
		after, err := json.Marshal(set)
		require.NoError(t, err)
		require.Equal(t, string(before), string(after), i.ID)
	}
	require.Greater(t, orders, 1000, "a model that is shown nothing obeys nothing")
	t.Logf("%d injections, %d of them shown to the narrative's model as quoted labels, %d answers that obey: none accepted", len(all), shown, orders)
}

// obey has the narrative's model obey. It returns in how many ways, and whether
// the text was shown at all.
func (i injection) obey(t *testing.T, set *fact.Set) (orders int, shown bool) {
	t.Helper()
	m, err := grounding.New(set, analysis.Options{})
	require.NoError(t, err)
	require.Equal(t, honest().Instructions(), m.Instructions(), i.ID)
	data := m.Data()
	if i.Place != "target" && i.Place != "probe" {
		require.Equal(t, kinds.ReplaceAllString(honest().Data(), ""), kinds.ReplaceAllString(data, ""), "%s: free text of sources is not shown", i.ID)
		return 0, false
	}
	var given struct{ Labels map[string]string }
	require.NoError(t, json.Unmarshal([]byte(data), &given))
	for _, label := range given.Labels {
		require.LessOrEqual(t, utf8.RuneCountInString(label), 60, i.ID)
		require.NotContains(t, label, "{{", i.ID)
		require.NotContains(t, label, "\n", i.ID)
	}
	answers := distinct(fakeai.Orders(data, ""), fakeai.Orders(fmt.Sprintf("[%q]", i.Text), ""))
	for _, answer := range answers {
		draft, err := grounding.Parse(answer)
		if err == nil {
			require.NotEmpty(t, m.Check(draft), "%s: %s", i.ID, answer)
		}
	}
	return len(answers), len(given.Labels) > 0
}

// kinds are reasons as one of a few words of ours, which may differ.
var kinds = regexp.MustCompile(`"reason_kind":"[a-z ]*",?`)

// honest is the material without any injection.
var honest = sync.OnceValue(func() *grounding.Material {
	m, err := grounding.New(facttest.Example(), analysis.Options{})
	if err != nil {
		panic(err)
	}
	return m
})

// distinct are answers without those that say the same.
func distinct(lists ...[]string) []string {
	all := slices.Concat(lists...)
	slices.Sort(all)
	return slices.Compact(all)
}

// sort has the model obey that is shown the excerpts.
func (i injection) sort(t *testing.T, set *fact.Set) (orders int) {
	t.Helper()
	for _, of := range []string{excerpts.Findings, excerpts.Incidents, excerpts.Runs} {
		sheet, err := excerpts.New(set, of, 20, nil, "seed")
		require.NoError(t, err)
		canary := mark(t, sheet)
		plain, err := excerpts.New(facttest.Example(), of, 20, nil, "seed")
		require.NoError(t, err)
		require.Equal(t, plain.Instructions(), sheet.Instructions(), i.ID)
		require.NotContains(t, string(sheet.Schema()), canary, i.ID)
		for _, answer := range distinct(fakeai.Orders(sheet.Data(), canary), fakeai.Orders(fmt.Sprintf("[%q]", i.Text), canary)) {
			orders++
			counts, err := sheet.Read(answer)
			if err == nil { // a label of ours is all that it may say
				require.Contains(t, labelsOf(t, sheet), strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(answer), `{"sorted":[{"id":"x1","label":"`), `"}]}`), "%s: %s", i.ID, answer)
				continue
			}
			require.Nil(t, counts)
			if strings.Contains(answer, canary) {
				require.ErrorIs(t, err, excerpts.ErrCanary, i.ID)
			}
		}
	}
	return orders
}

func labelsOf(t *testing.T, sheet *excerpts.Sheet) []string {
	t.Helper()
	var given struct{ Labels []string }
	require.NoError(t, json.Unmarshal([]byte(sheet.Data()), &given))
	return given.Labels
}

// mark is the secret of a sheet, as its instructions have it.
func mark(t *testing.T, sheet *excerpts.Sheet) string {
	t.Helper()
	_, rest, ok := strings.Cut(sheet.Instructions(), "fenced by the mark ")
	require.True(t, ok)
	canary, _, _ := strings.Cut(rest, ".")
	require.Regexp(t, `^canary-[0-9a-f]{16}$`, canary)
	return canary
}
