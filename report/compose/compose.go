// Package compose makes a document of a template, a fact set and narratives.
package compose

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/analysis"
	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/template"
)

// Meta is what the page says about the revision itself.
type Meta struct {
	Revision int // from 1; of a draft 0
	// Draft: it is not issued, and says so on every page.
	Draft       bool
	FactsSHA256 string // of the canonical fact set, 64 hexadecimal digits
	// TemplateSHA256 is what the template's version is known by. Empty: the page
	// names it by its version alone.
	TemplateSHA256 string
	// Classification is boxed on the first page. Empty: the template's.
	Classification string
	// Late: the report was begun after its deadline.
	Late bool
	// Decision is who had it issued without complete data, and why.
	Decision *report.Decision
	// Issued holds the previous date's figures as they were issued, by key; nil
	// where that was not issued.
	Issued map[string]float64
	// Acknowledged is who has read the previous date's report.
	Acknowledged *Acknowledgement
	// AcknowledgeWithin is within how long of its issue this report is to be
	// acknowledged. Zero: nobody asks.
	AcknowledgeWithin time.Duration
	// Supersedes is the revision that this one takes the place of; nil: none.
	Supersedes *Supersession
}

// Supersession is an earlier revision of the same date, and why there is
// another.
type Supersession struct {
	Revision int
	Reason   string
	Facts    *fact.Set // as they were issued then
}

// Acknowledgement says who has read a report, and when they said so.
type Acknowledgement struct {
	By string
	At time.Time
}

// Compose makes the document. The same arguments give the same document; it
// says nothing that the facts do not hold. Narratives are by the name of the
// template's block. A narrative that is missing, a parameter that the template
// does not know and a fact set that contradicts itself are errors of kind
// report.ErrInvalid.
func Compose(set *fact.Set, t *template.Template, params map[string]any, narratives map[string]analysis.Narrative, meta Meta) (*document.Document, error) {
	clock, err := set.Clock()
	if err != nil {
		return nil, fmt.Errorf("compose: %w", err)
	}
	values, err := t.Resolve(params)
	if err != nil {
		return nil, fmt.Errorf("compose: %w", err)
	}
	c := &composer{set: set, registry: set.Registry(), clock: clock, t: t, params: values, narratives: narratives, meta: meta, versioned: map[string]bool{}}
	c.number()
	c.derive()
	d := c.head()
	d.Blocks = append(d.Blocks, c.status())
	d.Blocks = append(d.Blocks, c.callouts()...)
	d.Blocks = append(d.Blocks, c.blocks(t.Blocks)...)
	if err := errors.Join(c.errs...); err != nil {
		return nil, fmt.Errorf("compose: %w", err)
	}
	return d, nil
}

type composer struct {
	set        *fact.Set
	clock      fact.Clock
	t          *template.Template
	params     template.Params
	narratives map[string]analysis.Narrative
	meta       Meta
	registry   *fact.Registry        // of the set
	index      map[string]*fact.Fact // by key
	notes      []*fact.Fact          // what is not measured; the first is note a
	letters    map[string]int        // a fact's key → its place in notes
	boxed      string                // the decision that stands in the box
	versioned  map[string]bool       // targets whose versions a table shows
	aside      bool                  // composing inside columns
	qualified  bool                  // names in the table at hand keep their packages
	noted      bool                  // why narratives were withheld stands in section notes
	unboxed    []document.Callout    // what no box had room for
	derived    map[string]derived    // figures made of others, by name
	level      int                   // of sections within one another
	empty      int                   // lines that stand for blocks with nothing to show
	errs       []error
}

// number gives each figure that is not measured its letter, and checks that
// the count on the page is the count of notes.
func (c *composer) number() {
	c.index = make(map[string]*fact.Fact, len(c.set.Facts))
	for i := range c.set.Facts {
		c.index[c.set.Facts[i].Key()] = &c.set.Facts[i]
	}
	c.notes = c.set.Notes()
	c.letters = make(map[string]int, len(c.notes))
	for i, f := range c.notes {
		c.letters[f.Key()] = i
	}
	if f := c.total("facts.unmeasured"); f.Measured() && *f.Value != float64(len(c.notes)) {
		c.errs = append(c.errs, fmt.Errorf("%w: facts.unmeasured is %v, but %d figures are not measured", report.ErrInvalid, *f.Value, len(c.notes)))
	}
}

