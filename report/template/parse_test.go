package template_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/formula"
	"github.com/closeofbusiness/cob/report/template"
	"github.com/closeofbusiness/cob/templates"
)

func parse(src []byte) (*template.Template, error) { return template.Parse(src, fact.Builtin()) }

func daily(t testing.TB) []byte {
	src, err := templates.FS.ReadFile("daily-security.yaml")
	require.NoError(t, err)
	return src
}

func TestDailySecurity(t *testing.T) {
	t.Parallel()
	got, err := parse(daily(t))
	require.NoError(t, err)
	require.Equal(t, "daily-security", got.Name)
	require.Equal(t, "1.0.0", got.Version)
	require.Equal(t, "INTERNAL", got.Output.Classification)
	require.Equal(t, []string{"pdf", "html", "md", "json"}, got.Output.Formats)
	require.Len(t, got.Narratives(), 1)
	require.Equal(t, "summary", got.Narratives()[0].Name)
	p, err := got.Resolve(nil)
	require.NoError(t, err)
	require.Equal(t, template.Params{"worst_cells": formula.Int(5), "minimum_evaluations": formula.Int(50)}, p)
}

// JSON is YAML, so a template may be written by a program.
func TestJSON(t *testing.T) {
	t.Parallel()
	want, err := parse(daily(t))
	require.NoError(t, err)
	compact, err := yaml.YAMLToJSON(daily(t))
	require.NoError(t, err)
	for _, indent := range []string{"", "  ", "\t"} {
		var src bytes.Buffer
		require.NoError(t, json.Indent(&src, compact, "", indent))
		got, err := parse(src.Bytes())
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	got, err := parse([]byte(`{"name":"x","version":"1.0.0","title":"a\/b \u2026 \ud83d\ude00 \"q\"","blocks":[{"data_notes":{}}]}`))
	require.NoError(t, err)
	require.Equal(t, `a/b … 😀 "q"`, got.Title)
	_, err = parse([]byte("{\n  \"name\": \"x\",\n  \"version\": \"1.0.0\",\n  \"title\": \"X\",\n  \"blocks\": [\n    {\"data_notes\": {}},\n    {\n      \"graph\": {}\n    }\n  ]\n}\n"))
	require.ErrorContains(t, err, "line 8: blocks[1].graph: found an unknown block")
}

func TestResolve(t *testing.T) {
	t.Parallel()
	tmpl, err := parse(daily(t))
	require.NoError(t, err)
	for _, v := range []any{7, int64(7), uint64(7), 7.0} {
		p, err := tmpl.Resolve(map[string]any{"worst_cells": v})
		require.NoError(t, err)
		require.Equal(t, 7, p.Int(template.Int{Param: "worst_cells"}))
	}
	_, err = tmpl.Resolve(map[string]any{"worst_cells": 21, "minimum_evaluations": "many", "best_cells": 1})
	require.ErrorIs(t, err, report.ErrInvalid)
	require.ErrorContains(t, err, "parameters.worst_cells: found 21, expected a whole number from 1 to 20")
	require.ErrorContains(t, err, "parameters.minimum_evaluations: found many, expected a whole number from 0")
	require.ErrorContains(t, err, "parameters.best_cells: found a parameter that the template does not have, expected one of worst_cells, minimum_evaluations")
	for _, v := range []any{1.5, -1, 1e300, nil, true} {
		_, err := tmpl.Resolve(map[string]any{"worst_cells": v})
		require.ErrorIs(t, err, report.ErrInvalid, "%v", v)
	}
}

const head = "name: x\nversion: 1.0.0\ntitle: X\nparameters:\n  n: {type: integer, default: 5, minimum: 1, maximum: 20}\nblocks:\n  - data_notes: {}\n"

const smallest = "name: x\nversion: 1.0.0\ntitle: X\nblocks:\n  - data_notes: {}\n"

func TestSmallest(t *testing.T) {
	t.Parallel()
	got, err := parse([]byte(smallest))
	require.NoError(t, err)
	require.Equal(t, []template.Block{template.DataNotes{}}, got.Blocks)
	require.Equal(t, []string{"pdf", "html", "md", "json"}, got.Output.Formats)
}

// The example of the interface's description, with all that it uses.
const documented = `
name: daily-security
version: 1.0.0
title: Daily security
note: first version
parameters:
  worst_cells: {type: integer, default: 5, minimum: 1, maximum: 20}
  minimum_evaluations: {type: integer, default: 50}
blocks:
  - kpis:
      - attack.success_rate
      - findings.open{severity=critical}
      - incidents.open
      - runs.completed                      # shown as "12 of 14" (its metric names the whole)
      - actions.overdue
      - facts.unmeasured
  - section: Executive summary
    blocks:
      - narrative: {about: [attack.*, findings.*, incidents.*, runs.*], sentences: 6}
  - section: Priority actions for the next shift
    blocks:
      - actions: {limit: 7, sort: [overdue, due]}
  - section: Threat intelligence
    page_break: before
    blocks:
      - table:
          of: attack.success_rate{target,probe,detector}
          columns: [target, probe, detector, hits, evaluated, rate, interval, comparable_previous, change]
          where: evaluated >= params.minimum_evaluations
          sort: -rate
          limit: params.worst_cells
      - table: {of: "attack.success_rate{target}", total: true}
      - table: {of: "findings{severity}", columns: [open_before, opened, closed, rerated, open], total: true}
  - section: Trends
    blocks:
      - chart: {kind: line, of: attack.success_rate, days: 14}
      - chart: {kind: bar, of: "attack.success_rate{category}", with: comparable_previous}
  - section: Performance
    blocks:
      - table: {of: "health{component}", columns: [availability, latency_p95]}
      - text: "{{fact:runs.completed}} of {{fact:runs.planned}} planned runs completed."
  - data_notes: {}                          # not measured, disagreements, late rows. Cannot be left out
output: {formats: [pdf, html, md, json], paper: A4, classification: INTERNAL}
`

func TestDocumentedExample(t *testing.T) {
	t.Parallel()
	got, err := parse([]byte(documented))
	require.NoError(t, err)
	table := got.Blocks[3].(template.Section).Blocks[2].(template.Table)
	require.Equal(t, []template.Column{{Name: "severity"}, {Name: "open_before"}, {Name: "opened"}, {Name: "closed"}, {Name: "rerated_net"}, {Name: "open"}}, table.Columns)
}

// blockProblems are blocks which, added to a good template, give that problem.
var blockProblems = []struct{ name, block, want string }{
	{"unknown block", "graph: {}", "line 8: blocks[1].graph: found an unknown block, expected one of kpis, section"},
	{"unknown key", "table: {of: 'attack.success_rate{target}', colour: red}", "blocks[1].table.colour: found an unknown key, expected one of caption, of"},
	{"unknown metric", "kpis: [attack.failures]", `blocks[1].kpis[0]: found "attack.failures", expected a known metric`},
	{"unknown dimension", "kpis: ['incidents.open{target=x}']", "expected one of incidents.open's breakdowns: incidents.open"},
	{"dimension without a value", "kpis: ['findings.open{severity}']", "expected dimensions written name=value"},
	{"too many tiles", "kpis: [incidents.open, incidents.open, incidents.open, incidents.open, incidents.open, incidents.open, incidents.open]", "found 7 figures, expected at most 6"},
	{"unknown breakdown", "table: {of: 'attack.success_rate{severity}'}", "expected one of attack.success_rate's breakdowns: attack.success_rate, attack.success_rate{target}"},
	{"unknown group", "table: {of: 'tickets{queue}'}", `blocks[1].table.of: found "tickets{queue}", expected a known metric, or a group`},
	{"references to nothing", "references: {}", "blocks[1].references: found no word on which notes, expected one of domain, domains and match: facts"},
	{"references twice said", "references: {domain: a, match: facts}", "blocks[1].references: found domain beside match, expected one of domain"},
	{"references of an unknown key", "references: {domain: a, sort: date}", "blocks[1].references.sort: found an unknown key, expected one of title, domain"},
	{"references that are a text", "references: RB-12", `blocks[1].references: found "RB-12", expected a mapping with title`},
	{"references to an empty domain", "references: {domain: ' '}", "blocks[1].references.domain: found nothing, expected a domain such as"},
	{"references to a number", "references: {domain: 7}", "blocks[1].references.domain: found 7, expected a domain such as"},
	{"references to a long domain", "references: {domain: " + strings.Repeat("x", 101) + "}", "found 101 characters, expected at most 100"},
	{"references to no domains", "references: {domains: []}", "blocks[1].references.domains: found an empty list"},
	{"references to 21 domains", "references: {domains: [" + strings.TrimSuffix(strings.Repeat("x, ", 21), ", ") + "]}", "found 21 domains, expected at most 20"},
	{"references that match words", "references: {match: words}", `blocks[1].references.match: found "words", expected facts`},
	{"references of another type", "references: {match: facts, types: [memo]}", `blocks[1].references.types[0]: found "memo", expected one of runbook`},
	{"references of no type", "references: {match: facts, types: []}", "blocks[1].references.types: found an empty list"},
	{"too many references", "references: {match: facts, limit: 51}", "blocks[1].references.limit: found 51, expected a whole number from 1 to 50"},
	{"reference without a name", "text: 'See {{ref:}}.'", "blocks[1].text: found {{ref:}}, expected the name of a reference note"},
	{"reference with a brace", "text: 'See {{ref:a{b}}}.'", "expected the name of a reference note"},
	{"unclosed brace", "table: {of: 'attack.success_rate{target'}", "expected dimensions in braces"},
	{"unknown column", "table: {of: 'health{component}', columns: [component, uptime]}", `blocks[1].table.columns[1]: found "uptime", expected one of component, availability`},
	{"column of other dimensions", "table: {of: 'attack.success_rate{category}', columns: [category, version]}", `found "version"`},
	{"condition on another metric", "table: {of: 'health.availability{component}', where: evaluated >= 3}", "blocks[1].table.where: found the name evaluated, expected one of weekday"},
	{"condition that is a number", "table: {of: 'attack.success_rate{target}', where: hits + 3}", `found "hits + 3", which is a number, expected true or false`},
	{"condition that is half", "table: {of: 'attack.success_rate{target}', where: hits >}", "expected an expression such as"},
	{"condition on no row", "{section: A, when: value > 3, blocks: [{text: a}]}", "blocks[1].when: found the name value, expected one of weekday, qualified"},
	{"condition with an unknown metric", "{section: A, when: fact('runs.lost') > 3, blocks: [{text: a}]}", `blocks[1].when: found fact("runs.lost"), expected a known metric`},
	{"condition with an unknown dimension", "{section: A, when: 'fact(\"incidents.open{team=x}\") > 3', blocks: [{text: a}]}", "expected one of incidents.open's breakdowns"},
	{"condition with an unknown parameter", "{section: A, when: params.most > 3, blocks: [{text: a}]}", "found params.most, expected one of params.n"},
	{"condition with a computed metric", "{section: A, when: 'fact(weekday) > 3', blocks: [{text: a}]}", "with a metric in quotes"},
	{"condition with another function", "{section: A, when: now() > 3, blocks: [{text: a}]}", "found now(), expected fact("},
	{"condition that repeats", "{section: A, when: 'all(1..99999999, true)', blocks: [{text: a}]}", "blocks[1].when: found"},
	{"condition that is nothing", "{section: A, when: '', blocks: [{text: a}]}", "blocks[1].when: found nothing"},
	{"condition that is a truth", "{section: A, when: true, blocks: [{text: a}]}", "blocks[1].when: found true, expected an expression"},
	{"long condition", "{section: A, when: '" + strings.Repeat("1 + ", 200) + "1 > 0', blocks: [{text: a}]}", "expected at most 500"},
	{"condition with a figure that is not", "{section: A, when: 'figure(\"none\") > 0', blocks: [{text: a}]}", `found figure("none")`},
	{"a figure that is not", "kpis: [closed_share]", `found "closed_share", expected a known metric`},
	{"a tile with an unknown key", "kpis: [{figure: incidents.open, colour: red}]", "blocks[1].kpis[0].colour: found an unknown key, expected one of figure, label, detail"},
	{"a tile without a figure", "kpis: [{label: x}]", "blocks[1].kpis[0].figure: found nothing"},
	{"a long label", "kpis: [{figure: incidents.open, label: '" + strings.Repeat("d", 61) + "'}]", "found 61 bytes, expected at most 60"},
	{"a long column title", "table: {of: 'findings{severity}', columns: [{column: open, title: '" + strings.Repeat("d", 41) + "'}]}", "found 41 bytes, expected at most 40"},
	{"a long detail", "kpis: [{figure: incidents.open, detail: '" + strings.Repeat("d", 81) + "'}]", "found 81 bytes, expected at most 80"},
	{"text with a figure that is not", "text: '{{figure:closed_share}}'", "found {{figure:closed_share}}, expected one of the template's figures: none"},
	{"too many columns", "table: {of: 'findings{severity}', columns: [" + strings.Repeat("open, ", 13) + "]}", "found 13 columns, expected at most 12"},
	{"a column without a name", "table: {of: 'findings{severity}', columns: [{title: x}]}", "columns[0].column: found nothing"},
	{"a column with an unknown key", "table: {of: 'findings{severity}', columns: [{column: open, width: 3}]}", "columns[0].width: found an unknown key, expected one of column, title, emphasise"},
	{"emphasis without a condition", "table: {of: 'findings{severity}', columns: [{column: open, emphasise: {as: worse}}]}", "emphasise.when: found nothing"},
	{"emphasis as a colour", "table: {of: 'findings{severity}', columns: [{column: open, emphasise: {when: open > 0, as: red}}]}", `found "red", expected one of worse, better, strong`},
	{"emphasis with a long word", "table: {of: 'findings{severity}', columns: [{column: open, emphasise: {when: open > 0, as: worse, word: " + strings.Repeat("w", 21) + "}}]}", "found 21 bytes, expected at most 20"},
	{"sorted by what is no number", "table: {of: 'findings{severity}', sort: -interval}", `found "-interval", expected one of severity, -severity, open_before`},
	{"sections four deep", "{section: A, blocks: [{section: B, blocks: [{section: C, blocks: [{section: D, blocks: [{text: a}]}]}]}]}", "found sections within sections, expected at most 3 deep"},
	{"data notes on a condition", "{section: A, when: qualified, blocks: [{data_notes: {}}]}", "found a condition on a section with data_notes, expected none: they cannot be left out"},
	{"more blocks than there may be", "columns: {left: [" + strings.Repeat("{text: a}, ", 99) + "], right: [{text: b}]}", "found block 101, expected at most 100"},
	{"unknown parameter", "actions: {limit: params.most}", `blocks[1].actions.limit: found "params.most", expected a whole number from 1 to 50, or a parameter such as params.n`},
	{"parameter out of bounds", "narrative: {sentences: params.n}", "found params.n, which may be 1 to 20, expected a whole number from 1 to 6"},
	{"number out of bounds", "actions: {limit: 0}", "blocks[1].actions.limit: found 0, expected a whole number from 1 to 50"},
	{"unknown sort", "actions: {sort: [urgency]}", `found "urgency", expected one of overdue, due`},
	{"line over dimensions", "chart: {kind: line, of: 'attack.success_rate{target,probe,detector}'}", "found 3 dimensions, expected a metric in total, or by one dimension"},
	{"line of a group", "chart: {kind: line, of: 'findings{severity}'}", "blocks[1].chart.of: found findings, expected a metric"},
	{"line of what has no total", "chart: {kind: line, of: health.availability}", "found health.availability, expected it by one dimension, health.availability{component}: it has no total"},
	{"stack of a total", "chart: {kind: stacked, of: findings.open}", "found 0 dimensions, expected a metric by one dimension"},
	{"stack of rates", "chart: {kind: stacked, of: 'attack.success_rate{category}'}", "found attack.success_rate, expected a metric whose parts add up"},
	{"stack of ages", "chart: {kind: stacked, of: 'findings.oldest_open{severity}'}", "expected a metric whose parts add up"},
	{"days of bars", "chart: {kind: bar, of: 'attack.success_rate{category}', days: 7}", "blocks[1].chart.days: found it in a chart of kind bar, expected it only where the kind is line or stacked"},
	{"a limit of lines", "chart: {kind: line, of: 'attack.success_rate{category}', limit: 3}", "blocks[1].chart.limit: found it in a chart of kind line, expected it only where the kind is bar"},
	{"a mark of stacks", "chart: {kind: stacked, of: 'findings.open{severity}', with: comparable_previous}", "blocks[1].chart.with"},
	{"too many bars", "chart: {kind: bar, of: 'attack.success_rate{category}', limit: 25}", "blocks[1].chart.limit: found 25, expected a whole number from 1 to 24"},
	{"one day", "chart: {kind: stacked, of: 'findings.open{severity}', days: 1}", "found 1, expected a whole number from 2 to 31"},
	{"bars without a dimension", "chart: {kind: bar, of: attack.success_rate}", "found 0 dimensions"},
	{"more days than trends hold", "chart: {kind: line, of: attack.success_rate, days: 32}", "blocks[1].chart.days: found 32, expected a whole number from 2 to 31"},
	{"pie", "chart: {kind: pie, of: attack.success_rate}", `blocks[1].chart.kind: found "pie", expected one of line, bar, stacked`},
	{"text with an unknown figure", "text: '{{fact:runs.lost}} runs'", "found {{fact:runs.lost}}, expected a known metric"},
	{"text with an unknown verb", "text: '{{sum:runs.planned}} runs'", "expected {{fact:…}}, {{previous:…}}"},
	{"text left open", "text: 'a {{fact:runs.planned'", "found {{ without }}"},
	{"bold left open", "text: 'a **b'", "found ** without its second"},
	{"share of no whole", "text: '{{share:incidents.open}}'", "a metric that is a part of another"},
	{"section in columns", "columns: {left: [{section: A, blocks: [{text: a}]}], right: [{text: b}]}", "a block that needs the whole width"},
	{"ratio", "columns: {left: [{text: a}], right: [{text: b}], ratio: 3}", "blocks[1].columns.ratio: found 3"},
	{"data notes twice", "data_notes: {}", "found data_notes 2 times, expected data_notes once"},
	{"two blocks in one item", "{text: a, kpis: [incidents.open]}", "expected one block for each item"},
	{"no mapping", "3", "blocks[1]: found 3, expected a block"},
	{"anchor", "text: &a b", "found an anchor, alias, tag or merge"},
	{"alias", "text: *a", "found"},
	{"empty table", "table:", "blocks[1].table: found nothing, expected a mapping"},
	{"no such provider", "narrative: {providers: [Open AI]}", "blocks[1].narrative.providers: found Open AI, expected provider"},
	{"a provider after rules", "narrative: {providers: [rules, openai]}", "expected rules last, which never fail"},
	{"excerpts of what has none", "narrative: {excerpts: {of: prompts}}", `blocks[1].narrative.excerpts.of: found "prompts", expected one of findings, incidents, runs`},
	{"too many excerpts", "narrative: {excerpts: {of: findings, limit: 21}}", "blocks[1].narrative.excerpts.limit: found 21, expected a whole number from 1 to 20"},
	{"page break without a section", "{page_break: before, text: a}", "found a second key, text, expected one block for each item"},
	{"page break alone", "page_break: before", "blocks[1].page_break: found an unknown block"},
	{"section with another block", "{section: A, blocks: [{text: a}], text: b}", "blocks[1].text: found an unknown key, expected one of section, when, page_break, blocks"},
	{"section without blocks", "section: A", "blocks[1].blocks: found nothing, expected a list of blocks"},
	{"section without a block", "{section: A, blocks: []}", "blocks[1].blocks: found an empty list"},
	{"other page break", "{section: A, page_break: after, blocks: [{text: a}]}", `found "after", expected before`},
	{"columns without a side", "columns: {left: [{text: a}]}", "blocks[1].columns.right: found nothing"},
	{"too deep", "{section: A, blocks: [{section: B, blocks: [{section: C, blocks: [{section: D, blocks: [{section: E, blocks: [{text: a}]}]}]}]}]}", "at most 4 deep"},
	{"decisions with a key", "decisions: {limit: 3}", "blocks[1].decisions.limit: found an unknown key, expected none"},
	{"tiles that are no list", "kpis: incidents.open", "expected a list of figures"},
	{"a tile that is a number", "kpis: [3]", "blocks[1].kpis[0]: found 3"},
	{"a number in quotes", "actions: {limit: '7'}", `blocks[1].actions.limit: found "7"`},
	{"a broken number", "actions: {limit: 1.5}", "found 1.5, expected a whole number"},
	{"no truth value", "table: {of: 'findings{severity}', total: 'yes'}", `found "yes", expected true or false`},
	{"table of nothing", "table: {total: true}", "blocks[1].table.of: found nothing"},
	{"too many rows", "table: {of: 'attack.success_rate{target}', limit: 1001}", "found 1001, expected a whole number from 1 to 1000"},
	{"other findings", "findings: {severity: low}", `found "low", expected critical`},
	{"findings of any severity", "findings: {limit: 3}", "blocks[1].findings.severity: found nothing"},
	{"bars with another", "chart: {kind: bar, of: 'attack.success_rate{category}', with: forecast}", "expected comparable_previous"},
	{"bad narrative name", "narrative: {name: The summary}", "expected a name of a-z, 0-9 and -"},
	{"no sentence", "narrative: {sentences: 0}", "expected a whole number from 1 to 6"},
	{"narrative about nothing", "narrative: {about: []}", "found an empty list"},
	{"a provider twice", "narrative: {providers: [openai, openai]}", "expected each provider once"},
	{"too many providers", "narrative: {providers: [a, b, c, d, e, f, g]}", "expected at most 6 providers"},
	{"excerpts of nothing", "narrative: {excerpts: {limit: 3}}", "excerpts.of: found nothing"},
	{"text that is a list", "text: [a]", "blocks[1].text: found a list, expected text"},
	{"text of another day", "text: 'on {{day:next}}'", "expected {{day:previous}} or {{day:date}}"},
	{"text with brackets that end together", "text: '{{fact:findings.open{severity=critical}}}'", "expected a closing brace"},
	{"long text", "text: " + strings.Repeat("long ", 3300), "found 16499 bytes, expected at most 16384"},
	{"text of nothing", "text: ''", "blocks[1].text: found nothing to print, expected text"},
	{"text of spaces", "text: '  '", "blocks[1].text: found nothing to print, expected text"},
	{"date with a name", "text: '{{date:today}}'", "found {{date:today}}, expected {{date}}"},
	{"change of an unknown figure", "text: '{{change:runs.lost}}'", "found {{change:runs.lost}}, expected a known metric"},
	{"long caption", "table: {of: 'findings{severity}', caption: " + strings.Repeat("c", 121) + "}", "found 121 bytes, expected at most 120"},
	{"narratives of one name", "{section: A, blocks: [{narrative: {}}, {narrative: {}}]}", `found 2 narratives named "summary"`},
	{"unknown pattern", "narrative: {about: [tickets.*]}", "expected a metric, or a pattern that matches some: one of attack.*"},
}

func TestProblems(t *testing.T) {
	t.Parallel()
	for _, tt := range blockProblems {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := parse([]byte(head + "  - " + tt.block + "\n"))
			require.ErrorIs(t, err, report.ErrInvalid)
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func TestEveryProblemAtOnce(t *testing.T) {
	t.Parallel()
	_, err := parse([]byte("name: Not A Name\nversion: one\nunknown: 1\nblocks:\n  - kpis: [nothing]\noutput: {formats: [docx], paper: letter}\n"))
	var e *template.Error
	require.True(t, errors.As(err, &e))
	paths := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		paths[i] = p.Path
	}
	require.ElementsMatch(t, []string{"unknown", "name", "version", "title", "blocks[0].kpis[0]", "output.formats[0]", "output.paper", "blocks"}, paths)
}

func TestFilesThatAreNoTemplates(t *testing.T) {
	t.Parallel()
	for name, src := range map[string]string{
		"empty":              "",
		"a comment":          "# nothing\n",
		"a number":           "3",
		"a list":             "- a\n",
		"two documents":      head + "---\n" + head,
		"not UTF-8":          "name: \xff\n",
		"nested":             strings.Repeat("[", 5000),
		"nested lists":       strings.Repeat("- ", 5000),
		"nested maps":        strings.Repeat("{a: ", 5000),
		"long":               strings.Repeat("#\n", 1<<16),
		"a key twice":        head + "name: y\n",
		"laughs in a figure": head + "figures: &f {a: {label: a, value: '1'}}\nparameters: *f\n",
		"merged parameters":  "base: &b {type: integer}\n" + strings.Replace(head, "{type: integer, ", "{<<: *b, ", 1),
		"a tagged version":   strings.Replace(head, "1.0.0", "!!str 1.0.0", 1),
		"a billion laughs":   "a: &a [x, x]\nb: &b [*a, *a]\nname: *b\n",
		"merge":              "<<: {name: x}\n" + head,
		"unclosed":           "name: [",
		"tab":                "name:\n\t- x",
		"control character":  "name: \x00\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parse([]byte(src))
			require.ErrorIs(t, err, report.ErrInvalid)
		})
	}
}

