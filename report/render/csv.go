package render

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"hash/crc32"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/closeofbusiness/cob/report/document"
)

// renderCSV packs one file of comma-separated values (RFC 4180, UTF-8, a header
// row) for each table and each chart, and a README.txt that says which is which.
// Cells are as the pages show them; what a spreadsheet would run as a formula is
// defused.
func renderCSV(ctx context.Context, d *document.Document) ([]byte, error) {
	tables := tablesOf(d.Blocks)
	a := newArchive(d.BusinessDate.String())
	if err := a.add("README.txt", []byte(csvReadme(d, tables))); err != nil {
		return nil, err
	}
	for _, t := range tables {
		body, err := csvFile(ctx, t.table)
		if err != nil {
			return nil, err
		}
		if err := a.add(t.file, body); err != nil {
			return nil, err
		}
	}
	return a.bytes()
}

// tableFile is a table, or a chart's data, with its file's name.
type tableFile struct {
	file  string
	kind  string // "table", "chart"
	title string // its caption, else the heading that it stands under
	note  string
	table document.Table
}

// tablesOf lists the tables and charts in the order in which they are read.
func tablesOf(bs document.Blocks) []tableFile {
	var out []tableFile
	heading := ""
	var walk func(document.Blocks)
	walk = func(bs document.Blocks) {
		for _, b := range bs {
			switch b := b.(type) {
			case document.Heading:
				heading = b.Text.String()
			case document.Table:
				out = append(out, tableFile{kind: "table", title: firstNonEmpty(b.Caption.String(), heading), note: b.Note.String(), table: b})
			case document.Chart:
				out = append(out, tableFile{kind: "chart", title: firstNonEmpty(b.Caption.String(), heading), note: b.Note.String(), table: chartTable(b)})
			case document.Columns:
				walk(b.Left)
				walk(b.Right)
			}
		}
	}
	walk(bs)
	width := max(2, len(fmt.Sprint(len(out))))
	for i, t := range out {
		out[i].file = fmt.Sprintf("%0*d-%s.csv", width, i+1, firstNonEmpty(fileWord(t.title), t.kind))
	}
	return out
}

func firstNonEmpty(a, b string) string {
	if strings.TrimSpace(a) == "" {
		return b
	}
	return a
}

// maxFileWord keeps names short enough for every archive program.
const maxFileWord = 48

// fileWord makes part of a file's name: lower-case letters and digits of ASCII,
// with hyphens between. It may be empty.
func fileWord(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9')
	})
	name := ""
	for _, w := range words {
		if len(name)+len(w) > maxFileWord {
			break
		}
		name = joinNonEmpty("-", name, w)
	}
	return name
}

func csvFile(ctx context.Context, t document.Table) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	rows := func(cells []string) error { return w.Write(defusedRow(cells)) }
	if err := rows(csvHeader(t)); err != nil {
		return nil, err
	}
	more := moreAt(t)
	for i, r := range t.Rows {
		if i%rowsBetweenLooks == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if i == more {
			if err := rows(csvMore(t)); err != nil {
				return nil, err
			}
		}
		cells := make([]string, len(r.Cells))
		for k, c := range r.Cells {
			cells[k] = csvCell(c)
		}
		if err := rows(cells); err != nil {
			return nil, err
		}
	}
	if more == len(t.Rows) {
		if err := rows(csvMore(t)); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// csvHeader names every column, also where the pages draw no titles: programs
// read columns by name.
func csvHeader(t document.Table) []string {
	out := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		out[i] = firstNonEmpty(c.Title.String(), fmt.Sprintf("column %d", i+1))
	}
	return out
}

// csvMore says in the first column what the table leaves out, so that nobody
// takes the file for the whole.
func csvMore(t document.Table) []string {
	cells := make([]string, len(t.Columns))
	cells[0] = t.More.String()
	return cells
}

// csvCell joins a cell's lines. A note's letter stands in brackets.
func csvCell(c document.Cell) string {
	var lines []string
	for _, l := range c {
		var b strings.Builder
		for _, i := range l {
			if letter := strings.TrimSpace(i.Text.String()); i.Superscript && letter != "" {
				text := strings.TrimRight(b.String(), " ")
				b.Reset()
				b.WriteString(joinNonEmpty(" ", text, "["+letter+"]"))
				continue
			}
			b.WriteString(i.Text.String())
		}
		lines = append(lines, strings.TrimSpace(b.String()))
	}
	return joinNonEmpty(" · ", lines...)
}

func defusedRow(cells []string) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = defused(c)
	}
	return out
}

// plainNumber is a number as reports write it: "-1.5", "+18", "1,440", "6.70 %",
// "−14.5 min". No spreadsheet makes more of it than that number; a unit may only
// follow the minus sign that is no hyphen, which spreadsheets don't reckon with.
var plainNumber = regexp.MustCompile(`^([+-]?` + digits + `( ?%)?|−?` + digits + `( ?%| [A-Za-z]{1,12})?)$`)

