package compose

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/closeofbusiness/cob/report/analysis"
	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/template"
)

// findings lists the open findings of a severity by name.
func (c *composer) findings(b template.Findings) document.Blocks {
	caption := capital(b.Severity) + ", open"
	var list []fact.Finding
	for _, f := range c.set.Records.Findings {
		if f.Open && f.Severity == b.Severity {
			list = append(list, f)
		}
	}
	if len(list) == 0 {
		return c.noFindings(caption, b.Severity)
	}
	slices.SortStableFunc(list, func(x, y fact.Finding) int {
		return cmp.Or(cmp.Compare(x.BusinessDays, y.BusinessDays), y.OpenedAt.Compare(x.OpenedAt), cmp.Compare(x.Name, y.Name))
	})
	limit := c.params.Int(b.Limit)
	t := document.Table{Caption: document.Clean(caption), Columns: []document.Column{{}, {Weight: 1}}}
	for _, f := range list[:min(limit, len(list))] {
		t.Rows = append(t.Rows, document.Row{Cells: []document.Cell{
			document.Line(document.Strong(clip(f.Name, shortName))),
			{plain(findingTitle(f)), c.findingState(f)},
		}})
	}
	out := document.Blocks{t}
	if rest := list[min(limit, len(list)):]; len(rest) > 0 {
		names := make([]string, len(rest))
		for i, f := range rest {
			names[i] = clip(f.Name, shortName)
		}
		out = append(out, document.Paragraph{Small: true, Text: plain("And " + analysis.Listed(names, 6) + ".")})
	}
	return out
}

func (c *composer) noFindings(caption, severity string) document.Blocks {
	c.empty++
	f := c.stands("findings.open", fact.Dims{"severity": severity})
	in := document.Inlines{document.Strong(caption + ": ")}
	switch {
	case f != nil && !f.Measured():
		in = append(in, c.missing(f)...)
	case f.Measured() && whole(f) == 0 && c.set.FeedComplete("findings"):
		in = append(in, document.Plain("none."))
	default:
		in = append(in, document.Plain("none known; the feed of findings is not complete."))
	}
	return document.Blocks{document.Paragraph{Text: in}}
}

func findingTitle(f fact.Finding) string {
	title, target := clip(f.Title, longTitle), clip(f.Target, shortName)
	if target != "" && !strings.HasPrefix(strings.ToLower(title), strings.ToLower(target)) {
		title = target + ": " + title
	}
	if f.State != "" && f.State != "open" {
		title += "; " + clip(words(f.State), shortName)
	}
	return title
}

func (c *composer) findingState(f fact.Finding) document.Inlines {
	owner := "no owner"
	if o := clip(f.Owner, shortName); o != "" {
		owner = o
	}
	s := owner + ", no due date"
	if f.Due != nil {
		s = owner + ", due " + c.clock.Due(*f.Due, c.wholeDay(*f.Due))
	}
	in := small(s)
	if f.Due != nil && f.Due.Before(c.set.Window.To) {
		in = append(in, document.Toned(document.Muted, " · "), document.Inline{Text: document.Clean("overdue"), Strong: true, Tone: document.Worse})
	}
	age := plural(int64(f.BusinessDays), "business day", "business days")
	if f.InWindow {
		age = "opened " + c.clock.At(f.OpenedAt)
	}
	return append(in, document.Toned(document.Muted, " · "+age))
}

// wholeDay tells whether a due time means its day: a source without times says
// so with the day's first or last minute.
func (c *composer) wholeDay(t time.Time) bool {
	at := c.clock.Of(t)
	return at == "00:00" || at == "23:59"
}
