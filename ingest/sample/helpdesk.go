package sample

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/closeofbusiness/cob/ingest"
)

// Helpdesk is the source of the support desk's observations. It has dice of its
// own: what the other sources tell doesn't depend on it.
const Helpdesk = "sample-helpdesk"

// The days of the desk's history on which something is missing, in weekdays from
// the anchor.
const (
	noSurvey   = -9 // nobody was asked whether they were satisfied
	thinExport = -5 // two of five first responses have no time
)

// queue is what the desk sorts its tickets into.
type queue struct {
	name     string
	daily    int     // tickets of a Wednesday
	response float64 // minutes until the first response
	backlog  int     // before the first day
}

var queues = []queue{
	{"access", 22, 11, 14},
	{"billing", 16, 18, 21},
	{"hardware", 10, 34, 17},
	{"network", 9, 26, 9},
}

// channels are how tickets come in, with their share in percent and how their
// first response compares.
var channels = []struct {
	name  string
	share int
	pace  float64
}{
	{"email", 48, 1.3}, {"phone", 26, 0.4}, {"portal", 14, 1.1}, {"chat", 12, 0.3},
}

// rush is how busy a day is, in percent of a Wednesday.
var rush = map[time.Weekday]int{time.Monday: 145, time.Tuesday: 112, time.Wednesday: 100, time.Thursday: 96, time.Friday: 82}

// supportDesk is the desk so far: how many tickets wait in each queue.
type supportDesk map[string]int

func newSupportDesk() supportDesk {
	out := supportDesk{}
	for _, q := range queues {
		out[q.name] = q.backlog
	}
	return out
}

// support is a weekday at the desk.
func (h *history) support(d day) {
	dice := rand.New(rand.NewPCG(h.Seed^0x5e1f, uint64(d.date.Unix()/86400))) // #nosec G404 -- a history, no secret
	for _, q := range queues {
		received := q.daily*rush[d.date.Weekday()]/100 + dice.IntN(5) - 2
		if d.story && q.name == "network" {
			received += 14 // the day's outage
		}
		for range received {
			h.ticket(d, dice, q)
		}
		// What waits is worked off: more of it, the more there is.
		resolved := min(h.desk[q.name]+received, q.daily+(h.desk[q.name]+received-q.daily-q.backlog)/2+dice.IntN(3))
		noon := max(resolved*2/5, 0)
		h.backlog(d, q, d.clock(12, 0), h.desk[q.name]+received/2-noon)
		for range resolved {
			h.resolve(d, dice, q)
		}
		h.desk[q.name] += received - resolved
		h.backlog(d, q, d.cutoff.Add(-15*time.Minute), h.desk[q.name])
	}
	h.add(Helpdesk, ingest.Watermark{Source: Helpdesk, Feed: "observations", CompleteThrough: d.cutoff})
	h.deliver(d, Helpdesk, "helpdesk", 45*time.Second)
}

// ticket comes in and is answered.
func (h *history) ticket(d day, dice *rand.Rand, q queue) {
	way := channels[0]
	for n, i := dice.IntN(100), 0; i < len(channels); i++ {
		if n -= channels[i].share; n < 0 {
			way = channels[i]
			break
		}
	}
	at := h.during(d, dice)
	labels := map[string]string{"queue": q.name, "channel": way.name}
	minutes := ptr(fmt.Sprintf("%.1f", q.response*way.pace*(0.4+1.2*dice.Float64())))
	if d.story && q.name == "network" {
		minutes = ptr(fmt.Sprintf("%.1f", q.response*way.pace*(1.1+1.2*dice.Float64())))
	}
	unknown := dice.IntN(10)
	if d.offset == thinExport && unknown < 4 || d.story && way.name == "chat" && unknown < 3 {
		minutes = nil
	}
	h.observe(at, "ticket_received", ptr("1"), "count", labels)
	h.observe(at, "first_response_minutes", minutes, "min", labels)
}

// resolve closes a ticket, in time or not, and asks some whether they were
// satisfied.
func (h *history) resolve(d day, dice *rand.Rand, q queue) {
	way := channels[dice.IntN(len(channels)-1)]
	at := h.during(d, dice)
	labels := map[string]string{"queue": q.name, "channel": way.name}
	late := 6
	if q.name == "hardware" {
		late = 19
	}
	inTime := "1"
	if dice.IntN(100) < late {
		inTime = "0"
	}
	h.observe(at, "ticket_resolved", ptr("1"), "count", labels)
	h.observe(at, "ticket_resolved_in_time", ptr(inTime), "count", labels)
	score := min(5, 3+dice.IntN(4)-dice.IntN(2))
	if dice.IntN(3) == 0 && d.offset != noSurvey {
		h.observe(at, "satisfaction", ptr(fmt.Sprint(score)), "of 5", labels)
	}
}

func (h *history) backlog(d day, q queue, at time.Time, waiting int) {
	h.observe(at, "backlog", ptr(fmt.Sprint(max(waiting, 0))), "count", map[string]string{"queue": q.name})
}

// during is a moment between eight and the day's last minutes; no two
// observations of one day share it.
func (h *history) during(d day, dice *rand.Rand) time.Time {
	from := d.clock(8, 0)
	span := d.cutoff.Add(-20 * time.Minute).Sub(from)
	h.moment++
	return from.Add(time.Duration(dice.Int64N(int64(span)))).Truncate(time.Second).Add(time.Duration(h.moment%1_000_000) * time.Microsecond)
}

func (h *history) observe(at time.Time, metric string, value *string, unit string, labels map[string]string) {
	h.add(Helpdesk, ingest.Observation{Source: Helpdesk, Metric: metric, Value: value, Unit: unit, Labels: object(labels), ObservedAt: at})
}

// object writes labels as JSON, in the order of their keys.
func object(labels map[string]string) string {
	b, err := json.Marshal(labels)
	if err != nil { // strings alone: it cannot happen
		return "{}"
	}
	return string(b)
}
