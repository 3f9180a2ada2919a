package analysis_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/analysis"
)

func TestWithheld(t *testing.T) {
	t.Parallel()
	require.Empty(t, analysis.Withheld(nil))
	require.Equal(t, "Provider openai failed the checks (digit; cause); provider house gave no text (overloaded, 3 times).", analysis.Withheld([]analysis.Outcome{
		{Provider: "openai", Refused: true, Reason: "digit; cause"}, {Provider: "house", Reason: "overloaded, 3 times."}}))
	require.Equal(t, "Provider openai gave no text.", analysis.Withheld([]analysis.Outcome{{Provider: "openai"}}))
	long := analysis.Withheld([]analysis.Outcome{{Provider: "a", Reason: strings.Repeat("x\u202e ", 400)}, {Provider: "b", Reason: strings.Repeat("y", 400)}, {Provider: "c", Reason: strings.Repeat("z", 400)}})
	require.LessOrEqual(t, utf8.RuneCountInString(long), 240)
	require.NotContains(t, long, "\u202e")
	require.Equal(t, "Written by m (house), each claim checked against the facts.", analysis.LabelOf("m", "house"))
	require.Less(t, len(analysis.LabelOf(strings.Repeat("m", 500), "house")), 150)
}
