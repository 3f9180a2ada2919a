package redact

import (
	"net/netip"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A card number has 13 to 19 digits (ISO/IEC 7812).
const minCard, maxCard = 13, 19

// run is a row of groups of digits with one separator between each two.
var run = regexp.MustCompile(`[0-9]+(?:[ .\-_/][0-9]+)*`)

// cards finds payment cards: every window of whole groups that has a prefix that
// issuers use and the check digit after Luhn. Groups have three digits or more,
// or the row is one of single digits or pairs: else every list of counts would
// hold a card.
func cards(s string) (out []span) {
	for _, m := range run.FindAllStringIndex(s, -1) {
		if m[1]-m[0] < minCard {
			continue
		}
		groups := groupsOf(s, m[0], m[1])
		if even(groups) && isCard(digits(s[m[0]:m[1]])) {
			out = append(out, span{start: m[0], end: m[1], kind: card})
			continue
		}
		for i, g := range groups {
			out = append(out, windows(s, groups[i:], g[0])...)
		}
	}
	return out
}

// windows are the cards that begin with the first of some groups.
func windows(s string, groups [][2]int, start int) (out []span) {
	n := 0
	for _, g := range groups {
		if n += g[1] - g[0]; n > maxCard {
			break
		}
		if n >= minCard && isCard(digits(s[start:g[1]])) {
			out = append(out, span{start: start, end: g[1], kind: card})
		}
		if g[1]-g[0] < 3 {
			break
		}
	}
	return out
}

func groupsOf(s string, start, end int) (out [][2]int) {
	at := start
	for i := start; i <= end; i++ {
		if i == end || s[i] < '0' || s[i] > '9' {
			out = append(out, [2]int{at, i})
			at = i + 1
		}
	}
	return out
}

// even tells whether a number is written in single digits or in pairs.
func even(groups [][2]int) bool {
	size := groups[0][1] - groups[0][0]
	for i, g := range groups {
		if n := g[1] - g[0]; n != size && (i < len(groups)-1 || n > size) {
			return false
		}
	}
	return size <= 2
}

func isCard(d string) bool {
	if len(d) < minCard || len(d) > maxCard || !prefixed(d) {
		return false
	}
	sum := 0
	for i := range len(d) {
		n := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}

// prefixed tells whether cards begin so: with 3 to 6, Mastercard and Mir with 22
// to 27, RuPay with 81 and 82, Troy with 97, UATP with 1 and 15 digits. Times in
// any unit since 1970, and dates of this century, do not.
func prefixed(d string) bool {
	switch d[0] {
	case '1':
		return len(d) == 15
	case '2':
		return d[1] >= '2' && d[1] <= '7'
	case '8':
		return d[1] == '1' || d[1] == '2'
	case '9':
		return d[1] == '7'
	}
	return d[0] >= '3' && d[0] <= '6'
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

func unspaced(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '.' {
			return -1
		}
		return r
	}, s)
}

// lengths of account numbers by country (SWIFT IBAN Registry, release 98).
const lengths = "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 " +
	"EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 " +
	"LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 " +
	"RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30"

var ibanStart = regexp.MustCompile(`(?i)[a-z]{2}[0-9]{2}`)

// ibans finds account numbers (ISO 13616) that have the length of their country
// and the right check digits, in groups or in one.
func ibans(s string) (out []span) {
	for _, m := range ibanStart.FindAllStringIndex(s, -1) {
		if alnum(before(s, m[0])) {
			continue
		}
		if end, ok := ibanEnd(s, m[0]); ok {
			out = append(out, span{start: m[0], end: end, kind: iban})
		}
	}
	return out
}

func ibanEnd(s string, start int) (int, bool) {
	country := strings.Index(lengths, strings.ToUpper(s[start:start+2]))
	if country < 0 {
		return 0, false
	}
	left := int(lengths[country+2]-'0')*10 + int(lengths[country+3]-'0')
	var compact []byte
	for i := start; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z':
			compact = append(compact, c)
			if len(compact) == left {
				return i + 1, !alnum(after(s, i+1)) && checked(strings.ToUpper(string(compact)))
			}
		case (c == ' ' || c == '-' || c == '.') && i+1 < len(s) && alnum(rune(s[i+1])):
		default:
			return 0, false
		}
	}
	return 0, false
}

