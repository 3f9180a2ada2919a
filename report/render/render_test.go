package render

import (
	"bytes"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/document"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden compares every fixture in every format with testdata, byte by
// byte. A difference means that Version has to change as well.
func TestGolden(t *testing.T) {
	t.Parallel()
	for name, fixture := range everyFixture() {
		for _, f := range Formats() {
			t.Run(name+f.Extension(), func(t *testing.T) {
				t.Parallel()
				got, err := Render(t.Context(), fixture(), f)
				require.NoError(t, err)
				path := filepath.Join("testdata", name+f.Extension())
				if *update {
					require.NoError(t, os.WriteFile(path, got, 0o600))
				}
				want, err := os.ReadFile(path)
				require.NoError(t, err, "go test ./report/render -run TestGolden -update")
				if !bytes.Equal(want, got) {
					t.Fatalf("%s differs from %s at byte %d; if it should, change Version and run with -update",
						f, path, firstDifference(want, got))
				}
			})
		}
	}
}

func firstDifference(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// TestSameBytesTogether renders one document many times at once. With -race it
// shows that renderings share nothing they write to.
func TestSameBytesTogether(t *testing.T) {
	t.Parallel()
	d := exampleDocument()
	for _, f := range Formats() {
		want, err := Render(t.Context(), d, f)
		require.NoError(t, err)
		results := make([][]byte, 6)
		errs := make([]error, len(results))
		var wg sync.WaitGroup
		for i := range results {
			wg.Go(func() { results[i], errs[i] = Render(t.Context(), d, f) })
		}
		wg.Wait()
		for i := range results {
			require.NoError(t, errs[i])
			require.True(t, bytes.Equal(want, results[i]), "%s: rendering %d differs", f, i)
		}
	}
}

// TestSameBytesAfterJSON holds that a document may be stored between composing
// and rendering.
func TestSameBytesAfterJSON(t *testing.T) {
	t.Parallel()
	for name, fixture := range fixtures() {
		b, err := document.Canonical(fixture())
		require.NoError(t, err)
		d, err := document.Parse(b)
		require.NoError(t, err)
		for _, f := range Formats() {
			want, err := Render(t.Context(), fixture(), f)
			require.NoError(t, err)
			got, err := Render(t.Context(), d, f)
			require.NoError(t, err)
			require.True(t, bytes.Equal(want, got), "%s%s", name, f.Extension())
		}
	}
}

// TestBasisIsForTheScreen holds that a basis changes nothing of what cannot
// fold it away: no page of the PDF, which carries it as data only.
func TestBasisIsForTheScreen(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"example", "hostile"} {
		with, without := fixtures()[name](), fixtures()[name]()
		for i, b := range without.Blocks {
			if p, ok := b.(document.Paragraph); ok {
				p.Basis = nil
				without.Blocks[i] = p
			}
		}
		require.Equal(t, drawnPages(t, without), drawnPages(t, with))
		for f, same := range map[Format]bool{Markdown: true, CSV: true, HTML: false, JSON: false} {
			want, err := Render(t.Context(), without, f)
			require.NoError(t, err)
			got, err := Render(t.Context(), with, f)
			require.NoError(t, err)
			require.Equal(t, same, bytes.Equal(want, got), "%s%s", name, f.Extension())
		}
	}
}

// drawnPages are a document's pages before the file is made of them.
func drawnPages(t *testing.T, d *document.Document) [][]byte {
	t.Helper()
	p := newPDF(t.Context(), d)
	require.NoError(t, p.draw())
	return p.pages
}

// TestFilesInAnotherProcess renders every fixture in another process, whose
// maps have another order.
func TestFilesInAnotherProcess(t *testing.T) {
	t.Parallel()
	want, err := fileDigests(t.Context())
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestPrintFileDigests$", "-test.v") // #nosec G204 -- ourselves
	cmd.Env = append(os.Environ(), "PRINT_DIGESTS=1", "GOMAXPROCS=1", "TZ=Pacific/Auckland", "LANG=tr_TR.UTF-8")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), want)
}

