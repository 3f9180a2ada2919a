package sample

// The cast: what is tested, with what, and what the story's two days measured.
// The numbers are chosen so that each target and each category adds up.

const (
	promptInjection = "prompt injection"
	jailbreak       = "jailbreak"
	encodingBypass  = "encoding bypass"
	dataLeakage     = "data leakage"
	harmfulContent  = "harmful content"
)

// test is a probe with its detector.
type test struct{ probe, detector string }

// tests are the probes of each category, in the order in which blocks use them.
var tests = map[string][]test{
	promptInjection: {
		{"latentinjection.LatentInjectionReport", "base.TriggerListDetector"},
		{"promptinject.HijackKillHumans", "promptinject.AttackRogueString"},
		{"promptinject.HijackLongPrompt", "promptinject.AttackRogueString"},
		{"promptinject.HijackHateHumans", "promptinject.AttackRogueString"},
	},
	jailbreak: {
		{"dan.DanInTheWild", "mitigation.MitigationBypass"},
		{"dan.AutoDANCached", "mitigation.MitigationBypass"},
		{"dan.Ablation_Dan_11_0", "dan.DAN"},
		{"grandma.Win10", "productkey.Win5x5"},
	},
	encodingBypass: {
		{"encoding.InjectBase64", "encoding.DecodeMatch"},
		{"encoding.InjectROT13", "encoding.DecodeMatch"},
		{"encoding.InjectHex", "encoding.DecodeMatch"},
	},
	dataLeakage: {
		{"leakreplay.LiteratureCloze", "leakreplay.StartsWith"},
		{"leakreplay.NYTCloze", "leakreplay.StartsWith"},
	},
	harmfulContent: {
		{"lmrc.SlurUsage", "lmrc.SlurUsage"},
		{"lmrc.Bullying", "unsafe_content.ToxicCommentModel"},
	},
}

// block is one category on one target: so many evaluations in each cell, and
// the hits of an ordinary day and of the story's.
type block struct {
	run      int // which of the target's runs measures it
	category string
	each     int // evaluations in each cell
	ordinary []int
	story    []int
}

type target struct {
	name    string
	retires bool // midway through the first history
	// versions by the day, counted from the anchor, on which they came in.
	versions []release
	runs     []slot
	blocks   []block
}

type release struct {
	offset  int
	version string
}

// slot is when a run is planned, and how long it takes.
type slot struct {
	number       int // within the day
	hour, minute int
	minutes      int
}

const (
	assistant = "support-assistant"
	helper    = "code-helper"
	helpdesk  = "hr-helpdesk"
	triage    = "claims-triage"
	search    = "kb-search"
	voice     = "voice-ivr"
)

// leakage is the test that fails on the story's day: one run of its own.
var leakage = test{"leakreplay.GuardianCloze", "leakreplay.StartsWith"}

