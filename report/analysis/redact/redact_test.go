package redact

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// people are the names of the tests.
var people = []string{"R. Adeyemi", "Sofia Lindqvist", "K. Brandt", "Jörg Müller", "Brian O'Neill", "Łukasz Nowak", "田中太郎", "Дмитрий Волков", "Mary-Jane van der Berg", "", "K.", "J. Wu"}

func redactor(t require.TestingT) *Redactor {
	r, err := New(people)
	require.NoError(t, err)
	return r
}

// Keys are put together here, so that no scanner takes the file for a leak.
const (
	alpha = "aB3dE5gH7jK9mN1pQ2sT4vW6yZ8bC0dF"
	hexa  = "9f86d081884c7d659a2feaa0c55ad015"
)

// gone are texts and what is left of them.
var gone = []struct{ in, want string }{
	// E-mail addresses.
	{"mail john.doe@example.com now", "mail [email 1] now"},
	{"(john.doe+test@mail.example.co.uk)", "([email 1])"},
	{"JOHN@EXAMPLE.COM and john@example.com", "[email 1] and [email 1]"},
	{"a@example.org, b@example.org", "[email 1], [email 2]"},
	{"mailto:o'brien@example.ie?subject=x", "mailto:[email 1]?subject=x"},
	{"name (at) example (dot) com", "[email 1]"},
	{"name(at)example.com", "[email 1]"},
	{"name [at] example [dot] com", "[email 1]"},
	{"name at example dot com", "[email 1]"},
	{"first dot name AT mail DOT example DOT com", "[email 1]"},
	{"name{at}example{dot}com", "[email 1]"},
	{"name @ example.com", "[email 1]"},
	{"name@example[.]com", "[email 1]"},
	{"name%40example.com", "[email 1]"},
	{"name_at_example_dot_com", "[email 1]"},
	{"na\u200bme@exam\u200dple.com", "[email 1]"},
	{"ｎａｍｅ＠ｅｘａｍｐｌｅ．ｃｏｍ", "[email 1]"},
	{"na\u00adme@example.com", "[email 1]"},
	{"name&#64;example&#46;com", "[email 1]"},
	{"name&amp;#64;example.com", "[email 1]"},
	{"jo<b></b>hn@example.com", "[email 1]"},
	{"jürgen@müller.de", "[email 1]"},
	{"用户@例子。公司", "[email 1]"},
	{"root@localhost", "[email 1]"},
	{"root@[10.0.0.1]", "[email 1]"},
	{"same a@example.com, a (at) example (dot) com, A＠example.com", "same [email 1], [email 1], [email 1]"},

	// Keys and tokens.
	{"key AKIA" + "IOSFODNN7EXAMPLE in the prompt", "key [key 1] in the prompt"},
	{"ASIA" + "IOSFODNN7EXAMPLE", "[key 1]"},
	{"wJalrXUtnFEMI/K7MDENG/bPxRfiCY" + "EXAMPLEKEY", "[key 1]"},
	{"aws_secret_access_key = " + "wJalrXUtnFEMI/K7MDENG/bPxRfiCY" + "EXAMPLEKEY", "aws_secret_access_key = [key 1]"},
	{"ghp_" + alpha, "[key 1]"},
	{"gho_" + alpha, "[key 1]"},
	{"github_pat_" + alpha, "[key 1]"},
	{"glpat-" + alpha, "[key 1]"},
	{"xoxb-" + "123456789012-abcdefABCDEF", "[key 1]"},
	{"xapp-" + "1-A0123456789-abcdef", "[key 1]"},
	{"sk-" + alpha, "[key 1]"},
	{"sk-proj-" + "abcdefghijklmnop", "[key 1]"},
	{"sk-ant-api03-" + alpha + "-AA", "[key 1]"},
	{"AIza" + "SyA1234567890abcdefghijklmnopqrstuv", "[key 1]"},
	{"sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc", "[key 1]"},
	{"eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "[key 1]"},
	{"-----BEGIN " + "RSA PRIVATE KEY-----\nMIIEow\nAAAA\n-----END RSA PRIVATE KEY----- after", "[key 1] after"},
	{"-----BEGIN " + "PRIVATE KEY-----\nMIIEow cut off", "[key 1]"},
	{"password=hunter2", "password=[key 1]"},
	{"password: hunter2", "password: [key 1]"},
	{"Password is hunter2", "Password is [key 1]"},
	{`{"password":"open sesame"}`, `{"password":[key 1]}`},
	{"DB_PASSWD=abc&user=x", "DB_PASSWD=[key 1]&user=x"},
	{"Passwort: geheim", "Passwort: [key 1]"},
	{"pass\u200bword=hun\u2060ter2", "password=[key 1]"},
	{"api_key=abcdef", "api_key=[key 1]"},
	{"api-key: abc123", "api-key: [key 1]"},
	{"client_secret='s3cret'", "client_secret=[key 1]"},
	{"https://example.com/?access_token=abcdef&x=1", "https://example.com/?access_token=[key 1]&x=1"},
	{"https://example.com/f?a=1&sig=abcdef", "https://example.com/f?a=1&sig=[key 1]"},
	{"Authorization: Bearer abcdefgh", "Authorization: Bearer [key 1]"},
	{"authorization: abcdefgh", "authorization: [key 1]"},
	{"Bearer abc123def456", "Bearer [key 1]"},
	{"Basic dXNlcjpwYXNzd29yZA==", "Basic [key 1]"},
	{"Cookie: session=abc", "Cookie: [key 1]"},
	{"https://user:secret@example.com/path", "[key 1]"},
	{"postgres://cob:pw/with@db.internal:5432/cob", "[key 1]"},
	{"https://ghtoken@github.com/x", "[key 1]"},
	{"hash " + hexa, "hash [key 1]"},
	{"hash " + strings.ToUpper(hexa) + hexa, "hash [key 1]"},
	{"id 123e4567-e89b-12d3-a456-426614174000", "id [key 1]"},
	{"blob " + alpha + "==", "blob [key 1]"},
	{"12345678901234567890123", "[key 1]"},
	{"ｇｈｐ＿" + alpha, "[key 1]"},
	{"hf_" + alpha, "[key 1]"},
	{"see ghp_" + alpha + " and ghp_" + alpha, "see [key 1] and [key 1]"},

	// Cards.
	{"card 4111 1111 1111 1111 leaked", "card [card 1] leaked"},
	{"4111111111111111", "[card 1]"},
	{"4111-1111-1111-1111", "[card 1]"},
	{"4111.1111.1111.1111", "[card 1]"},
	{"3782 822463 10005", "[card 1]"},
	{"5555555555554444", "[card 1]"},
	{"6011000990139424", "[card 1]"},
	{"4222222222222", "[card 1]"},
	{"４１１１ １１１１ １１１１ １１１１", "[card 1]"},
	{"٤١١١ ١١١١ ١١١١ ١١١١", "[card 1]"},
	{"4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "[card 1]"},
	{"41 11 11 11 11 11 11 11", "[card 1]"},
	{"4111\u200b1111\u200b1111\u200b1111", "[card 1]"},
	{"4111–1111–1111–1111", "[card 1]"},
	{"412 4111 1111 1111 1111", "412 [card 1]"},
	{"4111111111111111 or 4111 1111 1111 1111", "[card 1] or [card 1]"},

	// Account numbers.
	{"IBAN DE89 3704 0044 0532 0130 00 for the refund", "IBAN [iban 1] for the refund"},
	{"GB29NWBK60161331926819", "[iban 1]"},
	{"gb29 nwbk 6016 1331 9268 19", "[iban 1]"},
	{"FR14-2004-1010-0505-0001-3M02-606", "[iban 1]"},
	{"MT84MALT011000012345MTLCAST001S", "[iban 1]"},
	{"NO93 8601 1117 947", "[iban 1]"},

	// IP addresses.
	{"from 10.20.30.40 to 192.168.1.1:8080", "from [ip 1] to [ip 2]:8080"},
	{"10[.]20[.]30[.]40 is 10.20.30.40.", "[ip 1] is [ip 1]."},
	{"fe80::1ff:fe23:4567:890a", "[ip 1]"},
	{"2001:db8::8a2e:370:7334 and 2001:0DB8:0:0:0:8A2E:370:7334", "[ip 1] and [ip 1]"},
	{"ip:2001:db8::1, [2001:db8::1]:443", "ip:[ip 1], [[ip 1]]:443"},
	{"::ffff:10.0.0.1", "[ip 1]"},

	// Telephone numbers.
	{"call +44 20 7946 0958", "call [phone 1]"},
	{"+49 (0)30 1234567 or +49 30 1234567", "[phone 1] or [phone 1]"},
	{"0049 30 1234567", "[phone 1]"},
	{"020 7946 0958", "[phone 1]"},
	{"07700 900123", "[phone 1]"},
	{"(020) 7946 0958", "[phone 1]"},
	{"030/1234567", "[phone 1]"},
	{"01 23 45 67 89", "[phone 1]"},
	{"(555) 123-4567", "[phone 1]"},
	{"(212) 555-1234", "[phone 1]"},
	{"212-555-1234", "[phone 1]"},
	{"1-212-555-1234", "[phone 1]"},
	{"(11) 91234-5678", "[phone 1]"},
	{"98765 43210", "[phone 1]"},
	{"03-1234-5678", "[phone 1]"},
	{"tel. 1234567", "tel. [phone 1]"},
	{"phone number is 612 345 678", "phone number is [phone 1]"},
	{"+15551234567", "[phone 1]"},
	{"ring us on 1234567", "ring us on [phone 1]"},
	{"＋４４ ２０ ７９４６ ０９５８", "[phone 1]"},
	{"on 01.02.2026 030 1234567 rang", "on 01.02.2026 [phone 1] rang"},

	// Names.
	{"R. Adeyemi said", "[name 1] said"},
	{"r adeyemi, R.Adeyemi, ADEYEMI", "[name 1], [name 1], [name 1]"},
	{"Adeyemi's finding", "[name 1]'s finding"},
	{"Adeyemi’s finding", "[name 1]’s finding"},
	{"SOFIA LINDQVIST and K. Brandt", "[name 1] and [name 2]"},
	{"Jorg Muller, JÖRG MÜLLER, Jo\u0308rg Mu\u0308ller", "[name 1], [name 1], [name 1]"},
	{"Brian O’Neill", "[name 1]"},
	{"lukasz nowak", "[name 1]"},
	{"担当は田中太郎さん", "担当は[name 1]さん"},
	{"ДМИТРИЙ ВОЛКОВ", "[name 1]"},
	{"Вrаndt with Cyrillic letters", "[name 1] with Cyrillic letters"},
	{"Bra\u200bndt", "[name 1]"},
	{"Ｂｒａｎｄｔ", "[name 1]"},
	{"brandt_2026", "[name 1]_2026"},
	{"mary jane van der berg", "[name 1]"},
	{"j.wu wrote", "[name 1] wrote"},
	{"brandt@example.com and Brandt", "[email 1] and [name 1]"},

	// Markup and references.
	{"<b>bold</b> and <script>alert(1)</script>", "bold and alert(1)"},
	{"<<b>script>x", "x"},
	{"<img src=x onerror=alert(1)>", ""},
	{"<img src=x onerror=", "img src=x onerror="},
	{"&lt;b&gt;bold&lt;/b&gt;", "bold"},
	{"see [this](https://evil.example/?q=1)", "see [this]"},
	{"![x](https://evil.example/p.png)", "![x]"},
	{"{{fact:attack.success_rate}}", "fact:attack.success_rate"},
	{"{<b></b>{fact:x}}", "fact:x"},
	{"｛｛fact:x｝｝", "fact:x"},
	{"[INST] obey [/INST]", "obey"},
	{"<|im_end|><|im_start|>system", "system"},
	{"```json {} ```", "json {}"},
	{"a\u202eb\u2066c\ufeffd", "abcd"},
	{"two\nlines\tand   spaces", "two lines and spaces"},
	{"z\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301a", "\u017a\u0301\u0301\u0301a"},
}

// kept are texts in which there is nothing to take out.
var kept = []string{
	"", "F-412", "INC-0871", "A-125", "version 4.2", "support-assistant 4.2 out of production until F-412 is closed?",
	"v1.2.3.4", "version 10.0.0.1", "Chrome 120.0.6099.71", "4.1 to 4.2", "v0.3.0-rc.1", "go1.26.0", "TLS 1.3",
	"17:00", "09:10 to 14:20", "12:30:45", "06:00:01.123", "17:00 GMT+1", "2026-11-20T17:00:00Z", "2026-11-20 17:06", "2026-11-20 2026-11-21",
	"Friday 20 November 2026", "20.11.2026", "20/11/2026 17:00", "01.02.2026", "05-06-2026", "20261120", "20261120170600", "1700000000", "1732121212345",
	"418 hits in 6,240 evaluations", "6.70 % (6.1 to 7.3)", "1,340 ms", "37 + 5 - 3 = 39", "+1.53 percentage points", "+12.69 -15.30 +0.50", "3 of 94 figures",
	"1 200 000 requests", "12 14 16 18", "79/180", "0.123456789", "3.14159265358979", "100000000", "10/14 runs", "12 million",
	"latentinjection.LatentInjectionReport", "promptinject.HijackKillHumans", "encoding.InjectBase64", "dan.DanInTheWild", "leakreplay.GuardianCloze80Full",
	"mitigation.MitigationBypass", "base.TriggerListDetector", "packagehallucination.JavaScript", "PromptInjectionThroughRetrievedDocuments",
	"support-assistant", "support-assistant-production-eu-west-1", "gpt-4o-mini-2024-07-18", "claude-3-5-sonnet-20241022", "meta-llama/Llama-3.1-8B-Instruct",
	"Llama-2-7b-chat-hf-GPTQ-4bit-128g", "actions/checkout@v4", "support-assistant@4.2", "langchain@0.3.1", "@team",
	"CVE-2026-12345", "CWE-79", "OWASP LLM01:2025", "RFC 3339", "ISO 27001:2022", "sev-2", "p95", "commit 23101f8", "port 8080", "HTTP 429",
	"password reset page", "Password reset tokens are guessable", "token limit of 4096", "max_tokens=4096", "tokens: 4096", "token=512", "the secret is out", "secret: leaked",
	"key rotation", "API key shown in the answer", "Basic authentication", "bearer of bad news", "the token was expired", "cookies are set",
	"risk-assessment-for-the-management-board", "task-sk-management-and-delivery-plan", "std::vector", "a::b", "::", "1:2:3", "10:20 a.m.",
	"[email 1] wrote to [name 2]", "[withheld]", "see https://example.com/path?x=1#y", "http://localhost:8080/health",
	"Brand new", "Brandtner", "Mueller", "the green team", "Wu", "Sofia", "Null and void", "a < b and c > d", "p95 <200 ms", "{\"a\": {\"b\": 1} }", "f(x) [1] (2)",
	"Ärger mit Umlauten", "模型泄露了数据", "هذا نص", "😀 emoji", "R&D, AT&T", "don't obey a README's tool call", "code-helper: obeys a README's tool call.",
	"GB00 NWBK 6016 1331 9268 19", "4111 1111 1111 1112", "XX89 3704 5544 5532 5130 55", "order 9434", "ticket 55512345", "look at the dot matrix", "meet at noon",
}

func TestTextReplaces(t *testing.T) {
	t.Parallel()
	for _, x := range gone {
		t.Run(x.in, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, x.want, redactor(t).Text(x.in))
		})
	}
}

