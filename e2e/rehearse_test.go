package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report"
)

// draftedDay is a day of "template rehearse --json".
type draftedDay struct {
	Date        report.Date `json:"date"`
	Revision    int         `json:"revision"`
	Template    string      `json:"template"`
	Differences []struct{ Kind, What, Where, Before, After string }
	Files       []string
	Error       string
}

// A template is tried on days that were issued before it is applied: what it
// would change is told, and nothing is written but the drafts.
func TestRehearsal(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	date := s.sample(3)
	cal := s.owed("daily-security", "Europe/London")
	s.worker()
	require.Equal(t, report.Issued, s.issue("daily-security", date).State)
	text, err := os.ReadFile(fromRoot(t, "templates", "daily-security.yaml"))
	require.NoError(t, err)
	conn := s.admin()
	before := rows(s, conn)

	same := s.drafted("daily-security", "--days", "1")
	require.Len(t, same, 1)
	require.Equal(t, date, same[0].Date)
	require.Equal(t, 1, same[0].Revision)
	require.Equal(t, "daily-security 1.0.0", same[0].Template)
	require.Empty(t, same[0].Differences, "the same template over the same facts")

	changed := strings.NewReplacer("version: 1.0.0", "version: 1.1.0", "      - actions.overdue\n", "", "section: Trends", "section: Development",
		"worst_cells: {type: integer, default: 5,", "worst_cells: {type: integer, default: 6,").Replace(string(text))
	file := s.write("next.yaml", changed)
	out := filepath.Join(s.dir, "drafts")
	days := s.drafted(file, "--days", "2", "--output", out)
	require.Equal(t, []report.Date{cal.Previous(date), date}, []report.Date{days[0].Date, days[1].Date})
	require.Zero(t, days[0].Revision, "not issued")
	require.Empty(t, days[0].Differences)
	told := map[string]bool{}
	for _, d := range days[1].Differences {
		told[d.Kind+" "+d.What+" "+d.Where] = true
	}
	require.True(t, told["removed figure Actions overdue"], told)
	require.True(t, told["removed section Trends"] && told["added section Development"], told)
	more := 0
	for what := range told {
		if strings.HasPrefix(what, "added row Threat intelligence: where attacks got through › Highest rates by probe and detector") {
			more++
		}
	}
	require.Equal(t, 1, more, told)

	for _, day := range days {
		require.Empty(t, day.Error)
		for _, name := range []string{"report.pdf", "report.html", "report.md", "report.json", "differences.txt"} {
			require.FileExists(t, filepath.Join(out, string(day.Date), name))
		}
		page, err := os.ReadFile(filepath.Join(out, string(day.Date), "report.md"))
		require.NoError(t, err)
		require.Contains(t, string(page), "· Draft\n")
		require.NotContains(t, string(page), "Revision")
	}
	listed, err := os.ReadFile(filepath.Join(out, string(date), "differences.txt"))
	require.NoError(t, err)
	require.Contains(t, string(listed), "against revision 1, made with daily-security 1.0.0")
	require.Contains(t, string(listed), "\nremoved figure Actions overdue: ")
	require.Contains(t, string(listed), "\n-## Trends\n")
	var document map[string]any
	body, err := os.ReadFile(filepath.Join(out, string(date), "report.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(body, &document))
	require.Equal(t, map[string]any{"watermark": "DRAFT"}, document["style"])

	table := s.must("template", "rehearse", file, "--days", "2")
	require.Contains(t, table, "DATE\tISSUED\tMADE WITH\tDIFFERENCES\tWHAT\n"+string(days[0].Date)+"\tnot issued\t\t\tnot issued, nothing to compare with\n"+string(date)+"\trevision 1\tdaily-security 1.0.0\t")

	// A day that cannot be drafted does not stop the others.
	blocked := filepath.Join(s.dir, "blocked")
	require.NoError(t, os.Mkdir(blocked, 0o750))
	require.NoError(t, os.WriteFile(filepath.Join(blocked, string(days[0].Date)), nil, 0o600))
	o := s.starter("template", "rehearse", file, "--days", "2", "--output", blocked)
	require.Equal(t, 1, o.code, o.err)
	require.Contains(t, o.out, string(days[0].Date)+"\tnot issued\t\tfailed\tfailed: make folder: ")
	require.FileExists(t, filepath.Join(blocked, string(date), "report.pdf"))

	require.Equal(t, before, rows(s, conn), "nothing is written to the database")
}

func (s *site) drafted(args ...string) (days []draftedDay) {
	s.Helper()
	require.NoError(s, json.Unmarshal([]byte(s.must(append([]string{"template", "rehearse", "--json"}, args...)...)), &days))
	return days
}

// rows counts those of every table of ours.
func rows(s *site, conn *pgx.Conn) map[string]int {
	s.Helper()
	found, err := conn.Query(s.Context(), `SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('cob', 'ops')`)
	require.NoError(s, err)
	tables, err := pgx.CollectRows(found, pgx.RowTo[string])
	require.NoError(s, err)
	require.Greater(s, len(tables), 10)
	out := map[string]int{}
	for _, table := range tables {
		out[table] = count(s, conn, "SELECT count(*) FROM "+table)
	}
	return out
}