// checked is the check of ISO 7064, MOD 97-10.
func checked(s string) bool {
	rest := 0
	for _, c := range s[4:] + s[:4] {
		if c >= 'A' {
			rest = (rest*100 + int(c-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(c-'0')) % 97
		}
	}
	return rest == 1
}

func alnum(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

var (
	dotted  = regexp.MustCompile(`[0-9]{1,3}(?:\[?\.\]?[0-9]{1,3}){3}`)
	coloned = regexp.MustCompile(`[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*`)
	version = regexp.MustCompile(`(?i)(?:\bv|\bver\.?|\bversions?|\brelease|\bbuild) ?$`)
)

// addresses finds IP addresses, also with their dots in brackets. Four numbers
// behind "version" are one.
func addresses(s string) []span {
	out := search(dotted, s, ip, func(start, end int) bool {
		_, err := netip.ParseAddr(host(s[start:end]))
		return err == nil && edge(s, start, end) && !version.MatchString(s[max(0, start-12):start])
	})
	for _, m := range coloned.FindAllStringIndex(s, -1) {
		start, end := inner(s, m[0], m[1])
		_, err := netip.ParseAddr(s[start:end])
		if err == nil && end-start >= 6 && hasDigit(s[start:end]) && edge(s, start, end) && !unicode.IsLetter(before(s, start)) {
			out = append(out, span{start: start, end: end, kind: ip})
		}
	}
	return out
}

// inner is a span without the punctuation of the sentence around it.
func inner(s string, start, end int) (int, int) {
	for end > start && (s[end-1] == '.' || s[end-1] == ':' && !strings.HasSuffix(s[start:end], "::")) {
		end--
	}
	for start < end && (s[start] == '.' || s[start] == ':' && !strings.HasPrefix(s[start:end], "::")) {
		start++
	}
	return start, end
}

// edge tells whether a span is no part of a longer number or word.
func edge(s string, start, end int) bool {
	left, right := before(s, start), after(s, end)
	if unicode.IsDigit(left) || unicode.IsDigit(right) || unicode.IsLetter(right) {
		return false
	}
	decimal := func(at int) bool { return at >= 0 && at < len(s) && s[at] >= '0' && s[at] <= '9' }
	return !(left == '.' && decimal(start-2)) && !(right == '.' && decimal(end+1))
}

var padding = regexp.MustCompile(`\b0+([0-9])`)

// host is an address without brackets and padding, in its shortest form.
func host(s string) string {
	s = padding.ReplaceAllString(strings.NewReplacer("[", "", "]", "").Replace(s), "$1")
	if a, err := netip.ParseAddr(s); err == nil {
		return a.String()
	}
	return strings.ToLower(s)
}

// Ways to write telephone numbers. Group 1 is the number where there are groups.
var (
	international = regexp.MustCompile(`(?:\+|\b00) ?[1-9](?:[ ().\-/]{0,3}[0-9]){6,14}`)
	trunk         = regexp.MustCompile(`\(?0[1-9](?:[ ().\-/]{0,2}[0-9]){7,12}`)
	american      = regexp.MustCompile(`(?:\b1[ .\-])?(?:\([2-9][0-9]{2}\) ?|\b[2-9][0-9]{2}[ .\-])[2-9][0-9]{2}[ .\-][0-9]{4}\b`)
	bracketed     = regexp.MustCompile(`\([0-9]{2,5}\)[ \-]?[0-9]{3,5}[ \-][0-9]{3,6}\b`)
	indian        = regexp.MustCompile(`\b[6-9][0-9]{4}[ \-][0-9]{5}\b`)
	announced     = regexp.MustCompile(`(?i)\b(?:tel|telephone|telefon|phone|mobile|mob|cell|fax|whatsapp|sms|(?:call|ring|dial) (?:me|us|him|her|them))` +
		`(?:[ .:=#]|no\b|number\b|is\b|at\b|on\b)*([(+]?[0-9](?:[ ().\-/]{0,2}[0-9]){6,14})`)
	day    = regexp.MustCompile(`^\(?(?:[0-3]?[0-9][ ./\-][0-3]?[0-9][ ./\-](?:19|20)[0-9]{2}|(?:19|20)[0-9]{2}[ ./\-]?[01][0-9][ ./\-]?[0-3][0-9])|\b(?:19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]`)
	figure = regexp.MustCompile(`[0-9]\.[0-9]{1,2} ?[\-/(] ?[0-9]+\.[0-9]|(?:^| )[0-9]{1,3}\.[0-9]{1,2}(?: |$)`)
)

// phones finds telephone numbers: international ones, and national ones as they
// are written with a trunk prefix, in North America, Brazil and India, or behind
// a word such as "phone". Dates and rows of decimals are none.
func phones(s string) []span {
	var out []span
	for _, re := range []*regexp.Regexp{international, trunk, american, bracketed, indian, announced} {
		out = append(out, search(re, s, phone, func(start, end int) bool {
			text := s[start:end]
			return !day.MatchString(text) && !figure.MatchString(text) && apart(s, start, end) &&
				!(strings.HasPrefix(text, "00") && len(digits(text)) < 10)
		})...)
	}
	return out
}

// apart tells whether a number stands alone: no part of an identifier, a decimal
// or a longer number.
func apart(s string, start, end int) bool {
	left, right := before(s, start), after(s, end)
	if alnum(right) {
		return false
	}
	if s[start] == '+' || s[start] == '(' {
		return true
	}
	if strings.ContainsRune("-._/,:", left) && start > 1 {
		return !alnum(before(s, start-1))
	}
	return !alnum(left)
}

// dialled is a telephone number as its digits, without prefixes for dialling.
func dialled(s string) string {
	return strings.TrimPrefix(digits(strings.Replace(s, "(0)", "", 1)), "00")
}
