package analysis

import (
	"cmp"
	"math/big"
	"slices"
	"strings"

	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
)

// rate is the first sentence: the attack success rate, or that there is none.
func (w *writer) rate() {
	f := w.set.Total("attack.success_rate")
	if f == nil {
		return
	}
	if !f.Measured() {
		w.unmeasured("The attack success rate", "is", f)
		return
	}
	in := document.Inlines{document.Plain("The attack success rate ")}
	measured := func(before, after string) {
		in = append(in, document.Plain(before), document.Strong(f.Shown()), document.Plain(hitsIn(f)+after))
	}
	ch := f.ShownChange()
	switch {
	case !ch.Known && w.clock.PreviousInProse() == "":
		measured("is ", "")
	case !ch.Known:
		measured("is ", "; there is no figure for "+w.clock.PreviousInProse())
	case ch.Direction == fact.Unchanged:
		measured("was unchanged at ", "")
	case f.Shown() == f.ShownPrevious():
		measured(verb(ch.Direction)+" by less than 0.01 percentage points to ", "")
	default:
		measured(verb(ch.Direction)+" to ", " from "+f.ShownPrevious())
	}
	in = append(in, document.Plain(likeForLike(f)+"."))
	w.say(keepAlways, in, f)
}

func hitsIn(f *fact.Fact) string {
	if f.Numerator == nil || f.Denominator == nil {
		return ""
	}
	return " (" + plural(*f.Numerator, "hit", "hits") + " in " + plural(*f.Denominator, "evaluation", "evaluations") + ")"
}

func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fact.Integer(n) + " " + many
}

func verb(d fact.Direction) string {
	if d == fact.Down {
		return "fell"
	}
	return "rose"
}

// likeForLike is the clause on what was measured on both days. It says nothing
// where that is everything.
func likeForLike(f *fact.Fact) string {
	before, now := f.ExactComparable(), f.ExactComparableValue()
	if before == nil || now == nil {
		if f.ExactPrevious() == nil {
			return ""
		}
		return "; nothing was measured on both days"
	}
	prev, value := f.ExactPrevious(), f.Exact()
	if prev != nil && prev.Cmp(before) == 0 && value.Cmp(now) == 0 {
		return ""
	}
	ch := f.ShownComparableChange()
	from, to := f.ShownComparable(), f.ShownComparableValue()
	s := "; over what was measured on both days it "
	switch {
	case ch.Direction == fact.Unchanged:
		return s + "was unchanged at " + to
	case from == to:
		return s + verb(ch.Direction) + " by less than 0.01 percentage points to " + to
	case to == f.Shown():
		return s + verb(ch.Direction) + " from " + from
	}
	return s + verb(ch.Direction) + " from " + from + " to " + to
}

// mover names the one target that holds most of the change, and what version
// it ran.
func (w *writer) mover() {
	total := w.set.Total("attack.success_rate")
	delta, ok := hitsMoved(total)
	if !ok || delta == 0 {
		return
	}
	var comparable int64
	for _, f := range w.set.By("attack.success_rate", "target") {
		if _, ok := hitsMoved(f); ok {
			comparable++
		}
	}
	for _, f := range w.set.By("attack.success_rate", "target") {
		d, ok := hitsMoved(f)
		if !ok || 10*d*sign(delta) < 8*delta*sign(delta) || overlap(f) {
			continue
		}
		w.moved(f, total, d, delta-d, comparable-1)
		w.version(f)
		return
	}
}

// hitsMoved is the like-for-like change in hits.
func hitsMoved(f *fact.Fact) (int64, bool) {
	if f.ExactComparable() == nil || f.ExactComparableValue() == nil ||
		f.ComparableValueNum == nil || f.ComparableNumerator == nil ||
		f.ComparableValueDen == nil || f.ComparableDenominator == nil ||
		*f.ComparableValueDen <= 0 || *f.ComparableDenominator <= 0 {
		return 0, false
	}
	return *f.ComparableValueNum - *f.ComparableNumerator, true
}

func sign(n int64) int64 { return int64(cmp.Compare(n, 0)) }

// overlap tells whether the like-for-like rates' 95 % intervals overlap: then
// nothing is said about a move.
func overlap(f *fact.Fact) bool {
	before := fact.Wilson(*f.ComparableNumerator, *f.ComparableDenominator)
	now := fact.Wilson(*f.ComparableValueNum, *f.ComparableValueDen)
	return before[0] <= now[1] && now[0] <= before[1]
}

