// Package document is what a report is before it is bytes: typed content that
// every renderer takes and nothing else needs to understand.
package document

// Schema is the version of the document model. A renderer refuses a document
// of another one.
const Schema = 1

// Document is one report, ready to be drawn. It holds only what was fixed
// before rendering, so the same document always gives the same bytes.
type Document struct {
	Schema         int  `json:"schema"`
	Series         Text `json:"series"`
	BusinessDate   Text `json:"business_date"` // YYYY-MM-DD
	Revision       int  `json:"revision"`
	Language       Text `json:"language"` // BCP 47, for HTML and PDF metadata
	Eyebrow        Text `json:"eyebrow"`  // small line above the title: the series' own title
	Title          Text `json:"title"`
	Subtitle       Text `json:"subtitle"`       // window, as-of, compared with
	RevisionLabel  Text `json:"revision_label"` // right of the subtitle
	Classification Text `json:"classification"` // boxed, top right; empty draws none
	RunningHead    Text `json:"running_head"`   // top left from page 2 on
	Footer         Text `json:"footer"`         // bottom left of every page
	FactsSHA256    Text `json:"facts_sha256"`   // of the canonical fact set the figures come from
	// Style is how it is to look; nil: as every report does by default.
	Style *Style `json:"style,omitempty"`
	// Renderer is the version that rendered it. Rendering sets it.
	Renderer Text   `json:"renderer,omitzero"`
	Blocks   Blocks `json:"blocks"`
}

// Style is what a template chose about a report's looks.
type Style struct {
	Paper     Paper    `json:"paper,omitempty"`
	Typeface  Typeface `json:"typeface,omitempty"`
	Accent    string   `json:"accent,omitempty"`   // "#2b4a7a", of data and tiles; empty: that one
	Logo      *Image   `json:"logo,omitempty"`     // top right of the first page
	Banner    Text     `json:"banner,omitzero"`    // the classification, across the head and foot of every page
	Watermark Text     `json:"watermark,omitzero"` // pale and large, behind every page: "DRAFT"
}

// Paper is a page's size.
type Paper string

// The sizes. The empty one is A4.
const (
	A4     Paper = "A4"
	Letter Paper = "Letter"
)

// Typeface is a family of faces.
type Typeface string

// The typefaces. The empty one is Sans.
const (
	Sans  Typeface = "sans"
	Serif Typeface = "serif"
)

// Image is a small picture. Its bytes are part of the document, so that nothing
// is fetched to draw it.
type Image struct {
	MediaType string `json:"media_type"` // image/png, image/jpeg
	Data      []byte `json:"data"`       // base64 in JSON
	Alt       Text   `json:"alt"`        // what a reader who cannot see it is told
}

// Blocks is ordered content. Its JSON is an array of objects that each carry a
// "type".
type Blocks []Block

// Block is one piece of content: a Status, Callout, KPIs, Heading, Paragraph,
// Quote, List, Decision, Table, Chart, Columns, Definitions or PageBreak.
type Block interface{ blockType() string }

// Tone says what a piece of text or a box means. Colour never carries it
// alone: the words do, and renderers add the colour.
type Tone string

// The tones.
const (
	Neutral Tone = ""
	Worse   Tone = "worse"
	Better  Tone = "better"
	Muted   Tone = "muted"
)

// Inline is a run of text in one style.
type Inline struct {
	Text        Text `json:"text"`
	Strong      bool `json:"strong,omitempty"`
	Emphasis    bool `json:"emphasis,omitempty"`    // italic
	Code        bool `json:"code,omitempty"`        // fixed width: commands, hashes
	Superscript bool `json:"superscript,omitempty"` // footnote letters
	Tone        Tone `json:"tone,omitempty"`
	// Link is an https address that the text stands for. Only renderers that
	// can be clicked make it one; the text says enough by itself.
	Link string `json:"link,omitempty"`
}

// Inlines is one paragraph's runs, drawn one after another without added
// space.
type Inlines []Inline

// String is the text without its styles.
func (in Inlines) String() string {
	var s string
	for _, i := range in {
		s += i.Text.String()
	}
	return s
}

// Plain is text in the surrounding style.
func Plain(s string) Inline { return Inline{Text: Clean(s)} }

