//go:build cli

package e2e

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/dev/testserver"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/delivery"
)

// The documents' own names.
const (
	docSeries = "daily-security"
	docDate   = report.Date("2026-11-20")
)

func init() { afterAll = everyLineWasRun }

// commandLine is a line of the documents that people type.
var commandLine = regexp.MustCompile(`(?m)^temporal [a-z].*$`)

// everyLineWasRun tells which of the documents' lines no test of this run has
// run. It asks nothing where only some tests were to run.
func everyLineWasRun() error {
	if os.Getenv("COB_TEST_EVERY_LINE") == "" {
		return nil
	}
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	missing := map[string]bool{}
	for _, name := range documents {
		text, err := os.ReadFile(root + "/../docs/" + name) // #nosec G304 -- our own documents
		if err != nil {
			return err
		}
		for _, line := range commandLine.FindAllString(joined(string(text)), -1) {
			if _, done := ran.Load(line); !done {
				missing[line] = true
			}
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("no test has run these lines of the documents:\n  %s", strings.Join(slices.Sorted(maps.Keys(missing)), "\n  "))
	}
	return nil
}

// asDocumented is a site as the documents have it: series and task queue.
func asDocumented(t *testing.T, lines ...string) *site {
	t.Helper()
	s := newSite(t)
	s.queue = "cob"
	s.seriesAs(lines...)
	return s
}

func (s *site) seriesAs(lines ...string) {
	s.Helper()
	path := s.dir + "/" + docSeries + ".yaml"
	text := "name: daily-security\ntemplate: daily-security\ncutoff: \"17:00\"\ntime_zone: Europe/London\n" + strings.Join(lines, "\n") + "\n"
	require.NoError(s, os.WriteFile(path, []byte(text), 0o600))
	s.must("series", "apply", path)
}

// documentedAs runs the one documented line that begins so.
func (s *site) documentedAs(beginning string) string {
	s.Helper()
	var found []string
	for _, name := range documents {
		text, err := os.ReadFile(fromRoot(s.T, "docs", name))
		require.NoError(s, err)
		for _, line := range commandLine.FindAllString(joined(string(text)), -1) {
			if strings.HasPrefix(strings.Join(strings.Fields(line), " "), beginning) && !slices.Contains(found, line) {
				found = append(found, line)
			}
		}
	}
	require.Len(s, found, 1, beginning)
	return s.documented(found[0])
}

const docCycle = "--workflow-id cob/daily-security/2026-11-20"

// Schedules with the stock command line.
func TestCommandLineSchedules(t *testing.T) {
	t.Parallel()
	s := asDocumented(t)
	s.worker()
	eventually(t, "the schedule is listed", func() bool {
		return strings.Contains(s.documentedAs("temporal schedule list"), report.ScheduleID(docSeries))
	})
	require.Contains(t, s.documentedAs("temporal schedule describe"), "AllowAll")
	s.documentedAs("temporal schedule toggle --schedule-id cob/daily-security --pause")
	require.Contains(t, s.must("series", "list"), "paused (data centre move)")
	s.documentedAs("temporal schedule toggle --schedule-id cob/daily-security --unpause")
	require.Contains(t, s.must("series", "list"), "as the file says")

	s.documentedAs("temporal schedule trigger")
	conn := s.admin()
	eventually(t, "the latest report is issued", func() bool { return count(t, conn, `SELECT count(*) FROM cob.revision`) == 1 })
	s.documentedAs("temporal schedule backfill")
	eventually(t, "the week is issued", func() bool { return count(t, conn, `SELECT count(*) FROM cob.revision`) >= 6 })
	require.Equal(t, 5, count(t, conn, `SELECT count(*) FROM cob.cycle
		WHERE business_date BETWEEN '2026-11-09' AND '2026-11-13' AND as_of_rule = 'due' AND late AND state LIKE 'issued%'`))
	s.documentedAs("temporal schedule delete")
	require.Contains(t, s.must("series", "list"), "missing: starter series apply")
}

// A report from its start to its receipt, by the lines of the documents.
func TestCommandLineReports(t *testing.T) {
	t.Parallel()
	s := asDocumented(t)
	s.worker()
	s.documentedAs("temporal workflow start --type CloseOfBusiness --task-queue cob --workflow-id cob/daily-security/2026-11-20 --input")
	require.Contains(t, s.documentedAs("temporal workflow result "+docCycle), `"revision":1`)
	require.Contains(t, s.documentedAs("temporal workflow query "+docCycle+" --type progress"), "known")
	for _, line := range []string{
		"temporal workflow query    " + docCycle + "    --type state", "temporal workflow query " + docCycle + " --type state",
		"temporal workflow query    " + docCycle + "/r1 --type state",
	} {
		require.Contains(t, s.documented(line), `"stage":"done"`)
	}
	require.Contains(t, s.documentedAs("temporal workflow describe "+docCycle), "COMPLETED")
	s.documentedAs("temporal workflow start --type CloseOfBusiness --task-queue cob --workflow-id cob/daily-security/2026-11-20 --id-conflict-policy")
	s.documentedAs("temporal workflow start --type CloseOfBusiness --task-queue cob --input")
	eventually(t, "it is listed", func() bool {
		return strings.Contains(s.documentedAs("temporal workflow list --query \"CobSeries = 'daily-security' AND CobBusinessDate"), report.CycleID(docSeries, docDate))
	})
	require.NotEmpty(t, delivery.Folder(s.dir, docSeries, docDate, 1))
	require.Equal(t, 1, count(t, s.admin(), `SELECT count(*) FROM cob.revision`))
}

// Updates, each on a cycle that is held.
func TestCommandLineDecisions(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		`temporal workflow update execute ` + docCycle + ` --name proceed --input '{"by":"m.ferrari","reason":"feed down"}'`,
		`temporal workflow update execute ` + docCycle + ` --name proceed --input '{"by":"m.ferrari","reason":"the health`,
		`temporal workflow update execute ` + docCycle + ` --name waive`,
		`temporal workflow terminate ` + docCycle,
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			s := asDocumented(t, "missing_data: hold", "sources: [never-heard-of]")
			s.worker()
			s.must("run", "--series", docSeries, "--date", string(docDate), "--as-of", "due")
			eventually(t, "it is listed as held", func() bool {
				return strings.Contains(s.documentedAs("temporal workflow list --query \"CobSeries = 'daily-security' AND CobState"), report.CycleID(docSeries, docDate))
			})
			out := s.documentedAs(line)
			switch {
			case strings.Contains(line, "proceed"):
				r := s.issue(docSeries, docDate)
				require.Equal(t, report.IssuedQualified, r.State)
				require.Equal(t, "m.ferrari", r.Decision.By)
			case strings.Contains(line, "waive"):
				require.Contains(t, out, "waived")
				require.Contains(t, s.must("cycles", "--series", docSeries, "--from", string(docDate)), "waived")
			}
		})
	}
}

// What an operator with the rights runs instead of starter init. Its namespace
// is the documents' own.
func TestCommandLineSearchAttributes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.temporal("operator", "namespace", "create", "--namespace", "cob")
	for _, name := range []string{report.AttributeSeries, report.AttributeDate, report.AttributeState} {
		eventually(t, "the namespace is there", func() bool {
			return command(t, s.dir, s.environment(), testserver.CLI(t), "operator", "search-attribute", "list", "--namespace", "cob").code == 0
		})
		s.documentedAs("temporal operator search-attribute create --namespace cob --name " + name)
	}
	s.namespace = "cob"
	eventually(t, "they are registered", func() bool { return s.starter("init").code == 0 })
	require.Contains(t, s.starter("init").err, "nothing to do")
}
