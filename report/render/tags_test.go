package render

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/document"
)

// element is one of a file's structure, read back.
type element struct {
	role, text, alt string
	kids            []element
}

// structureOf reads a file's structure with the text of each element, and holds
// that it and the pages agree: every marked content belongs to the element that
// the parent tree says, and none is left over.
func structureOf(t *testing.T, pdf []byte) element {
	t.Helper()
	r := treeReader{t: t, objects: readPDF(t, pdf), text: map[[2]int]string{}, seen: map[[2]int]bool{}}
	root := object(t, r.objects, "/Type /StructTreeRoot")
	r.readPages(object(t, r.objects, "/Type /Pages").dict)
	r.readParents(r.objects[numberIn(root.dict, `/ParentTree (\d+) 0 R`)].dict)
	top := r.element(numberIn(root.dict, `/K (\d+) 0 R`))
	require.Len(t, r.seen, len(r.text), "every marked content is reached")
	return top
}

type treeReader struct {
	t       *testing.T
	objects map[int]finished
	pages   []int             // their objects
	text    map[[2]int]string // by page object and marked content
	owner   map[[2]int]int    // of marked content: its element
	seen    map[[2]int]bool
}

func numberIn(s, pattern string) int {
	m := regexp.MustCompile(pattern).FindStringSubmatch(s)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

var (
	reference = regexp.MustCompile(`(\d+) 0 R`)
	marked    = regexp.MustCompile(`(?s)/(\w+) (?:<</MCID (\d+)>> BDC|<<[^>]*>> BDC|BMC)\n(.*?)\nEMC\n`)
	shown     = regexp.MustCompile(`(?s)BT [-0-9.]+ [-0-9.]+ Td \((.*?)\) Tj ET`)
)

func (r *treeReader) readPages(tree string) {
	for _, m := range reference.FindAllStringSubmatch(tree[strings.Index(tree, "/Kids"):], -1) {
		page, _ := strconv.Atoi(m[1])
		r.pages = append(r.pages, page)
		dict := r.objects[page].dict
		require.Equal(r.t, len(r.pages)-1, numberIn(dict, `/StructParents (\d+)`))
		content := string(r.objects[numberIn(dict, `/Contents (\d+) 0 R`)].data)
		for _, m := range marked.FindAllStringSubmatch(content, -1) {
			if m[2] == "" {
				require.Equal(r.t, "Artifact", m[1])
				continue
			}
			mcid, _ := strconv.Atoi(m[2])
			r.text[[2]int{page, mcid}] = shownIn(m[3])
		}
		rest := marked.ReplaceAllString(content, "")
		require.NotRegexp(r.t, `(?m)(Tj|TJ| re|\b[lfSBc]|BDC|BMC|EMC| Do)( |$)`, rest, "nothing is drawn outside marked content")
	}
}

// shownIn is what a stretch of a page shows.
func shownIn(content string) string {
	var out strings.Builder
	for _, m := range shown.FindAllStringSubmatch(content, -1) {
		b := strings.NewReplacer(`\\`, `\`, `\(`, `(`, `\)`, `)`, `\r`, "\r").Replace(m[1])
		var units []uint16
		for i := 0; i+1 < len(b); i += 2 {
			units = append(units, uint16(b[i])<<8|uint16(b[i+1]))
		}
		out.WriteString(string(utf16.Decode(units)))
	}
	return out.String()
}

func (r *treeReader) readParents(tree string) {
	r.owner = map[[2]int]int{}
	for i, m := range reference.FindAllStringSubmatch(tree, -1) {
		at, _ := strconv.Atoi(m[1])
		for mcid, o := range reference.FindAllStringSubmatch(r.objects[at].dict, -1) {
			r.owner[[2]int{r.pages[i], mcid}], _ = strconv.Atoi(o[1])
		}
	}
	require.Len(r.t, r.owner, len(r.text))
}

var kid = regexp.MustCompile(`<</Type /MCR /Pg (\d+) 0 R /MCID (\d+)>>|(\d+) 0 R|(\d+)`)

func (r *treeReader) element(n int) element {
	dict := r.objects[n].dict
	head, kids, _ := strings.Cut(dict, " /K ")
	e := element{role: regexp.MustCompile(`/S /(\w+)`).FindStringSubmatch(head)[1]}
	if m := regexp.MustCompile(`/Alt <FEFF([0-9A-F]*)>`).FindStringSubmatch(head); m != nil {
		e.alt = m[1]
	}
	page := numberIn(head, `/Pg (\d+) 0 R`)
	for _, m := range kid.FindAllStringSubmatch(kids, -1) {
		switch {
		case m[3] != "":
			child, _ := strconv.Atoi(m[3])
			require.Equal(r.t, n, numberIn(r.objects[child].dict, `/P (\d+) 0 R`))
			e.kids = append(e.kids, r.element(child))
		case m[1] != "":
			e.text += r.content(n, m[1], m[2])
		default:
			e.text += r.content(n, strconv.Itoa(page), m[4])
		}
	}
	return e
}

func (r *treeReader) content(element int, page, mcid string) string {
	p, _ := strconv.Atoi(page)
	m, _ := strconv.Atoi(mcid)
	key := [2]int{p, m}
	require.Equal(r.t, element, r.owner[key], "marked content %s of page object %s", mcid, page)
	require.False(r.t, r.seen[key], "read twice")
	r.seen[key] = true
	return r.text[key]
}

// outline writes an element as lines, to be compared.
func (e element) outline(indent string) string {
	s := indent + e.role
	if e.text != "" {
		s += " " + e.text
	}
	s += "\n"
	for _, k := range e.kids {
		s += k.outline(indent + "  ")
	}
	return s
}

func (e element) all() []element {
	out := []element{e}
	for _, k := range e.kids {
		out = append(out, k.all()...)
	}
	return out
}

func TestStructureAgreesWithThePages(t *testing.T) {
	t.Parallel()
	for name, fixture := range everyFixture() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			top := structureOf(t, pdfOf(t, fixture()))
			require.Equal(t, "Document", top.role)
			for _, e := range top.all() {
				switch e.role {
				case "Figure":
					require.NotEmpty(t, e.alt)
				case "Table":
					for _, k := range e.kids {
						require.Contains(t, []string{"TR", "Caption"}, k.role)
					}
				case "TR":
					for _, k := range e.kids {
						require.Contains(t, []string{"TH", "TD"}, k.role)
					}
				case "L":
					for _, k := range e.kids {
						require.Equal(t, "LI", k.role)
					}
				}
			}
		})
	}
}

// TestStructure holds the order of reading, and that what is broken into lines
// and pages is read as one.
func TestStructure(t *testing.T) {
	t.Parallel()
	d := &document.Document{Schema: document.Schema, BusinessDate: T("2026-11-20"), Title: T("Title"), Footer: T("foot"), RunningHead: T("head"),
		Style: &document.Style{Banner: T("SECRET"), Watermark: T("DRAFT")}}
	point := func(label string, v float64) document.ChartPoint {
		return document.ChartPoint{Label: T(label), Value: num64(v), Shown: T(label + " shown")}
	}
	d.Blocks = document.Blocks{
		document.Heading{Level: 1, Text: T("One"), Note: T("note")},
		document.Heading{Level: 2, Text: T("Two")},
		document.Heading{Level: 3, Text: T("Three")},
		document.Paragraph{Text: document.Inlines{document.Plain(strings.Repeat("word ", 60)), document.Strong("end")}},
		document.Quote{Text: plain("quoted")},
		document.List{Items: []document.Inlines{plain("a"), plain("b"), plain("c")}, Levels: []int{0, 1, 0}},
		document.Columns{Left: document.Blocks{document.Paragraph{Text: plain("left 1")}, document.Paragraph{Text: plain("left 2")}}, Right: document.Blocks{document.Paragraph{Text: plain("right")}}},
		document.Table{Caption: T("Cap"), Headed: true, Columns: []document.Column{col("A", 1), col("B", 1)}, More: T("and 2 more"),
			Rows: []document.Row{row("1", "2"), totalRow("3", "")}},
		document.Chart{Kind: document.Bars, Caption: T("Bars"), Description: T("D"), Points: []document.ChartPoint{point("x", 1)}},
	}
	words := strings.Repeat("word ", 60) + "end"
	require.Equal(t, `Document
  H1 Title
  H2 One
  P note
  H3 Two
  H4 Three
  P `+words+`
  BlockQuote
    P quoted
  L
    LI
      Lbl • 
      LBody a
      L
        LI
          Lbl – 
          LBody b
    LI
      Lbl • 
      LBody c
  P left 1
  P left 2
  P right
  Table
    Caption Cap
    TR
      TH A
      TH B
    TR
      TD 1
      TD 2
    TR
      TD and 2 more
    TR
      TD 3
      TD
  Figure x x shown 
    Caption Bars
`, structureOf(t, pdfOf(t, d)).outline(""))
}

// TestStructureOverPages holds that a paragraph and a row that are on two
// pages are one, and that a repeated header is read once.
func TestStructureOverPages(t *testing.T) {
	t.Parallel()
	d := longDocument(150)
	long := strings.TrimSpace(strings.Repeat("sentence ", 450)) // about 4,000 characters
	paragraph := document.Paragraph{}
	for range 4 {
		paragraph.Text = append(paragraph.Text, document.Plain(long+" "))
	}
	tall := document.Table{Columns: make([]document.Column, 2), Rows: []document.Row{{Cells: []document.Cell{make(document.Cell, 120), document.Line(document.Plain("beside"))}}}}
	for i := range tall.Rows[0].Cells[0] {
		tall.Rows[0].Cells[0][i] = plain("line")
	}
	d.Blocks = append(d.Blocks, paragraph, tall)
	var heads int
	var texts []string
	for _, e := range structureOf(t, pdfOf(t, d)).all() {
		if e.role == "TH" && e.text == "Probe" {
			heads++
		}
		texts = append(texts, e.text)
	}
	require.Equal(t, 1, heads)
	require.True(t, slices.ContainsFunc(texts, func(s string) bool {
		return strings.Join(strings.Fields(s), " ") == strings.TrimSpace(strings.Repeat("sentence ", 1800))
	}))
	require.Contains(t, texts, strings.TrimSpace(strings.Repeat("line ", 120)))
}

// TestFurnitureIsNotRead holds that what stands on every page is no part of
// the text.
func TestFurnitureIsNotRead(t *testing.T) {
	t.Parallel()
	d := longDocument(150)
	d.Style = &document.Style{Banner: T("SECRET"), Watermark: T("DRAFT")}
	for _, e := range structureOf(t, pdfOf(t, d)).all() {
		for _, no := range []string{"SECRET", "DRAFT", "Page 2 of", d.Footer.String(), d.RunningHead.String()} {
			require.NotContains(t, e.text, no)
		}
	}
}
