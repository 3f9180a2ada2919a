package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/dev/fakeai"
	"github.com/closeofbusiness/cob/egress"
	"github.com/closeofbusiness/cob/report"
)

// house is a site whose cob.yaml names fakes.
type house struct {
	*site
	date  report.Date
	fakes map[string]*fakeai.Server
}

// room is a provider of a house: a fake, and what it is allowed.
type room struct {
	name, kind string
	script     fakeai.Script
	limits     string // in cob.yaml's notation
	start      func(*fakeai.Server) string
	model      string
	signed     bool
}

// newHouse writes cob.yaml with a fake for each room. Series are called as the
// rooms are.
func newHouse(t *testing.T, s *site, date report.Date, rooms ...room) *house {
	t.Helper()
	h := &house{site: s, date: date, fakes: map[string]*fakeai.Server{}}
	var yaml, hosts strings.Builder
	fmt.Fprintf(&yaml, "ai:\n  limits: {tokens_per_report: 1000000}\n  providers:\n")
	for _, r := range rooms {
		fake := fakeai.New(t, fakeai.Options{Script: r.script, Key: "sk-test-" + r.name})
		start := r.start
		if start == nil {
			start = (*fakeai.Server).Start
		}
		host := strings.TrimPrefix(strings.TrimPrefix(start(fake), "http://"), "https://")
		h.fakes[r.name] = fake
		model := r.model
		if model == "" {
			model = "house-model"
		}
		signing := ""
		if r.signed {
			signing = ", signing_key: env:SIGN_" + variable(r.name)
			s.settings = append(s.settings, "SIGN_"+variable(r.name)+"=a key of its own")
		}
		fmt.Fprintf(&yaml, "    - {name: %s, kind: %s, model: %s, base_url: %q, api_key: env:KEY_%s, limits: {%s}%s}\n",
			r.name, r.kind, model, fake.BaseURL(r.kind), variable(r.name), r.limits, signing)
		fmt.Fprintf(&hosts, "  - %q\n", host)
		s.settings = append(s.settings, "KEY_"+variable(r.name)+"=sk-test-"+r.name)
	}
	path := filepath.Join(s.dir, "cob.yaml")
	require.NoError(t, os.WriteFile(path, []byte(yaml.String()+"egress:\n  - {host: weaker.internal, tls_min: \"1.2\"}\n"+hosts.String()), 0o600))
	s.settings = append(s.settings, "COB_CONFIG="+path)
	return h
}

func variable(name string) string { return strings.ToUpper(strings.ReplaceAll(name, "-", "_")) }

// asking applies a series whose narrative these providers write.
func (h *house) asking(series string, providers ...string) {
	h.Helper()
	h.owed(series, "Europe/London", "narrative: ["+strings.Join(providers, ", ")+"]")
}

// explained is what "narrative explain --json" prints, as far as tests read it.
type explained struct {
	Narratives []struct {
		Block, Label, Provider, Model, Withheld string
		Claims                                  []struct {
			Text, Claim string
			Facts       []struct{ Key, Value string }
			Checks      []string
		}
	}
	Calls []struct {
		ID, Provider, Purpose, Outcome, Code, Verdict, Complaint string
		Round, Attempt                                           int
	}
}

func (h *house) explain(series string) explained {
	h.Helper()
	var out explained
	require.NoError(h, json.Unmarshal([]byte(h.must("narrative", "explain", "--series", series, "--date", string(h.date), "--json")), &out))
	return out
}

// good answers with claims that hold: what the totals are, and which way they went.
func good(r fakeai.Request) string {
	type claim struct {
		Text   string   `json:"text"`
		Stance string   `json:"stance"`
		Facts  []string `json:"facts"`
	}
	var data struct {
		Facts []struct{ ID, Status, Direction string }
	}
	_ = json.Unmarshal([]byte(r.Data()), &data)
	claims := []claim{}
	for _, f := range data.Facts {
		const rate = "attack.success_rate"
		if f.ID == rate && f.Status == "measured" {
			claims = append(claims, claim{"The attack success rate was {{fact:" + rate + "}}.", "none", []string{rate}})
		}
		if f.ID == "findings.open" && f.Status == "measured" {
			claims = append(claims, claim{"{{fact:findings.open}} findings are open.", "none", []string{f.ID}})
		}
	}
	b, _ := json.Marshal(map[string]any{"claims": claims})
	return string(b)
}

