package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/closeofbusiness/cob/catalog"
	"github.com/closeofbusiness/cob/config"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/template"
)

// restoreFlags are those of "template restore".
type restoreFlags struct {
	as     string
	note   string
	dryRun bool
}

func (a *app) templateRestoreCommand() *cobra.Command {
	var f restoreFlags
	c := &cobra.Command{
		Use:   "restore NAME@VERSION",
		Short: "apply an old version again, as a new one",
		Long: `restore applies the file of an old version once more under a new version, with
its comments, its layout and its logo: only version and note are others. The
old version stays what it is, and so do those after it.`,
		Example: "  starter template restore daily-security@1.0.0 --dry-run\n" +
			"  starter template restore daily-security@1.0.0 --as 1.3.0 --note \"the tiles were missed\"",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return a.restoreTemplate(c.Context(), args[0], f) },
	}
	c.Flags().StringVar(&f.as, "as", "", "the new version (default: the next minor one after the highest)")
	c.Flags().StringVar(&f.note, "note", "", `what the new version's note says (default: "restores VERSION")`)
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "show what would change and write nothing; exit 1")
	return c
}

func (a *app) restoreTemplate(ctx context.Context, ref string, f restoreFlags) error {
	if _, err := template.ParseRange(ref); err != nil {
		return err
	}
	if f.as != "" {
		if _, err := template.ParseVersion(f.as); err != nil {
			return fmt.Errorf("%w: --as: %w", errUsage, err)
		}
	}
	return a.withDatabase(ctx, func(_ *config.Config, store *db.Store) error {
		file, highest, err := restored(ctx, store.Queries, ref, f)
		if err != nil {
			return err
		}
		if err := a.recordTemplates(ctx, store, []*templateFile{file}, "", f.dryRun); err != nil {
			return err
		}
		if template.CompareVersions(file.template.Version, highest) < 0 {
			a.say("%s is higher: reports that follow %s without a version go on with it", highest, file.template.Name)
		}
		return nil
	})
}

// restored is the file of an old version with another version and note. highest
// is the highest version before.
func restored(ctx context.Context, q *db.Queries, ref string, f restoreFlags) (out *templateFile, highest string, err error) {
	row, err := catalog.Newest(ctx, q, ref)
	if err != nil {
		return nil, "", err
	}
	versions, err := catalog.Versions(ctx, q, row.Name)
	if err != nil {
		return nil, "", err
	}
	highest = versions[0].Version
	if f.as == "" {
		last, err := template.ParseVersion(highest)
		if err != nil {
			return nil, "", err
		}
		f.as = last.NextMinor().String()
	}
	for _, v := range versions {
		if v.Version == f.as {
			return nil, "", fmt.Errorf("%w: template %s %s was applied before. Give the restored one a new version: --as VERSION", report.ErrInvalid, row.Name, f.as)
		}
	}
	if f.note == "" {
		f.note = "restores " + row.Version
	}
	metrics, err := catalog.Metrics(ctx, q)
	if err != nil {
		return nil, "", err
	}
	out, err = renewed(ctx, q, row, f, metrics)
	return out, highest, err
}

// renewed reads the file as it will be applied, with the files of the old version.
func renewed(ctx context.Context, q *db.Queries, row db.CobTemplate, f restoreFlags, metrics *fact.Registry) (*templateFile, error) {
	old, err := catalog.Template(ctx, q, row, metrics)
	if err != nil {
		return nil, err
	}
	body, err := template.Revise(row.Spec, f.as, f.note, metrics)
	if err != nil {
		return nil, err
	}
	t, err := template.Parse(body, metrics)
	if err == nil {
		err = t.Load(func(string) ([]byte, error) { return old.Output.Logo.Data, nil })
	}
	if err != nil {
		return nil, fmt.Errorf("template %s %s, restored as %s: %w", row.Name, row.Version, f.as, err)
	}
	return &templateFile{file{row.Name + "@" + f.as, body}, t}, nil
}
