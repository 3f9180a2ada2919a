package snapshot_test

import (
	"encoding/json"
	"fmt"
	"html"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/ingest"
	"github.com/closeofbusiness/cob/report/analysis"
	"github.com/closeofbusiness/cob/report/compose"
	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/render"
	"github.com/closeofbusiness/cob/report/template"
	"github.com/closeofbusiness/cob/snapshot"
)

// note is a line of a note; more is added to its fields.
func note(t testing.TB, name, kind, domain, title, date string, more map[string]any) string {
	t.Helper()
	n := map[string]any{"kind": "note", "source": "wiki", "note": name, "type": kind, "domain": domain, "title": title,
		"author": "M. Ferrari", "date": date, "url": "https://wiki.example.org/" + strings.ToLower(name)}
	for k, v := range more {
		n[k] = v
	}
	b, err := json.Marshal(n)
	require.NoError(t, err)
	return string(b) + "\n"
}

func takeNotes(t testing.TB, store *db.Store, text string) ingest.Result {
	t.Helper()
	r, err := ingest.NDJSON(t.Context(), store.Pool, strings.NewReader(text), "notes.ndjson", ingest.Options{})
	require.NoError(t, err)
	return r
}

// layout is a template of these blocks.
func layout(t testing.TB, blocks string) *template.Template {
	t.Helper()
	l, err := template.Parse([]byte("name: x\nversion: 1.0.0\ntitle: X\nblocks:\n"+blocks+"  - data_notes: {}\n"), fact.Builtin())
	require.NoError(t, err)
	return l
}

// withNotes is the fact set that a template asks for.
func withNotes(t testing.TB, store *db.Store, l *template.Template, asOf time.Time) *fact.Set {
	t.Helper()
	set, err := snapshot.Facts(t.Context(), store, snapshot.Request{Series: daily(t), Calendar: weekdays(t), Date: date, AsOf: asOf, Needs: l.Needs(fact.Builtin(), nil)})
	require.NoError(t, err)
	return set
}

func named(list *fact.ReferenceList) []string {
	var out []string
	for _, n := range list.Notes {
		out = append(out, n.Name)
	}
	return out
}

const matching = "  - kpis: [attack.success_rate, findings.open]\n  - references: {match: facts}\n"

func TestNotesByDomain(t *testing.T) {
	t.Parallel()
	store := open(t)
	takeNotes(t, store,
		note(t, "RB-1", "runbook", "jailbreak", "Older", "2026-01-05", nil)+
			note(t, "RB-2", "policy", "jailbreak", "Newer", "2026-05-05", nil)+
			note(t, "RB-3", "runbook", "Jailbreak", "Of another domain", "2026-05-06", nil)+
			note(t, "RB-4", "advisory", "data leakage", "Leaks", "2026-05-06", nil))
	l := layout(t, "  - references: {domain: jailbreak}\n  - references: {domain: jailbreak, types: [runbook]}\n  - references: {domains: [jailbreak, data leakage], limit: 2}\n  - references: {domain: nothing of the kind}\n")
	r := withNotes(t, store, l, now(t, store)).Records.References
	require.Equal(t, int64(4), r.Known)
	require.Equal(t, []string{"RB-2", "RB-1"}, named(&r.Lists[0]))
	require.Equal(t, []string{"RB-1"}, named(&r.Lists[1]))
	require.Equal(t, []string{"RB-4", "RB-2"}, named(&r.Lists[2]))
	require.Equal(t, int64(3), r.Lists[2].Found)
	require.Empty(t, r.Lists[3].Notes)
	require.Equal(t, fact.Reference{Source: "wiki", Name: "RB-4", Type: "advisory", Domain: "data leakage", Title: "Leaks", Author: "M. Ferrari",
		Date: "2026-05-06", URL: "https://wiki.example.org/rb-4"}, r.Lists[2].Notes[0])
}

// The day: hits of the probe p.P on kb-search in the category jailbreak, and an
// open critical finding.
func day(t testing.TB, store *db.Store) {
	t.Helper()
	take(t, store, history+attempts(10, 3)+
		`{"kind":"finding","source":"garak","finding":"F-1","target":"kb-search","title":"Prints order numbers of other customers"}
{"kind":"finding_event","source":"garak","finding":"F-1","event":"opened","at":"2026-11-19T12:00:00+00:00","severity":"critical"}
`)
}