func (w *writer) moved(f, total *fact.Fact, d, rest, others int64) {
	ch := f.ShownComparableChange()
	if ch.Direction == fact.Unchanged || (d > 0) != (ch.Direction == fact.Up) {
		return // hits and rate went different ways: a sentence would mislead
	}
	in := document.Inlines{
		document.Plain(name(f.Dims["target"]) + " " + verb(ch.Direction) + " from " + f.ShownComparable() + " to "),
		document.Strong(f.ShownComparableValue()),
		document.Plain(", " + moreHits(d)),
	}
	if f.Exact().Cmp(f.ExactComparableValue()) != 0 {
		in = append(in, document.Plain(" over what was measured on both days"))
	}
	switch {
	case others == 1:
		in = append(in, document.Plain("; the other target had "+moreOrFewer(rest)))
	case others > 1:
		in = append(in, document.Plain("; the other "+fact.Word(others)+" targets together had "+moreOrFewer(rest)))
	}
	w.say(keepMover, append(in, document.Plain(".")), f, total)
}

func moreHits(d int64) string {
	n := abs(d)
	s := fact.Word(n) + " hits "
	if n == 1 {
		s = "one hit "
	}
	if d < 0 {
		return s + "fewer"
	}
	return s + "more"
}

func moreOrFewer(d int64) string {
	switch {
	case d == 0:
		return "as many"
	case d < 0:
		return fact.Word(-d) + " fewer"
	}
	return fact.Word(d) + " more"
}

func abs(n int64) int64 { return max(n, -n) }

// version tells which versions the target ran, beside the sentence on its rate
// and without connecting the two.
func (w *writer) version(f *fact.Fact) {
	i := slices.IndexFunc(w.set.Records.Targets, func(t fact.Target) bool { return t.Name == f.Dims["target"] })
	if i < 0 || len(w.set.Records.Targets[i].Changes) == 0 {
		return
	}
	t := w.set.Records.Targets[i]
	s := name(t.Name) + " " + w.versions(t)
	if w.set.FeedComplete("attacks") {
		since := w.clock.At(t.Changes[len(t.Changes)-1].At)
		switch t.SinceChange {
		case 0:
			s += "; no evaluation has been made since " + since
		case 1:
			s += "; one evaluation has been made since " + since
		default:
			s += "; " + fact.Word(t.SinceChange) + " evaluations have been made since " + since
		}
	}
	w.say(keepVersion, plain(s+"."), f)
}

func (w *writer) versions(t fact.Target) string {
	first, last := t.Changes[0], t.Changes[len(t.Changes)-1]
	before := name(t.Version)
	switch len(t.Changes) {
	case 1:
		s := "has run version " + name(first.Version) + " since " + w.clock.At(first.At)
		if before != "" {
			s += ", " + before + " before"
		}
		return s
	case 2:
		s := "ran version " + name(first.Version) + " from " + w.clock.At(first.At) + " to " + w.clock.At(last.At)
		switch {
		case t.Version == last.Version:
			return s + ", " + before + " before and since"
		case before != "":
			return s + ", " + before + " before and " + name(last.Version) + " since"
		}
		return s + ", " + name(last.Version) + " since"
	}
	return "changed its version " + fact.Word(int64(len(t.Changes))) + " times and has run " + name(last.Version) + " since " + w.clock.At(last.At)
}

// findings tells what was opened, closed and is open.
func (w *writer) findings() {
	opened, closed, open := w.set.Total("findings.opened"), w.set.Total("findings.closed"), w.set.Total("findings.open")
	for _, f := range []*fact.Fact{open, opened, closed} {
		if f == nil {
			return
		}
		if !f.Measured() {
			w.unmeasured("Findings", "are", f)
			return
		}
	}
	n, m, left := count(opened), count(closed), count(open)
	if n == 0 && m == 0 && !w.set.FeedComplete("findings") {
		return
	}
	used := []*fact.Fact{opened, closed, open}
	var s string
	if n == 0 && m == 0 {
		s = "No finding was opened or closed"
	} else {
		s = capital(fact.Word(n)) + " findings were opened"
		if n == 1 {
			s = "One finding was opened"
		}
		critical := w.set.Find("findings.opened", fact.Dims{"severity": "critical"})
		if critical.Measured() && n > 0 {
			s += ", " + w.critical(n, count(critical)) + ","
			used = append(used, critical)
		}
		s += " and " + none(m) + " closed"
	}
	s += "; " + none(left) + " " + isAre(left) + " open."
	w.say(keepAlways, plain(s), used...)
}

