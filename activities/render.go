package activities

import (
	"context"
	"fmt"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/render"
)

// ToRender is a revision's document and the format wanted.
type ToRender struct {
	Revision
	Document report.Ref `json:"document"`
	Format   string     `json:"format"` // pdf, html, md, json, csv
}

// Render draws the document in one format.
func (a *Activities) Render(ctx context.Context, in ToRender) (report.Artifact, error) {
	m, err := heartbeating(ctx, func(ctx context.Context) (made[string], error) {
		return stage(ctx, a, in.Revision, "render "+in.Format, jsonType, func(ctx context.Context) ([]byte, string, error) { return a.render(ctx, in) })
	})
	if err != nil {
		return report.Artifact{}, failure(err)
	}
	log(ctx, in.Revision).Info("rendered", "format", in.Format, "bytes", m.Ref.Size, "sha256", m.Ref.SHA256)
	return artifact(in.Format, m.Ref), nil
}

// artifact is the rendered file of a format.
func artifact(format string, ref report.Ref) report.Artifact {
	ending := "." + format
	if f, err := formatNamed(format); err == nil {
		ending = f.Extension()
	}
	return report.Artifact{Format: format, FileName: "report" + ending, Ref: ref}
}

func (a *Activities) render(ctx context.Context, in ToRender) ([]byte, string, error) {
	format, err := formatNamed(in.Format)
	if err != nil {
		return nil, "", err
	}
	body, err := a.content(ctx, in.Document)
	if err != nil {
		return nil, "", err
	}
	d, err := document.Parse(body)
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", report.ErrInvalid, err)
	}
	out, err := render.Render(ctx, d, format)
	if err != nil && ctx.Err() == nil {
		// The same document fails the same way again.
		err = fmt.Errorf("%w: %w", report.ErrInvalid, err)
	}
	return out, render.Version, err
}

// formatNamed finds a format by the name that templates call it.
func formatNamed(name string) (render.Format, error) {
	for _, f := range render.Formats() {
		if f.Name() == name {
			return f, nil
		}
	}
	return "", fmt.Errorf("%w: format %q", report.ErrInvalid, name)
}
