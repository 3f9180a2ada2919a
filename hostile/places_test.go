//go:build hostile

package hostile_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/closeofbusiness/cob/hostile"
	"github.com/closeofbusiness/cob/metrics"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/analysis"
	"github.com/closeofbusiness/cob/report/calendar"
	"github.com/closeofbusiness/cob/report/compose"
	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/fact/facttest"
	"github.com/closeofbusiness/cob/report/metric"
	"github.com/closeofbusiness/cob/report/render"
	"github.com/closeofbusiness/cob/report/series"
	"github.com/closeofbusiness/cob/report/template"
	"github.com/closeofbusiness/cob/templates"
)

// place is where hostile inputs come in.
type place struct {
	name    string
	inputs  []string                         // their names
	source  func(name string) (string, bool) // the input of that name
	prepare func(source string) ([]made, error)
	// shows tells that the input's text is to be read in every file.
	shows bool
}

// made is a document to be rendered.
type made struct {
	name     string
	document *document.Document
	links    []string
}

func places() []place {
	var out []place
	inputs := map[string]hostile.Input{}
	for _, in := range hostile.Inputs() {
		inputs[in.Name] = in
	}
	add := func(name string, shows bool, prepare func(string) ([]made, error)) {
		p := place{name: name, prepare: prepare, source: func(input string) (string, bool) { in, ok := inputs[input]; return in.Text(), ok }}
		p.inputs = slices.Sorted(maps.Keys(inputs))
		p.shows = shows
		out = append(out, p)
	}
	add("document", true, func(s string) ([]made, error) {
		return []made{{"everywhere", everywhere(s), []string{address}}}, nil
	})
	add("closed", false, closed)
	add("stored", false, stored)
	add("facts", false, facts)
	add("template", false, written)
	add("unquoted", false, func(s string) ([]made, error) {
		return composed(strings.Replace(hostile.Head, "title: Hostile", "title: "+s+"\nnote: "+s, 1))
	})
	for _, name := range fields {
		add("field "+name, false, func(s string) ([]made, error) { _, err := composed(field(name, s)); return nil, err })
	}
	add("template-file", false, composed)
	add("document-file", false, func(s string) ([]made, error) { return parsed([]byte(s)) })
	add("series-file", false, func(s string) ([]made, error) { _, err := series.Parse([]byte(s)); return nil, err })
	add("series-title", false, func(s string) ([]made, error) {
		_, err := series.Parse([]byte("name: a\ntitle: " + quoted(clipped(s, 1<<20)) + "\ntemplate: daily-security\ncutoff: \"17:00\"\ntime_zone: UTC\n"))
		return nil, err
	})
	add("series-parameters", false, func(s string) ([]made, error) {
		return resolved(s)
	})
	add("calendar-file", false, func(s string) ([]made, error) { _, err := calendar.ParseFile([]byte(s), nothing); return nil, err })
	add("calendar-import", false, func(s string) ([]made, error) {
		_, err := calendar.ParseFile([]byte("name: a\nholidays: {import: b.ics}\n"), func(string) ([]byte, error) {
			return []byte("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20260102\r\nSUMMARY:" + s + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"), nil
		})
		return nil, err
	})
	return append(out, blocks(), pictures(), shapes())
}

func nothing(string) ([]byte, error) { return nil, fmt.Errorf("%w: no such file", report.ErrInvalid) }

// blocks are the hostile blocks of templates.
func blocks() place {
	list := hostile.Templates()
	p := place{name: "template-blocks", source: func(name string) (string, bool) {
		var i int
		_, err := fmt.Sscanf(name, "blocks-%d", &i)
		return hostile.Head + list[i], err == nil
	}, prepare: composed}
	for i := range list {
		p.inputs = append(p.inputs, fmt.Sprintf("blocks-%d", i))
	}
	return p
}

// pictures are logos.
func pictures() place {
	find := func(name string) (hostile.Picture, bool) {
		for _, p := range hostile.Pictures() {
			if p.Name == name {
				return p, true
			}
		}
		return hostile.Picture{}, false
	}
	p := place{name: "logo", source: func(name string) (string, bool) { _, ok := find(name); return name, ok }, prepare: func(name string) ([]made, error) {
		pic, _ := find(name)
		d := blank(document.Paragraph{Text: document.Inlines{document.Plain("a logo")}})
		d.Style = &document.Style{Logo: &document.Image{MediaType: pic.MediaType, Data: pic.Data, Alt: document.Clean(name)}}
		return []made{{"logo", d, nil}}, document.Validate(d)
	}}
	for _, pic := range hostile.Pictures() {
		p.inputs = append(p.inputs, pic.Name)
	}
	return p
}

// shapes are documents that are wrong, large or empty in themselves.
func shapes() place {
	p := place{name: "shape", source: func(name string) (string, bool) { _, ok := shapesByName()[name]; return name, ok }, prepare: func(name string) ([]made, error) {
		d := blank(shapesByName()[name]()...)
		return []made{{"shape", d, nil}}, document.Validate(d)
	}}
	for name := range shapesByName() {
		p.inputs = append(p.inputs, name)
	}
	return p
}

func shapesByName() map[string]func() document.Blocks {
	one := func(b document.Block) func() document.Blocks {
		return func() document.Blocks { return document.Blocks{b} }
	}
	chart := func(kind document.ChartKind, values ...float64) func() document.Blocks {
		c := document.Chart{Kind: kind}
		for _, v := range values {
			c.Points = append(c.Points, document.ChartPoint{Label: document.Clean("p"), Value: &v, Mark: &v, Shown: document.Clean("v")})
		}
		return one(c)
	}
	table := func(columns, rows int, text string) func() document.Blocks {
		return func() document.Blocks {
			t := document.Table{Headed: true, Columns: make([]document.Column, columns), Rows: make([]document.Row, rows)}
			cell := document.Line(document.Plain(text))
			for i := range t.Rows {
				t.Rows[i].Cells = make([]document.Cell, columns)
				for k := range t.Rows[i].Cells {
					t.Rows[i].Cells[k] = cell
				}
			}
			return document.Blocks{t}
		}
	}
	nested := func(depth int) func() document.Blocks {
		return func() document.Blocks {
			b := document.Blocks{document.PageBreak{}}
			for range depth {
				b = document.Blocks{document.Columns{Left: b}}
			}
			return b
		}
	}
	part := 1.0
	return map[string]func() document.Blocks{
		"line without points": chart(document.Lines), "bars without points": chart(document.Bars), "one point": chart(document.Lines, 1), "all zero": chart(document.Bars, 0, 0, 0),
		"not a number": chart(document.Lines, math.NaN()), "infinite": chart(document.Bars, math.Inf(1)), "minus infinite": chart(document.Lines, math.Inf(-1), 1),
		"as large as can be": chart(document.Bars, math.MaxFloat64), "as small as can be": chart(document.Lines, math.SmallestNonzeroFloat64, 0), "large and small": chart(document.Lines, 1e15, 1e-15, -1e15),
		"negative bars": chart(document.Bars, -1, -2, -3), "too many points": chart(document.Lines, make([]float64, 401)...), "many points": chart(document.Bars, make([]float64, 400)...),
		"minus zero": chart(document.Bars, math.Copysign(0, -1)), "10,000 columns": table(10_000, 3, "x"), "no columns": table(0, 3, ""), "24 columns of words": table(24, 20, strings.Repeat("W", 200)),
		"24 columns of prose": table(24, 10, strings.Repeat("word ", 200)), "too many rows": table(1, 100_001, "x"), "many rows": table(2, 2000, "x"), "rows without cells": one(document.Table{Columns: make([]document.Column, 2), Rows: make([]document.Row, 3)}),
		"columns 200,000 deep": nested(200_000), "columns four deep": nested(4), "columns three deep": nested(3),
		"stack without series": chart(document.Stacked, 1), "stack with other parts": one(document.Chart{Kind: document.Stacked, Series: make([]document.Text, 2), Points: []document.ChartPoint{{Parts: make([]document.ChartPart, 1)}}}),
		"stack":              one(document.Chart{Kind: document.Stacked, Series: make([]document.Text, 1), Points: []document.ChartPoint{{Value: &part, Parts: []document.ChartPart{{Value: &part}}}}}),
		"a stack of gaps":    one(document.Chart{Kind: document.Stacked, Series: make([]document.Text, 2), Points: []document.ChartPoint{{Parts: make([]document.ChartPart, 2)}}}),
		"13 series":          one(document.Chart{Kind: document.Lines, Series: make([]document.Text, 13)}),
		"level of minus one": one(document.List{Items: make([]document.Inlines, 1), Levels: []int{-1}}), "level that jumps": one(document.List{Items: make([]document.Inlines, 2), Levels: []int{0, 2}}),
		"fewer levels": one(document.List{Items: make([]document.Inlines, 2), Levels: []int{0}}), "deep list": one(document.List{Items: make([]document.Inlines, 4), Levels: []int{0, 1, 2, 0}}),
		"200,000 items": one(document.List{Items: make([]document.Inlines, 200_000)}), "200,000 runs": one(document.Paragraph{Text: make(document.Inlines, 200_000)}), "200,000 blocks": func() document.Blocks { return many(200_000) },
		"2,000 blocks": func() document.Blocks { return many(2000) }, "200,000 tiles": one(document.KPIs{Tiles: make([]document.Tile, 200_000)}), "heading of level 99": one(document.Heading{Level: 99}),
		"no block": func() document.Blocks { return nil }, "a nil block": func() document.Blocks { return document.Blocks{nil} }, "200,000 definitions": one(document.Definitions{Items: make([]document.Definition, 200_000)}),
		"a weight beyond numbers": one(document.Table{Columns: []document.Column{{Weight: math.Inf(1)}}}), "a large weight": one(document.Table{Columns: []document.Column{{Weight: 1e300}, {Weight: 1e-300}}, Headed: true}),
		"a quote":              one(document.Quote{Text: document.Inlines{document.Plain("a quote")}}),
		"a ratio that is none": one(document.Columns{Ratio: math.NaN()}), "200 paragraphs of text": func() document.Blocks { return prose(200) }, "2,000 paragraphs of text": func() document.Blocks { return prose(2000) },
	}
}

func many(n int) document.Blocks {
	b := make(document.Blocks, n)
	for i := range b {
		b[i] = document.Paragraph{}
	}
	return b
}

func prose(n int) document.Blocks {
	b := make(document.Blocks, n)
	p := document.Paragraph{Text: document.Inlines{document.Plain(strings.Repeat("word <b> ", 450))}}
	for i := range b {
		b[i] = p
	}
	return b
}

const address = "https://example.com/a?b=c&d=e"

func blank(b ...document.Block) *document.Document {
	return &document.Document{Schema: document.Schema, BusinessDate: document.Clean("2026-11-20"), Revision: 1, Title: document.Clean("Blank"), Blocks: b}
}

// everywhere is a document with a text in every place that takes one.
func everywhere(s string) *document.Document {
	t := document.Clean(s)
	in := document.Inlines{document.Plain(s), document.Code(s), document.Strong(s), {Text: t, Emphasis: true}, {Text: t, Link: address}, document.Toned(document.Worse, s), document.Note(s)}
	v, w := 6.7, 0.0
	cells := []document.Cell{{in}, document.Line(document.Plain(s)), document.Line(document.Strong(s))}
	columns := []document.Column{{Title: t}, {Title: t, Align: document.Right}, {Title: t, Weight: 1}}
	points := []document.ChartPoint{{Label: t, Value: &v, Shown: t, Mark: &w, MarkText: t, Footnote: t, Emphasis: true}, {Label: t, Shown: t}, {Label: t, Value: &w, Shown: t}}
	parts := []document.ChartPoint{{Label: t, Value: &v, Shown: t, Parts: []document.ChartPart{{Value: &v, Shown: t}, {Value: &w, Shown: t}}}}
	d := &document.Document{
		Schema: document.Schema, Series: t, BusinessDate: document.Clean("2026-11-20"), Revision: 1, Language: document.Clean("en-GB"), Eyebrow: t, Title: t, Subtitle: t,
		RevisionLabel: t, Classification: t, RunningHead: t, Footer: t, FactsSHA256: t, Renderer: t, Style: &document.Style{Banner: t, Watermark: t},
		Blocks: document.Blocks{
			document.Status{Label: t, Text: in}, document.Callout{Tone: document.Worse, Label: t, Text: in}, document.KPIs{Tiles: []document.Tile{{Label: t, Value: t, Of: t, Detail: in}}},
			document.Heading{Level: 1, Text: t, Note: t}, document.Heading{Level: 2, Text: t}, document.Heading{Level: 3, Text: t},
			document.Paragraph{Text: in, Basis: []document.Basis{{Text: in, Claim: t, Facts: []document.BasisFact{{Key: t, Value: t, Query: t}}, Checks: []document.Text{t}}}},
			document.List{Items: []document.Inlines{in, {document.Plain(s)}}, Levels: []int{0, 1}}, document.List{Ordered: true, Items: []document.Inlines{{document.Plain(s)}}},
			document.Decision{ID: t, Question: t, Owner: t, By: t},
			document.Table{Caption: t, Note: t, Columns: columns, Headed: true, Rows: []document.Row{{Cells: cells}, {Cells: cells, Total: true}}, More: t},
			document.Chart{Kind: document.Lines, Caption: t, Note: t, Unit: t, Description: t, Points: points}, document.Chart{Kind: document.Bars, Caption: t, Points: points},
			document.Chart{Kind: document.Stacked, Caption: t, Series: []document.Text{t, t}, Points: parts},
			document.Columns{Left: document.Blocks{document.Paragraph{Text: in, Small: true}}, Right: document.Blocks{document.Definitions{Items: []document.Definition{{Term: t, Text: []document.Inlines{in}}}}}},
		},
	}
	if quotes() {
		d.Blocks = append(d.Blocks, document.Quote{Text: in})
	}
	return d
}

// quotes tells whether the renderers draw quotes. That they do is a case of its
// own: see shapes.
var quotes = sync.OnceValue(func() bool {
	for _, f := range render.Formats() {
		if _, err := render.Render(context.Background(), blank(shapesByName()["a quote"]()...), f); err != nil {
			return false
		}
	}
	return true
})

// closed puts a text where only a few words, a colour, a date or an address may
// stand. What is let through is rendered.
func closed(s string) ([]made, error) {
	in := func(i document.Inline) *document.Document {
		return blank(document.Paragraph{Text: document.Inlines{i}})
	}
	image := hostile.Pictures()[0]
	edited := func(edit func(*document.Document)) *document.Document { d := blank(); edit(d); return d }
	all := map[string]*document.Document{
		"link": in(document.Inline{Text: document.Clean("link"), Link: s}), "tone": in(document.Inline{Text: document.Clean("tone"), Tone: document.Tone(s)}),
		"chart": blank(document.Chart{Kind: document.ChartKind(s)}), "align": blank(document.Table{Columns: []document.Column{{Align: document.Align(s)}}}),
		"date": edited(func(d *document.Document) { d.BusinessDate = document.Clean(s) }), "language": edited(func(d *document.Document) { d.Language = document.Clean(s) }),
		"paper":    edited(func(d *document.Document) { d.Style = &document.Style{Paper: document.Paper(s)} }),
		"typeface": edited(func(d *document.Document) { d.Style = &document.Style{Typeface: document.Typeface(s)} }),
		"accent":   edited(func(d *document.Document) { d.Style = &document.Style{Accent: s} }),
		"media type": edited(func(d *document.Document) {
			d.Style = &document.Style{Logo: &document.Image{MediaType: s, Data: image.Data}}
		}),
	}
	var out []made
	var errs []error
	for name, d := range all {
		err := document.Validate(d)
		if err == nil {
			out = append(out, made{name, d, []string{clipped(s, 2000)}})
		}
		errs = append(errs, err)
	}
	return out, errors.Join(errs...)
}

// stored puts a text into the JSON of a document as it is stored, as bytes and
// as an escaped string.
func stored(s string) ([]made, error) {
	b, err := document.Canonical(everywhere("@@@"))
	if err != nil {
		return nil, err
	}
	whole, raw := []byte(`"@@@"`), `"`+s+`"`
	if len(s) > 64<<10 { // in one place: the input is to be large, not the test
		raw = raw[:min(len(raw)-1, 4<<20)] + `"` // stored texts are 4,096 characters long: a thousand times that
		at := bytes.LastIndex(b, whole)          // the title
		return parsed(slices.Concat(b[:at], []byte(raw), b[at+len(whole):]))
	}
	if _, err := parsed(bytes.ReplaceAll(b, whole, []byte(raw))); err != nil && !permanent(err) {
		return nil, err
	}
	d, err := document.Parse(bytes.ReplaceAll(b, whole, []byte(quoted(s))))
	if err != nil {
		return nil, err
	}
	got, _ := document.Canonical(d)
	want, _ := document.Canonical(everywhere(strings.ToValidUTF8(s, "\uFFFD")))
	if !utf8.ValidString(s) { // how many replacement characters a byte becomes is JSON's affair
		return nil, nil
	}
	if !bytes.Equal(got, want) {
		return nil, errors.New("a document that was stored differs from the one that was made")
	}
	return nil, nil
}

func permanent(err error) bool { return faultOf(err).Permanent }

func parsed(b []byte) ([]made, error) {
	d, err := document.Parse(b)
	if err != nil {
		return nil, err
	}
	return []made{{"parsed", d, []string{address}}}, document.Validate(d)
}

// quoted is a text as a string of JSON and of YAML.
func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings can be written
	}
	return string(b)
}

