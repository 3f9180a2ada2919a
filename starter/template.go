package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/closeofbusiness/cob/catalog"
	"github.com/closeofbusiness/cob/config"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/template"
)

func (a *app) templateCommand() *cobra.Command {
	var metrics []string
	c := &cobra.Command{Use: "template", Short: "validate | apply | list | show | diff | restore | rehearse | schema: how a report is laid out"}
	c.AddCommand(
		a.templateValidateCommand(),
		a.templateApplyCommand(),
		&cobra.Command{Use: "list", Short: "every version of every template", Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error { return a.listTemplates(c.Context()) }},
		&cobra.Command{Use: "show NAME[@VERSION]", Short: "a template's file as applied, byte for byte",
			Long: `show prints a template's file exactly as it was applied. Of several versions it
is the highest, which is the one that reports follow; with @1 or @1.2 the
highest of those that begin so. 1.10.0 is higher than 1.9.0.

Of files that belong to the version, such as a logo, stderr tells size and
SHA-256. --json has them, who applied it when, and the version's SHA-256.`,
			Example: "  starter template show daily-security\n  starter template show daily-security@1.2 > daily-security.yaml",
			Args:    cobra.ExactArgs(1),
			RunE:    func(c *cobra.Command, args []string) error { return a.showTemplate(c.Context(), args[0]) }},
		withMetrics(&metrics, &cobra.Command{Use: "diff A B", Short: "what differs between two versions, or a version and a file",
			Long: `diff compares two templates line by line. Each is NAME or NAME@VERSION, as
applied, or a file; one without a dot or slash in its name is written ./NAME.
The exit code is 1 where they differ. Two files need no server.`,
			Example: "  starter template diff daily-security@1.0.0 daily-security@1.1.0\n  starter template diff daily-security templates/daily-security.yaml",
			Args:    cobra.ExactArgs(2),
			RunE: func(c *cobra.Command, args []string) error {
				return a.diffTemplates(c.Context(), args[0], args[1], metrics)
			}}),
		a.templateRestoreCommand(), a.templateRehearseCommand(),
		&cobra.Command{Use: "schema", Short: "the JSON Schema of template files, for editors",
			Example: "  starter template schema > template.schema.json",
			Args:    cobra.NoArgs,
			RunE:    func(*cobra.Command, []string) error { return a.printSchema() }})
	return c
}

func (a *app) templateValidateCommand() *cobra.Command {
	var metrics []string
	return withMetrics(&metrics, &cobra.Command{Use: "validate FILE|DIR...", Short: "check template files, without any server",
		Long: `validate reads template files as apply does and says everything that is wrong
with any of them: file, line, path, what was found and what was expected. No
server is needed: the files of metrics of your own are named with --metrics. Of
a folder every .yaml and .yml file is read; a file that is named may be JSON as
well.`,
		Example: "  starter template validate --metrics metrics/ templates/\n  starter template validate layout.json",
		Args:    cobra.MinimumNArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return a.validateTemplates(args, metrics) }})
}

// withMetrics adds the flag that names metric files where no server is asked.
func withMetrics(paths *[]string, c *cobra.Command) *cobra.Command {
	c.Flags().StringArrayVar(paths, "metrics", nil, "a metric file, or a folder of them, that the templates are about; may be repeated")
	return c
}

// templateFile is a template file that was read.
type templateFile struct {
	file
	template *template.Template
}

func (f *templateFile) ref() string { return f.template.Name + "@" + f.template.Version }

// digest is what the version is known by.
func (f *templateFile) digest() [sha256.Size]byte { return f.template.Digest(f.body) }

// parseTemplates reads the files over the metrics that there are, and what they
// name. Everything that is wrong with any of them is told at once.
func parseTemplates(paths []string, metrics *fact.Registry) ([]*templateFile, error) {
	read, err := readFiles(paths)
	if err != nil {
		return nil, err
	}
	var out []*templateFile
	var errs []error
	for _, r := range read {
		t, err := template.Parse(r.body, metrics)
		if err == nil {
			err = t.Load(beside(r.path))
		}
		if err != nil {
			errs = append(errs, problemsIn(r.path, err))
			continue
		}
		out = append(out, &templateFile{r, t})
	}
	return out, errors.Join(append(errs, appliedOnce(out))...)
}

// problemsIn says of each problem in which file it is.
func problemsIn(path string, err error) error {
	var e *template.Error
	if !errors.As(err, &e) {
		return inFile(path, err)
	}
	errs := make([]error, len(e.Problems))
	for i, p := range e.Problems {
		errs[i] = fmt.Errorf("%s: %w: %s", path, report.ErrInvalid, p)
	}
	return errors.Join(errs...)
}

// appliedOnce refuses two files that are one version with other content.
func appliedOnce(files []*templateFile) error {
	first := map[string]*templateFile{}
	var errs []error
	for _, f := range files {
		other, twice := first[f.ref()]
		if twice && (!bytes.Equal(other.body, f.body) || other.digest() != f.digest()) {
			errs = append(errs, fmt.Errorf("%s: %w: template %s %s is in %s already, with other content. Give one of them a new version",
				f.path, report.ErrInvalid, f.template.Name, f.template.Version, other.path))
		}
		first[f.ref()] = f
	}
	return errors.Join(errs...)
}

func (a *app) validateTemplates(paths, metrics []string) error {
	registry, err := metricsOf(metrics)
	if err != nil {
		return err
	}
	files, err := parseTemplates(paths, registry)
	if err != nil {
		return err
	}
	rows := make([][]string, len(files))
	for i, f := range files {
		rows[i] = []string{f.template.Name, f.template.Version, "valid"}
	}
	return a.list([]string{"TEMPLATE", "VERSION", "STATE"}, rows)
}

func (a *app) printSchema() error {
	_, err := io.WriteString(a.out, template.Schema())
	return err
}

func (a *app) listTemplates(ctx context.Context) error {
	return a.withDatabase(ctx, func(_ *config.Config, store *db.Store) error {
		stored, err := catalog.Templates(ctx, store.Queries)
		if err != nil {
			return err
		}
		rows := make([][]string, len(stored))
		for i, t := range stored {
			rows[i] = []string{t.Name, t.Version, t.Note, t.AppliedAt.UTC().Format(time.RFC3339), t.AppliedBy, hex.EncodeToString(t.Sha256)}
		}
		return a.list([]string{"TEMPLATE", "VERSION", "NOTE", "APPLIED AT", "APPLIED BY", "SHA256"}, rows)
	})
}
