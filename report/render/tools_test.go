//go:build render

package render

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/document"
)

// These tests look at the output with other people's programs. A program that
// is missing is a failure, never a skip: a test that does not run proves
// nothing.

// tool returns the path of a program or fails naming the Debian package.
func tool(t *testing.T, program, debian string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Fatalf("%s is not installed: apt-get install %s", program, debian)
	}
	return path
}

func with(t *testing.T, program, debian string, args ...string) string {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command(tool(t, program, debian), args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "%s %v: %s%s", program, args, out, stderr.String())
	return string(out)
}

// written renders a fixture into a file of its own.
func written(t *testing.T, name string, f Format) string {
	t.Helper()
	out, err := Render(t.Context(), everyFixture()[name](), f)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), name+f.Extension())
	require.NoError(t, os.WriteFile(path, out, 0o600))
	return path
}

func TestPDFIsSound(t *testing.T) {
	t.Parallel()
	for name := range everyFixture() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := with(t, "qpdf", "qpdf", "--check", written(t, name, PDF))
			require.Contains(t, out, "No syntax or stream encoding errors found")
		})
	}
}

func TestPDFText(t *testing.T) {
	t.Parallel()
	lines := func(name string) []string {
		text := with(t, "pdftotext", "poppler-utils", "-layout", "-enc", "UTF-8", written(t, name, PDF), "-")
		var out []string
		for l := range strings.Lines(text) {
			out = append(out, strings.Join(strings.Fields(l), " "))
		}
		return out
	}
	example := lines("example")
	for _, want := range []string{
		"Close of business, Friday 20 November 2026",
		"COMPLETE All 5 feeds reached 17:00. 3 figures are not measured (page 2, a to c).",
		"▲ 1.53 pp worse · like for like ▲ 1.39 pp ▲ 1 worse · oldest 14 business days ▲ 1 worse · INC-0871, mitigated",
		"The attack success rate rose to 6.70 % (418 hits in 6,240 evaluations) from 5.17 %; over what was measured on both days it rose",
		"A-118 Confine code-helper's tool calls to the allow-list F-398 R. Adeyemi Wed 18 Nov overdue 2 days",
		"hr-helpdesk DanInTheWild MitigationBypass 18/150 12.00 % 7.7–18.2 13.33 % ▼ 1.33 pp",
		"All 12/14 6,240 418 6.70 % 6.1–7.3 5.30 % ▲ 1.39 pp",
		"daily-security · 2026-11-20 · revision 1 Page 1 of 2",
		"daily-security · 2026-11-20 · revision 1 Page 2 of 2",
		"Daily security · close of business, Friday 20 November 2026 INTERNAL",
	} {
		require.Contains(t, example, want)
	}
	require.Contains(t, lines("qualified"),
		"Αναφορά κλεισίματος. Отчёт на конец дня. Résumé à l’arrêté du jour, Łódź, Škoda, ø, ß, İzmir. ≤ ≥ ≠ ± × − √ ∞ µ € 10⁻³ ½ ☐ ☑ ✓ ✗")
	require.Contains(t, strings.Join(lines("hostile"), "\n"), "{nb} <script>alert(1)</script>")
}

// TestExampleIsTwoPages holds the size that the report aims at.
func TestExampleIsTwoPages(t *testing.T) {
	t.Parallel()
	info := with(t, "pdfinfo", "poppler-utils", written(t, "example", PDF))
	for _, want := range []string{`Pages: +2\n`, `Page size: +595\.2\d* x 841\.8\d* pts \(A4\)`, `Title: +Close of business, Friday 20 November 2026`,
		`Creator: +COB renderer ` + regexp.QuoteMeta(Version), `Producer: +COB renderer ` + regexp.QuoteMeta(Version), `Tagged: +yes`, `JavaScript: +no`, `Metadata Stream: +yes`, `CreationDate: .*Nov 20 12:00:00 2026`} {
		require.Regexp(t, want, info)
	}
}

func TestPDFEmbedsItsFonts(t *testing.T) {
	t.Parallel()
	fonts := with(t, "pdffonts", "poppler-utils", written(t, "hostile", PDF))
	rows := strings.Split(strings.TrimSpace(fonts), "\n")[2:]
	require.NotEmpty(t, rows)
	for _, r := range rows {
		require.Regexp(t, `Identity-H +yes +no +yes`, r)
	}
}

