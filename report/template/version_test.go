package template_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/template"
)

func TestVersionsAreOrderedByTheirNumbers(t *testing.T) {
	t.Parallel()
	ordered := []string{"", "1.2", "v1.0.0", "0.0.0", "0.0.1", "0.0.10", "0.1.0", "0.9.9", "1.0.0", "1.0.2", "1.0.11", "1.2.0", "1.9.0", "1.9.9", "1.10.0", "2.0.0", "10.0.0", "99999.0.0"}
	got := slices.Clone(ordered)
	slices.Reverse(got)
	slices.SortFunc(got, template.CompareVersions)
	require.Equal(t, ordered, got)
	require.Zero(t, template.CompareVersions("1.2.3", "1.2.3"))
}

func TestParseVersion(t *testing.T) {
	t.Parallel()
	v, err := template.ParseVersion("1.9.3")
	require.NoError(t, err)
	require.Equal(t, template.Version{1, 9, 3}, v)
	require.Equal(t, "1.9.3", v.String())
	require.Equal(t, "1.10.0", v.NextMinor().String())
	for _, bad := range []string{"", "1", "1.0", "1.0.0.0", "01.0.0", "1.0.0-rc1", "1.0.0+x", "v1.0.0", " 1.0.0", "1.0.100000", "-1.0.0"} {
		_, err := template.ParseVersion(bad)
		require.ErrorIs(t, err, report.ErrInvalid, bad)
	}
}

func TestRanges(t *testing.T) {
	t.Parallel()
	all := []string{"1.2.0", "1.9.0", "2.0.0", "1.10.0", "1.2.10", "1.2.9", "0.5.0"}
	for s, highest := range map[string]string{
		"daily": "2.0.0", "daily@1": "1.10.0", "daily@1.2": "1.2.10", "daily@1.2.0": "1.2.0", "daily@0": "0.5.0", "daily@1.1": "", "daily@3": "", "daily@1.2.1": "", "daily@10": "",
	} {
		r, err := template.ParseRange(s)
		require.NoError(t, err, s)
		require.Equal(t, "daily", r.Name)
		require.Equal(t, s, r.String())
		got := ""
		if i := r.Highest(all); i >= 0 {
			got = all[i]
		}
		require.Equal(t, highest, got, s)
	}
	for _, bad := range []string{"", "daily@", "daily@1.", "daily@.1", "daily@1.2.0.0", "daily@v1", "daily@latest", "daily@^1.2", "daily@~1", "daily@>=1",
		"daily@1.x", "daily@01", "daily@100000", "Daily", "daily.yaml", "./daily", "daily @1", "daily@1 ", "@1", "daily@1@2", "daily\n"} {
		_, err := template.ParseRange(bad)
		require.ErrorIs(t, err, report.ErrInvalid, bad)
	}
}
