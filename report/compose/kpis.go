package compose

import (
	"maps"
	"slices"
	"strings"

	"github.com/closeofbusiness/cob/report/analysis"
	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/template"
)

func (c *composer) kpis(b template.KPIs) document.Block {
	out := document.KPIs{}
	for _, t := range b.Tiles {
		tile := c.tileOf(t)
		if t.Label != "" {
			tile.Label = document.Clean(t.Label)
		}
		if t.Detail != "" && tile.Value.String() != fact.NotMeasured {
			tile.Detail = small(t.Detail)
		}
		out.Tiles = append(out.Tiles, tile)
	}
	return out
}

func (c *composer) tileOf(t template.Tile) document.Tile {
	if t.Figure != "" {
		return c.derivedTile(c.derived[t.Figure])
	}
	return c.tile(t.Ref)
}

func (c *composer) tile(ref template.Ref) document.Tile {
	m, _ := c.registry.Lookup(ref.ID)
	f := c.stands(ref.ID, ref.Dims)
	t := document.Tile{Label: document.Clean(label(m, ref.Dims))}
	if !f.Measured() {
		t.Value = document.Clean(fact.NotMeasured)
		t.Detail = small(c.whyShort(f))
		return t
	}
	t.Value = document.Clean(f.Shown())
	if whole := c.whole(m, ref.Dims); whole.Measured() {
		t.Of = document.Clean("of " + whole.Shown() + unitWord(m))
	}
	t.Detail = c.detail(f, m)
	return t
}

// label names a figure: "Critical findings open", "Evaluations, kb-search".
func label(m fact.Metric, d fact.Dims) string {
	if s := d["severity"]; s != "" && len(d) == 1 {
		return capital(clip(s, shortName)) + " " + lower(m.Label)
	}
	out := m.Label
	for _, k := range slices.SortedFunc(maps.Keys(d), fact.CompareDimensions) {
		out += ", " + clip(d[k], shortName)
	}
	return out
}

// unitWord says what the whole is counted in where the label does not.
func unitWord(m fact.Metric) string {
	if m.ID == "facts.unmeasured" {
		return " figures"
	}
	return ""
}

func (c *composer) whole(m fact.Metric, d fact.Dims) *fact.Fact {
	if m.Whole == "" {
		return nil
	}
	return c.find(m.Whole, d)
}

// whyShort points from a tile to the note that tells why.
func (c *composer) whyShort(f *fact.Fact) string {
	if f == nil {
		return "this report holds no such figure"
	}
	if l := c.letter(f); l != "" {
		return "data note " + l
	}
	return clip(f.Reason, longName)
}

// detail is the line under the value: the change in figure, arrow and word, and
// what belongs to it.
func (c *composer) detail(f *fact.Fact, m fact.Metric) document.Inlines {
	if m.Feed == "" || m.Whole != "" && m.Good == fact.NoPolarity {
		return small(c.before(f, m))
	}
	in := c.changed(f)
	extra := ""
	switch {
	case m.ID == "findings.open":
		extra = c.oldest(f.Dims)
	case m.ID == "incidents.open":
		extra = c.incidentNames()
	default:
		if ch := f.ShownComparableChange(); ch.Known && (m.Declared == nil || ch.Text != f.ShownChange().Text) {
			extra = "like for like " + ch.Text
		}
	}
	if extra != "" {
		in = append(in, document.Toned(document.Muted, " · "+extra))
	}
	return in
}

// before is the previous day's figure: "Thu: 13 of 13".
func (c *composer) before(f *fact.Fact, m fact.Metric) string {
	day := c.clock.Previous()
	switch {
	case day == "":
		return ""
	case f.ExactPrevious() == nil:
		return c.noFigure()
	}
	s := day + ": " + f.ShownPrevious()
	if m.Feed == "" {
		return s
	}
	if whole := c.whole(m, f.Dims); whole.ExactPrevious() != nil {
		s += " of " + whole.ShownPrevious()
	}
	return s
}

func (c *composer) changed(f *fact.Fact) document.Inlines { return c.judged(f.ShownChange()) }

// judged is a change with its judgement, or that there is none to tell of.
func (c *composer) judged(ch fact.Change) document.Inlines {
	switch {
	case ch.Known && ch.Judgement != "":
		return document.Inlines{{Text: document.Clean(ch.String()), Strong: true, Tone: tone(ch.Judgement)}}
	case ch.Known:
		return small(ch.Text)
	case c.clock.Previous() == "":
		return small("nothing to compare with")
	}
	return small(c.noFigure())
}

// noFigure says that the day compared with has none.
func (c *composer) noFigure() string {
	if d := c.clock.Previous(); d != "" {
		return fact.NoFigure + " for " + d
	}
	return fact.NoFigure + " before"
}

func (c *composer) oldest(d fact.Dims) string {
	f := c.find("findings.oldest_open", d)
	if !f.Measured() {
		return ""
	}
	return "oldest " + f.Shown()
}

// incidentNames lists the open incidents with their states, at most two.
func (c *composer) incidentNames() string {
	var out []string
	for _, i := range c.set.Records.Incidents {
		if i.State != "resolved" {
			out = append(out, clip(i.Name, shortName)+", "+clip(words(i.State), shortName))
		}
	}
	if len(out) > 2 {
		return analysis.Listed(out, 1)
	}
	return strings.Join(out, "; ")
}

// words makes "fix_deployed" readable.
func words(s string) string { return strings.ReplaceAll(s, "_", " ") }

func capital(s string) string {
	if s == "" {
		return s
	}
	r := []rune(s)
	return strings.ToUpper(string(r[0])) + string(r[1:])
}

func lower(s string) string {
	if s == "" {
		return s
	}
	r := []rune(s)
	return strings.ToLower(string(r[0])) + string(r[1:])
}