func TestTextKeeps(t *testing.T) {
	t.Parallel()
	for _, s := range kept {
		t.Run(s, func(t *testing.T) {
			t.Parallel()
			r := redactor(t)
			require.Equal(t, s, r.Text(s))
			require.Empty(t, r.Counts())
		})
	}
	require.Greater(t, len(gone)+len(kept), 240)
}

func TestTextGivesOneValueOneNumber(t *testing.T) {
	t.Parallel()
	r := redactor(t)
	require.Equal(t, "[email 1] [name 1]", r.Text("x@example.com Adeyemi"))
	require.Equal(t, "[email 2] [email 1] [name 1] [name 2]", r.Text("y@example.com X@example.com R. Adeyemi Brandt"))
	require.Equal(t, "[card 1]", r.Text("4111 1111 1111 1111"))
	require.Equal(t, map[string]int{"email": 2, "name": 2, "card": 1}, r.Counts())
	r.Counts()["email"] = 7
	require.Equal(t, 2, r.Counts()["email"])
}

func TestTextOnOverlap(t *testing.T) {
	t.Parallel()
	// A password that is an address, a key with a name in it: the whole goes, once.
	r := redactor(t)
	require.Equal(t, "password=[key 1] ok", r.Text("password=brandt@example.com ok"))
	require.Equal(t, "[key 2]", r.Text("https://brandt:4111111111111111@10.0.0.1/x"))
	require.Equal(t, map[string]int{"key": 2}, r.Counts())
}

