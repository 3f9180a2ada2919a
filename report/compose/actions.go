package compose

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/closeofbusiness/cob/report/analysis"
	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/template"
)

// decisions boxes the most urgent decision and names the others.
func (c *composer) decisions() document.Blocks {
	var list []fact.Action
	for _, a := range c.set.Records.Actions {
		if a.Kind == "decision" {
			list = append(list, a)
		}
	}
	if len(list) == 0 {
		return nil
	}
	slices.SortStableFunc(list, urgent([]string{"overdue", "due"}))
	first := list[0]
	c.boxed = first.Source + "\x00" + first.Name
	out := document.Blocks{document.Decision{
		ID:       document.Clean(clip(first.Name, shortName)),
		Question: document.Clean(clip(first.Title, longTitle)),
		Owner:    document.Clean(clip(first.Owner, shortName)),
		By:       document.Clean(c.by(first)),
	}}
	if len(list) > 1 {
		var names []string
		for _, a := range list[1:] {
			names = append(names, clip(a.Name, shortName))
		}
		n := int64(len(names))
		out = append(out, document.Paragraph{Small: true, Text: plain(fmt.Sprintf("%s needed: %s.", plural(n, "more decision is", "more decisions are"), analysis.Listed(names, 8)))})
	}
	return out
}

func (c *composer) by(a fact.Action) string {
	if a.Due == nil {
		return "no due date"
	}
	when := c.clock.Full(*a.Due)
	if a.AllDay {
		when = c.clock.Due(*a.Due, true)
	}
	if a.Overdue {
		return "was due " + when + ", overdue"
	}
	return "by " + when
}

// urgent orders actions by the named keys: overdue ones first, then what is due
// sooner; what has no due date comes last.
func urgent(keys []string) func(a, b fact.Action) int {
	return func(a, b fact.Action) int {
		for _, k := range keys {
			if k == "overdue" && a.Overdue != b.Overdue {
				if a.Overdue {
					return -1
				}
				return 1
			}
			if k == "due" {
				if n := fact.CompareDue(a.Due, b.Due); n != 0 {
					return n
				}
			}
		}
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Source, b.Source))
	}
}

// actions is what the next shift has to do.
func (c *composer) actions(b template.Actions) document.Blocks {
	open := c.total("actions.open")
	list := slices.Clone(c.set.Records.Actions)
	if len(list) == 0 {
		out := document.Blocks{document.Paragraph{Text: c.noActions(open)}}
		return append(out, c.handOver()...)
	}
	slices.SortStableFunc(list, urgent(b.Sort))
	t := document.Table{Headed: true, Columns: []document.Column{
		{Title: document.Clean("#")},
		{Title: document.Clean("Action"), Weight: 4},
		{Title: document.Clean("For"), Weight: 0.6},
		{Title: document.Clean("Owner"), Weight: 0.6},
		{Title: document.Clean("Due"), Weight: 0.4},
		{Title: document.Clean("State"), Weight: 0.2},
	}}
	limit := c.params.Int(b.Limit)
	for _, a := range list[:min(limit, len(list))] {
		t.Rows = append(t.Rows, c.action(a))
	}
	out := document.Blocks{t}
	var foot []string
	if more := len(list) - limit; more > 0 {
		foot = append(foot, fmt.Sprintf("And %s.", plural(int64(more), "more action", "more actions")))
	}
	if s := c.actionFlow(open); s != "" {
		foot = append(foot, s)
	}
	if len(foot) > 0 {
		out = append(out, document.Paragraph{Small: true, Text: plain(strings.Join(foot, " "))})
	}
	return append(out, c.handOver()...)
}

// handOver says who has read the previous report, and how to say that one has
// read this one.
func (c *composer) handOver() document.Blocks {
	asked, day := c.meta.AcknowledgeWithin > 0, c.clock.PreviousInProse()
	var text document.Inlines
	switch k := c.meta.Acknowledged; {
	case k != nil:
		text = plain(fmt.Sprintf("%s's report was acknowledged by %s, %s.", day, clip(k.By, longName), c.clock.At(k.At)))
	case asked && c.meta.Issued != nil:
		text = plain(fmt.Sprintf("%s's report has not been acknowledged.", day))
	}
	if asked {
		command := fmt.Sprintf("starter ack --series %s --date %s --by NAME", c.set.Series, c.set.BusinessDate)
		if len(text) > 0 {
			text = append(text, document.Plain(" "))
		}
		text = append(text, document.Plain(fmt.Sprintf("Acknowledge this one within %s of its issue: ", duration(c.meta.AcknowledgeWithin))), document.Code(command))
	}
	if len(text) == 0 {
		return nil
	}
	return document.Blocks{document.Paragraph{Small: true, Text: text}}
}

