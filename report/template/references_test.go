package template_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/formula"
	"github.com/closeofbusiness/cob/report/template"
)

func TestNeedsOfReferences(t *testing.T) {
	t.Parallel()
	l, err := parse([]byte("name: x\nversion: 1.0.0\ntitle: X\nparameters: {n: {type: integer, default: 3, minimum: 1, maximum: 9}}\nblocks:\n" +
		`  - references: {match: facts, limit: params.n}
  - references: {domain: data leakage, types: [policy]}
  - section: Again
    blocks:
      - references: {domains: [data leakage], types: [policy], title: another title}
      - columns: {left: [{text: "{{ref:RB-1}} {{ref: wiki/RB-2 }} {{ref:RB-1}}"}], right: [{references: {match: facts}}]}
  - data_notes: {}
`))
	require.NoError(t, err)
	needs := l.Needs(fact.Builtin(), template.Params{"n": formula.Int(4)}).References
	require.Equal(t, template.NoteNeeds{
		Lists: []fact.Selection{{Limit: 4}, {Domains: []string{"data leakage"}, Types: []string{"policy"}, Limit: 5}, {Limit: 5}},
		Cited: []string{"RB-1", "wiki/RB-2"},
	}, needs)
	require.False(t, needs.Empty())
	shipped, err := parse(daily(t))
	require.NoError(t, err)
	require.True(t, shipped.Needs(fact.Builtin(), nil).References.Empty())
}