// composed reads a template and makes a document of the example day.
func composed(source string) ([]made, error) {
	t, err := template.Parse([]byte(source), registry())
	if err != nil {
		return nil, err
	}
	return withTemplate(t, example(), "composed")
}

func example() *fact.Set {
	set := facttest.Example()
	set.TimeZone = "UTC" // needs no file
	return set
}

func withTemplate(t *template.Template, set *fact.Set, name string) ([]made, error) {
	narratives := map[string]analysis.Narrative{}
	for _, n := range t.Narratives() {
		written, err := analysis.ByRules(set, analysis.Options{About: n.About})
		if err != nil {
			return nil, err
		}
		narratives[n.Name] = written
	}
	d, err := compose.Compose(set, t, nil, narratives, compose.Meta{Revision: 1, FactsSHA256: strings.Repeat("0", 64)})
	if err != nil {
		return nil, err
	}
	return []made{{name, d, nil}}, nil
}

// written puts a text into a template wherever it takes prose, as long as may
// be: what is refused there hides nothing here.
func written(s string) ([]made, error) {
	s = strings.NewReplacer("{{", "{ {", "**", "* *", "\x00", "").Replace(strings.ToValidUTF8(clipped(s, 40), "?"))
	if strings.TrimSpace(s) == "" {
		s += "a"
	}
	q := quoted(s)
	return composed("name: hostile\nversion: 1.0.0\ntitle: " + q + "\nnote: " + q + "\nblocks:\n" +
		"  - section: " + q + "\n    blocks:\n      - text: " + q + "\n      - table: {caption: " + q + ", of: 'attack.success_rate{target}'}\n" +
		"      - chart: {caption: " + q + ", kind: line, of: attack.success_rate}\n  - data_notes: {}\noutput: {classification: " + q + "}\n")
}

