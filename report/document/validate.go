package document

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"time"

	"github.com/closeofbusiness/cob/report"
)

// The limits of a document. They are far above what anyone reads and low
// enough that drawing one stays within seconds and a few hundred megabytes.
const (
	MaxBlocks    = 2_000      // blocks in all, those inside Columns included
	MaxDepth     = 3          // Columns within Columns
	MaxRows      = 100_000    // table rows in all
	MaxColumns   = 24         // columns of one table
	MaxLines     = 200        // lines of one cell
	MaxTiles     = 24         // tiles of one KPIs block
	MaxPoints    = 400        // points of one chart
	MaxItems     = 2_000      // items of one List or Definitions
	MaxInlines   = 1_000      // runs of one paragraph
	MaxParagraph = 16 << 10   // bytes of a paragraph of prose: a narrative, a quote, an item of a list
	MaxSentences = 200        // sentences of one paragraph's basis
	MaxFacts     = 200        // facts of one sentence's basis
	MaxChecks    = 50         // checks of one sentence's basis
	MaxBasis     = 20_000     // sentences, facts and checks of every basis in all
	MaxSeries    = 12         // parts of one chart's points
	MaxLevel     = 2          // lists within lists
	MaxProse     = 4_000_000  // text in all blocks but in tables
	MaxRunes     = 12_000_000 // text in all blocks
)

// LimitError tells that a document is larger than one of the limits.
type LimitError struct {
	Limit string // "table rows"
	Max   int
	Got   int
}

// Error names the limit and how far it was passed.
func (e *LimitError) Error() string {
	return fmt.Sprintf("%s: %d, at most %d are allowed", e.Limit, e.Got, e.Max)
}

// Unwrap makes the error one of report.ErrInvalid.
func (e *LimitError) Unwrap() error { return report.ErrInvalid }

// Validate tells what is wrong with a document, every mistake at once. A
// document that passes can be rendered in every format, unless its pages turn
// out too many. Its error wraps report.ErrInvalid.
func Validate(d *Document) error {
	if d == nil {
		return fmt.Errorf("%w: document: none given", report.ErrInvalid)
	}
	v := validator{}
	v.head(d)
	v.blocks(d.Blocks, "block", 0)
	v.limit("blocks", v.nBlocks, MaxBlocks)
	v.limit("table rows", v.nRows, MaxRows)
	v.limit("sentences, facts and checks", v.nBasis, MaxBasis)
	v.limit("characters outside tables", v.nRunes-v.nCells, MaxProse)
	v.limit("characters", v.nRunes, MaxRunes)
	if err := errors.Join(v.errs...); err != nil {
		return fmt.Errorf("%w: document: %w", report.ErrInvalid, err)
	}
	return nil
}

// maxMistakes bounds the report on a document that is wrong throughout.
const maxMistakes = 20

type validator struct {
	errs                           []error
	nBlocks, nRows, nBasis, nRunes int
	nCells                         int // of nRunes, those in tables' cells
}

func (v *validator) wrong(err error) {
	if len(v.errs) < maxMistakes {
		v.errs = append(v.errs, err)
	}
}

func (v *validator) wrongf(format string, args ...any) { v.wrong(fmt.Errorf(format, args...)) }

func (v *validator) limit(name string, got, max int) {
	if got > max {
		v.wrong(&LimitError{Limit: name, Max: max, Got: got})
	}
}

