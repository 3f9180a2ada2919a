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

	"github.com/closeofbusiness/cob/config"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/report"
)

func (a *app) templateApplyCommand() *cobra.Command {
	var note string
	var dryRun bool
	c := &cobra.Command{
		Use:   "apply FILE|DIR...",
		Short: "apply template files; a version is never changed once applied",
		Long: `apply stores the version that each file has. One that was applied before and
has other content now is refused: give the file a new version. Nothing is
applied unless every file can be.`,
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
	files, err := parseTemplates(paths)
	if err != nil {
		return err
	}
	return a.withDatabase(ctx, func(_ *config.Config, store *db.Store) error {
		changes, err := planTemplates(ctx, store.Queries, files)
		if err == nil && !dryRun {
			changes, err = storeTemplates(ctx, store, files, note)
		}
		if err != nil {
			return err
		}
		return a.printTemplates(files, changes, dryRun)
	})
}

// planTemplates finds what each file changes, and refuses those that are a
// version which was applied with other content.
func planTemplates(ctx context.Context, q *db.Queries, files []*templateFile) ([]fileChange, error) {
	changes := make([]fileChange, len(files))
	planned := map[string]bool{}
	var errs []error
	for i, f := range files {
		versions, err := q.TemplateVersions(ctx, f.template.Name)
		if err != nil {
			return nil, fmt.Errorf("read template %s: %w", f.template.Name, err)
		}
		if changes[i], err = templateChange(f, versions); err != nil {
			errs = append(errs, err)
		}
		if planned[f.ref()] { // a copy
			changes[i] = fileChange{Change: fileUnchanged}
		}
		planned[f.ref()] = true
	}
	return changes, errors.Join(errs...)
}

// templateChange compares a file with what was applied under its name, newest
// first.
func templateChange(f *templateFile, versions []db.CobTemplate) (fileChange, error) {
	for _, v := range versions {
		if v.Version != f.template.Version {
			continue
		}
		if !bytes.Equal(v.Spec, f.body) {
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
		changes, err = planTemplates(ctx, q, files)
		if err != nil {
			return err
		}
		for i, f := range files {
			if changes[i].Change == fileUnchanged {
				continue
			}
			digest := sha256.Sum256(f.body)
			err := q.InsertTemplate(ctx, db.InsertTemplateParams{Name: f.template.Name, Version: f.template.Version, Spec: f.body, Sha256: digest[:],
				Note: cmp.Or(note, f.template.Note), AppliedBy: "os-user:" + osUser()})
			if err != nil {
				return fmt.Errorf("record template %s %s: %w", f.template.Name, f.template.Version, err)
			}
		}
		return nil
	})
	return changes, err
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