// fields are the places of a template that take no prose, and prose by itself:
// there one text that is refused hides no other.
var fields = []string{"title", "section", "text", "caption", "classification", "name", "version", "kpis", "of", "column", "where", "sort", "limit", "when", "format", "about", "narrative", "provider", "parameter", "key"}

func field(name, s string) string {
	q := quoted(clipped(s, 1<<20)) // sixteen times what a file may hold
	block := func(b string) string { return hostile.Head + "  - " + b + "\n" }
	switch name {
	case "title", "name", "version":
		lines := strings.SplitAfter(hostile.Head, "\n")
		for i, l := range lines {
			if strings.HasPrefix(l, name+":") {
				lines[i] = name + ": " + q + "\n"
			}
		}
		return strings.Join(lines, "")
	case "section":
		return block("{section: " + q + ", blocks: [{text: a}]}")
	case "text":
		return block("text: " + q)
	case "caption":
		return block("table: {of: 'findings{severity}', caption: " + q + "}")
	case "classification":
		return hostile.Head + "output: {classification: " + q + "}\n"
	case "format":
		return hostile.Head + "output: {formats: [" + q + "]}\n"
	case "kpis":
		return block("kpis: [" + q + "]")
	case "of":
		return block("table: {of: " + q + "}")
	case "column":
		return block("table: {of: 'findings{severity}', columns: [" + q + "]}")
	case "where", "sort", "limit":
		return block("table: {of: 'attack.success_rate{target}', " + name + ": " + q + "}")
	case "when":
		return block("{section: A, when: " + q + ", blocks: [{text: a}]}")
	case "about":
		return block("narrative: {about: [" + q + "]}")
	case "narrative":
		return block("narrative: {name: " + q + "}")
	case "provider":
		return block("narrative: {providers: [" + q + "]}")
	case "parameter":
		return hostile.Head + "parameters: {" + q + ": {type: integer, default: " + q + "}}\n"
	}
	return block(q + ": {}")
}

