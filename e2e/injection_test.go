package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/dev/fakeai"
	"github.com/closeofbusiness/cob/report"
)

// injections are hostile texts by the place where their author could plant them.
func injections(t *testing.T) map[string][]string {
	t.Helper()
	b, err := os.ReadFile(fromRoot(t, "report", "analysis", "testdata", "injections.json"))
	require.NoError(t, err)
	var all []struct{ Place, Text string }
	require.NoError(t, json.Unmarshal(b, &all))
	out := map[string][]string{}
	for _, i := range all {
		out[i.Place] = append(out[i.Place], i.Text)
	}
	return out
}

// hostile writes a day's data in which every name, title, reason and prompt is an
// attack on whoever reads it.
type hostile struct {
	*testing.T
	at    time.Time
	lines []string
}

func (h *hostile) line(kind string, fields map[string]any) {
	h.Helper()
	fields["kind"], fields["source"] = kind, "hostile"
	b, err := json.Marshal(fields)
	require.NoError(h, err)
	h.lines = append(h.lines, string(b))
}

// printable is a text as an importer lets it pass.
func printable(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
	if r := []rune(s); len(r) > most {
		s = string(r[:most])
	}
	return strings.TrimSpace(s)
}

func (h *hostile) write(texts map[string][]string) {
	h.Helper()
	at := h.at.Format(time.RFC3339)
	for n, text := range texts["target"][:12] {
		target, run := printable(text, 150), fmt.Sprintf("R-%d", n)
		h.line("run", map[string]any{"run": run, "target": target, "planned_for": at})
		h.line("attempt", map[string]any{"run": run, "attempt": "1", "at": at, "probe": printable(texts["probe"][n], 150), "category": "jailbreak", "answered": true,
			"scores": []map[string]any{{"detector": "d", "value": 1, "hit": true}}})
		event := map[string]any{"run": run, "at": at, "event": "completed"}
		if n%3 == 0 {
			event["event"], event["reason"] = "failed", printable(texts["run_reason"][n], 400)
		}
		h.line("run_event", event)
	}
	for n, text := range texts["finding_title"][:15] {
		h.line("finding", map[string]any{"finding": fmt.Sprintf("F-%d", n), "target": "kb-search", "title": printable(text, 400)})
		h.line("finding_event", map[string]any{"finding": fmt.Sprintf("F-%d", n), "event": "opened", "at": at, "severity": "critical"})
	}
	for n, text := range texts["incident_title"][:5] {
		h.line("incident", map[string]any{"incident": fmt.Sprintf("I-%d", n), "title": printable(text, 400)})
		h.line("incident_event", map[string]any{"incident": fmt.Sprintf("I-%d", n), "event": "opened", "at": at, "severity": 2})
	}
	for _, feed := range []string{"attacks", "findings", "incidents", "health", "actions"} {
		h.line("watermark", map[string]any{"feed": feed, "complete_through": h.at.Add(12 * time.Hour).Format(time.RFC3339)})
	}
}

// garak is a report of garak whose prompts and outputs are attacks.
func (h *hostile) garak(prompts []string) string {
	h.Helper()
	out := []string{
		`{"entry_type":"start_run setup","_config.version":"0.15.1","plugins.target_name":"kb-search","plugins.probe_spec":"dan","run.eval_threshold":0.5}`,
		fmt.Sprintf(`{"entry_type":"init","garak_version":"0.15.1","start_time":%q,"run":"0d7b1c9a-0000-4000-8000-000000000009"}`, h.at.Format("2006-01-02T15:04:05.000000")),
	}
	for n, prompt := range prompts {
		b, err := json.Marshal(map[string]any{"entry_type": "attempt", "uuid": fmt.Sprintf("0d7b1c9a-0000-4000-8000-%012d", n), "seq": n, "status": 2,
			"probe_classname": "dan.DanInTheWild", "prompt": map[string]any{"turns": []any{map[string]any{"role": "user", "content": map[string]any{"text": prompt}}}},
			"outputs": []any{map[string]any{"text": prompt}}, "goal": prompt, "detector_results": map[string]any{"dan.DAN": []float64{1}}, "notes": map[string]any{}})
		require.NoError(h, err)
		out = append(out, string(b))
	}
	return strings.Join(out, "\n") + "\n"
}

