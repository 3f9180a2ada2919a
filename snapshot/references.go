package snapshot

import (
	"context"
	"fmt"
	"time"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/fact"
)

// references reads the reference notes that the template asks for. Which of
// them match follows from the facts, so it comes after these, in the same
// snapshot. A series' sources are feeds that it waits for; notes are nobody's
// feed, and those of every source count.
func (r *reader) references(ctx context.Context, set *fact.Set) error {
	needs := r.req.Needs.References
	if needs.Empty() {
		return nil
	}
	known, err := r.KnownNotes(ctx, r.req.AsOf)
	if err != nil {
		return fmt.Errorf("count reference notes: %w", err)
	}
	out := &fact.References{Known: known, Lists: make([]fact.ReferenceList, len(needs.Lists)), Cited: []fact.Reference{}}
	for i, s := range needs.Lists {
		find := r.notesOfDomains
		if s.ByFacts() {
			find = func(ctx context.Context, s fact.Selection) (fact.ReferenceList, error) {
				return r.matchingNotes(ctx, s, set.Terms())
			}
		}
		if out.Lists[i], err = find(ctx, s); err != nil {
			return err
		}
	}
	if len(needs.Cited) > 0 {
		if out.Cited, err = r.notesNamed(ctx, needs.Cited); err != nil {
			return err
		}
	}
	set.Refer(out)
	return nil
}

func (r *reader) notesOfDomains(ctx context.Context, s fact.Selection) (fact.ReferenceList, error) {
	out := fact.ReferenceList{Selection: s}
	rows, err := r.NotesOfDomains(ctx, db.NotesOfDomainsParams{AsOf: r.req.AsOf, Domains: s.Domains, Types: all(s.Types), Most: int32(s.Limit)}) // #nosec G115 -- 1 to 50
	if rows, err = read("reference notes by domain", rows, err); err != nil {
		return out, err
	}
	out.Notes = convert(rows, func(n db.NotesOfDomainsRow) fact.Reference {
		out.Found = n.Found
		return fact.Reference{Source: n.Source, Name: n.Name, Type: n.Type, Domain: n.Domain, Title: n.Title, Author: n.Author, Date: dateOf(n.Date), URL: n.Url}
	})
	return out, nil
}

// matchingNotes looks for the day's terms in the notes.
func (r *reader) matchingNotes(ctx context.Context, s fact.Selection, terms []fact.Term) (fact.ReferenceList, error) {
	out := fact.ReferenceList{Selection: s}
	p := db.MatchingNotesParams{AsOf: r.req.AsOf, Types: all(s.Types), Most: int32(s.Limit), // #nosec G115 -- 1 to 50
		Phrases: []string{}, Terms: []int32{}, Needed: []int32{}}
	for i, t := range terms {
		for _, phrase := range t.Phrases {
			p.Phrases = append(p.Phrases, phrase)
			p.Terms = append(p.Terms, int32(i+1))        // #nosec G115 -- at most 150
			p.Needed = append(p.Needed, int32(t.Needed)) // #nosec G115 -- 1 or 2
		}
	}
	rows, err := r.MatchingNotes(ctx, p)
	if rows, err = read("reference notes that match", rows, err); err != nil {
		return out, err
	}
	out.Notes = convert(rows, func(n db.MatchingNotesRow) fact.Reference {
		out.Found = n.Found
		ref := fact.Reference{Source: n.Source, Name: n.Name, Type: n.Type, Domain: n.Domain, Title: n.Title, Author: n.Author, Date: dateOf(n.Date), URL: n.Url}
		for _, term := range n.Matched {
			ref.Matched = append(ref.Matched, terms[term-1].Text)
		}
		return ref
	})
	return out, nil
}

func (r *reader) notesNamed(ctx context.Context, names []string) ([]fact.Reference, error) {
	rows, err := r.NotesNamed(ctx, r.req.AsOf, names)
	if rows, err = read("reference notes by name", rows, err); err != nil {
		return nil, err
	}
	return convert(rows, func(n db.NotesNamedRow) fact.Reference {
		return fact.Reference{Source: n.Source, Name: n.Name, Type: n.Type, Domain: n.Domain, Title: n.Title, Author: n.Author, Date: dateOf(n.Date), URL: n.Url}
	}), nil
}

func dateOf(t *time.Time) report.Date {
	if t == nil {
		return ""
	}
	return report.DateOf(*t)
}