func TestNotesThatMatchTheFacts(t *testing.T) {
	t.Parallel()
	store := open(t)
	day(t, store)
	takeNotes(t, store,
		note(t, "A-title", "runbook", "triage", "Jailbreaks: what to do", "2026-01-05", nil)+
			note(t, "B-text", "runbook", "triage", "First steps", "2026-01-05", map[string]any{"notes": "For a jailbreak see below."})+
			note(t, "C-tag", "policy", "triage", "Search", "2026-01-05", map[string]any{"tags": []string{"kb-search", "jailbreak"}})+
			note(t, "D-words", "advisory", "privacy", "Orders of a customer", "2026-01-05", nil)+
			note(t, "E-one-word", "advisory", "sales", "Taking an order", "2026-01-05", nil)+
			note(t, "F-apart", "advisory", "sales", "A kb of search results", "2026-01-05", nil)+
			note(t, "G-other", "runbook", "weather", "Rain", "2026-01-05", nil))
	set := withNotes(t, store, layout(t, matching), now(t, store))
	list := set.Records.References.List(fact.Selection{Limit: 5})
	require.NotNil(t, list)
	matched := map[string][]string{}
	for _, n := range list.Notes {
		matched[n.Name] = n.Matched
	}
	require.Equal(t, map[string][]string{
		"A-title": {"jailbreak"}, "B-text": {"jailbreak"}, "C-tag": {"kb-search", "jailbreak"}, "D-words": {"Prints order numbers of other customers"},
	}, matched)
	require.Equal(t, int64(4), list.Found)
	require.Equal(t, "C-tag", list.Notes[0].Name, "two matches count for more than one")
	require.Less(t, strings.Index(strings.Join(named(list), " "), "A-title"), strings.Index(strings.Join(named(list), " "), "B-text"), "a title counts for more than the text")

	again := withNotes(t, store, layout(t, matching), set.AsOf)
	require.Equal(t, digest(t, set), digest(t, again))
	without := withNotes(t, store, layout(t, "  - kpis: [attack.success_rate, findings.open]\n"), set.AsOf)
	require.Nil(t, without.Records.References)
	require.NotEqual(t, digest(t, set), digest(t, without))

	few := withNotes(t, store, layout(t, "  - kpis: [attack.success_rate]\n  - references: {match: facts, types: [policy, runbook], limit: 2}\n"), set.AsOf).Records.References
	require.Equal(t, []string{"C-tag", "A-title"}, named(&few.Lists[0]))
	require.Equal(t, int64(3), few.Lists[0].Found)
}

// A title's words that mean nothing to a search, or the same, are not asked for.
func TestStopWordsOfATitleAreNotNeeded(t *testing.T) {
	t.Parallel()
	store := open(t)
	take(t, store, history+attempts(2, 0)+`{"kind":"incident","source":"garak","incident":"I-1","title":"When that leaks"}
{"kind":"incident_event","source":"garak","incident":"I-1","event":"opened","at":"2026-11-19T12:00:00+00:00","severity":2}
{"kind":"incident","source":"garak","incident":"I-2","title":"Rains raining from there"}
{"kind":"incident_event","source":"garak","incident":"I-2","event":"opened","at":"2026-11-19T12:00:00+00:00","severity":2}
`)
	takeNotes(t, store, note(t, "RB-1", "runbook", "x", "A leak", "2026-01-05", nil)+note(t, "RB-2", "runbook", "x", "Rain", "2026-01-05", nil)+note(t, "RB-3", "runbook", "x", "When", "2026-01-05", nil))
	list := withNotes(t, store, layout(t, "  - kpis: [incidents.open]\n  - references: {match: facts}\n"), now(t, store)).Records.References.Lists[0]
	require.ElementsMatch(t, []string{"RB-1", "RB-2"}, named(&list))
}

// Notes of one rank come by source and name.
func TestMatchingNotesHaveOneOrder(t *testing.T) {
	t.Parallel()
	store := open(t)
	day(t, store)
	var text strings.Builder
	for i := 20; i > 0; i-- {
		text.WriteString(note(t, fmt.Sprintf("RB-%02d", i), "runbook", "jailbreak", "Alike", "2026-01-05", nil))
	}
	takeNotes(t, store, text.String())
	l := layout(t, "  - kpis: [attack.success_rate]\n  - references: {match: facts, limit: 3}\n")
	list := withNotes(t, store, l, now(t, store)).Records.References.Lists[0]
	require.Equal(t, []string{"RB-01", "RB-02", "RB-03"}, named(&list))
	require.Equal(t, int64(20), list.Found)
}

// A report as of an instant sees what was known then, and the same for ever.
func TestNotesAsOf(t *testing.T) {
	t.Parallel()
	store := open(t)
	day(t, store)
	l := layout(t, matching+"  - references: {domain: jailbreak}\n  - text: \"See {{ref:RB-1}}.\"\n")
	before := now(t, store)
	takeNotes(t, store, note(t, "RB-1", "runbook", "jailbreak", "First version", "2026-01-05", nil))
	first := now(t, store)
	takeNotes(t, store, note(t, "RB-1", "runbook", "rain", "About the weather", "2026-02-05", nil))
	second := now(t, store)
	takeNotes(t, store, `{"kind":"note","source":"wiki","note":"RB-1","withdrawn":true}`)
	third := now(t, store)
	takeNotes(t, store, note(t, "RB-1", "runbook", "jailbreak", "Back again", "2026-03-05", nil))
	fourth := now(t, store)
	for _, c := range []struct {
		at     time.Time
		known  int64
		titles []string // that match, of the domain, cited
	}{
		{before, 0, []string{"", "", ""}},
		{first, 1, []string{"First version", "First version", "First version"}},
		{second, 1, []string{"", "", "About the weather"}},
		{third, 0, []string{"", "", ""}},
		{fourth, 1, []string{"Back again", "Back again", "Back again"}},
	} {
		r := withNotes(t, store, l, c.at).Records.References
		require.Equal(t, c.known, r.Known)
		title := func(notes []fact.Reference) string {
			if len(notes) == 0 {
				return ""
			}
			require.Len(t, notes, 1)
			return notes[0].Title
		}
		require.Equal(t, c.titles, []string{title(r.Lists[0].Notes), title(r.Lists[1].Notes), title(r.Cited)})
	}
}

