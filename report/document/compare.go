package document

import (
	"crypto/sha256"
	"fmt"
	"strings"
)

// Difference is one thing that two documents do not have alike. Of a section, a
// table or a row that only one of them has, nothing within is listed.
type Difference struct {
	Kind string `json:"kind"` // added, removed, changed
	// What it is: section, figure, table, column, row, chart, text, note …
	What   string `json:"what"`
	Where  string `json:"where"` // "Threat intelligence › By target › kb-search › Rate"
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// The kinds of a difference.
const (
	Added   = "added"
	Removed = "removed"
	Changed = "changed"
)

// String writes "changed figure Trends › By category › jailbreak: 6.15 % → 6.28 %".
func (d Difference) String() string {
	s := d.Kind + " " + d.What + " " + d.Where
	switch {
	case d.Kind == Changed:
		return s + ": " + quoteEmpty(d.Before) + " → " + quoteEmpty(d.After)
	case d.Before+d.After != "":
		return s + ": " + d.Before + d.After
	}
	return s
}

func quoteEmpty(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

// Compare lists what a reader of two documents would find different: sections,
// figures and texts by their names. It takes no notice of order, of which
// revision a document is, of its watermark, nor of its fact set's digest.
func Compare(before, after *Document) []Difference {
	var out []Difference
	compare(tree(before), tree(after), nil, &out)
	return out
}

// node is a part of a document under its name.
type node struct {
	what, name string
	value      string
	// cell: where the other document has no such column, that is told once.
	cell  bool
	parts []*node
}

func (n *node) add(what, name, value string) *node {
	p := &node{what: what, name: name, value: value}
	n.parts = append(n.parts, p)
	return p
}

// identity tells nodes within one node apart: the second of a name is another.
type identity struct {
	what, name string
	nth        int
}

func (n *node) identities() ([]identity, map[identity]*node) {
	order, by, seen := make([]identity, len(n.parts)), map[identity]*node{}, map[identity]int{}
	for i, p := range n.parts {
		id := identity{p.what, p.name, 0}
		seen[id]++
		order[i] = identity{p.what, p.name, seen[id]}
		by[order[i]] = p
	}
	return order, by
}

func compare(before, after *node, path []string, out *[]Difference) {
	order, old := before.identities()
	next, fresh := after.identities()
	for _, id := range order {
		b, a := old[id], fresh[id]
		at := within(path, id)
		switch {
		case a == nil && b.cell:
		case a == nil:
			*out = append(*out, Difference{Kind: Removed, What: b.what, Where: strings.Join(at, " › "), Before: b.value})
		default:
			if a.value != b.value {
				*out = append(*out, Difference{Changed, b.what, strings.Join(at, " › "), b.value, a.value})
			}
			compare(b, a, at, out)
		}
	}
	for _, id := range next {
		if a := fresh[id]; old[id] == nil && !a.cell {
			*out = append(*out, Difference{Kind: Added, What: a.what, Where: strings.Join(within(path, id), " › "), After: a.value})
		}
	}
}

func within(path []string, id identity) []string {
	name := id.name
	if id.nth > 1 {
		name = strings.TrimSpace(fmt.Sprintf("%s (%d)", name, id.nth))
	}
	if name == "" {
		return path
	}
	return append(path[:len(path):len(path)], name)
}

// tree is a document by its parts' names.
func tree(d *Document) *node {
	root := &node{}
	root.add("text", "Title", d.Title.String())
	root.add("text", "Subtitle", d.Subtitle.String())
	root.add("text", "Eyebrow", d.Eyebrow.String())
	root.add("text", "Classification", d.Classification.String())
	look(root, d.Style)
	section := root
	for _, b := range flat(d.Blocks) {
		h, ok := b.(Heading)
		if !ok || h.Level > 1 {
			block(section, b)
			continue
		}
		section = root.add("section", h.Text.String(), "")
		note(section, h.Note)
		if h.PageBreak {
			section.add("page break", "", "")
		}
	}
	return root
}

func look(root *node, s *Style) {
	if s == nil {
		s = &Style{}
	}
	for _, part := range [][2]string{{"Paper", string(s.Paper)}, {"Typeface", string(s.Typeface)}, {"Accent", s.Accent}, {"Banner", s.Banner.String()}} {
		if part[1] != "" {
			root.add("look", part[0], part[1])
		}
	}
	if s.Logo != nil {
		root.add("look", "Logo", fmt.Sprintf("%s, %d bytes, sha256 %.4x…", s.Logo.Alt, len(s.Logo.Data), sha256.Sum256(s.Logo.Data)))
	}
}

// flat sets what stands side by side one below the other.
func flat(bs Blocks) Blocks {
	var out Blocks
	for _, b := range bs {
		if c, ok := b.(Columns); ok {
			out = append(append(out, flat(c.Left)...), flat(c.Right)...)
			continue
		}
		out = append(out, b)
	}
	return out
}

func note(n *node, t Text) {
	if !t.Empty() {
		n.add("note", "", t.String())
	}
}

func block(n *node, b Block) {
	switch b := b.(type) {
	case Status:
		n.add("status", "Status", b.Label.String()+": "+b.Text.String())
	case Callout:
		n.add("box", b.Label.String(), b.Text.String())
	case KPIs:
		for _, t := range b.Tiles {
			figure := n.add("figure", t.Label.String(), strings.TrimSpace(t.Value.String()+" "+t.Of.String()))
			figure.add("text", "", t.Detail.String())
		}
	case Heading:
		n.add("heading", b.Text.String(), "")
	case Paragraph:
		n.add("text", "", b.Text.String())
	case Quote:
		n.add("quote", "", b.Text.String())
	case List:
		for _, i := range b.Items {
			n.add("item", i.String(), "")
		}
	case Decision:
		n.add("decision", b.ID.String(), strings.Join([]string{b.Question.String(), b.Owner.String(), b.By.String()}, " · "))
	case Table:
		table(n, b)
	case Chart:
		chart(n, b)
	case Definitions:
		for _, item := range b.Items {
			n.add("text", item.Term.String(), joinParagraphs(item.Text))
		}
	case PageBreak:
		n.add("page break", "", "")
	}
}

func joinParagraphs(ps []Inlines) string {
	texts := make([]string, len(ps))
	for i, p := range ps {
		texts[i] = p.String()
	}
	return strings.Join(texts, " ")
}

func table(n *node, b Table) {
	titles := make([]string, len(b.Columns))
	for i, c := range b.Columns {
		titles[i] = c.Title.String()
	}
	name := b.Caption.String()
	if name == "" {
		name = "table of " + strings.Join(titles, ", ")
	}
	t := n.add("table", name, "")
	note(t, b.Note)
	note(t, b.More)
	for _, title := range titles {
		t.add("column", title, "")
	}
	named := names(b.Columns)
	for _, r := range b.Rows {
		var words []string
		for _, c := range r.Cells[:named] {
			words = append(words, joinParagraphs(c))
		}
		row := t.add("row", strings.Join(words, ", "), "")
		for i, c := range r.Cells[named:] {
			row.add("figure", titles[named+i], joinParagraphs(c)).cell = true
		}
	}
}

// names is how many of a table's columns say what a row is about: those before
// the first figure; of a table without figures, the first.
func names(columns []Column) int {
	for i, c := range columns {
		if c.Align == Right {
			return max(i, 1)
		}
	}
	return min(1, len(columns))
}

func chart(n *node, b Chart) {
	c := n.add("chart", b.Caption.String(), "")
	note(c, b.Note)
	for _, p := range b.Points {
		texts := []string{p.Shown.String()}
		if !p.MarkText.Empty() {
			texts = append(texts, p.MarkText.String())
		}
		for i, part := range p.Parts {
			texts = append(texts, b.Series[i].String()+" "+part.Shown.String())
		}
		c.add("figure", p.Label.String(), strings.Join(texts, " · "))
	}
}
