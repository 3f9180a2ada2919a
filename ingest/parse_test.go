package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/hostile"
	"github.com/closeofbusiness/cob/report"
)

// parse runs a parser over bytes, without a database.
func parse(t testing.TB, p parser, b []byte, o Options) ([]any, error) {
	t.Helper()
	in := newInput(t.Context(), bytes.NewReader(b), "file", "", nil)
	var all []any
	last := int64(0)
	_, err := p(in, o, func(line int64, record any) error {
		if line < last {
			t.Errorf("line %d after %d", line, last)
		}
		last = line
		all = append(all, record)
		return nil
	})
	return all, err
}

// fuzz holds what is true of every parser and every input: it ends, it says
// what is wrong as an error of the file, and what it gives fits the database.
func fuzz(f *testing.F, p parser, o Options, pattern string) {
	files, err := filepath.Glob(filepath.Join("testdata", pattern))
	require.NoError(f, err)
	require.NotEmpty(f, files)
	for _, name := range files {
		b, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(b)
		for _, line := range bytes.SplitAfter(b, []byte("\n")) {
			f.Add(line)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		records, err := parse(t, p, b, o)
		if err != nil {
			var line *LineError
			require.True(t, errors.As(err, &line), "%T: %v", err, err)
			require.ErrorIs(t, err, report.ErrInvalid)
			require.Less(t, len(err.Error()), 4000)
		}
		for _, r := range records {
			checkRecord(t, r)
		}
	})
}

func checkRecord(t testing.TB, record any) {
	t.Helper()
	switch r := record.(type) {
	case Run:
		require.NoError(t, errors.Join(checkName(r.Source), checkName(r.Name), checkName(r.Target), checkTime(r.PlannedFor)))
	case RunEvent:
		require.NoError(t, errors.Join(checkName(r.Run), checkTime(r.At)))
	case Attempt:
		require.NoError(t, errors.Join(checkName(r.Run), checkName(r.Probe), checkName(r.Category), checkTime(r.At)))
		require.NotContains(t, r.Name, "\x00")
	case Score:
		require.NoError(t, errors.Join(checkName(r.Run), checkName(r.Detector), checkTime(r.At)))
		require.True(t, r.Value >= 0 && r.Value <= 1 && r.Output >= 0, "%+v", r)
	case Claim:
		require.GreaterOrEqual(t, r.Value, int64(0))
	case PlannedCell:
		require.True(t, r.Evaluations == nil || *r.Evaluations > 0)
	case Finding:
		require.NoError(t, errors.Join(checkName(r.Name), checkText(r.Title)))
	}
}

func FuzzGarak(f *testing.F) {
	fuzz(f, parseGarak, Options{Source: "garak", TimeZone: time.UTC}, "*.report.jsonl")
}

func FuzzJailbreakBench(f *testing.F) {
	fuzz(f, parseJailbreakBench, Options{Source: "jailbreakbench", TimeZone: time.UTC}, "*.json")
}

func FuzzNDJSON(f *testing.F) { fuzz(f, parseNDJSON, Options{}, "*.ndjson") }

func FuzzWallTime(f *testing.F) {
	f.Add("2026-08-05T01:37:17.530245", "Europe/London")
	f.Add("2026-03-29 01:30:00", "Europe/London")
	f.Add("2026-04-05T02:15:00", "Australia/Lord_Howe")
	f.Fuzz(func(t *testing.T, s, zone string) {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Skip()
		}
		got, err := wallTime(s, loc)
		if err != nil {
			return
		}
		if naive, err := time.Parse("2006-01-02T15:04:05", s); err == nil {
			// What the wall showed then is what was written, or it never was.
			off := got.In(loc).Format("2006-01-02T15:04:05") != naive.Format("2006-01-02T15:04:05")
			start, _ := got.In(loc).ZoneBounds()
			require.True(t, !off || got.Equal(start), "%s in %s gives %s", s, zone, got.In(loc))
		}
	})
}

func TestWallTime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ written, zone, want string }{
		{"2026-08-05T01:37:17.530245", "Europe/Berlin", "2026-08-04T23:37:17.530245Z"},
		{"2026-08-05 01:37:17", "UTC", "2026-08-05T01:37:17Z"},
		{"2026-08-05T01:37:17+02:00", "America/New_York", "2026-08-04T23:37:17Z"},
		{"2026-10-25T01:30:00", "Europe/London", "2026-10-25T00:30:00Z"}, // twice: the first
		{"2026-03-29T01:30:00", "Europe/London", "2026-03-29T01:00:00Z"}, // never: the next that was
		{"2026-11-01T01:30:00", "America/New_York", "2026-11-01T05:30:00Z"},
		{"2026-03-08T02:30:00", "America/New_York", "2026-03-08T07:00:00Z"},
		{"2026-04-05T01:45:00", "Australia/Lord_Howe", "2026-04-04T14:45:00Z"}, // set back by half an hour
		{"2011-12-30T12:00:00", "Pacific/Apia", "2011-12-30T10:00:00Z"},        // a day that never was
	} {
		loc, err := time.LoadLocation(c.zone)
		require.NoError(t, err)
		got, err := wallTime(c.written, loc)
		require.NoError(t, err)
		require.Equal(t, c.want, got.UTC().Format(time.RFC3339Nano), c.written+" "+c.zone)
	}
	_, err := wallTime("05/08/2026 01:37", time.UTC)
	require.Error(t, err)
}

// TestHostileLines: every hostile text in every field of a feed's line, and as a
// whole file, is taken as what it says or refused as a fault of the file, which
// can be shown.
func TestHostileLines(t *testing.T) {
	t.Parallel()
	parsers := map[string]parser{"ndjson": parseNDJSON, "garak": parseGarak, "jailbreakbench": parseJailbreakBench}
	for _, in := range hostile.Inputs() {
		text := in.Text()
		for name, p := range parsers {
			records, err := parse(t, p, []byte(text), Options{Source: "s", TimeZone: time.UTC})
			taken(t, in.Name+" as a file of "+name, records, err)
		}
		quoted, err := json.Marshal(text)
		require.NoError(t, err)
		lines := hostile.Lines()
		if len(text) > 64<<10 {
			lines = lines[:1] // they are refused for their length, one like another
		}
		for _, line := range lines {
			records, err := parse(t, parseNDJSON, []byte(strings.ReplaceAll(line, "@", string(quoted))), Options{})
			taken(t, in.Name+" in "+line, records, err)
		}
	}
}

func taken(t *testing.T, what string, records []any, err error) {
	t.Helper()
	for _, r := range records {
		checkRecord(t, r)
	}
	if err == nil {
		return
	}
	var line *LineError
	require.ErrorAs(t, err, &line, what)
	require.ErrorIs(t, err, report.ErrInvalid, what)
	require.Less(t, len(err.Error()), 4000, what)
	require.False(t, strings.ContainsFunc(err.Error(), func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }), "%s: %q", what, err)
}
