package ingest_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/ingest"
	"github.com/closeofbusiness/cob/report"
)

// nothing holds where a refused file has left no row anywhere.
func nothing(t testing.TB, conn *pgxpool.Pool) {
	t.Helper()
	for _, table := range []string{"ops.batch", "ops.target", "ops.run", "ops.attempt", "ops.score", "ops.finding", "ops.watermark", "staging.attempt", "staging.score", "staging.run"} {
		require.Zero(t, number(t, conn, `SELECT count(*) FROM `+table), table)
	}
}

// A bad line is named, and nothing of its file is kept.
func TestRefusedGarak(t *testing.T) {
	t.Parallel()
	conn := open(t)
	good := fixture(t, "scan.report.jsonl")
	lines := strings.Count(good, "\n")
	for name, c := range map[string]struct{ line, want string }{
		"no JSON":          {`{"entry_type":"attempt"`, `not JSON (unexpected end of JSON input); a whole JSON object was expected`},
		"no object":        {`[1,2]`, `a JSON array; a JSON object was expected`},
		"no entry type":    {`{}`, `entry_type: missing; a line of a garak report was expected`},
		"a text for score": {`{"entry_type":"attempt","uuid":"u","seq":7,"status":2,"probe_classname":"p","outputs":["a"],"detector_results":{"foo":["abc"]}}`, `detector_results.foo: "abc" is not a number; a score between 0 and 1 or null was expected`},
		"a score above 1":  {`{"entry_type":"attempt","uuid":"u","seq":7,"status":2,"probe_classname":"p","outputs":["a"],"detector_results":{"foo":[[0.5,1.5]]}}`, `detector_results.foo: 1.5; a score between 0 and 1 or null was expected`},
		"a bare score":     {`{"entry_type":"attempt","uuid":"u","seq":7,"status":2,"probe_classname":"p","outputs":["a"],"detector_results":{"foo":0.5}}`, `detector_results.foo: 0.5 is not a list; a score`},
		"a strange status": {`{"entry_type":"attempt","uuid":"u","seq":7,"status":3,"probe_classname":"p","outputs":[]}`, `status: 3; 1 (sent) or 2 (judged) was expected`},
		"a status of text": {`{"entry_type":"attempt","uuid":"u","seq":7,"status":"done","probe_classname":"p","outputs":[]}`, `status: a JSON string; a whole number was expected`},
		"no probe":         {`{"entry_type":"attempt","uuid":"u","seq":7,"status":1,"outputs":[]}`, `probe_classname: missing; a name was expected`},
		"a NUL":            {`{"entry_type":"attempt","uuid":"u\u0000","seq":7,"status":1,"probe_classname":"p","outputs":[]}`, `uuid: "u\x00" is written with a control character`},
		"a long name":      {`{"entry_type":"attempt","uuid":"` + strings.Repeat("u", 201) + `","seq":7,"status":1,"probe_classname":"p","outputs":[]}`, `201 characters long; a name of 1 to 200`},
		"no time":          {`{"entry_type":"completion","end_time":"yesterday"}`, `end_time: "yesterday" is no time`},
		"fewer than none":  {`{"entry_type":"eval","probe":"p","detector":"d","total_evaluated":3,"fails":-1}`, `fails: -1; how many outputs failed was expected`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := garak(t, conn, good+c.line+"\n", ingest.Options{})
			require.ErrorIs(t, err, report.ErrInvalid)
			var line *ingest.LineError
			require.ErrorAs(t, err, &line)
			require.Equal(t, int64(lines+1), line.Line)
			require.ErrorContains(t, err, fmt.Sprintf("scan.report.jsonl:%d: ", lines+1))
			require.ErrorContains(t, err, c.want)
		})
	}
	t.Run("no run", func(t *testing.T) {
		_, err := garak(t, conn, ``, ingest.Options{})
		require.ErrorContains(t, err, "scan.report.jsonl: no garak run; a line of entry_type init was expected")
	})
	t.Run("an attempt before its run", func(t *testing.T) {
		_, err := garak(t, conn, `{"entry_type":"attempt","uuid":"u","seq":7,"status":1,"probe_classname":"p","outputs":[]}`, ingest.Options{})
		require.ErrorContains(t, err, "before any line of entry_type init")
	})
	t.Run("no time zone", func(t *testing.T) {
		_, err := ingest.Garak(t.Context(), conn, strings.NewReader(good), "scan.report.jsonl", ingest.Options{})
		require.ErrorIs(t, err, report.ErrInvalid)
		require.ErrorContains(t, err, "a time zone is required")
	})
	t.Run("a line without end", func(t *testing.T) {
		_, err := garak(t, conn, good+`{"entry_type":"`+strings.Repeat("x", 17<<20), ingest.Options{})
		require.ErrorContains(t, err, "longer than 16 MiB")
	})
	t.Run("a read that fails", func(t *testing.T) {
		broken := errors.New("the disk is gone")
		_, err := ingest.Garak(t.Context(), conn, failing{strings.NewReader(good), broken}, "scan.report.jsonl", ingest.Options{TimeZone: berlin})
		require.ErrorIs(t, err, broken)
	})
	nothing(t, conn)
}

