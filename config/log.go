package config

import (
	"context"
	"io"
	"log/slog"
	"os"
	"slices"

	"golang.org/x/term"

	"github.com/closeofbusiness/cob/report"
)

// Logger makes the program's logger on stderr: text on a terminal, JSON
// elsewhere, unless COB_LOG_FORMAT says otherwise.
func (c *Config) Logger(w *os.File) *slog.Logger {
	format := c.LogFormat
	if format == "" {
		format = "json"
		if term.IsTerminal(int(w.Fd())) {
			format = "text"
		}
	}
	return newLogger(w, format, c.LogLevel)
}

func newLogger(w io.Writer, format string, level slog.Level) *slog.Logger {
	o := &slog.HandlerOptions{Level: level}
	var h slog.Handler = slog.NewJSONHandler(w, o)
	if format == "text" {
		h = slog.NewTextHandler(w, o)
	}
	return slog.New(&workflowHandler{Handler: h})
}

// workflowHandler gives records of Temporal's client our names: WorkflowID and
// RunID become workflow_id and run_id, and a cycle's ID tells series and
// business date as well. Where nobody gave a request id, the run is the request.
type workflowHandler struct{ slog.Handler }

func (h *workflowHandler) Handle(ctx context.Context, r slog.Record) error {
	var attrs []slog.Attr
	r.Attrs(func(a slog.Attr) bool { attrs = append(attrs, a); return true })
	out := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	out.AddAttrs(renamed(attrs)...)
	return h.Handler.Handle(ctx, out)
}

func (h *workflowHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &workflowHandler{h.Handler.WithAttrs(renamed(attrs))}
}

func (h *workflowHandler) WithGroup(name string) slog.Handler {
	return &workflowHandler{h.Handler.WithGroup(name)}
}

func renamed(attrs []slog.Attr) []slog.Attr {
	requested := slices.ContainsFunc(attrs, func(a slog.Attr) bool { return a.Key == "request_id" })
	out := make([]slog.Attr, 0, len(attrs)+3)
	for _, a := range attrs {
		switch a.Key {
		case "WorkflowID":
			out = append(out, slog.String("workflow_id", a.Value.String()))
			if series, date, ok := report.ParseCycleID(a.Value.String()); ok {
				out = append(out, slog.String("series", series), slog.String("business_date", string(date)))
			}
		case "RunID":
			out = append(out, slog.String("run_id", a.Value.String()))
			if !requested {
				out = append(out, slog.String("request_id", a.Value.String()))
			}
		default:
			out = append(out, a)
		}
	}
	return out
}
