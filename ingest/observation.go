package ingest

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// The limits of an observation.
const (
	maxLabels   = 16
	maxUnit     = 12 // characters
	maxDecimals = 12
	maxDigits   = 40 // characters of a number as written
)

// mostObserved bounds a value, whichever its sign: 10^15.
var mostObserved = big.NewRat(1_000_000_000_000_000, 1)

var observedName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

const observedWanted = "1 to 63 characters a-z, 0-9 and underscore were expected, the first a letter"

func (f *fields) metric(field string) string {
	var s string
	if f.required(field, observedWanted, &s) && !observedName.MatchString(s) {
		f.fault(field, quote(s), observedWanted)
	}
	return s
}

func (f *fields) unit(field string) string {
	want := fmt.Sprintf("a unit of 1 to %d printable characters was expected, such as min, EUR, count", maxUnit)
	var s string
	if f.required(field, want, &s) && (checkName(s) != nil || len([]rune(s)) > maxUnit || !printable(s)) {
		f.fault(field, quote(s), want)
	}
	return s
}

// printable holds for text that a page can show: no control or format
// characters, nothing to trim.
func printable(s string) bool {
	return strings.TrimSpace(s) == s && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// decimal reads a number as it is written; nil is a null, which must be there:
// something was observed, and not measured.
func (f *fields) decimal(field string) *string {
	const want = "a number from -10^15 to 10^15 with at most 12 decimals was expected, or null for what was not measured"
	raw, ok := f.values[field]
	delete(f.values, field)
	switch {
	case !ok:
		f.fault(field, "missing", want)
		return nil
	case string(raw) == "null":
		return nil
	case !isDecimal(string(raw)):
		f.fault(field, quote(string(raw)), want)
	}
	return ptr(string(raw))
}

var number = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?([eE]([+-]?[0-9]{1,3}))?$`)

// isDecimal tells whether a JSON number is within the bounds. What is written
// long, or with a large exponent, is not even computed.
func isDecimal(s string) bool {
	m := number.FindStringSubmatch(s)
	if len(s) > maxDigits || m == nil {
		return false
	}
	if exponent, _ := strconv.Atoi(m[3]); max(exponent, -exponent) > maxDigits {
		return false
	}
	v, ok := new(big.Rat).SetString(s)
	if !ok || new(big.Rat).Abs(v).Cmp(mostObserved) > 0 {
		return false
	}
	smallest := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(maxDecimals), nil))
	return v.Mul(v, smallest).IsInt()
}

// labels reads what tells observations apart, as the JSON object that it is.
func (f *fields) labels(field string) string {
	want := fmt.Sprintf("an object of at most %d labels was expected", maxLabels)
	labels := map[string]json.RawMessage{}
	if !f.has(field) {
		return "{}"
	}
	if !f.required(field, want, &labels) {
		return "{}"
	}
	if len(labels) > maxLabels {
		f.fault(field, fmt.Sprintf("%d labels", len(labels)), want)
	}
	out := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		// With these a value could be taken for two dimensions of a fact's name.
		const wantValue = "a text of 1 to 200 printable characters without = { } was expected"
		at := field + "." + brief(key)
		if !observedName.MatchString(key) {
			f.fault(at, "the key "+quote(key), observedWanted)
		}
		var value string
		if err := json.Unmarshal(labels[key], &value); err != nil || string(labels[key]) == "null" || checkName(value) != nil || !printable(value) || strings.ContainsAny(value, "={}") {
			f.fault(at, quote(string(labels[key])), wantValue)
		}
		out[key] = value
	}
	b, err := json.Marshal(out)
	if err != nil { // strings alone: it cannot happen
		f.fault(field, err.Error(), want)
	}
	return string(b)
}

// brief is a key as a message may hold it.
func brief(key string) string {
	if len(key) > 63 {
		return strings.ToValidUTF8(key[:63], "") + "…"
	}
	return key
}
