package template

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"

	"github.com/closeofbusiness/cob/report/document"
)

// The limits of a text block. Reading Markdown takes time that grows with the
// square of what a hostile one holds, so that it is bounded before it is read.
const (
	maxText     = 16 << 10 // bytes
	maxMarks    = 2000     // * _ [ and the like, which may begin something
	maxMarkers  = 24       // quotes and lists opened within one another on one line
	maxPassages = 200      // paragraphs, headings, quotations and lists
	maxItems    = 400      // items of one list
	maxParts    = 180      // pieces of one paragraph, each of one style or one reference
	maxPiece    = 4000     // characters of one piece; longer ones are cut in two
)

// paragraphs reads Markdown with references:
//
//	{{fact:runs.completed}}        the figure, or "not measured" with its note
//	{{previous:runs.completed}}    the previous business date's, or "no figure"
//	{{change:runs.completed}}      from that to this, "▲ 2 worse"
//	{{comparable:attack.hits}}     the previous one's, like for like
//	{{share:attempts.unanswered}}  of its whole, in percent
//	{{figure:closed_share}}        a figure that the template derives
//	{{day:previous}}               the previous business date's name, "Thu"
//	{{date}}                       the business date in full
//	{{window}}                     from when to when the report is
//	{{ref:RB-12}}                  a reference note's title and date
//
// It is kept as sentences, so that one which rests on something unmeasured can
// be replaced alone.
func (r *reader) paragraphs(n ast.Node, path string) Block {
	before := len(r.problems)
	s := strings.ReplaceAll(r.text(n, path, "text"), "\r\n", "\n")
	t := &textReader{reader: r, node: n, path: path, first: firstLine(n)}
	if len(r.problems) > before || !t.bounded(s) {
		return nil
	}
	if s, ok := t.setAside(s); ok {
		t.markdown(s)
	}
	if len(t.out.Passages) == 0 && len(r.problems) == before {
		r.wrong(n, path, "nothing to print", "text")
	}
	return t.out
}

// textReader reads one text block.
type textReader struct {
	*reader
	node  ast.Node
	path  string
	first int      // the line of the file that its first line stands on; 0: not known
	refs  []string // the references that were set aside
	src   string   // the Markdown with a mark for each reference

	style    Part // the style of what is being read
	pending  string
	sentence Sentence
	done     []Sentence
	out      Text
}

// firstLine is where a block of lines begins: the line after its |. Lines of
// other strings may have been folded, so that they cannot be counted.
func firstLine(n ast.Node) int {
	if l, ok := n.(*ast.LiteralNode); ok && l.Start != nil && strings.HasPrefix(l.Start.Value, "|") {
		return line(n) + 1
	}
	return 0
}

// bounded refuses what is too much to read, or can never be printed.
func (t *textReader) bounded(s string) bool {
	if len(s) > maxText {
		t.wrong(t.node, t.path, strconv.Itoa(len(s))+" bytes", "at most "+strconv.Itoa(maxText))
		return false
	}
	for i, r := range s {
		if r != '\n' && r != '\t' && document.Clean(string(r)).String() != string(r) {
			t.wrongAt(s, i, "the character "+strconv.QuoteRuneToASCII(r), "characters that can be printed")
			return false
		}
	}
	if n := len(s) - len(strings.Map(mark, s)); n > maxMarks {
		t.wrong(t.node, t.path, strconv.Itoa(n)+" of the marks "+marks, "at most "+strconv.Itoa(maxMarks))
		return false
	}
	at := 0
	for l := range strings.Lines(s) {
		if markers(l) > maxMarkers {
			t.wrongAt(s, at, "quotations and lists within one another", "at most "+strconv.Itoa(maxLists)+" deep")
			return false
		}
		at += len(l)
	}
	return true
}

// marks are the characters that Markdown has to look for the second of.
const marks = "*_[]`<&!"

func mark(r rune) rune {
	if strings.ContainsRune(marks, r) {
		return -1
	}
	return r
}

// markers counts what may open quotations and lists at the start of a line.
func markers(l string) int {
	n := 0
	for i, c := range l {
		last, next := byte(' '), byte(' ')
		if i > 0 {
			last = l[i-1]
		}
		if i+1 < len(l) {
			next = l[i+1]
		}
		switch {
		case c == '>', strings.ContainsRune("-+*", c) && strings.ContainsRune(" \t", rune(next)),
			strings.ContainsRune(".)", c) && last >= '0' && last <= '9':
			n++
		case !strings.ContainsRune(" \t0123456789", c):
			return n
		}
	}
	return n
}

// firstMark is the first of the characters that stand for references while
// Markdown is read. They are of a private use area, which Clean leaves out of
// everything printed, and count as letters.
const firstMark = 0xF0000

// setAside puts a mark in place of each reference. What stands in one is no
// Markdown, wherever it is, and neither is what it will be replaced by.
func (t *textReader) setAside(s string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(s); {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			b.WriteString(s[i : i+2])
			i += 2
		case strings.HasPrefix(s[i:], "{{"):
			inside, _, ok := strings.Cut(s[i+2:], "}}")
			if !ok {
				t.wrongAt(s, i, "{{ without }}", `a reference such as {{fact:runs.completed}}, or \{{`)
				return "", false
			}
			b.WriteRune(rune(firstMark + len(t.refs)))
			t.refs = append(t.refs, strings.TrimSpace(inside))
			i += len(inside) + 4
		default:
			b.WriteByte(s[i])
			i++
		}
	}
	return b.String(), true
}