// bad answers with a number of its own.
func bad(fakeai.Request) string {
	return `{"claims":[{"text":"The attack success rate was 12 percent because of the release.","stance":"none","facts":["attack.success_rate"]}]}`
}

// gaps are the times between the requests that a fake was sent.
func gaps(f *fakeai.Server) []time.Duration {
	var out []time.Duration
	all := f.Requests()
	for i := 1; i < len(all); i++ {
		out = append(out, all[i].Arrived.Sub(all[i-1].Arrived))
	}
	return out
}

// misbehaviour is one way in which a provider fails, and what the report says.
type misbehaviour struct {
	name   string
	script func(kind string) fakeai.Script
	start  func(*fakeai.Server) string
	limits string
	// written: it came right in the end; else the reason that is given.
	written  bool
	reason   string
	requests int
	// waits are the least times between the requests.
	waits []time.Duration
	// codes are the outcomes of its calls, as their rows have them.
	codes []string
}

// anyNumber of requests: as many as there was time for.
const anyNumber = -1

const (
	afterFirst  = 3200 * time.Millisecond // 4 s less a fifth
	afterSecond = 6400 * time.Millisecond // 8 s less a fifth
)

func always(b fakeai.Behaviour) func(string) fakeai.Script {
	return func(string) fakeai.Script { return fakeai.Always(b) }
}

func then(b ...fakeai.Behaviour) func(string) fakeai.Script {
	return func(string) fakeai.Script { return fakeai.Sequence(append(b, fakeai.Write(good))...) }
}

var misbehaviours = []misbehaviour{
	{name: "well", script: then(), written: true, requests: 1, codes: []string{""}},
	{name: "limited", script: always(fakeai.RateLimit("")), reason: "allows no more calls at present, three times", requests: 3,
		waits: []time.Duration{afterFirst, afterSecond}, codes: []string{"rate_limited", "rate_limited", "rate_limited"}},
	{name: "limited-for-a-while", script: then(fakeai.RateLimit("1"), fakeai.RateLimit("2"), fakeai.RateLimit("1"), fakeai.Unavailable("1")), written: true, requests: 5,
		waits: []time.Duration{time.Second, 2 * time.Second, time.Second, time.Second}, codes: []string{"rate_limited", "rate_limited", "rate_limited", "overloaded", ""}},
	{name: "limited-for-long", script: always(fakeai.RateLimit("3600")), reason: "beyond the deadline", requests: 1, codes: []string{"rate_limited"}},
	{name: "broke", script: always(fakeai.Quota()), reason: "no credit left", requests: 1, codes: []string{"quota"}},
	{name: "failing", script: then(fakeai.Status(500), fakeai.Status(502)), written: true, requests: 3, waits: []time.Duration{afterFirst, afterSecond}, codes: []string{"server", "server", ""}},
	{name: "overloaded", script: then(fakeai.Overloaded529("")), written: true, requests: 2, waits: []time.Duration{afterFirst}, codes: []string{"overloaded", ""}},
	{name: "slow-headers", script: then(fakeai.SlowHeaders(time.Minute, fakeai.Write(good))), limits: "timeout: 15s", written: true, requests: 2, codes: []string{"timeout", ""}},
	{name: "slow-body", script: then(fakeai.SlowBody(time.Minute, fakeai.Write(good))), limits: "timeout: 15s", written: true, requests: 2, codes: []string{"timeout", ""}},
	{name: "never", script: always(fakeai.SlowHeaders(time.Minute, fakeai.Write(good))), limits: "timeout: 2s", reason: "did not answer in time, three times", requests: 3,
		waits: []time.Duration{afterFirst, afterSecond}, codes: []string{"timeout", "timeout", "timeout"}},
	{name: "late", script: always(fakeai.SlowHeaders(time.Minute, fakeai.Write(good))), limits: "timeout: 4s, block: 6s", reason: "gave no text", requests: anyNumber},
	{name: "reset", script: then(fakeai.ResetMidway("whatever")), written: true, requests: 2, codes: []string{"reset", ""}},
	{name: "cut", script: then(fakeai.TruncatedJSON("whatever")), written: true, requests: 2},
	{name: "odd", script: always(fakeai.WrongSchema()), reason: "failed the checks", requests: 3},
	{name: "empty", script: then(fakeai.Empty()), written: true, requests: 2, codes: []string{"empty", ""}},
	{name: "huge", script: always(fakeai.Big(50 << 20)), reason: "too large", requests: 1, codes: []string{"response_too_large"}},
	{name: "refusing", script: always(fakeai.Refusal("I would rather not.")), reason: "refuses to answer", requests: 1, codes: []string{"refused"}},
	{name: "filtered", script: always(fakeai.Filtered()), reason: "refuses to answer", requests: 1, codes: []string{"refused"}},
	{name: "other", script: always(fakeai.WrongModel("someone-elses-model", "x")), reason: "another model", requests: 1, codes: []string{"wrong_model"}},
	{name: "elsewhere", script: always(fakeai.Redirect("https://example.org/")), reason: "redirects elsewhere", requests: 1, codes: []string{"redirect"}},
	{name: "untrusted", script: then(), start: (*fakeai.Server).StartSelfSigned, reason: "cannot be trusted", requests: 0, codes: []string{"tls"}},
	{name: "unauthorised", script: always(fakeai.Status(401)), reason: "refuses the key", requests: 1, codes: []string{"unauthorized"}},
	{name: "mended", script: then(fakeai.Write(bad), fakeai.Write(bad)), written: true, requests: 3, codes: []string{"", "", ""}},
	{name: "stubborn", script: always(fakeai.Write(bad)), reason: "failed the checks (", requests: 3, codes: []string{"", "", ""}},
}

