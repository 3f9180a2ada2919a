package grounding

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/fact/facttest"
)

// paraphrase is a claim that is true of the example, in free English.
type paraphrase struct {
	Claim Claim  `json:"claim"`
	Note  string `json:"note"`
}

// trueSet is a file of true claims.
type trueSet struct{ name, file string }

// tuning are the sets that the check was widened by: those of its authors, and
// two that were written by somebody who did not know the vocabulary.
var tuning = []trueSet{
	{"own", "testdata/good-own.json"},
	{"tune", "testdata/good-tune.json"},
	{"held-out (tuned on)", "testdata/good-held-out.json"},
}

// fresh are written from the instructions alone. Whoever widens the check does
// not read them: the rates alone are printed.
var fresh = trueSet{"fresh", "testdata/good-fresh.json"}

// The most true claims that may be refused, in percent.
const (
	mostTuned = 2.0
	mostFresh = 2.0
)

func paraphrases(t *testing.T, file string) []paraphrase {
	t.Helper()
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	var list []paraphrase
	require.NoError(t, json.Unmarshal(b, &list))
	return list
}

// falseRefusals counts the claims of a set that are refused.
func falseRefusals(t *testing.T, s trueSet, miss func(paraphrase, []Violation)) tally {
	t.Helper()
	var n tally
	m := material(t, facttest.Example())
	for _, p := range paraphrases(t, s.file) {
		n.all++
		if v := refusals(m, p.Claim); len(v) > 0 {
			n.refused++
			miss(p, v)
		}
	}
	return n
}

// TestTrueClaimsBySet prints how many true claims of each set are refused.
func TestTrueClaimsBySet(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("\n| true claims by set | written | refused | |\n|---|--:|--:|--:|\n")
	row := func(name string, n tally) {
		fmt.Fprintf(&b, "| %s | %d | %d | %.2f %% |\n", name, n.all, n.refused, n.recall())
	}
	var tuned tally
	for _, s := range tuning {
		n := falseRefusals(t, s, func(p paraphrase, v []Violation) { t.Logf("refused: %s %v", p.Claim.Text, v) })
		row(s.name, n)
		require.NotZero(t, n.all, s.name)
		tuned = tally{tuned.all + n.all, tuned.refused + n.refused}
	}
	row("own, tune and held-out", tuned)
	unread := falseRefusals(t, fresh, func(paraphrase, []Violation) {})
	row(fresh.name, unread)
	t.Log(b.String())
	require.LessOrEqual(t, tuned.recall(), mostTuned)
	require.LessOrEqual(t, unread.recall(), mostFresh)
}

// TestFreshMutants makes mutants of the fresh claims that pass, and prints how
// many of each kind are refused.
func TestFreshMutants(t *testing.T) {
	t.Parallel()
	m := material(t, facttest.Example())
	kinds := map[string]*tally{}
	for _, p := range paraphrases(t, fresh.file) {
		if len(refusals(m, p.Claim)) == 0 {
			recall(m, p.Claim, kinds, func(mutant) {})
		}
	}
	require.NotEmpty(t, kinds, "there are no fresh claims")
	all := tally{}
	for _, kind := range sorted(kinds) {
		n := kinds[kind]
		all = tally{all.all + n.all, all.refused + n.refused}
		t.Logf("fresh, %s: %d of %d refused (%.2f %%)", kind, n.refused, n.all, n.recall())
	}
	require.GreaterOrEqual(t, all.recall(), 99.5)
}

// TestFalseClaims refuses claims in natural English that are not so, or that
// nobody knows, whatever stance they take.
func TestFalseClaims(t *testing.T) {
	t.Parallel()
	m := material(t, facttest.Example())
	list := paraphrases(t, "testdata/false-own.json")
	require.Greater(t, len(list), 80)
	for _, p := range list {
		for _, stance := range stances {
			c := p.Claim
			c.Stance = stance
			require.NotEmpty(t, refusals(m, c), c.Text)
		}
	}
}
