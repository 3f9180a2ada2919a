package redact

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

// hostile is text of pieces that mean something to some part of the package.
func hostile() *rapid.Generator[string] {
	bits := []string{
		"<", ">", "<b", "/", "!", "(", ")", "[", "]", "](", "{", "}", "{{", "}}", "`", "&", "&amp;", "&lt;", "&#64;", ";", "amp;", "#", "@", " @ ", "(at)", " at ", " dot ", ".", "…", "...",
		"%40", "=", ":", "::", "password", "token", "is", "Bearer", "authorization:", "cookie:", "://", "http://u:p@h/", "sk-", "AKIA", "eyJ", "-----BEGIN A-----", "-----END A-----",
		"4111", "1111", " ", "-", "+", "00", "0", "1", "20", "(0)", "DE89", "3704", "DE89370400440532013000", "4111111111111111", "10.0.0.1", "fe80::1", "+442079460958",
		"a", "B", "x1", "example", "com", "R.", "Adeyemi", "adeyemi", "田中", "太郎", "Müller", "Jörg", "[name 1]", "[email 2]", "[key", "1]", "[withheld]", "[INST]", "aB3dE5gH7jK9", "9f86d081",
		"\u200b", "\u202e", "\u0301", "\u0308", "ﷺ", "½", "ｆ", "＠", "＜", "｛", "٣", "\xff", "\n", "\u00a0", "–", "'", "\"", "’", "é", "😀",
	}
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(bits), rapid.String()), 0, 80).Draw(t, "bits"), "")
	})
}

func check(t require.TestingT, r *Redactor, s string) {
	once := r.Text(s)
	before := r.Counts()
	require.Equal(t, once, r.Text(once), "idempotent: %q", s)
	require.Equal(t, before, r.Counts(), "nothing is left to be found: %q", once)
	limit := r.Limit
	if limit == 0 {
		limit = DefaultLimit
	}
	require.LessOrEqual(t, utf8.RuneCountInString(once), max(limit, len(withheld)))
	require.True(t, utf8.ValidString(once))
	require.NotContains(t, once, "{{")
	require.NotContains(t, once, "}}")
	require.NotContains(t, once, "`")
	require.NotContains(t, once, "](")
	require.NotContains(t, once, "\u200b")
}

func TestTextIsIdempotentAndBounded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := redactor(t)
		r.Limit = rapid.SampledFrom([]int{0, 0, 1, 15, 40, 5000}).Draw(t, "limit")
		check(t, r, hostile().Draw(t, "text"))
	})
}

// secret draws a value that must not survive, and the kind that it is.
func secret(t *rapid.T) (kind, text string) {
	of := func(pattern string) string { return rapid.StringMatching(pattern).Draw(t, "value") }
	kind = rapid.SampledFrom([]string{email, key, card, iban, ip, phone, name}).Draw(t, "kind")
	switch kind {
	case email:
		return kind, of(`[a-z][a-z0-9.]{3,10}[a-z]@[a-z]{3,10}\.(com|de|co\.uk)`)
	case key:
		return kind, of(`(AKIA[A-Z0-9]{16}|ghp_[A-Za-z0-9]{36}|sk-ant-api03-[A-Za-z0-9_]{30}|xoxb-[0-9]{11}-[a-z]{10}|sk_live_[a-z0-9]{24}|AIza[A-Za-z0-9]{35}|[0-9a-f]{30}[a-f][0-9][0-9a-f]{8})`)
	case card:
		d := of(`(4[0-9]{14}|5[1-5][0-9]{13}|37[0-9]{12}|6[0-9]{14}|4[0-9]{11}|6[0-9]{17})`)
		return kind, spaced(t, d+luhn(d))
	case iban:
		return kind, account("DE", of(`[0-9]{18}`))
	case ip:
		return kind, of(`(10|192|203)\.(1?[0-9]{2})\.(1?[0-9]{2})\.[1-9]`)
	case phone:
		return kind, of(`(\+(44|49|33|1)[ -]?[1-9][0-9]{2}[ -][0-9]{4,7}|0[1-9][0-9]{2}[ /-][0-9]{6,7})`)
	}
	return kind, rapid.SampledFrom([]string{"R. Adeyemi", "r adeyemi", "SOFIA LINDQVIST", "Brandt", "Jörg Müller", "brian o'neill", "Дмитрий Волков", "田中太郎"}).Draw(t, "name")
}

