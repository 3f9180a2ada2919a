package render

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/document"
)

// unzipped are the files of a rendered archive, in its order.
func unzipped(t *testing.T, d *document.Document) (names []string, files map[string]string) {
	t.Helper()
	out, err := Render(t.Context(), d, CSV)
	require.NoError(t, err)
	r, err := zip.NewReader(bytes.NewReader(out), int64(len(out)))
	require.NoError(t, err)
	files = map[string]string{}
	for _, f := range r.File {
		in, err := f.Open()
		require.NoError(t, err)
		body, err := io.ReadAll(in) // checks the sum as well
		require.NoError(t, err)
		names, files[f.Name] = append(names, f.Name), string(body)
		require.Equal(t, zip.Store, f.Method)
		require.Zero(t, f.Flags&0x8, "sizes stand before the bytes")
		require.Equal(t, time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), f.Modified.UTC())
	}
	return names, files
}

func records(t *testing.T, file string) [][]string {
	t.Helper()
	r := csv.NewReader(strings.NewReader(file))
	all, err := r.ReadAll() // every row as long as the first
	require.NoError(t, err)
	return all
}

func TestCSVFiles(t *testing.T) {
	t.Parallel()
	names, files := unzipped(t, exampleDocument())
	require.Equal(t, []string{"README.txt", "01-priority-actions-for-the-next-shift.csv", "02-highest-rates-by-probe-and-detector-at-least-50.csv", "03-by-target.csv",
		"04-findings.csv", "05-critical-open.csv", "06-attack-success-rate-last-14-business-days.csv", "07-by-category.csv", "08-performance.csv"}, names)
	targets := records(t, files["03-by-target.csv"])
	require.Equal(t, []string{"Target", "Version", "Runs", "Evaluations", "Hits", "Rate", "95 % interval", "Thu, like for like", "Change"}, targets[0])
	require.Equal(t, []string{"voice-ivr [a]", "1.1", "1/2", "360", "7", "1.94 %", "0.9–4.0", "2.22 %", "▼ 0.28 pp"}, targets[6])
	require.Equal(t, []string{"All", "", "12/14", "6,240", "418", "6.70 %", "6.1–7.3", "5.30 %", "▲ 1.39 pp"}, targets[7])
	require.Equal(t, []string{"Medium", "15", "1", "2", "−1", "13"}, records(t, files["04-findings.csv"])[3])
	require.Equal(t, []string{"F-412", "support-assistant shows other customers' order numbers · M. Ferrari, due Mon 12:00 · opened today"}, records(t, files["05-critical-open.csv"])[1])
	require.Equal(t, []string{"11 Nov", "not measured"}, records(t, files["06-attack-success-rate-last-14-business-days.csv"])[7])
	require.Equal(t, []string{"data leakage [a]", "3.10 %", "Thu 3.69 %"}, records(t, files["07-by-category.csv"])[4])
	require.Equal(t, "not measured [b]", records(t, files["08-performance.csv"])[4][1])
	for _, body := range files {
		require.Equal(t, strings.Count(body, "\n"), strings.Count(body, "\r\n"))
		require.True(t, strings.HasSuffix(body, "\r\n"))
	}
}

func TestCSVReadme(t *testing.T) {
	t.Parallel()
	names, files := unzipped(t, deskDocument())
	require.Equal(t, []string{"README.txt", "01-tickets-by-queue.csv", "02-tickets-opened-by-severity.csv", "03-first-response-by-queue-min.csv"}, names)
	for _, want := range []string{"Report         Daily security · Support desk, Friday 20 November 2026\r\n", "Marked         INTERNAL · CONFIDENTIAL · DRAFT\r\n", "Series         daily-security\r\n",
		"Business date  2026-11-20\r\n", "Revision       1\r\n", "Facts SHA-256  8d1f4be2c07a\r\n", "Renderer       " + Version + "\r\n",
		"01-tickets-by-queue.csv\r\n    table: Tickets by queue, 2 of 14 queues, 3 rows\r\n    not all are in it: and 12 more\r\n", "03-first-response-by-queue-min.csv\r\n    chart: First response by queue, min, 5 rows\r\n"} {
		require.Contains(t, files["README.txt"], want)
	}
	require.Equal(t, [][]string{{"Queue", "Opened", "Change"}, {"technical", "121", "−4"}, {"billing [a]", "60", "+18"}, {"and 12 more", "", ""}, {"All", "212", "+14"}}, records(t, files["01-tickets-by-queue.csv"]))
	require.Equal(t, [][]string{{"Label", "urgent", "normal", "low", "All"}, {"17 Nov", "10", "20", "30", "60"}, {"18 Nov", "13", "23", "33", "69"},
		{"19 Nov", "not measured", "26", "36", "not measured"}, {"20 Nov", "19", "29", "39", "87"}}, records(t, files["02-tickets-opened-by-severity.csv"]))
	require.Equal(t, []string{"17 Nov", "21.0 min", "not measured"}, records(t, files["03-first-response-by-queue-min.csv"])[2])
}

func TestCSVWithoutTables(t *testing.T) {
	t.Parallel()
	names, files := unzipped(t, blank("Nothing"))
	require.Equal(t, []string{"README.txt"}, names)
	require.Contains(t, files["README.txt"], "This report has no tables and no charts.")
}