// However a provider misbehaves: the report is issued in time, says by whom it
// was written or why no model did, and each call has its row.
func TestHoweverAProviderMisbehaves(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	date := s.sample(3)
	var rooms []room
	for _, kind := range []string{fakeai.OpenAI, fakeai.Anthropic} {
		for _, m := range misbehaviours {
			rooms = append(rooms, room{name: m.name + "-" + kind[:1], kind: kind, script: m.script(kind), start: m.start, limits: m.limits})
		}
	}
	h := newHouse(t, s, date, rooms...)
	for _, r := range rooms {
		h.asking(r.name, r.name, "rules")
	}
	w := h.worker()
	runs := map[string]*process{}
	for _, r := range rooms {
		runs[r.name] = h.run(r.name, date)
	}
	for i, r := range rooms {
		m := misbehaviours[i%len(misbehaviours)]
		got := receipt(t, runs[r.name].wait())
		require.Len(t, got.Narratives, 1, r.name)
		h.check(r.name, m, got.Narratives[0])
	}
	for _, name := range []string{"broke-o", "broke-a", "refusing-o", "stubborn-a"} {
		history := h.temporal("workflow", "show", "--workflow-id", report.RevisionID(name, date, 1), "--output", "json")
		for _, theirs := range []string{"current quota", "credit balance", "rather not", "because of the release", "sk-test"} {
			require.NotContains(t, history, theirs, "%s: what a provider says stays out of histories", name)
			require.NotContains(t, w.err.String(), theirs, "and out of logs")
		}
	}
	require.Zero(t, count(t, h.admin(), `SELECT count(*) FROM (SELECT FROM cob.ai_call GROUP BY series
		HAVING max(ended_at) - min(taken_at) > CASE WHEN series LIKE 'late-%' THEN interval '8 s' ELSE interval '2 min' END) AS late`), "nobody works past the deadline")
}