type failing struct {
	r   *strings.Reader
	err error
}

func (f failing) Read(p []byte) (int, error) {
	if n, err := f.r.Read(p); err == nil {
		return n, nil
	}
	return 0, f.err
}

func TestRefusedNDJSON(t *testing.T) {
	t.Parallel()
	conn := open(t)
	first := `{"kind":"run","source":"acme","run":"R-1","target":"t","planned_for":"2026-11-20T09:30:00Z"}` + "\n"
	for name, c := range map[string]struct{ line, want string }{
		"an unknown kind":       {`{"kind":"gossip","source":"acme"}`, `test.ndjson:2: kind: "gossip"; one of action, action_event, attempt,`},
		"no kind":               {`{"source":"acme"}`, `test.ndjson:2: kind: missing; one of action,`},
		"an unknown field":      {`{"kind":"target","source":"acme","target":"t","colour":"red"}`, `test.ndjson:2: colour: not a field of this kind; see docs/ingest.md`},
		"another letter case":   {`{"kind":"target","source":"acme","Target":"t"}`, `test.ndjson:2: target: missing;`},
		"another source":        {`{"kind":"target","source":"other","target":"t"}`, `test.ndjson:2: source: "other"; "acme" was expected as before: one file holds one source`},
		"no source":             {`{"kind":"target","target":"t"}`, `test.ndjson:2: source: missing;`},
		"a time without offset": {`{"kind":"run_event","source":"acme","run":"R-1","event":"started","at":"2026-11-20T09:30:00"}`, `test.ndjson:2: at: "2026-11-20T09:30:00"; a time with an offset`},
		"a time long ago":       {`{"kind":"run_event","source":"acme","run":"R-1","event":"started","at":"0026-11-20T09:30:00Z"}`, `at: "0026-11-20T09:30:00Z" is not between 1970 and 2200`},
		"an unknown event":      {`{"kind":"run_event","source":"acme","run":"R-1","event":"begun","at":"2026-11-20T09:30:00Z"}`, `event: "begun"; one of started, completed, failed was expected`},
		"a text for a number":   {`{"kind":"health_sample","source":"acme","component":"c","at":"2026-11-20T09:30:00Z","up":true,"latency_ms":"fast"}`, `latency_ms: "\"fast\""; a number from 0 on was expected`},
		"a score above one":     {`{"kind":"attempt","source":"acme","run":"R-1","attempt":"a","at":"2026-11-20T09:30:00Z","probe":"p","category":"c","answered":true,"scores":[{"detector":"d","value":0,"hit":false},{"detector":"d","value":2,"hit":true}]}`, `scores[1].value: 2; a number between 0 and 1 was expected`},
		"a field in a score":    {`{"kind":"attempt","source":"acme","run":"R-1","attempt":"a","at":"2026-11-20T09:30:00Z","probe":"p","category":"c","answered":true,"scores":[{"detector":"d","value":0,"hit":false,"why":"x"}]}`, `scores[0].why: not a field of this kind`},
		"an empty name":         {`{"kind":"target","source":"acme","target":""}`, `target: "" is empty; a name of 1 to 200 printable characters was expected`},
		"a long title":          {`{"kind":"finding","source":"acme","finding":"F","target":"t","title":"` + strings.Repeat("é", 501) + `"}`, `501 characters long; a text of 1 to 500 characters was expected`},
		"a severity too high":   {`{"kind":"incident_event","source":"acme","incident":"I","event":"opened","at":"2026-11-20T09:30:00Z","severity":9}`, `severity: 9; a whole number from 1 to 5 was expected`},
		"no severity":           {`{"kind":"finding_event","source":"acme","finding":"F","event":"opened","at":"2026-11-20T09:30:00Z"}`, `severity: missing; one of critical, high, medium, low was expected`},
		"an unknown run":        {`{"kind":"run_event","source":"acme","run":"R-9","event":"started","at":"2026-11-20T09:30:00Z"}`, `test.ndjson:2: run: "R-9" is not known; a line of kind run`},
		"an unknown finding":    {`{"kind":"finding_event","source":"acme","finding":"F-9","event":"closed","at":"2026-11-20T09:30:00Z"}`, `test.ndjson:2: finding: "F-9" is not known`},
		"an unknown incident":   {`{"kind":"incident_event","source":"acme","incident":"I-9","event":"resolved","at":"2026-11-20T09:30:00Z"}`, `test.ndjson:2: incident: "I-9" is not known`},
		"an unknown action":     {`{"kind":"action_event","source":"acme","action":"A-9","event":"done","at":"2026-11-20T09:30:00Z"}`, `test.ndjson:2: action: "A-9" is not known`},
		"an unknown attempt":    {`{"kind":"score","source":"acme","run":"R-1","attempt":"a","attempt_at":"2026-11-20T09:30:00Z","detector":"d","value":0,"hit":false}`, `test.ndjson:2: attempt: "a" at 2026-11-20T09:30:00Z of run "R-1" is not known`},
		"a run's other target":  {`{"kind":"run","source":"acme","run":"R-1","target":"u","planned_for":"2026-11-20T09:30:00Z"}`, `test.ndjson:2: target: "u"; run "R-1" of source acme is known for target "t"`},
		"null":                  {`null`, `test.ndjson:2: a JSON null; a JSON object was expected`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ndjson(t, conn, first+c.line+"\n")
			require.ErrorContains(t, err, c.want)
			var line *ingest.LineError
			require.ErrorAs(t, err, &line)
			require.Equal(t, int64(2), line.Line)
		})
	}
	t.Run("nothing at all", func(t *testing.T) {
		_, err := ndjson(t, conn, "\n \n")
		require.ErrorIs(t, err, report.ErrInvalid)
	})
	t.Run("a zone", func(t *testing.T) {
		_, err := ingest.NDJSON(t.Context(), conn, strings.NewReader(first), "test.ndjson", ingest.Options{TimeZone: berlin})
		require.ErrorIs(t, err, report.ErrInvalid)
	})
	nothing(t, conn)
}

