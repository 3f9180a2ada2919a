package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/closeofbusiness/cob/catalog"
	"github.com/closeofbusiness/cob/config"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/ledger"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/template"
)

func (a *app) templateApplyCommand() *cobra.Command {
	var note string
	var dryRun bool
	c := &cobra.Command{
		Use:   "apply FILE|DIR...",
		Short: "apply template files; a version is never changed once applied",
		Long: `apply stores the version that each file has. One that was applied before and
has other content now is refused: give the file a new version, and a note that
says what it changed. Nothing is applied unless every file can be.

A logo that a file names is read beside it, and kept with the version.`,
		Example: "  starter template apply templates/\n  starter template apply templates/ --dry-run\n" +
			"  starter template apply templates/daily-security.yaml --note \"actions before threats\"",
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return a.applyTemplates(c.Context(), args, note, dryRun) },
	}
	c.Flags().StringVar(&note, "note", "", "why, for the record (default: each file's own note)")
	c.Flags().BoolVar(&dryRun, "dry-run", false, "show what would change and write nothing; exit 1 where something would")
	return c
}

func (a *app) applyTemplates(ctx context.Context, paths []string, note string, dryRun bool) error {
	if _, err := readFiles(paths); err != nil { // before any server is asked
		return err
	}
	return a.withDatabase(ctx, func(_ *config.Config, store *db.Store) error {
		metrics, err := catalog.Metrics(ctx, store.Queries)
		if err != nil {
			return err
		}
		files, err := parseTemplates(paths, metrics)
		if err != nil {
			return err
		}
		return a.recordTemplates(ctx, store, files, note, dryRun)
	})
}

// recordTemplates stores new versions, or shows what would be new.
func (a *app) recordTemplates(ctx context.Context, store *db.Store, files []*templateFile, note string, dryRun bool) error {
	changes, err := planTemplates(ctx, store.Queries, files, note)
	if err == nil && !dryRun {
		changes, err = storeTemplates(ctx, store, files, note)
	}
	if err != nil {
		return err
	}
	if err := a.warnFollowers(ctx, store.Queries, files); err != nil {
		return err
	}
	return a.printTemplates(files, changes, dryRun)
}

// warnFollowers says which series a version would not suit: it would be the
// highest that they follow, and refuses the parameters that they set. It is no
// error, for their files can only be changed after it.
func (a *app) warnFollowers(ctx context.Context, q *db.Queries, files []*templateFile) error {
	all, err := ledger.All(ctx, q)
	if err != nil {
		return err
	}
	for _, p := range all {
		r, err := template.ParseRange(p.Series.Template)
		if err != nil {
			return fmt.Errorf("series %s: %w", p.Series.Name, err)
		}
		for _, f := range files {
			if f.template.Name != r.Name || !r.Has(f.template.Version) {
				continue
			}
			newest, err := catalog.Newest(ctx, q, p.Series.Template)
			if err == nil && template.CompareVersions(f.template.Version, newest.Version) < 0 {
				continue
			}
			if _, err := f.template.Resolve(p.Series.Parameters); err != nil {
				fmt.Fprintf(a.err, "warning: series %s follows it and cannot be issued with it: %s. Change its file and apply it: starter series apply FILE\n",
					p.Series.Name, report.Message(err))
			}
		}
	}
	return nil
}

// planTemplates finds what each file changes, and refuses those that are a
// version which was applied with other content, or a further one of which
// nothing says what it changed.
func planTemplates(ctx context.Context, q *db.Queries, files []*templateFile, note string) ([]fileChange, error) {
	changes := make([]fileChange, len(files))
	planned := map[string]bool{}
	var errs []error
	for i, f := range files {
		versions, err := catalog.Versions(ctx, q, f.template.Name)
		if err != nil {
			return nil, err
		}
		if changes[i], err = templateChange(f, versions); err != nil {
			errs = append(errs, err)
		} else if changes[i].Change == fileCreated && len(versions) > 0 && cmp.Or(note, f.template.Note) == "" {
			errs = append(errs, fmt.Errorf("%s: %w: template %s is new and says nothing of what it changes. Give the file a note, or: --note TEXT",
				f.path, report.ErrInvalid, f.ref()))
		}
		if planned[f.ref()] { // a copy
			changes[i] = fileChange{Change: fileUnchanged}
		}
		planned[f.ref()] = true
	}
	return changes, errors.Join(errs...)
}