// TestPrintFileDigests is what TestFilesInAnotherProcess runs.
func TestPrintFileDigests(t *testing.T) {
	t.Parallel()
	got, err := fileDigests(t.Context())
	require.NoError(t, err)
	if os.Getenv("PRINT_DIGESTS") != "" {
		fmt.Println(got)
	}
}

// fileDigests are those of every fixture in every format.
func fileDigests(ctx context.Context) (string, error) {
	var b strings.Builder
	all := everyFixture()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for _, f := range Formats() {
			out, err := Render(ctx, all[name](), f)
			if err != nil {
				return "", err
			}
			fmt.Fprintf(&b, "%s%s %x\n", name, f.Extension(), sha256.Sum256(out))
		}
	}
	return b.String(), nil
}

func TestRenderLeavesTheDocumentAlone(t *testing.T) {
	t.Parallel()
	d := exampleDocument()
	for _, f := range Formats() {
		_, err := Render(t.Context(), d, f)
		require.NoError(t, err)
	}
	require.Equal(t, exampleDocument(), d)
}

func TestLimitsAreNamed(t *testing.T) {
	t.Parallel()
	breaks := func(n int) document.Blocks {
		var bs document.Blocks
		for range n {
			bs = append(bs, document.Paragraph{Text: plain("text")}, document.PageBreak{})
		}
		return bs
	}
	tests := []struct {
		name   string
		blocks document.Blocks
		format Format
		want   string
	}{
		{"pages", document.Blocks{tallTable(12_000)}, PDF, "at most 2000 are allowed"},
		{"rows", document.Blocks{document.Table{Columns: make([]document.Column, 1), Rows: make([]document.Row, document.MaxRows+1)}}, HTML, "table rows"},
		{"columns", document.Blocks{document.Table{Columns: make([]document.Column, document.MaxColumns+1)}}, Markdown, "columns: 25, at most 24"},
		{"blocks", breaks(document.MaxBlocks), JSON, "blocks: 4000, at most 2000"},
		{"narrative", document.Blocks{document.Paragraph{Text: document.Inlines{plain(strings.Repeat("a", 4096))[0], plain(strings.Repeat("b", 4096))[0],
			plain(strings.Repeat("c", 4096))[0], plain(strings.Repeat("d", 4096))[0], plain("e")[0]}}}, CSV, "bytes of a paragraph: 16385, at most 16384"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := blank("Limits")
			d.Blocks = tt.blocks
			_, err := Render(t.Context(), d, tt.format)
			require.ErrorContains(t, err, tt.want)
		})
	}
}

// TestManyPagesInOtherFormats holds that the page limit is the PDF's alone.
func TestManyPagesInOtherFormats(t *testing.T) {
	t.Parallel()
	d := blank("Tall")
	d.Blocks = document.Blocks{tallTable(12_000)}
	_, err := Render(t.Context(), d, Markdown)
	require.NoError(t, err)
	_, err = Render(t.Context(), d, PDF)
	var limit *document.LimitError
	require.ErrorAs(t, err, &limit)
	require.Equal(t, MaxPages, limit.Max)
}

// tallTable has rows of twenty lines: seven to a page.
func tallTable(rows int) document.Table {
	cell := make(document.Cell, 20)
	for i := range cell {
		cell[i] = plain("line")
	}
	t := document.Table{Columns: make([]document.Column, 1), Rows: make([]document.Row, rows)}
	for i := range t.Rows {
		t.Rows[i].Cells = []document.Cell{cell}
	}
	return t
}

func TestRenderEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, f := range Formats() {
		_, err := Render(ctx, exampleDocument(), f)
		require.ErrorIs(t, err, context.Canceled)
	}
}

// TestContextBetweenBlocks ends the context after the first look at it.
func TestContextBetweenBlocks(t *testing.T) {
	t.Parallel()
	for _, f := range []Format{PDF, HTML, Markdown, CSV} {
		ctx := &endsLater{Context: t.Context(), looks: 3}
		_, err := Render(ctx, exampleDocument(), f)
		require.ErrorIs(t, err, context.Canceled, f)
	}
}

