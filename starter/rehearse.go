package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/closeofbusiness/cob/catalog"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/ledger"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/analysis"
	"github.com/closeofbusiness/cob/report/compose"
	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/render"
	"github.com/closeofbusiness/cob/snapshot"
)

// rehearsal drafts the reports of a series with a template.
type rehearsal struct {
	store  *db.Store
	plan   *ledger.Plan // the series as it is today
	layout *catalog.Layout
	dir    string // for files; empty: none are kept
}

// day drafts a date's report. Why it could not be is in the answer.
func (r *rehearsal) day(ctx context.Context, d report.Date) rehearsed {
	out := rehearsed{Date: d, Differences: []document.Difference{}}
	if err := r.draft(ctx, d, &out); err != nil {
		out.Error = message(err)
	}
	return out
}

func (r *rehearsal) draft(ctx context.Context, d report.Date, out *rehearsed) error {
	issued, err := r.issued(ctx, d)
	if err != nil {
		return err
	}
	if issued != nil {
		out.Revision, out.Template = int(issued.Revision), issued.template
	}
	doc, err := r.compose(ctx, d, issued)
	if err != nil {
		return err
	}
	if issued != nil {
		if err := compareIssued(ctx, issued, doc, out); err != nil {
			return err
		}
	}
	if r.dir == "" {
		return r.try(ctx, doc)
	}
	return r.write(ctx, doc, out)
}

// issuedReport is the latest revision of a date.
type issuedReport struct {
	db.LatestRevisionRow
	template string // name and version that made it
	document *document.Document
}

// issued reads what was issued for a date; nil: nothing was.
func (r *rehearsal) issued(ctx context.Context, d report.Date) (*issuedReport, error) {
	rev, err := r.store.LatestRevision(ctx, r.plan.Series.Name, d.Time())
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what was issued: %w", err)
	}
	out := &issuedReport{LatestRevisionRow: rev}
	c, err := r.store.Cycle(ctx, r.plan.Series.Name, d.Time())
	if err != nil {
		return nil, fmt.Errorf("read its cycle: %w", err)
	}
	if c.Template != nil && c.TemplateVersion != nil {
		out.template = *c.Template + " " + *c.TemplateVersion
	}
	body, err := r.store.Content(ctx, rev.DocumentSha256)
	if err != nil {
		return nil, fmt.Errorf("read the issued document: %w", err)
	}
	if out.document, err = document.Parse(body); err != nil {
		return nil, fmt.Errorf("revision %d as issued: %w", rev.Revision, err)
	}
	return out, nil
}

// compose makes the draft's document.
func (r *rehearsal) compose(ctx context.Context, d report.Date, issued *issuedReport) (*document.Document, error) {
	req, err := r.known(ctx, d)
	if err != nil {
		return nil, err
	}
	req.Needs = r.layout.Needs()
	set, err := snapshot.Facts(ctx, r.store, req)
	if err != nil {
		return nil, err
	}
	meta, err := r.meta(ctx, set, issued)
	if err != nil {
		return nil, err
	}
	meta.AcknowledgeWithin = req.Series.AcknowledgeAfter()
	narratives := map[string]analysis.Narrative{}
	for _, n := range r.layout.Template.Narratives() {
		narratives[n.Name], err = analysis.ByRules(set, analysis.Options{About: n.About, Sentences: r.layout.Params.Int(n.Sentences)})
		if err != nil {
			return nil, err
		}
	}
	return compose.Compose(set, r.layout.Template, r.layout.Given, narratives, meta)
}

// known is whose knowledge a date's draft uses: that of its cycle, else what was
// known when it was due, else what is known now.
func (r *rehearsal) known(ctx context.Context, d report.Date) (snapshot.Request, error) {
	req, _, err := asKnown(ctx, r.store, r.plan, d, report.AsOfDue)
	if errors.Is(err, errUsage) { // it would still wait
		req, _, err = asKnown(ctx, r.store, r.plan, d, report.AsOfNow)
	}
	return req, err
}

// meta is what the page says beside the facts, as the issued page does.
func (r *rehearsal) meta(ctx context.Context, set *fact.Set, issued *issuedReport) (compose.Meta, error) {
	body, err := fact.Canonical(set)
	if err != nil {
		return compose.Meta{}, err
	}
	digest := sha256.Sum256(body)
	m := compose.Meta{Draft: true, FactsSHA256: hex.EncodeToString(digest[:]), TemplateSHA256: r.layout.SHA256}
	if issued != nil {
		m.Late = issued.Late
		c, err := r.store.Cycle(ctx, set.Series, set.BusinessDate.Time())
		if err != nil {
			return m, fmt.Errorf("read its cycle: %w", err)
		}
		if c.DecidedBy != "" {
			m.Decision = &report.Decision{By: c.DecidedBy, Reason: c.DecidedReason, Identity: c.DecidedIdentity}
		}
	}
	if m.Issued, err = r.figuresBefore(ctx, set, issued); err != nil {
		return m, err
	}
	k, err := r.store.FirstAcknowledgement(ctx, set.Series, set.Previous.Date.Time(), set.AsOf)
	if errors.Is(err, pgx.ErrNoRows) {
		return m, nil
	}
	if err != nil {
		return m, fmt.Errorf("read the previous report's acknowledgement: %w", err)
	}
	m.Acknowledged = &compose.Acknowledgement{By: k.By, At: k.AcknowledgedAt.UTC()}
	return m, nil
}

