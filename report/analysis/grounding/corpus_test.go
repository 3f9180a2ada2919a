package grounding

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/fact/facttest"
)

// printed is a claim as it would be printed.
func (m *Material) printed(c Claim) string {
	text := anyReference.ReplaceAllStringFunc(c.Text, func(s string) string {
		if r, _ := m.reference(s); r != nil {
			return r.shown()
		}
		return "?"
	})
	return strings.Join(strings.Fields(text), " ")
}

// sharesOfWhole is a share before "of" or behind "of which".
var sharesOfWhole = regexp.MustCompile(`\{\{share:[^ ]*\}\}(?: of|\.)|of which \{\{share:|^Of [a-z ]+, `)

// stillTrue is the rule by which mutants are left out: one prints the very
// sentence that was true, puts a share in the place of a part of a named whole
// or the other way round, or says "worsened" of an availability that fell.
func stillTrue(m *Material, c Claim, x mutant) bool {
	if x.how == "share" || strings.Contains(c.Text, "{{share:") && x.how == "verb fact" {
		if sharesOfWhole.MatchString(x.claim.Text) || sharesOfWhole.MatchString(c.Text) {
			return true
		}
	}
	if rise, found := strings.CutSuffix(x.how, " to improved"); found && rise == "rose" || x.how == "fell to worsened" || x.how == "dropped to deteriorated" {
		return strings.Contains(c.Text, "health.availability") || strings.Contains(c.Text, "findings.closed") || strings.Contains(c.Text, "actions.done")
	}
	return x.claim.Stance == c.Stance && m.printed(x.claim) == m.printed(c)
}

type tally struct{ all, refused int }

func (n tally) recall() float64 { return 100 * float64(n.refused) / float64(max(1, n.all)) }

// recall counts the mutants of a claim by kind, and says which get through.
func recall(m *Material, c Claim, kinds map[string]*tally, miss func(mutant)) {
	for i, x := range mutants(m, c) {
		if i%every != 0 || stillTrue(m, c, x) {
			continue
		}
		if kinds[x.kind] == nil {
			kinds[x.kind] = &tally{}
		}
		kinds[x.kind].all++
		if len(refusals(m, x.claim)) > 0 {
			kinds[x.kind].refused++
		} else {
			miss(x)
		}
	}
}

// TestMutationCorpus makes good narratives, and the true claims that the check
// was tuned on, false in every way that is known and counts what the check lets
// through.
func TestMutationCorpus(t *testing.T) {
	t.Parallel()
	kinds, good := map[string]*tally{}, tally{}
	for _, d := range goodDays() {
		m := material(t, d.set)
		for _, c := range d.claims {
			good.all++
			if v := refusals(m, c); len(v) > 0 {
				good.refused++
				t.Logf("false refusal: %s %v", c.Text, v)
			}
			recall(m, c, kinds, missed(t, m, d.name, c))
		}
	}
	m := material(t, facttest.Example())
	for _, s := range tuning {
		for _, p := range paraphrases(t, s.file) {
			if len(refusals(m, p.Claim)) == 0 {
				recall(m, p.Claim, kinds, missed(t, m, s.name, p.Claim))
			}
		}
	}
	judge(t, kinds, good)
}

func missed(t *testing.T, m *Material, set string, c Claim) func(mutant) {
	return func(x mutant) {
		t.Logf("miss: %s, %s (%s): %s\n\tis %s\n\twas %s", x.kind, x.how, set, x.claim.Text, m.printed(x.claim), m.printed(c))
	}
}

func judge(t *testing.T, kinds map[string]*tally, good tally) {
	t.Helper()
	total := 0
	var b strings.Builder
	b.WriteString("\n| mutants | number | refused | recall |\n|---|--:|--:|--:|\n")
	for _, kind := range sorted(kinds) {
		n := kinds[kind]
		total += n.all
		fmt.Fprintf(&b, "| %s | %d | %d | %.2f %% |\n", kind, n.all, n.refused, n.recall())
	}
	false100 := 100 * float64(good.refused) / float64(good.all)
	fmt.Fprintf(&b, "| true claims | %d | %d | %.2f %% refused |\n", good.all, good.refused, false100)
	t.Log(b.String())
	require.GreaterOrEqual(t, total, 2000)
	require.GreaterOrEqual(t, good.all, 40)
	require.LessOrEqual(t, false100, 2.0)
	for kind, n := range kinds {
		least := 98.0
		if slices.Contains([]string{"number", "unit", "direction", "entity"}, kind) {
			least = 99.5
		}
		require.GreaterOrEqual(t, n.recall(), least, "%s: %d of %d refused", kind, n.refused, n.all)
		require.GreaterOrEqual(t, n.all, 50, kind)
	}
}

func sorted(kinds map[string]*tally) []string {
	var out []string
	for k := range kinds {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
