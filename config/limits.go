package config

import (
	"fmt"
	"time"
)

// Limits bound the calls to a provider; zero budgets are none.
type Limits struct {
	Calls                         int // in any window of Per
	Per, Timeout, Block           time.Duration
	Attempts, Repairs             int
	AnswerTokens                  int64
	TokensPerReport, TokensPerDay int64
	USDPerReport, USDPerDay       float64
}

// defaults are the limits of a provider that names none.
var defaults = Limits{Calls: 10, Per: time.Minute, Timeout: 30 * time.Second, Block: 2 * time.Minute,
	Attempts: 3, Repairs: 2, AnswerTokens: 8000, TokensPerReport: 150_000}

// readLimits puts what is written over what was there.
func readLimits(p place, out Limits) Limits {
	f := p.fields("calls", "per", "timeout", "block", "attempts", "repairs", "answer_tokens",
		"tokens_per_report", "tokens_per_day", "usd_per_report", "usd_per_day")
	number(f["calls"], &out.Calls, 1, 10_000)
	duration(f["per"], &out.Per, time.Second, time.Hour)
	duration(f["timeout"], &out.Timeout, time.Second, 10*time.Minute)
	duration(f["block"], &out.Block, time.Second, time.Hour)
	number(f["attempts"], &out.Attempts, 1, 3)
	number(f["repairs"], &out.Repairs, 0, 2)
	number(f["answer_tokens"], &out.AnswerTokens, 100, 100_000)
	number(f["tokens_per_report"], &out.TokensPerReport, 0, 1e9)
	number(f["tokens_per_day"], &out.TokensPerDay, 0, 1e12)
	number(f["usd_per_report"], &out.USDPerReport, 0, 1e6)
	number(f["usd_per_day"], &out.USDPerDay, 0, 1e6)
	return out
}

// number reads a number within bounds; without one, out stays as it is. NaN is
// within none, and what is counted is not cut to a whole number.
func number[T int | int64 | float64](p place, out *T, least, most T) {
	expected := fmt.Sprintf("%s from %.f to %.f", numeral(*out), float64(least), float64(most))
	var f float64
	if !read(p, &f, expected) {
		return
	}
	if within := f >= float64(least) && f <= float64(most); !within || float64(T(f)) != f {
		p.wrong(fmt.Sprint(f), expected)
		return
	}
	*out = T(f)
}

func numeral(v any) string {
	if _, ok := v.(float64); ok {
		return "a number"
	}
	return "a whole number"
}

func duration(p place, out *time.Duration, least, most time.Duration) {
	expected := fmt.Sprintf("a duration from %s to %s, such as 60s", least, most)
	var s string
	if read(p, &s, expected) {
		d, err := time.ParseDuration(s)
		*out = d
		p.wrongIf(err != nil || d < least || d > most, fmt.Sprintf("%.20q", s), expected)
	}
}
