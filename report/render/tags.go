package render

import (
	"math"
	"slices"
	"strconv"
)

// role is what an element of the report's structure is (ISO 32000-1, 14.8.4).
type role uint8

const (
	content role = iota // no element: marked content of the one above
	docRole
	h1
	h2
	h3
	h4
	para
	div
	blockQuote
	list
	listItem
	listLabel
	listBody
	tableRole
	caption
	tableRow
	tableHead
	tableCell
	figure
	contents
	contentsItem
)

var roleNames = [...]string{"", "Document", "H1", "H2", "H3", "H4", "P", "Div", "BlockQuote", "L", "LI", "Lbl", "LBody",
	"Table", "Caption", "TR", "TH", "TD", "Figure", "TOC", "TOCI"}

// tag is an element that the layout knows of. It takes its place in the
// structure when something is first drawn into it, so that the order of
// reading is the order of drawing.
type tag struct {
	role   role
	parent *tag // nil: the document
	alt    string
	node   int32 // its place; 0 before it has one
}

// node is an element that has been drawn, or a further stretch of marked
// content of one. There may be a million.
type node struct {
	role              role
	parent            int32
	first, last, next int32 // children, and the parent's next child; 0: none
	page              int32 // of its content, from 1
	mcid              int32 // of its content on that page; noContent: none here
	number            int32 // of its object in the file
}

const noContent = -1

// What content is when it belongs to no element.
const (
	decoration int32 = -1 - iota // lines, boxes and grounds
	pagination                   // heads, feet and banners
	watermark
	unmarked // nothing is open
)

const documentNode = 1

// structure is the tree of elements, in the order of reading.
type structure struct {
	nodes    []node    // from 1; nodes[1] is the document
	pages    [][]int32 // by page, from 0: the element of each of its marked contents
	alts     map[int32]string
	inside   int32 // what is open on the page
	expected int   // elements still to come, room for which has not been made
}

func newStructure() structure {
	return structure{nodes: []node{{}, {role: docRole, mcid: noContent}}, alts: map[int32]string{}, inside: unmarked}
}

// expect makes room for elements, so that a long table's are not moved about.
func (s *structure) expect(n int) { s.expected += n }

// add makes an element, the last child of its parent so far.
func (s *structure) add(r role, parent int32) int32 {
	n := int32(len(s.nodes))
	if s.expected > 0 {
		s.nodes = slices.Grow(s.nodes, s.expected)
		s.expected = 0
	}
	s.nodes = append(s.nodes, node{role: r, parent: parent, mcid: noContent})
	up := &s.nodes[parent]
	if up.first == 0 {
		up.first = n
	} else {
		s.nodes[up.last].next = n
	}
	up.last = n
	return n
}

// place gives a tag its node, after its parents.
func (s *structure) place(t *tag) int32 {
	if t.node == 0 {
		parent := int32(documentNode)
		if t.parent != nil {
			parent = s.place(t.parent)
		}
		t.node = s.add(t.role, parent)
		if t.alt != "" {
			s.alts[t.node] = t.alt
		}
	}
	return t.node
}

// marked notes that an element has content on the current page, and returns
// its number there.
func (s *structure) marked(n int32) int {
	page := &s.pages[len(s.pages)-1]
	mcid := len(*page)
	*page = append(*page, n)
	at := n
	if o := s.nodes[n]; o.mcid != noContent || o.first != 0 {
		at = s.add(content, n)
	}
	s.nodes[at].page, s.nodes[at].mcid = int32(len(s.pages)), int32(mcid)
	return mcid
}

// in has the text that is drawn from here on belong to a tag. Where none
// follows the tag gets no place.
func (p *pdf) in(t *tag) { p.now, p.next = decoration, t }

// inNode has what is drawn from here on belong to an element that has its
// place.
func (p *pdf) inNode(n int32) { p.now, p.next = n, nil }

// inside is the element that is drawn into.
func (p *pdf) inside() int32 {
	if p.next != nil {
		p.inNode(p.tree.place(p.next))
	}
	return p.now
}

// tag is an element directly in the document.
func (p *pdf) tag(r role) *tag { return &tag{role: r} }

// enter opens the marked content that what follows belongs to.
func (p *pdf) enter(n int32) {
	if p.tree.inside == n {
		return
	}
	p.leave()
	out := &p.canvas.out
	switch n {
	case decoration:
		out.WriteString("/Artifact BMC\n")
	case pagination:
		out.WriteString("/Artifact <</Type /Pagination>> BDC\n")
	case watermark:
		out.WriteString("/Artifact <</Type /Pagination /Subtype /Watermark>> BDC\n")
	default:
		mcid := p.tree.marked(n)
		out.WriteString("/" + roleNames[p.tree.nodes[n].role] + " <</MCID " + strconv.Itoa(mcid) + ">> BDC\n")
	}
	p.tree.inside = n
}