// resolved gives a series' parameters.
func resolved(s string) ([]made, error) {
	s = clipped(s, 64<<10) // as large as a series' file may be
	for name, t := range library() {
		for _, given := range []map[string]any{{s: 1}, {"worst_cells": s}, {"worst_cells": []any{s}}} {
			if _, err := t.Resolve(given); err == nil || !permanent(err) {
				return nil, fmt.Errorf("%s takes %.80q for a parameter: %v", name, s, err)
			}
		}
	}
	return nil, nil
}

// registry is every metric, those that come with the programs included.
var registry = sync.OnceValue(func() *fact.Registry {
	r, err := metric.Load(metrics.FS)
	if err != nil {
		panic(err) // its own tests say so first
	}
	return r
})

// library is every template that comes with the programs.
var library = sync.OnceValue(func() map[string]*template.Template {
	files, err := fs.Glob(templates.FS, "*.yaml")
	if err != nil || len(files) == 0 {
		panic("no templates are embedded")
	}
	out := map[string]*template.Template{}
	for _, name := range files {
		source, err := templates.FS.ReadFile(name)
		if err != nil {
			panic(err) // it was listed
		}
		t, err := template.Parse(source, registry())
		if err != nil {
			panic(err) // its own tests say so first
		}
		out[strings.TrimSuffix(name, ".yaml")] = t
	}
	return out
})

