package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/closeofbusiness/cob/report/document"
)

// printJSON writes one JSON document.
func (a *app) printJSON(v any) error {
	e := json.NewEncoder(a.out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// isTerminal tells whether w is a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// table prints rows: aligned and cut on a terminal, tab-separated and whole
// elsewhere. Cells are cleaned first: names come from hostile data, and a
// terminal obeys control characters.
func (a *app) table(header []string, rows [][]string) error {
	const widest = 60
	if !isTerminal(a.out) {
		for _, r := range append([][]string{header}, rows...) {
			if _, err := fmt.Fprintln(a.out, strings.Join(cleaned(r, 0), "\t")); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, r := range append([][]string{header}, rows...) {
		fmt.Fprintln(w, strings.Join(cleaned(r, widest), "\t"))
	}
	return w.Flush()
}

func cleaned(cells []string, widest int) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		c = document.Clean(c).String()
		if widest > 0 && utf8.RuneCountInString(c) > widest {
			c = string([]rune(c)[:widest-1]) + "…"
		}
		out[i] = c
	}
	return out
}