func (w *writer) critical(opened, n int64) string {
	var ids []string
	for _, f := range w.set.Records.Findings {
		if f.InWindow && f.Severity == "critical" {
			ids = append(ids, name(f.Name))
		}
	}
	list := ""
	if int64(len(ids)) == n && n > 0 {
		list = " (" + Listed(ids, 3) + ")"
	}
	switch {
	case opened == 1 && n == 1:
		return "a critical one" + list
	case n == 0:
		return "none critical"
	}
	return fact.Word(n) + " critical" + list
}

// Listed joins names with commas, at most so many: "F-1, F-2 and 3 more".
func Listed(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + " and " + fact.Integer(int64(len(names)-most)) + " more"
}

func none(n int64) string {
	if n == 0 {
		return "none"
	}
	return fact.Word(n)
}

func isAre(n int64) string {
	if n == 1 || n == 0 {
		return "is"
	}
	return "are"
}

// count is a fact's value as a whole number.
func count(f *fact.Fact) int64 {
	v := f.Exact()
	if v == nil {
		return 0
	}
	return new(big.Int).Quo(v.Num(), v.Denom()).Int64()
}

// incidents names the worst two, or says that there is none.
func (w *writer) incidents() {
	open, opened := w.set.Total("incidents.open"), w.set.Total("incidents.opened")
	if open == nil || opened == nil {
		return
	}
	if !open.Measured() {
		w.unmeasured("Incidents", "are", open)
		return
	}
	list := slices.Clone(w.set.Records.Incidents)
	slices.SortStableFunc(list, func(a, b fact.Incident) int {
		return cmp.Or(cmp.Compare(closed(a), closed(b)), cmp.Compare(a.Severity, b.Severity), a.OpenedAt.Compare(b.OpenedAt), cmp.Compare(a.Name, b.Name))
	})
	if len(list) == 0 {
		if count(open) == 0 && opened.Measured() && count(opened) == 0 && w.set.FeedComplete("incidents") {
			w.say(keepAlways, plain("No incident was opened or is open."), open, opened)
		}
		return
	}
	shown := min(2, len(list))
	for i, inc := range list[:shown] {
		s := w.incident(inc)
		if more := stillOpen(list[shown:]); i == 0 && more > 0 {
			s += "; " + fact.Word(more) + " more " + isAre(more) + " open"
		}
		w.say([]int{keepAlways, keepSecondIncident}[i], plain(s+"."), open, opened)
	}
}

func closed(i fact.Incident) int {
	if i.State == "resolved" {
		return 1
	}
	return 0
}

func stillOpen(list []fact.Incident) int64 {
	var n int64
	for _, i := range list {
		if closed(i) == 0 {
			n++
		}
	}
	return n
}

func (w *writer) incident(i fact.Incident) string {
	at := " was opened on " + w.clock.Full(i.OpenedAt)
	if w.clock.OnDate(i.OpenedAt) {
		at = " was opened at " + w.clock.Of(i.OpenedAt)
	}
	s := "Incident " + name(i.Name)
	if i.Severity > 0 {
		s += " (severity " + fact.Integer(int64(i.Severity)) + ")"
	}
	state := name(strings.ReplaceAll(i.State, "_", " "))
	if i.State == "mitigated" {
		state += ", not resolved"
	}
	return s + at + " and is " + state
}

// runs tells how many planned runs gave no result.
func (w *writer) runs() {
	planned, failed, skipped := w.set.Total("runs.planned"), w.set.Total("runs.failed"), w.set.Total("runs.not_started")
	if !planned.Measured() || !failed.Measured() || !skipped.Measured() {
		return
	}
	f, s := count(failed), count(skipped)
	if f+s == 0 {
		return
	}
	var how []string
	if f > 0 {
		how = append(how, fact.Word(f)+" failed")
	}
	if s > 0 {
		how = append(how, fact.Word(s)+" did not start")
	}
	text := capital(fact.Word(f+s)) + " of " + fact.Integer(count(planned)) + " planned " + runWord(count(planned)) + " gave no result: " + strings.Join(how, ", ") + "."
	w.say(keepRuns, plain(text), planned, failed, skipped)
}

func runWord(n int64) string {
	if n == 1 {
		return "run"
	}
	return "runs"
}
