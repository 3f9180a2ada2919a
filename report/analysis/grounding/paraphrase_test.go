package grounding

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/fact/facttest"
)

// paraphrase is a claim that is true of the example, written by somebody who
// did not know the vocabulary.
type paraphrase struct {
	Claim Claim  `json:"claim"`
	Note  string `json:"note"`
}

func paraphrases(t *testing.T, file string) []paraphrase {
	t.Helper()
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	var list []paraphrase
	require.NoError(t, json.Unmarshal(b, &list))
	return list
}

// accepted tells how many claims of a file pass.
func accepted(t *testing.T, file string, miss func(paraphrase, []Violation)) (passed, all int) {
	t.Helper()
	list := paraphrases(t, file)
	m := material(t, facttest.Example())
	for _, p := range list {
		if v := refusals(m, p.Claim); len(v) > 0 {
			miss(p, v)
		} else {
			passed++
		}
	}
	return passed, len(list)
}

// The vocabulary may be widened by these.
func TestTunedParaphrases(t *testing.T) {
	t.Parallel()
	passed, all := accepted(t, "testdata/good-tune.json", func(p paraphrase, v []Violation) {
		t.Logf("refused: %s\n\t%s %v", p.Claim.Text, p.Claim.Stance, v)
	})
	t.Logf("paraphrases to tune on: %d of %d accepted (%.1f %%)", passed, all, 100*float64(passed)/float64(all))
	require.NotZero(t, all)
}

// Nobody who writes the vocabulary reads these: the rate alone is printed, and
// says how often true sentences in free English are refused.
func TestHeldOutParaphrases(t *testing.T) {
	t.Parallel()
	passed, all := accepted(t, "testdata/good-held-out.json", func(paraphrase, []Violation) {})
	t.Logf("paraphrases held out: %d of %d accepted (%.1f %%)", passed, all, 100*float64(passed)/float64(all))
	require.NotZero(t, all)
}