// facts puts a text into the facts of a day wherever a source's own words come
// in, and composes every template of the library. Names are as long as ingest
// lets them be.
func facts(s string) ([]made, error) {
	var out []made
	for name, t := range library() {
		one, err := withTemplate(t, poisoned(s), name)
		if err != nil {
			return nil, err
		}
		out = append(out, one...)
	}
	return out, nil
}

// The longest that ingest lets in, in characters.
const (
	longestName = 200
	longestText = 500
)

func poisoned(s string) *fact.Set {
	s = clipped(s, longestText)
	set, short := example(), clipped(s, longestName)
	name := func(own string) string { return short + own }
	set.Title = s
	for i := range set.Facts {
		f := &set.Facts[i]
		dims := fact.Dims{}
		for k, v := range f.Dims {
			if dims[k] = v; k != "severity" {
				dims[k] = name(v)
			}
		}
		if f.Dims = dims; f.Category != "" {
			f.Category = name(f.Category)
		}
		if f.Reason != "" {
			f.Reason = s
		}
	}
	for i := range set.Trends {
		for k := range set.Trends[i].Points {
			if p := &set.Trends[i].Points[k]; p.Reason != "" {
				p.Reason = s
			}
		}
	}
	for i := range set.Feeds {
		set.Feeds[i].Source = s
	}
	declare(set, s, short)
	poisonRecords(&set.Records, s, name)
	facttest.Recount(set)
	return set
}

