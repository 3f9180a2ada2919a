package render

import (
	"bytes"
	"context"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/document"
)

// TestManyAtOnce draws documents of both typefaces at the same time. With -race
// it shows that they share no font that they write to.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	docs := []*document.Document{printedDocument(), exampleDocument(), hostileDocument()}
	want := make([][]byte, len(docs))
	for i, d := range docs {
		want[i] = pdfOf(t, d)
	}
	got := make([][]byte, 9)
	errs := make([]error, len(got))
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() { got[i], errs[i] = Render(t.Context(), docs[i%len(docs)], PDF) })
	}
	wg.Wait()
	for i := range got {
		require.NoError(t, errs[i])
		require.True(t, bytes.Equal(want[i%len(docs)], got[i]), "rendering %d differs", i)
	}
}

// TestRowsAllFit draws as many rows as a document may have.
func TestRowsAllFit(t *testing.T) {
	t.Parallel()
	d := blank("Many rows")
	d.Style = &document.Style{Paper: document.Letter, Banner: T("INTERNAL")} // the shorter one, with the least room
	cells := []document.Cell{document.Line(document.Plain("R-1")), document.Line(document.Plain("support-assistant")), document.Line(document.Plain("passed"))}
	table := document.Table{Headed: true, Columns: []document.Column{col("Run", 0), col("Target", 1), col("State", 0)}, Rows: make([]document.Row, document.MaxRows)}
	for i := range table.Rows {
		table.Rows[i].Cells = cells
	}
	d.Blocks = document.Blocks{table}
	p := newPDF(t.Context(), d)
	require.NoError(t, p.draw())
	require.LessOrEqual(t, p.total, MaxPages)
	require.Equal(t, p.total, len(p.pages), "as many as every foot says")
}

// polled is a context that counts how often it is asked, and has ended from a
// number of times on.
type polled struct {
	context.Context
	mu    sync.Mutex
	asked int
	last  int // 0: never
}

func (c *polled) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	if c.last > 0 && c.asked > c.last {
		return context.Canceled
	}
	return nil
}

// longParagraph and the others below are one block each that takes long.
func longParagraph() document.Block {
	p := document.Paragraph{}
	for range document.MaxInlines {
		p.Text = append(p.Text, document.Plain(strings.Repeat("word ", 200)))
	}
	return p
}

func longCell() document.Block {
	cell := make(document.Cell, document.MaxLines)
	for i := range cell {
		cell[i] = plain(strings.Repeat("word ", 500))
	}
	return document.Table{Columns: make([]document.Column, 2), Rows: []document.Row{{Cells: []document.Cell{cell, cell}}}}
}

// TestContextIsAskedOften holds that within one block no stretch of text is
// set, and no page drawn, without a look at whether to go on.
func TestContextIsAskedOften(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		block document.Block
		runes int
	}{
		{"paragraph", longParagraph(), document.MaxInlines * 1_000},
		{"cell", longCell(), 2 * document.MaxLines * 2_500},
		{"rows", longDocument(5_000).Blocks[len(examplePage1())+4], 5_000 * 30},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := blank("Long")
			d.Blocks = document.Blocks{tt.block}
			ctx := &polled{Context: t.Context()}
			p := newPDF(ctx, d)
			require.NoError(t, p.draw())
			require.Greater(t, ctx.asked, tt.runes/askEvery+len(p.pages))
		})
	}
}

// TestContextEndsAnywhere ends the context at every look of a rendering, and
// none of them is a report.
func TestContextEndsAnywhere(t *testing.T) {
	t.Parallel()
	d := printedDocument()
	d.Blocks = append(d.Blocks, longDocument(60).Blocks...)
	whole := &polled{Context: t.Context()}
	_, err := Render(whole, d, PDF)
	require.NoError(t, err)
	require.Greater(t, whole.asked, 20)
	for n := 1; n < whole.asked; n += 1 + n/15 {
		_, err := Render(&polled{Context: t.Context(), last: n}, d, PDF)
		require.ErrorIs(t, err, context.Canceled, "ended at look %d of %d", n, whole.asked)
	}
}