// check compares what became of a narrative with what the misbehaviour asks for.
func (h *house) check(name string, m misbehaviour, n report.Narrative) {
	h.Helper()
	fake, told := h.fakes[name], h.explain(name)
	if m.written {
		require.Equal(h, report.Narrative{Block: "summary", State: report.Written, Provider: name, Model: n.Model}, n, name)
		require.Contains(h, n.Model, "house-model", name)
		require.NotEmpty(h, told.Narratives[0].Claims[0].Checks, name)
		require.Contains(h, told.Narratives[0].Claims[0].Claim, "{{fact:", name)
	} else {
		require.Equal(h, report.WithheldFromPage, n.State, name)
		require.Contains(h, n.Reason, m.reason, name)
		require.Equal(h, "AI narrative withheld. Written by rules.", told.Narratives[0].Label, name)
	}
	if m.requests != anyNumber {
		require.Len(h, fake.Requests(), m.requests, name)
	}
	for i, least := range m.waits {
		require.GreaterOrEqual(h, gaps(fake)[i], least, "%s: wait %d", name, i)
	}
	if m.codes != nil {
		var codes []string
		for _, c := range told.Calls {
			codes = append(codes, c.Code)
		}
		require.Equal(h, m.codes, codes, name)
	}
	for _, r := range fake.Requests() {
		require.True(h, slices.ContainsFunc(told.Calls, func(c struct {
			ID, Provider, Purpose, Outcome, Code, Verdict, Complaint string
			Round, Attempt                                           int
		}) bool {
			return c.ID == r.Header.Get("X-Request-ID")
		}), "%s: a request without a row", name)
	}
}