const digits = `[0-9]{1,3}(,?[0-9]{3})*(\.[0-9]+)?`

// defused is a cell that no spreadsheet takes for a formula: one that begins like
// one gets an apostrophe before it, a number does not. Where a spreadsheet
// separates cells by semicolons, what follows one begins a cell as well. What
// begins with an apostrophe gets another, so that the first is always ours to
// take away.
func defused(s string) string {
	if plainNumber.MatchString(s) {
		return s
	}
	parts := strings.Split(s, ";")
	for i, p := range parts {
		if begins(p) || strings.HasPrefix(p, "'") {
			parts[i] = "'" + p
		}
	}
	return strings.Join(parts, ";")
}

// begins tells whether text begins as a formula does. Spreadsheets look past
// spaces and quotation marks, and take full-width signs for the others (OWASP, CSV injection).
func begins(s string) bool {
	if strings.HasPrefix(s, "\t") || strings.HasPrefix(s, "\r") || strings.HasPrefix(s, "\n") {
		return true
	}
	s = strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == '"' })
	for _, r := range s {
		return strings.ContainsRune("=+-@−＝＋－＠", r)
	}
	return false
}

func csvReadme(d *document.Document, tables []tableFile) string {
	var b strings.Builder
	line := func(name, value string) {
		if strings.TrimSpace(value) != "" {
			fmt.Fprintf(&b, "%-14s %s\r\n", name, value)
		}
	}
	line("Report", joinNonEmpty(" · ", d.Eyebrow.String(), d.Title.String()))
	if d.Style != nil {
		line("Marked", joinNonEmpty(" · ", d.Classification.String(), d.Style.Banner.String(), d.Style.Watermark.String()))
	} else {
		line("Marked", d.Classification.String())
	}
	line("Series", d.Series.String())
	line("Business date", d.BusinessDate.String())
	line("Revision", fmt.Sprint(d.Revision))
	line("Facts SHA-256", d.FactsSHA256.String())
	line("Renderer", d.Renderer.String())
	b.WriteString("\r\n")
	if len(tables) == 0 {
		b.WriteString("This report has no tables and no charts.\r\n")
		return b.String()
	}
	for _, t := range tables {
		fmt.Fprintf(&b, "%s\r\n    %s%s, %s\r\n", t.file, t.kind, titled(joinNonEmpty(", ", t.title, t.note)), rowCount(len(t.table.Rows)))
		if !t.table.More.Empty() {
			fmt.Fprintf(&b, "    not all are in it: %s\r\n", t.table.More)
		}
	}
	b.WriteString(csvAbout)
	return b.String()
}

func titled(s string) string {
	if s == "" {
		return ""
	}
	return ": " + s
}

func rowCount(rows int) string {
	if rows == 1 {
		return "1 row"
	}
	return fmt.Sprintf("%d rows", rows)
}

const csvAbout = "\r\n" +
	"Commas separate the cells, the text is UTF-8, the first row names the columns. Cells are as the report\r\n" +
	"shows them, with their units; totals are rows like the others. Several lines of a cell are joined by \" · \".\r\n" +
	"Letters in brackets are those of the report's data notes. \"not measured\" is no zero.\r\n" +
	"A cell that a spreadsheet could run as a formula has an apostrophe before it, also after a semicolon within\r\n" +
	"it; one that begins with an apostrophe has another. Numbers have none: \"−1.5\" is minus one and a half.\r\n"

// archive is a ZIP file whose bytes depend on its content alone: all files have
// one time, and none is compressed, as compression differs between versions of
// its library.
type archive struct {
	b    bytes.Buffer
	zip  *zip.Writer
	date uint16
}

// newArchive begins an archive whose files are of a business date, at noon. ZIP
// knows no time before 1980.
func newArchive(businessDate string) *archive {
	a := &archive{date: 1<<5 | 1}
	if t, err := time.Parse(time.DateOnly, businessDate); err == nil && t.Year() >= 1980 && t.Year() < 2108 {
		a.date = uint16((t.Year()-1980)<<9 | int(t.Month())<<5 | t.Day()) // #nosec G115 -- seven bits of years
	}
	a.zip = zip.NewWriter(&a.b)
	return a
}

const noon = 12 << 11 // as ZIP counts

// add stores a file with its size and checksum before its bytes: some programs
// read no stored file that has them behind.
func (a *archive) add(name string, body []byte) error {
	h := &zip.FileHeader{Name: name, Method: zip.Store, CRC32: crc32.ChecksumIEEE(body),
		CompressedSize64: uint64(len(body)), UncompressedSize64: uint64(len(body))}
	//lint:ignore SA1019 CreateRaw writes no other time
	h.ModifiedDate, h.ModifiedTime = a.date, noon
	w, err := a.zip.CreateRaw(h)
	if err != nil {
		return err
	}
	_, err = w.Write(body)
	return err
}

func (a *archive) bytes() ([]byte, error) {
	if err := a.zip.Close(); err != nil {
		return nil, err
	}
	return a.b.Bytes(), nil
}
