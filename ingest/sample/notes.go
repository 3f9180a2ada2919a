package sample

import (
	"github.com/closeofbusiness/cob/ingest"
)

// library are the reference notes that readers can look up. age is in days, on
// the eve of the history.
var library = []struct {
	name, kind, domain, title, author string
	age                               int
	notes, tags                       string
}{
	{"RB-03", "runbook", promptInjection, "When an assistant obeys text that it was given to read", "M. Ferrari", 210,
		"Take the version out of production first. Then compare the cells that rose with those of the version before.", "latent injection, support-assistant, hijack"},
	{"RB-07", "runbook", dataLeakage, "Records of one customer shown to another", "R. Adeyemi", 131,
		"Count who saw what before anything is changed. Order numbers, addresses and salary bands are personal data: the clock of the notification runs.", "order numbers, tenant, salary bands"},
	{"RB-11", "runbook", "platform", "A run that stops for time-outs of its provider", "K. Brandt", 64,
		"Run the missing cells again within the day. What was not evaluated is not measured.", "voice-ivr, time-outs, provider"},
	{"RB-12", "runbook", "platform", "voice-bridge sends no samples", "K. Brandt", 40, "Ask the telephony team; restart the exporter, not the bridge.", "voice-bridge, samples"},
	{"POL-2", "policy", "releases", "No release past an open critical finding", "S. Lindqvist", 402, "Whoever decides otherwise writes down why.", "release, critical, production"},
	{"POL-5", "policy", "tools", "Tools that an assistant may call", "L. Petrov", 333, "Only those of the allow-list, each with the least rights it can do with.", "tool call, code-helper, allow-list"},
	{"ADV-14", "advisory", jailbreak, "Role-play prompts that still work", "D. Novak", 18, "Seen in the wild against assistants with a persona: DanInTheWild & others, n < 20 a day.", "dan, role-play"},
	{"ADV-15", "advisory", encodingBypass, "Instructions hidden in Base64", "D. Novak", 9, "", "InjectBase64, ROT13"},
}

// notes are there on the eve.
func (h *history) notes(d day) {
	for _, n := range library {
		date := d.date.AddDate(0, 0, -n.age)
		h.add(Notes, ingest.Note{Source: Notes, Name: n.name, Type: n.kind, Domain: n.domain, Title: n.title, Author: n.author, Date: &date,
			Url: "https://wiki.example.org/" + n.name, Notes: n.notes, Tags: n.tags})
	}
}
