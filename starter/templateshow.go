package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"time"

	"github.com/closeofbusiness/cob/catalog"
	"github.com/closeofbusiness/cob/config"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/template"
)

// shownTemplate is what "template show --json" prints.
type shownTemplate struct {
	Template  string    `json:"template"`
	Version   string    `json:"version"`
	Note      string    `json:"note"`
	AppliedAt time.Time `json:"applied_at"`
	AppliedBy string    `json:"applied_by"`
	SHA256    string    `json:"sha256"` // as template.Digest makes it
	File      string    `json:"file"`
	// Files are what the template names beside its own text.
	Files []shownFile `json:"files,omitempty"`
}

type shownFile struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"` // bytes
}

func (a *app) showTemplate(ctx context.Context, ref string) error {
	if _, err := template.ParseRange(ref); err != nil {
		return err
	}
	return a.withDatabase(ctx, func(_ *config.Config, store *db.Store) error {
		t, err := catalog.Newest(ctx, store.Queries, ref)
		if err != nil {
			return err
		}
		files, err := store.TemplateFiles(ctx, t.Name, t.Version)
		if err != nil {
			return fmt.Errorf("read the files of template %s %s: %w", t.Name, t.Version, err)
		}
		return a.printTemplate(t, files)
	})
}

// printTemplate prints the file's own bytes, so that they can be applied again;
// a terminal would obey some of them.
func (a *app) printTemplate(t db.CobTemplate, files []db.TemplateFilesRow) error {
	if a.json {
		out := shownTemplate{t.Name, t.Version, t.Note, t.AppliedAt.UTC(), t.AppliedBy, hex.EncodeToString(t.Sha256), string(t.Spec), nil}
		for _, f := range files {
			out.Files = append(out.Files, shownFile{f.File, hex.EncodeToString(f.Sha256), f.Size})
		}
		return a.printJSON(out)
	}
	for _, f := range files {
		a.say("with %s: %d bytes, sha256:%x", f.File, f.Size, f.Sha256)
	}
	body := t.Spec
	if isTerminal(a.out) {
		body = []byte(visible(body))
	}
	_, err := a.out.Write(body)
	return err
}

// isTemplateRef tells a reference to an applied template from a file.
func isTemplateRef(arg string) bool {
	_, err := template.ParseRange(arg)
	return err == nil
}

// side is one of two templates to compare.
type side struct {
	label string
	body  []byte
}

func (a *app) diffTemplates(ctx context.Context, one, other string, metrics []string) error {
	args := []string{one, other}
	if !isTemplateRef(one) && !isTemplateRef(other) {
		registry, err := metricsOf(metrics)
		if err != nil {
			return err
		}
		return a.diffSides(ctx, nil, args, registry)
	}
	return a.withDatabase(ctx, func(_ *config.Config, store *db.Store) error {
		registry, err := metricsOf(metrics)
		if err == nil && len(metrics) == 0 {
			registry, err = catalog.Metrics(ctx, store.Queries)
		}
		if err != nil {
			return err
		}
		return a.diffSides(ctx, store.Queries, args, registry)
	})
}

// diffSides compares two templates; q is asked for what is no file.
func (a *app) diffSides(ctx context.Context, q *db.Queries, args []string, registry *fact.Registry) error {
	sides := make([]side, len(args))
	for i, arg := range args {
		var err error
		if isTemplateRef(arg) {
			sides[i], err = sideApplied(ctx, q, arg)
		} else {
			sides[i], err = sideOfFile(arg, registry)
		}
		if err != nil {
			return err
		}
	}
	return a.printDifference(sides[0], sides[1])
}

func sideOfFile(path string, metrics *fact.Registry) (side, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return side{}, fmt.Errorf("%w: %s is a folder. A file or NAME[@VERSION] is needed", report.ErrInvalid, path)
	}
	files, err := parseTemplates([]string{path}, metrics)
	if err != nil {
		return side{}, err
	}
	return side{path, files[0].body}, nil
}

func sideApplied(ctx context.Context, q *db.Queries, ref string) (side, error) {
	t, err := catalog.Newest(ctx, q, ref)
	if err != nil {
		return side{}, err
	}
	return side{t.Name + "@" + t.Version, t.Spec}, nil
}

// difference is what "template diff --json" prints.
type difference struct {
	From   string `json:"from"`
	To     string `json:"to"`
	Differ bool   `json:"differ"`
	Diff   string `json:"diff,omitempty"`
}

// printDifference prints what differs; then the answer is "no".
func (a *app) printDifference(from, to side) error {
	d := difference{From: from.label, To: to.label, Differ: !bytes.Equal(from.body, to.body)}
	if d.Differ {
		d.Diff = diff(from.label, to.label, from.body, to.body)
	}
	switch {
	case a.json:
		if err := a.printJSON(d); err != nil {
			return err
		}
	case !d.Differ:
		a.say("%s and %s: no difference", from.label, to.label)
	case d.Diff == "":
		a.say("%s and %s differ in characters that cannot be seen, such as the ends of lines", from.label, to.label)
	default:
		fmt.Fprint(a.out, d.Diff)
	}
	if d.Differ {
		return errNo
	}
	return nil
}
