package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/closeofbusiness/cob/config"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/report"
)

// templateRef is NAME, NAME@1, NAME@1.2 or NAME@1.2.0. Anything else is a file.
var templateRef = regexp.MustCompile(`^[a-z0-9-]{1,63}(@\d+(\.\d+){0,2})?$`)

func checkTemplateRef(ref string) error {
	if !templateRef.MatchString(ref) {
		return fmt.Errorf("%w: template %q: NAME or NAME@VERSION is needed, such as daily-security@1.0", report.ErrInvalid, ref)
	}
	return nil
}

// findTemplate reads the version that was applied last, of those that a
// reference means.
func findTemplate(ctx context.Context, q *db.Queries, ref string) (db.CobTemplate, error) {
	name, prefix, _ := strings.Cut(ref, "@")
	versions, err := q.TemplateVersions(ctx, name) // the last applied first
	if err != nil {
		return db.CobTemplate{}, fmt.Errorf("read template %s: %w", name, err)
	}
	for _, v := range versions {
		if prefix == "" || strings.HasPrefix(v.Version+".", prefix+".") {
			return v, nil
		}
	}
	return db.CobTemplate{}, noTemplate(ctx, q, name, prefix, versions)
}

// noTemplate says what there is instead.
func noTemplate(ctx context.Context, q *db.Queries, name, prefix string, versions []db.CobTemplate) error {
	if len(versions) > 0 {
		return fmt.Errorf("%w: template %s has no version %s. It has %s", report.ErrNotFound, name, prefix,
			listed(versions, func(t db.CobTemplate) string { return t.Version }))
	}
	all, err := q.ListTemplates(ctx)
	if err != nil {
		return fmt.Errorf("list templates: %w", err)
	}
	if len(all) == 0 {
		return fmt.Errorf("%w: there is no template %q, nor any other. Apply its file: starter template apply FILE", report.ErrNotFound, name)
	}
	return fmt.Errorf("%w: there is no template %q. There is %s. Apply its file: starter template apply FILE", report.ErrNotFound, name,
		listed(all, func(t db.CobTemplate) string { return t.Name }))
}

// listed names each once.
func listed(templates []db.CobTemplate, name func(db.CobTemplate) string) string {
	var names []string
	for _, t := range templates {
		if n := name(t); !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return strings.Join(names, ", ")
}

// shownTemplate is what "template show --json" prints.
type shownTemplate struct {
	Template  string    `json:"template"`
	Version   string    `json:"version"`
	Note      string    `json:"note"`
	AppliedAt time.Time `json:"applied_at"`
	AppliedBy string    `json:"applied_by"`
	SHA256    string    `json:"sha256"` // of the file
	File      string    `json:"file"`
}

func (a *app) showTemplate(ctx context.Context, ref string) error {
	if err := checkTemplateRef(ref); err != nil {
		return err
	}
	return a.withDatabase(ctx, func(_ *config.Config, store *db.Store) error {
		t, err := findTemplate(ctx, store.Queries, ref)
		if err != nil {
			return err
		}
		return a.printTemplate(t)
	})
}

// printTemplate prints the file's own bytes, so that they can be applied again;
// a terminal would obey some of them.
func (a *app) printTemplate(t db.CobTemplate) error {
	if a.json {
		return a.printJSON(shownTemplate{t.Name, t.Version, t.Note, t.AppliedAt.UTC(), t.AppliedBy, hex.EncodeToString(t.Sha256), string(t.Spec)})
	}
	body := t.Spec
	if isTerminal(a.out) {
		body = []byte(visible(body))
	}
	_, err := a.out.Write(body)
	return err
}

// side is one of two templates to compare.
type side struct {
	label string
	body  []byte
}

func (a *app) diffTemplates(ctx context.Context, one, other string) error {
	args := []string{one, other}
	sides := make([]side, 2)
	for i, arg := range args {
		if templateRef.MatchString(arg) {
			continue
		}
		var err error
		if sides[i], err = sideOfFile(arg); err != nil {
			return err
		}
	}
	if sides[0].body != nil && sides[1].body != nil {
		return a.printDifference(sides[0], sides[1])
	}
	return a.withDatabase(ctx, func(_ *config.Config, store *db.Store) error {
		if err := sidesApplied(ctx, store.Queries, args, sides); err != nil {
			return err
		}
		return a.printDifference(sides[0], sides[1])
	})
}

func sideOfFile(path string) (side, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return side{}, fmt.Errorf("%w: %s is a folder. A file or NAME[@VERSION] is needed", report.ErrInvalid, path)
	}
	files, err := parseTemplates([]string{path})
	if err != nil {
		return side{}, err
	}
	return side{path, files[0].body}, nil
}

// sidesApplied reads those sides that are no files.
func sidesApplied(ctx context.Context, q *db.Queries, refs []string, sides []side) error {
	for i, ref := range refs {
		if sides[i].body != nil {
			continue
		}
		t, err := findTemplate(ctx, q, ref)
		if err != nil {
			return err
		}
		sides[i] = side{t.Name + "@" + t.Version, t.Spec}
	}
	return nil
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
