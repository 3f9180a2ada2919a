package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/closeofbusiness/cob/config"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/ingest"
	"github.com/closeofbusiness/cob/report"
)

// mostReferences bounds what is listed.
const mostReferences = 200

func (a *app) referenceCommand() *cobra.Command {
	var domain, kind string
	c := &cobra.Command{
		Use:   "reference",
		Short: "list | search: reference notes that reports list and cite",
		Long: `reference shows the runbooks, policies and advisories that are known now, as
starter ingest ndjson took them in. Withdrawn ones are left out. docs/ingest.md
has their fields.`,
	}
	list := &cobra.Command{Use: "list", Short: "the notes, the newest first", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.references(c.Context(), func(q *db.Queries, now time.Time) ([]shownReference, int64, error) {
				return referencesOf(c.Context(), q, now, domain, kind)
			})
		}}
	list.Flags().StringVar(&domain, "domain", "", "only this domain, written exactly")
	search := &cobra.Command{Use: "search TEXT...", Short: "notes that hold all of the words, the most relevant first", Args: cobra.MinimumNArgs(1),
		Example: "  starter reference search order numbers",
		RunE: func(c *cobra.Command, args []string) error {
			return a.references(c.Context(), func(q *db.Queries, now time.Time) ([]shownReference, int64, error) {
				return referencesWith(c.Context(), q, now, strings.Fields(strings.Join(args, " ")), kind)
			})
		}}
	for _, sub := range []*cobra.Command{list, search} {
		sub.PreRunE = func(*cobra.Command, []string) error { return knownType(kind) }
		sub.Flags().StringVar(&kind, "type", "", "only this type: runbook, policy or advisory")
	}
	c.AddCommand(list, search)
	return c
}

func knownType(kind string) error {
	if kind != "" && !slices.Contains(ingest.NoteTypes, kind) {
		return fmt.Errorf("%w: --type %q: one of %s expected", errUsage, kind, strings.Join(ingest.NoteTypes, ", "))
	}
	return nil
}

// shownReference is a note as it is listed.
type shownReference struct {
	Source string      `json:"source"`
	Name   string      `json:"note"`
	Type   string      `json:"type"`
	Domain string      `json:"domain"`
	Title  string      `json:"title"`
	Author string      `json:"author"`
	Date   report.Date `json:"date"`
	URL    string      `json:"url"`
}

func (a *app) references(ctx context.Context, find func(*db.Queries, time.Time) ([]shownReference, int64, error)) error {
	return a.withDatabase(ctx, func(_ *config.Config, store *db.Store) error {
		now, err := store.Now(ctx)
		if err != nil {
			return fmt.Errorf("read the database's clock: %w", err)
		}
		notes, found, err := find(store.Queries, now)
		if err != nil {
			return fmt.Errorf("read reference notes: %w", err)
		}
		if more := found - int64(len(notes)); more > 0 {
			a.say("and %d more", more)
		}
		if a.json {
			return a.printJSON(notes)
		}
		rows := make([][]string, len(notes))
		for i, n := range notes {
			rows[i] = []string{n.Source + "/" + n.Name, n.Type, n.Domain, string(n.Date), n.Author, n.Title, n.URL}
		}
		return a.table([]string{"NOTE", "TYPE", "DOMAIN", "DATE", "AUTHOR", "TITLE", "ADDRESS"}, rows)
	})
}

func referencesOf(ctx context.Context, q *db.Queries, now time.Time, domain, kind string) ([]shownReference, int64, error) {
	rows, err := q.NotesOfDomains(ctx, db.NotesOfDomainsParams{AsOf: now, Domains: given(domain), Types: given(kind), Most: mostReferences})
	notes, found := []shownReference{}, int64(0)
	for _, n := range rows {
		found = n.Found
		notes = append(notes, shownReference{n.Source, n.Name, n.Type, n.Domain, n.Title, n.Author, dayOf(n.Date), n.Url})
	}
	return notes, found, err
}

// referencesWith looks for words as one term that needs all of them.
func referencesWith(ctx context.Context, q *db.Queries, now time.Time, words []string, kind string) ([]shownReference, int64, error) {
	p := db.MatchingNotesParams{AsOf: now, Types: given(kind), Most: mostReferences, Phrases: words, Terms: make([]int32, len(words)), Needed: make([]int32, len(words))}
	for i := range words {
		p.Terms[i], p.Needed[i] = 1, int32(len(words)) // #nosec G115 -- arguments of a command
	}
	rows, err := q.MatchingNotes(ctx, p)
	notes, found := []shownReference{}, int64(0)
	for _, n := range rows {
		found = n.Found
		notes = append(notes, shownReference{n.Source, n.Name, n.Type, n.Domain, n.Title, n.Author, dayOf(n.Date), n.Url})
	}
	return notes, found, err
}

// given is a filter: empty where nothing was given, and then all are meant.
func given(s string) []string {
	if s == "" {
		return []string{}
	}
	return []string{s}
}

func dayOf(t *time.Time) report.Date {
	if t == nil {
		return ""
	}
	return report.DateOf(*t)
}
