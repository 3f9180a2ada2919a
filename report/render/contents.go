package render

import (
	"strconv"

	"github.com/closeofbusiness/cob/report/document"
)

// contentsFrom is the number of pages from which a list of contents helps more
// than it costs.
const contentsFrom = 5

// maxContents bounds the list to what stands on the first page.
const maxContents = 30

// withContents is the whole flow, with a list of the sections and their pages
// where the report is long. Layout is arithmetic, so it is done twice: to count
// the pages, and again with the list in its place to learn the page numbers.
func (p *pdf) withContents(head, body []piece) []piece {
	all := joined(head, body)
	if p.pagesOf(all) < contentsFrom {
		return all
	}
	var sections []*piece
	for i := range body {
		if body[i].title != "" && len(sections) < maxContents {
			sections = append(sections, &body[i])
		}
	}
	if len(sections) < 2 {
		return all
	}
	at := contentsPlace(body)
	front, rest := joined(head, body[:at]), body[at:]
	pages := p.sectionPages(joined(front, p.contentsList(sections, nil), rest))
	return joined(front, p.contentsList(sections, pages), rest)
}

// contentsPlace is the end of the first page: before the first page break, or
// where there is none before the first section. Status and figures come first.
func contentsPlace(body []piece) int {
	for i := range body {
		if body[i].newPage {
			return i
		}
	}
	for i := range body {
		if body[i].title != "" {
			return i
		}
	}
	return 0
}

func (p *pdf) pagesOf(ps []piece) int {
	l := layout{sheet: p.sheet}
	_ = l.run(ps, func(top []*piece, _ int, _ bool) error {
		l.repeat(top)
		return nil
	})
	return l.page
}

func (p *pdf) sectionPages(all []piece) map[string]int {
	pages := map[string]int{}
	l := layout{sheet: p.sheet}
	_ = l.run(all, func(top []*piece, i int, _ bool) error {
		l.repeat(top)
		if t := all[i].title; t != "" && pages[t] == 0 {
			pages[t] = l.page
		}
		return nil
	})
	return pages
}

func joined(parts ...[]piece) []piece {
	var all []piece
	for _, ps := range parts {
		all = append(all, ps...)
	}
	return all
}

func (p *pdf) contentsList(sections []*piece, pages map[string]int) []piece {
	const lead = 10.5
	h := lead*float64(len(sections)) + 4
	rows := make([][2]line, len(sections))
	for i, s := range sections {
		rows[i] = [2]line{
			apart(p.fit(labelStyle.in(soft), s.title, p.width*0.8)),
			p.one(labelStyle, strconv.Itoa(pages[s.title])),
		}
	}
	caption := p.caption(document.Clean("Contents"), document.Text{}, p.width, p.tag(h2))
	caption[0].space = 12
	all := p.tag(contents)
	return append(caption, piece{height: h, draw: func(x, y float64) {
		for _, r := range rows {
			p.in(&tag{role: contentsItem, parent: all})
			p.text(x, y+baseline(lead, labelSize), r[0])
			p.textRight(x+p.width, y+baseline(lead, labelSize), r[1])
			y += lead
		}
	}})
}