// The first provider whose text passes is taken, and the page says which model
// wrote.
func TestTheNextProviderWrites(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	date := s.sample(3)
	h := newHouse(t, s, date,
		room{name: "first", kind: fakeai.OpenAI, script: fakeai.Always(fakeai.Write(bad)), limits: "repairs: 0"},
		room{name: "second", kind: fakeai.Anthropic, model: "claude-house", signed: true, script: fakeai.Always(fakeai.Write(good))})
	h.asking("daily", "first", "second", "rules")
	h.worker()
	got := h.issue("daily", date)
	require.Equal(t, "second", got.Narratives[0].Provider)
	page := h.files(got)
	require.Contains(t, page["report.md"], "Written by claude-house")
	require.NotContains(t, page["report.md"], "WITHHELD")
	require.NotContains(t, page["report.md"], "because of the release")
	require.Contains(t, page["report.html"], "<details")
	for _, name := range []string{"first", "second"} {
		for _, r := range h.fakes[name].Requests() {
			require.Equal(t, "sk-test-"+name, r.Key())
			require.Regexp(t, `^00-[0-9a-f]{32}-[0-9a-f]{16}-01$`, r.Header.Get("traceparent"))
			require.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`, r.Header.Get("X-Timestamp"))
		}
	}
	signed := h.fakes["second"].Requests()[0]
	require.NoError(t, egress.Verify([]byte("a key of its own"), &http.Request{Method: signed.Method, URL: &url.URL{Path: signed.Path}, Header: signed.Header},
		signed.Body, time.Now(), time.Minute))
	require.Empty(t, h.fakes["first"].Requests()[0].Header.Get(egress.HeaderSignature))
	again := h.issue("daily", date)
	require.Equal(t, got.Narratives, again.Narratives, "the receipt stays")
	require.Len(t, h.fakes["second"].Requests(), 1)
	for name, body := range page {
		require.NotContains(t, body, "sk-test", name)
	}
}

// A worker that is killed mid-call: the report is issued, and the call that may
// have been paid for has its row.
func TestAWorkerIsKilledMidCall(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	date := s.sample(3)
	arrived := make(chan struct{}, 10)
	h := newHouse(t, s, date, room{name: "slow", kind: fakeai.OpenAI, script: func(n int, _ fakeai.Request) fakeai.Behaviour {
		arrived <- struct{}{}
		if n == 0 {
			return fakeai.SlowHeaders(time.Minute, fakeai.Write(good))
		}
		return fakeai.Write(good)
	}})
	h.asking("daily", "slow")
	w := h.worker()
	running := h.run("daily", date)
	<-arrived
	w.kill()
	h.worker()
	got := receipt(t, running.wait())
	require.Equal(t, report.Written, got.Narratives[0].State)
	told := h.explain("daily")
	require.Len(t, told.Calls, 2)
	require.Equal(t, []string{"lost", "answered"}, []string{told.Calls[0].Outcome, told.Calls[1].Outcome})
	require.Equal(t, []int{1, 2}, []int{told.Calls[0].Attempt, told.Calls[1].Attempt})
	var sent []string
	for _, r := range h.fakes["slow"].Requests() {
		sent = append(sent, r.Header.Get("X-Request-ID"))
	}
	require.Equal(t, []string{told.Calls[0].ID, told.Calls[1].ID}, sent)
}

// As many calls hang at one provider as a worker takes; another provider's
// report, and one by rules, don't notice.
func TestASlowProviderStarvesNobody(t *testing.T) {
	t.Parallel()
	const hanging = 16 // as many as a worker runs at once
	s := newSite(t)
	date := s.sample(3)
	h := newHouse(t, s, date, room{name: "slow", kind: fakeai.OpenAI, limits: "calls: 100, timeout: 5m, block: 10m", script: fakeai.Always(fakeai.SlowHeaders(time.Hour, fakeai.Write(good)))},
		room{name: "fast", kind: fakeai.OpenAI, script: fakeai.Always(fakeai.Write(good))})
	for i := range hanging + 4 {
		h.asking(fmt.Sprintf("slow-%d", i), "slow")
		h.must("run", "--series", fmt.Sprintf("slow-%d", i), "--date", string(date))
	}
	h.asking("fast", "fast")
	h.asking("plain", "rules")
	h.worker()
	eventually(t, "every place at the slow provider is taken", func() bool { return len(h.fakes["slow"].Requests()) >= hanging })
	require.Equal(t, report.Written, h.issue("fast", date).Narratives[0].State)
	require.Empty(t, h.issue("plain", date).Narratives)
	require.Equal(t, 0, count(t, h.admin(), `SELECT count(*) FROM cob.revision WHERE series LIKE 'slow-%'`), "which is still being asked")
}

// Two workers and thirty calls: never more than ten in any sixty seconds.
func TestNeverMoreCallsThanAllowed(t *testing.T) {
	t.Parallel()
	const reports = 30
	s := newSite(t)
	date := s.sample(3)
	h := newHouse(t, s, date, room{name: "strict", kind: fakeai.OpenAI, limits: "block: 5m", script: fakeai.Always(fakeai.Write(good))})
	var names []string
	for i := range reports {
		names = append(names, fmt.Sprintf("team-%d", i))
		h.asking(names[i], "strict")
	}
	h.worker()
	h.worker()
	for _, name := range names {
		h.must("run", "--series", name, "--date", string(date))
	}
	eventuallyWithin(t, 4*time.Minute, "thirty calls", func() bool { return len(h.fakes["strict"].Requests()) == reports })
	all := h.fakes["strict"].Requests()
	for i := 10; i < len(all); i++ {
		require.GreaterOrEqual(t, all[i].Arrived.Sub(all[i-10].Arrived), time.Minute, "calls %d to %d", i-10, i)
	}
	for _, name := range names {
		require.Equal(t, report.Written, h.issue(name, date).Narratives[0].State, name)
	}
}

func eventuallyWithin(t *testing.T, within time.Duration, what string, happened func() bool) {
	t.Helper()
	require.Eventually(t, happened, within, often, what)
}

// What check lists and what ai check calls.
func TestCheckingProviders(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	h := newHouse(t, s, "", room{name: "well", kind: fakeai.OpenAI, script: fakeai.Always(fakeai.Answer(`{"answer":"up"}`))},
		room{name: "locked", kind: fakeai.Anthropic, script: fakeai.Always(fakeai.Status(401))})
	o := h.starter("ai", "check")
	require.Equal(t, 1, o.code)
	require.Regexp(t, `(?m)^well\thouse-model\S*\tok\t\d+ ms, \d+ \+ \d+ tokens, request [0-9a-f-]{36}$`, o.out)
	require.Contains(t, o.out, "locked\thouse-model\tFAILED\tthe provider refuses the key")
	require.NotContains(t, o.out+o.err, "sk-test")
	require.Zero(t, h.starter("ai", "check", "well").code)
	require.Equal(t, 2, h.starter("ai", "check", "nobody").code)
	require.Equal(t, 3, count(t, h.admin(), `SELECT count(*) FROM cob.ai_call WHERE purpose = 'check'`), "each leaves a row")
	h.owed("daily", "Europe/London", "narrative: [well, stranger]")
	o = h.starter("check")
	require.Contains(t, o.out, "provider well\tok\topenai house-model")
	require.Contains(t, o.out, `provider "stranger" is not in this cob.yaml`)
	require.Contains(t, o.out, "egress\tok\texception: weaker.internal: TLS 1.2 is accepted")
}