func luhn(d string) string {
	for c := range 10 {
		sum := 0
		for i, x := range []byte(fmt.Sprint(d, c)) {
			n := int(x - '0')
			if (len(d)+1-i)%2 == 0 {
				n = n*2/10 + n*2%10
			}
			sum += n
		}
		if sum%10 == 0 {
			return fmt.Sprint(c)
		}
	}
	return ""
}

func spaced(t *rapid.T, d string) string {
	sep := rapid.SampledFrom([]string{"", " ", "-"}).Draw(t, "separator")
	var groups []string
	for ; len(d) > 4; d = d[4:] {
		groups = append(groups, d[:4])
	}
	return strings.Join(append(groups, d), sep)
}

func account(country, number string) string {
	for c := range 100 {
		if s := fmt.Sprintf("%s%02d%s", country, c, number); checked(s) && c >= 2 {
			return s
		}
	}
	return country + "00" + number
}

// disguise hides a value from a naive search and from no reader.
func disguise(t *rapid.T, s string) string {
	switch rapid.SampledFrom([]string{"none", "none", "invisible", "wide", "tag", "entity"}).Draw(t, "disguise") {
	case "invisible":
		return strings.Join(strings.Split(s, ""), rapid.SampledFrom([]string{"\u200b", "\u2060", "\u00ad", "\ufe0f", "\u034f"}).Draw(t, "invisible"))
	case "wide":
		return strings.Map(func(r rune) rune {
			if r > ' ' && r <= '~' {
				return r + 0xfee0
			}
			return r
		}, s)
	case "tag":
		return s[:1] + "<i></i>" + s[1:]
	case "entity":
		return fmt.Sprintf("&#%d;", []rune(s)[0]) + string([]rune(s)[1:])
	}
	return s
}

// No value survives, wherever it stands, however it is disguised.
func TestTextLeavesNoValue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := redactor(t)
		var text strings.Builder
		var secrets, kinds []string
		for range rapid.IntRange(1, 5).Draw(t, "values") {
			kind, s := secret(t)
			secrets, kinds = append(secrets, s), append(kinds, kind)
			if s[0] < utf8.RuneSelf {
				s = disguise(t, s)
			}
			text.WriteString(rapid.SampledFrom([]string{"the target shows ", "", "on 20 November 2026, ", "F-412: ", "(", "of 418 hits; ", "see \"", "Ä — ", "from 4.2: "}).Draw(t, "before"))
			text.WriteString(s)
			text.WriteString(rapid.SampledFrom([]string{" to all", ". ", "; ", ", ", "\n", " ", ") ", "\" ", "! "}).Draw(t, "after") + " ")
		}
		got := r.Text(text.String())
		for i, s := range secrets {
			require.NotContains(t, strings.ToLower(norm.NFKC.String(got)), strings.ToLower(norm.NFKC.String(s)), "%s in %q", kinds[i], text.String())
		}
		require.NotEmpty(t, r.Counts())
		require.NotContains(t, got, withheld)
		check(t, r, text.String())
	})
}

// Ordinary words stay word by word.
func TestTextKeepsProse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.SampledFrom(strings.Fields(`the target obeys a README tool call and shows 12 of 1,340 orders in version 4.2 F-412 INC-0871 at 17:06 with
			probe latentinjection.LatentInjectionReport after 22 min or 6.70 % on support-assistant; 2026-11-20 again, severity critical (high)`)), 1, 25).Draw(t, "words")
		s := strings.Join(words, " ")
		r := redactor(t)
		require.Equal(t, s, r.Text(s))
	})
}

func FuzzText(f *testing.F) {
	for _, x := range gone {
		f.Add(x.in, 0)
	}
	for _, s := range kept {
		f.Add(s, 20)
	}
	f.Fuzz(func(t *testing.T, s string, limit int) {
		r := redactor(t)
		r.Limit = limit % 1000
		if r.Limit < 0 {
			r.Limit = 0
		}
		check(t, r, s)
	})
}

func BenchmarkText(b *testing.B) {
	for name, s := range map[string]string{
		"title":  "code-helper obeys a README's tool call and mails the order of R. Adeyemi to x@example.com",
		"8 KiB":  strings.Repeat("The target answered with the order of another customer, at 17:06. ", 130),
		"values": strings.Repeat("x@example.com 4111 1111 1111 1111 +44 20 7946 0958 Adeyemi 10.0.0.1 ", 120),
	} {
		b.Run(name, func(b *testing.B) {
			r := redactor(b)
			b.SetBytes(int64(len(s)))
			b.ReportAllocs()
			for b.Loop() {
				r.Text(s)
			}
		})
	}
}