// find is the fact of that metric and dimensions, or nil.
func (c *composer) find(id string, d fact.Dims) *fact.Fact { return c.index[fact.Key(id, d)] }

func (c *composer) total(id string) *fact.Fact { return c.index[id] }

// stands is the fact, or, where there is none because the whole metric is not
// measured, the total that says so; else nil.
func (c *composer) stands(id string, d fact.Dims) *fact.Fact {
	if f := c.find(id, d); f != nil {
		return f
	}
	if t := c.total(id); t != nil && !t.Measured() {
		return t
	}
	return nil
}

// The longest that names may be on the page, in characters. What is longer
// ends in an ellipsis.
const (
	shortName = 28
	longName  = 60
	longTitle = 140
)

func clip(s string, n int) string {
	return analysis.Clip(strings.TrimSpace(document.Clean(s).String()), n)
}

func (c *composer) head() *document.Document {
	set, clock := c.set, c.clock
	title := clip(set.Title, longName)
	if title == "" {
		title = clip(c.t.Title, longName)
	}
	long := clock.LongDay(set.BusinessDate)
	class := c.meta.Classification
	if class == "" {
		class = c.t.Output.Classification
	}
	return &document.Document{
		Schema:         document.Schema,
		Series:         document.Clean(set.Series),
		BusinessDate:   document.Clean(string(set.BusinessDate)),
		Revision:       c.meta.Revision,
		Language:       document.Clean("en-GB"),
		Eyebrow:        document.Clean(strings.ToUpper(title)),
		Title:          document.Clean("Close of business, " + long),
		Subtitle:       document.Clean(c.subtitle()),
		RevisionLabel:  document.Clean(c.revision()),
		Classification: document.Clean(clip(class, shortName)),
		RunningHead:    document.Clean(title + " · close of business, " + long),
		Footer:         document.Clean(fmt.Sprintf("%s · %s · %s", set.Series, set.BusinessDate, lower(c.revision()))),
		FactsSHA256:    document.Clean(c.meta.FactsSHA256),
		Style:          c.style(),
	}
}

func (c *composer) revision() string {
	if c.meta.Draft {
		return "Draft"
	}
	return fmt.Sprintf("Revision %d", c.meta.Revision)
}

// style is the template's. A draft has its own watermark.
func (c *composer) style() *document.Style {
	s := c.t.Output.Style()
	if !c.meta.Draft {
		return s
	}
	if s == nil {
		s = &document.Style{}
	}
	s.Watermark = document.Clean("DRAFT")
	return s
}

// subtitle is the window, what was known when, and the day compared with.
func (c *composer) subtitle() string {
	clock := c.clock
	known := clock.Of(c.set.AsOf)
	if clock.Day(report.DateOf(c.set.AsOf.In(clock.Location()))) != clock.Day(report.DateOf(c.set.Window.To.In(clock.Location()))) {
		known = clock.Full(c.set.AsOf)
	}
	s := c.window() + " · data as known at " + known
	if d := c.set.Previous.Date; d != "" {
		s += " · compared with " + clock.Day(d)
	}
	return s
}

// window is from when to when the report is: "Thu 19 Nov 17:00 to Fri 20 Nov
// 17:00 GMT".
func (c *composer) window() string {
	w, clock := c.set.Window, c.clock
	from, to := clock.Full(w.From), clock.Full(w.To)+" "+clock.Zone(w.To)
	if clock.Zone(w.From) != clock.Zone(w.To) {
		from += " " + clock.Zone(w.From)
	}
	return from + " to " + to
}

// blocks composes a list of the template's blocks.
func (c *composer) blocks(list []template.Block) document.Blocks {
	var out document.Blocks
	for _, b := range list {
		out = append(out, c.block(b)...)
	}
	return out
}