// Strong is bold text.
func Strong(s string) Inline { return Inline{Text: Clean(s), Strong: true} }

// Code is fixed-width text.
func Code(s string) Inline { return Inline{Text: Clean(s), Code: true} }

// Note is a superscript footnote letter.
func Note(s string) Inline {
	return Inline{Text: Clean(s), Superscript: true, Strong: true, Tone: Worse}
}

// Toned is text with a meaning, such as a change for the worse.
func Toned(t Tone, s string) Inline { return Inline{Text: Clean(s), Tone: t} }

// Status is the report's one status line, directly under the title.
type Status struct {
	Tone  Tone    `json:"tone"`  // Better: complete; Worse: qualified
	Label Text    `json:"label"` // "COMPLETE"
	Text  Inlines `json:"text"`
}

// Callout is a first-page box: issued late, superseding, withheld.
type Callout struct {
	Tone  Tone    `json:"tone"`
	Label Text    `json:"label"` // "ISSUED LATE"
	Text  Inlines `json:"text"`
}

// KPIs is a row of tiles, three to a line.
type KPIs struct {
	Tiles []Tile `json:"tiles"`
}

// Tile is one headline figure.
type Tile struct {
	Label  Text    `json:"label"`
	Value  Text    `json:"value"`  // "6.70 %", "12", "not measured"
	Of     Text    `json:"of"`     // "of 14", drawn smaller after the value
	Detail Inlines `json:"detail"` // change, compared with
}

// Heading opens a section and gives the PDF its bookmark.
type Heading struct {
	Level     int  `json:"level"` // 1: section over a hairline; 2: section within one, or small bold caption; 3: within that
	Text      Text `json:"text"`
	Note      Text `json:"note"` // right-aligned and small: "Written by rules; no AI was used."
	PageBreak bool `json:"page_break,omitempty"`
}

// Paragraph is running text.
type Paragraph struct {
	Text  Inlines `json:"text"`
	Small bool    `json:"small,omitempty"` // footnote size, muted
	// Basis says of each sentence what it rests on, in the paragraph's order.
	// Only renderers that can fold it away show it; empty: nothing is folded.
	Basis []Basis `json:"basis,omitempty"`
}

// Basis is one sentence with the facts that it rests on.
type Basis struct {
	Text Inlines `json:"text"` // the sentence as printed
	// Claim is what a model wrote before its references were filled in; empty
	// for a sentence by rules.
	Claim  Text        `json:"claim,omitzero"`
	Facts  []BasisFact `json:"facts"`
	Checks []Text      `json:"checks,omitempty"` // names of the checks that the claim passed
	// References are the reference notes that the sentence cites.
	References []Inlines `json:"references,omitempty"`
}

// BasisFact is a fact as a sentence's basis names it.
type BasisFact struct {
	Key   Text `json:"key"`   // "findings.open{severity=critical}"
	Value Text `json:"value"` // as every page shows it: "6.70 %", "not measured"
	Query Text `json:"query"` // the query that made it
}

// Quote is running text that somebody else wrote, set apart.
type Quote struct {
	Text Inlines `json:"text"`
}

// List is a bulleted or numbered list of single paragraphs.
type List struct {
	Ordered bool      `json:"ordered,omitempty"`
	Items   []Inlines `json:"items"`
	// Levels says of each item how deep it stands, from 0; nil: all at 0. An
	// item is at most one deeper than the one before it.
	Levels []int `json:"levels,omitempty"`
}

// Decision is a question somebody has to answer, boxed.
type Decision struct {
	ID       Text `json:"id"`
	Question Text `json:"question"`
	Owner    Text `json:"owner"`
	By       Text `json:"by"` // "by Mon 23 Nov 12:00"
}

// Align places a column's text.
type Align string

// The alignments. Numbers stand right.
const (
	Left  Align = ""
	Right Align = "right"
)

// Column is a table column. Weight shares out the width that is left when
// every column has what its content needs; zero means it never grows.
type Column struct {
	Title  Text    `json:"title"`
	Align  Align   `json:"align,omitempty"`
	Weight float64 `json:"weight,omitempty"`
}

// Cell holds one or more lines of inlines; each Inlines is a line of its own.
type Cell []Inlines

