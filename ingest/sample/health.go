package sample

import (
	"math"
	"time"

	"github.com/closeofbusiness/cob/ingest"
)

// interval is how often a component is looked at.
const interval = 5 * time.Minute

// samples are the health samples from one day's cutoff to the next. On the
// story's day voice-bridge falls silent at 02:57, until 10:00 on the next
// weekday.
func (h *history) samples(d day) {
	for _, c := range components {
		for t := d.from.Add(2 * time.Minute); t.Before(d.cutoff); t = t.Add(interval) {
			if h.silent(d, c, t) {
				continue
			}
			h.add(Health, h.sample(d, c, t))
		}
	}
}

func (h *history) silent(d day, c component, t time.Time) bool {
	if c.name != "voice-bridge" {
		return false
	}
	_, was := h.silentSince[c.name]
	switch {
	case d.story && t.After(d.clock(2, 57)):
		h.silentSince[c.name] = t
	case was && !d.story && !isWeekend(d.date) && !t.Before(d.clock(10, 0)):
		delete(h.silentSince, c.name)
	}
	_, is := h.silentSince[c.name]
	return is
}

func (h *history) sample(d day, c component, t time.Time) ingest.HealthSample {
	s := ingest.HealthSample{Source: Health, Component: c.name, At: t, Up: d.rng.Float64()*1000 >= c.faults}
	if d.offset == outageDay && c.name == "model-router" && t.After(d.clock(2, 10)) && t.Before(d.clock(4, 35)) {
		s.Up = false
	}
	if s.Up {
		p95 := c.ordinary
		if d.story {
			p95 = c.story
		}
		// Even up to the p95, then a tail.
		u := d.rng.Float64()
		ms := p95 * (0.5 + 0.5*u/0.95)
		if u > 0.95 {
			ms = p95 * (1 + (u-0.95)*12)
		}
		s.LatencyMs = ptr(math.Round(ms*10) / 10)
	}
	return s
}