func TestCSVColumnsHaveNames(t *testing.T) {
	t.Parallel()
	d := blank("Names")
	d.Blocks = document.Blocks{document.Table{Columns: make([]document.Column, 2), Rows: []document.Row{row("a", "b")}, More: T("and 3 more")},
		document.Table{Columns: make([]document.Column, 1)}}
	names, files := unzipped(t, d)
	require.Equal(t, []string{"README.txt", "01-table.csv", "02-table.csv"}, names)
	require.Equal(t, [][]string{{"column 1", "column 2"}, {"a", "b"}, {"and 3 more", ""}}, records(t, files["01-table.csv"]))
	require.Equal(t, [][]string{{"column 1"}}, records(t, files["02-table.csv"]))
	require.Contains(t, files["README.txt"], "01-table.csv\r\n    table, 1 row\r\n    not all are in it: and 3 more\r\n02-table.csv\r\n    table, 0 rows\r\n")
}

func TestCSVNames(t *testing.T) {
	t.Parallel()
	d := blank("Names")
	for range 100 {
		d.Blocks = append(d.Blocks, document.Table{Caption: T("CON"), Columns: make([]document.Column, 1)})
	}
	names, _ := unzipped(t, d)
	require.Equal(t, "001-con.csv", names[1])
	require.Equal(t, "100-con.csv", names[100])
	for in, want := range map[string]string{"By target": "by-target", "../../etc/passwd": "etc-passwd", "": "", "日本": "", "a/b\\c:d*e": "a-b-c-d-e", "Łódź": "d", "95 %": "95",
		strings.Repeat("word ", 20): "word-word-word-word-word-word-word-word-word-word", strings.Repeat("x", 60): ""} {
		require.Equal(t, want, fileWord(in), in)
	}
	for name, fixture := range everyFixture() {
		names, _ := unzipped(t, fixture())
		for _, n := range names[1:] {
			require.Regexp(t, regexp.MustCompile(`^[0-9]{2}-[a-z0-9-]{1,64}\.csv$`), n, name)
		}
	}
}

func TestCSVDefusesFormulas(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"=1+1": "'=1+1", "+1+1": "'+1+1", "-1+1": "'-1+1", "@SUM(A1)": "'@SUM(A1)", "=cmd|' /C calc'!A0": "'=cmd|' /C calc'!A0", "\t=1": "'\t=1", "\r=1": "'\r=1", "\tx": "'\tx", "\rx": "'\rx", "\nx": "'\nx",
		"＝1+1": "'＝1+1", "＋1": "'＋1", "－1": "'－1", "＠A": "'＠A", " =1": "' =1", "\u00a0=1": "'\u00a0=1", "\u3000=1": "'\u3000=1", `"=1`: `'"=1`, `"" =1`: `'"" =1`,
		"a;=1": "a;'=1", "a; =1": "a;' =1", "a;b": "a;b", ";-x": ";'-x", "=1;=2": "'=1;'=2", "'=1": "''=1", "'a": "''a", "''": "'''", "a'=1": "a'=1",
		"-1 A1": "'-1 A1", "-A1": "'-A1", "+1 pp": "'+1 pp", "-1.5-1": "'-1.5-1", "-": "'-", "−": "'−", "−A1": "'−A1", "−1+cmd": "'−1+cmd", "=": "'=", "-1,2,3": "'-1,2,3", "- 1": "'- 1", "--1": "'--1", "-1e5": "'-1e5",
		"-1.5": "-1.5", "−1.5": "−1.5", "+18": "+18", "−1": "−1", "−1.53 pp": "−1.53 pp", "−14.5 min": "−14.5 min", "-6.70 %": "-6.70 %", "+0.5%": "+0.5%", "−1,440": "−1,440", "-1440": "-1440", "6,240": "6,240",
		"▲ 1.39 pp": "▲ 1.39 pp", "1=1": "1=1", "a-b": "a-b", "": "", "0.9–4.0": "0.9–4.0", "–": "–", "not measured [b]": "not measured [b]", "a @ b": "a @ b",
	} {
		require.Equal(t, want, defused(in), "%q", in)
	}
}

// TestCSVInjection puts formulas wherever a table has text: no cell begins one,
// and taking our apostrophes away gives the text back.
func TestCSVInjection(t *testing.T) {
	t.Parallel()
	for _, s := range append(injections, "=1+1", "+A1", "-2+3", "@x", "＝HYPERLINK(\"http://evil.example\")", `"a","b"`, "a,b", "a\r\n=1", "'quoted'", ";=1") {
		d := fuzzDocument(s, 1, 3)
		_, files := unzipped(t, d)
		require.Len(t, files, 4)
		delete(files, "README.txt")
		for _, body := range files {
			for _, r := range records(t, body) {
				for _, c := range r {
					require.False(t, strings.ContainsAny(string(firstRune(c)), "=+-@＝＋－＠\t\r") && !plainNumber.MatchString(c), "%q", c)
				}
			}
		}
	}
}

// FuzzDefused holds that no cell begins a formula, and that what was written can
// be read back.
func FuzzDefused(f *testing.F) {
	for _, s := range []string{"=1", "a;=1", "'a", "−1.5", "-1.5", " @x", "＝1", ";", "'';'"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := defused(s)
		if plainNumber.MatchString(s) {
			require.Equal(t, s, got)
			return
		}
		parts := strings.Split(got, ";")
		for i, p := range parts {
			require.False(t, begins(p), "%q", got)
			parts[i] = strings.TrimPrefix(p, "'")
		}
		require.Equal(t, s, strings.Join(parts, ";"))
	})
}