func (c *composer) block(b template.Block) document.Blocks {
	switch b := b.(type) {
	case template.KPIs:
		return document.Blocks{c.kpis(b)}
	case template.Section:
		return c.section(b)
	case template.Columns:
		return c.columns(b)
	case template.Narrative:
		return c.narrative(b)
	case template.Decisions:
		return c.decisions()
	case template.Actions:
		return c.actions(b)
	case template.Table:
		return c.table(b)
	case template.Findings:
		return c.findings(b)
	case template.Chart:
		return c.chartOrLine(b)
	case template.Text:
		return c.text(b)
	case template.References:
		return c.references(b)
	case template.DataNotes:
		return c.dataNotes()
	}
	c.errs = append(c.errs, fmt.Errorf("%w: block %T cannot be composed", report.ErrInvalid, b))
	return nil
}

// sectionNote is what stands small beside a section's title: who wrote the
// prose and, where no box has room for it, why no model did; or which day the
// next shift is.
func (c *composer) sectionNote(s template.Section) string {
	for _, b := range s.Blocks {
		switch b := b.(type) {
		case template.Narrative:
			n := c.narratives[b.Name]
			if n.Withheld != "" && c.noted {
				return strings.TrimSpace(n.Label + " " + withheldReason(n))
			}
			return n.Label
		case template.Actions:
			if d := c.set.NextDate.Time(); !d.IsZero() {
				return d.Format("Monday 2 January")
			}
		}
	}
	return ""
}

func (c *composer) columns(b template.Columns) document.Blocks {
	c.aside = true
	left, right := c.blocks(b.Left), c.blocks(b.Right)
	c.aside = false
	switch {
	case len(left) == 0:
		return right
	case len(right) == 0:
		return left
	}
	return document.Blocks{document.Columns{Left: left, Right: right, Ratio: b.Ratio}}
}

func (c *composer) narrative(b template.Narrative) document.Blocks {
	n, ok := c.narratives[b.Name]
	if !ok {
		c.errs = append(c.errs, fmt.Errorf("%w: narrative %q is missing", report.ErrInvalid, b.Name))
		return nil
	}
	in := n.Inlines()
	if len(in) == 0 {
		in = small("Nothing that the rules speak of is measured.")
	}
	return document.Blocks{document.Paragraph{Text: in, Basis: c.basis(b.Name, n)}}
}

// basis is what each sentence of a narrative rests on. A fact that the set does
// not hold is a mistake: nobody could look up what the sentence says.
func (c *composer) basis(name string, n analysis.Narrative) []document.Basis {
	var out []document.Basis
	for i, s := range n.Sentences {
		b := document.Basis{Text: s.Text, Claim: document.Clean(s.Claim)}
		for _, key := range s.Facts {
			f := c.index[key]
			if f == nil {
				c.errs = append(c.errs, fmt.Errorf("%w: narrative %q: sentence %d rests on the fact %q, which there is not", report.ErrInvalid, name, i+1, clip(key, longTitle)))
				continue
			}
			b.Facts = append(b.Facts, document.BasisFact{Key: document.Clean(key), Value: document.Clean(f.Shown()), Query: document.Clean(f.Query)})
		}
		for _, key := range s.Cites {
			in := c.citedNote(key)
			if in == nil {
				c.errs = append(c.errs, fmt.Errorf("%w: narrative %q: sentence %d cites the reference note %q, which there is not", report.ErrInvalid, name, i+1, clip(key, longTitle)))
				continue
			}
			b.References = append(b.References, in)
		}
		for _, check := range s.Checks {
			b.Checks = append(b.Checks, document.Clean(check))
		}
		out = append(out, b)
	}
	return out
}

// small is a line of muted text.
func small(s string) document.Inlines {
	return document.Inlines{document.Toned(document.Muted, s)}
}

func plain(s string) document.Inlines { return document.Inlines{document.Plain(s)} }

// tone is a judgement's colour.
func tone(judgement string) document.Tone {
	switch judgement {
	case "worse":
		return document.Worse
	case "better":
		return document.Better
	}
	return document.Neutral
}

func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fact.Integer(n) + " " + many
}
