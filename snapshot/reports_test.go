package snapshot_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/ingest"
	"github.com/closeofbusiness/cob/ingest/sample"
	"github.com/closeofbusiness/cob/metrics"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/analysis"
	"github.com/closeofbusiness/cob/report/compose"
	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/fact/facttest"
	"github.com/closeofbusiness/cob/report/metric"
	"github.com/closeofbusiness/cob/report/render"
	"github.com/closeofbusiness/cob/report/template"
	"github.com/closeofbusiness/cob/snapshot"
	"github.com/closeofbusiness/cob/templates"
)

// library is every template that comes with the programs.
func library(t testing.TB) map[string]*template.Template {
	t.Helper()
	files, err := fs.Glob(templates.FS, "*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	registry := libraryMetrics(t)
	out := map[string]*template.Template{}
	for _, name := range files {
		source, err := templates.FS.ReadFile(name)
		require.NoError(t, err)
		out[name], err = template.Parse(source, registry)
		require.NoError(t, err, name)
	}
	return out
}

// libraryMetrics are the metrics that the library's templates may be about.
func libraryMetrics(t testing.TB) *fact.Registry {
	t.Helper()
	registry, err := metric.Load(metrics.FS)
	require.NoError(t, err)
	return registry
}

// holds checks a day's facts, and every report that the library makes of them:
// what is counted as not measured is listed, and every format can be made.
func holds(t testing.TB, store *db.Store, date report.Date, asOf time.Time) {
	t.Helper()
	for name, tmpl := range library(t) {
		params, err := tmpl.Resolve(nil)
		require.NoError(t, err)
		set := factsOf(t, store, date, asOf, tmpl.Needs(libraryMetrics(t), params))
		facttest.Identities(t, set)
		narratives := map[string]analysis.Narrative{}
		for _, n := range tmpl.Narratives() {
			written, err := analysis.ByRules(set, analysis.Options{About: n.About})
			require.NoError(t, err)
			narratives[n.Name] = written
		}
		d, err := compose.Compose(set, tmpl, nil, narratives, compose.Meta{Revision: 1, FactsSHA256: strings.Repeat("0", 64)})
		require.NoError(t, err, "%s on %s", name, set.BusinessDate)
		unmeasured, listed := countedAndListed(d)
		require.Equal(t, len(set.Notes()), listed, "%s on %s: every figure that is not measured has a note", name, set.BusinessDate)
		if unmeasured != "" {
			require.Equal(t, fact.Integer(int64(listed)), unmeasured, "%s on %s: the tile counts the notes", name, set.BusinessDate)
		}
		for _, f := range render.Formats() {
			out, err := render.Render(t.Context(), d, f)
			require.NoError(t, err, "%s on %s as %s", name, set.BusinessDate, f)
			require.NotEmpty(t, out)
		}
	}
}

// countedAndListed is what the tile says is not measured, empty without one,
// and how many figures the data notes list.
func countedAndListed(d *document.Document) (tile string, listed int) {
	label := "not measured"
	walk(d.Blocks, func(b document.Block) {
		switch b := b.(type) {
		case document.KPIs:
			for _, t := range b.Tiles {
				if strings.EqualFold(t.Label.String(), label) {
					tile = t.Value.String()
				}
			}
		case document.Definitions:
			for _, item := range b.Items {
				if strings.EqualFold(item.Term.String(), label) {
					listed += letters(item.Text)
				}
			}
		}
	})
	return tile, listed
}

func walk(bs document.Blocks, do func(document.Block)) {
	for _, b := range bs {
		do(b)
		if c, ok := b.(document.Columns); ok {
			walk(c.Left, do)
			walk(c.Right, do)
		}
	}
}

// letters counts the notes that are listed, in bold: "a", "b, c", "d–h".
func letters(lines []document.Inlines) (n int) {
	for _, l := range lines {
		for _, in := range l {
			if in.Strong {
				n += lettersIn(in.Text.String())
			}
		}
	}
	return n
}

func lettersIn(s string) (n int) {
	for part := range strings.SplitSeq(s, ", ") {
		from, to, isRange := strings.Cut(part, "–")
		if n++; isRange {
			n += place(to) - place(from)
		}
	}
	return n
}

// place is a letter's place among the notes.
func place(letter string) int {
	for i := range 10_000 {
		if fact.Letter(i) == letter {
			return i
		}
	}
	return -1
}

// TestEveryDayOfTheSample holds the identities over twenty business days, then
// over the same days as known before their feeds had arrived.
func TestEveryDayOfTheSample(t *testing.T) {
	t.Parallel()
	store := open(t)
	last := report.Date("2026-11-20")
	_, err := sample.Load(t.Context(), store.Pool, sample.Options{BusinessDays: 22, Until: last})
	require.NoError(t, err)
	days := append(weekdays(t).Before(last, 20), last)
	require.GreaterOrEqual(t, len(days), 20)
	unmeasured := 0
	for _, date := range days {
		whole := factsOf(t, store, date, weekdays(t).Cutoff(date).Add(15*time.Minute), template.Needs{})
		holds(t, store, date, whole.AsOf)
		unmeasured += len(whole.Notes())
	}
	require.Positive(t, unmeasured, "some of it is not measured")
	for _, date := range days[len(days)-3:] {
		early := factsOf(t, store, date, weekdays(t).Cutoff(date).Add(-90*time.Minute), template.Needs{})
		require.True(t, early.Qualified(), "%s: no feed had arrived", date)
		holds(t, store, date, early.AsOf)
	}
}

func factsOf(t testing.TB, store *db.Store, date report.Date, asOf time.Time, needs template.Needs) *fact.Set {
	t.Helper()
	set, err := snapshot.Facts(t.Context(), store, snapshot.Request{Series: daily(t), Calendar: weekdays(t), Date: date, AsOf: asOf, Needs: needs})
	require.NoError(t, err)
	return set
}

// TestEveryDayOfThePublishedData holds them over what was really measured.
func TestEveryDayOfThePublishedData(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("COB_TEST_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "data")
	}
	if _, err := os.Stat(dir); err != nil {
		dir = filepath.Join("..", "ingest", "testdata")
		t.Logf("the published results are not beside the checkout (COB_TEST_DATA names another place): %s alone is read", dir)
	}
	store := open(t)
	dates := map[report.Date]bool{}
	for _, pattern := range []string{"*.report.jsonl", "*.json", filepath.Join("garak", "*.report.jsonl"), filepath.Join("jailbreakbench", "*.json")} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		require.NoError(t, err)
		for _, path := range files {
			taken(t, store, path)
		}
	}
	rows, err := store.Pool.Query(t.Context(), "SELECT DISTINCT at::date::text FROM ops.score ORDER BY 1")
	require.NoError(t, err)
	for rows.Next() {
		var day string
		require.NoError(t, rows.Scan(&day))
		dates[weekdays(t).Holding(report.Date(day).Time().Add(12*time.Hour))] = true
	}
	require.NoError(t, rows.Err())
	require.NotEmpty(t, dates)
	measured := 0
	for _, date := range slices.Sorted(maps.Keys(dates)) {
		set := factsOf(t, store, date, now(t, store), template.Needs{})
		if set.Total("attack.evaluated").Measured() {
			measured++
		}
		holds(t, store, date, set.AsOf)
	}
	require.Positive(t, measured)
	t.Logf("%d business dates", len(dates))
}

func taken(t testing.TB, store *db.Store, path string) {
	t.Helper()
	f, err := os.Open(path) // #nosec G304 -- a test's input
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	read := ingest.JailbreakBench
	if strings.HasSuffix(path, ".report.jsonl") {
		read = ingest.Garak
	}
	_, err = read(t.Context(), store.Pool, f, filepath.Base(path), ingest.Options{TimeZone: time.UTC})
	require.NoError(t, err, path)
}