// TestStructureHoldsEveryText holds that all that a document says is in what is
// read of its PDF.
func TestStructureHoldsEveryText(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"example", "qualified", "long"} {
		d := fixtures()[name]()
		read := " "
		for _, e := range structureOf(t, pdfOf(t, d)).all() {
			read += e.text + " "
		}
		read = strings.Join(strings.Fields(read), " ")
		texts := textsOf(reflect.ValueOf(d.Blocks), nil)
		require.Greater(t, len(texts), 20)
		for _, text := range append(texts, d.Title.String(), d.Subtitle.String(), d.RevisionLabel.String(), d.Classification.String()) {
			require.Contains(t, read, strings.Join(strings.Fields(text), " "), name)
		}
	}
}

// textsOf are the texts of blocks, but for what a chart draws or is told and
// what sentences rest on.
func textsOf(v reflect.Value, out []string) []string {
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			out = textsOf(v.Index(i), out)
		}
	case reflect.Interface:
		if _, chart := v.Interface().(document.Chart); !chart {
			out = textsOf(v.Elem(), out)
		}
	case reflect.Struct:
		if text, ok := v.Interface().(document.Text); ok {
			return append(out, text.String())
		}
		table, ok := v.Interface().(document.Table)
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if name != "Basis" && (name != "Columns" || !ok || table.Headed) {
				out = textsOf(v.Field(i), out)
			}
		}
	}
	return out
}

// TestNoBoxIsDrawn holds for every face and every character that what is drawn
// for it has a shape, and so in the fonts that a file embeds.
func TestNoBoxIsDrawn(t *testing.T) {
	t.Parallel()
	var m metrics
	for want := range faces {
		step := rune(1)
		for r := rune(' '); r <= 0x10100; r += step {
			if r == 0x600 {
				step = 7 // what follows is mostly in no face
			}
			f, c, _ := m.choose(want, r)
			require.NotEqual(t, missing, m.advance(f, c), "%U wanted in face %d", r, want)
			require.True(t, c == r || c == replacement, "%U became %U", r, c)
		}
	}
}

// TestEmbeddedFontsHoldWhatIsDrawn looks up every character drawn in the maps
// of the fonts embedded.
func TestEmbeddedFontsHoldWhatIsDrawn(t *testing.T) {
	t.Parallel()
	text := "Ag1 Łódź Αναφορά Отчёт Հայերեն ქართული ☑ ✓ ▲ ≤ ½ ⁴ 日本語 😀 العربية עברית ไทย ￼ �"
	var in document.Inlines
	for style := range 8 {
		in = append(in, document.Inline{Text: T(text + " "), Strong: style&1 > 0, Emphasis: style&2 > 0, Code: style&4 > 0})
	}
	for _, typeface := range []document.Typeface{document.Sans, document.Serif} {
		d := blank(text)
		d.Style = &document.Style{Typeface: typeface}
		d.Blocks = document.Blocks{document.Paragraph{Text: in}}
		p := newPDF(t.Context(), d)
		require.NoError(t, p.draw())
		out, err := p.finish()
		require.NoError(t, err)
		objects := readPDF(t, out)
		checked := 0
		for i, used := range p.canvas.used {
			if used == nil {
				continue
			}
			name := "utf8" + subset{face(i), p.whole[i]}.family() + "\n"
			gids := objects[numberIn(object(t, objects, "/CIDFontType2\n/BaseFont /"+name).dict, `/CIDToGIDMap (\d+) 0 R`)].data
			for _, r := range used.String() {
				if r != ' ' {
					require.NotZero(t, int(gids[2*r])<<8|int(gids[2*r+1]), "%U in %s", r, name)
					checked++
				}
			}
		}
		require.Greater(t, checked, 200)
	}
}