// TestContextWithinATable holds that a large table is no reason to go on: the
// context is looked at every few hundred rows, and ends the rendering wherever
// that is.
func TestContextWithinATable(t *testing.T) {
	t.Parallel()
	d := longDocument(20_000)
	for _, f := range []Format{HTML, Markdown, CSV} {
		ctx := &endsLater{Context: t.Context(), looks: 1 << 30}
		_, err := Render(ctx, d, f)
		require.NoError(t, err)
		looks := 1<<30 - ctx.looks
		require.Greater(t, looks, 20_000/rowsBetweenLooks, f)
		for _, at := range []int{looks / 3, looks / 2, looks - 2} {
			_, err := Render(&endsLater{Context: t.Context(), looks: at}, d, f)
			require.ErrorIs(t, err, context.Canceled, "%s after %d of %d looks", f, at, looks)
		}
	}
}

// endsLater is a context that is cancelled once it has been asked a few times.
type endsLater struct {
	context.Context
	looks int
}

func (c *endsLater) Err() error {
	if c.looks--; c.looks < 0 {
		return context.Canceled
	}
	return nil
}

func TestFormats(t *testing.T) {
	t.Parallel()
	for _, f := range Formats() {
		require.True(t, strings.HasPrefix(f.Extension(), "."+f.Name()))
		require.NotEqual(t, "application/octet-stream", f.MediaType())
	}
	require.Empty(t, Format("doc").Extension())
	require.Equal(t, "application/octet-stream", Format("doc").MediaType())
	_, err := Render(t.Context(), exampleDocument(), "doc")
	require.ErrorContains(t, err, `format "doc" is not known`)
	_, err = Render(t.Context(), nil, PDF)
	require.ErrorContains(t, err, "none given")
}

// TestSparseDocuments renders what has hardly any content: every text, list
// and number of every block missing.
func TestSparseDocuments(t *testing.T) {
	t.Parallel()
	empty := document.Blocks{
		document.Status{}, document.Callout{}, document.KPIs{}, document.KPIs{Tiles: make([]document.Tile, 4)},
		document.Heading{Level: 1}, document.Heading{Level: 2}, document.Paragraph{},
		document.Paragraph{Basis: make([]document.Basis, 2)}, document.Paragraph{Basis: []document.Basis{{Facts: make([]document.BasisFact, 1), Checks: make([]document.Text, 2)}}},
		document.List{}, document.List{Items: make([]document.Inlines, 2)},
		document.Decision{}, document.Table{Columns: make([]document.Column, 2)},
		document.Table{Headed: true, Columns: make([]document.Column, 1), Rows: []document.Row{{Cells: make([]document.Cell, 1)}, {Cells: make([]document.Cell, 1), Total: true}}},
		document.Chart{Kind: document.Lines}, document.Chart{Kind: document.Lines, Points: make([]document.ChartPoint, 3)},
		document.Chart{Kind: document.Bars}, document.Chart{Kind: document.Bars, Points: make([]document.ChartPoint, 3)},
		document.Columns{}, document.Columns{Left: document.Blocks{document.Columns{Left: document.Blocks{document.PageBreak{}}}}},
		document.Definitions{}, document.Definitions{Items: make([]document.Definition, 2)}, document.PageBreak{},
	}
	for i, b := range empty {
		d := &document.Document{Schema: document.Schema, BusinessDate: T("2026-11-20"), Blocks: document.Blocks{b}}
		for _, f := range Formats() {
			_, err := Render(t.Context(), d, f)
			require.NoError(t, err, "block %d %T, %s", i, b, f)
		}
	}
	none := &document.Document{Schema: document.Schema, BusinessDate: T("2026-11-20")}
	for _, f := range Formats() {
		_, err := Render(t.Context(), none, f)
		require.NoError(t, err)
	}
}

