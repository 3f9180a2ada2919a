package compose

import (
	"fmt"
	"strings"

	"github.com/closeofbusiness/cob/report/analysis"
	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
)

// maxFeeds is how many feeds the status line names one by one.
const maxFeeds = 6

// status is the first thing on the page: complete, or qualified and by what.
func (c *composer) status() document.Block {
	s := document.Status{Tone: document.Better, Label: document.Clean("COMPLETE")}
	text := ""
	if c.set.Qualified() {
		s.Tone, s.Label = document.Worse, document.Clean("QUALIFIED")
		text = c.missingFeeds()
	} else {
		text = c.allFeeds()
	}
	if d := c.meta.Decision; d != nil {
		text += fmt.Sprintf(" Issued so by decision of %s: %s.", clip(d.By, longName), strings.TrimRight(clip(d.Reason, longTitle), "."))
	}
	s.Text = plain(text + " " + c.unmeasuredLine())
	if c.set.Sample {
		s.Text = append(s.Text, document.Strong(" "+sampleLine))
	}
	return s
}

const sampleLine = "Generated sample data, not measurements."

func (c *composer) allFeeds() string {
	at := " reached " + c.clock.Of(c.set.Window.To) + "."
	needed := 0
	for _, f := range c.set.Feeds {
		if !f.Optional {
			needed++
		}
	}
	if needed < len(c.set.Feeds) {
		return "Every feed that is needed" + at
	}
	switch needed {
	case 1:
		return "The one feed" + at
	case 2:
		return "Both feeds" + at
	default:
		return fmt.Sprintf("All %d feeds", needed) + at
	}
}

// missingFeeds says of each feed that is not complete how far it is.
func (c *composer) missingFeeds() string {
	if len(c.set.Feeds) == 0 {
		return "No source has said that its data is complete."
	}
	var out, absent []string
	more := 0
	for _, f := range c.set.Feeds {
		switch {
		case f.Complete() || f.Optional:
		case f.Source == "":
			absent = append(absent, f.Name)
		case len(out) == maxFeeds:
			more++
		default:
			out = append(out, fmt.Sprintf("Feed %q %s.", clip(c.feedName(f), longName), c.howFar(f)))
		}
	}
	if more > 0 {
		out = append(out, "So "+isAre(more)+" "+plural(int64(more), "more feed", "more feeds")+" (data notes).")
	}
	if n := len(absent) - 1; n == 0 {
		out = append(out, "No source gives "+absent[0]+".")
	} else if n > 0 {
		out = append(out, "No source gives "+strings.Join(absent[:n], ", ")+" or "+absent[n]+".")
	}
	return strings.Join(out, " ")
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// howFar says how far an incomplete feed is, how far it should be and, where
// that is how the wait ended, until when it was waited for.
func (c *composer) howFar(f fact.Feed) string {
	waited := ""
	if c.set.AsOf.Equal(c.set.Deadline) || c.meta.Decision != nil {
		waited = "; waited until " + c.clock.At(c.set.AsOf)
	}
	if f.CompleteThrough == nil {
		return "has promised nothing for this window" + waited
	}
	return fmt.Sprintf("is complete only through %s (%s needed%s)", c.clock.At(*f.CompleteThrough), c.clock.At(c.set.Window.To), waited)
}

// feedName is a feed's source, with its kind where the source has several.
func (c *composer) feedName(f fact.Feed) string {
	if f.Source == "" {
		return f.Name
	}
	for _, o := range c.set.Feeds {
		if o.Source == f.Source && o.Name != f.Name && f.Name != "" {
			return f.Source + " " + f.Name
		}
	}
	return f.Source
}

func (c *composer) unmeasuredLine() string {
	switch n := len(c.notes); n {
	case 0:
		return "Every figure is measured."
	case 1:
		return "1 figure is not measured (data notes, a)."
	default:
		return fmt.Sprintf("%s figures are not measured (data notes, a to %s).", fact.Integer(int64(n)), fact.Letter(n-1))
	}
}

// callouts are the boxes under the status: at most two. What has no room stands
// in the data notes.
func (c *composer) callouts() document.Blocks {
	boxes := c.boxes()
	if len(boxes) > maxCallouts {
		boxes, c.unboxed = boxes[:maxCallouts], boxes[maxCallouts:]
	}
	var out document.Blocks
	for _, b := range boxes {
		out = append(out, b)
	}
	if text := c.withheld(); text != "" && len(out) < maxCallouts {
		out = append(out, document.Callout{Tone: document.Worse, Label: document.Clean("AI NARRATIVE WITHHELD"), Text: plain(text)})
	} else {
		c.noted = text != ""
	}
	return out
}

// boxes are what a reader has to know first, in this order.
func (c *composer) boxes() (out []document.Callout) {
	if s := c.meta.Supersedes; s != nil {
		out = append(out, document.Callout{Tone: document.Worse, Label: document.Clean(fmt.Sprintf("REVISION %d", c.meta.Revision)), Text: plain(c.superseding(s))})
	}
	if c.set.Late || c.meta.Late {
		out = append(out, document.Callout{Tone: document.Worse, Label: document.Clean("ISSUED LATE"), Text: plain(c.late())})
	}
	if c.idle() {
		out = append(out, document.Callout{Label: document.Clean("NO ACTIVITY"),
			Text: plain("No run was planned or made in this window. The feed of attacks is complete: this is a statement, not a gap.")})
	}
	return out
}

// maxCallouts is how many boxes may stand under the status. What is withheld is
// the last of them, as it has another place to go to.
const maxCallouts = 2

// withheld says why a narrative is by rules that a model was to write, of the
// first of them. It names it where the template has others. Empty: nothing was
// withheld.
func (c *composer) withheld() string {
	all := c.t.Narratives()
	var names []string
	for _, n := range all {
		if c.narratives[n.Name].Withheld != "" {
			names = append(names, n.Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	text := strings.TrimSpace(withheldReason(c.narratives[names[0]]) + " The text below is by rules.")
	switch more := len(names) - 1; {
	case more > 0:
		return fmt.Sprintf("Narrative %q and %s more: %s", names[0], fact.Integer(int64(more)), text)
	case len(all) > 1:
		return fmt.Sprintf("Narrative %q: %s", names[0], text)
	}
	return text
}

// maxReason bounds why a narrative was withheld, in characters.
const maxReason = 200

func withheldReason(n analysis.Narrative) string {
	s := clip(n.Withheld, maxReason)
	if s == "" || strings.HasSuffix(s, ".") || strings.HasSuffix(s, "…") {
		return s
	}
	return s + "."
}

// late says what being late means for the figures: they may be as known in
// time, or as known long afterwards.
func (c *composer) late() string {
	day, known := c.clock.Day(c.set.BusinessDate), c.clock.Full(c.set.AsOf)
	if c.set.Late {
		return fmt.Sprintf("For %s; issued from data as known at %s.", day, known)
	}
	return fmt.Sprintf("For %s; made after its deadline, %s, from what was known in time, at %s.", day, c.clock.At(c.set.Deadline), c.clock.At(c.set.AsOf))
}

// idle tells whether it is known that nothing was planned and nothing ran.
func (c *composer) idle() bool {
	if !c.set.FeedComplete("attacks") {
		return false
	}
	for _, id := range []string{"runs.planned", "runs.completed"} {
		if f := c.total(id); !f.Measured() || *f.Value != 0 {
			return false
		}
	}
	sent := c.total("attempts.sent")
	return sent == nil || sent.Measured() && *sent.Value == 0
}
