package config

import (
	"io"
	"log/slog"
	"os"

	"golang.org/x/term"
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
	if format == "text" {
		return slog.New(slog.NewTextHandler(w, o))
	}
	return slog.New(slog.NewJSONHandler(w, o))
}
