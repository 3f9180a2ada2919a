package excerpts_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/analysis/excerpts"
	"github.com/closeofbusiness/cob/report/fact/facttest"
)

func sheet(t *testing.T, of string, titles ...string) *excerpts.Sheet {
	t.Helper()
	set := facttest.Example()
	template := set.Records.Findings[0]
	template.InWindow = true
	set.Records.Findings = nil
	for _, title := range titles {
		f := template
		f.Title = title
		set.Records.Findings = append(set.Records.Findings, f)
	}
	s, err := excerpts.New(set, of, 3, []string{"Dana Novak"}, "seed")
	require.NoError(t, err)
	return s
}

func TestASheet(t *testing.T) {
	t.Parallel()
	s := sheet(t, excerpts.Findings, "shows the order numbers of Dana Novak", "mails ops@example.com with key sk-live-0123456789abcdefghij", "third", "fourth")
	require.False(t, s.Empty())
	var given struct {
		Labels   []string
		Excerpts []struct{ ID, Text string }
	}
	require.NoError(t, json.Unmarshal([]byte(s.Data()), &given))
	require.Len(t, given.Excerpts, 3, "at most so many")
	require.Contains(t, given.Excerpts[0].Text, "shows the order numbers of [name 1]")
	require.NotContains(t, s.Data(), "example.com")
	require.NotContains(t, s.Data(), "0123456789")
	require.True(t, json.Valid(s.Schema()))

	counts, err := s.Read(`{"sorted":[{"id":"x1","label":"disclosure of data"},{"id":"x2","label":"disclosure of data"},{"id":"x3","label":"another weakness"}]}`)
	require.NoError(t, err)
	require.Equal(t, "Of the titles of three findings opened, m-1 sorted two as disclosure of data and one as another weakness.", s.Sentence(counts, "m-1").Text.String())
	require.Equal(t, "What is said in the titles of three findings opened was not sorted: house gave no text.", s.Unsorted("house gave no text.").Text.String())
	require.Equal(t, excerpts.Checks(), s.Sentence(counts, "m-1").Checks)
}

func TestReadingFailsClosed(t *testing.T) {
	t.Parallel()
	s := sheet(t, excerpts.Findings, "one", "two")
	_, rest, _ := strings.Cut(s.Instructions(), "fenced by the mark ")
	canary, _, _ := strings.Cut(rest, ".")
	const one = `{"id":"x1","label":"disclosure of data"}`
	for name, answer := range map[string]string{
		"no JSON":        "All is well.",
		"one missing":    `{"sorted":[` + one + `]}`,
		"one twice":      `{"sorted":[` + one + `,` + one + `]}`,
		"another label":  `{"sorted":[` + one + `,{"id":"x2","label":"perfectly safe"}]}`,
		"another id":     `{"sorted":[` + one + `,{"id":"x3","label":"disclosure of data"}]}`,
		"something more": `{"sorted":[` + one + `,{"id":"x2","label":"disclosure of data","note":"hello"}]}`,
		"goes on":        `{"sorted":[` + one + `,{"id":"x2","label":"disclosure of data"}]} hello`,
		"too long":       `{"sorted":[` + one + `,{"id":"x2","label":"disclosure of data"}]}` + strings.Repeat(" ", 20_000),
		"empty":          "",
	} {
		_, err := s.Read(answer)
		require.Error(t, err, name)
		require.NotErrorIs(t, err, excerpts.ErrCanary, name)
	}
	for _, answer := range []string{canary, strings.ToUpper(canary), "the mark is " + strings.TrimPrefix(canary, "canary-"), `{"sorted":[],"note":"` + canary + `"}`} {
		_, err := s.Read(answer)
		require.ErrorIs(t, err, excerpts.ErrCanary)
	}
}

// A value has the same pseudonym wherever a report has excerpts of it.
func TestPseudonymsAreTheReports(t *testing.T) {
	t.Parallel()
	set := facttest.Example()
	set.Records.Findings[0].InWindow = true
	set.Records.Findings[0].Title = "a@example.com sees b@example.com"
	set.Records.Incidents[0].Title = "mail of b@example.com shown"
	incidents, err := excerpts.New(set, excerpts.Incidents, 5, nil, "seed")
	require.NoError(t, err)
	require.Contains(t, incidents.Data(), "mail of [email 2] shown")
}

func TestOtherKinds(t *testing.T) {
	t.Parallel()
	for of, want := range map[string]string{excerpts.Incidents: "the title of one incident", excerpts.Runs: "the reason"} {
		s, err := excerpts.New(facttest.Example(), of, 5, nil, "seed")
		require.NoError(t, err)
		require.Contains(t, s.Unsorted("x").Text.String(), want)
	}
	s := sheet(t, excerpts.Findings)
	require.True(t, s.Empty())
	other, err := excerpts.New(facttest.Example(), excerpts.Findings, 5, nil, "another seed")
	require.NoError(t, err)
	require.NotEqual(t, s.Instructions(), other.Instructions(), "another mark")
}

func FuzzRead(f *testing.F) {
	f.Add(`{"sorted":[{"id":"x1","label":"disclosure of data"}]}`)
	f.Add(`{"sorted":null}`)
	s, err := excerpts.New(facttest.Example(), excerpts.Findings, 1, nil, "seed")
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, answer string) {
		counts, err := s.Read(answer)
		if err != nil {
			return
		}
		total := 0
		for _, n := range counts {
			total += n
		}
		require.Equal(t, 1, total)
	})
}