func TestRefusedJailbreakBench(t *testing.T) {
	t.Parallel()
	conn := open(t)
	good := fixture(t, "artifact.json")
	for name, c := range map[string]struct{ old, new, want string }{
		"cut off":            {"\n ]\n}\n", "", `artifact.json:16: not JSON`},
		"no date":            {`"2026-03-02"`, `"March"`, `parameters.evaluation_date: "March" is no day`},
		"no model":           {`"toy-7b"`, `""`, `parameters.model: "" is empty`},
		"a number for text":  {`"toy-7b"`, `7`, `model: a JSON number; a string was expected`},
		"no verdict":         {`, "jailbroken": true}`, `}`, `artifact.json:13: jailbreaks[0].jailbroken: missing; true or false was expected`},
		"twice the same":     {`"index": 1`, `"index": 0`, `artifact.json:14: jailbreaks[1].index: 0 a second time`},
		"broken by no try":   {`"response": null, "jailbroken": false`, `"response": null, "jailbroken": true`, `artifact.json:15: jailbreaks[2].jailbroken: true; false was expected where no prompt was submitted`},
		"no list":            {`"jailbreaks"`, `"successes"`, `artifact.json: jailbreaks: missing`},
		"something after it": {" ]\n}\n", " ]\n}\n{}", `artifact.json:19: more after the object; the end of the file was expected`},
	} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, good, c.old)
			text := strings.Replace(good, c.old, c.new, 1)
			_, err := ingest.JailbreakBench(t.Context(), conn, strings.NewReader(text), "artifact.json", ingest.Options{TimeZone: berlin})
			require.ErrorIs(t, err, report.ErrInvalid)
			require.ErrorContains(t, err, c.want)
		})
	}
	nothing(t, conn)
}

func TestRefusedOptions(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]ingest.Options{
		"a source in capitals": {Source: "Garak"},
		"a label with a comma": {Labels: map[string]string{"a": "b,c"}},
		"a long target":        {Target: strings.Repeat("t", 201)},
		"knowledge ahead":      {RecordedAt: time.Now().Add(time.Hour)},
	} {
		o.TimeZone = berlin
		_, err := ingest.Garak(t.Context(), nil, strings.NewReader(""), filepath.Join("x", "scan"), o)
		require.ErrorIs(t, err, report.ErrInvalid, name)
	}
}
