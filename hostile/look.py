"""Looks at rendered files with parsers that COB does not use.

Reads a manifest from standard input, one file a line:
  {"path": ..., "links": [addresses that may stand in it], "text": what must be readable in it}
Writes one line for each problem: {"path": ..., "problem": ...}. None: all is well.

HTML is read by html5lib, strictly; Markdown by cmark-gfm and then as HTML; PDF by qpdf and
pdftotext; JSON, CSV and ZIP by Python's own modules.
"""

import csv
import io
import json
import multiprocessing
import re
import subprocess
import sys
import zipfile

import html5lib
from html5lib.constants import namespaces

HTML_NS = "{%s}" % namespaces["html"]

# What can run, load or send something.
FORBIDDEN = set("""script iframe frame frameset object embed applet base form input button textarea select link
foreignobject use animate animatemotion animatetransform set image video audio source track portal template noscript
plaintext xmp listing noembed math map area dialog slot canvas""".split())
ALLOWED_MARKDOWN = set("p h1 h2 h3 h4 h5 h6 strong em code ul ol li blockquote table thead tbody tr th td hr a br sup div span".split())
ADDRESSES = set("href src srcset action formaction data poster background ping cite longdesc xlink:href manifest codebase".split())
# Invisible or direction-changing characters, controls and noncharacters.
UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]")
PDF_ACTIONS = set("/JS /JavaScript /OpenAction /AA /Launch /GoToR /GoToE /SubmitForm /ImportData /Rendition /RichMedia /XFA /AcroForm /Movie /Sound".split())


def inspect(entry):
    try:
        return [{"path": entry["path"], "problem": p} for p in problems(entry)]
    except Exception as e:  # whatever a parser says
        return [{"path": entry["path"], "problem": "%s: %s" % (type(e).__name__, str(e)[:300])}]


def problems(entry):
    path = entry["path"]
    ending = path.rsplit(".", 1)[-1]
    look = {"pdf": pdf, "html": html, "md": markdown, "json": json_file, "csv": csv_file, "zip": zip_file}.get(ending)
    if look is None:
        return ["nothing here can look into a file ending in .%s" % ending]
    with open(path, "rb") as f:
        body = f.read()
    return list(look(entry, body))


def decoded(body):
    text = body.decode("utf-8", errors="strict")
    found = UNSAFE.search(text)
    if found:
        raise ValueError("holds U+%04X" % ord(found.group()))
    return text


def squeezed(text):
    return " ".join(text.split())


CSS_STRING = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"')


def html(entry, body):
    tree = html5lib.HTMLParser(strict=True).parse(decoded(body))
    yield from elements(tree, entry["links"], page=True)
    metas = [m for m in tree.iter(HTML_NS + "meta") if m.get("http-equiv")]
    if [m.get("http-equiv").lower() for m in metas] != ["content-security-policy"] or not metas[0].get("content").startswith("default-src 'none'"):
        yield "the content security policy is not the only http-equiv, or lets something through"
    styles = list(tree.iter(HTML_NS + "style"))
    if len(styles) != 1:
        yield "%d style sheets" % len(styles)
    for s in styles:
        rules = CSS_STRING.sub('""', s.text or "")  # what a string says is shown and no more
        if re.search(r"@import|url\s*\(|expression|javascript|behavior\s*:|-moz-binding", rules, re.I) or "</" in (s.text or ""):
            yield "a style sheet that loads or runs something"
    yield from readable(tree, entry)


def elements(tree, links, page):
    for e in tree.iter():
        if not isinstance(e.tag, str):
            yield "a comment, or a processing instruction"
            continue
        name = e.tag.rsplit("}", 1)[-1].lower()
        if name in FORBIDDEN or (not page and name not in ALLOWED_MARKDOWN and name not in ("html", "head", "body", "document_fragment")):
            yield "a <%s>" % name
        for attribute, value in e.attrib.items():
            if not page and name == "a" and (value == "mailto:" + (e.text or "") or value == e.text and value.startswith(("mailto:", "xmpp:"))):
                continue  # GFM makes these of every address that looks like mail, escaped or not
            yield from an_attribute(name, attribute.rsplit("}", 1)[-1].lower(), value, links)


def an_attribute(element, attribute, value, links):
    if attribute.startswith("on") or attribute in ("style", "srcdoc"):
        yield "an attribute %s of <%s>" % (attribute, element)
    if attribute not in ADDRESSES:
        return
    if element == "img" and attribute == "src" and re.match(r"data:image/(png|jpeg);base64,[A-Za-z0-9+/=]*$", value):
        return
    if element == "a" and attribute == "href" and (value in (links or []) or re.match(r"#[a-z][a-z0-9-]*$", value)):
        return
    yield "an address in %s of <%s>: %.80s" % (attribute, element, value)