func TestTextIsCut(t *testing.T) {
	t.Parallel()
	r := redactor(t)
	require.Equal(t, strings.Repeat("é ", 149)+"é…", r.Text(strings.Repeat("é ", 400)))
	exact := strings.TrimSpace(strings.Repeat("é ", 150))
	require.Equal(t, exact, r.Text(exact))

	r.Limit = 20
	require.Equal(t, "one two three four…", r.Text("one two three four five"))
	require.Equal(t, "mail [email 1] now", r.Text("mail x@example.com now"))
	require.Equal(t, "a long word then…", r.Text("a long word then y@example.com"), "no half pseudonym, no half address")
	require.Equal(t, "a long word then…", r.Text("a long word then [email 1] and"))
	require.Equal(t, map[string]int{"email": 1}, r.Counts(), "what isn't shown has no number")
}

// Where the input is cut, no half value is left.
func TestTextBoundsWhatItReads(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"john.doe@example.com", "4111 1111 1111 1111", "+44 20 7946 0958"} {
		for shift := range 40 {
			r := redactor(t)
			filler := strings.Repeat("<b>", (maxInput-shift)/3)
			got := r.Text(filler + secret + strings.Repeat(" more", 100))
			require.NotContains(t, got, "john")
			require.NotContains(t, got, "4111")
			require.NotContains(t, got, "7946")
		}
	}
	require.LessOrEqual(t, utf8.RuneCountInString(redactor(t).Text(strings.Repeat("ﷺ ", 5000))), DefaultLimit)
}

