//go:build render

package render

import (
	"bytes"
	"fmt"
	"html"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
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
	out, err := Render(t.Context(), fixtures()[name](), f)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), name+f.Extension())
	require.NoError(t, os.WriteFile(path, out, 0o600))
	return path
}

func TestPDFIsSound(t *testing.T) {
	t.Parallel()
	for name := range fixtures() {
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
		`Creator: +COB renderer ` + regexp.QuoteMeta(Version), `CreationDate: .*Nov 20 12:00:00 2026`} {
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
	for name := range fixtures() {
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
	base := []string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir=" + t.TempDir()}
	return with(t, "chromium", "chromium", append(base, args...)...)
}

func TestScreenshots(t *testing.T) {
	for _, name := range []string{"example", "qualified", "hostile"} {
		page := written(t, name, HTML)
		for _, width := range []int{1200, 390} {
			shot := filepath.Join(t.TempDir(), fmt.Sprintf("%s-%d.png", name, width))
			browser(t, "--hide-scrollbars", "--screenshot="+shot, fmt.Sprintf("--window-size=%d,1600", width), "file://"+page)
			im := decoded(t, shot)
			require.Greater(t, darkPixels(im, im.Bounds()), 2_000, shot)
		}
	}
}

// TestNoSidewaysScrolling loads the page into frames of several widths and
// asks how wide it wants to be. The frame's own policy forbids it every
// script; the one here belongs to the page around it. Each basis is open: it is
// what could be too wide.
func TestNoSidewaysScrolling(t *testing.T) {
	for _, name := range []string{"example", "qualified", "long", "hostile"} {
		out, err := Render(t.Context(), fixtures()[name](), HTML)
		require.NoError(t, err)
		open := strings.ReplaceAll(string(out), `<details class="basis">`, `<details class="basis" open>`)
		for _, width := range []int{1200, 800, 390, 320} {
			frame := fmt.Sprintf(`<!DOCTYPE html><title>-</title><iframe id="f" style="width:%dpx;height:900px;border:0" srcdoc="%s"></iframe>
<script>f.onload=()=>{document.title='wants '+f.contentDocument.documentElement.scrollWidth}</script>`, width, html.EscapeString(open))
			path := filepath.Join(t.TempDir(), "frame.html")
			require.NoError(t, os.WriteFile(path, []byte(frame), 0o600))
			dom := browser(t, "--dump-dom", "--virtual-time-budget=3000", "--window-size=1400,1000", "file://"+path)
			m := regexp.MustCompile(`<title>wants (\d+)</title>`).FindStringSubmatch(dom)
			require.NotNil(t, m, "%s at %d px was not measured", name, width)
			wants, err := strconv.Atoi(m[1])
			require.NoError(t, err)
			require.LessOrEqual(t, wants, width, "%s at %d px", name, width)
		}
	}
}

// TestPrintedHTML prints the page; the example keeps to two sheets.
func TestPrintedHTML(t *testing.T) {
	page := written(t, "example", HTML)
	pdf := filepath.Join(t.TempDir(), "printed.pdf")
	browser(t, "--no-pdf-header-footer", "--print-to-pdf="+pdf, "file://"+page)
	require.Regexp(t, `Pages: +2\n`, with(t, "pdfinfo", "poppler-utils", pdf))
}