// duration is whole hours or minutes, in words.
func duration(d time.Duration) string {
	if d >= time.Hour && d%time.Hour == 0 {
		return plural(int64(d/time.Hour), "hour", "hours")
	}
	return plural(int64(d/time.Minute), "minute", "minutes")
}

func (c *composer) noActions(open *fact.Fact) document.Inlines {
	switch {
	case open != nil && !open.Measured():
		return append(append(plain("The open actions are "), c.missing(open)...), document.Plain("."))
	case open.Measured() && c.set.FeedComplete("actions"):
		return plain("No action is open.")
	}
	return plain("No action is known; the feed of actions is not complete.")
}

func (c *composer) action(a fact.Action) document.Row {
	title := clip(a.Title, longTitle)
	switch {
	case a.Kind == "decision" && c.boxed == a.Source+"\x00"+a.Name:
		title = "Decision needed (above)"
	case a.Kind == "decision":
		title = "Decide: " + title
	}
	when := "no due date"
	if a.Due != nil {
		when = c.clock.Due(*a.Due, a.AllDay)
	}
	return document.Row{Cells: []document.Cell{
		line(clip(a.Name, shortName)), line(title), line(clip(a.About, shortName)),
		line(clip(a.Owner, shortName)), line(when), document.Line(actionState(a)),
	}}
}

func line(s string) document.Cell { return document.Line(document.Plain(s)) }

func actionState(a fact.Action) document.Inline {
	late := func(s string) document.Inline {
		return document.Inline{Text: document.Clean(s), Strong: true, Tone: document.Worse}
	}
	switch {
	case a.Overdue && a.OverdueDays > 0:
		return late("overdue " + plural(int64(a.OverdueDays), "day", "days"))
	case a.Overdue:
		return late("overdue")
	case a.New:
		return document.Plain("new")
	}
	return document.Plain("carried over")
}

// actionFlow reconciles the stock of actions with what came and went.
func (c *composer) actionFlow(open *fact.Fact) string {
	before, added, done := c.total("actions.open_before"), c.total("actions.new"), c.total("actions.done")
	day := c.clock.PreviousInProse()
	if day == "" || !open.Measured() || !before.Measured() || !added.Measured() || !done.Measured() {
		return ""
	}
	var fresh int64
	for _, a := range c.set.Records.Actions {
		if a.New {
			fresh++
		}
	}
	was, stayed := whole(before), whole(open)-fresh
	gone, passing := was-stayed, whole(added)-fresh
	if stayed < 0 || gone < 0 || passing < 0 || gone+passing != whole(done) {
		// Reopened actions and the like: only the totals are sure.
		return fmt.Sprintf("%s open on %s, %s new, %s done, %s open now.", before.Shown(), day, added.Shown(), done.Shown(), open.Shown())
	}
	ids := ""
	if names := c.set.Records.ActionsDone; passing == 0 && gone > 0 && int64(len(names)) == gone {
		list := make([]string, len(names))
		for i, n := range names {
			list[i] = clip(n, shortName)
		}
		ids = " (" + analysis.Listed(list, 8) + ")"
	}
	s := fmt.Sprintf("Of %s open on %s, %s done%s and %s carried over; %s new",
		plural(was, "action", "actions"), day, number(gone), ids, fact.Integer(stayed), number(fresh))
	if passing > 0 {
		s += fmt.Sprintf("; %s opened and done since", wasWere(passing))
	}
	return s + "."
}

func number(n int64) string {
	if n == 1 {
		return "1 is"
	}
	return fact.Integer(n) + " are"
}

func wasWere(n int64) string {
	if n == 1 {
		return "1 more was"
	}
	return fact.Integer(n) + " more were"
}

// whole is a measured count.
func whole(f *fact.Fact) int64 { return int64(*f.Value) }
