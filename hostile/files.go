package hostile

import (
	"fmt"
	"strings"
)

// YAML are files that a YAML reader should not have to trust.
func YAML() []string {
	return []string{
		laughs(9, 9), "a: &a [*a]\n", "a: &a {b: *a}\n", "x: &x 1\ny: *x\n", "<<: {name: x}\nname: y\n", "base: &b {title: x}\nuse: {<<: *b}\n",
		"name: a\nname: b\n", "{name: a, name: b}\n", "name: !!python/object/apply:os.system [id]\n", "name: !!binary aGVsbG8=\n", "name: !<tag:yaml.org,2002:js/function> x\n",
		"name: !!str 1\n? [a]\n: b\n", "%YAML 1.1\n%TAG ! tag:x,2026:\n---\na: b\n", "a: b\r\nc: d\r\n", "a: b\rc: d\r", "--- a\n--- b\n", "a: |\n  text\n...\nb: c\n",
		"name: \"\\x00\\u202e\\U0010FFFF\"\n", "name: yes\nversion: 1.0\n", "name: 0o17\nversion: 1_000\n", "name: 2026-11-20\n", "\uFEFFname: x\n", "name: 'un\n", "name: [1, 2\n",
		"? ? ? ? a\n", "- - - - - -\n", "name: >-\n" + strings.Repeat("  x\n", 20_000), "\ta: b\n", "a: *nothing\n", "a:\n b:\n  c:\n" + strings.Repeat(" ", 5000) + "d: 1\n",
		"name: " + strings.Repeat("x", 100_000) + "\n", manyKeys(20_000), "a: ~\n~: a\n", "[]: {}\n", "name: \"\\ud800\"\n", "&a a: *a\n",
	}
}

// laughs is a file of nested aliases that unfolds to width to the depth.
func laughs(depth, width int) string {
	var b strings.Builder
	b.WriteString("a0: &a0 lol\n")
	for i := range depth {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), width), ", "))
	}
	return b.String()
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "k%d: v\n", i)
	}
	return b.String()
}

// JSON are texts that a JSON reader should not have to trust.
func JSON() []string {
	return []string{
		`{"a":1,"a":2}`, `{"schema":1,"schema":1}`, `{"schema":1,"Schema":1}`, `{"n":1e999}`, `{"n":` + strings.Repeat("9", 5000) + `}`, `{"s":"\ud800"}`, `{"s":"\u0000"}`,
		`[1,]`, `{"a":NaN}`, `{'a':1}`, `{"a":1}//x`, `{"a":1} {"b":2}`, "\uFEFF{}", `{"__proto__":{"x":1}}`, `"` + strings.Repeat(`\u0041`, 20_000) + `"`,
		strings.Repeat(`[{"a":`, 5000), `{"":""}`, `{"a":"` + "\x01" + `"}`, `null`, `{"schema":1,"blocks":null}`,
	}
}

// Lines are lines of NDJSON as a feed could send them, where @ is a hostile
// text as JSON.
func Lines() []string {
	return []string{
		`{"kind":"target","target":@}`,
		`{"kind":"run","source":"s","run":@,"target":@,"planned_for":"2026-11-19T10:00:00Z","tool":@,"suite":@}`,
		`{"kind":"run_event","source":"s","run":"R","event":"failed","at":"2026-11-19T10:00:00Z","reason":@}`,
		`{"kind":"finding","source":"s","finding":@,"target":@,"title":@}`,
		`{"kind":"finding_event","source":"s","finding":"F","event":"opened","severity":"high","at":"2026-11-19T10:00:00Z","owner":@,"state":@}`,
		`{"kind":"incident","source":"s","incident":@,"title":@}`,
		`{"kind":"action","source":"s","action":@,"type":"action","title":@,"about":@}`,
		`{"kind":"planned_cell","source":"s","run":"R","probe":@,"detector":@,"category":@}`,
		`{"kind":"health_sample","source":"s","component":@,"at":"2026-11-19T10:00:00Z","up":true}`,
		`{"kind":"attempt","source":"s","run":"R","attempt":@,"at":"2026-11-19T10:00:00Z","probe":@,"category":@,"answered":true}`,
		`{"kind":@}`, `{"kind":"target","source":@,"target":"t"}`, `{"kind":"run","run":"R","target":"t","planned_for":@}`, `{@:1}`,
	}
}

// Templates are template files that nobody who means well writes. Their blocks
// follow Head.
func Templates() []string {
	deepSections := strings.Repeat("{section: A, blocks: [", 2000)
	whens := []string{
		`true`, `1 == 1 and`, strings.Repeat("(", 3000) + "true" + strings.Repeat(")", 3000), `repeat("a", 1000000000) == ""`, `len(1..1000000000) > 0`,
		`fact("attack.hits") > 1e999`, `"a" matches "(a+)+$"`, strings.Repeat("not ", 5000) + "true", `all(1..1000000, all(1..1000000, # > 0))`, `env.HOME != ""`,
		`fact("` + strings.Repeat("a", 5000) + `") > 0`, strings.Repeat("1 + ", 5000) + "1 > 0",
	}
	out := []string{
		"  - " + deepSections + "\n", "  - table: {of: 'attack.success_rate{target}', limit: 99999999999999999999}\n", "  - table: {of: 'attack.success_rate{target}', where: 'evaluated >= 1e999'}\n",
		"  - kpis: [" + strings.Repeat("incidents.open, ", 3000) + "incidents.open]\n", "  - chart: {kind: line, of: attack.success_rate, days: -1}\n",
		"  - columns: {left: [{text: a}], right: [{text: b}], ratio: .nan}\n", "  - columns: {left: [{text: a}], right: [{text: b}], ratio: .inf}\n",
		"  - columns: {left: [{text: a}], right: [{text: b}], ratio: 1e-320}\n", "  - section: '" + strings.Repeat("A", 5000) + "'\n    blocks: [{text: a}]\n",
		"  - narrative: {about: ['" + strings.Repeat("*", 5000) + "']}\n", "  - narrative: {name: '../x'}\n", "  - text: \"{{fact:attack.hits{target=\\u202E}}}\"\n",
		strings.Repeat("  - text: a\n", 5000), strings.Repeat("  - data_notes: {}\n", 500), "  - table: {of: 'attack.success_rate{target}', columns: [" + strings.Repeat("target, ", 10_000) + "target]}\n",
	}
	for _, w := range whens {
		out = append(out, fmt.Sprintf("  - {text: a, when: %q}\n", w), fmt.Sprintf("  - {section: A, when: %q, blocks: [{text: a}]}\n", w))
	}
	return out
}

// Head begins a template that only lacks its blocks. Data notes end it.
const Head = "name: hostile\nversion: 1.0.0\ntitle: Hostile\nblocks:\n  - data_notes: {}\n"