// TestPDFIsRead has poppler read the structure aloud: every element in order,
// and nothing of what stands on every page.
func TestPDFIsRead(t *testing.T) {
	t.Parallel()
	read := with(t, "pdfinfo", "poppler-utils", "-struct-text", written(t, "printed", PDF))
	at := 0
	for _, want := range []string{"H1 (block)", `"Close of business, Friday 20 November 2026"`, `"COMPLETE All 5 feeds`, "H2 (block)", `"Executive summary"`,
		"BlockQuote", "H3 (block)", "L (block)", "LI (block)", "H4 (block)", "Table (block)", "Caption", "TH", "TD", `"and 58 more"`, "Figure"} {
		i := strings.Index(read[at:], want)
		require.GreaterOrEqual(t, i, 0, "%s after byte %d", want, at)
		at += i
	}
	require.NotContains(t, read, "DRAFT")
	require.NotContains(t, read, "NOT FOR RELEASE")
}

// TestPDFWatermarkLeavesTextAlone holds that a watermark changes nothing of
// what is copied or searched, but for the foot, which says it.
func TestPDFWatermarkLeavesTextAlone(t *testing.T) {
	t.Parallel()
	text := func(watermark string) string {
		d := exampleDocument()
		d.Style = &document.Style{Watermark: T(watermark)}
		path := filepath.Join(t.TempDir(), "w.pdf")
		require.NoError(t, os.WriteFile(path, pdfOf(t, d), 0o600))
		return with(t, "pdftotext", "poppler-utils", "-layout", path, "-")
	}
	without, with := text(""), text("DRAFT")
	require.Equal(t, 2, strings.Count(with, "DRAFT · daily-security"))
	fields := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	require.Equal(t, fields(without), fields(strings.ReplaceAll(with, "DRAFT · ", "")))
}

func TestPDFAttachment(t *testing.T) {
	t.Parallel()
	for name := range everyFixture() {
		path := filepath.Join(t.TempDir(), "report.json")
		with(t, "pdfdetach", "poppler-utils", "-save", "1", "-o", path, written(t, name, PDF))
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		want, err := Render(t.Context(), everyFixture()[name](), JSON)
		require.NoError(t, err)
		require.Equal(t, string(want), string(got))
	}
}

func TestPDFBookmarks(t *testing.T) {
	t.Parallel()
	out := with(t, "qpdf", "qpdf", "--json", "--json-key=outlines", written(t, "example", PDF))
	for _, title := range []string{"Executive summary", "Threat intelligence: where attacks got through", "Data notes"} {
		require.Contains(t, out, `"title": "`+title+`"`)
	}
}

// TestHeaderOnEveryPage counts a table's header over the pages it reaches.
func TestHeaderOnEveryPage(t *testing.T) {
	t.Parallel()
	text := with(t, "pdftotext", "poppler-utils", "-layout", written(t, "long", PDF), "-")
	pages := strings.Split(strings.TrimSuffix(text, "\f"), "\f")
	header := regexp.MustCompile(`# +Target +Probe +Hits +Rate +Change`)
	rows := regexp.MustCompile(`(?m)^ *\d+ +target-\d`)
	found := 0
	for i, p := range pages {
		if rows.MatchString(p) {
			found++
			require.Len(t, header.FindAllString(p, -1), 1, "page %d", i+1)
		}
	}
	require.GreaterOrEqual(t, found, 4)
	require.Len(t, rows.FindAllString(text, -1), 210, "every row is on a page")
}

func TestPDFPagesHaveInk(t *testing.T) {
	t.Parallel()
	for name := range everyFixture() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pdf := written(t, name, PDF)
			with(t, "pdftoppm", "poppler-utils", "-r", "50", "-png", pdf, strings.TrimSuffix(pdf, ".pdf"))
			pages, err := filepath.Glob(filepath.Join(filepath.Dir(pdf), "*.png"))
			require.NoError(t, err)
			require.NotEmpty(t, pages)
			for _, p := range pages {
				im := decoded(t, p)
				require.Greater(t, darkPixels(im, im.Bounds()), 20, p)
				// The margins stay white: nothing is cut off by the edge.
				b := im.Bounds()
				right := image.Rect(b.Max.X-26, b.Min.Y, b.Max.X, b.Max.Y)
				require.Zero(t, darkPixels(im, right), "%s: ink in the right margin", p)
			}
		})
	}
}

func decoded(t *testing.T, path string) image.Image {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	im, err := png.Decode(f)
	require.NoError(t, err)
	return im
}

