package fact

import (
	"fmt"
	"time"
)

// minimumCoverage is the share of expected samples below which a component's
// health is not measured.
const minimumCoverage = 0.9

// health adds health.availability, health.latency_p95 and the sample counts of
// each component.
func (l *ledger) health() {
	counts := map[string]HealthCount{}
	for _, h := range l.m.Health {
		counts[h.Source+"\x00"+h.Component] = h
	}
	names := l.componentNames()
	for _, c := range l.m.Components {
		expected := l.expectedSamples(c)
		if expected == 0 {
			continue // retired, or not yet watched
		}
		key := c.Source + "\x00" + c.Name
		l.component(Dims{"component": names[key]}, counts[key], expected)
		delete(counts, key)
	}
	for _, h := range l.m.Health { // sampled, but nobody said how often
		key := h.Source + "\x00" + h.Component
		if _, left := counts[key]; left {
			l.component(Dims{"component": names[key]}, h, 0)
		}
	}
}

// componentNames gives each component the name its facts carry: its own, with
// the source where two sources watch components of one name.
func (l *ledger) componentNames() map[string]string {
	sources := map[string]map[string]bool{}
	note := func(source, name string) {
		if sources[name] == nil {
			sources[name] = map[string]bool{}
		}
		sources[name][source] = true
	}
	for _, c := range l.m.Components {
		note(c.Source, c.Name)
	}
	for _, h := range l.m.Health {
		note(h.Source, h.Component)
	}
	out := map[string]string{}
	for name, by := range sources {
		for source := range by {
			out[source+"\x00"+name] = name
			if len(by) > 1 {
				out[source+"\x00"+name] = name + " (" + source + ")"
			}
		}
	}
	return out
}

func (l *ledger) expectedSamples(c Component) int64 {
	from, to := l.m.Window.From, l.m.Window.To
	if c.Retired || c.Interval <= 0 || !c.Since.Before(to) {
		return 0
	}
	if c.Since.After(from) {
		from = c.Since
	}
	return int64(to.Sub(from) / c.Interval)
}

// component adds one component's facts. Zero expected: how many samples there
// should be is not known, and all that there are count.
func (l *ledger) component(d Dims, h HealthCount, expected int64) {
	why, _ := l.brokenPromise("health")
	if why == "" {
		why = l.tooThin(h, expected)
	}
	if why != "" {
		l.missing("health.availability", d, why)
		l.missing("health.latency_p95", d, why)
	} else {
		f := l.ratio("health.availability", d, h.Up, h.Samples, h.Samples)
		f.Interval = nil // samples of a running system are no independent trials
		if h.Timed > 0 {
			l.set("health.latency_p95", d, h.P95, h.Timed)
		} else {
			l.missing("health.latency_p95", d, fmt.Sprintf("none of %d samples carries a latency", h.Samples))
		}
	}
	l.set("health.samples", d, float64(h.Samples), h.Samples)
	if expected > 0 {
		l.set("health.expected", d, float64(expected), h.Samples)
	}
}

func (l *ledger) tooThin(h HealthCount, expected int64) string {
	switch {
	case h.Samples == 0 && expected == 0:
		return "no sample"
	case h.Samples == 0:
		return fmt.Sprintf("0 of %s samples; %.0f %% are needed", thousands(expected), minimumCoverage*100)
	case expected == 0 || float64(h.Samples) >= minimumCoverage*float64(expected):
		return ""
	}
	none := ""
	if l.m.Window.To.Sub(h.Last) > time.Hour {
		none = ", none after " + l.clock(h.Last)
	}
	return fmt.Sprintf("%s of %s samples (%.1f %%)%s; %.0f %% are needed", thousands(h.Samples), thousands(expected),
		100*float64(h.Samples)/float64(expected), none, minimumCoverage*100)
}

// thousands writes a count with separators: 1,440.
func thousands(n int64) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return thousands(n/1000) + fmt.Sprintf(",%03d", n%1000)
}