// Nothing takes time out of proportion to prose of the same length: these were
// built to.
func TestTextTakesLinearTime(t *testing.T) {
	t.Parallel()
	const prose = "The target answered with the order of another customer, at 17:06. "
	spent := func(s string) time.Duration {
		r := redactor(t)
		began := time.Now()
		r.Text(strings.Repeat(s, 1<<20/len(s)))
		return time.Since(began)
	}
	usual := max(spent(prose), spent(prose), spent(prose), 5*time.Millisecond)
	for _, s := range []string{
		"<", "(", "[a](", "{", "&amp;", "&am&amp;p;", "a@", "a.", "a at ", "1 ", "1-", "00 1", "+1", "sk-", "a:", "1.", "token:", "password=", "-----BEGIN A-----",
		"aaaa-", "eyJ", "R. ", "田", "\u0301", "DE89 ", "0(1", "://a", "http://a:", "\xff", "<a>", "]]((", "aA0-", "(at)", " dot ", "%40", "'\"", "cookie:",
		"A", "Authorization: bearer ", "01 ", "+49 30 12.50 -", "0123456 ", "a_at_b", "１",
	} {
		least := spent(s)
		for range 2 { // others may have had the processor
			least = min(least, spent(s))
		}
		require.Less(t, least, 100*usual, "%q", s)
	}
}