// darkPixels counts dark pixels.
func darkPixels(im image.Image, in image.Rectangle) int {
	n := 0
	for y := in.Min.Y; y < in.Max.Y; y++ {
		for x := in.Min.X; x < in.Max.X; x++ {
			if r, g, b, _ := im.At(x, y).RGBA(); r+g+b < 3*0x9000 {
				n++
			}
		}
	}
	return n
}

// browser runs Chromium on a file. It gets no network of its own accord.
func browser(t *testing.T, args ...string) string {
	t.Helper()
	return with(t, "chromium", "chromium", append(browserFlags(t), args...)...)
}

func browserFlags(t *testing.T) []string {
	t.Helper()
	return []string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir=" + t.TempDir()}
}

func TestScreenshots(t *testing.T) {
	for _, name := range []string{"example", "qualified", "hostile", "desk"} {
		page := written(t, name, HTML)
		for _, width := range []int{1280, 390} {
			shot := filepath.Join(t.TempDir(), fmt.Sprintf("%s-%d.png", name, width))
			browser(t, "--hide-scrollbars", "--screenshot="+shot, fmt.Sprintf("--window-size=%d,1600", width), "file://"+page)
			im := decoded(t, shot)
			require.Greater(t, darkPixels(im, im.Bounds()), 2_000, shot)
		}
	}
}