// What a template may have of each is bounded; one more is a problem.
func TestBounds(t *testing.T) {
	t.Parallel()
	many := func(n int, format string) string {
		out := make([]string, n)
		for i := range out {
			out[i] = strings.ReplaceAll(format, "%", strconv.Itoa(i))
		}
		return strings.Join(out, ", ")
	}
	figures := func(n int) string { return "figures: {" + many(n, "f%: {label: a, value: '1'}") + "}\n" }
	tables := func(n int) string {
		return head + "  - columns: {left: [{text: a}], right: [" + many(n, "{table: {of: 'findings{severity}', where: open > %}}") + "]}\n"
	}
	for name, tt := range map[string]struct{ fine, wrong, want string }{
		"parameters":  {smallest + "parameters: {" + many(50, "p%: {type: boolean, default: true}") + "}\n", smallest + "parameters: {" + many(51, "p%: {type: boolean, default: true}") + "}\n", "parameters: found 51 parameters, expected at most 50"},
		"figures":     {smallest + figures(30), smallest + figures(31), "figures: found 31 figures, expected at most 30"},
		"expressions": {tables(90) + figures(10), tables(90) + figures(11), "found expression 101, expected at most 100 in a template"},
	} {
		_, err := parse([]byte(tt.fine))
		require.NoError(t, err, name)
		_, err = parse([]byte(tt.wrong))
		require.ErrorIs(t, err, report.ErrInvalid, name)
		require.ErrorContains(t, err, tt.want)
	}
}

func FuzzTemplate(f *testing.F) {
	f.Add(daily(f))
	f.Add([]byte(head))
	f.Add([]byte("a: &a [*a]\n"))
	f.Add([]byte("name: !!binary x\nblocks: [{text: '{{fact:runs.planned}} **a**. b'}]\n"))
	f.Add([]byte(`{name: x, version: 1.0.0, title: X, parameters: {n: {type: number, default: 1e9}, t: {type: text, default: a, pattern: "a+"}},
figures: {s: {label: S, value: "1 / 0", unit: "%"}}, blocks: [{data_notes: {}}, {kpis: [s, {figure: incidents.open}]}, {section: A, when: figure("s") > params.n, blocks: [{text: "{{figure:s}}"}]},
{table: {of: "tickets{queue}"}}, {table: {of: "findings{severity}", where: open > 1, sort: -open, columns: [{column: open, emphasise: {when: closed > 0, as: worse}}]}}]}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		got, err := parse(src)
		if err != nil {
			require.ErrorIs(t, err, report.ErrInvalid)
			return
		}
		require.NotNil(t, got)
		_, err = got.Resolve(nil)
		require.NoError(t, err)
	})
}