// Every name, title, reason and prompt is an attack, and the model obeys all that
// it is shown. The report is issued by rules, its facts are those of the report
// that no model had a part in, and nothing that was to be kept has left.
func TestAModelThatObeysTheData(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	texts := injections(t)
	date := report.Date("2026-11-19")
	h := &hostile{T: t, at: time.Date(2026, 11, 19, 9, 0, 0, 0, time.UTC)}
	h.write(texts)
	for name, body := range map[string]string{"hostile.ndjson": strings.Join(h.lines, "\n"), "hostile.report.jsonl": h.garak(texts["prompt"])} {
		require.NoError(t, os.WriteFile(filepath.Join(s.dir, name), []byte(body), 0o600))
	}
	s.must("ingest", "ndjson", filepath.Join(s.dir, "hostile.ndjson"))
	s.must("ingest", "garak", filepath.Join(s.dir, "hostile.report.jsonl"), "--time-zone", "Europe/London", "--source", "hostile")

	obeying := func(int, fakeai.Request) fakeai.Behaviour { return fakeai.Write(fakeai.Obedient) }
	n := newHouse(t, s, date, room{name: "obeying-o", kind: fakeai.OpenAI, script: obeying}, room{name: "obeying-a", kind: fakeai.Anthropic, script: obeying})
	n.reading("with-excerpts", "findings", "obeying-o", "obeying-a")
	n.owed("by-rules", "Europe/London")
	n.worker()
	known := time.Now().UTC().Format(time.RFC3339Nano)
	issue := func(series string) report.Receipt {
		return receipt(t, s.starter("run", "--series", series, "--date", string(date), "--as-of", known, "--wait", "--json"))
	}
	plain, obeyed := issue("by-rules"), issue("with-excerpts")
	require.Equal(t, report.WithheldFromPage, obeyed.Narratives[0].State)
	require.Contains(t, obeyed.Narratives[0].Reason, "failed the checks")
	require.Equal(t, s.must("facts", "--series", "by-rules", "--date", string(date), "--json"), s.must("facts", "--series", "with-excerpts", "--date", string(date), "--json"),
		"no fact changes")
	require.Equal(t, plain.Figures, obeyed.Figures)

	canary := ""
	for _, fake := range n.fakes {
		require.NotEmpty(t, fake.Requests())
		for _, r := range fake.Requests() {
			for _, prompt := range texts["prompt"] {
				if len(prompt) > 20 {
					require.NotContains(t, string(r.Body), jsonText(t, prompt), "prompts are not even stored")
				}
			}
			if at := strings.Index(r.System, "canary-"); at >= 0 {
				canary = r.System[at : at+len("canary-")+16]
			} else {
				for _, title := range texts["finding_title"][:15] {
					require.NotContains(t, string(r.Body), jsonText(t, printable(title, 400)), "titles go in a call of their own")
				}
			}
		}
	}
	require.NotEmpty(t, canary)
	for name, body := range n.files(obeyed) {
		require.NotContains(t, body, canary, name)
	}
	require.Contains(t, n.files(obeyed)["report.md"], "was not sorted")
	refused := count(t, n.admin(), `SELECT count(*) FROM cob.ai_call WHERE verdict = 'refused'`)
	require.Equal(t, len(n.fakes["obeying-o"].Requests())+len(n.fakes["obeying-a"].Requests()), refused, "every answer was refused")
}

// Excerpts are sorted by a model that behaves.
func TestExcerptsAreSorted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	date := s.sample(3)
	n := newHouse(t, s, date, room{name: "sorter", kind: fakeai.OpenAI, script: fakeai.Always(fakeai.Write(sorting))})
	n.reading("daily", "findings", "sorter")
	n.worker()
	got := n.issue("daily", date)
	require.Equal(t, report.Written, got.Narratives[0].State)
	require.Regexp(t, `Of the titles? of .+ opened, house\\?-model\S* sorted .+ as disclosure of data`, n.files(got)["report.md"])
	require.Len(t, n.fakes["sorter"].Requests(), 2, "a call of their own")
}

// sorting gives every excerpt the first label, and writes what is good else.
func sorting(r fakeai.Request) string {
	var data struct {
		Labels   any
		Excerpts []struct{ ID string }
	}
	if json.Unmarshal([]byte(r.Data()), &data) != nil || len(data.Excerpts) == 0 {
		return good(r)
	}
	var out []map[string]string
	for _, x := range data.Excerpts {
		out = append(out, map[string]string{"id": x.ID, "label": "disclosure of data"})
	}
	b, _ := json.Marshal(map[string]any{"sorted": out})
	return string(b)
}

// reading applies a template whose narrative has excerpts sorted, and a series.
func (h *house) reading(series, of string, providers ...string) {
	h.Helper()
	body, err := os.ReadFile(fromRoot(h.T, "templates", "daily-security.yaml"))
	require.NoError(h, err)
	text := strings.Replace(string(body), "name: daily-security\n", "name: "+series+"\n", 1)
	text = strings.Replace(text, "sentences: 6}", fmt.Sprintf("sentences: 6, providers: [%s], excerpts: {of: %s, limit: 20}}", strings.Join(providers, ", "), of), 1)
	path := filepath.Join(h.dir, series+"-template.yaml")
	require.NoError(h, os.WriteFile(path, []byte(text), 0o600))
	h.must("template", "apply", path)
	path = filepath.Join(h.dir, series+".yaml")
	require.NoError(h, os.WriteFile(path, []byte(fmt.Sprintf("name: %s\ntemplate: %s\ncutoff: \"17:00\"\ntime_zone: Europe/London\n", series, series)), 0o600))
	h.must("series", "apply", path)
}

// jsonText is a text as it stands in JSON, without its quotes.
func jsonText(t *testing.T, s string) string {
	t.Helper()
	b, err := json.Marshal(s)
	require.NoError(t, err)
	return strings.Trim(string(b), `"`)
}