def readable(tree, entry):
    text = squeezed("".join(t for e in tree.iter() if isinstance(e.tag, str) and not e.tag.endswith("}style") for t in [e.text or ""] + [c.tail or "" for c in e]))
    if squeezed(entry["text"]) not in text:
        yield "the text is not readable in it: %.60r" % entry["text"]


def markdown(entry, body):
    decoded(body)
    args = ["cmark-gfm", "--unsafe", "-e", "footnotes", "-e", "table", "-e", "strikethrough", "-e", "autolink", "-e", "tasklist"]
    out = subprocess.run(args, input=body, stdout=subprocess.PIPE, check=True, timeout=60).stdout
    tree = html5lib.parseFragment(out.decode("utf-8"))
    yield from elements(tree, entry["links"], page=False)
    yield from readable(tree, entry)


def pdf(entry, body):
    path = entry["path"]
    check = subprocess.run(["qpdf", "--check", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    if check.returncode != 0 or b"No syntax or stream encoding errors found" not in check.stdout:
        yield "qpdf --check: %r" % check.stdout[-300:]
    objects = json.loads(subprocess.run(["qpdf", "--json", path], stdout=subprocess.PIPE, check=True, timeout=60).stdout)
    attachments = [a.get("preferredname") for a in objects.get("attachments", {}).values()]
    if attachments not in ([], ["report.json"]):
        yield "attachments: %s" % attachments
    yield from pdf_values(objects["qpdf"], entry["links"])
    text = subprocess.run(["pdftotext", "-enc", "UTF-8", path, "-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    if text.returncode != 0 or text.stderr or not text.stdout.strip():
        yield "pdftotext: %d %r" % (text.returncode, text.stderr[-300:])
    text.stdout.decode("utf-8", errors="strict")


def pdf_values(value, links):
    if isinstance(value, dict):
        for k, v in value.items():
            if k in PDF_ACTIONS:
                yield "a key %s in the PDF" % k
            if k == "/URI" and v != "/URI" and str(v)[2:] not in (links or []):
                yield "an address in the PDF: %.80s" % v
            yield from pdf_values(v, links)
    elif isinstance(value, list):
        for v in value:
            yield from pdf_values(v, links)
    elif isinstance(value, str) and value in PDF_ACTIONS:
        yield "a name %s in the PDF" % value


def json_file(entry, body):
    def unique(pairs):
        if len({k for k, _ in pairs}) != len(pairs):
            raise ValueError("a key twice")
        return dict(pairs)

    def refused(word):
        raise ValueError("the number %s" % word)

    json.loads(decoded(body), object_pairs_hook=unique, parse_constant=refused)
    return []


# A number is none; what a spreadsheet would compute is.
FORMULA = re.compile(r"[\s\"'\u00a0\u200b\ufeff]*[=+\-@\t\r\n|%\uff1d\uff0b\uff0d\uff20]")
PLAIN_NUMBER = re.compile(r"[+-]?\d[\d,.]*( ?[A-Za-z%]+)?$")


def csv_file(entry, body):
    return csv_text(decoded(body.removeprefix(b"\xef\xbb\xbf")))


def csv_text(text):
    csv.field_size_limit(1 << 30)
    widths = set()
    for row in csv.reader(io.StringIO(text, newline=""), strict=True):
        widths.add(len(row))
        for cell in row:
            if cell[:1] in "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20" and cell and not PLAIN_NUMBER.match(cell):
                yield "a formula: %.60r" % cell


def zip_file(entry, body):
    with zipfile.ZipFile(io.BytesIO(body)) as z:
        bad = z.testzip()
        if bad:
            yield "a broken member: %s" % bad
        names = z.namelist()
        if len(set(names)) != len(names):
            yield "a member twice"
        for info in z.infolist():
            if not re.match(r"[A-Za-z0-9][A-Za-z0-9._ -]*$", info.filename) or ".." in info.filename or info.is_dir():
                yield "a member named %.80r" % info.filename
            if info.external_attr >> 28 == 0xA:
                yield "a symbolic link"
            content = z.read(info)
            if info.filename.endswith(".csv"):
                yield from csv_text(decoded(content.removeprefix(b"\xef\xbb\xbf")))
            elif info.filename.endswith(".json"):
                yield from json_file(entry, content)
            elif not info.filename.endswith((".txt", ".md")):
                yield "a member that nothing here can look into: %s" % info.filename


def main():
    entries = [json.loads(line) for line in sys.stdin if line.strip()]
    with multiprocessing.Pool(2) as pool:
        for found in pool.imap_unordered(inspect, entries, chunksize=8):
            for problem in found:
                print(json.dumps(problem))
    print(json.dumps({"inspected": len(entries)}))


if __name__ == "__main__":
    main()