// TestNothingIsRefused opens each page in a frame whose own policy allows and
// reports all: the page breaks no rule of its own, writes nothing to the console
// and asks a server for nothing but itself. A page that does all of it is told.
func TestNothingIsRefused(t *testing.T) {
	for _, name := range []string{"example", "qualified", "long", "hostile", "desk"} {
		out, err := Render(t.Context(), everyFixture()[name](), HTML)
		require.NoError(t, err)
		requests, said := visited(t, out)
		require.Equal(t, []string{"/", "/page"}, requests, name)
		require.Empty(t, said, name)
	}
	bad := strings.Replace(string(must(Render(t.Context(), exampleDocument(), HTML))), "<main>", `<main><p style="color:red">a</p><img src="/spy.png"><script>document.title=1</script>`, 1)
	_, said := visited(t, []byte(bad))
	require.Contains(t, said, "style-src")
	require.Contains(t, said, "img-src")
	require.Contains(t, said, "script-src")
	open := strings.Replace(bad, `http-equiv="Content-Security-Policy"`, "", 1)
	requests, _ := visited(t, []byte(open))
	require.Contains(t, requests, "/spy.png", "a request would be seen")
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// visited is what a browser asks a server for that has nothing but the page, and
// what it writes to its console.
func visited(t *testing.T, page []byte) (requests []string, console string) {
	t.Helper()
	var mu sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.URL.Path == "/favicon.ico" { // the browser's own idea
			http.NotFound(w, r)
			return
		}
		requests = append(requests, r.URL.Path)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if r.URL.Path == "/page" {
			_, _ = w.Write(page)
			return
		}
		_, _ = w.Write([]byte(`<!DOCTYPE html><title>-</title><iframe src="/page" style="width:1280px;height:900px"></iframe>`))
	}))
	defer server.Close()
	var stderr bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // a page that asks something would wait for ever
	defer cancel()
	cmd := exec.CommandContext(ctx, tool(t, "chromium", "chromium"), append(browserFlags(t), "--enable-logging=stderr", "--v=0", "--dump-dom", "--virtual-time-budget=3000", server.URL+"/")...)
	cmd.Stderr, cmd.WaitDelay = &stderr, 5*time.Second
	require.NoError(t, cmd.Run(), stderr.String())
	var said []string
	for l := range strings.Lines(stderr.String()) {
		if strings.Contains(l, "CONSOLE") {
			said = append(said, l)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	return requests, strings.Join(said, "")
}

// TestPageByKeyboard walks through the page with the keyboard's order: what can
// be focused is what scrolls, what unfolds and what is a link, each with a name.
func TestPageByKeyboard(t *testing.T) {
	for _, name := range []string{"example", "desk"} {
		found := told(t, name, 390, `JSON.stringify([...d.querySelectorAll('a[href],summary,[tabindex]')].filter(e=>e.checkVisibility()).map(e=>{e.focus();return [e.tagName,d.activeElement===e,(e.getAttribute('aria-label')||e.textContent).length>0]}))`)
		var all [][]any
		require.NoError(t, json.Unmarshal([]byte(html.UnescapeString(found)), &all), found)
		require.NotEmpty(t, all)
		for _, e := range all {
			require.Equal(t, []any{e[0], true, true}, e, name)
			require.Contains(t, []any{"A", "SUMMARY", "DIV"}, e[0])
		}
	}
}

// TestNoSidewaysScrolling loads the page into frames of several widths and
// asks how wide it wants to be. The frame's own policy forbids it every
// script; the one here belongs to the page around it. Each basis is open: it is
// what could be too wide.
func TestNoSidewaysScrolling(t *testing.T) {
	for _, name := range []string{"example", "qualified", "long", "hostile", "desk"} {
		for _, width := range []int{1280, 800, 390, 320} {
			wants, err := strconv.Atoi(told(t, name, width, "d.documentElement.scrollWidth"))
			require.NoError(t, err)
			require.LessOrEqual(t, wants, width, "%s at %d px", name, width)
		}
	}
}

// told asks a page of a width, with all that folds open, for the value of an
// expression over its document d.
func told(t *testing.T, name string, width int, expression string) string {
	t.Helper()
	out, err := Render(t.Context(), everyFixture()[name](), HTML)
	require.NoError(t, err)
	open := strings.ReplaceAll(string(out), `<details`, `<details open`)
	frame := fmt.Sprintf(`<!DOCTYPE html><title>-</title><iframe id="f" style="width:%dpx;height:900px;border:0" srcdoc="%s"></iframe>
<script>f.onload=()=>{const d=f.contentDocument;document.title='says '+%s}</script>`, width, html.EscapeString(open), expression)
	path := filepath.Join(t.TempDir(), "frame.html")
	require.NoError(t, os.WriteFile(path, []byte(frame), 0o600))
	dom := browser(t, "--dump-dom", "--virtual-time-budget=3000", "--window-size=1400,1000", "file://"+path)
	m := regexp.MustCompile(`<title>says ([^<]*)</title>`).FindStringSubmatch(dom)
	require.NotNil(t, m, "%s at %d px was not measured", name, width)
	return m[1]
}

// printed prints a page to PDF.
func printed(t *testing.T, name string) string {
	t.Helper()
	pdf := filepath.Join(t.TempDir(), name+".pdf")
	browser(t, "--no-pdf-header-footer", "--print-to-pdf="+pdf, "file://"+written(t, name, HTML))
	return pdf
}

// TestPrintedHTML prints the page; the example keeps to two sheets.
func TestPrintedHTML(t *testing.T) {
	info := with(t, "pdfinfo", "poppler-utils", printed(t, "example"))
	require.Regexp(t, `Pages: +2\n`, info)
	require.Contains(t, info, "(A4)")
}

// TestPrintedStyle holds that paper, banner and watermark are on every sheet.
func TestPrintedStyle(t *testing.T) {
	pdf := printed(t, "desk")
	require.Contains(t, with(t, "pdfinfo", "poppler-utils", pdf), "(letter)")
	pages := strings.Split(strings.TrimSuffix(with(t, "pdftotext", "poppler-utils", "-layout", pdf, "-"), "\f"), "\f")
	require.Greater(t, len(pages), 1)
	for i, p := range pages {
		require.Equal(t, 2, strings.Count(p, "CONFIDENTIAL"), "page %d", i+1)
		require.Contains(t, strings.Join(strings.Fields(p), ""), "Page"+strconv.Itoa(i+1)+"of"+strconv.Itoa(len(pages)))
	}
	require.Equal(t, len(pages), strings.Count(with(t, "pdftotext", "poppler-utils", "-raw", pdf, "-"), "DRAFT"))
}

// TestPrintedRowsAreWhole holds that every row of a long table is printed once,
// on one sheet, under its header.
func TestPrintedRowsAreWhole(t *testing.T) {
	text := with(t, "pdftotext", "poppler-utils", "-layout", printed(t, "long"), "-")
	row := regexp.MustCompile(`(?m)^ *(\d+) +target-\d +promptinject\.Hijack\d+ +\d+/180 +[\d.]+ % +▲ 1\.00 pp$`)
	require.Len(t, row.FindAllString(text, -1), 210)
	for i, p := range strings.Split(strings.TrimSuffix(text, "\f"), "\f") {
		if row.MatchString(p) {
			require.Regexp(t, `# +Target +Probe +Hits +Rate +Change`, p, "page %d", i+1)
		}
	}
}
