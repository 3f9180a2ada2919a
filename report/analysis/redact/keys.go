package redact

import (
	"regexp"
	"strings"
	"unicode"
)

// issued are keys and tokens that say by their beginning what they are.
var issued = regexp.MustCompile(`` +
	`-----BEGIN [A-Z0-9 ]*-----.*?(?:-----END [A-Z0-9 ]*-----|$)` +
	`|A(?:KIA|SIA|BIA|CCA|GPA|IDA|IPA|NPA|NVA|ROA)[A-Z0-9]{12,}` + // AWS
	`|gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,}|glpat-[A-Za-z0-9_\-]{16,}` +
	`|xox[a-z]-[A-Za-z0-9\-]{8,}|xapp-[A-Za-z0-9\-]{8,}|hooks\.slack\.com/services/[A-Za-z0-9/]+` +
	`|sk-(?:ant|proj|svcacct|admin|or)-[A-Za-z0-9_\-]{8,}` +
	`|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{8,}|whsec_[A-Za-z0-9+/=]{8,}` + // Stripe
	`|AIza[A-Za-z0-9_\-]{30,}|ya29\.[A-Za-z0-9_\-]{16,}|GOCSPX-[A-Za-z0-9_\-]{16,}` + // Google
	`|eyJ[A-Za-z0-9_\-]{6,}\.[A-Za-z0-9_\-]{2,}(?:\.[A-Za-z0-9_\-]*){0,3}` + // JWT, JWE
	`|hf_[A-Za-z0-9]{20,}|gsk_[A-Za-z0-9]{20,}|xai-[A-Za-z0-9]{20,}|r8_[A-Za-z0-9]{20,}` +
	`|npm_[A-Za-z0-9]{20,}|pypi-[A-Za-z0-9_\-]{20,}|dckr_pat_[A-Za-z0-9_\-]{16,}` +
	`|hv[sbr]\.[A-Za-z0-9_\-]{16,}|SG\.[A-Za-z0-9_\-]{16,}\.[A-Za-z0-9_\-]{16,}` +
	`|shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{16,}|do[opr]_v1_[a-f0-9]{16,}|AGE-SECRET-KEY-1[A-Z0-9]{16,}`)

// bare is OpenAI's older form; it needs a digit, or "sk-" in a hyphenated word
// would be one.
var bare = regexp.MustCompile(`\bsk-[A-Za-z0-9_\-]{16,}`)

// withLogin are addresses with a user or a password in them, whole.
var withLogin = regexp.MustCompile(`(?i)\b[a-z][a-z0-9+.\-]*://(?:[^\s/?#"']*@[^\s"']*|[^\s/?#:"']+:[^\s"']*@[^\s"']*)`)

const (
	quoted = `"[^"]+"|'[^']+'`
	// rest is a value without quotes: up to a space or what ends one in a query,
	// a list or a quotation.
	rest = `[^\s"',;&]+`
)

// assigned are values behind a word that says that they are secret. Group 1 is
// the value.
var assigned = regexp.MustCompile(`(?i)` +
	`(?:passw(?:or)?d|passwort|passphrase|passcode|pwd|kennwort|mot de passe|contraseña)["']?\s*(?::=|=>|=|:)\s*(` + quoted + `|` + rest + `)`)

// named are values behind a word that prose uses as well. Behind "=" anything
// counts, behind ":" or "is" what looks made by a machine. Group 1 is the value.
var (
	equated = regexp.MustCompile(`(?i)(?:` + tokens + `)["']?\s*(?::=|=>|=)\s*(` + quoted + `|` + rest + `)`)
	stated  = regexp.MustCompile(`(?i)(?:passw(?:or)?d|` + tokens + `)["']?(?:\s*:|\s+is|\s+was)\s*(` + quoted + `|` + rest + `)`)
	headed  = regexp.MustCompile(`(?i)(?:authorization["']?\s*[:=]\s*["']?(?:` + schemes + `\s+)?|(?:set-)?cookie["']?\s*:\s*)(` + rest + `)`)
	bearer  = regexp.MustCompile(`(?i)\b(?:bearer|basic)\s+([A-Za-z0-9._~+/=\-]{8,})`)
)