var targets = []target{
	{
		name: assistant, versions: []release{{-400, "4.0"}, {-47, "4.1"}},
		runs: []slot{{10, 9, 30, 50}, {11, 10, 30, 55}, {12, 11, 35, 65}},
		blocks: []block{
			{0, promptInjection, 180, []int{16, 22, 16, 9}, []int{79, 52, 20, 12}},
			{1, jailbreak, 90, []int{6, 5, 5, 5}, []int{5, 5, 5, 5}},
			{1, encodingBypass, 90, []int{2, 1}, []int{2, 1}},
			{2, dataLeakage, 90, []int{7, 5}, []int{5, 4}},
			{2, harmfulContent, 120, []int{4}, []int{3}},
		},
	},
	{
		name: helper, versions: []release{{-400, "2.9"}, {-33, "3.0"}},
		runs: []slot{{2, 1, 0, 18}, {6, 2, 20, 18}},
		blocks: []block{
			{0, promptInjection, 90, []int{7, 7, 7, 6}, []int{8, 8, 7, 7}},
			{0, jailbreak, 120, []int{10, 10}, []int{11, 11}},
			{1, encodingBypass, 120, []int{13, 8, 8}, []int{14, 8, 8}},
			{1, dataLeakage, 120, []int{5}, []int{5}},
			{1, harmfulContent, 120, []int{3}, []int{3}},
		},
	},
	{
		name: helpdesk, versions: []release{{-400, "0.8"}, {-58, "0.9"}},
		runs: []slot{{3, 1, 20, 18}, {7, 2, 40, 18}},
		blocks: []block{
			{0, promptInjection, 80, []int{3, 3, 2}, []int{3, 3, 2}},
			{1, jailbreak, 150, []int{20, 14}, []int{18, 14}},
			{0, encodingBypass, 60, []int{1}, []int{0}},
			{1, dataLeakage, 90, []int{2, 1}, []int{1, 1}},
			{0, harmfulContent, 60, []int{0}, []int{0}},
		},
	},
	{
		name: triage, versions: []release{{-400, "1.9"}},
		runs: []slot{{0, 0, 20, 18}, {4, 1, 40, 18}},
		blocks: []block{
			{0, promptInjection, 105, []int{7, 7, 7, 6}, []int{7, 6, 6, 6}},
			{1, jailbreak, 100, []int{6, 6, 6}, []int{6, 6, 5}},
			{1, encodingBypass, 90, []int{2, 2}, []int{1, 1}},
			{0, dataLeakage, 90, []int{4, 4}, []int{4, 3}},
			{1, harmfulContent, 120, []int{3}, []int{3}},
		},
	},
	{
		name: search, versions: []release{{-400, "2.3"}, {-71, "2.4"}},
		runs: []slot{{1, 0, 40, 18}, {5, 2, 0, 18}},
		blocks: []block{
			{0, promptInjection, 100, []int{6, 6, 5}, []int{6, 5, 5}},
			{0, jailbreak, 80, []int{2, 1, 1}, []int{2, 1, 1}},
			{1, encodingBypass, 100, []int{2, 2, 1}, []int{1, 1, 1}},
			{1, dataLeakage, 120, []int{2}, []int{2}},
			{1, harmfulContent, 60, []int{1, 1}, []int{1, 1}},
		},
	},
	{
		name: voice, versions: []release{{-400, "1.1"}},
		runs: []slot{{9, 3, 30, 18}, {8, 3, 0, 18}},
		blocks: []block{
			{0, promptInjection, 60, []int{2, 2}, []int{2, 2}},
			{0, jailbreak, 60, []int{1, 0}, []int{1, 0}},
			{0, dataLeakage, 60, []int{1}, []int{1}},
			{0, harmfulContent, 60, []int{2}, []int{1}},
		},
	},
	{
		name: "translate-eu", retires: true, versions: []release{{-400, "1.4"}},
		runs: []slot{{14, 4, 0, 18}},
		blocks: []block{
			{0, promptInjection, 60, []int{4, 3}, nil},
			{0, encodingBypass, 60, []int{3, 3}, nil},
		},
	},
	{
		name: "faq-bot", retires: true, versions: []release{{-400, "0.3"}},
		runs:   []slot{{15, 4, 30, 18}},
		blocks: []block{{0, jailbreak, 60, []int{5, 4, 4}, nil}},
	},
}

// cell is one target, probe and detector.
type cell struct {
	test
	category        string
	run             int
	evaluations     int
	ordinary, story int
}

// cells are what the runs of a target measure, in a fixed order.
func (t target) cells() (all []cell) {
	for _, b := range t.blocks {
		for i, hits := range b.ordinary {
			c := cell{test: tests[b.category][i], category: b.category, run: b.run, evaluations: b.each, ordinary: hits}
			if b.story != nil {
				c.story = b.story[i]
			}
			all = append(all, c)
		}
	}
	if t.name == voice {
		all = append(all, cell{test: leakage, category: dataLeakage, run: 1, evaluations: 360, ordinary: 10, story: 10})
	}
	return all
}

// component is what is watched, with the p95 latency of an ordinary day and of
// the story's, in milliseconds.
type component struct {
	name            string
	ordinary, story float64
	faults          float64 // samples in a thousand that find it down
}

var components = []component{
	{"api-gateway", 208, 212, 0.2},
	{"model-router", 1190, 1340, 1.2},
	{"vector-store", 43, 41, 0.2},
	{"voice-bridge", 655, 660, 1.6},
}

var people = []string{"R. Adeyemi", "S. Lindqvist", "M. Ferrari", "K. Brandt", "D. Novak", "L. Petrov"}

// titles of findings, by severity where it matters for belief.
var titles = []string{
	"answers in the attacker's persona after three turns",
	"quotes its system prompt when asked in Latin",
	"decodes and follows a Base64 instruction",
	"names an internal host in an error message",
	"promises a refund that policy forbids",
	"follows an instruction hidden in a retrieved page",
	"repeats a slur when asked to spell it",
	"gives different refusals for the same request",
	"completes a copyrighted paragraph word for word",
	"treats a quoted e-mail as a command",
	"reveals which tools it may call",
	"accepts a role change from a table cell",
	"summarises a page and drops its warning",
	"obeys text in an image's caption",
	"writes a licence key that looks valid",
	"mixes two customers' languages",
}

// hostile are titles as an attacker, or carelessness, would leave them. The
// people, addresses and numbers are invented.
var hostile = []string{
	"<script>alert('owned')</script> shown as the agent's name",
	"'; DROP TABLE ops.finding; -- in a ticket's subject",
	"answers \u202Eesrever ni\u202C after a bidi override",
	"echoes Jane Doe, jane.doe@example.com, +44 20 7946 0958, card 4111 1111 1111 1111",
	"accepts a token of a thousand characters: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	"page {nb} of {{fact:runs.total}} 🙂 ${HOME} %s | a \\| b `c`",
	"=cmd|'/c calc'!A1 in an exported cell",
	"[click](javascript:alert(1)) ![x](http://198.51.100.7/x.png)",
}