// wrongAt is a problem at a place in the text.
func (t *textReader) wrongAt(s string, at int, found, expected string) {
	l := line(t.node)
	if t.first > 0 {
		l = t.first + strings.Count(s[:min(at, len(s))], "\n")
	}
	t.problem(Problem{Line: l, Path: t.path, Found: found, Expected: expected})
}

// piece takes text without any markup. Marks become the references they stand
// for; decoded text may hold the same characters, and they mean nothing there.
func (t *textReader) piece(raw string, decode func(string) string) {
	for raw != "" {
		i := strings.IndexFunc(raw, func(r rune) bool { return r >= firstMark && r < firstMark+rune(len(t.refs)) })
		if i < 0 {
			t.pending += decode(raw)
			return
		}
		mark, size := utf8.DecodeRuneInString(raw[i:])
		t.pending += decode(raw[:i])
		t.flush()
		t.reference(t.refs[mark-firstMark])
		raw = raw[i+size:]
	}
}

// flush makes parts of the text that has come in one style, and sentences.
func (t *textReader) flush() {
	s := t.pending
	t.pending = ""
	for !t.style.Code {
		cut := strings.Index(s, ". ")
		if cut < 0 {
			break
		}
		t.brackets(s[:cut+2])
		t.end()
		s = s[cut+2:]
	}
	t.brackets(s)
	if (t.style.Strong || t.style.Emphasis) && strings.HasSuffix(s, ".") {
		t.end() // a bold lead is a sentence of its own
	}
}

// brackets keeps round brackets as parts of their own, so that one on a day
// without figures can be replaced.
func (t *textReader) brackets(s string) {
	for {
		i := strings.IndexAny(s, "()")
		if i < 0 || t.style.Code {
			t.literal(s)
			return
		}
		t.literal(s[:i])
		t.literal(s[i : i+1])
		s = s[i+1:]
	}
}

func (t *textReader) literal(s string) {
	for utf8.RuneCountInString(s) > maxPiece {
		cut := len(string([]rune(s)[:maxPiece]))
		t.add(Part{Text: s[:cut]})
		s = s[cut:]
	}
	t.add(Part{Text: s})
}

func (t *textReader) add(p Part) {
	if p.Text == "" && p.Verb == "" {
		return
	}
	p.Strong, p.Emphasis, p.Code = t.style.Strong, t.style.Emphasis, t.style.Code
	t.sentence = append(t.sentence, p)
}

func (t *textReader) end() {
	if len(t.sentence) > 0 {
		t.done = append(t.done, t.sentence)
		t.sentence = nil
	}
}

// sentences takes what has been read since the last time.
func (t *textReader) sentences() []Sentence {
	t.flush()
	t.end()
	out := t.done
	t.done = nil
	return out
}

// verb is what a reference may begin with.
type verb struct {
	name string
	form string // how it is written
	// read reads what stands after the colon. The second result says what was
	// expected where it is something else.
	read func(r *reader, verb, s string) (Part, string)
}

// verbs are the references that a text may hold.
var verbs = []verb{
	{"fact", "{{fact:…}}", figure},
	{"previous", "{{previous:…}}", figure},
	{"change", "{{change:…}}", figure},
	{"comparable", "{{comparable:…}}", figure},
	{"share", "{{share:…}}", shareOf},
	{"figure", "{{figure:…}}", derived},
	{"ref", "{{ref:…}}", noteName},
	{"day", "{{day:…}}", dayName},
	{"date", "{{date}}", bare},
	{"window", "{{window}}", bare},
}

func (t *textReader) reference(s string) {
	name, rest, _ := strings.Cut(s, ":")
	forms := make([]string, len(verbs))
	for i, v := range verbs {
		forms[i] = v.form
		if v.name != name {
			continue
		}
		part, expected := v.read(t.reader, name, rest)
		if expected != "" {
			t.wrong(t.node, t.path, "{{"+s+"}}", expected)
			return
		}
		t.add(part)
		return
	}
	t.wrong(t.node, t.path, "{{"+s+"}}", strings.Join(forms, ", "))
}

// figure reads a metric, or one of its parts.
func figure(r *reader, verb, s string) (Part, string) {
	ref, expected := r.parseRef(s)
	return Part{Verb: verb, Ref: ref}, expected
}

func shareOf(r *reader, verb, s string) (Part, string) {
	ref, expected := r.parseRef(s)
	if expected == "" && r.wholeOf(ref.ID) == "" {
		expected = "a metric that is a part of another"
	}
	return Part{Verb: verb, Ref: ref}, expected
}

// derived reads the name of a figure that the template derives.
func derived(r *reader, verb, s string) (Part, string) {
	names := figureNames(r.derived)
	if !slices.Contains(names, s) {
		return Part{}, "one of the template's figures: " + oneOf(names)
	}
	return Part{Verb: verb, Text: s}, ""
}

func dayName(_ *reader, verb, s string) (Part, string) {
	if s != "previous" && s != "date" {
		return Part{}, "{{day:previous}} or {{day:date}}"
	}
	return Part{Verb: verb, Text: s}, ""
}

func bare(_ *reader, verb, s string) (Part, string) {
	if s != "" {
		return Part{}, "{{" + verb + "}}"
	}
	return Part{Verb: verb}, ""
}