// Line makes a one-line cell.
func Line(in ...Inline) Cell { return Cell{Inlines(in)} }

// Row is one table row. A Total row is bold under a rule.
type Row struct {
	Cells []Cell `json:"cells"` // as many as there are columns
	Total bool   `json:"total,omitempty"`
}

// Table is tabular content. Its header is repeated on every page it reaches.
type Table struct {
	Caption Text     `json:"caption"` // small bold line above
	Note    Text     `json:"note"`    // right of the caption: "5 of 63 measured cells"
	Columns []Column `json:"columns"`
	Headed  bool     `json:"headed"` // whether to draw the column titles
	Rows    []Row    `json:"rows"`
	More    Text     `json:"more,omitzero"` // below the rows, before a total: "and 12 more"
}

// ChartKind is how a chart is drawn.
type ChartKind string

// The kinds of chart.
const (
	Lines   ChartKind = "line"
	Bars    ChartKind = "bar"
	Stacked ChartKind = "stacked" // a bar for each point, made of its parts
)

// Chart is a small vector chart with its data, so that renderers without
// drawing can print a table.
type Chart struct {
	Kind        ChartKind `json:"kind"`
	Caption     Text      `json:"caption"`
	Note        Text      `json:"note"`
	Unit        Text      `json:"unit"`        // "%"
	Description Text      `json:"description"` // what a reader who cannot see it is told
	// Series names the parts of every point: the lines of a Lines chart with more
	// than one, the layers of a Stacked one. Nil: points have a value of their own.
	Series []Text       `json:"series,omitempty"`
	Points []ChartPoint `json:"points"`
}

// ChartPoint is one day of a line or one bar.
type ChartPoint struct {
	Label    Text     `json:"label"`              // "3 Nov", "prompt injection"
	Value    *float64 `json:"value"`              // in the chart's unit; nil is a gap, never zero
	Shown    Text     `json:"shown"`              // the value as text, rounded once: "6.70 %"; "not measured" for a gap
	Mark     *float64 `json:"mark,omitempty"`     // bars: the value compared with
	MarkText Text     `json:"mark_text"`          // "Thu 6.76 %"
	Footnote Text     `json:"footnote"`           // letter beside the label
	Emphasis bool     `json:"emphasis,omitempty"` // the last point, drawn in the accent colour with its value
	Tone     Tone     `json:"tone,omitempty"`     // what an emphasised point means; Neutral takes the data's colour
	// Parts are the point's values by series, as many as there are series. A
	// Stacked point with a part that is nil is a gap as a whole: a bar without
	// one of its parts would look like less. Value and Shown are then its sum.
	Parts []ChartPart `json:"parts,omitempty"`
}

// ChartPart is one series' value at one point.
type ChartPart struct {
	Value *float64 `json:"value"` // in the chart's unit; nil is a gap, never zero
	Shown Text     `json:"shown"`
}

// Columns sets two flows of blocks side by side; where there is no room, the
// left stands first.
type Columns struct {
	Left  Blocks  `json:"left"`
	Right Blocks  `json:"right"`
	Ratio float64 `json:"ratio"` // the left's share of the width, 0 means one half
}

// Definitions is a list of terms and what they mean, over hairlines.
type Definitions struct {
	Items []Definition `json:"items"`
}

// Definition is one term with one or more paragraphs.
type Definition struct {
	Term Text      `json:"term"`
	Text []Inlines `json:"text"`
}

// PageBreak starts a new page where there are pages.
type PageBreak struct{}

func (Status) blockType() string      { return "status" }
func (Callout) blockType() string     { return "callout" }
func (KPIs) blockType() string        { return "kpis" }
func (Heading) blockType() string     { return "heading" }
func (Paragraph) blockType() string   { return "paragraph" }
func (Quote) blockType() string       { return "quote" }
func (List) blockType() string        { return "list" }
func (Decision) blockType() string    { return "decision" }
func (Table) blockType() string       { return "table" }
func (Chart) blockType() string       { return "chart" }
func (Columns) blockType() string     { return "columns" }
func (Definitions) blockType() string { return "definitions" }
func (PageBreak) blockType() string   { return "page_break" }