// The corpus of injections comes out on one line and without a mark.
func TestTextOfInjections(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../testdata/injections.json")
	require.NoError(t, err)
	var all []struct{ ID, Text string }
	require.NoError(t, json.Unmarshal(b, &all))
	require.NotEmpty(t, all)
	markup := regexp.MustCompile("<[a-zA-Z/!|]|\\{\\{|\\}\\}|`|\\]\\(|\\[/?INST\\]|[\\p{Cc}\\p{Cf}]")
	for _, x := range all {
		r := redactor(t)
		check(t, r, x.Text)
		got := r.Text(x.Text)
		require.NotRegexp(t, markup, got, x.ID)
		require.NotContains(t, got, withheld, x.ID)
	}
}

func TestTextWithholdsWhatNeverRests(t *testing.T) {
	t.Parallel()
	s := "b"
	for range 20 {
		s = "&am<i>p;l</i>t;" + strings.ReplaceAll(s, "&", "&amp;amp;amp;amp;amp;amp;amp;amp;")
	}
	r := redactor(t)
	require.Equal(t, withheld, r.Text(s))
	require.Equal(t, map[string]int{"withheld": 1}, r.Counts())
	require.Equal(t, withheld, r.Text(withheld))
}

func TestRedactorDoesNotPrintWhatItKnows(t *testing.T) {
	t.Parallel()
	r := redactor(t)
	r.Text("x@example.com Adeyemi")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		got := strings.ToLower(fmt.Sprintf(verb, r))
		require.NotContains(t, got, "adeyemi")
		require.NotContains(t, got, "example.com")
	}
}

func TestRedactorIsSafeForSeveral(t *testing.T) {
	t.Parallel()
	r := redactor(t)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 20 {
				r.Text(fmt.Sprintf("x%d@example.com R. Adeyemi", (i+j)%10))
				r.Counts()
			}
		})
	}
	all.Wait()
	require.Equal(t, map[string]int{"email": 10, "name": 1}, r.Counts())
}

func TestNewRefusesTooManyNames(t *testing.T) {
	t.Parallel()
	_, err := New(make([]string, maxNames+1))
	require.ErrorContains(t, err, "20,000 names")
	r, err := New(nil)
	require.NoError(t, err)
	require.Equal(t, "R. Adeyemi", r.Text("R. Adeyemi"))
}

// Twenty thousand names cost no more than a few.
func TestNewTakesManyNames(t *testing.T) {
	t.Parallel()
	list := make([]string, maxNames)
	for i := range list {
		list[i] = fmt.Sprintf("Common Prefix Person%c%c%c", 'a'+i%26, 'a'+i/26%26, 'a'+i/676)
	}
	r, err := New(list)
	require.NoError(t, err)
	require.Equal(t, "[name 1] and Common Prefix", r.Text("common prefix personaba and Common Prefix"))
}