// FuzzRender puts any text into every place a document has for it.
func FuzzRender(f *testing.F) {
	for _, s := range []string{"", "a < b", "<script>", "caf\xe9", "👩\u200d💻", "{nb}", "\u202E", "| a\n\n# b", "***_`", strings.Repeat("W", 300), "日本語", "e\u0301\u0301\u0301"} {
		f.Add(s, 1.5, uint8(3))
	}
	f.Fuzz(func(t *testing.T, s string, v float64, n uint8) {
		d := fuzzDocument(s, v, int(n%12)+1)
		if document.Validate(d) != nil {
			return
		}
		for _, format := range Formats() {
			out, err := Render(context.Background(), d, format)
			require.NoError(t, err)
			if format == PDF {
				require.True(t, bytes.HasPrefix(out, []byte("%PDF")))
			}
		}
	})
}

const fuzzLink = "https://example.com/a_b?c=*d*&e"

func fuzzDocument(s string, v float64, n int) *document.Document {
	in := document.Inlines{document.Plain(s), document.Code(s), document.Strong(s), document.Note(s), document.Plain(" "), {Text: T(s), Emphasis: true}, document.Plain(" "),
		{Text: T(s), Link: fuzzLink}}
	d := &document.Document{Schema: document.Schema, BusinessDate: T("2026-11-20"), Eyebrow: T(s), Title: T(s), Subtitle: T(s),
		RevisionLabel: T(s), Classification: T(s), RunningHead: T(s), Footer: T(s), FactsSHA256: T(s), Series: T(s)}
	cells := make([]document.Cell, n)
	cols := make([]document.Column, n)
	points := make([]document.ChartPoint, n)
	for i := range n {
		cells[i], cols[i] = document.Cell{in, in}, document.Column{Title: T(s), Weight: float64(i % 3)}
		if i%2 == 1 {
			cols[i].Align = document.Right
			points[i] = document.ChartPoint{Label: T(s), Shown: T(s), Value: num64(v * float64(i)), Mark: num64(-v), MarkText: T(s), Footnote: T(s), Emphasis: true}
		}
	}
	d.Blocks = document.Blocks{
		document.Status{Label: T(s), Text: in}, document.KPIs{Tiles: []document.Tile{{Label: T(s), Value: T(s), Of: T(s), Detail: in}}},
		document.Heading{Level: 1, Text: T(s), Note: T(s)}, document.Heading{Level: 2, Text: T(s), Note: T(s)},
		document.Paragraph{Text: in, Basis: []document.Basis{{Text: in, Claim: T(s), Checks: []document.Text{T(s), T(s)}, Facts: []document.BasisFact{{Key: T(s), Value: T(s), Query: T(s)}}}}},
		document.List{Items: []document.Inlines{in}}, document.Decision{ID: T(s), Question: T(s), Owner: T(s), By: T(s)},
		document.Table{Caption: T(s), Note: T(s), Headed: true, Columns: cols, Rows: []document.Row{{Cells: cells}, {Cells: cells, Total: true}}},
		document.Chart{Kind: document.Lines, Caption: T(s), Points: points}, document.Chart{Kind: document.Bars, Note: T(s), Points: points},
		document.Columns{Left: document.Blocks{document.Paragraph{Text: in}}, Right: document.Blocks{document.Definitions{Items: []document.Definition{{Term: T(s), Text: []document.Inlines{in}}}}}},
		document.Callout{Label: T(s), Text: in},
	}
	return d
}

func ExampleRender() {
	d := &document.Document{
		Schema: document.Schema, BusinessDate: document.Clean("2026-11-20"), Title: document.Clean("Close of business"),
		Blocks: document.Blocks{document.Paragraph{Text: document.Inlines{document.Plain("The rate is "), document.Strong("6.70 %")}}},
	}
	out, err := Render(context.Background(), d, Markdown)
	fmt.Println(string(out), err)
	// Output:
	// # Close of business
	//
	// The rate is **6.70 %**
	//
	// ---
	//  <nil>
}
