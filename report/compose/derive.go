package compose

import (
	"math/big"
	"strings"

	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/formula"
	"github.com/closeofbusiness/cob/report/template"
)

// derived is a figure made of others, today and on the business date before.
type derived struct {
	template.Figure
	now, before formula.Value
}

// derive computes the template's figures.
func (c *composer) derive() {
	c.derived = make(map[string]derived, len(c.t.Figures))
	env, before := c.env(), c.env()
	before.Before, before.Weekday = true, weekday(c.set.Previous.Date.Time().Weekday().String(), c.clock.Previous())
	for _, f := range c.t.Figures {
		c.derived[f.Name] = derived{f, f.Value.Value(env), f.Value.Value(before)}
	}
}

func weekday(name, of string) string {
	if of == "" {
		return ""
	}
	return name
}

// env is what expressions see of the day.
func (c *composer) env() formula.Env {
	return formula.Env{
		Fact:      func(r formula.Ref) *fact.Fact { return c.stands(r.ID, r.Dims) },
		Params:    c.params,
		Figure:    func(name string) formula.Value { return c.derived[name].now },
		Weekday:   c.set.BusinessDate.Time().Weekday().String(),
		Qualified: c.set.Qualified(),
	}
}

// shown is the value as every page shows it.
func (d derived) shown() string {
	if d.now.Gap != nil {
		return fact.NotMeasured
	}
	return fact.Show(d.Unit, d.Decimals, d.now.Number)
}

func (d derived) change() fact.Change {
	return fact.ChangeOf(d.Unit, d.Decimals, d.Good, known(d.now), known(d.before))
}

// known is a number; nil: there is none.
func known(v formula.Value) *big.Rat {
	if v.Gap != nil {
		return nil
	}
	return v.Number
}

func (c *composer) derivedTile(d derived) document.Tile {
	t := document.Tile{Label: document.Clean(d.Label), Value: document.Clean(d.shown())}
	if d.now.Gap != nil {
		t.Detail = small(c.whyGap(d.now.Gap))
		return t
	}
	t.Detail = c.judged(d.change())
	return t
}

// whyGap points to the note of what is not measured, or says itself why there is
// no value.
func (c *composer) whyGap(g *formula.Gap) string {
	if l := c.letter(g.Fact); l != "" {
		return "data note " + l
	}
	return clip(strings.TrimRight(g.Reason, ". "), longName)
}

// underivedIn is what stands for a sentence with a derived figure that is not
// measured; nil: there is none in it.
func (c *composer) underivedIn(sentence []template.Part) document.Inlines {
	for _, p := range sentence {
		if d := c.derived[p.Text]; p.Verb == "figure" && d.now.Gap != nil {
			in := plain(capital(fact.NotMeasured) + ": " + lower(d.Label))
			if i, ok := c.note(d.now.Gap.Fact); ok {
				in = append(in, mark([]int{i})...)
			} else {
				in = append(in, document.Plain(" ("+c.whyGap(d.now.Gap)+")"))
			}
			return append(in, document.Plain("."))
		}
	}
	return nil
}

// derivations says how each derived figure is made, so that it can be made again.
func (c *composer) derivations() (out []document.Inlines) {
	for _, f := range c.t.Used() {
		in := document.Inlines{document.Plain(f.Label + " = "), document.Code(f.Value.Source)}
		if d := c.derived[f.Name]; d.now.Gap != nil {
			in = append(in, document.Plain(": not measured ("+c.whyGap(d.now.Gap)+")"))
		}
		out = append(out, in)
	}
	return out
}
