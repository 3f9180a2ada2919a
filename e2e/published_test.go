package e2e

import (
	"bufio"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/calendar"
	"github.com/closeofbusiness/cob/report/fact"
)

// The facts agree to the digit with what the files say of themselves, and the
// reports say where a file disagrees with itself.
func TestPublishedData(t *testing.T) {
	t.Parallel()
	t.Run("fixtures", func(t *testing.T) {
		t.Parallel()
		s, cal := taken(t, "testdata")
		s.agrees(cal, "testdata")
		r := s.issue("published", "2024-03-06")
		require.Contains(t, note(t, s.files(r)["report.md"], "vicuna-small"), "claims 3 hits; its rows hold 2.")
	})
	t.Run("real", func(t *testing.T) {
		t.Parallel()
		dir := os.Getenv("COB_TEST_DATA")
		if dir == "" {
			dir = fromRoot(t, "..", "shared", "data")
		}
		if _, err := os.Stat(dir); err != nil {
			t.Logf("the published results are not at %s (COB_TEST_DATA names another place): the fixtures alone are read", dir)
			return
		}
		s, cal := taken(t, dir)
		s.agrees(cal, dir)
		s.ladder(s.issue("published", "2026-08-05"))
		s.pairs(s.issue("published", "2024-03-06"))
		require.Equal(t, int64(90), s.facts("published", "2024-03-25").value("attack.hits{target=vicuna-13b-v1.5}"), "a Sunday belongs to Monday")
		o := s.starter("facts", "--series", "published", "--date", "2024-03-24")
		require.Equal(t, 2, o.code)
		require.Contains(t, o.err, "2024-03-25")
	})
}

// taken ingests both folders' files at a fresh site with a worker.
func taken(t *testing.T, dir string) (*site, *calendar.Calendar) {
	t.Helper()
	s := newSite(t)
	cal := s.owed("published", "UTC")
	s.must(append([]string{"ingest", "garak", "--time-zone", "UTC"}, list(t, dir, "garak", "*.report.jsonl")...)...)
	s.must(append([]string{"ingest", "jailbreakbench", "--time-zone", "UTC"}, list(t, dir, "jailbreakbench", "*.json")...)...)
	s.worker()
	return s, cal
}

func list(t *testing.T, parts ...string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(parts...))
	require.NoError(t, err)
	require.NotEmpty(t, files, parts)
	for i := range files {
		files[i], err = filepath.Abs(files[i])
		require.NoError(t, err)
	}
	return files
}

// total is what a file says of one cell.
type total struct {
	date                    report.Date
	target, probe, detector string
	evaluated, hits         int64
}

// agrees checks every total of every file against the facts of its date, and
// the identities on each of these dates.
func (s *site) agrees(cal *calendar.Calendar, dir string) {
	s.Helper()
	byDate := map[report.Date][]total{}
	for _, path := range list(s.T, dir, "garak", "*.report.jsonl") {
		date, totals := garakTotals(s.T, cal, path)
		byDate[date] = append(byDate[date], totals...)
	}
	for _, path := range list(s.T, dir, "jailbreakbench", "*.json") {
		t := jailbreakBenchTotal(s.T, cal, path)
		byDate[t.date] = append(byDate[t.date], t)
	}
	for date, totals := range byDate {
		f := s.facts("published", date)
		f.identities()
		for _, want := range totals {
			dims := fact.Dims{"target": want.target, "probe": want.probe, "detector": want.detector}
			require.Equal(s, want.evaluated, f.value(fact.Key("attack.evaluated", dims)), "%+v", want)
			require.Equal(s, want.hits, f.value(fact.Key("attack.hits", dims)), "%+v", want)
			rate := f.find(fact.Key("attack.success_rate", dims))
			require.Equal(s, want.hits, *rate.Numerator, "%+v", want)
			require.Equal(s, want.evaluated, *rate.Denominator, "%+v", want)
		}
	}
}

// garakTotals reads the eval rows of a report, and the business date of its
// start.
func garakTotals(t *testing.T, cal *calendar.Calendar, path string) (date report.Date, out []total) {
	t.Helper()
	file, err := os.Open(path) // #nosec G304 -- a test's input
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	target := ""
	for lines.Scan() {
		var row struct {
			Type      string `json:"entry_type"`
			Start     string `json:"start_time"`
			Name      string `json:"plugins.target_name"`
			Kind      string `json:"plugins.target_type"`
			OldKind   string `json:"plugins.model_type"`
			Probe     string `json:"probe"`
			Detector  string `json:"detector"`
			Fails     int64  `json:"fails"`
			Evaluated int64  `json:"total_evaluated"`
		}
		require.NoError(t, json.Unmarshal(lines.Bytes(), &row), path)
		switch row.Type {
		case "start_run setup":
			for _, name := range []string{row.OldKind, row.Kind, row.Name} {
				if name != "" {
					target = name
				}
			}
		case "init":
			start, err := time.Parse("2006-01-02T15:04:05.999999", row.Start)
			require.NoError(t, err)
			date = cal.Holding(start)
		case "eval":
			out = append(out, total{date, target, row.Probe, row.Detector, row.Evaluated, row.Fails})
		}
	}
	require.NoError(t, lines.Err())
	return date, out
}