// Names and titles of sources are what is looked for. Whatever they hold, it is
// no query.
func TestHostileTermsAreLookedForAndNoMore(t *testing.T) {
	t.Parallel()
	store := open(t)
	for i, hostile := range []string{"'; DROP TABLE ops.note; --", "a & !b | (c", ":*", "<->", `\'x`, "\"", "the of and", "%s %d", "$1", strings.Repeat("word ", 40)} {
		take(t, store, fmt.Sprintf("{\"kind\":\"run\",\"source\":\"garak\",\"run\":\"H-%d\",\"target\":%q,\"planned_for\":\"2026-11-19T10:00:00+00:00\"}\n", i, hostile)+
			fmt.Sprintf("{\"kind\":\"attempt\",\"source\":\"garak\",\"run\":\"H-%d\",\"attempt\":\"1\",\"at\":\"2026-11-19T10:30:00+00:00\",\"probe\":%q,\"category\":%q,\"answered\":true,\"scores\":[{\"detector\":\"d\",\"output\":0,\"value\":1,\"hit\":true}]}\n", i, hostile, hostile)+
			fmt.Sprintf("{\"kind\":\"finding\",\"source\":\"garak\",\"finding\":\"H-%d\",\"target\":\"x\",\"title\":%q}\n", i, hostile)+
			fmt.Sprintf("{\"kind\":\"finding_event\",\"source\":\"garak\",\"finding\":\"H-%d\",\"event\":\"opened\",\"at\":\"2026-11-19T12:00:00+00:00\",\"severity\":\"critical\"}\n", i))
	}
	takeNotes(t, store, note(t, "RB-1", "runbook", "databases", "How to drop a table", "2026-01-05", nil)+note(t, "RB-2", "runbook", "weather", "Rain", "2026-01-05", nil))
	list := withNotes(t, store, layout(t, matching), now(t, store)).Records.References.Lists[0]
	require.Equal(t, []string{"RB-1"}, named(&list), "DROP and TABLE are two of its words")
	require.Equal(t, []string{"'; DROP TABLE ops.note; --"}, list.Notes[0].Matched)
}

// From a file to the page.
func TestNotesOnThePage(t *testing.T) {
	t.Parallel()
	store := open(t)
	day(t, store)
	l := layout(t, matching+`  - references: {domain: jailbreak, title: On jailbreaks, limit: 1}
  - references: {domain: rain, types: [policy]}
  - columns: {left: [{references: {match: facts, limit: 1, title: Beside}}], right: [{text: "right"}]}
  - text: "Follow {{ref:RB-1}}, {{ref:wiki/RB-2}} and {{ref:RB-9}}. **{{fact:attack.hits}}** hits."
`)
	texts := func() map[string]string {
		set := withNotes(t, store, l, now(t, store))
		d, err := compose.Compose(set, l, nil, map[string]analysis.Narrative{}, compose.Meta{Revision: 1, FactsSHA256: strings.Repeat("a", 64)})
		require.NoError(t, err)
		require.NoError(t, document.Validate(d))
		out := map[string]string{}
		for _, format := range []render.Format{render.Markdown, render.HTML} {
			b, err := render.Render(t.Context(), d, format)
			require.NoError(t, err)
			out[format.Extension()] = html.UnescapeString(string(b))
		}
		return out
	}
	for _, page := range texts() {
		require.Equal(t, 4, strings.Count(page, "No reference notes have been loaded."))
		require.NotContains(t, page, "No reference note matches")
		require.Contains(t, page, "reference note RB-9 (not available)")
	}
	takeNotes(t, store, note(t, "RB-8", "runbook", "weather", "Rain", "2026-01-05", nil))
	for _, page := range texts() {
		require.Contains(t, page, "No reference note matches this day's facts.")
		require.Contains(t, page, "No reference note is known for jailbreak.")
		require.Contains(t, page, "No reference note of type policy is known for rain.")
	}
	takeNotes(t, store, note(t, "RB-1", "runbook", "jailbreak", "When a guard | gives way", "2026-01-05", nil)+note(t, "RB-2", "policy", "jailbreak", "What may be shown", "2025-12-31", nil))
	for format, page := range texts() {
		for _, want := range []string{"What may be shown", "Matches jailbreak", "31 Dec 2025", "M. Ferrari", "On jailbreaks", "Beside", "1 of 2",
			"What may be shown (31 Dec 2025)", "reference note RB-9 (not available)"} {
			require.Contains(t, page, want, format)
		}
	}
	require.Contains(t, texts()[".html"], "https://wiki.example.org/rb-1")
}
