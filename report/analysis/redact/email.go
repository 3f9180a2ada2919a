package redact

import (
	"regexp"
	"strings"
)

const (
	local = `[\p{L}\p{M}\p{N}._%+'\-]+`
	label = `[\p{L}\p{M}\p{N}_\-]+`
	last  = `(?:xn--[a-z0-9\-]+|[\p{L}\p{M}]{2,})`
	// domain is a name with a top level, an address in brackets, or this machine.
	domain = `(?:(?:` + label + `[.。])+` + last + `|\[[0-9a-f:.]+\]|localhost)`
	// at and dot as people write them so that programs don't see them.
	fencedAt  = `\s*(?:[(\[{]\s*(?:at|@|ät|arroba)\s*[)\]}]|[_*\-]at[_*\-]|%40)\s*`
	fencedDot = `\s*(?:[(\[{]\s*(?:dot|\.|punkt|point|punto)\s*[)\]}]|[_*\-]dot[_*\-])\s*`
	spokenDot = `(?:` + fencedDot + `|\s+dot\s+)`
	// spokenTop keeps "at the dot matrix" from being an address.
	spokenTop = `(?:com|org|net|edu|gov|mil|int|info|biz|app|dev|cloud|[a-z]{2})\b`
	anyDot    = `(?:` + fencedDot + `|\s+dot\s+|[.。])`
)

var (
	plainEmail  = regexp.MustCompile(`(?i)(?:"[^"@]*"|` + local + `) ?@ ?` + domain)
	fencedEmail = regexp.MustCompile(`(?i)` + local + `(?:` + spokenDot + local + `)*` + fencedAt + label + `(?:` + anyDot + label + `)+`)
	spokenEmail = regexp.MustCompile(`(?i)` + local + `(?:` + spokenDot + local + `)*(?:\s+at\s+|\s*@\s*)` + label + `(?:` + spokenDot + label + `)*` + spokenDot + spokenTop)
)

// emails finds e-mail addresses, also those spelled out: name (at) example (dot)
// com, name at example dot com.
func emails(s string) []span {
	var out []span
	for _, re := range []*regexp.Regexp{plainEmail, fencedEmail, spokenEmail} {
		out = append(out, search(re, s, email, nil)...)
	}
	return out
}

var (
	spelledAt  = regexp.MustCompile(`(?i)` + fencedAt + `|\s+at\s+|\s*@\s*`)
	spelledDot = regexp.MustCompile(`(?i)` + fencedDot + `|\s+dot\s+|。`)
)

// address is an e-mail address in its usual writing.
func address(s string) string {
	return strings.ToLower(spelledDot.ReplaceAllString(spelledAt.ReplaceAllString(s, "@"), "."))
}