// declare adds what is declared: in total not measured, by a label measured.
func declare(set *fact.Set, s, label string) {
	one := 1.0
	for _, m := range registry().Metrics() {
		if m.Declared == nil {
			continue
		}
		set.Metrics = append(set.Metrics, m)
		f := fact.Fact{ID: m.ID, Dims: fact.Dims{}, Metric: m.Version, Unit: m.Unit, Decimals: m.Decimals, Good: m.Good, Status: fact.Unmeasured,
			Reason: s, Window: set.Window, AsOf: set.AsOf, Query: m.Query}
		set.Facts = append(set.Facts, f)
		for _, dims := range m.Dimensions {
			f.Dims, f.Status, f.Reason, f.Value = fact.Dims{}, fact.Measured, "", &one
			for _, d := range dims {
				f.Dims[d] = label
			}
			set.Facts = append(set.Facts, f)
		}
	}
}

func poisonRecords(r *fact.Records, s string, name func(string) string) {
	for i := range r.Targets {
		t := &r.Targets[i]
		t.Name, t.Version = name(t.Name), s
		for k := range t.Changes {
			t.Changes[k].Version = s
		}
	}
	for i := range r.NoResult {
		n := &r.NoResult[i]
		n.Source, n.Name, n.Suite, n.Target, n.Reason = s, s, s, name(n.Target), s
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		f.Source, f.Name, f.Target, f.Title, f.State, f.Owner = s, s, name(f.Target), s, s, s
	}
	for i := range r.Incidents {
		r.Incidents[i].Source, r.Incidents[i].Name, r.Incidents[i].Title, r.Incidents[i].State = s, s, s, s
	}
	for i := range r.Actions {
		a := &r.Actions[i]
		a.Source, a.Name, a.Title, a.About, a.Owner = s, s, s, s, s
	}
	for i := range r.ActionsDone {
		r.ActionsDone[i] = s
	}
	for i := range r.Disagreements {
		d := &r.Disagreements[i]
		d.Source, d.Run, d.Target, d.Probe, d.Detector = s, s, s, s, s
	}
	r.LateBatches = []fact.LateBatch{{Source: s, Name: s, RecordedAt: example().AsOf, Rows: 1}}
}

// clipped is a text of at most so many characters.
func clipped(s string, most int) string {
	n := 0
	for i := range s {
		if n++; n > most {
			return s[:i]
		}
	}
	return s
}
