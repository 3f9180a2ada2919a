package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"github.com/closeofbusiness/cob/config"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/template"
)

func (a *app) templateCommand() *cobra.Command {
	c := &cobra.Command{Use: "template", Short: "apply | list | show: how a report is laid out"}
	c.AddCommand(
		&cobra.Command{Use: "apply FILE|DIR...", Short: "apply template files; a version is never changed once applied", Args: cobra.MinimumNArgs(1),
			RunE: func(c *cobra.Command, args []string) error { return a.applyTemplates(c.Context(), args) }},
		&cobra.Command{Use: "list", Short: "every version of every template", Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error { return a.listTemplates(c.Context()) }},
		&cobra.Command{Use: "show NAME", Short: "a template's newest version as applied", Args: cobra.ExactArgs(1),
			RunE: func(c *cobra.Command, args []string) error { return a.showTemplate(c.Context(), args[0]) }})
	return c
}

func (a *app) applyTemplates(ctx context.Context, paths []string) error {
	files, err := readFiles(paths)
	if err != nil {
		return err
	}
	all := make([]*template.Template, len(files))
	var problems []error
	for i, f := range files {
		if all[i], err = template.Parse(f.body); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", f.path, err))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return err
	}
	return a.withDatabase(ctx, func(_ *config.Config, store *db.Store) error {
		rows := make([][]string, len(files))
		for i, t := range all {
			change, err := storeTemplate(ctx, store, t, files[i].body)
			if err != nil {
				return err
			}
			rows[i] = []string{t.Name, t.Version, change}
		}
		return a.list([]string{"TEMPLATE", "VERSION", "CHANGE"}, rows)
	})
}

func storeTemplate(ctx context.Context, store *db.Store, t *template.Template, body []byte) (string, error) {
	digest := sha256.Sum256(body)
	have, err := store.TemplateVersion(ctx, t.Name, t.Version)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		err := store.InsertTemplate(ctx, db.InsertTemplateParams{Name: t.Name, Version: t.Version, Spec: body, Sha256: digest[:],
			Note: t.Note, AppliedBy: "os-user:" + osUser()})
		if err != nil {
			return "", fmt.Errorf("record template %s: %w", t.Name, err)
		}
		return "created", nil
	case err != nil:
		return "", fmt.Errorf("read template %s %s: %w", t.Name, t.Version, err)
	case !bytes.Equal(have.Sha256, digest[:]):
		return "", fmt.Errorf("%w: template %s %s was applied before with other content. Give the changed file a new version", report.ErrInvalid, t.Name, t.Version)
	}
	return "unchanged", nil
}

func (a *app) listTemplates(ctx context.Context) error {
	return a.withDatabase(ctx, func(_ *config.Config, store *db.Store) error {
		stored, err := store.ListTemplates(ctx)
		if err != nil {
			return fmt.Errorf("list templates: %w", err)
		}
		rows := make([][]string, len(stored))
		for i, t := range stored {
			rows[i] = []string{t.Name, t.Version, t.Note, t.AppliedAt.UTC().Format(time.RFC3339), t.AppliedBy}
		}
		return a.list([]string{"TEMPLATE", "VERSION", "NOTE", "APPLIED AT", "APPLIED BY"}, rows)
	})
}

func (a *app) showTemplate(ctx context.Context, name string) error {
	return a.withDatabase(ctx, func(_ *config.Config, store *db.Store) error {
		versions, err := store.TemplateVersions(ctx, name)
		if err != nil {
			return fmt.Errorf("read template %s: %w", name, err)
		}
		if len(versions) == 0 {
			return fmt.Errorf("%w: there is no template %q", report.ErrNotFound, name)
		}
		fmt.Fprintln(a.out, strings.TrimSpace(string(versions[0].Spec)))
		return nil
	})
}
