package compose

import (
	"fmt"
	"strings"

	"github.com/closeofbusiness/cob/report/analysis"
	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
)

// Proof is the data notes' term for the digests that a report rests on.
const Proof = "Proof"

// dataNotes is where a report says what it cannot say, and where its figures
// come from.
func (c *composer) dataNotes() document.Blocks {
	d := document.Definitions{}
	add := func(term string, text ...document.Inlines) {
		if len(text) > 0 {
			d.Items = append(d.Items, document.Definition{Term: document.Clean(term), Text: text})
		}
	}
	add("Not measured", c.notMeasured()...)
	for _, box := range c.unboxed {
		add(capital(strings.ToLower(box.Label.String())), box.Text)
	}
	add("Did not start", c.withoutResult("not_started")...)
	add("Failed", c.withoutResult("failed")...)
	add("Unfinished", c.withoutResult("unfinished")...)
	add("Disagreement", c.disagreements()...)
	add("Late data", c.lateData()...)
	add("Scope", c.scope()...)
	add("Derived", c.derivations()...)
	add("Left out", c.leftOutSections()...)
	add("Changed", c.changes()...)
	add("Feeds", c.feeds())
	if c.set.Sample {
		add("Sample", plain(sampleLine))
	}
	add(Proof, c.proof())
	return document.Blocks{document.Heading{Level: 1, Text: document.Clean("Data notes")}, d}
}

// The bounds of the list of what is not measured: how many groups have a line
// of their own, and how many of those that do not share one.
const (
	ownLine   = 8
	perClause = 100
)

// notMeasured lists every note, figures that share a reason together.
func (c *composer) notMeasured() []document.Inlines {
	if len(c.notes) == 0 {
		return []document.Inlines{plain("Nothing: every figure is measured.")}
	}
	groups := c.groups()
	var out []document.Inlines
	for i, g := range groups {
		in := c.group(g)
		if len(groups) <= ownLine || i%perClause == 0 {
			out = append(out, in)
			continue
		}
		last := len(out) - 1
		out[last] = append(append(out[last], document.Plain(" ")), in...)
	}
	return out
}

// span is a run of notes: first to last, both included.
type span struct{ first, last int }

// groups joins consecutive notes with the same reason.
func (c *composer) groups() []span {
	var out []span
	for i, f := range c.notes {
		if i > 0 && c.notes[i-1].Reason == f.Reason {
			out[len(out)-1].last = i
			continue
		}
		out = append(out, span{i, i})
	}
	return out
}

func (c *composer) group(g span) document.Inlines {
	facts := c.notes[g.first : g.last+1]
	reason := clip(strings.TrimRight(facts[0].Reason, ". "), 4*longName)
	if reason == "" {
		reason = "no reason was recorded"
	}
	text := " " + c.subject(facts) + ": " + reason + "." + c.leftOut(facts)
	return document.Inlines{{Text: document.Clean(run(g.first, g.last)), Strong: true, Tone: document.Worse}, document.Plain(text)}
}

// subject names what a group of notes is about.
func (c *composer) subject(facts []*fact.Fact) string {
	if s := c.alike(facts); s != "" {
		return s
	}
	var names []string
	for _, f := range facts {
		names = append(names, c.figureName(f))
	}
	if len(names) <= 3 {
		return strings.Join(names, "; ")
	}
	return names[0] + "; " + names[1] + " and " + fact.Integer(int64(len(names)-2)) + " more figures"
}

// alike names several figures of the same dimensions once: "voice-bridge
// availability and p95 latency". Empty: they are not alike.
func (c *composer) alike(facts []*fact.Fact) string {
	first := facts[0]
	var names []string
	for _, f := range facts {
		if f.Dims.String() != first.Dims.String() || len(f.Dims) != 1 {
			return ""
		}
		m, _ := c.registry.Lookup(f.ID)
		names = append(names, lower(m.Label))
	}
	var of string
	for _, v := range first.Dims {
		of = clip(v, longName)
	}
	if len(names) > 3 {
		return of + ": " + analysis.Listed(names, 3)
	}
	return of + " " + joined(names)
}