// templateChange compares a file with what was applied under its name, the
// highest version first. A version's files are part of it.
func templateChange(f *templateFile, versions []db.CobTemplate) (fileChange, error) {
	for _, v := range versions {
		if v.Version != f.template.Version {
			continue
		}
		if digest := f.digest(); !bytes.Equal(v.Spec, f.body) || !bytes.Equal(v.Sha256, digest[:]) {
			return fileChange{}, fmt.Errorf("%s: %w: template %s %s was applied before with other content. Give the changed file a new version",
				f.path, report.ErrInvalid, v.Name, v.Version)
		}
		return fileChange{Change: fileUnchanged}, nil
	}
	if len(versions) == 0 {
		return fileChange{Change: fileCreated, Diff: diff(os.DevNull, f.path, nil, f.body)}, nil
	}
	newest := versions[0]
	return fileChange{Change: fileCreated, Diff: diff(newest.Name+"@"+newest.Version, f.path, newest.Spec, f.body)}, nil
}

// storeTemplates records new versions, all or none. Without a note it is the
// file's own.
func storeTemplates(ctx context.Context, store *db.Store, files []*templateFile, note string) (changes []fileChange, err error) {
	err = storeFiles(ctx, store, func(q *db.Queries) error {
		changes, err = planTemplates(ctx, q, files, note)
		if err != nil {
			return err
		}
		for i, f := range files {
			if changes[i].Change == fileUnchanged {
				continue
			}
			if err := insertTemplate(ctx, q, f, cmp.Or(note, f.template.Note)); err != nil {
				return fmt.Errorf("record template %s %s: %w", f.template.Name, f.template.Version, err)
			}
		}
		return nil
	})
	return changes, err
}

func insertTemplate(ctx context.Context, q *db.Queries, f *templateFile, note string) error {
	digest := f.digest()
	err := q.InsertTemplate(ctx, db.InsertTemplateParams{Name: f.template.Name, Version: f.template.Version, Spec: f.body, Sha256: digest[:],
		Note: note, AppliedBy: "os-user:" + osUser()})
	l := f.template.Output.Logo
	if err != nil || l == nil {
		return err
	}
	logo := sha256.Sum256(l.Data)
	if err := q.PutContent(ctx, logo[:], l.MediaType, l.Data); err != nil {
		return err
	}
	return q.InsertTemplateFile(ctx, db.InsertTemplateFileParams{Name: f.template.Name, Version: f.template.Version, File: l.File, Sha256: logo[:]})
}

// appliedTemplate is a line of what "template apply --json" prints.
type appliedTemplate struct {
	Template string `json:"template"`
	Version  string `json:"version"`
	Change   string `json:"change"` // created, unchanged
	Diff     string `json:"diff,omitempty"`
}

// printTemplates prints what applying files has changed or, dry, would change;
// then the answer is "no" where something would.
func (a *app) printTemplates(files []*templateFile, changes []fileChange, dry bool) error {
	out := make([]appliedTemplate, len(files))
	var verdict error
	for i, f := range files {
		out[i] = appliedTemplate{Template: f.template.Name, Version: f.template.Version, Change: changes[i].Change}
		if dry {
			out[i].Diff = changes[i].Diff
		}
		if dry && changes[i].Change != fileUnchanged {
			verdict = errNo
		}
	}
	switch {
	case a.json:
		return cmp.Or(a.printJSON(out), verdict)
	case dry:
		a.printWouldBe(out)
		return verdict
	}
	rows := make([][]string, len(out))
	for i, t := range out {
		rows[i] = []string{t.Template, t.Version, t.Change}
	}
	return a.list([]string{"TEMPLATE", "VERSION", "CHANGE"}, rows)
}

func (a *app) printWouldBe(templates []appliedTemplate) {
	for _, t := range templates {
		if t.Change == fileUnchanged {
			a.say("template %s %s: no difference", t.Template, t.Version)
			continue
		}
		fmt.Fprintf(a.out, "template %s %s: would be new\n%s", t.Template, t.Version, t.Diff)
	}
}
