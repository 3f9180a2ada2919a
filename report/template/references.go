package template

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"

	"github.com/closeofbusiness/cob/report/fact"
)

// References lists reference notes: those of some domains, or those that match
// the day's facts.
type References struct {
	Title   string
	Domains []string // empty: those that match the facts
	Types   []string // runbook, policy, advisory; empty: all
	Limit   Int
}

func (References) block() {}

// Selection is what the block asks of the reference notes.
func (b References) Selection(params Params) fact.Selection {
	return fact.Selection{Domains: b.Domains, Types: b.Types, Limit: params.Int(b.Limit)}
}

// NoteNeeds is what a template asks of the reference notes.
type NoteNeeds struct {
	Lists []fact.Selection // each once
	Cited []string         // what {{ref:…}} names, each once
}

// Empty holds where nothing is asked.
func (n NoteNeeds) Empty() bool { return len(n.Lists) == 0 && len(n.Cited) == 0 }

// add collects what a block asks for.
func (n *NoteNeeds) add(b Block, params Params) {
	switch b := b.(type) {
	case References:
		if s := b.Selection(params); !slices.ContainsFunc(n.Lists, s.Equal) {
			n.Lists = append(n.Lists, s)
		}
	case Text:
		for _, p := range b.Parts() {
			if p.Verb == "ref" && !slices.Contains(n.Cited, p.Text) {
				n.Cited = append(n.Cited, p.Text)
			}
		}
	}
}

// The bounds of a references block.
const (
	maxDomains    = 20
	maxDomain     = 100 // characters, as of a note's own
	maxReferences = 50
	maxNoteName   = 300 // characters of SOURCE/NAME
)

var noteTypes = []string{"runbook", "policy", "advisory"}

func (r *reader) references(n ast.Node, path string) Block {
	f := r.fields(n, path, "title", "domain", "domains", "match", "types", "limit")
	if f == nil {
		return nil
	}
	out := References{Title: r.optionalTitle(f, path, "title"), Limit: Int{Value: 5}}
	r.oneChoice(n, f, path)
	if n, ok := f["domain"]; ok {
		out.Domains = []string{r.domain(n, join(path, "domain"))}
	}
	if n, ok := f["domains"]; ok {
		list := r.list(n, join(path, "domains"), "domains such as prompt injection")
		if len(list) > maxDomains {
			r.wrong(n, join(path, "domains"), fmt.Sprintf("%d domains", len(list)), fmt.Sprintf("at most %d", maxDomains))
		}
		for i, d := range list {
			out.Domains = append(out.Domains, r.domain(d, item(join(path, "domains"), i)))
		}
	}
	if n, ok := f["match"]; ok {
		r.choice(n, join(path, "match"), "facts")
	}
	if n, ok := f["types"]; ok {
		for i, t := range r.list(n, join(path, "types"), "types: "+strings.Join(noteTypes, ", ")) {
			out.Types = append(out.Types, r.choice(t, item(join(path, "types"), i), noteTypes...))
		}
	}
	if n, ok := f["limit"]; ok {
		out.Limit = r.paramOr(n, join(path, "limit"), 1, maxReferences)
	}
	return out
}

// oneChoice holds where a block says once which notes it lists.
func (r *reader) oneChoice(n ast.Node, f map[string]ast.Node, path string) {
	var said []string
	for _, key := range []string{"domain", "domains", "match"} {
		if _, ok := f[key]; ok {
			said = append(said, key)
		}
	}
	const expected = "one of domain, domains and match: facts"
	switch len(said) {
	case 0:
		r.wrong(n, path, "no word on which notes", expected)
	case 1:
	default:
		r.wrong(n, path, strings.Join(said, " beside "), expected)
	}
}

func (r *reader) domain(n ast.Node, path string) string {
	const expected = "a domain such as prompt injection"
	s := r.text(n, path, expected)
	if str, ok := n.(*ast.StringNode); ok && strings.TrimSpace(str.Value) == "" {
		r.wrong(n, path, "nothing", expected)
	}
	if c := utf8.RuneCountInString(s); c > maxDomain {
		r.wrong(n, path, strconv.Itoa(c)+" characters", fmt.Sprintf("at most %d", maxDomain))
	}
	return s
}

// noteName reads what {{ref:NAME}} or {{ref:SOURCE/NAME}} names. Which notes there
// are is known only on the day.
func noteName(_ *reader, verb, s string) (Part, string) {
	s = strings.TrimSpace(s)
	if c := utf8.RuneCountInString(s); c == 0 || c > maxNoteName || strings.ContainsAny(s, "{}") {
		return Part{}, "the name of a reference note, as {{ref:RB-12}} or {{ref:wiki/RB-12}}"
	}
	return Part{Verb: verb, Text: s}, ""
}