func joined(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// figureName names one figure: a cell by its target and probe, others by label
// and dimensions.
func (c *composer) figureName(f *fact.Fact) string {
	m, _ := c.registry.Lookup(f.ID)
	if f.Dims["probe"] != "" {
		return clip(f.Dims["target"], longName) + ", " + clip(f.Dims["probe"], longName) + " (" + clip(unqualified(f.Dims["detector"]), longName) + ")"
	}
	return label(m, f.Dims)
}

// leftOut says what the day compared with held of cells that have no value now.
func (c *composer) leftOut(facts []*fact.Fact) string {
	var n int64
	for _, f := range facts {
		if f.Dims["probe"] != "" && f.PreviousDenominator != nil {
			n += *f.PreviousDenominator
		}
	}
	if n == 0 || c.clock.Previous() == "" {
		return ""
	}
	return fmt.Sprintf(" %s's %s %s left out of \"like for like\".", c.clock.PreviousInProse(), fact.Integer(n), isAre(int(n)))
}

// withoutResult lists planned runs that ended in a state without a result. A
// run that a note already tells of is not told twice.
func (c *composer) withoutResult(state string) []document.Inlines {
	var out []string
	for _, r := range c.set.Records.NoResult {
		if r.State == state && !c.told(r) {
			out = append(out, c.run(r))
		}
	}
	return lines(out, 12)
}

// lines sets sentences as one paragraph, at most so many.
func lines(sentences []string, most int) []document.Inlines {
	if len(sentences) == 0 {
		return nil
	}
	if more := len(sentences) - most; more > 0 {
		sentences = append(sentences[:most:most], "And "+plural(int64(more), "more", "more")+".")
	}
	return []document.Inlines{plain(strings.Join(sentences, " "))}
}

func (c *composer) told(r fact.Run) bool {
	if r.Name == "" {
		return false
	}
	for _, n := range c.notes {
		if strings.Contains(" "+n.Reason+" ", " "+r.Name+" ") {
			return true
		}
	}
	return false
}

func (c *composer) run(r fact.Run) string {
	s := clip(r.Name, longName)
	if t := strings.TrimSpace(clip(r.Target, longName) + " " + clip(r.Suite, longName)); t != "" {
		s += ", " + t
	}
	s += ", planned " + c.clock.At(r.PlannedFor)
	if r.State != "not_started" && r.EndedAt != nil {
		s += ", ended " + c.clock.At(*r.EndedAt)
	}
	if reason := clip(strings.TrimRight(r.Reason, ". "), longTitle); reason != "" {
		s += " (" + reason + ")"
	}
	if r.Planned > 0 && r.State != "not_started" {
		s += fmt.Sprintf(", %s of %s", fact.Integer(r.Evaluations), plural(r.Planned, "evaluation", "evaluations"))
	}
	return s + "." + c.silence(r)
}

// silence says about what a run that did not start leaves the report silent.
func (c *composer) silence(r fact.Run) string {
	if r.State != "not_started" || !c.set.FeedComplete("attacks") {
		return ""
	}
	t, ok := c.target(r.Target)
	name := clip(r.Target, longName)
	switch {
	case !ok || name == "":
		return ""
	case len(t.Changes) > 0 && t.SinceChange == 0:
		last := t.Changes[len(t.Changes)-1]
		return " Nothing here describes " + clip(last.Version, shortName) + " after " + c.clock.At(last.At) + "."
	case t.LastEvaluation == nil:
		return " Nothing here describes " + name + "."
	case t.LastEvaluation.Before(r.PlannedFor):
		return " Nothing here describes " + name + " after " + c.clock.At(*t.LastEvaluation) + "."
	}
	return ""
}

// disagreements lists totals that sources claim and their rows don't hold.
func (c *composer) disagreements() []document.Inlines {
	var out []string
	for _, d := range c.set.Records.Disagreements {
		what := map[string]string{"evaluated": "evaluations"}[d.What]
		if what == "" {
			what = clip(words(d.What), shortName)
		}
		of := strings.Trim(clip(d.Target, longName)+", "+clip(d.Probe, longName)+" "+clip(unqualified(d.Detector), longName), ", ")
		if of != "" {
			of = " (" + of + ")"
		}
		name := clip(d.Run, longName)
		if name == "" {
			name = clip(d.Source, longName)
		}
		out = append(out, fmt.Sprintf("The report file of %s%s claims %s %s; its rows hold %s.", name, of, fact.Integer(d.Claimed), what, fact.Integer(d.Found)))
	}
	if len(out) == 0 {
		return nil
	}
	in := lines(out, 8)
	in[0] = append(in[0], document.Plain(" The rows are used."))
	return in
}

// lateData tells what was recorded after the previous report could hold it,
// and which of its figures are restated.
func (c *composer) lateData() []document.Inlines {
	day := c.clock.PreviousInProse()
	var out []string
	for _, l := range c.set.Records.LateBatches {
		s := clip(l.Source, longName)
		if n := clip(l.Name, longName); n != "" {
			s += ", " + n
		}
		out = append(out, fmt.Sprintf("%s: %s about %s's window, recorded %s.", s, plural(l.Rows, "row", "rows"), day, c.clock.Full(l.RecordedAt)))
	}
	if restated := c.restated(); restated > 0 {
		verb := "differ"
		if restated == 1 {
			verb = "differs"
		}
		out = append(out, fmt.Sprintf("%s of %s %s from what was issued; this report compares with what is known now.", plural(int64(restated), "figure", "figures"), day, verb))
	}
	return lines(out, 8)
}

// restated counts the figures of the previous date that are known to be others
// now than when it was issued.
func (c *composer) restated() (n int) {
	for i := range c.set.Facts {
		f := &c.set.Facts[i]
		m, known := c.registry.Lookup(f.ID)
		issued, was := c.meta.Issued[f.Key()]
		if known && m.PartOf == "" && was && f.Previous != nil && *f.Previous != issued {
			n++
		}
	}
	return n
}

// scope names what was tested otherwise than before.
func (c *composer) scope() []document.Inlines {
	var out, fresh []string
	for _, t := range c.set.Records.Targets {
		name := clip(t.Name, longName)
		if v := c.versionChanges(t); v != "" {
			out = append(out, name+": "+v+".")
		}
		if t.Retired != nil {
			out = append(out, name+": retired "+c.clock.Full(*t.Retired)+".")
		}
	}
	if c.clock.Previous() != "" {
		for _, f := range c.set.By("attack.success_rate", "target") {
			if f.Measured() && f.Previous == nil {
				fresh = append(fresh, clip(f.Dims["target"], longName))
			}
		}
	}
	if len(fresh) > 0 {
		out = append(out, "Measured now and not on "+c.clock.PreviousInProse()+": "+analysis.Listed(fresh, 8)+".")
	}
	return lines(out, 12)
}

func (c *composer) versionChanges(t fact.Target) string {
	if len(t.Changes) == 0 || c.versioned[t.Name] && len(t.Changes) <= 2 {
		return "" // none, or told in a table
	}
	var out []string
	for _, v := range t.Changes {
		out = append(out, clip(v.Version, shortName)+" from "+c.clock.At(v.At))
	}
	s := analysis.Listed(out, 6)
	if t.Version != "" {
		s = clip(t.Version, shortName) + ", " + s
	}
	return "version " + s
}

// feeds says when each feed reached the cutoff, or that it did not.
func (c *composer) feeds() document.Inlines {
	if len(c.set.Feeds) == 0 {
		return plain("No source has said that its data is complete.")
	}
	var out []string
	reached := false
	for _, f := range c.set.Feeds {
		name := clip(c.feedName(f), longName)
		switch {
		case f.ReachedAt != nil:
			out = append(out, name+" "+c.clock.At(*f.ReachedAt))
			reached = true
		case f.CompleteThrough != nil:
			out = append(out, name+" not complete (through "+c.clock.At(*f.CompleteThrough)+")")
		case f.Source == "":
			out = append(out, name+" no source")
		default:
			out = append(out, name+" no promise")
		}
		if f.Optional && f.ReachedAt == nil {
			out[len(out)-1] += ", optional"
		}
	}
	s := strings.Join(out, " · ")
	if reached {
		s += " (reached " + c.clock.At(c.set.Window.To) + " at)"
	}
	return plain(s)
}

// proof is how to check the figures.
func (c *composer) proof() document.Inlines {
	made := c.t.Name + " " + c.t.Version
	if sum := c.meta.TemplateSHA256; sum != "" {
		made += ", sha256 " + brief(sum)
	}
	return document.Inlines{
		document.Plain(fmt.Sprintf("facts sha256 %s (%s) · template %s · every figure's query, rows and run: ",
			brief(c.meta.FactsSHA256), plural(int64(c.set.Figures()), "figure", "figures"), made)),
		document.Code(fmt.Sprintf("starter facts --series %s --date %s", c.set.Series, c.set.BusinessDate)),
	}
}

// brief is a digest as a page shows it: its first eight and last four digits.
func brief(digest string) string {
	if len(digest) != 64 {
		return digest
	}
	return digest[:8] + "…" + digest[60:]
}
