package grounding

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/analysis"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/fact/facttest"
)

func ptr[T any](v T) *T { return &v }

func material(t testing.TB, set *fact.Set) *Material {
	t.Helper()
	m, err := New(set, analysis.Options{Sentences: 12, Words: 2000})
	require.NoError(t, err)
	return m
}

// say makes a claim of text in which references are written short: [fact k],
// [was k], [change k], [share k k]. The facts are those of the references and
// also.
func say(text, stance string, also ...string) Claim {
	c := Claim{Stance: stance, Facts: []string{}}
	add := func(key string) {
		for _, f := range c.Facts {
			if f == key {
				return
			}
		}
		c.Facts = append(c.Facts, key)
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(text, '[')
		if i < 0 {
			break
		}
		j := i + strings.IndexByte(text[i:], ']')
		verb, key, _ := strings.Cut(text[i+1:j], " ")
		if verb == "was" {
			verb = "previous"
		}
		fmt.Fprintf(&b, "%s{{%s:%s}}", text[:i], verb, strings.ReplaceAll(key, " / ", "/"))
		for _, k := range strings.Split(key, " / ") {
			add(k)
		}
		text = text[j+1:]
	}
	c.Text = b.String() + text
	for _, key := range also {
		add(key)
	}
	return c
}

func refusals(m *Material, c Claim) []Violation { return m.Check(Draft{Claims: []Claim{c}}) }

// example is the set of facttest, changed.
func example(change ...func(*fact.Set)) *fact.Set {
	s := facttest.Example()
	for _, c := range change {
		c(s)
	}
	return s
}

// campaign is a set as of published red-team data: rates of several targets,
// each by probe, and nothing else.
type campaign struct {
	target, probe, detector, category string
	hits, of, hitsBefore, ofBefore    int64
}

func campaignSet(rows []campaign) *fact.Set {
	s := &fact.Set{Schema: fact.SetSchema, Series: "red-team", Title: "Red team", BusinessDate: "2024-05-15", TimeZone: "UTC",
		Previous: fact.Day{Date: "2024-05-14"}, NextDate: "2024-05-16", AsOf: time.Date(2024, 5, 15, 18, 0, 0, 0, time.UTC)}
	s.Feeds = []fact.Feed{{Source: "archive", Name: "attacks", ReachedAt: ptr(s.AsOf)}}
	type sum struct{ hits, of, hitsBefore, ofBefore int64 }
	var order []string
	sums, dims := map[string]*sum{}, map[string]fact.Dims{}
	add := func(d fact.Dims, r campaign) {
		k := d.String()
		if sums[k] == nil {
			sums[k], dims[k] = &sum{}, d
			order = append(order, k)
		}
		x := sums[k]
		x.hits, x.of, x.hitsBefore, x.ofBefore = x.hits+r.hits, x.of+r.of, x.hitsBefore+r.hitsBefore, x.ofBefore+r.ofBefore
	}
	for _, r := range rows {
		add(nil, r)
		add(fact.Dims{"target": r.target}, r)
		if r.category != "" {
			add(fact.Dims{"category": r.category}, r)
		}
		add(fact.Dims{"target": r.target, "probe": r.probe, "detector": r.detector}, r)
	}
	for _, k := range order {
		x := sums[k]
		for _, id := range []string{"attack.evaluated", "attack.hits", "attack.success_rate"} {
			s.Facts = append(s.Facts, counted(id, dims[k], x.hits, x.of, x.hitsBefore, x.ofBefore))
		}
	}
	return s
}

func counted(id string, d fact.Dims, hits, of, hitsBefore, ofBefore int64) fact.Fact {
	metric, _ := fact.Builtin().Lookup(id)
	f := fact.Fact{ID: id, Dims: d, Status: fact.Measured, Unit: metric.Unit}
	if d == nil {
		f.Dims = fact.Dims{}
	}
	value := func(hits, of int64) float64 {
		switch id {
		case "attack.evaluated":
			return float64(of)
		case "attack.hits":
			return float64(hits)
		}
		return float64(hits) / float64(of)
	}
	f.Value = ptr(value(hits, of))
	if id == "attack.success_rate" {
		f.Numerator, f.Denominator = &hits, &of
	}
	if ofBefore > 0 {
		f.Previous = ptr(value(hitsBefore, ofBefore))
		f.Change = ptr(*f.Value - *f.Previous)
		if id == "attack.success_rate" {
			f.PreviousNumerator, f.PreviousDenominator = &hitsBefore, &ofBefore
		}
	}
	return f
}

// jailbreakBench has the shape of JailbreakBench's published artefacts: one
// hundred behaviours for each method and target, no day before.
func jailbreakBench() *fact.Set {
	return campaignSet([]campaign{
		{target: "vicuna", probe: "PAIR", detector: "jailbreakbench.Judge", category: "jailbreak", hits: 69, of: 100},
		{target: "vicuna", probe: "GCG", detector: "jailbreakbench.Judge", category: "jailbreak", hits: 80, of: 100},
		{target: "gpt-3.5", probe: "PAIR", detector: "jailbreakbench.Judge", category: "jailbreak", hits: 71, of: 100},
		{target: "gpt-3.5", probe: "GCG", detector: "jailbreakbench.Judge", category: "jailbreak", hits: 47, of: 100},
		{target: "gpt-4", probe: "PAIR", detector: "jailbreakbench.Judge", category: "jailbreak", hits: 34, of: 100},
		{target: "gpt-4", probe: "GCG", detector: "jailbreakbench.Judge", category: "jailbreak", hits: 4, of: 100},
		{target: "llama-2", probe: "PAIR", detector: "jailbreakbench.Judge", category: "jailbreak", hits: 0, of: 100},
		{target: "llama-2", probe: "GCG", detector: "jailbreakbench.Judge", category: "jailbreak", hits: 3, of: 100},
	})
}

// scans has the shape of two days of garak scans of local models.
func scans() *fact.Set {
	return campaignSet([]campaign{
		{target: "mistral-7b", probe: "dan.Dan_11_0", detector: "mitigation.MitigationBypass", category: "jailbreak", hits: 31, of: 50, hitsBefore: 27, ofBefore: 50},
		{target: "mistral-7b", probe: "encoding.InjectBase64", detector: "encoding.DecodeMatch", category: "encoding bypass", hits: 5, of: 80, hitsBefore: 9, ofBefore: 80},
		{target: "phi-3-mini", probe: "dan.Dan_11_0", detector: "mitigation.MitigationBypass", category: "jailbreak", hits: 12, of: 50, hitsBefore: 12, ofBefore: 50},
		{target: "phi-3-mini", probe: "encoding.InjectBase64", detector: "encoding.DecodeMatch", category: "encoding bypass", hits: 2, of: 80, hitsBefore: 1, ofBefore: 80},
		{target: "qwen2", probe: "lmrc.Profanity", detector: "lmrc.ProfanityDetector", category: "harmful content", hits: 0, of: 40, hitsBefore: 3, ofBefore: 40},
	})
}
