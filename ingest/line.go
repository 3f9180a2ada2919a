package ingest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"

	"github.com/closeofbusiness/cob/report"
)

// maxLine bounds one line, and one element of a JSON array: 16 MiB.
const maxLine = 16 << 20

// LineError says what is wrong with a file, and where. The file is refused
// whole.
type LineError struct {
	File  string
	Line  int64  // from 1; 0 where the fault is not on one line
	Field string // may be empty
	Found string // what stands there
	Want  string // what was expected
	kind  error
}

func (e *LineError) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	b.WriteString(": ")
	if e.Field != "" {
		b.WriteString(e.Field + ": ")
	}
	return b.String() + e.Found + "; " + e.Want
}

// Unwrap is report.ErrInvalid, or report.ErrConflict where the file contradicts
// what is recorded.
func (e *LineError) Unwrap() error { return e.kind }

// quote shows a value in a message, shortened.
func quote(s string) string {
	const most = 60
	// One character more than is shown tells that there is more.
	if r := []rune(strings.ToValidUTF8(s[:min(len(s), 4*(most+1))], "\uFFFD")); len(r) > most {
		return fmt.Sprintf("%q…", string(r[:most]))
	}
	return fmt.Sprintf("%q", s)
}

// input reads a file once: it hashes what it reads, reports progress and stops
// with the context.
type input struct {
	ctx      context.Context
	r        io.Reader
	name     string
	hash     hash.Hash
	progress func(int64)
	read     int64
	told     int64
	lines    *bufio.Reader
	buf      []byte
	line     int64
}

func newInput(ctx context.Context, r io.Reader, name, meaning string, progress func(int64)) *input {
	in := &input{ctx: ctx, r: r, name: name, hash: sha256.New(), progress: progress}
	in.hash.Write([]byte(meaning))
	in.lines = bufio.NewReaderSize(in, 256<<10)
	return in
}

func (in *input) Read(p []byte) (int, error) {
	if err := in.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := in.r.Read(p)
	in.hash.Write(p[:n])
	in.read += int64(n)
	if in.progress != nil && (in.read-in.told >= 1<<20 || err == io.EOF) {
		in.told = in.read
		in.progress(in.read)
	}
	return n, err
}

func (in *input) sum() [32]byte { return [32]byte(in.hash.Sum(nil)) }

// maxFound bounds what a message says was found, in bytes: JSON's own messages
// hold whole numbers.
const maxFound = 1000

// fault is an error of the file at a line.
func (in *input) fault(line int64, field, found, want string) error {
	if len(found) > maxFound {
		found = strings.ToValidUTF8(found[:maxFound], "") + "…"
	}
	return &LineError{in.name, line, field, found, want, report.ErrInvalid}
}

// next returns the next line that holds anything, valid until the next call,
// or io.EOF.
func (in *input) next() ([]byte, error) {
	for {
		in.line++
		in.buf = in.buf[:0]
		part, err := in.lines.ReadSlice('\n')
		line := part
		for errors.Is(err, bufio.ErrBufferFull) {
			if len(in.buf)+len(part) > maxLine {
				return nil, in.fault(in.line, "", "longer than 16 MiB", "one JSON object on each line was expected")
			}
			in.buf = append(in.buf, part...)
			part, err = in.lines.ReadSlice('\n')
			line = nil
		}
		if line == nil {
			in.buf = append(in.buf, part...)
			line = in.buf
		}
		if err != nil && err != io.EOF {
			return nil, fmt.Errorf("%s:%d: read: %w", in.name, in.line, err)
		}
		if in.line == 1 {
			line = bytes.TrimPrefix(line, []byte("\xEF\xBB\xBF"))
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			return line, nil
		}
		if err == io.EOF {
			return nil, io.EOF
		}
	}
}

// decode reads one JSON object into v and says what is wrong in our words.
func (in *input) decode(line []byte, v any) error {
	return in.explain(in.line, json.Unmarshal(line, v))
}

// explain turns a JSON error into one of the file. An error that is one already
// stays as it is.
func (in *input) explain(line int64, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	var own *LineError
	switch {
	case err == nil || errors.As(err, &own):
		return err
	case errors.As(err, &kind) && kind.Field == "":
		return in.fault(line, "", "a JSON "+kind.Value, "a JSON object was expected")
	case errors.As(err, &kind):
		return in.fault(line, kind.Field, "a JSON "+kind.Value, jsonTypeName(kind.Type.Kind().String())+" was expected")
	case errors.As(err, &syntax), errors.Is(err, io.ErrUnexpectedEOF), err == io.EOF:
		return in.fault(line, "", "not JSON ("+strings.TrimPrefix(err.Error(), "json: ")+")", "a whole JSON object was expected (is the file still being written?)")
	}
	return fmt.Errorf("%s:%d: %w", in.name, line, err)
}

func jsonTypeName(kind string) string {
	switch {
	case strings.HasPrefix(kind, "int"):
		return "a whole number"
	case strings.HasPrefix(kind, "float"):
		return "a number"
	case kind == "bool":
		return "true or false"
	case kind == "slice":
		return "a list"
	case kind == "struct", kind == "map":
		return "an object"
	}
	return "a " + kind
}