// scheme is no value: one stood behind it and is gone.
var scheme = regexp.MustCompile(`(?i)^` + schemes + `$`)

const schemes = `(?:bearer|basic|digest|token|negotiate|apikey)`

const tokens = `token|secret|client[_ \-]?secret|api[_ \-]?key|access[_ \-]?key(?:[_ \-]?id)?|secret[_ \-]?(?:access[_ \-]?)?key|` +
	`private[_ \-]?key|auth[_ \-]?key|account[_ \-]?key|shared[_ \-]?access[_ \-]?key|encryption[_ \-]?key|signing[_ \-]?key|` +
	`credentials?|session[_ \-]?id|sessid|signature|[?&;]sig|otp|pin`

// minimum is how short a value behind a word of tokens may be: "token=512" is a
// count.
const minimum = 4

// secrets finds keys, tokens, passwords, and addresses with a login.
func secrets(s string) []span {
	out := search(issued, s, key, nil)
	out = append(out, filtered(bare, s, key, hasDigit)...)
	if strings.Contains(s, "://") {
		out = append(out, search(withLogin, s, key, nil)...)
	}
	out = append(out, search(assigned, s, key, nil)...)
	out = append(out, search(headed, s, key, func(start, end int) bool { return !scheme.MatchString(s[start:end]) })...)
	out = append(out, search(equated, s, key, func(start, end int) bool { return end-start >= minimum })...)
	out = append(out, search(stated, s, key, func(start, end int) bool { return made(s[start:end]) })...)
	return append(out, search(bearer, s, key, func(start, end int) bool {
		return made(s[start:end]) || end-start >= 20
	})...)
}

func hasDigit(s string) bool { return strings.ContainsAny(s, "0123456789") }

// made tells whether a machine or a password rule wrote a value, and not a
// sentence: it is quoted, or has letters beside digits, or is long.
func made(s string) bool {
	s = strings.TrimRight(s, ".!?)…")
	letter := strings.ContainsFunc(s, unicode.IsLetter)
	return len(s) >= minimum && (s[0] == '"' || s[0] == '\'' || hasDigit(s) && letter || len(s) >= 24 ||
		hasDigit(s) && len(s) >= 6 && !strings.ContainsAny(s, ".,:%"))
}

// long are the strings that may be random.
var long = regexp.MustCompile(`[A-Za-z0-9+/_=\-]{20,}`)

// randoms finds strings that look random: hexadecimal from 32 digits on
// (identifiers such as digests and UUIDs go with them), base64 and the like from
// 20, and most that is unbroken from 40.
func randoms(s string) []span {
	return filtered(long, s, key, random)
}

func random(s string) bool {
	parts := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("+/_=-", r) })
	n, switches, longest := 0, 0, 0
	for _, p := range parts {
		n += len(p)
		longest = max(longest, len(p))
		for i := 1; i < len(p); i++ {
			switches += turn(p[i-1], p[i])
		}
	}
	joined := strings.Join(parts, "")
	switch {
	case longest >= 40 && (hasDigit(joined) || switches == 0 || longest >= 64):
		return true
	case longest >= 20 && strings.Trim(joined, "0123456789") == "":
		return true
	case n >= 32 && hasDigit(joined) && strings.Trim(strings.ToLower(joined), "0123456789abcdef") == "":
		return true
	case n >= 32 && longest >= 16 && hasDigit(joined) && 6*switches >= n:
		return true
	}
	return n >= 20 && longest >= 8 && 4*switches >= n
}

// turn is 1 where the kind of character changes as it doesn't within names: not
// from a capital to a small letter.
func turn(a, b byte) int {
	x, y := class(a), class(b)
	if x == y || x == 'A' && y == 'a' {
		return 0
	}
	return 1
}

func class(b byte) byte {
	switch {
	case b >= '0' && b <= '9':
		return '0'
	case b >= 'A' && b <= 'Z':
		return 'A'
	}
	return 'a'
}
