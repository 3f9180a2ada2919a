package ingest

import (
	"errors"
	"fmt"
	"html"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/document"
)

// NoteTypes are what a reference note can be.
var NoteTypes = []string{"runbook", "policy", "advisory"}

// How long the texts of a reference note may be, in characters, and how many
// tags it may have.
const (
	maxNoteTitle  = 200
	maxNoteAuthor = 100
	maxDomain     = 100
	maxNoteText   = 4000
	maxTags       = 20
	maxTag        = 50
)

// note reads a reference note, or that one is withdrawn: then nothing but its
// name is said.
func (f *fields) note() Note {
	n := Note{Source: f.source, Name: f.name("note")}
	if f.has("withdrawn") {
		n.Withdrawn = f.boolean("withdrawn")
	}
	if n.Withdrawn {
		return n
	}
	n.Type = f.oneOf("type", NoteTypes...)
	n.Domain = f.prose("domain", fmt.Sprintf("a name of 1 to %d printable characters was expected, without markup", maxDomain), oneLine(maxDomain))
	n.Title = f.prose("title", fmt.Sprintf("a title of 1 to %d printable characters was expected, without markup", maxNoteTitle), oneLine(maxNoteTitle))
	n.Author = f.prose("author", fmt.Sprintf("a name of 1 to %d printable characters was expected, without markup", maxNoteAuthor), oneLine(maxNoteAuthor))
	n.Date = f.day("date")
	n.Url = f.address("url")
	if f.has("notes") {
		n.Notes = f.prose("notes", fmt.Sprintf("a text of 1 to %d characters was expected, without markup", maxNoteText), checkNotes)
	}
	n.Tags = f.tags("tags")
	return n
}

// prose is text that people read and that is no markup.
func (f *fields) prose(field, want string, check func(string) error) string {
	return f.checked(field, want, func(s string) error {
		if err := check(s); err != nil {
			return err
		}
		return checkNoMarkup(s)
	})
}

// oneLine holds for one line of text that shows something.
func oneLine(most int) func(string) error {
	return func(s string) error {
		if strings.TrimSpace(document.Clean(s).String()) == "" {
			return errEmpty
		}
		if strings.ContainsFunc(s, unicode.IsControl) {
			return errControl
		}
		return checkLength(s, most)
	}
}

// checkNotes holds for text of several lines.
func checkNotes(s string) error {
	if strings.TrimSpace(document.Clean(s).String()) == "" {
		return errEmpty
	}
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }) {
		return errControl
	}
	return checkLength(s, maxNoteText)
}

// tagOpens is where HTML begins a tag, a comment, a doctype or a processing
// instruction (the tag open state of the standard, 13.2.5.6). "a < b" and
// "<3" are none of these.
var tagOpens = regexp.MustCompile(`<[A-Za-z/!?]`)

// numbered begins a character reference by number, with or without its
// semicolon; those by name are for package html to know.
var numbered = regexp.MustCompile(`&#[0-9xX]`)

// checkNoMarkup refuses what a browser would read as HTML, character references
// such as &lt; among it.
func checkNoMarkup(s string) error {
	switch {
	case tagOpens.MatchString(s):
		return errors.New("written with an HTML tag")
	case numbered.MatchString(s) || html.UnescapeString(s) != s:
		return errors.New("written with an HTML character reference")
	}
	return nil
}

// day is a date of the calendar.
func (f *fields) day(field string) *time.Time {
	const want = "a date such as 2026-10-01, from 1970 to 2199, was expected"
	var s string
	if !f.required(field, want, &s) {
		return nil
	}
	d, err := report.ParseDate(s)
	switch {
	case err != nil:
		f.fault(field, quote(s)+" is no date", want)
	case checkTime(d.Time()) != nil:
		f.fault(field, quote(s)+" is "+checkTime(d.Time()).Error(), want)
	}
	return ptr(d.Time())
}

func (f *fields) address(field string) string {
	const want = "an https address with a valid host, such as https://wiki.example.org/rb-12, was expected"
	return f.checked(field, want, func(s string) error {
		if err := document.CheckLink(s); err != nil {
			return fmt.Errorf("not allowed (%w)", err)
		}
		return nil
	})
}

// tags are kept as one text, separated by a comma and a space.
func (f *fields) tags(field string) string {
	if !f.has(field) {
		return ""
	}
	want := fmt.Sprintf("a list of 1 to %d tags was expected, each of 1 to %d printable characters without comma or markup", maxTags, maxTag)
	var list []string
	if !f.required(field, want, &list) {
		return ""
	}
	if len(list) == 0 || len(list) > maxTags {
		f.fault(field, fmt.Sprintf("%d tags", len(list)), want)
	}
	for i, t := range list {
		err := oneLine(maxTag)(t)
		if err == nil {
			err = checkNoMarkup(t)
		}
		if err == nil && strings.Contains(t, ",") {
			err = errors.New("written with a comma")
		}
		if err != nil {
			f.fault(fmt.Sprintf("%s[%d]", field, i), quote(t)+" is "+err.Error(), want)
		}
	}
	return strings.Join(list, ", ")
}