func (p *pdf) leave() {
	if p.tree.inside != unmarked {
		p.canvas.out.WriteString("EMC\n")
		p.tree.inside = unmarked
	}
}

// enterShape opens what lines and boxes belong to: the figure, or nothing that
// is read.
func (p *pdf) enterShape() {
	figures := p.next != nil && p.next.role == figure || p.now > 0 && p.tree.nodes[p.now].role == figure
	switch {
	case figures || p.now < decoration:
		p.enter(p.inside())
	default:
		p.enter(decoration)
	}
}

// write adds the structure to the file and returns the number of its root.
func (s *structure) write(w *pdfWriter, pages []int) (int, error) {
	w.places = slices.Grow(w.places, len(s.nodes)*(packSize+1)/packSize+len(s.pages)+16)
	root, parents := w.reserve(), w.reserve()
	for i := range s.nodes {
		if s.nodes[i].role != content {
			s.nodes[i].number = int32(w.reserve())
		}
	}
	w.object(root, "<</Type /StructTreeRoot\n/K "+ref(int(s.nodes[documentNode].number))+"\n/ParentTree "+ref(parents)+
		"\n/ParentTreeNextKey "+strconv.Itoa(len(s.pages))+">>")
	if err := s.writeElements(w, root, pages); err != nil {
		return 0, err
	}
	nums := []byte("<</Nums [")
	for i, owners := range s.pages {
		at := w.reserve()
		nums = append(strconv.AppendInt(nums, int64(i), 10), (" " + ref(at) + " ")...)
		if err := w.packed(at, s.appendOwners(w.scratch(), owners)); err != nil {
			return 0, err
		}
	}
	return root, w.packed(parents, append(nums, "]>>"...))
}

func (s *structure) appendOwners(b []byte, owners []int32) []byte {
	b = append(b, '[')
	for _, n := range owners {
		b = append(appendRef(b, s.nodes[n].number), ' ')
	}
	return append(b, ']')
}

func (s *structure) writeElements(w *pdfWriter, root int, pages []int) error {
	s.nodes[0].number = int32(root)
	for i := documentNode; i < len(s.nodes); i++ {
		if s.nodes[i].role == content {
			continue
		}
		if err := w.packed(int(s.nodes[i].number), s.appendElement(w.scratch(), int32(i), pages)); err != nil {
			return err
		}
	}
	return nil
}

func (s *structure) appendElement(b []byte, i int32, pages []int) []byte {
	n := &s.nodes[i]
	b = append(append(b, "<</S /"...), roleNames[n.role]...)
	b = appendRef(append(b, " /P "...), s.nodes[n.parent].number)
	page := n.page
	if n.mcid == noContent && n.first != 0 && s.nodes[n.first].role == content {
		page = s.nodes[n.first].page
	}
	if page > 0 {
		b = appendRef(append(b, " /Pg "...), int32(pages[page-1]))
	}
	if n.role == tableHead {
		b = append(b, " /A <</O /Table /Scope /Column>>"...)
	}
	if alt, ok := s.alts[i]; ok {
		b = append(append(b, " /Alt "...), hexText(alt)...)
	}
	return append(s.appendKids(b, n, page, pages), ">>"...)
}

// appendKids lists an element's content and children; a single one, as most
// have, without brackets.
func (s *structure) appendKids(b []byte, n *node, page int32, pages []int) []byte {
	inline := n.mcid != noContent
	switch {
	case !inline && n.first == 0:
		return b
	case inline && n.first == 0:
		return strconv.AppendInt(append(b, " /K "...), int64(n.mcid), 10)
	case !inline && n.first == n.last:
		return s.appendKid(append(b, " /K "...), n.first, page, pages)
	}
	b = append(b, " /K ["...)
	if inline {
		b = append(strconv.AppendInt(b, int64(n.mcid), 10), ' ')
	}
	for k := n.first; k != 0; k = s.nodes[k].next {
		b = append(s.appendKid(b, k, page, pages), ' ')
	}
	return append(b, ']')
}

// appendKid refers to a child, or to marked content, which names its page where
// it is not the element's.
func (s *structure) appendKid(b []byte, k, page int32, pages []int) []byte {
	kid := &s.nodes[k]
	switch {
	case kid.role != content:
		return appendRef(b, kid.number)
	case kid.page == page:
		return strconv.AppendInt(b, int64(kid.mcid), 10)
	}
	b = appendRef(append(b, "<</Type /MCR /Pg "...), int32(pages[kid.page-1]))
	return append(strconv.AppendInt(append(b, " /MCID "...), int64(kid.mcid), 10), ">>"...)
}

func ref(number int) string { return string(appendRef(nil, int32(min(number, math.MaxInt32)))) }

func appendRef(b []byte, number int32) []byte {
	return append(strconv.AppendInt(b, int64(number), 10), " 0 R"...)
}