// jailbreakBenchTotal reads an artifact's own rate over its behaviours.
func jailbreakBenchTotal(t *testing.T, cal *calendar.Calendar, path string) total {
	t.Helper()
	body, err := os.ReadFile(path) // #nosec G304 -- a test's input
	require.NoError(t, err)
	var artifact struct {
		Parameters struct {
			Method string      `json:"method"`
			Model  string      `json:"model"`
			Rate   float64     `json:"attack_success_rate"`
			Date   report.Date `json:"evaluation_date"`
		} `json:"parameters"`
		Jailbreaks []json.RawMessage `json:"jailbreaks"`
	}
	require.NoError(t, json.Unmarshal(body, &artifact))
	p, n := artifact.Parameters, len(artifact.Jailbreaks)
	return total{cal.Holding(p.Date.Time().Add(12 * time.Hour)), p.Model, p.Method, "jailbroken", int64(n), int64(math.Round(p.Rate * float64(n)))}
}

// ladder is the day of the ten scans: each setting is a target of its own.
func (s *site) ladder(r report.Receipt) {
	s.Helper()
	require.Equal(s, report.IssuedQualified, r.State, "nobody promised that the data is complete")
	f := s.facts("published", "2026-08-05")
	f.identities()
	targets := slices.DeleteFunc(f.dims("attack.hits"), func(d string) bool {
		return !strings.HasPrefix(d, "{target=GuardrailLadder::ladder-stage-") || strings.Contains(d, "probe=")
	})
	require.Len(s, targets, 10)
	files := s.files(r)
	require.ElementsMatch(s, []string{"report.pdf", "report.html", "report.md", "report.json"}, names(files))
	require.Contains(s, files["report.md"], "QUALIFIED")
	require.Contains(s, files["report.pdf"][:8], "%PDF-")
}

// pairs is the day of the PAIR attacks, with the file that disagrees with
// itself.
func (s *site) pairs(r report.Receipt) {
	s.Helper()
	require.Equal(s, report.IssuedQualified, r.State, "nobody promised that the data is complete")
	f := s.facts("published", "2024-03-06")
	f.identities()
	for target, hits := range map[string]int64{"vicuna-13b-v1.5": 69, "gpt-3.5-turbo-1106": 71, "gpt-4-0125-preview": 34, "llama-2-7b-chat-hf": 0} {
		require.Equal(s, hits, f.value("attack.hits{target="+target+"}"), target)
		require.Equal(s, int64(100), f.value("attack.evaluated{target="+target+"}"), target)
	}
	require.Contains(s, note(s.T, s.files(r)["report.md"], "gpt-4-0125-preview"), "claims 50 hits; its rows hold 34.")
}

// note finds in a report the note about a target's disagreement.
func note(t *testing.T, markdown, target string) string {
	t.Helper()
	_, notes, found := strings.Cut(markdown, "Data notes")
	require.True(t, found)
	for line := range strings.Lines(notes) {
		if strings.Contains(line, target) && strings.Contains(line, "claims") {
			return strings.ReplaceAll(line, "\\", "")
		}
	}
	require.Fail(t, "no note about "+target, notes)
	return ""
}

func names(files map[string]string) (out []string) {
	for name := range files {
		out = append(out, name)
	}
	return out
}

// The identities hold on every day of the sample, issued or not.
func TestIdentitiesOverTheSample(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cal := s.owed("sample", "Europe/London")
	last := s.sample(5)
	s.worker()
	for _, date := range cal.Before(last, 5) {
		s.facts("sample", date).identities()
	}
	r := s.issue("sample", last)
	require.Equal(t, report.Issued, r.State, "the sample's feeds promise that they are complete")
	f := s.facts("sample", last)
	f.identities()
	set := fact.Set{Facts: f.all}
	require.Equal(t, len(set.Notes()), r.Unmeasured)
	require.Equal(t, set.Figures(), r.Figures)
	require.NotZero(t, r.Unmeasured)
}