// language is loose BCP 47: enough to be an HTML attribute and nothing else.
var language = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`)

func (v *validator) head(d *Document) {
	if d.Schema != Schema {
		v.wrongf("schema %d, this version knows %d", d.Schema, Schema)
	}
	if _, err := time.Parse(time.DateOnly, d.BusinessDate.String()); err != nil {
		v.wrongf("business date %.40q: want YYYY-MM-DD", d.BusinessDate)
	}
	if l := d.Language.String(); l != "" && !language.MatchString(l) {
		v.wrongf("language %.40q: want a BCP 47 tag such as en-GB", l)
	}
	v.style(d.Style)
	if d.Revision < 0 {
		v.wrongf("revision %d: want 1 or more", d.Revision)
	}
}

func (v *validator) blocks(bs Blocks, at string, depth int) {
	if depth > MaxDepth {
		v.wrong(fmt.Errorf("%s: %w", at, &LimitError{Limit: "columns within columns", Max: MaxDepth, Got: depth}))
		return
	}
	for i, b := range bs {
		v.nBlocks++
		if v.nBlocks > MaxBlocks {
			v.nBlocks = MaxBlocks + len(bs) - i
			return
		}
		v.block(b, fmt.Sprintf("%s %d", at, i+1), depth)
	}
}

func (v *validator) block(b Block, at string, depth int) {
	switch b := b.(type) {
	case Status:
		v.tone(b.Tone, at)
		v.text(b.Label)
		v.inlines(b.Text, at)
	case Callout:
		v.tone(b.Tone, at)
		v.text(b.Label)
		v.inlines(b.Text, at)
	case KPIs:
		v.kpis(b, at)
	case Heading:
		if b.Level < 1 || b.Level > 3 {
			v.wrongf("%s: heading level %d: want 1 to 3", at, b.Level)
		}
		v.text(b.Text, b.Note)
	case Paragraph:
		v.prose(b.Text, at)
		v.basis(b.Basis, at)
	case Quote:
		v.prose(b.Text, at)
	case List:
		v.list(b, at)
	case Decision:
		v.text(b.ID, b.Question, b.Owner, b.By)
	case Table:
		v.table(b, at)
	case Chart:
		v.chart(b, at)
	case Columns:
		if math.IsNaN(b.Ratio) || b.Ratio < 0 || b.Ratio > 0.9 || b.Ratio > 0 && b.Ratio < 0.1 {
			v.wrongf("%s: ratio %v: want 0.1 to 0.9, or 0 for one half", at, b.Ratio)
		}
		v.blocks(b.Left, at+" left", depth+1)
		v.blocks(b.Right, at+" right", depth+1)
	case Definitions:
		v.limit(at+": items", len(b.Items), MaxItems)
		for _, item := range b.Items {
			v.text(item.Term)
			v.limit(at+": paragraphs", len(item.Text), MaxLines)
			for _, p := range item.Text {
				v.inlines(p, at)
			}
		}
	case PageBreak:
	default:
		v.wrongf("%s: %T is not a block this version draws", at, b)
	}
}

func (v *validator) list(b List, at string) {
	v.limit(at+": items", len(b.Items), MaxItems)
	for _, item := range b.Items {
		v.prose(item, at)
	}
	if b.Levels == nil {
		return
	}
	if len(b.Levels) != len(b.Items) {
		v.wrongf("%s: %d levels of %d items", at, len(b.Levels), len(b.Items))
	}
	before := -1
	for i, l := range b.Levels {
		if l < 0 || l > before+1 || l > MaxLevel {
			v.wrongf("%s: item %d at level %d: want 0 to %d, at most one deeper than the item before", at, i+1, l, MaxLevel)
		}
		before = l
	}
}

func (v *validator) basis(bs []Basis, at string) {
	v.limit(at+": sentences", len(bs), MaxSentences)
	v.nBasis += len(bs)
	for _, b := range bs {
		v.inlines(b.Text, at)
		v.text(b.Claim)
		v.text(b.Checks...)
		v.limit(at+": facts of a sentence", len(b.Facts), MaxFacts)
		v.limit(at+": checks of a sentence", len(b.Checks), MaxChecks)
		v.limit(at+": reference notes of a sentence", len(b.References), MaxFacts)
		v.nBasis += len(b.Facts) + len(b.Checks) + len(b.References)
		for _, r := range b.References {
			v.inlines(r, at)
		}
		for _, f := range b.Facts {
			v.text(f.Key, f.Value, f.Query)
		}
	}
}

func (v *validator) kpis(b KPIs, at string) {
	v.limit(at+": tiles", len(b.Tiles), MaxTiles)
	for _, t := range b.Tiles {
		v.text(t.Label, t.Value, t.Of)
		v.inlines(t.Detail, at)
	}
}

func (v *validator) table(b Table, at string) {
	v.text(b.Caption, b.Note, b.More)
	v.limit(at+": columns", len(b.Columns), MaxColumns)
	if len(b.Columns) == 0 {
		v.wrongf("%s: a table needs columns", at)
	}
	for _, c := range b.Columns {
		v.text(c.Title)
		if c.Align != Left && c.Align != Right {
			v.wrongf("%s: align %.40q: want \"\" or %q", at, c.Align, Right)
		}
		if math.IsNaN(c.Weight) || math.IsInf(c.Weight, 0) || c.Weight < 0 {
			v.wrongf("%s: weight %v: want 0 or more", at, c.Weight)
		}
	}
	v.nRows += len(b.Rows)
	if len(b.Rows) > MaxRows {
		return
	}
	before := v.nRunes
	for i, r := range b.Rows {
		if len(r.Cells) != len(b.Columns) {
			v.wrongf("%s: row %d has %d cells, the table has %d columns", at, i+1, len(r.Cells), len(b.Columns))
		}
		for _, c := range r.Cells {
			if len(c) > MaxLines { // asked first: there may be a million cells
				v.limit(at+": lines of a cell", len(c), MaxLines)
			}
			for _, l := range c {
				v.inlines(l, at)
			}
		}
	}
	v.nCells += v.nRunes - before
}

func (v *validator) chart(b Chart, at string) {
	v.text(b.Caption, b.Note, b.Unit, b.Description)
	switch {
	case b.Kind != Lines && b.Kind != Bars && b.Kind != Stacked:
		v.wrongf("%s: chart kind %.40q: want %q, %q or %q", at, b.Kind, Lines, Bars, Stacked)
	case b.Kind == Stacked && len(b.Series) == 0:
		v.wrongf("%s: a stacked chart needs series", at)
	case b.Kind == Bars && len(b.Series) > 0:
		v.wrongf("%s: series belong to charts of lines and stacks", at)
	}
	v.limit(at+": series", len(b.Series), MaxSeries)
	v.text(b.Series...)
	v.limit(at+": points", len(b.Points), MaxPoints)
	for i, p := range b.Points {
		v.text(p.Label, p.Shown, p.MarkText, p.Footnote)
		v.tone(p.Tone, at)
		if !drawable(p.Value) || !drawable(p.Mark) {
			v.wrongf("%s: point %d: not a number that can be drawn", at, i+1)
		}
		v.parts(b, p, fmt.Sprintf("%s: point %d", at, i+1))
	}
}

func (v *validator) parts(c Chart, p ChartPoint, at string) {
	if len(p.Parts) != len(c.Series) {
		v.wrongf("%s: %d parts, the chart has %d series", at, len(p.Parts), len(c.Series))
	}
	for _, part := range p.Parts {
		v.text(part.Shown)
		if !drawable(part.Value) || c.Kind == Stacked && part.Value != nil && *part.Value < 0 {
			v.wrongf("%s: a part that is no number that can be drawn", at)
		}
	}
}

// drawable bounds a chart's values so that a scale can be laid over them
// without overflow.
func drawable(f *float64) bool { return f == nil || math.Abs(*f) <= 1e15 }

func (v *validator) text(ts ...Text) {
	for _, t := range ts {
		v.nRunes += len(t.s)
	}
}

func (v *validator) inlines(in Inlines, at string) {
	if len(in) > MaxInlines { // asked first: there may be a million paragraphs
		v.limit(at+": runs of a paragraph", len(in), MaxInlines)
	}
	for _, i := range in {
		v.text(i.Text)
		v.tone(i.Tone, at)
		if i.Link != "" {
			if err := CheckLink(i.Link); err != nil {
				v.wrongf("%s: link: %w", at, err)
			}
		}
	}
}

// prose bounds what is written as one paragraph. Notes and cells, which list what
// the data holds, are bounded with all text.
func (v *validator) prose(in Inlines, at string) {
	v.inlines(in, at)
	bytes := 0
	for _, i := range in {
		bytes += len(i.Text.s)
	}
	v.limit(at+": bytes of a paragraph", bytes, MaxParagraph)
}

func (v *validator) tone(t Tone, at string) {
	switch t {
	case Neutral, Worse, Better, Muted:
	default:
		v.wrongf("%s: tone %.40q: want %q, %q, %q or none", at, t, Worse, Better, Muted)
	}
}