// figuresBefore are the previous date's figures as they were issued; nil: they
// were not, or only after the report that is compared with.
func (r *rehearsal) figuresBefore(ctx context.Context, set *fact.Set, issued *issuedReport) (map[string]float64, error) {
	rev, err := r.store.LatestRevision(ctx, set.Series, set.Previous.Date.Time())
	if errors.Is(err, pgx.ErrNoRows) || err == nil && issued != nil && rev.IssuedAt.After(issued.IssuedAt) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the previous revision: %w", err)
	}
	before, err := issuedFacts(ctx, r.store, rev.FactsSha256)
	if err != nil {
		return nil, err
	}
	out := map[string]float64{}
	for i := range before.Facts {
		if f := &before.Facts[i]; f.Value != nil {
			out[f.Key()] = *f.Value
		}
	}
	return out, nil
}

// compareIssued lists what differs. Where names tell no difference, but the
// lines of the Markdown do, it is the order or the form.
func compareIssued(ctx context.Context, issued *issuedReport, draft *document.Document, out *rehearsed) error {
	before, after := withoutProof(issued.document), withoutProof(draft)
	after.RevisionLabel, after.Footer = before.RevisionLabel, before.Footer
	after.Style = unmarked(after.Style, before.Style)
	out.Differences = append(out.Differences, document.Compare(before, after)...)
	old, err := render.Render(ctx, before, render.Markdown)
	if err != nil {
		return fmt.Errorf("revision %d as issued: %w", issued.Revision, err)
	}
	fresh, err := render.Render(ctx, after, render.Markdown)
	if err != nil {
		return err
	}
	if bytes.Equal(old, fresh) {
		return nil
	}
	out.lines = diff(fmt.Sprintf("revision %d", issued.Revision), "draft", old, fresh)
	if len(out.Differences) == 0 {
		out.Differences = append(out.Differences, document.Difference{Kind: document.Changed, What: "layout", Where: "of the page", Before: "the same parts", After: "in another order or form"})
	}
	return nil
}

// unmarked is a draft's style without the word behind its pages; what was issued
// has its own, or none.
func unmarked(draft, issued *document.Style) *document.Style {
	out := *draft
	out.Watermark = document.Text{}
	if issued != nil {
		out.Watermark = issued.Watermark
	}
	return &out
}

// withoutProof is a document without the line that names its digests: these
// always differ.
func withoutProof(d *document.Document) *document.Document {
	out := *d
	out.Blocks = slices.Clone(d.Blocks)
	for i, b := range out.Blocks {
		notes, ok := b.(document.Definitions)
		if !ok {
			continue
		}
		notes.Items = slices.DeleteFunc(slices.Clone(notes.Items), func(item document.Definition) bool { return item.Term.String() == compose.Proof })
		out.Blocks[i] = notes
	}
	return &out
}

// try renders each format and keeps none.
func (r *rehearsal) try(ctx context.Context, d *document.Document) error {
	for _, name := range r.layout.Template.Output.Formats {
		if _, err := renderAs(ctx, d, name); err != nil {
			return err
		}
	}
	return nil
}

// write leaves a day's files and its differences in a folder of the date's.
func (r *rehearsal) write(ctx context.Context, d *document.Document, out *rehearsed) error {
	dir := filepath.Join(r.dir, string(out.Date))
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	put := func(name string, body []byte) error {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, body, 0o640); err != nil { // #nosec G306 -- as reports are delivered to folders
			return err
		}
		out.Files = append(out.Files, path)
		return nil
	}
	for _, name := range r.layout.Template.Output.Formats {
		body, err := renderAs(ctx, d, name)
		if err != nil {
			return err
		}
		if err := put("report."+name, body); err != nil {
			return err
		}
	}
	return put("differences.txt", []byte(out.differences()))
}

// differences is a day's list for people: by name, then line by line.
func (d *rehearsed) differences() string {
	var b strings.Builder
	if d.Revision == 0 {
		fmt.Fprintf(&b, "%s: %s\n", d.Date, d.summary())
		return b.String()
	}
	fmt.Fprintf(&b, "%s: the draft against revision %d, made with %s\n%s\n", d.Date, d.Revision, d.Template, d.summary())
	for _, difference := range d.Differences {
		fmt.Fprintf(&b, "\n%s", difference)
	}
	if d.lines != "" {
		fmt.Fprintf(&b, "\n\nThe Markdown, line by line:\n\n%s", d.lines)
	}
	return b.String()
}

// renderAs renders a document in a template's format: pdf, html, md, json.
func renderAs(ctx context.Context, d *document.Document, name string) ([]byte, error) {
	for _, f := range render.Formats() {
		if f.Extension() == "."+name {
			return render.Render(ctx, d, f)
		}
	}
	return nil, fmt.Errorf("%w: format %q", report.ErrInvalid, name)
}
